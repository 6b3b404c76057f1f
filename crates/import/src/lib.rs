//! From what people keep in repositories to what scproof answers from: snapshots, and changes onto snapshots.
//!
//! Repositories say what an organization should be, by names; AWS's ids, the attachments that AWS makes by itself and
//! the rendered texts are not in them. So whatever is made up, assumed or unknown here is said in the result, and
//! travels from there to the answers. Each thing keeps the place where it stands in its source.
//!
//! | to do | use |
//! |---|---|
//! | read an organization that is written by names | [`Config::read`] |
//! | get one to fill in | [`CONFIG_SKELETON`] |
//! | read a state of Terraform as a snapshot | [`read_state`] |
//! | read a plan of Terraform as changes | [`plan_changes`] |
//! | read bytes as text, whatever Windows made of them | [`text_of`] |
//!
//! ```
//! use std::path::Path;
//! use scproof_import::Config;
//! use scproof_organization::Organization;
//!
//! let text = "
//! Format: scproof-config/1
//! Units: [{Path: Prod}]
//! Accounts: [{Name: shop, Unit: Prod}]
//! Policies:
//!   - Name: no-databases
//!     Content: {Version: 2012-10-17, Statement: [{Effect: Deny, Action: 'rds:*', Resource: '*'}]}
//! Attachments: [{Policy: no-databases, To: Prod}]
//! ";
//! let config = Config::read(text, "organization.yaml", Path::new("."))?;
//! let organization = Organization::from_inventory(&config.inventory)?;
//! let shop = organization.resolve_account("shop")?;
//! assert_eq!(organization.ou_path(shop), "Root/Prod");
//! assert!(organization.is_made_up(organization.node(shop).target.as_str()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The crate reads files only where a text names them, and prints nothing.

mod codes;
mod config;
mod encoding;
mod terraform;
mod yaml;

pub use codes::{IMPORT_CODES, PLAN_CODES};
pub use config::{CONFIG_FORMAT, CONFIG_SKELETON, Config};
pub use encoding::text_of;
pub use terraform::{PlannedChanges, plan_changes, read_state};
