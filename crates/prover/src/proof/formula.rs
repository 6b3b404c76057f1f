//! What all levels of a path hold for a class of actions, in one normal form, worked out level by level and remembered:
//! paths that begin alike share the work, whatever number of accounts they lead to.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashTable;
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap};
use scproof_evaluator::symbolic::{ActionClass, Candidate, CellId, CompiledViews, Entry, LevelId};

/// The number of a formula.
pub(super) type FormulaId = u32;
/// The number of what a level holds for a class.
pub(super) type ContentId = u32;

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

/// What a level holds for a class of actions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Content {
    pub(super) denies: bool,
    pub(super) deny: Vec<Candidate>,
    /// What may allow, where nothing does unconditionally.
    pub(super) allow: Option<Allows>,
    pub(super) unreadable: Option<LevelId>,
}

/// The content that lets everything through.
const NEUTRAL: ContentId = 0;
/// The formula of no level at all.
pub(super) const NOTHING: FormulaId = 0;

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
    views: &'p CompiledViews,
    all: Vec<Formula>,
    /// For each formula another one and what a level added to it, if it was made so.
    origins: Vec<Option<(FormulaId, ContentId)>>,
    formula_ids: HashTable<FormulaId>,
    contents: Vec<Content>,
    content_ids: FxHashMap<Content, ContentId>,
    combined: FxHashMap<(FormulaId, ContentId), FormulaId>,
    rows: FxHashMap<LevelId, Row>,
    cells: Arc<[CellId]>,
    /// Without the statements that were removed last: what levels hold for classes of actions.
    reduced: (Range<u32>, FxHashMap<(LevelId, usize), ContentId>),
}

/// What a level holds for the classes of actions for which it does not let everything through, by the place of the
/// class.
pub(super) type Row = Arc<[(usize, ContentId)]>;

/// What a level holds before its contents have numbers: different contents, and for each class which.
#[derive(Debug, Default)]
struct RawRow {
    contents: Vec<Content>,
    of_class: Vec<(usize, usize)>,
}

impl<'p> Formulas<'p> {
    /// `paths`: how many there will be, about.
    pub(super) fn new(views: &'p CompiledViews, classes: &[ActionClass], paths: usize) -> Self {
        let mut formulas = Self {
            views,
            all: Vec::new(),
            origins: Vec::new(),
            formula_ids: HashTable::with_capacity(paths),
            contents: vec![Content::default()],
            content_ids: FxHashMap::from_iter([(Content::default(), NEUTRAL)]),
            combined: FxHashMap::with_capacity_and_hasher(2 * paths, FxBuildHasher),
            rows: FxHashMap::default(),
            cells: classes.iter().map(|class| class.cell).collect(),
            reduced: (0..0, FxHashMap::default()),
        };
        formulas.number(Formula::default(), None);
        formulas
    }

    /// The number of classes of actions.
    pub(super) fn class_count(&self) -> usize {
        self.cells.len()
    }

    /// Works out what some levels hold, each on its own.
    pub(super) fn read(&mut self, levels: &[LevelId]) {
        let (views, cells) = (self.views, Arc::clone(&self.cells));
        let rows: Vec<RawRow> = levels.par_iter().map(|level| RawRow::new(views, &cells, *level)).collect();
        for (level, row) in levels.iter().zip(rows) {
            let row = self.numbered(row);
            self.rows.insert(*level, row);
        }
    }

    pub(super) fn formula(&self, id: FormulaId) -> &Formula {
        static EMPTY: Formula = Formula { denies: false, deny: Vec::new(), allow: Vec::new(), unreadable: Vec::new() };
        self.all.get(id as usize).unwrap_or(&EMPTY)
    }

    /// Another formula and what a level adds to it, which together make this one.
    pub(super) fn origin(&self, id: FormulaId) -> Option<(FormulaId, ContentId)> {
        self.origins.get(id as usize).copied().flatten()
    }

    pub(super) fn content_by_id(&self, id: ContentId) -> Option<&Content> {
        self.contents.get(id as usize)
    }

    pub(super) fn formula_count(&self) -> usize {
        self.all.len()
    }

    /// A formula without some Deny statements, none of which denies unconditionally.
    pub(super) fn without_denials(&mut self, formula: FormulaId, removed: &Range<u32>) -> FormulaId {
        let mut without = self.formula(formula).clone();
        without.deny.retain(|candidate| !removed.contains(&candidate.statement()));
        self.number(without, None)
    }

    /// The formula of a path for a class of actions without some statements: everywhere, or at one place of the path
    /// only.
    pub(super) fn without(
        &mut self,
        levels: &[LevelId],
        class: usize,
        removed: &Range<u32>,
        place: Option<usize>,
    ) -> FormulaId {
        let mut formula = NOTHING;
        for (index, level) in levels.iter().enumerate() {
            let here = place.is_none_or(|place| place == index);
            let content = if here { self.content_without(*level, class, removed) } else { self.content(*level, class) };
            if content != NEUTRAL {
                formula = self.combine(formula, content);
            }
        }
        formula
    }

    /// What a level holds for a class of actions.
    fn content(&mut self, level: LevelId, class: usize) -> ContentId {
        let row = self.row(level);
        let found = row.binary_search_by_key(&class, |(class, _)| *class).ok();
        found.and_then(|place| row.get(place)).map_or(NEUTRAL, |(_, content)| *content)
    }

    /// The same without some statements.
    fn content_without(&mut self, level: LevelId, class: usize, removed: &Range<u32>) -> ContentId {
        let Some(&cell) = self.cells.get(class) else { return self.content_number(Content::unknown(level)) };
        if self.reduced.0 != *removed {
            self.reduced = (removed.clone(), FxHashMap::default());
        }
        if let Some(found) = self.reduced.1.get(&(level, class)) {
            return *found;
        }
        let content = Content::new(level, self.views.entry_without(level, cell, removed));
        let id = self.content_number(content);
        self.reduced.1.insert((level, class), id);
        id
    }

    fn content_number(&mut self, content: Content) -> ContentId {
        let next = u32::try_from(self.contents.len()).unwrap_or(u32::MAX);
        *self.content_ids.entry(content).or_insert_with_key(|content| {
            self.contents.push(content.clone());
            next
        })
    }

    /// The formula of a path and one level more.
    pub(super) fn combine(&mut self, formula: FormulaId, content: ContentId) -> FormulaId {
        if let Some(found) = self.combined.get(&(formula, content)) {
            return *found;
        }
        let (Some(old), Some(new)) = (self.all.get(formula as usize), self.contents.get(content as usize)) else {
            return formula;
        };
        let id = self.number(old.with(new), Some((formula, content)));
        self.combined.insert((formula, content), id);
        id
    }

    /// `origin` is part of what the number stands for only where the formula is new: any origin makes the same formula.
    fn number(&mut self, formula: Formula, origin: Option<(FormulaId, ContentId)>) -> FormulaId {
        let hash = FxBuildHasher.hash_one(&formula);
        let all = &self.all;
        if let Some(found) = self.formula_ids.find(hash, |id| all.get(*id as usize) == Some(&formula)) {
            return *found;
        }
        let id = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.formula_ids
            .insert_unique(hash, id, |id| all.get(*id as usize).map_or(0, |found| FxBuildHasher.hash_one(found)));
        self.all.push(formula);
        self.origins.push(origin);
        id
    }

    /// What a level holds for the classes of actions for which it does not let everything through.
    pub(super) fn row(&mut self, level: LevelId) -> Row {
        if let Some(row) = self.rows.get(&level) {
            return Arc::clone(row);
        }
        let row = self.numbered(RawRow::new(self.views, &self.cells, level));
        self.rows.insert(level, Arc::clone(&row));
        row
    }

    fn numbered(&mut self, row: RawRow) -> Row {
        let numbers: Vec<ContentId> = row.contents.into_iter().map(|content| self.content_number(content)).collect();
        let number = |place: usize| numbers.get(place).copied().unwrap_or(NEUTRAL);
        let numbered = row.of_class.into_iter().map(|(class, place)| (class, number(place)));
        numbered.filter(|(_, content)| *content != NEUTRAL).collect()
    }
}

impl RawRow {
    fn new(views: &CompiledViews, cells: &[CellId], level: LevelId) -> Self {
        let mut row = Self::default();
        // Within a level equal entries have one number.
        let mut known: Vec<Option<usize>> = Vec::new();
        for (class, &cell) in cells.iter().enumerate() {
            let Some(number) = views.entry_number(level, cell).map(|number| number as usize) else {
                row.contents.push(Content::unknown(level));
                row.of_class.push((class, row.contents.len() - 1));
                continue;
            };
            if known.len() <= number {
                known.resize(number + 1, None);
            }
            let Some(slot) = known.get_mut(number) else { continue };
            let place = *slot.get_or_insert_with(|| {
                row.contents.push(Content::new(level, views.entry(level, cell)));
                row.contents.len() - 1
            });
            row.of_class.push((class, place));
        }
        row
    }
}

impl Content {
    /// What a level holds is never guessed.
    fn unknown(level: LevelId) -> Self {
        let allow = Some(Allows { statements: Vec::new(), unreadable: Some(level) });
        Self { denies: false, deny: Vec::new(), allow, unreadable: Some(level) }
    }

    /// What a level holds for the actions of a cell, in normal form.
    fn new(level: LevelId, entry: Option<Entry<'_>>) -> Self {
        let Some(entry) = entry else { return Self::unknown(level) };
        let unreadable = entry.unreadable.then_some(level);
        let sorted = |candidates: &[Candidate]| {
            let mut candidates = candidates.to_vec();
            candidates.sort_unstable();
            candidates.dedup();
            candidates
        };
        let allow = (!entry.allows).then(|| Allows { statements: sorted(&entry.allow), unreadable });
        Self { denies: entry.denies, deny: sorted(&entry.deny), allow, unreadable }
    }
}
