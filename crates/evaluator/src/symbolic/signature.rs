//! Which accounts are interchangeable: the policies on their paths aside, nothing in the policies can tell them apart.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use scproof_organization::{NodeId, Organization, Target};

use crate::account_marks::Mark;
use crate::compile::{Atom, CompiledOrganization};
use crate::keys::Model;
use crate::prepare::Pair;
use crate::resource::ResourceState;
use crate::state::KeyState;
use crate::symbolic::{CompiledViews, View};
use crate::truth::Truth;

/// What the policies can tell of an account beside its path. Accounts with equal signatures and equal paths have the
/// same answers to the same questions, asked by principals of the same names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct AccountSignature {
    /// What the policies say of the account, in each view.
    told: Box<[Marks]>,
    /// The account id, if some policy may name it.
    named: Option<String>,
    /// Whether keys that follow from the account have other values in one view than in another.
    moved: bool,
}

/// The signatures of some accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountSignatures {
    /// For each account the number of its signature.
    pub of_account: Vec<usize>,
    /// Each signature once, in the order of the first accounts that have them.
    pub distinct: Vec<AccountSignature>,
}

/// Numbers signatures.
#[derive(Default)]
struct SignatureNumbers {
    found: AccountSignatures,
    known: FxHashMap<AccountSignature, usize>,
}

impl SignatureNumbers {
    fn of(&mut self, signature: AccountSignature) -> usize {
        let distinct = &mut self.found.distinct;
        *self.known.entry(signature).or_insert_with_key(|signature| {
            distinct.push(signature.clone());
            distinct.len() - 1
        })
    }
}

impl AccountSignature {
    /// Whether the policies can tell the account in one view from the account in another, its path aside: it moved, and
    /// they ask where it is.
    pub fn is_moved(&self) -> bool {
        self.moved
    }
}

/// The marks of conditions that tell by the account's id, and of those that tell by its place in the tree alone; none
/// where nothing asks.
type Marks = [Arc<[Mark]>; 2];

/// What makes accounts distinguishable, worked out once: conditions that tell by the account's id, or by its place
/// alone.
#[derive(Debug, Default)]
pub(super) struct Telltales {
    by_id: Asked,
    by_place: Asked,
}

/// Some conditions.
#[derive(Debug, Default)]
struct Asked {
    conditions: Vec<Atom>,
    /// The keys that they ask about, in ascending order.
    slots: Vec<usize>,
}

/// The unit of an account, and whether the snapshot does not know its place in it.
type Place = (Option<NodeId>, bool);
/// What conditions say of an account in one view, and the values of their keys.
type Told = (Arc<[Mark]>, Arc<[KeyState]>);

impl CompiledOrganization {
    pub(super) fn telltales(&self) -> Telltales {
        let mut telltales = Telltales::default();
        for condition in self.conditions.iter() {
            let atom = Atom::Condition(condition.id);
            let tells = match self.model(condition.slot) {
                // Views may be of two organizations.
                Some(Model::PrincipalOrgId) => true,
                Some(Model::PrincipalAccount | Model::PrincipalOrgPaths | Model::UserId | Model::PrincipalArn) => {
                    self.may_tell_accounts(atom)
                }
                // Whatever account such a key is compared with, it is open in calls by all.
                _ => false,
            };
            if !tells {
                continue;
            }
            let holds_id = |slot| {
                let model = self.model(slot);
                matches!(model, Some(Model::PrincipalAccount | Model::PrincipalArn | Model::UserId))
            };
            let by_id = condition.slots().any(holds_id);
            let asked = if by_id { &mut telltales.by_id } else { &mut telltales.by_place };
            asked.conditions.push(atom);
            asked.slots.extend(condition.slots().map(|slot| slot.0 as usize));
        }
        for asked in [&mut telltales.by_id, &mut telltales.by_place] {
            asked.slots.sort_unstable();
            asked.slots.dedup();
        }
        telltales
    }
}

impl CompiledViews {
    /// The signatures of accounts, each given as its node in each view. Cheap where no policy names accounts.
    pub fn account_signatures(&self, accounts: &[impl AsRef<[NodeId]> + Sync]) -> AccountSignatures {
        let telltales = self.first.telltales();
        let is_asked = |asked: &Asked| !asked.conditions.is_empty();
        // What tells by the place is the same for all accounts of a unit.
        let by_unit: Option<Vec<Box<[Place]>>> =
            is_asked(&telltales.by_place).then(|| accounts.iter().map(|nodes| self.places(nodes.as_ref())).collect());
        let mut units: FxHashMap<&[Place], &[NodeId]> = FxHashMap::default();
        for (place, nodes) in by_unit.iter().flatten().zip(accounts) {
            units.entry(place).or_insert_with(|| nodes.as_ref());
        }
        let told: FxHashMap<&[Place], Box<[Told]>> =
            units.into_par_iter().map(|(unit, nodes)| (unit, self.told(&telltales.by_place, nodes))).collect();
        let of_unit = |place: Option<&[Place]>| place.and_then(|place| told.get(place)).map_or(&[][..], |told| told);
        let mut numbers = SignatureNumbers::default();
        if !is_asked(&telltales.by_id) {
            let mut known: FxHashMap<Option<&[Place]>, usize> = FxHashMap::default();
            for (index, nodes) in accounts.iter().enumerate() {
                let place = by_unit.as_ref().and_then(|places| places.get(index)).map(|place| &**place);
                let number = *known
                    .entry(place)
                    .or_insert_with(|| numbers.of(self.account_signature(nodes.as_ref(), &[], of_unit(place))));
                numbers.found.of_account.push(number);
            }
            return numbers.found;
        }
        let all: Vec<AccountSignature> = accounts
            .par_iter()
            .enumerate()
            .map(|(index, nodes)| {
                let by_id = self.told(&telltales.by_id, nodes.as_ref());
                let place = by_unit.as_ref().and_then(|places| places.get(index)).map(|place| &**place);
                self.account_signature(nodes.as_ref(), &by_id, of_unit(place))
            })
            .collect();
        for signature in all {
            let number = numbers.of(signature);
            numbers.found.of_account.push(number);
        }
        numbers.found
    }

    /// Where an account is, in each view.
    fn places(&self, nodes: &[NodeId]) -> Box<[Place]> {
        let place = |(view, id): (View, &NodeId)| {
            let node = self.view(view).organization().node(*id);
            (node.parent, node.place_unknown)
        };
        self.views().zip(nodes).map(place).collect()
    }

    /// Whether policies ask who owns the resource of a call, and the same resource may have another answer in one view
    /// than in the next (CTX-64): `aws:ResourceOrgPaths` if an account moved, `aws:ResourceOrgID` too if one joined or
    /// left. Worked out once.
    pub fn has_moved_owners(&self) -> bool {
        self.differs_by_owner(Model::ResourceOrgPaths) || self.differs_by_owner(Model::ResourceOrgId)
    }

    /// The same for one of the two keys.
    pub(super) fn differs_by_owner(&self, model: Model) -> bool {
        let (paths, ids) = *self.moved_owners.get_or_init(|| {
            let asked = |model| self.first.slots.iter().any(|slot| slot.row.is_some_and(|row| row.model == model));
            let (paths, ids) = (asked(Model::ResourceOrgPaths), asked(Model::ResourceOrgId));
            let organizations: Vec<&Organization> = self.views().map(|view| self.view(view).organization()).collect();
            let gone = |one: &Organization, other: &Organization| {
                one.accounts().any(|node| other.find_node(&one.node(node).target).is_none())
            };
            let joined_or_left = |before: &Organization, after: &Organization| {
                before.id() != after.id() || gone(before, after) || gone(after, before)
            };
            let moved = |before: &Organization, after: &Organization| {
                before.accounts().any(|node| {
                    let there = after.find_node(&before.node(node).target);
                    there.is_some_and(|there| path_of(before, node) != path_of(after, there))
                })
            };
            let changes = |what: &dyn Fn(&Organization, &Organization) -> bool| {
                organizations.windows(2).any(|next| matches!(next, [before, after] if what(before, after)))
            };
            let joined_or_left = (paths || ids) && changes(&joined_or_left);
            (paths && (joined_or_left || changes(&moved)), ids && joined_or_left)
        });
        (model == Model::ResourceOrgPaths && paths) || (model == Model::ResourceOrgId && ids)
    }

    /// What some conditions say of an account in each view; nothing if there are none.
    fn told(&self, asked: &Asked, nodes: &[NodeId]) -> Box<[Told]> {
        if asked.conditions.is_empty() {
            return Box::default();
        }
        self.views().zip(nodes).map(|(view, node)| self.told_in(view, asked, *node)).collect()
    }

    fn told_in(&self, view: View, asked: &Asked, node: NodeId) -> Told {
        let compiled = self.view(view);
        let id = compiled.organization().node(node).target.as_str();
        let wanted = |slot: usize| asked.slots.binary_search(&slot).is_ok();
        let states = compiled.states_of(node, "another-service:another-action", &wanted);
        let pair = Pair { resource: ResourceState::Unknown, states, type_name: None, callers: Box::default() };
        let mark = |atom: &Atom| compiled.mark(*atom, &pair, id);
        let marks = asked.conditions.iter().map(mark).collect();
        let known = asked.slots.iter().filter_map(|slot| pair.states.get(*slot)).cloned().collect();
        (marks, known)
    }

    fn account_signature(&self, nodes: &[NodeId], by_id: &[Told], by_place: &[Told]) -> AccountSignature {
        let told = [by_id, by_place];
        let marks = || told.iter().flat_map(|views| views.iter()).flat_map(|(marks, _)| marks.iter());
        let is_named = marks().any(|mark| *mark == Mark::Own);
        // With unknown truths – a policy variable – other values may make a difference.
        let unsettled = marks().any(|mark| matches!(mark, Mark::Settled(Truth::Unknown, ..)));
        let differs = |views: &[Told]| {
            let Some((first, known)) = views.first() else { return false };
            views.iter().any(|(marks, values)| marks != first || (unsettled && values != known))
        };
        let moved = told.into_iter().any(differs);
        let of_view =
            |view: usize| told.map(|told| told.get(view).map(|(marks, _)| Arc::clone(marks)).unwrap_or_default());
        let id = nodes.first().map(|node| self.first.organization().node(*node).target.as_str().to_owned());
        AccountSignature {
            told: (0..by_id.len().max(by_place.len())).map(of_view).collect(),
            named: id.filter(|_| is_named),
            moved,
        }
    }
}

fn path_of(organization: &Organization, account: NodeId) -> Vec<&Target> {
    organization.inheritance_path(account).into_iter().map(|node| &organization.node(node).target).collect()
}
