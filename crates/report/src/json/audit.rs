//! `scproof-audit/2`: an audit in full. `docs/schemas/scproof-audit-2.json` is its JSON Schema.
//!
//! Accounts are described once, in `accounts`; everywhere else they are ids, since an audit may name ten thousand of them many times.

use scproof_auditor::{
    AccessChange, AccessCounts, ClassDifference, Evidence, Finding, GuardrailGroup, GuardrailReport, GuardrailState,
    Passing, PermissionClass, Place, Suppressed, Suppression, Witness,
};
use scproof_catalog::Catalog;
use scproof_evaluator::Reason;
use scproof_organization::{AccountState, NodeId};
use serde::Serialize;

use super::Document;
use super::answer::Question;
use super::effective::{GroupView, group_views};
use super::impact::{ActionsView, WhyView, why_view};
use super::predicate::PredicateView;
use crate::audit::{AuditGate, AuditReport, state_counts, worst_state};
use crate::command_line;
use crate::words::Words;

/// The version of the format.
pub const FORMAT: &str = "scproof-audit/2";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    /// The snapshot file as it was named.
    snapshot: &'a str,
    organization_id: &'a str,
    summary: Summary,
    scope: ScopeView<'a>,
    /// The reasons for which the command fails.
    failed: Vec<&'static str>,
    accounts: Vec<AccountView<'a>>,
    classes: Vec<ClassView<'a>>,
    guardrails: Vec<GuardrailView<'a>>,
    findings: Vec<FindingView<'a>>,
    suppressed: Vec<SuppressedView<'a>>,
    unused_suppressions: Vec<SuppressionView<'a>>,
    /// Remarks on the snapshot that change no verdict.
    notes: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    accounts: usize,
    classes: usize,
    /// How many guardrails have which worst state.
    guardrails: StateCounts,
    findings: RiskCounts,
    suppressed: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StateCounts {
    hole: usize,
    unknown: usize,
    holds_except: usize,
    holds: usize,
    not_applicable: usize,
}

impl From<[usize; 5]> for StateCounts {
    /// In the order of [`GuardrailState::ALL`].
    fn from([hole, unknown, holds_except, holds, not_applicable]: [usize; 5]) -> Self {
        Self { hole, unknown, holds_except, holds, not_applicable }
    }
}

#[derive(Serialize)]
struct RiskCounts {
    high: usize,
    medium: usize,
    low: usize,
    info: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScopeView<'a> {
    all_accounts: bool,
    all_actions: bool,
    principal: Option<&'a str>,
    actions: usize,
    services: Vec<&'static str>,
    unlisted_actions: &'a [String],
}

#[derive(Serialize)]
struct AccountView<'a> {
    id: &'a str,
    name: Option<&'a str>,
    path: String,
    state: Option<&'a str>,
    class: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CountsView {
    never_blocked: usize,
    conditional: usize,
    always_blocked: usize,
}

impl From<AccessCounts> for CountsView {
    fn from(counts: AccessCounts) -> Self {
        Self {
            never_blocked: counts.never_blocked,
            conditional: counts.conditional,
            always_blocked: counts.always_blocked,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClassView<'a> {
    name: &'a str,
    accounts: Vec<&'a str>,
    not_applicable: Option<&'static str>,
    counts: CountsView,
    services: Vec<ServiceView>,
    differs: Option<DifferenceView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupView<'a>>>,
}

#[derive(Serialize)]
struct ServiceView {
    service: &'static str,
    #[serde(flatten)]
    counts: CountsView,
}

#[derive(Serialize)]
struct DifferenceView<'a> {
    from: &'a str,
    changes: Vec<ChangeView<'a>>,
}

#[derive(Serialize)]
struct ChangeView<'a> {
    other: &'static str,
    own: &'static str,
    actions: ActionsView<'a>,
}

#[derive(Serialize)]
struct GuardrailView<'a> {
    id: &'a str,
    title: &'a str,
    why: &'a str,
    category: &'a str,
    risk: &'static str,
    sources: &'a [String],
    document: String,
    /// The gravest state of an account; none if there is no account.
    state: Option<&'static str>,
    accounts: StateCounts,
    groups: Vec<GuardrailGroupView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GuardrailGroupView<'a> {
    state: &'static str,
    accounts: Vec<&'a str>,
    passing: Vec<PassingView<'a>>,
    passing_is_complete: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PassingView<'a> {
    kind: &'static str,
    actions: ActionsView<'a>,
    when: PredicateView<'a>,
    when_text: String,
    when_is_complete: bool,
    why: Vec<WhyView<'a>>,
    witness: Option<WitnessView<'a>>,
}

#[derive(Serialize)]
struct WitnessView<'a> {
    question: Question<'a>,
    command: String,
    decision: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FindingView<'a> {
    code: &'static str,
    fingerprint: &'a str,
    risk: &'static str,
    message: &'a str,
    reason: &'a str,
    remedy: &'a str,
    rule: Option<&'static str>,
    place: PlaceView<'a>,
    accounts: Vec<&'a str>,
    evidence: EvidenceView<'a>,
    depends_on_catalog: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceView<'a> {
    policy_id: Option<&'a str>,
    policy_name: Option<&'a str>,
    statement: Option<usize>,
    sid: Option<&'a str>,
    path: Option<&'a str>,
    /// Bytes of the policy text, the end not included.
    span: Option<SpanView>,
    line: Option<usize>,
    column: Option<usize>,
    target_ids: Vec<&'a str>,
}

#[derive(Serialize)]
struct SpanView {
    start: usize,
    end: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EvidenceView<'a> {
    kind: &'static str,
    words: Option<&'a str>,
    /// Of calls that show it on a condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<PredicateView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    when_text: Option<String>,
    witnesses: Vec<WitnessView<'a>>,
}

#[derive(Serialize)]
struct SuppressedView<'a> {
    reason: &'a str,
    finding: FindingView<'a>,
}

#[derive(Serialize)]
struct SuppressionView<'a> {
    finding: &'a str,
    reason: &'a str,
    until: Option<&'a str>,
}

fn ids<'a>(report: &'a AuditReport<'_>, nodes: &[NodeId]) -> Vec<&'a str> {
    nodes.iter().map(|&id| report.organization().node(id).target.as_str()).collect()
}

fn account_views<'a>(report: &'a AuditReport<'_>) -> Vec<AccountView<'a>> {
    let organization = report.organization();
    let classes = report.class_of_nodes();
    let class_name = |id: NodeId| {
        let number = classes.get(id.index()).copied().flatten()?;
        report.audit.classes.get(number).map(|class| class.name.as_str())
    };
    let view = |&id: &NodeId| {
        let node = organization.node(id);
        AccountView {
            id: node.target.as_str(),
            name: node.name.as_deref(),
            path: organization.ou_path(id),
            state: node.account.as_ref().and_then(|account| account.state.as_ref()).map(AccountState::as_str),
            class: class_name(id),
        }
    };
    report.audit.scope.accounts.iter().map(view).collect()
}

fn class_view<'a>(report: &'a AuditReport<'_>, class: &'a PermissionClass) -> ClassView<'a> {
    let catalog = Catalog::embedded();
    let services = report.audit.scope.services.iter().zip(&class.services);
    let change = |change: &'a AccessChange| ChangeView {
        other: change.other.as_str(),
        own: change.own.as_str(),
        actions: (&change.actions).into(),
    };
    let difference = |difference: &'a ClassDifference| {
        let from = report.audit.classes.get(difference.from)?.name.as_str();
        Some(DifferenceView { from, changes: difference.changes.iter().map(change).collect() })
    };
    ClassView {
        name: &class.name,
        accounts: ids(report, &class.accounts),
        not_applicable: class.not_applicable.map(Reason::as_str),
        counts: class.counts.into(),
        services: services
            .map(|(&service, &counts)| ServiceView { service: catalog.service_prefix(service), counts: counts.into() })
            .collect(),
        differs: class.differs.as_ref().and_then(difference),
        groups: class.groups.as_ref().map(|groups| group_views(report.organization(), groups)),
    }
}

fn witness_view<'a>(report: &AuditReport<'_>, witness: &'a Witness) -> WitnessView<'a> {
    WitnessView {
        question: (&witness.request).into(),
        command: command_line::can(&report.program, &witness.request).join(" "),
        decision: witness.decision.as_str(),
    }
}

fn guardrail_view<'a>(report: &'a AuditReport<'_>, found: &'a GuardrailReport) -> GuardrailView<'a> {
    let guardrail = &found.guardrail;
    let passing = |passing: &'a Passing| {
        let (when, when_text) = PredicateView::told(report.organization(), &passing.when);
        PassingView {
            kind: passing.kind.as_str(),
            actions: (&passing.actions).into(),
            when,
            when_text,
            when_is_complete: passing.when_is_complete,
            why: passing.why.iter().map(|why| why_view(report.organization(), why)).collect(),
            witness: passing.witness.as_ref().map(|witness| witness_view(report, witness)),
        }
    };
    let group = |group: &'a GuardrailGroup| GuardrailGroupView {
        state: group.state.as_str(),
        accounts: ids(report, &group.accounts),
        passing: group.passing.iter().map(passing).collect(),
        passing_is_complete: group.passing_is_complete,
    };
    GuardrailView {
        id: &guardrail.id,
        title: &guardrail.title,
        why: &guardrail.why,
        category: &guardrail.category,
        risk: guardrail.risk.as_str(),
        sources: &guardrail.sources,
        document: guardrail.json(),
        state: worst_state(found).map(GuardrailState::as_str),
        accounts: state_counts(found).into(),
        groups: found.groups.iter().map(group).collect(),
    }
}

fn place_view<'a>(report: &'a AuditReport<'_>, place: &'a Place) -> PlaceView<'a> {
    let policy = place.policy.map(|policy| report.organization().policy(policy));
    let position = report.position(place);
    PlaceView {
        policy_id: policy.map(|policy| policy.id.as_str()),
        policy_name: policy.and_then(|policy| policy.name.as_deref()),
        statement: place.statement,
        sid: place.sid.as_deref(),
        path: place.path.as_deref(),
        span: place.span.as_ref().map(|span| SpanView { start: span.start, end: span.end }),
        line: position.map(|(line, _)| line),
        column: position.map(|(_, column)| column),
        target_ids: ids(report, &place.targets),
    }
}

fn finding_view<'a>(report: &'a AuditReport<'_>, finding: &'a Finding) -> FindingView<'a> {
    let organization = report.organization();
    let (kind, words, when) = match &finding.evidence {
        Evidence::Snapshot => ("snapshot", None, None),
        Evidence::Proof(words) => ("proof", Some(words.as_str()), None),
        Evidence::Witness(words, _) => ("witness", Some(words.as_str()), None),
        Evidence::Condition(words, when, _) => ("witness", Some(words.as_str()), Some(when)),
    };
    FindingView {
        code: finding.code,
        fingerprint: &finding.fingerprint,
        risk: finding.risk.as_str(),
        message: &finding.message,
        reason: &finding.reason,
        remedy: &finding.remedy,
        rule: finding.rule,
        place: place_view(report, &finding.place),
        accounts: ids(report, &finding.accounts),
        evidence: EvidenceView {
            kind,
            words,
            when: when.map(|when| PredicateView::of(organization, when)),
            when_text: when.map(|when| Words::full(organization).sentence(when)),
            witnesses: finding.evidence.witnesses().iter().map(|witness| witness_view(report, witness)).collect(),
        },
        depends_on_catalog: finding.depends_on_catalog,
    }
}

fn suppressed_view<'a>(report: &'a AuditReport<'_>, suppressed: &'a Suppressed) -> SuppressedView<'a> {
    SuppressedView { reason: &suppressed.reason, finding: finding_view(report, &suppressed.finding) }
}

impl<'a> From<&'a Suppression> for SuppressionView<'a> {
    fn from(suppression: &'a Suppression) -> Self {
        let Suppression { finding, reason, until } = suppression;
        Self { finding, reason, until: until.as_deref() }
    }
}

/// The audit in full; nothing is cut.
pub(crate) fn document<'a>(report: &'a AuditReport<'a>) -> impl Serialize + use<'a> {
    let audit = report.audit;
    let catalog = Catalog::embedded();
    let [(_, high), (_, medium), (_, low), (_, info)] = report.risk_counts();
    let view = View {
        snapshot: &report.snapshot,
        organization_id: report.organization().id().as_str(),
        summary: Summary {
            accounts: audit.scope.accounts.len(),
            classes: audit.classes.len(),
            guardrails: report.guardrail_counts().map(|(_, number)| number).into(),
            findings: RiskCounts { high, medium, low, info },
            suppressed: audit.suppressed.len(),
        },
        scope: ScopeView {
            all_accounts: audit.scope.all_accounts,
            all_actions: audit.scope.all_actions,
            principal: audit.scope.principal.as_deref(),
            actions: audit.scope.actions,
            services: audit.scope.services.iter().map(|&service| catalog.service_prefix(service)).collect(),
            unlisted_actions: &audit.scope.unlisted_actions,
        },
        failed: report.failed.iter().copied().map(AuditGate::as_str).collect(),
        accounts: account_views(report),
        classes: audit.classes.iter().map(|class| class_view(report, class)).collect(),
        guardrails: audit.guardrails.iter().map(|each| guardrail_view(report, each)).collect(),
        findings: audit.findings.iter().map(|finding| finding_view(report, finding)).collect(),
        suppressed: audit.suppressed.iter().map(|each| suppressed_view(report, each)).collect(),
        unused_suppressions: audit.unused_suppressions.iter().map(SuppressionView::from).collect(),
        notes: report.notes(),
    };
    Document::of(FORMAT, &[report.organization()], view)
}
