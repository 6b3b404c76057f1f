//! What changes nothing: statements and attachments without which the same calls pass, for all accounts.

use std::collections::BTreeSet;
use std::ops::Range;

use rustc_hash::FxHashSet;
use scproof_evaluator::symbolic::{ActionTraits, Atom, CellId, Layer, LevelId, Side};
use scproof_organization::NodeId;
use scproof_policy_parser::Effect;

use crate::diagram::Function;
use crate::standing::formula::FormulaId;
use crate::standing::{FormulaKey, Standing};

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
pub enum Shadow {
    /// One other Deny statement blocks all of it; by number.
    By(u32),
    /// Nothing that it denies is allowed at every level.
    NotAllowed,
    /// Several together block all of it.
    Together,
}

/// A path of accounts with what can tell them apart.
struct PathKey {
    levels: Box<[LevelId]>,
    signature: usize,
    group: usize,
}

impl Standing<'_> {
    /// Whether it is proved that the same calls pass without some statements, for all accounts. `false`: they do not, or it could not be
    /// settled. Of no accounts nothing is proved.
    pub fn is_idle(&mut self, removal: &Removal) -> bool {
        let paths = self.paths_with(removal);
        let mut same: FxHashSet<(FormulaKey, FormulaId)> = FxHashSet::default();
        for path in &paths {
            for class in 0..self.classes.len() {
                if !self.is_same_without(removal, path, class, &mut same) {
                    return false;
                }
            }
        }
        !paths.is_empty()
    }

    /// Whether it is proved that a statement matches no call at all, though its action part does: its conditions and resources cannot
    /// hold together. Looks at the accounts that it is attached for.
    pub fn never_matches(&mut self, statement: u32) -> bool {
        let removal = Removal::Statements(statement..statement.saturating_add(1));
        let paths = self.paths_with(&removal);
        let signatures: BTreeSet<usize> = paths.iter().map(|path| path.signature).collect();
        let mut settings: BTreeSet<(usize, ActionTraits, CellId)> = BTreeSet::new();
        for class in &self.classes {
            if self.pair.candidate(statement, class.cell).is_some() && !class.traits.is_undeniable() {
                settings.extend(signatures.iter().map(|signature| (*signature, class.traits, class.cell)));
            }
        }
        let mut seen: FxHashSet<(usize, ActionTraits, bool)> = FxHashSet::default();
        let settings: Vec<_> = settings.into_iter().collect();
        let any = !settings.is_empty();
        any && settings.into_iter().all(|(signature, traits, cell)| {
            let Some(candidate) = self.pair.candidate(statement, cell) else { return true };
            !seen.insert((signature, traits, candidate.is_uncertain()))
                || self.matches(statement, signature, traits, cell) == Some(Function::FALSE)
        })
    }

    /// Why a Deny statement that is [idle](Self::is_idle) is so; `None` if it is not one reason for all accounts.
    pub fn shadow(&mut self, statement: u32) -> Option<Shadow> {
        let removal = Removal::Statements(statement..statement.saturating_add(1));
        let paths = self.paths_with(&removal);
        let denies = |it: &Self, number: u32| it.pair.statement_effect(number) == Some(Effect::Deny);
        let mut common: Option<BTreeSet<u32>> = None;
        for path in &paths {
            let here: BTreeSet<u32> =
                path.levels.iter().flat_map(|level| self.pair.level_statements(*level)).copied().collect();
            common = Some(match common {
                None => here,
                Some(common) => common.intersection(&here).copied().collect(),
            });
        }
        let others: Vec<u32> =
            common?.into_iter().filter(|other| *other != statement && denies(self, *other)).collect();
        // The pair of one path stands for all: what a statement matches does not depend on the path.
        let signatures: BTreeSet<usize> = paths.iter().map(|path| path.signature).collect();
        for other in others {
            let mut covers = true;
            for class in 0..self.classes.len() {
                let Some(class) = self.classes.get(class) else { continue };
                let (cell, traits) = (class.cell, class.traits);
                let Some(own) = self.pair.candidate(statement, cell) else { continue };
                let Some(found) = self.pair.candidate(other, cell) else {
                    covers = false;
                    break;
                };
                covers = signatures.iter().all(|signature| {
                    (found.is_uncertain() <= own.is_uncertain())
                        && self.is_part_of(statement, other, *signature, traits, cell)
                });
                if !covers {
                    break;
                }
            }
            if covers {
                return Some(Shadow::By(other));
            }
        }
        for path in &paths {
            let formulas = self.groups.get(path.group).map(|group| self.formulas.of_vector(group.vector))?;
            for (class, formula) in self.classes.iter().zip(formulas.iter()) {
                if self.pair.candidate(statement, class.cell).is_some()
                    && !self.formulas.formula(*formula).lacks_allow()
                {
                    return Some(Shadow::Together);
                }
            }
        }
        Some(Shadow::NotAllowed)
    }

    /// The calls that a statement matches.
    fn matches(&mut self, statement: u32, signature: usize, traits: ActionTraits, cell: CellId) -> Option<Function> {
        let candidate = self.pair.candidate(statement, cell)?;
        let atoms: BTreeSet<Atom> = self.pair.statement_atoms(statement).iter().copied().collect();
        let found = self.in_space(signature, traits, &atoms, |space| {
            let matches = space.candidate(candidate, Effect::Deny, Side::Before)?;
            space.diagrams.and(matches, space.possible)
        });
        found.map(|(_, function)| function)
    }

    fn is_part_of(&mut self, part: u32, whole: u32, signature: usize, traits: ActionTraits, cell: CellId) -> bool {
        let pair = self.pair;
        let (Some(part), Some(whole)) = (pair.candidate(part, cell), pair.candidate(whole, cell)) else { return false };
        let atoms = |number| pair.statement_atoms(number).iter().copied();
        let all: BTreeSet<Atom> = atoms(part.statement()).chain(atoms(whole.statement())).collect();
        let found = self.in_space(signature, traits, &all, |space| {
            let part = space.candidate(part, Effect::Deny, Side::Before)?;
            let part = space.diagrams.and(part, space.possible)?;
            let whole = space.candidate(whole, Effect::Deny, Side::Before)?;
            space.diagrams.and_not(part, whole)
        });
        found.is_some_and(|(_, left)| left == Function::FALSE)
    }

    /// The paths on which the statements stand, each once.
    fn paths_with(&self, removal: &Removal) -> Vec<PathKey> {
        let organization = self.pair.side(Side::Before).organization();
        let mut paths = Vec::new();
        for (index, group) in self.groups.iter().enumerate() {
            if matches!(group.layer, Layer::Passes(_)) {
                continue;
            }
            let holds = |level: &LevelId, range: &Range<u32>| {
                self.pair.level_statements(*level).iter().any(|number| range.contains(number))
            };
            let levels = match removal {
                Removal::Statements(range) => group.levels.iter().any(|level| holds(level, range)),
                Removal::At(node, _) => {
                    let subtree = organization.subtree(*node);
                    let (first, count) = (node.index(), subtree.len());
                    let is_below = |account: &usize| {
                        self.accounts.get(*account).is_some_and(|node| (first..first + count).contains(&node.index()))
                    };
                    group.accounts.iter().any(is_below)
                }
            };
            if levels {
                paths.push(PathKey { levels: group.levels.clone(), signature: group.signature, group: index });
            }
        }
        paths
    }

    fn is_same_without(
        &mut self,
        removal: &Removal,
        path: &PathKey,
        class: usize,
        same: &mut FxHashSet<(FormulaKey, FormulaId)>,
    ) -> bool {
        let Some(found) = self.classes.get(class) else { return true };
        let cell = found.cell;
        let range = match removal {
            Removal::Statements(range) | Removal::At(_, range) => range.clone(),
        };
        if !range.clone().any(|statement| self.pair.candidate(statement, cell).is_some()) {
            return true;
        }
        let Some(group) = self.groups.get(path.group) else { return true };
        let formula = self.formulas.of_vector(group.vector).get(class).copied().unwrap_or(0);
        let Some(key) = Self::key(group, found, formula) else { return true };
        let place = match removal {
            Removal::Statements(_) => None,
            Removal::At(node, _) => {
                let organization = self.pair.side(Side::Before).organization();
                Some(organization.inheritance_path(*node).len().saturating_sub(1))
            }
        };
        let without = self.formulas.without(&path.levels, cell, &range, place);
        if without == formula || same.contains(&(key, without)) {
            return true;
        }
        let other = FormulaKey { formula: without, ..key };
        let mut atoms = self.atoms_of(self.formulas.formula(formula));
        atoms.extend(self.atoms_of(self.formulas.formula(without)));
        let (one, two) = (self.formulas.formula(formula).clone(), self.formulas.formula(without).clone());
        let equal = self
            .in_space(key.signature, key.traits, &atoms, |space| {
                Ok(space.passes(&one, key.layer)? == space.passes(&two, other.layer)?)
            })
            .is_some_and(|(_, equal)| equal);
        if equal {
            same.insert((key, without));
        }
        equal
    }
}
