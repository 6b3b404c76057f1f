//! What AWS would say no with.

use std::fmt;

/// An exception of the AWS Organizations API that a change would meet (PRE-3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PredictedFailure {
    /// AWS's name of the exception, such as `ConstraintViolationException`.
    pub exception: &'static str,
    /// AWS's reason, where the exception has reasons, such as `MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED`.
    pub reason: Option<&'static str>,
    /// The rule behind it, such as `LIM-4`.
    pub rule: &'static str,
    /// Whether AWS's documentation leaves open if it would be so; else it is certain for the snapshot at hand.
    pub unsure: bool,
    /// Whether the change is simulated all the same; else it has no effect, since it means nothing in this state.
    pub simulated: bool,
    /// What is wrong, with names and numbers: lower case, without final stop, input in backticks.
    pub message: String,
    /// How to repair it, if that can be said.
    pub help: Option<String>,
}

impl PredictedFailure {
    pub(crate) fn new(
        exception: &'static str,
        reason: impl Into<Option<&'static str>>,
        rule: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            exception,
            reason: reason.into(),
            rule,
            unsure: false,
            simulated: true,
            message: message.into(),
            help: None,
        }
    }

    /// The change means nothing in this state.
    pub(crate) fn without_effect(mut self) -> Self {
        self.simulated = false;
        self
    }

    pub(crate) fn unsure(mut self) -> Self {
        self.unsure = true;
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// As AWS's own messages begin: `ConstraintViolationException (MAX_…): …`.
impl fmt::Display for PredictedFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.exception)?;
        if let Some(reason) = self.reason {
            write!(f, " ({reason})")?;
        }
        write!(f, ": {}", self.message)
    }
}
