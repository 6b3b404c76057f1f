//! Why a command stopped: which exit code, what happened, because of what, and what to do.

use std::error::Error;
use std::path::Path;

use scproof::ask::RequestError;
use scproof::rules::Message;
use serde::Serialize;

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
    /// What is wrong with a file, for programs; people get it with the lines of the file in `details`.
    pub(crate) faults: Option<Box<FileFaults>>,
}

/// The faults of a file.
#[derive(Debug)]
pub(crate) struct FileFaults {
    pub(crate) list: Vec<FileFault>,
    /// How many more there are.
    pub(crate) omitted: usize,
}

/// A fault of a file.
#[derive(Debug, Serialize)]
pub(crate) struct FileFault {
    pub(crate) file: String,
    pub(crate) code: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) item: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<usize>,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
}

impl FileFault {
    /// A fault of a file that was read.
    pub(crate) fn of(file: &str, fault: &Message) -> Self {
        let place = fault.place.as_ref();
        Self {
            file: file.to_owned(),
            code: fault.code,
            rule: fault.rule,
            item: fault.item.clone(),
            path: fault.path.to_string(),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            message: fault.message.clone(),
            expected: fault.expected.clone(),
            help: fault.help.clone(),
        }
    }
}

impl CommandError {
    fn new(exit_code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            exit_code,
            details: String::new(),
            message: message.into(),
            causes: Vec::new(),
            help: Vec::new(),
            faults: None,
        }
    }

    /// The command or the question makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// An input could not be read or parsed, or an output not written.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Input, message)
    }

    /// What was asked could not be settled.
    pub(crate) fn unknown(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Unknown, message)
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
