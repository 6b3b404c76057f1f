//! Several levels: what one lets pass another may stop.

use scproof_evaluator::{Context, Request};
use scproof_prover::{Answer, Permissions, Transition, implies, is_empty};
use serde_json::{Value, json};

use crate::{ACCOUNT, Compared, actions, everything, get_object, path};

const EC2: [&str; 20] = [
    "ec2:RunInstances",
    "ec2:StartInstances",
    "ec2:StopInstances",
    "ec2:RebootInstances",
    "ec2:TerminateInstances",
    "ec2:DescribeInstances",
    "ec2:DescribeImages",
    "ec2:CreateVolume",
    "ec2:DeleteVolume",
    "ec2:AttachVolume",
    "ec2:CreateSnapshot",
    "ec2:ModifySnapshotAttribute",
    "ec2:CreateVpc",
    "ec2:DeleteVpc",
    "ec2:CreateSubnet",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:AllocateAddress",
    "ec2:CreateTags",
    "ec2:CreateKeyPair",
    "ec2:ANameOfTomorrow",
];

#[test]
fn an_allow_list_below_full_access_blocks_all_else() {
    // EVAL-5: every level must allow; FullAWSAccess at the root does not help.
    let list = json!([{"Effect": "Allow", "Action": ["s3:*", "dynamodb:Get*"], "Resource": "*"}]);
    let root = || vec![everything()];
    let compared = Compared::of(path(&[root(), root(), root()]), path(&[root(), vec![list], root()]));
    for action in EC2 {
        assert_eq!(compared.transition(&Request::new(ACCOUNT, action)), Some(Transition::NewlyBlocked), "{action}");
    }
    for action in ["s3:GetObject", "s3:Anything", "dynamodb:GetItem", "sts:GetCallerIdentity"] {
        assert_eq!(compared.transition(&Request::new(ACCOUNT, action)), None, "{action}");
    }
    for action in ["dynamodb:PutItem", "iam:CreateRole", "brand-new-service:DoIt"] {
        assert_eq!(compared.transition(&Request::new(ACCOUNT, action)), Some(Transition::NewlyBlocked), "{action}");
    }
    // One region, and nothing else changes; of `sts:GetSessionToken` it is unsure (CALL-15).
    let [region, open] = &compared.regions()[..] else { panic!("{:#?}", compared.regions()) };
    assert_eq!((open.transition(), actions(open)), (Transition::Unknown, "sts:GetSessionToken".to_owned()));
    assert_eq!(actions(region), "* except dynamodb:Get*, s3:*, sts:GetCallerIdentity, sts:GetSessionToken");
    assert!(region.when.is_always());
}

#[test]
fn a_level_without_policies_lets_nothing_pass() {
    let root = || vec![everything()];
    let empty = path(&[root(), vec![], root()]);
    assert_eq!(is_empty(&Permissions::of_account(&empty, ACCOUNT).unwrap()).unwrap(), Answer::Yes);
}

fn allow_when(condition: Value) -> Vec<Value> {
    vec![json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}])]
}

#[test]
fn allows_whose_conditions_exclude_each_other_let_nothing_pass() {
    // EVAL-9: levels are intersected request by request, not by the names of actions.
    let region = |names: &[&str]| json!({"StringEquals": {"aws:RequestedRegion": names}});
    let apart = path(&[vec![everything()], allow_when(region(&["eu-west-1"])), allow_when(region(&["us-east-1"]))]);
    let apart = Permissions::of_account(&apart, ACCOUNT).unwrap();
    assert_eq!(is_empty(&apart).unwrap(), Answer::Yes);
    let near = path(&[
        vec![everything()],
        allow_when(region(&["eu-west-1", "eu-west-2"])),
        allow_when(region(&["us-east-1", "eu-west-2"])),
    ]);
    let near = Permissions::of_account(&near, ACCOUNT).unwrap();
    let Answer::No(left) = is_empty(&near).unwrap() else { panic!("eu-west-2 passes both") };
    let witness = left.witness.as_ref().unwrap();
    assert!(witness.request.context.iter().any(|(_, value)| format!("{value:?}").contains("eu-west-2")), "{witness:?}");
    assert_eq!(implies(&apart, &near).unwrap(), Answer::Yes);
    assert!(matches!(implies(&near, &apart).unwrap(), Answer::No(_)));
}

#[test]
fn allows_of_resources_that_exclude_each_other_let_nothing_pass() {
    // EVAL-9, TRAP-18.
    let allow = |bucket: &str| {
        vec![json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{bucket}/*")}])]
    };
    let account = |levels: &[Vec<Value>]| Permissions::of_account(&path(levels), ACCOUNT).unwrap();
    assert_eq!(is_empty(&account(&[allow("a"), allow("b")])).unwrap(), Answer::Yes);
    assert!(matches!(is_empty(&account(&[allow("a"), allow("?")])).unwrap(), Answer::No(_)));
}

#[test]
fn two_negated_keys_spare_whoever_meets_either() {
    // COND-3: the lines of one condition hold together, so each is an exception of its own.
    let compared = Compared::effect_of(json!({
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {
            "StringNotEquals": {"aws:RequestedRegion": "eu-west-1"},
            "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin"},
        },
    }));
    let call = |role: &str, region: &str| {
        let request =
            get_object("arn:aws:s3:::example/example").with_context(Context::new().with("aws:RequestedRegion", region));
        compared.transition(&request.with_principal(format!("arn:aws:iam::{ACCOUNT}:role/{role}")))
    };
    assert_eq!(call("Admin", "us-east-1"), None);
    assert_eq!(call("Dev", "eu-west-1"), None);
    assert_eq!(call("Admin", "eu-west-1"), None);
    assert_eq!(call("Dev", "us-east-1"), Some(Transition::NewlyBlocked));
    let regional = compared.regions();
    let when = &regional.first().unwrap().when;
    assert_eq!(when.conjuncts().len(), 2, "{when:?}");
}

#[test]
fn the_same_policy_at_another_level_changes_nothing() {
    let deny = json!([{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]);
    let root = || vec![everything()];
    let high = path(&[vec![everything(), deny.clone()], root(), root()]);
    let low = path(&[root(), root(), vec![everything(), deny]]);
    assert!(Compared::of(high, low).difference.is_none());
}

#[test]
fn another_kind_of_denial_is_told_apart_from_a_change() {
    // EVAL-4 before EVAL-5: a Deny where an Allow was missing.
    let list = json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]);
    let deny = json!([{"Effect": "Deny", "Action": ["s3:Put*", "ec2:*"], "Resource": "*"}]);
    let compared = Compared::levels(std::slice::from_ref(&list), &[list.clone(), deny]);
    let changes = |action: &str| compared.transition(&Request::new(ACCOUNT, action));
    assert_eq!(changes("ec2:RunInstances"), Some(Transition::OtherReason));
    assert_eq!(changes("s3:PutObject"), Some(Transition::NewlyBlocked));
    assert_eq!(changes("iam:CreateRole"), None);
    assert_eq!(changes("s3:GetObject"), None);
}
