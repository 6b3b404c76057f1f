//! Tests of the policy parser as its users see it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed, also in its helpers"
)]

mod diagnostics;
mod document;
mod fixtures;
mod json;
#[path = "../../../text/tests/support/page.rs"]
mod page;
#[path = "../../../text/tests/support/paragraph.rs"]
mod paragraph;
mod print;
