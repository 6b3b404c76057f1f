//! The documents of `fixtures/policies`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scproof_policy_parser::{PolicyDocument, PolicyKind, Severity, Statement};

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    rule: String,
    path: String,
    severity: String,
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/policies").join(name)
}

/// The documents of a folder, in the order of their names.
fn documents(name: &str) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> = std::fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter(|path| !path.ends_with("expected.json"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

/// Errors and warnings; notes are remarks on documents that are right.
fn faults(bytes: &[u8], kind: PolicyKind) -> (PolicyDocument, Vec<Row>) {
    let parsed = PolicyDocument::parse_bytes(bytes, kind);
    let rows = parsed
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity > Severity::Note)
        .map(|diagnostic| Row {
            rule: diagnostic.rule.to_owned(),
            path: diagnostic.path.to_string(),
            severity: diagnostic.severity.as_str().to_owned(),
        })
        .collect();
    (parsed.document, rows)
}

#[test]
fn invalid_documents_have_exactly_the_expected_faults() {
    let text = std::fs::read_to_string(folder("invalid").join("expected.json")).unwrap();
    let mut expected: BTreeMap<String, Vec<Row>> = serde_json::from_str(&text).unwrap();
    let mut wrong = Vec::new();
    for (name, bytes) in documents("invalid") {
        let mut expected = expected.remove(&name).unwrap_or_else(|| panic!("no expectation for {name}"));
        let mut found = faults(&bytes, PolicyKind::ServiceControl).1;
        expected.sort();
        found.sort();
        if found != expected {
            wrong.push((name, expected, found));
        }
    }
    assert!(wrong.is_empty(), "file, expected, found: {wrong:#?}");
    assert!(expected.is_empty(), "expectations without a file: {expected:?}");
}

#[test]
fn valid_documents_are_clean_and_readable() {
    for (folder, kind) in [("valid", PolicyKind::ServiceControl), ("rcp", PolicyKind::ResourceControl)] {
        for (name, bytes) in documents(folder) {
            let (document, faults) = faults(&bytes, kind);
            assert_eq!(faults, [], "{name}");
            assert!(document.statements.iter().all(Statement::is_readable), "{name}");
        }
    }
}
