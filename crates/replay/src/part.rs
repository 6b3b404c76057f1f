//! What has been taken so far. Parts are merged in any order.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::Arc;

use crate::agreement::Told;
use crate::case::Case;
use crate::coverage::Coverage;
use crate::question::Scratch;
use crate::totals::Totals;

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// The id of an event: mostly 16 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum EventKey {
    Uuid([u8; 16]),
    Text(Box<str>),
}

impl EventKey {
    pub(crate) fn new(text: &str) -> Self {
        uuid(text).map_or_else(|| Self::Text(text.into()), Self::Uuid)
    }

    /// The id as the log has it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            Self::Uuid(bytes) => {
                let number = format!("{:032x}", u128::from_be_bytes(*bytes));
                let mut text = String::with_capacity(36);
                for (place, digit) in number.chars().enumerate() {
                    if DASHES.contains(&place) {
                        text.push('-');
                    }
                    text.push(digit);
                }
                text
            }
        }
    }
}

/// Before which of the digits of an id there is a dash.
const DASHES: [usize; 4] = [8, 12, 16, 20];

/// The bytes of an id in its usual form, lower case.
fn uuid(text: &str) -> Option<[u8; 16]> {
    if text.len() != 36 {
        return None;
    }
    let (mut number, mut digits) = (0_u128, 0_usize);
    let mut dashes = DASHES.iter().peekable();
    for byte in text.bytes() {
        if byte == b'-' {
            dashes.next_if(|place| **place == digits)?;
            continue;
        }
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        number = number.checked_mul(16)?.checked_add(digit.into())?;
        digits += 1;
    }
    (digits == 32 && dashes.next().is_none()).then_some(number.to_be_bytes())
}

/// What an event came to.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Case(Arc<Case>),
    /// Nothing governs it, whatever the organization.
    NotGoverned(&'static str),
    NotReplayable(&'static str),
    Skipped(&'static str),
}

/// An event, until no copy of it is to be expected.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) time: i64,
    pub(crate) what: What,
    pub(crate) told: Told,
    rank: Rank,
}

/// Which of several copies counts: the greatest (CT-33).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    /// The caller's own log has it.
    pub(crate) own: bool,
    /// The first by account: the complement of its number.
    pub(crate) recipient: u64,
    pub(crate) amended: bool,
    pub(crate) time: i64,
    /// Its own id, where the copies share another.
    pub(crate) id: Option<Box<EventKey>>,
    /// Of records that are the same in all this: what they say.
    pub(crate) content: u64,
}

/// What has been taken so far.
///
/// Events are kept until [`Replay::close`](crate::Replay::close) says that no copy of them is to be expected; what is
/// left of them then grows with what the report tells, not with the log.
#[derive(Debug)]
pub struct ReplayPart {
    pub(crate) open: HashMap<EventKey, Taken>,
    pub(crate) totals: Totals,
    pub(crate) coverage: Coverage,
    pub(crate) scratch: Scratch,
}

impl ReplayPart {
    pub(crate) fn new(candidates: usize) -> Self {
        Self {
            open: HashMap::new(),
            totals: Totals::new(candidates),
            coverage: Coverage::default(),
            scratch: Scratch::default(),
        }
    }

    /// How many events are kept, of which a copy may come.
    pub fn open_events(&self) -> usize {
        self.open.len()
    }

    /// Takes in what another part has taken, of the same replay. In whatever order parts are merged, the result is the
    /// same, as long as none of them is closed before the events of its days are in.
    pub fn merge(&mut self, mut other: Self) {
        // The smaller one goes into the larger one.
        if other.open.len() > self.open.len() {
            std::mem::swap(&mut self.open, &mut other.open);
        }
        // Of copies the greatest counts, in whatever order they come.
        other.open.into_iter().for_each(|(key, taken)| self.insert(key, taken));
        self.totals.merge(other.totals);
        self.coverage.merge(other.coverage);
    }

    pub(crate) fn take(&mut self, key: EventKey, rank: Rank, what: What, told: Told) {
        self.insert(key, Taken { time: rank.time, what, told, rank });
    }

    fn insert(&mut self, key: EventKey, taken: Taken) {
        match self.open.entry(key) {
            Slot::Vacant(slot) => {
                slot.insert(taken);
            }
            Slot::Occupied(mut slot) => {
                self.totals.duplicates += 1;
                if taken.rank > slot.get().rank {
                    slot.insert(taken);
                }
            }
        }
    }

    /// Events before a time, in the order of time and id; they are kept no longer.
    pub(crate) fn remove_before(&mut self, time: i64) -> Vec<(EventKey, Taken)> {
        let mut removed: Vec<(EventKey, Taken)> = self.open.extract_if(|_, taken| taken.time < time).collect();
        removed.sort_unstable_by(|(one, a), (other, b)| (a.time, one).cmp(&(b.time, other)));
        removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_out_as_they_went_in() {
        for text in ["0fd83d5e-7b1c-4a52-9c3e-0123456789ab", "00000000-0000-0000-0000-000000000001"] {
            assert!(matches!(EventKey::new(text), EventKey::Uuid(_)), "{text}");
            assert_eq!(EventKey::new(text).text(), text);
        }
        for text in ["", "event-1", "0FD83D5E-7B1C-4A52-9C3E-0123456789AB", "0fd83d5e7-b1c-4a52-9c3e-0123456789ab"] {
            assert!(matches!(EventKey::new(text), EventKey::Text(_)), "{text}");
            assert_eq!(EventKey::new(text).text(), text);
        }
    }
}
