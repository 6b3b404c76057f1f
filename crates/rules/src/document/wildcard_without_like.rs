//! `*` and `?` under operators that compare texts as they are (OP-1).

use scproof_policy_parser::{Condition, ConditionOperator, Effect, OperatorFamily};

use super::Subject;
use super::names::quoted;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "wildcard-without-like",
    risk: Risk::High,
    looks_at: &[LooksAt::Document],
    title: "A wildcard under an operator that has none",
    text: "Under `StringEquals`, `StringNotEquals` and their `IgnoreCase` forms `*` and `?` stand for themselves, so the \
        value is equal to nothing that a call has. In a Deny under a negated operator every call is then denied that was \
        to be left alone.",
    remedy: "use `StringLike` or `StringNotLike`",
    risk_note: " in a Deny that it makes deny everything, else *medium*",
    evidence: "snapshot",
    found_if: "a value has `*`, or `?` outside of an address of the web. Exemptions on `aws:PrincipalArn` have \
        `exemption-never-matches`.",
    semantics: &["OP-1"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for condition in subject.statement.condition.iter().flatten() {
        let (Some(operator), Some(values)) = (condition.operator, &condition.values) else { continue };
        let Some(like) = like(operator) else { continue };
        // Names of callers are looked at by a rule of their own.
        if condition.key.eq_ignore_ascii_case("aws:PrincipalArn") {
            continue;
        }
        let wild: Vec<&str> = values.iter().map(|value| value.text.as_str()).filter(|text| is_pattern(text)).collect();
        let Some(first) = wild.first() else { continue };
        let path = subject.condition_path(condition);
        let others = match wild.len() {
            1 => quoted(first),
            count => format!("{} and {} more values", quoted(first), count - 1),
        };
        let blocks_all =
            operator.base.is_negated() && subject.statement.effect == Some(Effect::Deny) && wild.len() == values.len();
        let risk = if blocks_all { Risk::High } else { Risk::Medium };
        let message = format!(
            "{others} under `{}` on `{}` is text, not a pattern: no call has such a value",
            condition.operator_text, condition.key
        );
        let mut one = subject.found(&RULE, risk, path, message);
        reason(condition, operator, subject.statement.effect).clone_into(&mut one.reason);
        one.remedy = format!("use `{like}`");
        found.push(one);
    }
}

/// The operator with wildcards.
fn like(operator: ConditionOperator) -> Option<&'static str> {
    let compares_text = operator.base.family() == OperatorFamily::String && !operator.base.takes_patterns();
    compares_text.then_some(if operator.base.is_negated() { "StringNotLike" } else { "StringLike" })
}

/// A question mark alone may be the one of an address on the web.
fn is_pattern(text: &str) -> bool {
    let is_address = text.contains("://");
    text.contains('*') || (text.contains('?') && !is_address)
}

fn reason(condition: &Condition, operator: ConditionOperator, effect: Option<Effect>) -> &'static str {
    let is_only = condition.values.as_ref().is_some_and(|values| values.len() == 1);
    match (effect, operator.base.is_negated()) {
        (Some(Effect::Deny), true) if is_only => "every call is denied, also those that were to be left alone",
        (Some(Effect::Deny), true) => "calls with such values are denied, though they were to be left alone",
        (Some(Effect::Deny), false) => "calls with such values are not denied here",
        (_, true) => "calls with such values are allowed here, though they were to be kept out",
        (_, false) => "calls with such values are not allowed here",
    }
}
