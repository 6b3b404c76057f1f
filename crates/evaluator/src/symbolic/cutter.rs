//! Cuts the values of one key into cells by all conditions on it.

use rustc_hash::{FxHashMap, FxHashSet};
use scproof_catalog::ValueType;
use scproof_policy_parser::{LanguagePattern, OperatorFamily, Piece, WildcardPattern, text_cells};

use crate::compile::CompiledOrganization;
use crate::condition::{CompiledCondition, ConditionBody};
use crate::cut::Kind;
use crate::keys::Model;
use crate::state::{Domain, DomainValues, KeyState};
use crate::symbolic::Openness;
use crate::template::expansions;
use crate::trace::SlottedTemplate;
use crate::values::{CompiledValue, TextMode, text_mode};

/// The most states of the walk that cuts the texts of one fact.
pub(crate) const MAX_STATES: usize = 20_000;
/// The most cells of one fact.
pub const MAX_CELLS: usize = 4_096;

/// A value of every class, and the conditions that these classes do not settle.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    pub(crate) texts: Vec<String>,
    pub(crate) open: Vec<(u32, Openness)>,
}

/// A pattern of a condition, with or without regard to case.
pub(crate) struct OwnedPattern {
    pub(crate) pattern: WildcardPattern,
    pub(crate) ignore_case: bool,
}

impl OwnedPattern {
    fn matches(&self, text: &str) -> bool {
        if self.ignore_case {
            self.pattern.as_literal().is_some_and(|literal| literal.eq_ignore_ascii_case(text))
        } else {
            self.pattern.is_match(text)
        }
    }
}

impl CompiledOrganization {
    /// Cuts the values that a key may have. `candidates` are texts to prefer as representatives.
    pub(crate) fn cut_key(
        &self,
        conditions: &[&CompiledCondition],
        domain: &Domain,
        value_type: Option<ValueType>,
        states: &[KeyState],
        candidates: &[String],
    ) -> Cut {
        let mut cut = Cut::default();
        let kind = Kind::of(conditions, domain);
        let mut patterns: Vec<OwnedPattern> = Vec::new();
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
                // Text that no kind can spell never meets a typed operator, but cells of one kind are not cells of another.
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
                cut_texts(&patterns, domain, conditions.iter().any(|it| it.asks_for_arn()), candidates)
            }
            Some(Kind::Listed | Kind::Number | Kind::Date | Kind::Address | Kind::Bool) => kind
                .and_then(|kind| kind.representatives(&typed, domain))
                .map(|texts| typed_texts(texts, kind, value_type)),
        };
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
    fn resolved_patterns(
        &self,
        condition: &CompiledCondition,
        states: &[KeyState],
    ) -> Result<Vec<OwnedPattern>, Openness> {
        let ConditionBody::Comparison { operator, values, .. } = &condition.body else { return Ok(Vec::new()) };
        let mode = text_mode(operator.base);
        let ignore_case = mode == Some(TextMode::EqualIgnoreCase);
        let wildcards = matches!(mode, Some(TextMode::Like | TextMode::Arn));
        let mut patterns = Vec::new();
        for value in values {
            match value {
                CompiledValue::Text { pattern, other } => {
                    patterns.extend(
                        std::iter::once(pattern)
                            .chain(other)
                            .map(|pattern| OwnedPattern { pattern: pattern.clone(), ignore_case }),
                    );
                }
                CompiledValue::Template { template, widths } => {
                    patterns.extend(
                        self.resolved_template(template, widths, wildcards, states)?
                            .into_iter()
                            .map(|pattern| OwnedPattern { pattern, ignore_case }),
                    );
                }
                CompiledValue::BoolTemplate(_) => return Err(Openness::Related),
                CompiledValue::MalformedVariable
                | CompiledValue::AnyArn
                | CompiledValue::Malformed
                | CompiledValue::Number { .. }
                | CompiledValue::Date { .. }
                | CompiledValue::Bool(_)
                | CompiledValue::Binary(_)
                | CompiledValue::Address { .. } => {}
            }
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
        match value {
            CompiledValue::Template { template, .. } | CompiledValue::BoolTemplate(template) => {
                template.slots.iter().any(|slot| !self.is_shared(slot.0 as usize, states)).then_some(Openness::Related)
            }
            CompiledValue::Text { .. }
            | CompiledValue::MalformedVariable
            | CompiledValue::AnyArn
            | CompiledValue::Malformed
            | CompiledValue::Number { .. }
            | CompiledValue::Date { .. }
            | CompiledValue::Bool(_)
            | CompiledValue::Binary(_)
            | CompiledValue::Address { .. } => None,
        }
    }
}

impl CompiledCondition {
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

/// A text of each class into which the patterns cut the texts of the domain; `None` past the limit. `arn`: whether it matters
/// which texts are ARNs.
pub(crate) fn cut_texts(
    patterns: &[OwnedPattern],
    domain: &Domain,
    arn: bool,
    candidates: &[String],
) -> Option<Vec<String>> {
    let any_arn = WildcardPattern::flat("*:*:*:*:*:*");
    let excluded: Vec<WildcardPattern> = match &domain.values {
        DomainValues::NoneOf(texts) => texts.iter().map(|value| WildcardPattern::literal(&value.text)).collect(),
        DomainValues::Any | DomainValues::OneOf(_) | DomainValues::Like(_) => Vec::new(),
    };
    let required: &[WildcardPattern] = match &domain.values {
        DomainValues::Like(patterns) => patterns,
        DomainValues::Any | DomainValues::OneOf(_) | DomainValues::NoneOf(_) => &[],
    };
    // Literals alone need no walk: each is a class, and all other texts are one.
    let literal = |owned: &OwnedPattern| !owned.ignore_case && owned.pattern.as_literal().is_some();
    if !arn && matches!(domain.values, DomainValues::Any) && patterns.iter().all(literal) {
        let mut texts: Vec<String> =
            patterns.iter().filter_map(|owned| owned.pattern.as_literal()).map(str::to_owned).collect();
        texts.sort();
        texts.dedup();
        let mut others = candidates.iter().cloned().chain((0..).map(|number| format!("example-{number}")));
        let other = others.find(|text| texts.binary_search(text).is_err());
        texts.extend(other);
        return Some(texts);
    }
    let patterns = distinct(patterns);
    let mut machine: Vec<LanguagePattern<'_>> = excluded.iter().chain(required).map(LanguagePattern::from).collect();
    machine.extend(arn.then_some(LanguagePattern::from(&any_arn)));
    machine.extend(
        patterns.iter().map(|owned| LanguagePattern { pattern: &owned.pattern, ignore_case: owned.ignore_case }),
    );
    let cells = text_cells(&machine, MAX_STATES)?;
    let inside = |matches: &[bool]| {
        let (exclusions, rest) = matches.split_at_checked(excluded.len()).unwrap_or((&[], &[]));
        let requirements = rest.get(..required.len()).unwrap_or(&[]);
        !exclusions.contains(&true) && (requirements.is_empty() || requirements.contains(&true))
    };
    let mut found: FxHashMap<Vec<bool>, String> =
        cells.into_iter().filter(|cell| inside(&cell.matches)).map(|cell| (cell.matches, cell.example)).collect();
    let mut improved: Vec<Vec<bool>> = Vec::new();
    let instances = patterns.iter().flat_map(|owned| instances(&owned.pattern));
    for candidate in candidates.iter().cloned().chain(instances) {
        let row: Vec<bool> = excluded
            .iter()
            .chain(required)
            .map(|pattern| pattern.is_match(&candidate))
            .chain(arn.then(|| any_arn.is_match(&candidate)))
            .chain(patterns.iter().map(|owned| owned.matches(&candidate)))
            .collect();
        if let Some(example) = found.get_mut(&row).filter(|_| !improved.contains(&row)) {
            *example = candidate;
            improved.push(row);
        }
    }
    let mut texts: Vec<String> = found.into_values().collect();
    texts.sort();
    Some(texts)
}

/// Each pattern once.
fn distinct(patterns: &[OwnedPattern]) -> Vec<&OwnedPattern> {
    let mut seen = FxHashSet::default();
    patterns.iter().filter(|owned| seen.insert((&owned.pattern, owned.ignore_case))).collect()
}

/// Readable texts that a pattern matches.
fn instances(pattern: &WildcardPattern) -> Vec<String> {
    ["example", ""]
        .iter()
        .map(|filler| {
            let mut text = String::new();
            for piece in pattern.pieces() {
                match piece {
                    Piece::Literal(literal) => text.push_str(literal),
                    Piece::One { .. } => text.push('x'),
                    Piece::Run { .. } => text.push_str(filler),
                }
            }
            text
        })
        .collect()
}
