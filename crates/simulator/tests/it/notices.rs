//! What is worth knowing although AWS would make the change.

use scproof_organization::Organization;
use scproof_simulator::{SimulationOptions, Step, simulate};
use scproof_text::{Message, Severity};
use serde_json::{Value, json};

use crate::{DENY, base, base_with, changes, limits, load, push, rehearse, rehearse_with};

fn last(organization: &Organization, list: &Value) -> Vec<Message> {
    rehearse(organization, list).pop().unwrap().notices
}

/// `code rule item` of every notice.
fn short(notices: &[Message]) -> Vec<String> {
    let item = |notice: &Message| notice.item.clone().unwrap_or_default();
    notices.iter().map(|notice| format!("{} {} {}", notice.code, notice.rule, item(notice))).collect()
}

fn change(operation: &str, policy: &str, target: &str) -> Value {
    json!({"Operation": operation, "Policy": policy, "Target": target})
}

#[test]
fn eval_14_a_node_left_without_any_allow() {
    let organization = load(&base());
    let steps = rehearse(
        &organization,
        &json!([change("AttachPolicy", "DenyS3", "Work"), change("DetachPolicy", "FullAWSAccess", "Work")]),
    );
    assert_eq!(short(&steps[0].notices), [""; 0]);
    let notice = &steps[1].notices[0];
    assert_eq!(short(&steps[1].notices), ["no-allow EVAL-14 ou-ab12-work0001"]);
    assert_eq!(notice.severity, Severity::Warning);
    assert_eq!(notice.message, "`Work` has no Allow statement any more: everything is blocked for 2 accounts");
    // Said once, when it happens.
    let again = json!([
        change("AttachPolicy", "DenyS3", "Work"),
        change("DetachPolicy", "FullAWSAccess", "Work"),
        change("AttachPolicy", "DenyS3", "shop")
    ]);
    assert_eq!(short(&last(&organization, &again)), [""; 0]);
    // A replaced text has the same effect wherever the policy is attached.
    let replace = json!([{"Operation": "UpdatePolicy", "Policy": "FullAWSAccess", "Content": DENY}]);
    let notices = last(&organization, &replace);
    assert_eq!(
        notices[0].message,
        "`Root`, `Prod`, `shop` and 5 more have no Allow statement any more: everything is blocked for 3 accounts"
    );
    // A text that cannot be read may allow: nothing is claimed.
    let unreadable = json!([{"Operation": "UpdatePolicy", "Policy": "FullAWSAccess", "Content": "{"}]);
    assert!(last(&organization, &unreadable).iter().all(|notice| notice.code != "no-allow"));
    // Nor where further policies may be attached.
    let unknown = base_with(|value| {
        value["Unreadable"] = json!([{"TargetId": "ou-ab12-work0001", "Operation": "ListPoliciesForTarget"}]);
    });
    assert!(last(&unknown, &json!([change("DetachPolicy", "FullAWSAccess", "Work")])).is_empty());
}

#[test]
fn pre_4_the_management_account_is_unaffected() {
    let organization = load(&base());
    let notices = last(&organization, &json!([change("AttachPolicy", "DenyS3", "management")]));
    assert_eq!(short(&notices), ["management-account-unaffected PRE-4 111111111111"]);
    assert_eq!(
        (notices[0].severity, notices[0].message.as_str()),
        (Severity::Warning, "no SCP restricts the management account: this has no effect")
    );
    let notices = last(&organization, &json!([change("AttachPolicy", "DenyS3", "Root")]));
    assert_eq!(short(&notices), ["management-account-unaffected PRE-4 111111111111"]);
    assert_eq!(notices[0].message, "the management account `management` is below `Root`, but no SCP restricts it");
    assert!(last(&organization, &json!([change("AttachPolicy", "DenyS3", "Prod")])).is_empty());
    let shift = json!([{"Operation": "MoveAccount", "Account": "management", "DestinationParent": "Prod"}]);
    assert_eq!(short(&last(&organization, &shift)), ["management-account-unaffected PRE-4 111111111111"]);
    let replace = json!([change("AttachPolicy", "DenyS3", "Root"), {"Operation": "UpdatePolicy", "Policy": "DenyS3", "Content": DENY}]);
    assert_eq!(short(&last(&organization, &replace)), ["management-account-unaffected PRE-4 111111111111"]);
}

#[test]
fn lim_4_lim_2_lim_6_quotas_that_come_near() {
    let organization = base_with(|value| {
        for number in 0..9 {
            let id = format!("p-extra000{number}");
            push(
                value,
                "Policies",
                json!({"Id": id, "Name": format!("extra{number}"), "Type": "SERVICE_CONTROL_POLICY", "Content": DENY}),
            );
            if number < 7 {
                push(value, "Attachments", json!({"TargetId": "ou-ab12-prod0001", "PolicyId": id}));
            }
        }
    });
    let steps = rehearse(
        &organization,
        &json!([
            change("AttachPolicy", "extra7", "Prod"),
            change("AttachPolicy", "extra8", "Prod"),
            change("AttachPolicy", "DenyS3", "Prod")
        ]),
    );
    let messages: Vec<Vec<&str>> =
        steps.iter().map(|step| step.notices.iter().map(|notice| notice.message.as_str()).collect()).collect();
    assert_eq!(messages[0], ["`Prod` has 9 of at most 10 SCPs: room for 1 more"]);
    assert_eq!(messages[1], ["`Prod` has 10 of at most 10 SCPs: room for 0 more"]);
    // Beyond it, the failure says it.
    assert!(messages[2].is_empty() && !steps[2].failures.is_empty());

    let long = format!("{DENY}{}", " ".repeat(9_300 - DENY.len()));
    let create = json!([{"Operation": "CreatePolicy", "Name": "x", "Content": long}]);
    assert_eq!(
        last(&organization, &create)[0].message,
        "the text has 9300 of at most 10240 characters: room for 940 more"
    );
    let message = |list: &Value, name: &str, value: u64| -> Vec<String> {
        let step: &Step = &rehearse_with(&organization, list, &limits(name, value))[0];
        step.notices.iter().filter(|notice| notice.rule == "LIM-6").map(|notice| notice.message.clone()).collect()
    };
    assert_eq!(message(&create, "max_scps", 11), ["the organization has 11 of at most 11 SCPs: room for 0 more"]);
    let unit = json!([{"Operation": "CreateOrganizationalUnit", "Name": "x", "Parent": "Root"}]);
    assert_eq!(
        message(&unit, "max_organizational_units", 4),
        ["the organization has 4 of at most 4 organizational units: room for 0 more"]
    );
    assert_eq!(message(&unit, "max_organizational_units", 400), [""; 0]);
}

#[test]
fn lim_3_bytes_beyond_the_quota() {
    let text = DENY.replace("\"s3:*\"", &format!("\"s3:{}\"", "ü".repeat(5_200)));
    let notices = last(&load(&base()), &json!([{"Operation": "CreatePolicy", "Name": "x", "Content": text}]));
    assert!(short(&notices).contains(&"too-many-bytes LIM-3 p-new0000001".to_owned()), "{notices:?}");
}

#[test]
fn exm_3_attachments_are_lost_for_good() {
    let notices =
        last(&load(&base()), &json!([change("AttachPolicy", "DenyS3", "Prod"), {"Operation": "DisablePolicyType"}]));
    assert_eq!(short(&notices), ["attachments-lost EXM-3 r-ab12"]);
    assert!(notices[0].message.starts_with("9 attachments of SCPs are lost"));
}

#[test]
fn other_remarks() {
    let organization = load(&base());
    // PRE-1
    let shift =
        json!([{"Operation": "MoveOrganizationalUnit", "OrganizationalUnit": "Work", "DestinationParent": "Prod"}]);
    assert_eq!(short(&last(&organization, &shift)), ["hypothetical-move PRE-1 ou-ab12-work0001"]);
    let nobody = json!([{"Operation": "CreateOrganizationalUnit", "Name": "Empty", "Parent": "Root"}, change("AttachPolicy", "DenyS3", "Empty")]);
    assert_eq!(
        last(&organization, &nobody)[0].message,
        "no member account is in or below `Empty`: nobody is concerned"
    );
    let unattached = json!([{"Operation": "UpdatePolicy", "Policy": "DenyS3", "Content": "{}"}]);
    assert_eq!(last(&organization, &unattached)[0].message, "`DenyS3` is attached nowhere: nobody is concerned");
    let rcp = json!([{"Operation": "CreatePolicy", "Name": "r", "Type": "RESOURCE_CONTROL_POLICY",
        "Content": {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}}},
        change("AttachPolicy", "r", "Prod")]);
    assert_eq!(short(&last(&organization, &rcp)), ["rcp-not-evaluated RCP-4 ou-ab12-prod0001"]);
}

/// EVAL-10, RES-12 to RES-14: a guard that names the resources that carry its key is right, however its stars could be
/// stretched.
#[test]
fn eval_10_a_guard_on_the_resources_that_carry_its_key_is_no_trap() {
    let organization = load(&base());
    let warned = |action: &str, resource: &Value, condition: &Value| -> bool {
        let statement = json!({"Effect": "Deny", "Action": action, "Resource": resource, "Condition": condition});
        let list = json!([
            {"Operation": "CreatePolicy", "Name": "guard",
                "Content": {"Version": "2012-10-17", "Statement": statement}},
            change("AttachPolicy", "guard", "Prod")
        ]);
        let simulation =
            simulate(&organization, &changes(&organization, &list), &SimulationOptions::default()).unwrap();
        simulation.warnings.iter().any(|notice| notice.code == "unsatisfiable-guard")
    };
    let size = json!({"StringNotEquals": {"ec2:InstanceType": ["t3.micro"]}});
    let tag = json!({"Null": {"aws:RequestTag/team": "true"}});
    let instances = json!("arn:aws:ec2:*:*:instance/*");
    assert!(!warned("ec2:RunInstances", &instances, &size));
    assert!(!warned("ec2:RunInstances", &json!([instances, "arn:aws:ec2:*:*:volume/*"]), &tag));
    assert!(!warned("ec2:CreateSubnet", &json!("arn:aws:ec2:*:*:subnet/*"), &tag));
    assert!(!warned("ec2:CreateSubnet", &json!(["arn:aws:ec2:*:*:subnet/*", "arn:aws:ec2:*:*:vpc/vpc-1"]), &tag));
    for everything in ["*", "arn:aws:ec2:*:*:*", "arn:aws:ec2:*:*:*/*"] {
        assert!(warned("ec2:RunInstances", &json!(everything), &size), "{everything}");
        assert!(warned("ec2:CreateSubnet", &json!(everything), &tag), "{everything}");
    }
    assert!(warned("ec2:CreateSubnet", &json!(["arn:aws:ec2:*:*:subnet/*", "arn:aws:ec2:*:*:vpc/*"]), &tag));
}
