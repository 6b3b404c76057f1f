//! Choosing accounts in two organizations at once.

use scproof_organization::{AccountId, NodeId, Organization, SelectError};

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
    all_chosen(texts, |text| chosen(text, before, after))
}

/// The accounts below any of the roots and units that the texts choose before or after, by id, each once; see
/// [`Organization::select_accounts_below`].
///
/// # Errors
///
/// As [`choose_accounts`].
pub fn choose_accounts_below<S: AsRef<str>>(
    texts: &[S],
    before: &Organization,
    after: &Organization,
) -> Result<Vec<AccountId>, SelectError> {
    all_chosen(texts, |text| in_either(before, after, |organization| organization.select_accounts_below(&[text])))
}

fn all_chosen<S: AsRef<str>>(
    texts: &[S],
    choose: impl Fn(&str) -> Result<Vec<AccountId>, SelectError>,
) -> Result<Vec<AccountId>, SelectError> {
    let mut accounts = Vec::new();
    for text in texts {
        accounts.extend(choose(text.as_ref())?);
    }
    accounts.sort_unstable();
    accounts.dedup();
    Ok(accounts)
}

/// The accounts that a text chooses in either organization.
pub(crate) fn chosen(text: &str, before: &Organization, after: &Organization) -> Result<Vec<AccountId>, SelectError> {
    in_either(before, after, |organization| organization.select_accounts(&[text]))
}

fn in_either(
    before: &Organization,
    after: &Organization,
    choose: impl Fn(&Organization) -> Result<Vec<NodeId>, SelectError>,
) -> Result<Vec<AccountId>, SelectError> {
    let find = |organization: &Organization| {
        let nodes = choose(organization)?;
        Ok(nodes.into_iter().filter_map(|id| organization.node(id).target.account()).collect::<Vec<_>>())
    };
    match (find(before), find(after)) {
        (Err(error), Err(_))
        | (Err(error @ SelectError::Ambiguous { .. }), Ok(_))
        | (Ok(_), Err(error @ SelectError::Ambiguous { .. })) => Err(error),
        (one, other) => Ok(one.into_iter().chain(other).flatten().collect()),
    }
}
