//! Deny statements that ask for a value of a key which a call may lack: calls without it pass (D.2).

use scproof_evaluator::{Truth, truth_of_value, truth_when_absent};
use scproof_policy_parser::BaseOperator;

use super::Subject;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "deny-skips-absent-key",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Document],
    title: "A Deny that calls without the key pass",
    text: "A Deny is to stop calls without something, such as multi-factor authentication, and asks whether a key is \
        `false`, or a number too high. Calls that do not carry the key at all, such as those with the long-term access keys \
        of a user, do not meet the condition and pass.",
    remedy: "use the operator with `IfExists`, such as `BoolIfExists`",
    risk_note: "",
    evidence: "proof",
    found_if: "a Deny asks, by whatever operator, whether `aws:MultiFactorAuthPresent` is `false` or `aws:MultiFactorAuthAge` \
        too high, fails where the key is absent, and has no `Null` on the same key.",
    semantics: &["SET-1", "CTX-16"],
};

/// Keys about multi-factor authentication, what lacks them lacks it, too: with the value that is worse than the one
/// that passes, and that one.
const MISSING_IS_WORST: [(&str, &str, &str); 2] =
    [("aws:multifactorauthpresent", "false", "true"), ("aws:multifactorauthage", "999999999", "0")];

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let Some(statement) = subject.deny() else { return };
    let conditions = statement.condition.as_deref().unwrap_or_default();
    for condition in conditions {
        let key = condition.key.to_ascii_lowercase();
        let Some((_, worst, best)) = MISSING_IS_WORST.iter().find(|(known, _, _)| *known == key) else { continue };
        let is_skipped = truth_when_absent(condition) == Truth::False
            && truth_of_value(condition, worst) == Truth::True
            && truth_of_value(condition, best) == Truth::False;
        // Whoever asks for the key by `Null` as well knows that it may be missing.
        let is_asked = conditions.iter().any(|other| {
            other.key.eq_ignore_ascii_case(&key) && other.operator.is_some_and(|other| other.base == BaseOperator::Null)
        });
        if !is_skipped || is_asked {
            continue;
        }
        let message = format!("{} does not deny calls that lack `{}`", subject.name(), condition.key);
        let mut one = subject.found(&RULE, RULE.risk, subject.condition_path(condition), message);
        "calls with long-term access keys, and of many roles, carry no such key and pass".clone_into(&mut one.reason);
        one.remedy = format!("write `{}IfExists`", condition.operator_text);
        found.push(one);
    }
}
