//! JSON for a terminal: nothing of it draws there, and nothing is unseen.

use std::fmt::Write as _;
use std::io::{self, Write};

use scproof::report::is_unseen;

/// Writes JSON on, with the characters that nobody sees as escapes, which mean the same.
pub(crate) struct Visible<W: Write> {
    inner: W,
    /// The beginning of a character.
    rest: Vec<u8>,
}

impl<W: Write> Visible<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, rest: Vec::new() }
    }
}

impl<W: Write> Write for Visible<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.rest) {
            Ok(_) => self.rest.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        };
        let rest = self.rest.split_off(whole);
        let text = String::from_utf8(std::mem::replace(&mut self.rest, rest)).map_err(io::Error::other)?;
        let is_written = |character: char| !is_unseen(character) || matches!(character, '\n' | '\r' | '\t');
        let mut shown = String::with_capacity(text.len());
        for character in text.chars() {
            if is_written(character) {
                shown.push(character);
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                // A text takes everything.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        }
        self.inner.write_all(shown.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_means_the_same_and_nothing_is_unseen() {
        let value = serde_json::json!({"name": "a\u{7f}\u{9b}2J\u{202e}\u{e0001}é生\u{1b}"});
        let text = serde_json::to_string_pretty(&value).unwrap();
        for size in 1..8 {
            let mut visible = Visible::new(Vec::new());
            text.as_bytes().chunks(size).for_each(|part| visible.write_all(part).unwrap());
            let shown = String::from_utf8(visible.inner).unwrap();
            assert!(shown.chars().all(|character| character == '\n' || !is_unseen(character)), "{shown}");
            assert!(shown.contains(r"\u009b2J\u202e\udb40\udc01é生"), "{shown}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        }
    }
}
