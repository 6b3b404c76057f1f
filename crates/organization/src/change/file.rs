//! The change file, `docs/changes.md`.

use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use scproof_policy_parser::PolicyKind;
use scproof_text::{
    JsonText, LARGEST_FILE, LoadError, Message, Node, Record, RecordReader, TextKind, Value, nearest, read_file,
    shorten,
};

use super::builder::{ChangeSetBuilder, read_policy};
use super::{Change, ChangeSet};
use crate::codes;
use crate::id::{AccountId, IdError, OuId, PolicyId, RootId, Target};
use crate::organization::Organization;

/// The `Format` of the change files that this version reads.
pub const CHANGES_FORMAT: &str = "scproof-changes/1";

/// The most changes of a file: AWS has as many policies, and fewer units.
const MOST: usize = 10_000;

/// Every operation of a change file.
const OPERATIONS: [&str; 12] = [
    "AttachPolicy",
    "CreateAccount",
    "CreateOrganizationalUnit",
    "CreatePolicy",
    "DeletePolicy",
    "DetachPolicy",
    "DisablePolicyType",
    "EnableAllFeatures",
    "EnablePolicyType",
    "MoveAccount",
    "MoveOrganizationalUnit",
    "UpdatePolicy",
];

/// A member that takes an id, a name or a path; AWS's own member that takes an id alone; and the form of that id.
type Names = (&'static str, &'static str, fn(&str) -> Result<(), IdError>);

const POLICY: Names = ("Policy", "PolicyId", |text| PolicyId::parse(text).map(drop));
const TARGET: Names = ("Target", "TargetId", |text| Target::parse(text).map(drop));
const ACCOUNT: Names = ("Account", "AccountId", |text| AccountId::parse(text).map(drop));
const UNIT: Names = ("OrganizationalUnit", "OrganizationalUnitId", |text| OuId::parse(text).map(drop));
const ROOT: Names = ("Root", "RootId", |text| RootId::parse(text).map(drop));
const PARENT: Names = ("Parent", "ParentId", is_parent_id);
const SOURCE: Names = ("SourceParent", "SourceParentId", is_parent_id);
const DESTINATION: Names = ("DestinationParent", "DestinationParentId", is_parent_id);

fn is_parent_id(text: &str) -> Result<(), IdError> {
    RootId::parse(text).map(drop).or_else(|_| OuId::parse(text).map(drop))
}

impl ChangeSet {
    /// Reads a change file for an organization. Files that it names are looked for beside it.
    ///
    /// # Errors
    ///
    /// All faults of the file with line and column.
    pub fn load(path: impl AsRef<Path>, organization: &Organization) -> Result<Self, LoadError> {
        let mut builder = ChangeSetBuilder::new(organization);
        builder.file(path)?;
        Ok(builder.finish())
    }

    /// Reads the text of a change file for an organization. Files that it names are looked for in a folder.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn from_json(text: &str, folder: &Path, organization: &Organization) -> Result<Self, LoadError> {
        let mut builder = ChangeSetBuilder::new(organization);
        builder.json(text, folder)?;
        Ok(builder.finish())
    }
}

impl ChangeSetBuilder {
    /// Adds the changes of a change file.
    ///
    /// # Errors
    ///
    /// As [`ChangeSet::load`]; the changes without fault are added nevertheless.
    pub fn file(&mut self, path: impl AsRef<Path>) -> Result<(), LoadError> {
        let path = path.as_ref();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        read_file(path, LARGEST_FILE, |text| self.json(text, folder))
    }

    /// Adds the changes of the text of a change file. Files that it names are looked for in a folder.
    ///
    /// # Errors
    ///
    /// As [`file`](Self::file).
    pub fn json(&mut self, text: &str, folder: &Path) -> Result<(), LoadError> {
        let file = JsonText::new(text, &TextKind::FILE);
        let mut reader = RecordReader::new(&file);
        let mut root = reader.root()?;
        reader.format(&mut root, CHANGES_FORMAT, "change file")?;
        root.text(&mut reader, "$schema");
        root.text(&mut reader, "Description");
        let elements = root.required_elements(&mut reader, "Changes");
        let at = root.span_of("Changes");
        root.close(&mut reader);
        if elements.len() > MOST {
            let fault = codes::TOO_MANY_CHANGES.message(format!("the file has {} changes", elements.len())).on(at);
            reader.fault(fault.expected(format!("at most {MOST}")).help("make them in several runs"));
            return reader.finish();
        }

        let given: Vec<GivenIds> = elements.iter().map(GivenIds::of).collect();
        self.taken.extend(given.iter().filter_map(|given| given.id.clone()));
        let created: Vec<Option<Created>> = given.iter().map(|given| self.announce(given)).collect();
        let mut file = FileReader { builder: self, reader, folder, texts: FxHashMap::default() };
        for (node, created) in elements.iter().zip(created) {
            file.change(node, created);
        }
        file.reader.finish()
    }

    /// Chooses the id of what a change will create, and lets earlier changes name it.
    fn announce(&mut self, given: &GivenIds) -> Option<Created> {
        let name = given.name.clone().unwrap_or_default();
        match given.operation.as_deref()? {
            "CreatePolicy" => {
                let own = given.id.as_deref().and_then(|id| PolicyId::parse(id).ok());
                let id = own.unwrap_or_else(|| self.new_policy_id());
                self.announced.will_create_policy(id.clone(), name);
                Some(Created::Policy(id))
            }
            "CreateOrganizationalUnit" => {
                let own = given.id.as_deref().and_then(|id| OuId::parse(id).ok());
                let id = own.unwrap_or_else(|| self.new_unit_id());
                self.announced.will_create(Target::Ou(id.clone()), name);
                Some(Created::Unit(id))
            }
            "CreateAccount" => {
                let own = given.id.as_deref().and_then(|id| AccountId::parse(id).ok());
                let id = own.unwrap_or_else(|| self.new_account_id());
                self.announced.will_create(Target::Account(id), name);
                Some(Created::Account(id))
            }
            _ => None,
        }
    }
}

const CONTENT: &str = "the policy as an object, or as a string";

/// What the first look at a change finds; faults are left to the second.
#[derive(Default)]
struct GivenIds {
    operation: Option<String>,
    id: Option<String>,
    name: Option<String>,
}

impl GivenIds {
    fn of(node: &Node<'_>) -> Self {
        let Value::Object(members) = &node.value else { return Self::default() };
        let text = |name: &str| {
            let member = members.iter().find(|member| member.name == name);
            member.and_then(|member| member.value.value.as_string()).map(|text| text.clone().into_owned())
        };
        // A record whose members have wrong types announces nothing.
        Self { operation: text("Operation"), id: text("Id"), name: text("Name").or_else(|| text("AccountName")) }
    }
}

enum Created {
    Policy(PolicyId),
    Unit(OuId),
    Account(AccountId),
}

struct FileReader<'f, 'b> {
    builder: &'b mut ChangeSetBuilder,
    reader: RecordReader<'f>,
    folder: &'b Path,
    /// The policy files that were read: many changes may name one.
    texts: FxHashMap<String, Arc<str>>,
}

impl<'f> FileReader<'f, '_> {
    fn change(&mut self, node: &'f Node<'f>, created: Option<Created>) {
        let Some(mut record) = self.reader.record(node) else { return };
        let Some(operation) = record.required_text(&mut self.reader, "Operation") else { return };
        let change = match (operation.as_str(), created) {
            ("AttachPolicy", _) => self
                .policy(&mut record)
                .zip(self.target(&mut record))
                .map(|(policy, target)| Change::AttachPolicy { policy, target }),
            ("DetachPolicy", _) => self
                .policy(&mut record)
                .zip(self.target(&mut record))
                .map(|(policy, target)| Change::DetachPolicy { policy, target }),
            ("UpdatePolicy", _) => self.update(&mut record),
            ("CreatePolicy", Some(Created::Policy(id))) => self.create_policy(&mut record, id),
            ("DeletePolicy", _) => self.policy(&mut record).map(|policy| Change::DeletePolicy { policy }),
            ("MoveAccount", _) => self.move_account(&mut record),
            ("MoveOrganizationalUnit", _) => {
                let unit = self.reference(&mut record, UNIT, true, ChangeSetBuilder::unit);
                let destination = self.reference(&mut record, DESTINATION, true, ChangeSetBuilder::parent);
                unit.zip(destination).map(|(unit, destination)| Change::MoveOrganizationalUnit { unit, destination })
            }
            ("CreateOrganizationalUnit", Some(Created::Unit(id))) => self.create_unit(&mut record, id),
            ("CreateAccount", Some(Created::Account(id))) => self.create_account(&mut record, id),
            ("EnablePolicyType", _) => self.policy_type(&mut record).map(|()| Change::EnablePolicyType),
            ("DisablePolicyType", _) => self.policy_type(&mut record).map(|()| Change::DisablePolicyType),
            ("EnableAllFeatures", _) => Some(Change::EnableAllFeatures),
            // A record whose members have wrong types announces nothing: read it for its faults.
            ("CreatePolicy", _) => {
                let id = self.builder.new_policy_id();
                self.create_policy(&mut record, id);
                None
            }
            ("CreateOrganizationalUnit" | "CreateAccount", _) => {
                let member = if operation == "CreateAccount" { "AccountName" } else { "Name" };
                for name in [member, "Id", "Parent", "ParentId", "Email"] {
                    record.text(&mut self.reader, name);
                }
                None
            }
            (other, _) => {
                self.unknown_operation(&record, other);
                return;
            }
        };
        record.close(&mut self.reader);
        if let Some(change) = change {
            self.builder.push(change);
        }
    }

    fn unknown_operation(&mut self, record: &Record<'f>, found: &str) {
        let message = format!("`{}` is not an operation of a change file", shorten(found));
        let fault = codes::UNKNOWN_OPERATION.message(message).rule("").on(record.span_of("Operation"));
        self.reader.fault(match nearest(found, OPERATIONS) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.expected(format!("one of `{}`", OPERATIONS.join("`, `"))),
        });
    }

    fn update(&mut self, record: &mut Record<'f>) -> Option<Change> {
        let policy = self.policy(record);
        let content = self.content(record);
        let name = record.text(&mut self.reader, "Name");
        let description = record.text(&mut self.reader, "Description");
        if content == Content::Missing && name.is_none() && description.is_none() {
            let message = "the change says nothing new about the policy";
            self.reader.fault(
                scproof_text::codes::MISSING_MEMBER
                    .message(message)
                    .on(record.span())
                    .expected("`Content`, `ContentFile`, `Name` or `Description`"),
            );
            return None;
        }
        let content = content.known()?;
        Some(Change::UpdatePolicy { policy: policy?, content, name, description })
    }

    fn create_policy(&mut self, record: &mut Record<'f>, id: PolicyId) -> Option<Change> {
        let given = record.text(&mut self.reader, "Id");
        let ok = self.check_id(record, given.as_deref(), "ID-5", |builder, text| {
            PolicyId::parse(text).map(|id| builder.draft.find_policy(&id).is_some())
        });
        let name = record.required_text(&mut self.reader, "Name");
        let description = record.text(&mut self.reader, "Description");
        let kind = match record.text(&mut self.reader, "Type") {
            None => Some(PolicyKind::ServiceControl),
            Some(text) => self.kind(record, "Type", &text),
        };
        let content = self.content(record);
        if content == Content::Missing {
            let missing = record.missing(&self.reader, "Content");
            let help = "write the policy there, or the name of a file in `ContentFile`";
            self.reader.fault(missing.help(help));
        }
        let content = content.known()??;
        ok?;
        Some(Change::CreatePolicy { id, name: name?, description, kind: kind?, content })
    }

    fn kind(&mut self, record: &Record<'f>, member: &str, text: &str) -> Option<PolicyKind> {
        let kinds = [PolicyKind::ServiceControl, PolicyKind::ResourceControl];
        let found = kinds.into_iter().find(|kind| kind.as_str() == text);
        if found.is_none() {
            let message = format!("`{}` is not a policy type that can be simulated", shorten(text));
            self.reader.fault(
                codes::UNKNOWN_POLICY_TYPE
                    .message(message)
                    .on(record.span_of(member))
                    .expected("`SERVICE_CONTROL_POLICY` or `RESOURCE_CONTROL_POLICY`"),
            );
        }
        found
    }

    fn move_account(&mut self, record: &mut Record<'f>) -> Option<Change> {
        let account = self.reference(record, ACCOUNT, true, ChangeSetBuilder::account);
        let source = self.reference(record, SOURCE, false, ChangeSetBuilder::parent);
        let destination = self.reference(record, DESTINATION, true, ChangeSetBuilder::parent);
        Some(Change::MoveAccount { account: account?, source, destination: destination? })
    }

    fn create_unit(&mut self, record: &mut Record<'f>, id: OuId) -> Option<Change> {
        let given = record.text(&mut self.reader, "Id");
        let root = self.builder.draft.node(self.builder.draft.root()).target.to_string();
        let ok = self.check_id(record, given.as_deref(), "ID-3", |builder, text| {
            OuId::parse(text).map(|id| builder.draft.find_node(&Target::Ou(id)).is_some())
        });
        let other_root = root.strip_prefix("r-") != Some(id.root_part());
        if ok.is_some() && other_root {
            let message = format!("the id `{id}` belongs to the root `r-{}`", id.root_part());
            self.reader.fault(
                codes::BAD_ID
                    .message(message)
                    .on(record.span_of("Id"))
                    .rule("ID-3")
                    .expected(format!("an id that goes with the root `{root}`")),
            );
        }
        let name = record.required_text(&mut self.reader, "Name");
        let parent = self.reference(record, PARENT, true, ChangeSetBuilder::parent);
        ok?;
        Some(Change::CreateOrganizationalUnit { id, name: name?, parent: parent? })
    }

    fn create_account(&mut self, record: &mut Record<'f>, id: AccountId) -> Option<Change> {
        let given = record.text(&mut self.reader, "Id");
        let ok = self.check_id(record, given.as_deref(), "ID-4", |builder, text| {
            AccountId::parse(text).map(|id| builder.draft.find_node(&Target::Account(id)).is_some())
        });
        let name = record.required_text(&mut self.reader, "AccountName");
        let email = record.text(&mut self.reader, "Email");
        ok?;
        Some(Change::CreateAccount { id, name: name?, email })
    }

    /// Whether a given id is well formed and free; none given is fine.
    fn check_id(
        &mut self,
        record: &Record<'f>,
        given: Option<&str>,
        rule: &'static str,
        exists: impl Fn(&ChangeSetBuilder, &str) -> Result<bool, IdError>,
    ) -> Option<()> {
        let Some(text) = given else { return Some(()) };
        let at = record.span_of("Id");
        match exists(self.builder, text) {
            Ok(false) => return Some(()),
            Ok(true) => {
                let message = format!("`{}` is the id of something else", shorten(text));
                let fault = codes::DUPLICATE_ID.message(message).on(at).rule(rule).item(shorten(text));
                self.reader.fault(fault.help("leave `Id` out, to get an id that is free"));
            }
            Err(error) => {
                let fault = codes::BAD_ID.message(error.to_string()).on(at).rule(rule).item(error.found());
                self.reader.fault(fault.expected(error.expected()));
            }
        }
        None
    }

    fn policy_type(&mut self, record: &mut Record<'f>) -> Option<()> {
        let root = self.reference(record, ROOT, false, ChangeSetBuilder::target);
        let is_root = root.as_ref().is_none_or(|root| matches!(root, Target::Root(_)));
        if let Some(other) = root.filter(|_| !is_root) {
            let message = format!("a policy type is enabled in the root, not in the {}", other.kind());
            self.reader.fault(codes::UNKNOWN_TARGET.message(message).on(record.span()).rule("EXM-2"));
        }
        let text = record.text(&mut self.reader, "PolicyType");
        let service = PolicyKind::ServiceControl.as_str();
        if let Some(text) = text.as_deref().filter(|&text| text != service) {
            let message = format!("enabling and disabling `{}` cannot be simulated", shorten(text));
            self.reader.fault(
                codes::UNKNOWN_POLICY_TYPE
                    .message(message)
                    .on(record.span_of("PolicyType"))
                    .expected(format!("`{service}`")),
            );
            return None;
        }
        is_root.then_some(())
    }

    fn policy(&mut self, record: &mut Record<'f>) -> Option<PolicyId> {
        self.reference(record, POLICY, true, ChangeSetBuilder::policy)
    }

    fn target(&mut self, record: &mut Record<'f>) -> Option<Target> {
        self.reference(record, TARGET, true, ChangeSetBuilder::target)
    }

    /// What a member names by id, name or path. AWS's own member takes ids alone.
    fn reference<T>(
        &mut self,
        record: &mut Record<'f>,
        (name, id_name, check): Names,
        required: bool,
        resolve: impl Fn(&ChangeSetBuilder, &str) -> Result<T, Box<Message>>,
    ) -> Option<T> {
        let (own, id) = (record.value(name).is_some(), record.value(id_name).is_some());
        match (own, id) {
            (false, false) => {
                if required {
                    let missing = record.missing(&self.reader, name);
                    self.reader.fault(missing);
                }
                return None;
            }
            (true, true) => {
                let message = format!("`{name}` and `{id_name}` are both there");
                let fault = codes::TWO_MEMBERS.message(message).on(record.span_of(id_name));
                self.reader.fault(fault.expected("one of the two"));
                return None;
            }
            (true, false) | (false, true) => {}
        }
        let member = if own { name } else { id_name };
        let text = record.text(&mut self.reader, member)?;
        if let Some(error) = check(&text).err().filter(|_| id) {
            let fault = codes::BAD_ID.message(error.to_string()).on(record.span_of(member)).item(error.found());
            self.reader.fault(fault.expected(error.expected()).help(format!("use `{name}` for a name or a path")));
            return None;
        }
        resolve(self.builder, &text).map_err(|fault| self.reader.fault(fault.on(record.span_of(member)))).ok()
    }

    fn content(&mut self, record: &mut Record<'f>) -> Content {
        let (own, file) = (record.value("Content").is_some(), record.value("ContentFile").is_some());
        if own && file {
            let message = "`Content` and `ContentFile` are both there";
            let fault = codes::TWO_MEMBERS.message(message).on(record.span_of("ContentFile"));
            self.reader.fault(fault.expected("one of the two"));
            return Content::Faulty;
        }
        if own {
            let content = record.value("Content").and_then(|node| self.reader.document(node, CONTENT));
            return content.map_or(Content::Faulty, |content| Content::Text(Arc::from(content)));
        }
        if !file {
            return Content::Missing;
        }
        let Some(name) = record.text(&mut self.reader, "ContentFile") else { return Content::Faulty };
        if let Some(text) = self.texts.get(&name) {
            return Content::Text(Arc::clone(text));
        }
        match read_policy(&self.folder.join(&name), false) {
            Ok(text) => Content::Text(Arc::clone(self.texts.entry(name).or_insert_with(|| Arc::from(text)))),
            Err(fault) => {
                let fault = fault.on(record.span_of("ContentFile"));
                self.reader.fault(fault.help("file names are relative to the change file"));
                Content::Faulty
            }
        }
    }
}

#[derive(PartialEq, Eq)]
enum Content {
    Missing,
    Faulty,
    Text(Arc<str>),
}

impl Content {
    /// None if it has a fault.
    #[expect(clippy::option_option, reason = "faulty and missing are two things")]
    fn known(self) -> Option<Option<Arc<str>>> {
        match self {
            Self::Missing => Some(None),
            Self::Faulty => None,
            Self::Text(text) => Some(Some(text)),
        }
    }
}
