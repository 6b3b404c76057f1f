//! Exemptions: claimable, inconsistent, dead.

use scproof_evaluator::{Decision, Predicate};
use scproof_policy_parser::ConditionOperator;
use serde_json::{Value, json};

use super::{Found, SHOP, World, deny, is_grave, witnesses};
use crate::Risk;
use crate::model::Evidence;

const PROD: &str = "ou-ab12-prod0001";
const DEV: &str = "ou-ab12-dev00001";

fn arn_not_like(pattern: &str) -> Value {
    json!({"ArnNotLike": {"aws:PrincipalArn": pattern}})
}

fn protected(pattern: &str) -> World {
    World::new().policy("p-protect01", &[PROD], json!([deny("s3:DeleteBucket", arn_not_like(pattern))]))
}

fn actions(found: &Found, code: &str) -> Vec<(String, Decision)> {
    witnesses(found.one(code)).iter().map(|witness| (witness.request.action.clone(), witness.decision)).collect()
}

#[test]
fn a_role_name_that_anybody_may_take_is_claimable() {
    let found = protected("arn:aws:iam::*:role/Admin*").findings();
    let finding = found.one("claimable-exemption");
    assert!(is_grave(finding));
    assert_eq!(finding.fingerprint, "claimable-exemption:aws:principalarn=arn:*:iam::*:role/Admin*");
    assert_eq!(
        finding.message,
        "`arn:aws:iam::*:role/Admin*` is exempt from a Deny statement, and somebody who is not can create the role `role/Admin`"
    );
    assert_eq!(found.accounts(finding), ["shop"]);
    assert_eq!(
        actions(&found, "claimable-exemption"),
        [("s3:DeleteBucket".to_owned(), Decision::ExplicitDeny), ("iam:CreateRole".to_owned(), Decision::Allowed)]
    );
    let principals: Vec<_> = witnesses(finding).iter().map(|witness| witness.request.principal.as_deref()).collect();
    assert_eq!(principals, [Some("arn:aws:iam::222222222222:role/somebody"); 2]);
    assert_eq!(finding.place.path.as_deref(), Some(r#"Statement[0].Condition.ArnNotLike["aws:PrincipalArn"]"#));
}

#[test]
fn a_role_name_that_is_denied_to_others_is_not() {
    let guard = |actions: Value, resource: &str| json!([{"Effect": "Deny", "Action": actions, "Resource": resource, "Condition": arn_not_like("arn:aws:iam::*:role/Admin*")}]);
    let both = json!(["iam:CreateRole", "iam:UpdateAssumeRolePolicy"]);
    let safe = |world: World| assert!(world.findings().of("claimable-exemption").is_empty());
    safe(protected("arn:aws:iam::*:role/Admin*").policy(
        "p-guard001",
        &[PROD],
        guard(both.clone(), "arn:aws:iam::*:role/Admin*"),
    ));
    safe(protected("arn:aws:iam::*:role/Admin*").policy("p-guard001", &["r-ab12"], guard(json!("iam:*"), "*")));

    // Only creating is denied: a role that is there can be taken over.
    let found = protected("arn:aws:iam::*:role/Admin*")
        .policy("p-guard001", &[PROD], guard(json!("iam:CreateRole"), "arn:aws:iam::*:role/Admin*"))
        .findings();
    assert_eq!(actions(&found, "claimable-exemption").pop().unwrap().0, "iam:UpdateAssumeRolePolicy");
    // The guard names one role of the pattern only.
    let found = protected("arn:aws:iam::*:role/Admin*")
        .policy("p-guard001", &[PROD], guard(both, "arn:aws:iam::*:role/Admin"))
        .findings();
    let claim = found.of("claimable-exemption");
    assert!(claim.iter().any(|finding| finding.message.contains("create the role `role/Adminx`")), "{claim:#?}");
}

#[test]
fn what_only_aws_can_create_is_not_claimable() {
    for pattern in [
        "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_*",
        "arn:aws:iam::*:role/aws-service-role/*",
        "arn:aws:iam::*:role/*/AWSReservedSSO_Admin_*",
    ] {
        assert!(protected(pattern).findings().of("claimable-exemption").is_empty(), "{pattern}");
    }
    // A name with something before the reserved prefix is anybody's.
    assert!(is_grave(protected("arn:aws:iam::*:role/*AWSReservedSSO_Admin*").findings().one("claimable-exemption")));
    // Everybody is exempt: nothing to claim.
    assert!(protected("arn:aws:iam::*:role/*").findings().of("claimable-exemption").is_empty());
    // Another account's role.
    assert!(protected("arn:aws:iam::999999999999:role/Admin").findings().of("claimable-exemption").is_empty());
}

#[test]
fn a_claim_that_depends_on_more_says_on_what() {
    let both = json!(["iam:CreateRole", "iam:UpdateAssumeRolePolicy"]);
    let guard = |condition: Value| json!([{"Effect": "Deny", "Action": both, "Resource": "*", "Condition": condition}]);
    let found = protected("arn:aws:iam::*:role/Admin")
        .policy("p-guard001", &[PROD], guard(json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})))
        .findings();
    let finding = found.one("claimable-exemption");
    assert_eq!(finding.risk, Risk::Medium);
    let Evidence::Condition(_, condition, witnesses) = &finding.evidence else { panic!("{finding:#?}") };
    let equals = ConditionOperator::parse("StringEquals").unwrap();
    assert_eq!(*condition, Predicate::compares("aws:SourceVpce", equals, &["vpce-1"]));
    assert_eq!(witnesses.last().unwrap().decision, Decision::Unknown);
    // Anybody can use a second factor.
    let found = protected("arn:aws:iam::*:role/Admin")
        .policy("p-guard001", &[PROD], guard(json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})))
        .findings();
    assert!(is_grave(found.one("claimable-exemption")));
}

#[test]
fn a_tag_that_anybody_may_set_is_claimable() {
    let tagged = || {
        let condition = json!({"StringNotEquals": {"aws:PrincipalTag/rescue": "yes"}});
        World::new().policy("p-protect01", &[PROD], json!([deny("s3:DeleteBucket", condition)]))
    };
    let found = tagged().findings();
    assert!(is_grave(found.one("claimable-exemption")));
    assert_eq!(
        actions(&found, "claimable-exemption"),
        [("s3:DeleteBucket".to_owned(), Decision::ExplicitDeny), ("iam:TagRole".to_owned(), Decision::Allowed)]
    );
}

fn tags_guarded_by(condition: Value) -> World {
    let guard =
        json!([{"Effect": "Deny", "Action": ["iam:Tag*", "sts:TagSession"], "Resource": "*", "Condition": condition}]);
    let condition = json!({"StringNotEqualsIfExists": {"aws:PrincipalTag/rescue": "yes"}});
    World::new().policy("p-protect01", &[PROD], json!([deny("s3:DeleteBucket", condition)])).policy(
        "p-guard001",
        &[PROD],
        guard,
    )
}

/// COND-5: keys of tags are found in any case, and `aws:TagKeys` compares texts.
#[test]
fn a_tag_that_is_guarded_in_one_spelling_is_claimable_in_another() {
    let found = tags_guarded_by(json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "rescue"}})).findings();
    let finding = found.one("claimable-exemption");
    assert!(
        finding.message.contains("give the tag `RESCUE`, which is `rescue`, too, to a role"),
        "{}",
        finding.message
    );
    assert!(is_grave(finding) && finding.remedy.contains("aws:TagKeys"));
    for condition in [
        json!({"ForAnyValue:StringEqualsIgnoreCase": {"aws:TagKeys": "rescue"}}),
        json!({"Null": {"aws:RequestTag/rescue": "false"}}),
    ] {
        assert!(tags_guarded_by(condition.clone()).findings().of("claimable-exemption").is_empty(), "{condition}");
    }
}

/// SET-16: a tag exempts whatever its value is.
#[test]
fn a_tag_that_exempts_by_being_there_is_claimable() {
    let protected = |wanted: &str| {
        let condition = json!({"Null": {"aws:PrincipalTag/rescue": wanted}});
        World::new().policy("p-protect01", &[PROD], json!([deny("s3:DeleteBucket", condition)])).findings()
    };
    assert!(is_grave(protected("true").one("claimable-exemption")));
    // Here the tag is what is denied.
    assert!(protected("false").of("claimable-exemption").is_empty());
}

#[test]
fn a_user_name_that_anybody_may_take_is_claimable() {
    let protected = || {
        let condition = json!({"StringNotLike": {"aws:username": ["ops1", "ops2"]}});
        World::new().policy("p-protect01", &[PROD], json!([deny("ec2:*", condition)]))
    };
    let found = protected().findings();
    let claims = found.of("claimable-exemption");
    assert_eq!(claims.len(), 2, "{claims:#?}");
    assert!(claims.iter().all(|finding| is_grave(finding) && finding.message.contains("create the user `user/ops")));
    let guard = json!([{"Effect": "Deny", "Action": ["iam:CreateUser", "iam:CreateAccessKey"], "Resource": "*"}]);
    assert!(protected().policy("p-guard001", &[PROD], guard).findings().of("claimable-exemption").is_empty());
    // Who is denied by name is not exempt.
    let denied = json!([deny("ec2:*", json!({"StringLike": {"aws:username": "ops1"}}))]);
    let world = World::new().policy("p-protect01", &[PROD], denied);
    assert!(world.findings().of("claimable-exemption").is_empty());
}

#[test]
fn accounts_that_policies_name_are_asked_one_by_one() {
    let guard = json!([{"Effect": "Deny", "Action": "iam:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "333333333333"}}}]);
    let found = World::new()
        .policy("p-protect01", &["r-ab12"], json!([deny("s3:DeleteBucket", arn_not_like("arn:aws:iam::*:role/Admin"))]))
        .policy("p-guard001", &["r-ab12"], guard)
        .findings();
    assert_eq!(found.accounts(found.one("claimable-exemption")), ["lab"]);
}

/// Statements with one exemption each.
fn statements(patterns: &[&str]) -> Value {
    let actions = [
        "s3:DeleteBucket",
        "kms:DisableKey",
        "sqs:DeleteQueue",
        "sns:DeleteTopic",
        "ec2:DeleteVpc",
        "rds:DeleteDBInstance",
        "iam:DeleteUser",
    ];
    patterns.iter().zip(actions).map(|(pattern, action)| deny(action, arn_not_like(pattern))).collect()
}

fn inconsistent(patterns: &[&str]) -> Found {
    World::new().policy("p-many0001", &[PROD], statements(patterns)).findings()
}

const OPS: &str = "arn:aws:iam::*:role/ops";
const OTHER: &str = "arn:aws:iam::*:role/other";

#[test]
fn an_exemption_that_one_statement_lacks_is_inconsistent() {
    let found = inconsistent(&[OPS, OPS, OTHER, OPS, OPS]);
    let finding = found.one("inconsistent-exemption");
    assert_eq!(finding.fingerprint, "inconsistent-exemption:p-many0001#2:aws:principalarn=arn:*:iam::*:role/ops");
    assert_eq!((finding.risk, finding.place.statement), (Risk::Medium, Some(2)));
    assert_eq!(found.accounts(finding), ["shop"]);
    let [witness] = witnesses(finding) else { panic!("one witness") };
    assert_eq!(witness.request.principal.as_deref(), Some("arn:aws:iam::222222222222:role/ops"));
    assert_eq!((witness.request.action.as_str(), witness.decision), ("sqs:DeleteQueue", Decision::ExplicitDeny));
}

/// A slip is one whatever the share of statements is.
#[test]
fn an_exemption_that_is_misspelt_is_inconsistent() {
    const SSO: &str = "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_acme-Admin_*";
    let slip = SSO.replace("acme-", "-");
    let found = inconsistent(&[SSO, SSO, SSO, SSO, &slip, OTHER, OTHER]);
    let finding = found.one("inconsistent-exemption");
    assert_eq!(finding.place.statement, Some(4));
    assert!(finding.message.ends_with("AWSReservedSSO_-Admin_*`, which is spelt nearly so"), "{}", finding.message);
    let none = |other: &str| {
        let found = inconsistent(&[OPS, OPS, OPS, OPS, other, OTHER, OTHER]);
        assert!(found.of("inconsistent-exemption").is_empty(), "{:?}", found.fingerprints());
    };
    // Names of somebody else.
    none("arn:aws:iam::*:role/ops-eu");
    none("arn:aws:iam::*:role/ops2");
    none("arn:aws:iam::*:role/ops/eu");
    // Who is also exempt under the right name.
    let both = World::new().policy("p-many0001", &[PROD], {
        let mut all = statements(&[SSO, SSO, SSO, SSO, SSO, OTHER, OTHER]);
        all[4]["Condition"]["ArnNotLike"]["aws:PrincipalArn"] = json!([SSO, slip]);
        all
    });
    assert!(both.findings().of("inconsistent-exemption").iter().all(|finding| finding.place.statement != Some(4)));
}

#[test]
fn spellings_of_one_pattern_are_one() {
    let found = inconsistent(&[
        OPS,
        "arn:*:iam::*:role/ops",
        "arn:aws:iam::${aws:PrincipalAccount}:role/ops",
        "arn:aws:iam::????????????:role/ops",
        OTHER,
    ]);
    assert_eq!(found.one("inconsistent-exemption").place.statement, Some(4));
}

#[test]
fn few_statements_or_many_deviations_are_no_inconsistency() {
    let none = |found: Found| assert!(found.of("inconsistent-exemption").is_empty(), "{:?}", found.fingerprints());
    none(inconsistent(&[OPS, OPS, OPS, OTHER]));
    none(inconsistent(&[OPS, OPS, OPS, OPS, OPS, OTHER, OTHER]));
    none(inconsistent(&[OPS, OPS, OPS, OPS, OPS]));
    // A wider pattern exempts, too.
    none(inconsistent(&[OPS, OPS, OPS, OPS, "arn:aws:iam::*:role/o*"]));
    // Who a variable exempts is not known.
    none(inconsistent(&[OPS, OPS, OPS, OPS, "arn:aws:iam::*:role/${aws:PrincipalTag/role}"]));
    // Statements of another path do not count.
    none(
        World::new()
            .policy("p-many0001", &[PROD], statements(&[OPS, OPS, OPS, OPS]))
            .policy("p-other001", &[DEV], statements(&[OTHER]))
            .findings(),
    );
    // The statement without it is never in force where the others are: another Deny blocks the witness, but not by it.
    none(
        World::new()
            .policy("p-many0001", &[PROD], statements(&[OPS, OPS, OPS, OPS]))
            .policy("p-other001", &["111111111111"], statements(&[OTHER]))
            .findings(),
    );
}

#[test]
fn ctx_60_an_exemption_by_session_exempts_nobody() {
    let found = protected("arn:aws:sts::*:assumed-role/Admin/*").findings();
    let finding = found.one("exemption-never-matches");
    assert_eq!((finding.risk, finding.rule), (Risk::Medium, Some("CTX-60")));
    let [witness] = witnesses(finding) else { panic!("one witness") };
    assert_eq!(witness.request.principal.as_deref(), Some("arn:aws:sts::222222222222:assumed-role/Admin/session"));
    assert_eq!(witness.decision, Decision::ExplicitDeny);

    let exact = |pattern: &str| {
        let condition = json!({"StringNotEquals": {"aws:PrincipalArn": pattern}});
        World::new().policy("p-protect01", &[PROD], json!([deny("s3:DeleteBucket", condition)])).findings()
    };
    let found = exact("arn:aws:iam::*:role/Admin");
    assert!(found.one("exemption-never-matches").remedy.contains("ArnNotLike"));
    assert!(found.of("claimable-exemption").is_empty(), "nobody is exempt");
    let found = exact("arn:aws:iam::${aws:PrincipalAccount}:role/Admin");
    assert!(found.of("exemption-never-matches").is_empty() && is_grave(found.one("claimable-exemption")));
    assert!(exact("arn:aws:iam::222222222222:role/Admin").of("exemption-never-matches").is_empty());
    // A path may hold a star.
    assert!(exact("arn:aws:iam::222222222222:role/*/Admin").of("exemption-never-matches").is_empty());
    for pattern in ["arn:aws:iam::*:role/Admin", "arn:aws:sts::*:federated-user/*"] {
        assert!(protected(pattern).findings().of("exemption-never-matches").is_empty(), "{pattern}");
    }
    assert_eq!(SHOP, "222222222222");
}
