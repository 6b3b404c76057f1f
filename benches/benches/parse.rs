//! Policy texts to documents: bytes a second, over 200 generated policies.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up must stop")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scproof_benches::{Shape, generate};
use scproof_policy_parser::{PolicyDocument, PolicyKind};

fn parse(criterion: &mut Criterion) {
    let inventory = generate(&Shape::with_accounts(10_000, 1));
    let texts: Vec<String> = inventory.policies.into_iter().filter_map(|policy| policy.content).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("scproof", |bencher| {
        bencher.iter(|| {
            for text in &texts {
                black_box(PolicyDocument::parse(black_box(text), PolicyKind::ServiceControl));
            }
        });
    });
    // The floor: JSON to a tree, nothing understood.
    group.bench_function("serde_json", |bencher| {
        bencher.iter(|| {
            for text in &texts {
                black_box(serde_json::from_str::<serde_json::Value>(black_box(text)).unwrap());
            }
        });
    });
    assert!(texts.iter().all(|text| iam_rs::IAMPolicy::from_json(text).is_ok()));
    group.bench_function("iam-rs", |bencher| {
        bencher.iter(|| {
            for text in &texts {
                black_box(iam_rs::IAMPolicy::from_json(black_box(text)).unwrap());
            }
        });
    });
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
