//! What accounts can do at most: one line an account and action.

use std::io::{self, Write};

use scproof_catalog::Catalog;
use scproof_evaluator::{Access, Decision, EffectiveGroup, EffectivePermissions};
use scproof_organization::{NodeId, Organization};

use super::record;
use crate::effective::{Effective, EffectiveSet};
use crate::words::Words;

const COLUMNS: [&str; 8] = ["accountId", "name", "path", "action", "access", "decision", "reason", "dependsOn"];

/// Writes a line of headings, then for each action of an account how SCPs treat it, in the spelling of the batch form,
/// and for what depends on more the condition in words. `s3:*` stands for actions of a service that nobody knows yet,
/// `*` for those of services that nobody knows yet; where SCPs do not apply to the caller, `*` stands for all.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn render(effective: &Effective<'_>, out: &mut dyn Write) -> io::Result<()> {
    let permissions = effective.permissions;
    record(&COLUMNS, out)?;
    let organization = effective.organization;
    let node = organization.resolve_account(&permissions.account).ok();
    let outside = [permissions.account.clone(), permissions.account_name.clone().unwrap_or_default(), String::new()];
    let account = node.map_or(outside, |node| account_cells(organization, node));
    rows(organization, permissions).iter().try_for_each(|row| write_row(&account, row, out))
}

/// The same for each account below a root or unit, in the order of the tree.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn set(set: &EffectiveSet<'_>, out: &mut dyn Write) -> io::Result<()> {
    record(&COLUMNS, out)?;
    let organization = set.organization;
    let told: Vec<Vec<Row>> = set.groups.iter().map(|group| rows(organization, &group.permissions)).collect();
    let mut accounts: Vec<(NodeId, &Vec<Row>)> = Vec::new();
    for (group, rows) in set.groups.iter().zip(&told) {
        accounts.extend(group.accounts.iter().map(|&account| (account, rows)));
    }
    accounts.sort_by_key(|(account, _)| *account);
    for (account, rows) in accounts {
        let account = account_cells(organization, account);
        rows.iter().try_for_each(|row| write_row(&account, row, out))?;
    }
    Ok(())
}

/// What is said of an action, whichever account of a group it is about.
type Row = [String; 5];

fn write_row(account: &[String; 3], row: &Row, out: &mut dyn Write) -> io::Result<()> {
    let cells: Vec<&str> = account.iter().chain(row).map(String::as_str).collect();
    record(&cells, out)
}

fn account_cells(organization: &Organization, account: NodeId) -> [String; 3] {
    let node = organization.node(account);
    [node.target.to_string(), node.name.clone().unwrap_or_default(), organization.ou_path(account)]
}

/// By the names of the actions, those that nobody knows yet behind the others of their service.
fn rows(organization: &Organization, permissions: &EffectivePermissions) -> Vec<Row> {
    if let Some(reason) = permissions.not_applicable {
        let words = [Access::NeverBlocked.as_str(), Decision::NotApplicable.as_str(), reason.as_str(), ""];
        let [access, decision, reason, condition] = words.map(str::to_owned);
        return vec![["*".to_owned(), access, decision, reason, condition]];
    }
    let words = Words::full(organization);
    let mut rows: Vec<((bool, String, bool), Row)> = Vec::new();
    for group in &permissions.groups {
        let condition = group.depends_on.as_ref().map(|condition| words.depends_on(group.decision, condition));
        let said = [group.access.as_str(), group.decision.as_str(), group.reason.as_str()].map(str::to_owned);
        for (action, is_new) in actions(group) {
            let [access, decision, reason] = said.clone();
            let key = match action.split_once(':') {
                Some((service, _)) if is_new => (false, service.to_ascii_lowercase(), true),
                Some((service, _)) => (false, service.to_ascii_lowercase(), false),
                None => (true, String::new(), true),
            };
            rows.push((key, [action, access, decision, reason, condition.clone().unwrap_or_default()]));
        }
    }
    rows.sort_by(|(one, [a, ..]), (other, [b, ..])| one.cmp(other).then_with(|| a.cmp(b)));
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The actions of a group, and whether they are ones that nobody knows yet.
fn actions(group: &EffectiveGroup) -> impl Iterator<Item = (String, bool)> + '_ {
    let catalog = Catalog::embedded();
    let known = group.actions.iter().map(|&action| catalog.action(action).full_name());
    let known = known.chain(group.unlisted_actions.iter().cloned()).map(|action| (action, false));
    let new = group.future_actions_of.iter().map(|service| (format!("{service}:*"), true));
    known.chain(new).chain(group.other_services.then(|| ("*".to_owned(), true)))
}
