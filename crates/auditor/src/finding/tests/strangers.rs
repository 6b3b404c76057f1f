//! Exemptions of nobody, accounts without guardrails, landing zones, and calls that show what a rule found.

use scproof_evaluator::{ContextValue, Decision};
use serde_json::json;

use super::{Found, World, deny, plain, witnesses};
use crate::Risk;

const PROD: &str = "ou-ab12-prod0001";
const DEV: &str = "ou-ab12-dev00001";

fn exempting(key: &str, value: &str) -> Found {
    let condition = json!({"StringNotEquals": {key: value}});
    World::new().policy("p-one00001", &[PROD], json!([deny("s3:DeleteBucket", condition)])).findings()
}

/// CTX-60, EXM-4
#[test]
fn exemptions_of_callers_who_are_not_restricted_or_not_ours() {
    let code = "exemption-never-matches";
    let risk = |key: &str, value: &str| exempting(key, value).one(code).risk;
    assert_eq!(risk("aws:PrincipalArn", "arn:aws:iam::111111111111:role/admin"), Risk::Low);
    assert_eq!(risk("aws:PrincipalArn", "arn:aws:iam::999999999999:role/admin"), Risk::Medium);
    assert_eq!(risk("aws:PrincipalAccount", "999999999999"), Risk::Medium);
    assert_eq!(risk("aws:PrincipalOrgID", "o-another0001"), Risk::High);
    for (key, value) in [
        ("aws:PrincipalArn", "arn:aws:iam::222222222222:role/admin"),
        ("aws:PrincipalAccount", "222222222222"),
        ("aws:PrincipalOrgID", "o-exampleorg1"),
        // Resources of others are often meant.
        ("aws:ResourceAccount", "999999999999"),
    ] {
        assert!(exempting(key, value).of(code).is_empty(), "{value}");
    }
    // Another value is that of ours.
    let both = deny("s3:*", json!({"StringNotEquals": {"aws:PrincipalOrgID": ["o-another0001", "o-exampleorg1"]}}));
    let found = World::new().policy("p-one00001", &[PROD], json!([both])).findings();
    assert!(found.of(code).is_empty());
}

#[test]
fn accounts_that_no_policy_restricts() {
    let found = World::new().policy("p-one00001", &[PROD], json!([plain("s3:DeleteBucket")])).findings();
    let finding = found.one("only-full-access");
    assert_eq!((finding.risk, found.accounts(finding)), (Risk::Medium, vec!["lab".to_owned()]));
    assert_eq!(finding.fingerprint, "only-full-access:r-ab12");
    let found = World::new().policy("p-one00001", &["r-ab12"], json!([plain("s3:DeleteBucket")])).findings();
    assert!(found.of("only-full-access").is_empty());
}

/// EVAL-3
#[test]
fn a_deny_that_stops_the_role_of_a_landing_zone() {
    let stops = |condition: serde_json::Value, name: &str| {
        World::new()
            .policy("p-one00001", &[PROD], json!([deny("iam:CreateRole", condition)]))
            .policy(name, &[DEV], json!([plain("config:StopConfigurationRecorder")]))
            .findings()
    };
    let guardrails = "aws-guardrails-AbCdEf";
    let world = World::new()
        .policy("p-one00001", &[PROD], json!([plain("iam:CreateRole")]))
        .policy("p-two00001", &[DEV], json!([plain("config:StopConfigurationRecorder")]))
        .set("/Policies/2/Name", json!(guardrails));
    let found = world.findings();
    let finding = found.one("blocks-landing-zone");
    assert_eq!((finding.risk, finding.place.policy.is_some()), (Risk::Medium, true));
    assert_eq!(witnesses(finding)[0].decision, Decision::ExplicitDeny);
    assert!(finding.message.contains("AWSControlTowerExecution"), "{}", finding.message);
    // No landing zone; one whose role is exempt; a Deny of everything.
    let other = |condition| stops(condition, "p-two00001");
    assert!(other(json!({})).of("blocks-landing-zone").is_empty());
    let exempt = json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/AWSControlTowerExecution"}});
    assert!(other(exempt).of("blocks-landing-zone").is_empty());
    let all = World::new()
        .policy("p-one00001", &[PROD], json!([plain("*")]))
        .policy("p-two00001", &[DEV], json!([plain("config:StopConfigurationRecorder")]))
        .set("/Policies/2/Name", json!(guardrails));
    assert!(all.findings().of("blocks-landing-zone").is_empty());
}

/// COND-1
#[test]
fn joined_tags_are_shown_by_a_call_that_passes() {
    let condition = json!({"Null": {"aws:RequestTag/owner": "true", "aws:RequestTag/project": "true"}});
    let statement = deny("cloudformation:CreateStack", condition);
    let found = World::new().policy("p-one00001", &[PROD], json!([statement])).findings();
    let [witness] = witnesses(found.one("joined-tag-guards")) else { panic!("one call") };
    assert_eq!(witness.decision, Decision::Allowed);
    assert!(witness.request.context.iter().any(|given| given == ("aws:RequestTag/project", &ContextValue::Absent)));
}

/// SET-12
#[test]
fn a_set_operator_on_a_key_of_a_service() {
    let condition = json!({"ForAllValues:StringEquals": {"ec2:InstanceType": "p5.48xlarge"}});
    let statement = json!({"Effect": "Deny", "Action": "ec2:RunInstances",
        "Resource": "arn:aws:ec2:*:*:instance/*", "Condition": condition});
    let found = World::new().policy("p-one00001", &[PROD], json!([statement])).findings();
    assert_eq!(found.one("set-operator-on-single-value").risk, Risk::Medium);
}

/// EVAL-4: told once, by the proof where there is one.
#[test]
fn a_statement_that_another_says_already() {
    let statements = json!([plain("s3:*"), plain("s3:DeleteBucket")]);
    let found = World::new().policy("p-one00001", &[PROD], statements).findings();
    assert_eq!(found.one("redundant-statement").place.statement, Some(1));
}
