//! Reading small JSON files whose members are few and whose faults must all be named.
//!
//! Snapshots go through `serde` for speed, and stop at the first wrong type. A file that a person writes by hand deserves all its
//! faults at once, a member that the format does not know among them: a misspelt one would silently change what is asked.

use std::fmt;
use std::path::Path;

use rustc_hash::FxHashSet;
use scproof_policy_parser::PolicyPath;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::fault::{Fault, Faults, LoadError};
use crate::load::{json_fault, located, without_mark};
use crate::resolve::{near_texts, shorten};
use crate::{json, load};

/// Reads a JSON text record by record and collects its faults.
///
/// ```
/// use scproof_organization::RecordReader;
///
/// let mut reader = RecordReader::new(r#"{"Name": 5, "Nmae": "x"}"#);
/// let mut record = reader.root()?;
/// assert_eq!(record.required_text(&mut reader, "Name"), None);
/// record.close(&mut reader);
/// let error = reader.finish().unwrap_err();
/// assert_eq!(error.faults()[0].to_string(), "1:10: Name: found a number, expected a string");
/// assert_eq!(error.faults()[1].help.as_deref(), Some("did you mean `Name`?"));
/// # Ok::<(), scproof_organization::LoadError>(())
/// ```
#[derive(Debug)]
pub struct RecordReader<'t> {
    text: &'t str,
    faults: Faults,
}

impl<'t> RecordReader<'t> {
    /// A reader of a text. A byte order mark is skipped.
    pub fn new(text: &'t str) -> Self {
        Self { text: without_mark(text), faults: Faults::default() }
    }

    /// Reads a file, which must be UTF-8, and what it says; the error names the file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, and what `read` fails with.
    pub fn read_file<T>(path: &Path, read: impl FnOnce(&str) -> Result<T, LoadError>) -> Result<T, LoadError> {
        load::read(path).and_then(|bytes| load::decode(&bytes).and_then(read)).map_err(|error| error.in_file(path))
    }

    /// The text as an object.
    ///
    /// # Errors
    ///
    /// If the text is no JSON, or another value than an object: then there is nothing more to say.
    pub fn root(&mut self) -> Result<Record<'t>, LoadError> {
        let raw: &'t RawValue =
            serde_json::from_str(self.text).map_err(|error| LoadError::single(json_fault(self.text, &error)))?;
        match self.record(PolicyPath::default(), raw) {
            Some(record) => Ok(record),
            None => Err(std::mem::replace(self, Self::new(self.text)).finish().err().unwrap_or_else(|| {
                // Never taken: no record means a fault.
                LoadError::single(wrong_type(PolicyPath::default(), raw, "an object"))
            })),
        }
    }

    /// Checks the member `Format`; a text of another format has nothing more to say.
    ///
    /// # Errors
    ///
    /// If it is missing, newer or another one.
    pub fn format(&mut self, root: &mut Record<'t>, expected: &str, what: &str) -> Result<(), LoadError> {
        let found = root.required_text(self, "Format");
        let fault = match found.as_deref() {
            Some(found) if found == expected => return Ok(()),
            Some(found) => {
                let (name, version) = expected.rsplit_once('/').unwrap_or((expected, "1"));
                let newer = found
                    .strip_prefix(name)
                    .and_then(|rest| rest.strip_prefix('/'))
                    .and_then(|found| found.parse::<u32>().ok())
                    .zip(version.parse::<u32>().ok())
                    .is_some_and(|(found, known)| found > known);
                let at = PolicyPath::default().key("Format");
                let fault = if newer {
                    Fault::new("newer-format", at, format!("the {what} has the newer format `{}`", shorten(found)))
                        .help("update scproof, or write the file for this version")
                } else {
                    Fault::new("unknown-format", at, format!("`{}` is not the format of a {what}", shorten(found)))
                };
                Some(fault.expected(format!("`{expected}`")))
            }
            None => None,
        };
        let reader = std::mem::replace(self, Self::new(self.text));
        match fault {
            Some(fault) => Err(located(LoadError::single(fault), self.text)),
            None => reader.finish(),
        }
    }

    /// A value as an object; a fault and `None` if it is another.
    pub fn record(&mut self, path: PolicyPath, raw: &'t RawValue) -> Option<Record<'t>> {
        if !raw.get().starts_with('{') {
            self.fault(wrong_type(path, raw, "an object"));
            return None;
        }
        // The text was read as JSON before, so nothing is lost here.
        let members = members(raw).unwrap_or_default();
        let mut record = Record { path, members: Vec::with_capacity(members.len()), known: Vec::new() };
        let mut seen = FxHashSet::default();
        for (name, value) in members {
            if seen.insert(name.clone()) {
                record.members.push((name, value));
            } else {
                let message = format!("the member `{}` stands twice", shorten(&name));
                self.fault(Fault::new("duplicate-member", record.path.key(name), message).rule("JSON-3"));
            }
        }
        Some(record)
    }

    /// Notes a fault.
    pub fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// All faults with line and column, sorted as they stand in the text.
    ///
    /// # Errors
    ///
    /// If there are any.
    pub fn finish(self) -> Result<(), LoadError> {
        self.faults.into_result().map_err(|error| {
            let mut error = located(error, self.text);
            error.faults_mut().sort_by_key(|fault| (fault.line, fault.column));
            error
        })
    }
}

/// An object of a file, read member by member.
#[derive(Debug)]
pub struct Record<'t> {
    path: PolicyPath,
    members: Vec<(String, &'t RawValue)>,
    /// What was asked for.
    known: Vec<&'static str>,
}

impl<'t> Record<'t> {
    /// The route to the object.
    pub fn path(&self) -> &PolicyPath {
        &self.path
    }

    /// The value of a member. `null` is a value, and one that no member may have.
    pub fn value(&mut self, name: &'static str) -> Option<&'t RawValue> {
        self.known.push(name);
        self.members.iter().find(|(member, _)| member == name).map(|(_, raw)| *raw)
    }

    /// A member that is a string.
    pub fn text(&mut self, reader: &mut RecordReader<'t>, name: &'static str) -> Option<String> {
        let raw = self.value(name)?;
        string(reader, self.path.key(name), raw)
    }

    /// A member that is a string and must be there.
    pub fn required_text(&mut self, reader: &mut RecordReader<'t>, name: &'static str) -> Option<String> {
        if self.value(name).is_none() {
            reader.fault(self.missing(name));
        }
        self.text(reader, name)
    }

    /// A member that is a list of strings, or one string; with the route to each.
    pub fn texts(&mut self, reader: &mut RecordReader<'t>, name: &'static str) -> Option<Vec<(PolicyPath, String)>> {
        let raw = self.value(name)?;
        let at = self.path.key(name);
        if raw.get().starts_with('"') {
            return string(reader, at.clone(), raw).map(|text| vec![(at, text)]);
        }
        let elements = self.elements_as(reader, name, "a string or an array of strings")?;
        Some(
            elements
                .into_iter()
                .filter_map(|(at, raw)| string(reader, at.clone(), raw).map(|text| (at, text)))
                .collect(),
        )
    }

    /// A member that is an array; with the route to each element.
    pub fn elements(
        &mut self,
        reader: &mut RecordReader<'t>,
        name: &'static str,
    ) -> Option<Vec<(PolicyPath, &'t RawValue)>> {
        self.elements_as(reader, name, "an array")
    }

    fn elements_as(
        &mut self,
        reader: &mut RecordReader<'t>,
        name: &'static str,
        expected: &str,
    ) -> Option<Vec<(PolicyPath, &'t RawValue)>> {
        let raw = self.value(name)?;
        let at = self.path.key(name);
        let Ok(elements) = serde_json::from_str::<Vec<&'t RawValue>>(raw.get()) else {
            reader.fault(wrong_type(at, raw, expected));
            return None;
        };
        Some(elements.into_iter().enumerate().map(|(index, raw)| (at.index(index), raw)).collect())
    }

    /// A member that is a policy: a string is the exact text, an object stands for its text without white space.
    pub fn content(&mut self, reader: &mut RecordReader<'t>, name: &'static str) -> Option<String> {
        let raw = self.value(name)?;
        if raw.get() == "null" {
            reader.fault(wrong_type(self.path.key(name), raw, CONTENT));
            return None;
        }
        match json::content(&mut serde_json::Deserializer::from_str(raw.get())) {
            Ok(content) => content,
            Err(error) if raw.get().starts_with(['"', '{']) => {
                let message = json::without_position(&error.to_string()).to_owned();
                reader.fault(Fault::new("wrong-type", self.path.key(name), message));
                None
            }
            Err(_) => {
                reader.fault(wrong_type(self.path.key(name), raw, CONTENT));
                None
            }
        }
    }

    /// The fault that a member is missing.
    pub fn missing(&self, name: &str) -> Fault {
        Fault::new("missing-member", self.path.clone(), format!("the member `{name}` is missing"))
    }

    /// Reports the members that were never asked for.
    pub fn close(self, reader: &mut RecordReader<'t>) {
        for (name, _) in &self.members {
            if self.known.contains(&name.as_str()) {
                continue;
            }
            let near = near_texts(name, self.known.iter().copied(), (name.chars().count() / 3).clamp(1, 3));
            let fault = Fault::new(
                "unknown-member",
                self.path.key(name.as_str()),
                format!("`{}` is no member of this format", shorten(name)),
            );
            let fault = if let Some(near) = near.first() {
                fault.help(format!("did you mean `{near}`?"))
            } else {
                let mut known: Vec<String> = self.known.iter().map(|name| format!("`{name}`")).collect();
                known.sort();
                known.dedup();
                fault.expected(format!("one of {}", known.join(", ")))
            };
            reader.fault(fault);
        }
    }
}

const CONTENT: &str = "the policy as an object, or as a string";

fn members(raw: &RawValue) -> Result<Vec<(String, &RawValue)>, serde_json::Error> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }

    serde_json::Deserializer::from_str(raw.get()).deserialize_map(Members)
}

fn string<'t>(reader: &mut RecordReader<'t>, at: PolicyPath, raw: &'t RawValue) -> Option<String> {
    if let Ok(text) = serde_json::from_str(raw.get()) {
        return Some(text);
    }
    let is_id = at.to_string().ends_with("Id") || at.to_string().ends_with("Account");
    let fault = wrong_type(at, raw, "a string");
    reader.fault(if is_id { fault.help(load::QUOTE_IDS) } else { fault });
    None
}

fn wrong_type(at: PolicyPath, raw: &RawValue, expected: &str) -> Fault {
    let found = match raw.get().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a truth value",
        Some(b'n') => "null",
        _ => "a number",
    };
    Fault::new("wrong-type", at, format!("found {found}")).expected(expected)
}
