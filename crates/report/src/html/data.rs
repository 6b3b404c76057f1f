//! The data of the page, compact: accounts, policies, texts and lists by number.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use scproof_auditor::{AccessChange, Audit, GuardrailReport, Passing, PermissionClass, Witness};
use scproof_catalog::{ActionId, Catalog};
use scproof_evaluator::{Decision, EffectiveGroup, Predicate, StatementRef};
use scproof_organization::{NodeId, Organization, PolicyIndex};
use scproof_policy_parser::PolicyKind;
use scproof_prover::Why;
use serde::Serialize;

use super::columns::{Cell, Nodes, Profile, ServiceRow, heat, nodes, profiles};
use super::findings::FindingView;
use super::tables::{Ordinals, Table};
use crate::audit::{aim_words, untold_words};
use crate::command_line;
use crate::impact::{Detail, action_lines, decision_words, listed_words, when_lines, why_words};
use crate::words::Words;

/// Actions of a group are named up to this many; of more the services are.
const NAMED_ACTIONS: usize = 60;
/// Stands for the id of its account in the command line of a witness, so that alike ones stand once. No command line
/// has it: it is a control character, and such questions are asked in an escaped form.
const ACCOUNT: &str = "\u{1}";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Data<'a> {
    nodes: Nodes<'a>,
    management: Option<usize>,
    /// Lists of policies that are attached to nodes.
    attached: Vec<Vec<usize>>,
    policies: Vec<PolicyView<'a>>,
    /// The texts of policies.
    texts: Vec<Cow<'a, str>>,
    /// Prefix and name of every service of the catalog.
    services: Vec<(&'a str, &'a str, usize)>,
    /// For each service in scope: its number, how many of its actions are in scope, which row of `heat` it has.
    heat_of: Vec<ServiceRow>,
    heat: Vec<Vec<Cell>>,
    classes: Vec<ClassView<'a>>,
    action_sets: Vec<ActionsView>,
    statements: Vec<StatementView>,
    guardrails: Vec<GuardrailView<'a>>,
    /// For accounts that stand alike with all guardrails, the number of the group in each.
    profiles: Vec<Profile>,
    passings: Vec<PassingView>,
    findings: Vec<FindingView<'a>>,
    /// Lists of accounts, as runs.
    sets: Vec<Vec<usize>>,
    strings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PolicyView<'a> {
    id: &'a str,
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    aws: bool,
    text: Option<usize>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ClassView<'a> {
    name: &'a str,
    not_applicable: Option<&'static str>,
    counts: (usize, usize, usize),
    from: Option<usize>,
    changes: Vec<ChangeView>,
    groups: Option<Vec<GroupView>>,
}

/// How the other class treats the actions, how this one does, how many in words, which.
#[derive(Debug, Serialize)]
struct ChangeView(&'static str, &'static str, usize, usize, Vec<usize>);

#[derive(Debug, Serialize)]
struct GroupView {
    access: &'static str,
    reason: usize,
    when: Option<usize>,
    open: Vec<usize>,
    statements: Vec<usize>,
    levels: Vec<usize>,
    actions: usize,
}

#[derive(Debug, Serialize)]
struct ActionsView {
    count: usize,
    /// Service and how many of its actions.
    services: Vec<(usize, usize)>,
    names: Vec<String>,
    future: usize,
    other: bool,
}

/// Node, policy, statement, what it is called.
#[derive(Debug, Serialize, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct StatementView(usize, usize, usize, String);

#[derive(Debug, Serialize)]
struct GuardrailView<'a> {
    id: &'a str,
    title: &'a str,
    why: &'a str,
    category: &'a str,
    risk: &'static str,
    sources: &'a [String],
    text: usize,
    aims: Vec<String>,
    groups: Vec<GuardrailGroupView<'a>>,
}

/// The state, each kind of calls that pass with its witness, that this is not all, if it is not, and why it is
/// accepted, if it is.
#[derive(Debug, Serialize)]
struct GuardrailGroupView<'a>(&'static str, Vec<(usize, Option<WitnessView>)>, Option<&'static str>, Option<&'a str>);

/// The command line, the account that stands in it, what the evaluator says.
#[derive(Debug, Serialize)]
pub(super) struct WitnessView(usize, Option<usize>, usize);

#[derive(Debug, Serialize, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct PassingView {
    kind: &'static str,
    listed: usize,
    actions: Vec<usize>,
    /// How far a line is indented, what it says, whether it is a condition.
    when: Vec<(usize, usize, bool)>,
    why: Vec<usize>,
}

/// What is shared while the page's data is put together.
pub(super) struct Builder<'a> {
    pub(super) organization: &'a Organization,
    program: &'a [String],
    ordinals: Ordinals,
    texts: Table<Cow<'a, str>>,
    strings: Table<String>,
    sets: Table<Vec<usize>>,
    statements: Table<StatementView>,
    passings: Table<PassingView>,
    action_sets: BTreeMap<ActionKey, usize>,
    /// The same by the places of shared lists, which classes have in common.
    action_places: HashMap<SharedActions, usize>,
    action_views: Vec<ActionsView>,
    /// The words of conditions, by their numbers among the strings.
    conditions: HashMap<(Decision, &'a Predicate), usize>,
}

/// Where two lists are stored, how many more there are, and whether all are meant: the same place is the same list.
type SharedActions = (*const [ActionId], *const [String], usize, bool);

type ActionKey = (Arc<[ActionId]>, Arc<[String]>, usize, bool);

impl<'a> Data<'a> {
    pub(super) fn of(audit: &'a Audit, program: &'a [String]) -> Self {
        let organization: &Organization = &audit.organization;
        let mut builder = Builder {
            organization,
            program,
            ordinals: Ordinals::new(organization),
            texts: Table::new(),
            strings: Table::new(),
            sets: Table::new(),
            statements: Table::new(),
            passings: Table::new(),
            action_sets: BTreeMap::new(),
            action_places: HashMap::new(),
            conditions: HashMap::new(),
            action_views: Vec::new(),
        };
        let catalog = Catalog::embedded();
        let (heat_of, heat) = heat(audit);
        let (of_node, profiles) = profiles(audit);
        let mut attached = Table::new();
        let nodes = nodes(audit, &of_node, &mut attached);
        let policies = organization.policies().map(|(_, policy)| builder.policy(policy)).collect();
        let classes = audit.classes.iter().map(|class| builder.class(class)).collect();
        let guardrails = audit.guardrails.iter().map(|report| builder.guardrail(report)).collect();
        let open = audit.findings.iter().map(|finding| (finding, None));
        let suppressed = audit.suppressed.iter().map(|entry| (&entry.finding, Some(entry.reason.as_str())));
        let findings = open.chain(suppressed).map(|(finding, reason)| builder.finding(finding, reason)).collect();
        Self {
            nodes,
            management: organization.management_account().and_then(|id| organization.account(&id)).map(NodeId::index),
            attached: attached.into_values(),
            policies,
            texts: builder.texts.into_values(),
            services: catalog
                .services()
                .map(|id| (catalog.service_prefix(id), catalog.service_name(id), catalog.actions_of(id).len()))
                .collect(),
            heat_of,
            heat,
            classes,
            action_sets: builder.action_views,
            statements: builder.statements.into_values(),
            guardrails,
            profiles,
            passings: builder.passings.into_values(),
            findings,
            sets: builder.sets.into_values(),
            strings: builder.strings.into_values(),
        }
    }
}

impl<'a> Builder<'a> {
    pub(super) fn string(&mut self, text: impl Into<String>) -> usize {
        self.strings.number(text.into())
    }

    fn strings(&mut self, texts: Vec<String>) -> Vec<usize> {
        texts.into_iter().map(|text| self.strings.number(text)).collect()
    }

    pub(super) fn set(&mut self, accounts: &[NodeId]) -> usize {
        self.sets.number(self.ordinals.runs(accounts))
    }

    fn policy(&mut self, policy: &'a scproof_organization::Policy) -> PolicyView<'a> {
        // Others have no part in what SCPs do; the numbers count them all the same.
        let content = policy.content.as_deref().filter(|_| policy.kind == PolicyKind::ServiceControl);
        PolicyView {
            id: policy.id.as_str(),
            name: policy.name.as_deref(),
            description: policy.description.as_deref().filter(|text| !text.is_empty()),
            aws: policy.aws_managed,
            text: content.map(|text| self.texts.number(Cow::Borrowed(text))),
        }
    }

    fn class(&mut self, class: &'a PermissionClass) -> ClassView<'a> {
        let changes = class.differs.as_ref().map_or(&[][..], |differs| &differs.changes);
        ClassView {
            name: &class.name,
            not_applicable: class.not_applicable.map(scproof_evaluator::Reason::text),
            counts: (class.counts.never_blocked, class.counts.depends, class.counts.always_blocked),
            from: class.differs.as_ref().map(|differs| differs.from),
            changes: changes.iter().map(|change| self.change(change)).collect(),
            groups: class.groups.as_ref().map(|groups| groups.iter().map(|group| self.group(group)).collect()),
        }
    }

    fn change(&mut self, change: &AccessChange) -> ChangeView {
        let words = self.string(listed_words(change.actions.listed, &change.actions.terms));
        let lines = action_lines(&change.actions.terms, Detail::BRIEF);
        ChangeView(change.other.as_str(), change.own.as_str(), change.actions.listed, words, self.strings(lines))
    }

    fn condition(&mut self, decision: Decision, condition: &'a Predicate) -> usize {
        if let Some(number) = self.conditions.get(&(decision, condition)) {
            return *number;
        }
        let words = Words::full(self.organization).depends_on(decision, condition);
        let number = self.string(words);
        self.conditions.insert((decision, condition), number);
        number
    }

    fn group(&mut self, group: &'a EffectiveGroup) -> GroupView {
        let organization = self.organization;
        let open: Vec<String> =
            group.undecided.iter().map(|open| why_words(organization, &Why::Open(open.clone()))).collect();
        GroupView {
            access: group.access.as_str(),
            reason: self.string(group.reason.text()),
            when: group.depends_on.as_ref().map(|condition| self.condition(group.decision, condition)),
            open: self.strings(open),
            statements: group.determining.iter().map(|statement| self.statement(statement)).collect(),
            levels: group.levels_without_allow.iter().copied().map(NodeId::index).collect(),
            actions: self.actions(group),
        }
    }

    fn statement(&mut self, found: &StatementRef) -> usize {
        let StatementRef { node, policy, statement } = *found;
        let name = statement_name(Some((self.organization, policy)), statement);
        let document = &self.organization.policy(policy).document;
        let sid = document.statements.get(statement).and_then(|statement| statement.sid.as_ref());
        let sid = sid.map_or_else(String::new, |sid| format!(" \"{sid}\""));
        self.statements.number(StatementView(node.index(), policy.index(), statement, name + &sid))
    }

    fn actions(&mut self, group: &EffectiveGroup) -> usize {
        let (future, other) = (group.future_actions_of.len(), group.other_services);
        let place = (Arc::as_ptr(&group.actions), Arc::as_ptr(&group.unlisted_actions), future, other);
        if let Some(number) = self.action_places.get(&place) {
            return *number;
        }
        let key = (Arc::clone(&group.actions), Arc::clone(&group.unlisted_actions), future, other);
        if let Some(number) = self.action_sets.get(&key).copied() {
            self.action_places.insert(place, number);
            return number;
        }
        let catalog = Catalog::embedded();
        let mut services: BTreeMap<usize, usize> = BTreeMap::new();
        for &action in group.actions.iter() {
            *services.entry(catalog.action(action).service_id().index()).or_default() += 1;
        }
        let count = group.actions.len() + group.unlisted_actions.len();
        let mut names = Vec::new();
        if count <= NAMED_ACTIONS {
            names.extend(group.actions.iter().map(|&action| catalog.action(action).full_name()));
            names.extend(group.unlisted_actions.iter().cloned());
        }
        self.action_views.push(ActionsView {
            count,
            services: if names.is_empty() { services.into_iter().collect() } else { Vec::new() },
            names,
            future: group.future_actions_of.len(),
            other: group.other_services,
        });
        let number = self.action_views.len() - 1;
        self.action_sets.insert(key, number);
        self.action_places.insert(place, number);
        number
    }

    fn guardrail(&mut self, report: &'a GuardrailReport) -> GuardrailView<'a> {
        let guardrail = &report.guardrail;
        GuardrailView {
            id: &guardrail.id,
            title: &guardrail.title,
            why: &guardrail.why,
            category: &guardrail.category,
            risk: guardrail.risk.as_str(),
            sources: &guardrail.sources,
            text: self.texts.number(Cow::Owned(guardrail.json())),
            aims: report.aims.iter().map(|aim| aim_words(self.organization, *aim)).collect(),
            groups: report
                .groups
                .iter()
                .map(|group| {
                    let passing = group.passing.iter().map(|passing| self.passing(passing)).collect();
                    GuardrailGroupView(group.state.as_str(), passing, untold_words(group), group.reason.as_deref())
                })
                .collect(),
        }
    }

    fn passing(&mut self, passing: &Passing) -> (usize, Option<WitnessView>) {
        let words = Words::full(self.organization);
        let lines = when_lines(&words, &passing.when, passing.when_is_complete, Detail::FULL);
        let when = lines.into_iter().map(|line| (line.depth, self.string(line.text), line.is_condition)).collect();
        let view = PassingView {
            kind: passing.kind.as_str(),
            listed: self.string(listed_words(passing.actions.listed, &passing.actions.terms)),
            actions: self.strings(action_lines(&passing.actions.terms, Detail::BRIEF)),
            when,
            why: self.strings(passing.why.iter().map(|why| why_words(self.organization, why)).collect()),
        };
        (self.passings.number(view), passing.witness.as_ref().map(|witness| self.witness(witness)))
    }

    pub(super) fn witness(&mut self, witness: &Witness) -> WitnessView {
        let line = command_line::can(self.program, &witness.request).join(" ");
        let node = self.organization.resolve_account(&witness.request.account).ok();
        let id = node.map(|node| self.organization.node(node).target.as_str());
        let line = id.map_or_else(|| line.clone(), |id| line.replace(id, ACCOUNT));
        let ordinal = node.and_then(|node| self.ordinals.of(node));
        WitnessView(self.string(line), ordinal, self.string(decision_words(witness.decision)))
    }
}

/// `Statement[2]`, as diagnostics have it.
pub(super) fn statement_name(policy: Option<(&Organization, PolicyIndex)>, statement: usize) -> String {
    policy.map_or_else(
        || format!("Statement[{statement}]"),
        |(organization, policy)| organization.policy(policy).document.statement_path(statement),
    )
}

/// A range of bytes as one of UTF-16 units, which is how scripts count.
pub(super) fn utf16(text: &str, span: &Range<usize>) -> Option<(usize, usize)> {
    let units = |part: &str| part.encode_utf16().count();
    let start = units(text.get(..span.start)?);
    Some((start, start + units(text.get(span.clone())?)))
}
