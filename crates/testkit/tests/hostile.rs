//! Hostile input comes to an end: parser, loader, compilation and decisions answer, whatever they are given.
//!
//! Nothing is measured: what takes a second would take hours in quadratic or exponential time, and nobody would wait
//! for it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::thread;

use scproof_evaluator::{CompiledOrganization, Context, Decision, EvaluationOptions, Request, RequestResource};
use scproof_organization::{Inventory, Organization};
use scproof_policy_parser::{PolicyDocument, PolicyKind};
use serde_json::{Value, json};

/// Runs on a thread with the small stack of any thread.
fn to_the_end(work: impl FnOnce() + Send + 'static) {
    if let Err(panic) = thread::spawn(work).join() {
        std::panic::resume_unwind(panic);
    }
}

const ACCOUNT: &str = "222222222222";

/// A root with `FullAWSAccess`, and one account with that and a policy with the given text.
fn organization_with(text: &str) -> Organization {
    let full = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let snapshot = json!({
        "Format": "scproof-inventory/1",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
        "Roots": [{"Id": "r-ab12"}],
        "OrganizationalUnits": [],
        "Accounts": [{"Id": ACCOUNT, "ParentId": "r-ab12"}, {"Id": "111111111111", "ParentId": "r-ab12"}],
        "Policies": [
            {"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "Content": full},
            {"Id": "p-hostile001", "Type": "SERVICE_CONTROL_POLICY", "Content": text},
        ],
        "Attachments": [
            {"TargetId": "r-ab12", "PolicyId": "p-FullAWSAccess"},
            {"TargetId": ACCOUNT, "PolicyId": "p-FullAWSAccess"},
            {"TargetId": ACCOUNT, "PolicyId": "p-hostile001"},
        ],
    });
    Organization::from_json(&snapshot.to_string()).unwrap()
}

fn policy(statement: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statement}).to_string()
}

/// The verdict, which the explanation shares.
fn decide(text: &str, request: &Request) -> Decision {
    let compiled = CompiledOrganization::compile(organization_with(text), EvaluationOptions::default());
    let query = compiled.prepare(request).unwrap();
    let explanation = compiled.explain(&query);
    assert_eq!(compiled.decide(&query), explanation.decision);
    explanation.decision
}

fn get_object(key: &str) -> Request {
    Request::new(ACCOUNT, "s3:GetObject").with_resource(RequestResource::Arn(format!("arn:aws:s3:::bucket/{key}")))
}

/// JSON-10, K3-14: a text without meaning is an open question, not a way through.
#[test]
fn a_mebibyte_of_brackets_has_no_meaning() {
    to_the_end(|| {
        let mebibyte = 1 << 20;
        for text in [
            "[".repeat(mebibyte),
            "{\"a\":".repeat(mebibyte / 5),
            format!("{{\"Statement\":{}", "[".repeat(mebibyte)),
            format!("{{\"Statement\":{}{}}}", "[".repeat(mebibyte / 2), "]".repeat(mebibyte / 2)),
            "]".repeat(mebibyte),
            "\"".repeat(mebibyte),
            "{},".repeat(mebibyte / 3),
        ] {
            let parsed = PolicyDocument::parse(&text, PolicyKind::ServiceControl);
            assert!(parsed.has_errors() && parsed.diagnostics.len() < 2_000, "{}", parsed.diagnostics.len());
            assert_eq!(decide(&text, &get_object("key")), Decision::Unknown);
            assert!(Inventory::from_slice(text.as_bytes()).is_err());
        }
    });
}

/// MATCH-3: patterns are untrusted.
#[test]
fn match_3_stars_against_long_texts() {
    to_the_end(|| {
        let length = 200_000;
        let almost = "a".repeat(length);
        let patterns = [
            format!("{}b", "*".repeat(2_000)),
            format!("{}b", "*a".repeat(2_000)),
            format!("{}b", "*?".repeat(2_000)),
            format!("*{}*b", "a".repeat(4_000)),
        ];
        for pattern in patterns {
            let resource = format!("arn:aws:s3:::bucket/{pattern}");
            let on_resource = policy(&json!({"Effect": "Deny", "Action": "*", "Resource": resource}));
            assert_eq!(decide(&on_resource, &get_object(&almost)), Decision::Allowed);
            assert_eq!(decide(&on_resource, &get_object(&format!("{almost}b"))), Decision::ExplicitDeny);
            let on_value = policy(&json!({
                "Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": {"StringLike": {"aws:UserAgent": pattern}},
            }));
            let with = |text: String| get_object("key").with_context(Context::new().with("aws:UserAgent", text));
            assert_eq!(decide(&on_value, &with(almost.clone())), Decision::Allowed);
            assert_eq!(decide(&on_value, &with(format!("{almost}b"))), Decision::ExplicitDeny);
        }
        // In the action too, where 20,000 names are matched.
        let action = format!("s3:{}x", "*e".repeat(1_000));
        let on_action = policy(&json!({"Effect": "Deny", "Action": action, "Resource": "*"}));
        assert_eq!(decide(&on_action, &get_object("key")), Decision::Allowed);
    });
}

/// MATCH-3, RES-8, K3-16: many patterns on one key, whose combinations grow beyond all bounds if nothing is known of
/// it.
#[test]
fn match_3_patterns_whose_combinations_explode() {
    to_the_end(|| {
        let patterns: Vec<String> = (0..60).map(|n| format!("*a{}b*", "?".repeat(n))).collect();
        let statements: Vec<Value> = patterns
            .iter()
            .map(|pattern| {
                json!({
                    "Effect": "Deny", "Action": "*", "NotResource": format!("arn:aws:s3:::{pattern}"),
                    "Condition": {"StringLike": {"aws:UserAgent": pattern, "aws:SourceIdentity": pattern}},
                })
            })
            .collect();
        let text = policy(&Value::Array(statements));
        assert_eq!(decide(&text, &Request::new(ACCOUNT, "s3:GetObject")), Decision::Unknown);
        let agent = Context::new().with("aws:UserAgent", "ab".repeat(10_000)).without("aws:SourceIdentity");
        assert_eq!(decide(&text, &get_object("key").with_context(agent)), Decision::Allowed);
    });
}

/// COND-1, OP-1, OP-15: every operator with a list of 10,000 values; the last one matches.
#[test]
fn cond_1_ten_thousand_values() {
    to_the_end(|| {
        let last = 9_999;
        let values = |value: &dyn Fn(usize) -> String| json!((0..=last).map(value).collect::<Vec<_>>());
        let address = |n: usize| format!("10.{}.{}.0/24", n / 256, n % 256);
        let cases: [(&str, &str, Value, String); 6] = [
            ("StringEquals", "aws:UserAgent", values(&|n| format!("agent-{n}")), format!("agent-{last}")),
            ("StringLike", "aws:UserAgent", values(&|n| format!("*-{n}-*")), format!("a-{last}-b")),
            (
                "ArnLike",
                "aws:PrincipalArn",
                values(&|n| format!("arn:aws:iam::*:role/r{n}")),
                format!("arn:aws:iam::{ACCOUNT}:role/r{last}"),
            ),
            ("NumericEquals", "s3:max-keys", values(&|n| n.to_string()), last.to_string()),
            (
                "DateEquals",
                "aws:TokenIssueTime",
                values(&|n| (1_700_000_000 + n).to_string()),
                (1_700_000_000 + last).to_string(),
            ),
            ("IpAddress", "aws:SourceIp", values(&address), address(last).replace("0/24", "7")),
        ];
        for (operator, key, values, matching) in cases {
            let text = policy(
                &json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {operator: {key: values}}}),
            );
            let with = |value: &str| get_object("key").with_context(Context::new().with(key, value));
            assert_eq!(decide(&text, &with(&matching)), Decision::ExplicitDeny, "{operator}");
            // Nothing known of the key.
            let open = decide(&text, &get_object("key"));
            assert_eq!(open, Decision::Unknown, "{operator}");
        }
    });
}

/// ACT-4, RES-10: long lists of actions and resources, and a request with long lists of its own (SET-5).
#[test]
fn act_4_res_10_set_5_long_lists() {
    to_the_end(|| {
        let actions: Vec<String> = (0..10_000).map(|n| format!("service{}:*Name{n}*", n % 100)).collect();
        let resources: Vec<String> = (0..10_000).map(|n| format!("arn:aws:s3:::bucket/*/{n}/*")).collect();
        let text = policy(&json!({"Effect": "Deny", "Action": actions, "Resource": resources}));
        let asked = |action: &str, key: &str| decide(&text, &Request { action: action.to_owned(), ..get_object(key) });
        assert_eq!(asked("service99:TheName9999", "a/9999/b"), Decision::ExplicitDeny);
        assert_eq!(asked("service99:TheName9999", "a/10000/b"), Decision::Allowed);
        assert_eq!(asked("s3:GetObject", "a/9999/b"), Decision::Allowed);

        let tags: Vec<String> = (0..1_000).map(|n| format!("tag-{n}-*")).collect();
        let text = policy(&json!({
            "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": tags}},
        }));
        let given = |prefix: &str| {
            let keys = (0..2_000).map(|n| format!("{prefix}-{}-x", n % 999));
            decide(&text, &get_object("key").with_context(Context::new().with_list("aws:TagKeys", keys)))
        };
        assert_eq!((given("tag"), given("other")), (Decision::ExplicitDeny, Decision::Allowed));
    });
}

/// OP-5, OP-18, JSON-7: numbers beyond every machine type, and dates beyond every calendar.
#[test]
fn op_5_huge_numbers() {
    to_the_end(|| {
        let digits = "9".repeat(300_000);
        let statement = |condition: &str| {
            format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{condition}}}}}"#
            )
        };
        let keys = |value: &str| get_object("key").with_context(Context::new().with("s3:max-keys", value));
        let less = statement(&format!(r#"{{"NumericLessThan":{{"s3:max-keys":"{digits}"}}}}"#));
        assert_eq!(decide(&less, &keys("1")), Decision::ExplicitDeny);
        assert_eq!(decide(&less, &keys(&format!("1{digits}"))), Decision::Allowed);
        // Beyond what JSON readers take for a number: nothing is let through.
        let bare = statement(&format!(r#"{{"NumericLessThan":{{"s3:max-keys":{digits}}}}}"#));
        assert_ne!(decide(&bare, &keys("1")), Decision::Allowed);
        let equal = statement(&format!(r#"{{"NumericEquals":{{"s3:max-keys":"0.{digits}0"}}}}"#));
        assert_eq!(decide(&equal, &keys(&format!("0.{digits}"))), Decision::ExplicitDeny);
        // An exponent is open (OP-5), and must not be worked out digit by digit.
        let exponent = statement(r#"{"NumericEquals":{"s3:max-keys":1e999999999}}"#);
        assert_ne!(decide(&exponent, &keys("1")), Decision::ExplicitDeny);
        let date = statement(&format!(r#"{{"DateLessThan":{{"aws:CurrentTime":"{digits}"}}}}"#));
        let now = get_object("key").with_context(Context::new().with("aws:CurrentTime", "2026-11-24T00:00:00Z"));
        assert_ne!(decide(&date, &now), Decision::ExplicitDeny);
    });
}

/// VAR-2, VAR-13: variables without end and without number.
#[test]
fn var_13_many_variables() {
    to_the_end(|| {
        let with_team = |key: &str| get_object(key).with_context(Context::new().with("aws:PrincipalTag/team", "red"));
        let on = |pattern: &str| {
            policy(&json!({"Effect": "Deny", "Action": "*", "Resource": format!("arn:aws:s3:::bucket/{pattern}")}))
        };
        let many = on(&"${aws:PrincipalTag/team}*".repeat(2_000));
        assert_eq!(decide(&many, &with_team(&"red".repeat(2_000))), Decision::ExplicitDeny);
        assert_eq!(decide(&many, &with_team(&"red".repeat(1_999))), Decision::Allowed);
        // Nothing known of the tag.
        assert_eq!(decide(&many, &get_object("key")), Decision::Unknown);
        let unclosed = on(&"${".repeat(20_000));
        assert_eq!(decide(&unclosed, &with_team("key")), Decision::Unknown);
        let nested = on(&format!("{}{}", "${aws:PrincipalTag/".repeat(5_000), "}".repeat(5_000)));
        assert_ne!(decide(&nested, &with_team("key")), Decision::ExplicitDeny);
    });
}

/// JSON-1, K3-14.
#[test]
fn bytes_that_are_no_text() {
    to_the_end(|| {
        let mut bytes = policy(&json!({"Effect": "Deny", "Action": "*", "Resource": "*"})).into_bytes();
        for at in 0..=bytes.len() {
            bytes.insert(at, 0xff);
            let parsed = PolicyDocument::parse_bytes(&bytes, PolicyKind::ServiceControl);
            assert!(
                parsed.has_errors() && parsed.document == PolicyDocument::without_meaning(PolicyKind::ServiceControl)
            );
            assert!(Inventory::from_slice(&bytes).is_err());
            bytes.remove(at);
        }
        for hostile in [vec![0xff; 1 << 20], vec![0; 1 << 20], vec![0xc3; 1 << 20], b"\xed\xa0\x80".repeat(1 << 18)] {
            assert!(PolicyDocument::parse_bytes(&hostile, PolicyKind::ServiceControl).has_errors());
            assert!(Inventory::from_slice(&hostile).is_err());
        }
    });
}

/// JSON-3, DOC-6: ten thousand statements, keys and Sids, all the same.
#[test]
fn json_3_repetitions() {
    to_the_end(|| {
        let statement = r#"{"Sid":"Same","Effect":"Deny","Action":"s3:*","Resource":"*"}"#;
        let many = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, vec![statement; 10_000].join(","));
        let parsed = PolicyDocument::parse(&many, PolicyKind::ServiceControl);
        assert_eq!(parsed.document.statements.len(), 10_000);
        assert_eq!(decide(&many, &Request::new(ACCOUNT, "ec2:RunInstances")), Decision::Allowed);
        let keys = format!("{{{}}}", vec![r#""Version":"2012-10-17""#; 20_000].join(","));
        assert!(PolicyDocument::parse(&keys, PolicyKind::ServiceControl).has_errors());
    });
}
