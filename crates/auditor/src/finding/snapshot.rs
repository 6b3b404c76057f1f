//! Oddities of the snapshot that loading it found.

use scproof_organization::{NodeId, PolicyId, Target};

use super::index::{Draft, Index};
use crate::Risk;
use crate::model::{Finding, Place};

/// An oddity that matters to an audit: its code, risk, and why it matters.
type Oddity = (&'static str, Risk, &'static str, &'static str);

/// The others (states of accounts, attachments listed twice, ignored policy types) say nothing about policies.
const ODDITIES: &[Oddity] = &[
    (
        "attachments-without-effect",
        Risk::High,
        "no SCP is in force, whatever is attached",
        "enable all features and the policy type `SERVICE_CONTROL_POLICY`; enabling the type attaches only `FullAWSAccess`, so attach the others anew",
    ),
    (
        "management-account-missing",
        Risk::Medium,
        "no SCP restricts the management account; while it is not in the snapshot, its place cannot be shown",
        "take the snapshot anew, or add the account",
    ),
    (
        "management-account-unknown",
        Risk::Medium,
        "no SCP restricts the management account; answers about it are wrong while it is taken for a member",
        "add `MasterAccountId` to `Organization`",
    ),
    (
        "no-scp-attached",
        Risk::High,
        "every level of the path must allow a call; here nothing does, so that every call of the accounts below is blocked",
        "attach `FullAWSAccess` or another policy that allows; AWS never leaves a target without one, so first check that the snapshot is complete",
    ),
    (
        "part-unreadable",
        Risk::Medium,
        "what could not be read may block or let pass more than is shown, so that answers are unknown",
        "take the snapshot with the permissions that `docs/snapshot-format.md` lists",
    ),
    (
        "path-differs",
        Risk::Medium,
        "the item was probably moved while the snapshot was taken; the policies of another place may apply to it",
        "take the snapshot anew",
    ),
    (
        "policy-name-twice",
        Risk::Low,
        "AWS keeps names unique, so that the snapshot is not what AWS has; people may change the wrong one",
        "take the snapshot anew",
    ),
    (
        "policy-type-pending",
        Risk::Medium,
        "whether SCPs are in force is unknown, so that only calls that pass either way are certain",
        "take the snapshot anew when the change is done",
    ),
    (
        "policy-without-content",
        Risk::Medium,
        "a policy without text may block or let pass anything, so that answers are unknown",
        "take the snapshot with `organizations:DescribePolicy`",
    ),
    (
        "several-partitions",
        Risk::Medium,
        "two organizations may have been mixed; answers would be about neither",
        "do not mix snapshots of two organizations",
    ),
    (
        "too-many-rcps",
        Risk::Low,
        "AWS does not attach so many, so that the snapshot is not what AWS has, or the limit is another",
        "check the attachments, or give the limits of your organization",
    ),
    (
        "too-many-scps",
        Risk::Medium,
        "AWS does not attach so many, so that the snapshot is not what AWS has, or the limit is another",
        "check the attachments, or give the limits of your organization",
    ),
    (
        "unit-of-other-root",
        Risk::Medium,
        "two organizations may have been mixed; answers would be about neither",
        "do not mix snapshots of two organizations",
    ),
    (
        "units-nested-too-deep",
        Risk::Low,
        "AWS does not nest units so deep, so that the snapshot is not what AWS has, or the limit is another",
        "check the tree, or give the limits of your organization",
    ),
];

/// What failed to be read but changes no answer.
const HARMLESS: [&str; 3] = ["tags may be missing", "policies of that type may be missing", "details may be missing"];

pub(super) fn findings(index: &Index<'_>) -> Vec<Finding> {
    let organization = index.organization;
    let mut last = (String::new(), 0_usize);
    let mut findings = Vec::new();
    for odd in organization.findings_with(index.quotas) {
        let Some(&(code, mut risk, reason, remedy)) = ODDITIES.iter().find(|(code, ..)| *code == odd.code) else {
            continue;
        };
        let harmless = code == "part-unreadable" && HARMLESS.iter().any(|effect| odd.message.ends_with(effect));
        if harmless || odd.severity == scproof_policy_parser::Severity::Note {
            risk = risk.min(Risk::Low);
        }
        // Several calls may have failed for one item; they stand side by side.
        let item = odd.item.unwrap_or_default();
        let key = format!("{code}:{item}");
        last = if last.0 == key { (key, last.1 + 1) } else { (key, 1) };
        let times = last.1;
        let key = if times == 1 { item.clone() } else { format!("{item}:{times}") };
        let remedy =
            if code == "part-unreadable" { remedy.to_owned() } else { odd.help.unwrap_or_else(|| remedy.to_owned()) };
        let draft = Draft::new(code, key, risk, odd.message).why(reason, remedy).rule(odd.rule);
        let policy = PolicyId::parse(&item).ok().and_then(|id| organization.find_policy(&id));
        findings.extend(match (node(index, &item), policy) {
            (Some(node), _) if code == "no-scp-attached" => {
                draft.place(Place { targets: vec![node], ..Place::default() }).of_targets(index)
            }
            (Some(node), _) => {
                let accounts = index.reach_of(&[node]).accounts;
                draft.place(Place { targets: vec![node], ..Place::default() }).finish(index, accounts)
            }
            (None, Some(policy)) => draft.place(index.place(policy, None)).of_policy(index),
            (None, None) => draft.finish(index, index.scope.to_vec()),
        });
    }
    findings
}

fn node(index: &Index<'_>, item: &str) -> Option<NodeId> {
    index.organization.find_node(&Target::parse(item).ok()?)
}
