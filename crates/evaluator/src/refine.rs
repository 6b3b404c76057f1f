//! Refinement by cases (K3-16): what stays unknown because facts are asked about twice is settled by going through all
//! cases that the policies can tell apart.
//!
//! A fact is a context key, or the resource. Its cases are representatives of the classes into which the conditions on
//! it cut its values; conditions that cannot be cut exactly stay unknown in every case, which keeps the result sound
//! (K3-15).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use scproof_policy_parser::{LanguagePattern, Piece, WildcardPattern, text_cells};

use crate::compile::{Atom, CompiledOrganization, LevelEntry};
use crate::condition::CompiledCondition;
use crate::cut::Kind;
use crate::decide::Outcome;
use crate::decision::Decision;
use crate::prepare::{Pair, Query};
use crate::recent::{Recent, Weigh};
use crate::resource::{CompiledResource, ResourceMatcher, ResourceState};
use crate::resource_type::TypePattern;
use crate::state::{Domain, DomainValues, KeyState, Value, Values};
use crate::trace::{Evaluation, KeySlot, NoTrace};
use crate::truth::Truth;

/// The most combinations of cases that are gone through (K3-16).
const MAX_COMBINATIONS: usize = 4096;
/// The most states of the walk that cuts texts into classes.
const MAX_STATES: usize = 4000;
/// The most cases of one fact.
const MAX_CASES: usize = 128;
/// The most classes of single values from which the cases of a list are made: every subset is one.
const MAX_LIST_CLASSES: usize = 6;

/// A fact, what a key's value may be, and the atoms that ask about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SplitKey {
    fact: Fact,
    domain: Option<Domain>,
    of: Option<Arc<TypePattern>>,
    atoms: Vec<Atom>,
}

/// Splits worked out before. They follow from the policies alone, so remembering them changes no answer.
pub(crate) type SplitMemory = Recent<SplitKey, Option<Arc<Split>>>;

/// Something unknown that several atoms ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fact {
    Key(KeySlot),
    Resource,
}

/// A fact with the truth of its atoms in each of its cases.
#[derive(Debug)]
pub(crate) struct Split {
    atoms: Vec<Atom>,
    /// One row a case, as long as `atoms`.
    cases: Vec<Vec<Truth>>,
}

impl CompiledOrganization {
    /// The verdict that all cases share, else the given one: all worlds that the laws allow, and in each the cases of
    /// the facts.
    pub(crate) fn refine(&self, query: &Query, pair: &Pair, outcome: Outcome) -> Outcome {
        let mut worlds = self.worlds(pair, &query.broken_laws, &self.asked_slots(query, pair));
        if worlds.len() == 1 {
            return self.refine_cases(query, pair, outcome);
        }
        let mut common: Option<Outcome> = None;
        // The last first, which saves copying what is no longer needed.
        while let Some(states) = worlds.pop() {
            let world = Pair { states, callers: Box::default(), ..pair.clone() };
            let mut evaluation =
                Evaluation { states: &world.states, assume_preferred: self.options.assume_preferred, trace: NoTrace };
            let found = self.outcome(query, |atom| self.atom_truth(atom, &world, &mut evaluation));
            let found = match found.decision() {
                Decision::Unknown | Decision::Deny => self.refine_cases(query, &world, found),
                Decision::Allowed | Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::NotApplicable => found,
            };
            match shared(common, found) {
                None => return self.refine_cases(query, pair, outcome),
                now => common = now,
            }
        }
        common.unwrap_or(outcome)
    }

    /// The keys that the open atoms of a question ask about.
    fn asked_slots(&self, query: &Query, pair: &Pair) -> BTreeSet<KeySlot> {
        let mut evaluation =
            Evaluation { states: &pair.states, assume_preferred: self.options.assume_preferred, trace: NoTrace };
        let levels = self.chain.path(query.path).map_or(&[][..], |path| &path.active);
        let entries = levels.iter().chain(&query.hypothetical).filter_map(|&level| self.entry_of(level, &query.cell));
        let mut slots = BTreeSet::new();
        for (LevelEntry { deny, allow, .. }, _) in entries {
            let statements = deny.iter().chain(allow).filter_map(|it| self.statements.get(it.statement as usize));
            for atom in statements.flat_map(|statement| self.statement_atoms(statement)) {
                if self.atom_truth(*atom, pair, &mut evaluation) == Truth::Unknown {
                    slots.extend(self.slots_of(*atom));
                }
            }
        }
        slots
    }

    /// The verdict that all cases of the facts share, else the given one.
    fn refine_cases(&self, query: &Query, pair: &Pair, outcome: Outcome) -> Outcome {
        let (truths, facts) = self.open_facts(query, pair);
        let account = query.account.map(|account| self.organization.node(account).target.as_str());
        let mut splits: Vec<Arc<Split>> =
            facts.into_iter().filter_map(|(fact, atoms)| self.split(fact, atoms, pair, account)).collect();
        splits.sort_by_key(|split| split.cases.len());
        let mut combinations = 1;
        splits.retain(|split| {
            let fits = combinations * split.cases.len() <= MAX_COMBINATIONS;
            combinations *= if fits { split.cases.len() } else { 1 };
            fits
        });
        if splits.is_empty() {
            return outcome;
        }
        let mut common: Option<Outcome> = None;
        let mut cased = truths;
        for combination in 0..combinations {
            let mut rest = combination;
            for split in &splits {
                let case = split.cases.get(rest % split.cases.len());
                rest /= split.cases.len();
                for (atom, truth) in split.atoms.iter().zip(case.into_iter().flatten()) {
                    cased.insert(*atom, *truth);
                }
            }
            let found = self.outcome(query, |atom| cased.get(&atom).copied().unwrap_or(Truth::Unknown));
            match shared(common, found) {
                None => return outcome,
                now => common = now,
            }
        }
        common.unwrap_or(outcome)
    }

    /// The truth of every atom of the question, and the unknown atoms by the fact they ask about; only facts that are
    /// asked about more than once.
    fn open_facts(&self, query: &Query, pair: &Pair) -> (BTreeMap<Atom, Truth>, BTreeMap<Fact, Vec<Atom>>) {
        let mut truths: BTreeMap<Atom, Truth> = BTreeMap::new();
        let mut asked: BTreeMap<Fact, (usize, BTreeSet<Atom>)> = BTreeMap::new();
        let mut evaluation =
            Evaluation { states: &pair.states, assume_preferred: self.options.assume_preferred, trace: NoTrace };
        let levels = self.chain.active(query.path).iter().chain(&query.hypothetical);
        let entries = levels.filter_map(|&level| self.entry_of(level, &query.cell));
        for (LevelEntry { deny, allow, .. }, _) in entries {
            for candidate in deny.iter().chain(allow) {
                let Some(statement) = self.statements.get(candidate.statement as usize) else { continue };
                let atoms = self.statement_atoms(statement);
                for atom in atoms {
                    if !truths.contains_key(atom) {
                        truths.insert(*atom, self.atom_truth(*atom, pair, &mut evaluation));
                    }
                }
                if atoms.iter().any(|atom| truths.get(atom) == Some(&Truth::False)) {
                    continue;
                }
                for atom in atoms.iter().filter(|atom| truths.get(atom) == Some(&Truth::Unknown)) {
                    if let Some(fact) = self.fact_of(*atom, pair) {
                        let (count, atoms) = asked.entry(fact).or_default();
                        *count += 1;
                        atoms.insert(*atom);
                    }
                }
            }
        }
        let facts = asked
            .into_iter()
            .filter(|(_, (count, _))| *count > 1)
            .map(|(fact, (_, atoms))| (fact, atoms.into_iter().collect()))
            .collect();
        (truths, facts)
    }

    fn fact_of(&self, atom: Atom, pair: &Pair) -> Option<Fact> {
        match atom {
            Atom::Condition(id) => {
                let slot = self.conditions.get(id as usize)?.slot;
                let state = pair.states.get(slot.0 as usize)?;
                matches!(state, KeyState::Unknown(_)).then_some(Fact::Key(slot))
            }
            Atom::Resource(_) => {
                matches!(pair.resource, ResourceState::Unknown | ResourceState::OfType { .. }).then_some(Fact::Resource)
            }
        }
    }

    /// The cases of a fact, remembered: they follow from the atoms and from what the value may be.
    fn split(&self, fact: Fact, atoms: Vec<Atom>, pair: &Pair, account: Option<&str>) -> Option<Arc<Split>> {
        let domain = match fact {
            Fact::Resource => None,
            Fact::Key(slot) => match pair.states.get(slot.0 as usize)? {
                KeyState::Unknown(domain) => Some(self.of_any_account(domain, &atoms, account)),
                KeyState::Absent
                | KeyState::Present(_)
                | KeyState::Either(_)
                | KeyState::Candidates(_)
                | KeyState::OtherFold => return None,
            },
        };
        let of = match &pair.resource {
            ResourceState::OfType { of, .. } if fact == Fact::Resource => Some(Arc::clone(of)),
            ResourceState::OfType { .. } | ResourceState::Unknown | ResourceState::Known { .. } => None,
        };
        let key = SplitKey { fact, domain, of, atoms };
        self.splits.get(key, |key| self.split_anew(fact, key.atoms.clone(), pair))
    }

    /// The domain without the id of the account in it, if the atoms name no part of it: every account's values are then
    /// cut alike.
    fn of_any_account(&self, domain: &Domain, atoms: &[Atom], account: Option<&str>) -> Domain {
        let bare = domain.bare();
        let (DomainValues::Like(patterns), Some(id)) = (&bare.values, account) else { return bare };
        let names = |atom: &Atom| match atom {
            Atom::Condition(number) => {
                let condition = self.conditions.get(*number as usize);
                condition.and_then(|it| self.account_names(it)).is_none_or(|names| names.may_name(id, domain))
            }
            Atom::Resource(_) => false,
        };
        if atoms.iter().any(names) {
            return bare;
        }
        let values = DomainValues::Like(patterns.iter().map(|pattern| without(pattern, id)).collect());
        Domain { values, ..bare }
    }

    fn split_anew(&self, fact: Fact, atoms: Vec<Atom>, pair: &Pair) -> Option<Arc<Split>> {
        match fact {
            Fact::Resource => self.split_resource(atoms, pair),
            Fact::Key(slot) => self.split_key(slot, &atoms, pair),
        }
        .map(Arc::new)
    }

    fn split_resource(&self, atoms: Vec<Atom>, pair: &Pair) -> Option<Split> {
        let resource = |atom: &Atom| match atom {
            Atom::Resource(id) => self.resources.get(*id as usize),
            Atom::Condition(_) => None,
        };
        let atoms: Vec<Atom> =
            atoms.into_iter().filter(|atom| resource(atom).is_some_and(CompiledResource::is_exact)).collect();
        let (required, may_be_without) = match &pair.resource {
            // A little more than the type: its placeholders hold fewer letters, which keeps the cases complete.
            ResourceState::OfType { of, .. } => (of.outlines(), false),
            ResourceState::Unknown | ResourceState::Known { .. } => {
                (vec![WildcardPattern::flat("arn:*:*:*:*:*")], true)
            }
        };
        let mut patterns: Vec<LanguagePattern<'_>> = required.iter().map(LanguagePattern::from).collect();
        for matcher in atoms.iter().filter_map(resource).flat_map(|element| &element.patterns) {
            if let ResourceMatcher::Pattern(readings) = matcher {
                patterns.extend(readings.plain.iter().map(LanguagePattern::from));
            }
        }
        let cells = text_cells(&patterns, MAX_STATES)?;
        let is_one = |matches: &[bool]| matches.iter().take(required.len()).any(|matched| *matched);
        let texts = cells.into_iter().filter(|cell| is_one(&cell.matches)).map(|cell| cell.example);
        let mut evaluation =
            Evaluation { states: &pair.states, assume_preferred: self.options.assume_preferred, trace: NoTrace };
        let cases = texts
            .chain(may_be_without.then(|| "*".to_owned()))
            .map(|text| {
                let not_scoped = text == "*";
                let state = ResourceState::Known { value: text.as_str().into(), not_scoped };
                atoms
                    .iter()
                    .map(|atom| resource(atom).map_or(Truth::Unknown, |it| it.truth(0, &state, &mut evaluation)))
                    .collect()
            })
            .collect();
        Split { atoms, cases }.checked()
    }

    fn split_key(&self, slot: KeySlot, atoms: &[Atom], pair: &Pair) -> Option<Split> {
        let KeyState::Unknown(domain) = pair.states.get(slot.0 as usize)? else { return None };
        let condition = |atom: &Atom| match atom {
            Atom::Condition(id) => self.conditions.get(*id as usize),
            Atom::Resource(_) => None,
        };
        let conditions: Vec<&CompiledCondition> = atoms.iter().filter_map(condition).collect();
        let kind = Kind::of(&conditions, domain)?;
        let atoms: Vec<Atom> = atoms
            .iter()
            .copied()
            .filter(|atom| condition(atom).is_some_and(|condition| kind.cuts(condition, domain)))
            .collect();
        let conditions: Vec<&CompiledCondition> = atoms.iter().filter_map(condition).collect();
        let texts = kind.representatives(&conditions, domain)?;
        let mut states: Vec<KeyState> = if domain.may_be_list {
            subsets(&texts, &domain.holds)?
        } else {
            texts.iter().map(|text| KeyState::single(text)).collect()
        };
        if domain.may_be_absent {
            states.push(KeyState::Absent);
        }
        if domain.is_filled {
            states.retain(|state| *state != KeyState::list([]));
        }
        let assume_preferred = self.options.assume_preferred;
        let mut cases: Vec<Vec<Truth>> = states
            .iter()
            .map(|state| conditions.iter().map(|it| it.truth_in_case(state, assume_preferred)).collect())
            .collect();
        if domain.may_be_empty_text {
            // The empty text stands for itself here (CALL-23).
            let empty = KeyState::single("");
            let mut evaluation = Evaluation { states: &[], assume_preferred, trace: NoTrace };
            cases.push(conditions.iter().map(|it| it.truth_of_state(&empty, &mut evaluation)).collect());
        }
        Split { atoms, cases }.checked()
    }
}

/// A pattern of callers with some other text of the same length in the place of their account's id: where an ARN has
/// it, or a caller's id begins with it. A name that holds the same digits stays.
fn without(pattern: &WildcardPattern, id: &str) -> WildcardPattern {
    let any = "0".repeat(id.len());
    let (of_arn, in_place) = (format!("::{id}:"), format!("::{any}:"));
    let mut is_done = false;
    let texts: Vec<String> = pattern
        .pieces()
        .enumerate()
        .map(|(place, piece)| {
            let Piece::Literal(text) = piece else { return String::new() };
            if is_done {
                return text.to_owned();
            }
            let found = match text.strip_prefix(id).filter(|_| place == 0) {
                Some(rest) => format!("{any}{rest}"),
                None => text.replacen(&of_arn, &in_place, 1),
            };
            is_done = found != text;
            found
        })
        .collect();
    WildcardPattern::from_pieces(pattern.pieces().zip(&texts).map(|(piece, text)| match piece {
        Piece::Literal(_) => Piece::Literal(text),
        Piece::One { .. } | Piece::Run { .. } => piece,
    }))
}

/// What outcomes have in common; `None` if they leave the verdict open.
fn shared(common: Option<Outcome>, found: Outcome) -> Option<Outcome> {
    let common = common.map_or(found, |common| common.either(found));
    (common.decision() != Decision::Unknown).then_some(common)
}

impl Split {
    /// Drops repeated cases; refuses a split that says nothing or too much.
    fn checked(mut self) -> Option<Self> {
        self.cases.sort_unstable();
        self.cases.dedup();
        (!self.atoms.is_empty() && (2..=MAX_CASES).contains(&self.cases.len())).then_some(self)
    }
}

/// Every list that can be told apart: the classes present in it, beside what every list has. The empty list may be one.
fn subsets(texts: &[String], holds: &[Value]) -> Option<Vec<KeyState>> {
    if texts.len() > MAX_LIST_CLASSES {
        return None;
    }
    Some(
        (0..1_usize << texts.len())
            .map(|members| {
                let chosen: Box<[Value]> = texts
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| members >> index & 1 == 1)
                    .map(|(_, text)| Value::from(text.as_str()))
                    .chain(holds.iter().cloned())
                    .collect();
                KeyState::Present(Values { texts: chosen, multivalued: true })
            })
            .collect(),
    )
}

impl Weigh for (SplitKey, Option<Arc<Split>>) {
    fn weight(&self) -> usize {
        /// A value or pattern with what stands around it.
        const TEXT: usize = 128;
        let (SplitKey { domain, atoms, .. }, split) = self;
        let texts = domain.as_ref().map_or(0, |domain| {
            domain.holds.len()
                + match &domain.values {
                    DomainValues::Any => 0,
                    DomainValues::OneOf(texts) | DomainValues::NoneOf(texts) => texts.len(),
                    DomainValues::Like(patterns) => patterns.len(),
                }
        });
        let cases = split.as_ref().map_or(0, |split| split.cases.len() * (split.atoms.len() + size_of::<Vec<Truth>>()));
        size_of::<Self>() + atoms.len() * 2 * size_of::<Atom>() + texts * TEXT + cases
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_account_is_left_out_of_patterns_of_callers() {
        let id = "222222222222";
        for (pattern, found) in [
            ("arn:aws:iam::222222222222:role/222222222222", "arn:aws:iam::000000000000:role/222222222222"),
            ("arn:aws:iam::222222222222:role/*", "arn:aws:iam::000000000000:role/*"),
            ("222222222222:*", "000000000000:*"),
            ("AROA*:222222222222", "AROA*:222222222222"),
        ] {
            assert_eq!(without(&WildcardPattern::flat(pattern), id), WildcardPattern::flat(found), "{pattern}");
        }
    }
}
