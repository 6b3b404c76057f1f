//! The snapshot format `scproof-inventory/1`: what AWS returned, nothing resolved.
//!
//! Member names are AWS's own. Identifiers are kept as text here, so that a snapshot with faults can still be named
//! part by part; [`Organization`](crate::Organization) holds the checked ones.

use serde::{Deserialize, Serialize};

/// The `Format` of the snapshots that this version reads and writes.
pub const FORMAT: &str = "scproof-inventory/1";

/// A snapshot of an organization, as described in `docs/snapshot-format.md`.
///
/// Members that the format does not know are ignored when reading. Lists keep the order they were read in; saving sorts
/// them. Optional members are `None` or empty when missing or `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Inventory {
    /// Always [`FORMAT`].
    pub format: String,
    /// When reading began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Timestamp>,
    /// When reading ended; a snapshot is not atomic (API-41).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// A moment at which everything in the snapshot was true at once, except what is `unreadable`; missing where
    /// nobody knows of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consistent_at: Option<Timestamp>,
    /// Where it came from, such as the endpoint's host name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// As `DescribeOrganization` returns it.
    pub organization: OrganizationRecord,
    /// As `ListRoots` returns them: exactly one in a valid snapshot.
    pub roots: Vec<RootRecord>,
    /// As `ListOrganizationalUnitsForParent` returns them, with the parent.
    pub organizational_units: Vec<OuRecord>,
    /// As `ListAccountsForParent` returns them, with the parent.
    pub accounts: Vec<AccountRecord>,
    /// As `ListPolicies` returns them, with the content from `DescribePolicy`.
    pub policies: Vec<PolicyRecord>,
    /// Which policy is attached directly to which target.
    pub attachments: Vec<AttachmentRecord>,
    /// What could not be read; unknown, not empty (API-42).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableRecord>,
    /// Ids that nobody has chosen yet: of things that were written by name, or that are still to be created. What a
    /// policy says of such an id is unknown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub made_up: Vec<String>,
    /// Where in its source each thing stands, if it was not read from AWS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<OriginRecord>,
    /// What is to be known of all answers: what the source lacks, what was assumed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Inventory {
    /// An inventory of the given organization with nothing in it yet.
    pub fn new(organization: OrganizationRecord) -> Self {
        Self {
            format: FORMAT.to_owned(),
            taken_at: None,
            finished_at: None,
            consistent_at: None,
            source: None,
            organization,
            roots: Vec::new(),
            organizational_units: Vec::new(),
            accounts: Vec::new(),
            policies: Vec::new(),
            attachments: Vec::new(),
            unreadable: Vec::new(),
            made_up: Vec::new(),
            origins: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Brings every list into the order of a saved snapshot: by id, attachments by target and policy.
    pub fn sort(&mut self) {
        self.roots.sort();
        for root in &mut self.roots {
            if let Some(types) = &mut root.policy_types {
                types.sort();
            }
        }
        self.organizational_units.sort();
        for account in &mut self.accounts {
            account.tags.sort();
            account.paths.sort();
        }
        self.accounts.sort();
        self.policies.sort();
        self.attachments.sort();
        self.unreadable.sort();
        self.made_up.sort();
        self.origins.sort();
    }
}

/// A point in time: the CLI prints ISO 8601, the wire has seconds since 1970 (API-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Timestamp {
    /// The text as given, usually ISO 8601.
    Text(String),
    /// Seconds since 1970-01-01 UTC, perhaps with a fraction.
    Seconds(serde_json::Number),
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Seconds(seconds) => write!(f, "{seconds}"),
        }
    }
}

/// The organization itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OrganizationRecord {
    /// Such as `o-exampleorg1` (ID-1).
    pub id: String,
    /// The organization's ARN; tells the partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// `ALL` or `CONSOLIDATED_BILLING` (EXM-1).
    pub feature_set: String,
    /// The management account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_account_id: Option<String>,
    /// The management account's ARN; used if the id is missing (API-29).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_account_arn: Option<String>,
}

/// The root of the tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RootRecord {
    /// Such as `r-ab12` (ID-2).
    pub id: String,
    /// The root's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Usually `Root`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The policy types that are enabled. `None` means that service control policies are; an empty list, that they are
    /// not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_types: Option<Vec<PolicyTypeRecord>>,
}

/// One policy type of a root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyTypeRecord {
    /// Such as `SERVICE_CONTROL_POLICY`.
    #[serde(rename = "Type")]
    pub policy_type: String,
    /// `ENABLED`, `PENDING_ENABLE` or `PENDING_DISABLE` (API-28).
    pub status: String,
}

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OuRecord {
    /// Such as `ou-ab12-prod0001` (ID-3).
    pub id: String,
    /// The unit's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The name people use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The root or unit above.
    pub parent_id: String,
    /// AWS's own idea of the place in the tree (API-27); compared with `ParentId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccountRecord {
    /// Twelve digits, as a string (ID-4).
    pub id: String,
    /// The account's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The name people use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The root user's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Such as `ACTIVE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The older form of `State`; used if that is missing (API-26).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The root or unit that holds the account.
    pub parent_id: String,
    /// The account's tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// AWS's own idea of the place in the tree (API-27); compared with `ParentId`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// The tag's key, case kept.
    pub key: String,
    /// The tag's value, may be empty.
    pub value: String,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyRecord {
    /// Such as `p-FullAWSAccess` (ID-5).
    pub id: String,
    /// The policy's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The name people use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `SERVICE_CONTROL_POLICY`, `RESOURCE_CONTROL_POLICY` or one of the types that are ignored (API-4).
    #[serde(rename = "Type")]
    pub policy_type: String,
    /// Whether AWS wrote it. If missing, the ARN tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_managed: Option<bool>,
    /// The exact text as stored; quotas count its characters (API-24). An object is read as its text without white
    /// space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// One direct attachment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachmentRecord {
    /// The root, unit or account.
    pub target_id: String,
    /// The policy.
    pub policy_id: String,
}

/// Where something stands in the source that a snapshot was made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OriginRecord {
    /// The id of a root, unit, account or policy.
    pub id: String,
    /// The place in words of the source, such as `organization.yaml:12:5` or the address of a resource.
    pub place: String,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UnreadableRecord {
    /// The id that the call was about: a target, a parent, or a policy. Missing if the call names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// The call that failed, such as `ListPoliciesForTarget`.
    pub operation: String,
    /// The policy type that the call asked for, if it was not `SERVICE_CONTROL_POLICY`: SCPs are then not concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_type: Option<String>,
    /// AWS's name of the error, such as `AccessDeniedException`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
