//! What service control policies do in a whole organization.
//!
//! An [`Audit`] sorts accounts into *permission classes* – accounts whose calls SCPs treat alike –, holds each account
//! against *guardrails*, and lists *findings* about the policies. Everything in it is proved, or carries a request that
//! shows it and that the evaluator confirmed; what can be neither is *unknown*, with the reason. Plain data: rendering
//! is `scproof-report`'s work.

mod audit;
mod classes;
mod codes;
mod finding;
mod guard;
mod guardrail;
mod model;
mod options;
mod profile;
mod root_callers;
mod scope;
mod suppression;

pub use audit::{AuditError, audit};
pub use codes::FILE_CODES;
pub use guardrail::{GUARDRAILS_FORMAT, Guardrails};
pub use model::{
    AccessChange, AccessCounts, Audit, ClassDifference, Evidence, Finding, Guardrail, GuardrailAim, GuardrailGroup,
    GuardrailReport, GuardrailState, Passing, PassingKind, PermissionClass, Place, RootAccess, RootCaller,
    RootCallerGroup, RootCallerKind, Scope, Suppressed, Suppression, Witness,
};
pub use options::{ActionScope, AuditOptions};
pub use profile::{PROFILES_FORMAT, Profile};
pub use scproof_rules::Risk;
pub use suppression::{SUPPRESSIONS_FORMAT, Suppressions};
