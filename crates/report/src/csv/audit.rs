//! An audit as a table: one row an account, its permission class and counts, and how each guardrail stands there.

use std::io::{self, Write};

use scproof_auditor::GuardrailState;

use super::record;
use crate::audit::AuditReport;

/// The columns before those of the guardrails, which have the id of each as their name.
const COLUMNS: [&str; 7] = ["accountId", "name", "path", "class", "neverBlocked", "unknown", "alwaysBlocked"];

/// Writes the accounts in the order of the snapshot; guardrails have the states of [`GuardrailState::as_str`], or
/// nothing for accounts that they are not about.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn render(report: &AuditReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (audit, organization) = (report.audit, report.organization());
    let ids = audit.guardrails.iter().map(|each| each.guardrail.id.as_str());
    record(&COLUMNS.into_iter().chain(ids).collect::<Vec<_>>(), out)?;
    let classes = report.class_of_nodes();
    let states: Vec<Vec<Option<GuardrailState>>> =
        audit.guardrails.iter().map(|each| report.state_of_nodes(each)).collect();
    for &account in &audit.scope.accounts {
        let node = organization.node(account);
        let class = classes.get(account.index()).copied().flatten().and_then(|number| audit.classes.get(number));
        let counts = class.map(|class| class.counts);
        let number = |number: Option<usize>| number.map_or_else(String::new, |number| number.to_string());
        let mut cells = vec![
            node.target.as_str().to_owned(),
            node.name.clone().unwrap_or_default(),
            organization.ou_path(account),
            class.map(|class| class.name.clone()).unwrap_or_default(),
            number(counts.map(|counts| counts.never_blocked)),
            number(counts.map(|counts| counts.depends)),
            number(counts.map(|counts| counts.always_blocked)),
        ];
        let state = |states: &Vec<Option<GuardrailState>>| {
            let state = states.get(account.index()).copied().flatten();
            state.map_or_else(String::new, |state| state.as_str().to_owned())
        };
        cells.extend(states.iter().map(state));
        record(&cells, out)?;
    }
    Ok(())
}
