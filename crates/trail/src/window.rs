//! A window on a text that is read piece by piece: as much of it as somebody looks at.

use std::io::Read;

use memchr::{memchr, memchr_iter};

/// How much is read at a time.
const PIECE: usize = 256 * 1024;

/// A window on the text of a file. Bytes that are no UTF-8 are replaced.
pub(crate) struct Window<'i> {
    input: &'i mut dyn Read,
    text: String,
    /// Where what is still of interest begins.
    start: usize,
    /// The first bytes of a character that the last piece cut.
    cut: Vec<u8>,
    /// Lines before what is of interest.
    lines: u64,
    has_ended: bool,
    is_broken: bool,
}

impl<'i> Window<'i> {
    pub(crate) fn new(input: &'i mut dyn Read) -> Self {
        let (text, cut) = (String::new(), Vec::new());
        Self { input, text, start: 0, cut, lines: 0, has_ended: false, is_broken: false }
    }

    /// What is there of the rest of the text.
    pub(crate) fn text(&self) -> &str {
        self.text.get(self.start..).unwrap_or_default()
    }

    /// Whether the text ended because it could not be read further.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Goes on behind some bytes of [`text`](Self::text).
    pub(crate) fn consume(&mut self, bytes: usize) {
        let until = self.start.saturating_add(bytes).min(self.text.len());
        let passed = self.text.as_bytes().get(self.start..until).unwrap_or_default();
        self.lines += memchr_iter(b'\n', passed).count() as u64;
        self.start = until;
    }

    /// The number of the line on which [`text`](Self::text) begins, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.lines + 1
    }

    /// Reads on: about as much again as there is, so that whoever looks at a growing text anew each time takes time in
    /// proportion to its length. Whether there is more now.
    pub(crate) fn fill(&mut self) -> bool {
        if self.has_ended {
            return false;
        }
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        bytes.drain(..self.start);
        self.start = 0;
        let before = bytes.len();
        bytes.append(&mut self.cut);
        let wanted = before.max(PIECE);
        let piece = Read::take(&mut *self.input, wanted as u64).read_to_end(&mut bytes);
        self.is_broken = piece.is_err();
        self.has_ended = piece.is_ok_and(|read| read < wanted) || self.is_broken;
        self.text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let is_cut = error.utf8_error().error_len().is_none() && !self.has_ended;
                let valid = error.utf8_error().valid_up_to();
                let mut bytes = error.into_bytes();
                if is_cut {
                    self.cut = bytes.split_off(valid);
                }
                String::from_utf8(bytes).unwrap_or_else(|error| {
                    // A character that the end cuts behind a broken one is broken, too.
                    String::from_utf8_lossy(error.as_bytes()).into_owned()
                })
            }
        };
        self.text.len() > before || !self.has_ended
    }

    /// The next byte that is no white space, which is passed over.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            let text = self.text();
            let rest = text.trim_start_matches([' ', '\n', '\r', '\t']);
            let (found, white) = (rest.bytes().next(), text.len() - rest.len());
            self.consume(white);
            if found.is_some() || !self.fill() {
                return found;
            }
        }
    }

    /// Goes on with the next line; whether there is one.
    pub(crate) fn next_line(&mut self) -> bool {
        loop {
            let text = self.text();
            if let Some(end) = memchr(b'\n', text.as_bytes()) {
                self.consume(end + 1);
                return true;
            }
            let all = text.len();
            self.consume(all);
            if !self.fill() {
                return false;
            }
        }
    }

    /// The line that is ahead, or that many bytes of it.
    pub(crate) fn line_text(&mut self, limit: usize) -> &str {
        while !self.text().contains('\n') && self.text().len() < limit && self.fill() {}
        self.text().lines().next().unwrap_or_default()
    }

    /// Passes over a value of JSON, of which only brackets and quotes are looked at; whether it ends.
    pub(crate) fn skip_value(&mut self) -> bool {
        let (mut depth, mut in_text, mut is_escaped, mut in_word) = (0_usize, false, false, false);
        loop {
            let text = self.text().as_bytes();
            for (place, byte) in text.iter().enumerate() {
                let is_over = if in_text {
                    match byte {
                        _ if is_escaped => is_escaped = false,
                        b'\\' => is_escaped = true,
                        b'"' => in_text = false,
                        _ => {}
                    }
                    !in_text && depth == 0
                } else {
                    match byte {
                        b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => {
                            self.consume(place);
                            return in_word;
                        }
                        b'"' => in_text = true,
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth -= 1,
                        _ => in_word = true,
                    }
                    depth == 0 && matches!(byte, b'}' | b']')
                };
                if is_over {
                    self.consume(place + 1);
                    return true;
                }
            }
            let all = text.len();
            self.consume(all);
            if !self.fill() {
                return depth == 0 && in_word && !in_text;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time, and fails at the end.
    struct Slow<'t>(&'t [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            match (self.0.split_first(), into.first_mut()) {
                (Some((byte, rest)), Some(place)) => {
                    *place = *byte;
                    self.0 = rest;
                    Ok(1)
                }
                _ => Err(std::io::Error::other("broken")),
            }
        }
    }

    #[test]
    fn characters_that_pieces_cut_are_whole() {
        let text = "ä€😀".repeat(PIECE / 4);
        for shift in 0..4 {
            let text = format!("{}{text}", "x".repeat(shift));
            let mut input = text.as_bytes();
            let mut window = Window::new(&mut input);
            while window.fill() {}
            assert!(window.text() == text && !window.is_broken());
        }
        let mut input: &[u8] = b"a\xffb\xe2\x82";
        let mut window = Window::new(&mut input);
        assert!(window.fill());
        assert!(!window.fill());
        assert_eq!(window.text(), "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn what_was_read_before_a_failure_is_there() {
        let mut input = Slow(b"  ab\n\ncd");
        let mut window = Window::new(&mut input);
        assert_eq!(window.peek(), Some(b'a'));
        assert!(window.is_broken() && window.next_line());
        assert_eq!((window.line(), window.peek(), window.line()), (2, Some(b'c'), 3));
        assert!(!window.next_line() && window.peek().is_none());
    }

    #[test]
    fn values_are_passed_over() {
        for (value, rest) in [
            (r#"{"a": ["]", "\"}"], "b": {}}, 1"#, ", 1"),
            (r#""x\\" ]"#, " ]"),
            ("true]", "]"),
            ("-1.5e3,", ","),
            ("12", ""),
        ] {
            let mut input = value.as_bytes();
            let mut window = Window::new(&mut input);
            assert!(window.skip_value(), "{value}");
            assert_eq!(window.text(), rest);
        }
        for value in ["{\"a\": 1", "\"x", "", "]"] {
            let mut input = value.as_bytes();
            assert!(!Window::new(&mut input).skip_value(), "{value}");
        }
    }
}
