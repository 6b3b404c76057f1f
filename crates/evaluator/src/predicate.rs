//! Conditions as values: what must hold of a request.
//!
//! A condition is compared, grouped, sorted and simplified in this form; words are made of it where somebody reads it,
//! at any length. Two predicates are equal exactly if they are the same condition: letter case of keys, the order of
//! values, values that stand twice and the two spellings of a negation (`StringNotEquals`, not `StringEquals`) make no
//! difference. Which policy says it is no part of a condition: the statement stands beside it, or in [`Open`], where it
//! is what the question is about.

mod factor;
mod literal;
mod simplify;

use std::sync::Arc;

use scproof_catalog::ValueType;
use scproof_organization::{NodeId, PolicyIndex};
use scproof_policy_parser::{BaseOperator, Condition, ConditionOperator, ResourceElement, SetPrefix, parse_bool};

use crate::compile::Slot;
use crate::keys;
use crate::symbolic::CallerKind;
use crate::truth::Truth;

/// What must hold of a request.
///
/// ```
/// use scproof_evaluator::Predicate;
///
/// assert_eq!(Predicate::all([Predicate::ALWAYS, Predicate::NEVER]), Predicate::NEVER);
/// assert_eq!(Predicate::ALWAYS.not(), Predicate::NEVER);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Predicate {
    /// All of these hold; none: always.
    All(Vec<Predicate>),
    /// At least one of these holds; none: never.
    Any(Vec<Predicate>),
    /// It does not hold. [`not`](Self::not) puts it before atoms and open questions only.
    Not(Box<Predicate>),
    /// Something that can be seen of a request.
    Atom(Arc<PredicateAtom>),
    /// Something that cannot be seen of a request.
    Open(Open),
}

/// Something that can be seen of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PredicateAtom {
    /// A context key compares with values as an operator says.
    Key(KeyAtom),
    /// The resource is like one of some patterns.
    Resource(ResourceAtom),
    /// The caller is of a kind.
    Caller(CallerKind),
}

/// A context key compares with values as an operator says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "each says something of its own about key or values")]
pub struct KeyAtom {
    /// The key, as first spelt in a policy.
    pub key: String,
    /// The operator: never a negated one without set prefix, since a negation is [`Predicate::Not`]. `Null` is with
    /// `true` alone.
    pub operator: ConditionOperator,
    /// The values, each once, in order.
    pub values: Vec<String>,
    /// Whether `${` in a value is text, as the version of the document has no variables (VAR-3).
    pub is_literal: bool,
    /// Whether the key may be absent in the requests that are spoken of: whether it is worth saying.
    pub may_be_absent: bool,
    /// Whether the key is known to carry lists.
    pub is_multivalued: bool,
    /// Whether the key is known to hold ARNs.
    pub is_arn: bool,
}

/// The resource is like one of some patterns.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceAtom {
    /// The patterns, each once, in order.
    pub patterns: Vec<String>,
    /// Whether `${` in a pattern is text, as the version of the document has no variables (VAR-3).
    pub is_literal: bool,
}

/// A question that nothing in a request answers (K3-2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Open {
    /// A statement applies that could not be read (K3-14).
    Statement {
        /// The policy.
        policy: PolicyIndex,
        /// The index of the statement in its document, from 0.
        statement: usize,
    },
    /// A condition holds that could not be read (DOC-29, K3-14).
    Condition {
        /// The operator as written.
        operator: String,
        /// The key as written.
        key: String,
    },
    /// The action pattern of a statement matches, as unsure rules have it (GEN-3).
    Action {
        /// The policy.
        policy: PolicyIndex,
        /// The index of the statement in its document, from 0.
        statement: usize,
        /// The rules.
        rules: Vec<&'static str>,
    },
    /// A condition holds, as unsure rules have it (GEN-3).
    Reading {
        /// The condition.
        of: Box<Predicate>,
        /// The rules.
        rules: Vec<&'static str>,
    },
    /// What is attached to a target, and could not be read, blocks the call (K3-13).
    Attachments(NodeId),
    /// An account that the snapshot lacks is a member, and its SCPs block the call: a listing could not be read
    /// (CALL-14).
    Membership {
        /// The account's id.
        account: String,
    },
    /// The call is checked against a resource (CALL-3, CALL-4).
    Checked {
        /// The resource: the name of its type, its ARN, or `*` for none.
        resource: String,
    },
    /// SCPs apply to the call: the policy type is enabled while it is made (EXM-2), or an unsure rule has it that the
    /// caller is not exempt.
    Applies {
        /// The rule.
        rule: &'static str,
    },
}

impl Predicate {
    /// What always holds.
    pub const ALWAYS: Self = Self::All(Vec::new());
    /// What never holds.
    pub const NEVER: Self = Self::Any(Vec::new());

    /// All of them, without brackets that say nothing; not [simplified](Self::simplified).
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all: Vec<Self> = Vec::new();
        for part in parts {
            match part {
                Self::All(more) => more.into_iter().for_each(|part| push_new(&mut all, part)),
                Self::Any(none) if none.is_empty() => return Self::NEVER,
                Self::Any(_) | Self::Not(_) | Self::Atom(_) | Self::Open(_) => push_new(&mut all, part),
            }
        }
        single(all, Self::All)
    }

    /// At least one of them, without brackets that say nothing; not [simplified](Self::simplified).
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut any: Vec<Self> = Vec::new();
        for part in parts {
            match part {
                Self::Any(more) => more.into_iter().for_each(|part| push_new(&mut any, part)),
                Self::All(none) if none.is_empty() => return Self::ALWAYS,
                Self::All(_) | Self::Not(_) | Self::Atom(_) | Self::Open(_) => push_new(&mut any, part),
            }
        }
        single(any, Self::Any)
    }

    /// Its opposite.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "said like `all` and `any`, and no operator is meant")]
    pub fn not(self) -> Self {
        match self {
            Self::All(parts) => Self::Any(parts.into_iter().map(Self::not).collect()),
            Self::Any(parts) => Self::All(parts.into_iter().map(Self::not).collect()),
            Self::Not(inside) => *inside,
            Self::Atom(_) | Self::Open(_) => Self::Not(Box::new(self)),
        }
    }

    /// Whether it holds of every request, as it is written.
    pub fn is_always(&self) -> bool {
        *self == Self::ALWAYS
    }

    /// Whether it holds of no request, as it is written.
    pub fn is_never(&self) -> bool {
        *self == Self::NEVER
    }

    /// The parts of which all must hold: itself, unless it is [`All`](Self::All).
    pub fn conjuncts(&self) -> &[Self] {
        if let Self::All(parts) = self { parts } else { std::slice::from_ref(self) }
    }

    /// Its truth, given that of its atoms and open questions (H.1).
    pub fn truth(&self, of: &impl Fn(&Self) -> Truth) -> Truth {
        match self {
            Self::All(parts) => parts.iter().fold(Truth::True, |all, part| all.and(part.truth(of))),
            Self::Any(parts) => parts.iter().fold(Truth::False, |any, part| any.or(part.truth(of))),
            Self::Not(inside) => inside.truth(of).negate(),
            Self::Atom(_) | Self::Open(_) => of(self),
        }
    }

    /// All atoms in it, from left to right.
    pub fn atoms(&self) -> Vec<&PredicateAtom> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::atoms).collect(),
            Self::Not(inside) => inside.atoms(),
            Self::Atom(atom) => vec![atom],
            Self::Open(Open::Reading { of, .. }) => of.atoms(),
            Self::Open(_) => Vec::new(),
        }
    }

    /// How many atoms and open questions it has.
    pub fn size(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::size).sum(),
            Self::Not(inside) => inside.size(),
            Self::Atom(_) | Self::Open(_) => 1,
        }
    }

    /// The same, said of requests that carry all its keys: that they may be absent is not worth saying.
    #[must_use]
    pub fn of_present_keys(self) -> Self {
        match self {
            Self::All(parts) => Self::All(parts.into_iter().map(Self::of_present_keys).collect()),
            Self::Any(parts) => Self::Any(parts.into_iter().map(Self::of_present_keys).collect()),
            Self::Not(inside) => Self::Not(Box::new(inside.of_present_keys())),
            Self::Atom(mut atom) => {
                if let PredicateAtom::Key(key) = Arc::make_mut(&mut atom) {
                    key.may_be_absent = false;
                    key.operator.if_exists &= key.values.is_empty();
                }
                Self::Atom(atom)
            }
            Self::Open(open) => Self::Open(open),
        }
    }

    /// That a key is absent.
    pub fn absent(key: &str) -> Self {
        Self::key(KeyAtom {
            key: key.to_owned(),
            operator: ConditionOperator { set: None, base: BaseOperator::Null, if_exists: false },
            values: vec!["true".to_owned()],
            is_literal: false,
            may_be_absent: true,
            is_multivalued: false,
            is_arn: false,
        })
    }

    /// That the caller is of a kind.
    pub fn caller(kind: CallerKind) -> Self {
        Self::Atom(Arc::new(PredicateAtom::Caller(kind)))
    }

    /// That a key compares with values as an operator says. `${…}` in values are variables.
    ///
    /// ```
    /// use scproof_evaluator::Predicate;
    /// use scproof_policy_parser::ConditionOperator;
    ///
    /// let of = |operator, values: &[&str]| {
    ///     let operator = ConditionOperator::parse(operator).ok_or("an unknown operator")?;
    ///     Ok::<_, &str>(Predicate::compares("aws:RequestedRegion", operator, values))
    /// };
    /// let none = of("StringNotEquals", &["eu-west-1", "eu-west-2"])?;
    /// let some = of("StringEquals", &["eu-west-1", "us-east-1"])?;
    /// assert_eq!(Predicate::all([none, some]).simplified(), of("StringEquals", &["us-east-1"])?);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn compares(key: &str, operator: ConditionOperator, values: &[&str]) -> Self {
        let row = keys::find(key);
        let is_arn = row.is_some_and(|row| row.value_type == ValueType::Arn);
        let is_multivalued = row.is_some_and(|row| row.multivalued);
        Self::of_key((key, is_multivalued, is_arn), operator, values.iter().copied(), true)
    }

    /// That a condition of a policy holds. `variables`: whether `${…}` is live in its document.
    pub(crate) fn of_condition(condition: &Condition, slot: &Slot, variables: bool) -> Self {
        let (Some(operator), Some(values)) = (condition.operator, &condition.values) else {
            let (operator, key) = (condition.operator_text.clone(), condition.key.clone());
            return Self::Open(Open::Condition { operator, key });
        };
        let key = (&*slot.name, slot.multivalued, slot.value_type == Some(ValueType::Arn));
        Self::of_key(key, operator, values.iter().map(|value| &*value.text), variables)
    }

    fn of_key<'v>(
        (key, is_multivalued, is_arn): (&str, bool, bool),
        operator: ConditionOperator,
        values: impl Iterator<Item = &'v str>,
        variables: bool,
    ) -> Self {
        let (values, is_literal) = texts(values, variables);
        if operator.base == BaseOperator::Null && operator.set.is_none() {
            let mut wanted: Vec<Option<bool>> = values.iter().map(|value| parse_bool(value)).collect();
            wanted.dedup();
            if let [Some(absent)] = wanted[..] {
                let found = Self::absent(key);
                return if absent { found } else { found.not() };
            }
        }
        let (operator, opposite) = canonical(operator, !values.is_empty());
        let key = key.to_owned();
        let found =
            Self::key(KeyAtom { key, operator, values, is_literal, may_be_absent: true, is_multivalued, is_arn });
        if opposite { found.not() } else { found }
    }

    /// That a resource element of a policy matches.
    pub(crate) fn of_resource(element: &ResourceElement, variables: bool) -> Self {
        let (patterns, is_literal) = texts(element.patterns.iter().map(|pattern| &*pattern.text), variables);
        let found = Self::Atom(Arc::new(PredicateAtom::Resource(ResourceAtom { patterns, is_literal })));
        if element.negated { found.not() } else { found }
    }

    fn key(atom: KeyAtom) -> Self {
        Self::Atom(Arc::new(PredicateAtom::Key(atom)))
    }
}

/// One part as it is, several put together.
fn single(mut parts: Vec<Predicate>, together: impl Fn(Vec<Predicate>) -> Predicate) -> Predicate {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            together(parts)
        }
    }
}

fn push_new(parts: &mut Vec<Predicate>, part: Predicate) {
    if !parts.contains(&part) {
        parts.push(part);
    }
}

/// Sorted, each once; and whether `${` in one of them is text.
fn texts<'t>(texts: impl Iterator<Item = &'t str>, variables: bool) -> (Vec<String>, bool) {
    let mut texts: Vec<String> = texts.map(str::to_owned).collect();
    texts.sort_unstable();
    texts.dedup();
    let is_literal = !variables && texts.iter().any(|text| text.contains("${"));
    (texts, is_literal)
}

/// The operator by which others of the same meaning are said, and whether its opposite is meant.
fn canonical(operator: ConditionOperator, has_values: bool) -> (ConditionOperator, bool) {
    let ConditionOperator { set, base, if_exists } = operator;
    let (positive, negated) = positive(base);
    let told = |set, base, if_exists| ConditionOperator { set, base, if_exists };
    match set {
        // Without values negated operators say what the others do, but for bare ones, of which one reading is the
        // opposite of the other's (DOC-28, CLR-3).
        Some(_) if !has_values => (told(set, positive, if_exists && set == Some(SetPrefix::ForAnyValue)), false),
        None if !has_values && if_exists => (told(None, positive, true), false),
        // A negated operator holds for an absent key, with IfExists or without (SET-2, SET-4).
        None if negated => (told(None, positive, false), true),
        None => (told(None, positive, if_exists), false),
        // No value matches, or there is none: not some value matches (SET-7, SET-8).
        Some(SetPrefix::ForAllValues) if negated => (told(Some(SetPrefix::ForAnyValue), positive, false), true),
        Some(SetPrefix::ForAllValues) => (told(set, positive, false), false),
        Some(SetPrefix::ForAnyValue) if negated && !if_exists => {
            (told(Some(SetPrefix::ForAllValues), positive, false), true)
        }
        Some(SetPrefix::ForAnyValue) if negated => (operator, false),
        Some(SetPrefix::ForAnyValue) => (told(set, positive, if_exists), false),
    }
}

/// The operator of which one is the negation, or that has the same meaning.
fn positive(base: BaseOperator) -> (BaseOperator, bool) {
    let found = NEGATIONS.into_iter().find(|(negation, _)| *negation == base);
    match found {
        Some((_, positive)) => (positive, true),
        None if base == BaseOperator::ArnEquals => (BaseOperator::ArnLike, false),
        None => (base, false),
    }
}

/// The negated operators (COND-7), each with what it negates.
const NEGATIONS: [(BaseOperator, BaseOperator); 8] = [
    (BaseOperator::StringNotEquals, BaseOperator::StringEquals),
    (BaseOperator::StringNotEqualsIgnoreCase, BaseOperator::StringEqualsIgnoreCase),
    (BaseOperator::StringNotLike, BaseOperator::StringLike),
    (BaseOperator::NumericNotEquals, BaseOperator::NumericEquals),
    (BaseOperator::DateNotEquals, BaseOperator::DateEquals),
    (BaseOperator::NotIpAddress, BaseOperator::IpAddress),
    (BaseOperator::ArnNotEquals, BaseOperator::ArnLike),
    (BaseOperator::ArnNotLike, BaseOperator::ArnLike),
];

#[cfg(test)]
mod tests {
    use super::*;
    use scproof_policy_parser::{ConditionValue, ResourcePattern, ValueKind};

    /// A condition as a policy has it; `variables` as in the current version of the language.
    pub(super) fn condition(operator: &str, key: &str, values: &[&str], variables: bool) -> Predicate {
        let value = |text: &&str| ConditionValue { text: (*text).to_owned(), kind: ValueKind::String };
        let condition = Condition {
            operator_text: operator.to_owned(),
            operator: ConditionOperator::parse(operator),
            key: key.to_owned(),
            values: Some(values.iter().map(value).collect()),
        };
        let slot = Slot {
            name: key.into(),
            folded: key.into(),
            row: None,
            may_be_list: false,
            multivalued: key == "aws:TagKeys",
            value_type: None,
            listed: None,
            differs_by_check: true,
            conditions: Vec::new(),
        };
        Predicate::of_condition(&condition, &slot, variables)
    }

    fn of(operator: &str, values: &[&str]) -> Predicate {
        condition(operator, "k:x", values, true)
    }

    #[test]
    fn set_2_a_negation_is_the_opposite() {
        let same = |one: &str, other: &str, opposite: bool| {
            let other = of(other, &["a"]);
            assert_eq!(of(one, &["a"]), if opposite { other.not() } else { other }, "{one}");
        };
        same("StringNotEquals", "StringEquals", true);
        same("StringNotEqualsIfExists", "StringNotEquals", false);
        same("ForAllValues:StringNotLike", "ForAnyValue:StringLike", true);
        same("ForAnyValue:StringNotLike", "ForAllValues:StringLike", true);
        same("ForAllValues:StringLikeIfExists", "ForAllValues:StringLike", false);
        same("ArnNotEquals", "ArnLike", true);
        same("NotIpAddress", "IpAddress", true);
        assert_ne!(of("StringEqualsIfExists", &["a"]), of("StringEquals", &["a"]));
        assert_ne!(of("ForAnyValue:StringNotLikeIfExists", &["a"]), of("ForAnyValue:StringNotLike", &["a"]));
        assert_eq!(of("Null", &["true"]), Predicate::absent("k:x"));
        assert_eq!(of("Null", &["false"]), Predicate::absent("k:x").not());
    }

    #[test]
    fn the_same_condition_is_equal_and_no_other() {
        let six = ["a", "b", "c", "d", "e", "f"];
        let other = ["a", "b", "c", "d", "e", "g"];
        assert_ne!(of("StringEquals", &six), of("StringEquals", &other));
        assert_eq!(of("StringEquals", &["b", "a", "a"]), of("StringEquals", &["a", "b"]));
        assert_ne!(of("StringLike", &["a"]), of("ArnLike", &["a"]));
        // `${` is a variable in one version of the language, and text in the other (VAR-3).
        let variable = |variables| condition("StringLike", "k:x", &["${aws:username}"], variables);
        assert_ne!(variable(true), variable(false));
        assert_eq!(condition("StringLike", "k:x", &["a"], false), of("StringLike", &["a"]));
        let element = |negated| ResourceElement { negated, patterns: vec![ResourcePattern::new("arn:aws:s3:::a")] };
        assert_eq!(Predicate::of_resource(&element(true), true), Predicate::of_resource(&element(false), true).not());
    }

    #[test]
    fn brackets_that_say_nothing_go() {
        let (a, b) = (of("StringEquals", &["a"]), of("StringEquals", &["b"]));
        let nested = Predicate::all([a.clone(), Predicate::all([b.clone(), a.clone()]), Predicate::ALWAYS]);
        assert_eq!(nested, Predicate::All(vec![a.clone(), b.clone()]));
        assert_eq!(nested.clone().not().not(), nested);
        assert_eq!(Predicate::any([a.clone(), Predicate::ALWAYS]), Predicate::ALWAYS);
        assert_eq!(Predicate::any([Predicate::NEVER, a.clone()]), a);
        assert_eq!(nested.size(), 2);
    }
}
