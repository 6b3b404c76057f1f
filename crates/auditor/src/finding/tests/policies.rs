//! Texts, names and the collection of policies.

use scproof_evaluator::{ContextValue, Decision};
use scproof_policy_parser::Quotas;
use serde_json::{Value, json};

use super::{FULL, Found, SHOP, World, deny, is_grave, plain, witnesses};
use crate::Risk;
use crate::finding::{Subject, findings};
use crate::model::{Evidence, Finding};

const PROD: &str = "ou-ab12-prod0001";

fn one(statement: Value) -> Found {
    World::new().policy("p-one00001", &[PROD], json!([statement])).findings()
}

/// The code, fingerprint and risk of all findings but those of the tree.
fn told(found: &Found) -> Vec<(&str, Risk)> {
    let found = found.found.iter().filter(|finding| finding.code != "only-full-access");
    found.map(|finding| (finding.fingerprint.as_str(), finding.risk)).collect()
}

#[test]
fn the_world_without_faults_has_no_findings() {
    assert_eq!(told(&World::new().findings()), []);
    let statement = deny("s3:DeleteBucket", json!({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}));
    assert_eq!(told(&one(statement)), []);
}

#[test]
fn set_12_an_allow_for_all_values_lets_calls_without_the_key_pass() {
    let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"ForAllValues:StringEquals": {"aws:SourceVpce": "vpce-1"}}});
    let found = World::new().without(PROD, FULL).policy("p-one00001", &[PROD], json!([statement])).findings();
    let finding = found.one("set-operator-on-single-value");
    assert!(is_grave(finding));
    assert_eq!(finding.rule, Some("SET-12"));
    assert_eq!(
        finding.fingerprint,
        r#"set-operator-on-single-value:p-one00001#0:Condition["ForAllValues:StringEquals"]["aws:SourceVpce"]"#
    );
    let [witness] = witnesses(finding) else { panic!("one witness") };
    assert_eq!(witness.decision, Decision::Allowed);
    assert!(witness.request.context.iter().any(|given| given == ("aws:SourceVpce", &ContextValue::Absent)));
    assert!(finding.place.span.is_some());
}

#[test]
fn set_12_a_deny_for_all_values_blocks_calls_without_the_key() {
    let of = |operator: &str| one(deny("s3:DeleteBucket", json!({operator: {"aws:SourceVpce": "vpce-1"}})));
    let found = of("ForAllValues:StringEquals");
    let finding = found.one("set-operator-on-single-value");
    assert_eq!(finding.risk, Risk::Medium);
    assert_eq!(witnesses(finding)[0].decision, Decision::ExplicitDeny);
    // Where the statement exempts callers, somebody else calls.
    let condition = json!({"ForAllValues:StringEquals": {"aws:SourceVpce": "vpce-1"},
        "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/aws-reserved/x/*"}});
    let found = one(deny("s3:DeleteBucket", condition));
    assert_eq!(found.one("set-operator-on-single-value").risk, Risk::Medium);
    // The prefix changes nothing here.
    for operator in ["ForAnyValue:StringEquals", "ForAllValues:StringNotEquals", "ForAllValues:StringEqualsIfExists"] {
        let found = of(operator);
        let finding = found.one("set-operator-on-single-value");
        assert_eq!((finding.risk, &finding.evidence), (Risk::Low, &Evidence::Snapshot), "{operator}");
    }
    let several = one(deny("s3:DeleteBucket", json!({"ForAllValues:StringEquals": {"aws:TagKeys": "x"}})));
    assert!(several.of("set-operator-on-single-value").is_empty());
}

#[test]
fn doc_21_actions_that_the_catalog_lacks() {
    let found = World::new()
        .policy(
            "p-one00001",
            &[PROD],
            json!([
                {"Effect": "Deny", "Action": ["s3:DeleteBukcet", "s3:DeleteBucket", "ec2:Xyzzy*", "xyzzyplugh:*"], "Resource": "*"},
                {"Effect": "Deny", "Action": "dynamdb:DeleteTable", "Resource": "*"},
                {"Effect": "Deny", "NotAction": ["s3:XyzzyPlugh"], "Resource": "arn:aws:s3:::x"},
            ]),
        )
        .findings();
    assert_eq!(
        told(&found),
        [
            ("pattern-matches-no-action:p-one00001#0:Action[2]", Risk::Medium),
            ("unknown-action:p-one00001#0:Action[0]", Risk::Medium),
            ("unknown-action:p-one00001#1:Action", Risk::Medium),
            ("pattern-matches-no-action:p-one00001#0:Action[3]", Risk::Low),
            ("unknown-action:p-one00001#2:NotAction[0]", Risk::Low),
        ]
    );
    let remedies: Vec<&str> = found.of("unknown-action").iter().map(|finding| finding.remedy.as_str()).collect();
    assert!(
        remedies[0].contains("`s3:DeleteBucket`") && remedies[1].contains("`dynamodb:DeleteTable`"),
        "{remedies:?}"
    );
    let of_names = ["unknown-action", "pattern-matches-no-action"].map(|code| found.of(code)).concat();
    assert!(of_names.iter().all(|finding| finding.depends_on_catalog));
    let text =
        found.compiled.organization().policies().find(|(_, policy)| policy.id.as_str() == "p-one00001").unwrap().1;
    let span = found.of("unknown-action")[0].place.span.clone().unwrap();
    assert_eq!(text.content.as_deref().unwrap().get(span), Some("\"s3:DeleteBukcet\""));
}

#[test]
fn doc_32_condition_keys_that_nobody_knows() {
    let of = |key: &str| one(deny("s3:DeleteBucket", json!({"StringEquals": {key: "x"}})));
    let found = of("aws:RequestRegion");
    let finding = found.one("unknown-condition-key");
    assert_eq!(finding.risk, Risk::Medium);
    assert!(finding.depends_on_catalog && finding.remedy.contains("`aws:RequestedRegion`"));
    // The whole Deny rests on it; beside another condition it is tidying up.
    assert_eq!(of("xyzzy:plugh").one("unknown-condition-key").risk, Risk::Medium);
    let beside = json!({"StringEquals": {"xyzzy:plugh": "x", "aws:RequestedRegion": "eu-west-1"}});
    assert_eq!(one(deny("s3:DeleteBucket", beside)).one("unknown-condition-key").risk, Risk::Low);
    for known in ["s3:prefix", "AWS:requestedregion", "aws:PrincipalTag/team", "s3:ExistingObjectTag/x"] {
        assert!(of(known).of("unknown-condition-key").is_empty(), "{known}");
    }
    // The parser says it better.
    let found = of("aws:PrincipalTag");
    assert_eq!(told(&found).len(), 1, "{:?}", told(&found));
    assert_eq!(found.found[0].code, "missing-tag-key");
}

#[test]
fn what_the_parser_says_is_found() {
    let found = World::new()
        .content(
            "p-one00001",
            &[PROD],
            json!({"Statement": [
                {"Sid": "A", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"},
                {"Sid": "A", "Effect": "Deny", "Action": "sqs:DeleteQueue", "Resource": "*", "Condition": {"StringEqual": {"aws:SourceVpc": "x"}}},
            ]}),
        )
        .findings();
    assert_eq!(
        told(&found),
        [
            ("unknown-operator:p-one00001#1:Condition.StringEqual", Risk::Medium),
            ("duplicate-sid:p-one00001#1:Sid", Risk::Low),
            ("missing-version:p-one00001", Risk::Low),
        ]
    );
    assert_eq!(found.one("unknown-operator").remedy, "did you mean `StringEquals`?");
}

#[test]
fn a_policy_that_governs_nobody_is_to_be_tidied_up_at_most() {
    let statement = plain("s3:DeleteBukcet");
    let found = World::new().policy("p-one00001", &["111111111111"], json!([statement])).findings();
    assert_eq!(found.one("unknown-action").risk, Risk::Low);
    assert!(found.one("unknown-action").accounts.is_empty());
}

#[test]
fn policies_that_are_nowhere_or_twice() {
    let statements = json!([{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]);
    let copy = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let found = World::new()
        .policy("p-aaa00001", &[PROD], statements.clone())
        .policy("p-bbb00001", &[], statements)
        .policy("p-ccc00001", &[SHOP], copy)
        .findings();
    assert_eq!(
        told(&found),
        [
            ("policy-with-same-text:p-bbb00001", Risk::Low),
            ("policy-with-same-text:p-ccc00001", Risk::Low),
            ("unattached-policy:p-bbb00001", Risk::Low),
        ]
    );
    let other = json!([{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::x"}]);
    let found = World::new()
        .policy("p-aaa00001", &[PROD], json!([{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]))
        .policy("p-bbb00001", &[PROD], other)
        .findings();
    assert_eq!(told(&found), []);
}

fn with_quotas(world: &World, quotas: &str) -> Vec<Finding> {
    let compiled = world.compile();
    let accounts: Vec<_> = compiled.organization().accounts().collect();
    let quotas = Quotas::from_json(quotas).unwrap();
    findings(&Subject { compiled: &compiled, quotas: &quotas, accounts: &accounts })
}

#[test]
fn head_room_is_counted_against_the_limits_given() {
    let world = World::new().policy(
        "p-aaa00001",
        &[PROD],
        json!([{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]),
    );
    let told = |quotas: &str| -> Vec<(String, Risk)> {
        let found = with_quotas(&world, quotas).into_iter().filter(|finding| finding.code != "only-full-access");
        found.map(|finding| (finding.fingerprint, finding.risk)).collect()
    };
    let length = 98;
    let quota = |name: &str, value: usize| json!([{"name": name, "value": value}]).to_string();
    assert_eq!(told(&quota("max_scps_per_target", 2)).len(), 6, "one at the limit, and five with one of two");
    assert_eq!(told(&quota("max_scps_per_target", 4)), []);
    assert_eq!(told(&quota("max_scps_per_target", 3)), [(format!("quota-headroom:{PROD}"), Risk::Info)]);
    let size = |limit: usize| told(&quota("max_scp_chars", limit));
    assert_eq!(size(length * 2), []);
    assert_eq!(size(length + 5), [("quota-headroom:p-aaa00001".to_owned(), Risk::Info)]);
    assert_eq!(size(length / 2), [("scp-too-long:p-aaa00001".to_owned(), Risk::Medium)]);
    let deep = told(&quota("max_organizational_unit_levels", 1));
    assert_eq!(deep, [("quota-headroom:r-ab12:depth".to_owned(), Risk::Info)]);
}
