//! The reference evaluator falls into none of the traps of part G.

use scproof_catalog::Catalog;
use scproof_evaluator::{Decision, EvaluationOptions};
use scproof_testkit::reference::decide;
use scproof_testkit::traps::{Cases, load_traps};

#[test]
fn the_reference_evaluator_falls_into_no_trap() {
    let mut failures = Vec::new();
    let mut asked = 0;
    for trap in load_traps().unwrap() {
        let Cases::Decide(cases) = &trap.cases else { continue };
        let organization = trap.organization().unwrap();
        for (number, case) in cases.iter().enumerate() {
            asked += 1;
            let place = format!("{} case {number}", trap.id);
            let request = case.request().unwrap_or_else(|error| panic!("{place}: {error}"));
            let answer = decide(&organization, Catalog::embedded(), EvaluationOptions::default(), &request);
            let answer = answer.unwrap_or_else(|error| panic!("{place}: {error}"));
            let expected = case.kleene_decision().unwrap();
            if answer.decision != expected {
                failures.push(format!("{place}: expected {expected}, found {answer:#?}"));
                continue;
            }
            let decides = expected == case.decision().unwrap();
            if decides && case.determining_set().is_some_and(|determining| determining != answer.determining) {
                failures.push(format!("{place}: determining {:?}", answer.determining));
            }
            if expected == Decision::ExplicitDeny && case.determining.is_none() {
                failures.push(format!("{place}: says nothing of the determining statements"));
            }
            if case.levels_without_allow.as_ref().is_some_and(|levels| *levels != answer.levels_without_allow) {
                failures.push(format!("{place}: levels {:?}", answer.levels_without_allow));
            }
            let missing = case.missing_questions(&answer.undecided);
            if !missing.is_empty() {
                failures.push(format!("{place}: {missing:?} not in {:?}", answer.undecided));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {asked} cases:\n{}", failures.len(), failures.join("\n"));
    assert!(asked > 150, "only {asked} cases");
}
