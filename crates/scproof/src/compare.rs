//! What differs: a change before it is made, two organizations, two sets of policies.
//!
//! # A change
//!
//! Changes are tried on a copy. The impact is exact over all calls, and each difference has a call that shows it; if
//! there is none, that is proved. No file is needed: [`ChangeSetBuilder::attach_text`] takes the text of a policy.
//!
//! # Two sets of policies
//!
//! [`equivalent`], [`implies`] and [`is_empty`] answer for every call there may be, with a proof or a counterexample.
//!
//! ```
//! use scproof::compare::{Permissions, equivalent, implies};
//!
//! let allow = |action: &str| {
//!     format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": {action}, "Resource": "*"}}}}"#)
//! };
//! let level = |action: &str| Permissions::of_level(&[&allow(action)]);
//! let (reads, storage) = (level(r#""s3:Get*""#)?, level(r#"["s3:Get*", "s3:Put*"]"#)?);
//! assert!(implies(&reads, &storage)?.is_yes());
//! assert!(!implies(&storage, &reads)?.is_yes());
//! assert!(!equivalent(&reads, &storage)?.is_yes());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use scproof_organization::{CHANGES_FORMAT, Change, ChangeSet, ChangeSetBuilder};
pub use scproof_prover::{Answer, CompareError, Permissions, Stop, compare, equivalent, implies, is_empty};
pub use scproof_simulator::{
    AccountRef, ActionSet, ActionTerm, Beyond, BoundExpectations, Changed, ComparisonOptions, EXPECT_FORMAT,
    Expectations, Held, HeldImpact, Impact, ImpactGroup, ImpactOptions, Limits, Moved, PolicyDifference,
    PredictedFailure, Region, RegionReport, Rehearsed, Simulation, SimulationOptions, Step, StructuralDifference,
    TargetDifference, Transient, Transition, Verdict, Why, Witness, choose_accounts, choose_accounts_below, hold,
    impact, impact_with, malformed, simulate, structural_difference,
};
