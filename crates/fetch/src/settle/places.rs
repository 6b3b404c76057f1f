//! Each account has one parent, each parent is in the tree, and the walk found what `ListAccounts` lists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use scproof_organization::{AccountRecord, OuRecord, RootRecord};
use tokio::sync::watch;

use super::{ROUNDS, Settled, inconsistent};
use crate::error::FetchError;
use crate::operation::Operation;
use crate::paging::some_of;
use crate::progress::NoteKind;
use crate::session::{CallError, Session};
use crate::walk::{Known, Refusals, Tree, walk};

/// What AWS says about the place of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Below(String),
    Gone,
    Denied(String),
}

/// Gives each account its place.
pub(super) async fn settle(
    session: &Session<'_>,
    root: &RootRecord,
    tree: &mut Tree,
    settled: &mut Settled,
    known: &watch::Sender<Known>,
) -> Result<(), FetchError> {
    gone_units(session, root, tree, known).await?;
    // Once asked, an answer stands: asking again would only find the next change.
    let mut asked: BTreeMap<String, Place> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let open: Vec<String> = tree.unsettled(root).filter(|id| !asked.contains_key(id)).collect();
        asked.extend(ask(session, open).await?);
        let parents: BTreeSet<String> = asked
            .values()
            .filter_map(|place| match place {
                Place::Below(parent) if *parent != root.id && !tree.units.contains_key(parent) => Some(parent.clone()),
                Place::Below(_) | Place::Gone | Place::Denied(_) => None,
            })
            .collect();
        if parents.is_empty() {
            place(session, root, tree, settled, &asked);
            return Ok(());
        }
        for parent in parents {
            discover(session, root, tree, parent, known).await?;
        }
    }
    inconsistent(vec!["units come and go while accounts are looked for".to_owned()])
}

/// Asks for the parents of items. If the first answers are refusals, the rest is not asked.
pub(super) async fn ask(session: &Session<'_>, items: Vec<String>) -> Result<BTreeMap<String, Place>, FetchError> {
    let refused = Mutex::new(Refusals::default());
    let lock = || refused.lock().unwrap_or_else(PoisonError::into_inner);
    let mut places = BTreeMap::new();
    let run = |item: String| async {
        let everywhere = lock().everywhere();
        if let Some(code) = everywhere {
            return Ok((item, Place::Denied(code)));
        }
        let parent = session.parent_of(&item).await;
        lock().count(&parent);
        match parent {
            Ok(parent) => Ok((item, Place::Below(parent))),
            Err(CallError::NotFound { .. }) => Ok((item, Place::Gone)),
            Err(CallError::Denied { code, .. }) => Ok((item, Place::Denied(code))),
            Err(error) => Err(error.fatal(Operation::ListParents, Some(&item))),
        }
    };
    session
        .work(items, run, |(item, place)| {
            places.insert(item, place);
            Vec::new()
        })
        .await?;
    Ok(places)
}

/// Units that were gone when their content was asked for: does the unit above still list them?
async fn gone_units(
    session: &Session<'_>,
    root: &RootRecord,
    tree: &mut Tree,
    known: &watch::Sender<Known>,
) -> Result<(), FetchError> {
    if tree.gone.contains(&root.id) {
        return inconsistent(vec![format!("AWS lists the root `{}` and does not find it", root.id)]);
    }
    let gone: Vec<String> = tree.gone.iter().filter(|id| tree.units.contains_key(*id)).cloned().collect();
    let (mut deleted, mut still_there) = (Vec::new(), Vec::new());
    for unit in gone {
        let Some(parent) = tree.units.get(&unit).map(|record| record.parent_id.clone()) else { continue };
        let listed = match session.list_units(&parent, true).await {
            Ok(units) => units.iter().any(|candidate| candidate.id == unit),
            Err(CallError::NotFound { .. }) => false,
            Err(error) => return Err(error.fatal(Operation::ListOrganizationalUnitsForParent, Some(&parent))),
        };
        if listed {
            still_there.push(unit);
        } else {
            remove_unit(tree, &unit);
            deleted.push(unit);
        }
    }
    if !deleted.is_empty() {
        let what = some_of(&deleted);
        session.note(NoteKind::Repaired, format!("deleted while reading, and left out: {what}"));
    }
    if still_there.is_empty() {
        return Ok(());
    }
    for unit in &still_there {
        tree.gone.remove(unit);
    }
    walk(session, tree, still_there.clone(), known).await?;
    still_there.retain(|unit| tree.gone.contains(unit));
    if still_there.is_empty() {
        return Ok(());
    }
    inconsistent(vec![format!("AWS both lists and does not find {}", some_of(&still_there))])
}

/// Takes a unit out of the tree with everything that was found below it.
pub(super) fn remove_unit(tree: &mut Tree, unit: &str) {
    let mut doomed = vec![unit.to_owned()];
    while let Some(unit) = doomed.pop() {
        tree.units.remove(&unit);
        doomed.extend(tree.units.values().filter(|below| below.parent_id == unit).map(|below| below.id.clone()));
        for parents in tree.accounts.values_mut() {
            parents.remove(&unit);
        }
    }
}

/// Finds the way from an unknown unit up to the tree, and reads what is below it.
pub(super) async fn discover(
    session: &Session<'_>,
    root: &RootRecord,
    tree: &mut Tree,
    unit: String,
    known: &watch::Sender<Known>,
) -> Result<(), FetchError> {
    let mut new = Vec::new();
    let mut unit = unit;
    while unit != root.id && !tree.units.contains_key(&unit) {
        let parent = match session.parent_of(&unit).await {
            Ok(parent) => parent,
            // The next round asks where its accounts are now.
            Err(CallError::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error.fatal(Operation::ListParents, Some(&unit))),
        };
        // The list below the parent has the name; where that may not be read, the unit stays without one.
        let record = match session.list_units(&parent, true).await {
            Ok(units) => units.into_iter().find(|candidate| candidate.id == unit),
            Err(CallError::Denied { .. } | CallError::NotFound { .. }) => None,
            Err(error) => return Err(error.fatal(Operation::ListOrganizationalUnitsForParent, Some(&parent))),
        };
        let bare = OuRecord { id: unit.clone(), parent_id: parent.clone(), ..OuRecord::default() };
        tree.units.insert(unit.clone(), record.unwrap_or(bare));
        new.push(unit);
        unit = parent;
    }
    if !new.is_empty() {
        session.note(NoteKind::Repaired, format!("not found by the walk, and added: {}", some_of(&new)));
    }
    walk(session, tree, new, known).await
}

impl Tree {
    /// Accounts whose place is in doubt.
    fn unsettled(&self, root: &RootRecord) -> impl Iterator<Item = String> {
        let walked = self.accounts.keys();
        let listed = self.listed.iter().flat_map(BTreeMap::keys);
        let all: BTreeSet<&String> = walked.chain(listed).collect();
        all.into_iter().filter(|id| !self.is_settled(root, id)).cloned()
    }

    fn is_settled(&self, root: &RootRecord, id: &str) -> bool {
        let Some(parents) = self.accounts.get(id) else { return false };
        let mut parents = parents.iter();
        let (Some((parent, walked)), None) = (parents.next(), parents.next()) else { return false };
        let listed = self.listed.as_ref().map(|listed| listed.get(id));
        let fits = |record: &AccountRecord| record.paths.iter().all(|path| parent_in(path, id) == Some(parent));
        let in_list = match listed {
            None => true,
            Some(None) => false,
            Some(Some(listed)) => fits(listed),
        };
        let parent_known = *parent == root.id || self.units.contains_key(parent);
        parent_known && in_list && fits(walked) && !self.gone.contains(id)
    }
}

/// The parent by AWS's own path of an account, `o-…/r-…/ou-…/ACCOUNT/` (ID-13, API-27).
fn parent_in<'p>(path: &'p str, account: &str) -> Option<&'p str> {
    let mut parts = path.trim_matches('/').rsplit('/');
    // The path of `aws:PrincipalOrgPaths` stops at the parent; should this one do so too, nothing has moved.
    parts.next().filter(|last| *last != account).or_else(|| parts.next())
}

/// Makes one record of each account.
fn place(
    session: &Session<'_>,
    root: &RootRecord,
    tree: &Tree,
    settled: &mut Settled,
    asked: &BTreeMap<String, Place>,
) {
    let (mut moved, mut left) = (Vec::new(), Vec::new());
    let listed = tree.listed.iter().flat_map(BTreeMap::keys);
    let all: BTreeSet<&String> = tree.accounts.keys().chain(listed).collect();
    for id in all {
        let walked = tree.accounts.get(id);
        let only = walked.filter(|parents| parents.len() == 1).and_then(|parents| parents.values().next());
        let any = only
            .or_else(|| walked.and_then(|parents| parents.values().next()))
            .or_else(|| tree.listed.as_ref().and_then(|listed| listed.get(id)));
        let Some(any) = any else { continue };
        match asked.get(id) {
            None => {
                settled.accounts.insert(id.clone(), any.clone());
            }
            Some(Place::Below(parent)) => {
                let record = walked.and_then(|parents| parents.get(parent)).unwrap_or(any);
                if walked.is_none_or(|parents| parents.len() != 1 || !parents.contains_key(parent)) {
                    moved.push(id.clone());
                }
                settled.accounts.insert(id.clone(), placed(record, parent));
            }
            Some(Place::Gone) => left.push(id.clone()),
            Some(Place::Denied(code)) => match only {
                // Found in one place, and nothing better is known.
                Some(record) if !tree.gone.contains(id) => {
                    settled.accounts.insert(id.clone(), placed(record, &record.parent_id.clone()));
                }
                _ => {
                    settled.accounts.insert(id.clone(), placed(any, &root.id));
                    settled.unplaced.insert(id.clone(), code.clone());
                }
            },
        }
    }
    let hidden = tree.denied.keys().any(|(operation, _)| {
        matches!(operation, Operation::ListAccountsForParent | Operation::ListOrganizationalUnitsForParent)
    });
    if !moved.is_empty() {
        let why = if hidden { "not found by the walk" } else { "moved or new while reading" };
        session.note(NoteKind::Repaired, format!("{why}, and placed with ListParents: {}", some_of(&moved)));
    }
    if !left.is_empty() {
        let what = some_of(&left);
        session.note(NoteKind::Repaired, format!("left the organization while it was read, and left out: {what}"));
    }
}

/// An account below a parent. AWS's own path is kept only if it says the same: it may be from before a move.
pub(super) fn placed(record: &AccountRecord, parent: &str) -> AccountRecord {
    let mut record = record.clone();
    parent.clone_into(&mut record.parent_id);
    record.paths.retain(|path| parent_in(path, &record.id) == Some(parent));
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_27_the_parent_in_a_path() {
        for path in ["o-1/r-1/ou-1/222222222222/", "/o-1/r-1/ou-1/222222222222", "o-1/r-1/ou-1/"] {
            assert_eq!(parent_in(path, "222222222222"), Some("ou-1"), "{path}");
        }
        assert_eq!(parent_in("222222222222", "222222222222"), None);
    }
}
