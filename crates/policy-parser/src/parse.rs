//! Text to [`PolicyDocument`] with every diagnostic.

mod condition;
mod document;
mod other;
mod statement;

use std::sync::LazyLock;

use scproof_text::{Fix, Message, Route, Severity, Sink, TextKind, Wording, read};

use crate::codes;
use crate::document::{PolicyDocument, PolicyKind};
use crate::quota::Quotas;

/// What a text must be to be read as a policy (JSON-10).
const POLICY_TEXT: TextKind = TextKind {
    max_bytes: 1 << 20,
    max_depth: 64,
    expected: "a policy document",
    one_value: "a policy is exactly one JSON object; put further statements into its `Statement` list",
    comment: "delete the comment; a `Sid` can carry a name",
};

/// A document and everything there is to say about its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// What the text says; parts without a meaning are marked, never dropped.
    pub document: PolicyDocument,
    /// All diagnostics in the order of the text.
    pub diagnostics: Vec<Message>,
}

impl Parsed {
    /// Whether any diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// What a text is validated against. Never changes the document, only the diagnostics.
#[derive(Debug, Clone, Default)]
pub struct ValidationOptions {
    /// Also reports what the SCP language did not allow before 2025-09-19 (DOC-13 to DOC-17).
    pub legacy_scp_language: bool,
    /// The size limits.
    pub quotas: Quotas,
}

impl PolicyDocument {
    /// Reads any text as a policy document of the given kind, with the default [`ValidationOptions`].
    ///
    /// ```
    /// use scproof_policy_parser::{Effect, PolicyDocument, PolicyKind};
    /// let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#;
    /// let parsed = PolicyDocument::parse(text, PolicyKind::ServiceControl);
    /// assert!(parsed.diagnostics.is_empty());
    /// assert_eq!(parsed.document.statements[0].effect, Some(Effect::Deny));
    /// ```
    pub fn parse(text: &str, kind: PolicyKind) -> Parsed {
        static DEFAULT: LazyLock<ValidationOptions> = LazyLock::new(ValidationOptions::default);
        validate(text, kind, &DEFAULT)
    }

    /// Like [`PolicyDocument::parse`], for bytes that may not be UTF-8.
    pub fn parse_bytes(bytes: &[u8], kind: PolicyKind) -> Parsed {
        match scproof_text::decode(bytes) {
            Ok(text) => Self::parse(text, kind),
            Err(fault) => Parsed { document: Self::without_meaning(kind), diagnostics: vec![*fault] },
        }
    }
}

/// Reads any text as a policy document of the given kind and reports every fault of it. Time is linear in the text.
///
/// ```
/// use scproof_policy_parser::{PolicyKind, ValidationOptions, validate};
/// let text = r#"{"Version": "2012-10-17", "Statement": {"Efect": "Deny", "Action": "s3:*", "Resource": "*"}}"#;
/// let parsed = validate(text, PolicyKind::ServiceControl, &ValidationOptions::default());
/// let [fault] = parsed.diagnostics.as_slice() else { panic!("{parsed:?}") };
/// assert_eq!((fault.code, fault.rule, fault.line_and_column()), ("unknown-element", "JSON-5", Some((1, 41))));
/// assert_eq!(fault.help.as_deref(), Some("did you mean `Effect`?"));
/// ```
pub fn validate(text: &str, kind: PolicyKind, options: &ValidationOptions) -> Parsed {
    let mut sink = Sink::default();
    if text.starts_with('\u{feff}') {
        let mark = 0..'\u{feff}'.len_utf8();
        sink.report(codes::BYTE_ORDER_MARK, Route::Root, &mark, || {
            Wording::new("the text starts with a byte order mark")
                .help("save the file as UTF-8 without byte order mark")
                .maybe_fix(Some(Fix::new("delete the byte order mark", mark.clone(), "")))
        });
    }
    let read = read(text, &POLICY_TEXT, &mut sink);
    let mut text_of_other = None;
    if !read.is_valid
        && let Some(other) = other::of_text(text)
    {
        // What is wrong with it as JSON says nothing.
        sink = Sink::default();
        text_of_other = Some(other);
    }
    let mut walker = Walker { sink, kind, options, text, variables: false, full_access: false, is_other: false };
    if let Some(other) = text_of_other {
        walker.report_other(other, &(0..text.find('\n').unwrap_or(text.len())));
        return Parsed { document: PolicyDocument::without_meaning(kind), diagnostics: walker.sink.finish(text) };
    }
    walker.check_size(text);
    let document = read.root.as_ref().map(|root| walker.document(text, root));
    // In an old document `${…}` is plain text, which has a warning of its own.
    if walker.variables || !read.is_valid {
        walker.report_placeholders(text, read.root.as_ref());
    }
    let document = document.filter(|_| read.is_valid).unwrap_or_else(|| PolicyDocument::without_meaning(kind));
    Parsed { document, diagnostics: walker.sink.finish(text) }
}

/// Goes through a document once, builds what it says and reports its faults.
pub(crate) struct Walker<'o> {
    pub(crate) sink: Sink,
    kind: PolicyKind,
    pub(crate) options: &'o ValidationOptions,
    /// The text that is read.
    pub(crate) text: &'o str,
    /// Whether `${…}` is live in this document (VAR-3).
    pub(crate) variables: bool,
    /// Whether this is AWS's own `RCPFullAWSAccess` (RCP-3).
    pub(crate) full_access: bool,
    /// Whether the document was told to be another kind of policy, so that its principals are no slips.
    pub(crate) is_other: bool,
}

impl Walker<'_> {
    /// Reports that the text is something else.
    fn report_other(&mut self, other: other::Other, span: &std::ops::Range<usize>) {
        self.sink.report(codes::ANOTHER_KIND, Route::Root, span, || {
            Wording::new(format!("this is {}, not the text of such a policy", other.what)).help(other.help)
        });
    }

    pub(crate) fn is_scp(&self) -> bool {
        self.kind == PolicyKind::ServiceControl
    }
}
