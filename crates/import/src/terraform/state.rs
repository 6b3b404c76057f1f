//! A state as a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use scproof_organization::{
    AccountId, AccountRecord, AttachmentRecord, Inventory, Organization, OrganizationRecord, OriginRecord, OuId,
    OuRecord, PolicyId, PolicyRecord, PolicyTypeRecord, RootRecord, Tag, Target,
};
use scproof_policy_parser::PolicyKind;
use scproof_text::{LoadError, Node, Value};

use super::document::{self, inside, is_marked, list, member, text};
use super::instances::Kind;
use crate::config::{FULL_ACCESS, FULL_ACCESS_ID, FULL_ACCESS_TEXT};

const SOURCE: &str = "terraform state";

/// Reads what `terraform show -json` prints of a state: what Terraform manages or has read, as a snapshot that says
/// what it lacks.
///
/// # Errors
///
/// If the text is no such document, with what it is instead; or if what it has is no organization.
pub fn read_state(state: &str) -> Result<Inventory, LoadError> {
    let file = document::read(state)?;
    let root = document::open(&file, document::Kind::State)?;
    let mut found = Found::default();
    if let Some(module) = inside(root, &["values", "root_module"]) {
        found.module(module);
    }
    let inventory = found.inventory();
    // What does not fit together, such as units in each other, is told here and not when questions are asked.
    Organization::from_inventory(&inventory)?;
    Ok(inventory)
}

/// A resource with its address.
type At<'n> = (&'n str, &'n Node<'n>);

#[derive(Default)]
struct Found<'n> {
    organization: Option<At<'n>>,
    units: BTreeMap<&'n str, At<'n>>,
    accounts: BTreeMap<&'n str, At<'n>>,
    policies: BTreeMap<&'n str, At<'n>>,
    attachments: BTreeSet<(&'n str, &'n str)>,
    sensitive: BTreeSet<&'n str>,
    others: bool,
}

impl<'n> Found<'n> {
    fn module(&mut self, module: &'n Node<'n>) {
        for resource in list(module, "resources") {
            let named = text(resource, "type").unwrap_or_default();
            self.others |= named == "aws_controltower_control" || named.starts_with("awscc_organizations_");
            let (Some(kind), Some(values)) = (Kind::of(named), member(resource, "values")) else { continue };
            let at = (text(resource, "address").unwrap_or_default(), values);
            let id = text(values, "id");
            match (kind, id) {
                (Kind::Organization, _) => {
                    // What is managed says more than what is read.
                    let is_data = text(resource, "mode") == Some("data");
                    if self.organization.is_none() || !is_data {
                        self.organization = Some(at);
                    }
                }
                (Kind::Unit, Some(id)) if OuId::parse(id).is_ok() => drop(self.units.insert(id, at)),
                (Kind::Account, Some(id)) if AccountId::parse(id).is_ok() => drop(self.accounts.insert(id, at)),
                (Kind::Policy, Some(id)) if PolicyId::parse(id).is_ok() => {
                    self.policies.insert(id, at);
                    if is_marked(member(resource, "sensitive_values"), "content") {
                        self.sensitive.insert(id);
                    }
                }
                (Kind::Attachment, _) => {
                    self.attachments.extend(text(values, "target_id").zip(text(values, "policy_id")));
                }
                (Kind::Unit | Kind::Account | Kind::Policy, _) => {}
            }
        }
        for child in list(module, "child_modules") {
            self.module(child);
        }
    }

    fn inventory(&self) -> Inventory {
        let own = self.organization.map(|(_, values)| values);
        let mut notes: Vec<String> = Vec::new();
        let mut made_up: Vec<String> = Vec::new();
        let organization = own.and_then(|own| text(own, "id"));
        let mut inventory = Inventory::new(OrganizationRecord {
            id: organization.unwrap_or("o-madeup0000").to_owned(),
            arn: own.and_then(|own| text(own, "arn")).map(str::to_owned),
            feature_set: own.and_then(|own| text(own, "feature_set")).unwrap_or("ALL").to_owned(),
            master_account_id: own.and_then(|own| text(own, "master_account_id")).map(str::to_owned),
            master_account_arn: None,
        });
        if organization.is_none() {
            made_up.push("o-madeup0000".to_owned());
            notes.push(
                "the state has no organization: its id is made up, and which account manages it is unknown".into(),
            );
        }
        inventory.source = Some(SOURCE.to_owned());
        let root = self.root(own, &mut inventory, &mut made_up);
        let parents = self.nodes(own, &root, &mut inventory, &mut notes);
        self.policies(&mut inventory, &mut notes);
        self.attachments(&mut inventory, &parents, &mut notes);
        notes.push("not read from AWS: policies that other tools or people attach are not in it, such as those of Control Tower".to_owned());
        if self.others {
            notes.push(
                "the state has Control Tower controls or resources of the provider awscc, which are not looked at"
                    .to_owned(),
            );
        }
        inventory.made_up = made_up;
        inventory.notes = notes;
        inventory
    }

    fn root(&self, own: Option<&'n Node<'n>>, inventory: &mut Inventory, made_up: &mut Vec<String>) -> String {
        let record = own.and_then(|own| list(own, "roots").first());
        let of_units = self.units.keys().filter_map(|id| id.split('-').nth(1)).map(|middle| format!("r-{middle}"));
        let of_targets = self.attachments.iter().map(|(target, _)| (*target).to_owned());
        let of_targets = of_targets.filter(|target| matches!(Target::parse(target), Ok(Target::Root(_))));
        let named = record.and_then(|record| text(record, "id")).map(str::to_owned);
        let id = named.into_iter().chain(of_units).chain(of_targets).next().unwrap_or_else(|| {
            made_up.push("r-madeup".to_owned());
            "r-madeup".to_owned()
        });
        let types =
            own.filter(|own| member(own, "enabled_policy_types").is_some_and(|it| it.value.as_array().is_some()));
        let types = types.map(|own| {
            let named = list(own, "enabled_policy_types").iter().filter_map(|node| node.value.as_string());
            let enabled = |text: String| PolicyTypeRecord { policy_type: text, status: "ENABLED".to_owned() };
            named.map(|text| enabled(text.clone().into_owned())).collect()
        });
        inventory.roots.push(RootRecord {
            id: id.clone(),
            arn: record.and_then(|record| text(record, "arn")).map(str::to_owned),
            name: Some(record.and_then(|record| text(record, "name")).unwrap_or("Root").to_owned()),
            policy_types: types,
        });
        id
    }

    /// Units and accounts; the ids of all targets.
    fn nodes(
        &self,
        own: Option<&'n Node<'n>>,
        root: &str,
        inventory: &mut Inventory,
        notes: &mut Vec<String>,
    ) -> BTreeSet<String> {
        let mut known: BTreeSet<String> = self.units.keys().map(|id| (*id).to_owned()).collect();
        known.insert(root.to_owned());
        // A unit that was read or managed lists the accounts in it.
        let mut unit_of: FxHashMap<&str, &str> = FxHashMap::default();
        let mut lost = 0_usize;
        for (id, (address, values)) in &self.units {
            let parent = text(values, "parent_id").filter(|parent| known.contains(*parent));
            lost += usize::from(parent.is_none());
            unit_of.extend(list(values, "accounts").iter().filter_map(|it| Some((text(it, "id")?, *id))));
            inventory.organizational_units.push(OuRecord {
                id: (*id).to_owned(),
                arn: text(values, "arn").map(str::to_owned),
                name: text(values, "name").map(str::to_owned),
                parent_id: parent.unwrap_or(root).to_owned(),
                path: None,
            });
            if parent.is_none() {
                inventory.unreadable.push(unknown_place(id));
            }
            inventory.origins.push(OriginRecord { id: (*id).to_owned(), place: (*address).to_owned() });
        }
        let mut accounts: BTreeMap<&str, (Option<&str>, &Node<'_>)> = BTreeMap::new();
        for account in own.map(|own| list(own, "accounts")).unwrap_or_default() {
            let id = text(account, "id").filter(|id| AccountId::parse(id).is_ok());
            accounts.extend(id.map(|id| (id, (None, account))));
        }
        for unit in self.units.values() {
            for account in list(unit.1, "accounts") {
                let id = text(account, "id").filter(|id| AccountId::parse(id).is_ok());
                accounts.extend(id.map(|id| (id, (None, account))));
            }
        }
        accounts.extend(self.accounts.iter().map(|(id, (address, values))| (*id, (Some(*address), *values))));
        for (id, (address, values)) in accounts {
            let parent = text(values, "parent_id").or_else(|| unit_of.get(id).copied());
            let parent = parent.filter(|parent| known.contains(*parent));
            if parent.is_none() {
                lost += 1;
                inventory.unreadable.push(unknown_place(id));
            }
            inventory.accounts.push(AccountRecord {
                id: id.to_owned(),
                arn: text(values, "arn").map(str::to_owned),
                name: text(values, "name").map(str::to_owned),
                email: text(values, "email").map(str::to_owned),
                state: text(values, "state").map(str::to_owned),
                status: text(values, "status").map(str::to_owned),
                parent_id: parent.unwrap_or(root).to_owned(),
                tags: tags(member(values, "tags_all").or_else(|| member(values, "tags"))),
                paths: Vec::new(),
            });
            inventory
                .origins
                .extend(address.map(|address| OriginRecord { id: id.to_owned(), place: address.to_owned() }));
        }
        if lost > 0 {
            notes.push(format!(
                "where {lost} units or accounts are is not in the state: what applies to them is unknown"
            ));
        }
        known.extend(inventory.accounts.iter().map(|account| account.id.clone()));
        known
    }

    fn policies(&self, inventory: &mut Inventory, notes: &mut Vec<String>) {
        for (id, (address, values)) in &self.policies {
            let is_sensitive = self.sensitive.contains(id);
            inventory.policies.push(PolicyRecord {
                id: (*id).to_owned(),
                arn: text(values, "arn").map(str::to_owned),
                name: text(values, "name").map(str::to_owned),
                description: text(values, "description").filter(|text| !text.is_empty()).map(str::to_owned),
                policy_type: text(values, "type").unwrap_or(PolicyKind::ServiceControl.as_str()).to_owned(),
                aws_managed: Some(*id == FULL_ACCESS_ID),
                content: text(values, "content").filter(|_| !is_sensitive).map(str::to_owned),
            });
            inventory.origins.push(OriginRecord { id: (*id).to_owned(), place: (*address).to_owned() });
        }
        if !self.policies.contains_key(FULL_ACCESS_ID) {
            inventory.policies.push(PolicyRecord {
                id: FULL_ACCESS_ID.to_owned(),
                name: Some(FULL_ACCESS.to_owned()),
                policy_type: PolicyKind::ServiceControl.as_str().to_owned(),
                aws_managed: Some(true),
                content: Some(FULL_ACCESS_TEXT.to_owned()),
                ..PolicyRecord::default()
            });
        }
        if !self.sensitive.is_empty() {
            let count = self.sensitive.len();
            notes.push(format!("the texts of {count} policies are marked as sensitive: none of them is read"));
        }
    }

    fn attachments(&self, inventory: &mut Inventory, targets: &BTreeSet<String>, notes: &mut Vec<String>) {
        let (mut without_target, mut without_policy) = (0_usize, BTreeSet::new());
        let known: BTreeSet<String> = inventory.policies.iter().map(|policy| policy.id.clone()).collect();
        for (target, policy) in &self.attachments {
            if !targets.contains(*target) {
                without_target += 1;
                continue;
            }
            if !known.contains(*policy) && PolicyId::parse(policy).is_ok() && without_policy.insert(*policy) {
                inventory.policies.push(PolicyRecord {
                    id: (*policy).to_owned(),
                    policy_type: PolicyKind::ServiceControl.as_str().to_owned(),
                    ..PolicyRecord::default()
                });
            }
            if PolicyId::parse(policy).is_ok() {
                let (target_id, policy_id) = ((*target).to_owned(), (*policy).to_owned());
                inventory.attachments.push(AttachmentRecord { target_id, policy_id });
            }
        }
        // Terraform knows AWS's own attachments only where they were imported.
        for target in targets {
            if !self.attachments.contains(&(target.as_str(), FULL_ACCESS_ID)) {
                let (target_id, policy_id) = (target.clone(), FULL_ACCESS_ID.to_owned());
                inventory.attachments.push(AttachmentRecord { target_id, policy_id });
            }
        }
        notes.push(
            "assumed: `FullAWSAccess` is attached everywhere, as AWS attaches it; a state does not tell".to_owned(),
        );
        if without_target > 0 {
            notes.push(format!("{without_target} attachments are to units or accounts that are not in the state"));
        }
        if !without_policy.is_empty() {
            let count = without_policy.len();
            notes.push(format!("the texts of {count} attached policies are not in the state: what they do is unknown"));
        }
    }
}

fn unknown_place(id: &str) -> scproof_organization::UnreadableRecord {
    scproof_organization::UnreadableRecord {
        target_id: Some(id.to_owned()),
        operation: "ListParents".to_owned(),
        policy_type: None,
        error: Some("not in the state".to_owned()),
    }
}

fn tags(node: Option<&Node<'_>>) -> Vec<Tag> {
    let Some(Value::Object(members)) = node.map(|node| &node.value) else { return Vec::new() };
    let tag = |member: &scproof_text::Member<'_>| {
        let value = member.value.value.as_string()?.clone().into_owned();
        Some(Tag { key: member.name.clone().into_owned(), value })
    };
    members.iter().filter_map(tag).collect()
}
