//! How much work an answer may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How much work a comparison may be; past a limit the answer is *undetermined*, naming the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The most nodes of the decision diagrams of one comparison. Operations on them, and what they hold beside their
    /// nodes, are bounded in proportion.
    pub nodes: usize,
    /// The most alternatives by which one region is described.
    pub alternatives: usize,
    /// The most groups of accounts with holes, and of those with exemptions only, that are told apart by all that
    /// passes for them: for [`PolicyProof::passing`](crate::PolicyProof::passing).
    pub told_apart: usize,
    /// Ends the work before that, whenever somebody says so.
    pub stop: Stop,
}

impl Default for Limits {
    fn default() -> Self {
        Self { nodes: 150_000, alternatives: 64, told_apart: 64, stop: Stop::default() }
    }
}

/// Ends work early: all copies are one switch, which whoever has a copy can turn. What is not settled by then is
/// *undetermined* ([`Why::Stopped`](crate::Why::Stopped)); what is settled stays. Nothing here reads a clock.
///
/// ```
/// use scproof_prover::Stop;
///
/// let stop = Stop::default();
/// let copy = stop.clone();
/// assert!(!copy.is_stopped());
/// stop.stop();
/// assert!(copy.is_stopped());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Turns the switch; it stays so.
    pub fn stop(&self) {
        // Nothing else is handed from thread to thread with it.
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether work is to end.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl PartialEq for Stop {
    /// Whether both are the same switch.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Stop {}
