//! Rows of tables: what Athena exports of the table that AWS documents for `CloudTrail`, and what queries of
//! `CloudTrail` Lake give. A row becomes the text of a record. Members have lower-case names, structures are written as
//! Trino writes them, and `requestparameters` is a text of JSON.

use serde_json::{Map, Value};

/// Columns that hold structures or lists of them.
const STRUCTURES: [&str; 5] = ["useridentity", "tlsdetails", "resources", "eventcontext", "addendum"];
/// The column that holds the record as it was.
const WHOLE: &str = "eventjson";
/// A structure within more others is none of `CloudTrail`'s.
const MAX_DEPTH: usize = 8;

/// The names of the columns of a table of events, by its first row; `None` if it is another table.
pub(crate) fn columns(line: &str) -> Option<Vec<String>> {
    let (names, _) = fields(line, true)?;
    let names: Vec<String> = names.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    (has(WHOLE) || (has("eventname") && (has("eventsource") || has("useridentity")))).then_some(names)
}

/// The fields of the first row of a text and its length; `None` if the text ends before. Rows end with a line unless it
/// ends within quotes; `is_all`: or with the text.
pub(crate) fn fields(text: &str, is_all: bool) -> Option<(Vec<String>, usize)> {
    let mut row = Vec::new();
    let mut field = String::new();
    let mut in_quotes = false;
    let mut characters = text.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' if in_quotes => match characters.peek() {
                Some((_, '"')) => {
                    field.push('"');
                    characters.next();
                }
                Some(_) => in_quotes = false,
                None if is_all => in_quotes = false,
                None => return None,
            },
            '"' if field.is_empty() => in_quotes = true,
            ',' if !in_quotes => row.push(std::mem::take(&mut field)),
            '\n' if !in_quotes => {
                if field.ends_with('\r') {
                    field.pop();
                }
                row.push(field);
                return Some((row, place + 1));
            }
            _ => field.push(character),
        }
    }
    if !is_all || in_quotes {
        return None;
    }
    row.push(field);
    Some((row, text.len()))
}

/// The text of the record in a row.
pub(crate) fn record<'r>(row: impl Iterator<Item = (&'r str, &'r str)>) -> String {
    let mut members = Map::new();
    for (name, value) in row {
        let name = name.to_ascii_lowercase();
        let read = || serde_json::from_str::<Value>(value).ok().filter(|value| value.is_object() || value.is_array());
        let value = match name.as_str() {
            _ if value.is_empty() || value == "null" => continue,
            WHOLE => match read() {
                Some(Value::Object(whole)) => return Value::Object(whole).to_string(),
                _ => continue,
            },
            "eventtime" => Some(Value::String(time(value))),
            _ if STRUCTURES.contains(&name.as_str()) => read().or_else(|| structure(value, 0)),
            _ => Some(Value::String(value.to_owned())),
        };
        members.extend(value.map(|value| (name, value)));
    }
    Value::Object(members).to_string()
}

/// A time; tables have `2026-11-01 10:00:00.000`, in UTC.
fn time(text: &str) -> String {
    match text.trim_end_matches(" UTC").split_once(' ') {
        Some((day, time)) if !time.contains(['Z', '+']) => format!("{day}T{time}Z"),
        _ => text.to_owned(),
    }
}

/// `{name=value, name={…}}` and `[{…}, {…}]`. No value of `CloudTrail`'s structures has a comma with a blank behind it.
fn structure(text: &str, depth: usize) -> Option<Value> {
    let within = |open: char, close: char| text.strip_prefix(open)?.strip_suffix(close);
    if depth > MAX_DEPTH {
        return None;
    }
    if let Some(items) = within('[', ']') {
        return parts(items)
            .into_iter()
            .map(|item| structure(item, depth + 1))
            .collect::<Option<Vec<_>>>()
            .map(Value::Array);
    }
    let mut members = Map::new();
    for part in parts(within('{', '}')?) {
        let (name, value) = part.split_once('=')?;
        let value = match value {
            "null" => continue,
            _ if value.starts_with('{') || value.starts_with('[') => structure(value, depth + 1)?,
            _ => Value::String(value.to_owned()),
        };
        members.insert(name.to_ascii_lowercase(), value);
    }
    Some(Value::Object(members))
}

/// What stands between commas, outside of brackets.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 && text.as_bytes().get(place + 1) == Some(&b' ') => {
                parts.extend(text.get(start..place));
                start = place + 2;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..).filter(|last| !last.is_empty()));
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_of_tables_of_values() {
        let row = |text: &str, is_all| fields(text, is_all).map(|(row, length)| (row.join("|"), length));
        assert_eq!(row("a,\"b,\"\"c\"\"\nd\",e\r\nf", false), Some(("a|b,\"c\"\nd|e".to_owned(), 17)));
        assert_eq!((row("a,b", false), row("a,b", true)), (None, Some(("a|b".to_owned(), 3))));
        // A quote at the end of what is there may be half of one.
        assert_eq!((row("a,\"b\"", false), row("a,\"b\"", true)), (None, Some(("a|b".to_owned(), 5))));
        assert_eq!(row("\"a", true), None);
        assert!(columns("\"eventID\",\"eventName\",\"userIdentity\"").is_some() && columns("name,value").is_none());
    }

    #[test]
    fn structures_as_tables_write_them() {
        let text = "{type=AssumedRole, arn=arn:aws:sts::1:assumed-role/a/x=y, sessioncontext={attributes={mfaauthenticated=\
            false}, sessionissuer={arn=arn:aws:iam::1:role/p/a}, webidfederationdata={federatedprovider=null}}, username=null}";
        let wanted = json!({"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/a/x=y", "sessioncontext": {
            "attributes": {"mfaauthenticated": "false"}, "sessionissuer": {"arn": "arn:aws:iam::1:role/p/a"},
            "webidfederationdata": {}}});
        assert_eq!(structure(text, 0), Some(wanted));
        assert_eq!(structure("[{arn=a}, {arn=b}]", 0), Some(json!([{"arn": "a"}, {"arn": "b"}])));
        let deep = format!("{}{}", "{a=".repeat(100_000), "}".repeat(100_000));
        for odd in ["", "x", "{a}", "{a={b}", &deep] {
            assert_eq!(structure(odd, 0), None);
        }
        assert_eq!(time("2026-11-01 10:00:00.000"), "2026-11-01T10:00:00.000Z");
        assert_eq!(time("2026-11-01T10:00:00Z"), "2026-11-01T10:00:00Z");
    }
}
