//! From a [`Request`] to a [`Query`]: everything that a decision needs, looked up once.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use scproof_organization::{AccountId, NodeId, SelectError};

use crate::action::CellId;
use crate::call::{Call, Check};
use crate::carried::Listings;
use crate::chain::{Applicability, PathId};
use crate::compile::{Atom, CompiledOrganization, LevelEntry, LevelId, Slot};
use crate::derive::Scene;
use crate::given::{Asked, FoldedContext, GivenContext, given_state};
use crate::keys;
use crate::laws::{Kinds, Laws};
use crate::principal::Principal;
use crate::remarks::Remarks;
use crate::request::{Request, RequestResource};
use crate::request_error::{RequestError, check_resource, parse_action};
use crate::resource::ResourceState;
use crate::resource_type::TypePattern;
use crate::shape::AskedOfCell;
use crate::state::{ConditionTruths, DomainValues, KeyState};
use crate::truth::Truth;

/// A prepared question. It belongs to the compiled organization that made it.
#[derive(Debug, Clone)]
pub struct Query {
    pub(crate) applicability: Applicability,
    pub(crate) account: Option<NodeId>,
    pub(crate) path: PathId,
    /// A level that is asked about as if it stood on the path. Its Deny statements count; it need not allow anything.
    pub(crate) hypothetical: Option<LevelId>,
    pub(crate) cell: ActionCell,
    pub(crate) pairs: Box<[Pair]>,
    /// What the call is checked against, each by the pairs that it may be.
    pub(crate) checks: Box<[Check]>,
    /// Whether they rest on the catalog (CALL-1).
    pub(crate) by_catalog: bool,
    /// The action, lower case.
    pub(crate) action: Box<str>,
    pub(crate) principal: Option<Principal>,
    /// Remarks on the facts given.
    pub(crate) notes: Vec<String>,
    pub(crate) broken_laws: Vec<&'static str>,
    /// Unsure rules whose preferred reading was taken in deriving facts.
    pub(crate) assumed: Vec<&'static str>,
}

impl Pair {
    /// Its resource: the name of its type, or the ARN; `*` for none.
    pub(crate) fn resource_words(&self) -> String {
        match (&self.resource, self.type_name) {
            (ResourceState::Known { not_scoped: true, .. }, _) => "*".to_owned(),
            (_, Some(name)) => name.to_owned(),
            (ResourceState::Known { value, .. }, None) => value.text.to_string(),
            (ResourceState::Unknown | ResourceState::OfType { .. }, None) => "another resource".to_owned(),
        }
    }
}

impl Query {
    /// The laws between keys that the given facts break: no call can be so. The facts stand as given (K.4).
    pub fn broken_laws(&self) -> &[&'static str] {
        &self.broken_laws
    }
}

/// Which statements concern the action.
#[derive(Debug, Clone)]
pub(crate) enum ActionCell {
    Known(CellId),
    /// An action that falls between all cells: the entries of the active levels of its path, and of all others.
    Loose(FxHashMap<LevelId, LevelEntry>),
}

/// What a question is about, by the numbers of conditions and of keys.
pub(crate) struct Concerned {
    conditions: Vec<bool>,
    /// The resource elements, each once.
    pub(crate) resources: Vec<u32>,
    /// The keys of the conditions, and those that variables in values and resources name.
    pub(crate) slots: Vec<bool>,
}

/// The states of the keys about the caller, by the numbers of the keys.
type CallerStates = Box<[(usize, KeyState)]>;

/// One resource of the call with its context.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) resource: ResourceState,
    pub(crate) states: Box<[KeyState]>,
    /// The resource type whose row it is, if it is one of the catalog's.
    pub(crate) type_name: Option<&'static str>,
    /// Where any caller is asked about: for each kind of callers the states of the keys about the caller.
    pub(crate) callers: Box<[CallerStates]>,
}

impl CompiledOrganization {
    /// Reads a question: finds the account, checks action, resources, principal and keys, and derives what follows from
    /// them (part E.2). `O(keys that policies name + length of the request)`.
    ///
    /// # Errors
    ///
    /// If the question cannot be understood; the organization never makes a question invalid.
    pub fn prepare(&self, request: &Request) -> Result<Query, RequestError> {
        self.prepare_for(&*request.completed(&self.organization)?, &[], None)
    }

    /// The same, for asking about some atoms too that need not concern the action, and as if the Deny statements of one
    /// more level stood on the account's path.
    pub(crate) fn prepare_for(
        &self,
        request: &Request,
        atoms: &[Atom],
        hypothetical: Option<LevelId>,
    ) -> Result<Query, RequestError> {
        let action = parse_action(&request.action)?;
        let principal = match &request.principal {
            None => None,
            Some(text) => Some(Principal::parse(text).map_err(|error| RequestError::Principal { text: error.text })?),
        };
        for input in &request.resources {
            check_resource(&input.resource)?;
        }
        let common = self.fold_context(&request.context)?;
        let own: Vec<FoldedContext<'_>> =
            request.resources.iter().map(|input| self.fold_context(&input.context)).collect::<Result<_, _>>()?;
        let planned = self.call(request, &action)?;
        if let (Some(principal), Some(expected)) = (&principal, self.organization.partition())
            && !principal.partition.is_empty()
            && principal.partition != expected
        {
            return Err(RequestError::PrincipalPartition {
                partition: principal.partition.clone(),
                expected: expected.to_owned(),
            });
        }

        let outside = |principal: &Principal| {
            AccountId::parse(request.account.trim()).is_ok() && principal.account == request.account.trim()
        };
        let account = match self.organization.resolve_account(request.account.trim()) {
            Ok(account) => Some(account),
            Err(SelectError::Unknown { .. }) if principal.as_ref().is_some_and(outside) => None,
            Err(error) => return Err(error.into()),
        };
        if let (Some(account), Some(principal)) = (account, &principal) {
            let id = self.organization.node(account).target.as_str();
            if !principal.account.is_empty() && principal.account != id {
                return Err(RequestError::PrincipalAccount {
                    principal_account: principal.account.clone(),
                    account: id.to_owned(),
                });
            }
        }
        let applicability = self.applicability(account, principal.as_ref(), &action);
        let path = account.and_then(|account| self.chain.path_of(account)).unwrap_or(PathId::NONE);
        let cell = self.cell_of(&action, path, hypothetical);
        let concerned = self.concerned(&action, &cell, path, hypothetical, atoms);
        let mut remarks = Remarks::default();
        let wanted = |slot: usize| concerned.slots.get(slot) == Some(&true);
        let listings = self.listings(&planned, &wanted);
        let asked = Asked { call: &planned, listings: &listings, common: &common, own: &own, request };
        let pairs = match account {
            None => Box::default(),
            Some(account) => planned
                .alternatives()
                .map(|(check, alternative)| {
                    let context = asked.context(check, alternative);
                    let laws = self.laws(account, principal.as_ref(), &context);
                    let scene =
                        self.scene(account, principal.as_ref(), &action, alternative.resource(), &context, &laws);
                    let mut pair = self.pair(&scene, &context, &wanted);
                    self.settle_domains(&mut pair.states, &concerned.conditions);
                    if self.options.refine {
                        pair.callers = self.callers(&scene, &context, &concerned);
                    }
                    if let Some(of) = planned.type_of(alternative) {
                        pair.resource = self.resource_of_type(of, &concerned.resources, &pair.states);
                    }
                    pair.type_name = planned.type_name(alternative);
                    remarks.on_pair(&self.organization, &action, &context, &laws);
                    pair
                })
                .collect(),
        };
        remarks.on_call(&planned);
        let asks_for_arn =
            self.slots.iter().zip(&concerned.slots).any(|(slot, concerned)| {
                *concerned && slot.row.is_some_and(|row| row.model == keys::Model::PrincipalArn)
            });
        remarks.on_caller(principal.as_ref(), &action, asks_for_arn);
        if self.options.assume_preferred {
            remarks.assumed.extend(self.unsure_rule(principal.as_ref(), &action));
        }
        let Remarks { notes, broken_laws, assumed } = remarks;
        let action = action.into();
        Ok(Query {
            applicability,
            account,
            path,
            hypothetical,
            cell,
            pairs,
            checks: planned.checks(),
            by_catalog: planned.rows.is_some(),
            action,
            principal,
            notes,
            broken_laws,
            assumed,
        })
    }

    pub(crate) fn cell_of(&self, action: &str, path: PathId, hypothetical: Option<LevelId>) -> ActionCell {
        if let Some(cell) =
            self.actions.catalog.find_action(action).and_then(|action| self.actions.cell_of_action(action))
        {
            return ActionCell::Known(cell);
        }
        let truths = self.actions.element_truths(action);
        if let Some(cell) = self.actions.find_cell(&truths) {
            return ActionCell::Known(cell);
        }
        let truths = self.actions.truths(&truths);
        ActionCell::Loose(
            self.chain
                .levels(path)
                .iter()
                .chain(&hypothetical)
                .filter_map(|&id| Some((id, LevelEntry::build(&self.level(id)?.statements, &self.statements, truths))))
                .collect(),
        )
    }

    pub(crate) fn scene<'a>(
        &'a self,
        account: NodeId,
        principal: Option<&'a Principal>,
        action: &'a str,
        resource: &'a RequestResource,
        context: &GivenContext<'a>,
        laws: &'a Laws<'a>,
    ) -> Scene<'a> {
        Scene {
            organization: &self.organization,
            account,
            principal,
            action,
            resource,
            region: context.region,
            laws,
            current_time: context.only("aws:currenttime"),
            epoch_time: context.only("aws:epochtime"),
        }
    }

    /// What the given facts say by the laws, of a call by a caller of an account.
    pub(crate) fn laws<'a>(
        &self,
        account: NodeId,
        principal: Option<&Principal>,
        context: &'a GivenContext<'a>,
    ) -> Laws<'a> {
        Laws::new(context, principal, self.organization.node(account).target.as_str())
    }

    pub(crate) fn pair(&self, scene: &Scene<'_>, context: &GivenContext<'_>, wanted: &impl Fn(usize) -> bool) -> Pair {
        // Nothing looks at the other keys; if something did, they would be unknown.
        let state = |(index, slot)| {
            if wanted(index) { self.slot_state(index, slot, scene, context) } else { KeyState::any(true, true) }
        };
        let states: Box<[KeyState]> = self.slots.iter().enumerate().map(state).collect();
        let resource = match scene.resource {
            RequestResource::Unknown => ResourceState::Unknown,
            RequestResource::NotScoped => ResourceState::Known { value: "*".into(), not_scoped: true },
            RequestResource::Arn(arn) => ResourceState::Known { value: arn.as_str().into(), not_scoped: false },
        };
        Pair { resource, states, type_name: None, callers: Box::default() }
    }

    /// The keys about the caller for each kind of callers there may be, if several of these keys are wanted (LAW-5,
    /// LAW-7).
    fn callers(&self, scene: &Scene<'_>, context: &GivenContext<'_>, concerned: &Concerned) -> Box<[CallerStates]> {
        let of_caller: Vec<(usize, &Slot)> = self
            .slots
            .iter()
            .enumerate()
            .filter(|(index, slot)| {
                concerned.slots.get(*index) == Some(&true)
                    && slot.row.is_some_and(keys::KeyRow::is_of_caller)
                    && context.find(&slot.folded).is_empty()
            })
            .collect();
        let kinds: Vec<Kinds> = Kinds::EACH.into_iter().filter(|kind| scene.laws.kinds.has(*kind)).collect();
        if scene.principal.is_some() || of_caller.len() < 2 || kinds.len() < 2 {
            return Box::default();
        }
        let of_kind = |kind: Kinds| {
            let laws = scene.laws.for_kind(kind);
            let scene = Scene { laws: &laws, ..*scene };
            let mut states: Box<[KeyState]> = vec![KeyState::any(true, true); self.slots.len()].into();
            for (index, slot) in &of_caller {
                if let Some(state) = states.get_mut(*index) {
                    *state = self.slot_state(*index, slot, &scene, context);
                }
            }
            self.settle_domains(&mut states, &concerned.conditions);
            of_caller.iter().filter_map(|(index, _)| Some((*index, states.get(*index)?.clone()))).collect()
        };
        kinds.into_iter().map(of_kind).collect()
    }

    pub(crate) fn slot_state(
        &self,
        index: usize,
        slot: &Slot,
        scene: &Scene<'_>,
        context: &GivenContext<'_>,
    ) -> KeyState {
        let folded = &*slot.folded;
        let certain = context.find(folded).iter().map(|(_, value, _)| given_state(slot, value));
        let unsure = context.unsure.iter().filter(|(key, ..)| *key == folded);
        let unsure = unsure.map(|(_, value, _)| KeyState::Either(Box::new(given_state(slot, value))));
        let mut given: Vec<KeyState> = certain.chain(unsure).collect();
        if given.len() > 1 {
            return KeyState::Candidates(given.into());
        }
        if let Some(state) = given.pop() {
            return state;
        }
        let lacks = || context.lacks(index);
        if !slot.name.is_ascii() && !self.options.assume_preferred && context.has_under_other_folding(folded) {
            return KeyState::OtherFold;
        }
        if let Some(row) = slot.row {
            if let Some(derived) = scene.derive(row, folded) {
                return derived;
            }
            if lacks() {
                return KeyState::Absent;
            }
            // CALL-13: what every call carries is there in a closed context too, and the owner of a resource is not
            // known by it.
            if context.closed && !row.always && !scene.is_owner_open(row) {
                return KeyState::Absent;
            }
            if row.value_type == scproof_catalog::ValueType::Bool {
                return KeyState::one_of(["true", "false"], !row.always);
            }
            return KeyState::any_of(row);
        }
        if folded == "s3:resourceaccount"
            && let Some(owner) = scene.laws.s3_owner()
        {
            return owner;
        }
        if keys::is_tag_family_without_tag(folded) || lacks() {
            return KeyState::Absent;
        }
        let closed_list = self.options.closed_key_list && folded.starts_with("aws:");
        if context.closed || closed_list { KeyState::Absent } else { KeyState::any(true, slot.may_be_list) }
    }

    /// What the tables say of the wanted keys in the checks of a call, where they may differ; nothing beyond the
    /// catalog.
    pub(crate) fn listings(&self, call: &Call<'_>, wanted: &impl Fn(usize) -> bool) -> Box<[Option<Listings>]> {
        let Some(rows) = &call.rows else { return Box::default() };
        let of = |(index, slot): (usize, &Slot)| {
            let matters = slot.differs_by_check && wanted(index);
            matters.then(|| rows.listings_of(&slot.folded, slot.listed))
        };
        self.slots.iter().enumerate().map(of).collect()
    }

    /// Any resource of a type, with what the elements that are concerned say of it.
    pub(crate) fn resource_of_type(
        &self,
        of: &Arc<TypePattern>,
        concerned: &[u32],
        states: &[KeyState],
    ) -> ResourceState {
        let truths = concerned.iter().filter_map(|&id| {
            let element = self.resources.get(id as usize)?;
            let relation = || element.relation(of, states, self.options.assume_preferred);
            let is_static = element.slots().next().is_none();
            let (truth, rules) = if is_static { self.types.relation(id, of, relation) } else { relation() };
            Some((id, truth, rules))
        });
        ResourceState::OfType { of: Arc::clone(of), truths: truths.collect() }
    }

    /// The states of the wanted keys in the calls of an action by an account, nothing else known.
    pub(crate) fn states_of(&self, account: NodeId, action: &str, wanted: &impl Fn(usize) -> bool) -> Box<[KeyState]> {
        let context = GivenContext::nothing();
        let laws = self.laws(account, None, &context);
        let scene = self.scene(account, None, action, &RequestResource::Unknown, &context, &laws);
        self.pair(&scene, &context, wanted).states
    }

    /// What the statements of a path that may concern the actions of a cell ask about.
    pub(crate) fn asked_of_cell(&self, cell: CellId, path: PathId) -> AskedOfCell {
        let concerned = self.concerned("", &ActionCell::Known(cell), path, None, &[]);
        let asked = self.slots.iter().zip(&concerned.slots);
        let asked = asked.filter(|(slot, is_asked)| **is_asked && slot.differs_by_check);
        let keys = asked.map(|(slot, _)| slot.folded.to_string()).collect();
        AskedOfCell { keys, resources: concerned.resources }
    }

    /// What the statements of the path that may concern the action ask about, and some atoms.
    pub(crate) fn concerned(
        &self,
        action: &str,
        cell: &ActionCell,
        path: PathId,
        hypothetical: Option<LevelId>,
        atoms: &[Atom],
    ) -> Concerned {
        let mut concerned = Concerned {
            conditions: vec![false; self.conditions.len()],
            resources: Vec::new(),
            slots: vec![false; self.slots.len()],
        };
        for atom in atoms {
            self.concern(&mut concerned, *atom);
        }
        let loose;
        let truths = match cell {
            ActionCell::Known(cell) => self.actions.cell_truths(*cell),
            ActionCell::Loose(_) => {
                loose = self.actions.element_truths(action);
                self.actions.truths(&loose)
            }
        };
        for level in self.chain.levels(path).iter().chain(&hypothetical).filter_map(|level| self.level(*level)) {
            for statement in level.statements.iter().filter_map(|number| self.statements.get(*number as usize)) {
                if statement.action.is_some_and(|element| truths.of(element) == Truth::False) {
                    continue;
                }
                for atom in self.statement_atoms(statement) {
                    self.concern(&mut concerned, *atom);
                }
            }
        }
        concerned
    }

    fn concern(&self, concerned: &mut Concerned, atom: Atom) {
        if let Atom::Condition(id) = atom
            && let Some(known) = concerned.conditions.get_mut(id as usize)
            && std::mem::replace(known, true)
        {
            return;
        }
        if let Atom::Resource(id) = atom {
            if concerned.resources.contains(&id) {
                return;
            }
            concerned.resources.push(id);
        }
        for slot in self.slots_of(atom) {
            if let Some(mark) = concerned.slots.get_mut(slot.0 as usize) {
                *mark = true;
            }
        }
    }

    /// For unknown keys: what each condition on them that is concerned says of all the values they may have. Once a
    /// request, not a decision.
    fn settle_domains(&self, states: &mut [KeyState], concerned: &[bool]) {
        let mut settled: Vec<(usize, ConditionTruths)> = Vec::new();
        for (index, (slot, state)) in self.slots.iter().zip(states.iter()).enumerate() {
            let KeyState::Unknown(domain) = state else { continue };
            let any = domain.values == DomainValues::Any;
            let truths: ConditionTruths = slot
                .conditions
                .iter()
                .filter(|&&id| concerned.get(id as usize) == Some(&true))
                .filter_map(|&id| {
                    let condition =
                        self.conditions.get(id as usize).filter(|condition| !any || !condition.is_static())?;
                    Some((id, condition.domain_truth(&domain.values, states, self.options.assume_preferred)?))
                })
                .collect();
            if !truths.is_empty() {
                settled.push((index, truths));
            }
        }
        for (index, truths) in settled {
            if let Some(KeyState::Unknown(domain)) = states.get_mut(index) {
                domain.truths = truths;
            }
        }
    }
}
