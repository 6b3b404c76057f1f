//! `scproof-show/1`: a policy as it is stored, or what is attached on the way to a target.

use scproof_organization::{NodeId, Organization, Policy, PolicyIndex, Target};
use serde::Serialize;

use super::Document;
use crate::show::{Show, Shown};

/// The version of the format.
pub const FORMAT: &str = "scproof-show/1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    policy: Option<PolicyView<'a>>,
    target: Option<TargetView<'a>>,
    /// From the root down.
    levels: Option<Vec<LevelView<'a>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyView<'a> {
    id: &'a str,
    name: Option<&'a str>,
    #[serde(rename = "type")]
    policy_type: &'static str,
    aws_managed: bool,
    description: Option<&'a str>,
    characters: Option<usize>,
    most_characters: Option<u64>,
    attached_to: Vec<TargetView<'a>>,
    /// Exactly as stored; `null` if it could not be read.
    content: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TargetView<'a> {
    id: &'a str,
    kind: &'static str,
    name: Option<&'a str>,
    path: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LevelView<'a> {
    #[serde(flatten)]
    target: TargetView<'a>,
    scps: Vec<AttachedView<'a>>,
    rcps: Vec<AttachedView<'a>>,
    attachments_readable: bool,
}

#[derive(Serialize)]
struct AttachedView<'a> {
    id: &'a str,
    name: Option<&'a str>,
}

/// The policy, or the target with its levels.
pub(crate) fn document<'a>(show: &'a Show<'a>) -> impl Serialize + use<'a> {
    let organization = show.organization;
    let view = match show.what {
        Shown::Policy(index) => View { policy: Some(policy(show, index)), target: None, levels: None },
        Shown::Target(node) => {
            let levels = organization.inheritance_path(node).into_iter().map(|node| level(organization, node));
            View { policy: None, target: Some(target(organization, node)), levels: Some(levels.collect()) }
        }
    };
    Document::of(FORMAT, &[organization], view)
}

fn policy<'a>(show: &'a Show<'a>, index: PolicyIndex) -> PolicyView<'a> {
    let policy: &Policy = show.organization.policy(index);
    PolicyView {
        id: policy.id.as_str(),
        name: policy.name.as_deref(),
        policy_type: policy.kind.as_str(),
        aws_managed: policy.aws_managed,
        description: policy.description.as_deref(),
        characters: policy.content.as_ref().map(|text| text.chars().count()),
        most_characters: show.most_characters,
        attached_to: show.places(index).into_iter().map(|node| target(show.organization, node)).collect(),
        content: policy.content.as_deref(),
    }
}

fn target(organization: &Organization, id: NodeId) -> TargetView<'_> {
    let node = organization.node(id);
    TargetView {
        id: node.target.as_str(),
        kind: match node.target {
            Target::Root(_) => "root",
            Target::Ou(_) => "organizationalUnit",
            Target::Account(_) => "account",
        },
        name: node.name.as_deref(),
        path: organization.ou_path(id),
    }
}

fn level(organization: &Organization, id: NodeId) -> LevelView<'_> {
    let node = organization.node(id);
    let attached = |policies: &[PolicyIndex]| {
        let policies = policies.iter().map(|&index| organization.policy(index));
        policies.map(|policy| AttachedView { id: policy.id.as_str(), name: policy.name.as_deref() }).collect()
    };
    LevelView {
        target: target(organization, id),
        scps: attached(&node.scps),
        rcps: attached(&node.rcps),
        attachments_readable: node.unreadable.is_none(),
    }
}
