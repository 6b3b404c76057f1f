//! What the policies in force do, for many accounts at once: which accounts are treated alike, which calls pass that should not,
//! which statements change nothing.
//!
//! Accounts with the same path, and nothing in the policies that tells them apart, are one *group*. What the levels of a path hold
//! for a class of actions is a *formula* ([`formula`]); equal formulas are worked out once, so costs grow with distinct paths and
//! formulas, not with accounts × actions.

mod formula;
mod idle;
mod ordinary;
mod passing;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use scproof_evaluator::symbolic::{ActionClass, ActionTraits, Atom, CellId, CompiledPair, Facts, Layer, LevelId, Side};
use scproof_evaluator::{Access, Decision, Reason, Request};
use scproof_organization::NodeId;
use scproof_policy_parser::Effect;

use crate::actions::{ActionIndex, ActionSet};
use crate::diagram::{Function, TooLarge};
use crate::difference::{Limits, is_limited};
use crate::space::{Question, Space};
use formula::{Formula, FormulaId, Formulas, VectorId};
pub use idle::{Removal, Shadow};
pub use passing::{PassingGroup, PassingKind, PassingRegion};

/// The policies in force, ready for questions about all accounts.
pub struct Standing<'p> {
    pair: &'p CompiledPair,
    limits: Limits,
    accounts: Arc<[NodeId]>,
    classes: Arc<[ActionClass]>,
    groups: Arc<[AccountGroup]>,
    group_of: Arc<FxHashMap<NodeId, usize>>,
    /// The groups of accounts that SCPs govern by the statements on their paths, ascending.
    groups_by_statement: Arc<OnceLock<FxHashMap<u32, Vec<usize>>>>,
    actions: Arc<OnceLock<ActionIndex<'p>>>,
    formulas: Formulas<'p>,
    /// One account for each signature.
    samples: Arc<[NodeId]>,
    /// Levels that may be asked about beside the organization's own.
    beside: Vec<LevelId>,
    spaces: Vec<Space<'p>>,
    /// The space of a signature and traits with all atoms; `None` where they are too many for one.
    shared: FxHashMap<(usize, ActionTraits), Option<usize>>,
    /// How facts are cut for shared spaces; forks with the same levels beside have them together.
    shared_facts: Arc<Mutex<FxHashMap<(usize, ActionTraits), Facts>>>,
    /// Spaces for some atoms only.
    own: FxHashMap<(usize, ActionTraits, Vec<Atom>), Option<usize>>,
    passes: FxHashMap<FormulaKey, Option<(usize, Function)>>,
    ordinary: FxHashMap<usize, Vec<ordinary::OrdinaryCells>>,
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

/// How SCPs treat the actions of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Treatment {
    /// What [`CompiledOrganization::decide`](scproof_evaluator::CompiledOrganization::decide) says if nothing but account and action is
    /// known.
    pub access: Access,
    /// Equal for two conditional treatments exactly if the same calls pass, unless a limit was met: then they may differ although the
    /// same calls pass.
    pub condition: u32,
}

/// Accounts whose calls SCPs treat alike, whatever the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlikeAccounts {
    /// Places in the list of accounts that was asked about, ascending.
    pub accounts: Vec<usize>,
    /// Why SCPs do not apply to them, if they do not.
    pub not_applicable: Option<Reason>,
    /// How the actions of each class are treated, in the order of [`Standing::action_classes`].
    pub treatments: Arc<[Treatment]>,
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

const NEVER: Treatment = Treatment { access: Access::NeverBlocked, condition: 0 };
const ALWAYS: Treatment = Treatment { access: Access::AlwaysBlocked, condition: 1 };

impl<'p> Standing<'p> {
    /// Gets ready for questions about some accounts. `beside`: levels that will be asked about beside the organization's own, from
    /// [`CompiledPair::compile_beside`].
    ///
    /// Takes time in proportion to accounts, and to distinct paths × classes of actions.
    pub fn new(pair: &'p CompiledPair, accounts: &[NodeId], beside: &[LevelId], limits: Limits) -> Self {
        let classes = pair.action_classes();
        let mut formulas = Formulas::new(pair, &classes);
        let nodes: Vec<[NodeId; 2]> = accounts.iter().map(|node| [*node, *node]).collect();
        let mut samples: Vec<NodeId> = Vec::new();
        let mut signature_ids = FxHashMap::default();
        let mut groups: Vec<AccountGroup> = Vec::new();
        let mut group_of = FxHashMap::default();
        let mut group_ids: FxHashMap<(usize, Layer, &[LevelId]), usize> = FxHashMap::default();
        for (index, (account, signature)) in accounts.iter().zip(pair.account_signatures(&nodes)).enumerate() {
            let signature = *signature_ids.entry(signature).or_insert_with(|| {
                samples.push(*account);
                samples.len() - 1
            });
            let layer = pair.layer(Side::Before, *account, "another-service:another-action");
            let levels = pair.path_levels(Side::Before, *account);
            let next = groups.len();
            let group = *group_ids.entry((signature, layer, levels)).or_insert(next);
            if group == next {
                let vector = formulas.of_path(pair.levels(Side::Before, *account));
                groups.push(AccountGroup { accounts: Vec::new(), layer, signature, levels: levels.into(), vector });
            }
            group_of.insert(*account, group);
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
            group_of: Arc::new(group_of),
            groups_by_statement: Arc::default(),
            actions: Arc::default(),
            formulas,
            samples: samples.into(),
            beside: beside.to_vec(),
            spaces: Vec::new(),
            shared: FxHashMap::default(),
            shared_facts: Arc::default(),
            own: FxHashMap::default(),
            passes: FxHashMap::default(),
            ordinary: FxHashMap::default(),
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
            formulas: self.formulas.clone(),
            samples: Arc::clone(&self.samples),
            beside: beside.to_vec(),
            spaces: Vec::new(),
            shared: FxHashMap::default(),
            shared_facts: if *beside == *self.beside { Arc::clone(&self.shared_facts) } else { Arc::default() },
            own: FxHashMap::default(),
            passes: FxHashMap::default(),
            ordinary: FxHashMap::default(),
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

    /// All accounts by how SCPs treat their calls; those with the first accounts first.
    pub fn alike_accounts(&mut self) -> Vec<AlikeAccounts> {
        let treatments = self.treatments();
        let mut alike: Vec<AlikeAccounts> = Vec::new();
        let mut ids: FxHashMap<(Option<Reason>, Arc<[Treatment]>), usize> = FxHashMap::default();
        let mut by_list: FxHashMap<(VectorId, usize, Layer), usize> = FxHashMap::default();
        for group in self.groups.iter() {
            let list = (group.vector, group.signature, group.layer);
            let next = alike.len();
            let place = if let Some(place) = by_list.get(&list) {
                *place
            } else {
                let not_applicable = match group.layer {
                    Layer::Passes(reason) => Some(reason),
                    Layer::Decides | Layer::Pending => None,
                };
                let formulas = self.formulas.of_vector(group.vector);
                let found: Arc<[Treatment]> = self
                    .classes
                    .iter()
                    .zip(formulas.iter())
                    .map(|(class, formula)| {
                        let Some(key) = Self::key(group, class, *formula) else { return NEVER };
                        self.plain(&key).or_else(|| treatments.get(&key).copied()).unwrap_or(NEVER)
                    })
                    .collect();
                let place = *ids.entry((not_applicable, Arc::clone(&found))).or_insert(next);
                if place == next {
                    alike.push(AlikeAccounts { accounts: Vec::new(), not_applicable, treatments: found });
                }
                by_list.insert(list, place);
                place
            };
            if let Some(found) = alike.get_mut(place) {
                found.accounts.extend(&group.accounts);
            }
        }
        for found in &mut alike {
            found.accounts.sort_unstable();
        }
        alike.sort_by(|one, other| one.accounts.first().cmp(&other.accounts.first()));
        alike
    }

    /// The setting of a formula; `None` where SCPs stop nothing.
    fn key(group: &AccountGroup, class: &ActionClass, formula: FormulaId) -> Option<FormulaKey> {
        if class.traits.is_undeniable() || matches!(group.layer, Layer::Passes(_)) {
            return None;
        }
        Some(FormulaKey { formula, signature: group.signature, traits: class.traits, layer: group.layer })
    }

    /// The treatment that can be read off the formula.
    fn plain(&self, key: &FormulaKey) -> Option<Treatment> {
        let formula = self.formulas.formula(key.formula);
        match key.layer {
            Layer::Passes(_) => Some(NEVER),
            _ if formula.passes() => Some(NEVER),
            Layer::Decides if formula.denies || formula.lacks_allow() => Some(ALWAYS),
            Layer::Decides | Layer::Pending => None,
        }
    }

    /// The treatment of each formula that depends on more than the action. Asks the evaluator once a formula, unless there is a call
    /// that certainly passes, and one that certainly does not: then it must say that the answer is unknown (K3-15).
    fn treatments(&mut self) -> FxHashMap<FormulaKey, Treatment> {
        let mut samples: FxHashMap<FormulaKey, (NodeId, usize)> = FxHashMap::default();
        let mut seen: FxHashSet<(VectorId, usize, Layer)> = FxHashSet::default();
        for group in self.groups.iter() {
            if !seen.insert((group.vector, group.signature, group.layer)) {
                continue;
            }
            let account = group.accounts.first().and_then(|first| self.accounts.get(*first)).copied();
            let Some(account) = account else { continue };
            let formulas = self.formulas.of_vector(group.vector);
            for (index, (class, formula)) in self.classes.iter().zip(formulas.iter()).enumerate() {
                if let Some(key) = Self::key(group, class, *formula)
                    && self.plain(&key).is_none()
                {
                    samples.entry(key).or_insert((account, index));
                }
            }
        }
        let mut samples: Vec<(FormulaKey, (NodeId, usize))> = samples.into_iter().collect();
        samples.sort_unstable();
        let depends: Vec<bool> = samples.iter().map(|(key, _)| self.depends(key)).collect();
        let compiled = self.pair.side(Side::Before);
        let organization = compiled.organization();
        let decisions: Vec<Decision> = samples
            .par_iter()
            .zip(&depends)
            .map(|((_, (account, class)), depends)| {
                if *depends {
                    return Decision::Unknown;
                }
                let action = self.classes.get(*class).map_or("", |class| &class.representative);
                let request = Request::new(organization.node(*account).target.as_str(), action);
                // Account and action are ours, so the question is well-formed.
                compiled.ask(&request).unwrap_or(Decision::Unknown)
            })
            .collect();
        let mut found = FxHashMap::default();
        let mut conditions: FxHashMap<(usize, Function), u32> = FxHashMap::default();
        for ((key, _), decision) in samples.iter().zip(decisions) {
            let treatment = match decision {
                Decision::Allowed | Decision::NotApplicable => NEVER,
                Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => ALWAYS,
                Decision::Unknown => {
                    let next = u32::try_from(conditions.len()).unwrap_or(u32::MAX).saturating_add(2);
                    // Beyond the limit a formula is like itself only.
                    let condition = self.passes(key).unwrap_or((usize::MAX - key.formula as usize, Function::TRUE));
                    let condition = *conditions.entry(condition).or_insert(next);
                    Treatment { access: Access::Conditional, condition }
                }
            };
            found.insert(*key, treatment);
        }
        found
    }

    /// Whether it is certain that some calls pass a formula, and some do not.
    fn depends(&mut self, key: &FormulaKey) -> bool {
        let Some((place, passes)) = self.passes(key) else { return false };
        self.spaces.get_mut(place).is_some_and(|space| space.has_both(passes) == Ok(true))
    }

    /// The calls that pass, as a function in a space; `None` if there is no room for it.
    fn passes(&mut self, key: &FormulaKey) -> Option<(usize, Function)> {
        if let Some(found) = self.passes.get(key) {
            return *found;
        }
        let atoms = self.atoms_of(self.formulas.formula(key.formula));
        let formula = self.formulas.formula(key.formula).clone();
        let found = self.in_space(key.signature, key.traits, &atoms, |space| space.passes(&formula, key.layer));
        self.passes.insert(*key, found);
        found
    }

    fn atoms_of(&self, formula: &Formula) -> BTreeSet<Atom> {
        let candidates = formula.deny.iter().chain(formula.allow.iter().flat_map(|allow| &allow.statements));
        candidates.flat_map(|candidate| self.pair.statement_atoms(candidate.statement())).copied().collect()
    }

    /// Works something out in the space that all formulas share, or if there is no room in one for its atoms alone.
    fn in_space<T>(
        &mut self,
        signature: usize,
        traits: ActionTraits,
        atoms: &BTreeSet<Atom>,
        mut work: impl FnMut(&mut Space<'p>) -> Result<T, TooLarge>,
    ) -> Option<(usize, T)> {
        if let Some(place) = self.shared_space(signature, traits)
            && let Some(space) = self.spaces.get_mut(place)
            && let Ok(found) = work(space)
        {
            return Some((place, found));
        }
        let key = (signature, traits, atoms.iter().copied().collect::<Vec<Atom>>());
        let place = if let Some(place) = self.own.get(&key) {
            *place
        } else {
            let place = self.new_space(signature, traits, atoms, false);
            self.own.insert(key, place);
            place
        };
        let place = place?;
        let found = self.spaces.get_mut(place).and_then(|space| work(space).ok())?;
        Some((place, found))
    }

    fn shared_space(&mut self, signature: usize, traits: ActionTraits) -> Option<usize> {
        if let Some(place) = self.shared.get(&(signature, traits)) {
            return *place;
        }
        let mut levels: BTreeSet<LevelId> = self.beside.iter().copied().collect();
        for group in self.groups.iter().filter(|group| group.signature == signature) {
            levels.extend(group.levels.iter());
        }
        let statements = levels.iter().flat_map(|level| self.pair.level_statements(*level));
        let atoms: BTreeSet<Atom> =
            statements.flat_map(|statement| self.pair.statement_atoms(*statement)).copied().collect();
        let place = self.new_space(signature, traits, &atoms, true);
        self.shared.insert((signature, traits), place);
        place
    }

    fn new_space(
        &mut self,
        signature: usize,
        traits: ActionTraits,
        atoms: &BTreeSet<Atom>,
        whole: bool,
    ) -> Option<usize> {
        let node = *self.samples.get(signature)?;
        let action = self.classes.iter().find(|class| class.traits == traits)?;
        let cut = || self.pair.facts([node, node], &action.representative, atoms.iter().copied());
        let facts = if whole {
            let mut known = self.shared_facts.lock().unwrap_or_else(PoisonError::into_inner);
            known.entry((signature, traits)).or_insert_with(cut).clone()
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

impl Space<'_> {
    /// The calls that pass a formula, of those that there can be.
    fn passes(&mut self, formula: &Formula, layer: Layer) -> Result<Function, TooLarge> {
        let mut denied = if formula.denies { Function::TRUE } else { Function::FALSE };
        for candidate in &formula.deny {
            let matches = self.candidate(*candidate, Effect::Deny, Side::Before)?;
            denied = self.diagrams.or(denied, matches)?;
        }
        for level in &formula.unreadable {
            let question = self.question(Question::Denies(*level))?;
            denied = self.diagrams.or(denied, question)?;
        }
        let mut passes = self.diagrams.not(denied)?;
        for allow in &formula.allow {
            let mut here = Function::FALSE;
            for candidate in &allow.statements {
                let matches = self.candidate(*candidate, Effect::Allow, Side::Before)?;
                here = self.diagrams.or(here, matches)?;
            }
            if let Some(level) = allow.unreadable {
                let question = self.question(Question::Allows(level))?;
                here = self.diagrams.or(here, question)?;
            }
            passes = self.diagrams.and(passes, here)?;
        }
        if layer == Layer::Pending {
            let on = self.question(Question::PolicyType)?;
            let off = self.diagrams.not(on)?;
            passes = self.diagrams.or(passes, off)?;
        }
        self.diagrams.and(passes, self.possible)
    }

    /// The calls of a cell that a level's Deny statements match.
    fn matched_by(&mut self, level: LevelId, cell: CellId, pair: &CompiledPair) -> Result<Function, TooLarge> {
        let mut any = Function::FALSE;
        for statement in pair.level_statements(level) {
            if pair.statement_effect(*statement) != Some(Effect::Deny) {
                continue;
            }
            let Some(candidate) = pair.candidate(*statement, cell) else { continue };
            let matches = self.candidate(candidate, Effect::Deny, Side::Before)?;
            any = self.diagrams.or(any, matches)?;
        }
        self.diagrams.and(any, self.possible)
    }
}
