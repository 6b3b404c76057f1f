//! What AWS would say no with.

use std::fmt;

use scproof_text::Message;

use crate::codes::Exception;

/// An exception of the AWS Organizations API that a change would meet (PRE-3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PredictedFailure {
    /// AWS's exception.
    pub exception: &'static Exception,
    /// Whether AWS's documentation leaves open if it would be so; else it is certain for the snapshot at hand.
    pub unsure: bool,
    /// Whether the change is simulated all the same; else it has no effect, since it means nothing in this state.
    pub simulated: bool,
    /// What is wrong, with names and numbers.
    pub message: Message,
}

impl PredictedFailure {
    pub(crate) fn new(exception: &'static Exception, message: impl Into<String>) -> Self {
        Self { exception, unsure: false, simulated: true, message: exception.code.message(message) }
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

    /// By another rule than that of the exception.
    pub(crate) fn rule(self, rule: &'static str) -> Self {
        Self { message: self.message.rule(rule), ..self }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { message: self.message.help(help), ..self }
    }
}

/// As AWS's own messages begin: `ConstraintViolationException (MAX_…): …`.
impl fmt::Display for PredictedFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.exception.name)?;
        if let Some(reason) = self.exception.reason {
            write!(f, " ({reason})")?;
        }
        write!(f, ": {}", self.message)
    }
}
