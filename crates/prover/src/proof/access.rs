//! What SCPs do with the actions of accounts: never blocked, always, or on a condition; and which accounts have that in
//! common.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use scproof_evaluator::symbolic::{
    ActionClass, ActionTraits, Applicability, Atom, CallerKind, CompiledViews, ShapeId, View,
};
use scproof_evaluator::{Access, Decision, Reason, Request, RequestError, Truth};
use scproof_organization::NodeId;

use crate::diagram::{Function, Variable};
use crate::proof::formula::FormulaId;
use crate::proof::path_formulas::PathFormulasId;
use crate::proof::{AccountGroup, FormulaKey, PolicyProof};

/// How SCPs treat the actions of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClassAccess {
    /// What [`CompiledOrganization::decide`](scproof_evaluator::CompiledOrganization::decide) says if nothing but
    /// account and action is known. Where it stops at its limit of cases (K3-16) a proof may say more.
    pub access: Access,
    /// Equal for two that depend exactly if the same calls pass, unless a limit was met: then they may differ
    /// although the same calls pass.
    pub condition: u32,
}

/// Accounts whose calls SCPs treat alike, whatever the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameAccess {
    /// Places in the list of accounts that was asked about, ascending.
    pub accounts: Vec<usize>,
    /// Why SCPs do not apply to them, if they do not.
    pub not_applicable: Option<Reason>,
    /// What SCPs do with the actions of each class, in the order of [`PolicyProof::action_classes`].
    pub by_class: Arc<[ClassAccess]>,
}

/// Lists that are looked at together: fewer are done before another thread has woken up.
const AT_ONCE: usize = 64;

const NEVER: ClassAccess = ClassAccess { access: Access::NeverBlocked, condition: 0 };
const ALWAYS: ClassAccess = ClassAccess { access: Access::AlwaysBlocked, condition: 1 };

impl PolicyProof<'_> {
    /// All accounts by how SCPs treat the calls of one caller, or of any caller; those with the first accounts first.
    /// The principal is one of a name in each account, or one of the only account asked about; see
    /// [`who_can`](scproof_evaluator::CompiledOrganization::who_can).
    ///
    /// # Errors
    ///
    /// If the principal cannot be read, or is one of an account and another one is asked about; never without one.
    pub fn by_access(&mut self, principal: Option<&str>) -> Result<Vec<SameAccess>, RequestError> {
        self.by_access_of(principal.map(|principal| Request::new("", "").with_principal(principal)).as_ref())
    }

    /// The same for the calls of one caller of which more is known: the context of a request beside its principal. Its
    /// account and its action do not matter.
    ///
    /// # Errors
    ///
    /// As [`by_access`](Self::by_access).
    pub fn by_access_of(&mut self, caller: Option<&Request>) -> Result<Vec<SameAccess>, RequestError> {
        let mut exempt: Option<Reason> = None;
        if let Some(caller) = caller {
            let organization = self.views.view(View::FIRST).organization();
            let mut first = None;
            for account in self.accounts.iter() {
                let own = caller.in_account(organization, organization.node(*account).target.as_str())?;
                first = first
                    .or_else(|| self.group_of(*account).filter(|group| group.is_governed()).map(|_| (*account, own)));
            }
            let found = first.and_then(|(account, own)| {
                own.principal.and_then(|principal| self.views.exemption(View::FIRST, account, &principal))
            });
            exempt = found;
        }
        // All of it on threads of the pool; see `new`.
        Ok(rayon::scope(|_| {
            let table = if exempt.is_some() {
                AccessTable::new(self.views, &[], &self.classes, 0)
            } else {
                self.access_of_formulas(caller)
            };
            self.sort_accounts(&table, exempt)
        }))
    }

    fn sort_accounts(&self, table: &AccessTable, exempt: Option<Reason>) -> Vec<SameAccess> {
        // Groups with the same list of formulas in the same setting; what the list comes to is worked out once.
        let mut settings: FxHashMap<(PathFormulasId, usize, Applicability), usize> = FxHashMap::default();
        let mut distinct: Vec<&AccountGroup> = Vec::new();
        let list_of: Vec<usize> = self
            .groups
            .iter()
            .map(|group| {
                *settings.entry((group.list, group.signature, group.applicability)).or_insert_with(|| {
                    distinct.push(group);
                    distinct.len() - 1
                })
            })
            .collect();
        let hash = |not_applicable: Option<Reason>, row: &[u32]| FxBuildHasher.hash_one((not_applicable, row));
        let rows: Vec<AccessRow> = distinct
            .into_par_iter()
            .with_min_len(AT_ONCE)
            .map(|group| {
                let not_applicable = group.applicability.passes().or(exempt);
                let conditions: Box<[u32]> = table.of_list(group, self.path_formulas.of(group.list)).collect();
                AccessRow { hash: hash(not_applicable, &conditions), not_applicable, conditions }
            })
            .collect();
        let mut ids: HashTable<(usize, usize)> = HashTable::new();
        let mut first_rows: Vec<&AccessRow> = Vec::new();
        let places: Vec<usize> = rows
            .iter()
            .enumerate()
            .map(|(index, row)| {
                let is_same = |(other, _): &(usize, usize)| rows.get(*other) == Some(row);
                if let Some((_, place)) = ids.find(row.hash, is_same) {
                    return *place;
                }
                let place = first_rows.len();
                first_rows.push(row);
                ids.insert_unique(row.hash, (index, place), |(other, _)| rows.get(*other).map_or(0, |row| row.hash));
                place
            })
            .collect();
        let mut accounts: Vec<Vec<usize>> = vec![Vec::new(); first_rows.len()];
        for (group, list) in self.groups.iter().zip(list_of) {
            if let Some(found) = places.get(list).and_then(|place| accounts.get_mut(*place)) {
                found.extend(&group.accounts);
            }
        }
        let mut same: Vec<SameAccess> = accounts
            .into_par_iter()
            .with_min_len(AT_ONCE)
            .zip(first_rows)
            .map(|(mut accounts, row)| {
                accounts.sort_unstable();
                let by_class = row.conditions.iter().map(|condition| ClassAccess::new(*condition)).collect();
                SameAccess { accounts, not_applicable: row.not_applicable, by_class }
            })
            .collect();
        same.sort_by(|one, other| one.accounts.first().cmp(&other.accounts.first()));
        same
    }

    /// The access of each formula in each setting. What diagrams settle is settled: a call that certainly passes and
    /// one that certainly does not (K3-15), or that no call passes, or every one. The evaluator is asked about the
    /// rest, once a formula.
    fn access_of_formulas(&mut self, caller: Option<&Request>) -> AccessTable {
        let (mut table, samples) = self.plain_access();
        // Spaces of different signatures and traits have nothing in common.
        let of_space = |sample: &Sample| (sample.key.signature, sample.key.traits);
        let settings: Vec<&[Sample]> = samples.chunk_by(|one, other| of_space(one) == of_space(other)).collect();
        let parts: Vec<(Self, Vec<Settled>)> = settings
            .par_iter()
            .map(|samples| {
                let mut part = self.part();
                let mut calls = CallsOf { caller, known: FxHashMap::default() };
                let settled = samples.iter().map(|sample| part.settle(&sample.key, &mut calls)).collect();
                (part, settled)
            })
            .collect();
        let mut open: BTreeMap<(usize, Applicability, usize), Vec<&Sample>> = BTreeMap::new();
        let settled = || parts.iter().flat_map(|(_, settled)| settled);
        for (sample, _) in samples.iter().zip(settled()).filter(|(_, settled)| settled.access.is_none()) {
            open.entry((sample.key.signature, sample.key.applicability, sample.class)).or_default().push(sample);
        }
        let ask = |((_, _, class), samples): ((usize, Applicability, usize), Vec<&Sample>)| {
            if self.limits.stop.is_stopped() { Vec::new() } else { self.ask(caller, class, &samples) }
        };
        let asked: Vec<Vec<(FormulaKey, Access)>> = open.into_par_iter().map(ask).collect();
        let asked: FxHashMap<FormulaKey, Access> = asked.into_iter().flatten().collect();
        let mut conditions: FxHashMap<(usize, usize, Function), u32> = FxHashMap::default();
        let of_part =
            parts.iter().enumerate().flat_map(|(part, (_, settled))| settled.iter().map(move |it| (part, it)));
        for (index, (sample, (part, settled))) in samples.iter().zip(of_part).enumerate() {
            let access = settled.access.or_else(|| asked.get(&sample.key).copied()).unwrap_or(Access::Depends);
            let condition = match access {
                Access::NeverBlocked => NEVER.condition,
                Access::AlwaysBlocked => ALWAYS.condition,
                Access::Depends => {
                    let next = u32::try_from(conditions.len()).unwrap_or(u32::MAX).saturating_add(2);
                    // Beyond the limit a formula is like itself only.
                    let (place, passes) = settled.passes.unwrap_or((usize::MAX - index, Function::TRUE));
                    *conditions.entry((part, place, passes)).or_insert(next)
                }
            };
            table.set(sample, condition);
        }
        for (part, _) in parts {
            self.adopt(part);
        }
        table
    }

    /// What formulas say by themselves, and a sample of each other one in each setting; in the order of the settings'
    /// spaces.
    fn plain_access(&self) -> (AccessTable, Vec<Sample>) {
        let mut table = AccessTable::new(self.views, &self.groups, &self.classes, self.formulas.formula_count());
        let mut samples: Vec<Sample> = Vec::new();
        let mut seen: FxHashSet<(PathFormulasId, usize, Applicability)> = FxHashSet::default();
        for group in self.groups.iter().filter(|group| group.is_governed()) {
            if !seen.insert((group.list, group.signature, group.applicability)) {
                continue;
            }
            let account = group.accounts.first().and_then(|first| self.accounts.get(*first)).copied();
            let Some(account) = account else { continue };
            let formulas = self.path_formulas.of(group.list);
            let (kinds, first, rows) = table.rows_mut(group);
            for (index, (class, (formula, kind))) in self.classes.iter().zip(formulas.iter().zip(kinds)).enumerate() {
                let Some(kind) = *kind else { continue };
                let slot = rows.slot(first + kind, *formula);
                let Some(slot) = slot.filter(|slot| **slot == AccessTable::NOT_LOOKED_AT) else { continue };
                let Some(key) = self.key(group, class, *formula) else { continue };
                let found = self.formulas.formula(key.formula);
                *slot = if found.passes() {
                    NEVER.condition
                } else if key.applicability == Applicability::Decides && (found.denies || found.lacks_allow()) {
                    ALWAYS.condition
                } else {
                    samples.push(Sample { key, account, class: index, row: first + kind });
                    AccessTable::OPEN
                };
            }
        }
        let order = |sample: &Sample| {
            let FormulaKey { formula, signature, traits, shape, applicability } = sample.key;
            (signature, traits, shape, formula, applicability)
        };
        samples.sort_unstable_by_key(order);
        (table, samples)
    }

    /// What the evaluator says of the calls of a class, by accounts of one signature and applicability.
    fn ask(&self, caller: Option<&Request>, class: usize, samples: &[&Sample]) -> Vec<(FormulaKey, Access)> {
        let action = self.classes.get(class).map_or("", |class| &class.representative);
        let accounts: Vec<NodeId> = samples.iter().map(|sample| sample.account).collect();
        let mut question = Request::new("", action);
        question.principal = caller.and_then(|caller| caller.principal.clone());
        question.context = caller.map(|caller| caller.context.clone()).unwrap_or_default();
        // Accounts and action are ours, and the principal was tried, so the question is well-formed.
        let decisions = self.views.ask_alike(View::FIRST, &question, &accounts).unwrap_or_default();
        let decisions = decisions.into_iter().map(access).chain(std::iter::repeat(Access::Depends));
        samples.iter().map(|sample| sample.key).zip(decisions).collect()
    }

    /// What the diagrams say of the calls of a formula.
    fn settle(&mut self, key: &FormulaKey, calls: &mut CallsOf<'_>) -> Settled {
        let Some((place, passes, possible, is_exact)) = self.passes_of(key, calls) else { return Settled::default() };
        let Some(space) = self.spaces.get_mut(place) else { return Settled::default() };
        let access = if possible == Function::FALSE {
            None
        } else if passes == Function::FALSE {
            Some(Access::AlwaysBlocked)
        } else if passes == possible {
            Some(Access::NeverBlocked)
        } else {
            (is_exact && space.has_both(passes, possible) == Ok(true)).then_some(Access::Depends)
        };
        Settled { access, passes: Some((place, passes)) }
    }

    /// The calls of a caller that pass a formula, and all that the caller can make, as functions in a space; and
    /// whether there is a caller in all of these cells. `None` if there is no room.
    fn passes_of(&mut self, key: &FormulaKey, calls: &mut CallsOf<'_>) -> Option<(usize, Function, Function, bool)> {
        let (place, mut passes) = self.passes(key)?;
        let mut possible = self.spaces.get(place)?.possible;
        let mut is_exact = true;
        if let Some(caller) = calls.caller {
            let known = calls.known.get(&place).copied();
            let found = known.or_else(|| self.calls_of(place, key.traits, caller))?;
            calls.known.insert(place, found);
            is_exact = found.1;
            let diagrams = &mut self.spaces.get_mut(place)?.diagrams;
            (passes, possible) = (diagrams.and(passes, found.0).ok()?, diagrams.and(possible, found.0).ok()?);
        }
        let space = self.spaces.get_mut(place)?;
        Some((place, space.calls(key.shape, passes).ok()?, space.calls(key.shape, possible).ok()?, is_exact))
    }

    /// The cells that the calls of a caller may be in, and whether they can be in each of them.
    fn calls_of(&mut self, place: usize, traits: ActionTraits, caller: &Request) -> Option<(Function, bool)> {
        let space = self.spaces.get_mut(place)?;
        let organization = self.views.view(View::FIRST).organization();
        let class = self.classes.iter().find(|class| class.traits == traits)?;
        let request = Request { action: class.representative.clone(), ..caller.clone() };
        let request = request.in_account(organization, &space.account).ok()?;
        let kind = request.principal.as_deref().and_then(CallerKind::of_principal);
        let mut calls = Function::TRUE;
        let mut is_exact = true;
        for fact in 0..space.facts.facts.len() {
            let atoms = space.facts.atoms_of(fact);
            let numbers: Vec<Atom> = atoms.iter().map(|(atom, _)| *atom).collect();
            let truths = self.views.atom_truths(View::FIRST, &request, &numbers).ok()?;
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

/// A formula in a setting, and where it is met first.
struct Sample {
    key: FormulaKey,
    account: NodeId,
    /// The place of the class.
    class: usize,
    /// Its row of the table.
    row: usize,
}

/// What the diagrams say of the calls of a formula.
#[derive(Default)]
struct Settled {
    /// Nothing if they leave it open.
    access: Option<Access>,
    /// The calls that pass, as a function in a space, if there was room.
    passes: Option<(usize, Function)>,
}

/// The access of a list of formulas by their `condition`, which says it all.
#[derive(PartialEq, Eq)]
struct AccessRow {
    hash: u64,
    not_applicable: Option<Reason>,
    conditions: Box<[u32]>,
}

/// The calls of a caller, in the spaces where that was worked out.
struct CallsOf<'a> {
    /// A question with nothing but a principal; of anybody without one.
    caller: Option<&'a Request>,
    known: FxHashMap<usize, (Function, bool)>,
}

/// The access of each formula in each setting, by its `condition`.
struct AccessTable {
    /// The rows of accounts by signature and applicability, and for each class of actions which of them.
    rows_of: FxHashMap<(usize, Applicability), usize>,
    kind_of: Vec<Option<usize>>,
    rows: AccessRows,
}

/// What formulas come to, by row and formula.
#[derive(Default)]
struct AccessRows {
    /// One row a setting; as long as there are formulas for calls of any shape, else empty: few formulas are met there.
    dense: Vec<Vec<u32>>,
    sparse: FxHashMap<(usize, FormulaId), u32>,
}

impl AccessRows {
    fn slot(&mut self, row: usize, formula: FormulaId) -> Option<&mut u32> {
        let dense = self.dense.get_mut(row)?;
        if dense.is_empty() {
            return Some(self.sparse.entry((row, formula)).or_insert(AccessTable::NOT_LOOKED_AT));
        }
        dense.get_mut(formula as usize)
    }

    fn get(&self, row: usize, formula: FormulaId) -> Option<u32> {
        let dense = self.dense.get(row)?;
        if dense.is_empty() { self.sparse.get(&(row, formula)) } else { dense.get(formula as usize) }.copied()
    }
}

impl AccessTable {
    const NOT_LOOKED_AT: u32 = u32::MAX;
    const OPEN: u32 = u32::MAX - 1;

    fn new(views: &CompiledViews, groups: &[AccountGroup], classes: &[ActionClass], formulas: usize) -> Self {
        let mut kinds: FxHashMap<(ActionTraits, ShapeId), usize> = FxHashMap::default();
        let mut shapes: Vec<ShapeId> = Vec::new();
        let kind_of = classes
            .iter()
            .map(|class| {
                views.applicability_to(Applicability::Decides, class.traits)?;
                Some(*kinds.entry((class.traits, class.shape)).or_insert_with(|| {
                    shapes.push(class.shape);
                    shapes.len() - 1
                }))
            })
            .collect();
        let mut rows_of = FxHashMap::default();
        for group in groups.iter().filter(|group| group.is_governed()) {
            let next = rows_of.len() * shapes.len();
            rows_of.entry((group.signature, group.applicability)).or_insert(next);
        }
        let row = |shape: &ShapeId| {
            if *shape == ShapeId::ANY { vec![Self::NOT_LOOKED_AT; formulas] } else { Vec::new() }
        };
        let dense = (0..rows_of.len()).flat_map(|_| shapes.iter().map(row)).collect();
        let rows = AccessRows { dense, sparse: FxHashMap::default() };
        Self { rows_of, kind_of, rows }
    }

    /// The rows of an account group's setting, one a kind of action, and the place of the first.
    fn rows_mut(&mut self, group: &AccountGroup) -> (&[Option<usize>], usize, &mut AccessRows) {
        let first = self.rows_of.get(&(group.signature, group.applicability)).copied();
        (&self.kind_of, first.unwrap_or(usize::MAX / 2), &mut self.rows)
    }

    fn set(&mut self, sample: &Sample, condition: u32) {
        if let Some(slot) = self.rows.slot(sample.row, sample.key.formula) {
            *slot = condition;
        }
    }

    /// The access of a list of formulas, one a class of actions.
    fn of_list(&self, group: &AccountGroup, formulas: &[FormulaId]) -> impl Iterator<Item = u32> {
        let first = self.rows_of.get(&(group.signature, group.applicability)).copied();
        self.kind_of.iter().zip(formulas).map(move |(kind, formula)| {
            let row = first.zip(*kind).map(|(first, kind)| first + kind);
            row.and_then(|row| self.rows.get(row, *formula)).unwrap_or(NEVER.condition)
        })
    }
}

impl ClassAccess {
    fn new(condition: u32) -> Self {
        let access = match condition {
            0 => Access::NeverBlocked,
            1 => Access::AlwaysBlocked,
            _ => Access::Depends,
        };
        Self { access, condition }
    }
}

fn access(decision: Decision) -> Access {
    match decision {
        Decision::Allowed | Decision::NotApplicable => Access::NeverBlocked,
        Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => Access::AlwaysBlocked,
        Decision::Unknown => Access::Depends,
    }
}
