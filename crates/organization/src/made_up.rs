//! Ids that nobody has chosen yet: what a policy says of them is unknown.
//!
//! An organization that is written by names has no ids, or not all of them. Something must stand in their place, but no
//! answer may rest on it: whether `222222222222` is the account `shop` cannot be told from an id that was made up. So
//! a condition that compares a key which follows from such an id with one of the same kind counts as one that could not
//! be read (K3-14); everything else the policy says stays definite.

use rustc_hash::FxHashSet;
use scproof_policy_parser::{Condition, OperatorFamily, PolicyDocument, ResourceElement};
use scproof_text::Message;

use crate::codes;
use crate::id::{AccountId, OrganizationId, Target};
use crate::inventory::Inventory;

/// Which ids of an organization are made up.
#[derive(Debug, Default)]
pub(crate) struct MadeUp {
    ids: FxHashSet<String>,
    /// The ids of roots, units and accounts that are AWS's own.
    given: FxHashSet<String>,
    organization: bool,
    containers: bool,
    accounts: bool,
}

/// Keys that follow from the ids of accounts, of what is above them, and of the organization (part E.1 of the rules).
const DERIVED: [&str; 8] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:userid",
];

/// How many digits the id of an account has (ID-4).
const ACCOUNT_DIGITS: usize = 12;

impl MadeUp {
    /// Of a snapshot; `None` if no id is made up.
    pub(crate) fn of(inventory: &Inventory) -> Option<Self> {
        if inventory.made_up.is_empty() {
            return None;
        }
        let ids: FxHashSet<String> = inventory.made_up.iter().cloned().collect();
        let roots = inventory.roots.iter().map(|root| &root.id);
        let units = inventory.organizational_units.iter().map(|unit| &unit.id);
        let accounts = inventory.accounts.iter().map(|account| &account.id);
        let all = roots.chain(units).chain(accounts).chain(&inventory.organization.master_account_id);
        let given = all.filter(|id| !ids.contains(*id)).cloned().collect();
        let is = |fits: fn(&str) -> bool| ids.iter().any(|id| fits(id));
        let containers = is(|id| matches!(Target::parse(id), Ok(Target::Root(_) | Target::Ou(_))));
        let accounts = is(|id| AccountId::parse(id).is_ok());
        let organization = is(|id| OrganizationId::parse(id).is_ok());
        Some(Self { ids, given, organization, containers, accounts })
    }

    /// Whether an id is made up.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// All of them, sorted.
    pub(crate) fn sorted(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.ids.iter().map(String::as_str).collect();
        ids.sort_unstable();
        ids
    }

    /// Leaves open what a document says of ids that are made up, with a message for each such condition.
    pub(crate) fn leave_open(&self, document: &mut PolicyDocument) -> Vec<Message> {
        let mut messages = Vec::new();
        let single = document.single_statement;
        for (index, statement) in document.statements.iter_mut().enumerate() {
            let place = if single { "its only statement".to_owned() } else { format!("`Statement[{index}]`") };
            // A variable stands for an id that was made up, and the ARN of a request has the true one.
            let names = |resource: &ResourceElement| resource.patterns.iter().any(|it| stands_for_id(&it.text));
            if statement.resource.as_ref().is_some_and(names) {
                let message = format!(
                    "{place} has a resource with a variable for an id that is made up: what it matches is unknown"
                );
                messages.push(codes::MADE_UP_COMPARED.message(message).help(HELP));
                statement.resource = None;
            }
            for condition in statement.condition.iter_mut().flatten() {
                if !self.decide(condition) {
                    continue;
                }
                messages.push(
                    codes::MADE_UP_COMPARED
                        .message(format!(
                            "{place} compares `{}` with an id, which cannot be told from one that is made up: whether \
                             it holds is unknown",
                            condition.key
                        ))
                        .help(HELP),
                );
                condition.values = None;
            }
        }
        messages
    }

    /// Whether an id that is made up would decide a condition.
    fn decide(&self, condition: &Condition) -> bool {
        let key = condition.key.to_ascii_lowercase();
        let family = condition.operator.map(|operator| operator.base.family());
        let values = condition.values.as_deref().unwrap_or_default();
        if family == Some(OperatorFamily::Null) {
            return false;
        }
        if values.iter().any(|value| stands_for_id(&value.text)) {
            return true;
        }
        if !DERIVED.contains(&key.as_str()) {
            return false;
        }
        let is_number = family == Some(OperatorFamily::Numeric);
        is_number && self.accounts || values.iter().any(|value| self.may_be_meant(&value.text))
    }

    /// Whether a text may name something whose id is made up: by an id that nothing has, or by a part of one.
    fn may_be_meant(&self, text: &str) -> bool {
        let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '*' | '?');
        text.split(|character: char| !is_part(character)).any(|word| {
            let has_wildcard = word.contains(['*', '?']);
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            let is_of_account = digits > 0
                && word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'*' | b'?'))
                && (has_wildcard || digits == ACCOUNT_DIGITS);
            let names_container = word.starts_with("ou-") || word.starts_with("r-");
            self.accounts && is_of_account && !self.given.contains(word)
                || self.containers && names_container && !self.given.contains(word) && !is_open(word)
                || self.organization && word.starts_with("o-") && !is_open(word)
        })
    }
}

/// What to do about it.
const HELP: &str = "give the ids of the organization, of its units and of the accounts that policies name";

/// Whether a text has a policy variable for a key that follows from ids.
fn stands_for_id(text: &str) -> bool {
    let mut names = text.split("${").skip(1).filter_map(|rest| rest.split(['}', ',']).next());
    names.any(|name| DERIVED.contains(&name.trim().to_ascii_lowercase().as_str()))
}

/// Whether a pattern has nothing but wildcards behind the letters that all ids of a kind have.
fn is_open(word: &str) -> bool {
    let rest = word.trim_start_matches("ou-").trim_start_matches("o-").trim_start_matches("r-");
    !rest.is_empty() && rest.bytes().all(|byte| byte == b'*')
}
