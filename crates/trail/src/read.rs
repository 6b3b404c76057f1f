//! The records in the content of a file, whatever carries them: `{"Records": […]}`, arrays, JSON Lines, `detail` of
//! `EventBridge`, and the text in a text of `lookup-events`. A fault is counted and named; the rest goes on.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::record::{Record, Text};

/// Faults that are named; more are counted.
const MAX_NAMED: usize = 20;
/// Carriers within carriers.
const MAX_DEPTH: usize = 4;

/// What was found in the content of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records that were visited.
    pub records: u64,
    /// The first faults.
    pub faults: Vec<Fault>,
    /// How many faults there are.
    pub fault_count: u64,
    /// What the file is, if it holds no records.
    pub foreign: Option<Foreign>,
}

impl Tally {
    pub(crate) fn fault(&mut self, fault: Fault) {
        self.fault_count += 1;
        if self.faults.len() < MAX_NAMED {
            self.faults.push(fault);
        }
    }
}

/// Something in a file that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Fault {
    /// The text ends, or breaks, after so many records.
    BrokenAfter {
        /// Records that were read before.
        records: u64,
    },
    /// A line is no JSON.
    Line {
        /// Its number, from 1.
        line: u64,
    },
    /// An item is no record.
    Item {
        /// Its number among the records, from 1.
        number: u64,
    },
    /// The compressed data ends or breaks; what was before it counts.
    Compressed,
    /// The file has more than this many bytes; what is within counts.
    TooLarge {
        /// The limit.
        limit: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokenAfter { records } => write!(f, "breaks off after {records} records"),
            Self::Line { line } => write!(f, "line {line} is no JSON"),
            Self::Item { number } => write!(f, "item {number} is no record of CloudTrail"),
            Self::Compressed => f.write_str("the compressed data breaks off"),
            Self::TooLarge { limit } => write!(f, "has more than {limit} bytes"),
        }
    }
}

/// A file that holds no records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Foreign {
    /// Nothing stands in it.
    Empty,
    /// A digest of log files (CT-32).
    Digest,
    /// JSON of another kind, or no JSON.
    Other,
}

/// Visits the records in the content of a file, decompressed, in their order.
///
/// Takes time in proportion to the content, and memory for one record.
pub fn read_records(content: &[u8], visit: &mut dyn FnMut(Record<'_>)) -> Tally {
    let text = match std::str::from_utf8(content) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(content),
    };
    let text = text.trim_start_matches('\u{feff}').trim();
    let mut reading = Reading { tally: Tally::default(), visit, seen: 0, digest: false };
    if text.is_empty() {
        reading.tally.foreign = Some(Foreign::Empty);
        return reading.tally;
    }
    match text.split_once('\n') {
        // The first line is whole: JSON Lines.
        Some((first, _)) if serde_json::from_str::<&RawValue>(first.trim()).is_ok() => {
            reading.lines(text);
        }
        _ => {
            if !reading.document(text, 0) {
                // Lines of which the first is broken, or one text that breaks off.
                if reading.tally.records == 0 && Reading::has_lines(text) {
                    reading.lines(text);
                } else if text.starts_with(['{', '[']) {
                    reading.tally.fault(Fault::BrokenAfter { records: reading.tally.records });
                }
            }
        }
    }
    if reading.tally.records == 0 && reading.seen == 0 {
        reading.tally.foreign = Some(if reading.digest { Foreign::Digest } else { Foreign::Other });
    }
    reading.tally
}

struct Reading<'v> {
    tally: Tally,
    visit: &'v mut dyn FnMut(Record<'_>),
    /// Lists that hold records, were they empty.
    seen: u64,
    digest: bool,
}

impl Reading<'_> {
    /// Whether the text is whole.
    fn document(&mut self, text: &str, depth: usize) -> bool {
        let mut found = Found::default();
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let carrier = Carrier { reading: self, found: &mut found, depth };
        let is_whole = carrier.deserialize(&mut deserializer).is_ok() && deserializer.end().is_ok();
        if is_whole && found.is_record {
            self.record(text);
        }
        is_whole
    }

    fn lines(&mut self, text: &str) {
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !self.document(line, 0) {
                self.tally.fault(Fault::Line { line: number as u64 + 1 });
            }
        }
    }

    /// Whether some line is a whole object, as no line of an indented text is that says anything.
    fn has_lines(text: &str) -> bool {
        let is_object = |line: &str| {
            let line = line.trim();
            line.len() > 2 && line.starts_with('{') && serde_json::from_str::<&RawValue>(line).is_ok()
        };
        text.lines().any(is_object)
    }

    fn record(&mut self, text: &str) {
        match Record::parse(text) {
            Some(record) => {
                self.tally.records += 1;
                (self.visit)(record);
            }
            None => self.tally.fault(Fault::Item { number: self.tally.records + 1 }),
        }
    }

    /// An item of a list: a record, or what carries one.
    fn item(&mut self, text: &str, depth: usize) {
        match Record::parse(text) {
            Some(record) if record.name().is_some() => {
                self.tally.records += 1;
                (self.visit)(record);
            }
            _ => {
                let before = self.tally.records;
                if depth >= MAX_DEPTH || !self.document(text, depth + 1) || self.tally.records == before {
                    self.tally.fault(Fault::Item { number: before + 1 });
                }
            }
        }
    }
}

/// What stands in an object beside lists of records.
#[derive(Default)]
struct Found {
    is_record: bool,
}

struct Carrier<'a, 'v> {
    reading: &'a mut Reading<'v>,
    found: &'a mut Found,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Carrier<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Carrier<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("records of CloudTrail")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = (false, false);
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            match &*name {
                "Records" | "records" | "Events" => {
                    map.next_value_seed(Items { reading: &mut *self.reading, depth: self.depth })?;
                }
                "CloudTrailEvent" if self.depth < MAX_DEPTH => {
                    let inside: Text<'de> = map.next_value()?;
                    if let Some(text) = inside.get() {
                        self.reading.seen += 1;
                        self.reading.item(text, self.depth + 1);
                    }
                }
                "detail" if self.depth < MAX_DEPTH => {
                    let inside: &RawValue = map.next_value()?;
                    if inside.get().starts_with('{') {
                        self.reading.seen += 1;
                        self.reading.item(inside.get(), self.depth + 1);
                    }
                }
                other => {
                    names.0 |= other == "eventName";
                    names.1 |= other == "eventSource" || other == "userIdentity";
                    self.reading.digest |= other == "digestStartTime";
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        self.found.is_record = names.0 && names.1;
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.reading.seen += 1;
        while let Some(item) = seq.next_element::<&'de RawValue>()? {
            self.reading.item(item.get(), self.depth);
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A list of records.
struct Items<'a, 'v> {
    reading: &'a mut Reading<'v>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let mut found = Found::default();
        Carrier { reading: self.reading, found: &mut found, depth: self.depth }.deserialize(deserializer)
    }
}
