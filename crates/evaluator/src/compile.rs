//! From an organization to something that answers fast: each distinct document, each distinct set of attached documents
//! (a *level*) and each distinct inheritance path once.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use scproof_catalog::{Catalog, ConditionKey, ValueType};
use scproof_organization::Organization;
use scproof_policy_parser::{Condition, Effect, PolicyDocument, ResourceElement, Statement};

use crate::EvaluationOptions;
use crate::account_marks::AccountNames;
use crate::action::{ActionTable, ActionTableBuilder, CellId, ElementId, ElementTruths};
use crate::call::TypeMemory;
use crate::carried::differs_by_check;
use crate::chain::Chain;
use crate::condition::{CompiledCondition, ConditionBody};
use crate::keys::{self, KeyRow};
use crate::predicate::Predicate;
use crate::refine::SplitMemory;
use crate::resource::CompiledResource;
use crate::tables::Tables;
use crate::trace::KeySlot;
use crate::truth::Truth;

/// An organization ready to answer: immutable, shared freely between threads.
///
/// Building it costs time in proportion to the distinct documents, levels and paths, not to accounts × actions.
#[derive(Debug)]
pub struct CompiledOrganization {
    pub(crate) organization: Arc<Organization>,
    pub(crate) options: EvaluationOptions,
    pub(crate) actions: Arc<ActionTable>,
    pub(crate) slots: Arc<[Slot]>,
    pub(crate) conditions: Arc<[CompiledCondition]>,
    /// The conditions as written.
    pub(crate) condition_sources: Arc<[Condition]>,
    pub(crate) condition_predicates: Arc<[Predicate]>,
    pub(crate) resources: Arc<[CompiledResource]>,
    pub(crate) resource_sources: Arc<[ResourceElement]>,
    pub(crate) resource_predicates: Arc<[Predicate]>,
    pub(crate) statements: Arc<[CompiledStatement]>,
    pub(crate) atoms: Arc<[Atom]>,
    pub(crate) levels: Arc<[Level]>,
    pub(crate) chain: Chain,
    /// For each policy the numbers of its document's statements; empty for policies that are attached nowhere.
    pub(crate) policy_statements: Vec<(u32, u32)>,
    /// The accounts that each condition may name, once it was asked.
    pub(crate) account_names: Box<[OnceLock<AccountNames>]>,
    pub(crate) splits: SplitMemory,
    pub(crate) types: TypeMemory,
    /// The same in the likelier readings of all unsure rules, once it has been asked for.
    pub(crate) preferred: OnceLock<Box<CompiledOrganization>>,
}

/// A condition key that some policy names.
#[derive(Debug)]
pub(crate) struct Slot {
    /// As first spelt in a policy.
    pub(crate) name: Box<str>,
    /// The same in lower case.
    pub(crate) folded: Box<str>,
    pub(crate) row: Option<&'static KeyRow>,
    /// Whether the key may carry several values.
    pub(crate) may_be_list: bool,
    /// Whether a scalar given for it is still a list (SET-9).
    pub(crate) multivalued: bool,
    pub(crate) value_type: Option<ValueType>,
    /// What the catalog knows it as.
    pub(crate) listed: Option<ConditionKey<'static>>,
    /// Whether it may differ from check to check of one call (CALL-7).
    pub(crate) differs_by_check: bool,
    /// The conditions on this key.
    pub(crate) conditions: Vec<u32>,
}

/// What a statement asks beside its action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// A `Resource` or `NotResource` element, by its number.
    Resource(u32),
    /// One line of a `Condition`, by its number.
    Condition(u32),
}

/// A statement of a distinct document.
#[derive(Debug)]
pub(crate) struct CompiledStatement {
    pub(crate) action: Option<ElementId>,
    pub(crate) effect: Option<Effect>,
    /// Range in the list of atoms; all must hold. Atoms that are always true are left out.
    pub(crate) atoms: (u32, u32),
    /// Whether a part could not be read, so that the statement is never certain (K3-14).
    pub(crate) unreadable: bool,
    /// Its index in its document.
    pub(crate) index: u32,
}

/// Number of a distinct set of attached documents.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LevelId(pub(crate) u32);

/// A distinct set of attached documents.
#[derive(Debug)]
pub(crate) struct Level {
    /// Statements of all its documents.
    pub(crate) statements: Vec<u32>,
    /// Whether the attachments could not be read (K3-13).
    pub(crate) unreadable: bool,
    /// Worked out when it is first asked about: a question asks about the levels of its own path only.
    pub(crate) cells: OnceLock<LevelCells>,
    /// Whether it lets everything through: no Deny, and an Allow of everything.
    pub(crate) passes_everything: bool,
}

/// What a level holds for the cells of actions: different entries, and for each cell which.
#[derive(Debug)]
pub(crate) struct LevelCells {
    pub(crate) by_cell: Box<[u32]>,
    entries: Vec<LevelEntry>,
}

/// What a level holds for the actions of one cell.
#[derive(Debug, Default, PartialEq, Eq, Hash, Clone)]
pub(crate) struct LevelEntry {
    /// A Deny without resource or condition matches (EVAL-4).
    pub(crate) denies: bool,
    /// An Allow without resource or condition matches (EVAL-5).
    pub(crate) allows: bool,
    /// Deny statements that depend on resource or context.
    pub(crate) deny: Box<[Candidate]>,
    /// Allow statements that depend on resource or context; empty if `allows`.
    pub(crate) allow: Box<[Candidate]>,
}

/// A statement whose action part holds or may hold.
#[derive(Debug, PartialEq, Eq, Hash, Clone, Copy, PartialOrd, Ord)]
pub struct Candidate {
    pub(crate) statement: u32,
    /// Whether the action part is unknown, or the statement unreadable.
    pub(crate) uncertain: bool,
}

/// Numbers the statements of documents and everything they are made of.
pub(crate) struct Builder {
    pub(crate) catalog: &'static Catalog,
    pub(crate) slots: Vec<Slot>,
    slot_ids: FxHashMap<Box<str>, KeySlot>,
    pub(crate) conditions: Vec<CompiledCondition>,
    pub(crate) condition_sources: Vec<Condition>,
    pub(crate) condition_predicates: Vec<Predicate>,
    condition_ids: FxHashMap<(Condition, bool), u32>,
    pub(crate) resources: Vec<CompiledResource>,
    pub(crate) resource_sources: Vec<ResourceElement>,
    pub(crate) resource_predicates: Vec<Predicate>,
    resource_ids: FxHashMap<(ResourceElement, bool), u32>,
    pub(crate) actions: ActionTableBuilder,
    pub(crate) statements: Vec<CompiledStatement>,
    pub(crate) atoms: Vec<Atom>,
    untyped_services: &'static [String],
    assume_preferred: bool,
}

#[expect(clippy::cast_possible_truncation, reason = "numbers of things that a snapshot holds in memory fit 32 bits")]
impl Builder {
    pub(crate) fn new(assume_preferred: bool) -> Self {
        let catalog = Catalog::embedded();
        Self {
            catalog,
            slots: Vec::new(),
            slot_ids: FxHashMap::default(),
            conditions: Vec::new(),
            condition_sources: Vec::new(),
            condition_predicates: Vec::new(),
            condition_ids: FxHashMap::default(),
            resources: Vec::new(),
            resource_sources: Vec::new(),
            resource_predicates: Vec::new(),
            resource_ids: FxHashMap::default(),
            actions: ActionTableBuilder::default(),
            statements: Vec::new(),
            atoms: Vec::new(),
            untyped_services: catalog.services_without_resource_type_prefix(),
            assume_preferred,
        }
    }

    fn slot(
        slots: &mut Vec<Slot>,
        slot_ids: &mut FxHashMap<Box<str>, KeySlot>,
        catalog: &'static Catalog,
        key: &str,
    ) -> KeySlot {
        let folded = key.to_ascii_lowercase();
        if let Some(slot) = slot_ids.get(folded.as_str()) {
            return *slot;
        }
        let row = keys::find(key);
        let listed = catalog.condition_key(key);
        let value_type = row.map(|row| row.value_type).or_else(|| listed.map(ConditionKey::value_type));
        let multivalued = keys::is_multivalued(key, catalog);
        let slot = KeySlot(slots.len() as u32);
        slots.push(Slot {
            name: key.into(),
            folded: folded.as_str().into(),
            row,
            may_be_list: multivalued.unwrap_or(true),
            multivalued: multivalued.unwrap_or(false),
            value_type,
            listed,
            differs_by_check: differs_by_check(&folded),
            conditions: Vec::new(),
        });
        slot_ids.insert(folded.into(), slot);
        slot
    }

    fn condition(&mut self, condition: &Condition, variables: bool) -> u32 {
        let key = (condition.clone(), variables);
        if let Some(id) = self.condition_ids.get(&key) {
            return *id;
        }
        let catalog = self.catalog;
        let id = self.conditions.len() as u32;
        let (slots, slot_ids) = (&mut self.slots, &mut self.slot_ids);
        let key_type = |name: &str| {
            keys::find(name)
                .map(|row| row.value_type)
                .or_else(|| catalog.condition_key(name).map(ConditionKey::value_type))
        };
        let compiled =
            CompiledCondition::compile(id, condition, variables, self.assume_preferred, key_type, &mut |key| {
                Self::slot(slots, slot_ids, catalog, key)
            });
        if let Some(slot) = self.slots.get_mut(compiled.slot.0 as usize) {
            slot.conditions.push(id);
            let predicate = Predicate::of_condition(condition, slot, variables);
            // No call lacks it, whatever the operator does with calls that do.
            let is_always_there = keys::is_always_present(&condition.key);
            self.condition_predicates.push(if is_always_there { predicate.of_present_keys() } else { predicate });
        }
        self.conditions.push(compiled);
        self.condition_sources.push(condition.clone());
        self.condition_ids.insert(key, id);
        id
    }

    fn resource(&mut self, element: &ResourceElement, variables: bool) -> u32 {
        let key = (element.clone(), variables);
        if let Some(id) = self.resource_ids.get(&key) {
            return *id;
        }
        let catalog = self.catalog;
        let id = self.resources.len() as u32;
        let (slots, slot_ids) = (&mut self.slots, &mut self.slot_ids);
        self.resources.push(CompiledResource::compile(element, variables, self.untyped_services, &mut |key| {
            Self::slot(slots, slot_ids, catalog, key)
        }));
        self.resource_sources.push(element.clone());
        self.resource_predicates.push(Predicate::of_resource(element, variables));
        self.resource_ids.insert(key, id);
        id
    }

    /// Numbers the statements of a document; their range.
    pub(crate) fn document(&mut self, document: &PolicyDocument) -> (u32, u32) {
        let start = self.statements.len() as u32;
        for (index, statement) in document.statements.iter().enumerate() {
            self.statement(index as u32, statement, document.version.has_variables());
        }
        (start, self.statements.len() as u32)
    }

    fn statement(&mut self, index: u32, statement: &Statement, variables: bool) {
        let start = self.atoms.len() as u32;
        let mut unreadable = statement.without_meaning || statement.effect.is_none() || statement.action.is_none();
        match &statement.resource {
            None => unreadable = true,
            Some(element) => {
                let id = self.resource(element, variables);
                if !self.resources.get(id as usize).is_some_and(CompiledResource::is_everything) {
                    self.atoms.push(Atom::Resource(id));
                }
            }
        }
        match &statement.condition {
            None => unreadable = true,
            Some(conditions) => {
                for condition in conditions {
                    let id = self.condition(condition, variables);
                    self.atoms.push(Atom::Condition(id));
                }
            }
        }
        // Cheap and decisive atoms first: a condition is one comparison, a resource often several patterns.
        let (slots, conditions) = (&self.slots, &self.conditions);
        if let Some(atoms) = self.atoms.get_mut(start as usize..) {
            atoms.sort_by_key(|atom| match atom {
                Atom::Condition(id) => {
                    let slot = conditions.get(*id as usize).and_then(|condition| slots.get(condition.slot.0 as usize));
                    u8::from(slot.is_none_or(|slot| slot.value_type == Some(ValueType::Arn)))
                }
                Atom::Resource(_) => 2,
            });
        }
        let action = statement.action.as_ref().map(|element| self.actions.element(element));
        self.statements.push(CompiledStatement {
            action,
            effect: statement.effect,
            atoms: (start, self.atoms.len() as u32),
            unreadable,
            index,
        });
    }
}

impl CompiledOrganization {
    /// Compiles an organization. Every policy text is accepted: what cannot be read stays unknown (GEN-2, K3-14).
    ///
    /// Takes time in proportion to the distinct documents and levels, and to the actions of the catalog times distinct
    /// action elements. What a level holds for the cells of actions is worked out when it is first asked about.
    pub fn compile(organization: impl Into<Arc<Organization>>, options: EvaluationOptions) -> Self {
        let organization: Arc<Organization> = organization.into();
        let mut tables = Tables::new(options);
        let nodes = tables.read(&organization);
        tables.build(false).with(organization, nodes, options)
    }

    /// Compiles organizations over one numbering of statements, levels and action cells, so that they can be compared
    /// part by part, and along with them documents that are attached nowhere, each as a level of its own. A policy text
    /// that stands in several is worked through once.
    pub(crate) fn compile_together(
        first: Arc<Organization>,
        others: Vec<Arc<Organization>>,
        hypothetical: &[Arc<PolicyDocument>],
        options: EvaluationOptions,
    ) -> (Self, Vec<Self>, Vec<LevelId>) {
        let mut tables = Tables::new(options);
        let of_first = tables.read(&first);
        let of_others: Vec<_> = others.iter().map(|organization| tables.read(organization)).collect();
        let levels = hypothetical.iter().map(|document| tables.read_hypothetical(document)).collect();
        let built = tables.build(true);
        let others = others.into_iter().zip(of_others);
        let others = others.map(|(organization, nodes)| built.with(organization, nodes, options)).collect();
        (built.with(first, of_first, options), others, levels)
    }

    /// The organization that was compiled.
    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    /// How answers are computed.
    pub fn options(&self) -> EvaluationOptions {
        self.options
    }

    pub(crate) fn level(&self, level: LevelId) -> Option<&Level> {
        self.levels.get(level.0 as usize)
    }

    /// What a level holds for the cells of actions.
    pub(crate) fn cells_of<'l>(&self, level: &'l Level) -> &'l LevelCells {
        level.cells.get_or_init(|| LevelCells::build(&level.statements, &self.statements, &self.actions))
    }

    pub(crate) fn statement_atoms(&self, statement: &CompiledStatement) -> &[Atom] {
        self.atoms.get(statement.atoms.0 as usize..statement.atoms.1 as usize).unwrap_or(&[])
    }

    /// The keys that an atom asks about: its own, and those that its policy variables name.
    pub(crate) fn slots_of(&self, atom: Atom) -> impl Iterator<Item = KeySlot> {
        let (condition, resource) = match atom {
            Atom::Condition(id) => (self.conditions.get(id as usize), None),
            Atom::Resource(id) => (None, self.resources.get(id as usize)),
        };
        let of_condition = condition.into_iter().flat_map(CompiledCondition::slots);
        of_condition.chain(resource.into_iter().flat_map(CompiledResource::slots))
    }
}

impl Level {
    pub(crate) fn build(
        numbers: Vec<u32>,
        unreadable: bool,
        statements: &[CompiledStatement],
        actions: &ActionTable,
    ) -> Self {
        let statement = |number: &u32| statements.get(*number as usize);
        let allows_everything = |statement: &CompiledStatement| {
            !statement.unreadable
                && statement.atoms.0 == statement.atoms.1
                && statement.action.is_some_and(|element| actions.covers_every_name(element))
        };
        // The cells do not hold all names there may be, so that all of them passing would not be enough.
        let passes_everything = !unreadable
            && numbers.iter().all(|it| statement(it).is_some_and(|it| it.effect == Some(Effect::Allow)))
            && numbers.iter().filter_map(statement).any(allows_everything);
        Self { statements: numbers, unreadable, cells: OnceLock::new(), passes_everything }
    }

    /// The same with its cells, where all levels will be asked about.
    pub(crate) fn with_cells(self, statements: &[CompiledStatement], actions: &ActionTable) -> Self {
        let cells = LevelCells::build(&self.statements, statements, actions);
        Self { cells: OnceLock::from(cells), ..self }
    }
}

impl LevelCells {
    fn build(numbers: &[u32], statements: &[CompiledStatement], actions: &ActionTable) -> Self {
        let mut ids: FxHashMap<LevelEntry, u32> = FxHashMap::default();
        let mut entries = Vec::new();
        let by_cell = (0..actions.cell_count())
            .map(|cell| {
                let cell = CellId(u32::try_from(cell).unwrap_or(u32::MAX));
                let entry = LevelEntry::build(numbers, statements, actions.cell_truths(cell));
                *ids.entry(entry).or_insert_with_key(|entry| {
                    entries.push(entry.clone());
                    u32::try_from(entries.len() - 1).unwrap_or(u32::MAX)
                })
            })
            .collect();
        Self { by_cell, entries }
    }

    pub(crate) fn entry(&self, cell: CellId) -> Option<&LevelEntry> {
        let id = *self.by_cell.get(cell.0 as usize)?;
        self.entries.get(id as usize)
    }
}

impl LevelEntry {
    /// What the statements hold for actions with these element truths.
    pub(crate) fn build(numbers: &[u32], statements: &[CompiledStatement], truths: ElementTruths<'_>) -> Self {
        let mut entry = Self::default();
        let (mut deny, mut allow) = (Vec::new(), Vec::new());
        for &number in numbers {
            let Some(statement) = statements.get(number as usize) else { continue };
            let action = statement.action.map_or(Truth::Unknown, |element| truths.of(element));
            if action == Truth::False {
                continue;
            }
            let uncertain = action == Truth::Unknown || statement.unreadable;
            let certain = !uncertain && statement.atoms.0 == statement.atoms.1;
            let candidate = Candidate { statement: number, uncertain };
            match statement.effect {
                Some(Effect::Deny) if certain => entry.denies = true,
                Some(Effect::Allow) if certain => entry.allows = true,
                Some(Effect::Deny) => deny.push(candidate),
                Some(Effect::Allow) => allow.push(candidate),
                None => {
                    deny.push(candidate);
                    allow.push(candidate);
                }
            }
        }
        if entry.allows {
            allow.clear();
        }
        entry.deny = deny.into();
        entry.allow = allow.into();
        entry
    }
}

impl CompiledCondition {
    /// Whether the condition could not be read (DOC-29).
    pub(crate) fn is_unreadable(&self) -> bool {
        self.body == ConditionBody::Unreadable
    }
}
