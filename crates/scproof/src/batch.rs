//! Many questions at once: JSON Lines in, JSON Lines out, in the same order.

use std::io::{self, BufRead, BufReader, Read, Write};

use rayon::prelude::*;
use scproof_evaluator::{CompiledOrganization, Request, RequestError};
use scproof_text::codes::{DUPLICATE_MEMBER, JSON_CODES};
use scproof_text::{JsonText, LoadError, Message, RecordReader, TextKind, Value as Written};
use serde::Serialize;
use serde_json::Value;

use crate::guard_notes::guard_notes;

/// The longest line that is read, in bytes.
pub const MAX_LINE: usize = 1024 * 1024;

/// How much input is read, answered and written at a time, in bytes.
const CHUNK: usize = 1024 * 1024;

/// How many lines were answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BatchSummary {
    /// Lines with an answer.
    pub answered: u64,
    /// Lines with an error in place of an answer.
    pub failed: u64,
}

/// Why a batch stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The questions could not be read.
    #[error("the questions cannot be read")]
    Read(#[source] io::Error),
    /// The answers could not be written.
    #[error("the answers cannot be written")]
    Write(#[source] io::Error),
}

/// A line that is no question, in the words of the answer in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineError {
    /// A stable word for programs; `docs/batch.md` lists all.
    pub kind: &'static str,
    /// What is wrong.
    pub message: String,
    /// The member that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The number of the line, from 1; empty lines count.
    pub line: u64,
    /// The column in characters, from 1, if it is about a part of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// How to repair it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What else is wrong with the line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<LineError>,
}

/// Answers every line of the input with one line of output, in the same order, in the batch form that `docs/batch.md`
/// describes. Empty lines are passed over.
///
/// A line that is no question gives `{"id": …, "error": {…}}` in its place and the rest goes on. The output is the same
/// whatever the number of threads of the current rayon pool. About a mebibyte is held at a time, and whatever has
/// arrived is answered before more is waited for, so that a program can hold a conversation over pipes.
///
/// # Errors
///
/// If the input cannot be read or the output cannot be written. Bad lines are counted, not errors.
///
/// ```
/// use scproof::ask::{CompiledOrganization, EvaluationOptions, answer_lines};
///
/// let compiled = CompiledOrganization::compile(scproof::example::organization()?, EvaluationOptions::default());
/// let questions = r#"{"id": 1, "account": "management", "action": "s3:DeleteBucket"}
/// {"id": 2, "account": "shop"}"#;
/// let mut answers = Vec::new();
/// let summary = answer_lines(&compiled, questions.as_bytes(), &mut answers)?;
/// assert_eq!((summary.answered, summary.failed), (1, 1));
/// assert!(answers.starts_with(br#"{"id":1,"decision":"notApplicable","reason":"managementAccount","#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn answer_lines(
    compiled: &CompiledOrganization,
    input: impl Read,
    output: &mut dyn Write,
) -> Result<BatchSummary, BatchError> {
    let mut lines = Lines { reader: BufReader::with_capacity(CHUNK, input), number: 0 };
    let mut summary = BatchSummary::default();
    loop {
        let chunk = lines.next_chunk().map_err(BatchError::Read)?;
        if chunk.is_empty() {
            return Ok(summary);
        }
        let answers: Vec<(Vec<u8>, bool)> = chunk.par_iter().map(|line| answer(compiled, line)).collect();
        for (text, answered) in answers {
            output.write_all(&text).map_err(BatchError::Write)?;
            if answered {
                summary.answered += 1;
            } else {
                summary.failed += 1;
            }
        }
        output.flush().map_err(BatchError::Write)?;
    }
}

/// A line of the input.
struct Line {
    number: u64,
    /// Without its end; of a line that is too long only the beginning.
    bytes: Vec<u8>,
    too_long: bool,
}

struct Lines<R> {
    reader: BufReader<R>,
    number: u64,
}

impl<R: Read> Lines<R> {
    /// The lines that can be had without waiting, at least one; none at the end of the input.
    fn next_chunk(&mut self) -> io::Result<Vec<Line>> {
        let mut chunk = Vec::new();
        loop {
            // Once something is at hand it is answered before more is waited for.
            if !chunk.is_empty() && !self.reader.buffer().contains(&b'\n') {
                return Ok(chunk);
            }
            let Some(line) = self.next_line()? else { return Ok(chunk) };
            if !line.bytes.iter().all(u8::is_ascii_whitespace) || line.too_long {
                chunk.push(line);
            }
        }
    }

    fn next_line(&mut self) -> io::Result<Option<Line>> {
        let mut line = Line { number: self.number + 1, bytes: Vec::new(), too_long: false };
        let mut any = false;
        loop {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                break;
            }
            any = true;
            let end = available.iter().position(|&byte| byte == b'\n');
            let content = available.get(..end.unwrap_or(available.len())).unwrap_or_default();
            let room = MAX_LINE.saturating_sub(line.bytes.len());
            line.too_long |= content.len() > room;
            line.bytes.extend(content.iter().take(room));
            let used = content.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        self.number += 1;
        if self.number == 1 && line.bytes.starts_with(b"\xef\xbb\xbf") {
            line.bytes.drain(..3);
        }
        Ok(Some(line))
    }
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    id: &'a Value,
    error: &'a LineError,
}

/// The line to write for a line read, and whether it is an answer.
fn answer(compiled: &CompiledOrganization, line: &Line) -> (Vec<u8>, bool) {
    let mut text = Vec::with_capacity(512);
    let mut id = Value::Null;
    let explanation = read(line, &mut id).and_then(|request| {
        let answered = compiled.answer(&request);
        let mut explanation = answered.map_err(|error| Box::new(request_error(&error, line.number)))?;
        let notes = guard_notes(compiled.organization(), &request.action, &explanation);
        explanation.notes.extend(notes);
        Ok(explanation)
    });
    let written = match &explanation {
        Ok(explanation) => {
            scproof_report::json::answer::render_line(compiled.organization(), &id, explanation, &mut text)
        }
        Err(error) => serde_json::to_writer(&mut text, &ErrorLine { id: &id, error })
            .map_err(io::Error::from)
            .map(|()| text.push(b'\n')),
    };
    // INVARIANT: the values have text keys and memory takes every byte, so writing cannot fail.
    debug_assert!(written.is_ok());
    (text, explanation.is_ok())
}

/// Reads a question. `id` is set as soon as it is known, so that an error names it too.
fn read(line: &Line, id: &mut Value) -> Result<Request, Box<LineError>> {
    let error = |kind, message: String, help: &str| {
        Box::new(LineError {
            kind,
            message,
            path: None,
            line: line.number,
            column: None,
            help: Some(help.to_owned()),
            more: Vec::new(),
        })
    };
    if line.too_long {
        let message = format!("the line is longer than {MAX_LINE} bytes");
        return Err(error("lineTooLong", message, "ask about fewer resources at a time"));
    }
    let text = std::str::from_utf8(&line.bytes).map_err(|fault| {
        let message = format!("byte {} of the line is not UTF-8", fault.valid_up_to() + 1);
        error("notUtf8", message, "save the questions as UTF-8")
    })?;
    let file = JsonText::new(text, &QUESTION);
    question(&file, id).map_err(|error| Box::new(line_error(&error, line.number)))
}

/// What a line must be.
const QUESTION: TextKind = TextKind {
    expected: "a question such as {\"account\": …, \"action\": …}",
    one_value: "each line is one JSON object",
    comment: "delete the comment; an `id` can carry a name",
    ..TextKind::FILE
};

fn question(file: &JsonText<'_>, id: &mut Value) -> Result<Request, LoadError> {
    let mut reader = RecordReader::new(file);
    let mut record = reader.root()?;
    if let Some(node) = record.given("id") {
        let given = match &node.value {
            Written::String(text) => Some(Value::from(&**text)),
            Written::Number(token) => {
                serde_json::from_str(token).ok().filter(|number: &Value| number.is_i64() || number.is_u64())
            }
            Written::Null | Written::Bool(_) | Written::Array(_) | Written::Object(_) | Written::Broken => None,
        };
        // Of two with the name neither is certainly the one that was meant.
        let is_only = record.members().iter().filter(|member| member.name == "id").count() == 1;
        match given {
            Some(given) if is_only => *id = given,
            Some(_) => {}
            None => reader.wrong_type(node, "a text or a whole number of at most 64 bits"),
        }
    }
    let request = Request::from_record(&mut record, &mut reader);
    record.close(&mut reader);
    reader.finish().map(|()| request)
}

/// The faults of a line: the first, and the others in it.
fn line_error(error: &LoadError, line: u64) -> LineError {
    let mut errors: Vec<LineError> = error.faults().iter().map(|fault| fault_error(fault, line)).collect();
    let more = errors.split_off(errors.len().min(1));
    // An error has a fault.
    let first = errors.pop().unwrap_or_else(|| fault_error(&DUPLICATE_MEMBER.message("the line has no meaning"), line));
    LineError { more, ..first }
}

fn fault_error(fault: &Message, line: u64) -> LineError {
    let kind = if fault.code == DUPLICATE_MEMBER.code {
        "duplicateMember"
    } else if JSON_CODES.iter().any(|code| code.code == fault.code) {
        "json"
    } else {
        "format"
    };
    let expected = fault.expected.as_ref().map_or_else(String::new, |expected| format!(", expected {expected}"));
    LineError {
        kind,
        message: format!("{}{expected}", fault.message),
        path: Some(fault.path.to_string()).filter(|path| !path.is_empty()),
        line,
        column: fault.line_and_column().map(|(_, column)| column),
        help: fault.help.clone(),
        more: Vec::new(),
    }
}

fn request_error(fault: &RequestError, line: u64) -> LineError {
    let (kind, path) = match fault {
        RequestError::Account(_) | RequestError::NoAccount { .. } => ("account", "account"),
        RequestError::Action { .. } => ("action", "action"),
        RequestError::Resource { .. } => ("resource", "resource"),
        RequestError::ForeignResource { .. } | RequestError::NeedsResource { .. } => ("foreignResource", "resource"),
        RequestError::Principal { .. } | RequestError::NoPartition { .. } => ("principal", "principal"),
        RequestError::PrincipalAccount { .. } => ("principalAccount", "principal"),
        RequestError::PrincipalPartition { .. } => ("principalPartition", "principal"),
        RequestError::SeveralValues { .. } => ("severalValues", "context"),
        RequestError::DuplicateKey { .. } => ("duplicateKey", "context"),
        RequestError::Key { .. } => ("contextKey", "context"),
        _ => ("request", ""),
    };
    LineError {
        kind,
        message: fault.to_string(),
        path: Some(path.to_owned()).filter(|path| !path.is_empty()),
        line,
        column: None,
        help: fault.help(),
        more: Vec::new(),
    }
}
