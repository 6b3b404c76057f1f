//! What may not be read is unknown in the snapshot, never empty, and the rest is complete (API-42).

use scproof_fetch::{AttachmentsBy, FetchOptions, Inventory};
use scproof_organization::UnreadableRecord;
use scproof_organizations_server::{Effect, RCP, Rule, SCP, Server, Settings, Sizes, World};

use crate::support::{assert_same, fetched, options, start, timeless, try_fetch};

fn unreadable(operation: &str, target: Option<&str>) -> UnreadableRecord {
    UnreadableRecord {
        target_id: target.map(str::to_owned),
        operation: operation.to_owned(),
        policy_type: None,
        error: Some("AccessDeniedException".to_owned()),
    }
}

/// Fetches while some calls are denied, and compares with the truth as far as it may be read.
fn partly(server: &Server, options: &FetchOptions, script: Vec<Rule>, known: impl Fn(&mut Inventory)) {
    let about = format!("{script:?}");
    server.set_script(script);
    let (inventory, recorder) = fetched(&server.url(), options);
    let mut expected = server.truth(options.tags);
    known(&mut expected);
    expected.sort();
    assert_same(&timeless(inventory), &expected, &format!("{about}\n{:#?}", recorder.notes()));
}

fn denied(operation: &'static str, about: &str) -> Vec<Rule> {
    vec![Rule::on(operation, Effect::DENIED).about(about)]
}

/// A unit with accounts and without units below.
fn leaf(world: &World) -> String {
    let has_units = |id: &str| world.units.values().any(|unit| unit.parent == id);
    let has_accounts = |id: &str| world.accounts.values().any(|account| account.parent == id);
    world.units.keys().find(|id| !has_units(id) && has_accounts(id)).unwrap().clone()
}

/// A unit with units below.
fn branch(world: &World) -> String {
    let has_units = |id: &str| world.units.values().any(|unit| unit.parent == id);
    world.units.keys().find(|id| has_units(id)).unwrap().clone()
}

#[test]
fn the_accounts_of_one_unit() {
    let server = start(50, Settings::default());
    let unit = leaf(&server.world());
    // ListAccounts and ListParents tell which accounts there are, and where: nothing is unknown.
    partly(&server, &options(), denied("ListAccountsForParent", &unit), |_| {});
    let mut script = denied("ListAccountsForParent", &unit);
    script.push(Rule::on("ListAccounts", Effect::DENIED));
    let by_policy = FetchOptions { attachments_by: AttachmentsBy::Policy, ..options() };
    partly(&server, &by_policy, script, |expected| {
        let hidden: Vec<String> = (expected.accounts.iter().filter(|account| account.parent_id == unit))
            .map(|account| account.id.clone())
            .collect();
        assert!(!hidden.is_empty());
        // Their attachments show that they exist, and ListParents where; their names stay unknown.
        for account in expected.accounts.iter_mut().filter(|account| hidden.contains(&account.id)) {
            let (id, parent_id) = (account.id.clone(), account.parent_id.clone());
            *account = scproof_organization::AccountRecord { id, parent_id, ..Default::default() };
        }
        expected.unreadable.push(unreadable("ListAccounts", None));
        expected.unreadable.push(unreadable("ListAccountsForParent", Some(&unit)));
    });
}

#[test]
fn the_units_of_one_unit() {
    let server = start(51, Settings::default());
    let unit = branch(&server.world());
    server.set_script(denied("ListOrganizationalUnitsForParent", &unit));
    let (inventory, recorder) = fetched(&server.url(), &options());
    let truth = server.truth(false);
    assert_eq!(inventory.unreadable, [unreadable("ListOrganizationalUnitsForParent", Some(&unit))]);
    // Accounts below hidden units, and targets of policies, lead to the units; a unit that nothing leads to does not
    // exist here.
    let notes = recorder.notes();
    assert_eq!(inventory.accounts.len(), truth.accounts.len(), "{notes:#?}");
    for (found, expected) in inventory.accounts.iter().zip(&truth.accounts) {
        assert_eq!((&found.id, &found.parent_id), (&expected.id, &expected.parent_id));
    }
    assert_eq!(inventory.attachments, truth.attachments, "{notes:#?}");
}

#[test]
fn the_policies_of_one_target_and_the_targets_of_one_policy() {
    let server = start(52, Settings::default());
    let unit = leaf(&server.world());
    let by_target = FetchOptions { attachments_by: AttachmentsBy::Target, ..options() };
    partly(&server, &by_target, denied("ListPoliciesForTarget", &unit), |expected| {
        expected.attachments.retain(|attachment| attachment.target_id != unit);
        let without_type = unreadable("ListPoliciesForTarget", Some(&unit));
        let for_rcps = UnreadableRecord { policy_type: Some(RCP.to_owned()), ..without_type.clone() };
        expected.unreadable.extend([without_type, for_rcps]);
    });
    let world = server.world();
    let policy =
        world.targets.iter().find(|(id, targets)| !id.contains("Full") && !targets.is_empty()).unwrap().0.clone();
    let by_policy = FetchOptions { attachments_by: AttachmentsBy::Policy, ..options() };
    partly(&server, &by_policy, denied("ListTargetsForPolicy", &policy), |expected| {
        expected.attachments.retain(|attachment| attachment.policy_id != policy);
        expected.unreadable.push(unreadable("ListTargetsForPolicy", Some(&policy)));
    });
}

#[test]
fn the_text_of_one_policy() {
    let server = start(53, Settings::default());
    let policy = server.world().policies.keys().find(|id| !id.contains("Full")).unwrap().clone();
    partly(&server, &options(), denied("DescribePolicy", &policy), |expected| {
        let record = expected.policies.iter_mut().find(|record| record.id == policy).unwrap();
        record.content = None;
        expected.unreadable.push(unreadable("DescribePolicy", Some(&policy)));
    });
}

#[test]
fn all_policies_of_a_type() {
    let server = start(54, Settings::default());
    // Without SCPs there would be nothing to answer from.
    server.set_script(denied("ListPolicies", SCP));
    let error = try_fetch(&server.url(), &options()).0.unwrap_err();
    assert_eq!(error.missing_permission().as_deref(), Some("organizations:ListPolicies"));
    partly(&server, &options(), denied("ListPolicies", RCP), |expected| {
        let is_rcp = |id: &str| id == "p-RCPFullAWSAccess" || server.world().policies[id].policy_type == RCP;
        expected.policies.retain(|policy| !is_rcp(&policy.id));
        expected.attachments.retain(|attachment| !is_rcp(&attachment.policy_id));
        let record = unreadable("ListPolicies", None);
        expected.unreadable.push(UnreadableRecord { policy_type: Some(RCP.to_owned()), ..record });
    });
}

#[test]
fn the_list_of_all_accounts() {
    let server = start(55, Settings::default());
    partly(&server, &options(), vec![Rule::on("ListAccounts", Effect::DENIED)], |expected| {
        expected.unreadable.push(unreadable("ListAccounts", None));
    });
}

#[test]
fn tags_of_one_account_and_of_all() {
    let world = World::generate(56, &Sizes { accounts: 150, units: 5, policies: 3, resource_policies: 0, tags: 3 });
    let server = Server::start(world, Settings::default()).unwrap();
    let options = FetchOptions { tags: true, ..options() };
    let account = server.world().accounts.iter().find(|(_, account)| !account.tags.is_empty()).unwrap().0.clone();
    partly(&server, &options, denied("ListTagsForResource", &account), |expected| {
        expected.accounts.iter_mut().find(|record| record.id == account).unwrap().tags.clear();
        expected.unreadable.push(unreadable("ListTagsForResource", Some(&account)));
    });
    server.forget_statistics();
    partly(&server, &options, vec![Rule::on("ListTagsForResource", Effect::DENIED)], |expected| {
        expected.accounts.iter_mut().for_each(|record| record.tags.clear());
        expected.unreadable.push(unreadable("ListTagsForResource", None));
    });
    assert!(server.statistics().calls_of("ListTagsForResource") < 120, "not every account is asked in vain");
}

#[test]
fn answers_about_an_unreadable_part_are_unknown() {
    use scproof_evaluator::{CompiledOrganization, Decision, EvaluationOptions, Request};
    use scproof_organization::Organization;

    let server = start(57, Settings::default());
    let unit = leaf(&server.world());
    let account = server.world().accounts.iter().find(|(_, account)| account.parent == unit).unwrap().0.clone();
    let ask = |options: &FetchOptions| {
        let (inventory, _) = fetched(&server.url(), options);
        let organization = Organization::from_inventory(&inventory).unwrap();
        let compiled = CompiledOrganization::compile(organization, EvaluationOptions::default());
        compiled.ask(&Request::new(account.as_str(), "ec2:RunInstances")).unwrap()
    };
    let options = FetchOptions { attachments_by: AttachmentsBy::Target, ..options() };
    let before = ask(&options);
    assert!(matches!(before, Decision::Allowed | Decision::ImplicitDeny), "{before}");
    server.set_script(denied("ListPoliciesForTarget", &unit));
    let after = ask(&options);
    assert!(matches!(after, Decision::Unknown), "{after}");
}
