//! `scproof-who-can/2`: one call, asked of many accounts, in full. `docs/schemas/scproof-who-can-2.json` is its JSON
//! Schema.

use scproof_evaluator::{Answered, LevelRef, PlacedStatement, WhoCanGroup};
use scproof_organization::Organization;
use serde::Serialize;

use super::answer::Question;
use super::predicate::PredicateView;
use super::{AccountView, Document, OfPolicy, UndecidedView, undecided_views};
use crate::who_can::WhoCanReport;
use crate::words::Words;

/// The version of the format.
pub const FORMAT: &str = "scproof-who-can/2";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    question: Question<'a>,
    scope: &'a [String],
    summary: Summary,
    groups: Vec<GroupView<'a>>,
    assumed: &'a [&'static str],
    notes: &'a [String],
}

/// How many accounts there are of each kind.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    asked: usize,
    not_blocked: usize,
    unknown: usize,
    blocked: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupView<'a> {
    answer: &'static str,
    decision: &'static str,
    reason: &'static str,
    determining: Vec<PlacedView<'a>>,
    levels_without_allow: Vec<LevelView<'a>>,
    may_deny: Vec<MayDeny<'a>>,
    may_allow: Vec<PlacedView<'a>>,
    undecided: Vec<UndecidedView<'a>>,
    depends_on: Option<String>,
    when: Option<PredicateView<'a>>,
    account_count: usize,
    accounts: Vec<AccountView<'a>>,
}

/// A root or unit, or for each account of the group itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LevelView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    target_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_name: Option<&'a str>,
    own_account: bool,
}

#[derive(Serialize)]
struct PlacedView<'a> {
    #[serde(flatten)]
    level: LevelView<'a>,
    #[serde(flatten)]
    statement: OfPolicy<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MayDeny<'a> {
    #[serde(flatten)]
    statement: PlacedView<'a>,
    /// What spares the call.
    unless: PredicateView<'a>,
    unless_text: String,
}

impl<'a> LevelView<'a> {
    fn of(organization: &'a Organization, level: LevelRef) -> Self {
        match level {
            LevelRef::Target(node) => {
                let node = organization.node(node);
                let (target_id, target_name) = (Some(node.target.as_str()), node.name.as_deref());
                Self { target_id, target_name, own_account: false }
            }
            LevelRef::Account => Self { target_id: None, target_name: None, own_account: true },
        }
    }
}

impl<'a> PlacedView<'a> {
    fn of(organization: &'a Organization, placed: &PlacedStatement) -> Self {
        Self {
            level: LevelView::of(organization, placed.level),
            statement: OfPolicy::of(organization, placed.policy, placed.statement),
        }
    }
}

/// All groups with all their accounts.
pub(crate) fn document<'a>(report: &'a WhoCanReport<'a>) -> impl Serialize + use<'a> {
    let view = View {
        question: report.request.into(),
        scope: &report.scope,
        summary: Summary {
            asked: report.asked(),
            not_blocked: report.count(Answered::NotBlocked),
            unknown: report.count(Answered::Depends),
            blocked: report.count(Answered::Blocked),
        },
        groups: report.who_can.groups.iter().map(|group| group_view(report.organization, group)).collect(),
        assumed: &report.who_can.assumed,
        notes: &report.who_can.notes,
    };
    Document::of(FORMAT, &[report.organization], view)
}

fn placed<'a>(organization: &'a Organization, statements: &[PlacedStatement]) -> Vec<PlacedView<'a>> {
    statements.iter().map(|statement| PlacedView::of(organization, statement)).collect()
}

fn group_view<'a>(organization: &'a Organization, group: &'a WhoCanGroup) -> GroupView<'a> {
    let words = Words::full(organization);
    let depends_on = group.depends_on.as_ref();
    GroupView {
        answer: group.answered().as_str(),
        decision: group.decision.as_str(),
        reason: group.reason.as_str(),
        determining: placed(organization, &group.determining),
        levels_without_allow: group
            .levels_without_allow
            .iter()
            .map(|level| LevelView::of(organization, *level))
            .collect(),
        may_deny: group
            .may_deny
            .iter()
            .map(|(statement, unless)| MayDeny {
                statement: PlacedView::of(organization, statement),
                unless: PredicateView::of(organization, unless),
                unless_text: words.sentence(unless),
            })
            .collect(),
        may_allow: placed(organization, &group.may_allow),
        undecided: undecided_views(organization, &group.undecided),
        depends_on: depends_on.map(|condition| words.depends_on(group.decision, condition)),
        when: depends_on.map(|condition| PredicateView::of(organization, condition)),
        account_count: group.accounts.len(),
        accounts: group.accounts.iter().map(|&id| AccountView::of(organization, id)).collect(),
    }
}
