//! Asks about the calls of a log, before and after.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHasher;
use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_organization::{AccountId, Organization};
use scproof_trail::{Call, Event, Reading};

use crate::agreement::Told;
use crate::answer::Class;
use crate::case::{Case, NO_ACCOUNT, askable};
use crate::options::{At, Candidate, ReplayOptions};
use crate::part::{EventKey, Rank, ReplayPart, What};
use crate::report::ReplayReport;

/// What a question has come to.
#[derive(Debug, Clone)]
enum Worked {
    Case(Arc<Case>),
    Unanswerable(&'static str),
}

type Cases = HashMap<Box<[u8]>, Worked>;

/// In how many parts the memory of answers is locked.
const SHARDS: usize = 32;

/// How many answers a part remembers: beyond that it begins anew, which changes no answer.
const REMEMBERED: usize = 1 << 14;

/// Organizations, ready to be asked about the calls of a log; shared by all threads.
///
/// Each thread takes events into a [part](Replay::part) of its own. Parts are merged in any order, and make a
/// [report](Replay::report).
#[derive(Debug)]
pub struct Replay {
    views: CompiledViews,
    before: Arc<Organization>,
    candidates: Vec<Candidate>,
    options: ReplayOptions,
    cases: Vec<RwLock<Cases>>,
}

/// What an event came to for one candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventClass<'a> {
    /// The id of the event: `sharedEventID`, else `eventID`.
    pub event: String,
    /// The number of the candidate.
    pub candidate: usize,
    /// What the candidate does.
    pub class: Class,
    /// What makes the difference, or why there is none.
    pub reason: EventReason<'a>,
}

/// Why an event has its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventReason<'a> {
    /// What makes the difference.
    Causes(&'a [crate::Cause]),
    /// Why SCPs do not govern the caller.
    Exempt(scproof_evaluator::Reason),
    /// Why it cannot be asked about, or is governed by no policy at all.
    Said(&'static str),
    /// What it is before and after.
    Same(crate::Answer),
}

impl Replay {
    /// Compiles the organization as it is and the candidates together.
    pub fn new(before: impl Into<Arc<Organization>>, candidates: Vec<Candidate>, options: ReplayOptions) -> Self {
        let before = before.into();
        let others = candidates.iter().map(|candidate| Arc::clone(&candidate.organization)).collect();
        let views = CompiledViews::all(Arc::clone(&before), others, options.evaluation);
        let cases = (0..SHARDS).map(|_| RwLock::default()).collect();
        Self { views, before, candidates, options, cases }
    }

    /// The organization as it is.
    pub fn before(&self) -> &Arc<Organization> {
        &self.before
    }

    /// The candidates, in the order given.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// How it was asked.
    pub fn options(&self) -> &ReplayOptions {
        &self.options
    }

    /// A part that has taken nothing.
    pub fn part(&self) -> ReplayPart {
        ReplayPart::new(self.candidates.len())
    }

    /// Takes an event, unless it is none of those that are looked at.
    pub fn take(&self, part: &mut ReplayPart, event: &Event) {
        let ReplayOptions { since, until, accounts, actions, .. } = &self.options;
        if since.is_some_and(|since| event.time < since) || until.is_some_and(|until| event.time >= until) {
            return;
        }
        let is_asked = match &event.reading {
            Reading::Call(call) => actions.is_everything() || call.asks.iter().any(|ask| actions.fits(&ask.action)),
            Reading::Skipped(_) | Reading::NotGoverned(_) | Reading::NotReplayable(_) => actions.is_everything(),
        };
        if !is_asked {
            return;
        }
        if let (Some(accounts), Reading::Call(call)) = (accounts, &event.reading)
            && !accounts.iter().any(|account| account.to_string() == call.account)
        {
            return;
        }
        part.coverage.add(event.recipient.as_deref(), event.region.as_deref(), event.time, event.data.as_deref());
        let (what, told) = match &event.reading {
            Reading::Skipped(reason) => (What::Skipped(reason), Told::NOTHING),
            Reading::NotReplayable(reason) => (What::NotReplayable(reason), Told::NOTHING),
            Reading::NotGoverned(reason) => (What::NotGoverned(reason), Told::NOTHING),
            Reading::Call(call) => match self.case(part, call) {
                Worked::Case(case) => {
                    let told = Told::of(call, &case, &self.before);
                    (What::Case(case), told)
                }
                Worked::Unanswerable(reason) => (What::NotReplayable(reason), Told::NOTHING),
            },
        };
        let caller = if let Reading::Call(call) = &event.reading { Some(call.account.as_str()) } else { None };
        let mut content = FxHasher::default();
        if let What::Case(_) = what {
            part.scratch.key.hash(&mut content);
        }
        if let What::Skipped(reason) | What::NotReplayable(reason) | What::NotGoverned(reason) = what {
            reason.hash(&mut content);
        }
        told.hash(&mut content);
        let number = event.recipient.as_deref().and_then(|account| account.parse().ok()).unwrap_or(u64::MAX);
        let rank = Rank {
            own: caller.is_some() && caller == event.recipient.as_deref(),
            recipient: u64::MAX - number,
            amended: event.amended,
            time: event.time,
            id: event.shared_id.as_ref().map(|_| Box::new(EventKey::new(&event.id))),
            content: content.finish(),
        };
        let id = event.shared_id.as_deref().unwrap_or(&event.id);
        // Records without an id are copies of each other if they are the same in everything that counts.
        let key = if id.is_empty() {
            EventKey::Text(format!("without an id, {}-{:016x}", event.time, rank.content).into())
        } else {
            EventKey::new(id)
        };
        part.take(key, rank, what, told);
    }

    /// What the organizations say to a call, worked out unless it was before.
    fn case(&self, part: &mut ReplayPart, call: &Call) -> Worked {
        let now = match &self.options.at {
            At::Event => None,
            At::Time(time) => Some(time.as_str()),
        };
        // A caller of another organization is one whom SCPs do not govern; without a name it is nobody. Seen at once:
        // near names of the account would be looked for, for nobody to read.
        let is_known = AccountId::parse(&call.account).ok().and_then(|id| self.before.account(&id)).is_some();
        let names_it = |arn: &str| arn.split(':').nth(4) == Some(call.account.as_str());
        if !is_known && !call.principal.as_deref().is_some_and(names_it) {
            return Worked::Unanswerable(NO_ACCOUNT);
        }
        part.scratch.make_key(&self.views, call, now);
        let key = part.scratch.key.as_slice();
        let mut hasher = FxHasher::default();
        key.hash(&mut hasher);
        // Tables of std hash with a key of their own: whoever writes the log cannot make them slow.
        let place = usize::try_from(hasher.finish() >> 59).unwrap_or_default() % SHARDS;
        let Some(shard) = self.cases.get(place) else { return self.work_out(part, call, now) };
        if let Some(known) = shard.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return known.clone();
        }
        let key: Box<[u8]> = key.into();
        let worked = self.work_out(part, call, now);
        let mut cases = shard.write().unwrap_or_else(PoisonError::into_inner);
        if cases.len() >= REMEMBERED {
            cases.clear();
        }
        cases.insert(key, worked.clone());
        worked
    }

    fn work_out(&self, part: &mut ReplayPart, call: &Call, now: Option<&str>) -> Worked {
        let asks = part.scratch.requests(&self.views, call, now);
        match askable(self.views.view(View::BEFORE), asks) {
            Ok(asks) => Worked::Case(Arc::new(Case::work_out(self, &self.views, asks))),
            Err(reason) => Worked::Unanswerable(reason),
        }
    }

    /// Counts the events before a time, in seconds since 1970, in the order of time and id, and shows what each came to
    /// for each candidate. No copy of them must come later: it would count again.
    pub fn close(&self, part: &mut ReplayPart, before: i64, mut show: impl FnMut(EventClass<'_>)) {
        for (key, taken) in part.remove_before(before) {
            part.totals.add(&key, &taken);
            for candidate in 0..self.candidates.len() {
                let (class, reason) = match &taken.what {
                    What::Skipped(_) => continue,
                    What::NotReplayable(reason) => (Class::NotReplayable, EventReason::Said(reason)),
                    What::NotGoverned(reason) => (Class::NotGoverned, EventReason::Said(reason)),
                    What::Case(case) => {
                        let Some(change) = case.changes.get(candidate) else { continue };
                        let reason = match case.exempt {
                            Some(reason) if change.class == Class::NotGoverned => EventReason::Exempt(reason),
                            _ if change.class.is_change() => EventReason::Causes(&change.causes),
                            _ => EventReason::Same(change.after),
                        };
                        (change.class, reason)
                    }
                };
                show(EventClass { event: key.text(), candidate, class, reason });
            }
        }
    }

    /// Counts all events, and makes the report.
    pub fn report(&self, mut part: ReplayPart) -> ReplayReport {
        self.close(&mut part, i64::MAX, |_| {});
        ReplayReport::new(self, &part)
    }
}
