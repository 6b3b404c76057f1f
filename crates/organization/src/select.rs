//! Choosing targets by id, name, path, glob and tag.

use rustc_hash::FxHashMap;

use crate::organization::{NodeId, Organization};

/// Names to nodes.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameIndex {
    pub(crate) exact: FxHashMap<Box<str>, Vec<NodeId>>,
}

/// Why a text chooses no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// Nothing has this id, name or path.
    #[error("`{text}` is no {wanted} of the organization")]
    Unknown {
        /// The text.
        text: String,
        /// What was looked for, such as `account`.
        wanted: &'static str,
        /// What is spelt nearly so, nearest first.
        near: Vec<String>,
    },
    /// Several things have this name.
    #[error("`{text}` is the name of {} {wanted}s", candidates.len())]
    Ambiguous {
        /// The text.
        text: String,
        /// What was looked for, such as `account`.
        wanted: &'static str,
        /// All that have the name, with ids and places.
        candidates: Vec<String>,
    },
    /// Not a pattern.
    #[error("`{text}` is not a pattern: {reason}")]
    Pattern {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Organization {
    /// The account with an id or a name.
    ///
    /// # Errors
    ///
    /// If no account or more than one fits.
    pub fn resolve_account(&self, text: &str) -> Result<NodeId, SelectError> {
        Err(SelectError::Unknown { text: text.to_owned(), wanted: "account", near: Vec::new() })
    }

    /// The root, unit or account with an id, a name or a path.
    ///
    /// # Errors
    ///
    /// If no target or more than one fits.
    pub fn resolve_target(&self, text: &str) -> Result<NodeId, SelectError> {
        Err(SelectError::Unknown { text: text.to_owned(), wanted: "target", near: Vec::new() })
    }

    /// The accounts that any of the patterns chooses, by account id.
    ///
    /// # Errors
    ///
    /// If a pattern is malformed or chooses nothing.
    pub fn select_accounts<S: AsRef<str>>(&self, patterns: &[S]) -> Result<Vec<NodeId>, SelectError> {
        let _ = patterns;
        Ok(Vec::new())
    }
}
