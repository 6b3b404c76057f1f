//! How the values of one fact are cut into classes that no condition at hand can tell apart, with a representative of
//! each (K3-16; `docs/architecture.md`, "cells").

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustc_hash::{FxHashMap, FxHashSet};
use scproof_policy_parser::{
    AddressBlock, Decimal, LanguagePattern, OperatorFamily, Piece, WildcardPattern, format_date, text_cells,
};

use crate::condition::{CompiledCondition, ConditionBody};
use crate::state::{Domain, DomainValues};
use crate::values::{CompiledValue, TextMode, text_mode};

/// The most states of the walk that cuts texts into classes.
const MAX_STATES: usize = 4000;

/// How the values of a key are cut: one kind of comparison at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A few values are possible at all; every comparison cuts them.
    Listed,
    Text,
    Number,
    Date,
    Address,
    Bool,
}

impl Kind {
    /// The kind of comparison that most of the conditions make, whatever their order.
    pub(crate) fn of(conditions: &[&CompiledCondition], domain: &Domain) -> Option<Self> {
        if matches!(domain.values, DomainValues::OneOf(_)) {
            return Some(Self::Listed);
        }
        let kinds: Vec<Self> = conditions.iter().filter_map(|condition| Self::of_condition(condition)).collect();
        let count = |kind: &Self| kinds.iter().filter(|other| *other == kind).count();
        let most = kinds.iter().copied().max_by_key(|kind| (count(kind), *kind == Self::Text, *kind));
        match domain.values {
            // Other kinds would need representatives inside the domain.
            DomainValues::Like(_) | DomainValues::NoneOf(_) => most.filter(|kind| *kind == Self::Text),
            DomainValues::Any | DomainValues::OneOf(_) => most.or(Some(Self::Text)),
        }
    }

    pub(crate) fn of_condition(condition: &CompiledCondition) -> Option<Self> {
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
    pub(crate) fn cuts(self, condition: &CompiledCondition, domain: &Domain) -> bool {
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
    pub(crate) fn representatives(self, conditions: &[&CompiledCondition], domain: &Domain) -> Option<Vec<String>> {
        let values = || {
            conditions
                .iter()
                .flat_map(|condition| match &condition.body {
                    ConditionBody::Comparison { values, .. } => &values[..],
                    ConditionBody::Unreadable | ConditionBody::Presence { .. } => &[],
                })
                .flat_map(CompiledValue::meanings)
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
                    for (seconds, nanoseconds) in readings.iter().copied().flatten() {
                        if nanoseconds != 0 {
                            return None;
                        }
                        // Half a second to either side: nothing that whole seconds separate lies nearer.
                        let half = |seconds: i64| format_date(seconds).map(|text| text.replace('Z', ".5Z"));
                        texts.extend([half(seconds.checked_sub(1)?)?, format_date(seconds)?, half(seconds)?]);
                    }
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
                    if let CompiledValue::Address { readings, .. } = value {
                        texts.extend(readings.iter().copied().flatten().flat_map(block_neighbours));
                    }
                }
                Some(texts)
            }
        }
    }
}

/// A text of each class into which the patterns of all conditions cut the values of the domain.
fn text_representatives(conditions: &[&CompiledCondition], domain: &Domain) -> Option<Vec<String>> {
    let mut patterns = Vec::new();
    for condition in conditions {
        let ConditionBody::Comparison { operator, values, .. } = &condition.body else { continue };
        let ignore_case = text_mode(operator.base) == Some(TextMode::EqualIgnoreCase);
        for value in values.iter().flat_map(CompiledValue::meanings) {
            if let CompiledValue::Text { pattern, .. } = value {
                patterns.push(OwnedPattern { pattern: pattern.clone(), ignore_case });
            }
        }
    }
    cut_texts(&patterns, domain, true, &[], MAX_STATES)
}

/// A pattern of a condition, with or without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct OwnedPattern {
    pub(crate) pattern: WildcardPattern,
    pub(crate) ignore_case: bool,
}

impl OwnedPattern {
    pub(crate) fn matches(&self, text: &str) -> bool {
        if self.ignore_case {
            self.pattern.as_literal().is_some_and(|literal| literal.eq_ignore_ascii_case(text))
        } else {
            self.pattern.is_match(text)
        }
    }
}

/// A text of each class into which the patterns cut the texts of the domain; `None` past so many states
/// of the walk. `arn`: whether it matters which texts are ARNs. `candidates` are texts to prefer.
pub(crate) fn cut_texts(
    patterns: &[OwnedPattern],
    domain: &Domain,
    arn: bool,
    candidates: &[String],
    max_states: usize,
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
    let cells = text_cells(&machine, max_states)?;
    let inside = |matches: &[bool]| {
        let (exclusions, rest) = matches.split_at_checked(excluded.len()).unwrap_or((&[], &[]));
        let requirements = rest.get(..required.len()).unwrap_or(&[]);
        !exclusions.contains(&true) && (requirements.is_empty() || requirements.contains(&true))
    };
    let mut found: FxHashMap<Vec<bool>, String> =
        cells.into_iter().filter(|cell| inside(&cell.matches)).map(|cell| (cell.matches, cell.example)).collect();
    let mut improved: Vec<Vec<bool>> = Vec::new();
    let instances = patterns.iter().flat_map(|owned| instances(&owned.pattern));
    // The empty text never stands for others (SP-48).
    for candidate in candidates.iter().cloned().chain(instances).filter(|text| !text.is_empty()) {
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
