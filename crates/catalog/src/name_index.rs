//! Finding an action by its full name in any case.

use crate::id::ActionId;
use crate::table::{ActionLine, Table};

/// A hash table from full names to actions.
///
/// PERF: halving the services and then the names takes 150 ns and this some 60 ns, which counts because the lookup
/// stands before every decision on a request given as text; building it pays for itself after 8,000 lookups.
#[derive(Debug)]
pub(crate) struct NameIndex {
    /// The number of an action plus one, or 0; a name is at the first free slot from where its hash points.
    slots: Vec<u32>,
}

impl NameIndex {
    pub(crate) fn build(table: &Table) -> Self {
        // At most half full, so that a search for an absent name soon meets a free slot.
        let capacity = table.actions.len().saturating_mul(2).next_power_of_two();
        let mut index = Self { slots: vec![0; capacity] };
        for (number, row) in (1..).zip(&table.actions) {
            let hash = hash(prefix(table, *row), table.action_lower_name(*row));
            let free = index.probe(hash).find(|at| index.slots.get(*at) == Some(&0));
            if let Some(slot) = free.and_then(|at| index.slots.get_mut(at)) {
                *slot = number;
            }
        }
        index
    }

    pub(crate) fn find(&self, table: &Table, service: &str, name: &str) -> Option<ActionId> {
        for at in self.probe(hash(service, name)) {
            let number = self.slots.get(at)?.checked_sub(1)?;
            let row = table.actions.get(number as usize)?;
            let same_name = table.action_lower_name(*row).eq_ignore_ascii_case(name);
            if same_name && prefix(table, *row).eq_ignore_ascii_case(service) {
                return Some(ActionId(number));
            }
        }
        None
    }

    /// The slots in the order in which a name with this hash tries them.
    fn probe(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len().saturating_sub(1);
        // The high bits of a product are the well mixed ones.
        let first = usize::try_from(hash >> 32).unwrap_or_default();
        (0..=mask).map(move |step| first.wrapping_add(step) & mask)
    }
}

fn prefix(table: &Table, row: ActionLine) -> &'static str {
    table.services.get(usize::from(row.service())).map_or("", |service| service.prefix)
}

/// A hash that does not tell upper from lower case. It also takes a few signs for others, which the comparison of the
/// names puts right.
fn hash(service: &str, name: &str) -> u64 {
    let mut state = 0;
    for text in [service, name] {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            state = mix(state, u64::from_le_bytes(*word));
        }
        let last = rest.iter().fold(0, |last, byte| last << 8 | u64::from(*byte));
        state = mix(state, last);
    }
    state
}

fn mix(state: u64, word: u64) -> u64 {
    const LOWER: u64 = u64::from_ne_bytes([0x20; 8]);
    // An odd number with its bits evenly spread: 2^64 divided by the golden ratio.
    (state.rotate_left(23) ^ (word | LOWER)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
