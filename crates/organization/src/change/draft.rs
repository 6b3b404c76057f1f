//! An organization between two states.

use rustc_hash::FxHashMap;

use super::{Change, Unknown};
use crate::id::{AccountId, PolicyId, Target};
use crate::organization::{FeatureSet, Node, NodeId, Organization, Policy, PolicyIndex, PolicyTypeStatus};

/// An organization that is being changed step by step.
///
/// Between steps it answers what a check of the next step needs; [`organization`](Self::organization) gives the whole
/// state. Ids of nodes and policies stay the same over all steps but mean nothing to the organization that results:
/// name things by [`Target`] and [`PolicyId`] across both.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Nodes and policies that were added stand at the end, so the order of both is not that of an organization, and
    /// `subtree_ends` and the order of `accounts` and of children are out of date.
    pub(super) organization: Organization,
    /// Those that exist now, by id.
    pub(super) policies: FxHashMap<PolicyId, PolicyIndex>,
    /// Whether nodes were added or moved.
    pub(super) tree_changed: bool,
    /// Whether policies were added or removed.
    pub(super) policies_changed: bool,
    pub(super) unit_count: usize,
}

impl Draft {
    /// A copy of an organization, to be changed.
    pub fn new(organization: &Organization) -> Self {
        let policies = organization.policies().map(|(index, policy)| (policy.id.clone(), index)).collect();
        let unit_count = organization.container_nodes.len().saturating_sub(1);
        let organization = Organization { source_sha256: None, ..organization.clone() };
        Self { organization, policies, tree_changed: false, policies_changed: false, unit_count }
    }

    /// The state after the steps so far.
    pub fn organization(&self) -> Organization {
        self.clone().finish()
    }

    /// The state after the steps so far, without a copy.
    pub fn finish(mut self) -> Organization {
        if self.policies_changed {
            self.renumber_policies();
        }
        if self.tree_changed {
            self.renumber_nodes();
        }
        self.organization
    }

    /// The root of the tree.
    pub fn root(&self) -> NodeId {
        self.organization.root()
    }

    /// The node of a root, unit or account.
    pub fn find_node(&self, target: &Target) -> Option<NodeId> {
        self.organization.find_node(target)
    }

    /// A node.
    ///
    /// # Panics
    ///
    /// If the id is another draft's and there is no such node here.
    pub fn node(&self, id: NodeId) -> &Node {
        self.organization.node(id)
    }

    /// All nodes; those that were added come last.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (NodeId, &Node)> {
        self.organization.nodes()
    }

    /// The policy with an id.
    pub fn find_policy(&self, id: &PolicyId) -> Option<PolicyIndex> {
        self.policies.get(id).copied()
    }

    /// A policy.
    ///
    /// # Panics
    ///
    /// If the index is another draft's and there is no such policy here.
    pub fn policy(&self, index: PolicyIndex) -> &Policy {
        self.organization.policy(index)
    }

    /// All policies; those that were added come last.
    pub fn policies(&self) -> impl Iterator<Item = (PolicyIndex, &Policy)> + Clone {
        self.organization.policies().filter(|(index, policy)| self.policies.get(&policy.id) == Some(index))
    }

    /// The levels that decide about a node, root first (EVAL-2).
    ///
    /// # Panics
    ///
    /// As [`node`](Self::node).
    pub fn inheritance_path(&self, id: NodeId) -> Vec<NodeId> {
        self.organization.inheritance_path(id)
    }

    /// Whether a node is another one or below it.
    ///
    /// # Panics
    ///
    /// As [`node`](Self::node).
    pub fn is_within(&self, id: NodeId, ancestor: NodeId) -> bool {
        std::iter::successors(Some(id), |&node| self.node(node).parent).any(|node| node == ancestor)
    }

    /// How many organizational units there are.
    pub fn unit_count(&self) -> usize {
        self.unit_count
    }

    /// How many accounts there are.
    pub fn account_count(&self) -> usize {
        self.organization.accounts.len()
    }

    /// The organization's features.
    pub fn feature_set(&self) -> FeatureSet {
        self.organization.feature_set
    }

    /// Whether service control policies are in force in the root (EXM-2).
    pub fn scp_status(&self) -> PolicyTypeStatus {
        self.organization.scp_status
    }

    /// The management account, which no SCP restricts (EXM-4).
    pub fn management_account(&self) -> Option<AccountId> {
        self.organization.management_account
    }

    /// A target in words, with the name people use: ``organizational unit `Prod` ``, ``account `shop` ``; its id if it
    /// has none.
    pub fn describe_target(&self, target: &Target) -> String {
        match self.find_node(target).map(|id| self.node(id)) {
            Some(node) => format!("{} `{}`", node.target.kind(), node.display_name()),
            None => format!("{} `{target}`", target.kind()),
        }
    }

    /// A policy's name, or its id.
    pub fn describe_policy(&self, id: &PolicyId) -> String {
        match self.find_policy(id) {
            Some(index) => format!("`{}`", self.policy(index).display_name()),
            None => format!("`{id}`"),
        }
    }

    /// A change in words, such as ``attach `deny-s3` to the organizational unit `Prod` ``.
    pub fn describe(&self, change: &Change) -> String {
        match change {
            Change::AttachPolicy { policy, target } => {
                format!("attach {} to the {}", self.describe_policy(policy), self.describe_target(target))
            }
            Change::DetachPolicy { policy, target } => {
                format!("detach {} from the {}", self.describe_policy(policy), self.describe_target(target))
            }
            Change::UpdatePolicy { policy, content, name, .. } => {
                let what = match (content, name) {
                    (Some(_), _) => "replace the text of",
                    (None, Some(_)) => "rename",
                    (None, None) => "describe anew",
                };
                format!("{what} {}", self.describe_policy(policy))
            }
            Change::CreatePolicy { name, .. } => format!("create the policy `{name}`"),
            Change::DeletePolicy { policy } => format!("delete {}", self.describe_policy(policy)),
            Change::MoveAccount { account, destination, .. } => format!(
                "move the {} to the {}",
                self.describe_target(&Target::Account(*account)),
                self.describe_target(destination)
            ),
            Change::MoveOrganizationalUnit { unit, destination } => format!(
                "move the {} to the {}",
                self.describe_target(&Target::Ou(unit.clone())),
                self.describe_target(destination)
            ),
            Change::CreateOrganizationalUnit { name, parent, .. } => {
                format!("create the organizational unit `{name}` in the {}", self.describe_target(parent))
            }
            Change::CreateAccount { name, .. } => format!("create the account `{name}`"),
            Change::EnablePolicyType => "enable service control policies".to_owned(),
            Change::DisablePolicyType => "disable service control policies".to_owned(),
            Change::EnableAllFeatures => "enable all features".to_owned(),
            Change::Unknown(unknown) => self.describe_unknown(unknown),
        }
    }

    fn describe_unknown(&self, unknown: &Unknown) -> String {
        let among = |targets: &[Target]| match targets {
            [one] => format!("perhaps the {}", self.describe_target(one)),
            several => format!("one of {} targets", several.len()),
        };
        match unknown {
            Unknown::Content { policy } => {
                format!("replace the text of {} by one that is unknown", self.describe_policy(policy))
            }
            Unknown::Policy { name, .. } => format!("create the policy `{name}` with a text that is unknown"),
            Unknown::Target { policy, targets } => {
                format!("attach {} to {}, which is unknown", self.describe_policy(policy), among(targets))
            }
            Unknown::Attached { targets } => format!("attach a policy that is unknown to {}", among(targets)),
            Unknown::Place { node } => {
                format!("move the {} to a place that is unknown", self.describe_target(node))
            }
        }
    }

    /// Policies by id, and every list of policies with the new numbers.
    fn renumber_policies(&mut self) {
        let old = std::mem::take(&mut self.organization.policies);
        let mut kept: Vec<(PolicyIndex, Policy)> = (0..)
            .map(PolicyIndex)
            .zip(old)
            .filter(|(index, policy)| self.policies.get(&policy.id) == Some(index))
            .collect();
        kept.sort_by(|(_, one), (_, other)| one.id.cmp(&other.id));
        let new_of_old: FxHashMap<PolicyIndex, PolicyIndex> =
            kept.iter().map(|&(old, _)| old).zip((0..).map(PolicyIndex)).collect();
        for node in &mut self.organization.nodes {
            for list in [&mut node.scps, &mut node.rcps] {
                // A removed policy is attached nowhere, so each one is found.
                *list = list.iter().filter_map(|policy| new_of_old.get(policy).copied()).collect();
                list.sort_unstable();
            }
        }
        self.organization.policies = kept.into_iter().map(|(_, policy)| policy).collect();
    }

    /// Nodes in depth-first order, children by target, and every list of nodes with the new numbers.
    #[expect(clippy::cast_possible_truncation, reason = "a draft with 2^32 nodes would need more than 128 GB")]
    fn renumber_nodes(&mut self) {
        let organization = &mut self.organization;
        let count = organization.nodes.len();
        let targets: Vec<Target> = organization.nodes.iter().map(|node| node.target.clone()).collect();
        for node in &mut organization.nodes {
            node.children.sort_by(|one, other| targets.get(one.index()).cmp(&targets.get(other.index())));
        }
        // Old numbers in the new order, and for each new number the end of its subtree.
        let mut order: Vec<NodeId> = Vec::with_capacity(count);
        let mut ends = vec![0; count];
        let mut stack: Vec<(NodeId, Option<usize>)> = vec![(organization.root(), None)];
        while let Some((id, leaving)) = stack.pop() {
            if let Some(number) = leaving {
                if let Some(end) = ends.get_mut(number) {
                    *end = order.len() as u32;
                }
                continue;
            }
            stack.push((id, Some(order.len())));
            order.push(id);
            stack.extend(organization.node(id).children.iter().rev().map(|&child| (child, None)));
        }
        let mut new_of_old = vec![NodeId(0); count];
        for (&old, new) in order.iter().zip((0..).map(NodeId)) {
            if let Some(slot) = new_of_old.get_mut(old.index()) {
                *slot = new;
            }
        }
        let renumber = |id: &mut NodeId| *id = new_of_old.get(id.index()).copied().unwrap_or(*id);
        let mut nodes: Vec<(NodeId, Node)> = Vec::with_capacity(count);
        for (new, mut node) in new_of_old.iter().copied().zip(std::mem::take(&mut organization.nodes)) {
            node.parent.iter_mut().for_each(renumber);
            node.children.iter_mut().for_each(renumber);
            nodes.push((new, node));
        }
        nodes.sort_unstable_by_key(|&(new, _)| new);
        organization.nodes = nodes.into_iter().map(|(_, node)| node).collect();
        organization.subtree_ends = ends;
        organization.accounts.iter_mut().for_each(renumber);
        let nodes = &organization.nodes;
        organization.accounts.sort_by_key(|id| nodes.get(id.index()).and_then(|node| node.target.account()));
        organization.account_nodes.values_mut().for_each(renumber);
        organization.container_nodes.values_mut().for_each(renumber);
        organization.names = std::sync::OnceLock::new();
    }
}
