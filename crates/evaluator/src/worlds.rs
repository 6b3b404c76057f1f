//! The ways in which the laws (K.4) let unknown keys go together: each *world* says of some of them that they are
//! there, absent, or have a value. Every call lies in one of the worlds of a question.

use std::collections::BTreeSet;

use crate::compile::CompiledOrganization;
use crate::keys::Law;
use crate::prepare::Pair;
use crate::state::{Domain, KeyState, Value};
use crate::trace::KeySlot;

/// The most worlds that are looked at.
const MAX_WORLDS: usize = 64;

/// What a world says of a key.
#[derive(Debug, Clone)]
enum Says {
    Absent,
    /// It is there; a list of several values holds these.
    There(Vec<Value>),
    Is(&'static str),
    /// Exactly what it may be for a kind of caller.
    State(KeyState),
}

/// Alternatives of which every call is one.
type Choice = Vec<Vec<(usize, Says)>>;

impl CompiledOrganization {
    /// The states of the keys in each world; one world if the laws tie none of the keys asked about.
    pub(crate) fn worlds(
        &self,
        pair: &Pair,
        broken: &[&'static str],
        asked: &BTreeSet<KeySlot>,
    ) -> Vec<Box<[KeyState]>> {
        let mut worlds = vec![pair.states.clone()];
        for choice in self.choices(pair, broken, asked) {
            if worlds.len() * choice.len() > MAX_WORLDS {
                continue;
            }
            worlds = worlds
                .iter()
                .flat_map(|world| choice.iter().filter_map(move |alternative| world_with(world, alternative)))
                .collect();
        }
        worlds
    }

    fn choices(&self, pair: &Pair, broken: &[&'static str], asked: &BTreeSet<KeySlot>) -> Vec<Choice> {
        // The keys that are open and asked about, by the law that ties them.
        let open: Vec<(usize, Law)> = asked
            .iter()
            .filter(|slot| matches!(pair.states.get(slot.0 as usize), Some(KeyState::Unknown(_))))
            .filter_map(|slot| Some((slot.0 as usize, self.slots.get(slot.0 as usize)?.row?.law)))
            .collect();
        let of = |laws: &[Law]| -> Vec<usize> {
            open.iter().filter(|(_, law)| laws.contains(law)).map(|(slot, _)| *slot).collect()
        };
        let each = |slots: Vec<usize>, says: Says| slots.into_iter().map(move |slot| (slot, says.clone()));
        let there = || Says::There(Vec::new());
        let mut choices: Vec<Choice> = Vec::new();
        if !broken.contains(&"LAW-1") {
            let (address, endpoint, owner) =
                (of(&[Law::SourceAddress]), of(&[Law::Endpoint]), of(&[Law::EndpointOwner]));
            let through = [endpoint.clone(), owner].concat();
            if address.len() + through.len() > 1 {
                let direct = each(address.clone(), there()).chain(each(through, Says::Absent)).collect();
                let inside = each(address, Says::Absent).chain(each(endpoint, there())).collect();
                choices.push(vec![direct, inside]);
            }
        }
        if !broken.contains(&"LAW-2") {
            let (via, named) = (of(&[Law::ViaService]), of(&[Law::CalledVia, Law::CalledViaFirst, Law::CalledViaLast]));
            if !named.is_empty() && via.len() + named.len() > 1 {
                let by = |word: &'static str, said: Says| -> Vec<(usize, Says)> {
                    each(via.clone(), Says::Is(word)).chain(each(named.clone(), said)).collect()
                };
                choices.push(vec![by("false", Says::Absent), by("true", Says::Absent), by("true", there())]);
            }
        }
        if !broken.contains(&"LAW-6") {
            let (present, age) = (of(&[Law::MfaPresent]), of(&[Law::MfaAge]));
            if !present.is_empty() && !age.is_empty() {
                let with = each(present, Says::Is("true")).chain(each(age.clone(), there())).collect();
                choices.push(vec![each(age, Says::Absent).collect(), with]);
            }
        }
        if !broken.contains(&"LAW-3")
            && let [keys] = of(&[Law::TagKeys]).as_slice()
        {
            for tag in of(&[Law::RequestTag]) {
                let Some(name) = self.slots.get(tag).and_then(|slot| slot.name.split_once('/')) else { continue };
                let holds = Says::There(vec![Value::from(name.1)]);
                choices.push(vec![
                    vec![(tag, Says::Absent)],
                    vec![(tag, there()), (*keys, holds)],
                    // Spelt otherwise: keys ignore case, the texts of aws:TagKeys do not (COND-4, COND-6).
                    vec![(tag, there()), (*keys, there())],
                ]);
            }
        }
        let of_caller = |states: &[(usize, KeyState)]| -> Vec<(usize, Says)> {
            states.iter().map(|(slot, state)| (*slot, Says::State(state.clone()))).collect()
        };
        let is_asked = |slot: usize| asked.iter().any(|other| other.0 as usize == slot);
        if let Some(first) = pair.callers.first()
            && first.iter().filter(|(slot, _)| is_asked(*slot)).count() > 1
        {
            choices.push(pair.callers.iter().map(|states| of_caller(states)).collect());
        }
        choices
    }
}

/// The states in a world that is narrower by an alternative; none if nothing can be so.
fn world_with(world: &[KeyState], alternative: &[(usize, Says)]) -> Option<Box<[KeyState]>> {
    let mut states: Box<[KeyState]> = world.into();
    for (slot, says) in alternative {
        let state = states.get_mut(*slot)?;
        *state = narrowed(state, says)?;
    }
    Some(states)
}

fn narrowed(state: &KeyState, says: &Says) -> Option<KeyState> {
    match (state, says) {
        (_, Says::State(state)) => Some(state.clone()),
        (KeyState::Unknown(domain), Says::Absent) => domain.may_be_absent.then_some(KeyState::Absent),
        (KeyState::Unknown(domain), Says::There(values)) => {
            let holds = domain.holds.iter().chain(values).cloned().collect();
            Some(KeyState::Unknown(Domain { may_be_absent: false, is_filled: true, holds, ..domain.clone() }))
        }
        (KeyState::Unknown(_), Says::Is(word)) => Some(KeyState::single(word)),
        (KeyState::Absent, Says::Absent) => Some(KeyState::Absent),
        (KeyState::Absent, Says::There(_) | Says::Is(_)) | (KeyState::Present(_), Says::Absent) => None,
        (KeyState::Present(values), Says::Is(word)) => {
            let is_it = values.texts.iter().any(|value| value.text.eq_ignore_ascii_case(word));
            is_it.then(|| state.clone())
        }
        (KeyState::Present(_) | KeyState::Either(_) | KeyState::Candidates(_) | KeyState::OtherFold, _) => {
            Some(state.clone())
        }
    }
}
