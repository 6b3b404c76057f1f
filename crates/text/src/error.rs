//! Why a file cannot be used.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::codes;
use crate::message::Message;

/// Why a snapshot or another file could not be used: every fault found, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    file: Option<PathBuf>,
    /// Never empty.
    faults: Vec<Message>,
    omitted: usize,
}

impl LoadError {
    /// An error with one fault.
    pub fn single(fault: Message) -> Self {
        Self { file: None, faults: vec![fault], omitted: 0 }
    }

    /// The faults of a text, and how many more there are; `None` if there is no fault.
    pub fn of(faults: Vec<Message>, omitted: usize) -> Option<Self> {
        (!faults.is_empty()).then_some(Self { file: None, faults, omitted })
    }

    /// The error that something cannot be read, in the system's words.
    pub fn unreadable(error: &std::io::Error) -> Self {
        Self::single(unreadable(error))
    }

    /// The faults, and how many more there are.
    pub fn into_parts(self) -> (Vec<Message>, usize) {
        (self.faults, self.omitted)
    }

    /// With the file that the text came from.
    #[must_use]
    pub fn in_file(mut self, file: &Path) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    /// The file, if the text came from one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The faults in the order of the text, at most 1,000 of them.
    pub fn faults(&self) -> &[Message] {
        &self.faults
    }

    /// How many further faults there are beyond [`faults`](Self::faults).
    pub fn omitted(&self) -> usize {
        self.omitted
    }
}

/// Collects faults; keeps the first thousand and counts the rest, so that a hostile file cannot fill the memory.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Message>,
    omitted: usize,
}

impl Faults {
    const KEPT: usize = 1_000;

    /// Adds a fault.
    pub fn push(&mut self, fault: Message) {
        if self.list.len() < Self::KEPT { self.list.push(fault) } else { self.omitted += 1 }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Nothing wrong so far: `Ok`.
    ///
    /// # Errors
    ///
    /// All faults, if there are any.
    pub fn into_result(self) -> Result<(), LoadError> {
        LoadError::of(self.list, self.omitted).map_or(Ok(()), Err)
    }
}

/// One line: file, place and message of the first fault, and how many more there are.
impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
            if self.faults.first().is_none_or(|fault| fault.place.is_none()) {
                f.write_str(" ")?;
            }
        }
        if let Some(fault) = self.faults.first() {
            write!(f, "{fault}")?;
        }
        match self.faults.len() - 1 + self.omitted {
            0 => Ok(()),
            1 => f.write_str(" (and 1 more fault)"),
            more => write!(f, " (and {more} more faults)"),
        }
    }
}

impl std::error::Error for LoadError {}

/// The largest snapshot that is read from a file.
pub const LARGEST_SNAPSHOT: u64 = 1 << 30;
/// The largest file of any other kind that is read.
pub const LARGEST_FILE: u64 = 64 << 20;

/// Reads a file, which must be UTF-8, and what it says; the error names the file. `most`: the most bytes it may have.
///
/// # Errors
///
/// If the file cannot be read or is larger, and what `read` fails with.
pub fn read_file<T>(path: &Path, most: u64, read: impl FnOnce(&str) -> Result<T, LoadError>) -> Result<T, LoadError> {
    let bytes = std::fs::File::open(path).map_err(|error| LoadError::single(unreadable(&error)));
    let bytes = bytes.and_then(|file| read_bytes(file, most));
    let read = |bytes: Vec<u8>| decode(&bytes).map_err(|fault| LoadError::single(*fault)).and_then(read);
    bytes.and_then(read).map_err(|error| error.in_file(path))
}

/// Reads to the end, but no more than so many bytes.
///
/// # Errors
///
/// If reading fails, or there is more.
pub fn read_bytes(reader: impl Read, most: u64) -> Result<Vec<u8>, LoadError> {
    let mut bytes = Vec::new();
    reader.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| LoadError::unreadable(&error))?;
    if bytes.len() as u64 > most {
        let fault = codes::TEXT_TOO_LONG.message("there is too much to read").expected(format!("at most {most} bytes"));
        return Err(LoadError::single(fault));
    }
    Ok(bytes)
}

/// The fault that a file cannot be read, in the system's words.
fn unreadable(error: &std::io::Error) -> Message {
    let text = error.to_string();
    // Such as `No such file or directory (os error 2)`.
    let text = text.split(" (os error").next().unwrap_or(&text);
    codes::UNREADABLE_FILE.message(format!("cannot be read: {}", text.to_lowercase()))
}

/// Bytes as text.
///
/// # Errors
///
/// If they are not UTF-8: at which byte, and what to do about UTF-16.
pub fn decode(bytes: &[u8]) -> Result<&str, Box<Message>> {
    if let [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] = bytes {
        return Err(codes::INVALID_UTF8
            .message("the text is UTF-16")
            .expected("UTF-8")
            .help("save the file as UTF-8; Windows PowerShell writes UTF-16 with `>`, use `| Out-File -Encoding utf8`")
            .on(0..2)
            .into());
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let start = error.valid_up_to();
        let end = error.error_len().map_or(bytes.len(), |length| start + length);
        let message = match bytes.get(start) {
            Some(byte) => format!("byte {start} ({byte:#04x}) is not UTF-8"),
            None => format!("byte {start} is not UTF-8"),
        };
        let readable = bytes.get(..start).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        let mut fault = codes::INVALID_UTF8.message(message).expected("UTF-8").on(start..end);
        if let (Some(place), Some(&(line, column))) =
            (&mut fault.place, crate::place::lines_and_columns(readable, &[start]).first())
        {
            (place.line, place.column) = (line, column);
        }
        Box::new(fault)
    })
}
