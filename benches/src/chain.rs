//! What single decisions are measured on: a chain of four levels with ten policies, and 64 questions.
//!
//! Root and two units carry `FullAWSAccess` and seven guards; the account carries an allow list with conditions and one
//! more guard. The questions are sixteen calls in four situations, so that every verdict occurs and no branch is learnt
//! by heart.

use scproof_evaluator::{Context, Request, RequestResource};
use scproof_organization::{
    AccountRecord, AttachmentRecord, Inventory, OrganizationRecord, OuRecord, PolicyRecord, RootRecord,
};
use serde_json::{Value, json};

/// The account asked about.
pub const ACCOUNT: &str = "222222222222";

const UNITS: [(&str, &str, &str); 2] =
    [("ou-ab12-work0001", "Workloads", "r-ab12"), ("ou-ab12-prod0001", "Prod", "ou-ab12-work0001")];

/// The policies by name, each with its document and the targets that it is attached to.
fn policies() -> Vec<(&'static str, Value, Vec<&'static str>)> {
    let everything = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let (root, work, prod) = ("r-ab12", "ou-ab12-work0001", "ou-ab12-prod0001");
    let spared = json!(["arn:aws:iam::*:role/break-glass", "arn:aws:iam::*:role/platform/*"]);
    vec![
        ("FullAWSAccess", everything, vec![root, work, prod]),
        (
            "region-lock",
            json!([{
                "Effect": "Deny",
                "NotAction": ["budgets:*", "cloudfront:*", "iam:*", "organizations:*", "route53:*", "sts:*", "support:*"],
                "Resource": "*",
                "Condition": {
                    "StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]},
                    "ArnNotLike": {"aws:PrincipalArn": spared},
                },
            }]),
            vec![root],
        ),
        (
            "deny-root",
            json!([{
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}},
            }]),
            vec![root],
        ),
        (
            "protect-trail",
            json!([{
                "Effect": "Deny",
                "Action": ["cloudtrail:Delete*", "cloudtrail:PutEventSelectors", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail"],
                "Resource": "arn:aws:cloudtrail:*:*:trail/org-*",
                "Condition": {"ArnNotLike": {"aws:PrincipalArn": spared}},
            }]),
            vec![root],
        ),
        (
            "data-perimeter",
            json!([{
                "Effect": "Deny",
                "Action": ["dynamodb:*", "kms:Decrypt", "s3:GetObject*", "s3:PutObject*"],
                "NotResource": "arn:aws:s3:::public-*/*",
                "Condition": {
                    "StringNotEqualsIfExists": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"},
                    "BoolIfExists": {"aws:ViaAWSService": "false"},
                },
            }]),
            vec![work],
        ),
        (
            "network-perimeter",
            json!([{
                "Effect": "Deny",
                "Action": ["iam:*", "kms:*", "s3:*", "sts:AssumeRole"],
                "Resource": "*",
                "Condition": {
                    "NotIpAddressIfExists": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/25"]},
                    "StringNotLikeIfExists": {"aws:SourceVpc": "vpc-0a*"},
                    "Bool": {"aws:ViaAWSService": "false"},
                },
            }]),
            vec![work],
        ),
        (
            "require-tags",
            json!([{
                "Effect": "Deny",
                "Action": ["ec2:CreateVolume", "ec2:RunInstances"],
                "Resource": ["arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:*:*:volume/*"],
                "Condition": {"StringNotLike": {"aws:RequestTag/environment": ["prod", "test-?"]}},
            }]),
            vec![prod],
        ),
        (
            "small-machines",
            json!([{
                "Effect": "Deny",
                "Action": "ec2:RunInstances",
                "Resource": "arn:aws:ec2:*:*:instance/*",
                "Condition": {"StringNotLike": {"ec2:InstanceType": ["t3.*", "m7g.*large"]}},
            }]),
            vec![prod],
        ),
        (
            "team-namespaces",
            json!([{
                "Effect": "Deny",
                "Action": ["s3:DeleteObject*", "s3:PutObject*"],
                "NotResource": "arn:aws:s3:::*/${aws:PrincipalTag/team, 'shared'}/*",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
            }]),
            vec![ACCOUNT],
        ),
        (
            "allow-list",
            json!([
                {
                    "Effect": "Allow",
                    "NotAction": ["redshift:*", "s3:*"],
                    "Resource": "*",
                    "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
                },
                {
                    "Effect": "Allow",
                    "Action": "s3:*",
                    "Resource": ["arn:aws:s3:::shop-*", "arn:aws:s3:::public-*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "true"}},
                },
            ]),
            vec![ACCOUNT],
        ),
    ]
}

/// The texts of the ten policies, without white space.
pub fn policy_texts() -> Vec<String> {
    policies().into_iter().map(|(_, statements, _)| text(&statements)).collect()
}

fn text(statements: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// The snapshot: a management account, two units below each other, one account.
pub fn inventory() -> Inventory {
    let mut inventory = Inventory::new(OrganizationRecord {
        id: "o-benchmark01".to_owned(),
        arn: Some("arn:aws:organizations::111111111111:organization/o-benchmark01".to_owned()),
        feature_set: "ALL".to_owned(),
        master_account_id: Some("111111111111".to_owned()),
        master_account_arn: None,
    });
    inventory.roots.push(RootRecord { id: "r-ab12".to_owned(), ..RootRecord::default() });
    for (id, name, parent) in UNITS {
        let (id, name, parent_id) = (id.to_owned(), Some(name.to_owned()), parent.to_owned());
        inventory.organizational_units.push(OuRecord { id, name, parent_id, ..OuRecord::default() });
    }
    for (id, parent) in [("111111111111", "r-ab12"), (ACCOUNT, "ou-ab12-prod0001")] {
        let (id, parent_id) = (id.to_owned(), parent.to_owned());
        inventory.accounts.push(AccountRecord { id, parent_id, ..AccountRecord::default() });
    }
    let mut attach = |target_id: &str, policy_id: &str| {
        let (target_id, policy_id) = (target_id.to_owned(), policy_id.to_owned());
        inventory.attachments.push(AttachmentRecord { target_id, policy_id });
    };
    attach("111111111111", "p-FullAWSAccess");
    for (number, (name, statements, targets)) in policies().into_iter().enumerate() {
        let id = if name == "FullAWSAccess" { format!("p-{name}") } else { format!("p-chain{number:04}") };
        for target in targets {
            attach(target, &id);
        }
        inventory.policies.push(PolicyRecord {
            id,
            name: Some(name.to_owned()),
            policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
            content: Some(text(&statements)),
            ..PolicyRecord::default()
        });
    }
    inventory
}

const CALLS: [(&str, &str); 16] = [
    ("s3:GetObject", "arn:aws:s3:::shop-images/search/a.png"),
    ("s3:PutObject", "arn:aws:s3:::shop-images/payments/b.png"),
    ("s3:DeleteObject", "arn:aws:s3:::shop-images/payments/c.png"),
    ("s3:ListBucket", "arn:aws:s3:::foreign-logs"),
    ("s3:GetObject", "arn:aws:s3:::public-downloads/d.zip"),
    ("ec2:RunInstances", "arn:aws:ec2:eu-west-1:222222222222:instance/i-0123456789abcdef0"),
    ("ec2:CreateVolume", "arn:aws:ec2:eu-west-1:222222222222:volume/vol-0123456789abcdef0"),
    ("ec2:DescribeInstances", "*"),
    ("cloudtrail:StopLogging", "arn:aws:cloudtrail:eu-west-1:222222222222:trail/org-trail"),
    ("cloudtrail:LookupEvents", "*"),
    ("iam:CreateRole", "arn:aws:iam::222222222222:role/app"),
    ("sts:AssumeRole", "arn:aws:iam::333333333333:role/deploy"),
    ("kms:Decrypt", "arn:aws:kms:eu-west-1:222222222222:key/11111111-2222-3333-4444-555555555555"),
    ("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:222222222222:table/orders"),
    ("redshift:CreateCluster", "arn:aws:redshift:eu-west-1:222222222222:cluster:dw"),
    ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:222222222222:function:checkout"),
];

/// In each situation the principal, the region, the source address, the machine type and the environment tag.
const SITUATIONS: [(&str, &str, &str, &str, &str); 4] = [
    ("role/app", "eu-west-1", "203.0.113.17", "t3.small", "prod"),
    ("role/break-glass", "us-east-1", "203.0.113.99", "m7g.xlarge", "test-1"),
    ("role/app", "us-east-1", "192.0.2.1", "p5.48xlarge", "dev"),
    ("root", "eu-central-1", "198.51.100.5", "t3.large", "prod"),
];

/// The 64 questions with everything known: principal, resource and twelve context keys.
pub fn known_requests() -> Vec<Request> {
    let situation = |&(principal, region, address, machine, environment): &(&str, &str, &str, &str, &str)| {
        let context = Context::new()
            .with("aws:RequestedRegion", region)
            .with("aws:SourceIp", address)
            .without("aws:SourceVpc")
            .with("aws:ViaAWSService", "false")
            .with("aws:ResourceOrgID", "o-benchmark01")
            .with("aws:PrincipalOrgID", "o-benchmark01")
            .with("aws:PrincipalTag/team", "payments")
            .with("aws:MultiFactorAuthPresent", "false")
            .with("aws:RequestTag/environment", environment)
            .with("ec2:InstanceType", machine)
            .with("aws:SecureTransport", "true")
            .with("aws:CurrentTime", "2026-11-24T12:00:00Z");
        (format!("arn:aws:iam::{ACCOUNT}:{principal}"), context)
    };
    let situations: Vec<(String, Context)> = SITUATIONS.iter().map(situation).collect();
    let request = |(action, resource): &(&str, &str), (principal, context): &(String, Context)| {
        let resource = match *resource {
            "*" => RequestResource::NotScoped,
            arn => RequestResource::Arn(arn.to_owned()),
        };
        Request::new(ACCOUNT, *action).with_principal(principal).with_resource(resource).with_context(context.clone())
    };
    CALLS.iter().flat_map(|call| situations.iter().map(move |situation| request(call, situation))).collect()
}

/// The same calls with nothing known but account and action; sixteen different ones.
pub fn unknown_requests() -> Vec<Request> {
    CALLS.iter().map(|(action, _)| Request::new(ACCOUNT, *action)).collect()
}
