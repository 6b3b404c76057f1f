//! What a rule finds in a document.

use std::ops::Range;

use scproof_text::{Code, Message, PathStep, Place, PolicyPath, Severity, lines_and_columns, locate};

use crate::rule::{Risk, Rule};

/// A fault that a rule found in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The rule.
    pub rule: &'static Rule,
    /// How grave it is here.
    pub risk: Risk,
    /// The statement, from 0.
    pub statement: usize,
    /// The route to the part it is about.
    pub path: PolicyPath,
    /// What is so: one line, lower case, without final stop, input in backticks.
    pub message: String,
    /// Why it matters here.
    pub reason: String,
    /// How to repair it here.
    pub remedy: String,
    /// Whether AWS's tables of another day could say otherwise.
    pub depends_on_catalog: bool,
}

impl Found {
    /// The same as a remark on the text that the document was read from: a warning if it is grave, else a note.
    pub fn diagnostic(&self, text: &str) -> Message {
        let span = self.span(text);
        let mut message = self.code().at(self.path_in(text), self.message.as_str()).help(self.remedy.as_str());
        if let Some(&(line, column)) = lines_and_columns(text, &[span.start]).first() {
            message.place = Some(Place { span, line, column });
        }
        message
    }

    fn code(&self) -> Code {
        Code {
            code: self.rule.code,
            rule: self.rule.semantics.first().copied().unwrap_or_default(),
            severity: if self.risk >= Risk::Medium { Severity::Warning } else { Severity::Note },
            summary: self.rule.title,
            text: self.rule.text,
            example: None,
        }
    }

    /// The route as the text has it: a value in a list may stand there as one bare value (JSON-6).
    pub fn path_in(&self, text: &str) -> PolicyPath {
        let [list @ .., PathStep::Index(0)] = self.path.steps() else { return self.path.clone() };
        let list = PolicyPath::from_steps(list);
        let is_bare = locate(text, &list).and_then(|span| text.get(span)).is_some_and(|value| !value.starts_with('['));
        if is_bare { list } else { self.path.clone() }
    }

    /// The bytes of the part in the text that the document was read from.
    pub fn span(&self, text: &str) -> Range<usize> {
        locate(text, &self.path_in(text)).unwrap_or(0..0)
    }
}
