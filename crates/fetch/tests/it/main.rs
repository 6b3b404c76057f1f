//! Fetches over real HTTP: from moto, and from `scproof-organizations-server` with every fault. `docs/fetch-faults.md`
//! lists what is held where.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, which may panic"
)]

mod changes;
mod denied;
mod errors;
mod moto;
mod passes;
mod passing;
mod resume;
mod support;
