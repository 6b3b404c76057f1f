//! Writes a made-up organization, the same for the same numbers:
//! `cargo run --release -p scproof-benches --example generate -- --accounts 10000 --seed 1 > org.json`

use std::error::Error;
use std::io::Write;

use scproof_benches::{Shape, generate};

const USAGE: &str = "usage: generate [--accounts N] [--units N] [--policies N] [--depth 1..5] [--seed N]";

fn main() -> Result<(), Box<dyn Error>> {
    let mut given: [Option<u64>; 5] = [None; 5];
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let names = ["--accounts", "--units", "--policies", "--depth", "--seed"];
        let place = names.iter().position(|name| *name == word).and_then(|index| given.get_mut(index));
        let (Some(place), Some(value)) = (place, words.next()) else { return Err(USAGE.into()) };
        *place = Some(value.parse().map_err(|error| format!("{word} {value}: {error}; {USAGE}"))?);
    }
    let [accounts, units, policies, depth, seed] = given;
    let number = |value: u64| usize::try_from(value);
    let mut shape = Shape::with_accounts(number(accounts.unwrap_or(1_000))?, seed.unwrap_or(1));
    shape.units = units.map_or(Ok(shape.units), number)?;
    shape.policies = policies.map_or(Ok(shape.policies), number)?;
    shape.depth = depth.map_or(Ok(shape.depth), number)?.clamp(1, 5);
    std::io::stdout().lock().write_all(generate(&shape).to_json().as_bytes())?;
    Ok(())
}
