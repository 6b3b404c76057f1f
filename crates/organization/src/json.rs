//! How members of a snapshot are read where serde's own way is too lax or too strict.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A record that must be written as an object; serde would also take an array of its members.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

fn unwrap_all<T>(list: Vec<Object<T>>) -> Vec<T> {
    list.into_iter().map(|Object(item)| item).collect()
}

pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|Object(item)| item)
}

pub(crate) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Vec::deserialize(deserializer).map(unwrap_all)
}

pub(crate) fn optional_objects<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Vec<Object<T>>>::deserialize(deserializer)?.map(unwrap_all))
}

pub(crate) fn objects_or_null<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(optional_objects(deserializer)?.unwrap_or_default())
}

pub(crate) fn list_or_null<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An id that may be an account's: a number would have lost its leading zeros, so only a string will do (ID-4).
struct IdText(String);

impl<'de> Deserialize<'de> for IdText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;

        impl Visitor<'_> for IdVisitor {
            type Value = IdText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id as a string in quotes")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<IdText, E> {
                Ok(IdText(text.to_owned()))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<IdText, E> {
                Ok(IdText(text))
            }
        }

        deserializer.deserialize_string(IdVisitor)
    }
}

pub(crate) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    IdText::deserialize(deserializer).map(|IdText(text)| text)
}

pub(crate) fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<IdText>::deserialize(deserializer)?.map(|IdText(text)| text))
}

/// Reads `Content`: a string is the exact text; an object is its text without white space.
///
/// An object is taken as written and not through a map, which would sort its members and keep one of two equal keys: the
/// policy parser must see both (JSON-3).
pub(crate) fn content<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(raw) = Option::<Box<RawValue>>::deserialize(deserializer)? else { return Ok(None) };
    match raw.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw.get())
            .map(Some)
            .map_err(|error| Error::custom(without_position(&error.to_string()))),
        Some(b'{') => Ok(Some(without_white_space(raw.get()))),
        _ => Err(Error::custom("invalid type: neither text nor object, expected the policy as a string or an object")),
    }
}

/// Cuts `serde_json`'s ` at line 1 column 2`, which is reported apart.
pub(crate) fn without_position(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(head, _)| head)
}

/// Removes the white space outside strings; linear, without recursion, on any text.
fn without_white_space(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in text.chars() {
        if in_string {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
        } else if matches!(character, ' ' | '\n' | '\r' | '\t') {
            continue;
        } else if character == '"' {
            in_string = true;
        }
        kept.push(character);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_inside_strings_stays() {
        let text = "{ \"a b\" : [ 1 , \"\\\" c\" ],\n\t\"é \":{ } }";
        assert_eq!(without_white_space(text), "{\"a b\":[1,\"\\\" c\"],\"é \":{}}");
    }

    #[test]
    fn json_3_an_object_keeps_order_and_equal_keys() {
        let mut deserializer =
            serde_json::Deserializer::from_str(r#" {"Effect": "Deny", "Action": "*", "Effect": "Allow"} "#);
        let text = content(&mut deserializer).unwrap().unwrap();
        assert_eq!(text, r#"{"Effect":"Deny","Action":"*","Effect":"Allow"}"#);
    }
}
