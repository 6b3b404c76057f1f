//! Parts that pages on several subjects are made of.

use crate::layout::{Page, WIDTH, columns, pad};

/// Where the contents of an entry begin.
pub(super) const LABEL: usize = 15;

/// One fact about an entry: its label, then its lines, each wrapped.
pub(super) fn fact<S: AsRef<str>>(page: &mut Page, label: &str, lines: &[S]) {
    for (index, line) in lines.iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        page.hanging(&format!("    {}", pad(label, LABEL - 4)), line.as_ref());
    }
}

/// A command line that can be copied: broken between words only.
pub(super) fn command(page: &mut Page, label: &str, words: &[String]) {
    let mut label = format!("    {}", pad(label, LABEL - 4));
    let mut line = String::new();
    // A flag and its value stay together where they fit on a line.
    let widest = WIDTH - LABEL - 4;
    let words = words.iter().flat_map(|word| match word.split_once(' ') {
        Some((flag, value)) if flag.starts_with("--") && columns(word) > widest => vec![flag, value],
        _ => vec![word.as_str()],
    });
    let words: Vec<&str> = words.collect();
    for (index, word) in words.iter().enumerate() {
        let end = if index + 1 == words.len() { 0 } else { 2 };
        if !line.is_empty() && columns(&label) + columns(&line) + 1 + columns(word) + end > WIDTH {
            page.line(format!("{label}{line} \\"));
            line.clear();
            label = " ".repeat(LABEL + 2);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    page.line(format!("{label}{line}"));
}

/// A wrapped text whose first words are painted.
pub(super) fn labelled(page: &mut Page, indent: usize, text: &str, plain: &str, painted: &str) {
    let room = WIDTH.saturating_sub(indent);
    for (index, line) in crate::layout::wrap(text, room, room.saturating_sub(2)).into_iter().enumerate() {
        let line = if index == 0 { line.replacen(plain, painted, 1) } else { format!("  {line}") };
        page.line(format!("{}{line}", " ".repeat(indent)));
    }
}
