//! Logs of CloudTrail, made up: the same for the same organization and numbers, of any length, in constant memory.
//!
//! A [`LogGenerator`] makes a log batch by batch: what one trail of an account delivers of a Region in some minutes,
//! with copies of it in other files. Shares of callers and operations are about those of real logs: two thirds of all
//! calls only read, most are made by sessions of roles and by services, one in ten fails. [`odd_record`] makes records
//! that nobody should write, for properties; [`shipped_log`] makes the log that comes with scproof.
//! [`plain`](fn@plain) is the reference reader of records.
//!
//! ```
//! use scproof_testkit::events::{LogGenerator, LogShape};
//! # let organization = include_str!("../../../fixtures/organizations/example.json");
//! # let inventory = scproof_organization::Inventory::from_json(organization)?;
//!
//! let log = LogGenerator::new(&inventory, LogShape { events: 1_000, ..LogShape::default() });
//! let records: usize = (0..log.batches()).flat_map(|number| log.batch(number)).map(|file| file.records.len()).sum();
//! assert!(records >= 1_000); // and copies
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod callers;
mod fleet;
mod odd;
mod operations;
mod plain;
mod record;
mod shipped;

use scproof_organization::Inventory;
use scproof_policy_parser::format_date;

use crate::random::Random;
use callers::caller;
use fleet::Fleet;
pub use odd::odd_record;
use operations::Operations;
pub use plain::{Plain, PlainCall, plain};
use record::{Ending, Written};
pub use shipped::shipped_log;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// What a made-up log looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogShape {
    /// Calls and other events, copies not counted.
    pub events: u64,
    /// How many of them stand in a file at most.
    pub per_file: u64,
    /// The first second, since 1970.
    pub start: u64,
    /// Days, over which the events are spread evenly.
    pub days: u64,
    /// Everything random follows from it.
    pub seed: u64,
}

impl Default for LogShape {
    /// 1,000 events in November 2026, 200 a file.
    fn default() -> Self {
        Self { events: 1_000, per_file: 200, start: 1_793_491_200, days: 30, seed: 1 }
    }
}

/// Makes a log.
#[derive(Debug)]
pub struct LogGenerator {
    shape: LogShape,
    fleet: Fleet,
    operations: Operations,
}

/// A file of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// The account whose log it is.
    pub account: String,
    /// Where its events were.
    pub region: String,
    /// The organization whose trail it is.
    pub organization: String,
    /// When it was delivered, in seconds since 1970.
    pub delivered: u64,
    /// What tells its name from others.
    pub mark: u64,
    /// The records, as JSON.
    pub records: Vec<String>,
}

impl LogFile {
    /// Its key in the bucket of a trail.
    pub fn key(&self) -> String {
        let Self { account, region, organization, mark, .. } = self;
        let time = date(self.delivered);
        let day: Vec<&str> = time.split('T').next().unwrap_or_default().split('-').collect();
        let minute: String = time.chars().filter(|it| !matches!(it, '-' | ':')).take(13).collect();
        format!(
            "AWSLogs/{organization}/{account}/CloudTrail/{region}/{}/{account}_CloudTrail_{region}_{minute}Z_{mark:016x}.json.gz",
            day.join("/")
        )
    }

    /// What stands in it, before it is compressed.
    pub fn content(&self) -> String {
        format!("{{\"Records\":[{}]}}", self.records.join(","))
    }
}

impl LogGenerator {
    /// A log of the accounts of an organization, by callers that its policies name, among others.
    pub fn new(inventory: &Inventory, shape: LogShape) -> Self {
        Self { shape, fleet: Fleet::of(inventory), operations: Operations::new() }
    }

    /// How many batches there are.
    pub fn batches(&self) -> u64 {
        self.shape.events.div_ceil(self.shape.per_file.max(1))
    }

    /// The files of a batch: first the one with all its events, then those with copies. Batches follow from nothing
    /// but the shape and their number; later ones have later times.
    pub fn batch(&self, number: u64) -> Vec<LogFile> {
        self.batch_that_ends(number, |_, ending| Some(ending))
    }

    /// A batch of which `end` says how each call ended, by what was drawn; `None` if it was never made.
    fn batch_that_ends(
        &self,
        number: u64,
        mut end: impl FnMut(&Written<'_>, Ending) -> Option<Ending>,
    ) -> Vec<LogFile> {
        let LogShape { events, per_file, start, days, seed } = self.shape;
        let per_file = per_file.max(1);
        let mut random = Random::new(seed ^ (number + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93));
        let count = per_file.min(events.saturating_sub(number * per_file));
        let length = (days * DAY).max(1);
        let begins = start + length * number / self.batches().max(1);
        let lasts = (length / self.batches().max(1)).clamp(60, 900);
        let account = self.fleet.account(&mut random).to_owned();
        let region = Fleet::region(&mut random);
        let mut file = self.file(&account, region, begins + lasts, random.next_u64());
        let neighbour = self.fleet.account(&mut random).to_owned();
        let mut other = self.file(&neighbour, region, begins + lasts + 60, random.next_u64());
        let mut late = self.file(&account, region, begins + lasts + 3_600, random.next_u64());
        let has_two_trails = random.chance(6);
        let mut times: Vec<u64> = (0..count).map(|_| begins + random.next_u64() % lasts).collect();
        times.sort_unstable();
        for time in times {
            let caller = caller(&self.fleet, &account, &neighbour, time, &mut random);
            let operation = self.operations.draw(&caller, region, &mut random);
            let ending = Ending::draw(&caller, operation, &mut random);
            let written = Written::new(&caller, operation, (&account, region, time), &mut random);
            let Some(ending) = end(&written, ending) else { continue };
            if caller.is_foreign() && neighbour != account {
                // The caller's account has a copy.
                other.records.push(written.text(&ending, &neighbour, None));
            }
            if random.below(1_000) == 0 {
                late.records.push(written.text(&ending, &account, Some("UPDATED_DATA")));
            }
            file.records.push(written.text(&ending, &account, None));
        }
        let mut files = vec![file];
        if has_two_trails && let Some(first) = files.first() {
            let second = LogFile { mark: random.next_u64(), delivered: first.delivered + 120, ..first.clone() };
            files.push(second);
        }
        files.extend([other, late].into_iter().filter(|file| !file.records.is_empty()));
        files
    }

    fn file(&self, account: &str, region: &str, delivered: u64, mark: u64) -> LogFile {
        LogFile {
            account: account.to_owned(),
            region: region.to_owned(),
            organization: self.fleet.organization.clone(),
            delivered,
            mark,
            records: Vec::new(),
        }
    }
}

/// A time as records have it.
pub(crate) fn date(seconds: u64) -> String {
    i64::try_from(seconds).ok().and_then(format_date).unwrap_or_default()
}
