//! Request rates, as AWS publishes and enforces them: token buckets (API-34).

use std::time::Instant;

/// Whether request rates are enforced, and how fast time goes for them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rates {
    /// Any number of calls.
    Unlimited,
    /// The published rates, times a factor: with 1.0 as AWS enforces them.
    Published(f64),
}

/// Rows of the published table, for one calling account: operations, refill a second, burst.
const ROWS: &[(&[&str], f64, f64)] = &[
    (&["DescribeOrganization"], 1.0, 2.0),
    (&["ListRoots"], 1.0, 2.0),
    (&["ListAccounts"], 8.0, 12.0),
    (&["ListParents", "ListAccountsForParent", "ListOrganizationalUnitsForParent"], 5.0, 8.0),
    (&["ListPolicies", "ListPoliciesForTarget", "ListTargetsForPolicy"], 5.0, 8.0),
    (&["DescribePolicy"], 2.0, 2.0),
    (&["ListTagsForResource"], 10.0, 15.0),
    (&["ListDelegatedAdministrators"], 5.0, 8.0),
];

#[derive(Debug)]
struct Bucket {
    operations: &'static [&'static str],
    refill: f64,
    burst: f64,
    tokens: f64,
    filled: Instant,
}

/// All buckets of a calling account.
#[derive(Debug)]
pub(crate) struct Buckets(Vec<Bucket>);

impl Buckets {
    pub(crate) fn new(rates: Rates) -> Self {
        let Rates::Published(factor) = rates else { return Self(Vec::new()) };
        let filled = Instant::now();
        let bucket = |&(operations, refill, burst): &(&'static [&'static str], f64, f64)| Bucket {
            operations,
            refill: refill * factor,
            burst,
            tokens: burst,
            filled,
        };
        Self(ROWS.iter().map(bucket).collect())
    }

    /// Takes a token for a call, if there is one. Operations of one row share a bucket, the stricter reading of API-35.
    pub(crate) fn take(&mut self, operation: &str) -> bool {
        let Some(bucket) = self.0.iter_mut().find(|bucket| bucket.operations.contains(&operation)) else { return true };
        let now = Instant::now();
        let passed = now.duration_since(bucket.filled).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * bucket.refill).min(bucket.burst);
        bucket.filled = now;
        let enough = bucket.tokens >= 1.0;
        if enough {
            bucket.tokens -= 1.0;
        }
        enough
    }
}

impl Rates {
    /// The shortest time in which calls can be made, in seconds: the fullest bucket decides.
    pub fn bound(self, calls: impl Fn(&str) -> usize) -> f64 {
        let Self::Published(factor) = self else { return 0.0 };
        let seconds = ROWS.iter().map(|&(operations, refill, burst)| {
            let calls: usize = operations.iter().map(|operation| calls(operation)).sum();
            #[expect(clippy::cast_precision_loss, reason = "thousands at most")]
            let calls = calls as f64;
            (calls - burst).max(0.0) / (refill * factor)
        });
        seconds.fold(0.0, f64::max)
    }
}
