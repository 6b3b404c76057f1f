//! From a route through a JSON text to its place in the text, and back.
//!
//! Faults name their place by a route such as `Attachments[3].PolicyId`; only when there is a fault is the text read a second
//! time for lines and columns. The walk takes any text, also one that is no JSON, without recursion and in linear time.

use std::borrow::Cow;
use std::ops::Range;

use rustc_hash::FxHashMap;
use scproof_policy_parser::{PathStep, PolicyPath};

use crate::resolve::shorten;

/// Steps of a route that are shown; a hostile text may nest a million deep.
const SHOWN_STEPS: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// A value begins; `opens` if it is an object or an array.
    Value { start: usize, end: usize, opens: bool },
    /// An object or array ends.
    Close { at: usize },
}

#[derive(Debug)]
struct Frame {
    /// Where the object or array begins.
    start: usize,
    object: bool,
    /// The latest key with its quotes; empty before the first.
    key: Range<usize>,
    index: usize,
    awaits_key: bool,
}

/// Runs over a text value by value. After an event, `frames` are the objects and arrays around it.
#[derive(Debug)]
struct Walk<'t> {
    text: &'t str,
    at: usize,
    frames: Vec<Frame>,
    opened: Option<Frame>,
    closed: bool,
}

impl<'t> Walk<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0, frames: Vec::new(), opened: None, closed: false }
    }

    fn next(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.closed) {
            self.frames.pop();
        }
        self.frames.extend(self.opened.take());
        loop {
            let start = self.at;
            let byte = *self.text.as_bytes().get(start)?;
            self.at += 1;
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b':' => {}
                b',' => {
                    if let Some(frame) = self.frames.last_mut() {
                        frame.index += 1;
                        frame.awaits_key = frame.object;
                    }
                }
                b'{' | b'[' => {
                    let object = byte == b'{';
                    self.opened = Some(Frame { start, object, key: start..start, index: 0, awaits_key: object });
                    return Some(Event::Value { start, end: start + 1, opens: true });
                }
                b'}' | b']' => {
                    self.closed = true;
                    return Some(Event::Close { at: start });
                }
                b'"' => {
                    self.at = self.string_end();
                    match self.frames.last_mut() {
                        Some(frame) if frame.awaits_key => {
                            frame.key = start..self.at;
                            frame.awaits_key = false;
                        }
                        Some(_) | None => return Some(Event::Value { start, end: self.at, opens: false }),
                    }
                }
                _ => {
                    let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
                    let is_end = |byte: &u8| {
                        matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' | b'"')
                            || matches!(byte, b'{' | b'}' | b'[' | b']')
                    };
                    self.at += rest.iter().position(is_end).unwrap_or(rest.len());
                    return Some(Event::Value { start, end: self.at, opens: false });
                }
            }
        }
    }

    /// The place after the closing quote of a string whose opening quote was just read.
    fn string_end(&self) -> usize {
        let mut at = self.at;
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(at) {
                Some(b'\\') => at += 2,
                Some(b'"') => return at + 1,
                Some(_) => at += 1,
                None => return bytes.len(),
            }
        }
    }

    /// A key without quotes and escapes.
    fn key_text(&self, frame: &Frame) -> Cow<'t, str> {
        let quoted = self.text.get(frame.key.clone()).unwrap_or_default();
        let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(quoted);
        if inner.contains('\\') {
            serde_json::from_str::<String>(quoted).map_or(Cow::Borrowed(inner), Cow::Owned)
        } else {
            Cow::Borrowed(inner)
        }
    }

    fn route(&self, frames: &[Frame]) -> PolicyPath {
        frames.iter().take(SHOWN_STEPS).fold(PolicyPath::default(), |path, frame| {
            if frame.object { path.key(shorten(&self.key_text(frame))) } else { path.index(frame.index) }
        })
    }
}

/// The route to what an error at a byte is about, and where that begins.
///
/// A JSON reader's position is the last byte it used: the last one of the value it refused, the bracket that closes an
/// incomplete object, or what stands before the value.
pub(crate) fn route_at(text: &str, byte: usize) -> (PolicyPath, usize) {
    let mut walk = Walk::new(text);
    while let Some(event) = walk.next() {
        match event {
            Event::Value { start, end, opens } => {
                let before_value =
                    matches!(text.as_bytes().get(byte), Some(b':' | b',' | b'[' | b' ' | b'\t' | b'\n' | b'\r'))
                        || walk.frames.last().is_some_and(|frame| frame.object && frame.key.contains(&byte));
                if (start..end).contains(&byte) && !opens || start > byte && before_value {
                    return (walk.route(&walk.frames), start);
                }
                if start > byte {
                    break;
                }
            }
            Event::Close { at } if at >= byte => break,
            Event::Close { .. } => {}
        }
    }
    match walk.frames.split_last() {
        Some((innermost, around)) => (walk.route(around), innermost.start),
        None => (PolicyPath::default(), 0),
    }
}

/// A tree of the routes that are looked for.
#[derive(Debug, Default)]
struct Wanted<'p> {
    children: FxHashMap<(usize, StepKey<'p>), usize>,
    parents: Vec<usize>,
    found: Vec<Option<usize>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum StepKey<'p> {
    Key(Cow<'p, str>),
    Index(usize),
}

impl<'p> Wanted<'p> {
    fn new() -> Self {
        Self { children: FxHashMap::default(), parents: vec![0], found: vec![None] }
    }

    fn insert(&mut self, route: &'p PolicyPath) -> usize {
        route.steps().iter().fold(0, |node, step| {
            let step = match step {
                PathStep::Key(key) => StepKey::Key(Cow::Borrowed(key)),
                PathStep::Index(index) => StepKey::Index(*index),
            };
            let next = self.parents.len();
            let child = *self.children.entry((node, step)).or_insert(next);
            if child == next {
                self.parents.push(node);
                self.found.push(None);
            }
            child
        })
    }

    /// Where a route leads, or the longest part of it that exists.
    fn place(&self, mut node: usize) -> usize {
        loop {
            if let Some(start) = self.found.get(node).copied().flatten() {
                return start;
            }
            match self.parents.get(node) {
                Some(&parent) if parent != node => node = parent,
                Some(_) | None => return 0,
            }
        }
    }
}

/// Where each route leads in a text: the first byte of its value, or of the nearest value around it that exists.
pub(crate) fn places_of(text: &str, routes: &[&PolicyPath]) -> Vec<usize> {
    let mut wanted = Wanted::new();
    let nodes: Vec<usize> = routes.iter().map(|route| wanted.insert(route)).collect();
    let mut walk = Walk::new(text);
    // For each frame its node, none where nothing is looked for below.
    let mut around: Vec<Option<usize>> = Vec::new();
    while let Some(event) = walk.next() {
        match event {
            Event::Value { start, opens, .. } => {
                let node = match (walk.frames.last(), around.last().copied().flatten()) {
                    (None, _) => Some(0),
                    (Some(_), None) => None,
                    (Some(frame), Some(node)) => {
                        let step =
                            if frame.object { StepKey::Key(walk.key_text(frame)) } else { StepKey::Index(frame.index) };
                        wanted.child(node, step)
                    }
                };
                if let Some(slot) = node.and_then(|node| wanted.found.get_mut(node)) {
                    slot.get_or_insert(start);
                }
                if opens {
                    around.push(node);
                }
            }
            Event::Close { .. } => {
                around.pop();
            }
        }
    }
    nodes.into_iter().map(|node| wanted.place(node)).collect()
}

impl Wanted<'_> {
    fn child(&self, node: usize, step: StepKey<'_>) -> Option<usize> {
        // The borrowed key lives shorter than those of the map; both are only read.
        let children: &FxHashMap<(usize, StepKey<'_>), usize> = &self.children;
        children.get(&(node, step)).copied()
    }
}

/// Line and column of each byte, both from 1, columns in characters. Linear in the text, whatever the number of places.
pub(crate) fn lines_and_columns(text: &str, places: &[usize]) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|&index| places.get(index).copied());
    let mut found = vec![(1, 1); places.len()];
    let (mut line, mut column) = (1, 1);
    let mut bytes = text.bytes().enumerate().peekable();
    for index in order {
        let place = places.get(index).copied().unwrap_or_default();
        while let Some((_, byte)) = bytes.next_if(|&(at, _)| at < place) {
            if byte == b'\n' {
                (line, column) = (line + 1, 1);
            } else if byte & 0xC0 != 0x80 {
                column += 1;
            }
        }
        if let Some(slot) = found.get_mut(index) {
            *slot = (line, column);
        }
    }
    found
}

/// The byte at a line and a column in bytes, as `serde_json` counts them.
pub(crate) fn byte_at(text: &str, line: usize, column: usize) -> usize {
    let line_start = match line.checked_sub(2) {
        Some(earlier) => text
            .bytes()
            .enumerate()
            .filter(|&(_, byte)| byte == b'\n')
            .nth(earlier)
            .map_or(text.len(), |(at, _)| at + 1),
        None => 0,
    };
    (line_start + column).saturating_sub(1).min(text.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n \"A\": [ {\"B\": 1, \"é\": \"x\"}, {\"B\": {}} ],\n \"C\": null\n}";

    fn place(text: &str, route: &PolicyPath) -> (usize, usize) {
        lines_and_columns(text, &places_of(text, &[route]))[0]
    }

    #[test]
    fn a_route_leads_to_its_value() {
        let root = PolicyPath::default();
        assert_eq!(place(TEXT, &root), (1, 1));
        assert_eq!(place(TEXT, &root.key("A").index(0).key("B")), (2, 15));
        assert_eq!(place(TEXT, &root.key("A").index(0).key("é")), (2, 23));
        assert_eq!(place(TEXT, &root.key("A").index(1).key("B")), (2, 35));
        assert_eq!(place(TEXT, &root.key("C")), (3, 7));
    }

    #[test]
    fn a_route_that_is_not_there_leads_to_what_is_around_it() {
        let root = PolicyPath::default();
        assert_eq!(place(TEXT, &root.key("A").index(1).key("X").key("Y")), (2, 29));
        assert_eq!(place(TEXT, &root.key("Z")), (1, 1));
    }

    #[test]
    fn many_routes_in_any_order_are_found_in_one_walk() {
        let root = PolicyPath::default();
        let routes = [root.key("C"), root.key("A").index(1), root.key("A"), root.key("A").index(0).key("B")];
        let places = places_of(TEXT, &routes.iter().collect::<Vec<_>>());
        assert_eq!(lines_and_columns(TEXT, &places), [(3, 7), (2, 29), (2, 7), (2, 15)]);
    }

    #[test]
    fn an_escaped_key_is_found() {
        assert_eq!(place(r#"{"\u0041": {"B\"": 5}}"#, &PolicyPath::default().key("A").key("B\"")), (1, 20));
    }

    #[test]
    fn every_byte_has_a_route() {
        for byte in 0..TEXT.len() + 3 {
            let (route, start) = route_at(TEXT, byte);
            assert!(start <= TEXT.len(), "{byte} {route}");
        }
        let at = |needle: &str| TEXT.find(needle).unwrap();
        assert_eq!(route_at(TEXT, at("1,")).0.to_string(), "A[0].B");
        assert_eq!(route_at(TEXT, at("1,") - 1).0.to_string(), "A[0].B");
        assert_eq!(route_at(TEXT, at("}, {")).0.to_string(), "A[0]");
        assert_eq!(route_at(TEXT, at("{}") + 1).0.to_string(), "A[1].B");
        assert_eq!(route_at(TEXT, at("null") + 3).0.to_string(), "C");
    }

    #[test]
    fn texts_that_are_no_json_do_no_harm() {
        for text in ["", "\"", "\"\\", "}}}]", "{\"a", "[,,,", "{:,}", "\u{feff}{", "{\"a\":}", "nul\"l"] {
            for byte in 0..5 {
                route_at(text, byte);
            }
            places_of(text, &[&PolicyPath::default().key("a").index(1)]);
        }
        let deep = "[".repeat(1 << 20);
        assert_eq!(route_at(&deep, deep.len()).0.steps().len(), SHOWN_STEPS);
    }

    #[test]
    fn serde_positions_become_bytes() {
        assert_eq!(byte_at("ab\ncd", 1, 1), 0);
        assert_eq!(byte_at("ab\ncd", 2, 1), 3);
        assert_eq!(byte_at("ab\ncd", 2, 0), 2);
        assert_eq!(byte_at("", 1, 0), 0);
        assert_eq!(byte_at("ab", 9, 9), 1);
    }
}
