//! AWS's published request rates, as data.

use std::fmt;

use crate::operation::Operation;

/// One token bucket: operations that share it, how fast it fills, how much it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    /// The operations that draw from it. Those of one published row are taken to share a bucket (API-35).
    pub operations: Vec<Operation>,
    /// Calls a second in the long run.
    pub per_second: f64,
    /// Calls at once after a pause.
    pub burst: u32,
}

/// The request rates to keep to.
///
/// ```
/// use scproof_fetch::{Operation, Rates};
///
/// let rates = Rates::published();
/// assert_eq!(rates.of(Operation::DescribePolicy).map(|bucket| bucket.per_second), Some(2.0));
/// assert!(Rates::unlimited().of(Operation::DescribePolicy).is_none());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// An operation that is in none of them is not paced.
    buckets: Vec<Bucket>,
    percent: u32,
}

/// API-34, for a calling account, as published in 2026: row by row, refill a second and burst.
const PUBLISHED: [(&[Operation], f64, u32); 7] = [
    (&[Operation::DescribeOrganization], 1.0, 2),
    (&[Operation::ListRoots], 1.0, 2),
    (&[Operation::ListAccounts], 8.0, 12),
    (&[Operation::ListParents, Operation::ListAccountsForParent, Operation::ListOrganizationalUnitsForParent], 5.0, 8),
    (&[Operation::ListPolicies, Operation::ListPoliciesForTarget, Operation::ListTargetsForPolicy], 5.0, 8),
    (&[Operation::DescribePolicy], 2.0, 2),
    (&[Operation::ListTagsForResource], 10.0, 15),
];

impl Rates {
    /// Which part of the published rates is used unless told otherwise, in percent.
    ///
    /// API-36 suggests about 80 to leave room for other callers. The limiter shrinks by itself as soon as AWS throttles
    /// a bucket, so the room is given when somebody needs it, and the whole rate is used otherwise; the rest covers the
    /// jitter of the network.
    pub const DEFAULT_PERCENT: u32 = 95;

    /// The rates that AWS publishes for one calling account (API-34).
    pub fn published() -> Self {
        let buckets = PUBLISHED
            .iter()
            .map(|&(operations, per_second, burst)| Bucket { operations: operations.to_vec(), per_second, burst })
            .collect();
        Self { buckets, percent: Self::DEFAULT_PERCENT }
    }

    /// Rates of your own.
    pub fn new(buckets: Vec<Bucket>) -> Self {
        Self { buckets, percent: Self::DEFAULT_PERCENT }
    }

    /// No pacing: for emulators. Throttling is still answered by slowing down.
    pub fn unlimited() -> Self {
        Self::new(Vec::new())
    }

    /// Uses another part of the rates, between 1 and 100 percent.
    #[must_use]
    pub fn with_percent(mut self, percent: u32) -> Self {
        self.percent = percent.clamp(1, 100);
        self
    }

    /// Which part of the rates is used, in percent.
    pub fn percent(&self) -> u32 {
        self.percent
    }

    /// The buckets, as published.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The bucket that an operation draws from; none if it is not paced.
    pub fn of(&self, operation: Operation) -> Option<&Bucket> {
        self.buckets.iter().find(|bucket| bucket.operations.contains(&operation))
    }
}

impl Default for Rates {
    fn default() -> Self {
        Self::published()
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.operations.iter().map(|operation| operation.as_str()).collect();
        write!(f, "{}: {}/s, burst {}", names.join(", "), self.per_second, self.burst)
    }
}
