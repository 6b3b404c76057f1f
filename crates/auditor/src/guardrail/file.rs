//! The file of guardrails, `docs/guardrails.md`.

use std::collections::BTreeMap;
use std::sync::Arc;

use scproof_organization::AccountScope;
use scproof_policy_parser::{PathStep, PolicyDocument, PolicyKind, PolicyPath, Severity};
use scproof_text::codes::BLANK_TEXT;
use scproof_text::{
    JsonText, LoadError, Message, Node, Record, RecordReader, TextKind, Value, is_blank, nearest, shorten,
};

use super::GUARDRAILS_FORMAT;
use crate::model::Guardrail;
use crate::{Risk, codes};

/// The most guardrails of a file, and the most statements of a guardrail: each is proved for each account.
const MOST: usize = 1_000;
const MOST_STATEMENTS: usize = 100;

/// Where a guardrail stands that says nothing of its category.
const CATEGORY: &str = "Other";

/// The members of a statement, without its effect.
const PARTS: [&str; 6] = ["Sid", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// A guardrail is no policy: its length does not matter.
const OF_LENGTH: [&str; 3] = ["minified-fits", "scp-too-long", "too-many-bytes"];

/// Warnings about statements whose meaning is certain all the same. All others are faults here: who writes a policy
/// sees its warnings, and a guardrail that matches nothing by mistake would hold everywhere.
const CERTAIN: [&str; 7] = [
    "empty-sid",
    "mixed-value-types",
    "operator-case",
    "set-operator-on-single-value",
    "unknown-global-key",
    "wildcard-resource-type",
    "wildcard-service",
];

pub(super) fn read(text: &str) -> Result<Vec<Arc<Guardrail>>, LoadError> {
    let file = JsonText::new(text, &TextKind::FILE);
    let mut reader = RecordReader::new(&file);
    let mut root = reader.root()?;
    reader.format(&mut root, GUARDRAILS_FORMAT, "file of guardrails")?;
    root.text(&mut reader, "$schema");
    root.text(&mut reader, "Description");
    let mut elements = root.required_elements(&mut reader, "Guardrails");
    if elements.len() > MOST {
        let message = format!("the file has {} guardrails", elements.len());
        let fault = codes::TOO_MANY_GUARDRAILS.message(message).on(root.span_of("Guardrails"));
        reader.fault(fault.expected(format!("at most {MOST}")).help("use several files"));
        elements = &[];
    }
    root.close(&mut reader);
    let mut list = Vec::with_capacity(elements.len());
    let mut ids: BTreeMap<String, PolicyPath> = BTreeMap::new();
    for node in elements {
        let Some(record) = reader.record(node) else { continue };
        list.extend(guardrail(record, &mut reader, &mut ids).map(Arc::new));
    }
    reader.finish()?;
    Ok(list)
}

fn guardrail<'f>(
    mut record: Record<'f>,
    reader: &mut RecordReader<'f>,
    ids: &mut BTreeMap<String, PolicyPath>,
) -> Option<Guardrail> {
    let id = id(&mut record, reader, ids);
    let title = words(&mut record, reader, "Title", true);
    let why = words(&mut record, reader, "Why", true);
    let category = words(&mut record, reader, "Category", false);
    let risk = risk(&mut record, reader);
    let sources = sources(&mut record, reader);
    let scope = AccountScope::read(&mut record, reader);
    let document = document(&mut record, reader);
    record.close(reader);
    Some(Guardrail {
        id: id?,
        title: title?,
        why: why?,
        category: category.unwrap_or_else(|| CATEGORY.to_owned()),
        risk: risk?,
        sources,
        scope,
        document: document?,
    })
}

fn id<'f>(
    record: &mut Record<'f>,
    reader: &mut RecordReader<'f>,
    ids: &mut BTreeMap<String, PolicyPath>,
) -> Option<String> {
    let id = record.required_text(reader, "Id")?;
    let at = record.span_of("Id");
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if id.len() > 100 || !id.split('-').all(part) {
        let message = format!("`{}` is not the id of a guardrail", shorten(&id));
        let fault = codes::BAD_ID.message(message).on(at).item(shorten(&id));
        reader.fault(
            fault.expected("at most 100 small letters, digits and single hyphens, such as `leave-organization`"),
        );
        return None;
    }
    if let Some(first) = ids.get(&id) {
        let message = format!("`{id}` is the id of two guardrails, first at {first}");
        let fault = codes::DUPLICATE_ID.message(message).on(at).item(id);
        reader.fault(fault.help("write all statements of one guardrail into one `MustBeBlocked`"));
        return None;
    }
    ids.insert(id.clone(), reader.path(record.node()));
    Some(id)
}

/// A text that says something.
fn words<'f>(
    record: &mut Record<'f>,
    reader: &mut RecordReader<'f>,
    name: &'static str,
    required: bool,
) -> Option<String> {
    let text = if required { record.required_text(reader, name)? } else { record.text(reader, name)? };
    if is_blank(&text) {
        reader.fault(BLANK_TEXT.message(format!("`{name}` says nothing")).on(record.span_of(name)));
        return None;
    }
    Some(text)
}

fn risk<'t>(record: &mut Record<'t>, reader: &mut RecordReader<'t>) -> Option<Risk> {
    let text = record.required_text(reader, "Risk")?;
    let found = Risk::from_text(&text);
    if found.is_none() {
        let message = format!("`{}` is not a risk", shorten(&text));
        let fault = codes::UNKNOWN_RISK.message(message).on(record.span_of("Risk"));
        let fault = fault.expected("`high`, `medium`, `low` or `info`");
        reader.fault(match nearest(&text, Risk::ALL.map(Risk::as_str)) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault,
        });
    }
    found
}

/// Reports turn them into links, so nothing but web pages will do.
fn sources<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> Vec<String> {
    let texts = record.texts(reader, "Sources").unwrap_or_default();
    let mut sources = Vec::with_capacity(texts.len());
    for (node, text) in texts {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let is_plain = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic());
        if rest.is_some_and(is_plain) {
            sources.push(text);
        } else {
            let message = format!("`{}` is not the address of a web page", shorten(&text));
            let fault = codes::BAD_SOURCE.message(message).on(node.span.clone());
            reader.fault(fault.expected("a text that begins with `https://`, without white space"));
        }
    }
    sources
}

fn document<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> Option<Arc<PolicyDocument>> {
    let Some(node) = record.value("MustBeBlocked") else {
        let missing = record.missing(reader, "MustBeBlocked");
        reader.fault(missing.help("write the calls there, as statements of a policy"));
        return None;
    };
    let at = node.span.clone();
    let one = matches!(node.value, Value::Object(_)).then(|| std::slice::from_ref(node));
    let Some(statements) = one.or_else(|| node.value.as_array()) else {
        reader.wrong_type(node, "a statement as an object, or an array of statements");
        return None;
    };
    let count = statements.len();
    if count == 0 || count > MOST_STATEMENTS {
        reader.fault(if count == 0 {
            codes::NO_STATEMENTS
                .message("the guardrail names no calls, so it would hold everywhere")
                .expected("at least one statement")
                .on(at)
        } else {
            codes::TOO_MANY_STATEMENTS
                .message(format!("the guardrail has {count} statements"))
                .expected(format!("at most {MOST_STATEMENTS}"))
                .on(at)
        });
        return None;
    }
    // A statement that is no object has its fault already; the others are still looked at.
    let (places, texts): (Vec<PolicyPath>, Vec<String>) =
        statements.iter().filter_map(|node| statement(node, reader).map(|text| (reader.path(node), text))).unzip();
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, texts.join(","));
    let parsed = PolicyDocument::parse(&text, PolicyKind::ServiceControl);
    let mut faults = parsed.diagnostics.iter().filter(|diagnostic| is_fault(diagnostic)).peekable();
    let is_whole = parsed.document.to_minified_json().is_some();
    if !is_whole && faults.peek().is_none() {
        // No text is known to get here; a guardrail must not get lost without a word if one does.
        reader.fault(codes::BAD_STATEMENTS.message("the statements have no meaning").on(at.clone()));
    }
    for diagnostic in faults {
        let fault = fault(diagnostic, &places, || reader.path(node));
        reader.fault(fault);
    }
    // A guardrail about a misspelt name would hold, or have holes, whatever the policies say.
    for found in scproof_rules::unknown_names(&parsed.document) {
        if found.remedy.starts_with("did you mean") {
            let fault = fault(&found.diagnostic(&text), &places, || reader.path(node));
            reader.fault(fault);
        }
    }
    is_whole.then(|| Arc::new(parsed.document))
}

/// A statement as the policy language has it: with an effect, and with a resource.
fn statement<'f>(node: &'f Node<'f>, reader: &mut RecordReader<'f>) -> Option<String> {
    let mut record = reader.record(node)?;
    if let Some(effect) = record.text(reader, "Effect").filter(|effect| effect != "Deny") {
        let message = format!("a guardrail says what must be blocked, not `{}`", shorten(&effect));
        let fault = codes::BAD_EFFECT.message(message).on(record.span_of("Effect"));
        reader.fault(fault.expected("`Deny`").help("leave `Effect` out"));
    }
    let mut members = vec![r#""Effect":"Deny""#.to_owned()];
    let mut has_resource = false;
    for name in PARTS {
        if let Some(node) = record.value(name) {
            members.push(format!(r#""{name}":{}"#, reader.source(node)));
            has_resource |= name.ends_with("Resource");
        }
    }
    if !has_resource {
        members.push(r#""Resource":"*""#.to_owned());
    }
    record.close(reader);
    Some(format!("{{{}}}", members.join(",")))
}

fn is_fault(diagnostic: &Message) -> bool {
    match diagnostic.severity {
        Severity::Error => !OF_LENGTH.contains(&diagnostic.code),
        Severity::Warning => !CERTAIN.contains(&diagnostic.code) && !OF_LENGTH.contains(&diagnostic.code),
        Severity::Note => false,
    }
}

/// What the parser says of the document, at the place where the file says it.
fn fault(diagnostic: &Message, places: &[PolicyPath], guardrail: impl Fn() -> PolicyPath) -> Message {
    let path = match diagnostic.path.steps() {
        [PathStep::Key(_), PathStep::Index(index), rest @ ..] => places.get(*index).map(|place| {
            let steps: Vec<PathStep> = place.steps().iter().chain(rest).cloned().collect();
            PolicyPath::from_steps(steps)
        }),
        _ => None,
    };
    // The place is one of the document that was made here, not of the file.
    Message { path: path.unwrap_or_else(guardrail), place: None, severity: Severity::Error, ..diagnostic.clone() }
}
