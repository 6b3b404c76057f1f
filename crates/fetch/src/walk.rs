//! The tree: units breadth first, the accounts of each parent, and beside it the list of all accounts (API-37, API-40).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::try_join;
use scproof_organization::{AccountRecord, OuRecord, Tag};
use tokio::sync::watch;

use crate::error::FetchError;
use crate::operation::Operation;
use crate::session::{CallError, Session};

/// What the walk found, before anything is checked.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// By id.
    pub(crate) units: BTreeMap<String, OuRecord>,
    /// By id, then by the parent that it was found under: more than one parent if it moved meanwhile.
    pub(crate) accounts: BTreeMap<String, BTreeMap<String, AccountRecord>>,
    /// Every account, wherever it is; none if that may not be read.
    pub(crate) listed: Option<BTreeMap<String, AccountRecord>>,
    /// Lists that may not be read, by operation and item.
    pub(crate) denied: BTreeMap<(Operation, String), String>,
    /// Units and accounts that were gone when they were asked about.
    pub(crate) gone: BTreeSet<String>,
    /// By account, if tags are read.
    pub(crate) tags: BTreeMap<String, Vec<Tag>>,
}

/// What is known while the walk goes on, for those who wait for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// Accounts seen so far.
    pub(crate) accounts: u64,
    /// Units seen so far.
    pub(crate) units: u64,
    /// The root, all units and all accounts, once they are all known.
    pub(crate) nodes: Option<Arc<Vec<String>>>,
}

#[derive(Debug)]
enum Job {
    Units(String),
    Accounts(String),
}

enum Found {
    Units(String, Result<Vec<OuRecord>, CallError>),
    Accounts(String, Result<Vec<AccountRecord>, CallError>),
}

/// Reads the whole tree below the root, and the list of all accounts.
pub(crate) async fn read_tree(
    session: &Session<'_>,
    root: &str,
    known: &watch::Sender<Known>,
) -> Result<Tree, FetchError> {
    let mut tree = Tree::default();
    let walk = walk(session, &mut tree, vec![root.to_owned()], known);
    let accounts = async {
        session.expect(Operation::ListAccounts, 1);
        let seen = |count: usize| {
            known.send_modify(|known| known.accounts += count as u64);
            let accounts = known.borrow().accounts;
            session.sizes(|sizes| sizes.accounts = sizes.accounts.max(accounts));
        };
        match session.list_accounts(seen).await {
            Ok(accounts) => {
                let ids = accounts.iter().map(|account| account.id.clone()).collect();
                let tags = if session.options.tags { read_tags(session, ids).await? } else { Tags::default() };
                Ok((Ok(accounts), tags))
            }
            Err(CallError::Denied { code, .. }) => Ok((Err(code), Tags::default())),
            Err(error) => Err(error.fatal(Operation::ListAccounts, None)),
        }
    };
    let ((), (accounts, tags)) = try_join(walk, accounts).await?;
    match accounts {
        Ok(accounts) => {
            tree.listed = Some(accounts.into_iter().map(|account| (account.id.clone(), account)).collect());
        }
        Err(code) => {
            tree.denied.insert((Operation::ListAccounts, String::new()), code);
        }
    }
    tree.add_tags(tags);
    let mut nodes: BTreeSet<String> = BTreeSet::from([root.to_owned()]);
    nodes.extend(tree.units.keys().cloned());
    nodes.extend(tree.accounts.keys().cloned());
    nodes.extend(tree.listed.iter().flat_map(BTreeMap::keys).cloned());
    known.send_modify(|known| {
        // Pages of the work file were not counted as they came.
        known.units = tree.units.len() as u64;
        known.accounts = (nodes.len() as u64).saturating_sub(known.units + 1);
        known.nodes = Some(Arc::new(nodes.into_iter().collect()));
    });
    Ok(tree)
}

/// Reads what is below some parents, and adds it to the tree.
pub(crate) async fn walk(
    session: &Session<'_>,
    tree: &mut Tree,
    parents: Vec<String>,
    known: &watch::Sender<Known>,
) -> Result<(), FetchError> {
    let jobs = |parents: Vec<String>| {
        session.expect(Operation::ListOrganizationalUnitsForParent, parents.len());
        session.expect(Operation::ListAccountsForParent, parents.len());
        let units: Vec<Job> = parents.iter().cloned().map(Job::Units).collect();
        units.into_iter().chain(parents.into_iter().map(Job::Accounts)).collect::<Vec<Job>>()
    };
    let run = |job: Job| async move {
        // Only a failure that ends the fetch ends the walk.
        let found = match job {
            Job::Units(parent) => {
                let units = session.list_units(&parent, false).await;
                Found::Units(parent, units)
            }
            Job::Accounts(parent) => {
                let accounts = session.list_accounts_below(&parent, false).await;
                Found::Accounts(parent, accounts)
            }
        };
        match found {
            Found::Units(_, Err(CallError::Stop(error))) | Found::Accounts(_, Err(CallError::Stop(error))) => {
                Err(error)
            }
            found @ (Found::Units(..) | Found::Accounts(..)) => Ok(found),
        }
    };
    let mut invalid = None;
    let first = jobs(parents);
    session
        .work(first, run, |found| match found {
            Found::Units(_, Ok(units)) => {
                let new: Vec<OuRecord> = units.into_iter().filter(|unit| !tree.units.contains_key(&unit.id)).collect();
                let ids: Vec<String> = new.iter().map(|unit| unit.id.clone()).collect();
                tree.units.extend(new.into_iter().map(|unit| (unit.id.clone(), unit)));
                known.send_modify(|known| known.units = tree.units.len() as u64);
                session.sizes(|sizes| sizes.units = tree.units.len() as u64);
                jobs(ids)
            }
            Found::Accounts(parent, Ok(accounts)) => {
                for account in accounts {
                    tree.accounts.entry(account.id.clone()).or_default().insert(parent.clone(), account);
                }
                session.sizes(|sizes| sizes.accounts = sizes.accounts.max(tree.accounts.len() as u64));
                Vec::new()
            }
            Found::Units(parent, Err(error)) => {
                tree.failed(Operation::ListOrganizationalUnitsForParent, parent, error, &mut invalid);
                Vec::new()
            }
            Found::Accounts(parent, Err(error)) => {
                tree.failed(Operation::ListAccountsForParent, parent, error, &mut invalid);
                Vec::new()
            }
        })
        .await?;
    invalid.map_or(Ok(()), Err)
}

/// The tags of accounts.
#[derive(Debug, Default)]
pub(crate) struct Tags {
    found: BTreeMap<String, Vec<Tag>>,
    gone: Vec<String>,
    /// By account; with an empty id if none of them may be read.
    denied: BTreeMap<String, String>,
}

/// Reads the tags of accounts, a call for each. If the first answers are refusals, the rest is not asked.
pub(crate) async fn read_tags(session: &Session<'_>, accounts: Vec<String>) -> Result<Tags, FetchError> {
    let operation = Operation::ListTagsForResource;
    session.expect(operation, accounts.len());
    session.sizes(|sizes| sizes.tags = true);
    let refused = Mutex::new(Refusals::default());
    let mut tags = Tags::default();
    let run = |account: String| {
        let refused = &refused;
        async move {
            if let Some(code) = lock(refused).everywhere() {
                return Ok((String::new(), Err(CallError::Denied { code, message: String::new() })));
            }
            let found = session.list_tags(&account).await;
            lock(refused).count(&found);
            match found {
                Err(CallError::Stop(error)) => Err(error),
                Err(error @ CallError::Invalid { .. }) => Err(error.fatal(operation, Some(&account))),
                found => Ok((account, found)),
            }
        }
    };
    session
        .work(accounts, run, |(account, found)| {
            match found {
                Ok(list) => {
                    tags.found.insert(account, list);
                }
                Err(CallError::Denied { code, .. }) => {
                    tags.denied.insert(account, code);
                }
                Err(_) => tags.gone.push(account),
            }
            Vec::new()
        })
        .await?;
    if tags.denied.contains_key("") {
        tags.denied.retain(|account, _| account.is_empty());
    }
    Ok(tags)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells a permission that is missing altogether from one that is missing for some items, after a few answers.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    refused: usize,
    answered: usize,
    code: Option<String>,
}

impl Refusals {
    const ENOUGH: usize = 20;

    pub(crate) fn count<T>(&mut self, outcome: &Result<T, CallError>) {
        match outcome {
            Err(CallError::Denied { code, .. }) => {
                self.refused += 1;
                self.code = Some(code.clone());
            }
            Ok(_) | Err(CallError::NotFound { .. }) => self.answered += 1,
            Err(CallError::Invalid { .. } | CallError::Stop(_)) => {}
        }
    }

    /// The error, if it came to all of the first twenty.
    pub(crate) fn everywhere(&self) -> Option<String> {
        if self.answered == 0 && self.refused >= Self::ENOUGH { self.code.clone() } else { None }
    }
}

impl Tree {
    /// Whether the tags of an account have been read, or may not be.
    pub(crate) fn has_tags_of(&self, account: &str) -> bool {
        let denied = |account: &str| self.denied.contains_key(&(Operation::ListTagsForResource, account.to_owned()));
        self.tags.contains_key(account) || denied(account) || denied("")
    }

    pub(crate) fn add_tags(&mut self, tags: Tags) {
        self.tags.extend(tags.found);
        self.gone.extend(tags.gone);
        let denied = tags.denied.into_iter();
        self.denied.extend(denied.map(|(account, code)| ((Operation::ListTagsForResource, account), code)));
    }

    fn failed(&mut self, operation: Operation, parent: String, error: CallError, end: &mut Option<FetchError>) {
        match error {
            CallError::Denied { code, .. } => {
                self.denied.insert((operation, parent), code);
            }
            CallError::NotFound { .. } => {
                self.gone.insert(parent);
            }
            error @ (CallError::Invalid { .. } | CallError::Stop(_)) => {
                end.get_or_insert_with(|| error.fatal(operation, Some(&parent)));
            }
        }
    }
}
