//! `scproof import` and `scproof simulate --terraform-plan`: what repositories hold.

use std::fs;

use serde_json::{Value, json};

use crate::run::Run;
use crate::schema::check_as;
use crate::simulate::{folder, policy, run_in};

const ORGANIZATION: &str = "\
Format: scproof-config/1
Units: [{Path: Prod}]
Accounts: [{Name: shop, Unit: Prod}]
Policies:
  - Name: guard
    File: guard.json
Attachments: [{Policy: guard, To: Prod}]
";

/// Questions can be asked of what a file of names says, and the made-up ids are told.
#[test]
fn names_become_a_snapshot() {
    let own = policy(&json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}}}));
    let folder = folder(&[("guard.json", own)]);
    fs::write(folder.path().join("o.yaml"), ORGANIZATION).unwrap();
    let run = |args: &[&str]| run_in(folder.path(), args);
    let imported = run(&["import", "config", "o.yaml", "--output", "org.json"]).fits_80_columns();
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    assert!(imported.stderr.contains("5 ids are made up") && imported.stderr.contains("not read from AWS"));
    let snapshot: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("org.json")).unwrap()).unwrap();
    check_as("scproof-inventory/1", &snapshot);
    // Whether the organization is the one that the policy names cannot be told.
    let asked = run(&["--org", "org.json", "can", "shop", "s3:DeleteBucket"]).fits_80_columns();
    assert_eq!(asked.code, 5, "{}", asked.stdout);
    let text = format!("{ORGANIZATION}Organization: {{Id: o-exampleorg1}}\n");
    fs::write(folder.path().join("o.yaml"), text).unwrap();
    run(&["import", "config", "o.yaml", "--output", "org.json"]);
    assert_eq!(run(&["--org", "org.json", "can", "shop", "s3:DeleteBucket"]).code, 0);
    let tree = run(&["--org", "org.json", "tree"]).fits_80_columns();
    assert!(tree.stdout.contains("ids-made-up") && tree.stdout.contains("snapshot-note"), "{}", tree.stdout);
}

#[test]
fn faults_name_the_place_in_the_file() {
    let folder = folder(&[]);
    fs::write(folder.path().join("o.yaml"), ORGANIZATION.replace("Unit: Prod", "Unit: Pord")).unwrap();
    let run = run_in(folder.path(), &["import", "config", "o.yaml"]).fits_80_columns();
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    assert!(run.stderr.contains(" --> o.yaml:3:31"), "{}", run.stderr);
    assert!(run.stderr.contains("did you mean `Prod`?") && run.stderr.contains("2 faults"), "{}", run.stderr);
    let skeleton = run_in(folder.path(), &["import", "config"]);
    fs::write(folder.path().join("new.yaml"), skeleton.stdout).unwrap();
    assert_eq!(run_in(folder.path(), &["import", "config", "new.yaml"]).code, 0);
}

fn plan(policy_id: &Value, target: &Value) -> Value {
    let known = |name: &str, value: &Value| (name.to_owned(), value.clone());
    let values = [known("policy_id", policy_id), known("target_id", target)];
    let is_unknown = |(name, value): &(String, Value)| value.is_null().then(|| (name.clone(), json!(true)));
    let unknown: serde_json::Map<String, Value> = values.iter().filter_map(is_unknown).collect();
    let after: serde_json::Map<String, Value> = values.into_iter().filter(|(_, value)| !value.is_null()).collect();
    json!({
        "format_version": "1.2", "planned_values": {}, "resource_changes": [
            {"address": "aws_organizations_policy.guard", "mode": "managed", "type": "aws_organizations_policy", "name": "guard",
             "change": {"actions": ["create"], "before": null, "after_unknown": {"id": true}, "after": {
                 "name": "guard", "content": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"rds:*\",\"Resource\":\"*\"}]}"}}},
            {"address": "aws_organizations_policy_attachment.guard", "mode": "managed", "type": "aws_organizations_policy_attachment",
             "name": "guard", "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown}}],
        "configuration": {"root_module": {"resources": [
            {"mode": "managed", "type": "aws_organizations_policy_attachment", "name": "guard", "expressions": {
                "policy_id": {"references": ["aws_organizations_policy.guard.id", "aws_organizations_policy.guard"]},
                "target_id": {"references": ["var.target"]}}}]}},
    })
}

fn simulated(plan: &Value, more: &[&str]) -> Run {
    let folder = folder(&[("plan.json", plan.clone())]);
    let args = ["--org", "example", "simulate", "--terraform-plan", "plan.json"];
    let run = run_in(folder.path(), &[&args[..], more].concat());
    if more.contains(&"json") { run } else { run.fits_80_columns() }
}

#[test]
fn a_plan_says_what_it_would_do_and_which_resource_does_it() {
    let run = simulated(&plan(&Value::Null, &json!("ou-ex01-sandbox1")), &["--fail-on", "newly-blocked"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    for words in ["NEWLY BLOCKED in 3 accounts", "(`aws_organizations_policy_attachment.guard`)", "actions    rds:*"] {
        assert!(run.stdout.contains(words), "{words} in {}", run.stdout);
    }
}

/// What a plan does not know is unknown in the answer, and nowhere else.
#[test]
fn k3_14_an_unknown_target_leaves_only_its_policy_open() {
    let run = simulated(&plan(&Value::Null, &Value::Null), &["--fail-on", "unknown", "--account", "shop"]);
    assert_eq!(run.code, 5, "{}", run.stdout);
    assert!(run.stdout.contains("unknown before the plan is applied: to which target"), "{}", run.stdout);
    let json = simulated(&plan(&Value::Null, &Value::Null), &["--format", "json", "--account", "shop"]).json();
    let differences = json["groups"][0]["differences"].as_array().unwrap();
    assert!(!differences.is_empty());
    for difference in differences {
        assert_eq!(difference["transition"], "unknown");
        let terms = difference["actions"]["terms"].to_string();
        assert!(terms.contains("rds:") && !terms.contains("s3:"), "{terms}");
    }
}

/// A guardrail that is deleted before it is created again is missing for a while.
#[test]
fn a_gap_can_stop_a_plan() {
    let attached = json!({"policy_id": "p-quarantine1", "target_id": "ou-ex01-quaranti"});
    let replaced = |actions: &[&str]| {
        json!({"format_version": "1.2", "planned_values": {}, "resource_changes": [
            {"address": "aws_organizations_policy_attachment.q", "mode": "managed", "type": "aws_organizations_policy_attachment",
             "name": "q", "change": {"actions": actions, "before": attached, "after": attached, "after_unknown": {"id": true}}}]})
    };
    let run = simulated(&replaced(&["delete", "create"]), &["--fail-on", "gap"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(run.stdout.contains("OPEN ON THE WAY") && run.stdout.contains("after change 1"), "{}", run.stdout);
    let json = simulated(&replaced(&["delete", "create"]), &["--format", "json"]).json();
    assert!(json["gaps"].as_array().is_some_and(|gaps| !gaps.is_empty()));
    assert_eq!(json["transients"], json!([]));
    let forgotten = simulated(&replaced(&["forget"]), &["--fail-on", "any"]);
    assert_eq!(forgotten.code, 0, "{}", forgotten.stdout);
    assert!(forgotten.stdout.contains("stays at AWS"), "{}", forgotten.stdout);
}

#[test]
fn a_state_becomes_a_snapshot_and_other_files_are_told() {
    let state = json!({"format_version": "1.0", "values": {"root_module": {"resources": [
        {"address": "aws_organizations_policy.p", "mode": "managed", "type": "aws_organizations_policy", "name": "p",
         "values": {"id": "p-policy0001", "name": "p", "content": "{}", "type": "SERVICE_CONTROL_POLICY"}}]}}});
    let folder = folder(&[("state.json", state)]);
    let run = run_in(folder.path(), &["import", "terraform", "state.json"]);
    assert_eq!(run.code, 0);
    check_as("scproof-inventory/1", &serde_json::from_str(&run.stdout).unwrap());
    let wrong = run_in(folder.path(), &["--org", "example", "simulate", "--terraform-plan", "state.json"]);
    assert_eq!(wrong.code, 3);
    assert!(wrong.stderr.contains("not-terraform") && wrong.stderr.contains("terraform plan -out"), "{}", wrong.stderr);
    fs::write(folder.path().join("plan.out"), b"PK\x03\x04\xff\xff").unwrap();
    let wrong = run_in(folder.path(), &["--org", "example", "simulate", "--terraform-plan", "plan.out"]);
    assert_eq!(wrong.code, 3);
    assert!(wrong.stderr.contains("terraform show -json"), "{}", wrong.stderr);
}
