//! A change set from beginning to end: what AWS would say, what changes for whom, what is odd about it.

use std::sync::Arc;

use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_evaluator::{CompiledOrganization, Context, Decision, Request, RequestError};
use scproof_organization::{ChangeSet, Organization};
use scproof_policy_parser::Quotas;
use scproof_prover::{ActionSet, Transition, Witness};
use scproof_text::Message;

use crate::difference::{StructuralDifference, structural_difference};
use crate::impact::{AccountRef, Impact, ImpactOptions, RegionReport, compare_views};
use crate::rehearsal::{Rehearsal, Step};
use crate::{brought, codes};

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

/// Calls that come out otherwise between two changes than before and after all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transient {
    /// The number of the step after which they do, from 0.
    pub step: usize,
    /// The accounts concerned.
    pub accounts: Vec<AccountRef>,
    /// The actions concerned.
    pub actions: ActionSet,
    /// One such call, as it comes out after the step.
    pub witness: Witness,
}

/// What a change set does.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// The organization after the last change.
    pub after: Arc<Organization>,
    /// The changes one by one, with the exceptions that AWS would raise.
    pub steps: Vec<Step>,
    /// What changes for whom, from before the first change to after the last.
    pub impact: Impact,
    /// What is blocked between two steps only.
    pub transients: Vec<Transient>,
    /// What passes between two steps only: a guardrail is missing for a while.
    pub gaps: Vec<Transient>,
    /// What is odd about the result as a whole, most serious first.
    pub warnings: Vec<Message>,
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

/// Makes the changes on a copy, and says everything about them: [`Rehearsed::new`], then [`Rehearsed::simulate`].
///
/// # Errors
///
/// If a protected principal is no principal of the organization's accounts.
pub fn simulate(
    organization: &Organization,
    changes: &ChangeSet,
    options: &SimulationOptions,
) -> Result<Simulation, RequestError> {
    Rehearsed::new(organization.clone(), changes, &options.quotas).simulate(options)
}

/// Changes that were made on a copy, with every state on the way: made once, to be looked at as often as one likes.
#[derive(Debug)]
pub struct Rehearsed {
    before: Arc<Organization>,
    steps: Vec<Step>,
    /// The states between two steps.
    between: Vec<Arc<Organization>>,
    after: Arc<Organization>,
}

impl Rehearsed {
    /// Makes the changes one after the other.
    pub fn new(organization: impl Into<Arc<Organization>>, changes: &ChangeSet, quotas: &Quotas) -> Self {
        let before: Arc<Organization> = organization.into();
        let mut rehearsal = Rehearsal::new(&before, changes, quotas.clone());
        let mut steps = Vec::new();
        let mut between: Vec<Arc<Organization>> = Vec::new();
        while let Some(step) = rehearsal.next() {
            if steps.len() + 1 < changes.changes().len() {
                between.push(Arc::new(rehearsal.draft().organization()));
            }
            steps.push(step);
        }
        let after = Arc::new(rehearsal.finish());
        Self { before, steps, between, after }
    }

    /// The organization before the first change.
    pub fn before(&self) -> &Arc<Organization> {
        &self.before
    }

    /// The organization after the last change.
    pub fn after(&self) -> &Arc<Organization> {
        &self.after
    }

    /// Says everything about the changes.
    ///
    /// # Errors
    ///
    /// If a protected principal is no principal of the organization's accounts.
    pub fn simulate(self, options: &SimulationOptions) -> Result<Simulation, RequestError> {
        let evaluation = options.impact.evaluation;
        let views = CompiledViews::two(Arc::clone(&self.before), Arc::clone(&self.after), evaluation);
        let impact = compare_views(&views, &options.impact)?;
        let OnTheWay { transients, gaps } = self.on_the_way(&options.impact)?;
        let mut warnings = protected(&views, &options.protected)?;
        warnings.extend(brought::faults(&self.before, &self.after));
        warnings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| (a.code, &a.item).cmp(&(b.code, &b.item))));
        let Self { steps, after, .. } = self;
        Ok(Simulation { after, steps, impact, transients, gaps, warnings })
    }

    /// What comes out the same before and after, but otherwise after some step. Named where a request shows it.
    fn on_the_way(&self, options: &ImpactOptions) -> Result<OnTheWay, RequestError> {
        // Where a step does not touch what decides, such as creating a policy, nothing can come out otherwise than
        // before it.
        let decides =
            |state: &&Arc<Organization>| !has_same_rules(&self.before, state) && !has_same_rules(state, &self.after);
        let states: Vec<(usize, &Arc<Organization>)> =
            self.between.iter().enumerate().filter(|(_, state)| decides(state)).collect();
        if states.is_empty() {
            return Ok(OnTheWay::default());
        }
        // Steps after which the rules are those after an earlier one look like it.
        let mut distinct: Vec<(&Arc<Organization>, Vec<usize>)> = Vec::new();
        for (step, state) in states {
            match distinct.last_mut() {
                Some((last, steps)) if has_same_rules(last, state) => steps.push(step),
                _ => distinct.push((state, vec![step])),
            }
        }
        let others = distinct.iter().map(|(state, _)| *state).chain([&self.after]).cloned().collect();
        let views = CompiledViews::all(Arc::clone(&self.before), others, options.evaluation);
        let all: Vec<View> = views.views().collect();
        let (Some((&first, rest)), mut found) = (all.split_first(), OnTheWay::default()) else {
            return Ok(OnTheWay::default());
        };
        let Some((&last, between)) = rest.split_last() else { return Ok(found) };
        for (&middle, (_, steps)) in between.iter().zip(distinct) {
            let of_state = on_the_way_at(&views, [first, middle, last], options)?;
            let each = |found: &mut Vec<Transient>, of_state: &[Transient]| {
                let all =
                    steps.iter().flat_map(|&step| of_state.iter().map(move |it| Transient { step, ..it.clone() }));
                found.extend(all);
            };
            each(&mut found.transients, &of_state.transients);
            each(&mut found.gaps, &of_state.gaps);
        }
        Ok(found)
    }
}

/// What comes out the same before and after all changes, but not in between.
#[derive(Debug, Default)]
struct OnTheWay {
    transients: Vec<Transient>,
    gaps: Vec<Transient>,
}

/// What comes out the same in the first and the last of three views, and otherwise in the one between.
fn on_the_way_at(views: &CompiledViews, states: [View; 3], options: &ImpactOptions) -> Result<OnTheWay, RequestError> {
    let [first, middle, last] = states;
    let there = compare_views(&views.pair(first, middle), options)?;
    let count = |transition| there.account_count(transition);
    if count(Transition::NewlyBlocked) + count(Transition::NewlyPassing) == 0 {
        return Ok(OnTheWay::default());
    }
    let back = compare_views(&views.pair(middle, last), options)?;
    // What a step blocks, and what later steps let pass again: both lists hold every transient block. A gap likewise.
    let blocked = there.with(Transition::NewlyBlocked).chain(back.with(Transition::NewlyPassing));
    let passing = there.with(Transition::NewlyPassing).chain(back.with(Transition::NewlyBlocked));
    Ok(OnTheWay {
        transients: shown(views, states, blocked, |there, between| there.is_passing() && between.is_denied())?,
        gaps: shown(views, states, passing, |there, between| there.is_denied() && between.is_passing())?,
    })
}

/// The regions whose call comes out as it should before, in between, and after.
fn shown<'i>(
    views: &CompiledViews,
    [first, middle, last]: [View; 3],
    candidates: impl Iterator<Item = (&'i [AccountRef], Vec<&'i RegionReport>)>,
    holds: impl Fn(Decision, Decision) -> bool,
) -> Result<Vec<Transient>, RequestError> {
    let mut found: Vec<Transient> = Vec::new();
    for (accounts, reports) in candidates {
        for report in reports {
            let Some(witness) = &report.region.witness else { continue };
            let ask = |view: View| views.view(view).ask(&witness.request);
            let (before, between, after) = (ask(first)?, ask(middle)?, ask(last)?);
            let actions = report.region.actions.clone();
            let known =
                found.iter().any(|other| other.actions == actions && other.accounts.first() == accounts.first());
            if holds(before, between) && holds(after, between) && !known {
                let witness = Witness { request: witness.request.clone(), before, after: between };
                found.push(Transient { step: 0, accounts: accounts.to_vec(), actions, witness });
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
fn protected(views: &CompiledViews, principals: &[String]) -> Result<Vec<Message>, RequestError> {
    let (former, latter) = (views.view(View::BEFORE), views.view(View::AFTER));
    let mut notices = Vec::new();
    for principal in principals {
        let account = principal.split(':').nth(4).unwrap_or_default();
        let ask = |compiled: &CompiledOrganization, action: &str| {
            compiled.ask(&Request::new(account, action).with_principal(principal).with_context(Context::new()))
        };
        let mut lost = Vec::new();
        let mut open = Vec::new();
        let mut exempt = false;
        for action in UNDOING {
            let (was, is) = (ask(former, action)?, ask(latter, action)?);
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
                codes::PROTECTED_BLOCKED
                    .about(principal, message)
                    .help("exempt it in the statement, or make the change from the management account"),
            );
        }
        if !open.is_empty() {
            let message = format!("whether `{principal}` can still undo the change depends on more: {}", names(&open));
            notices.push(
                codes::PROTECTED_OPEN
                    .about(principal, message)
                    .help(format!("ask `scproof can` with `--principal {principal}` for what it depends on")),
            );
        }
        if exempt {
            let message = format!("`{principal}` is not governed by SCPs: no change of them can stop it");
            notices.push(codes::PROTECTED_EXEMPT.about(principal, message));
        }
    }
    Ok(notices)
}
