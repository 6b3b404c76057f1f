//! What many accounts can do at most: those with the same effective permissions together.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use scproof_catalog::ActionId;
use scproof_organization::{NodeId, PolicyIndex};

use crate::account_classes::{Class, ManyQuestion};
use crate::compile::CompiledOrganization;
use crate::decision::{Decision, Reason};
use crate::effective::{Access, Caller, EffectiveGroup, EffectivePermissions};
use crate::everywhere::Everywhere;
use crate::predicate::Predicate;
use crate::request::Request;
use crate::request_error::RequestError;
use crate::sorting::AskedCaller;

/// Accounts with the same effective permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveSetGroup {
    /// The permissions they share, with the causes as they stand for the account that it names, one of them: the same
    /// statements of the same policies deny for all, though the units to which the policies are attached may differ.
    pub permissions: EffectivePermissions,
    /// The accounts, in the order of the tree.
    pub accounts: Vec<NodeId>,
}

/// What two accounts must share.
#[derive(PartialEq, Eq, Hash)]
struct Shared {
    not_applicable: Option<Reason>,
    groups: Vec<SharedGroup>,
}

#[derive(PartialEq, Eq, Hash)]
struct SharedGroup {
    access: Access,
    decision: Decision,
    reason: Reason,
    depends_on: Option<Predicate>,
    /// Policies with the index of the statement.
    determining: Vec<(PolicyIndex, usize)>,
    actions: Arc<[ActionId]>,
    unlisted_actions: Arc<[String]>,
    future_actions_of: Arc<[String]>,
    other_services: bool,
}

impl CompiledOrganization {
    /// Sorts every action for each of many accounts, as [`effective`](Self::effective) does for one, and puts accounts
    /// with the same result together. The caller's account is not looked at; the principal may be that of a name in
    /// each account, as in [`who_can`](Self::who_can).
    ///
    /// Worked out once for accounts with the same policies level by level that nothing in the policies tells apart.
    /// Nodes that are no accounts are left out.
    ///
    /// # Errors
    ///
    /// As [`who_can`](Self::who_can).
    pub fn effective_set(&self, caller: &Caller, accounts: &[NodeId]) -> Result<Vec<EffectiveSetGroup>, RequestError> {
        let (classes, mut asked) = (self.permission_classes(caller, accounts)?, Vec::new());
        let everywhere = Everywhere::parse(caller.principal.as_deref(), &self.organization)?;
        for class in &classes {
            let account = self.organization.node(class.representative).target.as_str().to_owned();
            let caller = Caller { principal: everywhere.of(&account), account, ..caller.clone() };
            asked.push(AskedCaller { caller, mark: class.mark });
        }
        let found = self.sort_actions(asked)?.into_iter().zip(classes);
        let groups = found.map(|(permissions, class)| EffectiveSetGroup { permissions, accounts: class.accounts });
        Ok(EffectiveSetGroup::together(groups.collect()))
    }

    /// Sorts every action for each of many accounts: what [`effective`](Self::effective) says of each, in their order,
    /// worked out together. The principal is as in [`effective_set`](Self::effective_set).
    ///
    /// # Errors
    ///
    /// As [`who_can`](Self::who_can).
    pub fn effective_each(
        &self,
        caller: &Caller,
        accounts: &[NodeId],
    ) -> Result<Vec<EffectivePermissions>, RequestError> {
        let classes = self.permission_classes(caller, accounts)?;
        let marks: FxHashMap<NodeId, usize> =
            classes.iter().flat_map(|class| class.accounts.iter().map(|account| (*account, class.mark))).collect();
        let everywhere = Everywhere::parse(caller.principal.as_deref(), &self.organization)?;
        let asked = accounts.iter().filter_map(|id| {
            let account = self.organization.node(*id).target.as_str().to_owned();
            let caller = Caller { principal: everywhere.of(&account), account, ..caller.clone() };
            Some(AskedCaller { caller, mark: *marks.get(id)? })
        });
        self.sort_actions(asked.collect())
    }

    /// Accounts that no question about all their actions tells apart.
    fn permission_classes(&self, caller: &Caller, accounts: &[NodeId]) -> Result<Vec<Class>, RequestError> {
        let request = Request {
            principal: caller.principal.clone(),
            context: caller.context.clone(),
            region: caller.region.clone(),
            beyond_catalog: caller.beyond_catalog,
            closed_context: caller.closed_context,
            ..Request::default()
        };
        let everywhere = Everywhere::parse(caller.principal.as_deref(), &self.organization)?;
        // One for each kind of names from which keys follow (CTX-46, CTX-67).
        let actions = ["another-service:another-action", "iam:another-action", "another-mcp:another-action"];
        let actions = actions.map(str::to_owned);
        let question = ManyQuestion { request: &request, caller: &everywhere, actions: &actions, every_action: true };
        self.classes(&question, accounts, false)
    }
}

impl EffectiveSetGroup {
    /// Puts groups with the same permissions together: the group with the most accounts first, accounts in the order of
    /// the tree.
    ///
    /// Needed again where a part of the permissions was taken away, so that others became equal.
    pub fn together(groups: Vec<Self>) -> Vec<Self> {
        let mut numbers: FxHashMap<Shared, usize> = FxHashMap::default();
        let mut together: Vec<Self> = Vec::new();
        for group in groups {
            let number = *numbers.entry(Shared::of(&group.permissions)).or_insert(together.len());
            match together.get_mut(number) {
                None => together.push(group),
                Some(same) => same.accounts.extend(group.accounts),
            }
        }
        for group in &mut together {
            group.accounts.sort_unstable();
        }
        together.sort_by_key(|group| (std::cmp::Reverse(group.accounts.len()), group.accounts.first().copied()));
        together
    }
}

impl Shared {
    fn of(permissions: &EffectivePermissions) -> Self {
        // Which groups of actions there are, and in what order, may follow from where statements stand.
        let mut groups: Vec<SharedGroup> = permissions.groups.iter().map(SharedGroup::of).collect();
        groups.sort_by(|a, b| (&a.actions, &a.unlisted_actions).cmp(&(&b.actions, &b.unlisted_actions)));
        Self { not_applicable: permissions.not_applicable, groups }
    }
}

impl SharedGroup {
    fn of(group: &EffectiveGroup) -> Self {
        let mut determining: Vec<(PolicyIndex, usize)> =
            group.determining.iter().map(|statement| (statement.policy, statement.statement)).collect();
        determining.sort_unstable();
        determining.dedup();
        Self {
            access: group.access,
            decision: group.decision,
            reason: group.reason,
            depends_on: group.depends_on.clone(),
            determining,
            actions: Arc::clone(&group.actions),
            unlisted_actions: Arc::clone(&group.unlisted_actions),
            future_actions_of: Arc::clone(&group.future_actions_of),
            other_services: group.other_services,
        }
    }
}
