//! What changes while it is read is found and read again (API-41): nothing is lost, nothing is invented.

use std::collections::BTreeMap;

use scproof_fetch::{FetchError, FetchOptions, Inventory, NoteKind, Recorder};
use scproof_organizations_server::{Account, Change, Effect, Policy, Rule, SCP, Server, Settings, Unit, World};

use crate::support::{WAYS, assert_same, fetched, options, start, timeless};

/// Fetches in both ways while a script changes the organization; compares with the truth afterwards.
fn follows(seed: u64, script: impl Fn(&World) -> Vec<Rule>) -> Vec<Recorder> {
    WAYS.into_iter()
        .map(|attachments_by| {
            let server = start(seed, Settings { page_size: 7, ..Settings::default() });
            server.set_script(script(&server.world()));
            let options = FetchOptions { attachments_by, ..options() };
            let (inventory, recorder) = fetched(&server.url(), &options);
            let about = format!("by {attachments_by:?}\n{:#?}", recorder.notes());
            assert_same(&without_old_paths(&server, timeless(inventory)), &without_paths(server.truth(false)), &about);
            recorder
        })
        .collect()
}

/// AWS's own path of an account that moved may be missing, but must not be the old one.
fn without_old_paths(server: &Server, inventory: Inventory) -> Inventory {
    let truth = server.truth(false);
    for account in &inventory.accounts {
        let expected = truth.accounts.iter().find(|expected| expected.id == account.id);
        let paths = expected.map(|expected| expected.paths.as_slice()).unwrap_or_default();
        assert!(account.paths.is_empty() || account.paths == paths, "{account:?}");
    }
    without_paths(inventory)
}

fn without_paths(mut inventory: Inventory) -> Inventory {
    inventory.accounts.iter_mut().for_each(|account| account.paths.clear());
    inventory
}

fn notes_something(recorders: &[Recorder]) {
    for recorder in recorders {
        assert!(recorder.notes().iter().any(|note| note.kind == NoteKind::Repaired), "{:?}", recorder.notes());
    }
}

/// Units with accounts, two of them.
fn two_units(world: &World) -> (String, String, String) {
    let account =
        |unit: &str| world.accounts.iter().find(|(_, account)| account.parent == unit).map(|(id, _)| id.clone());
    let mut with_accounts = world.units.keys().filter_map(|unit| Some((unit.clone(), account(unit)?)));
    let (from, account) = with_accounts.next().unwrap();
    let (to, _) = with_accounts.next().unwrap();
    (from, account, to)
}

fn behind(subject: &str) -> Effect {
    Effect::Behind { operation: "ListAccountsForParent", subject: subject.to_owned() }
}

/// `to` has been read when the account leaves `from`: the walk alone finds it nowhere.
#[test]
fn api_41_an_account_moves_to_a_parent_that_was_read() {
    let recorders = follows(60, |world| {
        let (from, account, to) = two_units(world);
        let change = Change::MoveAccount { account, to: to.clone() };
        vec![
            Rule::on("ListAccountsForParent", behind(&to)).about(from).times(1),
            Rule::on("ListAccountsForParent", Effect::After(change)).about(to).times(1),
        ]
    });
    notes_something(&recorders);
}

/// The account is found twice: first where it was, then where it goes.
#[test]
fn api_41_an_account_moves_to_a_parent_that_is_not_read_yet() {
    let recorders = follows(61, |world| {
        let (from, account, to) = two_units(world);
        let change = Change::MoveAccount { account, to: to.clone() };
        vec![
            Rule::on("ListAccountsForParent", behind(&from)).about(to).times(1),
            Rule::on("ListAccountsForParent", Effect::After(change)).about(from).times(1),
        ]
    });
    notes_something(&recorders);
}

#[test]
fn an_account_moves_to_a_unit_that_is_new() {
    let recorders = follows(62, |world| {
        let (from, account, _) = two_units(world);
        let id = format!("ou-{}-newunit1", world.root.trim_start_matches("r-"));
        let unit = Unit { name: "New".to_owned(), parent: world.root.clone() };
        // When a unit is asked for its accounts, the list of units that had it is complete.
        let change =
            |change: Change| Rule::on("ListAccountsForParent", Effect::Before(change)).about(from.as_str()).times(1);
        vec![change(Change::AddUnit { id: id.clone(), unit }), change(Change::MoveAccount { account, to: id })]
    });
    notes_something(&recorders);
}

#[test]
fn a_policy_is_deleted_between_list_and_describe() {
    let recorders = follows(63, |world| {
        let policy = world.targets.iter().find(|(id, targets)| !id.contains("Full") && targets.len() > 1).unwrap().0;
        let change = Change::RemovePolicy(policy.clone());
        vec![Rule::on("DescribePolicy", Effect::Before(change)).about(policy.clone()).times(1)]
    });
    notes_something(&recorders);
}

#[test]
fn a_policy_is_deleted_before_its_targets_are_listed() {
    let recorders = follows(64, |world| {
        let policy = world.targets.iter().find(|(id, targets)| !id.contains("Full") && targets.len() > 1).unwrap().0;
        vec![
            Rule::on("DescribePolicy", Effect::After(Change::RemovePolicy(policy.clone())))
                .about(policy.clone())
                .times(1),
        ]
    });
    notes_something(&recorders);
}

#[test]
fn a_policy_is_created_and_attached_meanwhile() {
    follows(65, |world| {
        let policy = Policy {
            name: "New".to_owned(),
            description: String::new(),
            policy_type: SCP.to_owned(),
            aws_managed: false,
            content: r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned(),
        };
        let id = "p-newpolicy1".to_owned();
        let attach = Change::Attach { policy: id.clone(), target: world.root.clone() };
        vec![
            Rule::on("DescribePolicy", Effect::After(Change::AddPolicy { id, policy })).times(1),
            Rule::on("DescribePolicy", Effect::After(attach)).times(1),
        ]
    });
}

#[test]
fn an_account_leaves_and_another_joins() {
    follows(66, |world| {
        let (from, leaver, to) = two_units(world);
        let account = Account {
            name: "newcomer".to_owned(),
            email: "newcomer@example.com".to_owned(),
            state: "ACTIVE".to_owned(),
            parent: to,
            tags: BTreeMap::new(),
        };
        vec![
            Rule::on("ListAccountsForParent", Effect::Before(Change::RemoveAccount(leaver))).about(from).times(1),
            Rule::on("ListAccounts", Effect::Before(Change::AddAccount { id: "999888777666".to_owned(), account }))
                .times(1),
        ]
    });
}

#[test]
fn a_unit_is_deleted_after_it_was_listed() {
    let recorders = follows(67, |world| {
        let is_empty = |id: &&String| {
            !world.units.values().any(|unit| unit.parent == **id)
                && !world.accounts.values().any(|account| account.parent == **id)
        };
        // Make one, if there is none.
        let id = world.units.keys().find(is_empty).cloned();
        let id = id.unwrap_or_else(|| panic!("no empty unit: choose another seed"));
        vec![Rule::on("ListAccountsForParent", Effect::Before(Change::RemoveUnit(id.clone()))).about(id).times(1)]
    });
    notes_something(&recorders);
}

/// An organization that never rests: either a snapshot of it in which everything fits, or the error that says so.
#[test]
fn an_organization_that_never_rests() {
    let mut endings = BTreeMap::<&str, usize>::new();
    for seed in 0..12_u64 {
        let server = start(70 + seed, Settings { page_size: 7, ..Settings::default() });
        let world = server.world();
        let units: Vec<&String> = world.units.keys().collect();
        let movers: Vec<&String> = world.accounts.keys().filter(|id| **id != world.management).take(12).collect();
        let script = movers.iter().zip(1_u64..).flat_map(|(account, number)| {
            let to = |shift: u64| units[usize::try_from((seed + number * shift) % units.len() as u64).unwrap()].clone();
            let change =
                |shift: u64| Effect::After(Change::MoveAccount { account: (**account).clone(), to: to(shift) });
            [
                Rule::on("ListAccountsForParent", change(3)).one_in(9, seed * 100 + number).times(2),
                Rule::on("ListAccounts", change(5)).one_in(5, seed * 100 + number).times(1),
            ]
        });
        server.set_script(script.collect());
        match crate::support::try_fetch(&server.url(), &options()).0 {
            Ok(inventory) => {
                *endings.entry("snapshot").or_default() += 1;
                let found: Vec<&String> = inventory.accounts.iter().map(|account| &account.id).collect();
                assert_eq!(found, world.accounts.keys().collect::<Vec<_>>(), "every account once");
                for account in &inventory.accounts {
                    let may_move = movers.contains(&&account.id);
                    assert!(may_move || account.parent_id == world.accounts[&account.id].parent, "{account:?}");
                }
                let truth = server.truth(false);
                assert_eq!(inventory.attachments, truth.attachments);
                assert_eq!(inventory.organizational_units, truth.organizational_units);
            }
            Err(FetchError::Inconsistent { what }) => {
                *endings.entry("inconsistent").or_default() += 1;
                assert!(!what.is_empty());
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(endings.contains_key("snapshot"), "{endings:?}");
}

/// Policies come, go, are rewritten, attached and detached: what stays the same is whole, and nothing is there that
/// never was.
#[test]
fn policies_that_never_rest() {
    let mut endings = BTreeMap::<&str, usize>::new();
    for (seed, attachments_by) in (0..6_u64).flat_map(|seed| WAYS.map(|way| (seed, way))) {
        let server = start(100 + seed, Settings { page_size: 7, ..Settings::default() });
        let before = server.truth(false);
        server.set_script(restless_policies(&server.world(), seed));
        let options = FetchOptions { attachments_by, ..options() };
        match crate::support::try_fetch(&server.url(), &options).0 {
            Ok(found) => {
                *endings.entry("snapshot").or_default() += 1;
                let after = server.truth(false);
                assert_between(&before.attachments, &found.attachments, &after.attachments);
                let ids = |inventory: &Inventory| {
                    inventory.policies.iter().map(|policy| policy.id.clone()).collect::<Vec<_>>()
                };
                assert_between(&ids(&before), &ids(&found), &ids(&after));
                for policy in &found.policies {
                    let is_same = |inventory: &Inventory| inventory.policies.contains(policy);
                    assert!(is_same(&before) || is_same(&after), "{policy:?}");
                }
                assert_eq!((found.accounts, found.organizational_units), (after.accounts, after.organizational_units));
            }
            Err(FetchError::Inconsistent { what }) => {
                *endings.entry("inconsistent").or_default() += 1;
                assert!(!what.is_empty());
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(endings.contains_key("snapshot"), "{endings:?}");
}

/// What is there before and after is found, and what is found was there before or after.
fn assert_between<T: Ord + std::fmt::Debug>(before: &[T], found: &[T], after: &[T]) {
    for item in found {
        assert!(before.contains(item) || after.contains(item), "{item:?} never was");
    }
    for item in before.iter().filter(|item| after.contains(item)) {
        assert!(found.contains(item), "{item:?} is lost");
    }
}

/// Each policy changes once, in one way, at some moment.
fn restless_policies(world: &World, seed: u64) -> Vec<Rule> {
    let own = world.policies.iter().filter(|(_, policy)| !policy.aws_managed && policy.policy_type == SCP);
    let moments = ["DescribePolicy", "ListTargetsForPolicy", "ListPoliciesForTarget", "ListAccountsForParent"];
    let units: Vec<&String> = world.units.keys().collect();
    own.zip(0_u64..)
        .map(|((id, policy), number)| {
            let unit = units[usize::try_from((seed + number * 7) % units.len() as u64).unwrap()].clone();
            let attached = world.targets.get(id).and_then(|targets| targets.first().cloned());
            let change = match (number % 5, attached) {
                (0, _) => Change::RemovePolicy(id.clone()),
                (1, _) => Change::UpdatePolicy { id: id.clone(), content: r#"{"Statement":[]}"#.to_owned() },
                (2, _) => Change::AddPolicy {
                    id: format!("p-new{number:07}"),
                    policy: Policy { name: format!("New {number}"), ..policy.clone() },
                },
                (3, Some(target)) => Change::Detach { policy: id.clone(), target },
                (_, _) => Change::Attach { policy: id.clone(), target: unit },
            };
            let moment = moments[usize::try_from((seed + number) % 4).unwrap()];
            Rule::on(moment, Effect::After(change)).one_in(6, seed * 100 + number).times(1)
        })
        .collect()
}
