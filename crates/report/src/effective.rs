//! What an account can do at most, as a report.

use scproof_catalog::{ActionFilter, ActionId, Catalog};
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

impl Effective<'_> {
    /// Remarks that change nothing of the permissions (EVAL-13).
    pub(crate) fn notes(&self) -> Vec<String> {
        if self.permissions.not_applicable.is_some() {
            return Vec::new();
        }
        let account = self.organization.resolve_account(&self.permissions.account).ok();
        let missing = self.organization.missing_scps_remark(account);
        missing.into_iter().chain(self.permissions.notes.iter().cloned()).collect()
    }
}

impl EffectiveSet<'_> {
    /// Remarks that change nothing of the permissions (EVAL-13).
    pub(crate) fn notes(&self) -> Vec<String> {
        let governed = self.groups.iter().filter(|group| group.permissions.not_applicable.is_none());
        let accounts = governed.clone().flat_map(|group| group.accounts.iter().copied());
        let missing = self.organization.missing_scps_remark(accounts);
        // They concern services and the Region asked for, so that they are the same for all.
        let common = governed.clone().next().map_or(&[][..], |group| &group.permissions.notes);
        missing.into_iter().chain(common.iter().cloned()).collect()
    }
}

/// Keeps the actions that a filter takes; groups without any go.
pub fn retain(permissions: &mut EffectivePermissions, filter: &ActionFilter) {
    if filter.is_everything() {
        return;
    }
    let catalog = Catalog::embedded();
    for group in &mut permissions.groups {
        let fits = |action: &&ActionId| filter.fits(&catalog.action(**action).full_name());
        group.actions = group.actions.iter().filter(fits).copied().collect();
        let unlisted = group.unlisted_actions.iter().filter(|action| filter.fits(action));
        group.unlisted_actions = unlisted.cloned().collect();
        let services = group.future_actions_of.iter().filter(|service| filter.fits_every_name_of(service));
        group.future_actions_of = services.cloned().collect();
        group.other_services &= filter.fits_other_services();
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
