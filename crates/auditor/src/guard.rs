//! Holds accounts against guardrails.

use std::sync::Arc;

use rayon::prelude::*;
use scproof_evaluator::symbolic::{Atom, CompiledViews, ContextValue, LevelId, RequestResource, View};
use scproof_evaluator::{Context, Request};
use scproof_organization::NodeId;
use scproof_prover::{PassingKind as Kind, PassingRegion, PolicyProof};

use crate::model::{Guardrail, GuardrailGroup, GuardrailReport, GuardrailState, Passing, PassingKind, Witness};

/// The most guardrails of a batch, of those without resources and of those with. The guardrails of a batch are held one after the other, and what
/// is worked out for one serves the next; but every resource that one of them names makes the work on all of them longer. Batches are the
/// same for any number of threads, and so are results.
const BATCH: [usize; 2] = [16, 4];

/// How guardrails, whose Deny statements are a level of their own each, stand in all accounts; in the order of the guardrails.
pub(crate) fn hold_all(
    proof: &PolicyProof<'_>,
    views: &CompiledViews,
    accounts: &[NodeId],
    guardrails: &[Arc<Guardrail>],
    levels: &[LevelId],
) -> Vec<GuardrailReport> {
    let names_resources = |level: LevelId| {
        let atoms = views.level_statements(level).iter().flat_map(|statement| views.statement_atoms(*statement));
        atoms.into_iter().any(|atom| matches!(atom, Atom::Resource(_)))
    };
    let all = guardrails.iter().zip(levels.iter().copied()).enumerate();
    let (with, without): (Vec<_>, Vec<_>) = all.partition(|(_, (_, level))| names_resources(*level));
    let [size_without, size_with] = BATCH;
    let batches: Vec<_> = without.chunks(size_without).chain(with.chunks(size_with)).collect();
    let reports: Vec<Vec<(usize, GuardrailReport)>> = batches
        .into_par_iter()
        .map(|batch| {
            let hypothetical: Vec<LevelId> = batch.iter().map(|(_, (_, level))| *level).collect();
            let mut proof = proof.fork(&hypothetical);
            batch
                .iter()
                .map(|(place, (guardrail, level))| (*place, hold(&mut proof, views, accounts, guardrail, *level)))
                .collect()
        })
        .collect();
    let mut reports: Vec<(usize, GuardrailReport)> = reports.into_iter().flatten().collect();
    reports.sort_by_key(|(place, _)| *place);
    reports.into_iter().map(|(_, report)| report).collect()
}

/// How a guardrail, whose Deny statements are a level of their own, stands in all accounts.
fn hold(
    proof: &mut PolicyProof<'_>,
    views: &CompiledViews,
    accounts: &[NodeId],
    guardrail: &Arc<Guardrail>,
    level: LevelId,
) -> GuardrailReport {
    let mut groups: Vec<GuardrailGroup> = Vec::new();
    let mut is_governed = vec![false; accounts.len()];
    for group in proof.passing(level) {
        for account in &group.accounts {
            if let Some(slot) = is_governed.get_mut(*account) {
                *slot = true;
            }
        }
        let members: Vec<NodeId> = group.accounts.iter().filter_map(|place| accounts.get(*place)).copied().collect();
        let passing: Vec<Passing> =
            group.regions.iter().map(|region| passing(views, &members, region, level)).collect();
        groups.push(GuardrailGroup {
            accounts: members,
            state: state(&passing),
            passing,
            passing_is_complete: group.is_complete,
        });
    }
    let exempt: Vec<NodeId> =
        accounts.iter().zip(&is_governed).filter(|(_, governed)| !**governed).map(|(account, _)| *account).collect();
    if !exempt.is_empty() {
        groups.push(GuardrailGroup {
            accounts: exempt,
            state: GuardrailState::NotApplicable,
            passing: Vec::new(),
            passing_is_complete: true,
        });
    }
    groups.sort_by(|one, other| (one.state, one.accounts.first()).cmp(&(other.state, other.accounts.first())));
    GuardrailReport { guardrail: Arc::clone(guardrail), groups }
}

fn state(passing: &[Passing]) -> GuardrailState {
    let has = |kind: PassingKind| passing.iter().any(|passing| passing.kind == kind);
    if has(PassingKind::Hole) {
        GuardrailState::Hole
    } else if has(PassingKind::Open) {
        GuardrailState::Unknown
    } else if has(PassingKind::Exemption) {
        GuardrailState::HoldsExcept
    } else {
        GuardrailState::Holds
    }
}

fn passing(views: &CompiledViews, accounts: &[NodeId], found: &PassingRegion, level: LevelId) -> Passing {
    let region = &found.region;
    let witness = region.witness.as_ref().map(|witness| {
        let own = Witness { request: witness.request.clone(), decision: witness.before };
        let as_found = |request: &Request| {
            let before = views.view(View::FIRST).ask(request);
            let after = views.ask_with(View::FIRST, request, level);
            before == Ok(witness.before) && after == Ok(witness.after)
        };
        let found = in_name_of(views, accounts, &witness.request).into_iter().flatten().find(as_found);
        found.map_or(own, |request| Witness { request, decision: witness.before })
    });
    Passing {
        kind: match found.kind {
            Kind::Hole => PassingKind::Hole,
            Kind::Open => PassingKind::Open,
            // Who passes, if anybody, is exempt: that is what counts.
            Kind::Exemption | Kind::OpenExemption => PassingKind::Exemption,
        },
        actions: region.actions.clone(),
        when: Arc::clone(&region.when),
        when_is_complete: region.when_is_complete,
        witness,
        why: region.why.clone(),
    }
}

/// The request in the name of the first of some accounts: what is told once for many groups was found for one of them. The account in a
/// resource, or in a value, is one that a policy names, or that of the caller.
fn in_name_of(views: &CompiledViews, accounts: &[NodeId], request: &Request) -> Option<[Request; 2]> {
    let organization = views.view(View::FIRST).organization();
    let id = organization.node(*accounts.first()?).target.as_str();
    if request.account == id {
        return None;
    }
    let mut own = request.clone();
    let parts = |text: &str| -> String {
        text.split(':').map(|part| if part == request.account { id } else { part }).collect::<Vec<_>>().join(":")
    };
    own.principal = request.principal.as_deref().map(parts);
    id.clone_into(&mut own.account);
    let mut renamed = own.clone();
    for input in &mut renamed.resources {
        if let RequestResource::Arn(arn) = &mut input.resource {
            *arn = arn.replace(&request.account, id);
        }
    }
    let mut context = Context::new();
    for (key, value) in request.context.iter() {
        let rename = |text: &String| text.replace(&request.account, id);
        let value = match value {
            ContextValue::Single(text) => ContextValue::Single(rename(text)),
            ContextValue::List(texts) => ContextValue::List(texts.iter().map(rename).collect()),
            ContextValue::Absent => ContextValue::Absent,
        };
        context.insert(key.to_owned(), value);
    }
    renamed.context = context;
    Some([own, renamed])
}
