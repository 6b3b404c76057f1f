//! A page for a terminal: as wide as the style says, readable without colour. Words are never broken; one that is
//! longer than the room it has stands further left, and whole, so that it can be copied.

mod row;
mod table;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use scproof_policy_parser::Severity;

use self::row::{Row, behind, indented, joined, room};
use super::{Block, Doc, Entry, Excerpt, Fact, Item, Line, Look, Message, Node, Place};
use crate::layout::{clean, columns, verbatim};
use crate::style::{Role, Style};

/// How wide labels of facts are at least, with the blanks behind them.
const LABEL: usize = 11;
/// Deeper nodes are drawn no further to the right; AWS allows five levels.
const DEEPEST: usize = 20;

/// Writes the page.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn write(doc: &Doc, style: Style, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(lines(doc, style).as_bytes())
}

/// The page as a text that ends in a line break.
pub(crate) fn lines(doc: &Doc, style: Style) -> String {
    let layout = Layout { style };
    let mut page = String::new();
    let mut previous: Option<&Block> = None;
    for block in &doc.blocks {
        let rows = layout.block(block, style.width());
        if rows.is_empty() {
            continue;
        }
        if previous.is_some_and(|previous| has_gap(previous, block)) {
            page.push('\n');
        }
        for row in rows {
            page.push_str(&row.text);
            page.push('\n');
        }
        previous = Some(block);
    }
    page
}

/// A message behind a label, further lines below its beginning; line breaks in it are kept. Control characters are made
/// visible.
///
/// ```
/// use scproof_report::{Role, Style, message};
/// assert_eq!(message(Style::plain(), Role::Heading, "help", "try\u{7}\nagain"), "help: try\\u{7}\n      again\n");
/// ```
pub fn message(style: Style, role: Role, label: &str, text: &str) -> String {
    let (layout, label) = (Layout { style }, format!("{label}:"));
    let indent = columns(&label) + 1;
    let start = Row { columns: indent - 1, text: style.paint(role, &label) };
    let rows = text.split('\n').flat_map(|line| layout.wrap(&line.into(), room(style.width(), indent)));
    let rows = behind(&start, rows.collect(), indent, style.width());
    rows.into_iter().map(|row| row.text + "\n").collect()
}

/// Whether two blocks stand apart.
fn has_gap(first: &Block, second: &Block) -> bool {
    match (first, second) {
        (Block::Note(_), Block::Note(_)) | (Block::Headline(_) | Block::Paragraph(_), Block::Paragraph(_)) => false,
        (Block::Heading(_), second) => matches!(second, Block::Entry(_)),
        _ => true,
    }
}

/// Words on their way into rows.
#[derive(Default)]
struct Lines {
    /// The width of the first row.
    first: usize,
    /// The width of the others.
    width: usize,
    rows: Vec<Vec<(Look, String)>>,
    /// How much of the last row is taken.
    used: usize,
    /// What stands before the word if it comes into the same row.
    blanks: Vec<(Look, String)>,
    /// A word may go through several spans.
    word: Vec<(Look, String)>,
}

impl Lines {
    /// Puts the word into the last row, or into a new one.
    fn place(&mut self) {
        if self.word.is_empty() && !self.rows.is_empty() {
            return;
        }
        let wide: usize = self.word.iter().map(|(_, part)| columns(part)).sum();
        let width = if self.rows.len() > 1 { self.width } else { self.first };
        if self.rows.is_empty() || self.used > 0 && self.used + self.blanks.len() + wide > width {
            self.rows.push(Vec::new());
            self.used = 0;
            self.blanks.clear();
        }
        self.used += self.blanks.len() + wide;
        if let Some(row) = self.rows.last_mut() {
            row.append(&mut self.blanks);
            row.append(&mut self.word);
        }
    }
}

struct Layout {
    style: Style,
}

impl Layout {
    fn block(&self, block: &Block, width: usize) -> Vec<Row> {
        match block {
            Block::Headline(line) | Block::Paragraph(line) => self.wrap(line, width),
            Block::Heading(line) => self.wrap(&in_capitals(line), width),
            Block::Note(line) => behind(&Row::plain("note: "), self.wrap(line, room(width, 6)), 6, width),
            Block::Facts(_) | Block::List(_) | Block::Table(_) => indented(self.flush(block, room(width, 2)), 2, width),
            Block::Tree(nodes) => self.tree(nodes, width),
            Block::Command(words) => command(words, width),
            Block::Text(lines) => lines.iter().map(|line| Row::plain(verbatim(line))).collect(),
            Block::Message(message) => self.message(message, width),
            Block::Entry(entry) => self.entry(entry, width),
        }
    }

    /// A block that is not indented on its own account.
    fn flush(&self, block: &Block, width: usize) -> Vec<Row> {
        match block {
            Block::Facts(facts) => self.facts(facts, width),
            Block::List(items) => self.items(items, width),
            Block::Table(table) => self.table(table, width),
            Block::Headline(_)
            | Block::Heading(_)
            | Block::Paragraph(_)
            | Block::Note(_)
            | Block::Tree(_)
            | Block::Command(_)
            | Block::Text(_)
            | Block::Message(_)
            | Block::Entry(_) => self.block(block, width),
        }
    }

    fn blocks(&self, blocks: &[Block], width: usize) -> Vec<Row> {
        blocks.iter().flat_map(|block| self.block(block, width)).collect()
    }

    fn paint(&self, look: Look, text: &str) -> String {
        match look {
            Look::Prose | Look::Code => text.to_owned(),
            Look::Strong(role) => self.style.paint(role, text),
        }
    }

    /// Breaks a line at its blanks.
    fn wrap(&self, line: &Line, width: usize) -> Vec<Row> {
        self.wrap_at(line, width, width)
    }

    /// The same where the first row has another width than those that follow.
    fn wrap_at(&self, line: &Line, first: usize, width: usize) -> Vec<Row> {
        let mut lines = Lines { first, width, ..Lines::default() };
        for span in &line.spans {
            for (index, part) in clean(&span.text).split(' ').enumerate() {
                if index > 0 {
                    lines.place();
                    lines.blanks.push((span.look, " ".to_owned()));
                }
                if !part.is_empty() {
                    lines.word.push((span.look, part.to_owned()));
                }
            }
        }
        lines.place();
        let row = |pieces: &Vec<(Look, String)>| {
            let mut row = Row::default();
            for pieces in pieces.chunk_by(|(first, _), (second, _)| first == second) {
                let text: String = pieces.iter().map(|(_, text)| text.as_str()).collect();
                let look = pieces.first().map_or(Look::Prose, |(look, _)| *look);
                row.push(&text, &self.paint(look, &text));
            }
            row
        };
        lines.rows.iter().map(row).collect()
    }

    fn facts(&self, facts: &[Fact], width: usize) -> Vec<Row> {
        let longest = facts.iter().map(|fact| columns(&fact.label)).max().unwrap_or(0);
        let indent = LABEL.max(longest + 2);
        let mut rows = Vec::new();
        for fact in facts {
            let label = Row { columns: columns(&fact.label), text: self.style.paint(Role::Faint, &fact.label) };
            let content = fact.content.iter().flat_map(|block| self.flush(block, room(width, indent)));
            rows.extend(behind(&label, content.collect(), indent, width));
        }
        rows
    }

    fn items(&self, items: &[Item], width: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        for item in items {
            let indent = item.depth.min(DEEPEST) * 2;
            let bullet = if indent == 0 { String::new() } else { format!("{}- ", " ".repeat(indent - 2)) };
            rows.extend(behind(&Row::plain(bullet), self.wrap(&item.line, room(width, indent)), indent, width));
            rows.extend(indented(self.blocks(&item.body, room(width, indent)), indent, width));
        }
        rows
    }

    fn entry(&self, entry: &Entry, width: usize) -> Vec<Row> {
        let marker = if entry.marker.is_empty() { String::new() } else { format!("{} ", entry.marker) };
        let indent = columns(&marker);
        let label = Row { columns: indent, text: self.style.paint(Role::Heading, &marker) };
        let mut rows = behind(&label, self.wrap(&entry.title, room(width, indent)), indent, width);
        rows.extend(indented(self.blocks(&entry.body, room(width, 2)), 2, width));
        rows
    }

    fn tree(&self, nodes: &[Node], width: usize) -> Vec<Row> {
        // For each node, whether another one of the same depth follows under the same parent.
        let mut follows = vec![false; nodes.len()];
        let mut open: Vec<bool> = Vec::new();
        for (node, follows) in nodes.iter().zip(&mut follows).rev() {
            open.resize(node.depth + 1, false);
            if let Some(seen) = open.get_mut(node.depth) {
                *follows = std::mem::replace(seen, true);
            }
        }
        let mut rows = Vec::new();
        let mut guides: Vec<bool> = Vec::new();
        for (index, (node, more)) in nodes.iter().zip(follows).enumerate() {
            guides.truncate(node.depth);
            let mut rest: String =
                guides.iter().skip(1).take(DEEPEST).map(|&guide| if guide { "│  " } else { "   " }).collect();
            let mut first = rest.clone();
            if node.depth > 0 {
                first.push_str(if more { "├─ " } else { "└─ " });
                rest.push_str(if more { "│  " } else { "   " });
            }
            let has_children = nodes.get(index + 1).is_some_and(|next| next.depth > node.depth);
            rest.push_str(if has_children { "│  " } else { "   " });
            guides.push(more);
            let hanging = Row::plain(format!("{rest}  "));
            let policies = node.more.iter().map(|line| (format!("{rest}* "), line));
            for (start, line) in std::iter::once((first, &node.line)).chain(policies) {
                let start = Row::plain(start);
                let words = self.wrap_at(line, room(width, start.columns), room(width, hanging.columns));
                let words = words.iter().enumerate();
                rows.extend(words.map(|(at, row)| joined(if at == 0 { &start } else { &hanging }, row)));
            }
        }
        rows
    }

    fn message(&self, message: &Message, width: usize) -> Vec<Row> {
        let renderer = if self.style.is_coloured() { Renderer::styled() } else { Renderer::plain() };
        let level = match message.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        // The text in lines that fit behind a label of some columns.
        let wrapped = |text: &str, label: usize| {
            let plain = Layout { style: Style::plain() };
            let rows = plain.wrap(&text.into(), room(width, label));
            rows.into_iter().map(|row| row.text).collect::<Vec<String>>().join("\n")
        };
        let text = wrapped(&message.text, message.severity.as_str().len() + message.code.len() + 4);
        let source = clean(&message.source);
        let group = Group::with_title(level.primary_title(text).id(&message.code));
        let mut group = match &message.place {
            None => group.element(Origin::path(source.as_ref())),
            Some(Place { line, column, excerpt }) => {
                let origin = || Origin::path(source.as_ref()).line(*line).char_column(*column);
                let snippet = |excerpt: &'_ Excerpt| {
                    Snippet::source(excerpt.text.clone())
                        .line_start(excerpt.first_line)
                        .fold(false)
                        .annotation(AnnotationKind::Primary.span(excerpt.span.clone()))
                };
                match excerpt {
                    Some(excerpt) if !excerpt.within_line => group.element(snippet(excerpt).path(source.as_ref())),
                    // The renderer would count columns from the start of what it sees.
                    Some(excerpt) => group.element(origin()).element(snippet(excerpt)),
                    None => group.element(origin()),
                }
            }
        };
        for (name, text) in &message.remarks {
            // Behind the margin of line numbers, which is at most four columns for most texts.
            group = group.element(Level::NOTE.with_name(*name).message(wrapped(text, name.len() + 8)));
        }
        let page = renderer.term_width(width).render(&[group]);
        page.lines().map(|line| Row { text: line.trim_end().to_owned(), columns: 0 }).collect()
    }
}

/// Headings are seen without colour too.
fn in_capitals(line: &Line) -> Line {
    let mut line = line.clone();
    for span in line.spans.iter_mut().filter(|span| span.look != Look::Code) {
        span.text = span.text.to_uppercase();
    }
    line
}

/// A command line that can be copied: broken between words only, a flag and its value together where they fit.
fn command(words: &[String], width: usize) -> Vec<Row> {
    let words: Vec<&str> = words
        .iter()
        .flat_map(|word| match word.split_once(' ') {
            Some((flag, value)) if flag.starts_with("--") && columns(word) + 4 > width => vec![flag, value],
            _ => vec![word.as_str()],
        })
        .collect();
    let mut rows: Vec<Row> = Vec::new();
    let mut row = Row::default();
    for (index, word) in words.iter().enumerate() {
        let end = if index + 1 == words.len() { 0 } else { 2 };
        if row.columns > 0 && row.columns + 1 + columns(word) + end > width {
            row.push(" \\", " \\");
            rows.push(std::mem::replace(&mut row, Row::plain("  ")));
        } else if row.columns > 0 {
            row.push(" ", " ");
        }
        row.push(word, word);
    }
    rows.push(row);
    rows
}
