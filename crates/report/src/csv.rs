//! CSV for spreadsheets and scripts (RFC 4180). One file a subject.

pub mod audit;

use std::io::{self, Write};

/// Writes one record.
fn record<S: AsRef<str>>(cells: &[S], out: &mut dyn Write) -> io::Result<()> {
    let cells: Vec<String> = cells.iter().map(|cell| cell_text(cell.as_ref())).collect();
    write!(out, "{}\r\n", cells.join(","))
}

/// A cell. Names come from many people: one that a spreadsheet would take for a formula gets an apostrophe before it.
fn cell_text(text: &str) -> String {
    // A spreadsheet may skip blanks before it looks.
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
        || text.starts_with(['\t', '\r', '\n', '\0']);
    let text = format!("{}{text}", if is_formula { "'" } else { "" });
    if text.contains([',', '"', '\r', '\n']) || text.starts_with([' ', '\'']) || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(cell_text("shop"), "shop");
        assert_eq!(cell_text("a,b"), "\"a,b\"");
        assert_eq!(cell_text("say \"hi\"\n"), "\"say \"\"hi\"\"\n\"");
        assert_eq!(cell_text(""), "");
    }

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(cell_text("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
        for text in ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1"] {
            assert_eq!(cell_text(text), format!("\"'{text}\""));
        }
        assert_eq!(cell_text("a=1"), "a=1");
    }
}
