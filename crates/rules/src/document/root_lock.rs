//! A Deny of the root user that also stops the central sessions by which root users are managed (CALL-12).

use scproof_evaluator::{Truth, truth_of_value};
use scproof_policy_parser::{Condition, WildcardPattern};

use super::Subject;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

const ROOT: &str = "arn:aws:iam::111122223333:root";
const ROLE: &str = "arn:aws:iam::111122223333:role/somebody";
/// What AWS's managed task policies for central root sessions do, lower case (IAM User Guide, "Perform a privileged
/// task on an AWS Organizations member account", read on 2026-11-30).
const TASKS: [&str; 7] = [
    "iam:createloginprofile",
    "iam:deleteaccesskey",
    "iam:deleteloginprofile",
    "iam:deletesigningcertificate",
    "iam:deactivatemfadevice",
    "s3:deletebucketpolicy",
    "sqs:setqueueattributes",
];

pub(crate) const RULE: Rule = Rule {
    code: "root-lock-stops-central-sessions",
    risk: Risk::Info,
    looks_at: &[LooksAt::Document],
    title: "A Deny of the root user that stops central root sessions, too",
    text: "A Deny of everything that the root user does is met by the short sessions, too, by which a management account \
        manages root users centrally (`sts:AssumeRoot`): deleting their keys and passwords, or a bucket policy that locks \
        everybody out. Their principal is the root user as well; `aws:AssumedRoot` tells them apart.",
    remedy: "add `\"Null\": {\"aws:AssumedRoot\": \"true\"}` to the conditions, if central root sessions shall pass",
    risk_note: "",
    evidence: "proof",
    found_if: "a Deny with no other condition holds for the ARN of a root user and not for that of a role, on `*`, and denies \
        what AWS's task policies for such sessions do.",
    semantics: &["CALL-12", "CTX-12"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let Some(statement) = subject.deny() else { return };
    let (Some(element), Some(resource)) = (&statement.action, &statement.resource) else { return };
    let conditions = statement.condition.as_deref().unwrap_or_default();
    let is_of_root = |condition: &&Condition| {
        condition.key.eq_ignore_ascii_case("aws:PrincipalArn")
            && truth_of_value(condition, ROOT) == Truth::True
            && truth_of_value(condition, ROLE) == Truth::False
    };
    // Any other condition may be what lets such sessions pass.
    let [only] = conditions else { return };
    if !is_of_root(&only) || resource.negated || resource.patterns.iter().all(|pattern| pattern.text != "*") {
        return;
    }
    let patterns: Vec<WildcardPattern> =
        element.patterns.iter().map(|pattern| WildcardPattern::flat(&pattern.text.to_ascii_lowercase())).collect();
    let is_denied = |task: &&str| patterns.iter().any(|pattern| pattern.is_match(task)) != element.negated;
    if !TASKS.iter().all(is_denied) {
        return;
    }
    let message = format!("{} denies central root sessions, too", subject.name());
    let mut one = subject.found(&RULE, RULE.risk, subject.condition_path(only), message);
    "root users of member accounts cannot be managed from the management account".clone_into(&mut one.reason);
    found.push(one);
}
