//! Deny statements that match no call at all.

use super::matching::Cause;
use super::{Subject, impossible_arn};
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "deny-never-matches",
    risk: Risk::High,
    looks_at: &[LooksAt::Document, LooksAt::Proof],
    title: "A Deny that no call can match",
    text: "No call can fulfil a Deny statement: its actions are never checked against such resources, or never carry such \
        a key; or its conditions exclude each other, such as two values of one key; or nothing in its list of actions is \
        the name of one. The control is not in force.",
    remedy: "name resources and keys that calls of the action have, as AWS's Service Authorization Reference lists them; \
        conditions of one statement hold together, so make a statement of its own for each alternative, or list the \
        values under one key",
    risk_note: "; *low* where AWS's tables are silent",
    evidence: "proof; in a document by AWS's tables, depends on the catalog",
    found_if: "the prover shows that no call matches the statement, for any account below; or if, for each action of \
        its list, none of the resources that AWS's tables list for the action fits a resource of the statement, or \
        none of them carries the key (`s3:DeleteObject` on the ARN of a bucket, `ec2:DescribeInstances` on any ARN, \
        a key of another service). Where the tables list a key of the action's own service nowhere, they may lag: \
        the finding is *low* and says so.",
    semantics: &["EVAL-3", "CALL-9", "CALL-10"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let unmatched = subject.unmatched();
    // An ARN that nothing has is told by itself.
    if !unmatched.is_all || impossible_arn::names_none(subject) {
        return;
    }
    let groups = unmatched.by_cause();
    let Some((cause, _)) = groups.first() else { return };
    let words: Vec<String> = groups
        .iter()
        .map(|(cause, group)| {
            let names: Vec<&str> = group.iter().map(|idle| idle.text.as_str()).collect();
            format!("for {}, {}", super::named(&names), cause.words(group))
        })
        .collect();
    let words = words.join("; ");
    let is_certain = groups.iter().all(|(cause, _)| cause.is_certain());
    let (risk, verb) = if is_certain { (Risk::High, "denies") } else { (Risk::Low, "probably denies") };
    let message = format!("{} {verb} nothing: {words}", subject.name());
    let mut one = subject.found(&RULE, risk, subject.path(), message);
    "the control that the statement stands for is not in force".clone_into(&mut one.reason);
    Cause::remedy(cause).clone_into(&mut one.remedy);
    one.depends_on_catalog = true;
    found.push(one);
}
