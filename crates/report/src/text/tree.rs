//! The organization as a tree.

use std::collections::BTreeSet;
use std::io::{self, Write};

use scproof_organization::{AccountState, FeatureSet, Finding, NodeId, Policy, PolicyIndex, PolicyTypeStatus, Target};
use scproof_policy_parser::Severity;

use super::words::{policy_words, short_target_words};
use crate::layout::{Page, WIDTH, clean, columns, count, cut, enumerate_some, grouped, wrap};
use crate::style::{Role, Style};
use crate::tree::Tree;

/// The policy that AWS attaches everywhere.
const FULL_ACCESS: &str = "p-FullAWSAccess";

/// Deeper nodes are drawn no further to the right; AWS allows five levels.
const DEEPEST: usize = 20;

/// Writes the tree, on request all policies, and what is odd.
///
/// # Errors
///
/// If writing fails.
pub fn render(tree: &Tree<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style);
    header(&mut page, tree);
    page.gap();
    nodes(&mut page, tree);
    if tree.policies {
        page.gap();
        policies(&mut page, tree);
    } else if tree.organization.policies().any(|(_, policy)| policy.id.as_str() == FULL_ACCESS) {
        page.gap();
        page.hanging("note: ", "FullAWSAccess is attached wherever [no FullAWSAccess] is not written.");
    }
    findings(&mut page, tree);
    page.finish(out)
}

fn header(page: &mut Page, tree: &Tree<'_>) {
    let organization = tree.organization;
    let taken =
        organization.taken_at().map_or_else(String::new, |taken| format!(", as of {}", clean(&taken.to_string())));
    page.heading(&format!("{}{taken}", organization.id()));
    page.line(format!(
        "{}, {}, {}",
        count(organization.accounts().len(), "account"),
        count(
            organization.nodes().filter(|(_, node)| node.account.is_none() && node.parent.is_some()).count(),
            "organizational unit"
        ),
        policy_count(organization.policies().len()),
    ));
    let off = match (organization.feature_set(), organization.scp_status()) {
        (FeatureSet::ConsolidatedBilling, _) => "consolidated billing only: no SCP has any effect",
        (FeatureSet::All, PolicyTypeStatus::Disabled) => "SCPs are not enabled: none has any effect",
        (FeatureSet::All, PolicyTypeStatus::PendingEnable | PolicyTypeStatus::PendingDisable) => {
            "SCPs are being enabled or disabled: whether they are in force is unknown"
        }
        (FeatureSet::All, PolicyTypeStatus::Enabled) => return,
    };
    let line = page.style.paint(Role::Open, off);
    page.line(line);
}

fn policy_count(number: usize) -> String {
    format!("{} {}", grouped(number), if number == 1 { "policy" } else { "policies" })
}

fn nodes(page: &mut Page, tree: &Tree<'_>) {
    let shown = tree.nodes();
    let odd: BTreeSet<&str> = tree
        .findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Warning)
        .map(|finding| finding.item.as_str())
        .collect();
    // For each shown node, whether another one of the same depth follows under the same parent.
    let mut follows = vec![false; shown.len()];
    let mut open: Vec<bool> = Vec::new();
    for (index, &(_, depth)) in shown.iter().enumerate().rev() {
        open.resize(depth + 1, false);
        if let (Some(slot), Some(seen)) = (follows.get_mut(index), open.get_mut(depth)) {
            *slot = std::mem::replace(seen, true);
        }
    }
    let mut guides: Vec<bool> = Vec::new();
    for (index, &(id, depth)) in shown.iter().enumerate() {
        let more = follows.get(index).copied().unwrap_or_default();
        guides.truncate(depth);
        let mut before = String::new();
        for &guide in guides.iter().skip(1).take(DEEPEST) {
            before.push_str(if guide { "│  " } else { "   " });
        }
        let mut rest = before.clone();
        if depth > 0 {
            before.push_str(if more { "├─ " } else { "└─ " });
            rest.push_str(if more { "│  " } else { "   " });
        }
        let has_children = shown.get(index + 1).is_some_and(|&(_, next)| next > depth);
        rest.push_str(if has_children { "│  " } else { "   " });
        guides.push(more);
        node(page, tree, id, &before, &rest, odd.contains(tree.organization.node(id).target.as_str()));
    }
}

/// One node: its name, its id, what is special about it, and what is attached to it.
fn node(page: &mut Page, tree: &Tree<'_>, id: NodeId, before: &str, rest: &str, odd: bool) {
    let organization = tree.organization;
    let node = organization.node(id);
    let mut marks: Vec<String> = Vec::new();
    if node.target.account().is_some() && node.target.account() == organization.management_account() {
        marks.push("[management: no SCP applies]".to_owned());
    }
    match node.account.as_ref().and_then(|account| account.state.as_ref()) {
        None | Some(AccountState::Active) => {}
        Some(state) => marks.push(format!("[{}]", clean(state.as_str()))),
    }
    if node.place_unknown {
        marks.push("[place unknown]".to_owned());
    } else if node.unreadable.is_some() {
        marks.push("[attachments unreadable]".to_owned());
    }
    let mut attached: Vec<&Policy> = node.scps.iter().map(|&policy| organization.policy(policy)).collect();
    attached.sort_by_key(|policy| policy.display_name());
    if node.unreadable.is_none() && !attached.iter().any(|policy| policy.id.as_str() == FULL_ACCESS) {
        marks.push("[no FullAWSAccess]".to_owned());
    }
    if odd {
        marks.push("[!]".to_owned());
    }
    let name = match &node.name {
        Some(name) => format!("{} ({})", clean(name), node.target),
        None => node.target.as_str().to_owned(),
    };
    let mut head = name;
    for mark in &marks {
        head.push(' ');
        head.push_str(mark);
    }
    let names: Vec<String> = attached
        .iter()
        .filter(|policy| policy.id.as_str() != FULL_ACCESS)
        .map(|policy| clean(policy.display_name()).into_owned())
        .collect();
    if !tree.policies && !names.is_empty() {
        head.push_str(": ");
        head.push_str(&names.join(", "));
    }
    let room = WIDTH.saturating_sub(columns(before));
    let rest_room = WIDTH.saturating_sub(columns(rest) + 2);
    for (index, line) in wrap(&head, room, rest_room).into_iter().enumerate() {
        page.line(if index == 0 { format!("{before}{line}") } else { format!("{rest}  {line}") });
    }
    if tree.policies {
        for policy in &attached {
            page.line(format!("{rest}* {}", policy_words(policy.name.as_deref(), policy.id.as_str())));
        }
        for &policy in &node.rcps {
            let policy = organization.policy(policy);
            page.line(format!("{rest}* RCP {}", policy_words(policy.name.as_deref(), policy.id.as_str())));
        }
    }
}

/// All policies with size and places.
fn policies(page: &mut Page, tree: &Tree<'_>) {
    let organization = tree.organization;
    page.heading("Policies");
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
    let rows: Vec<Vec<String>> = sorted
        .into_iter()
        .map(|(index, policy)| {
            let size = policy.content.as_ref().map_or_else(|| "?".to_owned(), |text| grouped(text.chars().count()));
            vec![
                cut(&policy_words(policy.name.as_deref(), policy.id.as_str()), 42),
                format!("{size:>6}"),
                places(tree, index),
            ]
        })
        .collect();
    page.table(2, &["POLICY", " CHARS", "ATTACHED TO"], &rows);
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

fn findings(page: &mut Page, tree: &Tree<'_>) {
    let shown = tree.nodes();
    // What is about another part of the tree does not belong here; what is about no part does.
    let elsewhere = |finding: &Finding| {
        let node = Target::parse(&finding.item).ok().and_then(|target| tree.organization.find_node(&target));
        node.is_some_and(|node| shown.binary_search_by_key(&node, |&(id, _)| id).is_err())
    };
    let findings: Vec<&Finding> = tree.findings.iter().filter(|finding| !elsewhere(finding)).collect();
    if findings.is_empty() {
        return;
    }
    page.gap();
    page.heading("Remarks");
    for finding in findings {
        let label = format!("  {}[{}]: ", finding.severity.as_str(), finding.code);
        let item = clean(&finding.item);
        page.hanging_at(&label, 4, &format!("{} ({item})", clean(&finding.message)));
        if let Some(help) = &finding.help {
            page.hanging_at("    help: ", 6, &clean(help));
        }
    }
}
