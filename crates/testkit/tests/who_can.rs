//! One call asked of many accounts has for each of them the answer that it has alone (K3-11), and accounts with the
//! same effective permissions have them alone too (K3-18).

#![expect(clippy::unwrap_used, reason = "a test helper fails the test by panicking")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use scproof_catalog::Catalog;
use scproof_evaluator::{
    Access, Answered, Caller, CompiledOrganization, EffectivePermissions, EvaluationOptions, PlacedStatement,
    Predicate, Request, StatementRef, WhoCanGroup,
};
use scproof_organization::{NodeId, Organization};
use scproof_testkit::reference;
use scproof_testkit::strategies;

/// The principal of the same name everywhere.
fn everywhere(principal: &str) -> String {
    let mut parts: Vec<&str> = principal.splitn(6, ':').collect();
    if let [_, _, _, _, account, _] = parts.as_mut_slice()
        && !account.is_empty()
    {
        *account = "*";
    }
    parts.join(":")
}

/// What is asked of one account.
fn question_of(question: &Request, account: &str) -> Request {
    let principal = question.principal.as_ref().map(|text| text.replace(":*:", &format!(":{account}:")));
    Request { account: account.to_owned(), principal, ..question.clone() }
}

fn placed(statements: &[PlacedStatement], account: NodeId) -> Vec<StatementRef> {
    statements.iter().map(|statement| statement.at(account)).collect()
}

/// Everything that a group says holds for each of its accounts.
fn check_group(compiled: &CompiledOrganization, group: &WhoCanGroup, id: NodeId, question: &Request) -> TestCaseResult {
    let query = compiled.prepare(question).unwrap();
    let alone = compiled.explain(&query);
    prop_assert_eq!(compiled.decide(&query), group.decision, "{:#?}\n{:#?}", question, group);
    prop_assert_eq!(alone.reason, group.reason);
    prop_assert_eq!(&alone.depends_on, &group.depends_on);
    let levels: Vec<NodeId> = group.levels_without_allow.iter().map(|level| level.at(id)).collect();
    prop_assert_eq!(&alone.levels_without_allow, &levels);
    match group.answered() {
        Answered::NotBlocked => prop_assert!(group.determining.is_empty()),
        Answered::Blocked => prop_assert_eq!(alone.determining, placed(&group.determining, id)),
        Answered::Depends => {
            let maybe: Vec<(StatementRef, Predicate)> =
                alone.levels.into_iter().flat_map(|level| level.maybe_denied_by).collect();
            let told: Vec<(StatementRef, Predicate)> =
                group.may_deny.iter().map(|(statement, unless)| (statement.at(id), unless.clone())).collect();
            prop_assert_eq!(maybe, told);
            for undecided in &alone.undecided {
                prop_assert!(group.undecided.contains(undecided));
            }
        }
    }
    Ok(())
}

fn check(organization: &Organization, options: EvaluationOptions, requests: &[Request]) -> TestCaseResult {
    let compiled = CompiledOrganization::compile(organization.clone(), options);
    let accounts: Vec<NodeId> = organization.accounts().collect();
    for request in requests {
        let principal = request.principal.as_deref().map(everywhere);
        let question = Request { account: String::new(), principal, ..request.clone() };
        let Ok(found) = compiled.who_can(&question, &accounts) else {
            let alone = accounts.iter().map(|&id| organization.node(id).target.as_str());
            prop_assert!(
                alone.into_iter().any(|id| compiled.ask(&question_of(&question, id)).is_err()),
                "{question:#?}"
            );
            continue;
        };
        let mut seen = 0;
        for group in &found.groups {
            for &id in &group.accounts {
                seen += 1;
                let asked = question_of(&question, organization.node(id).target.as_str());
                check_group(&compiled, group, id, &asked)?;
                if !options.refine {
                    let expected = reference::decide(organization, Catalog::embedded(), options, &asked).unwrap();
                    prop_assert_eq!(expected.decision, group.decision, "{:#?}", asked);
                }
            }
        }
        prop_assert_eq!(seen, accounts.len());
    }
    Ok(())
}

/// For each action, known or not, how it is treated and on which condition.
fn treatment(permissions: &EffectivePermissions) -> BTreeMap<String, (Access, Option<Predicate>)> {
    let catalog = Catalog::embedded();
    let mut result = BTreeMap::new();
    for group in &permissions.groups {
        let known = group.actions.iter().map(|&action| catalog.action(action).full_name());
        let unlisted = group.unlisted_actions.iter().cloned();
        let future = group.future_actions_of.iter().map(|service| format!("{service}:?"));
        let other = group.other_services.then(|| "?".to_owned());
        for name in known.chain(unlisted).chain(future).chain(other) {
            result.insert(name, (group.access, group.depends_on.clone()));
        }
    }
    result
}

proptest! {
    #[test]
    fn each_account_has_the_answer_that_it_has_alone(scenario in strategies::scenario(6), refine in any::<bool>()) {
        let organization = Organization::from_inventory(&scenario.inventory).unwrap();
        let options = EvaluationOptions { refine, ..scenario.options };
        check(&organization, options, &scenario.requests)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn each_account_has_the_permissions_that_it_has_alone(scenario in strategies::scenario(1)) {
        let organization = Organization::from_inventory(&scenario.inventory).unwrap();
        let options = EvaluationOptions { refine: true, ..scenario.options };
        let compiled = CompiledOrganization::compile(organization.clone(), options);
        let accounts: Vec<NodeId> = organization.accounts().collect();
        let request = scenario.requests.first().unwrap();
        let caller = Caller {
            account: String::new(),
            principal: request.principal.as_deref().map(everywhere),
            context: request.context.clone(),
            region: request.region.clone(),
            beyond_catalog: request.beyond_catalog,
            closed_context: request.closed_context,
        };
        let Ok(groups) = compiled.effective_set(&caller, &accounts) else { return Ok(()) };
        prop_assert_eq!(groups.iter().map(|group| group.accounts.len()).sum::<usize>(), accounts.len());
        for group in &groups {
            let shared = treatment(&group.permissions);
            for &id in &group.accounts {
                let account = organization.node(id).target.as_str().to_owned();
                let principal = caller.principal.as_ref().map(|text| text.replace(":*:", &format!(":{account}:")));
                let alone = compiled.effective(&Caller { account, principal, ..caller.clone() }).unwrap();
                prop_assert_eq!(alone.not_applicable, group.permissions.not_applicable);
                prop_assert_eq!(&treatment(&alone), &shared);
            }
        }
    }
}
