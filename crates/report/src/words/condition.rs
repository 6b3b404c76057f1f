//! One atom in words a person can act on (K3-17).

use scproof_evaluator::{KeyAtom, PredicateAtom, ResourceAtom};
use scproof_policy_parser::{BaseOperator, SetPrefix, parse_bool};

use crate::layout::{clean, is_unsafe};

/// How the parts of a sentence belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// There are none.
    None,
    /// By `and`.
    And,
    /// By `or`.
    Or,
}

/// An atom or its opposite in words, with at most so many values of a list.
pub(super) fn atom_words(atom: &PredicateAtom, opposite: bool, most: usize) -> (String, Joint) {
    match atom {
        PredicateAtom::Key(atom) => key_words(atom, opposite, most),
        PredicateAtom::Resource(atom) => (resource_words(atom, opposite, most), Joint::None),
        PredicateAtom::Caller(kind) => {
            let not = if opposite { "not " } else { "" };
            (format!("the caller is {not}{}", kind.words()), Joint::None)
        }
    }
}

fn key_words(atom: &KeyAtom, opposite: bool, most: usize) -> (String, Joint) {
    let key = name_words(&atom.key);
    let operator = atom.operator;
    if operator.base == BaseOperator::Null {
        return match &*atom.values {
            [only] if only == "true" && operator.set.is_none() => {
                (format!("{key} is {}", if opposite { "present" } else { "absent" }), Joint::None)
            }
            values => {
                let not = if opposite { "not " } else { "" };
                (
                    format!("{key} is {not}as {operator} says with {}", list_words(values, atom.is_literal, most)),
                    Joint::None,
                )
            }
        };
    }
    // What holds for an absent key is worth saying only where it may be absent.
    let or_absent = if atom.may_be_absent { (" or is absent", Joint::Or) } else { ("", Joint::None) };
    let phrase = |negated: bool| comparison_words(atom, negated, most);
    let negated = operator.base.is_negated();
    let plain = |words: String| (words, Joint::None);
    match (operator.set, operator.if_exists, opposite) {
        (None, false, false) => plain(format!("{key} {}", phrase(false))),
        (None, false, true) => (format!("{key} {}{}", phrase(true), or_absent.0), or_absent.1),
        (None, true, false) => (format!("{key} {}{}", phrase(false), or_absent.0), or_absent.1),
        (None, true, true) if atom.may_be_absent => (format!("{key} is present and {}", phrase(true)), Joint::And),
        (None, true, true) => plain(format!("{key} {}", phrase(true))),
        (Some(SetPrefix::ForAnyValue), false, false) => plain(format!("some value of {key} {}", phrase(negated))),
        (Some(SetPrefix::ForAnyValue), false, true) => plain(format!("no value of {key} {}", phrase(negated))),
        (Some(SetPrefix::ForAnyValue), true, false) => {
            (format!("some value of {key} {}, or there is none", phrase(negated)), Joint::Or)
        }
        (Some(SetPrefix::ForAnyValue), true, true) => {
            (format!("{key} has values, and none of them {}", phrase(negated)), Joint::And)
        }
        (Some(SetPrefix::ForAllValues), _, false) => {
            plain(format!("every value of {key}, if any, {}", phrase(negated)))
        }
        (Some(SetPrefix::ForAllValues), _, true) => plain(format!("some value of {key} {}", phrase(!negated))),
    }
}

/// What an operator says of a value: `is one of a, b`. What is compared otherwise than one expects of the key is said.
fn comparison_words(atom: &KeyAtom, negated: bool, most: usize) -> String {
    let not = if negated { " not" } else { "" };
    if atom.values.is_empty() {
        return format!("is{not} as {} says with no value", atom.operator.base.as_str());
    }
    let list = list_words(&atom.values, atom.is_literal, most);
    let several = atom.values.len() != 1;
    let equal = |one: &str, many: &str| match (negated, several) {
        (false, false) => format!("is {one}{list}"),
        (true, false) => format!("is not {one}{list}"),
        (false, true) => format!("is one of {many}{list}"),
        (true, true) => format!("is none of {many}{list}"),
    };
    let like = |one: &str, many: &str| match (negated, several) {
        (false, false) => format!("is like {one}{list}"),
        (true, false) => format!("is not like {one}{list}"),
        (false, true) => format!("is like one of {many}{list}"),
        (true, true) => format!("is like none of {many}{list}"),
    };
    match atom.operator.base {
        BaseOperator::StringEquals | BaseOperator::StringNotEquals => {
            // Text that looks like what `Bool` compares with.
            let looks_bool = atom.values.iter().any(|value| parse_bool(value).is_some());
            if looks_bool { equal("the text ", "the texts ") } else { equal("", "") }
        }
        BaseOperator::StringEqualsIgnoreCase | BaseOperator::StringNotEqualsIgnoreCase => {
            format!("{} (ignoring case)", equal("", ""))
        }
        BaseOperator::NumericEquals | BaseOperator::NumericNotEquals => equal("the number ", "the numbers "),
        BaseOperator::DateEquals | BaseOperator::DateNotEquals => equal("the time ", "the times "),
        BaseOperator::BinaryEquals => equal("the bytes ", "the bytes "),
        BaseOperator::Bool => {
            let odd = atom.values.iter().any(|value| parse_bool(value).is_none());
            if odd { equal("the truth value ", "the truth values ") } else { equal("", "") }
        }
        BaseOperator::StringLike | BaseOperator::StringNotLike if atom.is_arn => like("the text ", "the texts "),
        BaseOperator::StringLike | BaseOperator::StringNotLike => like("", ""),
        BaseOperator::ArnEquals | BaseOperator::ArnLike | BaseOperator::ArnNotEquals | BaseOperator::ArnNotLike => {
            if atom.is_arn {
                like("", "")
            } else {
                like("the ARN ", "the ARNs ")
            }
        }
        BaseOperator::NumericLessThan => format!("is{not} less than {list}"),
        BaseOperator::NumericLessThanEquals => format!("is{not} at most {list}"),
        BaseOperator::NumericGreaterThan => format!("is{not} greater than {list}"),
        BaseOperator::NumericGreaterThanEquals => format!("is{not} at least {list}"),
        BaseOperator::DateLessThan => format!("is{not} before {list}"),
        BaseOperator::DateLessThanEquals => format!("is{not} at or before {list}"),
        BaseOperator::DateGreaterThan => format!("is{not} after {list}"),
        BaseOperator::DateGreaterThanEquals => format!("is{not} at or after {list}"),
        BaseOperator::IpAddress | BaseOperator::NotIpAddress => format!("is{not} in {list}"),
        BaseOperator::Null => format!("is{not} {list}"),
    }
}

fn resource_words(atom: &ResourceAtom, opposite: bool, most: usize) -> String {
    let list = list_words(&atom.patterns, atom.is_literal, most);
    match (opposite, atom.patterns.len() == 1) {
        (false, true) => format!("the resource is like {list}"),
        (true, true) => format!("the resource is not like {list}"),
        (false, false) => format!("the resource is like one of {list}"),
        (true, false) => format!("the resource is like none of {list}"),
    }
}

/// `a, b, c`; of more than so many the first, and how many more there are.
fn list_words(texts: &[String], is_literal: bool, most: usize) -> String {
    if texts.is_empty() {
        return "(no value)".to_owned();
    }
    // One more takes as much room as saying that there is one more.
    let shown = if texts.len() <= most.saturating_add(1) { texts.len() } else { most };
    let words: Vec<String> = texts.iter().take(shown).map(|text| value_words(text, is_literal)).collect();
    match texts.len() - shown {
        0 => words.join(", "),
        more => format!("{} and {more} more", words.join(", ")),
    }
}

/// A value as written; quoted where its ends would not be seen.
fn value_words(text: &str, is_literal: bool) -> String {
    if is_literal && text.contains("${") {
        return format!("{} (no variable)", clean(&format!("{text:?}")));
    }
    name_words(text)
}

/// A text as written; quoted where its ends would not be seen.
fn name_words(text: &str) -> String {
    let hides = |character: char| matches!(character, ' ' | ',' | '"' | '\\' | '(' | ')') || is_unsafe(character);
    if text.is_empty() || text.contains(hides) { clean(&format!("{text:?}")).into_owned() } else { text.to_owned() }
}
