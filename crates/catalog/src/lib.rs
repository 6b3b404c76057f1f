//! The AWS actions, resource types and condition keys that scproof knows, as data.
//!
//! The table is generated from a daily copy of AWS's Service Authorization Reference and compiled into the crate;
//! opening it reads no file and takes two or three milliseconds. [`Catalog::embedded`] is the only way in.
//!
//! What this crate deliberately does not do: it judges nothing. AWS adds services, actions and keys every day, and
//! an organization may name ones that are retired, so a name that the catalog lacks is an ordinary name \[DOC-21\]:
//! every lookup answers with an [`Option`], none with an error. It knows no policies; [`ActionFilter`] is for people
//! who choose actions.
//!
//! ```
//! use scproof_catalog::{AccessLevel, Catalog};
//!
//! let catalog = Catalog::embedded();
//! let id = catalog.find_action("S3:getobject").ok_or("not in the catalog")?;
//! let action = catalog.action(id);
//! assert_eq!(action.full_name(), "s3:GetObject");
//! assert_eq!(action.access_level(), AccessLevel::Read);
//! assert!(action.resource_types().any(|(kind, _)| kind.name() == "object"));
//!
//! assert!(catalog.find_action("s3:NotYetInvented").is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Modules: `catalog` (the table and its lookups), `action`, `row`, `resource_type`, `condition_key` (views of one
//! line), `key_list` (the keys that a place lists), `id` (typed positions), `nearest` ("did you mean"),
//! `action_filter` (globs over actions), `operation` (names that are taken for actions), `region` (Regions, for hints),
//! `table` (reading the embedded text), `name_index` (its hash table).

mod access_level;
mod action;
mod action_filter;
mod catalog;
mod condition_key;
mod endpoint;
mod id;
mod key_list;
mod name_index;
mod nearest;
mod operation;
mod region;
mod resource_type;
#[cfg(test)]
mod round_trip;
mod row;
mod table;
mod value_type;

pub use access_level::AccessLevel;
pub use action::Action;
pub use action_filter::{ActionFilter, ActionFilterError, ActionGlob};
pub use catalog::Catalog;
pub use condition_key::ConditionKey;
pub use endpoint::{
    is_any_text, is_checked_elsewhere, may_lack_region, single_endpoint_region, single_endpoint_services,
    type_passed_on,
};
pub use id::{ActionId, ActionRange, ActionRangeIter, RowListId, ServiceId};
pub use key_list::{KeyList, Listing};
pub use region::{is_region, nearest_regions};
pub use resource_type::{ResourceType, arn_forms, example_arn};
pub use row::Row;
pub use value_type::ValueType;
