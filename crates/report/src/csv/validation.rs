//! Diagnostics of documents and snapshots: one line each.

use std::io::{self, Write};

use super::record;
use crate::validation::Validation;

/// Writes a line of headings, then the diagnostics in the order of the texts. Line and column count in a policy's own text where
/// `policyId` names one.
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
        let number = |number: Option<usize>| number.map_or_else(String::new, |number| number.to_string());
        let cells = [
            item.source.file.as_str(),
            item.source.policy.as_ref().map_or("", |policy| policy.id.as_str()),
            &number(item.place.as_ref().map(|place| place.line)),
            &number(item.place.as_ref().map(|place| place.column)),
            item.severity.as_str(),
            item.code,
            item.rule.unwrap_or_default(),
            item.about.unwrap_or_default(),
            item.path.as_deref().unwrap_or_default(),
            item.message,
            item.expected.unwrap_or_default(),
            item.help.unwrap_or_default(),
        ];
        record(&cells, out)?;
    }
    Ok(())
}
