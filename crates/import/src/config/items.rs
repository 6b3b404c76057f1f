//! What a configuration lists, as it was written.

use std::ops::Range;
use std::path::{Path, PathBuf};

use scproof_organization::{
    AccountId, AccountRecord, AttachmentRecord, IdError, Inventory, OrganizationId, OuId, OuRecord, PolicyId,
    PolicyRecord, PolicyTypeRecord, RootId, RootRecord, Tag, read_policy,
};
use scproof_policy_parser::PolicyKind;
use scproof_text::{Node, Record, RecordReader, Value, shorten};

use super::made_up::Ids;
use super::names::{Names, Thing};
use super::{FULL_ACCESS, FULL_ACCESS_ID, FULL_ACCESS_TEXT, empty};
use crate::codes;

/// A name with its place.
type Named = (String, Range<usize>);

#[derive(Default)]
pub(super) struct Items {
    organization_id: Option<String>,
    management: Option<Named>,
    partition: Option<String>,
    root_id: Option<String>,
    root_name: Option<String>,
    root_access: Option<bool>,
    /// Whether `FullAWSAccess` is attached where nothing else is said.
    access: bool,
    units: Vec<Unit>,
    accounts: Vec<Account>,
    policies: Vec<Policy>,
    attachments: Vec<Attachment>,
}

struct Unit {
    at: Range<usize>,
    path: Named,
    id: Option<String>,
    access: Option<bool>,
}

struct Account {
    at: Range<usize>,
    name: String,
    id: Option<String>,
    unit: Option<Named>,
    email: Option<String>,
    tags: Vec<Tag>,
    access: Option<bool>,
}

struct Policy {
    at: Range<usize>,
    name: String,
    id: Option<String>,
    kind: PolicyKind,
    description: Option<String>,
    content: String,
}

struct Attachment {
    policies: Vec<Named>,
    targets: Vec<Named>,
}

impl Items {
    pub(super) fn read<'f>(root: &mut Record<'f>, reader: &mut RecordReader<'f>, folder: &Path) -> Self {
        let mut items = Self { access: root.flag(reader, FULL_ACCESS).unwrap_or(true), ..Self::default() };
        let folder = folder.to_owned();
        if let Some(mut it) = root.given("Organization").and_then(|node| reader.record(node)) {
            items.organization_id = id(&mut it, reader, |text| OrganizationId::parse(text).map(drop));
            items.management = named(&mut it, reader, "ManagementAccount");
            items.partition = it.optional_text(reader, "Partition");
            it.close(reader);
        }
        if let Some(mut it) = root.given("Root").and_then(|node| reader.record(node)) {
            items.root_id = id(&mut it, reader, |text| RootId::parse(text).map(drop));
            items.root_name = it.optional_text(reader, "Name");
            items.root_access = it.flag(reader, FULL_ACCESS);
            it.close(reader);
        }
        items.units = each(root, reader, "Units", unit);
        items.accounts = each(root, reader, "Accounts", account);
        items.policies = each(root, reader, "Policies", |record, reader| policy(record, reader, &folder));
        items.attachments = each(root, reader, "Attachments", attachment);
        items
    }

    /// The snapshot, and the byte of the text for the id of each thing.
    pub(super) fn resolve(self, reader: &mut RecordReader<'_>) -> (Inventory, Vec<(String, usize)>) {
        let mut ids = Ids::default();
        let mut names = Names::default();
        let mut origins: Vec<(String, usize)> = Vec::new();
        // The id of a unit has that of its root in its middle (ID-3).
        let given_root = self.units.iter().filter_map(|unit| unit.id.as_deref()?.split('-').nth(1));
        let root_id = self.root_id.clone().or_else(|| given_root.map(|middle| format!("r-{middle}")).next());
        let every = self.units.iter().map(|it| (&it.id, &it.at));
        let every = every.chain(self.accounts.iter().map(|it| (&it.id, &it.at)));
        for (id, at) in every.chain(self.policies.iter().map(|it| (&it.id, &it.at))) {
            if let Some(id) = id.as_deref().filter(|id| !ids.take(id)) {
                let message = format!("the id `{}` is given twice", shorten(id));
                reader.fault(codes::DUPLICATE_ID.message(message).on(at.clone()));
            }
        }
        let organization = ids.or_made_up(self.organization_id.as_deref(), |_| "o-madeup0000".to_owned());
        let mut inventory = empty(&organization);
        let root = ids.or_made_up(root_id.as_deref(), |_| "r-madeup".to_owned());
        let root_name = self.root_name.clone().unwrap_or_else(|| "Root".to_owned());
        names.add(&root, Thing::Container, [root_name.as_str(), "Root"]);
        inventory.roots.push(RootRecord {
            id: root.clone(),
            name: Some(root_name),
            policy_types: Some(vec![PolicyTypeRecord {
                policy_type: PolicyKind::ServiceControl.as_str().to_owned(),
                status: "ENABLED".to_owned(),
            }]),
            ..RootRecord::default()
        });
        inventory.policies.push(PolicyRecord {
            id: FULL_ACCESS_ID.to_owned(),
            name: Some(FULL_ACCESS.to_owned()),
            policy_type: PolicyKind::ServiceControl.as_str().to_owned(),
            aws_managed: Some(true),
            content: Some(FULL_ACCESS_TEXT.to_owned()),
            ..PolicyRecord::default()
        });
        names.add_policy(FULL_ACCESS_ID, FULL_ACCESS);
        if self.root_access.unwrap_or(self.access) {
            attach(&mut inventory, &root, FULL_ACCESS_ID);
        }
        self.units(&root, &mut inventory, &mut ids, &mut names, reader, &mut origins);
        self.accounts(&root, &mut inventory, &mut ids, &mut names, reader, &mut origins);
        if let Some((name, at)) = &self.management {
            inventory.organization.master_account_id = names.account(name, at, reader);
        }
        if let Some(partition) = &self.partition {
            let account = inventory.organization.master_account_id.as_deref().unwrap_or("000000000000");
            let arn = format!("arn:{partition}:organizations::{account}:organization/{organization}");
            inventory.organization.arn = Some(arn);
        }
        for policy in &self.policies {
            let id = ids.or_made_up(policy.id.as_deref(), |number| format!("p-madeup{number:05}"));
            if !names.add_policy(&id, &policy.name) {
                let message = format!("a second policy has the name `{}`", shorten(&policy.name));
                reader.fault(codes::NAME_TWICE.message(message).rule("LIM-8").on(policy.at.clone()));
            }
            origins.push((id.clone(), policy.at.start));
            inventory.policies.push(PolicyRecord {
                id,
                arn: None,
                name: Some(policy.name.clone()),
                description: policy.description.clone(),
                policy_type: policy.kind.as_str().to_owned(),
                aws_managed: Some(false),
                content: Some(policy.content.clone()),
            });
        }
        self.attachments(&mut inventory, &mut names, reader);
        inventory.made_up = ids.made_up();
        (inventory, origins)
    }

    fn units(
        &self,
        root: &str,
        inventory: &mut Inventory,
        ids: &mut Ids,
        names: &mut Names,
        reader: &mut RecordReader<'_>,
        origins: &mut Vec<(String, usize)>,
    ) {
        let middle = root.strip_prefix("r-").unwrap_or(root);
        // Parents may stand behind their children: all paths are known first.
        let with_ids: Vec<(&Unit, String)> = self
            .units
            .iter()
            .map(|unit| (unit, ids.or_made_up(unit.id.as_deref(), |number| format!("ou-{middle}-madeup{number:05}"))))
            .collect();
        for (unit, id) in &with_ids {
            let (path, at) = &unit.path;
            if path.is_empty() || path.split('/').any(|part| part.trim().is_empty()) {
                let message = format!("the path `{}` has an empty part", shorten(path));
                reader
                    .fault(codes::BAD_PATH.message(message).expected("a path such as `Workloads/Prod`").on(at.clone()));
            } else if !names.add_unit(id, path) {
                let message = format!("the unit `{}` is listed twice", shorten(path));
                reader.fault(codes::NAME_TWICE.message(message).rule("PRE-3").on(at.clone()));
            }
        }
        for (unit, id) in with_ids {
            let (path, at) = &unit.path;
            let (parent, name) = match path.rsplit_once('/') {
                None => (Some(root.to_owned()), path.as_str()),
                // Told already.
                Some((above, name)) if above.split('/').any(str::is_empty) => (None, name),
                Some((above, name)) => (names.unit(above, at, reader), name),
            };
            if unit.access.unwrap_or(self.access) {
                attach(inventory, &id, FULL_ACCESS_ID);
            }
            origins.push((id.clone(), unit.at.start));
            inventory.organizational_units.push(OuRecord {
                id,
                arn: None,
                name: Some(name.to_owned()),
                parent_id: parent.unwrap_or_default(),
                path: None,
            });
        }
    }

    fn accounts(
        &self,
        root: &str,
        inventory: &mut Inventory,
        ids: &mut Ids,
        names: &mut Names,
        reader: &mut RecordReader<'_>,
        origins: &mut Vec<(String, usize)>,
    ) {
        for account in &self.accounts {
            let id = ids.or_made_up(account.id.as_deref(), |number| format!("{number:012}"));
            let parent = match &account.unit {
                None => Some(root.to_owned()),
                Some((path, at)) => names.unit(path, at, reader),
            };
            let twice = names.has_account(&account.name) && account.id.is_none();
            if twice {
                let message =
                    format!("several accounts have the name `{}`, and this one has no id", shorten(&account.name));
                let fault = codes::NAME_TWICE.message(message).help("give each of them its `Id`");
                reader.fault(fault.on(account.at.clone()));
            }
            let place = account.unit.as_ref().map_or("", |(path, _)| path.as_str());
            names.add_account(&id, &account.name, place);
            if account.access.unwrap_or(self.access) {
                attach(inventory, &id, FULL_ACCESS_ID);
            }
            origins.push((id.clone(), account.at.start));
            inventory.accounts.push(AccountRecord {
                id,
                name: Some(account.name.clone()),
                email: account.email.clone(),
                state: Some("ACTIVE".to_owned()),
                parent_id: parent.unwrap_or_default(),
                tags: account.tags.clone(),
                ..AccountRecord::default()
            });
        }
    }

    fn attachments(&self, inventory: &mut Inventory, names: &mut Names, reader: &mut RecordReader<'_>) {
        let mut seen = rustc_hash::FxHashSet::default();
        for attachment in &self.attachments {
            let targets: Vec<_> =
                attachment.targets.iter().map(|(name, at)| (name, at, names.target(name, at, reader))).collect();
            for (policy, at) in &attachment.policies {
                let Some(policy_id) = names.policy(policy, at, reader) else { continue };
                for (target, at, target_id) in &targets {
                    let Some(target_id) = target_id else { continue };
                    if !seen.insert((policy_id.clone(), target_id.clone())) {
                        let message = format!("`{}` is attached to `{}` twice", shorten(policy), shorten(target));
                        reader.fault(codes::ATTACHED_TWICE.message(message).on((*at).clone()));
                    } else if policy_id != FULL_ACCESS_ID || !is_attached(inventory, target_id) {
                        attach(inventory, target_id, &policy_id);
                    }
                }
            }
        }
    }
}

/// Whether `FullAWSAccess` is attached already, as it is without being listed.
fn is_attached(inventory: &Inventory, target: &str) -> bool {
    inventory.attachments.iter().any(|known| known.policy_id == FULL_ACCESS_ID && known.target_id == target)
}

fn attach(inventory: &mut Inventory, target: &str, policy: &str) {
    inventory.attachments.push(AttachmentRecord { target_id: target.to_owned(), policy_id: policy.to_owned() });
}

/// The records of a list that may be missing.
fn each<'f, T>(
    root: &mut Record<'f>,
    reader: &mut RecordReader<'f>,
    name: &'static str,
    mut read: impl FnMut(&mut Record<'f>, &mut RecordReader<'f>) -> Option<T>,
) -> Vec<T> {
    let mut found = Vec::new();
    for node in root.optional_elements(reader, name) {
        let Some(mut record) = reader.record(node) else { continue };
        found.extend(read(&mut record, reader));
        record.close(reader);
    }
    found
}

fn id<'f>(
    record: &mut Record<'f>,
    reader: &mut RecordReader<'f>,
    check: impl Fn(&str) -> Result<(), IdError>,
) -> Option<String> {
    let text = record.optional_text(reader, "Id")?;
    if let Err(error) = check(&text) {
        let fault = codes::BAD_ID.message(error.to_string()).expected(error.expected());
        reader.fault(fault.on(record.span_of("Id")).help("leave `Id` out, and one is made up"));
        return None;
    }
    Some(text)
}

fn named<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>, name: &'static str) -> Option<Named> {
    let text = record.optional_text(reader, name)?;
    Some((text, record.span_of(name)))
}

fn names_of<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>, name: &'static str) -> Vec<Named> {
    if record.value(name).is_none() {
        let missing = record.missing(reader, name);
        reader.fault(missing);
        return Vec::new();
    }
    let texts = record.texts(reader, name).unwrap_or_default();
    texts.into_iter().map(|(node, text)| (text, node.mark())).collect()
}

fn unit<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> Option<Unit> {
    let path = record.required_text(reader, "Path");
    let at = record.span_of("Path");
    let id = id(record, reader, |text| OuId::parse(text).map(drop));
    let access = record.flag(reader, FULL_ACCESS);
    let path = path?;
    let path = path.strip_prefix("Root/").unwrap_or(&path).to_owned();
    Some(Unit { at: record.node().span.clone(), path: (path, at), id, access })
}

fn account<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> Option<Account> {
    let name = record.required_text(reader, "Name");
    let id = id(record, reader, |text| AccountId::parse(text).map(drop));
    let unit = named(record, reader, "Unit");
    let email = record.optional_text(reader, "Email");
    let tags = record.given("Tags").map(|node| tags(node, reader)).unwrap_or_default();
    let access = record.flag(reader, FULL_ACCESS);
    Some(Account { at: record.node().span.clone(), name: name?, id, unit, email, tags, access })
}

fn tags<'f>(node: &'f Node<'f>, reader: &mut RecordReader<'f>) -> Vec<Tag> {
    let Value::Object(members) = &node.value else {
        reader.wrong_type(node, "an object of keys and values");
        return Vec::new();
    };
    let tags = members.iter().filter_map(|member| {
        let value = reader.string(&member.value, "a string")?;
        Some(Tag { key: member.name.clone().into_owned(), value })
    });
    tags.collect()
}

fn policy<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>, folder: &Path) -> Option<Policy> {
    let name = record.required_text(reader, "Name");
    let id = id(record, reader, |text| PolicyId::parse(text).map(drop));
    let kinds = [PolicyKind::ServiceControl, PolicyKind::ResourceControl];
    let kind = match record.optional_text(reader, "Type") {
        None => Some(PolicyKind::ServiceControl),
        Some(text) => {
            let kind = kinds.into_iter().find(|kind| kind.as_str() == text);
            if kind.is_none() {
                let message = format!("`{}` is no type of policies that is looked at", shorten(&text));
                let fault = codes::UNKNOWN_POLICY_TYPE.message(message).on(record.span_of("Type"));
                reader.fault(fault.expected(kinds.map(|kind| format!("`{}`", kind.as_str())).join(" or ")));
            }
            kind
        }
    };
    let description = record.optional_text(reader, "Description");
    // With a fault nothing comes of it, but it is a policy that others name.
    let content = content(record, reader, folder).unwrap_or_default();
    let kind = kind.unwrap_or_default();
    Some(Policy { at: record.node().span.clone(), name: name?, id, kind, description, content })
}

fn content<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>, folder: &Path) -> Option<String> {
    let (own, file) = (record.given("Content"), record.given("File"));
    match (own, file) {
        (Some(_), Some(file)) => {
            let fault = codes::TWO_MEMBERS.message("`Content` and `File` are both there").expected("one of the two");
            reader.fault(fault.on(file.mark()));
            None
        }
        (Some(node), None) => reader.document(node, "the policy as a string or an object"),
        (None, Some(node)) => {
            let name = reader.string(node, "the name of a file")?;
            let path: PathBuf = folder.join(&name);
            let text = read_policy(&path, false);
            let help = "file names are relative to the configuration";
            text.map_err(|fault| reader.fault(fault.on(node.mark()).help(help))).ok()
        }
        (None, None) => {
            let missing = record.missing(reader, "Content").expected("`Content` or `File`");
            reader.fault(missing);
            None
        }
    }
}

fn attachment<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> Option<Attachment> {
    let policies = names_of(record, reader, "Policy");
    let targets = names_of(record, reader, "To");
    (!policies.is_empty() && !targets.is_empty()).then_some(Attachment { policies, targets })
}
