//! Accounts that policies name or that move.

use scproof_evaluator::{Request, Undecided};
use scproof_organization::Organization;
use scproof_prover::{Permissions, Transition, Why, implies};
use serde_json::{Value, json};

use crate::{Compared, organization, transitions, why};

const SHOP: &str = "222222222222";
const BENCH: &str = "777777777777";

/// A root with two units and two accounts in given places, and one Deny at the root.
fn two_accounts(shop: &str, bench: &str, condition: Option<Value>) -> Organization {
    accounts(&[(SHOP, shop), (BENCH, bench)], condition)
}

fn accounts(places: &[(&str, &str)], condition: Option<Value>) -> Organization {
    let units = ["r-ab12", "ou-ab12-prod0001", "ou-ab12-test0001"];
    let targets = units.into_iter().chain(places.iter().map(|(account, _)| *account));
    let mut attachments: Vec<Value> =
        targets.map(|target| json!({"TargetId": target, "PolicyId": "p-FullAWSAccess"})).collect();
    let accounts: Vec<Value> =
        places.iter().map(|(account, parent)| json!({"Id": account, "ParentId": parent})).collect();
    let mut policies = vec![
        json!({"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "Content": crate::document(&crate::everything())}),
    ];
    if let Some(condition) = condition {
        let statement = json!([{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": condition}]);
        policies.push(
            json!({"Id": "p-deny000001", "Type": "SERVICE_CONTROL_POLICY", "Content": crate::document(&statement)}),
        );
        attachments.push(json!({"TargetId": "r-ab12", "PolicyId": "p-deny000001"}));
    }
    organization(&json!({
        "Format": "scproof-inventory/1",
        "Organization": {
            "Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111",
            "Arn": "arn:aws:organizations::111111111111:organization/o-exampleorg1",
        },
        "Roots": [{"Id": "r-ab12", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}],
        "OrganizationalUnits": [
            {"Id": "ou-ab12-prod0001", "ParentId": "r-ab12"}, {"Id": "ou-ab12-test0001", "ParentId": "r-ab12"},
        ],
        "Accounts": accounts,
        "Policies": policies,
        "Attachments": attachments,
    }))
}

fn call(account: &str) -> Request {
    Request::new(account, "s3:GetObject").with_principal(format!("arn:aws:iam::{account}:role/Dev"))
}

#[test]
fn a_policy_may_name_an_account() {
    for condition in [
        json!({"StringEquals": {"aws:PrincipalAccount": SHOP}}),
        json!({"ArnLike": {"aws:PrincipalArn": format!("arn:aws:iam::{SHOP}:*")}}),
        json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::2*:role/*"}}),
    ] {
        let compared = Compared::of(
            two_accounts("r-ab12", "r-ab12", None),
            two_accounts("r-ab12", "r-ab12", Some(condition.clone())),
        );
        assert_eq!(compared.transition(&call(SHOP)), Some(Transition::NewlyBlocked), "{condition}");
        assert_eq!(compared.transition(&call(BENCH)), None, "{condition}");
        let unchanged = compared.difference.groups.iter().find(|group| group.regions.is_empty());
        assert_eq!(unchanged.map(|group| group.accounts.len()), Some(1), "{condition}: {:#?}", compared.difference);
    }
}

#[test]
fn accounts_that_no_policy_tells_apart_are_one_group() {
    let condition = json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin"}});
    let compared = Compared::of(
        two_accounts("ou-ab12-prod0001", "ou-ab12-test0001", None),
        two_accounts("ou-ab12-prod0001", "ou-ab12-test0001", Some(condition)),
    );
    assert_eq!(compared.difference.groups.len(), 1);
    assert_eq!(compared.difference.groups.first().unwrap().accounts, [0, 1]);
    for account in [SHOP, BENCH] {
        assert_eq!(compared.transition(&call(account)), Some(Transition::NewlyBlocked));
    }
}

#[test]
fn a_moved_account_is_somewhere_else_for_its_policies() {
    // CTX-68, EVAL-16: the policies are the same before and after; the path of the account is not.
    let condition =
        json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-exampleorg1/r-ab12/ou-ab12-test0001/*"}});
    let compared = Compared::of(
        two_accounts("ou-ab12-prod0001", "ou-ab12-prod0001", Some(condition.clone())),
        two_accounts("ou-ab12-prod0001", "ou-ab12-test0001", Some(condition.clone())),
    );
    assert_eq!(compared.transition(&call(BENCH)), Some(Transition::NewlyBlocked));
    assert_eq!(compared.transition(&call(SHOP)), None);
    let compared = Compared::of(
        two_accounts("ou-ab12-prod0001", "ou-ab12-test0001", Some(condition.clone())),
        two_accounts("ou-ab12-prod0001", "r-ab12", Some(condition)),
    );
    assert_eq!(compared.transition(&call(BENCH)), Some(Transition::NewlyPassing));
    assert_eq!(compared.transition(&call(SHOP)), None);
}

#[test]
fn an_exact_path_names_the_accounts_directly_in_it() {
    // CTX-68.
    let condition = json!({"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": "o-exampleorg1/r-ab12/"}});
    let compared = Compared::of(
        two_accounts("ou-ab12-prod0001", "r-ab12", None),
        two_accounts("ou-ab12-prod0001", "r-ab12", Some(condition)),
    );
    assert_eq!(compared.transition(&call(BENCH)), Some(Transition::NewlyBlocked));
    assert_eq!(compared.transition(&call(SHOP)), None);
}

#[test]
fn paths_of_two_accounts_are_compared_for_the_callers_of_one() {
    let condition = json!({"Bool": {"aws:SecureTransport": "false"}});
    let without = two_accounts("ou-ab12-prod0001", "ou-ab12-test0001", None);
    let with = two_accounts("ou-ab12-prod0001", "ou-ab12-test0001", Some(condition));
    let shop = Permissions::of_account(&without, SHOP).unwrap();
    let bench = Permissions::of_account(&with, BENCH).unwrap();
    assert!(!implies(&shop, &bench).unwrap().is_yes());
    assert!(implies(&bench, &shop).unwrap().is_yes());
    assert!(Permissions::of_account(&without, "999999999999").is_err());
}

#[test]
fn what_could_not_be_read_of_one_unit_is_not_what_could_not_be_read_of_another() {
    // K3-13: a move from one unit to another, of both of which the policies are not known.
    let inventory = |parent: &str| {
        let unreadable: Vec<Value> = ["ou-ab12-prod0001", "ou-ab12-test0001"]
            .iter()
            .map(|unit| json!({"TargetId": unit, "Operation": "ListPoliciesForTarget", "Error": "AccessDeniedException"}))
            .collect();
        organization(&json!({
            "Format": "scproof-inventory/1",
            "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
            "Roots": [{"Id": "r-ab12", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}],
            "OrganizationalUnits": [
                {"Id": "ou-ab12-prod0001", "ParentId": "r-ab12"}, {"Id": "ou-ab12-test0001", "ParentId": "r-ab12"},
            ],
            "Accounts": [{"Id": SHOP, "ParentId": parent}],
            "Policies": [
                {"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "Content": crate::document(&crate::everything())},
            ],
            "Attachments": [
                {"TargetId": "r-ab12", "PolicyId": "p-FullAWSAccess"}, {"TargetId": SHOP, "PolicyId": "p-FullAWSAccess"},
            ],
            "Unreadable": unreadable,
        }))
    };
    let compared = Compared::of(inventory("ou-ab12-prod0001"), inventory("ou-ab12-test0001"));
    assert_eq!(transitions(&compared.regions()), [Transition::Unknown].into());
    assert!(Compared::of(inventory("ou-ab12-prod0001"), inventory("ou-ab12-prod0001")).difference.is_none());
}

#[test]
fn the_owner_of_a_resource_may_move() {
    // CTX-64: the key has one value before and another after in the same call, and of which accounts is not told:
    // undetermined.
    let condition =
        json!({"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": "o-exampleorg1/r-ab12/ou-ab12-test0001/*"}});
    let compared = Compared::of(
        two_accounts("ou-ab12-prod0001", "ou-ab12-prod0001", Some(condition.clone())),
        two_accounts("ou-ab12-prod0001", "ou-ab12-test0001", Some(condition.clone())),
    );
    let regions = compared.regions();
    assert_eq!(transitions(&regions), [Transition::Unknown].into());
    let keys: Vec<Why> = why(&regions).into_iter().collect();
    assert_eq!(keys, [Why::Open(Undecided::Key("aws:ResourceOrgPaths".to_owned()))]);
    let same = || two_accounts("ou-ab12-prod0001", "ou-ab12-test0001", Some(condition.clone()));
    assert!(Compared::of(same(), same()).difference.is_none());
}

#[test]
fn the_owner_of_a_resource_may_join_or_leave() {
    // CTX-64: a resource of an account that is there on one view only is ours on this view only.
    let condition = json!({"StringNotEquals": {"aws:ResourceOrgID": "o-exampleorg1"}});
    let both = || two_accounts("r-ab12", "ou-ab12-test0001", Some(condition.clone()));
    let one = || accounts(&[(SHOP, "r-ab12")], Some(condition.clone()));
    for compared in [Compared::of(both(), one()), Compared::of(one(), both())] {
        let regions = compared.regions();
        assert_eq!(transitions(&regions), [Transition::Unknown].into());
        let keys: Vec<Why> = why(&regions).into_iter().collect();
        assert_eq!(keys, [Why::Open(Undecided::Key("aws:ResourceOrgID".to_owned()))]);
    }
    // The same through a policy variable.
    let condition = json!({"StringEquals": {"aws:PrincipalTag/home": "${aws:ResourceOrgID}"}});
    let compared = Compared::of(
        two_accounts("r-ab12", "r-ab12", Some(condition.clone())),
        accounts(&[(SHOP, "r-ab12")], Some(condition)),
    );
    assert_eq!(transitions(&compared.regions()), [Transition::Unknown].into());
    // Moved within the organization its resources stay ours.
    let condition = json!({"StringNotEquals": {"aws:ResourceOrgID": "o-exampleorg1"}});
    let moved = two_accounts("r-ab12", "ou-ab12-prod0001", Some(condition.clone()));
    assert!(Compared::of(both(), moved).difference.is_none());
}

#[test]
fn a_kind_of_caller_is_part_of_the_description() {
    // E.1: no user has the type of a role, so the condition on the type is one on the kind of caller.
    let compared = Compared::of(
        two_accounts("r-ab12", "r-ab12", None),
        two_accounts(
            "r-ab12",
            "r-ab12",
            Some(json!({"StringNotEquals": {"aws:PrincipalType": "User"}, "Null": {"aws:username": "true"}})),
        ),
    );
    assert_eq!(compared.transition(&call(SHOP)), Some(Transition::NewlyBlocked));
    let user = Request::new(SHOP, "s3:GetObject").with_principal(format!("arn:aws:iam::{SHOP}:user/Dev"));
    assert_eq!(compared.transition(&user), None);
    let root = Request::new(SHOP, "s3:GetObject").with_principal(format!("arn:aws:iam::{SHOP}:root"));
    assert_eq!(compared.transition(&root), Some(Transition::NewlyBlocked));
}
