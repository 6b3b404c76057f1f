//! Pages and their tokens (API-30 to API-32).

use serde_json::{Map, Value};

/// Where a list goes on: behind an item. Opaque outside; only good for the request that it was given for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Which request, and which generation of tokens.
    seal: u64,
    /// The id of the last item of the page before; the first page again if empty.
    pub(crate) after: String,
    /// Tells tokens apart that stand for the same place.
    twist: u64,
}

impl Token {
    pub(crate) fn new(seal: u64, after: &str, twist: u64) -> Self {
        Self { seal, after: after.to_owned(), twist }
    }

    pub(crate) fn to_text(&self) -> String {
        let plain = format!("{:016x}{:x}.{}", self.seal, self.twist, self.after);
        let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
        plain.bytes().map(|byte| byte ^ 0x5a).flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }

    /// Reads a token, if it is one for this request.
    pub(crate) fn from_text(text: &str, seal: u64) -> Option<Self> {
        let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok().map(|byte| byte ^ 0x5a);
        let bytes: Option<Vec<u8>> = (0..text.len() / 2).map(|index| byte(2 * index)).collect();
        let plain = String::from_utf8(bytes?).ok()?;
        let (head, after) = plain.split_once('.')?;
        let found = u64::from_str_radix(head.get(..16)?, 16).ok()?;
        let twist = u64::from_str_radix(head.get(16..)?, 16).ok()?;
        (found == seal).then(|| Self { seal, after: after.to_owned(), twist })
    }
}

/// What a token is good for: an operation with its parameters (API-32), and a generation.
pub(crate) fn seal(operation: &str, input: &Map<String, Value>, generation: u64) -> u64 {
    let mut text = format!("{generation}/{operation}");
    for (name, value) in input.iter().filter(|(name, _)| *name != "NextToken") {
        text.extend(["/", name, "=", &value.to_string()]);
    }
    // FNV-1a.
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
