//! JSON with a line for each item: what is deeper stands on it, so that indentation is no third of a large file.

use std::io::{self, Write};

use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

/// Indents what is up to so deep.
pub(super) struct Lines<'a> {
    most: usize,
    depth: usize,
    pretty: PrettyFormatter<'a>,
}

impl Lines<'_> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, depth: 0, pretty: PrettyFormatter::new() }
    }

    /// Steps into an object or a list; whether its items have lines of their own.
    fn enter(&mut self) -> bool {
        self.depth += 1;
        self.depth <= self.most
    }

    fn leave(&mut self) -> bool {
        let was_shallow = self.is_shallow();
        self.depth -= 1;
        was_shallow
    }

    fn is_shallow(&self) -> bool {
        self.depth <= self.most
    }
}

impl Formatter for Lines<'_> {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.enter() { self.pretty.begin_array(writer) } else { CompactFormatter.begin_array(writer) }
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.leave() { self.pretty.end_array(writer) } else { CompactFormatter.end_array(writer) }
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if self.is_shallow() {
            self.pretty.begin_array_value(writer, first)
        } else {
            CompactFormatter.begin_array_value(writer, first)
        }
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        // Remembers that something stands there.
        if self.is_shallow() { self.pretty.end_array_value(writer) } else { Ok(()) }
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.enter() { self.pretty.begin_object(writer) } else { CompactFormatter.begin_object(writer) }
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.leave() { self.pretty.end_object(writer) } else { CompactFormatter.end_object(writer) }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if self.is_shallow() {
            self.pretty.begin_object_key(writer, first)
        } else {
            CompactFormatter.begin_object_key(writer, first)
        }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.is_shallow() {
            self.pretty.begin_object_value(writer)
        } else {
            CompactFormatter.begin_object_value(writer)
        }
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.is_shallow() { self.pretty.end_object_value(writer) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::Lines;

    #[test]
    fn a_line_an_item() {
        let value = serde_json::json!({"a": [{"b": [1, {"c": []}]}, {}], "d": {}, "e": []});
        let mut text = Vec::new();
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, Lines::new(2))).unwrap();
        let expected = "{\n  \"a\": [\n    {\"b\":[1,{\"c\":[]}]},\n    {}\n  ],\n  \"d\": {},\n  \"e\": []\n}";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
