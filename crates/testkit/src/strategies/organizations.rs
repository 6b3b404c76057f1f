//! Small organizations with their policies attached.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use scproof_organization::{
    AccountRecord, AttachmentRecord, Inventory, OrganizationRecord, OuRecord, PolicyRecord, PolicyTypeRecord,
    RootRecord, UnreadableRecord,
};

use super::documents::{document, sound_document};
use super::pools;

const FULL_ACCESS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// A snapshot that loads: a root, up to four units on up to three levels, two to six accounts with the management
/// account among them, and up to five policies of [`document`] besides `FullAWSAccess`, which some nodes lack. Some
/// attachments and policies are unreadable, some organizations have SCPs switched off or being switched.
pub fn inventory() -> BoxedStrategy<Inventory> {
    with_documents(document(), true)
}

/// A snapshot without anything unreadable, SCPs enabled, and policies of [`sound_document`] only.
pub fn sound_inventory() -> BoxedStrategy<Inventory> {
    with_documents(sound_document(), false)
}

/// A root with the management account and one member account, and one policy besides `FullAWSAccess`, at the root.
pub(crate) fn smallest(text: String) -> Inventory {
    let tree = Tree { units: Vec::new(), accounts: vec![0, 0] };
    let policy = Attached { text, targets: vec![Place::Root], unreadable: false };
    let settings = Settings {
        feature_set: "ALL",
        status: Some("ENABLED"),
        arn: Some("arn:aws:organizations::111111111111:organization/o-exampleorg1"),
        is_managed_known: true,
        all_attachments_unreadable: false,
    };
    build(&tree, &[policy], &[false; 3], None, &settings)
}

/// The item that a random number stands for.
fn pick<T>(items: &[T], number: usize) -> Option<&T> {
    items.get(number % items.len().max(1))
}

#[derive(Debug, Clone)]
struct Tree {
    /// For each unit, which of the nodes made before it is its parent.
    units: Vec<usize>,
    accounts: Vec<usize>,
}

/// Where a policy is attached. Most requests come from the second account, so its chain is favoured.
#[derive(Debug, Clone)]
enum Place {
    Root,
    SecondAccount,
    Anywhere(usize),
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![2 => Just(Place::Root), 2 => Just(Place::SecondAccount), 3 => any::<usize>().prop_map(Place::Anywhere)]
}

#[derive(Debug, Clone)]
struct Attached {
    text: String,
    targets: Vec<Place>,
    unreadable: bool,
}

fn with_documents(document: BoxedStrategy<String>, faults: bool) -> BoxedStrategy<Inventory> {
    let tree = (vec(any::<usize>(), 1..=pools::UNITS.len()), vec(any::<usize>(), 2..=pools::ACCOUNTS.len()))
        .prop_map(|(units, accounts)| Tree { units, accounts });
    let rarely = move |probability: f64| proptest::bool::weighted(if faults { probability } else { 0.0 });
    let policy = (document, vec(place(), 1..3), rarely(0.03)).prop_map(|(text, targets, unreadable)| Attached {
        text,
        targets,
        unreadable,
    });
    // Bits of nodes that have no FullAWSAccess: most nodes have it.
    let without_full_access = vec(proptest::bool::weighted(0.12), 1 + pools::UNITS.len() + pools::ACCOUNTS.len());
    let unreadable = (rarely(0.06), any::<usize>()).prop_map(|(is_there, target)| is_there.then_some(target));
    (tree, vec(policy, 0..7), without_full_access, unreadable, settings(faults))
        .prop_map(|(tree, policies, without_full_access, unreadable, settings)| {
            build(&tree, &policies, &without_full_access, unreadable, &settings)
        })
        .boxed()
}

#[derive(Debug, Clone)]
struct Settings {
    feature_set: &'static str,
    status: Option<&'static str>,
    arn: Option<&'static str>,
    is_managed_known: bool,
    all_attachments_unreadable: bool,
}

fn settings(faults: bool) -> BoxedStrategy<Settings> {
    let rare = u32::from(faults);
    let feature_set = prop_oneof![100 => Just("ALL"), rare => Just("CONSOLIDATED_BILLING")];
    let status = prop_oneof![
        100 => Just(Some("ENABLED")),
        rare => Just(Some("PENDING_ENABLE")),
        rare => Just(Some("PENDING_DISABLE")),
        rare => Just(None),
    ];
    let arns = [
        Some("arn:aws:organizations::111111111111:organization/o-exampleorg1"),
        Some("arn:aws:organizations::111111111111:organization/o-exampleorg1"),
        Some("arn:aws-us-gov:organizations::111111111111:organization/o-exampleorg1"),
        Some("arn:aws-cn:organizations::111111111111:organization/o-exampleorg1"),
        None,
    ];
    let often = proptest::bool::weighted(0.95);
    let seldom = proptest::bool::weighted(if faults { 0.01 } else { 0.0 });
    (feature_set, status, select(arns.to_vec()), often, seldom)
        .prop_map(|(feature_set, status, arn, is_managed_known, all_attachments_unreadable)| Settings {
            feature_set,
            status,
            arn,
            is_managed_known,
            all_attachments_unreadable,
        })
        .boxed()
}

fn build(
    tree: &Tree,
    policies: &[Attached],
    without_full_access: &[bool],
    unreadable: Option<usize>,
    settings: &Settings,
) -> Inventory {
    let management = pools::ACCOUNTS.first().map(|id| (*id).to_owned());
    let mut inventory = Inventory::new(OrganizationRecord {
        id: pools::ORGANIZATION.to_owned(),
        arn: settings.arn.map(str::to_owned),
        feature_set: settings.feature_set.to_owned(),
        master_account_id: management.filter(|_| settings.is_managed_known),
        master_account_arn: None,
    });
    let scp =
        |status: &str| PolicyTypeRecord { policy_type: "SERVICE_CONTROL_POLICY".to_owned(), status: status.to_owned() };
    inventory.roots.push(RootRecord {
        id: pools::ROOT.to_owned(),
        name: Some("Root".to_owned()),
        policy_types: Some(settings.status.map(scp).into_iter().collect()),
        ..RootRecord::default()
    });
    // Each unit goes below the root or an earlier unit; with four units and three levels no path gets too long.
    let mut containers: Vec<(&str, usize)> = vec![(pools::ROOT, 0)];
    for (id, parent) in pools::UNITS.iter().zip(&tree.units) {
        let parents: Vec<(&str, usize)> = containers.iter().copied().filter(|(_, depth)| *depth < 3).collect();
        let (parent, depth) = pick(&parents, *parent).copied().unwrap_or((pools::ROOT, 0));
        inventory.organizational_units.push(OuRecord {
            id: (*id).to_owned(),
            parent_id: parent.to_owned(),
            ..OuRecord::default()
        });
        containers.push((id, depth + 1));
    }
    for (id, parent) in pools::ACCOUNTS.iter().zip(&tree.accounts) {
        inventory.accounts.push(AccountRecord {
            id: (*id).to_owned(),
            name: Some(format!("account-{id}")),
            parent_id: pick(&containers, *parent).map_or(pools::ROOT, |(id, _)| id).to_owned(),
            ..AccountRecord::default()
        });
    }
    let targets: Vec<String> = (containers.iter().map(|(id, _)| (*id).to_owned()))
        .chain(inventory.accounts.iter().map(|account| account.id.clone()))
        .collect();
    attach(&mut inventory, &targets, policies, without_full_access);
    if let Some(target) = unreadable.and_then(|number| pick(&targets, number)) {
        if unreadable.is_some_and(|number| number % 3 == 0) && !target.starts_with("r-") {
            // Levels between the root and the target may be missing; what is attached to it is known.
            inventory.unreadable.push(unreadable_record("ListParents", target));
        } else {
            // What could not be read is not in the snapshot; a part of it may be.
            inventory.attachments.retain(|attachment| attachment.target_id != *target);
            inventory.unreadable.push(unreadable_record("ListPoliciesForTarget", target));
        }
    }
    if settings.all_attachments_unreadable {
        inventory.unreadable.push(unreadable_record("ListTargetsForPolicy", "p-FullAWSAccess"));
    }
    inventory
}

fn target_of<'a>(place: &Place, targets: &'a [String]) -> Option<&'a String> {
    match place {
        Place::Root => targets.first(),
        Place::SecondAccount => targets.iter().find(|target| Some(&target.as_str()) == pools::ACCOUNTS.get(1)),
        Place::Anywhere(number) => pick(targets, *number),
    }
}

fn unreadable_record(operation: &str, target: &str) -> UnreadableRecord {
    UnreadableRecord {
        target_id: Some(target.to_owned()),
        operation: operation.to_owned(),
        policy_type: None,
        error: Some("AccessDeniedException".to_owned()),
    }
}

fn attach(inventory: &mut Inventory, targets: &[String], policies: &[Attached], without_full_access: &[bool]) {
    let record = |id: &str, content: Option<String>| PolicyRecord {
        id: id.to_owned(),
        policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
        content,
        ..PolicyRecord::default()
    };
    let attachment =
        |target: &str, policy: &str| AttachmentRecord { target_id: target.to_owned(), policy_id: policy.to_owned() };
    inventory.policies.push(record("p-FullAWSAccess", Some(FULL_ACCESS.to_owned())));
    for (target, lacks) in targets.iter().zip(without_full_access) {
        if !lacks {
            inventory.attachments.push(attachment(target, "p-FullAWSAccess"));
        }
    }
    for (number, policy) in policies.iter().enumerate() {
        let id = format!("p-generated{number}");
        inventory.policies.push(record(&id, (!policy.unreadable).then(|| policy.text.clone())));
        if policy.unreadable {
            inventory.unreadable.push(unreadable_record("DescribePolicy", &id));
        }
        let mut attached: Vec<&String> = policy.targets.iter().filter_map(|place| target_of(place, targets)).collect();
        attached.sort();
        attached.dedup();
        inventory.attachments.extend(attached.into_iter().map(|target| attachment(target, &id)));
    }
}
