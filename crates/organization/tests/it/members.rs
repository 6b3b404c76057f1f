//! The members that the format documents, and no others, are read and written.

use scproof_organization::Inventory;
use serde_json::{Value, json};

/// A snapshot with every member of the format.
fn everything() -> Value {
    json!({
        "Format": "scproof-inventory/1",
        "TakenAt": "2026-11-23T19:00:00Z",
        "FinishedAt": 1_795_460_530.125,
        "Source": "organizations.us-east-1.amazonaws.com",
        "Organization": {"Id": "o-exampleorg1", "Arn": "arn:aws:organizations::1:organization/o-exampleorg1", "FeatureSet": "ALL",
            "MasterAccountId": "222222222222", "MasterAccountArn": "arn:aws:organizations::1:account/o-exampleorg1/222222222222"},
        "Roots": [{"Id": "r-ab12", "Arn": "arn:aws:organizations::1:root/o-exampleorg1/r-ab12", "Name": "Root",
            "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}],
        "OrganizationalUnits": [{"Id": "ou-ab12-prod0001", "Arn": "arn:aws:organizations::1:ou/o-exampleorg1/ou-ab12-prod0001",
            "Name": "Prod", "ParentId": "r-ab12", "Path": "o-exampleorg1/r-ab12/ou-ab12-prod0001/"}],
        "Accounts": [{"Id": "222222222222", "Arn": "arn:aws:organizations::1:account/o-exampleorg1/222222222222", "Name": "shop",
            "Email": "shop@example.com", "State": "ACTIVE", "Status": "ACTIVE", "ParentId": "ou-ab12-prod0001",
            "Tags": [{"Key": "env", "Value": "prod"}], "Paths": ["o-exampleorg1/r-ab12/ou-ab12-prod0001/222222222222/"]}],
        "Policies": [{"Id": "p-FullAWSAccess", "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
            "Name": "FullAWSAccess", "Description": "Allows access to every operation", "Type": "SERVICE_CONTROL_POLICY",
            "AwsManaged": true, "Content": "{}"}],
        "Attachments": [{"TargetId": "r-ab12", "PolicyId": "p-FullAWSAccess"}],
        "Unreadable": [{"TargetId": "ou-ab12-prod0001", "Operation": "ListPoliciesForTarget", "Error": "AccessDeniedException"}],
    })
}

#[test]
fn every_member_survives() {
    let inventory = Inventory::from_json(&everything().to_string()).unwrap();
    let saved: Value = serde_json::from_str(&inventory.to_json()).unwrap();
    assert_eq!(saved, everything());
}

#[test]
fn what_is_optional_may_be_missing_and_the_rest_may_not() {
    let optional = [
        "/TakenAt",
        "/FinishedAt",
        "/Source",
        "/Organization/Arn",
        "/Organization/MasterAccountId",
        "/Organization/MasterAccountArn",
        "/Roots/0/Arn",
        "/Roots/0/Name",
        "/Roots/0/PolicyTypes",
        "/OrganizationalUnits/0/Arn",
        "/OrganizationalUnits/0/Name",
        "/OrganizationalUnits/0/Path",
        "/Accounts/0/Arn",
        "/Accounts/0/Name",
        "/Accounts/0/Email",
        "/Accounts/0/State",
        "/Accounts/0/Status",
        "/Accounts/0/Tags",
        "/Accounts/0/Paths",
        "/Policies/0/Arn",
        "/Policies/0/Name",
        "/Policies/0/Description",
        "/Policies/0/AwsManaged",
        "/Policies/0/Content",
        "/Unreadable",
        "/Unreadable/0/Error",
    ];
    let mut seen = 0;
    for route in routes(&everything(), "") {
        let (parent, member) = route.rsplit_once('/').unwrap();
        if member == "Format" {
            // What is saved has it in any case.
            value_without_format();
            continue;
        }
        let mut value = everything();
        value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member);
        let result = Inventory::from_json(&value.to_string());
        if optional.contains(&route.as_str()) {
            seen += 1;
            let inventory = result.unwrap_or_else(|error| panic!("{route}: {error}"));
            let saved: Value = serde_json::from_str(&inventory.to_json()).unwrap();
            assert_eq!(saved, value, "{route}");
            // `null` is the same as missing.
            *value.pointer_mut(parent).unwrap().as_object_mut().unwrap().entry(member).or_insert(Value::Null) =
                Value::Null;
            assert_eq!(Inventory::from_json(&value.to_string()).unwrap(), inventory, "{route}");
        } else {
            let error = result.err().unwrap_or_else(|| panic!("{route} may be missing"));
            let code = error.faults()[0].code;
            assert!(matches!(code, "missing-member" | "unreadable-without-target"), "{route}: {code}");
        }
    }
    assert_eq!(seen, optional.len());
}

fn value_without_format() {
    for absent in [None, Some(Value::Null)] {
        let mut value = everything();
        value.as_object_mut().unwrap().remove("Format");
        value.as_object_mut().unwrap().extend(absent.map(|absent| ("Format".to_owned(), absent)));
        assert_eq!(Inventory::from_json(&value.to_string()).unwrap().format, "scproof-inventory/1");
    }
}

fn routes(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| {
                let route = format!("{at}/{name}");
                let mut below = routes(value, &route);
                below.push(route);
                below
            })
            .collect(),
        Value::Array(elements) => {
            elements.iter().enumerate().flat_map(|(index, value)| routes(value, &format!("{at}/{index}"))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
