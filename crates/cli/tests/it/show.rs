//! `scproof show`.

use insta::assert_snapshot;
use serde_json::json;

use crate::run::{command, example, finish};

#[test]
fn a_policy_as_it_is_stored() {
    assert_snapshot!(example(&["show", "region-lock"]).page());
    let json = example(&["--format", "json", "show", "region-lock"]).json();
    let text = example(&["show", "region-lock", "--text"]);
    assert_eq!((json["policy"]["content"].as_str(), text.code), (Some(text.stdout.as_str()), 0));
    assert_eq!(json["target"], json!(null));
    assert_eq!(json["policy"]["characters"], json!(text.stdout.chars().count()));
}

#[test]
fn what_is_attached_on_the_way_to_an_account() {
    assert_snapshot!(example(&["show", "shop"]).fits_80_columns().page());
    let json = example(&["--format", "json", "show", "shop"]).json();
    assert_eq!(json["policy"], json!(null));
    let levels = json["levels"].as_array().unwrap();
    assert_eq!(levels.first().unwrap()["kind"], "root");
    assert_eq!(levels.last().unwrap()["id"], json["target"]["id"]);
    let marked = example(&["--format", "markdown", "show", "region-lock"]).stdout;
    assert!(marked.contains("```json"), "{marked}");
}

#[test]
fn what_cannot_be_shown() {
    let unknown = example(&["show", "regon-lock"]).fits_80_columns();
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("did you mean `region-lock`"), "{}", unknown.page());
    let target = example(&["show", "shop", "--text"]);
    assert_eq!(target.code, 2);
    let json = example(&["--format", "json", "show", "region-lock", "--text"]);
    assert_eq!(json.code, 2, "{}", json.page());
}

#[test]
fn a_snapshot_to_fill_in_and_one_of_outputs() {
    let skeleton = finish(&mut command(&["snapshot", "new"]), b"");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("org.json");
    std::fs::write(&file, &skeleton.stdout).unwrap();
    let asked = finish(command(&["--org"]).arg(&file).args(["can", "shop", "s3:GetObject"]), b"");
    assert_eq!(asked.code, 0, "{}", asked.page());
    let outputs = folder.path().join("outputs");
    std::fs::create_dir(&outputs).unwrap();
    let made = || finish(command(&["snapshot", "new"]).arg(&outputs), b"");
    assert_eq!(made().code, 2);
    std::fs::write(
        outputs.join("organization.json"),
        r#"{"Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL"}}"#,
    )
    .unwrap();
    let incomplete = made().fits_80_columns();
    assert!(incomplete.code == 3 && incomplete.stderr.contains("no file has the root"), "{}", incomplete.page());
    let empty = r#"{"Roots": [{"Id": "r-ab12"}]}"#;
    std::fs::write(outputs.join("roots.json"), empty).unwrap();
    let policy = r#"{"Policies": [{"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}]}"#;
    std::fs::write(outputs.join("policies-for-r-ab12.json"), policy).unwrap();
    let whole = made();
    assert!(whole.code == 0 && whole.stdout.contains("scproof-inventory/1"), "{}", whole.page());
}

/// A name of both is no choice; a text that could not be read is not empty.
#[test]
fn names_of_two_things_and_texts_that_are_not_there() {
    let text = r#"{"Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL"}, "Roots": [{"Id": "r-ab12", "Name": "Root"}],
        "OrganizationalUnits": [{"Id": "ou-ab12-prod0001", "Name": "guard", "ParentId": "Root"}],
        "Accounts": [{"Id": "222222222222", "Name": "shop", "ParentId": "guard"}],
        "Policies": [{"Id": "p-guard0001", "Name": "guard", "Type": "SERVICE_CONTROL_POLICY"}],
        "Attachments": [{"TargetId": "shop", "PolicyId": "guard"}]}"#;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("org.json");
    std::fs::write(&file, text).unwrap();
    let show = |args: &[&str]| finish(command(&["--org"]).arg(&file).arg("show").args(args), b"");
    let both = show(&["guard"]);
    assert_eq!(both.code, 2);
    assert!(both.stderr.contains("`p-guard0001` or `ou-ab12-prod0001`"), "{}", both.page());
    let policy = show(&["p-guard0001"]).fits_80_columns();
    assert!(policy.code == 0 && policy.stdout.contains("could not be read"), "{}", policy.page());
    assert_eq!(show(&["p-guard0001", "--text"]).code, 3);
}
