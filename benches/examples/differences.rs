//! How long exact comparisons of two full chains take: a seeded family of edits, median and 99th percentile, beside
//! single questions asked in the same run.
//!
//! `cargo run --release -p scproof-benches --example differences -- [EDITS] [SEED]`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example prints, and stops where it cannot go on")]

use std::time::{Duration, Instant};

use scproof_benches::full_chain::{ACCOUNT, edit, full_chain};
use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_evaluator::{EvaluationOptions, Request};
use scproof_organization::{NodeId, Organization};
use scproof_prover::{ComparisonOptions, Transition, difference};

/// Different chains; each is edited in many ways.
const CHAINS: u64 = 8;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let edits: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let seed: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let (mut compiling, mut comparing, mut asking) = (Vec::new(), Vec::new(), Vec::new());
    let (mut different, mut undetermined, mut regions) = (0, 0, 0);
    for number in 0..edits {
        let inventory = full_chain(seed + number % CHAINS);
        let before = Organization::from_inventory(&inventory).unwrap();
        let after = Organization::from_inventory(&edit(&inventory, seed * 1_000_000 + number)).unwrap();
        let accounts: Vec<[NodeId; 2]> = before.accounts().zip(after.accounts()).map(|(a, b)| [a, b]).collect();
        let start = Instant::now();
        let views = CompiledViews::two(before, after, EvaluationOptions::default());
        compiling.push(start.elapsed());
        let start = Instant::now();
        let found = difference(&views, &accounts, &ComparisonOptions::default());
        comparing.push(start.elapsed());
        let start = Instant::now();
        views.view(View::BEFORE).ask(&Request::new(ACCOUNT, "s3:GetObject")).unwrap();
        asking.push(start.elapsed());
        different += usize::from(!found.is_none());
        for region in found.groups.iter().flat_map(|group| &group.regions) {
            regions += 1;
            undetermined += usize::from(region.transition() == Transition::Unknown);
        }
    }
    println!("{edits} edits of {CHAINS} chains of 70 policies: {different} make a difference");
    println!("{regions} regions, {undetermined} of them undetermined");
    let (compile, compare, ask) = (Times::new(compiling), Times::new(comparing), Times::new(asking));
    println!(
        "compile both sides  median {:>9.2?}  99 % {:>9.2?}  worst {:>9.2?}",
        compile.median, compile.most, compile.worst
    );
    println!(
        "compare them        median {:>9.2?}  99 % {:>9.2?}  worst {:>9.2?}",
        compare.median, compare.most, compare.worst
    );
    println!("ask one question    median {:>9.2?}  99 % {:>9.2?}  worst {:>9.2?}", ask.median, ask.most, ask.worst);
    println!(
        "a comparison of all requests takes as long as {} questions",
        compare.median.as_nanos() / ask.median.as_nanos().max(1)
    );
}

struct Times {
    median: Duration,
    most: Duration,
    worst: Duration,
}

impl Times {
    fn new(mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |hundredths: usize| times.get((times.len() - 1) * hundredths / 100).copied().unwrap_or_default();
        Self { median: at(50), most: at(99), worst: at(100) }
    }
}
