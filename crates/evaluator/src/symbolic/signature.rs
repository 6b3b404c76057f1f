//! Which accounts are interchangeable: the policies on their paths aside, nothing in the policies can tell them apart.

use scproof_organization::NodeId;
use scproof_policy_parser::{Piece, WildcardPattern};

use crate::compile::CompiledOrganization;
use crate::condition::ConditionBody;
use crate::keys::Model;
use crate::state::KeyState;
use crate::symbolic::principal::{Kind, principal_arn_domain};
use crate::symbolic::{CompiledPair, Side};
use crate::trace::{Evaluation, NoTrace};
use crate::truth::Truth;
use crate::values::CompiledValue;

/// What the policies can tell of an account beside its path. Accounts with equal signatures and equal paths have the same
/// answers to the same questions, asked by principals of the same names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct AccountSignature {
    truths: Vec<(u32, Truth)>,
    /// The account id, if some policy names it or a part of it.
    named: Option<String>,
}

/// What makes accounts distinguishable, worked out once.
#[derive(Debug)]
pub(super) struct Telltales {
    /// Patterns on `aws:PrincipalArn` with digits where the account id may stand.
    patterns: Vec<WildcardPattern>,
    /// Conditions on keys that are known and differ between accounts.
    conditions: Vec<u32>,
}

impl CompiledOrganization {
    pub(super) fn telltales(&self) -> Telltales {
        let mut telltales = Telltales { patterns: Vec::new(), conditions: Vec::new() };
        for condition in self.conditions.iter() {
            let slot = self.slots.get(condition.slot.0 as usize);
            match slot.and_then(|slot| slot.row).map(|row| row.model) {
                Some(Model::PrincipalAccount | Model::PrincipalOrgPaths | Model::UserId) => {
                    telltales.conditions.push(condition.id);
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
        accounts.iter().map(|nodes| self.account_signature(&telltales, *nodes)).collect()
    }

    fn account_signature(&self, telltales: &Telltales, nodes: [NodeId; 2]) -> AccountSignature {
        let [before, _] = nodes;
        let organization = self.before.organization();
        let id = organization.node(before).target.as_str();
        let partition = organization.partition();
        let (domain, _) = principal_arn_domain(&Kind::ALL, partition, id);
        let named = telltales.patterns.iter().any(|pattern| domain.may_match(pattern));
        let mut truths = Vec::new();
        if !telltales.conditions.is_empty() {
            for (side, node) in Side::BOTH.into_iter().zip(nodes) {
                let compiled = self.side(side);
                let id = compiled.organization().node(node).target.as_str();
                let states = compiled.states_of(node, "another-service:another-action");
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
                }
            }
        }
        AccountSignature { truths, named: named.then(|| id.to_owned()) }
    }
}

/// Whether digits stand where the account id of an ARN may stand: before the fifth colon.
fn may_name_an_account(pattern: &WildcardPattern) -> bool {
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
