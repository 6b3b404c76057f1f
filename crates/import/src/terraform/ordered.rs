//! Changes in an order in which they can be made.
//!
//! A plan has no order beyond what depends on what, and Terraform makes what it can side by side. Here what is new
//! comes first and what only goes comes last, so that no guardrail is missing on the way unless the plan says so: what
//! is deleted before it is created again is.

use rustc_hash::{FxHashMap, FxHashSet};
use scproof_organization::{Change, ChangeSet, Organization, PolicyId, Target};

/// When a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Types,
    Units,
    Accounts,
    Policies,
    Update,
    Attach,
    Moves,
    Places,
    DetachFirst,
    DeleteFirst,
    CreateAgain,
    AttachAgain,
    Detach,
    Delete,
}

#[derive(Debug, Default)]
pub(super) struct Ordered {
    changes: Vec<(Phase, Change, String)>,
    policies: FxHashMap<usize, PolicyId>,
    taken: u32,
}

impl Ordered {
    pub(super) fn push(&mut self, phase: Phase, change: Change, address: &str) {
        self.changes.push((phase, change, address.to_owned()));
    }

    /// Gives a new policy an id that nothing has.
    pub(super) fn name_policy(&mut self, index: usize, number: u32, organization: &Organization) {
        self.taken = self.taken.max(number);
        while let Ok(id) = PolicyId::parse(&format!("p-new{:07}", self.taken)) {
            self.taken += 1;
            if organization.find_policy(&id).is_none() {
                self.policies.insert(index, id);
                return;
            }
        }
    }

    /// The id of a new policy.
    pub(super) fn new_policy(&self, index: usize) -> Option<PolicyId> {
        self.policies.get(&index).cloned()
    }

    /// The changes and their addresses.
    pub(super) fn finish(self) -> (ChangeSet, Vec<String>) {
        let mut changes = self.changes;
        changes.sort_by_key(|(phase, ..)| *phase);
        let changes = parents_first(changes);
        let (mut set, mut addresses) = (ChangeSet::default(), Vec::new());
        for (_, change, address) in changes {
            set.push(change);
            addresses.push(address);
        }
        (set, addresses)
    }
}

/// New units after the new units that they are in.
fn parents_first(changes: Vec<(Phase, Change, String)>) -> Vec<(Phase, Change, String)> {
    let target = |change: &Change| {
        let Change::CreateOrganizationalUnit { id, .. } = change else { return None };
        Some(Target::Ou(id.clone()))
    };
    let mut waiting: FxHashSet<Target> = changes.iter().filter_map(|(_, change, _)| target(change)).collect();
    let (mut ordered, mut left) = (Vec::with_capacity(changes.len()), changes);
    while !left.is_empty() {
        let before = left.len();
        let mut later = Vec::new();
        for item in left {
            let waits = matches!(&item.1, Change::CreateOrganizationalUnit { parent, .. } if waiting.contains(parent));
            if waits {
                later.push(item);
            } else {
                if let Some(made) = target(&item.1) {
                    waiting.remove(&made);
                }
                ordered.push(item);
            }
        }
        if later.len() == before {
            // Units in each other: AWS refuses that, and so does the prediction.
            ordered.extend(later);
            break;
        }
        left = later;
    }
    ordered.sort_by_key(|(phase, ..)| *phase);
    ordered
}
