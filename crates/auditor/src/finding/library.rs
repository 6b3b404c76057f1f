//! The policies as a collection: what is attached nowhere or stands twice, and how near limits are.

use rustc_hash::FxHashMap;
use scproof_organization::{NodeId, Policy, PolicyIndex};
use scproof_policy_parser::{PolicyDocument, QuotaName, minified_len};

use super::index::{Draft, Index, quoted};
use crate::Risk;
use crate::model::{Finding, Place};

pub(super) fn findings(index: &Index<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = index
        .policies()
        .filter(|(_, policy)| !policy.aws_managed)
        .flat_map(|(id, policy)| [unattached(index, id, policy), size(index, id, policy)])
        .flatten()
        .collect();
    findings.extend(same_text(index));
    findings.extend(attachments(index));
    findings.extend(depth(index));
    findings
}

fn unattached(index: &Index<'_>, id: PolicyIndex, policy: &Policy) -> Option<Finding> {
    // Attachments that could not be read may be anywhere.
    if !index.targets(id).is_empty() || !index.is_complete || !index.is_whole {
        return None;
    }
    let message = format!("the policy {} is attached nowhere", quoted(policy.display_name()));
    Draft::new("unattached-policy", policy.id.as_str(), Risk::Low, message)
        .why(
            "it has no effect, and people may take it for a control that is in force",
            "attach it where it is meant to be in force, or delete it",
        )
        .place(index.place(id, None))
        .finish(index, Vec::new())
}

fn same_text(index: &Index<'_>) -> Vec<Finding> {
    let mut first: FxHashMap<&PolicyDocument, &Policy> = FxHashMap::default();
    // AWS's own policy is the one to keep.
    let policies = || index.policies().filter(|(_, policy)| policy.content.is_some());
    let is_read = |policy: &Policy| policy.document.statements.iter().all(|statement| !statement.without_meaning);
    for (_, policy) in policies().filter(|(_, policy)| policy.aws_managed && is_read(policy)) {
        first.entry(&policy.document).or_insert(policy);
    }
    let mut findings = Vec::new();
    for (id, policy) in policies().filter(|(_, policy)| !policy.aws_managed && is_read(policy)) {
        let Some(other) = first.get(&*policy.document).copied() else {
            first.insert(&policy.document, policy);
            continue;
        };
        let message =
            format!("the policies {} and {} say the same", quoted(other.display_name()), quoted(policy.display_name()));
        let draft = Draft::new("policy-with-same-text", policy.id.as_str(), Risk::Low, message)
            .why(
                "a change to one of them leaves the other as it was, and so the accounts below it",
                format!("attach {} in place of {}", quoted(other.display_name()), quoted(policy.display_name())),
            )
            .place(index.place(id, None));
        findings.extend(draft.of_policy(index));
    }
    findings
}

fn size(index: &Index<'_>, id: PolicyIndex, policy: &Policy) -> Option<Finding> {
    let text = policy.content.as_deref()?;
    let limit = usize::try_from(index.quotas.value(QuotaName::ScpCharacters)?).ok()?;
    let characters = text.chars().count();
    let minified = minified_len(text);
    let spaces = if minified < characters {
        format!("; without white space outside strings it has {minified}")
    } else {
        String::new()
    };
    let name = quoted(policy.display_name());
    if characters > limit {
        let message = format!("the policy {name} has {characters} characters, AWS stores {limit}{spaces}");
        return Draft::new("scp-too-long", policy.id.as_str(), Risk::Medium, message)
            .why(
                "AWS does not store so long a text, so that the snapshot is not what AWS has, or the limit is another; the next change of the policy fails",
                "shorten the policy, or give the limits of your organization",
            )
            .rule("LIM-2")
            .place(index.place(id, None))
            .of_policy(index);
    }
    // More than nine tenths.
    if characters.saturating_mul(10) <= limit.saturating_mul(9) {
        return None;
    }
    let message = format!("the policy {name} has {characters} of at most {limit} characters{spaces}");
    Draft::new("quota-headroom", policy.id.as_str(), Risk::Info, message)
        .why("the limit cannot be raised; the next statement may not fit", "remove white space, or split the policy")
        .rule("LIM-2")
        .place(index.place(id, None))
        .of_policy(index)
}

fn attachments(index: &Index<'_>) -> Vec<Finding> {
    let Some(limit) = index.quotas.value(QuotaName::ScpsPerTarget).and_then(|limit| usize::try_from(limit).ok()) else {
        return Vec::new();
    };
    let near = |count: usize| count == limit || (limit > 1 && count + 1 == limit);
    index
        .organization
        .nodes()
        .filter(|(_, node)| near(node.scps.len()))
        .filter_map(|(id, node)| {
            let count = node.scps.len();
            let risk = if count == limit { Risk::Low } else { Risk::Info };
            let message = format!("{} has {count} of at most {limit} SCPs", quoted(node.display_name()));
            Draft::new("quota-headroom", node.target.as_str(), risk, message)
                .why(
                    "the limit cannot be raised; when a control is needed in a hurry, there may be no room for it",
                    "merge policies that are always attached together, or attach some to the level above",
                )
                .rule("LIM-4")
                .place(Place { targets: vec![id], ..Place::default() })
                .of_targets(index)
        })
        .collect()
}

/// Units at the last level that AWS allows.
fn depth(index: &Index<'_>) -> Option<Finding> {
    let organization = index.organization;
    let limit = usize::try_from(index.quotas.value(QuotaName::OrganizationalUnitLevels)?).ok()?;
    let mut depths = vec![0_usize; organization.node_count()];
    let mut deepest: Vec<NodeId> = Vec::new();
    for (id, node) in organization.nodes() {
        let depth = node.parent.and_then(|parent| depths.get(parent.index())).map_or(0, |depth| depth + 1);
        if let Some(slot) = depths.get_mut(id.index()) {
            *slot = depth;
        }
        if depth == limit && node.account.is_none() {
            deepest.push(id);
        }
    }
    let one = deepest.first().map(|&id| quoted(organization.node(id).display_name()))?;
    let root = organization.node(organization.root()).target.as_str();
    let message = match deepest.len() {
        1 => format!("{one} is {limit} levels below the root, the most that AWS allows"),
        several => {
            format!("{several} units, such as {one}, are {limit} levels below the root, the most that AWS allows")
        }
    };
    Draft::new("quota-headroom", format!("{root}:depth"), Risk::Info, message)
        .why("no unit can be created below", "put units side by side where a level has no policies of its own")
        .rule("LIM-6")
        .place(Place { targets: deepest, ..Place::default() })
        .of_targets(index)
}
