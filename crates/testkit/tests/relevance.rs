//! What no policy looks at decides nothing: a question without it has the same verdict.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use scproof_evaluator::{CompiledOrganization, EvaluationOptions, Request};
use scproof_organization::Organization;
use scproof_testkit::strategies::{self, CallScenario, Chance};

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
            let Some(is_shorter) = same_when_reduced(&compiled, request) else { continue };
            compared += 1;
            shorter += usize::from(is_shorter);
        }
    }
    assert!(compared > 500 && shorter > 200, "{compared} {shorter}");
}

/// The same of calls, whose checks carry different keys (part K).
#[test]
fn call_8_reduced_calls_have_the_same_verdict() {
    let mut chance = Chance::new(20_261_201);
    let (mut compared, mut shorter) = (0, 0);
    for _ in 0..300 {
        let Some(mut scenario) = CallScenario::generate(&mut chance) else { continue };
        let organization = Organization::from_inventory(&scenario.inventory).unwrap();
        let compiled = CompiledOrganization::compile(organization, EvaluationOptions::default());
        for _ in 0..8 {
            if let Some(is_shorter) = same_when_reduced(&compiled, &scenario.with_facts(scenario.facts.len())) {
                compared += 1;
                shorter += usize::from(is_shorter);
            }
            scenario = scenario.another(&mut chance);
        }
    }
    assert!(compared > 1_000 && shorter > 200, "{compared} {shorter}");
}

/// Asks a question whole and reduced; whether the reduced one is shorter. Nothing if it cannot be asked, or if its
/// facts contradict each other: they are the asker's word, and which of them count is no matter of policies.
fn same_when_reduced(compiled: &CompiledOrganization, request: &Request) -> Option<bool> {
    let query = compiled.prepare(request).ok().filter(|query| query.broken_laws().is_empty())?;
    let reduced = compiled.relevance(&request.account, &request.action).reduced(request);
    assert_eq!(compiled.ask(&reduced).ok(), Some(compiled.decide(&query)), "{request:#?}\n{reduced:#?}");
    Some(reduced != *request)
}
