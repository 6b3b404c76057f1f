//! Writes an organization that is hard in one way, the same for the same numbers:
//! `cargo run --release -p scproof-benches --example hard -- own-policies 10000 > org.json`

use std::error::Error;
use std::io::Write;

use scproof_benches::{Hard, hard};

fn main() -> Result<(), Box<dyn Error>> {
    let names = Hard::ALL.map(|(_, name)| name).join(" | ");
    let usage = format!("usage: hard {names} SIZE [SEED]");
    let mut words = std::env::args().skip(1);
    let (Some(name), Some(size)) = (words.next(), words.next()) else { return Err(usage.into()) };
    let Some((shape, _)) = Hard::ALL.into_iter().find(|(_, known)| *known == name) else { return Err(usage.into()) };
    let seed = words.next().map_or(Ok(1), |seed| seed.parse())?;
    std::io::stdout().lock().write_all(hard(shape, size.parse()?, seed).to_json().as_bytes())?;
    Ok(())
}
