//! From a name, path or id to what it means at one step.

use super::builder::{ChangeSetBuilder, fault};
use super::{Change, Draft};
use crate::fault::Fault;
use crate::id::{AccountId, OuId, PolicyId, Target};
use crate::organization::Node;
use crate::select::{SelectError, choose_policy};

/// What can be named although it is not there: AWS's refusal is then predicted, rather than the name called unknown.
#[derive(Debug, Default)]
pub(super) struct Announced {
    /// By id and name; deleted before, or created later.
    pub(super) policies: Vec<(PolicyId, String)>,
    /// By target and name; created later.
    pub(super) targets: Vec<(Target, String)>,
}

impl Announced {
    /// Remembers what a change removes.
    pub(super) fn forget(&mut self, draft: &Draft, change: &Change) {
        if let Change::DeletePolicy { policy } = change
            && let Some(index) = draft.find_policy(policy)
        {
            self.policies.push((policy.clone(), draft.policy(index).display_name().to_owned()));
        }
    }

    fn policy(&self, text: &str) -> Option<PolicyId> {
        let found = self.policies.iter().rfind(|(id, name)| id.as_str() == text || name == text);
        found.map(|(id, _)| id.clone())
    }

    fn target(&self, text: &str, fits: impl Fn(&Target) -> bool) -> Option<Target> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let last = text.rsplit('/').next().unwrap_or(text);
        let named = |target: &Target, name: &str| target.as_str() == text || name == text || name == last;
        let mut found = self.targets.iter().filter(|(target, name)| fits(target) && named(target, name));
        found.next().map(|(target, _)| target.clone())
    }
}

impl ChangeSetBuilder {
    /// A policy by id or name. Of several with a name, the one that these changes created is meant.
    pub(super) fn policy(&self, text: &str) -> Result<PolicyId, Box<Fault>> {
        match choose_policy(self.draft.policies(), text) {
            Ok(index) => Ok(self.draft.policy(index).id.clone()),
            Err(error) => {
                let mut created = self.changes.changes().iter().rev().filter_map(|change| {
                    let Change::CreatePolicy { id, name, .. } = change else { return None };
                    (name == text).then(|| id.clone())
                });
                created
                    .find(|id| self.draft.find_policy(id).is_some())
                    .or_else(|| self.announced.policy(text).filter(|_| matches!(error, SelectError::Unknown { .. })))
                    .ok_or_else(|| unselected("unknown-policy", &error))
            }
        }
    }

    /// A root, unit or account by id, name or path.
    pub(super) fn target(&self, text: &str) -> Result<Target, Box<Fault>> {
        self.among(text, "target", |_| true, |_| true)
    }

    /// A root or unit by id, name or path.
    pub(super) fn parent(&self, text: &str) -> Result<Target, Box<Fault>> {
        self.among(
            text,
            "root or organizational unit",
            |node| node.account.is_none(),
            |target| target.account().is_none(),
        )
    }

    /// A unit by id, name or path.
    pub(super) fn unit(&self, text: &str) -> Result<OuId, Box<Fault>> {
        let is_unit = |target: &Target| matches!(target, Target::Ou(_));
        match self.among(text, "organizational unit", |node| is_unit(&node.target), is_unit)? {
            Target::Ou(unit) => Ok(unit),
            other @ (Target::Root(_) | Target::Account(_)) => {
                Err(fault("unknown-target", format!("`{other}` is no organizational unit")).into())
            }
        }
    }

    /// An account by id, name or path.
    pub(super) fn account(&self, text: &str) -> Result<AccountId, Box<Fault>> {
        let target = self.among(text, "account", |node| node.account.is_some(), |target| target.account().is_some())?;
        target.account().ok_or_else(|| fault("unknown-target", format!("`{target}` is no account")).into())
    }

    fn among(
        &self,
        text: &str,
        wanted: &'static str,
        fits: impl Fn(&Node) -> bool,
        form_fits: impl Fn(&Target) -> bool,
    ) -> Result<Target, Box<Fault>> {
        match self.draft.organization.resolve_among(text, wanted, fits) {
            Ok(id) => Ok(self.draft.node(id).target.clone()),
            Err(error) => self
                .announced
                .target(text, form_fits)
                .filter(|_| matches!(error, SelectError::Unknown { .. }))
                .ok_or_else(|| unselected("unknown-target", &error)),
        }
    }
}

fn unselected(unknown: &'static str, error: &SelectError) -> Box<Fault> {
    let code = if matches!(error, SelectError::Ambiguous { .. }) { "ambiguous-name" } else { unknown };
    let mut fault = fault(code, error.to_string());
    fault.help = error.help();
    fault.into()
}
