//! Properties that take long run on all cores: a test binary with one long test would use one.

#![expect(clippy::panic, reason = "fails the test that calls it")]

use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::thread;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};

/// Holds `property` for `cases` values of `strategy`, as `proptest!` does, with the cases divided among the cores.
///
/// # Panics
///
/// If the property does not hold for a value; the message has the smallest one that was found. The seed is random, and
/// nothing is written beside the test: make a test of that value.
pub fn on_all_cores<S>(
    cases: u32,
    strategy: impl Fn() -> S + Sync,
    property: impl Fn(S::Value) -> TestCaseResult + Sync,
) where
    S: Strategy,
    S::Value: Debug,
{
    let threads = u32::try_from(thread::available_parallelism().map_or(1, NonZeroUsize::get)).unwrap_or(1);
    let config = Config { cases: cases.div_ceil(threads), failure_persistence: None, ..Config::default() };
    let failures = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    TestRunner::new(config.clone()).run(&strategy(), &property).map_err(|error| error.to_string())
                })
            })
            .collect();
        workers.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    for failure in failures {
        match failure {
            Ok(Ok(())) => {}
            Ok(Err(found)) => panic!("{found}"),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use proptest::prelude::*;

    use super::on_all_cores;

    #[test]
    fn all_cases_run() {
        let ran = AtomicU32::new(0);
        on_all_cores(
            100,
            || 0..10_u32,
            |value| {
                ran.fetch_add(1, Ordering::Relaxed);
                prop_assert!(value < 10);
                Ok(())
            },
        );
        assert!(ran.into_inner() >= 100);
    }

    #[test]
    #[should_panic(expected = "minimal failing input: 5")]
    fn what_does_not_hold_is_shown_as_small_as_it_can_be() {
        on_all_cores(
            100,
            || 0..10_u32,
            |value| {
                prop_assert!(value < 5);
                Ok(())
            },
        );
    }
}
