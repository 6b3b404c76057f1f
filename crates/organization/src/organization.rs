//! The checked tree with its policies.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use scproof_policy_parser::{PolicyDocument, PolicyKind};
use scproof_text::Message;

use crate::id::{AccountId, OrganizationId, PolicyId, Target};
use crate::inventory::{Tag, Timestamp, UnreadableRecord};
use crate::made_up::MadeUp;
use crate::select::NameIndex;

/// A node of one organization's tree.
///
/// Nodes are numbered from 0 without gaps, root first, in depth-first order: a parent comes before its children and
/// [`Organization::subtree`] is a contiguous range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The number, for tables with one entry a node.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A policy of one organization. Policies are numbered from 0 without gaps, in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyIndex(pub(crate) u32);

impl PolicyIndex {
    /// The number, for tables with one entry a policy.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A root, organizational unit or account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is, and its id.
    pub target: Target,
    /// The name people use.
    pub name: Option<String>,
    /// The node's ARN.
    pub arn: Option<String>,
    /// The node above; none for the root.
    pub parent: Option<NodeId>,
    /// The nodes directly below: units by id, then accounts by id.
    pub children: Vec<NodeId>,
    /// The service control policies attached directly here, sorted and without doubles (EVAL-2).
    pub scps: Vec<PolicyIndex>,
    /// The resource control policies attached directly here, sorted and without doubles.
    pub rcps: Vec<PolicyIndex>,
    /// Set if the attachments here could not be read (completely): further policies may be attached (K3-13). What is in
    /// `scps` and `rcps` is attached all the same.
    pub unreadable: Option<Unreadable>,
    /// Set if where the node is could not be read: `parent` is above it, but there may be units in between, with
    /// policies of their own. `unreadable` is then set too.
    pub place_unknown: bool,
    /// What only an account has.
    pub account: Option<AccountDetails>,
}

impl Node {
    /// The name, or the id of a node without one.
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or_else(|| self.target.as_str())
    }
}

/// A call that failed while the snapshot was taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unreadable {
    /// The call, such as `ListPoliciesForTarget`.
    pub operation: String,
    /// AWS's name of the error, if recorded.
    pub error: Option<String>,
}

impl From<&UnreadableRecord> for Unreadable {
    fn from(record: &UnreadableRecord) -> Self {
        Self { operation: record.operation.clone(), error: record.error.clone() }
    }
}

/// What only an account has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountDetails {
    /// Its state, if known.
    pub state: Option<AccountState>,
    /// The root user's address.
    pub email: Option<String>,
    /// Its tags by key.
    pub tags: Vec<Tag>,
}

/// The state of an account; policies stay attached in every state (EXM-16).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccountState {
    /// Not usable yet.
    PendingActivation,
    /// In use.
    Active,
    /// Nobody can use it.
    Suspended,
    /// Being closed; still fully usable.
    PendingClosure,
    /// Nobody can use it.
    Closed,
    /// A state that this version does not know (API-4).
    Other(String),
}

impl AccountState {
    /// Reads AWS's spelling.
    pub fn from_text(text: &str) -> Self {
        match text {
            "PENDING_ACTIVATION" => Self::PendingActivation,
            "ACTIVE" => Self::Active,
            "SUSPENDED" => Self::Suspended,
            "PENDING_CLOSURE" => Self::PendingClosure,
            "CLOSED" => Self::Closed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// AWS's spelling.
    pub fn as_str(&self) -> &str {
        match self {
            Self::PendingActivation => "PENDING_ACTIVATION",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::Closed => "CLOSED",
            Self::Other(text) => text,
        }
    }
}

/// A service or resource control policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// The name people use.
    pub name: Option<String>,
    /// Its ARN.
    pub arn: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether AWS wrote it.
    pub aws_managed: bool,
    /// Which grammar it follows.
    pub kind: PolicyKind,
    /// The exact text as stored; none if it could not be read.
    pub content: Option<Arc<str>>,
    /// What the text says; one statement without meaning if there is no text (K3-14). Policies with the same text share
    /// it.
    pub document: Arc<PolicyDocument>,
    /// What the parser had to say about the text.
    pub diagnostics: Arc<[Message]>,
}

impl Policy {
    /// The name, or the id of a policy without one.
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or_else(|| self.id.as_str())
    }
}

/// Which features the organization has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeatureSet {
    /// Policies can be used.
    All,
    /// One bill and nothing else: no policies at all (EXM-1).
    ConsolidatedBilling,
}

impl FeatureSet {
    /// AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::ConsolidatedBilling => "CONSOLIDATED_BILLING",
        }
    }
}

/// Whether a policy type is in force (EXM-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PolicyTypeStatus {
    /// In force.
    Enabled,
    /// Not in force; attachments are ignored.
    Disabled,
    /// Being enabled: in force or not, unknown.
    PendingEnable,
    /// Being disabled: in force or not, unknown.
    PendingDisable,
}

impl PolicyTypeStatus {
    /// AWS's spelling; a disabled type has none of its own, it is not listed (API-28).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::Disabled => "DISABLED",
            Self::PendingEnable => "PENDING_ENABLE",
            Self::PendingDisable => "PENDING_DISABLE",
        }
    }
}

/// An organization: a tree of targets, the policies, and what is attached where.
///
/// The order of a snapshot's lists makes no difference to it.
#[derive(Debug, Clone)]
pub struct Organization {
    pub(crate) id: OrganizationId,
    pub(crate) feature_set: FeatureSet,
    pub(crate) management_account: Option<AccountId>,
    pub(crate) partition: Option<String>,
    pub(crate) scp_status: PolicyTypeStatus,
    pub(crate) taken_at: Option<Timestamp>,
    /// Of the text that it was read from, if somebody worked it out.
    pub(crate) source_sha256: Option<Arc<str>>,
    /// INVARIANT: never empty, root first, depth-first order.
    pub(crate) nodes: Vec<Node>,
    /// For each node, the number after the last node below it.
    pub(crate) subtree_ends: Vec<u32>,
    /// The account nodes by account id.
    pub(crate) accounts: Vec<NodeId>,
    pub(crate) account_nodes: FxHashMap<AccountId, NodeId>,
    /// Roots and units by id; accounts are in `account_nodes`.
    pub(crate) container_nodes: FxHashMap<Target, NodeId>,
    /// By id.
    pub(crate) policies: Vec<Policy>,
    pub(crate) incomplete: Vec<UnreadableRecord>,
    pub(crate) made_up: Option<Arc<MadeUp>>,
    /// Where things stand in the source of the snapshot, by id.
    pub(crate) origins: Arc<BTreeMap<String, String>>,
    pub(crate) notes: Arc<[String]>,
    /// Findings that only the snapshot shows.
    pub(crate) snapshot_findings: Vec<Message>,
    /// Built when the first name is looked up; shared by copies.
    pub(crate) names: OnceLock<Arc<NameIndex>>,
}

impl Organization {
    /// The organization's id.
    pub fn id(&self) -> &OrganizationId {
        &self.id
    }

    /// Which features it has.
    pub fn feature_set(&self) -> FeatureSet {
        self.feature_set
    }

    /// The management account, which no SCP restricts (EXM-4); none if the snapshot does not name it.
    ///
    /// The account need not be in the tree of an incomplete snapshot.
    pub fn management_account(&self) -> Option<AccountId> {
        self.management_account
    }

    /// The partition, such as `aws` or `aws-us-gov`: that of the organization's ARN, else that on which all other ARNs
    /// of the snapshot agree; none otherwise.
    pub fn partition(&self) -> Option<&str> {
        self.partition.as_deref()
    }

    /// Whether service control policies are in force in the root (EXM-2).
    pub fn scp_status(&self) -> PolicyTypeStatus {
        self.scp_status
    }

    /// When the snapshot was taken, if recorded.
    pub fn taken_at(&self) -> Option<&Timestamp> {
        self.taken_at.as_ref()
    }

    /// The SHA-256 of the file that it was read from, in hexadecimal, where it was [recorded](Self::record_source).
    /// What was changed since has none.
    pub fn source_sha256(&self) -> Option<&str> {
        self.source_sha256.as_deref()
    }

    /// Records the SHA-256 of the file that it was read from, so that reports can say on what they rest. It changes no
    /// answer.
    pub fn record_source(&mut self, sha256: impl Into<Arc<str>>) {
        self.source_sha256 = Some(sha256.into());
    }

    /// The root of the tree.
    pub fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// A node.
    ///
    /// # Panics
    ///
    /// If the id is another organization's and there is no such node here.
    #[expect(clippy::indexing_slicing, reason = "ids are only made for nodes that exist; documented panic otherwise")]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// All nodes: parents before children.
    #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 nodes, checked when they were numbered")]
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId(index as u32), node))
    }

    /// A node and all nodes below it, parents before children.
    ///
    /// # Panics
    ///
    /// As [`node`](Self::node).
    #[expect(clippy::indexing_slicing, reason = "one entry for each node; documented panic otherwise")]
    pub fn subtree(&self, id: NodeId) -> impl ExactSizeIterator<Item = NodeId> + use<> {
        (id.0..self.subtree_ends[id.index()]).map(NodeId)
    }

    /// The node of a root, unit or account.
    pub fn find_node(&self, target: &Target) -> Option<NodeId> {
        match target {
            Target::Account(id) => self.account(id),
            Target::Root(_) | Target::Ou(_) => self.container_nodes.get(target).copied(),
        }
    }

    /// The account nodes by account id.
    pub fn accounts(&self) -> impl ExactSizeIterator<Item = NodeId> {
        self.accounts.iter().copied()
    }

    /// The node of an account. O(1).
    pub fn account(&self, id: &AccountId) -> Option<NodeId> {
        self.account_nodes.get(id).copied()
    }

    /// All policies by id.
    #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 policies, checked when they were numbered")]
    pub fn policies(&self) -> impl ExactSizeIterator<Item = (PolicyIndex, &Policy)> + Clone {
        self.policies.iter().enumerate().map(|(index, policy)| (PolicyIndex(index as u32), policy))
    }

    /// A policy.
    ///
    /// # Panics
    ///
    /// If the index is another organization's and there is no such policy here.
    #[expect(
        clippy::indexing_slicing,
        reason = "indexes are only made for policies that exist; documented panic otherwise"
    )]
    pub fn policy(&self, index: PolicyIndex) -> &Policy {
        &self.policies[index.index()]
    }

    /// The policy with an id. O(log policies).
    #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 policies, checked when they were numbered")]
    pub fn find_policy(&self, id: &PolicyId) -> Option<PolicyIndex> {
        self.policies.binary_search_by(|policy| policy.id.cmp(id)).ok().map(|index| PolicyIndex(index as u32))
    }

    /// The levels that decide about a node: root, each unit on the way down, the node itself (EVAL-2).
    ///
    /// # Panics
    ///
    /// As [`node`](Self::node).
    pub fn inheritance_path(&self, id: NodeId) -> Vec<NodeId> {
        let mut path: Vec<NodeId> = std::iter::successors(Some(id), |&node| self.node(node).parent).collect();
        path.reverse();
        path
    }

    /// Whether the way from the root to a node is known: false if it, or a unit above it, is somewhere that could not
    /// be read. [`entity_path`](Self::entity_path) and [`inheritance_path`](Self::inheritance_path) then lack levels.
    ///
    /// # Panics
    ///
    /// As [`node`](Self::node).
    pub fn is_place_known(&self, id: NodeId) -> bool {
        !std::iter::successors(Some(id), |&node| self.node(node).parent).any(|node| self.node(node).place_unknown)
    }

    /// The path as `aws:PrincipalOrgPaths` has it: `o-…/r-…/ou-…/…/`, with a trailing slash (ID-13, CTX-68). For an
    /// account it is that of the unit it is in.
    ///
    /// # Panics
    ///
    /// As [`node`](Self::node).
    pub fn entity_path(&self, id: NodeId) -> String {
        let mut path = format!("{}/", self.id);
        for level in self.containers(id) {
            path.push_str(self.node(level).target.as_str());
            path.push('/');
        }
        path
    }

    /// The path in names, such as `Root/Prod/Web`. For an account it is that of the unit it is in. A node without a
    /// name stands with its id; `?` stands where levels may be missing.
    ///
    /// # Panics
    ///
    /// As [`node`](Self::node).
    pub fn ou_path(&self, id: NodeId) -> String {
        let mut path = String::new();
        for level in self.containers(id) {
            if !path.is_empty() {
                path.push('/');
            }
            if self.node(level).place_unknown {
                path.push_str("?/");
            }
            path.push_str(self.node(level).display_name());
        }
        if self.node(id).account.is_some() && self.node(id).place_unknown {
            path.push_str("/?");
        }
        path
    }

    /// The inheritance path without an account at its end.
    fn containers(&self, id: NodeId) -> Vec<NodeId> {
        let mut path = self.inheritance_path(id);
        path.retain(|&level| self.node(level).account.is_none());
        path
    }

    /// Whether an id was made up, since the source of the snapshot has none for the thing.
    pub fn is_made_up(&self, id: &str) -> bool {
        self.made_up.as_ref().is_some_and(|made_up| made_up.has(id))
    }

    /// All ids that were made up, sorted.
    pub fn made_up_ids(&self) -> Vec<&str> {
        self.made_up.as_deref().map(MadeUp::sorted).unwrap_or_default()
    }

    /// Where a thing stands in the source of the snapshot, if that is not AWS.
    pub fn origin(&self, id: &str) -> Option<&str> {
        self.origins.get(id).map(String::as_str)
    }

    /// Whether the snapshot lacks parts that could not be read.
    pub fn is_incomplete(&self) -> bool {
        !self.incomplete.is_empty()
    }

    /// Whether accounts of the organization may be missing, since a listing of accounts, units, children or parents
    /// failed (API-42).
    pub fn may_lack_accounts(&self) -> bool {
        let listings = [
            "ListAccounts",
            "ListAccountsForParent",
            "ListOrganizationalUnitsForParent",
            "ListChildren",
            "ListParents",
        ];
        self.incomplete.iter().any(|part| listings.contains(&part.operation.as_str()))
    }

    /// What could not be read, in the order of target and operation. Accounts and units below such a parent may be
    /// missing.
    pub fn incomplete(&self) -> &[UnreadableRecord] {
        &self.incomplete
    }
}
