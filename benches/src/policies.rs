//! Policies as companies write them, each theme in endless variations.

mod statements;

use serde_json::{Value, json};

use scproof_testkit::Random;

/// What a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Theme {
    /// Work happens in some regions only, global services excepted.
    RegionLock,
    /// Nobody works as root user.
    DenyRoot,
    /// Nobody stops the audit trail.
    ProtectTrail,
    /// Nobody stops what watches for threats and drift.
    ProtectDetection,
    /// Accounts stay in the organization.
    StayInOrganization,
    /// Nobody edits the roles that guard the account.
    ProtectRoles,
    /// What is created carries tags.
    RequireTags,
    /// Tags of the organization are not edited by teams.
    ProtectTags,
    /// Data stays inside.
    DataPerimeter,
    /// Calls come from known networks.
    NetworkPerimeter,
    /// Destruction needs a second factor.
    RequireMfa,
    /// Machines and disks are small.
    SmallMachines,
    /// Nothing is public, everything is encrypted.
    StorageBaseline,
    /// Teams keep to what carries their name.
    TeamNamespaces,
    /// Nobody buys commitments.
    NoPurchases,
    /// Nothing changes at certain times.
    Freeze,
    /// Network gear belongs to the network team.
    ProtectNetwork,
    /// Only one role may act.
    Quarantine,
    /// An allow list of services.
    AllowServices,
    /// An allow list with conditions and resources.
    AllowConditionally,
}

impl Theme {
    /// The themes that deny, from the most to the least usual.
    pub const GUARDS: [Self; 18] = [
        Self::RegionLock,
        Self::DenyRoot,
        Self::ProtectTrail,
        Self::StayInOrganization,
        Self::ProtectDetection,
        Self::ProtectRoles,
        Self::StorageBaseline,
        Self::RequireTags,
        Self::DataPerimeter,
        Self::RequireMfa,
        Self::SmallMachines,
        Self::ProtectNetwork,
        Self::NoPurchases,
        Self::TeamNamespaces,
        Self::ProtectTags,
        Self::NetworkPerimeter,
        Self::Freeze,
        Self::Quarantine,
    ];

    /// The themes that take the place of `FullAWSAccess`.
    pub const ALLOW_LISTS: [Self; 2] = [Self::AllowServices, Self::AllowConditionally];

    /// A name as people give it.
    pub fn name(self) -> &'static str {
        match self {
            Self::RegionLock => "region-lock",
            Self::DenyRoot => "deny-root",
            Self::ProtectTrail => "protect-trail",
            Self::ProtectDetection => "protect-detection",
            Self::StayInOrganization => "stay-in-organization",
            Self::ProtectRoles => "protect-roles",
            Self::RequireTags => "require-tags",
            Self::ProtectTags => "protect-tags",
            Self::DataPerimeter => "data-perimeter",
            Self::NetworkPerimeter => "network-perimeter",
            Self::RequireMfa => "require-mfa",
            Self::SmallMachines => "small-machines",
            Self::StorageBaseline => "storage-baseline",
            Self::TeamNamespaces => "team-namespaces",
            Self::NoPurchases => "no-purchases",
            Self::Freeze => "freeze",
            Self::ProtectNetwork => "protect-network",
            Self::Quarantine => "quarantine",
            Self::AllowServices => "allow-services",
            Self::AllowConditionally => "allow-conditionally",
        }
    }
}

/// The text of a policy on a theme: sometimes indented, sometimes not, always within the quota.
///
/// ```
/// use scproof_benches::{Random, Theme, policy_text};
/// let text = policy_text(Theme::RegionLock, &mut Random::new(1));
/// assert!(text.contains("aws:RequestedRegion") && text.len() < 10_240);
/// ```
pub fn policy_text(theme: Theme, random: &mut Random) -> String {
    let statements = statements_of(theme, random);
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    if random.chance(60) { format!("{document:#}") } else { document.to_string() }
}

/// The statements of a policy on a theme.
pub(crate) fn statements_of(theme: Theme, random: &mut Random) -> Vec<Value> {
    match statements::of(theme, random) {
        Value::Array(statements) => statements,
        one @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => vec![one],
    }
}
