//! How many calls a fetch needs, and how long they take at the published rates.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::operation::Operation;
use crate::options::AttachmentsBy;
use crate::rates::Rates;

/// Items on a page at most (API-30).
pub(crate) const PAGE: u64 = 20;

/// How large an organization is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sizes {
    /// Accounts.
    pub accounts: u64,
    /// Organizational units.
    pub units: u64,
    /// Policies of all types that are read, AWS's own included.
    pub policies: u64,
    /// Policy types that are read: 1 for SCPs, 2 with resource control policies.
    pub policy_types: u64,
    /// Whether tags are read.
    pub tags: bool,
    /// How attachments are read, once that is decided.
    pub attachments_by: AttachmentsBy,
    /// How often everything is read: twice where nothing changes meanwhile. Zero counts as once.
    pub passes: u64,
}

impl Sizes {
    fn nodes(&self) -> u64 {
        1 + self.units + self.accounts
    }

    /// Calls for the attachments through `ListTargetsForPolicy`: one a policy, and AWS's own policies are attached
    /// nearly everywhere.
    fn by_policy(&self) -> u64 {
        let everywhere = self.nodes().div_ceil(PAGE) * self.policy_types;
        everywhere + self.policies.saturating_sub(self.policy_types)
    }

    /// Calls for the attachments through `ListPoliciesForTarget`: one a target and policy type.
    fn by_target(&self) -> u64 {
        self.nodes() * self.policy_types
    }

    /// The way that needs fewer calls; `Policy` if there is no difference (API-38).
    pub(crate) fn fewest(&self) -> AttachmentsBy {
        if self.by_target() < self.by_policy() { AttachmentsBy::Target } else { AttachmentsBy::Policy }
    }
}

/// Calls of one operation in all passes, by estimate.
pub(crate) fn calls_of(sizes: &Sizes, operation: Operation) -> u64 {
    sizes.passes.max(1) * calls_of_pass(sizes, operation)
}

/// Calls of one operation in one pass.
fn calls_of_pass(sizes: &Sizes, operation: Operation) -> u64 {
    let way = match sizes.attachments_by {
        AttachmentsBy::Fewest => sizes.fewest(),
        way @ (AttachmentsBy::Policy | AttachmentsBy::Target) => way,
    };
    let parents = 1 + sizes.units;
    match operation {
        Operation::DescribeOrganization | Operation::ListRoots => 1,
        Operation::ListOrganizationalUnitsForParent => parents,
        // As if the accounts were spread evenly.
        Operation::ListAccountsForParent => parents * sizes.accounts.div_ceil(parents).div_ceil(PAGE).max(1),
        Operation::ListParents => 0,
        Operation::ListAccounts => sizes.accounts.div_ceil(PAGE).max(1),
        // Once at the beginning and once at the end of the pass.
        Operation::ListPolicies => {
            2 * sizes.policy_types * sizes.policies.div_ceil(sizes.policy_types.max(1)).div_ceil(PAGE).max(1)
        }
        Operation::DescribePolicy => sizes.policies,
        Operation::ListTargetsForPolicy => {
            if way == AttachmentsBy::Policy {
                sizes.by_policy()
            } else {
                0
            }
        }
        Operation::ListPoliciesForTarget => {
            if way == AttachmentsBy::Target {
                sizes.by_target()
            } else {
                0
            }
        }
        Operation::ListTagsForResource => {
            if sizes.tags {
                sizes.accounts
            } else {
                0
            }
        }
    }
}

/// What a fetch will take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// Calls by operation; those that are not needed are left out.
    pub calls: BTreeMap<Operation, u64>,
    /// How attachments would be read.
    pub attachments_by: AttachmentsBy,
    /// How long it takes at the given rates.
    pub duration: Duration,
}

impl Estimate {
    /// Estimates the calls for an organization of given sizes, and their time at given rates.
    ///
    /// Operations with different rates run side by side, so the slowest decides.
    ///
    /// ```
    /// use scproof_fetch::{AttachmentsBy, Estimate, Rates, Sizes};
    ///
    /// let sizes = Sizes { accounts: 10_000, units: 500, policies: 200, policy_types: 1, ..Sizes::default() };
    /// let estimate = Estimate::new(&sizes, &Rates::published());
    /// assert_eq!(estimate.attachments_by, AttachmentsBy::Policy);
    /// assert!(estimate.total_calls() < 3_100);
    /// assert!(estimate.duration.as_secs() < 300);
    /// ```
    pub fn new(sizes: &Sizes, rates: &Rates) -> Self {
        let attachments_by = match sizes.attachments_by {
            AttachmentsBy::Fewest => sizes.fewest(),
            way @ (AttachmentsBy::Policy | AttachmentsBy::Target) => way,
        };
        let calls: BTreeMap<Operation, u64> = Operation::ALL
            .into_iter()
            .map(|operation| (operation, calls_of(sizes, operation)))
            .filter(|&(_, calls)| calls > 0)
            .collect();
        let seconds = rates.buckets().iter().map(|bucket| {
            let sum: u64 = bucket.operations.iter().filter_map(|operation| calls.get(operation)).sum();
            #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
            let sum = sum.saturating_sub(u64::from(bucket.burst)) as f64;
            sum / (bucket.per_second * f64::from(rates.percent()) / 100.0)
        });
        let duration = Duration::try_from_secs_f64(seconds.fold(0.0, f64::max)).unwrap_or(Duration::MAX);
        Self { calls, attachments_by, duration }
    }

    /// The sum over all operations.
    pub fn total_calls(&self) -> u64 {
        self.calls.values().sum()
    }
}

/// The least-privilege IAM policy for a fetch: everything that it calls, nothing that writes (API-45).
///
/// ```
/// let policy = scproof_fetch::iam_policy(false);
/// assert!(policy.contains("organizations:ListTargetsForPolicy") && !policy.contains("Tags"));
/// ```
pub fn iam_policy(tags: bool) -> String {
    let actions: Vec<String> = Operation::ALL
        .into_iter()
        .filter(|&operation| tags || operation != Operation::ListTagsForResource)
        .map(|operation| format!("        \"{}\"", operation.permission()))
        .collect();
    format!(
        "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {{\n      \"Sid\": \"ScproofFetch\",\n      \
         \"Effect\": \"Allow\",\n      \"Action\": [\n{}\n      ],\n      \"Resource\": \"*\"\n    }}\n  ]\n}}\n",
        actions.join(",\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_38_many_policies_on_few_targets_are_read_by_target() {
        let sizes = Sizes { accounts: 10, units: 4, policies: 100, policy_types: 1, ..Sizes::default() };
        assert_eq!(sizes.fewest(), AttachmentsBy::Target);
        let sizes = Sizes { accounts: 60, units: 12, policies: 20, policy_types: 2, ..Sizes::default() };
        assert_eq!(sizes.fewest(), AttachmentsBy::Policy);
    }

    #[test]
    fn the_policy_is_json_with_every_operation_but_none_that_writes() {
        let policy: serde_json::Value = serde_json::from_str(&iam_policy(true)).unwrap();
        let actions = policy["Statement"][0]["Action"].as_array().unwrap();
        assert_eq!(actions.len(), Operation::ALL.len());
        for action in actions {
            let action = action.as_str().unwrap();
            assert!(
                action.starts_with("organizations:List") || action.starts_with("organizations:Describe"),
                "{action}"
            );
        }
    }
}
