//! The laws between keys (K.4) as combinations of cells that no request has.

use scproof_organization::AccountId;

use crate::compile::Atom;
use crate::condition::CompiledCondition;
use crate::keys::{self, Law, Model};
use crate::request::ContextValue;
use crate::state::KeyState;
use crate::symbolic::facts::{Facts, Scene, Setting, Subject};
use crate::symbolic::{CallerKind, View};
use crate::trace::KeySlot;
use crate::truth::Truth;

/// Some facts with some of their cells: no request has one of these cells of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion(pub Vec<(usize, Vec<usize>)>);

impl Exclusion {
    /// Whether it excludes the request with these cells, one a fact.
    pub fn applies(&self, cells: &[usize]) -> bool {
        self.0.iter().all(|(fact, excluded)| cells.get(*fact).is_some_and(|cell| excluded.contains(cell)))
    }
}

/// A fact of one key.
struct KeyFact {
    fact: usize,
    name: String,
    law: Law,
    model: Model,
    /// The cells in which a request carries the key with a value, and the others.
    present: Vec<usize>,
    absent: Vec<usize>,
}

impl KeyFact {
    fn new(fact: usize, name: &str, facts: &Facts) -> Self {
        let row = keys::find(name);
        let cells = facts.facts.get(fact).map_or(&[][..], |fact| &fact.cells);
        let is_there = |cell: &usize| !texts_of(facts, fact, *cell).is_empty();
        let (present, absent) = (0..cells.len()).partition(is_there);
        Self {
            fact,
            name: name.to_owned(),
            law: row.map_or(Law::None, |row| row.law),
            model: row.map_or(Model::Unknown, |row| row.model),
            present,
            absent,
        }
    }

    /// The cells that are not the truth value `true`.
    fn not_true(&self, facts: &Facts) -> Vec<usize> {
        let is_false = |cell: &usize| {
            let texts = texts_of(facts, self.fact, *cell);
            texts.first().is_none_or(|text| text.eq_ignore_ascii_case("false"))
        };
        self.present.iter().chain(&self.absent).copied().filter(is_false).collect()
    }
}

/// The values that a representative has of its key; none if the key is absent, or an empty list.
fn texts_of(facts: &Facts, fact: usize, cell: usize) -> &[String] {
    let cell = facts.facts.get(fact).and_then(|fact| fact.cells.get(cell));
    match cell.and_then(|cell| cell.settings.first()) {
        Some(Setting::Key(_, ContextValue::Single(text))) => std::slice::from_ref(text),
        Some(Setting::Key(_, ContextValue::List(texts))) => texts,
        Some(Setting::Key(_, ContextValue::Absent) | Setting::Resource(_) | Setting::Principal(_)) | None => &[],
    }
}

impl Scene<'_> {
    /// Says which cells the laws exclude together. Whatever the laws say of two keys follows from what they say of
    /// these two, so that keys which no policy names need no cells.
    ///
    /// `is_chain_cut`: whether `aws:CalledVia` and its ends are cut by the same patterns.
    pub(super) fn tie(&self, facts: &mut Facts, is_chain_cut: bool) {
        let keys: Vec<KeyFact> = facts
            .facts
            .iter()
            .enumerate()
            .filter_map(|(fact, found)| match &found.subject {
                Subject::Key(name) => Some(KeyFact::new(fact, name, facts)),
                Subject::Resource | Subject::Principal | Subject::Instant => None,
            })
            .collect();
        let is_chain_cut = is_chain_cut && !facts.is_limited();
        let mut exclusions: Vec<[(usize, Vec<usize>); 2]> = Vec::new();
        for (index, one) in keys.iter().enumerate() {
            for (place, other) in keys.iter().enumerate().filter(|(place, _)| *place != index) {
                let mut exclude = |cells: &[usize], others: &[usize]| {
                    exclusions.push([(one.fact, cells.to_vec()), (other.fact, others.to_vec())]);
                };
                match (one.law, other.law) {
                    // LAW-1.
                    (Law::SourceAddress, Law::Endpoint) => {
                        exclude(&one.present, &other.present);
                        exclude(&one.absent, &other.absent);
                    }
                    (Law::SourceAddress, Law::EndpointOwner) => exclude(&one.present, &other.present),
                    (Law::Endpoint, Law::EndpointOwner) => exclude(&one.absent, &other.present),
                    // LAW-2.
                    (Law::ViaService, Law::CalledVia | Law::CalledViaFirst | Law::CalledViaLast) => {
                        exclude(&one.not_true(facts), &other.present);
                    }
                    // LAW-1, LAW-2: there together.
                    (Law::Endpoint, Law::Endpoint)
                    | (
                        Law::CalledVia | Law::CalledViaFirst | Law::CalledViaLast,
                        Law::CalledVia | Law::CalledViaFirst | Law::CalledViaLast,
                    ) if index < place => {
                        exclude(&one.present, &other.absent);
                        exclude(&one.absent, &other.present);
                    }
                    // LAW-3.
                    (Law::TagKeys, Law::RequestTag) => {
                        exclude(&self.without_tag(facts, one, &other.name), &other.present);
                    }
                    // LAW-6.
                    (Law::MfaPresent, Law::MfaAge) => exclude(&one.not_true(facts), &other.present),
                    _ => {}
                }
                let is_end = matches!(other.law, Law::CalledViaFirst | Law::CalledViaLast);
                if one.law == Law::CalledVia && is_end && is_chain_cut {
                    for (cell, others) in self.ends(facts, one, other) {
                        exclude(&[cell], &others);
                    }
                }
                if one.model == Model::ResourceAccount && !self.views.has_moved_owners() {
                    for (cell, others) in self.owners(facts, one, other) {
                        exclude(&[cell], &others);
                    }
                }
            }
        }
        for exclusion in exclusions {
            facts.exclude(exclusion);
        }
        Self::tie_to_callers(facts, &keys);
    }

    /// LAW-5: which keys callers of a kind lack.
    fn tie_to_callers(facts: &mut Facts, keys: &[KeyFact]) {
        let Some(principal) = facts.facts.iter().position(|fact| fact.subject == Subject::Principal) else { return };
        let kinds: Vec<Option<CallerKind>> =
            facts.facts.get(principal).map_or(&[][..], |fact| &fact.cells).iter().map(|cell| cell.kind).collect();
        let callers = |is_one: &dyn Fn(CallerKind) -> bool| -> Vec<usize> {
            kinds.iter().enumerate().filter(|(_, kind)| kind.is_some_and(is_one)).map(|(cell, _)| cell).collect()
        };
        let root = callers(&|kind| kind == CallerKind::Root);
        for key in keys {
            let there = (key.fact, key.present.clone());
            if key.law == Law::PrincipalTag {
                facts.exclude([(principal, root.clone()), there]);
            } else if key.law == Law::RoleSession {
                let others = callers(&|kind| kind != CallerKind::Role);
                facts.exclude([(principal, others), there]);
            } else if key.law == Law::AssumedSession {
                let others = callers(&|kind| matches!(kind, CallerKind::User | CallerKind::FederatedUser));
                facts.exclude([(principal, others), there.clone()]);
                // Root's password session; its central sessions are assumed (CALL-12).
                for assumed in keys.iter().filter(|key| key.model == Model::AssumedRoot) {
                    let password = (assumed.fact, assumed.absent.clone());
                    facts.exclude([(principal, root.clone()), password, there.clone()]);
                }
            }
        }
    }

    /// The comparisons that cut a fact.
    fn comparisons(facts: &Facts, fact: usize) -> Vec<Atom> {
        facts.atoms_of(fact).into_iter().map(|(atom, _)| atom).collect()
    }

    /// What the comparisons say of a value of their key.
    fn row(&self, comparisons: &[Atom], state: &KeyState) -> Vec<Truth> {
        let truth = |atom: &Atom| match atom {
            Atom::Condition(id) => self.truth(*id, state, View::FIRST).0,
            Atom::Resource(_) => Truth::Unknown,
        };
        comparisons.iter().map(truth).collect()
    }

    /// What LAW-2 says of a key, if it is one that names services.
    pub(super) fn chain_law(&self, slot: KeySlot) -> Option<Law> {
        let row = self.compiled().slots.get(slot.0 as usize)?.row?;
        Some(row.law).filter(|law| matches!(law, Law::CalledVia | Law::CalledViaFirst | Law::CalledViaLast))
    }

    /// The conditions on `aws:CalledVia` and its ends, if these can be cut alike: the list fixes its ends (LAW-2).
    pub(super) fn chain<'c>(&self, keys: impl Iterator<Item = (KeySlot, &'c [u32])>) -> Vec<u32> {
        let keys: Vec<(Law, &[u32])> =
            keys.filter_map(|(slot, conditions)| Some((self.chain_law(slot)?, conditions))).collect();
        let mut found: Vec<u32> = keys.iter().flat_map(|(_, conditions)| *conditions).copied().collect();
        found.sort_unstable();
        let is_list = |(law, _): &(Law, &[u32])| *law == Law::CalledVia;
        let are_texts = found.iter().filter_map(|id| self.condition(*id)).all(CompiledCondition::is_on_plain_text);
        if keys.len() > 1 && keys.iter().any(is_list) && are_texts { found } else { Vec::new() }
    }

    /// For a cell of `aws:CalledVia` those of one of its ends that no such list has (LAW-2). A list with one text more
    /// that means the same is of the class.
    fn ends(&self, facts: &Facts, list: &KeyFact, end: &KeyFact) -> Vec<(usize, Vec<usize>)> {
        let comparisons = Self::comparisons(facts, list.fact);
        let of_list = |cell: &usize| {
            let texts = texts_of(facts, list.fact, *cell);
            let row = self.row(&comparisons, &KeyState::list(texts.iter().map(String::as_str)));
            let is_no_end = |other: &usize| match (texts, texts_of(facts, end.fact, *other)) {
                ([only], [text]) => only != text,
                (texts, [text]) => {
                    let longer = KeyState::list(texts.iter().chain([text]).map(String::as_str));
                    self.row(&comparisons, &longer) != row
                }
                _ => false,
            };
            (*cell, end.present.iter().copied().filter(is_no_end).collect())
        };
        list.present.iter().map(of_list).collect()
    }

    /// The cells of `aws:TagKeys` whose lists have no tag key of a tag, in any spelling (LAW-3).
    fn without_tag(&self, facts: &Facts, keys: &KeyFact, tag: &str) -> Vec<usize> {
        let mut without = keys.absent.clone();
        let comparisons = Self::comparisons(facts, keys.fact);
        let named: Vec<String> = comparisons.iter().flat_map(|atom| self.views.atom_texts(*atom)).collect();
        // Which spellings a wildcard takes is left open.
        let is_plain = named.iter().all(|text| !text.contains(['*', '?', '$']));
        let Some((_, tag)) = tag.split_once('/').filter(|_| is_plain) else { return without };
        let own = [tag.to_owned(), tag.to_lowercase(), tag.to_uppercase()];
        let values = keys.present.iter().flat_map(|cell| texts_of(facts, keys.fact, *cell));
        let mut spellings: Vec<&str> = own.iter().chain(&named).chain(values).map(String::as_str).collect();
        spellings.retain(|spelling| spelling.to_lowercase() == tag.to_lowercase());
        // One that no policy names stands for all others.
        let other = other_spelling(tag, &named);
        spellings.extend(other.as_deref());
        for cell in &keys.present {
            let texts = texts_of(facts, keys.fact, *cell);
            let list = |more: Option<&str>| KeyState::list(texts.iter().map(String::as_str).chain(more));
            let row = self.row(&comparisons, &list(None));
            let may_have = |spelling: &&str| match texts {
                [text] => {
                    let single = KeyState::list([*spelling]);
                    text == spelling || self.row(&comparisons, &single) == row
                }
                // A list with one value more that means the same is of the class.
                _ => texts.iter().any(|text| text == spelling) || self.row(&comparisons, &list(Some(spelling))) == row,
            };
            if !spellings.iter().any(may_have) {
                without.push(*cell);
            }
        }
        without
    }

    /// For a cell of `aws:ResourceAccount` that is one account the cells of another key about the owner that contradict
    /// it (LAW-4).
    fn owners(&self, facts: &Facts, accounts: &KeyFact, other: &KeyFact) -> Vec<(usize, Vec<usize>)> {
        let is_of_s3 = other.name.eq_ignore_ascii_case("s3:ResourceAccount");
        if !is_of_s3 && !matches!(other.model, Model::ResourceOrgId | Model::ResourceOrgPaths) {
            return Vec::new();
        }
        let organization = self.compiled().organization();
        let named: Vec<String> =
            Self::comparisons(facts, accounts.fact).into_iter().flat_map(|atom| self.views.atom_texts(atom)).collect();
        let comparisons = Self::comparisons(facts, other.fact);
        let other_than = |state: &KeyState| -> Vec<usize> {
            let row = self.row(&comparisons, state);
            let of_cell = |cell: &usize| {
                let texts = texts_of(facts, other.fact, *cell);
                match (texts, other.model) {
                    ([], _) => KeyState::Absent,
                    (texts, Model::ResourceOrgPaths) => KeyState::list(texts.iter().map(String::as_str)),
                    ([text, ..], _) => KeyState::single(text),
                }
            };
            let cells = other.present.iter().chain(&other.absent).copied();
            cells.filter(|cell| self.row(&comparisons, &of_cell(cell)) != row).collect()
        };
        let mut found = Vec::new();
        for cell in &accounts.present {
            let [account] = texts_of(facts, accounts.fact, *cell) else { continue };
            let Ok(id) = AccountId::parse(account) else { continue };
            // A class of one account, since a policy spells it out.
            if !named.contains(account) {
                continue;
            }
            let member = organization.account(&id);
            match (other.model, member) {
                (Model::ResourceOrgId, Some(_)) => {
                    found.push((*cell, other_than(&KeyState::single(organization.id().as_str()))));
                }
                (Model::ResourceOrgPaths, Some(member)) if organization.is_place_known(member) => {
                    found.push((*cell, other_than(&KeyState::list([organization.entity_path(member).as_str()]))));
                }
                _ if is_of_s3 => {
                    let mut others = other_than(&KeyState::single(account));
                    others.retain(|cell| other.present.contains(cell));
                    found.push((*cell, others));
                }
                _ => {}
            }
        }
        found
    }
}

/// A spelling of a text that is not among some others.
fn other_spelling(text: &str, others: &[String]) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    (0..letters.len()).chain([letters.len()]).find_map(|flipped| {
        let spelling: String = letters
            .iter()
            .enumerate()
            .map(|(index, letter)| {
                let flip = index == flipped && letter.is_ascii_alphabetic();
                if !flip {
                    *letter
                } else if letter.is_ascii_lowercase() {
                    letter.to_ascii_uppercase()
                } else {
                    letter.to_ascii_lowercase()
                }
            })
            .collect();
        (!others.contains(&spelling)).then_some(spelling)
    })
}
