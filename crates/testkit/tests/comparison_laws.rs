//! What must hold between comparisons: they mirror, compose, and follow the laws of PRE-5; and the questions on
//! documents are answered as the reference evaluator would.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test helper fails the test by panicking")]
#![expect(
    clippy::match_same_arms,
    clippy::unnested_or_patterns,
    clippy::option_option,
    reason = "a table of transitions is read row by row; not asked, no change and a change are three things"
)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use scproof_catalog::Catalog;
use scproof_evaluator::{Decision, EvaluationOptions, Request, Truth};
use scproof_organization::{
    AccountRecord, AttachmentRecord, Inventory, Organization, OrganizationRecord, PolicyRecord, RootRecord,
};
use scproof_prover::{Answer, Permissions, Transition, Verdict, equivalent, implies, is_empty};
use scproof_testkit::comparison::{Comparison, complete};
use scproof_testkit::cores::on_all_cores;
use scproof_testkit::{reference, strategies};
use serde_json::{Value, json};

fn load(inventory: &Inventory) -> Result<Organization, TestCaseError> {
    Organization::from_inventory(inventory).map_err(|_| TestCaseError::reject("not loadable"))
}

fn compare(before: &Organization, after: &Organization, options: EvaluationOptions) -> Comparison {
    let options = EvaluationOptions { closed_key_list: false, ..options };
    Comparison::new(before.clone(), after.clone(), options).unwrap()
}

/// The one change that the regions say of a request; `None` if they leave it open.
fn change(comparison: &Comparison, request: &Request) -> Option<Option<Transition>> {
    let regions = comparison.regions(request).ok()??;
    if regions.iter().any(|(region, truth)| *truth == Truth::Unknown || region.transition() == Transition::Unknown) {
        return None;
    }
    Some(regions.first().map(|(region, _)| region.transition()))
}

/// What two changes, one after the other, can come to.
fn composed(first: Option<Transition>, second: Option<Transition>) -> Vec<Option<Transition>> {
    use Transition::{NewlyBlocked, NewlyPassing, OtherReason, Unknown};
    match (first, second) {
        // Back where it was; or never away from being blocked, for another reason.
        (Some(NewlyBlocked), Some(NewlyPassing)) => vec![None],
        (Some(NewlyPassing), Some(NewlyBlocked)) | (Some(OtherReason), Some(OtherReason)) => {
            vec![None, Some(OtherReason)]
        }
        (Some(NewlyBlocked), None | Some(OtherReason)) | (None, Some(NewlyBlocked)) => vec![Some(NewlyBlocked)],
        (Some(NewlyPassing), None) | (None | Some(OtherReason), Some(NewlyPassing)) => vec![Some(NewlyPassing)],
        (Some(OtherReason), None) | (None, Some(OtherReason)) => vec![Some(OtherReason)],
        (None, None) => vec![None],
        // What is blocked cannot become blocked, and so on.
        (Some(NewlyBlocked), Some(NewlyBlocked))
        | (Some(NewlyPassing), Some(NewlyPassing | OtherReason))
        | (Some(OtherReason), Some(NewlyBlocked))
        | (Some(Unknown), _)
        | (_, Some(Unknown)) => Vec::new(),
    }
}

/// The statements of a document, all with this effect; `None` if there are none to be seen.
fn all_with_effect(text: &str, effect: &str) -> Option<String> {
    let mut document: Value = serde_json::from_str(text).ok()?;
    let statements = document.get_mut("Statement")?;
    let set = |statement: &mut Value| {
        if let Value::Object(members) = statement {
            members.insert("Effect".to_owned(), json!(effect));
        }
    };
    match statements {
        Value::Array(items) => items.iter_mut().for_each(set),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => set(other),
    }
    Some(document.to_string())
}

/// The snapshot with one policy more, attached to one more target.
fn with_policy(inventory: &Inventory, text: &str, target: usize) -> Inventory {
    let mut changed = inventory.clone();
    let id = "p-additional0";
    changed.policies.push(PolicyRecord {
        id: id.to_owned(),
        policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
        content: Some(text.to_owned()),
        ..PolicyRecord::default()
    });
    let targets: Vec<String> = (inventory.roots.iter().map(|root| root.id.clone()))
        .chain(inventory.organizational_units.iter().map(|unit| unit.id.clone()))
        .chain(inventory.accounts.iter().map(|account| account.id.clone()))
        .collect();
    let target_id = targets[target % targets.len()].clone();
    changed.attachments.push(AttachmentRecord { target_id, policy_id: id.to_owned() });
    changed
}

fn swapped(verdicts: (Verdict, Verdict)) -> (Verdict, Verdict) {
    (verdicts.1, verdicts.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn there_and_back_are_mirror_images(
        inventory in strategies::inventory(),
        edits in vec(strategies::edit(strategies::document()), 1..3),
        requests in vec(strategies::request(), 12),
        options in strategies::options(),
    ) {
        let (before, after) = (load(&inventory)?, load(&strategies::edited(&inventory, &edits))?);
        let (there, back) = (compare(&before, &after, options), compare(&after, &before, options));
        let actions = there.actions_to_try();
        let unconfirmed = [there.unconfirmed(&actions), back.unconfirmed(&actions)];
        let found = |comparison: &Comparison, mirror: bool| -> BTreeMap<_, BTreeSet<String>> {
            let outline = comparison.outline(&actions).into_iter().map(|((account, before, after), mut actions)| {
                for known in unconfirmed.iter().filter_map(|unconfirmed| unconfirmed.get(&account)) {
                    actions.retain(|action| !known.contains(action));
                }
                let (before, after) = if mirror { swapped((before, after)) } else { (before, after) };
                ((account, before, after), actions)
            });
            outline.filter(|(_, actions)| !actions.is_empty()).collect()
        };
        prop_assert_eq!(found(&there, false), found(&back, true));
        let opposite = |transition: Transition| match transition {
            Transition::NewlyBlocked => Transition::NewlyPassing,
            Transition::NewlyPassing => Transition::NewlyBlocked,
            Transition::OtherReason | Transition::Unknown => transition,
        };
        for request in requests.iter().filter_map(|request| there.complete(request)) {
            if let (Some(there), Some(back)) = (change(&there, &request), change(&back, &request)) {
                prop_assert_eq!(there, back.map(opposite), "{:?}", request);
            }
        }
    }

    #[test]
    fn an_organization_does_not_differ_from_itself(
        inventory in strategies::inventory(), options in strategies::options(),
    ) {
        let organization = load(&inventory)?;
        let comparison = compare(&organization, &organization, options);
        prop_assert!(comparison.difference.is_none());
        if inventory.policies.iter().all(|policy| policy.content.is_some()) {
            let again = compare(&organization, &load(&inventory)?, options);
            prop_assert!(again.difference.is_none());
        }
    }

    #[test]
    fn steps_come_to_the_whole(
        inventory in strategies::inventory(),
        first in vec(strategies::edit(strategies::document()), 1..3),
        second in vec(strategies::edit(strategies::document()), 1..3),
        requests in vec(strategies::request(), 60),
        options in strategies::options(),
    ) {
        let between = strategies::edited(&inventory, &first);
        let after = load(&strategies::edited(&between, &second))?;
        let (before, between) = (load(&inventory)?, load(&between)?);
        let steps = [compare(&before, &between, options), compare(&between, &after, options)];
        let whole = compare(&before, &after, options);
        for request in requests.iter().filter_map(|request| whole.complete(request)) {
            let [first, second] = [0, 1].map(|step| change(&steps[step], &request));
            let (Some(first), Some(second), Some(all)) = (first, second, change(&whole, &request)) else { continue };
            prop_assert!(composed(first, second).contains(&all), "{first:?}, {second:?}, {all:?}: {request:?}");
        }
    }

    #[test]
    fn pre_5_more_denials_let_nothing_pass_and_more_allows_block_nothing(
        inventory in strategies::inventory(),
        text in strategies::document(),
        target in any::<usize>(),
        denies in any::<bool>(),
        options in strategies::options(),
    ) {
        let effect = if denies { "Deny" } else { "Allow" };
        let Some(text) = all_with_effect(&text, effect) else { return Ok(()) };
        let comparison = compare(&load(&inventory)?, &load(&with_policy(&inventory, &text, target))?, options);
        let never = if denies { Transition::NewlyPassing } else { Transition::NewlyBlocked };
        let regions = comparison.difference.groups.iter().flat_map(|group| &group.regions);
        for region in regions {
            prop_assert_ne!(region.transition(), never, "{:#?}", region);
        }
    }
}

/// The organization behind [`Permissions::of_level`].
fn of_level(documents: &[&str]) -> Organization {
    let everything = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let mut inventory = Inventory::new(OrganizationRecord {
        id: "o-exampleorg1".to_owned(),
        arn: Some("arn:aws:organizations::111111111111:organization/o-exampleorg1".to_owned()),
        feature_set: "ALL".to_owned(),
        master_account_id: Some("111111111111".to_owned()),
        master_account_arn: None,
    });
    inventory.roots.push(RootRecord { id: "r-ab12".to_owned(), ..RootRecord::default() });
    let parent_id = "r-ab12".to_owned();
    inventory.accounts.push(AccountRecord { id: "222222222222".to_owned(), parent_id, ..AccountRecord::default() });
    let texts = std::iter::once(("r-ab12", everything)).chain(documents.iter().map(|text| ("222222222222", *text)));
    for (number, (target, text)) in texts.enumerate() {
        let id = format!("p-document{number:04}");
        inventory.policies.push(PolicyRecord {
            id: id.clone(),
            policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
            content: Some(text.to_owned()),
            ..PolicyRecord::default()
        });
        inventory.attachments.push(AttachmentRecord { target_id: target.to_owned(), policy_id: id });
    }
    Organization::from_inventory(&inventory).unwrap()
}

/// Holds an answer against what the reference evaluator says of requests: `contradicts` gets both decisions.
fn hold(
    answer: &Answer,
    organizations: [&Organization; 2],
    requests: &[Request],
    contradicts: impl Fn(Decision, Decision) -> bool,
) -> Result<(), TestCaseError> {
    let options = EvaluationOptions::default();
    let decide = |organization: &Organization, request: &Request| {
        reference::decide(organization, Catalog::embedded(), options, request).ok().map(|answer| answer.decision)
    };
    let both = |request: &Request| {
        let [first, second] = organizations.map(|organization| decide(organization, request));
        Some((first?, second?))
    };
    match answer {
        Answer::Yes => {
            // Other requests a comparison does not know (SP-47, SP-48).
            for request in requests.iter().filter_map(|request| complete(organizations[0], request)) {
                let Some((first, second)) = both(&request) else { continue };
                let exempt = first == Decision::NotApplicable;
                prop_assert!(exempt || !contradicts(first, second), "{request:?} {first} {second}");
            }
        }
        Answer::No(region) => {
            let witness = region.witness.as_ref().unwrap();
            let (first, second) = both(&witness.request).unwrap();
            // Without case splitting the reference may leave open what all cases agree on (K3-16).
            let open = first == Decision::Unknown
                || second == Decision::Unknown
                || first == Decision::Deny
                || second == Decision::Deny;
            prop_assert!(open || contradicts(first, second), "{region:#?} {first} {second}");
        }
        Answer::Unknown(why) => prop_assert!(!why.is_empty()),
    }
    Ok(())
}

/// Two levels, and questions to both.
fn two_levels() -> impl Strategy<Value = (String, String, Vec<Request>, bool)> {
    let other = prop_oneof![strategies::document(), strategies::sound_document()];
    (strategies::document(), other, vec(strategies::request(), 24), any::<bool>())
}

#[test]
fn questions_are_answered_as_the_reference_would() {
    on_all_cores(64, two_levels, |(one, other, requests, beside_full_access)| {
        let everything = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let documents = |text: &str| {
            if beside_full_access { vec![everything.to_owned(), text.to_owned()] } else { vec![text.to_owned()] }
        };
        let (one, other) = (documents(&one), documents(&other));
        let (one, other): (Vec<&str>, Vec<&str>) =
            (one.iter().map(String::as_str).collect(), other.iter().map(String::as_str).collect());
        let permissions = (Permissions::of_level(&one).unwrap(), Permissions::of_level(&other).unwrap());
        let organizations = [&of_level(&one), &of_level(&other)];
        let requests: Vec<Request> = requests.into_iter().filter(|request| request.account == "222222222222").collect();
        let answer = implies(&permissions.0, &permissions.1).unwrap();
        hold(&answer, organizations, &requests, |first, second| first.is_passing() && second.is_denied())?;
        let answer = equivalent(&permissions.0, &permissions.1).unwrap();
        hold(&answer, organizations, &requests, |first, second| {
            let known = |decision: Decision| decision != Decision::Unknown && decision != Decision::Deny;
            first != second && known(first) && known(second)
        })?;
        let answer = is_empty(&permissions.0).unwrap();
        let requests: Vec<Request> = requests
            .into_iter()
            .filter(|request| !request.action.eq_ignore_ascii_case("sts:GetCallerIdentity"))
            .collect();
        hold(&answer, [organizations[0]; 2], &requests, |first, _| first.is_passing())?;
        Ok(())
    });
}
