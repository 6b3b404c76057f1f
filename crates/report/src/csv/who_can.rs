//! Which accounts can make a call: one line an account, in the order of the tree.

use std::io::{self, Write};

use scproof_evaluator::WhoCanGroup;
use scproof_organization::NodeId;

use super::record;
use crate::who_can::WhoCanReport;
use crate::words::Words;

/// Writes a line of headings, then the id, name and path of each account, its verdict and reason in the spelling of the
/// batch form, and for an open verdict the condition in words.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn render(report: &WhoCanReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: Vec<(NodeId, &WhoCanGroup)> = Vec::new();
    for group in &report.who_can.groups {
        rows.extend(group.accounts.iter().map(|&account| (account, group)));
    }
    rows.sort_by_key(|(account, _)| *account);
    record(&["accountId", "name", "path", "decision", "reason", "dependsOn"], out)?;
    let words = Words::full(report.organization);
    for (account, group) in rows {
        let node = report.organization.node(account);
        let cells = [
            node.target.as_str(),
            node.name.as_deref().unwrap_or_default(),
            &report.organization.ou_path(account),
            group.decision.as_str(),
            group.reason.as_str(),
            &group.depends_on.as_ref().map_or_else(String::new, |it| words.depends_on(group.decision, it)),
        ];
        record(&cells, out)?;
    }
    Ok(())
}
