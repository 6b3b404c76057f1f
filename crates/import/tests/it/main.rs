//! Texts of repositories in, snapshots and faults out.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, which may panic"
)]

mod config;
mod documented;
mod hostile;
#[path = "../../../text/tests/support/page.rs"]
mod page;
mod plans;
mod states;
#[path = "../../../text/tests/support/table.rs"]
mod table;

use std::path::Path;

use scproof_import::Config;
use scproof_organization::{Inventory, LoadError, Organization};

fn read(text: &str) -> Inventory {
    let config = Config::read(text, "o.yaml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
    config.inventory
}

fn organization(text: &str) -> Organization {
    Organization::from_inventory(&read(text)).unwrap_or_else(|error| panic!("{error}"))
}

fn refuse(text: &str) -> LoadError {
    Config::read(text, "o.yaml", Path::new(".")).unwrap_err()
}

/// Each fault as line, column, code and message.
fn faults(error: &LoadError) -> Vec<String> {
    let line = |fault: &scproof_organization::Message| {
        let (line, column) = fault.line_and_column().unwrap();
        format!("{line}:{column} {}: {}", fault.code, fault.message)
    };
    error.faults().iter().map(line).collect()
}
