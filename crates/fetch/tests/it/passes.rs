//! Everything is read until two passes agree: the snapshot is the organization at the moment that it names, whatever
//! changes and whenever (API-41). What never came to rest is open in it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::time::{Duration, UNIX_EPOCH};

use scproof_fetch::{FetchError, FetchOptions, Inventory, NoteKind};
use scproof_organization::{AttachmentRecord, Organization, Timestamp};
use scproof_organizations_server::{
    Account, Change, Effect, Policy, RCP, Rule, SCP, Server, Settings, Sizes, Unit, World,
};

use crate::support::{WAYS, assert_same, options, timeless, try_fetch};

const CRAWLS: u64 = 200;

/// Small, so that a pass takes about forty calls.
const SMALL: Sizes = Sizes { accounts: 14, units: 6, policies: 7, resource_policies: 3, tags: 0 };

/// How the crawls ended.
#[derive(Debug, Default)]
struct Endings {
    /// The organization as it was at the end.
    last: usize,
    /// As it was at a moment before, which the snapshot names.
    earlier: usize,
    /// With parts that are open.
    open: usize,
    /// No snapshot.
    none: usize,
}

#[test]
fn api_41_two_hundred_crawls_of_an_organization_that_changes() {
    let mut endings = Endings::default();
    for seed in 0..CRAWLS {
        crawl(seed, &mut endings);
    }
    // Each way is taken; and only few end without a snapshot, though half may read twice only.
    assert!(endings.last >= 50 && endings.earlier >= 10 && endings.open >= 10, "{endings:?}");
    assert!(endings.none <= 10, "{endings:?}");
}

/// One to four changes, each after some call of the first passes.
fn crawl(seed: u64, endings: &mut Endings) {
    let mut random = fastrand::Rng::with_seed(seed);
    let server = Server::start(World::generate(300 + seed, &SMALL), Settings { page_size: 7, ..Settings::default() });
    let server = server.unwrap();
    server.set_script(script(&mut random, &server.world()));
    // Half of them may not read until it rests.
    let passes = NonZeroUsize::new(if seed.is_multiple_of(2) { 4 } else { 2 }).unwrap();
    let attachments_by = WAYS[usize::try_from(seed / 2 % 2).unwrap()];
    let (outcome, recorder) = try_fetch(&server.url(), &FetchOptions { passes, attachments_by, ..options() });
    let about = format!("seed {seed}\n{:#?}", recorder.notes());
    let found = match outcome {
        Ok(found) => found,
        // It says so: nothing is written.
        Err(FetchError::Inconsistent { .. }) => return endings.none += 1,
        Err(error) => panic!("{error}: {about}"),
    };
    let Some(Timestamp::Text(moment)) = &found.consistent_at else { panic!("no moment: {about}") };
    let moment = moment.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let then = server.world_at(UNIX_EPOCH + Duration::from_millis(moment.try_into().unwrap()));
    let truth = then.truth(false);
    let open = !found.unreadable.is_empty();
    if open {
        assert!(recorder.notes().iter().any(|note| note.kind == NoteKind::Warning), "{about}");
        Organization::from_inventory(&found).unwrap();
        endings.open += 1;
    } else if then == server.world() {
        endings.last += 1;
    } else {
        endings.earlier += 1;
    }
    let found = timeless(found);
    assert_same(&closed(&found, &found, &truth), &closed(&truth, &found, &truth), &about);
}

/// A snapshot without what `found` leaves open. Where it leaves something open, also without names and states, which
/// are those of the end, and without items that came or went: what those do is open where they are attached or
/// contained.
fn closed(inventory: &Inventory, found: &Inventory, truth: &Inventory) -> Inventory {
    let named = |operation: &str| -> BTreeSet<&str> {
        let entries = found.unreadable.iter().filter(|entry| entry.operation == operation);
        entries.filter_map(|entry| entry.target_id.as_deref()).collect()
    };
    let mut inventory = inventory.clone();
    inventory.accounts.iter_mut().for_each(|account| account.paths.clear());
    if found.unreadable.is_empty() {
        return inventory;
    }
    let (places, texts) = (named("ListParents"), named("DescribePolicy"));
    let typed: BTreeMap<&str, &str> =
        inventory.policies.iter().map(|policy| (policy.id.as_str(), policy.policy_type.as_str())).collect();
    let levels: BTreeSet<(&str, &str)> = found
        .unreadable
        .iter()
        .filter(|entry| entry.operation == "ListPoliciesForTarget")
        .filter_map(|entry| Some((entry.target_id.as_deref()?, entry.policy_type.as_deref().unwrap_or(SCP))))
        .collect();
    let is_closed = |entry: &AttachmentRecord| {
        let policy_type = typed.get(entry.policy_id.as_str()).copied().unwrap_or(SCP);
        !levels.contains(&(entry.target_id.as_str(), policy_type))
    };
    let attachments = inventory.attachments.iter().filter(|entry| is_closed(entry)).cloned().collect();
    inventory.attachments = attachments;
    for policy in &mut inventory.policies {
        if texts.contains(policy.id.as_str()) {
            policy.content = None;
        }
    }
    inventory.policies.iter_mut().for_each(|policy| {
        (policy.name, policy.description) = (None, None);
    });
    inventory.accounts.iter_mut().for_each(|account| {
        (account.name, account.email, account.state) = (None, None, None);
    });
    let ids = |inventory: &Inventory| -> BTreeSet<String> {
        let units = inventory.organizational_units.iter().map(|unit| unit.id.clone());
        let accounts = inventory.accounts.iter().map(|account| account.id.clone());
        units.chain(accounts).chain(inventory.policies.iter().map(|policy| policy.id.clone())).collect()
    };
    let (there, then) = (ids(found), ids(truth));
    let listed = found.unreadable.iter().any(|entry| entry.operation == "ListAccounts");
    let is_account = |id: &String| !id.contains('-');
    assert!(listed || !there.symmetric_difference(&then).any(is_account), "an account that is missing without a word");
    let root = inventory.roots[0].id.clone();
    let both = |id: &String| *id == root || there.contains(id) && then.contains(id);
    inventory.accounts.retain(|account| both(&account.id) && !places.contains(account.id.as_str()));
    inventory.organizational_units.retain(|unit| both(&unit.id) && !places.contains(unit.id.as_str()));
    inventory.policies.retain(|policy| both(&policy.id));
    inventory.attachments.retain(|entry| both(&entry.target_id));
    inventory.unreadable.clear();
    inventory
}

/// One to four changes of different things, so that none takes another one back.
fn script(random: &mut fastrand::Rng, world: &World) -> Vec<Rule> {
    let mut kinds: Vec<usize> = (0..9).collect();
    random.shuffle(&mut kinds);
    let count = random.usize(1..=4);
    let mut rules = Vec::new();
    for kind in kinds.into_iter().take(count) {
        // Up to the third pass.
        let skip = random.usize(0..130);
        for change in changes(random, world, kind) {
            rules.push(Rule::on_any(Effect::After(change)).skip(skip).times(1));
        }
    }
    rules
}

/// Changes of one kind. Those of different kinds concern different things.
fn changes(random: &mut fastrand::Rng, world: &World, kind: usize) -> Vec<Change> {
    let units: Vec<&String> = world.units.keys().collect();
    let accounts: Vec<&String> = world.accounts.keys().filter(|id| **id != world.management).collect();
    let own: Vec<&String> = world.policies.iter().filter(|(_, policy)| !policy.aws_managed).map(|(id, _)| id).collect();
    let unit = units[random.usize(..units.len())].clone();
    let attached = |policy: &str| world.targets.get(policy).into_iter().flatten().cloned().collect::<Vec<String>>();
    match kind {
        0 => vec![Change::MoveAccount { account: accounts[0].clone(), to: unit }],
        1 => vec![Change::SetState { account: accounts[1].clone(), state: "PENDING_CLOSURE".to_owned() }],
        2 => vec![Change::RemoveAccount(accounts[2].clone())],
        3 => {
            let account = Account {
                name: "newcomer".to_owned(),
                email: "newcomer@example.com".to_owned(),
                state: "ACTIVE".to_owned(),
                parent: unit,
                tags: BTreeMap::new(),
            };
            vec![Change::AddAccount { id: "999888777666".to_owned(), account }]
        }
        // A new unit, and an account that moves there.
        4 => {
            let id = format!("ou-{}-newunit1", world.root.trim_start_matches("r-"));
            let new = Unit { name: "New".to_owned(), parent: unit };
            let account = accounts[3].clone();
            vec![Change::AddUnit { id: id.clone(), unit: new }, Change::MoveAccount { account, to: id }]
        }
        5 => vec![Change::UpdatePolicy { id: own[0].clone(), content: r#"{"Statement":[]}"#.to_owned() }],
        // A policy moves from one target to another, while both keep another one.
        6 => {
            let policy = own[1].clone();
            let mut changes = Vec::new();
            changes.extend(attached(&policy).pop().map(|target| Change::Detach { policy: policy.clone(), target }));
            if !attached(&policy).contains(&unit) {
                changes.push(Change::Attach { policy, target: unit });
            }
            changes
        }
        7 => {
            let id = "p-newpolicy1".to_owned();
            let policy = Policy {
                name: "New".to_owned(),
                description: String::new(),
                policy_type: if random.bool() { SCP } else { RCP }.to_owned(),
                aws_managed: false,
                content: r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned(),
            };
            let attach = Change::Attach { policy: id.clone(), target: world.root.clone() };
            vec![Change::AddPolicy { id, policy }, attach]
        }
        _ => vec![Change::RemovePolicy(own[2].clone())],
    }
}

/// Without further passes nothing is known of changes, and no moment is named.
#[test]
fn one_pass_names_no_moment() {
    let server = Server::start(World::generate(3, &SMALL), Settings::default()).unwrap();
    let options = FetchOptions { passes: NonZeroUsize::MIN, ..options() };
    let inventory = try_fetch(&server.url(), &options).0.unwrap();
    assert_eq!(inventory.consistent_at, None);
    assert_same(&timeless(inventory), &server.truth(false), "one pass");
}
