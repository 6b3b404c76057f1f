//! Exact questions about service control policies: what differs between two organizations, two paths or two documents,
//! whether one lets pass no more than another, whether anything passes at all. Every *no* comes with a request that
//! shows it.
//!
//! A comparison is exact over all requests: every action, known to the catalog or not, every resource, every context,
//! every caller that SCPs govern. It cuts every fact – the resource, the caller, each context key – into the cells that
//! the policies at hand can tell apart, and compares two functions of cells; see `docs/architecture.md`. What cannot be
//! settled that way is *undetermined*, with the reason: an unsure rule, keys that are compared with each other, a
//! limit.
//!
//! | question | call |
//! |---|---|
//! | what differs between two organizations, for which accounts? | [`difference`] |
//! | what differs between two levels or two paths? | [`compare`] |
//! | do they treat every request alike? | [`equivalent`] |
//! | does the first let pass no more than the second? | [`implies`] |
//! | does anything pass? | [`is_empty`] |
//!
//! ```
//! use scproof_prover::{Answer, Permissions, implies, is_empty};
//!
//! let list = |actions: &str| {
//!     format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": {actions}, "Resource": "*"}}}}"#)
//! };
//! let (narrow, wide) = (list(r#""s3:Get*""#), list(r#"["s3:*", "sqs:*"]"#));
//! let (narrow, wide) = (Permissions::of_level(&[&narrow])?, Permissions::of_level(&[&wide])?);
//! assert_eq!(implies(&narrow, &wide)?, Answer::Yes);
//! let Answer::No(region) = implies(&wide, &narrow)? else { panic!("it lets more pass") };
//! assert!(region.witness.is_some());
//! assert!(!is_empty(&narrow)?.is_yes());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod actions;
mod condition;
mod crowded;
mod diagram;
mod difference;
mod grouping;
mod limits;
mod one_call;
mod proof;
mod questions;
mod region;
mod shorten;
mod space;
mod witness;

pub use actions::{ActionSet, ActionTerm};
pub use difference::{ComparisonOptions, Difference, Group, difference};
pub use limits::{Limits, Stop};
pub use proof::{
    ActionSets, Aim, ClassAccess, NoEffect, PassingGroup, PassingKind, PassingRegion, PolicyProof, Removal, SameAccess,
};
pub use questions::{Answer, CompareError, Permissions, compare, equivalent, implies, is_empty};
pub use region::{Region, Transition, Verdict, Why};
pub use witness::Witness;
