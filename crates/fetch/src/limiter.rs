//! Pacing: a token bucket for each published rate, which shrinks when AWS throttles and grows back.
//!
//! Buckets know nothing of each other, so one throttled operation does not slow the others.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::operation::Operation;
use crate::rates::Rates;

/// What is left of a rate after each throttling.
const DECREASE: f64 = 0.8;
/// What each accepted call gives back, as a part of the full rate.
const INCREASE: f64 = 0.04;
/// A rate never shrinks below this part of the full one.
const FLOOR: f64 = 0.05;
/// Tokens of the published burst that are not used: calls that leave evenly can arrive in a bunch.
const KEPT_BURST: u32 = 2;
/// The rate that an operation without a published one falls to when it is throttled first, a second.
const UNPUBLISHED: f64 = 50.0;

/// All buckets.
#[derive(Debug)]
pub(crate) struct Limiter {
    lanes: Vec<Lane>,
}

#[derive(Debug)]
struct Lane {
    operations: Vec<Operation>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Calls a second at most; none: unpaced until throttled.
    full: Option<f64>,
    /// Calls a second now; none: unpaced.
    rate: Option<f64>,
    capacity: f64,
    tokens: f64,
    refilled: Instant,
    /// Waiting calls that go before others.
    urgent: usize,
    /// Throttling of calls sent before this moment has been answered already.
    slowed: Option<Instant>,
}

impl Limiter {
    pub(crate) fn new(rates: &Rates) -> Self {
        let now = Instant::now();
        let lane = |operations: Vec<Operation>, full: Option<f64>, capacity: f64| Lane {
            operations,
            state: Mutex::new(State {
                full,
                rate: full,
                capacity,
                tokens: capacity,
                refilled: now,
                urgent: 0,
                slowed: None,
            }),
        };
        let part = f64::from(rates.percent()) / 100.0;
        let mut lanes: Vec<Lane> = rates
            .buckets()
            .iter()
            .map(|bucket| {
                let capacity = bucket.burst.saturating_sub(KEPT_BURST).max(1);
                lane(bucket.operations.clone(), Some((bucket.per_second * part).max(0.01)), f64::from(capacity))
            })
            .collect();
        let unpaced = Operation::ALL.into_iter().filter(|&operation| rates.of(operation).is_none());
        lanes.extend(unpaced.map(|operation| lane(vec![operation], None, 1.0)));
        Self { lanes }
    }

    /// Waits until a call may be sent. Urgent calls – the next page of a long list – go first: pages come one after the
    /// other, so a list that waits for its turn at each page would take longest.
    pub(crate) async fn acquire(&self, operation: Operation, urgent: bool) {
        let Some(lane) = self.lane(operation) else { return };
        let _place = urgent.then(|| Urgent::new(lane));
        loop {
            let Some(wait) = lane.lock().take(urgent) else { return };
            sleep(wait).await;
        }
    }

    /// Tells that AWS accepted a call.
    pub(crate) fn accepted(&self, operation: Operation) {
        if let Some(lane) = self.lane(operation) {
            lane.lock().grow();
        }
    }

    /// Tells that AWS throttled a call that was sent at a moment.
    pub(crate) fn throttled(&self, operation: Operation, sent: Instant) {
        if let Some(lane) = self.lane(operation) {
            lane.lock().shrink(sent);
        }
    }

    /// How long the remaining calls take at the current rates, the buckets side by side.
    pub(crate) fn time_for(&self, remaining: impl Fn(Operation) -> u64) -> Duration {
        let seconds = self.lanes.iter().map(|lane| {
            let calls: u64 = lane.operations.iter().map(|&operation| remaining(operation)).sum();
            #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
            let calls = calls as f64;
            lane.lock().rate.map_or(0.0, |rate| calls / rate)
        });
        Duration::try_from_secs_f64(seconds.fold(0.0, f64::max)).unwrap_or(Duration::MAX)
    }

    fn lane(&self, operation: Operation) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.operations.contains(&operation))
    }
}

impl Lane {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes a token, or says how long to wait before asking again.
    fn take(&mut self, urgent: bool) -> Option<Duration> {
        let rate = self.rate?;
        let now = Instant::now();
        let passed = now.duration_since(self.refilled).as_secs_f64();
        self.tokens = (self.tokens + passed * rate).min(self.capacity);
        self.refilled = now;
        let others = if urgent { 0 } else { self.urgent };
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let needed = 1.0 + others as f64;
        if self.tokens >= needed {
            self.tokens -= 1.0;
            return None;
        }
        // At least a millisecond: a timer that fires a hair early must not spin.
        Some(Duration::from_secs_f64(((needed - self.tokens) / rate).max(0.001)))
    }

    fn grow(&mut self) {
        if let Some(rate) = self.rate {
            let full = self.full.unwrap_or(f64::MAX);
            let step = self.full.unwrap_or(2.0 * UNPUBLISHED) * INCREASE;
            self.rate = Some((rate + step).min(full));
        }
    }

    fn shrink(&mut self, sent: Instant) {
        // Calls under way when the rate was cut say nothing about the new one.
        if self.slowed.is_some_and(|slowed| sent < slowed) {
            return;
        }
        let now = Instant::now();
        let floor = self.full.unwrap_or(UNPUBLISHED) * FLOOR;
        self.rate = Some(self.rate.map_or(UNPUBLISHED, |rate| (rate * DECREASE).max(floor)));
        self.tokens = self.tokens.min(0.0);
        self.refilled = now;
        self.slowed = Some(now);
    }
}

/// A place among the urgent calls, given back even if the call is dropped while it waits.
struct Urgent<'a>(&'a Lane);

impl<'a> Urgent<'a> {
    fn new(lane: &'a Lane) -> Self {
        lane.lock().urgent += 1;
        Self(lane)
    }
}

impl Drop for Urgent<'_> {
    fn drop(&mut self) {
        self.0.lock().urgent -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn seconds_for(limiter: &Limiter, operation: Operation, calls: u32) -> f64 {
        let start = Instant::now();
        for _ in 0..calls {
            limiter.acquire(operation, false).await;
        }
        start.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn api_34_the_long_run_keeps_the_rate() {
        let limiter = Limiter::new(&Rates::published());
        let seconds = seconds_for(&limiter, Operation::DescribePolicy, 101).await;
        // One at once, then a hundred at 95 % of 2 a second.
        assert!((52.0..53.5).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn api_35_rows_share_a_bucket_and_others_do_not() {
        let limiter = Limiter::new(&Rates::published());
        seconds_for(&limiter, Operation::ListPolicies, 6).await;
        assert!(seconds_for(&limiter, Operation::ListTargetsForPolicy, 1).await > 0.1);
        assert!(seconds_for(&limiter, Operation::ListAccounts, 6).await < 0.01);
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_halves_one_bucket_and_success_restores_it() {
        let limiter = Limiter::new(&Rates::published());
        let usual = seconds_for(&limiter, Operation::ListAccounts, 100).await;
        for _ in 0..4 {
            limiter.throttled(Operation::ListAccounts, Instant::now());
            sleep(Duration::from_millis(1)).await;
        }
        let slowed = seconds_for(&limiter, Operation::ListAccounts, 100).await;
        assert!(slowed > 2.0 * usual, "{slowed} {usual}");
        assert!(seconds_for(&limiter, Operation::DescribePolicy, 3).await < 1.2);
        for _ in 0..25 {
            limiter.accepted(Operation::ListAccounts);
        }
        let restored = seconds_for(&limiter, Operation::ListAccounts, 100).await;
        assert!(restored < 1.2 * usual, "{restored} {usual}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_bunch_of_throttled_calls_counts_once() {
        let limiter = Limiter::new(&Rates::published());
        let sent = Instant::now();
        sleep(Duration::from_millis(100)).await;
        for _ in 0..16 {
            limiter.throttled(Operation::ListAccounts, sent);
        }
        let rate = limiter.lane(Operation::ListAccounts).and_then(|lane| lane.lock().rate).unwrap();
        assert!((rate - 8.0 * 0.95 * DECREASE).abs() < 0.001, "{rate}");
    }

    #[tokio::test(start_paused = true)]
    async fn urgent_calls_go_first() {
        let limiter = Limiter::new(&Rates::published());
        seconds_for(&limiter, Operation::DescribePolicy, 1).await;
        let order = Mutex::new(Vec::new());
        let call = async |name: &'static str, urgent: bool| {
            limiter.acquire(Operation::DescribePolicy, urgent).await;
            order.lock().unwrap().push(name);
        };
        tokio::join!(call("first", false), call("second", false), call("page", true));
        assert_eq!(order.lock().unwrap()[0], "page");
        assert_eq!(order.lock().unwrap().len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn without_rates_only_throttling_slows() {
        let limiter = Limiter::new(&Rates::unlimited());
        assert!(seconds_for(&limiter, Operation::ListAccounts, 1_000).await < 0.01);
        limiter.throttled(Operation::ListAccounts, Instant::now());
        assert!(seconds_for(&limiter, Operation::ListAccounts, 101).await > 1.5);
        assert!(seconds_for(&limiter, Operation::ListPolicies, 1_000).await < 0.01);
    }
}
