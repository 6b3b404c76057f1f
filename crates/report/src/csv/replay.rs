//! What changes would have done to the calls of a log: one line a candidate, class and cause.

use std::io::{self, Write};

use scproof_replay::Ended;

use super::record;
use crate::replay::{Replayed, cause_words, time};

/// Writes a line of headings, then the causes in the order of the page.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn render(replayed: &Replayed<'_>, out: &mut dyn Write) -> io::Result<()> {
    let columns = [
        "candidate",
        "class",
        "cause",
        "expected",
        "calls",
        "succeeded",
        "callers",
        "accounts",
        "actions",
        "firstSeen",
        "lastSeen",
        "event",
        "example",
    ];
    record(&columns, out)?;
    for (index, candidate) in replayed.report.candidates.iter().enumerate() {
        for group in &candidate.groups {
            let actions: Vec<&str> = group.actions.iter().map(|(action, _)| action.as_str()).collect();
            let cells = [
                candidate.name.clone(),
                group.class.as_str().to_owned(),
                cause_words(replayed.organization_of(index, group.class), &group.cause),
                group.expected.and_then(|place| replayed.reason(place)).unwrap_or_default().to_owned(),
                group.calls.to_string(),
                group.ended(Ended::Passed).to_string(),
                group.callers.len().to_string(),
                group.accounts.len().to_string(),
                actions.join(" "),
                time(group.seen.0),
                time(group.seen.1),
                group.example.event.clone(),
                replayed.command(group).join(" "),
            ];
            record(&cells, out)?;
        }
    }
    Ok(())
}
