//! What SCPs do in a whole organization.

mod words;

use scproof_auditor::{Audit, GuardrailReport, GuardrailState, Place, Risk};
use scproof_evaluator::Predicate;
use scproof_organization::{NodeId, Organization};
use scproof_simulator::AccountRef;

use crate::words::Words;

pub(crate) use words::{
    change_words, evidence_words, kind_words, place_words, scope_words, state_words, target_list, untold_words,
    verdict_words,
};

/// An audit, and how it is to be shown.
#[derive(Debug, Clone)]
pub struct AuditReport<'a> {
    /// What came out.
    pub audit: &'a Audit,
    /// The snapshot file as it was named: what places in SARIF point to.
    pub snapshot: String,
    /// How to ask the organization for more: the words of a command line up to `can`, such as `scproof --org org.json`.
    pub program: Vec<String>,
    /// Whether text and Markdown write everything out; else long lists are cut, and counted.
    pub full: bool,
    /// When the report is made, as it is to be shown.
    pub made: Option<String>,
    /// The reasons for which the command fails.
    pub failed: Vec<AuditGate>,
}

/// What can make an audit fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AuditGate {
    /// A guardrail has a hole.
    Hole,
    /// Whether a guardrail holds could not be settled.
    Unknown,
    /// There are findings of this risk.
    Finding(Risk),
}

impl AuditGate {
    /// The stable spelling of machine formats and of the command line.
    ///
    /// ```
    /// use scproof_report::AuditGate;
    /// assert_eq!(AuditGate::Hole.as_str(), "hole");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hole => "hole",
            Self::Unknown => "unknown",
            Self::Finding(Risk::High) => "finding:high",
            Self::Finding(Risk::Medium) => "finding:medium",
            Self::Finding(Risk::Low) => "finding:low",
            Self::Finding(Risk::Info) => "finding:info",
        }
    }
}

impl AuditReport<'_> {
    /// Everything that could make a command fail, whether it was asked to or not.
    pub fn gates(&self) -> Vec<AuditGate> {
        let some = |state| {
            self.audit
                .guardrails
                .iter()
                .flat_map(|report| &report.groups)
                .any(|group| group.state == state && !group.accounts.is_empty())
        };
        let guardrails = [(AuditGate::Hole, GuardrailState::Hole), (AuditGate::Unknown, GuardrailState::Unknown)];
        let mut gates: Vec<AuditGate> =
            guardrails.into_iter().filter(|(_, state)| some(*state)).map(|(gate, _)| gate).collect();
        let counts = self.risk_counts().into_iter();
        gates.extend(counts.filter(|(_, count)| *count > 0).map(|(risk, _)| AuditGate::Finding(risk)));
        gates
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
        if self.full { Words::full(self.organization()) } else { Words::short(self.organization(), told_together) }
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
    pub(crate) fn guardrail_counts(&self) -> [(GuardrailState, usize); 5] {
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
pub(crate) fn state_counts(report: &GuardrailReport) -> [usize; 5] {
    let count = |state| {
        report.groups.iter().filter(|group| group.state == state).map(|group| group.accounts.len()).sum::<usize>()
    };
    GuardrailState::ALL.map(count)
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
