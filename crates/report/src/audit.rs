//! What SCPs do in a whole organization.

mod account_groups;
mod baseline;
mod gate;
mod words;

use scproof_auditor::{Audit, GuardrailReport, GuardrailState, Passing, Place, Risk};
use scproof_evaluator::Predicate;
use scproof_organization::{NodeId, Organization};
use scproof_simulator::AccountRef;

use crate::words::Words;

pub(crate) use account_groups::{AccountGroup, AccountGroups};
pub use baseline::{AuditBaseline, AuditBaselineError};
pub(crate) use baseline::{AuditNews, GoneHole, NewHole};
pub use gate::AuditGate;
pub(crate) use words::{
    aim_words, caller_words, change_words, evidence, evidence_words, exit_words, kind_words, place_words, root_words,
    scope_words, short_place_words, state_words, target_list, untold_words, verdict_words,
};

/// How much text and Markdown tell of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuditDetail {
    /// What fits a screen: a line for each finding, and for each guardrail that somebody should look at.
    #[default]
    Summary,
    /// Each class, guardrail and finding with its reasons; long lists are cut, and counted.
    Details,
    /// The same, with everything written out.
    Full,
}

/// An audit, and how it is to be shown.
#[derive(Debug, Clone)]
pub struct AuditReport<'a> {
    /// What came out.
    pub audit: &'a Audit,
    /// The snapshot file as it was named: what places in SARIF point to.
    pub snapshot: String,
    /// How to ask the organization for more: the words of a command line up to `can`, such as `scproof --org org.json`.
    pub program: Vec<String>,
    /// The options that the audit was asked for with, as typed.
    pub options: Vec<String>,
    /// The profile of the guardrails, if they are those of one.
    pub profile: Option<String>,
    /// How much text and Markdown tell. Machine formats speak of groups of accounts; [`AuditDetail::Full`] makes JSON
    /// name the accounts of each list, and SARIF and `JUnit` tell of each account by itself.
    pub detail: AuditDetail,
    /// When the report is made, as it is to be shown.
    pub made: Option<String>,
    /// An audit from before: what was so then makes nothing fail.
    pub baseline: Option<&'a AuditBaseline>,
    /// What the command is to fail on.
    pub fail_on: Vec<AuditGate>,
}

impl<'a> AuditReport<'a> {
    /// A summary that fails on nothing; other members can be set.
    pub fn new(audit: &'a Audit, snapshot: impl Into<String>, program: Vec<String>) -> Self {
        Self {
            audit,
            snapshot: snapshot.into(),
            program,
            options: Vec::new(),
            profile: None,
            detail: AuditDetail::default(),
            made: None,
            baseline: None,
            fail_on: Vec::new(),
        }
    }
}

impl AuditReport<'_> {
    pub(crate) fn is_full(&self) -> bool {
        self.detail == AuditDetail::Full
    }

    /// Where the holes of an audit from before are not told, and what is not so any more; `None` without such an audit.
    pub(crate) fn news(&self) -> Option<AuditNews<'_>> {
        self.baseline.map(|baseline| baseline.news(self.audit))
    }

    /// Remarks on the snapshot that change no verdict (EVAL-13).
    pub(crate) fn notes(&self) -> Vec<String> {
        self.organization().missing_scps_remark(self.audit.scope.accounts.iter().copied()).into_iter().collect()
    }

    /// How many accounts in scope are below, or are, targets to which the snapshot attaches no SCP.
    pub(crate) fn below_missing_scps(&self) -> usize {
        let lacks = |&&account: &&NodeId| !self.organization().levels_without_scps([account]).is_empty();
        self.audit.scope.accounts.iter().filter(lacks).count()
    }

    /// How conditions that stand together are told: long lists of values are cut unless everything is written out.
    pub(crate) fn words<'p>(&self, told_together: impl IntoIterator<Item = &'p Predicate>) -> Words<'_> {
        if self.is_full() { Words::full(self.organization()) } else { Words::short(self.organization(), told_together) }
    }

    pub(crate) fn organization(&self) -> &Organization {
        &self.audit.organization
    }

    /// How many findings have each risk, the gravest first.
    pub(crate) fn risk_counts(&self) -> [(Risk, usize); 4] {
        let count = |risk| self.audit.findings.iter().filter(|finding| finding.risk == risk).count();
        Risk::ALL.map(|risk| (risk, count(risk)))
    }

    /// How many guardrails have which worst state, the gravest first.
    pub(crate) fn guardrail_counts(&self) -> [(GuardrailState, usize); 7] {
        let worst = |state| self.audit.guardrails.iter().filter(|report| worst_state(report) == Some(state)).count();
        GuardrailState::ALL.map(|state| (state, worst(state)))
    }

    /// For each node, by its index, the place of its class in the list of classes.
    pub(crate) fn class_of_nodes(&self) -> Vec<Option<usize>> {
        let mut result = vec![None; self.organization().node_count()];
        for (number, class) in self.audit.classes.iter().enumerate() {
            for account in &class.accounts {
                if let Some(slot) = result.get_mut(account.index()) {
                    *slot = Some(number);
                }
            }
        }
        result
    }

    /// For each node, by its index, how a guardrail stands there.
    pub(crate) fn state_of_nodes(&self, report: &GuardrailReport) -> Vec<Option<GuardrailState>> {
        let mut result = vec![None; self.organization().node_count()];
        for group in &report.groups {
            for account in &group.accounts {
                if let Some(slot) = result.get_mut(account.index()) {
                    *slot = Some(group.state);
                }
            }
        }
        result
    }

    pub(crate) fn account_refs(&self, accounts: &[NodeId]) -> Vec<AccountRef> {
        let organization = self.organization();
        let account = |&id: &NodeId| {
            let node = organization.node(id);
            AccountRef { id: node.target.as_str().to_owned(), name: node.name.clone(), path: organization.ou_path(id) }
        };
        accounts.iter().map(account).collect()
    }

    /// The line and column of a place in the text of its policy, both from 1, the column in characters.
    pub(crate) fn position(&self, place: &Place) -> Option<(usize, usize)> {
        let text = self.policy_text(place)?;
        Some(line_and_column(text, place.span.as_ref()?.start))
    }

    /// The text of the policy of a place, as stored.
    pub(crate) fn policy_text(&self, place: &Place) -> Option<&str> {
        self.organization().policy(place.policy?).content.as_deref()
    }
}

/// The gravest state of a guardrail; none if no account is in scope.
pub(crate) fn worst_state(report: &GuardrailReport) -> Option<GuardrailState> {
    report.groups.iter().filter(|group| !group.accounts.is_empty()).map(|group| group.state).min()
}

/// In how many accounts a guardrail has which state, the gravest first.
pub(crate) fn state_counts(report: &GuardrailReport) -> [usize; 7] {
    let count = |state| {
        report.groups.iter().filter(|group| group.state == state).map(|group| group.accounts.len()).sum::<usize>()
    };
    GuardrailState::ALL.map(count)
}

/// What tells a hole of a guardrail, in whichever accounts, from its others: which calls pass, and when.
pub(crate) fn hole_fingerprint(organization: &Organization, report: &GuardrailReport, passing: &Passing) -> String {
    let words = Words::full(organization);
    let mut parts: Vec<String> = passing.actions.terms.iter().map(ToString::to_string).collect();
    parts.push(words.sentence(&passing.when));
    format!("hole:{}#{:016x}", report.guardrail.id, stable_hash(&parts.join("\n")))
}

/// FNV-1a: small, and the same on every machine and in every version.
pub(crate) fn stable_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The line and column of a byte, both from 1, the column in characters.
pub(crate) fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let byte = (0..=byte.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let before = text.get(..byte).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    (line, before.get(line_start..).unwrap_or_default().chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters_from_one() {
        assert_eq!(line_and_column("", 0), (1, 1));
        assert_eq!(line_and_column("é\nüb", 5), (2, 2));
        // Within a character, and beyond the end.
        assert_eq!(line_and_column("é\nüb", 4), (2, 1));
        assert_eq!(line_and_column("a\n", 99), (2, 1));
    }
}
