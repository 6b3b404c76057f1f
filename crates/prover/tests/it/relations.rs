//! Policy variables: keys that are compared with each other.

use scproof_evaluator::{Context, PredicateAtom};
use scproof_prover::{Answer, Transition, Why, implies, is_empty};
use serde_json::json;

use crate::{Compared, deny_when, effect_of, everything, get_object, level, transitions, why, with};

const TEAM: &str = "aws:PrincipalTag/team";
const OWNER: &str = "aws:ResourceTag/owner";

#[test]
fn a_relation_is_part_of_the_description() {
    // VAR-14.
    let compared = Compared::effect_of(deny_when(json!({"StringNotEquals": {OWNER: format!("${{{TEAM}}}")}})));
    let regions = compared.regions();
    assert_eq!(transitions(&regions), [Transition::NewlyBlocked].into());
    let region = regions.first().unwrap();
    let is_relation = |atom: &PredicateAtom| {
        let PredicateAtom::Key(atom) = atom else { return false };
        atom.key == OWNER && atom.values == [format!("${{{TEAM}}}")] && !atom.is_literal
    };
    assert!(region.when.atoms().into_iter().any(is_relation), "{:?}", region.when);
    assert!(region.witness.as_ref().unwrap().after.is_denied());
    assert!(!compared.blocks(Context::new().with(TEAM, "blue").with(OWNER, "blue")));
    assert!(compared.blocks(Context::new().with(TEAM, "blue").with(OWNER, "Blue")));
    // VAR-11: without the variable's key no value equals it.
    assert!(compared.blocks(Context::new().without(TEAM).with(OWNER, "blue")));
    assert!(compared.blocks(Context::new().with(TEAM, "blue").without(OWNER)));
}

#[test]
fn a_relation_holds_alike_on_both_sides() {
    let statement = deny_when(json!({"StringEquals": {OWNER: format!("${{{TEAM}}}")}}));
    let before = level(&[everything(), json!([statement.clone()])]);
    // A second Deny under the same relation adds nothing.
    let narrower = json!({
        "Effect": "Deny", "Action": "s3:Get*", "Resource": "*",
        "Condition": {"StringEquals": {OWNER: format!("${{{TEAM}}}")}, "Bool": {"aws:SecureTransport": "false"}},
    });
    let after = level(&[everything(), json!([statement, narrower])]);
    assert_eq!(crate::regions(&before, &after), []);
    assert_eq!(implies(&before, &after).unwrap(), Answer::Yes);
}

#[test]
fn law_9_a_relation_and_its_opposite_are_no_difference() {
    let never = json!({
        "StringEquals": {OWNER: format!("${{{TEAM}}}")}, "StringNotEquals": {OWNER: format!("${{{TEAM}}}")},
    });
    assert_eq!(effect_of(deny_when(never)), []);
}

#[test]
fn a_relation_that_nothing_can_meet_is_never_a_fact() {
    // Two relations between the same two keys exclude each other, which cells do not see: undetermined, and it says so.
    let never = json!({
        "StringEquals": {OWNER: format!("${{{TEAM}}}")}, "StringNotLike": {OWNER: format!("${{{TEAM}}}*")},
    });
    let found = effect_of(deny_when(never));
    assert_eq!(transitions(&found), [Transition::Unknown].into());
    let keys: Vec<Vec<String>> = why(&found)
        .into_iter()
        .map(|why| match why {
            Why::Relation(keys) => keys,
            other @ (Why::Open(_) | Why::Limit(..) | Why::Stopped | Why::Unconfirmed) => panic!("{other:?}"),
        })
        .collect();
    assert!(keys.iter().flatten().any(|key| key.eq_ignore_ascii_case(TEAM)), "{keys:?}");
}

#[test]
fn emptiness_that_hangs_on_a_relation_is_not_guessed() {
    let allow = |operator: &str| {
        json!([{
            "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {operator: {OWNER: format!("${{{TEAM}}}")}},
        }])
    };
    assert!(matches!(is_empty(&level(&[allow("StringEquals")])).unwrap(), Answer::No(_)));
    let deny = |operator: &str| deny_when(json!({operator: {OWNER: format!("${{{TEAM}}}")}}));
    // One condition and its negation are one question: this is settled.
    let both = level(&[everything(), json!([deny("StringEquals"), deny("StringNotEquals")])]);
    let all = with(json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}));
    let answer = implies(&all, &both).unwrap();
    assert!(!matches!(answer, Answer::No(_)), "{answer:?}");
    let answer = implies(&both, &all).unwrap();
    assert!(
        !matches!(answer, Answer::No(_)),
        "what is denied under a condition and its opposite is denied: {answer:?}"
    );
}

#[test]
fn a_resource_may_name_the_callers_account() {
    let compared = Compared::effect_of(json!({
        "Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::home-${aws:PrincipalAccount}/*",
    }));
    assert_eq!(compared.transition(&get_object("arn:aws:s3:::home-222222222222/x")), None);
    assert_eq!(compared.transition(&get_object("arn:aws:s3:::home-333333333333/x")), Some(Transition::NewlyBlocked));
    assert!(compared.regions().iter().all(|region| region.witness.is_some()));
}

#[test]
fn a_resource_may_name_a_tag_of_the_caller() {
    let compared = Compared::effect_of(json!({
        "Effect": "Deny", "Action": "s3:*", "Resource": format!("arn:aws:s3:::team-${{{TEAM}}}/*"),
    }));
    assert_eq!(transitions(&compared.regions()), [Transition::NewlyBlocked].into());
    let call = |resource: &str, context: Context| compared.transition(&get_object(resource).with_context(context));
    let blue = || Context::new().with(TEAM, "blue");
    assert_eq!(call("arn:aws:s3:::team-blue/x", blue()), Some(Transition::NewlyBlocked));
    assert_eq!(call("arn:aws:s3:::team-red/x", blue()), None);
    // VAR-12.
    assert_eq!(call("arn:aws:s3:::team-blue/x", Context::new().without(TEAM)), None);
}
