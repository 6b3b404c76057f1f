//! From a value that is unknown before a plan is applied to the resources that it may come from.
//!
//! A plan has the references of each expression, not the expression: which of them is taken, and with which key, is
//! open. So candidates are found, all of them, or it is said that they cannot be.

use scproof_text::{Node, Value};

use super::document::{inside, list, member, text};
use super::instances::{Instances, Kind, parts, split_key};

/// How many steps a chain of references may have, through variables and outputs of modules.
const MOST_STEPS: usize = 32;

/// How many expressions are looked at for one value: each may lead to several others.
const MOST_EXPRESSIONS: usize = 2_000;

/// How many candidates are told apart; with more the value may be anything.
const MOST_CANDIDATES: usize = 1_000;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// From this resource and no other.
    One(usize),
    /// From the resource with the same key, if the expression takes the same key, which the plan does not tell; the
    /// others are those with other keys.
    SameKey(usize, Vec<usize>),
    /// From one of these.
    OneOf(Vec<usize>),
    /// From anywhere.
    Unknown,
}

/// Follows references through a plan.
pub(super) struct References<'n> {
    configuration: Option<&'n Node<'n>>,
    instances: &'n Instances<'n>,
}

/// What a list of references comes to.
#[derive(Default)]
struct Found {
    candidates: Vec<Candidate>,
    /// Whether something else may be meant.
    is_open: bool,
    /// How many expressions were looked at.
    expressions: usize,
}

/// A resource that a value may come from.
struct Candidate {
    index: usize,
    /// The key that chooses it, of the resource or of a module around it.
    choice: Option<String>,
    /// Whether that is the key that the expression has: known where `each` or `count` stands in it.
    is_same: Option<bool>,
}

/// Where an expression stands: a module with its keys, and the key that `each` and `count` have there.
#[derive(Clone, Copy)]
struct Scope<'s> {
    module: &'s str,
    key: Option<&'s str>,
}

impl<'n> References<'n> {
    pub(super) fn new(plan: &'n Node<'n>, instances: &'n Instances<'n>) -> Self {
        Self { configuration: inside(plan, &["configuration", "root_module"]), instances }
    }

    /// Where a value of a resource comes from, if it is one of some kinds.
    pub(super) fn of(&self, index: usize, attribute: &str, kinds: &[Kind]) -> Origin {
        let Some(instance) = self.instances.all.get(index) else { return Origin::Unknown };
        let Some(resource) = self.resource(index) else { return Origin::Unknown };
        let Some(expression) = inside(resource, &["expressions", attribute]) else { return Origin::Unknown };
        let scope = Scope { module: instance.module, key: instance.key.as_deref() };
        let mut found = Found::default();
        self.follow(&references(expression), Some(resource), scope, &mut found, 0);
        found.candidates.sort_by_key(|candidate| candidate.index);
        found.candidates.dedup_by_key(|candidate| candidate.index);
        let fits = |it: &Candidate| self.instances.all.get(it.index).is_some_and(|it| kinds.contains(&it.kind));
        if found.is_open || found.candidates.is_empty() || found.candidates.len() > MOST_CANDIDATES {
            return Origin::Unknown;
        }
        // What is no id of the right kind is used for something else, such as to choose.
        let candidates: Vec<Candidate> = found.candidates.into_iter().filter(fits).collect();
        match candidates.as_slice() {
            [] => Origin::Unknown,
            [one] => Origin::One(one.index),
            several => {
                let all_keyed = several.iter().all(|it| it.is_same.is_some());
                let (same, others): (Vec<&Candidate>, Vec<&Candidate>) =
                    several.iter().partition(|it| it.is_same == Some(true));
                match same.as_slice() {
                    [same] if all_keyed => Origin::SameKey(same.index, others.iter().map(|it| it.index).collect()),
                    _ => Origin::OneOf(several.iter().map(|it| it.index).collect()),
                }
            }
        }
    }

    /// The resource of the configuration that an instance is of.
    fn resource(&self, index: usize) -> Option<&'n Node<'n>> {
        let instance = self.instances.all.get(index)?;
        let module = self.module(instance.module)?;
        let address_of = |node: &&Node<'n>| {
            text(node, "name") == Some(instance.name)
                && text(node, "type").and_then(Kind::of) == Some(instance.kind)
                && (text(node, "mode") == Some("data")) == instance.is_data
        };
        list(module, "resources").iter().find(address_of)
    }

    /// The configuration of a module.
    fn module(&self, address: &str) -> Option<&'n Node<'n>> {
        let mut at = self.configuration?;
        for name in module_names(address) {
            at = inside(at, &["module_calls", name, "module"])?;
        }
        Some(at)
    }

    fn follow(
        &self,
        names: &[&'n str],
        holder: Option<&'n Node<'n>>,
        scope: Scope<'_>,
        found: &mut Found,
        steps: usize,
    ) {
        found.expressions += 1;
        let is_too_much = found.expressions > MOST_EXPRESSIONS || found.candidates.len() > MOST_CANDIDATES;
        if steps > MOST_STEPS || is_too_much {
            found.is_open = true;
            return;
        }
        let start = found.candidates.len();
        let mut is_keyed = false;
        for name in names.iter().filter(|name| is_whole(name, names)) {
            let parts = parts(name);
            match parts.as_slice() {
                ["each", "key", ..] | ["count", "index", ..] => is_keyed = true,
                ["each", "value", ..] => {
                    is_keyed = true;
                    let each = holder.and_then(|holder| member(holder, "for_each_expression"));
                    match each.map(references) {
                        Some(names) if !names.is_empty() => self.follow(&names, None, scope, found, steps + 1),
                        _ => found.is_open = true,
                    }
                }
                ["var", variable, ..] => self.variable(split_key(variable).0, scope, found, steps),
                ["module", module, output, ..] => self.output(module, split_key(output).0, scope, found, steps),
                // `module.a[each.key].id`: which output is taken cannot be told, so it is any of them.
                ["module", module] => {
                    let (called, _) = split_key(module);
                    let outputs = self
                        .module(scope.module)
                        .and_then(|it| inside(it, &["module_calls", called, "module", "outputs"]));
                    let Some(Value::Object(outputs)) = outputs.map(|outputs| &outputs.value) else {
                        found.is_open = true;
                        continue;
                    };
                    for output in outputs {
                        self.output(module, &output.name, scope, found, steps);
                    }
                }
                ["data", resource_type, resource, ..] => self.named(resource_type, resource, true, scope, found),
                ["local" | "module" | "data" | "self", ..] => found.is_open = true,
                ["path" | "terraform", ..] => {}
                [resource_type, resource, ..] => self.named(resource_type, resource, false, scope, found),
                _ => found.is_open = true,
            }
        }
        for candidate in found.candidates.iter_mut().skip(start).filter(|_| is_keyed) {
            if candidate.choice.is_some() {
                candidate.is_same = Some(candidate.choice.as_deref() == scope.key);
            }
        }
    }

    /// The instances of a resource that an expression names.
    fn named(&self, resource_type: &str, resource: &str, is_data: bool, scope: Scope<'_>, found: &mut Found) {
        let (name, key) = split_key(resource);
        let Some(kind) = Kind::of(resource_type) else {
            found.is_open = true;
            return;
        };
        let named = self.instances.named(scope.module, kind, is_data, name);
        let fits = |index: &usize| {
            let own = self.instances.all.get(*index).and_then(|instance| instance.key.as_deref());
            key.is_none() || own == key.as_deref()
        };
        let candidates: Vec<usize> = named.into_iter().filter(fits).collect();
        // A data source that is read while the plan is applied is in no list.
        found.is_open |= candidates.is_empty();
        found.candidates.extend(candidates.into_iter().map(|index| {
            let own = self.instances.all.get(index).and_then(|instance| instance.key.clone());
            Candidate { index, choice: own.filter(|_| key.is_none()), is_same: None }
        }));
    }

    /// What the caller of a module gives for a variable.
    fn variable(&self, name: &str, scope: Scope<'_>, found: &mut Found, steps: usize) {
        let call = parent_of(scope.module).and_then(|(parent, last)| {
            let (called, key) = split_key(last);
            let call = inside(self.module(parent)?, &["module_calls", called])?;
            Some((parent, key, call, inside(call, &["expressions", name])?))
        });
        let Some((parent, key, call, expression)) = call else {
            found.is_open = true;
            return;
        };
        let names = references(expression);
        // A value that is written there, or a default.
        found.is_open |= names.is_empty();
        let scope = Scope { module: parent, key: key.as_deref() };
        self.follow(&names, Some(call), scope, found, steps + 1);
    }

    /// What a module gives out.
    fn output(&self, module: &str, output: &str, scope: Scope<'_>, found: &mut Found, steps: usize) {
        let (name, key) = split_key(module);
        let configuration = self.module(scope.module);
        let expression =
            configuration.and_then(|it| inside(it, &["module_calls", name, "module", "outputs", output, "expression"]));
        let Some(names) = expression.map(references).filter(|names| !names.is_empty()) else {
            found.is_open = true;
            return;
        };
        let mut any = false;
        for child in &self.instances.modules {
            let Some((parent, last)) = parent_of(child) else { continue };
            let (called, own) = split_key(last);
            if parent != scope.module || called != name || key.is_some() && own != key {
                continue;
            }
            any = true;
            let inner = Scope { module: child, key: own.as_deref() };
            let start = found.candidates.len();
            self.follow(&names, None, inner, found, steps + 1);
            // The key of the caller chooses among modules.
            if key.is_none() && own.is_some() {
                for candidate in found.candidates.iter_mut().skip(start) {
                    candidate.choice.clone_from(&own);
                }
            }
        }
        found.is_open |= !any;
    }
}

/// The references of an expression. Lists and blocks of expressions are walked through.
fn references<'n>(expression: &'n Node<'n>) -> Vec<&'n str> {
    list(expression, "references").iter().filter_map(|node| node.value.as_string()).map(|text| &**text).collect()
}

/// Whether a reference says more than that it leads to another one of the list: Terraform writes `a.b.id` and `a.b`.
fn is_whole(name: &str, names: &[&str]) -> bool {
    !names.iter().any(|other| other.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', '['])))
}

/// The names of the modules of an address.
fn module_names(address: &str) -> Vec<&str> {
    parts(address)
        .into_iter()
        .filter(|part| !part.is_empty())
        .skip(1)
        .step_by(2)
        .map(|part| split_key(part).0)
        .collect()
}

/// The module around a module, and its last part.
fn parent_of(module: &str) -> Option<(&str, &str)> {
    let parts = parts(module);
    let [.., call, last] = parts.as_slice() else { return None };
    let length = module.len().checked_sub(call.len() + last.len() + 1)?;
    Some((module.get(..length)?.trim_end_matches('.'), last))
}
