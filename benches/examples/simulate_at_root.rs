//! How long it takes to simulate one SCP attached at the root of a large organization.
//!
//! `cargo run --release -p scproof-benches --example simulate_at_root -- [ACCOUNTS] [SEED] [THEME]`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example prints, and stops where it cannot go on")]

use std::time::Instant;

use scproof_benches::{Random, Shape, Theme, generate, policy_text};
use scproof_organization::{Change, ChangeSet, Organization, PolicyId, Target};
use scproof_policy_parser::PolicyKind;
use scproof_simulator::{SimulationOptions, Transition, simulate};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let accounts: usize = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let seed: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let only = arguments.next();
    let text = generate(&Shape::with_accounts(accounts, seed)).to_json();
    for theme in [Theme::RegionLock, Theme::StayInOrganization, Theme::RequireTags, Theme::DenyRoot] {
        if only.as_deref().is_some_and(|only| only != theme.name()) {
            continue;
        }
        let start = Instant::now();
        let organization = Organization::from_json(&text).unwrap();
        let loaded = start.elapsed();
        let id = PolicyId::parse("p-simulated00").unwrap();
        let changes = ChangeSet::from_iter([
            Change::CreatePolicy {
                id: id.clone(),
                name: "simulated".to_owned(),
                description: None,
                kind: PolicyKind::ServiceControl,
                content: policy_text(theme, &mut Random::new(seed)).into(),
            },
            Change::AttachPolicy { policy: id, target: Target::parse("r-b001").unwrap() },
        ]);
        let simulation = simulate(&organization, &changes, &SimulationOptions::default()).unwrap();
        println!(
            "{:24} {accounts} accounts: loaded {loaded:?}, in all {:?}; {} groups, newly blocked in {}, undetermined in {}, unchanged {}",
            theme.name(),
            start.elapsed(),
            simulation.impact.changed.len(),
            simulation.impact.account_count(Transition::NewlyBlocked),
            simulation.impact.account_count(Transition::Unknown),
            simulation.impact.unchanged.len(),
        );
    }
}
