//! An audit from before, and what is new since.

use std::collections::{BTreeMap, BTreeSet};

use scproof_auditor::{Audit, GuardrailGroup, GuardrailReport, GuardrailState, PassingKind};
use scproof_organization::NodeId;
use serde::Deserialize;
use thiserror::Error;

use super::hole_fingerprint;
use crate::json::audit::FORMAT;

/// What was so in an audit from before: read from its JSON.
///
/// Findings are known by their fingerprints, holes by theirs and the account; what passed then is known whether
/// anything was aimed at the guardrail or not. What could not be settled is known by guardrail and account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditBaseline {
    findings: BTreeSet<String>,
    holes: BTreeSet<(String, String)>,
    unknown: BTreeSet<(String, String)>,
    /// Holes that nobody accepted and that count, by guardrail: fingerprints with accounts.
    counted: BTreeMap<String, BTreeSet<(String, String)>>,
}

/// Why an audit from before cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuditBaselineError {
    /// The text is no JSON, or lacks members.
    #[error("it is no audit in JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is something else.
    #[error("its format is `{0}`, expected `{FORMAT}`")]
    Format(String),
}

#[derive(Deserialize)]
struct Head {
    format: String,
}

#[derive(Deserialize)]
struct Body {
    accounts: Vec<Account>,
    guardrails: Vec<Rail>,
    findings: Vec<Fingerprint>,
    suppressed: Vec<Suppressed>,
}

#[derive(Deserialize)]
struct Account {
    id: String,
    group: Option<String>,
}

#[derive(Deserialize)]
struct Rail {
    id: String,
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    state: String,
    account_groups: Vec<String>,
    passing: Vec<Passing>,
}

#[derive(Deserialize)]
struct Passing {
    fingerprint: Option<String>,
}

#[derive(Deserialize)]
struct Fingerprint {
    fingerprint: String,
}

#[derive(Deserialize)]
struct Suppressed {
    finding: Fingerprint,
}

/// What is new since an audit from before, and what is gone.
#[derive(Debug, Clone, Default)]
pub(crate) struct AuditNews<'a> {
    /// The places of findings that were none.
    pub(crate) findings: BTreeSet<usize>,
    /// Holes, and what is not settled, where it was otherwise.
    pub(crate) holes: Vec<NewHole>,
    /// The fingerprints of findings that are none any more.
    pub(crate) gone_findings: Vec<&'a str>,
    /// Holes that are closed.
    pub(crate) gone_holes: Vec<GoneHole<'a>>,
}

/// Accounts in which a guardrail has a hole that it had not, or is not settled any more.
#[derive(Debug, Clone)]
pub(crate) struct NewHole {
    /// The place of the guardrail.
    pub(crate) guardrail: usize,
    pub(crate) state: GuardrailState,
    pub(crate) accounts: Vec<NodeId>,
}

/// Accounts in which a guardrail had a hole that is closed.
#[derive(Debug, Clone)]
pub(crate) struct GoneHole<'a> {
    pub(crate) guardrail: &'a str,
    pub(crate) accounts: Vec<NodeId>,
}

impl AuditNews<'_> {
    /// Whether something is new of a guardrail in one of some accounts.
    pub(crate) fn is_new_in(&self, guardrail: usize, accounts: &[NodeId]) -> bool {
        let of_guardrail = self.holes.iter().filter(|hole| hole.guardrail == guardrail);
        of_guardrail.flat_map(|hole| &hole.accounts).any(|account| accounts.contains(account))
    }

    /// Its lists of accounts.
    pub(crate) fn lists(&self) -> impl Iterator<Item = &[NodeId]> {
        let new = self.holes.iter().map(|hole| hole.accounts.as_slice());
        new.chain(self.gone_holes.iter().map(|hole| hole.accounts.as_slice()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.holes.is_empty()
    }
}

impl AuditBaseline {
    /// Reads an audit from its JSON.
    ///
    /// # Errors
    ///
    /// If it is no JSON, or none of an audit in the format of this version.
    pub fn from_json(text: &str) -> Result<Self, AuditBaselineError> {
        let head: Head = serde_json::from_str(text)?;
        if head.format != FORMAT {
            return Err(AuditBaselineError::Format(head.format));
        }
        let body: Body = serde_json::from_str(text)?;
        let mut baseline = Self::default();
        let suppressed = body.suppressed.into_iter().map(|suppressed| suppressed.finding);
        baseline.findings.extend(body.findings.into_iter().chain(suppressed).map(|finding| finding.fingerprint));
        let mut of_groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for Account { id, group } in body.accounts {
            if let Some(group) = group {
                of_groups.entry(group).or_default().push(id);
            }
        }
        for rail in body.guardrails {
            let counted = baseline.counted.entry(rail.id.clone()).or_default();
            for group in rail.groups {
                let accounts = group.account_groups.iter().filter_map(|name| of_groups.get(name)).flatten();
                for account in accounts {
                    if group.state == GuardrailState::Unknown.as_str() {
                        baseline.unknown.insert((rail.id.clone(), account.clone()));
                    }
                    for fingerprint in group.passing.iter().filter_map(|passing| passing.fingerprint.as_ref()) {
                        if group.state == GuardrailState::Hole.as_str() {
                            counted.insert((fingerprint.clone(), account.clone()));
                        }
                        baseline.holes.insert((fingerprint.clone(), account.clone()));
                    }
                }
            }
        }
        Ok(baseline)
    }

    /// What is new in an audit, and what is gone.
    pub(crate) fn news(&self, audit: &Audit) -> AuditNews<'_> {
        let mut news = AuditNews::default();
        let is_new = |fingerprint: &str| !self.findings.contains(fingerprint);
        let findings = audit.findings.iter().enumerate();
        news.findings = findings.filter(|(_, it)| is_new(&it.fingerprint)).map(|(place, _)| place).collect();
        let suppressed = audit.suppressed.iter().map(|suppressed| &suppressed.finding);
        let left: BTreeSet<&str> = audit.findings.iter().chain(suppressed).map(|it| it.fingerprint.as_str()).collect();
        news.gone_findings = self.findings.iter().map(String::as_str).filter(|it| !left.contains(it)).collect();
        for (place, report) in audit.guardrails.iter().enumerate() {
            for group in &report.groups {
                let accounts = self.new_accounts(audit, report, group);
                if !accounts.is_empty() {
                    news.holes.push(NewHole { guardrail: place, state: group.state, accounts });
                }
            }
            news.gone_holes.extend(self.gone(audit, report));
        }
        news
    }

    /// The accounts of a group in which what it tells is new.
    fn new_accounts(&self, audit: &Audit, report: &GuardrailReport, group: &GuardrailGroup) -> Vec<NodeId> {
        let id = |account: NodeId| audit.organization.node(account).target.as_str().to_owned();
        let accounts = group.accounts.iter().copied();
        match group.state {
            GuardrailState::Hole | GuardrailState::NotAdopted => {
                let fingerprints = fingerprints(audit, report, group);
                let is_new = |account: &NodeId| {
                    let account = id(*account);
                    fingerprints.iter().any(|hole| !self.holes.contains(&(hole.clone(), account.clone())))
                };
                accounts.filter(is_new).collect()
            }
            GuardrailState::Unknown => accounts
                .filter(|account| !self.unknown.contains(&(report.guardrail.id.clone(), id(*account))))
                .collect(),
            GuardrailState::Suppressed
            | GuardrailState::HoldsExcept
            | GuardrailState::Holds
            | GuardrailState::NotApplicable => Vec::new(),
        }
    }

    /// The accounts in which a guardrail has no hole, and had one.
    fn gone(&self, audit: &Audit, report: &GuardrailReport) -> Option<GoneHole<'_>> {
        let counted = self.counted.get(&report.guardrail.id)?;
        let open = [GuardrailState::Hole, GuardrailState::NotAdopted, GuardrailState::Unknown];
        let is_open = |group: &&GuardrailGroup| open.contains(&group.state);
        let open: BTreeSet<NodeId> =
            report.groups.iter().filter(is_open).flat_map(|group| group.accounts.iter().copied()).collect();
        let had: BTreeSet<&str> = counted.iter().map(|(_, account)| account.as_str()).collect();
        let is_gone = |account: &NodeId| {
            !open.contains(account) && had.contains(audit.organization.node(*account).target.as_str())
        };
        let accounts: Vec<NodeId> = audit.scope.accounts.iter().copied().filter(is_gone).collect();
        (!accounts.is_empty()).then_some(GoneHole { guardrail: counted_id(&self.counted, report)?, accounts })
    }
}

/// The id of a guardrail, as long as the baseline lives.
fn counted_id<'a, T>(counted: &'a BTreeMap<String, T>, report: &GuardrailReport) -> Option<&'a str> {
    counted.get_key_value(&report.guardrail.id).map(|(id, _)| id.as_str())
}

/// The fingerprints of the holes that a group has.
fn fingerprints(audit: &Audit, report: &GuardrailReport, group: &GuardrailGroup) -> Vec<String> {
    let holes = group.passing.iter().filter(|passing| passing.kind == PassingKind::Hole);
    holes.map(|passing| hole_fingerprint(&audit.organization, report, passing)).collect()
}
