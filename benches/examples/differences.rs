//! How long exact comparisons of two full chains take: a family of edits, median and 99th percentile.
//!
//! `cargo run --release -p scproof-benches --example differences -- [EDITS] [SEED]`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example prints, and stops where it cannot go on")]

use std::time::Instant;

use scproof_benches::full_chain::{edit, full_chain};
use scproof_evaluator::EvaluationOptions;
use scproof_evaluator::symbolic::CompiledPair;
use scproof_organization::{NodeId, Organization};
use scproof_prover::{ComparisonOptions, Transition, difference};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let edits: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(200);
    let seed: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut compiles = Vec::new();
    let mut times = Vec::new();
    let (mut different, mut undetermined, mut regions) = (0, 0, 0);
    for number in 0..edits {
        let inventory = full_chain(seed + number % 8);
        let before = Organization::from_inventory(&inventory).unwrap();
        let after = Organization::from_inventory(&edit(&inventory, seed * 1_000 + number)).unwrap();
        let accounts: Vec<[NodeId; 2]> = before.accounts().zip(after.accounts()).map(|(a, b)| [a, b]).collect();
        let start = Instant::now();
        let pair = CompiledPair::compile(before, after, EvaluationOptions::default());
        compiles.push(start.elapsed());
        let start = Instant::now();
        let found = difference(&pair, &accounts, &ComparisonOptions::default());
        let time = start.elapsed();
        if std::env::var_os("VERBOSE").is_some() {
            println!(
                "{number} {time:?} formulas {} regions {}",
                found.formulas,
                found.groups.iter().map(|g| g.regions.len()).sum::<usize>()
            );
        }
        times.push(time);
        different += usize::from(!found.is_none());
        for region in found.groups.iter().flat_map(|group| &group.regions) {
            regions += 1;
            undetermined += usize::from(region.transition() == Transition::Undetermined);
        }
    }
    times.sort();
    compiles.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("{edits} edits: {different} make a difference, {regions} regions, {undetermined} undetermined");
    println!("compile both: median {:?}", compiles[compiles.len() / 2]);
    println!("difference:   median {:?}, 99 % {:?}, worst {:?}", at(0.5), at(0.99), at(1.0));
}
