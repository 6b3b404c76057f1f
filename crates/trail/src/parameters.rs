//! `requestParameters`, as far as tables say what stands in them.

use serde_json::Value;

/// The text at a member of an object; numbers and booleans as their words.
pub(crate) fn text_at(value: &Value, member: &str) -> Option<String> {
    scalar(value.get(member)?)
}

pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The texts at a path: members with dots between them, `[]` through a list.
pub(crate) fn texts_at(value: &Value, path: &str) -> Vec<String> {
    let mut found = vec![value];
    for step in path.split('.') {
        let (member, through) = step.strip_suffix("[]").map_or((step, false), |member| (member, true));
        let inside = found.into_iter().filter_map(|value| value.get(member));
        found = if through { inside.filter_map(Value::as_array).flatten().collect() } else { inside.collect() };
    }
    found.into_iter().filter_map(scalar).collect()
}
