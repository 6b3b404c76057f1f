//! What there is to say about policy documents and snapshots.

use std::collections::BTreeMap;

use scproof_text::{Message, Severity};

/// Everything that was checked.
#[derive(Debug, Clone, Default)]
pub struct Validation {
    /// The texts in the order they were given; the policies of a snapshot follow it.
    pub sources: Vec<Source>,
    /// Whether people see how often each code was found, in place of every diagnostic.
    pub is_statistics: bool,
}

/// One checked text.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file as given, or `<stdin>`.
    pub file: String,
    /// For a policy inside a snapshot: which one.
    pub policy: Option<PolicyLabel>,
    /// The text; what is not UTF-8 replaced.
    pub text: String,
    /// What was found.
    pub findings: SourceFindings,
    /// What was repaired before; the text is the repaired one.
    pub fixed: Vec<Message>,
}

/// A policy of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLabel {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
}

/// What was found in a text, by what the text is.
#[derive(Debug, Clone)]
pub enum SourceFindings {
    /// A policy document.
    Policy(Vec<Message>),
    /// A snapshot that cannot be used, and how many faults are not listed.
    BrokenSnapshot(Vec<Message>, usize),
    /// A snapshot that can be used.
    Snapshot(Vec<Message>),
}

/// How much was checked and found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Policy documents, those in snapshots included.
    pub policies: usize,
    /// Snapshots.
    pub snapshots: usize,
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
    /// How many of them have exactly one meaning, so that `validate --fix` can repair them. Policies of snapshots are
    /// repaired where their texts come from.
    pub fixable: usize,
    /// What was repaired before.
    pub fixed: usize,
}

/// One message with the text that it is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'a> {
    pub(crate) source: &'a Source,
    pub(crate) message: &'a Message,
}

impl<'a> Item<'a> {
    /// The id of the thing it is about.
    pub(crate) fn about(&self) -> Option<&'a str> {
        let policy = self.source.policy.as_ref().map(|policy| policy.id.as_str());
        self.message.item.as_deref().or(policy)
    }

    /// The rule behind it, if one is.
    pub(crate) fn rule(&self) -> Option<&'a str> {
        Some(self.message.rule).filter(|rule| !rule.is_empty())
    }

    /// What would repair it, if it has exactly one meaning and stands in a file of its own.
    pub(crate) fn fix(&self) -> Option<&'a str> {
        let is_file = self.source.policy.is_none();
        self.message.fix.as_ref().filter(|_| is_file).map(|fix| fix.what.as_str())
    }

    /// The route to the part that it is about; none for the whole text.
    pub(crate) fn path(&self) -> Option<String> {
        Some(self.message.path.to_string()).filter(|text| !text.is_empty())
    }
}

impl Validation {
    /// How much was checked and found.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for source in &self.sources {
            match &source.findings {
                SourceFindings::Policy(_) => totals.policies += 1,
                SourceFindings::BrokenSnapshot(_, omitted) => {
                    totals.snapshots += 1;
                    totals.errors += omitted;
                }
                SourceFindings::Snapshot(_) => totals.snapshots += 1,
            }
            totals.fixed += source.fixed.len();
            for item in source.items() {
                totals.fixable += usize::from(item.fix().is_some());
                match item.message.severity {
                    Severity::Error => totals.errors += 1,
                    Severity::Warning => totals.warnings += 1,
                    Severity::Note => totals.notes += 1,
                }
            }
        }
        totals
    }

    /// The codes with how often each was found, and how serious it was at most; the most frequent first.
    pub(crate) fn statistics(&self) -> Vec<(&'static str, Severity, usize)> {
        let mut counts: BTreeMap<&'static str, (Severity, usize)> = BTreeMap::new();
        for item in self.items() {
            let (severity, count) = counts.entry(item.message.code).or_insert((item.message.severity, 0));
            *severity = (*severity).max(item.message.severity);
            *count += item.message.also.len() + 1;
        }
        let mut rows: Vec<_> = counts.into_iter().map(|(code, (severity, count))| (code, severity, count)).collect();
        rows.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
        rows
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = Item<'_>> {
        self.sources.iter().flat_map(Source::items)
    }
}

impl Source {
    /// The file, and the policy if it is one of a snapshot: `org.json, policy region-lock (p-ab12cd34)`.
    pub(crate) fn label(&self) -> String {
        match &self.policy {
            None => self.file.clone(),
            Some(PolicyLabel { id, name: Some(name) }) => format!("{}, policy {name} ({id})", self.file),
            Some(PolicyLabel { id, name: None }) => format!("{}, policy {id}", self.file),
        }
    }

    pub(crate) fn items(&self) -> Vec<Item<'_>> {
        let (SourceFindings::Policy(messages)
        | SourceFindings::BrokenSnapshot(messages, _)
        | SourceFindings::Snapshot(messages)) = &self.findings;
        messages.iter().map(|message| Item { source: self, message }).collect()
    }
}
