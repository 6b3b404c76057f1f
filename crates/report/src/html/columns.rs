//! What the page knows of every account and every service, as columns.

use std::collections::BTreeMap;

use scproof_auditor::{AccessCounts, Audit, PermissionClass};
use scproof_organization::NodeId;
use serde::Serialize;

use super::tables::Table;

/// One column each.
#[derive(Debug, Serialize, Default)]
pub(super) struct Nodes<'a> {
    id: Vec<&'a str>,
    name: Vec<Option<&'a str>>,
    /// 0 root, 1 unit, 2 account.
    kind: Vec<u8>,
    parent: Vec<Option<usize>>,
    attached: Vec<usize>,
    /// None for what is not an account in scope.
    class: Vec<Option<usize>>,
    profile: Vec<Option<usize>>,
    /// What is odd about a node.
    notes: BTreeMap<usize, Vec<String>>,
}

/// How a class treats the actions of a service: all never blocked, all depending, all always blocked, or how many
/// depending and always blocked.
#[derive(Debug, Serialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(untagged)]
pub(super) enum Cell {
    All(u8),
    Mixed(usize, usize),
}

impl Cell {
    fn of(counts: &AccessCounts) -> Self {
        let total = counts.total();
        match counts {
            counts if counts.never_blocked == total => Self::All(0),
            counts if counts.depends == total => Self::All(1),
            counts if counts.always_blocked == total => Self::All(2),
            counts => Self::Mixed(counts.depends, counts.always_blocked),
        }
    }
}

/// A service of the catalog, how many of its actions are in scope, which row of cells it has.
#[derive(Debug, Serialize)]
pub(super) struct ServiceRow(usize, usize, usize);

/// For each guardrail the group that an account is in.
pub(super) type Profile = Vec<Option<usize>>;

/// The services that all classes treat alike share a row.
pub(super) fn heat(audit: &Audit) -> (Vec<ServiceRow>, Vec<Vec<Cell>>) {
    let mut rows = Table::new();
    let heat_of = audit
        .scope
        .services
        .iter()
        .enumerate()
        .map(|(at, service)| {
            let counts = |class: &PermissionClass| class.services.get(at).copied().unwrap_or_default();
            let total = audit.classes.first().map_or(0, |class| counts(class).total());
            let row: Vec<Cell> = audit.classes.iter().map(|class| Cell::of(&counts(class))).collect();
            // Numbers of a part mean the same share only of the same total.
            let of_total = if row.iter().any(|cell| matches!(cell, Cell::Mixed(..))) { total } else { 0 };
            ServiceRow(service.index(), total, rows.number((of_total, row)))
        })
        .collect();
    (heat_of, rows.into_values().into_iter().map(|(_, row)| row).collect())
}

/// For each node, and for each distinct list: the group of each guardrail. An account that no group names has no place
/// there.
pub(super) fn profiles(audit: &Audit) -> (Vec<Option<usize>>, Vec<Profile>) {
    let nodes = audit.organization.node_count();
    let mut of_node: Vec<Profile> = vec![Vec::new(); nodes];
    for &account in &audit.scope.accounts {
        if let Some(row) = of_node.get_mut(account.index()) {
            *row = vec![None; audit.guardrails.len()];
        }
    }
    for (number, report) in audit.guardrails.iter().enumerate() {
        for (place, group) in report.groups.iter().enumerate() {
            for account in &group.accounts {
                let row = of_node.get_mut(account.index());
                if let Some(slot) = row.and_then(|row| row.get_mut(number)) {
                    *slot = Some(place);
                }
            }
        }
    }
    let mut distinct = Table::new();
    let in_scope = |row: Profile| (!row.is_empty()).then_some(row);
    let numbers = of_node.into_iter().map(|row| in_scope(row).map(|row| distinct.number(row))).collect();
    (numbers, distinct.into_values())
}

pub(super) fn nodes<'a>(audit: &'a Audit, profile: &[Option<usize>], attached: &mut Table<Vec<usize>>) -> Nodes<'a> {
    let organization = &audit.organization;
    let mut class_of = vec![None; organization.node_count()];
    for (number, class) in audit.classes.iter().enumerate() {
        for account in &class.accounts {
            if let Some(slot) = class_of.get_mut(account.index()) {
                *slot = Some(number);
            }
        }
    }
    let mut nodes = Nodes { class: class_of, profile: profile.to_vec(), ..Nodes::default() };
    for (id, node) in organization.nodes() {
        nodes.id.push(node.target.as_str());
        nodes.name.push(node.name.as_deref());
        nodes.kind.push(match (&node.account, node.parent) {
            (Some(_), _) => 2,
            (None, Some(_)) => 1,
            (None, None) => 0,
        });
        nodes.parent.push(node.parent.map(NodeId::index));
        nodes.attached.push(attached.number(node.scps.iter().map(|policy| policy.index()).collect()));
        let mut remarks = Vec::new();
        if let Some(unreadable) = &node.unreadable {
            let error = unreadable.error.as_deref().map_or_else(String::new, |error| format!(": {error}"));
            remarks.push(format!(
                "Its attachments could not be read completely ({}{error}), so further policies may be attached",
                unreadable.operation
            ));
        }
        if node.place_unknown {
            remarks.push("Where it is in the tree could not be read: there may be OUs in between".to_owned());
        }
        if let Some(state) = node.account.as_ref().and_then(|account| account.state.as_ref())
            && state.as_str() != "ACTIVE"
        {
            remarks.push(format!("The account is {}", state.as_str()));
        }
        if !remarks.is_empty() {
            nodes.notes.insert(id.index(), remarks);
        }
    }
    nodes
}
