//! What a replay cannot be faster than: the files of a log decompressed and read by `serde_json`, on all cores, and
//! nothing done with it. `cargo run --release -p scproof-benches --example read_log -- DIRECTORY`

#![expect(clippy::print_stdout, reason = "it tells what it read")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use flate2::read::MultiGzDecoder;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: read_log DIRECTORY")?;
    let mut files = Vec::new();
    find(Path::new(&folder), &mut files)?;
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let counts = thread::scope(|scope| {
        let files = &files;
        let read = |first| {
            move || -> io::Result<usize> { files.iter().skip(first).step_by(threads).map(|path| records(path)).sum() }
        };
        let workers: Vec<_> = (0..threads).map(|first| scope.spawn(read(first))).collect();
        workers.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let mut total = 0;
    for count in counts {
        total += count.map_err(|_| "a thread failed")??;
    }
    println!("{total} records in {} files", files.len());
    Ok(())
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            find(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn records(path: &Path) -> io::Result<usize> {
    let mut content = Vec::new();
    MultiGzDecoder::new(File::open(path)?).read_to_end(&mut content)?;
    let value: Value = serde_json::from_slice(&content)?;
    Ok(value.get("Records").and_then(Value::as_array).map_or(0, Vec::len))
}
