//! What the policies of each theme say.

use serde_json::{Value, json};

use super::Theme;
use scproof_testkit::Random;

/// The statements of a policy on a theme.
pub(super) fn of(theme: Theme, random: &mut Random) -> Value {
    match theme {
        Theme::RegionLock => region_lock(random),
        Theme::DenyRoot => deny_root(random),
        Theme::ProtectTrail => protect_trail(random),
        Theme::ProtectDetection => protect_detection(random),
        Theme::StayInOrganization => stay_in_organization(random),
        Theme::ProtectRoles => protect_roles(random),
        Theme::RequireTags => require_tags(random),
        Theme::ProtectTags => protect_tags(random),
        Theme::DataPerimeter => data_perimeter(random),
        Theme::NetworkPerimeter => network_perimeter(random),
        Theme::RequireMfa => require_mfa(random),
        Theme::SmallMachines => small_machines(random),
        Theme::StorageBaseline => storage_baseline(random),
        Theme::TeamNamespaces => team_namespaces(random),
        Theme::NoPurchases => no_purchases(random),
        Theme::Freeze => freeze(random),
        Theme::ProtectNetwork => protect_network(random),
        Theme::Quarantine => quarantine(random),
        Theme::AllowServices => allow_services(random),
        Theme::AllowConditionally => allow_conditionally(random),
    }
}

const REGIONS: [&str; 10] = [
    "eu-west-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-3",
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "ap-southeast-2",
    "ap-northeast-1",
    "ca-central-1",
];

const GLOBAL: [&str; 24] = [
    "account:*",
    "aws-portal:*",
    "billing:*",
    "budgets:*",
    "ce:*",
    "chatbot:*",
    "cloudfront:*",
    "cur:*",
    "ec2:DescribeRegions",
    "globalaccelerator:*",
    "health:*",
    "iam:*",
    "kms:*",
    "organizations:*",
    "pricing:*",
    "route53:*",
    "route53domains:*",
    "s3:GetAccountPublic*",
    "s3:ListAllMyBuckets",
    "shield:*",
    "sts:*",
    "support:*",
    "trustedadvisor:*",
    "waf:*",
];

const SERVICES: [&str; 40] = [
    "acm",
    "apigateway",
    "application-autoscaling",
    "athena",
    "autoscaling",
    "backup",
    "batch",
    "cloudformation",
    "cloudtrail",
    "cloudwatch",
    "codebuild",
    "codepipeline",
    "cognito-idp",
    "config",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "eks",
    "elasticache",
    "elasticfilesystem",
    "elasticloadbalancing",
    "events",
    "firehose",
    "glue",
    "guardduty",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "rds",
    "s3",
    "sagemaker",
    "secretsmanager",
    "ses",
    "sns",
    "sqs",
    "ssm",
    "states",
    "xray",
];

const ROLES: [&str; 8] = [
    "break-glass",
    "org-provisioning",
    "security-audit",
    "platform-deploy",
    "AWSControlTowerExecution",
    "network-automation",
    "incident-response",
    "aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_PlatformAdmin_*",
];

const TEAMS: [&str; 6] = ["platform", "payments", "search", "data", "mobile", "core"];

const TAGS: [&str; 6] = ["cost-centre", "owner", "environment", "data-class", "project", "team"];

/// The roles that a guard spares.
fn spared(random: &mut Random) -> Value {
    let count = 1 + random.skewed(5);
    let roles = random.sample(&ROLES, count).into_iter();
    json!(roles.map(|role| format!("arn:aws:iam::*:role/{role}")).collect::<Vec<_>>())
}

/// One of a few names, as text.
fn one_of(random: &mut Random, names: &[&'static str]) -> &'static str {
    random.pick(names).copied().unwrap_or_default()
}

fn some_of(random: &mut Random, names: &[&'static str], at_least: usize) -> Vec<&'static str> {
    let count = at_least + random.below(names.len().saturating_sub(at_least) + 1);
    random.sample(names, count)
}

fn region_lock(random: &mut Random) -> Value {
    let count = 1 + random.skewed(5);
    let regions = random.sample(&REGIONS, count);
    let mut condition = json!({"StringNotEquals": {"aws:RequestedRegion": regions}});
    if let (true, Some(condition)) = (random.chance(70), condition.as_object_mut()) {
        condition.insert("ArnNotLike".to_owned(), json!({"aws:PrincipalArn": spared(random)}));
    }
    json!([{
        "Sid": "DenyOtherRegions",
        "Effect": "Deny",
        "NotAction": some_of(random, &GLOBAL, 12),
        "Resource": "*",
        "Condition": condition,
    }])
}

fn deny_root(random: &mut Random) -> Value {
    let mut condition = json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}});
    if let (true, Some(condition)) = (random.chance(40), condition.as_object_mut()) {
        condition.insert("Null".to_owned(), json!({"aws:AssumedRoot": "true"}));
    }
    json!([{"Sid": "DenyRootUser", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}])
}

fn protect_trail(random: &mut Random) -> Value {
    let resource = if random.chance(50) {
        json!("*")
    } else {
        json!([format!("arn:aws:cloudtrail:*:*:trail/{}-*", one_of(random, &["org", "audit", "central"]))])
    };
    json!([{
        "Sid": "KeepTheTrail",
        "Effect": "Deny",
        "Action": some_of(random, &[
            "cloudtrail:DeleteTrail",
            "cloudtrail:PutEventSelectors",
            "cloudtrail:PutInsightSelectors",
            "cloudtrail:StopLogging",
            "cloudtrail:UpdateTrail",
        ], 3),
        "Resource": resource,
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": spared(random)}},
    }])
}

fn protect_detection(random: &mut Random) -> Value {
    json!([
        {
            "Sid": "KeepDetection",
            "Effect": "Deny",
            "Action": some_of(random, &[
                "access-analyzer:Delete*",
                "config:DeleteConfigRule",
                "config:DeleteConfigurationRecorder",
                "config:DeleteDeliveryChannel",
                "config:StopConfigurationRecorder",
                "guardduty:Delete*",
                "guardduty:Disassociate*",
                "guardduty:StopMonitoringMembers",
                "guardduty:UpdateDetector",
                "macie2:Disable*",
                "securityhub:Disable*",
                "securityhub:Disassociate*",
            ], 5),
            "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": spared(random)}},
        },
        {
            "Sid": "KeepRules",
            "Effect": "Deny",
            "Action": ["events:DeleteRule", "events:DisableRule", "events:PutRule", "events:RemoveTargets"],
            "Resource": format!("arn:aws:events:*:*:rule/{}-*", one_of(random, &["security", "landing-zone"])),
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": spared(random)}},
        },
    ])
}

fn stay_in_organization(random: &mut Random) -> Value {
    let mut actions = vec!["organizations:LeaveOrganization"];
    if random.chance(50) {
        actions.extend(["account:CloseAccount", "account:DisableRegion", "account:EnableRegion"]);
    }
    json!([{"Sid": "Stay", "Effect": "Deny", "Action": actions, "Resource": "*"}])
}

fn protect_roles(random: &mut Random) -> Value {
    json!([
        {
            "Sid": "KeepGuardRoles",
            "Effect": "Deny",
            "Action": some_of(random, &[
                "iam:AttachRolePolicy",
                "iam:CreateRole",
                "iam:DeleteRole",
                "iam:DeleteRolePermissionsBoundary",
                "iam:DeleteRolePolicy",
                "iam:DetachRolePolicy",
                "iam:PutRolePermissionsBoundary",
                "iam:PutRolePolicy",
                "iam:UpdateAssumeRolePolicy",
            ], 4),
            "Resource": spared(random),
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": spared(random)}},
        },
        {
            "Sid": "NoLongTermKeys",
            "Effect": "Deny",
            "Action": ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateUser"],
            "Resource": "*",
        },
    ])
}

fn require_tags(random: &mut Random) -> Value {
    let tag = one_of(random, &TAGS);
    let created = ["arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:*:*:volume/*"];
    json!([
        {
            "Sid": "TagPresent",
            "Effect": "Deny",
            "Action": ["ec2:CreateVolume", "ec2:RunInstances"],
            "Resource": created,
            "Condition": {"Null": {format!("aws:RequestTag/{tag}"): "true"}},
        },
        {
            "Sid": "TagKnown",
            "Effect": "Deny",
            "Action": ["ec2:CreateVolume", "ec2:RunInstances"],
            "Resource": created,
            "Condition": {"StringNotLikeIfExists": {format!("aws:RequestTag/{tag}"): some_of(random, &TEAMS, 2)}},
        },
    ])
}

fn protect_tags(random: &mut Random) -> Value {
    let keys: Vec<String> = some_of(random, &TAGS, 1).into_iter().map(|tag| format!("{tag}*")).collect();
    json!([
        {
            "Sid": "KeepTags",
            "Effect": "Deny",
            "Action": ["ec2:CreateTags", "ec2:DeleteTags", "tag:TagResources", "tag:UntagResources"],
            "Resource": "*",
            "Condition": {
                "ForAnyValue:StringLike": {"aws:TagKeys": keys},
                "ArnNotLike": {"aws:PrincipalArn": spared(random)},
            },
        },
        {
            "Sid": "OnlyKnownTags",
            "Effect": "Allow",
            "Action": "tag:GetResources",
            "Resource": "*",
            "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": TAGS}},
        },
    ])
}

fn data_perimeter(random: &mut Random) -> Value {
    let actions =
        ["dynamodb:*", "kms:Decrypt", "s3:GetObject*", "s3:PutObject*", "secretsmanager:GetSecretValue", "sqs:*"];
    json!([{
        "Sid": "OnlyOurResources",
        "Effect": "Deny",
        "Action": some_of(random, &actions, 2),
        "NotResource": ["arn:aws:s3:::aws-ssm-*/*", format!("arn:aws:s3:::{}-public-*/*", one_of(random, &TEAMS))],
        "Condition": {
            "StringNotEqualsIfExists": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        },
    }])
}

fn network_perimeter(random: &mut Random) -> Value {
    let blocks: Vec<String> =
        (0..=random.below(6)).map(|_| format!("203.0.113.{}/28", 16 * random.below(16))).collect();
    json!([{
        "Sid": "KnownNetworks",
        "Effect": "Deny",
        "Action": some_of(random, &["iam:*", "kms:*", "s3:*", "secretsmanager:*", "sts:AssumeRole"], 1),
        "Resource": "*",
        "Condition": {
            "NotIpAddressIfExists": {"aws:SourceIp": blocks},
            "StringNotLikeIfExists": {"aws:SourceVpc": [format!("vpc-{:08x}*", random.below(1 << 30)), "vpc-0a*"]},
            "BoolIfExists": {"aws:ViaAWSService": "false"},
        },
    }])
}

fn require_mfa(random: &mut Random) -> Value {
    let operator = one_of(random, &["Bool", "BoolIfExists"]);
    json!([{
        "Sid": "DestructionNeedsMfa",
        "Effect": "Deny",
        "Action": some_of(random, &[
            "cloudformation:DeleteStack",
            "dynamodb:DeleteTable",
            "ec2:TerminateInstances",
            "kms:ScheduleKeyDeletion",
            "rds:DeleteDB*",
            "route53:DeleteHostedZone",
            "s3:DeleteBucket",
        ], 3),
        "Resource": "*",
        "Condition": {operator: {"aws:MultiFactorAuthPresent": "false"}},
    }])
}

fn small_machines(random: &mut Random) -> Value {
    json!([
        {
            "Sid": "SmallInstances",
            "Effect": "Deny",
            "Action": "ec2:RunInstances",
            "Resource": "arn:aws:ec2:*:*:instance/*",
            "Condition": {"StringNotLike": {"ec2:InstanceType": some_of(random, &["t3.*", "t4g.*", "m7g.*large", "c7?.large"], 1)}},
        },
        {
            "Sid": "SmallVolumes",
            "Effect": "Deny",
            "Action": ["ec2:CreateVolume", "ec2:RunInstances"],
            "Resource": "arn:aws:ec2:*:*:volume/*",
            "Condition": {"NumericGreaterThan": {"ec2:VolumeSize": 100 * (1 + random.below(10))}},
        },
    ])
}

fn storage_baseline(random: &mut Random) -> Value {
    json!([
        {
            "Sid": "NothingPublic",
            "Effect": "Deny",
            "Action": ["s3:DeletePublicAccessBlock", "s3:PutAccountPublicAccessBlock", "s3:PutBucketPublicAccessBlock"],
            "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": spared(random)}},
        },
        {
            "Sid": "NoPublicAcl",
            "Effect": "Deny",
            "Action": ["s3:PutBucketAcl", "s3:PutObjectAcl"],
            "Resource": "*",
            "Condition": {"StringEquals": {"s3:x-amz-acl": some_of(random, &["authenticated-read", "public-read", "public-read-write"], 2)}},
        },
        {
            "Sid": "EncryptVolumes",
            "Effect": "Deny",
            "Action": "ec2:CreateVolume",
            "Resource": "*",
            "Condition": {"Bool": {"ec2:Encrypted": false}},
        },
    ])
}

fn team_namespaces(random: &mut Random) -> Value {
    let default = one_of(random, &TEAMS);
    json!([
        {
            "Sid": "SecretsOfOthers",
            "Effect": "Deny",
            "Action": "secretsmanager:GetSecretValue",
            "NotResource": [
                format!("arn:aws:secretsmanager:*:*:secret:${{aws:PrincipalTag/team, '{default}'}}/*"),
                "arn:aws:secretsmanager:*:*:secret:shared/*",
            ],
        },
        {
            "Sid": "ObjectsOfOthers",
            "Effect": "Deny",
            "Action": ["s3:DeleteObject*", "s3:PutObject*"],
            "NotResource": format!("arn:aws:s3:::*-{default}/${{aws:PrincipalTag/team}}/*"),
            "Condition": {"StringNotEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
        },
    ])
}

fn no_purchases(random: &mut Random) -> Value {
    json!([{
        "Sid": "NoCommitments",
        "Effect": "Deny",
        "Action": some_of(random, &[
            "aws-marketplace:Subscribe",
            "ec2:*Reserved*",
            "ec2:PurchaseHostReservation",
            "elasticache:PurchaseReserved*",
            "rds:PurchaseReserved*",
            "route53domains:RegisterDomain",
            "savingsplans:CreateSavingsPlan",
        ], 3),
        "Resource": "*",
    }])
}

fn freeze(random: &mut Random) -> Value {
    let day = 10 + random.below(10);
    json!([{
        "Sid": "NoChanges",
        "Effect": "Deny",
        "Action": ["cloudformation:*Stack*", "codepipeline:StartPipelineExecution", "ecs:UpdateService", "lambda:Update*"],
        "Resource": "*",
        "Condition": {
            "DateGreaterThan": {"aws:CurrentTime": format!("2026-12-{day}T18:00:00Z")},
            "DateLessThan": {"aws:CurrentTime": "2027-01-04T06:00:00+01:00"},
            "ArnNotLike": {"aws:PrincipalArn": spared(random)},
        },
    }])
}

fn protect_network(random: &mut Random) -> Value {
    json!([{
        "Sid": "NetworkTeamOnly",
        "Effect": "Deny",
        "Action": some_of(random, &[
            "directconnect:*",
            "ec2:*InternetGateway*",
            "ec2:*TransitGateway*",
            "ec2:*VpcPeeringConnection",
            "ec2:*VpnConnection*",
            "ec2:DeleteFlowLogs",
            "globalaccelerator:Create*",
            "networkmanager:*",
        ], 4),
        "Resource": "*",
        "Condition": {
            "ArnNotLike": {"aws:PrincipalArn": spared(random)},
            "ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-benchmark01/r-b001/ou-b001-00000001/*"},
        },
    }])
}

fn quarantine(random: &mut Random) -> Value {
    json!([{
        "Sid": "OnlyIncidentResponse",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": spared(random)}},
    }])
}

fn allow_services(random: &mut Random) -> Value {
    let services: Vec<String> =
        some_of(random, &SERVICES, 15).into_iter().map(|service| format!("{service}:*")).collect();
    let mut statements = vec![json!({"Sid": "Approved", "Effect": "Allow", "Action": services, "Resource": "*"})];
    if random.chance(50) {
        let mut actions = vec!["iam:Get*", "iam:List*", "organizations:List*", "sts:*"];
        if random.chance(5) {
            // A frequent mistake: wildcards have no meaning before the colon (DOC-19).
            actions.push("*:Describe*");
        }
        statements.push(json!({
            "Sid": "ReadOnly",
            "Effect": "Allow",
            "Action": actions,
            "Resource": "*",
        }));
    }
    Value::Array(statements)
}

fn allow_conditionally(random: &mut Random) -> Value {
    let team = one_of(random, &TEAMS);
    json!([
        {
            "Sid": "HomeRegions",
            "Effect": "Allow",
            "NotAction": ["aws-marketplace:*", "s3:*", "redshift:*"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": some_of(random, &["eu-west-1", "eu-central-1", "us-east-1"], 1)}},
        },
        {"Sid": "Global", "Effect": "Allow", "Action": random.sample(&GLOBAL, 16), "Resource": "*"},
        {
            "Sid": "OwnBuckets",
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": [format!("arn:aws:s3:::{team}-*"), format!("arn:aws:s3:::{team}-*/*")],
        },
        {
            "Sid": "SharedArtifacts",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::shared-artifacts", "arn:aws:s3:::shared-artifacts/*"],
            "Condition": {"StringEquals": {"aws:ResourceOrgID": "o-benchmark01"}},
        },
    ])
}
