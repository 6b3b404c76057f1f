//! Policy documents of all constructs, sound and faulty.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use scproof_policy_parser::{BaseOperator, OperatorFamily};
use serde_json::{Map, Value, json};

use super::keys;
use super::pools;

/// The text of a policy: usually well-formed with sound statements, sometimes with faults of every kind.
pub fn document() -> BoxedStrategy<String> {
    prop_oneof![
        30 => sound_document(),
        12 => odd_document(),
        3 => raw_document(),
    ]
    .boxed()
}

/// The text of a policy that AWS accepts without doubt, and in which no unsure rule is likely to matter.
pub fn sound_document() -> BoxedStrategy<String> {
    vec(sound_statement(), 1..4)
        .prop_map(|statements| json!({"Version": "2012-10-17", "Statement": statements}).to_string())
        .boxed()
}

fn object(members: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A list, or a single value bare (JSON-6).
fn bare_or_list(values: Vec<Value>, bare: bool) -> Value {
    match (values.as_slice(), bare) {
        ([value], true) => value.clone(),
        _ => Value::Array(values),
    }
}

/// A list; some are so long that what is shown of them does not tell them apart.
fn list(item: impl Strategy<Value = Value> + 'static, lengths: std::ops::Range<usize>) -> BoxedStrategy<Vec<Value>> {
    let item = item.boxed();
    prop_oneof![12 => vec(item.clone(), lengths), 1 => vec(item, 6..10)].boxed()
}

fn texts(texts: BoxedStrategy<String>, lengths: std::ops::Range<usize>) -> BoxedStrategy<Value> {
    (list(texts.prop_map(Value::from), lengths), any::<bool>())
        .prop_map(|(values, bare)| bare_or_list(values, bare))
        .boxed()
}

fn effect() -> BoxedStrategy<Value> {
    prop_oneof![3 => Just(json!("Deny")), 2 => Just(json!("Allow"))].boxed()
}

pub(crate) fn negatable(name: &'static str, not_name: &'static str) -> BoxedStrategy<&'static str> {
    prop_oneof![4 => Just(name), 1 => Just(not_name)].boxed()
}

/// Many patterns are `*`, so that the other parts of a statement decide often.
fn often_star(others: BoxedStrategy<String>) -> BoxedStrategy<String> {
    prop_oneof![1 => Just("*".to_owned()), 1 => others].boxed()
}

fn sound_statement() -> BoxedStrategy<Value> {
    let actions = texts(often_star(pools::one_of(pools::ACTION_PATTERNS)), 1..4);
    let resources = prop_oneof![
        4 => pools::one_of(pools::RESOURCE_PATTERNS),
        1 => pools::one_of(pools::VARIABLE_RESOURCE_PATTERNS),
    ];
    let resources = texts(often_star(resources.boxed()), 1..3);
    let condition = proptest::option::weighted(0.6, block(operator_text(0), 1..3));
    (effect(), negatable("Action", "NotAction"), actions, negatable("Resource", "NotResource"), resources, condition)
        .prop_map(|(effect, action_name, actions, resource_name, resources, condition)| {
            let members = [("Effect", effect), (action_name, actions), (resource_name, resources)];
            object(members.into_iter().chain(condition.map(|condition| ("Condition", condition))))
        })
        .boxed()
}

/// An operator with its family: `odd` is the weight of faulty spellings against 30 right ones.
fn operator_text(odd: u32) -> BoxedStrategy<(String, OperatorFamily)> {
    let is_string = |base: &BaseOperator| base.family() == OperatorFamily::String;
    let string_operators: Vec<BaseOperator> = BaseOperator::ALL.iter().copied().filter(is_string).collect();
    let base = prop_oneof![
        // Strings twice as often as the rest together would make them.
        1 => select(BaseOperator::ALL),
        1 => select(string_operators),
    ];
    let set = select(&["", "", "", "ForAllValues:", "ForAnyValue:"][..]);
    let right = (set, base, any::<bool>()).prop_map(|(set, base, if_exists)| {
        let suffix = if if_exists && base != BaseOperator::Null { "IfExists" } else { "" };
        (format!("{set}{}{suffix}", base.as_str()), base.family())
    });
    let other_case = right.clone().prop_map(|(text, family)| (text.to_lowercase(), family));
    let unknown = [
        "StringSounds",
        "NullIfExists",
        "ForSomeValues:StringEquals",
        "ForAnyValue:",
        "",
        "StringEqualsIfExistsIfExists",
        "String Equals",
        "ForAnyValue:ForAllValues:StringEquals",
    ];
    let unknown = select(unknown.to_vec()).prop_map(|text| (text.to_owned(), OperatorFamily::String));
    prop_oneof![30 => right, odd => other_case, odd => unknown].boxed()
}

/// A condition block.
fn block(operator: BoxedStrategy<(String, OperatorFamily)>, lengths: std::ops::Range<usize>) -> BoxedStrategy<Value> {
    let one = operator.prop_flat_map(|(operator, family)| {
        let key = prop_oneof![5 => keys::key_for(family), 1 => keys::key().prop_map(|(key, _)| key)];
        let keyed = key.prop_flat_map(move |key| (Just(key), values(family, key)));
        (Just(operator), vec(keyed, 1..3))
    });
    vec(one, lengths)
        .prop_map(|operators| {
            let mut block = Map::new();
            for (operator, keys) in operators {
                let keys: Map<String, Value> = keys.into_iter().map(|(key, values)| (key.to_owned(), values)).collect();
                block.insert(operator, Value::Object(keys));
            }
            Value::Object(block)
        })
        .boxed()
}

/// A condition block of one operator on one key, and the key.
pub(crate) fn block_of_one() -> BoxedStrategy<(&'static str, Value)> {
    operator_text(2)
        .prop_flat_map(|(operator, family)| {
            let key = prop_oneof![5 => keys::key_for(family), 1 => keys::key().prop_map(|(key, _)| key)];
            let no_values = proptest::bool::weighted(0.04);
            let keyed = key.prop_flat_map(move |key| (Just(key), values(family, key)));
            (Just(operator), keyed, no_values)
        })
        .prop_map(|(operator, (key, values), no_values)| {
            let values = if no_values { json!([]) } else { values };
            (key, json!({operator: {key: values}}))
        })
        .boxed()
}

/// Values of a key: mostly texts, sometimes JSON booleans and numbers (JSON-7).
fn values(family: OperatorFamily, key: &'static str) -> BoxedStrategy<Value> {
    let text = prop_oneof![
        6 => keys::policy_value(family, key),
        1 => keys::policy_value(OperatorFamily::String, key),
    ];
    let value = (text, 0..4_u8).prop_map(|(text, choice)| {
        // A text that is a JSON token of its own may stand without quotes.
        match serde_json::from_str::<Value>(&text) {
            Ok(token @ (Value::Bool(_) | Value::Number(_))) if choice == 0 => token,
            Ok(_) | Err(_) => Value::from(text),
        }
    });
    (list(value, 1..4), any::<bool>()).prop_map(|(values, bare)| bare_or_list(values, bare)).boxed()
}

/// What can be wrong with a statement or its document.
#[derive(Debug, Clone, Copy)]
enum Fault {
    WithoutEffect,
    WithoutAction,
    WithoutResource,
    BothActions,
    BothResources,
    LowerCaseEffect,
    EffectNoText,
    UnknownElement,
    OtherCaseElement,
    Principal,
    EmptyActions,
    EmptyNotActions,
    EmptyResources,
    EmptyNotResources,
    ActionsNotTexts,
    ConditionList,
    ConditionEmpty,
    OperatorEmpty,
    OperatorList,
    NoValues,
    NullValue,
    ObjectValue,
    StatementNoObject,
    UnknownPolicyElement,
    StatementMissing,
    StatementNumber,
    StatementsNone,
    VersionMissing,
    VersionOld,
    VersionUnknown,
    VersionNumber,
    BareStatement,
    WithId,
}

const FAULTS: &[Fault] = &[
    Fault::WithoutEffect,
    Fault::WithoutAction,
    Fault::WithoutResource,
    Fault::BothActions,
    Fault::BothResources,
    Fault::LowerCaseEffect,
    Fault::EffectNoText,
    Fault::UnknownElement,
    Fault::OtherCaseElement,
    Fault::Principal,
    Fault::EmptyActions,
    Fault::EmptyNotActions,
    Fault::EmptyResources,
    Fault::EmptyNotResources,
    Fault::ActionsNotTexts,
    Fault::ConditionList,
    Fault::ConditionEmpty,
    Fault::OperatorEmpty,
    Fault::OperatorList,
    Fault::NoValues,
    Fault::NoValues,
    Fault::NullValue,
    Fault::ObjectValue,
    Fault::StatementNoObject,
    Fault::UnknownPolicyElement,
    Fault::StatementMissing,
    Fault::StatementNumber,
    Fault::StatementsNone,
    Fault::VersionMissing,
    Fault::VersionMissing,
    Fault::VersionMissing,
    Fault::VersionOld,
    Fault::VersionOld,
    Fault::VersionUnknown,
    Fault::VersionNumber,
    Fault::BareStatement,
    Fault::WithId,
];

/// A statement of odd patterns and operators.
fn odd_statement() -> BoxedStrategy<Value> {
    let action =
        prop_oneof![2 => pools::one_of(pools::ACTION_PATTERNS), 1 => pools::one_of(pools::ODD_ACTION_PATTERNS)];
    let resource = prop_oneof![
        2 => pools::one_of(pools::RESOURCE_PATTERNS),
        2 => pools::one_of(pools::VARIABLE_RESOURCE_PATTERNS),
        2 => pools::one_of(pools::ODD_RESOURCE_PATTERNS),
    ];
    let actions = texts(often_star(action.boxed()), 1..4);
    let resources = texts(often_star(resource.boxed()), 1..4);
    let condition = proptest::option::weighted(0.5, block(operator_text(3), 1..4));
    let sid = proptest::option::weighted(0.2, select(&["One", "Two", "not valid", ""][..]));
    let elements = (negatable("Action", "NotAction"), actions, negatable("Resource", "NotResource"), resources);
    (effect(), elements, condition, sid)
        .prop_map(|(effect, (action_name, actions, resource_name, resources), condition, sid)| {
            let members = [("Effect", effect), (action_name, actions), (resource_name, resources)];
            let condition = condition.map(|condition| ("Condition", condition));
            object(members.into_iter().chain(condition).chain(sid.map(|sid| ("Sid", Value::from(sid)))))
        })
        .boxed()
}

fn odd_document() -> BoxedStrategy<String> {
    let faults = prop_oneof![1 => Just(Vec::new()), 2 => vec(select(FAULTS), 1..3)];
    let statement = prop_oneof![3 => odd_statement(), 1 => sound_statement()];
    (vec(statement, 1..4), faults)
        .prop_map(|(mut statements, faults)| {
            if let Some(Value::Object(statement)) = statements.first_mut() {
                for fault in &faults {
                    spoil_statement(statement, *fault);
                }
            }
            let statements = Value::Array(statements);
            let mut document = object([("Version", json!("2012-10-17")), ("Statement", statements)]);
            if let Value::Object(document) = &mut document {
                for fault in &faults {
                    spoil_document(document, *fault);
                }
            }
            document.to_string()
        })
        .boxed()
}

fn spoil_statement(statement: &mut Map<String, Value>, fault: Fault) {
    let mut put = |name: &str, value: Value| {
        statement.insert(name.to_owned(), value);
    };
    match fault {
        Fault::BothActions => {
            put("Action", json!("s3:*"));
            put("NotAction", json!("iam:*"));
        }
        Fault::BothResources => {
            put("Resource", json!("*"));
            put("NotResource", json!("arn:aws:s3:::b"));
        }
        Fault::LowerCaseEffect => put("Effect", json!("deny")),
        Fault::EffectNoText => put("Effect", json!(true)),
        Fault::UnknownElement => put("Comment", json!("no such element")),
        Fault::OtherCaseElement => put("condition", json!({})),
        Fault::Principal => put("Principal", json!("*")),
        Fault::ActionsNotTexts => put("Action", json!(["s3:*", 7])),
        Fault::ConditionList => put("Condition", json!([{"StringEquals": {"custom:key": "a"}}])),
        Fault::ConditionEmpty => put("Condition", json!({})),
        Fault::OperatorEmpty => put("Condition", json!({"StringEquals": {}})),
        Fault::OperatorList => put("Condition", json!({"StringEquals": [{"custom:key": "a"}]})),
        Fault::NullValue => put("Condition", json!({"StringEquals": {"custom:key": null, "aws:TagKeys": "a"}})),
        Fault::ObjectValue => put("Condition", json!({"StringEquals": {"custom:key": {"a": "b"}}})),
        Fault::NoValues => {
            let operators = [
                "StringEquals",
                "StringNotEqualsIfExists",
                "ForAllValues:StringNotLike",
                "ForAnyValue:StringEqualsIfExists",
                "Null",
                "NumericNotEquals",
            ];
            // Which one depends on the rest of the statement, so that shrinking keeps it.
            let choice = statement.values().map(|value| value.to_string().len()).sum::<usize>() % operators.len();
            let operator = operators.get(choice).copied().unwrap_or("Null");
            statement.insert("Condition".to_owned(), json!({operator: {"aws:TagKeys": [], "custom:key": []}}));
        }
        Fault::WithoutEffect => {
            statement.remove("Effect");
        }
        Fault::WithoutAction => {
            statement.remove("Action");
            statement.remove("NotAction");
        }
        Fault::WithoutResource => {
            statement.remove("Resource");
            statement.remove("NotResource");
        }
        Fault::EmptyActions | Fault::EmptyNotActions => {
            statement.remove("Action");
            statement.remove("NotAction");
            let name = if matches!(fault, Fault::EmptyActions) { "Action" } else { "NotAction" };
            statement.insert(name.to_owned(), json!([]));
        }
        Fault::EmptyResources | Fault::EmptyNotResources => {
            statement.remove("Resource");
            statement.remove("NotResource");
            let name = if matches!(fault, Fault::EmptyResources) { "Resource" } else { "NotResource" };
            statement.insert(name.to_owned(), json!([]));
        }
        Fault::StatementNoObject
        | Fault::UnknownPolicyElement
        | Fault::StatementMissing
        | Fault::StatementNumber
        | Fault::StatementsNone
        | Fault::VersionMissing
        | Fault::VersionOld
        | Fault::VersionUnknown
        | Fault::VersionNumber
        | Fault::BareStatement
        | Fault::WithId => {}
    }
}

fn spoil_document(document: &mut Map<String, Value>, fault: Fault) {
    let mut put = |name: &str, value: Value| {
        document.insert(name.to_owned(), value);
    };
    match fault {
        Fault::UnknownPolicyElement => put("Comment", json!("no such element")),
        Fault::StatementNumber => put("Statement", json!(7)),
        Fault::StatementsNone => put("Statement", json!([])),
        Fault::VersionOld => put("Version", json!("2008-10-17")),
        Fault::VersionUnknown => put("Version", json!("2020-01-01")),
        Fault::VersionNumber => put("Version", json!(2012)),
        Fault::WithId => put("Id", json!("an-id")),
        Fault::VersionMissing => {
            document.remove("Version");
        }
        Fault::StatementMissing => {
            document.remove("Statement");
        }
        Fault::StatementNoObject => {
            if let Some(Value::Array(statements)) = document.get_mut("Statement") {
                statements.push(json!("Deny"));
            }
        }
        Fault::BareStatement => {
            let first = document.get("Statement").and_then(|list| list.get(0)).cloned();
            if let Some(first) = first {
                document.insert("Statement".to_owned(), first);
            }
        }
        Fault::WithoutEffect
        | Fault::WithoutAction
        | Fault::WithoutResource
        | Fault::BothActions
        | Fault::BothResources
        | Fault::LowerCaseEffect
        | Fault::EffectNoText
        | Fault::UnknownElement
        | Fault::OtherCaseElement
        | Fault::Principal
        | Fault::EmptyActions
        | Fault::EmptyNotActions
        | Fault::EmptyResources
        | Fault::EmptyNotResources
        | Fault::ActionsNotTexts
        | Fault::ConditionList
        | Fault::ConditionEmpty
        | Fault::OperatorEmpty
        | Fault::OperatorList
        | Fault::NoValues
        | Fault::NullValue
        | Fault::ObjectValue => {}
    }
}

/// Texts that no JSON value can express: names given twice, and texts that are no policy.
fn raw_document() -> BoxedStrategy<String> {
    let repetitions = [
        (r#""Effect":"#, r#""Effect":"Allow","#),
        (r#""Action":"#, r#""Action":"s3:*","#),
        (r#""Resource":"#, r#""Resource":"*","#),
        (r#""Condition":{"#, r#""Condition":{"StringEquals":{"custom:key":"a"}},"#),
        (r#""Statement":"#, r#""Statement":[],"#),
        (r#""Version":"#, r#""Version":"2008-10-17","#),
        (r#""StringEquals":{"#, r#""StringEquals":{"custom:key":"b"},"#),
        (r#""StringEquals":{"#, r#""stringequals":{"custom:key":"b"},"#),
        (r#""custom:key":"#, r#""custom:key":"b","#),
        (r#""custom:key":"#, r#""CUSTOM:key":"b","#),
        (r#""aws:TagKeys":"#, r#""aws:TagKeys":"b","#),
    ];
    let repeated = (sound_document(), select(repetitions.to_vec()), any::<bool>()).prop_map(
        |(text, (name, addition), guaranteed)| {
            // Where the name is missing, a fixed document has it.
            let fixed = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"custom:key":"a","aws:TagKeys":"a"}}}]}"#;
            let text = if guaranteed || !text.contains(name) { fixed.to_owned() } else { text };
            text.replacen(name, &format!("{addition}{name}"), 1)
        },
    );
    let wrecks = sound_document().prop_flat_map(|text| {
        let shorter: String = text.chars().take(text.chars().count() / 2).collect();
        select(vec![
            format!("\u{feff}{text}"),
            format!("[{text}]"),
            format!("{text}{text}"),
            format!("{text} // comment"),
            format!("  {text}\n"),
            shorter,
            String::new(),
            "null".to_owned(),
        ])
    });
    prop_oneof![2 => repeated, 1 => wrecks].boxed()
}
