//! What changes nothing: statements and attachments without which the same calls pass, for all accounts.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use scproof_evaluator::symbolic::{ActionTraits, Applicability, ClassKey, ShapeId, View};
use scproof_organization::NodeId;
use scproof_policy_parser::Effect;

use crate::diagram::Function;
use crate::proof::formula::FormulaId;
use crate::proof::path_formulas::PathFormulasId;
use crate::proof::{AccountGroup, FormulaKey, PolicyProof};

/// Statements to think away.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Removal {
    /// Some statements, wherever they are attached, by number.
    Statements(Range<u32>),
    /// Some statements of the policies at one node, by number.
    At(NodeId, Range<u32>),
}

/// Why a Deny statement changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoEffect {
    /// One other Deny statement blocks all of it; by number.
    By(u32),
    /// Nothing that it denies is allowed at every level.
    NotAllowed,
    /// Several together block all of it.
    Together,
}

impl PolicyProof<'_> {
    /// Whether it is proved that the same calls pass without some statements, for all accounts. `false`: they do not,
    /// or it could not be settled. Of no accounts nothing is proved.
    pub fn has_no_effect(&mut self, removal: &Removal) -> bool {
        if !self.has_all_names() {
            return false;
        }
        let groups = self.groups_with(removal);
        let (range, place) = match removal {
            Removal::Statements(range) => (range.clone(), None),
            Removal::At(node, range) => {
                let organization = self.views.view(View::FIRST).organization();
                (range.clone(), Some(organization.inheritance_path(*node).len().saturating_sub(1)))
            }
        };
        // Classes of one cell differ in what their calls are checked against, not in what the levels hold.
        let by_cell = Arc::clone(&self.classes_by_cell);
        let may_concern = |cell| range.clone().any(|number| self.views.candidate(number, cell).is_some());
        let concerned: Vec<&[usize]> =
            by_cell.iter().filter(|(cell, _)| may_concern(*cell)).map(|(_, classes)| classes.as_slice()).collect();
        let only_denies = range.clone().all(|number| self.views.statement_effect(number) == Some(Effect::Deny));
        let mut same: FxHashSet<(FormulaKey, FormulaId)> = FxHashSet::default();
        let mut done: FxHashSet<FormulaKey> = FxHashSet::default();
        // For each list of formulas whether it was looked at without looking at the levels behind it.
        let mut by_list: FxHashMap<(PathFormulasId, usize, Applicability), bool> = FxHashMap::default();
        let path_formulas = Arc::clone(&self.path_formulas);
        for &index in &groups {
            let Some(list) = self.groups.get(index).map(|group| (group.list, group.signature, group.applicability))
            else {
                continue;
            };
            if by_list.get(&list) == Some(&true) {
                continue;
            }
            let formulas = path_formulas.of(list.0);
            let mut by_formulas = true;
            for classes in &concerned {
                let Some(&first) = classes.first() else { continue };
                let formula = formulas.get(first).copied().unwrap_or(0);
                // Denials of all levels are one list, so it does not matter from which level they are taken.
                let is_denial = only_denies && place.is_none() && !self.formulas.formula(formula).denies;
                let mut without: Option<FormulaId> = None;
                for &class in *classes {
                    let Some((group, class)) = self.groups.get(index).zip(self.classes.get(class)) else { continue };
                    let Some(key) = self.key(group, class, formula) else { continue };
                    if is_denial && !done.insert(key) {
                        continue;
                    }
                    let without = *without.get_or_insert_with(|| {
                        let formulas = Arc::make_mut(&mut self.formulas);
                        if is_denial {
                            return formulas.without_denials(formula, &range);
                        }
                        by_formulas = false;
                        formulas.without(&group.levels, first, &range, place)
                    });
                    if without != formula && same.insert((key, without)) && !self.is_same(&key, without) {
                        return false;
                    }
                }
            }
            by_list.insert(list, by_formulas);
        }
        !groups.is_empty()
    }

    /// Whether the same calls pass two formulas.
    fn is_same(&mut self, key: &FormulaKey, other: FormulaId) -> bool {
        let atoms = |proof: &Self| {
            let mut atoms = proof.atoms_of(proof.formulas.formula(key.formula));
            atoms.extend(proof.atoms_of(proof.formulas.formula(other)));
            atoms
        };
        self.in_space((key.signature, key.traits, None), atoms, |formulas, space, known| {
            let before = known.passes(space, formulas, key.formula, key.applicability)?;
            let after = known.passes(space, formulas, other, key.applicability)?;
            Ok(space.calls(key.shape, before)? == space.calls(key.shape, after)?)
        })
        .is_some_and(|(_, equal)| equal)
    }

    /// Whether a statement matches no action at all, not even one that is not known today: its list is empty, or
    /// nothing in it is the name of an action.
    pub fn matches_no_action(&self, statement: u32) -> bool {
        self.has_all_names() && self.classes.iter().all(|class| self.views.candidate(statement, class.cell).is_none())
    }

    /// Whether it is proved that a statement matches no call at all, though its action part does: its conditions and
    /// resources cannot hold together. Looks at the accounts that it is attached for.
    pub fn never_matches(&mut self, statement: u32) -> bool {
        if !self.has_all_names() {
            return false;
        }
        let removal = Removal::Statements(statement..statement.saturating_add(1));
        let paths = self.groups_with(&removal);
        let signatures: BTreeSet<usize> =
            paths.iter().filter_map(|group| self.groups.get(*group)).map(|group| group.signature).collect();
        let mut settings: BTreeSet<(usize, ClassKey)> = BTreeSet::new();
        for class in self.classes.iter() {
            let is_deniable = self.views.applicability_to(Applicability::Decides, class.traits).is_some();
            if is_deniable && self.views.candidate(statement, class.cell).is_some() {
                settings.extend(signatures.iter().map(|signature| (*signature, class.key())));
            }
        }
        let mut seen: FxHashSet<(usize, ActionTraits, ShapeId, bool)> = FxHashSet::default();
        let settings: Vec<_> = settings.into_iter().collect();
        let any = !settings.is_empty();
        any && settings.into_iter().all(|(signature, class)| {
            let (cell, traits, shape) = class;
            let Some(candidate) = self.views.candidate(statement, cell) else { return true };
            !seen.insert((signature, traits, shape, candidate.is_uncertain()))
                || self.matches(statement, signature, class) == Some(Function::FALSE)
        })
    }

    /// Why a Deny statement that is [idle](Self::has_no_effect) is so; `None` if it is not one reason for all accounts.
    pub fn why_no_effect(&mut self, statement: u32) -> Option<NoEffect> {
        let removal = Removal::Statements(statement..statement.saturating_add(1));
        let paths = self.groups_with(&removal);
        let denies = |it: &Self, number: u32| it.views.statement_effect(number) == Some(Effect::Deny);
        let mut common: Option<BTreeSet<u32>> = None;
        for group in paths.iter().filter_map(|group| self.groups.get(*group)) {
            let here: BTreeSet<u32> =
                group.levels.iter().flat_map(|level| self.views.level_statements(*level)).copied().collect();
            common = Some(match common {
                None => here,
                Some(common) => common.intersection(&here).copied().collect(),
            });
        }
        let others: Vec<u32> =
            common?.into_iter().filter(|other| *other != statement && denies(self, *other)).collect();
        let signatures: BTreeSet<usize> =
            paths.iter().filter_map(|group| self.groups.get(*group)).map(|group| group.signature).collect();
        for other in others {
            let mut covers = true;
            for class in 0..self.classes.len() {
                let Some(class) = self.classes.get(class) else { continue };
                let (class, cell) = (class.key(), class.cell);
                let Some(own) = self.views.candidate(statement, cell) else { continue };
                let Some(found) = self.views.candidate(other, cell) else {
                    covers = false;
                    break;
                };
                covers = signatures.iter().all(|signature| {
                    (found.is_uncertain() <= own.is_uncertain()) && self.is_part_of(statement, other, *signature, class)
                });
                if !covers {
                    break;
                }
            }
            if covers {
                return Some(NoEffect::By(other));
            }
        }
        for group in paths.iter().filter_map(|group| self.groups.get(*group)) {
            for (index, class) in self.classes.iter().enumerate() {
                if self.views.candidate(statement, class.cell).is_none() {
                    continue;
                }
                let own = statement..statement.saturating_add(1);
                let without = Arc::make_mut(&mut self.formulas).without(&group.levels, index, &own, None);
                if !self.formulas.formula(without).lacks_allow() {
                    return Some(NoEffect::Together);
                }
            }
        }
        Some(NoEffect::NotAllowed)
    }

    /// The calls that a statement matches.
    fn matches(&mut self, statement: u32, signature: usize, (cell, traits, shape): ClassKey) -> Option<Function> {
        let candidate = self.views.candidate(statement, cell)?;
        let atoms = |proof: &Self| proof.views.statement_atoms(statement).iter().copied().collect();
        let found = self.in_space((signature, traits, None), atoms, |_, space, _| {
            let matches = space.candidate(candidate, Effect::Deny, View::FIRST)?;
            let possible = space.possible_calls(shape)?;
            space.diagrams.and(matches, possible)
        });
        found.map(|(_, function)| function)
    }

    fn is_part_of(&mut self, part: u32, whole: u32, signature: usize, (cell, traits, shape): ClassKey) -> bool {
        let views = self.views;
        let (Some(part), Some(whole)) = (views.candidate(part, cell), views.candidate(whole, cell)) else {
            return false;
        };
        let atoms = |number| views.statement_atoms(number).iter().copied();
        let all = |_: &Self| atoms(part.statement()).chain(atoms(whole.statement())).collect();
        let found = self.in_space((signature, traits, None), all, |_, space, _| {
            let part = space.candidate(part, Effect::Deny, View::FIRST)?;
            let possible = space.possible_calls(shape)?;
            let part = space.diagrams.and(part, possible)?;
            let whole = space.candidate(whole, Effect::Deny, View::FIRST)?;
            space.diagrams.and_not(part, whole)
        });
        found.is_some_and(|(_, left)| left == Function::FALSE)
    }

    /// The groups of accounts that SCPs govern and on whose paths the statements stand.
    fn groups_with(&self, removal: &Removal) -> Vec<usize> {
        match removal {
            Removal::Statements(range) => {
                let by_statement = self.groups_by_statement.get_or_init(|| self.index_statements());
                let mut groups: Vec<usize> =
                    range.clone().filter_map(|number| by_statement.get(&number)).flatten().copied().collect();
                groups.sort_unstable();
                groups.dedup();
                groups
            }
            Removal::At(node, _) => {
                let organization = self.views.view(View::FIRST).organization();
                let below =
                    organization.subtree(*node).filter_map(|node| self.group_of.get(node.index()).copied().flatten());
                let governs = |index: &usize| self.groups.get(*index).is_some_and(AccountGroup::is_governed);
                let groups: BTreeSet<usize> = below.filter(governs).collect();
                groups.into_iter().collect()
            }
        }
    }

    pub(super) fn index_statements(&self) -> FxHashMap<u32, Vec<usize>> {
        let mut by_statement: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
        for (index, group) in self.groups.iter().enumerate().filter(|(_, group)| group.is_governed()) {
            for statement in group.levels.iter().flat_map(|level| self.views.level_statements(*level)) {
                let groups = by_statement.entry(*statement).or_default();
                if groups.last() != Some(&index) {
                    groups.push(index);
                }
            }
        }
        by_statement
    }
}
