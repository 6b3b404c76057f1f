//! What was asked.

use std::collections::BTreeMap;

/// One call, as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// Such as `ListRoots`.
    pub operation: String,
    /// The body of the request.
    pub input: String,
    /// Whether it got the answer that it should, and not an error or a broken answer.
    pub answered: bool,
}

/// What was asked so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// All calls in the order in which they came.
    pub log: Vec<Call>,
    /// Calls that exceeded a rate, or that a rule throttled.
    pub throttled: usize,
    /// Most calls that were being answered at once.
    pub most_at_once: usize,
}

impl Statistics {
    /// All calls.
    pub fn calls(&self) -> usize {
        self.log.len()
    }

    /// Calls of one operation.
    pub fn calls_of(&self, operation: &str) -> usize {
        self.log.iter().filter(|call| call.operation == operation).count()
    }

    /// Calls by operation.
    pub fn by_operation(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for call in &self.log {
            *counts.entry(call.operation.as_str()).or_default() += 1;
        }
        counts
    }

    /// Calls with an input that had been answered before, with how often.
    pub fn repeated(&self) -> BTreeMap<(&str, &str), usize> {
        let mut answered: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for call in self.log.iter().filter(|call| call.answered) {
            *answered.entry((call.operation.as_str(), call.input.as_str())).or_default() += 1;
        }
        answered.retain(|_, count| *count > 1);
        answered
    }
}
