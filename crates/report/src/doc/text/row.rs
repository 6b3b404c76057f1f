//! Rows of a page, and how they stand beside and below each other.

use crate::layout::columns;

/// How much room is left for words, however far right they begin.
const NARROWEST: usize = 16;

/// A line of the page, and how wide it is: colour has no width.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) text: String,
    pub(super) columns: usize,
}

impl Row {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { columns: columns(&text), text }
    }

    pub(super) fn push(&mut self, text: &str, painted: &str) {
        self.text.push_str(painted);
        self.columns += columns(text);
    }

    /// Blanks up to a column; blanks at the end of a row are never written.
    pub(super) fn pad_to(&mut self, column: usize) {
        let missing = column.saturating_sub(self.columns);
        self.text.extend(std::iter::repeat_n(' ', missing));
        self.columns += missing;
    }
}

/// The room behind an indentation.
pub(super) fn room(width: usize, indent: usize) -> usize {
    width.saturating_sub(indent).max(NARROWEST)
}

fn trim(row: &mut Row) {
    let length = row.text.trim_end_matches(' ').len();
    row.columns -= row.text.len() - length;
    row.text.truncate(length);
}

pub(super) fn joined(label: &Row, row: &Row) -> Row {
    Row { text: format!("{}{}", label.text, row.text), columns: label.columns + row.columns }
}

/// Rows further right, but for those that would not fit then.
pub(super) fn indented(rows: Vec<Row>, indent: usize, width: usize) -> Vec<Row> {
    behind(&Row::default(), rows, indent, width)
}

/// Rows behind a label; a row that would not fit there stands below it, and further left.
pub(super) fn behind(label: &Row, rows: Vec<Row>, indent: usize, width: usize) -> Vec<Row> {
    let mut result = Vec::new();
    for (index, row) in rows.into_iter().enumerate() {
        let mut start =
            if index == 0 { Row { text: label.text.clone(), columns: label.columns } } else { Row::default() };
        let fits = indent + row.columns <= width;
        if !fits && start.columns > 0 {
            trim(&mut start);
            result.push(std::mem::take(&mut start));
        }
        if row.columns > 0 {
            start.pad_to(if fits { indent } else { width.saturating_sub(row.columns).min(indent) });
        }
        result.push(joined(&start, &row));
    }
    result
}
