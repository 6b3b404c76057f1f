//! The long run of comparisons: holds what the prover says of all requests, before and after generated changes, against
//! what the reference evaluator says of millions of requests, generated ones and combinations of cells, and shrinks the
//! first contradictions.
//!
//! `cargo run --release -p scproof-testkit --example agree_impact -- REQUESTS [SEED]`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a development program that stops when it cannot go on"
)]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use proptest::collection::vec;
use proptest::prop_oneof;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use scproof_evaluator::{Context, EvaluationOptions, Request};
use scproof_organization::{Inventory, Organization};
use scproof_testkit::comparison::{Agreement, Comparison};
use scproof_testkit::strategies;
use serde_json::Value;

const REQUESTS_PER_COMPARISON: usize = 1_000;
const CELLS_PER_COMPARISON: usize = 400;
/// More contradictions than this say nothing new.
const MAX_SHOWN: u64 = 12;
/// The most statements that are left out one by one before a contradiction is shown.
const MAX_SHRINKS: usize = 2_000;

/// What differs in requests about it.
#[derive(Debug, Clone)]
struct Case {
    before: Inventory,
    after: Inventory,
    options: EvaluationOptions,
    requests: Vec<Request>,
}

/// What a contradiction is about.
#[derive(Debug, Clone)]
enum Subject {
    /// A witness of the comparison.
    Witness,
    /// A generated request, as it was before it was completed.
    Generated(Request),
    /// A request out of cells, which says every fact.
    Cells(Request),
}

/// How many requests told what.
#[derive(Debug, Default)]
struct Counts {
    comparisons: AtomicU64,
    told: AtomicU64,
    changed: AtomicU64,
    open: AtomicU64,
    contradictions: AtomicU64,
}

fn cases() -> impl Strategy<Value = Case> {
    let half = REQUESTS_PER_COMPARISON / 2;
    let edits = vec(strategies::edit(strategies::document()), 1..4);
    prop_oneof![
        (strategies::scenario(REQUESTS_PER_COMPARISON), edits).prop_map(|(scenario, edits)| Case {
            after: strategies::edited(&scenario.inventory, &edits),
            before: scenario.inventory,
            options: scenario.options,
            requests: scenario.requests,
        }),
        (strategies::focused_scenario(half), strategies::focused_scenario(half)).prop_map(|(before, after)| Case {
            before: before.inventory,
            after: after.inventory,
            options: before.options,
            requests: [before.requests, after.requests].concat(),
        }),
    ]
}

fn compare(before: &Inventory, after: &Inventory, options: EvaluationOptions) -> Option<Comparison> {
    let (before, after) = (Organization::from_inventory(before).ok()?, Organization::from_inventory(after).ok()?);
    // With a closed list of keys a request that gives another key contradicts itself.
    let options = EvaluationOptions { closed_key_list: false, ..options };
    Comparison::new(before, after, options).ok()
}

/// In words where the two contradict each other.
fn contradiction(case: &Case, subject: &Subject) -> Option<String> {
    let comparison = compare(&case.before, &case.after, case.options)?;
    let request = match subject {
        Subject::Witness => return comparison.false_witnesses().into_iter().next(),
        // A request that is made smaller has to be one that comparisons know (SP-47).
        Subject::Generated(request) => comparison.complete(request)?,
        Subject::Cells(request) => request.clone(),
    };
    match comparison.agreement(&request) {
        Agreement::Contradiction(words) => Some(words),
        Agreement::Silent | Agreement::Same(_) | Agreement::Open => None,
    }
}

/// A snapshot with something less: an attachment, a statement, a part of a statement.
fn smaller(inventory: &Inventory) -> Vec<Inventory> {
    let mut found = Vec::new();
    for index in 0..inventory.attachments.len() {
        let mut smaller = inventory.clone();
        smaller.attachments.remove(index);
        found.push(smaller);
    }
    for (index, policy) in inventory.policies.iter().enumerate() {
        let content = policy.content.as_deref().unwrap_or_default();
        let Ok(document) = serde_json::from_str::<Value>(content) else { continue };
        let mut documents = Vec::new();
        without_parts(&document, &mut documents);
        found.extend(documents.into_iter().map(|document| {
            let mut smaller = inventory.clone();
            if let Some(policy) = smaller.policies.get_mut(index) {
                policy.content = Some(document.to_string());
            }
            smaller
        }));
    }
    found
}

/// All values that lack one member or item of this one.
fn without_parts(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Array(items) => {
            for index in 0..items.len() {
                let mut fewer = items.clone();
                let removed = fewer.remove(index);
                found.push(Value::Array(fewer));
                let mut parts = Vec::new();
                without_parts(&removed, &mut parts);
                found.extend(parts.into_iter().map(|part| {
                    let mut changed = items.clone();
                    if let Some(item) = changed.get_mut(index) {
                        *item = part;
                    }
                    Value::Array(changed)
                }));
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let mut fewer = members.clone();
                fewer.remove(name);
                found.push(Value::Object(fewer));
                let mut parts = Vec::new();
                without_parts(member, &mut parts);
                found.extend(parts.into_iter().map(|part| {
                    let mut changed = members.clone();
                    changed.insert(name.clone(), part);
                    Value::Object(changed)
                }));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Leaves out what the contradiction does not need.
fn shrink(case: &Case, mut subject: Subject) -> String {
    let mut case = Case { requests: Vec::new(), ..case.clone() };
    let mut tries = 0;
    loop {
        let before = smaller(&case.before).into_iter().map(|before| Case { before, ..case.clone() });
        let after = smaller(&case.after).into_iter().map(|after| Case { after, ..case.clone() });
        let found = before.chain(after).find(|candidate| {
            tries += 1;
            tries < MAX_SHRINKS && contradiction(candidate, &subject).is_some()
        });
        let Some(found) = found else { break };
        case = found;
    }
    if let Subject::Generated(request) = &subject {
        let mut request = request.clone();
        let keys: Vec<String> = request.context.iter().map(|(key, _)| key.to_owned()).collect();
        for left_out in keys {
            let mut context = Context::new();
            for (key, value) in request.context.iter().filter(|(key, _)| *key != left_out) {
                context.insert(key, value.clone());
            }
            let candidate = Request { context, ..request.clone() };
            if contradiction(&case, &Subject::Generated(candidate.clone())).is_some() {
                request = candidate;
            }
        }
        subject = Subject::Generated(request);
    }
    let said = contradiction(&case, &subject).unwrap_or_default();
    let documents = |inventory: &Inventory| {
        let texts = inventory.policies.iter().map(|policy| {
            let targets: Vec<&str> = inventory
                .attachments
                .iter()
                .filter(|attachment| attachment.policy_id == policy.id)
                .map(|attachment| attachment.target_id.as_str())
                .collect();
            format!("  {} at {targets:?}: {}\n", policy.id, policy.content.as_deref().unwrap_or("unreadable"))
        });
        texts.collect::<String>()
    };
    format!(
        "{:?}\nbefore\n{}after\n{}{said}\nunreadable {:?} {:?}",
        case.options,
        documents(&case.before),
        documents(&case.after),
        case.before.unreadable,
        case.after.unreadable,
    )
}

fn run(case: &Case, counts: &Counts) {
    let Some(comparison) = compare(&case.before, &case.after, case.options) else { return };
    counts.comparisons.fetch_add(1, Ordering::Relaxed);
    let report = |subject: Subject| {
        counts.contradictions.fetch_add(1, Ordering::Relaxed);
        eprintln!("--- {}\n", shrink(case, subject));
    };
    if !comparison.false_witnesses().is_empty() {
        report(Subject::Witness);
    }
    let generated = case.requests.iter().filter_map(|raw| Some((comparison.complete(raw)?, Some(raw))));
    let cells = comparison.cell_requests(CELLS_PER_COMPARISON).into_iter().map(|request| (request, None));
    for (request, raw) in generated.chain(cells) {
        let told = match comparison.agreement(&request) {
            Agreement::Silent => continue,
            Agreement::Same(None) => None,
            Agreement::Same(Some(_)) => Some(&counts.changed),
            Agreement::Open => Some(&counts.open),
            Agreement::Contradiction(_) => {
                report(raw.map_or(Subject::Cells(request), |raw| Subject::Generated(raw.clone())));
                return;
            }
        };
        counts.told.fetch_add(1, Ordering::Relaxed);
        if let Some(count) = told {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let wanted: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let seed: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let counts = Counts::default();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..std::thread::available_parallelism().map_or(1, usize::from) as u64 {
            let counts = &counts;
            scope.spawn(move || {
                let seeds = [seed, thread, 0, 0].map(u64::to_le_bytes).concat();
                let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seeds);
                let mut runner = TestRunner::new_with_rng(Config::default(), rng);
                let strategy = cases();
                while counts.told.load(Ordering::Relaxed) < wanted
                    && counts.contradictions.load(Ordering::Relaxed) < MAX_SHOWN
                {
                    run(&strategy.new_tree(&mut runner).unwrap().current(), counts);
                }
            });
        }
    });
    let Counts { comparisons, told, changed, open, contradictions } = counts;
    let contradictions = contradictions.into_inner();
    println!(
        "{} comparisons, {} requests, {} of them in a region of change, {} in an undetermined one, {contradictions} contradictions, \
         {:.0} s, seed {seed}",
        comparisons.into_inner(),
        told.into_inner(),
        changed.into_inner(),
        open.into_inner(),
        start.elapsed().as_secs_f64(),
    );
    if contradictions == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
