//! What makes an audit fail.

use std::cmp::Reverse;

use scproof_auditor::{GuardrailState, Risk};

use super::AuditReport;

/// What can make an audit fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AuditGate {
    /// A guardrail of this risk has a hole.
    Hole(Risk),
    /// Whether a guardrail of this risk holds could not be settled.
    Unknown(Risk),
    /// A guardrail of this risk is not adopted.
    NotAdopted(Risk),
    /// There are findings of this risk.
    Finding(Risk),
}

/// Makes the gate of a risk.
type Kind = fn(Risk) -> AuditGate;

/// Kinds of gates, as they are spelt.
const KINDS: [(&str, Kind); 4] = [
    ("hole", AuditGate::Hole),
    ("unknown", AuditGate::Unknown),
    ("not-adopted", AuditGate::NotAdopted),
    ("finding", AuditGate::Finding),
];

impl AuditGate {
    /// Reads the spelling of the command line: `hole`, `hole:high`, `unknown`, `not-adopted`, `finding:medium`. Without
    /// a risk it means all; with one, that or graver.
    ///
    /// ```
    /// use scproof_report::AuditGate;
    /// let gate = AuditGate::from_text("hole:high").ok_or("no gate")?;
    /// assert_eq!(gate.to_string(), "hole:high");
    /// assert!(AuditGate::from_text("hole").is_some_and(|all| all.covers(gate) && !gate.covers(all)));
    /// assert_eq!(AuditGate::from_text("holes"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_text(text: &str) -> Option<Self> {
        let (kind, risk) = match text.split_once(':') {
            Some((kind, risk)) => (kind, Risk::from_text(risk)?),
            None => (text, Risk::Info),
        };
        KINDS.iter().find(|(name, _)| *name == kind).map(|(_, gate)| gate(risk))
    }

    fn parts(self) -> (&'static str, Risk) {
        match self {
            Self::Hole(risk) => ("hole", risk),
            Self::Unknown(risk) => ("unknown", risk),
            Self::NotAdopted(risk) => ("not-adopted", risk),
            Self::Finding(risk) => ("finding", risk),
        }
    }

    /// Whether what is so makes a command fail that was asked to fail on this.
    pub fn covers(self, found: Self) -> bool {
        let ((asked, least), (found, risk)) = (self.parts(), found.parts());
        asked == found && risk >= least
    }

    /// Whether nothing but what could not be settled makes a command fail.
    pub fn all_unknown(failed: &[Self]) -> bool {
        failed.iter().all(|gate| matches!(gate, Self::Unknown(_)))
    }

    /// As it may have been asked for: `hole` rather than `hole:info`.
    pub(crate) fn asked(self) -> String {
        let (kind, risk) = self.parts();
        if risk == Risk::Info { kind.to_owned() } else { self.to_string() }
    }

    /// In words.
    pub(crate) fn words(self) -> String {
        let (_, risk) = self.parts();
        match self {
            Self::Hole(_) => format!("a guardrail of risk {risk} has a hole"),
            Self::Unknown(_) => format!("it could not be settled whether a guardrail of risk {risk} holds"),
            Self::NotAdopted(_) => format!("a guardrail of risk {risk} is not adopted"),
            Self::Finding(_) => format!("there are findings of risk {risk}"),
        }
    }
}

impl std::fmt::Display for AuditGate {
    /// The spelling of machine formats and of the command line.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, risk) = self.parts();
        write!(formatter, "{kind}:{risk}")
    }
}

impl AuditReport<'_> {
    /// Everything that could make a command fail, whether it was asked to or not: with an audit from before only what
    /// is new.
    pub fn gates(&self) -> Vec<AuditGate> {
        let mut gates: Vec<AuditGate> = Vec::new();
        let news = self.news();
        for (place, report) in self.audit.guardrails.iter().enumerate() {
            let risk = report.guardrail.risk;
            for group in report.groups.iter().filter(|group| !group.accounts.is_empty()) {
                let gate = match group.state {
                    GuardrailState::Hole => AuditGate::Hole(risk),
                    GuardrailState::Unknown => AuditGate::Unknown(risk),
                    GuardrailState::NotAdopted => AuditGate::NotAdopted(risk),
                    GuardrailState::Suppressed
                    | GuardrailState::HoldsExcept
                    | GuardrailState::Holds
                    | GuardrailState::NotApplicable => continue,
                };
                if news.as_ref().is_none_or(|news| news.is_new_in(place, &group.accounts)) {
                    gates.push(gate);
                }
            }
        }
        let findings = self.audit.findings.iter().enumerate();
        let new = findings.filter(|(place, _)| news.as_ref().is_none_or(|news| news.findings.contains(place)));
        gates.extend(new.map(|(_, finding)| AuditGate::Finding(finding.risk)));
        let order = |gate: &AuditGate| {
            let (kind, risk) = gate.parts();
            (KINDS.iter().position(|(name, _)| *name == kind), Reverse(risk))
        };
        gates.sort_unstable_by_key(order);
        gates.dedup();
        gates
    }

    /// The reasons for which the command fails, of those that it was asked to fail on.
    pub fn failed(&self) -> Vec<AuditGate> {
        let gates = self.gates().into_iter();
        gates.filter(|gate| self.fail_on.iter().any(|asked| asked.covers(*gate))).collect()
    }
}
