//! Cuts the values of one key into cells by all conditions on it.

use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;
use scproof_catalog::ValueType;
use scproof_policy_parser::{OperatorFamily, WildcardPattern};

use crate::compile::CompiledOrganization;
use crate::condition::{CompiledCondition, ConditionBody};
use crate::cut::{Kind, OwnedPattern, cut_texts};
use crate::keys::Model;
use crate::state::{Domain, DomainValues, KeyState};
use crate::symbolic::facts::{Facts, Openness, PartKey};
use crate::template::expansions;
use crate::trace::SlottedTemplate;
use crate::values::{CompiledValue, TextMode, text_mode};

/// The most states of the walk that cuts the texts of one fact.
pub(crate) const MAX_STATES: usize = 20_000;
/// The most cells of one fact.
pub const MAX_CELLS: usize = 4_096;

/// The most results of a kind that are remembered.
const MAX_REMEMBERED: usize = 4096;

/// Patterns, the texts that are cut, whether ARNs are told from other texts, and the preferred examples.
type CutKey = (Vec<OwnedPattern>, DomainValues, bool, Vec<String>);
/// A text of each class; `None` past a limit.
type CutTexts = Option<Vec<String>>;

/// What was worked out before about facts: those of different accounts and actions are mostly cut by the same patterns,
/// or by the same conditions. For one pair of organizations.
#[derive(Debug, Default)]
pub struct CutMemory {
    cuts: Memory<CutKey, CutTexts>,
    pub(super) parts: Memory<PartKey, Arc<Facts>>,
}

/// Results of work that is done once, for all threads.
#[derive(Debug)]
pub(super) struct Memory<K, V> {
    /// Threads that need the same result wait for the first of them; others do not.
    known: Mutex<FxHashMap<Arc<K>, Arc<OnceLock<V>>>>,
}

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self { known: Mutex::default() }
    }
}

impl<K: Eq + Hash, V: Clone> Memory<K, V> {
    /// The result for a key. `find` must not start work on other threads, nor ask this memory: both might wait for this
    /// result.
    pub(super) fn get(&self, key: K, find: impl FnOnce(&K) -> V) -> V {
        let key = Arc::new(key);
        let place = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            match known.get(&key) {
                Some(place) => Arc::clone(place),
                None if known.len() >= MAX_REMEMBERED => Arc::default(),
                None => Arc::clone(known.entry(Arc::clone(&key)).or_default()),
            }
        };
        place.get_or_init(|| find(&key)).clone()
    }
}

impl CutMemory {
    /// A text of each class into which the patterns cut the texts of the domain; `None` past a limit.
    pub(crate) fn cut(
        &self,
        patterns: Vec<OwnedPattern>,
        domain: &Domain,
        arn: bool,
        candidates: &[String],
    ) -> CutTexts {
        let key = (patterns, domain.values.clone(), arn, candidates.to_vec());
        self.cuts.get(key, |(patterns, ..)| cut_texts(patterns, domain, arn, candidates, MAX_STATES))
    }
}

/// A value of every class, and the conditions that these classes do not settle.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    pub(crate) texts: Vec<String>,
    pub(crate) open: Vec<(u32, Openness)>,
}

/// The values that a key may have, to be cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texts<'a> {
    pub(crate) domain: &'a Domain,
    pub(crate) value_type: Option<ValueType>,
    /// Texts to prefer as representatives.
    pub(crate) candidates: &'a [String],
    /// What else tells texts apart.
    pub(crate) beside: &'a [OwnedPattern],
}

impl<'a> Texts<'a> {
    pub(crate) fn new(domain: &'a Domain, value_type: Option<ValueType>) -> Self {
        Self { domain, value_type, candidates: &[], beside: &[] }
    }
}

impl CompiledOrganization {
    /// Cuts the values that a key may have.
    pub(crate) fn cut_key(
        &self,
        conditions: &[&CompiledCondition],
        Texts { domain, value_type, candidates, beside }: &Texts<'_>,
        states: &[KeyState],
        cuts: &CutMemory,
    ) -> Cut {
        let mut cut = Cut::default();
        let kind = Kind::of(conditions, domain);
        let mut patterns: Vec<OwnedPattern> = beside.to_vec();
        let mut typed: Vec<&CompiledCondition> = Vec::new();
        for &condition in conditions {
            let ConditionBody::Comparison { operator, values, .. } = &condition.body else { continue };
            if kind == Some(Kind::Listed) {
                if let Some(why) = values.iter().find_map(|value| self.is_related(value, states)) {
                    cut.open.push((condition.id, why));
                }
                continue;
            }
            if Kind::of_condition(condition) != kind {
                // Text that no kind can spell never meets a typed operator, but cells of one kind are not cells of
                // another.
                cut.open.push((condition.id, Openness::MixedKinds));
                continue;
            }
            if operator.base.family() == OperatorFamily::Bool
                && let Some(why) = values.iter().find_map(|value| self.is_related(value, states))
            {
                cut.open.push((condition.id, why));
                continue;
            }
            if kind == Some(Kind::Text) {
                match self.resolved_patterns(condition, states) {
                    Ok(resolved) => patterns.extend(resolved),
                    Err(why) => cut.open.push((condition.id, why)),
                }
            } else {
                typed.push(condition);
            }
        }
        let found = match kind {
            None | Some(Kind::Text) => {
                cuts.cut(patterns, domain, conditions.iter().any(|it| it.asks_for_arn()), candidates)
            }
            Some(Kind::Listed | Kind::Number | Kind::Date | Kind::Address | Kind::Bool) => kind
                .and_then(|kind| kind.representatives(&typed, domain))
                .map(|texts| typed_texts(texts, kind, *value_type)),
        };
        // No value is the empty text (SP-48).
        let found = found.map(|texts| texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<String>>());
        match found {
            Some(texts) if (1..=MAX_CELLS).contains(&texts.len()) => cut.texts = texts,
            Some(_) | None => {
                // Nothing is cut: one value stands for all, and every comparison stays open.
                cut.texts = vec![candidates.first().cloned().unwrap_or_else(|| "example".to_owned())];
                cut.open = conditions
                    .iter()
                    .filter(|condition| matches!(condition.body, ConditionBody::Comparison { .. }))
                    .map(|condition| (condition.id, Openness::Limit))
                    .collect();
            }
        }
        cut
    }

    /// The patterns of a condition on texts, in all their readings.
    pub(super) fn resolved_patterns(
        &self,
        condition: &CompiledCondition,
        states: &[KeyState],
    ) -> Result<Vec<OwnedPattern>, Openness> {
        let ConditionBody::Comparison { operator, values, .. } = &condition.body else { return Ok(Vec::new()) };
        let mode = text_mode(operator.base);
        let ignore_case = mode == Some(TextMode::EqualIgnoreCase);
        let wildcards = matches!(mode, Some(TextMode::Like | TextMode::Arn));
        let mut patterns = Vec::new();
        for value in values.iter().flat_map(CompiledValue::meanings) {
            let found = if let CompiledValue::Text { pattern, other } = value {
                std::iter::once(pattern).chain(other).cloned().collect()
            } else if let CompiledValue::Template { template, widths } = value {
                self.resolved_template(template, widths, wildcards, states)?
            } else if matches!(value, CompiledValue::BoolTemplate(_)) {
                return Err(Openness::Related);
            } else {
                Vec::new()
            };
            patterns.extend(found.into_iter().map(|pattern| OwnedPattern { pattern, ignore_case }));
        }
        Ok(patterns)
    }

    /// The patterns that a template stands for, where its variables are the same in every request of the organization.
    pub(crate) fn resolved_template(
        &self,
        template: &SlottedTemplate,
        widths: &[bool],
        wildcards: bool,
        states: &[KeyState],
    ) -> Result<Vec<WildcardPattern>, Openness> {
        if template.slots.iter().any(|slot| !self.is_shared(slot.0 as usize, states)) {
            return Err(Openness::Related);
        }
        let forms = expansions(template, widths, wildcards, states, false).ok_or(Openness::Limit)?;
        if forms.iter().any(|(_, open)| *open) {
            return Err(Openness::Related);
        }
        Ok(forms.into_iter().filter_map(|(pattern, _)| pattern).collect())
    }

    /// Whether a key is known and the same for all accounts.
    fn is_shared(&self, slot: usize, states: &[KeyState]) -> bool {
        let known = matches!(states.get(slot), Some(KeyState::Present(_) | KeyState::Absent));
        let row = self.slots.get(slot).and_then(|slot| slot.row);
        known
            && row.is_none_or(|row| {
                !matches!(row.model, Model::PrincipalArn | Model::PrincipalAccount | Model::PrincipalOrgPaths)
            })
    }

    /// Why a condition is not decided by the value of its key alone, if it is not.
    pub(crate) fn relation_of(&self, condition: &CompiledCondition, states: &[KeyState]) -> Option<Openness> {
        let ConditionBody::Comparison { values, .. } = &condition.body else { return None };
        values.iter().find_map(|value| self.is_related(value, states))
    }

    fn is_related(&self, value: &CompiledValue, states: &[KeyState]) -> Option<Openness> {
        let mut slots = value.templates().next()?.slots.iter();
        slots.any(|slot| !self.is_shared(slot.0 as usize, states)).then_some(Openness::Related)
    }
}

impl CompiledCondition {
    /// Whether it compares with just this text.
    pub(crate) fn names(&self, text: &str) -> bool {
        let ConditionBody::Comparison { values, .. } = &self.body else { return false };
        values
            .iter()
            .any(|value| matches!(value, CompiledValue::Text { pattern, .. } if pattern.as_literal() == Some(text)))
    }

    /// Whether it asks nothing of a text but which strings it is like.
    pub(super) fn is_on_plain_text(&self) -> bool {
        match &self.body {
            ConditionBody::Comparison { operator, .. } => {
                text_mode(operator.base).is_some_and(|mode| mode != TextMode::Arn)
            }
            ConditionBody::Presence { .. } => true,
            ConditionBody::Unreadable => false,
        }
    }

    fn asks_for_arn(&self) -> bool {
        matches!(&self.body, ConditionBody::Comparison { operator, .. } if text_mode(operator.base) == Some(TextMode::Arn))
    }
}

/// A key of a type holds values of the type; only where the type is not known may it hold any text (OP-30).
fn typed_texts(texts: Vec<String>, kind: Option<Kind>, value_type: Option<ValueType>) -> Vec<String> {
    let known = match value_type.map(ValueType::element) {
        Some(ValueType::Numeric) => kind == Some(Kind::Number),
        Some(ValueType::Date) => matches!(kind, Some(Kind::Date | Kind::Number)),
        Some(ValueType::IpAddress) => kind == Some(Kind::Address),
        Some(ValueType::Bool) => kind == Some(Kind::Bool),
        _ => false,
    };
    let mut texts: Vec<String> = texts.into_iter().filter(|text| !known || text != "not-a-value").collect();
    if texts.is_empty() {
        // No policy names an instant that can be read: all instants are one class.
        texts.push("2026-01-01T00:00:00Z".to_owned());
    }
    texts.sort();
    texts.dedup();
    texts
}

/// Values that a reader expects of a key, to stand for all others.
pub(super) fn candidates_of(key: &str) -> Vec<String> {
    let texts: &[&str] = match key.to_ascii_lowercase().as_str() {
        "aws:requestedregion" => &["us-east-1", "eu-west-1", "us-west-2", "ap-southeast-2", "sa-east-1", "eu-north-1"],
        "aws:assumedroot" => &["true"],
        "aws:sourceip" | "aws:vpcsourceip" => &["198.51.100.7"],
        "aws:sourcevpc" => &["vpc-0123456789abcdef0"],
        "aws:sourcevpce" => &["vpce-0123456789abcdef0"],
        "ec2:instancetype" => &["m5.large", "t3.micro"],
        "aws:resourceaccount" | "aws:sourceaccount" | "aws:vpceaccount" => &["999999999999"],
        "aws:principalorgid" | "aws:resourceorgid" | "aws:vpceorgid" | "aws:sourceorgid" => &["o-anotherorg1"],
        "iam:passedtoservice" => &["lambda.amazonaws.com", "ec2.amazonaws.com"],
        _ => &["example"],
    };
    texts.iter().map(|text| (*text).to_owned()).collect()
}
