//! Changes tried on copies: what AWS would say, what is odd, what differs, what was expected.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, which may panic"
)]

mod difference;
mod documented;
mod expect;
mod notices;
#[path = "../../../text/tests/support/page.rs"]
mod page;
mod preconditions;
#[path = "../../../text/tests/support/table.rs"]
mod table;

use std::path::Path;

use scproof_organization::{ChangeSet, Organization};
use scproof_policy_parser::Quotas;
use scproof_simulator::{Rehearsal, Step};
use serde_json::{Value, json};

const FULL_ACCESS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;

/// Root with Prod (shop) and Work (bench) with Test (rig); the management account under the root.
fn base() -> Value {
    let targets = [
        "r-ab12",
        "ou-ab12-prod0001",
        "ou-ab12-work0001",
        "ou-ab12-test0001",
        "111111111111",
        "222222222222",
        "666666666666",
        "777777777777",
    ];
    let attachments: Vec<Value> =
        targets.iter().map(|target| json!({"TargetId": target, "PolicyId": "p-FullAWSAccess"})).collect();
    json!({
        "Format": "scproof-inventory/1",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
        "Roots": [{"Id": "r-ab12", "Name": "Root", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}],
        "OrganizationalUnits": [
            {"Id": "ou-ab12-prod0001", "Name": "Prod", "ParentId": "r-ab12"},
            {"Id": "ou-ab12-work0001", "Name": "Work", "ParentId": "r-ab12"},
            {"Id": "ou-ab12-test0001", "Name": "Test", "ParentId": "ou-ab12-work0001"},
        ],
        "Accounts": [
            {"Id": "111111111111", "Name": "management", "Email": "root@example.com", "ParentId": "r-ab12"},
            {"Id": "222222222222", "Name": "shop", "ParentId": "ou-ab12-prod0001", "Tags": [{"Key": "env", "Value": "prod"}]},
            {"Id": "666666666666", "Name": "rig", "ParentId": "ou-ab12-test0001"},
            {"Id": "777777777777", "Name": "bench", "ParentId": "ou-ab12-work0001"},
        ],
        "Policies": [
            {"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true, "Content": FULL_ACCESS},
            {"Id": "p-denys3aaaa", "Name": "DenyS3", "Type": "SERVICE_CONTROL_POLICY", "Content": DENY},
        ],
        "Attachments": attachments,
    })
}

fn load(value: &Value) -> Organization {
    Organization::from_json(&value.to_string()).unwrap_or_else(|error| panic!("{error}"))
}

fn base_with(change: impl FnOnce(&mut Value)) -> Organization {
    let mut value = base();
    change(&mut value);
    load(&value)
}

fn push(value: &mut Value, list: &str, record: Value) {
    value[list].as_array_mut().unwrap().push(record);
}

fn changes(organization: &Organization, changes: &Value) -> ChangeSet {
    let text = json!({"Format": "scproof-changes/1", "Changes": changes}).to_string();
    ChangeSet::from_json(&text, Path::new("."), organization).unwrap_or_else(|error| panic!("{error}"))
}

fn rehearse_with(organization: &Organization, list: &Value, quotas: &Quotas) -> Vec<Step> {
    Rehearsal::new(organization, &changes(organization, list), quotas.clone()).collect()
}

fn rehearse(organization: &Organization, list: &Value) -> Vec<Step> {
    rehearse_with(organization, list, &Quotas::current())
}

fn limits(name: &str, value: u64) -> Quotas {
    Quotas::from_json(&json!([{"name": name, "value": value}]).to_string()).unwrap()
}
