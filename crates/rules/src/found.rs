//! What a rule finds in a document.

use std::collections::BTreeMap;
use std::ops::Range;

use scproof_text::{
    Code, Fix, Message, PartChange, PathStep, Place, PolicyPath, Severity, lines_and_columns, locate, quoted,
};

use crate::rule::{Risk, Rule};

/// A fault that a rule found in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The rule.
    pub rule: &'static Rule,
    /// How grave it is here.
    pub risk: Risk,
    /// The statement, from 0.
    pub statement: usize,
    /// The route to the part it is about.
    pub path: PolicyPath,
    /// What is so: one line, lower case, without final stop, input in backticks.
    pub message: String,
    /// Why it matters here.
    pub reason: String,
    /// How to repair it here.
    pub remedy: String,
    /// Whether AWS's tables of another day could say otherwise.
    pub depends_on_catalog: bool,
    /// The routes to other parts with the same fault for the same cause, such as an unknown service, which is told
    /// once.
    pub also: Vec<PolicyPath>,
    /// A call that shows it, where one does.
    pub call: Option<FoundCall>,
    /// How to change the text, if the fault has exactly one meaning: in a few words, and part by part. The same at all
    /// its places.
    pub fix: Option<(String, Vec<PartChange>)>,
    /// What tells those with the same cause.
    pub(crate) cause: Option<String>,
}

/// A call that shows what a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCall {
    /// The action.
    pub action: String,
    /// Keys with their values; `None`: the call lacks the key.
    pub keys: Vec<(String, Option<String>)>,
}

impl FoundCall {
    /// The call in words: `` `ec2:RunInstances` with `aws:RequestedRegion` = `eu-west-1` ``.
    pub(crate) fn words(&self) -> String {
        let given = self.keys.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
        let given: Vec<String> = given.map(|(key, value)| format!("{} = {}", quoted(key), quoted(value))).collect();
        format!("`{}` with {}", self.action, given.join(" and "))
    }
}

/// Puts those together that have one rule, one cause and one effect: the first stays, as grave as the gravest, and
/// knows where the others are.
pub(crate) fn told_once(found: Vec<Found>) -> Vec<Found> {
    let mut first: BTreeMap<(&'static str, String, String), usize> = BTreeMap::new();
    let mut told: Vec<Found> = Vec::new();
    for one in found {
        let Some(cause) = one.cause.clone() else {
            told.push(one);
            continue;
        };
        let place = *first.entry((one.rule.code, cause, one.reason.clone())).or_insert(told.len());
        if let Some(known) = told.get_mut(place) {
            known.risk = known.risk.max(one.risk);
            known.also.push(one.path);
            known.fix =
                known.fix.take().zip(one.fix).map(|((what, changes), (_, more))| (what, [changes, more].concat()));
        } else {
            told.push(one);
        }
    }
    for one in told.iter_mut().filter(|one| !one.also.is_empty()) {
        one.message = format!("{} ({} places)", one.message, one.also.len() + 1);
    }
    told
}

impl Found {
    /// With the text that has exactly one meaning in place of a value.
    pub(crate) fn write_instead(mut self, path: PolicyPath, text: &str) -> Self {
        self.fix = Some((format!("write {}", quoted(text)), vec![PartChange::Value(path, text.to_owned())]));
        self
    }

    /// The same as a remark on the text that the document was read from: a warning if it is grave, else a note.
    pub fn diagnostic(&self, text: &str) -> Message {
        let also = self.also.iter().filter_map(|path| locate(text, &path_in(path, text)));
        let spans: Vec<Range<usize>> = std::iter::once(self.span(text)).chain(also).collect();
        let starts: Vec<usize> = spans.iter().map(|span| span.start).collect();
        let lines = lines_and_columns(text, &starts);
        let mut places = spans.into_iter().zip(lines).map(|(span, (line, column))| Place { span, line, column });
        let mut message = self.code().at(self.path_in(text), self.message.as_str()).help(self.remedy.as_str());
        message.place = places.next();
        message.also = places.collect();
        message.fix = self.fix.as_ref().and_then(|(what, changes)| Fix::of_parts(text, what.as_str(), changes));
        message
    }

    fn code(&self) -> Code {
        Code {
            code: self.rule.code,
            rule: self.rule.semantics.first().copied().unwrap_or_default(),
            severity: if self.risk >= Risk::Medium { Severity::Warning } else { Severity::Note },
            summary: self.rule.title,
            text: self.rule.text,
            example: None,
        }
    }

    /// The route as the text has it: a value in a list may stand there as one bare value (JSON-6).
    pub fn path_in(&self, text: &str) -> PolicyPath {
        path_in(&self.path, text)
    }

    /// The bytes of the part in the text that the document was read from.
    pub fn span(&self, text: &str) -> Range<usize> {
        locate(text, &self.path_in(text)).unwrap_or(0..0)
    }
}

/// A route as a text has it: see [`Found::path_in`].
fn path_in(path: &PolicyPath, text: &str) -> PolicyPath {
    let [list @ .., PathStep::Index(0)] = path.steps() else { return path.clone() };
    let list = PolicyPath::from_steps(list);
    let is_bare = locate(text, &list).and_then(|span| text.get(span)).is_some_and(|value| !value.starts_with('['));
    if is_bare { list } else { path.clone() }
}
