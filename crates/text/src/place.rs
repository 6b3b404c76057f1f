//! From bytes to lines, columns and routes, and back.

use std::ops::Range;

use crate::json::{Node, Value};
use crate::path::{PathStep, PolicyPath};

/// Steps of a route that are shown; a hostile text may nest deep.
const SHOWN_STEPS: usize = 16;

/// Line and column of each byte, both from 1, columns in characters. Linear in the text, whatever the number of places.
///
/// A byte order mark at the beginning takes no column, as in every editor.
///
/// ```
/// assert_eq!(scproof_text::lines_and_columns("é\nüb", &[4, 0]), [(2, 1), (1, 1)]);
/// ```
pub fn lines_and_columns(text: &str, bytes: &[usize]) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..bytes.len()).collect();
    order.sort_by_key(|&index| bytes.get(index).copied());
    let mut found = vec![(1, 1); bytes.len()];
    let (mut line, mut column) = (1, 1);
    let mut characters = text.char_indices().peekable();
    for index in order {
        let byte = bytes.get(index).copied().unwrap_or_default();
        // A byte within a character is at that character.
        while let Some((_, character)) = characters.next_if(|&(at, character)| at + character.len_utf8() <= byte) {
            match character {
                '\n' => (line, column) = (line + 1, 1),
                '\u{feff}' if (line, column) == (1, 1) => {}
                _ => column += 1,
            }
        }
        if let Some(slot) = found.get_mut(index) {
            *slot = (line, column);
        }
    }
    found
}

/// The route to the innermost value or name that a byte belongs to, and to the member itself for a name.
pub fn path_at(root: &Node<'_>, byte: usize) -> PolicyPath {
    let mut steps = Vec::new();
    let mut at = root;
    loop {
        let (step, next) = match &at.value {
            Value::Object(members) => {
                let after = members.partition_point(|member| member.name_span.start <= byte);
                match after.checked_sub(1).and_then(|index| members.get(index)) {
                    Some(member) if byte < member.value.span.end.max(member.name_span.end) => {
                        (PathStep::Key(member.name.clone().into_owned()), &member.value)
                    }
                    _ => break,
                }
            }
            Value::Array(elements) => {
                let after = elements.partition_point(|element| element.span.start <= byte);
                match after.checked_sub(1).and_then(|index| Some((index, elements.get(index)?))) {
                    Some((index, element)) if byte < element.span.end => (PathStep::Index(index), element),
                    _ => break,
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Broken => break,
        };
        steps.push(step);
        // The value's own first byte is the value, not what is inside it.
        if next.span.start >= byte || steps.len() >= SHOWN_STEPS {
            break;
        }
        at = next;
    }
    PolicyPath::from_steps(steps)
}

/// The bytes that a message about the part at the end of a route [points at](Node::mark), or about the nearest value
/// around it that exists; of a repeated name its first value.
pub fn span_at(root: &Node<'_>, path: &PolicyPath) -> Range<usize> {
    let mut at = root;
    for step in path.steps() {
        match step_into(at, step) {
            Some(next) => at = next,
            None => break,
        }
    }
    at.mark()
}

/// The value that one step of a route leads to, if it is there.
pub fn step_into<'n, 't>(at: &'n Node<'t>, step: &PathStep) -> Option<&'n Node<'t>> {
    match (step, &at.value) {
        (PathStep::Key(name), Value::Object(members)) => {
            members.iter().find(|member| member.name == *name).map(|member| &member.value)
        }
        (PathStep::Index(index), Value::Array(elements)) => elements.get(*index),
        _ => None,
    }
}
