//! `ForAllValues` in a Deny: it holds for calls without the key, and one value more is enough to pass (SET-7, SET-8).

use scproof_catalog::ConditionKey;
use scproof_evaluator::{Truth, truth_of_value, truth_when_absent};
use scproof_policy_parser::{BaseOperator, Condition, SetPrefix};

use super::Subject;
use super::names::quoted;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "for-all-values-in-deny",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Document],
    title: "`ForAllValues` in a Deny",
    text: "Under `ForAllValues` a Deny is met only if *all* values of the call meet it: one value more that does not, and the \
        call passes. Calls without the key meet it, and are denied. Mostly `ForAnyValue` was meant: deny if any value is \
        such.",
    remedy: "use `ForAnyValue`; or, if all values are meant, add `Null` with `false` on the key, so that calls without it pass",
    risk_note: "",
    evidence: "proof",
    found_if: "a Deny has `ForAllValues` on a key with several values and no `Null` on the same key.",
    semantics: &["SET-7", "SET-8"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let Some(statement) = subject.deny() else { return };
    let conditions = statement.condition.as_deref().unwrap_or_default();
    for condition in conditions {
        let is_for_all = condition.operator.is_some_and(|operator| {
            operator.set == Some(SetPrefix::ForAllValues) && operator.base != BaseOperator::Null
        });
        let is_list = subject.catalog.condition_key(&condition.key).is_some_and(ConditionKey::is_multivalued);
        let is_asked = || {
            conditions.iter().any(|other| {
                other.key.eq_ignore_ascii_case(&condition.key)
                    && other.operator.is_some_and(|operator| operator.base == BaseOperator::Null)
            })
        };
        if !is_for_all || !is_list || truth_when_absent(condition) != Truth::True || is_asked() {
            continue;
        }
        let Some(value) = passing(condition) else { continue };
        let message = format!(
            "{} is passed by calls with {} among the values of {}, and denies calls that lack the key",
            subject.name(),
            quoted(&value),
            quoted(&condition.key)
        );
        let mut one = subject.found(&RULE, RULE.risk, subject.condition_path(condition), message);
        "one value that is left alone lets the others pass with it".clone_into(&mut one.reason);
        found.push(one);
    }
}

/// A value for which the condition fails, and with it any list that has it.
fn passing(condition: &Condition) -> Option<String> {
    let values = condition.values.iter().flatten().map(|value| value.text.replace(['*', '?'], "x"));
    let mut values = values.filter(|value| !value.contains("${")).chain(["anything-else".to_owned()]);
    values.find(|value| truth_of_value(condition, value) == Truth::False)
}
