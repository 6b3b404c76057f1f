//! Which accounts an entry of a file is about – a guardrail, a suppression, calls that are expected –, and until when.

use scproof_text::codes::{BAD_DATE, BLANK_TEXT};
use scproof_text::{Record, RecordReader, is_blank, shorten};

use crate::organization::{NodeId, Organization};
use crate::select::SelectError;

/// The accounts that an entry of a file is about: all that both lists choose.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountScope {
    /// Ids, names, paths or patterns of accounts, or `tag:env=prod`; every account if there is none.
    pub accounts: Vec<String>,
    /// Ids, names, paths or patterns of roots and units, for the accounts below; all of them if there is none.
    pub units: Vec<String>,
}

/// Accounts that were chosen, or all.
#[derive(Debug, Clone)]
pub struct ChosenAccounts(Option<Vec<bool>>);

impl AccountScope {
    /// Whether it chooses nothing, so that it is about all accounts.
    pub fn is_everything(&self) -> bool {
        self.accounts.is_empty() && self.units.is_empty()
    }

    /// The accounts of an organization that it chooses.
    ///
    /// # Errors
    ///
    /// If the organization lacks what it names.
    pub fn chosen(&self, organization: &Organization) -> Result<ChosenAccounts, SelectError> {
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
    pub fn read<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> Self {
        let mut texts = |name: &'static str| -> Vec<String> {
            let Some(list) = record.texts(reader, name) else { return Vec::new() };
            let blank = list.iter().find(|(_, text)| is_blank(text)).map(|(node, _)| node.span.clone());
            if let Some(at) = blank.or_else(|| list.is_empty().then(|| record.span_of(name))) {
                let fault = BLANK_TEXT.message(format!("`{name}` names nothing")).on(at);
                reader.fault(fault.expected("an id, name, path or pattern, such as `Prod/**`"));
            }
            list.into_iter().map(|(_, text)| text).collect()
        };
        Self { accounts: texts("Accounts"), units: texts("OUs") }
    }
}

impl ChosenAccounts {
    /// Whether an account is chosen.
    pub fn has(&self, account: NodeId) -> bool {
        self.0.as_ref().is_none_or(|chosen| chosen.get(account.index()) == Some(&true))
    }

    /// Whether all accounts are chosen because nothing was said.
    pub fn is_everything(&self) -> bool {
        self.0.is_none()
    }
}

/// Reads `Until`, the last day on which an entry counts.
pub fn read_until<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> Option<String> {
    let until = record.text(reader, "Until");
    if let Some(text) = until.as_deref().filter(|text| !is_date(text)) {
        let fault = BAD_DATE.message(format!("`{}` is not a date", shorten(text))).on(record.span_of("Until"));
        reader.fault(fault.expected("a day of the calendar such as `2027-01-31`"));
    }
    until
}

/// Whether a text is a day of the Gregorian calendar, written `YYYY-MM-DD`. Such texts sort as the days do.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |part: &str, digits: usize| {
        let is_number = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { part.parse::<u32>().ok() } else { None }
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}
