//! Why a snapshot cannot be used, for a command that wanted to use it.

use std::io::{self, Write};

use scproof_organization::LoadError;

use super::validation::items;
use crate::style::Style;
use crate::validation::{Source, SourceFindings, Validation};

/// Writes the faults with their places in the text; at most `most` of them.
///
/// # Errors
///
/// If writing fails.
pub fn render(
    error: &LoadError,
    file: &str,
    text: &str,
    most: usize,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let faults = error.faults();
    let shown = faults.get(..most).unwrap_or(faults).to_vec();
    let omitted = faults.len() - shown.len() + error.omitted();
    let source = Source {
        file: file.to_owned(),
        policy: None,
        text: text.to_owned(),
        findings: SourceFindings::BrokenSnapshot(shown, omitted),
    };
    items(&Validation { sources: vec![source] }, style, out)
}
