//! The policies are still the same, what they are attached to exists, and every target has its SCPs.

use std::collections::{BTreeMap, BTreeSet};

use scproof_organization::RootRecord;
use scproof_policy_parser::{QuotaName, Quotas};
use tokio::sync::watch;

use super::places::{Place, ask, discover, placed, remove_unit};
use super::{ROUNDS, Settled, inconsistent};
use crate::api::SCP;
use crate::error::FetchError;
use crate::estimate::PAGE;
use crate::operation::Operation;
use crate::options::AttachmentsBy;
use crate::paging::some_of;
use crate::policies::Policies;
use crate::progress::NoteKind;
use crate::session::{CallError, Session};
use crate::walk::{Known, Tree};

/// Reads the lists of policies again, and what they show to have changed.
pub(super) async fn settle_policies(
    session: &Session<'_>,
    types: &[&'static str],
    policies: &mut Policies,
) -> Result<(), FetchError> {
    for round in 0..ROUNDS {
        let mut again = BTreeSet::new();
        let mut removed = Vec::new();
        for &policy_type in types {
            if policies.denied.contains_key(&(Operation::ListPolicies, String::new(), policy_type)) {
                continue;
            }
            let list = session
                .list_policies(policy_type, true)
                .await
                .map_err(|error| error.fatal(Operation::ListPolicies, None))?;
            let now: BTreeMap<&str, _> = list.iter().map(|policy| (policy.id.as_str(), policy)).collect();
            for (id, record) in policies.records.iter().filter(|(_, record)| record.policy_type == policy_type) {
                match now.get(id.as_str()) {
                    None => removed.push(id.clone()),
                    Some(now)
                        if now.name != record.name
                            || now.description != record.description
                            || policies.gone.contains(id) =>
                    {
                        again.insert(id.clone());
                    }
                    Some(_) => {}
                }
            }
            let new = list.into_iter().filter(|policy| !policies.records.contains_key(&policy.id)).collect::<Vec<_>>();
            for policy in new {
                again.insert(policy.id.clone());
                policies.records.insert(policy.id.clone(), policy);
            }
        }
        if !removed.is_empty() {
            for id in &removed {
                policies.remove(id);
            }
            let what = some_of(&removed);
            session.note(NoteKind::Repaired, format!("deleted while reading, and left out: {what}"));
        }
        if again.is_empty() {
            return Ok(());
        }
        let again: Vec<String> = again.into_iter().collect();
        if round + 1 == ROUNDS {
            return inconsistent(vec![format!("AWS both lists and does not find {}", some_of(&again))]);
        }
        session.note(NoteKind::Repaired, format!("new or changed while reading, and read again: {}", some_of(&again)));
        policies.read_again(session, again).await?;
    }
    Ok(())
}

/// Checks targets: each exists, and each has between one SCP and as many as AWS allows.
pub(super) async fn settle_targets(
    session: &Session<'_>,
    root: &RootRecord,
    types: &[&'static str],
    tree: &mut Tree,
    policies: &mut Policies,
    settled: &mut Settled,
    known: &watch::Sender<Known>,
) -> Result<(), FetchError> {
    gone_targets(session, types, tree, policies, settled).await?;
    let mut unread = new_targets(session, root, tree, policies, settled, known).await?;
    if policies.by == AttachmentsBy::Target {
        // Also what was found after the targets had been asked.
        let nodes = tree.units.keys().chain(settled.accounts.keys());
        let denied = |id: &String| policies.denied.keys().any(|(_, item, _)| item == id);
        unread.extend(nodes.filter(|id| !policies.asked.contains(*id) && !denied(id)).cloned());
        unread.sort();
        unread.dedup();
    }
    if !unread.is_empty() {
        policies.read_targets(session, unread, types).await?;
    }
    implausible_targets(session, root, types, tree, policies, settled).await?;

    // Reading anew may have brought policies that were made since.
    let unknown: BTreeSet<String> = policies
        .attachments
        .iter()
        .filter(|(_, policy)| !policies.records.contains_key(policy))
        .map(|(_, policy)| policy.clone())
        .collect();
    if !unknown.is_empty() {
        settle_policies(session, types, policies).await?;
    }
    let is_target = |id: &str| id == root.id || tree.units.contains_key(id) || settled.accounts.contains_key(id);
    let dangling: Vec<String> = policies
        .attachments
        .iter()
        .filter(|(target, policy)| !is_target(target) || !policies.records.contains_key(policy))
        .map(|(target, policy)| format!("`{policy}` is attached to `{target}`, and one of them is not there"))
        .collect();
    if dangling.is_empty() { Ok(()) } else { inconsistent(dangling.into_iter().take(10).collect()) }
}

/// Targets that were gone when their policies were asked for.
async fn gone_targets(
    session: &Session<'_>,
    types: &[&'static str],
    tree: &mut Tree,
    policies: &mut Policies,
    settled: &mut Settled,
) -> Result<(), FetchError> {
    let present = |id: &String| tree.units.contains_key(id) || settled.accounts.contains_key(id);
    let gone: Vec<String> = policies.gone.iter().filter(|id| present(id)).cloned().collect();
    let (mut left, mut there) = (Vec::new(), Vec::new());
    for (target, place) in ask(session, gone).await? {
        if place == Place::Gone { left.push(target) } else { there.push(target) }
    }
    for target in &left {
        settled.accounts.remove(target);
        settled.unplaced.remove(target);
        remove_unit(tree, target);
    }
    if !left.is_empty() {
        let what = some_of(&left);
        session.note(NoteKind::Repaired, format!("deleted while reading, and left out: {what}"));
        policies.attachments.retain(|(target, _)| !left.contains(target));
        let lost: Vec<String> = settled
            .accounts
            .values()
            .filter(|account| left.contains(&account.parent_id))
            .map(|account| format!("`{}` is in a unit that was just deleted", account.id))
            .collect();
        if !lost.is_empty() {
            return inconsistent(lost.into_iter().take(10).collect());
        }
    }
    for target in &there {
        policies.gone.remove(target);
    }
    if there.is_empty() {
        return Ok(());
    }
    policies.read_targets(session, there.clone(), types).await?;
    let contradicting: Vec<String> = there.into_iter().filter(|target| policies.gone.contains(target)).collect();
    if contradicting.is_empty() {
        return Ok(());
    }
    inconsistent(vec![format!("AWS both lists and does not find {}", some_of(&contradicting))])
}

/// Targets that the walk has not found: made while reading, or gone again. Gives those that are new in the tree.
async fn new_targets(
    session: &Session<'_>,
    root: &RootRecord,
    tree: &mut Tree,
    policies: &mut Policies,
    settled: &mut Settled,
    known: &watch::Sender<Known>,
) -> Result<Vec<String>, FetchError> {
    let is_target = |id: &String| *id == root.id || tree.units.contains_key(id) || settled.accounts.contains_key(id);
    let unknown: BTreeSet<String> =
        policies.attachments.iter().map(|(target, _)| target).filter(|id| !is_target(id)).cloned().collect();
    let (mut new, mut gone) = (Vec::new(), BTreeSet::new());
    for (target, place) in ask(session, unknown.into_iter().collect()).await? {
        match place {
            Place::Below(parent) => {
                if target.starts_with("ou-") {
                    discover(session, root, tree, target.clone(), known).await?;
                    take_accounts(tree, settled, &mut new);
                } else {
                    if parent != root.id && !tree.units.contains_key(&parent) {
                        discover(session, root, tree, parent.clone(), known).await?;
                        take_accounts(tree, settled, &mut new);
                    }
                    add_account(session, settled, &target, &parent).await?;
                }
                new.push(target);
            }
            Place::Gone => {
                gone.insert(target);
            }
            Place::Denied(_) => {
                return inconsistent(vec![format!(
                    "policies are attached to `{target}`, which no list has; allow `{}` to find it",
                    Operation::ListParents.permission()
                )]);
            }
        }
    }
    policies.attachments.retain(|(target, _)| !gone.contains(target));
    if !gone.is_empty() {
        let gone: Vec<String> = gone.into_iter().collect();
        let what = some_of(&gone);
        session.note(NoteKind::Repaired, format!("deleted while reading, and left out: {what}"));
    }
    if !new.is_empty() {
        session.note(NoteKind::Repaired, format!("new while reading, and added: {}", some_of(&new)));
    }
    Ok(new)
}

/// The accounts that a discovered unit has brought.
fn take_accounts(tree: &Tree, settled: &mut Settled, new: &mut Vec<String>) {
    for (id, parents) in &tree.accounts {
        if let Some((parent, record)) = parents.iter().next()
            && !settled.accounts.contains_key(id)
        {
            settled.accounts.insert(id.clone(), placed(record, parent));
            new.push(id.clone());
        }
    }
}

async fn add_account(
    session: &Session<'_>,
    settled: &mut Settled,
    account: &str,
    parent: &str,
) -> Result<(), FetchError> {
    if settled.accounts.contains_key(account) {
        return Ok(());
    }
    let below = session.list_accounts_below(parent, true).await;
    let record = match below {
        Ok(accounts) => accounts.into_iter().find(|candidate| candidate.id == account),
        Err(CallError::Denied { .. } | CallError::NotFound { .. }) => None,
        Err(error) => return Err(error.fatal(Operation::ListAccountsForParent, Some(parent))),
    };
    let bare = scproof_organization::AccountRecord { id: account.to_owned(), ..Default::default() };
    settled.accounts.insert(account.to_owned(), placed(&record.unwrap_or(bare), parent));
    Ok(())
}

/// Targets without an SCP or RCP although the type is enabled, or with more SCPs than AWS allows: neither can be
/// (EVAL-13, LIM-4), so they were read at two times.
async fn implausible_targets(
    session: &Session<'_>,
    root: &RootRecord,
    types: &[&'static str],
    tree: &Tree,
    policies: &mut Policies,
    settled: &Settled,
) -> Result<(), FetchError> {
    let is_enabled = |name: &str| {
        root.policy_types.iter().flatten().any(|entry| entry.policy_type == name && entry.status == "ENABLED")
    };
    let enabled: Vec<&'static str> = types.iter().copied().filter(|name| is_enabled(name)).collect();
    let nodes: Vec<&String> = [&root.id].into_iter().chain(tree.units.keys()).chain(settled.accounts.keys()).collect();
    let implausible: BTreeSet<String> =
        enabled.iter().flat_map(|name| policies.implausible(&nodes, name)).map(|(target, _)| target).collect();
    let again: Vec<String> = implausible.into_iter().collect();
    if again.is_empty() {
        return Ok(());
    }
    session.note(
        NoteKind::Repaired,
        format!("too few or too many policies attached, so attachments are read again: {}", some_of(&again)),
    );
    let pages = policies.attachments.len() as u64 / PAGE + policies.records.len() as u64;
    if again.len() as u64 > pages {
        let all = policies.records.keys().cloned().collect();
        policies.read_again(session, all).await?;
    } else {
        policies.read_targets(session, again, types).await?;
    }
    if enabled.contains(&SCP) {
        let odd = policies.implausible(&nodes, SCP);
        let (none, many): (Vec<_>, Vec<_>) = odd.into_iter().partition(|&(_, count)| count == 0);
        let names =
            |list: Vec<(String, usize)>| -> Vec<String> { list.into_iter().map(|(target, _)| target).collect() };
        let (none, many) = (names(none), names(many));
        if !none.is_empty() {
            let what = some_of(&none);
            session.note(
                NoteKind::Warning,
                format!("AWS says twice that no SCP is attached: {what}; nothing passes there"),
            );
        }
        if !many.is_empty() {
            let what = some_of(&many);
            session
                .note(NoteKind::Warning, format!("AWS says twice that more SCPs are attached than it allows: {what}"));
        }
    }
    Ok(())
}

impl Policies {
    /// Targets with a number of policies of a type that AWS does not allow, as far as all of them could be read.
    fn implausible(&self, nodes: &[&String], policy_type: &'static str) -> Vec<(String, usize)> {
        let of_type = |id: &str| self.records.get(id).is_some_and(|record| record.policy_type == policy_type);
        let list_denied = self.denied.contains_key(&(Operation::ListPolicies, String::new(), policy_type));
        let targets_denied = self
            .denied
            .keys()
            .any(|(operation, item, _)| *operation == Operation::ListTargetsForPolicy && of_type(item));
        if list_denied || targets_denied {
            return Vec::new();
        }
        let mut counts: BTreeMap<&str, usize> = nodes.iter().map(|id| (id.as_str(), 0)).collect();
        for (target, policy) in &self.attachments {
            if of_type(policy)
                && let Some(count) = counts.get_mut(target.as_str())
            {
                *count += 1;
            }
        }
        // The limit for RCPs is not sure (LIM-7).
        let quota = Quotas::current().value(QuotaName::ScpsPerTarget).filter(|_| policy_type == SCP);
        let most = quota.and_then(|quota| usize::try_from(quota).ok()).unwrap_or(usize::MAX);
        let readable =
            |id: &str| !self.denied.contains_key(&(Operation::ListPoliciesForTarget, id.to_owned(), policy_type));
        counts
            .into_iter()
            .filter(|&(id, count)| (count == 0 || count > most) && readable(id))
            .map(|(id, count)| (id.to_owned(), count))
            .collect()
    }
}
