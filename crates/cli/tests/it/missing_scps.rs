//! A snapshot that attaches no SCP to a target, which AWS does not allow, is believed but said to be incomplete
//! (EVAL-13).

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::run::{Run, command, finish};

const SHOP: &str = "222222222222";

/// A root with a unit that holds `shop`; `FullAWSAccess` is attached everywhere but at one target.
fn folder(without: &str, change: impl FnOnce(&mut Value)) -> TempDir {
    let full = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let targets = ["r-ab12", "ou-ab12-prod0001", "111111111111", SHOP, "333333333333"];
    let attachments: Vec<Value> = targets
        .iter()
        .filter(|target| **target != without)
        .map(|target| json!({"TargetId": target, "PolicyId": "p-FullAWSAccess"}))
        .collect();
    let mut snapshot = json!({
        "Format": "scproof-inventory/1",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
        "Roots": [{"Id": "r-ab12", "Name": "Root"}],
        "OrganizationalUnits": [{"Id": "ou-ab12-prod0001", "Name": "Prod", "ParentId": "r-ab12"}],
        "Accounts": [
            {"Id": "111111111111", "Name": "management", "ParentId": "r-ab12"},
            {"Id": SHOP, "Name": "shop", "ParentId": "ou-ab12-prod0001"},
            {"Id": "333333333333", "Name": "play", "ParentId": "r-ab12"},
        ],
        "Policies": [{"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "Content": full}],
        "Attachments": attachments,
    });
    change(&mut snapshot);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("org.json"), snapshot.to_string()).unwrap();
    folder
}

fn run(folder: &TempDir, args: &[&str]) -> Run {
    let mut command = command(&[&["--org", "org.json"], args].concat());
    finish(command.current_dir(folder), b"")
}

/// The text and the notes of the JSON of each command.
fn answers(folder: &TempDir) -> Vec<(&'static str, String, Vec<String>)> {
    let commands: [(&str, &[&str]); 6] = [
        ("can", &["can", SHOP, "s3:GetObject"]),
        ("who-can", &["who-can", "s3:GetObject"]),
        ("effective", &["effective", SHOP]),
        ("effective of a unit", &["effective", "Root"]),
        ("simulate", &["simulate", "--move", "shop=Root"]),
        ("audit", &["audit"]),
    ];
    let answer = |(name, args): (&'static str, &[&str])| {
        let json = run(folder, &[&["--format", "json"], args].concat()).stdout;
        let json: Value = serde_json::from_str(&json).unwrap();
        let notes = json.get("notes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let notes = notes.iter().map(|note| note.as_str().unwrap().to_owned()).collect();
        (name, run(folder, args).fits_80_columns().stdout, notes)
    };
    commands.into_iter().map(answer).collect()
}

fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn eval_13_every_command_says_that_the_snapshot_is_probably_incomplete() {
    let snapshot = folder("ou-ab12-prod0001", |_| {});
    for (name, text, notes) in answers(&snapshot) {
        let text = joined(&text);
        assert!(text.contains("as the snapshot stands"), "{name}: {text}");
        assert!(name == "simulate" || text.contains("BLOCKED as the snapshot stands"), "{name}: {text}");
        let [note] = notes.as_slice() else { panic!("{name}: {notes:?}") };
        assert!(note.contains("no SCP to the organizational unit `Prod` (ou-ab12-prod0001)"), "{name}: {note}");
        assert!(
            note.contains("probably incomplete") && note.contains("--target-id ou-ab12-prod0001"),
            "{name}: {note}"
        );
        assert!(text.contains(&joined(note)), "{name}: {text}");
    }
    assert_eq!(run(&snapshot, &["can", SHOP, "s3:GetObject"]).code, 1, "the verdict stays that of the snapshot");
    let questions = format!("{{\"account\": \"{SHOP}\", \"action\": \"s3:GetObject\"}}\n");
    let mut batch = command(&["--org", "org.json", "can", "--requests", "-"]);
    let batch = finish(batch.current_dir(&snapshot), questions.as_bytes()).stdout;
    assert!(batch.contains("\"decision\":\"implicitDeny\"") && batch.contains("probably incomplete"), "{batch}");
}

#[test]
fn eval_13_what_only_looks_like_it_is_not_accused() {
    let silent = [
        // The list could not be read: unknown, not empty.
        folder("ou-ab12-prod0001", |snapshot| {
            snapshot["Unreadable"] = json!([{"TargetId": "ou-ab12-prod0001", "Operation": "ListPoliciesForTarget"}]);
        }),
        // SCPs are not enabled.
        folder("ou-ab12-prod0001", |snapshot| snapshot["Roots"][0]["PolicyTypes"] = json!([])),
        // No SCP restricts the management account.
        folder("111111111111", |_| {}),
        // Something else is attached, even if it allows nothing.
        folder("ou-ab12-prod0001", |snapshot| {
            snapshot["Policies"].as_array_mut().unwrap().push(json!({
                "Id": "p-nothing1", "Type": "SERVICE_CONTROL_POLICY",
                "Content": {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}},
            }));
            let attachments = snapshot["Attachments"].as_array_mut().unwrap();
            attachments.push(json!({"TargetId": "ou-ab12-prod0001", "PolicyId": "p-nothing1"}));
        }),
    ];
    for snapshot in &silent {
        for (name, text, notes) in answers(snapshot) {
            assert!(!joined(&text).contains("as the snapshot stands"), "{name}: {text}");
            assert!(!notes.iter().any(|note| note.contains("attaches no SCP")), "{name}: {notes:?}");
        }
    }
}

#[test]
fn eval_13_a_deny_is_no_less_certain_for_it() {
    let snapshot = folder(SHOP, |snapshot| {
        snapshot["Policies"].as_array_mut().unwrap().push(json!({
            "Id": "p-denys300", "Type": "SERVICE_CONTROL_POLICY",
            "Content": {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}},
        }));
        let attachments = snapshot["Attachments"].as_array_mut().unwrap();
        attachments.push(json!({"TargetId": "r-ab12", "PolicyId": "p-denys300"}));
    });
    let text = run(&snapshot, &["can", SHOP, "s3:GetObject"]).stdout;
    assert!(text.starts_with("BLOCKED by an explicit Deny\n"), "{text}");
    assert!(joined(&text).contains("attaches no SCP to the account `shop` (222222222222)"), "{text}");
}
