//! What is worth knowing about a change although AWS would make it.

use scproof_organization::{Change, Draft, NodeId, PolicyIndex, Target};
use scproof_policy_parser::{PolicyKind, QuotaName, Quotas, Severity};
use scproof_text::Message;

use crate::precondition::{attached, kind_name, number};
use crate::{codes, content};

/// How many nodes a message names.
const NAMED: usize = 3;

/// Whether a count comes near its limit: nine tenths of it.
pub(crate) fn is_near(count: u64, limit: u64) -> bool {
    count <= limit && count.saturating_mul(10) >= limit.saturating_mul(9)
}

/// What only a look at both states tells.
#[derive(Debug)]
pub(crate) struct Found {
    /// The nodes that the change left without any Allow statement.
    pub(crate) without_allow: Vec<NodeId>,
    /// How many SCPs were attached before, counted if the change detaches all.
    pub(crate) attachments: usize,
}

/// What there is to say about a change, by the state after it.
pub(crate) fn notices(after: &Draft, change: &Change, found: &Found, quotas: &Quotas) -> Vec<Message> {
    let mut remarks = Remarks { after, quotas, found: Vec::new() };
    remarks.no_allow(&found.without_allow);
    match change {
        Change::AttachPolicy { policy, target } => {
            let kind = after.find_policy(policy).map_or(PolicyKind::ServiceControl, |index| after.policy(index).kind);
            remarks.head_room(target, kind);
            remarks.reach(target, kind);
        }
        Change::DetachPolicy { policy, target } => {
            let kind = after.find_policy(policy).map_or(PolicyKind::ServiceControl, |index| after.policy(index).kind);
            remarks.reach(target, kind);
        }
        Change::UpdatePolicy { policy, content: Some(content), .. } => {
            if let Some(index) = after.find_policy(policy) {
                content::notices(policy.as_str(), content, after.policy(index).kind, quotas, &mut remarks.found);
                remarks.update_reaches(index);
            }
        }
        Change::CreatePolicy { id, kind, content, .. } => {
            content::notices(id.as_str(), content, *kind, quotas, &mut remarks.found);
            remarks.policy_count(*kind);
        }
        Change::MoveAccount { account, .. } => {
            if after.management_account() == Some(*account) {
                let message = "the management account is restricted by no SCP, wherever it is";
                remarks.found.push(codes::MANAGEMENT_ACCOUNT.about(account.as_str(), message));
            }
        }
        Change::MoveOrganizationalUnit { unit, .. } => {
            let message = "AWS cannot move a unit: this is the result of creating it anew, attaching its policies and moving its accounts";
            remarks.found.push(codes::HYPOTHETICAL_MOVE.about(unit.as_str(), message));
        }
        Change::CreateOrganizationalUnit { .. } => remarks.unit_count(),
        Change::DisablePolicyType if found.attachments > 0 => {
            let count = found.attachments;
            let message = format!(
                "{count} attachments of SCPs are lost: enabling the type again brings back none but `FullAWSAccess`"
            );
            let root = after.node(after.root()).target.as_str();
            remarks.found.push(codes::ATTACHMENTS_LOST.about(root, message));
        }
        Change::Unknown(_) => {
            let message = "not known before the change is made: whether AWS would make it, and what it does";
            remarks.found.push(codes::UNKNOWN_BEFORE.message(message));
        }
        Change::UpdatePolicy { content: None, .. }
        | Change::DeletePolicy { .. }
        | Change::CreateAccount { .. }
        | Change::EnablePolicyType
        | Change::DisablePolicyType
        | Change::EnableAllFeatures => {}
    }
    remarks.found.sort_by(|one, other| {
        other.severity.cmp(&one.severity).then_with(|| (one.code, &one.item).cmp(&(other.code, &other.item)))
    });
    remarks.found
}

struct Remarks<'a> {
    after: &'a Draft,
    quotas: &'a Quotas,
    found: Vec<Message>,
}

impl Remarks<'_> {
    /// Nodes that the change leaves without any Allow statement: everything is blocked at and below them (EVAL-14).
    fn no_allow(&mut self, lost: &[NodeId]) {
        // The state may have changed for many at once: one remark for all of them.
        let Some(&first) = lost.first() else { return };
        let names: Vec<String> =
            lost.iter().take(NAMED).map(|&id| format!("`{}`", self.after.node(id).display_name())).collect();
        let more = lost.len().saturating_sub(NAMED);
        let names = if more > 0 { format!("{} and {more} more", names.join(", ")) } else { names.join(", ") };
        let (verb, accounts) = (if lost.len() == 1 { "has" } else { "have" }, self.accounts_below(lost));
        let message = format!("{names} {verb} no Allow statement any more: everything is blocked for {accounts}");
        let item = self.after.node(first).target.to_string();
        self.found.push(
            codes::NO_ALLOW
                .about(item, message)
                .help("keep `FullAWSAccess` attached, or attach a policy that allows what shall pass"),
        );
    }

    /// How many accounts other than the management account are at or below any of some nodes, in words.
    fn accounts_below(&self, nodes: &[NodeId]) -> String {
        let mut below = vec![false; self.after.nodes().len()];
        let mut count = 0_usize;
        let mut open = nodes.to_vec();
        while let Some(id) = open.pop() {
            let Some(flag) = below.get_mut(id.index()) else { continue };
            if std::mem::replace(flag, true) {
                continue;
            }
            let node = self.after.node(id);
            if node.account.is_some() && node.target.account() != self.after.management_account() {
                count += 1;
            }
            open.extend(&node.children);
        }
        if count == 1 { "1 account".to_owned() } else { format!("{count} accounts") }
    }

    /// How many policies a target still takes (LIM-4), and whether that can be known (K3-13).
    fn head_room(&mut self, target: &Target, kind: PolicyKind) {
        let Some(node) = self.after.find_node(target).map(|id| self.after.node(id)) else { return };
        if node.unreadable.is_some() {
            let message = format!(
                "what is attached to `{}` could not be read: whether AWS would take this is not certain",
                node.display_name()
            );
            self.found.push(codes::ATTACHMENTS_UNKNOWN.about(target.as_str(), message));
        }
        let (name, rule) = match kind {
            PolicyKind::ServiceControl => (QuotaName::ScpsPerTarget, "LIM-4"),
            PolicyKind::ResourceControl => (QuotaName::RcpsPerTarget, "LIM-7"),
        };
        let count = number(attached(self.after, node, kind).len());
        if let Some(limit) = self.quotas.value(name).filter(|&limit| is_near(count, limit)) {
            let message = format!(
                "`{}` has {count} of at most {limit} {}s: room for {} more",
                node.display_name(),
                kind_name(kind),
                limit - count
            );
            self.found.push(codes::QUOTA_NEAR.about(target.as_str(), message).rule(rule));
        }
    }

    /// Whom a change at a target concerns: never the management account (PRE-4), perhaps nobody.
    fn reach(&mut self, target: &Target, kind: PolicyKind) {
        let Some(id) = self.after.find_node(target) else { return };
        if kind == PolicyKind::ResourceControl {
            let message = "resource control policies are kept, but what they block is not looked at";
            self.found.push(codes::RCP_NOT_EVALUATED.about(target.as_str(), message));
            return;
        }
        let management = self.after.management_account();
        if let Some(management) = management.filter(|&management| target.account() == Some(management)) {
            let message = "no SCP restricts the management account: this has no effect";
            let notice = codes::MANAGEMENT_ACCOUNT.about(management.as_str(), message);
            self.found.push(notice.severity(Severity::Warning));
            return;
        }
        let node = management.and_then(|management| self.after.find_node(&Target::Account(management)));
        if let Some(management) = node.filter(|&node| self.after.is_within(node, id)) {
            let message = format!(
                "the management account `{}` is below `{}`, but no SCP restricts it",
                self.after.node(management).display_name(),
                self.after.node(id).display_name()
            );
            let item = self.after.node(management).target.to_string();
            self.found.push(codes::MANAGEMENT_ACCOUNT.about(item, message));
        }
        if self.accounts_below(&[id]) == "0 accounts" {
            let message = format!(
                "no member account is in or below `{}`: nobody is concerned",
                self.after.node(id).display_name()
            );
            self.found.push(codes::NOBODY_CONCERNED.about(target.as_str(), message));
        }
    }

    /// Whom a new text concerns.
    fn update_reaches(&mut self, policy: PolicyIndex) {
        let kind = self.after.policy(policy).kind;
        let nodes: Vec<NodeId> = self
            .after
            .nodes()
            .filter(|(_, node)| attached(self.after, node, kind).contains(&policy))
            .map(|(id, _)| id)
            .collect();
        if nodes.is_empty() {
            let policy = self.after.policy(policy);
            let message = format!("`{}` is attached nowhere: nobody is concerned", policy.display_name());
            let item = policy.id.to_string();
            self.found.push(codes::NOBODY_CONCERNED.about(item, message));
        } else if let [only] = nodes.as_slice() {
            let target = self.after.node(*only).target.clone();
            self.reach(&target, kind);
        }
    }

    fn policy_count(&mut self, kind: PolicyKind) {
        let name = match kind {
            PolicyKind::ServiceControl => QuotaName::Scps,
            PolicyKind::ResourceControl => QuotaName::Rcps,
        };
        let count = self.after.policies().filter(|(_, policy)| policy.kind == kind && !policy.aws_managed).count();
        self.organization_count(number(count), name, &format!("{}s", kind_name(kind)));
    }

    fn unit_count(&mut self) {
        self.organization_count(
            number(self.after.unit_count()),
            QuotaName::OrganizationalUnits,
            "organizational units",
        );
    }

    fn organization_count(&mut self, count: u64, name: QuotaName, what: &str) {
        if let Some(limit) = self.quotas.value(name).filter(|&limit| is_near(count, limit)) {
            let message =
                format!("the organization has {count} of at most {limit} {what}: room for {} more", limit - count);
            let item = self.after.node(self.after.root()).target.to_string();
            self.found.push(codes::QUOTA_NEAR.about(item, message).rule("LIM-6"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_nine_tenths() {
        for (count, limit, near) in
            [(8, 10, false), (9, 10, true), (10, 10, true), (11, 10, false), (4, 5, false), (5, 5, true), (0, 0, true)]
        {
            assert_eq!(is_near(count, limit), near, "{count} of {limit}");
        }
    }
}
