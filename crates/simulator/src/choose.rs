//! Choosing accounts in two organizations at once.

use scproof_organization::{AccountId, Organization, SelectError};

/// The accounts that any of the texts chooses before or after, by id, each once; see [`Organization::select_accounts`].
///
/// # Errors
///
/// If a text chooses no account in either organization, or several things have that name.
pub fn choose_accounts<S: AsRef<str>>(
    texts: &[S],
    before: &Organization,
    after: &Organization,
) -> Result<Vec<AccountId>, SelectError> {
    let mut accounts = Vec::new();
    for text in texts {
        accounts.extend(chosen(text.as_ref(), before, after)?);
    }
    accounts.sort_unstable();
    accounts.dedup();
    Ok(accounts)
}

/// The accounts that a text chooses in either organization.
pub(crate) fn chosen(text: &str, before: &Organization, after: &Organization) -> Result<Vec<AccountId>, SelectError> {
    let find = |organization: &Organization| {
        let nodes = organization.select_accounts(&[text])?;
        Ok(nodes.into_iter().filter_map(|id| organization.node(id).target.account()).collect::<Vec<_>>())
    };
    match (find(before), find(after)) {
        (Err(error), Err(_))
        | (Err(error @ SelectError::Ambiguous { .. }), Ok(_))
        | (Ok(_), Err(error @ SelectError::Ambiguous { .. })) => Err(error),
        (one, other) => Ok(one.into_iter().chain(other).flatten().collect()),
    }
}
