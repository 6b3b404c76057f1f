//! Which calls pass that some statements would block: what a guardrail is held against.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use scproof_evaluator::symbolic::{ActionTraits, CellId, Layer, LevelId};
use scproof_organization::NodeId;

use crate::diagram::{Function, TooLarge};
use crate::grouping::{GroupKey, Grouping};
use crate::region::{Change, Describer, Region, Transition, Verdict};
use crate::space::Space;
use crate::standing::ordinary::Named;
use crate::standing::{FormulaKey, Standing};

/// Why calls pass that the statements would block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PassingKind {
    /// Any caller can make them, or under conditions that do not name callers or ways.
    Hole,
    /// Whether they pass could not be settled.
    Open,
    /// Only callers, or ways, that the policies name can make them.
    Exemption,
    /// Whether they pass could not be settled, but if they do, then only for callers, or by ways, that the policies name.
    OpenExemption,
}

/// Calls that pass though the statements would block them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassingRegion {
    /// Why they pass.
    pub kind: PassingKind,
    /// The calls, with a witness: `before` is the decision as it is, `after` that with the statements. For an [open](PassingKind::Open)
    /// region the witness is an example.
    pub region: Arc<Region>,
}

/// Accounts for which the same calls pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassingGroup {
    /// Places in the list of accounts that was asked about, ascending.
    pub accounts: Vec<usize>,
    /// The calls, holes first. None: every call that the statements match is blocked, which is a proof.
    pub regions: Vec<PassingRegion>,
}

/// For want of room.
const UNSETTLED: Change =
    Change { before: Verdict::Open, after: Verdict::Open, function: Function::TRUE, because: Function::TRUE };

type Found = Option<(usize, Rc<[Change]>)>;

impl Standing<'_> {
    /// The calls that pass although the Deny statements of a level – one of those given to [`new`](Self::new) beside the organization's
    /// own – match them, for all accounts that SCPs govern. Accounts that they do not govern are in no group.
    ///
    /// Exact over all requests, like [`difference`](crate::difference()): every hole and exemption has a witness that the evaluator
    /// confirmed.
    pub fn passing(&mut self, level: LevelId) -> Vec<PassingGroup> {
        let mut known: FxHashMap<(FormulaKey, u32), Found> = FxHashMap::default();
        let mut merged: Vec<(GroupKey, Vec<usize>)> = Vec::new();
        let mut merged_ids: FxHashMap<GroupKey, usize> = FxHashMap::default();
        let concerned: Vec<(usize, CellId, u32)> = self
            .classes
            .iter()
            .enumerate()
            .filter(|(_, class)| !class.traits.is_undeniable())
            .filter_map(|(index, class)| {
                let entry = self.pair.entry(level, class.cell)?;
                let matched = entry.denies || !entry.deny.is_empty();
                matched.then_some((index, class.cell, self.pair.entry_number(level, class.cell)?))
            })
            .collect();
        let groups: Vec<(usize, Vec<usize>)> =
            self.groups.iter().enumerate().map(|(index, group)| (index, group.accounts.clone())).collect();
        for (index, members) in groups {
            let Some(group) = self.groups.get(index) else { continue };
            if matches!(group.layer, Layer::Passes(_)) {
                continue;
            }
            let signature = group.signature;
            let formulas = self.formulas.of_vector(group.vector);
            let mut regions: FxHashMap<(usize, Change), Vec<usize>> = FxHashMap::default();
            for &(class, cell, content) in &concerned {
                let key = self.groups.get(index).zip(self.classes.get(class)).zip(formulas.get(class));
                let Some(key) = key.and_then(|((group, class), formula)| Self::key(group, class, *formula)) else {
                    continue;
                };
                let found = if let Some(found) = known.get(&(key, content)) {
                    found.clone()
                } else {
                    let found = self.changes(&key, level, cell);
                    known.insert((key, content), found.clone());
                    found
                };
                let (space, changes) = found.unwrap_or_else(|| (self.spaceless(), Rc::from([UNSETTLED])));
                for change in changes.iter() {
                    regions.entry((space, *change)).or_default().push(class);
                }
            }
            let mut regions: Vec<_> = regions.into_iter().collect();
            regions.sort();
            let signature = if regions.is_empty() { usize::MAX } else { signature };
            let key = GroupKey { signature, regions };
            if let Some((_, accounts)) = merged_ids.get(&key).and_then(|id| merged.get_mut(*id)) {
                accounts.extend(members);
            } else {
                merged_ids.insert(key.clone(), merged.len());
                merged.push((key, members));
            }
        }
        for (_, accounts) in &mut merged {
            accounts.sort_unstable();
        }
        let nodes: Vec<[NodeId; 2]> = self.accounts.iter().map(|node| [*node, *node]).collect();
        let describer = Describer::new(self.pair, &self.classes, self.limits).sharing(&self.actions).beside(level);
        let groups = Grouping::new(describer, &mut self.spaces).groups(merged, &nodes);
        let uncut: Vec<String> = self.pair.uncut_services().map(str::to_owned).collect();
        groups
            .into_iter()
            .map(|group| {
                let mut regions: Vec<PassingRegion> = group.regions.into_iter().map(PassingRegion::new).collect();
                if !uncut.is_empty() && !concerned.is_empty() {
                    regions.push(PassingRegion::new(Arc::new(Region::of_uncut_names(&uncut))));
                }
                regions.sort_by_key(|region| region.kind);
                PassingGroup { accounts: group.accounts, regions }
            })
            .collect()
    }

    /// Whether a region is about an action.
    pub fn concerns(&self, region: &Region, action: &str) -> bool {
        let Some(cell) = self.pair.cell_of(action) else { return false };
        let traits = ActionTraits::of(&action.to_ascii_lowercase());
        region
            .classes
            .iter()
            .any(|class| self.classes.get(*class).is_some_and(|class| (class.cell, class.traits) == (cell, traits)))
    }

    /// What passes a formula of the calls that the level matches, by kind.
    fn changes(&mut self, key: &FormulaKey, level: LevelId, cell: CellId) -> Found {
        let formula = self.formulas.formula(key.formula);
        if (formula.denies || formula.lacks_allow()) && key.layer == Layer::Decides {
            return Some((0, Rc::from([])));
        }
        let pair = self.pair;
        let atoms = |standing: &Self| {
            let mut atoms = standing.atoms_of(standing.formulas.formula(key.formula));
            atoms.extend(pair.level_statements(level).iter().flat_map(|number| pair.statement_atoms(*number)));
            atoms
        };
        let (place, (meant, hit)) = self.in_space(key.signature, key.traits, atoms, |formulas, space, known| {
            let meant = space.matched_by(level, cell, pair)?;
            let passes = known.passes(space, formulas, key.formula, key.layer)?;
            Ok((meant, space.diagrams.and(meant, passes)?))
        })?;
        if hit == Function::FALSE {
            return Some((place, Rc::from([])));
        }
        let named = self.named(place, meant).ok()?;
        let space = self.spaces.get_mut(place)?;
        Some((place, sort(space, hit, &named).ok()?))
    }

    /// A space in which nothing can be settled.
    fn spaceless(&mut self) -> usize {
        if let Some(place) = self.spaces.iter().position(|space| space.over_limit) {
            return place;
        }
        self.spaces.push(Space::over_limit(self.pair));
        self.spaces.len() - 1
    }
}

/// Sorts calls that pass into holes, exemptions and what is open. The verdict after tells them apart further on: a Deny blocks all of
/// them explicitly.
///
/// A hole is told for all callers if an ordinary one can make the same call: that others can as well adds nothing but exceptions.
fn sort(space: &mut Space<'_>, hit: Function, named: &Named) -> Result<Rc<[Change]>, TooLarge> {
    let certain = space.certainly(hit)?;
    let maybe = space.maybe(hit)?;
    let maybe = space.diagrams.and_not(maybe, certain)?;
    let mut changes = Vec::new();
    for (calls, before, [by_anybody, by_named]) in [
        (certain, Verdict::Passes, [Verdict::ExplicitDeny, Verdict::Deny]),
        (maybe, Verdict::Open, [Verdict::Open, Verdict::Deny]),
    ] {
        let ordinary = space.diagrams.and_not(calls, named.calls)?;
        let widened = space.diagrams.some(ordinary, &named.facts)?;
        let hole = space.diagrams.and(calls, widened)?;
        let exemption = space.diagrams.and_not(calls, hole)?;
        for (after, function, best) in [(by_anybody, hole, ordinary), (by_named, exemption, exemption)] {
            if function == Function::FALSE {
                continue;
            }
            let because = if before == Verdict::Open { space.diagrams.and(hit, function)? } else { best };
            changes.push(Change { before, after, function, because });
        }
    }
    Ok(changes.into())
}

impl PassingRegion {
    fn new(region: Arc<Region>) -> Self {
        let kind = match (region.transition(), region.after) {
            (Transition::NewlyBlocked, Verdict::Deny) => PassingKind::Exemption,
            (Transition::NewlyBlocked, _) => PassingKind::Hole,
            (_, Verdict::Deny) => PassingKind::OpenExemption,
            _ => PassingKind::Open,
        };
        Self { kind, region }
    }
}
