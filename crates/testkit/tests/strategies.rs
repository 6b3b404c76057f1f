//! The strategies make what they promise, and the reference evaluator keeps the laws of the rules on what they make.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use scproof_catalog::Catalog;
use scproof_evaluator::{
    CompiledOrganization, Context, ContextValue, Decision, EvaluationOptions, Request, RequestResource, ResourceInput,
};
use scproof_organization::{AttachmentRecord, Inventory, Organization, PolicyRecord};
use scproof_testkit::reference::{ReferenceAnswer, Undecided, decide};
use scproof_testkit::strategies::{self, Scenario};

const PLAIN: EvaluationOptions =
    EvaluationOptions { assume_preferred: false, closed_key_list: false, beyond_catalog: true, refine: false };

fn ask(organization: &Organization, options: EvaluationOptions, request: &Request) -> Result<ReferenceAnswer, String> {
    decide(organization, Catalog::embedded(), options, request)
}

fn load(inventory: &Inventory) -> Organization {
    Organization::from_inventory(inventory).unwrap_or_else(|error| panic!("{error}\n{inventory:#?}"))
}

#[test]
fn every_verdict_and_most_unsure_rules_turn_up() {
    let mut runner = TestRunner::deterministic();
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for number in 0..600 {
        let strategy = if number % 2 == 0 { strategies::scenario(4) } else { strategies::focused_scenario(4) };
        let scenario = strategy.new_tree(&mut runner).unwrap().current();
        let organization = load(&scenario.inventory);
        for request in &scenario.requests {
            let Ok(answer) = ask(&organization, PLAIN, request) else {
                *verdicts.entry("error").or_default() += 1;
                continue;
            };
            *verdicts.entry(answer.decision.as_str()).or_default() += 1;
            for question in answer.undecided {
                if let Undecided::Rule(rule) = question {
                    *rules.entry(rule).or_default() += 1;
                }
            }
        }
    }
    assert_eq!(verdicts.len(), 7, "{verdicts:?}");
    assert!(verdicts.values().all(|count| *count >= 20), "{verdicts:?}");
    assert!(rules.len() >= 20, "{rules:?}");
}

/// Facts that a request may leave open, with values that the key can have: texts, and whether the key may be absent or
/// a list.
const OPEN_KEYS: &[(&str, &[&str], bool, bool)] = &[
    ("aws:PrincipalTag/team", &["a", "A", "red", "a*b", ""], true, false),
    ("aws:ResourceTag/team", &["a", "ab", "\u{e9}"], true, false),
    ("aws:RequestTag/a", &["a", "red", ""], true, false),
    ("aws:TagKeys", &["a", "ab", "red"], true, true),
    ("aws:CalledVia", &["a", "b"], true, true),
    ("aws:UserAgent", &["a", "x"], false, false),
    ("aws:SourceVpce", &["a", "ab"], true, false),
    ("custom:key", &["a", "true", "1", "2026-01-01", "10.0.0.1"], true, true),
    ("s3:prefix", &["a", "red"], true, false),
    ("ec2:InstanceType", &["t3.micro", "a"], true, false),
    ("ec2:RoleDelivery", &["1", "2"], true, false),
    ("aws:MultiFactorAuthAge", &["1", "10"], true, false),
    ("aws:MultiFactorAuthPresent", &["true", "false"], true, false),
    ("aws:SecureTransport", &["true", "false"], false, false),
    ("aws:ViaAWSService", &["true", "false"], false, false),
    ("ec2:Encrypted", &["true", "false"], true, false),
    ("aws:SourceIp", &["10.0.0.1", "203.0.113.7", "2001:db8::1"], true, false),
    ("lambda:SourceFunctionArn", &["arn:aws:s3:::b", "arn:aws:iam::222222222222:role/Admin"], true, false),
];

/// An answer to one open question.
type Completion = (&'static str, ContextValue);

fn completion() -> impl Strategy<Value = Completion> {
    select(OPEN_KEYS).prop_flat_map(|(key, texts, absent, list)| {
        let text = || select(texts).prop_map(str::to_owned);
        let value = prop_oneof![
            3 => text().prop_map(ContextValue::Single),
            u32::from(absent) => Just(ContextValue::Absent),
            u32::from(list) => prop::collection::vec(text(), 0..3).prop_map(ContextValue::List),
        ];
        (Just(key), value)
    })
}

fn completed(request: &Request, completions: &[Completion], resource: &str, principal: &str) -> Request {
    let mut completed = request.clone();
    for (key, value) in completions {
        let all = completed.context.iter().chain(completed.resources.iter().flat_map(|input| input.context.iter()));
        let is_given = all.map(|(given, _)| given.to_lowercase()).collect::<Vec<_>>().contains(&key.to_lowercase());
        if !is_given {
            completed.context.insert(*key, value.clone());
        }
    }
    let resource = if resource == "*" { RequestResource::NotScoped } else { RequestResource::Arn(resource.to_owned()) };
    if completed.resources.is_empty() {
        completed.resources.push(ResourceInput { resource: resource.clone(), context: Context::new() });
    }
    for input in &mut completed.resources {
        if input.resource == RequestResource::Unknown {
            input.resource = resource.clone();
        }
    }
    if completed.principal.is_none() && completed.account.len() == 12 {
        completed.principal = Some(principal.replace("ACCOUNT", &completed.account));
    }
    completed
}

/// Whether a verdict on a question can stand beside one on the same question with more facts.
fn is_compatible(before: Decision, after: Decision) -> bool {
    match (before, after) {
        (Decision::Unknown, _) | (_, Decision::Unknown) => true,
        (Decision::Deny, after) => after.is_denied(),
        (before, after) => before == after,
    }
}

fn any_scenario() -> impl Strategy<Value = Scenario> {
    prop_oneof![strategies::scenario(3), strategies::focused_scenario(3)]
}

/// A policy of one kind of effect only.
fn one_sided(effect: &'static str) -> impl Strategy<Value = String> {
    let other = if effect == "Deny" { "Allow" } else { "Deny" };
    strategies::sound_document()
        .prop_map(move |text| text.replace(&format!("\"Effect\":\"{other}\""), &format!("\"Effect\":\"{effect}\"")))
}

fn with_policy(inventory: &Inventory, text: &str, target: usize) -> Inventory {
    let mut inventory = inventory.clone();
    let targets: Vec<String> = inventory
        .roots
        .iter()
        .map(|root| root.id.clone())
        .chain(inventory.organizational_units.iter().map(|unit| unit.id.clone()))
        .chain(inventory.accounts.iter().map(|account| account.id.clone()))
        .collect();
    inventory.policies.push(PolicyRecord {
        id: "p-additional".to_owned(),
        policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
        content: Some(text.to_owned()),
        ..PolicyRecord::default()
    });
    let target_id = targets.get(target % targets.len()).unwrap().clone();
    inventory.attachments.push(AttachmentRecord { target_id, policy_id: "p-additional".to_owned() });
    inventory
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn k3_15_definite_verdicts_hold_for_every_completion(
        scenario in any_scenario(),
        completions in prop::collection::vec(completion(), 0..12),
        resource in select(vec!["*", "arn:aws:s3:::b/red/x", "arn:aws:ec2:eu-west-1:222222222222:instance/i-1"]),
        principal in select(vec![
            "arn:aws:iam::ACCOUNT:user/alice",
            "arn:aws:iam::ACCOUNT:role/path/Admin",
            "arn:aws:sts::ACCOUNT:assumed-role/Admin/me",
            "arn:aws:iam::ACCOUNT:root",
            "arn:aws:sts::ACCOUNT:federated-user/alice",
        ]),
    ) {
        let mut inventory = scenario.inventory.clone();
        // So that the principal's partition is the organization's.
        inventory.organization.arn = Some("arn:aws:organizations::111111111111:organization/o-exampleorg1".to_owned());
        let organization = load(&inventory);
        let compiled = CompiledOrganization::compile(organization.clone(), scenario.options);
        for request in scenario.requests.iter().filter(|request| !request.closed_context) {
            let after = completed(request, &completions, resource, principal);
            let (Ok(before), Ok(then)) =
                (ask(&organization, scenario.options, request), ask(&organization, scenario.options, &after))
            else { continue };
            // No call breaks the laws between keys (K.4).
            let broken = |request: &Request| compiled.prepare(request).unwrap().broken_laws().to_vec();
            let before_broken = broken(request);
            if broken(&after).iter().any(|law| !before_broken.contains(law)) {
                continue;
            }
            prop_assert!(
                is_compatible(before.decision, then.decision),
                "{} became {} with {after:#?}", before.decision, then.decision
            );
        }
    }

    #[test]
    fn gen_3_preferred_readings_never_change_a_definite_verdict(scenario in any_scenario()) {
        let organization = load(&scenario.inventory);
        for request in &scenario.requests {
            let Ok(plain) = ask(&organization, PLAIN, request) else { continue };
            let assumed = ask(&organization, EvaluationOptions { assume_preferred: true, ..PLAIN }, request).unwrap();
            // What passes either way passes, whether SCPs restrict it or not (CALL-16).
            let both_pass = plain.decision.is_passing() && assumed.decision.is_passing();
            let is_same = plain.decision == assumed.decision || both_pass;
            if plain.decision != Decision::Unknown && plain.decision != Decision::Deny {
                prop_assert!(is_same);
            }
            let is_open = plain.undecided.iter().any(|question| matches!(question, Undecided::Rule(_)));
            prop_assert!(is_same || is_open, "{:?}", plain);
        }
    }

    #[test]
    fn pre_5_a_a_further_deny_never_lets_anything_pass(
        scenario in any_scenario(), text in one_sided("Deny"), target in any::<usize>(),
    ) {
        let (before, after) = (load(&scenario.inventory), load(&with_policy(&scenario.inventory, &text, target)));
        for request in &scenario.requests {
            let Ok(one) = ask(&before, scenario.options, request) else { continue };
            let other = ask(&after, scenario.options, request).unwrap();
            prop_assert!(!(one.decision.is_denied() && other.decision == Decision::Allowed));
            prop_assert!(!(one.decision == Decision::ExplicitDeny && other.decision != Decision::ExplicitDeny));
        }
    }

    #[test]
    fn pre_5_b_a_further_allow_never_blocks_anything(
        scenario in any_scenario(), text in one_sided("Allow"), target in any::<usize>(),
    ) {
        let (before, after) = (load(&scenario.inventory), load(&with_policy(&scenario.inventory, &text, target)));
        for request in &scenario.requests {
            let Ok(one) = ask(&before, scenario.options, request) else { continue };
            let other = ask(&after, scenario.options, request).unwrap();
            prop_assert!(one.decision != Decision::Allowed || other.decision == Decision::Allowed);
        }
    }

    #[test]
    fn gen_6_pre_5_d_the_order_of_a_snapshot_makes_no_difference(scenario in any_scenario()) {
        let mut reversed = scenario.inventory.clone();
        reversed.organizational_units.reverse();
        reversed.accounts.reverse();
        reversed.policies.reverse();
        reversed.attachments.reverse();
        let (one, other) = (load(&scenario.inventory), load(&reversed));
        for request in &scenario.requests {
            prop_assert_eq!(ask(&one, scenario.options, request), ask(&other, scenario.options, request));
        }
    }

    #[test]
    fn eval_10_sp_43_a_call_passes_only_if_every_pair_passes(scenario in strategies::scenario(3)) {
        let organization = load(&scenario.inventory);
        for request in &scenario.requests {
            let Ok(together) = ask(&organization, scenario.options, request) else { continue };
            let each: Vec<Decision> = request.resources.iter().map(|input| {
                let alone = Request { resources: vec![input.clone()], ..request.clone() };
                ask(&organization, scenario.options, &alone).unwrap().decision
            }).collect();
            if each.iter().any(|decision| decision.is_denied()) {
                prop_assert!(together.decision.is_denied());
            } else if each.contains(&Decision::Unknown) {
                prop_assert_eq!(together.decision, Decision::Unknown);
            } else {
                prop_assert!(together.decision.is_passing() || each.is_empty());
            }
        }
    }
}
