//! YAML as the tree that our own reader makes of JSON, so that all that reads objects with known members reads both.
//!
//! `saphyr-parser` gives events with places and builds nothing: nesting, aliases and size are bounded here. Plain texts
//! are read by the core schema of YAML 1.2: `yes` and `2012-10-17` are texts, and only `true` is true. Numbers stay as
//! they were written, so that an account id without quotes is told and never loses its zeros.

use std::borrow::Cow;
use std::ops::Range;

use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use scproof_text::{
    JsonText, LoadError, Member, Message, Node, TextKind, Value, codes as text_codes, is_number, shorten,
};

use crate::codes;

/// The longest text that is read: the place of each character takes four bytes more.
const LONGEST: usize = 16 << 20;

/// For how many values all aliases of a text may stand together.
const MOST_ALIASED: usize = 1_000_000;

/// Reads a text of one YAML document.
///
/// # Errors
///
/// The first fault that keeps the text from having a meaning, with its place.
pub(crate) fn read(text: &str) -> Result<JsonText<'_>, LoadError> {
    let failed = |fault: Message| {
        let nothing = JsonText::from_tree(text, None);
        nothing.error([fault.clone()], 0).unwrap_or_else(|| LoadError::single(fault))
    };
    if text.len() > LONGEST {
        let fault = text_codes::TEXT_TOO_LONG.message(format!("the text has {} bytes and is not read", text.len()));
        return Err(failed(fault.expected(format!("at most {LONGEST} bytes of YAML")).on(0..0)));
    }
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        text,
        offsets: Offsets::of(body, text.len() - body.len()),
        open: Vec::new(),
        anchors: FxHashMap::default(),
        aliased: 0,
        root: None,
        documents: 0,
    };
    let mut parser = Parser::new_from_str(body);
    while let Some(event) = parser.next_event() {
        let step = match event {
            Ok((event, span)) => reader.event(event, span),
            Err(error) => {
                let at = reader.offsets.at(error.marker().index());
                let words = error.info().to_lowercase();
                Err(Box::new(codes::BAD_YAML.message(format!("no YAML: {words}")).on(at..at)))
            }
        };
        step.map_err(|fault| failed(*fault))?;
    }
    match reader.root {
        Some(root) => Ok(JsonText::from_tree(text, Some(root))),
        None => Err(failed(text_codes::EMPTY_TEXT.message("the text holds no YAML value").on(0..0))),
    }
}

/// From characters, which the parser counts, to bytes.
struct Offsets {
    /// The byte of each character, and the end; empty where all characters are one byte.
    bytes: Vec<u32>,
    start: usize,
    end: usize,
}

impl Offsets {
    fn of(body: &str, start: usize) -> Self {
        let mut bytes = Vec::new();
        if !body.is_ascii() {
            bytes.extend(body.char_indices().filter_map(|(at, _)| u32::try_from(at).ok()));
        }
        Self { bytes, start, end: start + body.len() }
    }

    fn at(&self, character: usize) -> usize {
        let byte = if self.bytes.is_empty() {
            character
        } else {
            self.bytes.get(character).map_or(usize::MAX, |&byte| byte as usize)
        };
        self.start.saturating_add(byte).min(self.end)
    }
}

/// A sequence or mapping that is being read.
struct Open<'t> {
    start: usize,
    anchor: usize,
    body: Body<'t>,
}

enum Body<'t> {
    Sequence(Vec<Node<'t>>),
    /// With the name that waits for its value.
    Mapping(Vec<Member<'t>>, Option<(Cow<'t, str>, Range<usize>)>),
}

struct Reader<'t> {
    text: &'t str,
    offsets: Offsets,
    open: Vec<Open<'t>>,
    /// Values that have a name, with how many values they are.
    anchors: FxHashMap<usize, (Node<'t>, usize)>,
    aliased: usize,
    root: Option<Node<'t>>,
    documents: usize,
}

type Step = Result<(), Box<Message>>;

impl<'t> Reader<'t> {
    fn event(&mut self, event: Event<'t>, span: Span) -> Step {
        let range = self.offsets.at(span.start.index())..self.offsets.at(span.end.index());
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let fault = codes::SEVERAL_DOCUMENTS.message("a second document begins here");
                    return Err(Box::new(fault.expected("one document").on(range)));
                }
                Ok(())
            }
            Event::Scalar(value, style, anchor, tag) => {
                let node = Node { value: self.scalar(value, style, tag.as_deref(), &range)?, span: range };
                self.put(node, anchor)
            }
            Event::SequenceStart(anchor, tag) => self.enter(Body::Sequence(Vec::new()), anchor, tag.as_deref(), range),
            Event::MappingStart(anchor, tag) => {
                self.enter(Body::Mapping(Vec::new(), None), anchor, tag.as_deref(), range)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = match open.body {
                    Body::Sequence(elements) => Value::Array(elements),
                    Body::Mapping(members, _) => Value::Object(members),
                };
                self.put(Node { span: open.start..range.end.max(open.start), value }, open.anchor)
            }
            Event::Alias(anchor) => self.alias(anchor, range),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn enter(&mut self, body: Body<'t>, anchor: usize, tag: Option<&Tag>, range: Range<usize>) -> Step {
        if self.open.len() >= TextKind::FILE.max_depth {
            let fault = text_codes::TOO_DEEP.message(format!("nests deeper than {} levels", TextKind::FILE.max_depth));
            return Err(Box::new(fault.on(range)));
        }
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
            return Err(Box::new(unknown_tag(tag, range)));
        }
        self.open.push(Open { start: range.start, anchor, body });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) -> Step {
        let Some((_, size)) = self.anchors.get(&anchor) else {
            let fault = codes::YAML_ALIAS.message("the alias stands for a value that it is a part of");
            return Err(Box::new(fault.on(range)));
        };
        let size = *size;
        self.count(size, &range)?;
        match self.anchors.get(&anchor) {
            Some((node, _)) => self.put(node.clone(), 0),
            None => Ok(()),
        }
    }

    /// Counts values that are held a second time.
    fn count(&mut self, size: usize, range: &Range<usize>) -> Step {
        self.aliased += size;
        if self.aliased > MOST_ALIASED {
            let fault = codes::YAML_ALIAS.message(format!("aliases stand for more than {MOST_ALIASED} values"));
            return Err(Box::new(fault.help("write out what is meant").on(range.clone())));
        }
        Ok(())
    }

    /// Puts a complete value where it belongs.
    fn put(&mut self, node: Node<'t>, anchor: usize) -> Step {
        if anchor > 0 {
            let size = size(&node);
            self.count(size, &node.span)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut().map(|open| &mut open.body) {
            None => self.root = Some(node),
            Some(Body::Sequence(elements)) => elements.push(node),
            Some(Body::Mapping(members, name)) => {
                if let Some((text, name_span)) = name.take() {
                    members.push(Member { name: text, name_span, value: node });
                    return Ok(());
                }
                let text = match node.value {
                    Value::String(text) => text,
                    // `true: x` and `1: x` have names, too; what they are is in the text.
                    Value::Bool(_) | Value::Number(_) | Value::Null => {
                        Cow::Borrowed(self.text.get(node.span.clone()).unwrap_or_default())
                    }
                    Value::Array(_) | Value::Object(_) | Value::Broken => {
                        let fault = codes::YAML_KEY.message("a list or a mapping stands where a name should be");
                        return Err(Box::new(fault.on(node.span)));
                    }
                };
                *name = Some((text, node.span));
            }
        }
        Ok(())
    }

    fn scalar(
        &self,
        value: Cow<'t, str>,
        style: ScalarStyle,
        tag: Option<&Tag>,
        range: &Range<usize>,
    ) -> Result<Value<'t>, Box<Message>> {
        if let Some(tag) = tag {
            return match (tag.is_yaml_core_schema(), tag.suffix.as_str()) {
                (true, "str") => Ok(Value::String(value)),
                _ => Err(Box::new(unknown_tag(tag, range.clone()))),
            };
        }
        if style != ScalarStyle::Plain {
            return Ok(Value::String(value));
        }
        Ok(match &*value {
            "" | "~" | "null" | "Null" | "NULL" => Value::Null,
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            text if is_number(text) || text.bytes().all(|byte| byte.is_ascii_digit()) => {
                // The token as written; of a number it is the text of its place.
                match self.text.get(range.clone()).filter(|written| *written == text) {
                    Some(written) => Value::Number(written),
                    None => Value::String(value),
                }
            }
            _ => Value::String(value),
        })
    }
}

/// How many values a value is. Nesting is bounded, and so is the number of values that is counted more than once.
fn size(node: &Node<'_>) -> usize {
    match &node.value {
        Value::Array(elements) => 1 + elements.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.iter().map(|member| size(&member.value)).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Broken => 1,
    }
}

fn unknown_tag(tag: &Tag, range: Range<usize>) -> Message {
    let message = format!("the tag `{}` means nothing here", shorten(&tag.to_string()));
    codes::YAML_TAG.message(message).help("write out what it stands for").on(range)
}
