//! Runs the server by hand: prints its URL, and at the end of standard input what was asked.

use std::io::{self, Read, Write};

use clap::Parser;
use scproof_organizations_server::{Rates, Server, Settings, Sizes, World};

/// Speak the protocol of AWS Organizations on loopback, for an organization made from a seed.
///
/// Prints the URL, answers until standard input ends, then prints what was asked.
#[derive(Debug, Parser)]
struct Arguments {
    /// Accounts
    #[arg(long, default_value_t = 60)]
    accounts: usize,
    /// Organizational units
    #[arg(long, default_value_t = 12)]
    units: usize,
    /// Service control policies
    #[arg(long, default_value_t = 25)]
    policies: usize,
    /// Resource control policies
    #[arg(long, default_value_t = 0)]
    resource_policies: usize,
    /// Tags of an account, at most
    #[arg(long, default_value_t = 0)]
    tags: usize,
    /// What the organization is made from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Enforce AWS's published request rates, times this factor
    #[arg(long)]
    rates: Option<f64>,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let Arguments { accounts, units, policies, resource_policies, tags, .. } = arguments;
    let world = World::generate(arguments.seed, &Sizes { accounts, units, policies, resource_policies, tags });
    let rates = arguments.rates.map_or(Rates::Unlimited, Rates::Published);
    let server = Server::start(world, Settings { rates, ..Settings::default() })?;
    let mut output = io::stdout();
    writeln!(output, "{}", server.url())?;
    output.flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    let statistics = server.statistics();
    for (operation, calls) in statistics.by_operation() {
        writeln!(output, "{calls:>7} {operation}")?;
    }
    writeln!(
        output,
        "{:>7} calls, {} throttled, {} at once at most",
        statistics.calls(),
        statistics.throttled,
        statistics.most_at_once
    )
}
