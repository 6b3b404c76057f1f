//! Comma-separated values for spreadsheets and scripts (RFC 4180), one file a subject.
//!
//! Spreadsheets run what begins like a formula. Names and policies come from many people, so such a cell gets an
//! apostrophe in front, which a spreadsheet takes as the mark of a text. Control characters are shown as escapes: a
//! line is a line.

pub(crate) mod audit;
pub(crate) mod effective;
pub(crate) mod impact;
pub(crate) mod replay;
pub(crate) mod tree;
pub(crate) mod validation;
pub(crate) mod who_can;

use std::io::{self, Write};

use crate::layout::clean;

/// Writes one record.
fn record<S: AsRef<str>>(cells: &[S], out: &mut dyn Write) -> io::Result<()> {
    let cells: Vec<String> = cells.iter().map(|cell| self::cell(cell.as_ref())).collect();
    write!(out, "{}\r\n", cells.join(","))
}

fn cell(text: &str) -> String {
    let text = clean(text);
    // Spreadsheets skip blanks in front, and some read the wide forms of the signs too.
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let text = if formula { format!("'{text}") } else { text.into_owned() };
    let plain = |character: char| character.is_ascii_alphanumeric() || "_.:/-".contains(character);
    // Where another sign than the comma separates, an unquoted text could become two cells.
    if text.chars().all(plain) { text } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_texts() {
        assert_eq!(cell("shop-dev"), "shop-dev");
        assert_eq!(cell(""), "");
        assert_eq!(cell("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(cell("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
        assert_eq!(cell(" @x"), "\"' @x\"");
        assert_eq!(cell("-1"), "\"'-1\"");
        assert_eq!(cell("＝1"), "\"'＝1\"");
        assert_eq!(cell("a;=1"), "\"a;=1\"");
        assert_eq!(cell("\t=1\n"), "\"\\u{9}=1\\u{a}\"");
        let mut out = Vec::new();
        record(&["1", "a b"], &mut out).unwrap();
        assert_eq!(out, b"1,\"a b\"\r\n");
    }
}
