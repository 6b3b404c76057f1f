//! What changes nothing, and what blocks everything.

use std::sync::Arc;

use scproof_organization::{AccountScope, NodeId, Organization};
use scproof_policy_parser::{PolicyDocument, PolicyKind};
use serde_json::{Value, json};

use super::{SHOP, World};
use crate::{Audit, AuditOptions, Guardrail, GuardrailState, Risk, audit};

const PROD: &str = "ou-ab12-prod0001";

fn audited(world: &World, options: &AuditOptions) -> Audit {
    audit(Organization::from_json(&world.0.to_string()).unwrap(), options).unwrap()
}

/// The findings of this module, with why they are so.
fn found(world: &World) -> Vec<(String, String)> {
    let mine = ["without-effect", "never-matches", "blocks-everything"];
    let audit = audited(world, &AuditOptions::default());
    let findings = audit.findings.into_iter().filter(|finding| mine.iter().any(|part| finding.code.contains(part)));
    findings.map(|finding| (finding.fingerprint, finding.reason)).collect()
}

fn fingerprints(world: &World) -> Vec<String> {
    found(world).into_iter().map(|(fingerprint, _)| fingerprint).collect()
}

fn deny(actions: Value) -> Value {
    json!({"Effect": "Deny", "Action": actions, "Resource": "*"})
}

fn deny_when(actions: Value, condition: Value) -> Value {
    json!({"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": condition})
}

fn spare(action: &str) -> Value {
    json!({"Effect": "Deny", "NotAction": action, "Resource": "*"})
}

#[test]
fn a_tidy_organization_has_nothing_idle() {
    // EVAL-7.
    let world = World::new()
        .policy("p-root00000001", &["r-ab12"], json!([deny(json!("organizations:LeaveOrganization"))]))
        .policy("p-prod00000001", &[PROD], json!([deny(json!("s3:DeleteBucket"))]));
    assert_eq!(fingerprints(&world), [""; 0]);
}

#[test]
fn a_deny_that_another_one_covers() {
    let world = World::new().policy("p-root00000001", &["r-ab12"], json!([deny(json!("s3:*"))])).policy(
        "p-prod00000001",
        &[PROD],
        json!([deny(json!("s3:Delete*")), deny(json!("sqs:*"))]),
    );
    let expected = (
        "deny-without-effect:p-prod00000001#0".to_owned(),
        "`Statement[0]` of `p-root00000001` denies all of it already".to_owned(),
    );
    assert_eq!(found(&world), [expected]);
    // Not if the other one depends on more.
    let region = json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}});
    let world = World::new()
        .policy("p-root00000001", &["r-ab12"], json!([deny_when(json!("s3:*"), region.clone())]))
        .policy("p-prod00000001", &[PROD], json!([deny(json!("s3:Delete*"))]));
    assert_eq!(fingerprints(&world), [""; 0]);
    // But if both depend on the same, and one on still more.
    let both = json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1", "aws:PrincipalTag/team": "red"}});
    let world = World::new().policy("p-root00000001", &["r-ab12"], json!([deny_when(json!("s3:*"), region)])).policy(
        "p-prod00000001",
        &[PROD],
        json!([deny_when(json!("s3:Delete*"), both), deny(json!("sqs:*"))]),
    );
    assert_eq!(fingerprints(&world), ["deny-without-effect:p-prod00000001#0"]);
}

#[test]
fn policies_at_one_level_that_deny_some_of_the_same() {
    // Both deny the first action; the second one only the first policy does.
    let world = World::new()
        .policy("p-more00000001", &[PROD], json!([deny(json!(["s3:DeleteBucket", "sqs:DeleteQueue"]))]))
        .policy("p-less00000001", &[PROD], json!([deny(json!("s3:DeleteBucket"))]));
    assert_eq!(fingerprints(&world), ["deny-without-effect:p-less00000001#0"]);
    // Nor is it idle at one account, where it stands at another one, too.
    let world = World::new()
        .policy("p-more00000001", &[SHOP, "333333333333"], json!([deny(json!(["s3:DeleteBucket", "sqs:DeleteQueue"]))]))
        .policy("p-less00000001", &[SHOP], json!([deny(json!("s3:DeleteBucket"))]));
    assert_eq!(fingerprints(&world), ["deny-without-effect:p-less00000001#0"]);
}

#[test]
fn a_deny_that_several_cover_together() {
    let region = |operator: &str| json!({operator: {"aws:RequestedRegion": "eu-west-1"}});
    let world = World::new()
        .policy(
            "p-root00000001",
            &["r-ab12"],
            json!([
                deny_when(json!("s3:*"), region("StringEquals")),
                deny_when(json!("s3:*"), region("StringNotEquals"))
            ]),
        )
        .policy("p-prod00000001", &[PROD], json!([deny(json!("s3:Delete*")), deny(json!("sqs:*"))]));
    let found = found(&world);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[0],
        (
            "deny-without-effect:p-prod00000001#0".to_owned(),
            "other statements and levels block all of it already".to_owned()
        )
    );
}

#[test]
fn a_deny_of_what_is_never_allowed() {
    let list = json!([{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}, deny(json!("s3:*")), deny(json!("ec2:RunInstances"))]);
    let world = World::new().without(PROD, super::FULL).policy("p-prod00000001", &[PROD], list);
    let expected = (
        "deny-without-effect:p-prod00000001#1".to_owned(),
        "some level of each path allows none of what it denies".to_owned(),
    );
    assert_eq!(found(&world), [expected]);
}

#[test]
fn an_allow_list_beside_full_access() {
    let list = json!([{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]);
    let world = World::new().policy("p-list00000001", &[PROD], list.clone());
    assert_eq!(fingerprints(&world), ["allow-without-effect:p-list00000001#0"]);
    // Without full access it is what lets anything pass.
    let world = World::new().without(PROD, super::FULL).policy("p-list00000001", &[PROD], list);
    assert_eq!(fingerprints(&world), [""; 0]);
}

#[test]
fn conditions_that_exclude_each_other() {
    // EVAL-3: two keys that say the same thing of one caller, in contradiction.
    let condition = json!({
        "StringEquals": {"aws:RequestedRegion": "eu-west-1"}, "StringLike": {"aws:RequestedRegion": "us-*"}});
    let world = World::new().policy("p-prod00000001", &[PROD], json!([deny_when(json!("s3:*"), condition)]));
    let audit = audited(&world, &AuditOptions::default());
    let finding = audit.findings.iter().find(|finding| finding.code == "deny-never-matches").unwrap();
    assert_eq!((finding.risk, &*finding.fingerprint), (Risk::High, "deny-never-matches:p-prod00000001#0"));
    let condition = json!({
        "StringEquals": {"aws:RequestedRegion": "us-east-1"}, "StringLike": {"aws:RequestedRegion": "us-*"}});
    let world = World::new().policy("p-prod00000001", &[PROD], json!([deny_when(json!("s3:*"), condition)]));
    assert_eq!(fingerprints(&world), [""; 0]);
}

#[test]
fn the_same_policy_at_two_levels() {
    let statements = json!([deny(json!("s3:DeleteBucket"))]);
    let world = World::new().policy("p-twice0000001", &["r-ab12", SHOP], statements.clone());
    assert_eq!(fingerprints(&world), ["attachment-without-effect:p-twice0000001@222222222222"]);
    // The one above matters to other accounts, and below the unit nothing else has it.
    let world = World::new().policy("p-twice0000001", &[PROD, "ou-ab12-dev00001"], statements);
    assert_eq!(fingerprints(&world), [""; 0]);
}

#[test]
fn what_blocks_everything() {
    // EVAL-4: one statement is meant so; EVAL-7: several hardly.
    let world = World::new().policy("p-stop00000001", &[PROD], json!([deny(json!("*"))]));
    let audit = audited(&world, &AuditOptions::default());
    let finding = audit.findings.iter().find(|finding| finding.code == "blocks-everything").unwrap();
    assert_eq!((finding.risk, finding.accounts.len()), (Risk::Info, 1));
    let world = World::new().policy("p-stop00000001", &[PROD], json!([spare("iam:*"), spare("sts:*")]));
    let audit = audited(&world, &AuditOptions::default());
    let finding = audit.findings.iter().find(|finding| finding.code == "blocks-everything-together").unwrap();
    assert_eq!((finding.risk, &*finding.fingerprint), (Risk::High, "blocks-everything-together:ou-ab12-prod0001"));
    let world = World::new().policy("p-stop00000001", &[PROD], json!([spare("iam:*")]));
    assert_eq!(fingerprints(&world), [""; 0]);
}

#[test]
fn what_is_idle_for_some_accounts_may_matter_to_others() {
    let world = World::new().policy("p-prod00000001", &[PROD], json!([deny(json!("s3:*"))])).policy(
        "p-root00000001",
        &["r-ab12"],
        json!([deny(json!("s3:*"))]),
    );
    let organization = Organization::from_json(&world.0.to_string()).unwrap();
    let shop: NodeId = organization.resolve_account("shop").unwrap();
    let options = AuditOptions { accounts: Some(vec![shop]), ..AuditOptions::default() };
    let audit = audited(&world, &options);
    assert!(audit.findings.iter().all(|finding| !finding.code.contains("without-effect")), "{:#?}", audit.findings);
}

/// How a guardrail stands in the account `shop`, and how many ways lead through it.
fn state(world: &World, guardrail: Value) -> (GuardrailState, usize) {
    let document = json!({"Version": "2012-10-17", "Statement": guardrail}).to_string();
    let guardrail = Guardrail {
        id: "test".to_owned(),
        title: "Test".to_owned(),
        why: "a test".to_owned(),
        category: "Tests".to_owned(),
        risk: Risk::High,
        sources: Vec::new(),
        scope: AccountScope::default(),
        document: Arc::new(PolicyDocument::parse(&document, PolicyKind::ServiceControl).document),
    };
    let demanded = vec![guardrail.id.clone()];
    let options = AuditOptions { guardrails: vec![Arc::new(guardrail)], demanded, ..AuditOptions::default() };
    let audit = audited(world, &options);
    let shop = audit.organization.resolve_account("shop").unwrap();
    let group = audit.guardrails[0].groups.iter().find(|group| group.accounts.contains(&shop)).unwrap();
    (group.state, group.passing.len())
}

#[test]
fn states_of_a_guardrail() {
    let stop = json!("cloudtrail:StopLogging");
    let world = |condition: Value| {
        World::new().policy("p-prod00000001", &[PROD], json!([deny_when(json!("cloudtrail:*"), condition)]))
    };
    let always = World::new().policy("p-prod00000001", &[PROD], json!([deny(json!("cloudtrail:Stop*"))]));
    assert_eq!(state(&World::new(), deny(stop.clone())), (GuardrailState::Hole, 1));
    assert_eq!(state(&always, deny(stop.clone())), (GuardrailState::Holds, 0));
    let expected = [
        // Callers that the policies name.
        (json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}), GuardrailState::HoldsExcept),
        (json!({"StringNotEquals": {"aws:PrincipalTag/team": "security"}}), GuardrailState::HoldsExcept),
        (json!({"BoolIfExists": {"aws:ViaAWSService": "false"}}), GuardrailState::HoldsExcept),
        (json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), GuardrailState::HoldsExcept),
        // All roles are no exemption by name, nor is a region.
        (json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}), GuardrailState::Hole),
        (json!({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}), GuardrailState::Hole),
        (json!({"StringEquals": {"aws:PrincipalTag/team": "interns"}}), GuardrailState::Hole),
    ];
    for (condition, expected) in expected {
        assert_eq!(state(&world(condition.clone()), deny(stop.clone())).0, expected, "{condition}");
    }
    // EXM-13: a central root session is exempted by name where the root user is meant.
    let root = deny_when(json!("*"), json!({"ArnLike": {"aws:PrincipalArn": "arn:*:iam::*:root"}}));
    let spared = deny_when(
        json!("*"),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:*:iam::*:root"}, "Null": {"aws:AssumedRoot": "true"}}),
    );
    let world = World::new().policy("p-prod00000001", &[PROD], json!([spared]));
    assert_eq!(state(&world, root.clone()).0, GuardrailState::HoldsExcept);
    assert_eq!(state(&World::new(), root).0, GuardrailState::Hole);
}
