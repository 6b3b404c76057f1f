//! What scproof's benchmarks measure: made-up organizations and questions, the same for the same seed on every machine.
//!
//! - [`Shape`] says how large an organization is; [`generate`] makes its snapshot.
//! - [`hard`] makes snapshots that are hard in one way each.
//! - [`full_chain`] is the largest chain that AWS allows, with edits of it, for comparisons.
//! - [`plan()`] makes a plan of Terraform.
//! - [`chain`] is the one organization, and the 64 questions on it, that single decisions are measured on.
//!
//! The benchmarks themselves are in `benches/`: `parse`, `compile`, `decide`, `change`, `audit` and `import`. They run
//! as tests too: `cargo test -p scproof-benches --benches`. How to read their numbers is said in `docs/performance.md`.
//!
//! ```
//! use scproof_benches::{Shape, generate};
//! use scproof_organization::Organization;
//!
//! let inventory = generate(&Shape::with_accounts(50, 1));
//! assert_eq!(inventory, generate(&Shape::with_accounts(50, 1)));
//! assert_eq!(Organization::from_inventory(&inventory)?.accounts().len(), 51); // and the management account
//! # Ok::<(), scproof_organization::LoadError>(())
//! ```

pub mod chain;
pub mod full_chain;
mod generator;
mod plan;
mod policies;
mod shapes;

/// The same as that of the program, for all that is measured here, other libraries too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub use generator::{Shape, generate};
pub use plan::plan;
pub use policies::{Theme, policy_text};
pub use scproof_testkit::Random;
pub use shapes::{Hard, hard};
