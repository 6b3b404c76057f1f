//! Tests of conditions and whole questions, and what other tests share.

use std::collections::BTreeMap;

use scproof_catalog::Catalog;
use scproof_evaluator::{Context, ContextValue, EvaluationOptions, Truth};
use scproof_policy_parser::{Condition, ConditionOperator, ConditionValue, ValueKind};

use super::caller::Principal;
use super::conditions::condition_holds;
use super::facts::{self, Facts, State};
use super::laws::{self, Told};
use super::readings::Settler;
use super::value::Value;

/// A closed context with these single values.
pub(crate) fn facts(given: &[(&str, &str)]) -> Facts<'static> {
    let context = given.iter().fold(Context::new(), |context, (key, value)| context.with(*key, *value));
    of_context(&context, true)
}

fn of_context(context: &Context, closed: bool) -> Facts<'static> {
    let catalog = Catalog::embedded();
    let given = facts::given(context, &Context::new(), catalog, None).unwrap();
    let callers = laws::callers(&Principal::Missing, "222222222222", Told(&given));
    Facts::new(given, BTreeMap::new(), callers, catalog, EvaluationOptions::default(), closed)
}

const ABSENT: ContextValue = ContextValue::Absent;

fn one(text: &str) -> ContextValue {
    ContextValue::Single(text.to_owned())
}

fn list(texts: &[&str]) -> ContextValue {
    ContextValue::List(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// `operator key values` on a state of the key; no state means unknown.
fn holds(operator: &str, key: &str, values: &[&str], state: Option<&ContextValue>) -> Value {
    let mut context = Context::new();
    if let Some(state) = state {
        context.insert(key, state.clone());
    }
    holds_in(operator, key, values, &of_context(&context, false), false)
}

fn holds_in(operator: &str, key: &str, values: &[&str], facts: &Facts<'_>, assume: bool) -> Value {
    let value = |text: &&str| ConditionValue { text: (*text).to_owned(), kind: ValueKind::String };
    let condition = Condition {
        operator_text: operator.to_owned(),
        operator: ConditionOperator::parse(operator),
        key: key.to_owned(),
        values: Some(values.iter().map(value).collect()),
    };
    condition_holds(&condition, facts, true, "p-policy00", &Settler::new(assume))
}

const SINGLE: &str = "aws:PrincipalTag/k";
const MULTI: &str = "aws:TagKeys";

#[track_caller]
fn check(operator: &str, key: &str, values: &[&str], expected: &[(Option<ContextValue>, Truth)]) {
    for (state, expected) in expected {
        let found = holds(operator, key, values, state.as_ref()).truth;
        assert_eq!(found, *expected, "{operator} {key} {values:?} on {state:?}");
    }
}

use Truth::{False, True, Unknown};

#[test]
fn set_1_to_set_4_bare_operators() {
    check(
        "StringEquals",
        SINGLE,
        &["a", "b"],
        &[(Some(ABSENT), False), (Some(one("b")), True), (Some(one("c")), False)],
    );
    check(
        "StringNotEquals",
        SINGLE,
        &["a", "b"],
        &[(Some(ABSENT), True), (Some(one("b")), False), (Some(one("c")), True)],
    );
    check("StringEqualsIfExists", SINGLE, &["a"], &[(Some(ABSENT), True), (Some(one("c")), False), (None, Unknown)]);
    check("StringNotEqualsIfExists", SINGLE, &["a"], &[(Some(ABSENT), True), (Some(one("a")), False)]);
}

#[test]
fn set_5_to_set_8_set_operators() {
    let [a, c, ac, ab] = [list(&["a"]), list(&["c"]), list(&["a", "c"]), list(&["a", "b"])];
    check(
        "ForAllValues:StringEquals",
        MULTI,
        &["a", "b"],
        &[(Some(ABSENT), True), (Some(a.clone()), True), (Some(ac.clone()), False)],
    );
    check(
        "ForAnyValue:StringNotEquals",
        MULTI,
        &["a"],
        &[(Some(ABSENT), False), (Some(a.clone()), False), (Some(ab), True)],
    );
    // SET-14: the inner loop is over all policy values.
    check(
        "ForAllValues:StringNotEquals",
        MULTI,
        &["a", "b"],
        &[(Some(ABSENT), True), (Some(a), False), (Some(c), True), (Some(ac), False)],
    );
    // SET-12: as on a list of one.
    check("ForAllValues:StringEquals", SINGLE, &["a"], &[(Some(one("a")), True), (Some(ABSENT), True)]);
}

#[test]
fn set_9_set_10_bare_operators_on_lists() {
    let several = list(&["a", "b"]);
    assert_eq!(holds("StringEquals", MULTI, &["a"], Some(&several)), Value::unknown_rule("SET-9"));
    assert_eq!(holds("StringEquals", MULTI, &["x"], Some(&several)), Value::certain(false));
    assert_eq!(holds("StringNotEquals", MULTI, &["x"], Some(&several)), Value::unknown_rule("SET-10"));
    assert_eq!(holds("StringNotEquals", MULTI, &["a", "b"], Some(&several)), Value::certain(false));
    assert_eq!(holds("StringEquals", MULTI, &["a"], Some(&one("a"))), Value::unknown_rule("SET-9"));
    let facts = of_context(&Context::new().with_list(MULTI, ["a", "b"]), false);
    assert_eq!(holds_in("StringEquals", MULTI, &["a"], &facts, true), Value::certain(false));
    assert_eq!(holds_in("StringNotEquals", MULTI, &["x"], &facts, true), Value::unknown_rule("SET-10"));
}

#[test]
fn set_11_empty_lists_and_empty_texts() {
    let empty = list(&[]);
    check("ForAllValues:StringEquals", MULTI, &["a"], &[(Some(empty.clone()), True)]);
    check("ForAnyValue:StringEquals", MULTI, &["a"], &[(Some(empty.clone()), False)]);
    check("ForAnyValue:StringEqualsIfExists", MULTI, &["a"], &[(Some(empty.clone()), False), (Some(ABSENT), Unknown)]);
    check("StringNotEquals", MULTI, &["a"], &[(Some(empty.clone()), True)]);
    check("Null", MULTI, &["true"], &[(Some(empty), True), (Some(list(&["", ""])), Unknown)]);
    check("ForAllValues:StringEquals", MULTI, &["a"], &[(Some(list(&[""])), Unknown)]);
}

#[test]
fn set_16_null() {
    check("Null", SINGLE, &["TRUE"], &[(Some(ABSENT), True), (Some(one("x")), False), (None, Unknown)]);
    check("Null", SINGLE, &["false"], &[(Some(ABSENT), False), (Some(one("x")), True), (Some(one("")), Unknown)]);
    check("Null", SINGLE, &["true", "false"], &[(None, True)]);
    check("Null", SINGLE, &["yes"], &[(Some(ABSENT), Unknown)]);
    check("ForAnyValue:Null", SINGLE, &["true"], &[(Some(ABSENT), Unknown)]);
}

#[test]
fn doc_28_clr_3_empty_policy_lists() {
    check("StringEquals", SINGLE, &[], &[(Some(ABSENT), Unknown), (Some(one("a")), Unknown)]);
    check("StringNotEqualsIfExists", SINGLE, &[], &[(Some(ABSENT), True), (Some(one("a")), False)]);
    check("ForAllValues:StringNotEquals", MULTI, &[], &[(Some(ABSENT), True), (Some(list(&["a"])), False)]);
    check("ForAnyValue:StringNotEquals", MULTI, &[], &[(Some(ABSENT), False), (Some(list(&["a"])), False)]);
    assert_eq!(holds_in("StringNotEquals", SINGLE, &[], &facts(&[]), true), Value::certain(true));
    assert_eq!(holds_in("Null", SINGLE, &[], &facts(&[]), true), Value::certain(false));
}

#[test]
fn op_1_to_op_3_texts() {
    check(
        "StringEquals",
        SINGLE,
        &["a*b"],
        &[(Some(one("a*b")), True), (Some(one("aXb")), False), (Some(one("A*b")), False)],
    );
    check("StringEqualsIgnoreCase", SINGLE, &["aB"], &[(Some(one("Ab")), True), (Some(one("abc")), False)]);
    check("StringEqualsIgnoreCase", SINGLE, &["É"], &[(Some(one("é")), Unknown), (Some(one("É")), True)]);
    check("StringLike", SINGLE, &["a*b"], &[(Some(one("a:x/b")), True), (Some(one("A:b")), False)]);
    check("StringLike", SINGLE, &[""], &[(Some(one("")), True), (Some(one("a")), False)]);
    check("StringLike", SINGLE, &["?"], &[(Some(one("é")), Unknown), (Some(one("a")), True)]);
}

#[test]
fn op_4_to_op_6_numbers() {
    let key = "ec2:RoleDelivery";
    check(
        "NumericLessThan",
        key,
        &["2.0"],
        &[(Some(one("1.0")), True), (Some(one("2")), False), (Some(ABSENT), False)],
    );
    check("NumericLessThan", key, &["5", "10"], &[(Some(one("7")), True)]);
    check("NumericGreaterThan", key, &["9"], &[(Some(one("10")), True)]);
    check("NumericEquals", key, &["1e1"], &[(Some(one("10")), Unknown), (Some(one("11")), False)]);
}

#[test]
fn op_7_to_op_11_dates() {
    let (key, values) = ("aws:TokenIssueTime", ["2026-01-01T00:00:00Z"]);
    let (same, later) = (one("2026-01-01T01:00:00+01:00"), one("1767225601"));
    check("DateGreaterThan", key, &values, &[(Some(same.clone()), False), (Some(later), True)]);
    check("DateEquals", key, &values, &[(Some(same), True), (Some(one("2026-01-01T00:00:00")), Unknown)]);
    check("DateEquals", key, &["2024"], &[(Some(one("2024")), True), (Some(one("2024-01-01")), Unknown)]);
}

#[test]
fn op_12_op_13_booleans() {
    let key = "aws:MultiFactorAuthPresent";
    check("Bool", key, &["false"], &[(Some(ABSENT), False), (Some(one("FALSE")), True), (Some(one("true")), False)]);
    check("BoolIfExists", key, &["false"], &[(Some(ABSENT), True), (Some(one("true")), False)]);
    check("Bool", key, &["true", "false"], &[(Some(one("true")), True), (None, Unknown)]);
    check("BoolIfExists", key, &["true", "false"], &[(None, True)]);
    check("Bool", "aws:SecureTransport", &["true", "false"], &[(None, True)]);
}

#[test]
fn op_14_to_op_18_bytes_and_addresses() {
    check("BinaryEquals", SINGLE, &["aGVsbG8="], &[(Some(one("aGVsbG8=")), True), (Some(one("hello")), False)]);
    let key = "aws:SourceIp";
    check("IpAddress", key, &["10.1.2.3/8"], &[(Some(one("10.200.0.1")), True)]);
    let states = [(Some(one("2001:db8::1")), True), (Some(ABSENT), True), (Some(one("203.0.113.9")), False)];
    check("NotIpAddress", key, &["203.0.113.0/24"], &states);
    check("NotIpAddressIfExists", key, &["203.0.113.0/24"], &states);
    check("IpAddress", key, &["2001:db8::"], &[(Some(one("2001:db8::1")), Unknown), (Some(one("::1")), False)]);
    check("IpAddress", key, &["10.0.0.0/8"], &[(Some(one("::ffff:10.0.0.1")), Unknown)]);
}

#[test]
fn op_19_to_op_22_res_13_arns() {
    let key = "aws:SourceArn";
    let value = "arn:aws:svc:us-east-2:999999999999:store/abc:111122223333:finance/doc.txt";
    let pattern = ["arn:aws:svc:*:111122223333:finance/*"];
    check("StringLike", key, &pattern, &[(Some(one(value)), True)]);
    check("ArnLike", key, &pattern, &[(Some(one(value)), False)]);
    check("ArnEquals", key, &["arn:aws:iam::*:role/A*"], &[(Some(one("arn:aws:iam::1:role/Admin")), True)]);
    check("ArnEquals", key, &["arn:aws:s3:*::b"], &[(Some(one("arn:aws:s3:::b")), True)]);
    check("ArnEquals", key, &["arn:aws:s3:::b"], &[(Some(one("arn:aws:s3:x::b")), False)]);
    check("ArnLike", key, &["*"], &[(Some(one(value)), Unknown), (Some(one("x")), False)]);
    check("ArnNotLike", key, &["arn:aws:s3:::b"], &[(Some(one("x")), Unknown), (Some(ABSENT), True)]);
}

#[test]
fn op_30_sp_21_malformed_values() {
    check("NumericEquals", SINGLE, &["x"], &[(Some(one("1")), False), (Some(one("x")), False), (Some(ABSENT), False)]);
    check("NumericNotEquals", SINGLE, &["x"], &[(Some(one("1")), Unknown), (Some(ABSENT), True)]);
    check("NumericNotEquals", SINGLE, &["x", "1"], &[(Some(one("1")), False), (Some(one("2")), Unknown)]);
    let facts = facts(&[(SINGLE, "1")]);
    assert_eq!(holds_in("NumericNotEquals", SINGLE, &["x"], &facts, true), Value::unknown_rule("OP-30"));
}

#[test]
fn k3_8_unknown_values() {
    check("StringLike", "aws:UserAgent", &["*"], &[(None, True)]);
    check("StringNotLike", "aws:UserAgent", &["**"], &[(None, False)]);
    check("StringLike", SINGLE, &["*"], &[(None, Unknown)]);
    check("StringLike", MULTI, &["*"], &[(None, Unknown)]);
    check("ForAllValues:StringLike", MULTI, &["*"], &[(None, True)]);
    check("ForAnyValue:StringLike", MULTI, &["*"], &[(None, Unknown)]);
    check("Null", "aws:PrincipalArn", &["true"], &[(None, False)]);
    check("ArnLikeIfExists", "aws:SourceVpcArn", &["arn:*:*:*:*:*"], &[(None, True)]);
}

#[test]
fn var_9_to_var_13_variables_in_values() {
    let facts = facts(&[("aws:PrincipalTag/t", "red"), ("aws:PrincipalTag/e", ""), ("aws:ResourceTag/t", "red")]);
    let check = |operator: &str, value: &str, expected: Truth| {
        assert_eq!(
            holds_in(operator, "aws:ResourceTag/t", &[value], &facts, false).truth,
            expected,
            "{operator} {value}"
        );
    };
    check("StringEquals", "${aws:PrincipalTag/t}", True);
    check("StringEquals", "${aws:PrincipalTag/none}", False);
    check("StringNotEquals", "${aws:PrincipalTag/none}", True);
    check("StringEquals", "${aws:PrincipalTag/none, 'red'}", True);
    check("StringEquals", "red${aws:PrincipalTag/e}", Unknown);
    check("StringEquals", "red${aws:PrincipalTag/none, ''}", Unknown);
    check("StringEquals", "red${", Unknown);
    check("StringNotEquals", "blue${aws:PrincipalTag/e, 'x'}", True);
}

#[test]
fn k3_9_sp_24_variables_of_unknown_keys() {
    let facts = of_context(&Context::new().with("aws:ResourceTag/t", "red"), false);
    let truth = |value: &str| holds_in("StringEquals", "aws:ResourceTag/t", &[value], &facts, false);
    assert_eq!(truth("r${aws:PrincipalTag/t}"), Value::unknown_key("aws:PrincipalTag/t"));
    assert_eq!(truth("b${aws:PrincipalTag/t}"), Value::certain(false));
}

#[test]
fn cond_5_tags_that_differ_only_in_case() {
    let context = Context::new().with("aws:PrincipalTag/k", "a").with("aws:PrincipalTag/K", "b");
    let facts = of_context(&context, false);
    assert_eq!(holds_in("StringEquals", SINGLE, &["a"], &facts, true), Value::unknown_rule("COND-5"));
    assert_eq!(holds_in("StringEquals", SINGLE, &["a", "b"], &facts, false), Value::certain(true));
    let twice = Context::new().with("aws:SourceIp", "a").with("AWS:sourceip", "b");
    assert!(facts::given(&twice, &Context::new(), Catalog::embedded(), None).is_err());
}

#[test]
fn clr_7_a_resources_own_keys_replace_the_common_ones() {
    let (common, own) = (Context::new().with("ec2:InstanceType", "a"), Context::new().without("EC2:instancetype"));
    let given = facts::given(&common, &own, Catalog::embedded(), None).unwrap();
    assert_eq!(given, [("EC2:instancetype".to_owned(), State::Absent)]);
}
