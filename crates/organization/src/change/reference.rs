//! From a name, path or id to what it means at one step.

use rustc_hash::FxHashMap;
use scproof_text::{Code, Message};

use super::builder::ChangeSetBuilder;
use super::{Change, Draft};
use crate::codes;
use crate::id::{AccountId, OuId, PolicyId, Target};
use crate::organization::{Node, Policy, PolicyIndex};
use crate::select::{SelectError, choose_policy};

/// What can be named although it is not there: AWS's refusal is then predicted, rather than the name called unknown.
#[derive(Debug, Default)]
pub(super) struct Announced {
    /// By id and by name: deleted before.
    gone: FxHashMap<String, PolicyId>,
    /// By id and by name: created later. Of several the first.
    policies: FxHashMap<String, PolicyId>,
    /// By id and by name: created later.
    targets: FxHashMap<String, Vec<Target>>,
}

impl Announced {
    /// Remembers what a change removes.
    pub(super) fn forget(&mut self, draft: &Draft, change: &Change) {
        if let Change::DeletePolicy { policy } = change
            && let Some(index) = draft.find_policy(policy)
        {
            self.gone.insert(policy.to_string(), policy.clone());
            self.gone.insert(draft.policy(index).display_name().to_owned(), policy.clone());
        }
    }

    pub(super) fn will_create_policy(&mut self, id: PolicyId, name: String) {
        self.policies.entry(id.to_string()).or_insert_with(|| id.clone());
        self.policies.entry(name).or_insert(id);
    }

    pub(super) fn will_create(&mut self, target: Target, name: String) {
        self.targets.entry(target.to_string()).or_default().push(target.clone());
        self.targets.entry(name).or_default().push(target);
    }

    fn policy(&self, text: &str) -> Option<PolicyId> {
        self.gone.get(text).or_else(|| self.policies.get(text)).cloned()
    }

    /// By id or name; of a path its last part.
    fn target(&self, text: &str, fits: impl Fn(&Target) -> bool) -> Option<Target> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let last = text.rsplit('/').next().unwrap_or(text);
        let mut found = [text, last].into_iter().filter_map(|name| self.targets.get(name)).flatten();
        found.find(|target| fits(target)).cloned()
    }
}

impl ChangeSetBuilder {
    /// A policy by id or name. Of several with a name, the one that these changes created is meant.
    pub(super) fn policy(&self, text: &str) -> Result<PolicyId, Box<Message>> {
        let exists = |(index, policy): &(PolicyIndex, &Policy)| self.draft.find_policy(&policy.id) == Some(*index);
        match choose_policy(self.draft.organization.policies(), exists, text, self.suggestions.get() > 0) {
            Ok(index) => Ok(self.draft.policy(index).id.clone()),
            Err(error) => {
                let mut created = self.changes.changes().iter().rev().filter_map(|change| {
                    let Change::CreatePolicy { id, name, .. } = change else { return None };
                    (name == text).then(|| id.clone())
                });
                created
                    .find(|id| self.draft.find_policy(id).is_some())
                    .or_else(|| self.announced.policy(text).filter(|_| matches!(error, SelectError::Unknown { .. })))
                    .ok_or_else(|| self.unselected(codes::UNKNOWN_POLICY, &error))
            }
        }
    }

    /// A root, unit or account by id, name or path.
    pub(super) fn target(&self, text: &str) -> Result<Target, Box<Message>> {
        self.among(text, "target", |_| true, |_| true)
    }

    /// A root or unit by id, name or path.
    pub(super) fn parent(&self, text: &str) -> Result<Target, Box<Message>> {
        self.among(
            text,
            "root or organizational unit",
            |node| node.account.is_none(),
            |target| target.account().is_none(),
        )
    }

    /// A unit by id, name or path.
    pub(super) fn unit(&self, text: &str) -> Result<OuId, Box<Message>> {
        let is_unit = |target: &Target| matches!(target, Target::Ou(_));
        match self.among(text, "organizational unit", |node| is_unit(&node.target), is_unit)? {
            Target::Ou(unit) => Ok(unit),
            other @ (Target::Root(_) | Target::Account(_)) => {
                Err(codes::UNKNOWN_TARGET.message(format!("`{other}` is no organizational unit")).into())
            }
        }
    }

    /// An account by id, name or path.
    pub(super) fn account(&self, text: &str) -> Result<AccountId, Box<Message>> {
        let target = self.among(text, "account", |node| node.account.is_some(), |target| target.account().is_some())?;
        target.account().ok_or_else(|| codes::UNKNOWN_TARGET.message(format!("`{target}` is no account")).into())
    }

    fn among(
        &self,
        text: &str,
        wanted: &'static str,
        fits: impl Fn(&Node) -> bool,
        form_fits: impl Fn(&Target) -> bool,
    ) -> Result<Target, Box<Message>> {
        match self.draft.organization.resolve_among(text, wanted, fits, self.suggestions.get() > 0) {
            Ok(id) => Ok(self.draft.node(id).target.clone()),
            Err(error) => self
                .announced
                .target(text, form_fits)
                .filter(|_| matches!(error, SelectError::Unknown { .. }))
                .ok_or_else(|| self.unselected(codes::UNKNOWN_TARGET, &error)),
        }
    }

    fn unselected(&self, unknown: Code, error: &SelectError) -> Box<Message> {
        self.suggestions.set(self.suggestions.get().saturating_sub(1));
        let code = if matches!(error, SelectError::Ambiguous { .. }) { codes::AMBIGUOUS_NAME } else { unknown };
        let mut fault = code.message(error.to_string()).rule("");
        fault.help = error.help();
        fault.into()
    }
}
