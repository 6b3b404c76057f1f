//! Routes through a document, as steps and as text, and the bytes they lead to.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::json::{self, TextKind, Value, write_string};
use crate::place::step_into;
use crate::sink::Sink;

/// One step of a route through a JSON document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PathStep {
    /// A member of an object.
    Key(String),
    /// An element of an array, from 0.
    Index(usize),
}

/// A route through a document: `Statement[3].Condition.StringEquals["aws:PrincipalTag/team"][1]`.
///
/// The root is the empty text. Names with other characters than letters, digits, `_` and `-` stand in brackets, as JSON
/// strings. Text and steps convert into each other without loss.
///
/// ```
/// use scproof_text::{PathStep, PolicyPath};
/// let path: PolicyPath = r#"Statement[3].Condition["a:b"]"#.parse()?;
/// assert_eq!(path.steps()[1], PathStep::Index(3));
/// assert_eq!(path, PolicyPath::default().key("Statement").index(3).key("Condition").key("a:b"));
/// # Ok::<(), scproof_text::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PolicyPath {
    steps: Vec<PathStep>,
}

impl PolicyPath {
    /// A route of the given steps.
    pub fn from_steps(steps: impl Into<Vec<PathStep>>) -> Self {
        Self { steps: steps.into() }
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[PathStep] {
        &self.steps
    }

    /// This route with one more member step.
    #[must_use]
    pub fn key(&self, name: impl Into<String>) -> Self {
        let mut steps = self.steps.clone();
        steps.push(PathStep::Key(name.into()));
        Self { steps }
    }

    /// This route with one more element step.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut steps = self.steps.clone();
        steps.push(PathStep::Index(index));
        Self { steps }
    }
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

impl fmt::Display for PolicyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.steps.iter().enumerate() {
            match step {
                PathStep::Index(index) => write!(f, "[{index}]")?,
                PathStep::Key(name) if !name.is_empty() && name.chars().all(is_plain) => {
                    write!(f, "{}{name}", if position == 0 { "" } else { "." })?;
                }
                PathStep::Key(name) => {
                    let mut quoted = String::new();
                    write_string(&mut quoted, name);
                    write!(f, "[{quoted}]")?;
                }
            }
        }
        Ok(())
    }
}

/// A text that is no [`PolicyPath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {position} of the path: expected a name, `.name`, `[index]` or `[\"name\"]`")]
pub struct PathError {
    position: usize,
}

impl PathError {
    /// Where the text stops making sense, in bytes.
    pub fn position(&self) -> usize {
        self.position
    }
}

impl FromStr for PolicyPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let error = PathError { position: text.len() - rest.len() };
            (steps, rest) = match next_step(rest, steps.is_empty()) {
                Some((step, rest)) => {
                    steps.push(step);
                    (steps, rest)
                }
                None => return Err(error),
            };
        }
        Ok(Self { steps })
    }
}

/// The first step of a text, and what follows it.
fn next_step(text: &str, is_first: bool) -> Option<(PathStep, &str)> {
    if let Some(inside) = text.strip_prefix('[') {
        if inside.starts_with('"') {
            let mut strings = serde_json::Deserializer::from_str(inside).into_iter::<String>();
            let name = strings.next()?.ok()?;
            let rest = inside.get(strings.byte_offset()..)?.strip_prefix(']')?;
            return Some((PathStep::Key(name), rest));
        }
        let (digits, rest) = inside.split_once(']')?;
        let is_index = digits.bytes().all(|byte| byte.is_ascii_digit());
        return Some((PathStep::Index(digits.parse().ok().filter(|_| is_index)?), rest));
    }
    let name = if is_first { text } else { text.strip_prefix('.')? };
    let (name, rest) = name.split_at_checked(name.find(|c| !is_plain(c)).unwrap_or(name.len()))?;
    (!name.is_empty()).then(|| (PathStep::Key(name.to_owned()), rest))
}

/// The bytes of a text that a route leads to; of a repeated name, its first value. Where a list may be written as one
/// bare value (JSON-6), its index 0 is that value. Also works on texts with faults, as far as they can be read.
/// `O(length)`: the text is read anew.
///
/// ```
/// use scproof_text::{PolicyPath, locate};
/// let text = r#"{"Statement": [{"Effect": "Deny"}]}"#;
/// let path: PolicyPath = "Statement[0].Effect".parse()?;
/// assert_eq!(locate(text, &path).and_then(|span| text.get(span)), Some("\"Deny\""));
/// # Ok::<(), scproof_text::PathError>(())
/// ```
pub fn locate(text: &str, path: &PolicyPath) -> Option<Range<usize>> {
    let root = json::read(text, &TextKind::FILE, &mut Sink::default()).root?;
    let mut at = &root;
    for step in path.steps() {
        at = match (step_into(at, step), step) {
            (Some(next), _) => next,
            (None, PathStep::Index(0)) if !matches!(at.value, Value::Array(_)) => at,
            (None, _) => return None,
        };
    }
    Some(at.span.clone())
}
