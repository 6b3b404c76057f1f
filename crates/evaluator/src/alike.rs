//! Accounts that a question cannot tell apart: the same policies at every level, and nothing in the statements that may
//! concern the action depends on which of them calls. One of them is asked for all.

use std::hash::Hash;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use scproof_organization::{NodeId, PolicyIndex};
use scproof_policy_parser::{Piece, TemplatePart, WildcardPattern};

use crate::action::{ElementTruths, TruthRow};
use crate::call::Call;
use crate::chain::PathId;
use crate::compile::{Atom, CompiledOrganization};
use crate::condition::{CompiledCondition, ConditionBody};
use crate::everywhere::Everywhere;
use crate::given::Asked;
use crate::keys::Model;
use crate::prepare::Pair;
use crate::principal::Principal;
use crate::request::Request;
use crate::request_error::{RequestError, check_resource};
use crate::state::{DomainValues, KeyState};
use crate::symbolic::may_name_an_account;
use crate::trace::{Evaluation, KeySlot, Reasons, SlottedTemplate};
use crate::truth::Truth;
use crate::values::CompiledValue;

/// A question to many accounts.
#[derive(Debug)]
pub(crate) struct ManyQuestion<'a> {
    /// What is asked; its account and principal are not looked at.
    pub(crate) request: &'a Request,
    pub(crate) caller: &'a Everywhere,
    /// The actions whose derived keys differ, lower case; one where one action is asked about.
    pub(crate) actions: &'a [String],
    /// Whether the question is about every action there is.
    pub(crate) every_action: bool,
}

/// Accounts that get the same answer, in the order given; the first one stands for them.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) representative: NodeId,
    pub(crate) accounts: Vec<NodeId>,
}

/// What is attached at a level; with the level itself, if that could not be read.
type Attached<'a> = (&'a [PolicyIndex], Option<NodeId>);

/// What an account may be told by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    /// Which level it hangs below.
    place: u32,
    attached: Box<[PolicyIndex]>,
    /// Whether SCPs never restrict it (EXM-4).
    exempt: bool,
    /// Itself, if something names it or may depend on its id in a way that is not worked out.
    own: Option<NodeId>,
    tells: Vec<Tell>,
}

/// What a part of a statement says of a call by an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Tell {
    /// The key that the part asks about is known: its truth, with everything that an explanation says about it.
    Settled(Truth, Vec<&'static str>, Vec<&'static str>, Vec<KeySlot>, bool),
    /// The key is open, in the same way for every account with these keys present.
    Open(Vec<bool>),
}

/// The question in a form that can be put to one account after the other.
struct Puzzle<'a> {
    compiled: &'a CompiledOrganization,
    question: &'a ManyQuestion<'a>,
    /// For each action what its calls are checked against.
    asked: Vec<Asked<'a>>,
    /// Keys that follow from the account.
    account_slots: Vec<bool>,
    /// Whether the question itself says `aws:PrincipalAccount`, which then need not be the account's id.
    is_account_given: bool,
    /// Whether the question itself names a caller, from whom other keys follow in the account that is named (LAW-7).
    is_caller_given: bool,
    /// For each path the parts that ask about them.
    telling: FxHashMap<PathId, Vec<Atom>>,
}

impl CompiledOrganization {
    /// Sorts accounts into classes. Nodes that are no accounts, and accounts that were given before, are left out.
    ///
    /// With `by_node` the classes of an explanation: accounts of one unit with the same policies of their own. Else
    /// those of a verdict: accounts with the same policies level by level, wherever these levels are.
    pub(crate) fn classes(
        &self,
        question: &ManyQuestion<'_>,
        accounts: &[NodeId],
        by_node: bool,
    ) -> Result<Vec<Class>, RequestError> {
        let request = question.request;
        let mut own = Vec::with_capacity(request.resources.len());
        for input in &request.resources {
            check_resource(&input.resource)?;
            own.push(self.fold_context(&input.context)?);
        }
        let common = self.fold_context(&request.context)?;
        let calls: Vec<Call<'_>> =
            question.actions.iter().map(|action| self.call(request, action)).collect::<Result<_, _>>()?;
        let listings: Vec<_> = calls.iter().map(|call| self.listings(call, &|_| true)).collect();
        let accounts = self.distinct_accounts(accounts);
        for &account in &accounts {
            question.caller.check(self.organization.node(account).target.as_str())?;
        }
        let account_slots: Vec<bool> = self
            .slots
            .iter()
            .map(|slot| {
                matches!(
                    slot.row.map(|row| row.model),
                    Some(Model::PrincipalArn | Model::PrincipalAccount | Model::PrincipalOrgPaths | Model::UserId)
                )
            })
            .collect();
        let gives = |keys: &[&str]| {
            let of_inputs = own.iter().flatten();
            common.iter().chain(of_inputs).any(|(key, ..)| keys.contains(&key.as_str()))
        };
        let is_account_given = gives(&["aws:principalaccount"]);
        let is_caller_given = gives(&["aws:principalaccount", "aws:principalarn", "aws:userid"]);
        let mut puzzle = Puzzle {
            compiled: self,
            question,
            asked: calls
                .iter()
                .zip(&listings)
                .map(|(call, listings)| Asked { call, listings, common: &common, own: &own, request })
                .collect(),
            account_slots,
            is_account_given,
            is_caller_given,
            telling: FxHashMap::default(),
        };
        puzzle.telling = puzzle.telling(&accounts);
        let keys = puzzle.keys(&accounts, by_node)?;
        let mut numbers: FxHashMap<Key, usize> = FxHashMap::default();
        let mut classes: Vec<Class> = Vec::new();
        for (account, key) in accounts.into_iter().zip(keys) {
            let number = *numbers.entry(key).or_insert_with(|| {
                classes.push(Class { representative: account, accounts: Vec::new() });
                classes.len() - 1
            });
            if let Some(class) = classes.get_mut(number) {
                class.accounts.push(account);
            }
        }
        Ok(classes)
    }

    fn distinct_accounts(&self, accounts: &[NodeId]) -> Vec<NodeId> {
        let mut seen = vec![false; self.organization.node_count()];
        let mut first_time = |id: NodeId| {
            let flag = seen.get_mut(id.index());
            flag.is_some_and(|flag| !std::mem::replace(flag, true))
        };
        accounts.iter().copied().filter(|&id| self.chain.path_of(id).is_some() && first_time(id)).collect()
    }

    /// For each unit a number: its own, or that of all units below the same policies level by level.
    fn places(&self, accounts: &[NodeId], by_node: bool) -> FxHashMap<NodeId, u32> {
        let mut places: FxHashMap<NodeId, u32> = FxHashMap::default();
        let mut chains: FxHashMap<Vec<Attached<'_>>, u32> = FxHashMap::default();
        for parent in accounts.iter().filter_map(|&account| self.organization.node(account).parent) {
            if places.contains_key(&parent) {
                continue;
            }
            let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
            let number = if by_node {
                next
            } else {
                let levels = self.organization.inheritance_path(parent);
                let chain = levels.into_iter().map(|id| {
                    let node = self.organization.node(id);
                    (self.chain.attached(node), node.unreadable.as_ref().map(|_| id))
                });
                *chains.entry(chain.collect()).or_insert(next)
            };
            places.insert(parent, number);
        }
        places
    }
}

impl Puzzle<'_> {
    /// For each path of the accounts the parts of its statements that may tell them apart.
    fn telling(&self, accounts: &[NodeId]) -> FxHashMap<PathId, Vec<Atom>> {
        if !self.account_slots.contains(&true) {
            return FxHashMap::default();
        }
        let compiled = self.compiled;
        let mut paths: Vec<PathId> = accounts.iter().filter_map(|id| compiled.chain.path_of(*id)).collect();
        paths.sort_unstable();
        paths.dedup();
        let row: Option<TruthRow> = match self.question.actions {
            [action] if !self.question.every_action => Some(compiled.actions.element_truths(action)),
            _ => None,
        };
        let truths = row.as_ref().map(|row| compiled.actions.truths(row));
        paths.into_par_iter().map(|path| (path, self.telling_of(path, truths))).collect()
    }

    fn telling_of(&self, path: PathId, truths: Option<ElementTruths<'_>>) -> Vec<Atom> {
        let compiled = self.compiled;
        let mut atoms: Vec<Atom> = Vec::new();
        for level in compiled.chain.levels(path).iter().filter_map(|level| compiled.level(*level)) {
            for statement in level.statements.iter().filter_map(|number| compiled.statements.get(*number as usize)) {
                let matches = truths.and_then(|truths| statement.action.map(|element| truths.of(element)));
                if matches == Some(Truth::False) {
                    continue;
                }
                atoms.extend(compiled.statement_atoms(statement).iter().filter(|atom| self.may_tell(**atom)));
            }
        }
        atoms.sort_unstable();
        atoms.dedup();
        atoms
    }

    fn is_account_slot(&self, slot: KeySlot) -> bool {
        self.account_slots.get(slot.0 as usize) == Some(&true)
    }

    fn may_tell(&self, atom: Atom) -> bool {
        self.compiled.slots_of(atom).any(|slot| self.is_account_slot(slot))
    }

    fn keys(&self, accounts: &[NodeId], by_node: bool) -> Result<Vec<Key>, RequestError> {
        /// Accounts of which one after the other is looked at with the same memory.
        const CHUNK: usize = 256;
        let Some(&first) = accounts.first() else { return Ok(Vec::new()) };
        let places = self.compiled.places(accounts, by_node);
        let pairs = self.pairs(first)?;
        let chunks: Vec<Vec<Key>> = accounts
            .par_chunks(CHUNK)
            .map(|chunk| {
                let mut pairs = pairs.clone();
                chunk.iter().map(|&account| self.key(account, &mut pairs, &places)).collect()
            })
            .collect::<Result<_, RequestError>>()?;
        Ok(chunks.into_iter().flatten().collect())
    }

    /// One pair for each action and resource. What does not follow from the account is the same for all.
    fn pairs(&self, account: NodeId) -> Result<Vec<Pair>, RequestError> {
        let principal = self.principal(account)?;
        let mut pairs = Vec::new();
        for (action, asked) in self.question.actions.iter().zip(&self.asked) {
            for (check, alternative) in asked.call.alternatives() {
                let context = asked.context(check, alternative);
                let laws = self.compiled.laws(account, principal.as_ref(), &context);
                let resource = alternative.resource();
                let scene = self.compiled.scene(account, principal.as_ref(), action, resource, &context, &laws);
                pairs.push(self.compiled.pair(&scene, &context, &|_| true));
            }
        }
        Ok(pairs)
    }

    fn principal(&self, account: NodeId) -> Result<Option<Principal>, RequestError> {
        let id = self.compiled.organization.node(account).target.as_str();
        let Some(text) = self.question.caller.of(id) else { return Ok(None) };
        Principal::parse(&text).map(Some).map_err(|error| RequestError::Principal { text: error.text })
    }

    fn key(&self, account: NodeId, pairs: &mut [Pair], places: &FxHashMap<NodeId, u32>) -> Result<Key, RequestError> {
        let organization = &self.compiled.organization;
        let node = organization.node(account);
        let id = node.target.account();
        let mut key = Key {
            place: node.parent.and_then(|parent| places.get(&parent)).copied().unwrap_or(u32::MAX),
            attached: self.compiled.chain.attached(node).into(),
            exempt: id.is_some() && id == organization.management_account(),
            own: (node.unreadable.is_some() || self.is_caller_given).then_some(account),
            tells: Vec::new(),
        };
        let path = self.compiled.chain.path_of(account);
        let telling = path.and_then(|path| self.telling.get(&path)).map_or(&[][..], Vec::as_slice);
        if key.exempt || telling.is_empty() {
            return Ok(key);
        }
        self.fill(account, pairs, telling)?;
        for pair in pairs.iter() {
            for &atom in telling {
                match self.tell(atom, pair) {
                    Some(tell) => key.tells.push(tell),
                    None => key.own = Some(account),
                }
            }
        }
        Ok(key)
    }

    /// Puts the keys that follow from an account into the pairs.
    fn fill(&self, account: NodeId, pairs: &mut [Pair], telling: &[Atom]) -> Result<(), RequestError> {
        let principal = self.principal(account)?;
        let of_resource = |atom: &Atom| match atom {
            Atom::Resource(id) => Some(*id),
            Atom::Condition(_) => None,
        };
        let elements: Vec<u32> = telling.iter().filter_map(of_resource).collect();
        let mut pairs = pairs.iter_mut();
        for (action, asked) in self.question.actions.iter().zip(&self.asked) {
            for (check, alternative) in asked.call.alternatives() {
                let Some(pair) = pairs.next() else { continue };
                let context = asked.context(check, alternative);
                let laws = self.compiled.laws(account, principal.as_ref(), &context);
                let resource = alternative.resource();
                let scene = self.compiled.scene(account, principal.as_ref(), action, resource, &context, &laws);
                let slots = self.compiled.slots.iter().zip(&mut pair.states).zip(&self.account_slots);
                for (index, ((slot, state), _)) in slots.enumerate().filter(|(_, (_, follows))| **follows) {
                    *state = self.compiled.slot_state(index, slot, &scene, &context);
                }
                if let Some(of) = asked.call.type_of(alternative) {
                    pair.resource = self.compiled.resource_of_type(of, &elements, &pair.states);
                }
            }
        }
        Ok(())
    }

    /// What a part says of a call; `None` if it may depend on the account in a way that is not worked out.
    fn tell(&self, atom: Atom, pair: &Pair) -> Option<Tell> {
        let open = match atom {
            Atom::Condition(id) => {
                let condition = self.compiled.conditions.get(id as usize)?;
                match pair.states.get(condition.slot.0 as usize)? {
                    KeyState::Unknown(domain) => Some((condition, domain)),
                    KeyState::Absent
                    | KeyState::Present(_)
                    | KeyState::Either(_)
                    | KeyState::Candidates(_)
                    | KeyState::OtherFold => None,
                }
            }
            Atom::Resource(_) => None,
        };
        let Some((condition, domain)) = open else {
            let mut evaluation = Evaluation {
                states: &pair.states,
                assume_preferred: self.compiled.options.assume_preferred,
                trace: Reasons::default(),
            };
            let truth = self.compiled.atom_truth(atom, pair, &mut evaluation);
            let Reasons { rules, assumed, keys, resource } = evaluation.trace;
            return Some(Tell::Settled(truth, rules, assumed, keys, resource));
        };
        // A renaming of accounts leaves alone what knows no account, or only patterns without digits where its id may
        // stand.
        let same_for_all = match &domain.values {
            DomainValues::Any => true,
            DomainValues::Like(_) if self.asks_for_id(condition) => {
                condition.is_static() && !texts(condition).any(names_digits)
            }
            DomainValues::Like(_) if !self.asks_who_calls(condition) => condition.is_static(),
            DomainValues::Like(_) => {
                templates(condition).all(|template| self.names_only_the_caller(template, pair))
                    && !texts(condition).any(|pattern| self.may_name(pattern) && domain.may_match(pattern))
            }
            DomainValues::OneOf(_) | DomainValues::NoneOf(_) => condition.is_static(),
        };
        same_for_all.then(|| {
            let slots = condition.slots().filter(|slot| self.is_account_slot(*slot));
            let is_present = |slot: KeySlot| matches!(pair.states.get(slot.0 as usize), Some(KeyState::Present(_)));
            Tell::Open(slots.map(is_present).collect())
        })
    }

    /// Whether a pattern may name an account. Without a partition it is not known which colon stands before the id.
    fn may_name(&self, pattern: &WildcardPattern) -> bool {
        match self.compiled.organization.partition() {
            Some(_) => may_name_an_account(pattern),
            None => names_digits(pattern),
        }
    }

    /// Whether a text with variables names no account but the caller's own, whichever that is: every account is then
    /// like its own. A given name of the caller may hold an account's id, so only calls by anyone are looked at.
    fn names_only_the_caller(&self, template: &SlottedTemplate, pair: &Pair) -> bool {
        let parts = &template.template.parts;
        let own = |slot: &KeySlot| {
            let row = self.compiled.slots.get(slot.0 as usize).and_then(|slot| slot.row);
            row.is_some_and(|row| row.model == Model::PrincipalAccount)
                && matches!(pair.states.get(slot.0 as usize), Some(KeyState::Present(_)))
        };
        let plain = |part: &TemplatePart| match part {
            TemplatePart::Literal(text) => !has_digit(text),
            TemplatePart::Run | TemplatePart::One | TemplatePart::Escape(_) | TemplatePart::Variable { .. } => true,
            TemplatePart::Malformed(_) => false,
        };
        *self.question.caller == Everywhere::Anyone
            && !self.is_account_given
            && template.slots.iter().all(own)
            && parts.iter().all(plain)
    }

    /// Whether the condition asks for the id of the caller, which may hold that of the account.
    fn asks_for_id(&self, condition: &CompiledCondition) -> bool {
        let slot = self.compiled.slots.get(condition.slot.0 as usize);
        slot.and_then(|slot| slot.row).is_some_and(|row| row.model == Model::UserId)
    }

    /// Whether the condition asks who calls: only there the values that a key may have hold the account's id.
    fn asks_who_calls(&self, condition: &CompiledCondition) -> bool {
        let slot = self.compiled.slots.get(condition.slot.0 as usize);
        slot.and_then(|slot| slot.row).is_some_and(|row| row.model == Model::PrincipalArn)
    }
}

fn names_digits(pattern: &WildcardPattern) -> bool {
    pattern.pieces().any(|piece| matches!(piece, Piece::Literal(text) if has_digit(text)))
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

fn values(condition: &CompiledCondition) -> &[CompiledValue] {
    match &condition.body {
        ConditionBody::Comparison { values, .. } => values,
        ConditionBody::Unreadable | ConditionBody::Presence { .. } => &[],
    }
}

/// The texts with variables that a condition compares with.
fn templates(condition: &CompiledCondition) -> impl Iterator<Item = &SlottedTemplate> {
    values(condition).iter().flat_map(CompiledValue::templates)
}

/// The texts without variables that a condition compares with.
fn texts(condition: &CompiledCondition) -> impl Iterator<Item = &WildcardPattern> {
    values(condition).iter().flat_map(CompiledValue::meanings).flat_map(|value| {
        let both = if let CompiledValue::Text { pattern, other } = value {
            [Some(pattern), other.as_ref()]
        } else {
            [None, None]
        };
        both.into_iter().flatten()
    })
}
