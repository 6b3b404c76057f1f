//! A plan as changes onto a snapshot.

use rustc_hash::{FxHashMap, FxHashSet};
use scproof_organization::{AccountId, Change, Organization, OuId, PolicyId, Target, Unknown};
use scproof_policy_parser::{PolicyDocument, PolicyKind};
use scproof_text::{LoadError, Message, Node, Value, shorten};

use super::PlannedChanges;
use super::document::{self, is_marked, list, member, text};
use super::instances::{Action, Instance, Instances, Kind};
use super::ordered::{Ordered, Phase};
use super::references::{Origin, References};
use crate::codes;

/// Reads what `terraform show -json PLAN` prints, as changes onto an organization.
///
/// Linear in the text, apart from what is unknown: that is looked for among the resources of its name.
///
/// # Errors
///
/// If the text is no such document, with what it is instead; or if the plan has actions that no version of Terraform
/// writes.
pub fn plan_changes(plan: &str, organization: &Organization) -> Result<PlannedChanges, LoadError> {
    let file = document::read(plan)?;
    let root = document::open(&file, document::Kind::Plan)?;
    let instances = Instances::of(root);
    let strange = instances.strange.iter().map(|node| {
        let fault = codes::UNKNOWN_ACTIONS.message("Terraform has no such list of actions");
        fault.expected("such as `[\"create\"]` or `[\"delete\", \"create\"]`").on(node.mark())
    });
    if let Some(error) = file.error(strange, 0) {
        return Err(error);
    }
    let mut reading = Reading {
        organization,
        references: References::new(root, &instances),
        instances: &instances,
        created: FxHashMap::default(),
        ignored: FxHashSet::default(),
        ordered: Ordered::default(),
        notes: Vec::new(),
    };
    reading.about(root);
    reading.name_new_things();
    reading.read();
    let Reading { ordered, notes, .. } = reading;
    let (changes, addresses) = ordered.finish();
    Ok(PlannedChanges { changes, addresses, notes })
}

/// What a text of the plan stands for.
enum Meant<T> {
    Known(T),
    /// Taken from the resource with the same key, an assumption; beside those that it may be.
    Assumed(T, Vec<T>),
    OneOf(Vec<T>),
    Anything,
}

struct Reading<'n, 'o> {
    organization: &'o Organization,
    references: References<'n>,
    instances: &'n Instances<'n>,
    /// The ids that new things get here, by the number of their resource.
    created: FxHashMap<usize, Target>,
    /// Ids of policies of types that are not looked at.
    ignored: FxHashSet<&'n str>,
    ordered: Ordered,
    notes: Vec<Message>,
}

impl<'n> Reading<'n, '_> {
    /// What is to be said of the plan as a whole.
    fn about(&mut self, root: &'n Node<'n>) {
        if is_marked(Some(root), "errored") {
            let note = codes::PLAN_INCOMPLETE.message("planning ended with an error: changes are missing");
            self.notes.push(note.help("repair what `terraform plan` complains of, and plan again"));
        } else if member(root, "complete").is_some_and(|node| node.value == Value::Bool(false)) {
            let note = codes::PLAN_INCOMPLETE.message("the plan leaves changes to a later one, or to other targets");
            self.notes.push(note.help("plan again after it has been applied"));
        }
        for deferred in list(root, "deferred_changes") {
            let Some(change) = member(deferred, "resource_change") else { continue };
            if text(change, "type").and_then(Kind::of).is_some() {
                let address = text(change, "address").unwrap_or_default();
                self.note(codes::PLAN_INCOMPLETE, address, "is left to a later plan: what it does is unknown");
            }
        }
        for (resource_type, address) in &self.instances.others {
            let message = format!("`{resource_type}` changes policies at AWS, and is not looked at");
            self.notes.push(codes::NOT_LOOKED_AT.about(*address, message));
        }
    }

    fn note(&mut self, code: scproof_text::Code, address: &str, what: &str) {
        self.notes.push(code.about(address, format!("`{}` {what}", shorten(address))));
    }

    /// Gives everything that the plan creates an id of the form that AWS uses.
    fn name_new_things(&mut self) {
        let (mut policies, mut units, mut accounts) = (0_u32, 0_u32, 0_u64);
        let root = self.organization.node(self.organization.root()).target.to_string();
        let middle = root.trim_start_matches("r-").to_owned();
        for (index, instance) in self.instances.all.iter().enumerate() {
            if instance.kind == Kind::Policy && !is_looked_at(instance) {
                self.ignored.extend(instance.id());
                self.ignored.extend(instance.former_id());
            }
            if !instance.action.creates() || instance.is_data || instance.id().is_some() {
                continue;
            }
            let is_free = |target: &Target| self.organization.find_node(target).is_none();
            let target = match instance.kind {
                Kind::Unit => loop {
                    units += 1;
                    let made_up = OuId::parse(&format!("ou-{middle}-new{units:05}")).map(Target::Ou);
                    if let Ok(target) = made_up
                        && is_free(&target)
                    {
                        break Some(target);
                    }
                    if units > 99_999 {
                        break None;
                    }
                },
                Kind::Account => loop {
                    accounts += 1;
                    let made_up = AccountId::parse(&format!("{accounts:012}")).map(Target::Account);
                    if let Ok(target) = made_up
                        && is_free(&target)
                    {
                        break Some(target);
                    }
                },
                Kind::Organization | Kind::Policy | Kind::Attachment => None,
            };
            if let Some(target) = target {
                self.created.insert(index, target);
            } else if instance.kind == Kind::Policy {
                policies += 1;
                self.ordered.name_policy(index, policies, self.organization);
            }
        }
    }

    fn read(&mut self) {
        for (index, instance) in self.instances.all.iter().enumerate() {
            if instance.is_data {
                continue;
            }
            match instance.action {
                Action::Nothing => continue,
                Action::Forget => {
                    self.note(codes::LEFT_AT_AWS, instance.address, "is forgotten by Terraform and stays at AWS");
                    continue;
                }
                Action::CreateForget => {
                    self.note(codes::LEFT_AT_AWS, instance.address, "is replaced, and the former one stays at AWS");
                }
                Action::Create | Action::Update | Action::Delete | Action::DeleteCreate | Action::CreateDelete => {}
            }
            match instance.kind {
                Kind::Organization => self.policy_types(instance),
                Kind::Unit => self.unit(index, instance),
                Kind::Account => self.account(index, instance),
                Kind::Policy if is_looked_at(instance) => self.policy(index, instance),
                Kind::Policy => {
                    let what = "is a policy of another type than SCPs and RCPs: no answer changes";
                    self.note(codes::OTHER_TYPE, instance.address, what);
                }
                Kind::Attachment => self.attachment(index, instance),
            }
        }
    }

    /// Enabling and disabling SCPs.
    fn policy_types(&mut self, instance: &Instance<'n>) {
        let has = |value: Option<&Node<'_>>| {
            let types = value.map(|value| list(value, "enabled_policy_types")).unwrap_or_default();
            types.iter().any(|node| node.value.as_string().is_some_and(|it| it == PolicyKind::ServiceControl.as_str()))
        };
        let address = instance.address;
        match (has(instance.before), has(instance.after)) {
            _ if instance.action != Action::Update => {
                self.note(codes::NOT_SIMULATED, address, "is created or deleted as a whole, which is not simulated");
            }
            (false, true) => self.ordered.push(Phase::Types, Change::EnablePolicyType, address),
            (true, false) => self.ordered.push(Phase::Types, Change::DisablePolicyType, address),
            (true, true) | (false, false) => {}
        }
    }

    fn unit(&mut self, index: usize, instance: &Instance<'n>) {
        if instance.action.deletes() {
            self.note(codes::NOT_SIMULATED, instance.address, "is deleted; AWS deletes a unit only when it is empty");
        }
        let Some(Target::Ou(id)) = self.created.get(&index).cloned() else { return };
        let name = instance.after.and_then(|after| text(after, "name")).unwrap_or("(unknown)").to_owned();
        let node = Target::Ou(id.clone());
        let root = self.organization.node(self.organization.root()).target.clone();
        let (parent, is_unknown) = self.parent(index, instance).map_or((root, true), |parent| (parent, false));
        let create = Change::CreateOrganizationalUnit { id, name, parent };
        self.ordered.push(Phase::Units, create, instance.address);
        if is_unknown {
            self.unknown(instance, "in which unit it will be");
            self.ordered.push(Phase::Places, Change::Unknown(Unknown::Place { node }), instance.address);
        }
    }

    fn account(&mut self, index: usize, instance: &Instance<'n>) {
        if instance.action.deletes() {
            let what = "leaves the organization or is closed, which is not simulated";
            self.note(codes::NOT_SIMULATED, instance.address, what);
        }
        let value = |name: &str| instance.after.and_then(|after| text(after, name));
        let account = if let Some(Target::Account(id)) = self.created.get(&index) {
            let name = value("name").unwrap_or("(unknown)").to_owned();
            let email = value("email").map(str::to_owned);
            let create = Change::CreateAccount { id: *id, name, email };
            self.ordered.push(Phase::Accounts, create, instance.address);
            if value("parent_id").is_none() && !is_marked(instance.unknown, "parent_id") {
                return;
            }
            *id
        } else {
            let moves = instance.action == Action::Update
                && instance.before.and_then(|before| text(before, "parent_id")) != value("parent_id");
            let Some(id) = instance.id().filter(|_| moves).and_then(|id| AccountId::parse(id).ok()) else { return };
            id
        };
        if let Some(destination) = self.parent(index, instance) {
            let change = Change::MoveAccount { account, source: None, destination };
            self.ordered.push(Phase::Moves, change, instance.address);
        } else {
            self.unknown(instance, "in which unit it will be");
            let node = Target::Account(account);
            self.ordered.push(Phase::Places, Change::Unknown(Unknown::Place { node }), instance.address);
        }
    }

    /// Where something will be, if that is known.
    fn parent(&mut self, index: usize, instance: &Instance<'n>) -> Option<Target> {
        match self.target(index, instance, "parent_id", &[Kind::Unit, Kind::Organization]) {
            Meant::Known(target) => Some(target),
            Meant::Assumed(target, others) => {
                self.assumed(instance, "parent", others.len());
                Some(target)
            }
            Meant::OneOf(_) | Meant::Anything => None,
        }
    }

    fn policy(&mut self, index: usize, instance: &Instance<'n>) {
        let address = instance.address;
        let kept = is_kept(instance);
        if instance.action.deletes() && kept {
            self.note(codes::LEFT_AT_AWS, address, "has `skip_destroy`: the policy stays at AWS");
        }
        let former = instance.former_id().and_then(|id| PolicyId::parse(id).ok());
        let phase = if instance.action == Action::DeleteCreate { Phase::DeleteFirst } else { Phase::Delete };
        if let Some(policy) = former.clone().filter(|_| instance.action.deletes() && !kept) {
            self.ordered.push(phase, Change::DeletePolicy { policy }, address);
        }
        let value = |name: &str| instance.after.and_then(|after| text(after, name));
        let is_sensitive = is_marked(instance.sensitive, "content");
        let content = value("content").filter(|_| !is_sensitive);
        if instance.action.creates() {
            let Some(id) = self.ordered.new_policy(index) else { return };
            let phase = if instance.action == Action::DeleteCreate { Phase::CreateAgain } else { Phase::Policies };
            let kind = kind_of(instance).unwrap_or_default();
            let name = value("name").unwrap_or("(unknown)").to_owned();
            let change = match content {
                Some(content) => {
                    let description = value("description").filter(|text| !text.is_empty()).map(str::to_owned);
                    Change::CreatePolicy { id, name, description, kind, content: content.into() }
                }
                None => Change::Unknown(Unknown::Policy { id, name, kind }),
            };
            self.ordered.push(phase, change, address);
        } else if let (Action::Update, Some(policy)) = (instance.action, former) {
            let differs = |name: &str| instance.before.and_then(|before| text(before, name)) != value(name);
            if is_sensitive || content.is_none() {
                let change = Change::Unknown(Unknown::Content { policy: policy.clone() });
                self.ordered.push(Phase::Update, change, address);
            }
            let text_changes = content.filter(|_| differs("content"));
            if let (Some(new), Some(old)) = (text_changes, instance.before.and_then(|before| text(before, "content"))) {
                self.textual(instance, old, new);
            }
            let change = Change::UpdatePolicy {
                policy,
                content: text_changes.map(Into::into),
                name: value("name").filter(|_| differs("name")).map(str::to_owned),
                description: value("description").filter(|_| differs("description")).map(str::to_owned),
            };
            if !matches!(&change, Change::UpdatePolicy { content: None, name: None, description: None, .. }) {
                self.ordered.push(Phase::Update, change, address);
            }
        }
        if is_sensitive && (instance.action.creates() || instance.action == Action::Update) {
            let what = "has a text that is marked as sensitive: none of it is read, and what it does is unknown";
            self.note(codes::SENSITIVE, address, what);
        } else if content.is_none() && (instance.action.creates() || instance.action == Action::Update) {
            self.unknown(instance, "the text of the policy");
        }
    }

    /// Whether a new text says what the former one did.
    fn textual(&mut self, instance: &Instance<'n>, old: &str, new: &str) {
        let kind = kind_of(instance).unwrap_or_default();
        let (old, new) = (PolicyDocument::parse(old, kind).document, PolicyDocument::parse(new, kind).document);
        let is_readable = old.statements.iter().all(scproof_policy_parser::Statement::is_readable);
        if old == new && is_readable {
            let what = "has another text that says the same: a textual change, proved to have no effect";
            self.note(codes::TEXTUAL, instance.address, what);
        }
    }

    fn attachment(&mut self, index: usize, instance: &Instance<'n>) {
        let address = instance.address;
        let kept = is_kept(instance);
        if instance.action.deletes() {
            let value = |name: &str| instance.before.and_then(|before| text(before, name));
            let policy = value("policy_id");
            if kept {
                self.note(codes::LEFT_AT_AWS, address, "has `skip_destroy`: the policy stays attached at AWS");
            } else if policy.is_none_or(|policy| !self.ignored.contains(policy)) {
                let policy = policy.and_then(|policy| PolicyId::parse(policy).ok());
                let target = value("target_id").and_then(|target| Target::parse(target).ok());
                if let Some((policy, target)) = policy.zip(target) {
                    let replaced = instance.action == Action::DeleteCreate;
                    let phase = if replaced { Phase::DetachFirst } else { Phase::Detach };
                    self.ordered.push(phase, Change::DetachPolicy { policy, target }, address);
                }
            }
        }
        if !instance.action.creates() {
            return;
        }
        let phase = if instance.action == Action::DeleteCreate { Phase::AttachAgain } else { Phase::Attach };
        let policies = self.policies_of(index, instance);
        let Some(policies) = policies else { return };
        let kinds = [Kind::Unit, Kind::Account, Kind::Organization];
        let targets = match self.target(index, instance, "target_id", &kinds) {
            Meant::Known(target) => vec![target],
            Meant::Assumed(target, others) => {
                self.assumed(instance, "target", others.len());
                vec![target]
            }
            Meant::OneOf(targets) => {
                self.unknown(instance, &format!("to which of {} targets", targets.len()));
                targets
            }
            Meant::Anything => {
                self.unknown(instance, "to which target");
                let nodes = self.organization.nodes().map(|(_, node)| node.target.clone());
                nodes.chain(self.created.values().cloned()).collect()
            }
        };
        match (policies.as_slice(), targets.as_slice()) {
            ([], _) => self.ordered.push(phase, Change::Unknown(Unknown::Attached { targets }), address),
            ([policy], [target]) => {
                let change = Change::AttachPolicy { policy: policy.clone(), target: target.clone() };
                self.ordered.push(phase, change, address);
            }
            (several, _) => {
                for policy in several {
                    let unknown = Unknown::Target { policy: policy.clone(), targets: targets.clone() };
                    self.ordered.push(phase, Change::Unknown(unknown), address);
                }
            }
        }
    }

    /// The policies that an attachment may be of; an empty list is any policy, and none is one of no interest.
    fn policies_of(&mut self, index: usize, instance: &Instance<'n>) -> Option<Vec<PolicyId>> {
        if let Some(id) = instance.after.and_then(|after| text(after, "policy_id")) {
            if self.ignored.contains(id) {
                return None;
            }
            return Some(PolicyId::parse(id).into_iter().collect());
        }
        let (one, rest) = match self.references.of(index, "policy_id", &[Kind::Policy]) {
            Origin::One(one) => (vec![one], Vec::new()),
            Origin::SameKey(one, others) => (vec![one], others),
            Origin::OneOf(several) => (several, Vec::new()),
            Origin::Unknown => (Vec::new(), Vec::new()),
        };
        let is_of_interest =
            |index: &usize| self.instances.all.get(*index).is_some_and(|instance| is_looked_at(instance));
        if !one.is_empty() && !one.iter().any(is_of_interest) {
            return None;
        }
        let id = |index: &usize| {
            let known = self.instances.all.get(*index).and_then(Instance::id).and_then(|id| PolicyId::parse(id).ok());
            known.or_else(|| self.ordered.new_policy(*index))
        };
        let policies: Vec<PolicyId> = one.iter().filter(|index| is_of_interest(index)).filter_map(id).collect();
        match policies.len() {
            0 => self.unknown(instance, "which policy"),
            1 if !rest.is_empty() => self.assumed(instance, "policy", rest.len()),
            1 => {}
            count => self.unknown(instance, &format!("which of {count} policies")),
        }
        Some(policies)
    }

    /// The root, unit or account that a value names.
    fn target(&self, index: usize, instance: &Instance<'n>, attribute: &str, kinds: &[Kind]) -> Meant<Target> {
        if let Some(id) = instance.after.and_then(|after| text(after, attribute)) {
            return Target::parse(id).map_or(Meant::Anything, Meant::Known);
        }
        let target = |index: &usize| self.target_of(*index);
        match self.references.of(index, attribute, kinds) {
            Origin::One(one) => target(&one).map_or(Meant::Anything, Meant::Known),
            Origin::SameKey(one, others) => match target(&one) {
                Some(one) => Meant::Assumed(one, others.iter().filter_map(target).collect()),
                None => Meant::Anything,
            },
            Origin::OneOf(several) => {
                let targets: Vec<Target> = several.iter().filter_map(target).collect();
                if targets.len() == several.len() { Meant::OneOf(targets) } else { Meant::Anything }
            }
            Origin::Unknown => Meant::Anything,
        }
    }

    fn target_of(&self, index: usize) -> Option<Target> {
        if let Some(created) = self.created.get(&index) {
            return Some(created.clone());
        }
        let instance = self.instances.all.get(index)?;
        if instance.kind == Kind::Organization {
            return Some(self.organization.node(self.organization.root()).target.clone());
        }
        instance.id().and_then(|id| Target::parse(id).ok())
    }

    fn unknown(&mut self, instance: &Instance<'n>, what: &str) {
        let message = format!("unknown before the plan is applied: {what}, of `{}`", shorten(instance.address));
        let note = codes::UNKNOWN_BEFORE_APPLY.about(instance.address, message);
        self.notes.push(note.help("what it may concern is unknown; a plan made after it was applied is exact"));
    }

    fn assumed(&mut self, instance: &Instance<'n>, what: &str, others: usize) {
        let message = format!(
            "assumed: the {what} of `{}` is the one with the same key, of {}; the plan has no expressions",
            shorten(instance.address),
            others + 1
        );
        self.notes.push(codes::SAME_KEY.about(instance.address, message));
    }
}

/// Whether deleting leaves it at AWS. What the state says counts.
fn is_kept(instance: &Instance<'_>) -> bool {
    let value = instance.before.and_then(|before| member(before, "skip_destroy"));
    value.is_some_and(|value| value.value == Value::Bool(true))
}

/// The kind of a policy; none for types that are not looked at. A missing type is that of SCPs.
fn kind_of(instance: &Instance<'_>) -> Option<PolicyKind> {
    let value = instance.after.filter(|value| matches!(value.value, Value::Object(_))).or(instance.before);
    let named = value.and_then(|value| text(value, "type"));
    match named {
        None => Some(PolicyKind::ServiceControl),
        Some(named) => {
            [PolicyKind::ServiceControl, PolicyKind::ResourceControl].into_iter().find(|kind| kind.as_str() == named)
        }
    }
}

fn is_looked_at(instance: &Instance<'_>) -> bool {
    kind_of(instance).is_some()
}
