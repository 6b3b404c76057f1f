//! What SCPs do in a whole organization, as one page for a browser.
//!
//! The page shows the tree, permission classes, services, guardrails and findings, and can be searched, filtered and
//! printed. It holds its data as one block of JSON that is no format of its own: programs read `--format json`. What
//! many accounts share stands once, so the size goes with classes and policies rather than with accounts. Without
//! JavaScript it is a summary: who, when, what, key numbers, and a table of each section, as the template has it.

use std::io::{self, Write};

use askama::Template;
use scproof_auditor::{Audit, GuardrailReport, GuardrailState, Risk};
use scproof_catalog::Catalog;
use scproof_organization::{FeatureSet, Organization, PolicyTypeStatus};

use super::data::Data;
use super::frame::Frame;
use super::safe::write_json;
use crate::audit::{AuditReport, caller_words, evidence, root_words};
use crate::layout::{count, grouped};

/// In a page without JavaScript this much is listed of what may be long.
const MOST: usize = 500;

/// The parts of the one script, in order.
const SCRIPT: &str = concat!(
    "'use strict';(() => {\n",
    include_str!("script/core.js"),
    include_str!("script/detail.js"),
    include_str!("script/overview.js"),
    include_str!("script/tree.js"),
    include_str!("script/classes.js"),
    include_str!("script/services.js"),
    include_str!("script/guardrails.js"),
    include_str!("script/findings.js"),
    include_str!("script/main.js"),
    "})();"
);

/// Writes the page.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn render(report: &AuditReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let audit = report.audit;
    let mut data = Vec::new();
    write_json(&Data::of(audit, &report.program), &mut data)?;
    let data = String::from_utf8(data).map_err(io::Error::other)?;
    let frame = Frame::new(format!("SCP audit – {}", audit.organization.id()), SCRIPT);
    Page { frame, report, audit, data }.write_into(out)
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page<'a> {
    frame: Frame,
    report: &'a AuditReport<'a>,
    audit: &'a Audit,
    data: String,
}

/// A key number: where it leads, and what it is made of by class and words.
struct Card {
    anchor: &'static str,
    number: String,
    name: &'static str,
    parts: Vec<(&'static str, String)>,
}

/// A finding in a line.
struct FindingLine<'a> {
    risk: Risk,
    code: &'a str,
    message: &'a str,
    policy: Option<&'a str>,
    accounts: String,
    remedy: &'a str,
}

impl<'a> Page<'a> {
    /// Who, when and what.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let labels = [
            ("snapshot", "File"),
            ("taken", "Snapshot of"),
            ("sha-256", "SHA-256"),
            ("program", "Program"),
            ("options", "Options"),
        ];
        let label = |name: &'static str| labels.iter().find(|(of, _)| *of == name).map_or(name, |(_, label)| *label);
        let mut facts = vec![("Organization", self.audit.organization.id().as_str().to_owned())];
        facts.extend(evidence(self.report).into_iter().map(|(name, value)| (label(name), value)));
        facts.extend(self.report.made.clone().map(|made| ("Report made", made)));
        facts
    }

    /// The sections: where, what, and how many there are in it.
    fn links(&self) -> [(&'static str, &'static str, Option<String>); 6] {
        let audit = self.audit;
        let number = |number: usize| Some(grouped(number));
        [
            ("overview", "Overview", None),
            ("organization", "Organization", None),
            ("classes", "Classes", number(audit.classes.len())),
            ("services", "Services", number(audit.scope.services.len())),
            ("guardrails", "Guardrails", number(audit.guardrails.len())),
            ("findings", "Findings", number(audit.findings.len())),
        ]
    }

    fn warnings(&self) -> Vec<String> {
        warnings(&self.audit.organization)
    }

    fn cards(&self) -> [Card; 4] {
        let audit = self.audit;
        let organization = &audit.organization;
        let (accounts, in_all) = (audit.scope.accounts.len(), organization.accounts().len());
        let units = organization.nodes().filter(|(_, node)| node.account.is_none() && node.parent.is_some()).count();
        let policies = organization.policies().len();
        let policies = format!("{} {}", grouped(policies), if policies == 1 { "policy" } else { "policies" });
        let mut parts = vec![("", count(units, "OU")), ("", policies)];
        if accounts != in_all {
            parts.insert(0, ("", format!("of {} in the snapshot", grouped(in_all))));
        }
        let card = |anchor, number, name, parts| Card { anchor, number: grouped(number), name, parts };
        let largest = audit
            .classes
            .first()
            .map(|class| ("", format!("the largest has {}", count(class.accounts.len(), "account"))));
        let with = |state| audit.guardrails.iter().filter(|report| worst(report) == state).count();
        let states = [
            ("hole", with(GuardrailState::Hole), "with holes"),
            ("unknown", with(GuardrailState::Unknown), "unknown"),
            ("notAdopted", with(GuardrailState::NotAdopted), "not adopted"),
            ("suppressed", with(GuardrailState::Suppressed), "with suppressed holes"),
            ("holdsExcept", with(GuardrailState::HoldsExcept), "hold except for exemptions"),
            ("holds", with(GuardrailState::Holds), "hold"),
            ("notApplicable", with(GuardrailState::NotApplicable), "do not apply"),
        ];
        let risks = self.report.risk_counts().map(|(risk, number)| (risk.as_str(), number, risk.as_str()));
        [
            card("organization", accounts, "accounts", parts),
            card("classes", audit.classes.len(), "permission classes", largest.into_iter().collect()),
            card("guardrails", audit.guardrails.len(), "guardrails", part_words(&states)),
            card("findings", audit.findings.len(), "findings", part_words(&risks)),
        ]
    }

    /// What was looked at.
    fn scope(&self) -> Vec<(&'static str, String)> {
        let (scope, organization) = (&self.audit.scope, &self.audit.organization);
        let catalog = Catalog::embedded();
        let accounts = grouped(scope.accounts.len());
        let accounts = if scope.all_accounts {
            format!("all {accounts} of the snapshot")
        } else {
            format!("{accounts} of the {} in the snapshot, as chosen", grouped(organization.accounts().len()))
        };
        let actions = grouped(scope.actions);
        let actions = if scope.all_actions {
            format!("all {actions} of the catalog")
        } else {
            format!("{actions} of the {} of the catalog, as chosen", grouped(catalog.action_count()))
        };
        let services = count(scope.services.len(), "service");
        let mut rows = vec![
            ("Accounts", accounts),
            (
                "Actions",
                format!("{actions}, of {services}. Guardrails and findings look at every action, also new ones"),
            ),
        ];
        if let Some(principal) = &scope.principal {
            let words = "classes and numbers are about the calls of";
            rows.push((
                "Caller",
                format!("{words} {}; guardrails and findings about any caller", caller_words(principal)),
            ));
        }
        if !scope.unlisted_actions.is_empty() {
            rows.push(("Not in the catalog", format!("{} (judged, not counted)", scope.unlisted_actions.join(", "))));
        }
        let label = |name| if name == "root user" { "Root user" } else { "Central root sessions" };
        rows.extend(root_words(self.report).into_iter().map(|(name, words)| (label(name), words)));
        if let Some(profile) = &self.report.profile {
            rows.push(("Guardrails", format!("those of the profile {profile}")));
        }
        rows.push(("Catalog", format!("{} of {}", catalog.version(), catalog.date())));
        rows.push(("Policies", grouped(organization.policies().len())));
        if let Some(id) = organization.management_account() {
            rows.push(("Management account", format!("{} – SCPs never restrict it", id.as_str())));
        }
        for gap in organization.incomplete().iter().take(MOST) {
            let target = gap.target_id.as_deref().unwrap_or("the organization");
            let error = gap.error.as_deref().unwrap_or("no error recorded");
            rows.push(("Could not be read", format!("{} of {target}: {error}", gap.operation)));
        }
        for unused in self.audit.unused_suppressions.iter().take(MOST) {
            rows.push(("Unused suppression", format!("{} – {}", unused.finding, unused.reason)));
        }
        rows
    }

    /// Root and units: the path, how many accounts are directly below, what is attached.
    fn units(&self) -> Vec<(String, String, String)> {
        let organization = &self.audit.organization;
        let units = organization.nodes().filter(|(_, node)| node.account.is_none()).take(MOST);
        let row = |(id, node): (scproof_organization::NodeId, &scproof_organization::Node)| {
            let accounts = node.children.iter().filter(|child| organization.node(**child).account.is_some()).count();
            let policies: Vec<&str> =
                node.scps.iter().map(|policy| organization.policy(*policy).display_name()).collect();
            (organization.ou_path(id), grouped(accounts), policies.join(", "))
        };
        units.map(row).collect()
    }

    fn classes(&self) -> Vec<(&'a str, [String; 4])> {
        let row = |class: &'a scproof_auditor::PermissionClass| {
            let counts = class.counts;
            let numbers = [class.accounts.len(), counts.never_blocked, counts.depends, counts.always_blocked];
            (class.name.as_str(), numbers.map(grouped))
        };
        self.audit.classes.iter().take(MOST).map(row).collect()
    }

    fn findings(&self) -> Vec<FindingLine<'a>> {
        let line = |finding: &'a scproof_auditor::Finding| FindingLine {
            risk: finding.risk,
            code: finding.code,
            message: &finding.message,
            policy: finding.place.policy.map(|policy| self.audit.organization.policy(policy).display_name()),
            accounts: count(finding.accounts.len(), "account"),
            remedy: &finding.remedy,
        };
        self.audit.findings.iter().take(MOST).map(line).collect()
    }

    fn hidden_findings(&self) -> Option<String> {
        let hidden = self.audit.findings.len().saturating_sub(MOST);
        (hidden > 0).then(|| count(hidden, "more finding"))
    }
}

/// What makes the page say less than it seems to.
fn warnings(organization: &Organization) -> Vec<String> {
    let mut warnings = Vec::new();
    match (organization.feature_set(), organization.scp_status()) {
        (FeatureSet::ConsolidatedBilling, _) => {
            warnings.push("The organization has consolidated billing only: no SCP has any effect.".to_owned());
        }
        (FeatureSet::All, PolicyTypeStatus::Disabled) => {
            warnings.push("SCPs are not enabled in this organization: none has any effect.".to_owned());
        }
        (FeatureSet::All, PolicyTypeStatus::PendingEnable | PolicyTypeStatus::PendingDisable) => {
            warnings.push("SCPs are being enabled or disabled: whether they are in force is unknown.".to_owned());
        }
        (FeatureSet::All, PolicyTypeStatus::Enabled) => {}
    }
    if organization.is_incomplete() {
        let gaps = count(organization.incomplete().len(), "part");
        warnings.push(format!(
            "The snapshot lacks {gaps} that could not be read. What depends on them is unknown, and shown as unknown."
        ));
    }
    warnings
}

fn part_words(parts: &[(&'static str, usize, &str)]) -> Vec<(&'static str, String)> {
    parts
        .iter()
        .filter(|(_, number, _)| *number > 0)
        .map(|(class, number, words)| (*class, format!("{} {words}", grouped(*number))))
        .collect()
}

fn worst(report: &GuardrailReport) -> GuardrailState {
    report.groups.iter().map(|group| group.state).min().unwrap_or(GuardrailState::NotApplicable)
}
