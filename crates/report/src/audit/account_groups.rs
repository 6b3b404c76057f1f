//! Accounts that nothing in a report tells apart: what machine formats name in place of thousands of ids.

use std::collections::HashMap;
use std::fmt;

use scproof_organization::NodeId;
use serde::{Serialize, Serializer};

use super::AuditReport;

/// The name of a group within its report: that of its permission class, with a number where the class has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AccountGroup<'a> {
    /// The place of the class; names are in its order.
    place: usize,
    class: &'a str,
    /// From 1, in the order of the first accounts; 0 if it is the only group of its class.
    number: usize,
}

impl fmt::Display for AccountGroup<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            0 => formatter.write_str(self.class),
            number => write!(formatter, "{}.{number}", self.class),
        }
    }
}

impl Serialize for AccountGroup<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Each account in scope in one group. Every list of accounts of the report is made of whole groups.
#[derive(Debug, Clone)]
pub(crate) struct AccountGroups<'a> {
    /// By the index of the node.
    of_nodes: Vec<Option<AccountGroup<'a>>>,
    /// Each with its accounts, in the order of the snapshot.
    groups: Vec<(AccountGroup<'a>, Vec<NodeId>)>,
}

impl<'a> AccountGroups<'a> {
    /// Splits the classes by every list of accounts; `more` are lists that are not part of the audit.
    pub(crate) fn new(report: &AuditReport<'a>, more: &[&[NodeId]]) -> Self {
        let audit = report.audit;
        let mut cells = Cells { of_nodes: vec![0; report.organization().node_count()], next: 1 };
        for class in &audit.classes {
            cells.split(&class.accounts);
        }
        let root_callers = audit.root_callers.iter().flat_map(|caller| &caller.groups).map(|group| &group.accounts);
        let guardrails = audit.guardrails.iter().flat_map(|found| &found.groups).map(|group| &group.accounts);
        let suppressed = audit.suppressed.iter().map(|suppressed| &suppressed.finding);
        let findings = audit.findings.iter().chain(suppressed).map(|finding| &finding.accounts);
        for list in root_callers.chain(guardrails).chain(findings) {
            cells.split(list);
        }
        for list in more {
            cells.split(list);
        }
        let mut groups = Vec::new();
        for (place, class) in audit.classes.iter().enumerate() {
            let mut slots: HashMap<usize, usize> = HashMap::default();
            let mut lists: Vec<Vec<NodeId>> = Vec::new();
            for &account in &class.accounts {
                let cell = cells.of_nodes.get(account.index()).copied().unwrap_or_default();
                let slot = *slots.entry(cell).or_insert(lists.len());
                match lists.get_mut(slot) {
                    Some(list) => list.push(account),
                    None => lists.push(vec![account]),
                }
            }
            let is_only = lists.len() == 1;
            groups.extend(lists.into_iter().enumerate().map(|(number, accounts)| {
                let number = if is_only { 0 } else { number + 1 };
                (AccountGroup { place, class: &class.name, number }, accounts)
            }));
        }
        let mut of_nodes = vec![None; report.organization().node_count()];
        for (group, accounts) in &groups {
            for account in accounts {
                of_nodes.get_mut(account.index()).into_iter().for_each(|slot| *slot = Some(*group));
            }
        }
        Self { of_nodes, groups }
    }

    /// The group of an account in scope.
    pub(crate) fn of(&self, account: NodeId) -> Option<AccountGroup<'a>> {
        self.of_nodes.get(account.index()).copied().flatten()
    }

    /// The groups that a list of the report is made of.
    pub(crate) fn of_list(&self, accounts: &[NodeId]) -> Vec<AccountGroup<'a>> {
        let mut groups: Vec<AccountGroup<'a>> = accounts.iter().filter_map(|&account| self.of(account)).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// All of them with their accounts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(AccountGroup<'a>, Vec<NodeId>)> {
        self.groups.iter()
    }
}

/// A partition of the nodes that lists refine one after the other.
struct Cells {
    of_nodes: Vec<usize>,
    next: usize,
}

impl Cells {
    /// Parts what is in a list from what is not, at the cost of the list.
    fn split(&mut self, list: &[NodeId]) {
        let mut moved: HashMap<usize, usize> = HashMap::default();
        for account in list {
            let Some(cell) = self.of_nodes.get_mut(account.index()) else { continue };
            let next = &mut self.next;
            *cell = *moved.entry(*cell).or_insert_with(|| {
                *next += 1;
                *next
            });
        }
    }
}
