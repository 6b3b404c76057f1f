//! Outputs of the AWS CLI, put together to a snapshot.

use scproof_organization::{Inventory, Organization, SKELETON};
use serde_json::{Value, json};

use crate::base;

#[test]
fn the_skeleton_is_a_snapshot() {
    let organization = Organization::from_json(SKELETON).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(organization.findings(), []);
    let shop = organization.resolve_account("shop").unwrap();
    assert_eq!(organization.ou_path(shop), "Root/Prod");
}

/// What the AWS CLI prints of the organization of the traps, a file each.
fn outputs() -> Vec<(String, Value)> {
    let base = base();
    let list = |name: &str| base[name].as_array().unwrap().clone();
    let mut files = vec![
        ("organization.json".to_owned(), json!({ "Organization": base["Organization"] })),
        ("roots.json".to_owned(), json!({ "Roots": base["Roots"] })),
        ("all-accounts.json".to_owned(), json!({ "Accounts": without(&list("Accounts"), "ParentId") })),
    ];
    for (member, prefix) in [("OrganizationalUnits", "units"), ("Accounts", "accounts")] {
        for parent in list("Roots").iter().chain(&list("OrganizationalUnits")) {
            let parent = parent["Id"].as_str().unwrap();
            let below: Vec<Value> = list(member).into_iter().filter(|item| item["ParentId"] == parent).collect();
            files.push((format!("{prefix}-{parent}.json"), json!({ member: without(&below, "ParentId") })));
        }
    }
    let policies = list("Policies");
    files.push(("policies.json".to_owned(), json!({ "Policies": without(&policies, "Content") })));
    for policy in &policies {
        let id = policy["Id"].as_str().unwrap();
        let summary = without(std::slice::from_ref(policy), "Content").remove(0);
        let described = json!({ "Policy": {"PolicySummary": summary, "Content": policy["Content"]} });
        files.push((format!("policy-{id}.json"), described));
        let attached = list("Attachments").into_iter().filter(|entry| entry["PolicyId"] == id);
        let targets: Vec<Value> = attached.map(|entry| json!({"TargetId": entry["TargetId"], "Name": "x"})).collect();
        files.push((format!("targets-{id}.json"), json!({ "Targets": targets })));
    }
    files
}

fn without(items: &[Value], member: &str) -> Vec<Value> {
    let mut items = items.to_vec();
    for item in &mut items {
        item.as_object_mut().unwrap().remove(member);
    }
    items
}

fn put_together(files: &[(String, Value)]) -> Result<Inventory, Vec<String>> {
    let texts: Vec<(&str, String)> = files.iter().map(|(name, value)| (name.as_str(), value.to_string())).collect();
    Inventory::from_outputs(texts.iter().map(|(name, text)| (*name, text.as_str())))
        .map_err(|error| error.faults().iter().map(|fault| fault.message.clone()).collect())
}

#[test]
fn outputs_make_the_same_snapshot() {
    let mut expected = Inventory::from_json(&base().to_string()).unwrap();
    expected.sort();
    let mut found = put_together(&outputs()).unwrap();
    found.sort();
    assert_eq!(found, expected);
}

/// What is attached can be asked from both sides, and AWS's own paths tell parents.
#[test]
fn other_calls_say_the_same() {
    let base = base();
    let mut files = outputs();
    files.retain(|(name, _)| !name.starts_with("targets-") && !name.starts_with("accounts-"));
    for target in base["Attachments"].as_array().unwrap() {
        let of = |entry: &&Value| entry["TargetId"] == target["TargetId"];
        let policies = base["Attachments"].as_array().unwrap().iter().filter(of);
        let policies: Vec<Value> = policies.map(|entry| json!({"Id": entry["PolicyId"]})).collect();
        let id = target["TargetId"].as_str().unwrap();
        files.push((format!("policies-for-{id}.json"), json!({ "Policies": policies })));
    }
    for (index, account) in base["Accounts"].as_array().unwrap().iter().enumerate() {
        let (id, parent) = (account["Id"].as_str().unwrap(), account["ParentId"].as_str().unwrap());
        if index % 2 == 0 {
            files.push((format!("parents-{id}.json"), json!({"Parents": [{"Id": parent, "Type": "X"}]})));
        } else {
            let path = format!("o-exampleorg1/r-ab12/{parent}/{id}/").replace("r-ab12/r-ab12", "r-ab12");
            files.push((format!("account-{id}.json"), json!({"Accounts": [{"Id": id, "Paths": [path]}]})));
        }
    }
    let found = put_together(&files).unwrap();
    let expected = Inventory::from_json(&base.to_string()).unwrap();
    let parents = |inventory: &Inventory| -> Vec<(String, String)> {
        let mut all: Vec<_> = inventory.accounts.iter().map(|a| (a.id.clone(), a.parent_id.clone())).collect();
        all.sort();
        all
    };
    assert_eq!(parents(&found), parents(&expected));
    let [found, expected] = [found, expected].map(|mut inventory| {
        inventory.sort();
        inventory.attachments
    });
    assert_eq!(found, expected);
}

/// Nothing is guessed: each gap is told, and no snapshot comes out.
#[test]
fn what_no_file_says_is_told() {
    let mut files = outputs();
    files.retain(|(name, _)| name == "all-accounts.json");
    files[0].1["NextToken"] = json!("more");
    files.push(("notes.json".to_owned(), json!({"hello": 1})));
    files.push(("targets.json".to_owned(), json!({"Targets": [{"TargetId": "222222222222"}]})));
    let faults = put_together(&files).unwrap_err();
    for expected in [
        "`all-accounts.json`: the list goes on: it has a `NextToken`",
        "`notes.json`: this is no output that a snapshot is made of",
        "`targets.json`: targets of which policy these are cannot be told",
        "no file has the organization",
        "no file has the root",
        "no file says where policies are attached",
        "no file says where the account `222222222222` is",
    ] {
        assert!(faults.iter().any(|fault| fault == expected), "{expected}: {faults:#?}");
    }
    // A policy that was attached but never read: the ordinary reader finds it.
    let mut files = outputs();
    files.retain(|(name, _)| name != "policies.json" && name != "policy-p-denys3aaaa.json");
    let attached = json!({"Targets": [{"TargetId": "222222222222"}]});
    files.push(("targets-p-other0001.json".to_owned(), attached));
    let faults = put_together(&files).unwrap_err();
    assert!(faults.iter().any(|fault| fault.contains("`p-other0001` is not in the snapshot")), "{faults:#?}");
}
