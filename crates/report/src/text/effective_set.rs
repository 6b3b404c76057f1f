//! What the accounts of a unit can do at most.

use std::io::{self, Write};

use scproof_simulator::AccountRef;

use super::effective::{body, closing};
use super::parts::fact;
use super::words::target_words;
use crate::effective::{Effective, EffectiveSet};
use crate::impact::{Detail, accounts_words};
use crate::layout::{Page, clean, count};
use crate::style::Style;
use crate::words::Words;

/// Writes a section for each group of accounts with the same permissions: which accounts, then what [`super::effective`] says of one.
///
/// # Errors
///
/// If writing fails.
pub fn render(set: &EffectiveSet<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style);
    let organization = set.organization;
    let accounts: usize = set.groups.iter().map(|group| group.accounts.len()).sum();
    page.heading(&format!("{}: {}", target_words(organization, set.target), count(accounts, "account")));
    let who = match &set.caller.principal {
        Some(principal) => clean(principal).into_owned(),
        None => "any principal in each account".to_owned(),
    };
    let groups = match set.groups.len() {
        1 => "the same in all of them".to_owned(),
        number => format!("in {number} groups of accounts"),
    };
    page.paragraph(0, &format!("What SCPs let pass at most, for {who}, on any resource, {groups}:"));
    let groups = set.groups.iter().flat_map(|group| &group.permissions.groups);
    let words = Words::short(organization, groups.filter_map(|group| group.depends_on.as_ref()));
    let detail = if set.full { Detail::FULL } else { Detail::BRIEF };
    for (index, group) in set.groups.iter().enumerate() {
        page.gap();
        page.heading(&format!("[{}] {}", index + 1, count(group.accounts.len(), "account")));
        let refs: Vec<AccountRef> = group
            .accounts
            .iter()
            .map(|&id| {
                let node = organization.node(id);
                AccountRef {
                    id: node.target.as_str().to_owned(),
                    name: node.name.clone(),
                    path: organization.ou_path(id),
                }
            })
            .collect();
        let label = if refs.len() == 1 { "account" } else { "accounts" };
        fact(&mut page, label, &accounts_words(&refs.iter().collect::<Vec<_>>(), detail));
        page.gap();
        let effective = Effective { organization, caller: set.caller, permissions: &group.permissions, full: set.full };
        body(&mut page, &effective, &words, Some(&group.accounts));
    }
    page.gap();
    if !set.full {
        page.hanging("note: ", "`--full` lists every action and account, `--format json` has all details.");
    }
    for note in set.notes() {
        page.hanging("note: ", &format!("{}.", clean(&note)));
    }
    closing(&mut page);
    page.finish(out)
}
