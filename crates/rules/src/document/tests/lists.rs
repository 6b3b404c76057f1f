//! Lists, sets, networks, and what is told once.

use scproof_policy_parser::{PolicyDocument, PolicyKind};

use super::{Risk, check, codes, deny, told};

/// A document of these statements.
fn of(statements: &str) -> PolicyDocument {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    PolicyDocument::parse(&text, PolicyKind::ServiceControl).document
}

/// EXM-4, EXM-5
#[test]
fn what_only_the_management_account_can_do() {
    let found = told(&deny(r#"["organizations:MoveAccount","organizations:LeaveOrganization"]"#, r#""*""#, "{}"));
    let [(code, risk, message)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((*code, *risk), ("management-only-action", Risk::Low));
    assert!(message.contains("`organizations:MoveAccount`") && !message.contains("Leave"), "{message}");
    // A delegated administrator may, and a pattern names more.
    for right in [r#""organizations:AttachPolicy""#, r#""organizations:*""#, r#""organizations:LeaveOrganization""#] {
        assert_eq!(codes(right, r#""*""#, "{}"), [], "{right}");
    }
}

/// LAW-1, LAW-2
#[test]
fn a_rule_about_networks_that_stops_services() {
    let of = |condition: &str| codes(r#""ec2:StopInstances""#, r#""*""#, condition);
    let told = [("source-network-stops-services", Risk::Info)];
    assert_eq!(of(r#"{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#), told);
    assert_eq!(of(r#"{"StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}"#), told);
    for right in [
        r#"{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"},"Bool":{"aws:ViaAWSService":"false"}}"#,
        r#"{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"},"Null":{"aws:CalledVia":"true"}}"#,
        // Networks that are denied.
        r#"{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#,
    ] {
        assert_eq!(of(right), [], "{right}");
    }
}

/// SET-12
#[test]
fn set_operators_on_keys_of_services_with_one_value() {
    let of = |action: &str, condition: &str| codes(action, r#""*""#, condition);
    let launch = r#""ec2:RunInstances""#;
    let told = [("set-operator-on-single-value", Risk::Low)];
    assert_eq!(of(launch, r#"{"ForAnyValue:StringEquals":{"ec2:InstanceType":"p5.48xlarge"}}"#), told);
    assert_eq!(of(r#""ses:SendEmail""#, r#"{"ForAnyValue:StringLike":{"ses:Recipients":"*@example.com"}}"#), []);
    // A name in the plural, and a key that the parser tells of.
    assert_eq!(of(r#""route53:*""#, r#"{"ForAnyValue:StringLike":{"route53:VPCs":"*"}}"#), []);
    assert_eq!(of(launch, r#"{"ForAnyValue:StringEquals":{"aws:RequestedRegion":"eu-west-1"}}"#), []);
}

/// SET-7, SET-8
#[test]
fn for_all_values_in_a_deny() {
    let of = |condition: &str| codes(r#""ec2:CreateTags""#, r#""*""#, condition);
    let found =
        told(&deny(r#""ec2:CreateTags""#, r#""*""#, r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}"#));
    let [(code, risk, message)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((*code, *risk), ("for-all-values-in-deny", Risk::Medium));
    assert!(message.contains("`anything-else`"), "{message}");
    assert_eq!(of(r#"{"ForAllValues:StringNotEquals":{"aws:TagKeys":["team"]}}"#), [(*code, *risk)]);
    for right in [
        r#"{"ForAnyValue:StringNotEquals":{"aws:TagKeys":["team"]}}"#,
        r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]},"Null":{"aws:TagKeys":"false"}}"#,
    ] {
        assert_eq!(of(right), [], "{right}");
    }
}

/// EVAL-4, COND-1
#[test]
fn statements_that_others_say_already() {
    let redundant = |statements: &str| {
        let found = check(&of(statements), None);
        let found = found.into_iter().filter(|found| found.rule.code == "redundant-statement");
        found.map(|found| found.statement).collect::<Vec<_>>()
    };
    let all = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#;
    let one =
        r#"{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*","Condition":{"Null":{"aws:TagKeys":"true"}}}"#;
    assert_eq!(redundant(&format!("{one},{all}")), [0]);
    assert_eq!(redundant(&format!("{all},{all}")), [1]);
    let but = |action: &str| format!(r#"{{"Effect":"Deny","NotAction":"{action}","Resource":"*"}}"#);
    assert_eq!(redundant(&format!("{},{all}", but("iam:*"))), [1]);
    for right in [
        format!("{all},{}", r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#),
        format!("{all},{}", r#"{"Effect":"Deny","Action":"ec2:*","Resource":"*"}"#),
        format!("{},{all}", but("s3:Get*")),
        // The wider one has a condition that the narrower one lacks.
        r#"{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Null":{"aws:TagKeys":"true"}}},
           {"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}"#
            .to_owned(),
        r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::a*"},
           {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::ab"}"#
            .to_owned(),
    ] {
        assert!(redundant(&right).is_empty(), "{right}");
    }
}

/// DOC-21: one cause, one finding.
#[test]
fn a_cause_is_told_once() {
    let deny = |actions: &str| format!(r#"{{"Effect":"Deny","Action":[{actions}],"Resource":"*"}}"#);
    let text = format!("{},{}", deny(r#""macie:ListX","macie:GetX""#), deny(r#""macie:GetX","s3:DeleteBukcet""#));
    let found = check(&of(&text), None);
    let [service, action] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(service.rule.code, "unknown-action");
    assert!(service.message.contains("`macie`") && service.message.ends_with("(3 places)"), "{}", service.message);
    let places: Vec<String> = service.also.iter().map(ToString::to_string).collect();
    assert_eq!(places, ["Statement[0].Action[1]", "Statement[1].Action[0]"]);
    assert!(action.also.is_empty() && action.message == "`s3:DeleteBukcet` is no known action");
    // Another effect is another finding.
    let kept = r#"{"Effect":"Deny","NotAction":["macie:GetX"],"Resource":"*"}"#;
    assert_eq!(check(&of(&format!("{},{kept}", deny(r#""macie:GetX""#))), None).len(), 2);
}

/// COND-1: the call that shows it.
#[test]
fn joined_conditions_have_a_call() {
    let tags = r#"{"Null":{"aws:RequestTag/owner":"true","aws:RequestTag/project":"true"}}"#;
    let found = check(&deny(r#""cloudformation:CreateStack""#, r#""*""#, tags), None);
    let call = found[0].call.clone().unwrap();
    assert_eq!(call.action, "cloudformation:CreateStack");
    assert_eq!(
        call.keys,
        [("aws:RequestTag/owner".to_owned(), Some("example".to_owned())), ("aws:RequestTag/project".to_owned(), None)]
    );
    assert!(found[0].message.ends_with("`cloudformation:CreateStack` with `aws:RequestTag/owner` = `example`"));
    let both = r#"{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1","aws:PrincipalAccount":"222222222222"}}"#;
    let found = check(&deny(r#""bedrock:InvokeModel""#, r#""*""#, both), None);
    let keys = found[0].call.clone().unwrap().keys;
    assert!(keys.contains(&("aws:RequestedRegion".to_owned(), Some("eu-west-1".to_owned()))), "{keys:?}");
}

/// What has exactly one meaning has a repair, and what has not has none.
#[test]
fn repairs_of_what_has_one_meaning() {
    let repair = |action: &str, condition: &str| {
        check(&deny(action, r#""*""#, condition), None).into_iter().find_map(|found| found.fix).map(|(what, _)| what)
    };
    let any = r#"{"StringNotEquals":{"aws:PrincipalAccount":"222222222222"}}"#;
    let written = |what: &str| Some(format!("write `{what}`"));
    assert_eq!(repair(r#""s3:PutBucketEncryption""#, any), written("s3:PutEncryptionConfiguration"));
    assert_eq!(
        repair(r#"["s3:Put*","s3:PutBucketEncryption"]"#, any).as_deref(),
        Some("delete `s3:PutBucketEncryption`")
    );
    // Two actions stand for it; a slip may be another name.
    assert_eq!(repair(r#""s3:DeletePublicAccessBlock""#, any), None);
    assert_eq!(repair(r#""s3:DeleteBukcet""#, any), None);
    let key = |key: &str| format!(r#"{{"StringNotEquals":{{"{key}":"222222222222"}}}}"#);
    assert_eq!(repair(r#""s3:PutObject""#, &key("aws: PrincipalAccount")), written("aws:PrincipalAccount"));
    assert_eq!(repair(r#""s3:PutObject""#, &key("aws:PrincipalAcount")), None);
    let closed = |value: &str| format!(r#"{{"StringNotEquals":{{"s3:x-amz-server-side-encryption":"{value}"}}}}"#);
    assert_eq!(repair(r#""s3:PutObject""#, &closed("aes256")), written("AES256"));
    assert_eq!(repair(r#""s3:PutObject""#, &closed("AES-256")), None);
}

/// DOC-32: keys of an identity provider have its address.
#[test]
fn keys_of_identity_providers_are_no_unknown_keys() {
    let keys = |key: &str| {
        let condition = format!(r#"{{"StringNotEquals":{{"{key}":"repo:example/infra"}}}}"#);
        let found = check(&deny(r#""sts:AssumeRoleWithWebIdentity""#, r#""*""#, &condition), None);
        found.iter().any(|found| found.rule.code == "unknown-condition-key")
    };
    assert!(!keys("token.actions.githubusercontent.com:sub") && !keys("oidc.example.com/id/4:aud"));
    assert!(keys("<provider.example.com>:sub") && keys("provider:sub"));
}

/// The placeholder is named as a whole.
#[test]
fn a_placeholder_within_a_name_is_that_name() {
    let condition = r#"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/NAME_OF_YOUR_ROLE"}}"#;
    let found = check(&deny(r#""s3:PutObject""#, r#""*""#, condition), None);
    assert_eq!(found[0].remedy, "put the name in place of `NAME_OF_YOUR_ROLE`");
}
