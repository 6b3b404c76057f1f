//! Condition keys with the values that requests and policies give them.

use proptest::prelude::*;
use proptest::sample::select;
use scproof_policy_parser::OperatorFamily;

use super::pools;

/// What a key usually holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Texts,
    Names,
    Regions,
    Accounts,
    OrganizationIds,
    Paths,
    PrincipalTypes,
    Numbers,
    Dates,
    Booleans,
    Addresses,
    Arns,
    Bytes,
}

use Holds::{
    Accounts, Addresses, Arns, Booleans, Bytes, Dates, Names, Numbers, OrganizationIds, Paths, PrincipalTypes, Regions,
    Texts,
};

/// The keys, in several spellings: single-valued and multivalued, derived and not, with tags, of the catalog and of
/// nobody.
pub(crate) const KEYS: &[(&str, Holds)] = &[
    ("aws:PrincipalTag/team", Texts),
    ("aws:PrincipalTag/team", Texts),
    ("AWS:principaltag/TEAM", Texts),
    ("aws:ResourceTag/team", Texts),
    ("aws:RequestTag/a", Texts),
    ("aws:PrincipalTag/\u{e9}", Texts),
    ("aws:PrincipalTag/\u{c9}", Texts),
    ("aws:PrincipalTag", Texts),
    ("aws:TagKeys", Texts),
    ("aws:TagKeys", Texts),
    ("aws:CalledVia", Texts),
    ("aws:userid", Texts),
    ("aws:username", Names),
    ("aws:username", Names),
    ("aws:UserAgent", Texts),
    ("aws:SourceVpce", Texts),
    ("aws:SourceVpc", Texts),
    ("aws:CalledViaFirst", Texts),
    ("aws:RequestTag/red", Texts),
    ("s3:ResourceAccount", Accounts),
    ("aws:Foo", Texts),
    ("custom:key", Texts),
    ("custom:key", Texts),
    ("foo", Texts),
    ("s3:prefix", Texts),
    ("ec2:InstanceType", Texts),
    ("aws:RequestedRegion", Regions),
    ("aws:RequestedRegion", Regions),
    ("aws:PrincipalAccount", Accounts),
    ("aws:ResourceAccount", Accounts),
    ("aws:PrincipalOrgID", OrganizationIds),
    ("aws:ResourceOrgID", OrganizationIds),
    ("aws:PrincipalOrgPaths", Paths),
    ("aws:ResourceOrgPaths", Paths),
    ("aws:PrincipalType", PrincipalTypes),
    ("ec2:RoleDelivery", Numbers),
    ("aws:MultiFactorAuthAge", Numbers),
    ("s3:max-keys", Numbers),
    ("aws:EpochTime", Numbers),
    ("aws:CurrentTime", Dates),
    ("aws:EpochTime", Dates),
    ("aws:TokenIssueTime", Dates),
    ("aws:MultiFactorAuthPresent", Booleans),
    ("aws:SecureTransport", Booleans),
    ("aws:ViaAWSService", Booleans),
    ("aws:AssumedRoot", Booleans),
    ("aws:IsMcpServiceAction", Booleans),
    ("ec2:Encrypted", Booleans),
    ("aws:SourceIp", Addresses),
    ("aws:VpcSourceIp", Addresses),
    ("aws:PrincipalArn", Arns),
    ("aws:PrincipalArn", Arns),
    ("aws:SourceArn", Arns),
    ("lambda:SourceFunctionArn", Arns),
    ("custom:bytes", Bytes),
];

const ORGANIZATION_IDS: &[&str] =
    &["o-exampleorg1", "o-otherorg123", "O-EXAMPLEORG1", "o-*", "${aws:PrincipalOrgID}", "o-exampleorg?"];

const PATHS: &[&str] = &[
    "o-exampleorg1/r-ab12/",
    "o-exampleorg1/r-ab12/*",
    "o-exampleorg1/r-ab12/ou-ab12-aaaaaaaa/",
    "o-exampleorg1/r-ab12/ou-ab12-aaaaaaaa/*",
    "o-exampleorg1/*/ou-ab12-bbbbbbbb/*",
    "*",
];

const PRINCIPAL_TYPES: &[&str] = &["Account", "User", "AssumedRole", "FederatedUser", "assumedrole", "*User"];

/// A key that a request can carry, with what it holds; rarely one without prefix, which is refused (SP-46).
pub(crate) fn request_key() -> BoxedStrategy<(&'static str, Holds)> {
    let with_prefix: Vec<(&'static str, Holds)> = KEYS.iter().copied().filter(|(key, _)| key.contains(':')).collect();
    prop_oneof![400 => select(with_prefix), 1 => Just(("foo", Texts))].boxed()
}

/// A key with what it holds.
pub(crate) fn key() -> impl Strategy<Value = (&'static str, Holds)> {
    select(KEYS)
}

/// A key that an operator of this family usually compares.
pub(crate) fn key_for(family: OperatorFamily) -> BoxedStrategy<&'static str> {
    let fits = move |holds: Holds| match family {
        OperatorFamily::String => {
            matches!(holds, Texts | Names | Regions | Accounts | OrganizationIds | Paths | PrincipalTypes | Arns)
        }
        OperatorFamily::Numeric => holds == Numbers,
        OperatorFamily::Date => holds == Dates,
        OperatorFamily::Bool => holds == Booleans,
        OperatorFamily::Binary => holds == Bytes,
        OperatorFamily::IpAddress => holds == Addresses,
        OperatorFamily::Arn => holds == Arns,
        OperatorFamily::Null => true,
    };
    let fitting: Vec<&'static str> = KEYS.iter().filter(|(_, holds)| fits(*holds)).map(|(key, _)| *key).collect();
    select(fitting).boxed()
}

/// A value that a request gives such a key.
pub(crate) fn request_value(holds: Holds) -> BoxedStrategy<String> {
    match holds {
        Texts => pools::one_of(pools::TEXTS),
        Names => prop_oneof![8 => pools::one_of(pools::NAMES), 1 => pools::one_of(pools::TEXTS)].boxed(),
        Regions => pools::one_of(pools::REGIONS),
        Accounts => prop_oneof![4 => pools::one_of(pools::ACCOUNTS), 1 => Just(pools::OUTSIDER.to_owned())].boxed(),
        OrganizationIds => pools::one_of(ORGANIZATION_IDS),
        Paths => pools::one_of(PATHS),
        PrincipalTypes => pools::one_of(PRINCIPAL_TYPES),
        Numbers => prop_oneof![3 => pools::one_of(pools::NUMBERS), 1 => pools::one_of(pools::ODD_NUMBERS)].boxed(),
        Dates => prop_oneof![3 => pools::one_of(pools::DATES), 1 => pools::one_of(pools::ODD_DATES)].boxed(),
        Booleans => pools::one_of(pools::BOOLEANS),
        Addresses => prop_oneof![4 => pools::one_of(pools::ADDRESSES), 1 => pools::one_of(pools::BLOCKS)].boxed(),
        Arns => pools::one_of(pools::ARN_VALUES),
        Bytes => pools::one_of(pools::BYTES),
    }
}

/// A value that a policy compares with under an operator of this family on this key.
pub(crate) fn policy_value(family: OperatorFamily, key: &str) -> BoxedStrategy<String> {
    let holds = KEYS.iter().find(|(known, _)| *known == key).map_or(Texts, |(_, holds)| *holds);
    match family {
        OperatorFamily::String => match holds {
            Texts => prop_oneof![pools::one_of(pools::TEXTS), pools::one_of(pools::TEXT_PATTERNS)].boxed(),
            Names => prop_oneof![
                2 => pools::one_of(pools::NAMES),
                2 => pools::one_of(pools::NAME_PATTERNS),
                1 => pools::one_of(pools::TEXT_PATTERNS),
            ]
            .boxed(),
            Arns => prop_oneof![pools::one_of(pools::ARN_VALUES), pools::one_of(pools::ARN_PATTERNS)].boxed(),
            Regions | Accounts | OrganizationIds | Paths | PrincipalTypes | Numbers | Dates | Booleans | Addresses
            | Bytes => prop_oneof![4 => request_value(holds), 1 => pools::one_of(pools::TEXT_PATTERNS)].boxed(),
        },
        OperatorFamily::Numeric => request_value(Numbers),
        OperatorFamily::Date => request_value(Dates),
        OperatorFamily::Bool => request_value(Booleans),
        OperatorFamily::Binary => request_value(Bytes),
        OperatorFamily::IpAddress => pools::one_of(pools::BLOCKS),
        OperatorFamily::Arn => {
            prop_oneof![3 => pools::one_of(pools::ARN_PATTERNS), 1 => pools::one_of(pools::ARN_VALUES)].boxed()
        }
        OperatorFamily::Null => pools::one_of(&["true", "false", "TRUE", "true", "false", "no"]),
    }
}
