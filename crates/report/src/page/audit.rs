//! What SCPs do in a whole organization: tables of classes, guardrails and findings. What there is to each is told in
//! `audit/`.

mod finding;
mod guardrail;
mod summary;

use scproof_auditor::{Finding, GuardrailState, PermissionClass, Risk, Suppression, Witness};
use scproof_catalog::Catalog;
use scproof_organization::{NodeId, Organization};

use super::answer::exemption_words;
use super::{example, more};
use crate::audit::{
    AuditDetail, AuditReport, change_words, evidence, exit_words, root_words, scope_words, state_counts, verdict_words,
};
use crate::doc::{Block, Column, Doc, Entry, Fact, Item, Line, Table, facts_of};
use crate::impact::{Detail, action_lines, decision_words, listed_words};
use crate::layout::{count, grouped};
use crate::style::Role;

/// How many rows of a table, and how many findings, are shown.
const ROWS: usize = 16;
/// How many changes of a class are shown.
const CHANGES: usize = 6;

/// What fits a screen; or the verdict, tables of classes, guardrails and findings, then each in detail.
pub(crate) fn page(report: &AuditReport<'_>) -> Doc {
    match report.detail {
        AuditDetail::Summary => summary::page(report),
        AuditDetail::Details | AuditDetail::Full => in_detail(report),
    }
}

fn in_detail(report: &AuditReport<'_>) -> Doc {
    let mut doc = Doc::default();
    headline(&mut doc, report);
    evidence_facts(&mut doc, report);
    summary::news(&mut doc, report);
    class_table(&mut doc, report, most(report, ROWS));
    root_facts(&mut doc, report);
    guardrail_table(&mut doc, report);
    finding_table(&mut doc, report);
    let mut is_cut = report.audit.classes.len() > most(report, ROWS);
    is_cut |= classes(&mut doc, report);
    is_cut |= guardrail::sections(&mut doc, report);
    is_cut |= finding::section(&mut doc, report);
    suppressed(&mut doc, report);
    if is_cut {
        doc.note("long lists are cut; `--full` and `--format json` write everything out.");
    }
    notes(&mut doc, report);
    doc
}

/// Remarks, and what decides the exit code.
fn notes(doc: &mut Doc, report: &AuditReport<'_>) {
    for note in report.notes() {
        doc.note(format!("{note}."));
    }
    doc.note("SCPs grant nothing: what they let pass may be denied by other policies.");
    // A page that is read from its top begins with a failure; otherwise the verdict is there already.
    let (is_failed, words) = exit_words(report);
    if is_failed {
        doc.push(Block::Headline(Line::strong(Role::Bad, "FAILED").then(format!(": {words}"))));
    } else if report.fail_on.is_empty() {
        doc.paragraph(format!("{}. {words}", verdict_words(report)));
    } else {
        doc.paragraph(Line::strong(Role::Good, "PASSED").then(format!(": {words}")));
    }
}

/// What the report rests on.
fn evidence_facts(doc: &mut Doc, report: &AuditReport<'_>) {
    let mut lines = evidence(report);
    // The file and its day are one thing for people.
    if let [(_, file), (name, day), ..] = lines.as_mut_slice() {
        *file = format!("{file}, {name} {day}");
        lines.remove(1);
    }
    doc.facts(lines.into_iter().map(|(label, value)| Fact::codes(label, vec![value])));
}

fn detail(report: &AuditReport<'_>) -> Detail {
    if report.is_full() { Detail::FULL } else { Detail::BRIEF }
}

/// How many of a list are shown.
fn most(report: &AuditReport<'_>, brief: usize) -> usize {
    if report.is_full() { usize::MAX } else { brief }
}

fn risk_role(risk: Risk) -> Role {
    match risk {
        Risk::High => Role::Bad,
        Risk::Medium => Role::Open,
        Risk::Low => Role::Heading,
        Risk::Info => Role::Faint,
    }
}

fn headline(doc: &mut Doc, report: &AuditReport<'_>) {
    let states = report.guardrail_counts();
    let worst = states.iter().find(|(_, number)| *number > 0).map(|(state, _)| *state);
    let role = match (worst, report.audit.findings.first()) {
        (Some(GuardrailState::Hole), _) | (_, Some(Finding { risk: Risk::High, .. })) => Role::Bad,
        (Some(GuardrailState::Unknown), _) | (_, Some(_)) => Role::Open,
        (
            Some(
                GuardrailState::NotAdopted
                | GuardrailState::Suppressed
                | GuardrailState::HoldsExcept
                | GuardrailState::Holds
                | GuardrailState::NotApplicable,
            )
            | None,
            None,
        ) => Role::Good,
    };
    doc.headline(role, verdict_words(report));
    doc.paragraph(format!("in {}", scope_words(report)));
    let unlisted = &report.audit.scope.unlisted_actions;
    if !unlisted.is_empty() {
        let shown = unlisted.len().min(most(report, 8));
        let more =
            if unlisted.len() > shown { format!(", … {} more", unlisted.len() - shown) } else { String::new() };
        let names = unlisted.iter().take(shown).map(String::as_str).collect::<Vec<_>>().join(", ");
        doc.note(Line::from("judged but not counted, as no catalog lists them: ").then_code(names).then(more));
    }
}

/// The cells of a row: a name, numbers, and perhaps a last text.
fn row(name: Line, numbers: impl IntoIterator<Item = usize>, last: Option<String>) -> Vec<Line> {
    let numbers = numbers.into_iter().map(|number| grouped(number).into());
    std::iter::once(name).chain(numbers).chain(last.map(Line::code)).collect()
}

fn columns<const N: usize>(first: &'static str, numbers: [&'static str; N], last: Option<&'static str>) -> Vec<Column> {
    let numbers = numbers.into_iter().map(Column::number);
    std::iter::once(Column::text(first)).chain(numbers).chain(last.map(Column::text)).collect()
}

fn class_table(doc: &mut Doc, report: &AuditReport<'_>, most: usize) {
    let classes = &report.audit.classes;
    if classes.is_empty() {
        return;
    }
    doc.heading("Permission classes, and how many actions are blocked");
    let shown = classes.get(..most).unwrap_or(classes);
    let rows = shown.iter().map(|class| {
        let counts = class.counts;
        let numbers = [class.accounts.len(), counts.never_blocked, counts.depends, counts.always_blocked];
        row(class.name.as_str().into(), numbers, Some(units_words(report.organization(), &class.accounts)))
    });
    let columns = columns("class", ["accounts", "never", "depends", "always"], Some("where"));
    doc.push(Block::Table(Table { columns, rows: rows.collect() }));
    if classes.len() > shown.len() {
        doc.paragraph(format!("and {}", more(classes.len() - shown.len(), "class", "classes")));
    }
    if hides_behind_a_caller(report) {
        doc.paragraph(
            "Nearly everything depends, as under a Deny for the root user: without `--principal any` the calls of an ordinary role count.",
        );
    }
}

/// What the root user can do, and whoever acts as it.
fn root_facts(doc: &mut Doc, report: &AuditReport<'_>) {
    doc.facts(root_words(report).into_iter().map(|(label, words)| Fact::line(label, words)));
}

/// Whether nearly every action of the accounts depends on something though nobody asked about one caller.
fn hides_behind_a_caller(report: &AuditReport<'_>) -> bool {
    let governed = report.audit.classes.iter().filter(|class| class.not_applicable.is_none());
    let (depends, all) = governed.fold((0, 0), |(depends, all), class| {
        let accounts = class.accounts.len();
        (depends + class.counts.depends * accounts, all + class.counts.total() * accounts)
    });
    report.audit.scope.principal.is_none() && depends * 10 > all * 8
}

/// The units of some accounts by their last name, with how many of these are directly in them: those with most first.
fn units_of<'a>(organization: &'a Organization, accounts: &[NodeId]) -> Vec<(&'a str, usize)> {
    let mut places: Vec<(&str, usize)> = Vec::new();
    for &account in accounts {
        let parent = organization.node(account).parent;
        let name = parent.map_or("?", |parent| organization.node(parent).display_name());
        match places.iter_mut().find(|(other, _)| *other == name) {
            Some((_, number)) => *number += 1,
            None => places.push((name, 1)),
        }
    }
    places.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    places
}

/// `Prod, Regulated, 2 more`.
fn units_words(organization: &Organization, accounts: &[NodeId]) -> String {
    let places = units_of(organization, accounts);
    let shown: Vec<&str> = places.iter().take(3).map(|(name, _)| *name).collect();
    let hidden = places.len() - shown.len();
    let hidden = if hidden > 0 { format!(", {} more", grouped(hidden)) } else { String::new() };
    format!("{}{hidden}", shown.join(", "))
}

fn guardrail_table(doc: &mut Doc, report: &AuditReport<'_>) {
    let guardrails = &report.audit.guardrails;
    if guardrails.is_empty() {
        return;
    }
    doc.heading("Guardrails, by number of accounts");
    let rows = guardrails.iter().map(|each| row(Line::code(each.guardrail.id.as_str()), state_counts(each), None));
    let names = ["hole", "open", "apart", "suppr.", "exempt", "holds", "n/a"];
    let columns = columns("guardrail", names, None);
    doc.push(Block::Table(Table { columns, rows: rows.collect() }));
    doc.paragraph(
        "`apart`: calls pass, but nothing is aimed at the guardrail, so it is not adopted; `suppr.`: suppressed holes.",
    );
}

fn finding_table(doc: &mut Doc, report: &AuditReport<'_>) {
    doc.heading("Findings");
    let mut rows: Vec<Vec<Line>> = report
        .risk_counts()
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(risk, number)| row(Line::strong(risk_role(risk), risk.as_str()), [number], None))
        .collect();
    if !report.audit.suppressed.is_empty() {
        rows.push(row("suppressed".into(), [report.audit.suppressed.len()], None));
    }
    match rows.as_slice() {
        [] => doc.paragraph("none"),
        _ => doc.push(Block::Table(Table { columns: columns("risk", ["findings"], None), rows })),
    }
}

/// The classes one by one; whether some are left out.
fn classes(doc: &mut Doc, report: &AuditReport<'_>) -> bool {
    let classes = &report.audit.classes;
    if classes.is_empty() {
        return false;
    }
    doc.heading("Permission classes in detail");
    let most = detail(report).entries;
    for class in classes.iter().take(most) {
        doc.push(Block::Entry(self::class(report, class)));
    }
    if classes.len() > most {
        doc.paragraph(format!("and {}; `--full` shows all", more(classes.len() - most, "class", "classes")));
    }
    classes.len() > most
}

/// Accounts by place, or by their classes where that says it all.
fn accounts(report: &AuditReport<'_>, accounts: &[NodeId]) -> Fact {
    match report.classes_words(accounts).filter(|_| !report.is_full()) {
        Some(words) => Fact::line("accounts", words),
        None => super::accounts(&report.account_refs(accounts), detail(report)),
    }
}

fn class(report: &AuditReport<'_>, class: &PermissionClass) -> Entry {
    let mut facts = vec![super::accounts(&report.account_refs(&class.accounts), detail(report))];
    let mut table = None;
    if let Some(reason) = class.not_applicable {
        facts.push(Fact::line("actions", format!("SCPs do not apply: {}", exemption_words(reason))));
    } else {
        let counts = class.counts;
        let numbers = [
            (counts.never_blocked, "never blocked"),
            (counts.depends, "depends"),
            (counts.always_blocked, "always blocked"),
        ];
        let numbers = numbers.map(|(number, words)| format!("{} {words}", grouped(number)));
        facts.push(Fact::line("actions", numbers.join(", ")));
        facts.extend(differs(report, class));
        if report.is_full() {
            table = services(report, class, &mut facts);
        }
    }
    Entry {
        marker: format!("[{}]", class.name),
        title: Line::strong(Role::Heading, count(class.accounts.len(), "account")),
        body: facts_of(facts).into_iter().chain(table).collect(),
    }
}

/// What a class blocks that the one it is most like does not, and the other way round.
fn differs(report: &AuditReport<'_>, class: &PermissionClass) -> Option<Fact> {
    let differs = class.differs.as_ref()?;
    let other = report.audit.classes.get(differs.from).map_or("?", |class| class.name.as_str());
    let first = Block::Paragraph(format!("from [{other}], which it is most like, in").into());
    let shown = differs.changes.len().min(most(report, CHANGES));
    let mut items: Vec<Item> = Vec::new();
    for change in differs.changes.iter().take(shown) {
        let actions = &change.actions;
        let words = format!("{}: {}", listed_words(actions.listed, &actions.terms), change_words(change));
        let lines = action_lines(&actions.terms, detail(report)).into_iter();
        let body = lines.map(|line| Block::Paragraph(Line::code(line))).collect();
        items.push(Item { body, ..Item::new(words) });
    }
    if differs.changes.len() > shown {
        items.push(Item::new(more(differs.changes.len() - shown, "difference", "differences")));
    }
    Some(Fact::new("differs", vec![first, Block::List(items)]))
}

/// The services of which not everything is never blocked: by name those that are treated alike throughout, in a table
/// the others.
fn services(report: &AuditReport<'_>, class: &PermissionClass, facts: &mut Vec<Fact>) -> Option<Block> {
    let catalog = Catalog::embedded();
    let all = report.audit.scope.services.iter().map(|service| catalog.service_prefix(*service)).zip(&class.services);
    let (whole, mixed): (Vec<_>, Vec<_>) = all
        .filter(|(_, counts)| counts.never_blocked < counts.total())
        .partition(|(_, counts)| [counts.depends, counts.always_blocked].contains(&counts.total()));
    let (always, depending): (Vec<_>, Vec<_>) = whole.into_iter().partition(|(_, counts)| counts.depends == 0);
    for (label, services) in [("always", always), ("depends", depending)] {
        let names: Vec<&str> = services.into_iter().map(|(name, _)| name).collect();
        if !names.is_empty() {
            facts.push(Fact::line(label, format!("all actions of {}", names.join(", "))));
        }
    }
    let rows = mixed
        .iter()
        .map(|(name, counts)| row((*name).into(), [counts.never_blocked, counts.depends, counts.always_blocked], None));
    let rows: Vec<Vec<Line>> = rows.collect();
    let columns = columns("service", ["never", "depends", "always"], None);
    (!rows.is_empty()).then_some(Block::Table(Table { columns, rows }))
}

fn witness(report: &AuditReport<'_>, witness: &Witness) -> Fact {
    example(&report.program, &witness.request, [decision_words(witness.decision).to_owned()])
}

fn suppressed(doc: &mut Doc, report: &AuditReport<'_>) {
    let audit = report.audit;
    if !audit.suppressed.is_empty() && report.is_full() {
        doc.heading("Suppressed findings");
        let items = audit
            .suppressed
            .iter()
            .map(|each| Item::new(Line::code(each.finding.fingerprint.as_str()).then(": ").then_code(&each.reason)));
        doc.push(Block::List(items.collect()));
    }
    if !audit.unused_suppressions.is_empty() {
        doc.heading("Suppressions that cover nothing");
        let items = audit.unused_suppressions.iter().map(|Suppression { finding, reason, until, .. }| {
            let until = until.as_ref().map_or_else(String::new, |date| format!(" (until {date})"));
            Item::new(Line::code(finding).then(": ").then_code(reason).then(until))
        });
        doc.push(Block::List(items.collect()));
    }
}
