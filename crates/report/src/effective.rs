//! What an account can do at most, as a report.

use scproof_catalog::Catalog;
use scproof_evaluator::{Access, Caller, EffectiveGroup, EffectivePermissions, EffectiveSetGroup};
use scproof_organization::{NodeId, Organization};

/// The permissions of an account, who was asked about, and the organization.
#[derive(Debug, Clone, Copy)]
pub struct Effective<'a> {
    /// The organization that was asked about.
    pub organization: &'a Organization,
    /// Who was asked about.
    pub caller: &'a Caller,
    /// What came out.
    pub permissions: &'a EffectivePermissions,
    /// Whether all actions are listed in text; machine formats always do.
    pub full: bool,
}

/// The permissions of the accounts below a root or unit, those with the same permissions together.
#[derive(Debug, Clone, Copy)]
pub struct EffectiveSet<'a> {
    /// The organization that was asked about.
    pub organization: &'a Organization,
    /// The root or unit.
    pub target: NodeId,
    /// Who was asked about; its account is empty.
    pub caller: &'a Caller,
    /// What came out.
    pub groups: &'a [EffectiveSetGroup],
    /// Whether all actions and accounts are listed in text; machine formats always do.
    pub full: bool,
}

/// Keeps the actions, by full name such as `s3:GetObject`, and the services that are wanted; groups without any go.
///
/// Actions that no one knows yet (`future_actions_of`, `other_services`) are kept by their service: a filter on action
/// names drops them with `keep_future` false.
pub fn retain(
    permissions: &mut EffectivePermissions,
    keep_action: impl Fn(&str) -> bool,
    keep_service: impl Fn(&str) -> bool,
    keep_future: bool,
    keep_other: bool,
) {
    let catalog = Catalog::embedded();
    for group in &mut permissions.groups {
        group.actions.retain(|&action| keep_action(&catalog.action(action).full_name()));
        group.unlisted_actions.retain(|action| keep_action(action));
        group.future_actions_of.retain(|service| keep_future && keep_service(service));
        group.other_services &= keep_other;
    }
    permissions.groups.retain(|group| {
        !(group.actions.is_empty()
            && group.unlisted_actions.is_empty()
            && group.future_actions_of.is_empty()
            && !group.other_services)
    });
}

/// How many named actions are treated in a way.
pub(crate) fn action_count(permissions: &EffectivePermissions, access: Access) -> usize {
    let groups = permissions.groups.iter().filter(|group| group.access == access);
    groups.map(named_actions).sum()
}

/// How many actions of a group have a name.
pub(crate) fn named_actions(group: &EffectiveGroup) -> usize {
    group.actions.len() + group.unlisted_actions.len()
}
