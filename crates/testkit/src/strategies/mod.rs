//! Strategies for property tests: small organizations, policies of every construct, and requests that meet them.
//!
//! All texts come from small pools which policies and requests share, so that matches, near misses and unsure rules are
//! frequent.
//!
//! ```
//! use proptest::strategy::{Strategy, ValueTree};
//! use proptest::test_runner::TestRunner;
//! use scproof_organization::Organization;
//!
//! let scenario = scproof_testkit::strategies::scenario(3).new_tree(&mut TestRunner::deterministic())?.current();
//! assert!(Organization::from_inventory(&scenario.inventory).is_ok());
//! assert_eq!(scenario.requests.len(), 3);
//! # Ok::<(), proptest::test_runner::Reason>(())
//! ```

mod calls;
mod documents;
mod edits;
mod focused;
mod keys;
mod organizations;
mod pools;
mod requests;

use proptest::collection::vec;
use proptest::prelude::*;
use scproof_evaluator::{EvaluationOptions, Request};
use scproof_organization::Inventory;

pub use calls::{CallScenario, Chance, call_scenario};
pub use documents::{document, sound_document};
pub use edits::{Edit, edit, edited};
pub use focused::focused_scenario;
pub use organizations::{inventory, sound_inventory};
pub use requests::{context, request};

/// An organization and questions about it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The organization as a snapshot that loads.
    pub inventory: Inventory,
    /// The questions.
    pub requests: Vec<Request>,
    /// How to answer them; `refine` is off.
    pub options: EvaluationOptions,
}

/// An organization of [`inventory`] with so many of [`request`].
pub fn scenario(request_count: usize) -> BoxedStrategy<Scenario> {
    (inventory(), vec(request(), request_count), options())
        .prop_map(|(inventory, requests, options)| Scenario { inventory, requests, options })
        .boxed()
}

/// All combinations of options, mostly the default, with `refine` off: plain three-valued logic, beyond the catalog.
pub fn options() -> BoxedStrategy<EvaluationOptions> {
    (proptest::bool::weighted(0.3), proptest::bool::weighted(0.2))
        .prop_map(|(assume_preferred, closed_key_list)| EvaluationOptions {
            assume_preferred,
            closed_key_list,
            beyond_catalog: true,
            refine: false,
        })
        .boxed()
}
