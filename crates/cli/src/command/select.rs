//! Which accounts and actions a command looks at: the same arguments, and the same globs, everywhere.

use std::collections::BTreeSet;

use clap::Args;
use scproof::ask::{ActionFilter, ActionFilterError, spelt_actions};
use scproof::compare::{choose_accounts, choose_accounts_below};
use scproof::snapshot::{AccountId, NodeId, Organization};

use crate::error::CommandError;

/// The heading of these arguments in the help.
pub(crate) const SCOPE: &str = "What is looked at";

/// Which accounts to look at.
#[derive(Debug, Args)]
pub(crate) struct AccountArgs {
    /// Only these accounts: an id, name, path, `Prod/**` or `tag:env=prod` (can be
    /// repeated)
    #[arg(long, value_name = "GLOB", help_heading = SCOPE)]
    pub(crate) account: Vec<String>,
    /// Only accounts below these roots and units: an id, name, path or 'Team*' (can be
    /// repeated); with --account, those that both choose
    #[arg(long, value_name = "GLOB", help_heading = SCOPE)]
    pub(crate) ou: Vec<String>,
}

/// Which actions to look at.
#[derive(Debug, Args)]
pub(crate) struct ActionArgs {
    /// Only actions of services that fit, such as s3 or 'rds*' (can be repeated)
    #[arg(long, value_name = "GLOB", help_heading = SCOPE)]
    pub(crate) service: Vec<String>,
    /// Only actions that fit, such as 's3:{Get,Put}*' or 'Delete*' (can be repeated);
    /// with --service, those that fit both
    #[arg(long, value_name = "GLOB", help_heading = SCOPE)]
    pub(crate) action: Vec<String>,
}

impl AccountArgs {
    /// The accounts of an organization; none if nothing chooses.
    pub(crate) fn of(&self, organization: &Organization) -> Result<Option<Vec<NodeId>>, CommandError> {
        both(
            (!self.account.is_empty()).then(|| organization.select_accounts(&self.account)).transpose()?,
            (!self.ou.is_empty()).then(|| organization.select_accounts_below(&self.ou)).transpose()?,
        )
    }

    /// The accounts of two organizations, chosen in either; none if nothing chooses.
    pub(crate) fn of_both(
        &self,
        before: &Organization,
        after: &Organization,
    ) -> Result<Option<Vec<AccountId>>, CommandError> {
        both(
            (!self.account.is_empty()).then(|| choose_accounts(&self.account, before, after)).transpose()?,
            (!self.ou.is_empty()).then(|| choose_accounts_below(&self.ou, before, after)).transpose()?,
        )
    }
}

/// What both lists have; the other one where there is only one.
fn both<T: Ord>(named: Option<Vec<T>>, below: Option<Vec<T>>) -> Result<Option<Vec<T>>, CommandError> {
    let (mut named, below) = match (named, below) {
        (Some(named), Some(below)) => (named, below.into_iter().collect::<BTreeSet<T>>()),
        (one, other) => return Ok(one.or(other)),
    };
    named.retain(|account| below.contains(account));
    if named.is_empty() {
        return Err(CommandError::usage("no account is chosen by both `--account` and `--ou`"));
    }
    Ok(Some(named))
}

impl ActionArgs {
    /// The filter, which fits some action that the catalog has or a policy of the organizations spells out.
    pub(crate) fn filter(&self, organizations: &[&Organization]) -> Result<ActionFilter, CommandError> {
        let filter = ActionFilter::new(&self.service, &self.action)?;
        let spelt: Vec<String> = if filter.is_everything() {
            Vec::new()
        } else {
            organizations.iter().flat_map(|organization| spelt_actions(organization)).collect()
        };
        filter.check(&spelt)?;
        Ok(filter)
    }
}

impl From<ActionFilterError> for CommandError {
    fn from(error: ActionFilterError) -> Self {
        Self::usage(error.to_string()).help(error.help())
    }
}
