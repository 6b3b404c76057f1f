//! Writing snapshots: the same inventory always gives the same bytes.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::inventory::Inventory;

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
    /// permissions. A symbolic link is followed.
    ///
    /// # Errors
    ///
    /// If the file or the temporary file beside it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        let path = path.as_ref();
        self.write(path).map_err(|source| SaveError { file: path.to_owned(), source })
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let existing = std::fs::canonicalize(path).ok();
        let path = existing.as_deref().unwrap_or(path);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".scproof-").suffix(".tmp").tempfile_in(folder)?;
        file.write_all(self.to_json().as_bytes())?;
        if existing.is_some() {
            file.as_file().set_permissions(std::fs::metadata(path)?.permissions())?;
        }
        // The name must not point to data that a power failure can still lose.
        file.as_file().sync_all()?;
        file.persist(path).map_err(|failure| failure.error)?;
        Ok(())
    }
}
