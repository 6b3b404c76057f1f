//! Answers as pages, one file a subject: what is said, in which order, and how much of it.

pub(crate) mod answer;
pub(crate) mod audit;
pub(crate) mod effective;
pub(crate) mod explanation;
pub(crate) mod impact;
pub(crate) mod replay;
pub(crate) mod show;
pub(crate) mod tree;
pub(crate) mod validation;
pub(crate) mod who_can;
pub(crate) mod why;

mod excerpt;

use scproof_evaluator::Request;
use scproof_simulator::AccountRef;

use crate::command_line;
use crate::doc::{Block, Fact, Item, Line};
use crate::impact::{Detail, accounts_words, caller_words};
use crate::layout::{count, grouped};
use crate::words;

/// Accounts by place.
fn accounts(accounts: &[AccountRef], detail: Detail) -> Fact {
    accounts_of(&accounts.iter().collect::<Vec<_>>(), detail)
}

fn accounts_of(accounts: &[&AccountRef], detail: Detail) -> Fact {
    let label = if accounts.len() == 1 { "account" } else { "accounts" };
    let all = count(accounts.len(), "account");
    let first = format!("{all}:");
    let lines = accounts_words(accounts, detail).into_iter();
    let lines = lines.map(|line| if line == first { line.into() } else { Line::code(line) });
    Fact { fold: Some(all), ..Fact::new(label, lines.map(Block::Paragraph).collect()) }
}

/// The lines of a condition.
fn when(lines: Vec<words::Line>) -> Fact {
    condition("when", lines)
}

/// The lines of a condition under a label.
fn condition(label: &'static str, lines: Vec<words::Line>) -> Fact {
    let items = lines.into_iter().map(|line| Item {
        depth: line.depth,
        line: if line.is_condition { Line::code(line.text) } else { line.text.into() },
        body: Vec::new(),
    });
    let items: Vec<Item> = items.collect();
    match items.as_slice() {
        [] => Fact::new(label, Vec::new()),
        [only] => Fact::line(label, only.line.clone()),
        _ => Fact::new(label, vec![Block::List(items)]),
    }
}

/// A call that shows something, and what there is to say about it.
fn example(program: &[String], request: &Request, lines: impl IntoIterator<Item = String>) -> Fact {
    let command = Block::Command(command_line::can(program, request));
    let lines = caller_words(request).into_iter().chain(lines).map(|line| Block::Paragraph(line.into()));
    Fact::new("example", std::iter::once(command).chain(lines).collect())
}

/// `3 more classes`.
fn more(number: usize, one: &str, several: &str) -> String {
    format!("{} more {}", grouped(number), if number == 1 { one } else { several })
}
