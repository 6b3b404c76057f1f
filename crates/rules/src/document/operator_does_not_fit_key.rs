//! Operators that compare as something that the key is not.

use scproof_catalog::ValueType;
use scproof_policy_parser::{Condition, OperatorFamily};

use super::Subject;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "operator-does-not-fit-key",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Document],
    title: "An operator for values that the key does not have",
    text: "The operator compares numbers, dates, truth values, addresses or ARNs, and the key has values of another type; or \
        it compares a block of addresses as text. A positive condition then never holds, and a negated one always does.",
    remedy: "use an operator for the type of the key",
    risk_note: "",
    evidence: "snapshot, depends on the catalog",
    found_if: "`Bool`, `IpAddress`, numeric operators, or, for global keys, ARN operators stand on a key whose \
        values are text; or an operator for text compares a block such as `10.0.0.0/8` on a key with addresses.",
    semantics: &["OP-30"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for condition in subject.statement.condition.iter().flatten() {
        let Some(operator) = condition.operator else { continue };
        let Some(key) = subject.catalog.condition_key(&condition.key) else { continue };
        let family = operator.base.family();
        let Some((has, remedy)) = misfit(family, key.value_type(), key.is_global(), condition) else { continue };
        let message = format!(
            "`{}` on `{}` compares as {}, and the key has {has}",
            condition.operator_text,
            condition.key,
            kind(family)
        );
        let mut one = subject.found(&RULE, RULE.risk, subject.condition_path(condition), message);
        let all = if operator.base.is_negated() { "every" } else { "no" };
        one.reason = format!("the condition holds for {all} value of the key");
        remedy.clone_into(&mut one.remedy);
        one.depends_on_catalog = true;
        found.push(one);
    }
}

/// What the key has instead, and what to use; none if the operator can do with it.
fn misfit(
    family: OperatorFamily,
    has: ValueType,
    is_global: bool,
    condition: &Condition,
) -> Option<(&'static str, &'static str)> {
    let text = has.element() == ValueType::String;
    let strings = || Some(("text", "use an operator for text, such as `StringEquals`"));
    // Keys of services hold ARNs though their tables say text. Numbers and dates take each other's values.
    let is_typed = matches!(family, OperatorFamily::Bool | OperatorFamily::IpAddress | OperatorFamily::Numeric);
    if text && (is_typed || family == OperatorFamily::Arn && is_global) {
        return strings();
    }
    let is_block = family == OperatorFamily::String && has == ValueType::IpAddress && is_block(condition);
    is_block.then_some(("addresses", "use `IpAddress` or `NotIpAddress`, which know blocks of addresses"))
}

/// Whether some value is a block of addresses.
fn is_block(condition: &Condition) -> bool {
    let values = condition.values.iter().flatten();
    values.into_iter().any(|value| value.text.split_once('/').is_some_and(|(_, bits)| bits.parse::<u8>().is_ok()))
}

fn kind(family: OperatorFamily) -> &'static str {
    match family {
        OperatorFamily::String | OperatorFamily::Null => "text",
        OperatorFamily::Numeric => "a number",
        OperatorFamily::Date => "a date",
        OperatorFamily::Bool => "a truth value",
        OperatorFamily::Binary => "bytes",
        OperatorFamily::IpAddress => "an address",
        OperatorFamily::Arn => "an ARN",
    }
}
