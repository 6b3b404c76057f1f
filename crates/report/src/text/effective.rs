//! What an account can do at most.

use std::collections::BTreeMap;
use std::io::{self, Write};

use scproof_catalog::Catalog;
use scproof_evaluator::{Access, Decision, EffectiveGroup, Predicate};
use scproof_organization::{NodeId, Organization};

use super::answer::exemption_words;
use super::words::{account_words, policy_words, short_target_words};
use crate::effective::{Effective, action_count, named_actions};
use crate::layout::{Page, WIDTH, clean, count, enumerate, enumerate_some, grouped};
use crate::style::{Role, Style};
use crate::words::Words;

/// Groups of up to this many actions are listed by action, larger ones by service.
const LISTED_ACTIONS: usize = 12;
/// How many services of a large group are named.
const LISTED_SERVICES: usize = 8;

/// Writes the summary: how many actions are always blocked, conditional or never blocked, and each group with its reason.
///
/// # Errors
///
/// If writing fails.
pub fn render(effective: &Effective<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style);
    header(&mut page, effective);
    page.gap();
    let conditions = effective.permissions.groups.iter().filter_map(|group| group.depends_on.as_ref());
    body(&mut page, effective, &Words::short(effective.organization, conditions), None);
    page.gap();
    if effective.permissions.not_applicable.is_some() {
        closing(&mut page);
    } else if !effective.permissions.groups.is_empty() {
        if !effective.full {
            page.hanging("note: ", "`--full` lists every action, `--format json` has all details.");
        }
        for note in effective.notes() {
            page.hanging("note: ", &format!("{}.", clean(&note)));
        }
        closing(&mut page);
    }
    page.finish(out)
}

/// The groups of actions. Where the permissions are those of several accounts, `accounts` are these.
pub(super) fn body(page: &mut Page, effective: &Effective<'_>, words: &Words<'_>, accounts: Option<&[NodeId]>) {
    if let Some(reason) = effective.permissions.not_applicable {
        let line = page.style.paint(Role::Good, &format!("SCPs DO NOT APPLY: {}", exemption_words(reason)));
        page.line(line);
        return;
    }
    if effective.permissions.groups.is_empty() {
        page.line("No action fits the filter.");
        return;
    }
    let account = effective.organization.resolve_account(&effective.permissions.account).ok();
    let levels = effective.organization.levels_without_scps(accounts.map_or(account.as_slice(), |list| list).to_vec());
    if !levels.is_empty() {
        let levels: Vec<String> =
            levels.iter().map(|&level| short_target_words(effective.organization, level)).collect();
        let words = format!("BLOCKED as the snapshot stands: no SCP is attached to {}", enumerate_some(&levels, 4));
        for line in crate::layout::wrap(&words, WIDTH, WIDTH) {
            let line = page.style.paint(Role::Bad, &line);
            page.line(line);
        }
        page.gap();
    }
    totals(page, effective);
    always_blocked(page, effective, accounts);
    conditional(page, effective, words);
    never_blocked(page, effective);
}

pub(super) fn closing(page: &mut Page) {
    page.hanging("note: ", "SCPs grant nothing: never blocked is not allowed. IAM policies and others decide too.");
}

fn header(page: &mut Page, effective: &Effective<'_>) {
    let organization = effective.organization;
    let words = organization.resolve_account(&effective.permissions.account).map_or_else(
        |_| effective.permissions.account.clone(),
        |node| format!("{} in {}", account_words(organization, node), clean(&organization.ou_path(node))),
    );
    page.heading(&words);
    let who = match &effective.caller.principal {
        Some(principal) => clean(principal).into_owned(),
        None => "any principal in the account".to_owned(),
    };
    page.paragraph(0, &format!("What SCPs let pass at most, for {who}, on any resource:"));
}

fn groups<'a>(effective: &Effective<'a>, access: Access) -> impl Iterator<Item = &'a EffectiveGroup> + use<'a> {
    effective.permissions.groups.iter().filter(move |group| group.access == access)
}

fn totals(page: &mut Page, effective: &Effective<'_>) {
    let counts = [Access::AlwaysBlocked, Access::Conditional, Access::NeverBlocked]
        .map(|access| action_count(effective.permissions, access));
    let width = counts.iter().map(|count| grouped(*count).len()).max().unwrap_or(0);
    for (name, role, number) in [
        ("always blocked", Role::Bad, counts[0]),
        ("conditional", Role::Open, counts[1]),
        ("never blocked", Role::Good, counts[2]),
    ] {
        let noun = if number == 1 { "action" } else { "actions" };
        let name = page.style.paint(role, &format!("{name:<16}"));
        page.line(format!("  {name}{:>width$} {noun}", grouped(number)));
    }
}

/// Blocked groups by what is to be said about them: a missing Allow is one reason, whatever else may deny.
fn always_blocked(page: &mut Page, effective: &Effective<'_>, accounts: Option<&[NodeId]>) {
    let mut reasons: Vec<(String, Vec<&EffectiveGroup>)> = Vec::new();
    for group in groups(effective, Access::AlwaysBlocked) {
        let words = blocked_words(effective, group, accounts);
        match reasons.iter_mut().find(|(other, _)| *other == words) {
            Some((_, members)) => members.push(group),
            None => reasons.push((words, vec![group])),
        }
    }
    if reasons.is_empty() {
        return;
    }
    page.gap();
    let heading = page.style.paint(Role::Bad, "ALWAYS BLOCKED");
    page.line(heading);
    for (words, members) in &reasons {
        page.gap();
        entry(page, effective, &|_| format!(", {words}"), members);
    }
}

fn blocked_words(effective: &Effective<'_>, group: &EffectiveGroup, accounts: Option<&[NodeId]>) -> String {
    let organization = effective.organization;
    if !group.levels_without_allow.is_empty() {
        let levels: Vec<String> =
            group.levels_without_allow.iter().map(|&node| level_words(organization, node, accounts)).collect();
        return format!("no Allow at {}", enumerate(&levels));
    }
    let mut policies: Vec<String> = Vec::new();
    for statement in &group.determining {
        let policy = organization.policy(statement.policy);
        let name = policy_words(policy.name.as_deref(), policy.id.as_str());
        if !policies.contains(&name) {
            policies.push(name);
        }
    }
    match (group.decision, policies.is_empty()) {
        (_, true) => group.reason.text().to_owned(),
        (Decision::ExplicitDeny, false) => format!("denied by {}", enumerate(&policies)),
        (_, false) => format!("denied one way or another, possibly by {}", enumerate(&policies)),
    }
}

/// A level as all the accounts have it: those of a group may be below different units.
fn level_words(organization: &Organization, level: NodeId, accounts: Option<&[NodeId]>) -> String {
    // A subtree is a range of nodes.
    let below = level.index()..level.index() + organization.subtree(level).len();
    match accounts {
        Some(accounts) if accounts.len() > 1 && organization.node(level).account.is_some() => {
            "the account itself".to_owned()
        }
        Some(accounts) if !accounts.iter().all(|account| below.contains(&account.index())) => {
            format!("a level of each, such as {}", short_target_words(organization, level))
        }
        _ => short_target_words(organization, level),
    }
}

fn conditional(page: &mut Page, effective: &Effective<'_>, words: &Words<'_>) {
    let groups: Vec<&EffectiveGroup> = groups(effective, Access::Conditional).collect();
    if groups.is_empty() {
        return;
    }
    page.gap();
    let heading = page.style.paint(Role::Open, "CONDITIONAL");
    page.line(heading);
    let legend = Legend::of(&groups);
    let is_numbered = legend.clauses.len() > 1;
    if is_numbered {
        page.paragraph(0, "Blocked unless all conditions named by number hold:");
        page.gap();
        for (index, clause) in legend.clauses.iter().enumerate() {
            page.hanging(&format!("  {:<5}", format!("[{}]", index + 1)), &words.sentence(clause));
        }
    }
    let mut entries: Vec<(Option<&Predicate>, Vec<&EffectiveGroup>)> = Vec::new();
    for group in groups {
        let condition = group.depends_on.as_ref();
        match entries.iter_mut().find(|(other, _)| *other == condition) {
            Some((_, members)) => members.push(group),
            None => entries.push((condition, vec![group])),
        }
    }
    entries
        .sort_by_key(|(_, members)| std::cmp::Reverse(members.iter().map(|group| named_actions(group)).sum::<usize>()));
    for (condition, members) in &entries {
        page.gap();
        let told = |is_one: bool| match condition {
            Some(condition) if is_numbered => {
                format!(" {} {}", if is_one { "needs" } else { "need" }, legend.numbers(condition).join(" "))
            }
            Some(condition) => format!(": {}", words.depends_on(Decision::Unknown, condition)),
            None => ": it depends on facts that are not known".to_owned(),
        };
        entry(page, effective, &told, members);
    }
}

/// The clauses of all conditions, numbered: the most frequent ones first.
struct Legend<'a> {
    clauses: Vec<&'a Predicate>,
}

impl<'a> Legend<'a> {
    fn of(groups: &[&'a EffectiveGroup]) -> Self {
        let mut counts: BTreeMap<&Predicate, (usize, usize)> = BTreeMap::new();
        let conditions = groups.iter().filter_map(|group| group.depends_on.as_ref());
        for clause in conditions.flat_map(Predicate::conjuncts) {
            let first_seen = counts.len();
            counts.entry(clause).or_insert((0, first_seen)).0 += 1;
        }
        let mut clauses: Vec<(&Predicate, (usize, usize))> = counts.into_iter().collect();
        clauses.sort_by_key(|(_, (count, first_seen))| (std::cmp::Reverse(*count), *first_seen));
        Self { clauses: clauses.into_iter().map(|(clause, _)| clause).collect() }
    }

    /// The numbers of what a condition asks, ascending.
    fn numbers(&self, condition: &Predicate) -> Vec<String> {
        let asked = condition.conjuncts();
        let numbered = self.clauses.iter().enumerate().filter(|(_, clause)| asked.contains(clause));
        numbered.map(|(index, _)| format!("[{}]", index + 1)).collect()
    }
}

fn never_blocked(page: &mut Page, effective: &Effective<'_>) {
    let members: Vec<&EffectiveGroup> = groups(effective, Access::NeverBlocked).collect();
    if members.is_empty() {
        return;
    }
    page.gap();
    let heading = page.style.paint(Role::Good, "NEVER BLOCKED");
    page.line(heading);
    page.gap();
    entry(page, effective, &|_| String::new(), &members);
}

/// One entry: how many actions, a word on them, given whether it is one, and which they are.
fn entry(page: &mut Page, effective: &Effective<'_>, words: &dyn Fn(bool) -> String, members: &[&EffectiveGroup]) {
    let number: usize = members.iter().map(|group| named_actions(group)).sum();
    let subject = if number == 0 { "actions not known yet".to_owned() } else { count(number, "action") };
    page.hanging_at("  ", 4, &format!("{subject}{}", words(number == 1)));
    if number > 0 {
        if effective.full || number <= LISTED_ACTIONS {
            page.paragraph(6, &action_names(members).join(", "));
        } else {
            page.paragraph(6, &service_words(members));
        }
    }
    let future: usize = members.iter().map(|group| group.future_actions_of.len()).sum();
    let other = members.iter().any(|group| group.other_services);
    let new = match (future, other) {
        (0, false) => return,
        (0, true) => "and all actions of services that are not known yet".to_owned(),
        (future, false) => format!("and new actions of {}", services(members, future)),
        (future, true) => {
            format!("and new actions of {}, and all of services that are not known yet", services(members, future))
        }
    };
    page.paragraph(6, &new);
}

/// `s3`, `ec2 and s3`, `427 services`.
fn services(members: &[&EffectiveGroup], number: usize) -> String {
    let mut names: Vec<String> = members.iter().flat_map(|group| &group.future_actions_of).cloned().collect();
    names.sort_unstable();
    if number <= 4 { enumerate(&names) } else { count(number, "service") }
}

fn action_names(members: &[&EffectiveGroup]) -> Vec<String> {
    let catalog = Catalog::embedded();
    let mut names: Vec<String> = members
        .iter()
        .flat_map(|group| {
            let known = group.actions.iter().map(|&action| catalog.action(action).full_name());
            known.chain(group.unlisted_actions.iter().map(|name| clean(name).into_owned()))
        })
        .collect();
    names.sort_by_key(|name| name.to_ascii_lowercase());
    names
}

/// The services with the most actions, and how many more there are.
fn service_words(members: &[&EffectiveGroup]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in action_names(members) {
        let service = name.split_once(':').map_or(name.as_str(), |(service, _)| service).to_ascii_lowercase();
        *counts.entry(service).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(service, count)| (std::cmp::Reverse(*count), service.clone()));
    let words: Vec<String> = counts.iter().map(|(service, count)| format!("{service} {}", grouped(*count))).collect();
    let words = enumerate_some(&words, LISTED_SERVICES);
    if counts.len() > LISTED_SERVICES { format!("{words} services") } else { words }
}
