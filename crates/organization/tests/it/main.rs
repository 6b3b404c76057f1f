//! Snapshots in, organizations or faults out.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests, which may panic"
)]

mod change_files;
mod changes;
mod documented;
mod faults;
mod findings;
mod hand_written;
mod hostile;
mod members;
mod outputs;
#[path = "../../../text/tests/support/page.rs"]
mod page;
mod saving;
mod selecting;
#[path = "../../../text/tests/support/table.rs"]
mod table;
mod tree;

use scproof_organization::{Inventory, LoadError, Message, Organization};
use serde_json::{Value, json};

/// The organization that the traps of the specification are about.
fn base() -> Value {
    let full_access = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let targets = [
        "r-ab12",
        "ou-ab12-prod0001",
        "ou-ab12-sand0001",
        "ou-ab12-work0001",
        "ou-ab12-test0001",
        "111111111111",
        "222222222222",
        "333333333333",
        "444444444444",
        "666666666666",
        "777777777777",
    ];
    let attachments: Vec<Value> =
        targets.iter().map(|target| json!({"TargetId": target, "PolicyId": "p-FullAWSAccess"})).collect();
    json!({
        "Format": "scproof-inventory/1",
        "Organization": {
            "Id": "o-exampleorg1",
            "Arn": "arn:aws:organizations::111111111111:organization/o-exampleorg1",
            "FeatureSet": "ALL",
            "MasterAccountId": "111111111111",
        },
        "Roots": [{"Id": "r-ab12", "Name": "Root", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}],
        "OrganizationalUnits": [
            {"Id": "ou-ab12-prod0001", "Name": "Prod", "ParentId": "r-ab12"},
            {"Id": "ou-ab12-test0001", "Name": "Test", "ParentId": "ou-ab12-work0001"},
            {"Id": "ou-ab12-sand0001", "Name": "Sandbox", "ParentId": "r-ab12"},
            {"Id": "ou-ab12-work0001", "Name": "Work", "ParentId": "r-ab12"},
        ],
        "Accounts": [
            {"Id": "777777777777", "Name": "bench", "State": "ACTIVE", "ParentId": "ou-ab12-work0001"},
            {"Id": "111111111111", "Name": "management", "State": "ACTIVE", "ParentId": "r-ab12"},
            {"Id": "222222222222", "Name": "shop", "State": "ACTIVE", "ParentId": "ou-ab12-prod0001",
             "Tags": [{"Key": "env", "Value": "prod"}, {"Key": "a=b", "Value": "c=d"}]},
            {"Id": "333333333333", "Name": "play", "State": "ACTIVE", "ParentId": "ou-ab12-sand0001",
             "Tags": [{"Key": "env", "Value": "sandbox"}]},
            {"Id": "444444444444", "Name": "relay", "State": "ACTIVE", "ParentId": "r-ab12"},
            {"Id": "666666666666", "Name": "rig", "State": "ACTIVE", "ParentId": "ou-ab12-test0001"},
        ],
        "Policies": [
            {"Id": "p-FullAWSAccess", "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
             "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true, "Content": full_access},
            {"Id": "p-denys3aaaa", "Name": "DenyS3", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false,
             "Content": {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}},
        ],
        "Attachments": attachments,
    })
}

/// The base with changes.
fn base_with(change: impl FnOnce(&mut Value)) -> String {
    let mut value = base();
    change(&mut value);
    serde_json::to_string_pretty(&value).unwrap()
}

fn load(text: &str) -> Organization {
    Organization::from_json(text).unwrap_or_else(|error| panic!("{error}"))
}

/// The error of a text; the three ways to read must agree on its faults.
fn refuse(text: &str) -> LoadError {
    let error = Inventory::from_json(text).unwrap_err();
    assert_eq!(Organization::from_json(text).unwrap_err(), error);
    assert_eq!(Inventory::from_slice(text.as_bytes()).unwrap_err(), error);
    error
}

/// The only fault of a text.
fn only_fault(text: &str) -> Message {
    let error = refuse(text);
    assert_eq!(error.faults().len(), 1, "{:#?}", error.faults());
    error.faults()[0].clone()
}

/// Codes with routes.
fn codes(error: &LoadError) -> Vec<String> {
    error.faults().iter().map(|fault| format!("{} at {}", fault.code, fault.path)).collect()
}

/// What a text has at a fault's line and column, to its end of line.
fn pointed_at<'t>(text: &'t str, fault: &Message) -> &'t str {
    let (line, column) = fault.line_and_column().unwrap();
    let line = text.lines().nth(line - 1).unwrap();
    let (start, _) = line.char_indices().nth(column - 1).unwrap();
    &line[start..]
}
