//! The work file: what was read so far, so that an interrupted fetch goes on where it stopped.
//!
//! JSON Lines. The first line says whose organization it is; each further line holds one answer and is written as soon
//! as the answer is there, or says that a pass is complete and the next one begins. Each line ends in a checksum. A
//! line that was cut off by a crash, or damaged, counts as not there: what it held is read again.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use scproof_organization::Inventory;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::error::FetchError;
use crate::operation::Operation;

/// The `Format` of the work files of this version; `docs/schemas/scproof-fetch-work-2.json` is the JSON Schema of a
/// line.
const FORMAT: &str = "scproof-fetch-work/2";
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

/// That a pass is complete and the next one begins.
#[derive(Serialize)]
struct PassOut<'a> {
    pass: usize,
    begun: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a Inventory>,
}

#[derive(Deserialize)]
struct PassIn<'a> {
    pass: usize,
    begun: Timestamp,
    #[serde(borrow)]
    before: Option<&'a RawValue>,
}

/// A pass that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pass {
    /// The first is 1.
    pub(crate) number: usize,
    /// A moment after everything of the pass before, and before everything of this one; none for the first.
    pub(crate) begun: Option<Timestamp>,
    /// What the pass before has read, if it held together.
    pub(crate) before: Option<Inventory>,
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
    /// The pass that an earlier fetch had begun, if it was another one than the first.
    pass: Option<Pass>,
    /// The answers of that pass.
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
    /// Its first line is not what was written.
    Damaged,
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
        // A pipe would be waited for, and a device keeps nothing.
        if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            return Err(wrong("is no ordinary file".to_owned(), MOVE_AWAY));
        }
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
        let mut journal = Self { path: path.to_owned(), file, begun: now, pass: None, stored: BTreeMap::new() };

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
        let Some(version) = version_of(first) else {
            return Err(wrong("is none: it has other content".to_owned(), MOVE_AWAY));
        };
        if refresh {
            journal.begin(owner).map_err(failed)?;
            return Ok((journal, Opened::Refreshed));
        }
        if version != FORMAT {
            return Err(wrong(format!("is of another version of scproof (`{version}`)"), REFRESH));
        }
        let Some(header) = checked(first).and_then(|line| serde_json::from_slice::<Header>(line).ok()) else {
            // Whose it was cannot be known.
            journal.begin(owner).map_err(failed)?;
            return Ok((journal, Opened::Damaged));
        };
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
        self.write(&header)
    }

    /// Writes a line with its checksum.
    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(line).map_err(io::Error::other)?;
        // The object goes on with the checksum of what stands before it.
        line.pop();
        let sum = sum(&line);
        line.extend_from_slice(SUM);
        line.extend_from_slice(sum.as_bytes());
        line.extend_from_slice(b"\"}\n");
        // One call of the system: a crash leaves the whole line, a part of it, or none.
        self.file.write_all(&line)
    }

    /// Reads all lines that are whole; gives how many bytes to keep – all but a line that was cut off at the end – and
    /// how many answers of the last pass are there.
    fn read(&mut self, bytes: &[u8]) -> (usize, usize) {
        let (mut kept, mut count) = (0, 0);
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            if !line.ends_with(b"\n") {
                break;
            }
            kept += line.len();
            let Some(line) = checked(line) else { continue };
            if let Ok(PassIn { pass, begun, before }) = serde_json::from_slice(line) {
                // Answers of earlier passes have done their work.
                self.stored.clear();
                count = 0;
                let before = before.map(|text| Inventory::from_json(text.get()));
                let before = before.and_then(Result::ok);
                self.pass = Some(Pass { number: pass, begun: Some(begun), before });
                continue;
            }
            let Ok(LineIn { operation, subject, policy_type, page, items, next }) = serde_json::from_slice(line) else {
                continue;
            };
            let pages = self.stored.entry(CallKey { operation, subject, policy_type }).or_default();
            if page == 0 {
                // The list was begun again.
                pages.clear();
            }
            if page == pages.len() {
                pages.push_back(Stored { items: items.to_owned(), next });
            }
            count += 1;
        }
        (kept, count)
    }

    /// The pass that an earlier fetch had begun, if it was another one than the first.
    pub(crate) fn pass(&mut self) -> Option<Pass> {
        self.pass.take()
    }

    /// Notes that a pass begins. What is kept of the one before is what it has read, not its answers.
    pub(crate) fn begin_pass(&mut self, pass: &Pass, begun: Timestamp) -> Result<(), FetchError> {
        self.stored.clear();
        let line = PassOut { pass: pass.number, begun, before: pass.before.as_ref() };
        self.write(&line).map_err(|error| self.unwritable(&error))
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
        self.write(&line).map_err(|error| self.unwritable(&error))
    }

    fn unwritable(&self, error: &io::Error) -> FetchError {
        FetchError::WorkFile {
            path: self.path.clone(),
            what: format!("cannot be written: {}", error.to_string().to_lowercase()),
            help: "is the disk full?",
        }
    }
}

/// What comes before the checksum, which is the last member of each line.
const SUM: &[u8] = b",\"sum\":\"";

/// The beginning of the SHA-256 of a line up to its checksum.
fn sum(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// A line that is as it was written.
fn checked(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\n")?;
    let (rest, last) = line.split_at_checked(line.len().checked_sub(SUM.len() + 18)?)?;
    let found = last.strip_prefix(SUM)?.strip_suffix(b"\"}")?;
    (found == sum(rest).as_bytes()).then_some(line)
}

/// The format that a first line names, if it is one of a work file.
fn version_of(line: &[u8]) -> Option<String> {
    let rest = line.strip_prefix(BEGINNING)?;
    let number = rest.split(|&byte| byte == b'"').next().filter(|number| number.iter().all(u8::is_ascii_digit))?;
    Some(format!("scproof-fetch-work/{}", String::from_utf8_lossy(number)))
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
                Opened::TooOld(_) | Opened::Refreshed | Opened::Damaged => panic!("{opened:?}"),
            }
            // And it can be written on.
            journal.add(&key("p-4"), 0, &page("d", None)).unwrap();
            drop(journal);
            let (mut journal, _) = open(&path);
            assert_eq!(journal.take(&key("p-4")), Some(page("d", None)), "{length}");
        }
    }

    /// Whatever byte is damaged: its line alone is not used, and the pages behind it in the same list.
    #[test]
    fn a_damaged_line_is_read_again_and_the_others_are_not() {
        let (_folder, path) = written();
        let whole = std::fs::read(&path).unwrap();
        let starts: Vec<usize> =
            whole.iter().enumerate().filter(|&(_, &byte)| byte == b'\n').map(|(index, _)| index + 1).collect();
        for index in (starts[0]..whole.len()).filter(|&index| whole[index] != b'\n') {
            let mut damaged = whole.clone();
            // As likely to be JSON as before.
            damaged[index] = if damaged[index] == b'1' { b'2' } else { b'1' };
            std::fs::write(&path, &damaged).unwrap();
            let (mut journal, opened) = open(&path);
            let line = starts.iter().filter(|&&start| start <= index).count() - 1;
            assert!(matches!(opened, Opened::Resumed(_, 2)), "{index}: {opened:?}");
            assert_eq!(journal.take(&key("p-1")), (line != 0).then(|| page("a", Some("t1"))), "{index}");
            assert_eq!(journal.take(&key("p-1")), (line == 2).then(|| page("b", None)), "{index}");
            assert_eq!(journal.take(&key("p-2")), (line != 2).then(|| page("c", Some("t2"))), "{index}");
        }
        let mut damaged = whole.clone();
        damaged[40] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        assert_eq!(open(&path).1, Opened::Damaged);
    }

    #[test]
    fn a_pass_keeps_what_the_one_before_has_read() {
        let (_folder, path) = written();
        let before = Inventory::from_json(SMALL).unwrap();
        let begun: Timestamp = "2026-11-30T12:00:00.123Z".parse().unwrap();
        let pass = Pass { number: 2, begun: Some(begun), before: Some(before) };
        let (mut journal, _) = open(&path);
        assert_eq!(journal.pass(), None);
        journal.begin_pass(&pass, begun).unwrap();
        assert_eq!(journal.take::<Id>(&key("p-1")), None, "an answer of the pass before");
        journal.add(&key("p-1"), 0, &page("x", None)).unwrap();
        drop(journal);
        let (mut journal, opened) = open(&path);
        assert!(matches!(opened, Opened::Resumed(_, 1)));
        assert_eq!(journal.pass(), Some(pass));
        assert_eq!(journal.take(&key("p-1")), Some(page("x", None)));
    }

    const SMALL: &str = r#"{"Format": "scproof-inventory/1", "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL"},
        "Roots": [{"Id": "r-ab12"}], "OrganizationalUnits": [], "Accounts": [], "Policies": [], "Attachments": []}"#;

    #[cfg(unix)]
    #[test]
    fn what_is_no_ordinary_file_is_no_work_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work");
        // As a pipe; to make one would take another process, which could hold the locks of other tests for a moment.
        let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let error = Journal::open(&path, &owner(), false, DAY).unwrap_err().to_string();
        assert!(error.ends_with("is no ordinary file"), "{error}");
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
        let (mut journal, _) = open(&path);
        journal.begun = "2020-11-30T12:00:00Z".parse().unwrap();
        journal.begin(&owner()).unwrap();
        journal.add(&key("p-1"), 0, &page("a", None)).unwrap();
        drop(journal);
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
