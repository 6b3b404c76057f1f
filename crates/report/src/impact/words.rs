//! The parts of a region in words. What policies and people wrote is made safe for a terminal, not yet for Markdown.

use std::collections::{BTreeMap, BTreeSet};

use scproof_catalog::Catalog;
use scproof_evaluator::{Decision, Explanation, Predicate, Request, StatementRef, Undecided};
use scproof_organization::{NodeId, Organization};
use scproof_simulator::{AccountRef, ActionTerm, RegionReport, Transition, Why};

use super::{Entry, ImpactReport};
use crate::layout::{clean, count, enumerate, enumerate_some, grouped};
use crate::names::{policy_words, short_target_words, statement_words, target_words};
use crate::words::{Line, Words, told};

/// More accounts than this are not named one by one unless everything is written out.
const MANY: usize = 24;

/// How much is written out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Detail {
    /// Regions of a transition.
    pub(crate) entries: usize,
    /// Accounts of one place.
    pub(crate) accounts: usize,
    /// Places of accounts.
    pub(crate) places: usize,
    /// Lines of a condition.
    pub(crate) conditions: usize,
    /// Action patterns.
    pub(crate) patterns: usize,
    /// Statements and levels as causes.
    pub(crate) causes: usize,
}

impl Detail {
    /// What a page has room for.
    pub(crate) const BRIEF: Self =
        Self { entries: 10, accounts: 6, places: 8, conditions: 14, patterns: 24, causes: 4 };
    /// Everything.
    pub(crate) const FULL: Self = Self {
        entries: usize::MAX,
        accounts: usize::MAX,
        places: usize::MAX,
        conditions: usize::MAX,
        patterns: usize::MAX,
        causes: usize::MAX,
    };
}

/// `newly blocked`.
pub(crate) fn transition_words(transition: Transition) -> &'static str {
    match transition {
        Transition::NewlyBlocked => "newly blocked",
        Transition::NewlyPassing => "newly passing",
        Transition::Unknown => "depends",
        Transition::OtherReason => "blocked for another reason",
    }
}

/// The verdict on everything, in one line.
pub(crate) fn verdict_words(report: &ImpactReport<'_>) -> String {
    let totals = report.totals();
    let parts: Vec<String> = [
        (totals.newly_blocked, "NEWLY BLOCKED", Transition::NewlyBlocked),
        (totals.newly_passing, "NEWLY PASSING", Transition::NewlyPassing),
        (totals.unknown, "DEPENDS", Transition::Unknown),
        (totals.other_reason, "BLOCKED FOR ANOTHER REASON", Transition::OtherReason),
    ]
    .into_iter()
    // Calls that are blocked before and after are worth a headline only where nothing else is.
    .take(if totals.newly_blocked + totals.newly_passing + totals.unknown > 0 { 3 } else { 4 })
    .filter(|(number, _, _)| *number > 0)
    .map(|(number, words, transition)| {
        format!("{words} in {}{}", count(number, "account"), names_that_are_none(report, transition))
    })
    .collect();
    let stands = if report.notes().is_empty() { "" } else { " as the snapshot stands" };
    if !parts.is_empty() {
        return format!("{}{stands}", enumerate(&parts));
    }
    if !report.impact.uncut_services.is_empty() {
        return "DEPENDS: no difference was found, but not everything could be compared".to_owned();
    }
    if totals.compared == 0 {
        return "NOTHING TO COMPARE: no account that SCPs govern is there before and after".to_owned();
    }
    format!("NO DIFFERENCE{stands}: proved for {}", report.compared_words())
}

/// How many of the actions are names that AWS does not list, which a misspelt policy is about: ` (0 known actions, 1
/// name that AWS does not list)`; empty if there are none.
fn names_that_are_none(report: &ImpactReport<'_>, transition: Transition) -> String {
    let regions = report.impact.changed.iter().flat_map(|group| &group.regions).map(|found| &found.region);
    let actions = regions.filter(|region| region.transition() == transition).map(|region| &region.actions);
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut has_known = false;
    for set in actions {
        has_known |= set.listed > 0;
        for term in &set.terms {
            if let [name] = term.all_of.as_slice()
                && !name.contains(['*', '?'])
                && Catalog::embedded().find_action(name).is_none()
            {
                names.insert(name);
            }
        }
    }
    if names.is_empty() {
        return String::new();
    }
    let unknown = format!("{} that AWS does not list", count(names.len(), "name"));
    if has_known { format!(" (and {unknown})") } else { format!(" (0 known actions, {unknown})") }
}

/// Accounts by place, one line a place: `sandbox-alice (417000000001) and sandbox-bob (417000000002) in Root/Sandbox`.
pub(crate) fn accounts_words(accounts: &[&AccountRef], detail: Detail) -> Vec<String> {
    let mut places: Vec<&str> = Vec::new();
    let mut by_place: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for account in accounts {
        let names = by_place.entry(&account.path).or_default();
        if names.is_empty() {
            places.push(&account.path);
        }
        names.push(account_words(account));
    }
    let mut named: Vec<(&str, Vec<String>)> =
        places.into_iter().map(|place| (place, by_place.remove(place).unwrap_or_default())).collect();
    let mut detail = detail;
    // Of very many accounts it is the places that tell something, the largest first.
    if accounts.len() > MANY && detail.accounts < MANY {
        detail = Detail { accounts: 2, places: 6, ..detail };
        named.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
    }
    let shown = named.len().min(detail.places);
    let line = |(place, names): &(&str, Vec<String>)| {
        format!("{} in {}", enumerate_some(names, detail.accounts), clean(place))
    };
    let mut lines: Vec<String> = named.iter().take(shown).map(line).collect();
    if named.len() > shown {
        let hidden = named.iter().skip(shown).map(|(_, names)| names.len()).sum();
        lines.push(format!("and {} in {}", count(hidden, "account"), count(named.len() - shown, "more place")));
    }
    if lines.len() > 1 || accounts.len() > detail.accounts {
        lines.insert(0, format!("{}:", count(accounts.len(), "account")));
    }
    lines
}

/// `shop (214000000001)`, or the id alone.
fn account_words(account: &AccountRef) -> String {
    account.name.as_deref().map_or_else(|| account.id.clone(), |name| format!("{} ({})", clean(name), account.id))
}

/// The actions: those of all plain patterns in one line, then a line for each pattern that has exceptions.
pub(crate) fn action_lines(terms: &[ActionTerm], detail: Detail) -> Vec<String> {
    let is_plain = |term: &&ActionTerm| term.all_of.len() == 1 && term.except.is_empty();
    let plain: Vec<String> =
        terms.iter().filter(is_plain).flat_map(|term| &term.all_of).map(|text| clean(text).into_owned()).collect();
    let mut lines = Vec::new();
    if !plain.is_empty() {
        lines.push(listed(&plain, detail.patterns));
    }
    let others: Vec<&ActionTerm> = terms.iter().filter(|term| !is_plain(term)).collect();
    let shown = others.len().min((detail.patterns / 6).max(1));
    for term in others.iter().take(shown) {
        let patterns = clean(&term.all_of.join(" and ")).into_owned();
        let except: Vec<String> = term.except.iter().map(|pattern| clean(pattern).into_owned()).collect();
        lines.push(if except.is_empty() {
            patterns
        } else {
            format!("{patterns} except {}", listed(&except, detail.patterns))
        });
    }
    if others.len() > shown {
        lines.push(format!("and {}", count(others.len() - shown, "more pattern")));
    }
    lines
}

/// `a, b, c`, the first of them at most.
fn listed(texts: &[String], most: usize) -> String {
    // One more takes as much room as saying that there is one more.
    if texts.len() <= most.saturating_add(1) {
        return texts.join(", ");
    }
    let shown = texts.get(..most).unwrap_or_default();
    format!("{}, … {} more", shown.join(", "), grouped(texts.len() - most))
}

/// `4 actions`, `1,204 actions, and new ones that fit`.
pub(crate) fn listed_words(listed: usize, terms: &[ActionTerm]) -> String {
    let open = terms.iter().any(|term| term.all_of.iter().all(|pattern| pattern.contains(['*', '?'])));
    match (listed, open) {
        (0, _) => "actions that are not known today".to_owned(),
        (listed, false) => count(listed, "action"),
        (listed, true) => format!("{}, and new ones that fit", count(listed, "action")),
    }
}

/// A described condition as an indented list.
pub(crate) fn when_lines(words: &Words<'_>, when: &Predicate, is_complete: bool, detail: Detail) -> Vec<Line> {
    let mut lines = words.lines(&told(when));
    if lines.len() > detail.conditions.saturating_add(1) {
        let hidden = lines.len() - detail.conditions;
        lines.truncate(detail.conditions);
        lines.push(Line::words(1, format!("… {hidden} lines more")));
    }
    if !is_complete {
        lines.push(Line::words(0, "and in other cases, which are too many to list"));
    }
    lines
}

/// What is odd about the caller of an example, and the reason why it shows something: a path in which a role's name
/// seems to stand.
pub(crate) fn caller_words(request: &Request) -> Option<String> {
    let resource = request.principal.as_deref()?.splitn(6, ':').nth(5)?;
    let (path, name) = resource.strip_prefix("role/").or_else(|| resource.strip_prefix("user/"))?.rsplit_once('/')?;
    path.contains(':').then(|| {
        let (path, name) = (clean(path), clean(name));
        format!("the path `/{path}/` of `{name}` is the point: a pattern takes it for more than a path")
    })
}

/// What an answer says: `not blocked`, `blocked by an explicit Deny`.
pub(crate) fn decision_words(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "not blocked by SCPs",
        Decision::ExplicitDeny => "blocked by an explicit Deny",
        Decision::ImplicitDeny => "blocked for lack of an Allow",
        Decision::Deny => "blocked, explicitly or for lack of an Allow",
        Decision::Unknown => "depends on more",
        Decision::NotApplicable => "not blocked, as SCPs do not apply",
    }
}

/// Because of what the example of a region is blocked, before or after; nothing if it is not.
pub(crate) fn cause_words(report: &ImpactReport<'_>, region: &RegionReport, before: bool) -> Vec<String> {
    let (organization, explanation) =
        if before { (report.before, &region.before) } else { (report.after, &region.after) };
    let Some(explanation) = explanation.as_ref().filter(|explanation| {
        explanation.decision.is_denied()
            || explanation.decision == Decision::Unknown && region.region.transition() == Transition::Unknown
    }) else {
        return Vec::new();
    };
    let mut causes = Vec::new();
    for &node in &explanation.levels_without_allow {
        causes.push(missing_words(organization, node));
    }
    for statement in statements(explanation) {
        causes.push(statement_words(organization, statement));
    }
    causes.dedup();
    causes
}

/// The causes of all regions that an entry tells together, each once.
pub(crate) fn entry_causes(report: &ImpactReport<'_>, entry: &Entry<'_>, before: bool) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    for cause in entry.reports.iter().flat_map(|region| cause_words(report, region, before)) {
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    let most = report.detail().causes;
    if causes.len() > most {
        let more = causes.len() - (most - 1);
        causes.truncate(most - 1);
        causes.push(format!("and {more} more"));
    }
    causes
}

fn statements(explanation: &Explanation) -> Vec<&StatementRef> {
    if explanation.decision != Decision::Unknown {
        return explanation.determining.iter().collect();
    }
    let mut open: Vec<&StatementRef> = Vec::new();
    for level in &explanation.levels {
        let maybe = level.maybe_denied_by.iter().map(|(statement, _)| statement).chain(&level.maybe_allowed_by);
        for statement in maybe {
            if !open.contains(&statement) {
                open.push(statement);
            }
        }
    }
    open
}

/// `no Allow matches at OU Sandbox (ou-…), where FullAWSAccess is attached`.
pub(crate) fn missing_words(organization: &Organization, node: NodeId) -> String {
    let attached: Vec<String> = organization
        .node(node)
        .scps
        .iter()
        .map(|&policy| clean(organization.policy(policy).display_name()).into_owned())
        .collect();
    let attached = match &attached[..] {
        [] => "nothing is".to_owned(),
        [only] => format!("only {only} is"),
        several => format!("{} are", enumerate_some(several, 4)),
    };
    format!("no Allow matches at {}, where {attached} attached", target_words(organization, node))
}

/// Why something is unknown.
pub(crate) fn why_words(organization: &Organization, why: &Why) -> String {
    match why {
        Why::Open(Undecided::Key(key)) => format!("the value of {} decides, and how is not known", clean(key)),
        Why::Open(Undecided::Resource) => "the resource decides, and how is not known".to_owned(),
        Why::Open(Undecided::Principal) => "who calls decides, and how is not known".to_owned(),
        // No gap in AWS's documentation: no reading of a rule settles it.
        Why::Open(Undecided::Rule("K3-14")) => {
            "what a statement or policy there says could not be read (rule K3-14); `scproof validate` shows where"
                .to_owned()
        }
        Why::Open(Undecided::Rule(rule)) => {
            format!(
                "AWS's documentation leaves open what happens here (rule {rule}); --assume-preferred takes the likelier reading"
            )
        }
        Why::Open(Undecided::Policy(policy)) => {
            let policy = organization.policy(*policy);
            let name = policy_words(policy.name.as_deref(), policy.id.as_str());
            format!("what {name} says could not be read; `scproof validate` shows where")
        }
        Why::Open(Undecided::Membership(account)) => {
            format!("whether {} is a member could not be read when the snapshot was taken", clean(account))
        }
        Why::Open(Undecided::Attachments(node)) => {
            let name = short_target_words(organization, *node);
            format!("what is attached to {name} could not be read when the snapshot was taken")
        }
        Why::Relation(keys) => {
            let keys: Vec<String> = keys.iter().map(|key| clean(key).into_owned()).collect();
            format!("{} are compared with each other, and no call was found that shows a difference", enumerate(&keys))
        }
        Why::Limit(name, value) => {
            format!("the comparison would go beyond a limit of {} {name}", grouped(*value))
        }
        Why::Stopped => "the work was ended before this was settled".to_owned(),
        Why::Unconfirmed => {
            "no call was found that shows it: other resources of the same call may decide, too".to_owned()
        }
    }
}

/// What of an entry was not expected.
pub(crate) fn beyond_words(entry: &Entry<'_>) -> Option<String> {
    let beyond = entry.beyond.first()?;
    let accounts: usize = entry.beyond.iter().map(|beyond| beyond.accounts.len()).sum();
    let accounts =
        if accounts == entry.accounts.len() { String::new() } else { format!(" in {}", count(accounts, "account")) };
    let words = match &beyond.action {
        Some(action) => format!("no entry allows this{accounts}, such as {}", clean(action)),
        None => format!("too many patterns overlap to tell whether an entry allows this{accounts}"),
    };
    Some(words)
}

/// What is to be said about the report as a whole; what comes from outside stands in backticks.
pub(crate) fn remark_words(report: &ImpactReport<'_>) -> Vec<String> {
    let impact = report.impact;
    let quoted = |texts: &[String]| {
        let texts: Vec<String> = texts.iter().map(|text| format!("`{}`", clean(text))).collect();
        enumerate_some(&texts, report.detail().accounts)
    };
    let mut remarks: Vec<String> = report.notes().iter().map(|note| format!("{}.", clean(note))).collect();
    let mut scope = Vec::new();
    if !report.scope.accounts.is_empty() {
        scope.push(format!("the accounts {}", quoted(&report.scope.accounts)));
    }
    if !report.scope.ous.is_empty() {
        scope.push(format!("the accounts below {}", quoted(&report.scope.ous)));
    }
    if !report.scope.services.is_empty() {
        scope.push(format!("the services {}", quoted(&report.scope.services)));
    }
    if !report.scope.actions.is_empty() {
        scope.push(format!("the actions {}, whatever wider patterns above say", quoted(&report.scope.actions)));
    }
    if !scope.is_empty() {
        remarks.push(format!("only {} were compared.", enumerate(&scope)));
    }
    if let Some(management) = &impact.management {
        remarks.push(format!(
            "the management account `{}` is unaffected: SCPs never restrict it.",
            clean(management.name.as_deref().unwrap_or(&management.id))
        ));
    }
    if !impact.uncut_services.is_empty() {
        remarks.push(format!(
            "nothing is said of actions of {} that no catalog lists: the patterns on them are too many-sided.",
            quoted(&impact.uncut_services)
        ));
    }
    for (accounts, words) in [(&impact.added, "after"), (&impact.removed, "before")] {
        if !accounts.is_empty() {
            let names: Vec<String> =
                accounts.iter().map(|account| account.name.clone().unwrap_or_else(|| account.id.clone())).collect();
            remarks.push(format!("there only {words}, and so not compared: {}.", quoted(&names)));
        }
    }
    if let Some(idle) = report.held.map(|held| &held.idle).filter(|idle| !idle.is_empty()) {
        let entries: Vec<String> = idle.iter().map(|entry| format!("Allowed[{entry}]")).collect();
        remarks.push(format!("what these entries of --expect allow does not happen: {}.", quoted(&entries)));
    }
    remarks.push("SCPs grant nothing: what they let pass may be denied by other policies.".to_owned());
    remarks
}
