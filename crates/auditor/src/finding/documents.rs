//! What the rules on documents find in the policies.

use rustc_hash::FxHashMap;
use scproof_evaluator::{ContextValue, Decision, Request, StatementRef};
use scproof_organization::{Policy, PolicyIndex};
use scproof_rules::{Checker, Found, FoundCall};

use super::index::{Draft, Index};
use super::request::{SOMEBODY, role};
use super::texts;
use crate::model::{Evidence, Finding, Place, Witness};

pub(super) fn findings(index: &Index<'_>) -> Vec<Finding> {
    let checker = Checker::default();
    let mut findings = Vec::new();
    // AWS's own policies are detached or kept, not edited.
    for (id, policy) in index.policies().filter(|(_, policy)| !policy.aws_managed) {
        // One part may have several faults of a kind; they stand side by side.
        let mut times: FxHashMap<String, usize> = FxHashMap::default();
        for found in checker.check(&policy.document, Some(policy.display_name())) {
            if found.rule.code == texts::SET_ON_SINGLE_VALUE {
                let message = found.diagnostic(policy.content.as_deref().unwrap_or_default());
                findings.extend(texts::set_operator(index, id, policy, &message));
                continue;
            }
            findings.extend(finding(index, id, policy, found, &mut times));
        }
    }
    findings
}

fn finding(
    index: &Index<'_>,
    id: PolicyIndex,
    policy: &Policy,
    found: Found,
    times: &mut FxHashMap<String, usize>,
) -> Option<Finding> {
    let text = policy.content.as_deref().unwrap_or_default();
    let path = found.path_in(text);
    let key = texts::key(policy, Some(found.statement), &path);
    let time = times.entry(format!("{}:{key}", found.rule.code)).or_default();
    *time += 1;
    let key = if *time == 1 { key } else { format!("{key}:{time}") };
    let place =
        Place { path: Some(path.to_string()), span: Some(found.span(text)), ..index.place(id, Some(found.statement)) };
    let mut draft =
        Draft::new(found.rule.code, key, found.risk, found.message).why(found.reason, found.remedy).place(place);
    draft.rule = found.rule.semantics.first().copied();
    draft.depends_on_catalog = found.depends_on_catalog;
    if let Some(witness) = found.call.and_then(|call| passing(index, id, found.statement, &call)) {
        draft.evidence =
            Evidence::Witness("the call meets one condition as it should, and passes".to_owned(), vec![witness]);
    }
    draft.of_policy(index)
}

/// The call that shows what a rule found, made in an account below: it passes, though the statement is about it.
fn passing(index: &Index<'_>, policy: PolicyIndex, number: usize, call: &FoundCall) -> Option<Witness> {
    let below = index.targets(policy).iter().flat_map(|&target| index.organization.subtree(target));
    let account = below.into_iter().find(|&node| index.is_governed(node))?;
    let mut request = Request::new(index.organization.node(account).target.as_str(), call.action.as_str());
    request.principal = Some(role(index, account, SOMEBODY[0]));
    let derived = ["aws:principalaccount", "aws:principalarn", "aws:principalorgid"];
    if call.keys.iter().any(|(key, _)| derived.contains(&key.to_ascii_lowercase().as_str())) {
        return None;
    }
    for (key, value) in &call.keys {
        let value = value.clone().map_or(ContextValue::Absent, ContextValue::Single);
        request.context.insert(key.as_str(), value);
    }
    let is_it = |found: &StatementRef| found.policy == policy && found.statement == number;
    [false, true].into_iter().find_map(|closed| {
        request.closed_context = closed;
        let explanation = index.compiled.explain(&index.compiled.prepare(&request).ok()?);
        let passes = explanation.decision == Decision::Allowed && !explanation.determining.iter().any(is_it);
        passes.then(|| Witness { request: request.clone(), decision: explanation.decision })
    })
}
