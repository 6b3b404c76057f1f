//! Reading and writing snapshots.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::fault::{Fault, LoadError};
use crate::inventory::Inventory;
use crate::organization::Organization;

/// Why a snapshot could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {source}", file.display())]
pub struct SaveError {
    file: PathBuf,
    source: io::Error,
}

impl Inventory {
    /// Reads a snapshot from text.
    ///
    /// # Errors
    ///
    /// All faults of the text, with line and column.
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        serde_json::from_str(text)
            .map_err(|error| LoadError::single(Fault::new("invalid-json", Default::default(), error.to_string())))
    }

    /// Reads a snapshot from a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, and as [`from_json`](Self::from_json).
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            LoadError::single(Fault::new("unreadable-file", Default::default(), error.to_string())).in_file(path)
        })?;
        Self::from_json(&text).map_err(|error| error.in_file(path))
    }

    /// The snapshot as saved: sorted, indented by two spaces, with a final line feed.
    #[expect(
        clippy::expect_used,
        reason = "the records have string keys and no custom serializer, so nothing can fail"
    )]
    pub fn to_json(&self) -> String {
        let mut sorted = self.clone();
        sorted.sort();
        let mut text = serde_json::to_string_pretty(&sorted).expect("records serialize");
        text.push('\n');
        text
    }

    /// Writes the snapshot to a file: all of it or nothing.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), SaveError> {
        let error = |source| SaveError { file: path.to_owned(), source };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(error)?;
        file.write_all(self.to_json().as_bytes()).map_err(error)?;
        file.persist(path).map_err(|failure| error(failure.error))?;
        Ok(())
    }
}

impl Organization {
    /// Reads a snapshot file and checks it.
    ///
    /// # Errors
    ///
    /// As [`Inventory::load`].
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        Self::from_inventory(&Inventory::load(path)?)
    }
}
