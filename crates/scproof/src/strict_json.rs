//! JSON without a second meaning: a name that stands twice in one object is noticed, at any depth.
//!
//! `serde_json` keeps the last of two members with one name without a word. In a question that would be a guess about what
//! was meant.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A value, and the first name that stands twice, if one does.
#[derive(Debug)]
pub(crate) struct Strict {
    /// Of members with the same name the first.
    pub(crate) value: Value,
    /// The route to the second member, such as `context.aws:TagKeys`.
    pub(crate) duplicate: Option<String>,
}

/// Reads one JSON value.
pub(crate) fn parse(text: &str) -> Result<Strict, serde_json::Error> {
    let duplicate = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Seed { route: Route::Root, duplicate: &duplicate }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(Strict { value, duplicate: duplicate.into_inner() })
}

/// The way to the value being read.
#[derive(Clone, Copy)]
enum Route<'r> {
    Root,
    Member(&'r Route<'r>, &'r str),
    Element(&'r Route<'r>, usize),
}

impl fmt::Display for Route<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Self::Root, name) => f.write_str(name),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Element(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

#[derive(Clone, Copy)]
struct Seed<'s> {
    route: Route<'s>,
    duplicate: &'s RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) =
            elements.next_element_seed(Seed { route: Route::Element(&self.route, list.len()), ..self })?
        {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let route = Route::Member(&self.route, &name);
            let value = members.next_value_seed(Seed { route, ..self })?;
            if object.contains_key(&name) {
                self.duplicate.borrow_mut().get_or_insert_with(|| route.to_string());
            } else {
                object.insert(name, value);
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_name_is_found_at_any_depth() {
        let duplicate = |text| parse(text).unwrap().duplicate;
        assert_eq!(duplicate(r#"{"a": {"b": 1}, "c": [{"b": 2, "b": 3}]}"#).as_deref(), Some("c[0].b"));
        assert_eq!(duplicate(r#"{"a": 1, "\u0061": 2}"#).as_deref(), Some("a"));
        assert_eq!(duplicate(r#"{"a": {"b": 1}, "b": {"b": 1}}"#), None);
    }

    #[test]
    fn otherwise_it_reads_what_serde_json_reads() {
        for text in [r#"{"a": [1, -2, 2.5, "x", true, null, {}]}"#, "[]", "\"é\"", "18446744073709551615"] {
            assert_eq!(parse(text).unwrap().value, serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
        for text in ["", "{", "[1] 2", "nul", "{\"a\"}", &"[".repeat(200_000)] {
            let ours = parse(text).unwrap_err().to_string();
            assert_eq!(ours, serde_json::from_str::<Value>(text).unwrap_err().to_string());
        }
    }
}
