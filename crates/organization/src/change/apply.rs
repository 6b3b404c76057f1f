//! What each change does to a draft.

use std::sync::Arc;

use scproof_policy_parser::{PolicyDocument, PolicyKind};

use super::{Change, Draft, Unknown};
use crate::build::ParsedText;
use crate::id::{AccountId, OuId, PolicyId, Target};
use crate::organization::{
    AccountDetails, AccountState, FeatureSet, Node, NodeId, Policy, PolicyIndex, PolicyTypeStatus, Unreadable,
};

/// The policy that AWS attaches to everything new (DOC-33).
const FULL_ACCESS: &str = "p-FullAWSAccess";
const FULL_ACCESS_NAME: &str = "FullAWSAccess";
const FULL_ACCESS_TEXT: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
/// Its counterpart among the resource control policies (RCP-3).
const RCP_FULL_ACCESS: &str = "p-RCPFullAWSAccess";

impl Draft {
    /// Makes a change. One without a meaning in this state, such as detaching what is not attached, has no effect.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::AttachPolicy { policy, target } => self.attach(policy, target),
            Change::DetachPolicy { policy, target } => self.detach(policy, target),
            Change::UpdatePolicy { policy, content, name, description } => {
                self.update(policy, content.as_ref(), name.as_deref(), description.as_deref());
            }
            Change::CreatePolicy { id, name, description, kind, content } => {
                if !self.policies.contains_key(id) {
                    let policy = self.new_policy(id, name, description.as_deref(), *kind, content);
                    self.add_policy(policy);
                }
            }
            Change::DeletePolicy { policy } => self.delete(policy),
            Change::MoveAccount { account, destination, .. } => {
                self.reparent(&Target::Account(*account), destination);
            }
            Change::MoveOrganizationalUnit { unit, destination } => {
                self.reparent(&Target::Ou(unit.clone()), destination);
            }
            Change::CreateOrganizationalUnit { id, name, parent } => self.create_unit(id, name, parent),
            Change::CreateAccount { id, name, email } => self.create_account(*id, name, email.as_deref()),
            Change::EnablePolicyType => self.enable_policy_type(),
            Change::DisablePolicyType => self.disable_policy_type(),
            Change::EnableAllFeatures => {
                if self.feature_set() == FeatureSet::ConsolidatedBilling {
                    self.organization.feature_set = FeatureSet::All;
                    self.drop_scps(PolicyTypeStatus::Disabled);
                }
            }
            Change::Unknown(unknown) => self.leave_open(unknown),
        }
    }

    /// Makes a change of which something is unknown: what it may concern is unknown then, and nothing else (K3-14).
    fn leave_open(&mut self, unknown: &Unknown) {
        match unknown {
            Unknown::Content { policy } => {
                let Some(index) = self.find_policy(policy) else { return };
                if let Some(policy) = self.organization.policies.get_mut(index.index()) {
                    policy.content = None;
                    policy.document = Arc::new(PolicyDocument::without_meaning(policy.kind));
                    policy.diagnostics = Arc::from([]);
                }
            }
            Unknown::Policy { id, name, kind } => {
                if !self.policies.contains_key(id) {
                    let document = PolicyDocument::without_meaning(*kind);
                    self.add_policy(without_text(id.clone(), name.clone(), document));
                }
            }
            Unknown::Target { policy, targets } => {
                let Some(twin) = self.perhaps(policy) else { return };
                for target in targets {
                    self.attach(&twin, target);
                }
            }
            Unknown::Attached { targets } => {
                for target in targets {
                    let Some(node) = self.find_node(target).and_then(|id| self.node_mut(id)) else { continue };
                    node.unreadable.get_or_insert_with(|| unknown_before("AttachPolicy"));
                }
            }
            Unknown::Place { node } => {
                // Below the root for certain; which levels are between is open.
                let root = self.node(self.root()).target.clone();
                self.reparent(node, &root);
                let Some(node) = self.find_node(node).and_then(|id| self.node_mut(id)) else { return };
                node.place_unknown = true;
                node.unreadable.get_or_insert_with(|| unknown_before("ListParents"));
            }
        }
    }

    /// A policy of which each statement may be there or not: it stands where the other one may be attached, and leaves
    /// open what a statement would decide, and nothing else.
    fn perhaps(&mut self, id: &PolicyId) -> Option<PolicyId> {
        let policy = self.find_policy(id).map(|index| self.policy(index))?;
        let twin = PolicyId::from_checked(&format!("p-perhaps_{}", id.as_str().trim_start_matches("p-")));
        if self.policies.contains_key(&twin) {
            return Some(twin);
        }
        let mut document = (*policy.document).clone();
        document.statements.iter_mut().for_each(|statement| statement.without_meaning = true);
        let name = format!("{} (perhaps)", policy.display_name());
        let policy = without_text(twin.clone(), name, document);
        self.add_policy(policy);
        Some(twin)
    }

    fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.organization.nodes.get_mut(id.index())
    }

    /// Whether attaching and detaching a policy of a kind means something: no SCP is attached while the type is not in
    /// force, and what a snapshot lists then is ignored (EXM-1, EXM-2).
    fn takes_attachments(&self, kind: PolicyKind) -> bool {
        kind == PolicyKind::ResourceControl
            || self.feature_set() == FeatureSet::All && self.scp_status() != PolicyTypeStatus::Disabled
    }

    fn attach(&mut self, policy: &PolicyId, target: &Target) {
        let Some((index, id)) = self.find_policy(policy).zip(self.find_node(target)) else { return };
        let kind = self.policy(index).kind;
        if !self.takes_attachments(kind) {
            return;
        }
        if let Some(node) = self.node_mut(id) {
            insert(attached_mut(node, kind), index);
        }
    }

    fn detach(&mut self, policy: &PolicyId, target: &Target) {
        let Some((index, id)) = self.find_policy(policy).zip(self.find_node(target)) else { return };
        let kind = self.policy(index).kind;
        if !self.takes_attachments(kind) {
            return;
        }
        if let Some(node) = self.node_mut(id) {
            attached_mut(node, kind).retain(|&attached| attached != index);
        }
    }

    fn update(&mut self, policy: &PolicyId, content: Option<&Arc<str>>, name: Option<&str>, description: Option<&str>) {
        let Some(index) = self.find_policy(policy) else { return };
        let kind = self.policy(index).kind;
        let read = content.map(|content| self.read(content, kind));
        let Some(policy) = self.organization.policies.get_mut(index.index()) else { return };
        if let Some(name) = name {
            policy.name = Some(name.to_owned());
        }
        if let Some(description) = description {
            policy.description = Some(description.to_owned());
        }
        if let Some(read) = read {
            policy.content = read.text;
            policy.document = read.document;
            policy.diagnostics = read.diagnostics;
        }
    }

    /// A text with its meaning, shared with a policy that has the same one. Linear in the number of policies.
    fn read(&self, content: &Arc<str>, kind: PolicyKind) -> ParsedText {
        let mut policies = self.organization.policies.iter();
        let same = policies.find(|policy| policy.kind == kind && policy.content.as_ref() == Some(content));
        match same {
            Some(policy) => ParsedText {
                text: policy.content.clone(),
                document: Arc::clone(&policy.document),
                diagnostics: Arc::clone(&policy.diagnostics),
            },
            None => ParsedText::of(Arc::clone(content), kind, self.organization.made_up.as_deref()),
        }
    }

    fn new_policy(
        &self,
        id: &PolicyId,
        name: &str,
        description: Option<&str>,
        kind: PolicyKind,
        content: &Arc<str>,
    ) -> Policy {
        let path = format!("policy/{}/{}", self.organization.id, kind.as_str().to_ascii_lowercase());
        let parsed = self.read(content, kind);
        Policy {
            id: id.clone(),
            name: Some(name.to_owned()),
            arn: self.arn(&path, id.as_str()),
            description: description.map(str::to_owned),
            aws_managed: false,
            kind,
            content: parsed.text,
            document: parsed.document,
            diagnostics: parsed.diagnostics,
        }
    }

    /// The ARN of something new, if the partition and the management account are known (ID-8, ID-10).
    fn arn(&self, path: &str, id: &str) -> Option<String> {
        let (partition, management) = self.organization.partition.as_deref().zip(self.management_account())?;
        Some(format!("arn:{partition}:organizations::{management}:{path}/{id}"))
    }

    #[expect(clippy::cast_possible_truncation, reason = "2^32 policies would need more than 128 GB")]
    fn add_policy(&mut self, policy: Policy) -> PolicyIndex {
        let index = PolicyIndex(self.organization.policies.len() as u32);
        self.policies.insert(policy.id.clone(), index);
        self.organization.policies.push(policy);
        self.policies_changed = true;
        index
    }

    fn delete(&mut self, policy: &PolicyId) {
        let Some(index) = self.policies.remove(policy) else { return };
        let kind = self.policy(index).kind;
        for node in &mut self.organization.nodes {
            attached_mut(node, kind).retain(|&attached| attached != index);
        }
        self.policies_changed = true;
    }

    /// Hangs a node under another root or unit, unless that is itself or below it.
    fn reparent(&mut self, target: &Target, destination: &Target) {
        let Some((id, to)) = self.find_node(target).zip(self.find_node(destination)) else { return };
        let from = self.node(id).parent;
        let known = !self.node(id).place_unknown;
        if self.node(to).account.is_some() || (from == Some(to) && known) || self.is_within(to, id) {
            return;
        }
        if let Some(parent) = from.and_then(|parent| self.node_mut(parent)) {
            parent.children.retain(|&child| child != id);
        }
        if let Some(parent) = self.node_mut(to) {
            parent.children.push(id);
        }
        if let Some(node) = self.node_mut(id) {
            node.parent = Some(to);
            // Wherever it was, now its place is known; only its own attachments may still be unreadable.
            node.place_unknown = false;
            if node.unreadable.as_ref().is_some_and(|unreadable| unreadable.operation == "ListParents") {
                node.unreadable = None;
            }
        }
        self.tree_changed = true;
    }

    fn create_unit(&mut self, id: &OuId, name: &str, parent: &Target) {
        let target = Target::Ou(id.clone());
        let Some(parent) = self.find_node(parent) else { return };
        if self.find_node(&target).is_some() || self.node(parent).account.is_some() {
            return;
        }
        let arn = self.arn(&format!("ou/{}", self.organization.id), id.as_str());
        let node = self.add_node(target.clone(), name, arn, parent, None);
        self.organization.container_nodes.insert(target, node);
        self.unit_count += 1;
    }

    fn create_account(&mut self, id: AccountId, name: &str, email: Option<&str>) {
        if self.organization.account(&id).is_some() {
            return;
        }
        let arn = self.arn(&format!("account/{}", self.organization.id), id.as_str());
        let details =
            AccountDetails { state: Some(AccountState::Active), email: email.map(str::to_owned), tags: Vec::new() };
        let node = self.add_node(Target::Account(id), name, arn, self.root(), Some(details));
        self.organization.accounts.push(node);
        self.organization.account_nodes.insert(id, node);
    }

    /// Adds a node with what AWS attaches to a new one (DOC-33, RCP-3).
    #[expect(clippy::cast_possible_truncation, reason = "2^32 nodes would need more than 128 GB")]
    fn add_node(
        &mut self,
        target: Target,
        name: &str,
        arn: Option<String>,
        parent: NodeId,
        account: Option<AccountDetails>,
    ) -> NodeId {
        let id = NodeId(self.organization.nodes.len() as u32);
        let scps =
            if self.takes_attachments(PolicyKind::ServiceControl) { vec![self.full_access()] } else { Vec::new() };
        // The snapshot tells nothing about the other type but by its attachments.
        let rcps = self
            .find_policy(&PolicyId::from_checked(RCP_FULL_ACCESS))
            .filter(|policy| self.node(self.root()).rcps.contains(policy));
        self.organization.nodes.push(Node {
            target,
            name: Some(name.to_owned()),
            arn,
            parent: Some(parent),
            children: Vec::new(),
            scps,
            rcps: rcps.into_iter().collect(),
            unreadable: None,
            place_unknown: false,
            account,
        });
        self.organization.subtree_ends.push(id.0 + 1);
        if let Some(parent) = self.node_mut(parent) {
            parent.children.push(id);
        }
        self.organization.add_name(id, name);
        self.tree_changed = true;
        id
    }

    /// AWS's own `FullAWSAccess`; a snapshot may lack it.
    fn full_access(&mut self) -> PolicyIndex {
        let id = PolicyId::from_checked(FULL_ACCESS);
        if let Some(index) = self.find_policy(&id) {
            return index;
        }
        let kind = PolicyKind::ServiceControl;
        let arn =
            self.organization.partition.as_deref().map(|partition| {
                format!("arn:{partition}:organizations::aws:policy/service_control_policy/{FULL_ACCESS}")
            });
        let policy = Policy {
            aws_managed: true,
            arn,
            ..self.new_policy(&id, FULL_ACCESS_NAME, None, kind, &Arc::from(FULL_ACCESS_TEXT))
        };
        self.add_policy(policy)
    }

    fn enable_policy_type(&mut self) {
        if self.feature_set() == FeatureSet::ConsolidatedBilling || self.scp_status() == PolicyTypeStatus::Enabled {
            return;
        }
        self.drop_scps(PolicyTypeStatus::Enabled);
        let full_access = self.full_access();
        for node in &mut self.organization.nodes {
            node.scps.push(full_access);
        }
    }

    fn disable_policy_type(&mut self) {
        if self.takes_attachments(PolicyKind::ServiceControl) {
            self.drop_scps(PolicyTypeStatus::Disabled);
        }
    }

    /// Detaches every SCP. What could not be read is known then, too: nothing is left.
    fn drop_scps(&mut self, status: PolicyTypeStatus) {
        self.organization.scp_status = status;
        for node in &mut self.organization.nodes {
            node.scps.clear();
            node.unreadable = None;
        }
    }
}

/// A policy whose text is not known, with what is known of it.
fn without_text(id: PolicyId, name: String, document: PolicyDocument) -> Policy {
    Policy {
        id,
        name: Some(name),
        arn: None,
        description: None,
        aws_managed: false,
        kind: document.kind,
        content: None,
        document: Arc::new(document),
        diagnostics: Arc::from([]),
    }
}

/// What is unknown until a change is made, as if the call that would tell it had failed.
fn unknown_before(operation: &str) -> Unreadable {
    Unreadable { operation: operation.to_owned(), error: Some("unknown before the change is made".to_owned()) }
}

fn attached_mut(node: &mut Node, kind: PolicyKind) -> &mut Vec<PolicyIndex> {
    match kind {
        PolicyKind::ServiceControl => &mut node.scps,
        PolicyKind::ResourceControl => &mut node.rcps,
    }
}

/// Into a sorted list without doubles.
fn insert(list: &mut Vec<PolicyIndex>, index: PolicyIndex) {
    if let Err(place) = list.binary_search(&index) {
        list.insert(place, index);
    }
}
