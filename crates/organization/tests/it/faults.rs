use std::io::{self, Read};

use scproof_organization::{Inventory, Organization};
use serde_json::{Value, json};

use crate::{base, base_with, codes, load, only_fault, pointed_at, refuse};

#[test]
fn several_faults_are_reported_at_once_each_at_its_place() {
    let text = base_with(|value| {
        value["Accounts"][2]["ParentId"] = json!("ou-ab12-prod0002");
        value["Attachments"][3]["PolicyId"] = json!("p-FullAwsAccess");
        value["Attachments"][4]["TargetId"] = json!("Prods");
        value["Policies"][1]["Id"] = json!("deny-s3");
    });
    let error = refuse(&text);
    assert_eq!(
        codes(&error),
        [
            "unknown-parent at Accounts[2].ParentId",
            "unknown-policy at Attachments[3].PolicyId",
            "unknown-target at Attachments[4].TargetId",
            "bad-id at Policies[1].Id",
        ]
    );
    let [parent, policy, target, id] = error.faults() else { panic!() };
    assert_eq!(pointed_at(&text, parent), "\"ou-ab12-prod0002\",");
    assert_eq!(parent.item.as_deref(), Some("222222222222"));
    assert_eq!(parent.help.as_deref(), Some("did you mean `ou-ab12-prod0001`?"));
    assert_eq!(pointed_at(&text, id), "\"deny-s3\",");
    assert_eq!(id.message, "`deny-s3` is not a policy id");
    assert_eq!(pointed_at(&text, policy), "\"p-FullAwsAccess\",");
    assert_eq!(policy.help.as_deref(), Some("did you mean `p-FullAWSAccess`?"));
    assert_eq!(pointed_at(&text, target), "\"Prods\"");
    assert_eq!(target.help.as_deref(), Some("did you mean `Prod`?"));
}

#[test]
fn an_inventory_in_memory_has_the_same_faults_without_lines() {
    let mut inventory = Inventory::from_json(&base().to_string()).unwrap();
    inventory.accounts[0].parent_id = "ou-ab12-gone0001".into();
    let error = Organization::from_inventory(&inventory).unwrap_err();
    assert_eq!(codes(&error), ["unknown-parent at Accounts[0].ParentId"]);
    assert_eq!(error.faults()[0].place, None);
    assert_eq!(
        error.to_string(),
        "Accounts[0].ParentId: the parent `ou-ab12-gone0001` is no organizational unit of the snapshot"
    );
}

/// One change, one fault.
#[test]
fn each_fault_has_its_code_and_place() {
    type Case = (&'static str, fn(&mut Value));
    let cases: [Case; 27] = [
        ("unknown-format at Format", |v| v["Format"] = json!("inventory")),
        ("newer-format at Format", |v| v["Format"] = json!("scproof-inventory/2")),
        ("bad-id at Organization.Id", |v| v["Organization"]["Id"] = json!("o-x")),
        ("unknown-feature-set at Organization.FeatureSet", |v| v["Organization"]["FeatureSet"] = json!("all")),
        ("bad-id at Organization.MasterAccountId", |v| v["Organization"]["MasterAccountId"] = json!("12345678901")),
        ("bad-arn at Organization.MasterAccountArn", |v| v["Organization"]["MasterAccountArn"] = json!("arn:aws:x")),
        ("management-account-differs at Organization.MasterAccountArn", |v| {
            v["Organization"]["MasterAccountArn"] = json!("arn:aws:organizations::1:account/o-x/222222222222");
        }),
        ("no-root at Roots", |v| {
            v["Roots"] = json!([]);
            for list in ["OrganizationalUnits", "Accounts", "Attachments"] {
                v[list] = json!([]);
            }
        }),
        ("several-roots at Roots[1].Id", |v| v["Roots"].as_array_mut().unwrap().push(json!({"Id": "r-cd34"}))),
        ("unknown-policy-type-status at Roots[0].PolicyTypes[0].Status", |v| {
            v["Roots"][0]["PolicyTypes"][0]["Status"] = json!("ON");
        }),
        ("policy-type-status-differs at Roots[0].PolicyTypes[1].Status", |v| {
            v["Roots"][0]["PolicyTypes"] = json!([
                {"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"},
                {"Type": "SERVICE_CONTROL_POLICY", "Status": "PENDING_DISABLE"},
            ]);
        }),
        ("bad-id at OrganizationalUnits[4].Id", |v| {
            v["OrganizationalUnits"].as_array_mut().unwrap().push(json!({"Id": "ou-1", "ParentId": "r-ab12"}));
        }),
        ("duplicate-id at OrganizationalUnits[4].Id", |v| {
            let first = v["OrganizationalUnits"][0].clone();
            v["OrganizationalUnits"].as_array_mut().unwrap().push(first);
        }),
        ("second-parent at OrganizationalUnits[4].ParentId", |v| {
            v["OrganizationalUnits"]
                .as_array_mut()
                .unwrap()
                .push(json!({"Id": "ou-ab12-prod0001", "ParentId": "ou-ab12-work0001"}));
        }),
        ("parent-cycle at OrganizationalUnits[1].ParentId", |v| {
            v["OrganizationalUnits"][3]["ParentId"] = json!("ou-ab12-test0001");
        }),
        ("parent-cycle at OrganizationalUnits[2].ParentId", |v| {
            v["OrganizationalUnits"][2]["ParentId"] = json!("ou-ab12-sand0001");
        }),
        ("parent-is-account at OrganizationalUnits[2].ParentId", |v| {
            v["OrganizationalUnits"][2]["ParentId"] = json!("222222222222");
        }),
        ("unknown-parent at OrganizationalUnits[2].ParentId", |v| {
            v["OrganizationalUnits"][2]["ParentId"] = json!("r-zz99");
        }),
        ("duplicate-id at Accounts[6].Id", |v| {
            let first = v["Accounts"][0].clone();
            v["Accounts"].as_array_mut().unwrap().push(first);
        }),
        ("second-parent at Accounts[6].ParentId", |v| {
            v["Accounts"].as_array_mut().unwrap().push(json!({"Id": "222222222222", "ParentId": "r-ab12"}));
        }),
        ("parent-is-account at Accounts[0].ParentId", |v| v["Accounts"][0]["ParentId"] = json!("111111111111")),
        ("duplicate-id at Policies[2].Id", |v| {
            let first = v["Policies"][0].clone();
            v["Policies"].as_array_mut().unwrap().push(first);
        }),
        ("unknown-target at Attachments[0].TargetId", |v| v["Attachments"][0]["TargetId"] = json!("999999999999")),
        ("unknown-target at Unreadable[0].TargetId", |v| {
            v["Unreadable"] = json!([{"TargetId": "999999999999", "Operation": "ListPoliciesForTarget"}]);
        }),
        ("unknown-policy at Unreadable[0].TargetId", |v| {
            v["Unreadable"] = json!([{"TargetId": "p-gone00000", "Operation": "DescribePolicy"}]);
        }),
        ("unreadable-without-target at Unreadable[0]", |v| {
            v["Unreadable"] = json!([{"Operation": "ListPoliciesForTarget"}]);
        }),
        ("unknown-operation at Unreadable[0].Operation", |v| {
            v["Unreadable"] = json!([{"TargetId": "r-ab12", "Operation": "ListPolicyForTarget"}]);
        }),
    ];
    for (expected, change) in cases {
        let text = base_with(change);
        let error = refuse(&text);
        assert_eq!(codes(&error), [expected]);
        let fault = &error.faults()[0];
        assert!(fault.place.is_some(), "{expected}");
        assert!(!fault.rule.is_empty() || expected.contains("format"), "{expected}");
        assert!(fault.message.starts_with(|first: char| first.is_lowercase() || first == '`'), "{}", fault.message);
    }
}

#[test]
fn a_cycle_is_reported_once_and_names_its_units() {
    let text = base_with(|value| {
        value["OrganizationalUnits"][3]["ParentId"] = json!("ou-ab12-test0001");
        value["OrganizationalUnits"][0]["ParentId"] = json!("ou-ab12-test0001");
    });
    let fault = only_fault(&text);
    assert_eq!(
        fault.message,
        "the units are each other's parents: `ou-ab12-test0001` in `ou-ab12-work0001` in `ou-ab12-test0001`"
    );
}

#[test]
fn units_may_nest_deeper_than_aws_allows_but_not_without_end() {
    let nested = |depth: usize| {
        base_with(|value| {
            let units = value["OrganizationalUnits"].as_array_mut().unwrap();
            let mut parent = "r-ab12".to_owned();
            for level in 0..depth {
                let id = format!("ou-ab12-deep{level:04}");
                units.push(json!({"Id": id, "ParentId": parent}));
                parent = id;
            }
            units.reverse();
        })
    };
    assert!(Inventory::from_json(&nested(100)).is_ok());
    assert_eq!(codes(&refuse(&nested(250))), ["nested-too-deep at OrganizationalUnits[149].ParentId"]);
}

#[test]
fn id_4_trap_82_an_account_id_that_is_a_number_is_refused() {
    for member in ["Id", "ParentId"] {
        let text = base_with(|value| value["Accounts"][1][member] = json!(222_222_222_222_u64));
        let fault = only_fault(&text);
        assert_eq!((fault.code, fault.rule), ("wrong-type", "ID-4"));
        assert_eq!(fault.path.to_string(), format!("Accounts[1].{member}"));
        assert_eq!(fault.message, "found a number");
        assert_eq!(fault.expected.as_deref(), Some("an id as a string in quotes"));
        assert!(fault.help.unwrap().contains("leading zeros"));
    }
    let text = base_with(|value| value["Accounts"][1]["Id"] = json!("@")).replace("\"@\"", "012345678901");
    let fault = only_fault(&text);
    assert_eq!((fault.code, fault.path.to_string().as_str()), ("bad-number", "Accounts[1].Id"));
    assert!(fault.help.unwrap().contains("leading zeros"));
    let text = base_with(|value| value["Accounts"][2]["Id"] = json!("012345678901"));
    assert_eq!(codes(&refuse(&text)), ["unknown-target at Attachments[6].TargetId"]);
}

#[test]
fn a_member_of_the_wrong_type_is_named() {
    let text = base_with(|value| value["Policies"][1]["AwsManaged"] = json!("yes"));
    let fault = only_fault(&text);
    let (line, column) = fault.line_and_column().unwrap();
    assert_eq!(
        fault.to_string(),
        format!("{line}:{column}: Policies[1].AwsManaged: found a string, expected true or false")
    );
    assert_eq!(pointed_at(&text, &fault), "\"yes\",");
    let text = base_with(|value| value["Accounts"] = json!({"Id": "222222222222"}));
    assert_eq!(
        only_fault(&text).to_string().split_once(": ").unwrap().1,
        "Accounts: found an object, expected an array"
    );
    let text = base_with(|value| value["Accounts"][0] = json!(["222222222222"]));
    assert_eq!(
        only_fault(&text).to_string().split_once(": ").unwrap().1,
        "Accounts[0]: found an array, expected an object"
    );
    let text = base_with(|value| value["Policies"][0]["Content"] = json!([1]));
    assert_eq!(only_fault(&text).path.to_string(), "Policies[0].Content");
    let text = base_with(|value| value["TakenAt"] = json!({}));
    assert_eq!(only_fault(&text).expected.as_deref(), Some("an ISO 8601 string or a number of seconds since 1970"));
}

#[test]
fn a_missing_or_doubled_member_is_named() {
    let text = base_with(|value| drop(value["Accounts"][1].as_object_mut().unwrap().remove("ParentId")));
    let fault = only_fault(&text);
    assert_eq!((fault.code, fault.path.to_string().as_str()), ("missing-member", "Accounts[1].ParentId"));
    assert_eq!(fault.message, "the member `ParentId` is missing");
    assert_eq!(pointed_at(&text, &fault), "{");
    let fault = only_fault(&base().to_string().replacen("\"Name\"", "\"Id\"", 1));
    assert_eq!(fault.code, "duplicate-member");
    assert!(fault.path.to_string().ends_with(".Id"), "{}", fault.path);
    assert!(only_fault("{}").help.unwrap().contains("scproof fetch"));
}

#[test]
fn the_format_is_said_before_what_follows_from_it() {
    let fault = only_fault(r#"{"Units": [], "Format": "scproof-inventory/7"}"#);
    assert_eq!((fault.code, fault.line_and_column()), ("newer-format", Some((1, 25))));
    assert!(fault.help.unwrap().contains("update"));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = Inventory::load("no/such/file.json").unwrap_err();
    assert_eq!(error.faults()[0].code, "unreadable-file");
    assert!(error.to_string().starts_with("no/such/file.json: cannot be read: "), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snapshot.json");
    std::fs::write(&file, base_with(|value| value["Accounts"][1]["Id"] = json!("x"))).unwrap();
    let message = Organization::load(&file).unwrap_err().to_string();
    assert!(message.starts_with(&format!("{}:", file.display())), "{message}");
    assert!(
        message.contains(": Accounts[1].Id: `x` is not an account id, expected 12 digits (and 1 more fault)"),
        "{message}"
    );
}

#[test]
fn a_reader_that_fails_is_an_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("cable cut"))
        }
    }
    assert_eq!(Inventory::from_reader(Broken).unwrap_err().to_string(), "cannot be read: cable cut");
    assert!(Inventory::from_reader(base().to_string().as_bytes()).is_ok());
}

#[test]
fn api_4_a_misspelt_policy_type_is_refused_with_near_names() {
    let fault = only_fault(&base_with(|value| value["Policies"][1]["Type"] = json!("SERVICE_CONTROL_POLCY")));
    assert_eq!((fault.code, fault.path.to_string().as_str()), ("unknown-policy-type", "Policies[1].Type"));
    assert_eq!(fault.help.as_deref(), Some("did you mean `SERVICE_CONTROL_POLICY`?"));
    assert_eq!(fault.item.as_deref(), Some("p-denys3aaaa"));

    let lower = only_fault(&base_with(|value| value["Policies"][1]["Type"] = json!("service_control_policy")));
    assert_eq!(lower.help.as_deref(), Some("did you mean `SERVICE_CONTROL_POLICY`?"));
    let strange = only_fault(&base_with(|value| value["Policies"][1]["Type"] = json!("WEATHER")));
    assert!(strange.help.unwrap().contains("leave policies of other types out"));
    // It would say that SCPs are known.
    let unreadable = only_fault(&base_with(|value| {
        value["Unreadable"] = json!([{"TargetId": "r-ab12", "Operation": "ListPoliciesForTarget", "PolicyType": "SERVICE_CONTROL_POLICI"}]);
    }));
    assert_eq!(unreadable.path.to_string(), "Unreadable[0].PolicyType");
    // It would switch SCPs off.
    let enabled =
        only_fault(&base_with(|value| value["Roots"][0]["PolicyTypes"][0]["Type"] = json!("SERVICE_CONTROL_POLICIES")));
    assert_eq!(enabled.path.to_string(), "Roots[0].PolicyTypes[0].Type");
}

#[test]
fn api_4_other_policy_types_are_fine() {
    for kind in ["TAG_POLICY", "BACKUP_POLICY", "RESOURCE_CONTROL_POLICY", "DECLARATIVE_POLICY_EC2", "S3_POLICY"] {
        let organization = load(&base_with(|value| {
            let policies = value["Policies"].as_array_mut().unwrap();
            policies.push(json!({"Id": "p-other00001", "Type": kind}));
            let enabled = value["Roots"][0]["PolicyTypes"].as_array_mut().unwrap();
            enabled.push(json!({"Type": kind, "Status": "ENABLED"}));
            // AWS adds types now and then.
            enabled.push(json!({"Type": "WEATHER_POLICY", "Status": "ENABLED"}));
        }));
        assert!(organization.policies().len() >= 2, "{kind}");
    }
}

#[test]
fn a_misspelt_member_is_named_with_what_was_meant() {
    let rename = |from: &'static str, to: &'static str| {
        base_with(|value| {
            let account = value["Accounts"][1].as_object_mut().unwrap();
            let member = account.remove(from).unwrap();
            account.insert(to.to_owned(), member);
        })
    };
    let text = rename("ParentId", "PartentId");
    let fault = only_fault(&text);
    assert_eq!((fault.code, fault.path.to_string().as_str()), ("missing-member", "Accounts[1].PartentId"));
    assert_eq!(fault.help.as_deref(), Some("did you mean `ParentId` where it says `PartentId`?"));
    assert!(pointed_at(&text, &fault).starts_with("\"PartentId\""));
    // What may be missing is no reason to pass over its misspelt form.
    let fault = only_fault(&rename("Name", "Nmae"));
    assert_eq!((fault.code, fault.help.as_deref()), ("unknown-member", Some("did you mean `Name`?")));
    let fault = only_fault(&base_with(|value| {
        value["Unreadabel"] = json!([{"TargetId": "r-ab12", "Operation": "ListPoliciesForTarget"}]);
    }));
    assert_eq!(
        (fault.path.to_string().as_str(), fault.help.as_deref()),
        ("Unreadabel", Some("did you mean `Unreadable`?"))
    );
}

#[test]
fn all_faults_of_a_text_come_at_once() {
    let text = r#"{
  // taken by hand
  "Format": "scproof-inventory/1",
  "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL"},
  "Roots": [{"Id": "r-ab12"}],
  "OrganizationalUnits": [],
  "Accounts": [{"Id": "222222222222", "ParentId": "r-ab13"},],
  "Policies": [],
  "Attachments": []
}"#;
    let error = refuse(text);
    let shown: Vec<String> = error.faults().iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "2:3: JSON has no comments",
            "7:51: Accounts[0].ParentId: the parent `r-ab13` is no root of the snapshot",
            "7:60: Accounts: a comma follows the last item",
        ]
    );
    let several = only_codes(&text.replace("\"222222222222\"", "222222222222").replace("\"ALL\"", "true"));
    assert_eq!(
        several,
        [
            "comment at ",
            "wrong-type at Organization.FeatureSet",
            "wrong-type at Accounts[0].Id",
            "trailing-comma at Accounts",
        ]
    );
}

fn only_codes(text: &str) -> Vec<String> {
    codes(&refuse(text))
}
