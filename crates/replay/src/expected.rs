//! Calls that are meant to be blocked, or to pass: decisions about a candidate, as data (`docs/expected-calls.md`).

use std::path::Path;

use scproof_catalog::ActionFilter;
use scproof_organization::{AccountScope, ChosenAccounts, Organization, SelectError, read_until};
use scproof_policy_parser::WildcardPattern;
use scproof_text::codes::BLANK_TEXT;
use scproof_text::{JsonText, LARGEST_FILE, LoadError, Node, Record, RecordReader, TextKind, is_blank, read_file};

/// The `Format` of the files that this version reads.
pub const EXPECTED_CALLS_FORMAT: &str = "scproof-expected-calls/1";

/// The most entries of a file: each kind of call is compared with all of them.
const MOST: usize = 10_000;

scproof_text::codes! {
    /// What keeps a file of expected calls from being used, beside what any file can have; `docs/expected-calls.md`
    /// describes each.
    pub EXPECTED_CODES:
    TOO_MANY_ENTRIES Error "" "too-many-expected-calls" "a file has more than 10,000 entries";
    BAD_PATTERN Error "" "bad-action-pattern" "a pattern over actions that cannot be read";
}

/// Calls of a kind that somebody means a candidate to change.
#[derive(Debug, Clone)]
pub struct ExpectedCall {
    /// Its actions; any if it chooses none.
    pub actions: ActionFilter,
    /// Patterns over the ARNs of users and roles, where `*` stands for any text; any caller if there is none.
    pub principals: Vec<String>,
    /// The accounts of the callers.
    pub scope: AccountScope,
    /// The names of the candidates; any candidate if there is none.
    pub candidates: Vec<String>,
    /// Why the change is meant.
    pub reason: String,
    /// The last day on which it counts, such as `2027-01-31`.
    pub until: Option<String>,
}

/// Reads files of expected calls.
///
/// ```
/// use scproof_replay::Expected;
///
/// let calls = Expected::from_json(r#"{"Format": "scproof-expected-calls/1", "Calls": [
///   {"Actions": "rds:*", "Principals": ["arn:aws:iam::*:role/old-*"], "Reason": "moved to Aurora, ticket 42"}
/// ]}"#)?;
/// assert_eq!(calls[0].reason, "moved to Aurora, ticket 42");
/// # Ok::<(), scproof_text::LoadError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Expected;

impl Expected {
    /// Reads a file of expected calls.
    ///
    /// # Errors
    ///
    /// All faults of the file with line and column. The error names the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Vec<ExpectedCall>, LoadError> {
        read_file(path.as_ref(), LARGEST_FILE, Self::from_json)
    }

    /// Reads the text of a file of expected calls.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn from_json(text: &str) -> Result<Vec<ExpectedCall>, LoadError> {
        let file = JsonText::new(text, &TextKind::FILE);
        let mut reader = RecordReader::new(&file);
        let mut root = reader.root()?;
        reader.format(&mut root, EXPECTED_CALLS_FORMAT, "file of expected calls")?;
        root.text(&mut reader, "$schema");
        root.text(&mut reader, "Description");
        let mut elements = root.required_elements(&mut reader, "Calls");
        if elements.len() > MOST {
            let message = format!("the file has {} entries", elements.len());
            let fault = TOO_MANY_ENTRIES.message(message).on(root.span_of("Calls"));
            reader.fault(fault.expected(format!("at most {MOST}")).help("use patterns that cover more"));
            elements = &[];
        }
        root.close(&mut reader);
        let list = elements.iter().filter_map(|node| entry(node, &mut reader)).collect();
        reader.finish()?;
        Ok(list)
    }
}

impl ExpectedCall {
    /// Whether its last day is before a date such as `2027-01-31`.
    pub fn is_over(&self, today: &str) -> bool {
        self.until.as_deref().is_some_and(|until| until < today)
    }
}

fn entry<'f>(node: &'f Node<'f>, reader: &mut RecordReader<'f>) -> Option<ExpectedCall> {
    let mut record = reader.record(node)?;
    let actions = texts(&mut record, reader, "Actions");
    let actions = match ActionFilter::new(&[], &actions) {
        Ok(filter) => filter,
        Err(error) => {
            let fault = BAD_PATTERN.message(error.to_string()).on(record.span_of("Actions"));
            reader.fault(fault.expected("a pattern over the names of actions, such as `rds:*`"));
            ActionFilter::default()
        }
    };
    let principals = texts(&mut record, reader, "Principals");
    let candidates = texts(&mut record, reader, "Candidates");
    let reason = record.required_text(reader, "Reason");
    if reason.as_deref().is_some_and(is_blank) {
        let fault = BLANK_TEXT.message("`Reason` says nothing").on(record.span_of("Reason"));
        reader.fault(fault.help("say why the change is meant: somebody will ask"));
    }
    let until = read_until(&mut record, reader);
    let scope = AccountScope::read(&mut record, reader);
    record.close(reader);
    Some(ExpectedCall { actions, principals, scope, candidates, reason: reason?, until })
}

/// Texts that say something; none if the member is not there.
fn texts<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>, name: &'static str) -> Vec<String> {
    let Some(list) = record.texts(reader, name) else { return Vec::new() };
    let blank = list.iter().find(|(_, text)| is_blank(text)).map(|(node, _)| node.span.clone());
    if let Some(at) = blank.or_else(|| list.is_empty().then(|| record.span_of(name))) {
        reader.fault(BLANK_TEXT.message(format!("`{name}` names nothing")).on(at).expected("a pattern"));
    }
    list.into_iter().map(|(_, text)| text).collect()
}

/// What is expected in an organization.
#[derive(Debug, Clone, Default)]
pub struct ExpectedCalls {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    calls: ExpectedCall,
    principals: Vec<WildcardPattern>,
    accounts: ChosenAccounts,
}

impl ExpectedCalls {
    /// Entries, held against the accounts of an organization.
    ///
    /// # Errors
    ///
    /// If the organization lacks accounts or units that an entry names.
    pub fn new(organization: &Organization, list: Vec<ExpectedCall>) -> Result<Self, SelectError> {
        let ready = |calls: ExpectedCall| {
            let principals = calls.principals.iter().map(|text| WildcardPattern::flat(text)).collect();
            Ok(Entry { accounts: calls.scope.chosen(organization)?, principals, calls })
        };
        Ok(Self { entries: list.into_iter().map(ready).collect::<Result<_, _>>()? })
    }

    /// The entries, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &ExpectedCall> {
        self.entries.iter().map(|entry| &entry.calls)
    }

    /// The entry at a place.
    pub fn get(&self, place: usize) -> Option<&ExpectedCall> {
        self.entries.get(place).map(|entry| &entry.calls)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The first entry that covers a call of a candidate.
    pub(crate) fn find(
        &self,
        before: &Organization,
        candidate: &str,
        (account, principal, action): (&str, Option<&str>, &str),
    ) -> Option<usize> {
        self.entries.iter().position(|entry| {
            let Entry { calls, principals, accounts } = entry;
            let is_candidate = || calls.candidates.is_empty() || calls.candidates.iter().any(|it| it == candidate);
            let is_action = || calls.actions.fits(action);
            let is_principal = || {
                principals.is_empty()
                    || principal.is_some_and(|arn| principals.iter().any(|pattern| pattern.is_match(arn)))
            };
            let is_account = || {
                accounts.is_everything() || before.resolve_account(account).is_ok_and(|account| accounts.has(account))
            };
            is_candidate() && is_action() && is_principal() && is_account()
        })
    }
}
