//! The library from outside.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test helper fails the test by panicking")]

mod batch;
mod documented;
mod example;
mod guard_notes;
mod serialize;
mod simulate;
