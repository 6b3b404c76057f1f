//! What a caller is told while a fetch runs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::operation::Operation;

/// Is told how a fetch goes. Called often, from within the fetch: do not block.
pub trait Progress: Send + Sync {
    /// A call was made, or the expectation changed.
    fn update(&self, status: &Status) {
        let _ = status;
    }

    /// Something that the user should know, although the fetch goes on.
    fn note(&self, note: &Note) {
        let _ = note;
    }
}

/// Nobody is told.
impl Progress for () {}

/// How far a fetch is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// What was done so far.
    pub statistics: Statistics,
    /// How many calls it will be in all, by what is known so far; grows while more of the organization comes to light.
    pub expected_calls: u64,
    /// How long the rest takes at the rates that are kept to.
    pub time_left: Duration,
}

/// Counts of a fetch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statistics {
    /// By operation.
    pub operations: BTreeMap<Operation, OperationCounts>,
}

/// Counts of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OperationCounts {
    /// Requests sent, repeated ones included.
    pub calls: u64,
    /// Requests that repeat an earlier one, after throttling or a passing failure.
    pub retried: u64,
    /// Requests that AWS refused for their rate.
    pub throttled: u64,
    /// Answers taken from the work file instead of a call.
    pub resumed: u64,
}

impl Statistics {
    /// The sum over all operations.
    pub fn total(&self) -> OperationCounts {
        let mut total = OperationCounts::default();
        for counts in self.operations.values() {
            total.calls += counts.calls;
            total.retried += counts.retried;
            total.throttled += counts.throttled;
            total.resumed += counts.resumed;
        }
        total
    }

    /// The counts of one operation.
    pub fn of(&self, operation: Operation) -> OperationCounts {
        self.operations.get(&operation).copied().unwrap_or_default()
    }
}

/// Something that the user should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub kind: NoteKind,
    /// Lower case, without final stop, input in backticks.
    pub text: String,
}

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NoteKind {
    /// How the fetch goes about it, such as the way attachments are read.
    Plan,
    /// Something changed or was listed twice while reading, and was put right.
    Repaired,
    /// Something is unknown in the snapshot, or odd.
    Warning,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Remembers the last status and all notes.
///
/// ```
/// use scproof_fetch::Recorder;
///
/// let recorder = Recorder::default();
/// // scproof_fetch::fetch(&client, &options, &recorder).await?;
/// assert_eq!(recorder.status().statistics.total().throttled, 0);
/// ```
#[derive(Debug, Default)]
pub struct Recorder {
    record: std::sync::Mutex<(Status, Vec<Note>)>,
}

impl Recorder {
    fn lock(&self) -> std::sync::MutexGuard<'_, (Status, Vec<Note>)> {
        self.record.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The last status.
    pub fn status(&self) -> Status {
        self.lock().0.clone()
    }

    /// All notes so far.
    pub fn notes(&self) -> Vec<Note> {
        self.lock().1.clone()
    }
}

impl Progress for Recorder {
    fn update(&self, status: &Status) {
        self.lock().0.clone_from(status);
    }

    fn note(&self, note: &Note) {
        self.lock().1.push(note.clone());
    }
}
