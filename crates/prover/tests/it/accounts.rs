//! Which accounts are taken together: questions to many accounts and proofs have one notion of it.

use std::sync::Arc;

use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_evaluator::{Access, Decision, EvaluationOptions, Request};
use scproof_prover::{Limits, PolicyProof};
use serde_json::{Value, json};

use crate::{document, everything, organization};

/// Accounts below one root with one Deny of all that S3 does; two of them have ids that differ in one digit.
const ACCOUNTS: [&str; 4] = ["222222222222", "333333333333", "444444444444", "222222222223"];

/// How S3 is treated in each account, for any caller. `audit` and `who-can` must agree.
fn access_under(condition: &Value) -> ([Access; 4], usize) {
    let scp = "SERVICE_CONTROL_POLICY";
    let policy = |id: &str, statements: &Value| json!({"Id": id, "Type": scp, "Content": document(statements)});
    let deny = json!([{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": condition}]);
    let attached = |target: &str, policy: &str| json!({"TargetId": target, "PolicyId": policy});
    let mut attachments = vec![attached("r-ab12", "p-everything"), attached("r-ab12", "p-deny0001")];
    attachments.extend(ACCOUNTS.map(|id| attached(id, "p-everything")));
    let inventory = json!({
        "Format": "scproof-inventory/1",
        "Organization": {
            "Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111",
            "Arn": "arn:aws:organizations::111111111111:organization/o-exampleorg1",
        },
        "Roots": [{"Id": "r-ab12", "PolicyTypes": [{"Type": scp, "Status": "ENABLED"}]}],
        "OrganizationalUnits": [], "Accounts": ACCOUNTS.map(|id| json!({"Id": id, "ParentId": "r-ab12"})),
        "Policies": [policy("p-everything", &everything()), policy("p-deny0001", &deny)], "Attachments": attachments,
    });
    let organization = Arc::new(organization(&inventory));
    let views = CompiledViews::one(Arc::clone(&organization), EvaluationOptions::default());
    let accounts: Vec<_> = organization.accounts().collect();
    let mut proof = PolicyProof::new(&views, &accounts, &[], Limits::default());
    let [groups, ..] = proof.sizes();
    let alike = proof.by_access(None).unwrap();
    let key = views.class_key("s3:GetObject").unwrap();
    let class = proof.action_classes().iter().position(|class| class.key() == key).unwrap();
    let compiled = views.view(View::FIRST);
    let who_can = compiled.who_can(&Request::new("", "s3:GetObject"), &accounts).unwrap();
    let access = ACCOUNTS.map(|id| {
        let node = accounts.iter().copied().find(|node| organization.node(*node).target.as_str() == id).unwrap();
        let place = accounts.iter().position(|account| *account == node).unwrap();
        let found = alike.iter().find(|found| found.accounts.contains(&place)).unwrap();
        let access = found.by_class.get(class).unwrap().access;
        let decision = who_can.groups.iter().find(|group| group.accounts.contains(&node)).unwrap().decision;
        assert_eq!(compiled.ask(&Request::new(id, "s3:GetObject")).unwrap(), decision);
        let expected = match decision {
            Decision::Allowed => Access::NeverBlocked,
            Decision::Unknown => Access::Depends,
            Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny | Decision::NotApplicable => {
                Access::AlwaysBlocked
            }
        };
        assert_eq!(access, expected, "{id} under {condition}");
        access
    });
    (access, groups)
}

#[test]
fn ctx_62_a_federated_user_of_one_account_is_none_of_another() {
    // Only there someone is spared.
    let (access, _) = access_under(&json!({"StringNotLike": {"aws:userid": "222222222222:*"}}));
    let blocked = Access::AlwaysBlocked;
    assert_eq!(access, [Access::Depends, blocked, blocked, blocked]);
    let (access, _) = access_under(&json!({"StringLike": {"aws:userid": "22222222222?:alice"}}));
    assert_eq!(access, [Access::Depends, Access::NeverBlocked, Access::NeverBlocked, Access::Depends]);
}

#[test]
fn ctx_61_digits_in_the_names_of_callers_tell_no_accounts_apart() {
    for condition in [
        json!({"StringNotLike": {"aws:userid": "AROA2EXAMPLE7:*"}}),
        json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/team-22"}}),
        json!({"StringNotLike": {"aws:PrincipalArn": "*:role/team2-*"}}),
        json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/team-22"}}),
    ] {
        let (access, groups) = access_under(&condition);
        assert!(access.iter().all(|access| *access == Access::Depends), "{condition}");
        assert_eq!(groups, 1, "{condition}");
    }
    let (_, groups) = access_under(&json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/x"}}));
    assert_eq!(groups, 2);
}
