//! What the parser has to say about a text: plain data, rendered elsewhere.

use std::fmt;
use std::ops::Range;

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

/// One step of a route through a JSON document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PathStep {
    /// A member of an object.
    Key(String),
    /// An element of an array, from 0.
    Index(usize),
}

/// A route through a document: `Statement[3].Condition.StringEquals["aws:PrincipalTag/team"][1]`.
///
/// The root is the empty text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PolicyPath {
    steps: Vec<PathStep>,
}

impl PolicyPath {
    /// A route of the given steps.
    pub fn from_steps(steps: impl Into<Vec<PathStep>>) -> Self {
        Self { steps: steps.into() }
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[PathStep] {
        &self.steps
    }

    /// This route with one more member step.
    #[must_use]
    pub fn key(&self, name: impl Into<String>) -> Self {
        let mut steps = self.steps.clone();
        steps.push(PathStep::Key(name.into()));
        Self { steps }
    }

    /// This route with one more element step.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut steps = self.steps.clone();
        steps.push(PathStep::Index(index));
        Self { steps }
    }
}

impl fmt::Display for PolicyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.steps.iter().enumerate() {
            match step {
                PathStep::Index(index) => write!(f, "[{index}]")?,
                PathStep::Key(name)
                    if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') =>
                {
                    write!(f, "{}{name}", if position == 0 { "" } else { "." })?;
                }
                PathStep::Key(name) => write!(f, "[{name:?}]")?,
            }
        }
        Ok(())
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
