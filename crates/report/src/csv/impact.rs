//! What a change does, or what differs: one line an account and difference.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use scproof_simulator::{AccountRef, ActionSet, ActionTerm, Held, RegionReport, Witness};

use super::record;
use crate::command_line;
use crate::impact::ImpactReport;
use crate::words::{self, Words};

const COLUMNS: [&str; 12] = [
    "accountId",
    "name",
    "path",
    "transition",
    "before",
    "after",
    "actions",
    "listedActions",
    "when",
    "complete",
    "expected",
    "example",
];

/// Writes a line of headings, then what differs in the spelling of JSON: groups of accounts as they stand there, the
/// condition in words, and a command line that shows it. Calls that are blocked between two changes only have the
/// transition `transient`, what passes `gap`. Accounts without a difference have no line.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn render(report: &ImpactReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    record(&COLUMNS, out)?;
    // Groups share differences; the words of each are made once.
    let mut told: HashMap<*const RegionReport, [String; 8]> = HashMap::new();
    for (number, group) in report.impact.changed.iter().enumerate() {
        let held = report.held.and_then(|held| held.groups.get(number));
        for account in &group.accounts {
            for (index, found) in group.regions.iter().enumerate() {
                let cells = told.entry(Arc::as_ptr(found)).or_insert_with(|| difference(report, found));
                let held = held.and_then(|held| held.get(index));
                line(account, cells, held, out)?;
            }
        }
    }
    let on_the_way = [("transient", report.transients), ("gap", report.gaps)];
    for (name, transient) in on_the_way.into_iter().flat_map(|(name, list)| list.iter().map(move |it| (name, it))) {
        let witness = &transient.witness;
        let cells = [
            name.to_owned(),
            witness.before.as_str().to_owned(),
            witness.after.as_str().to_owned(),
            terms(&transient.actions),
            transient.actions.listed.to_string(),
            String::new(),
            String::new(),
            example(report, witness),
        ];
        transient.accounts.iter().try_for_each(|account| line(account, &cells, None, out))?;
    }
    Ok(())
}

fn line(account: &AccountRef, cells: &[String; 8], held: Option<&Held>, out: &mut dyn Write) -> io::Result<()> {
    let [transition, before, after, actions, listed, when, complete, example] = cells.each_ref().map(String::as_str);
    let expected = held.map_or("", |held| if held.beyond.is_empty() { "yes" } else { "no" });
    let name = account.name.as_deref().unwrap_or_default();
    record(
        &[
            &account.id,
            name,
            &account.path,
            transition,
            before,
            after,
            actions,
            listed,
            when,
            complete,
            expected,
            example,
        ],
        out,
    )
}

/// What is the same for all accounts.
fn difference(report: &ImpactReport<'_>, found: &RegionReport) -> [String; 8] {
    let region = &found.region;
    [
        region.transition().as_str().to_owned(),
        region.before.as_str().to_owned(),
        region.after.as_str().to_owned(),
        terms(&region.actions),
        region.actions.listed.to_string(),
        Words::full(report.after).sentence(&words::told(&region.when)),
        if region.when_is_complete { "yes" } else { "no" }.to_owned(),
        region.witness.as_ref().map_or_else(String::new, |witness| example(report, witness)),
    ]
}

/// `s3:Get* and s3:*Acl except s3:GetBucketAcl; ec2:*`.
fn terms(actions: &ActionSet) -> String {
    let term = |term: &ActionTerm| {
        let all = term.all_of.join(" and ");
        if term.except.is_empty() { all } else { format!("{all} except {}", term.except.join(", ")) }
    };
    actions.terms.iter().map(term).collect::<Vec<String>>().join("; ")
}

fn example(report: &ImpactReport<'_>, witness: &Witness) -> String {
    command_line::can(&report.program, &witness.request).join(" ")
}
