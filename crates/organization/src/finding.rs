//! What is odd about an organization without keeping it from being used.

use scproof_policy_parser::Severity;

use crate::organization::{AccountState, FeatureSet, Node, Organization, PolicyTypeStatus};

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

impl Finding {
    pub(crate) fn new(
        code: &'static str,
        rule: &'static str,
        severity: Severity,
        item: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { code, rule, severity, item: item.into(), message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
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

    /// What is odd, with given quotas; sorted by item, then code. Linear in the organization, apart from sorting.
    pub fn findings_with(&self, quotas: &Quotas) -> Vec<Finding> {
        let mut findings = self.snapshot_findings.clone();
        self.organization_findings(&mut findings);
        self.node_findings(quotas, &mut findings);
        self.policy_findings(&mut findings);
        self.unreadable_findings(&mut findings);
        findings
            .sort_by(|one, other| (&one.item, one.code, &one.message).cmp(&(&other.item, other.code, &other.message)));
        findings
    }

    fn organization_findings(&self, findings: &mut Vec<Finding>) {
        let management = match self.management_account {
            None => Some((
                "management-account-unknown",
                self.id.as_str().to_owned(),
                "the snapshot does not say which account is the management account, which no SCP restricts",
                "add `MasterAccountId` to `Organization`",
            )),
            Some(id) if self.account(&id).is_none() => Some((
                "management-account-missing",
                id.to_string(),
                "the management account is not among the accounts",
                "add the account; it is usually directly under the root",
            )),
            Some(_) => None,
        };
        if let Some((code, item, message, help)) = management {
            findings.push(Finding::new(code, "EXM-4", Severity::Warning, item, message).help(help));
        }
        let attached = self.nodes.iter().any(|node| !node.scps.is_empty());
        let off = match (self.feature_set, self.scp_status) {
            (FeatureSet::ConsolidatedBilling, _) => Some(("EXM-1", "the organization has only consolidated billing")),
            (FeatureSet::All, PolicyTypeStatus::Disabled) => {
                Some(("EXM-2", "service control policies are not enabled in the root"))
            }
            (FeatureSet::All, PolicyTypeStatus::PendingEnable | PolicyTypeStatus::PendingDisable) => {
                findings.push(Finding::new(
                    "policy-type-pending",
                    "EXM-2",
                    Severity::Warning,
                    self.id.as_str(),
                    format!(
                        "service control policies are `{}`: whether they are in force is unknown",
                        self.scp_status.as_str()
                    ),
                ));
                None
            }
            (FeatureSet::All, PolicyTypeStatus::Enabled) => None,
        };
        if let Some((rule, reason)) = off
            && attached
        {
            let message = format!("{reason}, so the attachments of the snapshot have no effect");
            findings.push(Finding::new(
                "attachments-without-effect",
                rule,
                Severity::Warning,
                self.id.as_str(),
                message,
            ));
        }
    }

    fn node_findings(&self, quotas: &Quotas, findings: &mut Vec<Finding>) {
        let root_part = self.node(self.root()).target.as_str().strip_prefix("r-").unwrap_or_default();
        // Depth by node; parents come first.
        let mut depths = vec![0_usize; self.nodes.len()];
        for (id, node) in self.nodes() {
            let depth = node.parent.and_then(|parent| depths.get(parent.index())).map_or(0, |depth| depth + 1);
            if let Some(slot) = depths.get_mut(id.index()) {
                *slot = depth;
            }
            let item = node.target.as_str();
            if self.lacks_scps(id) {
                findings.push(
                    Finding::new(
                        "no-scp-attached",
                        "EVAL-13",
                        Severity::Warning,
                        item,
                        format!("no SCP is attached to the {} `{}`, which AWS does not allow; nothing passes it", node.target.kind(), node.display_name()),
                    )
                    .help("check `Attachments`; every root, unit and account has at least one SCP, usually `p-FullAWSAccess`"),
                );
            }
            let counts = [
                ("too-many-scps", "LIM-4", Severity::Error, "SCPs", node.scps.len(), quotas.scps_per_target),
                ("too-many-rcps", "LIM-7", Severity::Warning, "RCPs", node.rcps.len(), quotas.rcps_per_target),
            ];
            for (code, rule, severity, what, count, quota) in counts {
                if count > quota {
                    let message = format!(
                        "{count} {what} are attached directly to `{}`, AWS allows {quota}",
                        node.display_name()
                    );
                    findings.push(Finding::new(code, rule, severity, item, message));
                }
            }
            match &node.account {
                Some(account) => findings.extend(account.state.as_ref().and_then(|state| state_finding(node, state))),
                None if depth > quotas.ou_depth => {
                    let message = format!(
                        "`{}` is {depth} levels below the root, AWS allows {}",
                        node.display_name(),
                        quotas.ou_depth
                    );
                    findings.push(Finding::new("units-nested-too-deep", "LIM-6", Severity::Warning, item, message));
                }
                None => {}
            }
            if let crate::id::Target::Ou(ou) = &node.target
                && ou.root_part() != root_part
            {
                let message = format!("the unit's id belongs to the root `r-{}`", ou.root_part());
                findings.push(
                    Finding::new("unit-of-other-root", "ID-3", Severity::Warning, item, message)
                        .help("do not mix snapshots of two organizations"),
                );
            }
        }
    }

    fn policy_findings(&self, findings: &mut Vec<Finding>) {
        let mut attached = vec![false; self.policies.len()];
        for policy in self.nodes.iter().flat_map(|node| node.scps.iter().chain(&node.rcps)) {
            if let Some(flag) = attached.get_mut(policy.index()) {
                *flag = true;
            }
        }
        let mut names: Vec<(&str, &str)> = Vec::new();
        for ((_, policy), attached) in self.policies().zip(attached) {
            if policy.content.is_none() {
                let severity = if attached { Severity::Warning } else { Severity::Note };
                let message = format!(
                    "the text of the policy `{}` is not in the snapshot; what it does is unknown",
                    policy.display_name()
                );
                findings.push(
                    Finding::new("policy-without-content", "K3-14", severity, policy.id.as_str(), message)
                        .help("add `Content` as `aws organizations describe-policy` returns it"),
                );
            }
            names.extend(policy.name.as_deref().map(|name| (name, policy.id.as_str())));
        }
        names.sort_unstable();
        for (&(name, first), &(other, second)) in names.iter().zip(names.iter().skip(1)) {
            if name == other {
                let message = format!("the policy has the name `{name}` of `{first}`; AWS keeps names unique");
                findings.push(Finding::new("policy-name-twice", "LIM-8", Severity::Note, second, message));
            }
        }
    }

    fn unreadable_findings(&self, findings: &mut Vec<Finding>) {
        for record in &self.incomplete {
            let error = record.error.as_deref().unwrap_or("no error recorded");
            let effect = match record.operation.as_str() {
                // Whatever is unknown about other policy types changes no answer.
                "ListPoliciesForTarget" | "ListPolicies" if record.policy_type.is_some() => {
                    "policies of that type may be missing"
                }
                "ListPoliciesForTarget" => "further policies may be attached here",
                "ListPolicies" | "ListTargetsForPolicy" => "further policies may be attached anywhere",
                "DescribePolicy" => "what the policy does is unknown",
                "ListAccountsForParent" | "ListAccounts" => "accounts may be missing",
                "ListOrganizationalUnitsForParent" | "ListChildren" => "units and accounts may be missing",
                "ListParents" if record.target_id.is_some() => {
                    "where it is in the tree is unknown, and so is what applies there"
                }
                "ListTagsForResource" => "tags may be missing",
                _ => "details may be missing",
            };
            findings.push(
                Finding::new(
                    "part-unreadable",
                    "K3-13",
                    Severity::Warning,
                    record.target_id.as_deref().unwrap_or_else(|| self.id.as_str()),
                    format!("`{}` failed ({error}): {effect}", record.operation),
                )
                .help("take the snapshot with the permissions that `docs/snapshot-format.md` lists"),
            );
        }
    }
}

/// A note on an account that is not simply in use (EXM-16).
fn state_finding(node: &Node, state: &AccountState) -> Option<Finding> {
    let effect = match state {
        AccountState::Active => return None,
        AccountState::PendingActivation | AccountState::Suspended | AccountState::Closed => {
            "nobody can use it; its SCPs are evaluated all the same"
        }
        AccountState::PendingClosure => "it is still fully usable",
        AccountState::Other(_) => "this version does not know the state",
    };
    let message = format!("the account `{}` is `{}`: {effect}", node.display_name(), state.as_str());
    Some(Finding::new("account-not-active", "EXM-16", Severity::Note, node.target.as_str(), message))
}
