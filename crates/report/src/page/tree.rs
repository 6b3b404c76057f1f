//! The organization as a tree.

use std::collections::BTreeSet;

use scproof_organization::{
    AccountState, FeatureSet, NodeId, Organization, Policy, PolicyIndex, PolicyTypeStatus, Target,
};
use scproof_text::{Message, Severity};

use crate::doc::{Block, Column, Doc, Item, Line, Node, Table};
use crate::layout::{count, enumerate_some, grouped};
use crate::names::short_target_words;
use crate::style::Role;
use crate::tree::Tree;

/// The policy that AWS attaches everywhere.
const FULL_ACCESS: &str = "p-FullAWSAccess";

/// The tree, on request all policies, and what is odd.
pub(crate) fn page(tree: &Tree<'_>) -> Doc {
    let mut doc = Doc::default();
    header(&mut doc, tree.organization);
    let odd: BTreeSet<&str> = tree
        .findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Warning)
        .filter_map(|finding| finding.item.as_deref())
        .collect();
    let nodes = tree.nodes().into_iter().map(|(id, depth)| {
        let is_odd = odd.contains(tree.organization.node(id).target.as_str());
        node(tree, id, depth, is_odd)
    });
    doc.push(Block::Tree(nodes.collect()));
    if tree.policies {
        policies(&mut doc, tree);
    } else if tree.organization.policies().any(|(_, policy)| policy.id.as_str() == FULL_ACCESS) {
        doc.note("FullAWSAccess is attached wherever [no FullAWSAccess] is not written.");
    }
    findings(&mut doc, tree);
    doc
}

fn header(doc: &mut Doc, organization: &Organization) {
    let taken = organization.taken_at().map_or_else(String::new, |taken| format!(", as of {taken}"));
    doc.headline(Role::Heading, format!("{}{taken}", organization.id()));
    let units = organization.nodes().filter(|(_, node)| node.account.is_none() && node.parent.is_some()).count();
    let policies = organization.policies().len();
    doc.paragraph(format!(
        "{}, {}, {} {}",
        count(organization.accounts().len(), "account"),
        count(units, "organizational unit"),
        grouped(policies),
        if policies == 1 { "policy" } else { "policies" },
    ));
    let off = match (organization.feature_set(), organization.scp_status()) {
        (FeatureSet::ConsolidatedBilling, _) => "consolidated billing only: no SCP has any effect",
        (FeatureSet::All, PolicyTypeStatus::Disabled) => "SCPs are not enabled: none has any effect",
        (FeatureSet::All, PolicyTypeStatus::PendingEnable | PolicyTypeStatus::PendingDisable) => {
            "SCPs are being enabled or disabled: whether they are in force is unknown"
        }
        (FeatureSet::All, PolicyTypeStatus::Enabled) => return,
    };
    doc.paragraph(Line::strong(Role::Open, off));
}

/// One node: its name, its id, what is special about it, and what is attached to it.
fn node(tree: &Tree<'_>, id: NodeId, depth: usize, is_odd: bool) -> Node {
    let organization = tree.organization;
    let node = organization.node(id);
    let mut line = named(node.name.as_deref(), node.target.as_str());
    let mut mark = |role: Role, text: &str| {
        line = std::mem::take(&mut line).then(" ").then(Line::strong(role, format!("[{text}]")));
    };
    if node.target.account().is_some() && node.target.account() == organization.management_account() {
        mark(Role::Heading, "management: no SCP applies");
    }
    match node.account.as_ref().and_then(|account| account.state.as_ref()) {
        None | Some(AccountState::Active) => {}
        Some(state) => mark(Role::Heading, state.as_str()),
    }
    if node.place_unknown {
        mark(Role::Open, "place unknown");
    } else if node.unreadable.is_some() {
        mark(Role::Open, "attachments unreadable");
    }
    let mut attached: Vec<&Policy> = node.scps.iter().map(|&policy| organization.policy(policy)).collect();
    attached.sort_by_key(|policy| policy.display_name());
    if node.unreadable.is_none() && !attached.iter().any(|policy| policy.id.as_str() == FULL_ACCESS) {
        mark(Role::Heading, "no FullAWSAccess");
    }
    if is_odd {
        mark(Role::Open, "!");
    }
    if tree.policies {
        let rcps = node.rcps.iter().map(|&policy| organization.policy(policy));
        let rcps = rcps.map(|policy| Line::from("RCP ").then(policy_line(policy)));
        return Node { depth, line, more: attached.into_iter().map(policy_line).chain(rcps).collect() };
    }
    let others = attached.iter().filter(|policy| policy.id.as_str() != FULL_ACCESS);
    for (index, policy) in others.enumerate() {
        line = line.then(if index == 0 { ": " } else { ", " }).then_code(policy.display_name());
    }
    Node { depth, line, more: Vec::new() }
}

/// `region-lock (p-ab12cd34)`, or the id alone.
fn named(name: Option<&str>, id: &str) -> Line {
    match name {
        Some(name) => Line::code(name).then(format!(" ({id})")),
        None => Line::code(id),
    }
}

fn policy_line(policy: &Policy) -> Line {
    named(policy.name.as_deref(), policy.id.as_str())
}

/// All policies with size and places.
fn policies(doc: &mut Doc, tree: &Tree<'_>) {
    let organization = tree.organization;
    doc.heading("Policies");
    let shown = tree.nodes();
    let attached_here = |policy: PolicyIndex| {
        shown
            .iter()
            .map(|&(id, _)| organization.node(id))
            .any(|node| node.scps.contains(&policy) || node.rcps.contains(&policy))
    };
    let all = tree.targets.is_empty();
    let mut sorted: Vec<(PolicyIndex, &Policy)> =
        organization.policies().filter(|&(index, _)| all || attached_here(index)).collect();
    sorted.sort_by_key(|(_, policy)| (policy.kind, policy.display_name()));
    let rows = sorted.into_iter().map(|(index, policy)| {
        let size = policy.content.as_ref().map_or_else(|| "?".to_owned(), |text| grouped(text.chars().count()));
        vec![policy_line(policy), size.into(), Line::code(places(tree, index))]
    });
    let columns = vec![Column::text("POLICY"), Column::number("CHARS"), Column::text("ATTACHED TO")];
    doc.push(Block::Table(Table { columns, rows: rows.collect() }));
}

fn places(tree: &Tree<'_>, policy: PolicyIndex) -> String {
    let organization = tree.organization;
    let places: Vec<String> = organization
        .nodes()
        .filter(|(_, node)| node.scps.contains(&policy) || node.rcps.contains(&policy))
        .map(|(id, _)| short_target_words(organization, id))
        .collect();
    if places.is_empty() { "nothing".to_owned() } else { enumerate_some(&places, 3) }
}

fn findings(doc: &mut Doc, tree: &Tree<'_>) {
    let shown = tree.nodes();
    // What is about another part of the tree does not belong here; what is about no part does.
    let elsewhere = |finding: &Message| {
        let target = finding.item.as_deref().and_then(|item| Target::parse(item).ok());
        let node = target.and_then(|target| tree.organization.find_node(&target));
        node.is_some_and(|node| shown.binary_search_by_key(&node, |&(id, _)| id).is_err())
    };
    let findings: Vec<Item> = tree.findings.iter().filter(|finding| !elsewhere(finding)).map(finding).collect();
    if !findings.is_empty() {
        doc.heading("Remarks");
        doc.push(Block::List(findings));
    }
}

fn finding(finding: &Message) -> Item {
    let role = match finding.severity {
        Severity::Error => Role::Bad,
        Severity::Warning => Role::Open,
        Severity::Note => Role::Heading,
    };
    let line = Line::strong(role, format!("{}[{}]", finding.severity.as_str(), finding.code))
        .then(format!(": {}", finding.message));
    let line = match &finding.item {
        Some(item) => line.then(" (").then_code(item).then(")"),
        None => line,
    };
    let help = finding.help.iter().map(|help| Block::Paragraph(Line::from(format!("help: {help}"))));
    Item { body: help.collect(), ..Item::new(line) }
}
