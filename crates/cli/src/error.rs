//! Why a command stopped: which exit code, what happened, because of what, and what to do.

use std::error::Error;
use std::path::Path;

use scproof::ask::RequestError;

use crate::exit_code::ExitCode;

/// Why a command stopped.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) exit_code: ExitCode,
    /// Rendered text to print first, such as the faults of a snapshot with their places.
    pub(crate) details: String,
    pub(crate) message: String,
    pub(crate) causes: Vec<String>,
    pub(crate) help: Vec<String>,
}

impl CommandError {
    fn new(exit_code: ExitCode, message: impl Into<String>) -> Self {
        Self { exit_code, details: String::new(), message: message.into(), causes: Vec::new(), help: Vec::new() }
    }

    /// The command or the question makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// An input could not be read or parsed, or an output not written.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Input, message)
    }

    /// AWS, or the way to it, has failed.
    #[cfg(feature = "fetch")]
    pub(crate) fn aws(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Aws, message)
    }

    /// A file could not be read or written.
    pub(crate) fn file(verb: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::input(format!("cannot {verb} `{}`", path.display())).because(error)
    }

    /// Adds an error and what is behind it.
    pub(crate) fn because(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            // The system's own wording: `No such file or directory (os error 2)`.
            self.causes.push(text.split(" (os error").next().unwrap_or(&text).to_owned());
            next = error.source();
        }
        self
    }

    /// Adds what to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}

impl From<RequestError> for CommandError {
    fn from(error: RequestError) -> Self {
        let mut result = Self::usage(error.to_string());
        result.help.extend(error.help());
        result
    }
}

impl From<scproof::snapshot::SelectError> for CommandError {
    fn from(error: scproof::snapshot::SelectError) -> Self {
        let mut result = Self::usage(error.to_string());
        result.help.extend(error.help());
        result
    }
}
