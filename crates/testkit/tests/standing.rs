//! What the prover says of the policies in force, held against the evaluator and the reference evaluator.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test helper fails the test by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use scproof_catalog::Catalog;
use scproof_evaluator::symbolic::{ActionTraits, Atom, CompiledViews, ContextValue, CutMemory, RequestResource, View};
use scproof_evaluator::{Access, CompiledOrganization, Context, Decision, EvaluationOptions, Request, Truth};
use scproof_organization::{AttachmentRecord, Inventory, NodeId, Organization, PolicyRecord};
use scproof_policy_parser::{PolicyDocument, PolicyKind};
use scproof_prover::{
    ComparisonOptions, Limits, PassingGroup, PassingKind, PolicyProof, Removal, SameAccess, Transition, difference,
};
use scproof_testkit::comparison::{complete, keeps_laws};
use scproof_testkit::{reference, strategies};
use serde_json::Value;

fn load(inventory: &Inventory) -> Result<Organization, TestCaseError> {
    Organization::from_inventory(inventory).map_err(|_| TestCaseError::reject("not loadable"))
}

/// Without a closed list of keys, under which a request that gives another key contradicts itself; with refinement.
fn options(options: EvaluationOptions) -> EvaluationOptions {
    EvaluationOptions { closed_key_list: false, refine: true, ..options }
}

fn decide(organization: &Organization, options: EvaluationOptions, request: &Request) -> Option<Decision> {
    reference::decide(organization, Catalog::embedded(), options, request).ok().map(|answer| answer.decision)
}

fn access(decision: Decision) -> Access {
    match decision {
        Decision::Allowed | Decision::NotApplicable => Access::NeverBlocked,
        Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => Access::AlwaysBlocked,
        Decision::Unknown => Access::Depends,
    }
}

/// The document with another effect in all statements.
fn denials(text: &str) -> Option<String> {
    let mut document: Value = serde_json::from_str(text).ok()?;
    let statements = document.get_mut("Statement")?;
    let set = |statement: &mut Value| {
        statement.as_object_mut()?.insert("Effect".to_owned(), Value::from("Deny"));
        Some(())
    };
    if let Value::Array(all) = statements {
        all.iter_mut().try_for_each(set)?;
    } else {
        set(statements)?;
    }
    Some(document.to_string())
}

/// The inventory with a policy attached to the root.
fn with_policy(inventory: &Inventory, text: &str) -> Option<Inventory> {
    let mut changed = inventory.clone();
    let id = "p-guardrail000".to_owned();
    changed.policies.push(PolicyRecord {
        id: id.clone(),
        policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
        content: Some(text.to_owned()),
        ..PolicyRecord::default()
    });
    let target_id = changed.roots.first()?.id.clone();
    changed.attachments.push(AttachmentRecord { target_id, policy_id: id });
    Some(changed)
}

/// The inventory without a statement of a policy.
fn without_statement(inventory: &Inventory, policy: &str, index: usize) -> Option<Inventory> {
    let mut changed = inventory.clone();
    let found = changed.policies.iter_mut().find(|found| found.id == policy)?;
    let mut document: Value = serde_json::from_str(found.content.as_deref()?).ok()?;
    let statements = document.get_mut("Statement")?.as_array_mut()?;
    (index < statements.len()).then(|| statements.remove(index))?;
    found.content = Some(document.to_string());
    Some(changed)
}

/// The request by the same caller of another account.
fn in_name_of(request: &Request, account: &str) -> Request {
    let mut own = request.clone();
    let localize = |text: &str| -> String {
        text.split(':').map(|part| if part == request.account { account } else { part }).collect::<Vec<_>>().join(":")
    };
    own.principal = request.principal.as_deref().map(localize);
    account.clone_into(&mut own.account);
    own
}

/// The same with the other account's id wherever that of the first stands: in a resource, say, that a policy names by a
/// variable.
fn renamed(request: &Request, account: &str) -> Request {
    let mut own = in_name_of(request, account);
    let rename = |text: &str| text.replace(&request.account, account);
    for input in &mut own.resources {
        if let RequestResource::Arn(arn) = &mut input.resource {
            *arn = rename(arn);
        }
    }
    let mut context = Context::new();
    for (key, value) in request.context.iter() {
        let value = match value {
            ContextValue::Single(text) => ContextValue::Single(rename(text)),
            ContextValue::List(texts) => ContextValue::List(texts.iter().map(|text| rename(text)).collect()),
            ContextValue::Absent => ContextValue::Absent,
        };
        context.insert(key.to_owned(), value);
    }
    own.context = context;
    own
}

/// How the calls of a request's action by its account are treated.
fn treatment(
    views: &CompiledViews,
    proof: &PolicyProof<'_>,
    alike: &[SameAccess],
    accounts: &[NodeId],
    request: &Request,
) -> Option<Access> {
    let organization = views.view(View::FIRST).organization();
    let place = accounts.iter().position(|node| organization.node(*node).target.as_str() == request.account)?;
    let found = alike.iter().find(|found| found.accounts.contains(&place))?;
    let key = views.class_key(&request.action)?;
    let class = proof.action_classes().iter().position(|class| class.key() == key)?;
    found.by_class.get(class).map(|treatment| treatment.access)
}

/// Every account and class of actions is treated as the evaluator decides, and accounts that are alike are treated
/// alike.
fn check_treatments(
    inventory: &Inventory,
    given: EvaluationOptions,
    samples: &[Request],
    caller: Option<&str>,
) -> Result<(), TestCaseError> {
    let organization = Arc::new(load(inventory)?);
    let options = options(given);
    let views = CompiledViews::one(Arc::clone(&organization), options);
    let accounts: Vec<NodeId> = organization.accounts().collect();
    let mut proof = PolicyProof::new(&views, &accounts, &[], Limits::default());
    let mut of_caller = Request::new("", "");
    of_caller.principal = caller.map(str::to_owned);
    let is_asked = |request: &Request| {
        caller.is_none() || {
            let own = of_caller.in_account(&organization, &request.account).ok();
            own.is_some_and(|own| own.principal == request.principal)
        }
    };
    // A name needs the organization's partition, which not every snapshot tells.
    let Ok(alike) = proof.by_access(caller) else { return Ok(()) };
    let compiled = CompiledOrganization::compile(Arc::clone(&organization), options);
    let mut seen = vec![0; accounts.len()];
    for found in &alike {
        for place in &found.accounts {
            seen[*place] += 1;
            let account = organization.node(accounts[*place]).target.as_str();
            for (class, treatment) in proof.action_classes().iter().zip(found.by_class.iter()) {
                let mut request = of_caller.in_account(&organization, account).unwrap();
                request.action.clone_from(&class.representative);
                // A caller of another partition than the organization's is no question (CALL-21).
                let Ok(decision) = compiled.ask(&request) else { continue };
                let decided = access(decision);
                // The evaluator goes through so many cases and no more (K3-16). What diagrams settle beyond is tried
                // below.
                prop_assert!(
                    treatment.access == decided || decided == Access::Depends,
                    "{account} {}: {:?}, but the evaluator says {decided:?}",
                    &class.representative,
                    treatment.access
                );
            }
        }
    }
    prop_assert!(seen.iter().all(|count| *count == 1), "{seen:?}");
    let completed: Vec<Request> = samples
        .iter()
        .filter_map(|request| complete(&organization, request))
        .filter(|request| keeps_laws(views.view(View::FIRST), request))
        .collect();
    for request in completed.iter().filter(|request| is_asked(request)) {
        let treated = treatment(&views, &proof, &alike, &accounts, request);
        let Some(decision) = decide(&organization, options, request) else { continue };
        match treated {
            Some(Access::NeverBlocked) => prop_assert!(!decision.is_denied(), "{request:?}: {decision}"),
            // A caller whom SCPs do not govern passes all the same.
            Some(Access::AlwaysBlocked) => prop_assert!(decision != Decision::Allowed, "{request:?}: {decision}"),
            Some(Access::Depends) | None => {}
        }
    }
    // Requests that differ by account only have one answer within a class, unless they name the account.
    for request in completed.into_iter().filter(is_asked) {
        let by_account = |place: usize| {
            let own = in_name_of(&request, organization.node(accounts[place]).target.as_str());
            (decide(&organization, options, &own), own)
        };
        for found in &alike {
            let answers: Vec<_> = found.accounts.iter().map(|place| by_account(*place)).collect();
            for views in answers.windows(2) {
                let [(one, first), (other, second)] = views else { continue };
                let (Some(one), Some(other)) = (one, other) else { continue };
                let open = *one == Decision::Unknown || *other == Decision::Unknown;
                prop_assert!(open || one.is_passing() == other.is_passing(), "{first:?} {one}\n{second:?} {other}");
            }
        }
    }
    Ok(())
}

fn is_open(kind: PassingKind) -> bool {
    matches!(kind, PassingKind::Open | PassingKind::OpenExemption)
}

/// The calls that pass a guardrail are those that the reference evaluator lets pass, and would block with the
/// guardrail.
fn check_passing(
    inventory: &Inventory,
    guardrail: &str,
    given: EvaluationOptions,
    requests: &[Request],
    told_apart: usize,
) -> Result<(), TestCaseError> {
    let Some(guardrail) = denials(guardrail) else { return Ok(()) };
    let organization = Arc::new(load(inventory)?);
    let Some(guarded) = with_policy(inventory, &guardrail) else { return Ok(()) };
    let guarded = load(&guarded)?;
    let options = options(given);
    let document = Arc::new(PolicyDocument::parse(&guardrail, PolicyKind::ServiceControl).document);
    let (views, levels) = CompiledViews::with_hypothetical(Arc::clone(&organization), &[document], options);
    let accounts: Vec<NodeId> = organization.accounts().collect();
    let limits = Limits { told_apart, ..Limits::default() };
    let mut proof = PolicyProof::new(&views, &accounts, &levels, limits);
    let groups = proof.passing(levels[0]);
    // How it stands in an account does not depend on how much is told of it.
    let exact = PolicyProof::new(&views, &accounts, &levels, Limits::default()).passing(levels[0]);
    let gravest = |groups: &[PassingGroup], account: usize| -> Option<Option<PassingKind>> {
        let group = groups.iter().find(|group| group.accounts.contains(&account))?;
        Some(group.regions.iter().map(|region| region.kind).min())
    };
    for account in 0..accounts.len() {
        prop_assert_eq!(gravest(&groups, account), gravest(&exact, account), "{} {:#?}", account, groups);
    }
    // A witness found for one account of a group holds for all.
    for group in &groups {
        for (region, place) in
            group.regions.iter().flat_map(|region| group.accounts.iter().map(move |it| (region, *it)))
        {
            let Some(witness) = region.region.witness.as_ref().filter(|_| !is_open(region.kind)) else { continue };
            let id = organization.node(accounts[place]).target.as_str();
            // Its account in a resource is its own, or one that a policy names.
            let shows = [in_name_of(&witness.request, id), renamed(&witness.request, id)].iter().any(|own| {
                let (before, after) = (decide(&organization, options, own), decide(&guarded, options, own));
                let passes = before.is_none_or(|before| before.is_passing() || before == Decision::Unknown);
                passes && after.is_none_or(|after| after.is_denied() || after == Decision::Unknown)
            });
            prop_assert!(shows, "{witness:?} in {id}");
        }
    }
    for region in groups.iter().flat_map(|group| &group.regions) {
        let Some(witness) = &region.region.witness else {
            prop_assert!(is_open(region.kind));
            continue;
        };
        if is_open(region.kind) {
            continue;
        }
        let (before, after) =
            (decide(&organization, options, &witness.request), decide(&guarded, options, &witness.request));
        let passes = |decision: Option<Decision>| {
            decision.is_some_and(|decision| decision.is_passing() || decision == Decision::Unknown)
        };
        // It is the guardrail that would block it, not the lack of an Allow.
        prop_assert_eq!(witness.after, Decision::ExplicitDeny, "{:?}", witness);
        prop_assert!(passes(before), "{witness:?} {before:?}");
        prop_assert!(
            after.is_some_and(|after| after.is_denied() || after == Decision::Unknown),
            "{witness:?} {after:?}"
        );
    }
    for request in requests.iter().filter_map(|request| complete(&organization, request)) {
        if !keeps_laws(views.view(View::FIRST), &request) {
            continue;
        }
        let (Some(before), Some(after)) =
            (decide(&organization, options, &request), decide(&guarded, options, &request))
        else {
            continue;
        };
        let place = accounts.iter().position(|node| organization.node(*node).target.as_str() == request.account);
        let group = place.and_then(|place| groups.iter().find(|group| group.accounts.contains(&place)));
        let Some(group) = group else { continue };
        let mut said = Vec::new();
        for region in group.regions.iter().filter(|region| proof.concerns(&region.region, &request.action)) {
            let truth = region.region.holds_for(&views, &request).unwrap();
            if truth != Truth::False {
                said.push((region.kind, truth));
            }
        }
        let passes = before.is_passing() && before != Decision::NotApplicable && after.is_denied();
        prop_assert!(
            !passes || !said.is_empty() || !group.is_complete,
            "{request:?} {before} {after}\n{:#?}",
            group.regions
        );
        let certain = said.iter().any(|(kind, truth)| !is_open(*kind) && *truth == Truth::True);
        let known = before != Decision::Unknown && after != Decision::Unknown && before != Decision::NotApplicable;
        prop_assert!(!certain || !known || passes, "{request:?} {before} {after} {said:?}\n{:#?}", group.regions);
    }
    Ok(())
}

/// Facts are cut the same whatever was remembered from other accounts and actions, and from fewer atoms.
fn check_memory(inventory: &Inventory, given: EvaluationOptions) -> Result<(), TestCaseError> {
    let organization = Arc::new(load(inventory)?);
    let views = CompiledViews::one(Arc::clone(&organization), options(given));
    let memory = CutMemory::default();
    let mut actions: BTreeMap<ActionTraits, String> = BTreeMap::new();
    for class in views.action_classes() {
        actions.entry(class.traits).or_insert(class.representative);
    }
    for node in organization.accounts() {
        let statements = views.path_levels(View::FIRST, node).iter().flat_map(|level| views.level_statements(*level));
        let atoms: BTreeSet<Atom> =
            statements.flat_map(|statement| views.statement_atoms(*statement)).copied().collect();
        let some: Vec<Atom> = atoms.iter().copied().step_by(2).collect();
        for (action, atoms) in
            actions.values().flat_map(|action| [(action, some.clone()), (action, atoms.iter().copied().collect())])
        {
            let remembered = views.facts(&[node], action, atoms.iter().copied(), &memory);
            let fresh = views.facts(&[node], action, atoms, &CutMemory::default());
            prop_assert_eq!(remembered, fresh, "{}", action);
        }
    }
    Ok(())
}

/// What is proved to be idle can be taken away, and the reference evaluator lets the same calls pass.
fn check_idle(inventory: &Inventory, given: EvaluationOptions, requests: &[Request]) -> Result<(), TestCaseError> {
    let organization = Arc::new(load(inventory)?);
    let options = options(given);
    let views = CompiledViews::one(Arc::clone(&organization), options);
    let accounts: Vec<NodeId> = organization.accounts().collect();
    let mut proof = PolicyProof::new(&views, &accounts, &[], Limits::default());
    let mut reduced: Vec<(String, Organization)> = Vec::new();
    for (index, policy) in organization.policies() {
        let range = views.policy_statements(View::FIRST, index);
        for (place, statement) in range.enumerate() {
            if !proof.has_no_effect(&Removal::Statements(statement..statement + 1)) {
                continue;
            }
            let shared = organization.policies().filter(|(_, other)| other.content == policy.content).count();
            if shared == 1
                && let Some(changed) = without_statement(inventory, policy.id.as_str(), place)
                && let Ok(changed) = Organization::from_inventory(&changed)
            {
                reduced.push((format!("{} {place}", policy.id.as_str()), changed));
            }
        }
    }
    for attachment in &inventory.attachments {
        let node = organization.nodes().find(|(_, node)| node.target.as_str() == attachment.target_id);
        let policy = organization.policies().find(|(_, policy)| policy.id.as_str() == attachment.policy_id);
        let (Some((node, found)), Some((index, policy))) = (node, policy) else { continue };
        let same = found.scps.iter().filter(|other| organization.policy(**other).content == policy.content).count();
        if same != 1 || !proof.has_no_effect(&Removal::At(node, views.policy_statements(View::FIRST, index))) {
            continue;
        }
        let mut changed = inventory.clone();
        changed.attachments.retain(|other| other != attachment);
        reduced.push((format!("{attachment:?}"), load(&changed)?));
    }
    // Exactly, by another way: a comparison of both organizations as they are.
    for (words, reduced) in &reduced {
        let views = CompiledViews::two(Arc::clone(&organization), reduced.clone(), options);
        let nodes: Vec<[NodeId; 2]> = accounts
            .iter()
            .filter_map(|node| Some([*node, reduced.find_node(&organization.node(*node).target)?]))
            .collect();
        let found = difference(&views, &nodes, &ComparisonOptions::default());
        for region in found.groups.iter().flat_map(|group| &group.regions) {
            let is_same = !matches!(region.transition(), Transition::NewlyBlocked | Transition::NewlyPassing);
            prop_assert!(is_same, "{words} is not idle: {region:?}");
        }
    }
    for request in requests.iter().filter_map(|request| complete(&organization, request)) {
        if !keeps_laws(views.view(View::FIRST), &request) {
            continue;
        }
        let Some(before) = decide(&organization, options, &request) else { continue };
        for (words, reduced) in &reduced {
            let Some(after) = decide(reduced, options, &request) else { continue };
            let open = before == Decision::Unknown || after == Decision::Unknown;
            prop_assert!(open || before.is_passing() == after.is_passing(), "{words}\n{request:?} {before} {after}");
        }
    }
    Ok(())
}

/// Callers by name, some of which policies name.
fn caller() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("role/Admin"),
        Just("arn:aws:iam::*:role/path/Admin"),
        Just("arn:aws:iam::*:root"),
        Just("arn:aws:iam::*:user/a"),
        Just("arn:aws:iam::*:user/alice"),
        Just("arn:aws:sts::*:assumed-role/Admin/session"),
        Just("arn:aws:sts::*:federated-user/a"),
        Just("arn:aws:iam::*:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn actions_are_treated_as_the_evaluator_decides(scenario in strategies::scenario(8), caller in caller()) {
        check_treatments(&scenario.inventory, scenario.options, &scenario.requests, None)?;
        check_treatments(&scenario.inventory, scenario.options, &scenario.requests, Some(caller))?;
    }

    #[test]
    fn what_is_remembered_changes_no_facts(scenario in strategies::scenario(1)) {
        check_memory(&scenario.inventory, scenario.options)?;
    }

    #[test]
    fn actions_of_a_caller_where_one_part_decides(scenario in strategies::focused_scenario(8), caller in caller()) {
        check_treatments(&scenario.inventory, scenario.options, &scenario.requests, Some(caller))?;
    }

    #[test]
    fn the_calls_that_pass_a_guardrail(
        scenario in strategies::scenario(24),
        guardrail in prop_oneof![strategies::document(), strategies::sound_document()],
        told_apart in prop_oneof![Just(64_usize), 0_usize..5],
    ) {
        check_passing(&scenario.inventory, &guardrail, scenario.options, &scenario.requests, told_apart)?;
    }

    #[test]
    fn the_calls_that_pass_a_guardrail_where_one_part_decides(
        scenario in strategies::focused_scenario(24),
        other in strategies::focused_scenario(1),
        told_apart in prop_oneof![Just(64_usize), 0_usize..5],
    ) {
        let texts = other.inventory.policies.iter().filter_map(|policy| policy.content.as_deref());
        for text in texts.take(3) {
            check_passing(&scenario.inventory, text, scenario.options, &scenario.requests, told_apart)?;
        }
    }

    #[test]
    fn what_is_idle_can_be_taken_away(
        scenario in strategies::scenario(16),
        focused in strategies::focused_scenario(16),
    ) {
        check_idle(&scenario.inventory, scenario.options, &scenario.requests)?;
        check_idle(&focused.inventory, focused.options, &focused.requests)?;
    }
}
