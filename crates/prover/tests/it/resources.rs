//! Resources: overlapping patterns, complements, actions that take none.

use scproof_evaluator::Request;
use scproof_evaluator::symbolic::RequestResource;
use scproof_prover::{Answer, Transition, equivalent, implies};
use serde_json::{Value, json};

use crate::{ACCOUNT, Compared, everything, get_object, level, with};

/// A call that reads an object, or lists a bucket.
fn read(resource: &str) -> Request {
    let action = if resource.contains('/') { "s3:GetObject" } else { "s3:ListBucket" };
    Request { action: action.to_owned(), ..get_object(resource) }
}

fn deny(name: &str, patterns: Value) -> Value {
    json!({"Effect": "Deny", "Action": "s3:*", name: patterns})
}

#[test]
fn patterns_that_overlap_in_the_middle_are_cut_exactly() {
    let compared = Compared::levels(
        &[everything(), json!([deny("Resource", json!("arn:aws:s3:::log-*-prod/*"))])],
        &[everything(), json!([deny("Resource", json!("arn:aws:s3:::*-eu-*"))])],
    );
    let (blocked, passing) = (Some(Transition::NewlyBlocked), Some(Transition::NewlyPassing));
    for (resource, expected) in [
        ("arn:aws:s3:::log-a-prod/x", passing),
        ("arn:aws:s3:::log-eu-prod/x", None),
        ("arn:aws:s3:::log--prod/x", passing),
        ("arn:aws:s3:::log-prod/x", None),
        ("arn:aws:s3:::log-eu-prod", blocked),
        ("arn:aws:s3:::-eu-", blocked),
        ("arn:aws:s3:::x/-eu-/y", blocked),
        ("arn:aws:s3:::log-x-prod/-eu-", None),
        ("arn:aws:s3:::other/x", None),
    ] {
        assert_eq!(compared.transition(&read(resource)), expected, "{resource}");
    }
}

#[test]
fn an_action_without_resource_is_judged_against_the_star_alone() {
    // RES-3.
    let compared = Compared::effect_of(json!({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}));
    let list = Request::new(ACCOUNT, "s3:ListAllMyBuckets").with_resource(RequestResource::NotScoped);
    assert_eq!(compared.transition(&list), None);
    let compared = Compared::effect_of(json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}));
    assert_eq!(compared.transition(&list), Some(Transition::NewlyBlocked));
    let compared =
        Compared::effect_of(json!({"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::mine/*"}));
    assert_eq!(compared.transition(&list), Some(Transition::NewlyBlocked));
    assert_eq!(compared.transition(&get_object("arn:aws:s3:::mine/x")), None);
    assert_eq!(compared.transition(&read("arn:aws:s3:::mine")), Some(Transition::NewlyBlocked));
}

#[test]
fn a_list_and_its_complement_are_everything() {
    let pattern = json!(["arn:aws:s3:::ab/*", "arn:aws:s3:::c*"]);
    let both = level(&[everything(), json!([deny("Resource", pattern.clone()), deny("NotResource", pattern)])]);
    assert_eq!(equivalent(&both, &with(deny("Resource", json!("*")))).unwrap(), Answer::Yes);
}

#[test]
fn a_narrower_pattern_implies_a_wider_one() {
    let narrow = with(deny("Resource", json!("arn:aws:s3:::logs-a/*")));
    let wide = with(deny("Resource", json!("arn:aws:s3:::logs*")));
    assert_eq!(implies(&wide, &narrow).unwrap(), Answer::Yes);
    let Answer::No(region) = implies(&narrow, &wide).unwrap() else { panic!("the bucket itself") };
    let witness = region.witness.as_ref().unwrap();
    assert!(witness.before.is_passing() && witness.after.is_denied(), "{witness:?}");
}

#[test]
fn letter_case_counts_in_resources() {
    let upper = with(deny("Resource", json!("arn:aws:s3:::A")));
    let lower = with(deny("Resource", json!("arn:aws:s3:::a")));
    assert!(matches!(equivalent(&upper, &lower).unwrap(), Answer::No(_)));
}

#[test]
fn colons_in_names_are_ordinary_in_the_last_component() {
    // RES-7, RES-12, TRAP-31: a star at the end crosses them.
    let compared = Compared::effect_of(deny("Resource", json!("arn:aws:s3:::b/*")));
    let blocked = Some(Transition::NewlyBlocked);
    assert_eq!(compared.transition(&get_object("arn:aws:s3:::b/2026-01-01T10:00:00/x")), blocked);
}
