//! Fewer groups where many differ in what passes: accounts that share a hole are one group, which tells this hole only.
//!
//! Among thousands of accounts hardly two differ by nothing, and nobody reads thousands of lists of holes. How a
//! guardrail stands in an account is not touched by this, only what is told of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::diagram::{Function, TooLarge};
use crate::grouping::{GroupKey, RegionKey};
use crate::region::{Change, Verdict};
use crate::space::RequestSpace;

/// Accounts that the same changes are about, and whether these are all changes.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) key: GroupKey,
    /// Places in the list of accounts, ascending.
    pub(super) accounts: Vec<usize>,
    pub(super) is_complete: bool,
}

/// A part of what passes that accounts may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Holes,
    Exemptions,
}

impl Part {
    /// Whether a change is of this kind, and certain.
    fn is(self, change: &Change) -> bool {
        let after = match self {
            Self::Holes => Verdict::ExplicitDeny,
            Self::Exemptions => Verdict::Deny,
        };
        (change.before, change.after) == (Verdict::Passes, after)
    }

    /// Whether nothing graver passes for a group, and something of this kind may.
    fn is_gravest_of(self, key: &GroupKey) -> bool {
        match self {
            Self::Holes => key.regions.iter().any(|((_, change), _)| self.is(change)),
            // What is open may be a hole.
            Self::Exemptions => {
                !key.regions.is_empty() && key.regions.iter().all(|((_, change), _)| change.after == Verdict::Deny)
            }
        }
    }
}

/// A change in a space.
type Place = (usize, Change);

/// The drafts of which some are being joined.
struct Merging<'a> {
    drafts: &'a [Draft],
    /// Those that have a part to share and are in no group yet.
    open: BTreeSet<usize>,
    /// Which drafts have a change that can be shared, and how many accounts of open ones.
    by_change: BTreeMap<Place, Vec<usize>>,
    weights: FxHashMap<Place, usize>,
    joined: Vec<Draft>,
}

/// Makes one group of accounts that share a part of what passes for them, if there are more than so many groups. First
/// the parts that most accounts have as they are, for a quarter of the groups; then what the parts of the others have
/// in common.
pub(super) fn merge(spaces: &mut [RequestSpace<'_>], drafts: Vec<Draft>, part: Part, told_apart: usize) -> Vec<Draft> {
    let mut merging = Merging {
        drafts: &drafts,
        open: BTreeSet::new(),
        by_change: BTreeMap::new(),
        weights: FxHashMap::default(),
        joined: Vec::new(),
    };
    for (index, draft) in drafts.iter().enumerate().filter(|(_, draft)| part.is_gravest_of(&draft.key)) {
        merging.open.insert(index);
        for (place, _) in draft.key.regions.iter().filter(|((_, change), _)| part.is(change)) {
            merging.by_change.entry(*place).or_default().push(index);
            *merging.weights.entry(*place).or_default() += draft.accounts.len();
        }
    }
    if merging.open.len() <= told_apart {
        return drafts;
    }
    // Where keys are compared with each other it is not certain before a witness is found that anything passes.
    merging.by_change.retain(|(space, change), _| {
        let space = spaces.get(*space);
        space.is_some_and(|space| !space.over_limit && space.related_in(change.function).is_empty())
    });
    while merging.joined.len() < told_apart / 4 && merging.as_it_is() {}
    while merging.in_common(spaces) {}
    let Merging { open, mut joined, .. } = merging;
    let rest = drafts.iter().enumerate();
    let rest = rest.filter(|(index, draft)| open.contains(index) || !part.is_gravest_of(&draft.key));
    joined.extend(rest.map(|(_, draft)| draft.clone()));
    joined
}

impl Merging<'_> {
    /// The change that most accounts have that are in no group yet.
    fn best(&self) -> Option<Place> {
        let weight = |place: &Place| self.weights.get(place).copied().unwrap_or(0);
        let best = self.by_change.keys().max_by_key(|place| (weight(place), Reverse(**place))).copied();
        best.filter(|place| weight(place) > 0)
    }

    /// The drafts with a change that are in no group yet, and the class of actions for which most of their accounts
    /// have it.
    fn candidates(&self, place: &Place) -> Option<(Vec<usize>, usize)> {
        let with = self.by_change.get(place).into_iter().flatten().copied();
        let candidates: Vec<usize> = with.filter(|index| self.open.contains(index)).collect();
        let mut count: BTreeMap<usize, usize> = BTreeMap::new();
        for index in &candidates {
            let accounts = self.drafts.get(*index).map_or(0, |draft| draft.accounts.len());
            self.classes(*index, place).iter().for_each(|class| *count.entry(*class).or_default() += accounts);
        }
        let (class, _) = count.into_iter().max_by_key(|(class, count)| (*count, Reverse(*class)))?;
        Some((candidates, class))
    }

    /// The classes for which a draft has a change, ascending.
    fn classes(&self, draft: usize, place: &Place) -> &[usize] {
        let regions = self.drafts.get(draft).map_or(&[][..], |draft| &draft.key.regions);
        let found = regions.binary_search_by_key(place, |(of, _)| *of).ok().and_then(|at| regions.get(at));
        found.map_or(&[], |(_, classes)| classes)
    }

    /// Joins the drafts that have the most frequent change for one class at least. `false`: there is none.
    fn as_it_is(&mut self) -> bool {
        let Some(place) = self.best() else { return false };
        let Some((candidates, class)) = self.candidates(&place) else { return false };
        let has_class = |index: &usize| self.classes(*index, &place).binary_search(&class).is_ok();
        let covered: Vec<usize> = candidates.into_iter().filter(has_class).collect();
        let mut shared: Vec<usize> =
            covered.first().map(|first| self.classes(*first, &place).to_vec()).unwrap_or_default();
        for index in &covered {
            let classes = self.classes(*index, &place);
            shared.retain(|class| classes.binary_search(class).is_ok());
        }
        self.add(&covered, (place, shared));
        true
    }

    /// Joins drafts whose changes for one class have calls in common. `false`: there are none left.
    fn in_common(&mut self, spaces: &mut [RequestSpace<'_>]) -> bool {
        let Some(place) = self.best() else { return false };
        let Some((candidates, class)) = self.candidates(&place) else { return false };
        let (number, mut change) = place;
        let Some(space) = spaces.get_mut(number) else { return false };
        let has_class = |index: &usize, place: &Place| self.classes(*index, place).binary_search(&class).is_ok();
        let mut covered: BTreeSet<usize> = candidates.into_iter().filter(|index| has_class(index, &place)).collect();
        for &index in &self.open {
            if covered.contains(&index) {
                continue;
            }
            let regions = self.drafts.get(index).map_or(&[][..], |draft| &draft.key.regions);
            let of_class = regions
                .iter()
                .map(|(place, _)| place)
                .filter(|other| other.0 == number && self.by_change.contains_key(other) && has_class(&index, other));
            for (_, other) in of_class {
                if let Ok(Some(both)) = common(space, change, *other) {
                    change = both;
                    covered.insert(index);
                    break;
                }
            }
        }
        let covered: Vec<usize> = covered.into_iter().collect();
        self.add(&covered, ((number, change), vec![class]));
        true
    }

    /// Makes one group of some drafts, told by one region.
    fn add(&mut self, covered: &[usize], region: RegionKey) {
        let mut accounts: Vec<usize> = Vec::new();
        let mut signature = usize::MAX;
        let mut is_complete = true;
        for index in covered {
            self.open.remove(index);
            let Some(draft) = self.drafts.get(*index) else { continue };
            signature = draft.key.signature;
            accounts.extend(&draft.accounts);
            is_complete &= draft.key.regions.as_slice() == std::slice::from_ref(&region);
            for (place, _) in &draft.key.regions {
                if let Some(weight) = self.weights.get_mut(place) {
                    *weight = weight.saturating_sub(draft.accounts.len());
                }
            }
        }
        accounts.sort_unstable();
        self.joined.push(Draft { key: GroupKey { signature, regions: vec![region] }, accounts, is_complete });
    }
}

/// What two changes of one kind have in common, if anything.
fn common(space: &mut RequestSpace<'_>, one: Change, other: Change) -> Result<Option<Change>, TooLarge> {
    if (one.before, one.after, one.shape) != (other.before, other.after, other.shape) {
        return Ok(None);
    }
    let passing = space.diagrams.and(one.passing, other.passing)?;
    let function = space.diagrams.and(one.function, other.function)?;
    // A hole is shown by a caller who is ordinary in both.
    let because = space.diagrams.and(one.because, other.because)?;
    Ok((because != Function::FALSE).then_some(Change { function, because, passing, ..one }))
}
