//! Actions and the cells into which policies cut them (part C.2; `docs/architecture.md`, "cells").
//!
//! Two actions are in one cell if no `Action` or `NotAction` element of the organization tells them apart. All
//! questions about actions are answered once a cell.

use rustc_hash::FxHashMap;
use scproof_catalog::{ActionId, Catalog, ServiceId};
use scproof_policy_parser::{ActionElement, ActionPattern, ActionShape, Piece, WildcardPattern};

use crate::action_names::OtherNames;
use crate::truth::Truth;

/// Number of a cell.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellId(pub(crate) u32);

/// Number of a distinct `Action` or `NotAction` element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ElementId(pub(crate) u32);

/// Number of a distinct action pattern.
pub type PatternId = u32;

/// One action pattern, lower case (ACT-3).
#[derive(Debug)]
pub(crate) enum ActionMatcher {
    Any,
    /// Everything or nothing: unsure (DOC-19, CLR-13).
    Open,
    /// Nothing in every reading (DOC-19).
    Nothing,
    Named {
        prefix: Box<str>,
        name: WildcardPattern,
    },
    /// A glob on the prefix, or nothing (DOC-19).
    WildcardPrefix {
        prefix: WildcardPattern,
        name: WildcardPattern,
    },
    /// Nothing, or the trimmed pattern (DOC-20).
    Spaced {
        prefix: Box<str>,
        name: WildcardPattern,
    },
}

/// How the preferred reading of an unsure pattern goes.
impl ActionMatcher {
    fn compile(pattern: &ActionPattern, assume_preferred: bool) -> Self {
        let lower = |text: &str| text.to_ascii_lowercase();
        let glob = |text: &str| WildcardPattern::flat(&lower(text));
        match pattern.shape() {
            ActionShape::Any => Self::Any,
            // CALL-18.
            ActionShape::AnyPreferred if assume_preferred || pattern.text == "*:*" => Self::Any,
            ActionShape::SeveralColons | ActionShape::SpacedStars | ActionShape::Spaced { .. } if assume_preferred => {
                Self::Nothing
            }
            ActionShape::AnyPreferred | ActionShape::SeveralColons | ActionShape::SpacedStars => Self::Open,
            ActionShape::NoColon => Self::Nothing,
            ActionShape::Named { prefix, name } => Self::Named { prefix: lower(prefix).into(), name: glob(name) },
            ActionShape::WildcardPrefix { prefix, name } => {
                Self::WildcardPrefix { prefix: glob(prefix), name: glob(name) }
            }
            ActionShape::Spaced { prefix, .. } if prefix.contains(['*', '?']) => Self::Nothing,
            ActionShape::Spaced { prefix, name } => Self::Spaced { prefix: lower(prefix).into(), name: glob(name) },
        }
    }

    /// The truth for one lower-case action.
    fn truth(&self, prefix: &str, name: &str, assume_preferred: bool) -> Truth {
        match self {
            Self::Any => Truth::True,
            Self::Open => Truth::Unknown,
            Self::Nothing => Truth::False,
            Self::Named { prefix: expected, name: pattern } => (**expected == *prefix && pattern.is_match(name)).into(),
            Self::WildcardPrefix { prefix: expected, name: pattern } => {
                match expected.is_match(prefix) && pattern.is_match(name) {
                    true if assume_preferred => Truth::True,
                    true => Truth::Unknown,
                    false => Truth::False,
                }
            }
            Self::Spaced { prefix: expected, name: pattern } => {
                if **expected == *prefix && pattern.is_match(name) {
                    Truth::Unknown
                } else {
                    Truth::False
                }
            }
        }
    }

    /// The truth for names of a service that no policy and no catalog mentions; `None` as the service is any other one.
    fn truth_of_other_names(&self, service: Option<&str>, assume_preferred: bool) -> Truth {
        let sure = |matched: bool| if matched && !assume_preferred { Truth::Unknown } else { matched.into() };
        match self {
            Self::Any => Truth::True,
            Self::Open => Truth::Unknown,
            Self::Nothing => Truth::False,
            Self::Named { prefix, name } => (service == Some(&**prefix) && matches_every_name(name)).into(),
            Self::WildcardPrefix { prefix, name } => {
                let of_service = service.map_or_else(|| matches_every_name(prefix), |service| prefix.is_match(service));
                sure(matches_every_name(name) && of_service)
            }
            Self::Spaced { prefix, name } => {
                if service == Some(&**prefix) && matches_every_name(name) {
                    Truth::Unknown
                } else {
                    Truth::False
                }
            }
        }
    }
}

/// Whether a pattern matches every prefix or name that an action can have: none is empty (ACT-1).
fn matches_every_name(pattern: &WildcardPattern) -> bool {
    let (mut runs, mut singles) = (0, 0);
    for piece in pattern.pieces() {
        match piece {
            Piece::Run { .. } => runs += 1,
            Piece::One { .. } => singles += 1,
            Piece::Literal("") => {}
            Piece::Literal(_) => return false,
        }
    }
    runs > 0 && singles <= 1
}

/// The unsure rule behind an action pattern that does not decide.
fn unsure_rule(pattern: &ActionPattern) -> &'static str {
    match pattern.shape() {
        ActionShape::SeveralColons => "CLR-13",
        ActionShape::Spaced { .. } | ActionShape::SpacedStars => "DOC-20",
        ActionShape::Any
        | ActionShape::AnyPreferred
        | ActionShape::Named { .. }
        | ActionShape::WildcardPrefix { .. }
        | ActionShape::NoColon => "DOC-19",
    }
}

/// A distinct element: its patterns by number.
#[derive(Debug, PartialEq, Eq, Hash, Clone)]
struct Element {
    negated: bool,
    patterns: Box<[PatternId]>,
}

/// What some elements say of an action, where that is not what they say of actions that no pattern of theirs matches;
/// ascending.
pub(crate) type TruthRow = Box<[(ElementId, Truth)]>;

/// What every element says of an action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ElementTruths<'t> {
    /// Of actions that no pattern of the element matches.
    unmatched: &'t [Truth],
    row: &'t [(ElementId, Truth)],
}

impl ElementTruths<'_> {
    pub(crate) fn of(self, element: ElementId) -> Truth {
        let found = self.row.binary_search_by_key(&element, |(element, _)| *element).ok();
        let found = found.and_then(|place| self.row.get(place)).map(|(_, truth)| truth);
        found.or_else(|| self.unmatched.get(element.0 as usize)).copied().unwrap_or(Truth::Unknown)
    }
}

/// Collects the distinct patterns and elements of an organization.
#[derive(Debug, Default)]
pub(crate) struct ActionTableBuilder {
    pattern_ids: FxHashMap<String, PatternId>,
    patterns: Vec<ActionPattern>,
    element_ids: FxHashMap<Element, ElementId>,
    elements: Vec<Element>,
}

#[expect(clippy::cast_possible_truncation, reason = "numbers of things that a snapshot holds in memory fit 32 bits")]
impl ActionTableBuilder {
    pub(crate) fn element(&mut self, element: &ActionElement) -> ElementId {
        let mut patterns: Vec<PatternId> = element
            .patterns
            .iter()
            .map(|pattern| {
                // Patterns that differ only in case are one (ACT-3).
                *self.pattern_ids.entry(pattern.text.to_ascii_lowercase()).or_insert_with(|| {
                    self.patterns.push(pattern.clone());
                    self.patterns.len() as PatternId - 1
                })
            })
            .collect();
        patterns.sort_unstable();
        patterns.dedup();
        let element = Element { negated: element.negated, patterns: patterns.into() };
        let next = ElementId(self.elements.len() as u32);
        *self.element_ids.entry(element.clone()).or_insert_with(|| {
            self.elements.push(element);
            next
        })
    }

    /// Cuts the actions into cells; with `every_name` also all names that neither catalog nor policies spell out. About
    /// `O(catalog + Σ matches of each pattern × elements that have it)`.
    pub(crate) fn build(self, catalog: &'static Catalog, assume_preferred: bool, every_name: bool) -> ActionTable {
        let matchers: Vec<ActionMatcher> =
            self.patterns.iter().map(|pattern| ActionMatcher::compile(pattern, assume_preferred)).collect();
        let mut by_service: FxHashMap<Box<str>, Vec<PatternId>> = FxHashMap::default();
        let mut everywhere: Vec<PatternId> = Vec::new();
        for (id, matcher) in matchers.iter().enumerate() {
            match matcher {
                ActionMatcher::Named { prefix, .. } | ActionMatcher::Spaced { prefix, .. } => {
                    by_service.entry(prefix.clone()).or_default().push(id as PatternId);
                }
                ActionMatcher::Any | ActionMatcher::Open | ActionMatcher::WildcardPrefix { .. } => {
                    everywhere.push(id as PatternId);
                }
                ActionMatcher::Nothing => {}
            }
        }
        let mut elements_of: Vec<Vec<ElementId>> = vec![Vec::new(); matchers.len()];
        for (number, element) in self.elements.iter().enumerate() {
            for pattern in &element.patterns {
                if let Some(elements) = elements_of.get_mut(*pattern as usize) {
                    elements.push(ElementId(number as u32));
                }
            }
        }
        // ACT-4 and DOC-26.
        let unmatched = |element: &Element| match (element.patterns.is_empty(), element.negated, assume_preferred) {
            (true, true, false) => Truth::Unknown,
            (_, negated, _) => negated.into(),
        };
        let unmatched = self.elements.iter().map(unmatched).collect();
        let mut table = ActionTable {
            catalog,
            assume_preferred,
            unmatched,
            elements_of,
            matchers,
            patterns: self.patterns,
            elements: self.elements,
            by_service,
            everywhere,
            cells: FxHashMap::default(),
            rows: Vec::new(),
            action_cells: Vec::with_capacity(catalog.action_count()),
            service_other_cells: Vec::new(),
            other_cell: CellId(0),
            extra_actions: Vec::new(),
            other_names: Vec::new(),
            uncut_services: Vec::new(),
        };
        table.cut();
        if every_name {
            table.cut_names();
        }
        table
    }
}

/// Every action, and every pattern that a policy names, by cell.
#[derive(Debug)]
pub(crate) struct ActionTable {
    pub(crate) catalog: &'static Catalog,
    assume_preferred: bool,
    pub(super) matchers: Vec<ActionMatcher>,
    /// The patterns as written, by number.
    patterns: Vec<ActionPattern>,
    elements: Vec<Element>,
    by_service: FxHashMap<Box<str>, Vec<PatternId>>,
    pub(super) everywhere: Vec<PatternId>,
    /// What each element says of actions that no pattern of it matches.
    unmatched: Box<[Truth]>,
    /// For each pattern the elements that have it, ascending.
    elements_of: Vec<Vec<ElementId>>,
    /// From the truths of all elements to their cell.
    cells: FxHashMap<TruthRow, CellId>,
    /// Element truths, cell by cell.
    rows: Vec<TruthRow>,
    /// The cell of each catalog action.
    action_cells: Vec<CellId>,
    /// For each service that the catalog or a policy names the cell of its other names.
    pub(super) service_other_cells: Vec<(Box<str>, CellId)>,
    /// The cell of all other services.
    other_cell: CellId,
    /// Action names that policies spell out and the catalog lacks, lower case, sorted.
    extra_actions: Vec<(Box<str>, CellId)>,
    /// Classes of names that neither catalog nor policies spell out; empty unless they were cut.
    pub(super) other_names: Vec<OtherNames>,
    /// Services whose other names could not be cut within the limit.
    pub(super) uncut_services: Vec<Box<str>>,
}

#[expect(clippy::cast_possible_truncation, reason = "numbers of things that a snapshot holds in memory fit 32 bits")]
impl ActionTable {
    fn cut(&mut self) {
        let catalog = self.catalog;
        // Pattern truths of an action to its cell, so that element truths are worked out once a distinct row.
        let mut by_row: FxHashMap<Vec<(PatternId, Truth)>, CellId> = FxHashMap::default();
        for service in catalog.services() {
            let prefix = catalog.service_prefix(service);
            let candidates = self.candidates(prefix);
            for action in catalog.actions_of(service) {
                let row = self.row(&candidates, prefix, catalog.action(action).lower_name());
                let cell = if let Some(cell) = by_row.get(&row) {
                    *cell
                } else {
                    let cell = self.cell_of_row(&row);
                    by_row.insert(row, cell);
                    cell
                };
                self.action_cells.push(cell);
            }
        }
        let mut services: Vec<Box<str>> =
            catalog.services().map(|service: ServiceId| catalog.service_prefix(service).into()).collect();
        let mut named: Vec<Box<str>> = self.by_service.keys().cloned().collect();
        named.sort_unstable();
        services.extend(named);
        services.sort_unstable();
        services.dedup();
        for service in services {
            let cell = self.cell_of_other_names(Some(&service));
            self.service_other_cells.push((service, cell));
        }
        self.other_cell = self.cell_of_other_names(None);
        let mut extra: Vec<Box<str>> = self
            .matchers
            .iter()
            .filter_map(|matcher| {
                let ActionMatcher::Named { prefix, name } = matcher else { return None };
                let name = name.as_literal().filter(|name| !name.is_empty())?;
                Some(format!("{prefix}:{name}"))
            })
            .filter(|full_name| catalog.find_action(full_name).is_none())
            .map(String::into_boxed_str)
            .collect();
        extra.sort_unstable();
        extra.dedup();
        for full_name in extra {
            let truths = self.element_truths(&full_name);
            let cell = self.intern(truths);
            self.extra_actions.push((full_name, cell));
        }
    }

    /// The patterns that can match an action of a service.
    pub(super) fn candidates(&self, prefix: &str) -> Vec<PatternId> {
        let mut candidates = self.everywhere.clone();
        candidates.extend(self.by_service.get(prefix).into_iter().flatten());
        candidates
    }

    pub(super) fn row(&self, candidates: &[PatternId], prefix: &str, name: &str) -> Vec<(PatternId, Truth)> {
        candidates
            .iter()
            .filter_map(|&id| {
                let truth = self.matchers.get(id as usize)?.truth(prefix, name, self.assume_preferred);
                (truth != Truth::False).then_some((id, truth))
            })
            .collect()
    }

    fn cell_of_row(&mut self, row: &[(PatternId, Truth)]) -> CellId {
        let truths = self.truths_of_patterns(row);
        self.intern(truths)
    }

    fn cell_of_other_names(&mut self, service: Option<&str>) -> CellId {
        let candidates = service.map_or_else(|| self.everywhere.clone(), |service| self.candidates(service));
        let truth = |id: &PatternId| {
            let matcher = self.matchers.get(*id as usize)?;
            Some((*id, matcher.truth_of_other_names(service, self.assume_preferred)))
        };
        let row: Vec<(PatternId, Truth)> = candidates.iter().filter_map(truth).collect();
        self.cell_of_row(&row)
    }

    /// ACT-4 and DOC-26 for every element, by what patterns say; those that are not named match nothing.
    fn truths_of_patterns(&self, row: &[(PatternId, Truth)]) -> TruthRow {
        let of_pattern = |(id, truth): &(PatternId, Truth)| {
            let truth = *truth;
            self.elements_of.get(*id as usize).into_iter().flatten().map(move |element| (*element, truth))
        };
        let mut matched: Vec<(ElementId, Truth)> = row.iter().flat_map(of_pattern).collect();
        matched.sort_unstable_by_key(|(element, _)| *element);
        let of_element = |same: &[(ElementId, Truth)]| {
            let (element, _) = same.first()?;
            let any = same.iter().fold(Truth::False, |any, (_, truth)| any.or(*truth));
            let truth = any.negate_if(self.elements.get(element.0 as usize)?.negated);
            (self.unmatched.get(element.0 as usize) != Some(&truth)).then_some((*element, truth))
        };
        matched.chunk_by(|(one, _), (other, _)| one == other).filter_map(of_element).collect()
    }

    pub(super) fn intern(&mut self, truths: TruthRow) -> CellId {
        if let Some(cell) = self.cells.get(&truths) {
            return *cell;
        }
        let cell = CellId(self.rows.len() as u32);
        self.rows.push(truths.clone());
        self.cells.insert(truths, cell);
        cell
    }

    /// The truths of the elements for one action, known or not, lower case; for all of them see
    /// [`truths`](Self::truths).
    pub(crate) fn element_truths(&self, action: &str) -> TruthRow {
        let (prefix, name) = action.split_once(':').unwrap_or((action, ""));
        self.truths_of_patterns(&self.row(&self.candidates(prefix), prefix, name))
    }

    /// The unsure rules whose preferred reading was taken for an element and an action (GEN-3): those that would leave
    /// a pattern open otherwise.
    pub(crate) fn assumed_rules(&self, element: ElementId, action: &str) -> Vec<&'static str> {
        let Some(element) = self.elements.get(element.0 as usize).filter(|_| self.assume_preferred) else {
            return Vec::new();
        };
        if element.patterns.is_empty() {
            return if element.negated { vec!["DOC-26"] } else { Vec::new() };
        }
        let (prefix, name) = action.split_once(':').unwrap_or((action, ""));
        element
            .patterns
            .iter()
            .filter_map(|&id| self.patterns.get(id as usize))
            .filter(|pattern| ActionMatcher::compile(pattern, false).truth(prefix, name, false) == Truth::Unknown)
            .map(unsure_rule)
            .collect()
    }

    /// The unsure rules that leave an element open for an action.
    pub(crate) fn unsure_rules(&self, element: ElementId, action: &str) -> Vec<&'static str> {
        let (prefix, name) = action.split_once(':').unwrap_or((action, ""));
        let Some(element) = self.elements.get(element.0 as usize) else { return Vec::new() };
        if element.patterns.is_empty() {
            return vec!["DOC-26"];
        }
        let mut rules: Vec<&'static str> = element
            .patterns
            .iter()
            .filter_map(|&id| self.matchers.get(id as usize).zip(self.patterns.get(id as usize)))
            .filter(|(matcher, _)| matcher.truth(prefix, name, self.assume_preferred) == Truth::Unknown)
            .map(|(_, pattern)| unsure_rule(pattern))
            .collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// Whether an element covers every action there may ever be, not only those of the cells: a name that the catalog
    /// lacks may fall between all of them (DOC-21).
    pub(crate) fn covers_every_name(&self, element: ElementId) -> bool {
        let Some(element) = self.elements.get(element.0 as usize) else { return false };
        let mut matchers = element.patterns.iter().filter_map(|&id| self.matchers.get(id as usize));
        if element.negated {
            !element.patterns.is_empty() && matchers.all(|matcher| matches!(matcher, ActionMatcher::Nothing))
        } else {
            matchers.any(|matcher| matches!(matcher, ActionMatcher::Any))
        }
    }

    /// The cell of an action, if its element truths are those of one.
    pub(crate) fn find_cell(&self, truths: &TruthRow) -> Option<CellId> {
        self.cells.get(truths).copied()
    }

    /// A pattern as written.
    pub(crate) fn pattern_text(&self, pattern: PatternId) -> &str {
        self.patterns.get(pattern as usize).map_or("", |pattern| &pattern.text)
    }

    pub(crate) fn cell_of_action(&self, action: ActionId) -> Option<CellId> {
        self.action_cells.get(action.index()).copied()
    }

    /// The services that catalog or policies name, sorted, with the cell of their names that neither knows.
    pub(crate) fn services_with_other_names(&self) -> impl Iterator<Item = (&str, CellId)> {
        self.service_other_cells.iter().map(|(service, cell)| (&**service, *cell))
    }

    pub(crate) fn cell_of_other_services(&self) -> CellId {
        self.other_cell
    }

    /// Actions that policies spell out and the catalog lacks, lower case.
    pub(crate) fn extra_actions(&self) -> &[(Box<str>, CellId)] {
        &self.extra_actions
    }

    pub(crate) fn cell_count(&self) -> usize {
        self.rows.len()
    }

    /// The truths of all elements in a cell.
    pub(crate) fn cell_truths(&self, cell: CellId) -> ElementTruths<'_> {
        self.truths(self.rows.get(cell.0 as usize).map_or(&[], |row| row))
    }

    /// The truths of all elements by those that are not as for actions that nothing matches.
    pub(crate) fn truths<'t>(&'t self, row: &'t [(ElementId, Truth)]) -> ElementTruths<'t> {
        ElementTruths { unmatched: &self.unmatched, row }
    }
}
