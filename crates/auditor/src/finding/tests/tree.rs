//! Levels, accounts, units, and what the snapshot lacks.

use scproof_evaluator::{CompiledOrganization, Decision};
use scproof_policy_parser::Quotas;
use serde_json::json;

use super::{FULL, SHOP, World, is_grave, plain, witnesses};
use crate::Risk;
use crate::finding::{Subject, findings};

const PROD: &str = "ou-ab12-prod0001";

#[test]
fn eval_5_a_level_that_allows_nothing() {
    let statements = json!([plain("s3:DeleteBucket")]);
    let found = World::new().without(PROD, FULL).policy("p-one00001", &[PROD], statements.clone()).findings();
    let finding = found.one("no-allow");
    assert!(is_grave(finding));
    assert_eq!(finding.fingerprint, "no-allow:ou-ab12-prod0001");
    assert_eq!(found.accounts(finding), ["shop"]);
    assert_eq!(witnesses(finding)[0].decision, Decision::ImplicitDeny);
    assert_eq!(found.compiled.organization().node(finding.place.targets[0]).target.as_str(), PROD);

    // Any Allow, however narrow, and any statement that may be one.
    let narrow = json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]);
    let found = World::new().without(PROD, FULL).policy("p-one00001", &[PROD], narrow).findings();
    assert!(found.of("no-allow").is_empty());
    let unclear = json!([{"Effect": "allow", "Action": "s3:*", "Resource": "*"}]);
    let found = World::new().without(PROD, FULL).policy("p-one00001", &[PROD], unclear).findings();
    assert!(found.of("no-allow").is_empty());
    // The management account is not governed.
    let found =
        World::new().without("111111111111", FULL).policy("p-one00001", &["111111111111"], statements).findings();
    assert_eq!(found.one("no-allow").risk, Risk::Low);
}

#[test]
fn a_level_that_is_meant_to_block_everything_is_worth_knowing() {
    let all = json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]);
    let found = World::new().without(PROD, FULL).policy("p-one00001", &[PROD], all.clone()).findings();
    assert_eq!(found.one("no-allow").risk, Risk::Info);
    assert!(witnesses(found.one("no-allow"))[0].decision.is_denied());
    assert!(World::new().policy("p-one00001", &[PROD], all).findings().of("no-allow").is_empty());
}

#[test]
fn eval_13_a_level_without_any_scp_is_told_once() {
    let found = World::new().without(PROD, FULL).findings();
    // The other account has full access and nothing else; below the level there is not even that.
    assert_eq!(found.fingerprints(), ["no-scp-attached:ou-ab12-prod0001", "only-full-access:r-ab12"]);
    assert!(is_grave(&found.found[0]));
    assert_eq!(found.accounts(&found.found[0]), ["shop"]);
    assert!(!found.accounts(&found.found[1]).contains(&"shop".to_owned()));
}

#[test]
fn accounts_outside_units_and_units_without_accounts() {
    let found = World::new()
        .with("Accounts", json!({"Id": "444444444444", "Name": "new", "ParentId": "r-ab12"}))
        .with("Attachments", json!({"TargetId": "444444444444", "PolicyId": FULL}))
        .with("OrganizationalUnits", json!({"Id": "ou-ab12-empty001", "Name": "Old", "ParentId": "r-ab12"}))
        .with("OrganizationalUnits", json!({"Id": "ou-ab12-empty002", "Name": "Older", "ParentId": "ou-ab12-empty001"}))
        .with("Attachments", json!({"TargetId": "ou-ab12-empty001", "PolicyId": FULL}))
        .with("Attachments", json!({"TargetId": "ou-ab12-empty002", "PolicyId": FULL}))
        .findings();
    assert_eq!(
        found.fingerprints(),
        ["only-full-access:r-ab12", "account-under-root:r-ab12", "empty-unit:ou-ab12-empty001"]
    );
    assert_eq!(found.accounts(found.one("account-under-root")), ["new"]);
}

#[test]
fn k3_13_what_could_not_be_read() {
    let unreadable =
        |operation: &str| json!([{"Operation": operation, "TargetId": PROD, "Error": "AccessDeniedException"}]);
    let world = |operation: &str| {
        let mut world = World::new().without(PROD, FULL);
        world.0["Unreadable"] = unreadable(operation);
        world.policy("p-one00001", &[], json!([plain("s3:DeleteBucket")]))
    };
    let found = world("ListPoliciesForTarget").findings();
    // Nothing is said of attachments that may be there.
    assert_eq!(found.fingerprints(), ["part-unreadable:ou-ab12-prod0001"]);
    assert_eq!((found.found[0].risk, found.accounts(&found.found[0])), (Risk::Medium, vec!["shop".to_owned()]));
    let found = world("ListTagsForResource").findings();
    assert_eq!(found.one("part-unreadable").risk, Risk::Low);
    // Tags say nothing about attachments: what is not in the snapshot is not there.
    assert_eq!(found.of("unattached-policy").len(), 1);
    // A call about resource control policies neither; accounts below a unit do.
    let mut about_others = world("ListPoliciesForTarget");
    about_others.0["Unreadable"][0]["PolicyType"] = json!("RESOURCE_CONTROL_POLICY");
    assert_eq!(about_others.findings().of("unattached-policy").len(), 1);
    assert!(world("ListAccountsForParent").findings().of("unattached-policy").is_empty());
}

#[test]
fn exm_2_nothing_is_in_force_while_the_type_is_off() {
    let found = World::new()
        .set("/Roots/0/PolicyTypes", json!([]))
        .policy("p-one00001", &[PROD], json!([plain("s3:DeleteBukcet")]))
        .findings();
    assert!(is_grave(found.one("attachments-without-effect")));
    assert_eq!(found.accounts(found.one("attachments-without-effect")).len(), 3);
    assert_eq!(found.one("unknown-action").risk, Risk::Low);
}

#[test]
fn a_scope_leaves_out_what_concerns_others() {
    let world = World::new()
        .policy("p-one00001", &[PROD], json!([plain("s3:DeleteBukcet")]))
        .policy("p-two00001", &["ou-ab12-dev00001"], json!([plain("s3:DeleteBukcte")]))
        .policy("p-three001", &[], json!([plain("s3:DeleteBucket")]));
    let compiled: CompiledOrganization = world.compile();
    let shop = compiled.organization().resolve_account(SHOP).unwrap();
    let found = findings(&Subject { compiled: &compiled, quotas: &Quotas::current(), accounts: &[shop] });
    let fingerprints: Vec<&str> = found.iter().map(|finding| finding.fingerprint.as_str()).collect();
    assert_eq!(fingerprints, ["unknown-action:p-one00001#0:Action"]);
    assert_eq!(found[0].accounts, [shop]);
}

#[test]
fn an_account_below_two_targets_of_a_policy_counts_once() {
    let found =
        World::new().policy("p-one00001", &["r-ab12", PROD, SHOP], json!([plain("s3:DeleteBukcet")])).findings();
    assert_eq!(found.accounts(found.one("unknown-action")), ["shop", "lab"]);
}
