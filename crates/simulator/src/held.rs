//! What a change does, held against what it was meant to do.

use scproof_organization::AccountId;
use scproof_prover::{ActionTerm, Transition};

use crate::expect::{Beyond, BoundExpectations};
use crate::impact::Impact;

/// One region of an impact, held against what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// What of it is not allowed; empty if all of it is.
    pub beyond: Vec<Beyond>,
    /// Why it is allowed, as far as the entries that allow it say.
    pub reasons: Vec<String>,
}

/// An impact, held against what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeldImpact {
    /// For each group of changed accounts, each of its regions.
    pub groups: Vec<Vec<Held>>,
    /// The services of which nothing is said although the file does not allow that to stay open.
    pub uncut_services: Vec<String>,
    /// The numbers, from 0, of the entries that allow nothing that differs: they are out of date, or the change does
    /// not do what it was meant to.
    pub idle: Vec<usize>,
}

impl HeldImpact {
    /// Whether everything is allowed.
    pub fn is_allowed(&self) -> bool {
        self.uncut_services.is_empty() && self.groups.iter().flatten().all(|held| held.beyond.is_empty())
    }
}

/// Holds each region of an impact against expectations.
pub fn hold(impact: &Impact, expectations: &BoundExpectations<'_>) -> HeldImpact {
    let ids = |accounts: &[crate::impact::AccountRef]| -> Vec<AccountId> {
        accounts.iter().filter_map(|account| AccountId::parse(&account.id).ok()).collect()
    };
    let mut idle = vec![true; expectations.len()];
    let groups = impact.changed.iter().map(|group| {
        let accounts = ids(&group.accounts);
        let regions = group.regions.iter().map(|report| {
            let (region, mut held) = (&report.region, Held::default());
            let transition = region.transition();
            for term in &region.actions.terms {
                let (patterns, except) = patterns(term);
                for beyond in expectations.beyond(&accounts, transition, &patterns, &except) {
                    match held.beyond.iter_mut().find(|other| other.accounts == beyond.accounts) {
                        // One example for the same accounts is enough.
                        Some(other) => other.action = other.action.take().or(beyond.action),
                        None => held.beyond.push(beyond),
                    }
                }
                for entry in expectations.touched(&accounts, transition, &patterns) {
                    if let Some(idle) = idle.get_mut(entry) {
                        *idle = false;
                    }
                    if let Some(reason) = expectations.reason(entry)
                        && !held.reasons.iter().any(|known| known == reason)
                    {
                        held.reasons.push(reason.to_owned());
                    }
                }
            }
            held
        });
        regions.collect()
    });
    let groups: Vec<Vec<Held>> = groups.collect();
    let everybody: Vec<AccountId> =
        impact.changed.iter().flat_map(|group| ids(&group.accounts)).chain(ids(&impact.unchanged)).collect();
    let is_beyond = |service: &&String| {
        let pattern = format!("{service}:*");
        !expectations.beyond(&everybody, Transition::Unknown, &[&pattern], &[]).is_empty()
    };
    HeldImpact {
        groups,
        uncut_services: impact.uncut_services.iter().filter(is_beyond).cloned().collect(),
        idle: idle.iter().enumerate().filter(|(_, idle)| **idle).map(|(entry, _)| entry).collect(),
    }
}

/// A term as patterns: one that asks for several at once is inside each of them, so the narrowest will do.
fn patterns(term: &ActionTerm) -> (Vec<&str>, Vec<&str>) {
    let first = term.all_of.iter().max_by_key(|pattern| pattern.len());
    (first.map(String::as_str).into_iter().collect(), term.except.iter().map(String::as_str).collect())
}
