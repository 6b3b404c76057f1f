//! Answers on small organizations, as pages.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test helper fails the test by panicking"
)]

mod answer;
mod audit;
mod html;
mod impact;
mod samples;
mod tree;
mod validation;
mod who_can;
