//! `scproof-who-can/1`: one call, asked of many accounts, in full. `docs/schemas/scproof-who-can-1.json` is its JSON Schema.

use std::io::{self, Write};

use scproof_evaluator::{Answered, LevelRef, PlacedStatement, WhoCanGroup};
use scproof_organization::Organization;
use serde::Serialize;

use super::answer::Question;
use super::{AccountView, UndecidedView, undecided_views, write_indented};
use crate::who_can::WhoCanReport;

/// The version of the format.
pub const FORMAT: &str = "scproof-who-can/1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    format: &'static str,
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
    on_condition: usize,
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
    depends_on: Option<&'a str>,
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
#[serde(rename_all = "camelCase")]
struct PlacedView<'a> {
    #[serde(flatten)]
    level: LevelView<'a>,
    policy_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_name: Option<&'a str>,
    statement: usize,
    sid: Option<&'a str>,
}

#[derive(Serialize)]
struct MayDeny<'a> {
    #[serde(flatten)]
    statement: PlacedView<'a>,
    /// What spares the call, in words.
    unless: &'a str,
}

impl<'a> From<&'a LevelRef> for LevelView<'a> {
    fn from(level: &'a LevelRef) -> Self {
        match level {
            LevelRef::Target { id, name } => {
                Self { target_id: Some(id), target_name: name.as_deref(), own_account: false }
            }
            LevelRef::Account => Self { target_id: None, target_name: None, own_account: true },
        }
    }
}

impl<'a> From<&'a PlacedStatement> for PlacedView<'a> {
    fn from(statement: &'a PlacedStatement) -> Self {
        Self {
            level: (&statement.level).into(),
            policy_id: &statement.policy_id,
            policy_name: statement.policy_name.as_deref(),
            statement: statement.statement,
            sid: statement.sid.as_deref(),
        }
    }
}

/// Writes all groups with all their accounts.
///
/// # Errors
///
/// If writing fails.
pub fn render(report: &WhoCanReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let view = View {
        format: FORMAT,
        question: report.request.into(),
        scope: &report.scope,
        summary: Summary {
            asked: report.asked(),
            not_blocked: report.count(Answered::NotBlocked),
            on_condition: report.count(Answered::OnCondition),
            blocked: report.count(Answered::Blocked),
        },
        groups: report.who_can.groups.iter().map(|group| group_view(report.organization, group)).collect(),
        assumed: &report.who_can.assumed,
        notes: &report.who_can.notes,
    };
    write_indented(&view, out)
}

fn placed(statements: &[PlacedStatement]) -> Vec<PlacedView<'_>> {
    statements.iter().map(PlacedView::from).collect()
}

fn group_view<'a>(organization: &'a Organization, group: &'a WhoCanGroup) -> GroupView<'a> {
    GroupView {
        answer: group.answered().as_str(),
        decision: group.decision.as_str(),
        reason: group.reason.as_str(),
        determining: placed(&group.determining),
        levels_without_allow: group.levels_without_allow.iter().map(LevelView::from).collect(),
        may_deny: group
            .may_deny
            .iter()
            .map(|(statement, unless)| MayDeny { statement: statement.into(), unless })
            .collect(),
        may_allow: placed(&group.may_allow),
        undecided: undecided_views(&group.undecided),
        depends_on: group.depends_on.as_deref(),
        account_count: group.accounts.len(),
        accounts: group.accounts.iter().map(|&id| AccountView::of(organization, id)).collect(),
    }
}
