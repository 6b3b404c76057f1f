//! The parts of an audit in words. What policies and people wrote is made safe for a terminal, not yet for Markdown.

use std::borrow::Cow;
use std::cmp::Reverse;

use scproof_auditor::{
    AccessChange, AuditOptions, Evidence, GuardrailAim, GuardrailGroup, GuardrailState, PassingKind, Place, RootAccess,
    RootCaller, RootCallerGroup, RootCallerKind,
};
use scproof_catalog::Catalog;
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

/// The verdict on everything, in one line.
pub(crate) fn verdict_words(report: &AuditReport<'_>) -> String {
    let audit = report.audit;
    if audit.scope.accounts.is_empty() {
        return "NOTHING TO AUDIT: no account is in scope".to_owned();
    }
    let guardrails = report.guardrail_counts();
    let number = |wanted| guardrails.iter().find(|(state, _)| *state == wanted).map_or(0, |(_, number)| *number);
    let (holes, open, apart) =
        (number(GuardrailState::Hole), number(GuardrailState::Unknown), number(GuardrailState::NotAdopted));
    let standing = match report.below_missing_scps() {
        0 => String::new(),
        number => format!("BLOCKED as the snapshot stands: {}; ", count(number, "account")),
    };
    let intended = audit.guardrails.len() - apart;
    let mut parts = Vec::new();
    if holes > 0 {
        let verb = if holes == 1 { "HAS A HOLE" } else { "HAVE HOLES" };
        parts.push(format!("{} OF {} {verb}", grouped(holes), guardrails_of(intended)));
    }
    if open > 0 {
        parts.push(format!("{} {}", grouped(open), if open == 1 { "DEPENDS" } else { "DEPEND" }));
    }
    if parts.is_empty() && intended > 0 {
        let except = number(GuardrailState::HoldsExcept);
        let except = if except == 0 { String::new() } else { format!(", {} with exemptions", grouped(except)) };
        let holding = except_not_applicable(number(GuardrailState::NotApplicable), intended);
        parts.push(format!("{holding}{except}"));
    }
    if number(GuardrailState::Suppressed) > 0 {
        parts.push(format!("{} with suppressed holes", grouped(number(GuardrailState::Suppressed))));
    }
    if apart > 0 && intended == 0 {
        parts.push("NO GUARDRAIL IS ADOPTED".to_owned());
    } else if apart > 0 {
        parts.push(format!("{} not adopted", grouped(apart)));
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
        .map_or_else(String::new, |principal| format!("; classes of the calls of {}", caller_words(principal)));
    format!("{accounts}; {actions}{caller}")
}

/// `never blocked`.
pub(crate) fn access_words(access: Access) -> &'static str {
    match access {
        Access::NeverBlocked => "never blocked",
        Access::Depends => "depends",
        Access::AlwaysBlocked => "always blocked",
    }
}

/// `always blocked, there depends`.
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
        GuardrailState::Unknown => "depends",
        GuardrailState::NotAdopted => "not adopted",
        GuardrailState::Suppressed => "hole, suppressed",
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
        GuardrailState::Hole
        | GuardrailState::Unknown
        | GuardrailState::NotAdopted
        | GuardrailState::Suppressed
        | GuardrailState::Holds
        | GuardrailState::NotApplicable => "all have this hole, some have more; --account ID tells all of one account",
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

/// A place in a few words: `region-lock[2]`, or what it is about.
pub(crate) fn short_place_words(report: &AuditReport<'_>, place: &Place) -> String {
    let organization = report.organization();
    match (place.policy, place.statement, place.targets.as_slice()) {
        (Some(policy), statement, _) => {
            let name = organization.policy(policy).display_name();
            statement.map_or_else(|| name.to_owned(), |statement| format!("{name}[{statement}]"))
        }
        (None, _, []) => String::new(),
        (None, _, [first]) => organization.node(*first).display_name().to_owned(),
        (None, _, [first, rest @ ..]) => {
            format!("{} and {} more", organization.node(*first).display_name(), grouped(rest.len()))
        }
    }
}

/// What decides the exit code, in one line: whether it is not 0, and why.
pub(crate) fn exit_words(report: &AuditReport<'_>) -> (bool, String) {
    let failed = report.failed();
    let new = if report.baseline.is_some() { " of what is new" } else { "" };
    if !failed.is_empty() {
        let words: Vec<String> = failed.iter().map(|gate| gate.words()).collect();
        let code = if AuditGate::all_unknown(&failed) { 5 } else { 1 };
        let new = if new.is_empty() { String::new() } else { format!(",{new}") };
        return (true, format!("{}{new}. Exit code {code}.", words.join("; ")));
    }
    let asked: Vec<String> = report.fail_on.iter().map(|gate| gate.asked()).collect();
    (
        false,
        match asked.as_slice() {
            [] => "Exit code 0: without --fail-on nothing fails.".to_owned(),
            asked => format!("nothing{new} is what --fail-on {} names. Exit code 0.", asked.join(",")),
        },
    )
}

/// What a report rests on: the file, when the snapshot was taken, its hash, who made the report, and how it was asked
/// for. Labels are words of one piece, for machine formats too.
pub(crate) fn evidence(report: &AuditReport<'_>) -> Vec<(&'static str, String)> {
    let organization = report.organization();
    let taken = organization.taken_at().map_or_else(|| "not recorded".to_owned(), ToString::to_string);
    let mut lines = vec![("snapshot", clean(&report.snapshot).into_owned()), ("taken", taken)];
    lines.extend(organization.source_sha256().map(|hash| ("sha-256", hash.to_owned())));
    let catalog = Catalog::embedded().date();
    lines.push(("program", format!("scproof {}, catalog of {catalog}", env!("CARGO_PKG_VERSION"))));
    if !report.options.is_empty() {
        lines.push(("options", clean(&report.options.join(" ")).into_owned()));
    }
    lines
}

/// What is aimed at a guardrail: `protect-audit-trail (p-…), Statement[0] "DenyStop"`, or an allow list.
pub(crate) fn aim_words(organization: &Organization, aim: GuardrailAim) -> String {
    match aim {
        GuardrailAim::Statement { policy, statement } => {
            let policy = organization.policy(policy);
            let sid = policy.document.statements.get(statement).and_then(|statement| statement.sid.as_ref());
            let sid = sid.map_or_else(String::new, |sid| format!(" \"{}\"", clean(sid)));
            let path = statement_path(&policy.document, statement);
            format!("{}, {path}{sid}", policy_words(policy.name.as_deref(), policy.id.as_str()))
        }
        GuardrailAim::AllowList(node) => format!("the allow list at {}", target_words(organization, node)),
    }
}

/// Who acts as the root user, and how much SCPs block of its calls: `everything is blocked in 26 accounts, by
/// deny-root-user`.
pub(crate) fn root_words(report: &AuditReport<'_>) -> Vec<(&'static str, String)> {
    let of = |caller: &RootCaller| {
        let name = match caller.kind {
            RootCallerKind::RootUser => "root user",
            RootCallerKind::RootSession => "root sessions",
        };
        let words = RootAccess::ALL.into_iter().filter_map(|access| root_access(report, caller, access));
        (name, words.collect::<Vec<String>>().join("; "))
    };
    report.audit.root_callers.iter().map(of).collect()
}

fn root_access(report: &AuditReport<'_>, caller: &RootCaller, access: RootAccess) -> Option<String> {
    let mut groups: Vec<&RootCallerGroup> = caller.groups.iter().filter(|group| group.access == access).collect();
    groups.sort_by_key(|group| Reverse(group.accounts.len()));
    let number: usize = groups.iter().map(|group| group.accounts.len()).sum();
    let mut names: Vec<String> = Vec::new();
    for policy in groups.iter().flat_map(|group| &group.policies) {
        let name = clean(report.organization().policy(*policy).display_name()).into_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let by = if names.is_empty() { String::new() } else { format!(", by {}", enumerate_some(&names, 3)) };
    let number_words = count(number, "account");
    (number > 0).then(|| match access {
        RootAccess::SomeBlocked => format!("some is blocked in {number_words}"),
        RootAccess::NothingBlocked => format!("nothing is blocked in {number_words}"),
        RootAccess::EverythingBlocked => format!("everything is blocked in {number_words}{by}"),
        RootAccess::NotApplicable => format!("SCPs do not apply in {number_words}"),
    })
}

/// `an ordinary role`, or the name of a principal.
pub(crate) fn caller_words(principal: &str) -> Cow<'_, str> {
    if principal.ends_with(AuditOptions::ORDINARY_ROLE) { "an ordinary role".into() } else { clean(principal) }
}
