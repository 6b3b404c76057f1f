//! One audit, from an organization to everything that a report shows.

use std::sync::Arc;

use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_evaluator::{Caller, CompiledOrganization, EvaluationOptions, RequestError};
use scproof_organization::{NodeId, Organization, SelectError};
use scproof_policy_parser::PolicyDocument;
use scproof_prover::PolicyProof;
use thiserror::Error;

use crate::finding::{self, Subject};
use crate::model::{Audit, PermissionClass};
use crate::options::AuditOptions;
use crate::suppression::Applied;
use crate::{classes, guard, root_callers, scope};

/// Why an audit failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The principal cannot be read, or is one of another account than those looked at.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A guardrail or suppression is about accounts or units that the organization lacks.
    #[error("{of} is about what the organization lacks: {error}")]
    Scope {
        /// Which guardrail or suppression, in words.
        of: String,
        /// What is lacking.
        error: SelectError,
    },
}

/// Audits an organization: sorts its accounts into permission classes, holds them against guardrails, and looks for
/// findings.
///
/// Takes time in proportion to the distinct policies and inheritance paths, not to accounts × actions.
///
/// # Errors
///
/// If the principal of the options cannot be read, or is one of an account and another one is looked at; or if a
/// guardrail or suppression is about accounts or units that the organization lacks.
///
/// ```
/// use scproof_auditor::{AuditOptions, audit};
/// use scproof_organization::Organization;
/// let organization = Organization::load("../../fixtures/organizations/example.json")?;
/// let audit = audit(organization, &AuditOptions::default())?;
/// assert_eq!(audit.classes.iter().map(|class| class.accounts.len()).sum::<usize>(), 27);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn audit(organization: impl Into<Arc<Organization>>, options: &AuditOptions) -> Result<Audit, AuditError> {
    let organization: Arc<Organization> = organization.into();
    let partition = organization.partition();
    let documents: Vec<Arc<PolicyDocument>> =
        options.guardrails.iter().map(|guardrail| guardrail.document_in(partition)).collect();
    let evaluation = EvaluationOptions { refine: true, ..options.evaluation };
    let (views, levels) = CompiledViews::with_hypothetical(Arc::clone(&organization), &documents, evaluation);
    let rails = guard::Rails::new(&views, options, &levels)?;
    let mut suppressions = Applied::new(&organization, &options.suppressions, options.today.as_deref())?;
    let scope = scope::Scoped::new(&views, options);
    let accounts: &[NodeId] = &scope.scope.accounts;
    let mut proof = PolicyProof::new(&views, accounts, &[], options.limits.clone());
    let of_principal = proof.by_access(options.principal.as_deref())?;
    // Findings speak of any caller.
    let alike = if options.principal.is_none() { of_principal.clone() } else { proof.by_access(None)? };
    let root_callers =
        if options.root_callers { root_callers::root_callers(&mut proof, &views, accounts)? } else { Vec::new() };
    let mut classes = classes::classes(&proof, of_principal, &scope);
    if options.groups && !options.limits.stop.is_stopped() {
        sort_actions(views.view(View::FIRST), options.principal.as_deref(), &mut classes)?;
    }
    let subject = Subject { compiled: views.view(View::FIRST), quotas: &options.quotas, accounts };
    let fresh = proof.fork(&levels);
    let find = || {
        let mut findings = Vec::new();
        if options.findings {
            findings.extend(finding::findings(&subject));
        }
        if options.findings && !options.limits.stop.is_stopped() {
            findings.extend(finding::compared(&subject, &mut proof, &views, &alike));
        }
        findings
    };
    let (mut guardrails, findings) = rayon::join(|| guard::hold_all(&fresh, &views, accounts, &rails), find);
    suppressions.of_holes(&mut guardrails);
    let (findings, suppressed) = suppressions.of_findings(finding::sort(findings));
    let unused_suppressions = suppressions.unused();
    Ok(Audit {
        organization,
        scope: scope.scope,
        classes,
        root_callers,
        guardrails,
        findings,
        suppressed,
        unused_suppressions,
    })
}

/// Sorts the actions of each class into groups with their conditions.
fn sort_actions(
    compiled: &CompiledOrganization,
    principal: Option<&str>,
    classes: &mut [PermissionClass],
) -> Result<(), RequestError> {
    let governed = classes.iter_mut().filter(|class| class.not_applicable.is_none() && !class.accounts.is_empty());
    let governed: Vec<&mut PermissionClass> = governed.collect();
    let firsts: Vec<NodeId> = governed.iter().filter_map(|class| class.accounts.first()).copied().collect();
    let caller = Caller { principal: principal.map(str::to_owned), ..Caller::default() };
    for (class, permissions) in governed.into_iter().zip(compiled.effective_each(&caller, &firsts)?) {
        class.groups = Some(permissions.groups);
    }
    Ok(())
}
