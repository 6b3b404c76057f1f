//! What a snapshot does not know is *unknown* in answers, and never empty (API-42, K3-13).

use serde_json::{Value, json};

use crate::run::{command, finish};

const SHOP: &str = "222222222222";

/// A root with a unit that holds `shop`; the root has `FullAWSAccess`, and a policy that denies S3 is attached to
/// `denied_at`.
fn snapshot(unreadable: &Value, denied_at: &str) -> String {
    let full = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
    let mut attachments: Vec<Value> = ["r-ab12", "ou-ab12-prod0001", "111111111111", SHOP]
        .iter()
        .map(|target| json!({"TargetId": target, "PolicyId": "p-FullAWSAccess"}))
        .collect();
    attachments.push(json!({"TargetId": denied_at, "PolicyId": "p-denys300"}));
    json!({
        "Format": "scproof-inventory/1",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
        "Roots": [{"Id": "r-ab12", "Name": "Root"}],
        "OrganizationalUnits": [{"Id": "ou-ab12-prod0001", "Name": "Prod", "ParentId": "r-ab12"}],
        "Accounts": [
            {"Id": "111111111111", "Name": "management", "ParentId": "r-ab12"},
            {"Id": SHOP, "Name": "shop", "ParentId": "ou-ab12-prod0001"},
        ],
        "Policies": [
            {"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "Content": full},
            {"Id": "p-denys300", "Type": "SERVICE_CONTROL_POLICY", "Content": deny},
        ],
        "Attachments": attachments,
        "Unreadable": unreadable,
    })
    .to_string()
}

/// The exit code of a question about `shop`.
fn code(text: &str, action: &str) -> i32 {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("org.json"), text).unwrap();
    let mut command = command(&["--org", "org.json", "can", SHOP, action]);
    finish(command.current_dir(&folder), b"").fits_80_columns().code
}

#[test]
fn trap_81_attachments_of_one_unit() {
    let unreadable = json!([{"TargetId": "ou-ab12-prod0001", "Operation": "ListPoliciesForTarget"}]);
    assert_eq!(code(&snapshot(&unreadable, "111111111111"), "s3:GetObject"), 5);
    assert_eq!(code(&snapshot(&unreadable, "r-ab12"), "s3:GetObject"), 1);
    assert_eq!(code(&snapshot(&json!([]), "111111111111"), "s3:GetObject"), 0);
}

#[test]
fn k3_13_the_place_of_an_account() {
    let unreadable = json!([{"TargetId": SHOP, "Operation": "ListParents", "Error": "AccessDeniedException"}]);
    assert_eq!(code(&snapshot(&unreadable, "111111111111"), "s3:GetObject"), 5);
    // Whatever is in between: the root is above every account.
    assert_eq!(code(&snapshot(&unreadable, "r-ab12"), "s3:GetObject"), 1);
    assert_eq!(code(&snapshot(&unreadable, SHOP), "s3:GetObject"), 1);
}

#[test]
fn k3_13_the_place_of_an_account_is_no_path() {
    let folder = tempfile::tempdir().unwrap();
    let unreadable = json!([{"TargetId": SHOP, "Operation": "ListParents", "Error": "AccessDeniedException"}]);
    std::fs::write(folder.path().join("org.json"), snapshot(&unreadable, "111111111111")).unwrap();
    let mut tree = command(&["--org", "org.json", "tree"]);
    let tree = finish(tree.current_dir(&folder), b"").fits_80_columns();
    assert!(tree.stdout.contains("shop (222222222222) [place unknown]"), "{}", tree.stdout);
    let mut can = command(&["--org", "org.json", "can", SHOP, "s3:GetObject"]);
    let can = finish(can.current_dir(&folder), b"").fits_80_columns();
    assert!(can.stdout.contains("whose place could"), "{}", can.stdout);
}

#[test]
fn api_42_the_text_of_one_policy() {
    let unreadable = json!([{"TargetId": "p-denys300", "Operation": "DescribePolicy"}]);
    assert_eq!(code(&snapshot(&unreadable, SHOP), "ec2:RunInstances"), 5);
    assert_eq!(code(&snapshot(&unreadable, "111111111111"), "ec2:RunInstances"), 0);
}

#[test]
fn api_42_the_targets_of_one_policy() {
    let unreadable = json!([{"TargetId": "p-denys300", "Operation": "ListTargetsForPolicy"}]);
    assert_eq!(code(&snapshot(&unreadable, "111111111111"), "s3:GetObject"), 5);
}
