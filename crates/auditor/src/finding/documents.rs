//! What the rules on documents find in the policies.

use rustc_hash::FxHashMap;
use scproof_organization::{Policy, PolicyIndex};
use scproof_rules::{Checker, Found};

use super::index::{Draft, Index};
use super::texts;
use crate::model::{Finding, Place};

pub(super) fn findings(index: &Index<'_>) -> Vec<Finding> {
    let checker = Checker::default();
    let mut findings = Vec::new();
    // AWS's own policies are detached or kept, not edited.
    for (id, policy) in index.policies().filter(|(_, policy)| !policy.aws_managed) {
        // One part may have several faults of a kind; they stand side by side.
        let mut times: FxHashMap<String, usize> = FxHashMap::default();
        for found in checker.check(&policy.document, Some(policy.display_name())) {
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
    draft.of_policy(index)
}
