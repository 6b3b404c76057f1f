//! One fetch: the client, the pace, the counts, the work file; and how one call is made and repeated.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_organizations::Client;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

use crate::connect::is_loopback;
use crate::error::FetchError;
use crate::estimate::{Sizes, calls_of};
use crate::failure::{Failure, Passing};
use crate::journal::{CallKey, Journal};
use crate::limiter::Limiter;
use crate::operation::Operation;
use crate::options::FetchOptions;
use crate::progress::{Note, NoteKind, Progress, Statistics, Status};
use crate::watch::{LONGEST_ANSWER, Watch};

/// The first and the longest pause between two attempts (API-36).
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// Attempts to connect before anything has ever been answered: then the endpoint is probably wrong.
const FIRST_CONTACT_ATTEMPTS: u32 = 3;

/// How a call ended that gave no answer.
#[derive(Debug, Clone)]
pub(crate) enum CallError {
    /// Not allowed.
    Denied { code: String, message: String },
    /// The item is gone.
    NotFound { code: String },
    /// AWS does not like the request.
    Invalid { code: String, message: String },
    /// The fetch is at its end.
    Stop(FetchError),
}

impl CallError {
    /// The end of the fetch, for a call that nothing works without.
    pub(crate) fn fatal(self, operation: Operation, subject: Option<&str>) -> FetchError {
        let subject = subject.map(str::to_owned);
        match self {
            Self::Denied { message, .. } => FetchError::AccessDenied { operation, subject, message },
            Self::NotFound { code } => {
                FetchError::Service { operation, subject, code, message: "it is gone".to_owned() }
            }
            Self::Invalid { code, message } => FetchError::Service { operation, subject, code, message },
            Self::Stop(error) => error,
        }
    }
}

/// What is counted while a fetch runs.
#[derive(Debug, Default)]
struct Counts {
    statistics: Statistics,
    /// Calls that are known to be needed and not made yet.
    outstanding: BTreeMap<Operation, u64>,
    sizes: Sizes,
    answered: bool,
    is_endpoint_told: bool,
    /// What was said so far: a pass says nothing that an earlier one has said.
    said: BTreeSet<String>,
}

/// One fetch.
pub(crate) struct Session<'a> {
    pub(crate) client: Client,
    pub(crate) options: &'a FetchOptions,
    progress: &'a dyn Progress,
    limiter: Limiter,
    in_flight: Semaphore,
    counts: Mutex<Counts>,
    journal: Mutex<Option<Journal>>,
    /// Where requests go, and what must not be told.
    watch: Watch,
}

impl<'a> Session<'a> {
    pub(crate) fn new(client: Client, watch: Watch, options: &'a FetchOptions, progress: &'a dyn Progress) -> Self {
        Self {
            client,
            options,
            progress,
            limiter: Limiter::new(&options.rates),
            in_flight: Semaphore::new(options.concurrency.get()),
            counts: Mutex::default(),
            journal: Mutex::new(None),
            watch,
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The work file, if there is one.
    pub(crate) fn journal(&self) -> MutexGuard<'_, Option<Journal>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host that requests go to.
    pub(crate) fn host(&self) -> String {
        self.watch.host().unwrap_or_else(|| "the endpoint".to_owned())
    }

    /// Says where requests go, once, and what is wrong with that.
    fn note_endpoint(&self) {
        let Some((url, host)) = self.watch.url().zip(self.watch.host()) else { return };
        if self.counts().is_endpoint_told {
            return;
        }
        self.counts().is_endpoint_told = true;
        self.note(NoteKind::Plan, format!("asking {url}"));
        if url.starts_with("http://") && !is_loopback(&url) {
            self.note(
                NoteKind::Warning,
                format!(
                    "requests to {host} go over plain HTTP: whoever is in between reads the answers, and the token \
                     of temporary credentials"
                ),
            );
        }
    }

    pub(crate) fn note(&self, kind: NoteKind, text: impl Into<String>) {
        let text = text.into();
        if self.counts().said.insert(text.clone()) {
            self.progress.note(&Note { kind, text });
        }
    }

    /// Requests sent so far.
    pub(crate) fn calls(&self) -> u64 {
        self.counts().statistics.total().calls
    }

    /// Says that calls will be needed.
    pub(crate) fn expect(&self, operation: Operation, calls: usize) {
        *self.counts().outstanding.entry(operation).or_default() += calls as u64;
    }

    /// Says how large the organization is, as far as is known.
    pub(crate) fn sizes(&self, change: impl FnOnce(&mut Sizes)) {
        change(&mut self.counts().sizes);
    }

    /// Counts an answer that the work file had.
    pub(crate) fn resumed(&self, operation: Operation) {
        let mut counts = self.counts();
        counts.statistics.operations.entry(operation).or_default().resumed += 1;
        if let Some(outstanding) = counts.outstanding.get_mut(&operation) {
            *outstanding = outstanding.saturating_sub(1);
        }
    }

    fn sent(&self, operation: Operation, again: bool) {
        let mut counts = self.counts();
        let entry = counts.statistics.operations.entry(operation).or_default();
        entry.calls += 1;
        if again {
            entry.retried += 1;
        } else if let Some(outstanding) = counts.outstanding.get_mut(&operation) {
            *outstanding = outstanding.saturating_sub(1);
        }
    }

    /// Tells the caller how far it is.
    pub(crate) fn report(&self) {
        let status = {
            let counts = self.counts();
            let remaining = |operation: Operation| {
                let outstanding = counts.outstanding.get(&operation).copied().unwrap_or_default();
                let made = counts.statistics.of(operation);
                let estimated = calls_of(&counts.sizes, operation);
                let done = (made.calls - made.retried) + made.resumed;
                outstanding.max(estimated.saturating_sub(done))
            };
            let calls = counts.statistics.total().calls;
            let remaining_calls: u64 = Operation::ALL.into_iter().map(remaining).sum();
            Status {
                statistics: counts.statistics.clone(),
                expected_calls: calls + remaining_calls,
                time_left: self.limiter.time_for(remaining),
            }
        };
        self.progress.update(&status);
    }

    /// Makes a call until it succeeds, fails for good, or has been repeated long enough.
    ///
    /// `attempt` makes one attempt. An urgent call goes before others of its rate.
    pub(crate) async fn call<T, F>(&self, key: &CallKey, urgent: bool, attempt: impl Fn() -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let operation = key.operation;
        let start = Instant::now();
        let (mut attempts, mut failures) = (0_u32, 0_u32);
        loop {
            self.limiter.acquire(operation, urgent).await;
            // Only closed if nobody waits any more.
            let place = self.in_flight.acquire().await;
            self.sent(operation, attempts > 0);
            attempts += 1;
            let sent = Instant::now();
            let outcome = timeout(self.options.attempt_timeout, attempt()).await.unwrap_or_else(|_| {
                Err(Failure::Passing {
                    what: format!("no answer within {} s", self.options.attempt_timeout.as_secs()),
                    kind: Passing::Connection,
                })
            });
            drop(place);
            self.note_endpoint();
            let outcome = outcome.map_err(|failure| failure.map(|text| self.watch.told(text)));
            // Something that speaks the API is there.
            let spoke = match &outcome {
                Err(Failure::Passing { kind, .. }) => *kind == Passing::Service,
                Err(Failure::Stop(_)) => false,
                Ok(_) | Err(_) => true,
            };
            if spoke {
                self.counts().answered = true;
            }
            let (what, kind) = match outcome {
                Ok(answer) => {
                    self.limiter.accepted(operation);
                    self.report();
                    return Ok(answer);
                }
                Err(Failure::Throttled { code }) => {
                    self.limiter.throttled(operation, sent);
                    self.counts().statistics.operations.entry(operation).or_default().throttled += 1;
                    (format!("`{code}`"), None)
                }
                Err(Failure::Passing { what, kind }) => {
                    failures += 1;
                    (what, Some(kind))
                }
                Err(Failure::Denied { code, message }) => return Err(CallError::Denied { code, message }),
                Err(Failure::NotFound { code, .. }) => return Err(CallError::NotFound { code }),
                Err(Failure::Invalid { code, message }) => return Err(CallError::Invalid { code, message }),
                Err(Failure::TooLong) => {
                    return Err(CallError::Stop(FetchError::UnexpectedAnswer {
                        operation,
                        subject: key.subject.clone(),
                        what: format!("it has more than {} MB", LONGEST_ANSWER / 1_000_000),
                    }));
                }
                Err(Failure::Stop(error)) => return Err(CallError::Stop(error)),
            };
            self.report();
            let allowed = if self.counts().answered { self.options.attempts } else { FIRST_CONTACT_ATTEMPTS };
            let pause = pause(attempts);
            let waited = start.elapsed();
            if failures >= allowed || waited + pause > self.options.retry_for {
                return Err(CallError::Stop(self.gave_up(key, attempts, waited, what, kind)));
            }
            sleep(pause).await;
        }
    }

    fn gave_up(
        &self,
        key: &CallKey,
        attempts: u32,
        waited: Duration,
        what: String,
        kind: Option<Passing>,
    ) -> FetchError {
        let (operation, subject, host) = (key.operation, key.subject.clone(), self.host());
        match kind {
            Some(Passing::Tls) => FetchError::Tls { host, cause: what },
            Some(Passing::Connection) if !self.counts().answered => FetchError::Unreachable { host, cause: what },
            Some(Passing::Nonsense) => FetchError::UnexpectedAnswer { operation, subject, what },
            Some(Passing::Connection | Passing::Service) | None => {
                FetchError::GaveUp { operation, subject, attempts, waited, last: what }
            }
        }
    }

    /// Works through jobs, a bounded number at once. A job's result may add further jobs.
    pub(crate) async fn work<J, R, F, E>(
        &self,
        jobs: impl IntoIterator<Item = J>,
        run: impl Fn(J) -> F,
        mut done: impl FnMut(R) -> Vec<J>,
    ) -> Result<(), E>
    where
        F: Future<Output = Result<R, E>>,
    {
        let mut waiting: std::collections::VecDeque<J> = jobs.into_iter().collect();
        let mut running = FuturesUnordered::new();
        // More than may be in flight: some of them wait for their rate.
        let most = self.options.concurrency.saturating_mul(NonZeroUsize::MIN.saturating_add(1)).get();
        loop {
            while running.len() < most
                && let Some(job) = waiting.pop_front()
            {
                running.push(run(job));
            }
            match running.next().await {
                Some(result) => waiting.extend(done(result?)),
                None => return Ok(()),
            }
        }
    }
}

/// Full jitter: anything up to a bound that doubles with each attempt (API-36).
fn pause(attempts: u32) -> Duration {
    let bound = FIRST_PAUSE.saturating_mul(1 << (attempts - 1).min(6)).min(LONGEST_PAUSE);
    bound.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_36_pauses_grow_up_to_twenty_seconds() {
        for attempts in 1..100 {
            assert!(pause(attempts) <= LONGEST_PAUSE);
        }
        assert!((0..100).all(|_| pause(1) <= FIRST_PAUSE));
        assert!((0..1_000).any(|_| pause(10) > Duration::from_secs(10)));
    }
}
