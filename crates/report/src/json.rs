//! Versioned JSON for programs. One file a subject; members keep their order, and a version only ever gains members.

pub mod answer;
pub mod audit;
pub mod effective;
pub mod effective_set;
pub mod impact;
pub mod tree;
pub mod validation;
pub mod who_can;

mod structure;

use std::io::{self, Write};

use scproof_evaluator::{StatementRef, Undecided};
use scproof_organization::{NodeId, Organization};
use serde::Serialize;

/// Writes one value, indented, with a line feed behind it.
fn write_indented(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
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

/// A statement and where it stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatementView<'a> {
    target_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_name: Option<&'a str>,
    policy_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_name: Option<&'a str>,
    statement: usize,
    sid: Option<&'a str>,
}

impl<'a> From<&'a StatementRef> for StatementView<'a> {
    fn from(statement: &'a StatementRef) -> Self {
        Self {
            target_id: &statement.target_id,
            target_name: statement.target_name.as_deref(),
            policy_id: &statement.policy_id,
            policy_name: statement.policy_name.as_deref(),
            statement: statement.statement,
            sid: statement.sid.as_deref(),
        }
    }
}

fn statement_views(statements: &[StatementRef]) -> Vec<StatementView<'_>> {
    statements.iter().map(StatementView::from).collect()
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

fn undecided_views(undecided: &[Undecided]) -> Vec<UndecidedView<'_>> {
    undecided
        .iter()
        .map(|undecided| match undecided {
            Undecided::Key(key) => UndecidedView::Key(key),
            Undecided::Resource => UndecidedView::Resource(Unknown::Unknown),
            Undecided::Principal => UndecidedView::Principal(Unknown::Unknown),
            Undecided::Rule(rule) => UndecidedView::Rule(rule),
            Undecided::Policy(id) => UndecidedView::Policy(id),
            Undecided::Attachments(id) => UndecidedView::Attachments(id),
        })
        .collect()
}
