//! What a page says, whatever it is written as: an answer becomes a [`Doc`], and each format for people has one writer
//! that knows nothing of answers.
//!
//! Texts from outside are put in as they are: a writer makes them safe for its medium. What is safe in one is not in
//! another, and a place that forgets it would be found too late.

pub(crate) mod markdown;
pub(crate) mod text;

use std::borrow::Cow;
use std::ops::Range;

use scproof_policy_parser::Severity;

use crate::style::Role;

/// A page: blocks from top to bottom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Doc {
    pub(crate) blocks: Vec<Block>,
    /// What a format that can draw shows at its end; the numbers are those of the blocks, or of JSON.
    pub(crate) charts: Vec<Chart>,
}

/// Bars under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chart {
    pub(crate) heading: String,
    /// What the parts of the bars are.
    pub(crate) parts: Vec<(Role, &'static str)>,
    pub(crate) bars: Vec<Bar>,
}

/// A bar of a chart: what it is, and how long each of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) parts: Vec<u64>,
}

impl Chart {
    /// How long a part of a bar is, in thousandths of the longest bar, and where it begins. What is not nothing is
    /// seen.
    pub(crate) fn places(&self, bar: &Bar) -> Vec<(Role, u64, u64)> {
        let longest = self.bars.iter().map(|bar| bar.parts.iter().sum::<u64>()).max().unwrap_or(0).max(1);
        let mut start = 0;
        let mut places = Vec::with_capacity(bar.parts.len());
        for ((role, _), part) in self.parts.iter().zip(&bar.parts) {
            let share = u64::try_from(u128::from(*part) * 1000 / u128::from(longest)).unwrap_or(1000);
            let width = if *part > 0 { share.max(4) } else { 0 };
            places.push((*role, start, width));
            start += width;
        }
        places
    }
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// What it all comes down to. A page that is read from its top begins with it, wherever it stands.
    Headline(Line),
    /// The beginning of a section.
    Heading(Line),
    Paragraph(Line),
    /// What matters less, at the end.
    Note(Line),
    Facts(Vec<Fact>),
    List(Vec<Item>),
    Table(Table),
    /// Nodes from the root down, parents before children.
    Tree(Vec<Node>),
    /// The words of a command line, each quoted.
    Command(Vec<String>),
    /// Lines of a text as it is written, which are not wrapped.
    Text(Vec<String>),
    /// What is wrong at a place in a text.
    Message(Message),
    /// One of several things of a kind: it is shown as a whole, or counted.
    Entry(Entry),
}

/// A label, and what there is under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) label: Cow<'static, str>,
    pub(crate) content: Vec<Block>,
    /// What stands for the content where a page can fold it.
    pub(crate) fold: Option<String>,
}

/// A point of a list, or a line between points where the depth is 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) depth: usize,
    pub(crate) line: Line,
    pub(crate) body: Vec<Block>,
}

/// Rows under headings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Line>>,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// Whether it holds numbers, which stand under each other and are never wrapped.
    pub(crate) is_number: bool,
}

/// A node of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) depth: usize,
    pub(crate) line: Line,
    /// What hangs on it, apart from nodes.
    pub(crate) more: Vec<Line>,
}

/// A diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) severity: Severity,
    pub(crate) code: String,
    pub(crate) text: String,
    /// The file, and what of it.
    pub(crate) source: String,
    pub(crate) place: Option<Place>,
    /// Labels with texts.
    pub(crate) remarks: Vec<(&'static str, String)>,
}

/// Where in a text something is, both from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) excerpt: Option<Excerpt>,
}

/// Some lines of a text, and what is pointed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) text: String,
    pub(crate) first_line: usize,
    pub(crate) span: Range<usize>,
    /// Whether the text begins within a line.
    pub(crate) within_line: bool,
}

/// One of several things of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// `[1]`, `2.`, or nothing.
    pub(crate) marker: String,
    pub(crate) title: Line,
    pub(crate) body: Vec<Block>,
}

/// A run of words, of spans that look different.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) spans: Vec<Span>,
}

/// Words that look alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) look: Look,
}

/// How words look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Words of ours, code in them between backticks.
    Prose,
    /// Something that somebody else wrote, or that can be typed.
    Code,
    /// Words that matter, and why.
    Strong(Role),
}

impl Line {
    pub(crate) fn code(text: impl Into<String>) -> Self {
        Self::default().then_code(text)
    }

    pub(crate) fn strong(role: Role, text: impl Into<String>) -> Self {
        Self { spans: vec![Span { text: text.into(), look: Look::Strong(role) }] }
    }

    /// The same line with more behind it; blanks between the two have to be in one of them.
    pub(crate) fn then(mut self, more: impl Into<Self>) -> Self {
        self.spans.extend(more.into().spans);
        self
    }

    pub(crate) fn then_code(mut self, text: impl Into<String>) -> Self {
        self.spans.push(Span { text: text.into(), look: Look::Code });
        self
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self { spans: vec![Span { text, look: Look::Prose }] }
    }
}

impl Fact {
    pub(crate) fn new(label: impl Into<Cow<'static, str>>, content: Vec<Block>) -> Self {
        Self { label: label.into(), content, fold: None }
    }

    /// A fact of one line.
    pub(crate) fn line(label: impl Into<Cow<'static, str>>, line: impl Into<Line>) -> Self {
        Self::new(label, vec![Block::Paragraph(line.into())])
    }

    /// A fact of several lines of code.
    pub(crate) fn codes(label: impl Into<Cow<'static, str>>, lines: Vec<String>) -> Self {
        Self::new(label, lines.into_iter().map(|line| Block::Paragraph(Line::code(line))).collect())
    }
}

impl Item {
    pub(crate) fn new(line: impl Into<Line>) -> Self {
        Self { depth: 1, line: line.into(), body: Vec::new() }
    }
}

impl Column {
    pub(crate) const fn text(name: &'static str) -> Self {
        Self { name, is_number: false }
    }

    pub(crate) const fn number(name: &'static str) -> Self {
        Self { name, is_number: true }
    }
}

impl Doc {
    pub(crate) fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }

    pub(crate) fn headline(&mut self, role: Role, text: impl Into<String>) {
        self.push(Block::Headline(Line::strong(role, text)));
    }

    pub(crate) fn heading(&mut self, text: impl Into<String>) {
        self.push(Block::Heading(Line::strong(Role::Heading, text)));
    }

    pub(crate) fn paragraph(&mut self, line: impl Into<Line>) {
        self.push(Block::Paragraph(line.into()));
    }

    pub(crate) fn note(&mut self, line: impl Into<Line>) {
        self.push(Block::Note(line.into()));
    }

    /// Facts without content are left out.
    pub(crate) fn facts(&mut self, facts: impl IntoIterator<Item = Fact>) {
        self.blocks.extend(facts_of(facts));
    }
}

/// Facts as a block: those without content are left out, those without a label go on with the one before.
pub(crate) fn facts_of(facts: impl IntoIterator<Item = Fact>) -> Option<Block> {
    let mut kept: Vec<Fact> = Vec::new();
    for fact in facts.into_iter().filter(|fact| !fact.content.is_empty()) {
        match kept.last_mut() {
            Some(last) if fact.label.is_empty() => last.content.extend(fact.content),
            _ => kept.push(fact),
        }
    }
    (!kept.is_empty()).then_some(Block::Facts(kept))
}
