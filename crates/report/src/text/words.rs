//! How things are called on every page.

use scproof_evaluator::StatementRef;
use scproof_organization::{Node, NodeId, Organization};
use scproof_policy_parser::PolicyDocument;

use crate::answer::Answer;
use crate::layout::clean;

/// `Root (r-ab12)`, `OU Prod (ou-ab12-prod0001)`, `account shop (222222222222)`.
pub(crate) fn target_words(organization: &Organization, id: NodeId) -> String {
    let node = organization.node(id);
    match (&node.name, kind_words(node)) {
        (Some(name), kind) => format!("{kind}{} ({})", clean(name), node.target),
        (None, kind) => format!("{kind}{}", node.target),
    }
}

/// As [`target_words`], without the id where there is a name.
pub(crate) fn short_target_words(organization: &Organization, id: NodeId) -> String {
    let node = organization.node(id);
    format!("{}{}", kind_words(node), clean(node.display_name()))
}

fn kind_words(node: &Node) -> &'static str {
    match (&node.account, node.parent) {
        (Some(_), _) => "account ",
        (None, Some(_)) => "OU ",
        (None, None) if node.name.as_deref() == Some("Root") => "",
        (None, None) => "root ",
    }
}

/// `shop (222222222222)`, or the id alone.
pub(crate) fn account_words(organization: &Organization, id: NodeId) -> String {
    let node = organization.node(id);
    match &node.name {
        Some(name) => format!("{} ({})", clean(name), node.target),
        None => node.target.as_str().to_owned(),
    }
}

/// `region-lock (p-ab12cd34)`, or the id alone.
pub(crate) fn policy_words(name: Option<&str>, id: &str) -> String {
    name.map_or_else(|| id.to_owned(), |name| format!("{} ({id})", clean(name)))
}

/// `region-lock (p-…) attached to OU Prod (ou-…), Statement[2] "DenyRegions"`.
pub(crate) fn statement_words(answer: &Answer<'_>, statement: &StatementRef) -> String {
    let target = answer
        .target(&statement.target_id)
        .map_or_else(|| statement.target_id.clone(), |node| target_words(answer.organization, node));
    let policy = policy_words(statement.policy_name.as_deref(), &statement.policy_id);
    let path = answer.policy(statement).map_or_else(
        || format!("Statement[{}]", statement.statement),
        |policy| statement_path(&policy.document, statement.statement),
    );
    let sid = statement.sid.as_ref().map_or_else(String::new, |sid| format!(" \"{}\"", clean(sid)));
    format!("{policy} attached to {target}, {path}{sid}")
}

/// `Statement[2]`, as diagnostics have it; a bare object has no number.
pub(crate) fn statement_path(document: &PolicyDocument, index: usize) -> String {
    if document.single_statement { "its only statement".to_owned() } else { document.statement_path(index) }
}

/// The same text with a capital at its beginning.
pub(crate) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
