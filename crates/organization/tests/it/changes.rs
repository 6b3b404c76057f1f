//! What changes do, and their laws.

use std::sync::Arc;

use proptest::prelude::*;
use scproof_organization::{
    AccountId, AccountRecord, AttachmentRecord, Change, ChangeSet, ChangeSetBuilder, Draft, FeatureSet, Inventory,
    Node, Organization, OrganizationRecord, OuId, OuRecord, PolicyId, PolicyRecord, PolicyTypeRecord, PolicyTypeStatus,
    RootRecord, Tag, Target, Unknown,
};
use scproof_policy_parser::PolicyKind;
use serde_json::{Value, json};

use crate::{base, base_with, load};

const DENY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"*"}}"#;

pub(crate) fn policy(id: &str) -> PolicyId {
    PolicyId::parse(id).unwrap()
}

pub(crate) fn target(id: &str) -> Target {
    Target::parse(id).unwrap()
}

fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

fn attach(id: &str, to: &str) -> Change {
    Change::AttachPolicy { policy: policy(id), target: target(to) }
}

fn detach(id: &str, from: &str) -> Change {
    Change::DetachPolicy { policy: policy(id), target: target(from) }
}

fn move_account(id: &str, to: &str) -> Change {
    Change::MoveAccount { account: account(id), source: None, destination: target(to) }
}

fn move_unit(id: &str, to: &str) -> Change {
    Change::MoveOrganizationalUnit { unit: OuId::parse(id).unwrap(), destination: target(to) }
}

fn create_policy(id: &str, name: &str) -> Change {
    Change::CreatePolicy {
        id: policy(id),
        name: name.to_owned(),
        description: None,
        kind: PolicyKind::ServiceControl,
        content: Arc::from(DENY),
    }
}

fn update(id: &str, content: &str) -> Change {
    Change::UpdatePolicy { policy: policy(id), content: Some(Arc::from(content)), name: None, description: None }
}

fn apply(organization: &Organization, changes: impl IntoIterator<Item = Change>) -> Organization {
    ChangeSet::from_iter(changes).apply(organization)
}

/// The snapshot that an organization would come from.
fn inventory(organization: &Organization) -> Inventory {
    let mut inventory = Inventory::new(OrganizationRecord {
        id: organization.id().to_string(),
        arn: Some(format!("arn:aws:organizations::111111111111:organization/{}", organization.id())),
        feature_set: organization.feature_set().as_str().to_owned(),
        master_account_id: organization.management_account().map(|id| id.to_string()),
        master_account_arn: None,
    });
    let parent = |node: &Node| node.parent.map_or_else(String::new, |id| organization.node(id).target.to_string());
    for (_, node) in organization.nodes() {
        let (id, name, arn) = (node.target.to_string(), node.name.clone(), node.arn.clone());
        match &node.target {
            Target::Root(_) => inventory.roots.push(RootRecord {
                id,
                arn,
                name,
                policy_types: Some(vec![PolicyTypeRecord {
                    policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
                    status: organization.scp_status().as_str().to_owned(),
                }]),
            }),
            Target::Ou(_) => {
                inventory.organizational_units.push(OuRecord { id, arn, name, parent_id: parent(node), path: None });
            }
            Target::Account(_) => {
                let details = node.account.clone().unwrap();
                inventory.accounts.push(AccountRecord {
                    id,
                    arn,
                    name,
                    email: details.email,
                    state: details.state.map(|state| state.as_str().to_owned()),
                    status: None,
                    parent_id: parent(node),
                    tags: details.tags.iter().map(|tag| Tag { ..tag.clone() }).collect(),
                    paths: Vec::new(),
                });
            }
        }
        for &attached in node.scps.iter().chain(&node.rcps) {
            inventory.attachments.push(AttachmentRecord {
                target_id: node.target.to_string(),
                policy_id: organization.policy(attached).id.to_string(),
            });
        }
    }
    for (_, policy) in organization.policies() {
        inventory.policies.push(PolicyRecord {
            id: policy.id.to_string(),
            arn: policy.arn.clone(),
            name: policy.name.clone(),
            description: policy.description.clone(),
            policy_type: policy.kind.as_str().to_owned(),
            aws_managed: Some(policy.aws_managed),
            content: policy.content.as_deref().map(str::to_owned),
        });
    }
    inventory
}

/// Everything there is to see, apart from numbers.
fn picture(organization: &Organization) -> String {
    inventory(organization).to_json()
}

/// An organization that came from changes is as good as one that came from a snapshot.
fn check(organization: &Organization) {
    let rebuilt = Organization::from_inventory(&inventory(organization)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(picture(organization), picture(&rebuilt));
    assert_eq!(organization.node_count(), rebuilt.node_count());
    for ((id, node), (_, expected)) in organization.nodes().zip(rebuilt.nodes()) {
        assert_eq!(node, expected);
        assert_eq!(organization.find_node(&node.target), Some(id));
        assert!(organization.subtree(id).eq(rebuilt.subtree(id)));
        assert_eq!(organization.resolve_target(node.target.as_str()), Ok(id));
        assert_eq!(organization.resolve_target(node.display_name()), rebuilt.resolve_target(node.display_name()));
    }
    assert!(organization.accounts().eq(rebuilt.accounts()));
    for ((index, policy), (_, expected)) in organization.policies().zip(rebuilt.policies()) {
        assert_eq!(policy, expected);
        assert_eq!(organization.find_policy(&policy.id), Some(index));
    }
    assert_eq!(organization.findings(), rebuilt.findings());
}

/// The ids of the SCPs at a target.
fn scps(organization: &Organization, id: &str) -> Vec<String> {
    let node = organization.node(organization.find_node(&target(id)).unwrap());
    node.scps.iter().map(|&policy| organization.policy(policy).id.to_string()).collect()
}

#[test]
fn attaching_and_detaching() {
    let before = load(&base().to_string());
    let first = picture(&before);
    let after = apply(&before, [attach("p-denys3aaaa", "ou-ab12-prod0001")]);
    check(&after);
    assert_eq!(scps(&after, "ou-ab12-prod0001"), ["p-FullAWSAccess", "p-denys3aaaa"]);
    assert_eq!(picture(&before), first, "the former organization stays as it is");
    let back = apply(&after, [detach("p-denys3aaaa", "ou-ab12-prod0001")]);
    assert_eq!(picture(&back), first);
    // What means nothing has no effect.
    let nothing = [
        attach("p-FullAWSAccess", "r-ab12"),
        attach("p-unknown00", "r-ab12"),
        attach("p-denys3aaaa", "999999999999"),
        detach("p-denys3aaaa", "r-ab12"),
        update("p-unknown00", DENY),
        Change::DeletePolicy { policy: policy("p-unknown00") },
        move_account("222222222222", "ou-ab12-prod0001"),
        move_account("222222222222", "333333333333"),
        move_account("999999999999", "r-ab12"),
        move_unit("ou-ab12-work0001", "ou-ab12-test0001"),
        move_unit("ou-ab12-work0001", "ou-ab12-work0001"),
        create_policy("p-denys3aaaa", "other"),
        Change::CreateAccount { id: account("222222222222"), name: "twin".to_owned(), email: None },
        Change::EnablePolicyType,
        Change::EnableAllFeatures,
    ];
    for change in nothing {
        assert_eq!(picture(&apply(&before, [change.clone()])), first, "{change}");
    }
}

#[test]
fn a_replaced_text_is_parsed_and_a_known_one_shared() {
    let before = load(&base().to_string());
    let after = apply(&before, [update("p-denys3aaaa", DENY), create_policy("p-second0001", "Second")]);
    check(&after);
    let policy_of = |id: &str| after.policy(after.find_policy(&policy(id)).unwrap());
    let (one, other) = (policy_of("p-denys3aaaa"), policy_of("p-second0001"));
    assert_eq!(one.content.as_deref(), Some(DENY));
    assert!(Arc::ptr_eq(&one.document, &other.document));
    assert_eq!(one.name.as_deref(), Some("DenyS3"));
    assert_eq!(
        other.arn.as_deref(),
        Some("arn:aws:organizations::111111111111:policy/o-exampleorg1/service_control_policy/p-second0001")
    );
    let full = |organization: &Organization| {
        let index = organization.find_policy(&policy("p-FullAWSAccess")).unwrap();
        Arc::clone(&organization.policy(index).document)
    };
    assert!(Arc::ptr_eq(&full(&before), &full(&after)), "no text is parsed again");
}

/// Texts in memory do what files with them do.
#[test]
fn policies_from_texts() {
    let before = load(&base().to_string());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no-ec2.json");
    std::fs::write(&file, DENY).unwrap();
    let mut by_file = ChangeSetBuilder::new(&before);
    by_file.attach(file.to_str().unwrap(), "r-ab12").unwrap();
    let mut by_text = ChangeSetBuilder::new(&before);
    let id = by_text.attach_text("no-ec2", DENY, "r-ab12").unwrap();
    // The same text again is the same policy; another one under its name is refused.
    assert_eq!(by_text.attach_text("other", DENY, "r-ab12").as_ref(), Ok(&id));
    let fault = by_text.attach_text("no-ec2", "{}", "r-ab12").unwrap_err();
    assert_eq!((fault.code, fault.item.as_deref()), ("name-taken", Some(id.as_str())));
    assert_eq!(by_text.create("no-ec2", DENY).unwrap_err().code, "name-taken");
    let (by_file, by_text) = (by_file.finish().apply(&before), by_text.finish().apply(&before));
    let attached = |organization: &Organization| organization.node(organization.root()).scps.len();
    assert_eq!(attached(&by_file), attached(&by_text));
    assert_eq!(by_file.policies().len(), by_text.policies().len());

    let mut builder = ChangeSetBuilder::new(&before);
    let created = builder.create("idle", DENY).unwrap();
    builder.replace_text("idle", "{}").unwrap();
    assert_eq!(builder.replace_text("idel", "{}").unwrap_err().code, "unknown-policy");
    let after = builder.finish().apply(&before);
    let policy = after.policy(after.find_policy(&created).unwrap());
    assert_eq!((policy.name.as_deref(), policy.content.as_deref()), (Some("idle"), Some("{}")));
}

#[test]
fn deleting_a_policy_detaches_it() {
    let before = load(&base().to_string());
    let attached = apply(&before, [attach("p-denys3aaaa", "r-ab12"), attach("p-denys3aaaa", "222222222222")]);
    let after = apply(&attached, [Change::DeletePolicy { policy: policy("p-denys3aaaa") }]);
    check(&after);
    assert_eq!(after.policies().len(), 1);
    assert_eq!(scps(&after, "r-ab12"), ["p-FullAWSAccess"]);
    // What is created again is another policy.
    let again = apply(
        &attached,
        [Change::DeletePolicy { policy: policy("p-denys3aaaa") }, create_policy("p-denys3aaaa", "DenyS3")],
    );
    check(&again);
    assert_eq!(scps(&again, "222222222222"), ["p-FullAWSAccess"]);
}

#[test]
fn eval_16_a_moved_account_takes_its_own_policies_along() {
    let before = load(&base().to_string());
    let own = apply(&before, [attach("p-denys3aaaa", "222222222222")]);
    let after = apply(&own, [move_account("222222222222", "ou-ab12-test0001")]);
    check(&after);
    let shop = after.resolve_account("shop").unwrap();
    assert_eq!(after.entity_path(shop), "o-exampleorg1/r-ab12/ou-ab12-work0001/ou-ab12-test0001/");
    assert_eq!(scps(&after, "222222222222"), ["p-FullAWSAccess", "p-denys3aaaa"]);
    assert_eq!(picture(&apply(&after, [move_account("222222222222", "ou-ab12-prod0001")])), picture(&own));
}

#[test]
fn a_moved_unit_takes_everything_below_along() {
    let before = load(&base().to_string());
    let after = apply(&before, [move_unit("ou-ab12-work0001", "ou-ab12-prod0001")]);
    check(&after);
    let rig = after.resolve_account("rig").unwrap();
    assert_eq!(after.ou_path(rig), "Root/Prod/Work/Test");
    assert_eq!(picture(&apply(&after, [move_unit("ou-ab12-work0001", "r-ab12")])), picture(&before));
}

#[test]
fn doc_33_new_targets_get_full_aws_access() {
    let before = load(&base().to_string());
    let after = apply(
        &before,
        [
            Change::CreateOrganizationalUnit {
                id: OuId::parse("ou-ab12-new00001").unwrap(),
                name: "Fresh".to_owned(),
                parent: target("ou-ab12-prod0001"),
            },
            Change::CreateAccount { id: account("000000000001"), name: "first".to_owned(), email: None },
        ],
    );
    check(&after);
    assert_eq!(scps(&after, "ou-ab12-new00001"), ["p-FullAWSAccess"]);
    assert_eq!(scps(&after, "000000000001"), ["p-FullAWSAccess"]);
    // EVAL-16: directly under the root until it is moved.
    assert_eq!(after.ou_path(after.resolve_account("first").unwrap()), "Root");
    let fresh = after.node(after.resolve_target("Prod/Fresh").unwrap());
    assert_eq!(fresh.arn.as_deref(), Some("arn:aws:organizations::111111111111:ou/o-exampleorg1/ou-ab12-new00001"));
    let moved = apply(&after, [move_account("000000000001", "ou-ab12-new00001")]);
    assert_eq!(moved.ou_path(moved.resolve_account("first").unwrap()), "Root/Prod/Fresh");
}

#[test]
fn doc_33_a_snapshot_without_full_aws_access_gets_it() {
    let before = load(&base_with(|value| {
        value["Policies"].as_array_mut().unwrap().remove(0);
        value["Attachments"] = json!([{"TargetId": "r-ab12", "PolicyId": "p-denys3aaaa"}]);
    }));
    let create = Change::CreateAccount { id: account("000000000001"), name: "first".to_owned(), email: None };
    let after = apply(&before, [create]);
    check(&after);
    let full = after.policy(after.find_policy(&policy("p-FullAWSAccess")).unwrap());
    assert!(full.aws_managed && full.diagnostics.is_empty());
    assert_eq!(full.arn.as_deref(), Some("arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"));
    assert_eq!(scps(&after, "r-ab12"), ["p-denys3aaaa"]);
}

#[test]
fn rcp_3_new_targets_get_rcp_full_aws_access_where_rcps_are_used() {
    let rcp = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;
    let before = load(&base_with(|value| {
        value["Policies"].as_array_mut().unwrap().push(json!({"Id": "p-RCPFullAWSAccess", "Name": "RCPFullAWSAccess",
            "Type": "RESOURCE_CONTROL_POLICY", "AwsManaged": true, "Content": rcp}));
        let list = value["Attachments"].as_array_mut().unwrap();
        list.push(json!({"TargetId": "r-ab12", "PolicyId": "p-RCPFullAWSAccess"}));
    }));
    let create = Change::CreateAccount { id: account("000000000001"), name: "first".to_owned(), email: None };
    let after = apply(&before, [create]);
    check(&after);
    assert_eq!(after.node(after.resolve_account("first").unwrap()).rcps.len(), 1);
    // A resource control policy attaches whatever becomes of the other type.
    let after = apply(&before, [Change::DisablePolicyType, attach("p-RCPFullAWSAccess", "222222222222")]);
    assert_eq!(after.node(after.resolve_account("shop").unwrap()).rcps.len(), 1);
}

#[test]
fn exm_3_disabling_detaches_everything_and_enabling_brings_only_full_aws_access() {
    let before = apply(&load(&base().to_string()), [attach("p-denys3aaaa", "ou-ab12-prod0001")]);
    let off = apply(&before, [Change::DisablePolicyType]);
    check(&off);
    assert_eq!(off.scp_status(), PolicyTypeStatus::Disabled);
    assert!(off.nodes().all(|(_, node)| node.scps.is_empty()));
    // Nothing can be attached while the type is off, and new targets get nothing.
    let create = Change::CreateAccount { id: account("000000000001"), name: "first".to_owned(), email: None };
    let still = apply(&off, [attach("p-denys3aaaa", "r-ab12"), create]);
    assert!(still.nodes().all(|(_, node)| node.scps.is_empty()));
    let on = apply(&off, [Change::EnablePolicyType]);
    check(&on);
    assert_eq!(on.scp_status(), PolicyTypeStatus::Enabled);
    for (_, node) in on.nodes() {
        assert_eq!(scps(&on, node.target.as_str()), ["p-FullAWSAccess"]);
    }
}

#[test]
fn exm_1_all_features_come_without_policies_in_force() {
    let before = load(&base_with(|value| {
        value["Organization"]["FeatureSet"] = json!("CONSOLIDATED_BILLING");
        value["Roots"][0].as_object_mut().unwrap().remove("PolicyTypes");
        value["Attachments"] = json!([]);
    }));
    let meaningless = [Change::DisablePolicyType, Change::EnablePolicyType, attach("p-denys3aaaa", "r-ab12")];
    assert_eq!(picture(&apply(&before, meaningless)), picture(&before));
    let after = apply(&before, [Change::EnableAllFeatures]);
    assert_eq!((after.feature_set(), after.scp_status()), (FeatureSet::All, PolicyTypeStatus::Disabled));
    let after = apply(&after, [Change::EnablePolicyType]);
    check(&after);
    assert_eq!(scps(&after, "222222222222"), ["p-FullAWSAccess"]);
}

#[test]
fn exm_2_attachments_of_a_type_that_is_not_in_force_are_left_alone() {
    let before = load(&base_with(|value| value["Roots"][0]["PolicyTypes"] = json!([])));
    let changes = [detach("p-FullAWSAccess", "r-ab12"), attach("p-denys3aaaa", "r-ab12"), Change::DisablePolicyType];
    assert_eq!(picture(&apply(&before, changes)), picture(&before));
    // They are gone when it is.
    let on = apply(&before, [attach("p-denys3aaaa", "r-ab12"), Change::EnablePolicyType]);
    assert_eq!(scps(&on, "r-ab12"), ["p-FullAWSAccess"]);
}

#[test]
fn what_could_not_be_read_stays_unknown_until_it_is_known() {
    let before = load(&base_with(|value| {
        value["Unreadable"] = json!([{"TargetId": "222222222222", "Operation": "ListPoliciesForTarget"}]);
    }));
    let is_unknown = |organization: &Organization| {
        organization.node(organization.resolve_account("shop").unwrap()).unreadable.is_some()
    };
    assert!(is_unknown(&apply(&before, [move_account("222222222222", "ou-ab12-sand0001")])));
    assert!(!is_unknown(&apply(&before, [Change::DisablePolicyType, Change::EnablePolicyType])));
}

#[test]
fn a_draft_is_the_organization_between_two_steps() {
    let before = load(&base().to_string());
    let mut draft = Draft::new(&before);
    assert_eq!(picture(&draft.organization()), picture(&before));
    let changes = [
        move_account("222222222222", "ou-ab12-sand0001"),
        create_policy("p-second0001", "Second"),
        attach("p-second0001", "r-ab12"),
    ];
    assert_eq!(draft.describe(&changes[0]), "move the account `shop` to the organizational unit `Sandbox`");
    for (count, change) in changes.iter().enumerate() {
        draft.apply(change);
        check(&draft.organization());
        assert_eq!(picture(&draft.organization()), picture(&apply(&before, changes[..=count].to_vec())));
    }
    assert_eq!(draft.policies().count(), 3);
    assert_eq!((draft.account_count(), draft.unit_count()), (6, 4));
    assert_eq!(draft.describe(&changes[2]), "attach `Second` to the root `Root`");
}

#[test]
fn made_up_ids_are_well_formed_and_free() {
    let mut draft = Draft::new(&load(&base().to_string()));
    let first = draft.made_up_policy_id(|_| false);
    assert_eq!(PolicyId::parse(first.as_str()).unwrap().as_str(), "p-new0000001");
    assert_eq!(draft.made_up_policy_id(|id| *id == first).as_str(), "p-new0000002");
    draft.apply(&create_policy("p-new0000001", "First"));
    assert_eq!(draft.made_up_policy_id(|_| false).as_str(), "p-new0000002");
    let unit = draft.made_up_unit_id(|_| false);
    assert_eq!(OuId::parse(unit.as_str()).unwrap().root_part(), "ab12");
    assert_eq!(draft.made_up_account_id(|_| false).as_str(), "000000000001");
    assert_eq!(draft.made_up_account_id(|id| id.as_str() < "000000000123").as_str(), "000000000123");
}

// Some of everything, on few things, so that changes meet each other.
fn any_change() -> impl Strategy<Value = Change> {
    let policies = || prop::sample::select(vec!["p-FullAWSAccess", "p-denys3aaaa", "p-new0000001", "p-new0000002"]);
    let units =
        || prop::sample::select(vec!["ou-ab12-prod0001", "ou-ab12-work0001", "ou-ab12-test0001", "ou-ab12-new00001"]);
    let accounts = || prop::sample::select(vec!["222222222222", "666666666666", "111111111111", "000000000001"]);
    let targets = || prop_oneof![Just("r-ab12"), units(), accounts()];
    prop_oneof![
        4 => (policies(), targets()).prop_map(|(policy, target)| attach(policy, target)),
        3 => (policies(), targets()).prop_map(|(policy, target)| detach(policy, target)),
        1 => (policies(), prop::sample::select(vec![DENY, "{}"])).prop_map(|(policy, text)| update(policy, text)),
        2 => policies().prop_map(|id| create_policy(id, id)),
        1 => policies().prop_map(|id| Change::DeletePolicy { policy: policy(id) }),
        3 => (accounts(), targets()).prop_map(|(account, target)| move_account(account, target)),
        3 => (units(), targets()).prop_map(|(unit, target)| move_unit(unit, target)),
        2 => targets().prop_map(|parent| Change::CreateOrganizationalUnit {
            id: OuId::parse("ou-ab12-new00001").unwrap(), name: "New".to_owned(), parent: target(parent),
        }),
        2 => Just(Change::CreateAccount { id: account("000000000001"), name: "new".to_owned(), email: None }),
        1 => Just(Change::DisablePolicyType),
        1 => Just(Change::EnablePolicyType),
    ]
}

fn some_organization() -> impl Strategy<Value = Organization> {
    let parents = || prop::sample::select(vec!["r-ab12", "ou-ab12-prod0001", "ou-ab12-sand0001"]);
    (parents(), parents(), any::<bool>()).prop_map(|(shop, play, enabled)| {
        load(&base_with(|value| {
            let set = |value: &mut Value, id: &str, parent: &str| {
                let list = value["Accounts"].as_array_mut().unwrap();
                list.iter_mut().find(|account| account["Id"] == id).unwrap()["ParentId"] = json!(parent);
            };
            set(value, "222222222222", shop);
            set(value, "333333333333", play);
            if !enabled {
                value["Roots"][0]["PolicyTypes"] = json!([]);
                value["Attachments"] = json!([]);
            }
        }))
    })
}

/// The change that takes another one back, if there is one.
fn inverse(before: &Organization, change: &Change) -> Option<Change> {
    let node = |target: &Target| before.find_node(target).map(|id| before.node(id));
    let parent = |target: &Target| node(target)?.parent.map(|id| before.node(id).target.clone());
    match change {
        Change::AttachPolicy { policy, target } => {
            let attached = node(target)?.scps.contains(&before.find_policy(policy)?);
            (!attached).then(|| Change::DetachPolicy { policy: policy.clone(), target: target.clone() })
        }
        Change::DetachPolicy { policy, target } => {
            let attached = node(target)?.scps.contains(&before.find_policy(policy)?);
            attached.then(|| Change::AttachPolicy { policy: policy.clone(), target: target.clone() })
        }
        Change::UpdatePolicy { policy, .. } => {
            let content = before.policy(before.find_policy(policy)?).content.clone();
            Some(Change::UpdatePolicy { policy: policy.clone(), content, name: None, description: None })
        }
        Change::CreatePolicy { id, .. } => {
            before.find_policy(id).is_none().then(|| Change::DeletePolicy { policy: id.clone() })
        }
        Change::MoveAccount { account, .. } => {
            let destination = parent(&Target::Account(*account))?;
            Some(Change::MoveAccount { account: *account, source: None, destination })
        }
        Change::MoveOrganizationalUnit { unit, .. } => {
            let destination = parent(&Target::Ou(unit.clone()))?;
            Some(Change::MoveOrganizationalUnit { unit: unit.clone(), destination })
        }
        Change::DeletePolicy { .. }
        | Change::CreateOrganizationalUnit { .. }
        | Change::CreateAccount { .. }
        | Change::EnablePolicyType
        | Change::DisablePolicyType
        | Change::EnableAllFeatures
        | Change::Unknown(_) => None,
    }
}

/// Whether two changes have nothing to do with each other.
fn independent(one: &Change, other: &Change) -> bool {
    match (one, other) {
        (
            Change::AttachPolicy { policy, target } | Change::DetachPolicy { policy, target },
            Change::AttachPolicy { policy: other, target: at } | Change::DetachPolicy { policy: other, target: at },
        ) => (policy, target) != (other, at),
        (Change::MoveAccount { account, .. }, Change::MoveAccount { account: other, .. }) => account != other,
        (
            Change::MoveAccount { .. } | Change::MoveOrganizationalUnit { .. },
            Change::AttachPolicy { .. } | Change::DetachPolicy { .. } | Change::UpdatePolicy { .. },
        )
        | (Change::MoveAccount { .. }, Change::MoveOrganizationalUnit { .. }) => true,
        _ => false,
    }
}

proptest! {
    #[test]
    fn changed_organizations_hold_what_loaded_ones_do(
        before in some_organization(),
        changes in prop::collection::vec(any_change(), 0..12),
    ) {
        let first = picture(&before);
        check(&apply(&before, changes));
        prop_assert_eq!(picture(&before), first);
    }

    #[test]
    fn steps_compose(before in some_organization(), changes in prop::collection::vec(any_change(), 0..12), cut in 0_usize..12) {
        let cut = cut.min(changes.len());
        let (head, tail) = changes.split_at(cut);
        let at_once = apply(&before, changes.clone());
        let in_two = apply(&apply(&before, head.to_vec()), tail.to_vec());
        prop_assert_eq!(picture(&at_once), picture(&in_two));
    }

    #[test]
    fn a_change_taken_back_leaves_nothing(
        before in some_organization(),
        earlier in prop::collection::vec(any_change(), 0..6),
        change in any_change(),
    ) {
        let before = apply(&before, earlier);
        if let Some(back) = inverse(&before, &change) {
            prop_assert_eq!(picture(&apply(&before, [change, back])), picture(&before));
        }
    }

    #[test]
    fn a_change_made_twice_is_made_once(before in some_organization(), change in any_change()) {
        prop_assert_eq!(picture(&apply(&before, [change.clone(), change.clone()])), picture(&apply(&before, [change])));
    }

    #[test]
    fn independent_changes_may_come_in_any_order(before in some_organization(), one in any_change(), other in any_change()) {
        if independent(&one, &other) {
            let (first, second) = ([one.clone(), other.clone()], [other, one]);
            prop_assert_eq!(picture(&apply(&before, first)), picture(&apply(&before, second)));
        }
    }
}

/// What is unknown before a change is made stays unknown, and nothing else does (K3-14).
#[test]
fn changes_of_something_unknown_leave_the_rest_definite() {
    let before = load(&base().to_string());
    let apply = |unknown: Unknown| ChangeSet::from_iter([Change::Unknown(unknown)]).apply(&before);
    let node =
        |organization: &Organization, id: &str| organization.node(organization.find_node(&target(id)).unwrap()).clone();
    let deny = policy("p-denys3aaaa");

    let after = apply(Unknown::Content { policy: deny.clone() });
    let changed = after.policy(after.find_policy(&deny).unwrap());
    assert!(changed.content.is_none() && changed.document.statements[0].effect.is_none());

    let id = policy("p-new0000001");
    let new = Unknown::Policy { id: id.clone(), name: "new".to_owned(), kind: PolicyKind::ServiceControl };
    let after = apply(new);
    assert!(after.policy(after.find_policy(&id).unwrap()).content.is_none());

    let targets = vec![target("ou-ab12-prod0001"), target("333333333333")];
    let after = apply(Unknown::Target { policy: deny.clone(), targets: targets.clone() });
    let perhaps = after.find_policy(&policy("p-perhaps_denys3aaaa")).unwrap();
    let statement = &after.policy(perhaps).document.statements[0];
    assert!(statement.without_meaning && statement.effect.is_some() && statement.action.is_some());
    for (_, node) in after.nodes() {
        assert_eq!(node.scps.contains(&perhaps), targets.contains(&node.target), "{}", node.target);
        assert!(node.unreadable.is_none());
    }

    let after = apply(Unknown::Attached { targets: vec![target("ou-ab12-prod0001")] });
    assert_eq!(node(&after, "ou-ab12-prod0001").unreadable.unwrap().operation, "AttachPolicy");
    assert!(node(&after, "222222222222").unreadable.is_none());

    let after = apply(Unknown::Place { node: target("222222222222") });
    assert!(!after.is_place_known(after.find_node(&target("222222222222")).unwrap()));
    assert!(after.is_place_known(after.find_node(&target("333333333333")).unwrap()));
    let back = Change::MoveAccount { account: account("222222222222"), source: None, destination: target("r-ab12") };
    let known = ChangeSet::from_iter([back]).apply(&after);
    assert!(node(&known, "222222222222").unreadable.is_none());
}
