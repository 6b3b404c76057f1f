//! A strict JSON reader (RFC 8259) that keeps what other readers drop: the place of every value and name, repeated
//! names, and numbers as they were written.
//!
//! After a fault it goes on where that is safe, so that one run shows several faults (JSON-1, JSON-2). Time is linear
//! in the text; nesting and size are bounded (JSON-10).

mod scalar;

use std::borrow::Cow;
use std::ops::Range;

use crate::codes;
use crate::fix::Fix;
use crate::message::Code;
use crate::near::quoted;
use crate::sink::{Route, Sink, Wording};

pub use scalar::{is_number, write_string};

/// What a text is meant to be: limits, and the words that faults need.
#[derive(Debug, Clone, Copy)]
pub struct TextKind {
    /// The longest text that is read, in bytes (JSON-10).
    pub max_bytes: usize,
    /// How deep arrays and objects may nest (JSON-10).
    pub max_depth: usize,
    /// What the text should hold, such as `a policy document`.
    pub expected: &'static str,
    /// What to do about text behind the one value.
    pub one_value: &'static str,
    /// What to do about a comment.
    pub comment: &'static str,
}

impl TextKind {
    /// A file of ours, of any length.
    pub const FILE: Self = Self {
        max_bytes: usize::MAX,
        max_depth: 128,
        expected: "a JSON object",
        one_value: "the text is exactly one JSON value",
        comment: "delete the comment",
    };
}

/// After so many syntax faults the rest of the text is not read.
const MAX_FAULTS: usize = 100;

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'t> {
    /// The bytes of the value.
    pub span: Range<usize>,
    /// The value.
    pub value: Value<'t>,
}

/// A JSON value as written.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// The token as written (JSON-7).
    Number(&'t str),
    /// The text without quotes and escapes.
    String(Cow<'t, str>),
    /// The elements in order.
    Array(Vec<Node<'t>>),
    /// The members in order.
    Object(Vec<Member<'t>>),
    /// A place where a value should be; the fault has been reported.
    Broken,
}

/// A name and its value; names may repeat.
#[derive(Debug, Clone, PartialEq)]
pub struct Member<'t> {
    /// The name without quotes and escapes.
    pub name: Cow<'t, str>,
    /// The bytes of the name with its quotes.
    pub name_span: Range<usize>,
    /// The value.
    pub value: Node<'t>,
}

impl<'t> Node<'t> {
    /// The bytes that a message about the value points at: of an object or an array its bracket.
    pub fn mark(&self) -> Range<usize> {
        match self.value {
            Value::Object(_) | Value::Array(_) => self.span.start..(self.span.start + 1).min(self.span.end),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Broken => self.span.clone(),
        }
    }

    /// The elements of a list with their routes, or the one value itself (JSON-6).
    pub fn items<'n>(&'n self, route: &'n Route<'n>) -> impl Iterator<Item = (Route<'n>, &'n Node<'t>)> {
        let list = self.value.as_array();
        let is_list = list.is_some();
        let elements = list.unwrap_or(std::slice::from_ref(self));
        elements
            .iter()
            .enumerate()
            .map(move |(index, element)| (if is_list { route.index(index) } else { *route }, element))
    }
}

impl<'t> Value<'t> {
    /// The text, if this is a string.
    pub fn as_string(&self) -> Option<&Cow<'t, str>> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The elements, if this is an array.
    pub fn as_array(&self) -> Option<&[Node<'t>]> {
        if let Self::Array(elements) = self { Some(elements) } else { None }
    }

    /// What the value is, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
            Self::Broken => "no value",
        }
    }
}

/// What a text holds.
#[derive(Debug)]
pub struct Read<'t> {
    /// The first value, as far as it could be read.
    pub root: Option<Node<'t>>,
    /// Whether the text is exactly one JSON value within the limits.
    pub is_valid: bool,
    /// Whether the faults of the text, if it has any, lost nothing of it, as comments and commas too many do. What the
    /// root says is then what was meant.
    pub is_whole: bool,
}

/// Reads a text that holds one value; a byte order mark before it is skipped (JSON-8).
pub fn read<'t>(text: &'t str, kind: &TextKind, sink: &mut Sink) -> Read<'t> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    if text.len() > kind.max_bytes {
        sink.report(codes::TEXT_TOO_LONG, Route::Root, &(0..text.len()), || {
            Wording::new(format!("the text has {} bytes and is not read", text.len()))
                .expected(format!("at most {} bytes", kind.max_bytes))
        });
        return Read { root: None, is_valid: false, is_whole: false };
    }
    let mut reader = Reader {
        text,
        kind,
        position: start,
        depth: 0,
        faults: 0,
        is_whole: true,
        sink,
        members: Vec::new(),
        elements: Vec::new(),
    };
    let route = Route::Root;
    reader.skip_space(route);
    if reader.peek().is_none() {
        reader.fault(codes::EMPTY_TEXT, route, start..text.len(), || {
            Wording::new("the text holds no JSON value").expected(kind.expected)
        });
        return Read { root: None, is_valid: false, is_whole: false };
    }
    let root = reader.value(route);
    reader.skip_space(route);
    if reader.position < text.len() {
        let end = start + text.get(start..).unwrap_or("").trim_end().len();
        reader.fault(codes::TRAILING_TEXT, route, reader.position..end, || {
            Wording::new("text follows the document").expected("the end of the text").help(kind.one_value)
        });
    }
    Read { root: Some(root), is_valid: reader.faults == 0, is_whole: reader.is_whole }
}

/// Faults that lose nothing of the text.
const LOSSLESS: [Code; 5] =
    [codes::COMMENT, codes::TRAILING_COMMA, codes::EXTRA_COMMA, codes::MISSING_COMMA, codes::WRONG_QUOTES];

/// Whether a value or a name can start with a character, well or badly written.
fn starts_item(character: char) -> bool {
    matches!(character, '"' | '{' | '[') || character.is_alphanumeric() || "\"'“”„‘’{[-+._$<".contains(character)
}

struct Reader<'t, 's> {
    text: &'t str,
    kind: &'s TextKind,
    position: usize,
    depth: usize,
    faults: usize,
    is_whole: bool,
    sink: &'s mut Sink,
    /// The members and elements of what is being read, the innermost last: an object or array that is complete takes
    /// its own in one piece.
    members: Vec<Member<'t>>,
    elements: Vec<Node<'t>>,
}

impl<'t> Reader<'t, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or("")
    }

    fn peek_char(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn slice(&self, span: Range<usize>) -> &'t str {
        self.text.get(span).unwrap_or("")
    }

    fn fault(&mut self, code: Code, route: Route<'_>, span: Range<usize>, wording: impl FnOnce() -> Wording) {
        self.faults += 1;
        self.is_whole &= LOSSLESS.contains(&code) && self.faults <= MAX_FAULTS;
        if self.faults <= MAX_FAULTS {
            self.sink.report(code, route, &span, wording);
        } else {
            self.position = self.text.len();
        }
    }

    /// Skips white space, and reports what people take for it: comments, other white space.
    fn skip_space(&mut self, route: Route<'_>) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.position += 1,
                Some(b'/') => {
                    let rest = self.rest();
                    let length = if rest.starts_with("//") {
                        rest.find('\n').unwrap_or(rest.len())
                    } else if rest.starts_with("/*") {
                        rest.find("*/").map_or(rest.len(), |end| end + 2)
                    } else {
                        return;
                    };
                    self.comment(route, length);
                }
                Some(b'#') => {
                    let rest = self.rest();
                    self.comment(route, rest.find('\n').unwrap_or(rest.len()));
                }
                Some(byte) if byte.is_ascii() && byte != 0x0b && byte != 0x0c => return,
                _ => {
                    let rest = self.rest();
                    let is_strange = |c: char| {
                        (c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}')
                            && !matches!(c, ' ' | '\t' | '\n' | '\r')
                    };
                    let length = rest.len() - rest.trim_start_matches(is_strange).len();
                    let Some(strange) = rest.chars().next().filter(|_| length > 0) else { return };
                    let span = self.position..self.position + length;
                    self.position = span.end;
                    self.fault(codes::UNEXPECTED_CHARACTER, route, span, || {
                        Wording::new(format!("the white space U+{:04X} is none in JSON", u32::from(strange)))
                            .help("replace it by an ordinary space")
                    });
                }
            }
        }
    }

    fn comment(&mut self, route: Route<'_>, length: usize) {
        let span = self.position..self.position + length;
        self.position = span.end;
        let help = self.kind.comment;
        self.fault(codes::COMMENT, route, span, || Wording::new("JSON has no comments").help(help));
    }

    /// Reads a value; always moves on, except at a closing bracket, comma, colon or the end.
    fn value(&mut self, route: Route<'_>) -> Node<'t> {
        loop {
            let start = self.position;
            // Most values are strings: their first byte is told before any character is made out.
            let first = if self.peek() == Some(b'"') { Some('"') } else { self.peek_char() };
            let value = match first {
                Some(open @ ('{' | '[')) => self.container(route, open),
                Some('"') => Value::String(self.string(route)),
                Some(quote @ ('\'' | '“' | '”' | '„' | '‘' | '’')) => {
                    Value::String(Cow::Borrowed(self.wrong_quotes(route, quote)))
                }
                Some('-' | '+' | '.' | '0'..='9') => self.number(route),
                Some(letter) if letter.is_alphabetic() || matches!(letter, '_' | '$' | '<') => self.word(route),
                None | Some('}' | ']' | ',' | ':') => {
                    let end = start + self.peek_char().map_or(0, char::len_utf8);
                    self.fault(codes::MISSING_VALUE, route, start..end, || {
                        Wording::new("a value is missing").expected("a JSON value")
                    });
                    Value::Broken
                }
                Some(_) => {
                    self.unexpected(route);
                    self.skip_space(route);
                    continue;
                }
            };
            return Node { span: start..self.position, value };
        }
    }

    /// Reports and skips one character.
    fn unexpected(&mut self, route: Route<'_>) {
        let Some(character) = self.peek_char() else { return };
        let span = self.position..self.position + character.len_utf8();
        self.position = span.end;
        self.fault(codes::UNEXPECTED_CHARACTER, route, span, || {
            Wording::new(format!("unexpected {}", quoted(character.encode_utf8(&mut [0; 4]))))
        });
    }

    fn container(&mut self, route: Route<'_>, open: char) -> Value<'t> {
        if self.depth == self.kind.max_depth {
            self.skip_container(route);
            return Value::Broken;
        }
        self.depth += 1;
        let start = self.position;
        self.position += 1;
        let value = if open == '{' {
            let before = self.members.len();
            self.items(route, start, b'}', |reader| {
                if let Some(member) = reader.member(route) {
                    reader.members.push(member);
                }
            });
            Value::Object(self.members.drain(before..).collect())
        } else {
            let before = self.elements.len();
            self.items(route, start, b']', |reader| {
                let element = reader.value(route.index(reader.elements.len() - before));
                reader.elements.push(element);
            });
            Value::Array(self.elements.drain(before..).collect())
        };
        self.depth -= 1;
        value
    }

    /// Reads what stands between brackets: `item` for each place between commas. Every turn moves on or ends.
    fn items(&mut self, route: Route<'_>, start: usize, close: u8, mut item: impl FnMut(&mut Self)) {
        let mut last_comma = None;
        let mut after_item = false;
        loop {
            self.skip_space(route);
            match self.peek() {
                Some(byte) if byte == close => {
                    self.position += 1;
                    if let Some(comma) = last_comma {
                        self.fault(codes::TRAILING_COMMA, route, comma..comma + 1, || {
                            let fix = Fix::new("delete the comma", comma..comma + 1, "");
                            Wording::new("a comma follows the last item").help("delete the comma").maybe_fix(Some(fix))
                        });
                    }
                    return;
                }
                None | Some(b'}' | b']') => {
                    self.fault(codes::UNCLOSED_BRACKET, route, start..start + 1, || {
                        let open = if close == b'}' { '{' } else { '[' };
                        Wording::new(format!("the `{open}` is never closed"))
                            .expected(format!("`{}`", char::from(close)))
                    });
                    return;
                }
                Some(b',') if after_item => {
                    last_comma = Some(self.position);
                    after_item = false;
                    self.position += 1;
                }
                Some(b',') => {
                    let span = self.position..self.position + 1;
                    self.position += 1;
                    self.fault(codes::EXTRA_COMMA, route, span, || {
                        Wording::new("a comma with nothing before it").help("delete the comma")
                    });
                }
                Some(byte) if byte != b'"' && !self.peek_char().is_some_and(starts_item) => self.unexpected(route),
                Some(_) => {
                    if after_item {
                        let place = self.position;
                        self.fault(codes::MISSING_COMMA, route, place..place, || {
                            Wording::new("a comma is missing before this item").expected("`,`")
                        });
                    }
                    let before = self.position;
                    item(self);
                    // Only reaching the fault limit can leave a place unread; then the text is over.
                    if self.position == before {
                        self.position = self.text.len();
                    }
                    (after_item, last_comma) = (true, None);
                }
            }
        }
    }

    /// Reads `"name": value`.
    fn member(&mut self, route: Route<'_>) -> Option<Member<'t>> {
        let start = self.position;
        let first = if self.peek() == Some(b'"') { Some('"') } else { self.peek_char() };
        let name = match first {
            Some('"') => self.string(route),
            Some(quote @ ('\'' | '“' | '”' | '„' | '‘' | '’')) => {
                Cow::Borrowed(self.wrong_quotes(route, quote))
            }
            Some(first) if first.is_alphanumeric() || matches!(first, '_' | '$') => {
                let span = self.word_span();
                self.fault(codes::UNQUOTED_TEXT, route, span.clone(), || {
                    Wording::new(format!(
                        "the name {} has no quotes",
                        quoted(self.text.get(span.clone()).unwrap_or(""))
                    ))
                    .help("put it into double quotes")
                });
                Cow::Borrowed(self.slice(span))
            }
            Some('{' | '[') => {
                let node = self.value(route);
                self.fault(codes::UNEXPECTED_CHARACTER, route, node.span, || {
                    Wording::new("a value stands where a name should be").expected("a name in double quotes")
                });
                return None;
            }
            _ => {
                self.unexpected(route);
                return None;
            }
        };
        let name_span = start..self.position;
        let value_route = route.key(&name);
        self.skip_space(value_route);
        let value = if self.peek() == Some(b':') {
            self.position += 1;
            self.skip_space(value_route);
            self.value(value_route)
        } else {
            self.fault(codes::MISSING_COLON, value_route, name_span.clone(), || {
                Wording::new(format!("no colon follows the name {}", quoted(&name))).expected("`:` and a value")
            });
            while self.peek() == Some(b'=') || self.rest().starts_with('>') {
                self.position += 1;
            }
            self.skip_space(value_route);
            match self.peek() {
                None | Some(b'}' | b']' | b',') => Node { span: self.position..self.position, value: Value::Broken },
                Some(_) => self.value(value_route),
            }
        };
        Some(Member { name, name_span, value })
    }

    /// Skips an array or object that is too deep, without recursion.
    fn skip_container(&mut self, route: Route<'_>) {
        let start = self.position;
        let mut open = 0_usize;
        let mut in_string = false;
        let mut escaped = false;
        for byte in self.text.as_bytes().get(start..).unwrap_or_default() {
            self.position += 1;
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b'{' | b'[' if !in_string => open += 1,
                b'}' | b']' if !in_string => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                }
                _ => {}
            }
        }
        let most = self.kind.max_depth;
        self.fault(codes::TOO_DEEP, route, start..start + 1, || {
            Wording::new(format!("arrays and objects nest deeper than {most} levels"))
        });
    }
}
