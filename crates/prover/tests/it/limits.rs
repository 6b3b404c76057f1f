//! Policies made to be hard end within the limits, in *undetermined* with the limit named.

use scproof_evaluator::EvaluationOptions;
use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_prover::{
    Answer, ComparisonOptions, Limits, Permissions, PolicyProof, Removal, Stop, Transition, Why, compare, equivalent,
    is_empty,
};
use serde_json::{Value, json};

use crate::{deny_when, everything, level, path, transitions, why, with};

/// Overlapping patterns such as `*aq*cr*ex*`, all different.
fn overlapping(count: u32, suffix: &str) -> Vec<String> {
    let letter = |number: u32| char::from_u32(u32::from(b'a') + number % 26).unwrap_or('a');
    (0..count)
        .map(|number| {
            let (a, b, c) = (letter(number), letter(number / 26 + number * 7), letter(number * 11 + 5));
            format!("*{a}{b}*{c}{a}*{b}{suffix}*")
        })
        .collect()
}

fn is_limited(why: impl IntoIterator<Item = Why>) -> bool {
    why.into_iter().any(|why| matches!(why, Why::Limit(..)))
}

fn limited(before: &Permissions, after: &Permissions) {
    let found = crate::regions(before, after);
    assert_eq!(transitions(&found), [Transition::Unknown].into(), "{found:#?}");
    assert!(is_limited(why(&found)), "{found:#?}");
}

#[test]
fn hundreds_of_patterns_on_one_key() {
    let patterns = |suffix: &str| with(deny_when(json!({"StringLike": {"aws:SourceVpc": overlapping(300, suffix)}})));
    limited(&patterns(""), &patterns("x"));
}

#[test]
fn hundreds_of_patterns_on_the_caller() {
    let patterns = |suffix: &str| {
        let patterns: Vec<String> =
            overlapping(300, suffix).into_iter().map(|pattern| format!("arn:aws:iam::*:role/{pattern}")).collect();
        with(deny_when(json!({"ArnLike": {"aws:PrincipalArn": patterns}})))
    };
    limited(&patterns(""), &patterns("x"));
}

#[test]
fn hundreds_of_patterns_on_a_list() {
    let patterns =
        |suffix: &str| with(deny_when(json!({"ForAnyValue:StringLike": {"aws:TagKeys": overlapping(300, suffix)}})));
    limited(&patterns(""), &patterns("x"));
}

#[test]
fn hundreds_of_resources() {
    let patterns = |suffix: &str| {
        let patterns: Vec<String> =
            overlapping(300, suffix).into_iter().map(|pattern| format!("arn:aws:s3:::{pattern}")).collect();
        with(json!({"Effect": "Deny", "Action": "s3:*", "Resource": patterns}))
    };
    limited(&patterns(""), &patterns("x"));
}

#[test]
fn hundreds_of_actions() {
    // Names that no catalog lists cannot be cut: nothing is said of them, so nothing is proved.
    let patterns = |suffix: &str| {
        let patterns: Vec<String> = overlapping(300, suffix).into_iter().map(|name| format!("s3:{name}")).collect();
        with(json!({"Effect": "Deny", "Action": patterns, "Resource": "*"}))
    };
    let answer = equivalent(&patterns(""), &patterns("")).unwrap();
    assert!(answer == Answer::Yes || matches!(&answer, Answer::Unknown(why) if is_limited(why.clone())), "{answer:?}");
    let one = json!({"Effect": "Deny", "NotAction": overlapping(300, "").iter().map(|name| format!("s3:{name}")).collect::<Vec<_>>(), "Resource": "*"});
    let other = json!({"Effect": "Deny", "Action": overlapping(300, "").iter().map(|name| format!("s3:{name}")).collect::<Vec<_>>(), "Resource": "*"});
    // Together they deny everything; but the names between the patterns were never looked at.
    let answer = is_empty(&level(&[everything(), json!([one, other])])).unwrap();
    assert!(matches!(&answer, Answer::Unknown(why) if is_limited(why.clone())), "{answer:?}");
}

#[test]
fn hundreds_of_statements_with_many_keys() {
    // Each a conjunction over keys of its own mixture: the diagrams of their union explode.
    let statements = |offset: u32| -> Vec<Value> {
        (0..300_u32)
            .map(|number| {
                let key =
                    |step: u32| format!("aws:PrincipalTag/k{}", (number * (step * 2 + 1) + step * 5 + offset) % 40);
                deny_when(json!({
                    "StringEquals": {key(0): "a", key(1): format!("v{}", number % 3)},
                    "StringNotEquals": {key(2): "b", key(3): "c"},
                    "StringLike": {key(4): "x*"},
                }))
            })
            .collect()
    };
    let permissions = |offset: u32| level(&[everything(), json!(statements(offset))]);
    let found = crate::regions(&permissions(0), &permissions(1));
    assert!(is_limited(why(&found)), "{:?}", transitions(&found));
}

#[test]
fn a_deep_product_of_levels() {
    // Each level allows under one of many conditions: the whole is their product.
    let product = |last: &str| -> Permissions {
        let levels: Vec<Vec<Value>> = std::iter::once(vec![everything()])
            .chain((0..5_u32).map(|depth| {
                (0..5_u32)
                    .map(|policy| {
                        let statements: Vec<Value> = (0..8_u32)
                            .map(|number| {
                                let key = |step: u32| {
                                    format!("aws:PrincipalTag/k{}", (depth * 3 + policy * 5 + number * (7 + step)) % 37)
                                };
                                json!({
                                    "Effect": "Allow", "Action": "*", "Resource": "*",
                                    "Condition": {"StringEquals": {key(1): last, key(2): "b"}, "StringLike": {key(4): "c*d"}},
                                })
                            })
                            .collect();
                        json!(statements)
                    })
                    .collect()
            }))
            .collect();
        Permissions::of_account(&path(&levels), crate::ACCOUNT).unwrap()
    };
    let found = crate::regions(&product("a"), &product("z"));
    assert!(!found.is_empty());
    for region in &found {
        let settled = region.transition() != Transition::Unknown;
        assert!(settled == region.why.is_empty(), "{region:#?}");
    }
}

#[test]
fn a_limit_is_named_with_its_value() {
    let options =
        ComparisonOptions { limits: Limits { nodes: 8, ..Limits::default() }, ..ComparisonOptions::default() };
    let before = level(&[everything()]);
    let after = level(&[
        everything(),
        json!([
            deny_when(
                json!({"StringEquals": {"aws:SourceVpc": ["a", "b"]}, "StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})
            ),
            deny_when(json!({"StringEquals": {"aws:SourceVpce": ["a", "b"], "aws:RequestedRegion": "eu-west-2"}})),
        ]),
    ]);
    let found = compare(&before, &after, &options).unwrap();
    assert_eq!(transitions(&found), [Transition::Unknown].into());
    assert_eq!(why(&found), [Why::Limit("nodes", 8)].into());
    // With room enough it is settled.
    assert_eq!(transitions(&crate::regions(&before, &after)), [Transition::NewlyBlocked].into());
}

/// What was ended before it began settles nothing, and says why.
#[test]
fn stopped_work_is_undetermined() {
    let stop = Stop::default();
    let options = ComparisonOptions {
        limits: Limits { stop: stop.clone(), ..Limits::default() },
        ..ComparisonOptions::default()
    };
    let before = level(&[everything()]);
    let after = level(&[everything(), json!([deny_when(json!({"StringEquals": {"aws:SourceVpc": "a"}}))])]);
    assert_eq!(transitions(&compare(&before, &after, &options).unwrap()), [Transition::NewlyBlocked].into());
    stop.stop();
    let found = compare(&before, &after, &options).unwrap();
    assert_eq!(transitions(&found), [Transition::Unknown].into());
    assert_eq!(why(&found), [Why::Stopped].into());
}

/// Many conditions that have little to do with each other: their diagrams explode in any order.
#[test]
fn work_on_conditions_without_order_ends_at_the_limit() {
    let statements: Vec<Value> = (0_usize..80)
        .map(|number| {
            let key = |step: usize| format!("aws:PrincipalTag/k{}", (number * step + number / 7) % 36);
            deny_when(json!({"StringEquals": {key(5): "a", key(11): "b", key(23): "c"}}))
        })
        .collect();
    let limits = Limits { nodes: 500, ..Limits::default() };
    let options = ComparisonOptions { limits, ..ComparisonOptions::default() };
    let found = compare(&level(&[everything()]), &level(&[everything(), json!(statements)]), &options).unwrap();
    assert_eq!(transitions(&found), [Transition::Unknown].into());
    assert_eq!(why(&found), [Why::Limit("nodes", 500)].into());
}

#[test]
fn too_many_alternatives_are_still_a_region() {
    let options =
        ComparisonOptions { limits: Limits { alternatives: 2, ..Limits::default() }, ..ComparisonOptions::default() };
    let statements: Vec<Value> =
        (0..6).map(|number| deny_when(json!({"StringEquals": {format!("aws:PrincipalTag/k{number}"): "a"}}))).collect();
    let found = compare(&level(&[everything()]), &level(&[everything(), json!(statements)]), &options).unwrap();
    assert_eq!(transitions(&found), [Transition::NewlyBlocked].into());
    for region in &found {
        assert!(!region.when_is_complete);
        assert!(region.witness.is_some());
    }
}

#[test]
fn nothing_is_idle_where_names_were_not_looked_at() {
    // The second Deny spares what the first one denies; names between the patterns may still be told apart by it.
    let names = || overlapping(300, "").iter().map(|name| format!("s3:{name}")).collect::<Vec<_>>();
    let first = json!({"Effect": "Deny", "Action": "sqs:*", "Resource": "*"});
    let second = json!({"Effect": "Deny", "Action": "sqs:Delete*", "Resource": "*"});
    let idle = |more: Option<Value>| {
        let statements: Vec<Value> = [first.clone(), second.clone()].into_iter().chain(more).collect();
        let organization = path(&[vec![everything()], vec![everything(), json!(statements)]]);
        let accounts: Vec<_> = organization.accounts().collect();
        let views = CompiledViews::one(organization, EvaluationOptions::default());
        let mut proof = PolicyProof::new(&views, &accounts, &[], Limits::default());
        let deny = views.statements_along(View::FIRST, accounts[0]).into_iter().find(|(_, it)| it.statement == 1);
        let (number, _) = deny.unwrap();
        (proof.has_all_names(), proof.has_no_effect(&Removal::Statements(number..number + 1)))
    };
    assert_eq!(idle(None), (true, true));
    assert_eq!(idle(Some(json!({"Effect": "Deny", "Action": names(), "Resource": "*"}))), (false, false));
}
