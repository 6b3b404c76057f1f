//! What all levels of a path hold for a class of actions, in one normal form, worked out level by level and remembered: paths
//! that begin alike share the work, whatever number of accounts they lead to.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use scproof_evaluator::symbolic::{ActionClass, Candidate, CellId, CompiledPair, LevelId};
use scproof_policy_parser::Effect;

/// The number of a formula.
pub(super) type FormulaId = u32;
/// The number of what a level holds for a class.
type ContentId = u32;
/// The number of a list of formulas, one a class of actions.
pub(super) type VectorId = u32;

/// What the levels of a path say of a class of actions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Formula {
    /// A Deny without resource or condition matches: nothing else counts.
    pub(super) denies: bool,
    /// The Deny statements that depend on resource or context, each once.
    pub(super) deny: Vec<Candidate>,
    /// For each level without an unconditional Allow what may allow. Lists that another one is part of are left out.
    pub(super) allow: Vec<Allows>,
    /// Levels whose attachments could not be read (K3-13).
    pub(super) unreadable: Vec<LevelId>,
}

/// What may allow at a level: one of these suffices.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Allows {
    pub(super) statements: Vec<Candidate>,
    /// The level, if its attachments could not be read, so that something else may allow, too.
    pub(super) unreadable: Option<LevelId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Content {
    denies: bool,
    deny: Vec<Candidate>,
    allow: Option<Allows>,
    unreadable: Option<LevelId>,
}

impl Formula {
    /// The formula that blocks by a Deny whatever the rest of the request is.
    fn denial() -> Self {
        Self { denies: true, ..Self::default() }
    }

    /// Whether everything passes.
    pub(super) fn passes(&self) -> bool {
        *self == Self::default()
    }

    /// Whether some level can allow nothing, and a Deny is certain not to be needed for a block.
    pub(super) fn lacks_allow(&self) -> bool {
        self.allow.iter().any(|allow| allow.statements.is_empty() && allow.unreadable.is_none())
    }

    fn with(&self, content: &Content) -> Self {
        if self.denies || content.denies {
            return Self::denial();
        }
        let mut result = self.clone();
        result.deny.extend(&content.deny);
        result.deny.sort_unstable();
        result.deny.dedup();
        if let Some(level) = content.unreadable
            && !result.unreadable.contains(&level)
        {
            result.unreadable.push(level);
            result.unreadable.sort_unstable();
        }
        if let Some(new) = &content.allow {
            // What a narrower list allows, a wider one allows as well: it says nothing more.
            if !result.allow.iter().any(|old| old.is_part_of(new)) {
                result.allow.retain(|old| !new.is_part_of(old));
                result.allow.push(new.clone());
                result.allow.sort_unstable();
            }
        }
        result
    }
}

impl Allows {
    fn is_part_of(&self, other: &Self) -> bool {
        let unreadable = self.unreadable.is_none() || self.unreadable == other.unreadable;
        unreadable && self.statements.iter().all(|statement| other.statements.contains(statement))
    }
}

/// All formulas of an organization.
#[derive(Debug, Clone)]
pub(super) struct Formulas<'p> {
    pair: &'p CompiledPair,
    all: Vec<Formula>,
    formula_ids: FxHashMap<Formula, FormulaId>,
    contents: Vec<Content>,
    content_ids: FxHashMap<Content, ContentId>,
    combined: FxHashMap<(FormulaId, ContentId), FormulaId>,
    rows: FxHashMap<LevelId, Arc<[ContentId]>>,
    vectors: Vec<Arc<[FormulaId]>>,
    vector_ids: FxHashMap<Arc<[FormulaId]>, VectorId>,
    steps: FxHashMap<(VectorId, LevelId), VectorId>,
    cells: Vec<CellId>,
}

impl<'p> Formulas<'p> {
    pub(super) fn new(pair: &'p CompiledPair, classes: &[ActionClass]) -> Self {
        let mut formulas = Self {
            pair,
            all: Vec::new(),
            formula_ids: FxHashMap::default(),
            contents: Vec::new(),
            content_ids: FxHashMap::default(),
            combined: FxHashMap::default(),
            rows: FxHashMap::default(),
            vectors: Vec::new(),
            vector_ids: FxHashMap::default(),
            steps: FxHashMap::default(),
            cells: classes.iter().map(|class| class.cell).collect(),
        };
        let nothing = formulas.number(Formula::default());
        formulas.vector(vec![nothing; classes.len()].into());
        formulas
    }

    pub(super) fn formula(&self, id: FormulaId) -> &Formula {
        static NOTHING: Formula =
            Formula { denies: false, deny: Vec::new(), allow: Vec::new(), unreadable: Vec::new() };
        self.all.get(id as usize).unwrap_or(&NOTHING)
    }

    /// The formulas of a list, one a class of actions.
    pub(super) fn of_vector(&self, id: VectorId) -> Arc<[FormulaId]> {
        self.vectors.get(id as usize).cloned().unwrap_or_else(|| Arc::from([]))
    }

    pub(super) fn formula_count(&self) -> usize {
        self.all.len()
    }

    pub(super) fn vector_count(&self) -> usize {
        self.vectors.len()
    }

    /// The list of formulas of a path, by its levels that do not pass everything.
    pub(super) fn of_path(&mut self, levels: &[LevelId]) -> VectorId {
        levels.iter().fold(0, |vector, level| self.step(vector, *level))
    }

    /// A formula without some Deny statements, none of which denies unconditionally.
    pub(super) fn without_denials(&mut self, formula: FormulaId, removed: &Range<u32>) -> FormulaId {
        let mut without = self.formula(formula).clone();
        without.deny.retain(|candidate| !removed.contains(&candidate.statement()));
        self.number(without)
    }

    /// The formula of a path for a cell without some statements: everywhere, or at one place of the path only.
    pub(super) fn without(
        &mut self,
        levels: &[LevelId],
        cell: CellId,
        removed: &Range<u32>,
        place: Option<usize>,
    ) -> FormulaId {
        let mut formula = Formula::default();
        for (index, level) in levels.iter().enumerate() {
            let here = place.is_none_or(|place| place == index);
            let mut content = Content { denies: false, deny: Vec::new(), allow: None, unreadable: None };
            let mut allow = Allows { statements: Vec::new(), unreadable: None };
            let mut allows = false;
            if self.pair.is_unreadable(*level) {
                content.unreadable = Some(*level);
                allow.unreadable = Some(*level);
            }
            for &statement in self.pair.level_statements(*level) {
                if here && removed.contains(&statement) {
                    continue;
                }
                let Some(candidate) = self.pair.candidate(statement, cell) else { continue };
                let certain = !candidate.is_uncertain() && self.pair.statement_atoms(statement).is_empty();
                match (self.pair.statement_effect(statement), certain) {
                    (Some(Effect::Deny), true) => content.denies = true,
                    (Some(Effect::Deny), false) => content.deny.push(candidate),
                    (Some(Effect::Allow), true) => allows = true,
                    (Some(Effect::Allow), false) => allow.statements.push(candidate),
                    (None, _) => {
                        content.deny.push(candidate);
                        allow.statements.push(candidate);
                    }
                }
            }
            allow.statements.sort_unstable();
            allow.statements.dedup();
            content.allow = (!allows).then_some(allow);
            formula = formula.with(&content);
        }
        self.number(formula)
    }

    fn step(&mut self, vector: VectorId, level: LevelId) -> VectorId {
        if let Some(found) = self.steps.get(&(vector, level)) {
            return *found;
        }
        let row = self.row(level);
        let before = self.of_vector(vector);
        // Neighbours are mostly treated alike.
        let mut last = (u32::MAX, u32::MAX, u32::MAX);
        let after: Arc<[FormulaId]> = before
            .iter()
            .zip(row.iter())
            .map(|(&formula, &content)| {
                if (last.0, last.1) != (formula, content) {
                    last = (formula, content, self.combine(formula, content));
                }
                last.2
            })
            .collect();
        let id = self.vector(after);
        self.steps.insert((vector, level), id);
        id
    }

    fn combine(&mut self, formula: FormulaId, content: ContentId) -> FormulaId {
        if let Some(found) = self.combined.get(&(formula, content)) {
            return *found;
        }
        let (Some(old), Some(new)) = (self.all.get(formula as usize), self.contents.get(content as usize)) else {
            return formula;
        };
        let id = self.number(old.with(new));
        self.combined.insert((formula, content), id);
        id
    }

    fn number(&mut self, formula: Formula) -> FormulaId {
        if let Some(found) = self.formula_ids.get(&formula) {
            return *found;
        }
        let id = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(formula.clone());
        self.formula_ids.insert(formula, id);
        id
    }

    fn vector(&mut self, formulas: Arc<[FormulaId]>) -> VectorId {
        if let Some(found) = self.vector_ids.get(&formulas) {
            return *found;
        }
        let id = u32::try_from(self.vectors.len()).unwrap_or(u32::MAX);
        self.vectors.push(Arc::clone(&formulas));
        self.vector_ids.insert(formulas, id);
        id
    }

    /// What a level holds for each class of actions.
    fn row(&mut self, level: LevelId) -> Arc<[ContentId]> {
        if let Some(row) = self.rows.get(&level) {
            return Arc::clone(row);
        }
        // Within a level equal contents have one number.
        let mut local: FxHashMap<u32, ContentId> = FxHashMap::default();
        let cells = std::mem::take(&mut self.cells);
        let row: Arc<[ContentId]> = cells
            .iter()
            .map(|&cell| {
                let number = self.pair.entry_number(level, cell).unwrap_or(u32::MAX);
                if let Some(found) = local.get(&number) {
                    return *found;
                }
                let content = match self.pair.entry(level, cell) {
                    None => Content { denies: false, deny: Vec::new(), allow: None, unreadable: None },
                    Some(entry) => {
                        let unreadable = entry.unreadable.then_some(level);
                        let mut deny = entry.deny.to_vec();
                        deny.sort_unstable();
                        deny.dedup();
                        let mut statements = entry.allow.to_vec();
                        statements.sort_unstable();
                        statements.dedup();
                        let allow = (!entry.allows).then_some(Allows { statements, unreadable });
                        Content { denies: entry.denies, deny, allow, unreadable }
                    }
                };
                let next = u32::try_from(self.contents.len()).unwrap_or(u32::MAX);
                let id = *self.content_ids.entry(content.clone()).or_insert(next);
                if id == next {
                    self.contents.push(content);
                }
                local.insert(number, id);
                id
            })
            .collect();
        self.cells = cells;
        self.rows.insert(level, Arc::clone(&row));
        row
    }
}
