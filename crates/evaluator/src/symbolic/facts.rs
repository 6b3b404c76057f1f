//! The facts behind a set of atoms, cut into cells, and what each atom says in each cell.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use scproof_catalog::ValueType;
use scproof_organization::NodeId;
use scproof_policy_parser::{DateReading, WildcardPattern, format_date, parse_date};

use crate::compile::{Atom, CompiledOrganization};
use crate::condition::CompiledCondition;
use crate::cut::Kind;
use crate::given::is_context_key;
use crate::keys::{Model, is_tag_key};
use crate::request::{ContextValue, RequestResource};
use crate::state::{Domain, DomainValues, KeyState, Value, Values};
use crate::symbolic::cutter::{CutMemory, Texts, candidates_of};
use crate::symbolic::laws::Exclusion;
use crate::symbolic::{CallerKind, CompiledViews, View};
use crate::trace::{Evaluation, KeySlot, Reasons};
use crate::truth::Truth;

/// The most lists of several values of one key.
const MAX_LISTS: usize = 512;

/// All facts behind some atoms, for one account and all actions of a class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The facts, each with its cells.
    pub facts: Vec<Fact>,
    /// Cells that no request has together.
    pub exclusions: Vec<Exclusion>,
    /// What each atom says in each view; once, where it says the same in all.
    atoms: FxHashMap<Atom, Vec<AtomTruth>>,
}

/// Something that atoms ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub subject: Subject,
    /// The classes of its values.
    pub cells: Vec<Cell>,
}

/// What a fact is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The resource of the call.
    Resource,
    /// The caller: `aws:PrincipalArn`.
    Principal,
    /// The instant of the call: `aws:CurrentTime` and `aws:EpochTime`.
    Instant,
    /// A context key, as first spelt in a policy.
    Key(String),
}

/// A class of values of a fact, by a representative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What a request says to be in this class.
    pub settings: Vec<Setting>,
    /// For a class of callers their kind.
    pub kind: Option<CallerKind>,
    /// What a request by a caller of a kind says instead, where that differs.
    pub by_kind: Vec<(CallerKind, Setting)>,
}

impl Cell {
    pub(super) fn new(settings: Vec<Setting>) -> Self {
        Self { settings, kind: None, by_kind: Vec::new() }
    }
}

/// A part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Setting {
    /// The resource.
    Resource(RequestResource),
    /// The caller.
    Principal(String),
    /// A context key with its value.
    Key(String, ContextValue),
}

/// What an atom says, and why it is open where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtomTruth {
    /// What it says.
    pub form: AtomForm,
    /// The unsure rules behind its unknown values.
    pub rules: Vec<&'static str>,
}

/// What an atom says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtomForm {
    /// The same in every request of the class.
    Constant(Truth),
    /// Its truth in each cell of one fact.
    Cells {
        /// The fact.
        fact: usize,
        /// The truth in each cell.
        truths: Vec<Truth>,
    },
    /// Not to be decided by cells.
    Open(Openness),
}

/// Why an atom is not decided by cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Openness {
    /// It compares two keys, or the resource with a key, by a policy variable.
    Related,
    /// Conditions of different kinds – texts and numbers, say – meet on one key.
    MixedKinds,
    /// There are more classes than a fixed limit.
    Limit,
    /// Its key may have one value in one view and another in another, in the same request.
    PerView,
    /// Its key has no prefix, so that no request can name it (SP-46).
    Nameless,
}

impl Facts {
    /// Whether an atom says the same in all views.
    pub fn is_shared(&self, atom: Atom) -> bool {
        self.atoms.get(&atom).is_none_or(|found| found.len() == 1)
    }

    /// What an atom says in each view; once, where it says the same in all.
    pub fn truths(&self, atom: Atom) -> &[AtomTruth] {
        self.atoms.get(&atom).map_or(&[], |found| found)
    }

    /// What an atom says in one view.
    pub fn truth(&self, atom: Atom, view: View) -> Option<&AtomTruth> {
        let found = self.atoms.get(&atom)?;
        found.get(view.index()).or_else(|| found.first())
    }

    /// The atoms that no cells decide.
    pub fn open_atoms(&self) -> Vec<Atom> {
        let is_open = |truths: &[AtomTruth]| truths.iter().any(|truth| matches!(truth.form, AtomForm::Open(_)));
        let mut open: Vec<Atom> =
            self.atoms.iter().filter(|(_, truths)| is_open(truths)).map(|(atom, _)| *atom).collect();
        open.sort_unstable();
        open
    }

    /// Whether an atom is open for want of room.
    pub fn is_limited(&self) -> bool {
        self.atoms.values().flatten().any(|truth| truth.form == AtomForm::Open(Openness::Limit))
    }

    /// The atoms that ask about a fact, with their truths in its cells; in order.
    pub fn atoms_of(&self, fact: usize) -> Vec<(Atom, &[Truth])> {
        let mut found: Vec<(Atom, &[Truth])> = self
            .atoms
            .iter()
            .filter_map(|(atom, truths)| match truths.first().map(|truth| &truth.form) {
                Some(AtomForm::Cells { fact: of, truths }) if *of == fact => Some((*atom, &truths[..])),
                Some(AtomForm::Cells { .. } | AtomForm::Constant(_) | AtomForm::Open(_)) | None => None,
            })
            .collect();
        found.sort_unstable_by_key(|(atom, _)| *atom);
        found
    }
}

/// Atoms that no other part of the facts depends on: by their numbers, or by the keys that they ask about.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Resource(Vec<u32>),
    Principal(Vec<(KeySlot, Vec<u32>)>),
    Instant(Vec<(KeySlot, Vec<u32>)>),
    /// The last: the conditions on all keys of a chain of calls, if it is one of these.
    Key(KeySlot, Vec<u32>, Domain, Vec<u32>),
}

/// What a part of the facts depends on, if its atoms have no variables: itself, and the account if it is about callers.
pub(super) type PartKey = (Part, Option<NodeId>);

/// What the views know of every key.
pub(super) struct Scene<'a> {
    pub(super) views: &'a CompiledViews,
    /// The node of the account in each view.
    pub(super) nodes: &'a [NodeId],
    states: Vec<Box<[KeyState]>>,
    assume_preferred: bool,
    pub(super) cuts: &'a CutMemory,
}

impl CompiledViews {
    /// The facts behind the atoms, for all calls of an action (lower case) by an account, given as its node in each
    /// view. `cuts` remembers for the facts of other accounts and actions.
    pub fn facts(
        &self,
        nodes: &[NodeId],
        action: &str,
        atoms: impl IntoIterator<Item = Atom>,
        cuts: &CutMemory,
    ) -> Facts {
        let states = |(view, node): (View, &NodeId)| self.view(view).states_of(*node, action, &|_| true);
        let scene = Scene {
            views: self,
            nodes,
            states: self.views().zip(nodes).map(states).collect(),
            assume_preferred: self.first.options.assume_preferred,
            cuts,
        };
        scene.facts(&atoms.into_iter().collect())
    }
}

impl Scene<'_> {
    pub(super) fn compiled(&self) -> &CompiledOrganization {
        &self.views.first
    }

    fn facts(&self, atoms: &BTreeSet<Atom>) -> Facts {
        let mut facts = Facts::default();
        let mut resources = Vec::new();
        let mut by_slot: BTreeMap<KeySlot, Vec<u32>> = BTreeMap::new();
        for atom in atoms {
            match atom {
                Atom::Resource(id) => resources.push(*id),
                Atom::Condition(id) => {
                    if let Some(condition) = self.compiled().conditions.get(*id as usize) {
                        by_slot.entry(condition.slot).or_default().push(*id);
                    }
                }
            }
        }
        let model = |slot: &KeySlot| {
            self.compiled().slots.get(slot.0 as usize).and_then(|slot| slot.row).map_or(Model::Unknown, |row| row.model)
        };
        let (mut of_principal, mut of_instant, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (slot, conditions) in by_slot {
            let Some(domain) = self.domain(slot) else {
                self.constants(&mut facts, slot, &conditions);
                continue;
            };
            match model(&slot) {
                Model::PrincipalArn
                | Model::PrincipalType
                | Model::UserId
                | Model::UserName
                | Model::AssumedRoot
                | Model::FederatedProvider
                | Model::TokenIssueTime => of_principal.push((slot, conditions)),
                Model::CurrentTime | Model::EpochTime => of_instant.push((slot, conditions)),
                owner @ (Model::ResourceOrgPaths | Model::ResourceOrgId) if self.views.differs_by_owner(owner) => {
                    for id in conditions {
                        let form = AtomForm::Open(Openness::PerView);
                        facts.insert(Atom::Condition(id), AtomTruth { form, rules: Vec::new() });
                    }
                }
                Model::Unknown
                | Model::PrincipalAccount
                | Model::PrincipalOrgId
                | Model::PrincipalOrgPaths
                | Model::PrincipalIsAwsService
                | Model::ServicePrincipalOnly
                | Model::ResourceAccount
                | Model::ResourceOrgId
                | Model::ResourceOrgPaths
                | Model::IsMcpServiceAction
                | Model::RequestedRegion => others.push((slot, conditions, domain.clone())),
            }
        }
        let parts = [Part::Principal(of_principal), Part::Instant(of_instant)];
        let chain = self.chain(others.iter().map(|(slot, conditions, _)| (*slot, conditions.as_slice())));
        let keys = others.into_iter().map(|(slot, conditions, domain)| {
            let chain = if self.chain_law(slot).is_some() { chain.clone() } else { Vec::new() };
            Part::Key(slot, conditions, domain, chain)
        });
        let parts: Vec<Part> = parts.into_iter().chain(keys).collect();
        // Resources and callers take longest.
        let (of_resources, parts): (Arc<Facts>, Vec<Arc<Facts>>) = rayon::join(
            || self.part(Part::Resource(resources)),
            || parts.into_par_iter().map(|part| self.part(part)).collect(),
        );
        facts.append(&of_resources);
        for part in parts {
            facts.append(&part);
        }
        if self.views.has_moved_owners() {
            self.part_owners(&mut facts);
        }
        self.tie(&mut facts, !chain.is_empty());
        facts
    }

    fn part(&self, part: Part) -> Arc<Facts> {
        let is_static = |conditions: &[u32]| {
            conditions.iter().all(|id| self.condition(*id).is_some_and(CompiledCondition::is_static))
        };
        let are_static = |slots: &[(KeySlot, Vec<u32>)]| slots.iter().all(|(_, conditions)| is_static(conditions));
        let (has_no_variables, account) = match &part {
            Part::Resource(ids) => (!ids.iter().any(|id| self.has_variables(*id)), None),
            Part::Principal(slots) => (are_static(slots), self.nodes.first().copied()),
            Part::Instant(slots) => (are_static(slots), None),
            Part::Key(_, conditions, _, chain) => (is_static(conditions) && is_static(chain), None),
        };
        if has_no_variables {
            self.cuts.parts.get((part, account), |(part, _)| Arc::new(self.facts_of(part)))
        } else {
            Arc::new(self.facts_of(&part))
        }
    }

    fn facts_of(&self, part: &Part) -> Facts {
        let mut facts = Facts::default();
        match part {
            Part::Resource(ids) => self.resource_fact(&mut facts, ids),
            Part::Principal(slots) => self.principal_facts(&mut facts, slots),
            Part::Instant(slots) => self.instant_fact(&mut facts, slots),
            Part::Key(slot, conditions, domain, chain) => {
                self.key_fact(&mut facts, *slot, conditions, domain, chain);
            }
        }
        facts
    }

    /// Whether a resource element compares with keys.
    fn has_variables(&self, id: u32) -> bool {
        self.compiled().slots_of(Atom::Resource(id)).next().is_some()
    }

    /// A comparison with the owner of the resource has its own answer in each view, once owners are elsewhere.
    #[expect(clippy::iter_over_hash_type, reason = "each atom is looked at on its own")]
    fn part_owners(&self, facts: &mut Facts) {
        let of_owner = |slot: KeySlot| {
            let row = self.compiled().slots.get(slot.0 as usize).and_then(|slot| slot.row);
            row.is_some_and(|row| self.views.differs_by_owner(row.model))
        };
        for (atom, truths) in &mut facts.atoms {
            if !self.compiled().slots_of(*atom).any(of_owner) {
                continue;
            }
            for truth in truths.iter_mut().filter(|truth| truth.form == AtomForm::Open(Openness::Related)) {
                truth.form = AtomForm::Open(Openness::PerView);
            }
        }
    }

    /// What is known of all keys in a view.
    pub(super) fn states(&self, view: View) -> &[KeyState] {
        self.states.get(view.index()).map_or(&[], |states| states)
    }

    fn state(&self, view: View, slot: KeySlot) -> &KeyState {
        self.states(view).get(slot.0 as usize).unwrap_or(&KeyState::Absent)
    }

    /// The values that a key may have, if it is open and may have the same ones in all views.
    fn domain(&self, slot: KeySlot) -> Option<&Domain> {
        let KeyState::Unknown(domain) = self.state(View::FIRST, slot) else { return None };
        let is_same =
            |view| matches!(self.state(view, slot), KeyState::Unknown(other) if other.values == domain.values);
        self.views.views().all(is_same).then_some(domain)
    }

    pub(super) fn condition(&self, id: u32) -> Option<&CompiledCondition> {
        self.compiled().conditions.get(id as usize)
    }

    pub(super) fn name(&self, slot: KeySlot) -> String {
        self.compiled().slots.get(slot.0 as usize).map_or_else(String::new, |slot| slot.name.to_string())
    }

    pub(super) fn value_type(&self, slot: KeySlot) -> Option<ValueType> {
        self.compiled().slots.get(slot.0 as usize).and_then(|slot| slot.value_type)
    }

    /// The truth of a condition if its key had a state, with the rules behind an unknown one.
    pub(super) fn truth(&self, id: u32, state: &KeyState, view: View) -> (Truth, Vec<&'static str>) {
        let states = self.states(view);
        let Some(condition) = self.condition(id) else { return (Truth::Unknown, Vec::new()) };
        let assume_preferred = self.assume_preferred;
        // The empty text stands for itself (CALL-23), every other text for its class.
        let is_empty_text = *state == KeyState::single("");
        let truth = |evaluation: &mut Evaluation<'_, Reasons>| {
            if is_empty_text {
                condition.truth_of_state(state, evaluation)
            } else {
                condition.truth_in_class(state, evaluation)
            }
        };
        let mut evaluation = Evaluation { states, assume_preferred, trace: Reasons::default() };
        let truth = truth(&mut evaluation);
        if truth != Truth::Unknown {
            return (truth, Vec::new());
        }
        let mut rules = evaluation.trace.rules;
        rules.sort_unstable();
        rules.dedup();
        (truth, rules)
    }

    /// Keys whose state is known, in one view at least: each view has its own truth.
    fn constants(&self, facts: &mut Facts, slot: KeySlot, conditions: &[u32]) {
        let moved = self.views.views().any(|view| self.state(view, slot) != self.state(View::FIRST, slot));
        for &id in conditions {
            let in_view = |view| {
                let state = self.state(view, slot);
                let (truth, rules) = self.truth(id, state, view);
                let open = matches!(state, KeyState::Unknown(_)) || (truth == Truth::Unknown && rules.is_empty());
                let form = if truth == Truth::Unknown && open {
                    AtomForm::Open(if moved { Openness::PerView } else { Openness::Related })
                } else {
                    AtomForm::Constant(truth)
                };
                AtomTruth { form, rules }
            };
            let mut truths: Vec<AtomTruth> = self.views.views().map(in_view).collect();
            if truths.iter().all(|truth| Some(truth) == truths.first()) {
                truths.truncate(1);
            }
            facts.atoms.insert(Atom::Condition(id), truths);
        }
    }

    /// Adds a fact of one key.
    fn key_fact(&self, facts: &mut Facts, slot: KeySlot, conditions: &[u32], domain: &Domain, chain: &[u32]) {
        let compiled: Vec<&CompiledCondition> = conditions.iter().filter_map(|&id| self.condition(id)).collect();
        let value_type = self.value_type(slot);
        let mut domain = domain.clone();
        if domain.values == DomainValues::Any && value_type.is_some_and(|it| it.element() == ValueType::Arn) {
            domain.values = DomainValues::Like(Box::new([WildcardPattern::flat("arn:*:*:*:*:*")]));
        }
        let name = self.name(slot);
        if !is_context_key(&name) {
            let form = AtomForm::Open(Openness::Nameless);
            for condition in compiled {
                facts.insert(Atom::Condition(condition.id), AtomTruth { form: form.clone(), rules: Vec::new() });
            }
            return;
        }
        let states = self.states(View::FIRST);
        let candidates = candidates_of(&name);
        let texts = Texts { candidates: &candidates, ..Texts::new(&domain, value_type) };
        // What is said of others of these keys tells its texts apart as well.
        let cutting: Vec<&CompiledCondition> = if chain.is_empty() {
            compiled.clone()
        } else {
            chain.iter().filter_map(|&id| self.condition(id)).collect()
        };
        let mut cut = self.compiled().cut_key(&cutting, &texts, states, self.cuts);
        let multivalued =
            self.compiled().slots.get(slot.0 as usize).is_some_and(|slot| slot.multivalued) && domain.may_be_list;
        let single =
            |text: &String| KeyState::Present(Values { texts: Box::new([Value::from(text.as_str())]), multivalued });
        let mut states: Vec<KeyState> = Vec::new();
        if domain.may_be_absent {
            states.push(KeyState::Absent);
        }
        states.extend(cut.texts.iter().map(single));
        if domain.may_be_empty_text || is_tag_key(&name) {
            // That of a tag, also in a service's own form, stands for itself alone (CALL-23).
            states.push(KeyState::single(""));
        }
        if domain.may_be_list {
            states.push(KeyState::list([]));
            let closed: Vec<u32> =
                conditions.iter().copied().filter(|id| !cut.open.iter().any(|(open, _)| open == id)).collect();
            match self.lists(&closed, &cut.texts) {
                Some(lists) => states.extend(lists),
                // Every comparison stays open for want of its cells.
                None => cut.open = conditions.iter().map(|id| (*id, Openness::Limit)).collect(),
            }
        }
        let cells = states.iter().map(|state| Cell::new(setting(&name, state))).collect();
        let fact = facts.facts.len();
        facts.facts.push(Fact { subject: Subject::Key(name), cells });
        for condition in compiled {
            let open = cut.open.iter().find(|(id, _)| *id == condition.id).map(|(_, why)| *why);
            let truth = self.atom_truth(fact, condition, &states, open);
            facts.insert(Atom::Condition(condition.id), truth);
        }
    }

    /// Lists of two values and more, one for each combination of truths that some list has. What a list with one value
    /// more means follows from what it meant and from the value, so each combination is gone on from once.
    fn lists(&self, conditions: &[u32], texts: &[String]) -> Option<Vec<KeyState>> {
        let mut found: Vec<KeyState> = Vec::new();
        let mut seen: FxHashSet<Vec<Truth>> = FxHashSet::default();
        let mut queue: Vec<Vec<&str>> = texts.iter().rev().map(|text| vec![text.as_str(), text.as_str()]).collect();
        while let Some(members) = queue.pop() {
            let state = KeyState::list(members.iter().copied());
            let row = conditions.iter().map(|&id| self.truth(id, &state, View::FIRST).0).collect();
            if !seen.insert(row) {
                continue;
            }
            if found.len() >= MAX_LISTS {
                return None;
            }
            found.push(state);
            for text in texts.iter().rev().filter(|text| !members.contains(&text.as_str())) {
                // The doubled first value has served once another is there.
                let mut longer = members.clone();
                if longer.first() == longer.get(1) {
                    longer.pop();
                }
                longer.push(text);
                queue.push(longer);
            }
        }
        Some(found)
    }

    pub(super) fn atom_truth(
        &self,
        fact: usize,
        condition: &CompiledCondition,
        states: &[KeyState],
        open: Option<Openness>,
    ) -> AtomTruth {
        if let Some(why) = open {
            return AtomTruth { form: AtomForm::Open(why), rules: Vec::new() };
        }
        let mut rules = Vec::new();
        let mut truths = Vec::with_capacity(states.len());
        for state in states {
            let (truth, why) = self.truth(condition.id, state, View::FIRST);
            truths.push(truth);
            rules.extend(why);
        }
        rules.sort_unstable();
        rules.dedup();
        AtomTruth { form: AtomForm::Cells { fact, truths }, rules }
    }

    /// `aws:CurrentTime` and `aws:EpochTime` are one instant in two spellings (CLR-12).
    fn instant_fact(&self, facts: &mut Facts, slots: &[(KeySlot, Vec<u32>)]) {
        let domain = Domain::new(false, false, DomainValues::Any);
        let ids: Vec<u32> = slots.iter().flat_map(|(_, conditions)| conditions.iter().copied()).collect();
        if ids.is_empty() {
            return;
        }
        let compiled: Vec<&CompiledCondition> = ids.iter().filter_map(|&id| self.condition(id)).collect();
        if let [(slot, conditions)] = slots
            && Kind::of(&compiled, &domain) != Some(Kind::Date)
        {
            self.key_fact(facts, *slot, conditions, &domain, &[]);
            return;
        }
        let states = self.states(View::FIRST);
        let texts = Texts::new(&domain, Some(ValueType::Date));
        let mut cut = self.compiled().cut_key(&compiled, &texts, states, self.cuts);
        if Kind::of(&compiled, &domain) != Some(Kind::Date) {
            // Seconds as numbers, or as texts: not in the same spelling for both keys.
            cut.open = ids.iter().map(|id| (*id, Openness::MixedKinds)).collect();
        }
        // In whole seconds (SP-48), so that both keys can spell them.
        let mut seconds: BTreeSet<i64> = BTreeSet::new();
        for text in &cut.texts {
            if let Some((at, 0)) = parse_date(text, DateReading::default()) {
                seconds.extend([at.saturating_sub(1), at, at.saturating_add(1)]);
            }
        }
        cut.texts = seconds.into_iter().filter_map(format_date).collect();
        if cut.texts.is_empty() {
            // No instant that can be spelt is a boundary: one stands for all.
            cut.texts.push("2026-01-01T00:00:00Z".to_owned());
        }
        let instants: Vec<KeyState> = cut.texts.iter().map(|text| KeyState::single(text)).collect();
        let fact = facts.facts.len();
        let cells = cut
            .texts
            .iter()
            .map(|text| Cell::new(vec![Setting::Key("aws:CurrentTime".to_owned(), ContextValue::Single(text.clone()))]))
            .collect();
        facts.facts.push(Fact { subject: Subject::Instant, cells });
        for condition in compiled {
            let open = cut.open.iter().find(|(id, _)| *id == condition.id).map(|(_, why)| *why);
            let truth = self.atom_truth(fact, condition, &instants, open);
            facts.insert(Atom::Condition(condition.id), truth);
        }
    }

    /// The resource, cut by all elements on it.
    fn resource_fact(&self, facts: &mut Facts, ids: &[u32]) {
        if ids.is_empty() {
            return;
        }
        let states = self.states(View::FIRST);
        let cut = self.compiled().cut_resources(ids, states, self.cuts);
        let fact = facts.facts.len();
        let cells = cut.resources.iter().map(|resource| Cell::new(vec![Setting::Resource(resource.clone())])).collect();
        facts.facts.push(Fact { subject: Subject::Resource, cells });
        for &id in ids {
            let open = cut.open.iter().find(|(found, _)| *found == id).map(|(_, why)| *why);
            let truth = if let Some(why) = open {
                AtomTruth { form: AtomForm::Open(why), rules: Vec::new() }
            } else {
                let (truths, rules) = self.compiled().resource_truths(id, &cut.resources, states);
                AtomTruth { form: AtomForm::Cells { fact, truths }, rules }
            };
            facts.insert(Atom::Resource(id), truth);
        }
    }
}

impl Facts {
    /// Adds the facts behind other atoms after those there are.
    fn append(&mut self, other: &Self) {
        let first = self.facts.len();
        self.facts.extend(other.facts.iter().cloned());
        let shifted =
            |it: &Exclusion| Exclusion(it.0.iter().map(|(fact, cells)| (fact + first, cells.clone())).collect());
        self.exclusions.extend(other.exclusions.iter().map(shifted));
        self.atoms.extend(other.atoms.iter().map(|(atom, truths)| {
            let mut truths = truths.clone();
            for truth in &mut truths {
                if let AtomForm::Cells { fact, .. } = &mut truth.form {
                    *fact += first;
                }
            }
            (*atom, truths)
        }));
    }

    /// Says that no request has one of these cells of each of the facts.
    pub(super) fn exclude(&mut self, cells: impl IntoIterator<Item = (usize, Vec<usize>)>) {
        let cells: Vec<(usize, Vec<usize>)> = cells.into_iter().collect();
        if cells.iter().all(|(_, cells)| !cells.is_empty()) {
            self.exclusions.push(Exclusion(cells));
        }
    }

    /// What an atom says in all views.
    pub(super) fn insert(&mut self, atom: Atom, truth: AtomTruth) {
        self.atoms.insert(atom, vec![truth]);
    }
}

pub(super) fn setting(name: &str, state: &KeyState) -> Vec<Setting> {
    let value = match state {
        KeyState::Absent => ContextValue::Absent,
        KeyState::Present(Values { texts, multivalued }) => match (&**texts, multivalued) {
            ([text], false) => ContextValue::Single(text.text.to_string()),
            (texts, _) => ContextValue::List(texts.iter().map(|text| text.text.to_string()).collect()),
        },
        KeyState::Unknown(_) | KeyState::Either(_) | KeyState::Candidates(_) | KeyState::OtherFold => {
            return Vec::new();
        }
    };
    vec![Setting::Key(name.to_owned(), value)]
}
