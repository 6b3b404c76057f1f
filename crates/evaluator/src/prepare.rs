//! From a [`Request`] to a [`Query`]: everything that a decision needs, looked up once.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use scproof_organization::{AccountId, FeatureSet, NodeId, PolicyTypeStatus, SelectError};
use thiserror::Error;

use crate::action::CellId;
use crate::call::{Alternative, Call, Check, PlannedCheck};
use crate::carried::{Listings, Place, differs_by_check};
use crate::chain::{Applicability, PathId};
use crate::compile::{Atom, CompiledOrganization, LevelEntry, LevelId, Slot};
use crate::decision::{Decision, Reason};
use crate::derive::Scene;
use crate::keys::{self, Law};
use crate::laws::{Kinds, Laws};
use crate::principal::Principal;
use crate::remarks::Remarks;
use crate::request::{Context, ContextValue, Request, RequestResource};
use crate::resource::ResourceState;
use crate::resource_type::TypePattern;
use crate::shape::AskedOfCell;
use crate::state::{ConditionTruths, DomainValues, KeyState, Value, Values};
use crate::truth::Truth;

/// The one action that succeeds whatever any policy says (EXM-15), lower case.
pub(crate) const UNDENIABLE_ACTION: &str = "sts:getcalleridentity";

/// The one whose page says that policies have no effect on it, while AWS's own samples list it (CALL-15), lower case.
pub(crate) const SESSION_TOKEN_ACTION: &str = "sts:getsessiontoken";
/// The rule about sessions of roles with the name of a service-linked role and no path.
const SERVICE_LINKED_SESSION: &str = "CALL-16";

/// What is wrong with a question.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The account is not in the organization, or its name is not unique.
    #[error(transparent)]
    Account(#[from] SelectError),
    /// No account is named, neither as such nor by the principal's ARN.
    #[error("the question names no account")]
    NoAccount {
        /// The principal, if one was given.
        principal: Option<String>,
    },
    /// The action is no `prefix:Name`, or holds wildcards (ACT-1).
    #[error("`{text}` is not an action")]
    Action {
        /// The text given.
        text: String,
        /// Whether it would be a pattern in a policy.
        pattern: bool,
    },
    /// The resource is neither `*` nor an ARN of six components (RES-9).
    #[error("`{text}` is not a resource: an ARN has six parts, this has {parts}")]
    Resource {
        /// The text given.
        text: String,
        /// Its number of colon-separated parts.
        parts: usize,
    },
    /// The action cannot be about such a resource (CALL-2, CALL-5).
    #[error("`{text}` is no resource of `{action}`")]
    ForeignResource {
        /// The text given.
        text: String,
        /// The action.
        action: String,
        /// The types of resources that it has, by name, with the form of their ARNs.
        types: Vec<(String, String)>,
    },
    /// `*` is given for an action that is always checked against some resource (CALL-4, CALL-5).
    #[error("`{action}` is never checked against `*` alone")]
    NeedsResource {
        /// The action.
        action: String,
    },
    /// The principal is none that can make a request.
    #[error("`{text}` is not a principal that can make a request")]
    Principal {
        /// The text given.
        text: String,
    },
    /// The principal belongs to another account than the one asked about (EVAL-21).
    #[error("the principal belongs to account {principal_account}, the question is about account {account}")]
    PrincipalAccount {
        /// The account of the principal.
        principal_account: String,
        /// The account asked about.
        account: String,
    },
    /// The principal belongs to another partition than the organization (CALL-21).
    #[error("the principal belongs to the partition `{partition}`, the organization to `{expected}`")]
    PrincipalPartition {
        /// The partition of the principal.
        partition: String,
        /// That of the organization.
        expected: String,
    },
    /// A key that has one value is given several (CALL-20).
    #[error("the context key `{key}` has one value, {count} are given")]
    SeveralValues {
        /// The key as given.
        key: String,
        /// How many values are given.
        count: usize,
    },
    /// A context key is given twice.
    #[error("the context key `{key}` is given twice")]
    DuplicateKey {
        /// The key as given the second time.
        key: String,
    },
    /// A context key is no `prefix:name`.
    #[error("`{key}` is not a context key")]
    Key {
        /// The key as given.
        key: String,
    },
}

impl RequestError {
    /// How to repair the question.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Account(error) => match error {
                SelectError::Unknown { near, .. } if !near.is_empty() => {
                    let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
                    Some(format!("did you mean {}? `scproof tree` lists all accounts", names.join(" or ")))
                }
                SelectError::Unknown { .. }
                | SelectError::Ambiguous { .. }
                | SelectError::Nothing { .. }
                | SelectError::NothingBelow { .. }
                | SelectError::Pattern { .. }
                | _ => Some(
                    "give the 12-digit account id, or its name if only one account has it; `scproof tree` lists them"
                        .to_owned(),
                ),
            },
            Self::NoAccount { principal: None } => {
                Some("name the account, or give the caller's ARN as principal, which names it".to_owned())
            }
            Self::NoAccount { principal: Some(principal) } => {
                Some(format!("`{principal}` may be in any account: name the account, or give the whole ARN"))
            }
            Self::Action { pattern: true, .. } => Some(
                "a question is about one action, such as `s3:GetObject`; for patterns ask `scproof effective`"
                    .to_owned(),
            ),
            Self::Action { .. } => {
                Some("write the service prefix, a colon and the action name: `s3:GetObject`".to_owned())
            }
            Self::Resource { .. } => Some(
                "write a whole ARN, `arn:aws:s3:::bucket/key`, or `*` for an action that takes no resource".to_owned(),
            ),
            Self::ForeignResource { types, .. } if types.is_empty() => {
                Some("the action takes no resource; leave the resource out".to_owned())
            }
            Self::ForeignResource { types, .. } => {
                let types: Vec<String> = types.iter().map(|(name, pattern)| format!("{name} `{pattern}`")).collect();
                Some(format!(
                    "its resources are: {}; if AWS has more by now, ask beyond the catalog",
                    types.join(", ")
                ))
            }
            Self::NeedsResource { .. } => Some("leave the resource out to ask about any".to_owned()),
            Self::Principal { .. } => Some(
                "write a name such as `role/deploy`, `user/alice`, `assumed-role/deploy/session` or `root`, a whole ARN, the \
                 name of an AWS service, or `anonymous`"
                    .to_owned(),
            ),
            Self::PrincipalAccount { .. } => {
                Some("SCPs of the caller's account decide; ask about that account".to_owned())
            }
            Self::PrincipalPartition { .. } => {
                Some("an organization lies in one partition; write the ARN of one of its principals".to_owned())
            }
            Self::SeveralValues { .. } => Some("give one value; ask once for each of several".to_owned()),
            Self::DuplicateKey { .. } => Some("keys ignore case; give each once, several values as a list".to_owned()),
            Self::Key { .. } => Some("keys look like `aws:RequestedRegion` or `ec2:InstanceType`".to_owned()),
        }
    }
}

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
struct Concerned {
    conditions: Vec<bool>,
    /// The resource elements, each once.
    resources: Vec<u32>,
    /// The keys of the conditions, and those that variables in values and resources name.
    slots: Vec<bool>,
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

    /// The same, for asking about some atoms too that need not concern the action, and as if the Deny statements of one more level
    /// stood on the account's path.
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

    /// Part B.2: feature set, policy type, outside account, management account, services, service-linked roles.
    pub(crate) fn applicability(
        &self,
        account: Option<NodeId>,
        principal: Option<&Principal>,
        action: &str,
    ) -> Applicability {
        use crate::principal::PrincipalKind;
        let exempt = |reason| Applicability::Settled(Decision::NotApplicable, reason);
        if self.organization.feature_set() == FeatureSet::ConsolidatedBilling {
            return exempt(Reason::ConsolidatedBilling);
        }
        if self.organization.scp_status() == PolicyTypeStatus::Disabled {
            return exempt(Reason::PolicyTypeDisabled);
        }
        let Some(account) = account else {
            if principal.is_some_and(|it| Some(it.account.as_str()) == self.management_id().as_deref()) {
                return exempt(Reason::ManagementAccount);
            }
            // A listing that failed may hide a member (CALL-14).
            return if self.organization.may_lack_accounts() {
                Applicability::Settled(Decision::Unknown, Reason::Undecided)
            } else {
                exempt(Reason::OutsideAccount)
            };
        };
        let id = self.organization.node(account).target.account();
        if id.is_some() && id == self.organization.management_account() {
            return exempt(Reason::ManagementAccount);
        }
        match principal.map(|principal| (&principal.kind, principal)) {
            Some((PrincipalKind::Service, _)) => return exempt(Reason::ServicePrincipal),
            Some((PrincipalKind::Anonymous, _)) => return exempt(Reason::Anonymous),
            Some((_, principal)) if principal.is_service_linked_role() == Truth::True => {
                return exempt(Reason::ServiceLinkedRole);
            }
            _ => {}
        }
        if action == UNDENIABLE_ACTION {
            return Applicability::Settled(Decision::Allowed, Reason::CannotBeDenied);
        }
        match self.unsure_rule(principal, action) {
            None => {}
            Some(rule) if !self.options.assume_preferred => return Applicability::Unsure(rule),
            Some(SERVICE_LINKED_SESSION) => return exempt(Reason::ServiceLinkedRole),
            Some(_) => return Applicability::Settled(Decision::Allowed, Reason::CannotBeDenied),
        }
        match self.organization.scp_status() {
            PolicyTypeStatus::PendingEnable | PolicyTypeStatus::PendingDisable => Applicability::Pending,
            PolicyTypeStatus::Enabled | PolicyTypeStatus::Disabled => Applicability::Decides,
        }
    }

    fn management_id(&self) -> Option<String> {
        self.organization.management_account().map(|account| account.as_str().to_owned())
    }

    /// The unsure rule by which SCPs may not restrict a call at all.
    #[expect(clippy::unused_self, reason = "beside the gate that asks it")]
    fn unsure_rule(&self, principal: Option<&Principal>, action: &str) -> Option<&'static str> {
        if principal.is_some_and(|principal| principal.is_service_linked_role() == Truth::Unknown) {
            return Some(SERVICE_LINKED_SESSION);
        }
        (action == SESSION_TOKEN_ACTION).then_some("CALL-15")
    }

    fn cell_of(&self, action: &str, path: PathId, hypothetical: Option<LevelId>) -> ActionCell {
        if let Some(cell) =
            self.actions.catalog.find_action(action).and_then(|action| self.actions.cell_of_action(action))
        {
            return ActionCell::Known(cell);
        }
        let truths = self.actions.element_truths(action);
        if let Some(cell) = self.actions.find_cell(&truths) {
            return ActionCell::Known(cell);
        }
        ActionCell::Loose(
            self.chain
                .levels(path)
                .iter()
                .chain(&hypothetical)
                .filter_map(|&id| Some((id, LevelEntry::build(&self.level(id)?.statements, &self.statements, &truths))))
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

    /// The keys about the caller for each kind of callers there may be, if several of these keys are wanted (LAW-5, LAW-7).
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
        let unsure = context.unsure.iter().filter(|(key, ..)| key == folded);
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
            // CALL-13: what every call carries is there in a closed context too, and the owner of a resource is not known by it.
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

    /// What the tables say of the wanted keys in the checks of a call; nothing beyond the catalog.
    pub(crate) fn listings(&self, call: &Call<'_>, wanted: &impl Fn(usize) -> bool) -> Box<[Option<Listings>]> {
        let Some(rows) = &call.rows else { return Box::default() };
        let of = |(index, slot): (usize, &Slot)| wanted(index).then(|| rows.listings(&slot.folded));
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
        let nothing = FoldedContext::new();
        let context = GivenContext::new(&nothing, &nothing, None, false);
        let laws = self.laws(account, None, &context);
        let scene = self.scene(account, None, action, &RequestResource::Unknown, &context, &laws);
        self.pair(&scene, &context, wanted).states
    }

    /// What the statements of the path of a question that may concern the actions of a cell ask about.
    pub(crate) fn asked_of_cell(&self, cell: CellId, query: &Query) -> AskedOfCell {
        let concerned = self.concerned("", &ActionCell::Known(cell), query.path, query.hypothetical, &[]);
        let asked = self.slots.iter().zip(&concerned.slots).filter(|(_, is_asked)| **is_asked);
        let keys = asked.map(|(slot, _)| slot.folded.to_string());
        let keys = keys.filter(|key| differs_by_check(key)).collect();
        AskedOfCell { keys, resources: concerned.resources }
    }

    /// What the statements of the path that may concern the action ask about, and some atoms.
    fn concerned(
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
                &loose
            }
        };
        for level in self.chain.levels(path).iter().chain(&hypothetical).filter_map(|level| self.level(*level)) {
            for statement in level.statements.iter().filter_map(|number| self.statements.get(*number as usize)) {
                let matches = statement.action.and_then(|element| truths.get(element.0 as usize));
                if matches == Some(&Truth::False) {
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

    /// For unknown keys: what each condition on them that is concerned says of all the values they may have. Once a request, not
    /// a decision.
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

/// Checks ACT-1 and folds case.
pub(crate) fn parse_action(text: &str) -> Result<String, RequestError> {
    let fault = |pattern| RequestError::Action { text: text.to_owned(), pattern };
    let legal = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match text.split_once(':') {
        Some((prefix, name)) if legal(prefix) && legal(name) => Ok(text.to_ascii_lowercase()),
        _ => Err(fault(text.contains(['*', '?']))),
    }
}

pub(crate) fn check_resource(resource: &RequestResource) -> Result<(), RequestError> {
    match resource {
        RequestResource::Arn(text) => {
            let parts = text.split(':').count();
            if parts >= 6 && text.starts_with("arn:") {
                Ok(())
            } else {
                Err(RequestError::Resource { text: text.clone(), parts })
            }
        }
        RequestResource::Unknown | RequestResource::NotScoped => Ok(()),
    }
}

/// Whether a text is `prefix:name`, as all context keys are (SP-46).
pub(crate) fn is_context_key(text: &str) -> bool {
    text.split_once(':').is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty())
}

/// Given keys by their folded names, sorted, with the names as given.
pub(crate) type FoldedContext<'a> = Vec<(String, &'a ContextValue, &'a str)>;

impl CompiledOrganization {
    /// Folds key names; two names that differ only in case are an error unless they hold tag keys (COND-4, COND-5).
    pub(crate) fn fold_context<'a>(&self, context: &'a Context) -> Result<FoldedContext<'a>, RequestError> {
        let mut exact: Vec<&str> = Vec::new();
        let mut folded: FoldedContext<'_> = Vec::new();
        for (key, value) in context.iter() {
            if !is_context_key(key) {
                return Err(RequestError::Key { key: key.to_owned() });
            }
            if let ContextValue::List(texts) = value
                && texts.len() > 1
                && keys::is_multivalued(key, self.actions.catalog) == Some(false)
            {
                return Err(RequestError::SeveralValues { key: key.to_owned(), count: texts.len() });
            }
            let lower = key.to_ascii_lowercase();
            let again =
                exact.contains(&key) || (!keys::is_tag_key(key) && folded.iter().any(|(found, ..)| *found == lower));
            if again {
                return Err(RequestError::DuplicateKey { key: key.to_owned() });
            }
            exact.push(key);
            folded.push((lower, value, key));
        }
        folded.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        Ok(folded)
    }
}

/// A question with what the tables say of it.
pub(crate) struct Asked<'a> {
    pub(crate) call: &'a Call<'a>,
    pub(crate) listings: &'a [Option<Listings>],
    pub(crate) common: &'a FoldedContext<'a>,
    /// For each resource of the request its own keys.
    pub(crate) own: &'a [FoldedContext<'a>],
    pub(crate) request: &'a Request,
}

impl<'a> Asked<'a> {
    /// What is given in one check.
    pub(crate) fn context(&self, check: &PlannedCheck<'_>, alternative: &Alternative<'_>) -> GivenContext<'a> {
        let nothing = FoldedContext::new();
        let own = check.own.and_then(|own| self.own.get(own)).unwrap_or(&nothing);
        let region = self.request.region.as_deref();
        let mut context = GivenContext::of_check(self.common, own, region, self.request.closed_context, |folded| {
            self.call.place(folded, alternative.row)
        });
        context.carried = self.call.rows.is_some().then_some((self.listings, alternative.row));
        context
    }
}

/// The keys that a request gives for one of its checks; a resource's own keys replace the common ones.
#[derive(Debug)]
pub(crate) struct GivenContext<'a> {
    /// The keys in force: those of the resource, and the common ones as far as they are not replaced.
    entries: FoldedContext<'a>,
    /// The Region that was given for services that have several.
    pub(crate) region: Option<&'a str>,
    pub(crate) closed: bool,
    /// The tag keys of the tags that the request passes, as spelt.
    pub(crate) request_tags: Vec<&'a str>,
    /// What the tables say of each key that policies name, and the row of the check (CALL-9).
    carried: Option<(&'a [Option<Listings>], Option<usize>)>,
    /// Keys that the check may lack though they are given for the call, since the tables do not agree (CALL-8).
    pub(crate) unsure: FoldedContext<'a>,
}

/// A key that a check lacks though it is given for the call.
static LACKING: ContextValue = ContextValue::Absent;

impl<'a> GivenContext<'a> {
    pub(crate) fn new(
        common: &FoldedContext<'a>,
        own: &FoldedContext<'a>,
        region: Option<&'a str>,
        closed: bool,
    ) -> Self {
        Self::of_check(common, own, region, closed, |_| Place::Nowhere)
    }

    /// What is given in one check; `place` says where the common keys are (CALL-8).
    fn of_check(
        common: &FoldedContext<'a>,
        own: &FoldedContext<'a>,
        region: Option<&'a str>,
        closed: bool,
        place: impl Fn(&str) -> Place,
    ) -> Self {
        let is_replaced = |folded: &str| own.iter().any(|(other, ..)| other == folded);
        let mut unsure = FoldedContext::new();
        let mut entries = own.clone();
        for (folded, value, name) in common.iter().filter(|(folded, ..)| !is_replaced(folded)) {
            match place(folded) {
                Place::Perhaps if **value != ContextValue::Absent => unsure.push((folded.clone(), value, name)),
                Place::Elsewhere => entries.push((folded.clone(), &LACKING, name)),
                Place::Here | Place::Perhaps | Place::Nowhere => entries.push((folded.clone(), value, name)),
            }
        }
        entries.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        let mut context = Self { entries, region, closed, request_tags: Vec::new(), carried: None, unsure };
        let tags = context.present().filter_map(|(folded, name)| {
            folded.starts_with("aws:requesttag/").then(|| name.split_once('/').map(|(_, tag)| tag))?
        });
        context.request_tags = tags.collect();
        context
    }

    /// Whether the check certainly lacks a key that was not given, by its number.
    fn lacks(&self, slot: usize) -> bool {
        self.carried.is_some_and(|(listings, row)| {
            listings.get(slot).and_then(Option::as_ref).is_some_and(|listings| listings.lacks(row))
        })
    }

    /// The keys in force, with their values.
    pub(crate) fn in_force(&self) -> impl Iterator<Item = &(String, &'a ContextValue, &'a str)> {
        self.entries.iter()
    }

    /// The keys that are given with a value, folded and as spelt.
    fn present(&self) -> impl Iterator<Item = (&str, &'a str)> {
        let has_value = |value: &ContextValue| match value {
            ContextValue::Absent => false,
            ContextValue::Single(_) => true,
            ContextValue::List(texts) => !texts.is_empty(),
        };
        self.in_force().filter(move |(_, value, _)| has_value(value)).map(|(folded, _, name)| (folded.as_str(), *name))
    }

    /// The laws that concern the keys that are given with a value.
    pub(crate) fn laws_of_present(&self) -> Vec<Law> {
        self.present().filter_map(|(folded, _)| keys::find(folded)).map(|row| row.law).collect()
    }

    /// Whether nothing was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn find(&self, folded: &str) -> &[(String, &'a ContextValue, &'a str)] {
        let start = self.entries.partition_point(|(key, ..)| key.as_str() < folded);
        let end = self.entries.partition_point(|(key, ..)| key.as_str() <= folded);
        self.entries.get(start..end).unwrap_or(&[])
    }

    pub(crate) fn only(&self, folded: &str) -> Option<&'a ContextValue> {
        match self.find(folded) {
            [(_, value, _)] => Some(value),
            _ => None,
        }
    }

    /// GEN-7: a tag key that is the same only by Unicode's case folding.
    fn has_under_other_folding(&self, folded: &str) -> bool {
        let lower = folded.to_lowercase();
        self.entries.iter().chain(&self.unsure).any(|(key, ..)| key.to_lowercase() == lower)
    }
}

fn given_state(slot: &Slot, value: &ContextValue) -> KeyState {
    match value {
        ContextValue::Absent => KeyState::Absent,
        ContextValue::Single(text) => {
            KeyState::Present(Values { texts: Box::new([Value::from(text.as_str())]), multivalued: slot.multivalued })
        }
        // CALL-20: one value of a key that has one.
        ContextValue::List(texts) => match texts.as_slice() {
            [text] if !slot.may_be_list => KeyState::single(text),
            texts => KeyState::list(texts.iter().map(String::as_str)),
        },
    }
}
