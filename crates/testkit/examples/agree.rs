//! The long run: asks both evaluators millions of generated questions and shrinks the first disagreements.
//!
//! `cargo run --release -p scproof-testkit --example agree -- REQUESTS [SEED]`

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a development program that stops when it cannot go on"
)]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use proptest::prop_oneof;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use scproof_catalog::Catalog;
use scproof_evaluator::{CompiledOrganization, Context, Decision, EvaluationOptions, Request};
use scproof_organization::{Inventory, Organization};
use scproof_testkit::causes;
use scproof_testkit::reference;
use scproof_testkit::strategies::{self, Scenario};
use serde_json::Value;

const REQUESTS_PER_ORGANIZATION: usize = 400;
/// More disagreements than this say nothing new.
const MAX_SHOWN: u64 = 12;

/// What the two say of a question, if they differ.
fn difference(inventory: &Inventory, options: EvaluationOptions, request: &Request) -> Option<String> {
    let organization = Organization::from_inventory(inventory).ok()?;
    let compiled = CompiledOrganization::compile(organization.clone(), options);
    compare(&organization, &compiled, options, request)
}

fn compare(
    organization: &Organization,
    compiled: &CompiledOrganization,
    options: EvaluationOptions,
    request: &Request,
) -> Option<String> {
    let expected = reference::decide(organization, Catalog::embedded(), options, request);
    let query = compiled.prepare(request);
    match (query, expected) {
        (Err(_), Err(_)) => None,
        (Ok(query), Ok(expected)) => {
            let found = compiled.decide(&query);
            let explained = compiled.explain(&query);
            let determining = causes::determining(organization, &explained);
            let same_causes = match expected.decision {
                Decision::ExplicitDeny => determining == expected.determining,
                Decision::ImplicitDeny => {
                    causes::levels_without_allow(organization, &explained) == expected.levels_without_allow
                }
                Decision::Allowed | Decision::Deny | Decision::Unknown | Decision::NotApplicable => true,
            };
            (found != expected.decision || explained.decision != found || !same_causes).then(|| {
                format!(
                    "reference {} {:?}\ncompiled  {found} (explained {}) {:?}",
                    expected.decision, expected.undecided, explained.decision, explained.undecided
                )
            })
        }
        (Ok(query), Err(error)) => Some(format!("only the reference refuses: {error}; {}", compiled.decide(&query))),
        (Err(error), Ok(_)) => Some(format!("only the compiled one refuses: {error}")),
    }
}

/// Looks for one statement, alone in the organization, and the fewest keys on which the two still differ.
fn shrink(scenario: &Scenario, request: &Request) -> String {
    let plain =
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}";
    for index in 0..scenario.inventory.policies.len() {
        let Some(content) = scenario.inventory.policies[index].content.clone() else { continue };
        let Ok(Value::Object(document)) = serde_json::from_str::<Value>(&content) else { continue };
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.clone(),
            Some(statement) => vec![statement.clone()],
            None => continue,
        };
        for statement in statements {
            let mut alone = document.clone();
            let allow: Value =
                serde_json::from_str("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}").unwrap();
            for companions in [vec![statement.clone(), allow], vec![statement.clone()]] {
                alone.insert("Statement".to_owned(), Value::Array(companions));
                let mut inventory = scenario.inventory.clone();
                for policy in &mut inventory.policies {
                    policy.content = Some(plain.to_owned());
                }
                inventory.policies[index].content = Some(Value::Object(alone.clone()).to_string());
                inventory.unreadable.clear();
                if difference(&inventory, scenario.options, request).is_some() {
                    let small = fewest_keys(&inventory, scenario.options, request);
                    let said = difference(&inventory, scenario.options, &small).unwrap_or_default();
                    return format!("{}\n{small:?}\n{said}", Value::Object(alone.clone()));
                }
            }
        }
    }
    let said = difference(&scenario.inventory, scenario.options, request).unwrap_or_default();
    format!("{}\n{request:?}\n{said}", scenario.inventory.to_json())
}

fn fewest_keys(inventory: &Inventory, options: EvaluationOptions, request: &Request) -> Request {
    let mut small = request.clone();
    for resource in (0..small.resources.len()).rev() {
        let mut candidate = small.clone();
        candidate.resources.remove(resource);
        if !candidate.resources.is_empty() && difference(inventory, options, &candidate).is_some() {
            small = candidate;
        }
    }
    loop {
        let count = small.context.iter().count();
        let fewer = (0..count).find_map(|left_out| {
            let mut context = Context::new();
            for (_, (key, value)) in small.context.iter().enumerate().filter(|(index, _)| *index != left_out) {
                context.insert(key, value.clone());
            }
            let candidate = Request { context, ..small.clone() };
            difference(inventory, options, &candidate).is_some().then_some(candidate)
        });
        match fewer {
            Some(candidate) => small = candidate,
            None => return small,
        }
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let wanted: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let seed: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let (asked, differing) = (AtomicU64::new(0), AtomicU64::new(0));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..std::thread::available_parallelism().map_or(1, usize::from) as u64 {
            let (asked, differing) = (&asked, &differing);
            scope.spawn(move || {
                let mut bytes = [0_u8; 32];
                bytes[..8].copy_from_slice(&seed.to_le_bytes());
                bytes[8..16].copy_from_slice(&thread.to_le_bytes());
                let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
                let mut runner = TestRunner::new_with_rng(Config::default(), rng);
                let strategy = prop_oneof![
                    strategies::scenario(REQUESTS_PER_ORGANIZATION),
                    strategies::focused_scenario(REQUESTS_PER_ORGANIZATION),
                    strategies::call_scenario(REQUESTS_PER_ORGANIZATION)
                ];
                while asked.load(Ordering::Relaxed) < wanted && differing.load(Ordering::Relaxed) < MAX_SHOWN {
                    let scenario = strategy.new_tree(&mut runner).unwrap().current();
                    let organization = Organization::from_inventory(&scenario.inventory).unwrap();
                    let compiled = CompiledOrganization::compile(organization.clone(), scenario.options);
                    for request in &scenario.requests {
                        asked.fetch_add(1, Ordering::Relaxed);
                        if compare(&organization, &compiled, scenario.options, request).is_some() {
                            differing.fetch_add(1, Ordering::Relaxed);
                            eprintln!("--- {:?}\n{}\n", scenario.options, shrink(&scenario, request));
                            break;
                        }
                    }
                }
            });
        }
    });
    let (asked, differing) = (asked.into_inner(), differing.into_inner());
    println!("{asked} requests, {differing} disagreements, {:.0} s, seed {seed}", start.elapsed().as_secs_f64());
    if differing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
