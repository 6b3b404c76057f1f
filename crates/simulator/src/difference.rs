//! What differs between two organizations as structures, whatever it does to requests.

use std::collections::BTreeSet;

use scproof_organization::{
    AccountId, AccountState, FeatureSet, Node, NodeId, Organization, OrganizationId, Policy, PolicyId, PolicyIndex,
    PolicyTypeStatus, Tag, Target,
};

/// A value in two states.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Changed<T> {
    /// The value before.
    pub before: T,
    /// The value after.
    pub after: T,
}

impl<T: PartialEq> Changed<T> {
    /// The two values, if they differ.
    fn of(before: T, after: T) -> Option<Self> {
        (before != after).then_some(Self { before, after })
    }
}

/// A unit or account that hangs elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moved {
    /// The unit or account.
    pub target: Target,
    /// The root or unit above it.
    pub parent: Changed<Target>,
    /// The path in names to the root or unit above it, such as `Root/Prod`.
    pub path: Changed<String>,
}

/// A root, unit or account that is there before and after, and is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetDifference {
    /// The root, unit or account.
    pub target: Target,
    /// The name people use.
    pub name: Option<Changed<Option<String>>>,
    /// The state of an account.
    pub state: Option<Changed<Option<AccountState>>>,
    /// The tags of an account, by key and value.
    pub tags: Option<Changed<Vec<Tag>>>,
    /// Whether everything attached here could be read (K3-13).
    pub readable: Option<Changed<bool>>,
}

/// A policy that is there before and after, and is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDifference {
    /// The policy.
    pub policy: PolicyId,
    /// The name people use.
    pub name: Option<Changed<Option<String>>>,
    /// What it is for.
    pub description: Option<Changed<Option<String>>>,
    /// The exact text; `None` is a text that could not be read.
    pub content: Option<Changed<Option<String>>>,
    /// Whether the two texts differ in more than white space and the order of members; unknown texts do.
    pub says_something_else: bool,
}

/// What differs between two organizations: plain data, each list sorted by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StructuralDifference {
    /// The two are different organizations.
    pub organization: Option<Changed<OrganizationId>>,
    /// The organization's features (EXM-1).
    pub feature_set: Option<Changed<FeatureSet>>,
    /// Whether service control policies are in force (EXM-2).
    pub scp_status: Option<Changed<PolicyTypeStatus>>,
    /// The management account (EXM-4).
    pub management_account: Option<Changed<Option<AccountId>>>,
    /// Roots, units and accounts that are there only after.
    pub targets_added: Vec<Target>,
    /// Roots, units and accounts that are there only before.
    pub targets_removed: Vec<Target>,
    /// Units and accounts that hang elsewhere. What hangs below a moved unit is not moved itself.
    pub moved: Vec<Moved>,
    /// Other differences of roots, units and accounts.
    pub targets_changed: Vec<TargetDifference>,
    /// Policies that are there only after.
    pub policies_added: Vec<PolicyId>,
    /// Policies that are there only before.
    pub policies_removed: Vec<PolicyId>,
    /// Policies with another name, description or text.
    pub policies_changed: Vec<PolicyDifference>,
    /// Attachments that are there only after, those of added targets and policies too.
    pub attachments_added: Vec<(Target, PolicyId)>,
    /// Attachments that are there only before, those of removed targets and policies too.
    pub attachments_removed: Vec<(Target, PolicyId)>,
}

impl StructuralDifference {
    /// Whether the two are the same in everything that is compared.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares two organizations by ids. Linear in both, apart from sorting.
///
/// Nothing is said about what it means for requests: that is exact, and another question. What has no meaning for
/// policies – ARNs, mail addresses, when the snapshot was taken – is not compared.
pub fn structural_difference(before: &Organization, after: &Organization) -> StructuralDifference {
    let mut difference = StructuralDifference {
        organization: Changed::of(before.id().clone(), after.id().clone()),
        feature_set: Changed::of(before.feature_set(), after.feature_set()),
        scp_status: Changed::of(before.scp_status(), after.scp_status()),
        management_account: Changed::of(before.management_account(), after.management_account()),
        ..StructuralDifference::default()
    };
    for (id, node) in before.nodes() {
        match after.find_node(&node.target) {
            None => {
                difference.targets_removed.push(node.target.clone());
                let gone = attached(before, node).map(|policy| (node.target.clone(), policy));
                difference.attachments_removed.extend(gone);
            }
            Some(other) => compare_targets(&mut difference, (before, id), (after, other)),
        }
    }
    for (_, node) in after.nodes().filter(|(_, node)| before.find_node(&node.target).is_none()) {
        difference.targets_added.push(node.target.clone());
        let new = attached(after, node).map(|policy| (node.target.clone(), policy));
        difference.attachments_added.extend(new);
    }
    for (_, policy) in before.policies() {
        match after.find_policy(&policy.id) {
            None => difference.policies_removed.push(policy.id.clone()),
            Some(other) => difference.policies_changed.extend(compare_policies(policy, after.policy(other))),
        }
    }
    let new = after.policies().filter(|(_, policy)| before.find_policy(&policy.id).is_none());
    difference.policies_added.extend(new.map(|(_, policy)| policy.id.clone()));

    difference.targets_added.sort();
    difference.targets_removed.sort();
    difference.moved.sort();
    difference.targets_changed.sort_by(|one, other| one.target.cmp(&other.target));
    difference.attachments_added.sort();
    difference.attachments_removed.sort();
    difference
}

/// Everything attached to a node.
fn attached<'o>(organization: &'o Organization, node: &'o Node) -> impl Iterator<Item = PolicyId> + 'o {
    let id = |policy: &PolicyIndex| organization.policy(*policy).id.clone();
    node.scps.iter().map(id).chain(node.rcps.iter().map(id))
}

fn compare_targets(
    difference: &mut StructuralDifference,
    (before, id): (&Organization, NodeId),
    (after, other): (&Organization, NodeId),
) {
    let (one, two) = (before.node(id), after.node(other));
    let parents = one.parent.zip(two.parent);
    if let Some((from, to)) = parents
        && let Some(parent) = Changed::of(before.node(from).target.clone(), after.node(to).target.clone())
    {
        let path = Changed { before: before.ou_path(from), after: after.ou_path(to) };
        difference.moved.push(Moved { target: one.target.clone(), parent, path });
    }
    let details = |node: &Node| node.account.clone().unwrap_or_default();
    let (mine, others) = (details(one), details(two));
    let changed = TargetDifference {
        target: one.target.clone(),
        name: Changed::of(one.name.clone(), two.name.clone()),
        state: Changed::of(mine.state, others.state),
        tags: Changed::of(mine.tags, others.tags),
        readable: Changed::of(one.unreadable.is_none(), two.unreadable.is_none()),
    };
    if changed.name.is_some() || changed.state.is_some() || changed.tags.is_some() || changed.readable.is_some() {
        difference.targets_changed.push(changed);
    }
    let (mine, others): (BTreeSet<PolicyId>, BTreeSet<PolicyId>) =
        (attached(before, one).collect(), attached(after, two).collect());
    let with_target = |policy: &PolicyId| (one.target.clone(), policy.clone());
    difference.attachments_removed.extend(mine.difference(&others).map(with_target));
    difference.attachments_added.extend(others.difference(&mine).map(with_target));
}

fn compare_policies(before: &Policy, after: &Policy) -> Option<PolicyDifference> {
    let text = |policy: &Policy| policy.content.as_deref().map(str::to_owned);
    let content = (before.content != after.content).then(|| Changed { before: text(before), after: text(after) });
    let known = before.content.is_some() && after.content.is_some();
    let changed = PolicyDifference {
        policy: before.id.clone(),
        name: Changed::of(before.name.clone(), after.name.clone()),
        description: Changed::of(before.description.clone(), after.description.clone()),
        says_something_else: content.is_some() && !(known && same_document(before, after)),
        content,
    };
    (changed.name.is_some() || changed.description.is_some() || changed.content.is_some()).then_some(changed)
}

/// Whether two documents say the same in the same order. One without meaning says nothing that could be the same.
fn same_document(one: &Policy, other: &Policy) -> bool {
    let readable =
        |policy: &Policy| policy.document.statements.iter().all(scproof_policy_parser::Statement::is_readable);
    readable(one) && readable(other) && one.document == other.document
}
