//! Findings in the data of the page.

use scproof_auditor::{Evidence, Finding, Place};
use scproof_organization::{NodeId, PolicyIndex};
use scproof_policy_parser::{PolicyPath, locate};
use serde::Serialize;

use super::data::{Builder, WitnessView, statement_name, utf16};
use crate::audit::evidence_words;

#[derive(Debug, Serialize)]
pub(super) struct FindingView<'a> {
    code: &'static str,
    fingerprint: &'a str,
    risk: &'static str,
    message: &'a str,
    reason: usize,
    remedy: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<usize>,
    /// Where in the policy, such as `Statement[2] "DenyRegions"`.
    #[serde(skip_serializing_if = "String::is_empty")]
    place: String,
    /// What to highlight in the policy's text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    marks: Vec<(usize, usize)>,
    targets: Vec<usize>,
    accounts: usize,
    evidence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    witnesses: Vec<WitnessView>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    catalog: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<&'a str>,
}

impl<'a> Builder<'a> {
    pub(super) fn finding(&mut self, finding: &'a Finding, suppressed: Option<&'a str>) -> FindingView<'a> {
        let place = &finding.place;
        let (evidence, proof) = match &finding.evidence {
            Evidence::Snapshot => ("snapshot", None),
            Evidence::Proof(words) => ("proof", Some(self.string(words.as_str()))),
            Evidence::Witness(words, _) => ("witness", Some(self.string(words.as_str()))),
            Evidence::Condition(..) => {
                ("witness", evidence_words(self.organization, &finding.evidence).map(|words| self.string(words)))
            }
        };
        let witnesses = finding.evidence.witnesses();
        FindingView {
            code: finding.code,
            fingerprint: &finding.fingerprint,
            risk: finding.risk.as_str(),
            message: &finding.message,
            reason: self.string(finding.reason.as_str()),
            remedy: self.string(finding.remedy.as_str()),
            rule: finding.rule,
            policy: place.policy.map(PolicyIndex::index),
            place: self.place_words(place),
            marks: self.marks(place),
            targets: place.targets.iter().copied().map(NodeId::index).collect(),
            accounts: self.set(&finding.accounts),
            evidence,
            proof,
            witnesses: witnesses.iter().map(|witness| self.witness(witness)).collect(),
            catalog: finding.depends_on_catalog,
            suppressed,
        }
    }

    fn place_words(&self, place: &Place) -> String {
        let policy = place.policy.map(|policy| (self.organization, policy));
        let route = place
            .path
            .clone()
            .or_else(|| place.statement.map(|statement| statement_name(policy, statement)))
            .unwrap_or_default();
        place.sid.as_ref().map_or(route.clone(), |sid| format!("{route} \"{sid}\""))
    }

    /// The statement, and within it the exact place, as far as they are known.
    fn marks(&self, place: &Place) -> Vec<(usize, usize)> {
        let policy = place.policy.map(|policy| self.organization.policy(policy));
        let Some((policy, text)) = policy.and_then(|policy| Some((policy, policy.content.as_deref()?))) else {
            return Vec::new();
        };
        let statement = place.statement.and_then(|statement| {
            let path: PolicyPath = policy.document.statement_path(statement).parse().ok()?;
            locate(text, &path)
        });
        let mut marks: Vec<(usize, usize)> =
            statement.iter().chain(&place.span).filter_map(|span| utf16(text, span)).collect();
        marks.dedup();
        marks
    }
}
