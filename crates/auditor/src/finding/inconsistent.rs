//! Callers that most Deny statements of a path exempt, and one does not.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use scproof_organization::{NodeId, PolicyIndex};
use scproof_policy_parser::covers;

use super::exemption::{Exempting, Exemption};
use super::index::{Draft, Index, quoted};
use super::request::matching;
use crate::Risk;
use crate::model::{Evidence, Finding};

/// How many statements must exempt a caller before one that does not is odd.
const FEWEST: usize = 4;
/// At most one in so many of the statements may lack the exemption.
const ONE_IN: usize = 5;

/// Where a statement lacks an exemption.
struct Deviation {
    accounts: Vec<NodeId>,
    /// How many statements exempt the caller, and of how many, on the first path.
    counts: (usize, usize),
    /// An exemption of the statement that is spelt nearly like the one that it lacks.
    near: Option<usize>,
}

pub(super) fn findings(index: &Index<'_>, exemptions: &[Exempting]) -> Vec<Finding> {
    // Distinct patterns, in the order of the policies.
    let mut patterns: Vec<&Exemption> = Vec::new();
    let mut numbers: FxHashMap<String, usize> = FxHashMap::default();
    let lists: Vec<Vec<usize>> = exemptions
        .iter()
        .map(|exempting| {
            let mut list: Vec<usize> = exempting
                .list
                .iter()
                .filter(|exemption| !exemption.is_dead())
                .map(|exemption| {
                    *numbers.entry(exemption.name()).or_insert_with(|| {
                        patterns.push(exemption);
                        patterns.len() - 1
                    })
                })
                .collect();
            list.sort_unstable();
            list.dedup();
            list
        })
        .collect();
    let covered = cover_table(&patterns);
    let is_covered = |list: &[usize], pattern: usize| {
        list.iter().any(|&wide| wide == pattern || covered.get(wide).and_then(|row| row.get(pattern)) == Some(&true))
    };
    let table: Vec<Vec<bool>> =
        lists.iter().map(|list| (0..patterns.len()).map(|pattern| is_covered(list, pattern)).collect()).collect();
    let exempts =
        |statement: usize, pattern: usize| table.get(statement).and_then(|row| row.get(pattern)) == Some(&true);

    let mut deviations: BTreeMap<(usize, usize), Deviation> = BTreeMap::new();
    for (policies, accounts) in paths(index, exemptions) {
        let along: Vec<usize> = (0..exemptions.len())
            .filter(|&statement| {
                exemptions.get(statement).is_some_and(|exempting| policies.binary_search(&exempting.policy).is_ok())
            })
            .collect();
        if along.len() <= FEWEST {
            continue;
        }
        for pattern in 0..patterns.len() {
            let (with, without): (Vec<usize>, Vec<usize>) =
                along.iter().partition(|&&statement| exempts(statement, pattern));
            if without.is_empty() || with.len() < FEWEST {
                continue;
            }
            let is_rare = without.len() * ONE_IN <= along.len();
            // Something spelt nearly so, which hardly any other statement has, is a slip whatever the share is.
            let near_miss = |statement: usize| {
                let own = lists.get(statement)?;
                own.iter().copied().find(|&other| {
                    let is_elsewhere = along.iter().filter(|&&it| exempts(it, other)).count() * FEWEST > with.len();
                    !is_elsewhere && is_slip(patterns.get(pattern).copied(), patterns.get(other).copied())
                })
            };
            for statement in without {
                let near = near_miss(statement);
                let is_open = exemptions.get(statement).is_some_and(|exempting| exempting.is_open);
                if is_open || !(is_rare || near.is_some()) {
                    continue;
                }
                deviations
                    .entry((statement, pattern))
                    .or_insert_with(|| Deviation { accounts: Vec::new(), counts: (with.len(), along.len()), near })
                    .accounts
                    .extend(&accounts);
            }
        }
    }
    deviations
        .into_iter()
        .filter_map(|((statement, pattern), deviation)| {
            let near = deviation.near.and_then(|near| patterns.get(near)).copied();
            finding(index, exemptions.get(statement)?, patterns.get(pattern)?, near, deviation)
        })
        .collect()
}

/// Whether one pattern looks like the other with some letters left out: a slip, not the name of somebody else, which
/// has a word of its own behind a separator.
fn is_slip(meant: Option<&Exemption>, written: Option<&Exemption>) -> bool {
    const MOST: usize = 6;
    let (Some(meant), Some(written)) = (meant, written) else { return false };
    if meant.key != written.key {
        return false;
    }
    let (long, short) = if meant.normal.len() > written.normal.len() {
        (&meant.normal, &written.normal)
    } else {
        (&written.normal, &meant.normal)
    };
    let start = long.chars().zip(short.chars()).take_while(|(one, other)| one == other).count();
    let rest: Vec<char> = short.chars().skip(start).collect();
    let letters: Vec<char> = long.chars().collect();
    let Some(end) = letters.len().checked_sub(rest.len()).filter(|_| letters.ends_with(&rest)) else { return false };
    let Some(left_out) = letters.get(start..end) else { return false };
    let is_separator = |letter: Option<&char>| letter.is_some_and(|letter| "-_./".contains(*letter));
    let is_word = is_separator(left_out.first()) || is_separator(left_out.last());
    let is_name = left_out.iter().all(char::is_ascii_digit) || left_out.iter().any(|letter| "*?:/".contains(*letter));
    (1..=MOST).contains(&left_out.len()) && !is_name && (!is_word || left_out.len() == 1)
}

/// For each pattern which others it covers: who is exempt by those is exempt by this one, too.
fn cover_table(patterns: &[&Exemption]) -> Vec<Vec<bool>> {
    let languages: Vec<_> = patterns.iter().map(|pattern| pattern.language()).collect();
    let row = |(wide, language): (&&Exemption, _)| -> Vec<bool> {
        patterns
            .iter()
            .zip(&languages)
            .map(|(narrow, other)| may_cover(wide, narrow) && covers(language, other))
            .collect()
    };
    patterns.iter().zip(&languages).map(row).collect()
}

/// Sorts out quickly what does not cover: most patterns leave only the account open. That others may cover is no harm,
/// since a witness must be denied in the end.
fn may_cover(wide: &Exemption, narrow: &Exemption) -> bool {
    let last = |text: &str| text.splitn(6, ':').nth(5).unwrap_or_default().to_owned();
    let (wide_last, narrow_last) = (last(&wide.normal), last(&narrow.normal));
    let is_open = wide_last.is_empty() || wide_last.contains(['*', '?']) || wide_last == narrow_last;
    wide.is_pattern && wide.key == narrow.key && is_open
}

/// The distinct sets of exempting policies along paths, each with its accounts in the order of the tree.
fn paths(index: &Index<'_>, exemptions: &[Exempting]) -> Vec<(Vec<PolicyIndex>, Vec<NodeId>)> {
    let organization = index.organization;
    let mut has_exemptions = vec![false; organization.policies().len()];
    for exempting in exemptions {
        if let Some(flag) = has_exemptions.get_mut(exempting.policy.index()) {
            *flag = true;
        }
    }
    let mut sets: Vec<(Vec<PolicyIndex>, Vec<NodeId>)> = vec![(Vec::new(), Vec::new())];
    let mut ids: FxHashMap<Vec<PolicyIndex>, usize> = FxHashMap::from_iter([(Vec::new(), 0)]);
    // Parents come before children.
    let mut of_node = vec![0_usize; organization.node_count()];
    for (id, node) in organization.nodes() {
        let above = node.parent.and_then(|parent| of_node.get(parent.index())).copied().unwrap_or(0);
        let own: Vec<PolicyIndex> =
            node.scps.iter().copied().filter(|policy| has_exemptions.get(policy.index()) == Some(&true)).collect();
        let mut number = above;
        if !own.is_empty()
            && let Some((policies, _)) = sets.get(above)
        {
            let mut policies: Vec<PolicyIndex> = policies.iter().copied().chain(own).collect();
            policies.sort_unstable();
            policies.dedup();
            number = *ids.entry(policies).or_insert_with_key(|policies| {
                sets.push((policies.clone(), Vec::new()));
                sets.len() - 1
            });
        }
        if let Some(slot) = of_node.get_mut(id.index()) {
            *slot = number;
        }
        if index.is_governed(id)
            && let Some((_, accounts)) = sets.get_mut(number)
        {
            accounts.push(id);
        }
    }
    sets.retain(|(_, accounts)| !accounts.is_empty());
    sets
}

fn finding(
    index: &Index<'_>,
    exempting: &Exempting,
    pattern: &Exemption,
    near: Option<&Exemption>,
    deviation: Deviation,
) -> Option<Finding> {
    let (policy, number) = (exempting.policy, exempting.statement);
    // Accounts in scope first: a reader knows them.
    let mut tried: Vec<NodeId> = deviation.accounts.clone();
    tried.sort_by_key(|&account| !index.is_in_scope(account));
    let witness = tried.iter().take(2).find_map(|&account| {
        ["", "x"].iter().find_map(|run| {
            let wanted = pattern.caller(index, account, run)?;
            matching(index, policy, number, account, &wanted)
        })
    })?;
    let (with, all) = deviation.counts;
    let document = &index.organization.policy(policy).document;
    let slip = near.map(|near| format!("; it exempts {}, which is spelt nearly so", quoted(&near.text)));
    let message = format!(
        "{} of {} does not exempt {}, as {with} of the {all} Deny statements with exemptions on the same path do{}",
        quoted(&document.statement_path(number)),
        quoted(index.organization.policy(policy).display_name()),
        quoted(&pattern.text),
        slip.unwrap_or_default(),
    );
    let mut accounts: Vec<NodeId> =
        deviation.accounts.into_iter().filter(|&account| index.is_in_scope(account)).collect();
    index.sort(&mut accounts);
    Draft::new(
        "inconsistent-exemption",
        format!("{}#{number}:{}", index.organization.policy(policy).id, pattern.name()),
        Risk::Medium,
        message,
    )
    .why(
        "whoever is exempt nearly everywhere is probably forgotten here: their calls fail, mostly in an emergency",
        format!("add {} to the exemptions of the statement, if it is meant to be exempt there", quoted(&pattern.text)),
    )
    .place(index.place(policy, Some(number)))
    .evidence(Evidence::Witness(
        "the caller is exempt elsewhere, and denied by this statement".to_owned(),
        vec![witness],
    ))
    .finish(index, accounts)
}
