//! What a change does.

use std::io::{self, Write};

use scproof_policy_parser::Severity;
use scproof_simulator::{Notice, Step, Transient, Transition, Verdict, Witness};

use super::words::capitalised;
use crate::command_line;
use crate::impact::{
    Entry, ImpactReport, accounts_words, action_lines, beyond_words, cause_words, decision_words, listed_words,
    remark_words, structure_words, transition_words, verdict_words, when_lines, why_words,
};
use crate::layout::{Page, WIDTH, clean, columns, count, grouped, pad};
use crate::style::{Role, Style};

/// How many lines of structural differences are shown.
const STRUCTURE_LINES: usize = 40;
/// Where the contents of a region begin.
const LABEL: usize = 13;

/// Writes the report: the verdict on the first line, then how many accounts, the changes with what AWS would say, and each
/// region of calls whose verdict changes with one call that shows it.
///
/// # Errors
///
/// If writing fails.
pub fn render(report: &ImpactReport<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style);
    headline(&mut page, report);
    page.gap();
    totals(&mut page, report);
    page.gap();
    structure(&mut page, report);
    page.gap();
    steps(&mut page, report.steps);
    page.gap();
    warnings(&mut page, report.warnings);
    for transition in Transition::ALL {
        page.gap();
        entries(&mut page, report, transition);
    }
    page.gap();
    transients(&mut page, report);
    page.gap();
    remarks(&mut page, report);
    page.gap();
    failed(&mut page, report);
    page.finish(out)
}

fn role(transition: Transition) -> Role {
    match transition {
        Transition::NewlyBlocked => Role::Bad,
        Transition::NewlyPassing => Role::Good,
        Transition::Undetermined => Role::Open,
        Transition::ReasonChanged => Role::Heading,
    }
}

fn headline(page: &mut Page, report: &ImpactReport<'_>) {
    let role = match Transition::ALL.into_iter().find(|transition| report.impact.account_count(*transition) > 0) {
        Some(transition) => role(transition),
        None if report.impact.is_none() => Role::Good,
        None => Role::Open,
    };
    for line in crate::layout::wrap(&verdict_words(report), WIDTH, WIDTH) {
        let painted = page.style.paint(role, &line);
        page.line(painted);
    }
}

fn totals(page: &mut Page, report: &ImpactReport<'_>) {
    let totals = report.totals();
    if totals.compared == 0 || totals.unchanged == totals.compared {
        return;
    }
    let rows = [
        (transition_words(Transition::NewlyBlocked), totals.newly_blocked, ""),
        (transition_words(Transition::NewlyPassing), totals.newly_passing, ""),
        (transition_words(Transition::Undetermined), totals.undetermined, ""),
        (transition_words(Transition::ReasonChanged), totals.reason_changed, ""),
        ("unchanged", totals.unchanged, ", proved for every call"),
    ];
    let numbers = rows.iter().map(|(_, number, _)| grouped(*number).len()).max().unwrap_or(1);
    for (name, number, remark) in rows {
        let noun = if number == 1 { "account" } else { "accounts" };
        let remark = if number > 0 { remark } else { "" };
        page.line(format!("  {}  {:>numbers$} {noun}{remark}", pad(name, 26), grouped(number)));
    }
}

fn structure(page: &mut Page, report: &ImpactReport<'_>) {
    let Some(difference) = report.structure else { return };
    page.heading("WHAT DIFFERS IN THE TWO SNAPSHOTS");
    let lines = structure_words(difference, report.before, report.after);
    if lines.is_empty() {
        page.line("  nothing that has a meaning for policies");
    }
    for line in lines.iter().take(STRUCTURE_LINES) {
        page.hanging(&format!("  {}", pad(line.verb, 10)), &line.text);
    }
    if lines.len() > STRUCTURE_LINES {
        page.line(format!("  and {} more; `--format json` has all", grouped(lines.len() - STRUCTURE_LINES)));
    }
}

fn steps(page: &mut Page, steps: &[Step]) {
    if steps.is_empty() {
        return;
    }
    page.heading(if steps.len() == 1 { "CHANGE" } else { "CHANGES, IN THIS ORDER" });
    let width = steps.len().to_string().len();
    for step in steps {
        let label = format!("  {:>width$}  ", step.index + 1);
        let indent = columns(&label);
        page.hanging(&label, &clean(&step.description));
        for failure in &step.failures {
            let would = if failure.unsure { "AWS may refuse this" } else { "AWS would refuse this" };
            let label = page.style.paint(Role::Bad, would);
            let text = format!("{would}: {} ({})", clean(&failure.to_string()), failure.rule);
            labelled(page, indent, &text, would, &label);
            if let Some(help) = &failure.help {
                page.hanging(&format!("{}help: ", " ".repeat(indent)), &clean(help));
            }
            if !failure.simulated {
                page.paragraph(indent, "It means nothing at this point, so it has no effect here.");
            }
        }
        for notice in &step.notices {
            self::notice(page, indent, notice);
        }
    }
}

/// A wrapped text whose first words are painted.
fn labelled(page: &mut Page, indent: usize, text: &str, plain: &str, painted: &str) {
    let room = WIDTH.saturating_sub(indent);
    for (index, line) in crate::layout::wrap(text, room, room.saturating_sub(2)).into_iter().enumerate() {
        let line = if index == 0 { line.replacen(plain, painted, 1) } else { format!("  {line}") };
        page.line(format!("{}{line}", " ".repeat(indent)));
    }
}

fn notice(page: &mut Page, indent: usize, notice: &Notice) {
    let role = match notice.severity {
        Severity::Error => Role::Bad,
        Severity::Warning => Role::Open,
        Severity::Note => Role::Heading,
    };
    let label = notice.severity.as_str();
    let painted = page.style.paint(role, label);
    let text = format!("{label}: {} ({})", clean(&notice.message), notice.rule);
    labelled(page, indent, &text, label, &painted);
    if let Some(help) = &notice.help {
        page.hanging(&format!("{}help: ", " ".repeat(indent)), &clean(help));
    }
}

fn warnings(page: &mut Page, warnings: &[Notice]) {
    if warnings.is_empty() {
        return;
    }
    page.heading("WARNINGS");
    for warning in warnings {
        notice(page, 2, warning);
    }
}

fn entries(page: &mut Page, report: &ImpactReport<'_>, transition: Transition) {
    let entries = report.entries(transition);
    if entries.is_empty() {
        return;
    }
    let heading = page.style.paint(role(transition), &transition_words(transition).to_uppercase());
    page.line(heading);
    for entry in &entries {
        page.gap();
        self::entry(page, report, entry);
    }
}

/// One fact about a region: its label, then its lines, each wrapped.
fn fact<S: AsRef<str>>(page: &mut Page, label: &str, lines: &[S]) {
    for (index, line) in lines.iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        page.hanging(&format!("  {}", pad(label, LABEL - 2)), line.as_ref());
    }
}

fn entry(page: &mut Page, report: &ImpactReport<'_>, entry: &Entry<'_>) {
    let region = &entry.report.region;
    let (mut actions, hidden) = action_lines(region);
    if hidden > 0 {
        actions.push(format!("and {}; `--format json` has all", count(hidden, "more pattern")));
    }
    fact(page, "actions", &actions);
    fact(page, "", &[format!("({})", listed_words(region))]);
    fact(page, "when", &when(entry));
    let mut accounts = accounts_words(&entry.accounts);
    if entry.accounts.len() > 1 {
        accounts.insert(0, format!("{}:", count(entry.accounts.len(), "account")));
    }
    fact(page, if entry.accounts.len() == 1 { "account" } else { "accounts" }, &accounts);
    let (before, after) = (cause_words(report, entry.report, true), cause_words(report, entry.report, false));
    match region.transition() {
        Transition::NewlyBlocked => fact(page, "because", &after),
        Transition::NewlyPassing => fact(page, "was blocked", &before),
        Transition::ReasonChanged => {
            fact(page, "before", &before);
            fact(page, "now", &after);
        }
        Transition::Undetermined => {
            let why: Vec<String> = region.why.iter().map(|why| why_words(report, why)).collect();
            fact(page, "why", &why);
            fact(page, "statements", &after);
        }
    }
    if !entry.reasons.is_empty() {
        let reasons: Vec<String> = entry.reasons.iter().map(|reason| clean(reason).into_owned()).collect();
        fact(page, "expected", &reasons);
    }
    if let Some(words) = beyond_words(entry) {
        fact(page, "UNEXPECTED", &[words]);
    }
    if let Some(witness) = &region.witness {
        self::witness(page, report, witness, region.before == Verdict::Open);
    }
}

fn when(entry: &Entry<'_>) -> Vec<String> {
    let region = &entry.report.region;
    let (alternatives, hidden) = when_lines(region);
    let mut lines: Vec<String> = alternatives
        .iter()
        .map(|conditions| if conditions.is_empty() { "always".to_owned() } else { conditions.join(" and ") })
        .collect();
    let several = lines.len() > 1 || hidden > 0 || !region.when_is_complete;
    if several {
        for (index, line) in lines.iter_mut().enumerate() {
            *line = if index == 0 { line.clone() } else { format!("or {line}") };
        }
    }
    if hidden > 0 {
        lines.push(format!("or one of {} more alternatives; `--format json` has all", grouped(hidden)));
    }
    if !region.when_is_complete {
        lines.push("or in other cases: there are too many to list".to_owned());
    }
    lines
}

fn witness(page: &mut Page, report: &ImpactReport<'_>, witness: &Witness, is_open: bool) {
    let words = command_line::can(&report.programs.before, &witness.request);
    let (before, after) = (decision_words(witness.before), decision_words(witness.after));
    let answer = if is_open { format!("before: {before}; after: {after}") } else { format!("{before}; after the change {after}") };
    fact(page, "for example", &[capitalised(&answer) + ":"]);
    command(page, &words);
}

/// A command line that can be copied: broken between words only.
fn command(page: &mut Page, words: &[String]) {
    let indent = LABEL + 2;
    let mut line = String::new();
    let mut first = true;
    for (index, word) in words.iter().enumerate() {
        let last = index + 1 == words.len();
        let room = WIDTH.saturating_sub(indent + if first { 0 } else { 4 } + if last { 0 } else { 2 });
        if !line.is_empty() && columns(&line) + 1 + columns(word) > room {
            page.line(format!("{}{line} \\", " ".repeat(indent + if first { 0 } else { 4 })));
            line.clear();
            first = false;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    page.line(format!("{}{line}", " ".repeat(indent + if first { 0 } else { 4 })));
}

fn transients(page: &mut Page, report: &ImpactReport<'_>) {
    if report.transients.is_empty() {
        return;
    }
    let heading = page.style.paint(Role::Bad, "BLOCKED ON THE WAY");
    page.line(heading);
    page.paragraph(0, "These calls pass before the first change and after the last, but not in between.");
    for transient in report.transients {
        page.gap();
        self::transient(page, report, transient);
    }
}

fn transient(page: &mut Page, report: &ImpactReport<'_>, transient: &Transient) {
    fact(page, "after step", &[(transient.step + 1).to_string()]);
    let actions: Vec<String> = transient.actions.iter().map(|action| clean(action).into_owned()).collect();
    fact(page, "actions", &[crate::layout::enumerate_some(&actions, 40)]);
    let accounts: Vec<_> = transient.accounts.iter().collect();
    fact(page, if accounts.len() == 1 { "account" } else { "accounts" }, &accounts_words(&accounts));
    let answer = format!("{} before and after; in between {}:", decision_words(transient.witness.before), decision_words(transient.witness.after));
    fact(page, "for example", &[capitalised(&answer)]);
    command(page, &command_line::can(&report.programs.before, &transient.witness.request));
}

fn remarks(page: &mut Page, report: &ImpactReport<'_>) {
    for line in remark_words(report) {
        page.hanging("note: ", &line);
    }
}

fn failed(page: &mut Page, report: &ImpactReport<'_>) {
    if report.failed.is_empty() {
        return;
    }
    let words: Vec<String> = report.failed.iter().map(|gate| gate.words().to_owned()).collect();
    let label = page.style.paint(Role::Bad, "FAILED");
    labelled(page, 0, &format!("FAILED: {}.", words.join("; ")), "FAILED", &label);
}
