//! What one atom, or its opposite, says of another.

use scproof_policy_parser::{BaseOperator, SetPrefix, WildcardPattern, parse_bool};

use super::{KeyAtom, Predicate, PredicateAtom, ResourceAtom};

/// An atom or its opposite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Literal<'a> {
    atom: &'a PredicateAtom,
    opposite: bool,
}

impl<'a> Literal<'a> {
    /// A predicate as a literal, if it is one. A condition without values follows laws of its own (DOC-28, CLR-3) and
    /// is none.
    pub(super) fn of(predicate: &'a Predicate) -> Option<Self> {
        let (atom, opposite) = match predicate {
            Predicate::Atom(atom) => (atom, false),
            Predicate::Not(inside) => match &**inside {
                Predicate::Atom(atom) => (atom, true),
                Predicate::All(_) | Predicate::Any(_) | Predicate::Not(_) | Predicate::Open(_) => return None,
            },
            Predicate::All(_) | Predicate::Any(_) | Predicate::Open(_) => return None,
        };
        let has_no_values = matches!(&**atom, PredicateAtom::Key(key) if key.values.is_empty());
        (!has_no_values).then_some(Self { atom, opposite })
    }

    fn not(self) -> Self {
        Self { opposite: !self.opposite, ..self }
    }

    /// Whether the other certainly holds where this does. `false` if it cannot be told.
    pub(super) fn implies(self, other: Self) -> bool {
        if self == other {
            return true;
        }
        match (self.atom, other.atom) {
            (PredicateAtom::Key(one), PredicateAtom::Key(two)) if one.key == two.key => {
                match (self.opposite, other.opposite) {
                    (false, false) => implies(one, two),
                    (true, true) => implies(two, one),
                    (false, true) => exclude(one, two),
                    (true, false) => false,
                }
            }
            (PredicateAtom::Resource(one), PredicateAtom::Resource(two)) if one.is_literal == two.is_literal => {
                match (self.opposite, other.opposite) {
                    (false, false) => is_part(&one.patterns, &two.patterns),
                    (true, true) => is_part(&two.patterns, &one.patterns),
                    (false, true) | (true, false) => false,
                }
            }
            // A caller is of one kind.
            (PredicateAtom::Caller(one), PredicateAtom::Caller(two)) => one != two && !self.opposite && other.opposite,
            _ => false,
        }
    }

    /// Whether both certainly never hold together (LAW-9).
    pub(super) fn excludes(self, other: Self) -> bool {
        self.implies(other.not())
    }

    /// The values of which the key certainly has one.
    pub(super) fn values(self) -> Option<&'a KeyAtom> {
        let PredicateAtom::Key(atom) = self.atom else { return None };
        (!self.opposite && is_list(atom)).then_some(atom)
    }

    /// Whether it holds where the key has a value, if it is about that key and that can be told.
    pub(super) fn holds_for(self, key: &str, value: &str) -> Option<bool> {
        let PredicateAtom::Key(atom) = self.atom else { return None };
        (atom.key == key).then(|| matches(atom, value)).flatten().map(|holds| holds != self.opposite)
    }

    /// Both as one literal, if both hold exactly where one does that asks for neither's values.
    pub(super) fn neither(self, other: Self) -> Option<Predicate> {
        if !self.opposite || !other.opposite {
            return None;
        }
        let atom = match (self.atom, other.atom) {
            (PredicateAtom::Key(one), PredicateAtom::Key(two)) => {
                let same = one.key == two.key
                    && one.operator == two.operator
                    && one.is_literal == two.is_literal
                    && one.may_be_absent == two.may_be_absent;
                if !same || !is_plain(one) || one.operator.base == BaseOperator::Null || is_ordered(one) {
                    return None;
                }
                PredicateAtom::Key(KeyAtom { values: union(&one.values, &two.values), ..one.clone() })
            }
            (PredicateAtom::Resource(one), PredicateAtom::Resource(two)) if one.is_literal == two.is_literal => {
                let patterns = union(&one.patterns, &two.patterns);
                PredicateAtom::Resource(ResourceAtom { patterns, is_literal: one.is_literal })
            }
            _ => return None,
        };
        Some(Predicate::Atom(atom.into()).not())
    }
}

/// Whether the condition asks one value, which must be there. Of a key with lists a bare operator means something else
/// (SET-9).
fn is_plain(atom: &KeyAtom) -> bool {
    atom.operator.set.is_none() && !atom.operator.if_exists && !atom.is_multivalued
}

/// Whether the condition says which values there may be, one by one. The empty text may count as no value at all
/// (SET-11).
fn is_list(atom: &KeyAtom) -> bool {
    let is_fixed = |value: &String| !value.is_empty() && (atom.is_literal || !value.contains("${"));
    is_plain(atom) && atom.operator.base == BaseOperator::StringEquals && atom.values.iter().all(is_fixed)
}

fn is_absence(atom: &KeyAtom) -> bool {
    atom.operator.base == BaseOperator::Null
        && atom.operator.set.is_none()
        && matches!(&*atom.values, [only] if only == "true")
}

fn is_ordered(atom: &KeyAtom) -> bool {
    complement(atom.operator.base).is_some()
}

/// Of two conditions on one key.
fn implies(one: &KeyAtom, two: &KeyAtom) -> bool {
    if is_absence(one) {
        // What holds for an absent key (SET-4, SET-7).
        return two.operator.if_exists || two.operator.set == Some(SetPrefix::ForAllValues);
    }
    if one.operator.base == two.operator.base
        && one.operator.set == two.operator.set
        && (two.operator.if_exists || !one.operator.if_exists)
        && one.is_literal == two.is_literal
        && one.operator.base != BaseOperator::Null
    {
        return is_part(&one.values, &two.values);
    }
    is_list(one) && is_plain(two) && one.values.iter().all(|value| matches(two, value) == Some(true))
}

/// Whether two conditions on one key never hold together.
fn exclude(one: &KeyAtom, two: &KeyAtom) -> bool {
    let needs_presence = |atom: &KeyAtom| {
        atom.operator.base != BaseOperator::Null
            && !atom.operator.if_exists
            && atom.operator.set != Some(SetPrefix::ForAllValues)
    };
    if is_absence(one) || is_absence(two) {
        return needs_presence(one) || needs_presence(two);
    }
    if !is_plain(one) || !is_plain(two) {
        return false;
    }
    let none = |list: &KeyAtom, other: &KeyAtom| {
        is_list(list) && list.values.iter().all(|value| matches(other, value) == Some(false))
    };
    if none(one, two) || none(two, one) {
        return true;
    }
    let (base, other) = (one.operator.base, two.operator.base);
    if base == BaseOperator::Bool && other == base {
        let truths = |atom: &KeyAtom| atom.values.iter().map(|value| parse_bool(value)).collect::<Option<Vec<bool>>>();
        return matches!((truths(one), truths(two)), (Some(one), Some(two)) if !one.iter().any(|it| two.contains(it)));
    }
    complement(base) == Some(other)
        && one.values.len() == 1
        && one.values == two.values
        && is_fixed(one)
        && is_fixed(two)
}

fn is_fixed(atom: &KeyAtom) -> bool {
    atom.is_literal || !atom.values.iter().any(|value| value.contains("${"))
}

/// Operators of which one holds for all values of the type for which the other does not.
const COMPLEMENTS: [[BaseOperator; 2]; 4] = [
    [BaseOperator::NumericLessThan, BaseOperator::NumericGreaterThanEquals],
    [BaseOperator::NumericLessThanEquals, BaseOperator::NumericGreaterThan],
    [BaseOperator::DateLessThan, BaseOperator::DateGreaterThanEquals],
    [BaseOperator::DateLessThanEquals, BaseOperator::DateGreaterThan],
];

fn complement(base: BaseOperator) -> Option<BaseOperator> {
    let pair = COMPLEMENTS.into_iter().find(|pair| pair.contains(&base))?;
    pair.into_iter().find(|other| *other != base)
}

/// Whether a condition holds for a value that is there, where that can be told without the other rules of its operator.
fn matches(atom: &KeyAtom, value: &str) -> Option<bool> {
    if is_absence(atom) {
        return Some(false);
    }
    if !is_plain(atom) || value.is_empty() {
        return None;
    }
    let base = atom.operator.base;
    let is_exact = base == BaseOperator::StringEquals;
    // Beyond ASCII neither folding nor `?` is certain (OP-2, OP-3).
    if !is_exact && !value.is_ascii() {
        return None;
    }
    let is_match = |text: &str| {
        if is_exact {
            text == value
        } else if base == BaseOperator::StringLike {
            WildcardPattern::flat(text).is_match(value)
        } else {
            text.eq_ignore_ascii_case(value)
        }
    };
    if !is_exact && base != BaseOperator::StringLike && base != BaseOperator::StringEqualsIgnoreCase {
        return None;
    }
    let (fixed, variable): (Vec<&String>, Vec<&String>) =
        atom.values.iter().partition(|text| atom.is_literal || !text.contains("${"));
    if fixed.iter().any(|text| is_match(text)) {
        return Some(true);
    }
    let is_sure = variable.is_empty() && (is_exact || fixed.iter().all(|text| text.is_ascii()));
    is_sure.then_some(false)
}

/// Whether all of the first are among the second; both in order.
fn is_part(one: &[String], two: &[String]) -> bool {
    one.iter().all(|text| two.binary_search(text).is_ok())
}

fn union(one: &[String], two: &[String]) -> Vec<String> {
    let mut all: Vec<String> = one.iter().chain(two).cloned().collect();
    all.sort_unstable();
    all.dedup();
    all
}
