//! What differs between two organizations, account by account: the regions of all requests in which the verdict
//! changes.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use scproof_catalog::ActionFilter;
use scproof_evaluator::symbolic::{
    AccountSignature, ActionClass, ActionTraits, Applicability, Atom, Candidate, CellId, ClassKey, CompiledViews,
    CutMemory, LevelId, ShapeId, View,
};
use scproof_organization::NodeId;

use crate::crowded::is_crowded;
use crate::diagram::{Function, TooLarge};
use crate::grouping::{GroupKey, Grouping};
use crate::limits::Limits;
use crate::region::{Change, Describer, Perhaps, Region, Transition, Verdict};
use crate::space::{Outcome, Part, RequestSpace};

/// How to compare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ComparisonOptions {
    /// How much work it may be.
    pub limits: Limits,
    /// Look at these actions only. Of names that neither catalog nor policies spell out all of a service are looked at,
    /// or none: [`ActionFilter::fits_every_name_of`].
    pub actions: ActionFilter,
}

impl ComparisonOptions {
    /// The classes without the actions that are not looked at.
    fn narrow(&self, views: &CompiledViews, classes: Vec<ActionClass>) -> Vec<ActionClass> {
        if self.actions.is_everything() {
            return classes;
        }
        let catalog = views.catalog();
        let keep = |mut class: ActionClass| {
            class.actions.retain(|action| {
                let action = catalog.action(*action);
                self.actions.fits(&format!("{}:{}", action.service(), action.lower_name()))
            });
            class.unlisted.retain(|name| self.actions.fits(name));
            class.other_names.retain(|names| self.fits_all_of(&names.service, names.any_other_service));
            (!class.actions.is_empty() || !class.unlisted.is_empty() || !class.other_names.is_empty()).then_some(class)
        };
        classes.into_iter().filter_map(keep).collect()
    }

    /// Whether the names of a service that nothing spells out are looked at.
    fn fits_all_of(&self, service: &str, stands_for_others: bool) -> bool {
        if stands_for_others { self.actions.fits_other_services() } else { self.actions.fits_every_name_of(service) }
    }
}

/// Accounts for which the same changes, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Places in the list of accounts that was asked about.
    pub accounts: Vec<usize>,
    /// The regions of all requests in which the verdict changes; none if nothing changes.
    pub regions: Vec<Arc<Region>>,
}

/// What differs, for all accounts asked about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// The accounts in groups, in the order of their first accounts. Every account is in exactly one.
    pub groups: Vec<Group>,
    /// Services whose names beyond the catalog could not be cut within the limit: nothing is said of these names. None
    /// if no account has other policies after than before.
    pub uncut_services: Vec<String>,
    /// Distinct formulas that were compared.
    pub formulas: usize,
    /// The class of actions behind each cell.
    classes: Vec<ClassKey>,
}

impl Difference {
    /// Whether a region is about an action.
    pub fn concerns(&self, views: &CompiledViews, region: &Region, action: &str) -> bool {
        let Some(key) = views.class_key(action) else { return false };
        region.classes.iter().any(|class| self.classes.get(*class) == Some(&key))
    }

    /// Whether it is proved that nothing changes: no region, and nothing left open.
    pub fn is_none(&self) -> bool {
        self.uncut_services.is_empty() && self.groups.iter().all(|group| group.regions.is_empty())
    }
}

/// The parts of a class that differ, by verdicts before and after.
type Changes = Rc<[Change]>;

/// Everything that one formula follows from: what the levels of both paths hold for the class, by numbers of their
/// content.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Formula {
    traits: ActionTraits,
    shape: ShapeId,
    applicability: [Applicability; 2],
    before: Box<[u32]>,
    after: Box<[u32]>,
}

/// Paths of accounts that have the same levels before and after.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct PathKey {
    signature: usize,
    /// Whether the same policies may decide otherwise after: the account moved, or owners of resources did.
    moved: bool,
    applicability: [Applicability; 2],
    before: Box<[LevelId]>,
    after: Box<[LevelId]>,
}

/// Numbers of the distinct contents of levels for cells.
struct Entries<'p> {
    views: &'p CompiledViews,
    known: FxHashMap<(LevelId, u32), u32>,
    contents: FxHashMap<Content, u32>,
    /// For each number one level and cell that holds it.
    samples: Vec<Part>,
}

type Content = (bool, bool, Option<LevelId>, Box<[Candidate]>, Box<[Candidate]>);

/// The number of what changes nothing: an Allow of everything, no Deny.
const NEUTRAL: u32 = 0;

impl<'p> Entries<'p> {
    fn new(views: &'p CompiledViews) -> Self {
        let mut contents = FxHashMap::default();
        contents.insert((false, true, None, Box::from([]), Box::from([])), NEUTRAL);
        Self { views, known: FxHashMap::default(), contents, samples: vec![(LevelId::default(), CellId::default())] }
    }

    fn number(&mut self, level: LevelId, cell: CellId) -> u32 {
        let local = self.views.entry_number(level, cell);
        if let Some(number) = local.and_then(|local| self.known.get(&(level, local))) {
            return *number;
        }
        // Statements have their numbers in ascending order within a level.
        let list = |candidates: &[Candidate]| -> Box<[Candidate]> { candidates.into() };
        let content = match self.views.entry(level, cell) {
            Some(entry) => {
                (entry.denies, entry.allows, entry.unreadable.then_some(level), list(&entry.deny), list(&entry.allow))
            }
            // What a level holds is never guessed.
            None => (false, false, Some(level), Box::default(), Box::default()),
        };
        let next = u32::try_from(self.samples.len()).unwrap_or(u32::MAX);
        let number = *self.contents.entry(content).or_insert(next);
        if number == next {
            self.samples.push((level, cell));
        }
        if let Some(local) = local {
            self.known.insert((level, local), number);
        }
        number
    }

    /// The numbers of a path's levels for a cell, each once, without those that change nothing.
    fn numbers(&mut self, levels: &[LevelId], cell: CellId) -> Box<[u32]> {
        let mut numbers: Vec<u32> =
            levels.iter().map(|level| self.number(*level, cell)).filter(|number| *number != NEUTRAL).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into()
    }

    fn parts(&self, numbers: &[u32]) -> Vec<Part> {
        numbers.iter().filter_map(|number| self.samples.get(*number as usize).copied()).collect()
    }

    fn atoms(&self, formula: &Formula) -> BTreeSet<Atom> {
        let mut atoms = BTreeSet::new();
        for number in formula.before.iter().chain(&formula.after) {
            let Some(&(level, cell)) = self.samples.get(*number as usize) else { continue };
            let Some(entry) = self.views.entry(level, cell) else { continue };
            for candidate in entry.deny.iter().chain(&*entry.allow) {
                atoms.extend(self.views.statement_atoms(candidate.statement()));
            }
        }
        atoms
    }
}

/// Compares two organizations for some accounts, given as their nodes before and after. Exact over all requests: every
/// action, known or not, every resource, every context.
///
/// Costs grow with the distinct formulas that the changed levels give rise to, not with accounts or actions.
pub fn difference(views: &CompiledViews, accounts: &[[NodeId; 2]], options: &ComparisonOptions) -> Difference {
    let limits = &options.limits;
    let classes = options.narrow(views, views.action_classes());
    let signatures = views.account_signatures(accounts);
    let moved_owners = views.has_moved_owners();
    let mut paths: FxHashMap<PathKey, Vec<usize>> = FxHashMap::default();
    for (index, (nodes, signature)) in accounts.iter().zip(&signatures.of_account).enumerate() {
        let [before, after] = *nodes;
        let is_moved = signatures.distinct.get(*signature).is_some_and(AccountSignature::is_moved);
        let key = PathKey {
            signature: *signature,
            moved: moved_owners || is_moved,
            applicability: [
                views.applicability(View::BEFORE, before, "another-service:another-action"),
                views.applicability(View::AFTER, after, "another-service:another-action"),
            ],
            before: views.levels(View::BEFORE, before).into(),
            after: views.levels(View::AFTER, after).into(),
        };
        paths.entry(key).or_default().push(index);
    }
    let mut paths: Vec<(PathKey, Vec<usize>)> = paths.into_iter().collect();
    paths.sort_by(|(_, a), (_, b)| a.first().cmp(&b.first()));

    let mut entries = Entries::new(views);
    // For each path the classes whose formulas differ.
    let mut work: Vec<Vec<(usize, usize)>> = Vec::with_capacity(paths.len());
    let mut formulas: Vec<(Formula, usize)> = Vec::new();
    let mut formula_ids: FxHashMap<(usize, Formula), usize> = FxHashMap::default();
    for (path, _) in &paths {
        let mut of_path = Vec::new();
        for (index, class) in changed_classes(&mut entries, path, &classes) {
            let [Some(before), Some(after)] =
                path.applicability.map(|of_account| views.applicability_to(of_account, class.traits))
            else {
                continue;
            };
            let formula = Formula {
                traits: class.traits,
                shape: class.shape,
                applicability: [before, after],
                before: entries.numbers(&path.before, class.cell),
                after: entries.numbers(&path.after, class.cell),
            };
            if formula.before == formula.after && path.applicability.first() == path.applicability.last() && !path.moved
            {
                continue;
            }
            let key = (path.signature, formula);
            let id = if let Some(id) = formula_ids.get(&key) {
                *id
            } else {
                formulas.push((key.1.clone(), path.signature));
                formula_ids.insert(key, formulas.len() - 1);
                formulas.len() - 1
            };
            of_path.push((index, id));
        }
        work.push(of_path);
    }
    let is_changed = |path: &PathKey| {
        path.moved || path.before != path.after || path.applicability.first() != path.applicability.last()
    };
    let any_changed = paths.iter().any(|(path, _)| is_changed(path));
    let solver = Solver { views, entries: &entries, limits, classes: &classes };
    let mut answers = solver.solve(&formulas, &signatures.of_account, accounts);

    // Paths with the same changes in the same classes are one group.
    let mut merged: Vec<(GroupKey, Vec<usize>)> = Vec::new();
    let mut merged_ids: FxHashMap<GroupKey, usize> = FxHashMap::default();
    for ((path, members), work) in paths.into_iter().zip(&work) {
        let mut regions: FxHashMap<(usize, Change), Vec<usize>> = FxHashMap::default();
        for &(class, formula) in work {
            let Some((space, changes)) = answers.changes.get(formula) else { continue };
            for change in changes.iter() {
                regions.entry((*space, *change)).or_default().push(class);
            }
        }
        let mut regions: Vec<_> = regions.into_iter().collect();
        regions.sort();
        // Accounts that the policies name are told apart only where something changes.
        let signature = if regions.is_empty() { usize::MAX } else { path.signature };
        let key = GroupKey { signature, regions };
        if let Some(id) = merged_ids.get(&key) {
            if let Some((_, accounts)) = merged.get_mut(*id) {
                accounts.extend(members);
            }
        } else {
            merged_ids.insert(key.clone(), merged.len());
            merged.push((key, members));
        }
    }
    let describer = Describer::new(views, &classes, limits.clone());
    let callers: Vec<NodeId> = accounts.iter().map(|[before, _]| *before).collect();
    let groups = Grouping::new(describer, &mut answers.spaces).groups(merged, &callers);
    Difference {
        groups,
        uncut_services: views
            .uncut_services()
            .filter(|service| any_changed && options.actions.fits_every_name_of(service))
            .map(str::to_owned)
            .collect(),
        formulas: formulas.len(),
        classes: classes.iter().map(ActionClass::key).collect(),
    }
}

/// The classes for which a level that is not on both paths holds something else.
fn changed_classes<'c>(
    entries: &mut Entries<'_>,
    path: &PathKey,
    classes: &'c [ActionClass],
) -> Vec<(usize, &'c ActionClass)> {
    let same_applicability = path.applicability.first() == path.applicability.last();
    if same_applicability
        && ((path.before == path.after && !path.moved) || matches!(path.applicability, [Applicability::Settled(..), _]))
    {
        return Vec::new();
    }
    let whole = !same_applicability || path.moved;
    let only = |own: &[LevelId], other: &[LevelId]| -> Vec<LevelId> {
        own.iter().copied().filter(|level| !other.contains(level)).collect()
    };
    let (gone, new) = (only(&path.before, &path.after), only(&path.after, &path.before));
    let views = entries.views;
    let is_deniable = |class: &ActionClass| views.applicability_to(Applicability::Decides, class.traits).is_some();
    let deniable = classes.iter().enumerate().filter(|(_, class)| is_deniable(class));
    deniable
        .filter(|(_, class)| whole || entries.numbers(&gone, class.cell) != entries.numbers(&new, class.cell))
        .collect()
}

struct Solver<'a, 'p> {
    views: &'p CompiledViews,
    entries: &'a Entries<'p>,
    limits: &'a Limits,
    classes: &'a [ActionClass],
}

/// The changes of each formula, and the spaces that their functions belong to.
struct Solved<'p> {
    spaces: Vec<RequestSpace<'p>>,
    changes: Vec<(usize, Changes)>,
}

impl<'p> Solved<'p> {
    /// Says of formulas that nothing could be settled.
    fn give_up(&mut self, views: &'p CompiledViews, members: &[usize]) {
        let place = self.spaces.len();
        self.spaces.push(RequestSpace::over_limit(views));
        let function = Function::TRUE;
        let change = Change { perhaps: Perhaps::ANY, ..Change::certain(Verdict::Open, Verdict::Open, function) };
        for index in members {
            if let Some(slot) = self.changes.get_mut(*index) {
                *slot = (place, Rc::from([change]));
            }
        }
    }
}

impl<'p> Solver<'_, 'p> {
    fn solve(&self, formulas: &[(Formula, usize)], signatures: &[usize], accounts: &[[NodeId; 2]]) -> Solved<'p> {
        let mut solved = Solved { spaces: Vec::new(), changes: vec![(usize::MAX, Rc::from([])); formulas.len()] };
        let mut batches: FxHashMap<(usize, ActionTraits), Vec<usize>> = FxHashMap::default();
        for (index, (formula, signature)) in formulas.iter().enumerate() {
            batches.entry((*signature, formula.traits)).or_default().push(index);
        }
        let mut batches: Vec<_> = batches.into_iter().collect();
        batches.sort();
        for ((signature, traits), members) in batches {
            let first = signatures.iter().position(|other| *other == signature);
            let Some(nodes) = first.and_then(|first| accounts.get(first)) else { continue };
            let action = self.classes.iter().find(|class| class.traits == traits);
            let Some(action) = action.map(|class| class.representative.as_str()) else { continue };
            self.solve_batch(&mut solved, formulas, &members, *nodes, action);
        }
        solved
    }

    /// Solves formulas in one space if their facts can be cut together, else in smaller batches.
    fn solve_batch(
        &self,
        solved: &mut Solved<'p>,
        formulas: &[(Formula, usize)],
        members: &[usize],
        nodes: [NodeId; 2],
        action: &str,
    ) {
        if self.limits.stop.is_stopped() {
            solved.give_up(self.views, members);
            return;
        }
        let mut atoms = BTreeSet::new();
        for index in members {
            if let Some((formula, _)) = formulas.get(*index) {
                atoms.extend(self.entries.atoms(formula));
            }
        }
        let facts = || self.views.facts(&nodes, action, atoms.iter().copied(), &CutMemory::default());
        let facts = if members.len() > 1 {
            let together = (!is_crowded(self.views, &atoms)).then(facts).filter(|facts| !facts.is_limited());
            let Some(facts) = together else {
                let (left, right) = members.split_at(members.len() / 2);
                self.solve_batch(solved, formulas, left, nodes, action);
                self.solve_batch(solved, formulas, right, nodes, action);
                return;
            };
            facts
        } else {
            facts()
        };
        let account = self.views.view(View::BEFORE).organization().node(nodes[0]).target.as_str().to_owned();
        let Ok(mut space) = RequestSpace::new(self.views, facts, account, self.limits) else {
            solved.give_up(self.views, members);
            return;
        };
        let place = solved.spaces.len();
        let mut too_large = Vec::new();
        for index in members {
            let Some((formula, _)) = formulas.get(*index) else { continue };
            match self.changes(&mut space, formula) {
                Ok(changes) => {
                    if let Some(slot) = solved.changes.get_mut(*index) {
                        *slot = (place, changes);
                    }
                }
                Err(TooLarge(_)) => too_large.push(*index),
            }
        }
        solved.spaces.push(space);
        if too_large.is_empty() {
            return;
        }
        if members.len() > 1 {
            // In a space of its own a formula has all nodes to itself.
            for index in too_large {
                self.solve_batch(solved, formulas, &[index], nodes, action);
            }
            return;
        }
        // One formula alone is too large: all of it is undetermined.
        solved.give_up(self.views, &too_large);
    }

    /// The regions in which the verdict of a formula changes.
    fn changes(&self, space: &mut RequestSpace<'p>, formula: &Formula) -> Result<Changes, TooLarge> {
        let [applies_before, applies_after] = formula.applicability;
        let before = space.outcome(View::BEFORE, applies_before, &self.entries.parts(&formula.before))?;
        let after = space.outcome(View::AFTER, applies_after, &self.entries.parts(&formula.after))?;
        if before == after {
            return Ok(Rc::from([]));
        }
        let shape = formula.shape;
        let (before, after) = (Verdicts::new(space, before)?, Verdicts::new(space, after)?);
        let mut changes: Vec<Change> = Vec::new();
        let mut any = Function::FALSE;
        let mut settled = Function::FALSE;
        let mut parts: Vec<(Function, Transition)> = Vec::new();
        // Blocked and passing first, whatever the kind of denial; then the kinds where they are certain.
        let possible = space.possible_calls(shape)?;
        for (passing, blocked, blocked_before, blocked_after) in
            [(before.passes, after.blocked, false, true), (after.passes, before.blocked, true, false)]
        {
            let passing = space.diagrams.and(passing, space.possible)?;
            let calls = space.calls(shape, passing)?;
            let change = space.diagrams.and(calls, blocked)?;
            let first = changes.len();
            any = space.diagrams.or(any, change)?;
            parts.push((change, if blocked_after { Transition::NewlyBlocked } else { Transition::NewlyPassing }));
            let certain = space.certainly(change)?;
            if certain == Function::FALSE {
                continue;
            }
            settled = space.diagrams.or(settled, certain)?;
            let kinds = if blocked_after { &after } else { &before };
            // The other checks of such a call pass on the other side.
            let (implicit, _) = kinds.lacking_allow(space, shape, passing)?;
            let mut left = certain;
            for (kind, function) in [(Verdict::ExplicitDeny, kinds.explicit), (Verdict::ImplicitDeny, implicit)] {
                let of_kind = space.diagrams.and(change, function)?;
                let of_kind = space.certainly(of_kind)?;
                left = space.diagrams.and_not(left, of_kind)?;
                push(&mut changes, blocked_before, kind, of_kind);
            }
            push(&mut changes, blocked_before, Verdict::Deny, left);
            let passing = space.for_others(shape, passing)?;
            changes.iter_mut().skip(first).for_each(|change| change.passing = passing);
        }
        let (implicit_before, either_before) = before.lacking_allow(space, shape, space.possible)?;
        let (implicit_after, either_after) = after.lacking_allow(space, shape, space.possible)?;
        for (from, to, kinds) in [
            (before.explicit, implicit_after, (Verdict::ExplicitDeny, Verdict::ImplicitDeny)),
            (before.explicit, either_after, (Verdict::ExplicitDeny, Verdict::Deny)),
            (implicit_before, after.explicit, (Verdict::ImplicitDeny, Verdict::ExplicitDeny)),
            (either_before, after.explicit, (Verdict::Deny, Verdict::ExplicitDeny)),
        ] {
            let both = space.diagrams.and(from, to)?;
            let change = space.diagrams.and(both, possible)?;
            if change == Function::FALSE {
                continue;
            }
            any = space.diagrams.or(any, change)?;
            parts.push((change, Transition::OtherReason));
            let certain = space.certainly(change)?;
            if certain != Function::FALSE {
                settled = space.diagrams.or(settled, certain)?;
                changes.push(Change::certain(kinds.0, kinds.1, certain));
            }
        }
        let maybe = space.maybe(any)?;
        let open = space.diagrams.and_not(maybe, settled)?;
        if open != Function::FALSE {
            // Where it is open only what changes, not that something does, the parts know more than their union.
            let mut because = space.diagrams.and(any, open)?;
            let mut perhaps = Perhaps::default();
            for (part, transition) in parts {
                let part = space.diagrams.and(part, open)?;
                if part != Function::FALSE {
                    perhaps = perhaps.with(transition);
                }
                if space.open_questions(part) > space.open_questions(because) {
                    because = part;
                }
            }
            changes.push(Change { because, perhaps, ..Change::certain(Verdict::Open, Verdict::Open, open) });
        }
        for change in &mut changes {
            change.shape = shape;
        }
        Ok(changes.into())
    }
}

fn push(changes: &mut Vec<Change>, blocked_before: bool, kind: Verdict, function: Function) {
    if function != Function::FALSE {
        let (before, after) = if blocked_before { (kind, Verdict::Passes) } else { (Verdict::Passes, kind) };
        changes.push(Change::certain(before, after, function));
    }
}

/// The verdicts of one side as functions.
struct Verdicts {
    passes: Function,
    blocked: Function,
    explicit: Function,
}

impl Verdicts {
    fn new(space: &mut RequestSpace<'_>, outcome: Outcome) -> Result<Self, TooLarge> {
        let passes = space.diagrams.and_not(outcome.allowed, outcome.denied)?;
        let blocked = space.diagrams.not(passes)?;
        Ok(Self { passes, blocked, explicit: outcome.denied })
    }

    /// Where an Allow is missing and no Deny matches: calls that are denied implicitly, and those of which another
    /// check may be denied explicitly (CLR-7). The other checks are among some pairs.
    fn lacking_allow(
        &self,
        space: &mut RequestSpace<'_>,
        shape: ShapeId,
        others: Function,
    ) -> Result<(Function, Function), TooLarge> {
        let lacking = space.diagrams.and_not(self.blocked, self.explicit)?;
        if lacking == Function::FALSE {
            return Ok((lacking, Function::FALSE));
        }
        let denied = space.diagrams.and(self.explicit, others)?;
        let beside_denied = space.beside(shape, denied)?;
        Ok((space.diagrams.and_not(lacking, beside_denied)?, space.diagrams.and(lacking, beside_denied)?))
    }
}
