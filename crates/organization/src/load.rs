//! Reading snapshots: text to [`Inventory`], with every fault at its place.

use std::io::Read;
use std::path::Path;

use scproof_policy_parser::PolicyPath;
use serde_json::error::Category;

use crate::fault::{Fault, LoadError};
use crate::inventory::Inventory;
use crate::json;
use crate::locate::{byte_at, lines_and_columns, places_of, route_at};
use crate::organization::Organization;
use crate::resolve::{format_fault, resolve, shorten};

impl Inventory {
    /// Reads a snapshot from text and checks it. A byte order mark is skipped.
    ///
    /// # Errors
    ///
    /// All faults of the snapshot with line and column; a fault of the JSON itself, or of a member's type, alone.
    ///
    /// # Examples
    ///
    /// ```
    /// use scproof_organization::Inventory;
    ///
    /// let error = Inventory::from_json(r#"{"Format": "scproof-inventory/1", "Organization": {"Id": 5}}"#).unwrap_err();
    /// assert_eq!(error.faults()[0].path.to_string(), "Organization.Id");
    /// assert_eq!(error.faults()[0].column, Some(58));
    /// ```
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        let text = without_mark(text);
        let inventory = parse(text)?;
        match resolve(&inventory) {
            Ok(_) => Ok(inventory),
            Err(error) => Err(located(error, text)),
        }
    }

    /// Reads a snapshot from bytes, which must be UTF-8, and checks it.
    ///
    /// # Errors
    ///
    /// As [`from_json`](Self::from_json), and for bytes that are no UTF-8.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, LoadError> {
        Self::from_json(decode(bytes)?)
    }

    /// Reads a snapshot from a reader up to its end and checks it. Holds the whole text in memory.
    ///
    /// # Errors
    ///
    /// As [`from_slice`](Self::from_slice), and if reading fails.
    pub fn from_reader(mut reader: impl Read) -> Result<Self, LoadError> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        Self::from_slice(&bytes)
    }

    /// Reads a snapshot from a file and checks it.
    ///
    /// # Errors
    ///
    /// As [`from_slice`](Self::from_slice), and if the file cannot be read. The error names the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        read(path).and_then(|bytes| Self::from_slice(&bytes)).map_err(|error| error.in_file(path))
    }
}

impl Organization {
    /// Reads a snapshot from text, checks it and builds the tree.
    ///
    /// Checks once, where [`Inventory::from_json`] followed by [`Organization::from_inventory`] checks twice.
    ///
    /// # Errors
    ///
    /// As [`Inventory::from_json`].
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        let text = without_mark(text);
        Self::from_inventory(&parse(text)?).map_err(|error| located(error, text))
    }

    /// Reads a snapshot from a file, checks it and builds the tree.
    ///
    /// # Errors
    ///
    /// As [`Inventory::load`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        read(path).and_then(|bytes| decode(&bytes).and_then(Self::from_json)).map_err(|error| error.in_file(path))
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    std::fs::read(path).map_err(|error| unreadable(&error))
}

fn unreadable(error: &std::io::Error) -> LoadError {
    let text = error.to_string();
    // The system's own wording: `No such file or directory (os error 2)`.
    let text = text.split(" (os error").next().unwrap_or(&text);
    LoadError::single(Fault::new(
        "unreadable-file",
        PolicyPath::default(),
        format!("cannot be read: {}", text.to_lowercase()),
    ))
}

pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

pub(crate) fn decode(bytes: &[u8]) -> Result<&str, LoadError> {
    if let [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] = bytes {
        let fault = Fault::new("not-utf8", PolicyPath::default(), "the text is UTF-16")
            .expected("UTF-8")
            .help("save the file as UTF-8; Windows PowerShell writes UTF-16 with `>`, use `| Out-File -Encoding utf8`");
        return Err(LoadError::single(fault));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let (valid, rest) = bytes.split_at(at);
        let mut fault = Fault::new(
            "not-utf8",
            PolicyPath::default(),
            match rest.first() {
                Some(byte) => format!("byte {at} ({byte:#04x}) is not UTF-8"),
                None => format!("byte {at} is not UTF-8"),
            },
        )
        .expected("UTF-8");
        let valid = without_mark(std::str::from_utf8(valid).unwrap_or_default());
        if let Some(&(line, column)) = lines_and_columns(valid, &[valid.len()]).first() {
            (fault.line, fault.column) = (Some(line), Some(column));
        }
        LoadError::single(fault)
    })
}

/// Text to records, nothing resolved.
fn parse(text: &str) -> Result<Inventory, LoadError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    json::object(&mut deserializer).and_then(|inventory| deserializer.end().map(|()| inventory)).map_err(|error| {
        match other_format(text) {
            Some(fault) => located(LoadError::single(fault), text),
            None => LoadError::single(json_fault(text, &error)),
        }
    })
}

/// A text that does not fit this format may be of another one, which is then the thing to say.
fn other_format(text: &str) -> Option<Fault> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Probe {
        format: String,
    }

    let probe: Probe = serde_json::from_str(text).ok()?;
    format_fault(&probe.format)
}

/// Adds line and column to faults that have only a route.
pub(crate) fn located(mut error: LoadError, text: &str) -> LoadError {
    let routes: Vec<&PolicyPath> = error.faults().iter().map(|fault| &fault.path).collect();
    let places = places_of(text, &routes);
    let positions = lines_and_columns(text, &places);
    for (fault, (line, column)) in error.faults_mut().iter_mut().zip(positions) {
        (fault.line, fault.column) = (Some(line), Some(column));
    }
    error
}

/// What `serde_json` says, in the words of the format.
pub(crate) fn json_fault(text: &str, error: &serde_json::Error) -> Fault {
    let byte = byte_at(text, error.line(), error.column());
    let (path, start) = route_at(text, byte);
    let full = error.to_string();
    let message = json::without_position(&full);
    let is_id = path.to_string().ends_with("Id");
    let (place, mut fault) = match error.classify() {
        Category::Data => (start, type_fault(path, message, is_id)),
        Category::Syntax | Category::Eof | Category::Io => {
            let message = match message.strip_prefix("EOF while parsing ") {
                Some(part) => format!("the text ends within {part}"),
                None => message.to_owned(),
            };
            let fault = Fault::new("invalid-json", path, message).rule("JSON-1");
            (byte, if is_id { fault.help(QUOTE_IDS) } else { fault })
        }
    };
    if let Some(&(line, column)) = lines_and_columns(text, &[place]).first() {
        (fault.line, fault.column) = (Some(line), Some(column));
    }
    fault
}

pub(crate) const QUOTE_IDS: &str = "write ids in quotes: the leading zeros of an account id count";

fn type_fault(path: PolicyPath, message: &str, is_id: bool) -> Fault {
    if let Some(member) = message.strip_prefix("missing field ") {
        let fault = Fault::new("missing-member", path, format!("the member {member} is missing"));
        return if member == "`Format`" {
            fault.help("is this a snapshot? take one with `scproof fetch`")
        } else {
            fault
        };
    }
    if let Some(member) = message.strip_prefix("duplicate field ") {
        return Fault::new("duplicate-member", path, format!("the member {member} stands twice")).rule("JSON-3");
    }
    let (found, expected) =
        message.rsplit_once(", expected ").map_or((message, None), |(found, expected)| (found, Some(expected)));
    let found = match found.strip_prefix("invalid type: ") {
        Some("map") => "found an object".to_owned(),
        Some("sequence") => "found an array".to_owned(),
        Some(found) => format!("found {}", shorten(found)),
        None => shorten(found),
    };
    let is_number = found.starts_with("found integer") || found.starts_with("found floating");
    let mut fault = Fault::new("wrong-type", path, found);
    fault.expected =
        expected.map(|expected| if expected == "a sequence" { "an array".to_owned() } else { expected.to_owned() });
    if is_id && is_number { fault.rule("ID-4").help(QUOTE_IDS) } else { fault }
}
