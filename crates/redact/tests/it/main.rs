//! Snapshots in, snapshots without names out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests, which may panic"
)]

mod redacting;

use serde_json::{Value, json};

/// A small organization whose account names are of all kinds: long, short, and words that mean something else.
fn base() -> Value {
    let account = |id: &str, name: &str, parent: &str, tags: Value| json!({"Id": id, "Name": name, "ParentId": parent, "Tags": tags});
    let unit = |id: &str, name: &str, parent: &str| json!({"Id": id, "Name": name, "ParentId": parent});
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    let targets = ["r-ab12", "ou-ab12-prod0001", "222222222222", "111111111111"];
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
        "Roots": [{"Id": "r-ab12", "Name": "Root"}],
        "OrganizationalUnits": [
            unit("ou-ab12-prod0001", "Prod", "r-ab12"),
            unit("ou-ab12-test0001", "Test", "ou-ab12-work0001"),
            unit("ou-ab12-sand0001", "Sandbox", "r-ab12"),
            unit("ou-ab12-work0001", "Work", "r-ab12"),
        ],
        "Accounts": [
            account("777777777777", "bench", "ou-ab12-work0001", json!([])),
            account("111111111111", "management", "r-ab12", json!([])),
            account("222222222222", "shop", "ou-ab12-prod0001", json!([tag("env", "prod"), tag("a=b", "c=d")])),
            account("333333333333", "play", "ou-ab12-sand0001", json!([tag("env", "sandbox")])),
            account("444444444444", "relay", "r-ab12", json!([])),
            account("666666666666", "rig", "ou-ab12-test0001", json!([])),
        ],
        "Policies": [
            {"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true,
             "Content": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}},
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
    value.to_string()
}
