//! What two passes do not agree about, and a snapshot that leaves it open.

use std::collections::{BTreeMap, BTreeSet};

use scproof_organization::{AccountRecord, Inventory, OuRecord, PolicyRecord, UnreadableRecord};

use crate::api::SCP;
use crate::error::FetchError;
use crate::operation::Operation;

/// The error of what changed while it was read.
const CHANGED: &str = "ChangedWhileRead";

/// What two passes do not agree about.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Differences {
    /// Whether SCPs are in force at all: the features of the organization, the policy types of its root.
    organization: bool,
    /// Units, accounts and policies whose records differ, or that one pass alone has.
    units: BTreeSet<String>,
    accounts: BTreeSet<String>,
    policies: BTreeSet<String>,
    /// Targets with another policy attached.
    targets: BTreeSet<String>,
    /// Something was readable in one pass only.
    unreadable: bool,
}

impl Differences {
    pub(super) fn between(before: &Inventory, now: &Inventory) -> Self {
        let attachments = |inventory: &Inventory| {
            let pairs = inventory.attachments.iter().map(|entry| (entry.target_id.clone(), entry.policy_id.clone()));
            pairs.collect::<BTreeSet<(String, String)>>()
        };
        let (earlier, later) = (attachments(before), attachments(now));
        Self {
            organization: before.organization != now.organization || before.roots != now.roots,
            units: differing(&before.organizational_units, &now.organizational_units, |unit| &unit.id, OuRecord::eq),
            accounts: differing(&before.accounts, &now.accounts, |account| &account.id, same_account),
            policies: differing(&before.policies, &now.policies, |policy| &policy.id, PolicyRecord::eq),
            targets: earlier.symmetric_difference(&later).map(|(target, _)| target.clone()).collect(),
            unreadable: before.unreadable != now.unreadable,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The items, for a message.
    pub(super) fn names(&self) -> Vec<String> {
        let items = [&self.targets, &self.policies, &self.accounts, &self.units].into_iter().flatten();
        let mut names: Vec<String> = Vec::new();
        for item in items {
            if !names.contains(item) {
                names.push(item.clone());
            }
        }
        if self.organization {
            names.push("the organization".to_owned());
        }
        if names.is_empty() && self.unreadable {
            names.push("permissions".to_owned());
        }
        names
    }

    /// What the passes agree about, and the rest as what could not be read: where a policy is attached, what it says,
    /// where an account is. Of what else differs – names, states, tags – the snapshot has what the last pass has read,
    /// and says that it may be otherwise.
    ///
    /// # Errors
    ///
    /// If they do not even agree about whether SCPs are in force.
    pub(super) fn leave_open(&self, before: &Inventory, now: Inventory) -> Result<Inventory, FetchError> {
        if self.organization {
            return Err(FetchError::Inconsistent {
                what: vec!["features or policy types were enabled or disabled while reading".to_owned()],
            });
        }
        let mut open = now;
        let mut unreadable: BTreeSet<UnreadableRecord> = BTreeSet::new();
        unreadable.extend(before.unreadable.iter().cloned());
        unreadable.extend(open.unreadable.iter().cloned());

        let types: BTreeMap<&str, &str> = before
            .policies
            .iter()
            .chain(&open.policies)
            .map(|policy| (policy.id.as_str(), policy.policy_type.as_str()))
            .collect();
        let mut here = BTreeSet::new();
        for (one, other) in [(before, &open), (&open, before)] {
            let others: BTreeSet<_> = other.attachments.iter().collect();
            for entry in one.attachments.iter().filter(|entry| !others.contains(entry)) {
                let policy_type = types.get(entry.policy_id.as_str()).copied().unwrap_or(SCP);
                here.insert((entry.target_id.clone(), policy_type.to_owned()));
            }
        }
        let both: BTreeSet<_> = before.attachments.iter().collect();
        let attachments = open.attachments.iter().filter(|entry| both.contains(entry)).cloned().collect();
        open.attachments = attachments;
        unreadable.extend(here.into_iter().map(|(target, policy_type)| {
            let policy_type = Some(policy_type).filter(|name| name != SCP);
            changed(Operation::ListPoliciesForTarget.as_str(), Some(target), policy_type)
        }));

        // A policy that one pass alone has is there, and says nobody knows what.
        let known: BTreeSet<&String> = open.policies.iter().map(|policy| &policy.id).collect();
        let gone: Vec<PolicyRecord> =
            before.policies.iter().filter(|policy| !known.contains(&policy.id)).cloned().collect();
        open.policies.extend(gone);
        for policy in open.policies.iter_mut().filter(|policy| self.policies.contains(&policy.id)) {
            policy.content = None;
            unreadable.insert(changed(Operation::DescribePolicy.as_str(), Some(policy.id.clone()), None));
        }

        let root = open.roots.first().map(|root| root.id.clone()).unwrap_or_default();
        let parents: BTreeMap<&str, &str> = before
            .accounts
            .iter()
            .map(|account| (account.id.as_str(), account.parent_id.as_str()))
            .chain(before.organizational_units.iter().map(|unit| (unit.id.as_str(), unit.parent_id.as_str())))
            .collect();
        for account in &mut open.accounts {
            if parents.get(account.id.as_str()) != Some(&account.parent_id.as_str()) {
                account.parent_id.clone_from(&root);
                account.paths.clear();
                unreadable.insert(changed(Operation::ListParents.as_str(), Some(account.id.clone()), None));
            } else if self.accounts.contains(&account.id) {
                unreadable.insert(changed("DescribeAccount", Some(account.id.clone()), None));
            }
        }
        for unit in &mut open.organizational_units {
            if parents.get(unit.id.as_str()) != Some(&unit.parent_id.as_str()) {
                unit.parent_id.clone_from(&root);
                unit.path = None;
                unreadable.insert(changed(Operation::ListParents.as_str(), Some(unit.id.clone()), None));
            } else if self.units.contains(&unit.id) {
                unreadable.insert(changed("DescribeOrganizationalUnit", Some(unit.id.clone()), None));
            }
        }
        let known: BTreeSet<&String> = open.organizational_units.iter().map(|unit| &unit.id).collect();
        for unit in before.organizational_units.iter().filter(|unit| !known.contains(&unit.id)) {
            let operation = Operation::ListOrganizationalUnitsForParent.as_str();
            unreadable.insert(changed(operation, Some(unit.parent_id.clone()), None));
        }
        let ids = |inventory: &Inventory| -> BTreeSet<String> {
            inventory.accounts.iter().map(|account| account.id.clone()).collect()
        };
        if ids(before) != ids(&open) {
            // One that has left may be a member still, and the other way round.
            unreadable.insert(changed(Operation::ListAccounts.as_str(), None, None));
        }

        let present: BTreeSet<&str> = open
            .roots
            .iter()
            .map(|root| root.id.as_str())
            .chain(open.organizational_units.iter().map(|unit| unit.id.as_str()))
            .chain(open.accounts.iter().map(|account| account.id.as_str()))
            .chain(open.policies.iter().map(|policy| policy.id.as_str()))
            .collect();
        unreadable.retain(|entry| entry.target_id.as_deref().is_none_or(|id| present.contains(id)));
        open.unreadable = unreadable.into_iter().collect();
        Ok(open)
    }
}

fn changed(operation: &str, target_id: Option<String>, policy_type: Option<String>) -> UnreadableRecord {
    UnreadableRecord { target_id, operation: operation.to_owned(), policy_type, error: Some(CHANGED.to_owned()) }
}

/// The ids of records that differ, or that one list alone has.
fn differing<'r, T>(
    before: &'r [T],
    now: &'r [T],
    id: impl Fn(&'r T) -> &'r String,
    same: impl Fn(&T, &T) -> bool,
) -> BTreeSet<String> {
    let mut earlier: BTreeMap<&String, &T> = before.iter().map(|record| (id(record), record)).collect();
    let mut found = BTreeSet::new();
    for record in now {
        if !earlier.remove(id(record)).is_some_and(|before| same(before, record)) {
            found.insert(id(record).clone());
        }
    }
    found.extend(earlier.into_keys().cloned());
    found
}

/// AWS's own path of an account that moved is kept only if it fits (`settle/places.rs`): where one pass has none, the
/// parent says the same.
fn same_account(before: &AccountRecord, now: &AccountRecord) -> bool {
    let paths = before.paths == now.paths || before.paths.is_empty() || now.paths.is_empty();
    let without = |record: &AccountRecord| AccountRecord { paths: Vec::new(), ..record.clone() };
    paths && without(before) == without(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An organization of one unit and one account, after a change of its text.
    fn inventory(change: impl Fn(String) -> String) -> Inventory {
        let text = r#"{"Format": "scproof-inventory/1", "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL"},
          "Roots": [{"Id": "r-ab12"}],
          "OrganizationalUnits": [{"Id": "ou-ab12-prod0001", "ParentId": "r-ab12"}],
          "Accounts": [{"Id": "222222222222", "ParentId": "ou-ab12-prod0001"}],
          "Policies": [
            {"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "Content": "one"},
            {"Id": "p-guardrail1", "Type": "RESOURCE_CONTROL_POLICY", "Content": "{}"}],
          "Attachments": [
            {"TargetId": "r-ab12", "PolicyId": "p-FullAWSAccess"},
            {"TargetId": "ou-ab12-prod0001", "PolicyId": "p-FullAWSAccess"},
            {"TargetId": "ou-ab12-prod0001", "PolicyId": "p-guardrail1"},
            {"TargetId": "222222222222", "PolicyId": "p-FullAWSAccess"}]}"#;
        Inventory::from_json(&change(text.to_owned())).unwrap()
    }

    fn unreadable(inventory: &Inventory) -> Vec<String> {
        inventory
            .unreadable
            .iter()
            .map(|entry| {
                let of = [&entry.target_id, &entry.policy_type].into_iter().flatten().cloned().collect::<Vec<_>>();
                format!("{} {}", entry.operation, of.join(" "))
            })
            .collect()
    }

    #[test]
    fn equal_passes_have_no_differences() {
        assert!(Differences::between(&inventory(|text| text), &inventory(|text| text)).is_empty());
    }

    /// Each change, either way round: what differs is open, and nothing else.
    #[test]
    fn api_41_what_differs_is_left_open() {
        for (from, to, expected) in [
            (r#""Content": "one""#, r#""Content": "two""#, &["DescribePolicy p-FullAWSAccess"][..]),
            (
                r#"{"TargetId": "ou-ab12-prod0001", "PolicyId": "p-FullAWSAccess"},"#,
                "",
                &["ListPoliciesForTarget ou-ab12-prod0001"],
            ),
            (
                r#"{"TargetId": "ou-ab12-prod0001", "PolicyId": "p-guardrail1"},"#,
                "",
                &["ListPoliciesForTarget ou-ab12-prod0001 RESOURCE_CONTROL_POLICY"],
            ),
            (
                r#""222222222222", "ParentId": "ou-ab12-prod0001""#,
                r#""222222222222", "ParentId": "r-ab12""#,
                &["ListParents 222222222222"],
            ),
            (
                r#""Id": "222222222222", "#,
                r#""Id": "222222222222", "State": "SUSPENDED", "#,
                &["DescribeAccount 222222222222"],
            ),
            (r#""Id": "r-ab12"}"#, r#""Id": "r-ab12", "Name": "Root"}"#, &[]),
        ] {
            let (one, other) = (inventory(|text| text), inventory(|text| text.replacen(from, to, 1)));
            for (before, now) in [(&one, &other), (&other, &one)] {
                let differences = Differences::between(before, now);
                assert!(!differences.is_empty(), "{to}");
                let open = differences.leave_open(before, now.clone());
                if expected.is_empty() {
                    assert!(matches!(open, Err(FetchError::Inconsistent { .. })));
                    continue;
                }
                assert_eq!(unreadable(&open.unwrap()), expected, "{to}");
            }
        }
    }

    #[test]
    fn a_policy_and_a_unit_that_one_pass_has_alone() {
        let with = inventory(|text| {
            let text = text.replacen(
                r#""Policies": ["#,
                r#""Policies": [{"Id": "p-newpolicy", "Type": "SERVICE_CONTROL_POLICY", "Content": "{}"},"#,
                1,
            );
            let unit = r#"{"Id": "ou-ab12-prod0001", "ParentId": "r-ab12"}"#;
            text.replacen(unit, &format!(r#"{unit}, {{"Id": "ou-ab12-test0001", "ParentId": "r-ab12"}}"#), 1)
        });
        let without = inventory(|text| text);
        let open = Differences::between(&without, &with).leave_open(&without, with.clone()).unwrap();
        assert_eq!(unreadable(&open), ["ListParents ou-ab12-test0001", "DescribePolicy p-newpolicy"]);
        let open = Differences::between(&with, &without).leave_open(&with, without).unwrap();
        assert_eq!(unreadable(&open), ["DescribePolicy p-newpolicy", "ListOrganizationalUnitsForParent r-ab12"]);
        assert!(open.policies.iter().any(|policy| policy.id == "p-newpolicy" && policy.content.is_none()));
    }

    #[test]
    fn an_account_that_one_pass_has_alone() {
        let with = inventory(|text| {
            let account = r#"{"Id": "222222222222", "ParentId": "ou-ab12-prod0001"}"#;
            text.replacen(account, &format!(r#"{account}, {{"Id": "333333333333", "ParentId": "r-ab12"}}"#), 1)
        });
        let without = inventory(|text| text);
        let open = Differences::between(&without, &with).leave_open(&without, with.clone()).unwrap();
        assert_eq!(unreadable(&open), ["ListAccounts ", "ListParents 333333333333"]);
        let open = Differences::between(&with, &without).leave_open(&with, without).unwrap();
        assert_eq!(unreadable(&open), ["ListAccounts "]);
    }
}
