//! Which accounts can make a call, as far as SCPs decide.

use scproof_evaluator::{Answered, WhoCanGroup};

use super::answer::asked;
use crate::doc::{Block, Doc, Entry, Fact, Line, facts_of};
use crate::layout::{count, grouped};
use crate::names::capitalised;
use crate::style::Role;
use crate::who_can::{WhoCanReport, answered_words};
use crate::words::Words;

/// How many accounts have which answer, what was asked, and each group of accounts with the same answer for the same
/// causes.
pub(crate) fn page(report: &WhoCanReport<'_>) -> Doc {
    let mut doc = Doc::default();
    doc.headline(Role::Heading, report.headline());
    doc.facts(asked(report.request, "any in each account (not given)"));
    let (words, mut number) = (report.words(), 0);
    for answered in Answered::ALL {
        groups(&mut doc, report, &words, answered, &mut number);
    }
    if report.is_cut(&words) {
        doc.note("long lists are cut; `--full` and `--format json` or `csv` write everything out.");
    }
    for remark in report.remarks() {
        doc.note(remark);
    }
    doc
}

fn groups(doc: &mut Doc, report: &WhoCanReport<'_>, words: &Words<'_>, answered: Answered, number: &mut usize) {
    let groups: Vec<&WhoCanGroup> = report.groups(answered).collect();
    if groups.is_empty() {
        return;
    }
    let role = match answered {
        Answered::NotBlocked => Role::Good,
        Answered::Depends => Role::Open,
        Answered::Blocked => Role::Bad,
    };
    let accounts = format!(", {}", count(report.count(answered), "account"));
    doc.push(Block::Heading(Line::strong(role, capitalised(&answered_words(answered).to_lowercase())).then(accounts)));
    let most = report.detail().entries;
    for group in groups.iter().take(most) {
        *number += 1;
        let title = Line::strong(Role::Heading, report.title(group));
        doc.push(Block::Entry(Entry {
            marker: format!("[{}]", grouped(*number)),
            title,
            body: facts_of(facts(report, words, group)).into_iter().collect(),
        }));
    }
    if groups.len() > most {
        let hidden: usize = groups.iter().skip(most).map(|group| group.accounts.len()).sum();
        let groups = count(groups.len() - most, "more group");
        doc.paragraph(format!("and {groups} with {}", count(hidden, "account")));
    }
}

fn facts(report: &WhoCanReport<'_>, words: &Words<'_>, group: &WhoCanGroup) -> Vec<Fact> {
    let mut facts = vec![super::accounts(&report.account_refs(group), report.detail())];
    let clauses = report.condition(group, words).into_iter().enumerate();
    let clauses = clauses.map(|(index, clause)| Line::from(if index > 0 { "and " } else { "" }).then_code(clause));
    facts.push(Fact::new("unless", clauses.map(Block::Paragraph).collect()));
    facts.extend(report.causes(group).into_iter().map(|(label, lines)| Fact::codes(label, lines)));
    let questions = report.open_questions(group);
    facts.push(Fact::codes("to decide", questions.iter().filter_map(|question| question.flag.clone()).collect()));
    let unreadable = questions.iter().filter(|question| question.flag.is_none()).map(|question| {
        let hint = question.hint.as_deref().unwrap_or_default();
        Block::Paragraph(Line::code(question.name.as_str()).then(format!(": {hint}")))
    });
    facts.push(Fact::new("unreadable", unreadable.collect()));
    let command = report.command(group);
    let command = (!command.is_empty()).then_some(Block::Command(command));
    facts.push(Fact::new("details", command.into_iter().collect()));
    facts
}
