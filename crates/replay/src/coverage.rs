//! What a log holds, and what it lacks: which accounts, Regions, days and types of data events were seen.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use crate::part::DAY;

/// What has been seen. A copy of an event changes nothing.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// The accounts whose logs these are.
    accounts: FxHashSet<Box<str>>,
    /// The days, since 1970, for each Region.
    regions: BTreeMap<Box<str>, BTreeSet<i64>>,
    /// The types of resources of data events.
    data: BTreeSet<Box<str>>,
}

/// What a log holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogCoverage {
    /// The first and the last event, in seconds since 1970; none of an empty log.
    pub seen: Option<(i64, i64)>,
    /// The accounts whose logs these are, sorted.
    pub accounts: Vec<String>,
    /// The Regions, sorted, with the days on which events were seen there.
    pub regions: Vec<RegionCoverage>,
    /// The types of resources of data events, such as `AWS::S3::Object`.
    pub data_events: Vec<String>,
}

/// What a log holds of a Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionCoverage {
    /// Its name.
    pub region: String,
    /// On how many days something was seen.
    pub days: u64,
    /// Days without an event between the first and the last one, each run as its first and last day, in days since
    /// 1970.
    pub gaps: Vec<(i64, i64)>,
}

impl Coverage {
    pub(crate) fn add(&mut self, recipient: Option<&str>, region: Option<&str>, time: i64, data: Option<&str>) {
        if let Some(account) = recipient
            && !self.accounts.contains(account)
        {
            self.accounts.insert(account.into());
        }
        if let Some(region) = region {
            let day = time.div_euclid(DAY);
            match self.regions.get_mut(region) {
                Some(days) => drop(days.insert(day)),
                None => drop(self.regions.insert(region.into(), BTreeSet::from([day]))),
            }
        }
        if let Some(data) = data
            && !self.data.contains(data)
        {
            self.data.insert(data.into());
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.accounts.extend(other.accounts);
        for (region, days) in other.regions {
            self.regions.entry(region).or_default().extend(days);
        }
        self.data.extend(other.data);
    }

    pub(crate) fn report(&self, seen: Option<(i64, i64)>) -> LogCoverage {
        let mut accounts: Vec<String> = self.accounts.iter().map(ToString::to_string).collect();
        accounts.sort_unstable();
        let regions = self.regions.iter().map(|(region, days)| {
            let mut gaps = Vec::new();
            for (before, after) in days.iter().zip(days.iter().skip(1)) {
                if after - before > 1 {
                    gaps.push((before + 1, after - 1));
                }
            }
            RegionCoverage { region: region.to_string(), days: days.len() as u64, gaps }
        });
        LogCoverage {
            seen,
            accounts,
            regions: regions.collect(),
            data_events: self.data.iter().map(ToString::to_string).collect(),
        }
    }
}
