//! What the root user can do, and whoever acts as it in a central root session: told apart from everybody else and from
//! each other, since policies mostly mean one of them.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use scproof_evaluator::symbolic::{Applicability, CompiledViews, ContextValue, View};
use scproof_evaluator::{Access, Context, Request, RequestError};
use scproof_organization::{NodeId, PolicyIndex};
use scproof_prover::{PolicyProof, SameAccess};

use crate::model::{RootAccess, RootCaller, RootCallerGroup, RootCallerKind};

/// Of more different paths nobody is told who blocks everything.
const MOST_PATHS: usize = 64;

/// An action that no policy and no catalog names: what blocks it for the root user blocks everything.
const ANYTHING: &str = "another-service:another-action";

/// How SCPs treat both in all accounts.
pub(crate) fn root_callers(
    proof: &mut PolicyProof<'_>,
    views: &CompiledViews,
    accounts: &[NodeId],
) -> Result<Vec<RootCaller>, RequestError> {
    let paths: BTreeSet<Option<u32>> =
        accounts.iter().map(|account| views.path_number(View::FIRST, *account)).collect();
    let is_told = paths.len() <= MOST_PATHS;
    let partition = views.view(View::FIRST).organization().partition().unwrap_or("aws");
    let mut caller = |kind: RootCallerKind| -> Result<RootCaller, RequestError> {
        let request = request(kind, partition);
        let mut known: FxHashMap<Option<u32>, Vec<PolicyIndex>> = FxHashMap::default();
        let mut groups: BTreeMap<(RootAccess, Vec<PolicyIndex>), Vec<NodeId>> = BTreeMap::new();
        for same in proof.by_access_of(Some(&request))? {
            let access = access(proof, views, &same);
            for account in same.accounts.iter().filter_map(|place| accounts.get(*place)).copied() {
                let policies = if access == RootAccess::EverythingBlocked && is_told {
                    let path = views.path_number(View::FIRST, account);
                    known.entry(path).or_insert_with(|| blockers(views, account, &request)).clone()
                } else {
                    Vec::new()
                };
                groups.entry((access, policies)).or_default().push(account);
            }
        }
        let groups = groups.into_iter().map(|((access, policies), mut accounts)| {
            accounts.sort_unstable();
            RootCallerGroup { access, policies, accounts }
        });
        Ok(RootCaller { kind, groups: groups.collect() })
    };
    RootCallerKind::ALL.into_iter().map(&mut caller).collect()
}

/// A call of the caller in whichever account.
fn request(kind: RootCallerKind, partition: &str) -> Request {
    let mut context = Context::new();
    let value = match kind {
        RootCallerKind::RootUser => ContextValue::Absent,
        RootCallerKind::RootSession => ContextValue::Single("true".to_owned()),
    };
    context.insert("aws:AssumedRoot", value);
    let principal = format!("arn:{partition}:iam::*:root");
    Request::new("", ANYTHING).beyond_catalog().with_principal(principal).with_context(context)
}

/// What SCPs do with all actions that they can stop.
fn access(proof: &PolicyProof<'_>, views: &CompiledViews, same: &SameAccess) -> RootAccess {
    if same.not_applicable.is_some() {
        return RootAccess::NotApplicable;
    }
    let (mut all, mut none) = (true, true);
    for (class, found) in proof.action_classes().iter().zip(same.by_class.iter()) {
        if views.applicability_to(Applicability::Decides, class.traits) == Some(Applicability::Decides) {
            all &= found.access == Access::AlwaysBlocked;
            none &= found.access == Access::NeverBlocked;
        }
    }
    match (all, none) {
        (true, _) => RootAccess::EverythingBlocked,
        (false, true) => RootAccess::NothingBlocked,
        (false, false) => RootAccess::SomeBlocked,
    }
}

/// The policies that block a call that nothing names; none if it is for lack of an Allow.
fn blockers(views: &CompiledViews, account: NodeId, request: &Request) -> Vec<PolicyIndex> {
    let compiled = views.view(View::FIRST);
    let organization = compiled.organization();
    let own = request.in_account(organization, organization.node(account).target.as_str());
    let found = own.and_then(|own| compiled.answer(&own)).map(|answer| answer.determining).unwrap_or_default();
    let policies: BTreeSet<PolicyIndex> = found.iter().map(|statement| statement.policy).collect();
    policies.into_iter().collect()
}
