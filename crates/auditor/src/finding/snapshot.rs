//! Oddities of the snapshot that loading it found.

use scproof_organization::{NodeId, PolicyId, Target};
use scproof_rules::{Rule, organization};

use super::index::{Draft, Index};
use crate::Risk;
use crate::model::{Finding, Place};

/// An oddity that matters to an audit, and why here.
type Oddity = (Rule, &'static str);

/// The others (states of accounts, attachments listed twice, ignored policy types) say nothing about policies.
const ODDITIES: &[Oddity] = &[
    (organization::ATTACHMENTS_WITHOUT_EFFECT, "no SCP is in force, whatever is attached"),
    (
        organization::MANAGEMENT_ACCOUNT_MISSING,
        "no SCP restricts the management account; while it is not in the snapshot, its place cannot be shown",
    ),
    (
        organization::MANAGEMENT_ACCOUNT_UNKNOWN,
        "no SCP restricts the management account; answers about it are wrong while it is taken for a member",
    ),
    (
        organization::NO_SCP_ATTACHED,
        "every level of the path must allow a call; here nothing does, so that every call of the accounts below is blocked",
    ),
    (
        organization::PART_UNREADABLE,
        "what could not be read may block or let pass more than is shown, so that answers are unknown",
    ),
    (
        organization::PATH_DIFFERS,
        "the item was probably moved while the snapshot was taken; the policies of another place may apply to it",
    ),
    (
        organization::POLICY_NAME_TWICE,
        "AWS keeps names unique, so that the snapshot is not what AWS has; people may change the wrong one",
    ),
    (
        organization::POLICY_TYPE_PENDING,
        "whether SCPs are in force is unknown, so that only calls that pass either way are certain",
    ),
    (
        organization::POLICY_WITHOUT_CONTENT,
        "a policy without text may block or let pass anything, so that answers are unknown",
    ),
    (organization::SEVERAL_PARTITIONS, "two organizations may have been mixed; answers would be about neither"),
    (
        organization::TOO_MANY_RCPS,
        "AWS does not attach so many, so that the snapshot is not what AWS has, or the limit is another",
    ),
    (
        organization::TOO_MANY_SCPS,
        "AWS does not attach so many, so that the snapshot is not what AWS has, or the limit is another",
    ),
    (organization::UNIT_OF_OTHER_ROOT, "two organizations may have been mixed; answers would be about neither"),
    (
        organization::UNITS_NESTED_TOO_DEEP,
        "AWS does not nest units so deep, so that the snapshot is not what AWS has, or the limit is another",
    ),
];

/// What failed to be read but changes no answer.
const HARMLESS: [&str; 3] = ["tags may be missing", "policies of that type may be missing", "details may be missing"];

pub(super) fn findings(index: &Index<'_>) -> Vec<Finding> {
    let organization = index.organization;
    let mut last = (String::new(), 0_usize);
    let mut findings = Vec::new();
    for odd in organization.findings_with(index.quotas) {
        let Some((rule, reason)) = ODDITIES.iter().find(|(rule, _)| rule.code == odd.code) else { continue };
        let (code, mut risk, remedy) = (rule.code, rule.risk, Rule::plain(rule.remedy));
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
        let remedy = if code == "part-unreadable" { remedy } else { odd.help.unwrap_or(remedy) };
        let draft = Draft::new(code, key, risk, odd.message).why(*reason, remedy).rule(odd.rule);
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
