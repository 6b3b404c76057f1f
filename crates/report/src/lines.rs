//! Diagnostics for the annotations of pipelines: a line each, in the form that a reader of logs understands.

use std::collections::BTreeMap;
use std::io::{self, Write};

use scproof_text::Severity;
use serde::Serialize;

use crate::layout::clean;
use crate::validation::{Item, Validation};

/// `file:line:column: severity[code] message`, as compilers write it.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn concise(validation: &Validation, out: &mut dyn Write) -> io::Result<()> {
    for item in validation.items() {
        let (line, column) = place(&item);
        let severity = item.message.severity.as_str();
        let (file, words) = (clean(&item.source.file), words(&item));
        writeln!(out, "{file}:{line}:{column}: {severity}[{}] {words}", item.message.code)?;
    }
    Ok(())
}

/// Workflow commands of GitHub Actions, which become annotations of a pull request.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn github(validation: &Validation, out: &mut dyn Write) -> io::Result<()> {
    for item in validation.items() {
        let (line, column) = place(&item);
        let level = match item.message.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let help = item.message.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
        let (file, title) = (property(&item.source.file), property(item.message.code));
        let words = data(&format!("{}{help}", words(&item)));
        writeln!(out, "::{level} file={file},line={line},col={column},title={title}::{words}")?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// A report on code quality as GitLab reads it.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn gitlab(validation: &Validation, out: &mut dyn Write) -> io::Result<()> {
    let mut given: BTreeMap<String, usize> = BTreeMap::new();
    let issues: Vec<Issue<'_>> = validation
        .items()
        .map(|item| {
            let path = item.path().unwrap_or_default();
            let own = [item.message.code, &item.source.file, item.about().unwrap_or_default(), &path].join("#");
            // Of several with one place each has a number.
            let times = given.entry(own.clone()).or_default();
            *times += 1;
            Issue {
                description: words(&item),
                check_name: item.message.code,
                fingerprint: format!("{own}#{times}"),
                severity: match item.message.severity {
                    Severity::Error => "critical",
                    Severity::Warning => "major",
                    Severity::Note => "info",
                },
                location: Location { path: &item.source.file, lines: Lines { begin: place(&item).0 } },
            }
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

/// Line and column in the file. A policy of a snapshot has lines of its own, which are no lines of the file.
fn place(item: &Item<'_>) -> (usize, usize) {
    item.message.line_and_column().filter(|_| item.source.policy.is_none()).unwrap_or((1, 1))
}

/// The message, and which policy of a snapshot it is about.
fn words(item: &Item<'_>) -> String {
    let message = clean(&item.message.message);
    match &item.source.policy {
        Some(policy) => format!("{}: {message}", clean(policy.name.as_deref().unwrap_or(&policy.id))),
        None => message.into_owned(),
    }
}

/// Text behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property, which a comma or a colon would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
