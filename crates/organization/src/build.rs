//! From a checked inventory to the tree.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use scproof_policy_parser::{PolicyDocument, PolicyKind, Statement};
use scproof_text::{LoadError, Message, shorten};

use crate::codes;
use crate::id::Target;
use crate::inventory::{Inventory, PolicyRecord};
use crate::made_up::MadeUp;
use crate::organization::{AccountDetails, AccountState, Node, NodeId, Organization, Policy, PolicyIndex, Unreadable};
use crate::resolve::{Place, Resolved, UnreadablePart, resolve};

impl Organization {
    /// Checks a snapshot and builds the tree.
    ///
    /// Takes time linear in the snapshot (apart from sorting); each distinct policy text is parsed once.
    ///
    /// # Errors
    ///
    /// All faults of the snapshot, without line and column; [`Inventory::load`] reports the same faults with them.
    pub fn from_inventory(inventory: &Inventory) -> Result<Self, LoadError> {
        let resolved = resolve(inventory)?;
        Ok(Builder { inventory, resolved }.build())
    }
}

/// A policy record's place among the organization's policies; none for an ignored type.
type PolicyOfRecord = Vec<Option<(PolicyIndex, PolicyKind)>>;

struct Builder<'a> {
    inventory: &'a Inventory,
    resolved: Resolved,
}

impl Builder<'_> {
    fn build(self) -> Organization {
        let inventory = self.inventory;
        let made_up = MadeUp::of(inventory).map(Arc::new);
        let (policies, policy_of_record) = self.policies(made_up.as_deref());
        let (order, subtree_ends) = self.depth_first();
        let mut nodes = self.nodes(&order);
        let mut snapshot_findings = self.attach(&order, &policy_of_record, &mut nodes);
        self.mark_unreadable(&order, &mut nodes);

        let mut accounts = Vec::with_capacity(inventory.accounts.len());
        let mut account_nodes = FxHashMap::default();
        account_nodes.reserve(inventory.accounts.len());
        let mut container_nodes = FxHashMap::default();
        for (id, node) in (0..).map(NodeId).zip(&nodes) {
            match node.target {
                Target::Account(account) => {
                    accounts.push(id);
                    account_nodes.insert(account, id);
                }
                Target::Root(_) | Target::Ou(_) => {
                    container_nodes.insert(node.target.clone(), id);
                }
            }
        }
        accounts.sort_by_key(|id| nodes.get(id.index()).and_then(|node| node.target.account()));

        let mut incomplete = inventory.unreadable.clone();
        incomplete.sort();
        let partition = partition(inventory, &mut snapshot_findings);
        let mut organization = Organization {
            id: self.resolved.id.clone(),
            feature_set: self.resolved.feature_set,
            management_account: self.resolved.management_account,
            partition,
            scp_status: self.resolved.scp_status,
            taken_at: inventory.taken_at.clone(),
            source_sha256: None,
            nodes,
            subtree_ends,
            accounts,
            account_nodes,
            container_nodes,
            policies,
            incomplete,
            made_up,
            origins: Arc::new(inventory.origins.iter().map(|it| (it.id.clone(), it.place.clone())).collect()),
            notes: inventory.notes.iter().cloned().collect(),
            snapshot_findings: Vec::new(),
            names: OnceLock::new(),
        };
        self.compare_paths(&order, &organization, &mut snapshot_findings);
        organization.snapshot_findings = snapshot_findings;
        organization
    }

    /// The policies by id, and for each record the policy.
    fn policies(&self, made_up: Option<&MadeUp>) -> (Vec<Policy>, PolicyOfRecord) {
        let inventory = self.inventory;
        let mut unreadable = vec![false; inventory.policies.len()];
        for part in &self.resolved.unreadable {
            if let UnreadablePart::Content(record) = *part
                && let Some(flag) = unreadable.get_mut(record)
            {
                *flag = true;
            }
        }
        let mut texts = Texts { made_up, ..Texts::default() };
        let mut policies: Vec<(usize, Policy)> = Vec::with_capacity(inventory.policies.len());
        let records = inventory.policies.iter().zip(&self.resolved.policies).zip(unreadable);
        for (record_index, ((record, resolved), unreadable)) in records.enumerate() {
            let Some((id, kind)) = resolved else { continue };
            let text = record.content.as_deref().filter(|_| !unreadable);
            let parsed = texts.parse(text, *kind);
            policies.push((
                record_index,
                Policy {
                    id: id.clone(),
                    name: record.name.clone(),
                    arn: record.arn.clone(),
                    description: record.description.clone(),
                    aws_managed: is_aws_managed(record),
                    kind: *kind,
                    content: parsed.text,
                    document: parsed.document,
                    diagnostics: parsed.diagnostics,
                },
            ));
        }
        policies.sort_by(|(_, one), (_, other)| one.id.cmp(&other.id));
        let mut of_record = vec![None; inventory.policies.len()];
        for (index, (record, policy)) in (0..).zip(&policies) {
            if let Some(slot) = of_record.get_mut(*record) {
                *slot = Some((PolicyIndex(index), policy.kind));
            }
        }
        (policies.into_iter().map(|(_, policy)| policy).collect(), of_record)
    }

    /// The places in depth-first order, children sorted by target, and for each the number after its subtree.
    fn depth_first(&self) -> (Vec<Place>, Vec<u32>) {
        let Resolved { targets, parents, .. } = &self.resolved;
        // Children of place p are `children[starts[p]..starts[p + 1]]`: two arrays instead of a list for each node.
        let mut by_parent: Vec<(Option<Place>, Place)> = parents.iter().copied().zip(0..).collect();
        by_parent.sort_by(|&(parent, place), &(other_parent, other)| {
            parent.cmp(&other_parent).then_with(|| targets.get(place as usize).cmp(&targets.get(other as usize)))
        });
        let children_of = |place: Place| {
            let start = by_parent.partition_point(|&(parent, _)| parent < Some(place));
            let end = by_parent.partition_point(|&(parent, _)| parent <= Some(place));
            by_parent.get(start..end).unwrap_or_default()
        };
        let mut order = Vec::with_capacity(targets.len());
        let mut ends = vec![0; targets.len()];
        // A place to enter, or with the number of a node to leave.
        let mut stack: Vec<(Place, Option<usize>)> = vec![(0, None)];
        while let Some((place, leaving)) = stack.pop() {
            if let Some(number) = leaving {
                if let Some(end) = ends.get_mut(number) {
                    *end = number_of(order.len());
                }
                continue;
            }
            stack.push((place, Some(order.len())));
            order.push(place);
            if matches!(targets.get(place as usize), Some(Target::Root(_) | Target::Ou(_))) {
                stack.extend(children_of(place).iter().rev().map(|&(_, child)| (child, None)));
            }
        }
        (order, ends)
    }

    fn nodes(&self, order: &[Place]) -> Vec<Node> {
        let (roots, units) = (&self.inventory.roots, &self.inventory.organizational_units);
        let mut node_of_place = vec![NodeId(0); order.len()];
        let mut nodes: Vec<Node> = Vec::with_capacity(order.len());
        for (id, &place) in (0..).map(NodeId).zip(order) {
            if let Some(slot) = node_of_place.get_mut(place as usize) {
                *slot = id;
            }
            let Some(target) = self.resolved.targets.get(place as usize) else { continue };
            let parent = self.resolved.parents.get(place as usize).copied().flatten();
            let parent = parent.and_then(|parent| node_of_place.get(parent as usize).copied());
            if let Some(parent) = parent.and_then(|parent| nodes.get_mut(parent.index())) {
                parent.children.push(id);
            }
            let below_roots = (place as usize).saturating_sub(roots.len());
            let (name, arn, account) = match target {
                Target::Root(_) => {
                    let root = roots.get(place as usize);
                    (root.and_then(|root| root.name.clone()), root.and_then(|root| root.arn.clone()), None)
                }
                Target::Ou(_) => {
                    let unit = units.get(below_roots);
                    (unit.and_then(|unit| unit.name.clone()), unit.and_then(|unit| unit.arn.clone()), None)
                }
                Target::Account(_) => match self.inventory.accounts.get(below_roots.saturating_sub(units.len())) {
                    Some(account) => {
                        let mut tags = account.tags.clone();
                        tags.sort();
                        let state = account.state.as_deref().or(account.status.as_deref());
                        let details = AccountDetails {
                            state: state.map(AccountState::from_text),
                            email: account.email.clone(),
                            tags,
                        };
                        (account.name.clone(), account.arn.clone(), Some(details))
                    }
                    None => (None, None, Some(AccountDetails::default())),
                },
            };
            nodes.push(Node {
                target: target.clone(),
                name,
                arn,
                parent,
                children: Vec::new(),
                scps: Vec::new(),
                rcps: Vec::new(),
                unreadable: None,
                place_unknown: false,
                account,
            });
        }
        nodes
    }

    /// Attaches the policies; an attachment listed twice counts once (EVAL-15), with a note.
    fn attach(&self, order: &[Place], policy_of_record: &PolicyOfRecord, nodes: &mut [Node]) -> Vec<Message> {
        let mut findings = Vec::new();
        let node_of_place = invert(order);
        for &(place, record) in &self.resolved.attachments {
            let Some((policy, kind)) = policy_of_record.get(record).copied().flatten() else { continue };
            let node = node_of_place.get(place as usize).and_then(|&node| nodes.get_mut(node as usize));
            let Some(node) = node else { continue };
            match kind {
                PolicyKind::ServiceControl => node.scps.push(policy),
                PolicyKind::ResourceControl => node.rcps.push(policy),
            }
        }
        for node in nodes {
            for list in [&mut node.scps, &mut node.rcps] {
                let listed = list.len();
                list.sort_unstable();
                list.dedup();
                if list.len() < listed {
                    findings.push(codes::ATTACHMENT_LISTED_TWICE.about(
                        node.target.as_str(),
                        "the snapshot lists an attachment here more than once; it counts once",
                    ));
                }
            }
        }
        let ignored = self.resolved.policies.iter().filter(|policy| policy.is_none()).count();
        if ignored > 0 {
            findings.push(codes::POLICY_TYPE_IGNORED.about(
                self.resolved.id.as_str(),
                format!("{ignored} of the snapshot's policies are neither service nor resource control policies"),
            ));
        }
        findings
    }

    fn mark_unreadable(&self, order: &[Place], nodes: &mut [Node]) {
        let node_of_place = invert(order);
        for (part, record) in self.resolved.unreadable.iter().zip(&self.inventory.unreadable) {
            match *part {
                UnreadablePart::AttachmentsOf(place) => {
                    let node = node_of_place.get(place as usize).and_then(|&node| nodes.get_mut(node as usize));
                    if let Some(node) = node {
                        node.unreadable = Some(Unreadable::from(record));
                    }
                }
                UnreadablePart::AllAttachments => {
                    for node in &mut *nodes {
                        node.unreadable.get_or_insert_with(|| Unreadable::from(record));
                    }
                }
                UnreadablePart::PlaceOf(place) => {
                    let node = node_of_place.get(place as usize).and_then(|&node| nodes.get_mut(node as usize));
                    if let Some(node) = node {
                        node.place_unknown = true;
                        // Whatever is attached in between counts for this node (K3-13).
                        node.unreadable.get_or_insert_with(|| Unreadable::from(record));
                    }
                }
                UnreadablePart::Content(_) | UnreadablePart::Other => {}
            }
        }
    }

    /// Compares AWS's own paths with the tree (API-27).
    fn compare_paths(&self, order: &[Place], organization: &Organization, findings: &mut Vec<Message>) {
        let node_of_place = invert(order);
        let node = |place: usize| node_of_place.get(place).map(|&node| NodeId(node));
        let roots = self.inventory.roots.len();
        let units = self.inventory.organizational_units.len();
        let mut compare = |place: usize, given: &str| {
            let Some(node) = node(place).filter(|&node| organization.is_place_known(node)) else { return };
            let mut expected = organization.entity_path(node);
            let target = &organization.node(node).target;
            if target.account().is_some() {
                expected.push_str(target.as_str());
            }
            if given.trim_matches('/') != expected.trim_matches('/') {
                findings.push(
                    codes::PATH_DIFFERS
                        .about(
                            target.as_str(),
                            format!("AWS's path `{}` is not the place in the snapshot's tree", shorten(given)),
                        )
                        .help("the item moved while the snapshot was taken; take a new one"),
                );
            }
        };
        for (index, unit) in self.inventory.organizational_units.iter().enumerate() {
            if let Some(path) = &unit.path {
                compare(roots + index, path);
            }
        }
        for (index, account) in self.inventory.accounts.iter().enumerate() {
            for path in &account.paths {
                compare(roots + units + index, path);
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a snapshot with 2^32 records would need more than 128 GB of text")]
fn number_of(count: usize) -> u32 {
    count as u32
}

/// From an order of places to the number of each place in it.
fn invert(order: &[Place]) -> Vec<u32> {
    let mut inverse = vec![0; order.len()];
    for (number, &place) in (0..).zip(order) {
        if let Some(slot) = inverse.get_mut(place as usize) {
            *slot = number;
        }
    }
    inverse
}

fn is_aws_managed(record: &PolicyRecord) -> bool {
    // ID-9: the account part of an AWS managed policy's ARN is `aws`.
    record.aws_managed.unwrap_or_else(|| {
        record.arn.as_deref().and_then(|arn| arn.split(':').nth(4)).is_some_and(|account| account == "aws")
    })
}

/// A text with its meaning.
#[derive(Clone)]
pub(crate) struct ParsedText {
    pub(crate) text: Option<Arc<str>>,
    pub(crate) document: Arc<PolicyDocument>,
    pub(crate) diagnostics: Arc<[Message]>,
}

impl ParsedText {
    pub(crate) fn of(text: Arc<str>, kind: PolicyKind, made_up: Option<&MadeUp>) -> Self {
        let mut parsed = PolicyDocument::parse(&text, kind);
        if let Some(made_up) = made_up {
            parsed.diagnostics.extend(made_up.leave_open(&mut parsed.document));
        }
        Self { text: Some(text), document: Arc::new(parsed.document), diagnostics: Arc::from(parsed.diagnostics) }
    }
}

/// Parses each distinct text once.
#[derive(Default)]
struct Texts<'a> {
    known: FxHashMap<(PolicyKind, &'a str), ParsedText>,
    unknown: [Option<Arc<PolicyDocument>>; 2],
    made_up: Option<&'a MadeUp>,
}

impl<'a> Texts<'a> {
    fn parse(&mut self, text: Option<&'a str>, kind: PolicyKind) -> ParsedText {
        let Some(text) = text else {
            let [service, resource] = &mut self.unknown;
            let slot = match kind {
                PolicyKind::ServiceControl => service,
                PolicyKind::ResourceControl => resource,
            };
            let document = slot.get_or_insert_with(|| {
                let statements = vec![Statement::without_meaning()];
                Arc::new(PolicyDocument { kind, statements, ..PolicyDocument::default() })
            });
            return ParsedText { text: None, document: Arc::clone(document), diagnostics: Arc::from([]) };
        };
        let Self { known, made_up, .. } = self;
        let parsed = known.entry((kind, text)).or_insert_with(|| ParsedText::of(Arc::from(text), kind, *made_up));
        parsed.clone()
    }
}

/// The partition of the organization's ARN, else the one that all other ARNs have (API-10, ID-11).
fn partition(inventory: &Inventory, findings: &mut Vec<Message>) -> Option<String> {
    let own = inventory.organization.arn.as_deref().and_then(arn_partition);
    let mut others = inventory
        .organization
        .master_account_arn
        .iter()
        .chain(inventory.roots.iter().flat_map(|root| &root.arn))
        .chain(inventory.organizational_units.iter().flat_map(|unit| &unit.arn))
        .chain(inventory.accounts.iter().flat_map(|account| &account.arn))
        .chain(inventory.policies.iter().flat_map(|policy| &policy.arn))
        .filter_map(|arn| arn_partition(arn));
    let first = own.or_else(|| others.next())?;
    match others.find(|&other| other != first) {
        None => Some(first.to_owned()),
        Some(other) => {
            let (low, high) = if first < other { (first, other) } else { (other, first) };
            findings.push(
                codes::SEVERAL_PARTITIONS
                    .about(
                        &inventory.organization.id,
                        format!("the snapshot has ARNs of the partitions `{low}` and `{high}`"),
                    )
                    .help("an organization lies in one partition; do not mix snapshots"),
            );
            own.map(str::to_owned)
        }
    }
}

/// The partition of an ARN: `[a-z][a-z0-9-]*` (ID-11).
fn arn_partition(arn: &str) -> Option<&str> {
    let (partition, _) = arn.strip_prefix("arn:")?.split_once(':')?;
    let valid = partition.starts_with(|first: char| first.is_ascii_lowercase())
        && partition.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    valid.then_some(partition)
}
