//! Versioned JSON for programs. One file a subject; members keep their order, and a version only ever gains members.

pub mod answer;
pub mod audit;
pub mod effective;
pub mod effective_set;
pub mod explanation;
pub mod impact;
pub mod replay;
pub mod show;
pub mod tree;
pub mod validation;
pub mod who_can;
pub mod why;

mod lines;
mod predicate;
#[cfg(feature = "serde")]
mod serialize;
mod structure;

use std::io::{self, Write};

use scproof_catalog::Catalog;
use scproof_evaluator::{StatementRef, Undecided};
use scproof_organization::{NodeId, Organization, PolicyIndex};
use scproof_text::Message;
use serde::Serialize;

/// What every output begins with, then its own members.
#[derive(Serialize)]
struct Document<'a, B> {
    #[serde(flatten)]
    header: Header<'a>,
    #[serde(flatten)]
    body: B,
}

impl<'a, B> Document<'a, B> {
    fn of(format: &'static str, organizations: &[&'a Organization], body: B) -> Self {
        Self { header: Header::of(format, organizations), body }
    }
}

/// Writes a document, indented, with a line feed behind it.
pub(crate) fn write(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    out.write_all(b"\n")
}

/// Writes a large document: what is deeper than so many objects and lists stands on the line of its item.
pub(crate) fn write_lines(document: &impl Serialize, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    let formatter = lines::Lines::new(depth);
    document.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, formatter))?;
    out.write_all(b"\n")
}

/// What every output begins with: what it is, who wrote it, and on what it rests.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Header<'a> {
    format: &'static str,
    program_version: &'static str,
    catalog_date: &'static str,
    /// What was asked about; before and after where two were compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    snapshots: Vec<SnapshotView<'a>>,
}

/// A snapshot that an answer rests on.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotView<'a> {
    taken_at: Option<String>,
    /// Of the file, in hexadecimal.
    sha256: Option<&'a str>,
}

impl<'a> Header<'a> {
    fn of(format: &'static str, organizations: &[&'a Organization]) -> Self {
        let view = |organization: &&'a Organization| SnapshotView {
            taken_at: organization.taken_at().map(ToString::to_string),
            sha256: organization.source_sha256(),
        };
        Self {
            format,
            program_version: env!("CARGO_PKG_VERSION"),
            catalog_date: Catalog::embedded().date(),
            snapshots: organizations.iter().map(view).collect(),
        }
    }
}

/// An account.
#[derive(Serialize)]
struct AccountView<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// The way to it in names, such as `Root/Prod`.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

impl<'a> AccountView<'a> {
    fn of(organization: &'a Organization, id: NodeId) -> Self {
        let node = organization.node(id);
        Self { id: node.target.as_str(), name: node.name.as_deref(), path: Some(organization.ou_path(id)) }
    }
}

/// What there is to say about an item.
#[derive(Serialize)]
struct MessageView<'a> {
    code: &'static str,
    rule: &'static str,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'a str>,
    message: &'a str,
    help: Option<&'a str>,
}

impl<'a> From<&'a Message> for MessageView<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            code: message.code,
            rule: message.rule,
            severity: message.severity.as_str(),
            item: message.item.as_deref(),
            message: &message.message,
            help: message.help.as_deref(),
        }
    }
}

/// A statement and where it stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatementView<'a> {
    target_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_name: Option<&'a str>,
    #[serde(flatten)]
    statement: OfPolicy<'a>,
}

/// A statement of a policy, wherever that is attached.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfPolicy<'a> {
    policy_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_name: Option<&'a str>,
    statement: usize,
    sid: Option<&'a str>,
}

impl<'a> OfPolicy<'a> {
    fn of(organization: &'a Organization, policy: PolicyIndex, statement: usize) -> Self {
        let policy = organization.policy(policy);
        Self {
            policy_id: policy.id.as_str(),
            policy_name: policy.name.as_deref(),
            statement,
            sid: policy.document.statements.get(statement).and_then(|statement| statement.sid.as_deref()),
        }
    }
}

impl<'a> StatementView<'a> {
    fn of(organization: &'a Organization, found: &StatementRef) -> Self {
        let node = organization.node(found.node);
        Self {
            target_id: node.target.as_str(),
            target_name: node.name.as_deref(),
            statement: OfPolicy::of(organization, found.policy, found.statement),
        }
    }
}

fn statement_views<'a>(organization: &'a Organization, statements: &[StatementRef]) -> Vec<StatementView<'a>> {
    statements.iter().map(|statement| StatementView::of(organization, statement)).collect()
}

/// The ids of some nodes.
fn node_ids<'a>(organization: &'a Organization, nodes: &[NodeId]) -> Vec<&'a str> {
    nodes.iter().map(|&node| organization.node(node).target.as_str()).collect()
}

/// An open question: an object with one member that says of what kind it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum UndecidedView<'a> {
    Key(&'a str),
    Resource(Unknown),
    Principal(Unknown),
    Rule(&'a str),
    Policy(&'a str),
    Attachments(&'a str),
}

/// The value of questions that need no more words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Unknown {
    Unknown,
}

fn undecided_views<'a>(organization: &'a Organization, undecided: &'a [Undecided]) -> Vec<UndecidedView<'a>> {
    undecided.iter().map(|undecided| UndecidedView::of(organization, undecided)).collect()
}

impl<'a> UndecidedView<'a> {
    fn of(organization: &'a Organization, undecided: &'a Undecided) -> Self {
        match undecided {
            Undecided::Key(key) => Self::Key(key),
            Undecided::Resource => Self::Resource(Unknown::Unknown),
            Undecided::Principal => Self::Principal(Unknown::Unknown),
            Undecided::Rule(rule) => Self::Rule(rule),
            Undecided::Policy(policy) => Self::Policy(organization.policy(*policy).id.as_str()),
            Undecided::Membership(account) => Self::Attachments(account),
            Undecided::Attachments(node) => Self::Attachments(organization.node(*node).target.as_str()),
        }
    }
}
