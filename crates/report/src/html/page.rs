//! A page of any subject: the blocks of its [`Doc`] as HTML, without script.

use std::io::{self, Write};

use askama::Template;

use super::frame::Frame;
use super::safe::escaped;
use crate::doc::{Block, Chart, Doc, Line, Look, Message};
use crate::layout::grouped;
use crate::style::Role;

/// Writes the page.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn write(doc: &Doc, title: &str, out: &mut dyn Write) -> io::Result<()> {
    // The verdict comes first, wherever it stands.
    let (mut blocks, rest): (Vec<Block>, Vec<Block>) =
        doc.blocks.iter().cloned().partition(|block| matches!(block, Block::Headline(_)));
    blocks.extend(rest);
    let contents = html(&blocks) + &Charts { charts: &doc.charts }.render().unwrap_or_default();
    let page = Page { frame: Frame::new(title, ""), contents };
    page.write_into(out)
}

#[derive(Debug, Template)]
#[template(path = "page.html")]
struct Page {
    frame: Frame,
    contents: String,
}

#[derive(Debug, Template)]
#[template(path = "blocks.html")]
struct Blocks<'a> {
    blocks: &'a [Block],
}

#[derive(Debug, Template)]
#[template(path = "charts.html")]
struct Charts<'a> {
    charts: &'a [Chart],
}

/// Blocks as HTML.
fn html(blocks: &[Block]) -> String {
    // A text takes everything.
    Blocks { blocks }.render().unwrap_or_default()
}

/// The words of a line as HTML.
fn words(line: &Line) -> String {
    let mut html = String::new();
    for span in &line.spans {
        match span.look {
            Look::Code => html += &tagged("code", "", &span.text),
            Look::Strong(role) => html += &tagged("strong", class(role), &span.text),
            Look::Prose => html += &prose(&span.text),
        }
    }
    html
}

/// A sentence with code in backticks.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // A name with a backtick of its own: where it begins and ends cannot be told.
    if parts.len().is_multiple_of(2) {
        return escaped(text);
    }
    let piece = |(index, part): (usize, &&str)| if index % 2 == 1 { tagged("code", "", part) } else { escaped(part) };
    parts.iter().enumerate().map(piece).collect()
}

fn tagged(tag: &str, class: &str, text: &str) -> String {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    format!("<{tag}{class}>{}</{tag}>", escaped(text))
}

/// How a part of a chart is drawn; templates give references.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "askama passes references")]
fn drawn(role: &Role) -> &'static str {
    class(*role)
}

/// A number for people.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "askama passes references")]
fn counted(number: &u64) -> String {
    grouped(usize::try_from(*number).unwrap_or(usize::MAX))
}

fn class(role: Role) -> &'static str {
    match role {
        Role::Good => "good",
        Role::Bad => "bad",
        Role::Open => "open",
        Role::Heading => "",
        Role::Faint => "muted",
    }
}

/// The lines of a diagnostic as HTML, with a mark at the place.
fn excerpt(message: &Message) -> Option<String> {
    let excerpt = message.place.as_ref()?.excerpt.as_ref()?;
    let (before, rest) = excerpt.text.split_at_checked(excerpt.span.start)?;
    let (marked, after) = rest.split_at_checked(excerpt.span.end.checked_sub(excerpt.span.start)?)?;
    // Line breaks stay.
    let lines = |text: &str| text.split('\n').map(escaped).collect::<Vec<_>>().join("\n");
    Some(format!("{}<mark>{}</mark>{}", lines(before), lines(marked), lines(after)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::{Bar, Column, Entry, Fact, Item, Node, Table};

    #[test]
    fn every_block_has_markup_and_no_text_is_markup() {
        let hostile = "<img src=x onerror=alert(1)> `code` \u{202e}\"'&";
        let line = Line::from(hostile).then_code(hostile).then(Line::strong(Role::Bad, hostile));
        let blocks = vec![
            Block::Heading(line.clone()),
            Block::Facts(vec![Fact::line("label", line.clone())]),
            Block::List(vec![Item { body: vec![Block::Command(vec![hostile.to_owned()])], ..Item::new(line.clone()) }]),
            Block::Table(Table {
                columns: vec![Column::text("name"), Column::number("size")],
                rows: vec![vec![line.clone(), "1".into()]],
            }),
            Block::Tree(vec![Node { depth: 0, line: line.clone(), more: vec![line.clone()] }]),
            Block::Entry(Entry {
                marker: "[1]".to_owned(),
                title: line.clone(),
                body: vec![Block::Paragraph(line.clone())],
            }),
            Block::Text(vec![hostile.to_owned()]),
            Block::Headline(line.clone()),
            Block::Note(line),
        ];
        let mut bytes = Vec::new();
        let charts = vec![Chart {
            heading: hostile.to_owned(),
            parts: vec![(Role::Bad, "blocked"), (Role::Open, "may be")],
            bars: vec![
                Bar { label: hostile.to_owned(), parts: vec![1, 0] },
                Bar { label: "b".to_owned(), parts: vec![500, 1500] },
            ],
        }];
        write(&Doc { blocks, charts }, hostile, &mut bytes).unwrap();
        let page = String::from_utf8(bytes).unwrap();
        assert!(!page.contains("<img") && !page.contains('\u{202e}'), "{page}");
        assert!(page.contains("script-src 'none'") && !page.contains("<script"), "{page}");
        let body = page.split_once("<main").unwrap().1;
        insta::assert_snapshot!(body);
    }
}
