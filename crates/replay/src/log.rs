//! A log as it lies there: all its files, those of a day side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use scproof_policy_parser::{DateReading, parse_date};
use scproof_trail::{DigestReport, Foreign, HashedFile, Reader, Source, Sources, verify_digests};

use crate::part::{DAY, ReplayPart};
use crate::question::Scratch;
use crate::replay::{EventClass, Replay};
use crate::report::ReplayReport;

/// Files of another kind that are named; more are counted.
const MAX_STRANGERS: usize = 20;

/// What the files of a log were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFiles {
    /// Files with records.
    pub read: u64,
    /// Files without, such as digests, and files of another kind.
    pub passed_over: u64,
    /// Some of those that are empty or of another kind, with what they are, sorted.
    pub strangers: BTreeSet<String>,
    /// What the digests say of the files, if somebody [looked](verify_files).
    pub digests: Option<DigestReport>,
    /// What could not be read of a file, with its name, sorted; the rest of it counts.
    pub faults: Vec<String>,
    /// How many faults there are.
    pub fault_count: u64,
    /// Files that were not read, or not to their end, because somebody [stopped](Progress::stop).
    pub left: u64,
}

/// How far the reading of a log has come, for others to see, and a way to end it.
#[derive(Debug, Default)]
pub struct Progress {
    events: AtomicU64,
    bytes: AtomicU64,
    stopped: AtomicBool,
}

impl Progress {
    /// Records that were read.
    pub fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// Bytes of files that were read to their end, as they lie there.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Takes nothing more: the report is of what was read so far.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

impl LogFiles {
    /// Names a file that is empty or of another kind. Of many the first by name are kept, in whatever order they come.
    fn name_stranger(&mut self, words: String) {
        self.strangers.insert(words);
        if self.strangers.len() > MAX_STRANGERS {
            self.strangers.pop_last();
        }
    }

    fn fault(&mut self, words: String) {
        self.fault_count += 1;
        self.faults.push(words);
    }

    fn merge(&mut self, more: Self) {
        self.read += more.read;
        self.passed_over += more.passed_over;
        more.strangers.into_iter().for_each(|words| self.name_stranger(words));
        self.faults.extend(more.faults);
        self.fault_count += more.fault_count;
        self.left += more.left;
    }
}

/// Holds the files of a log against the digests among them, on the threads of the current rayon pool. A file that
/// cannot be opened counts as missing.
pub fn verify_files(sources: &Sources) -> DigestReport {
    let all: Vec<&Source> = sources.files.iter().chain(&sources.passed_over).collect();
    let files: Vec<HashedFile> = all.par_iter().filter_map(|source| HashedFile::read(source).ok()).collect();
    verify_digests(&files)
}

impl Replay {
    /// Reads all files of a log on the threads of the current rayon pool, and makes the report.
    ///
    /// Where the names of files tell their days, events of a day are kept until the day after is read: a copy may come
    /// until then. `show` gets each event for each candidate, in the order of time within what is kept.
    pub fn read(
        &self,
        sources: &Sources,
        progress: &Progress,
        mut show: impl FnMut(EventClass<'_>),
    ) -> (ReplayReport, LogFiles) {
        let mut days: BTreeMap<Option<i64>, Vec<&Source>> = BTreeMap::new();
        for source in &sources.files {
            days.entry(day_of(source.path())).or_default().push(source);
        }
        let (mut all, mut files) =
            (self.part(), LogFiles { passed_over: sources.passed_over.len() as u64, ..LogFiles::default() });
        let workers: Mutex<Vec<(Reader, Scratch)>> = Mutex::default();
        for (day, sources) in days {
            let nothing = || (self.part(), LogFiles::default());
            // What readers and parts remember of operations and accounts is worth more than one day.
            let begin = || {
                let (reader, scratch) =
                    workers.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
                ((ReplayPart { scratch, ..self.part() }, LogFiles::default()), reader)
            };
            let read = sources.par_iter().fold(begin, |((mut part, mut files), mut reader), source| {
                self.read_file(source, progress, &mut part, &mut files, &mut reader);
                ((part, files), reader)
            });
            let read = read.map(|((mut part, files), reader)| {
                let scratch = std::mem::take(&mut part.scratch);
                workers.lock().unwrap_or_else(PoisonError::into_inner).push((reader, scratch));
                (part, files)
            });
            let read = read.reduce(nothing, |(mut part, mut files), (other, more)| {
                part.merge(other);
                files.merge(more);
                (part, files)
            });
            all.merge(read.0);
            files.merge(read.1);
            if let Some(day) = day {
                self.close(&mut all, (day - 1) * DAY, &mut show);
            }
        }
        self.close(&mut all, i64::MAX, &mut show);
        files.faults.sort();
        (self.report(all), files)
    }

    fn read_file(
        &self,
        source: &Source,
        progress: &Progress,
        part: &mut ReplayPart,
        files: &mut LogFiles,
        reader: &mut Reader,
    ) {
        if progress.is_stopped() {
            files.left += 1;
            return;
        }
        let name = source.path().display();
        let mut missed = false;
        let tally = source.read_records(&mut |record| {
            if progress.is_stopped() {
                missed = true;
                return;
            }
            self.take(part, &reader.read(&record));
            progress.events.fetch_add(1, Ordering::Relaxed);
        });
        progress.bytes.fetch_add(source.len(), Ordering::Relaxed);
        files.left += u64::from(missed);
        let tally = match tally {
            Ok(tally) => tally,
            Err(error) => return files.fault(format!("{name}: {}", error.error)),
        };
        for found in &tally.faults {
            files.fault(format!("{name}: {found}"));
        }
        files.fault_count += tally.fault_count.saturating_sub(tally.faults.len() as u64);
        match tally.foreign {
            None => files.read += 1,
            Some(kind) => {
                files.passed_over += 1;
                // Digests belong beside logs.
                if kind != Foreign::Digest {
                    files.name_stranger(format!("{name}: {kind}"));
                }
            }
        }
    }
}

/// The day in a name such as `222222222222_CloudTrail_eu-west-1_20261101T1005Z_Abc.json.gz`, since 1970.
fn day_of(path: &Path) -> Option<i64> {
    let name = path.file_name()?.to_str()?;
    let stamp = name.split('_').find_map(|part| {
        let (date, time) = part.split_once('T')?;
        let is_date = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
        (is_date && time.ends_with('Z')).then_some(date)
    })?;
    let (year, month, day) = (stamp.get(..4)?, stamp.get(4..6)?, stamp.get(6..)?);
    let (seconds, _) = parse_date(&format!("{year}-{month}-{day}"), DateReading::default())?;
    Some(seconds.div_euclid(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_tell_their_day() {
        let day = |name: &str| day_of(Path::new(name));
        assert_eq!(day("a/222222222222_CloudTrail_eu-west-1_19700103T1005Z_Abc.json.gz"), Some(2));
        assert_eq!(day("events.json"), None);
        assert_eq!(day("x_2026T1Z"), None);
    }
}
