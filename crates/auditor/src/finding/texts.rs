//! What the parser has to say about the texts of policies, as far as it matters to what they do.

use scproof_evaluator::ContextValue;
use scproof_organization::{Policy, PolicyIndex};
use scproof_policy_parser::{Condition, Diagnostic, Effect, PathStep, PolicyPath, SetPrefix};

use super::index::{Draft, Index};
use super::request::{SOMEBODY, Wanted, matching, role};
use crate::model::{Evidence, Finding, Place, Severity};

/// The code that is told with a call that shows it.
const SET_ON_SINGLE_VALUE: &str = "set-operator-on-single-value";

/// What becomes a finding. Sizes are counted against the limits of the audit, unknown keys are looked up in the catalog, and both have
/// findings of their own; notes, resource control policies and the language of the past are left to `validate`.
///
/// Medium: the part matches nothing, or something that was not meant, or what it does is unknown. Low: it works, and should be tidied up.
pub(super) const SEVERITIES: &[(&str, Severity)] = &[
    ("action-and-not-action", Severity::Medium),
    ("action-character", Severity::Medium),
    ("action-white-space", Severity::Medium),
    ("arn-only-stars", Severity::Medium),
    ("bad-action", Severity::Medium),
    ("bad-condition-key", Severity::Medium),
    ("bad-condition-value", Severity::Medium),
    ("bad-effect", Severity::Medium),
    ("bad-escape", Severity::Medium),
    ("bad-null-value", Severity::Medium),
    ("bad-number", Severity::Medium),
    ("bad-resource", Severity::Medium),
    ("bad-sid", Severity::Low),
    ("bad-statement", Severity::Medium),
    ("bad-variable-key", Severity::Medium),
    ("bool-both-values", Severity::Medium),
    ("byte-order-mark", Severity::Low),
    ("comment", Severity::Medium),
    ("condition-not-object", Severity::Medium),
    ("control-character", Severity::Medium),
    ("date-four-digits", Severity::Medium),
    ("date-milliseconds", Severity::Medium),
    ("date-without-zone", Severity::Low),
    ("duplicate-key-case", Severity::Medium),
    ("duplicate-name", Severity::Medium),
    ("duplicate-operator", Severity::Medium),
    ("duplicate-sid", Severity::Low),
    ("empty-action-name", Severity::Medium),
    ("empty-condition", Severity::Medium),
    ("empty-list", Severity::Medium),
    ("empty-sid", Severity::Low),
    ("empty-statement-list", Severity::Medium),
    ("empty-text", Severity::Medium),
    ("empty-value-list", Severity::Medium),
    ("extra-comma", Severity::Medium),
    ("id-element", Severity::Low),
    ("incomplete-arn", Severity::Medium),
    ("invalid-utf8", Severity::Medium),
    ("ipv6-without-prefix-length", Severity::Low),
    ("literal-variable", Severity::Medium),
    ("malformed-operand", Severity::Medium),
    ("malformed-variable", Severity::Medium),
    ("misplaced-variable", Severity::Medium),
    ("missing-action", Severity::Medium),
    ("missing-colon", Severity::Medium),
    ("missing-comma", Severity::Medium),
    ("missing-effect", Severity::Medium),
    ("missing-resource", Severity::Medium),
    ("missing-statement", Severity::Medium),
    ("missing-tag-key", Severity::Medium),
    ("missing-value", Severity::Medium),
    ("missing-version", Severity::Low),
    ("mixed-value-types", Severity::Low),
    ("multivalued-variable", Severity::Medium),
    ("not-a-string", Severity::Medium),
    ("not-an-object", Severity::Medium),
    ("null-both-values", Severity::Medium),
    ("null-if-exists", Severity::Medium),
    ("null-with-set-prefix", Severity::Low),
    ("number-out-of-range", Severity::Medium),
    ("old-version", Severity::Low),
    ("operator-case", Severity::Low),
    ("principal-in-scp", Severity::Medium),
    ("resource-and-not-resource", Severity::Medium),
    ("text-too-long", Severity::Medium),
    ("too-deep", Severity::Medium),
    ("trailing-comma", Severity::Medium),
    ("trailing-text", Severity::Medium),
    ("unclosed-bracket", Severity::Medium),
    ("unclosed-string", Severity::Medium),
    ("unexpected-character", Severity::Medium),
    ("unknown-element", Severity::Medium),
    ("unknown-operator", Severity::Medium),
    ("unknown-set-prefix", Severity::Medium),
    ("unknown-version", Severity::Medium),
    ("unquoted-text", Severity::Medium),
    ("upper-case-arn", Severity::Medium),
    ("variable-in-bool", Severity::Medium),
    ("variable-not-supported", Severity::Medium),
    ("wildcard-prefix", Severity::Medium),
    ("wildcard-resource-type", Severity::Low),
    ("wildcard-service", Severity::Medium),
    ("wrong-quotes", Severity::Medium),
];

pub(super) fn findings(index: &Index<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, policy) in index.policies() {
        for diagnostic in policy.diagnostics.iter() {
            if diagnostic.code == SET_ON_SINGLE_VALUE {
                findings.extend(set_operator(index, id, policy, diagnostic));
            } else if let Some((code, severity)) = SEVERITIES.iter().find(|(code, _)| *code == diagnostic.code) {
                findings.extend(plain(index, id, policy, diagnostic, (code, *severity)));
            }
        }
    }
    findings
}

/// The statement that a route leads into.
fn statement_of(path: &PolicyPath) -> Option<usize> {
    match path.steps() {
        [PathStep::Key(name), PathStep::Index(number), ..] if name == "Statement" => Some(*number),
        [PathStep::Key(name), ..] if name == "Statement" => Some(0),
        _ => None,
    }
}

/// What follows the code in a fingerprint: the policy, the statement and the route within it.
pub(super) fn key(policy: &Policy, statement: Option<usize>, path: &PolicyPath) -> String {
    let id = policy.id.as_str();
    let path = path.to_string();
    match statement {
        None if path.is_empty() => id.to_owned(),
        None => format!("{id}:{path}"),
        Some(number) => match path.strip_prefix(&policy.document.statement_path(number)).unwrap_or(&path) {
            "" => format!("{id}#{number}"),
            rest => format!("{id}#{number}:{}", rest.trim_start_matches('.')),
        },
    }
}

fn draft_of(
    index: &Index<'_>,
    id: PolicyIndex,
    policy: &Policy,
    diagnostic: &Diagnostic,
    (code, severity): (&'static str, Severity),
) -> Draft {
    // A text that could not be read as statements has a document with one statement, which stands for the whole.
    let statement = statement_of(&diagnostic.path).filter(|number| *number < policy.document.statements.len());
    let path = diagnostic.path.to_string();
    let place = Place {
        path: (!path.is_empty()).then_some(path),
        span: Some(diagnostic.span.clone()),
        ..index.place(id, statement)
    };
    Draft::new(code, key(policy, statement, &diagnostic.path), severity, diagnostic.message.as_str())
        .rule(diagnostic.rule)
        .place(place)
}

fn plain(
    index: &Index<'_>,
    id: PolicyIndex,
    policy: &Policy,
    diagnostic: &Diagnostic,
    (code, severity): (&'static str, Severity),
) -> Option<Finding> {
    let reason = if severity == Severity::Low {
        "it works, but is easily misread, or AWS may come to refuse it"
    } else if diagnostic.severity == scproof_policy_parser::Severity::Error {
        "AWS refuses such a text, or the part has no meaning: what it does is unknown, or it matches nothing"
    } else {
        "AWS takes it, but it probably does not do what was meant"
    };
    let remedy = match (&diagnostic.help, &diagnostic.expected) {
        (Some(help), _) => help.clone(),
        (None, Some(expected)) => format!("write {expected}"),
        (None, None) => "see `docs/diagnostics.md`".to_owned(),
    };
    draft_of(index, id, policy, diagnostic, (code, severity)).why(reason, remedy).of_policy(index)
}

/// `ForAllValues` on a key with one value also holds where the key is absent (SET-12): in an Allow that lets pass what was to be
/// restricted, in a Deny it blocks what was to be left alone.
fn set_operator(index: &Index<'_>, id: PolicyIndex, policy: &Policy, diagnostic: &Diagnostic) -> Option<Finding> {
    let number = statement_of(&diagnostic.path)?;
    let statement = policy.document.statements.get(number)?;
    let condition = condition_at(statement.condition.as_deref()?, &diagnostic.path)?;
    let operator = condition.operator?;
    let draft = draft_of(index, id, policy, diagnostic, (SET_ON_SINGLE_VALUE, Severity::Low));
    let remedy = diagnostic.help.clone().unwrap_or_default();
    // A negated operator without prefix holds for an absent key, too; ForAnyValue and IfExists ask for it or not in so many words.
    let opens = operator.set == Some(SetPrefix::ForAllValues) && !operator.base.is_negated() && !operator.if_exists;
    if !opens {
        let reason = "the prefix is for keys with several values; on this key it changes nothing that was meant, or what an absent key does";
        return draft.why(reason, remedy).of_policy(index);
    }
    let account = index.targets(id).iter().flat_map(|&target| index.organization.subtree(target));
    let account = account.into_iter().find(|&node| index.is_governed(node));
    let found = account.and_then(|account| {
        let anybody = Wanted::default().with(&condition.key, ContextValue::Absent);
        // Where the statement exempts callers, somebody whom it does not.
        let somebody = Wanted { principal: Some(role(index, account, SOMEBODY[0])), ..anybody.clone() };
        [anybody, somebody].iter().find_map(|wanted| matching(index, id, number, account, wanted))
    });
    let Some(witness) = found else {
        return draft.why("the condition also holds where the key is absent", remedy).of_policy(index);
    };
    let (severity, reason, words) = match statement.effect {
        Some(Effect::Allow) => (
            Severity::High,
            "a call without the key passes, as if the condition were not there; whoever leaves the key out goes round it",
            format!("the call has no `{}`, and the statement allows it", condition.key),
        ),
        _ => (
            Severity::Medium,
            "a call without the key is denied, too; services that never send it cannot be used",
            format!("the call has no `{}`, and the statement denies it", condition.key),
        ),
    };
    let mut draft = draft.why(reason, remedy).evidence(Evidence::Witness(words, vec![witness]));
    draft.severity = severity;
    draft.of_policy(index)
}

fn condition_at<'a>(conditions: &'a [Condition], path: &PolicyPath) -> Option<&'a Condition> {
    let [.., PathStep::Key(operator), PathStep::Key(key)] = path.steps() else { return None };
    conditions.iter().find(|condition| condition.operator_text == *operator && condition.key == *key)
}
