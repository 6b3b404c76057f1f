//! What is odd about an organization without keeping it from being used.

use scproof_policy_parser::{QuotaName, Quotas};
use scproof_text::{Message, Severity};

use crate::codes;
use crate::organization::{AccountState, FeatureSet, Node, Organization, PolicyTypeStatus};

impl Organization {
    /// What is odd, with AWS's default quotas; sorted by item, then code.
    pub fn findings(&self) -> Vec<Message> {
        self.findings_with(&Quotas::current())
    }

    /// What is odd, with given quotas; sorted by item, then code. Linear in the organization, apart from sorting.
    pub fn findings_with(&self, quotas: &Quotas) -> Vec<Message> {
        let mut findings = self.snapshot_findings.clone();
        self.organization_findings(&mut findings);
        self.node_findings(quotas, &mut findings);
        self.policy_findings(&mut findings);
        self.unreadable_findings(&mut findings);
        self.source_findings(&mut findings);
        findings
            .sort_by(|one, other| (&one.item, one.code, &one.message).cmp(&(&other.item, other.code, &other.message)));
        findings
    }

    /// What the source of a snapshot that was not read from AWS leaves open; and where in it things stand.
    fn source_findings(&self, findings: &mut Vec<Message>) {
        for finding in &mut *findings {
            if let Some(place) = finding.item.as_deref().and_then(|item| self.origin(item)) {
                finding.message = format!("{} (from `{place}`)", finding.message);
            }
        }
        let ids = self.made_up_ids();
        if let [first, rest @ ..] = ids.as_slice() {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            let message = format!("made up, since the source of the snapshot does not say it: the id `{first}`{more}");
            findings.push(codes::IDS_MADE_UP.about(self.id.as_str(), message));
        }
        findings.extend(self.notes.iter().map(|note| codes::SNAPSHOT_NOTE.about(self.id.as_str(), note)));
    }

    fn organization_findings(&self, findings: &mut Vec<Message>) {
        let management = match self.management_account {
            None => Some((
                codes::MANAGEMENT_ACCOUNT_UNKNOWN,
                self.id.as_str().to_owned(),
                "the snapshot does not say which account is the management account, which no SCP restricts",
                "add `MasterAccountId` to `Organization`",
            )),
            Some(id) if self.account(&id).is_none() => Some((
                codes::MANAGEMENT_ACCOUNT_MISSING,
                id.to_string(),
                "the management account is not among the accounts",
                "add the account; it is usually directly under the root",
            )),
            Some(_) => None,
        };
        if let Some((code, item, message, help)) = management {
            findings.push(code.about(item, message).help(help));
        }
        let attached = self.nodes.iter().any(|node| !node.scps.is_empty());
        let off = match (self.feature_set, self.scp_status) {
            (FeatureSet::ConsolidatedBilling, _) => Some(("EXM-1", "the organization has only consolidated billing")),
            (FeatureSet::All, PolicyTypeStatus::Disabled) => {
                Some(("EXM-2", "service control policies are not enabled in the root"))
            }
            (FeatureSet::All, PolicyTypeStatus::PendingEnable | PolicyTypeStatus::PendingDisable) => {
                findings.push(codes::POLICY_TYPE_PENDING.about(
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
            findings.push(codes::ATTACHMENTS_WITHOUT_EFFECT.about(self.id.as_str(), message).rule(rule));
        }
    }

    fn node_findings(&self, quotas: &Quotas, findings: &mut Vec<Message>) {
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
                    codes::NO_SCP_ATTACHED.about(item,
                        format!("no SCP is attached to the {} `{}`, which AWS does not allow; nothing passes it", node.target.kind(), node.display_name()),
                    )
                    .help("check `Attachments`; every root, unit and account has at least one SCP, usually `p-FullAWSAccess`"),
                );
            }
            let counts = [
                (codes::TOO_MANY_SCPS, "SCPs", node.scps.len(), QuotaName::ScpsPerTarget),
                (codes::TOO_MANY_RCPS, "RCPs", node.rcps.len(), QuotaName::RcpsPerTarget),
            ];
            for (code, what, count, quota) in counts {
                if let Some(quota) = exceeded(quotas, quota, count) {
                    let message = format!(
                        "{count} {what} are attached directly to `{}`, AWS allows {quota}",
                        node.display_name()
                    );
                    findings.push(code.about(item, message));
                }
            }
            match &node.account {
                Some(account) => findings.extend(account.state.as_ref().and_then(|state| state_finding(node, state))),
                None => {
                    if let Some(quota) = exceeded(quotas, QuotaName::OrganizationalUnitLevels, depth) {
                        let name = node.display_name();
                        let message = format!("`{name}` is {depth} levels below the root, AWS allows {quota}");
                        findings.push(codes::UNITS_NESTED_TOO_DEEP.about(item, message));
                    }
                }
            }
            if let crate::id::Target::Ou(ou) = &node.target
                && ou.root_part() != root_part
            {
                let message = format!("the unit's id belongs to the root `r-{}`", ou.root_part());
                findings.push(
                    codes::UNIT_OF_OTHER_ROOT.about(item, message).help("do not mix snapshots of two organizations"),
                );
            }
        }
    }

    fn policy_findings(&self, findings: &mut Vec<Message>) {
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
                    codes::POLICY_WITHOUT_CONTENT
                        .about(policy.id.as_str(), message)
                        .severity(severity)
                        .help("add `Content` as `aws organizations describe-policy` returns it"),
                );
            }
            names.extend(policy.name.as_deref().map(|name| (name, policy.id.as_str())));
        }
        names.sort_unstable();
        for (&(name, first), &(other, second)) in names.iter().zip(names.iter().skip(1)) {
            if name == other {
                let message = format!("the policy has the name `{name}` of `{first}`; AWS keeps names unique");
                findings.push(codes::POLICY_NAME_TWICE.about(second, message));
            }
        }
    }

    fn unreadable_findings(&self, findings: &mut Vec<Message>) {
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
                codes::PART_UNREADABLE
                    .about(
                        record.target_id.as_deref().unwrap_or_else(|| self.id.as_str()),
                        format!("`{}` failed ({error}): {effect}", record.operation),
                    )
                    .help("take the snapshot with the permissions that `docs/snapshot-format.md` lists"),
            );
        }
    }
}

/// The limit that a count exceeds; `None` if it does not.
fn exceeded(quotas: &Quotas, name: QuotaName, count: usize) -> Option<u64> {
    quotas.value(name).filter(|&quota| u64::try_from(count).is_ok_and(|count| count > quota))
}

/// A note on an account that is not simply in use (EXM-16).
fn state_finding(node: &Node, state: &AccountState) -> Option<Message> {
    let effect = match state {
        AccountState::Active => return None,
        AccountState::PendingActivation | AccountState::Suspended | AccountState::Closed => {
            "nobody can use it; its SCPs are evaluated all the same"
        }
        AccountState::PendingClosure => "it is still fully usable",
        AccountState::Other(_) => "this version does not know the state",
    };
    let message = format!("the account `{}` is `{}`: {effect}", node.display_name(), state.as_str());
    Some(codes::ACCOUNT_NOT_ACTIVE.about(node.target.as_str(), message))
}
