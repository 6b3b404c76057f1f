//! The batch form of a question: one JSON object (`docs/batch.md`).

use scproof_text::{JsonText, LoadError, Node, Record, RecordReader, TextKind, Value};

use crate::request::{Context, ContextValue, Request, RequestResource, ResourceInput};

const ACCOUNT: &str = "an account id of 12 digits in quotes, or an account name";
const PRINCIPAL: &str = "an ARN or a name such as \"role/deploy\" in quotes";
const RESOURCE: &str = "an ARN in quotes, or \"*\" for an action that takes no resource";
const SCALAR: &str = "a text, number or boolean";

impl Request {
    /// Reads the batch form. Unknown members are errors: a misspelt one would silently widen the question.
    ///
    /// # Errors
    ///
    /// All faults of the text: what is no JSON, and members that are missing, misspelt, doubled or of another type.
    ///
    /// ```
    /// use scproof_evaluator::Request;
    /// let request = Request::from_json(r#"{"account": "222222222222", "action": "s3:GetObject", "context": {"aws:TagKeys": ["a"]}}"#)?;
    /// assert!(request.resources.is_empty());
    /// let error = Request::from_json(r#"{"acount": "222222222222", "action": 5}"#).unwrap_err();
    /// assert_eq!(error.faults()[0].help.as_deref(), Some("did you mean `account` where it says `acount`?"));
    /// assert_eq!(error.faults()[1].to_string(), "1:38: action: found a number, expected an action such as \"s3:GetObject\"");
    /// # Ok::<(), scproof_organization::LoadError>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        let file = JsonText::new(text, &TextKind::FILE);
        let mut reader = RecordReader::new(&file);
        let mut record = reader.root()?;
        // What comes back with the answer is nothing to ask about.
        record.value("id");
        let request = Self::from_record(&mut record, &mut reader);
        record.close(&mut reader);
        reader.finish().map(|()| request)
    }

    /// Reads the members of a question from an object. Faults are noted in the reader, and the question has no meaning
    /// if there are any; members that are none of a question are left to [`Record::close`].
    pub fn from_record<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> Self {
        let principal = record.given("principal").and_then(|node| reader.string(node, PRINCIPAL));
        // The principal may name the account.
        let account = match record.given("account") {
            Some(node) => reader.string(node, ACCOUNT),
            None if principal.is_some() => None,
            None => record.required(reader, "account").and_then(|node| reader.string(node, ACCOUNT)),
        };
        let action = record.required(reader, "action");
        let action = action.and_then(|node| reader.string(node, "an action such as \"s3:GetObject\""));
        let resources = match record.given("resource") {
            None => &[],
            Some(node) => node.value.as_array().unwrap_or(std::slice::from_ref(node)),
        };
        Self {
            account: account.unwrap_or_default(),
            principal,
            action: action.unwrap_or_default(),
            resources: resources.iter().map(|node| resource_input(node, reader)).collect(),
            context: record.given("context").map(|node| context(node, reader)).unwrap_or_default(),
            region: record.given("region").and_then(|node| reader.string(node, "a Region such as \"eu-west-1\"")),
            resources_complete: record.flag(reader, "resourcesComplete").unwrap_or_default(),
            closed_context: record.flag(reader, "closedContext").unwrap_or_default(),
            beyond_catalog: record.flag(reader, "beyondCatalog").unwrap_or_default(),
        }
    }
}

fn resource_input<'f>(node: &'f Node<'f>, reader: &mut RecordReader<'f>) -> ResourceInput {
    if !matches!(node.value, Value::Object(_)) {
        return ResourceInput { resource: resource(node, reader), context: Context::new() };
    }
    let Some(mut record) = reader.record(node) else {
        return ResourceInput { resource: RequestResource::Unknown, context: Context::new() };
    };
    let resource = record.given("resource").map_or(RequestResource::Unknown, |node| resource(node, reader));
    let context = record.given("context").map(|node| context(node, reader)).unwrap_or_default();
    record.close(reader);
    ResourceInput { resource, context }
}

fn resource<'f>(node: &'f Node<'f>, reader: &mut RecordReader<'f>) -> RequestResource {
    match reader.string(node, RESOURCE) {
        Some(text) if text == "*" => RequestResource::NotScoped,
        Some(arn) => RequestResource::Arn(arn),
        None => RequestResource::Unknown,
    }
}

/// Keys with a value, a list of values, or null for "certainly absent". Booleans and numbers are taken as their text.
fn context<'f>(node: &'f Node<'f>, reader: &mut RecordReader<'f>) -> Context {
    let mut context = Context::new();
    let members = reader.record(node).map_or(&[][..], |record| record.members());
    for member in members {
        let node = &member.value;
        let value = match &node.value {
            Value::Null => ContextValue::Absent,
            Value::Array(values) => {
                ContextValue::List(values.iter().filter_map(|value| scalar(value, reader)).collect())
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) | Value::Broken => {
                ContextValue::Single(scalar(node, reader).unwrap_or_default())
            }
        };
        context.insert(member.name.clone().into_owned(), value);
    }
    context
}

fn scalar<'f>(node: &'f Node<'f>, reader: &mut RecordReader<'f>) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone().into_owned()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(token) => Some((*token).to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) | Value::Broken => {
            reader.wrong_type(node, SCALAR);
            None
        }
    }
}
