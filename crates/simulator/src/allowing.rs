//! Which nodes have an Allow statement at all (EVAL-14): statically, whatever the statements match.

use scproof_organization::{Change, Draft, Node, NodeId};
use scproof_policy_parser::Effect;

use crate::precondition::is_off;

/// Which nodes have an Allow statement at all, in one state.
#[derive(Debug)]
pub(crate) struct Allowing {
    /// By policy number.
    policies: Vec<bool>,
    /// By node number.
    nodes: Vec<bool>,
}

impl Allowing {
    /// Linear in nodes and attachments.
    pub(crate) fn of(draft: &Draft) -> Self {
        let mut policies = Vec::new();
        for (index, policy) in draft.policies() {
            policies.resize(policies.len().max(index.index() + 1), false);
            if let Some(flag) = policies.get_mut(index.index()) {
                // One whose effect could not be read may allow.
                *flag = policy.document.statements.iter().any(|statement| statement.effect != Some(Effect::Deny));
            }
        }
        let off = is_off(draft);
        let nodes = draft.nodes().map(|(_, node)| off || may_allow(node, &policies)).collect();
        Self { policies, nodes }
    }

    /// Brings this up to date after a change, and gives the nodes that it left without any Allow. O(1) for attachments
    /// and moves, else linear.
    pub(crate) fn update(&mut self, after: &Draft, change: &Change) -> Vec<NodeId> {
        match change {
            Change::AttachPolicy { target, .. } | Change::DetachPolicy { target, .. } => {
                let Some(id) = after.find_node(target) else { return Vec::new() };
                let now = is_off(after) || may_allow(after.node(id), &self.policies);
                let was = self.nodes.get_mut(id.index()).map(|flag| std::mem::replace(flag, now));
                if was == Some(true) && !now { vec![id] } else { Vec::new() }
            }
            Change::MoveAccount { .. } | Change::MoveOrganizationalUnit { .. } => Vec::new(),
            Change::UpdatePolicy { .. }
            | Change::Unknown(_)
            | Change::CreatePolicy { .. }
            | Change::DeletePolicy { .. }
            | Change::CreateOrganizationalUnit { .. }
            | Change::CreateAccount { .. }
            | Change::EnablePolicyType
            | Change::DisablePolicyType
            | Change::EnableAllFeatures => {
                let was = std::mem::replace(self, Self::of(after));
                let lost = |id: NodeId| {
                    self.nodes.get(id.index()) == Some(&false) && was.nodes.get(id.index()).copied().unwrap_or(true)
                };
                after.nodes().map(|(id, _)| id).filter(|&id| lost(id)).collect()
            }
        }
    }
}

fn may_allow(node: &Node, policies: &[bool]) -> bool {
    node.unreadable.is_some() || node.scps.iter().any(|policy| policies.get(policy.index()) == Some(&true))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use scproof_organization::{AccountId, Organization, PolicyId, Target};

    use super::*;

    const ORGANIZATION: &str = r#"{"Format": "scproof-inventory/1",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL"}, "Roots": [{"Id": "r-ab12"}],
        "OrganizationalUnits": [{"Id": "ou-ab12-prod0001", "ParentId": "r-ab12"}],
        "Accounts": [{"Id": "222222222222", "ParentId": "ou-ab12-prod0001"}],
        "Policies": [
            {"Id": "p-allow00001", "Type": "SERVICE_CONTROL_POLICY", "Content": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}},
            {"Id": "p-deny000001", "Type": "SERVICE_CONTROL_POLICY", "Content": {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}}],
        "Attachments": [{"TargetId": "r-ab12", "PolicyId": "p-allow00001"}, {"TargetId": "222222222222", "PolicyId": "p-allow00001"}]}"#;

    fn any_change() -> impl Strategy<Value = Change> {
        let policies = prop::sample::select(vec!["p-allow00001", "p-deny000001", "p-new0000001"]);
        let policies = policies.prop_map(|id| PolicyId::parse(id).unwrap());
        let targets = prop::sample::select(vec!["r-ab12", "ou-ab12-prod0001", "222222222222", "000000000001"]);
        let targets = targets.prop_map(|id| Target::parse(id).unwrap());
        let account = AccountId::parse("222222222222").unwrap();
        let young = AccountId::parse("000000000001").unwrap();
        let text = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
        (policies, targets, 0..9).prop_map(move |(policy, target, which)| match which {
            0 | 1 => Change::AttachPolicy { policy, target },
            2 | 3 => Change::DetachPolicy { policy, target },
            4 => Change::UpdatePolicy { policy, content: Some(text.into()), name: None, description: None },
            5 => Change::DeletePolicy { policy },
            6 => Change::MoveAccount { account, source: None, destination: target },
            7 => Change::CreateAccount { id: young, name: "young".to_owned(), email: None },
            _ => Change::DisablePolicyType,
        })
    }

    proptest! {
        #[test]
        fn what_is_brought_up_to_date_is_what_is_found_anew(list in prop::collection::vec(any_change(), 0..12)) {
            let mut draft = Draft::new(&Organization::from_json(ORGANIZATION).unwrap());
            let mut allowing = Allowing::of(&draft);
            for change in list {
                let before = allowing.nodes.clone();
                draft.apply(&change);
                let lost = allowing.update(&draft, &change);
                let anew = Allowing::of(&draft);
                prop_assert_eq!(&allowing.nodes, &anew.nodes, "{}", change);
                for (id, _) in draft.nodes() {
                    let is_lost = before.get(id.index()).copied().unwrap_or(true) && !anew.nodes[id.index()];
                    prop_assert_eq!(lost.contains(&id), is_lost, "{}", change);
                }
            }
        }
    }
}
