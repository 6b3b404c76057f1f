//! Prints how long opening the catalog and looking up an action take; the figures are in `docs/catalog.md`.
//!
//! Run it with `cargo run --release -p scproof-catalog --example opening_time`.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::Instant;

use scproof_catalog::Catalog;

fn main() -> io::Result<()> {
    let start = Instant::now();
    let catalog = Catalog::embedded();
    let opened = start.elapsed();

    let start = Instant::now();
    black_box(catalog.find_action("s3:GetObject"));
    let first_lookup = start.elapsed();

    let names: Vec<String> = catalog.actions().iter().map(|id| catalog.action(id).full_name()).collect();
    let start = Instant::now();
    for name in &names {
        black_box(catalog.find_action(black_box(name)));
    }
    let looked_up = start.elapsed();

    let start = Instant::now();
    for name in ["s3:GetObjct", "ec2:DescribeInstnces", "iam:AssumeRole", "lamda:InvokeFunction"] {
        black_box(catalog.nearest_actions(black_box(name), 3));
    }
    let suggested = start.elapsed();

    let mut out = io::stdout().lock();
    writeln!(out, "open: {opened:?}")?;
    writeln!(out, "first find_action: {first_lookup:?}")?;
    writeln!(
        out,
        "find_action: {:?} each, over {} actions",
        looked_up / u32::try_from(names.len()).unwrap_or(1),
        names.len()
    )?;
    writeln!(out, "nearest_actions: {:?} each", suggested / 4)
}
