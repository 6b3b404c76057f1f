//! What to fetch, and how.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use crate::rates::Rates;

/// How attachments are read (API-38). The snapshot is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AttachmentsBy {
    /// Whichever needs fewer calls; decided as soon as the numbers of policies, accounts and units leave no doubt.
    #[default]
    Fewest,
    /// `ListTargetsForPolicy` for each policy: calls grow with policies and with pages of 20 targets.
    Policy,
    /// `ListPoliciesForTarget` for each root, unit and account, and each policy type.
    Target,
}

/// What to fetch, and how.
///
/// ```
/// use scproof_fetch::{FetchOptions, Rates};
///
/// let options = FetchOptions { tags: true, rates: Rates::unlimited(), ..FetchOptions::default() };
/// assert!(options.work_file.is_none());
/// ```
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// Whether to read the accounts' tags: a call for each account (10 a second).
    pub tags: bool,
    /// How attachments are read.
    pub attachments_by: AttachmentsBy,
    /// The request rates to keep to.
    pub rates: Rates,
    /// How often everything is read at most, until two passes agree: then all of it was true at the moment between
    /// them. What still differs in the last one is unknown in the snapshot. Once: nothing is known of changes in
    /// between.
    pub passes: NonZeroUsize,
    /// How many calls may be under way at once.
    pub concurrency: NonZeroUsize,
    /// How long everything may take; no limit if none.
    pub deadline: Option<Duration>,
    /// How often a call that fails for a passing reason is made in all. Throttling does not count.
    pub attempts: u32,
    /// How long one call may be repeated in all, throttling included.
    pub retry_for: Duration,
    /// How long to wait for one answer before the attempt counts as failed.
    pub attempt_timeout: Duration,
    /// Where to keep what was read, so that an interrupted fetch can go on; nowhere if none.
    pub work_file: Option<PathBuf>,
    /// Whether to begin anew although the work file has something.
    pub refresh: bool,
    /// A work file that was begun longer ago than this is not used: the organization has probably changed since.
    pub work_file_lifetime: Duration,
}

impl Default for FetchOptions {
    /// Without tags; published rates; four passes at most; 16 calls at once; eight attempts within five minutes, 30
    /// seconds each (API-36); no work file; work files live a day.
    fn default() -> Self {
        Self {
            tags: false,
            attachments_by: AttachmentsBy::default(),
            rates: Rates::default(),
            passes: NonZeroUsize::MIN.saturating_add(3),
            concurrency: NonZeroUsize::MIN.saturating_add(15),
            deadline: None,
            attempts: 8,
            retry_for: Duration::from_mins(5),
            attempt_timeout: Duration::from_secs(30),
            work_file: None,
            refresh: false,
            work_file_lifetime: Duration::from_hours(24),
        }
    }
}
