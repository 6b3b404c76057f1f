//! A change set from beginning to end: what AWS would say, what changes for whom, what is odd about it.

use std::sync::Arc;

use scproof_evaluator::{CompiledOrganization, Context, Decision, Request, RequestError};
use scproof_organization::{ChangeSet, Organization};
use scproof_policy_parser::{Quotas, Severity};
use scproof_prover::{ActionSet, Transition, Witness};

use crate::difference::{StructuralDifference, structural_difference};
use crate::guard::unsatisfiable_guards;
use crate::impact::{AccountRef, Impact, ImpactOptions, impact_with};
use crate::notice::Notice;
use crate::rehearsal::{Rehearsal, Step};

/// How to simulate.
#[derive(Debug, Clone, Default)]
pub struct SimulationOptions {
    /// How to compare before and after.
    pub impact: ImpactOptions,
    /// The quotas that changes are held against.
    pub quotas: Quotas,
    /// Principals that must keep the power to undo the change, by ARN.
    pub protected: Vec<String>,
}

/// Calls that pass before and after all changes, but not in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transient {
    /// The number of the step after which they are blocked, from 0.
    pub step: usize,
    /// The accounts concerned.
    pub accounts: Vec<AccountRef>,
    /// The actions concerned.
    pub actions: ActionSet,
    /// One such call, as it comes out after the step.
    pub witness: Witness,
}

/// What a change set does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    /// The changes one by one, with the exceptions that AWS would raise.
    pub steps: Vec<Step>,
    /// What changes for whom, from before the first change to after the last.
    pub impact: Impact,
    /// What is blocked between two steps only.
    pub transients: Vec<Transient>,
    /// What is odd about the result as a whole, most serious first.
    pub warnings: Vec<Notice>,
}

/// What it takes to undo a change of SCPs.
const UNDOING: [&str; 7] = [
    "organizations:AttachPolicy",
    "organizations:DetachPolicy",
    "organizations:UpdatePolicy",
    "organizations:CreatePolicy",
    "organizations:DeletePolicy",
    "organizations:DescribePolicy",
    "organizations:ListPolicies",
];

/// Makes the changes on a copy, and says everything about them.
///
/// # Errors
///
/// If a protected principal is no principal of the organization's accounts.
pub fn simulate(
    organization: &Organization,
    changes: &ChangeSet,
    options: &SimulationOptions,
) -> Result<Simulation, RequestError> {
    let before = Arc::new(organization.clone());
    let mut rehearsal = Rehearsal::new(organization, changes, options.quotas.clone());
    let mut steps = Vec::new();
    let mut between: Vec<Arc<Organization>> = Vec::new();
    let last = changes.changes().len().saturating_sub(1);
    for index in 0..changes.changes().len() {
        steps.extend(rehearsal.next());
        if index < last {
            between.push(Arc::new(rehearsal.draft().organization()));
        }
    }
    let after = Arc::new(rehearsal.finish());
    let impact = impact_with(Arc::clone(&before), Arc::clone(&after), &options.impact)?;
    let transients = transients(&before, &between, &after, &options.impact)?;
    let mut warnings = protected(&before, &after, options)?;
    warnings.extend(unsatisfiable_guards(&before, &after));
    warnings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| (a.code, &a.item).cmp(&(b.code, &b.item))));
    Ok(Simulation { steps, impact, transients, warnings })
}

/// What passes before and after, but is blocked after some step. Named where a request shows it.
fn transients(
    before: &Arc<Organization>,
    between: &[Arc<Organization>],
    after: &Arc<Organization>,
    options: &ImpactOptions,
) -> Result<Vec<Transient>, RequestError> {
    if between.is_empty() {
        return Ok(Vec::new());
    }
    let (first, last) = (
        CompiledOrganization::compile(Arc::clone(before), options.evaluation),
        CompiledOrganization::compile(Arc::clone(after), options.evaluation),
    );
    let mut found: Vec<Transient> = Vec::new();
    let mut compared: Option<(usize, &Arc<Organization>)> = None;
    for (step, state) in between.iter().enumerate() {
        // Where a step does not touch what decides, such as creating a policy, nothing can be blocked that was not before it.
        if has_same_rules(before, state) || has_same_rules(state, after) {
            continue;
        }
        if let Some((earlier, _)) = compared.filter(|(_, other)| has_same_rules(other, state)) {
            let again: Vec<Transient> = found.iter().filter(|transient| transient.step == earlier).cloned().collect();
            found.extend(again.into_iter().map(|transient| Transient { step, ..transient }));
            continue;
        }
        compared = Some((step, state));
        // What a step blocks, and what later steps let pass again: both lists hold every transient block.
        let blocked = impact_with(Arc::clone(before), Arc::clone(state), options)?;
        if blocked.account_count(Transition::NewlyBlocked) == 0 {
            continue;
        }
        let released = impact_with(Arc::clone(state), Arc::clone(after), options)?;
        let middle = CompiledOrganization::compile(Arc::clone(state), options.evaluation);
        let candidates = blocked.with(Transition::NewlyBlocked).chain(released.with(Transition::NewlyPassing));
        for (accounts, reports) in candidates {
            for report in reports {
                let Some(witness) = &report.region.witness else { continue };
                let former = first.ask(&witness.request)?;
                let passes = former.is_passing() && last.ask(&witness.request)?.is_passing();
                let actions = report.region.actions.clone();
                let known = found.iter().any(|other| {
                    other.step == step && other.actions == actions && other.accounts.first() == accounts.first()
                });
                if passes && !known {
                    let blocked = middle.ask(&witness.request)?;
                    found.push(Transient {
                        step,
                        accounts: accounts.to_vec(),
                        actions,
                        witness: Witness { request: witness.request.clone(), before: former, after: blocked },
                    });
                }
            }
        }
    }
    Ok(found)
}

/// Whether two states are the same in everything that a verdict rests on.
fn has_same_rules(one: &Organization, other: &Organization) -> bool {
    let difference = structural_difference(one, other);
    let texts = difference.policies_changed.iter().any(|policy| policy.content.is_some());
    let readable = difference.targets_changed.iter().any(|target| target.readable.is_some());
    let irrelevant = StructuralDifference {
        targets_changed: difference.targets_changed.clone(),
        policies_added: difference.policies_added.clone(),
        policies_removed: difference.policies_removed.clone(),
        policies_changed: difference.policies_changed.clone(),
        ..StructuralDifference::default()
    };
    !texts && !readable && difference == irrelevant
}

/// Whether protected principals can still undo the change.
fn protected(
    before: &Arc<Organization>,
    after: &Arc<Organization>,
    options: &SimulationOptions,
) -> Result<Vec<Notice>, RequestError> {
    if options.protected.is_empty() {
        return Ok(Vec::new());
    }
    let evaluation = options.impact.evaluation;
    let (former, latter) = (
        CompiledOrganization::compile(Arc::clone(before), evaluation),
        CompiledOrganization::compile(Arc::clone(after), evaluation),
    );
    let mut notices = Vec::new();
    for principal in &options.protected {
        let account = principal.split(':').nth(4).unwrap_or_default();
        let ask = |compiled: &CompiledOrganization, action: &str| {
            compiled.ask(&Request::new(account, action).with_principal(principal).with_context(Context::new()))
        };
        let mut lost = Vec::new();
        let mut open = Vec::new();
        let mut exempt = false;
        for action in UNDOING {
            let (was, is) = (ask(&former, action)?, ask(&latter, action)?);
            exempt |= is == Decision::NotApplicable;
            if is.is_denied() && !was.is_denied() {
                lost.push(action);
            } else if is == Decision::Unknown && was.is_passing() {
                open.push(action);
            }
        }
        let names =
            |actions: &[&str]| actions.iter().map(|action| format!("`{action}`")).collect::<Vec<_>>().join(", ");
        if !lost.is_empty() {
            let message = format!("`{principal}` can no longer undo the change: it loses {}", names(&lost));
            notices.push(
                Notice::new("protected-principal-blocked", "EVAL-4", Severity::Error, principal.clone(), message)
                    .help("exempt it in the statement, or make the change from the management account"),
            );
        }
        if !open.is_empty() {
            let message = format!("whether `{principal}` can still undo the change depends on more: {}", names(&open));
            notices.push(
                Notice::new("protected-principal-open", "K3-17", Severity::Warning, principal.clone(), message)
                    .help(format!("ask `scproof can` with `--principal {principal}` for what it depends on")),
            );
        }
        if exempt {
            let message = format!("`{principal}` is not governed by SCPs: no change of them can stop it");
            notices.push(Notice::new(
                "protected-principal-exempt",
                "EXM-4",
                Severity::Note,
                principal.clone(),
                message,
            ));
        }
    }
    Ok(notices)
}
