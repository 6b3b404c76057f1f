//! Actions: negated lists, wildcards that overlap, names that no catalog lists.

use scproof_evaluator::{Decision, EvaluationOptions, Request, Undecided};
use scproof_prover::{Answer, Transition, Why, equivalent, implies, is_empty};
use serde_json::json;

use crate::{ACCOUNT, Compared, actions, effect_of, everything, level, path, regions, transitions, with};

#[test]
fn a_list_and_its_complement_block_everything() {
    let deny = |name: &str| json!({"Effect": "Deny", name: "s3:*", "Resource": "*"});
    let both = level(&[everything(), json!([deny("Action")]), json!([deny("NotAction")])]);
    // EXM-15: what no policy stops is not counted.
    assert_eq!(is_empty(&both).unwrap(), Answer::Yes);
    for one in ["Action", "NotAction"] {
        let Answer::No(region) = is_empty(&with(deny(one))).unwrap() else { panic!("{one} leaves something") };
        assert!(region.witness.as_ref().unwrap().before.is_passing());
    }
}

#[test]
fn denials_of_not_action_cannot_be_merged() {
    // Two statements deny what is in neither list – and, each, what is in the other's: everything.
    let deny = |list: serde_json::Value| json!({"Effect": "Deny", "NotAction": list, "Resource": "*"});
    let two = level(&[everything(), json!([deny(json!(["iam:*"])), deny(json!(["sts:*"]))])]);
    let merged = with(deny(json!(["iam:*", "sts:*"])));
    let Answer::No(region) = equivalent(&two, &merged).unwrap() else { panic!("they are not the same") };
    let witness = region.witness.as_ref().unwrap();
    assert_eq!(witness.before, Decision::ExplicitDeny);
    assert!(witness.after.is_passing());
    assert!(witness.request.action.starts_with("iam:") || witness.request.action.starts_with("sts:"));
    assert_eq!(is_empty(&two).unwrap(), Answer::Yes);
    assert_eq!(implies(&two, &merged).unwrap(), Answer::Yes);
    assert!(matches!(implies(&merged, &two).unwrap(), Answer::No(_)));
    let found = regions(&two, &merged);
    assert_eq!(
        found.iter().map(|region| actions(region)).collect::<Vec<_>>(),
        // Whether the last one can be denied is unsure (CALL-15).
        ["iam:*; sts:* except sts:GetCallerIdentity, sts:GetSessionToken", "sts:GetSessionToken"]
    );
}

#[test]
fn denials_of_action_can_be_merged() {
    let deny = |list: serde_json::Value| json!({"Effect": "Deny", "Action": list, "Resource": "*"});
    let two = level(&[everything(), json!([deny(json!("s3:Get*")), deny(json!(["s3:Put*", "S3:GETOBJECT"]))])]);
    let merged = with(deny(json!(["s3:Put*", "s3:get*"])));
    assert_eq!(equivalent(&two, &merged).unwrap(), Answer::Yes);
}

#[test]
fn patterns_that_overlap_in_the_middle_are_cut_exactly() {
    // Names that no catalog lists are told apart too (DOC-21, ACT-4).
    let compared = Compared::levels(
        &[everything(), json!([{"Effect": "Deny", "Action": "s3:Get*Tagging", "Resource": "*"}])],
        &[everything(), json!([{"Effect": "Deny", "Action": "s3:*Object*", "Resource": "*"}])],
    );
    let blocked = Some(Transition::NewlyBlocked);
    let passing = Some(Transition::NewlyPassing);
    for (action, expected) in [
        ("s3:GetObject", blocked),
        ("s3:GetObjectTagging", None),
        ("s3:GetBucketTagging", passing),
        ("s3:GetTagging", passing),
        ("s3:GetTaggingX", None),
        ("s3:GetaTagging", passing),
        ("s3:GetaObjectTagging", None),
        ("s3:GetaObjectTaggings", blocked),
        ("s3:object", blocked),
        ("s3:objec", None),
        ("s3:GETOBJECTTAGGIN", blocked),
        ("s3:getTaggingObjectTagging", None),
        ("ec2:GetObject", None),
        ("new-service:Object", None),
    ] {
        assert_eq!(compared.transition(&Request::new(ACCOUNT, action)), expected, "{action}");
    }
}

#[test]
fn services_that_nobody_knows_are_told_apart_too() {
    let compared = Compared::effect_of(
        json!({"Effect": "Deny", "NotAction": ["iam:*", "sts:*", "s3:Get?bject"], "Resource": "*"}),
    );
    for (action, is_blocked) in [
        ("iam:DeleteRole", false),
        ("iam:Anything", false),
        ("s3:GetObject", false),
        ("s3:GetSubject", true),
        ("s3:GetXbject", false),
        ("brand-new-service:DoIt", true),
        ("iamx:DoIt", true),
    ] {
        let expected = is_blocked.then_some(Transition::NewlyBlocked);
        assert_eq!(compared.transition(&Request::new(ACCOUNT, action)), expected, "{action}");
    }
}

#[test]
fn what_is_described_needs_no_more_than_the_policy_says() {
    let found = effect_of(json!({"Effect": "Deny", "Action": ["s3:Delete*", "ec2:*"], "Resource": "*"}));
    assert_eq!(found.iter().map(|region| actions(region)).collect::<Vec<_>>(), ["ec2:*; s3:Delete*"]);
    let found = effect_of(json!({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}));
    assert_eq!(
        found.iter().map(|region| actions(region)).collect::<Vec<_>>(),
        ["* except s3:*, sts:GetCallerIdentity, sts:GetSessionToken", "sts:GetSessionToken"]
    );
}

#[test]
fn the_call_that_no_policy_stops_is_in_no_region() {
    // EXM-15.
    let compared = Compared::effect_of(json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
    assert_eq!(compared.transition(&Request::new(ACCOUNT, "sts:GetCallerIdentity")), None);
    // CALL-15: of this one it is unsure.
    assert_eq!(compared.transition(&Request::new(ACCOUNT, "sts:GetSessionToken")), Some(Transition::Unknown));
    let regions = compared.regions();
    let open: Vec<_> = regions.iter().filter(|region| region.transition() == Transition::Unknown).collect();
    assert_eq!(open.iter().map(|region| actions(region)).collect::<Vec<_>>(), ["sts:GetSessionToken"]);
    assert_eq!(open[0].why, [Why::Open(Undecided::Rule("CALL-15"))]);
    let preferring = EvaluationOptions { assume_preferred: true, ..EvaluationOptions::default() };
    let all = path(&[vec![everything()], vec![everything()]]);
    let none = path(&[vec![everything()], vec![json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}])]]);
    let compared = Compared::with_options(all, none, preferring);
    assert_eq!(transitions(&compared.regions()), [Transition::NewlyBlocked].into());
    assert_eq!(compared.transition(&Request::new(ACCOUNT, "sts:GetSessionToken")), None);
    let compared = Compared::effect_of(json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
    assert_eq!(compared.transition(&Request::new(ACCOUNT, "sts:AssumeRole")), Some(Transition::NewlyBlocked));
}

#[test]
fn the_same_list_in_other_words_changes_nothing() {
    let one = with(json!({"Effect": "Deny", "Action": ["s3:*"], "Resource": "*"}));
    let other = with(
        json!({"Effect": "Deny", "Action": ["S3:*", "s3:GetObject", "s3:**"], "Resource": ["*", "arn:aws:s3:::b"]}),
    );
    assert_eq!(equivalent(&one, &other).unwrap(), Answer::Yes);
    assert_eq!(regions(&one, &other), []);
}

#[test]
fn a_pattern_of_many_services_is_described_as_itself() {
    // DOC-19, DOC-20: whether it matches is open; what it is like is not.
    let found = regions(
        &with(json!({"Effect": "Deny", "Action": "s*:Get*", "Resource": "*"})),
        &with(json!({"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"})),
    );
    let said: Vec<_> = found.iter().map(|region| (region.transition(), actions(region))).collect();
    assert_eq!(
        said,
        [
            (Transition::NewlyBlocked, "s3:Put*".to_owned()),
            (Transition::Unknown, "s*:Get* except sts:GetCallerIdentity, sts:GetSessionToken".to_owned()),
            (Transition::Unknown, "sts:GetSessionToken".to_owned()),
        ]
    );
}
