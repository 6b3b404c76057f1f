//! What differs between two organizations as structures.

use proptest::prelude::*;
use scproof_organization::{Change, Organization, OuId, PolicyId, PolicyTypeStatus, Target};
use scproof_simulator::{Changed, Moved, StructuralDifference, structural_difference};
use serde_json::json;

use crate::{DENY, FULL_ACCESS, base, base_with, changes, load, push};

fn target(id: &str) -> Target {
    Target::parse(id).unwrap()
}

fn policy(id: &str) -> PolicyId {
    PolicyId::parse(id).unwrap()
}

fn after(list: &serde_json::Value) -> (Organization, StructuralDifference) {
    let before = load(&base());
    let after = changes(&before, list).apply(&before);
    let difference = structural_difference(&before, &after);
    (after, difference)
}

#[test]
fn attachments_and_moves() {
    let (_, difference) = after(&json!([
        {"Operation": "AttachPolicy", "Policy": "DenyS3", "Target": "Prod"},
        {"Operation": "DetachPolicy", "Policy": "FullAWSAccess", "Target": "shop"},
        {"Operation": "MoveOrganizationalUnit", "OrganizationalUnit": "Work", "DestinationParent": "Prod"},
    ]));
    assert_eq!(
        difference,
        StructuralDifference {
            attachments_added: vec![(target("ou-ab12-prod0001"), policy("p-denys3aaaa"))],
            attachments_removed: vec![(target("222222222222"), policy("p-FullAWSAccess"))],
            // What hangs below a moved unit is not moved itself.
            moved: vec![Moved {
                target: target("ou-ab12-work0001"),
                parent: Changed { before: target("r-ab12"), after: target("ou-ab12-prod0001") },
                path: Changed { before: "Root".to_owned(), after: "Root/Prod".to_owned() },
            }],
            ..StructuralDifference::default()
        }
    );
}

#[test]
fn added_and_removed() {
    let list = json!([
        {"Operation": "CreateAccount", "AccountName": "young"},
        {"Operation": "CreateOrganizationalUnit", "Name": "Fresh", "Parent": "Prod"},
        {"Operation": "CreatePolicy", "Name": "new", "Content": DENY},
        {"Operation": "DeletePolicy", "Policy": "DenyS3"},
    ]);
    let (end, difference) = after(&list);
    assert_eq!(difference.targets_added, [target("ou-ab12-new00001"), target("000000000001")]);
    assert_eq!(difference.policies_added, [policy("p-new0000001")]);
    assert_eq!(difference.policies_removed, [policy("p-denys3aaaa")]);
    assert_eq!(difference.attachments_added.len(), 2);
    let back = structural_difference(&end, &load(&base()));
    assert_eq!(
        (back.targets_removed, back.attachments_removed),
        (difference.targets_added, difference.attachments_added)
    );
}

#[test]
fn changed_policies() {
    let (_, difference) = after(&json!([
        {"Operation": "UpdatePolicy", "Policy": "DenyS3", "Content": FULL_ACCESS, "Name": "Renamed", "Description": "x"},
        {"Operation": "UpdatePolicy", "Policy": "FullAWSAccess", "Content": format!(" {FULL_ACCESS}")},
    ]));
    let [full, deny] = difference.policies_changed.as_slice() else { panic!("{difference:?}") };
    assert!(full.content.is_some() && !full.says_something_else, "only white space");
    assert!(deny.says_something_else);
    assert_eq!(deny.name, Some(Changed { before: Some("DenyS3".to_owned()), after: Some("Renamed".to_owned()) }));
    assert_eq!(deny.description, Some(Changed { before: None, after: Some("x".to_owned()) }));
    // A text that could not be read is another one than any.
    let unknown = base_with(|value| value["Policies"][1]["Content"] = json!(null));
    let difference = structural_difference(&load(&base()), &unknown);
    assert!(difference.policies_changed[0].says_something_else);
    assert!(structural_difference(&unknown, &unknown).is_empty());
}

#[test]
fn changed_targets_and_settings() {
    let other = base_with(|value| {
        value["Organization"] = json!({"Id": "o-exampleorg2", "FeatureSet": "CONSOLIDATED_BILLING"});
        value["Roots"][0]["PolicyTypes"] = json!([]);
        value["Accounts"][1]["Name"] = json!("store");
        value["Accounts"][1]["State"] = json!("SUSPENDED");
        value["Accounts"][1]["Tags"] = json!([]);
        push(value, "OrganizationalUnits", json!({"Id": "ou-ab12-fresh001", "ParentId": "r-ab12"}));
        value["Unreadable"] = json!([{"TargetId": "ou-ab12-prod0001", "Operation": "ListPoliciesForTarget"}]);
    });
    let difference = structural_difference(&load(&base()), &other);
    assert!(difference.organization.is_some() && difference.feature_set.is_some());
    assert_eq!(
        difference.scp_status,
        Some(Changed { before: PolicyTypeStatus::Enabled, after: PolicyTypeStatus::Disabled })
    );
    assert_eq!(difference.management_account.unwrap().after, None);
    assert_eq!(difference.targets_added, [target("ou-ab12-fresh001")]);
    let [prod, shop] = difference.targets_changed.as_slice() else { panic!() };
    assert_eq!(prod.readable, Some(Changed { before: true, after: false }));
    assert!(shop.name.is_some() && shop.state.is_some() && shop.tags.is_some() && shop.readable.is_none());
}

fn any_change() -> impl Strategy<Value = Change> {
    let policies = || prop::sample::select(vec!["p-FullAWSAccess", "p-denys3aaaa", "p-new0000001"]).prop_map(policy);
    let targets = || {
        prop::sample::select(vec!["r-ab12", "ou-ab12-prod0001", "ou-ab12-work0001", "222222222222", "666666666666"])
            .prop_map(target)
    };
    prop_oneof![
        (policies(), targets()).prop_map(|(policy, target)| Change::AttachPolicy { policy, target }),
        (policies(), targets()).prop_map(|(policy, target)| Change::DetachPolicy { policy, target }),
        targets().prop_map(|destination| Change::MoveAccount {
            account: target("222222222222").account().unwrap(),
            source: None,
            destination
        }),
        targets().prop_map(|parent| Change::CreateOrganizationalUnit {
            id: OuId::parse("ou-ab12-new00001").unwrap(),
            name: "New".to_owned(),
            parent
        }),
        policies().prop_map(|id| Change::CreatePolicy {
            id,
            name: "x".to_owned(),
            description: None,
            kind: scproof_policy_parser::PolicyKind::ServiceControl,
            content: DENY.into(),
        }),
        policies().prop_map(|policy| Change::DeletePolicy { policy }),
        policies().prop_map(|policy| Change::UpdatePolicy {
            policy,
            content: Some("{}".into()),
            name: None,
            description: None
        }),
        Just(Change::DisablePolicyType),
        Just(Change::EnablePolicyType),
    ]
}

fn flip<T: Clone>(changed: &Changed<T>) -> Changed<T> {
    Changed { before: changed.after.clone(), after: changed.before.clone() }
}

proptest! {
    #[test]
    fn the_difference_of_an_organization_to_itself_is_empty(list in prop::collection::vec(any_change(), 0..8)) {
        let organization: Organization = list.into_iter().collect::<scproof_organization::ChangeSet>().apply(&load(&base()));
        prop_assert!(structural_difference(&organization, &organization).is_empty());
    }

    #[test]
    fn the_difference_back_is_the_mirror(list in prop::collection::vec(any_change(), 0..8)) {
        let before = load(&base());
        let after = list.into_iter().collect::<scproof_organization::ChangeSet>().apply(&before);
        let (there, back) = (structural_difference(&before, &after), structural_difference(&after, &before));
        prop_assert_eq!(there.targets_added, back.targets_removed);
        prop_assert_eq!(there.policies_added, back.policies_removed);
        prop_assert_eq!(there.policies_removed, back.policies_added);
        prop_assert_eq!(there.attachments_added, back.attachments_removed);
        prop_assert_eq!(there.attachments_removed, back.attachments_added);
        prop_assert_eq!(there.scp_status.as_ref().map(flip), back.scp_status);
        prop_assert_eq!(there.moved.iter().map(|moved| flip(&moved.parent)).collect::<Vec<_>>(), back.moved.into_iter().map(|moved| moved.parent).collect::<Vec<_>>());
        prop_assert_eq!(there.policies_changed.len(), back.policies_changed.len());
    }
}
