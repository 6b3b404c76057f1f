//! What the parser has to say about the texts of policies, as far as it matters to what they do.

use scproof_evaluator::ContextValue;
use scproof_organization::{Policy, PolicyIndex};
use scproof_policy_parser::{Condition, Effect, Message, PathStep, PolicyPath, SetPrefix};

use super::index::{Draft, Index};
use super::request::{SOMEBODY, Wanted, matching, role};
use crate::Risk;
use crate::model::{Evidence, Finding, Place};

/// The code that is told with a call that shows it.
pub(super) const SET_ON_SINGLE_VALUE: &str = "set-operator-on-single-value";

pub(super) fn findings(index: &Index<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, policy) in index.policies() {
        for diagnostic in policy.diagnostics.iter() {
            if diagnostic.code == SET_ON_SINGLE_VALUE {
                findings.extend(set_operator(index, id, policy, diagnostic));
            } else if let Some(risk) = scproof_rules::risk_of_text(diagnostic.code) {
                findings.extend(plain(index, id, policy, diagnostic, (diagnostic.code, risk)));
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
    diagnostic: &Message,
    (code, risk): (&'static str, Risk),
) -> Draft {
    // A text that could not be read as statements has a document with one statement, which stands for the whole.
    let statement = statement_of(&diagnostic.path).filter(|number| *number < policy.document.statements.len());
    let path = diagnostic.path.to_string();
    let place =
        Place { path: (!path.is_empty()).then_some(path), span: diagnostic.span(), ..index.place(id, statement) };
    Draft::new(code, key(policy, statement, &diagnostic.path), risk, diagnostic.message.as_str())
        .rule(diagnostic.rule)
        .place(place)
}

fn plain(
    index: &Index<'_>,
    id: PolicyIndex,
    policy: &Policy,
    diagnostic: &Message,
    (code, risk): (&'static str, Risk),
) -> Option<Finding> {
    let reason = if risk == Risk::Low {
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
    draft_of(index, id, policy, diagnostic, (code, risk)).why(reason, remedy).of_policy(index)
}

/// `ForAllValues` on a key with one value also holds where the key is absent (SET-12): in an Allow that lets pass what
/// was to be restricted, in a Deny it blocks what was to be left alone.
pub(super) fn set_operator(
    index: &Index<'_>,
    id: PolicyIndex,
    policy: &Policy,
    diagnostic: &Message,
) -> Option<Finding> {
    let number = statement_of(&diagnostic.path)?;
    let statement = policy.document.statements.get(number)?;
    let condition = condition_at(statement.condition.as_deref()?, &diagnostic.path)?;
    let operator = condition.operator?;
    let draft = draft_of(index, id, policy, diagnostic, (SET_ON_SINGLE_VALUE, Risk::Low));
    let remedy = diagnostic.help.clone().unwrap_or_default();
    // A negated operator without prefix holds for an absent key, too; ForAnyValue and IfExists ask for it or not in so
    // many words.
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
    let (risk, reason, words) = match statement.effect {
        Some(Effect::Allow) => (
            Risk::High,
            "a call without the key passes, as if the condition were not there; whoever leaves the key out goes round it",
            format!("the call has no `{}`, and the statement allows it", condition.key),
        ),
        _ => (
            Risk::Medium,
            "a call without the key is denied, too; services that never send it cannot be used",
            format!("the call has no `{}`, and the statement denies it", condition.key),
        ),
    };
    let mut draft = draft.why(reason, remedy).evidence(Evidence::Witness(words, vec![witness]));
    draft.risk = risk;
    draft.of_policy(index)
}

fn condition_at<'a>(conditions: &'a [Condition], path: &PolicyPath) -> Option<&'a Condition> {
    let [.., PathStep::Key(operator), PathStep::Key(key)] = path.steps() else { return None };
    conditions.iter().find(|condition| condition.operator_text == *operator && condition.key == *key)
}
