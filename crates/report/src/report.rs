//! What can be printed, in which formats: the one place that knows both.

use std::fmt;
use std::io::{self, Write};

use crate::answer::Answer;
use crate::audit::AuditReport;
use crate::doc::{self, Doc};
use crate::effective::{Effective, EffectiveSet};
use crate::explanation::Explanation;
use crate::impact::ImpactReport;
use crate::replay::Replayed;
use crate::show::Show;
use crate::style::Style;
use crate::tree::Tree;
use crate::validation::Validation;
use crate::who_can::WhoCanReport;
use crate::why::Why;
use crate::{csv, html, json, junit, lines, page, sarif};

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Format {
    /// For people at a terminal.
    Text,
    /// For programs: versioned, and complete.
    Json,
    /// For pull requests, tickets and wikis.
    Markdown,
    /// For spreadsheets.
    Csv,
    /// For browsers.
    Html,
    /// For code scanning.
    Sarif,
    /// For the test view of a pipeline.
    Junit,
    /// For editors and logs: a line a diagnostic.
    Concise,
    /// For annotations of GitHub Actions.
    Github,
    /// For GitLab's report on code quality.
    Gitlab,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 10] = [
        Self::Text,
        Self::Json,
        Self::Markdown,
        Self::Csv,
        Self::Html,
        Self::Sarif,
        Self::Junit,
        Self::Concise,
        Self::Github,
        Self::Gitlab,
    ];

    /// What it is called on a command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Concise => "concise",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// An answer of any kind, to be printed.
///
/// | subject | JSON |
/// |---|---|
/// | one question | `scproof-answer/2` |
/// | one call, asked of many accounts | `scproof-who-can/2` |
/// | what an account can do | `scproof-effective/2` |
/// | what the accounts of a unit can do | `scproof-effective-set/2` |
/// | what a change does | `scproof-impact/2` |
/// | what changes would have done to the calls of a log | `scproof-replay/1` |
/// | what SCPs do everywhere | `scproof-audit/3` |
/// | the organization | `scproof-tree/1` |
/// | a policy, or what is attached on the way to a target | `scproof-show/1` |
/// | checked documents and snapshots | `scproof-validate/1` |
/// | what a code means | `scproof-explain/1` |
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Report<'a> {
    /// One question.
    Answer(&'a Answer<'a>),
    /// A denial that AWS told of.
    Why(&'a Why<'a>),
    /// One call, asked of many accounts.
    WhoCan(&'a WhoCanReport<'a>),
    /// What an account can do.
    Effective(&'a Effective<'a>),
    /// What the accounts of a unit can do.
    EffectiveSet(&'a EffectiveSet<'a>),
    /// What a change does, or what differs.
    Impact(&'a ImpactReport<'a>),
    /// What changes would have done to the calls of a log.
    Replay(&'a Replayed<'a>),
    /// What SCPs do everywhere.
    Audit(&'a AuditReport<'a>),
    /// The organization.
    Tree(&'a Tree<'a>),
    /// One policy, or what is attached on the way to a target.
    Show(&'a Show<'a>),
    /// Checked documents and snapshots.
    Validation(&'a Validation),
    /// What a code means.
    Explanation(&'a Explanation),
}

/// What a report is about, which decides the formats that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// One question.
    Answer,
    /// A denial that AWS told of.
    Why,
    /// One call, asked of many accounts.
    WhoCan,
    /// What an account, or those of a unit, can do.
    Effective,
    /// What a change does, or what differs.
    Impact,
    /// What changes would have done to the calls of a log.
    Replay,
    /// What SCPs do everywhere.
    Audit,
    /// The organization.
    Tree,
    /// One policy, or what is attached on the way to a target.
    Show,
    /// Checked documents and snapshots.
    Validation,
    /// What a code means.
    Explanation,
}

impl Subject {
    /// Whether a report on this subject can be printed so.
    ///
    /// ```
    /// use scproof_report::{Format, Subject};
    /// assert!(Subject::Audit.has(Format::Sarif) && !Subject::Answer.has(Format::Sarif));
    /// ```
    pub fn has(self, format: Format) -> bool {
        match format {
            Format::Text | Format::Json | Format::Markdown | Format::Html => true,
            // An answer about one call is no table, nor is a policy.
            Format::Csv => !matches!(self, Self::Answer | Self::Why | Self::Show | Self::Explanation),
            Format::Sarif | Format::Junit => matches!(self, Self::Audit | Self::Validation),
            Format::Concise | Format::Github | Format::Gitlab => matches!(self, Self::Validation),
        }
    }
}

impl Report<'_> {
    /// What it is about.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Answer(_) => Subject::Answer,
            Self::Why(_) => Subject::Why,
            Self::WhoCan(_) => Subject::WhoCan,
            Self::Effective(_) | Self::EffectiveSet(_) => Subject::Effective,
            Self::Impact(_) => Subject::Impact,
            Self::Replay(_) => Subject::Replay,
            Self::Audit(_) => Subject::Audit,
            Self::Tree(_) => Subject::Tree,
            Self::Show(_) => Subject::Show,
            Self::Validation(_) => Subject::Validation,
            Self::Explanation(_) => Subject::Explanation,
        }
    }

    /// Writes the report; `style` matters to text alone.
    ///
    /// # Errors
    ///
    /// If writing fails, or with [`io::ErrorKind::Unsupported`] if the [`subject`](Self::subject) has no such format.
    pub fn write(&self, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
        match (format, self) {
            (Format::Text, _) => doc::text::write(&self.page(), style, out),
            (Format::Json, _) => self.data(out),
            (Format::Markdown, _) => doc::markdown::write(&self.page(), out),
            (Format::Csv, Self::WhoCan(report)) => csv::who_can::render(report, out),
            (Format::Csv, Self::Effective(effective)) => csv::effective::render(effective, out),
            (Format::Csv, Self::EffectiveSet(set)) => csv::effective::set(set, out),
            (Format::Csv, Self::Impact(report)) => csv::impact::render(report, out),
            (Format::Csv, Self::Replay(replayed)) => csv::replay::render(replayed, out),
            (Format::Csv, Self::Audit(report)) => csv::audit::render(report, out),
            (Format::Csv, Self::Tree(tree)) => csv::tree::render(tree, out),
            (Format::Csv, Self::Validation(validation)) => csv::validation::render(validation, out),
            (Format::Html, Self::Audit(report)) => html::audit::render(report, out),
            (Format::Html, _) => html::page::write(&self.page(), self.title(), out),
            (Format::Sarif, Self::Audit(report)) => sarif::render(report, out),
            (Format::Sarif, Self::Validation(validation)) => sarif::validation::render(validation, out),
            (Format::Junit, Self::Audit(report)) => junit::render(report, out),
            (Format::Junit, Self::Validation(validation)) => junit::validation::render(validation, out),
            (Format::Concise, Self::Validation(validation)) => lines::concise(validation, out),
            (Format::Github, Self::Validation(validation)) => lines::github(validation, out),
            (Format::Gitlab, Self::Validation(validation)) => lines::gitlab(validation, out),
            (Format::Csv | Format::Sarif | Format::Junit | Format::Concise | Format::Github | Format::Gitlab, _) => {
                Err(io::Error::new(io::ErrorKind::Unsupported, format!("there is no report on this as {format}")))
            }
        }
    }

    /// The heading of a page for a browser.
    fn title(&self) -> &'static str {
        match self {
            Self::Answer(_) => "What SCPs say to a call",
            Self::Why(_) => "Why AWS denied a call",
            Self::WhoCan(_) => "Which accounts can make a call",
            Self::Effective(_) | Self::EffectiveSet(_) => "What SCPs let pass at most",
            Self::Impact(_) => "What changes for whom",
            Self::Replay(_) => "What changes would have done",
            Self::Audit(_) => "SCP audit",
            Self::Tree(_) => "The organization and its policies",
            Self::Show(_) => "What is attached where",
            Self::Validation(_) => "Check of policies",
            Self::Explanation(_) => "What a code means",
        }
    }

    /// What there is to read.
    fn page(&self) -> Doc {
        match self {
            Self::Answer(answer) => page::answer::page(answer),
            Self::Why(why) => page::why::page(why),
            Self::WhoCan(report) => page::who_can::page(report),
            Self::Effective(effective) => page::effective::page(effective),
            Self::EffectiveSet(set) => page::effective::set(set),
            Self::Impact(report) => page::impact::page(report),
            Self::Replay(replayed) => page::replay::page(replayed),
            Self::Audit(report) => page::audit::page(report),
            Self::Tree(tree) => page::tree::page(tree),
            Self::Show(show) => page::show::page(show),
            Self::Validation(validation) => page::validation::page(validation),
            Self::Explanation(explanation) => page::explanation::page(explanation),
        }
    }

    fn data(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Answer(answer) => json::write(&json::answer::document(answer), out),
            Self::Why(why) => json::write(&json::why::document(why), out),
            Self::WhoCan(report) => json::write(&json::who_can::document(report), out),
            Self::Effective(effective) => json::write(&json::effective::document(effective), out),
            Self::EffectiveSet(set) => json::write(&json::effective_set::document(set), out),
            Self::Impact(report) => json::write(&json::impact::document(report), out),
            // A line an account, class, guardrail and finding.
            Self::Replay(replayed) => json::write(&json::replay::document(replayed), out),
            Self::Audit(report) => json::write_lines(&json::audit::document(report), 2, out),
            Self::Tree(tree) => json::write(&json::tree::document(tree), out),
            Self::Show(show) => json::write(&json::show::document(show), out),
            Self::Validation(validation) => json::write(&json::validation::document(validation), out),
            Self::Explanation(explanation) => json::write(&json::explanation::document(explanation), out),
        }
    }
}
