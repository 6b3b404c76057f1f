//! What the policies in force do, for many accounts at once: which accounts are treated alike, which calls pass that should not,
//! which statements change nothing.
//!
//! Accounts with the same path, and nothing in the policies that tells them apart, are one *group*. What the levels of a path hold
//! for a class of actions is a *formula* ([`formula`]); equal formulas are worked out once, so costs grow with distinct paths and
//! formulas, not with accounts × actions.

mod formula;
mod idle;
mod joining;
mod known;
mod ordinary;
mod passing;
mod treatment;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use scproof_evaluator::symbolic::{
    ActionClass, ActionTraits, Atom, CompiledPair, Facts, Layer, LevelId, Side, TextCuts,
};
use scproof_organization::NodeId;

use crate::actions::{ActionIndex, ActionSet};
use crate::diagram::{Done, Function, TooLarge};
use crate::difference::{Limits, is_limited};
use crate::region::Change;
use crate::space::Space;
use formula::{Formula, FormulaId, Formulas, VectorId};
pub use idle::{Removal, Shadow};
use known::Known;
pub use passing::{PassingGroup, PassingKind, PassingRegion};
pub use treatment::{AlikeAccounts, Treatment};

/// What all calls of a shared space have in common: signature and traits; and the level beside, if not those of all levels are in it.
type SharedKey = (usize, ActionTraits, Option<LevelId>);

/// The policies in force, ready for questions about all accounts.
pub struct Standing<'p> {
    pair: &'p CompiledPair,
    limits: Limits,
    accounts: Arc<[NodeId]>,
    classes: Arc<[ActionClass]>,
    groups: Arc<[AccountGroup]>,
    /// By node the group of an account.
    group_of: Arc<[Option<usize>]>,
    /// The groups of accounts that SCPs govern by the statements on their paths, ascending.
    groups_by_statement: Arc<OnceLock<FxHashMap<u32, Vec<usize>>>>,
    actions: Arc<OnceLock<ActionIndex<'p>>>,
    formulas: Arc<Formulas<'p>>,
    /// One account for each signature.
    samples: Arc<[NodeId]>,
    /// Levels that may be asked about beside the organization's own.
    beside: Vec<LevelId>,
    spaces: Vec<Space<'p>>,
    /// What formulas let through, by the place of the space.
    known: FxHashMap<usize, Known>,
    /// Spaces with all atoms; `None` where they are too many for one.
    shared: FxHashMap<SharedKey, Option<usize>>,
    /// All atoms of the paths of a signature and of levels beside: of all, or of one.
    shared_atoms: FxHashMap<(usize, Option<LevelId>), Arc<BTreeSet<Atom>>>,
    /// How facts are cut for shared spaces; forks with the same levels beside have them together.
    shared_facts: Arc<Mutex<FxHashMap<SharedKey, Facts>>>,
    text_cuts: Arc<TextCuts>,
    /// Spaces for some atoms only.
    own: FxHashMap<(usize, ActionTraits, Vec<Atom>), Option<usize>>,
    ordinary: FxHashMap<usize, Arc<[ordinary::OrdinaryCells]>>,
    named: FxHashMap<(usize, Function), Arc<ordinary::Named>>,
    /// What passes of the calls that a guardrail means, sorted: by space, what is meant, and what of it passes.
    sorted: FxHashMap<(usize, Function, Function), Arc<[Change]>>,
    /// By space and what is meant: calls that some caller can make, whoever it is.
    widened: FxHashMap<(usize, Function), Done>,
}

/// Accounts that no policy tells apart.
#[derive(Debug)]
struct AccountGroup {
    /// Places in the list of accounts.
    accounts: Vec<usize>,
    layer: Layer,
    signature: usize,
    /// All levels of the path, root first.
    levels: Box<[LevelId]>,
    vector: VectorId,
}

impl AccountGroup {
    fn is_governed(&self) -> bool {
        !matches!(self.layer, Layer::Passes(_))
    }
}

/// A formula in a setting in which it has one meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct FormulaKey {
    formula: FormulaId,
    signature: usize,
    traits: ActionTraits,
    layer: Layer,
}

impl std::fmt::Debug for Standing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Standing")
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

impl<'p> Standing<'p> {
    /// Gets ready for questions about some accounts. `beside`: levels that will be asked about beside the organization's own, from
    /// [`CompiledPair::compile_beside`].
    ///
    /// Takes time in proportion to accounts, and to distinct paths × classes of actions.
    pub fn new(pair: &'p CompiledPair, accounts: &[NodeId], beside: &[LevelId], limits: Limits) -> Self {
        let classes = pair.action_classes();
        let mut formulas = Formulas::new(pair, &classes, accounts.len());
        let nodes: Vec<[NodeId; 2]> = accounts.iter().map(|node| [*node, *node]).collect();
        let signatures = pair.account_signatures(&nodes);
        let mut samples: Vec<NodeId> = Vec::with_capacity(signatures.distinct.len());
        let mut groups: Vec<AccountGroup> = Vec::new();
        let mut group_of: Vec<Option<usize>> = vec![None; pair.side(Side::Before).organization().node_count()];
        let mut group_ids: FxHashMap<(usize, Layer, Option<u32>), usize> = FxHashMap::default();
        let layers = pair.layers(Side::Before, accounts, "another-service:another-action");
        for (index, ((account, signature), layer)) in accounts.iter().zip(signatures.of_account).zip(layers).enumerate()
        {
            if signature == samples.len() {
                samples.push(*account);
            }
            let path = pair.path_number(Side::Before, *account);
            let next = groups.len();
            let group = *group_ids.entry((signature, layer, path)).or_insert(next);
            if group == next {
                let levels = pair.path_levels(Side::Before, *account);
                let vector = formulas.of_path(pair.levels(Side::Before, *account));
                groups.push(AccountGroup { accounts: Vec::new(), layer, signature, levels: levels.into(), vector });
            }
            if let Some(slot) = group_of.get_mut(account.index()) {
                *slot = Some(group);
            }
            if let Some(group) = groups.get_mut(group) {
                group.accounts.push(index);
            }
        }
        Self {
            pair,
            limits,
            accounts: accounts.into(),
            classes: classes.into(),
            groups: groups.into(),
            group_of: group_of.into(),
            groups_by_statement: Arc::default(),
            actions: Arc::default(),
            formulas: Arc::new(formulas),
            samples: samples.into(),
            beside: beside.to_vec(),
            spaces: Vec::new(),
            known: FxHashMap::default(),
            shared: FxHashMap::default(),
            shared_atoms: FxHashMap::default(),
            shared_facts: Arc::default(),
            text_cuts: Arc::default(),
            own: FxHashMap::default(),
            ordinary: FxHashMap::default(),
            named: FxHashMap::default(),
            sorted: FxHashMap::default(),
            widened: FxHashMap::default(),
        }
    }

    /// The same for questions about other levels beside the organization's own. What has been worked out about paths is shared, what has
    /// been worked out about calls is not: it starts with all its room, whatever was asked before.
    #[must_use]
    pub fn fork(&self, beside: &[LevelId]) -> Self {
        Self {
            pair: self.pair,
            limits: self.limits,
            accounts: Arc::clone(&self.accounts),
            classes: Arc::clone(&self.classes),
            groups: Arc::clone(&self.groups),
            group_of: Arc::clone(&self.group_of),
            groups_by_statement: Arc::clone(&self.groups_by_statement),
            actions: Arc::clone(&self.actions),
            formulas: Arc::clone(&self.formulas),
            samples: Arc::clone(&self.samples),
            beside: beside.to_vec(),
            spaces: Vec::new(),
            known: FxHashMap::default(),
            shared: FxHashMap::default(),
            shared_atoms: FxHashMap::default(),
            shared_facts: if *beside == *self.beside { Arc::clone(&self.shared_facts) } else { Arc::default() },
            text_cuts: Arc::clone(&self.text_cuts),
            own: FxHashMap::default(),
            ordinary: FxHashMap::default(),
            named: FxHashMap::default(),
            sorted: FxHashMap::default(),
            widened: FxHashMap::default(),
        }
    }

    /// What the questions are about.
    pub fn pair(&self) -> &'p CompiledPair {
        self.pair
    }

    /// Every action there is or may be, in classes that no statement tells apart.
    pub fn action_classes(&self) -> &[ActionClass] {
        &self.classes
    }

    /// Whether the classes hold every name that an action may have. If not, there are services whose patterns are too many-sided for their
    /// unlisted names to be cut, and nothing is proved of all calls.
    pub fn has_all_names(&self) -> bool {
        self.pair.uncut_services().next().is_none()
    }

    /// The number of distinct paths, of distinct lists of formulas, and of distinct formulas: what costs grow with.
    pub fn sizes(&self) -> [usize; 3] {
        [self.groups.len(), self.formulas.vector_count(), self.formulas.formula_count()]
    }

    /// The actions of some classes in patterns, exactly; the classes in any order.
    pub fn action_sets(&self) -> ActionSets<'p> {
        self.actions.get_or_init(|| ActionIndex::new(self.pair, &self.classes));
        ActionSets { index: Arc::clone(&self.actions), classes: self.classes.len() }
    }

    /// The setting of a formula; `None` where SCPs stop nothing.
    fn key(group: &AccountGroup, class: &ActionClass, formula: FormulaId) -> Option<FormulaKey> {
        if class.traits.is_undeniable() || matches!(group.layer, Layer::Passes(_)) {
            return None;
        }
        Some(FormulaKey { formula, signature: group.signature, traits: class.traits, layer: group.layer })
    }

    /// The calls that pass, as a function in a space; `None` if there is no room for it.
    fn passes(&mut self, key: &FormulaKey) -> Option<(usize, Function)> {
        let atoms = |standing: &Self| standing.atoms_of(standing.formulas.formula(key.formula));
        self.in_space((key.signature, key.traits, None), atoms, |formulas, space, known| {
            known.passes(space, formulas, key.formula, key.layer)
        })
    }

    fn atoms_of(&self, formula: &Formula) -> BTreeSet<Atom> {
        let candidates = formula.deny.iter().chain(formula.allow.iter().flat_map(|allow| &allow.statements));
        candidates.flat_map(|candidate| self.pair.statement_atoms(candidate.statement())).copied().collect()
    }

    /// Works something out in the space that all formulas share; if there is no room in one, in that of all formulas and one level beside;
    /// else for its atoms alone.
    fn in_space<T>(
        &mut self,
        (signature, traits, level): SharedKey,
        atoms: impl FnOnce(&Self) -> BTreeSet<Atom>,
        mut work: impl FnMut(&Formulas<'p>, &mut Space<'p>, &mut Known) -> Result<T, TooLarge>,
    ) -> Option<(usize, T)> {
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
            let place = self.new_space((signature, traits, level), &atoms, false);
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
        let (signature, _, level) = key;
        let atoms = if let Some(known) = self.shared_atoms.get(&(signature, level)) {
            Arc::clone(known)
        } else {
            let of_signature = self.groups.iter().filter(|group| group.signature == signature);
            let beside = self.beside.iter().filter(|beside| level.is_none_or(|level| **beside == level));
            let levels: FxHashSet<LevelId> =
                of_signature.flat_map(|group| group.levels.iter()).chain(beside).copied().collect();
            let statements = levels.into_iter().flat_map(|level| self.pair.level_statements(level));
            let statements: FxHashSet<u32> = statements.copied().collect();
            let atoms = statements.into_iter().flat_map(|statement| self.pair.statement_atoms(statement));
            let atoms: Arc<BTreeSet<Atom>> = Arc::new(atoms.copied().collect());
            self.shared_atoms.insert((signature, level), Arc::clone(&atoms));
            atoms
        };
        let place = self.new_space(key, &atoms, true);
        self.shared.insert(key, place);
        place
    }

    fn new_space(&mut self, key: SharedKey, atoms: &BTreeSet<Atom>, whole: bool) -> Option<usize> {
        let (signature, traits, _) = key;
        let node = *self.samples.get(signature)?;
        let action = self.classes.iter().find(|class| class.traits == traits)?;
        let atoms_of_space = atoms.iter().copied();
        let cut = || self.pair.facts([node, node], &action.representative, atoms_of_space, &self.text_cuts);
        let facts = if whole {
            let mut known = self.shared_facts.lock().unwrap_or_else(PoisonError::into_inner);
            known.entry(key).or_insert_with(cut).clone()
        } else {
            cut()
        };
        if whole && is_limited(&facts, atoms) {
            return None;
        }
        let account = self.pair.side(Side::Before).organization().node(node).target.as_str().to_owned();
        let space = Space::new(self.pair, facts, account, self.limits.nodes).ok()?;
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
    /// The actions of some classes, by their places in [`Standing::action_classes`].
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
