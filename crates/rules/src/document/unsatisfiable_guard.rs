//! Guards that no call can satisfy: a Deny unless the call has some key, of calls that are checked without it.

use std::collections::BTreeSet;
use std::rc::Rc;

use scproof_catalog::{Action, Catalog};
use scproof_evaluator::{CallCheck, CallChecks, CallResources, Carried, Truth};
use scproof_policy_parser::{BaseOperator, Condition, Statement};

use super::{OnKey, Subject, actions_of, named, on_keys};
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "unsatisfiable-guard",
    risk: Risk::High,
    looks_at: &[LooksAt::Document],
    title: "A guard that no call can satisfy",
    text: "A Deny asks for a key – an instance type, a tag of the request – that a check of the same call never carries, \
        so it denies the call whatever the caller does. One call is checked against several resources: \
        `ec2:RunInstances` against the instance, its image, subnet, volumes and others, and only the instance has \
        `ec2:InstanceType`. A condition that also holds where its key is absent (`StringNotEquals`, `Null` with `true`, \
        `IfExists`) then denies the others.",
    remedy: "name in `Resource` only the resources that carry the key, such as `arn:aws:ec2:*:*:instance/*`, and in \
        `Action` only actions that have it",
    risk_note: "; *low* where AWS's tables are silent",
    evidence: "by AWS's tables, depends on the catalog",
    found_if: "the statement names all resources of a type that every call of the action needs, and calls never \
        carry the key there; or if calls of the action carry it nowhere (a tag of the request on \
        `ec2:DescribeInstances`). Where AWS's tables list the key nowhere for the action, though they may lag \
        (`ec2:ModifyVolume` with a tag of the request), the finding is *low* and says so. An operator with \
        `IfExists` is taken to mean actions without the key.",
    semantics: &["EVAL-10", "CALL-3", "CALL-8", "CALL-9"],
};

/// What a guard does to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// Nothing is wrong with it.
    Fine,
    /// The catalog lists the key nowhere for the action: it may be denied always.
    Unlisted,
    /// No check of the action carries the key.
    Never,
    /// A check that every call has never carries the key, while another does.
    Elsewhere,
}

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let Some(statement) = subject.deny() else { return };
    let (Some(element), Some(resource)) = (&statement.action, &statement.resource) else { return };
    let conditions = guards(subject.catalog, statement);
    if element.negated || conditions.is_empty() {
        return;
    }
    let mut resource = CallResources::new(resource, subject.document.version.has_variables());
    let mut actions: Vec<Action<'_>> =
        element.patterns.iter().flat_map(|pattern| actions_of(subject.catalog, &pattern.shape())).collect();
    actions.sort_by_key(|action| action.id());
    actions.dedup_by_key(|action| action.id());
    let call = |action| Call::of(action, subject.calls.of(subject.catalog, action), &mut resource);
    let calls: Vec<Call> = actions.into_iter().map(call).collect();
    for on_key in conditions {
        let judged: Vec<(Guard, &Call)> = calls.iter().map(|call| (call.guard(&on_key), call)).collect();
        for kind in [Guard::Elsewhere, Guard::Never, Guard::Unlisted] {
            let such: Vec<&Call> = judged.iter().filter(|(guard, _)| *guard == kind).map(|(_, call)| *call).collect();
            found.extend(finding(subject, &on_key, kind, &such));
        }
    }
}

/// What the guards of a Deny statement do to calls of one action: the worst, and the key that it asks for. `variables`:
/// whether its document has policy variables (VAR-3).
pub fn guard_on<'s>(statement: &'s Statement, variables: bool, action: &str) -> (Guard, &'s str) {
    let catalog = Catalog::embedded();
    let (Some(action), Some(resource)) = (catalog.find_action(action), &statement.resource) else {
        return (Guard::Fine, "");
    };
    let action = catalog.action(action);
    let checks = Rc::new(CallChecks::of(catalog, action));
    let call = Call::of(action, checks, &mut CallResources::new(resource, variables));
    let judged =
        guards(catalog, statement).into_iter().map(|on_key| (call.guard(&on_key), on_key.condition.key.as_str()));
    judged.max_by_key(|(guard, _)| *guard).unwrap_or((Guard::Fine, ""))
}

/// Calls of an action, as a statement is about them.
struct Call {
    action: Action<'static>,
    checks: Rc<CallChecks>,
    /// The checks whose resources the statement names all.
    reached: Vec<CallCheck>,
}

impl Call {
    fn of(action: Action<'static>, checks: Rc<CallChecks>, resource: &mut CallResources) -> Self {
        let is_reached = |check: &&CallCheck| resource.reach(checks.resource_type(check)) == Truth::True;
        let reached = checks.all().filter(is_reached).copied().collect();
        Self { action, checks, reached }
    }

    /// What a condition that holds where its key is absent does to them.
    fn guard(&self, on_key: &OnKey<'_>) -> Guard {
        let carried = self.checks.carried(&on_key.condition.key);
        let always = |such: Carried| self.checks.always(|check| self.reached.contains(check) && carried(check) == such);
        let somewhere = self.checks.all().any(|check| carried(check) == Carried::Perhaps);
        let is_for_absent_keys = is_for_absent_keys(on_key.condition);
        match (always(Carried::Never), somewhere) {
            (true, true) => Guard::Elsewhere,
            (true, false) if !is_for_absent_keys => Guard::Never,
            (false, false) if on_key.is_listed && !is_for_absent_keys && always(Carried::Unlisted) => Guard::Unlisted,
            _ => Guard::Fine,
        }
    }

    /// The types of resources because of which each call is denied.
    fn lacking(&self, key: &str) -> impl Iterator<Item = &'static str> {
        let carried = self.checks.carried(key);
        let such =
            self.checks.certain().filter(move |check| self.reached.contains(check) && carried(check) == Carried::Never);
        such.filter_map(|check| Some(self.checks.resource_type(check)?.name()))
    }
}

/// The conditions that hold where their key is absent.
fn guards<'s>(catalog: &'static Catalog, statement: &'s Statement) -> Vec<OnKey<'s>> {
    let mut conditions = on_keys(catalog, statement);
    conditions.retain(|on_key| on_key.when_absent == Truth::True);
    conditions
}

/// Whether somebody wrote that an absent key shall be denied, too: then an action without the key is meant.
fn is_for_absent_keys(condition: &Condition) -> bool {
    condition.operator.is_some_and(|operator| operator.if_exists && operator.base != BaseOperator::Null)
}

fn finding(subject: &Subject<'_>, on_key: &OnKey<'_>, kind: Guard, such: &[&Call]) -> Option<Found> {
    let names: Vec<String> = such.iter().map(|call| call.action.full_name()).collect();
    if names.is_empty() {
        return None;
    }
    let (statement, key, actions) = (subject.name(), &on_key.condition.key, named(&names));
    let pronoun = if names.len() == 1 { "it" } else { "them" };
    let (risk, message) = match kind {
        Guard::Fine => return None,
        Guard::Elsewhere => {
            let lacking: BTreeSet<&str> = such.iter().flat_map(|call| call.lacking(key)).collect();
            let (types, verb) = (Vec::from_iter(&lacking), if lacking.len() == 1 { "carries" } else { "carry" });
            let message = format!(
                "{statement} denies {actions} whatever the caller does: the call is also checked against {}, which never \
                 {verb} `{key}`",
                named(&types)
            );
            (Risk::High, message)
        }
        Guard::Never => (
            Risk::High,
            format!("{statement} denies {actions} whatever the caller does: no call of {pronoun} carries `{key}`"),
        ),
        Guard::Unlisted => (
            Risk::Low,
            format!(
                "{statement} probably denies {actions} whatever the caller does: AWS's tables do not list `{key}` for {pronoun}"
            ),
        ),
    };
    let mut found = subject.found(&RULE, risk, subject.condition_path(on_key.condition), message);
    "nobody can make the call, where the rest of the statement applies to it".clone_into(&mut found.reason);
    let remedy = if kind == Guard::Elsewhere {
        "name in `Resource` only the resources that carry the key, such as `arn:aws:ec2:*:*:instance/*`"
    } else {
        "name in `Action` only actions that have the key"
    };
    remedy.clone_into(&mut found.remedy);
    found.depends_on_catalog = true;
    Some(found)
}
