//! From an organization and changes to the next organization: one attachment, and a hundred accounts moved.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up must stop")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use scproof_benches::{Shape, generate};
use scproof_organization::{Change, ChangeSet, Organization, Target};
use scproof_policy_parser::Quotas;
use scproof_simulator::Rehearsal;

const SIZES: [usize; 3] = [1_000, 10_000, 50_000];

fn organization(accounts: usize) -> Organization {
    Organization::from_inventory(&generate(&Shape::with_accounts(accounts, 1))).unwrap()
}

fn root(organization: &Organization) -> Target {
    organization.node(organization.root()).target.clone()
}

fn attach(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("apply/attach");
    group.sample_size(10);
    for accounts in SIZES {
        let before = organization(accounts);
        let (_, policy) = before.policies().nth(1).unwrap();
        let change = Change::AttachPolicy { policy: policy.id.clone(), target: root(&before) };
        let changes = ChangeSet::from_iter([change]);
        group.throughput(Throughput::Elements(accounts as u64));
        group.bench_function(BenchmarkId::from_parameter(accounts), |bencher| {
            bencher.iter(|| black_box(&changes).apply(black_box(&before)));
        });
    }
    group.finish();
}

/// A hundred accounts, spread over the organization, to the root.
fn moves(before: &Organization, accounts: usize) -> ChangeSet {
    let destination = root(before);
    let moved = before.accounts().skip(1).step_by(accounts / 101).take(100);
    moved
        .filter_map(|id| before.node(id).target.account())
        .map(|account| Change::MoveAccount { account, source: None, destination: destination.clone() })
        .collect()
}

fn move_accounts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("apply/move-100");
    group.sample_size(10);
    for accounts in SIZES {
        let before = organization(accounts);
        let changes = moves(&before, accounts);
        group.throughput(Throughput::Elements(accounts as u64));
        group.bench_function(BenchmarkId::from_parameter(accounts), |bencher| {
            bencher.iter(|| black_box(&changes).apply(black_box(&before)));
        });
    }
    group.finish();
}

fn rehearse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rehearse/move-100");
    group.sample_size(10);
    for accounts in SIZES {
        let before = organization(accounts);
        let changes = moves(&before, accounts);
        group.throughput(Throughput::Elements(accounts as u64));
        group.bench_function(BenchmarkId::from_parameter(accounts), |bencher| {
            bencher.iter(|| {
                let mut rehearsal = Rehearsal::new(black_box(&before), black_box(&changes), Quotas::current());
                let remarks: usize = rehearsal.by_ref().map(|step| step.failures.len() + step.notices.len()).sum();
                (remarks, rehearsal.finish())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, attach, move_accounts, rehearse);
criterion_main!(benches);
