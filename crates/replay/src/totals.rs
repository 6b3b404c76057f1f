//! What is left of events that are no longer kept: counts, and an example of each kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::agreement::{Compares, Ended};
use crate::answer::{Answer, Cause, Class};
use crate::case::Case;
use crate::part::{DAY, EventKey, Taken, What};

/// Calls of each class of change, in the order of [`Class::CHANGES`].
pub type Changes = [u64; Class::CHANGES.len()];

/// What all events came to.
#[derive(Debug)]
pub(crate) struct Totals {
    /// Calls that were asked about.
    pub(crate) calls: u64,
    /// Copies of events that were left out.
    pub(crate) duplicates: u64,
    pub(crate) skipped: BTreeMap<&'static str, u64>,
    pub(crate) not_replayable: BTreeMap<&'static str, u64>,
    pub(crate) seen: Option<(i64, i64)>,
    /// In the order of [`Answer::ALL`].
    pub(crate) before: [u64; Answer::ALL.len()],
    pub(crate) compares: Compares,
    pub(crate) candidates: Vec<CandidateTotals>,
}

/// What a candidate does to all calls.
#[derive(Debug, Default)]
pub(crate) struct CandidateTotals {
    /// In the order of [`Class::ALL`].
    pub(crate) classes: [u64; Class::ALL.len()],
    pub(crate) after: [u64; Answer::ALL.len()],
    /// How many of the newly blocked calls succeeded.
    pub(crate) succeeded: u64,
    /// How many changed calls are meant to be.
    pub(crate) expected: Changes,
    pub(crate) days: BTreeMap<i64, Changes>,
    pub(crate) accounts: BTreeMap<Box<str>, Changes>,
    pub(crate) callers: BTreeMap<(Box<str>, Option<Box<str>>), Changes>,
    pub(crate) groups: BTreeMap<GroupKey, Group>,
}

/// How a candidate changes calls, by which entry that is meant, and for what cause.
pub(crate) type GroupKey = (Class, Option<usize>, Cause);

/// Calls that a candidate changes for one cause.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) calls: u64,
    /// How they ended, in the order of [`ENDS`].
    pub(crate) ends: [u64; ENDS.len()],
    pub(crate) callers: BTreeMap<(Box<str>, Option<Box<str>>), u64>,
    pub(crate) actions: BTreeMap<Box<str>, u64>,
    pub(crate) last: i64,
    /// The first.
    pub(crate) example: (i64, EventKey, Arc<Case>),
}

/// How calls end.
pub(crate) const ENDS: [Ended; 4] = [Ended::Passed, Ended::DeniedByScp, Ended::Denied, Ended::Open];

fn increment<const N: usize>(counts: &mut [u64; N], index: Option<usize>) {
    if let Some(count) = index.and_then(|index| counts.get_mut(index)) {
        *count += 1;
    }
}

fn add<const N: usize>(counts: &mut [u64; N], more: &[u64; N]) {
    for (count, more) in counts.iter_mut().zip(more) {
        *count += more;
    }
}

fn place<T: PartialEq, const N: usize>(all: &[T; N], one: &T) -> Option<usize> {
    all.iter().position(|other| other == one)
}

impl Totals {
    pub(crate) fn new(candidates: usize) -> Self {
        Self {
            calls: 0,
            duplicates: 0,
            skipped: BTreeMap::new(),
            not_replayable: BTreeMap::new(),
            seen: None,
            before: [0; Answer::ALL.len()],
            compares: Compares::default(),
            candidates: (0..candidates).map(|_| CandidateTotals::default()).collect(),
        }
    }

    /// Counts an event.
    pub(crate) fn add(&mut self, key: &EventKey, taken: &Taken) {
        let seen = self.seen.get_or_insert((taken.time, taken.time));
        *seen = (seen.0.min(taken.time), seen.1.max(taken.time));
        let case = match &taken.what {
            What::Skipped(reason) => return *self.skipped.entry(reason).or_default() += 1,
            What::NotReplayable(reason) => {
                *self.not_replayable.entry(reason).or_default() += 1;
                let index = place(&Class::ALL, &Class::NotReplayable);
                self.candidates.iter_mut().for_each(|candidate| increment(&mut candidate.classes, index));
                return;
            }
            What::NotGoverned(_) => {
                self.calls += 1;
                increment(&mut self.before, place(&Answer::ALL, &Answer::NotGoverned));
                for candidate in &mut self.candidates {
                    increment(&mut candidate.classes, place(&Class::ALL, &Class::NotGoverned));
                    increment(&mut candidate.after, place(&Answer::ALL, &Answer::NotGoverned));
                }
                return;
            }
            What::Case(case) => case,
        };
        self.calls += 1;
        increment(&mut self.before, place(&Answer::ALL, &case.before));
        self.compares.add(case, taken.told, taken.time, &key.text());
        for (candidate, change) in self.candidates.iter_mut().zip(&case.changes) {
            increment(&mut candidate.classes, place(&Class::ALL, &change.class));
            increment(&mut candidate.after, place(&Answer::ALL, &change.after));
            let Some(index) = place(&Class::CHANGES, &change.class) else { continue };
            let index = Some(index);
            if change.class == Class::NewlyBlocked && taken.told.outcome == Ended::Passed {
                candidate.succeeded += 1;
            }
            if change.expected.is_some() {
                increment(&mut candidate.expected, index);
            }
            increment(candidate.days.entry(taken.time.div_euclid(DAY)).or_default(), index);
            increment(candidate.accounts.entry(case.account.clone()).or_default(), index);
            let caller = (case.account.clone(), case.principal.clone());
            increment(candidate.callers.entry(caller.clone()).or_default(), index);
            let action: Box<str> =
                change.shown_request(case).map_or_else(Box::default, |request| request.action.as_str().into());
            for cause in &change.causes {
                let group = candidate.groups.entry((change.class, change.expected, *cause)).or_insert_with(|| Group {
                    calls: 0,
                    ends: [0; ENDS.len()],
                    callers: BTreeMap::new(),
                    actions: BTreeMap::new(),
                    last: taken.time,
                    example: (taken.time, key.clone(), Arc::clone(case)),
                });
                group.calls += 1;
                increment(&mut group.ends, place(&ENDS, &taken.told.outcome));
                *group.callers.entry(caller.clone()).or_default() += 1;
                *group.actions.entry(action.clone()).or_default() += 1;
                group.last = group.last.max(taken.time);
                if (taken.time, key) < (group.example.0, &group.example.1) {
                    group.example = (taken.time, key.clone(), Arc::clone(case));
                }
            }
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.calls += other.calls;
        self.duplicates += other.duplicates;
        for (reason, count) in other.skipped {
            *self.skipped.entry(reason).or_default() += count;
        }
        for (reason, count) in other.not_replayable {
            *self.not_replayable.entry(reason).or_default() += count;
        }
        self.seen = match (self.seen, other.seen) {
            (Some(one), Some(two)) => Some((one.0.min(two.0), one.1.max(two.1))),
            (one, two) => one.or(two),
        };
        add(&mut self.before, &other.before);
        self.compares.merge(other.compares);
        for (candidate, other) in self.candidates.iter_mut().zip(other.candidates) {
            candidate.merge(other);
        }
    }
}

impl CandidateTotals {
    fn merge(&mut self, other: Self) {
        add(&mut self.classes, &other.classes);
        add(&mut self.after, &other.after);
        self.succeeded += other.succeeded;
        add(&mut self.expected, &other.expected);
        for (day, changes) in other.days {
            add(self.days.entry(day).or_default(), &changes);
        }
        for (account, changes) in other.accounts {
            add(self.accounts.entry(account).or_default(), &changes);
        }
        for (caller, changes) in other.callers {
            add(self.callers.entry(caller).or_default(), &changes);
        }
        for (key, group) in other.groups {
            match self.groups.entry(key) {
                std::collections::btree_map::Entry::Vacant(slot) => {
                    slot.insert(group);
                }
                std::collections::btree_map::Entry::Occupied(mut slot) => slot.get_mut().merge(group),
            }
        }
    }
}

impl Group {
    fn merge(&mut self, other: Self) {
        self.calls += other.calls;
        add(&mut self.ends, &other.ends);
        for (caller, count) in other.callers {
            *self.callers.entry(caller).or_default() += count;
        }
        for (action, count) in other.actions {
            *self.actions.entry(action).or_default() += count;
        }
        self.last = self.last.max(other.last);
        if (other.example.0, &other.example.1) < (self.example.0, &self.example.1) {
            self.example = other.example;
        }
    }
}
