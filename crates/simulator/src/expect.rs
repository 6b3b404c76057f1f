//! Differences that somebody expects, as data (`docs/expect.md`): anything beyond them is a surprise.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use scproof_organization::{AccountId, Fault, LoadError, Organization, Record, RecordReader, SelectError};
use scproof_policy_parser::{LanguagePattern, Piece, PolicyPath, WildcardPattern, covers, overlaps, text_cells};
use scproof_prover::Transition;

use crate::choose::chosen;

/// The `Format` of the files that this version reads.
pub const EXPECT_FORMAT: &str = "scproof-expect/1";

/// How many steps a comparison of action patterns may take, in states times pattern letters. Reached only with hundreds of long
/// patterns that overlap the same one.
const STEPS: usize = 20_000_000;

/// The most account patterns, and the most action patterns, of a file: each is compared with every account or region.
const MOST_ACCOUNTS: usize = 1_000;
const MOST_ACTIONS: usize = 10_000;

/// The differences that a file allows, not yet matched with an organization.
///
/// ```
/// use scproof_simulator::Expectations;
/// let expectations = Expectations::from_json(r#"{"Format": "scproof-expect/1", "Allowed": [
///   {"Transition": "newlyBlocked", "Account": "Sandbox", "Action": ["rds:*", "redshift:*"], "Reason": "ticket 42"}
/// ]}"#)?;
/// assert_eq!(expectations.len(), 1);
/// # Ok::<(), scproof_organization::LoadError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Expectations {
    entries: Vec<Entry>,
    /// For the places of what the organization does not have.
    text: String,
}

#[derive(Debug, Clone)]
struct Entry {
    transitions: Vec<Transition>,
    /// With the route to each.
    accounts: Vec<(PolicyPath, String)>,
    actions: Vec<WildcardPattern>,
    reason: Option<String>,
}

impl Expectations {
    /// Reads a file of expectations.
    ///
    /// # Errors
    ///
    /// All faults of the file with line and column; a fault of the JSON itself alone.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        RecordReader::read_file(path.as_ref(), Self::from_json)
    }

    /// Reads the text of a file of expectations.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        let mut reader = RecordReader::new(text);
        let mut root = reader.root()?;
        reader.format(&mut root, EXPECT_FORMAT, "file of expectations")?;
        root.text(&mut reader, "$schema");
        root.text(&mut reader, "Description");
        if root.value("Allowed").is_none() {
            reader.fault(root.missing("Allowed"));
        }
        let elements = root.elements(&mut reader, "Allowed").unwrap_or_default();
        root.close(&mut reader);
        let mut entries = Vec::with_capacity(elements.len());
        for (path, raw) in elements {
            if let Some(record) = reader.record(path, raw) {
                entries.push(Entry::read(record, &mut reader));
            }
        }
        let accounts: BTreeSet<&str> =
            entries.iter().flat_map(|entry| &entry.accounts).map(|(_, text)| text.as_str()).collect();
        let actions: usize = entries.iter().map(|entry| entry.actions.len()).sum();
        for (count, most, what) in [(accounts.len(), MOST_ACCOUNTS, "accounts"), (actions, MOST_ACTIONS, "actions")] {
            if count > most {
                let message = format!("the file has {count} patterns for {what}");
                let fault = Fault::new("too-many-patterns", PolicyPath::default().key("Allowed"), message);
                reader.fault(fault.expected(format!("at most {most}")).help("use patterns that choose more"));
            }
        }
        reader.finish()?;
        Ok(Self { entries, text: text.to_owned() })
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Finds the accounts that the entries are about, as they are before or after a change.
    ///
    /// # Errors
    ///
    /// If a text chooses no account in either organization, or several things have that name; all such texts at once.
    pub fn bind(&self, before: &Organization, after: &Organization) -> Result<BoundExpectations<'_>, LoadError> {
        let mut reader = RecordReader::new(&self.text);
        let mut bound = Vec::with_capacity(self.entries.len());
        // Each text once: looking for it takes time linear in the accounts.
        let mut known: BTreeMap<&str, Vec<AccountId>> = BTreeMap::new();
        for entry in &self.entries {
            let mut accounts: Vec<AccountId> = Vec::new();
            for (path, text) in &entry.accounts {
                if !known.contains_key(text.as_str()) {
                    let found = chosen(text, before, after).unwrap_or_else(|error| {
                        reader.fault(unselected(path, &error));
                        Vec::new()
                    });
                    known.insert(text, found);
                }
                accounts.extend(known.get(text.as_str()).into_iter().flatten());
            }
            accounts.sort_unstable();
            accounts.dedup();
            bound.push((entry, accounts));
        }
        reader.finish()?;
        Ok(BoundExpectations { entries: bound })
    }
}

fn unselected(path: &PolicyPath, error: &SelectError) -> Fault {
    let code = if matches!(error, SelectError::Ambiguous { .. }) { "ambiguous-name" } else { "unknown-account" };
    let mut fault = Fault::new(code, path.clone(), error.to_string());
    fault.help = error.help();
    fault
}

impl Entry {
    fn read<'t>(mut record: Record<'t>, reader: &mut RecordReader<'t>) -> Self {
        let mut required = |reader: &mut RecordReader<'t>, name: &'static str| {
            if record.value(name).is_none() {
                reader.fault(record.missing(name));
            }
            let texts = record.texts(reader, name).unwrap_or_default();
            let is_empty_list =
                record.value(name).is_some_and(|raw| raw.get().bytes().all(|byte| b"[] \t\r\n".contains(&byte)));
            if is_empty_list {
                let message = "the list is empty, so the entry allows nothing";
                reader.fault(Fault::new("empty-list", record.path().key(name), message));
            }
            texts
        };
        let transitions = required(reader, "Transition");
        let accounts = required(reader, "Account");
        let actions = required(reader, "Action");
        let reason = record.text(reader, "Reason");
        let transitions = transitions.into_iter().filter_map(|(at, text)| {
            let transition = Transition::from_text(&text);
            if transition.is_none() {
                let names: Vec<String> = Transition::ALL.iter().map(|name| format!("`{name}`")).collect();
                let message = format!("`{text}` is not a transition");
                reader.fault(
                    Fault::new("unknown-transition", at, message).expected(format!("one of {}", names.join(", "))),
                );
            }
            transition
        });
        let transitions = transitions.collect();
        let actions = actions.into_iter().filter_map(|(at, text)| {
            if let Some(reason) = bad_action(&text) {
                let message = format!("`{text}` is not an action pattern: {reason}");
                reader.fault(
                    Fault::new("bad-action", at, message)
                        .rule("DOC-18")
                        .expected("`*`, or a pattern such as `s3:Get*`"),
                );
                return None;
            }
            Some(folded(&text))
        });
        let actions = actions.collect();
        record.close(reader);
        Self { transitions, accounts, actions, reason }
    }
}

/// Actions ignore case (ACT-3): all patterns are compared in lower case.
fn folded(text: &str) -> WildcardPattern {
    WildcardPattern::flat(&text.to_ascii_lowercase())
}

/// What is wrong with an action pattern, if anything is (DOC-18).
fn bad_action(text: &str) -> Option<&'static str> {
    let colons = text.bytes().filter(|&byte| byte == b':').count();
    let ends = text.split_once(':');
    match (text, colons) {
        ("*", _) => None,
        (_, 0) => Some("it has no service prefix"),
        (_, 2..) => Some("it has several colons"),
        _ if text.chars().any(char::is_whitespace) => Some("it has white space"),
        _ if ends.is_some_and(|(prefix, name)| prefix.is_empty() || name.is_empty()) => Some("a part of it is empty"),
        _ => None,
    }
}

/// Expectations whose accounts are known.
#[derive(Debug, Clone)]
pub struct BoundExpectations<'e> {
    /// With the accounts by id.
    entries: Vec<(&'e Entry, Vec<AccountId>)>,
}

/// A part of a difference that no entry allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    /// The accounts it is about, in the order given.
    pub accounts: Vec<AccountId>,
    /// An action that is in the difference and in no entry; none if there are too many patterns to tell.
    pub action: Option<String>,
}

impl BoundExpectations<'_> {
    /// What of a difference is not allowed; empty if all of it is.
    ///
    /// The difference is one transition, some accounts, and all actions that match one of `patterns` but none of `except`. An entry
    /// allows an action whatever resource and condition the difference is about. Patterns ignore case; several entries may
    /// share the work. Where so many long patterns overlap that they cannot be compared in twenty million steps, nothing is allowed.
    pub fn beyond(
        &self,
        accounts: &[AccountId],
        transition: Transition,
        patterns: &[&str],
        except: &[&str],
    ) -> Vec<Beyond> {
        // Accounts that the same entries are about have the same answer.
        let mut groups: BTreeMap<Vec<usize>, Vec<AccountId>> = BTreeMap::new();
        for &account in accounts {
            groups.entry(self.applying(account, transition)).or_default().push(account);
        }
        let region: Vec<WildcardPattern> = patterns.iter().map(|text| folded(text)).collect();
        let without: Vec<WildcardPattern> = except.iter().map(|text| folded(text)).collect();
        let mut beyond = Vec::new();
        for (entries, accounts) in groups {
            let allowed: Vec<&WildcardPattern> = entries
                .iter()
                .filter_map(|&entry| self.entries.get(entry))
                .flat_map(|(entry, _)| &entry.actions)
                .collect();
            if allowed.iter().any(|pattern| pattern.is_any()) {
                continue;
            }
            match outside(&region, &without, &allowed) {
                Outside::Nothing => {}
                Outside::Action(action) => {
                    let written = patterns.iter().find(|text| text.eq_ignore_ascii_case(&action));
                    let action = written.map_or(action, |text| (*text).to_owned());
                    beyond.push(Beyond { accounts, action: Some(action) });
                }
                Outside::TooMany => beyond.push(Beyond { accounts, action: None }),
            }
        }
        beyond
    }

    /// The entries that a transition of an account is about, by number, in the order of the file.
    pub fn applying(&self, account: AccountId, transition: Transition) -> Vec<usize> {
        let applies = |(entry, accounts): &(&Entry, Vec<AccountId>)| {
            entry.transitions.contains(&transition) && accounts.binary_search(&account).is_ok()
        };
        self.entries.iter().enumerate().filter(|(_, entry)| applies(entry)).map(|(index, _)| index).collect()
    }

    /// The entries that allow some part of a difference of any of some accounts, by number.
    pub fn touched(&self, accounts: &[AccountId], transition: Transition, patterns: &[&str]) -> Vec<usize> {
        let first_of = |entry: usize| {
            let of = self.entries.get(entry).map(|(_, of)| of);
            accounts.iter().find(|account| of.is_some_and(|of| of.binary_search(account).is_ok()))
        };
        let touches = |entry: &usize| {
            first_of(*entry).is_some_and(|account| self.touches(*entry, *account, transition, patterns))
        };
        (0..self.entries.len()).filter(touches).collect()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether an entry, by number, allows some part of a difference, as [`beyond`](Self::beyond) takes it. One that no difference
    /// touches is out of date, or the change does not do what it was meant to.
    pub fn touches(&self, entry: usize, account: AccountId, transition: Transition, patterns: &[&str]) -> bool {
        let Some((entry, accounts)) = self.entries.get(entry) else { return false };
        entry.transitions.contains(&transition)
            && accounts.binary_search(&account).is_ok()
            && patterns.iter().any(|text| {
                let part = folded(text);
                entry.actions.iter().any(|pattern| overlaps(pattern, &part))
            })
    }

    /// Why an entry is there, if the file says so.
    pub fn reason(&self, entry: usize) -> Option<&str> {
        self.entries.get(entry).and_then(|(entry, _)| entry.reason.as_deref())
    }
}

enum Outside {
    Nothing,
    Action(String),
    TooMany,
}

/// An action of a region that no pattern allows. Exact.
fn outside(region: &[WildcardPattern], without: &[WildcardPattern], allowed: &[&WildcardPattern]) -> Outside {
    for part in region {
        if allowed.iter().any(|pattern| covers(pattern, part)) {
            continue;
        }
        // Only what has an action in common with the part can say anything about it.
        let allowed = allowed.iter().copied().filter(|pattern| overlaps(pattern, part));
        let without = without.iter().filter(|pattern| overlaps(pattern, part));
        match outside_of_all(part, &without.chain(allowed).collect::<Vec<_>>()) {
            Outside::Nothing => {}
            found @ (Outside::Action(_) | Outside::TooMany) => return found,
        }
    }
    Outside::Nothing
}

/// An action that matches a pattern and none of the others.
fn outside_of_all(part: &WildcardPattern, others: &[&WildcardPattern]) -> Outside {
    let action = WildcardPattern::flat("?*:?*");
    let patterns: Vec<LanguagePattern<'_>> =
        [&action, part].into_iter().chain(others.iter().copied()).map(LanguagePattern::from).collect();
    let letters: usize = patterns.iter().map(|pattern| length(pattern.pattern)).sum();
    let Some(cells) = text_cells(&patterns, STEPS / letters.max(1)) else { return Outside::TooMany };
    let found = cells
        .into_iter()
        .find(|cell| cell.matches.starts_with(&[true, true]) && !cell.matches.iter().skip(2).any(|&other| other));
    found.map_or(Outside::Nothing, |cell| Outside::Action(cell.example))
}

fn length(pattern: &WildcardPattern) -> usize {
    pattern.pieces().map(|piece| if let Piece::Literal(text) = piece { text.len() } else { 1 }).sum()
}
