//! Every action of many accounts, sorted by what SCPs do with it. What the levels of two paths hold for a cell of
//! actions is often the same where the paths are not, so it is explained once: costs grow with distinct policies, the
//! accounts themselves are only put together from what was found.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use scproof_catalog::ActionId;
use scproof_organization::{NodeId, PolicyIndex};
use scproof_policy_parser::Effect;

use crate::action::CellId;
use crate::chain::{Applicability, PathId};
use crate::compile::CompiledOrganization;
use crate::decision::{Decision, Explanation, Reason, StatementRef, Undecided};
use crate::effective::{Access, ActionTraits, Caller, EffectiveGroup, EffectivePermissions};
use crate::explain::push_new;
use crate::predicate::Predicate;
use crate::prepare::{ActionCell, Query};
use crate::request::Request;
use crate::request_error::{RequestError, parse_action};
use crate::shape::{AskedOfCell, RowsKey, Shape};
use crate::truth::Truth;

/// A service that exists nowhere: stands for all that neither catalog nor policies mention.
const OTHER_SERVICE: &str = "another-service";
/// An action name that exists nowhere.
const OTHER_NAME: &str = "another-action";

/// A caller that is asked about.
#[derive(Debug)]
pub(crate) struct AskedCaller {
    pub(crate) caller: Caller,
    /// Equal for accounts that nothing beside their paths tells apart.
    pub(crate) mark: usize,
}

/// An account with what is looked up once for all actions.
struct Account {
    permissions: EffectivePermissions,
    request: Request,
    applicability: Applicability,
    path: PathId,
    mark: usize,
    /// The levels of its path, root first, and the number of what is attached to each.
    levels: Vec<(NodeId, usize)>,
}

/// The policies that are attached to a level; with the level, if they could not be read.
type Attached<'a> = (&'a [PolicyIndex], Option<NodeId>);

/// The actions of one cell, by what their names derive and their calls are checked against.
#[derive(Default)]
struct CellActions {
    /// Known actions: the first of them, which stands for all.
    known: Vec<(ActionTraits, ActionId, Vec<ActionId>)>,
    places: FxHashMap<(ActionTraits, RowsKey), usize>,
    /// Names that the catalog lacks; nothing is known of what their calls are checked against.
    others: BTreeMap<ActionTraits, OtherActions>,
}

#[derive(Default)]
struct OtherActions {
    representative: String,
    unlisted: Vec<String>,
    future_of: Vec<String>,
    other_services: bool,
}

/// Actions of a cell that the statements at hand do not tell apart: places among the known ones, or traits of others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Batch {
    Known(Vec<usize>),
    Others(ActionTraits),
}

/// What is said of a batch, whatever the account: levels are places among those that have a say.
struct Saying {
    batch: usize,
    access: Access,
    decision: Decision,
    reason: Reason,
    depends_on: Option<Predicate>,
    /// The number of the condition among all.
    condition: usize,
    undecided: Vec<Undecided>,
    determining: Vec<(usize, PolicyIndex, usize)>,
    levels_without_allow: Vec<usize>,
}

/// A cell, worked out for all accounts.
struct Sorted {
    actions: CellActions,
    batches: Vec<Batch>,
    /// By what is attached the number of what it says of the cell; `None` if it lets everything through.
    contents: Vec<Option<usize>>,
    /// What is said to accounts in the same situation.
    sayings: Vec<Vec<Saying>>,
    /// For each account its situation.
    situations: Vec<usize>,
}

/// What decides about the actions of a cell: account, whether SCPs apply, and what the levels that have a say hold.
type Situation = (usize, Applicability, Vec<usize>);

/// What is attached to a level and may concern the actions of a cell.
type Content = (Vec<(PolicyIndex, u32, Truth)>, Option<NodeId>);

/// The actions of a group, shared between accounts.
type Named = (Arc<[ActionId]>, Arc<[String]>, Arc<[String]>, bool);

impl CompiledOrganization {
    /// Sorts every action for each of some callers, in their order.
    pub(crate) fn sort_actions(&self, asked: Vec<AskedCaller>) -> Result<Vec<EffectivePermissions>, RequestError> {
        let Some(caller) = asked.first().map(|asked| asked.caller.clone()) else { return Ok(Vec::new()) };
        let mut attached: FxHashMap<Attached<'_>, usize> = FxHashMap::default();
        let probed: Vec<(AskedCaller, Query)> = asked
            .into_par_iter()
            .map(|asked| {
                let query = self.prepare(&question(&asked.caller, &format!("{OTHER_SERVICE}:{OTHER_NAME}")))?;
                Ok((asked, query))
            })
            .collect::<Result<_, RequestError>>()?;
        let mut accounts: Vec<Account> = Vec::with_capacity(probed.len());
        for (asked, query) in &probed {
            let path = query.account.map(|account| self.organization.inheritance_path(account)).unwrap_or_default();
            let mut number = |id: NodeId| {
                let node = self.organization.node(id);
                let next = attached.len();
                let key = (self.chain.attached(node), node.unreadable.as_ref().map(|_| id));
                (id, *attached.entry(key).or_insert(next))
            };
            let node = query.account.map(|account| self.organization.node(account));
            accounts.push(Account {
                levels: path.into_iter().map(&mut number).collect(),
                permissions: EffectivePermissions {
                    account: node
                        .map_or_else(|| asked.caller.account.trim().to_owned(), |it| it.target.as_str().to_owned()),
                    account_name: node.and_then(|node| node.name.clone()),
                    not_applicable: match query.applicability {
                        Applicability::Settled(_, reason) => Some(reason),
                        Applicability::Decides | Applicability::Pending | Applicability::Unsure(_) => None,
                    },
                    groups: Vec::new(),
                    notes: Vec::new(),
                },
                request: question(&asked.caller, ""),
                applicability: query.applicability,
                path: query.path,
                mark: asked.mark,
            });
        }
        let mut levels: Vec<(Attached<'_>, usize)> = attached.into_iter().collect();
        levels.sort_unstable_by_key(|(_, number)| *number);
        let levels: Vec<Attached<'_>> = levels.into_iter().map(|(level, _)| level).collect();
        let governed: Vec<&Account> = accounts.iter().filter(|it| it.permissions.not_applicable.is_none()).collect();
        let mut cells: Vec<Sorted> = self
            .cell_actions()
            .into_par_iter()
            .map(|(cell, actions)| self.sort_cell(cell, actions, &caller, &governed, &levels))
            .collect::<Result<_, RequestError>>()?;
        number_conditions(&mut cells);
        let named: Mutex<FxHashMap<Vec<(usize, usize)>, Named>> = Mutex::default();
        let groups: Vec<Vec<EffectiveGroup>> =
            governed.par_iter().enumerate().map(|(index, account)| groups_of(index, account, &cells, &named)).collect();
        let notes = self.endpoint_notes(&caller);
        let mut groups = groups.into_iter();
        Ok(accounts
            .into_iter()
            .map(|Account { mut permissions, .. }| {
                if permissions.not_applicable.is_none() {
                    permissions.groups = groups.next().unwrap_or_default();
                    permissions.notes.clone_from(&notes);
                }
                permissions
            })
            .collect())
    }

    /// All actions by cell.
    fn cell_actions(&self) -> BTreeMap<CellId, CellActions> {
        let mut cells: BTreeMap<CellId, CellActions> = BTreeMap::new();
        let catalog = self.actions.catalog;
        for action in catalog.actions() {
            let Some(cell) = self.actions.cell_of_action(action) else { continue };
            let found = catalog.action(action);
            let traits = ActionTraits::of(&format!("{}:{}", found.service(), found.lower_name()));
            cells.entry(cell).or_default().add(traits, Shape::rows_key(found), action);
        }
        let mut others = |cell: CellId, name: &str, add: &dyn Fn(&mut OtherActions)| {
            // Policies may spell what no call can have, such as `:GetObject` (ACT-1).
            if parse_action(name).is_err() {
                return;
            }
            let others = cells.entry(cell).or_default().others.entry(ActionTraits::of(name)).or_default();
            if others.representative.is_empty() {
                name.clone_into(&mut others.representative);
            }
            add(others);
        };
        for (full_name, cell) in self.actions.extra_actions() {
            others(*cell, full_name, &|others| others.unlisted.push(full_name.to_string()));
        }
        for (service, cell) in self.actions.services_with_other_names() {
            others(cell, &format!("{service}:{OTHER_NAME}"), &|others| others.future_of.push(service.to_owned()));
        }
        let cell = self.actions.cell_of_other_services();
        others(cell, &format!("{OTHER_SERVICE}:{OTHER_NAME}"), &|others| others.other_services = true);
        cells
    }

    fn sort_cell(
        &self,
        cell: CellId,
        actions: CellActions,
        caller: &Caller,
        accounts: &[&Account],
        levels: &[Attached<'_>],
    ) -> Result<Sorted, RequestError> {
        let mut numbers: FxHashMap<Content, usize> = FxHashMap::default();
        let contents: Vec<Option<usize>> = levels
            .iter()
            .map(|level| {
                let content = self.content(cell, level);
                let next = numbers.len();
                (!self.lets_everything_through(&content)).then(|| *numbers.entry(content).or_insert(next))
            })
            .collect();
        let mut known: FxHashMap<Situation, usize> = FxHashMap::default();
        let mut firsts: Vec<&Account> = Vec::new();
        let mut situations = Vec::with_capacity(accounts.len());
        for account in accounts {
            let say = account.levels.iter().filter_map(|(_, level)| contents.get(*level).copied().flatten());
            let situation = (account.mark, account.applicability, say.collect());
            let number = *known.entry(situation).or_insert(firsts.len());
            if number == firsts.len() {
                firsts.push(account);
            }
            situations.push(number);
        }
        let mut batches: Vec<Batch> = Vec::new();
        let mut batch_numbers: FxHashMap<Batch, usize> = FxHashMap::default();
        let mut of_asked: FxHashMap<AskedOfCell, Vec<usize>> = FxHashMap::default();
        let mut work: Vec<(usize, &Account, usize)> = Vec::new();
        for (situation, account) in firsts.iter().enumerate() {
            let asked = self.asked_of_cell(cell, account.path);
            let found = of_asked.entry(asked).or_insert_with_key(|asked| {
                let found = self.batches(&actions, asked, caller).into_iter().map(|batch| {
                    *batch_numbers.entry(batch).or_insert_with_key(|batch| {
                        batches.push(batch.clone());
                        batches.len() - 1
                    })
                });
                found.collect()
            });
            work.extend(found.iter().map(|batch| (situation, *account, *batch)));
        }
        let explained: Vec<(usize, Saying)> = work
            .into_par_iter()
            .map(|(situation, account, batch)| {
                let action = batches.get(batch).map(|batch| self.representative(&actions, batch)).unwrap_or_default();
                let mut query = self.prepare(&Request { action, ..account.request.clone() })?;
                query.cell = ActionCell::Known(cell);
                let places =
                    account.levels.iter().filter(|(_, level)| contents.get(*level).copied().flatten().is_some());
                let nodes: Vec<NodeId> = places.map(|(node, _)| *node).collect();
                Ok((situation, Saying::new(self.explain(&query), batch, &nodes)))
            })
            .collect::<Result<_, RequestError>>()?;
        let mut sayings: Vec<Vec<Saying>> = firsts.iter().map(|_| Vec::new()).collect();
        for (situation, saying) in explained {
            if let Some(of_situation) = sayings.get_mut(situation) {
                of_situation.push(saying);
            }
        }
        Ok(Sorted { actions, batches, contents, sayings, situations })
    }

    /// What is attached to a level and may concern the actions of a cell.
    fn content(&self, cell: CellId, (policies, unreadable): &Attached<'_>) -> Content {
        let truths = self.actions.cell_truths(cell);
        let mut found = Vec::new();
        for &policy in *policies {
            let (start, end) = self.policy_statements.get(policy.index()).copied().unwrap_or_default();
            for number in start..end {
                let Some(statement) = self.statements.get(number as usize) else { continue };
                let truth = statement.action.map_or(Truth::Unknown, |element| truths.of(element));
                if truth != Truth::False {
                    found.push((policy, number, truth));
                }
            }
        }
        (found, *unreadable)
    }

    /// Whether nothing but Allows without conditions stands there, one at least: such a level leaves no trace.
    fn lets_everything_through(&self, (statements, unreadable): &Content) -> bool {
        unreadable.is_none()
            && !statements.is_empty()
            && statements.iter().all(|(_, number, truth)| {
                self.statements.get(*number as usize).is_some_and(|statement| {
                    *truth == Truth::True
                        && statement.effect == Some(Effect::Allow)
                        && !statement.unreadable
                        && statement.atoms.0 == statement.atoms.1
                })
            })
    }

    /// The batches of a cell, as far as what is asked tells its actions apart.
    fn batches(&self, actions: &CellActions, asked: &AskedOfCell, caller: &Caller) -> Vec<Batch> {
        let mut batches: BTreeMap<(ActionTraits, Option<Shape>), Batch> = BTreeMap::new();
        for (place, (traits, first, _)) in actions.known.iter().enumerate() {
            let shape =
                if caller.beyond_catalog { Shape::default() } else { self.shape(*first, asked, &caller.context) };
            let batch = batches.entry((*traits, Some(shape))).or_insert_with(|| Batch::Known(Vec::new()));
            if let Batch::Known(places) = batch {
                places.push(place);
            }
        }
        for traits in actions.others.keys() {
            batches.insert((*traits, None), Batch::Others(*traits));
        }
        batches.into_values().collect()
    }

    /// An action of the batch, lower case.
    fn representative(&self, actions: &CellActions, batch: &Batch) -> String {
        match batch {
            Batch::Known(places) => {
                let first = places.first().and_then(|place| actions.known.get(*place));
                first.map_or_else(String::new, |(_, action, _)| {
                    let action = self.actions.catalog.action(*action);
                    format!("{}:{}", action.service(), action.lower_name())
                })
            }
            Batch::Others(traits) => {
                actions.others.get(traits).map(|others| others.representative.clone()).unwrap_or_default()
            }
        }
    }
}

/// A question about any call of an action by a caller.
fn question(caller: &Caller, action: &str) -> Request {
    Request {
        account: caller.account.clone(),
        principal: caller.principal.clone(),
        action: action.to_owned(),
        context: caller.context.clone(),
        region: caller.region.clone(),
        closed_context: caller.closed_context,
        beyond_catalog: caller.beyond_catalog,
        ..Request::default()
    }
}

/// Gives equal conditions one number.
fn number_conditions(cells: &mut [Sorted]) {
    let mut numbers: FxHashMap<Option<Predicate>, usize> = FxHashMap::default();
    for saying in cells.iter_mut().flat_map(|cell| &mut cell.sayings).flatten() {
        let next = numbers.len();
        saying.condition = match numbers.get(&saying.depends_on) {
            Some(number) => *number,
            None => *numbers.entry(saying.depends_on.clone()).or_insert(next),
        };
    }
}

/// What tells groups apart: the condition by its number.
type GroupKey = (Access, Decision, Reason, usize, Vec<StatementRef>, Vec<NodeId>);

/// A group while it is put together: what is said of its first batch, and all its batches.
struct Draft<'s> {
    saying: &'s Saying,
    determining: Vec<StatementRef>,
    levels_without_allow: Vec<NodeId>,
    undecided: Vec<Undecided>,
    batches: Vec<(usize, usize)>,
}

/// The groups of one account.
fn groups_of(
    index: usize,
    account: &Account,
    cells: &[Sorted],
    named: &Mutex<FxHashMap<Vec<(usize, usize)>, Named>>,
) -> Vec<EffectiveGroup> {
    let mut places: FxHashMap<GroupKey, usize> = FxHashMap::default();
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    for (number, cell) in cells.iter().enumerate() {
        let has_say = |level: &usize| cell.contents.get(*level).copied().flatten().is_some();
        let nodes: Vec<NodeId> =
            account.levels.iter().filter(|(_, level)| has_say(level)).map(|(node, _)| *node).collect();
        let situation = cell.situations.get(index).and_then(|situation| cell.sayings.get(*situation));
        for saying in situation.into_iter().flatten() {
            let determining: Vec<StatementRef> = saying
                .determining
                .iter()
                .filter_map(|(place, policy, statement)| {
                    Some(StatementRef { node: *nodes.get(*place)?, policy: *policy, statement: *statement })
                })
                .collect();
            let levels: Vec<NodeId> =
                saying.levels_without_allow.iter().filter_map(|place| nodes.get(*place)).copied().collect();
            let next = drafts.len();
            let key = (saying.access, saying.decision, saying.reason, saying.condition, determining, levels);
            let place = if let Some(place) = places.get(&key) {
                *place
            } else {
                drafts.push(Draft {
                    saying,
                    determining: key.4.clone(),
                    levels_without_allow: key.5.clone(),
                    undecided: Vec::new(),
                    batches: Vec::new(),
                });
                places.insert(key, next);
                next
            };
            if let Some(draft) = drafts.get_mut(place) {
                push_new(&mut draft.undecided, saying.undecided.iter().cloned());
                draft.batches.push((number, saying.batch));
            }
        }
    }
    let mut groups: Vec<EffectiveGroup> = drafts.into_iter().map(|draft| draft.finish(cells, named)).collect();
    groups.sort_by_key(|group| {
        let order = match group.access {
            Access::AlwaysBlocked => 0,
            Access::Depends => 1,
            Access::NeverBlocked => 2,
        };
        (order, std::cmp::Reverse(group.actions.len()), group.depends_on.clone(), group.actions.first().copied())
    });
    groups
}

impl Draft<'_> {
    fn finish(self, cells: &[Sorted], named: &Mutex<FxHashMap<Vec<(usize, usize)>, Named>>) -> EffectiveGroup {
        let known = named.lock().unwrap_or_else(PoisonError::into_inner).get(&self.batches).cloned();
        let (actions, unlisted_actions, future_actions_of, other_services) = known.unwrap_or_else(|| {
            let found = name(cells, &self.batches);
            let mut named = named.lock().unwrap_or_else(PoisonError::into_inner);
            named.entry(self.batches).or_insert(found).clone()
        });
        EffectiveGroup {
            access: self.saying.access,
            decision: self.saying.decision,
            reason: self.saying.reason,
            depends_on: self.saying.depends_on.clone(),
            undecided: self.undecided,
            determining: self.determining,
            levels_without_allow: self.levels_without_allow,
            actions,
            unlisted_actions,
            future_actions_of,
            other_services,
        }
    }
}

/// The actions of batches, given with their cells.
fn name(cells: &[Sorted], batches: &[(usize, usize)]) -> Named {
    let (mut actions, mut unlisted, mut future_of, mut other_services) = (Vec::new(), Vec::new(), Vec::new(), false);
    for (cell, batch) in batches {
        let Some(cell) = cells.get(*cell) else { continue };
        match cell.batches.get(*batch) {
            Some(Batch::Known(places)) => {
                let known = places.iter().filter_map(|place| cell.actions.known.get(*place));
                actions.extend(known.flat_map(|(.., actions)| actions));
            }
            Some(Batch::Others(traits)) => {
                let Some(others) = cell.actions.others.get(traits) else { continue };
                unlisted.extend(others.unlisted.iter().cloned());
                future_of.extend(others.future_of.iter().cloned());
                other_services |= others.other_services;
            }
            None => {}
        }
    }
    actions.sort_unstable();
    unlisted.sort_unstable();
    future_of.sort_unstable();
    (actions.into(), unlisted.into(), future_of.into(), other_services)
}

impl CellActions {
    fn add(&mut self, traits: ActionTraits, rows: RowsKey, action: ActionId) {
        let next = self.known.len();
        let place = *self.places.entry((traits, rows)).or_insert(next);
        if place == next {
            self.known.push((traits, action, Vec::new()));
        }
        self.known.get_mut(place).into_iter().for_each(|(.., actions)| actions.push(action));
    }
}

impl Saying {
    /// `nodes`: the levels that have a say, root first.
    fn new(explanation: Explanation, batch: usize, nodes: &[NodeId]) -> Self {
        let access = match explanation.decision {
            Decision::Allowed | Decision::NotApplicable => Access::NeverBlocked,
            Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => Access::AlwaysBlocked,
            Decision::Unknown => Access::Depends,
        };
        let place = |node: NodeId| nodes.iter().position(|other| *other == node);
        // Which Allow lets an action pass makes no difference to a reader.
        let determining = if access == Access::NeverBlocked { Vec::new() } else { explanation.determining };
        Self {
            batch,
            access,
            decision: explanation.decision,
            reason: explanation.reason,
            depends_on: explanation.depends_on,
            condition: 0,
            undecided: explanation.undecided,
            determining: determining
                .into_iter()
                .filter_map(|found| Some((place(found.node)?, found.policy, found.statement)))
                .collect(),
            levels_without_allow: explanation.levels_without_allow.into_iter().filter_map(place).collect(),
        }
    }
}
