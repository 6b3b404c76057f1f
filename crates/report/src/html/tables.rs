//! What many places of a page share stands once, and is named by its number.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use scproof_organization::{NodeId, Organization};

/// Values by number, each once.
#[derive(Debug)]
pub(super) struct Table<T> {
    numbers: BTreeMap<T, usize>,
    values: Vec<T>,
}

impl<T: Ord + Clone> Table<T> {
    pub(super) fn new() -> Self {
        Self { numbers: BTreeMap::new(), values: Vec::new() }
    }

    pub(super) fn number(&mut self, value: T) -> usize {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = self.values.len();
        self.numbers.insert(value.clone(), number);
        self.values.push(value);
        number
    }

    pub(super) fn into_values(self) -> Vec<T> {
        self.values
    }
}

/// The accounts by their number in the order of the tree, so that those of a unit follow each other.
#[derive(Debug)]
pub(super) struct Ordinals {
    of_node: Vec<Option<usize>>,
}

impl Ordinals {
    pub(super) fn new(organization: &Organization) -> Self {
        let mut next = 0;
        let of_node = organization
            .nodes()
            .map(|(_, node)| {
                node.account.as_ref().map(|_| {
                    next += 1;
                    next - 1
                })
            })
            .collect();
        Self { of_node }
    }

    pub(super) fn of(&self, account: NodeId) -> Option<usize> {
        self.of_node.get(account.index()).copied().flatten()
    }

    /// Accounts as runs: how many to leave out, how many to take, and so on.
    pub(super) fn runs(&self, accounts: &[NodeId]) -> Vec<usize> {
        let ordinals: BTreeSet<usize> = accounts.iter().filter_map(|&account| self.of(account)).collect();
        let mut runs = Vec::new();
        let (mut end, mut length) = (0, 0);
        for ordinal in ordinals {
            if length > 0 && ordinal == end {
                length += 1;
            } else {
                if length > 0 {
                    runs.push(length);
                }
                runs.push(ordinal - end);
                length = 1;
            }
            end = ordinal + 1;
        }
        if length > 0 {
            runs.push(length);
        }
        runs
    }
}
