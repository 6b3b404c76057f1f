//! Names of actions and keys that the catalog does not know: slips of spelling, mostly (DOC-21, DOC-32).

use std::cell::RefCell;
use std::collections::BTreeMap;

use scproof_catalog::{ActionId, Catalog};
use scproof_policy_parser::{ActionShape, Effect, PolicyPath, WildcardPattern};

use super::Subject;
use crate::found::Found;
use crate::rule::{Risk, Rule};

/// How many names are suggested.
const NEAR: usize = 3;

/// What the catalog says about an action or a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    Yes,
    /// The service prefix is not in the catalog; names near to it.
    NoService(Vec<String>),
    /// It is the name of an operation of the API, or the like: the actions that stand for it.
    Operation(Vec<String>),
    /// The service has no such action; actions near to it.
    NoAction(Vec<String>),
    /// The pattern matches no action of the service.
    NoMatch,
}

/// What was looked up before: a name that is not known costs a look at all that are.
#[derive(Debug, Default)]
pub(super) struct Names {
    actions: RefCell<BTreeMap<String, Known>>,
    keys: RefCell<BTreeMap<String, Vec<String>>>,
}

impl Names {
    fn action(&self, catalog: &Catalog, text: &str, prefix: &str, name: &str) -> Known {
        let is_plain = !name.contains(['*', '?']);
        if is_plain && catalog.find_action(text).is_some() {
            return Known::Yes;
        }
        let mut memory = self.actions.borrow_mut();
        memory.entry(text.to_owned()).or_insert_with(|| look_up(catalog, text, prefix, name)).clone()
    }

    /// Condition keys with names near to this one.
    pub(super) fn keys_near(&self, catalog: &Catalog, name: &str) -> Vec<String> {
        let mut memory = self.keys.borrow_mut();
        let near = || catalog.nearest_condition_keys(name, NEAR).into_iter().map(|key| key.name().to_owned()).collect();
        memory.entry(name.to_owned()).or_insert_with(near).clone()
    }
}

fn look_up(catalog: &Catalog, text: &str, prefix: &str, name: &str) -> Known {
    let is_pattern = name.contains(['*', '?']);
    let spelt = |ids: Vec<ActionId>| ids.into_iter().map(|id| catalog.action(id).full_name()).collect::<Vec<String>>();
    let full_names = |text: &str| spelt(catalog.nearest_actions(text, NEAR));
    let meant = spelt(catalog.actions_for_operation(text));
    if !meant.is_empty() {
        return Known::Operation(meant);
    }
    let Some(service) = catalog.service(prefix) else {
        let services = || catalog.nearest_services(prefix, NEAR).into_iter();
        let near = if is_pattern {
            services().map(|id| catalog.service_prefix(id).to_owned()).collect()
        } else {
            full_names(text)
        };
        return Known::NoService(near);
    };
    if !is_pattern {
        return Known::NoAction(full_names(text));
    }
    let name = name.to_ascii_lowercase();
    let start = name.split(['*', '?']).next().unwrap_or_default();
    let pattern = WildcardPattern::flat(&name);
    let mut actions = catalog.actions_with_name_prefix(service, start).iter();
    if actions.any(|id| pattern.is_match(catalog.action(id).lower_name())) { Known::Yes } else { Known::NoMatch }
}

/// What else the parser reports.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'*' | b'?'))
}

/// The elements of the list of actions that the catalog does not know: place, text, and what it says.
pub(super) fn unknown<'a>(subject: &Subject<'a>) -> Vec<(usize, &'a str, Known)> {
    let patterns = subject.statement.action.iter().flat_map(|element| element.patterns.iter().enumerate());
    patterns
        .filter_map(|(place, pattern)| {
            let ActionShape::Named { prefix, name } = pattern.shape() else { return None };
            if !is_plain(prefix) || !is_plain(name) {
                return None;
            }
            let known = subject.names.action(subject.catalog, &pattern.text, prefix, name);
            (known != Known::Yes).then_some((place, pattern.text.as_str(), known))
        })
        .collect()
}

/// A finding about a name, with the names that are near to it.
pub(super) fn finding(
    subject: &Subject<'_>,
    rule: &'static Rule,
    path: PolicyPath,
    message: String,
    (near, otherwise): (&[String], &str),
) -> Found {
    let mut found = subject.found(rule, rule.risk, path, message);
    found.remedy = match near {
        [] => otherwise.to_owned(),
        names => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("did you mean {}?", names.join(" or "))
        }
    };
    found.depends_on_catalog = true;
    found
}

/// A finding about an element of the list of actions.
pub(super) fn action(
    subject: &Subject<'_>,
    rule: &'static Rule,
    place: usize,
    message: String,
    near: &[String],
    is_slip: bool,
) -> Found {
    let negated = subject.statement.action.as_ref().is_some_and(|element| element.negated);
    let otherwise = "delete it, or check its spelling in AWS's Service Authorization Reference";
    let mut found = finding(subject, rule, subject.action_path(place), message, (near, otherwise));
    if !is_slip {
        found.risk = Risk::Low;
    }
    let reason = match (subject.statement.effect, negated) {
        (Some(Effect::Deny), false) => {
            "a Deny of an action that does not exist blocks nothing; what was meant is not blocked here"
        }
        (Some(Effect::Deny), true) => {
            "an exception of an action that does not exist excepts nothing; what was meant is denied"
        }
        (_, false) => "an Allow of an action that does not exist lets nothing pass; what was meant is not allowed here",
        (_, true) => "an exception of an action that does not exist excepts nothing; what was meant is allowed here",
    };
    reason.clone_into(&mut found.reason);
    found
}

/// What several elements with unknown names have in common: the service that there is not, or the name.
pub(super) fn cause(text: &str, known: &Known) -> String {
    let folded = text.to_ascii_lowercase();
    match known {
        Known::NoService(_) => folded.split(':').next().unwrap_or_default().to_owned(),
        Known::Yes | Known::Operation(_) | Known::NoAction(_) | Known::NoMatch => folded,
    }
}

/// What to say of an action whose service is not known.
pub(super) fn no_service(text: &str) -> String {
    let prefix = text.split(':').next().unwrap_or_default();
    format!("{} names no known action: no service has the prefix {}", quoted(text), quoted(prefix))
}

/// Text of a policy in a message.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 100;
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(MOST).collect();
    if characters.next().is_none() { format!("`{start}`") } else { format!("`{start}…`") }
}
