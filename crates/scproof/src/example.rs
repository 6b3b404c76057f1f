//! The organizations that come with scproof, for trying things out without a snapshot of one's own.
//!
//! Example Corp: 27 accounts, 11 organizational units, 20 service control policies with a few deliberate mistakes.
//! `fixtures/README.md` in the source repository describes it. [`UNTIDY_SNAPSHOT`] is another one, in which at least
//! one of everything is wrong that an audit finds.

use crate::snapshot::{Inventory, LoadError, Organization};

/// The snapshot as text, in the format `scproof-inventory/1`.
pub const SNAPSHOT: &str = include_str!("../../../fixtures/organizations/example.json");

/// A snapshot of an organization that nobody tidied up: 19 accounts with an instance of nearly every finding of an
/// audit, and of every state of a guardrail.
///
/// ```
/// let organization = scproof::snapshot::Organization::from_json(scproof::example::UNTIDY_SNAPSHOT)?;
/// assert_eq!(organization.accounts().len(), 19);
/// # Ok::<(), scproof::snapshot::LoadError>(())
/// ```
pub const UNTIDY_SNAPSHOT: &str = include_str!("../../../fixtures/organizations/untidy.json");

/// The organization.
///
/// # Errors
///
/// Never in a released version: a test loads it.
///
/// ```
/// let organization = scproof::example::organization()?;
/// let shop = organization.resolve_account("shop")?;
/// assert_eq!(organization.ou_path(shop), "Root/Workloads/Prod");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn organization() -> Result<Organization, LoadError> {
    Organization::from_json(SNAPSHOT)
}

/// The snapshot as records.
///
/// # Errors
///
/// As [`organization`].
pub fn inventory() -> Result<Inventory, LoadError> {
    Inventory::from_json(SNAPSHOT)
}
