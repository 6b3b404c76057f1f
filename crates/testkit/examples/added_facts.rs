//! Asks `can`, `who-can` and `effective` the same generated questions, with facts added one by one: they must say the same, and a fact
//! more must never turn one definite answer into another.
//!
//! `cargo run --release -p scproof-testkit --example added_facts -- QUESTIONS [SEED]`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a development program that stops when it cannot go on")]

use std::process::ExitCode;

use scproof_catalog::Catalog;
use scproof_evaluator::{Caller, CompiledOrganization, Decision, EvaluationOptions, Request};
use scproof_organization::Organization;
use scproof_testkit::strategies::{CallScenario, Chance};

/// Among several checks of a call the kind of a denial is that of those which are certain: another may deny explicitly (CLR-7).
fn is_compatible(before: Decision, after: Decision) -> bool {
    before == Decision::Unknown || after == Decision::Unknown || before.is_denied() == after.is_denied()
}

/// What the three say of a question; `effective` only of one that names no resource.
fn answers(compiled: &CompiledOrganization, question: &Request) -> Option<Vec<(&'static str, Decision)>> {
    let mut found = vec![("can", compiled.ask(question).ok()?)];
    let accounts: Vec<_> = compiled.organization().accounts().collect();
    // Who calls is asked by name there: it is the same user in each account.
    let asked = Request { account: String::new(), principal: Some("user/alice".to_owned()), ..question.clone() };
    let together = compiled.who_can(&asked, &accounts).ok()?;
    let of_account = together.groups.iter().find(|group| {
        group.accounts.iter().any(|node| compiled.organization().node(*node).target.as_str() == question.account)
    });
    found.extend(of_account.map(|group| ("who-can", group.decision)));
    if question.resources.is_empty() {
        let caller = Caller {
            account: question.account.clone(),
            principal: question.principal.clone(),
            context: question.context.clone(),
            ..Caller::default()
        };
        let permissions = compiled.effective(&caller).ok()?;
        let action = Catalog::embedded().find_action(&question.action)?;
        let of_action = permissions.groups.iter().find(|group| group.actions.contains(&action));
        found.extend(of_action.map(|group| ("effective", group.decision)));
    }
    Some(found)
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut number = |otherwise: u64| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (wanted, seed) = (number(10_000), number(1));
    let mut chance = Chance::new(seed);
    let (mut asked, mut faults) = (0_u64, 0_u64);
    while asked < wanted && faults < 10 {
        let Some(scenario) = CallScenario::generate(&mut chance) else { continue };
        let organization = Organization::from_inventory(&scenario.inventory).unwrap();
        let compiled = CompiledOrganization::compile(organization, EvaluationOptions::default());
        let mut before: Option<Decision> = None;
        for count in 0..=scenario.facts.len() {
            let question = scenario.with_facts(count);
            let Some(found) = answers(&compiled, &question) else { continue };
            asked += 1;
            let Some((_, can)) = found.first().copied() else { continue };
            let agree = found.iter().all(|(_, decision)| *decision == can);
            if !agree || before.is_some_and(|before| !is_compatible(before, can)) {
                faults += 1;
                println!("{found:?} after {before:?}\n{}\n{question:#?}\n", scenario.inventory.to_json());
            }
            before = Some(can);
        }
    }
    println!("{asked} questions, {faults} contradictions, seed {seed}");
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
