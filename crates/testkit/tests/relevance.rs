//! What no policy looks at decides nothing: a question without it has the same verdict.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use scproof_evaluator::{CompiledOrganization, EvaluationOptions};
use scproof_organization::Organization;
use scproof_testkit::strategies;

#[test]
fn reduced_questions_have_the_same_verdict() {
    let mut runner = TestRunner::deterministic();
    let (mut compared, mut shorter) = (0, 0);
    for number in 0..500 {
        let strategy = if number % 2 == 0 { strategies::scenario(6) } else { strategies::focused_scenario(6) };
        let scenario = strategy.new_tree(&mut runner).unwrap().current();
        let organization = Organization::from_inventory(&scenario.inventory).unwrap_or_else(|error| panic!("{error}"));
        let compiled = CompiledOrganization::compile(organization, EvaluationOptions::default());
        for request in &scenario.requests {
            // Facts that contradict each other are the asker's word; which of them count is no matter of policies.
            let Ok(query) = compiled.prepare(request) else { continue };
            if !query.broken_laws().is_empty() {
                continue;
            }
            let reduced = compiled.relevance(&request.account, &request.action).reduced(request);
            let found = compiled.ask(&reduced).unwrap_or_else(|error| panic!("{error}: {reduced:?}"));
            assert_eq!(found, compiled.decide(&query), "{request:#?}\n{reduced:#?}\n{:#?}", scenario.inventory);
            compared += 1;
            shorter += usize::from(reduced != *request);
        }
    }
    assert!(compared > 500 && shorter > 200, "{compared} {shorter}");
}
