//! `JUnit` XML of checked documents and snapshots: one suite a file, one case a text in it. An error is a `failure`;
//! what is no error stands in `system-out`.

use std::fmt::Write as _;
use std::io::{self, Write};

use scproof_text::Severity;

use super::{attribute, text};
use crate::validation::{Item, Source, Validation};

/// Writes the texts as test cases.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn render(validation: &Validation, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"scproof validate\" {}>", numbers(&validation.sources))?;
    // The policies of a snapshot follow it.
    for sources in validation.sources.chunk_by(|first, second| first.file == second.file) {
        let Some(first) = sources.first() else { continue };
        writeln!(out, "  <testsuite name=\"{}\" {}>", attribute(&first.file), numbers(sources))?;
        for source in sources {
            case(source, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn numbers(sources: &[Source]) -> String {
    let failures = sources.iter().filter(|source| source.items().iter().any(is_error)).count();
    format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\"", sources.len())
}

fn is_error(item: &Item<'_>) -> bool {
    item.message.severity == Severity::Error
}

fn case(source: &Source, out: &mut dyn Write) -> io::Result<()> {
    let name = source.policy.as_ref().map_or(&source.file, |policy| policy.name.as_ref().unwrap_or(&policy.id));
    let case = format!("name=\"{}\" classname=\"{}\"", attribute(name), attribute(&source.file));
    let (errors, others): (Vec<Item<'_>>, Vec<Item<'_>>) = source.items().into_iter().partition(is_error);
    if errors.is_empty() && others.is_empty() {
        return writeln!(out, "    <testcase {case}/>");
    }
    writeln!(out, "    <testcase {case}>")?;
    if let Some(first) = errors.first() {
        let (code, message) = (attribute(first.message.code), attribute(&first.message.message));
        writeln!(out, "      <failure type=\"{code}\" message=\"{message}\">{}</failure>", text(&words(&errors)))?;
    }
    if !others.is_empty() {
        writeln!(out, "      <system-out>{}</system-out>", text(&words(&others)))?;
    }
    writeln!(out, "    </testcase>")
}

/// A line a diagnostic.
fn words(items: &[Item<'_>]) -> String {
    let mut words = String::new();
    for item in items {
        let found = item.message;
        let place = found.place.as_ref().map_or_else(String::new, |place| format!("{}:{}: ", place.line, place.column));
        let help = found.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
        // A text takes everything.
        let _ = writeln!(words, "{place}{}[{}]: {}{help}", found.severity.as_str(), found.code, found.message);
    }
    words
}
