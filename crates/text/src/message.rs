//! What there is to say about a text or an item: plain data, rendered elsewhere.

use std::fmt;
use std::ops::Range;

use crate::fix::Fix;
use crate::path::PolicyPath;

/// How serious a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// Accepted by AWS, but probably not what was meant.
    Warning,
    /// AWS would refuse it, it cannot be used, or the part has no meaning.
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

/// A row of a table of codes: what is always true of the messages with one code. Made by [`codes!`](crate::codes!).
///
/// Pages and machine formats say of a code what stands here and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The stable kebab-case code, such as `duplicate-name`.
    pub code: &'static str,
    /// The rule behind it, such as `JSON-3`; empty if none applies, or if it depends on the case.
    pub rule: &'static str,
    /// How serious it is, unless a message says otherwise.
    pub severity: Severity,
    /// What it means, in one line.
    pub summary: &'static str,
    /// Why it matters and what to do, as Markdown; empty if the summary says it all.
    pub text: &'static str,
    /// A text that has the fault.
    pub example: Option<Example>,
}

/// A text that shows what a code is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// What the text is a part of, in the words of the page that shows it; empty for a whole text.
    pub part_of: &'static str,
    /// The text.
    pub source: &'static str,
}

/// Codes that belong together: a section of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeGroup {
    /// The heading.
    pub title: &'static str,
    /// What is true of all of them, as Markdown; may be empty.
    pub text: &'static str,
    /// The codes in the order of the page.
    pub codes: &'static [Code],
}

impl Code {
    /// A message with this code about an item, told by its id.
    pub fn about(&self, item: impl Into<String>, message: impl Into<String>) -> Message {
        self.message(message).item(item)
    }

    /// A message with this code about the part of a text that a route leads to.
    pub fn at(&self, path: PolicyPath, message: impl Into<String>) -> Message {
        self.message(message).at(path)
    }

    /// A message with this code, about nothing in particular yet.
    pub fn message(&self, message: impl Into<String>) -> Message {
        Message {
            code: self.code,
            rule: self.rule,
            severity: self.severity,
            item: None,
            path: PolicyPath::default(),
            place: None,
            message: message.into(),
            expected: None,
            help: None,
            fix: None,
            also: Vec::new(),
        }
    }
}

/// Makes a table of codes and a constant for each row: severity, rule, code and summary, on request `=>` and the text,
/// and an example with what it is a part of.
///
/// ```
/// scproof_text::codes! {
///     /// Every code of a file of birds, in the order of `docs/birds.md`.
///     pub BIRD_CODES:
///     NO_WINGS Error "" "no-wings" "a bird that has no wings";
///     LATE_BIRD Note "BIRD-2" "late-bird" "a bird that gets no worm"
///         => "The early ones have them all." ["bird" r#"{"Name": "robin"}"#];
/// }
///
/// let message = LATE_BIRD.message("`robin` is late").item("robin").help("get up earlier");
/// assert_eq!((message.code, message.rule, BIRD_CODES.len()), ("late-bird", "BIRD-2", 2));
/// assert_eq!(LATE_BIRD.example.map(|example| example.part_of), Some("bird"));
/// ```
#[macro_export]
macro_rules! codes {
    (@example) => { None };
    (@example [$part_of:literal $source:literal]) => {
        Some($crate::Example { part_of: $part_of, source: $source })
    };
    (
        $(#[$meta:meta])* $vis:vis $table:ident:
        $($name:ident $severity:ident $rule:literal $code:literal $summary:literal
            $(=> $text:literal $([$part_of:literal $source:literal])?)?;)+
    ) => {
        $(
            #[doc = concat!("`", $code, "`: ", $summary, ".")]
            $vis const $name: $crate::Code = $crate::Code {
                code: $code,
                rule: $rule,
                severity: $crate::Severity::$severity,
                summary: $summary,
                text: concat!($($text)?),
                example: $crate::codes!(@example $($([$part_of $source])?)?),
            };
        )+
        $(#[$meta])*
        $vis const $table: &[$crate::Code] = &[$($name),+];
    };
}

/// Where in a text something is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The bytes of the text.
    pub span: Range<usize>,
    /// The line of the first byte, from 1.
    pub line: usize,
    /// The column of the first byte in characters, from 1.
    pub column: usize,
}

/// One fault, oddity or remark: what the code's row says, what it is about, and the words.
///
/// The same for what is wrong with the text of a policy, with a snapshot or another file, and for what is odd about an
/// organization or a change. Faults of a text have a place and a route; what is about an organization has an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// A stable kebab-case code, such as `duplicate-name`. Each stands in a table of codes with a page of `docs/` that
    /// describes it.
    pub code: &'static str,
    /// The rule behind it, such as `JSON-3`; empty if none applies.
    pub rule: &'static str,
    /// How serious it is.
    pub severity: Severity,
    /// The id of the item it is about, if there is one.
    pub item: Option<String>,
    /// The route to the part it is about, such as `Attachments[3].PolicyId`; empty for the whole text, and where there
    /// is no text.
    pub path: PolicyPath,
    /// Where that stands, if the text was at hand.
    pub place: Option<Place>,
    /// What is wrong: lower case, without final stop, input in backticks.
    pub message: String,
    /// What was expected instead, if that can be said.
    pub expected: Option<String>,
    /// How to repair it, if that can be said.
    pub help: Option<String>,
    /// The repair in the text, if the fault has exactly one meaning.
    pub fix: Option<Fix>,
    /// Other places with the same fault for the same cause, which is told once.
    pub also: Vec<Place>,
}

impl Message {
    /// With another rule than that of the code.
    #[must_use]
    pub fn rule(self, rule: &'static str) -> Self {
        Self { rule, ..self }
    }

    /// With another severity than that of the code.
    #[must_use]
    pub fn severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// With the id of the item it is about.
    #[must_use]
    pub fn item(self, id: impl Into<String>) -> Self {
        Self { item: Some(id.into()), ..self }
    }

    /// With the route to the part it is about.
    #[must_use]
    pub fn at(self, path: PolicyPath) -> Self {
        Self { path, ..self }
    }

    /// With the bytes it is about; line and column come when reading ends.
    #[must_use]
    pub fn on(self, span: Range<usize>) -> Self {
        Self { place: Some(Place { span, line: 1, column: 1 }), ..self }
    }

    /// With what was expected.
    #[must_use]
    pub fn expected(self, expected: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), ..self }
    }

    /// With how to repair it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// With its repair.
    #[must_use]
    pub fn fix(self, fix: Fix) -> Self {
        Self { fix: Some(fix), ..self }
    }

    /// The bytes of the text it is about, if the text was at hand.
    pub fn span(&self) -> Option<Range<usize>> {
        self.place.as_ref().map(|place| place.span.clone())
    }

    /// Line and column, both from 1, the column in characters, if the text was at hand.
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(|place| (place.line, place.column))
    }
}

/// The place and the message, without help: `3:14: Accounts[0].Id: …`.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.line_and_column() {
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

impl std::error::Error for Message {}
