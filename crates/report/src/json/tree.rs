//! `scproof-tree/1`: the organization as a flat list of nodes, parents before children.

use scproof_organization::{AccountState, Policy, PolicyIndex, Target};
use serde::Serialize;

use super::{Document, MessageView};
use crate::tree::Tree;

/// The version of the format.
pub const FORMAT: &str = "scproof-tree/1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    organization: OrganizationView<'a>,
    nodes: Vec<NodeView<'a>>,
    policies: Vec<PolicyView<'a>>,
    findings: Vec<MessageView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrganizationView<'a> {
    id: &'a str,
    feature_set: &'static str,
    management_account: Option<String>,
    scp_status: &'static str,
    complete: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeView<'a> {
    id: &'a str,
    kind: &'static str,
    name: Option<&'a str>,
    parent_id: Option<&'a str>,
    /// For an account the way to it in names, for a unit its own.
    path: String,
    depth: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    scps: Vec<&'a str>,
    rcps: Vec<&'a str>,
    attachments_readable: bool,
    place_known: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyView<'a> {
    id: &'a str,
    name: Option<&'a str>,
    #[serde(rename = "type")]
    policy_type: &'static str,
    aws_managed: bool,
    /// Characters as stored, which AWS's quota counts.
    characters: Option<usize>,
    attached_to: Vec<&'a str>,
}

/// The nodes chosen, all policies and all findings.
pub(crate) fn document<'a>(tree: &'a Tree<'a>) -> impl Serialize + use<'a> {
    let organization = tree.organization;
    let ids = |policies: &[PolicyIndex]| policies.iter().map(|&index| organization.policy(index).id.as_str()).collect();
    let mut attached: Vec<Vec<&str>> = vec![Vec::new(); organization.policies().len()];
    for (_, node) in organization.nodes() {
        for policy in node.scps.iter().chain(&node.rcps) {
            if let Some(targets) = attached.get_mut(policy.index()) {
                targets.push(node.target.as_str());
            }
        }
    }
    let view = View {
        organization: OrganizationView {
            id: organization.id().as_str(),
            feature_set: organization.feature_set().as_str(),
            management_account: organization.management_account().map(|id| id.to_string()),
            scp_status: organization.scp_status().as_str(),
            complete: !organization.is_incomplete(),
        },
        nodes: tree
            .nodes()
            .into_iter()
            .map(|(id, depth)| {
                let node = organization.node(id);
                NodeView {
                    id: node.target.as_str(),
                    kind: match node.target {
                        Target::Root(_) => "root",
                        Target::Ou(_) => "organizationalUnit",
                        Target::Account(_) => "account",
                    },
                    name: node.name.as_deref(),
                    parent_id: node.parent.map(|parent| organization.node(parent).target.as_str()),
                    path: organization.ou_path(id),
                    depth,
                    state: node.account.as_ref().and_then(|account| account.state.as_ref()).map(AccountState::as_str),
                    scps: ids(&node.scps),
                    rcps: ids(&node.rcps),
                    attachments_readable: node.unreadable.is_none(),
                    place_known: organization.is_place_known(id),
                }
            })
            .collect(),
        policies: organization
            .policies()
            .zip(attached)
            .map(|((_, policy), attached_to)| policy_view(policy, attached_to))
            .collect(),
        findings: tree.findings.iter().map(MessageView::from).collect(),
    };
    Document::of(FORMAT, &[tree.organization], view)
}

fn policy_view<'a>(policy: &'a Policy, attached_to: Vec<&'a str>) -> PolicyView<'a> {
    PolicyView {
        id: policy.id.as_str(),
        name: policy.name.as_deref(),
        policy_type: policy.kind.as_str(),
        aws_managed: policy.aws_managed,
        characters: policy.content.as_ref().map(|text| text.chars().count()),
        attached_to,
    }
}
