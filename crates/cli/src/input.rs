//! Inputs: files and standard input, none of them without bounds.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::args::GlobalArgs;
use crate::error::CommandError;

const MIB: u64 = 1 << 20;

/// What an input is, which says how large it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A snapshot, or an audit from before.
    Large,
    /// Anything else.
    Ordinary,
}

impl Kind {
    /// How many bytes one may have.
    pub(crate) fn largest(self, global: &GlobalArgs) -> u64 {
        let mebibytes = global.max_input.unwrap_or(match self {
            Self::Large => 1024,
            Self::Ordinary => 64,
        });
        mebibytes.saturating_mul(MIB)
    }
}

/// Reads a file, or standard input where the name is `-`.
pub(crate) fn read(global: &GlobalArgs, path: &Path, kind: Kind) -> Result<Vec<u8>, CommandError> {
    let largest = kind.largest(global);
    let is_stdin = path.as_os_str() == "-";
    if is_stdin {
        take_stdin()?;
    }
    let mut bytes = Vec::new();
    let read = if is_stdin {
        io::stdin().lock().take(largest + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(largest + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| CommandError::file("read", path, &error))?;
    if bytes.len() as u64 > largest {
        return Err(too_long(path, largest));
    }
    Ok(bytes)
}

/// As [`read`], for what must be text.
pub(crate) fn read_text(global: &GlobalArgs, path: &Path, kind: Kind) -> Result<String, CommandError> {
    String::from_utf8(read(global, path, kind)?).map_err(|_| {
        CommandError::input(format!("cannot read `{}`", path.display()))
            .because(&io::Error::new(io::ErrorKind::InvalidData, "the text is not UTF-8"))
    })
}

/// Says that standard input is read now; twice is a mistake, as the second reader would get nothing.
pub(crate) fn take_stdin() -> Result<(), CommandError> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    if TAKEN.swap(true, Ordering::Relaxed) {
        return Err(CommandError::usage("standard input is named as two inputs").help("name a file for one of them"));
    }
    Ok(())
}

/// What to say of an input beyond the bounds, and how to allow it.
pub(crate) fn too_long(path: &Path, largest: u64) -> CommandError {
    let name = path.display();
    CommandError::input(format!("`{name}` has more than {} MiB and is not read", largest / MIB))
        .help(format!("`--max-input {}` allows more", 2 * largest / MIB))
}
