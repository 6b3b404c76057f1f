//! Made-up logs are what they say, and every record of them ends in an answer.

#![expect(clippy::unwrap_used, reason = "a test helper fails the test by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use scproof_organization::Inventory;
use scproof_testkit::Random;
use scproof_testkit::events::{LogFile, LogGenerator, LogShape, odd_record, shipped_log};
use scproof_trail::{Outcome, Reader, Reading, read_records};

const EXAMPLE: &str = include_str!("../../../fixtures/organizations/example.json");

fn generator(events: u64, seed: u64) -> LogGenerator {
    LogGenerator::new(&Inventory::from_json(EXAMPLE).unwrap(), LogShape { events, seed, ..LogShape::default() })
}

fn files(generator: &LogGenerator) -> Vec<LogFile> {
    (0..generator.batches()).flat_map(|number| generator.batch(number)).collect()
}

#[test]
fn the_same_numbers_make_the_same_log() {
    let (one, two) = (generator(1_500, 7), generator(1_500, 7));
    // Batches follow from their number alone.
    assert_eq!(one.batch(5), two.batch(5));
    assert_eq!(files(&one), files(&two));
    assert_ne!(files(&one), files(&generator(1_500, 8)));
    let names: BTreeSet<String> = files(&one).iter().map(LogFile::key).collect();
    assert_eq!(names.len(), files(&one).len());
    assert!(names.iter().all(|name| name.starts_with("AWSLogs/o-examplecorp/") && name.ends_with(".json.gz")));
}

#[test]
fn shares_are_those_of_real_logs() {
    const EVENTS: u64 = 6_000;
    let (mut ids, mut reader, mut counts) = (BTreeSet::new(), Reader::new(), BTreeMap::new());
    let mut count = |what: &'static str| *counts.entry(what).or_insert(0_u64) += 1;
    let mut actions = BTreeSet::new();
    for file in files(&generator(EVENTS, 1)) {
        let tally = read_records(file.content().as_bytes(), &mut |record| {
            let event = reader.read(&record);
            assert_eq!(event.recipient.as_deref(), Some(file.account.as_str()));
            if !ids.insert(event.shared_id.clone().unwrap_or(event.id.clone())) {
                return count("copies");
            }
            match event.reading {
                Reading::Call(call) => {
                    count(match call.outcome {
                        Outcome::Passed => "passed",
                        Outcome::Denied { .. } => "denied",
                        Outcome::Open => "open",
                    });
                    actions.extend(call.asks.into_iter().map(|ask| ask.action));
                }
                Reading::Skipped(_) => count("skipped"),
                Reading::NotGoverned(_) => count("not governed"),
                Reading::NotReplayable(_) => count("not replayable"),
            }
        });
        assert_eq!((tally.records, tally.fault_count), (file.records.len() as u64, 0));
    }
    assert_eq!(ids.len() as u64, EVENTS);
    // In a hundred.
    let share = |what: &str| counts.get(what).copied().unwrap_or_default() * 100 / EVENTS;
    assert!((68..80).contains(&share("passed")), "{counts:?}");
    assert!((1..4).contains(&share("denied")), "{counts:?}");
    assert!((3..9).contains(&share("open")), "{counts:?}");
    assert!((10..20).contains(&share("not governed")), "{counts:?}");
    assert!((1..5).contains(&share("not replayable")) && counts["skipped"] > 20, "{counts:?}");
    assert!((2..12).contains(&share("copies")), "{counts:?}");
    let renamed = ["cloudwatch:DeleteAlarms", "s3:PutEncryptionConfiguration", "lambda:CreateFunction"];
    assert!(renamed.iter().all(|action| actions.contains(*action)), "{actions:?}");
    assert!(actions.len() > 120, "{}", actions.len());
}

/// Hostile records end in an answer, or in a fault that is counted.
#[test]
fn odd_records_end_in_an_answer() {
    let (mut random, mut reader) = (Random::new(3), Reader::new());
    let (mut read, mut faults) = (0, 0);
    for file in files(&generator(4_000, 2)) {
        for record in &file.records {
            let tally = read_records(odd_record(record, &mut random).as_bytes(), &mut |record| {
                reader.read(&record);
                read += 1;
            });
            faults += tally.fault_count + u64::from(tally.foreign.is_some());
        }
    }
    assert!(read > 3_000 && faults > 40, "{read} {faults}");
}

/// `UPDATE_DOCS=1` writes it anew.
#[test]
fn the_shipped_log_is_what_the_generator_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/logs/example.json.gz");
    let records = shipped_log(&Inventory::from_json(EXAMPLE).unwrap()).unwrap();
    assert!((1_900..2_300).contains(&records.len()), "{}", records.len());
    let text = format!("{{\"Records\":[\n{}\n]}}\n", records.join(",\n"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let mut out = GzEncoder::new(File::create(&path).unwrap(), Compression::best());
        out.write_all(text.as_bytes()).unwrap();
        out.finish().unwrap();
    }
    let mut shipped = String::new();
    GzDecoder::new(File::open(&path).unwrap()).read_to_string(&mut shipped).unwrap();
    assert!(text == shipped, "run `UPDATE_DOCS=1 cargo test -p scproof-testkit`");
}
