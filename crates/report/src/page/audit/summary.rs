//! An audit on one screen: what to look at, a line each, and what to run next.

use std::cmp::Reverse;

use scproof_auditor::{GuardrailReport, GuardrailState};
use scproof_organization::{NodeId, Organization};

use super::{class_table, evidence_facts, headline, notes, risk_role, root_facts, row};
use crate::audit::{AuditReport, GoneHole, NewHole, short_place_words, state_counts, state_words, worst_state};
use crate::command_line;
use crate::doc::{Block, Column, Doc, Fact, Item, Line, Table};
use crate::layout::{self, count, enumerate, grouped};
use crate::page::more;

/// How many findings, guardrails and classes have a line.
const FINDINGS: usize = 10;
const GUARDRAILS: usize = 6;
const CLASSES: usize = 4;
/// How wide the place of a guardrail's holes may be, so that each guardrail has one line at 80 columns.
const PLACE: usize = 24;
/// The place of what is not settled in counts of states.
const OPEN: usize = 1;
/// How many of the news have one.
const NEWS: usize = 5;
/// Up to this many accounts are named.
const NAMED: usize = 2;

pub(super) fn page(report: &AuditReport<'_>) -> Doc {
    let mut doc = Doc::default();
    headline(&mut doc, report);
    evidence_facts(&mut doc, report);
    news(&mut doc, report);
    findings(&mut doc, report);
    guardrails(&mut doc, report);
    class_table(&mut doc, report, CLASSES);
    root_facts(&mut doc, report);
    next(&mut doc, report);
    notes(&mut doc, report);
    doc
}

/// What is new since an audit from before, and what is gone.
pub(super) fn news(doc: &mut Doc, report: &AuditReport<'_>) {
    let Some(news) = report.news() else { return };
    doc.heading("Since the audit before");
    let audit = report.audit;
    let new_hole = |hole: &NewHole| {
        let found = audit.guardrails.get(hole.guardrail)?;
        let words = format!(": {}", not_in(report.organization(), &hole.accounts));
        let line = Line::from(format!("new, {}: ", state_words(hole.state))).then_code(found.guardrail.id.as_str());
        Some(line.then(words))
    };
    let new_findings = news.findings.iter().filter_map(|place| audit.findings.get(*place));
    let new = news.holes.iter().filter_map(new_hole);
    let new = new.chain(new_findings.map(|it| Line::from("new: ").then_code(it.fingerprint.as_str())));
    let gone_hole = |hole: &GoneHole<'_>| {
        Line::from("gone, hole: ")
            .then_code(hole.guardrail)
            .then(format!(": {}", count(hole.accounts.len(), "account")))
    };
    let gone = news.gone_findings.iter().map(|it| Line::from("gone: ").then_code(*it));
    let gone = news.gone_holes.iter().map(gone_hole).chain(gone);
    let most = if report.is_full() { usize::MAX } else { NEWS };
    let mut items: Vec<Item> = Vec::new();
    for (lines, what) in [(new.collect::<Vec<Line>>(), "new"), (gone.collect(), "gone")] {
        let hidden = lines.len().saturating_sub(most);
        items.extend(lines.into_iter().take(most).map(Item::new));
        if hidden > 0 {
            items.push(Item::new(format!("and {} {what}", grouped(hidden))));
        }
    }
    if news.is_empty() {
        items.insert(0, Item::new("nothing is new"));
    }
    doc.push(Block::List(items));
}

fn findings(doc: &mut Doc, report: &AuditReport<'_>) {
    let findings = &report.audit.findings;
    doc.heading("Findings");
    if !findings.is_empty() {
        let rows = findings.iter().take(FINDINGS).map(|finding| {
            vec![
                Line::strong(risk_role(finding.risk), finding.risk.as_str()),
                Line::code(finding.code),
                Line::code(short_place_words(report, &finding.place)),
                grouped(finding.accounts.len()).into(),
            ]
        });
        let columns =
            vec![Column::text("risk"), Column::text("finding"), Column::text("where"), Column::number("accounts")];
        doc.push(Block::Table(Table { columns, rows: rows.collect() }));
    }
    let mut rest: Vec<String> = Vec::new();
    if findings.is_empty() {
        rest.push("none".to_owned());
    }
    if findings.len() > FINDINGS {
        rest.push(format!("and {}", more(findings.len() - FINDINGS, "finding", "findings")));
    }
    if !report.audit.suppressed.is_empty() {
        rest.push(format!("{} suppressed", grouped(report.audit.suppressed.len())));
    }
    if !report.audit.unused_suppressions.is_empty() {
        let number = report.audit.unused_suppressions.len();
        let verb = if number == 1 { "covers" } else { "cover" };
        rest.push(format!("{} {verb} nothing", count(number, "suppression")));
    }
    if !rest.is_empty() {
        doc.paragraph(rest.join("; "));
    }
}

/// The guardrails that have holes or are not settled, a line each, and how many stand otherwise.
fn guardrails(doc: &mut Doc, report: &AuditReport<'_>) {
    let guardrails = &report.audit.guardrails;
    if guardrails.is_empty() {
        return;
    }
    let of_profile = report.profile.as_ref().map_or_else(String::new, |profile| format!(" of the profile {profile}"));
    doc.heading(format!("Guardrails{of_profile}, by number of accounts"));
    let mut worth_naming: Vec<&GuardrailReport> = guardrails
        .iter()
        .filter(|found| matches!(worst_state(found), Some(GuardrailState::Hole | GuardrailState::Unknown)))
        .collect();
    worth_naming.sort_by_key(|found| (worst_state(found), Reverse(found.guardrail.risk)));
    let shown = worth_naming.get(..GUARDRAILS).unwrap_or(&worth_naming);
    let some_are_open = shown.iter().any(|found| state_counts(found)[OPEN] > 0);
    let rows = shown.iter().map(|found| {
        let [hole, open, _, suppressed, except, holds, _] = state_counts(found);
        let state = if hole > 0 { GuardrailState::Hole } else { GuardrailState::Unknown };
        let accounts = accounts_in(found, state);
        let risk = found.guardrail.risk;
        let numbers = [holds + except + suppressed, hole].into_iter().chain(some_are_open.then_some(open));
        let mut cells = row(Line::code(found.guardrail.id.as_str()), numbers, None);
        cells.insert(1, Line::strong(risk_role(risk), risk.as_str()));
        cells.push(Line::code(not_in(report.organization(), &accounts)));
        cells
    });
    let rows: Vec<Vec<Line>> = rows.collect();
    if !rows.is_empty() {
        let numbers = ["holds", "hole"].into_iter().chain(some_are_open.then_some("open")).map(Column::number);
        let mut columns = vec![Column::text("guardrail"), Column::text("risk")];
        columns.extend(numbers);
        columns.push(Column::text("not in"));
        doc.push(Block::Table(Table { columns, rows }));
    }
    let mut rest: Vec<String> = Vec::new();
    if worth_naming.len() > GUARDRAILS {
        rest.push(format!("and {}", more(worth_naming.len() - GUARDRAILS, "guardrail", "guardrails")));
    }
    let counts = report.guardrail_counts();
    let number = |wanted| counts.iter().find(|(state, _)| *state == wanted).map_or(0, |(_, number)| *number);
    let (except, holds) = (number(GuardrailState::HoldsExcept), number(GuardrailState::Holds));
    let verb = |number: usize, one: &'static str, several: &'static str| if number == 1 { one } else { several };
    if except + holds > 0 {
        let all = except + holds;
        let of_these = if except == 0 { String::new() } else { format!(", {} with exemptions", grouped(except)) };
        rest.push(format!("{} {} in every account{of_these}", grouped(all), verb(all, "holds", "hold")));
    }
    let suppressed = number(GuardrailState::Suppressed);
    if suppressed > 0 {
        rest.push(format!("{} {} suppressed holes", grouped(suppressed), verb(suppressed, "has", "have")));
    }
    let apart = number(GuardrailState::NotAdopted);
    if apart > 0 {
        let verb = verb(apart, "is", "are");
        rest.push(format!("{} {verb} not adopted: no Deny or allow list is aimed at such calls", grouped(apart)));
    }
    let none = number(GuardrailState::NotApplicable);
    if none > 0 {
        rest.push(format!("{} {} to no account", grouped(none), verb(none, "applies", "apply")));
    }
    if !rest.is_empty() {
        doc.paragraph(format!("{}.", rest.join("; ")));
    }
}

fn accounts_in(found: &GuardrailReport, state: GuardrailState) -> Vec<NodeId> {
    found.groups.iter().filter(|group| group.state == state).flat_map(|group| &group.accounts).copied().collect()
}

/// Some accounts by name, many by their units: those with most first.
fn not_in(organization: &Organization, accounts: &[NodeId]) -> String {
    if accounts.len() <= NAMED {
        let names: Vec<String> =
            accounts.iter().map(|account| organization.node(*account).display_name().to_owned()).collect();
        return enumerate(&names);
    }
    let places = super::units_of(organization, accounts);
    let words = |shown: usize| {
        let names: Vec<&str> = places.iter().take(shown).map(|(name, _)| *name).collect();
        let hidden = places.len() - names.len();
        let hidden = if hidden > 0 { format!(", {} more", grouped(hidden)) } else { String::new() };
        format!("{}{hidden}", names.join(", "))
    };
    (1..=places.len()).rev().map(words).find(|words| layout::columns(words) <= PLACE).unwrap_or_else(|| words(1))
}

/// What to run next.
fn next(doc: &mut Doc, report: &AuditReport<'_>) {
    doc.heading("Next");
    let program = report.program.first().map_or("scproof", String::as_str).to_owned();
    let again: Vec<String> = if report.options.is_empty() {
        report.program.iter().cloned().chain(["audit".to_owned()]).collect()
    } else {
        std::iter::once(program).chain(report.options.iter().cloned()).collect()
    };
    let with = |more: &[&str]| -> Vec<String> {
        again.iter().cloned().chain(more.iter().map(|word| (*word).to_owned())).collect()
    };
    let command = |label: &'static str, words: Vec<String>| {
        Fact::new(label, vec![Block::Command(words.iter().map(|word| command_line::quoted(word)).collect())])
    };
    let hole = report
        .audit
        .guardrails
        .iter()
        .flat_map(|found| &found.groups)
        .filter(|group| group.state == GuardrailState::Hole)
        .flat_map(|group| &group.passing)
        .find_map(|passing| passing.witness.as_ref());
    let mut facts = vec![command("reasons and remedies", with(&["--details"]))];
    facts.extend(hole.map(|witness| {
        let words = command_line::can(&report.program, &witness.request);
        Fact::new("a call through a hole", vec![Block::Command(words)])
    }));
    if report.profile.as_deref().is_some_and(|profile| profile != "all") {
        facts.push(command("all guardrails", with(&["--profile", "all"])));
    }
    doc.facts(facts);
}
