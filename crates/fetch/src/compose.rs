//! From what was read and settled to the snapshot.

use std::collections::BTreeSet;

use scproof_organization::{AttachmentRecord, Inventory, OrganizationRecord, RootRecord, UnreadableRecord};

use crate::api::SCP;
use crate::operation::Operation;
use crate::paging::some_of;
use crate::policies::Policies;
use crate::progress::NoteKind;
use crate::session::Session;
use crate::settle::Settled;
use crate::walk::Tree;

/// Puts the snapshot together. What was not allowed becomes an entry of `Unreadable` (API-42).
pub(crate) fn compose(
    session: &Session<'_>,
    organization: OrganizationRecord,
    root: RootRecord,
    tree: Tree,
    policies: Policies,
    settled: Settled,
) -> Inventory {
    let mut inventory = Inventory::new(organization);
    let mut unreadable = Vec::new();
    let everything_placed = tree.listed.is_some() && settled.unplaced.is_empty();
    for ((operation, item), code) in &tree.denied {
        if *operation == Operation::ListAccountsForParent && everything_placed {
            // ListAccounts had the accounts and ListParents their places: nothing is missing.
            continue;
        }
        unreadable.push(entry(*operation, item, None, code));
    }
    for (account, code) in &settled.unplaced {
        unreadable.push(entry(Operation::ListParents, account, None, code));
    }
    for ((operation, item, policy_type), code) in &policies.denied {
        // For SCPs the type goes without saying.
        let policy_type = Some(*policy_type).filter(|name| !name.is_empty() && *name != SCP);
        unreadable.push(entry(*operation, item, policy_type, code));
    }

    let mut tags = tree.tags;
    inventory.accounts = settled.accounts.into_values().collect();
    for account in &mut inventory.accounts {
        account.tags = tags.remove(&account.id).unwrap_or_default();
    }
    inventory.organizational_units = tree.units.into_values().collect();
    inventory.attachments = policies
        .attachments
        .into_iter()
        .map(|(target_id, policy_id)| AttachmentRecord { target_id, policy_id })
        .collect();
    inventory.policies = policies.records.into_values().collect();
    inventory.roots = vec![root];

    // An entry about an item that has left meanwhile says nothing any more.
    let present: BTreeSet<&str> = inventory
        .roots
        .iter()
        .map(|root| root.id.as_str())
        .chain(inventory.organizational_units.iter().map(|unit| unit.id.as_str()))
        .chain(inventory.accounts.iter().map(|account| account.id.as_str()))
        .chain(inventory.policies.iter().map(|policy| policy.id.as_str()))
        .collect();
    unreadable.retain(|entry| entry.target_id.as_deref().is_none_or(|id| present.contains(id)));
    warn(session, &unreadable);
    inventory.unreadable = unreadable;
    inventory
}

fn entry(operation: Operation, item: &str, policy_type: Option<&str>, code: &str) -> UnreadableRecord {
    UnreadableRecord {
        target_id: Some(item.to_owned()).filter(|item| !item.is_empty()),
        operation: operation.as_str().to_owned(),
        policy_type: policy_type.map(str::to_owned),
        error: Some(code.to_owned()),
    }
}

/// One warning an operation, with the permission that is missing.
fn warn(session: &Session<'_>, unreadable: &[UnreadableRecord]) {
    for operation in Operation::ALL {
        let entries: Vec<&UnreadableRecord> =
            unreadable.iter().filter(|entry| entry.operation == operation.as_str()).collect();
        let Some(code) = entries.first().and_then(|entry| entry.error.as_deref()) else { continue };
        // A target has an entry for each policy type.
        let items: BTreeSet<&String> = entries.iter().filter_map(|entry| entry.target_id.as_ref()).collect();
        let items: Vec<String> = items.into_iter().cloned().collect();
        let about = if items.is_empty() { String::new() } else { format!(" for {}", some_of(&items)) };
        session.note(
            NoteKind::Warning,
            format!(
                "`{operation}`{about} is not allowed ({code}), so that part is unknown in the snapshot; allow `{}`",
                operation.permission()
            ),
        );
    }
}
