//! Names where a snapshot written by hand should have ids: understood where they are unique.
//!
//! What is an id is taken as one, whether or not it is in the snapshot, so that no answer rests on a name that looks
//! like an id. A name that several items have stays, and is then told as a reference that leads nowhere.

use rustc_hash::FxHashMap;

use crate::id::{PolicyId, Target};
use crate::inventory::Inventory;

/// What a name stands for, if it is one item; none for several.
type Named = FxHashMap<String, Option<String>>;

/// Puts the ids of items in the place of their names: in `ParentId`, in attachments, and in what could not be read.
///
/// Linear; nothing is looked up where all references are ids.
pub(crate) fn to_ids(inventory: &mut Inventory) {
    let is_target = |text: &str| Target::parse(text).is_ok();
    let is_policy = |text: &str| PolicyId::parse(text).is_ok();
    let units = inventory.organizational_units.iter().map(|unit| &unit.parent_id);
    let accounts = inventory.accounts.iter().map(|account| &account.parent_id);
    let attachments = inventory.attachments.iter();
    let has_names = units.chain(accounts).any(|parent| !is_target(parent))
        || attachments.clone().any(|entry| !is_target(&entry.target_id) || !is_policy(&entry.policy_id))
        || inventory.unreadable.iter().filter_map(|entry| entry.target_id.as_deref()).any(|id| !is_target(id));
    if !has_names {
        return;
    }
    let (parents, targets, policies) = (parents(inventory), targets(inventory), policies(inventory));
    let put = |text: &mut String, named: &Named| {
        if let Some(Some(id)) = named.get(text.as_str()) {
            text.clone_from(id);
        }
    };
    let units = inventory.organizational_units.iter_mut().map(|unit| &mut unit.parent_id);
    let accounts = inventory.accounts.iter_mut().map(|account| &mut account.parent_id);
    units.chain(accounts).filter(|parent| !is_target(parent)).for_each(|parent| put(parent, &parents));
    for attachment in &mut inventory.attachments {
        if !is_target(&attachment.target_id) {
            put(&mut attachment.target_id, &targets);
        }
        if !is_policy(&attachment.policy_id) {
            put(&mut attachment.policy_id, &policies);
        }
    }
    for entry in &mut inventory.unreadable {
        let is_about_policy = matches!(entry.operation.as_str(), "ListTargetsForPolicy" | "DescribePolicy");
        if let Some(id) = entry.target_id.as_mut().filter(|id| !is_target(id) && !is_policy(id)) {
            put(id, if is_about_policy { &policies } else { &targets });
        }
    }
}

/// How many targets, or policies, of the snapshot have a name.
pub(crate) fn count(inventory: &Inventory, name: &str, of_policies: bool) -> usize {
    if of_policies {
        return inventory.policies.iter().filter(|policy| policy.name.as_deref() == Some(name)).count();
    }
    containers(inventory).chain(accounts(inventory)).filter(|(_, other)| *other == name).count()
}

fn containers(inventory: &Inventory) -> impl Iterator<Item = (&str, &str)> {
    let roots = inventory.roots.iter().filter_map(|root| Some((root.id.as_str(), root.name.as_deref()?)));
    let units =
        inventory.organizational_units.iter().filter_map(|unit| Some((unit.id.as_str(), unit.name.as_deref()?)));
    roots.chain(units)
}

fn accounts(inventory: &Inventory) -> impl Iterator<Item = (&str, &str)> {
    inventory.accounts.iter().filter_map(|account| Some((account.id.as_str(), account.name.as_deref()?)))
}

fn parents(inventory: &Inventory) -> Named {
    collected(containers(inventory))
}

fn targets(inventory: &Inventory) -> Named {
    collected(containers(inventory).chain(accounts(inventory)))
}

fn policies(inventory: &Inventory) -> Named {
    let named = inventory.policies.iter().filter_map(|policy| Some((policy.id.as_str(), policy.name.as_deref()?)));
    collected(named)
}

fn collected<'a>(items: impl Iterator<Item = (&'a str, &'a str)>) -> Named {
    let mut named = Named::default();
    for (id, name) in items {
        let same = |known: Option<String>| known.filter(|known| known == id);
        match named.get_mut(name) {
            None => {
                named.insert(name.to_owned(), Some(id.to_owned()));
            }
            Some(known) => *known = same(known.take()),
        }
    }
    named
}
