//! Rules about networks that also stop calls which services make for somebody (CTX-41, LAW-1, LAW-2).

use scproof_evaluator::{Truth, truth_when_absent};

use super::Subject;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

/// Keys about the network that a call comes from, lower case.
const NETWORKS: [&str; 8] = [
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:vpcsourceip",
];
/// Keys that tell calls which services make for somebody, lower case.
const WAYS: [&str; 4] = ["aws:viaawsservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast"];

pub(crate) const RULE: Rule = Rule {
    code: "source-network-stops-services",
    risk: Risk::Info,
    looks_at: &[LooksAt::Document],
    title: "A rule about networks that also stops services",
    text: "A Deny of all calls that do not come from some network is met by calls, too, that a service makes for somebody, \
        such as CloudFormation for the creator of a stack: they come from the service's own network.",
    remedy: "add `\"BoolIfExists\": {\"aws:ViaAWSService\": \"false\"}` to the conditions",
    risk_note: "",
    evidence: "proof",
    found_if: "all conditions of a Deny about `aws:SourceIp`, `aws:SourceVpc`, `aws:SourceVpce` and their relatives hold where \
        the key is absent, and none asks for `aws:ViaAWSService` or `aws:CalledVia`.",
    semantics: &["LAW-1", "LAW-2"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let Some(statement) = subject.deny() else { return };
    let conditions = statement.condition.as_deref().unwrap_or_default();
    let has = |names: &[&str], key: &str| names.iter().any(|name| name.eq_ignore_ascii_case(key));
    if conditions.iter().any(|condition| has(&WAYS, &condition.key)) {
        return;
    }
    let networks: Vec<_> = conditions.iter().filter(|condition| has(&NETWORKS, &condition.key)).collect();
    let [first, ..] = networks.as_slice() else { return };
    // A service's call lacks the keys of endpoints, and has an address that no list of ours has.
    if !networks.iter().all(|condition| truth_when_absent(condition) == Truth::True) {
        return;
    }
    let message = format!("{} also denies calls that services make for somebody", subject.name());
    let mut one = subject.found(&RULE, RULE.risk, subject.condition_path(first), message);
    "such calls come from the service's network, so that services such as CloudFormation fail for people who are \
     where they should be"
        .clone_into(&mut one.reason);
    found.push(one);
}
