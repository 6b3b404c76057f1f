//! Diagnostics with the lines they are about, and how many there are.

use std::ops::Range;

use scproof_text::{LoadError, Place};

use crate::doc::{self, Block, Column, Doc, Item as Point, Line, Table};
use crate::layout::{count, cut, enumerate, grouped};
use crate::style::{Role, Style};
use crate::validation::{Item, Source, SourceFindings, Totals, Validation};

/// How much of a line is kept on each side of what is pointed at, in bytes: a policy may be one line of ten thousand.
const WINDOW: usize = 400;

/// The longest route that is written out, in columns.
const LONGEST_PATH: usize = 120;

/// Every diagnostic with its place, and a summary line.
pub(crate) fn page(validation: &Validation) -> Doc {
    let mut doc = if validation.is_statistics { statistics(validation) } else { messages(validation) };
    doc.push(Block::Headline(summary(&validation.totals())));
    doc
}

/// How often each code was found.
fn statistics(validation: &Validation) -> Doc {
    let mut doc = Doc::default();
    let rows: Vec<Vec<Line>> = validation
        .statistics()
        .into_iter()
        .map(|(code, severity, count)| vec![grouped(count).into(), severity.as_str().into(), Line::code(code)])
        .collect();
    if !rows.is_empty() {
        let columns = vec![Column::number("places"), Column::text("severity"), Column::text("code")];
        doc.push(Block::Table(Table { columns, rows }));
    }
    doc
}

/// Every diagnostic with its place.
fn messages(validation: &Validation) -> Doc {
    let mut doc = Doc::default();
    for source in &validation.sources {
        fixed(source, &mut doc);
        doc.blocks.extend(source.items().iter().map(|item| Block::Message(message(item))));
        if let SourceFindings::BrokenSnapshot(_, omitted @ 1..) = &source.findings {
            let more = format!("… and {} in ", count(*omitted, "more fault"));
            doc.paragraph(Line::from(more).then_code(&source.file));
        }
    }
    doc
}

/// What was repaired in a text, a line each.
fn fixed(source: &Source, doc: &mut Doc) {
    if source.fixed.is_empty() {
        return;
    }
    doc.paragraph(Line::from(format!("{} fixed in ", count(source.fixed.len(), "fault"))).then_code(source.label()));
    let item = |message: &scproof_text::Message| {
        let what = message.fix.as_ref().map(|fix| fix.what.as_str()).unwrap_or_default();
        let path = message.path.to_string();
        let at = if path.is_empty() { String::new() } else { format!(" at {}", cut(&path, LONGEST_PATH)) };
        Point::new(format!("{what}{at} ({})", message.code))
    };
    doc.push(Block::List(source.fixed.iter().map(item).collect()));
}

/// Why a snapshot cannot be used, for a command that wanted to use it: the faults with their places in the text, at
/// most `most` of them.
pub fn faults(error: &LoadError, file: &str, text: &str, most: usize, style: Style) -> String {
    let faults = error.faults();
    let shown = faults.get(..most).unwrap_or(faults).to_vec();
    let omitted = faults.len() - shown.len() + error.omitted();
    let source = Source {
        file: file.to_owned(),
        policy: None,
        text: text.to_owned(),
        fixed: Vec::new(),
        findings: SourceFindings::BrokenSnapshot(shown, omitted),
    };
    doc::text::lines(&messages(&Validation { sources: vec![source], is_statistics: false }), style) + "\n"
}

fn message(item: &Item<'_>) -> doc::Message {
    let found = item.message;
    let place = found.place.as_ref().map(|place| doc::Place {
        line: place.line,
        column: place.column,
        excerpt: Excerpt::of(&item.source.text, place).map(Excerpt::owned),
    });
    let about = match (item.path(), item.about().filter(|_| item.source.policy.is_none())) {
        (Some(path), Some(id)) if !path.contains(id) => Some(format!("{path} of {id}")),
        (Some(path), _) => Some(path),
        (None, Some(id)) => Some(id.to_owned()),
        (None, None) => None,
    };
    // A hostile text nests without end; the place says enough then.
    let about = about.map(|about| cut(&about, LONGEST_PATH));
    let (at, about) = match (about, item.rule()) {
        (Some(about), Some(rule)) => ("at", Some(format!("{about} (rule {rule})"))),
        (None, Some(rule)) => ("rule", Some(rule.to_owned())),
        (about, None) => ("at", about),
    };
    let remarks = [
        (at, about),
        ("also at", also(&found.also)),
        ("expected", found.expected.clone()),
        ("help", found.help.clone()),
    ];
    doc::Message {
        severity: found.severity,
        code: found.code.to_owned(),
        text: found.message.clone(),
        source: item.source.label(),
        place,
        remarks: remarks.into_iter().filter_map(|(label, text)| Some((label, text?))).collect(),
    }
}

/// How many other places are named.
const OTHER_PLACES: usize = 8;

/// `3:14, 5:9 and 7 more`.
fn also(places: &[Place]) -> Option<String> {
    let shown: Vec<String> =
        places.iter().take(OTHER_PLACES).map(|place| format!("{}:{}", place.line, place.column)).collect();
    let more = places.len().saturating_sub(OTHER_PLACES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!shown.is_empty()).then(|| shown.join(", ") + &more)
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
        let start = floor(text, place.span.start);
        let before = text.get(..start)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line_end = text.get(start..)?.find('\n').map_or(text.len(), |at| start + at);
        let line_end = if text.get(..line_end)?.ends_with('\r') { line_end - 1 } else { line_end }.max(start);
        let end = floor(text, place.span.end.min(line_end)).max(start);
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
    let line = Line::from(format!("checked {}: ", enumerate(&checked))).then(Line::strong(role, found));
    let able = match totals.fixable {
        0 => String::new(),
        number => format!("; `--fix` repairs {}", grouped(number)),
    };
    let done = if totals.fixed > 0 { format!("; {} fixed", grouped(totals.fixed)) } else { String::new() };
    line.then(able + &done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt<'t>(text: &'t str, token: &str) -> Option<(&'t str, usize, &'t str)> {
        let start = text.find(token)?;
        let line = text.get(..start)?.matches('\n').count() + 1;
        let excerpt = Excerpt::of(text, &Place { span: start..start + token.len(), line, column: 1 })?;
        Some((excerpt.text, excerpt.first_line, excerpt.text.get(excerpt.span.clone())?))
    }

    #[test]
    fn a_place_is_shown_with_the_line_before_it() {
        assert_eq!(excerpt("{\n  \"a\": 12,\r\n}", "12"), Some(("{\n  \"a\": 12,", 1, "12")));
        assert_eq!(excerpt("", ""), Some(("", 1, "")));
    }

    #[test]
    fn of_a_long_line_only_a_window_is_shown() {
        let text = format!("{0}x{0}", "é".repeat(2_500));
        let (shown, line, token) = excerpt(&text, "x").unwrap();
        assert!(shown.len() <= 2 * WINDOW + 5 && line == 1 && token == "x", "{}", shown.len());
        // Within a character, and beyond the end.
        assert!(Excerpt::of(&text, &Place { span: 7..text.len() + 9, line: 1, column: 1 }).is_some());
    }
}
