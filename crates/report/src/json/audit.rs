//! `scproof-audit/3`: an audit in full. `docs/schemas/scproof-audit-3.json` is its JSON Schema.
//!
//! Accounts are described once, in `accounts`. Everywhere else stand the groups that they fall into, since an audit of
//! fifty thousand accounts has lists of millions of ids but of few groups; with
//! [`AuditDetail::Full`](crate::AuditDetail::Full) the ids, too.

use scproof_auditor::{
    AccessChange, AccessCounts, ClassDifference, Evidence, Finding, GuardrailAim, GuardrailGroup, GuardrailReport,
    GuardrailState, Passing, PassingKind, PermissionClass, Place, RootCaller, RootCallerGroup, Suppressed, Suppression,
    Witness,
};
use scproof_catalog::Catalog;
use scproof_evaluator::Reason;
use scproof_organization::{AccountScope, AccountState, NodeId, PolicyIndex};
use serde::Serialize;

use super::answer::Question;
use super::effective::{GroupView, group_views};
use super::impact::{ActionsView, WhyView, why_view};
use super::predicate::PredicateView;
use super::{Document, OfPolicy};
use crate::audit::{
    AccountGroup, AccountGroups, AuditNews, AuditReport, GoneHole, NewHole, hole_fingerprint, state_counts, worst_state,
};
use crate::command_line;
use crate::words::Words;

/// The version of the format.
pub const FORMAT: &str = "scproof-audit/3";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    /// The snapshot file as it was named.
    snapshot: &'a str,
    organization_id: &'a str,
    summary: Summary,
    scope: ScopeView<'a>,
    /// The options that the audit was asked for with, as typed.
    options: &'a [String],
    /// What the command was to fail on, and the reasons for which it does.
    fail_on: Vec<String>,
    failed: Vec<String>,
    /// Compared with an audit from before.
    #[serde(skip_serializing_if = "Option::is_none")]
    news: Option<NewsView<'a>>,
    accounts: Vec<AccountView<'a>>,
    classes: Vec<ClassView<'a>>,
    root_callers: Vec<RootCallerView<'a>>,
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

/// What is new since an audit from before, and what is gone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewsView<'a> {
    new_findings: Vec<&'a str>,
    new_holes: Vec<HoleNewsView<'a>>,
    gone_findings: Vec<&'a str>,
    gone_holes: Vec<HoleNewsView<'a>>,
}

/// Accounts where a guardrail stands otherwise than before.
#[derive(Serialize)]
struct HoleNewsView<'a> {
    guardrail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(flatten)]
    accounts: AccountsView<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StateCounts {
    hole: usize,
    unknown: usize,
    not_adopted: usize,
    suppressed: usize,
    holds_except: usize,
    holds: usize,
    not_applicable: usize,
}

impl From<[usize; 7]> for StateCounts {
    /// In the order of [`GuardrailState::ALL`].
    fn from([hole, unknown, not_adopted, suppressed, holds_except, holds, not_applicable]: [usize; 7]) -> Self {
        Self { hole, unknown, not_adopted, suppressed, holds_except, holds, not_applicable }
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
    /// The profile that the guardrails are of; null if they were chosen otherwise.
    profile: Option<&'a str>,
}

/// A list of accounts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountsView<'a> {
    account_count: usize,
    account_groups: Vec<AccountGroup<'a>>,
    /// Their ids, where everything is written out.
    #[serde(skip_serializing_if = "Option::is_none")]
    accounts: Option<Vec<&'a str>>,
}

#[derive(Serialize)]
struct AccountView<'a> {
    id: &'a str,
    name: Option<&'a str>,
    path: String,
    state: Option<&'a str>,
    class: Option<&'a str>,
    group: Option<AccountGroup<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CountsView {
    never_blocked: usize,
    unknown: usize,
    always_blocked: usize,
}

impl From<AccessCounts> for CountsView {
    fn from(counts: AccessCounts) -> Self {
        Self { never_blocked: counts.never_blocked, unknown: counts.depends, always_blocked: counts.always_blocked }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClassView<'a> {
    name: &'a str,
    #[serde(flatten)]
    accounts: AccountsView<'a>,
    not_applicable: Option<&'static str>,
    counts: CountsView,
    services: Vec<ServiceView>,
    differs: Option<DifferenceView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupView<'a>>>,
}

/// What one who acts as the root user can do.
#[derive(Serialize)]
struct RootCallerView<'a> {
    caller: &'static str,
    groups: Vec<RootCallerGroupView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RootCallerGroupView<'a> {
    access: &'static str,
    policy_ids: Vec<&'a str>,
    #[serde(flatten)]
    accounts: AccountsView<'a>,
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
    /// The accounts that it is about, as its file says; left out where it is about all.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<AccountScopeView<'a>>,
    /// Whether what passes is a hole: somebody asked for the guardrail, or something is aimed at it.
    intended: bool,
    demanded: bool,
    aims: Vec<AimView<'a>>,
    /// The gravest state of an account; none if there is no account.
    state: Option<&'static str>,
    accounts: StateCounts,
    groups: Vec<GuardrailGroupView<'a>>,
}

#[derive(Serialize)]
struct AccountScopeView<'a> {
    accounts: &'a [String],
    ous: &'a [String],
}

impl<'a> AccountScopeView<'a> {
    fn of(scope: &'a AccountScope) -> Option<Self> {
        (!scope.is_everything()).then_some(Self { accounts: &scope.accounts, ous: &scope.units })
    }
}

/// What is aimed at a guardrail: a statement, or an allow list by its target.
#[derive(Serialize)]
#[serde(untagged)]
enum AimView<'a> {
    Statement(OfPolicy<'a>),
    #[serde(rename_all = "camelCase")]
    AllowList {
        allow_list_at: &'a str,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GuardrailGroupView<'a> {
    state: &'static str,
    #[serde(flatten)]
    accounts: AccountsView<'a>,
    /// Why the hole is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    passing: Vec<PassingView<'a>>,
    passing_is_complete: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PassingView<'a> {
    kind: &'static str,
    /// Of holes: what an audit with a baseline knows them by.
    fingerprint: Option<String>,
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
    #[serde(flatten)]
    accounts: AccountsView<'a>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<AccountScopeView<'a>>,
}

/// A report, and the groups that its lists of accounts are made of.
struct Told<'a> {
    report: &'a AuditReport<'a>,
    groups: AccountGroups<'a>,
}

impl<'a> Told<'a> {
    fn ids(&self, nodes: &[NodeId]) -> Vec<&'a str> {
        nodes.iter().map(|&id| self.report.organization().node(id).target.as_str()).collect()
    }

    fn accounts(&self, nodes: &[NodeId]) -> AccountsView<'a> {
        AccountsView {
            account_count: nodes.len(),
            account_groups: self.groups.of_list(nodes),
            accounts: self.report.is_full().then(|| self.ids(nodes)),
        }
    }
}

fn account_views<'a>(told: &Told<'a>) -> Vec<AccountView<'a>> {
    let report = told.report;
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
            group: told.groups.of(id),
        }
    };
    report.audit.scope.accounts.iter().map(view).collect()
}

fn class_view<'a>(told: &Told<'a>, class: &'a PermissionClass) -> ClassView<'a> {
    let report = told.report;
    let catalog = Catalog::embedded();
    // A class has hundreds of services, and differs from the one that it is most like in a few.
    let other = class.differs.as_ref().filter(|_| !report.is_full());
    let other = other.and_then(|differs| report.audit.classes.get(differs.from));
    let is_told = |place: usize, counts: &AccessCounts| {
        other.and_then(|other| other.services.get(place)).is_none_or(|other| other != counts)
    };
    let services = report.audit.scope.services.iter().zip(&class.services).enumerate();
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
        accounts: told.accounts(&class.accounts),
        not_applicable: class.not_applicable.map(Reason::as_str),
        counts: class.counts.into(),
        services: services
            .filter(|(place, (_, counts))| is_told(*place, counts))
            .map(|(_, (&service, &counts))| ServiceView {
                service: catalog.service_prefix(service),
                counts: counts.into(),
            })
            .collect(),
        differs: class.differs.as_ref().and_then(difference),
        groups: class.groups.as_ref().map(|groups| group_views(report.organization(), groups)),
    }
}

fn root_caller_view<'a>(told: &Told<'a>, caller: &'a RootCaller) -> RootCallerView<'a> {
    let policy = |policy: &PolicyIndex| told.report.organization().policy(*policy).id.as_str();
    let group = |group: &'a RootCallerGroup| RootCallerGroupView {
        access: group.access.as_str(),
        policy_ids: group.policies.iter().map(policy).collect(),
        accounts: told.accounts(&group.accounts),
    };
    RootCallerView { caller: caller.kind.as_str(), groups: caller.groups.iter().map(group).collect() }
}

fn witness_view<'a>(report: &AuditReport<'_>, witness: &'a Witness) -> WitnessView<'a> {
    WitnessView {
        question: (&witness.request).into(),
        command: command_line::can(&report.program, &witness.request).join(" "),
        decision: witness.decision.as_str(),
    }
}

fn guardrail_view<'a>(told: &Told<'a>, found: &'a GuardrailReport) -> GuardrailView<'a> {
    let report = told.report;
    let guardrail = &found.guardrail;
    let passing = |passing: &'a Passing| {
        let (when, when_text) = PredicateView::told(report.organization(), &passing.when);
        PassingView {
            kind: passing.kind.as_str(),
            fingerprint: (passing.kind == PassingKind::Hole)
                .then(|| hole_fingerprint(report.organization(), found, passing)),
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
        accounts: told.accounts(&group.accounts),
        reason: group.reason.as_deref(),
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
        scope: AccountScopeView::of(&guardrail.scope),
        intended: found.is_intended(),
        demanded: found.is_demanded,
        aims: found.aims.iter().map(|aim| aim_view(report, *aim)).collect(),
        state: worst_state(found).map(GuardrailState::as_str),
        accounts: state_counts(found).into(),
        groups: found.groups.iter().map(group).collect(),
    }
}

fn aim_view<'a>(report: &'a AuditReport<'_>, aim: GuardrailAim) -> AimView<'a> {
    let organization = report.organization();
    match aim {
        GuardrailAim::Statement { policy, statement } => {
            AimView::Statement(OfPolicy::of(organization, policy, statement))
        }
        GuardrailAim::AllowList(node) => AimView::AllowList { allow_list_at: organization.node(node).target.as_str() },
    }
}

fn news_view<'a>(told: &Told<'a>, news: &AuditNews<'a>) -> NewsView<'a> {
    let audit = told.report.audit;
    let new_hole = |hole: &NewHole| {
        let guardrail = audit.guardrails.get(hole.guardrail)?.guardrail.id.as_str();
        Some(HoleNewsView { guardrail, state: Some(hole.state.as_str()), accounts: told.accounts(&hole.accounts) })
    };
    let gone_hole = |hole: &GoneHole<'a>| HoleNewsView {
        guardrail: hole.guardrail,
        state: None,
        accounts: told.accounts(&hole.accounts),
    };
    let new_findings = news.findings.iter().filter_map(|place| audit.findings.get(*place));
    NewsView {
        new_findings: new_findings.map(|finding| finding.fingerprint.as_str()).collect(),
        new_holes: news.holes.iter().filter_map(new_hole).collect(),
        gone_findings: news.gone_findings.clone(),
        gone_holes: news.gone_holes.iter().map(gone_hole).collect(),
    }
}

fn place_view<'a>(told: &Told<'a>, place: &'a Place) -> PlaceView<'a> {
    let report = told.report;
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
        target_ids: told.ids(&place.targets),
    }
}

fn finding_view<'a>(told: &Told<'a>, finding: &'a Finding) -> FindingView<'a> {
    let report = told.report;
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
        place: place_view(told, &finding.place),
        accounts: told.accounts(&finding.accounts),
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

fn suppressed_view<'a>(told: &Told<'a>, suppressed: &'a Suppressed) -> SuppressedView<'a> {
    SuppressedView { reason: &suppressed.reason, finding: finding_view(told, &suppressed.finding) }
}

impl<'a> From<&'a Suppression> for SuppressionView<'a> {
    fn from(suppression: &'a Suppression) -> Self {
        let Suppression { finding, reason, until, scope } = suppression;
        Self { finding, reason, until: until.as_deref(), scope: AccountScopeView::of(scope) }
    }
}

/// The audit in full; nothing is cut.
pub(crate) fn document<'a>(report: &'a AuditReport<'a>) -> impl Serialize + use<'a> {
    let news = report.news();
    let of_news: Vec<&[NodeId]> = news.iter().flat_map(AuditNews::lists).collect();
    let told = &Told { report, groups: AccountGroups::new(report, &of_news) };
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
            profile: report.profile.as_deref(),
        },
        options: &report.options,
        fail_on: report.fail_on.iter().map(ToString::to_string).collect(),
        failed: report.failed().iter().map(ToString::to_string).collect(),
        news: news.as_ref().map(|news| news_view(told, news)),
        accounts: account_views(told),
        classes: audit.classes.iter().map(|class| class_view(told, class)).collect(),
        root_callers: audit.root_callers.iter().map(|caller| root_caller_view(told, caller)).collect(),
        guardrails: audit.guardrails.iter().map(|each| guardrail_view(told, each)).collect(),
        findings: audit.findings.iter().map(|finding| finding_view(told, finding)).collect(),
        suppressed: audit.suppressed.iter().map(|each| suppressed_view(told, each)).collect(),
        unused_suppressions: audit.unused_suppressions.iter().map(SuppressionView::from).collect(),
        notes: report.notes(),
    };
    Document::of(FORMAT, &[report.organization()], view)
}
