//! Faults that have exactly one meaning, and their repair in the text.
//!
//! A repair changes bytes at places that the reader knows. Everything else of the text – layout, order, how values are
//! written – stays as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::json::{self, Node, TextKind, Value, write_string};
use crate::message::{Message, Severity};
use crate::path::{PathStep, PolicyPath};
use crate::place::step_into;
use crate::sink::Sink;

/// After so many rounds what is left stays: each round repairs what the one before has brought to light.
const MOST_ROUNDS: usize = 16;

/// Other bytes in place of some of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edit {
    /// The bytes that go; empty where something is put in.
    pub span: Range<usize>,
    /// What comes in their place.
    pub text: String,
}

/// The repair of one fault.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fix {
    /// What it does, in a few words: ``write `Action` ``.
    pub what: String,
    /// The changes in the order of the text; none touches another.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// A repair by one change.
    pub fn new(what: impl Into<String>, span: Range<usize>, text: impl Into<String>) -> Self {
        Self { what: what.into(), edits: vec![Edit { span, text: text.into() }] }
    }

    /// A repair that writes a string in place of another, or of a name, with its quotes.
    pub fn string(span: Range<usize>, text: &str) -> Self {
        Self::new(format!("write {}", crate::near::quoted(text)), span, as_json(text))
    }

    /// A repair by changes of parts that are told by their routes; `None` if one of them is not in the text.
    pub fn of_parts(text: &str, what: impl Into<String>, changes: &[PartChange]) -> Option<Self> {
        let root = json::read(text, &TextKind::FILE, &mut Sink::default()).root?;
        let mut edits = Vec::new();
        let mut gone: BTreeMap<PolicyPath, BTreeSet<usize>> = BTreeMap::new();
        for change in changes {
            match change {
                PartChange::Value(path, value) => {
                    edits.push(Edit { span: node_at(&root, path.steps())?.span.clone(), text: as_json(value) });
                }
                PartChange::Name(path, name) => {
                    let (PathStep::Key(last), parent) = path.steps().split_last()? else { return None };
                    let Value::Object(members) = &node_at(&root, parent)?.value else { return None };
                    let member = members.iter().find(|member| member.name == *last)?;
                    edits.push(Edit { span: member.name_span.clone(), text: as_json(name) });
                }
                PartChange::Gone(path) => {
                    let (PathStep::Index(index), list) = path.steps().split_last()? else { return None };
                    gone.entry(PolicyPath::from_steps(list)).or_default().insert(*index);
                }
            }
        }
        for (list, gone) in gone {
            edits.extend(without(node_at(&root, list.steps())?.value.as_array()?, &gone)?);
        }
        edits.sort_by_key(|edit| edit.span.start);
        Some(Self { what: what.into(), edits })
    }

    /// From its first byte to its last.
    fn reach(&self) -> Range<usize> {
        let start = self.edits.first().map_or(0, |edit| edit.span.start);
        start..self.edits.last().map_or(0, |edit| edit.span.end)
    }
}

/// Another value, another name, or nothing in place of a part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartChange {
    /// A string in place of the value that the route leads to.
    Value(PolicyPath, String),
    /// A name in place of the member's.
    Name(PolicyPath, String),
    /// The list without the element; other elements stay.
    Gone(PolicyPath),
}

fn as_json(text: &str) -> String {
    let mut written = String::new();
    write_string(&mut written, text);
    written
}

/// The value that steps lead to; index 0 of a bare value is that value (JSON-6).
fn node_at<'n, 't>(root: &'n Node<'t>, steps: &[PathStep]) -> Option<&'n Node<'t>> {
    steps.iter().try_fold(root, |at, step| match (step_into(at, step), step) {
        (Some(next), _) => Some(next),
        (None, PathStep::Index(0)) if !matches!(at.value, Value::Array(_)) => Some(at),
        (None, _) => None,
    })
}

/// The changes that take elements out of a list: each with the comma before it, or behind it if no other element
/// precedes it. `None` if nothing would be left.
fn without(elements: &[Node<'_>], gone: &BTreeSet<usize>) -> Option<Vec<Edit>> {
    let first_kept = (0..elements.len()).find(|index| !gone.contains(index))?;
    let span_of = |index: usize| elements.get(index).map(|element| element.span.clone());
    gone.iter()
        .map(|&index| {
            let own = span_of(index)?;
            let span = if index < first_kept {
                own.start..span_of(index + 1)?.start
            } else {
                span_of(index.checked_sub(1)?)?.end..own.end
            };
            Some(Edit { span, text: String::new() })
        })
        .collect()
}

/// A text after its repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// The text.
    pub text: String,
    /// What was repaired, in the order of the work; each has its `fix`.
    pub fixed: Vec<Message>,
    /// What there is to say about the text now, without repairs that were tried in vain.
    pub left: Vec<Message>,
}

/// Repairs what has exactly one meaning, and checks the text again.
///
/// A repair may bring to light what stood in a part that had no meaning before; that is told, and repaired as well if
/// it can be. But of what AWS accepts nothing is made that it refuses: where a remark or warning is repaired, no error
/// is new, and where an error is repaired, none stands where something was changed.
///
/// Repairs that overlap are made one after the other, and those that come to light are made in further rounds. What
/// `check` says of a text must depend on the text alone.
///
/// ```
/// use scproof_text::{Fix, Message, codes, repair};
/// let check = |text: &str| -> Vec<Message> {
///     text.match_indices(",]")
///         .map(|(at, _)| {
///             let message = codes::TRAILING_COMMA.message("a comma too many").on(at..at + 1);
///             message.fix(Fix::new("delete the comma", at..at + 1, ""))
///         })
///         .collect()
/// };
/// let repaired = repair("[[1,],]", &check);
/// assert_eq!((repaired.text.as_str(), repaired.fixed.len()), ("[[1]]", 2));
/// ```
pub fn repair(text: &str, check: &dyn Fn(&str) -> Vec<Message>) -> Repaired {
    let mut repaired = Repaired { text: text.to_owned(), fixed: Vec::new(), left: check(text) };
    // What was tried in vain is not tried again.
    let mut refused: BTreeSet<(&'static str, PolicyPath, String)> = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let chosen = choose(&repaired.left, &refused);
        if chosen.is_empty() {
            break;
        }
        if let Some((text, left)) = attempt(&repaired, &chosen, check) {
            repaired = Repaired { text, left, fixed: [repaired.fixed, chosen].concat() };
            continue;
        }
        // From the end, so that the places of the others stay.
        for one in chosen.into_iter().rev() {
            let one = std::slice::from_ref(&one);
            match attempt(&repaired, one, check) {
                Some((text, left)) => {
                    repaired = Repaired { text, left, fixed: [&repaired.fixed, one].concat() };
                }
                None => refused.extend(one.iter().map(identity)),
            }
        }
    }
    for message in repaired.left.iter_mut().filter(|message| refused.contains(&identity(message))) {
        message.fix = None;
    }
    repaired
}

/// What tells a message though the text before it has changed.
fn identity(message: &Message) -> (&'static str, PolicyPath, String) {
    (message.code, message.path.clone(), message.message.clone())
}

/// The messages with a repair of which none reaches into another, in the order of the text.
fn choose(found: &[Message], refused: &BTreeSet<(&'static str, PolicyPath, String)>) -> Vec<Message> {
    let mut able: Vec<(Range<usize>, &Message)> =
        found.iter().filter_map(|message| Some((message.fix.as_ref()?.reach(), message))).collect();
    able.sort_by_key(|(reach, _)| (reach.start, reach.end));
    let mut chosen: Vec<Message> = Vec::new();
    let mut end = None;
    for (reach, message) in able {
        if end.is_none_or(|end| end < reach.start) && !refused.contains(&identity(message)) {
            end = Some(reach.end);
            chosen.push(message.clone());
        }
    }
    chosen
}

/// The text with some repairs, and what is found in it; `None` if it is not better.
fn attempt(
    before: &Repaired,
    fixed: &[Message],
    check: &dyn Fn(&str) -> Vec<Message>,
) -> Option<(String, Vec<Message>)> {
    let edits: Vec<&Edit> =
        fixed.iter().filter_map(|message| message.fix.as_ref()).flat_map(|fix| &fix.edits).collect();
    let (text, changed) = apply(&before.text, &edits)?;
    let left = check(&text);
    let count = |messages: &[Message], code| messages.iter().filter(|message| message.code == code).count();
    let is_gone = |code| count(&left, code) + count(fixed, code) <= count(&before.left, code);
    if !fixed.iter().all(|message| is_gone(message.code)) {
        return None;
    }
    let known: BTreeSet<(&str, usize)> =
        before.left.iter().map(|message| (message.code, moved(start(message), &edits))).collect();
    let was_refused = fixed.iter().any(|message| message.severity == Severity::Error);
    let touches = |span: Range<usize>| changed.iter().any(|it| span.start <= it.end && it.start <= span.end);
    let is_new_error = |message: &Message| {
        message.severity == Severity::Error
            && !known.contains(&(message.code, start(message)))
            && (!was_refused || message.span().is_none_or(touches))
    };
    (!left.iter().any(is_new_error)).then_some((text, left))
}

fn start(message: &Message) -> usize {
    message.place.as_ref().map_or(0, |place| place.span.start)
}

/// The text with changes, and where they stand in it; `None` if they do not fit.
fn apply(text: &str, edits: &[&Edit]) -> Option<(String, Vec<Range<usize>>)> {
    let mut written = String::with_capacity(text.len());
    let mut changed = Vec::new();
    let mut at = 0;
    for edit in edits {
        written.push_str(text.get(at..edit.span.start)?);
        changed.push(written.len()..written.len() + edit.text.len());
        written.push_str(&edit.text);
        at = edit.span.end;
    }
    written.push_str(text.get(at..)?);
    Some((written, changed))
}

/// Where a byte of the text is after changes.
fn moved(byte: usize, edits: &[&Edit]) -> usize {
    let mut result = byte;
    for edit in edits {
        if edit.span.end <= byte {
            result = result + edit.text.len() - edit.span.len();
        } else if edit.span.start < byte {
            result -= byte - edit.span.start;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::{PartChange, Repaired, repair};
    use crate::{Fix, Message, PolicyPath, codes};

    fn gone(text: &str, indexes: &[usize]) -> Option<String> {
        let path = PolicyPath::default().key("A");
        let changes: Vec<PartChange> = indexes.iter().map(|&index| PartChange::Gone(path.index(index))).collect();
        let fix = Fix::of_parts(text, "delete", &changes)?;
        let edits: Vec<_> = fix.edits.iter().collect();
        super::apply(text, &edits).map(|(text, _)| text)
    }

    #[test]
    fn elements_go_with_one_comma() {
        let text = "{\"A\": [\n  1,\n  2 ,\n  3\n]}";
        assert_eq!(gone(text, &[1]).as_deref(), Some("{\"A\": [\n  1 ,\n  3\n]}"));
        assert_eq!(gone(text, &[0, 1]).as_deref(), Some("{\"A\": [\n  3\n]}"));
        assert_eq!(gone(text, &[1, 2]).as_deref(), Some("{\"A\": [\n  1\n]}"));
        assert_eq!(gone(text, &[0, 2]).as_deref(), Some("{\"A\": [\n  2\n]}"));
        assert_eq!(gone(text, &[0, 1, 2]), None);
        assert_eq!(gone(text, &[3]), None);
    }

    /// Says of each `x` that it could be a `y`, and of two `y` beside each other that there are two.
    fn check(text: &str) -> Vec<Message> {
        let small = text.match_indices('x').map(|(at, _)| {
            let message = codes::WRONG_QUOTES.message("an x").on(at..at + 1).severity(crate::Severity::Warning);
            message.fix(Fix::new("write y", at..at + 1, "y"))
        });
        let twice = text.match_indices("yy").map(|(at, _)| codes::COMMENT.message("two").on(at..at + 2));
        small.chain(twice).collect()
    }

    #[test]
    fn what_brings_a_fault_is_left() {
        let Repaired { text, fixed, left } = repair("x y x xx", &check);
        assert_eq!((text.as_str(), fixed.len(), left.len()), ("y y y yx", 3, 1));
        let again = repair(&text, &check);
        assert_eq!((again.text, again.fixed.len()), (text, 0));
    }
}
