//! Diagnostics with the lines they are about, and how many there are.

use std::ops::Range;

use scproof_organization::LoadError;

use crate::doc::{self, Block, Doc, Line, Message};
use crate::layout::{count, cut, enumerate, grouped};
use crate::style::{Role, Style};
use crate::validation::{Item, Place, Source, SourceFindings, Totals, Validation};

/// How much of a line is kept on each side of what is pointed at, in bytes: a policy may be one line of ten thousand.
const WINDOW: usize = 400;

/// The longest route that is written out, in columns.
const LONGEST_PATH: usize = 120;

/// Every diagnostic with its place, and a summary line.
pub(crate) fn page(validation: &Validation) -> Doc {
    let mut doc = messages(validation);
    doc.push(Block::Headline(summary(&validation.totals())));
    doc
}

/// Every diagnostic with its place.
fn messages(validation: &Validation) -> Doc {
    let mut doc = Doc::default();
    for source in &validation.sources {
        doc.blocks.extend(source.items().iter().map(|item| Block::Message(message(item))));
        if let SourceFindings::BrokenSnapshot(_, omitted @ 1..) = &source.findings {
            let more = format!("… and {} in ", count(*omitted, "more fault"));
            doc.paragraph(Line::from(more).then_code(&source.file));
        }
    }
    doc
}

/// Why a snapshot cannot be used, for a command that wanted to use it: the faults with their places in the text, at most `most` of
/// them.
pub fn faults(error: &LoadError, file: &str, text: &str, most: usize, style: Style) -> String {
    let faults = error.faults();
    let shown = faults.get(..most).unwrap_or(faults).to_vec();
    let omitted = faults.len() - shown.len() + error.omitted();
    let source = Source {
        file: file.to_owned(),
        policy: None,
        text: text.to_owned(),
        findings: SourceFindings::BrokenSnapshot(shown, omitted),
    };
    doc::text::lines(&messages(&Validation { sources: vec![source] }), style) + "\n"
}

fn message(item: &Item<'_>) -> Message {
    let place = item.place.as_ref().map(|place| doc::Place {
        line: place.line,
        column: place.column,
        excerpt: Excerpt::of(&item.source.text, place).map(Excerpt::owned),
    });
    let about = match (&item.path, item.about.filter(|_| item.source.policy.is_none())) {
        (Some(path), Some(id)) if !path.contains(id) => Some(format!("{path} of {id}")),
        (Some(path), _) => Some(path.clone()),
        (None, Some(id)) => Some(id.to_owned()),
        (None, None) => None,
    };
    // A hostile text nests without end; the place says enough then.
    let about = about.map(|about| cut(&about, LONGEST_PATH));
    let (at, about) = match (about, item.rule) {
        (Some(about), Some(rule)) => ("at", Some(format!("{about} (rule {rule})"))),
        (None, Some(rule)) => ("rule", Some(rule.to_owned())),
        (about, None) => ("at", about),
    };
    let remarks = [(at, about), ("expected", item.expected.map(str::to_owned)), ("help", item.help.map(str::to_owned))];
    Message {
        severity: item.severity,
        code: item.code.to_owned(),
        text: item.message.to_owned(),
        source: item.source.label(),
        place,
        remarks: remarks.into_iter().filter_map(|(label, text)| Some((label, text?))).collect(),
    }
}

/// The line that a place is in, the one before it, and the place in them.
struct Excerpt<'t> {
    text: &'t str,
    first_line: usize,
    span: Range<usize>,
    /// Whether the text begins within a line.
    within_line: bool,
}

impl<'t> Excerpt<'t> {
    fn owned(self) -> doc::Excerpt {
        let Self { text, first_line, span, within_line } = self;
        doc::Excerpt { text: text.to_owned(), first_line, span, within_line }
    }

    fn of(text: &'t str, place: &Place) -> Option<Self> {
        let start = match &place.span {
            Some(span) => floor(text, span.start.min(text.len())),
            None => byte_of(text, place.line, place.column)?,
        };
        let before = text.get(..start)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line_end = text.get(start..)?.find('\n').map_or(text.len(), |at| start + at);
        let line_end = if text.get(..line_end)?.ends_with('\r') { line_end - 1 } else { line_end }.max(start);
        let end = match &place.span {
            Some(span) => floor(text, span.end.min(line_end)).max(start),
            None => start + token_length(text.get(start..line_end)?),
        };
        // The line before gives orientation, unless it is long.
        let previous = text.get(..line_start.saturating_sub(1))?.rfind('\n').map_or(0, |at| at + 1);
        let (from, first_line) = if start - line_start > WINDOW {
            (floor(text, start - WINDOW), place.line)
        } else if line_start > 0 && line_start - previous <= WINDOW {
            (previous, place.line.saturating_sub(1))
        } else {
            (line_start, place.line)
        };
        let to = floor(text, line_end.min(end.max(start).saturating_add(WINDOW)));
        Some(Self {
            text: text.get(from..to)?,
            first_line,
            span: start - from..end.min(to) - from,
            within_line: from > line_start,
        })
    }
}

/// The nearest boundary between characters at or below a byte.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The byte of a line and column, both from 1.
fn byte_of(text: &str, line: usize, column: usize) -> Option<usize> {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(breaks) => text.match_indices('\n').nth(breaks)?.0 + 1,
    };
    let rest = text.get(start..)?;
    let rest = rest.strip_prefix('\u{feff}').filter(|_| start == 0).unwrap_or(rest);
    let start = text.len() - rest.len();
    let within = rest.char_indices().map(|(at, _)| at).chain([rest.len()]).nth(column.checked_sub(1)?)?;
    Some(start + within)
}

/// How long the JSON token is that a text begins with, in bytes.
fn token_length(text: &str) -> usize {
    if let Some(inside) = text.strip_prefix('"') {
        let mut escaped = false;
        let end = inside.char_indices().find(|&(_, c)| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        return end.map_or(text.len(), |(at, _)| at + 2);
    }
    let word = text.find(|c: char| !(c.is_alphanumeric() || "+-._".contains(c))).unwrap_or(text.len());
    if word > 0 { word } else { text.chars().next().map_or(0, char::len_utf8) }
}

/// `checked 1 policy: 2 errors and 1 note`.
fn summary(totals: &Totals) -> Line {
    let mut checked = Vec::new();
    if totals.snapshots > 0 {
        checked.push(count(totals.snapshots, "snapshot"));
    }
    if totals.policies > 0 || totals.snapshots == 0 {
        let noun = if totals.policies == 1 { "policy" } else { "policies" };
        checked.push(format!("{} {noun}", grouped(totals.policies)));
    }
    let found: Vec<String> = [(totals.errors, "error"), (totals.warnings, "warning"), (totals.notes, "note")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, noun)| count(number, noun))
        .collect();
    let role = match totals {
        Totals { errors: 1.., .. } => Role::Bad,
        Totals { warnings: 1.., .. } => Role::Open,
        _ => Role::Good,
    };
    let found = if found.is_empty() { "nothing to complain about".to_owned() } else { enumerate(&found) };
    Line::from(format!("checked {}: ", enumerate(&checked))).then(Line::strong(role, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, line: usize, column: usize) -> Option<(&str, usize, &str)> {
        let excerpt = Excerpt::of(text, &Place { line, column, span: None })?;
        Some((excerpt.text, excerpt.first_line, excerpt.text.get(excerpt.span.clone())?))
    }

    #[test]
    fn a_place_is_shown_with_the_line_before_it() {
        assert_eq!(excerpt("{\n  \"a\": 12,\r\n}", 2, 8), Some(("{\n  \"a\": 12,", 1, "12")));
        assert_eq!(excerpt("{\"a\\\"b\": 1}", 1, 2), Some(("{\"a\\\"b\": 1}", 1, "\"a\\\"b\"")));
        assert_eq!(excerpt("", 1, 1), Some(("", 1, "")));
        assert_eq!(excerpt("x", 3, 1), None);
    }

    #[test]
    fn of_a_long_line_only_a_window_is_shown() {
        let text = "é".repeat(5_000);
        let (shown, line, token) = excerpt(&text, 1, 2_500).unwrap();
        assert!(shown.len() <= 2 * WINDOW + 5_000 && line == 1 && !token.is_empty(), "{}", shown.len());
        let span = Place { line: 1, column: 1, span: Some(7..text.len() + 9) };
        assert!(Excerpt::of(&text, &span).is_some());
    }
}
