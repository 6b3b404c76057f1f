//! Diagnostics of documents and snapshots: one line each.

use std::io::{self, Write};

use super::record;
use crate::validation::Validation;

/// Writes a line of headings, then the diagnostics in the order of the texts. Line and column count in a policy's own
/// text where `policyId` names one.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn render(validation: &Validation, out: &mut dyn Write) -> io::Result<()> {
    let header = [
        "file", "policyId", "line", "column", "severity", "code", "rule", "item", "path", "message", "expected", "help",
    ];
    record(&header, out)?;
    for item in validation.items() {
        let found = item.message;
        let number = |number: Option<usize>| number.map_or_else(String::new, |number| number.to_string());
        let cells = [
            item.source.file.as_str(),
            item.source.policy.as_ref().map_or("", |policy| policy.id.as_str()),
            &number(found.place.as_ref().map(|place| place.line)),
            &number(found.place.as_ref().map(|place| place.column)),
            found.severity.as_str(),
            found.code,
            found.rule,
            item.about().unwrap_or_default(),
            &found.path.to_string(),
            &found.message,
            found.expected.as_deref().unwrap_or_default(),
            found.help.as_deref().unwrap_or_default(),
        ];
        record(&cells, out)?;
    }
    Ok(())
}
