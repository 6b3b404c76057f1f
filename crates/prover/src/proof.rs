//! What the policies in force do, for many accounts at once: which accounts have the same permissions, which calls pass
//! that should not, which statements change nothing.
//!
//! Accounts with the same path, and nothing in the policies that tells them apart, are one *group*. What the levels of
//! a path hold for a class of actions is a *formula* ([`formula`]); equal formulas are worked out once, so costs grow
//! with distinct paths and formulas, not with accounts × actions.

mod access;
mod aim;
mod fact_store;
mod formula;
mod memo;
mod merging;
mod no_effect;
mod ordinary;
mod passing;
mod path_formulas;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use scproof_evaluator::symbolic::{
    ActionClass, ActionTraits, Applicability, Atom, CellId, CompiledViews, Facts, LevelId, ShapeId, View,
};
use scproof_organization::NodeId;

use crate::actions::{ActionIndex, ActionSet};
use crate::diagram::{Done, Function, TooLarge};
use crate::limits::Limits;
use crate::region::Change;
use crate::space::RequestSpace;
pub use access::{ClassAccess, SameAccess};
pub use aim::Aim;
use fact_store::{FactStore, SharedKey};
use formula::{Formula, FormulaId, Formulas};
use memo::PassingMemo;
pub use no_effect::{NoEffect, Removal};
pub use passing::{PassingGroup, PassingKind, PassingRegion};
use path_formulas::{PathFormulas, PathFormulasId};

/// The policies in force, ready for questions about all accounts: a session that remembers what it has worked out.
pub struct PolicyProof<'p> {
    views: &'p CompiledViews,
    limits: Limits,
    accounts: Arc<[NodeId]>,
    classes: Arc<[ActionClass]>,
    /// The places of the classes by their cells.
    classes_by_cell: Arc<[(CellId, Vec<usize>)]>,
    groups: Arc<[AccountGroup]>,
    /// By node the group of an account.
    group_of: Arc<[Option<usize>]>,
    /// The groups of accounts that SCPs govern by the statements on their paths, ascending.
    groups_by_statement: Arc<OnceLock<FxHashMap<u32, Vec<usize>>>>,
    actions: Arc<OnceLock<ActionIndex<'p>>>,
    formulas: Arc<Formulas<'p>>,
    path_formulas: Arc<PathFormulas>,
    /// Parts have it together.
    fact_store: Arc<FactStore<'p>>,
    spaces: Vec<RequestSpace<'p>>,
    /// What formulas let through, by the place of the space.
    known: FxHashMap<usize, PassingMemo>,
    /// Spaces with all atoms; `None` where they are too many for one.
    shared: FxHashMap<SharedKey, Option<usize>>,
    /// Spaces for some atoms only.
    own: FxHashMap<(usize, ActionTraits, Vec<Atom>), Option<usize>>,
    ordinary: FxHashMap<usize, Arc<[ordinary::OrdinaryCells]>>,
    named: FxHashMap<(usize, Function), Arc<ordinary::Named>>,
    /// What passes of the calls that a guardrail means, sorted: by space, what is meant, and what of it passes.
    sorted: FxHashMap<(usize, ShapeId, Function, Function), Arc<[Change]>>,
    /// By space and what is meant: calls that some caller can make, whoever it is.
    widened: FxHashMap<(usize, Function), Done>,
}

/// Accounts that no policy tells apart.
#[derive(Debug)]
struct AccountGroup {
    /// Places in the list of accounts.
    accounts: Vec<usize>,
    applicability: Applicability,
    signature: usize,
    /// All levels of the path, root first.
    levels: Box<[LevelId]>,
    /// What the levels hold for each class of actions.
    list: PathFormulasId,
}

impl AccountGroup {
    fn is_governed(&self) -> bool {
        !matches!(self.applicability, Applicability::Settled(..))
    }
}

/// A formula in a setting in which it has one meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct FormulaKey {
    formula: FormulaId,
    signature: usize,
    traits: ActionTraits,
    shape: ShapeId,
    applicability: Applicability,
}

impl std::fmt::Debug for PolicyProof<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PolicyProof")
            .field("accounts", &self.accounts.len())
            .field("sizes", &self.sizes())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ActionSets<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActionSets").field("classes", &self.classes).finish_non_exhaustive()
    }
}

impl<'p> PolicyProof<'p> {
    /// Gets ready for questions about some accounts. `hypothetical`: levels that will be asked about as if they stood
    /// on paths, from [`CompiledViews::with_hypothetical`].
    ///
    /// Takes time in proportion to accounts, and to distinct paths × classes of actions.
    pub fn new(views: &'p CompiledViews, accounts: &[NodeId], hypothetical: &[LevelId], limits: Limits) -> Self {
        // All of it on threads of the pool: coming from another thread costs more than many a part of it.
        rayon::scope(|_| Self::of_accounts(views, accounts, hypothetical, limits))
    }

    fn of_accounts(views: &'p CompiledViews, accounts: &[NodeId], hypothetical: &[LevelId], limits: Limits) -> Self {
        let nodes: Vec<[NodeId; 1]> = accounts.iter().map(|node| [*node]).collect();
        let (classes, signatures) = rayon::join(|| views.action_classes(), || views.account_signatures(&nodes));
        let mut samples: Vec<NodeId> = Vec::with_capacity(signatures.distinct.len());
        let mut groups: Vec<AccountGroup> = Vec::new();
        let mut paths: Vec<&[LevelId]> = Vec::new();
        let mut group_of: Vec<Option<usize>> = vec![None; views.view(View::FIRST).organization().node_count()];
        let mut group_ids: FxHashMap<(usize, Applicability, Option<u32>), usize> = FxHashMap::default();
        for (index, (account, signature)) in accounts.iter().zip(signatures.of_account).enumerate() {
            let applicability = views.applicability(View::FIRST, *account, "another-service:another-action");
            if signature == samples.len() {
                samples.push(*account);
            }
            let path = views.path_number(View::FIRST, *account);
            let next = groups.len();
            let group = *group_ids.entry((signature, applicability, path)).or_insert(next);
            if group == next {
                let levels = views.path_levels(View::FIRST, *account).into();
                paths.push(views.levels(View::FIRST, *account));
                groups.push(AccountGroup { accounts: Vec::new(), applicability, signature, levels, list: 0 });
            }
            if let Some(slot) = group_of.get_mut(account.index()) {
                *slot = Some(group);
            }
            if let Some(group) = groups.get_mut(group) {
                group.accounts.push(index);
            }
        }
        let mut formulas = Formulas::new(views, &classes, paths.len());
        let fact_store = FactStore::new(views, &samples, &groups, &classes, hypothetical);
        let ((path_formulas, list_of), ()) =
            rayon::join(|| PathFormulas::of_paths(&mut formulas, &paths), || fact_store.cut_all());
        for (group, list) in groups.iter_mut().zip(list_of) {
            group.list = list;
        }
        let mut by_cell: BTreeMap<CellId, Vec<usize>> = BTreeMap::new();
        for (index, class) in classes.iter().enumerate() {
            by_cell.entry(class.cell).or_default().push(index);
        }
        Self {
            views,
            limits,
            classes_by_cell: by_cell.into_iter().collect(),
            accounts: accounts.into(),
            classes: classes.into(),
            groups: groups.into(),
            group_of: group_of.into(),
            groups_by_statement: Arc::default(),
            actions: Arc::default(),
            formulas: Arc::new(formulas),
            path_formulas: Arc::new(path_formulas),
            fact_store: Arc::new(fact_store),
            spaces: Vec::new(),
            known: FxHashMap::default(),
            shared: FxHashMap::default(),
            own: FxHashMap::default(),
            ordinary: FxHashMap::default(),
            named: FxHashMap::default(),
            sorted: FxHashMap::default(),
            widened: FxHashMap::default(),
        }
    }

    /// The same for questions about other hypothetical levels. What has been worked out about paths is shared, what has
    /// been worked out about calls is not: it starts with all its room, whatever was asked before.
    #[must_use]
    pub fn fork(&self, hypothetical: &[LevelId]) -> Self {
        self.with(Arc::new(self.fact_store.with(hypothetical)))
    }

    fn with(&self, fact_store: Arc<FactStore<'p>>) -> Self {
        Self {
            views: self.views,
            limits: self.limits.clone(),
            accounts: Arc::clone(&self.accounts),
            classes: Arc::clone(&self.classes),
            classes_by_cell: Arc::clone(&self.classes_by_cell),
            groups: Arc::clone(&self.groups),
            group_of: Arc::clone(&self.group_of),
            groups_by_statement: Arc::clone(&self.groups_by_statement),
            actions: Arc::clone(&self.actions),
            formulas: Arc::clone(&self.formulas),
            path_formulas: Arc::clone(&self.path_formulas),
            fact_store,
            spaces: Vec::new(),
            known: FxHashMap::default(),
            shared: FxHashMap::default(),
            own: FxHashMap::default(),
            ordinary: FxHashMap::default(),
            named: FxHashMap::default(),
            sorted: FxHashMap::default(),
            widened: FxHashMap::default(),
        }
    }

    /// One more to work with at the same time, on spaces of its own; to be [adopted](Self::adopt).
    fn part(&self) -> Self {
        self.with(Arc::clone(&self.fact_store))
    }

    /// Takes over the spaces of a part, in which something was worked out.
    fn adopt(&mut self, part: Self) {
        let first = self.spaces.len();
        let here = |place: usize| first + place;
        self.spaces.extend(part.spaces);
        self.known.extend(part.known.into_iter().map(|(place, known)| (here(place), known)));
        self.shared.extend(part.shared.into_iter().map(|(key, place)| (key, place.map(here))));
        self.own.extend(part.own.into_iter().map(|(key, place)| (key, place.map(here))));
    }

    /// Whether somebody ended the work ([`Limits::stop`]): what is not found by then may be there.
    pub fn is_stopped(&self) -> bool {
        self.limits.stop.is_stopped()
    }

    /// What the questions are about.
    pub fn views(&self) -> &'p CompiledViews {
        self.views
    }

    /// Every action there is or may be, in classes that no statement tells apart.
    pub fn action_classes(&self) -> &[ActionClass] {
        &self.classes
    }

    /// Whether the classes hold every name that an action may have. If not, there are services whose patterns are too
    /// many-sided for their unlisted names to be cut, and nothing is proved of all calls.
    pub fn has_all_names(&self) -> bool {
        self.views.uncut_services().next().is_none()
    }

    /// The number of distinct paths, of distinct lists of formulas, and of distinct formulas: what costs grow with.
    pub fn sizes(&self) -> [usize; 3] {
        [self.groups.len(), self.path_formulas.count(), self.formulas.formula_count()]
    }

    /// The actions of some classes in patterns, exactly; the classes in any order.
    pub fn action_sets(&self) -> ActionSets<'p> {
        self.actions.get_or_init(|| ActionIndex::new(self.views, &self.classes));
        ActionSets { index: Arc::clone(&self.actions), classes: self.classes.len() }
    }

    /// The setting of a formula; `None` where SCPs stop nothing.
    fn key(&self, group: &AccountGroup, class: &ActionClass, formula: FormulaId) -> Option<FormulaKey> {
        let applicability = self.views.applicability_to(group.applicability, class.traits);
        let applicability = applicability.filter(|found| !matches!(found, Applicability::Settled(..)))?;
        let ActionClass { traits, shape, .. } = *class;
        Some(FormulaKey { formula, signature: group.signature, traits, shape, applicability })
    }

    /// The pairs that pass, whatever else a call is checked against, as a function in a space; `None` if there is no
    /// room for it.
    fn passes(&mut self, key: &FormulaKey) -> Option<(usize, Function)> {
        let atoms = |proof: &Self| proof.atoms_of(proof.formulas.formula(key.formula));
        self.in_space((key.signature, key.traits, None), atoms, |formulas, space, known| {
            known.passes(space, formulas, key.formula, key.applicability)
        })
    }

    fn atoms_of(&self, formula: &Formula) -> BTreeSet<Atom> {
        let candidates = formula.deny.iter().chain(formula.allow.iter().flat_map(|allow| &allow.statements));
        candidates.flat_map(|candidate| self.views.statement_atoms(candidate.statement())).copied().collect()
    }

    /// Works something out in the space that all formulas share; if there is no room in one, in that of all formulas
    /// and one hypothetical level; else for its atoms alone.
    fn in_space<T>(
        &mut self,
        (signature, traits, level): SharedKey,
        atoms: impl FnOnce(&Self) -> BTreeSet<Atom>,
        mut work: impl FnMut(&Formulas<'p>, &mut RequestSpace<'p>, &mut PassingMemo) -> Result<T, TooLarge>,
    ) -> Option<(usize, T)> {
        if self.limits.stop.is_stopped() {
            return None;
        }
        let narrower = level.map(|level| (signature, traits, Some(level)));
        for key in [Some((signature, traits, None)), narrower].into_iter().flatten() {
            if let Some(place) = self.shared_space(key)
                && let Some(space) = self.spaces.get_mut(place)
                && let Ok(found) = work(&self.formulas, space, self.known.entry(place).or_default())
            {
                return Some((place, found));
            }
        }
        let atoms = atoms(self);
        let key = (signature, traits, atoms.iter().copied().collect::<Vec<Atom>>());
        let place = if let Some(place) = self.own.get(&key) {
            *place
        } else {
            let facts = self.fact_store.of_atoms(signature, traits, &atoms);
            let place = facts.and_then(|facts| self.add_space(signature, facts));
            self.own.insert(key, place);
            place
        };
        let place = place?;
        let space = self.spaces.get_mut(place)?;
        let found = work(&self.formulas, space, self.known.entry(place).or_default()).ok()?;
        Some((place, found))
    }

    fn shared_space(&mut self, key: SharedKey) -> Option<usize> {
        if let Some(place) = self.shared.get(&key) {
            return *place;
        }
        let facts = self.fact_store.shared(key).filter(|facts| !facts.is_limited());
        let place = facts.and_then(|facts| self.add_space(key.0, facts));
        self.shared.insert(key, place);
        place
    }

    fn add_space(&mut self, signature: usize, facts: impl Into<Arc<Facts>>) -> Option<usize> {
        let space = self.fact_store.space(signature, facts, &self.limits)?;
        self.spaces.push(space);
        Some(self.spaces.len() - 1)
    }
}

/// Writes sets of actions as patterns.
pub struct ActionSets<'a> {
    index: Arc<OnceLock<ActionIndex<'a>>>,
    classes: usize,
}

impl ActionSets<'_> {
    /// The actions of some classes, by their places in [`PolicyProof::action_classes`].
    pub fn describe(&self, classes: &[usize]) -> ActionSet {
        let mut is_in = vec![false; self.classes];
        for class in classes {
            if let Some(slot) = is_in.get_mut(*class) {
                *slot = true;
            }
        }
        self.index.get().map(|index| index.describe(&|class| is_in.get(class) == Some(&true))).unwrap_or_default()
    }
}
