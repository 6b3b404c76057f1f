//! `scproof diff`: two snapshots.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::run::{Run, repository};
use crate::simulate::{deny_databases, policy, run_in};

/// A folder with the example organization, and another that was changed.
fn folder(change: impl FnOnce(&mut Value)) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(repository().join("fixtures/organizations/example.json")).unwrap();
    let mut snapshot: Value = serde_json::from_str(&text).unwrap();
    change(&mut snapshot);
    fs::write(folder.path().join("after.json"), snapshot.to_string()).unwrap();
    folder
}

fn diff(folder: &Path, args: &[&str]) -> Run {
    run_in(folder, &[&["diff"], args].concat())
}

fn add(snapshot: &mut Value, list: &str, item: Value) {
    snapshot[list].as_array_mut().unwrap().push(item);
}

fn find<'s>(snapshot: &'s mut Value, list: &str, id: &str) -> &'s mut Value {
    snapshot[list].as_array_mut().unwrap().iter_mut().find(|item| item["Id"] == id).unwrap()
}

/// Every kind of structural difference once.
fn much(snapshot: &mut Value) {
    let content = deny_databases();
    add(
        snapshot,
        "Policies",
        json!({"Id": "p-databases1", "Name": "deny-databases", "Type": "SERVICE_CONTROL_POLICY", "Content": content}),
    );
    add(snapshot, "Attachments", json!({"TargetId": "ou-ex01-sandbox1", "PolicyId": "p-databases1"}));
    find(snapshot, "Accounts", "316000000005")["ParentId"] = json!("ou-ex01-nonprod1");
    find(snapshot, "Accounts", "417000000001")["Name"] = json!("sandbox-alicia");
    find(snapshot, "Accounts", "417000000002")["State"] = json!("SUSPENDED");
    let freeze = policy(&json!({"Sid": "Freeze", "Effect": "Deny", "Action": "*", "Resource": "*"}));
    find(snapshot, "Policies", "p-freeze2026x")["Content"] = freeze;
    let gone = ["417000000003"];
    for (list, member) in [("Accounts", "Id"), ("Attachments", "TargetId")] {
        snapshot[list].as_array_mut().unwrap().retain(|item| !gone.contains(&item[member].as_str().unwrap()));
    }
    add(snapshot, "Accounts", json!({"Id": "417000000009", "Name": "sandbox-dana", "ParentId": "ou-ex01-sandbox1"}));
    add(snapshot, "Attachments", json!({"TargetId": "417000000009", "PolicyId": "p-FullAWSAccess"}));
}

#[test]
fn two_snapshots() {
    let folder = folder(much);
    let run = diff(folder.path(), &["example", "after.json"]).fits_80_columns();
    assert_snapshot!(run.page());
}

#[test]
fn two_snapshots_in_json() {
    let folder = folder(much);
    let run = run_in(folder.path(), &["--format", "json", "diff", "example", "after.json", "--fail-on", "any"]);
    assert_eq!(run.code, 1);
    let json = run.json();
    assert_eq!(json["failed"], json!(["newlyBlocked", "otherReason", "unknown"]));
    assert_eq!(json["steps"], json!([]));
    assert_snapshot!(serde_json::to_string_pretty(&json["structure"]).unwrap());
}

#[test]
fn two_snapshots_in_markdown() {
    let folder = folder(much);
    assert_snapshot!(run_in(folder.path(), &["--format", "markdown", "diff", "example", "after.json"]).stdout);
}

#[test]
fn the_same_twice() {
    assert_snapshot!(diff(Path::new("/"), &["example", "example", "--fail-on", "any"]).fits_80_columns().page());
}

/// A policy that says the same in other words makes no difference, and that is proved.
#[test]
fn pre_5_another_text_that_says_the_same() {
    let folder = folder(|snapshot| {
        let content = find(snapshot, "Policies", "p-regionlock1");
        let text = content["Content"].as_str().unwrap().replace(": ", ":  ");
        content["Content"] = json!(text);
    });
    assert_snapshot!(diff(folder.path(), &["example", "after.json"]).fits_80_columns().page());
}

#[test]
fn a_snapshot_that_is_missing() {
    let run = diff(Path::new("/"), &["example", "missing.json"]).fits_80_columns();
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    assert!(run.stderr.starts_with("error: cannot read `missing.json`"), "{}", run.stderr);
}

#[test]
fn csv_has_a_line_an_account_and_difference() {
    let folder = folder(much);
    let json = diff(folder.path(), &["example", "after.json", "--format", "json"]).json();
    let run = diff(folder.path(), &["example", "after.json", "--format", "csv"]);
    let mut lines = run.stdout.lines();
    let head = "accountId,name,path,transition,before,after,actions,listedActions,when,complete,expected,example";
    assert_eq!((run.code, run.stderr.as_str(), lines.next()), (0, "", Some(head)));
    let mut expected = Vec::new();
    for group in json["groups"].as_array().unwrap() {
        for account in group["accounts"].as_array().unwrap() {
            let cell = |value: &Value| value.as_str().unwrap().to_owned();
            for difference in group["differences"].as_array().unwrap() {
                let (id, name, path) = (cell(&account["id"]), cell(&account["name"]), cell(&account["path"]));
                let [transition, before, after] =
                    ["transition", "before", "after"].map(|member| cell(&difference[member]));
                expected.push(format!("{id},{name},{path},{transition},{before},{after},"));
                let listed = difference["actions"]["listed"].as_u64().unwrap();
                let line = lines.next().unwrap();
                assert!(line.starts_with(expected.last().unwrap()) && line.contains(&format!(",{listed},")), "{line}");
                assert!(line.contains("scproof --org example can ") || line.contains("scproof --org after.json can "));
            }
        }
    }
    assert!(expected.len() > 4 && lines.next().is_none());
}
