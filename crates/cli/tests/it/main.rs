//! The binary from outside: what a user types, and what comes back.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test helper fails the test by panicking")]

mod audit;
mod audit_reports;
mod batch;
mod can;
mod conditions;
mod configuration;
mod diff;
mod effective;
#[cfg(feature = "fetch")]
mod fetch;
#[cfg(feature = "fetch")]
mod fetch_server;
mod help;
mod import;
mod messages;
mod missing_scps;
mod output;
mod replay;
mod run;
mod schema;
mod show;
mod simulate;
mod traps;
mod tree;
mod unreadable;
mod validate;
mod who_can;
mod why;
