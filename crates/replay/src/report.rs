//! What a log says of candidates, as plain data.

use scproof_evaluator::{Predicate, Request};
use scproof_policy_parser::{DateReading, parse_date};

use crate::agreement::{Disagreement, Ended};
use crate::answer::{Answer, Cause, Class};
use crate::coverage::LogCoverage;
use crate::options::At;
use crate::part::ReplayPart;
use crate::replay::Replay;
use crate::totals::{CandidateTotals, Changes, ENDS, Group, GroupKey};

/// What the calls of a log come to, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayReport {
    /// What the log holds.
    pub coverage: LogCoverage,
    /// Calls that were asked about.
    pub calls: u64,
    /// Copies of events that were left out (CT-33).
    pub duplicates: u64,
    /// Events that are no calls, by what they are, the most frequent first (CT-32).
    pub skipped: Vec<(&'static str, u64)>,
    /// Calls that could not be asked about, by the reason, the most frequent first (CT-30).
    pub not_replayable: Vec<(&'static str, u64)>,
    /// How many calls come out how as the organization is, in the order of [`Answer::ALL`].
    pub before: [u64; Answer::ALL.len()],
    /// Whether the snapshot says what AWS said.
    pub agreement: Agreement,
    /// What each candidate does.
    pub candidates: Vec<CandidateReport>,
}

/// How the events compare with the snapshot (CT-34).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Calls to which AWS and the snapshot say the same.
    pub agrees: u64,
    /// Calls of which the events tell too little.
    pub open: u64,
    /// Calls to which they say something different.
    pub contradicts: u64,
    /// These, by what contradicts, account and action, the most frequent first.
    pub disagreements: Vec<Disagreement>,
}

/// What a candidate does to the calls of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateReport {
    /// What it is called.
    pub name: String,
    /// How many calls it does what to, in the order of [`Class::ALL`].
    pub classes: [u64; Class::ALL.len()],
    /// How many calls come out how, in the order of [`Answer::ALL`].
    pub after: [u64; Answer::ALL.len()],
    /// How many of the calls that are newly blocked for certain had succeeded.
    pub succeeded: u64,
    /// How many changed calls are meant to be, in the order of [`Class::CHANGES`].
    pub expected: Changes,
    /// What makes the differences, the most frequent first within each class; those that are meant at the end.
    pub groups: Vec<GroupReport>,
    /// Changed calls by day, in days since 1970.
    pub days: Vec<(i64, Changes)>,
    /// Changed calls by the caller's account, the most first.
    pub accounts: Vec<(String, Changes)>,
    /// Changed calls by the caller, the most first.
    pub callers: Vec<(Caller, Changes)>,
    /// Dates in the candidate's conditions on the time of a call that all events precede.
    pub later_dates: Vec<String>,
}

/// Who calls: an account, and a user or role of it if the events tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caller {
    /// The account.
    pub account: String,
    /// The ARN of the user or role, not of a session.
    pub principal: Option<String>,
}

/// Calls that a candidate changes for one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupReport {
    /// How.
    pub class: Class,
    /// The place of the entry of [`ReplayOptions::expected`](crate::ReplayOptions::expected) that says that it is
    /// meant.
    pub expected: Option<usize>,
    /// Because of what: in the candidate where it blocks, else in the organization as it is.
    pub cause: Cause,
    /// How many calls.
    pub calls: u64,
    /// How they ended: passed, denied by an SCP, denied otherwise, failed otherwise.
    pub ends: [u64; 4],
    /// By caller, the most first.
    pub callers: Vec<(Caller, u64)>,
    /// By account, the most first.
    pub accounts: Vec<(String, u64)>,
    /// By action, the most first.
    pub actions: Vec<(String, u64)>,
    /// The first and the last call, in seconds since 1970.
    pub seen: (i64, i64),
    /// The first call.
    pub example: Example,
}

/// A call that shows something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The id of its event.
    pub event: String,
    /// The same as a question, without facts that no policy looks at.
    pub request: Request,
    /// The answers before and after.
    pub answers: (Answer, Answer),
    /// Where the answer after is open: when the call passes.
    pub condition: Option<Predicate>,
}

impl GroupReport {
    /// How many of the calls ended so.
    pub fn ended(&self, ended: Ended) -> u64 {
        ENDS.iter().zip(&self.ends).find(|(other, _)| **other == ended).map_or(0, |(_, count)| *count)
    }
}

impl CandidateReport {
    /// How many calls it does this to that are not meant to be.
    pub fn unexpected(&self, class: Class) -> u64 {
        let expected = Class::CHANGES.iter().zip(&self.expected).find(|(other, _)| **other == class);
        self.count(class).saturating_sub(expected.map_or(0, |(_, count)| *count))
    }

    /// How many calls it does this to.
    pub fn count(&self, class: Class) -> u64 {
        Class::ALL.iter().zip(&self.classes).find(|(other, _)| **other == class).map_or(0, |(_, count)| *count)
    }
}

impl ReplayReport {
    /// How many calls could not be asked about.
    pub fn not_replayable_count(&self) -> u64 {
        self.not_replayable.iter().map(|(_, count)| count).sum()
    }

    /// How many events are no calls.
    pub fn skipped_count(&self) -> u64 {
        self.skipped.iter().map(|(_, count)| count).sum()
    }

    /// How many calls the log has.
    pub fn all_calls(&self) -> u64 {
        self.calls + self.not_replayable_count()
    }

    pub(crate) fn new(replay: &Replay, part: &ReplayPart) -> Self {
        let totals = &part.totals;
        let compares = &totals.compares;
        let mut disagreements: Vec<Disagreement> = compares
            .contradictions
            .iter()
            .map(|((contradiction, account, action), (calls, first, last, event))| Disagreement {
                contradiction: *contradiction,
                account: account.to_string(),
                action: action.to_string(),
                calls: *calls,
                seen: (*first, *last),
                event: event.clone(),
            })
            .collect();
        disagreements.sort_by_key(|it| std::cmp::Reverse(it.calls));
        let candidates = replay.candidates().iter().zip(&totals.candidates);
        Self {
            coverage: part.coverage.report(totals.seen),
            calls: totals.calls,
            duplicates: totals.duplicates,
            skipped: most_first(totals.skipped.iter().map(|(reason, count)| (*reason, *count))),
            not_replayable: most_first(totals.not_replayable.iter().map(|(reason, count)| (*reason, *count))),
            before: totals.before,
            agreement: Agreement {
                agrees: compares.agrees,
                open: compares.open,
                contradicts: compares.contradicts,
                disagreements,
            },
            candidates: candidates
                .enumerate()
                .map(|(index, (candidate, totals))| {
                    let later_dates = if replay.options().at == At::Event {
                        later_dates(&candidate.organization, part.totals.seen.map(|(_, last)| last))
                    } else {
                        Vec::new()
                    };
                    of_candidate(&candidate.name, index, totals, later_dates)
                })
                .collect(),
        }
    }
}

/// The largest first, else in the order given.
fn most_first<T>(counts: impl Iterator<Item = (T, u64)>) -> Vec<(T, u64)> {
    let mut counts: Vec<(T, u64)> = counts.collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

fn caller_of((account, principal): &(Box<str>, Option<Box<str>>)) -> Caller {
    Caller { account: account.to_string(), principal: principal.as_deref().map(str::to_owned) }
}

fn of_candidate(name: &str, index: usize, totals: &CandidateTotals, later_dates: Vec<String>) -> CandidateReport {
    let mut groups: Vec<GroupReport> =
        totals.groups.iter().filter_map(|(key, group)| of_group(index, *key, group)).collect();
    groups.sort_by_key(|group| (group.expected.is_some(), group.class, std::cmp::Reverse(group.calls)));
    let mut accounts: Vec<(String, Changes)> =
        totals.accounts.iter().map(|(account, changes)| (account.to_string(), *changes)).collect();
    accounts.sort_by_key(|(_, changes)| std::cmp::Reverse(*changes));
    let mut callers: Vec<(Caller, Changes)> =
        totals.callers.iter().map(|(caller, changes)| (caller_of(caller), *changes)).collect();
    callers.sort_by_key(|(_, changes)| std::cmp::Reverse(*changes));
    CandidateReport {
        name: name.to_owned(),
        classes: totals.classes,
        after: totals.after,
        succeeded: totals.succeeded,
        expected: totals.expected,
        groups,
        days: totals.days.iter().map(|(day, changes)| (*day, *changes)).collect(),
        accounts,
        callers,
        later_dates,
    }
}

fn of_group(candidate: usize, (class, expected, cause): GroupKey, group: &Group) -> Option<GroupReport> {
    let (first, id, of_example) = &group.example;
    let change = of_example.changes.get(candidate)?;
    let mut accounts = std::collections::BTreeMap::<&str, u64>::new();
    for ((account, _), calls) in &group.callers {
        *accounts.entry(account).or_default() += calls;
    }
    Some(GroupReport {
        class,
        expected,
        cause,
        calls: group.calls,
        ends: group.ends,
        callers: most_first(group.callers.iter().map(|(caller, calls)| (caller_of(caller), *calls))),
        accounts: most_first(accounts.into_iter().map(|(account, calls)| (account.to_owned(), calls))),
        actions: most_first(group.actions.iter().map(|(action, calls)| (action.to_string(), *calls))),
        seen: (*first, group.last),
        example: Example {
            event: id.text(),
            request: change.shown_request(of_example)?.clone(),
            answers: (of_example.before, change.after),
            condition: change.condition.clone(),
        },
    })
}

/// Dates in conditions on the time of a call that all events precede: the log says nothing of what they change.
fn later_dates(organization: &scproof_organization::Organization, last: Option<i64>) -> Vec<String> {
    let Some(last) = last else { return Vec::new() };
    let is_time = |key: &str| ["aws:CurrentTime", "aws:EpochTime"].iter().any(|it| it.eq_ignore_ascii_case(key));
    let mut found = std::collections::BTreeSet::new();
    // What is attached nowhere changes nothing, at any time.
    let attached: std::collections::BTreeSet<_> =
        organization.nodes().flat_map(|(_, node)| node.scps.iter().copied()).collect();
    for policy in attached.into_iter().map(|index| organization.policy(index)) {
        let conditions = policy.document.statements.iter().filter_map(|statement| statement.condition.as_ref());
        for condition in conditions.flatten().filter(|condition| is_time(&condition.key)) {
            for value in condition.values.iter().flatten() {
                let text = value.text.as_str();
                let is_later = parse_date(text, DateReading::default()).is_some_and(|(seconds, _)| seconds > last);
                if is_later {
                    found.insert(text.to_owned());
                }
            }
        }
    }
    found.into_iter().collect()
}
