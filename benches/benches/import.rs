//! Reading a plan of Terraform with 2,000 resources: text in, changes onto an organization out.

#![expect(clippy::unwrap_used, reason = "a benchmark stops where it cannot be set up")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scproof_benches::{Shape, generate, plan};
use scproof_import::plan_changes;
use scproof_organization::Organization;

fn read(criterion: &mut Criterion) {
    let organization = Organization::from_inventory(&generate(&Shape::with_accounts(200, 1))).unwrap();
    let text = plan(2_000);
    assert_eq!(plan_changes(&text, &organization).unwrap().changes.changes().len(), 2_000);
    let mut group = criterion.benchmark_group("import");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("plan", |bencher| {
        bencher.iter(|| plan_changes(black_box(&text), &organization).unwrap().changes);
    });
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
