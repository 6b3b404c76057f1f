//! What the calls of an action are checked against (K.1, K.2), as far as the policies ask about it: which resources,
//! each with which keys, can be one check of a call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use scproof_catalog::{
    AccessLevel, Action, ActionId, KeyList, RowListId, ServiceId, arn_forms, example_arn, type_passed_on,
};

use crate::action::{CellId, ElementId};
use crate::carried::{Listings, Rows, differs_by_check};
use crate::compile::Atom;
use crate::cut::{OwnedPattern, cut_texts};
use crate::keys::{self, Model};
use crate::request::RequestResource;
use crate::resource::{ResourceMatcher, ResourceState};
use crate::state::{Domain, DomainValues, KeyState};
use crate::symbolic::CompiledViews;
use crate::symbolic::cutter::{MAX_CELLS, MAX_STATES};
use crate::trace::{Evaluation, KeySlot, NoTrace};
use crate::truth::Truth;

/// The number of a [`CallShape`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ShapeId(u32);

impl ShapeId {
    /// That of calls that are checked against one resource of any kind, with any keys: all that is known of actions
    /// which the catalog lacks (CALL-1), and all that matters where no policy asks for more.
    pub const ANY: Self = Self(0);
}

/// The number of a [`PairShape`] among those of checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PairId(u32);

/// What each call of some actions is checked against. Two actions of one cell and one shape are blocked in the same
/// calls.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallShape {
    /// The checks that every call makes; each is one of some pairs, and it is not known which (CALL-3, CALL-4).
    pub required: Vec<Vec<PairShape>>,
    /// The pairs that only some calls are checked against.
    pub optional: Vec<PairShape>,
    /// The pairs against which some calls are checked in another Region than that of their other checks (SP-56).
    pub passed_on: Vec<PairShape>,
}

/// What one check is about, as far as the policies ask.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PairShape {
    /// The keys that it lacks, whatever the call (CALL-9).
    pub lacks: Vec<KeySlot>,
    /// The resource elements that say the same of all its resources.
    pub fixed: Vec<(Atom, bool)>,
    /// Those that tell its resources apart, and what they say of resources, one row a combination. All, if there are
    /// none.
    pub cut: Vec<Atom>,
    /// See `cut`.
    pub rows: BTreeSet<Vec<Truth>>,
}

/// A check that calls of an action make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallCheck {
    /// What it is about.
    pub pair: PairShape,
    /// Its number; equal pairs have one.
    pub pair_id: PairId,
    /// Whether every call makes it, or it is one of the alternatives of a check that every call makes.
    pub required: bool,
    /// Whether it is one of the alternatives of the only check.
    pub is_alternative: bool,
    /// Whether some calls make it once more, in another Region than that of their other checks (SP-56).
    pub is_passed_on: bool,
    /// A resource for each row of the pair, or one for all.
    resources: BTreeMap<Vec<Truth>, RequestResource>,
}

impl CallCheck {
    /// A resource for each row of what the elements of `cut` say; one for all, if there are none.
    pub fn resources(&self) -> impl Iterator<Item = (&[Truth], &RequestResource)> {
        self.resources.iter().map(|(row, resource)| (row.as_slice(), resource))
    }
}

/// What statements ask about that may differ from check to check.
#[derive(Debug, Default)]
struct Asked {
    keys: BTreeSet<KeySlot>,
    resources: BTreeSet<u32>,
}

/// What the rows of an action follow from.
type RowsKey = (CellId, ServiceId, Option<RowListId>, KeyList<'static>, bool, Option<&'static str>);

/// The shapes of all calls, numbered, and the checks of actions that were asked for.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    all: Vec<CallShape>,
    numbers: FxHashMap<CallShape, ShapeId>,
    by_rows: FxHashMap<RowsKey, ShapeId>,
    /// What statements ask, by their action elements; those that ask for nothing of a check's own are left out.
    by_element: Option<Vec<(Option<ElementId>, Asked)>>,
    of_cell: FxHashMap<CellId, Arc<Asked>>,
    resources: FxHashMap<(CellId, &'static str), OfType>,
    pairs: FxHashMap<PairShape, PairId>,
}

/// What elements say of the resources of a type, and a resource for each row.
type OfType = Arc<(PairShape, BTreeMap<Vec<Truth>, RequestResource>)>;

/// Shapes while they are numbered and afterwards; numbers follow from the policies and the catalog alone.
#[derive(Debug, Default)]
pub(super) struct ShapeMemory {
    shapes: Mutex<Shapes>,
    checks: Mutex<FxHashMap<String, Arc<[CallCheck]>>>,
}

impl CallShape {
    fn any() -> Self {
        Self { required: vec![vec![PairShape::default()]], optional: Vec::new(), passed_on: Vec::new() }
    }

    /// The same checks without what says nothing more.
    fn normal(mut self) -> Self {
        for check in &mut self.required {
            check.sort();
            check.dedup();
            if check.contains(&PairShape::default()) && check.len() > 1 {
                // What may be anything may be each of the others.
                check.retain(|pair| *pair == PairShape::default());
            }
        }
        self.required.sort();
        self.required.dedup();
        self.optional.sort();
        self.optional.dedup();
        // Where there is but one check, it is made in any Region.
        if self.optional.is_empty() && self.required.len() < 2 {
            self.passed_on.clear();
        }
        let required = &self.required;
        self.optional.retain(|pair| !required.iter().any(|check| check.as_slice() == std::slice::from_ref(pair)));
        self
    }
}

impl Shapes {
    fn number(&mut self, pair: &PairShape) -> PairId {
        if let Some(known) = self.pairs.get(pair) {
            return *known;
        }
        let next = PairId(u32::try_from(self.pairs.len()).unwrap_or(u32::MAX));
        self.pairs.insert(pair.clone(), next);
        next
    }
}

impl CompiledViews {
    /// The shape with a number.
    pub fn call_shape(&self, shape: ShapeId) -> CallShape {
        let shapes = self.shapes.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        shapes.all.get(shape.0 as usize).cloned().unwrap_or_else(CallShape::any)
    }

    /// The shape of the calls of a known action that is in a cell.
    pub(super) fn shape_of(&self, shapes: &mut Shapes, cell: CellId, action: ActionId) -> ShapeId {
        if shapes.all.is_empty() {
            let any = CallShape::any();
            shapes.numbers.insert(any.clone(), ShapeId::ANY);
            shapes.all.push(any);
        }
        if self.first.options.beyond_catalog {
            return ShapeId::ANY;
        }
        let asked = self.asked_of(shapes, cell);
        if asked.keys.is_empty() && asked.resources.is_empty() {
            return ShapeId::ANY;
        }
        let action = self.catalog().action(action);
        let reads = matches!(action.access_level(), AccessLevel::List | AccessLevel::Read);
        let passed_on = type_passed_on(action.service(), action.name());
        let key = (cell, action.service_id(), action.row_list(), action.keys(), reads, passed_on);
        if let Some(known) = shapes.by_rows.get(&key) {
            return *known;
        }
        let checks = self.checks(shapes, cell, &asked, action);
        let has_required = Rows::new(self.catalog(), action).all.iter().any(|row| row.is_required());
        let passed_on = checks.iter().filter(|check| check.is_passed_on).map(|check| check.pair.clone()).collect();
        let (required, optional): (Vec<_>, Vec<_>) = checks.into_iter().partition(|check| check.required);
        let pairs = |checks: Vec<CallCheck>| checks.into_iter().map(|check| check.pair);
        let required = if has_required {
            pairs(required).map(|pair| vec![pair]).collect()
        } else {
            vec![pairs(required).collect()]
        };
        let shape = CallShape { required, optional: pairs(optional).collect(), passed_on }.normal();
        let next = ShapeId(u32::try_from(shapes.all.len()).unwrap_or(u32::MAX));
        let number = *shapes.numbers.entry(shape).or_insert_with_key(|shape| {
            shapes.all.push(shape.clone());
            next
        });
        shapes.by_rows.insert(key, number);
        number
    }

    pub(super) fn with_shapes<T>(&self, work: impl FnOnce(&mut Shapes) -> T) -> T {
        work(&mut self.shapes.shapes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The checks of the calls of an action, lower case; none if the catalog lacks it, or every action is taken so.
    pub fn call_checks(&self, action: &str) -> Arc<[CallCheck]> {
        let catalog = self.catalog();
        let found = catalog.find_action(action).filter(|_| !self.first.options.beyond_catalog);
        let Some((id, cell)) = found.and_then(|id| Some((id, self.first.actions.cell_of_action(id)?))) else {
            return Arc::default();
        };
        if let Some(known) = self.shapes.checks.lock().unwrap_or_else(PoisonError::into_inner).get(action) {
            return Arc::clone(known);
        }
        let checks = self.with_shapes(|shapes| {
            let asked = self.asked_of(shapes, cell);
            self.checks(shapes, cell, &asked, catalog.action(id))
        });
        let checks: Arc<[CallCheck]> = checks.into();
        let mut known = self.shapes.checks.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(action.to_owned(), Arc::clone(&checks));
        checks
    }

    /// Whether a key may differ from check to check of one call (CALL-7).
    pub fn differs_by_check(&self, key: &str) -> bool {
        let is_of_owner = keys::find(key).is_some_and(|row| {
            matches!(row.model, Model::ResourceAccount | Model::ResourceOrgId | Model::ResourceOrgPaths)
        });
        is_of_owner || differs_by_check(&key.to_ascii_lowercase())
    }

    /// The name of a key that a pair lacks.
    pub fn key_name(&self, slot: KeySlot) -> &str {
        self.first.slots.get(slot.0 as usize).map_or("", |slot| &slot.name)
    }

    /// What an atom on a key says of a request that lacks it, where that follows.
    pub fn truth_if_absent(&self, atom: Atom, slot: KeySlot) -> Truth {
        let Atom::Condition(id) = atom else { return Truth::Unknown };
        let condition = self.first.conditions.get(id as usize).filter(|condition| condition.slot == slot);
        let assume_preferred = self.first.options.assume_preferred;
        let mut evaluation = Evaluation { states: &[], assume_preferred, trace: NoTrace };
        condition.map_or(Truth::Unknown, |condition| condition.truth_of_state(&KeyState::Absent, &mut evaluation))
    }

    /// What the statements that may concern the actions of a cell ask about.
    fn asked_of(&self, shapes: &mut Shapes, cell: CellId) -> Arc<Asked> {
        if let Some(known) = shapes.of_cell.get(&cell) {
            return Arc::clone(known);
        }
        let truths = self.first.actions.cell_truths(cell);
        let mut asked = Asked::default();
        for (element, asks) in shapes.by_element.get_or_insert_with(|| self.asked_by_element()) {
            let concerns = element.is_none_or(|element| truths.of(element) != Truth::False);
            if concerns {
                asked.keys.extend(&asks.keys);
                asked.resources.extend(&asks.resources);
            }
        }
        let asked = Arc::new(asked);
        shapes.of_cell.insert(cell, Arc::clone(&asked));
        asked
    }

    fn asked_by_element(&self) -> Vec<(Option<ElementId>, Asked)> {
        let compiled = &self.first;
        let differs: Vec<bool> = compiled.slots.iter().map(|slot| slot.differs_by_check).collect();
        let mut by_element: BTreeMap<Option<ElementId>, Asked> = BTreeMap::new();
        for statement in compiled.statements.iter() {
            for atom in compiled.statement_atoms(statement) {
                let keys = compiled.slots_of(*atom).filter(|slot| differs.get(slot.0 as usize) == Some(&true));
                let keys: Vec<KeySlot> = keys.collect();
                if keys.is_empty() && matches!(atom, Atom::Condition(_)) {
                    continue;
                }
                let asked = by_element.entry(statement.action).or_default();
                asked.keys.extend(keys);
                if let Atom::Resource(id) = atom {
                    asked.resources.insert(*id);
                }
            }
        }
        by_element.into_iter().collect()
    }

    fn checks(&self, shapes: &mut Shapes, cell: CellId, asked: &Asked, action: Action<'static>) -> Vec<CallCheck> {
        let rows = Rows::new(self.catalog(), action);
        let listings: Vec<(KeySlot, Listings)> = asked
            .keys
            .iter()
            .filter_map(|id| {
                let slot = self.first.slots.get(id.0 as usize)?;
                Some((*id, rows.listings_of(&slot.folded, slot.listed)))
            })
            .collect();
        let lacks = |row: Option<usize>| -> Vec<KeySlot> {
            listings.iter().filter(|(_, listings)| listings.lacks(row)).map(|(slot, _)| *slot).collect()
        };
        let has_required = rows.all.iter().any(|row| row.is_required());
        let passed_on = type_passed_on(action.service(), action.name());
        let mut checks: Vec<CallCheck> = Vec::new();
        for (number, row) in rows.all.iter().enumerate() {
            let pattern = row.resource_type().arn_pattern();
            let known = shapes.resources.entry((cell, pattern));
            let known = known.or_insert_with(|| Arc::new(self.resources_of(asked, pattern)));
            let (pair, resources) = (**known).clone();
            let pair = PairShape { lacks: lacks(Some(number)), ..pair };
            let required = row.is_required() || !has_required;
            let is_passed_on = passed_on == Some(row.resource_type().name());
            let (pair_id, is_alternative) = (shapes.number(&pair), !has_required);
            checks.push(CallCheck { pair, pair_id, required, is_alternative, is_passed_on, resources });
        }
        // A bucket, object or access point of S3 is always there (CALL-4).
        if !has_required && (rows.all.is_empty() || action.service() != "s3") {
            let (pair, resources) = self.no_resource(asked);
            let pair = PairShape { lacks: lacks(None), ..pair };
            let pair_id = shapes.number(&pair);
            checks.push(CallCheck {
                pair,
                pair_id,
                required: true,
                is_alternative: true,
                is_passed_on: false,
                resources,
            });
        }
        checks
    }

    /// All keys open, to see what follows whatever they are.
    fn open_states(&self) -> Vec<KeyState> {
        vec![KeyState::any(true, true); self.first.slots.len()]
    }

    /// What the elements say of the resources of a type.
    fn resources_of(&self, asked: &Asked, text: &'static str) -> (PairShape, BTreeMap<Vec<Truth>, RequestResource>) {
        let compiled = &self.first;
        let assume_preferred = compiled.options.assume_preferred;
        let of = compiled.types.pattern(text, compiled.organization().partition());
        let mut pair = PairShape::default();
        let mut patterns: Vec<OwnedPattern> = Vec::new();
        for &id in &asked.resources {
            let Some(element) = compiled.resources.get(id as usize) else { continue };
            let is_static = element.slots().next().is_none();
            let truth = if is_static {
                compiled.types.relation(id, &of, || element.relation(&of, &[], assume_preferred)).0
            } else {
                element.relation(&of, &self.open_states(), assume_preferred).0
            };
            match truth {
                Truth::True | Truth::False => pair.fixed.push((Atom::Resource(id), truth == Truth::True)),
                Truth::Unknown if is_static => {
                    pair.cut.push(Atom::Resource(id));
                    for matcher in &element.patterns {
                        let ResourceMatcher::Pattern(readings) = matcher else { continue };
                        let resolve =
                            |template: &_, widths: &[bool]| compiled.resolved_template(template, widths, true, &[]);
                        let found = readings.patterns(resolve).unwrap_or_default();
                        patterns.extend(found.into_iter().map(|pattern| OwnedPattern { pattern, ignore_case: false }));
                    }
                }
                Truth::Unknown => {}
            }
        }
        let partition = compiled.organization().partition().unwrap_or("aws");
        let example = example_arn(arn_forms(text).next().unwrap_or(text), partition, "us-east-1", "999999999999");
        let domain = Domain::new(false, false, DomainValues::Like(of.outlines().into()));
        let texts = cut_texts(&patterns, &domain, false, std::slice::from_ref(&example), MAX_STATES);
        let mut resources = BTreeMap::new();
        if let Some(texts) = texts.filter(|texts| (1..MAX_CELLS).contains(&texts.len())) {
            for text in texts {
                let row = self.row_of(&pair.cut, &RequestResource::Arn(text.clone()));
                // Its outline is a little wider than the type.
                if of.fits(&text) || !resources.contains_key(&row) {
                    resources.insert(row, RequestResource::Arn(text));
                }
            }
            pair.rows = resources.keys().cloned().collect();
        } else {
            pair.cut.clear();
            resources.insert(Vec::new(), RequestResource::Arn(example));
        }
        if pair.cut.is_empty() {
            pair.rows.clear();
        }
        (pair, resources)
    }

    /// What the elements say of an action that takes no resource (RES-1).
    fn no_resource(&self, asked: &Asked) -> (PairShape, BTreeMap<Vec<Truth>, RequestResource>) {
        let mut pair = PairShape::default();
        for &id in &asked.resources {
            let atom = Atom::Resource(id);
            match self.truth_of(atom, &RequestResource::NotScoped) {
                Truth::Unknown => {}
                known @ (Truth::True | Truth::False) => pair.fixed.push((atom, known == Truth::True)),
            }
        }
        (pair, BTreeMap::from([(Vec::new(), RequestResource::NotScoped)]))
    }

    fn row_of(&self, elements: &[Atom], resource: &RequestResource) -> Vec<Truth> {
        elements.iter().map(|element| self.truth_of(*element, resource)).collect()
    }

    /// What an element says of a resource, whatever the keys that its variables name.
    fn truth_of(&self, element: Atom, resource: &RequestResource) -> Truth {
        let Atom::Resource(id) = element else { return Truth::Unknown };
        let Some(element) = self.first.resources.get(id as usize) else { return Truth::Unknown };
        let open = if element.slots().next().is_some() { self.open_states() } else { Vec::new() };
        let assume_preferred = self.first.options.assume_preferred;
        let mut evaluation = Evaluation { states: &open, assume_preferred, trace: NoTrace };
        let state = match resource {
            RequestResource::Arn(text) => ResourceState::Known { value: text.as_str().into(), not_scoped: false },
            RequestResource::NotScoped | RequestResource::Unknown => {
                ResourceState::Known { value: "*".into(), not_scoped: true }
            }
        };
        element.truth(id, &state, &mut evaluation)
    }
}
