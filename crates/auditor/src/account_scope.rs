//! Which accounts guardrails and suppressions are about.

use scproof_organization::{NodeId, Organization, SelectError};
use scproof_text::{Record, RecordReader, is_blank};

use crate::codes;
use crate::model::AccountScope;

/// Accounts that were chosen, or all.
#[derive(Debug, Clone)]
pub(crate) struct ChosenAccounts(Option<Vec<bool>>);

impl AccountScope {
    /// Whether it chooses nothing, so that it is about all accounts.
    pub fn is_everything(&self) -> bool {
        self.accounts.is_empty() && self.units.is_empty()
    }

    /// The accounts of an organization that it chooses.
    pub(crate) fn chosen(&self, organization: &Organization) -> Result<ChosenAccounts, SelectError> {
        if self.is_everything() {
            return Ok(ChosenAccounts(None));
        }
        let flags = |accounts: Vec<NodeId>| {
            let mut flags = vec![false; organization.node_count()];
            for account in accounts {
                if let Some(slot) = flags.get_mut(account.index()) {
                    *slot = true;
                }
            }
            flags
        };
        let named = (!self.accounts.is_empty()).then(|| organization.select_accounts(&self.accounts)).transpose()?;
        let below = (!self.units.is_empty()).then(|| organization.select_accounts_below(&self.units)).transpose()?;
        let chosen = match (named.map(flags), below.map(flags)) {
            (Some(named), Some(below)) => {
                Some(named.into_iter().zip(below).map(|(named, below)| named && below).collect())
            }
            (named, below) => named.or(below),
        };
        Ok(ChosenAccounts(chosen))
    }

    /// Reads `Accounts` and `OUs` of a record.
    pub(crate) fn read<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> Self {
        let mut texts = |name: &'static str| -> Vec<String> {
            let Some(list) = record.texts(reader, name) else { return Vec::new() };
            let blank = list.iter().find(|(_, text)| is_blank(text)).map(|(node, _)| node.span.clone());
            if let Some(at) = blank.or_else(|| list.is_empty().then(|| record.span_of(name))) {
                let fault = codes::BLANK_TEXT.message(format!("`{name}` names nothing")).on(at);
                reader.fault(fault.expected("an id, name, path or pattern, such as `Prod/**`"));
            }
            list.into_iter().map(|(_, text)| text).collect()
        };
        Self { accounts: texts("Accounts"), units: texts("OUs") }
    }
}

impl ChosenAccounts {
    pub(crate) fn has(&self, account: NodeId) -> bool {
        self.0.as_ref().is_none_or(|chosen| chosen.get(account.index()) == Some(&true))
    }

    /// Whether all accounts are chosen because nothing was said.
    pub(crate) fn is_everything(&self) -> bool {
        self.0.is_none()
    }
}
