//! Holds accounts against guardrails.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use scproof_evaluator::symbolic::{Atom, CompiledViews, ContextValue, LevelId, RequestResource, View};
use scproof_evaluator::{Context, Request};
use scproof_organization::{ChosenAccounts, NodeId, PolicyIndex};
use scproof_prover::{Aim, PassingKind as Kind, PassingRegion, PolicyProof};

use crate::AuditError;
use crate::model::{
    Guardrail, GuardrailAim, GuardrailGroup, GuardrailReport, GuardrailState, Passing, PassingKind, Witness,
};
use crate::options::AuditOptions;

/// The most guardrails of a batch, of those without resources and of those with. The guardrails of a batch are held one
/// after the other, and what is worked out for one serves the next; but every resource that one of them names makes the
/// work on all of them longer. Batches are the same for any number of threads, and so are results.
const BATCH: [usize; 2] = [16, 4];

/// The most statements and allow lists that are told of those aimed at a guardrail.
const MOST_AIMS: usize = 4;

/// A guardrail, the level of its Deny statements, and the accounts that it is about.
struct Rail<'a> {
    guardrail: &'a Arc<Guardrail>,
    level: LevelId,
    scope: ChosenAccounts,
    is_demanded: bool,
}

/// The guardrails of an audit.
pub(crate) struct Rails<'a> {
    list: Vec<Rail<'a>>,
    /// By statement number of which policy it is, and at which place.
    statements: FxHashMap<u32, (PolicyIndex, usize)>,
}

impl<'a> Rails<'a> {
    /// `levels`: those of the Deny statements of each guardrail.
    pub(crate) fn new(
        views: &CompiledViews,
        options: &'a AuditOptions,
        levels: &[LevelId],
    ) -> Result<Self, AuditError> {
        let organization = views.view(View::FIRST).organization();
        let rail = |(guardrail, level): (&'a Arc<Guardrail>, &LevelId)| {
            let scope = guardrail
                .scope
                .chosen(organization)
                .map_err(|error| AuditError::Scope { of: format!("the guardrail `{}`", guardrail.id), error })?;
            let is_demanded = options.demanded.contains(&guardrail.id);
            Ok(Rail { guardrail, level: *level, scope, is_demanded })
        };
        let list = options.guardrails.iter().zip(levels).map(rail).collect::<Result<_, AuditError>>()?;
        let mut statements = FxHashMap::default();
        for (policy, _) in organization.policies() {
            for (place, number) in views.policy_statements(View::FIRST, policy).enumerate() {
                statements.entry(number).or_insert((policy, place));
            }
        }
        Ok(Self { list, statements })
    }
}

/// How guardrails stand in all accounts; in their order.
pub(crate) fn hold_all(
    proof: &PolicyProof<'_>,
    views: &CompiledViews,
    accounts: &[NodeId],
    rails: &Rails<'_>,
) -> Vec<GuardrailReport> {
    let names_resources = |level: LevelId| {
        let atoms = views.level_statements(level).iter().flat_map(|statement| views.statement_atoms(*statement));
        atoms.into_iter().any(|atom| matches!(atom, Atom::Resource(_)))
    };
    let (with, without): (Vec<_>, Vec<_>) =
        rails.list.iter().enumerate().partition(|(_, rail)| names_resources(rail.level));
    let [size_without, size_with] = BATCH;
    let batches: Vec<_> = without.chunks(size_without).chain(with.chunks(size_with)).collect();
    let reports: Vec<Vec<(usize, GuardrailReport)>> = batches
        .into_par_iter()
        .map(|batch| {
            let hypothetical: Vec<LevelId> = batch.iter().map(|(_, rail)| rail.level).collect();
            let mut proof = proof.fork(&hypothetical);
            let mut report = |rail| {
                let aims = aims(&mut proof, rails, rail);
                hold(&mut proof, views, accounts, rail, aims)
            };
            batch.iter().map(|(place, rail)| (*place, report(rail))).collect()
        })
        .collect();
    let mut reports: Vec<(usize, GuardrailReport)> = reports.into_iter().flatten().collect();
    reports.sort_by_key(|(place, _)| *place);
    reports.into_iter().map(|(_, report)| report).collect()
}

fn aims(proof: &mut PolicyProof<'_>, rails: &Rails<'_>, rail: &Rail<'_>) -> Vec<GuardrailAim> {
    let aim = |aim| match aim {
        Aim::Statement(number) => {
            let (policy, statement) = *rails.statements.get(&number)?;
            Some(GuardrailAim::Statement { policy, statement })
        }
        Aim::AllowList(node) => Some(GuardrailAim::AllowList(node)),
    };
    proof.aimed_at(rail.level, MOST_AIMS).into_iter().filter_map(aim).collect()
}

/// How a guardrail stands in all accounts that it is about.
fn hold(
    proof: &mut PolicyProof<'_>,
    views: &CompiledViews,
    accounts: &[NodeId],
    rail: &Rail<'_>,
    aims: Vec<GuardrailAim>,
) -> GuardrailReport {
    let mut groups: Vec<GuardrailGroup> = Vec::new();
    let mut is_governed = vec![false; accounts.len()];
    let found = proof.passing(rail.level);
    // Where the work was ended, something may be aimed at it that was not found.
    let is_intended = rail.is_demanded || !aims.is_empty() || proof.is_stopped();
    for group in found {
        for account in &group.accounts {
            if let Some(slot) = is_governed.get_mut(*account) {
                *slot = true;
            }
        }
        let members = group.accounts.iter().filter_map(|place| accounts.get(*place)).copied();
        let members: Vec<NodeId> = members.filter(|account| rail.scope.has(*account)).collect();
        if members.is_empty() {
            continue;
        }
        let passing: Vec<Passing> =
            group.regions.iter().map(|region| passing(views, &members, region, rail.level)).collect();
        let mut state = state(&passing);
        if state == GuardrailState::Hole && !is_intended {
            state = GuardrailState::NotAdopted;
        }
        groups.push(GuardrailGroup {
            accounts: members,
            state,
            reason: None,
            passing,
            passing_is_complete: group.is_complete,
        });
    }
    let exempt = accounts.iter().zip(&is_governed).filter(|(_, governed)| !**governed).map(|(account, _)| *account);
    let exempt: Vec<NodeId> = exempt.filter(|account| rail.scope.has(*account)).collect();
    if !exempt.is_empty() {
        groups.push(GuardrailGroup {
            accounts: exempt,
            state: GuardrailState::NotApplicable,
            reason: None,
            passing: Vec::new(),
            passing_is_complete: true,
        });
    }
    sort_groups(&mut groups);
    GuardrailReport { guardrail: Arc::clone(rail.guardrail), is_demanded: rail.is_demanded, aims, groups }
}

/// The gravest state first, then by the first account.
pub(crate) fn sort_groups(groups: &mut [GuardrailGroup]) {
    groups.sort_by(|one, other| (one.state, one.accounts.first()).cmp(&(other.state, other.accounts.first())));
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

/// The request in the name of the first of some accounts: what is told once for many groups was found for one of them.
/// The account in a resource, or in a value, is one that a policy names, or that of the caller.
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
