//! Which calls pass that some statements would block: what a guardrail is held against.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};
use scproof_evaluator::symbolic::{ActionClass, ActionTraits, Applicability, CellId, LevelId, ShapeId};

use crate::diagram::{Done, Function, TooLarge};
use crate::grouping::{GroupKey, Grouping};
use crate::proof::merging::{self, Draft, Part};
use crate::proof::ordinary::Named;
use crate::proof::{AccountGroup, FormulaKey, PolicyProof};
use crate::region::{Change, Describer, Perhaps, Region, Transition, Verdict};
use crate::space::{Question, RequestSpace};

/// Why calls pass that the statements would block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PassingKind {
    /// Any caller can make them, or under conditions that do not name callers or ways.
    Hole,
    /// Whether they pass could not be settled.
    Open,
    /// Only callers, or ways, that the policies name can make them.
    Exemption,
    /// Whether they pass could not be settled, but if they do, then only for callers, or by ways, that the policies
    /// name.
    OpenExemption,
}

/// Calls that pass though the statements would block them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassingRegion {
    /// Why they pass.
    pub kind: PassingKind,
    /// The calls, with a witness: `before` is the decision as it is, `after` that with the statements. For an
    /// [open](PassingKind::Open) region the witness is an example.
    pub region: Arc<Region>,
}

/// Accounts for which the same calls pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassingGroup {
    /// Places in the list of accounts that was asked about, ascending.
    pub accounts: Vec<usize>,
    /// The calls, holes first. None: every call that the statements match is blocked, which is a proof.
    pub regions: Vec<PassingRegion>,
    /// Whether these are all calls that pass. If not, all accounts have this hole or exemption, and some have more of
    /// its kind or less grave ones.
    pub is_complete: bool,
}

/// For want of room.
const UNSETTLED: Change = Change {
    before: Verdict::Open,
    after: Verdict::Open,
    function: Function::TRUE,
    because: Function::TRUE,
    perhaps: Perhaps::ANY,
    shape: ShapeId::ANY,
    passing: Function::TRUE,
};

/// What passes of the calls of a class that a level matches: in which space, and the parts.
type Found = (usize, Arc<[Change]>);

/// What passes for one list of formulas after the other, each different answer numbered.
#[derive(Default)]
struct Answers {
    all: Vec<Found>,
    numbers: FxHashMap<Found, u32>,
    /// For each setting and kind of class the number for each formula.
    known: Vec<Vec<u32>>,
    /// Where the kinds of a signature and applicability begin.
    settings: FxHashMap<(usize, Applicability), usize>,
}

impl Answers {
    /// Nothing passes.
    const NOTHING: u32 = 0;
    const NOT_YET: u32 = u32::MAX;

    fn number(&mut self, found: Found) -> u32 {
        let (_, changes) = &found;
        if changes.is_empty() {
            return Self::NOTHING;
        }
        let next = u32::try_from(self.all.len() + 1).unwrap_or(u32::MAX);
        *self.numbers.entry(found).or_insert_with_key(|found| {
            self.all.push(found.clone());
            next
        })
    }

    /// Where the kinds of a setting begin.
    fn setting(&mut self, setting: (usize, Applicability), kinds: usize, formulas: usize) -> usize {
        let next = self.known.len();
        let first = *self.settings.entry(setting).or_insert(next);
        if first == next {
            self.known.resize(next + kinds, vec![Self::NOT_YET; formulas]);
        }
        first
    }

    fn get(&self, number: u32) -> Option<&Found> {
        self.all.get((number as usize).checked_sub(1)?)
    }
}

/// A class of actions that a level matches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Concerned {
    pub(super) class: usize,
    pub(super) cell: CellId,
    /// Classes of a kind have the same traits, and the level holds the same for them.
    pub(super) kind: usize,
}

impl PolicyProof<'_> {
    /// The calls that pass although the Deny statements of a level – one of those given to [`new`](Self::new) as
    /// hypothetical – match them, for all accounts that SCPs govern. Accounts that they do not govern are in no group.
    ///
    /// Exact over all requests, like [`difference`](crate::difference()): every hole and exemption has a witness that
    /// the evaluator confirmed. Where there would be more than [`Limits::told_apart`](crate::Limits) groups with holes,
    /// accounts that share a hole are one group, which then tells this hole only
    /// ([`is_complete`](PassingGroup::is_complete)); likewise with exemptions where there are no holes.
    pub fn passing(&mut self, level: LevelId) -> Vec<PassingGroup> {
        // Another level means other calls.
        self.sorted.clear();
        self.widened.clear();
        let concerned = self.concerned(level);
        let mut answers = Answers::default();
        let mut rows: Vec<(usize, Box<[u32]>, Vec<usize>)> = Vec::new();
        let mut ids: HashTable<usize> = HashTable::new();
        let mut row: Vec<u32> = Vec::with_capacity(concerned.len());
        let groups = Arc::clone(&self.groups);
        for group in groups.iter().filter(|group| group.is_governed()) {
            self.answer(level, group, &concerned, &mut answers, &mut row);
            let nothing = row.iter().all(|number| *number == Answers::NOTHING);
            let signature = if nothing { usize::MAX } else { group.signature };
            let hash = |signature: usize, row: &[u32]| FxBuildHasher.hash_one((signature, row));
            let hashed = hash(signature, &row);
            let same = |id: &usize| rows.get(*id).is_some_and(|(of, known, _)| *of == signature && **known == *row);
            if let Some((_, _, accounts)) = ids.find(hashed, same).copied().and_then(|id| rows.get_mut(id)) {
                accounts.extend(&group.accounts);
            } else {
                ids.insert_unique(hashed, rows.len(), |id| rows.get(*id).map_or(0, |(of, row, _)| hash(*of, row)));
                rows.push((signature, row.as_slice().into(), group.accounts.clone()));
            }
        }
        let drafts = rows.into_iter().map(|(signature, row, mut accounts)| {
            accounts.sort_unstable();
            let numbers = row.iter().copied().zip(concerned.iter().map(|concerned| concerned.class));
            let mut numbers: Vec<(u32, usize)> = numbers.filter(|(number, _)| *number != Answers::NOTHING).collect();
            numbers.sort_unstable();
            let mut regions: BTreeMap<(usize, Change), Vec<usize>> = BTreeMap::new();
            for same in numbers.chunk_by(|(one, _), (other, _)| one == other) {
                let found = same.first().and_then(|(number, _)| answers.get(*number));
                for (space, change) in
                    found.into_iter().flat_map(|(space, changes)| changes.iter().map(move |it| (space, it)))
                {
                    regions.entry((*space, *change)).or_default().extend(same.iter().map(|(_, class)| class));
                }
            }
            for classes in regions.values_mut() {
                classes.sort_unstable();
            }
            Draft { key: GroupKey { signature, regions: regions.into_iter().collect() }, accounts, is_complete: true }
        });
        let told_apart = self.limits.told_apart;
        let drafts = merging::merge(&mut self.spaces, drafts.collect(), Part::Holes, told_apart);
        let drafts = merging::merge(&mut self.spaces, drafts, Part::Exemptions, told_apart);
        let accounts = Arc::clone(&self.accounts);
        let (whole, parts): (Vec<Draft>, Vec<Draft>) = drafts.into_iter().partition(|draft| draft.is_complete);
        let uncut: Vec<String> = self.views.uncut_services().map(str::to_owned).collect();
        let describer =
            Describer::new(self.views, &self.classes, self.limits.clone()).sharing(&self.actions).with(level);
        let mut grouping = Grouping::new(describer, &mut self.spaces);
        let mut told: Vec<PassingGroup> = Vec::new();
        for (drafts, is_complete) in [(whole, true), (parts, false)] {
            let keys = drafts.into_iter().map(|draft| (draft.key, draft.accounts)).collect();
            for group in grouping.groups(keys, &accounts) {
                let mut regions: Vec<PassingRegion> = group.regions.into_iter().map(PassingRegion::new).collect();
                if !uncut.is_empty() && !concerned.is_empty() {
                    regions.push(PassingRegion::new(Arc::new(Region::of_uncut_names(&uncut))));
                }
                regions.sort_by_key(|region| region.kind);
                told.push(PassingGroup { accounts: group.accounts, regions, is_complete });
            }
        }
        told.sort_by(|one, other| one.accounts.first().cmp(&other.accounts.first()));
        told
    }

    /// The classes of actions that a level's Deny statements match.
    pub(super) fn concerned(&self, level: LevelId) -> Vec<Concerned> {
        let mut kinds: FxHashMap<(ActionTraits, ShapeId, u32), usize> = FxHashMap::default();
        let is_deniable =
            |class: &ActionClass| self.views.applicability_to(Applicability::Decides, class.traits).is_some();
        let concerned = self.classes.iter().enumerate().filter(|(_, class)| is_deniable(class));
        concerned
            .filter_map(|(index, class)| {
                let entry = self.views.entry(level, class.cell)?;
                let content = self.views.entry_number(level, class.cell)?;
                let matched = entry.denies || !entry.deny.is_empty();
                matched.then(|| {
                    let next = kinds.len();
                    let kind = *kinds.entry((class.traits, class.shape, content)).or_insert(next);
                    Concerned { class: index, cell: class.cell, kind }
                })
            })
            .collect()
    }

    /// What passes for a group of accounts, a number for each class.
    fn answer(
        &mut self,
        level: LevelId,
        group: &AccountGroup,
        concerned: &[Concerned],
        answers: &mut Answers,
        row: &mut Vec<u32>,
    ) {
        row.clear();
        let path_formulas = Arc::clone(&self.path_formulas);
        let formulas = path_formulas.of(group.list);
        let count = self.formulas.formula_count();
        let (signature, applicability) = (group.signature, group.applicability);
        let kinds = concerned.iter().map(|concerned| concerned.kind + 1).max().unwrap_or(0);
        let first = answers.setting((signature, applicability), kinds, count);
        for &Concerned { class, cell, kind } in concerned {
            let Some(&formula) = formulas.get(class) else { continue };
            let known = answers.known.get(first + kind);
            let number = known.and_then(|known| known.get(formula as usize)).copied();
            let number = number.filter(|number| *number != Answers::NOT_YET);
            row.push(number.unwrap_or_else(|| {
                let found = self.classes.get(class).and_then(|found| self.key(group, found, formula));
                let found = found.and_then(|key| self.changes(&key, level, (kind, cell)));
                let found = found.unwrap_or_else(|| (self.spaceless(), Arc::from([UNSETTLED])));
                let number = answers.number(found);
                let known = answers.known.get_mut(first + kind);
                if let Some(slot) = known.and_then(|known| known.get_mut(formula as usize)) {
                    *slot = number;
                }
                number
            }));
        }
    }

    /// Whether a region is about an action.
    pub fn concerns(&self, region: &Region, action: &str) -> bool {
        let Some(key) = self.views.class_key(action) else { return false };
        region.classes.iter().any(|class| self.classes.get(*class).is_some_and(|class| class.key() == key))
    }

    /// What passes a formula of the calls that the level matches, by kind; `None` for want of room.
    fn changes(&mut self, key: &FormulaKey, level: LevelId, (kind, cell): (usize, CellId)) -> Option<Found> {
        let formula = self.formulas.formula(key.formula);
        if (formula.denies || formula.lacks_allow()) && key.applicability == Applicability::Decides {
            return Some((0, Arc::from([])));
        }
        let views = self.views;
        let atoms = |proof: &Self| {
            let mut atoms = proof.atoms_of(proof.formulas.formula(key.formula));
            atoms.extend(views.level_statements(level).iter().flat_map(|number| views.statement_atoms(*number)));
            atoms
        };
        let setting = (key.signature, key.traits, Some(level));
        let shape = key.shape;
        let (place, (meant, passing, hit)) = self.in_space(setting, atoms, |formulas, space, known| {
            let meant = known.matched_by(space, level, kind, cell)?;
            let possible = space.possible_calls(shape)?;
            let meant = space.diagrams.and(meant, possible)?;
            let passing = known.passes(space, formulas, key.formula, key.applicability)?;
            let calls = space.calls(shape, passing)?;
            let mut hit = space.diagrams.and(meant, calls)?;
            if let Applicability::Unsure(rule) = key.applicability {
                // Whether the statements would block them is as open as whether anything does.
                let restricts = space.question(Question::Restricts(rule))?;
                hit = space.diagrams.and(hit, restricts)?;
            }
            Ok((meant, passing, hit))
        })?;
        if hit == Function::FALSE {
            return Some((place, Arc::from([])));
        }
        if let Some(found) = self.sorted.get(&(place, shape, meant, hit)) {
            return Some((place, Arc::clone(found)));
        }
        let named = self.named(place, meant).ok()?;
        let space = self.spaces.get_mut(place)?;
        let widened = self.widened.entry((place, meant)).or_default();
        let mut found = sort(space, hit, &named, widened).ok()?;
        let passing = space.for_others(shape, passing).ok()?;
        for change in &mut found {
            (change.shape, change.passing) = (shape, passing);
        }
        let found: Arc<[Change]> = found.into();
        self.sorted.insert((place, shape, meant, hit), Arc::clone(&found));
        Some((place, found))
    }

    /// A space in which nothing can be settled.
    fn spaceless(&mut self) -> usize {
        if let Some(place) = self.spaces.iter().position(|space| space.over_limit) {
            return place;
        }
        self.spaces.push(RequestSpace::over_limit(self.views));
        self.spaces.len() - 1
    }
}

/// Sorts calls that pass into holes, exemptions and what is open. The verdict after tells them apart further on: a Deny
/// blocks all of them explicitly.
///
/// A hole is told for all callers if an ordinary one can make the same call: that others can as well adds nothing but
/// exceptions.
fn sort(
    space: &mut RequestSpace<'_>,
    hit: Function,
    named: &Named,
    widened: &mut Done,
) -> Result<Vec<Change>, TooLarge> {
    let certain = space.certainly(hit)?;
    let maybe = space.maybe(hit)?;
    let maybe = space.diagrams.and_not(maybe, certain)?;
    let mut changes = Vec::new();
    for (calls, before, [unnamed, by_name]) in [
        (certain, Verdict::Passes, [Verdict::ExplicitDeny, Verdict::Deny]),
        (maybe, Verdict::Open, [Verdict::Open, Verdict::Deny]),
    ] {
        let ordinary = space.diagrams.and_not(calls, named.calls)?;
        let by_anybody = space.diagrams.some(ordinary, &named.facts, widened)?;
        let hole = space.diagrams.and(calls, by_anybody)?;
        let exemption = space.diagrams.and_not(calls, hole)?;
        for (after, function, best) in [(unnamed, hole, ordinary), (by_name, exemption, exemption)] {
            if function == Function::FALSE {
                continue;
            }
            let because = if before == Verdict::Open { space.diagrams.and(hit, function)? } else { best };
            changes.push(Change { because, ..Change::certain(before, after, function) });
        }
    }
    Ok(changes)
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
