//! What SCPs do in a whole organization, as one page for a browser.
//!
//! The page shows the tree, permission classes, services, guardrails and findings, and can be searched, filtered and printed. It holds
//! its data as one block of JSON that is no format of its own: programs read `--format json`. What many accounts share stands once,
//! so the size goes with classes and policies rather than with accounts. Without JavaScript it is a summary.

use std::io::{self, Write};

use scproof_auditor::Audit;

use super::data::Data;
use super::safe::{escaped, source_hash, write_json};
use super::sections;

const STYLE: &str = include_str!("report.css");

/// The parts of the one script, in order.
const SCRIPT: &str = concat!(
    "'use strict';(() => {\n",
    include_str!("script/core.js"),
    include_str!("script/detail.js"),
    include_str!("script/overview.js"),
    include_str!("script/tree.js"),
    include_str!("script/classes.js"),
    include_str!("script/services.js"),
    include_str!("script/guardrails.js"),
    include_str!("script/findings.js"),
    include_str!("script/main.js"),
    "})();"
);

/// What a page says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The heading of the page; `SCP audit` if it is empty.
    pub title: String,
    /// When the page was made, as it is to be shown.
    pub generated_at: Option<String>,
    /// The snapshot, as it is to be called.
    pub snapshot: Option<String>,
    /// The version of the program.
    pub version: String,
    /// How to ask the organization for more: the words of a command line up to `can`, such as `scproof --org org.json`.
    pub program: Vec<String>,
}

impl Options {
    pub(super) fn heading(&self) -> &str {
        if self.title.is_empty() { "SCP audit" } else { &self.title }
    }
}

/// Writes the page.
///
/// # Errors
///
/// If writing fails.
pub fn render(audit: &Audit, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("{} – {}", options.heading(), audit.organization.id());
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    // Before anything else: it holds for what follows it.
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; script-src {}; \
         base-uri 'none'; form-action 'none'\">",
        source_hash(STYLE),
        source_hash(SCRIPT)
    )?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(
        out,
        "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">"
    )?;
    writeln!(out, "<meta name=\"generator\" content=\"scproof {}\">", escaped(&options.version))?;
    writeln!(out, "<title>{}</title>\n<style>{STYLE}</style>\n</head>", escaped(&title))?;
    sections::body(audit, options, out)?;
    write!(out, "<script type=\"application/json\" id=\"data\">")?;
    write_json(&Data::of(audit, &options.program), out)?;
    writeln!(out, "</script>\n<script>{SCRIPT}</script>\n</body>\n</html>")
}
