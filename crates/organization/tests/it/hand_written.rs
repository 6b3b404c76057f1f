//! Snapshots as people write them: names where ids are meant, outputs of the AWS CLI pasted whole, no `Format`.

use scproof_organization::Inventory;
use serde_json::{Value, json};

use crate::{base, base_with, codes, pointed_at, refuse};

fn inventory(change: impl FnOnce(&mut Value)) -> Inventory {
    Inventory::from_json(&base_with(change)).unwrap()
}

#[test]
fn a_snapshot_is_told_by_its_members() {
    let without = base_with(|value| drop(value.as_object_mut().unwrap().remove("Format")));
    assert_eq!(Inventory::from_json(&without).unwrap(), Inventory::from_json(&base().to_string()).unwrap());
    // Another file with some of them is none.
    let error = refuse(r#"{"Accounts": [], "Policies": []}"#);
    assert_eq!(codes(&error), ["missing-member at Format"]);
    // A format that is given counts.
    let error = refuse(&base_with(|value| value["Format"] = json!("inventory")));
    assert_eq!(codes(&error), ["unknown-format at Format"]);
}

#[test]
fn names_stand_for_ids() {
    let by_name = inventory(|value| {
        value["OrganizationalUnits"][0]["ParentId"] = json!("Root");
        value["Accounts"][1]["ParentId"] = json!("Prod");
        value["Policies"][0]["Name"] = json!("everything");
        value["Attachments"][0]["TargetId"] = json!("Prod");
        value["Attachments"][0]["PolicyId"] = json!("everything");
        value["Unreadable"] = json!([{"Operation": "ListPoliciesForTarget", "TargetId": "Sandbox"}]);
    });
    let policy = base()["Policies"][0]["Id"].as_str().unwrap().to_owned();
    assert_eq!(by_name.organizational_units[0].parent_id, "r-ab12");
    assert_eq!(by_name.accounts[1].parent_id, "ou-ab12-prod0001");
    assert_eq!(by_name.attachments[0].target_id, "ou-ab12-prod0001");
    assert_eq!(by_name.attachments[0].policy_id, policy);
    assert_eq!(by_name.unreadable[0].target_id.as_deref(), Some("ou-ab12-sand0001"));
}

/// Whoever has the name twice must say which is meant, and what looks like an id is one.
#[test]
fn a_name_of_several_items_is_no_id() {
    let text = base_with(|value| {
        value["OrganizationalUnits"][2]["Name"] = json!("Prod");
        value["Accounts"][1]["ParentId"] = json!("Prod");
    });
    let error = refuse(&text);
    assert_eq!(codes(&error), ["unknown-parent at Accounts[1].ParentId"]);
    assert_eq!(error.faults()[0].help.as_deref(), Some("2 are called so: use the id"));
    let text = base_with(|value| {
        value["OrganizationalUnits"][0]["Name"] = json!("ou-ab12-gone0001");
        value["Accounts"][1]["ParentId"] = json!("ou-ab12-gone0001");
    });
    assert_eq!(codes(&refuse(&text)), ["unknown-parent at Accounts[1].ParentId"]);
    // An account holds no account.
    let text = base_with(|value| {
        value["Accounts"][2]["Name"] = json!("storage");
        value["Accounts"][1]["ParentId"] = json!("storage");
    });
    assert_eq!(codes(&refuse(&text)), ["unknown-parent at Accounts[1].ParentId"]);
}

#[test]
fn outputs_of_the_aws_cli_can_be_pasted() {
    let pasted = inventory(|value| {
        for name in ["Organization", "Roots", "OrganizationalUnits", "Accounts", "Policies"] {
            value[name] = json!({ name: value[name].take(), "NextToken": null });
        }
        let policies = value["Policies"]["Policies"].as_array_mut().unwrap();
        for (index, policy) in policies.iter_mut().enumerate() {
            let content = policy.as_object_mut().unwrap().remove("Content");
            let described = json!({"PolicySummary": policy.take(), "Content": content});
            *policy = if index == 0 { json!({ "Policy": described }) } else { described };
        }
    });
    assert_eq!(pasted, Inventory::from_json(&base().to_string()).unwrap());
}

#[test]
fn faults_in_what_was_pasted_have_their_places() {
    let text = base_with(|value| {
        value["Accounts"][2]["ParentId"] = json!("ou-ab12-prod0002");
        value["Accounts"] = json!({ "Accounts": value["Accounts"].take() });
        let mut policy = value["Policies"][0].take();
        policy["Id"] = json!("full");
        value["Policies"][0] = json!({ "Policy": {"PolicySummary": policy, "Content": null} });
        value["Attachments"] = json!([]);
    });
    let error = refuse(&text);
    assert_eq!(
        codes(&error),
        ["unknown-parent at Accounts.Accounts[2].ParentId", "bad-id at Policies[0].Policy.PolicySummary.Id"]
    );
    let [parent, id] = error.faults() else { panic!() };
    assert!(pointed_at(&text, parent).starts_with("\"ou-ab12-prod0002\""));
    assert!(pointed_at(&text, id).starts_with("\"full\""));
}
