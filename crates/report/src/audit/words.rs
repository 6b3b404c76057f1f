//! The parts of an audit in words. What policies and people wrote is made safe for a terminal, not yet for Markdown.

use scproof_auditor::{AccessChange, Evidence, GuardrailGroup, GuardrailState, PassingKind, Place, Risk};
use scproof_evaluator::{Access, Decision};
use scproof_organization::{NodeId, Organization};

use super::{AuditGate, AuditReport};
use crate::layout::{clean, count, enumerate, enumerate_some, grouped};
use crate::names::{policy_words, statement_path, target_words};
use crate::words::Words;

/// Up to this many accounts are better named than told by their classes.
const FEW: usize = 6;

impl AuditReport<'_> {
    /// Many accounts that are exactly those of some classes: `23 accounts: all of class A`.
    pub(crate) fn classes_words(&self, accounts: &[NodeId]) -> Option<String> {
        if accounts.len() <= FEW {
            return None;
        }
        let number = count(accounts.len(), "account");
        if accounts.len() == self.audit.scope.accounts.len() {
            return Some(format!("{number}: all in scope"));
        }
        let mut chosen = vec![false; self.organization().node_count()];
        for account in accounts {
            if let Some(slot) = chosen.get_mut(account.index()) {
                *slot = true;
            }
        }
        let is_chosen = |account: &NodeId| chosen.get(account.index()) == Some(&true);
        let (mut names, mut covered) = (Vec::new(), 0);
        for class in &self.audit.classes {
            if class.accounts.iter().all(is_chosen) {
                names.push(class.name.clone());
                covered += class.accounts.len();
            }
        }
        let noun = if names.len() == 1 { "class" } else { "classes" };
        (covered == accounts.len()).then(|| format!("{number}: all of {noun} {}", enumerate_some(&names, 12)))
    }
}

impl AuditGate {
    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Hole => "a guardrail has a hole",
            Self::Unknown => "it could not be settled whether a guardrail holds",
            Self::Finding(Risk::High) => "there are findings of risk high",
            Self::Finding(Risk::Medium) => "there are findings of risk medium",
            Self::Finding(Risk::Low) => "there are findings of risk low",
            Self::Finding(Risk::Info) => "there are findings of risk info",
        }
    }
}

/// The verdict on everything, in one line.
pub(crate) fn verdict_words(report: &AuditReport<'_>) -> String {
    let audit = report.audit;
    if audit.scope.accounts.is_empty() {
        return "NOTHING TO AUDIT: no account is in scope".to_owned();
    }
    let guardrails = report.guardrail_counts();
    let number = |wanted| guardrails.iter().find(|(state, _)| *state == wanted).map_or(0, |(_, number)| *number);
    let (holes, open) = (number(GuardrailState::Hole), number(GuardrailState::Unknown));
    let standing = match report.below_missing_scps() {
        0 => String::new(),
        number => format!("BLOCKED as the snapshot stands: {}; ", count(number, "account")),
    };
    let mut parts = Vec::new();
    if holes > 0 {
        let verb = if holes == 1 { "HAS A HOLE" } else { "HAVE HOLES" };
        parts.push(format!("{} OF {} {verb}", grouped(holes), guardrails_of(audit.guardrails.len())));
    }
    if open > 0 {
        parts.push(format!("{} {} NOT SETTLED", grouped(open), if open == 1 { "IS" } else { "ARE" }));
    }
    if parts.is_empty() && !audit.guardrails.is_empty() {
        let except = number(GuardrailState::HoldsExcept);
        let except = if except == 0 { String::new() } else { format!(", {} with exemptions", grouped(except)) };
        let holding = except_not_applicable(number(GuardrailState::NotApplicable), audit.guardrails.len());
        parts.push(format!("{holding}{except}"));
    }
    let findings: Vec<String> = report
        .risk_counts()
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(risk, number)| format!("{} {risk}", grouped(number)))
        .collect();
    let findings = if findings.is_empty() {
        "no findings".to_owned()
    } else {
        format!("{} ({})", count(audit.findings.len(), "finding"), findings.join(", "))
    };
    format!("{standing}{}{}{findings}", parts.join(", "), if parts.is_empty() { "" } else { "; " })
}

fn guardrails_of(number: usize) -> String {
    format!("{} {}", grouped(number), if number == 1 { "GUARDRAIL" } else { "GUARDRAILS" })
}

fn except_not_applicable(not_applicable: usize, all: usize) -> String {
    if not_applicable == all {
        return "NO GUARDRAIL APPLIES, as SCPs do not apply to any account in scope".to_owned();
    }
    format!("{} {} in every account", guardrails_of(all), if all == 1 { "HOLDS" } else { "HOLD" })
}

/// What was looked at: `27 accounts, all actions (22,104 of 430 services)`.
pub(crate) fn scope_words(report: &AuditReport<'_>) -> String {
    let scope = &report.audit.scope;
    let accounts = count(scope.accounts.len(), "account");
    let accounts = if scope.all_accounts { accounts } else { format!("{accounts}, chosen of all") };
    let services = count(scope.services.len(), "service");
    let actions = match (scope.all_actions, scope.actions) {
        (true, number) => format!("all {} of {services}", count(number, "action")),
        (false, number) => format!("{} of {services}, chosen of all", count(number, "action")),
    };
    let caller = scope
        .principal
        .as_ref()
        .map_or_else(String::new, |principal| format!("; classes of the calls of {}", clean(principal)));
    format!("{accounts}; {actions}{caller}")
}

/// `never blocked`.
pub(crate) fn access_words(access: Access) -> &'static str {
    match access {
        Access::NeverBlocked => "never blocked",
        Access::Conditional => "conditional",
        Access::AlwaysBlocked => "always blocked",
    }
}

/// `always blocked, not conditional`, `conditional, otherwise`.
pub(crate) fn change_words(change: &AccessChange) -> String {
    if change.own == change.other {
        return format!("{} on another condition", access_words(change.own));
    }
    format!("{}, there {}", access_words(change.own), access_words(change.other))
}

/// `hole`, `holds, with exemptions`.
pub(crate) fn state_words(state: GuardrailState) -> &'static str {
    match state {
        GuardrailState::Hole => "hole",
        GuardrailState::Unknown => "not settled",
        GuardrailState::HoldsExcept => "holds, with exemptions",
        GuardrailState::Holds => "holds",
        GuardrailState::NotApplicable => "SCPs do not apply",
    }
}

/// What passes, as the label of a line.
pub(crate) fn kind_words(kind: PassingKind) -> &'static str {
    match kind {
        PassingKind::Hole => "passes",
        PassingKind::Open => "may pass",
        PassingKind::Exemption => "exempt",
    }
}

/// That not all is told of a group of accounts, and how to see the rest; `None` if all is.
pub(crate) fn untold_words(group: &GuardrailGroup) -> Option<&'static str> {
    (!group.passing_is_complete).then_some(match group.state {
        GuardrailState::HoldsExcept => "all have this exemption, some have more; --account ID tells all of one account",
        GuardrailState::Hole | GuardrailState::Unknown | GuardrailState::Holds | GuardrailState::NotApplicable => {
            "all have this hole, some have more; --account ID tells all of one account"
        }
    })
}

/// What backs a finding, in words.
pub(crate) fn evidence_words(organization: &Organization, evidence: &Evidence) -> Option<String> {
    match evidence {
        Evidence::Snapshot => None,
        Evidence::Proof(words) => Some(format!("proved: {}", clean(words))),
        Evidence::Witness(words, _) => Some(clean(words).into_owned()),
        Evidence::Condition(words, when, _) => {
            Some(format!("{}: {}", clean(words), Words::full(organization).depends_on(Decision::Unknown, when)))
        }
    }
}

/// The policy and statement of a place, or nothing.
pub(crate) fn place_words(report: &AuditReport<'_>, place: &Place) -> Option<String> {
    let organization = report.organization();
    let policy = organization.policy(place.policy?);
    let mut words = policy_words(policy.name.as_deref(), policy.id.as_str());
    let statement = place.statement.map(|statement| statement_path(&policy.document, statement));
    // The route says more than the statement only where it goes on.
    let path = place.path.as_ref().filter(|path| statement.as_ref() != Some(path));
    if let Some(statement) = &statement {
        let sid = place.sid.as_ref().map_or_else(String::new, |sid| format!(" \"{}\"", clean(sid)));
        words = format!("{words}, {statement}{sid}");
    }
    Some(match (report.position(place), path) {
        (Some((line, column)), Some(path)) => format!("{words}, line {line} column {column} ({})", clean(path)),
        (Some((line, column)), None) => format!("{words}, line {line} column {column}"),
        (None, Some(path)) => format!("{words} ({})", clean(path)),
        (None, None) => words,
    })
}

/// The root, units and accounts of a place.
pub(crate) fn target_list(organization: &Organization, targets: &[NodeId], most: usize) -> String {
    if targets.len() <= most {
        let all: Vec<String> = targets.iter().map(|&id| target_words(organization, id)).collect();
        return enumerate(&all);
    }
    let mut some: Vec<String> = targets.iter().take(most).map(|&id| target_words(organization, id)).collect();
    // Only counted: there may be thousands.
    some.resize(targets.len(), String::new());
    enumerate_some(&some, most)
}
