//! Records that nobody should write: members that are missing or of a wrong type, very deep, very long, or not quite
//! JSON.

use serde_json::{Map, Value, json};

use crate::random::Random;

/// A record with one to four things wrong; most are still JSON.
pub fn odd_record(record: &str, random: &mut Random) -> String {
    let mut value: Value = serde_json::from_str(record).unwrap_or(Value::Null);
    for _ in 0..=random.below(4) {
        spoil(&mut value, random);
    }
    let mut text = value.to_string();
    match random.below(40) {
        0 => {
            // A member stands twice.
            text.pop();
            text.push_str(r#","eventName":"DescribeInstances","userIdentity":{"type":"Root"}}"#);
        }
        1 => text = text.replacen("eventName", "event\\u004eame", 1),
        2 => text = text.replacen("arn:aws", r"\ud800arn:aws", 1),
        3 => text.truncate(text.char_indices().nth(random.below(200)).map_or(0, |(place, _)| place)),
        4 => text = format!(" {} ", text.replace(',', " ,\t")),
        _ => {}
    }
    text
}

/// Changes something at a random depth.
fn spoil(value: &mut Value, random: &mut Random) {
    let Value::Object(members) = value else { return };
    let Some(name) = random.pick(&members.keys().cloned().collect::<Vec<_>>()).cloned() else { return };
    if random.chance(55) && members.get(&name).is_some_and(Value::is_object) {
        if let Some(inner) = members.get_mut(&name) {
            spoil(inner, random);
        }
        return;
    }
    match random.below(12) {
        0 | 1 => {
            members.remove(&name);
        }
        2 => rename(members, &name, random),
        _ => {
            members.insert(name, anything(random));
        }
    }
}

fn rename(members: &mut Map<String, Value>, name: &str, random: &mut Random) {
    let other = match random.below(3) {
        0 => name.to_ascii_uppercase(),
        1 => format!("{name} "),
        _ => String::new(),
    };
    if let Some(value) = members.remove(name) {
        members.insert(other, value);
    }
}

fn anything(random: &mut Random) -> Value {
    match random.below(22) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-7),
        3 => json!(1e300),
        4 => json!(222_222_222_222_u64),
        5 => json!(""),
        6 => json!("*"),
        7 => json!("arn:aws:iam::*:role/?"),
        8 => json!("arn:aws-cn:sts::316000000001:assumed-role/a/b/c"),
        9 => json!("\u{0}\u{202e}\n\"'"),
        10 => json!([]),
        11 => json!({}),
        12 => json!(["a", 1, null, {"b": []}]),
        13 => json!({"type": "AssumedRole"}),
        14 => deep(100),
        15 => json!("x".repeat(10_000)),
        16 => json!(vec!["arn:aws:s3:::b/k"; 40]),
        17 => json!("AssumedRole"),
        18 => json!("1970-01-01T00:00:00Z"),
        19 => json!("20261102T010628Z"),
        20 => json!("AWSAccount"),
        _ => json!("316000000001"),
    }
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(Value::Null, |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({"a": inner}) })
}
