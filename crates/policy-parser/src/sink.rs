//! Where diagnostics are collected while a text is read.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::codes::{self, DiagnosticCode};
use crate::diagnostic::Diagnostic;
use crate::path::{PathStep, PolicyPath};

/// How many diagnostics of one code are kept; a hostile text could hold a million faults of one kind.
const MAX_PER_CODE: usize = 200;

/// The longest piece of input that a message repeats, in characters.
const MAX_QUOTED: usize = 80;

/// The way to the value being read, as a list on the stack: most values never need a [`PolicyPath`].
#[derive(Debug, Clone, Copy)]
pub(crate) enum Route<'p> {
    Root,
    Key(&'p Route<'p>, &'p str),
    Index(&'p Route<'p>, usize),
}

impl<'p> Route<'p> {
    pub(crate) fn key(&'p self, name: &'p str) -> Route<'p> {
        Route::Key(self, name)
    }

    pub(crate) fn index(&'p self, index: usize) -> Route<'p> {
        Route::Index(self, index)
    }

    pub(crate) fn to_path(self) -> PolicyPath {
        let mut steps = Vec::new();
        let mut at = self;
        loop {
            at = match at {
                Route::Root => break,
                Route::Key(parent, name) => {
                    steps.push(PathStep::Key(name.to_owned()));
                    *parent
                }
                Route::Index(parent, index) => {
                    steps.push(PathStep::Index(index));
                    *parent
                }
            };
        }
        steps.reverse();
        PolicyPath::from_steps(steps)
    }
}

/// The texts of a diagnostic.
#[derive(Debug)]
pub(crate) struct Wording {
    message: String,
    expected: Option<String>,
    help: Option<String>,
}

impl Wording {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), expected: None, help: None }
    }

    pub(crate) fn expected(self, text: impl Into<String>) -> Self {
        Self { expected: Some(text.into()), ..self }
    }

    pub(crate) fn help(self, text: impl Into<String>) -> Self {
        Self { help: Some(text.into()), ..self }
    }

    pub(crate) fn maybe_help(self, text: Option<String>) -> Self {
        Self { help: text.or(self.help), ..self }
    }
}

/// Collects diagnostics, bounded in number; sorts and places them at the end.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    found: Vec<Diagnostic>,
    counts: BTreeMap<&'static str, usize>,
}

impl Sink {
    /// Adds a diagnostic; `wording` runs only if there is room for it.
    pub(crate) fn report(
        &mut self,
        code: DiagnosticCode,
        route: Route<'_>,
        span: &Range<usize>,
        wording: impl FnOnce() -> Wording,
    ) {
        let count = self.counts.entry(code.code).or_default();
        *count += 1;
        if *count > MAX_PER_CODE {
            return;
        }
        let Wording { message, expected, help } = wording();
        self.found.push(Diagnostic {
            code: code.code,
            rule: code.rule,
            severity: code.severity,
            path: route.to_path(),
            span: span.clone(),
            line: 1,
            column: 1,
            message,
            expected,
            help,
        });
    }

    /// All diagnostics in the order of the text, with lines and columns. One pass over the text.
    pub(crate) fn finish(mut self, text: &str) -> Vec<Diagnostic> {
        let hidden: usize = self.counts.values().map(|count| count.saturating_sub(MAX_PER_CODE)).sum();
        self.found.sort_by_key(|diagnostic| diagnostic.span.start);
        if hidden > 0 {
            self.report(codes::DIAGNOSTICS_CUT, Route::Root, &(text.len()..text.len()), || {
                Wording::new(format!(
                    "{hidden} more diagnostics are not shown: at most {MAX_PER_CODE} of each kind are listed"
                ))
            });
        }
        let mut pending = self.found.iter_mut().peekable();
        let (mut line, mut column) = (1, 1);
        for (offset, character) in text.char_indices() {
            while let Some(diagnostic) = pending.next_if(|diagnostic| diagnostic.span.start <= offset) {
                (diagnostic.line, diagnostic.column) = (line, column);
            }
            if pending.peek().is_none() {
                break;
            }
            match character {
                '\n' => (line, column) = (line + 1, 1),
                // A byte order mark takes no column in any editor.
                '\u{feff}' if offset == 0 => {}
                _ => column += 1,
            }
        }
        for diagnostic in pending {
            (diagnostic.line, diagnostic.column) = (line, column);
        }
        self.found
    }
}

/// Input for a message: in backticks, on one line, shortened.
pub(crate) fn quoted(text: &str) -> String {
    let mut result = String::from("`");
    for (count, character) in text.chars().enumerate() {
        if count == MAX_QUOTED {
            result.push('…');
            break;
        }
        if character.is_control() {
            result.extend(character.escape_default());
        } else {
            result.push(character);
        }
    }
    result.push('`');
    result
}

/// The candidate nearest to a misspelt name, if one is near.
pub(crate) fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    const LONGEST: usize = 64;
    if name.len() > LONGEST || name.is_empty() {
        return None;
    }
    let name = name.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_ascii_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= 1 + candidate.len() / 6)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean …", if a near name exists.
pub(crate) fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    nearest(name, candidates).map(|near| format!("did you mean `{near}`?"))
}
