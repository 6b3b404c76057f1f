//! The work file: what was read so far, so that an interrupted fetch goes on where it stopped.
//!
//! JSON Lines. The first line says whose organization it is; each further line holds one answer and is written as soon
//! as the answer is there. A line that was cut off by a crash is dropped, with everything after it.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::FetchError;
use crate::operation::Operation;

/// The `Format` of the work files of this version; `docs/schemas/scproof-fetch-work-1.json` is the JSON Schema of a
/// line.
const FORMAT: &str = "scproof-fetch-work/1";
/// How every work file begins.
const BEGINNING: &[u8] = b"{\"format\":\"scproof-fetch-work/";

/// What a call asks: the operation, the item it is about, and the policy type if there is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallKey {
    pub(crate) operation: Operation,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy_type: Option<String>,
}

/// One page of an answer, or the whole answer of a call without pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// The token of the next page, if there is one.
    pub(crate) next: Option<String>,
}

/// Whose organization a work file is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owner {
    pub(crate) organization: String,
    pub(crate) source: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: String,
    begun: Timestamp,
    #[serde(flatten)]
    owner: Owner,
}

#[derive(Serialize)]
struct LineOut<'a, T> {
    #[serde(flatten)]
    key: &'a CallKey,
    page: usize,
    items: &'a [T],
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LineIn<'a> {
    operation: Operation,
    subject: Option<String>,
    policy_type: Option<String>,
    page: usize,
    #[serde(borrow)]
    items: &'a RawValue,
    next: Option<String>,
}

/// An answer as it stands in the file.
#[derive(Debug)]
struct Stored {
    items: Box<RawValue>,
    next: Option<String>,
}

/// An open work file, locked against a second fetch.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    begun: Timestamp,
    stored: BTreeMap<CallKey, VecDeque<Stored>>,
}

/// What became of an earlier work file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opened {
    /// There was none.
    New,
    /// It is used: begun then, with so many answers.
    Resumed(Timestamp, usize),
    /// It was older than work files live.
    TooOld(Timestamp),
    /// The caller asked for a fresh start.
    Refreshed,
}

impl Journal {
    /// Opens or creates the work file, and reads what an earlier fetch left there.
    pub(crate) fn open(
        path: &Path,
        owner: &Owner,
        refresh: bool,
        lifetime: Duration,
    ) -> Result<(Self, Opened), FetchError> {
        let wrong = |what: String, help| FetchError::WorkFile { path: path.to_owned(), what, help };
        let failed = |error: io::Error| {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or(&text).to_lowercase();
            wrong(
                format!("cannot be used: {text}"),
                "it is kept beside the output; is there a folder of that name, and may you write there?",
            )
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            // It holds addresses of people, as the snapshot does.
            options.mode(0o600);
        }
        let mut file = options.open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(wrong("is in use".to_owned(), "another fetch writes the same output; wait for it"));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let now = now();
        let mut journal = Self { path: path.to_owned(), file, begun: now, stored: BTreeMap::new() };

        let (first, rest) = match bytes.iter().position(|&byte| byte == b'\n') {
            Some(end) => bytes.split_at(end + 1),
            // Nothing, or a first line that was cut off.
            None if BEGINNING.starts_with(&bytes) || bytes.starts_with(BEGINNING) => (&[][..], &[][..]),
            None => return Err(wrong("is none: it has other content".to_owned(), MOVE_AWAY)),
        };
        if first.is_empty() {
            journal.begin(owner).map_err(failed)?;
            return Ok((journal, Opened::New));
        }
        let header: Header = match serde_json::from_slice(first) {
            Ok(header) => header,
            Err(_) => return Err(wrong("is none: it has other content".to_owned(), MOVE_AWAY)),
        };
        if refresh {
            journal.begin(owner).map_err(failed)?;
            return Ok((journal, Opened::Refreshed));
        }
        if header.format != FORMAT {
            return Err(wrong(format!("is of another version of scproof (`{}`)", header.format), REFRESH));
        }
        if header.owner != *owner {
            let Owner { organization, source } = header.owner;
            return Err(wrong(
                format!(
                    "is about the organization `{organization}` at {source}, but the credentials belong to `{}` at {}",
                    owner.organization, owner.source
                ),
                "use the credentials it was begun with, another `--output`, or `--refresh` to begin anew",
            ));
        }
        let age = now.duration_since(header.begun);
        if age.is_negative() || age.unsigned_abs() > lifetime {
            journal.begin(owner).map_err(failed)?;
            return Ok((journal, Opened::TooOld(header.begun)));
        }
        journal.begun = header.begun;
        let (kept, count) = journal.read(rest);
        let length = (first.len() + kept) as u64;
        journal.file.set_len(length).map_err(failed)?;
        journal.file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok((journal, Opened::Resumed(header.begun, count)))
    }

    /// When the first fetch that wrote to this file began.
    pub(crate) fn begun(&self) -> Timestamp {
        self.begun
    }

    /// Empties the file and writes the first line.
    fn begin(&mut self, owner: &Owner) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        let header = Header { format: FORMAT.to_owned(), begun: self.begun, owner: owner.clone() };
        let mut line = serde_json::to_vec(&header).map_err(io::Error::other)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }

    /// Reads lines up to the first that is no whole answer; gives how many bytes and answers those were.
    fn read(&mut self, bytes: &[u8]) -> (usize, usize) {
        let (mut kept, mut count) = (0, 0);
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            if !line.ends_with(b"\n") {
                break;
            }
            let Ok(LineIn { operation, subject, policy_type, page, items, next }) = serde_json::from_slice(line) else {
                break;
            };
            let pages = self.stored.entry(CallKey { operation, subject, policy_type }).or_default();
            if page == 0 {
                // The list was begun again.
                pages.clear();
            }
            if page == pages.len() {
                pages.push_back(Stored { items: items.to_owned(), next });
            }
            kept += line.len();
            count += 1;
        }
        (kept, count)
    }

    /// The next stored page of a call, in the order in which pages were read. Each is given once.
    ///
    /// What cannot be read as such items – from another version – counts as not stored.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, key: &CallKey) -> Option<Page<T>> {
        let stored = self.stored.get_mut(key)?.pop_front()?;
        let Ok(items) = serde_json::from_str(stored.items.get()) else {
            self.stored.remove(key);
            return None;
        };
        Some(Page { items, next: stored.next })
    }

    /// Adds an answer: the page of that number, from zero. Page zero takes the place of all earlier ones.
    pub(crate) fn add<T: Serialize>(&mut self, key: &CallKey, number: usize, page: &Page<T>) -> Result<(), FetchError> {
        let line = LineOut { key, page: number, items: &page.items, next: page.next.as_deref() };
        let written = serde_json::to_vec(&line).map_err(io::Error::other).and_then(|mut line| {
            line.push(b'\n');
            // One call of the system: a crash leaves the whole line, a part of it, or none.
            self.file.write_all(&line)
        });
        written.map_err(|error| FetchError::WorkFile {
            path: self.path.clone(),
            what: format!("cannot be written: {}", error.to_string().to_lowercase()),
            help: "is the disk full?",
        })
    }
}

const MOVE_AWAY: &str = "move it away, or choose another `--output`";
const REFRESH: &str = "begin anew with `--refresh`";

/// Now, to the second.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// Removes a work file, after the snapshot has been saved. A file that is not there is fine.
///
/// # Errors
///
/// If it is there and cannot be removed.
pub fn remove_work_file(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paging::Id;

    const DAY: Duration = Duration::from_hours(24);

    fn owner() -> Owner {
        Owner { organization: "o-exampleorg1".to_owned(), source: "127.0.0.1:1".to_owned() }
    }

    fn key(policy: &str) -> CallKey {
        let subject = Some(policy.to_owned());
        CallKey { operation: Operation::ListTargetsForPolicy, subject, policy_type: None }
    }

    fn page(id: &str, next: Option<&str>) -> Page<Id> {
        Page { items: vec![Id(id.to_owned())], next: next.map(str::to_owned) }
    }

    fn open(path: &Path) -> (Journal, Opened) {
        Journal::open(path, &owner(), false, DAY).unwrap()
    }

    /// A work file with two pages of one list and the first of another.
    fn written() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("org.json.fetch-work");
        let (mut journal, opened) = open(&path);
        assert_eq!(opened, Opened::New);
        journal.add(&key("p-1"), 0, &page("a", Some("t1"))).unwrap();
        journal.add(&key("p-1"), 1, &page("b", None)).unwrap();
        journal.add(&key("p-2"), 0, &page("c", Some("t2"))).unwrap();
        (folder, path)
    }

    #[test]
    fn what_was_written_comes_back_in_order_and_once() {
        let (_folder, path) = written();
        let (mut journal, opened) = open(&path);
        assert!(matches!(opened, Opened::Resumed(_, 3)));
        assert_eq!(journal.take(&key("p-1")), Some(page("a", Some("t1"))));
        assert_eq!(journal.take(&key("p-1")), Some(page("b", None)));
        assert_eq!(journal.take::<Id>(&key("p-1")), None);
        assert_eq!(journal.take::<Id>(&key("p-3")), None);
        assert_eq!(journal.take(&key("p-2")), Some(page("c", Some("t2"))));
    }

    /// A crash can cut the file anywhere.
    #[test]
    fn a_file_that_was_cut_off_anywhere_gives_a_beginning_of_it() {
        let (_folder, path) = written();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let (mut journal, opened) = open(&path);
            let lines = whole[..length].split(|&byte| byte == b'\n').count() - 1;
            match opened {
                Opened::New => assert_eq!(lines, 0),
                Opened::Resumed(_, count) => assert_eq!(count + 1, lines),
                Opened::TooOld(_) | Opened::Refreshed => panic!("{opened:?}"),
            }
            // And it can be written on.
            journal.add(&key("p-4"), 0, &page("d", None)).unwrap();
            drop(journal);
            let (mut journal, _) = open(&path);
            assert_eq!(journal.take(&key("p-4")), Some(page("d", None)), "{length}");
        }
    }

    #[test]
    fn a_damaged_line_ends_what_is_used() {
        let (_folder, path) = written();
        let text = std::fs::read_to_string(&path).unwrap().replacen("\"page\":1", "\"page\":x", 1);
        std::fs::write(&path, text).unwrap();
        assert!(matches!(open(&path).1, Opened::Resumed(_, 1)));
    }

    #[test]
    fn a_list_that_was_begun_again_replaces_its_pages() {
        let (_folder, path) = written();
        let (mut journal, _) = open(&path);
        journal.add(&key("p-1"), 0, &page("new", None)).unwrap();
        drop(journal);
        let (mut journal, _) = open(&path);
        assert_eq!(journal.take(&key("p-1")), Some(page("new", None)));
        assert_eq!(journal.take::<Id>(&key("p-1")), None);
    }

    #[test]
    fn other_files_and_other_organizations_are_refused_and_left_as_they_are() {
        let (_folder, path) = written();
        let whole = std::fs::read(&path).unwrap();
        let other = Owner { organization: "o-another0000".to_owned(), ..owner() };
        let error = Journal::open(&path, &other, false, DAY).unwrap_err().to_string();
        assert!(error.contains("`o-exampleorg1`") && error.contains("`o-another0000`"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        for text in ["my notes", "my notes\nof two lines\n", "{}\n", "[\n"] {
            std::fs::write(&path, text).unwrap();
            for refresh in [false, true] {
                let error = Journal::open(&path, &owner(), refresh, DAY).unwrap_err().to_string();
                assert!(error.contains("other content"), "{text}: {error}");
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn age_and_refresh_begin_anew() {
        let (_folder, path) = written();
        let (mut journal, opened) = Journal::open(&path, &owner(), true, DAY).unwrap();
        assert_eq!(opened, Opened::Refreshed);
        journal.add(&key("p-1"), 0, &page("a", None)).unwrap();
        drop(journal);
        let text = std::fs::read_to_string(&path).unwrap();
        let year = now().to_string().split('-').next().unwrap().to_owned();
        std::fs::write(&path, text.replacen(&year, "2020", 1)).unwrap();
        let (mut journal, opened) = open(&path);
        assert!(matches!(opened, Opened::TooOld(_)));
        assert_eq!(journal.take::<Id>(&key("p-1")), None);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
    }

    #[test]
    fn one_fetch_at_a_time() {
        let (_folder, path) = written();
        let (_journal, _) = open(&path);
        let error = Journal::open(&path, &owner(), false, DAY).unwrap_err();
        assert!(error.to_string().contains("is in use"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, path) = written();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn removing_it_twice_is_fine() {
        let (_folder, path) = written();
        remove_work_file(&path).unwrap();
        remove_work_file(&path).unwrap();
        assert!(!path.exists());
    }
}
