//! Differences that somebody expects, as data (`docs/expect.md`): anything beyond them is a surprise.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use scproof_organization::{AccountId, Organization, SelectError};
use scproof_policy_parser::{LanguagePattern, Piece, PolicyPath, WildcardPattern, covers, overlaps, text_cells};
use scproof_prover::Transition;
use scproof_text::{JsonText, LARGEST_FILE, LoadError, Message, Node, RecordReader, TextKind, did_you_mean, read_file};

use crate::choose::chosen;
use crate::codes;

/// The `Format` of the files that this version reads.
pub const EXPECT_FORMAT: &str = "scproof-expect/1";

/// How many steps a comparison of action patterns may take, in states times pattern letters. Reached only with hundreds
/// of long patterns that overlap the same one.
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
    /// All faults of the file with line and column.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        read_file(path.as_ref(), LARGEST_FILE, Self::from_json)
    }

    /// Reads the text of a file of expectations.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        let file = JsonText::new(text, &TextKind::FILE);
        let mut reader = RecordReader::new(&file);
        let mut root = reader.root()?;
        reader.format(&mut root, EXPECT_FORMAT, "file of expectations")?;
        root.text(&mut reader, "$schema");
        root.text(&mut reader, "Description");
        let elements = root.required_elements(&mut reader, "Allowed");
        let place = root.span_of("Allowed");
        root.close(&mut reader);
        let entries: Vec<Entry> = elements.iter().filter_map(|node| Entry::read(node, &mut reader)).collect();
        let accounts: BTreeSet<&str> =
            entries.iter().flat_map(|entry| &entry.accounts).map(|(_, text)| text.as_str()).collect();
        let actions: usize = entries.iter().map(|entry| entry.actions.len()).sum();
        for (count, most, what) in [(accounts.len(), MOST_ACCOUNTS, "accounts"), (actions, MOST_ACTIONS, "actions")] {
            if count > most {
                let message = format!("the file has {count} patterns for {what}");
                let fault = codes::TOO_MANY_PATTERNS.message(message).on(place.clone());
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
        let mut faults = Vec::new();
        let mut bound = Vec::with_capacity(self.entries.len());
        // Each text once: looking for it takes time linear in the accounts.
        let mut known: BTreeMap<&str, Vec<AccountId>> = BTreeMap::new();
        for entry in &self.entries {
            let mut accounts: Vec<AccountId> = Vec::new();
            for (path, text) in &entry.accounts {
                if !known.contains_key(text.as_str()) {
                    let found = chosen(text, before, after).unwrap_or_else(|error| {
                        faults.push(unselected(path, &error));
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
        // Read again for the places, only where something is not found.
        let error = if faults.is_empty() { None } else { JsonText::new(&self.text, &TextKind::FILE).error(faults, 0) };
        error.map_or(Ok(BoundExpectations { entries: bound }), Err)
    }
}

fn unselected(path: &PolicyPath, error: &SelectError) -> Message {
    let is_ambiguous = matches!(error, SelectError::Ambiguous { .. });
    let code = if is_ambiguous { codes::AMBIGUOUS_NAME } else { codes::UNKNOWN_ACCOUNT };
    let mut fault = code.at(path.clone(), error.to_string());
    fault.help = error.help();
    fault
}

impl Entry {
    fn read<'f>(node: &'f Node<'f>, reader: &mut RecordReader<'f>) -> Option<Self> {
        let mut record = reader.record(node)?;
        let mut required = |name: &'static str| {
            let texts = record.required(reader, name).map(|_| record.texts(reader, name).unwrap_or_default());
            let is_empty_list = record.value(name).and_then(|node| node.value.as_array()).is_some_and(<[_]>::is_empty);
            if is_empty_list {
                let fault = codes::EMPTY_LIST.message("the list is empty, so the entry allows nothing");
                reader.fault(fault.on(record.span_of(name)));
            }
            texts.unwrap_or_default()
        };
        let transitions = required("Transition");
        let accounts = required("Account");
        let actions = required("Action");
        let reason = record.text(reader, "Reason");
        record.close(reader);
        let transitions = transitions.into_iter().filter_map(|(node, text)| {
            let transition = Transition::from_text(&text);
            if transition.is_none() {
                let names = Transition::ALL.map(|name| name.to_string());
                let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                let mut fault = codes::UNKNOWN_TRANSITION
                    .message(format!("`{text}` is not a transition"))
                    .expected(format!("one of {}", listed.join(", ")));
                fault.help = did_you_mean(&text, names.iter().map(String::as_str));
                reader.fault(fault.on(node.span.clone()));
            }
            transition
        });
        let transitions = transitions.collect();
        let actions = actions.into_iter().filter_map(|(node, text)| {
            if let Some(reason) = bad_action(&text) {
                let fault = codes::BAD_ACTION.message(format!("`{text}` is not an action pattern: {reason}"));
                reader.fault(fault.expected("`*`, or a pattern such as `s3:Get*`").on(node.span.clone()));
                return None;
            }
            Some(folded(&text))
        });
        let actions = actions.collect();
        let accounts = accounts.into_iter().map(|(node, text)| (reader.path(node), text)).collect();
        Some(Self { transitions, accounts, actions, reason })
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
    /// The difference is one transition, some accounts, and all actions that match one of `patterns` but none of
    /// `except`. An entry allows an action whatever resource and condition the difference is about. Patterns ignore
    /// case; several entries may share the work. Where so many long patterns overlap that they cannot be compared in
    /// twenty million steps, nothing is allowed.
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

    /// Whether an entry, by number, allows some part of a difference, as [`beyond`](Self::beyond) takes it. One that no
    /// difference touches is out of date, or the change does not do what it was meant to.
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
