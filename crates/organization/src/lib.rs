//! An AWS organization as scproof sees it: snapshot format, tree, inheritance paths.
//!
//! Two representations, one direction: an [`Inventory`] is the snapshot as AWS returned it, with identifiers as text;
//! an [`Organization`] is that snapshot checked, as a tree with parsed policies. A snapshot with a fault never becomes
//! an organization: every fault is reported with its place ([`LoadError`]) and nothing is guessed. What could not be
//! *read* (as opposed to what is wrong) is kept as unknown ([`Node::unreadable`], [`Policy::content`]).
//!
//! The crate reads and writes files only in [`Inventory::load`], [`Inventory::save`], [`Organization::load`] and
//! [`Replacement`]; it
//! never prints, never asks AWS, and decides nothing about requests.
//!
//! ```
//! use scproof_organization::{AccountId, Inventory, Organization};
//!
//! let inventory = Inventory::from_json(r#"{
//!   "Format": "scproof-inventory/1",
//!   "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
//!   "Roots": [{"Id": "r-ab12", "Name": "Root"}],
//!   "OrganizationalUnits": [{"Id": "ou-ab12-prod0001", "Name": "Prod", "ParentId": "r-ab12"}],
//!   "Accounts": [{"Id": "222222222222", "Name": "shop", "ParentId": "ou-ab12-prod0001"}],
//!   "Policies": [],
//!   "Attachments": []
//! }"#)?;
//! let organization = Organization::from_inventory(&inventory)?;
//! let shop = organization.resolve_account("shop")?;
//! assert_eq!(organization.account(&AccountId::parse("222222222222")?), Some(shop));
//! assert_eq!(organization.entity_path(shop), "o-exampleorg1/r-ab12/ou-ab12-prod0001/");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod change;
mod codes;
mod finding;
mod id;
mod inventory;
mod load;
mod made_up;
mod missing;
mod names;
mod organization;
mod outputs;
mod policy_type;
mod records;
mod replacement;
mod resolve;
mod save;
mod scope;
mod select;

pub use change::{CHANGES_FORMAT, Change, ChangeSet, ChangeSetBuilder, Draft, Unknown, read_policy};
pub use codes::{CHANGE_CODES, FINDING_CODES, SNAPSHOT_CODES};
pub use id::{AccountId, IdError, OrganizationId, OuId, PolicyId, RootId, Target};
pub use inventory::{
    AccountRecord, AttachmentRecord, FORMAT, Inventory, OrganizationRecord, OriginRecord, OuRecord, PolicyRecord,
    PolicyTypeRecord, RootRecord, Tag, Timestamp, UnreadableRecord,
};
pub use organization::{
    AccountDetails, AccountState, FeatureSet, Node, NodeId, Organization, Policy, PolicyIndex, PolicyTypeStatus,
    Unreadable,
};
pub use outputs::SKELETON;
pub use replacement::Replacement;
pub use save::SaveError;
pub use scope::{AccountScope, ChosenAccounts, read_until};
pub use scproof_text::{LoadError, Message};
pub use select::SelectError;
