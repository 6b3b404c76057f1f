//! What can be said of sets of requests: by which cells, and no finer than conditions tell them apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use scproof_evaluator::Truth;
use scproof_evaluator::symbolic::{Atom, AtomForm, Cell, ContextValue, Exclusion, Setting, Subject, View};

use crate::diagram::{Done, Function, TooLarge, Variable, Variables};
use crate::space::RequestSpace;

impl RequestSpace<'_> {
    /// The atoms that ask about a fact, those first that were used first.
    pub(crate) fn atoms_in_use(&self, fact: usize) -> Vec<Atom> {
        let mut atoms: Vec<Atom> = self
            .atoms
            .keys()
            .map(|(atom, _)| *atom)
            .filter(|atom| {
                matches!(
                    self.facts.truth(*atom, View::FIRST).map(|truth| &truth.form),
                    Some(AtomForm::Cells { fact: of, .. }) if *of == fact
                )
            })
            .collect();
        atoms.sort_unstable();
        atoms.dedup();
        atoms
    }

    /// Whether a request may lack a key; a key that is no fact here may be lacking.
    pub(crate) fn may_be_absent(&self, key: &str) -> bool {
        let of_key = self.facts.facts.iter().find(|fact| match &fact.subject {
            Subject::Key(name) => name.eq_ignore_ascii_case(key),
            Subject::Resource | Subject::Principal | Subject::Instant => false,
        });
        of_key.is_none_or(|fact| {
            fact.cells
                .iter()
                .flat_map(|cell| &cell.settings)
                .any(|setting| matches!(setting, Setting::Key(_, ContextValue::Absent)))
        })
    }

    /// What to say of a function: one that is the same on all `possible` requests and that asks about no fact which
    /// matters only for what is possible, and what it may be stretched to. Neither tells cells apart of which no
    /// condition says anything else, though laws may exclude one of them only: what is said of the one is said of the
    /// other.
    pub(crate) fn sayable(&mut self, function: Function, possible: Function) -> Result<(Function, Function), TooLarge> {
        let alike = self.alike_cells(function);
        let told = self.diagrams.for_some_of_group(function, &alike, &mut Done::default())?;
        let is_same = self.diagrams.and(told, possible)? == function;
        let mut told = if is_same { told } else { function };
        if !self.supports.contains_key(&possible) {
            self.supports.insert(possible, self.diagrams.support(possible).into());
        }
        let asked = self.supports.get(&possible).map(Arc::clone).unwrap_or_default();
        for variable in self.diagrams.support(told) {
            // What is possible says nothing of the others, so that the function asks about them for its own sake.
            if self.question_of(variable).is_some() || asked.binary_search(&variable).is_err() {
                continue;
            }
            let without = self.diagrams.some(told, &Variables::from_iter([variable]), &mut Done::default())?;
            if self.diagrams.and(without, possible)? == function {
                told = without;
            }
        }
        let not_told = self.diagrams.not(told)?;
        let mut never = self.diagrams.and(not_told, possible)?;
        if is_same {
            never = self.diagrams.for_some_of_group(never, &alike, &mut Done::default())?;
        }
        let may = self.diagrams.not(never)?;
        Ok((told, may))
    }

    /// The groups of cells that what can be said tells apart, of the facts that a function asks about; of those alone
    /// which have several cells in one group, and of which something is excluded.
    fn alike_cells(&mut self, function: Function) -> BTreeMap<Variable, Arc<[usize]>> {
        let mut found = BTreeMap::new();
        for variable in self.diagrams.support(function) {
            let place = variable as usize;
            let Some(fact) = self.facts.facts.get(place) else { continue };
            let is_excluded = |exclusion: &Exclusion| exclusion.0.iter().any(|(fact, _)| *fact == place);
            if fact.subject != Subject::Resource && !self.facts.exclusions.iter().any(is_excluded) {
                continue;
            }
            // More may be asked about a fact from formula to formula.
            let (asked, groups) = match self.alike.get(&variable) {
                Some((asked, groups)) if *asked == self.atoms.len() => (*asked, Arc::clone(groups)),
                _ => (self.atoms.len(), self.groups_of(place)),
            };
            self.alike.insert(variable, (asked, Arc::clone(&groups)));
            if groups.iter().enumerate().any(|(cell, group)| cell != *group) {
                found.insert(variable, groups);
            }
        }
        found
    }

    /// For each cell of a fact the first of which the same can be said.
    fn groups_of(&self, fact: usize) -> Arc<[usize]> {
        let atoms = self.atoms_in_use(fact);
        let rows: Vec<&[Truth]> = self
            .facts
            .atoms_of(fact)
            .into_iter()
            .filter(|(atom, _)| atoms.contains(atom))
            .map(|(_, row)| row)
            .collect();
        let mut seen = FxHashMap::default();
        let cells = self.facts.facts.get(fact).map_or(&[][..], |fact| &fact.cells);
        let group = |(index, cell): (usize, &Cell)| {
            let truths: Vec<Option<Truth>> = rows.iter().map(|row| row.get(index).copied()).collect();
            let is_absent = matches!(cell.settings.as_slice(), [Setting::Key(_, ContextValue::Absent)]);
            *seen.entry((truths, cell.kind, is_absent)).or_insert(index)
        };
        cells.iter().enumerate().map(group).collect()
    }
}
