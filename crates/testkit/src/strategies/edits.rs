//! Changes of snapshots that keep them loadable.

use proptest::prelude::*;
use scproof_organization::{AttachmentRecord, Inventory};

/// A change of a snapshot; numbers stand for items that it has.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Detaches something.
    Detach(usize),
    /// Attaches a policy to a target.
    Attach(usize, usize),
    /// Replaces the text of a policy.
    Replace(usize, String),
    /// Puts an account elsewhere.
    Move(usize, usize),
}

/// A change; new texts are documents of this kind.
pub fn edit(document: BoxedStrategy<String>) -> BoxedStrategy<Edit> {
    prop_oneof![
        2 => any::<usize>().prop_map(Edit::Detach),
        6 => (any::<usize>(), any::<usize>()).prop_map(|(policy, target)| Edit::Attach(policy, target)),
        6 => (any::<usize>(), document).prop_map(|(policy, text)| Edit::Replace(policy, text)),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(account, parent)| Edit::Move(account, parent)),
    ]
    .boxed()
}

impl Edit {
    /// The snapshot after the change.
    pub fn apply(&self, mut inventory: Inventory) -> Inventory {
        match self {
            Self::Detach(index) => {
                let count = inventory.attachments.len().max(1);
                let mut place = 0..;
                inventory.attachments.retain(|_| place.next() != Some(index % count));
            }
            Self::Attach(policy, target) => {
                let policies: Vec<String> = inventory.policies.iter().map(|policy| policy.id.clone()).collect();
                let targets: Vec<String> = containers(&inventory)
                    .into_iter()
                    .chain(inventory.accounts.iter().map(|account| account.id.clone()))
                    .collect();
                if let (Some(policy), Some(target)) = (pick(&policies, *policy), pick(&targets, *target)) {
                    let new = AttachmentRecord { target_id: target.clone(), policy_id: policy.clone() };
                    if !inventory.attachments.contains(&new) {
                        inventory.attachments.push(new);
                    }
                }
            }
            Self::Replace(policy, text) => {
                let count = inventory.policies.len().max(1);
                if let Some(policy) = inventory.policies.get_mut(policy % count) {
                    policy.content = Some(text.clone());
                }
            }
            Self::Move(account, parent) => {
                let containers = containers(&inventory);
                let count = inventory.accounts.len().max(1);
                if let (Some(account), Some(parent)) =
                    (inventory.accounts.get_mut(account % count), pick(&containers, *parent))
                {
                    account.parent_id.clone_from(parent);
                }
            }
        }
        inventory
    }
}

/// The snapshot after all changes.
pub fn edited(inventory: &Inventory, edits: &[Edit]) -> Inventory {
    edits.iter().fold(inventory.clone(), |inventory, edit| edit.apply(inventory))
}

fn containers(inventory: &Inventory) -> Vec<String> {
    let roots = inventory.roots.iter().map(|root| root.id.clone());
    roots.chain(inventory.organizational_units.iter().map(|unit| unit.id.clone())).collect()
}

fn pick(items: &[String], number: usize) -> Option<&String> {
    items.get(number % items.len().max(1))
}
