//! Printing documents as JSON, and the size a text has without white space.

use std::collections::{BTreeMap, BTreeSet};

use scproof_text::{is_number, write_string};

use crate::action::ActionPattern;
use crate::condition::{Condition, ConditionOperator, ConditionValue, ValueKind};
use crate::document::{PolicyDocument, PolicyKind, Statement, Version};
use crate::resource::ResourcePattern;

/// The number of characters of a JSON text without the white space outside its strings: what AWS stores when the text
/// is saved in the console (LIM-1). `O(length)`.
///
/// ```
/// assert_eq!(scproof_policy_parser::minified_len("{ \"a b\" : 1 }\n"), 9);
/// ```
pub fn minified_len(text: &str) -> usize {
    let (mut in_string, mut escaped) = (false, false);
    let mut count = 0;
    for character in text.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            ' ' | '\t' | '\n' | '\r' if !in_string => continue,
            _ => {}
        }
        count += 1;
    }
    count
}

impl PolicyDocument {
    /// The document as JSON text, indented by two spaces, its elements in AWS's order. A list of one value is printed
    /// as the bare value (JSON-6); conditions are grouped by operator. Parsing the text gives an equal document, if its
    /// conditions of one operator stood together.
    ///
    /// `None` if a part has no meaning, or the document could not have come from a text: one key twice under one
    /// operator, a number that JSON does not have.
    ///
    /// ```
    /// use scproof_policy_parser::{PolicyDocument, PolicyKind};
    /// let text = r#"{"Statement":{"Resource":"*","Action":["s3:*"],"Effect":"Deny"},"Version":"2012-10-17"}"#;
    /// let document = PolicyDocument::parse(text, PolicyKind::ServiceControl).document;
    /// let minified = document.to_minified_json().ok_or("not printable")?;
    /// assert_eq!(minified, r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn to_json(&self) -> Option<String> {
        let mut text = String::new();
        document(self)?.write_indented(&mut text, 0);
        text.push('\n');
        Some(text)
    }

    /// Like [`PolicyDocument::to_json`], without white space outside strings: the shortest text of this spelling.
    pub fn to_minified_json(&self) -> Option<String> {
        let mut text = String::new();
        document(self)?.write_minified(&mut text);
        Some(text)
    }
}

/// JSON to be written. Names and strings are as they mean, tokens as they are written.
enum Tree<'d> {
    String(&'d str),
    Token(&'d str),
    List(Vec<Tree<'d>>),
    Object(Vec<(&'d str, Tree<'d>)>),
}

impl Tree<'_> {
    fn write_minified(&self, out: &mut String) {
        match self {
            Self::String(text) => write_string(out, text),
            Self::Token(token) => out.push_str(token),
            Self::List(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    out.push(if index == 0 { '[' } else { ',' });
                    element.write_minified(out);
                }
                out.push_str(if elements.is_empty() { "[]" } else { "]" });
            }
            Self::Object(members) => {
                for (index, (name, value)) in members.iter().enumerate() {
                    out.push(if index == 0 { '{' } else { ',' });
                    write_string(out, name);
                    out.push(':');
                    value.write_minified(out);
                }
                out.push_str(if members.is_empty() { "{}" } else { "}" });
            }
        }
    }

    fn write_indented(&self, out: &mut String, depth: usize) {
        let line = |out: &mut String, depth: usize| {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth));
        };
        match self {
            Self::List(elements) if !elements.is_empty() => {
                for (index, element) in elements.iter().enumerate() {
                    out.push(if index == 0 { '[' } else { ',' });
                    line(out, depth + 1);
                    element.write_indented(out, depth + 1);
                }
                line(out, depth);
                out.push(']');
            }
            Self::Object(members) if !members.is_empty() => {
                for (index, (name, value)) in members.iter().enumerate() {
                    out.push(if index == 0 { '{' } else { ',' });
                    line(out, depth + 1);
                    write_string(out, name);
                    out.push_str(": ");
                    value.write_indented(out, depth + 1);
                }
                line(out, depth);
                out.push('}');
            }
            Self::String(_) | Self::Token(_) | Self::List(_) | Self::Object(_) => self.write_minified(out),
        }
    }
}

/// One value bare, several as a list (JSON-6).
fn one_or_many(mut trees: Vec<Tree<'_>>) -> Tree<'_> {
    match trees.pop() {
        Some(only) if trees.is_empty() => only,
        last => {
            trees.extend(last);
            Tree::List(trees)
        }
    }
}

fn document(document: &PolicyDocument) -> Option<Tree<'_>> {
    let mut members = Vec::new();
    match &document.version {
        Version::Missing => {}
        Version::V2008 => members.push(("Version", Tree::String("2008-10-17"))),
        Version::V2012 => members.push(("Version", Tree::String("2012-10-17"))),
        Version::Other(_) => return None,
    }
    members.extend(document.id.as_deref().map(|id| ("Id", Tree::String(id))));
    let mut statements: Vec<_> =
        document.statements.iter().map(|one| statement(one, document.kind)).collect::<Option<_>>()?;
    let statements = if document.single_statement {
        let only = statements.pop()?;
        if !statements.is_empty() {
            return None;
        }
        only
    } else {
        Tree::List(statements)
    };
    members.push(("Statement", statements));
    Some(Tree::Object(members))
}

fn statement(statement: &Statement, kind: PolicyKind) -> Option<Tree<'_>> {
    if statement.without_meaning {
        return None;
    }
    let mut members = Vec::new();
    members.extend(statement.sid.as_deref().map(|sid| ("Sid", Tree::String(sid))));
    members.push(("Effect", Tree::String(statement.effect?.as_str())));
    if kind == PolicyKind::ResourceControl {
        members.push(("Principal", Tree::String("*")));
    }
    let action = statement.action.as_ref()?;
    let patterns = action.patterns.iter().map(|ActionPattern { text }| Tree::String(text)).collect();
    members.push((if action.negated { "NotAction" } else { "Action" }, one_or_many(patterns)));
    let resource = statement.resource.as_ref()?;
    let patterns = resource.patterns.iter().map(|ResourcePattern { text }| Tree::String(text)).collect();
    members.push((if resource.negated { "NotResource" } else { "Resource" }, one_or_many(patterns)));
    let conditions = statement.condition.as_ref()?;
    if !conditions.is_empty() {
        members.push(("Condition", block(conditions)?));
    }
    Some(Tree::Object(members))
}

/// The `Condition` element: the conditions by operator, in the order in which the operators first occur.
fn block(conditions: &[Condition]) -> Option<Tree<'_>> {
    let mut operators: Vec<(&str, Tree<'_>)> = Vec::new();
    let mut places = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for condition in conditions {
        let name = condition.operator_text.as_str();
        if condition.operator.is_none() || ConditionOperator::parse(name) != condition.operator {
            return None;
        }
        if !seen.insert((name, condition.key.to_ascii_lowercase())) {
            return None;
        }
        let place = *places.entry(name).or_insert_with(|| {
            operators.push((name, Tree::Object(Vec::new())));
            operators.len() - 1
        });
        let values = condition.values.as_ref()?.iter().map(value).collect::<Option<_>>()?;
        if let Some((_, Tree::Object(keys))) = operators.get_mut(place) {
            keys.push((&condition.key, one_or_many(values)));
        }
    }
    Some(Tree::Object(operators))
}

fn value(value: &ConditionValue) -> Option<Tree<'_>> {
    let text = value.text.as_str();
    match value.kind {
        ValueKind::String => Some(Tree::String(text)),
        ValueKind::Number => is_number(text).then_some(Tree::Token(text)),
        ValueKind::Bool => matches!(text, "true" | "false").then_some(Tree::Token(text)),
    }
}
