//! How things are called on every page.

use scproof_evaluator::StatementRef;
use scproof_organization::{Node, NodeId, Organization, PolicyIndex};
use scproof_policy_parser::PolicyDocument;

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
pub(crate) fn statement_words(organization: &Organization, statement: &StatementRef) -> String {
    let target = target_words(organization, statement.node);
    attached_words(organization, statement.policy, statement.statement, &target)
}

/// The same for what stands at a level that has no name of its own.
pub(crate) fn attached_words(
    organization: &Organization,
    policy: PolicyIndex,
    statement: usize,
    target: &str,
) -> String {
    let policy = organization.policy(policy);
    let sid = policy.document.statements.get(statement).and_then(|statement| statement.sid.as_ref());
    let sid = sid.map_or_else(String::new, |sid| format!(" \"{}\"", clean(sid)));
    let path = statement_path(&policy.document, statement);
    format!("{} attached to {target}, {path}{sid}", policy_words(policy.name.as_deref(), policy.id.as_str()))
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
