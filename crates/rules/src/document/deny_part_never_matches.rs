//! Actions of a Deny statement that it matches no call of.

use super::{Subject, impossible_arn};
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "deny-part-never-matches",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Document],
    title: "Actions of a Deny that no call can match",
    text: "A Deny statement matches no call of some actions in its list, though it matches calls of others: those actions \
        are never checked against such resources, or never carry such a key. What was meant to be blocked is not blocked \
        here.",
    remedy: "put the actions into a statement of their own, with resources and keys that their calls have, or delete them",
    risk_note: "; *low* where AWS's tables are silent",
    evidence: "by AWS's tables, depends on the catalog",
    found_if: "all known actions of an element of the list are such. A pattern like `s3:*` is not told while one of \
        its actions matches.",
    semantics: &["CALL-10", "CALL-9"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let unmatched = subject.unmatched();
    if unmatched.is_all || impossible_arn::names_none(subject) {
        return;
    }
    for (cause, group) in unmatched.by_cause() {
        let Some(first) = group.first() else { continue };
        let names: Vec<&str> = group.iter().map(|idle| idle.text.as_str()).collect();
        let (risk, verb) = if cause.is_certain() { (Risk::Medium, "denies") } else { (Risk::Low, "probably denies") };
        let message = format!("{} {verb} no call of {}: {}", subject.name(), super::named(&names), cause.words(&group));
        let mut one = subject.found(&RULE, risk, subject.action_path(first.element), message);
        "what was meant to be blocked is not blocked by this statement".clone_into(&mut one.reason);
        cause.remedy().clone_into(&mut one.remedy);
        one.depends_on_catalog = true;
        found.push(one);
    }
}
