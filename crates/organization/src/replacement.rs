//! Files that appear whole or not at all.

use std::fs::{self, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// So many links in a row are followed; with more of them they lead in a circle.
const MOST_LINKS: usize = 40;

/// A file in the making: written beside its place, then renamed, so that its readers see the old one or the new one.
///
/// Dropped before it is [finished](Self::finish), it leaves nothing. What it replaces keeps its permissions; a symbolic
/// link stays one, also where it leads to a file that does not exist yet.
///
/// ```
/// use std::io::Write;
/// use scproof_organization::Replacement;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("org.json");
/// let mut file = Replacement::create(&path, Replacement::PRIVATE)?;
/// file.write_all(b"{}\n")?;
/// assert!(!path.exists());
/// file.finish()?;
/// assert_eq!(std::fs::read(&path)?, b"{}\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Replacement {
    file: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl Replacement {
    /// The permissions of a new file that its owner alone reads.
    pub const PRIVATE: u32 = 0o600;
    /// The permissions of a new file as programs ask for them, before the user's mask.
    pub const ORDINARY: u32 = 0o666;

    /// Begins a file. `mode`: its permissions on Unix if it is new, less what the user's mask takes away.
    ///
    /// # Errors
    ///
    /// If its folder is not there or cannot be written, or if the path leads to something that is no ordinary file.
    pub fn create(path: &Path, mode: u32) -> io::Result<Self> {
        let path = led_to(path)?;
        let existing = match fs::metadata(&path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        match &existing {
            Some(metadata) if metadata.is_dir() => {
                return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
            }
            Some(metadata) if !metadata.is_file() => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "is no ordinary file"));
            }
            _ => {}
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".scproof-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(Permissions::from_mode(mode));
        }
        #[cfg(not(unix))]
        let _: u32 = mode;
        let file = builder.tempfile_in(folder)?;
        if let Some(metadata) = existing {
            file.as_file().set_permissions(metadata.permissions())?;
        }
        Ok(Self { file: BufWriter::new(file), path })
    }

    /// Where it is until it is finished.
    pub fn temporary_path(&self) -> &Path {
        self.file.get_ref().path()
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    ///
    /// If not all of it can be written, or it cannot be put there.
    pub fn finish(self) -> io::Result<()> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        // The name must not point to data that a power failure can still lose.
        file.as_file().sync_all()?;
        file.persist(&self.path).map(drop).map_err(|failure| failure.error)
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Where a path leads over symbolic links, the last of which may lead to nothing.
fn led_to(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if !fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink()) {
            return Ok(path);
        }
        let target = fs::read_link(&path)?;
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "is a link that leads in a circle"))
}
