//! How the actions of accounts are treated: never blocked, always, or on a condition; and which accounts are treated alike.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use scproof_evaluator::symbolic::{ActionClass, ActionTraits, Layer, Side};
use scproof_evaluator::{Access, Decision, Reason};
use scproof_organization::NodeId;

use crate::diagram::Function;
use crate::standing::formula::{FormulaId, VectorId};
use crate::standing::{AccountGroup, FormulaKey, Standing};

/// How SCPs treat the actions of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Treatment {
    /// What [`CompiledOrganization::decide`](scproof_evaluator::CompiledOrganization::decide) says if nothing but account and action is
    /// known. Where it stops at its limit of cases (K3-16) a proof may say more.
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

const NEVER: Treatment = Treatment { access: Access::NeverBlocked, condition: 0 };
const ALWAYS: Treatment = Treatment { access: Access::AlwaysBlocked, condition: 1 };

impl Standing<'_> {
    /// All accounts by how SCPs treat their calls; those with the first accounts first.
    pub fn alike_accounts(&mut self) -> Vec<AlikeAccounts> {
        let table = self.treatments();
        let mut alike: Vec<AlikeAccounts> = Vec::new();
        let mut ids: HashTable<usize> = HashTable::new();
        let mut by_list: FxHashMap<(VectorId, usize, Layer), usize> = FxHashMap::default();
        // Treatments by their `condition`, which says it all.
        let mut row: Vec<u32> = Vec::new();
        let mut rows: Vec<(Option<Reason>, Box<[u32]>)> = Vec::new();
        let hash = |not_applicable: Option<Reason>, row: &[u32]| FxBuildHasher.hash_one((not_applicable, row));
        for group in self.groups.iter() {
            let list = (group.vector, group.signature, group.layer);
            let place = if let Some(place) = by_list.get(&list) {
                *place
            } else {
                let not_applicable = match group.layer {
                    Layer::Passes(reason) => Some(reason),
                    Layer::Decides | Layer::Pending => None,
                };
                let formulas = self.formulas.of_vector(group.vector);
                row.clear();
                row.extend(table.of_list(group, &formulas));
                let hashed = hash(not_applicable, &row);
                let is_same = |place: &usize| {
                    rows.get(*place).is_some_and(|(of, known)| *of == not_applicable && **known == *row)
                };
                let place = if let Some(place) = ids.find(hashed, is_same) {
                    *place
                } else {
                    let place = alike.len();
                    let treatments = row.iter().map(|condition| Treatment::new(*condition)).collect();
                    alike.push(AlikeAccounts { accounts: Vec::new(), not_applicable, treatments });
                    rows.push((not_applicable, row.as_slice().into()));
                    ids.insert_unique(hashed, place, |place| {
                        rows.get(*place).map_or(0, |(not_applicable, row)| hash(*not_applicable, row))
                    });
                    place
                };
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

    /// The treatment of each formula in each setting. What diagrams settle is settled: a call that certainly passes and one that
    /// certainly does not (K3-15), or that no call passes, or every one. The evaluator is asked about the rest, once a formula.
    fn treatments(&mut self) -> TreatmentTable {
        let mut table = TreatmentTable::new(&self.groups, &self.classes, self.formulas.formula_count());
        let mut samples: Vec<(FormulaKey, NodeId, usize)> = Vec::new();
        let mut seen: FxHashSet<(VectorId, usize, Layer)> = FxHashSet::default();
        let groups = Arc::clone(&self.groups);
        let classes = Arc::clone(&self.classes);
        for group in groups.iter().filter(|group| group.is_governed()) {
            if !seen.insert((group.vector, group.signature, group.layer)) {
                continue;
            }
            let account = group.accounts.first().and_then(|first| self.accounts.get(*first)).copied();
            let Some(account) = account else { continue };
            let formulas = self.formulas.of_vector(group.vector);
            let (kinds, rows) = table.rows_mut(group);
            for (index, (class, (formula, kind))) in classes.iter().zip(formulas.iter().zip(kinds)).enumerate() {
                let row = kind.and_then(|kind| rows.get_mut(kind));
                let Some(slot) = row.and_then(|row| row.get_mut(*formula as usize)) else { continue };
                if *slot != TreatmentTable::NOT_LOOKED_AT {
                    continue;
                }
                let Some(key) = Self::key(group, class, *formula) else { continue };
                let found = self.formulas.formula(key.formula);
                *slot = if found.passes() {
                    NEVER.condition
                } else if key.layer == Layer::Decides && (found.denies || found.lacks_allow()) {
                    ALWAYS.condition
                } else {
                    samples.push((key, account, index));
                    TreatmentTable::OPEN
                };
            }
        }
        samples.sort_unstable();
        let mut open: BTreeMap<(usize, Layer, usize), Vec<(FormulaKey, NodeId)>> = BTreeMap::new();
        let mut settled: Vec<(FormulaKey, Access)> = Vec::with_capacity(samples.len());
        for (key, account, class) in samples {
            match self.settle(&key) {
                Some(access) => settled.push((key, access)),
                None => open.entry((key.signature, key.layer, class)).or_default().push((key, account)),
            }
        }
        let pair = self.pair;
        let asked: Vec<Vec<(FormulaKey, Access)>> = open
            .into_par_iter()
            .map(|((.., class), asked)| {
                let action = classes.get(class).map_or("", |class| &class.representative);
                let accounts: Vec<NodeId> = asked.iter().map(|(_, account)| *account).collect();
                // Account and action are ours, so the question is well-formed.
                let decisions = pair.ask_alike(Side::Before, action, &accounts).unwrap_or_default();
                let decisions = decisions.into_iter().map(access).chain(std::iter::repeat(Access::Conditional));
                asked.into_iter().map(|(key, _)| key).zip(decisions).collect()
            })
            .collect();
        settled.extend(asked.into_iter().flatten());
        settled.sort_unstable();
        let mut conditions: FxHashMap<(usize, Function), u32> = FxHashMap::default();
        for (key, access) in settled {
            let condition = match access {
                Access::NeverBlocked => NEVER.condition,
                Access::AlwaysBlocked => ALWAYS.condition,
                Access::Conditional => {
                    let next = u32::try_from(conditions.len()).unwrap_or(u32::MAX).saturating_add(2);
                    // Beyond the limit a formula is like itself only.
                    let calls = self.passes(&key).unwrap_or((usize::MAX - key.formula as usize, Function::TRUE));
                    *conditions.entry(calls).or_insert(next)
                }
            };
            table.set(&key, condition);
        }
        table
    }

    /// What the diagrams say of the calls of a formula; `None` if they do not settle it.
    fn settle(&mut self, key: &FormulaKey) -> Option<Access> {
        let (place, passes) = self.passes(key)?;
        let space = self.spaces.get_mut(place)?;
        if space.possible == Function::FALSE {
            None
        } else if passes == Function::FALSE {
            Some(Access::AlwaysBlocked)
        } else if passes == space.possible {
            Some(Access::NeverBlocked)
        } else {
            (space.has_both(passes) == Ok(true)).then_some(Access::Conditional)
        }
    }
}

/// The treatment of each formula in each setting, by its `condition`.
struct TreatmentTable {
    /// The rows of accounts by signature and layer, and for each class of actions which of them.
    rows_of: FxHashMap<(usize, Layer), usize>,
    kinds: Vec<ActionTraits>,
    kind_of: Vec<Option<usize>>,
    /// One row a setting, as long as there are formulas.
    rows: Vec<Vec<u32>>,
}

impl TreatmentTable {
    const NOT_LOOKED_AT: u32 = u32::MAX;
    const OPEN: u32 = u32::MAX - 1;

    fn new(groups: &[AccountGroup], classes: &[ActionClass], formulas: usize) -> Self {
        let mut kinds: Vec<ActionTraits> = Vec::new();
        let kind_of = classes
            .iter()
            .map(|class| {
                if class.traits.is_undeniable() {
                    return None;
                }
                let found = kinds.iter().position(|kind| *kind == class.traits);
                Some(found.unwrap_or_else(|| {
                    kinds.push(class.traits);
                    kinds.len() - 1
                }))
            })
            .collect();
        let mut rows_of = FxHashMap::default();
        for group in groups.iter().filter(|group| group.is_governed()) {
            let next = rows_of.len() * kinds.len();
            rows_of.entry((group.signature, group.layer)).or_insert(next);
        }
        let rows = vec![vec![Self::NOT_LOOKED_AT; formulas]; rows_of.len() * kinds.len()];
        Self { rows_of, kinds, kind_of, rows }
    }

    /// The rows of an account group's setting, one a kind of action.
    fn rows_mut(&mut self, group: &AccountGroup) -> (&[Option<usize>], &mut [Vec<u32>]) {
        let first = self.rows_of.get(&(group.signature, group.layer)).copied();
        let rows = first.and_then(|first| self.rows.get_mut(first..first + self.kinds.len()));
        (&self.kind_of, rows.unwrap_or(&mut []))
    }

    fn set(&mut self, key: &FormulaKey, condition: u32) {
        let kind = self.kinds.iter().position(|kind| *kind == key.traits);
        let row = self.rows_of.get(&(key.signature, key.layer)).zip(kind).map(|(first, kind)| first + kind);
        let slot = row.and_then(|row| self.rows.get_mut(row)).and_then(|row| row.get_mut(key.formula as usize));
        if let Some(slot) = slot {
            *slot = condition;
        }
    }

    /// The treatments of a list of formulas, one a class of actions.
    fn of_list(&self, group: &AccountGroup, formulas: &[FormulaId]) -> impl Iterator<Item = u32> {
        let first = self.rows_of.get(&(group.signature, group.layer)).copied();
        let rows = first.and_then(|first| self.rows.get(first..first + self.kinds.len())).unwrap_or(&[]);
        self.kind_of.iter().zip(formulas).map(move |(kind, formula)| {
            let row = kind.and_then(|kind| rows.get(kind));
            row.and_then(|row| row.get(*formula as usize)).copied().unwrap_or(NEVER.condition)
        })
    }
}

impl Treatment {
    fn new(condition: u32) -> Self {
        let access = match condition {
            0 => Access::NeverBlocked,
            1 => Access::AlwaysBlocked,
            _ => Access::Conditional,
        };
        Self { access, condition }
    }
}

fn access(decision: Decision) -> Access {
    match decision {
        Decision::Allowed | Decision::NotApplicable => Access::NeverBlocked,
        Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => Access::AlwaysBlocked,
        Decision::Unknown => Access::Conditional,
    }
}
