//! The compiled evaluator equals the reference one (K3-11, GEN-3), verdict by verdict and cause by cause.

#![expect(clippy::unwrap_used, reason = "a test helper fails the test by panicking")]

use proptest::prelude::*;
use scproof_catalog::Catalog;
use scproof_evaluator::{CompiledOrganization, Decision, Request};
use scproof_organization::Organization;
use scproof_testkit::causes;
use scproof_testkit::cores::on_all_cores;
use scproof_testkit::reference;
use scproof_testkit::strategies::{self, Scenario};

fn differences(scenario: &Scenario) -> Vec<String> {
    let organization = Organization::from_inventory(&scenario.inventory).unwrap();
    let compiled = CompiledOrganization::compile(organization.clone(), scenario.options);
    let mut differences = Vec::new();
    for request in &scenario.requests {
        let expected = reference::decide(&organization, Catalog::embedded(), scenario.options, request);
        match (compiled.prepare(request), expected) {
            (Err(_), Err(_)) => {}
            (Ok(query), Ok(expected)) => {
                let found = compiled.decide(&query);
                let explained = compiled.explain(&query);
                let determining = causes::determining(&organization, &explained);
                let same_causes = match expected.decision {
                    Decision::ExplicitDeny => determining == expected.determining,
                    Decision::ImplicitDeny => {
                        causes::levels_without_allow(&organization, &explained) == expected.levels_without_allow
                    }
                    Decision::Allowed | Decision::Deny | Decision::Unknown | Decision::NotApplicable => true,
                };
                if found != expected.decision
                    || explained.decision != found
                    || explained.reason != expected.reason
                    || !same_causes
                {
                    differences.push(format!("{request:#?}\nexpected {expected:#?}\nfound {found} {explained:#?}"));
                }
            }
            (Ok(query), Err(error)) => {
                differences
                    .push(format!("{request:#?}\nonly the reference refuses: {error}; {:?}", compiled.decide(&query)));
            }
            (Err(error), Ok(_)) => differences.push(format!("{request:#?}\nonly the compiled one refuses: {error}")),
        }
    }
    differences
}

/// The same questions by the catalog's rows, as they are and with nothing said of the resource.
fn by_catalog(mut scenario: Scenario) -> Scenario {
    scenario.options.beyond_catalog = false;
    let mut requests = Vec::new();
    for request in scenario.requests {
        requests.push(Request { resources: Vec::new(), ..request.clone() });
        requests.push(Request { resources_complete: true, ..request.clone() });
        requests.push(request);
    }
    Scenario { requests, ..scenario }
}

#[test]
fn call_1_to_call_9_on_calls_of_known_actions() {
    on_all_cores(
        256,
        || strategies::scenario(4),
        |scenario| {
            let differences = differences(&by_catalog(scenario));
            prop_assert!(differences.is_empty(), "{}", differences.join("\n"));
            Ok(())
        },
    );
}

#[test]
fn on_everything_that_can_be_generated() {
    on_all_cores(
        256,
        || strategies::scenario(8),
        |scenario| {
            let differences = differences(&scenario);
            prop_assert!(differences.is_empty(), "{}", differences.join("\n"));
            Ok(())
        },
    );
}
