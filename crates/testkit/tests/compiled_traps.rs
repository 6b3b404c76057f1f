//! The compiled evaluator falls into none of the traps of part G, and explains each answer by the right statements.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test helper fails the test by panicking")]

use scproof_evaluator::{CompiledOrganization, Decision, EvaluationOptions};
use scproof_testkit::causes;
use scproof_testkit::traps::{Cases, load_traps};

fn run(options: EvaluationOptions) -> (usize, Vec<String>) {
    let mut failures = Vec::new();
    let mut asked = 0;
    for trap in load_traps().unwrap() {
        let Cases::Decide(cases) = &trap.cases else { continue };
        let compiled = CompiledOrganization::compile(trap.organization().unwrap(), options);
        for (number, case) in cases.iter().enumerate() {
            asked += 1;
            let place = format!("{} case {number}", trap.id);
            let query = compiled.prepare(&case.request().unwrap()).unwrap_or_else(|error| panic!("{place}: {error}"));
            let expected = if options.refine { case.decision() } else { case.kleene_decision() }.unwrap();
            let answer = compiled.explain(&query);
            let decided = compiled.decide(&query);
            if decided != expected || answer.decision != decided {
                failures.push(format!("{place}: expected {expected}, found {decided}, {answer:#?}"));
                continue;
            }
            let organization = compiled.organization();
            let determining = causes::determining(organization, &answer);
            if decided == Decision::ExplicitDeny && case.determining_set().is_some_and(|set| set != determining) {
                failures.push(format!("{place}: determining {determining:?}"));
            }
            let levels = &causes::levels_without_allow(organization, &answer);
            if case.levels_without_allow.as_ref().is_some_and(|expected| expected != levels) {
                failures.push(format!("{place}: levels {levels:?}"));
            }
            let missing = case.missing_questions(&causes::undecided(organization, &answer));
            if decided == Decision::Unknown && !missing.is_empty() {
                failures.push(format!("{place}: {missing:?} not in {:?}", answer.undecided));
            }
            if decided == Decision::Unknown && answer.depends_on.is_none() {
                failures.push(format!("{place}: no condition"));
            }
        }
    }
    (asked, failures)
}

#[test]
fn with_refinement() {
    let (asked, failures) = run(EvaluationOptions::default());
    assert!(failures.is_empty(), "{} of {asked} cases:\n{}", failures.len(), failures.join("\n"));
    assert!(asked > 150, "only {asked} cases");
}

#[test]
fn without_refinement() {
    let (asked, failures) = run(EvaluationOptions { refine: false, ..EvaluationOptions::default() });
    assert!(failures.is_empty(), "{} of {asked} cases:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn gen_3_an_assumed_reading_of_an_action_pattern_is_recorded() {
    let trap = load_traps().unwrap().into_iter().find(|trap| trap.id == "TRAP-1").unwrap();
    let text = trap.snapshot().unwrap().to_string().replace("svc:A", "**");
    let organization = scproof_testkit::traps::organization(&text).unwrap();
    let options = EvaluationOptions { assume_preferred: true, ..EvaluationOptions::default() };
    let compiled = CompiledOrganization::compile(organization, options);
    let query = compiled.prepare(&scproof_evaluator::Request::new("222222222222", "ec2:RunInstances")).unwrap();
    assert!(compiled.explain(&query).assumed.contains(&"DOC-19"), "the wildcard `**`");
}
