//! What the rules on documents find in the policies that a change brings to some target.

use std::collections::BTreeSet;

use scproof_organization::{Organization, PolicyIndex, Target};
use scproof_policy_parser::PolicyKind;
use scproof_rules::Checker;
use scproof_text::Message;

/// What is wrong with them. By text: a policy under another name is no better.
pub(crate) fn faults(before: &Organization, after: &Organization) -> Vec<Message> {
    let attached = |organization: &Organization| -> BTreeSet<(Target, String)> {
        let texts = organization.nodes().flat_map(|(_, node)| {
            let content = |index: &PolicyIndex| organization.policy(*index).content.as_deref().map(str::to_owned);
            node.scps.iter().filter_map(content).map(|content| (node.target.clone(), content))
        });
        texts.collect()
    };
    let (known, now) = (attached(before), attached(after));
    let brought: BTreeSet<&str> = now.difference(&known).map(|(_, content)| content.as_str()).collect();
    let checker = Checker::default();
    let mut notices = Vec::new();
    for (_, policy) in after.policies() {
        let is_brought = policy.content.as_deref().is_some_and(|content| brought.contains(content));
        if !is_brought || policy.aws_managed || policy.kind != PolicyKind::ServiceControl {
            continue;
        }
        let text = policy.content.as_deref().unwrap_or_default();
        let found = checker.check(&policy.document, Some(policy.display_name()));
        notices.extend(found.iter().map(|found| found.diagnostic(text).item(policy.id.as_str())));
    }
    notices
}
