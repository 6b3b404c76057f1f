//! The laws between keys (K.4): what no call can be is no difference, and no witness.

use scproof_evaluator::{Context, ContextValue};
use scproof_prover::{Region, Transition};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::{Compared, deny_when, effect_of, get_object, transitions};

fn effect(condition: Value) -> Vec<Arc<Region>> {
    effect_of(deny_when(condition))
}

/// Conditions that no call meets, and conditions close to them that some call meets.
fn only_second(law: &str, never: Value, sometimes: Value) {
    assert_eq!(effect(never.clone()), [], "{law}: {never}");
    let found = effect(sometimes.clone());
    assert_eq!(transitions(&found), [Transition::NewlyBlocked].into(), "{law}: {sometimes}");
    assert!(found.iter().all(|region| region.witness.is_some()), "{law}: {found:#?}");
}

#[test]
fn law_1_a_call_comes_from_an_address_or_through_an_endpoint() {
    only_second(
        "LAW-1",
        json!({"Null": {"aws:SourceIp": "false", "aws:SourceVpc": "false"}}),
        json!({"Null": {"aws:SourceIp": "true", "aws:SourceVpc": "false"}}),
    );
    only_second(
        "LAW-1",
        json!({"Null": {"aws:SourceIp": "true", "aws:SourceVpce": "true"}}),
        json!({"Null": {"aws:SourceVpc": "true", "aws:SourceVpce": "true"}}),
    );
    only_second(
        "LAW-1",
        json!({"Null": {"aws:VpceAccount": "false"}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"Null": {"aws:VpceAccount": "false"}, "IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}),
    );
}

/// Which of two keys is there tells apart what the conditions on them do not.
#[test]
fn law_1_a_request_is_in_a_difference_by_the_key_that_it_has() {
    let condition = json!({"NotIpAddress": {"aws:SourceIp": "2001:db8::/32", "aws:VpcSourceIp": "10.200.0.1"}});
    let compared = Compared::effect_of(deny_when(condition));
    let inside = |address: &str| {
        let context = Context::new().without("aws:SourceIp").with("aws:VpcSourceIp", address);
        compared.transition(&get_object("arn:aws:s3:::b/x").with_context(context))
    };
    assert_eq!((inside("10.200.0.1"), inside("10.200.0.2")), (None, Some(Transition::NewlyBlocked)));
    let outside = |address: &str| {
        let context = Context::new().without("aws:VpcSourceIp").with("aws:SourceIp", address);
        compared.transition(&get_object("arn:aws:s3:::b/x").with_context(context))
    };
    assert_eq!((outside("2001:db8::1"), outside("203.0.113.7")), (None, Some(Transition::NewlyBlocked)));
}

#[test]
fn law_1_the_network_perimeter_that_aws_publishes() {
    // Whoever calls from elsewhere: from another address, or through another VPC.
    let found = effect(json!({
        "NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"},
        "StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"},
        "BoolIfExists": {"aws:ViaAWSService": "false"},
        "Null": {"aws:SourceIp": "true", "aws:SourceVpc": "true"},
    }));
    assert_eq!(found, [], "no call lacks both");
    let found = effect(json!({
        "NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"},
        "StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"},
        "BoolIfExists": {"aws:ViaAWSService": "false"},
    }));
    assert_eq!(transitions(&found), [Transition::NewlyBlocked].into());
    for region in &found {
        let context = &region.witness.as_ref().unwrap().request.context;
        let has = |key: &str| context.iter().any(|(name, value)| name == key && *value != ContextValue::Absent);
        assert!(!(has("aws:SourceIp") && has("aws:SourceVpc")), "{region:#?}");
    }
}

#[test]
fn law_2_services_that_call_are_named_together() {
    let via_athena = |by_service: &str| {
        json!({
            "ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"},
            "Bool": {"aws:ViaAWSService": by_service},
        })
    };
    only_second("LAW-2", via_athena("false"), via_athena("true"));
    // A service may call that is not named.
    only_second(
        "LAW-2",
        json!({"Null": {"aws:CalledViaFirst": "false", "aws:CalledViaLast": "true"}}),
        json!({"Null": {"aws:CalledViaFirst": "true"}, "Bool": {"aws:ViaAWSService": "true"}}),
    );
}

#[test]
fn law_2_the_list_of_services_fixes_its_ends() {
    let (athena, glue) = ("athena.amazonaws.com", "glue.amazonaws.com");
    let only = |listed: &[&str], end: &str, operator: &str, service: &str| {
        json!({
            "ForAllValues:StringEquals": {"aws:CalledVia": listed},
            "Null": {"aws:CalledVia": "false"},
            operator: {end: service},
        })
    };
    for end in ["aws:CalledViaFirst", "aws:CalledViaLast"] {
        only_second(
            "LAW-2",
            only(&[athena], end, "StringEquals", glue),
            only(&[athena, glue], end, "StringEquals", glue),
        );
        only_second(
            "LAW-2",
            only(&[athena, glue], end, "StringNotLike", "*.amazonaws.com"),
            only(&[athena, "glue"], end, "StringNotLike", "*.amazonaws.com"),
        );
        let without = |service: &str| {
            json!({
                "ForAnyValue:StringEquals": {"aws:CalledVia": athena},
                "ForAllValues:StringNotEquals": {"aws:CalledVia": glue},
                "StringEqualsIgnoreCase": {end: service},
            })
        };
        // A list may have the name that the policies know in another spelling.
        assert_eq!(transitions(&effect(without(glue))), [Transition::NewlyBlocked].into());
        let compared = Compared::effect_of(deny_when(without(glue)));
        let blocked = |list: &[&str]| {
            let context =
                Context::new().with("aws:ViaAWSService", "true").with_list("aws:CalledVia", list.iter().copied());
            compared.transition(&get_object("arn:aws:s3:::b/x").with_context(context))
        };
        assert_eq!(blocked(&[athena]), None);
        assert_eq!(blocked(&["Glue.amazonaws.com", athena, "Glue.amazonaws.com"]), Some(Transition::NewlyBlocked));
        assert_eq!(blocked(&[glue, athena, glue]), None);
    }
    // What is called by one service alone is called by it first and last.
    let found = effect(json!({
        "ForAllValues:StringEquals": {"aws:CalledVia": athena},
        "StringEquals": {"aws:CalledViaFirst": athena},
        "StringNotEquals": {"aws:CalledViaLast": athena},
    }));
    assert_eq!(found, []);
}

#[test]
fn law_7_the_name_of_a_user_is_the_last_part_of_the_arn() {
    let by = |arn: &str, operator: &str, name: &str| {
        json!({
            "ArnLike": {"aws:PrincipalArn": format!("arn:aws:iam::*:user/{arn}")},
            "Null": {"aws:username": "false"},
            operator: {"aws:username": name},
        })
    };
    for (operator, other, own) in [
        ("StringEquals", "bob", "alice"),
        ("StringNotEquals", "alice", "bob"),
        ("StringLike", "b*", "a*e"),
        ("StringNotLike", "*ice", "*bob"),
    ] {
        only_second("LAW-7", by("alice", operator, other), by("alice", operator, own));
        only_second("LAW-7", by("team/alice", operator, other), by("team/alice", operator, own));
    }
    // A name says nothing of the path, and a pattern may mean either.
    only_second("LAW-7", by("*/alice", "StringEquals", "bob"), by("*/alice", "StringEquals", "alice"));
    only_second("LAW-7", by("bob*/*", "StringEquals", "a/b"), by("bob*/*", "StringLike", "b*"));
    only_second("LAW-7", by("???", "StringEquals", "alice"), by("???", "StringEquals", "bob"));
    assert_eq!(transitions(&effect(by("admin-*", "StringEquals", "bob"))), [Transition::NewlyBlocked].into());
    only_second("LAW-7", by("*admin", "StringLike", "*bob"), by("*admin", "StringLike", "*-admin"));
    // Every user has one.
    let compared = Compared::effect_of(deny_when(by("*", "StringNotLike", "a*")));
    let asked = |name: &str| {
        let user = format!("arn:aws:iam::222222222222:user/{name}");
        compared.transition(&get_object("arn:aws:s3:::b/x").with_principal(user))
    };
    assert_eq!((asked("alice"), asked("a/bob")), (None, Some(Transition::NewlyBlocked)));
}

#[test]
fn law_3_a_tag_that_is_passed_is_among_the_tag_keys() {
    let passed = |keys: &[&str]| {
        json!({
            "StringLike": {"aws:RequestTag/team": "?*"},
            "ForAllValues:StringEquals": {"aws:TagKeys": keys},
        })
    };
    only_second("LAW-3", passed(&["owner"]), passed(&["owner", "team"]));
    // In the spelling of the request.
    only_second("LAW-3", passed(&["owner", "teams"]), passed(&["Team"]));
    only_second(
        "LAW-3",
        json!({"StringEquals": {"aws:RequestTag/team": "x"}, "Null": {"aws:TagKeys": "true"}}),
        json!({"StringEquals": {"aws:RequestTag/team": "x"}, "Null": {"aws:TagKeys": "false"}}),
    );
}

#[test]
fn law_4_an_account_of_the_organization_is_in_it() {
    let of = |account: &str| {
        json!({
            "StringEquals": {"aws:ResourceAccount": account},
            "StringNotEquals": {"aws:ResourceOrgID": "o-exampleorg1"},
        })
    };
    only_second("LAW-4", of("222222222222"), of("999999999999"));
    let of_s3 =
        |account: &str| json!({"StringEquals": {"aws:ResourceAccount": "222222222222", "s3:ResourceAccount": account}});
    only_second("LAW-4", of_s3("333333333333"), of_s3("222222222222"));
}

#[test]
fn law_5_and_law_7_what_callers_of_a_kind_have() {
    let by = |kind: &str, key: &str, value: &str| {
        json!({
            "ArnLike": {"aws:PrincipalArn": format!("arn:aws:iam::*:{kind}")},
            "StringLike": {key: value},
        })
    };
    only_second("LAW-5", by("root", "aws:PrincipalTag/team", "?*"), by("user/*", "aws:PrincipalTag/team", "?*"));
    only_second("LAW-5", by("user/*", "aws:SourceIdentity", "*"), by("role/*", "aws:SourceIdentity", "*"));
    only_second("LAW-5", by("user/*", "lambda:SourceFunctionArn", "*"), by("role/*", "lambda:SourceFunctionArn", "*"));
    only_second("LAW-7", by("user/*", "aws:userid", "AROA*"), by("role/*", "aws:userid", "AROA*"));
}

#[test]
fn law_6_an_age_of_the_second_factor_means_that_there_is_one() {
    let recent = |operator: &str, present: &str| {
        json!({
            "NumericLessThan": {"aws:MultiFactorAuthAge": "300"},
            operator: {"aws:MultiFactorAuthPresent": present},
        })
    };
    only_second("LAW-6", recent("BoolIfExists", "false"), recent("Bool", "true"));
}

#[test]
fn law_8_a_role_of_a_permission_set_has_the_path_of_one() {
    let role = |path: &str| {
        let name = format!("arn:aws:iam::222222222222:role/{path}AWSReservedSSO_Admin_0123456789abcdef");
        json!({"ArnEquals": {"aws:PrincipalArn": name}})
    };
    only_second("LAW-8", role(""), role("aws-reserved/sso.amazonaws.com/eu-west-1/"));
}

#[test]
fn call_23_a_tag_may_be_the_empty_text() {
    let found = effect(json!({"StringEquals": {"aws:PrincipalTag/team": ""}}));
    assert_eq!(transitions(&found), [Transition::NewlyBlocked].into());
    let request = &found[0].witness.as_ref().unwrap().request;
    let value = request.context.iter().find(|(key, _)| *key == "aws:PrincipalTag/team").map(|(_, value)| value);
    assert_eq!(value, Some(&ContextValue::Single(String::new())));
    // No other key may (SP-48).
    assert_eq!(effect(json!({"StringEquals": {"aws:SourceVpc": ""}})), []);
    // Whether it counts as absent is open (VAR-9).
    let found = effect(json!({"Null": {"aws:PrincipalTag/team": "true"}}));
    assert_eq!(transitions(&found), [Transition::NewlyBlocked, Transition::Unknown].into());
}
