//! Which accounts are interchangeable: the policies on their paths aside, nothing in the policies can tell them apart.

use rayon::prelude::*;
use scproof_organization::{NodeId, Organization, Target};
use scproof_policy_parser::{Piece, WildcardPattern};

use crate::compile::CompiledOrganization;
use crate::condition::ConditionBody;
use crate::keys::Model;
use crate::state::KeyState;
use crate::symbolic::principal::{CallerKind, principal_arn_domain};
use crate::symbolic::{CompiledPair, Side};
use crate::trace::{Evaluation, NoTrace};
use crate::truth::Truth;
use crate::values::CompiledValue;

/// What the policies can tell of an account beside its path. Accounts with equal signatures and equal paths have the same
/// answers to the same questions, asked by principals of the same names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct AccountSignature {
    before: Vec<(u32, Truth)>,
    after: Vec<(u32, Truth)>,
    /// The account id, if some policy names it or a part of it.
    named: Option<String>,
    /// Whether keys that follow from the account have other values after than before.
    moved: bool,
}

impl AccountSignature {
    /// Whether the policies can tell the account after from the account before, its path aside: it moved, and they ask where it is.
    pub fn is_moved(&self) -> bool {
        self.moved
    }
}

/// What makes accounts distinguishable, worked out once.
#[derive(Debug)]
pub(super) struct Telltales {
    /// Patterns on `aws:PrincipalArn` with digits where the account id may stand.
    patterns: Vec<WildcardPattern>,
    /// Conditions on keys that are known and differ between accounts.
    conditions: Vec<u32>,
    /// The keys that these conditions ask about, in ascending order.
    slots: Vec<usize>,
}

impl CompiledOrganization {
    pub(super) fn telltales(&self) -> Telltales {
        let mut telltales = Telltales { patterns: Vec::new(), conditions: Vec::new(), slots: Vec::new() };
        for condition in self.conditions.iter() {
            let slot = self.slots.get(condition.slot.0 as usize);
            match slot.and_then(|slot| slot.row).map(|row| row.model) {
                Some(Model::PrincipalAccount | Model::PrincipalOrgId | Model::PrincipalOrgPaths | Model::UserId) => {
                    telltales.conditions.push(condition.id);
                    telltales.slots.extend(condition.slots().map(|slot| slot.0 as usize));
                }
                Some(Model::PrincipalArn) => {
                    let ConditionBody::Comparison { values, .. } = &condition.body else { continue };
                    for value in values {
                        if let CompiledValue::Text { pattern, other } = value {
                            telltales.patterns.extend(
                                std::iter::once(pattern).chain(other).filter(|it| may_name_an_account(it)).cloned(),
                            );
                        }
                    }
                }
                _ => {}
            }
        }
        telltales.slots.sort_unstable();
        telltales.slots.dedup();
        telltales
    }
}

impl CompiledPair {
    /// The signatures of accounts, given as their nodes before and after. Cheap where no policy names accounts.
    pub fn account_signatures(&self, accounts: &[[NodeId; 2]]) -> Vec<AccountSignature> {
        let telltales = self.before.telltales();
        if telltales.patterns.is_empty() && telltales.conditions.is_empty() {
            return vec![AccountSignature::default(); accounts.len()];
        }
        accounts.par_iter().map(|nodes| self.account_signature(&telltales, *nodes)).collect()
    }

    /// Whether policies ask who owns the resource of a call, and the same resource may have another answer after than before
    /// (CTX-64): `aws:ResourceOrgPaths` if an account moved, `aws:ResourceOrgID` too if one joined or left. Worked out once.
    pub fn has_moved_owners(&self) -> bool {
        self.differs_by_owner(Model::ResourceOrgPaths) || self.differs_by_owner(Model::ResourceOrgId)
    }

    /// The same for one of the two keys.
    pub(super) fn differs_by_owner(&self, model: Model) -> bool {
        let (paths, ids) = *self.moved_owners.get_or_init(|| {
            let asked = |model| self.before.slots.iter().any(|slot| slot.row.is_some_and(|row| row.model == model));
            let (paths, ids) = (asked(Model::ResourceOrgPaths), asked(Model::ResourceOrgId));
            let (before, after) = (self.before.organization(), self.after.organization());
            let gone = |one: &Organization, other: &Organization| {
                one.accounts().any(|node| other.find_node(&one.node(node).target).is_none())
            };
            let joined_or_left = || before.id() != after.id() || gone(before, after) || gone(after, before);
            let moved = || {
                before.accounts().any(|node| {
                    let there = after.find_node(&before.node(node).target);
                    there.is_some_and(|there| path_of(before, node) != path_of(after, there))
                })
            };
            let joined_or_left = (paths || ids) && joined_or_left();
            (paths && (joined_or_left || moved()), ids && joined_or_left)
        });
        (model == Model::ResourceOrgPaths && paths) || (model == Model::ResourceOrgId && ids)
    }

    fn account_signature(&self, telltales: &Telltales, nodes: [NodeId; 2]) -> AccountSignature {
        let [before, _] = nodes;
        let organization = self.before.organization();
        let id = organization.node(before).target.as_str();
        let partition = organization.partition();
        let named = !telltales.patterns.is_empty() && {
            let (domain, _) = principal_arn_domain(&CallerKind::ALL, partition, id);
            telltales.patterns.iter().any(|pattern| domain.may_match(pattern))
        };
        let mut truths: [Vec<(u32, Truth)>; 2] = [Vec::new(), Vec::new()];
        let mut known: [Vec<KeyState>; 2] = [Vec::new(), Vec::new()];
        if !telltales.conditions.is_empty() {
            let sides = Side::BOTH.into_iter().zip(nodes).zip(truths.iter_mut().zip(&mut known));
            for ((side, node), (truths, known)) in sides {
                let compiled = self.side(side);
                let id = compiled.organization().node(node).target.as_str();
                let states = compiled.states_of(node, "another-service:another-action", &|slot| {
                    telltales.slots.binary_search(&slot).is_ok()
                });
                for &condition in &telltales.conditions {
                    let Some(condition) = compiled.conditions.get(condition as usize) else { continue };
                    let state = states.get(condition.slot.0 as usize).unwrap_or(&KeyState::Absent);
                    let by_id = KeyState::single(id);
                    // A root user's id is that of the account; of other callers nothing is known.
                    let state = if matches!(state, KeyState::Unknown(_)) { &by_id } else { state };
                    let mut evaluation = Evaluation {
                        states: &states,
                        assume_preferred: self.before.options.assume_preferred,
                        trace: NoTrace,
                    };
                    truths.push((condition.id, condition.truth_in_class(state, &mut evaluation)));
                    known.push(state.clone());
                }
            }
        }
        let [before, after] = truths;
        let [known_before, known_after] = known;
        // With unknown truths – a policy variable – other values may make a difference.
        let unsettled = before.iter().chain(&after).any(|(_, truth)| *truth == Truth::Unknown);
        let moved = before != after || (unsettled && known_before != known_after);
        AccountSignature { before, after, named: named.then(|| id.to_owned()), moved }
    }
}

fn path_of(organization: &Organization, account: NodeId) -> Vec<&Target> {
    organization.inheritance_path(account).into_iter().map(|node| &organization.node(node).target).collect()
}

/// Whether digits stand where the account id of an ARN may stand: before the fifth colon.
pub(crate) fn may_name_an_account(pattern: &WildcardPattern) -> bool {
    let mut colons = 0;
    for piece in pattern.pieces() {
        let Piece::Literal(text) = piece else { continue };
        for letter in text.chars() {
            if letter == ':' {
                colons += 1;
            }
            if colons < 5 && letter.is_ascii_digit() {
                return true;
            }
        }
    }
    false
}
