//! The resources of a plan that are about an organization, one by one.

use rustc_hash::FxHashMap;
use scproof_text::Node;

use super::document::{inside, key, list, member, text};

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Organization,
    Unit,
    Account,
    Policy,
    Attachment,
}

impl Kind {
    pub(super) fn of(resource_type: &str) -> Option<Self> {
        Some(match resource_type {
            "aws_organizations_organization" => Self::Organization,
            "aws_organizations_organizational_unit" => Self::Unit,
            "aws_organizations_account" => Self::Account,
            "aws_organizations_policy" => Self::Policy,
            "aws_organizations_policy_attachment" => Self::Attachment,
            _ => return None,
        })
    }
}

/// What happens to a resource at AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing: no change, read, moved, imported, forgotten.
    Nothing,
    Create,
    Update,
    Delete,
    /// Deleted, then created: in between it is not there.
    DeleteCreate,
    /// Created, then deleted.
    CreateDelete,
    /// Created, while the former one stays at AWS and is forgotten.
    CreateForget,
    /// No longer looked after; it stays at AWS.
    Forget,
}

impl Action {
    /// By the list of actions alone; none for a list that no version writes.
    fn of(actions: &[Node<'_>]) -> Option<Self> {
        let names: Vec<&str> = actions.iter().filter_map(|node| node.value.as_string()).map(|text| &**text).collect();
        Some(match names.as_slice() {
            [] | ["no-op" | "read"] => Self::Nothing,
            ["create"] => Self::Create,
            ["update"] => Self::Update,
            ["delete"] => Self::Delete,
            ["delete", "create"] => Self::DeleteCreate,
            ["create", "delete"] => Self::CreateDelete,
            ["create", "forget"] | ["forget", "create"] => Self::CreateForget,
            ["forget"] => Self::Forget,
            _ => return None,
        })
    }

    /// Whether something new comes to be.
    pub(super) fn creates(self) -> bool {
        matches!(self, Self::Create | Self::DeleteCreate | Self::CreateDelete | Self::CreateForget)
    }

    /// Whether what was there goes.
    pub(super) fn deletes(self) -> bool {
        matches!(self, Self::Delete | Self::DeleteCreate | Self::CreateDelete)
    }
}

/// A resource with its change.
#[derive(Debug, Clone)]
pub(super) struct Instance<'n> {
    pub(super) address: &'n str,
    /// The module that it is in, with the keys of the modules; empty for the root.
    pub(super) module: &'n str,
    pub(super) kind: Kind,
    pub(super) name: &'n str,
    /// Its key under `count` or `for_each`.
    pub(super) key: Option<String>,
    pub(super) is_data: bool,
    pub(super) action: Action,
    pub(super) before: Option<&'n Node<'n>>,
    pub(super) after: Option<&'n Node<'n>>,
    pub(super) unknown: Option<&'n Node<'n>>,
    pub(super) sensitive: Option<&'n Node<'n>>,
}

impl<'n> Instance<'n> {
    /// The id that AWS has given it, if it is there already and stays.
    pub(super) fn id(&self) -> Option<&'n str> {
        let value = if self.action.creates() { self.after } else { self.after.or(self.before) };
        value.and_then(|value| text(value, "id"))
    }

    /// The id of what was there before.
    pub(super) fn former_id(&self) -> Option<&'n str> {
        self.before.and_then(|value| text(value, "id"))
    }
}

/// A resource of the configuration or of a state: the module without keys, the type as kind, and the name.
type Name = (String, Kind, String);

/// All resources of a plan that are about an organization.
#[derive(Debug, Default)]
pub(super) struct Instances<'n> {
    pub(super) all: Vec<Instance<'n>>,
    by_name: FxHashMap<Name, Vec<usize>>,
    /// Every module that has one of them, with keys.
    pub(super) modules: Vec<&'n str>,
    /// Lists of actions that no version writes, by address.
    pub(super) strange: Vec<&'n Node<'n>>,
    /// Resources of other providers and services that bring policies, by type.
    pub(super) others: Vec<(&'n str, &'n str)>,
}

/// Resources that attach or write policies, and are not looked at.
const OTHERS: [&str; 4] = [
    "aws_controltower_control",
    "awscc_organizations_policy",
    "awscc_organizations_organizational_unit",
    "awscc_organizations_account",
];

impl<'n> Instances<'n> {
    /// Those of a plan: what changes, and what stays as it is.
    pub(super) fn of(plan: &'n Node<'n>) -> Self {
        let mut found = Self::default();
        for change in list(plan, "resource_changes") {
            found.changed(change);
        }
        let known: rustc_hash::FxHashSet<&str> = found.all.iter().map(|instance| instance.address).collect();
        if let Some(module) = inside(plan, &["prior_state", "values", "root_module"]) {
            found.standing(module, "", &known);
        }
        for (index, instance) in found.all.iter().enumerate() {
            let name = (without_keys(instance.module), instance.kind, instance.name.to_owned());
            found.by_name.entry(name).or_default().push(index);
        }
        found.modules.extend(found.all.iter().map(|instance| instance.module));
        found.modules.sort_unstable();
        found.modules.dedup();
        found
    }

    fn changed(&mut self, change: &'n Node<'n>) {
        let Some(resource_type) = text(change, "type") else { return };
        let (Some(address), Some(it)) = (text(change, "address"), member(change, "change")) else { return };
        // An object that a failed replacement has left behind.
        if text(change, "deposed").is_some() {
            return;
        }
        let action = Action::of(list(it, "actions"));
        let Some(kind) = Kind::of(resource_type) else {
            if OTHERS.contains(&resource_type) && action != Some(Action::Nothing) {
                self.others.push((resource_type, address));
            }
            return;
        };
        let Some(action) = action else {
            self.strange.extend(member(it, "actions"));
            return;
        };
        self.all.push(Instance {
            address,
            module: text(change, "module_address").unwrap_or_default(),
            kind,
            name: text(change, "name").unwrap_or_default(),
            key: member(change, "index").and_then(key),
            is_data: text(change, "mode") == Some("data"),
            action,
            before: member(it, "before"),
            after: member(it, "after"),
            unknown: member(it, "after_unknown"),
            sensitive: member(it, "after_sensitive"),
        });
    }

    /// What a state has beside what changes.
    fn standing(&mut self, module: &'n Node<'n>, address: &'n str, known: &rustc_hash::FxHashSet<&str>) {
        // Reading has bounded how deep documents nest.
        for resource in list(module, "resources") {
            let Some(kind) = text(resource, "type").and_then(Kind::of) else { continue };
            let Some(own) = text(resource, "address").filter(|address| !known.contains(address)) else { continue };
            self.all.push(Instance {
                address: own,
                module: address,
                kind,
                name: text(resource, "name").unwrap_or_default(),
                key: member(resource, "index").and_then(key),
                is_data: text(resource, "mode") == Some("data"),
                action: Action::Nothing,
                before: member(resource, "values"),
                after: member(resource, "values"),
                unknown: None,
                sensitive: member(resource, "sensitive_values"),
            });
        }
        for child in list(module, "child_modules") {
            self.standing(child, text(child, "address").unwrap_or_default(), known);
        }
    }

    /// The instances of a resource in one module.
    pub(super) fn named(&self, module: &str, kind: Kind, is_data: bool, name: &str) -> Vec<usize> {
        let named = self.by_name.get(&(without_keys(module), kind, name.to_owned())).map(Vec::as_slice);
        let of_module = |index: &&usize| {
            self.all.get(**index).is_some_and(|instance| instance.module == module && instance.is_data == is_data)
        };
        named.unwrap_or_default().iter().filter(of_module).copied().collect()
    }
}

/// The parts of an address between dots that are not in brackets.
pub(super) fn parts(address: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut in_brackets, mut in_string, mut escaped) = (0, false, false, false);
    for (at, byte) in address.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' if in_brackets => in_string = !in_string,
            b'[' if !in_string => in_brackets = true,
            b']' if !in_string => in_brackets = false,
            b'.' if !in_brackets => {
                parts.extend(address.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(address.get(start..));
    parts
}

/// A part of an address without its key, and the key: `this["a"]` is `this` and `a`.
pub(super) fn split_key(part: &str) -> (&str, Option<String>) {
    let Some((name, rest)) = part.split_once('[') else { return (part, None) };
    let inside = rest.strip_suffix(']').unwrap_or(rest);
    let quoted = inside.strip_prefix('"').and_then(|inside| inside.strip_suffix('"'));
    let key = quoted.map_or_else(|| inside.to_owned(), |text| text.replace("\\\"", "\"").replace("\\\\", "\\"));
    (name, Some(key))
}

/// The address of a module without the keys of its modules.
pub(super) fn without_keys(module: &str) -> String {
    let names: Vec<&str> = parts(module).into_iter().map(|part| split_key(part).0).collect();
    names.join(".")
}
