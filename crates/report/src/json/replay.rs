//! `scproof-replay/1`: what changes would have done to the calls of a log.

use std::collections::BTreeSet;

use scproof_organization::Organization;
use scproof_replay::{Answer, Caller, CandidateReport, Cause, Changes, Class, Disagreement, Ended, GroupReport};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Document;
use super::predicate::PredicateView;
use crate::replay::{Replayed, cause_words, date, node, time};

/// The version of the format.
pub const FORMAT: &str = "scproof-replay/1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    log: LogView<'a>,
    calls: CallsView,
    agreement: AgreementView<'a>,
    candidates: Vec<CandidateView<'a>>,
    limits: Vec<String>,
    failed: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DigestsView {
    digests: u64,
    intact: u64,
    unnamed: u64,
    faults: Vec<String>,
    fault_count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogView<'a> {
    files: u64,
    passed_over: u64,
    strangers: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digests: Option<DigestsView>,
    faults: &'a [String],
    fault_count: u64,
    files_left: u64,
    first_event: Option<String>,
    last_event: Option<String>,
    accounts: &'a [String],
    regions: Vec<RegionView<'a>>,
    data_events: &'a [String],
    duplicates: u64,
    no_calls: Vec<ReasonView>,
}

#[derive(Serialize)]
struct RegionView<'a> {
    region: &'a str,
    days: u64,
    gaps: Vec<GapView>,
}

#[derive(Serialize)]
struct GapView {
    from: String,
    to: String,
}

#[derive(Serialize)]
struct ReasonView {
    reason: &'static str,
    events: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallsView {
    all: u64,
    replayed: u64,
    not_replayable: u64,
    reasons: Vec<ReasonView>,
    before: Counts,
}

/// Numbers under names.
type Counts = Map<String, Value>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AgreementView<'a> {
    agrees: u64,
    contradicts: u64,
    unknown: u64,
    contradictions: Vec<ContradictionView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContradictionView<'a> {
    kind: &'static str,
    account_id: &'a str,
    action: &'a str,
    calls: u64,
    first_seen: String,
    last_seen: String,
    event: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CandidateView<'a> {
    name: &'a str,
    classes: Counts,
    after: Counts,
    newly_blocked_that_succeeded: u64,
    expected: Counts,
    later_dates: &'a [String],
    groups: Vec<GroupView<'a>>,
    days: Vec<DayView>,
    accounts: Vec<AccountView<'a>>,
    callers: Vec<CallerView<'a, Counts>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupView<'a> {
    class: &'static str,
    /// Why it is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    cause: CauseView<'a>,
    cause_text: String,
    calls: u64,
    ended: Counts,
    callers: Vec<CallerView<'a, CallsOf>>,
    accounts: Vec<AccountCalls<'a>>,
    actions: Vec<ActionCalls<'a>>,
    first_seen: String,
    last_seen: String,
    example: ExampleView<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CauseView<'a> {
    kind: &'static str,
    target_id: Option<&'a str>,
    policy_id: Option<&'a str>,
    policy_name: Option<&'a str>,
    statement: Option<usize>,
    sid: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallerView<'a, C> {
    account_id: &'a str,
    principal: Option<&'a str>,
    #[serde(flatten)]
    calls: C,
}

#[derive(Serialize)]
struct CallsOf {
    calls: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountCalls<'a> {
    account_id: &'a str,
    calls: u64,
}

#[derive(Serialize)]
struct ActionCalls<'a> {
    action: &'a str,
    calls: u64,
}

#[derive(Serialize)]
struct DayView {
    day: String,
    #[serde(flatten)]
    changes: Counts,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountView<'a> {
    account_id: &'a str,
    name: Option<&'a str>,
    path: Option<String>,
    #[serde(flatten)]
    changes: Counts,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExampleView<'a> {
    event: &'a str,
    before: &'static str,
    after: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<PredicateView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    when_text: Option<String>,
    command: String,
}

fn counts<const N: usize>(names: [&'static str; N], counts: &[u64; N]) -> Counts {
    names.into_iter().zip(counts).map(|(name, count)| (name.to_owned(), Value::from(*count))).collect()
}

fn changes(of: &Changes) -> Counts {
    counts(Class::CHANGES.map(Class::as_str), of)
}

fn reasons(all: &[(&'static str, u64)]) -> Vec<ReasonView> {
    all.iter().map(|(reason, events)| ReasonView { reason, events: *events }).collect()
}

fn cause_view<'a>(organization: &'a Organization, cause: &Cause) -> CauseView<'a> {
    let nothing =
        CauseView { kind: "other", target_id: None, policy_id: None, policy_name: None, statement: None, sid: None };
    match cause {
        Cause::Other => nothing,
        Cause::NoAllow(node) => {
            CauseView { kind: "noAllow", target_id: Some(organization.node(*node).target.as_str()), ..nothing }
        }
        Cause::Deny(found) => {
            let policy = organization.policy(found.policy);
            CauseView {
                kind: "deny",
                target_id: Some(organization.node(found.node).target.as_str()),
                policy_id: Some(policy.id.as_str()),
                policy_name: policy.name.as_deref(),
                statement: Some(found.statement),
                sid: policy.document.statements.get(found.statement).and_then(|statement| statement.sid.as_deref()),
            }
        }
    }
}

fn caller_view<C>(caller: &Caller, calls: C) -> CallerView<'_, C> {
    CallerView { account_id: &caller.account, principal: caller.principal.as_deref(), calls }
}

fn group_view<'a>(replayed: &'a Replayed<'_>, candidate: usize, group: &'a GroupReport) -> GroupView<'a> {
    let organization = replayed.organization_of(candidate, group.class);
    let after = replayed.replay.candidates().get(candidate).map_or(organization, |it| &*it.organization);
    let told = group.example.condition.as_ref().map(|when| PredicateView::told(after, when));
    let (when, when_text) = told.map_or((None, None), |(view, text)| (Some(view), Some(text)));
    let ends = [Ended::Passed, Ended::DeniedByScp, Ended::Denied, Ended::Open];
    GroupView {
        class: group.class.as_str(),
        expected: group.expected.and_then(|place| replayed.reason(place)),
        cause: cause_view(organization, &group.cause),
        cause_text: cause_words(organization, &group.cause),
        calls: group.calls,
        ended: counts(ends.map(Ended::as_str), &ends.map(|end| group.ended(end))),
        callers: group.callers.iter().map(|(caller, calls)| caller_view(caller, CallsOf { calls: *calls })).collect(),
        accounts: group.accounts.iter().map(|(id, calls)| AccountCalls { account_id: id, calls: *calls }).collect(),
        actions: group.actions.iter().map(|(action, calls)| ActionCalls { action, calls: *calls }).collect(),
        first_seen: time(group.seen.0),
        last_seen: time(group.seen.1),
        example: ExampleView {
            event: &group.example.event,
            before: group.example.answers.0.as_str(),
            after: group.example.answers.1.as_str(),
            when,
            when_text,
            command: replayed.command(group).join(" "),
        },
    }
}

fn candidate_view<'a>(
    replayed: &'a Replayed<'_>,
    (index, candidate): (usize, &'a CandidateReport),
) -> CandidateView<'a> {
    let before = replayed.replay.before();
    CandidateView {
        name: &candidate.name,
        classes: counts(Class::ALL.map(Class::as_str), &candidate.classes),
        after: counts(Answer::ALL.map(Answer::as_str), &candidate.after),
        newly_blocked_that_succeeded: candidate.succeeded,
        expected: changes(&candidate.expected),
        later_dates: &candidate.later_dates,
        groups: candidate.groups.iter().map(|group| group_view(replayed, index, group)).collect(),
        days: candidate.days.iter().map(|(day, of)| DayView { day: date(*day), changes: changes(of) }).collect(),
        accounts: candidate
            .accounts
            .iter()
            .map(|(id, of)| {
                let place = node(before, id);
                AccountView {
                    account_id: id,
                    name: place.and_then(|node| before.node(node).name.as_deref()),
                    path: place.map(|node| before.ou_path(node)),
                    changes: changes(of),
                }
            })
            .collect(),
        callers: candidate.callers.iter().map(|(caller, of)| caller_view(caller, changes(of))).collect(),
    }
}

fn contradiction(it: &Disagreement) -> ContradictionView<'_> {
    ContradictionView {
        kind: it.contradiction.as_str(),
        account_id: &it.account,
        action: &it.action,
        calls: it.calls,
        first_seen: time(it.seen.0),
        last_seen: time(it.seen.1),
        event: &it.event,
    }
}

/// A replay in full.
pub(crate) fn document<'a>(replayed: &'a Replayed<'_>) -> impl Serialize + use<'a> {
    let (report, files) = (replayed.report, &replayed.files);
    let coverage = &report.coverage;
    let regions = coverage.regions.iter().map(|it| RegionView {
        region: &it.region,
        days: it.days,
        gaps: it.gaps.iter().map(|(from, to)| GapView { from: date(*from), to: date(*to) }).collect(),
    });
    let view = View {
        log: LogView {
            files: files.read,
            passed_over: files.passed_over,
            strangers: &files.strangers,
            digests: files.digests.as_ref().map(|digests| DigestsView {
                digests: digests.digests,
                intact: digests.intact,
                unnamed: digests.unnamed,
                faults: digests.faults.iter().map(ToString::to_string).collect(),
                fault_count: digests.fault_count,
            }),
            faults: &files.faults,
            fault_count: files.fault_count,
            files_left: files.left,
            first_event: coverage.seen.map(|(first, _)| time(first)),
            last_event: coverage.seen.map(|(_, last)| time(last)),
            accounts: &coverage.accounts,
            regions: regions.collect(),
            data_events: &coverage.data_events,
            duplicates: report.duplicates,
            no_calls: reasons(&report.skipped),
        },
        calls: CallsView {
            all: report.all_calls(),
            replayed: report.calls,
            not_replayable: report.not_replayable_count(),
            reasons: reasons(&report.not_replayable),
            before: counts(Answer::ALL.map(Answer::as_str), &report.before),
        },
        agreement: AgreementView {
            agrees: report.agreement.agrees,
            contradicts: report.agreement.contradicts,
            unknown: report.agreement.open,
            contradictions: report.agreement.disagreements.iter().map(contradiction).collect(),
        },
        candidates: report.candidates.iter().enumerate().map(|it| candidate_view(replayed, it)).collect(),
        limits: replayed.limits(),
        failed: replayed.failed.iter().map(|gate| gate.as_str()).collect(),
    };
    let candidates = replayed.replay.candidates().iter().map(|candidate| &*candidate.organization);
    let organizations: Vec<&Organization> = std::iter::once(&**replayed.replay.before()).chain(candidates).collect();
    Document::of(FORMAT, &organizations, view)
}
