//! The batch form of a question: one JSON object (design of the batch form in `docs/batch.md`).

use serde_json::{Map, Value};
use thiserror::Error;

use crate::request::{Context, ContextValue, Request, RequestResource, ResourceInput};

/// What is wrong with the JSON form of a question.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{path}: expected {expected}, found {found}")]
pub struct RequestFormatError {
    /// Where, such as `context.aws:TagKeys[1]`; `request` for the whole.
    pub path: String,
    /// What belongs there.
    pub expected: &'static str,
    /// What stands there.
    pub found: String,
}

type Result<T> = std::result::Result<T, RequestFormatError>;

/// The members of a question.
const MEMBERS: [&str; 10] = [
    "id",
    "account",
    "principal",
    "action",
    "resource",
    "resourcesComplete",
    "region",
    "context",
    "closedContext",
    "beyondCatalog",
];

impl Request {
    /// Reads the batch form. Unknown members are errors: a misspelt one would silently widen the question.
    ///
    /// # Errors
    ///
    /// If a member is missing, misspelt or of another type.
    ///
    /// ```
    /// use scproof_evaluator::Request;
    /// let json = serde_json::json!({"account": "222222222222", "action": "s3:GetObject", "context": {"aws:TagKeys": ["a"]}});
    /// assert!(Request::from_json(&json)?.resources.is_empty());
    /// # Ok::<(), scproof_evaluator::RequestFormatError>(())
    /// ```
    pub fn from_json(json: &Value) -> Result<Self> {
        let object = object(json, "request", "an object such as {\"account\": …, \"action\": …}")?;
        if let Some(unknown) = object.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(fault(
                unknown.clone(),
                "one of id, account, principal, action, resource, resourcesComplete, region, context, closedContext, \
                 beyondCatalog",
                "another member".to_owned(),
            ));
        }
        let principal = match object.get("principal") {
            None | Some(Value::Null) => None,
            Some(principal) => {
                Some(text(principal, "principal", "an ARN or a name such as \"role/deploy\" in quotes")?)
            }
        };
        let account = match object.get("account") {
            // The principal may name it.
            None | Some(Value::Null) if principal.is_some() => String::new(),
            _ => required_text(object, "account", "an account id of 12 digits in quotes, or an account name")?,
        };
        Ok(Self {
            account,
            principal,
            action: required_text(object, "action", "an action such as \"s3:GetObject\"")?,
            resources: match object.get("resource") {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(resources)) => resources
                    .iter()
                    .enumerate()
                    .map(|(index, resource)| resource_input(resource, &format!("resource[{index}]")))
                    .collect::<Result<_>>()?,
                Some(resource) => vec![resource_input(resource, "resource")?],
            },
            context: match object.get("context") {
                None | Some(Value::Null) => Context::new(),
                Some(json) => context(json, "context")?,
            },
            region: match object.get("region") {
                None | Some(Value::Null) => None,
                Some(region) => Some(text(region, "region", "a Region such as \"eu-west-1\"")?),
            },
            resources_complete: switch(object, "resourcesComplete")?,
            closed_context: switch(object, "closedContext")?,
            beyond_catalog: switch(object, "beyondCatalog")?,
        })
    }
}

fn fault(path: impl Into<String>, expected: &'static str, found: String) -> RequestFormatError {
    RequestFormatError { path: path.into(), expected, found }
}

fn describe(json: &Value) -> String {
    match json {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("`{text}`"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

fn object<'a>(json: &'a Value, path: &str, expected: &'static str) -> Result<&'a Map<String, Value>> {
    json.as_object().ok_or_else(|| fault(path, expected, describe(json)))
}

fn text(json: &Value, path: &str, expected: &'static str) -> Result<String> {
    json.as_str().map(str::to_owned).ok_or_else(|| fault(path, expected, describe(json)))
}

fn required_text(object: &Map<String, Value>, name: &str, expected: &'static str) -> Result<String> {
    match object.get(name) {
        None => Err(fault(name, expected, "nothing".to_owned())),
        Some(json) => text(json, name, expected),
    }
}

fn switch(object: &Map<String, Value>, name: &str) -> Result<bool> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(on)) => Ok(*on),
        Some(other) => Err(fault(name, "true or false", describe(other))),
    }
}

fn resource_input(json: &Value, path: &str) -> Result<ResourceInput> {
    if let Some(members) = json.as_object() {
        if let Some(unknown) = members.keys().find(|name| *name != "resource" && *name != "context") {
            return Err(fault(format!("{path}.{unknown}"), "resource or context", "another member".to_owned()));
        }
        let resource = match members.get("resource") {
            None | Some(Value::Null) => RequestResource::Unknown,
            Some(json) => resource(json, &format!("{path}.resource"))?,
        };
        let context = match members.get("context") {
            None | Some(Value::Null) => Context::new(),
            Some(json) => context(json, &format!("{path}.context"))?,
        };
        return Ok(ResourceInput { resource, context });
    }
    Ok(ResourceInput { resource: resource(json, path)?, context: Context::new() })
}

fn resource(json: &Value, path: &str) -> Result<RequestResource> {
    Ok(match text(json, path, "an ARN in quotes, or \"*\" for an action that takes no resource")?.as_str() {
        "*" => RequestResource::NotScoped,
        arn => RequestResource::Arn(arn.to_owned()),
    })
}

/// Keys with a value, a list of values, or null for "certainly absent". Booleans and numbers are taken as their text.
fn context(json: &Value, path: &str) -> Result<Context> {
    let mut context = Context::new();
    for (key, json) in object(json, path, "an object of context keys")? {
        let place = format!("{path}.{key}");
        let value = match json {
            Value::Null => ContextValue::Absent,
            Value::Array(values) => ContextValue::List(
                values
                    .iter()
                    .enumerate()
                    .map(|(index, value)| scalar(value, &format!("{place}[{index}]")))
                    .collect::<Result<_>>()?,
            ),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                ContextValue::Single(scalar(json, &place)?)
            }
        };
        context.insert(key.clone(), value);
    }
    Ok(context)
}

fn scalar(json: &Value, path: &str) -> Result<String> {
    match json {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(fault(path, "a text, number or boolean", describe(json)))
        }
    }
}
