//! How the actions of accounts are treated: never blocked, always, or on a condition; and which accounts are treated alike.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use scproof_evaluator::symbolic::{ActionClass, ActionTraits, Atom, CallerKind, Layer, Side};
use scproof_evaluator::{Access, Decision, Reason, Request, RequestError, Truth};
use scproof_organization::NodeId;

use crate::diagram::{Function, Variable};
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
        // Without a principal nothing can be wrong with it.
        self.alike_accounts_of(None).unwrap_or_default()
    }

    /// All accounts by how SCPs treat the calls of one caller; of any caller without one. The principal is one of a name in each account, or
    /// one of the only account asked about; see [`who_can`](scproof_evaluator::CompiledOrganization::who_can).
    ///
    /// # Errors
    ///
    /// If the principal cannot be read, or is one of an account and another one is asked about.
    pub fn alike_accounts_of(&mut self, principal: Option<&str>) -> Result<Vec<AlikeAccounts>, RequestError> {
        let caller = principal.map(|principal| Request::new("", "").with_principal(principal));
        let mut exempt: Option<Reason> = None;
        if let Some(caller) = &caller {
            let organization = self.pair.side(Side::Before).organization();
            let mut first = None;
            for account in self.accounts.iter() {
                let own = caller.in_account(organization, organization.node(*account).target.as_str())?;
                first = first
                    .or_else(|| self.group_of(*account).filter(|group| group.is_governed()).map(|_| (*account, own)));
            }
            let found = first.and_then(|(account, own)| {
                own.principal.and_then(|principal| self.pair.exemption(Side::Before, account, &principal))
            });
            exempt = found;
        }
        let table = if exempt.is_some() {
            TreatmentTable::new(&[], &self.classes, 0)
        } else {
            self.treatments(caller.as_ref())
        };
        Ok(self.sort_accounts(&table, exempt))
    }

    fn sort_accounts(&self, table: &TreatmentTable, exempt: Option<Reason>) -> Vec<AlikeAccounts> {
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
                    Layer::Decides | Layer::Pending => exempt,
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
    fn treatments(&mut self, caller: Option<&Request>) -> TreatmentTable {
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
        let mut calls = CallsOf { caller, known: FxHashMap::default() };
        for (key, account, class) in samples {
            match self.settle(&key, &mut calls) {
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
                let mut question = Request::new("", action);
                question.principal = caller.and_then(|caller| caller.principal.clone());
                // Accounts and action are ours, and the principal was tried, so the question is well-formed.
                let decisions = pair.ask_alike(Side::Before, &question, &accounts).unwrap_or_default();
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
                    let passes = self.passes_of(&key, &mut calls).map(|(place, passes, ..)| (place, passes));
                    let passes = passes.unwrap_or((usize::MAX - key.formula as usize, Function::TRUE));
                    *conditions.entry(passes).or_insert(next)
                }
            };
            table.set(&key, condition);
        }
        table
    }

    /// What the diagrams say of the calls of a formula; `None` if they do not settle it.
    fn settle(&mut self, key: &FormulaKey, calls: &mut CallsOf<'_>) -> Option<Access> {
        let (place, passes, possible, is_exact) = self.passes_of(key, calls)?;
        let space = self.spaces.get_mut(place)?;
        if possible == Function::FALSE {
            None
        } else if passes == Function::FALSE {
            Some(Access::AlwaysBlocked)
        } else if passes == possible {
            Some(Access::NeverBlocked)
        } else {
            (is_exact && space.has_both(passes, possible) == Ok(true)).then_some(Access::Conditional)
        }
    }

    /// The calls of a caller that pass a formula, and all that the caller can make, as functions in a space; and whether there is a caller in
    /// all of these cells. `None` if there is no room.
    fn passes_of(&mut self, key: &FormulaKey, calls: &mut CallsOf<'_>) -> Option<(usize, Function, Function, bool)> {
        let (place, passes) = self.passes(key)?;
        let possible = self.spaces.get(place)?.possible;
        let Some(caller) = calls.caller else { return Some((place, passes, possible, true)) };
        let known = calls.known.get(&place).copied();
        let (own, is_exact) = known.or_else(|| self.calls_of(place, key.traits, caller))?;
        calls.known.insert(place, (own, is_exact));
        let diagrams = &mut self.spaces.get_mut(place)?.diagrams;
        Some((place, diagrams.and(passes, own).ok()?, diagrams.and(possible, own).ok()?, is_exact))
    }

    /// The cells that the calls of a caller may be in, and whether they can be in each of them.
    fn calls_of(&mut self, place: usize, traits: ActionTraits, caller: &Request) -> Option<(Function, bool)> {
        let space = self.spaces.get_mut(place)?;
        let organization = self.pair.side(Side::Before).organization();
        let class = self.classes.iter().find(|class| class.traits == traits)?;
        let request = Request { action: class.representative.clone(), ..caller.clone() };
        let request = request.in_account(organization, &space.account).ok()?;
        let kind = request.principal.as_deref().and_then(CallerKind::of_principal);
        let mut calls = Function::TRUE;
        let mut is_exact = true;
        for fact in 0..space.facts.facts.len() {
            let atoms = space.facts.atoms_of(fact);
            let numbers: Vec<Atom> = atoms.iter().map(|(atom, _)| *atom).collect();
            let truths = self.pair.atom_truths(Side::Before, &request, &numbers).ok()?;
            let known = truths.iter().filter(|truth| **truth != Truth::Unknown).count();
            is_exact &= known == 0 || known == truths.len();
            let is_like: Vec<bool> = space
                .facts
                .facts
                .get(fact)?
                .cells
                .iter()
                .enumerate()
                .map(|(cell, found)| {
                    let is_of_kind = found.kind.is_none() || kind.is_none() || found.kind == kind;
                    is_of_kind
                        && atoms.iter().zip(&truths).all(|((_, row), truth)| {
                            let of_cell = row.get(cell).copied().unwrap_or(Truth::Unknown);
                            *truth == Truth::Unknown || of_cell == Truth::Unknown || of_cell == *truth
                        })
                })
                .collect();
            let variable = Variable::try_from(fact).ok()?;
            let here = space.diagrams.literal(variable, |cell| is_like.get(cell as usize) == Some(&true)).ok()?;
            calls = space.diagrams.and(calls, here).ok()?;
        }
        Some((calls, is_exact))
    }

    fn group_of(&self, account: NodeId) -> Option<&AccountGroup> {
        self.group_of.get(account.index()).copied().flatten().and_then(|group| self.groups.get(group))
    }
}

/// The calls of a caller, in the spaces where that was worked out.
struct CallsOf<'a> {
    /// A question with nothing but a principal; of anybody without one.
    caller: Option<&'a Request>,
    known: FxHashMap<usize, (Function, bool)>,
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
