//! Conditions as structures: a part of every format that tells a condition, beside its sentence.
//!
//! `{"all": […]}`, `{"any": […]}` and `{"not": …}` put together `{"key", "operator", "values"}`, `{"resource": […]}`,
//! `{"caller": …}` and `{"open": …}`. An empty `all` always holds, an empty `any` never.

use std::borrow::Cow;

use scproof_evaluator::symbolic::CallerKind;
use scproof_evaluator::{Open, Predicate, PredicateAtom};
use scproof_organization::{Organization, PolicyIndex};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::words::Words;

/// A predicate that names policies and targets of an organization.
pub(super) struct PredicateView<'a> {
    organization: &'a Organization,
    predicate: Cow<'a, Predicate>,
}

impl<'a> PredicateView<'a> {
    pub(super) fn of(organization: &'a Organization, predicate: &'a Predicate) -> Self {
        Self { organization, predicate: Cow::Borrowed(predicate) }
    }

    /// When calls differ or pass, as structure and as a sentence with all values.
    pub(super) fn told(organization: &'a Organization, when: &Predicate) -> (Self, String) {
        let told = crate::words::told(when);
        let words = Words::full(organization).sentence(&told);
        (Self { organization, predicate: Cow::Owned(told) }, words)
    }
}

impl Serialize for PredicateView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Part { organization: self.organization, predicate: &self.predicate }.serialize(serializer)
    }
}

struct Part<'a> {
    organization: &'a Organization,
    predicate: &'a Predicate,
}

/// A list of parts.
struct Parts<'a> {
    organization: &'a Organization,
    parts: &'a [Predicate],
}

/// An open question.
struct OpenView<'a> {
    organization: &'a Organization,
    open: &'a Open,
}

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.parts.len()))?;
        for predicate in self.parts {
            list.serialize_element(&Part { organization: self.organization, predicate })?;
        }
        list.end()
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let organization = self.organization;
        let mut map = serializer.serialize_map(None)?;
        match self.predicate {
            Predicate::All(parts) => map.serialize_entry("all", &Parts { organization, parts })?,
            Predicate::Any(parts) => map.serialize_entry("any", &Parts { organization, parts })?,
            Predicate::Not(inside) => map.serialize_entry("not", &Part { organization, predicate: inside })?,
            Predicate::Open(open) => map.serialize_entry("open", &OpenView { organization, open })?,
            Predicate::Atom(atom) => match &**atom {
                PredicateAtom::Key(atom) => {
                    map.serialize_entry("key", &atom.key)?;
                    map.serialize_entry("operator", &atom.operator.to_string())?;
                    map.serialize_entry("values", &atom.values)?;
                    // The version of the policy's document has no variables (VAR-3).
                    if atom.is_literal {
                        map.serialize_entry("literal", &true)?;
                    }
                }
                PredicateAtom::Resource(atom) => {
                    map.serialize_entry("resource", &atom.patterns)?;
                    if atom.is_literal {
                        map.serialize_entry("literal", &true)?;
                    }
                }
                PredicateAtom::Caller(kind) => map.serialize_entry("caller", caller(*kind))?,
            },
        }
        map.end()
    }
}

impl Serialize for OpenView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let organization = self.organization;
        let id = |policy: PolicyIndex| organization.policy(policy).id.as_str();
        let mut map = serializer.serialize_map(None)?;
        match self.open {
            Open::Statement { policy, statement } => {
                map.serialize_entry("kind", "statement")?;
                map.serialize_entry("policyId", id(*policy))?;
                map.serialize_entry("statement", statement)?;
            }
            Open::Condition { operator, key } => {
                map.serialize_entry("kind", "condition")?;
                map.serialize_entry("operator", operator)?;
                map.serialize_entry("key", key)?;
            }
            Open::Action { policy, statement, rules } => {
                map.serialize_entry("kind", "action")?;
                map.serialize_entry("policyId", id(*policy))?;
                map.serialize_entry("statement", statement)?;
                map.serialize_entry("rules", rules)?;
            }
            Open::Reading { of, rules } => {
                map.serialize_entry("kind", "reading")?;
                map.serialize_entry("of", &Part { organization, predicate: of })?;
                map.serialize_entry("rules", rules)?;
            }
            Open::Attachments(node) => {
                map.serialize_entry("kind", "attachments")?;
                map.serialize_entry("targetId", organization.node(*node).target.as_str())?;
            }
            Open::Membership { account } => {
                map.serialize_entry("kind", "membership")?;
                map.serialize_entry("accountId", account)?;
            }
            Open::Checked { resource } => {
                map.serialize_entry("kind", "checked")?;
                map.serialize_entry("resource", resource)?;
            }
            Open::Applies { rule } => {
                map.serialize_entry("kind", "applies")?;
                map.serialize_entry("rules", &[rule])?;
            }
        }
        map.end()
    }
}

fn caller(kind: CallerKind) -> &'static str {
    match kind {
        CallerKind::Role => "role",
        CallerKind::User => "user",
        CallerKind::Root => "root",
        CallerKind::FederatedUser => "federatedUser",
    }
}
