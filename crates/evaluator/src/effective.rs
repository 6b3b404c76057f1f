//! What an account can do at most: every action, known or not, in a handful of groups (H.4, K3-18).

use std::collections::BTreeMap;
use std::sync::Arc;

use scproof_catalog::{ActionId, is_checked_elsewhere, single_endpoint_region, single_endpoint_services};
use scproof_organization::NodeId;

use crate::applicability::{SESSION_TOKEN_ACTION, UNDENIABLE_ACTION};
use crate::compile::CompiledOrganization;
use crate::decision::{Decision, Reason, StatementRef, Undecided};
use crate::predicate::Predicate;
use crate::request::Context;
use crate::request_error::RequestError;
use crate::sorting::AskedCaller;

/// Who is asked about: an account, and what is known of every call it makes.
///
/// The resource is always unknown, and so is every key that is not given or derived.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// The account: its id, or its name if unique.
    pub account: String,
    /// The caller, as in [`Request::principal`](crate::Request::principal).
    pub principal: Option<String>,
    /// What is known of the context of every call.
    pub context: Context,
    /// Whether to take every action as one that the catalog lacks, as in
    /// [`Request::beyond_catalog`](crate::Request::beyond_catalog).
    pub beyond_catalog: bool,
    /// The Region that is called, as in [`Request::region`](crate::Request::region).
    pub region: Option<String>,
    /// Whether keys that are neither given nor derived are absent.
    pub closed_context: bool,
}

/// How service control policies treat a group of actions (K3-18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Access {
    /// No SCP blocks them, whatever resource and context.
    NeverBlocked,
    /// SCPs block them, whatever resource and context.
    AlwaysBlocked,
    /// It depends on resource or context.
    Depends,
}

impl Access {
    /// The stable spelling of machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NeverBlocked => "neverBlocked",
            Self::AlwaysBlocked => "alwaysBlocked",
            Self::Depends => "unknown",
        }
    }
}

/// Actions that are treated alike, for the same reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveGroup {
    /// How they are treated.
    pub access: Access,
    /// The verdict they share.
    pub decision: Decision,
    /// Why, in one word.
    pub reason: Reason,
    /// When they pass, as in [`Explanation::depends_on`](crate::Explanation::depends_on).
    pub depends_on: Option<Predicate>,
    /// The open questions behind the condition.
    pub undecided: Vec<Undecided>,
    /// The statements that decide, as in [`Explanation::determining`](crate::Explanation::determining).
    pub determining: Vec<StatementRef>,
    /// The levels without an Allow.
    pub levels_without_allow: Vec<NodeId>,
    /// The actions of the catalog, in its order.
    pub actions: Arc<[ActionId]>,
    /// Actions that policies spell out and the catalog does not know, lower case.
    pub unlisted_actions: Arc<[String]>,
    /// Services whose names that neither catalog nor policies mention belong here.
    pub future_actions_of: Arc<[String]>,
    /// Whether the actions of services that neither catalog nor policies mention belong here.
    pub other_services: bool,
}

/// What an account can do at most. An SCP grants nothing: *never blocked* is not *allowed* (GEN-1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EffectivePermissions {
    /// The account id.
    pub account: String,
    /// Its name, if the snapshot has it.
    pub account_name: Option<String>,
    /// Why SCPs do not apply at all, if they do not; then there are no groups.
    pub not_applicable: Option<Reason>,
    /// Remarks that change no verdict.
    pub notes: Vec<String>,
    /// The groups: always blocked first, then those that depend, then never blocked; the largest first among equals.
    pub groups: Vec<EffectiveGroup>,
}

impl CompiledOrganization {
    /// Sorts every action into groups by what service control policies do with it (K3-18). Asks once a cell, so its
    /// cost does not grow with the number of actions.
    ///
    /// # Errors
    ///
    /// If account, principal or context cannot be understood; see [`prepare`](Self::prepare).
    pub fn effective(&self, caller: &Caller) -> Result<EffectivePermissions, RequestError> {
        let permissions = self.sort_actions(vec![AskedCaller { caller: caller.clone(), mark: 0 }])?;
        Ok(permissions.into_iter().next().unwrap_or_default())
    }

    /// For which services the Region asked about is not that of their calls (CALL-11).
    pub(crate) fn endpoint_notes(&self, caller: &Caller) -> Vec<String> {
        let Some(region) = &caller.region else { return Vec::new() };
        let partition = self.organization.partition().unwrap_or_default();
        let mut by_region: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (service, own) in single_endpoint_services(partition).filter(|(_, own)| own != region) {
            by_region.entry(own).or_default().push(service);
        }
        let note = |(own, services): (&str, Vec<&str>)| {
            format!("called at one endpoint in {own}, not in {region}: {}", services.join(", "))
        };
        by_region.into_iter().map(note).collect()
    }
}

/// What an action's name derives beside the policies: keys of its service, and whether it can be denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionTraits {
    /// The Region of every call, in the partitions that have one (CTX-67).
    regions: [Option<&'static str>; 2],
    mcp: bool,
    undeniable: bool,
    /// The rule by which it is unsure whether it can be denied.
    unsure: Option<&'static str>,
}

impl ActionTraits {
    /// What an action's full name, lower case, derives.
    pub fn of(full_name: &str) -> Self {
        let service = full_name.split_once(':').map_or(full_name, |(service, _)| service);
        Self {
            regions: ["aws", "aws-us-gov"].map(|partition| single_endpoint_region(full_name, partition)),
            mcp: service.ends_with("-mcp"),
            undeniable: full_name == UNDENIABLE_ACTION,
            unsure: (full_name == SESSION_TOKEN_ACTION).then_some("CALL-15"),
        }
    }

    /// The same for a name of a service whose traits these are.
    pub(crate) fn of_name(self, service: &str, name: &str) -> Self {
        let is_named = |action: &str| action.split_once(':') == Some((service, name));
        let undeniable = is_named(UNDENIABLE_ACTION);
        let unsure = is_named(SESSION_TOKEN_ACTION).then_some("CALL-15");
        let regions = if is_checked_elsewhere(service, name) { [None; 2] } else { self.regions };
        Self { regions, undeniable, unsure, ..self }
    }

    /// Whether no policy can deny the action (EXM-15).
    pub(crate) fn is_undeniable(self) -> bool {
        self.undeniable
    }

    /// Whether a policy can deny the action for certain (EXM-15, CALL-15).
    pub fn is_deniable(self) -> bool {
        !self.undeniable && self.unsure.is_none()
    }

    /// The rule by which it is unsure whether a policy can deny the action (CALL-15).
    pub(crate) fn unsure_rule(self) -> Option<&'static str> {
        self.unsure
    }
}
