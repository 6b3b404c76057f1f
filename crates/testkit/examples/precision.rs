//! Measures how often an answer is *unknown* that need not be: of generated questions that leave some facts open and
//! whose possible calls are all treated alike, the share that is answered *unknown*.
//!
//! `cargo run --release -p scproof-testkit --example precision -- QUESTIONS [SEED] [SHOWN]`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a development program that stops when it cannot go on")]

use std::collections::BTreeMap;
use std::process::ExitCode;

use scproof_catalog::Catalog;
use scproof_evaluator::{CompiledOrganization, Decision, EvaluationOptions, Request};
use scproof_organization::Organization;
use scproof_testkit::reference;
use scproof_testkit::strategies::{CallScenario, Chance};

/// Calls made of each question.
const CALLS: usize = 150;

/// The verdict that all possible calls of a question share; none if they differ, or one is unknown by itself.
fn common(
    scenario: &CallScenario,
    question: &Request,
    organization: &Organization,
    chance: &mut Chance,
) -> Option<Decision> {
    let mut found = None;
    let mut made = 0;
    for _ in 0..CALLS * 4 {
        if made == CALLS {
            break;
        }
        let Some(call) = scenario.complete(question, chance) else { continue };
        made += 1;
        // All pairs and keys are given: no table is needed.
        let call = call.beyond_catalog();
        let options = EvaluationOptions::default();
        let decision = reference::decide(organization, Catalog::embedded(), options, &call).ok()?.decision;
        if decision == Decision::Unknown || found.is_some_and(|found| found != decision) {
            return None;
        }
        found = Some(decision);
    }
    found
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut number = |otherwise: u64| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (wanted, seed, mut shown) = (number(10_000), number(1), number(0));
    let mut chance = Chance::new(seed);
    let (mut asked, mut alike, mut unknown, mut wrong) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut by_verdict: BTreeMap<&str, u64> = BTreeMap::new();
    while asked < wanted {
        let Some(scenario) = CallScenario::generate(&mut chance) else { continue };
        let organization = Organization::from_inventory(&scenario.inventory).unwrap();
        let compiled = CompiledOrganization::compile(organization.clone(), EvaluationOptions::default());
        for _ in 0..8 {
            let one = scenario.another(&mut chance);
            asked += 1;
            let Ok(answer) = compiled.ask(&one.question) else { continue };
            let Some(common) = common(&one, &one.question, &organization, &mut chance) else { continue };
            alike += 1;
            *by_verdict.entry(common.as_str()).or_default() += 1;
            let is_wrong = answer != common && !(answer == Decision::Deny && common.is_denied());
            if answer == Decision::Unknown {
                unknown += 1;
            } else if is_wrong {
                wrong += 1;
            }
            if is_wrong && shown > 0 {
                shown -= 1;
                println!("{answer}, all calls are {common}\n{}\n{:#?}\n", one.inventory.to_json(), one.question);
            }
        }
    }
    let percent = |part: u64, whole: u64| {
        let hundredths = (part * 10_000).checked_div(whole).unwrap_or(0);
        format!("{}.{:02} %", hundredths / 100, hundredths % 100)
    };
    println!("{asked} questions, {alike} whose calls agree {by_verdict:?}, seed {seed}");
    println!("{unknown} of them answered unknown: {}", percent(unknown, alike));
    println!("{wrong} answered otherwise than all calls");
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
