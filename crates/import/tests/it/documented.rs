//! `docs/import.md` and the schema say what the code does.

use std::fs;
use std::path::Path;

use scproof_import::{CONFIG_FORMAT, CONFIG_SKELETON, IMPORT_CODES, PLAN_CODES};
use scproof_text::Code;
use serde_json::{Value, json};

use crate::page::hold;
use crate::table::with_rows;
use crate::{organization, refuse};

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
}

#[test]
fn the_table_of_codes_is_written_from_the_codes() {
    let what = |code: &Code| [code.summary, code.text].join(". ").trim_end_matches(['.', ' ']).to_owned();
    let row = |code: &Code| format!("| `{}` | {} |", code.code, what(code));
    hold("import.md", &with_rows(&document("import.md"), "| code | what is wrong |", IMPORT_CODES.iter().map(row)));
}

#[test]
fn the_notes_on_plans_are_written_from_the_codes() {
    let what = |code: &Code| [code.summary, code.text].join(". ").trim_end_matches(['.', ' ']).to_owned();
    let row = |code: &Code| format!("| `{}` | {} | {} |", code.code, code.severity.as_str(), what(code));
    let page = document("terraform.md");
    hold("terraform.md", &with_rows(&page, "| code | severity | what it says |", PLAN_CODES.iter().map(row)));
}

#[test]
fn the_documented_example_is_an_organization() {
    let page = document("import.md");
    let example = page.split("```yaml\n").nth(1).unwrap().split_once("```").unwrap().0;
    let example = example.replace("File: policies/region-lock.json", "Content: '{}'");
    let organization = organization(&example);
    assert_eq!(organization.ou_path(organization.resolve_account("shop").unwrap()), "Root/Workloads/Prod");
}

/// What the code takes, the schema takes; what is misspelt neither does.
#[test]
fn the_schema_fits() {
    let schema: Value = serde_json::from_str(&document("schemas/scproof-config-1.json")).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let whole = json!({
        "$schema": "x", "Format": CONFIG_FORMAT, "Description": "d", "FullAWSAccess": true,
        "Organization": {"Id": "o-exampleorg1", "ManagementAccount": "m", "Partition": "aws"},
        "Root": {"Id": "r-ab12", "Name": "Root", "FullAWSAccess": true},
        "Units": [{"Path": "a", "Id": "ou-ab12-unit0001", "FullAWSAccess": false}],
        "Accounts": [{"Name": "m", "Id": "111111111111", "Unit": "a", "Email": "m@example.com", "Tags": {"a": "b"},
                      "FullAWSAccess": true}],
        "Policies": [{"Name": "p", "Id": "p-policy0001", "Type": "RESOURCE_CONTROL_POLICY", "Description": "d",
                      "Content": {"Statement": []}}],
        "Attachments": [{"Policy": "p", "To": "a"}, {"Policy": ["p"], "To": ["m", "Root"]}],
    });
    assert!(schema.is_valid(&whole));
    organization(&whole.to_string());
    for (pointer, name) in [
        ("", "Unit"),
        ("/Organization", "ID"),
        ("/Root", "x"),
        ("/Units/0", "Name"),
        ("/Accounts/0", "OU"),
        ("/Policies/0", "Text"),
        ("/Attachments/0", "Target"),
    ] {
        let mut wrong = whole.clone();
        wrong.pointer_mut(pointer).unwrap().as_object_mut().unwrap().insert(name.to_owned(), json!("x"));
        assert!(!schema.is_valid(&wrong), "{pointer}/{name}");
        assert_eq!(refuse(&wrong.to_string()).faults()[0].code, "unknown-member", "{pointer}/{name}");
    }
    assert!(CONFIG_SKELETON.contains(CONFIG_FORMAT));
}
