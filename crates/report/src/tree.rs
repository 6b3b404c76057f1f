//! The organization as a report.

use scproof_organization::{NodeId, Organization};
use scproof_text::Message;

/// The organization, or a part of it.
#[derive(Debug, Clone)]
pub struct Tree<'a> {
    /// The organization.
    pub organization: &'a Organization,
    /// The parts to show: each with the way down to it and everything below it. Empty: the whole organization.
    pub targets: Vec<NodeId>,
    /// Whether text lists every attached policy with its id, and then all policies that it has shown.
    pub policies: bool,
    /// What is odd about the organization.
    pub findings: Vec<Message>,
}

impl Tree<'_> {
    /// The nodes to show, parents before children, and how deep each is.
    pub(crate) fn nodes(&self) -> Vec<(NodeId, usize)> {
        let organization = self.organization;
        let mut shown = vec![self.targets.is_empty(); organization.node_count()];
        let mut show = |id: NodeId| {
            if let Some(flag) = shown.get_mut(id.index()) {
                *flag = true;
            }
        };
        for &target in &self.targets {
            organization.inheritance_path(target).into_iter().for_each(&mut show);
            organization.subtree(target).for_each(&mut show);
        }
        let mut depths = vec![0_usize; organization.node_count()];
        let mut nodes = Vec::new();
        for (id, node) in organization.nodes() {
            let depth = node.parent.and_then(|parent| depths.get(parent.index())).map_or(0, |depth| depth + 1);
            if let Some(slot) = depths.get_mut(id.index()) {
                *slot = depth;
            }
            if shown.get(id.index()) == Some(&true) {
                nodes.push((id, depth));
            }
        }
        nodes
    }
}
