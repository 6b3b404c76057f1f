//! What changes of service control policies would have blocked, by the calls that an organization made.
//!
//! A [`Replay`] asks the organization as it is, and any number of candidates, about each call of a log. Calls that no
//! policy can tell apart are asked about once. Events may come in any order, on any number of threads and with copies:
//! the [`ReplayReport`] is the same.

mod agreement;
mod answer;
mod case;
mod coverage;
mod expected;
mod log;
mod options;
mod part;
mod question;
mod replay;
mod report;
mod totals;

pub use agreement::{Contradiction, Disagreement, Ended};
pub use answer::{Answer, Cause, Class};
pub use coverage::{LogCoverage, RegionCoverage};
pub use expected::{EXPECTED_CALLS_FORMAT, EXPECTED_CODES, Expected, ExpectedCall, ExpectedCalls};
pub use log::{LogFiles, Progress, verify_files};
pub use options::{At, Candidate, ReplayOptions};
pub use part::ReplayPart;
pub use replay::{EventClass, EventReason, Replay};
pub use report::{Agreement, Caller, CandidateReport, Example, GroupReport, ReplayReport};
pub use totals::Changes;
