//! All actions in classes: one cell of the policies, and what an action's name alone derives.

use rustc_hash::FxHashMap;
use scproof_catalog::{ActionId, Catalog};

use crate::action::CellId;
pub use crate::action::PatternId;
use crate::action_names::is_name;
pub use crate::effective::ActionTraits;
use crate::symbolic::calls::Shapes;
use crate::symbolic::{CompiledViews, ShapeId};
use crate::truth::Truth;

/// Actions that no statement of any of the organizations can tell apart, whose names derive the same context, and whose
/// calls are checked against the same, as far as the statements ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionClass {
    /// The cell.
    pub cell: CellId,
    /// An action of the class, lower case; one of the catalog if there is one.
    pub representative: String,
    /// What the names of the class derive.
    pub traits: ActionTraits,
    /// What their calls are checked against.
    pub shape: ShapeId,
    /// The actions of the catalog, in its order.
    pub actions: Vec<ActionId>,
    /// Actions that policies spell out and the catalog lacks, lower case.
    pub unlisted: Vec<String>,
    /// Names that neither catalog nor policies spell out.
    pub other_names: Vec<OtherNames>,
}

/// What a class of actions is known by.
pub type ClassKey = (CellId, ActionTraits, ShapeId);

impl ActionClass {
    /// What it is known by.
    pub fn key(&self) -> ClassKey {
        (self.cell, self.traits, self.shape)
    }
}

/// Names of a service that neither catalog nor policies spell out and that match the same patterns.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OtherNames {
    /// The service prefix.
    pub service: String,
    /// Whether it stands for all services that neither catalog nor policies mention.
    pub any_other_service: bool,
    /// A name of the class, lower case, without prefix.
    pub example: String,
}

impl CompiledViews {
    /// Every action there is or may be, in classes. `O(catalog)`.
    pub fn action_classes(&self) -> Vec<ActionClass> {
        self.with_shapes(|shapes| self.classes_in(shapes))
    }

    fn classes_in(&self, shapes: &mut Shapes) -> Vec<ActionClass> {
        let actions = &self.first.actions;
        let catalog = actions.catalog;
        let mut classes = Classes::default();
        for service in catalog.services() {
            let prefix = catalog.service_prefix(service);
            let of_service = ActionTraits::of(prefix);
            for action in catalog.actions_of(service) {
                let Some(cell) = actions.cell_of_action(action) else { continue };
                let name = catalog.action(action).lower_name();
                let traits = of_service.of_name(prefix, name);
                let shape = self.shape_of(shapes, cell, action);
                if let Some(class) = classes.of((cell, traits, shape), || format!("{prefix}:{name}")) {
                    class.actions.push(action);
                }
            }
        }
        let is_action =
            |text: &str| text.split_once(':').is_some_and(|(prefix, name)| is_name(prefix) && is_name(name));
        for (full_name, cell) in actions.extra_actions().iter().filter(|(full_name, _)| is_action(full_name)) {
            let key = (*cell, ActionTraits::of(full_name), ShapeId::ANY);
            if let Some(class) = classes.of(key, || full_name.to_string()) {
                class.unlisted.push(full_name.to_string());
            }
        }
        for names in actions.other_names() {
            let full_name = format!("{}:{}", names.service, names.example);
            let other_names = OtherNames {
                service: names.service.to_string(),
                any_other_service: names.stands_for_others,
                example: names.example.to_string(),
            };
            let key = (names.cell, ActionTraits::of(&full_name), ShapeId::ANY);
            if let Some(class) = classes.of(key, || full_name.clone()) {
                class.other_names.push(other_names);
            }
        }
        classes.all.sort_unstable_by_key(ActionClass::key);
        classes.all
    }

    /// What the class of an action, known or not, is known by.
    pub fn class_key(&self, action: &str) -> Option<ClassKey> {
        let folded = action.to_ascii_lowercase();
        let cell = self.cell_of(&folded)?;
        let known = self.catalog().find_action(&folded);
        let shape = known.map_or(ShapeId::ANY, |known| self.with_shapes(|shapes| self.shape_of(shapes, cell, known)));
        Some((cell, ActionTraits::of(&folded), shape))
    }

    /// The cell of an action, known or not.
    pub fn cell_of(&self, action: &str) -> Option<CellId> {
        let actions = &self.first.actions;
        actions.find_cell(&actions.element_truths(&action.to_ascii_lowercase()))
    }

    /// The catalog that names the actions.
    pub fn catalog(&self) -> &'static Catalog {
        self.first.actions.catalog
    }

    /// Services whose unlisted names could not be cut within the limit: nothing is said of these names.
    pub fn uncut_services(&self) -> impl Iterator<Item = &str> {
        self.first.actions.uncut_services().iter().map(|service| &**service)
    }

    /// The action patterns of the policies that concern an action (lower case), and whether they match it; those that
    /// do not match are left out.
    pub fn pattern_row(&self, action: &str) -> Vec<(PatternId, Truth)> {
        self.first.actions.pattern_row(action)
    }

    /// An action pattern as written.
    pub fn pattern_text(&self, pattern: PatternId) -> &str {
        self.first.actions.pattern_text(pattern)
    }
}

/// Classes while they are collected.
#[derive(Default)]
struct Classes {
    all: Vec<ActionClass>,
    places: FxHashMap<ClassKey, usize>,
    /// The class that was asked for last: neighbours are mostly in the same.
    last: Option<(ClassKey, usize)>,
}

impl Classes {
    fn of(&mut self, key: ClassKey, representative: impl FnOnce() -> String) -> Option<&mut ActionClass> {
        let (cell, traits, shape) = key;
        let place = match self.last {
            Some((last, place)) if last == key => place,
            _ => *self.places.entry(key).or_insert_with(|| {
                self.all.push(ActionClass {
                    cell,
                    representative: representative(),
                    traits,
                    shape,
                    actions: Vec::new(),
                    unlisted: Vec::new(),
                    other_names: Vec::new(),
                });
                self.all.len() - 1
            }),
        };
        self.last = Some((key, place));
        self.all.get_mut(place)
    }
}
