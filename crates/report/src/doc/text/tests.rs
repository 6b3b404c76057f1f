//! Pages of several widths.

use super::*;
use crate::doc::{Column, Table};

fn page(blocks: Vec<Block>, width: usize) -> String {
    lines(&Doc { blocks, ..Doc::default() }, Style::plain().with_width(width))
}

/// No word is broken, and no line is longer than the page unless it is one word.
fn check(page: &str, width: usize) {
    for line in page.lines() {
        assert!(columns(line) <= width || !line.trim().contains(' '), "{width}: {line}");
        assert!(!line.ends_with(' '), "{line:?}");
    }
}

const ARN: &str = "arn:aws:iam::222222222222:role/a-path/of-some-length/and-a-name-that-goes-on";

fn sample() -> Vec<Block> {
    let facts = vec![
        Fact::line("because", "a policy that is attached here denies it whatever anybody else says about it, always"),
        Fact::codes("resource", vec![ARN.to_owned()]),
        Fact::new(
            "example",
            vec![Block::Command(
                [
                    "scproof",
                    "can",
                    "shop",
                    "s3:GetObject",
                    "--principal role/admin",
                    "--region eu-west-1",
                    "--resource '*'",
                ]
                .map(str::to_owned)
                .to_vec(),
            )],
        ),
    ];
    let row = |name: &str, number: &str, words: &str| vec![Line::code(name), number.into(), words.into()];
    vec![
        Block::Headline(Line::strong(Role::Bad, "BLOCKED by an explicit Deny")),
        Block::Paragraph("in 27 accounts".into()),
        Block::Facts(facts.clone()),
        Block::Heading("How it stands".into()),
        Block::Entry(Entry { marker: "[1]".to_owned(), title: "an entry".into(), body: vec![Block::Facts(facts)] }),
        Block::Table(Table {
            columns: vec![Column::text("policy"), Column::number("size"), Column::text("where it is attached")],
            rows: vec![
                row("region-lock", "1,024", "Prod, Sandbox and some other units with longer names than these"),
                row(&"x".repeat(50), "7", "nothing"),
            ],
        }),
        Block::List(vec![Item::new("one"), Item { depth: 2, ..Item::new("two, which is deeper") }]),
        Block::Note("words at the end, which are long enough that they do not fit on a line of sixty columns".into()),
        Block::Note("more".into()),
    ]
}

#[test]
fn a_page_of_60_80_and_120_columns() {
    for width in [60, 80, 120] {
        let page = page(sample(), width);
        check(&page, width);
        insta::assert_snapshot!(format!("page_{width}"), page);
    }
}

#[test]
fn every_word_stays_whole_at_every_width() {
    let words = |page: &str| {
        let mut words: Vec<String> = page.split_whitespace().map(str::to_owned).collect();
        // The header of a table and the ends of a command line move.
        words.retain(|word| word != "\\");
        words.sort_unstable();
        words
    };
    let widest = words(&page(sample(), 120));
    for width in 60..120 {
        let page = page(sample(), width);
        check(&page, width);
        assert_eq!(words(&page), widest, "{width}");
    }
}

#[test]
fn a_tree_with_guides() {
    let node = |depth, name: &str| Node { depth, line: name.into(), more: Vec::new() };
    let mut last = node(2, "a leaf whose name does not fit on one line of sixty columns, and hangs");
    last.more.push("policy".into());
    let nodes = vec![node(0, "root"), node(1, "one"), node(2, "two"), node(1, "three"), last];
    insta::assert_snapshot!(page(vec![Block::Tree(nodes)], 60));
    // However deep, it is drawn.
    let deep: Vec<Node> = (0..500).map(|depth| node(depth, "x")).collect();
    assert_eq!(page(vec![Block::Tree(deep)], 60).lines().count(), 500);
}

/// Nothing from outside draws on a terminal; wide characters take their columns.
#[test]
fn hostile_texts() {
    let line = Line::code("\u{1b}[2J\n生産\u{202e}").then(" ").then_code("生".repeat(50)).then("   three   blanks ");
    let page = page(vec![Block::Paragraph(line.clone()), Block::List(vec![Item::new(line)])], 60);
    assert!(!page.contains(['\u{1b}', '\u{202e}']), "{page}");
    check(&page, 60);
    insta::assert_snapshot!(page);
}

#[test]
fn colour_has_no_width() {
    let lines_of = |style: Style| lines(&Doc { blocks: sample(), ..Doc::default() }, style.with_width(60));
    let coloured = lines_of(Style::coloured());
    assert!(coloured.contains('\u{1b}'));
    let plain: String = without_escapes(&coloured);
    assert_eq!(plain, lines_of(Style::plain()));
}

/// Takes escape sequences out.
fn without_escapes(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}
