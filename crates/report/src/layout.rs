//! Text on 80 columns: safe characters, wrapping, alignment.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::style::{Role, Style};

/// The width that everything people read is made for, in columns.
pub const WIDTH: usize = 80;

/// A text from outside with characters that could move the cursor or turn the reading direction made visible.
///
/// Names and policies are written by many people; none of them should be able to draw on an operator's terminal.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe(character) {
            result.extend(character.escape_unicode());
        } else {
            result.push(character);
        }
    }
    Cow::Owned(result)
}

/// Whether a character could move the cursor or turn the reading direction.
pub(crate) fn is_unsafe(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How many columns a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// The text with spaces behind it, up to a number of columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Breaks a text at its spaces into lines of a width. A word that is longer than a line stands alone and whole, so that it
/// can be copied. Never returns an empty list.
pub(crate) fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let room = if lines.is_empty() { first } else { rest };
        if !line.is_empty() && columns(&line) + 1 + columns(word) > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// A text cut to a width, with a mark where something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut result = String::new();
    for character in text.chars() {
        if columns(&result) + columns(character.encode_utf8(&mut [0; 4])) >= width {
            break;
        }
        result.push(character);
    }
    result.push('…');
    result
}

/// A message behind a label, wrapped to [`WIDTH`], further lines below its beginning; line breaks in it are kept. Control
/// characters are made visible.
///
/// ```
/// assert_eq!(scproof_report::message("help: ", "try\u{7}\nagain"), "help: try\\u{7}\n      again\n");
/// ```
pub fn message(label: &str, text: &str) -> String {
    let indent = columns(label);
    let room = WIDTH.saturating_sub(indent);
    let mut result = String::new();
    for (index, line) in text.split('\n').flat_map(|line| wrap(&clean(line), room, room)).enumerate() {
        result.push_str(&if index == 0 { label.to_owned() } else { " ".repeat(indent) });
        result.push_str(&line);
        result.push('\n');
    }
    result
}

/// `1 action`, `2 actions`, `18,401 actions`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A number with a comma between groups of three digits.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut result = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            result.push(',');
        }
        result.push(digit);
    }
    result
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn enumerate(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// As [`enumerate`], at most `most` of them by name.
pub(crate) fn enumerate_some(items: &[String], most: usize) -> String {
    if items.len() <= most {
        return enumerate(items);
    }
    let shown = items.get(..most.saturating_sub(1)).unwrap_or_default();
    format!("{} and {} more", shown.join(", "), items.len() - shown.len())
}

/// A page under construction.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: String,
    pub(crate) style: Style,
}

impl Page {
    pub(crate) fn new(style: Style) -> Self {
        Self { text: String::new(), style }
    }

    /// Writes a line as it is.
    pub(crate) fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(line.as_ref().trim_end());
        self.text.push('\n');
    }

    /// Leaves one line free.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    pub(crate) fn heading(&mut self, text: &str) {
        let painted = self.style.paint(Role::Heading, text);
        self.line(painted);
    }

    /// Writes a wrapped text; all lines indented alike.
    pub(crate) fn paragraph(&mut self, indent: usize, text: &str) {
        self.hanging(&" ".repeat(indent), text);
    }

    /// Writes a wrapped text behind a label; further lines are indented as far as the label is wide.
    pub(crate) fn hanging(&mut self, label: &str, text: &str) {
        let indent = columns(label);
        self.hanging_at(label, indent, text);
    }

    /// Writes a wrapped text behind a label; further lines are indented by `indent`.
    pub(crate) fn hanging_at(&mut self, label: &str, indent: usize, text: &str) {
        let first = WIDTH.saturating_sub(columns(label));
        for (index, line) in wrap(text, first, WIDTH.saturating_sub(indent)).into_iter().enumerate() {
            if index == 0 {
                self.line(format!("{label}{line}"));
            } else {
                self.line(format!("{}{line}", " ".repeat(indent)));
            }
        }
    }

    /// Writes a table: each column as wide as its widest cell, the last one wrapped into the room that is left.
    pub(crate) fn table(&mut self, indent: usize, header: &[&str], rows: &[Vec<String>]) {
        let last = header.len().saturating_sub(1);
        let widths: Vec<usize> = (0..last)
            .map(|column| {
                let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| columns(cell));
                cells.chain(header.get(column).map(|cell| columns(cell))).max().unwrap_or(0)
            })
            .collect();
        let label = |cells: &mut dyn Iterator<Item = &str>| {
            let mut label = " ".repeat(indent);
            for (cell, width) in cells.zip(&widths) {
                let _ = write!(label, "{}  ", pad(cell, *width));
            }
            label
        };
        let head = label(&mut header.iter().copied()) + header.last().copied().unwrap_or_default();
        let head = self.style.paint(Role::Faint, head.trim_end());
        self.line(head);
        for row in rows {
            let start = label(&mut row.iter().map(String::as_str));
            self.hanging(&start, row.get(last).map_or("", String::as_str));
        }
    }

    pub(crate) fn finish(mut self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        while self.text.ends_with("\n\n") {
            self.text.pop();
        }
        out.write_all(self.text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_stay_whole() {
        assert_eq!(wrap("a bb ccc dddddddd e", 4, 5), ["a bb", "ccc", "dddddddd", "e"]);
        assert_eq!(wrap("", 4, 5), [""]);
    }

    #[test]
    fn numbers_and_lists() {
        assert_eq!(count(1, "action"), "1 action");
        assert_eq!(count(1_234_567, "action"), "1,234,567 actions");
        let items: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(enumerate(&items), "a, b and c");
        assert_eq!(enumerate_some(&items, 2), "a and 2 more");
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
    }

    #[test]
    fn nothing_from_outside_reaches_the_terminal_unseen() {
        assert_eq!(clean("a\u{1b}[2Jb\u{202e}"), r"a\u{1b}[2Jb\u{202e}");
    }
}
