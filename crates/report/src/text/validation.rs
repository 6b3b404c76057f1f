//! Diagnostics with the lines they are about, and how many there are.

use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use scproof_policy_parser::Severity;

use crate::layout::{WIDTH, clean, count, enumerate, wrap};
use crate::style::{Role, Style};
use crate::validation::{Item, Place, SourceFindings, Totals, Validation};

/// How much of a line is kept on each side of what is pointed at, in bytes: a policy may be one line of ten thousand.
const WINDOW: usize = 400;

/// The longest route that is written out, in columns.
const LONGEST_PATH: usize = 120;

/// Writes every diagnostic with its place, and a summary line.
///
/// # Errors
///
/// If writing fails.
pub fn render(validation: &Validation, style: Style, out: &mut dyn Write) -> io::Result<()> {
    items(validation, style, out)?;
    summary(&validation.totals(), style, out)
}

/// Writes every diagnostic with its place.
pub(super) fn items(validation: &Validation, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let renderer = if style.is_coloured() { Renderer::styled() } else { Renderer::plain() }.term_width(WIDTH);
    for source in &validation.sources {
        for item in source.items() {
            for line in render_item(&renderer, &item).lines() {
                writeln!(out, "{}", line.trim_end())?;
            }
            writeln!(out)?;
        }
        if let SourceFindings::BrokenSnapshot(_, omitted @ 1..) = &source.findings {
            writeln!(out, "… and {} in {}\n", count(*omitted, "more fault"), clean(&source.file))?;
        }
    }
    Ok(())
}

fn render_item(renderer: &Renderer, item: &Item<'_>) -> String {
    let level = match item.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let message = wrapped(item.message, item.severity.as_str().len() + item.code.len() + 4);
    let mut group: Group<'_> = Group::with_title(level.primary_title(message).id(item.code));
    let label = clean(&item.source.label()).into_owned();
    group = match &item.place {
        Some(place) => {
            let excerpt = Excerpt::of(&item.source.text, place);
            let snippet = excerpt.as_ref().map(|excerpt| {
                Snippet::source(excerpt.text)
                    .line_start(excerpt.first_line)
                    .fold(false)
                    .annotation(AnnotationKind::Primary.span(excerpt.span.clone()))
            });
            let origin = || Origin::path(label.clone()).line(place.line).char_column(place.column);
            match (snippet, excerpt) {
                (Some(snippet), Some(Excerpt { within_line: false, .. })) => group.element(snippet.path(label)),
                // The renderer would count columns from the start of what it sees.
                (Some(snippet), _) => group.element(origin()).element(snippet),
                (None, _) => group.element(origin()),
            }
        }
        None => group.element(Origin::path(label)),
    };
    let about = match (&item.path, item.about.filter(|_| item.source.policy.is_none())) {
        (Some(path), Some(id)) if !path.contains(id) => Some(format!("{path} of {id}")),
        (Some(path), _) => Some(path.clone()),
        (None, Some(id)) => Some(id.to_owned()),
        (None, None) => None,
    };
    // A hostile text nests without end; the place says enough then.
    let about = about.map(|about| crate::layout::cut(&about, LONGEST_PATH));
    let (at, about) = match (about, item.rule) {
        (Some(about), Some(rule)) => ("at", Some(format!("{about} (rule {rule})"))),
        (None, Some(rule)) => ("rule", Some(rule.to_owned())),
        (about, None) => ("at", about),
    };
    let remarks = [(at, about.as_deref()), ("expected", item.expected), ("help", item.help)];
    for (name, text) in remarks {
        if let Some(text) = text {
            // Behind the margin of line numbers, which is at most four columns for most texts.
            group = group.element(Level::NOTE.with_name(name).message(wrapped(text, name.len() + 8)));
        }
    }
    renderer.render(&[group])
}

/// The text in lines that fit behind a label of some columns.
fn wrapped(text: &str, label: usize) -> String {
    let room = WIDTH.saturating_sub(label);
    wrap(&clean(text), room, room).join("\n")
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

fn summary(totals: &Totals, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut checked = Vec::new();
    if totals.snapshots > 0 {
        checked.push(count(totals.snapshots, "snapshot"));
    }
    if totals.policies > 0 || totals.snapshots == 0 {
        let noun = if totals.policies == 1 { "policy" } else { "policies" };
        checked.push(format!("{} {noun}", crate::layout::grouped(totals.policies)));
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
    writeln!(out, "checked {}: {}", enumerate(&checked), style.paint(role, &found))
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
