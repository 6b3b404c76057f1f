//! A redacted snapshot answers redacted questions as the snapshot answered them (API-46).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test helper fails the test by panicking")]

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use scproof_evaluator::{
    CompiledOrganization, Context, ContextValue, Decision, EvaluationOptions, Request, RequestResource, ResourceInput,
};
use scproof_organization::{Inventory, Organization};
use scproof_redact::{RedactionKey, Redactor};
use scproof_testkit::causes;
use scproof_testkit::strategies::{self, Scenario};
use serde_json::{Value, json};

fn redacted_context(redactor: &Redactor, context: &Context) -> Context {
    let mut redacted = Context::new();
    for (key, value) in context.iter() {
        let value = match value {
            ContextValue::Absent => ContextValue::Absent,
            ContextValue::Single(text) => ContextValue::Single(redactor.text(text)),
            ContextValue::List(texts) => ContextValue::List(texts.iter().map(|text| redactor.text(text)).collect()),
        };
        redacted.insert(redactor.context_key(key), value);
    }
    redacted
}

fn redacted_request(redactor: &Redactor, request: &Request) -> Request {
    let resources = request.resources.iter().map(|input| ResourceInput {
        resource: match &input.resource {
            RequestResource::Arn(arn) => RequestResource::Arn(redactor.text(arn)),
            other @ (RequestResource::Unknown | RequestResource::NotScoped) => other.clone(),
        },
        context: redacted_context(redactor, &input.context),
    });
    Request {
        account: redactor.account(&request.account),
        principal: request.principal.as_ref().map(|principal| redactor.text(principal)),
        action: request.action.clone(),
        resources: resources.collect(),
        context: redacted_context(redactor, &request.context),
        region: request.region.clone(),
        closed_context: request.closed_context,
        resources_complete: request.resources_complete,
        beyond_catalog: request.beyond_catalog,
    }
}

/// What must be the same, with the ids of the redacted snapshot.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    decision: Decision,
    determining: BTreeSet<(String, String, usize)>,
    levels_without_allow: BTreeSet<String>,
}

fn ask(
    inventory: &Inventory,
    options: EvaluationOptions,
    requests: &[Request],
    id: impl Fn(&str) -> String,
) -> Vec<Option<Answer>> {
    let compiled = CompiledOrganization::compile(Organization::from_inventory(inventory).unwrap(), options);
    let answer = |request: &Request| {
        let explained = compiled.explain(&compiled.prepare(request).ok()?);
        let organization = compiled.organization();
        let determining = causes::determining(organization, &explained).into_iter();
        let levels = causes::levels_without_allow(organization, &explained);
        Some(Answer {
            decision: explained.decision,
            determining: determining.map(|(target, policy, statement)| (id(&target), id(&policy), statement)).collect(),
            levels_without_allow: levels.iter().map(|level| id(level)).collect(),
        })
    };
    requests.iter().map(answer).collect()
}

fn check(scenario: &Scenario, key: &RedactionKey) -> Result<(), TestCaseError> {
    let inventory = &scenario.inventory;
    let redactor = Redactor::new(inventory, key);
    let redacted = redactor.redact(inventory);
    let length = |text: &Option<String>| text.as_ref().map(|text| text.chars().count());
    let lengths = |inventory: &Inventory| -> Vec<Option<usize>> {
        let mut lengths: Vec<_> = inventory.policies.iter().map(|policy| length(&policy.content)).collect();
        lengths.sort();
        lengths
    };
    prop_assert_eq!(lengths(inventory), lengths(&redacted));
    nothing_is_shown_without_a_word(inventory, &redactor, &redacted)?;
    let requests: Vec<Request> = scenario.requests.iter().map(|request| redacted_request(&redactor, request)).collect();
    let before = ask(inventory, scenario.options, &scenario.requests, |id| redactor.text(id));
    let after = ask(&redacted, scenario.options, &requests, str::to_owned);
    for (index, (before, after)) in before.iter().zip(&after).enumerate() {
        prop_assert_eq!(
            before,
            after,
            "{:#?}\n{:#?}\n{}\n{}\nleft: {:#?}",
            scenario.requests[index],
            requests[index],
            inventory.to_json(),
            redacted.to_json(),
            redactor.left()
        );
    }
    Ok(())
}

/// Names of the organization's own things, in every place that can hold one.
const SECRETS: &[&str] = &[
    "AcmeMerger",
    "acme-ledger",
    "acme-deploy",
    "acmetag",
    "acme-external-77",
    "login.acme.example",
    "203.0.113.77",
    "2001:db8:acce::77",
    "vpc-0a1b2c3d4e5f67890",
    "vpce-0badc0de",
];

/// Each secret is gone, or somebody is told that it is there.
fn nothing_is_shown_without_a_word(
    before: &Inventory,
    redactor: &Redactor,
    redacted: &Inventory,
) -> Result<(), TestCaseError> {
    let (before, text) = (before.to_json(), redacted.to_json());
    let contains = |text: &str, secret: &str| text.to_ascii_lowercase().contains(&secret.to_ascii_lowercase());
    for secret in SECRETS.iter().filter(|secret| contains(&before, secret) && contains(&text, secret)) {
        let is_left =
            redactor.left().iter().any(|left| contains(&left.pattern, secret) || contains(&left.text, secret));
        let mut stays = redactor.stays().kinds().flat_map(|(_, texts)| texts);
        prop_assert!(is_left || stays.any(|text| contains(text, secret)), "{secret} in {text}");
    }
    Ok(())
}

/// Texts that hold ids, names and addresses: whole, in parts, beside wildcards.
const VALUES: &[&str] = &[
    "vpc-0a1b2c3d4e5f67890",
    "vpc-0a1b2c3d4e5f67891",
    "vpce-0badc0de",
    "203.0.113.77",
    "acme-external-77",
    "arn:aws:s3:::acme-ledger/x",
    "arn:aws:iam::222222222222:role/acme-deploy",
    "222222222222",
    "333333333333",
    "999999999999",
    "012345678901",
    "2222",
    "x-222222222222-y",
    "222222222222:shop",
    "o-exampleorg1",
    "O-EXAMPLEORG1",
    "o-partner0000",
    "o-exampleorg1/r-ab12/",
    "o-exampleorg1/r-ab12/ou-ab12-aaaaaaaa/",
    "o-exampleorg1/r-ab12/ou-ab12-aaaaaaaa/ou-ab12-bbbbbbbb/",
    "o-partner0000/r-zz99/ou-zz99-aaaaaaaa/",
    "ou-zz99-aaaaaaaa",
    "shop-prod",
    "Shop-Prod",
    "shop",
    "shopping",
    "backup",
    "dev",
    "the-shop-prod-x",
    "alice@corp.example",
    "AROA:alice@corp.example",
    "bob@corp.example",
    "arn:aws:s3:::shop-prod-logs",
    "arn:aws:s3:::shop",
    "arn:aws:s3:::logs-222222222222-eu",
    "arn:aws:s3:::logs-333333333333-eu/ou-ab12-aaaaaaaa/x",
    "arn:aws:backup:eu-west-1:222222222222:backup:shop",
    "arn:aws:iam::222222222222:role/shop-prod",
    "arn:aws:iam::333333333333:role/dev/shop",
    "arn:aws:iam::012345678901:user/alice@corp.example",
    "arn:aws:ec2:eu-west-1:222222222222:backup-plan/x",
];

const PATTERNS: &[&str] = &[
    "*",
    "arn:aws:s3:::acme-ledger/*",
    "arn:aws:iam::*:role/acme-deploy",
    "acme-external-77",
    "vpc-0a1b2c3d4e5f67890",
    "vpc-0a1b*",
    "vpce-0badc0de",
    "VPCE-0BADC0DE",
    "login.acme.example",
    "203.0.113.77/32",
    "2001:db8:acce::77",
    "${aws:PrincipalTag/acmetag}",
    "222222222222",
    "2222*",
    "*3333",
    "*2*",
    "0?2345678901",
    "*222222222222*",
    "*:shop",
    "o-exampleorg1",
    "o-*",
    "o-exam*",
    "o-exampleorg1/*",
    "o-exampleorg1/r-ab12/ou-ab12-*",
    "*/ou-ab12-aaaaaaaa/*",
    "*/r-ab12/*",
    "*aaaa/*",
    "*/ou-zz99-*",
    "o-partner0000/r-zz99/*",
    "*/ou-ab*",
    "*12-bbbbbbbb*",
    "shop-prod",
    "shop*",
    "shop-*",
    "*prod",
    "*backup*",
    "Shop-Prod",
    "dev",
    "*@corp.example",
    "alice@corp.example",
    "*:alice@corp.example",
    "a*e@corp.example",
    "${custom:key}-prod",
    "${custom:shop}",
    "${custom:shop, 'shop-prod'}",
    "${aws:PrincipalTag/222222222222}",
    "${aws:PrincipalAccount}",
    "2222${custom:key}",
    "${custom:key, '222222222222'}",
    "arn:aws:s3:::shop-prod*",
    "arn:aws:s3:::*-222222222222-*",
    "arn:aws:s3:::logs-${aws:PrincipalAccount}-eu",
    "arn:aws:s3:::logs-*/ou-ab12-aaaaaaaa/*",
    "arn:aws:backup:*:222222222222:*",
    "arn:*:backup:*:*:backup:shop",
    "*:backup:*",
    "arn:aws:iam::222222222222:role/shop-prod",
    "arn:aws:iam::*:role/*/shop",
    "arn:aws:iam::3333*:role/*",
    "arn:aws:iam::012345678901:user/*@corp.example",
    "arn:aws:iam::*:user/${aws:username}",
    "arn:aws:ec2:*:*:backup-plan/*",
    "arn:aws:ec2:*:222222222222:${custom:shop}/*",
];

/// Labels with ids and names.
const SIDS: &[&str] = &["AcmeMerger2027", "acme-deploy é", "Shop222222222222", "o-exampleorg1 \"acmetag\" \\"];

const KEYS: &[&str] = &[
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:sourceVpce",
    "sts:ExternalId",
    "aws:PrincipalTag/acmetag",
    "login.acme.example:sub",
    "aws:PrincipalAccount",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:ResourceAccount",
    "aws:ResourceOrgPaths",
    "aws:PrincipalArn",
    "aws:userid",
    "custom:key",
    "custom:shop",
    "aws:PrincipalTag/222222222222",
];

const OPERATORS: &[&str] = &[
    "IpAddress",
    "NotIpAddress",
    "StringLike",
    "StringNotLike",
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIfExists",
    "ArnLike",
    "ArnNotEquals",
    "ForAnyValue:StringLike",
    "ForAllValues:StringNotLike",
    "NumericEquals",
    "BinaryEquals",
];

fn pattern() -> impl Strategy<Value = Value> {
    prop_oneof![3 => select(PATTERNS), 1 => select(VALUES)].prop_map(Value::from)
}

fn statement() -> impl Strategy<Value = Value> {
    let condition = (select(OPERATORS), select(KEYS), vec(pattern(), 1..3))
        .prop_map(|(operator, key, values)| json!({operator: {key: values}}));
    let sid = proptest::option::of(select(SIDS));
    let element = select(&["Resource", "NotResource"][..]);
    (any::<bool>(), element, vec(pattern(), 1..3), proptest::option::of(condition), sid).prop_map(
        |(whole, element, patterns, condition, sid)| {
            let patterns = if whole { vec![json!("*")] } else { patterns };
            let mut statement = json!({"Effect": "Deny", "Action": "*", element: patterns});
            if let Some(sid) = sid {
                statement["Sid"] = json!(sid);
            }
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            statement
        },
    )
}

/// An organization of [`strategies::inventory`] with policies full of ids and names, and questions that meet them.
fn telling_scenario() -> impl Strategy<Value = Scenario> {
    let policies = vec(vec(statement(), 1..4), 1..4);
    let request = (select(VALUES), vec((select(KEYS), select(VALUES)), 0..4), 0..3_usize, any::<bool>()).prop_map(
        |(resource, context, principal, closed_context)| {
            let mut given = Context::new();
            for (key, value) in context {
                if given.iter().all(|(other, _)| other != key) {
                    given.insert(key, ContextValue::Single(value.to_owned()));
                }
            }
            let principals =
                [None, Some("arn:aws:iam::222222222222:role/shop-prod"), Some("arn:aws:iam::222222222222:user/shop")];
            let resource = if resource.starts_with("arn:") {
                RequestResource::Arn(resource.to_owned())
            } else {
                RequestResource::Unknown
            };
            Request {
                principal: principals[principal].map(str::to_owned),
                closed_context,
                ..Request::new("222222222222", "s3:GetObject").with_resource(resource).with_context(given)
            }
        },
    );
    (strategies::inventory(), policies, vec(request, 8)).prop_map(|(mut inventory, policies, requests)| {
        let texts = policies.into_iter().map(|statements| json!({"Version": "2012-10-17", "Statement": statements}));
        for (policy, text) in inventory.policies.iter_mut().skip(1).zip(texts) {
            policy.content = Some(text.to_string());
        }
        for (account, name) in inventory.accounts.iter_mut().zip(["management", "shop-prod", "shop", "backup", "dev"]) {
            account.name = Some(name.to_owned());
            account.email = Some(format!("{name}@corp.example"));
        }
        Scenario { inventory, requests, options: EvaluationOptions::default() }
    })
}

fn key() -> impl Strategy<Value = RedactionKey> {
    any::<u128>().prop_map(|number| RedactionKey::from_text(&format!("{number:032x}")).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn on_generated_organizations(scenario in strategies::scenario(8), key in key()) {
        check(&scenario, &key)?;
    }

    #[test]
    fn where_policies_are_full_of_ids(scenario in telling_scenario(), key in key()) {
        check(&scenario, &key)?;
    }

    #[test]
    fn where_one_part_decides(scenario in strategies::focused_scenario(6), key in key()) {
        check(&scenario, &key)?;
    }
}
