//! What a snapshot names, and which of it may be replaced.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};
use scproof_organization::{AccountId, Inventory, OrganizationId, OuId, PolicyId, RootId};

use crate::permute::RedactionKey;
use crate::scan::{self, Role, Scanned};
use crate::words::{Bounds, Edges, Kind, LONGEST_WORD, Place, Words, bounds};
use crate::{Left, LeftReason, is_of_aws, replaced};

/// What a snapshot names, before it is decided what may be replaced.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    /// What may be replaced in policies, with the kind.
    words: BTreeMap<String, Kind>,
    /// Names that may be anything else in a policy.
    common: BTreeSet<String>,
    /// The words that stand in values that are not compared as text.
    typed: BTreeMap<String, Place>,
    /// Names that are also the type of a resource in policies, such as `network` in `network-interface`, in lower case.
    resource_types: BTreeMap<String, Place>,
    /// The runs of letters and digits in policies, in lower case: a name must not become one of them.
    runs: FxHashSet<String>,
    /// Where policies show a word, in lower case.
    shown: BTreeMap<String, Place>,
    /// Parts of e-mail addresses beside wildcards.
    partial_addresses: BTreeMap<String, Place>,
    edges: Edges,
    nowhere: Place,
}

impl Collected {
    pub(crate) fn records(&mut self, inventory: &Inventory) {
        let mut add = |kind: Kind, id: &str| {
            self.words.insert(id.to_owned(), kind);
        };
        add(Kind::Organization, &inventory.organization.id);
        inventory.organization.master_account_id.iter().for_each(|id| add(Kind::Account, id));
        for root in &inventory.roots {
            add(Kind::Root, &root.id);
            // The beginning of all units, which patterns name alone: `ou-ab12-*`.
            add(Kind::Ou, &root.id.replacen("r-", "ou-", 1));
        }
        inventory.organizational_units.iter().for_each(|unit| add(Kind::Ou, &unit.id));
        inventory.policies.iter().filter(|policy| !is_of_aws(policy)).for_each(|policy| add(Kind::Policy, &policy.id));
        for account in &inventory.accounts {
            add(Kind::Account, &account.id);
            account.email.iter().filter(|email| email.len() <= LONGEST_WORD).for_each(|email| add(Kind::Email, email));
        }
        let ids = inventory.organization.arn.iter().chain(&inventory.organization.master_account_arn);
        let arns = ids.chain(inventory.accounts.iter().filter_map(|account| account.arn.as_ref()));
        arns.chain(inventory.unreadable.iter().filter_map(|unreadable| unreadable.target_id.as_ref()))
            .for_each(|text| self.ids_of(text));
        for name in inventory.accounts.iter().filter_map(|account| account.name.as_deref()) {
            if is_telling(name) {
                self.words.entry(name.to_owned()).or_insert(Kind::AccountName);
            } else if name.len() <= LONGEST_WORD {
                self.common.insert(name.to_owned());
            }
        }
    }

    /// The ids that a text shows by their form alone.
    fn ids_of(&mut self, text: &str) {
        let Bounds { starts, ends } = bounds(text);
        let mut before: Option<&str> = None;
        for (index, (start, end)) in starts.iter().copied().zip(ends.iter().copied()).enumerate() {
            let run = text.get(start..end).unwrap_or_default();
            let next = ends.get(index + 1).copied().unwrap_or(end);
            let beyond = ends.get(index + 2).copied().unwrap_or(next);
            // Beside a wildcard only an account's id is sure to be whole: the others may be the beginning of longer
            // ones.
            let word = |end: usize| {
                if is_beside_wildcard(text, start, end) { "" } else { text.get(start..end).unwrap_or_default() }
            };
            let is_pair = starts.get(index + 1) == Some(&(end + 1)) && text.get(end..=end) == Some("-");
            if is_pair && is_resource_id(run, word(next).get(run.len() + 1..).unwrap_or_default()) {
                self.words.entry(word(next).to_owned()).or_insert(Kind::Resource);
            } else if AccountId::parse(run).is_ok() {
                self.words.insert(run.to_owned(), Kind::Account);
            } else if run == "o" && OrganizationId::parse(word(next)).is_ok() {
                self.words.insert(word(next).to_owned(), Kind::Organization);
            } else if run == "ou" && OuId::parse(word(beyond)).is_ok() {
                let root = word(next).replacen("ou-", "r-", 1);
                self.words.insert(word(beyond).to_owned(), Kind::Ou);
                self.words.insert(word(next).to_owned(), Kind::Ou);
                self.words.insert(root, Kind::Root);
            } else if run == "r" && RootId::parse(word(next)).is_ok() && before.is_some_and(is_path_start) {
                let units = word(next).replacen("r-", "ou-", 1);
                self.words.insert(word(next).to_owned(), Kind::Root);
                self.words.insert(units, Kind::Ou);
            } else if run == "p"
                && PolicyId::parse(word(next)).is_ok()
                && before.is_some_and(|text| text.ends_with("_policy/"))
            {
                self.words.entry(word(next).to_owned()).or_insert(Kind::Policy);
            }
            before = text.get(..ends.get(index).map_or(0, |end| end + 1));
        }
    }

    pub(crate) fn policy_string(&mut self, policy: &str, scanned: &Scanned) {
        let Scanned { text, role, .. } = scanned;
        if matches!(role, Role::Word | Role::Label) {
            return;
        }
        self.ids_of(text);
        for (address, is_whole) in addresses(text) {
            if is_whole && address.len() <= LONGEST_WORD {
                self.words.entry(address.to_owned()).or_insert(Kind::Email);
            } else {
                let place = Place { policy: policy.to_owned(), pattern: text.clone() };
                self.partial_addresses.entry(address.to_owned()).or_insert(place);
            }
        }
        let Bounds { starts, ends } = bounds(text);
        let runs = starts.iter().zip(&ends).filter_map(|(start, end)| text.get(*start..*end));
        self.runs.extend(runs.map(str::to_ascii_lowercase));
        if *role == Role::Value {
            self.edges.add(policy, text, &scan::literals(text));
        }
    }

    /// Decides for each word what replaces it, or that it is left.
    pub(crate) fn choose(mut self, key: &RedactionKey, policies: &[(&str, Vec<Scanned>)]) -> (Words, Vec<Left>) {
        self.look_up(policies);
        let mut choice = Choice { key, collected: &self, taken: FxHashSet::default(), roots: FxHashMap::default() };
        let mut chosen = Words::default();
        let mut left = Vec::new();
        // Units contain their root's id, so roots come first.
        let mut words: Vec<(&String, Kind)> = self.words.iter().map(|(word, kind)| (word, *kind)).collect();
        words.sort_by_key(|(_, kind)| *kind != Kind::Root);
        for (word, kind) in words {
            let (replacement, reason) = choice.of(kind, word);
            if let Some(replacement) = replacement {
                chosen.insert(kind, word, &replacement);
            }
            let is_shown = kind.is_id() || self.shown.contains_key(&word.to_ascii_lowercase());
            if let Some((reason, place)) = reason
                && is_shown
            {
                left.push(leave(kind, word, reason, place));
            }
        }
        for name in &self.common {
            if let Some(place) = self.shown.get(&name.to_ascii_lowercase()) {
                left.push(leave(Kind::AccountName, name, LeftReason::CommonWord, place));
            }
        }
        for (address, place) in &self.partial_addresses {
            left.push(leave(Kind::Email, address, LeftReason::MatchedInPart, place));
        }
        left.sort();
        (chosen, left)
    }

    /// Where policies show the words.
    fn look_up(&mut self, policies: &[(&str, Vec<Scanned>)]) {
        let mut known = Words::default();
        self.words.iter().for_each(|(word, kind)| known.insert(*kind, word, word));
        self.common.iter().for_each(|name| known.insert(Kind::AccountName, name, name));
        for (policy, strings) in policies {
            for Scanned { text, role, .. } in strings {
                if matches!(role, Role::Word | Role::Label) {
                    continue;
                }
                let wanted = if *role == Role::Typed { Role::Value } else { *role };
                let resource_type = resource_type(text);
                for (span, _) in known.find(text, wanted) {
                    let is_type = resource_type.start <= span.start && span.end <= resource_type.end;
                    let word = text.get(span).unwrap_or_default().to_ascii_lowercase();
                    let place = || Place { policy: (*policy).to_owned(), pattern: text.clone() };
                    if *role == Role::Typed {
                        self.typed.entry(word.clone()).or_insert_with(place);
                    }
                    if is_type {
                        self.resource_types.entry(word.clone()).or_insert_with(place);
                    }
                    self.shown.entry(word).or_insert_with(place);
                }
            }
        }
    }

    /// Why a word must stay.
    fn obstacle(&self, kind: Kind, word: &str) -> Option<(LeftReason, &Place)> {
        let folded = word.to_ascii_lowercase();
        let common = self.resource_types.get(&folded).filter(|_| kind == Kind::AccountName);
        let is_start = self.words.range(word.to_owned()..).nth(1).is_some_and(|(next, _)| next.starts_with(word));
        let touching = || self.edges.touching(kind, word).or_else(|| self.edges.before(word).filter(|_| is_start));
        None.or_else(|| Some((LeftReason::NotComparedAsText, self.typed.get(&folded)?)))
            .or_else(|| Some((LeftReason::CommonWord, common?)))
            .or_else(|| Some((LeftReason::MatchedInPart, touching()?)))
    }

    /// Whether a text may replace a word.
    fn is_free(&self, kind: Kind, word: &str, replacement: &str) -> bool {
        // A number without quotes must not begin with a zero.
        let same_start = kind != Kind::Account || word.starts_with('0') == replacement.starts_with('0');
        let is_new = kind.is_id() || {
            let Bounds { starts, ends } = bounds(replacement);
            let first = starts.first().zip(ends.first()).and_then(|(start, end)| replacement.get(*start..*end));
            first.is_some_and(|run| !self.runs.contains(&run.to_ascii_lowercase())) && !is_reserved(replacement)
        };
        same_start && is_new && self.edges.touching(kind, replacement).is_none()
    }
}

/// The replacements chosen so far.
struct Choice<'c> {
    key: &'c RedactionKey,
    collected: &'c Collected,
    taken: FxHashSet<String>,
    /// What replaces the own part of a root, without `r-`.
    roots: FxHashMap<String, String>,
}

/// What replaces a word, if anything, and why it was left.
type Chosen<'c> = (Option<String>, Option<(LeftReason, &'c Place)>);

impl<'c> Choice<'c> {
    /// After so many attempts no free replacement is expected: patterns match parts of nearly everything.
    const ATTEMPTS: usize = 300;

    fn of(&mut self, kind: Kind, word: &str) -> Chosen<'c> {
        match kind {
            Kind::Root => self.root(word),
            Kind::Ou => self.unit(word),
            Kind::Account | Kind::Organization | Kind::Policy | Kind::Resource | Kind::Email | Kind::AccountName => {
                match self.collected.obstacle(kind, word) {
                    Some(obstacle) => (None, Some(obstacle)),
                    None => self.walk(kind, word, |replacement| replacement),
                }
            }
        }
    }

    /// Goes on until a replacement is free. Walking among the allowed texts keeps the permutation one to one.
    fn walk(&mut self, kind: Kind, word: &str, form: impl Fn(String) -> String) -> Chosen<'c> {
        let mut attempt = word.to_owned();
        for _ in 0..Self::ATTEMPTS {
            attempt = replaced(self.key, kind, &attempt);
            let replacement = form(attempt.clone());
            if self.collected.is_free(kind, word, &replacement) && self.taken.insert(replacement.clone()) {
                return (Some(replacement), None);
            }
        }
        (None, Some(self.no_room(kind, &attempt)))
    }

    /// Why nothing was found that could replace a word: the last attempt shows what is in the way.
    fn no_room(&self, kind: Kind, attempt: &str) -> (LeftReason, &'c Place) {
        let obstacle = self.collected.obstacle(kind, attempt);
        obstacle.unwrap_or((LeftReason::MatchedInPart, &self.collected.nowhere))
    }

    /// A root is replaced together with the beginning of its units (ID-3).
    fn root(&mut self, word: &str) -> Chosen<'c> {
        let collected = self.collected;
        let as_unit = |root: &str| root.replacen("r-", "ou-", 1);
        let obstacle = collected.obstacle(Kind::Root, word).or_else(|| collected.obstacle(Kind::Ou, &as_unit(word)));
        if let Some(obstacle) = obstacle {
            return (None, Some(obstacle));
        }
        let mut attempt = word.to_owned();
        for _ in 0..Self::ATTEMPTS {
            attempt = replaced(self.key, Kind::Root, &attempt);
            let is_free = collected.is_free(Kind::Root, word, &attempt)
                && collected.edges.touching(Kind::Ou, &as_unit(&attempt)).is_none();
            if is_free && self.taken.insert(attempt.clone()) {
                self.roots.insert(word.replacen("r-", "", 1), attempt.replacen("r-", "", 1));
                return (Some(attempt), None);
            }
        }
        (None, Some(self.no_room(Kind::Root, &attempt)))
    }

    /// A unit, or only the beginning of units. Its first part goes with the root even if the rest is left.
    fn unit(&mut self, word: &str) -> Chosen<'c> {
        let mut parts = word.splitn(3, '-').skip(1);
        let root = parts.next().unwrap_or_default();
        let root = self.roots.get(root).map_or(root, String::as_str).to_owned();
        let Some(own) = parts.next() else { return (Some(format!("ou-{root}")), None) };
        if let Some(obstacle) = self.collected.obstacle(Kind::Ou, word) {
            return (Some(format!("ou-{root}-{own}")), Some(obstacle));
        }
        self.walk(Kind::Ou, word, |unit| match unit.splitn(3, '-').nth(2) {
            Some(own) => format!("ou-{root}-{own}"),
            None => unit,
        })
    }
}

fn leave(kind: Kind, text: &str, reason: LeftReason, place: &Place) -> Left {
    let Place { policy, pattern } = place.clone();
    Left { what: kind.name(), text: text.to_owned(), reason, policy, pattern }
}

/// Words that AWS gives a meaning where names stand, without hyphens.
const RESERVED: &[&str] = &[
    "account",
    "anonymous",
    "assumedrole",
    "false",
    "federateduser",
    "group",
    "none",
    "null",
    "organization",
    "policy",
    "role",
    "root",
    "servicerole",
    "true",
    "user",
];

fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_letters = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase());
    // Such as `eu-central-1`.
    let is_region = name.rsplit_once('-').is_some_and(|(place, number)| {
        number.len() == 1
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && place.split('-').count() >= 2
            && place.split('-').all(is_letters)
    });
    RESERVED.contains(&name.replace('-', "").as_str()) || name.contains("aws") || name.contains("amazon") || is_region
}

/// Whether a name is told from other words: long enough, of plain characters, without a meaning of AWS's.
fn is_telling(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b'_' | b'-');
    let ends_well = |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphanumeric());
    (4..=128).contains(&name.len())
        && name.bytes().all(is_plain)
        && name.bytes().any(|byte| byte.is_ascii_alphabetic())
        && ends_well(name.chars().next())
        && ends_well(name.chars().next_back())
        && !is_reserved(name)
}

/// Where an ARN names the type of its resource: what stands behind the fifth colon up to a slash or colon, unless
/// neither region nor account is given, as for buckets.
fn resource_type(text: &str) -> std::ops::Range<usize> {
    let mut colons = text.match_indices(':').map(|(at, _)| at);
    let (Some(region), Some(_), Some(start)) = (colons.nth(2), colons.next(), colons.next()) else { return 0..0 };
    let own = text.get(start + 1..).unwrap_or_default();
    match own.find(['/', ':']) {
        Some(length) if text.get(region..start) != Some("::") => start + 1..start + 1 + length,
        _ => 0..0,
    }
}

/// Whether two runs are the two parts of an id of a resource, such as `vpc-0a1b2c3d4e5f67890`, and no id of
/// Organizations.
fn is_resource_id(kind: &str, own: &str) -> bool {
    let is_kind = kind.len() <= 8
        && kind.bytes().all(|byte| byte.is_ascii_lowercase())
        && !matches!(kind, "o" | "ou" | "p" | "r");
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    is_kind && matches!(own.len(), 8 | 17) && own.bytes().all(is_digit) && own.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_beside_wildcard(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let behind = text.get(end..).unwrap_or_default();
    before.ends_with(['*', '?', '}']) || behind.starts_with(['*', '?', '$'])
}

/// Whether a text ends where a root of an entity path begins (ID-13).
fn is_path_start(text: &str) -> bool {
    let Some(text) = text.strip_suffix('/') else { return false };
    let last = text.rsplit(|character: char| !(character.is_ascii_alphanumeric() || character == '-')).next();
    last.is_some_and(|id| OrganizationId::parse(id).is_ok())
}

/// What looks like an e-mail address: the text, and whether it is whole.
fn addresses(text: &str) -> Vec<(&str, bool)> {
    let is_local = |character: char| character.is_ascii_alphanumeric() || "._%+-".contains(character);
    let is_domain = |character: char| character.is_ascii_alphanumeric() || ".-".contains(character);
    let is_open = |character: char| "*?$}".contains(character);
    text.match_indices('@')
        .filter_map(|(at, _)| {
            let (before, behind) = (text.get(..at)?, text.get(at + 1..)?);
            let local = before.len() - before.trim_end_matches(is_local).len();
            let domain = behind.len() - behind.trim_start_matches(is_domain).len();
            let outside_start = before.get(..before.len() - local)?;
            let outside_end = behind.get(domain..)?;
            let start = outside_start.len();
            let address = text.get(start..at + 1 + domain)?;
            let address =
                address.trim_matches(|character: char| character != '@' && !character.is_ascii_alphanumeric());
            let is_whole = local > 0
                && behind.get(..domain)?.trim_matches('.').contains('.')
                && address.starts_with(|character: char| character.is_ascii_alphanumeric())
                && !outside_start.ends_with(is_open)
                && !outside_end.starts_with(is_open);
            (address.len() > 1).then_some((address, is_whole))
        })
        .collect()
}
