//! How long the real `scproof fetch` takes for a large organization at AWS's published rates. Takes minutes.
//!
//! `cargo run --release -p scproof-organizations-server --example scale -- target/release/scproof`

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use scproof_organization::Inventory;
use scproof_organizations_server::{Rates, Server, Settings, Sizes, World};

/// Fetch an organization made from a seed, with the rates on, and print what it took.
#[derive(Debug, Parser)]
struct Arguments {
    /// The binary `scproof`
    binary: PathBuf,
    /// Accounts
    #[arg(long, default_value_t = 10_000)]
    accounts: usize,
    /// Organizational units
    #[arg(long, default_value_t = 500)]
    units: usize,
    /// Service control policies
    #[arg(long, default_value_t = 200)]
    policies: usize,
    /// What the organization is made from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The published rates times this
    #[arg(long, default_value_t = 1.0)]
    rates: f64,
    /// Milliseconds that each answer takes
    #[arg(long, default_value_t = 30)]
    latency: u64,
    /// Further options of `scproof fetch`
    #[arg(last = true)]
    options: Vec<String>,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    // AWS's own policy counts.
    let policies = arguments.policies.saturating_sub(1);
    let sizes = Sizes { accounts: arguments.accounts, units: arguments.units, policies, resource_policies: 0, tags: 0 };
    let rates = Rates::Published(arguments.rates);
    let latency = Duration::from_millis(arguments.latency);
    let server =
        Server::start(World::generate(arguments.seed, &sizes), Settings { rates, latency, ..Settings::default() })?;
    let output = std::env::temp_dir().join(format!("scproof-scale-{}.json", std::process::id()));

    let start = Instant::now();
    let mut child = Command::new(&arguments.binary)
        .args(["fetch", "--quiet", "--region", "us-east-1", "--endpoint-url", &server.url(), "--output"])
        .arg(&output)
        .args(&arguments.options)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .spawn()?;
    let mut memory = None;
    let status = loop {
        memory = peak_memory(child.id()).or(memory);
        match child.try_wait()? {
            Some(status) => break status,
            None => thread::sleep(Duration::from_millis(50)),
        }
    };
    let time = start.elapsed().as_secs_f64();
    if !status.success() {
        return Err(io::Error::other(format!("scproof ended with {status}")));
    }
    let mut inventory = Inventory::load(&output).map_err(|error| io::Error::other(error.to_string()))?;
    fs::remove_file(&output)?;
    (inventory.taken_at, inventory.finished_at, inventory.source) = (None, None, None);
    inventory.consistent_at = None;
    let is_right = inventory == server.truth(false);

    let statistics = server.statistics();
    let bound = rates.bound(|operation| statistics.calls_of(operation));
    let mut out = io::stdout();
    writeln!(
        out,
        "{} accounts, {} units, {} policies, {} attachments: {}",
        inventory.accounts.len(),
        inventory.organizational_units.len(),
        inventory.policies.len(),
        inventory.attachments.len(),
        if is_right { "the truth" } else { "NOT THE TRUTH" }
    )?;
    for (operation, calls) in statistics.by_operation() {
        writeln!(out, "  {calls:>6} {operation}")?;
    }
    let calls = statistics.calls();
    writeln!(out, "{calls} calls, {} throttled, {} at once at most", statistics.throttled, statistics.most_at_once)?;
    writeln!(out, "{time:.1} s; the rates allow these calls in {bound:.1} s: ratio {:.3}", time / bound)?;
    let memory = memory.map_or("unknown".to_owned(), |kilobytes| format!("{:.1} MB", kilobytes / 1024.0));
    writeln!(out, "peak memory {memory}")?;
    if is_right { Ok(()) } else { Err(io::Error::other("the snapshot differs from the organization")) }
}

/// The most memory that a process has had, in kilobytes; where the system tells.
fn peak_memory(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
