//! Messages for programs: with `--format json` every line on standard error is one JSON object.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::error::{CommandError, FileFault};

/// The format of a message.
const FORMAT: &str = "scproof-message/1";

/// Whether messages are for programs; said once, before the first one.
static FOR_PROGRAMS: AtomicBool = AtomicBool::new(false);

/// How grave a message is.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Severity {
    Error,
    Warning,
    Note,
}

/// A message, as it is written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    format: &'static str,
    severity: Severity,
    message: &'a str,
    /// Of an error that ends the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
    causes: &'a [String],
    help: &'a [String],
    #[serde(skip_serializing_if = "<[FileFault]>::is_empty")]
    faults: &'a [FileFault],
    #[serde(skip_serializing_if = "Option::is_none")]
    omitted_faults: Option<usize>,
}

/// Says for whom all messages are.
pub(crate) fn for_programs(yes: bool) {
    FOR_PROGRAMS.store(yes, Ordering::Relaxed);
}

/// Whether messages are for programs.
pub(super) fn are_for_programs() -> bool {
    FOR_PROGRAMS.load(Ordering::Relaxed)
}

/// An error as a line. `ends`: it is the one that ends the program.
pub(super) fn of_error(error: &CommandError) -> String {
    line(&Line {
        format: FORMAT,
        severity: Severity::Error,
        message: &error.message,
        exit_code: Some(error.exit_code as u8),
        causes: &error.causes,
        help: &error.help,
        faults: error.faults.as_ref().map_or(&[], |faults| &faults.list),
        omitted_faults: error.faults.as_ref().map(|faults| faults.omitted).filter(|count| *count > 0),
    })
}

/// Another message as a line.
pub(super) fn of_text(severity: Severity, message: &str, help: Option<&str>) -> String {
    let help: Vec<String> = help.map(str::to_owned).into_iter().collect();
    let (causes, faults) = (&[], &[]);
    line(&Line {
        format: FORMAT,
        severity,
        message,
        exit_code: None,
        causes,
        help: &help,
        faults,
        omitted_faults: None,
    })
}

/// A usage error that clap found, as a line.
pub(super) fn of_clap(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let mut parts = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    let message = parts.next().map(|part| part.strip_prefix("error: ").unwrap_or(part)).unwrap_or_default();
    let mut result = CommandError::usage(one_line(message));
    result.help.extend(parts.map(|part| one_line(part.strip_prefix("tip: ").unwrap_or(part))));
    of_error(&result)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn line(message: &Line<'_>) -> String {
    // INVARIANT: all members have text keys, so that nothing can fail.
    let mut text = serde_json::to_string(message).unwrap_or_default();
    text.push('\n');
    text
}
