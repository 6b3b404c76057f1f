//! Where messages are collected while a text is read.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::codes;
use crate::fix::Fix;
use crate::json::Node;
use crate::message::{Code, Message};
use crate::path::{PathStep, PolicyPath};
use crate::place::{lines_and_columns, path_at};

/// The way to the value being read, as a list on the stack: most values never need a [`PolicyPath`].
#[derive(Debug, Clone, Copy)]
pub enum Route<'p> {
    /// The whole text.
    Root,
    /// A member of an object.
    Key(&'p Route<'p>, &'p str),
    /// An element of an array.
    Index(&'p Route<'p>, usize),
}

impl<'p> Route<'p> {
    /// The way to a member.
    #[must_use]
    pub fn key(&'p self, name: &'p str) -> Route<'p> {
        Route::Key(self, name)
    }

    /// The way to an element.
    #[must_use]
    pub fn index(&'p self, index: usize) -> Route<'p> {
        Route::Index(self, index)
    }

    /// The way as a value.
    pub fn to_path(self) -> PolicyPath {
        let mut steps = Vec::new();
        let mut at = self;
        loop {
            at = match at {
                Route::Root => break,
                Route::Key(parent, name) => {
                    steps.push(PathStep::Key(name.to_owned()));
                    *parent
                }
                Route::Index(parent, index) => {
                    steps.push(PathStep::Index(index));
                    *parent
                }
            };
        }
        steps.reverse();
        PolicyPath::from_steps(steps)
    }
}

/// The texts of a message.
#[derive(Debug)]
pub struct Wording {
    message: String,
    expected: Option<String>,
    help: Option<String>,
    fix: Option<Fix>,
}

impl Wording {
    /// What is wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), expected: None, help: None, fix: None }
    }

    /// With what was expected.
    #[must_use]
    pub fn expected(self, text: impl Into<String>) -> Self {
        Self { expected: Some(text.into()), ..self }
    }

    /// With how to repair it.
    #[must_use]
    pub fn help(self, text: impl Into<String>) -> Self {
        Self { help: Some(text.into()), ..self }
    }

    /// With how to repair it, if that can be said.
    #[must_use]
    pub fn maybe_help(self, text: Option<String>) -> Self {
        Self { help: text.or(self.help), ..self }
    }

    /// With its repair, if it has exactly one meaning.
    #[must_use]
    pub fn maybe_fix(self, fix: Option<Fix>) -> Self {
        Self { fix, ..self }
    }
}

/// Collects messages, bounded in number, since a hostile text could hold a million faults; sorts and places them at the
/// end.
#[derive(Debug)]
pub struct Sink {
    found: Vec<Message>,
    counts: BTreeMap<&'static str, usize>,
    omitted: usize,
    /// How many messages of one code are kept.
    most_of_a_code: usize,
    /// How many messages are kept.
    most: usize,
}

/// For policies: 200 messages of each code.
impl Default for Sink {
    fn default() -> Self {
        Self { found: Vec::new(), counts: BTreeMap::new(), omitted: 0, most_of_a_code: 200, most: usize::MAX }
    }
}

impl Sink {
    /// For files: the first thousand messages.
    pub fn of_file() -> Self {
        Self { most_of_a_code: usize::MAX, most: 1_000, ..Self::default() }
    }

    /// Adds a message; `wording` runs only if there is room for it.
    pub fn report(&mut self, code: Code, route: Route<'_>, span: &Range<usize>, wording: impl FnOnce() -> Wording) {
        if self.has_room(code.code) {
            let Wording { message, expected, help, fix } = wording();
            let message = code.message(message).at(route.to_path()).on(span.clone());
            self.found.push(Message { expected, help, fix, ..message });
        }
    }

    /// Adds a message that is complete apart from line and column. One without a place comes first.
    pub fn push(&mut self, message: Message) {
        if self.has_room(message.code) {
            self.found.push(message);
        }
    }

    fn has_room(&mut self, code: &'static str) -> bool {
        let count = self.counts.entry(code).or_default();
        *count += 1;
        let fits = *count <= self.most_of_a_code && self.found.len() < self.most;
        self.omitted += usize::from(!fits);
        fits
    }

    /// Whether nothing was reported.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many messages found no room.
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    /// All messages in the order of the text, with lines and columns. One pass over the text.
    pub fn finish(mut self, text: &str) -> Vec<Message> {
        self.found.sort_by_key(|message| message.place.as_ref().map(|place| place.span.start));
        if self.omitted > 0 && self.most_of_a_code < self.most {
            let (hidden, most) = (self.omitted, self.most_of_a_code);
            self.report(codes::DIAGNOSTICS_CUT, Route::Root, &(text.len()..text.len()), || {
                Wording::new(format!("{hidden} more diagnostics are not shown: at most {most} of each kind are listed"))
            });
        }
        let places: Vec<&mut crate::message::Place> =
            self.found.iter_mut().flat_map(|message| message.place.iter_mut().chain(&mut message.also)).collect();
        let bytes: Vec<usize> = places.iter().map(|place| place.span.start).collect();
        for (place, (line, column)) in places.into_iter().zip(lines_and_columns(text, &bytes)) {
            (place.line, place.column) = (line, column);
        }
        self.found
    }

    /// As [`finish`](Self::finish), and gives messages without a route that to their place.
    pub fn finish_with_routes(mut self, text: &str, root: Option<&Node<'_>>) -> Vec<Message> {
        if let Some(root) = root {
            for message in &mut self.found {
                if let Some(place) = message.place.as_ref().filter(|_| message.path.steps().is_empty()) {
                    message.path = path_at(root, place.span.start);
                }
            }
        }
        self.finish(text)
    }
}
