//! What SCPs do in a whole organization: permission classes, guardrails, findings.
//!
//! ```
//! use scproof::audit::{AuditOptions, Guardrails, audit};
//!
//! let options = AuditOptions { guardrails: Guardrails::built_in().to_vec(), ..AuditOptions::default() };
//! let found = audit(scproof::example::organization()?, &options)?;
//! assert_eq!(found.classes.iter().map(|class| class.accounts.len()).sum::<usize>(), 27);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use scproof_auditor::{
    AccessChange, AccessCounts, ActionScope, Audit, AuditError, AuditOptions, ClassDifference, Evidence, Finding,
    GUARDRAILS_FORMAT, Guardrail, GuardrailAim, GuardrailGroup, GuardrailReport, GuardrailState, Guardrails,
    PROFILES_FORMAT, Passing, PassingKind, PermissionClass, Place, Profile, Risk, RootAccess, RootCaller,
    RootCallerGroup, RootCallerKind, SUPPRESSIONS_FORMAT, Scope, Suppressed, Suppression, Suppressions, Witness, audit,
};
pub use scproof_organization::AccountScope;
pub use scproof_prover::{Limits, Stop};
