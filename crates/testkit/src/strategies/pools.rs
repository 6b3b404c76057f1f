//! The small alphabets that policies and requests share, so that they meet often.

use proptest::prelude::*;
use proptest::sample::select;

/// One of a few texts.
pub(crate) fn one_of(texts: &'static [&'static str]) -> BoxedStrategy<String> {
    select(texts).prop_map(str::to_owned).boxed()
}

/// Accounts, in the order in which an organization gets them; the first is the management account.
pub(crate) const ACCOUNTS: &[&str] =
    &["111111111111", "222222222222", "333333333333", "444444444444", "555555555555", "012345678901"];

/// An account of no organization that we know.
pub(crate) const OUTSIDER: &str = "999999999999";

/// The organization, its root, and what its units are called.
pub(crate) const ORGANIZATION: &str = "o-exampleorg1";
pub(crate) const ROOT: &str = "r-ab12";
pub(crate) const UNITS: &[&str] = &["ou-ab12-aaaaaaaa", "ou-ab12-bbbbbbbb", "ou-ab12-cccccccc", "ou-ab12-dddddddd"];

/// Actions that requests ask for.
pub(crate) const ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:PutObject",
    "S3:getobject",
    "s3:ListAllMyBuckets",
    "ec2:RunInstances",
    "ec2:CreateVpcEndpoint",
    "ebs:GetSnapshotBlock",
    "iam:CreateUser",
    "iam:DeleteUser",
    "iam:PassRole",
    "budgets:ViewBudget",
    "sts:GetSessionToken",
    "sts:AssumeRole",
    "svc:A",
    "aws-mcp:CallTool",
    "s3:ZzTop",
    "sqs:Zz",
    "svc:Do",
    "svc:DoIt",
    "acme:Do",
];

/// Action patterns as AWS documents them.
pub(crate) const ACTION_PATTERNS: &[&str] = &[
    "*",
    "s3:*",
    "s3:Get*",
    "s3:GetObject",
    "S3:getobject",
    "s3:GetObjec?",
    "s3:*Object",
    "s3:?et?bject",
    "s3:Get",
    "ec2:*",
    "ec2:Run*",
    "iam:*User*",
    "iam:CreateUser",
    "sts:*",
    "svc:A",
    "aws-mcp:*",
    "ebs:*",
    "new-service:DoIt",
    // Names that the catalog lacks, of services that it has and of others.
    "s3:Zz*",
    "sqs:Zz*",
    "sqs:Z?",
    "svc:D*",
    "svc:D?",
    "acme:D*",
    "acme:D?",
    "acme:*",
    "acme:?*",
];

/// Action patterns of degenerate shape (DOC-18 to DOC-20).
pub(crate) const ODD_ACTION_PATTERNS: &[&str] = &[
    "",
    " ",
    "**",
    "*:*",
    "*:**",
    "**:*",
    "s*:Get*",
    "*:GetObject",
    "?3:GetObject",
    "s3",
    "s3*",
    "s3:",
    ":GetObject",
    ":",
    "s3: GetObject",
    "s3 :Get*",
    "s3:GetObject ",
    " *",
    " ** ",
    " *:*",
    "s3:Get Object",
    "s*: Get*",
    "s3:Get:Object",
    "a:b:c",
    "s3:Get_Object",
    "s3:G\u{e9}t*",
    "s3.:*",
    "?",
];

/// ARNs that requests ask about.
pub(crate) const ARNS: &[&str] = &[
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/red/x",
    "arn:aws:s3:::b/Red/x",
    "arn:aws:s3:::b/a*b",
    "arn:aws:s3:::b/a:b/x",
    "arn:aws:s3:::b/\u{e9}",
    "arn:aws:s3:eu-west-1:222222222222:accesspoint/ap",
    "arn:aws:s3:eu-west-1:999999999999:accesspoint/ap",
    "arn:aws:ec2:eu-west-1:222222222222:instance/i-1",
    "arn:aws:ec2:eu-west-1:333333333333:volume/v-1",
    "arn:aws:ec2:eu-west-1::image/ami-1",
    "arn:aws:iam::222222222222:user/alice",
    "arn:aws:iam::333333333333:role/path/Admin",
    "arn:aws:logs:eu-west-1:222222222222:log-group:prod:s",
    "arn:aws:sns:eu-west-1:222222222222:orders",
    "arn:aws-cn:s3:::b/red/x",
    "arn:AWS:S3:::b/red/x",
    "arn:::::",
];

/// Resource patterns without variables.
pub(crate) const RESOURCE_PATTERNS: &[&str] = &[
    "*",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::b/*/x",
    "arn:aws:s3:::b/red/*",
    "arn:aws:s3:::b/?ed/x",
    "arn:aws:s3:::b/a*b*",
    "arn:aws:s3:::b/?",
    "arn:aws:s3:*:*:accesspoint/*",
    "arn:aws:ec2:*:*:instance/*",
    "arn:aws:ec2:*:*:*",
    "arn:aws:ec2:eu-*:222222222222:*/*",
    "arn:aws:iam::*:user/alice",
    "arn:aws:iam::*:role/*/Admin",
    "arn:aws:iam::222222222222:*",
    "arn:aws:logs:*:log-group:prod:*",
    "arn:aws:logs:*:*:log-group:*",
    "arn:aws:sns:eu-west-1:222222222222:ord*",
    "arn:*:s3:::b/red/x",
    "arn:aws*:s3:::b*",
];

/// Resource patterns with live variables.
pub(crate) const VARIABLE_RESOURCE_PATTERNS: &[&str] = &[
    "arn:aws:s3:::b/${aws:PrincipalTag/team}/*",
    "arn:aws:s3:::${aws:PrincipalTag/team, 'b'}/red/x",
    "arn:aws:s3:::b/${aws:PrincipalTag/team, ''}/*",
    "arn:aws:s3:::b/${aws:PrincipalTag/none}*",
    "arn:aws:s3:::b/a${*}b",
    "arn:aws:s3:::b/${?}",
    "arn:aws:s3:::b/${$}{x}",
    "arn:aws:s3:::${AWS:principaltag/TEAM}",
    "arn:aws:s3:::b/${aws:TagKeys}/x",
    "arn:aws:s3:::b/${aws:TagKeys, 'red'}/x",
    "arn:aws:iam::222222222222:user/${aws:username}",
    "arn:aws:s3:::b/${aws:PrincipalAccount}",
    "arn:aws:s3:::b/${custom:key}/x",
];

/// Resource patterns with faults: short ARNs, wildcards in every component, other case, variables in forbidden places
/// or malformed.
pub(crate) const ODD_RESOURCE_PATTERNS: &[&str] = &[
    "",
    "**",
    "?",
    "?*",
    "b",
    "arn",
    "arn:aws",
    "arn:aws:s3",
    "arn:aws:s3:",
    "arn:aws:s*",
    "arn:aws:sns:*:orders",
    "arn:aws:sns:eu-west-1:*",
    "arn:aws:ec2:eu-west-1:222222222222",
    "a*:aws:s3:::b",
    "arn:a?s:s3:::b",
    "arn:aws:*:::b",
    "arn:aws:s?:::b/*",
    "arn:aws:*:*:*:*",
    "*:*:*:*:*:*",
    "arn:aws:ec2:eu?west-1:*:instance/*",
    "arn:aws:ec2:*-1:2222*:instance/*",
    "arn:aws:ec2:*:*:inst*/i-1",
    "arn:aws:iam::222222222222:u*",
    "arn:aws:iam::222222222222:?ser/alice",
    "arn:aws:logs:*:*:log-*:prod:s",
    "arn:AWS:s3:::b/red/x",
    "arn:aws:S3:::b/*",
    "ARN:aws:s3:::b/*",
    "aRN:aws:sns:*:orders",
    "arn:aws:iam::${aws:PrincipalAccount}:user/alice",
    "arn:aws:s3:${aws:RequestedRegion, ''}::b",
    "arn:aws:s3::${aws:PrincipalTag/team}:b",
    "arn:aws:s3::${aws:PrincipalTag/team}",
    "arn:${aws:x}:s3:::b",
    "arn:aws:s3:::b/${",
    "arn:aws:s3:::b/${}",
    "arn:aws:s3:::b/${aws:PrincipalTag/team",
    "arn:aws:s3:::b/${aws:PrincipalTag/team, 'x}",
    "arn:aws:s3:::b/${aws:PrincipalTag/team,'x'}",
    " arn:aws:s3:::b",
];

/// Texts that requests and string operators use.
pub(crate) const TEXTS: &[&str] =
    &["a", "A", "ab", "a*b", "aXb", "", "\u{e9}", "\u{c9}", "red", "b", "*", "?", "true", "1", "t3.micro"];

/// Names of users.
pub(crate) const NAMES: &[&str] = &["alice", "Alice", "bob", "red", "a"];

/// Patterns of such names.
pub(crate) const NAME_PATTERNS: &[&str] = &["a*", "?lice", "*", "b?b", "*e*", "alice?", "${aws:PrincipalTag/team}"];

/// Patterns of string operators, with variables.
pub(crate) const TEXT_PATTERNS: &[&str] = &[
    "a*b",
    "a?b",
    "?",
    "*",
    "**",
    "a*",
    "*b",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/team, 'a'}",
    "${aws:PrincipalTag/none, ''}",
    "a${*}b",
    "a${?}b",
    "${$}",
    "${custom:key}*",
    "x${aws:PrincipalTag/team}",
    "${aws:TagKeys}",
    "${aws:TagKeys, 'a'}",
    "${aws:PrincipalOrgID}",
    "${",
    "${}",
    "${aws:username",
];

pub(crate) const REGIONS: &[&str] = &["eu-west-1", "us-east-1", "us-gov-west-1", "eu-*", "EU-WEST-1"];

pub(crate) const NUMBERS: &[&str] = &["1", "1.0", "01", "2", "10", "-1", "0", "-0", "1.50", "99999999999999999999"];

pub(crate) const ODD_NUMBERS: &[&str] = &["1e1", " 2", "0x1F", ".5", "5.", "1e401", "x", "", "+1", "1,0", "--1"];

pub(crate) const DATES: &[&str] = &[
    "2026-01-01T00:00:00Z",
    "2026-01-01T01:00:00+01:00",
    "1767225600",
    "1767225601",
    "2026-01-01",
    "2026-01",
    "2026-01-01T00:00Z",
    "2026-01-01T00:00:00.5Z",
    "2025-12-31T23:59:59.999999999999Z",
    "-1",
];

pub(crate) const ODD_DATES: &[&str] = &[
    "2026",
    "2026-01-01T00:00:00",
    "2026-01-01 00:00:00Z",
    "2026-01-01 00:00:00",
    "2026-13-01",
    "tomorrow",
    "",
    "1767225600.5",
    "99999999999999",
    "20260101T000000Z",
    "20260101T010000+0100",
    "20260101T000000",
    "2025-12-31T24:00:00Z",
    "2025-12-31T24:00",
    "2025-12-32T24:00:00Z",
];

pub(crate) const ADDRESSES: &[&str] =
    &["10.0.0.1", "10.200.0.1", "203.0.113.7", "2001:db8::1", "2001:DB8:0::1", "::ffff:10.0.0.1", "::1"];

pub(crate) const BLOCKS: &[&str] = &[
    "10.1.2.3/8",
    "10.0.0.1",
    "10.0.0.1/32",
    "0.0.0.0/0",
    "203.0.113.0/24",
    "2001:db8::/32",
    "2001:db8::2",
    "::/0",
    "::ffff:10.0.0.0/104",
    "::ffff:10.0.0.1",
    "10.0.0.0/33",
    "10.0.0",
    "",
];

pub(crate) const BOOLEANS: &[&str] = &["true", "false", "TRUE", "False", "yes", "", "1", "${custom:key}"];

pub(crate) const BYTES: &[&str] = &["YQ==", "YWI=", "YWJj", "", "YQ", "a", "YR=="];

/// Values of keys that hold ARNs.
pub(crate) const ARN_VALUES: &[&str] = &[
    "arn:aws:iam::222222222222:role/Admin",
    "arn:aws:iam::222222222222:role/path/Admin",
    "arn:aws:iam::222222222222:user/alice",
    "arn:aws:iam::333333333333:root",
    "arn:aws:svc:us-east-2:999999999999:store/abc:111122223333:finance/doc.txt",
    "arn:aws:s3:::a*b",
    "arn:aws:s3:::b",
    "a:b:c:d:e:f",
    "arn:aws:s3:::",
    "arn:aws:s3::b",
    "x",
    "",
];

pub(crate) const ARN_PATTERNS: &[&str] = &[
    "arn:aws:iam::*:role/Admin",
    "arn:aws:iam::*:role/*/Admin",
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::*:root",
    "arn:aws:iam::*:user/alice",
    "arn:aws:iam::*:user/*/alice",
    "arn:aws:iam::*:user/a*",
    "arn:aws:iam::*:user/*",
    "arn:aws:iam::*:user/${aws:username}",
    "arn:*:iam::222222222222:*",
    "arn:*:*:*:*:*",
    "*:*:*:*:*:*",
    "arn:aws:svc:*:111122223333:finance/*",
    "arn:aws:sts::*:assumed-role/Admin/*",
    "arn:aws:s3:::a${*}b",
    "arn:aws:s3:::?",
    "arn:aws:iam::${aws:PrincipalAccount}:role/Admin",
    "arn:aws:s3:::${aws:PrincipalTag/team}",
    "arn:aws:s3:::${aws:PrincipalTag/none, 'b'}",
    "${aws:PrincipalArn}",
    "*",
    "**",
    "arn:aws:iam::*",
    "*role/Admin",
    "arn:aws:iam::*role/path/*",
    "ARN:aws:iam::*:role/Admin",
    "Arn:aws:iam::*",
    "",
    "arn:aws:s3:::${",
];
