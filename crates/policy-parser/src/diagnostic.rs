//! What the parser has to say about a text: plain data, rendered elsewhere.

use std::ops::Range;

use crate::path::PolicyPath;

/// How serious a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// Accepted by AWS, but probably not what was meant.
    Warning,
    /// AWS would refuse the text, or the part has no meaning.
    Error,
}

impl Severity {
    /// Lower-case name, as printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One fault, remark or note about a text, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable kebab-case code, such as `duplicate-key`; listed in `docs/diagnostics.md`.
    pub code: &'static str,
    /// The rule behind it, such as `JSON-3`.
    pub rule: &'static str,
    /// How serious it is.
    pub severity: Severity,
    /// The route to the part it is about.
    pub path: PolicyPath,
    /// The bytes of the text it is about.
    pub span: Range<usize>,
    /// The line of the span's start, from 1.
    pub line: usize,
    /// The column of the span's start in characters, from 1.
    pub column: usize,
    /// What is wrong: lower case, without final stop, input in backticks.
    pub message: String,
    /// What was expected instead, if that can be said.
    pub expected: Option<String>,
    /// How to repair it, if that can be said.
    pub help: Option<String>,
}
