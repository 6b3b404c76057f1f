//! Ids for things that AWS has not created yet.

use super::Draft;
use crate::id::{AccountId, OuId, PolicyId, Target};

impl Draft {
    /// A well-formed policy id that nothing has and that is not taken, such as `p-new0000001` (ID-5). The same draft
    /// always gives the same one.
    pub fn made_up_policy_id(&self, taken: impl Fn(&PolicyId) -> bool) -> PolicyId {
        self.next_policy_id(&mut 0, taken)
    }

    /// As [`made_up_policy_id`](Self::made_up_policy_id), after a number, which is moved on.
    pub(super) fn next_policy_id(&self, number: &mut u64, taken: impl Fn(&PolicyId) -> bool) -> PolicyId {
        loop {
            *number += 1;
            let id = PolicyId::from_checked(&format!("p-new{number:07}"));
            if self.find_policy(&id).is_none() && !taken(&id) {
                return id;
            }
        }
    }

    /// A well-formed unit id that nothing has and that is not taken, such as `ou-ab12-new00001` (ID-3).
    pub fn made_up_unit_id(&self, taken: impl Fn(&OuId) -> bool) -> OuId {
        self.next_unit_id(&mut 0, taken)
    }

    /// As [`made_up_unit_id`](Self::made_up_unit_id), after a number, which is moved on.
    pub(super) fn next_unit_id(&self, number: &mut u64, taken: impl Fn(&OuId) -> bool) -> OuId {
        let root = self.node(self.root()).target.as_str();
        let root = root.strip_prefix("r-").unwrap_or(root);
        loop {
            *number += 1;
            let id = OuId::from_checked(&format!("ou-{root}-new{number:05}"));
            if self.find_node(&Target::Ou(id.clone())).is_none() && !taken(&id) {
                return id;
            }
        }
    }

    /// A well-formed account id that no account of the organization has and that is not taken, such as `000000000001`
    /// (ID-4).
    pub fn made_up_account_id(&self, taken: impl Fn(&AccountId) -> bool) -> AccountId {
        self.next_account_id(&mut 0, taken)
    }

    /// As [`made_up_account_id`](Self::made_up_account_id), after a number, which is moved on.
    pub(super) fn next_account_id(&self, number: &mut u64, taken: impl Fn(&AccountId) -> bool) -> AccountId {
        loop {
            *number += 1;
            let id = AccountId::from_number(*number);
            let known = self.find_node(&Target::Account(id)).is_some() || self.management_account() == Some(id);
            if !known && !taken(&id) {
                return id;
            }
        }
    }
}
