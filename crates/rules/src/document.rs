//! Rules that look at a document: a text and the catalog are all they need.

pub(crate) mod deny_never_matches;
pub(crate) mod deny_part_never_matches;
pub(crate) mod deny_skips_absent_key;
pub(crate) mod exemption_never_matches;
pub(crate) mod for_all_values_in_deny;
pub(crate) mod impossible_arn;
pub(crate) mod joined_negations;
pub(crate) mod joined_tag_guards;
pub(crate) mod management_only_action;
mod matching;
mod names;
pub(crate) mod operator_does_not_fit_key;
pub(crate) mod pattern_matches_no_action;
pub(crate) mod redundant_element;
pub(crate) mod redundant_statement;
pub(crate) mod region_lock_blocks_global;
pub(crate) mod root_lock;
pub(crate) mod set_operator;
pub(crate) mod source_network_stops_services;
pub(crate) mod unknown_action;
pub(crate) mod unknown_condition_key;
pub(crate) mod unknown_region;
pub(crate) mod unsatisfiable_guard;
pub(crate) mod value_never_occurs;
pub(crate) mod wildcard_without_like;

#[cfg(test)]
mod tests;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use scproof_catalog::{Action, ActionId, Catalog};
use scproof_evaluator::{CallChecks, Truth, truth_when_absent};
use scproof_policy_parser::{ActionShape, Condition, Effect, PolicyDocument, PolicyPath, Statement, WildcardPattern};

use crate::found::{Found, FoundCall, told_once};
use crate::rule::{Risk, Rule};
use matching::Unmatched;
use names::Names;

pub use unsatisfiable_guard::{Guard, guard_on};

/// A check of a statement: adds what it finds.
type Check = fn(&Subject<'_>, &mut Vec<Found>);

/// The rules on documents with their checks, by code.
const CHECKS: &[(&Rule, Check)] = &[
    (&deny_never_matches::RULE, deny_never_matches::check),
    (&deny_part_never_matches::RULE, deny_part_never_matches::check),
    (&deny_skips_absent_key::RULE, deny_skips_absent_key::check),
    (&exemption_never_matches::RULE, exemption_never_matches::check),
    (&for_all_values_in_deny::RULE, for_all_values_in_deny::check),
    (&impossible_arn::RULE, impossible_arn::check),
    (&joined_negations::RULE, joined_negations::check),
    (&joined_tag_guards::RULE, joined_tag_guards::check),
    (&management_only_action::RULE, management_only_action::check),
    (&operator_does_not_fit_key::RULE, operator_does_not_fit_key::check),
    (&pattern_matches_no_action::RULE, pattern_matches_no_action::check),
    (&redundant_element::RULE, redundant_element::check),
    (&redundant_statement::RULE, redundant_statement::check),
    (&region_lock_blocks_global::RULE, region_lock_blocks_global::check),
    (&root_lock::RULE, root_lock::check),
    (&set_operator::RULE, set_operator::check),
    (&source_network_stops_services::RULE, source_network_stops_services::check),
    (&unknown_action::RULE, unknown_action::check),
    (&unknown_condition_key::RULE, unknown_condition_key::check),
    (&unknown_region::RULE, unknown_region::check),
    (&unsatisfiable_guard::RULE, unsatisfiable_guard::check),
    (&value_never_occurs::RULE, value_never_occurs::check),
    (&wildcard_without_like::RULE, wildcard_without_like::check),
];

/// The rules that look at a document, by code.
pub fn document_rules() -> impl Iterator<Item = &'static Rule> {
    CHECKS.iter().map(|(rule, _)| *rule)
}

/// What all rules on documents find in one, statement by statement, the gravest first. Messages name the policy, if it
/// has a name.
///
/// Costs in proportion to the actions of the services that its statements name.
pub fn check(document: &PolicyDocument, policy: Option<&str>) -> Vec<Found> {
    Checker::default().check(document, policy)
}

/// What rules on names of actions and condition keys find in a document, and nothing else: for texts that are no
/// policies of an organization, such as guardrails.
pub fn unknown_names(document: &PolicyDocument) -> Vec<Found> {
    Checker::default().run(document, None, &NAMES)
}

/// The rules on names.
const NAMES: [(&Rule, Check); 3] = [
    (&pattern_matches_no_action::RULE, pattern_matches_no_action::check),
    (&unknown_action::RULE, unknown_action::check),
    (&unknown_condition_key::RULE, unknown_condition_key::check),
];

/// Checks documents one after another, and remembers what calls of actions are checked against, and names that are near
/// to unknown ones.
#[derive(Debug, Default)]
pub struct Checker {
    names: Names,
    calls: Calls,
}

/// What calls of actions are checked against, each looked up once.
#[derive(Debug, Default)]
struct Calls(RefCell<BTreeMap<ActionId, Rc<CallChecks>>>);

impl Calls {
    fn of(&self, catalog: &'static Catalog, action: Action<'static>) -> Rc<CallChecks> {
        let new = || Rc::new(CallChecks::of(catalog, action));
        Rc::clone(self.0.borrow_mut().entry(action.id()).or_insert_with(new))
    }
}

impl Checker {
    /// As [`check`].
    pub fn check(&self, document: &PolicyDocument, policy: Option<&str>) -> Vec<Found> {
        self.run(document, policy, CHECKS)
    }

    fn run(&self, document: &PolicyDocument, policy: Option<&str>, checks: &[(&'static Rule, Check)]) -> Vec<Found> {
        let mut found = Vec::new();
        for (number, statement) in document.statements.iter().enumerate() {
            let mut of_statement = Vec::new();
            let catalog = Catalog::embedded();
            let (names, calls, unmatched) = (&self.names, &self.calls, OnceCell::new());
            let subject = Subject { catalog, names, calls, document, policy, number, statement, unmatched };
            for (_, check) in checks {
                check(&subject, &mut of_statement);
            }
            of_statement.sort_by(|one, other| {
                (other.risk, one.rule.code, &one.path).cmp(&(one.risk, other.rule.code, &other.path))
            });
            found.append(&mut of_statement);
        }
        told_once(found)
    }
}

/// A statement, and what rules look up about it.
struct Subject<'a> {
    catalog: &'static Catalog,
    names: &'a Names,
    calls: &'a Calls,
    document: &'a PolicyDocument,
    /// What the policy is called.
    policy: Option<&'a str>,
    number: usize,
    statement: &'a Statement,
    unmatched: OnceCell<Unmatched>,
}

impl<'a> Subject<'a> {
    /// The elements of its `Action` list that it matches no call of, worked out once.
    fn unmatched(&self) -> &Unmatched {
        self.unmatched.get_or_init(|| Unmatched::of(self))
    }

    /// The statement if it denies and every part of it can be read.
    fn deny(&self) -> Option<&'a Statement> {
        Some(self.statement).filter(|found| found.effect == Some(Effect::Deny) && found.is_readable())
    }

    /// The statement in a message: `` `Statement[2]` of `regions` ``.
    fn name(&self) -> String {
        let statement = self.document.statement_path(self.number);
        match self.policy {
            Some(policy) => format!("`{statement}` of {}", names::quoted(policy)),
            None => format!("`{statement}`"),
        }
    }

    /// The route to the statement.
    fn path(&self) -> PolicyPath {
        let path = PolicyPath::default().key("Statement");
        if self.document.single_statement { path } else { path.index(self.number) }
    }

    /// The route to an element of its `Action` or `NotAction`.
    fn action_path(&self, element: usize) -> PolicyPath {
        let negated = self.statement.action.as_ref().is_some_and(|element| element.negated);
        self.path().key(if negated { "NotAction" } else { "Action" }).index(element)
    }

    /// The route to a condition.
    fn condition_path(&self, condition: &Condition) -> PolicyPath {
        self.path().key("Condition").key(condition.operator_text.as_str()).key(condition.key.as_str())
    }

    fn found(&self, rule: &'static Rule, risk: Risk, path: PolicyPath, message: String) -> Found {
        Found {
            rule,
            risk,
            statement: self.number,
            path,
            message,
            reason: Rule::plain(rule.text),
            remedy: Rule::plain(rule.remedy),
            depends_on_catalog: false,
            also: Vec::new(),
            call: None,
            fix: None,
            cause: None,
        }
    }

    /// A call of its first action, with some states of keys.
    fn call(&self, keys: Vec<(String, Option<String>)>) -> Option<FoundCall> {
        let element = self.statement.action.as_ref().filter(|element| !element.negated)?;
        let action = element.patterns.iter().find_map(|pattern| {
            let actions = actions_of(self.catalog, &pattern.shape());
            actions.first().map(|action| action.full_name())
        })?;
        Some(FoundCall { action, keys })
    }
}

/// The known actions that a pattern names by its service; none for `*` and what is near to it.
fn actions_of<'c>(catalog: &'c Catalog, shape: &ActionShape<'_>) -> Vec<Action<'c>> {
    let ActionShape::Named { prefix, name } = shape else { return Vec::new() };
    let Some(service) = catalog.service(prefix) else { return Vec::new() };
    let name = name.to_ascii_lowercase();
    let glob = WildcardPattern::flat(&name);
    let start = name.split(['*', '?']).next().unwrap_or_default();
    let near = catalog.actions_with_name_prefix(service, start).iter().map(|id| catalog.action(id));
    near.filter(|action| glob.is_match(action.lower_name())).collect()
}

/// A condition whose key the catalog knows, and how it comes out in a call that lacks the key.
struct OnKey<'a> {
    condition: &'a Condition,
    /// Whether the tables list the key for some action or resource. Of one that they list nowhere they say nothing.
    is_listed: bool,
    when_absent: Truth,
}

fn on_keys<'a>(catalog: &'static Catalog, statement: &'a Statement) -> Vec<OnKey<'a>> {
    let conditions = statement.condition.iter().flatten();
    conditions
        .filter_map(|condition| {
            let key = catalog.condition_key(&condition.key)?;
            Some(OnKey { condition, is_listed: catalog.is_listed(key), when_absent: truth_when_absent(condition) })
        })
        .collect()
}

/// How many names a message has.
const NAMED: usize = 4;

/// Some names in a message, and how many more there are.
fn named<T: std::fmt::Display>(names: &[T]) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(NAMED);
    match (more, shown.as_slice()) {
        (0, [.., _, _]) => {
            let (last, first) = shown.split_last().map_or(("", &[][..]), |(last, first)| (last.as_str(), first));
            format!("{} and {last}", first.join(", "))
        }
        (0, _) => shown.join(", "),
        (more, _) => format!("{} and {more} more", shown.join(", ")),
    }
}
