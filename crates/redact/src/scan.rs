//! Policy texts as a sequence of strings with their places, read so that a text can be edited and not printed anew.

use std::ops::Range;

/// What a string of a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Compared as text: resources, and values of string and ARN operators.
    Value,
    /// The name of a member, such as a condition key.
    Name,
    /// A value that is compared as a number, a date, an address, a truth value or bytes.
    Typed,
    /// An action, an effect, a version: words of AWS.
    Word,
    /// A `Sid` or `Id`: for people, and compared with nothing.
    Label,
}

/// A string of a policy text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scanned {
    /// The text without escapes, one byte a character: what is not ASCII is [`OTHER`].
    pub(crate) text: String,
    /// For each byte of `text` the bytes that stand for it.
    pub(crate) places: Vec<Range<usize>>,
    pub(crate) role: Role,
    /// The name of the member that it is a value of, such as `Resource` or a condition key.
    pub(crate) member: String,
}

/// Stands for a character that is not ASCII; never part of a word.
const OTHER: char = '\u{1a}';

/// All strings and numbers of a text that is JSON, or nearly.
pub(crate) fn strings(text: &str) -> Vec<Scanned> {
    let mut scanner = Scanner { text, position: 0, open: Vec::new(), found: Vec::new() };
    scanner.run();
    scanner.found
}

/// An array or an object that is being read.
#[derive(Debug)]
enum Open {
    Array,
    /// With the name of the member that is being read.
    Object(String),
}

struct Scanner<'t> {
    text: &'t str,
    position: usize,
    open: Vec<Open>,
    found: Vec<Scanned>,
}

impl Scanner<'_> {
    fn run(&mut self) {
        while let Some(character) = self.peek() {
            match character {
                '"' => self.string(),
                '{' => self.enter(Open::Object(String::new())),
                '[' => self.enter(Open::Array),
                '}' | ']' => {
                    self.open.pop();
                    self.position += 1;
                }
                _ if character.is_ascii_alphanumeric() => self.bare(),
                _ => self.position += character.len_utf8(),
            }
        }
    }

    fn enter(&mut self, open: Open) {
        self.open.push(open);
        self.position += 1;
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.position..)?.chars().next()
    }

    /// A number, or anything else without quotes.
    fn bare(&mut self) {
        let mut scanned = Scanned { text: String::new(), places: Vec::new(), role: self.role(), member: self.member() };
        while let Some(character) = self.peek()
            && (character.is_ascii_alphanumeric() || matches!(character, '.' | '+' | '-' | '_'))
        {
            scanned.text.push(character);
            scanned.places.push(self.position..self.position + 1);
            self.position += 1;
        }
        self.found.push(scanned);
    }

    fn string(&mut self) {
        self.position += 1;
        let mut scanned = Scanned { text: String::new(), places: Vec::new(), role: Role::Value, member: self.member() };
        loop {
            let start = self.position;
            let Some(character) = self.peek() else { break };
            self.position += character.len_utf8();
            let meant = match character {
                '"' => break,
                '\\' => self.escaped(),
                _ if character.is_ascii() => character,
                _ => OTHER,
            };
            scanned.text.push(meant);
            scanned.places.push(start..self.position);
        }
        let rest = self.text.get(self.position..).unwrap_or_default();
        let is_name = rest.trim_start_matches([' ', '\t', '\n', '\r']).starts_with(':');
        match self.open.last_mut() {
            Some(Open::Object(name)) if is_name => {
                name.clone_from(&scanned.text);
                scanned.role = Role::Name;
            }
            _ => scanned.role = self.role(),
        }
        self.found.push(scanned);
    }

    fn escaped(&mut self) -> char {
        let Some(kind) = self.peek() else { return OTHER };
        self.position += kind.len_utf8();
        match kind {
            '"' | '\\' | '/' => kind,
            'u' => {
                let digits = self.text.get(self.position..self.position + 4);
                let Some(code) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else { return OTHER };
                self.position += 4;
                char::from_u32(code).filter(char::is_ascii).unwrap_or(OTHER)
            }
            _ => OTHER,
        }
    }

    /// The name of the innermost member.
    fn member(&self) -> String {
        let mut names =
            self.open.iter().filter_map(|open| if let Open::Object(name) = open { Some(name) } else { None });
        names.next_back().cloned().unwrap_or_default()
    }

    /// What a value at this place is for.
    fn role(&self) -> Role {
        let mut names = self.open.iter().filter_map(|open| match open {
            Open::Object(name) => Some(name.as_str()),
            Open::Array => None,
        });
        let is_one_of = |words: &[&str], name: &str| words.iter().any(|word| word.eq_ignore_ascii_case(name));
        let last = names.clone().next_back();
        if last.is_some_and(|name| is_one_of(&["Id", "Sid"], name)) && !names.clone().any(is_condition) {
            return Role::Label;
        }
        let words = ["Action", "NotAction", "Effect", "Version", "Id", "Sid"];
        if names.clone().any(|name| is_one_of(&words, name)) {
            return Role::Word;
        }
        let operator = names.find(|name| is_condition(name)).and_then(|_| names.next());
        if operator.is_some_and(is_typed) { Role::Typed } else { Role::Value }
    }
}

fn is_condition(name: &str) -> bool {
    name.eq_ignore_ascii_case("Condition")
}

/// Whether an operator compares something else than texts.
fn is_typed(operator: &str) -> bool {
    let base = operator.rsplit(':').next().unwrap_or(operator).to_ascii_lowercase();
    ["numeric", "date", "bool", "binary", "ipaddress", "notipaddress", "null"]
        .iter()
        .any(|family| base.starts_with(family))
}

/// A part of a pattern without wildcards and variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Literal {
    /// Where it stands in the pattern.
    pub(crate) span: Range<usize>,
    /// Whether a wildcard or a variable stands before it.
    pub(crate) open_start: bool,
    /// Whether a wildcard or a variable stands behind it.
    pub(crate) open_end: bool,
}

/// The literal parts of a pattern (MATCH-4, VAR-1), and those of the defaults of its variables. Ordinary characters
/// that look like wildcards count as such: that makes more texts partial, never fewer.
pub(crate) fn literals(pattern: &str) -> Vec<Literal> {
    let bytes = pattern.as_bytes();
    let mut found: Vec<Literal> = Vec::new();
    let (mut start, mut open_start, mut position) = (0, false, 0);
    // Behind the last brace no variable ends: looking for more would take quadratic time.
    let last_brace = pattern.rfind('}').unwrap_or(0);
    let mut close = |start: usize, end: usize, open_start: bool, open_end: bool| {
        if start < end {
            found.push(Literal { span: start..end, open_start, open_end });
        }
    };
    while let Some(byte) = bytes.get(position) {
        let rest = pattern.get(position..).filter(|rest| position < last_brace && rest.starts_with("${"));
        let variable = rest.and_then(|rest| rest.find('}'));
        let next = match (byte, variable) {
            (b'*' | b'?', _) => position + 1,
            (b'$', Some(length)) => {
                let inner = position + 2..position + length;
                let text = pattern.get(inner.clone()).unwrap_or_default();
                if matches!(text, "*" | "?" | "$") {
                    // An ordinary character.
                    position += length + 1;
                    continue;
                }
                if let Some(comma) = text.find(", '") {
                    close(inner.start + comma + 3, inner.end.saturating_sub(1), true, true);
                }
                position + length + 1
            }
            _ => {
                position += 1;
                continue;
            }
        };
        close(start, position, open_start, true);
        (start, open_start, position) = (next, true, next);
    }
    close(start, bytes.len(), open_start, false);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_have_roles_and_places() {
        use Role::{Label, Name, Typed, Value, Word};
        let text = r#"{"Version":"2012-10-17","Statement":[{"Sid":"S","Action":["a:b"],"Resource":"x\u0032\/","Condition":
            {"ForAnyValue:NumericEquals":{"k":[222222222222]},"StringLike":{"é":"\"y"}}}]}"#;
        let found = strings(text);
        let shown: Vec<(&str, Role)> = found.iter().map(|scanned| (scanned.text.as_str(), scanned.role)).collect();
        assert_eq!(
            shown,
            [
                ("Version", Name),
                ("2012-10-17", Word),
                ("Statement", Name),
                ("Sid", Name),
                ("S", Label),
                ("Action", Name),
                ("a:b", Word),
                ("Resource", Name),
                ("x2/", Value),
                ("Condition", Name),
                ("ForAnyValue:NumericEquals", Name),
                ("k", Name),
                ("222222222222", Typed),
                ("StringLike", Name),
                ("\u{1a}", Name),
                ("\"y", Value),
            ]
        );
        let resource = &found[8];
        assert_eq!(text.get(resource.places[1].clone()).unwrap(), r"\u0032");
    }

    #[test]
    fn a_text_that_is_no_json_is_read_as_far_as_it_goes() {
        for text in ["", "\"", "\"\\", "\"\\u12", "}{]]", "{\"a\":", "[\"a\" \"b\"", "\u{e9}\"\u{e9}", "\"\\u\u{e9}\""]
        {
            for scanned in strings(text) {
                assert_eq!(scanned.text.len(), scanned.places.len(), "{text}");
            }
        }
    }

    #[test]
    fn literals_know_their_neighbours() {
        let show = |pattern: &str| -> Vec<String> {
            literals(pattern)
                .into_iter()
                .map(|literal| {
                    let edge = |open: bool| if open { "~" } else { "" };
                    let text = pattern.get(literal.span.clone()).unwrap();
                    format!("{}{text}{}", edge(literal.open_start), edge(literal.open_end))
                })
                .collect()
        };
        assert_eq!(show("a"), ["a"]);
        assert_eq!(show("a*b?"), ["a~", "~b~"]);
        assert_eq!(show("a${*}b"), ["a${*}b"]);
        assert_eq!(show("a${aws:x, 'd'}b"), ["~d~", "a~", "~b"]);
        assert_eq!(show("${"), ["${"]);
        assert_eq!(show("**"), Vec::<String>::new());
    }
}
