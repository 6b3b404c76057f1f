//! Codes and their documentation.

use std::collections::BTreeSet;

use scproof_policy_parser::DIAGNOSTIC_CODES;
use scproof_text::codes::JSON_CODES;

use super::super::diagnostic_codes;

const PAGE: &str = include_str!("../../../../../docs/findings.md");

/// Notes, limits that the audit counts itself, keys that it looks up itself, the one with a witness, and what is no SCP of today.
const LEFT_OUT: [&str; 7] = [
    "diagnostics-cut",
    "minified-fits",
    "resource-in-allow",
    "scp-too-long",
    "set-operator-on-single-value",
    "too-many-bytes",
    "unknown-global-key",
];

#[test]
fn the_table_of_diagnostics_is_that_of_the_page() {
    let rows: Vec<(&str, &str)> = PAGE
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| [`")?.split('|');
            let code = cells.next()?.split('`').next()?;
            Some((code, cells.next()?.trim()))
        })
        .collect();
    assert_eq!(rows, diagnostic_codes().map(|(code, risk)| (code, risk.as_str())).collect::<Vec<_>>());
}

#[test]
fn every_diagnostic_of_the_parser_is_found_or_left_out_on_purpose() {
    let found: BTreeSet<&str> = diagnostic_codes().map(|(code, _)| code).collect();
    for diagnostic in JSON_CODES.iter().chain(DIAGNOSTIC_CODES) {
        let code = diagnostic.code;
        let is_left_out = LEFT_OUT.contains(&code) || code.starts_with("rcp-") || code.starts_with("legacy-");
        assert_ne!(found.contains(code), is_left_out, "{code}");
    }
    for code in found {
        assert!(JSON_CODES.iter().chain(DIAGNOSTIC_CODES).any(|diagnostic| diagnostic.code == code), "{code}");
    }
}
