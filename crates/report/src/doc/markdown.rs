//! A page for comments in pull requests, tickets and wikis.
//!
//! Names and policies come from many people: what they wrote stands in code spans or is escaped, so that it can neither
//! draw headings and pictures nor mention anybody.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Block, Doc, Entry, Fact, Item, Line, Look, Message, Node, Table};
use crate::layout::{clean, grouped, verbatim};
use crate::names::capitalised;

/// The longest page in bytes: GitHub takes comments up to 65,536 characters, GitLab and others more.
const LONGEST: usize = 60_000;
/// How much of that one table, list or tree may take.
const LONGEST_BLOCK: usize = 12_000;
/// Up to this many accounts or other things stand in the text where they can be folded.
const OPEN: usize = 3;
/// Deeper points are not indented further: four more blanks would be code.
const DEEPEST: usize = 20;

/// Writes the page, never longer than a comment may be: entries that do not fit are counted.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn write(doc: &Doc, out: &mut dyn Write) -> io::Result<()> {
    let (mut page, mut heading, mut hidden) = (String::new(), String::new(), 0);
    let (first, rest): (Vec<&Block>, Vec<&Block>) =
        doc.blocks.iter().partition(|block| matches!(block, Block::Headline(_)));
    for block in first.into_iter().chain(rest) {
        let mut text = String::new();
        self::block(&mut text, block, LONGEST_BLOCK.min(LONGEST.saturating_sub(page.len())));
        if matches!(block, Block::Heading(_)) {
            // Not without anything under it.
            heading = text;
            continue;
        }
        let is_entry = matches!(block, Block::Entry(_) | Block::Message(_));
        if is_entry && page.len() + heading.len() + text.len() > LONGEST {
            hidden += 1;
            continue;
        }
        if matches!(block, Block::Note(_)) {
            text.insert_str(0, &hidden_words(std::mem::take(&mut hidden)));
        }
        for text in [std::mem::take(&mut heading), text].iter().filter(|text| !text.is_empty()) {
            let goes_on = page.ends_with("</sub>  \n") && text.starts_with("<sub>");
            if !page.is_empty() && !goes_on {
                page.push('\n');
            }
            page.push_str(text);
        }
    }
    if hidden > 0 {
        page.push('\n');
        page.push_str(&hidden_words(hidden));
    }
    out.write_all(page.trim_end().as_bytes())?;
    out.write_all(b"\n")
}

fn hidden_words(hidden: usize) -> String {
    if hidden == 0 {
        return String::new();
    }
    format!("*{} more not shown here; `--format json` has all.*\n\n", grouped(hidden))
}

/// Writes a block in lines that all end in a line break; of a list or table no more than so many bytes.
fn block(page: &mut String, block: &Block, most: usize) {
    match block {
        Block::Headline(line) => line_of(page, &format!("**{}**", words(line, false))),
        Block::Heading(line) => line_of(page, &format!("### {}", words(line, false))),
        Block::Paragraph(line) => line_of(page, &paragraph(line)),
        Block::Note(line) => line_of(page, &format!("<sub>{}</sub>  ", capitalised(&words(line, true)))),
        Block::Facts(facts) => fitting(page, facts, most, fact),
        Block::List(items) => fitting(page, items, most, item),
        Block::Table(table) => self::table(page, table, most),
        Block::Tree(nodes) => fitting(page, nodes, most, node),
        Block::Command(words) => page.push_str(&fenced("sh", &words.join(" "))),
        Block::Text(lines) => {
            let lines: Vec<String> = lines.iter().map(|line| verbatim(line)).collect();
            page.push_str(&fenced("json", &lines.join("\n")));
        }
        Block::Message(message) => self::message(page, message),
        Block::Entry(Entry { marker, title, body }) => {
            let marker = if marker.is_empty() { String::new() } else { format!("{} ", escaped(marker)) };
            line_of(page, &format!("**{marker}{}**", words(title, false)));
            for part in body {
                page.push('\n');
                self::block(page, part, most);
            }
        }
    }
}

fn line_of(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

/// Writes the items that fit, and counts the others.
fn fitting<T>(page: &mut String, items: &[T], most: usize, write: impl Fn(&mut String, &T)) {
    let (start, mut hidden) = (page.len(), 0);
    for item in items {
        let mut text = String::new();
        write(&mut text, item);
        if page.len() - start + text.len() > most {
            hidden += 1;
        } else {
            page.push_str(&text);
        }
    }
    if hidden > 0 {
        let apart = if page.len() > start { "\n" } else { "" };
        // A text takes everything.
        let _ = writeln!(page, "{apart}*and {} more; `--format json` has all.*", grouped(hidden));
    }
}

fn fact(page: &mut String, fact: &Fact) {
    let lines: Vec<&Line> = fact
        .content
        .iter()
        .map_while(|block| if let Block::Paragraph(line) = block { Some(line) } else { None })
        .collect();
    let label = if fact.label.is_empty() { String::new() } else { format!("**{}** ", escaped(&fact.label)) };
    match &fact.fold {
        Some(fold) if lines.len() > OPEN => {
            let _ = writeln!(page, "- <details><summary><b>{}</b></summary>\n", escaped(fold));
            let told = Line::from(format!("{fold}:"));
            for line in lines.iter().filter(|line| ***line != told) {
                let _ = writeln!(page, "  - {}", words(line, true));
            }
            page.push_str("  </details>\n");
        }
        _ => {
            let mut text = label;
            for (index, line) in lines.iter().enumerate() {
                let between = if text.ends_with(':') { " " } else { "; " };
                text.push_str(if index == 0 { "" } else { between });
                text.push_str(&words(line, true));
            }
            let _ = writeln!(page, "- {}", text.trim_end());
        }
    }
    for block in fact.content.iter().skip(lines.len()) {
        below(page, block);
    }
}

/// Writes a block as a part of a point.
fn below(page: &mut String, block: &Block) {
    let mut text = String::new();
    self::block(&mut text, block, LONGEST_BLOCK);
    if !matches!(block, Block::List(_) | Block::Facts(_)) {
        page.push('\n');
    }
    for line in text.lines() {
        let _ = writeln!(page, "{}", format!("  {line}").trim_end());
    }
}

fn item(page: &mut String, item: &Item) {
    let depth = item.depth.min(DEEPEST);
    let indent = "  ".repeat(depth.saturating_sub(1));
    let bullet = if depth == 0 { "" } else { "- " };
    let mut text = String::new();
    let _ = writeln!(text, "{bullet}{}", if depth == 0 { paragraph(&item.line) } else { words(&item.line, true) });
    for block in &item.body {
        below(&mut text, block);
    }
    for line in text.lines() {
        let _ = writeln!(page, "{}", format!("{indent}{line}").trim_end());
    }
}

fn node(page: &mut String, node: &Node) {
    let indent = "  ".repeat(node.depth.min(DEEPEST));
    let _ = writeln!(page, "{indent}- {}", words(&node.line, true));
    for line in &node.more {
        let _ = writeln!(page, "{indent}  - {}", words(line, true));
    }
}

fn table(page: &mut String, table: &Table, most: usize) {
    // A bar ends the cell even in code.
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    page.push_str(&row(table.columns.iter().map(|column| escaped(column.name)).collect()));
    page.push_str(&row(table
        .columns
        .iter()
        .map(|column| if column.is_number { "---:" } else { "---" }.to_owned())
        .collect()));
    fitting(page, &table.rows, most, |page, cells| {
        page.push_str(&row(cells.iter().map(in_a_cell).collect()));
    });
}

/// A line in a table: there a bar ends the cell even in code.
fn in_a_cell(line: &Line) -> String {
    let span = |span: &super::Span| match span.look {
        Look::Code => code(&span.text).replace('|', "\\|"),
        Look::Prose | Look::Strong(_) => escaped(&span.text),
    };
    joined(line.spans.iter().map(span))
}

fn message(page: &mut String, message: &Message) {
    let _ = writeln!(page, "**{}** {}: {}\n", message.severity.as_str(), code(&message.code), prose(&message.text));
    let place = message
        .place
        .as_ref()
        .map_or_else(String::new, |place| format!(", line {} column {}", grouped(place.line), grouped(place.column)));
    let _ = writeln!(page, "- **in** {}{place}", code(&message.source));
    for (label, text) in &message.remarks {
        let _ = writeln!(page, "- **{label}** {}", prose(text));
    }
    if let Some(excerpt) = message.place.as_ref().and_then(|place| place.excerpt.as_ref()) {
        let text: Vec<String> =
            excerpt.text.split('\n').map(|line| clean(line.trim_end_matches('\r')).into_owned()).collect();
        let _ = write!(page, "\n{}", fenced("json", &text.join("\n")));
    }
}

/// A line by itself: it must not begin like a point of a list.
fn paragraph(line: &Line) -> String {
    let text = words(line, true);
    let number = text.trim_start_matches(|character: char| character.is_ascii_digit());
    if text.starts_with(['-', '=']) {
        format!("\\{text}")
    } else if number.len() < text.len() && number.starts_with(['.', ')']) {
        let (digits, rest) = text.split_at(text.len() - number.len());
        format!("{digits}\\{rest}")
    } else {
        text
    }
}

/// The words of a line; `marks` says whether strong ones are marked, which words inside of strong ones cannot be.
fn words(line: &Line, marks: bool) -> String {
    let span = |span: &super::Span| match span.look {
        Look::Code => code(&span.text),
        Look::Strong(_) if marks && !span.text.trim().is_empty() => format!("**{}**", escaped(&span.text)),
        Look::Prose | Look::Strong(_) => prose(&span.text),
    };
    joined(line.spans.iter().map(span))
}

/// Pieces in a row; two that are code would else become one.
fn joined(pieces: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for piece in pieces {
        if text.ends_with('`') && piece.starts_with('`') {
            text.push_str("<!-- -->");
        }
        text.push_str(&piece);
    }
    text
}

/// A text from outside, as it is, in a code span.
pub(crate) fn code(text: &str) -> String {
    let text = clean(text);
    let longest = runs(&text, '`').max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A space keeps the text's own backticks apart from the fence; Markdown takes it off again.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A block of text that can be copied.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    let longest = runs(text, '`').max().unwrap_or(0).max(2);
    let fence = "`".repeat(longest + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// A sentence with code in backticks; everything else is shown as it is.
pub(crate) fn prose(text: &str) -> String {
    let text = clean(text);
    let parts: Vec<&str> = text.split('`').collect();
    // A name with backticks of its own: where it begins and ends cannot be told.
    if parts.len().is_multiple_of(2) || parts.iter().skip(1).rev().skip(1).any(|part| part.is_empty()) {
        return code(&text);
    }
    let pieces = parts.iter().enumerate();
    pieces.map(|(index, part)| if index % 2 == 1 { code(part) } else { escaped(part) }).collect()
}

/// Plain text that Markdown leaves alone.
pub(crate) fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    // Addresses become links by themselves.
    let text = clean(text).replace("://", "\u{0}").replace("www.", "www\u{1}");
    for character in text.chars() {
        match character {
            '\u{0}' => result.push_str("&#58;//"),
            '\u{1}' => result.push_str("&#46;"),
            // A mention needs the at sign and the name in one text.
            '@' => result.push_str("@<!-- -->"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '&' => result.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '+' | '!' | '|' | '~' | '$' => {
                result.push('\\');
                result.push(character);
            }
            _ => result.push(character),
        }
    }
    result
}

/// How long the runs of a character are.
fn runs(text: &str, wanted: char) -> impl Iterator<Item = usize> + '_ {
    text.split(move |character| character != wanted).map(str::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_keeps_every_character() {
        assert_eq!(code("a|b<i>@x"), "`a|b<i>@x`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a``"), "``` `a`` ```");
        assert_eq!(code("a\nb\u{202e}"), r"`a\u{a}b\u{202e}`");
        assert_eq!(code(""), "`  `");
    }

    #[test]
    fn prose_with_code() {
        assert_eq!(prose("`a*b` is not <b>*"), r"`a*b` is not &lt;b&gt;\*");
        assert_eq!(prose("odd ` @all"), "``odd ` @all``");
        assert_eq!(prose("`a``b` c"), "``` `a``b` c ```");
        assert_eq!(prose("see http://a www.b"), "see http&#58;//a www&#46;b");
        assert_eq!(prose("# `x`"), r"\# `x`");
    }

    #[test]
    fn code_beside_code() {
        assert_eq!(
            words(&Line::code("a`").then("odd ` @all").then_code("b"), true),
            "`` a` ``<!-- -->``odd ` @all``<!-- -->`b`"
        );
    }

    #[test]
    fn a_block_is_longer_than_what_is_in_it() {
        assert_eq!(fenced("sh", "a ```` b"), "`````sh\na ```` b\n`````\n");
    }

    fn page(blocks: Vec<Block>) -> String {
        let mut out = Vec::new();
        write(&Doc { blocks, ..Doc::default() }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_page() {
        let facts = vec![
            Fact::line("why", "`a` is not b"),
            Fact {
                fold: Some("5 accounts".to_owned()),
                ..Fact::codes("accounts", ["a", "b", "c", "d"].map(str::to_owned).to_vec())
            },
            Fact::new(
                "example",
                vec![Block::Command(vec!["scproof".to_owned(), "can".to_owned()]), Block::Paragraph("x".into())],
            ),
        ];
        let columns = vec![super::super::Column::text("name"), super::super::Column::number("size")];
        let blocks = vec![
            Block::Heading("Nothing under it".into()),
            Block::Heading("How it stands".into()),
            Block::Entry(Entry { marker: "[1]".to_owned(), title: "an entry".into(), body: vec![Block::Facts(facts)] }),
            Block::Table(Table { columns, rows: vec![vec![Line::code("a|b"), "1".into()]] }),
            Block::List(vec![
                Item { depth: 0, ..Item::new("all of") },
                Item::new("one"),
                Item { depth: 2, ..Item::new("two") },
            ]),
            Block::Headline("the verdict".into()),
            Block::Note("one".into()),
            Block::Note("two".into()),
        ];
        insta::assert_snapshot!(page(blocks));
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let entry = || {
            let body = vec![Block::Paragraph("x".repeat(1_000).into())];
            Block::Entry(Entry { marker: String::new(), title: "an entry".into(), body })
        };
        let mut blocks: Vec<Block> = (0..100).map(|_| entry()).collect();
        blocks.insert(0, Block::List((0..5_000).map(|number| Item::new(number.to_string())).collect()));
        let page = page(blocks);
        assert!(page.len() < 65_536 && page.contains(" more not shown here"), "{}", page.len());
        assert!(page.contains("*and 3,"), "{page}");
    }

    #[test]
    fn a_paragraph_begins_no_list() {
        for text in ["- a", "1. a", "12) a", "=== a", "--- a"] {
            let page = page(vec![Block::Paragraph(text.into()), Block::Paragraph(text.into())]);
            let events: Vec<pulldown_cmark::Event<'_>> = pulldown_cmark::Parser::new(&page).collect();
            let is_list = |event: &pulldown_cmark::Event<'_>| {
                matches!(
                    event,
                    pulldown_cmark::Event::Start(pulldown_cmark::Tag::List(_) | pulldown_cmark::Tag::Heading { .. })
                )
            };
            assert!(!events.iter().any(is_list), "{page}: {events:?}");
        }
    }
}
