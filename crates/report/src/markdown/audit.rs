//! What SCPs do in a whole organization, as a page for a wiki or a pull request.

use std::fmt::Write as _;
use std::io::{self, Write};

use scproof_auditor::{Finding, GuardrailGroup, GuardrailReport, GuardrailState, Passing, PermissionClass, Witness};
use scproof_organization::NodeId;

use super::{accounts as account_item, code, codes, command, escaped, prose};
use crate::audit::{
    AuditReport, change_words, evidence_words, kind_words, place_words, scope_words, state_counts, state_words,
    target_list, untold_words, verdict_words, worst_state,
};
use crate::command_line;
use crate::impact::{Detail, action_lines, decision_words, listed_words, when_lines, why_words};
use crate::layout::{clean, count, grouped};
use crate::text::answer::exemption_words;
use crate::text::words::capitalised;
use crate::words::Words;

/// The longest page in characters, as for changes: GitHub takes comments up to 65,536.
const LONGEST: usize = 60_000;
/// How much of that each of the tables may take.
const LONGEST_TABLE: usize = 12_000;

/// Writes the audit: the verdict on the first line, tables of classes and guardrails, then holes and findings one by one. Never
/// longer than a comment may be: what does not fit is counted.
///
/// # Errors
///
/// If writing fails.
pub fn render(report: &AuditReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = String::new();
    // A text takes everything.
    let _ = writeln!(page, "**{}**\n", prose(&verdict_words(report)));
    if !report.failed.is_empty() {
        let words: Vec<&str> = report.failed.iter().map(|gate| gate.words()).collect();
        let _ = writeln!(page, "**Failed:** {}.\n", words.join("; "));
    }
    let _ = writeln!(page, "In {}.\n", escaped(&scope_words(report)));
    let unlisted = &report.audit.scope.unlisted_actions;
    if !unlisted.is_empty() {
        let _ = writeln!(
            page,
            "{} of the list, which no catalog has, judged but not counted.\n",
            count(unlisted.len(), "action")
        );
    }
    class_table(&mut page, report);
    guardrail_table(&mut page, report);
    let mut hidden = 0;
    for (state, heading) in [
        (GuardrailState::Hole, "Guardrails with holes"),
        (GuardrailState::Unknown, "Guardrails that are not settled"),
        (GuardrailState::HoldsExcept, "Guardrails that hold, with exemptions"),
    ] {
        let entries = report.audit.guardrails.iter().filter(|each| worst_state(each) == Some(state));
        hidden += sections(&mut page, heading, entries.map(|each| guardrail(report, each)));
    }
    let findings = report.audit.findings.iter();
    hidden += sections(&mut page, "Findings", findings.map(|each| finding(report, each)));
    let classes = report.audit.classes.iter().filter(|class| class.differs.is_some());
    hidden += sections(&mut page, "How the classes differ", classes.map(|class| self::class(report, class)));
    unused(&mut page, report);
    if hidden > 0 {
        let _ = writeln!(page, "*{} more not shown here; `--format json` has all.*\n", grouped(hidden));
    }
    for note in report.notes() {
        let _ = writeln!(page, "<sub>{}.</sub>  ", prose(&capitalised(&clean(&note))));
    }
    let _ = writeln!(page, "<sub>SCPs grant nothing: what they let pass may be denied by other policies.</sub>");
    out.write_all(page.trim_end().as_bytes())?;
    out.write_all(b"\n")
}

fn detail(report: &AuditReport<'_>) -> Detail {
    if report.full { Detail::FULL } else { Detail::BRIEF }
}

/// Writes the entries that fit under a heading, and counts the others.
fn sections(page: &mut String, heading: &str, entries: impl Iterator<Item = String>) -> usize {
    let mut hidden = 0;
    for (index, entry) in entries.enumerate() {
        let heading = if index == 0 { format!("### {heading}\n\n") } else { String::new() };
        if page.len() + heading.len() + entry.len() > LONGEST {
            hidden += 1;
        } else {
            page.push_str(&heading);
            page.push_str(&entry);
        }
    }
    hidden
}

/// Writes the rows that fit, and counts the others.
fn table(page: &mut String, heading: &str, header: &str, align: &str, rows: impl Iterator<Item = String>) {
    let _ = writeln!(page, "### {heading}\n\n{header}\n{align}");
    let (start, mut hidden) = (page.len(), 0);
    for row in rows {
        if page.len() - start + row.len() > LONGEST_TABLE {
            hidden += 1;
        } else {
            page.push_str(&row);
        }
    }
    if hidden > 0 {
        let _ = writeln!(page, "\n*and {} more; `--format csv` and `--format json` have all.*", grouped(hidden));
    }
    page.push('\n');
}

fn class_table(page: &mut String, report: &AuditReport<'_>) {
    let rows = report.audit.classes.iter().map(|class| {
        let counts = class.counts;
        let first = class.accounts.first().map_or_else(String::new, |&id| report.organization().ou_path(id));
        let exempt = class.not_applicable.map_or_else(String::new, |reason| format!(" ({})", exemption_words(reason)));
        format!(
            "| {} | {} | {} | {} | {} | {}{exempt} |\n",
            escaped(&class.name),
            grouped(class.accounts.len()),
            grouped(counts.never_blocked),
            grouped(counts.conditional),
            grouped(counts.always_blocked),
            cell(&first),
        )
    });
    let header = "| class | accounts | never blocked | conditional | always blocked | first account in |";
    table(page, "Permission classes", header, "|---|---:|---:|---:|---:|---|", rows);
}

/// A code span in a table: there a bar ends the cell even in code.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

fn guardrail_table(page: &mut String, report: &AuditReport<'_>) {
    if report.audit.guardrails.is_empty() {
        return;
    }
    let rows = report.audit.guardrails.iter().map(|each| {
        let counts = state_counts(each).map(grouped).join(" | ");
        let worst = worst_state(each).map_or("", state_words);
        format!("| {} | {worst} | {counts} |\n", cell(&each.guardrail.id))
    });
    let header = "| guardrail | | hole | not settled | exempt | holds | SCPs do not apply |";
    table(page, "Guardrails, by number of accounts", header, "|---|---|---:|---:|---:|---:|---:|", rows);
}

fn write_accounts(page: &mut String, report: &AuditReport<'_>, nodes: &[NodeId]) {
    if let Some(words) = report.classes_words(nodes).filter(|_| !report.full) {
        let _ = writeln!(page, "- **accounts** {}", escaped(&words));
        return;
    }
    let refs = report.account_refs(nodes);
    account_item(page, &refs.iter().collect::<Vec<_>>(), detail(report));
}

fn guardrail(report: &AuditReport<'_>, found: &GuardrailReport) -> String {
    let guardrail = &found.guardrail;
    let mut text = format!("**{}: {}** ({})\n\n", code(&guardrail.id), prose(&guardrail.title), guardrail.risk);
    if !guardrail.why.is_empty() {
        let _ = writeln!(text, "- **why** {}", prose(&guardrail.why));
    }
    let settled = [GuardrailState::Holds, GuardrailState::NotApplicable];
    for group in found.groups.iter().filter(|group| !settled.contains(&group.state)) {
        self::group(&mut text, report, group);
    }
    text.push('\n');
    text
}

fn group(text: &mut String, report: &AuditReport<'_>, group: &GuardrailGroup) {
    let _ = writeln!(text, "- **{}** in {}", state_words(group.state), count(group.accounts.len(), "account"));
    write_accounts(text, report, &group.accounts);
    let words = report.words(group.passing.iter().map(|passing| &*passing.when));
    for passing in &group.passing {
        self::passing(text, report, &words, passing);
    }
    if let Some(words) = untold_words(group) {
        let _ = writeln!(text, "- {}", prose(words));
    }
}

fn passing(text: &mut String, report: &AuditReport<'_>, words: &Words<'_>, passing: &Passing) {
    let actions = codes(&action_lines(&passing.actions.terms, detail(report)));
    let _ = writeln!(text, "- **{}** {actions}", kind_words(passing.kind));
    let lines = when_lines(words, &passing.when, passing.when_is_complete, detail(report));
    for (index, line) in lines.into_iter().enumerate() {
        let label = if index == 0 { "**when** " } else { "" };
        let words = if line.is_condition { code(&line.text) } else { line.text };
        let _ = writeln!(text, "{}- {label}{words}", "  ".repeat(line.depth));
    }
    for why in &passing.why {
        let _ = writeln!(text, "- **why open** {}", prose(&why_words(report.organization(), why)));
    }
    if let Some(witness) = &passing.witness {
        self::witness(text, report, witness);
    }
}

fn witness(text: &mut String, report: &AuditReport<'_>, witness: &Witness) {
    let _ = writeln!(text, "- **example**: {}", decision_words(witness.decision));
    command(text, &command_line::can(&report.program, &witness.request));
}

fn finding(report: &AuditReport<'_>, finding: &Finding) -> String {
    let mut text = format!("**{}**: {} ({})\n\n", finding.risk, prose(&finding.message), code(finding.code));
    if let Some(words) = place_words(report, &finding.place) {
        let _ = writeln!(text, "- **policy** {}", code(&words));
    }
    if !finding.place.targets.is_empty() {
        let label = if finding.place.policy.is_some() { "attached to" } else { "at" };
        let words = target_list(report.organization(), &finding.place.targets, 4);
        let _ = writeln!(text, "- **{label}** {}", code(&words));
    }
    if !finding.accounts.is_empty() {
        write_accounts(&mut text, report, &finding.accounts);
    }
    let _ = writeln!(text, "- **because** {}", prose(&capitalised(&finding.reason)));
    if let Some(words) = evidence_words(report.organization(), &finding.evidence) {
        let _ = writeln!(text, "- **evidence** {}", prose(&words));
    }
    for each in finding.evidence.witnesses().iter().take(if report.full { usize::MAX } else { 2 }) {
        witness(&mut text, report, each);
    }
    if finding.depends_on_catalog {
        text.push_str("- as far as the catalog knows all of today's names\n");
    }
    let _ = writeln!(text, "- **remedy** {}", prose(&capitalised(&finding.remedy)));
    let _ = writeln!(text, "- **id** {}\n", code(&finding.fingerprint));
    text
}

fn class(report: &AuditReport<'_>, class: &PermissionClass) -> String {
    let Some(differs) = &class.differs else { return String::new() };
    let other = report.audit.classes.get(differs.from).map_or("?", |class| class.name.as_str());
    let accounts = count(class.accounts.len(), "account");
    let mut text = format!("**{}** ({accounts}), compared with {}\n\n", escaped(&class.name), escaped(other));
    let refs = report.account_refs(&class.accounts);
    account_item(&mut text, &refs.iter().collect::<Vec<_>>(), detail(report));
    let most = if report.full { usize::MAX } else { 6 };
    for change in differs.changes.iter().take(most) {
        let actions = &change.actions;
        let _ = writeln!(
            text,
            "- **{}** {}: {}",
            change_words(change),
            listed_words(actions.listed, &actions.terms),
            codes(&action_lines(&actions.terms, detail(report)))
        );
    }
    if differs.changes.len() > most {
        let _ = writeln!(text, "- and {} more", grouped(differs.changes.len() - most));
    }
    text.push('\n');
    text
}

fn unused(page: &mut String, report: &AuditReport<'_>) {
    let audit = report.audit;
    if !audit.suppressed.is_empty() {
        let _ =
            writeln!(page, "{}.\n", capitalised(&format!("{} suppressed", count(audit.suppressed.len(), "finding"))));
    }
    if !audit.unused_suppressions.is_empty() {
        let names: Vec<String> =
            audit.unused_suppressions.iter().take(10).map(|each| code(&clean(&each.finding))).collect();
        let more = audit.unused_suppressions.len() - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(page, "Suppressions that cover nothing: {}{more}.\n", names.join(", "));
    }
}
