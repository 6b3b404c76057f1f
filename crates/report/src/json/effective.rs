//! `scproof-effective/1`: what an account can do at most, with every action.

use std::io::{self, Write};

use scproof_catalog::Catalog;
use scproof_evaluator::{Access, EffectiveGroup, EffectivePermissions};
use serde::Serialize;

use super::{AccountView, StatementView, UndecidedView, statement_views, undecided_views, write_indented};
use crate::effective::{Effective, action_count, named_actions};

/// The version of the format.
pub const FORMAT: &str = "scproof-effective/1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    format: &'static str,
    account: AccountView<'a>,
    principal: Option<&'a str>,
    not_applicable: Option<&'static str>,
    summary: Summary,
    groups: Vec<GroupView<'a>>,
    notes: Vec<String>,
}

/// How many named actions there are of each kind.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    always_blocked: usize,
    conditional: usize,
    never_blocked: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupView<'a> {
    access: &'static str,
    decision: &'static str,
    reason: &'static str,
    depends_on: Option<&'a str>,
    undecided: Vec<UndecidedView<'a>>,
    determining: Vec<StatementView<'a>>,
    levels_without_allow: &'a [String],
    action_count: usize,
    actions: Vec<String>,
    unlisted_actions: &'a [String],
    future_actions_of: &'a [String],
    other_services: bool,
}

/// How many named actions are treated in which way.
pub(super) fn summary(permissions: &EffectivePermissions) -> Summary {
    Summary {
        always_blocked: action_count(permissions, Access::AlwaysBlocked),
        conditional: action_count(permissions, Access::Conditional),
        never_blocked: action_count(permissions, Access::NeverBlocked),
    }
}

pub(super) fn group_views(permissions: &EffectivePermissions) -> Vec<GroupView<'_>> {
    permissions.groups.iter().map(GroupView::from).collect()
}

impl<'a> From<&'a EffectiveGroup> for GroupView<'a> {
    fn from(group: &'a EffectiveGroup) -> Self {
        let catalog = Catalog::embedded();
        Self {
            access: group.access.as_str(),
            decision: group.decision.as_str(),
            reason: group.reason.as_str(),
            depends_on: group.depends_on.as_deref(),
            undecided: undecided_views(&group.undecided),
            determining: statement_views(&group.determining),
            levels_without_allow: &group.levels_without_allow,
            action_count: named_actions(group),
            actions: group.actions.iter().map(|&action| catalog.action(action).full_name()).collect(),
            unlisted_actions: &group.unlisted_actions,
            future_actions_of: &group.future_actions_of,
            other_services: group.other_services,
        }
    }
}

/// Writes the permissions with all actions of each group.
///
/// # Errors
///
/// If writing fails.
pub fn render(effective: &Effective<'_>, out: &mut dyn Write) -> io::Result<()> {
    let permissions = effective.permissions;
    let account = effective.organization.resolve_account(&permissions.account).map_or_else(
        |_| AccountView { id: &permissions.account, name: permissions.account_name.as_deref(), path: None },
        |node| AccountView::of(effective.organization, node),
    );
    let view = View {
        format: FORMAT,
        account,
        principal: effective.caller.principal.as_deref(),
        not_applicable: permissions.not_applicable.map(scproof_evaluator::Reason::as_str),
        summary: summary(permissions),
        groups: group_views(permissions),
        notes: effective.notes(),
    };
    write_indented(&view, out)
}
