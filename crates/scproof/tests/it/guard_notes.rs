//! What answers say of guards that no call can satisfy (CALL-8, CALL-9).

use scproof::ask::{CompiledOrganization, Context, Decision, EvaluationOptions, Request, guard_notes};
use scproof::snapshot::Organization;
use serde_json::{Value, json};

/// The answer to a question under one Deny beside `FullAWSAccess`, with its notes.
fn answered(statement: &Value, action: &str, context: Context) -> (Decision, Vec<String>) {
    let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [allow, statement]});
    let organization = json!({
        "Format": "scproof-inventory/1",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
        "Roots": [{"Id": "r-ab12"}],
        "OrganizationalUnits": [],
        "Accounts": [{"Id": "222222222222", "ParentId": "r-ab12"}],
        "Policies": [{"Id": "p-guard00001", "Name": "guard", "Type": "SERVICE_CONTROL_POLICY", "Content": policy}],
        "Attachments": [
            {"TargetId": "r-ab12", "PolicyId": "p-guard00001"},
            {"TargetId": "222222222222", "PolicyId": "p-guard00001"},
        ],
    });
    let organization = Organization::from_json(&organization.to_string()).unwrap();
    let compiled = CompiledOrganization::compile(organization, EvaluationOptions::default());
    let explanation = compiled.answer(&Request::new("222222222222", action).with_context(context)).unwrap();
    (explanation.decision, guard_notes(compiled.organization(), action, &explanation))
}

fn deny(action: &str, resource: &str, condition: &Value) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource, "Condition": condition})
}

#[test]
fn call_8_an_open_answer_says_what_a_guard_does_to_the_call() {
    let guard = json!({"StringNotEquals": {"ec2:InstanceType": "t3.micro"}});
    let (decision, notes) = answered(&deny("ec2:RunInstances", "*", &guard), "ec2:RunInstances", Context::new());
    assert_eq!(decision, Decision::ExplicitDeny);
    let [note] = notes.as_slice() else { panic!("{notes:?}") };
    assert!(note.contains("`ec2:InstanceType`") && note.ends_with("whatever the caller does"), "{note}");
    // The same where another condition leaves open whether the statement applies.
    let open = json!({
        "StringNotEquals": {"ec2:InstanceType": "t3.micro"},
        "StringEquals": {"aws:RequestedRegion": "eu-west-1"},
    });
    let (decision, notes) = answered(&deny("ec2:RunInstances", "*", &open), "ec2:RunInstances", Context::new());
    assert_eq!(decision, Decision::Unknown);
    let [note] = notes.as_slice() else { panic!("{notes:?}") };
    let said = "denies `ec2:RunInstances` whatever the caller does, where the rest of it applies";
    assert!(note.contains("`Statement[1]` of `guard`") && note.ends_with(said), "{note}");
    // Where it does not apply there is nothing to say.
    let elsewhere = Context::new().with("aws:RequestedRegion", "us-east-1");
    let (decision, notes) = answered(&deny("ec2:RunInstances", "*", &open), "ec2:RunInstances", elsewhere);
    assert_eq!((decision, notes), (Decision::Allowed, Vec::new()));
}

#[test]
fn call_9_a_guard_on_a_key_that_the_tables_lack_probably_denies() {
    let guard = json!({"Null": {"aws:RequestTag/team": "true"}});
    let (decision, notes) = answered(&deny("ec2:ModifyVolume", "*", &guard), "ec2:ModifyVolume", Context::new());
    assert_eq!(decision, Decision::Unknown);
    let [note] = notes.as_slice() else { panic!("{notes:?}") };
    assert!(note.contains("probably denies `ec2:ModifyVolume`") && note.contains("do not list the key"), "{note}");
}

#[test]
fn a_guard_that_a_call_can_satisfy_is_not_accused() {
    let guard = json!({"StringNotEquals": {"ec2:InstanceType": "t3.micro"}});
    let instances = "arn:aws:ec2:*:*:instance/*";
    let (decision, notes) = answered(&deny("ec2:RunInstances", instances, &guard), "ec2:RunInstances", Context::new());
    assert_eq!((decision, notes), (Decision::Unknown, Vec::new()));
}
