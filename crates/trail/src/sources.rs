//! The files of a log: named ones, and all in a directory, such as a copy of the bucket of a trail.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use walkdir::WalkDir;

use crate::read::{Tally, read_records};
use crate::record::Record;

/// How a frame of zstd begins.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Folders beside that of the log, with files of other kinds (CT-32).
const OTHER_FOLDERS: [&str; 3] = ["CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-NetworkActivity-Digest"];

/// The files of a log, in the order of their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// The files to read.
    pub files: Vec<Source>,
    /// Files in folders of digests and Insights, which hold no events of the log.
    pub passed_over: Vec<Source>,
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
                let files = if is_other { &mut found.passed_over } else { &mut found.files };
                files.push(Source { path: entry.into_path() });
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

    /// Visits the records in the file, decompressed where it is gzip or zstd, whatever its name; as far as it can be
    /// read.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened.
    pub fn read_records(&self, visit: &mut dyn FnMut(Record<'_>)) -> Result<Tally, SourceError> {
        Ok(read_records(self.text()?, visit))
    }

    /// The text of the file.
    pub(crate) fn text(&self) -> Result<Box<dyn Read>, SourceError> {
        let file = File::open(&self.path).map_err(|error| SourceError { path: self.path.clone(), error })?;
        Ok(decompressed(BufReader::with_capacity(1 << 16, file)))
    }
}

/// The text of a stream that may be compressed.
fn decompressed(mut input: impl BufRead + 'static) -> Box<dyn Read> {
    let mut start = Vec::new();
    // What cannot be read at all fails again.
    drop(input.by_ref().take(4).read_to_end(&mut start));
    let kind = <[u8; 4]>::try_from(start.as_slice());
    let is_gzip = start.starts_with(&[0x1f, 0x8b]);
    let whole = io::Cursor::new(start).chain(input);
    match kind {
        _ if is_gzip => Box::new(MultiGzDecoder::new(whole)),
        Ok(ZSTD) => Box::new(Frames::Next(Some(Box::new(whole)))),
        _ => Box::new(whole),
    }
}

/// The frames of a zstd file, one after the other.
enum Frames {
    /// Before a frame, if there is one.
    Next(Option<Box<dyn Read>>),
    Within(Box<StreamingDecoder<Box<dyn Read>, FrameDecoder>>),
}

impl Read for Frames {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self {
                Self::Next(input) => {
                    let Some(mut input) = input.take() else { return Ok(0) };
                    let mut start = Vec::new();
                    if input.by_ref().take(1).read_to_end(&mut start)? == 0 {
                        return Ok(0);
                    }
                    let whole: Box<dyn Read> = Box::new(io::Cursor::new(start).chain(input));
                    let decoder = StreamingDecoder::new(whole).map_err(io::Error::other)?;
                    *self = Self::Within(Box::new(decoder));
                    continue;
                }
                Self::Within(decoder) => {
                    let read = decoder.read(into)?;
                    if read > 0 || into.is_empty() {
                        return Ok(read);
                    }
                }
            }
            if let Self::Within(decoder) = std::mem::replace(self, Self::Next(None)) {
                *self = Self::Next(Some(decoder.into_inner()));
            }
        }
    }
}
