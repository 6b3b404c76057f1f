//! What all pages have around them.

use super::safe::source_hash;

/// The look of all pages.
const STYLE: &str = include_str!("report.css");

/// What stands around the contents of a page.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) version: &'static str,
    pub(super) style: &'static str,
    /// The one script, or nothing.
    pub(super) script: &'static str,
}

impl Frame {
    pub(super) fn new(title: impl Into<String>, script: &'static str) -> Self {
        Self { title: title.into(), version: env!("CARGO_PKG_VERSION"), style: STYLE, script }
    }

    /// What the page's policy says of styles.
    pub(super) fn style_hash(&self) -> String {
        source_hash(self.style)
    }

    /// What the page's policy says of scripts.
    pub(super) fn script_hash(&self) -> String {
        if self.script.is_empty() { "'none'".to_owned() } else { source_hash(self.script) }
    }
}
