//! Accounts that a question cannot tell apart: the same policies at every level, and the same marks of all statements
//! that may concern the action. One of them is asked for all.

use std::hash::Hash;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use scproof_organization::{NodeId, PolicyIndex};

use crate::account_marks::{Mark, follows_from_account};
use crate::action::{ElementTruths, TruthRow};
use crate::call::Call;
use crate::chain::PathId;
use crate::compile::{Atom, CompiledOrganization};
use crate::everywhere::Everywhere;
use crate::given::Asked;
use crate::prepare::Pair;
use crate::principal::Principal;
use crate::request::{ContextValue, Request};
use crate::request_error::{RequestError, check_resource};
use crate::truth::Truth;

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
    /// Equal for classes that nothing beside the paths tells apart.
    pub(crate) mark: usize,
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
    /// Itself, if something is about it alone.
    own: Option<NodeId>,
    marks: Vec<Mark>,
}

/// The account, if something is about it alone, and the marks of the parts that may tell accounts.
type MarksOf<'a> = (Option<NodeId>, &'a [Atom], Vec<Mark>);

/// The question in a form that can be put to one account after the other.
struct Puzzle<'a> {
    compiled: &'a CompiledOrganization,
    question: &'a ManyQuestion<'a>,
    /// For each action what its calls are checked against.
    asked: Vec<Asked<'a>>,
    /// Keys that follow from the account.
    account_slots: Vec<bool>,
    /// What the question itself says of the caller: from an account's id in it other keys follow there (LAW-7).
    given_callers: Vec<&'a str>,
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
        let account_slots: Vec<bool> =
            self.slots.iter().map(|slot| slot.row.is_some_and(|row| follows_from_account(row.model))).collect();
        let of_caller = ["aws:principalaccount", "aws:principalarn", "aws:userid"];
        let given_callers = common.iter().chain(own.iter().flatten());
        let given_callers = given_callers.filter(|(key, ..)| of_caller.contains(&key.as_str()));
        let given_callers = given_callers.flat_map(|(_, value, _)| texts_of(value)).map(String::as_str).collect();
        let mut puzzle = Puzzle {
            compiled: self,
            question,
            asked: calls
                .iter()
                .zip(&listings)
                .map(|(call, listings)| Asked { call, listings, common: &common, own: &own, request })
                .collect(),
            account_slots,
            given_callers,
            telling: FxHashMap::default(),
        };
        puzzle.telling = puzzle.telling(&accounts);
        let keys = puzzle.keys(&accounts, by_node)?;
        let mut numbers: FxHashMap<Key, usize> = FxHashMap::default();
        let mut marks: FxHashMap<MarksOf<'_>, usize> = FxHashMap::default();
        let mut classes: Vec<Class> = Vec::new();
        for (account, key) in accounts.into_iter().zip(keys) {
            let number = *numbers.entry(key).or_insert_with_key(|key| {
                let next = marks.len();
                let mark =
                    *marks.entry((key.own, puzzle.telling_of_account(account), key.marks.clone())).or_insert(next);
                classes.push(Class { representative: account, accounts: Vec::new(), mark });
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
                atoms.extend(
                    compiled.statement_atoms(statement).iter().filter(|atom| compiled.may_tell_accounts(**atom)),
                );
            }
        }
        atoms.sort_unstable();
        atoms.dedup();
        atoms
    }

    fn telling_of_account(&self, account: NodeId) -> &[Atom] {
        let path = self.compiled.chain.path_of(account);
        path.and_then(|path| self.telling.get(&path)).map_or(&[][..], Vec::as_slice)
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
        let is_given = self.given_callers.iter().any(|given| given.contains(node.target.as_str()));
        let mut key = Key {
            place: node.parent.and_then(|parent| places.get(&parent)).copied().unwrap_or(u32::MAX),
            attached: self.compiled.chain.attached(node).into(),
            exempt: id.is_some() && id == organization.management_account(),
            own: (node.unreadable.is_some() || is_given).then_some(account),
            marks: Vec::new(),
        };
        let telling = self.telling_of_account(account);
        if key.exempt || telling.is_empty() {
            return Ok(key);
        }
        self.fill(account, pairs, telling)?;
        for pair in pairs.iter() {
            for atom in telling {
                match self.compiled.mark(*atom, pair, node.target.as_str()) {
                    Mark::Own => key.own = Some(account),
                    mark @ (Mark::Settled(..) | Mark::Open(..)) => key.marks.push(mark),
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
}

fn texts_of(value: &ContextValue) -> &[String] {
    match value {
        ContextValue::Absent => &[],
        ContextValue::Single(text) => std::slice::from_ref(text),
        ContextValue::List(texts) => texts,
    }
}
