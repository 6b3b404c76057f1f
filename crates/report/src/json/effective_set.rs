//! `scproof-effective-set/2`: what the accounts of a unit can do at most, those with the same permissions together.
//! `docs/schemas/scproof-effective-set-2.json` is its JSON Schema.

use serde::Serialize;

use super::effective::{GroupView, Summary, group_views, summary};
use super::{AccountView, Document};
use crate::effective::EffectiveSet;

/// The version of the format.
pub const FORMAT: &str = "scproof-effective-set/2";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    target: TargetView<'a>,
    principal: Option<&'a str>,
    account_count: usize,
    sets: Vec<SetView<'a>>,
    notes: Vec<String>,
}

/// The root or unit.
#[derive(Serialize)]
struct TargetView<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    path: String,
}

/// Accounts with the same permissions.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SetView<'a> {
    account_count: usize,
    accounts: Vec<AccountView<'a>>,
    /// The account for which causes name their targets.
    causes_of: &'a str,
    not_applicable: Option<&'static str>,
    summary: Summary,
    groups: Vec<GroupView<'a>>,
}

/// Every group of accounts with its permissions, as `scproof-effective/2` has them for one.
pub(crate) fn document<'a>(set: &'a EffectiveSet<'a>) -> impl Serialize + use<'a> {
    let organization = set.organization;
    let node = organization.node(set.target);
    let sets: Vec<SetView<'_>> = set
        .groups
        .iter()
        .map(|group| SetView {
            account_count: group.accounts.len(),
            accounts: group.accounts.iter().map(|&id| AccountView::of(organization, id)).collect(),
            causes_of: &group.permissions.account,
            not_applicable: group.permissions.not_applicable.map(scproof_evaluator::Reason::as_str),
            summary: summary(&group.permissions),
            groups: group_views(organization, &group.permissions.groups),
        })
        .collect();
    let view = View {
        target: TargetView {
            id: node.target.as_str(),
            name: node.name.as_deref(),
            path: organization.ou_path(set.target),
        },
        principal: set.caller.principal.as_deref(),
        account_count: set.groups.iter().map(|group| group.accounts.len()).sum(),
        sets,
        notes: set.notes(),
    };
    Document::of(FORMAT, &[set.organization], view)
}
