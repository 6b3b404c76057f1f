//! The organization that the server answers for, and what may happen to it.

use std::collections::{BTreeMap, BTreeSet};

use scproof_organization::{
    AccountRecord, AttachmentRecord, Inventory, OrganizationRecord, OuRecord, PolicyRecord, PolicyTypeRecord,
    RootRecord, Tag,
};

/// The type of service control policies.
pub const SCP: &str = "SERVICE_CONTROL_POLICY";
/// The type of resource control policies.
pub const RCP: &str = "RESOURCE_CONTROL_POLICY";

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The name.
    pub name: String,
    /// The root or unit above.
    pub parent: String,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name.
    pub name: String,
    /// The root user's address.
    pub email: String,
    /// Such as `ACTIVE`.
    pub state: String,
    /// The root or unit that holds it.
    pub parent: String,
    /// Keys with values.
    pub tags: BTreeMap<String, String>,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// [`SCP`] or [`RCP`].
    pub policy_type: String,
    /// Whether AWS wrote it.
    pub aws_managed: bool,
    /// The text.
    pub content: String,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// The organization's id.
    pub id: String,
    /// `ALL` or `CONSOLIDATED_BILLING`.
    pub feature_set: String,
    /// The management account's id.
    pub management: String,
    /// The root's id.
    pub root: String,
    /// Policy types with their status.
    pub policy_types: BTreeMap<String, String>,
    /// By id.
    pub units: BTreeMap<String, Unit>,
    /// By id.
    pub accounts: BTreeMap<String, Account>,
    /// By id.
    pub policies: BTreeMap<String, Policy>,
    /// Targets by policy.
    pub targets: BTreeMap<String, BTreeSet<String>>,
}

/// Something that happens to an organization while it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An account goes to another parent.
    MoveAccount {
        /// The account.
        account: String,
        /// The new parent.
        to: String,
    },
    /// An account is created, or joins.
    AddAccount {
        /// Its id.
        id: String,
        /// What it is; attached to it is what AWS attaches: `FullAWSAccess`.
        account: Account,
    },
    /// An account is suspended, closed, or active again.
    SetState {
        /// The account.
        account: String,
        /// The new state, such as `SUSPENDED`.
        state: String,
    },
    /// An account leaves.
    RemoveAccount(String),
    /// A unit is created.
    AddUnit {
        /// Its id.
        id: String,
        /// What it is.
        unit: Unit,
    },
    /// A unit without accounts and units below is deleted.
    RemoveUnit(String),
    /// A policy is created.
    AddPolicy {
        /// Its id.
        id: String,
        /// What it is.
        policy: Policy,
    },
    /// A policy is detached everywhere and deleted.
    RemovePolicy(String),
    /// The text of a policy is replaced.
    UpdatePolicy {
        /// The policy.
        id: String,
        /// The new text.
        content: String,
    },
    /// A policy is attached.
    Attach {
        /// The policy.
        policy: String,
        /// The target.
        target: String,
    },
    /// A policy is detached.
    Detach {
        /// The policy.
        policy: String,
        /// The target.
        target: String,
    },
}

impl World {
    /// The management account's part of every ARN of the organization (ID-12).
    fn arn(&self, rest: &str) -> String {
        format!("arn:aws:organizations::{}:{rest}", self.management)
    }

    pub(crate) fn organization_arn(&self) -> String {
        self.arn(&format!("organization/{}", self.id))
    }

    /// The ARN of the root, a unit or an account (ID-10).
    pub(crate) fn target_arn(&self, id: &str) -> String {
        let kind = match self.kind_of(id) {
            Some("ROOT") => "root",
            Some("ORGANIZATIONAL_UNIT") => "ou",
            _ => "account",
        };
        self.arn(&format!("{kind}/{}/{id}", self.id))
    }

    /// The ARN of a policy (ID-8, ID-9).
    pub(crate) fn policy_arn(&self, id: &str, policy: &Policy) -> String {
        let kind = policy.policy_type.to_lowercase();
        if policy.aws_managed {
            format!("arn:aws:organizations::aws:policy/{kind}/{id}")
        } else {
            self.arn(&format!("policy/{}/{kind}/{id}", self.id))
        }
    }

    /// `ROOT`, `ORGANIZATIONAL_UNIT` or `ACCOUNT`, if there is such a target.
    pub(crate) fn kind_of(&self, id: &str) -> Option<&'static str> {
        if id == self.root {
            Some("ROOT")
        } else if self.units.contains_key(id) {
            Some("ORGANIZATIONAL_UNIT")
        } else if self.accounts.contains_key(id) {
            Some("ACCOUNT")
        } else {
            None
        }
    }

    /// Whether something can be below an item.
    pub(crate) fn is_parent(&self, id: &str) -> bool {
        id == self.root || self.units.contains_key(id)
    }

    /// The name of the root, a unit or an account.
    pub(crate) fn name_of(&self, id: &str) -> &str {
        let unit = self.units.get(id).map(|unit| unit.name.as_str());
        unit.or_else(|| self.accounts.get(id).map(|account| account.name.as_str())).unwrap_or("Root")
    }

    /// The entity path of the root or a unit (ID-13).
    pub(crate) fn path_of(&self, id: &str) -> String {
        let mut steps = Vec::new();
        let mut current = id;
        while let Some(unit) = self.units.get(current) {
            steps.push(current);
            current = &unit.parent;
        }
        steps.extend([self.root.as_str(), self.id.as_str()]);
        steps.reverse();
        format!("{}/", steps.join("/"))
    }

    /// The policies of a type that are attached to a target.
    pub(crate) fn policies_of(&self, target: &str, policy_type: &str) -> Vec<&String> {
        let fits = |id: &&String| self.policies.get(*id).is_some_and(|policy| policy.policy_type == policy_type);
        let attached = self.targets.iter().filter(|(_, targets)| targets.contains(target)).map(|(id, _)| id);
        attached.filter(fits).collect()
    }

    /// The id of the policy by which AWS lets everything pass.
    pub fn full_access(policy_type: &str) -> &'static str {
        if policy_type == RCP { "p-RCPFullAWSAccess" } else { "p-FullAWSAccess" }
    }

    /// Lets something happen.
    pub fn change(&mut self, change: &Change) {
        match change.clone() {
            Change::MoveAccount { account, to } => {
                if let Some(account) = self.accounts.get_mut(&account) {
                    account.parent = to;
                }
            }
            Change::AddAccount { id, account } => {
                self.accounts.insert(id.clone(), account);
                self.let_everything_pass(&id);
            }
            Change::SetState { account, state } => {
                if let Some(account) = self.accounts.get_mut(&account) {
                    account.state = state;
                }
            }
            Change::RemoveAccount(id) => {
                self.accounts.remove(&id);
                self.targets.values_mut().for_each(|targets| {
                    targets.remove(&id);
                });
            }
            Change::AddUnit { id, unit } => {
                self.units.insert(id.clone(), unit);
                self.let_everything_pass(&id);
            }
            Change::RemoveUnit(id) => {
                self.units.remove(&id);
                self.targets.values_mut().for_each(|targets| {
                    targets.remove(&id);
                });
            }
            Change::AddPolicy { id, policy } => {
                self.policies.insert(id, policy);
            }
            Change::RemovePolicy(id) => {
                self.policies.remove(&id);
                self.targets.remove(&id);
            }
            Change::UpdatePolicy { id, content } => {
                if let Some(policy) = self.policies.get_mut(&id) {
                    policy.content = content;
                }
            }
            Change::Attach { policy, target } => {
                self.targets.entry(policy).or_default().insert(target);
            }
            Change::Detach { policy, target } => {
                self.targets.entry(policy).or_default().remove(&target);
            }
        }
    }

    /// What AWS attaches to whatever is new.
    fn let_everything_pass(&mut self, target: &str) {
        for policy_type in self.policy_types.keys() {
            let policy = Self::full_access(policy_type).to_owned();
            self.targets.entry(policy).or_default().insert(target.to_owned());
        }
    }

    /// The snapshot that a correct fetch of the world as it now is gives; without times, source and tags, unless asked
    /// for.
    pub fn truth(&self, with_tags: bool) -> Inventory {
        let mut truth = Inventory::new(OrganizationRecord {
            id: self.id.clone(),
            arn: Some(self.organization_arn()),
            feature_set: self.feature_set.clone(),
            master_account_id: Some(self.management.clone()),
            master_account_arn: Some(self.target_arn(&self.management)),
        });
        let types = self
            .policy_types
            .iter()
            .map(|(policy_type, status)| PolicyTypeRecord { policy_type: policy_type.clone(), status: status.clone() });
        truth.roots.push(RootRecord {
            id: self.root.clone(),
            arn: Some(self.target_arn(&self.root)),
            name: Some("Root".to_owned()),
            policy_types: Some(types.collect()),
        });
        truth.organizational_units.extend(self.units.iter().map(|(id, unit)| OuRecord {
            id: id.clone(),
            arn: Some(self.target_arn(id)),
            name: Some(unit.name.clone()),
            parent_id: unit.parent.clone(),
            path: Some(self.path_of(id)),
        }));
        truth.accounts.extend(self.accounts.iter().map(|(id, account)| AccountRecord {
            id: id.clone(),
            arn: Some(self.target_arn(id)),
            name: Some(account.name.clone()),
            email: Some(account.email.clone()),
            state: Some(account.state.clone()),
            status: None,
            parent_id: account.parent.clone(),
            tags: account.tags.iter().filter(|_| with_tags).map(tag).collect(),
            paths: vec![format!("{}{id}/", self.path_of(&account.parent))],
        }));
        let is_read =
            |policy: &Policy| policy.policy_type == SCP || self.policy_types.contains_key(&policy.policy_type);
        for (id, policy) in self.policies.iter().filter(|(_, policy)| is_read(policy)) {
            truth.policies.push(PolicyRecord {
                id: id.clone(),
                arn: Some(self.policy_arn(id, policy)),
                name: Some(policy.name.clone()),
                description: Some(policy.description.clone()),
                policy_type: policy.policy_type.clone(),
                aws_managed: Some(policy.aws_managed),
                content: Some(policy.content.clone()),
            });
            let targets = self.targets.get(id).into_iter().flatten();
            let attachment = |target: &String| AttachmentRecord { target_id: target.clone(), policy_id: id.clone() };
            truth.attachments.extend(targets.map(attachment));
        }
        truth.sort();
        truth
    }
}

fn tag((key, value): (&String, &String)) -> Tag {
    Tag { key: key.clone(), value: value.clone() }
}
