//! `requestParameters`, as far as tables say what stands in them.

use std::cell::OnceCell;

use serde_json::Value;
use serde_json::value::RawValue;

/// `requestParameters` of a call, read where somebody looks at them.
#[derive(Debug, Default)]
pub(crate) struct Parameters<'r> {
    raw: Option<&'r RawValue>,
    value: OnceCell<Value>,
}

impl<'r> Parameters<'r> {
    pub(crate) fn new(raw: Option<&'r RawValue>) -> Self {
        Self { raw, value: OnceCell::new() }
    }

    /// What they are; null where there are none, or none that can be read.
    pub(crate) fn get(&self) -> &Value {
        self.value.get_or_init(|| {
            let value: Value = self.raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
            // Tables have them as a text of JSON.
            let inside = value.as_str().map(|text| serde_json::from_str(text).unwrap_or_default());
            let value = inside.unwrap_or(value);
            // What is no object tells nothing, not even that a member is missing.
            if value.is_object() { value } else { Value::Null }
        })
    }
}

#[cfg(test)]
impl From<&Value> for Parameters<'_> {
    fn from(value: &Value) -> Self {
        Self { raw: None, value: value.clone().into() }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ct_30_what_is_no_object_tells_nothing() {
        let of = |text: &str| {
            let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
            Parameters::new(Some(&raw)).get().clone()
        };
        for text in ["null", "[]", "7", "true", r#""""#, r#""x""#, r#""[]""#] {
            assert_eq!(of(text), Value::Null, "{text}");
        }
        for text in [r#"{"a": 1}"#, r#""{\"a\": 1}""#] {
            assert_eq!(of(text), serde_json::json!({"a": 1}), "{text}");
        }
    }
}
