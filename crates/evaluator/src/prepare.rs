//! From a [`Request`] to a [`Query`]: everything that a decision needs, looked up once.

use rustc_hash::FxHashMap;
use scproof_organization::{AccountId, FeatureSet, NodeId, PolicyTypeStatus, SelectError};
use thiserror::Error;

use crate::action::CellId;
use crate::chain::{Applicability, PathId};
use crate::compile::{Atom, CompiledOrganization, LevelEntry, LevelId, Slot};
use crate::decision::{Decision, Reason};
use crate::derive::Scene;
use crate::keys;
use crate::principal::Principal;
use crate::request::{Context, ContextValue, Request, RequestResource, ResourceInput};
use crate::resource::ResourceState;
use crate::state::{ConditionTruths, DomainValues, KeyState, Value, Values};
use crate::truth::Truth;

/// The one action that succeeds whatever any policy says (EXM-15), lower case.
pub(crate) const UNDENIABLE_ACTION: &str = "sts:getcalleridentity";

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
            Self::Principal { .. } => Some(
                "write a name such as `role/deploy`, `user/alice`, `assumed-role/deploy/session` or `root`, a whole ARN, the \
                 name of an AWS service, or `anonymous`"
                    .to_owned(),
            ),
            Self::PrincipalAccount { .. } => {
                Some("SCPs of the caller's account decide; ask about that account".to_owned())
            }
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
    /// The action, lower case.
    pub(crate) action: Box<str>,
    pub(crate) principal: Option<Principal>,
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
    /// The keys of the conditions, and those that variables in values and resources name.
    slots: Vec<bool>,
}

/// One resource of the call with its context.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) resource: ResourceState,
    pub(crate) states: Box<[KeyState]>,
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
        let unknown = [ResourceInput { resource: RequestResource::Unknown, context: Context::new() }];
        let inputs: &[ResourceInput] = if request.resources.is_empty() { &unknown } else { &request.resources };
        for input in inputs {
            check_resource(&input.resource)?;
        }
        let common = fold_context(&request.context)?;
        let own: Vec<FoldedContext<'_>> =
            inputs.iter().map(|input| fold_context(&input.context)).collect::<Result<_, _>>()?;

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
        let pairs = match account {
            None => Box::default(),
            Some(account) => inputs
                .iter()
                .zip(&own)
                .map(|(input, own)| {
                    let context = GivenContext { common: &common, own, closed: request.closed_context };
                    let wanted = |slot: usize| concerned.slots.get(slot) == Some(&true);
                    let mut pair = self.pair(account, principal.as_ref(), &action, &input.resource, &context, &wanted);
                    self.settle_domains(&mut pair.states, &concerned.conditions);
                    pair
                })
                .collect(),
        };
        Ok(Query { applicability, account, path, hypothetical, cell, pairs, action: action.into(), principal })
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
        let Some(account) = account else { return exempt(Reason::OutsideAccount) };
        let id = self.organization.node(account).target.account();
        if id.is_some() && id == self.organization.management_account() {
            return exempt(Reason::ManagementAccount);
        }
        match principal.map(|principal| (&principal.kind, principal)) {
            Some((PrincipalKind::Service, _)) => return exempt(Reason::ServicePrincipal),
            Some((PrincipalKind::Anonymous, _)) => return exempt(Reason::Anonymous),
            Some((_, principal)) if principal.is_service_linked_role() => return exempt(Reason::ServiceLinkedRole),
            _ => {}
        }
        if action == UNDENIABLE_ACTION {
            return Applicability::Settled(Decision::Allowed, Reason::CannotBeDenied);
        }
        match self.organization.scp_status() {
            PolicyTypeStatus::PendingEnable | PolicyTypeStatus::PendingDisable => Applicability::Pending,
            PolicyTypeStatus::Enabled | PolicyTypeStatus::Disabled => Applicability::Decides,
        }
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

    pub(crate) fn pair(
        &self,
        account: NodeId,
        principal: Option<&Principal>,
        action: &str,
        resource: &RequestResource,
        context: &GivenContext<'_>,
        wanted: &impl Fn(usize) -> bool,
    ) -> Pair {
        let scene = Scene {
            organization: &self.organization,
            account,
            principal,
            action,
            resource,
            current_time: context.only("aws:currenttime"),
            epoch_time: context.only("aws:epochtime"),
        };
        // Nothing looks at the other keys; if something did, they would be unknown.
        let state = |(index, slot)| {
            if wanted(index) { self.slot_state(slot, &scene, context) } else { KeyState::any(true, true) }
        };
        let states: Box<[KeyState]> = self.slots.iter().enumerate().map(state).collect();
        let resource = match resource {
            RequestResource::Unknown => ResourceState::Unknown,
            RequestResource::NotScoped => ResourceState::Known { value: "*".into(), not_scoped: true },
            RequestResource::Arn(arn) => ResourceState::Known { value: arn.as_str().into(), not_scoped: false },
        };
        Pair { resource, states }
    }

    pub(crate) fn slot_state(&self, slot: &Slot, scene: &Scene<'_>, context: &GivenContext<'_>) -> KeyState {
        let folded = &*slot.folded;
        match context.find(folded) {
            [] => {}
            [(_, value)] => return given_state(slot, value),
            several => {
                return KeyState::Candidates(several.iter().map(|(_, value)| given_state(slot, value)).collect());
            }
        }
        if !slot.name.is_ascii() && !self.options.assume_preferred && context.has_under_other_folding(folded) {
            return KeyState::OtherFold;
        }
        if let Some(row) = slot.row {
            if let Some(derived) = scene.derive(row) {
                return derived;
            }
            if context.closed {
                return KeyState::Absent;
            }
            if row.value_type == scproof_catalog::ValueType::Bool {
                return KeyState::one_of(["true", "false"], !row.always);
            }
            return KeyState::any(!row.always, row.multivalued);
        }
        if keys::is_tag_family_without_tag(folded) {
            return KeyState::Absent;
        }
        let closed_list = self.options.closed_key_list && folded.starts_with("aws:");
        if context.closed || closed_list { KeyState::Absent } else { KeyState::any(true, slot.may_be_list) }
    }

    /// The states of the wanted keys in the calls of an action by an account, nothing else known.
    pub(crate) fn states_of(&self, account: NodeId, action: &str, wanted: &impl Fn(usize) -> bool) -> Box<[KeyState]> {
        let nothing = FoldedContext::new();
        let context = GivenContext { common: &nothing, own: &nothing, closed: false };
        self.pair(account, None, action, &RequestResource::Unknown, &context, wanted).states
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
        let mut concerned =
            Concerned { conditions: vec![false; self.conditions.len()], slots: vec![false; self.slots.len()] };
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

/// Given keys by their folded names, sorted.
pub(crate) type FoldedContext<'a> = Vec<(String, &'a ContextValue)>;

/// Folds key names; two names that differ only in case are an error unless they hold tag keys (COND-4, COND-5).
pub(crate) fn fold_context(context: &Context) -> Result<FoldedContext<'_>, RequestError> {
    let mut exact: Vec<&str> = Vec::new();
    let mut folded: FoldedContext<'_> = Vec::new();
    for (key, value) in context.iter() {
        if !is_context_key(key) {
            return Err(RequestError::Key { key: key.to_owned() });
        }
        let lower = key.to_ascii_lowercase();
        let again = exact.contains(&key) || (!keys::is_tag_key(key) && folded.iter().any(|(found, _)| *found == lower));
        if again {
            return Err(RequestError::DuplicateKey { key: key.to_owned() });
        }
        exact.push(key);
        folded.push((lower, value));
    }
    folded.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(folded)
}

/// The keys that a request gives for one of its resources; the resource's own keys replace the common ones.
pub(crate) struct GivenContext<'a> {
    pub(crate) common: &'a FoldedContext<'a>,
    pub(crate) own: &'a FoldedContext<'a>,
    pub(crate) closed: bool,
}

impl<'a> GivenContext<'a> {
    fn find(&self, folded: &str) -> &'a [(String, &'a ContextValue)] {
        let range = |context: &'a FoldedContext<'a>| {
            let start = context.partition_point(|(key, _)| key.as_str() < folded);
            let end = context.partition_point(|(key, _)| key.as_str() <= folded);
            context.get(start..end).unwrap_or(&[])
        };
        match range(self.own) {
            [] => range(self.common),
            own => own,
        }
    }

    pub(crate) fn only(&self, folded: &str) -> Option<&'a ContextValue> {
        match self.find(folded) {
            [(_, value)] => Some(value),
            _ => None,
        }
    }

    /// GEN-7: a tag key that is the same only by Unicode's case folding.
    fn has_under_other_folding(&self, folded: &str) -> bool {
        let lower = folded.to_lowercase();
        self.common.iter().chain(self.own).any(|(key, _)| key.to_lowercase() == lower)
    }
}

fn given_state(slot: &Slot, value: &ContextValue) -> KeyState {
    match value {
        ContextValue::Absent => KeyState::Absent,
        ContextValue::Single(text) => {
            KeyState::Present(Values { texts: Box::new([Value::from(text.as_str())]), multivalued: slot.multivalued })
        }
        ContextValue::List(texts) => KeyState::list(texts.iter().map(String::as_str)),
    }
}
