//! The files of a log: named ones, and all in a directory, such as a copy of the bucket of a trail.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use walkdir::WalkDir;

use crate::read::Fault;

/// A decompressed file may have this many bytes; CloudTrail's own have some 50 MB.
const MAX_BYTES: u64 = 1 << 30;
/// How a frame of zstd begins.
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// Folders beside that of the log, with files of other kinds (CT-32).
const OTHER_FOLDERS: [&str; 3] = ["CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-NetworkActivity-Digest"];

/// The files of a log, in the order of their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// The files to read.
    pub files: Vec<Source>,
    /// Files in folders of digests and Insights, which are passed over.
    pub passed_over: u64,
}

/// A file of a log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    path: PathBuf,
}

/// A file or directory that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{}`: {error}", path.display())]
pub struct SourceError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl Sources {
    /// Finds the files at some paths: files as they are named, and all files in directories, at any depth, in the order
    /// of their paths. Links to directories are not followed.
    ///
    /// # Errors
    ///
    /// If a path does not exist or a directory cannot be listed.
    pub fn find<P: AsRef<Path>>(paths: &[P]) -> Result<Self, SourceError> {
        let mut found = Self::default();
        for path in paths {
            let path = path.as_ref();
            let entries = WalkDir::new(path).sort_by_file_name();
            for entry in entries {
                let entry = entry.map_err(|error| {
                    let at = error.path().unwrap_or(path).to_owned();
                    let error = error.into_io_error().unwrap_or_else(|| io::Error::other("a circle of links"));
                    SourceError { path: at, error }
                })?;
                if entry.file_type().is_dir() {
                    continue;
                }
                let inside = entry.path().strip_prefix(path).unwrap_or(entry.path());
                let is_other = inside
                    .components()
                    .any(|part| part.as_os_str().to_str().is_some_and(|name| OTHER_FOLDERS.contains(&name)));
                if is_other {
                    found.passed_over += 1;
                } else {
                    found.files.push(Source { path: entry.into_path() });
                }
            }
        }
        Ok(found)
    }
}

impl Source {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes the file has, compressed or not; 0 if that cannot be told.
    pub fn len(&self) -> u64 {
        self.path.metadata().map_or(0, |metadata| metadata.len())
    }

    /// Whether the file has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The content, decompressed where it is gzip or zstd, whatever its name; as far as it can be read, and the fault
    /// that ends it. At most 1 GiB.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened.
    pub fn content(&self) -> Result<(Vec<u8>, Option<Fault>), SourceError> {
        let file = File::open(&self.path).map_err(|error| SourceError { path: self.path.clone(), error })?;
        Ok(content(BufReader::with_capacity(1 << 16, file)))
    }
}

/// The content of a stream, as [`Source::content`] has it.
pub(crate) fn content(mut input: impl Read) -> (Vec<u8>, Option<Fault>) {
    let mut start = Vec::new();
    let failed = input.by_ref().take(4).read_to_end(&mut start).is_err();
    let whole = io::Cursor::new(start.clone()).chain(input);
    match start.as_slice() {
        [0x1f, 0x8b, ..] => all(MultiGzDecoder::new(whole), Fault::Compressed),
        ZSTD => frames(Box::new(whole)),
        _ if failed => (start, Some(Fault::BrokenAfter { records: 0 })),
        _ => all(whole, Fault::BrokenAfter { records: 0 }),
    }
}

/// The frames of a zstd file, one after the other.
fn frames(mut input: Box<dyn Read + '_>) -> (Vec<u8>, Option<Fault>) {
    let mut bytes = Vec::new();
    loop {
        let Ok(mut decoder) = StreamingDecoder::new(input) else { return (bytes, Some(Fault::Compressed)) };
        let room = (MAX_BYTES + 1).saturating_sub(bytes.len() as u64);
        let failed = decoder.by_ref().take(room).read_to_end(&mut bytes).is_err();
        if bytes.len() as u64 > MAX_BYTES {
            return limited(bytes);
        }
        if failed {
            return (bytes, Some(Fault::Compressed));
        }
        let mut rest = decoder.into_inner();
        let mut start = Vec::new();
        match rest.by_ref().take(4).read_to_end(&mut start) {
            Ok(0) => return (bytes, None),
            Ok(_) => input = Box::new(io::Cursor::new(start).chain(rest)),
            Err(_) => return (bytes, Some(Fault::Compressed)),
        }
    }
}

fn limited(mut bytes: Vec<u8>) -> (Vec<u8>, Option<Fault>) {
    bytes.truncate(usize::try_from(MAX_BYTES).unwrap_or(usize::MAX));
    (bytes, Some(Fault::TooLarge { limit: MAX_BYTES }))
}

fn all(input: impl Read, fault: Fault) -> (Vec<u8>, Option<Fault>) {
    let mut bytes = Vec::new();
    let failed = input.take(MAX_BYTES + 1).read_to_end(&mut bytes).is_err();
    if bytes.len() as u64 > MAX_BYTES {
        return limited(bytes);
    }
    (bytes, failed.then_some(fault))
}
