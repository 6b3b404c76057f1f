//! What paths hold, as lists of formulas, one a class of actions: each different list once, worked out level by level,
//! so that paths that begin alike share the work.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};
use scproof_evaluator::symbolic::LevelId;

use crate::proof::formula::{ContentId, FormulaId, Formulas, NOTHING};

/// The number of a list of formulas.
pub(super) type PathFormulasId = u32;

/// All different lists of formulas.
#[derive(Debug)]
pub(super) struct PathFormulas {
    /// Formulas of a list: one a class of actions.
    width: usize,
    /// One list after the other.
    all: Vec<FormulaId>,
}

/// The list of no level at all.
const EMPTY_PATH: PathFormulasId = 0;

/// Lists while they are made.
struct Builder<'f, 'p> {
    formulas: &'f mut Formulas<'p>,
    lists: PathFormulas,
    ids: HashTable<PathFormulasId>,
    steps: FxHashMap<(PathFormulasId, LevelId), PathFormulasId>,
    scratch: Vec<FormulaId>,
}

impl PathFormulas {
    /// The lists of some paths, given as their levels that do not pass everything, and for each path which it has.
    pub(super) fn of_paths(formulas: &mut Formulas<'_>, paths: &[&[LevelId]]) -> (Self, Vec<PathFormulasId>) {
        let levels: BTreeSet<LevelId> = paths.iter().flat_map(|levels| levels.iter().copied()).collect();
        formulas.read(&levels.into_iter().collect::<Vec<LevelId>>());
        let width = formulas.class_count();
        let mut builder = Builder {
            formulas,
            lists: Self { width, all: Vec::with_capacity(width * (paths.len() + 1)) },
            ids: HashTable::with_capacity(paths.len()),
            steps: FxHashMap::with_capacity_and_hasher(paths.len(), FxBuildHasher),
            scratch: vec![NOTHING; width],
        };
        builder.number();
        let of_paths = paths
            .iter()
            .map(|levels| levels.iter().fold(EMPTY_PATH, |list, level| builder.step(list, *level)))
            .collect();
        let mut lists = builder.lists;
        lists.all.shrink_to_fit();
        (lists, of_paths)
    }

    /// The formulas of a list, one a class of actions.
    pub(super) fn of(&self, id: PathFormulasId) -> &[FormulaId] {
        let first = id as usize * self.width;
        self.all.get(first..first + self.width).unwrap_or(&[])
    }

    pub(super) fn count(&self) -> usize {
        self.all.len() / self.width.max(1)
    }
}

impl Builder<'_, '_> {
    fn step(&mut self, list: PathFormulasId, level: LevelId) -> PathFormulasId {
        if let Some(found) = self.steps.get(&(list, level)) {
            return *found;
        }
        self.scratch.clear();
        self.scratch.extend_from_slice(self.lists.of(list));
        let row = self.formulas.row(level);
        // Neighbours are mostly treated alike.
        let mut done: Option<(FormulaId, ContentId, FormulaId)> = None;
        for &(class, content) in row.iter() {
            let Some(slot) = self.scratch.get_mut(class) else { continue };
            let after = match done {
                Some((before, added, after)) if (before, added) == (*slot, content) => after,
                _ => self.formulas.combine(*slot, content),
            };
            done = Some((*slot, content, after));
            *slot = after;
        }
        let id = self.number();
        self.steps.insert((list, level), id);
        id
    }

    /// The number of the list that is in `scratch`.
    fn number(&mut self) -> PathFormulasId {
        let hash = |formulas: &[FormulaId]| FxBuildHasher.hash_one(formulas);
        let (lists, scratch) = (&self.lists, &self.scratch);
        let hashed = hash(scratch);
        if let Some(found) = self.ids.find(hashed, |id| lists.of(*id) == scratch) {
            return *found;
        }
        let id = u32::try_from(self.lists.count()).unwrap_or(u32::MAX);
        self.ids.insert_unique(hashed, id, |id| hash(lists.of(*id)));
        self.lists.all.extend_from_slice(&self.scratch);
        id
    }
}
