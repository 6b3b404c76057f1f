//! Printing, sizes, paths and places.

use proptest::prelude::*;
use scproof_policy_parser::{
    ActionElement, ActionPattern, BaseOperator, Condition, ConditionOperator, ConditionValue, Effect, PathStep,
    PolicyDocument, PolicyKind, PolicyPath, ResourceElement, ResourcePattern, SetPrefix, Statement, ValueKind, Version,
    locate, minified_len,
};

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9:*?$/{}. -]{0,8}", "(?s).{0,5}"]
}

fn operator() -> impl Strategy<Value = ConditionOperator> {
    let set = prop::option::of(prop::sample::select(vec![SetPrefix::ForAllValues, SetPrefix::ForAnyValue]));
    (set, prop::sample::select(BaseOperator::ALL), any::<bool>()).prop_map(|(set, base, if_exists)| ConditionOperator {
        set,
        base,
        if_exists: if_exists && base != BaseOperator::Null,
    })
}

fn value() -> impl Strategy<Value = ConditionValue> {
    prop_oneof![
        text().prop_map(|text| ConditionValue { text, kind: ValueKind::String }),
        "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?"
            .prop_map(|text| ConditionValue { text, kind: ValueKind::Number }),
        any::<bool>().prop_map(|value| ConditionValue { text: value.to_string(), kind: ValueKind::Bool }),
    ]
}

/// Conditions as they come out of a text: grouped by operator, no key twice.
fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    let keys = prop::collection::btree_map("[a-z:/é ]{0,6}", prop::collection::vec(value(), 0..4), 1..4);
    let other_case = any::<bool>();
    let blocks = prop::collection::btree_map(operator(), (keys, other_case), 0..4);
    blocks.prop_map(|blocks| {
        let condition =
            |(operator, (keys, other_case)): (ConditionOperator, (std::collections::BTreeMap<_, _>, bool))| {
                let name = operator.to_string();
                let operator_text = if other_case { name.to_ascii_uppercase() } else { name };
                keys.into_iter().map(move |(key, values)| Condition {
                    operator_text: operator_text.clone(),
                    operator: Some(operator),
                    key,
                    values: Some(values),
                })
            };
        blocks.into_iter().flat_map(condition).collect()
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    let effect = prop::sample::select(vec![Effect::Allow, Effect::Deny]);
    let texts = || (any::<bool>(), prop::collection::vec(text(), 0..4));
    (prop::option::of(text()), effect, texts(), texts(), conditions()).prop_map(
        |(sid, effect, action, resource, condition)| {
            let (negated, patterns) = action;
            let action = ActionElement { negated, patterns: patterns.into_iter().map(ActionPattern::new).collect() };
            let (negated, patterns) = resource;
            let resource =
                ResourceElement { negated, patterns: patterns.into_iter().map(ResourcePattern::new).collect() };
            Statement {
                sid,
                effect: Some(effect),
                action: Some(action),
                resource: Some(resource),
                condition: Some(condition),
                without_meaning: false,
            }
        },
    )
}

fn document() -> impl Strategy<Value = PolicyDocument> {
    let version = prop::sample::select(vec![Version::Missing, Version::V2008, Version::V2012]);
    let statements = prop_oneof![
        prop::collection::vec(statement(), 0..4).prop_map(|statements| (statements, false)),
        statement().prop_map(|statement| (vec![statement], true)),
    ];
    (any::<bool>(), version, prop::option::of(text()), statements).prop_map(
        |(is_rcp, version, id, (mut statements, single_statement))| {
            if is_rcp {
                // An RCP takes no `NotAction`.
                statements
                    .iter_mut()
                    .filter_map(|statement| statement.action.as_mut())
                    .for_each(|action| action.negated = false);
            }
            let kind = if is_rcp { PolicyKind::ResourceControl } else { PolicyKind::ServiceControl };
            PolicyDocument { kind, version, id, statements, single_statement }
        },
    )
}

proptest! {
    #[test]
    fn parsing_what_was_printed_gives_the_document(document in document()) {
        let (pretty, minified) = (document.to_json().unwrap(), document.to_minified_json().unwrap());
        prop_assert_eq!(&PolicyDocument::parse(&pretty, document.kind).document, &document, "{}", pretty);
        prop_assert_eq!(&PolicyDocument::parse(&minified, document.kind).document, &document, "{}", minified);
        prop_assert_eq!(minified_len(&pretty), minified.chars().count());
        prop_assert_eq!(minified_len(&minified), minified.chars().count());
        prop_assert!(serde_json::from_str::<serde_json::Value>(&pretty).is_ok());
    }

    #[test]
    fn a_path_is_its_text(steps in prop::collection::vec(
        prop_oneof![any::<usize>().prop_map(PathStep::Index), "[a-zA-Z_-]{1,6}|(?s).{0,4}".prop_map(PathStep::Key)], 0..5,
    )) {
        let path = PolicyPath::from_steps(steps);
        prop_assert_eq!(path.to_string().parse::<PolicyPath>(), Ok(path));
    }
}

#[test]
fn the_canonical_form() {
    let text = r#"{"Statement":[{"Condition":{"Bool":{"aws:MultiFactorAuthPresent":["false"]},"StringLike":{"aws:PrincipalArn":["a","b"]}},
        "Resource":["*"],"NotAction":["iam:*","sts:*"],"Effect":"Deny","Sid":"Mfa"}],"Version":"2012-10-17"}"#;
    let document = PolicyDocument::parse(text, PolicyKind::ServiceControl).document;
    let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Mfa",
      "Effect": "Deny",
      "NotAction": [
        "iam:*",
        "sts:*"
      ],
      "Resource": "*",
      "Condition": {
        "Bool": {
          "aws:MultiFactorAuthPresent": "false"
        },
        "StringLike": {
          "aws:PrincipalArn": [
            "a",
            "b"
          ]
        }
      }
    }
  ]
}
"#;
    assert_eq!(document.to_json().as_deref(), Some(expected));
}

#[test]
fn what_has_no_meaning_is_not_printed() {
    for text in ["", r#"{"Statement": {"Effect": "Deny"}}"#, r#"{"Version": "1", "Statement": []}"#] {
        let document = PolicyDocument::parse(text, PolicyKind::ServiceControl).document;
        assert_eq!(document.to_json(), None, "{text}");
    }
}

#[test]
fn paths_that_are_none() {
    for (text, position) in [
        (".a", 0),
        ("a.", 1),
        ("a[", 1),
        ("a[x]", 1),
        ("a[\"]", 1),
        ("a[0", 1),
        ("a[-1]", 1),
        ("a b", 1),
        ("[0]b", 3),
        ("[+1]", 0),
    ] {
        assert_eq!(text.parse::<PolicyPath>().unwrap_err().position(), position, "{text}");
    }
}

#[test]
fn json_6_places() {
    let text = r#"{"Statement": {"Action": ["a", "b"], "Resource": "*", "Condition": {"Bool": {"a:b": true}}}}"#;
    let at = |path: &str| locate(text, &path.parse().unwrap()).and_then(|span| text.get(span));
    assert_eq!(at(""), Some(text));
    assert_eq!(at("Statement.Action[1]"), Some("\"b\""));
    assert_eq!(at("Statement[0].Resource[0]"), Some("\"*\""));
    assert_eq!(at("Statement.Condition.Bool[\"a:b\"]"), Some("true"));
    for path in ["Statement[1]", "Statement.Action[2]", "Statement.Effect", "Version", "Statement.Resource.x"] {
        assert_eq!(at(path), None, "{path}");
    }
    let broken = "{\"Statement\": [{\"Effect\": \"Deny\",}, {\"Effect\": \"Allow\"";
    let path = "Statement[1].Effect".parse().unwrap();
    assert_eq!(locate(broken, &path).and_then(|span| broken.get(span)), Some("\"Allow\""));
}
