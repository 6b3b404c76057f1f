//! The core of an audit: what SCPs do with every action of the catalog in every account, at three sizes.
//!
//! - `core`: accounts sorted by how their actions are treated, on an organization that is compiled. The rate is in
//!   verdicts: accounts × actions of the catalog.
//! - `naive`: `prepare` and `decide` for each account and each action, on a sample of both, since all would take hours.
//!
//! How much faster a verdict is in `core` than in `naive` is printed at the end, measured in the same run.

#![expect(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a benchmark prints, and stops where it cannot be set up"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use scproof_benches::{Shape, generate};
use scproof_catalog::Catalog;
use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_evaluator::{EvaluationOptions, Request};
use scproof_organization::{NodeId, Organization};
use scproof_prover::{Limits, PolicyProof};

/// Accounts and actions of a sample.
const SAMPLE: (usize, usize) = (16, 256);

/// Only the smallest if run as a test: each is run once then, without optimization.
fn sizes() -> &'static [usize] {
    let is_test = !std::env::args().any(|argument| argument == "--bench");
    if is_test { &[1_000] } else { &[1_000, 10_000, 50_000] }
}

fn compile(accounts: usize) -> CompiledViews {
    let organization = Organization::from_inventory(&generate(&Shape::with_accounts(accounts, 1))).unwrap();
    let options = EvaluationOptions { refine: true, ..EvaluationOptions::default() };
    CompiledViews::one(Arc::new(organization), options)
}

fn core(views: &CompiledViews, accounts: &[NodeId]) -> usize {
    PolicyProof::new(views, accounts, &[], Limits::default()).by_access(None).unwrap().len()
}

/// Questions on accounts and actions spread over all, as far as they can be asked.
fn questions(views: &CompiledViews, accounts: &[NodeId]) -> Vec<Request> {
    let organization = views.view(View::FIRST).organization();
    let catalog = Catalog::embedded();
    let accounts = accounts.iter().step_by((accounts.len() / SAMPLE.0).max(1));
    let actions: Vec<String> = catalog
        .actions()
        .into_iter()
        .step_by((catalog.action_count() / SAMPLE.1).max(1))
        .map(|action| catalog.action(action).full_name())
        .collect();
    accounts
        .flat_map(|account| {
            let id = organization.node(*account).target.as_str();
            actions.iter().map(move |action| Request::new(id, action))
        })
        .collect()
}

fn naive(views: &CompiledViews, questions: &[Request]) -> usize {
    let compiled = views.view(View::FIRST);
    let decide = |request: &Request| compiled.decide(&compiled.prepare(request).unwrap());
    questions.iter().filter(|request| decide(request).is_passing()).count()
}

fn audit(criterion: &mut Criterion) {
    let actions = Catalog::embedded().action_count();
    for &size in sizes() {
        let views = compile(size);
        let accounts: Vec<NodeId> = views.view(View::FIRST).organization().accounts().collect();
        let questions = questions(&views, &accounts);
        let verdicts = accounts.len() * actions;
        let mut group = criterion.benchmark_group("audit/core");
        group.sample_size(10).throughput(Throughput::Elements(verdicts as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            // Nothing is remembered from the time before.
            bencher.iter_batched(|| compile(size), |views| core(&views, black_box(&accounts)), BatchSize::PerIteration);
        });
        group.finish();
        let mut group = criterion.benchmark_group("audit/naive");
        group.sample_size(10).throughput(Throughput::Elements(questions.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| naive(black_box(&views), black_box(&questions)));
        });
        group.finish();
        // Five times each in turns, so that a machine that is busy for a while is so for both.
        let mut times: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
        for _ in 0..if sizes().len() == 1 { 1 } else { 5 } {
            let fresh = compile(size);
            let start = Instant::now();
            black_box(core(&fresh, &accounts));
            times[0].push(start.elapsed().as_secs_f64() / verdicts as f64);
            let start = Instant::now();
            black_box(naive(&views, &questions));
            times[1].push(start.elapsed().as_secs_f64() / questions.len() as f64);
        }
        let [core, naive] = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        });
        let proof = PolicyProof::new(&views, &accounts, &[], Limits::default());
        let [paths, lists, formulas] = proof.sizes();
        eprintln!(
            "{size} accounts, {actions} actions: {paths} paths, {lists} lists, {formulas} formulas, {} classes of actions: {:.2} G verdicts/s, {:.0} times as fast as one by one",
            proof.action_classes().len(),
            1e-9 / core,
            naive / core,
        );
    }
}

criterion_group!(benches, audit);
criterion_main!(benches);
