//! The measured questions are varied, and answered alike by all who answer them.

use std::collections::BTreeMap;

use scproof_benches::chain;
use scproof_catalog::Catalog;
use scproof_evaluator::{CompiledOrganization, EvaluationOptions};
use scproof_organization::Organization;
use scproof_testkit::reference;

#[test]
fn verdicts_are_mixed_and_those_of_the_reference() {
    let organization = Organization::from_inventory(&chain::inventory()).unwrap();
    let options = EvaluationOptions { refine: false, ..EvaluationOptions::default() };
    let compiled = CompiledOrganization::compile(organization.clone(), options);
    let tally = |requests: Vec<scproof_evaluator::Request>| {
        let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
        for request in requests {
            let decision = compiled.ask(&request).unwrap();
            let expected = reference::decide(&organization, Catalog::embedded(), options, &request).unwrap();
            assert_eq!(decision, expected.decision, "{request:?}");
            *verdicts.entry(decision.as_str()).or_default() += 1;
        }
        verdicts
    };
    let known = tally(chain::known_requests());
    assert_eq!(known.values().sum::<usize>(), 64);
    assert!(["allowed", "explicitDeny", "implicitDeny"].iter().all(|verdict| known[verdict] >= 2), "{known:?}");
    let unknown = tally(chain::unknown_requests());
    assert!(unknown["unknown"] >= 12, "{unknown:?}");
    println!("{known:?} {unknown:?}");
}

#[test]
fn the_chain_has_four_levels_and_ten_policies() {
    let organization = Organization::from_inventory(&chain::inventory()).unwrap();
    let account = organization.resolve_account(chain::ACCOUNT).unwrap();
    assert_eq!(organization.inheritance_path(account).len(), 4);
    assert_eq!((organization.policies().len(), chain::policy_texts().len()), (10, 10));
    assert!(chain::known_requests().iter().all(|request| request.context.iter().count() == 12));
}
