//! The calls that a snapshot is made of.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A read operation of AWS Organizations (API-12 to API-21). Nothing here writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Operation {
    /// The organization itself (API-12).
    DescribeOrganization,
    /// The root, with the policy types that are enabled (API-13).
    ListRoots,
    /// The units directly below a root or unit (API-14).
    ListOrganizationalUnitsForParent,
    /// The accounts directly below a root or unit (API-15).
    ListAccountsForParent,
    /// The parent of an account or unit: only for items whose place is in doubt.
    ListParents,
    /// All accounts, wherever they are (API-16).
    ListAccounts,
    /// All policies of a type, without their texts (API-17).
    ListPolicies,
    /// The text of a policy (API-18).
    DescribePolicy,
    /// Where a policy is attached (API-19).
    ListTargetsForPolicy,
    /// Which policies are attached to a target (API-20).
    ListPoliciesForTarget,
    /// The tags of an account (API-21).
    ListTagsForResource,
}

impl Operation {
    /// Every operation, in the order in which a snapshot needs them.
    pub const ALL: [Self; 11] = [
        Self::DescribeOrganization,
        Self::ListRoots,
        Self::ListOrganizationalUnitsForParent,
        Self::ListAccountsForParent,
        Self::ListParents,
        Self::ListAccounts,
        Self::ListPolicies,
        Self::DescribePolicy,
        Self::ListTargetsForPolicy,
        Self::ListPoliciesForTarget,
        Self::ListTagsForResource,
    ];

    /// AWS's name of the operation, such as `ListRoots`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DescribeOrganization => "DescribeOrganization",
            Self::ListRoots => "ListRoots",
            Self::ListOrganizationalUnitsForParent => "ListOrganizationalUnitsForParent",
            Self::ListAccountsForParent => "ListAccountsForParent",
            Self::ListParents => "ListParents",
            Self::ListAccounts => "ListAccounts",
            Self::ListPolicies => "ListPolicies",
            Self::DescribePolicy => "DescribePolicy",
            Self::ListTargetsForPolicy => "ListTargetsForPolicy",
            Self::ListPoliciesForTarget => "ListPoliciesForTarget",
            Self::ListTagsForResource => "ListTagsForResource",
        }
    }

    /// The IAM action that allows it, such as `organizations:ListRoots` (API-45).
    pub fn permission(self) -> String {
        format!("organizations:{}", self.as_str())
    }

    /// Whether it gives a list in pages.
    pub fn is_list(self) -> bool {
        !matches!(self, Self::DescribeOrganization | Self::DescribePolicy)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
