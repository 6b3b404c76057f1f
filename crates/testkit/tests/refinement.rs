//! Refinement by cases (K3-16): a refined verdict holds for every completion (K3-15), and there is something to refine.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test helper fails the test by panicking")]

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use scproof_catalog::Catalog;
use scproof_evaluator::{
    CompiledOrganization, ContextValue, Decision, EvaluationOptions, Request, RequestResource, ResourceInput,
};
use scproof_organization::Organization;
use scproof_testkit::reference;
use serde_json::{Value, json};

const PLAIN: EvaluationOptions =
    EvaluationOptions { assume_preferred: false, closed_key_list: false, beyond_catalog: true, refine: false };
const REFINED: EvaluationOptions = EvaluationOptions { refine: true, ..PLAIN };

/// A key, the operators that fit it, the values of policies, and values of requests that lie in, between and beside
/// them.
struct Key {
    name: &'static str,
    operators: &'static [&'static str],
    policy: &'static [&'static str],
    request: &'static [&'static str],
    may_be_absent: bool,
    list: bool,
}

const KEYS: &[Key] = &[
    Key {
        name: "aws:RequestedRegion",
        operators: &["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"],
        policy: &["eu-west-1", "eu-*", "*-1", "us-?ast-1", "EU-WEST-1"],
        request: &["eu-west-1", "eu-west-2", "us-east-1", "EU-west-1", "ap-south-2", "", "eu-"],
        may_be_absent: false,
        list: false,
    },
    Key {
        name: "aws:SourceVpce",
        operators: &["StringEquals", "StringNotEquals", "StringNotEqualsIfExists", "StringLikeIfExists", "Null"],
        policy: &["vpce-1", "vpce-*", "true", "false"],
        request: &["vpce-1", "vpce-2", "x"],
        may_be_absent: true,
        list: false,
    },
    Key {
        name: "aws:SourceIp",
        operators: &["IpAddress", "NotIpAddress", "IpAddressIfExists"],
        policy: &["10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "2001:db8::/32"],
        request: &["10.0.0.1", "10.1.2.3", "11.0.0.0", "9.255.255.255", "2001:db8::1", "2001:db9::", "x"],
        may_be_absent: true,
        list: false,
    },
    Key {
        name: "ec2:RoleDelivery",
        operators: &["NumericLessThan", "NumericEquals", "NumericGreaterThanEquals", "NumericNotEquals"],
        policy: &["1", "2.0", "1.5"],
        request: &["0", "1", "1.25", "1.5", "1.75", "2", "3", "x", "-1"],
        may_be_absent: true,
        list: false,
    },
    Key {
        name: "aws:CurrentTime",
        operators: &["DateLessThan", "DateGreaterThan", "DateEquals", "DateLessThanEquals"],
        policy: &["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2027-01-01T00:00:00Z"],
        request: &[
            "2025-12-31T23:59:59Z",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.5Z",
            "2026-06-01T00:00:00Z",
            "x",
        ],
        may_be_absent: false,
        list: false,
    },
    Key {
        name: "aws:TagKeys",
        operators: &[
            "ForAllValues:StringEquals",
            "ForAnyValue:StringEquals",
            "ForAnyValue:StringNotLike",
            "ForAllValues:StringNotEquals",
        ],
        policy: &["a", "b", "a*"],
        request: &["a", "b", "ab", "c"],
        may_be_absent: true,
        list: true,
    },
    Key {
        name: "aws:PrincipalArn",
        operators: &["ArnLike", "ArnNotLike", "StringLike", "StringNotEquals", "ArnEquals"],
        policy: &[
            "arn:aws:iam::*:role/Admin",
            "arn:aws:iam::*:role/*",
            "arn:aws:iam::222222222222:root",
            "arn:aws:iam::*:user/*",
        ],
        request: &[
            "arn:aws:iam::222222222222:role/Admin",
            "arn:aws:iam::222222222222:role/path/Admin",
            "arn:aws:iam::222222222222:root",
            "arn:aws:iam::222222222222:user/alice",
            "arn:aws:sts::222222222222:federated-user/bob",
        ],
        may_be_absent: false,
        list: false,
    },
];

fn condition() -> impl Strategy<Value = (&'static str, &'static str, Vec<&'static str>)> {
    (0..KEYS.len()).prop_flat_map(|index| {
        let key = &KEYS[index];
        (select(key.operators), Just(key.name), prop::collection::vec(select(key.policy), 1..3))
    })
}

/// Resources of policies.
const RESOURCES: &[&str] = &["*", "*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/red/*"];

fn statement() -> impl Strategy<Value = Value> {
    (prop::bool::weighted(0.7), prop::collection::vec(condition(), 0..3), select(RESOURCES), prop::bool::weighted(0.3))
        .prop_map(|(deny, conditions, resource, negated)| {
            let mut block = serde_json::Map::new();
            for (operator, key, values) in conditions {
                let values = if operator == "Null" { vec!["true"] } else { values };
                let keys = block.entry(operator).or_insert_with(|| json!({}));
                keys[key] = json!(values);
            }
            let element = if negated && resource != "*" { "NotResource" } else { "Resource" };
            json!({
                "Effect": if deny { "Deny" } else { "Allow" }, "Action": "*", element: resource, "Condition": block
            })
        })
}

/// An organization whose root allows everything or only what the statements allow.
fn organization() -> impl Strategy<Value = Organization> {
    (prop::collection::vec(statement(), 1..6), prop::bool::weighted(0.7)).prop_map(|(mut statements, full)| {
        if full {
            statements.push(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
        }
        let full_access = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let snapshot = json!({
            "Format": "scproof-inventory/1",
            "Organization": {
                "Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111",
                "Arn": "arn:aws:organizations::111111111111:organization/o-exampleorg1"
            },
            "Roots": [{"Id": "r-ab12"}],
            "OrganizationalUnits": [],
            "Accounts": [{"Id": "222222222222", "ParentId": "r-ab12"}],
            "Policies": [
                {"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "Content": full_access},
                {"Id": "p-generated1", "Type": "SERVICE_CONTROL_POLICY",
                 "Content": json!({"Version": "2012-10-17", "Statement": statements}).to_string()},
            ],
            "Attachments": [
                {"TargetId": "r-ab12", "PolicyId": "p-generated1"},
                {"TargetId": "222222222222", "PolicyId": "p-FullAWSAccess"},
            ],
        });
        Organization::from_json(&snapshot.to_string()).unwrap()
    })
}

/// Resources of requests.
const REQUEST_RESOURCES: &[&str] = &["*", "arn:aws:s3:::b/red/x", "arn:aws:s3:::b/x", "arn:aws:s3:::c"];

/// The question with every fact filled in.
fn completion() -> impl Strategy<Value = Request> {
    let values: Vec<_> = KEYS
        .iter()
        .map(|key| {
            let one = select(key.request).prop_map(str::to_owned);
            if key.list {
                prop_oneof![
                    1 => Just(ContextValue::Absent).boxed(),
                    4 => prop::collection::vec(one, 0..4).prop_map(ContextValue::List).boxed(),
                ]
                .boxed()
            } else if key.may_be_absent {
                prop_oneof![1 => Just(ContextValue::Absent), 3 => one.prop_map(ContextValue::Single)].boxed()
            } else {
                one.prop_map(ContextValue::Single).boxed()
            }
        })
        .collect();
    (values, select(REQUEST_RESOURCES)).prop_map(|(values, resource)| {
        let resource =
            if resource == "*" { RequestResource::NotScoped } else { RequestResource::Arn(resource.to_owned()) };
        let mut request = question().with_resource(resource);
        for (key, value) in KEYS.iter().zip(values) {
            request.context.insert(key.name, value);
        }
        request
    })
}

fn question() -> Request {
    Request { resources: Vec::<ResourceInput>::new(), ..Request::new("222222222222", "s3:GetObject") }
}

fn refined(organization: &Organization) -> (Decision, Decision) {
    let by = |options| CompiledOrganization::compile(organization.clone(), options).ask(&question()).unwrap();
    (by(PLAIN), by(REFINED))
}

proptest! {
    #[test]
    fn k3_15_and_k3_16_a_refined_verdict_holds_for_every_completion(
        organization in organization(),
        completions in prop::collection::vec(completion(), 40),
    ) {
        let (plain, refined) = refined(&organization);
        if plain != Decision::Unknown && plain != Decision::Deny {
            prop_assert_eq!(plain, refined);
        }
        let compiled = CompiledOrganization::compile(organization.clone(), PLAIN);
        // No call breaks the laws between keys (K.4).
        let possible = |request: &&Request| compiled.prepare(request).unwrap().broken_laws().is_empty();
        for request in completions.iter().filter(possible) {
            let whole = reference::decide(&organization, Catalog::embedded(), PLAIN, request).unwrap().decision;
            let holds = match refined {
                Decision::Unknown => true,
                Decision::Deny => whole.is_denied() || whole == Decision::Unknown,
                Decision::Allowed | Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::NotApplicable => {
                    whole == refined || whole == Decision::Unknown
                }
            };
            prop_assert!(holds, "{} became {} with {:?}", refined, whole, request);
        }
    }
}

#[test]
fn k3_16_settles_many_correlated_questions() {
    let mut runner = TestRunner::deterministic();
    let (mut open, mut settled) = (0, 0);
    for _ in 0..400 {
        let organization = organization().new_tree(&mut runner).unwrap().current();
        match refined(&organization) {
            (Decision::Unknown, Decision::Unknown) => open += 1,
            (Decision::Unknown, _) => settled += 1,
            _ => {}
        }
    }
    assert!(settled >= 5, "{settled} settled, {open} left open");
}
