//! How to replay.

use std::collections::BTreeSet;
use std::sync::Arc;

use scproof_catalog::ActionFilter;
use scproof_evaluator::EvaluationOptions;
use scproof_organization::{AccountId, Organization};

use crate::expected::ExpectedCalls;

/// An organization as it could be.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What it is called.
    pub name: String,
    /// The organization.
    pub organization: Arc<Organization>,
}

/// At which time calls are asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum At {
    /// When they were made.
    #[default]
    Event,
    /// At this time, as a policy would spell it.
    Time(String),
}

/// How to replay.
#[derive(Debug, Clone, Default)]
pub struct ReplayOptions {
    /// How rules are read.
    pub evaluation: EvaluationOptions,
    /// At which time calls are asked about.
    pub at: At,
    /// Only events from this time on, in seconds since 1970.
    pub since: Option<i64>,
    /// Only events before this time.
    pub until: Option<i64>,
    /// Only calls by these accounts.
    pub accounts: Option<BTreeSet<AccountId>>,
    /// Only calls that ask for these actions.
    pub actions: ActionFilter,
    /// Changes that are meant, so that nothing need fail for them.
    pub expected: ExpectedCalls,
}
