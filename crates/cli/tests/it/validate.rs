//! `scproof validate`.

use insta::assert_snapshot;

use crate::run::{command, example, finish, repository, scproof};

#[test]
fn every_fault_with_its_place() {
    let files = ["fixtures/policies/invalid/many-faults.json", "fixtures/policies/invalid/comment.json"];
    assert_snapshot!(scproof(&[&["validate"], &files[..]].concat()).fits_80_columns().page());
}

#[test]
fn a_snapshot_with_its_policies() {
    assert_snapshot!(example(&["validate"]).fits_80_columns().page());
}

#[test]
fn standard_input() {
    let run = finish(&mut command(&["validate", "-"]), b"{\"Version\": \"2012-10-17\", \"Statment\": []}");
    assert_snapshot!(run.fits_80_columns().page());
}

#[test]
fn a_directory() {
    let run = scproof(&["validate", "fixtures/policies/valid"]).fits_80_columns();
    assert_eq!(run.code, 0, "{}", run.stdout);
    let all = scproof(&["validate", "fixtures/policies/invalid", "--format", "json"]);
    assert_eq!(all.code, 1);
    let files: Vec<&str> = all.json()["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["file"].as_str().unwrap().to_owned().leak() as &str)
        .collect();
    assert!(files.is_sorted() && files.len() > 30, "{files:?}");
}

#[test]
fn warnings_count_on_demand() {
    let text = b"{\"Statement\": {\"Effect\": \"Deny\", \"Action\": \"s3:*\", \"Resource\": \"*\"}}";
    assert_eq!(finish(&mut command(&["validate", "-"]), text).code, 0);
    assert_eq!(finish(&mut command(&["validate", "-", "--deny-warnings"]), text).code, 1);
}

#[test]
fn doc_13_the_old_language() {
    let text = b"{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"NotAction\": \"s3:*\", \"Resource\": \"*\"}}";
    assert_eq!(finish(&mut command(&["validate", "-"]), text).code, 0);
    let run = finish(&mut command(&["validate", "-", "--legacy-language"]), text);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("legacy-not-action"), "{}", run.stdout);
}

#[test]
fn rcp_1_resource_control_policies() {
    let files = "fixtures/policies/rcp";
    assert_eq!(scproof(&["validate", "--type", "rcp", files]).code, 0);
    assert_eq!(scproof(&["validate", files]).code, 1);
}

#[test]
fn lim_2_limits_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("limits.json");
    std::fs::write(&file, r#"[{"name": "max_scp_chars", "value": 50}]"#).unwrap();
    let run = example(&["--limits", file.to_str().unwrap(), "validate"]).fits_80_columns();
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("error[scp-too-long]"), "{}", run.stdout);
}

#[test]
fn json_names_file_policy_and_place() {
    let json = example(&["--format", "json", "validate"]).json();
    assert_eq!(json["format"], "scproof-validate/1");
    assert_eq!(json["summary"]["policies"], 21);
    assert_snapshot!(serde_json::to_string_pretty(&json["diagnostics"][1]).unwrap());
}

#[test]
fn one_unreadable_file_does_not_stop_the_others() {
    let run = scproof(&["validate", "nowhere.json", "fixtures/policies/valid/lists.json"]).fits_80_columns();
    assert_snapshot!(run.page());
}

#[test]
fn nothing_to_check() {
    assert_snapshot!(scproof(&["validate"]).fits_80_columns().page());
}

/// A policy of one line, bytes that are no text, nothing at all, brackets without end: an answer, and soon.
#[test]
fn hostile_texts() {
    let one_line: String = {
        let text = std::fs::read_to_string(repository().join("fixtures/policies/invalid/bad-operands.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap().to_string()
    };
    let padded = one_line.replacen('{', &format!("{{{}", " ".repeat(5_000)), 1);
    for text in [one_line.as_bytes(), padded.as_bytes(), b"\xff\xfe{}", b"", "[".repeat(1 << 20).as_bytes()] {
        let run = finish(&mut command(&["validate", "-"]), text).fits_80_columns();
        assert_eq!(run.code, 1, "{}", run.stdout);
        assert!(run.stdout.contains("<stdin>:1:"), "{}", run.stdout);
    }
    let broken = b"{\"Format\": \"scproof-inventory/1\", \"Organization\": {\"Id\": \xff}}";
    let run = finish(&mut command(&["validate", "-"]), broken).fits_80_columns();
    assert_eq!(run.code, 1, "{}", run.stdout);
}
