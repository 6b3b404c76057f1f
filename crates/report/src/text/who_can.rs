//! Which accounts can make a call, as far as SCPs decide.

use std::io::{self, Write};

use scproof_evaluator::{Answered, WhoCanGroup};

use super::answer::facts_words;
use super::parts::{LABEL, command, fact};
use crate::layout::{Page, WIDTH, clean, count, grouped, pad, wrap};
use crate::style::{Role, Style};
use crate::who_can::{WhoCanReport, answered_words};
use crate::words::Words;

/// Writes the report: how many accounts have which answer on the first line, then what was asked, and each group of accounts with
/// the same answer for the same causes.
///
/// # Errors
///
/// If writing fails.
pub fn render(report: &WhoCanReport<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style);
    for line in wrap(&report.headline(), WIDTH, WIDTH) {
        page.heading(&line);
    }
    page.gap();
    question(&mut page, report);
    let mut number = 0;
    let words = report.words();
    for answered in Answered::ALL {
        page.gap();
        groups(&mut page, report, &words, answered, &mut number);
    }
    page.gap();
    if report.is_cut(&words) {
        page.hanging("note: ", "long lists are cut; --full and --format json or csv write everything out.");
    }
    for line in report.remarks() {
        page.hanging("note: ", &line);
    }
    page.finish(out)
}

fn question(page: &mut Page, report: &WhoCanReport<'_>) {
    let mut facts = vec![("action", clean(&report.request.action).into_owned())];
    facts.extend(facts_words(report.request, "any in each account (not given)"));
    for (label, text) in facts {
        let label = page.style.paint(Role::Faint, &pad(label, 11));
        let room = WIDTH - 13;
        for (index, line) in wrap(&text, room, room).into_iter().enumerate() {
            page.line(if index == 0 { format!("  {label}{line}") } else { format!("{}{line}", " ".repeat(13)) });
        }
    }
}

fn groups(page: &mut Page, report: &WhoCanReport<'_>, words: &Words<'_>, answered: Answered, number: &mut usize) {
    let groups: Vec<&WhoCanGroup> = report.groups(answered).collect();
    if groups.is_empty() {
        return;
    }
    let role = match answered {
        Answered::NotBlocked => Role::Good,
        Answered::OnCondition => Role::Open,
        Answered::Blocked => Role::Bad,
    };
    let heading = page.style.paint(role, answered_words(answered));
    page.line(format!("{heading}, {}", count(report.count(answered), "account")));
    let most = report.detail().entries;
    for group in groups.iter().take(most) {
        page.gap();
        *number += 1;
        self::group(page, report, words, group, *number);
    }
    if groups.len() > most {
        page.gap();
        let hidden: usize = groups.iter().skip(most).map(|group| group.accounts.len()).sum();
        page.line(format!("and {} with {}", count(groups.len() - most, "more group"), count(hidden, "account")));
    }
}

fn group(page: &mut Page, report: &WhoCanReport<'_>, words: &Words<'_>, group: &WhoCanGroup, number: usize) {
    page.hanging_at("", 4, &format!("[{}] {}", grouped(number), report.title(group)));
    fact(page, if group.accounts.len() == 1 { "account" } else { "accounts" }, &report.accounts(group));
    let condition = report.condition(group, words);
    if condition.len() > 1 {
        for (index, clause) in condition.iter().enumerate() {
            let label = pad(if index == 0 { "unless" } else { "" }, LABEL - 4);
            let all = if index == 0 { "" } else { "and " };
            page.hanging_at(&format!("    {label}"), LABEL + 2, &format!("{all}{clause}"));
        }
    } else if !condition.is_empty() {
        fact(page, "unless", &condition);
    }
    for (label, lines) in report.causes(group) {
        fact(page, label, &lines);
    }
    let questions = report.open_questions(group);
    let flags: Vec<String> =
        questions.iter().filter_map(|question| question.flag.as_deref()).map(|flag| clean(flag).into_owned()).collect();
    fact(page, "to decide", &flags);
    let unreadable: Vec<String> = questions
        .iter()
        .filter(|question| question.flag.is_none())
        .map(|question| format!("{}: {}", clean(&question.name), question.hint.as_deref().unwrap_or_default()))
        .collect();
    fact(page, "unreadable", &unreadable);
    command(page, "details", &report.command(group));
}
