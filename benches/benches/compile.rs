//! From a snapshot's text to an organization, and from that to something that answers, at three sizes.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up must stop")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use scproof_benches::{Shape, generate};
use scproof_evaluator::{CompiledOrganization, EvaluationOptions};
use scproof_organization::Organization;

const SIZES: [usize; 3] = [1_000, 10_000, 50_000];

fn load(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("load");
    group.sample_size(10);
    for accounts in SIZES {
        let text = generate(&Shape::with_accounts(accounts, 1)).to_json();
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(accounts), |bencher| {
            bencher.iter(|| Organization::from_json(black_box(&text)).unwrap());
        });
    }
    group.finish();
}

fn compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(10);
    for accounts in SIZES {
        let inventory = generate(&Shape::with_accounts(accounts, 1));
        let organization = Arc::new(Organization::from_inventory(&inventory).unwrap());
        group.throughput(Throughput::Elements(accounts as u64));
        group.bench_function(BenchmarkId::from_parameter(accounts), |bencher| {
            bencher.iter(|| {
                CompiledOrganization::compile(black_box(Arc::clone(&organization)), EvaluationOptions::default())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, load, compile);
criterion_main!(benches);
