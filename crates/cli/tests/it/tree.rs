//! `scproof tree`.

use insta::assert_snapshot;

use crate::run::{command, example, finish};

#[test]
fn the_example_organization() {
    assert_snapshot!(example(&["tree"]).fits_80_columns().page());
}

#[test]
fn a_part_with_all_policies() {
    assert_snapshot!(
        example(&["tree", "--target", "Prod/Regulated", "--target", "old-blog", "--policies"]).fits_80_columns().page()
    );
}

#[test]
fn json_lists_every_node_and_policy() {
    let json = example(&["--format", "json", "tree"]).json();
    assert_eq!(json["format"], "scproof-tree/1");
    assert_eq!(json["nodes"].as_array().unwrap().len(), 1 + 11 + 27);
    assert_eq!(json["policies"].as_array().unwrap().len(), 21);
    let shop = json["nodes"].as_array().unwrap().iter().find(|node| node["name"] == "shop").unwrap();
    assert_snapshot!(serde_json::to_string_pretty(shop).unwrap());
}

#[test]
fn an_unknown_target_gives_near_names() {
    assert_snapshot!(example(&["tree", "--target", "Sandbx"]).fits_80_columns().page());
}

/// Odd things are marked where they are and explained below; nothing from the snapshot can draw on the terminal.
#[test]
fn odd_organizations() {
    let text = r#"{"Format": "scproof-inventory/1", "TakenAt": "2026-11-23T19:00:00Z",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL"},
        "Roots": [{"Id": "r-ab12"}],
        "OrganizationalUnits": [{"Id": "ou-ab12-prod0001", "Name": "Prod\u001b[31m", "ParentId": "r-ab12"}],
        "Accounts": [{"Id": "222222222222", "ParentId": "ou-ab12-prod0001", "State": "PENDING_CLOSURE"}],
        "Policies": [{"Id": "p-12345678", "Type": "SERVICE_CONTROL_POLICY"}],
        "Attachments": [{"TargetId": "222222222222", "PolicyId": "p-12345678"}],
        "Unreadable": [{"TargetId": "ou-ab12-prod0001", "Operation": "ListPoliciesForTarget", "Error": "AccessDeniedException"}]}"#;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("org.json"), text).unwrap();
    let mut tree = command(&["--org", "org.json", "tree"]);
    assert_snapshot!(finish(tree.current_dir(&folder), b"").fits_80_columns().page());
    let mut can = command(&["--org", "org.json", "can", "222222222222", "s3:GetObject"]);
    assert_snapshot!(finish(can.current_dir(&folder), b"").fits_80_columns().page());
}

#[test]
fn lim_4_limits_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("limits.json");
    std::fs::write(&file, r#"[{"name": "max_scps_per_target", "value": 4}]"#).unwrap();
    let run = example(&["--limits", file.to_str().unwrap(), "tree"]).fits_80_columns();
    assert!(run.stdout.contains("error[too-many-scps]"), "{}", run.stdout);
    assert!(run.stdout.contains("Root (r-ex01) [!]"), "{}", run.stdout);
    std::fs::write(&file, r#"[{"name": "max_scps_per_targt", "value": 4}]"#).unwrap();
    let run = example(&["--limits", file.to_str().unwrap(), "tree"]).fits_80_columns();
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("did you mean `max_scps_per_target`?"), "{}", run.stderr);
}
