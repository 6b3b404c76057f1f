//! One policy as it is stored, or what is attached on the way to a target.

use scproof_organization::{NodeId, Organization, PolicyIndex};

/// What `scproof show` shows.
#[derive(Debug, Clone)]
pub struct Show<'a> {
    /// The organization.
    pub organization: &'a Organization,
    /// What of it.
    pub what: Shown,
    /// How long a policy of its kind may be, in characters; none if that is not known (LIM-2).
    pub most_characters: Option<u64>,
}

/// A policy, or a place in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// A policy.
    Policy(PolicyIndex),
    /// The root, a unit or an account.
    Target(NodeId),
}

impl Show<'_> {
    /// Where a policy is attached directly, in tree order.
    pub(crate) fn places(&self, policy: PolicyIndex) -> Vec<NodeId> {
        let nodes = self.organization.nodes();
        let has = nodes.filter(|(_, node)| node.scps.contains(&policy) || node.rcps.contains(&policy));
        has.map(|(id, _)| id).collect()
    }
}
