//! What the policies can tell of an account beside its path: the one notion by which accounts are taken together, for
//! questions to many accounts and for proofs.
//!
//! Accounts are interchangeable if exchanging their ids changes nothing. Keys that follow from the account are
//! `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:PrincipalOrgPaths` and `aws:userid`. A condition on a known key
//! tells accounts apart by its truth. On a key that is open it does so only where a policy's text may put digits where
//! the id stands: all other texts match an ARN or a caller's id whichever account's id is in it.

use rustc_hash::FxHashSet;
use scproof_policy_parser::{Piece, TemplatePart, WildcardPattern};

use crate::compile::{Atom, CompiledOrganization};
use crate::condition::{CompiledCondition, ConditionBody};
use crate::keys::Model;
use crate::prepare::Pair;
use crate::state::{Domain, DomainValues, KeyState};
use crate::trace::{Evaluation, KeySlot, NoTrace, Reasons, SlottedTemplate};
use crate::truth::Truth;
use crate::values::{CompiledValue, text_mode};

/// The length of an account's id.
const ID: usize = 12;

/// What a part of a statement says of the calls by an account, as far as another account may be told by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Mark {
    /// The keys are known: its truth, with everything that an explanation says about it.
    Settled(Truth, Vec<&'static str>, Vec<&'static str>, Vec<KeySlot>, bool),
    /// The key is open, in the same way for every account: where its values are not the same for all the truth over
    /// them, and whether the keys that follow from the account are there.
    Open(Option<Truth>, Vec<bool>),
    /// It may concern the account alone.
    Own,
}

/// The accounts that the texts of a condition may name.
#[derive(Debug, Default)]
pub(crate) struct AccountNames {
    /// Whole ids.
    ids: FxHashSet<Box<str>>,
    /// Texts with digits that may be a part of an id.
    parts: Vec<WildcardPattern>,
    /// Whether callers' ids are compared as numbers, say: that of the root user is the account's.
    compares_values: bool,
}

/// A key that follows from the account.
pub(crate) fn follows_from_account(model: Model) -> bool {
    matches!(model, Model::PrincipalArn | Model::PrincipalAccount | Model::PrincipalOrgPaths | Model::UserId)
}

impl CompiledOrganization {
    pub(crate) fn model(&self, slot: KeySlot) -> Option<Model> {
        self.slots.get(slot.0 as usize).and_then(|slot| slot.row).map(|row| row.model)
    }

    /// The accounts that a condition may name, worked out once.
    pub(crate) fn account_names(&self, condition: &CompiledCondition) -> Option<&AccountNames> {
        let known = self.account_names.get(condition.id as usize)?;
        Some(known.get_or_init(|| self.names_in(condition)))
    }

    fn names_in(&self, condition: &CompiledCondition) -> AccountNames {
        let mut names = AccountNames::default();
        let has_partition = self.organization.partition().is_some();
        let ConditionBody::Comparison { operator, values, .. } = &condition.body else { return names };
        names.compares_values = text_mode(operator.base).is_none() && self.model(condition.slot) == Some(Model::UserId);
        for value in values.iter().flat_map(CompiledValue::meanings) {
            match value {
                CompiledValue::Text { pattern, other } => {
                    std::iter::once(pattern).chain(other).for_each(|pattern| names.read(pattern, has_partition));
                }
                CompiledValue::Template { template, .. } => match outline(template) {
                    Some(pattern) => names.read(&pattern, has_partition),
                    None => names.parts.push(WildcardPattern::flat("*")),
                },
                CompiledValue::BoolTemplate(_)
                | CompiledValue::MalformedVariable
                | CompiledValue::AnyArn
                | CompiledValue::Malformed
                | CompiledValue::Evident(_)
                | CompiledValue::Number { .. }
                | CompiledValue::Date { .. }
                | CompiledValue::Bool(_)
                | CompiledValue::Binary(_)
                | CompiledValue::Address { .. } => {}
            }
        }
        names
    }

    /// Whether a part of a statement may say of the calls by one account what it does not say of those by another, the
    /// facts that are given being the same.
    pub(crate) fn may_tell_accounts(&self, atom: Atom) -> bool {
        if !self.slots_of(atom).any(|slot| self.model(slot).is_some_and(follows_from_account)) {
            return false;
        }
        let Atom::Condition(id) = atom else { return true };
        let Some(condition) = self.conditions.get(id as usize) else { return true };
        // Whether the caller is known or not, the id is matched by wildcards only.
        let is_caller = matches!(self.model(condition.slot), Some(Model::PrincipalArn | Model::UserId));
        !is_caller || !condition.is_static() || self.account_names(condition).is_none_or(AccountNames::is_some)
    }

    /// The mark that a part of a statement puts on an account, by the states of the keys in calls by it.
    pub(crate) fn mark(&self, atom: Atom, pair: &Pair, id: &str) -> Mark {
        let open = match atom {
            Atom::Condition(id) => self.conditions.get(id as usize).and_then(|condition| {
                match pair.states.get(condition.slot.0 as usize)? {
                    KeyState::Unknown(domain) => Some((condition, domain)),
                    KeyState::Absent
                    | KeyState::Present(_)
                    | KeyState::Either(_)
                    | KeyState::Candidates(_)
                    | KeyState::OtherFold => None,
                }
            }),
            Atom::Resource(_) => None,
        };
        match open {
            None => self.settled(atom, pair),
            Some((condition, domain)) => self.open(condition, domain, pair, id),
        }
    }

    fn settled(&self, atom: Atom, pair: &Pair) -> Mark {
        let assume_preferred = self.options.assume_preferred;
        let mut evaluation = Evaluation { states: &pair.states, assume_preferred, trace: Reasons::default() };
        let truth = self.atom_truth(atom, pair, &mut evaluation);
        let Reasons { rules, assumed, keys, resource } = evaluation.trace;
        Mark::Settled(truth, rules, assumed, keys, resource)
    }

    fn open(&self, condition: &CompiledCondition, domain: &Domain, pair: &Pair, id: &str) -> Mark {
        let Some(names) = self.account_names(condition) else { return Mark::Own };
        if names.may_name(id, domain) {
            return Mark::Own;
        }
        let assume_preferred = self.options.assume_preferred;
        let truth = if names.compares_values {
            let mut evaluation = Evaluation { states: &pair.states, assume_preferred, trace: NoTrace };
            Some(condition.truth_in_class(&KeyState::single(id), &mut evaluation))
        } else if condition.is_static() {
            None
        } else if matches!(domain.values, DomainValues::OneOf(_)) {
            // Values are compared one by one.
            return self.settled(Atom::Condition(condition.id), pair);
        } else {
            condition.domain_truth(&domain.values, &pair.states, assume_preferred)
        };
        let slots = condition.slots().filter(|slot| self.model(*slot).is_some_and(follows_from_account));
        let is_present = |slot: KeySlot| matches!(pair.states.get(slot.0 as usize), Some(KeyState::Present(_)));
        Mark::Open(truth, slots.map(is_present).collect())
    }
}

impl AccountNames {
    /// Whether it may name any account.
    pub(crate) fn is_some(&self) -> bool {
        !self.ids.is_empty() || !self.parts.is_empty() || self.compares_values
    }

    /// Notes which ids a pattern may hold. An id stands between colons, or at the ends of a caller's id. Without a
    /// partition it is not known which colon of an ARN stands before it.
    fn read(&mut self, pattern: &WildcardPattern, has_partition: bool) {
        let is_cut = |end: Option<char>| end.is_none_or(|letter| letter == ':');
        let is_literal = pattern.as_literal().is_some();
        let mut colons = 0;
        let mut ids: Vec<&str> = Vec::new();
        for (place, piece) in pattern.pieces().enumerate() {
            let Piece::Literal(text) = piece else { continue };
            let mut colons_before = colons;
            for (before, digits, after) in digit_runs(text) {
                colons_before += before.matches(':').count();
                if has_partition && colons_before >= 5 {
                    break;
                }
                let (starts, ends) = (before.chars().next_back(), after.chars().next());
                if digits.len() > ID || !is_cut(starts) || !is_cut(ends) {
                    continue;
                }
                let is_whole = digits.len() == ID && (ends.is_some() || is_literal) && (starts.is_some() || place == 0);
                if !is_whole || !has_partition {
                    self.parts.push(pattern.clone());
                    return;
                }
                ids.push(digits);
            }
            colons += text.matches(':').count();
        }
        self.ids.extend(ids.into_iter().map(Box::from));
    }

    /// Whether a text that only callers of this account have may match.
    pub(crate) fn may_name(&self, id: &str, domain: &Domain) -> bool {
        let DomainValues::Like(own) = &domain.values else { return false };
        if self.ids.contains(id) {
            return true;
        }
        let holds_id = |form: &&WildcardPattern| {
            form.pieces().any(|piece| matches!(piece, Piece::Literal(text) if text.contains(id)))
        };
        !self.parts.is_empty()
            && own
                .iter()
                .filter(holds_id)
                .any(|own| self.parts.iter().any(|pattern| scproof_policy_parser::overlaps(own, pattern)))
    }
}

/// Each run of digits, with what stands before it since the last one, and what stands behind it.
fn digit_runs(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(|letter: char| letter.is_ascii_digit())?;
        let (before, tail) = rest.split_at_checked(start)?;
        let end = tail.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(tail.len());
        let (digits, after) = tail.split_at_checked(end)?;
        rest = after;
        Some((before, digits, after))
    })
}

/// A pattern that matches every text that a template may stand for; `None` if the template brings digits of its own
/// that may be a part of an id wherever they end up.
fn outline(template: &SlottedTemplate) -> Option<WildcardPattern> {
    let has_digits = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    let parts = &template.template.parts;
    let escapes: Vec<String> = parts
        .iter()
        .map(|part| if let TemplatePart::Escape(letter) = part { letter.to_string() } else { String::new() })
        .collect();
    let pieces = parts.iter().zip(&escapes).map(|(part, escape)| match part {
        TemplatePart::Literal(text) => Some(Piece::Literal(text)),
        TemplatePart::Escape(_) => Some(Piece::Literal(escape)),
        TemplatePart::One => Some(Piece::One { wide: true }),
        TemplatePart::Malformed(text) | TemplatePart::Variable { default: Some(text), .. } if has_digits(text) => None,
        TemplatePart::Run | TemplatePart::Malformed(_) | TemplatePart::Variable { .. } => {
            Some(Piece::Run { wide: true })
        }
    });
    pieces.collect::<Option<Vec<Piece<'_>>>>().map(WildcardPattern::from_pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: &str, has_partition: bool) -> (Vec<String>, usize) {
        let mut names = AccountNames::default();
        names.read(&WildcardPattern::flat(pattern), has_partition);
        let mut ids: Vec<String> = names.ids.iter().map(ToString::to_string).collect();
        ids.sort();
        (ids, names.parts.len())
    }

    #[test]
    fn whole_ids_are_told_from_parts_of_ids_and_from_other_digits() {
        let id = || vec!["222222222222".to_owned()];
        for (pattern, found) in [
            ("arn:aws:iam::222222222222:role/x", (id(), 0)),
            ("arn:aws:iam::222222222222:role/7", (id(), 0)),
            ("*::222222222222:root", (id(), 0)),
            ("222222222222:alice", (id(), 0)),
            ("222222222222", (id(), 0)),
            ("*222222222222", (vec![], 1)),
            ("arn:aws:iam::2*:role/x", (vec![], 1)),
            ("arn:aws:iam::*2:role/x", (vec![], 1)),
            ("*22*", (vec![], 1)),
            ("arn:aws:iam::*:role/222222222222", (vec![], 0)),
            ("arn:aws:iam::*:role/*2", (vec![], 0)),
            ("*role/team1-*", (vec![], 0)),
            ("AROA2EXAMPLE7:*", (vec![], 0)),
            ("AROA*:2222222222222", (vec![], 0)),
        ] {
            assert_eq!(names(pattern, true), found, "{pattern}");
        }
        assert_eq!(names("arn:aws:iam::222222222222:role/x", false), (vec![], 1));
    }
}
