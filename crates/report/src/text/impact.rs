//! What a change does.

use std::io::{self, Write};

use scproof_policy_parser::Severity;
use scproof_simulator::{Notice, Step, Transition, Witness};

use crate::command_line;
use crate::impact::{
    Detail, Entry, ImpactReport, PassingBlock, accounts_words, action_lines, beyond_words, caller_words,
    decision_words, entry_causes, listed_words, remark_words, structure_words, transition_words, verdict_words,
    when_lines, why_words,
};
use crate::layout::{Page, WIDTH, clean, columns, count, grouped, pad};
use crate::style::{Role, Style};
use crate::text::parts::{LABEL, command, fact, labelled};
use crate::words::Words;

/// How many lines of structural differences are shown.
const STRUCTURE_LINES: usize = 40;

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
    let mut number = 0;
    let (told, words) = (report.told(), report.words());
    for (transition, entries) in &told {
        page.gap();
        self::entries(&mut page, report, &words, (*transition, entries), &mut number);
    }
    page.gap();
    let blocks = report.passing_blocks();
    transients(&mut page, report, &blocks, &mut number);
    page.gap();
    let most = report.detail().entries;
    if blocks.len() > most
        || told.iter().any(|(_, entries)| entries.len() > most || entries.iter().any(|entry| entry.reports.len() > 1))
    {
        page.hanging("note: ", "long lists are cut; --full and --format json write everything out.");
    }
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
        (
            "unchanged",
            totals.unchanged,
            if report.scope.has_all_actions() { ", proved for every call" } else { ", proved for the chosen actions" },
        ),
    ];
    let numbers = rows.iter().map(|(_, number, _)| grouped(*number).len()).max().unwrap_or(1);
    for (name, number, remark) in rows.into_iter().filter(|(_, number, _)| *number > 0) {
        let noun = if number == 1 { "account" } else { "accounts" };
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
    let most = if report.full { usize::MAX } else { STRUCTURE_LINES };
    for line in lines.iter().take(most) {
        page.hanging(&format!("  {}", pad(line.verb, 10)), &line.text);
    }
    if lines.len() > most {
        page.line(format!("  and {} more; --full shows all", grouped(lines.len() - most)));
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

fn entries(
    page: &mut Page,
    report: &ImpactReport<'_>,
    words: &Words<'_>,
    (transition, entries): (Transition, &[Entry<'_>]),
    number: &mut usize,
) {
    let heading = page.style.paint(role(transition), &transition_words(transition).to_uppercase());
    page.line(heading);
    let mut last: Option<(usize, Vec<&str>)> = None;
    for entry in entries.iter().take(report.detail().entries) {
        page.gap();
        *number += 1;
        let ids: Vec<&str> = entry.accounts.iter().map(|account| account.id.as_str()).collect();
        let same = last.as_ref().filter(|(_, others)| ids.len() > 1 && *others == ids).map(|(number, _)| *number);
        self::entry(page, report, words, entry, (*number, same));
        last = Some((same.unwrap_or(*number), ids));
    }
    if entries.len() > report.detail().entries {
        page.gap();
        page.line(format!("and {} of actions", count(entries.len() - report.detail().entries, "more group")));
    }
}

fn entry(
    page: &mut Page,
    report: &ImpactReport<'_>,
    words: &Words<'_>,
    entry: &Entry<'_>,
    (number, same): (usize, Option<usize>),
) {
    let (region, detail) = (&entry.report.region, report.detail());
    let title = format!("[{number}] {}", listed_words(entry.listed, &entry.terms));
    page.heading(&title);
    fact(page, "actions", &action_lines(&entry.terms, detail));
    if entry.reports.len() == 1 {
        when(page, words, entry, detail);
    }
    if let Some(other) = same {
        fact(page, "accounts", &[format!("the same {} as in [{other}]", entry.accounts.len())]);
    } else {
        let label = if entry.accounts.len() == 1 { "account" } else { "accounts" };
        fact(page, label, &accounts_words(&entry.accounts, detail));
    }
    let [before, after] = [true, false].map(|before| entry_causes(report, entry, before));
    match region.transition() {
        Transition::NewlyBlocked => fact(page, "because", &after),
        Transition::NewlyPassing => fact(page, "before", &before),
        Transition::ReasonChanged => {
            fact(page, "before", &before);
            fact(page, "now", &after);
        }
        Transition::Undetermined => {
            let why: Vec<String> = region.why.iter().map(|why| why_words(report.after, why)).collect();
            fact(page, "why", &why);
            fact(page, "before", &before);
            fact(page, "now", &after);
        }
    }
    if !entry.reasons.is_empty() {
        let reasons: Vec<String> = entry.reasons.iter().map(|reason| clean(reason).into_owned()).collect();
        fact(page, "expected", &reasons);
    }
    if let Some(words) = beyond_words(entry) {
        fact(page, "UNEXPECTED", &[words]);
    }
    if entry.reports.len() > 1 {
        fact(page, "when", &[format!("differs within these; --full tells {} groups apart", entry.reports.len())]);
    } else if let Some(witness) = &region.witness {
        self::witness(page, report, witness);
    }
}

fn when(page: &mut Page, words: &Words<'_>, entry: &Entry<'_>, detail: Detail) {
    let region = &entry.report.region;
    let lines = when_lines(words, &region.when, region.when_is_complete, detail);
    for (index, line) in lines.into_iter().enumerate() {
        let label = format!("    {}", pad(if index == 0 { "when" } else { "" }, LABEL - 4));
        let bullet = if line.depth == 0 { String::new() } else { format!("{}- ", "  ".repeat(line.depth - 1)) };
        page.hanging(&format!("{label}{bullet}"), &line.text);
    }
}

/// The call that shows it, and what comes out.
fn witness(page: &mut Page, report: &ImpactReport<'_>, witness: &Witness) {
    command(page, "example", &command_line::can(&report.program, &witness.request));
    let (before, after) = (decision_words(witness.before), decision_words(witness.after));
    fact(page, "", caller_words(&witness.request).as_slice());
    fact(page, "", &[format!("before: {before}")]);
    fact(page, "", &[format!("after: {after}")]);
}

fn transients(page: &mut Page, report: &ImpactReport<'_>, blocks: &[PassingBlock<'_>], number: &mut usize) {
    if blocks.is_empty() {
        return;
    }
    let heading = page.style.paint(Role::Bad, "BLOCKED ON THE WAY");
    page.line(heading);
    page.paragraph(0, "These calls pass before the first change and after the last, but not in between.");
    for block in blocks.iter().take(report.detail().entries) {
        page.gap();
        *number += 1;
        transient(page, report, block, *number);
    }
    if blocks.len() > report.detail().entries {
        page.gap();
        page.line(format!("and {} more", grouped(blocks.len() - report.detail().entries)));
    }
}

fn transient(page: &mut Page, report: &ImpactReport<'_>, block: &PassingBlock<'_>, number: usize) {
    let transient = block.transient;
    let actions = &transient.actions;
    page.heading(&format!("[{number}] {}, {}", listed_words(actions.listed, &actions.terms), block.when()));
    fact(page, "actions", &action_lines(&actions.terms, report.detail()));
    let accounts: Vec<_> = transient.accounts.iter().collect();
    let label = if accounts.len() == 1 { "account" } else { "accounts" };
    fact(page, label, &accounts_words(&accounts, report.detail()));
    command(page, "example", &command_line::can(&report.program, &transient.witness.request));
    fact(page, "", &[format!("before and after: {}", decision_words(transient.witness.before))]);
    fact(page, "", &[format!("in between: {}", decision_words(transient.witness.after))]);
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
