//! `JUnit` XML of an audit, for the test view of a pipeline: one suite a guardrail, one case for accounts where it
//! stands alike, or with [`AuditDetail::Full`] one an account.
//!
//! | state | case |
//! |---|---|
//! | holds | passed |
//! | holds, with exemptions | passed, with the exemptions in `system-out` |
//! | hole | `failure`, with the call that shows it |
//! | unknown | `error`: what is not settled is not green, and no failure either |
//! | not adopted | `skipped`: nothing in the organization is aimed at it |
//! | a hole that a suppression covers | `skipped`, with the reason |
//! | SCPs do not apply | `skipped` |
//!
//! Each suite has what the report rests on among its `properties`: the root has none. Cases name groups of accounts in
//! `system-out`; a suite without cases, `accounts`, lists the accounts of each group once among its properties.
//!
//! [`AuditDetail::Full`]: crate::AuditDetail::Full

pub(crate) mod validation;

use std::fmt::Write as _;
use std::io::{self, Write};

use scproof_auditor::{GuardrailGroup, GuardrailReport, GuardrailState, Passing, PassingKind};
use scproof_organization::NodeId;

use crate::audit::{AccountGroups, AuditReport, evidence, kind_words, state_counts, untold_words};
use crate::command_line;
use crate::impact::{Detail, action_lines, decision_words, when_lines, why_words};
use crate::layout::{count, grouped};
use crate::names::account_words;
use crate::words::Words;

/// Writes the guardrails as test suites.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn render(report: &AuditReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let guardrails = &report.audit.guardrails;
    let groups = AccountGroups::new(report, &[]);
    let mut totals = [0; 7];
    for counts in guardrails.iter().map(|found| case_counts(report, found)) {
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += count;
        }
    }
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"scproof audit\" {}>", numbers(totals))?;
    if !report.is_full() && !guardrails.is_empty() {
        account_suite(report, &groups, out)?;
    }
    for guardrail in guardrails {
        suite(report, guardrail, &groups, out)?;
    }
    writeln!(out, "</testsuites>")
}

/// How many cases of a suite have which state, the gravest first.
fn case_counts(report: &AuditReport<'_>, found: &GuardrailReport) -> [usize; 7] {
    if report.is_full() {
        return state_counts(found);
    }
    let groups = found.groups.iter().filter(|group| !group.accounts.is_empty());
    GuardrailState::ALL.map(|state| groups.clone().filter(|group| group.state == state).count())
}

/// The accounts of each group.
fn account_suite(report: &AuditReport<'_>, groups: &AccountGroups<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  <testsuite name=\"accounts\" {}>\n    <properties>", numbers([0; 7]))?;
    for (group, accounts) in groups.iter() {
        let ids: Vec<&str> =
            accounts.iter().map(|account| report.organization().node(*account).target.as_str()).collect();
        let (name, ids) = (attribute(&group.to_string()), attribute(&ids.join(" ")));
        writeln!(out, "      <property name=\"{name}\" value=\"{ids}\"/>")?;
    }
    writeln!(out, "    </properties>\n  </testsuite>")
}

/// The counts of a suite, given in the order of [`GuardrailState::ALL`].
fn numbers(counts: [usize; 7]) -> String {
    let tests: usize = counts.iter().sum();
    let [hole, unknown, not_adopted, suppressed, _, _, not_applicable] = counts;
    let skipped = not_adopted + suppressed + not_applicable;
    format!("tests=\"{tests}\" failures=\"{hole}\" errors=\"{unknown}\" skipped=\"{skipped}\"")
}

fn suite(
    report: &AuditReport<'_>,
    found: &GuardrailReport,
    groups: &AccountGroups<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let guardrail = &found.guardrail;
    writeln!(out, "  <testsuite name=\"{}\" {}>", attribute(&guardrail.id), numbers(case_counts(report, found)))?;
    let properties =
        [("title", guardrail.title.as_str()), ("category", &guardrail.category), ("risk", guardrail.risk.as_str())];
    writeln!(out, "    <properties>")?;
    let evidence = evidence(report);
    let evidence = evidence.iter().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in properties.into_iter().chain(evidence) {
        writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", attribute(value))?;
    }
    writeln!(out, "    </properties>")?;
    if report.is_full() {
        account_cases(report, found, out)?;
    } else {
        group_cases(report, found, groups, out)?;
    }
    writeln!(out, "  </testsuite>")
}

/// A case for each group.
fn group_cases(
    report: &AuditReport<'_>,
    found: &GuardrailReport,
    groups: &AccountGroups<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let class = attribute(&found.guardrail.id);
    for group in &found.groups {
        let [first, more @ ..] = group.accounts.as_slice() else { continue };
        let mut name = account_words(report.organization(), *first);
        if !more.is_empty() {
            let _ = write!(name, " and {} more", grouped(more.len()));
        }
        let names: Vec<String> = groups.of_list(&group.accounts).iter().map(ToString::to_string).collect();
        let accounts = format!("{}: {}", count(group.accounts.len(), "account"), names.join(", "));
        let body = body(report, found, group, Some(&accounts));
        writeln!(out, "    <testcase name=\"{}\" classname=\"{class}\">\n{body}    </testcase>", attribute(&name))?;
    }
    Ok(())
}

/// A case for each account, in the order of the snapshot, whatever the groups; a group has its words once.
fn account_cases(report: &AuditReport<'_>, found: &GuardrailReport, out: &mut dyn Write) -> io::Result<()> {
    let organization = report.organization();
    let mut cases: Vec<(NodeId, usize)> = Vec::new();
    for (place, group) in found.groups.iter().enumerate() {
        cases.extend(group.accounts.iter().map(|&account| (account, place)));
    }
    cases.sort_unstable();
    let bodies: Vec<String> = found.groups.iter().map(|group| body(report, found, group, None)).collect();
    for (account, place) in cases {
        let name = attribute(&account_words(organization, account));
        let class = attribute(&organization.ou_path(account).replace('/', "."));
        match bodies.get(place).map_or("", String::as_str) {
            "" => writeln!(out, "    <testcase name=\"{name}\" classname=\"{class}\"/>")?,
            body => {
                writeln!(out, "    <testcase name=\"{name}\" classname=\"{class}\">\n{body}    </testcase>")?;
            }
        }
    }
    Ok(())
}

/// What stands in the cases of a group of accounts; which these are, where one case is about all of them.
fn body(
    report: &AuditReport<'_>,
    found: &GuardrailReport,
    group: &GuardrailGroup,
    accounts: Option<&String>,
) -> String {
    let guardrail = &found.guardrail;
    let details = || {
        let untold = untold_words(group).map(|words| format!("{words}\n")).unwrap_or_default();
        text(&(passing_text(report, &group.passing) + &untold))
    };
    let exemptions = (group.state == GuardrailState::HoldsExcept).then(details);
    let printed: Vec<String> = accounts.map(|accounts| text(accounts) + "\n").into_iter().chain(exemptions).collect();
    let printed = match printed.concat() {
        printed if printed.is_empty() => printed,
        printed => format!("      <system-out>{printed}</system-out>\n"),
    };
    let result = match group.state {
        GuardrailState::Holds | GuardrailState::HoldsExcept => String::new(),
        GuardrailState::NotApplicable => "      <skipped message=\"SCPs do not apply to this account\"/>\n".to_owned(),
        GuardrailState::NotAdopted => {
            "      <skipped message=\"not adopted: nothing in the organization is aimed at it\"/>\n".to_owned()
        }
        GuardrailState::Suppressed => format!(
            "      <skipped message=\"{}\"/>\n",
            attribute(&format!("a hole that is accepted: {}", group.reason.as_deref().unwrap_or_default()))
        ),
        GuardrailState::Hole => format!(
            "      <failure type=\"hole\" message=\"{}\">{}</failure>\n",
            attribute(&format!("{}: not blocked by SCPs", guardrail.title)),
            details()
        ),
        GuardrailState::Unknown => format!(
            "      <error type=\"unknown\" message=\"{}\">{}</error>\n",
            attribute(&format!("{}: whether SCPs block it could not be settled", guardrail.title)),
            details()
        ),
    };
    result + &printed
}

fn passing_text(report: &AuditReport<'_>, passing: &[Passing]) -> String {
    let mut page = String::new();
    let words = Words::short(report.organization(), passing.iter().map(|passing| &*passing.when));
    for passing in passing {
        // A text takes everything.
        let _ = writeln!(
            page,
            "{}: {}",
            kind_words(passing.kind),
            action_lines(&passing.actions.terms, Detail::BRIEF).join("; ")
        );
        let lines = when_lines(&words, &passing.when, passing.when_is_complete, Detail::BRIEF);
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { "when: " } else { "" };
            let _ = writeln!(page, "{}{label}{}", "  ".repeat(line.depth), line.text);
        }
        for why in &passing.why {
            let _ = writeln!(page, "why open: {}", why_words(report.organization(), why));
        }
        if let Some(witness) = &passing.witness {
            let call = match passing.kind {
                PassingKind::Hole | PassingKind::Exemption => "a call that shows it",
                PassingKind::Open => "a call whose answer is open",
            };
            let command = command_line::can(&report.program, &witness.request).join(" ");
            let _ = writeln!(page, "{call} ({}):\n{command}", decision_words(witness.decision));
        }
    }
    page
}

/// What XML cannot have even as a reference (XML 1.0, production 2) is shown as an escape.
fn allowed(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => result.push(character),
            '\u{fffe}' | '\u{ffff}' => result.extend(character.escape_unicode()),
            character if crate::layout::is_unsafe(character) => result.extend(character.escape_unicode()),
            _ => result.push(character),
        }
    }
    result
}

fn text(text: &str) -> String {
    allowed(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn attribute(text: &str) -> String {
    self::text(text).replace('"', "&quot;").replace('\n', "&#10;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_text() {
        assert_eq!(text("a<b>&]]>\u{1}\u{ffff}\u{202e}"), r"a&lt;b&gt;&amp;]]&gt;\u{1}\u{ffff}\u{202e}");
        assert_eq!(attribute("\"x\"\n\t"), "&quot;x&quot;&#10;\\u{9}");
    }
}
