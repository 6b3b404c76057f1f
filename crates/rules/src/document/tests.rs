//! For each rule a document that has the fault, and documents that nearly have it and are right.

use scproof_catalog::single_endpoint_services;
use scproof_policy_parser::{PolicyDocument, PolicyKind, Statement};

mod lists;

use super::{Guard, check, guard_on};
use crate::rule::Risk;

/// A document with one Deny statement.
fn deny(action: &str, resource: &str, condition: &str) -> PolicyDocument {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":{action},"Resource":{resource},
        "Condition":{condition}}}]}}"#
    );
    let parsed = PolicyDocument::parse(&text, PolicyKind::ServiceControl);
    assert!(parsed.document.statements.iter().all(Statement::is_readable), "{text}");
    parsed.document
}

/// The codes, risks and messages of what is found.
fn told(document: &PolicyDocument) -> Vec<(&'static str, Risk, String)> {
    check(document, None).into_iter().map(|found| (found.rule.code, found.risk, found.message)).collect()
}

fn codes(action: &str, resource: &str, condition: &str) -> Vec<(&'static str, Risk)> {
    told(&deny(action, resource, condition)).into_iter().map(|(code, risk, _)| (code, risk)).collect()
}

const TYPE: &str = r#"{"StringNotEquals":{"ec2:InstanceType":"t3.micro"}}"#;
const TAG: &str = r#"{"Null":{"aws:RequestTag/team":"true"}}"#;

/// EVAL-10, CALL-3, CALL-8: a launch is checked against its subnet, too.
#[test]
fn a_guard_on_a_key_of_one_resource_denies_the_call_for_the_others() {
    let found = told(&deny(r#""ec2:RunInstances""#, r#""*""#, TYPE));
    assert_eq!(found.len(), 1, "{found:?}");
    let (code, risk, message) = &found[0];
    assert_eq!((*code, *risk), ("unsatisfiable-guard", Risk::High));
    assert!(message.contains("`ec2:RunInstances` whatever the caller does") && message.contains("never carry"));
    let guard = [("unsatisfiable-guard", Risk::High)];
    assert_eq!(codes(r#""ec2:CreateSubnet""#, r#""*""#, TAG), guard);
    assert_eq!(codes(r#""ec2:CreateSubnet""#, r#"["arn:aws:ec2:*:*:subnet/*","arn:aws:ec2:*:*:vpc/*"]"#, TAG), guard);
    assert_eq!(codes(r#""ec2:RunInstances""#, r#""arn:aws-cn:ec2:*:*:*/*""#, TYPE), guard);
}

/// RES-12 to RES-14, CALL-8: AWS's own samples.
#[test]
fn a_guard_that_names_the_resources_that_carry_its_key_is_right() {
    for (action, resource, condition) in [
        (r#""ec2:RunInstances""#, r#""arn:aws:ec2:*:*:instance/*""#, TYPE),
        (r#""ec2:RunInstances""#, r#"["arn:aws:ec2:*:*:instance/*","arn:aws:ec2:*:*:volume/*"]"#, TAG),
        (
            r#""ec2:RunInstances""#,
            r#""arn:aws:ec2:*:*:instance/*""#,
            r#"{"StringNotEquals":{"ec2:MetadataHttpTokens":"required"}}"#,
        ),
        (r#""ec2:CreateSubnet""#, r#""arn:aws:ec2:*:*:subnet/*""#, TAG),
        (r#""ec2:CreateSubnet""#, r#"["arn:aws:ec2:*:*:subnet/*","arn:aws:ec2:*:*:vpc/vpc-1"]"#, TAG),
        // A key that the call may have wherever it is checked, and one that it must have.
        (r#""ec2:RunInstances""#, r#""*""#, r#"{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}"#),
        (r#""ec2:RunInstances""#, r#""*""#, r#"{"StringEquals":{"ec2:InstanceType":"p5.48xlarge"}}"#),
        (r#""ec2:RunInstances""#, r#""*""#, r#"{"Null":{"aws:RequestTag/team":"false"}}"#),
        // Whoever denies what lacks the key in so many words may mean actions without it.
        (r#""*""#, r#""*""#, r#"{"StringNotEqualsIfExists":{"sts:TaskPolicyArn":"arn:aws:iam::aws:policy/x"}}"#),
    ] {
        assert_eq!(codes(action, resource, condition), [], "{action} {resource} {condition}");
    }
}

/// CALL-9: calls that read have no tags of a request; of others the tables may lag.
#[test]
fn a_guard_on_a_key_that_no_call_of_the_action_carries() {
    assert_eq!(codes(r#""ec2:DescribeInstances""#, r#""*""#, TAG), [("unsatisfiable-guard", Risk::High)]);
    let lesser = [("unsatisfiable-guard", Risk::Low)];
    assert_eq!(codes(r#""ec2:ModifyVolume""#, r#""*""#, TAG), lesser);
    let header = r#"{"Null":{"s3:x-amz-server-side-encryption":"true"}}"#;
    assert_eq!(codes(r#""s3:GetObject""#, r#""*""#, header), lesser);
    assert_eq!(codes(r#""s3:PutObject""#, r#""*""#, header), []);
}

/// CALL-9: what the tables do not say, and what AWS's own samples contradict.
#[test]
fn a_guard_on_a_key_that_the_tables_place_nowhere_is_not_accused() {
    // The service defines the key, and lists it for no action at all.
    let endpoint = r#"{"StringNotLike":{"states:HTTPEndpoint":"https://api.example.com/*"}}"#;
    assert_eq!(codes(r#""states:InvokeHTTPEndpoint""#, r#""*""#, endpoint), []);
    // A type lists it in general: a call is also checked against option, parameter and subnet groups.
    let class = r#"{"StringNotLike":{"rds:DatabaseClass":"db.t3.*"}}"#;
    for action in ["rds:CreateDBInstance", "rds:RestoreDBInstanceFromDBSnapshot", "rds:RestoreDBInstanceToPointInTime"]
    {
        assert_eq!(codes(&format!("\"{action}\""), r#""*""#, class), [], "{action}");
    }
    let encrypted = r#"{"BoolIfExists":{"rds:StorageEncrypted":"false"}}"#;
    assert_eq!(codes(r#""rds:RestoreDBInstanceFromDBSnapshot""#, r#""*""#, encrypted), []);
    // What its rows do list elsewhere it lacks for certain.
    let guard = [("unsatisfiable-guard", Risk::High)];
    assert_eq!(codes(r#""ec2:RunInstances""#, r#""*""#, TYPE), guard);
}

/// CALL-9, CALL-10: what can match no call.
#[test]
fn a_deny_that_no_call_can_match() {
    let tag = r#"{"StringEquals":{"ec2:ResourceTag/owner":"platform"}}"#;
    for (action, resource, condition, risk) in [
        (r#""s3:DeleteObject""#, r#""arn:aws:s3:::logs""#, "{}", Risk::High),
        (r#""iam:CreateAccessKey""#, r#""arn:aws:iam::*:root""#, "{}", Risk::High),
        (r#""sagemaker:*""#, r#""arn:aws:ec2:*:*:instance/*""#, "{}", Risk::High),
        (r#""ec2:DescribeInstances""#, r#""arn:aws:ec2:*:*:instance/*""#, "{}", Risk::High),
        (r#""a2c:*""#, r#""*""#, r#"{"StringEquals":{"sts:TaskPolicyArn":"arn:aws:iam::aws:policy/x"}}"#, Risk::High),
        (
            r#""s3:PutEncryptionConfiguration""#,
            r#""*""#,
            r#"{"StringEquals":{"s3:x-amz-server-side-encryption":"AES256"}}"#,
            Risk::Low,
        ),
        (r#""ec2:CreateInternetGateway""#, r#""*""#, tag, Risk::Low),
    ] {
        assert_eq!(codes(action, resource, condition), [("deny-never-matches", risk)], "{action} {resource}");
    }
    let found = told(&deny(r#""s3:DeleteObject""#, r#""arn:aws:s3:::logs""#, "{}"));
    assert!(found[0].2.contains("`object`"), "{found:?}");
}

#[test]
fn an_action_of_a_deny_that_no_call_can_match() {
    let tag = r#"{"StringEquals":{"ec2:ResourceTag/owner":"platform"}}"#;
    let gateways = r#"["ec2:CreateInternetGateway","ec2:CreateVpnGateway","ec2:DeleteInternetGateway"]"#;
    let found = told(&deny(gateways, r#""*""#, tag));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].0, found[0].1), ("deny-part-never-matches", Risk::Low));
    assert!(found[0].2.contains("`ec2:CreateInternetGateway` and `ec2:CreateVpnGateway`"), "{found:?}");
    let mixed = r#"["s3:DeleteBucket","s3:DeleteObject"]"#;
    assert_eq!(codes(mixed, r#""arn:aws:s3:::logs""#, "{}"), [("deny-part-never-matches", Risk::Medium)]);
}

#[test]
fn a_deny_that_some_call_matches() {
    for (action, resource, condition) in [
        (r#"["s3:DeleteBucket","s3:DeleteObject"]"#, r#"["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]"#, "{}"),
        (r#""s3:DeleteObject""#, r#""arn:aws:s3:::logs*""#, "{}"),
        (r#""s3:*""#, r#""arn:aws:s3:::logs""#, "{}"),
        (r#""logs:DeleteLogGroup""#, r#""arn:aws:logs:*:*:log-group:audit:*""#, "{}"),
        (r#""logs:*""#, r#""arn:aws:logs:*:log-group:prod:*""#, "{}"),
        (r#""iam:*""#, r#""arn:aws:iam::${aws:PrincipalAccount}:role/x""#, "{}"),
        (
            r#""ec2:RunInstances""#,
            r#""arn:aws:ec2:*:*:instance/*""#,
            r#"{"StringEquals":{"ec2:InstanceType":"p5.48xlarge"}}"#,
        ),
        (r#""ec2:DeleteInternetGateway""#, r#""*""#, r#"{"StringEquals":{"ec2:ResourceTag/owner":"platform"}}"#),
        (r#""ec2:*""#, r#""*""#, r#"{"Null":{"ec2:SourceInstanceArn":"false"}}"#),
        (r#""s3:PutObject""#, r#""*""#, r#"{"StringEquals":{"s3:x-amz-server-side-encryption":"AES256"}}"#),
    ] {
        assert_eq!(codes(action, resource, condition), [], "{action} {resource} {condition}");
    }
}

/// OP-1
#[test]
fn wildcards_that_are_none() {
    let of = |condition: &str| codes(r#""ec2:*""#, r#""*""#, condition);
    let rule = "wildcard-without-like";
    assert_eq!(of(r#"{"StringNotEquals":{"aws:RequestedRegion":["eu-*"]}}"#), [(rule, Risk::High)]);
    assert_eq!(of(r#"{"StringNotEquals":{"aws:RequestedRegion":["eu-*","us-east-1"]}}"#), [(rule, Risk::Medium)]);
    assert_eq!(of(r#"{"StringEquals":{"aws:PrincipalTag/team":"dev?"}}"#), [(rule, Risk::Medium)]);
    for fine in [
        r#"{"StringNotLike":{"aws:RequestedRegion":["eu-*"]}}"#,
        r#"{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}"#,
        r#"{"StringEquals":{"aws:referer":"https://example.com/?a=b"}}"#,
    ] {
        assert_eq!(of(fine), [], "{fine}");
    }
}

/// COND-1
#[test]
fn tags_of_which_one_is_enough() {
    let of = |condition: &str| codes(r#""cloudformation:CreateStack""#, r#""*""#, condition);
    let joined = [("joined-tag-guards", Risk::Medium)];
    assert_eq!(of(r#"{"Null":{"aws:RequestTag/owner":"true","aws:RequestTag/project":"true"}}"#), joined);
    for fine in [
        r#"{"Null":{"aws:RequestTag/owner":"true"}}"#,
        r#"{"Null":{"aws:RequestTag/owner":"false"},"StringNotEquals":{"aws:RequestTag/owner":"a"}}"#,
        r#"{"Null":{"aws:RequestTag/owner":"true"},"StringNotEquals":{"aws:RequestTag/Owner":["a"]}}"#,
        r#"{"Null":{"aws:RequestTag/owner":"true","aws:PrincipalTag/project":"true"}}"#,
    ] {
        assert_eq!(of(fine), [], "{fine}");
    }
}

/// CTX-60
#[test]
fn exemptions_that_nobody_can_have() {
    let of = |operator: &str, value: &str| {
        codes(r#""s3:DeleteBucket""#, r#""*""#, &format!(r#"{{"{operator}":{{"aws:PrincipalArn":["{value}"]}}}}"#))
    };
    for value in [
        "arn:aws:iam::*:role/<BREAK GLASS ROLE>",
        "arn:aws:iam::ACCOUNT_ID:role/ops",
        "arn:aws:iam::*:role/[YOUR-ROLE]",
        "arn:aws:iam:us-east-1:*:role/ops",
        "arn:aws:iam::11111111111:role/ops",
        "arn:aws:sts::*:assumed-role/ops/*",
        "arn:aws:iam::*:role/break glass",
    ] {
        assert_eq!(of("ArnNotLike", value), [("exemption-never-matches", Risk::Medium)], "{value}");
    }
    assert_eq!(of("StringNotEquals", "cloudtrail.amazonaws.com"), [("exemption-never-matches", Risk::Medium)]);
    for value in [
        "arn:aws:iam::*:role/ops",
        "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_admin_*",
        "arn:*:iam::111111111111:user/jane@example.com",
        "arn:aws:iam::${aws:PrincipalAccount}:role/ops",
        "arn:aws:iam::*:root",
        "arn:aws:sts::111111111111:federated-user/jane",
    ] {
        assert_eq!(of("ArnNotLike", value), [], "{value}");
    }
    assert_eq!(of("StringNotLike", "*role/ops"), []);
    assert_eq!(of("ArnLike", "arn:aws:iam::*:role/<OPS>"), []);
}

/// OP-30
#[test]
fn operators_for_values_of_another_type() {
    let of = |condition: &str| codes(r#""ec2:RunInstances""#, r#""arn:aws:ec2:*:*:instance/*""#, condition);
    let misfit = [("operator-does-not-fit-key", Risk::Medium)];
    for condition in [
        r#"{"NumericGreaterThan":{"ec2:InstanceType":"4"}}"#,
        r#"{"Bool":{"ec2:MetadataHttpTokens":"false"}}"#,
        r#"{"StringEquals":{"aws:SourceIp":"10.0.0.0/8"}}"#,
        r#"{"ArnLike":{"aws:PrincipalAccount":"arn:aws:iam::102222222222:root"}}"#,
    ] {
        assert_eq!(of(condition), misfit, "{condition}");
    }
    for fine in [
        r#"{"StringEquals":{"ec2:InstanceType":"p5.48xlarge"}}"#,
        r#"{"StringEquals":{"aws:SecureTransport":"false"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}"#,
        r#"{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}"#,
        r#"{"Null":{"ec2:InstanceType":"false"}}"#,
    ] {
        assert_eq!(of(fine), [], "{fine}");
    }
}

/// OP-1
#[test]
fn values_that_a_key_never_has() {
    let of = |value: &str| {
        let condition = format!(r#"{{"StringNotEquals":{{"s3:x-amz-server-side-encryption":["{value}"]}}}}"#);
        codes(r#""s3:PutObject""#, r#""*""#, &condition)
    };
    assert_eq!(of("AES-256"), [("value-never-occurs", Risk::Medium)]);
    assert_eq!(of("AES256"), []);
    assert_eq!(of("${aws:PrincipalTag/encryption}"), []);
    let secure = |value: &str| {
        codes(r#""s3:PutObject""#, r#""*""#, &format!(r#"{{"StringEquals":{{"aws:SecureTransport":"{value}"}}}}"#))
    };
    assert_eq!(secure("False"), [("value-never-occurs", Risk::Medium)]);
    assert_eq!(secure("false"), []);
}

/// CALL-4, CALL-10
#[test]
fn arns_that_no_resource_has() {
    for resource in [
        "arn:aws:iam:us-east-1:*:role/ops",
        "arn:aws:iam::21400000001:role/ops",
        "arn:aws-com:iam::*:role/ops",
        "arn:aws:iamm::*:role/ops",
    ] {
        let found = codes(r#""iam:DeleteRole""#, &format!("\"{resource}\""), "{}");
        assert_eq!(found, [("impossible-arn", Risk::High)], "{resource}");
        let beside = codes(r#""iam:DeleteRole""#, &format!("[\"{resource}\",\"arn:aws:iam::*:role/x\"]"), "{}");
        assert_eq!(beside, [("impossible-arn", Risk::Medium)], "{resource}");
    }
    for right in ["arn:aws:iam::*:role/ops", "arn:aws-us-gov:iam::222222222222:role/ops", "arn:*:iam::*:role/ops"] {
        assert_eq!(codes(r#""iam:DeleteRole""#, &format!("\"{right}\""), "{}"), [], "{right}");
    }
    for (action, wrong) in [
        ("sns:DeleteTopic", "arn:aws:sns:::alerts"),
        ("ec2:StopInstances", "arn:aws:ec2:eu-west1:*:instance/*"),
        ("s3:DeleteBucket", "arn:aws:s3::12345:logs"),
    ] {
        let found = codes(&format!("\"{action}\""), &format!("\"{wrong}\""), "{}");
        assert_eq!(found, [("impossible-arn", Risk::High)], "{wrong}");
    }
    // A Region that may be new, and any.
    for right in ["arn:aws:ec2:xy-middle-7:*:instance/*", "arn:aws:ec2:*:*:*"] {
        assert_eq!(codes(r#""ec2:StopInstances""#, &format!("\"{right}\""), "{}"), [], "{right}");
    }
    // What stands for a Region is another fault: no resource is called so.
    let placeholder = codes(r#""ec2:StopInstances""#, r#""arn:aws:ec2:<REGION>:*:instance/*""#, "{}");
    assert_eq!(placeholder, [("deny-never-matches", Risk::High)]);
}

/// COND-1
#[test]
fn exceptions_of_which_one_is_enough() {
    let of = |condition: &str| codes(r#""bedrock:*""#, r#""*""#, condition);
    let joined = [("joined-negations", Risk::Medium)];
    let account = r#""aws:PrincipalAccount":["222222222222"]"#;
    assert_eq!(of(&format!(r#"{{"StringNotEquals":{{{account},"aws:RequestedRegion":["ca-central-1"]}}}}"#)), joined);
    let launch = |condition: &str| codes(r#""ec2:RunInstances""#, r#""arn:aws:ec2:*:*:instance/*""#, condition);
    let region = r#""StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}"#;
    assert_eq!(launch(&format!(r#"{{{region},"StringNotLike":{{"ec2:InstanceType":"t3.*"}}}}"#)), joined);
    for right in [
        // Callers, and ways of calling, that are excepted from a rule for all.
        format!(r#"{{{region},"ArnNotLike":{{"aws:PrincipalArn":"arn:aws:iam::*:role/ops"}}}}"#),
        format!(r#"{{{region},"Bool":{{"aws:ViaAWSService":"false"}}}}"#),
        r#"{"StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-1"},"NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"},
            "Bool":{"aws:ViaAWSService":"false"}}"#
            .to_owned(),
        // One exception, and something that is denied.
        format!(r#"{{{region},"StringEquals":{{"ec2:InstanceType":"p5.48xlarge"}}}}"#),
        // Two conditions on one key.
        format!(r#"{{{region},"StringNotLike":{{"aws:RequestedRegion":"us-*"}}}}"#),
    ] {
        assert_eq!(launch(&right), [], "{right}");
    }
}

#[test]
fn elements_that_others_say_already() {
    let all = r#"["ec2:*","ec2:RunInstances","s3:DeleteBucket","S3:deletebucket","s3:Delete*"]"#;
    let found = told(&deny(all, r#""*""#, "{}"));
    let [(code, risk, message)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((*code, *risk), ("redundant-element", Risk::Low));
    assert_eq!(message, "`ec2:RunInstances` (and 2 more) changes nothing: it is part of `ec2:*`");
    assert_eq!(codes(r#"["ec2:Run*","ec2:*Instances","s3:DeleteBucket"]"#, r#""*""#, "{}"), []);
    let value = |values: &str| {
        codes(r#""s3:DeleteBucket""#, r#""*""#, &format!(r#"{{"StringLike":{{"aws:RequestedRegion":{values}}}}}"#))
    };
    assert_eq!(value(r#"["eu-*","eu-west-1"]"#), [("redundant-element", Risk::Low)]);
    assert_eq!(value(r#"["eu-*","us-west-1"]"#), []);
    let equals = r#"{"StringEquals":{"aws:PrincipalTag/team":["web","WEB"]}}"#;
    assert_eq!(codes(r#""s3:DeleteBucket""#, r#""*""#, equals), []);
}

/// SET-1, CTX-16
#[test]
fn a_deny_that_calls_without_the_key_pass() {
    let of = |condition: &str| codes(r#""ec2:StopInstances""#, r#""*""#, condition);
    let told = [("deny-skips-absent-key", Risk::Medium)];
    assert_eq!(of(r#"{"Bool":{"aws:MultiFactorAuthPresent":"false"}}"#), told);
    assert_eq!(of(r#"{"NumericGreaterThan":{"aws:MultiFactorAuthAge":"3600"}}"#), told);
    for right in [
        r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#,
        r#"{"NumericGreaterThanIfExists":{"aws:MultiFactorAuthAge":"3600"}}"#,
        r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#,
        r#"{"Bool":{"aws:SecureTransport":"false"}}"#,
        r#"{"Bool":{"aws:MultiFactorAuthPresent":"false"},"Null":{"aws:MultiFactorAuthPresent":"false"}}"#,
    ] {
        assert_eq!(of(right), [], "{right}");
    }
}

/// CALL-11
#[test]
fn a_region_lock_that_blocks_services_with_one_endpoint() {
    let lock = |excepted: &str, regions: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","NotAction":{excepted},"Resource":"*",
            "Condition":{{"StringNotEquals":{{"aws:RequestedRegion":{regions}}}}}}}]}}"#
        );
        told(&PolicyDocument::parse(&text, PolicyKind::ServiceControl).document)
    };
    let all = single_endpoint_services("aws").map(|(service, _)| format!("\"{service}:*\"")).collect::<Vec<_>>();
    let most = all.iter().filter(|service| !service.contains("route53:")).cloned().collect::<Vec<_>>().join(",");
    let found = lock(&format!("[{most}]"), r#""eu-west-1""#);
    let [(code, risk, message)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((*code, *risk), ("region-lock-blocks-single-endpoint-service", Risk::Medium));
    assert!(message.contains("denies all of `route53`,"), "{message}");
    assert_eq!(lock(&format!("[{}]", all.join(",")), r#""eu-west-1""#), []);
    // Excepted in part, by a Region, or meant for another partition.
    assert_eq!(lock(&format!(r#"[{most},"route53:List*"]"#), r#""eu-west-1""#), []);
    assert_eq!(lock(&format!("[{most}]"), r#"["eu-west-1","us-east-1"]"#), []);
    assert_eq!(lock(r#""iam:*""#, r#""cn-north-1""#), []);
    // A perimeter around networks.
    let perimeter = r#"{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1","aws:SourceVpc":"vpc-1"}}"#;
    let network = [("source-network-stops-services", Risk::Info)];
    assert_eq!(codes(r#""*""#, r#""*""#, perimeter), network);
    // Regions that are denied, and services that are named.
    assert_eq!(codes(r#""*""#, r#""*""#, r#"{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}"#), []);
    assert_eq!(codes(r#""route53:*""#, r#""*""#, r#"{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}"#), []);
}

#[test]
fn regions_that_aws_does_not_have() {
    let of = |region: &str| {
        codes(r#""ec2:*""#, r#""*""#, &format!(r#"{{"StringNotEquals":{{"aws:RequestedRegion":"{region}"}}}}"#))
    };
    for wrong in ["eu-west1", "EU-WEST-1", "eu-wset-1", "frankfurt", "eu-central"] {
        assert_eq!(of(wrong), [("unknown-region", Risk::Medium)], "{wrong}");
    }
    // One that may be new, and what says any.
    for right in ["eu-west-1", "xy-middle-7", "unspecified", "${aws:PrincipalTag/region}"] {
        assert_eq!(of(right), [], "{right}");
    }
    let found = check(&deny(r#""ec2:*""#, r#""*""#, r#"{"StringEquals":{"aws:RequestedRegion":"eu-west1"}}"#), None);
    assert_eq!(found[0].remedy, "did you mean `eu-west-1`?");
}

/// CALL-12, CTX-12
#[test]
fn a_root_lock_that_stops_central_sessions() {
    let of = |action: &str, condition: &str| codes(action, r#""*""#, condition);
    let lock = r#"{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}"#;
    let told = [("root-lock-stops-central-sessions", Risk::Info)];
    assert_eq!(of(r#""*""#, lock), told);
    assert_eq!(of(r#""s3:*""#, lock), []);
    let apart = r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},"Null":{"aws:AssumedRoot":"true"}}"#;
    assert_eq!(of(r#""*""#, apart), []);
    assert_eq!(of(r#""*""#, r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:*"}}"#), []);
}

/// CTX-60: paths that AWS gives to roles, and ids that nobody has.
#[test]
fn exemptions_of_nobody_by_path_or_id() {
    let exempt = |operator: &str, key: &str, value: &str| {
        codes(r#""s3:DeleteBucket""#, r#""*""#, &format!(r#"{{"{operator}":{{"{key}":"{value}"}}}}"#))
    };
    let arn = |value: &str| exempt("ArnNotLike", "aws:PrincipalArn", value);
    let told = |risk: Risk| [("exemption-never-matches", risk)];
    assert_eq!(arn("arn:aws:iam::*:role/AWSReservedSSO_Admin_*"), told(Risk::High));
    assert_eq!(arn("arn:aws:iam::*:role/AWSServiceRoleForSupport"), told(Risk::Low));
    // One of the two forms of the path.
    for form in ["", "*/"] {
        let value = format!("arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/{form}AWSReservedSSO_Admin_*");
        assert_eq!(arn(&value), told(Risk::Low), "{value}");
    }
    for right in [
        "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Admin_*",
        "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/us-east-2/AWSReservedSSO_Admin_*",
        "arn:aws:iam::*:role/*/AWSReservedSSO_Admin_*",
        "arn:aws:iam::*:role/*AWSReservedSSO_Admin_*",
        "arn:aws:iam::*:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport",
    ] {
        assert_eq!(arn(right), [], "{right}");
    }
    let other = |key: &str, value: &str| exempt("StringNotEquals", key, value);
    assert_eq!(other("aws:PrincipalOrgID", "o-xxxxxxxxxx"), told(Risk::High));
    assert_eq!(other("aws:PrincipalOrgID", "<ORG>"), told(Risk::High));
    assert_eq!(other("aws:PrincipalOrgID", "o-exampleorg1"), []);
    assert_eq!(other("aws:PrincipalAccount", "12345678901"), told(Risk::High));
    assert_eq!(other("aws:PrincipalAccount", "123456789012"), []);
    assert_eq!(other("aws:PrincipalAccount", "${aws:ResourceAccount}"), []);
    // Who is denied by such an id is nobody's exemption.
    assert_eq!(exempt("StringEquals", "aws:PrincipalAccount", "12345678901"), []);
}

/// DOC-21, DOC-32
#[test]
fn names_that_aws_does_not_list() {
    assert_eq!(
        codes(r#"["s3:DeleteBukcet","s3:DeleteBucket","ec2:Xyzzy*","xyzzyplugh:*"]"#, r#""*""#, "{}"),
        [
            ("pattern-matches-no-action", Risk::Medium),
            ("unknown-action", Risk::Medium),
            ("pattern-matches-no-action", Risk::Low)
        ]
    );
    let key =
        |key: &str| codes(r#""s3:DeleteBucket""#, r#""*""#, &format!(r#"{{"StringEquals":{{"{key}":"eu-west-1"}}}}"#));
    assert_eq!(key("aws:RequestRegion"), [("unknown-condition-key", Risk::Medium)]);
    // All of the Deny rests on it, or there is another condition.
    assert_eq!(key("xyzzy:plugh"), [("unknown-condition-key", Risk::Medium)]);
    let beside = r#"{"StringEquals":{"xyzzy:plugh":"x","aws:RequestedRegion":"eu-west-1"}}"#;
    assert_eq!(codes(r#""s3:DeleteBucket""#, r#""*""#, beside), [("unknown-condition-key", Risk::Low)]);
    for known in ["AWS:requestedregion", "aws:PrincipalTag/team", "aws:PrincipalTag"] {
        assert_eq!(key(known), [], "{known}");
    }
}

/// DOC-21: operations whose action has another name, and names of clients.
#[test]
fn names_of_operations_are_translated() {
    let remedies = |action: &str| {
        let found = check(&deny(action, r#""*""#, "{}"), None);
        found.into_iter().map(|found| (found.rule.code, found.message, found.remedy)).collect::<Vec<_>>()
    };
    let found = remedies(r#""s3:PutBucketEncryption""#);
    let [(code, message, remedy)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(*code, "unknown-action");
    assert!(message.contains("such calls are checked as `s3:PutEncryptionConfiguration`"), "{message}");
    assert_eq!(remedy, "did you mean `s3:PutEncryptionConfiguration`?");
    assert!(remedies(r#""elb:*""#)[0].2.contains("`elasticloadbalancing`"));
    // What stands for it is there already.
    let both = r#"["s3:PutBucketEncryption","s3:PutEncryption*"]"#;
    assert_eq!(codes(both, r#""*""#, "{}"), [("unknown-action", Risk::Low)]);
    assert_eq!(codes(r#""s3:PutBucketEncryption""#, r#""*""#, "{}"), [("unknown-action", Risk::Medium)]);
    for known in ["s3:PutEncryptionConfiguration", "s3:PutObject", "elasticloadbalancing:*"] {
        assert_eq!(remedies(&format!("\"{known}\"")), [], "{known}");
    }
}

/// The message names the actions of a statement that matches none of their calls.
#[test]
fn a_dead_deny_names_its_actions() {
    let header = r#"{"StringEquals":{"s3:x-amz-server-side-encryption":"AES256"}}"#;
    let found = told(&deny(r#""s3:PutEncryptionConfiguration""#, r#""*""#, header));
    assert!(found[0].2.contains("`s3:PutEncryptionConfiguration`"), "{found:?}");
}

#[test]
fn what_a_guard_does_to_one_call() {
    let document = deny(r#"["ec2:*"]"#, r#""*""#, TYPE);
    let statement = &document.statements[0];
    assert_eq!(guard_on(statement, true, "ec2:RunInstances"), (Guard::Elsewhere, "ec2:InstanceType"));
    assert_eq!(guard_on(statement, true, "acme:Do").0, Guard::Fine);
}

/// The span is that of the value, in a list or bare.
#[test]
fn a_finding_is_where_the_name_stands() {
    for (action, path) in
        [(r#""s3:DeleteBukcet""#, "Statement.Action"), (r#"["s3:DeleteBukcet"]"#, "Statement.Action[0]")]
    {
        let text = format!(
            "{{\n \"Version\": \"2012-10-17\",\n \"Statement\": {{\"Effect\": \"Deny\", \"Resource\": \"*\", \"Action\": {action}}}}}"
        );
        let document = PolicyDocument::parse(&text, PolicyKind::ServiceControl).document;
        let diagnostic = check(&document, Some("x"))[0].diagnostic(&text);
        assert_eq!(text.get(diagnostic.span().unwrap()), Some("\"s3:DeleteBukcet\""));
        assert_eq!(diagnostic.path.to_string(), path);
        let line = text.lines().nth(2).unwrap();
        assert_eq!(diagnostic.line_and_column(), Some((3, line.find("\"s3:").unwrap() + 1)));
    }
}
