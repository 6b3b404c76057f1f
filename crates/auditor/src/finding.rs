//! Findings about the policies of an organization: each is written in the snapshot, proved, or carries calls that the
//! evaluator confirmed.

mod claimable;
mod documents;
mod exemption;
mod idle;
mod inconsistent;
mod index;
mod landing_zone;
mod levels;
mod library;
mod request;
mod snapshot;
mod stranger;
mod texts;

#[cfg(test)]
mod tests;

use scproof_evaluator::CompiledOrganization;
use scproof_evaluator::symbolic::CompiledViews;
use scproof_organization::NodeId;
use scproof_policy_parser::Quotas;
use scproof_prover::{PolicyProof, SameAccess};

use crate::model::{Finding, Place};
use index::Index;

/// What to look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The organization.
    pub(crate) compiled: &'a CompiledOrganization,
    /// The limits that head-room is counted against.
    pub(crate) quotas: &'a Quotas,
    /// The accounts in scope, in the order of the snapshot.
    pub(crate) accounts: &'a [NodeId],
}

/// The findings, the gravest first, then by code and fingerprint.
///
/// Works on policies, levels and distinct paths, never on accounts × policies; an account costs a few table look-ups.
pub(crate) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let index = Index::new(subject);
    let mut findings = snapshot::findings(&index);
    findings.extend(levels::findings(&index));
    findings.extend(library::findings(&index));
    findings.extend(texts::findings(&index));
    findings.extend(documents::findings(&index));
    let exemptions = exemption::exemptions(&index);
    findings.extend(exemption::findings(&index, &exemptions));
    findings.extend(stranger::findings(&index));
    findings.extend(inconsistent::findings(&index, &exemptions));
    findings.extend(claimable::findings(&index, &exemptions));
    findings.extend(landing_zone::findings(&index, &exemptions));
    sort(findings)
}

/// The findings that a comparison proves, in the same order.
pub(crate) fn compared(
    subject: &Subject<'_>,
    proof: &mut PolicyProof<'_>,
    views: &CompiledViews,
    alike: &[SameAccess],
) -> Vec<Finding> {
    idle::findings(&Index::new(subject), proof, views, alike)
}

/// The gravest first, then by code and place; each once.
pub(crate) fn sort(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|one, other| {
        (other.risk, one.code, &one.fingerprint, &one.message).cmp(&(
            one.risk,
            other.code,
            &other.fingerprint,
            &other.message,
        ))
    });
    // A Deny that is proved to change nothing needs no second word for it.
    let idle: Vec<Place> = findings
        .iter()
        .filter(|finding| finding.code == "deny-without-effect" || finding.code == "allow-without-effect")
        .map(|finding| finding.place.clone())
        .collect();
    let is_idle = |place: &Place| idle.iter().any(|it| (it.policy, it.statement) == (place.policy, place.statement));
    findings.retain(|finding| finding.code != "redundant-statement" || !is_idle(&finding.place));
    // One text may say the same fault of one place twice.
    findings.dedup_by(|later, earlier| later.fingerprint == earlier.fingerprint);
    findings
}
