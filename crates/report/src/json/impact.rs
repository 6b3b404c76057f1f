//! `scproof-impact/2`: what a change does, in full. `docs/schemas/scproof-impact-2.json` is its JSON Schema.

use scproof_evaluator::{Decision, Explanation};
use scproof_organization::Organization;
use scproof_simulator::{
    AccountRef, ActionSet, ActionTerm, Beyond, Held, PredictedFailure, RegionReport, Step, Transient, Why, Witness,
};
use serde::Serialize;

use super::answer::Question;
use super::predicate::PredicateView;
use super::structure::StructureView;
use super::{AccountView, Document, MessageView, StatementView, UndecidedView, node_ids, statement_views};
use crate::command_line;
use crate::impact::{Gate, ImpactReport};

/// The version of the format.
pub const FORMAT: &str = "scproof-impact/2";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    summary: Summary,
    scope: ScopeView<'a>,
    /// The reasons for which the command fails.
    failed: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    structure: Option<StructureView<'a>>,
    steps: Vec<StepView<'a>>,
    warnings: Vec<MessageView<'a>>,
    groups: Vec<GroupView<'a>>,
    unchanged: Vec<AccountView<'a>>,
    transients: Vec<TransientView<'a>>,
    gaps: Vec<TransientView<'a>>,
    /// Entries of the file of expectations that allow nothing that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_expectations: Option<&'a [usize]>,
    management: Option<AccountView<'a>>,
    added: Vec<AccountView<'a>>,
    removed: Vec<AccountView<'a>>,
    uncut_services: &'a [String],
    /// Remarks on the snapshots that change no verdict.
    notes: Vec<String>,
}

/// How many accounts each transition concerns.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    /// Whether it is proved that no call of the accounts that were compared comes out differently.
    no_difference: bool,
    compared: usize,
    newly_blocked: usize,
    newly_passing: usize,
    unknown: usize,
    other_reason: usize,
    unchanged: usize,
}

/// What was looked at; everything where a list is empty.
#[derive(Serialize)]
struct ScopeView<'a> {
    accounts: &'a [String],
    ous: &'a [String],
    services: &'a [String],
    actions: &'a [String],
}

#[derive(Serialize)]
struct StepView<'a> {
    index: usize,
    operation: &'static str,
    description: &'a str,
    simulated: bool,
    failures: Vec<FailureView<'a>>,
    notices: Vec<MessageView<'a>>,
}

/// AWS's exception, and the message about it.
#[derive(Serialize)]
struct FailureView<'a> {
    exception: &'static str,
    reason: Option<&'static str>,
    unsure: bool,
    #[serde(flatten)]
    message: MessageView<'a>,
}

#[derive(Serialize)]
struct GroupView<'a> {
    accounts: Vec<AccountView<'a>>,
    differences: Vec<DifferenceView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DifferenceView<'a> {
    transition: &'static str,
    before: &'static str,
    after: &'static str,
    actions: ActionsView<'a>,
    when: PredicateView<'a>,
    when_text: String,
    when_is_complete: bool,
    why: Vec<WhyView<'a>>,
    witness: Option<WitnessView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<ExpectedView<'a>>,
}

#[derive(Serialize)]
pub(super) struct ActionsView<'a> {
    terms: Vec<TermView<'a>>,
    listed: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TermView<'a> {
    all_of: &'a [String],
    except: &'a [String],
}

/// An object with one member that says of what kind the reason is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum WhyView<'a> {
    Open(UndecidedView<'a>),
    Relation(&'a [String]),
    Limit { name: &'static str, value: usize },
    Stopped(bool),
    Unconfirmed(bool),
}

#[derive(Serialize)]
struct WitnessView<'a> {
    question: Question<'a>,
    command: String,
    before: CauseView<'a>,
    after: CauseView<'a>,
}

/// The answer to the witness on one side, with its causes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CauseView<'a> {
    decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    determining: Vec<StatementView<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    levels_without_allow: Vec<&'a str>,
}

/// What of a region was expected.
#[derive(Serialize)]
struct ExpectedView<'a> {
    allowed: bool,
    reasons: &'a [String],
    beyond: Vec<BeyondView<'a>>,
}

#[derive(Serialize)]
struct BeyondView<'a> {
    accounts: Vec<String>,
    action: Option<&'a str>,
}

#[derive(Serialize)]
struct TransientView<'a> {
    step: usize,
    accounts: Vec<AccountView<'a>>,
    actions: ActionsView<'a>,
    witness: WitnessView<'a>,
}

fn account(account: &AccountRef) -> AccountView<'_> {
    AccountView { id: &account.id, name: account.name.as_deref(), path: Some(account.path.clone()) }
}

fn accounts(accounts: &[AccountRef]) -> Vec<AccountView<'_>> {
    accounts.iter().map(account).collect()
}

impl<'a> From<&'a PredictedFailure> for FailureView<'a> {
    fn from(failure: &'a PredictedFailure) -> Self {
        Self {
            exception: failure.exception.name,
            reason: failure.exception.reason,
            unsure: failure.unsure,
            message: (&failure.message).into(),
        }
    }
}

impl<'a> From<&'a Step> for StepView<'a> {
    fn from(step: &'a Step) -> Self {
        Self {
            index: step.index,
            operation: step.operation,
            description: &step.description,
            simulated: step.is_simulated(),
            failures: step.failures.iter().map(FailureView::from).collect(),
            notices: step.notices.iter().map(MessageView::from).collect(),
        }
    }
}

impl<'a> From<&'a ActionSet> for ActionsView<'a> {
    fn from(actions: &'a ActionSet) -> Self {
        let term = |term: &'a ActionTerm| TermView { all_of: &term.all_of, except: &term.except };
        Self { terms: actions.terms.iter().map(term).collect(), listed: actions.listed }
    }
}

pub(super) fn why_view<'a>(organization: &'a Organization, why: &'a Why) -> WhyView<'a> {
    match why {
        Why::Open(undecided) => WhyView::Open(UndecidedView::of(organization, undecided)),
        Why::Relation(keys) => WhyView::Relation(keys),
        &Why::Limit(name, value) => WhyView::Limit { name, value },
        Why::Stopped => WhyView::Stopped(true),
        Why::Unconfirmed => WhyView::Unconfirmed(true),
    }
}

fn cause<'a>(
    organization: &'a Organization,
    decision: Decision,
    explanation: Option<&'a Explanation>,
) -> CauseView<'a> {
    CauseView {
        decision: decision.as_str(),
        reason: explanation.map(|explanation| explanation.reason.as_str()),
        determining: explanation
            .map_or_else(Vec::new, |explanation| statement_views(organization, &explanation.determining)),
        levels_without_allow: explanation
            .map_or_else(Vec::new, |explanation| node_ids(organization, &explanation.levels_without_allow)),
    }
}

fn witness_view<'a>(
    report: &'a ImpactReport<'_>,
    witness: &'a Witness,
    (before, after): (Option<&'a Explanation>, Option<&'a Explanation>),
) -> WitnessView<'a> {
    WitnessView {
        question: (&witness.request).into(),
        command: command_line::can(&report.program, &witness.request).join(" "),
        before: cause(report.before, witness.before, before),
        after: cause(report.after, witness.after, after),
    }
}

fn difference_view<'a>(
    report: &'a ImpactReport<'_>,
    found: &'a RegionReport,
    held: Option<&'a Held>,
) -> DifferenceView<'a> {
    let region = &found.region;
    let (when, when_text) = PredicateView::told(report.after, &region.when);
    let beyond = |beyond: &'a Beyond| BeyondView {
        accounts: beyond.accounts.iter().map(ToString::to_string).collect(),
        action: beyond.action.as_deref(),
    };
    DifferenceView {
        transition: region.transition().as_str(),
        before: region.before.as_str(),
        after: region.after.as_str(),
        actions: (&region.actions).into(),
        when,
        when_text,
        when_is_complete: region.when_is_complete,
        why: region.why.iter().map(|why| why_view(report.after, why)).collect(),
        witness: region
            .witness
            .as_ref()
            .map(|witness| witness_view(report, witness, (found.before.as_ref(), found.after.as_ref()))),
        expected: held.map(|held| ExpectedView {
            allowed: held.beyond.is_empty(),
            reasons: &held.reasons,
            beyond: held.beyond.iter().map(beyond).collect(),
        }),
    }
}

fn transient_view<'a>(report: &'a ImpactReport<'_>, transient: &'a Transient) -> TransientView<'a> {
    TransientView {
        step: transient.step,
        accounts: accounts(&transient.accounts),
        actions: (&transient.actions).into(),
        witness: witness_view(report, &transient.witness, (None, None)),
    }
}

/// The report in full; nothing is cut.
pub(crate) fn document<'a>(report: &'a ImpactReport<'a>) -> impl Serialize + use<'a> {
    let (impact, totals) = (report.impact, report.totals());
    let held = |group: usize, region: usize| {
        report.held.and_then(|held| held.groups.get(group)).and_then(|held| held.get(region))
    };
    let groups = impact.changed.iter().enumerate().map(|(number, group)| GroupView {
        accounts: accounts(&group.accounts),
        differences: group
            .regions
            .iter()
            .enumerate()
            .map(|(index, found)| difference_view(report, found, held(number, index)))
            .collect(),
    });
    let view = View {
        summary: Summary {
            no_difference: impact.is_none(),
            compared: totals.compared,
            newly_blocked: totals.newly_blocked,
            newly_passing: totals.newly_passing,
            unknown: totals.unknown,
            other_reason: totals.other_reason,
            unchanged: totals.unchanged,
        },
        scope: ScopeView {
            accounts: &report.scope.accounts,
            ous: &report.scope.ous,
            services: &report.scope.services,
            actions: &report.scope.actions,
        },
        failed: report.failed.iter().copied().map(Gate::as_str).collect(),
        structure: report.structure.map(StructureView::from),
        steps: report.steps.iter().map(StepView::from).collect(),
        warnings: report.warnings.iter().map(MessageView::from).collect(),
        groups: groups.collect(),
        unchanged: accounts(&impact.unchanged),
        transients: report.transients.iter().map(|transient| transient_view(report, transient)).collect(),
        gaps: report.gaps.iter().map(|gap| transient_view(report, gap)).collect(),
        idle_expectations: report.held.map(|held| &held.idle[..]),
        management: impact.management.as_ref().map(account),
        added: accounts(&impact.added),
        removed: accounts(&impact.removed),
        uncut_services: &impact.uncut_services,
        notes: report.notes(),
    };
    Document::of(FORMAT, &report.organizations(), view)
}
