//! What a change does, as a comment in a pull request.

use std::fmt::Write as _;
use std::io::{self, Write};

use scproof_simulator::{Notice, Step, Transition, Witness};

use super::{accounts, code, codes, command, prose};
use crate::command_line;
use crate::impact::{
    Detail, Entry, ImpactReport, PassingBlock, action_lines, beyond_words, caller_words, decision_words, entry_causes,
    listed_words, remark_words, structure_words, transition_words, verdict_words, when_lines, why_words,
};
use crate::layout::{count, grouped};
use crate::text::words::capitalised;
use crate::words::Words;

/// The longest page in characters: GitHub takes comments up to 65,536, GitLab and others more.
const LONGEST: usize = 60_000;
/// How much of that the changes and warnings may take.
const LONGEST_PREFACE: usize = 30_000;

/// Writes the report: the verdict on the first line, then a table of the accounts, the changes with what AWS would say, and each
/// region of calls whose verdict changes with one call that shows it. Never longer than a comment may be: what does not fit is
/// counted.
///
/// # Errors
///
/// If writing fails.
pub fn render(report: &ImpactReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = String::new();
    // A text takes everything.
    let _ = writeln!(page, "**{}**\n", prose(&verdict_words(report)));
    failed(&mut page, report);
    totals(&mut page, report);
    structure(&mut page, report);
    steps(&mut page, report.steps);
    warnings(&mut page, report.warnings);
    let mut hidden = 0;
    let words = report.words();
    for (transition, entries) in report.told() {
        hidden += self::entries(&mut page, report, &words, (transition, &entries));
    }
    hidden += transients(&mut page, report);
    if hidden > 0 {
        let _ = writeln!(page, "*{} not shown here; `--format json` has all.*\n", count(hidden, "more difference"));
    }
    for remark in remark_words(report) {
        let _ = writeln!(page, "<sub>{}</sub>  ", prose(&capitalised(&remark)));
    }
    out.write_all(page.trim_end().as_bytes())?;
    out.write_all(b"\n")
}

fn failed(page: &mut String, report: &ImpactReport<'_>) {
    if !report.failed.is_empty() {
        let words: Vec<&str> = report.failed.iter().map(|gate| gate.words()).collect();
        let _ = writeln!(page, "**Failed:** {}.\n", words.join("; "));
    }
}

fn totals(page: &mut String, report: &ImpactReport<'_>) {
    let totals = report.totals();
    if totals.compared == totals.unchanged {
        return;
    }
    let unchanged = if report.scope.has_all_actions() {
        "unchanged, proved for every call"
    } else {
        "unchanged, proved for the chosen actions"
    };
    page.push_str("| | accounts |\n|---|---:|\n");
    for (name, number) in [
        (transition_words(Transition::NewlyBlocked), totals.newly_blocked),
        (transition_words(Transition::NewlyPassing), totals.newly_passing),
        (transition_words(Transition::Undetermined), totals.undetermined),
        (transition_words(Transition::ReasonChanged), totals.reason_changed),
        (unchanged, totals.unchanged),
    ] {
        if number > 0 {
            let _ = writeln!(page, "| {name} | {} |", grouped(number));
        }
    }
    page.push('\n');
}

fn structure(page: &mut String, report: &ImpactReport<'_>) {
    let Some(difference) = report.structure else { return };
    page.push_str("### What differs in the two snapshots\n\n");
    let lines = structure_words(difference, report.before, report.after);
    if lines.is_empty() {
        page.push_str("Nothing that has a meaning for policies.\n");
    }
    list(page, lines.iter().map(|line| format!("- {} {}\n", line.verb, code(&line.text))));
}

/// Writes the items that fit, and counts the others.
fn list(page: &mut String, items: impl Iterator<Item = String>) {
    let mut hidden = 0;
    for item in items {
        if page.len() + item.len() > LONGEST_PREFACE {
            hidden += 1;
        } else {
            page.push_str(&item);
        }
    }
    if hidden > 0 {
        let _ = writeln!(page, "- and {} more; `--format json` has all", grouped(hidden));
    }
    page.push('\n');
}

fn steps(page: &mut String, steps: &[Step]) {
    if steps.is_empty() {
        return;
    }
    page.push_str(if steps.len() == 1 { "### Change\n\n" } else { "### Changes, in this order\n\n" });
    list(page, steps.iter().map(step));
}

fn step(step: &Step) -> String {
    let mut text = format!("{}. {}\n", step.index + 1, prose(&step.description));
    for failure in &step.failures {
        let would = if failure.unsure { "AWS may refuse this" } else { "AWS would refuse this" };
        let _ = writeln!(text, "   - **{would}**: {} ({})", prose(&failure.to_string()), failure.rule);
        if let Some(help) = &failure.help {
            let _ = writeln!(text, "     — {}", prose(help));
        }
        if !failure.simulated {
            text.push_str("     — it means nothing at this point, so it has no effect here\n");
        }
    }
    for notice in &step.notices {
        text.push_str(&self::notice("   ", notice));
    }
    text
}

fn notice(indent: &str, notice: &Notice) -> String {
    let mut text =
        format!("{indent}- **{}**: {} ({})\n", notice.severity.as_str(), prose(&notice.message), notice.rule);
    if let Some(help) = &notice.help {
        let _ = writeln!(text, "{indent}  — {}", prose(help));
    }
    text
}

fn warnings(page: &mut String, warnings: &[Notice]) {
    if !warnings.is_empty() {
        page.push_str("### Warnings\n\n");
        list(page, warnings.iter().map(|warning| notice("", warning)));
    }
}

/// Writes the regions that fit, and counts the others.
fn entries(
    page: &mut String,
    report: &ImpactReport<'_>,
    words: &Words<'_>,
    (transition, entries): (Transition, &[Entry<'_>]),
) -> usize {
    let mut hidden = 0;
    for (index, entry) in entries.iter().enumerate() {
        let mut text = String::new();
        if index == 0 {
            let _ = writeln!(text, "### {}\n", capitalised(transition_words(transition)));
        }
        self::entry(&mut text, report, words, entry);
        if page.len() + text.len() > LONGEST {
            hidden += 1;
        } else {
            page.push_str(&text);
        }
    }
    hidden
}

fn entry(page: &mut String, report: &ImpactReport<'_>, words: &Words<'_>, entry: &Entry<'_>) {
    let (region, detail) = (&entry.report.region, report.detail());
    let _ = writeln!(page, "**{}**\n", listed_words(entry.listed, &entry.terms));
    let _ = writeln!(page, "- **actions** {}", codes(&action_lines(&entry.terms, detail)));
    if entry.reports.len() == 1 {
        when(page, words, entry, detail);
    }
    accounts(page, &entry.accounts, detail);
    let [before, after] = [true, false].map(|before| entry_causes(report, entry, before));
    let mut fact = |name: &str, texts: &[String]| {
        if !texts.is_empty() {
            let _ = writeln!(page, "- **{name}** {}", codes(texts));
        }
    };
    match region.transition() {
        Transition::NewlyBlocked => fact("because", &after),
        Transition::NewlyPassing => fact("before", &before),
        Transition::ReasonChanged => {
            fact("before", &before);
            fact("now", &after);
        }
        Transition::Undetermined => {
            for why in &region.why {
                let _ = writeln!(page, "- **why** {}", prose(&why_words(report.after, why)));
            }
        }
    }
    for reason in &entry.reasons {
        let _ = writeln!(page, "- **expected** {}", code(reason));
    }
    if let Some(words) = beyond_words(entry) {
        let _ = writeln!(page, "- **unexpected** {}", prose(&words));
    }
    if entry.reports.len() > 1 {
        let _ = writeln!(page, "- **when** differs within these; `--full` tells {} groups apart", entry.reports.len());
    } else if let Some(witness) = &region.witness {
        self::witness(page, report, witness);
    }
    page.push('\n');
}

fn when(page: &mut String, words: &Words<'_>, entry: &Entry<'_>, detail: Detail) {
    let region = &entry.report.region;
    let lines = when_lines(words, &region.when, region.when_is_complete, detail);
    for (index, line) in lines.into_iter().enumerate() {
        let label = if index == 0 { "**when** " } else { "" };
        let text = if line.is_condition { code(&line.text) } else { line.text };
        let _ = writeln!(page, "{}- {label}{}", "  ".repeat(line.depth), text);
    }
}

fn witness(page: &mut String, report: &ImpactReport<'_>, witness: &Witness) {
    let (before, after) = (decision_words(witness.before), decision_words(witness.after));
    let _ = writeln!(page, "- **example**: {before} before, {after} after");
    if let Some(words) = caller_words(&witness.request) {
        let _ = writeln!(page, "  — {}", prose(&words));
    }
    command(page, &command_line::can(&report.program, &witness.request));
}

/// Writes what is blocked on the way as far as it fits, and counts the rest.
fn transients(page: &mut String, report: &ImpactReport<'_>) -> usize {
    let mut hidden = 0;
    for (index, block) in report.passing_blocks().iter().enumerate() {
        let mut text = String::new();
        if index == 0 {
            text.push_str("### Blocked on the way\n\nThese calls pass before the first change and after the last, but not in between.\n\n");
        }
        transient(&mut text, report, block);
        if page.len() + text.len() > LONGEST {
            hidden += 1;
        } else {
            page.push_str(&text);
        }
    }
    hidden
}

fn transient(page: &mut String, report: &ImpactReport<'_>, block: &PassingBlock<'_>) {
    let transient = block.transient;
    let actions = &transient.actions;
    let _ = writeln!(page, "**{}, {}**\n", listed_words(actions.listed, &actions.terms), block.when());
    let _ = writeln!(page, "- **actions** {}", codes(&action_lines(&actions.terms, report.detail())));
    accounts(page, &transient.accounts.iter().collect::<Vec<_>>(), report.detail());
    let (passes, blocked) = (decision_words(transient.witness.before), decision_words(transient.witness.after));
    let _ = writeln!(page, "- **example**: {passes} before and after, {blocked} in between");
    command(page, &command_line::can(&report.program, &transient.witness.request));
    page.push('\n');
}
