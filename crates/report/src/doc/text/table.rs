//! Tables of a page.

use super::row::Row;
use super::{Layout, Line};
use crate::doc::Table;
use crate::layout::{clean, columns};
use crate::style::Role;

impl Layout {
    /// Each column as wide as its widest cell, or as it can be; what does not fit is wrapped inside its column. A first
    /// cell that is longer than its column has a row of its own.
    pub(super) fn table(&self, table: &Table, width: usize) -> Vec<Row> {
        let (widths, gap) = widths(table, width);
        let mut rows = Vec::new();
        let header: Vec<Line> = table.columns.iter().map(|column| Line::strong(Role::Faint, column.name)).collect();
        for (index, cells) in std::iter::once(&header).chain(&table.rows).enumerate() {
            let mut cells: Vec<Vec<Row>> =
                cells.iter().zip(&widths).map(|(cell, width)| self.wrap(cell, *width)).collect();
            if let (Some(first), Some(&width)) = (cells.first_mut(), widths.first())
                && index > 0
                && first.iter().any(|row| row.columns > width)
            {
                rows.append(first);
            }
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            for at in 0..height {
                let (mut row, mut start) = (Row::default(), 0);
                for ((cell, column), width) in cells.iter().zip(&table.columns).zip(&widths) {
                    if let Some(part) = cell.get(at).filter(|part| part.columns > 0) {
                        let before = if column.is_number { width.saturating_sub(part.columns) } else { 0 };
                        row.pad_to(start + before);
                        row.text.push_str(&part.text);
                        row.columns += part.columns;
                    }
                    start += width + gap;
                }
                rows.push(row);
            }
        }
        rows
    }
}

/// How wide the columns of a table are, and how many blanks stand between them.
fn widths(table: &Table, width: usize) -> (Vec<usize>, usize) {
    let cells = |column: usize| table.rows.iter().filter_map(move |row| row.get(column)).map(plain);
    let mut widths: Vec<usize> = Vec::new();
    let mut least: Vec<usize> = Vec::new();
    for (index, column) in table.columns.iter().enumerate() {
        let name = columns(column.name);
        let widest = cells(index).map(|text| columns(&text)).max().unwrap_or(0).max(name);
        let word = cells(index).filter_map(|text| text.split(' ').map(columns).max()).max().unwrap_or(0);
        widths.push(widest);
        least.push(if column.is_number { widest } else { word.max(name) });
    }
    let gaps = widths.len().saturating_sub(1);
    let gap = if least.iter().sum::<usize>() + 2 * gaps > width { 1 } else { 2 };
    let room = width.saturating_sub(gaps * gap);
    while widths.iter().sum::<usize>() > room {
        let wide = widths.iter_mut().zip(&least).filter(|(width, least)| **width > **least);
        match wide.max_by_key(|(width, _)| **width) {
            Some((width, _)) => *width -= 1,
            None => break,
        }
    }
    // Of the first column a part may stand above the others.
    let excess = widths.iter().sum::<usize>().saturating_sub(room);
    if let (Some(first), Some(column)) = (widths.first_mut(), table.columns.first()) {
        *first = first.saturating_sub(excess).max(columns(column.name)).max(4);
    }
    (widths, gap)
}

/// The words of a line.
fn plain(line: &Line) -> String {
    line.spans.iter().map(|span| clean(&span.text)).collect()
}
