//! What to audit, and how.

use std::sync::Arc;

use scproof_catalog::ActionFilter;
use scproof_evaluator::EvaluationOptions;
use scproof_organization::NodeId;
use scproof_policy_parser::Quotas;
use scproof_prover::Limits;

use crate::model::{Guardrail, Suppression};

/// What to audit, and how.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// How rules that are not certain are read.
    pub evaluation: EvaluationOptions,
    /// How much work it may be. Where it is stopped, guardrails and actions that are not settled depend, and
    /// findings that need a proof may be missing.
    pub limits: Limits,
    /// The accounts to look at; all if none is given.
    pub accounts: Option<Vec<NodeId>>,
    /// Whose calls to sort and count: a principal of this name in each account, as in
    /// [`who_can`](scproof_evaluator::CompiledOrganization::who_can). Those of any caller without it. Guardrails and
    /// findings look at every caller in any case.
    pub principal: Option<String>,
    /// The actions to count; all of the catalog if none is given. Guardrails and findings look at all actions in any
    /// case.
    pub actions: Option<ActionScope>,
    /// The guardrails to hold accounts against.
    pub guardrails: Vec<Arc<Guardrail>>,
    /// The ids of guardrails that count as intended whatever the policies say, such as those that somebody wrote or
    /// named.
    pub demanded: Vec<String>,
    /// Whether to look for findings; yes by default.
    pub findings: bool,
    /// Findings and holes to live with.
    pub suppressions: Vec<Suppression>,
    /// The day for which suppressions count, as `2026-11-25`; without it they count whatever day they end on.
    pub today: Option<String>,
    /// The limits that head-room is counted against.
    pub quotas: Quotas,
    /// Whether to sort the actions of each class into groups with their conditions ([`PermissionClass::groups`]); takes
    /// some milliseconds a class.
    ///
    /// [`PermissionClass::groups`]: crate::PermissionClass::groups
    pub groups: bool,
    /// Whether to tell apart what the root user and central root sessions can do ([`Audit::root_callers`]).
    ///
    /// [`Audit::root_callers`]: crate::Audit::root_callers
    pub root_callers: bool,
}

impl AuditOptions {
    /// The principal of an ordinary role, of a name that no policy expects.
    pub const ORDINARY_ROLE: &str = "role/an-ordinary-role";
}

impl Default for AuditOptions {
    fn default() -> Self {
        Self {
            evaluation: EvaluationOptions::default(),
            limits: Limits::default(),
            accounts: None,
            principal: None,
            actions: None,
            guardrails: Vec::new(),
            demanded: Vec::new(),
            findings: true,
            suppressions: Vec::new(),
            today: None,
            quotas: Quotas::default(),
            groups: false,
            root_callers: false,
        }
    }
}

/// Which actions to count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActionScope {
    /// Only those that fit count.
    pub filter: ActionFilter,
    /// Full names; if given, only these count, known to the catalog or not.
    pub list: Option<Vec<String>>,
}
