//! The digests that `CloudTrail` writes beside a log: whether the files of the log are what was written, and all of it.
//!
//! A digest has the hashes of the log files of an hour, and that of the digest before it; both are of what the files
//! hold when they are decompressed. Its own signature stands in the metadata of its object in S3, which a copy of the
//! bucket lacks: whoever could write to the copy could have made up a whole chain.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::io::{self, Read};

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use sha2::{Digest as _, Sha256};

use crate::sources::{Source, SourceError};

/// Faults that are named; more are counted.
const MAX_NAMED: usize = 50;
/// A digest says what it is within so many bytes.
const MAX_START: usize = 4096;
/// A longer digest is not read.
const MAX_DIGEST: u64 = 64 << 20;
/// What only a digest has.
const MARK: &str = "\"digestStartTime\"";

/// A file, and the hash of what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashedFile {
    /// The last part of its path.
    name: String,
    /// Lower-case hexadecimal digits, as digests have them; `None` where the file cannot be read to its end.
    hash: Option<String>,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Log,
    /// Boxed, since most files are logs.
    Digest(Box<Digest>),
    /// One that cannot be read.
    BrokenDigest,
}

/// A digest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Digest {
    #[serde(rename = "digestS3Object")]
    object: String,
    /// In seconds since 1970, as the end.
    #[serde(rename = "digestStartTime", deserialize_with = "seconds")]
    start: i64,
    #[serde(rename = "digestEndTime", deserialize_with = "seconds")]
    end: i64,
    #[serde(default, rename = "previousDigestS3Object")]
    previous: Option<String>,
    #[serde(default, rename = "previousDigestHashValue")]
    previous_hash: Option<String>,
    log_files: Vec<LogFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogFile {
    s3_object: String,
    hash_value: String,
    #[serde(default = "sha_256")]
    hash_algorithm: String,
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let time: Timestamp = String::deserialize(deserializer)?.parse().map_err(D::Error::custom)?;
    Ok(time.as_second())
}

fn sha_256() -> String {
    "SHA-256".to_owned()
}

/// What the digests of a log say of its files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DigestReport {
    /// Digests that were read.
    pub digests: u64,
    /// Log files that are as their digest says.
    pub intact: u64,
    /// Log files that no digest names: those of the last hour, or of a time that these digests do not cover.
    pub unnamed: u64,
    /// The first faults, sorted.
    pub faults: Vec<DigestFault>,
    /// How many there are.
    pub fault_count: u64,
}

/// Something that is not as the digests say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DigestFault {
    /// A file holds something else than was written.
    Altered {
        /// Its name.
        file: String,
    },
    /// A file that a digest names is not there.
    Missing {
        /// Its name.
        file: String,
    },
    /// A digest, or a file that it names, cannot be read.
    Unreadable {
        /// Its name.
        file: String,
    },
    /// A hash of another kind than this program knows.
    OtherHash {
        /// The name of the file.
        file: String,
        /// The kind.
        algorithm: String,
    },
    /// The digest before one, which it names, is not there.
    NoPrevious {
        /// The name of the one.
        file: String,
        /// The name of the missing one.
        previous: String,
    },
    /// A digest begins a chain anew, in the middle of others: there was no trail for a while, or a digest was put in.
    Restarted {
        /// Its name.
        file: String,
    },
    /// No digest covers a time between two others.
    Gap {
        /// The name of the digest behind it.
        file: String,
        /// Its beginning and end, in seconds since 1970.
        from: i64,
        /// See `from`.
        until: i64,
    },
}

impl fmt::Display for DigestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time =
            |seconds: &i64| Timestamp::from_second(*seconds).map_or_else(|_| seconds.to_string(), |it| it.to_string());
        match self {
            Self::Altered { file } => write!(f, "{file}: is not what was written"),
            Self::Missing { file } => write!(f, "{file}: is missing"),
            Self::Unreadable { file } => write!(f, "{file}: cannot be read to its end"),
            Self::OtherHash { file, algorithm } => write!(f, "{file}: has a hash of the unknown kind {algorithm}"),
            Self::NoPrevious { file, previous } => write!(f, "{file}: the digest before it is missing, {previous}"),
            Self::Restarted { file } => write!(f, "{file}: begins a chain anew"),
            Self::Gap { file, from, until } => {
                write!(f, "{file}: no digest covers {} to {}", time(from), time(until))
            }
        }
    }
}

impl HashedFile {
    /// Reads a file, and hashes what it holds.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened.
    pub fn read(source: &Source) -> Result<Self, SourceError> {
        let name = source.path().file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let (content, hash) = hashed(source.text()?);
        let kind = match content {
            None => Kind::Log,
            Some(content) => {
                serde_json::from_slice(&content).map_or(Kind::BrokenDigest, |digest| Kind::Digest(Box::new(digest)))
            }
        };
        Ok(Self { name, hash: hash.ok(), kind })
    }
}

/// The hash of a text, and the text itself if it may be a digest.
fn hashed(mut text: impl Read) -> (Option<Vec<u8>>, io::Result<String>) {
    let mut hash = Sha256::new();
    let mut start = Vec::new();
    let mut read = text.by_ref().take(MAX_START as u64).read_to_end(&mut start);
    let is_digest = String::from_utf8_lossy(&start).contains(MARK);
    if is_digest {
        read = read.and_then(|_| text.by_ref().take(MAX_DIGEST).read_to_end(&mut start));
    }
    hash.update(&start);
    let rest = read.and_then(|_| {
        let mut piece = vec![0; 1 << 16];
        loop {
            match text.read(&mut piece)? {
                0 => return Ok(()),
                read => hash.update(piece.get(..read).unwrap_or_default()),
            }
        }
    });
    let digits = |hash: Sha256| {
        hash.finalize().iter().fold(String::new(), |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}");
            digits
        })
    };
    (is_digest.then_some(start), rest.map(|()| digits(hash)))
}

/// Holds files against the digests among them. Files are told by the last part of their names, which `CloudTrail` makes
/// unique, so that a copy of a bucket may lie anywhere.
pub fn verify_digests(files: &[HashedFile]) -> DigestReport {
    let mut found: BTreeMap<&str, Vec<&HashedFile>> = BTreeMap::new();
    for file in files {
        found.entry(&file.name).or_default().push(file);
    }
    let mut checked = Checked { found, report: DigestReport::default(), faults: BTreeSet::new() };
    let mut named: BTreeSet<&str> = BTreeSet::new();
    // By what all digests of a trail in a Region have in common.
    let mut chains: BTreeMap<&str, Vec<&Digest>> = BTreeMap::new();
    for file in files {
        match &file.kind {
            Kind::Log => {}
            Kind::BrokenDigest => checked.fault(DigestFault::Unreadable { file: file.name.clone() }),
            Kind::Digest(digest) => {
                checked.report.digests += 1;
                chains.entry(chain_of(&digest.object)).or_default().push(digest);
                for log in &digest.log_files {
                    if named.insert(name_of(&log.s3_object)) && checked.is_intact(log) {
                        checked.report.intact += 1;
                    }
                }
            }
        }
    }
    for digests in chains.values_mut() {
        digests.sort_by(|one, other| (one.end, &one.object).cmp(&(other.end, &other.object)));
        checked.chain(digests);
    }
    let is_unnamed = |file: &&HashedFile| file.kind == Kind::Log && !named.contains(file.name.as_str());
    let Checked { mut report, faults, .. } = checked;
    report.unnamed = files.iter().filter(is_unnamed).count() as u64;
    report.fault_count = faults.len() as u64;
    report.faults = faults.into_iter().take(MAX_NAMED).collect();
    report
}

struct Checked<'f> {
    found: BTreeMap<&'f str, Vec<&'f HashedFile>>,
    report: DigestReport,
    faults: BTreeSet<DigestFault>,
}

impl Checked<'_> {
    fn fault(&mut self, fault: DigestFault) {
        self.faults.insert(fault);
    }

    fn is_intact(&mut self, log: &LogFile) -> bool {
        let file = name_of(&log.s3_object).to_owned();
        if log.hash_algorithm != "SHA-256" {
            self.fault(DigestFault::OtherHash { file, algorithm: log.hash_algorithm.clone() });
            return false;
        }
        match self.compare(&log.s3_object, &log.hash_value) {
            None => self.fault(DigestFault::Missing { file }),
            Some(Compared::Same) => return true,
            Some(Compared::Different) => self.fault(DigestFault::Altered { file }),
            Some(Compared::Unreadable) => self.fault(DigestFault::Unreadable { file }),
        }
        false
    }

    /// Whether a file is there, and all of that name hold what they should.
    fn compare(&self, object: &str, hash: &str) -> Option<Compared> {
        let files = self.found.get(name_of(object))?;
        let of = |file: &&HashedFile| match &file.hash {
            None => Compared::Unreadable,
            Some(found) if found.eq_ignore_ascii_case(hash) => Compared::Same,
            Some(_) => Compared::Different,
        };
        files.iter().map(of).max()
    }

    /// The digests of a trail in a Region, in their order. The copy may begin with any of them.
    fn chain(&mut self, digests: &[&Digest]) {
        for (place, digest) in digests.iter().enumerate() {
            let file = name_of(&digest.object).to_owned();
            let before = place.checked_sub(1).and_then(|place| digests.get(place));
            match (&digest.previous, before) {
                (None, Some(_)) => self.fault(DigestFault::Restarted { file: file.clone() }),
                (None, None) => {}
                (Some(previous), before) => {
                    let hash = digest.previous_hash.as_deref().unwrap_or_default();
                    let previous_name = name_of(previous).to_owned();
                    match (self.compare(previous, hash), before) {
                        (None, Some(_)) => {
                            self.fault(DigestFault::NoPrevious { file: file.clone(), previous: previous_name });
                        }
                        (None, None) | (Some(Compared::Same), _) => {}
                        (Some(Compared::Different), _) => self.fault(DigestFault::Altered { file: previous_name }),
                        (Some(Compared::Unreadable), _) => self.fault(DigestFault::Unreadable { file: previous_name }),
                    }
                }
            }
            if let Some(before) = before
                && before.end < digest.start
            {
                let (from, until) = (before.end, digest.start);
                self.fault(DigestFault::Gap { file, from, until });
            }
        }
    }
}

/// What is worse is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Compared {
    Same,
    Unreadable,
    Different,
}

/// The last part of the key of an object.
fn name_of(object: &str) -> &str {
    object.rsplit('/').next().unwrap_or(object)
}

/// What stands before the time in the name of a digest; late ones, of backfilled files, have a chain of their own.
fn chain_of(object: &str) -> &str {
    let name = name_of(object).split('.').next().unwrap_or_default();
    let is_late = name.ends_with("_backfill");
    let before = name.trim_end_matches("_backfill").rsplit_once('_').map_or(name, |(before, _)| before);
    if is_late { name } else { before }
}
