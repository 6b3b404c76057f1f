//! What all findings look up: where policies are attached, and which accounts are below.

use std::ops::Range;

use scproof_catalog::Catalog;
use scproof_evaluator::CompiledOrganization;
use scproof_organization::{
    FeatureSet, Node, NodeId, Organization, Policy, PolicyIndex, PolicyTypeStatus, UnreadableRecord,
};
use scproof_policy_parser::{Effect, PolicyKind, PolicyPath, Quotas, Statement, locate};

use super::Subject;
use crate::Risk;
use crate::model::{Evidence, Finding, Place};

/// The accounts below some targets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// Those in scope that SCPs govern, in the order of the scope.
    pub(super) accounts: Vec<NodeId>,
    /// Whether SCPs govern any, in scope or not.
    pub(super) governs: bool,
}

/// An organization with its tables.
pub(super) struct Index<'a> {
    pub(super) compiled: &'a CompiledOrganization,
    pub(super) organization: &'a Organization,
    pub(super) catalog: &'static Catalog,
    pub(super) quotas: &'a Quotas,
    pub(super) scope: &'a [NodeId],
    /// Whether the scope is the whole organization.
    pub(super) is_whole: bool,
    /// Whether all accounts, units and attachments of SCPs could be read, so that what the snapshot lacks is not there.
    pub(super) is_complete: bool,
    /// For each node its place in the scope.
    positions: Vec<Option<u32>>,
    /// For each node whether it is an account that SCPs govern.
    governed: Vec<bool>,
    /// For each policy where it is attached as an SCP, in the order of the tree.
    targets: Vec<Vec<NodeId>>,
    reaches: Vec<Reach>,
}

/// Whether a call that failed tells nothing about which accounts, units and attachments there are.
fn hides_nothing(record: &UnreadableRecord) -> bool {
    const OPERATIONS: [&str; 3] = ["DescribePolicy", "ListDelegatedAdministrators", "ListTagsForResource"];
    let other_type = record.policy_type.as_deref().is_some_and(|name| name != PolicyKind::ServiceControl.as_str());
    OPERATIONS.contains(&record.operation.as_str()) || other_type
}

impl<'a> Index<'a> {
    pub(super) fn new(subject: &Subject<'a>) -> Self {
        let organization = subject.compiled.organization();
        let mut positions = vec![None; organization.node_count()];
        for (position, account) in subject.accounts.iter().enumerate() {
            if let Some(slot) = positions.get_mut(account.index()) {
                *slot = u32::try_from(position).ok();
            }
        }
        let in_force =
            organization.feature_set() == FeatureSet::All && organization.scp_status() != PolicyTypeStatus::Disabled;
        let management = organization.management_account();
        let governed = |node: &Node| {
            in_force && node.account.is_some() && (management.is_none() || node.target.account() != management)
        };
        let mut targets: Vec<Vec<NodeId>> = vec![Vec::new(); organization.policies().len()];
        for (id, node) in organization.nodes() {
            for policy in &node.scps {
                if let Some(targets) = targets.get_mut(policy.index()) {
                    targets.push(id);
                }
            }
        }
        let mut index = Self {
            compiled: subject.compiled,
            organization,
            catalog: Catalog::embedded(),
            quotas: subject.quotas,
            scope: subject.accounts,
            is_whole: subject.accounts.len() == organization.accounts().len(),
            is_complete: organization.incomplete().iter().all(hides_nothing),
            positions,
            governed: organization.nodes().map(|(_, node)| governed(node)).collect(),
            targets,
            reaches: Vec::new(),
        };
        index.reaches = index.targets.iter().map(|targets| index.reach_of(targets)).collect();
        index
    }

    /// The service control policies.
    pub(super) fn policies(&self) -> impl Iterator<Item = (PolicyIndex, &'a Policy)> + use<'a> {
        self.organization.policies().filter(|(_, policy)| policy.kind == PolicyKind::ServiceControl)
    }

    /// The Deny statements of attached policies that can be read.
    pub(super) fn deny_statements(&self) -> impl Iterator<Item = (PolicyIndex, usize, &'a Statement)> {
        self.policies().filter(|(id, _)| self.reach(*id).governs).flat_map(|(id, policy)| {
            let statements = policy.document.statements.iter().enumerate();
            statements
                .filter(|(_, statement)| statement.effect == Some(Effect::Deny) && statement.is_readable())
                .map(move |(number, statement)| (id, number, statement))
        })
    }

    pub(super) fn is_governed(&self, node: NodeId) -> bool {
        self.governed.get(node.index()) == Some(&true)
    }

    pub(super) fn is_in_scope(&self, node: NodeId) -> bool {
        self.positions.get(node.index()).is_some_and(Option::is_some)
    }

    /// Where a policy is attached.
    pub(super) fn targets(&self, policy: PolicyIndex) -> &[NodeId] {
        self.targets.get(policy.index()).map_or(&[], Vec::as_slice)
    }

    /// The accounts below the targets of a policy.
    pub(super) fn reach(&self, policy: PolicyIndex) -> &Reach {
        static NOTHING: Reach = Reach { accounts: Vec::new(), governs: false };
        self.reaches.get(policy.index()).unwrap_or(&NOTHING)
    }

    /// The accounts below some targets. A target above another counts its accounts once.
    pub(super) fn reach_of(&self, targets: &[NodeId]) -> Reach {
        let mut reach = Reach::default();
        let mut sorted = targets.to_vec();
        sorted.sort_unstable();
        // A subtree is a range of numbers, so what begins before the end of the last one is inside it.
        let mut end = 0;
        for target in sorted {
            if target.index() < end {
                continue;
            }
            let subtree = self.organization.subtree(target);
            end = target.index() + subtree.len();
            for node in subtree.filter(|&node| self.is_governed(node)) {
                reach.governs = true;
                if self.is_in_scope(node) {
                    reach.accounts.push(node);
                }
            }
        }
        self.sort(&mut reach.accounts);
        reach
    }

    /// Puts accounts in the order of the scope.
    pub(super) fn sort(&self, accounts: &mut [NodeId]) {
        accounts.sort_unstable_by_key(|account| self.positions.get(account.index()).copied().flatten());
    }

    /// The place of a policy, or of one of its statements.
    pub(super) fn place(&self, policy: PolicyIndex, statement: Option<usize>) -> Place {
        let document = &self.organization.policy(policy).document;
        Place {
            policy: Some(policy),
            statement,
            sid: statement.and_then(|number| document.statements.get(number)?.sid.clone()),
            path: statement.map(|number| document.statement_path(number)),
            span: None,
            targets: self.targets(policy).to_vec(),
        }
    }

    /// The place of a part of a statement. `O(length of the text)`.
    pub(super) fn place_at(&self, policy: PolicyIndex, statement: usize, path: &PolicyPath) -> Place {
        let text = self.organization.policy(policy).content.as_deref();
        Place {
            path: Some(path.to_string()),
            span: text.and_then(|text| locate(text, path)),
            ..self.place(policy, Some(statement))
        }
    }

    /// The route to a statement.
    pub(super) fn statement_path(&self, policy: PolicyIndex, statement: usize) -> PolicyPath {
        let path = PolicyPath::default().key("Statement");
        if self.organization.policy(policy).document.single_statement { path } else { path.index(statement) }
    }

    /// The bytes of a value in a list that may also stand as one bare value (JSON-6): its route as it is written.
    pub(super) fn element_path(&self, policy: PolicyIndex, list: &PolicyPath, element: usize) -> PolicyPath {
        let text = self.organization.policy(policy).content.as_deref().unwrap_or_default();
        let bytes: Option<Range<usize>> = if element == 0 { locate(text, list) } else { None };
        let is_bare = bytes.and_then(|span| text.get(span)).is_some_and(|value| !value.starts_with('['));
        if is_bare { list.clone() } else { list.index(element) }
    }

    /// The partition of ARNs that are made up for witnesses.
    pub(super) fn partition(&self) -> &str {
        self.organization.partition().unwrap_or("aws")
    }
}

/// A finding before its accounts are known.
pub(super) struct Draft {
    pub(super) code: &'static str,
    /// What follows the code in the fingerprint.
    pub(super) key: String,
    pub(super) risk: Risk,
    pub(super) message: String,
    pub(super) reason: String,
    pub(super) remedy: String,
    pub(super) rule: Option<&'static str>,
    pub(super) place: Place,
    pub(super) evidence: Evidence,
    pub(super) depends_on_catalog: bool,
}

impl Draft {
    /// A finding that is written in the snapshot.
    pub(super) fn new(code: &'static str, key: impl Into<String>, risk: Risk, message: impl Into<String>) -> Self {
        Self {
            code,
            key: key.into(),
            risk,
            message: message.into(),
            reason: String::new(),
            remedy: String::new(),
            rule: None,
            place: Place::default(),
            evidence: Evidence::Snapshot,
            depends_on_catalog: false,
        }
    }

    pub(super) fn why(mut self, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        self.reason = reason.into();
        self.remedy = remedy.into();
        self
    }

    pub(super) fn rule(mut self, rule: &'static str) -> Self {
        self.rule = Some(rule);
        self
    }

    pub(super) fn place(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    pub(super) fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = evidence;
        self
    }

    /// A finding about a policy, or its statement: tidying up at most if the policy governs nobody. None if the
    /// accounts in scope are not concerned.
    pub(super) fn of_policy(mut self, index: &Index<'_>) -> Option<Finding> {
        let nothing = Reach::default();
        let reach = self.place.policy.map_or(&nothing, |policy| index.reach(policy));
        if !reach.governs {
            self.risk = self.risk.min(Risk::Low);
        }
        self.finish(index, reach.accounts.clone())
    }

    /// A finding about nodes of the tree: as [`of_policy`](Self::of_policy).
    pub(super) fn of_targets(mut self, index: &Index<'_>) -> Option<Finding> {
        let reach = index.reach_of(&self.place.targets);
        if !reach.governs {
            self.risk = self.risk.min(Risk::Low);
        }
        self.finish(index, reach.accounts)
    }

    /// A finding about some accounts. None if none of them is in scope and the scope is not the whole organization.
    pub(super) fn finish(self, index: &Index<'_>, accounts: Vec<NodeId>) -> Option<Finding> {
        (index.is_whole || !accounts.is_empty()).then(|| Finding {
            code: self.code,
            fingerprint: format!("{}:{}", self.code, self.key),
            risk: self.risk,
            message: self.message,
            reason: self.reason,
            remedy: self.remedy,
            rule: self.rule,
            place: self.place,
            accounts,
            evidence: self.evidence,
            depends_on_catalog: self.depends_on_catalog,
        })
    }
}

/// Text of a policy or snapshot in a message.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 100;
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(MOST).collect();
    if characters.next().is_none() { format!("`{start}`") } else { format!("`{start}…`") }
}
