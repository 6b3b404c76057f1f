//! Refinement by cases (K3-16): what stays unknown because facts are asked about twice is settled by going through all
//! cases that the policies can tell apart.
//!
//! A fact is a context key, or the resource. Its cases are representatives of the classes into which the conditions on it cut
//! its values; conditions that cannot be cut exactly stay unknown in every case, which keeps the result sound (K3-15).

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, RwLock};

use rustc_hash::FxHashMap;

use scproof_policy_parser::{
    AddressBlock, Decimal, LanguagePattern, OperatorFamily, WildcardPattern, format_date, text_cells,
};

use crate::compile::{Atom, CompiledOrganization, LevelEntry};
use crate::condition::{CompiledCondition, ConditionBody};
use crate::decision::Decision;
use crate::prepare::{Pair, Query};
use crate::resource::{CompiledResource, ResourceMatcher, ResourceState};
use crate::state::{Domain, DomainValues, KeyState, Value, Values};
use crate::trace::{Evaluation, KeySlot, NoTrace};
use crate::truth::Truth;
use crate::values::{CompiledValue, TextMode, text_mode};

/// The most combinations of cases that are gone through (K3-16).
const MAX_COMBINATIONS: usize = 4096;
/// The most states of the walk that cuts texts into classes.
const MAX_STATES: usize = 4000;
/// The most cases of one fact.
const MAX_CASES: usize = 128;
/// The most classes of single values from which the cases of a list are made: every subset is one.
const MAX_LIST_CLASSES: usize = 6;

/// The most splits that a compiled organization remembers.
const MAX_REMEMBERED: usize = 4096;

/// A fact, what a key's value may be, and the atoms that ask about it.
type SplitKey = (Fact, Option<(bool, DomainValues)>, Vec<Atom>);

/// Splits worked out before. They follow from the policies alone, so remembering them changes no answer.
#[derive(Debug, Default)]
pub(crate) struct SplitMemory(RwLock<FxHashMap<SplitKey, Option<Arc<Split>>>>);

/// Something unknown that several atoms ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fact {
    Key(KeySlot),
    Resource,
}

/// A fact with the truth of its atoms in each of its cases.
#[derive(Debug)]
pub(crate) struct Split {
    atoms: Vec<Atom>,
    /// One row a case, as long as `atoms`.
    cases: Vec<Vec<Truth>>,
}

impl CompiledOrganization {
    /// The verdict that all cases share, else the given one.
    pub(crate) fn refine(&self, query: &Query, pair: &Pair, decision: Decision) -> Decision {
        let (truths, facts) = self.open_facts(query, pair);
        let mut splits: Vec<Arc<Split>> =
            facts.into_iter().filter_map(|(fact, atoms)| self.split(fact, atoms, pair)).collect();
        splits.sort_by_key(|split| split.cases.len());
        let mut combinations = 1;
        splits.retain(|split| {
            let fits = combinations * split.cases.len() <= MAX_COMBINATIONS;
            combinations *= if fits { split.cases.len() } else { 1 };
            fits
        });
        if splits.is_empty() {
            return decision;
        }
        let mut common: Option<Decision> = None;
        let mut cased = truths;
        for combination in 0..combinations {
            let mut rest = combination;
            for split in &splits {
                let case = split.cases.get(rest % split.cases.len());
                rest /= split.cases.len();
                for (atom, truth) in split.atoms.iter().zip(case.into_iter().flatten()) {
                    cased.insert(*atom, *truth);
                }
            }
            let found = self.outcome(query, |atom| cased.get(&atom).copied().unwrap_or(Truth::Unknown)).decision();
            common = match (common, found) {
                (_, Decision::Unknown) => return decision,
                (None, found) => Some(found),
                (Some(common), found) if common == found => Some(common),
                // Denied in every case, but not for the same kind of reason.
                (Some(common), found) if common.is_denied() && found.is_denied() => Some(Decision::Deny),
                _ => return decision,
            };
        }
        common.unwrap_or(decision)
    }

    /// The truth of every atom of the question, and the unknown atoms by the fact they ask about; only facts that are asked
    /// about more than once.
    fn open_facts(&self, query: &Query, pair: &Pair) -> (BTreeMap<Atom, Truth>, BTreeMap<Fact, Vec<Atom>>) {
        let mut truths: BTreeMap<Atom, Truth> = BTreeMap::new();
        let mut asked: BTreeMap<Fact, (usize, BTreeSet<Atom>)> = BTreeMap::new();
        let mut evaluation =
            Evaluation { states: &pair.states, assume_preferred: self.options.assume_preferred, trace: NoTrace };
        let levels = self.paths.get(query.path.0 as usize).map_or(&[][..], |path| &path.active);
        let entries = levels.iter().filter_map(|&level| self.entry_of(level, &query.cell));
        for (LevelEntry { deny, allow, .. }, _) in entries {
            for candidate in deny.iter().chain(allow) {
                let Some(statement) = self.statements.get(candidate.statement as usize) else { continue };
                let atoms = self.statement_atoms(statement);
                for atom in atoms {
                    if !truths.contains_key(atom) {
                        truths.insert(*atom, self.atom_truth(*atom, pair, &mut evaluation));
                    }
                }
                if atoms.iter().any(|atom| truths.get(atom) == Some(&Truth::False)) {
                    continue;
                }
                for atom in atoms.iter().filter(|atom| truths.get(atom) == Some(&Truth::Unknown)) {
                    if let Some(fact) = self.fact_of(*atom, pair) {
                        let (count, atoms) = asked.entry(fact).or_default();
                        *count += 1;
                        atoms.insert(*atom);
                    }
                }
            }
        }
        let facts = asked
            .into_iter()
            .filter(|(_, (count, _))| *count > 1)
            .map(|(fact, (_, atoms))| (fact, atoms.into_iter().collect()))
            .collect();
        (truths, facts)
    }

    fn fact_of(&self, atom: Atom, pair: &Pair) -> Option<Fact> {
        match atom {
            Atom::Condition(id) => {
                let slot = self.conditions.get(id as usize)?.slot;
                let state = pair.states.get(slot.0 as usize)?;
                matches!(state, KeyState::Unknown(_)).then_some(Fact::Key(slot))
            }
            Atom::Resource(_) => (pair.resource == ResourceState::Unknown).then_some(Fact::Resource),
        }
    }

    /// The cases of a fact, remembered: they follow from the atoms and from what the value may be.
    fn split(&self, fact: Fact, atoms: Vec<Atom>, pair: &Pair) -> Option<Arc<Split>> {
        let domain = match fact {
            Fact::Resource => None,
            Fact::Key(slot) => match pair.states.get(slot.0 as usize)? {
                KeyState::Unknown(domain) => Some((domain.may_be_absent, domain.values.clone())),
                KeyState::Absent | KeyState::Present(_) | KeyState::Candidates(_) | KeyState::OtherFold => return None,
            },
        };
        let key = (fact, domain, atoms);
        if let Ok(known) = self.splits.0.read()
            && let Some(split) = known.get(&key)
        {
            return split.clone();
        }
        let split = self.split_anew(fact, key.2.clone(), pair);
        if let Ok(mut known) = self.splits.0.write()
            && known.len() < MAX_REMEMBERED
        {
            known.insert(key, split.clone());
        }
        split
    }

    fn split_anew(&self, fact: Fact, atoms: Vec<Atom>, pair: &Pair) -> Option<Arc<Split>> {
        match fact {
            Fact::Resource => self.split_resource(atoms, pair),
            Fact::Key(slot) => self.split_key(slot, &atoms, pair),
        }
        .map(Arc::new)
    }

    fn split_resource(&self, atoms: Vec<Atom>, pair: &Pair) -> Option<Split> {
        let resource = |atom: &Atom| match atom {
            Atom::Resource(id) => self.resources.get(*id as usize),
            Atom::Condition(_) => None,
        };
        let atoms: Vec<Atom> =
            atoms.into_iter().filter(|atom| resource(atom).is_some_and(CompiledResource::is_exact)).collect();
        let arn = WildcardPattern::flat("arn:*:*:*:*:*");
        let mut patterns: Vec<LanguagePattern<'_>> = vec![(&arn).into()];
        for matcher in atoms.iter().filter_map(resource).flat_map(|element| &element.patterns) {
            if let ResourceMatcher::Pattern(readings) = matcher {
                patterns.extend(readings.plain.iter().map(LanguagePattern::from));
            }
        }
        let cells = text_cells(&patterns, MAX_STATES)?;
        let texts = cells.into_iter().filter(|cell| cell.matches.first() == Some(&true)).map(|cell| cell.example);
        let mut evaluation =
            Evaluation { states: &pair.states, assume_preferred: self.options.assume_preferred, trace: NoTrace };
        let cases = texts
            .chain(std::iter::once("*".to_owned()))
            .map(|text| {
                let not_scoped = text == "*";
                let state = ResourceState::Known { value: text.as_str().into(), not_scoped };
                atoms
                    .iter()
                    .map(|atom| resource(atom).map_or(Truth::Unknown, |element| element.truth(&state, &mut evaluation)))
                    .collect()
            })
            .collect();
        Split { atoms, cases }.checked()
    }

    fn split_key(&self, slot: KeySlot, atoms: &[Atom], pair: &Pair) -> Option<Split> {
        let KeyState::Unknown(domain) = pair.states.get(slot.0 as usize)? else { return None };
        let condition = |atom: &Atom| match atom {
            Atom::Condition(id) => self.conditions.get(*id as usize),
            Atom::Resource(_) => None,
        };
        let conditions: Vec<&CompiledCondition> = atoms.iter().filter_map(condition).collect();
        let kind = Kind::of(&conditions, domain)?;
        let atoms: Vec<Atom> = atoms
            .iter()
            .copied()
            .filter(|atom| condition(atom).is_some_and(|condition| kind.cuts(condition, domain)))
            .collect();
        let conditions: Vec<&CompiledCondition> = atoms.iter().filter_map(condition).collect();
        let texts = kind.representatives(&conditions, domain)?;
        let mut states: Vec<KeyState> = if domain.may_be_list {
            subsets(&texts)?
        } else {
            texts.iter().map(|text| KeyState::single(text)).collect()
        };
        if domain.may_be_absent {
            states.push(KeyState::Absent);
        }
        let cases = states
            .iter()
            .map(|state| {
                conditions
                    .iter()
                    .map(|condition| condition.truth_in_case(state, self.options.assume_preferred))
                    .collect()
            })
            .collect();
        Split { atoms, cases }.checked()
    }
}

impl Split {
    /// Drops repeated cases; refuses a split that says nothing or too much.
    fn checked(mut self) -> Option<Self> {
        self.cases.sort_unstable();
        self.cases.dedup();
        (!self.atoms.is_empty() && (2..=MAX_CASES).contains(&self.cases.len())).then_some(self)
    }
}

/// Every list that can be told apart: the classes present in it. The empty list is one.
fn subsets(texts: &[String]) -> Option<Vec<KeyState>> {
    if texts.len() > MAX_LIST_CLASSES {
        return None;
    }
    Some(
        (0..1_usize << texts.len())
            .map(|members| {
                let chosen: Box<[Value]> = texts
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| members >> index & 1 == 1)
                    .map(|(_, text)| Value::from(text.as_str()))
                    .collect();
                KeyState::Present(Values { texts: chosen, multivalued: true })
            })
            .collect(),
    )
}

/// How the values of a key are cut: one kind of comparison at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A few values are possible at all; every comparison cuts them.
    Listed,
    Text,
    Number,
    Date,
    Address,
    Bool,
}

impl Kind {
    /// The kind of comparison that most of the conditions make.
    fn of(conditions: &[&CompiledCondition], domain: &Domain) -> Option<Self> {
        if matches!(domain.values, DomainValues::OneOf(_)) {
            return Some(Self::Listed);
        }
        let kinds: Vec<Self> = conditions.iter().filter_map(|condition| Self::of_condition(condition)).collect();
        let count = |kind: &Self| kinds.iter().filter(|other| *other == kind).count();
        let most = kinds.iter().copied().max_by_key(|kind| (count(kind), *kind == Self::Text));
        match domain.values {
            // Other kinds would need representatives inside the domain.
            DomainValues::Like(_) | DomainValues::NoneOf(_) => most.filter(|kind| *kind == Self::Text),
            DomainValues::Any | DomainValues::OneOf(_) => most.or(Some(Self::Text)),
        }
    }

    fn of_condition(condition: &CompiledCondition) -> Option<Self> {
        let ConditionBody::Comparison { operator, .. } = &condition.body else { return None };
        match operator.base.family() {
            OperatorFamily::String | OperatorFamily::Arn => Some(Self::Text),
            OperatorFamily::Numeric => Some(Self::Number),
            OperatorFamily::Date => Some(Self::Date),
            OperatorFamily::IpAddress => Some(Self::Address),
            OperatorFamily::Bool => Some(Self::Bool),
            OperatorFamily::Binary | OperatorFamily::Null => None,
        }
    }

    /// Whether the representatives of this kind are exact for a condition: its truth is the same in all of a class.
    fn cuts(self, condition: &CompiledCondition, domain: &Domain) -> bool {
        match &condition.body {
            ConditionBody::Unreadable => false,
            ConditionBody::Presence { prefixed, malformed, empty, .. } => !prefixed && !malformed && !empty,
            ConditionBody::Comparison { operator, values, .. } => {
                // A bare operator on a list has readings of its own (SET-9).
                let bare_on_list = domain.may_be_list && operator.set.is_none();
                let same = self == Self::Listed || Self::of_condition(condition) == Some(self);
                !bare_on_list && same && values.iter().all(CompiledValue::is_static)
            }
        }
    }

    /// A value of every class, one at least.
    fn representatives(self, conditions: &[&CompiledCondition], domain: &Domain) -> Option<Vec<String>> {
        let values = || {
            conditions.iter().flat_map(|condition| match &condition.body {
                ConditionBody::Comparison { values, .. } => &values[..],
                ConditionBody::Unreadable | ConditionBody::Presence { .. } => &[],
            })
        };
        // Text that is no value of the kind at all is a class of its own (OP-30).
        let no_value = || vec!["not-a-value".to_owned()];
        match self {
            Self::Listed => match &domain.values {
                DomainValues::OneOf(texts) => Some(texts.iter().map(|value| value.text.to_string()).collect()),
                DomainValues::Any | DomainValues::NoneOf(_) | DomainValues::Like(_) => None,
            },
            Self::Text => text_representatives(conditions, domain),
            Self::Bool => Some([no_value(), vec!["true".to_owned(), "false".to_owned()]].concat()),
            Self::Number => {
                let numbers = values().filter_map(|value| {
                    let CompiledValue::Number { text, lenient } = value else { return None };
                    Some(lenient.as_deref().unwrap_or(text))
                });
                Some([no_value(), number_representatives(numbers)?].concat())
            }
            Self::Date => {
                let mut texts = no_value();
                for value in values() {
                    let CompiledValue::Date { readings, .. } = value else { continue };
                    let Some((seconds, nanoseconds)) = readings.first().copied().flatten() else { continue };
                    if nanoseconds != 0 {
                        return None;
                    }
                    // Half a second to either side: nothing that whole seconds separate lies nearer.
                    let half = |seconds: i64| format_date(seconds).map(|text| text.replace('Z', ".5Z"));
                    texts.extend([half(seconds.checked_sub(1)?)?, format_date(seconds)?, half(seconds)?]);
                }
                Some(texts)
            }
            Self::Address => {
                let mut texts = no_value();
                texts.extend([
                    IpAddr::V4(Ipv4Addr::UNSPECIFIED).to_string(),
                    IpAddr::V6(Ipv6Addr::UNSPECIFIED).to_string(),
                ]);
                for value in values() {
                    if let CompiledValue::Address { readings, .. } = value
                        && let Some(block) = readings.first().copied().flatten()
                    {
                        texts.extend(block_neighbours(block));
                    }
                }
                Some(texts)
            }
        }
    }
}

/// A text of each class into which the patterns of all conditions cut the values of the domain.
fn text_representatives(conditions: &[&CompiledCondition], domain: &Domain) -> Option<Vec<String>> {
    let arn = WildcardPattern::flat("*:*:*:*:*:*");
    let excluded: Vec<WildcardPattern> = match &domain.values {
        DomainValues::NoneOf(texts) => texts.iter().map(|value| WildcardPattern::literal(&value.text)).collect(),
        DomainValues::Any | DomainValues::OneOf(_) | DomainValues::Like(_) => Vec::new(),
    };
    let required: &[WildcardPattern] = match &domain.values {
        DomainValues::Like(patterns) => patterns,
        DomainValues::Any | DomainValues::OneOf(_) | DomainValues::NoneOf(_) => &[],
    };
    let mut patterns: Vec<LanguagePattern<'_>> = excluded.iter().chain(required).map(LanguagePattern::from).collect();
    let domain_patterns = patterns.len();
    patterns.push((&arn).into());
    for condition in conditions {
        let ConditionBody::Comparison { operator, values, .. } = &condition.body else { continue };
        let ignore_case = text_mode(operator.base) == Some(TextMode::EqualIgnoreCase);
        for value in values {
            if let CompiledValue::Text { pattern, .. } = value {
                patterns.push(LanguagePattern { pattern, ignore_case });
            }
        }
    }
    let cells = text_cells(&patterns, MAX_STATES)?;
    let inside = |matches: &[bool]| {
        let (exclusions, requirements) = matches.get(..domain_patterns).unwrap_or(&[]).split_at(excluded.len());
        !exclusions.contains(&true) && (requirements.is_empty() || requirements.contains(&true))
    };
    Some(cells.into_iter().filter(|cell| inside(&cell.matches)).map(|cell| cell.example).collect())
}

/// Each number, and one number of each gap between, below and above them.
fn number_representatives<'a>(numbers: impl Iterator<Item = &'a str>) -> Option<Vec<String>> {
    /// More digits than this do not fit the arithmetic; no policy has them.
    const MAX_DIGITS: usize = 30;
    let parts: Vec<(bool, &str, &str)> = numbers
        .filter(|text| Decimal::parse(text).is_some())
        .map(|text| {
            let body = text.trim_start_matches(['+', '-']);
            let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
            (text.starts_with('-'), whole, fraction)
        })
        .collect();
    // All in units of one digit more than the finest, so that a unit to either side meets no other number.
    let scale = parts.iter().map(|(_, _, fraction)| fraction.len()).max().unwrap_or(0) + 1;
    let mut units: BTreeSet<i128> = BTreeSet::from([0]);
    for (negative, whole, fraction) in parts {
        let digits = format!("{whole}{fraction:0<scale$}");
        if digits.len() > MAX_DIGITS {
            return None;
        }
        let magnitude: i128 = digits.parse().ok()?;
        let unit = if negative { -magnitude } else { magnitude };
        units.extend([unit - 1, unit, unit + 1]);
    }
    Some(
        units
            .into_iter()
            .map(|unit| {
                let digits = format!("{:0>width$}", unit.unsigned_abs(), width = scale + 1);
                let (whole, fraction) = digits.split_at_checked(digits.len() - scale).unwrap_or((&digits, "0"));
                format!("{}{whole}.{fraction}", if unit < 0 { "-" } else { "" })
            })
            .collect(),
    )
}

/// The ends of a block and the address after it; every class of addresses begins at one of these or at zero.
fn block_neighbours(block: AddressBlock) -> Vec<String> {
    let (first, last) = block.bounds();
    let next = match last {
        IpAddr::V4(last) => u32::from(last).checked_add(1).map(|next| IpAddr::V4(next.into())),
        IpAddr::V6(last) => u128::from(last).checked_add(1).map(|next| IpAddr::V6(next.into())),
    };
    [Some(first), next].into_iter().flatten().map(|address| address.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use scproof_policy_parser::AddressReading;

    use super::*;

    #[test]
    fn numbers_and_the_gaps_between_them() {
        let texts = number_representatives(["5", "5.5", "-1"].into_iter()).unwrap();
        let numbers: Vec<_> = texts.iter().map(|text| Decimal::parse(text).unwrap()).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{texts:?}");
        let five = Decimal::parse("5").unwrap();
        let more = Decimal::parse("5.5").unwrap();
        assert!(numbers.contains(&five) && numbers.contains(&more));
        assert!(numbers.iter().any(|number| *number > five && *number < more));
        assert!(*numbers.last().unwrap() > more);
    }

    #[test]
    fn blocks_begin_new_classes_of_addresses() {
        let block = AddressBlock::parse("10.0.0.0/8", AddressReading::default()).unwrap();
        assert_eq!(block_neighbours(block), ["10.0.0.0", "11.0.0.0"]);
        let all = AddressBlock::parse("0.0.0.0/0", AddressReading::default()).unwrap();
        assert_eq!(block_neighbours(all), ["0.0.0.0"]);
    }
}
