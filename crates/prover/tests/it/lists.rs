//! Keys with several values (part D.2).

use scproof_evaluator::Context;
use scproof_prover::{Answer, equivalent, implies};
use serde_json::{Value, json};

use crate::{Compared, deny_when, everything, level, with};

const KEY: &str = "aws:TagKeys";

fn blocked(condition: Value, cases: &[(Option<&[&str]>, bool)]) {
    let compared = Compared::effect_of(deny_when(condition));
    for (values, expected) in cases {
        let context = match values {
            Some(values) => Context::new().with_list(KEY, values.iter().copied()),
            None => Context::new().without(KEY),
        };
        assert_eq!(compared.blocks(context), *expected, "{values:?}");
    }
}

#[test]
fn any_value_needs_one_that_matches() {
    // SET-5, SET-11: absent and empty meet nothing.
    blocked(
        json!({"ForAnyValue:StringEquals": {KEY: ["a", "b"]}}),
        &[
            (None, false),
            (Some(&[]), false),
            (Some(&["a"]), true),
            (Some(&["c"]), false),
            (Some(&["c", "b"]), true),
            (Some(&["c", "d"]), false),
        ],
    );
}

#[test]
fn all_values_holds_for_none() {
    // SET-7, SET-11.
    blocked(
        json!({"ForAllValues:StringEquals": {KEY: ["a", "b"]}}),
        &[
            (None, true),
            (Some(&[]), true),
            (Some(&["a"]), true),
            (Some(&["a", "b"]), true),
            (Some(&["a", "b", "c"]), false),
            (Some(&["c"]), false),
        ],
    );
}

#[test]
fn negated_operators_take_sets_too() {
    // SET-6, SET-8, SET-14.
    blocked(
        json!({"ForAnyValue:StringNotEquals": {KEY: ["a", "b"]}}),
        &[
            (None, false),
            (Some(&[]), false),
            (Some(&["a", "b"]), false),
            (Some(&["a", "c"]), true),
            (Some(&["c"]), true),
        ],
    );
    blocked(
        json!({"ForAllValues:StringNotEquals": {KEY: ["a", "b"]}}),
        &[
            (None, true),
            (Some(&[]), true),
            (Some(&["a"]), false),
            (Some(&["c", "d"]), true),
            (Some(&["c", "a"]), false),
        ],
    );
}

#[test]
fn a_list_may_mix_what_single_values_cannot() {
    // Two lines on one key that no single value meets: a list does.
    let both = json!({"ForAnyValue:StringEquals": {KEY: "a"}, "ForAnyValue:StringLike": {KEY: "b*"}});
    blocked(
        both,
        &[(Some(&["a"]), false), (Some(&["bc"]), false), (Some(&["a", "bc"]), true), (Some(&["x", "b", "a"]), true)],
    );
    let mixed = json!({"ForAnyValue:StringEquals": {KEY: "a"}, "ForAnyValue:StringNotEquals": {KEY: "a"}});
    blocked(
        mixed,
        &[(Some(&["a"]), false), (Some(&["b"]), false), (Some(&["a", "b"]), true), (Some(&[]), false), (None, false)],
    );
}

#[test]
fn the_guard_against_an_empty_list_is_told_apart() {
    // The pattern that AWS's pages recommend: ForAllValues and a test for presence.
    let bare = with(deny_when(json!({"ForAllValues:StringEquals": {KEY: "a"}})));
    let guarded = with(deny_when(json!({"ForAllValues:StringEquals": {KEY: "a"}, "Null": {KEY: "false"}})));
    assert_eq!(implies(&bare, &guarded).unwrap(), Answer::Yes);
    let Answer::No(region) = implies(&guarded, &bare).unwrap() else { panic!("no value meets only the bare one") };
    let witness = region.witness.as_ref().unwrap();
    assert!(witness.before.is_passing() && witness.after.is_denied());
}

#[test]
fn any_and_all_are_each_others_opposites() {
    // Denied if some value is not in the list, or all are: everything is.
    let some_outside = deny_when(json!({"ForAnyValue:StringNotLike": {KEY: ["a*", "b"]}}));
    let all_inside = deny_when(json!({"ForAllValues:StringLike": {KEY: ["a*", "b"]}}));
    let both = level(&[everything(), json!([some_outside, all_inside])]);
    let always = with(json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}));
    assert_eq!(equivalent(&both, &always).unwrap(), Answer::Yes);
}

#[test]
fn every_value_of_many_is_looked_at() {
    let values: Vec<String> = (0..9).map(|number| format!("value-{number}")).collect();
    let all: serde_json::Map<String, Value> = values
        .iter()
        .take(4)
        .enumerate()
        .map(|(number, value)| {
            let operator = ["StringEquals", "StringLike", "StringEqualsIgnoreCase", "ArnLike"].get(number).copied();
            (format!("ForAnyValue:{}", operator.unwrap_or_default()), json!({KEY: value}))
        })
        .filter(|(operator, _)| !operator.ends_with("ArnLike"))
        .collect();
    // A list of three and more values is needed.
    blocked(
        Value::Object(all),
        &[
            (Some(&["value-0", "value-1"]), false),
            (Some(&["value-0", "value-1", "VALUE-2"]), true),
            (Some(&["value-0", "value-1", "value-3"]), false),
            (Some(&["x", "value-2", "value-1", "y", "value-0"]), true),
        ],
    );
}

/// DOC-28, CLR-3: conditions that hold exactly where their keys are absent, beside one that relates two facts. Where
/// one of the keys is there, the call is blocked.
#[test]
fn clr_3_conditions_without_values_beside_others() {
    let allow = json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*",
         "Condition": {"StringNotEqualsIfExists": {"aws:RequestTag/a": [], "aws:RequestTag/b": []}}},
        {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}/x"},
    ]);
    let compared = Compared::levels(&[everything()], &[allow]);
    let context = || Context::new().with("aws:PrincipalTag/team", "red");
    let blocks = |context: Context| compared.blocks(context);
    assert!(!blocks(context().without("aws:RequestTag/a").without("aws:RequestTag/b")));
    assert!(blocks(context().with("aws:RequestTag/a", "1").without("aws:RequestTag/b")));
    assert!(blocks(context().without("aws:RequestTag/a").with("aws:RequestTag/b", "1")));
    assert!(blocks(context().with("aws:RequestTag/a", "1").with("aws:RequestTag/b", "1")));
}
