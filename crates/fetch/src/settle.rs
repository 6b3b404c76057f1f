//! After the walk: does everything fit together (API-41)? What does not is asked about once more; what still does not
//! is an error. Nothing is guessed.

mod attachments;
mod places;

use std::collections::BTreeMap;

use scproof_organization::{AccountRecord, RootRecord};
use tokio::sync::watch;

use crate::error::FetchError;
use crate::policies::Policies;
use crate::session::Session;
use crate::walk::{Known, Tree};

/// How often everything is looked through: once, and again after repairs.
const ROUNDS: usize = 3;

/// The accounts in their places.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// By id, each with its one parent; with the root as parent if the place is unknown.
    pub(crate) accounts: BTreeMap<String, AccountRecord>,
    /// Accounts whose place may not be asked for, with AWS's name of the error.
    pub(crate) unplaced: BTreeMap<String, String>,
}

/// Checks what was read, and reads anew what does not fit.
pub(crate) async fn settle(
    session: &Session<'_>,
    root: &RootRecord,
    types: &[&'static str],
    tree: &mut Tree,
    policies: &mut Policies,
    known: &watch::Sender<Known>,
) -> Result<Settled, FetchError> {
    let mut settled = Settled::default();
    places::settle(session, root, tree, &mut settled, known).await?;
    if !types.is_empty() {
        attachments::settle_policies(session, types, policies).await?;
        attachments::settle_targets(session, root, types, tree, policies, &mut settled, known).await?;
    }
    if session.options.tags {
        let missing: Vec<String> =
            settled.accounts.keys().filter(|account| !tree.has_tags_of(account)).cloned().collect();
        if !missing.is_empty() {
            let tags = crate::walk::read_tags(session, missing).await?;
            tree.add_tags(tags);
        }
    }
    Ok(settled)
}

fn inconsistent<T>(what: Vec<String>) -> Result<T, FetchError> {
    Err(FetchError::Inconsistent { what })
}
