//! What an account, or those of a unit, can do at most.

use std::collections::BTreeMap;

use scproof_catalog::Catalog;
use scproof_evaluator::{Access, Decision, EffectiveGroup, Predicate};
use scproof_organization::{NodeId, Organization};
use scproof_simulator::AccountRef;

use super::answer::exemption_words;
use crate::doc::{Block, Column, Doc, Entry, Fact, Line, Table};
use crate::effective::{Effective, EffectiveSet, action_count, named_actions};
use crate::impact::Detail;
use crate::layout::{count, enumerate, enumerate_some, grouped};
use crate::names::{account_words, policy_words, short_target_words, target_words};
use crate::style::Role;
use crate::words::Words;

/// Groups of up to this many actions are listed by action, larger ones by service.
const LISTED_ACTIONS: usize = 12;
/// How many services of a large group are named.
const LISTED_SERVICES: usize = 8;

/// How many actions are always blocked, depending or never blocked, and each group with its reason.
pub(crate) fn page(effective: &Effective<'_>) -> Doc {
    let mut doc = Doc::default();
    let organization = effective.organization;
    let words = organization.resolve_account(&effective.permissions.account).map_or_else(
        |_| effective.permissions.account.clone(),
        |node| format!("{} in {}", account_words(organization, node), organization.ou_path(node)),
    );
    doc.headline(Role::Heading, words);
    let caller = effective.caller.principal.as_deref();
    doc.paragraph(asked(caller, "any principal in the account").then(", on any resource:"));
    let conditions = effective.permissions.groups.iter().filter_map(|group| group.depends_on.as_ref());
    body(&mut doc, effective, &Words::short(organization, conditions), None);
    if effective.permissions.not_applicable.is_none() && effective.permissions.groups.is_empty() {
        return doc;
    }
    if !effective.full && effective.permissions.not_applicable.is_none() {
        doc.note("`--full` lists every action, `--format json` has all details.");
    }
    closing(&mut doc, effective.notes());
    doc
}

/// A section for each group of accounts with the same permissions: which accounts, then what [`page`] says of one.
pub(crate) fn set(set: &EffectiveSet<'_>) -> Doc {
    let mut doc = Doc::default();
    let organization = set.organization;
    let accounts: usize = set.groups.iter().map(|group| group.accounts.len()).sum();
    let words = format!("{}: {}", target_words(organization, set.target), count(accounts, "account"));
    doc.headline(Role::Heading, words);
    let groups = match set.groups.len() {
        1 => ", on any resource, the same in all of them:".to_owned(),
        number => format!(", on any resource, in {number} groups of accounts:"),
    };
    doc.paragraph(asked(set.caller.principal.as_deref(), "any principal in each account").then(groups));
    let all = set.groups.iter().flat_map(|group| &group.permissions.groups);
    let words = Words::short(organization, all.filter_map(|group| group.depends_on.as_ref()));
    for (index, group) in set.groups.iter().enumerate() {
        doc.heading(format!("[{}] {}", index + 1, count(group.accounts.len(), "account")));
        let account = |&id: &NodeId| {
            let node = organization.node(id);
            AccountRef { id: node.target.as_str().to_owned(), name: node.name.clone(), path: organization.ou_path(id) }
        };
        let refs: Vec<AccountRef> = group.accounts.iter().map(account).collect();
        doc.facts([super::accounts(&refs, if set.full { Detail::FULL } else { Detail::BRIEF })]);
        let effective = Effective { organization, caller: set.caller, permissions: &group.permissions, full: set.full };
        body(&mut doc, &effective, &words, Some(&group.accounts));
    }
    if !set.full {
        doc.note("`--full` lists every action and account, `--format json` has all details.");
    }
    closing(&mut doc, set.notes());
    doc
}

fn asked(principal: Option<&str>, anyone: &str) -> Line {
    let who = principal.map_or_else(|| anyone.into(), Line::code);
    Line::from("What SCPs let pass at most, for ").then(who)
}

fn closing(doc: &mut Doc, notes: Vec<String>) {
    for note in notes {
        doc.note(format!("{note}."));
    }
    doc.note("SCPs grant nothing: never blocked is not allowed. IAM policies and others decide too.");
}

/// The groups of actions. Where the permissions are those of several accounts, `accounts` are these.
fn body(doc: &mut Doc, effective: &Effective<'_>, words: &Words<'_>, accounts: Option<&[NodeId]>) {
    let organization = effective.organization;
    if let Some(reason) = effective.permissions.not_applicable {
        doc.paragraph(Line::strong(Role::Good, format!("SCPs DO NOT APPLY: {}", exemption_words(reason))));
        return;
    }
    if effective.permissions.groups.is_empty() {
        doc.paragraph("No action fits the filter.");
        return;
    }
    let account = organization.resolve_account(&effective.permissions.account).ok();
    let levels = organization.levels_without_scps(accounts.map_or(account.as_slice(), |list| list).to_vec());
    if !levels.is_empty() {
        let levels: Vec<String> = levels.iter().map(|&level| short_target_words(organization, level)).collect();
        let words = format!("BLOCKED as the snapshot stands: no SCP is attached to {}", enumerate_some(&levels, 4));
        doc.paragraph(Line::strong(Role::Bad, words));
    }
    totals(doc, effective);
    always_blocked(doc, effective, accounts);
    depending(doc, effective, words);
    let never: Vec<&EffectiveGroup> = groups(effective, Access::NeverBlocked).collect();
    if !never.is_empty() {
        doc.push(Block::Heading(Line::strong(Role::Good, "Never blocked")));
        doc.push(entry(effective, &|_| String::new(), &never));
    }
}

fn groups<'a>(effective: &Effective<'a>, access: Access) -> impl Iterator<Item = &'a EffectiveGroup> + use<'a> {
    effective.permissions.groups.iter().filter(move |group| group.access == access)
}

fn totals(doc: &mut Doc, effective: &Effective<'_>) {
    let rows = [
        ("always blocked", Role::Bad, Access::AlwaysBlocked),
        ("depends", Role::Open, Access::Depends),
        ("never blocked", Role::Good, Access::NeverBlocked),
    ];
    let rows = rows.map(|(name, role, access)| {
        vec![Line::strong(role, name), grouped(action_count(effective.permissions, access)).into()]
    });
    doc.push(Block::Table(Table {
        columns: vec![Column::text("access"), Column::number("actions")],
        rows: rows.to_vec(),
    }));
}

/// Groups of which the same is to be said, in the order in which it is first said.
fn together<'g, K: PartialEq>(
    groups: impl Iterator<Item = &'g EffectiveGroup>,
    what: impl Fn(&'g EffectiveGroup) -> K,
) -> Vec<(K, Vec<&'g EffectiveGroup>)> {
    let mut entries: Vec<(K, Vec<&EffectiveGroup>)> = Vec::new();
    for group in groups {
        let what = what(group);
        match entries.iter_mut().find(|(other, _)| *other == what) {
            Some((_, members)) => members.push(group),
            None => entries.push((what, vec![group])),
        }
    }
    entries
}

/// Blocked groups by what is to be said about them: a missing Allow is one reason, whatever else may deny.
fn always_blocked(doc: &mut Doc, effective: &Effective<'_>, accounts: Option<&[NodeId]>) {
    let reasons = together(groups(effective, Access::AlwaysBlocked), |group| blocked_words(effective, group, accounts));
    if !reasons.is_empty() {
        doc.push(Block::Heading(Line::strong(Role::Bad, "Always blocked")));
        doc.blocks.extend(reasons.iter().map(|(words, members)| entry(effective, &|_| format!(", {words}"), members)));
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

fn depending(doc: &mut Doc, effective: &Effective<'_>, words: &Words<'_>) {
    let groups: Vec<&EffectiveGroup> = groups(effective, Access::Depends).collect();
    if groups.is_empty() {
        return;
    }
    doc.push(Block::Heading(Line::strong(Role::Open, "Depends")));
    let legend = Legend::of(&groups);
    let is_numbered = legend.clauses.len() > 1;
    if is_numbered {
        doc.paragraph("Blocked unless all conditions named by number hold:");
        let facts = legend.clauses.iter().enumerate();
        doc.facts(facts.map(|(index, clause)| Fact::codes(format!("[{}]", index + 1), vec![words.sentence(clause)])));
    }
    let mut entries = together(groups.iter().copied(), |group| group.depends_on.as_ref());
    entries
        .sort_by_key(|(_, members)| std::cmp::Reverse(members.iter().map(|group| named_actions(group)).sum::<usize>()));
    for (condition, members) in &entries {
        let told = |is_one: bool| match condition {
            Some(condition) if is_numbered => {
                format!(" {} {}", if is_one { "needs" } else { "need" }, legend.numbers(condition).join(" "))
            }
            Some(condition) => format!(": {}", words.depends_on(Decision::Unknown, condition)),
            None => ": it depends on facts that are not known".to_owned(),
        };
        doc.push(entry(effective, &told, members));
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

/// One entry: how many actions, a word on them, given whether it is one, and which they are.
fn entry(effective: &Effective<'_>, words: &dyn Fn(bool) -> String, members: &[&EffectiveGroup]) -> Block {
    let number: usize = members.iter().map(|group| named_actions(group)).sum();
    let subject = if number == 0 { "actions not known yet".to_owned() } else { count(number, "action") };
    let mut body = Vec::new();
    if number > 0 {
        let which = if effective.full || number <= LISTED_ACTIONS {
            action_names(members).join(", ")
        } else {
            service_words(members)
        };
        body.push(Block::Paragraph(Line::code(which)));
    }
    let future: usize = members.iter().map(|group| group.future_actions_of.len()).sum();
    let other = members.iter().any(|group| group.other_services);
    let new = match (future, other) {
        (0, false) => None,
        (0, true) => Some("and all actions of services that are not known yet".to_owned()),
        (future, false) => Some(format!("and new actions of {}", services(members, future))),
        (future, true) => {
            let services = services(members, future);
            Some(format!("and new actions of {services}, and all of services that are not known yet"))
        }
    };
    body.extend(new.map(|words| Block::Paragraph(words.into())));
    let title = Line::strong(Role::Heading, subject).then(words(number == 1));
    Block::Entry(Entry { marker: String::new(), title, body })
}

/// `s3`, `ec2 and s3`, `427 services`.
fn services(members: &[&EffectiveGroup], number: usize) -> String {
    if number > 4 {
        return count(number, "service");
    }
    let mut names: Vec<String> = members.iter().flat_map(|group| group.future_actions_of.iter()).cloned().collect();
    names.sort_unstable();
    enumerate(&names)
}

fn action_names(members: &[&EffectiveGroup]) -> Vec<String> {
    let catalog = Catalog::embedded();
    let mut names: Vec<String> = members
        .iter()
        .flat_map(|group| {
            let known = group.actions.iter().map(|&action| catalog.action(action).full_name());
            known.chain(group.unlisted_actions.iter().cloned())
        })
        .collect();
    names.sort_by_key(|name| name.to_ascii_lowercase());
    names
}

/// The services with the most actions, and how many more there are.
fn service_words(members: &[&EffectiveGroup]) -> String {
    let catalog = Catalog::embedded();
    // Counted by number: there are thousands of actions in a group, and many groups.
    let mut known = vec![0_usize; catalog.services().len()];
    for action in members.iter().flat_map(|group| group.actions.iter()) {
        known.get_mut(catalog.action(*action).service_id().index()).into_iter().for_each(|count| *count += 1);
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (service, count) in catalog.services().zip(known).filter(|(_, count)| *count > 0) {
        *counts.entry(catalog.service_prefix(service).to_ascii_lowercase()).or_default() += count;
    }
    for name in members.iter().flat_map(|group| group.unlisted_actions.iter()) {
        let service = name.split_once(':').map_or(name.as_str(), |(service, _)| service).to_ascii_lowercase();
        *counts.entry(service).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(service, count)| (std::cmp::Reverse(*count), service.clone()));
    let words: Vec<String> = counts.iter().map(|(service, count)| format!("{service} {}", grouped(*count))).collect();
    let words = enumerate_some(&words, LISTED_SERVICES);
    if counts.len() > LISTED_SERVICES { format!("{words} services") } else { words }
}
