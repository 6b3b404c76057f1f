//! Which guardrails are intended, and what suppressions and scopes do to them.

use scproof_organization::Organization;
use serde_json::{Value, json};

use super::World;
use crate::GuardrailState::{Holds, Hole, NotAdopted, NotApplicable, Suppressed};
use crate::{
    Audit, AuditError, AuditOptions, GuardrailAim, GuardrailReport, GuardrailState, Guardrails, Suppressions, audit,
};

const PROD: &str = "ou-ab12-prod0001";
const DEV: &str = "ou-ab12-dev00001";
const ROOT: &str = "r-ab12";
const LAB: &str = "333333333333";

/// The audit of a world with one guardrail, written as in a file.
fn audit_of(world: &World, guardrail: &Value, suppressions: &Value, today: &str) -> Audit {
    let organization = Organization::from_json(&world.0.to_string()).unwrap();
    audit(organization, &options(guardrail, suppressions, today)).unwrap()
}

fn options(guardrail: &Value, suppressions: &Value, today: &str) -> AuditOptions {
    let guardrails = json!({"Format": "scproof-guardrails/1", "Guardrails": [guardrail]}).to_string();
    let suppressions = json!({"Format": "scproof-suppressions/1", "Suppressions": suppressions}).to_string();
    AuditOptions {
        guardrails: Guardrails::from_json(&guardrails).unwrap().into_list(),
        suppressions: Suppressions::from_json(&suppressions).unwrap(),
        today: Some(today.to_owned()),
        ..AuditOptions::default()
    }
}

fn guardrail(statements: Value) -> Value {
    json!({"Id": "own", "Title": "Own", "Why": "ours", "Risk": "high", "MustBeBlocked": statements})
}

fn report(world: &World, statements: Value) -> GuardrailReport {
    audit_of(world, &guardrail(statements), &json!([]), "2027-01-01").guardrails.remove(0)
}

fn state(report: &GuardrailReport, account: &str, organization: &Audit) -> Option<GuardrailState> {
    let account = organization.organization.resolve_account(account).unwrap();
    report.groups.iter().find(|group| group.accounts.contains(&account)).map(|group| group.state)
}

/// Whether a statement at the unit `Prod` is aimed at a guardrail.
fn aims(statement: Value, statements: Value) -> bool {
    let world = World::new().policy("p-prod00000001", &[PROD], json!([statement]));
    let report = report(&world, statements);
    assert_eq!(report.is_intended(), !report.aims.is_empty());
    report.is_intended()
}

fn deny(actions: Value) -> Value {
    json!({"Effect": "Deny", "Action": actions, "Resource": "*"})
}

fn deny_when(actions: Value, condition: Value) -> Value {
    json!({"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": condition})
}

const ROOT_USER: &str = "arn:aws:iam::*:root";

#[test]
fn a_statement_that_names_the_service_is_aimed_at_its_calls() {
    let stop = || json!({"Action": ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"]});
    assert!(aims(deny(json!("cloudtrail:StopLogging")), stop()));
    assert!(aims(deny(json!("cloudtrail:*")), stop()));
    // Only some calls are covered: for some callers, in some regions, on some trails.
    let only = |condition: Value| deny_when(json!("cloudtrail:Stop*"), condition);
    assert!(aims(only(json!({"StringEquals": {"aws:PrincipalTag/team": "interns"}})), stop()));
    assert!(aims(only(json!({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})), stop()));
    let mut trail = deny(json!("cloudtrail:StopLogging"));
    trail["Resource"] = json!("arn:aws:cloudtrail:*:*:trail/org-*");
    assert!(aims(trail, stop()));
    assert!(!aims(deny(json!("cloudtrail:CreateTrail")), stop()));
    assert!(!aims(deny(json!("guardduty:*")), stop()));
}

#[test]
fn what_blocks_nearly_everything_is_aimed_at_nothing_that_it_does_not_ask_for() {
    let stop = || json!({"Action": "cloudtrail:StopLogging"});
    let root = || json!({"ArnLike": {"aws:PrincipalArn": ROOT_USER}});
    let region = || json!({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}});
    let of_root = || json!({"Action": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:*:iam::*:root"}}});
    let of_region =
        || json!({"Action": "ec2:RunInstances", "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}});
    // A quarantine, a lock for the root user, a lock of regions.
    for (statement, at_root, at_region) in [
        (deny(json!("*")), false, false),
        (deny_when(json!("*"), root()), true, false),
        (deny_when(json!("*"), region()), false, true),
        (deny(json!("organizations:LeaveOrganization")), false, false),
        (deny(json!("ec2:*")), false, true),
        (deny_when(json!("iam:*"), root()), true, false),
    ] {
        assert!(!aims(statement.clone(), stop()), "{statement}");
        assert_eq!(aims(statement.clone(), of_root()), at_root, "{statement}");
        assert_eq!(aims(statement.clone(), of_region()), at_region, "{statement}");
    }
}

#[test]
fn a_guardrail_with_keys_wants_a_statement_that_asks_for_them_or_covers_all() {
    let launch = || {
        json!({"Action": "ec2:RunInstances", "Resource": "arn:*:ec2:*:*:instance/*",
               "Condition": {"StringNotEquals": {"ec2:MetadataHttpTokens": "required"}}})
    };
    let run = |condition: Value| deny_when(json!("ec2:RunInstances"), condition);
    assert!(aims(run(json!({"StringNotEquals": {"ec2:MetadataHttpTokens": "required"}})), launch()));
    assert!(aims(run(json!({"StringEquals": {"ec2:MetadataHttpTokens": "optional"}})), launch()));
    assert!(!aims(run(json!({"StringNotEquals": {"ec2:InstanceType": "t3.micro"}})), launch()));
    assert!(aims(deny(json!("ec2:*")), launch()));
    // Callers that are exempted by name do not count.
    assert!(aims(run(json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"}})), launch()));
}

#[test]
fn an_allow_list_is_aimed_at_what_it_leaves_out_of_a_service() {
    let list = |actions: Value| {
        let allow = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        World::new().without(DEV, super::FULL).policy("p-list00000001", &[DEV], json!([allow]))
    };
    let users = || json!({"Action": "iam:CreateUser"});
    let chosen = report(&list(json!(["ec2:*", "iam:Get*"])), users());
    let organization = audit_of(&World::new(), &guardrail(users()), &json!([]), "2027-01-01").organization;
    let dev = organization.resolve_target(DEV).unwrap();
    assert_eq!(chosen.aims, [GuardrailAim::AllowList(dev)]);
    // Nothing of the service is on the list, as little as of a thousand others.
    assert!(!report(&list(json!(["ec2:*", "s3:*"])), users()).is_intended());
    assert!(!report(&list(json!("*")), users()).is_intended());
    let mut all_but = World::new().without(DEV, super::FULL);
    let allow = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
    all_but = all_but.policy("p-list00000001", &[DEV], json!([allow]));
    assert!(report(&all_but, users()).is_intended());
}

#[test]
fn holes_count_where_the_guardrail_is_intended() {
    let world = World::new().policy("p-prod00000001", &[PROD], json!([deny(json!("cloudtrail:*"))]));
    let of = |action: &str, demanded: bool| {
        let mut options = options(&guardrail(json!({"Action": action})), &json!([]), "2027-01-01");
        if demanded {
            options.demanded.push("own".to_owned());
        }
        let audit = audit(Organization::from_json(&world.0.to_string()).unwrap(), &options).unwrap();
        let report = &audit.guardrails[0];
        ["shop", "lab", "management"].map(|account| state(report, account, &audit).unwrap())
    };
    assert_eq!(of("cloudtrail:StopLogging", false), [Holds, Hole, NotApplicable]);
    assert_eq!(of("guardduty:DeleteDetector", false), [NotAdopted, NotAdopted, NotApplicable]);
    assert_eq!(of("guardduty:DeleteDetector", true), [Hole, Hole, NotApplicable]);
    // Where everything is blocked a guardrail holds, but nobody meant it.
    let world = World::new().policy("p-prod00000001", &[PROD], json!([deny(json!("*"))]));
    let audit = audit_of(&world, &guardrail(json!({"Action": "s3:DeleteBucket"})), &json!([]), "2027-01-01");
    let states = ["shop", "lab"].map(|account| state(&audit.guardrails[0], account, &audit).unwrap());
    assert_eq!(states, [Holds, NotAdopted]);
}

#[test]
fn guardrails_are_about_the_accounts_that_they_name() {
    let world = World::new()
        .with(
            "Accounts",
            json!({"Id": "444444444444", "Name": "till", "ParentId": PROD, "Tags": [{"Key": "env", "Value": "live"}]}),
        )
        .with("Attachments", json!({"TargetId": "444444444444", "PolicyId": super::FULL}))
        .policy("p-root00000001", &[LAB], json!([deny(json!("s3:DeleteBucket"))]));
    let of = |scope: Value| {
        let mut own = guardrail(json!({"Action": "s3:DeleteBucket"}));
        own.as_object_mut().unwrap().extend(scope.as_object().unwrap().clone());
        let audit = audit_of(&world, &own, &json!([]), "2027-01-01");
        ["shop", "till", "lab"].map(|account| state(&audit.guardrails[0], account, &audit))
    };
    assert_eq!(of(json!({})), [Some(Hole), Some(Hole), Some(Holds)]);
    assert_eq!(of(json!({"OUs": "Prod"})), [Some(Hole), Some(Hole), None]);
    assert_eq!(of(json!({"Accounts": "tag:env=live"})), [None, Some(Hole), None]);
    assert_eq!(of(json!({"Accounts": ["shop", "lab"], "OUs": ["Prod"]})), [Some(Hole), None, None]);
    let mut own = guardrail(json!({"Action": "s3:DeleteBucket"}));
    own["OUs"] = json!("Prd");
    let organization = Organization::from_json(&world.0.to_string()).unwrap();
    let error = audit(organization, &options(&own, &json!([]), "2027-01-01")).unwrap_err();
    assert!(matches!(error, AuditError::Scope { .. }), "{error}");
    assert!(error.to_string().contains("the guardrail `own`") && error.to_string().contains("`Prd`"), "{error}");
}

#[test]
fn suppressed_holes_have_their_reason_and_end() {
    let world = World::new().policy(
        "p-root00000001",
        &[ROOT],
        json!([deny_when(json!("s3:DeleteBucket"), json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))]),
    );
    let own = guardrail(json!({"Action": "s3:DeleteBucket"}));
    let suppressions = json!([
        {"Finding": "hole:own", "Reason": "nothing in it", "OUs": "Dev", "Until": "2027-01-31"},
        {"Finding": "hole:other", "Reason": "no such guardrail"},
    ]);
    let of = |today: &str| {
        let audit = audit_of(&world, &own, &suppressions, today);
        let report = &audit.guardrails[0];
        let states = ["shop", "lab"].map(|account| state(report, account, &audit).unwrap());
        let reasons: Vec<String> = report.groups.iter().filter_map(|group| group.reason.clone()).collect();
        (states, reasons, audit.unused_suppressions.len())
    };
    assert_eq!(of("2027-01-31"), ([Hole, Suppressed], vec!["nothing in it".to_owned()], 1));
    assert_eq!(of("2027-02-01"), ([Hole, Hole], Vec::new(), 2));
}

/// A finding is covered if all the accounts that it concerns are.
#[test]
fn findings_are_suppressed_for_accounts() {
    let world = World::new().policy("p-prod00000001", &[PROD, DEV], json!([deny(json!("s3:NoSuchAction"))]));
    let of = |suppressions: Value| {
        let audit = audit_of(&world, &guardrail(json!({"Action": "m2:*"})), &suppressions, "2027-01-01");
        (audit.findings.len(), audit.suppressed.len(), audit.unused_suppressions.len())
    };
    let (all, none, _) = of(json!([]));
    assert!(all > 0 && none == 0);
    let unit = |units: Value| json!([{"Finding": "*:p-prod00000001*", "Reason": "ticket 1", "OUs": units}]);
    assert_eq!(of(unit(json!("Prod"))), (all, 0, 1));
    let (left, suppressed, unused) = of(unit(json!(["Prod", "Dev"])));
    assert!(suppressed > 0 && unused == 0 && left + suppressed == all, "{left} {suppressed}");
    assert_eq!(of(json!([{"Finding": "*:p-prod00000001*", "Reason": "ticket 1"}])), (left, suppressed, 0));
}
