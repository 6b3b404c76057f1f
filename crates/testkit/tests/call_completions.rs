//! A definite answer to a question about a call holds for every call that the question stands for (K3-15, K.1, K.2).

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use scproof_catalog::Catalog;
use scproof_evaluator::{CompiledOrganization, Decision, EvaluationOptions, Request};
use scproof_organization::Organization;
use scproof_testkit::reference;
use scproof_testkit::strategies::{CallScenario, Chance};

const PLAIN: EvaluationOptions =
    EvaluationOptions { assume_preferred: false, closed_key_list: false, beyond_catalog: false, refine: false };
const REFINED: EvaluationOptions = EvaluationOptions { refine: true, ..PLAIN };

/// What the reference evaluator says of a question, and what the compiled one settles by cases.
fn asked(organization: &Organization, question: &Request) -> [Decision; 2] {
    let plain = reference::decide(organization, Catalog::embedded(), PLAIN, question).unwrap().decision;
    [plain, CompiledOrganization::compile(organization.clone(), REFINED).ask(question).unwrap()]
}

/// A call of which all pairs and keys are given: no table is needed.
fn whole(organization: &Organization, call: &Request) -> Decision {
    let call = call.clone().beyond_catalog();
    reference::decide(organization, Catalog::embedded(), PLAIN, &call).unwrap().decision
}

/// Whether a verdict stands when more is known, and so does the kind of a denial (EVAL-10, CLR-7). Going through cases
/// may settle less of a kind with a fact more: fewer facts are asked about twice.
fn stands(before: Decision, after: Decision) -> bool {
    match (before, after) {
        (Decision::Unknown, _) | (_, Decision::Unknown) => true,
        (Decision::Deny, _) | (_, Decision::Deny) => before.is_denied() == after.is_denied(),
        _ => before == after,
    }
}

#[test]
fn k3_15_definite_answers_hold_for_every_call_that_may_be_meant() {
    let mut chance = Chance::new(20_261_130);
    let (mut definite, mut held) = (0, 0);
    for _ in 0..600 {
        let Some(scenario) = CallScenario::generate(&mut chance) else { continue };
        let organization = Organization::from_inventory(&scenario.inventory).unwrap();
        let [plain, refined] = asked(&organization, &scenario.question);
        definite += usize::from(plain != Decision::Unknown);
        for _ in 0..16 {
            let Some(call) = scenario.complete(&scenario.question, &mut chance) else { continue };
            let after = whole(&organization, &call);
            held += usize::from(plain == after);
            assert!(
                stands(plain, after) && stands(refined, after),
                "{plain}, by cases {refined}, became {after}\n{}\nasked {:#?}\nmade {call:#?}",
                scenario.inventory.to_json(),
                scenario.question
            );
        }
    }
    assert!(definite > 120 && held > 1_200, "{definite} definite answers, {held} calls that have them");
}

#[test]
fn k3_15_a_fact_more_never_turns_one_definite_answer_into_another() {
    let mut chance = Chance::new(7);
    let mut settled = 0;
    for _ in 0..600 {
        let Some(scenario) = CallScenario::generate(&mut chance) else { continue };
        let organization = Organization::from_inventory(&scenario.inventory).unwrap();
        let mut before = asked(&organization, &scenario.question);
        for count in 1..=scenario.facts.len() {
            let after = asked(&organization, &scenario.with_facts(count));
            for (before, after) in before.into_iter().zip(after) {
                assert!(stands(before, after), "{before} became {after} with {:#?}", scenario.with_facts(count));
                settled += usize::from(before == Decision::Unknown && after != Decision::Unknown);
            }
            before = after;
        }
    }
    assert!(settled > 8, "{settled}");
}
