//! What proofs say of calls, held against possible calls with all their checks (K.1, K.2), and against the answers to
//! questions.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;

use scproof_catalog::Catalog;
use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_evaluator::{Access, Decision, EvaluationOptions, Request};
use scproof_organization::{Inventory, NodeId, Organization};
use scproof_prover::{ComparisonOptions, Limits, PolicyProof, Region, Transition, difference};
use scproof_testkit::comparison::keeps_laws;
use scproof_testkit::reference;
use scproof_testkit::strategies::{CallScenario, Chance};

const OPTIONS: EvaluationOptions =
    EvaluationOptions { assume_preferred: false, closed_key_list: false, beyond_catalog: false, refine: true };
const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// A call of which all pairs and keys are given: no table is needed.
fn whole(organization: &Organization, call: &Request) -> Decision {
    let call = call.clone().beyond_catalog();
    reference::decide(organization, Catalog::embedded(), OPTIONS, &call).unwrap().decision
}

/// What the reference evaluator says of a question.
fn asked(organization: &Organization, question: &Request) -> Decision {
    reference::decide(organization, Catalog::embedded(), OPTIONS, question).unwrap().decision
}

fn nothing_said(scenario: &CallScenario) -> Request {
    let mut open = Request::new(scenario.question.account.clone(), scenario.question.action.clone());
    open.principal.clone_from(&scenario.question.principal);
    open
}

#[test]
fn call_3_a_class_of_actions_is_treated_as_every_call_of_it_is() {
    let mut chance = Chance::new(20_261_130);
    let (mut definite, mut settled) = (0, 0);
    for _ in 0..60 {
        let Some(scenario) = CallScenario::generate(&mut chance) else { continue };
        let organization = Arc::new(Organization::from_inventory(&scenario.inventory).unwrap());
        let views = CompiledViews::one(Arc::clone(&organization), OPTIONS);
        let accounts: Vec<NodeId> = organization.accounts().collect();
        let place =
            accounts.iter().position(|node| organization.node(*node).target.as_str() == scenario.question.account);
        let open = nothing_said(&scenario);
        let key = views.class_key(&open.action).unwrap();
        for caller in [None, Some("user/alice")] {
            let mut proof = PolicyProof::new(&views, &accounts, &[], Limits::default());
            let alike = proof.by_access(caller).unwrap();
            let class = proof.action_classes().iter().position(|class| class.key() == key).unwrap();
            let of_account = alike.iter().find(|found| found.accounts.contains(&place.unwrap())).unwrap();
            let access = of_account.by_class.get(class).unwrap().access;
            let mut question = open.clone();
            if caller.is_none() {
                question.principal = None;
            }
            // What `can` settles, a proof settles as well, and alike.
            let decision = views.view(View::FIRST).ask(&question).unwrap();
            let said = match decision {
                Decision::Allowed | Decision::NotApplicable => Some(Access::NeverBlocked),
                Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => Some(Access::AlwaysBlocked),
                Decision::Unknown => None,
            };
            let text = scenario.inventory.to_json();
            assert!(said.is_none_or(|said| said == access), "{decision} and {access:?}: {question:?}\n{text}");
            settled += usize::from(said.is_none() && access != Access::Depends);
            definite += usize::from(access != Access::Depends);
            for _ in 0..12 {
                let Some(call) = scenario.complete(&open, &mut chance) else { continue };
                let made = whole(&organization, &call);
                let fits = match access {
                    Access::NeverBlocked => !made.is_denied(),
                    Access::AlwaysBlocked => made != Decision::Allowed,
                    Access::Depends => true,
                };
                assert!(fits, "{access:?}, but {made}: {call:#?}\n{text}");
            }
        }
    }
    assert!(definite > 10, "{definite} definite, {settled} of them beyond `can`");
}

/// The same organization before its policies were written.
fn before(inventory: &Inventory) -> Inventory {
    let mut before = inventory.clone();
    for policy in &mut before.policies {
        policy.content = Some(EVERYTHING.to_owned());
    }
    before
}

#[test]
fn call_10_differences_are_those_of_calls() {
    let mut chance = Chance::new(1);
    let (mut certain, mut open, mut witnesses) = (0, 0, 0);
    for round in 0..60 {
        let Some(scenario) = CallScenario::generate(&mut chance) else { continue };
        let mut states = [before(&scenario.inventory), scenario.inventory.clone()]
            .map(|inventory| Organization::from_inventory(&inventory).unwrap());
        if round % 2 == 1 {
            states.reverse();
        }
        let [one, other] = &states;
        let views = CompiledViews::two(one.clone(), other.clone(), OPTIONS);
        let nodes: Vec<[NodeId; 2]> =
            one.accounts().filter_map(|node| Some([node, other.find_node(&one.node(node).target)?])).collect();
        let found = difference(&views, &nodes, &ComparisonOptions::default());
        let text = scenario.inventory.to_json();
        let account = nodes.iter().position(|[node, _]| one.node(*node).target.as_str() == scenario.question.account);
        let group = found.groups.iter().find(|group| group.accounts.contains(&account.unwrap())).unwrap();
        for region in &group.regions {
            let Some(witness) = region.witness.as_ref().filter(|_| region.transition() != Transition::Unknown) else {
                continue;
            };
            witnesses += 1;
            assert!(!witness.request.beyond_catalog && keeps_laws(views.view(View::BEFORE), &witness.request));
            for (organization, said) in [(one, witness.before), (other, witness.after)] {
                let decision = asked(organization, &witness.request);
                let same = decision == Decision::Unknown || decision.is_denied() == said.is_denied();
                assert!(same, "{decision}, not {said}: {:#?}\n{text}", witness.request);
            }
        }
        let of_action: Vec<&Arc<Region>> =
            group.regions.iter().filter(|region| found.concerns(&views, region, &scenario.question.action)).collect();
        let has = |wanted: Transition| of_action.iter().any(|region| region.transition() == wanted);
        let question = nothing_said(&scenario);
        for _ in 0..16 {
            let Some(call) = scenario.complete(&question, &mut chance) else { continue };
            let (first, second) = (whole(one, &call), whole(other, &call));
            let expected = match (first.is_passing(), second.is_passing()) {
                (true, false) if second.is_denied() => Transition::NewlyBlocked,
                (false, true) if first.is_denied() => Transition::NewlyPassing,
                _ => continue,
            };
            certain += usize::from(has(expected));
            open += usize::from(!has(expected));
            assert!(
                has(expected) || has(Transition::Unknown),
                "{first} became {second}: {call:#?}\n{:#?}\n{text}",
                group.regions
            );
        }
    }
    assert!(certain > 50 && certain > 4 * open, "{certain} certain, {open} open, {witnesses} witnesses");
}
