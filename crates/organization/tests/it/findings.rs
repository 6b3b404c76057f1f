use scproof_organization::Message;
use scproof_policy_parser::{Quotas, Severity};
use serde_json::{Value, json};

use crate::{base_with, load};

fn findings(change: impl FnOnce(&mut Value)) -> Vec<Message> {
    load(&base_with(change)).findings()
}

fn codes(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let shown = |finding: &Message| format!("{} {} {}", finding.rule, finding.code, finding.item.as_deref().unwrap());
    findings(change).iter().map(shown).collect()
}

fn push(value: &mut Value, list: &str, record: Value) {
    value[list].as_array_mut().unwrap().push(record);
}

#[test]
fn eval_13_trap_16_a_level_without_scp() {
    let detach = |value: &mut Value| {
        value["Attachments"].as_array_mut().unwrap().retain(|attachment| attachment["TargetId"] != "ou-ab12-prod0001");
    };
    assert_eq!(codes(detach), ["EVAL-13 no-scp-attached ou-ab12-prod0001"]);
    // Unknown is not empty.
    let unknown = |value: &mut Value| {
        detach(value);
        value["Unreadable"] = json!([{"TargetId": "ou-ab12-prod0001", "Operation": "ListPoliciesForTarget", "Error": "AccessDeniedException"}]);
    };
    let found = findings(unknown);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].message,
        "`ListPoliciesForTarget` failed (AccessDeniedException): further policies may be attached here"
    );
    // Nothing need be attached where SCPs are off.
    assert_eq!(
        codes(|value| {
            detach(value);
            value["Roots"][0]["PolicyTypes"] = json!([]);
        }),
        ["EXM-2 attachments-without-effect o-exampleorg1"]
    );
}

#[test]
fn lim_4_trap_78_more_scps_than_aws_allows() {
    let attach = |value: &mut Value, count: usize, target: &str| {
        for number in 0..count {
            let id = format!("p-{number:010}");
            if !value["Policies"].as_array().unwrap().iter().any(|policy| policy["Id"] == id.as_str()) {
                push(value, "Policies", json!({"Id": id, "Type": "SERVICE_CONTROL_POLICY", "Content": "{}"}));
            }
            push(value, "Attachments", json!({"TargetId": target, "PolicyId": id}));
        }
    };
    // With FullAWSAccess ten each; what is inherited does not count.
    let text = base_with(|value| {
        attach(value, 9, "ou-ab12-prod0001");
        attach(value, 9, "r-ab12");
    });
    assert_eq!(load(&text).findings(), []);
    let five = Quotas::from_json(r#"[{"name": "max_scps_per_target", "value": 5}]"#).unwrap();
    assert_eq!(load(&text).findings_with(&five).len(), 2);
    let found = findings(|value| attach(value, 10, "ou-ab12-prod0001"));
    assert_eq!((found[0].code, found[0].severity), ("too-many-scps", Severity::Error));
    assert_eq!(found[0].message, "11 SCPs are attached directly to `Prod`, AWS allows 10");
}

#[test]
fn lim_6_units_below_the_fifth_level() {
    let found = findings(|value| {
        let mut parent = "r-ab12".to_owned();
        for level in 1..=6 {
            let id = format!("ou-ab12-deep000{level}");
            push(value, "OrganizationalUnits", json!({"Id": id, "Name": format!("Level {level}"), "ParentId": parent}));
            push(value, "Attachments", json!({"TargetId": id, "PolicyId": "p-FullAWSAccess"}));
            parent = id;
        }
    });
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "`Level 6` is 6 levels below the root, AWS allows 5");
}

#[test]
fn exm_16_accounts_that_are_not_active() {
    let found = findings(|value| {
        value["Accounts"][0]["State"] = json!("SUSPENDED");
        value["Accounts"][2]["State"] = json!("PENDING_CLOSURE");
        value["Accounts"][3].as_object_mut().unwrap().remove("State");
    });
    let found: Vec<_> = found.iter().map(|finding| (finding.severity, finding.message.as_str())).collect();
    assert_eq!(
        found,
        [
            (Severity::Note, "the account `shop` is `PENDING_CLOSURE`: it is still fully usable"),
            (
                Severity::Note,
                "the account `bench` is `SUSPENDED`: nobody can use it; its SCPs are evaluated all the same"
            ),
        ]
    );
}

#[test]
fn exm_4_the_management_account() {
    assert_eq!(
        codes(|value| drop(value["Organization"].as_object_mut().unwrap().remove("MasterAccountId"))),
        ["EXM-4 management-account-unknown o-exampleorg1"]
    );
    assert_eq!(
        codes(|value| value["Organization"]["MasterAccountId"] = json!("999999999999")),
        ["EXM-4 management-account-missing 999999999999"]
    );
}

#[test]
fn exm_1_exm_2_attachments_without_effect() {
    assert_eq!(
        codes(|value| value["Organization"]["FeatureSet"] = json!("CONSOLIDATED_BILLING")),
        ["EXM-1 attachments-without-effect o-exampleorg1"]
    );
    assert_eq!(
        codes(|value| value["Roots"][0]["PolicyTypes"][0]["Status"] = json!("PENDING_ENABLE")),
        ["EXM-2 policy-type-pending o-exampleorg1"]
    );
}

#[test]
fn api_27_paths_that_are_not_the_tree() {
    assert_eq!(
        codes(|value| {
            value["Accounts"][2]["Paths"] = json!(["o-exampleorg1/r-ab12/ou-ab12-prod0001/222222222222/"]);
            value["OrganizationalUnits"][0]["Path"] = json!("o-exampleorg1/r-ab12/ou-ab12-prod0001/");
        }),
        [""; 0]
    );
    assert_eq!(
        codes(|value| value["Accounts"][2]["Paths"] = json!(["o-exampleorg1/r-ab12/222222222222/"])),
        ["API-27 path-differs 222222222222"]
    );
}

#[test]
fn ids_and_arns_of_another_organization() {
    assert_eq!(
        codes(|value| {
            push(value, "OrganizationalUnits", json!({"Id": "ou-zz99-other001", "ParentId": "r-ab12"}));
            push(value, "Attachments", json!({"TargetId": "ou-zz99-other001", "PolicyId": "p-FullAWSAccess"}));
            value["Accounts"][0]["Arn"] = json!("arn:aws-cn:organizations::1:account/o-x/1");
        }),
        ["API-10 several-partitions o-exampleorg1", "ID-3 unit-of-other-root ou-zz99-other001"]
    );
}

#[test]
fn k3_14_policies_without_text_and_names_that_stand_twice() {
    let found = findings(|value| {
        push(value, "Policies", json!({"Id": "p-spare00000", "Name": "DenyS3", "Type": "SERVICE_CONTROL_POLICY"}));
        value["Policies"][0].as_object_mut().unwrap().remove("Content");
    });
    let found: Vec<_> =
        found.iter().map(|finding| (finding.code, finding.severity, finding.item.as_deref().unwrap())).collect();
    assert_eq!(
        found,
        [
            ("policy-without-content", Severity::Warning, "p-FullAWSAccess"),
            ("policy-name-twice", Severity::Note, "p-spare00000"),
            ("policy-without-content", Severity::Note, "p-spare00000"),
        ]
    );
}
