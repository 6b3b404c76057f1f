//! Writing snapshots: the same inventory always gives the same bytes.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::inventory::Inventory;
use crate::replacement::Replacement;

/// Why a snapshot could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`", file.display())]
pub struct SaveError {
    file: PathBuf,
    source: io::Error,
}

impl SaveError {
    /// The file that was to be written.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

impl Inventory {
    /// The snapshot as saved: lists sorted by id, indented by two spaces, with a final line feed.
    #[expect(clippy::missing_panics_doc, reason = "cannot panic, see below")]
    pub fn to_json(&self) -> String {
        let mut sorted = self.clone();
        sorted.sort();
        #[expect(
            clippy::expect_used,
            reason = "records have text keys and no serializer of their own, so nothing can fail"
        )]
        let mut text = serde_json::to_string_pretty(&sorted).expect("records serialize");
        text.push('\n');
        text
    }

    /// Writes the snapshot to a file: all of it or nothing, by way of a temporary file beside it.
    ///
    /// A new file can be read by its owner only, as it may hold addresses of people; an existing one keeps its
    /// permissions. A symbolic link is followed. [`Replacement`] does this for any file.
    ///
    /// # Errors
    ///
    /// If the file or the temporary file beside it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        let path = path.as_ref();
        self.write(path).map_err(|source| SaveError { file: path.to_owned(), source })
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = Replacement::create(path, Replacement::PRIVATE)?;
        file.write_all(self.to_json().as_bytes())?;
        file.finish()
    }
}
