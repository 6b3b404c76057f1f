//! The example organization that comes with scproof, for trying things out without a snapshot of one's own.
//!
//! Example Corp: 27 accounts, 11 organizational units, 20 service control policies with a few deliberate mistakes.
//! `fixtures/README.md` in the source repository describes it.

use crate::{Inventory, LoadError, Organization};

/// The snapshot as text, in the format `scproof-inventory/1`.
pub const SNAPSHOT: &str = include_str!("../../../fixtures/organizations/example.json");

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
