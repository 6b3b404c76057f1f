//! Exceptions by different keys in one statement: whoever meets one of them passes (COND-1).

use scproof_evaluator::{Truth, truth_of_value, truth_when_absent};
use scproof_policy_parser::{BaseOperator, Condition};

use super::Subject;
use super::names::quoted;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

/// Keys that say who calls, or by which way: an exception for somebody beside a rule for all is what people mean by it.
const WHO_AND_HOW: [&str; 21] = [
    "aws:assumedroot",
    "aws:calledvia",
    "aws:federatedprovider",
    "aws:multifactorauth",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorg",
    "aws:principalservicename",
    "aws:principaltag/",
    "aws:principaltype",
    "aws:resource",
    "aws:securetransport",
    "aws:sourceidentity",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:useragent",
    "aws:userid",
    "aws:username",
    "aws:viaaws",
    "aws:vpce",
    "aws:vpcsourceip",
];

/// Values that some exception probably does not list.
const ELSEWHERE: [&str; 4] = ["us-east-1", "ap-southeast-2", "999999999999", "another"];

pub(crate) const RULE: Rule = Rule {
    code: "joined-negations",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Document],
    title: "Exceptions of which one is enough",
    text: "A Deny statement has exceptions by different keys, such as a Region and an instance type. Conditions of one \
        statement hold together, so it denies only calls that meet none of the exceptions: who has the account, or the \
        Region, or the type that is excepted passes with any value of the other keys. Exceptions for callers and for ways \
        of calling beside one rule are left out, as they are meant.",
    remedy: "make a statement of its own for each key, if a call must meet all of them",
    risk_note: "",
    evidence: "proof",
    found_if: "two conditions of a Deny on different keys each fail for a value that they list and hold where their key is \
        absent. Left out are keys about who calls (but `aws:PrincipalAccount`), about the owner and the tags of the \
        resource, about networks, and about calls through services.",
    semantics: &["COND-1"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let Some(statement) = subject.deny() else { return };
    let mut exceptions: Vec<(&Condition, &str)> = Vec::new();
    for condition in statement.condition.iter().flatten() {
        let key = condition.key.to_ascii_lowercase();
        let is_known = exceptions.iter().any(|(other, _)| other.key.eq_ignore_ascii_case(&key));
        // A name that is misspelt has a finding of its own.
        if !is_known
            && subject.catalog.condition_key(&key).is_some()
            && !WHO_AND_HOW.iter().any(|start| key.starts_with(start))
            && let Some(value) = excepted(condition)
        {
            exceptions.push((condition, value));
        }
    }
    let [(first, value), (other, _), ..] = exceptions.as_slice() else { return };
    // Another value than all that the other one excepts.
    let unlike = ELSEWHERE.iter().find(|value| truth_of_value(other, value) == Truth::True);
    let call = unlike.and_then(|unlike| {
        let example = filled(first, value);
        subject.call(vec![(first.key.clone(), Some(example)), (other.key.clone(), Some((*unlike).to_owned()))])
    });
    let shown = call.as_ref().map_or_else(String::new, |call| format!(", such as {}", call.words()));
    let message = format!(
        "{} denies only calls that meet none of its exceptions: with {} as `{}` a call passes whatever `{}` is{shown}",
        subject.name(),
        quoted(value),
        first.key,
        other.key
    );
    let mut one = subject.found(&RULE, RULE.risk, subject.condition_path(first), message);
    "one exception is enough to pass, where all of them were probably meant to be met".clone_into(&mut one.reason);
    one.call = call;
    found.push(one);
}

/// The value itself, or a text that the pattern matches.
fn filled(condition: &Condition, value: &str) -> String {
    let is_pattern = condition.operator.is_some_and(|operator| operator.base.takes_patterns());
    if is_pattern { value.replace(['*', '?'], "x") } else { value.to_owned() }
}

/// A value that the condition excepts, while it holds for others.
fn excepted(condition: &Condition) -> Option<&str> {
    condition.operator.filter(|operator| operator.base != BaseOperator::Null)?;
    let holds_without = truth_when_absent(condition) == Truth::True;
    let values = condition.values.iter().flatten().map(|value| value.text.as_str());
    let mut values = values.filter(|value| !value.contains("${"));
    values.find(|value| holds_without && truth_of_value(condition, &filled(condition, value)) == Truth::False)
}
