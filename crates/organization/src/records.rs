//! The records of a snapshot, from a JSON text that was read with places.
//!
//! AWS's own records have more members than are needed, and get new ones (API-4): such are passed over, but not one
//! that is nearly a member that is missing.

use scproof_text::{JsonText, LoadError, Node, Record, RecordReader, Value};

use crate::inventory::{
    AccountRecord, AttachmentRecord, FORMAT, Inventory, OrganizationRecord, OriginRecord, OuRecord, PolicyRecord,
    PolicyTypeRecord, RootRecord, Tag, Timestamp, UnreadableRecord,
};
use crate::names;

/// What a policy's `Content` must be.
const POLICY_TEXT: &str = "the policy as a string or an object";

/// What a snapshot has and no other file, so that it is known without its `Format`.
const TELLING: [&str; 3] = ["Organization", "Accounts", "Policies"];

/// Reads all records. Names where ids are meant become ids; else nothing is resolved.
///
/// # Errors
///
/// All faults of the records and of the syntax. Faults of the syntax that lose nothing are left to the caller, who may
/// find more.
pub(crate) fn read(file: &JsonText<'_>) -> Result<Inventory, LoadError> {
    let mut reader = RecordReader::new(file);
    let mut root = reader.root()?;
    // A snapshot without `Format` is told by its members: no other file has them.
    let is_told = TELLING.iter().all(|name| root.value(name).is_some());
    if root.given("Format").is_none() && !is_told {
        let missing = root.missing(&reader, "Format");
        let help = missing.help.clone();
        let missing =
            missing.help(help.unwrap_or_else(|| "is this a snapshot? take one with `scproof fetch`".to_owned()));
        reader.fault(missing);
        return Err(reader.into_error());
    }
    if root.given("Format").is_some() {
        reader.format(&mut root, FORMAT, "snapshot")?;
    }
    let mut inventory = inventory(&mut root, &mut reader);
    root.close_open(&mut reader);
    if reader.has_faults() {
        return Err(reader.into_error());
    }
    names::to_ids(&mut inventory);
    Ok(inventory)
}

fn inventory<'f>(root: &mut Record<'f>, reader: &mut RecordReader<'f>) -> Inventory {
    Inventory {
        format: FORMAT.to_owned(),
        taken_at: root.given("TakenAt").and_then(|node| timestamp(node, reader)),
        finished_at: root.given("FinishedAt").and_then(|node| timestamp(node, reader)),
        consistent_at: root.given("ConsistentAt").and_then(|node| timestamp(node, reader)),
        source: root.optional_text(reader, "Source"),
        organization: root
            .required(reader, "Organization")
            .map(|node| output_of(node, "Organization"))
            .and_then(|node| record(node, reader, organization))
            .unwrap_or_default(),
        roots: records(list(root, reader, "Roots"), reader, self::root),
        organizational_units: records(list(root, reader, "OrganizationalUnits"), reader, unit),
        accounts: records(list(root, reader, "Accounts"), reader, account),
        policies: policies(list(root, reader, "Policies"), reader),
        attachments: records(list(root, reader, "Attachments"), reader, attachment),
        unreadable: records(root.optional_elements(reader, "Unreadable"), reader, unreadable),
        made_up: texts(root, reader, "MadeUp"),
        origins: records(root.optional_elements(reader, "Origins"), reader, origin),
        notes: texts(root, reader, "Notes"),
    }
}

/// What an output of the AWS CLI is about, where it was pasted whole: `{"Accounts": […]}` for the list.
fn output_of<'f>(node: &'f Node<'f>, name: &str) -> &'f Node<'f> {
    member(node, name).unwrap_or(node)
}

fn member<'f>(node: &'f Node<'f>, name: &str) -> Option<&'f Node<'f>> {
    let Value::Object(members) = &node.value else { return None };
    members.iter().find(|member| member.name == name).map(|member| &member.value)
}

/// A list, or the output of the AWS CLI that has it.
fn list<'f>(root: &mut Record<'f>, reader: &mut RecordReader<'f>, name: &'static str) -> &'f [Node<'f>] {
    let node = root.required(reader, name).map(|node| output_of(node, name));
    node.and_then(|node| reader.array(node)).unwrap_or_default()
}

/// Policies, among them outputs of `describe-policy`.
fn policies<'f>(nodes: &'f [Node<'f>], reader: &mut RecordReader<'f>) -> Vec<PolicyRecord> {
    let mut found = Vec::with_capacity(nodes.len());
    for node in nodes {
        let described = output_of(node, "Policy");
        let Some(summary) = member(described, "PolicySummary") else {
            found.extend(record(node, reader, policy));
            continue;
        };
        let content = member(described, "Content").filter(|node| node.value != Value::Null);
        let content = content.and_then(|node| reader.document(node, POLICY_TEXT));
        found.extend(record(summary, reader, policy).map(|summary| PolicyRecord { content, ..summary }));
    }
    found
}

fn record<'f, T>(
    node: &'f Node<'f>,
    reader: &mut RecordReader<'f>,
    read: fn(&mut Record<'f>, &mut RecordReader<'f>) -> T,
) -> Option<T> {
    let mut record = reader.record(node)?;
    let found = read(&mut record, reader);
    record.close_open(reader);
    Some(found)
}

fn records<'f, T>(
    nodes: &'f [Node<'f>],
    reader: &mut RecordReader<'f>,
    read: fn(&mut Record<'f>, &mut RecordReader<'f>) -> T,
) -> Vec<T> {
    // A record that is none has its fault already.
    let mut found = Vec::with_capacity(nodes.len());
    found.extend(nodes.iter().filter_map(|node| record(node, reader, read)));
    found
}

/// A member that must be there; its fault is noted otherwise, and nothing is made of what is read here.
fn required<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>, name: &'static str) -> String {
    record.required_text(reader, name).unwrap_or_default()
}

fn timestamp<'f>(node: &'f Node<'f>, reader: &mut RecordReader<'f>) -> Option<Timestamp> {
    match &node.value {
        Value::String(text) => Some(Timestamp::Text(text.clone().into_owned())),
        Value::Number(token) => serde_json::from_str(token).ok().map(Timestamp::Seconds),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) | Value::Broken => {
            reader.wrong_type(node, "an ISO 8601 string or a number of seconds since 1970");
            None
        }
    }
}

fn organization<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> OrganizationRecord {
    OrganizationRecord {
        id: required(record, reader, "Id"),
        arn: record.optional_text(reader, "Arn"),
        feature_set: required(record, reader, "FeatureSet"),
        master_account_id: record.optional_text(reader, "MasterAccountId"),
        master_account_arn: record.optional_text(reader, "MasterAccountArn"),
    }
}

fn root<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> RootRecord {
    RootRecord {
        id: required(record, reader, "Id"),
        arn: record.optional_text(reader, "Arn"),
        name: record.optional_text(reader, "Name"),
        policy_types: record
            .given("PolicyTypes")
            .and_then(|node| reader.array(node))
            .map(|nodes| records(nodes, reader, policy_type)),
    }
}

fn policy_type<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> PolicyTypeRecord {
    PolicyTypeRecord { policy_type: required(record, reader, "Type"), status: required(record, reader, "Status") }
}

fn unit<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> OuRecord {
    OuRecord {
        id: required(record, reader, "Id"),
        arn: record.optional_text(reader, "Arn"),
        name: record.optional_text(reader, "Name"),
        parent_id: required(record, reader, "ParentId"),
        path: record.optional_text(reader, "Path"),
    }
}

fn account<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> AccountRecord {
    AccountRecord {
        id: required(record, reader, "Id"),
        arn: record.optional_text(reader, "Arn"),
        name: record.optional_text(reader, "Name"),
        email: record.optional_text(reader, "Email"),
        state: record.optional_text(reader, "State"),
        status: record.optional_text(reader, "Status"),
        parent_id: required(record, reader, "ParentId"),
        tags: records(record.optional_elements(reader, "Tags"), reader, tag),
        paths: texts(record, reader, "Paths"),
    }
}

fn tag<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> Tag {
    Tag { key: required(record, reader, "Key"), value: required(record, reader, "Value") }
}

fn policy<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> PolicyRecord {
    PolicyRecord {
        id: required(record, reader, "Id"),
        arn: record.optional_text(reader, "Arn"),
        name: record.optional_text(reader, "Name"),
        description: record.optional_text(reader, "Description"),
        policy_type: required(record, reader, "Type"),
        aws_managed: record.flag(reader, "AwsManaged"),
        content: record.given("Content").and_then(|node| reader.document(node, POLICY_TEXT)),
    }
}

fn origin<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> OriginRecord {
    OriginRecord { id: required(record, reader, "Id"), place: required(record, reader, "Place") }
}

/// A list of strings; one that is missing is empty.
fn texts<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>, name: &'static str) -> Vec<String> {
    let elements = record.optional_elements(reader, name);
    elements.iter().filter_map(|node| reader.string(node, "a string")).collect()
}

fn attachment<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> AttachmentRecord {
    AttachmentRecord {
        target_id: required(record, reader, "TargetId"),
        policy_id: required(record, reader, "PolicyId"),
    }
}

fn unreadable<'f>(record: &mut Record<'f>, reader: &mut RecordReader<'f>) -> UnreadableRecord {
    UnreadableRecord {
        target_id: record.optional_text(reader, "TargetId"),
        operation: required(record, reader, "Operation"),
        policy_type: record.optional_text(reader, "PolicyType"),
        error: record.optional_text(reader, "Error"),
    }
}
