//! What somebody should look at.

use scproof_auditor::Finding;

use super::{AuditReport, ROWS, accounts, most, risk_role, witness};
use crate::audit::{evidence_words, place_words, target_list};
use crate::doc::{Block, Doc, Entry, Fact, Line, facts_of};
use crate::layout::grouped;
use crate::names::capitalised;
use crate::page::{excerpt, more};

/// The findings one by one; whether some are left out.
pub(super) fn section(doc: &mut Doc, report: &AuditReport<'_>) -> bool {
    let findings = &report.audit.findings;
    if findings.is_empty() {
        return false;
    }
    doc.heading("Findings in detail");
    let most = most(report, ROWS);
    for (index, finding) in findings.iter().take(most).enumerate() {
        doc.push(Block::Entry(entry(report, index + 1, finding)));
    }
    if findings.len() > most {
        doc.paragraph(format!("and {}; `--full` shows all", more(findings.len() - most, "finding", "findings")));
    }
    findings.len() > most
}

fn entry(report: &AuditReport<'_>, number: usize, finding: &Finding) -> Entry {
    let place = &finding.place;
    let mut facts = Vec::new();
    facts.extend(place_words(report, place).map(|words| Fact::codes("policy", vec![words])));
    if !place.targets.is_empty() {
        let words = target_list(report.organization(), &place.targets, most(report, 4));
        facts.push(Fact::codes(if place.policy.is_some() { "attached to" } else { "at" }, vec![words]));
    }
    facts.extend(statement(report, finding));
    if !finding.accounts.is_empty() {
        facts.push(accounts(report, &finding.accounts));
    }
    facts.push(Fact::line("because", capitalised(&finding.reason)));
    facts.extend(evidence_words(report.organization(), &finding.evidence).map(|words| Fact::line("evidence", words)));
    let witnesses = finding.evidence.witnesses().iter().take(most(report, 2));
    facts.extend(witnesses.map(|found| witness(report, found)));
    if finding.depends_on_catalog {
        facts.push(Fact::line("as far as", "the catalog knows all of today's names"));
    }
    facts.push(Fact::line("remedy", capitalised(&finding.remedy)));
    let rule = finding.rule.map_or_else(String::new, |rule| format!(" (rule {rule})"));
    facts.push(Fact::new("id", vec![Block::Paragraph(Line::code(finding.fingerprint.as_str()).then(rule))]));
    let title = Line::strong(risk_role(finding.risk), finding.risk.as_str())
        .then(format!(": {} (", finding.message))
        .then_code(finding.code)
        .then(")");
    Entry { marker: format!("[{}]", grouped(number)), title, body: facts_of(facts).into_iter().collect() }
}

/// The statement that a finding is about, element by element; what the finding points to comes first.
fn statement(report: &AuditReport<'_>, finding: &Finding) -> Option<Fact> {
    let place = &finding.place;
    let document = &report.organization().policy(place.policy?).document;
    let statement = document.statements.get(place.statement?)?;
    let pointed = place.span.clone().and_then(|span| report.policy_text(place)?.get(span));
    let is_action = place.path.as_ref().is_some_and(|path| path.contains("Action["));
    let action = pointed.filter(|_| is_action).map_or("", |text| text.trim_matches('"'));
    Some(Fact::new("statement", vec![excerpt::facts(statement, action)]))
}
