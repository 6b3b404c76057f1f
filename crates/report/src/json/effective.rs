//! `scproof-effective/2`: what an account can do at most, with every action.

use scproof_catalog::Catalog;
use scproof_evaluator::{Access, EffectiveGroup, EffectivePermissions};
use scproof_organization::Organization;
use serde::Serialize;

use super::predicate::PredicateView;
use super::{AccountView, Document, StatementView, UndecidedView, node_ids, statement_views, undecided_views};
use crate::effective::{Effective, action_count, named_actions};
use crate::words::Words;

/// The version of the format.
pub const FORMAT: &str = "scproof-effective/2";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
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
    unknown: usize,
    never_blocked: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupView<'a> {
    access: &'static str,
    decision: &'static str,
    reason: &'static str,
    depends_on: Option<String>,
    when: Option<PredicateView<'a>>,
    undecided: Vec<UndecidedView<'a>>,
    determining: Vec<StatementView<'a>>,
    levels_without_allow: Vec<&'a str>,
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
        unknown: action_count(permissions, Access::Depends),
        never_blocked: action_count(permissions, Access::NeverBlocked),
    }
}

pub(super) fn group_views<'a>(organization: &'a Organization, groups: &'a [EffectiveGroup]) -> Vec<GroupView<'a>> {
    groups.iter().map(|group| GroupView::of(organization, group)).collect()
}

impl<'a> GroupView<'a> {
    fn of(organization: &'a Organization, group: &'a EffectiveGroup) -> Self {
        let catalog = Catalog::embedded();
        let words = Words::full(organization);
        let depends_on = group.depends_on.as_ref();
        Self {
            access: group.access.as_str(),
            decision: group.decision.as_str(),
            reason: group.reason.as_str(),
            depends_on: depends_on.map(|condition| words.depends_on(group.decision, condition)),
            when: depends_on.map(|condition| PredicateView::of(organization, condition)),
            undecided: undecided_views(organization, &group.undecided),
            determining: statement_views(organization, &group.determining),
            levels_without_allow: node_ids(organization, &group.levels_without_allow),
            action_count: named_actions(group),
            actions: group.actions.iter().map(|&action| catalog.action(action).full_name()).collect(),
            unlisted_actions: &group.unlisted_actions,
            future_actions_of: &group.future_actions_of,
            other_services: group.other_services,
        }
    }
}

/// The permissions with all actions of each group.
pub(crate) fn document<'a>(effective: &'a Effective<'a>) -> impl Serialize + use<'a> {
    let permissions = effective.permissions;
    let account = effective.organization.resolve_account(&permissions.account).map_or_else(
        |_| AccountView { id: &permissions.account, name: permissions.account_name.as_deref(), path: None },
        |node| AccountView::of(effective.organization, node),
    );
    let view = View {
        account,
        principal: effective.caller.principal.as_deref(),
        not_applicable: permissions.not_applicable.map(scproof_evaluator::Reason::as_str),
        summary: summary(permissions),
        groups: group_views(effective.organization, &permissions.groups),
        notes: effective.notes(),
    };
    Document::of(FORMAT, &[effective.organization], view)
}
