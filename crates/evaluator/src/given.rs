//! What a question gives: its context keys by their folded names, and which of them each check of the call has.

use crate::call::{Alternative, Call, PlannedCheck};
use crate::carried::{Listings, Place};
use crate::compile::{CompiledOrganization, Slot};
use crate::keys::{self, Law};
use crate::request::{Context, ContextValue, Request};
use crate::request_error::RequestError;
use crate::state::{KeyState, Value, Values};

/// Whether a text is `prefix:name`, as all context keys are (SP-46).
pub(crate) fn is_context_key(text: &str) -> bool {
    text.split_once(':').is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty())
}

/// Given keys by their folded names, sorted, with the names as given.
pub(crate) type FoldedContext<'a> = Vec<(String, &'a ContextValue, &'a str)>;

impl CompiledOrganization {
    /// Folds key names; two names that differ only in case are an error unless they hold tag keys (COND-4, COND-5).
    pub(crate) fn fold_context<'a>(&self, context: &'a Context) -> Result<FoldedContext<'a>, RequestError> {
        let mut exact: Vec<&str> = Vec::new();
        let mut folded: FoldedContext<'_> = Vec::new();
        for (key, value) in context.iter() {
            if !is_context_key(key) {
                return Err(RequestError::Key { key: key.to_owned() });
            }
            if let ContextValue::List(texts) = value
                && texts.len() > 1
                && keys::is_multivalued(key, self.actions.catalog) == Some(false)
            {
                return Err(RequestError::SeveralValues { key: key.to_owned(), count: texts.len() });
            }
            let lower = key.to_ascii_lowercase();
            let again =
                exact.contains(&key) || (!keys::is_tag_key(key) && folded.iter().any(|(found, ..)| *found == lower));
            if again {
                return Err(RequestError::DuplicateKey { key: key.to_owned() });
            }
            exact.push(key);
            folded.push((lower, value, key));
        }
        folded.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        Ok(folded)
    }
}

/// A given key by its folded name, its value, and its name as given.
type Entry<'a> = (&'a str, &'a ContextValue, &'a str);

/// A question with what the tables say of it.
pub(crate) struct Asked<'a> {
    pub(crate) call: &'a Call<'a>,
    pub(crate) listings: &'a [Option<Listings>],
    pub(crate) common: &'a FoldedContext<'a>,
    /// For each resource of the request its own keys.
    pub(crate) own: &'a [FoldedContext<'a>],
    pub(crate) request: &'a Request,
}

impl<'a> Asked<'a> {
    /// What is given in one check.
    pub(crate) fn context(&self, check: &PlannedCheck<'_>, alternative: &Alternative<'_>) -> GivenContext<'a> {
        let own = check.own.and_then(|own| self.own.get(own)).map_or(&[][..], Vec::as_slice);
        let region = self.request.region.as_deref().filter(|_| !alternative.passed_on);
        let mut context = GivenContext::of_check(self.common, own, region, self.request.closed_context, |folded| {
            self.call.place(folded, alternative.row)
        });
        if alternative.passed_on {
            context.entries.retain(|(folded, ..)| *folded != "aws:requestedregion");
        }
        context.carried = self.call.rows.is_some().then_some((self.listings, alternative.row));
        context
    }
}

/// The keys that a request gives for one of its checks; a resource's own keys replace the common ones.
#[derive(Debug)]
pub(crate) struct GivenContext<'a> {
    /// The keys in force: those of the resource, and the common ones as far as they are not replaced.
    entries: Vec<Entry<'a>>,
    /// The Region that was given for services that have several.
    pub(crate) region: Option<&'a str>,
    pub(crate) closed: bool,
    /// The tag keys of the tags that the request passes, as spelt.
    pub(crate) request_tags: Vec<&'a str>,
    /// What the tables say of each key that policies name, and the row of the check (CALL-9).
    carried: Option<(&'a [Option<Listings>], Option<usize>)>,
    /// Keys that the check may lack though they are given for the call, since the tables do not agree (CALL-8).
    pub(crate) unsure: Vec<Entry<'a>>,
}

/// A key that a check lacks though it is given for the call.
static LACKING: ContextValue = ContextValue::Absent;

impl<'a> GivenContext<'a> {
    /// That of a call of which nothing is given.
    pub(crate) fn nothing() -> Self {
        Self::of_check(&[], &[], None, false, |_| Place::Nowhere)
    }

    /// What is given in one check; `place` says where the common keys are (CALL-8).
    fn of_check(
        common: &'a [(String, &'a ContextValue, &'a str)],
        own: &'a [(String, &'a ContextValue, &'a str)],
        region: Option<&'a str>,
        closed: bool,
        place: impl Fn(&str) -> Place,
    ) -> Self {
        let is_replaced = |folded: &str| own.iter().any(|(other, ..)| other == folded);
        let mut unsure = Vec::new();
        let mut entries: Vec<Entry<'a>> = Vec::with_capacity(common.len() + own.len());
        entries.extend(own.iter().map(|(folded, value, name)| (folded.as_str(), *value, *name)));
        for (folded, value, name) in common.iter().filter(|(folded, ..)| !is_replaced(folded)) {
            match place(folded) {
                Place::Perhaps if **value != ContextValue::Absent => unsure.push((folded.as_str(), *value, *name)),
                Place::Elsewhere => entries.push((folded, &LACKING, name)),
                Place::Here | Place::Perhaps | Place::Nowhere => entries.push((folded, value, name)),
            }
        }
        entries.sort_by_key(|(folded, ..)| *folded);
        let mut context = Self { entries, region, closed, request_tags: Vec::new(), carried: None, unsure };
        let tags = context.present().filter_map(|(folded, name)| {
            folded.starts_with("aws:requesttag/").then(|| name.split_once('/').map(|(_, tag)| tag))?
        });
        context.request_tags = tags.collect();
        context
    }

    /// Whether the check certainly lacks a key that was not given, by its number.
    pub(crate) fn lacks(&self, slot: usize) -> bool {
        self.carried.is_some_and(|(listings, row)| {
            listings.get(slot).and_then(Option::as_ref).is_some_and(|listings| listings.lacks(row))
        })
    }

    /// The keys in force, with their values.
    pub(crate) fn in_force(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter()
    }

    /// The keys that are given with a value, folded and as spelt.
    fn present(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let has_value = |value: &ContextValue| match value {
            ContextValue::Absent => false,
            ContextValue::Single(_) => true,
            ContextValue::List(texts) => !texts.is_empty(),
        };
        self.in_force().filter(move |(_, value, _)| has_value(value)).map(|(folded, _, name)| (*folded, *name))
    }

    /// The laws that concern the keys that are given with a value.
    pub(crate) fn laws_of_present(&self) -> Vec<Law> {
        self.present().filter_map(|(folded, _)| keys::find(folded)).map(|row| row.law).collect()
    }

    /// Whether nothing was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn find(&self, folded: &str) -> &[Entry<'a>] {
        let start = self.entries.partition_point(|(key, ..)| *key < folded);
        let from = self.entries.get(start..).unwrap_or(&[]);
        let end = from.iter().position(|(key, ..)| *key != folded).unwrap_or(from.len());
        from.get(..end).unwrap_or(&[])
    }

    pub(crate) fn only(&self, folded: &str) -> Option<&'a ContextValue> {
        match self.find(folded) {
            [(_, value, _)] => Some(value),
            _ => None,
        }
    }

    /// GEN-7: a tag key that is the same only by Unicode's case folding.
    pub(crate) fn has_under_other_folding(&self, folded: &str) -> bool {
        let lower = folded.to_lowercase();
        self.entries.iter().chain(&self.unsure).any(|(key, ..)| key.to_lowercase() == lower)
    }
}

pub(crate) fn given_state(slot: &Slot, value: &ContextValue) -> KeyState {
    match value {
        ContextValue::Absent => KeyState::Absent,
        ContextValue::Single(text) => {
            KeyState::Present(Values { texts: Box::new([Value::from(text.as_str())]), multivalued: slot.multivalued })
        }
        // CALL-20: one value of a key that has one.
        ContextValue::List(texts) => match texts.as_slice() {
            [text] if !slot.may_be_list => KeyState::single(text),
            texts => KeyState::list(texts.iter().map(String::as_str)),
        },
    }
}
