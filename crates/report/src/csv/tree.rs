//! The organization: one line a root, unit or account, parents before children.

use std::io::{self, Write};

use scproof_organization::AccountState;

use super::record;
use crate::tree::Tree;

/// Writes a line of headings, then for each node what it is, its id, name, parent and path, the state of an account,
/// and the ids of the policies that are attached to it directly, with blanks between them. Of a node whose attachments
/// could not be read, `unreadable` stands among these.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn render(tree: &Tree<'_>, out: &mut dyn Write) -> io::Result<()> {
    let organization = tree.organization;
    record(&["kind", "id", "name", "parentId", "path", "state", "scps"], out)?;
    for (id, _) in tree.nodes() {
        let node = organization.node(id);
        let kind = match (&node.account, node.parent) {
            (Some(_), _) => "account",
            (None, Some(_)) => "ou",
            (None, None) => "root",
        };
        let state = node.account.as_ref().and_then(|account| account.state.as_ref()).map_or("", AccountState::as_str);
        let policies = node.scps.iter().map(|&policy| organization.policy(policy).id.as_str());
        let policies: Vec<&str> = policies.chain(node.unreadable.is_some().then_some("unreadable")).collect();
        let cells = [
            kind,
            node.target.as_str(),
            node.name.as_deref().unwrap_or_default(),
            node.parent.map_or("", |parent| organization.node(parent).target.as_str()),
            &organization.ou_path(id),
            state,
            &policies.join(" "),
        ];
        record(&cells, out)?;
    }
    Ok(())
}
