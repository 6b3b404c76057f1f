//! What a record says: a call, as questions to the policies, and what tells it from others.

use scproof_evaluator::{Context, ResourceInput};

use crate::sentence::Cause;

/// An event of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `sharedEventID`, which the copies of a call in several accounts' logs have in common.
    pub shared_id: Option<String>,
    /// `eventID`.
    pub id: String,
    /// The account whose log it is.
    pub recipient: Option<String>,
    /// When the call ended, in seconds since 1970.
    pub time: i64,
    /// Whether it came late or was amended: of such records the last one counts (CT-33).
    pub amended: bool,
    /// Where it was made.
    pub region: Option<String>,
    /// For a data event the type of the resource, such as `AWS::S3::Object`, or an empty text.
    pub data: Option<String>,
    /// What it says.
    pub reading: Reading,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// A call.
    Call(Call),
    /// No call of an API, and why (CT-32).
    Skipped(&'static str),
    /// A call of one that no service control policy governs, whatever the organization, and why (CT-2).
    NotGoverned(&'static str),
    /// A call that cannot be asked about, and why (CT-30).
    NotReplayable(&'static str),
}

/// A call as questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The caller's account (CT-3).
    pub account: String,
    /// The caller, as principal of a question; `None` where the event does not tell it.
    pub principal: Option<String>,
    /// The Region that was called.
    pub region: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was asked of the policies.
    pub asks: Vec<Ask>,
    /// What is known of the context keys, common to all that was asked.
    pub context: Context,
}

/// How a call ended (CT-34).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was let pass.
    Passed,
    /// AWS denied it.
    Denied {
        /// The policy that AWS names, if it does.
        cause: Option<Cause>,
        /// The action that AWS names, if it does.
        action: Option<String>,
    },
    /// It failed otherwise, perhaps before anything was checked.
    Open,
}

/// A question that a call puts to the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The action.
    pub action: String,
    /// What its answer says of the call.
    pub standing: Standing,
    /// The resources; none where the event does not tell them.
    pub resources: Vec<ResourceInput>,
    /// Whether these are all.
    pub resources_complete: bool,
    /// Keys of this question alone.
    pub context: Context,
}

/// What the answer to a question says of the call (CT-30).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// It must pass, for the call to pass.
    Certain,
    /// One of those with this number is asked, and it is not known which.
    OneOf(u32),
    /// It may be asked, too.
    Possible,
}
