//! Strings, numbers and words.

use std::borrow::Cow;
use std::ops::Range;

use super::{Reader, Value};
use crate::codes;
use crate::near::quoted;
use crate::sink::{Route, Wording};

impl<'t> Reader<'t, '_> {
    /// Reads a string from its opening quote. Never runs over the end of a line, so that a missing quote spoils one
    /// line only.
    pub(super) fn string(&mut self, route: Route<'_>) -> Cow<'t, str> {
        let start = self.position;
        self.position += 1;
        let mut piece = self.position;
        let mut decoded: Option<String> = None;
        loop {
            let rest = self.text.as_bytes().get(self.position..).unwrap_or_default();
            let plain = rest.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            self.position += plain.unwrap_or(rest.len());
            let at = self.position;
            match self.peek() {
                Some(b'"') => {
                    self.position += 1;
                    return self.joined(decoded, piece..at);
                }
                None | Some(b'\n') => {
                    self.fault(codes::UNCLOSED_STRING, route, start..at, || {
                        Wording::new("the string is not closed on its line")
                            .expected("`\"`")
                            .help("close the string; write a line break inside it as `\\n`")
                    });
                    return self.joined(decoded, piece..at);
                }
                Some(b'\\') => {
                    let mut text = decoded.take().unwrap_or_default();
                    text.push_str(self.slice(piece..at));
                    if let Some(character) = self.escape(route) {
                        text.push(character);
                    }
                    decoded = Some(text);
                    piece = self.position;
                }
                Some(control @ 0..=0x1f) => {
                    self.position += 1;
                    self.fault(codes::CONTROL_CHARACTER, route, at..at + 1, || {
                        Wording::new(format!("the control character U+{control:04X} stands unescaped in a string"))
                            .help(format!("write it as `\\u{control:04x}`, or delete it"))
                    });
                }
                Some(_) => self.position += 1,
            }
        }
    }

    fn joined(&self, decoded: Option<String>, last: Range<usize>) -> Cow<'t, str> {
        let last = self.slice(last);
        match decoded {
            None => Cow::Borrowed(last),
            Some(mut text) => {
                text.push_str(last);
                Cow::Owned(text)
            }
        }
    }

    /// Reads an escape sequence from its backslash.
    fn escape(&mut self, route: Route<'_>) -> Option<char> {
        let start = self.position;
        self.position += 1;
        let Some(letter) = self.peek_char().filter(|&c| c != '\n') else {
            return None; // the string ends here, which is reported as such
        };
        self.position += letter.len_utf8();
        let character = match letter {
            '"' | '\\' | '/' => Some(letter),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'u' => return self.unicode_escape(route, start),
            _ => None,
        };
        if character.is_none() {
            self.fault(codes::BAD_ESCAPE, route, start..self.position, || {
                Wording::new(format!("JSON has no escape {}", quoted(&format!("\\{letter}"))))
                    .help("write a backslash itself as `\\\\`")
            });
        }
        character
    }

    /// Reads the digits after `\u`, and the second half of a surrogate pair.
    fn unicode_escape(&mut self, route: Route<'_>, start: usize) -> Option<char> {
        let Some(unit) = self.four_hex_digits() else {
            self.fault(codes::BAD_ESCAPE, route, start..self.position, || {
                Wording::new("`\\u` without four hexadecimal digits").expected("four hexadecimal digits")
            });
            return None;
        };
        if let Some(character) = char::from_u32(unit) {
            return Some(character);
        }
        let after_first = self.position;
        if unit < 0xDC00 && self.rest().starts_with("\\u") {
            self.position += 2;
            if let Some(low) = self.four_hex_digits().filter(|low| (0xDC00..0xE000).contains(low)) {
                return char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
            }
            self.position = after_first;
        }
        self.fault(codes::BAD_ESCAPE, route, start..after_first, || {
            Wording::new(format!("`\\u{unit:04x}` is half of a surrogate pair"))
                .expected("a pair of surrogates, or the character itself")
        });
        None
    }

    fn four_hex_digits(&mut self) -> Option<u32> {
        let digits = self.slice(self.position..self.position + 4);
        if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.position += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// Reads a string in quotes that JSON does not have; returns what stands between them.
    pub(super) fn wrong_quotes(&mut self, route: Route<'_>, quote: char) -> &'t str {
        let start = self.position;
        let inside = start + quote.len_utf8();
        let is_closing = |c: char| match quote {
            '\'' => c == '\'',
            '‘' | '’' => matches!(c, '‘' | '’' | '\''),
            _ => matches!(c, '“' | '”' | '"'),
        };
        let after = self.slice(inside..self.text.len());
        let length = after.find(|c| is_closing(c) || c == '\n').unwrap_or(after.len());
        let closing = after.get(length..).and_then(|rest| rest.chars().next()).filter(|&c| is_closing(c));
        let end = inside + length + closing.map_or(0, char::len_utf8);
        self.position = end;
        self.fault(codes::WRONG_QUOTES, route, start..end, || {
            Wording::new(format!("`{quote}` does not quote strings in JSON")).expected("`\"`")
        });
        self.slice(inside..inside + length)
    }

    /// Reads a number, or what looks like one.
    pub(super) fn number(&mut self, route: Route<'_>) -> Value<'t> {
        let start = self.position;
        let rest = self.rest();
        let belongs = |c: char| c.is_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
        let token = rest.get(..rest.find(|c| !belongs(c)).unwrap_or(rest.len())).unwrap_or("");
        self.position += token.len();
        let span = start..self.position;
        if !is_number(token) {
            self.fault(codes::BAD_NUMBER, route, span, || {
                Wording::new(format!("{} is no JSON number", quoted(token)))
                    .help("put text into double quotes; numbers have no leading zeros or signs other than `-`")
            });
            return Value::Broken;
        }
        // The judge of what is valid JSON here, serde_json, refuses what does not fit; so do we rather than differ.
        if token.parse::<f64>().is_ok_and(f64::is_infinite) {
            self.fault(codes::NUMBER_OUT_OF_RANGE, route, span, || {
                Wording::new(format!("the number {} is out of range", quoted(token)))
                    .help("put it into double quotes to keep its text")
            });
            return Value::Broken;
        }
        Value::Number(token)
    }

    /// The place of a run of letters, digits and what occurs in names and placeholders; moves over it.
    pub(super) fn word_span(&mut self) -> Range<usize> {
        let start = self.position;
        let rest = self.rest();
        let belongs = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-' | '.' | '*' | '<' | '>');
        self.position += placeholder_length(rest).unwrap_or_else(|| rest.find(|c| !belongs(c)).unwrap_or(rest.len()));
        start..self.position
    }

    /// Reads `true`, `false`, `null` or other text without quotes.
    pub(super) fn word(&mut self, route: Route<'_>) -> Value<'t> {
        let span = self.word_span();
        match self.slice(span.clone()) {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            other => {
                self.fault(codes::UNQUOTED_TEXT, route, span, || {
                    Wording::new(format!("{} has no quotes", quoted(other))).help(if other.starts_with("${") {
                        "fill in the placeholder of the template first"
                    } else {
                        "put text into double quotes"
                    })
                });
                Value::Broken
            }
        }
    }
}

/// The length of a template's `${…}` at the start of a text, if it ends on its line.
fn placeholder_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("${")?;
    let end = inside.find(['}', '\n'])?;
    inside.get(end..)?.starts_with('}').then_some("${".len() + end + "}".len())
}

/// Whether a token is a number by RFC 8259.
pub fn is_number(token: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = token.strip_prefix('-').unwrap_or(token);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        None => (unsigned, None),
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        None => (mantissa, None),
        Some((whole, fraction)) => (whole, Some(fraction)),
    };
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// Appends a text as a JSON string.
pub fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' => {
                let code = u32::from(character);
                out.push_str("\\u00");
                out.extend([code / 16, code % 16].into_iter().filter_map(|digit| char::from_digit(digit, 16)));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}
