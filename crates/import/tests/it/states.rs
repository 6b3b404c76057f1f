//! States of Terraform.

use scproof_import::read_state;
use scproof_organization::Organization;
use serde_json::{Value, json};

const DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;

fn resource(address: &str, values: &Value) -> Value {
    let own = address.rfind("aws_").map_or(address, |at| address.split_at(at).1);
    let (resource_type, name) = own.split_once('.').unwrap();
    let mode = if address.contains("data.") { "data" } else { "managed" };
    json!({"address": address, "mode": mode, "type": resource_type, "name": name, "values": values})
}

fn state(resources: &[Value], child: &[Value]) -> String {
    json!({"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {
        "resources": resources, "child_modules": [{"address": "module.a[\"x\"]", "resources": child}]}}})
    .to_string()
}

fn organization() -> Value {
    json!({"id": "o-exampleorg1", "arn": "arn:aws:organizations::111111111111:organization/o-exampleorg1",
        "feature_set": "ALL", "master_account_id": "111111111111", "enabled_policy_types": ["SERVICE_CONTROL_POLICY"],
        "roots": [{"id": "r-ab12", "name": "Root"}],
        "accounts": [{"id": "111111111111", "name": "management", "status": "ACTIVE"},
                     {"id": "333333333333", "name": "lab", "status": "ACTIVE"}]})
}

#[test]
fn a_state_becomes_a_snapshot_that_says_what_it_lacks() {
    let unit = json!({"id": "ou-ab12-prod0001", "name": "Prod", "parent_id": "r-ab12", "accounts": [{"id": "333333333333", "name": "lab"}]});
    let shop = json!({"id": "222222222222", "name": "shop", "email": "s@example.com", "parent_id": "ou-ab12-prod0001", "tags_all": {"env": "prod"}});
    let policy = json!({"id": "p-denys3aaaa", "name": "deny-s3", "content": DENY, "type": "SERVICE_CONTROL_POLICY", "description": ""});
    let tags = json!({"id": "p-tagpolicy1", "name": "tags", "content": "{}", "type": "TAG_POLICY"});
    let attached = json!({"policy_id": "p-denys3aaaa", "target_id": "ou-ab12-prod0001"});
    let elsewhere = json!({"policy_id": "p-denys3aaaa", "target_id": "444444444444"});
    let unread = json!({"policy_id": "p-elsewhere1", "target_id": "222222222222"});
    let text = state(
        &[
            resource("data.aws_organizations_organization.o", &organization()),
            resource("aws_organizations_organizational_unit.prod", &unit),
        ],
        &[
            resource("module.a[\"x\"].aws_organizations_account.shop", &shop),
            resource("module.a[\"x\"].aws_organizations_policy.p", &policy),
            resource("module.a[\"x\"].aws_organizations_policy.tags", &tags),
            resource("module.a[\"x\"].aws_organizations_policy_attachment.a", &attached),
            resource("module.a[\"x\"].aws_organizations_policy_attachment.b", &elsewhere),
            resource("module.a[\"x\"].aws_organizations_policy_attachment.c", &unread),
        ],
    );
    let inventory = read_state(&text).unwrap();
    let found = Organization::from_json(&inventory.to_json()).unwrap_or_else(|error| panic!("{error}"));
    let path = |name: &str| found.ou_path(found.resolve_account(name).unwrap());
    assert_eq!((path("shop").as_str(), path("lab").as_str()), ("Root/Prod", "Root/Prod"));
    // Whose parent no resource tells is somewhere.
    assert!(!found.is_place_known(found.resolve_account("management").unwrap()));
    assert_eq!(found.management_account().unwrap().as_str(), "111111111111");
    let scps = |name: &str| -> Vec<&str> {
        let node = found.node(found.resolve_target(name).unwrap());
        node.scps.iter().map(|&policy| found.policy(policy).display_name()).collect()
    };
    assert_eq!(scps("Prod"), ["FullAWSAccess", "deny-s3"]);
    assert_eq!(scps("shop"), ["FullAWSAccess", "p-elsewhere1"]);
    assert_eq!(found.origin("222222222222"), Some("module.a[\"x\"].aws_organizations_account.shop"));
    assert!(inventory.made_up.is_empty());
    let said = inventory.notes.join("\n");
    for what in [
        "`FullAWSAccess` is attached everywhere",
        "1 attachments are to",
        "the texts of 1 attached",
        "where 1 units or accounts",
    ] {
        assert!(said.contains(what), "{what} in {said}");
    }
}

#[test]
fn a_state_without_an_organization_has_one_made_up() {
    let policy = json!({"id": "p-denys3aaaa", "name": "deny-s3", "content": DENY, "type": "SERVICE_CONTROL_POLICY"});
    let inventory = read_state(&state(&[resource("aws_organizations_policy.p", &policy)], &[])).unwrap();
    assert_eq!(inventory.made_up, ["o-madeup0000", "r-madeup"]);
    Organization::from_inventory(&inventory).unwrap();
    // The root follows from what is attached to it, or from a unit.
    let attached =
        resource("aws_organizations_policy_attachment.a", &json!({"policy_id": "p-denys3aaaa", "target_id": "r-ab12"}));
    assert_eq!(read_state(&state(&[attached], &[])).unwrap().roots[0].id, "r-ab12");
}

#[test]
fn a_sensitive_text_is_not_read() {
    let policy =
        json!({"id": "p-denys3aaaa", "name": "deny-s3", "content": "TopSecret", "type": "SERVICE_CONTROL_POLICY"});
    let mut secret = resource("aws_organizations_policy.p", &policy);
    secret["sensitive_values"] = json!({"content": true});
    let inventory = read_state(&state(&[secret], &[])).unwrap();
    assert!(!inventory.to_json().contains("TopSecret"));
    assert!(inventory.notes.iter().any(|note| note.contains("marked as sensitive")));
}

#[test]
fn an_empty_state_and_other_files() {
    Organization::from_inventory(&read_state(&state(&[], &[])).unwrap()).unwrap();
    let unit = |id: &str, parent: &str| {
        let values = json!({"id": id, "name": "x", "parent_id": parent});
        resource(&format!("aws_organizations_organizational_unit.{}", id.replace('-', "_")), &values)
    };
    let circle = [unit("ou-ab12-one00001", "ou-ab12-two00001"), unit("ou-ab12-two00001", "ou-ab12-one00001")];
    assert_eq!(read_state(&state(&circle, &[])).unwrap_err().faults()[0].code, "parent-cycle");
    let plan = json!({"format_version": "1.2", "planned_values": {}, "resource_changes": []});
    assert_eq!(read_state(&plan.to_string()).unwrap_err().faults()[0].message, "this is a plan, not a state");
}
