//! What AWS leaves open, or did not let us read, stays undetermined, and says why.

use scproof_evaluator::{EvaluationOptions, Request, Undecided};
use scproof_organization::Organization;
use scproof_prover::{Answer, Transition, Verdict, Why, equivalent, is_empty};
use serde_json::{Value, json};

use crate::{
    ACCOUNT, Compared, deny_when, effect_of, everything, get_object, level, organization, path, transitions, why, with,
};

fn assumed(statement: &Value) -> Compared {
    let before = path(&[vec![everything()], vec![everything()]]);
    let after = path(&[vec![everything()], vec![everything(), json!([statement])]]);
    let options = EvaluationOptions { assume_preferred: true, ..EvaluationOptions::default() };
    Compared::with_options(before, after, options)
}

fn names(why: impl IntoIterator<Item = Why>, rule: &str) -> bool {
    why.into_iter().any(|why| why == Why::Open(Undecided::Rule(leak(rule))))
}

/// Rules are named by constants; those of tests live as long as the test.
fn leak(rule: &str) -> &'static str {
    ["SET-9", "SET-10", "SET-13", "DOC-24", "VAR-5", "OP-9", "K3-13", "K3-14", "EXM-2", "GEN-7"]
        .into_iter()
        .find(|known| *known == rule)
        .unwrap()
}

#[test]
fn unsure_rules_are_named_and_the_preferred_reading_decides() {
    // GEN-3.
    for (rule, statement, expected) in [
        ("SET-9", deny_when(json!({"StringEquals": {"aws:TagKeys": "a"}})), [Transition::NewlyBlocked]),
        (
            "DOC-24",
            json!({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s*:::b"}),
            [Transition::NewlyBlocked],
        ),
        (
            "SET-13",
            deny_when(json!({"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "a"}})),
            [Transition::NewlyBlocked],
        ),
    ] {
        let found = effect_of(statement.clone());
        let open: Vec<_> = found.iter().filter(|region| region.transition() == Transition::Unknown).cloned().collect();
        assert!(names(why(&open), rule), "{rule}: {found:#?}");
        for region in &open {
            assert_eq!((region.before, region.after), (Verdict::Open, Verdict::Open));
        }
        let settled = assumed(&statement);
        assert_eq!(transitions(&settled.regions()), expected.into(), "{rule}");
    }
}

#[test]
fn what_a_reading_leaves_the_same_is_settled() {
    // RES-4: whether the service ignores case is open; what differs in more than case is not.
    let compared = Compared::effect_of(json!({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:S3:::a*/z"}));
    assert_eq!(compared.transition(&get_object("arn:aws:s3:::abc/z")), Some(Transition::Unknown));
    assert_eq!(compared.transition(&get_object("arn:aws:s3:::b/x:c/z")), None);
}

#[test]
fn call_22_wildcards_of_the_sixth_component_cross_colons_wherever_they_stand() {
    let compared = Compared::effect_of(json!({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::a*/z"}));
    assert_eq!(compared.transition(&get_object("arn:aws:s3:::abc/z")), Some(Transition::NewlyBlocked));
    assert_eq!(compared.transition(&get_object("arn:aws:s3:::b/x:c/z")), None);
    assert_eq!(compared.transition(&get_object("arn:aws:s3:::ab/x:c/z")), Some(Transition::NewlyBlocked));
}

#[test]
fn no_preferred_reading_stays_open_whatever_is_assumed() {
    // SET-10: a bare negated operator on several values.
    let statement = deny_when(json!({"StringNotEquals": {"aws:TagKeys": "a"}}));
    let found = effect_of(statement.clone());
    assert!(names(why(&found), "SET-10"), "{found:#?}");
    let settled = assumed(&statement);
    assert!(transitions(&settled.regions()).contains(&Transition::Unknown), "{:#?}", settled.regions());
}

#[test]
fn an_open_rule_that_makes_no_difference_is_not_mentioned() {
    let unsure = deny_when(json!({"StringEquals": {"aws:TagKeys": "a"}}));
    let all = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"});
    let before = level(&[everything(), json!([all.clone()])]);
    let after = level(&[everything(), json!([all, unsure.clone()])]);
    assert_eq!(crate::regions(&before, &after), []);
    // Put and taken away alike, it is the same question on both sides.
    let one = with(unsure.clone());
    let other = level(&[everything(), json!([unsure])]);
    assert_eq!(equivalent(&one, &other).unwrap(), Answer::Yes);
}

#[test]
fn an_unreadable_statement_may_deny_and_may_allow() {
    // K3-14: narrowed to the actions that it names.
    let odd = json!({"Effect": "deny", "Action": "s3:*", "Resource": "*"});
    let found = effect_of(odd.clone());
    assert_eq!(transitions(&found), [Transition::Unknown].into());
    assert!(names(why(&found), "K3-14"), "{found:#?}");
    let alone = is_empty(&level(&[json!([odd])])).unwrap();
    assert!(matches!(alone, Answer::Unknown(_)), "{alone:?}");
}

fn account_with(attachments: Value, policies: Value, unreadable: Value, status: Option<&str>) -> Organization {
    let types: Vec<Value> =
        status.map(|status| json!({"Type": "SERVICE_CONTROL_POLICY", "Status": status})).into_iter().collect();
    organization(&json!({
        "Format": "scproof-inventory/1",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
        "Roots": [{"Id": "r-ab12", "PolicyTypes": types}],
        "OrganizationalUnits": [],
        "Accounts": [{"Id": ACCOUNT, "ParentId": "r-ab12"}],
        "Policies": policies,
        "Attachments": attachments,
        "Unreadable": unreadable,
    }))
}

fn policies() -> Value {
    let policy = |id: &str, statements: Value| json!({"Id": id, "Type": "SERVICE_CONTROL_POLICY", "Content": crate::document(&statements)});
    json!([
        policy("p-FullAWSAccess", everything()),
        policy("p-denys3aaaa", json!([{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}])),
    ])
}

fn attached(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(policy, target)| json!({"PolicyId": policy, "TargetId": target})).collect()
}

const FULL: [(&str, &str); 2] = [("p-FullAWSAccess", "r-ab12"), ("p-FullAWSAccess", ACCOUNT)];

#[test]
fn attachments_that_could_not_be_read_are_unknown() {
    // K3-13.
    let hidden = json!([{"TargetId": ACCOUNT, "Operation": "ListPoliciesForTarget", "Error": "AccessDeniedException"}]);
    let known = account_with(attached(&FULL), policies(), json!([]), Some("ENABLED"));
    let unknown = account_with(attached(&FULL[..1]), policies(), hidden.clone(), Some("ENABLED"));
    let compared = Compared::of(known, unknown);
    assert_eq!(transitions(&compared.regions()), [Transition::Unknown].into());
    assert!(names(why(&compared.regions()), "K3-13"), "{:#?}", compared.regions());
    // What another level denies for certain is denied for certain.
    let with_deny = |known: &[(&str, &str)], unreadable: Value| {
        let pairs: Vec<(&str, &str)> = known.iter().copied().chain([("p-denys3aaaa", "r-ab12")]).collect();
        account_with(attached(&pairs), policies(), unreadable, Some("ENABLED"))
    };
    let compared = Compared::of(with_deny(&FULL, json!([])), with_deny(&FULL[..1], hidden));
    assert_eq!(compared.transition(&get_object("arn:aws:s3:::b/k")), None);
    let run = Request::new(ACCOUNT, "ec2:RunInstances");
    assert_eq!(compared.transition(&run), Some(Transition::Unknown));
}

#[test]
fn a_policy_that_could_not_be_read_is_unknown() {
    // K3-14, the same policy on both sides: nothing changes.
    let hidden = json!([{"TargetId": "p-hidden00aa", "Operation": "DescribePolicy", "Error": "AccessDeniedException"}]);
    let mut records = policies();
    records.as_array_mut().unwrap().push(json!({"Id": "p-hidden00aa", "Type": "SERVICE_CONTROL_POLICY"}));
    let pairs: Vec<(&str, &str)> = FULL.into_iter().chain([("p-hidden00aa", ACCOUNT)]).collect();
    let without = account_with(attached(&FULL), policies(), json!([]), Some("ENABLED"));
    let with = account_with(attached(&pairs), records.clone(), hidden.clone(), Some("ENABLED"));
    let compared = Compared::of(without, with.clone());
    assert_eq!(transitions(&compared.regions()), [Transition::Unknown].into());
    assert!(names(why(&compared.regions()), "K3-14"), "{:#?}", compared.regions());
    assert!(Compared::of(with.clone(), with.clone()).difference.is_none());
    // Read twice, it may have been another one each time.
    let again = account_with(attached(&pairs), records, hidden, Some("ENABLED"));
    assert_eq!(transitions(&Compared::of(with, again).regions()), [Transition::Unknown].into());
}

#[test]
fn a_policy_type_in_transition_is_open() {
    // EXM-2: on or off, what passes both ways passes.
    let pairs: Vec<(&str, &str)> = FULL.into_iter().chain([("p-denys3aaaa", ACCOUNT)]).collect();
    let with_status = |status: Option<&str>| account_with(attached(&pairs), policies(), json!([]), status);
    let compared = Compared::of(with_status(Some("ENABLED")), with_status(Some("PENDING_DISABLE")));
    assert_eq!(transitions(&compared.regions()), [Transition::Unknown].into());
    assert!(names(why(&compared.regions()), "EXM-2"), "{:#?}", compared.regions());
    assert_eq!(compared.transition(&get_object("arn:aws:s3:::b/k")), Some(Transition::Unknown));
    assert_eq!(compared.transition(&Request::new(ACCOUNT, "ec2:RunInstances")), None);
    let compared = Compared::of(with_status(Some("ENABLED")), with_status(None));
    assert_eq!(compared.transition(&get_object("arn:aws:s3:::b/k")), Some(Transition::NewlyPassing));
    let compared = Compared::of(with_status(None), with_status(Some("ENABLED")));
    assert_eq!(compared.transition(&get_object("arn:aws:s3:::b/k")), Some(Transition::NewlyBlocked));
    assert_eq!(compared.transition(&Request::new(ACCOUNT, "ec2:RunInstances")), None);
}

/// Where one level is definite and the other open, nobody knows whether they are equivalent (GEN-3).
#[test]
fn definite_and_open_levels_are_neither_equivalent_nor_different() {
    let of = |values: Value| level(&[json!([deny_when(json!({"StringLike": {"aws:PrincipalTag/team": values}}))])]);
    let (one, other) = (of(json!(["*", "${aws:TagKeys}", "a"])), of(json!(["*", "${aws:TagKeys}"])));
    for (one, other) in [(&one, &other), (&other, &one)] {
        let answer = equivalent(one, other).unwrap();
        assert!(!matches!(answer, Answer::No(_)), "{answer:?}");
    }
}
