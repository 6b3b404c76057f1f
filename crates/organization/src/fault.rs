//! What keeps a snapshot from being an organization, or another file from being used.

use std::fmt;
use std::path::{Path, PathBuf};

use scproof_policy_parser::PolicyPath;

/// One fault of a snapshot or of another file, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A stable kebab-case code, such as `unknown-parent`; listed in `docs/snapshot-format.md` and `docs/changes.md`.
    pub code: &'static str,
    /// The rule behind it, such as `ID-4`; empty if none applies.
    pub rule: &'static str,
    /// The id of the item it is about, if there is one.
    pub item: Option<String>,
    /// The route to the part it is about, such as `Attachments[3].PolicyId`; empty for the whole text.
    pub path: PolicyPath,
    /// The line, from 1, if the text was at hand.
    pub line: Option<usize>,
    /// The column in characters, from 1, if the text was at hand.
    pub column: Option<usize>,
    /// What is wrong: lower case, without final stop, input in backticks.
    pub message: String,
    /// What was expected instead, if that can be said.
    pub expected: Option<String>,
    /// How to repair it, if that can be said.
    pub help: Option<String>,
}

impl Fault {
    /// A fault without rule, item, expectation and help; line and column come when the text is at hand.
    pub fn new(code: &'static str, path: PolicyPath, message: impl Into<String>) -> Self {
        Self {
            code,
            rule: "",
            item: None,
            path,
            line: None,
            column: None,
            message: message.into(),
            expected: None,
            help: None,
        }
    }

    /// Adds the rule behind it.
    #[must_use]
    pub fn rule(mut self, rule: &'static str) -> Self {
        self.rule = rule;
        self
    }

    /// Adds the id of the item it is about.
    #[must_use]
    pub fn item(mut self, id: impl Into<String>) -> Self {
        self.item = Some(id.into());
        self
    }

    /// Adds what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Adds how to repair it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The place and the message, without help: `3:14: Accounts[0].Id: …`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "{line}:{column}: ")?;
        }
        let path = self.path.to_string();
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(expected) = &self.expected {
            write!(f, ", expected {expected}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}

/// Collects faults; keeps the first thousand and counts the rest, so that a hostile file cannot fill the memory.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    list: Vec<Fault>,
    omitted: usize,
}

impl Faults {
    const KEPT: usize = 1_000;

    pub(crate) fn push(&mut self, fault: Fault) {
        if self.list.len() < Self::KEPT { self.list.push(fault) } else { self.omitted += 1 }
    }

    /// Nothing wrong so far: `Ok`.
    pub(crate) fn into_result(self) -> Result<(), LoadError> {
        if self.list.is_empty() {
            Ok(())
        } else {
            Err(LoadError { file: None, faults: self.list, omitted: self.omitted })
        }
    }
}

/// Why a snapshot, or another file, could not be used: every fault found, at least one.
///
/// Syntax and type faults stop the reading, so they come alone; all others are collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    file: Option<PathBuf>,
    /// Never empty.
    faults: Vec<Fault>,
    omitted: usize,
}

impl LoadError {
    pub(crate) fn single(fault: Fault) -> Self {
        Self { file: None, faults: vec![fault], omitted: 0 }
    }

    pub(crate) fn in_file(mut self, file: &Path) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    pub(crate) fn faults_mut(&mut self) -> &mut [Fault] {
        &mut self.faults
    }

    /// The file, if the snapshot came from one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The faults in the order of the format's parts, at most 1,000 of them.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// How many further faults there are beyond [`faults`](Self::faults).
    pub fn omitted(&self) -> usize {
        self.omitted
    }
}

/// One line: file, place and message of the first fault, and how many more there are.
impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
            if self.faults.first().is_none_or(|fault| fault.line.is_none()) {
                f.write_str(" ")?;
            }
        }
        if let Some(fault) = self.faults.first() {
            write!(f, "{fault}")?;
        }
        match self.faults.len() - 1 + self.omitted {
            0 => Ok(()),
            1 => f.write_str(" (and 1 more fault)"),
            more => write!(f, " (and {more} more faults)"),
        }
    }
}

impl std::error::Error for LoadError {}
