//! What there is to say about policy documents and snapshots.

use std::ops::Range;

use scproof_organization::{Fault, Finding};
use scproof_policy_parser::{Diagnostic, Severity};

/// Everything that was checked.
#[derive(Debug, Clone, Default)]
pub struct Validation {
    /// The texts in the order they were given; the policies of a snapshot follow it.
    pub sources: Vec<Source>,
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
    Policy(Vec<Diagnostic>),
    /// A snapshot that cannot be used, and how many faults are not listed.
    BrokenSnapshot(Vec<Fault>, usize),
    /// A snapshot that can be used.
    Snapshot(Vec<Finding>),
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
}

/// One diagnostic, fault or finding in the form that all renderers share.
#[derive(Debug, Clone)]
pub(crate) struct Item<'a> {
    pub(crate) source: &'a Source,
    pub(crate) severity: Severity,
    pub(crate) code: &'a str,
    pub(crate) rule: Option<&'a str>,
    /// The id of the thing it is about.
    pub(crate) about: Option<&'a str>,
    pub(crate) path: Option<String>,
    pub(crate) place: Option<Place>,
    pub(crate) message: &'a str,
    pub(crate) expected: Option<&'a str>,
    pub(crate) help: Option<&'a str>,
}

/// Where in a text something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// The bytes, if they are known.
    pub(crate) span: Option<Range<usize>>,
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
            for item in source.items() {
                match item.severity {
                    Severity::Error => totals.errors += 1,
                    Severity::Warning => totals.warnings += 1,
                    Severity::Note => totals.notes += 1,
                }
            }
        }
        totals
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
        match &self.findings {
            SourceFindings::Policy(diagnostics) => diagnostics.iter().map(|found| self.diagnostic(found)).collect(),
            SourceFindings::BrokenSnapshot(faults, _) => faults.iter().map(|found| self.fault(found)).collect(),
            SourceFindings::Snapshot(findings) => findings.iter().map(|found| self.finding(found)).collect(),
        }
    }

    fn diagnostic<'a>(&'a self, found: &'a Diagnostic) -> Item<'a> {
        Item {
            source: self,
            severity: found.severity,
            code: found.code,
            rule: Some(found.rule),
            about: self.policy.as_ref().map(|policy| policy.id.as_str()),
            path: path_text(&found.path),
            place: Some(Place { line: found.line, column: found.column, span: Some(found.span.clone()) }),
            message: &found.message,
            expected: found.expected.as_deref(),
            help: found.help.as_deref(),
        }
    }

    fn fault<'a>(&'a self, found: &'a Fault) -> Item<'a> {
        Item {
            source: self,
            severity: Severity::Error,
            code: found.code,
            rule: Some(found.rule).filter(|rule| !rule.is_empty()),
            about: found.item.as_deref(),
            path: path_text(&found.path),
            place: found.line.zip(found.column).map(|(line, column)| Place { line, column, span: None }),
            message: &found.message,
            expected: found.expected.as_deref(),
            help: found.help.as_deref(),
        }
    }

    fn finding<'a>(&'a self, found: &'a Finding) -> Item<'a> {
        Item {
            source: self,
            severity: found.severity,
            code: found.code,
            rule: Some(found.rule),
            about: Some(&found.item),
            path: None,
            place: None,
            message: &found.message,
            expected: None,
            help: found.help.as_deref(),
        }
    }
}

fn path_text(path: &scproof_policy_parser::PolicyPath) -> Option<String> {
    Some(path.to_string()).filter(|text| !text.is_empty())
}
