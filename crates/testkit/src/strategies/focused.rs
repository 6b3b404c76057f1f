//! Scenarios in which one part of one statement decides: far more likely than whole documents to meet a rare rule.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use scproof_evaluator::{Context, ContextValue, Request, RequestResource, ResourceInput};
use scproof_organization::Inventory;
use serde_json::{Map, Value, json};

use super::documents::{block_of_one, negatable};
use super::{Scenario, keys, options, organizations, pools};

/// A root with one account and one Deny statement, of which one part is interesting, and requests by a user of the
/// account that aim at this part.
pub fn focused_scenario(request_count: usize) -> BoxedStrategy<Scenario> {
    let scenario = prop_oneof![actions(request_count), resources(request_count), conditions(request_count)];
    (scenario, options())
        .prop_map(|((statement, version, requests), options)| {
            let mut document = Map::new();
            document.insert("Statement".to_owned(), statement);
            if let Some(version) = version {
                document.insert("Version".to_owned(), Value::from(version));
            }
            let inventory: Inventory = organizations::smallest(Value::Object(document).to_string());
            Scenario { inventory, requests, options }
        })
        .boxed()
}

type Parts = (Value, Option<&'static str>, Vec<Request>);

fn version() -> BoxedStrategy<Option<&'static str>> {
    prop_oneof![8 => Just(Some("2012-10-17")), 1 => Just(Some("2008-10-17")), 1 => Just(None)].boxed()
}

fn request(action: String, resource: RequestResource, context: Context, closed_context: bool) -> Request {
    let account = pools::ACCOUNTS.get(1).copied().unwrap_or_default();
    let resources = vec![ResourceInput { resource, context: Context::new() }];
    let principal = Some(format!("arn:aws:iam::{account}:user/alice"));
    Request { account: account.to_owned(), principal, action, resources, context, closed_context, ..Request::default() }
}

fn actions(request_count: usize) -> BoxedStrategy<Parts> {
    let pattern = prop_oneof![pools::one_of(pools::ACTION_PATTERNS), pools::one_of(pools::ODD_ACTION_PATTERNS)];
    let asked = pools::one_of(pools::ACTIONS)
        .prop_map(|action| request(action, RequestResource::NotScoped, Context::new(), false));
    (negatable("Action", "NotAction"), vec(pattern, 1..3), vec(asked, request_count))
        .prop_map(|(name, patterns, requests)| {
            (json!({"Effect": "Deny", name: patterns, "Resource": "*"}), Some("2012-10-17"), requests)
        })
        .boxed()
}

fn resources(request_count: usize) -> BoxedStrategy<Parts> {
    let pattern = prop_oneof![
        pools::one_of(pools::RESOURCE_PATTERNS),
        pools::one_of(pools::VARIABLE_RESOURCE_PATTERNS),
        pools::one_of(pools::ODD_RESOURCE_PATTERNS),
    ];
    let resource = prop_oneof![
        1 => Just(RequestResource::NotScoped),
        1 => Just(RequestResource::Unknown),
        20 => pools::one_of(pools::ARNS).prop_map(RequestResource::Arn),
    ];
    let asked = (resource, variables(), any::<bool>())
        .prop_map(|(resource, context, closed)| request("s3:GetObject".to_owned(), resource, context, closed));
    (negatable("Resource", "NotResource"), vec(pattern, 1..3), version(), vec(asked, request_count))
        .prop_map(|(name, patterns, version, requests)| {
            (json!({"Effect": "Deny", "Action": "*", name: patterns}), version, requests)
        })
        .boxed()
}

/// The keys that the variables of the pools name.
fn variables() -> BoxedStrategy<Context> {
    let keys = ["aws:PrincipalTag/team", "AWS:principaltag/TEAM", "aws:TagKeys", "custom:key", "aws:PrincipalTag/none"];
    let entry = (select(keys.to_vec()), state(pools::one_of(pools::TEXTS)));
    vec(entry, 0..4).prop_map(collect).boxed()
}

/// A state in which a key can be given.
fn state(text: BoxedStrategy<String>) -> BoxedStrategy<ContextValue> {
    prop_oneof![
        6 => text.clone().prop_map(ContextValue::Single),
        2 => Just(ContextValue::Absent),
        3 => vec(text, 0..4).prop_map(ContextValue::List),
    ]
    .boxed()
}

fn collect(entries: Vec<(&'static str, ContextValue)>) -> Context {
    let mut context = Context::new();
    for (key, value) in entries {
        let is_given =
            context.iter().any(|(given, _)| given == key || (given.eq_ignore_ascii_case(key) && !key.contains('/')));
        if !is_given {
            context.insert(key, value);
        }
    }
    context
}

fn conditions(request_count: usize) -> BoxedStrategy<Parts> {
    block_of_one()
        .prop_flat_map(move |(key, block)| {
            let holds =
                keys::KEYS.iter().find(|(known, _)| *known == key).map_or(keys::Holds::Texts, |(_, holds)| *holds);
            let value = prop_oneof![6 => keys::request_value(holds), 1 => pools::one_of(pools::TEXTS)].boxed();
            // The key itself, in most requests; in others it is unknown.
            let own = proptest::option::weighted(0.85, state(value));
            let asked = (own, variables(), proptest::bool::weighted(0.3)).prop_map(move |(own, variables, closed)| {
                let others = variables.iter().filter(|(other, _)| !other.eq_ignore_ascii_case(key));
                let mut context = Context::new();
                others.for_each(|(other, value)| context.insert(other, value.clone()));
                if let Some(value) = own.filter(|_| key.contains(':')) {
                    context.insert(key, value);
                }
                let resource = RequestResource::Arn("arn:aws:sns:eu-west-1:222222222222:orders".to_owned());
                request("s3:GetObject".to_owned(), resource, context, closed)
            });
            (Just(block), version(), vec(asked, request_count))
        })
        .prop_map(|(block, version, requests)| {
            let statement = json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": block});
            (statement, version, requests)
        })
        .boxed()
}
