//! Conditions and resources in words a person can act on (K3-17).

use scproof_policy_parser::{BaseOperator, Condition, ConditionOperator, ResourceElement, SetPrefix, parse_bool};

/// The condition in words, or its opposite, with all values: two conditions with the same words are the same condition.
/// `may_be_absent`: whether to say that the key may be absent, where that matters.
pub(crate) fn condition_words(condition: &Condition, opposite: bool, may_be_absent: bool) -> String {
    let or_absent = if may_be_absent { " or is absent" } else { "" };
    let (Some(operator), Some(values)) = (condition.operator, &condition.values) else {
        let not = if opposite { " does not hold" } else { " holds" };
        return format!("the unreadable condition `{}` on {}{not}", condition.operator_text, condition.key);
    };
    let texts: Vec<&str> = values.iter().map(|value| value.text.as_str()).collect();
    let key = condition.key.as_str();
    if operator.base == BaseOperator::Null {
        let absent = texts.iter().any(|text| parse_bool(text) == Some(true));
        return format!("{key} is {}", if absent == opposite { "present" } else { "absent" });
    }
    let negated = operator.base.is_negated();
    let phrase = |negated: bool| comparison_words(operator.base, negated, &texts);
    match operator {
        ConditionOperator { set: Some(SetPrefix::ForAnyValue), .. } if opposite => {
            format!("no value of {key} {}", phrase(negated))
        }
        ConditionOperator { set: Some(SetPrefix::ForAnyValue), if_exists, .. } => {
            format!("some value of {key} {}{}", phrase(negated), if if_exists { ", or there is none" } else { "" })
        }
        ConditionOperator { set: Some(SetPrefix::ForAllValues), .. } if opposite => {
            format!("some value of {key} {}", phrase(!negated))
        }
        ConditionOperator { set: Some(SetPrefix::ForAllValues), .. } => {
            format!("every value of {key}, if any, {}", phrase(negated))
        }
        // A negated operator holds for an absent key, with IfExists or without (SET-2, SET-4).
        ConditionOperator { .. } if negated && opposite => format!("{key} {}", phrase(false)),
        ConditionOperator { .. } if negated => format!("{key} {}{or_absent}", phrase(true)),
        ConditionOperator { if_exists: true, .. } if opposite => {
            format!("{key} {}{}", if may_be_absent { "is present and " } else { "" }, phrase(true))
        }
        ConditionOperator { if_exists: true, .. } => format!("{key} {}{or_absent}", phrase(false)),
        ConditionOperator { .. } if opposite => format!("{key} {}{or_absent}", phrase(true)),
        ConditionOperator { .. } => format!("{key} {}", phrase(false)),
    }
}

/// What an operator says of a value, as a predicate: `is one of a, b`.
fn comparison_words(base: BaseOperator, negated: bool, texts: &[&str]) -> String {
    let not = if negated { " not" } else { "" };
    let list = list_words(texts);
    let several = texts.len() != 1;
    match base {
        BaseOperator::StringEquals
        | BaseOperator::StringNotEquals
        | BaseOperator::NumericEquals
        | BaseOperator::NumericNotEquals
        | BaseOperator::DateEquals
        | BaseOperator::DateNotEquals
        | BaseOperator::Bool
        | BaseOperator::BinaryEquals => equal_words(negated, texts),
        BaseOperator::StringEqualsIgnoreCase | BaseOperator::StringNotEqualsIgnoreCase => {
            format!("{} (ignoring case)", equal_words(negated, texts))
        }
        BaseOperator::StringLike
        | BaseOperator::StringNotLike
        | BaseOperator::ArnEquals
        | BaseOperator::ArnLike
        | BaseOperator::ArnNotEquals
        | BaseOperator::ArnNotLike => match (negated, several) {
            (true, true) => format!("is like none of {list}"),
            (false, true) => format!("is like one of {list}"),
            _ => format!("is{not} like {list}"),
        },
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

fn equal_words(negated: bool, texts: &[&str]) -> String {
    let list = list_words(texts);
    match (negated, texts.len() == 1) {
        (false, true) => format!("is {list}"),
        (true, true) => format!("is not {list}"),
        (false, false) => format!("is one of {list}"),
        (true, false) => format!("is none of {list}"),
    }
}

fn list_words(texts: &[&str]) -> String {
    if texts.is_empty() {
        return "(no value)".to_owned();
    }
    texts.iter().map(|text| value_words(text)).collect::<Vec<_>>().join(", ")
}

/// A value as written; quoted where its ends would not be seen.
fn value_words(text: &str) -> String {
    if text.is_empty() || text.contains([' ', ',']) || text.chars().any(char::is_control) {
        format!("{text:?}")
    } else {
        text.to_owned()
    }
}

/// A resource element in words, or its opposite.
pub(crate) fn resource_words(element: &ResourceElement, opposite: bool) -> String {
    let texts: Vec<&str> = element.patterns.iter().map(|pattern| pattern.text.as_str()).collect();
    let list = list_words(&texts);
    match (element.negated != opposite, texts.len() == 1) {
        (false, true) => format!("the resource is like {list}"),
        (true, true) => format!("the resource is not like {list}"),
        (false, false) => format!("the resource is like one of {list}"),
        (true, false) => format!("the resource is like none of {list}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scproof_policy_parser::{ConditionValue, ResourcePattern, ValueKind};

    fn words(operator: &str, values: &[&str]) -> (String, String) {
        let condition = Condition {
            operator_text: operator.to_owned(),
            operator: ConditionOperator::parse(operator),
            key: "k:x".to_owned(),
            values: Some(
                values
                    .iter()
                    .map(|text| ConditionValue { text: (*text).to_owned(), kind: ValueKind::String })
                    .collect(),
            ),
        };
        (condition_words(&condition, false, true), condition_words(&condition, true, true))
    }

    #[test]
    fn a_condition_and_its_opposite_say_when_the_key_may_be_absent() {
        let check = |operator, values: &[&str], holds: &str, fails: &str| {
            assert_eq!(words(operator, values), (holds.to_owned(), fails.to_owned()), "{operator}");
        };
        check("StringNotEquals", &["a"], "k:x is not a or is absent", "k:x is a");
        check("StringEquals", &["a", "b"], "k:x is one of a, b", "k:x is none of a, b or is absent");
        check("ArnNotLike", &["arn:*/B"], "k:x is not like arn:*/B or is absent", "k:x is like arn:*/B");
        check("BoolIfExists", &["false"], "k:x is false or is absent", "k:x is present and is not false");
        check("Null", &["true"], "k:x is absent", "k:x is present");
        check("ForAllValues:StringEquals", &["a"], "every value of k:x, if any, is a", "some value of k:x is not a");
        check(
            "ForAnyValue:StringNotLike",
            &["a*"],
            "some value of k:x is not like a*",
            "no value of k:x is not like a*",
        );
        check("NumericLessThan", &["5"], "k:x is less than 5", "k:x is not less than 5 or is absent");
        check("StringEquals", &["", "a b"], "k:x is one of \"\", \"a b\"", "k:x is none of \"\", \"a b\" or is absent");
    }

    #[test]
    fn resources() {
        let element = |negated| ResourceElement { negated, patterns: vec![ResourcePattern::new("arn:aws:s3:::a")] };
        assert_eq!(resource_words(&element(false), false), "the resource is like arn:aws:s3:::a");
        assert_eq!(resource_words(&element(true), false), "the resource is not like arn:aws:s3:::a");
        assert_eq!(resource_words(&element(true), true), "the resource is like arn:aws:s3:::a");
    }
}
