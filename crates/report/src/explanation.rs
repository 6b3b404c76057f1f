//! What a code of a finding or diagnostic means: what the tables say, for people who met it.

use scproof_import::{IMPORT_CODES, PLAN_CODES};
use scproof_organization::{CHANGE_CODES, FINDING_CODES, SNAPSHOT_CODES};
use scproof_policy_parser::diagnostic_codes;
use scproof_replay::EXPECTED_CODES;
use scproof_rules::Rule;
use scproof_simulator::{EXPECT_CODES, NOTICE_CODES};
use scproof_text::codes::{ENTRY_CODES, FILE_CODES};
use scproof_text::{Code, near_names};

/// What a code means.
///
/// ```
/// use scproof_report::Explanation;
/// assert!(Explanation::of("unsatisfiable-guard").is_some());
/// assert_eq!(Explanation::near("unsatisfiable-gard"), ["unsatisfiable-guard"]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Explanation {
    pub(crate) entry: Entry,
}

/// Where the code stands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entry {
    Rule(&'static Rule),
    Code(&'static Code),
}

fn codes() -> impl Iterator<Item = &'static Code> {
    let tables = [
        FILE_CODES,
        ENTRY_CODES,
        SNAPSHOT_CODES,
        FINDING_CODES,
        CHANGE_CODES,
        NOTICE_CODES,
        EXPECT_CODES,
        EXPECTED_CODES,
        IMPORT_CODES,
        PLAN_CODES,
    ];
    diagnostic_codes().chain(tables.into_iter().flatten())
}

impl Explanation {
    /// What a code means; `None` if there is no such code.
    pub fn of(code: &str) -> Option<Self> {
        let rule = scproof_rules::rule(code).map(Entry::Rule);
        let entry = rule.or_else(|| codes().find(|known| known.code == code).map(Entry::Code))?;
        Some(Self { entry })
    }

    /// Codes that are spelt nearly so.
    pub fn near(code: &str) -> Vec<String> {
        near_names(code, scproof_rules::rules().map(|rule| rule.code).chain(codes().map(|known| known.code)), 2)
    }

    pub(crate) fn code(&self) -> &'static str {
        match self.entry {
            Entry::Rule(rule) => rule.code,
            Entry::Code(code) => code.code,
        }
    }

    pub(crate) fn title(&self) -> &'static str {
        match self.entry {
            Entry::Rule(rule) => rule.title,
            Entry::Code(code) => code.summary,
        }
    }

    /// Why it matters, as Markdown; may be empty.
    pub(crate) fn text(&self) -> &'static str {
        match self.entry {
            Entry::Rule(rule) => rule.text,
            Entry::Code(code) => code.text,
        }
    }

    /// How grave it is at most: a risk of rules, a severity of others.
    pub(crate) fn weight(&self) -> &'static str {
        match self.entry {
            Entry::Rule(rule) => rule.risk.as_str(),
            Entry::Code(code) => code.severity.as_str(),
        }
    }

    /// The rules of evaluation behind it.
    pub(crate) fn semantics(&self) -> Vec<&'static str> {
        match self.entry {
            Entry::Rule(rule) => rule.semantics.to_vec(),
            Entry::Code(code) => [code.rule].into_iter().filter(|rule| !rule.is_empty()).collect(),
        }
    }

    pub(crate) fn remedy(&self) -> Option<&'static str> {
        match self.entry {
            Entry::Rule(rule) => Some(rule.remedy),
            Entry::Code(_) => None,
        }
    }

    pub(crate) fn found_if(&self) -> Option<&'static str> {
        match self.entry {
            Entry::Rule(rule) => Some(rule.found_if).filter(|text| !text.is_empty()),
            Entry::Code(_) => None,
        }
    }

    /// A text that has the fault.
    pub(crate) fn example(&self) -> Option<&'static str> {
        match self.entry {
            Entry::Rule(_) => None,
            Entry::Code(code) => code.example.map(|example| example.source),
        }
    }
}
