//! From what people keep in repositories to snapshots.
//!
//! ```no_run
//! use std::path::Path;
//! use scproof::import::Config;
//!
//! let text = std::fs::read_to_string("organization.yaml")?;
//! let config = Config::read(&text, "organization.yaml", Path::new("."))?;
//! config.inventory.save("org.json")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use scproof_import::{CONFIG_FORMAT, CONFIG_SKELETON, Config, PlannedChanges, plan_changes, read_state, text_of};
