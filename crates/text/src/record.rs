//! Files whose members are known: every fault is named, a misspelt member among them, since it would silently change
//! what is meant.

use std::ops::Range;

use rustc_hash::FxHashSet;

use crate::codes;
use crate::error::{Faults, LoadError};
use crate::json::{Member, Node, Read, TextKind, Value, read, write_string};
use crate::message::Message;
use crate::near::{nearest, shorten};
use crate::path::PolicyPath;
use crate::place::{path_at, span_at};
use crate::sink::Sink;

/// What to do about an id that is a number.
const QUOTE_IDS: &str = "write ids in quotes: the leading zeros of an account id count";

/// Up to this many members of an object are compared with each other for doubles; beyond it a table is made.
const FEW: usize = 16;

/// A JSON text that was read, with the faults of its syntax.
#[derive(Debug)]
pub struct JsonText<'t> {
    text: &'t str,
    read: Read<'t>,
    faults: Vec<Message>,
    omitted: usize,
    /// Whether the text is JSON, so that what it says can be taken from it as it stands.
    is_json: bool,
}

impl<'t> JsonText<'t> {
    /// Reads a text. A byte order mark is skipped.
    pub fn new(text: &'t str, kind: &TextKind) -> Self {
        let mut sink = Sink::of_file();
        let read = read(text, kind, &mut sink);
        let omitted = sink.omitted();
        Self { text, faults: sink.finish(text), read, omitted, is_json: true }
    }

    /// A text in another language that says the same as JSON would, with the tree that its own reader made of it: what
    /// spans are about is the text. Without a tree it says nothing.
    pub fn from_tree(text: &'t str, root: Option<Node<'t>>) -> Self {
        let is_valid = root.is_some();
        let read = Read { root, is_valid, is_whole: is_valid };
        Self { text, read, faults: Vec::new(), omitted: 0, is_json: false }
    }

    /// The first value, as far as it could be read.
    pub fn root(&self) -> Option<&Node<'t>> {
        self.read.root.as_ref()
    }

    /// Whether the text is exactly one JSON value.
    pub fn is_valid(&self) -> bool {
        self.read.is_valid
    }

    /// Whether what could be read is all that the text says, apart from faults that lose nothing, such as comments.
    pub fn is_whole(&self) -> bool {
        self.read.is_whole
    }

    /// The text of a value as it was written.
    pub fn source(&self, node: &Node<'_>) -> &'t str {
        self.text.get(node.span.clone()).unwrap_or_default()
    }

    /// The error of faults that are told by routes alone, with their places, and of the faults of the syntax; `None`
    /// without any.
    pub fn error(&self, faults: impl IntoIterator<Item = Message>, omitted: usize) -> Option<LoadError> {
        let mut sink = Sink::of_file();
        self.faults.iter().cloned().for_each(|fault| sink.push(fault));
        for fault in faults {
            let span = match (self.root(), &fault.place) {
                (_, Some(place)) => place.span.clone(),
                (Some(root), None) => span_at(root, &fault.path),
                (None, None) => 0..0,
            };
            sink.push(fault.on(span));
        }
        let omitted = omitted + self.omitted + sink.omitted();
        LoadError::of(sink.finish_with_routes(self.text, self.root()), omitted)
    }
}

/// Reads the objects of a text one by one, and collects their faults. See the example of the crate.
#[derive(Debug)]
pub struct RecordReader<'f> {
    file: &'f JsonText<'f>,
    faults: Faults,
    /// Lists of names of records that were closed, to be used again.
    spare: Vec<Vec<&'static str>>,
}

impl<'f> RecordReader<'f> {
    /// A reader of a text.
    pub fn new(file: &'f JsonText<'f>) -> Self {
        Self { file, faults: Faults::default(), spare: Vec::new() }
    }

    /// The text as an object.
    ///
    /// # Errors
    ///
    /// If so much of the text is no JSON that further faults would follow from that, or if it is another value than an
    /// object: then there is nothing more to say.
    pub fn root(&mut self) -> Result<Record<'f>, LoadError> {
        let root = self.file.root().filter(|_| self.file.is_whole());
        let record = root.and_then(|root| self.record(root));
        record.ok_or_else(|| self.error().unwrap_or_else(|| LoadError::single(codes::WRONG_TYPE.message("no object"))))
    }

    /// Checks the member `Format`; a text of another format has nothing more to say.
    ///
    /// # Errors
    ///
    /// If it is missing, newer or another one.
    pub fn format(&mut self, root: &mut Record<'f>, expected: &str, what: &str) -> Result<(), LoadError> {
        let Some(found) = root.required_text(self, "Format") else {
            return Err(self.error().unwrap_or_else(|| LoadError::single(codes::UNKNOWN_FORMAT.message("no format"))));
        };
        let Some(fault) = wrong_format(&found, expected, what) else { return Ok(()) };
        let fault = fault.on(root.span_of("Format"));
        // Nothing else need hold in another format.
        self.faults = Faults::default();
        self.fault(fault);
        self.finish_here()
    }

    fn finish_here(&mut self) -> Result<(), LoadError> {
        self.error().map_or(Ok(()), Err)
    }

    /// A value as an object; a fault and `None` if it is another.
    pub fn record(&mut self, node: &'f Node<'f>) -> Option<Record<'f>> {
        let Value::Object(members) = &node.value else {
            self.wrong_type(node, "an object");
            return None;
        };
        self.doubles(members);
        Some(Record { node, members, next: 0, asked: 0, known: self.spare.pop().unwrap_or_default(), told: Vec::new() })
    }

    /// Reports members that stand twice.
    fn doubles(&mut self, members: &'f [Member<'f>]) {
        if members.len() <= FEW {
            for (index, member) in members.iter().enumerate() {
                if members.iter().take(index).any(|other| other.name == member.name) {
                    self.double(member);
                }
            }
            return;
        }
        let mut seen = FxHashSet::default();
        for member in members {
            if !seen.insert(&member.name) {
                self.double(member);
            }
        }
    }

    fn double(&mut self, member: &Member<'_>) {
        let message = format!("the member `{}` stands twice", shorten(&member.name));
        self.fault(codes::DUPLICATE_MEMBER.message(message).on(member.name_span.clone()));
    }

    /// Reports that a value has another type than it should have.
    pub fn wrong_type(&mut self, node: &Node<'_>, expected: &str) {
        if node.value != Value::Broken {
            let fault = codes::WRONG_TYPE.message(format!("found {}", node.value.type_name()));
            self.fault(fault.expected(expected).on(node.mark()));
        }
    }

    /// Notes a fault. Without a route it gets that to its place, without a place it is about the whole text.
    pub fn fault(&mut self, fault: Message) {
        self.faults.push(fault);
    }

    /// Whether a fault was noted. Faults of the syntax are not.
    pub fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// The text of a value as it was written.
    pub fn source(&self, node: &Node<'_>) -> &'f str {
        self.file.source(node)
    }

    /// The route to a value.
    pub fn path(&self, node: &Node<'_>) -> PolicyPath {
        self.file.root().map_or_else(PolicyPath::default, |root| path_at(root, node.span.start))
    }

    /// A value that is a string.
    pub fn string(&mut self, node: &'f Node<'f>, expected: &str) -> Option<String> {
        let text = node.value.as_string();
        if text.is_none() {
            self.wrong_type(node, expected);
        }
        text.map(|text| text.clone().into_owned())
    }

    /// A value that is an array.
    pub fn array(&mut self, node: &'f Node<'f>) -> Option<&'f [Node<'f>]> {
        let elements = node.value.as_array();
        if elements.is_none() {
            self.wrong_type(node, "an array");
        }
        elements
    }

    /// A value that is an id: a number would have lost its leading zeros, so only a string will do (ID-4).
    pub fn id(&mut self, node: &'f Node<'f>) -> Option<String> {
        const EXPECTED: &str = "an id as a string in quotes";
        if matches!(node.value, Value::Number(_)) {
            let fault = codes::WRONG_TYPE.message("found a number").expected(EXPECTED).rule("ID-4").help(QUOTE_IDS);
            self.fault(fault.on(node.mark()));
            return None;
        }
        self.string(node, EXPECTED)
    }

    /// A value that is the text of a JSON document: a string is the exact text, an object stands for its text without
    /// white space.
    ///
    /// An object is taken as written and not as it was read: who parses the text must see members that stand twice
    /// (JSON-3). Where the file is no JSON, the object is printed with all of its members.
    pub fn document(&mut self, node: &'f Node<'f>, expected: &str) -> Option<String> {
        if matches!(node.value, Value::Object(_)) {
            let is_json = self.file.is_json;
            return Some(if is_json { without_white_space(self.source(node)) } else { printed(node) });
        }
        self.string(node, expected)
    }

    fn error(&mut self) -> Option<LoadError> {
        let noted = std::mem::take(&mut self.faults).into_result();
        let (faults, omitted) = noted.err().map_or_else(Default::default, LoadError::into_parts);
        self.file.error(faults, omitted)
    }

    /// The error of all faults; one without any says that there is none, so ask [`has_faults`](Self::has_faults)
    /// before.
    pub fn into_error(mut self) -> LoadError {
        self.error().unwrap_or_else(|| LoadError::single(codes::WRONG_TYPE.message("the text says nothing")))
    }

    /// All faults with line and column, as they stand in the text.
    ///
    /// # Errors
    ///
    /// If there are any.
    pub fn finish(mut self) -> Result<(), LoadError> {
        self.finish_here()
    }
}

/// What is wrong with a `Format`; `None` if it is the expected one.
pub fn wrong_format(found: &str, expected: &str, what: &str) -> Option<Message> {
    if found == expected {
        return None;
    }
    let (name, version) = expected.rsplit_once('/').unwrap_or((expected, "1"));
    let newer = found
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('/'))
        .and_then(|found| found.parse::<u32>().ok())
        .zip(version.parse::<u32>().ok())
        .is_some_and(|(found, known)| found > known);
    let shown = shorten(found);
    let fault = if newer {
        codes::NEWER_FORMAT
            .message(format!("the {what} has the newer format `{shown}`"))
            .help("update scproof, or use a file for this version")
    } else {
        codes::UNKNOWN_FORMAT.message(format!("`{shown}` is not the format of a {what}"))
    };
    Some(fault.expected(format!("`{expected}`")))
}

/// An object of a file, read member by member.
#[derive(Debug)]
pub struct Record<'f> {
    node: &'f Node<'f>,
    members: &'f [Member<'f>],
    /// The member behind the one that was asked for last: members mostly stand in the order in which they are asked
    /// for.
    next: usize,
    /// The members that were asked for, a bit each, as far as there are bits.
    asked: u64,
    /// What was asked for.
    known: Vec<&'static str>,
    /// Members that were told as what a missing one was meant to be.
    told: Vec<&'f Member<'f>>,
}

impl<'f> Record<'f> {
    /// The object.
    pub fn node(&self) -> &'f Node<'f> {
        self.node
    }

    /// All members in order.
    pub fn members(&self) -> &'f [Member<'f>] {
        self.members
    }

    /// The bytes of a member's value, or of the object's bracket if there is no such member.
    pub fn span_of(&self, name: &str) -> Range<usize> {
        self.find(name).map_or_else(|| self.span(), Node::mark)
    }

    /// The bracket that opens the object.
    pub fn span(&self) -> Range<usize> {
        self.node.mark()
    }

    fn find(&self, name: &str) -> Option<&'f Node<'f>> {
        self.members.iter().find(|member| member.name == name).map(|member| &member.value)
    }

    /// The value of a member. `null` is a value.
    pub fn value(&mut self, name: &'static str) -> Option<&'f Node<'f>> {
        self.known.push(name);
        let is_it = |member: &Member<'_>| member.name == name;
        // Of a name that stands twice the first counts, which a reader of the next one alone may pass over: the fault
        // is told anyway.
        let at = match self.members.get(self.next) {
            Some(member) if is_it(member) => self.next,
            _ => self.members.iter().position(is_it)?,
        };
        self.next = at + 1;
        if at < 64 {
            self.asked |= 1 << at;
        }
        self.members.get(at).map(|member| &member.value)
    }

    /// The value of a member for which `null` means that it is missing.
    pub fn given(&mut self, name: &'static str) -> Option<&'f Node<'f>> {
        self.value(name).filter(|node| node.value != Value::Null)
    }

    /// The value of a member that must be there.
    pub fn required(&mut self, reader: &mut RecordReader<'f>, name: &'static str) -> Option<&'f Node<'f>> {
        let value = self.value(name);
        if value.is_none() {
            let missing = self.missing(reader, name);
            let told = self.misspelt(name);
            reader.fault(missing);
            self.told.extend(told);
        }
        value
    }

    /// The member that is probably meant to be one that is missing.
    fn misspelt(&self, name: &str) -> Option<&'f Member<'f>> {
        let is_near = |member: &&Member<'_>| nearest(&member.name, [name]).is_some();
        self.members.iter().filter(is_near).find(|member| !self.known.contains(&&*member.name))
    }

    /// A member that is a string.
    pub fn text(&mut self, reader: &mut RecordReader<'f>, name: &'static str) -> Option<String> {
        let node = self.value(name)?;
        Self::read_text(reader, name, node)
    }

    /// A member that is a string; `null` means that it is missing.
    pub fn optional_text(&mut self, reader: &mut RecordReader<'f>, name: &'static str) -> Option<String> {
        let node = self.given(name)?;
        Self::read_text(reader, name, node)
    }

    /// A member that is true or false; `null` means that it is missing.
    pub fn flag(&mut self, reader: &mut RecordReader<'f>, name: &'static str) -> Option<bool> {
        let node = self.given(name)?;
        if let Value::Bool(value) = node.value {
            return Some(value);
        }
        reader.wrong_type(node, "true or false");
        None
    }

    /// A member that is a string and must be there.
    pub fn required_text(&mut self, reader: &mut RecordReader<'f>, name: &'static str) -> Option<String> {
        let node = self.required(reader, name)?;
        Self::read_text(reader, name, node)
    }

    fn read_text(reader: &mut RecordReader<'f>, name: &str, node: &'f Node<'f>) -> Option<String> {
        let is_id = name.ends_with("Id") || name == "Account";
        if is_id { reader.id(node) } else { reader.string(node, "a string") }
    }

    /// A member that is a list of strings, or one string; with the node of each.
    pub fn texts(&mut self, reader: &mut RecordReader<'f>, name: &'static str) -> Option<Vec<(&'f Node<'f>, String)>> {
        let node = self.value(name)?;
        let one = node.value.as_string().map(|_| std::slice::from_ref(node));
        let Some(elements) = one.or_else(|| node.value.as_array()) else {
            reader.wrong_type(node, "a string or an array of strings");
            return None;
        };
        Some(elements.iter().filter_map(|node| Some((node, Self::read_text(reader, name, node)?))).collect())
    }

    /// A member that is an array.
    pub fn elements(&mut self, reader: &mut RecordReader<'f>, name: &'static str) -> Option<&'f [Node<'f>]> {
        let node = self.value(name)?;
        reader.array(node)
    }

    /// A member that is an array and must be there; nothing is in one that is missing.
    pub fn required_elements(&mut self, reader: &mut RecordReader<'f>, name: &'static str) -> &'f [Node<'f>] {
        self.required(reader, name).and_then(|node| reader.array(node)).unwrap_or_default()
    }

    /// A member that is an array; nothing is in one that is missing or `null`.
    pub fn optional_elements(&mut self, reader: &mut RecordReader<'f>, name: &'static str) -> &'f [Node<'f>] {
        self.given(name).and_then(|node| reader.array(node)).unwrap_or_default()
    }

    /// The fault that a member is missing, at the member that is probably meant to be it if there is one, else with the
    /// route it would have.
    pub fn missing(&self, reader: &RecordReader<'f>, name: &str) -> Message {
        let fault = codes::MISSING_MEMBER.message(format!("the member `{name}` is missing"));
        match self.misspelt(name) {
            Some(member) => fault
                .help(format!("did you mean `{name}` where it says `{}`?", shorten(&member.name)))
                .on(member.name_span.clone()),
            None => fault.at(reader.path(self.node).key(name)).on(self.span()),
        }
    }

    /// Reports the members that were never asked for.
    pub fn close(mut self, reader: &mut RecordReader<'f>) {
        for member in self.unknown() {
            let fault = Self::unknown_member(member);
            let fault = if let Some(near) = self.meant(member) {
                fault.help(format!("did you mean `{near}`?"))
            } else {
                let mut known: Vec<String> = self.known.iter().map(|name| format!("`{name}`")).collect();
                known.sort();
                known.dedup();
                fault.expected(format!("one of {}", known.join(", ")))
            };
            reader.fault(fault);
        }
        self.give_back(reader);
    }

    fn give_back(&mut self, reader: &mut RecordReader<'f>) {
        self.known.clear();
        reader.spare.push(std::mem::take(&mut self.known));
    }

    /// Reports the members that were never asked for and that are nearly one that is missing. Others are fine: AWS's
    /// own records have more members than anybody needs, and get new ones.
    pub fn close_open(mut self, reader: &mut RecordReader<'f>) {
        for member in self.unknown() {
            let meant = self.meant(member).filter(|name| self.find(name).is_none());
            if let Some(near) = meant {
                reader.fault(Self::unknown_member(member).help(format!("did you mean `{near}`?")));
            }
        }
        self.give_back(reader);
    }

    fn unknown(&self) -> impl Iterator<Item = &'f Member<'f>> {
        let asked = |at: usize| at < 64 && self.asked & (1 << at) != 0;
        let unasked = self.members.iter().enumerate().filter(move |&(at, _)| !asked(at)).map(|(_, member)| member);
        unasked.filter(|member| {
            !self.known.contains(&&*member.name) && !self.told.iter().any(|told| std::ptr::eq(*told, *member))
        })
    }

    fn meant(&self, member: &Member<'_>) -> Option<&'static str> {
        nearest(&member.name, self.known.iter().copied())
    }

    fn unknown_member(member: &Member<'_>) -> Message {
        let message = format!("`{}` is no member of this format", shorten(&member.name));
        codes::UNKNOWN_MEMBER.message(message).on(member.name_span.clone())
    }
}

/// A value as JSON without white space. Trees nest no deeper than their reader allows.
fn printed(node: &Node<'_>) -> String {
    fn print(out: &mut String, node: &Node<'_>) {
        match &node.value {
            Value::Null | Value::Broken => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(token) => out.push_str(token),
            Value::String(text) => write_string(out, text),
            Value::Array(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    print(out, element);
                }
                out.push(']');
            }
            Value::Object(members) => {
                out.push('{');
                for (index, member) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_string(out, &member.name);
                    out.push(':');
                    print(out, &member.value);
                }
                out.push('}');
            }
        }
    }
    let mut out = String::new();
    print(&mut out, node);
    out
}

/// Removes the white space outside strings; linear, without recursion, on any text.
fn without_white_space(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in text.chars() {
        if in_string {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
        } else if matches!(character, ' ' | '\n' | '\r' | '\t') {
            continue;
        } else if character == '"' {
            in_string = true;
        }
        kept.push(character);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_inside_strings_stays() {
        let text = "{ \"a b\" : [ 1 , \"\\\" c\" ],\n\t\"é \":{ } }";
        assert_eq!(without_white_space(text), "{\"a b\":[1,\"\\\" c\"],\"é \":{}}");
    }
}
