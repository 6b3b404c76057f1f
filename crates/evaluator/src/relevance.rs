//! What a verdict can rest on: which facts of a call the policies on an account's path look at. Two calls that agree in
//! these have the same verdict, so that it is worked out once for both.

use std::collections::BTreeSet;

use scproof_organization::Organization;

use crate::chain::PathId;
use crate::compile::{CompiledOrganization, Slot};
use crate::keys::{self, KeyRow, Law, Model};
use crate::principal::{Principal, PrincipalKind};
use crate::request::{Context, Request};

/// Keys that say something of each other (K.4): where one of them is asked about, all of them matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Network,
    Chain,
    Tags,
    Caller,
    Mfa,
    Owner,
    Time,
}

impl Family {
    fn bit(self) -> u8 {
        1 << (self as u8)
    }

    fn of(folded: &str, row: Option<&KeyRow>) -> Option<Self> {
        let Some(row) = row else { return (folded == "s3:resourceaccount").then_some(Self::Owner) };
        match row.law {
            Law::SourceAddress | Law::Endpoint | Law::EndpointOwner => Some(Self::Network),
            Law::ViaService | Law::CalledVia | Law::CalledViaFirst | Law::CalledViaLast => Some(Self::Chain),
            Law::RequestTag | Law::TagKeys => Some(Self::Tags),
            Law::PrincipalTag | Law::RoleSession | Law::AssumedSession => Some(Self::Caller),
            Law::MfaPresent | Law::MfaAge => Some(Self::Mfa),
            Law::None => match row.model {
                Model::ResourceAccount | Model::ResourceOrgId | Model::ResourceOrgPaths => Some(Self::Owner),
                Model::CurrentTime | Model::EpochTime => Some(Self::Time),
                Model::PrincipalAccount
                | Model::PrincipalArn
                | Model::PrincipalType
                | Model::UserId
                | Model::UserName
                | Model::AssumedRoot
                | Model::FederatedProvider
                | Model::TokenIssueTime => Some(Self::Caller),
                Model::Unknown
                | Model::PrincipalOrgId
                | Model::PrincipalOrgPaths
                | Model::PrincipalIsAwsService
                | Model::ServicePrincipalOnly
                | Model::IsMcpServiceAction
                | Model::RequestedRegion => None,
            },
        }
    }
}

/// Which facts of the calls of an action by an account some policy looks at.
///
/// ```
/// use scproof_evaluator::{CompiledOrganization, Context, EvaluationOptions, Request};
/// # let organization = scproof_organization::Organization::load("../../fixtures/organizations/example.json")?;
/// let compiled = CompiledOrganization::compile(organization, EvaluationOptions::default());
/// let relevance = compiled.relevance("shop", "ec2:StopInstances");
/// assert!(relevance.has_key("aws:RequestedRegion", true) && !relevance.has_key("aws:UserAgent", true));
/// let request = Request::new("shop", "ec2:StopInstances").with_context(Context::new().with("aws:UserAgent", "a"));
/// assert_eq!(relevance.reduced(&request), Request::new("shop", "ec2:StopInstances"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relevance {
    /// In lower case.
    keys: BTreeSet<Box<str>>,
    families: u8,
    resources: bool,
}

impl CompiledOrganization {
    /// What the verdict on the calls of an action by an account can rest on, besides who calls. `O(statements on the
    /// path of the account)`. Nothing, if the account or the action cannot be understood.
    pub fn relevance(&self, account: &str, action: &str) -> Relevance {
        let organization: &Organization = &self.organization;
        let node = organization.resolve_account(account.trim()).ok();
        let path = node.and_then(|node| self.chain.path_of(node)).unwrap_or(PathId::NONE);
        let action = action.to_ascii_lowercase();
        let concerned = self.concerned(&action, &self.cell_of(&action, path, None), path, None, &[]);
        let mut relevance = Relevance { resources: !concerned.resources.is_empty(), ..Relevance::default() };
        for (slot, _) in self.slots.iter().zip(&concerned.slots).filter(|(_, is_concerned)| **is_concerned) {
            relevance.add(slot);
        }
        relevance
    }
}

impl Relevance {
    fn add(&mut self, slot: &Slot) {
        self.keys.insert(slot.folded.clone());
        let family = Family::of(&slot.folded, slot.row);
        self.families |= family.map_or(0, Family::bit);
        // The owner follows from the resource, and in which checks such a key is depends on their resources (CALL-7).
        self.resources |= slot.differs_by_check || family == Some(Family::Owner);
    }

    /// What matters to either of two organizations.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        self.keys.extend(other.keys.iter().cloned());
        self.families |= other.families;
        self.resources |= other.resources;
        self
    }

    /// Whether the resources matter.
    pub fn has_resources(&self) -> bool {
        self.resources
    }

    /// Whether the Region that is called matters.
    pub fn has_region(&self) -> bool {
        self.keys.contains("aws:requestedregion")
    }

    /// Whether the time of the call matters.
    pub fn has_time(&self) -> bool {
        self.families & Family::Time.bit() != 0
    }

    /// Whether a key matters, be it by what follows from it for others. `is_caller_known`: the question says who calls,
    /// and its kind, so that nothing about the caller follows from keys.
    pub fn has_key(&self, key: &str, is_caller_known: bool) -> bool {
        let folded = key.to_ascii_lowercase();
        if self.keys.contains(folded.as_str()) || self.has_under_other_folding(&folded) {
            return true;
        }
        let Some(family) = Family::of(&folded, keys::find(&folded)) else { return false };
        let follows = family != Family::Caller
            || !is_caller_known
            || matches!(folded.as_str(), "aws:assumedroot" | "aws:principalarn");
        follows && self.families & family.bit() != 0
    }

    /// GEN-7.
    fn has_under_other_folding(&self, folded: &str) -> bool {
        let lower = folded.to_lowercase();
        keys::is_tag_key(folded) && self.keys.iter().any(|key| !key.is_ascii() && key.to_lowercase() == lower)
    }

    /// The question without facts that no policy looks at: its verdict is the same, unless the facts break a law.
    #[must_use]
    pub fn reduced(&self, request: &Request) -> Request {
        let kind = request.principal.as_deref().and_then(|text| Principal::parse(text).ok()).map(|it| it.kind);
        let is_caller_known = matches!(
            kind,
            Some(
                PrincipalKind::Root | PrincipalKind::User(_) | PrincipalKind::Role { .. } | PrincipalKind::Federated(_)
            )
        );
        let context = |context: &Context| {
            let mut kept = Context::new();
            for (key, value) in context.iter().filter(|(key, _)| self.has_key(key, is_caller_known)) {
                kept.insert(key, value.clone());
            }
            kept
        };
        let mut reduced = Request {
            account: request.account.clone(),
            principal: request.principal.clone(),
            action: request.action.clone(),
            context: context(&request.context),
            region: request.region.clone().filter(|_| self.has_region()),
            beyond_catalog: request.beyond_catalog,
            closed_context: request.closed_context,
            ..Request::default()
        };
        if self.resources {
            reduced.resources_complete = request.resources_complete;
            reduced.resources.clone_from(&request.resources);
            for input in &mut reduced.resources {
                input.context = context(&input.context);
            }
        }
        reduced
    }
}
