//! Writes a made-up log of CloudTrail, the same for the same organization and numbers: a copy of a trail's bucket, or
//! JSON Lines on standard output.
//!
//! `cargo run --release -p scproof-testkit --example generate_log -- --org org.json --events 200000 --output logs/`

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use scproof_organization::Inventory;
use scproof_testkit::Random;
use scproof_testkit::events::{LogGenerator, LogShape, odd_record};

const USAGE: &str = "usage: generate_log --org FILE [--events N] [--per-file N] [--days N] [--seed N] [--odd] \
    [--output DIRECTORY]";

fn main() -> Result<(), Box<dyn Error>> {
    let mut shape = LogShape::default();
    let (mut org, mut output, mut odd) = (None, None, false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--odd" {
            odd = true;
            continue;
        }
        let value = words.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|error| format!("{word} {value}: {error}; {USAGE}"));
        match word.as_str() {
            "--org" => org = Some(PathBuf::from(value)),
            "--output" => output = Some(PathBuf::from(value)),
            "--events" => shape.events = number()?,
            "--per-file" => shape.per_file = number()?,
            "--days" => shape.days = number()?,
            "--seed" => shape.seed = number()?,
            _ => return Err(USAGE.into()),
        }
    }
    let inventory = Inventory::from_json(&io::read_to_string(BufReader::new(File::open(org.ok_or(USAGE)?)?))?)?;
    let log = LogGenerator::new(&inventory, shape);
    match output {
        Some(output) => tree(&log, &output, odd),
        None => lines(&log, odd),
    }
}

/// The records of a file, each spoilt if wanted.
fn records(records: &[String], odd: bool, mark: u64) -> Vec<String> {
    let mut random = Random::new(mark);
    records.iter().map(|record| if odd { odd_record(record, &mut random) } else { record.clone() }).collect()
}

fn lines(log: &LogGenerator, odd: bool) -> Result<(), Box<dyn Error>> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for file in (0..log.batches()).flat_map(|number| log.batch(number)) {
        for record in records(&file.records, odd, file.mark) {
            writeln!(out, "{record}")?;
        }
    }
    Ok(out.flush()?)
}

/// Files as CloudTrail writes them, by all cores.
fn tree(log: &LogGenerator, output: &Path, odd: bool) -> Result<(), Box<dyn Error>> {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let written = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|first| {
                scope.spawn(move || -> io::Result<()> {
                    for number in (first as u64..log.batches()).step_by(threads) {
                        for mut file in log.batch(number) {
                            file.records = records(&file.records, odd, file.mark);
                            let path = output.join(file.key());
                            fs::create_dir_all(path.parent().unwrap_or(output))?;
                            let mut out = GzEncoder::new(File::create(path)?, Compression::default());
                            out.write_all(file.content().as_bytes())?;
                            out.finish()?;
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    for result in written {
        result.map_err(|_| "a thread failed")??;
    }
    Ok(())
}
