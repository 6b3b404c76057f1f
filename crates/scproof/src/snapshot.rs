//! The organization: reading, checking and writing a snapshot, its records and its tree, choosing among accounts,
//! taking names out.
//!
//! ```
//! use scproof::snapshot::{self, Inventory, PolicyRecord};
//!
//! let organization = scproof::example::organization()?; // or snapshot::load("org.json")?
//! let shop = organization.resolve_account("shop")?;
//! assert_eq!(organization.ou_path(shop), "Root/Workloads/Prod");
//! assert_eq!(organization.resolve_account("shp").unwrap_err().help().as_deref(), Some("did you mean `shop`?"));
//!
//! // A snapshot is made of records, which a program can write too.
//! let mut inventory = scproof::example::inventory()?;
//! inventory.policies.push(PolicyRecord {
//!     id: "p-idle000001".to_owned(),
//!     name: Some("idle".to_owned()),
//!     policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
//!     content: Some(r#"{"Version": "2012-10-17", "Statement": []}"#.to_owned()),
//!     arn: None,
//!     description: None,
//!     aws_managed: None,
//! });
//! assert_eq!(snapshot::Organization::from_inventory(&inventory)?.policies().len(), organization.policies().len() + 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::path::Path;

pub use scproof_organization::{
    AccountDetails, AccountId, AccountRecord, AccountState, AttachmentRecord, FORMAT, FeatureSet, IdError, Inventory,
    LoadError, Message, Node, NodeId, Organization, OrganizationId, OrganizationRecord, OriginRecord, OuId, OuRecord,
    Policy, PolicyId, PolicyIndex, PolicyRecord, PolicyTypeRecord, PolicyTypeStatus, Replacement, RootId, RootRecord,
    SKELETON, SaveError, SelectError, Tag, Target, Timestamp, Unreadable, UnreadableRecord,
};
pub use scproof_redact::{Left, LeftReason, RedactionKey, RedactionKeyError, Redactor};
pub use scproof_text::read_file;

/// Reads a snapshot from a file and checks it.
///
/// # Errors
///
/// Every fault of the snapshot, with its line and column; see [`Organization::load`].
///
/// ```no_run
/// let organization = scproof::snapshot::load("org.json")?;
/// println!("{} accounts", organization.accounts().len());
/// # Ok::<(), scproof::snapshot::LoadError>(())
/// ```
pub fn load(path: impl AsRef<Path>) -> Result<Organization, LoadError> {
    Organization::load(path)
}
