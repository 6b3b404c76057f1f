//! The records in the text of a file, whatever carries them: `{"Records": […]}`, arrays, JSON Lines, `detail` of
//! `EventBridge`, the text in a text of `lookup-events`, and rows of tables. A fault is counted and named; the rest
//! goes on. One record at a time is held, however long the file is.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use serde::de::IgnoredAny;
use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::record::Record;
use crate::rows::{columns, fields, record};
use crate::window::Window;

/// Faults that are named; more are counted.
const MAX_NAMED: usize = 20;
/// Carriers within carriers.
const MAX_DEPTH: usize = 4;
/// A longer record is left out; `CloudTrail`'s have at most 1 MB.
const MAX_RECORD: usize = 4 << 20;
/// The members that hold lists of records.
const LISTS: [&str; 4] = ["Records", "records", "Events", "QueryResultRows"];

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
    fn fault(&mut self, fault: Fault) {
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
    /// An item is longer than any record.
    ItemTooLarge {
        /// Its number among the records, from 1.
        number: u64,
        /// How many bytes one may have.
        limit: usize,
    },
    /// The file, or its compressed data, cannot be read further; what was before it counts.
    Unreadable {
        /// Records that were read before.
        records: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokenAfter { records } => write!(f, "breaks off after {records} records"),
            Self::Line { line } => write!(f, "line {line} is no JSON"),
            Self::Item { number } => write!(f, "item {number} is no record of CloudTrail"),
            Self::ItemTooLarge { number, limit } => write!(f, "item {number} has more than {limit} bytes"),
            Self::Unreadable { records } => write!(f, "cannot be read further after {records} records"),
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

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::Digest => "is a digest of log files",
            Self::Other => "holds no records of CloudTrail",
        })
    }
}

/// Visits the records in a text, such as the content of a file, decompressed, in their order.
///
/// Takes time in proportion to the text, and memory for one record.
pub fn read_records(mut text: impl Read, visit: &mut dyn FnMut(Record<'_>)) -> Tally {
    let mut window = Window::new(&mut text);
    let mut reading = Reading { tally: Tally::default(), visit, lists: 0, has_digest: false };
    reading.file(&mut window);
    let Reading { mut tally, lists, has_digest, .. } = reading;
    let records = tally.records;
    if window.is_broken() {
        // That the text breaks off, too, is no news.
        if tally.faults.last() == Some(&Fault::BrokenAfter { records }) {
            tally.faults.pop();
            tally.fault_count -= 1;
        }
        tally.fault(Fault::Unreadable { records });
    } else if records == 0 && lists == 0 && tally.foreign.is_none() {
        tally.foreign = Some(if has_digest { Foreign::Digest } else { Foreign::Other });
    }
    tally
}

struct Reading<'v> {
    tally: Tally,
    visit: &'v mut dyn FnMut(Record<'_>),
    /// Lists that hold records, were they empty.
    lists: u64,
    has_digest: bool,
}

/// The text is no JSON here, or ends.
struct Broken;

/// What an object came to.
enum Whole {
    /// It is behind.
    Read,
    TooLarge,
    /// It is no JSON, or none that can be read: it is still ahead.
    Malformed,
    /// The text ends in it, which is still ahead.
    Ends,
}

impl Reading<'_> {
    /// A value after the other, mostly one in all or one on each line.
    fn file(&mut self, window: &mut Window<'_>) {
        window.fill();
        if window.text().starts_with('\u{feff}') {
            window.consume('\u{feff}'.len_utf8());
        }
        let Some(first) = window.peek() else {
            self.tally.foreign = Some(Foreign::Empty);
            return;
        };
        if !matches!(first, b'{' | b'[')
            && let Some(columns) = columns(window.line_text(MAX_RECORD))
        {
            return self.rows(window, &columns);
        }
        let mut values = 0_u64;
        while window.peek().is_some() {
            let line = window.line();
            if self.value(window).is_ok() {
                values += 1;
            } else if values > 0 {
                self.tally.fault(Fault::Line { line });
                window.next_line();
            } else if self.tally.records > 0 || !self.find_lines(window) {
                // One text that breaks off.
                if matches!(first, b'{' | b'[') {
                    self.tally.fault(Fault::BrokenAfter { records: self.tally.records });
                }
                return;
            } else {
                values = 1;
            }
        }
    }

    /// Goes on with the first line that is a whole object, as no line of an indented text is that says anything. Those
    /// before it are faults.
    fn find_lines(&mut self, window: &mut Window<'_>) -> bool {
        let mut before = Tally::default();
        loop {
            before.fault(Fault::Line { line: window.line() });
            loop {
                if !window.next_line() {
                    return false;
                }
                match window.text().bytes().next() {
                    Some(b'\n' | b'\r') => {}
                    Some(b'{') => break,
                    Some(_) => before.fault(Fault::Line { line: window.line() }),
                    None if window.fill() => {}
                    None => return false,
                }
            }
            let line = window.line_text(MAX_RECORD);
            if line.len() > 2 && serde_json::from_str::<IgnoredAny>(line).is_ok() {
                self.tally.fault_count += before.fault_count;
                self.tally.faults.append(&mut before.faults);
                return true;
            }
        }
    }

    /// The rows of a table, with the names of its columns in the first.
    fn rows(&mut self, window: &mut Window<'_>, columns: &[String]) {
        self.lists += 1;
        window.next_line();
        while window.peek().is_some() {
            let line = window.line();
            let mut has_more = true;
            let row = loop {
                match fields(window.text(), !has_more) {
                    None if has_more && window.text().len() <= MAX_RECORD => has_more = window.fill(),
                    found => break found,
                }
            };
            let Some((row, length)) = row else {
                self.tally.fault(Fault::Line { line });
                window.next_line();
                continue;
            };
            window.consume(length);
            let row = columns.iter().map(String::as_str).zip(row.iter().map(String::as_str));
            if !self.text(&record(row), 0) {
                self.tally.fault(Fault::Line { line });
            }
        }
    }

    fn value(&mut self, window: &mut Window<'_>) -> Result<(), Broken> {
        match window.peek() {
            Some(b'[') => self.list(window),
            Some(b'{') if begins_with_list(window.text()) => self.members(window),
            Some(b'{') => match self.whole(window) {
                Whole::Read => Ok(()),
                Whole::TooLarge => self.members(window),
                Whole::Malformed | Whole::Ends => Err(Broken),
            },
            _ => Err(Broken),
        }
    }

    /// The members of an object that is too large to be looked at as a whole.
    fn members(&mut self, window: &mut Window<'_>) -> Result<(), Broken> {
        window.consume(1);
        loop {
            let name = match window.peek() {
                Some(b'}') => {
                    window.consume(1);
                    return Ok(());
                }
                Some(b',') => {
                    window.consume(1);
                    continue;
                }
                Some(b'"') => Self::name(window)?,
                _ => return Err(Broken),
            };
            if window.peek() != Some(b':') {
                return Err(Broken);
            }
            window.consume(1);
            self.has_digest |= name == "digestStartTime";
            if window.peek() == Some(b'[') && LISTS.contains(&&*name) {
                self.list(window)?;
            } else if !window.skip_value() {
                return Err(Broken);
            }
        }
    }

    fn name(window: &mut Window<'_>) -> Result<String, Broken> {
        loop {
            let mut texts = Deserializer::from_str(window.text()).into_iter::<String>();
            match texts.next() {
                Some(Ok(name)) => {
                    let end = texts.byte_offset();
                    window.consume(end);
                    return Ok(name);
                }
                Some(Err(error)) if error.is_eof() && window.text().len() <= MAX_RECORD && window.fill() => {}
                _ => return Err(Broken),
            }
        }
    }

    fn list(&mut self, window: &mut Window<'_>) -> Result<(), Broken> {
        self.lists += 1;
        window.consume(1);
        let mut is_first = true;
        loop {
            match window.peek() {
                Some(b']') => {
                    window.consume(1);
                    return Ok(());
                }
                Some(b',') if !is_first => {
                    window.consume(1);
                    window.peek();
                }
                Some(_) if is_first => {}
                _ => return Err(Broken),
            }
            is_first = false;
            self.item(window)?;
        }
    }

    /// An item of a list. One that cannot be read is passed over, if it can be told where it ends.
    fn item(&mut self, window: &mut Window<'_>) -> Result<(), Broken> {
        let number = self.tally.records + 1;
        let whole = match window.peek() {
            Some(b'{') => self.whole(window),
            Some(b'[') => self.row(window),
            _ => Whole::Malformed,
        };
        let fault = match whole {
            Whole::Read => return Ok(()),
            Whole::TooLarge => Fault::ItemTooLarge { number, limit: MAX_RECORD },
            Whole::Malformed => Fault::Item { number },
            Whole::Ends => return Err(Broken),
        };
        if !window.skip_value() {
            return Err(Broken);
        }
        self.tally.fault(fault);
        Ok(())
    }

    /// A row in the results of a query: a list of objects with a member for each column.
    fn row(&mut self, window: &mut Window<'_>) -> Whole {
        loop {
            let mut values = Deserializer::from_str(window.text()).into_iter::<Vec<BTreeMap<String, Option<String>>>>();
            match values.next() {
                Some(Ok(cells)) => {
                    let end = values.byte_offset();
                    let cells =
                        cells.iter().flatten().filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)));
                    let is_record = self.text(&record(cells), 0);
                    // What is none is passed over by who asked.
                    if is_record {
                        window.consume(end);
                    }
                    return if is_record { Whole::Read } else { Whole::Malformed };
                }
                Some(Err(error)) if error.is_eof() => {
                    if window.text().len() > MAX_RECORD {
                        return Whole::TooLarge;
                    }
                    if !window.fill() {
                        return Whole::Ends;
                    }
                }
                Some(Err(_)) | None => return Whole::Malformed,
            }
        }
    }

    /// An object that is looked at as a whole: a record, or what carries some.
    fn whole(&mut self, window: &mut Window<'_>) -> Whole {
        loop {
            let mut values = Deserializer::from_str(window.text()).into_iter::<Record<'_>>();
            match values.next() {
                Some(Ok(record)) => {
                    let end = values.byte_offset();
                    let number = self.tally.records + 1;
                    // Alone it makes the file one of another kind; among records it is a fault.
                    if !self.record(record, 0) && (number > 1 || self.lists > 0) {
                        self.tally.fault(Fault::Item { number });
                    }
                    window.consume(end);
                    return Whole::Read;
                }
                Some(Err(error)) if error.is_eof() => {
                    if window.text().len() > MAX_RECORD {
                        return Whole::TooLarge;
                    }
                    if !window.fill() {
                        return Whole::Ends;
                    }
                }
                Some(Err(_)) | None => return Whole::Malformed,
            }
        }
    }

    /// A record, or what carries some; whether it is that.
    fn record(&mut self, record: Record<'_>, depth: usize) -> bool {
        if record.is_told() {
            self.tally.records += 1;
            (self.visit)(record);
            return true;
        }
        self.has_digest |= record.is_digest();
        let mut is_carrier = record.is_digest();
        if depth < MAX_DEPTH {
            if let Some(text) = record.inside() {
                is_carrier |= self.text(text, depth + 1);
            }
            if let Some(list) = record.list() {
                is_carrier = true;
                self.lists += 1;
                for item in serde_json::from_str::<Vec<&RawValue>>(list).unwrap_or_default() {
                    let number = self.tally.records + 1;
                    if !self.text(item.get(), depth + 1) {
                        self.tally.fault(Fault::Item { number });
                    }
                }
            }
        }
        is_carrier
    }

    /// The text of an object within another.
    fn text(&mut self, text: &str, depth: usize) -> bool {
        serde_json::from_str(text).is_ok_and(|record| self.record(record, depth))
    }
}

/// Whether the first member of an object is a list of records.
fn begins_with_list(object: &str) -> bool {
    let rest = object.trim_start_matches(['{', ' ', '\n', '\r', '\t', '"']);
    LISTS.iter().any(|name| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('"')))
}
