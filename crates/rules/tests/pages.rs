//! `docs/findings.md` is written from the rules; `UPDATE_DOCS=1` writes it anew.

#![expect(clippy::expect_used, reason = "a page that is not there fails the test")]

#[path = "../../text/tests/support/page.rs"]
mod page;
#[path = "../../text/tests/support/paragraph.rs"]
mod paragraph;

use std::collections::BTreeSet;

use scproof_policy_parser::{DIAGNOSTIC_GROUPS, diagnostic_codes};
use scproof_rules::{RULE_GROUPS, Rule, RuleGroup, document_rules, rules, text_risks};

use page::hold;
use paragraph::paragraph;

const PAGE: &str = include_str!("../../../docs/findings.md");

const TEXTS: &str = "What the parser says about a text becomes a finding with the parser's code and rule. Where what a \
    part does is unknown, or it matches nothing, the finding is *medium*; where the text works and is only easily \
    misread, *low*. The evidence is the snapshot; message and remedy are those of [diagnostics.md](diagnostics.md).";

const LEFT_OUT: &str = "Left out: notes, resource control policies, and what has a finding of its own above (sizes, \
    `unknown-global-key`).";

/// Notes, limits that the audit counts itself, keys that it looks up itself, the one with a witness, and what is no SCP
/// of today.
const NO_FINDINGS: [&str; 7] = [
    "diagnostics-cut",
    "minified-fits",
    "resource-in-allow",
    "scp-too-long",
    "set-operator-on-single-value",
    "too-many-bytes",
    "unknown-global-key",
];

fn line(page: &mut String, line: &str) {
    page.push('\n');
    page.push_str(line);
    page.push('\n');
}

fn section(page: &mut String, rule: &Rule) {
    line(page, &format!("### `{}`", rule.code));
    let risk = format!("*{}*{}", rule.risk, rule.risk_note);
    let head = [risk, rule.semantics.join(", "), rule.evidence.to_owned()];
    paragraph(page, &head.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "));
    paragraph(page, rule.text);
    paragraph(page, &format!("*Remedy:* {}.", rule.remedy));
    if !rule.found_if.is_empty() {
        paragraph(page, &format!("*Found if* {}", rule.found_if));
    }
}

fn group(page: &mut String, group: &RuleGroup) {
    line(page, &format!("## {}", group.title));
    if !group.text.is_empty() {
        paragraph(page, group.text);
    }
    for rule in group.rules {
        section(page, rule);
    }
}

/// The parser's codes that are findings.
fn texts(page: &mut String) {
    line(page, "## Texts of policies");
    paragraph(page, TEXTS);
    line(page, "| code | risk | what it is |\n|---|---|---|");
    for (code, risk) in text_risks() {
        let summary = diagnostic_codes().find(|known| known.code == code).map_or("", |known| known.summary);
        page.extend(["| [`", code, "`](diagnostics.md#", code, ") | ", risk.as_str(), " | ", summary, " |\n"]);
    }
    paragraph(page, LEFT_OUT);
}

#[test]
fn the_page_is_written_from_the_rules() {
    // What stands before the first section is true of all findings and is written by hand.
    let (head, _) = PAGE.split_once("\n## ").expect("the page has sections");
    let mut page = head.to_owned();
    for rules in RULE_GROUPS {
        group(&mut page, rules);
    }
    texts(&mut page);
    hold("findings.md", &page);
}

#[test]
fn every_rule_stands_in_one_group_and_says_all() {
    let codes: BTreeSet<&str> = rules().map(|rule| rule.code).collect();
    assert_eq!(codes.len(), rules().count(), "a code is given twice");
    assert!(document_rules().all(|rule| codes.contains(rule.code)));
    for rule in rules() {
        let code = rule.code;
        assert!(!rule.looks_at.is_empty() && !rule.text.is_empty() && !rule.remedy.is_empty(), "{code}");
        assert!(rule.text.ends_with('.') && !rule.remedy.ends_with('.'), "{code}");
        assert!(rule.found_if.is_empty() || rule.found_if.ends_with('.'), "{code}");
    }
}

#[test]
fn every_code_of_the_parser_is_a_finding_or_left_out_on_purpose() {
    let order: Vec<&str> = text_risks().map(|(code, _)| code).collect();
    assert!(order.is_sorted(), "a code stands in the wrong place");
    let found: BTreeSet<&str> = order.iter().copied().collect();
    for code in diagnostic_codes().map(|code| code.code) {
        let is_left_out = NO_FINDINGS.contains(&code) || code.starts_with("rcp-") || code.starts_with("legacy-");
        assert_ne!(found.contains(code), is_left_out, "{code}");
    }
    assert!(found.iter().all(|code| diagnostic_codes().any(|known| known.code == *code)));
    assert!(DIAGNOSTIC_GROUPS.iter().all(|group| !group.codes.is_empty()));
}
