//! How the facts behind the formulas of a signature are cut: once for all of them, where there is room.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use scproof_evaluator::symbolic::{
    ActionClass, ActionTraits, Applicability, Atom, CompiledViews, CutMemory, Facts, LevelId, View,
};
use scproof_organization::NodeId;

use crate::crowded::is_crowded;
use crate::limits::Limits;
use crate::proof::AccountGroup;
use crate::space::RequestSpace;

/// What all calls of a shared space have in common: signature and traits; and the hypothetical level, if not those of
/// all are in it.
pub(super) type SharedKey = (usize, ActionTraits, Option<LevelId>);

/// Cuts facts, and remembers how.
#[derive(Debug)]
pub(super) struct FactStore<'p> {
    views: &'p CompiledViews,
    /// One account for each signature.
    samples: Arc<[NodeId]>,
    /// All levels on the paths of a signature's accounts that SCPs govern.
    levels: Arc<[FxHashSet<LevelId>]>,
    /// An action for each combination of traits.
    actions: Arc<BTreeMap<ActionTraits, String>>,
    /// Levels that may be asked about as if they stood on paths.
    hypothetical: Vec<LevelId>,
    cuts: Arc<CutMemory>,
    shared: Mutex<FxHashMap<SharedKey, Arc<Facts>>>,
}

impl<'p> FactStore<'p> {
    /// `samples`: an account for each signature.
    pub(super) fn new(
        views: &'p CompiledViews,
        samples: &[NodeId],
        groups: &[AccountGroup],
        classes: &[ActionClass],
        hypothetical: &[LevelId],
    ) -> Self {
        let mut levels: Vec<FxHashSet<LevelId>> = vec![FxHashSet::default(); samples.len()];
        for group in groups.iter().filter(|group| group.is_governed()) {
            if let Some(levels) = levels.get_mut(group.signature) {
                levels.extend(&group.levels);
            }
        }
        let mut actions: BTreeMap<ActionTraits, String> = BTreeMap::new();
        for class in classes {
            actions.entry(class.traits).or_insert_with(|| class.representative.clone());
        }
        Self {
            views,
            samples: samples.into(),
            levels: levels.into(),
            actions: Arc::new(actions),
            hypothetical: hypothetical.to_vec(),
            cuts: Arc::default(),
            shared: Mutex::default(),
        }
    }

    /// The same with other hypothetical levels.
    pub(super) fn with(&self, hypothetical: &[LevelId]) -> Self {
        Self {
            views: self.views,
            samples: Arc::clone(&self.samples),
            levels: Arc::clone(&self.levels),
            actions: Arc::clone(&self.actions),
            hypothetical: hypothetical.to_vec(),
            cuts: Arc::clone(&self.cuts),
            shared: Mutex::default(),
        }
    }

    /// Cuts the facts behind all formulas of each signature, for all actions that a Deny can stop.
    pub(super) fn cut_all(&self) {
        let is_governed = |signature: &usize| self.levels.get(*signature).is_some_and(|levels| !levels.is_empty());
        let signatures: Vec<usize> = (0..self.samples.len()).filter(is_governed).collect();
        signatures.into_par_iter().for_each(|signature| {
            let atoms = self.atoms(signature, None);
            if is_crowded(self.views, &atoms) {
                return;
            }
            let is_deniable =
                |traits: &&ActionTraits| self.views.applicability_to(Applicability::Decides, **traits).is_some();
            for traits in self.actions.keys().filter(is_deniable) {
                let facts = self.of_atoms(signature, *traits, &atoms);
                self.known().extend(facts.map(|facts| ((signature, *traits, None), Arc::new(facts))));
            }
        });
    }

    /// The facts behind all formulas; `None` where they are too many for one space.
    pub(super) fn shared(&self, key: SharedKey) -> Option<Arc<Facts>> {
        let found = self.known().get(&key).cloned();
        if found.is_some() {
            return found;
        }
        let (signature, traits, level) = key;
        // Not cut under the lock: cutting waits for threads that may wait for it.
        let atoms = self.atoms(signature, level);
        if is_crowded(self.views, &atoms) {
            return None;
        }
        let facts = Arc::new(self.of_atoms(signature, traits, &atoms)?);
        Some(Arc::clone(self.known().entry(key).or_insert(facts)))
    }

    /// The facts behind some atoms.
    pub(super) fn of_atoms(&self, signature: usize, traits: ActionTraits, atoms: &BTreeSet<Atom>) -> Option<Facts> {
        let node = *self.samples.get(signature)?;
        let action = self.actions.get(&traits)?;
        Some(self.views.facts(&[node], action, atoms.iter().copied(), &self.cuts))
    }

    /// The space of some facts of a signature; `None` if there is no room for it.
    pub(super) fn space(
        &self,
        signature: usize,
        facts: impl Into<Arc<Facts>>,
        limits: &Limits,
    ) -> Option<RequestSpace<'p>> {
        let node = *self.samples.get(signature)?;
        let account = self.views.view(View::FIRST).organization().node(node).target.as_str().to_owned();
        RequestSpace::new(self.views, facts, account, limits).ok()
    }

    /// All atoms on the paths of a signature and of the hypothetical levels: of all, or of one.
    fn atoms(&self, signature: usize, level: Option<LevelId>) -> BTreeSet<Atom> {
        let hypothetical = self.hypothetical.iter().filter(|found| level.is_none_or(|level| **found == level));
        let levels = self.levels.get(signature).into_iter().flatten().chain(hypothetical);
        let statements: FxHashSet<u32> =
            levels.flat_map(|level| self.views.level_statements(*level)).copied().collect();
        statements.into_iter().flat_map(|statement| self.views.statement_atoms(statement)).copied().collect()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, FxHashMap<SharedKey, Arc<Facts>>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
