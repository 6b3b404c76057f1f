//! The states of the context keys of one request (H.1, E.2, SP-30 to SP-39).

use std::collections::BTreeMap;

use scproof_catalog::Catalog;
use scproof_evaluator::{Context, ContextValue, EvaluationOptions};

use super::carried::Carried;
use super::keys::{self, Kind};
use super::laws::{self, Callers, Owner, Told};
use super::readings::Readings;
use super::variables::Piece;

/// The state of a context key (K3-3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// The request certainly does not carry it.
    Absent,
    /// It has these values.
    Present {
        /// The values, none for an empty list.
        values: Vec<String>,
        /// SP-22: given as a list, or multivalued by table E.1 or the catalog.
        multivalued: bool,
    },
    /// The analyst does not know (K3-7).
    Unknown {
        /// Whether the request may lack it.
        absence_possible: bool,
        /// What its values may be.
        domain: Domain,
        /// SP-33: whether it may have several values.
        possibly_multivalued: bool,
        /// Values that it certainly has, beside others perhaps (LAW-2, LAW-3).
        holds: Vec<String>,
        /// CALL-23: whether it may be the empty text, beside the values of the domain.
        empty_text_possible: bool,
    },
    /// One of these, and it is not known which (CALL-8, CALL-9).
    Either(Vec<State>),
}

/// The possible values of an unknown key (K3-7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Domain {
    /// Any value of the kind.
    Any(Kind),
    /// One of these.
    OneOf(Vec<Candidate>),
    /// Anything except these.
    NoneOf(Vec<String>),
}

/// One possible value, or a pattern of possible values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Candidate {
    /// This text.
    Text(String),
    /// Some text that is like this.
    Like(Vec<Piece>),
}

impl State {
    pub(crate) fn one(text: impl Into<String>) -> Self {
        Self::Present { values: vec![text.into()], multivalued: false }
    }

    pub(crate) fn list(texts: Vec<String>) -> Self {
        Self::Present { values: texts, multivalued: true }
    }

    pub(crate) fn unknown(absence_possible: bool, domain: Domain, possibly_multivalued: bool) -> Self {
        Self::Unknown { absence_possible, domain, possibly_multivalued, holds: Vec::new(), empty_text_possible: false }
    }

    /// An unknown single value of a key that may be absent.
    pub(crate) fn perhaps(domain: Domain) -> Self {
        Self::unknown(true, domain, false)
    }

    /// An unknown single value of a key that is certainly there.
    pub(crate) fn some(domain: Domain) -> Self {
        Self::unknown(false, domain, false)
    }

    pub(crate) fn some_text() -> Self {
        Self::some(Domain::Any(Kind::Other))
    }

    pub(crate) fn perhaps_some_text() -> Self {
        Self::perhaps(Domain::Any(Kind::Other))
    }
}

/// SP-33: an unknown Bool key of table E.1 is `true` or `false`.
pub(crate) fn either_bool() -> Domain {
    Domain::OneOf(vec![Candidate::Text("true".to_owned()), Candidate::Text("false".to_owned())])
}

/// What is known of a request's context.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// The keys given, as spelt.
    given: Vec<(String, State)>,
    /// The keys that the model derives, in lower case.
    derived: BTreeMap<String, State>,
    callers: Callers,
    catalog: &'a Catalog,
    options: EvaluationOptions,
    closed_context: bool,
    /// What the catalog's rows say of this pair; none beyond the catalog (CALL-1).
    carried: Option<Carried<'a>>,
}

/// What a key of a policy means for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its possible states: several if the request has keys that differ only in case (COND-5).
    pub(crate) candidates: Vec<State>,
    /// Whether a given key equals it only beyond ASCII (GEN-7, SP-25).
    pub(crate) is_unclear: bool,
}

/// SP-25: the keys given for a request and for one of its resources; those of the resource replace the common ones
/// (CLR-7). CALL-8: `carried` says which of the common ones this pair has.
pub(crate) fn given(
    common: &Context,
    own: &Context,
    catalog: &Catalog,
    carried: Option<Carried<'_>>,
) -> Result<Vec<(String, State)>, String> {
    let mut merged: Vec<(&str, &ContextValue)> = Vec::new();
    for context in [common, own] {
        for (number, (key, value)) in context.iter().enumerate() {
            // CALL-20.
            if matches!(value, ContextValue::List(texts) if texts.len() > 1)
                && keys::is_multivalued(key, catalog) == Some(false)
            {
                return Err(format!("key `{key}` has one value"));
            }
            // SP-46.
            if !key.split_once(':').is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty()) {
                return Err(format!("`{key}` is no context key"));
            }
            for (earlier, _) in context.iter().take(number) {
                if earlier == key || (earlier.eq_ignore_ascii_case(key) && !key.contains('/')) {
                    return Err(format!("key `{key}` is given twice"));
                }
            }
        }
    }
    merged.extend(common.iter().filter(|(key, _)| !own.iter().any(|(other, _)| other.eq_ignore_ascii_case(key))));
    let of_call = merged.len();
    merged.extend(own.iter());
    let state = |key: &str, value: &ContextValue| match value {
        // SP-44.
        ContextValue::Absent => State::Absent,
        ContextValue::Single(text) => {
            let multivalued = keys::is_multivalued(key, catalog).unwrap_or(false);
            State::Present { values: vec![text.clone()], multivalued }
        }
        // CALL-20.
        ContextValue::List(texts) => match texts.as_slice() {
            [text] if keys::is_multivalued(key, catalog) == Some(false) => State::one(text),
            _ => State::list(texts.clone()),
        },
    };
    let in_pair = |number: usize, key: &str, state: State| match carried {
        Some(carried) if number < of_call => carried.of_given(key, state),
        Some(_) | None => state,
    };
    let numbered = merged.into_iter().enumerate();
    Ok(numbered.map(|(number, (key, value))| (key.to_owned(), in_pair(number, key, state(key, value)))).collect())
}

impl<'a> Facts<'a> {
    pub(crate) fn new(
        given: Vec<(String, State)>,
        derived: BTreeMap<String, State>,
        callers: Callers,
        catalog: &'a Catalog,
        options: EvaluationOptions,
        closed_context: bool,
    ) -> Self {
        Self { given, derived, callers, catalog, options, closed_context, carried: None }
    }

    /// With what the catalog's rows say of this pair.
    pub(crate) fn of_pair(mut self, carried: Option<Carried<'a>>) -> Self {
        self.carried = carried;
        self
    }

    pub(crate) fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    /// COND-4, COND-5, SP-25: given keys in any case, else what the model derives, else unknown or absent.
    pub(crate) fn find(&self, key: &str) -> Found {
        let candidates: Vec<State> = self
            .given
            .iter()
            .filter(|(given, _)| given.eq_ignore_ascii_case(key))
            .map(|(_, state)| state.clone())
            .collect();
        if !candidates.is_empty() {
            return Found { candidates, is_unclear: false };
        }
        let is_unclear =
            self.given.iter().any(|(given, _)| given.contains('/') && given.to_lowercase() == key.to_lowercase());
        Found { candidates: vec![self.not_given(key)], is_unclear }
    }

    /// The state of a variable's key: one of the candidates (COND-5); none if the key is unclear (GEN-7).
    pub(crate) fn candidate(&self, key: &str, readings: &Readings) -> Option<State> {
        let found = self.find(key);
        if found.is_unclear && !readings.preferred_about("GEN-7", key) {
            return None;
        }
        let chosen = match found.candidates.len() {
            1 => 0,
            count => readings.choose_without_preference("COND-5", &key.to_ascii_lowercase(), count),
        };
        found.candidates.into_iter().nth(chosen)
    }

    fn not_given(&self, key: &str) -> State {
        if let Some(state) = self.derived.get(&key.to_ascii_lowercase()) {
            return state.clone();
        }
        // DOC-31: no request carries a tag key without a tag.
        if keys::is_tag_key_without_tag(key) {
            return State::Absent;
        }
        // CALL-9.
        if self.carried.is_some_and(|carried| carried.lacks(key)) {
            return State::Absent;
        }
        // LAW-3, LAW-5.
        if laws::has_no_request_tag(Told(&self.given), key) || laws::has_no_principal_tag(&self.callers, key) {
            return State::Absent;
        }
        // K3-4, CLR-1, SP-39; CALL-13: what every call carries is there, and an owner that is not known stays so.
        let row = keys::find(key);
        let of_owner = ["aws:ResourceAccount", "aws:ResourceOrgID", "aws:ResourceOrgPaths"];
        let stays_open = row.is_some_and(|row| row.always)
            || (of_owner.iter().any(|owner| owner.eq_ignore_ascii_case(key))
                && laws::owner(Told(&self.given)) != Owner::Absent);
        if self.closed_context && !stays_open {
            return State::Absent;
        }
        // DOC-32.
        let is_aws_key = key.to_ascii_lowercase().starts_with("aws:");
        if self.options.closed_key_list && is_aws_key && !keys::is_in_table(key) {
            return State::Absent;
        }
        // SP-33, SP-34.
        let domain = match row {
            Some(row) if row.kind == Kind::Bool => either_bool(),
            Some(_) | None => Domain::Any(keys::kind(key, self.catalog)),
        };
        State::Unknown {
            absence_possible: !row.is_some_and(|row| row.always),
            domain,
            possibly_multivalued: keys::is_multivalued(key, self.catalog).unwrap_or(true),
            holds: Vec::new(),
            empty_text_possible: keys::is_tag_key(key),
        }
    }
}
