//! The words that are replaced wherever they stand, and the patterns that must not be broken by it.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::scan::{Literal, Role};

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Account,
    Organization,
    Root,
    Ou,
    Policy,
    Resource,
    Email,
    AccountName,
}

impl Kind {
    /// Whether it is an id: of a fixed form, so that it ends where it ends.
    pub(crate) fn is_id(self) -> bool {
        !matches!(self, Self::Email | Self::AccountName)
    }

    /// What an id begins with, the same before and after.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Account | Self::Resource | Self::Email | Self::AccountName => "",
            Self::Organization => "o-",
            Self::Root => "r-",
            Self::Ou => "ou-",
            Self::Policy => "p-",
        }
    }

    /// For messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Account => "account id",
            Self::Organization => "organization id",
            Self::Root => "root id",
            Self::Ou => "organizational unit id",
            Self::Policy => "policy id",
            Self::Resource => "resource id",
            Self::Email => "e-mail address",
            Self::AccountName => "account name",
        }
    }
}

/// Words with what replaces them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    /// As written; ids also in upper case, since some operators ignore case.
    ids: FxHashMap<String, String>,
    /// In lower case: names and addresses, with what replaces them in lower case.
    names: FxHashMap<String, String>,
    longest: usize,
}

impl Words {
    pub(crate) fn insert(&mut self, kind: Kind, word: &str, replacement: &str) {
        self.longest = self.longest.max(word.len());
        if kind.is_id() {
            self.ids.insert(word.to_ascii_uppercase(), replacement.to_ascii_uppercase());
            self.ids.insert(word.to_owned(), replacement.to_owned());
        } else {
            self.names.insert(word.to_ascii_lowercase(), replacement.to_ascii_lowercase());
        }
    }

    /// The words of a text from left to right, the longest where several begin, each with what replaces it. Linear in
    /// the text.
    pub(crate) fn find(&self, text: &str, role: Role) -> Vec<(Range<usize>, String)> {
        let mut found = Vec::new();
        let Bounds { starts, ends } = bounds(text);
        let keys = if role == Role::Value { variable_keys(text) } else { Vec::new() };
        let mut position = 0;
        for (index, start) in starts.into_iter().enumerate() {
            if start < position {
                continue;
            }
            let ends = ends.get(index..).unwrap_or_default();
            let fitting = ends.partition_point(|end| end - start <= self.longest);
            let mut candidates = ends.iter().take(fitting).rev();
            // A variable names a context key.
            let key = keys.get(keys.partition_point(|key| key.end <= start));
            let role = if key.is_some_and(|key| key.contains(&start)) { Role::Name } else { role };
            let word = candidates.find_map(|end| Some((start..*end, self.replacement(text, start..*end, role)?)));
            if let Some((span, replacement)) = word {
                position = span.end;
                found.push((span, replacement));
            }
        }
        found
    }

    fn replacement(&self, text: &str, span: Range<usize>, role: Role) -> Option<String> {
        let word = text.get(span.clone())?;
        if let Some(id) = self.ids.get(word) {
            return Some(id.clone());
        }
        // Between two colons stands the service of an ARN, or its region.
        let is_component = text.get(..span.start)?.ends_with(':') && text.get(span.end..)?.starts_with(':');
        if role != Role::Value || is_component { None } else { self.name(word) }
    }

    /// What replaces a name or an address.
    pub(crate) fn name(&self, name: &str) -> Option<String> {
        self.names.get(&name.to_ascii_lowercase()).map(|replacement| with_case_of(name, replacement))
    }

    /// The text with all words replaced.
    pub(crate) fn replace(&self, text: &str, role: Role) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut position = 0;
        for (span, replacement) in self.find(text, role) {
            replaced.push_str(text.get(position..span.start).unwrap_or_default());
            replaced.push_str(&replacement);
            position = span.end;
        }
        replaced.push_str(text.get(position..).unwrap_or_default());
        replaced
    }
}

/// Where the variables of a pattern name their keys (VAR-1).
fn variable_keys(text: &str) -> Vec<Range<usize>> {
    let mut keys = Vec::new();
    let mut position = 0;
    while let Some(start) = text.get(position..).and_then(|rest| rest.find("${")).map(|at| position + at) {
        let rest = text.get(start..).unwrap_or_default();
        let Some(end) = rest.find('}') else { break };
        let variable = rest.get(..end).unwrap_or_default();
        keys.push(start..start + variable.find(", '").unwrap_or(end));
        position = start + end;
    }
    keys
}

fn with_case_of(text: &str, replacement: &str) -> String {
    text.chars()
        .zip(replacement.chars())
        .map(|(from, to)| if from.is_ascii_uppercase() { to.to_ascii_uppercase() } else { to })
        .collect()
}

/// Where the runs of ASCII letters and digits of a text begin and end.
#[derive(Debug)]
pub(crate) struct Bounds {
    pub(crate) starts: Vec<usize>,
    pub(crate) ends: Vec<usize>,
}

pub(crate) fn bounds(text: &str) -> Bounds {
    let mut bounds = Bounds { starts: Vec::new(), ends: Vec::new() };
    let mut inside = false;
    for (position, byte) in text.bytes().enumerate() {
        match (inside, byte.is_ascii_alphanumeric()) {
            (false, true) => bounds.starts.push(position),
            (true, false) => bounds.ends.push(position),
            (false, false) | (true, true) => {}
        }
        inside = byte.is_ascii_alphanumeric();
    }
    if inside {
        bounds.ends.push(text.len());
    }
    bounds
}

/// Where a pattern stands: its policy and its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) policy: String,
    pub(crate) pattern: String,
}

/// The texts beside wildcards: a word that begins with the one or ends with the other can be matched in part, and then
/// must not change.
#[derive(Debug, Default)]
pub(crate) struct Edges {
    /// A wildcard follows them.
    before: FxHashMap<String, usize>,
    /// They follow a wildcard.
    behind: FxHashMap<String, usize>,
    /// Between two wildcards.
    between: Vec<(String, usize)>,
    /// A pattern that had no room there any more.
    beyond: Option<usize>,
    seen_between: FxHashSet<String>,
    places: Vec<Place>,
}

/// No word is longer: a policy id has at most 130 characters (ID-5), a name 128 (LIM-8), an e-mail address as AWS takes
/// it 64.
pub(crate) const LONGEST_WORD: usize = 256;

/// Each word is looked for between wildcards. With more such texts than this, any word counts as matched in part: no
/// real policies come near, and made-up ones must not take forever.
const MOST_BETWEEN: usize = 2_000;

impl Edges {
    /// Takes up the literal parts of a pattern.
    pub(crate) fn add(&mut self, policy: &str, pattern: &str, literals: &[Literal]) {
        let place = self.places.len();
        let mut is_used = false;
        for literal in literals.iter().filter(|literal| literal.open_start || literal.open_end) {
            is_used = true;
            let text = pattern.get(literal.span.clone()).unwrap_or_default().to_ascii_lowercase();
            let Bounds { starts, ends } = bounds(&text);
            if literal.open_end {
                for start in starts.into_iter().filter(|start| text.len() - start <= LONGEST_WORD) {
                    self.before.entry(text.get(start..).unwrap_or_default().to_owned()).or_insert(place);
                }
            }
            if literal.open_start {
                for end in ends.into_iter().take_while(|end| *end <= LONGEST_WORD) {
                    self.behind.entry(text.get(..end).unwrap_or_default().to_owned()).or_insert(place);
                }
            }
            let has_word = text.bytes().any(|byte| byte.is_ascii_alphanumeric());
            if literal.open_start && literal.open_end && has_word && self.seen_between.insert(text.clone()) {
                if self.between.len() < MOST_BETWEEN {
                    self.between.push((text, place));
                } else {
                    self.beyond = Some(place);
                }
            }
        }
        if is_used {
            self.places.push(Place { policy: policy.to_owned(), pattern: pattern.to_owned() });
        }
    }

    /// A pattern in which a wildcard follows a text.
    pub(crate) fn before(&self, text: &str) -> Option<&Place> {
        self.places.get(*self.before.get(&text.to_ascii_lowercase())?)
    }

    /// The pattern that can match a part of a word, if there is one.
    pub(crate) fn touching(&self, kind: Kind, word: &str) -> Option<&Place> {
        let word = word.to_ascii_lowercase();
        // An id beside a wildcard is whole; a name may go on.
        let whole = !kind.is_id();
        let last = if whole { word.len() } else { word.len().saturating_sub(1) };
        let place = (1..=last)
            .filter(|end| !is_kept_start(kind, &word, *end))
            .find_map(|end| self.before.get(word.get(..end)?))
            .or_else(|| {
                let first = usize::from(!whole);
                (first..word.len()).find_map(|start| self.behind.get(word.get(start..)?))
            })
            .or_else(|| {
                let is_inside = |text: &str| word.contains(text) && (whole || text != word);
                let (_, place) =
                    self.between.iter().find(|(text, _)| is_inside(text) && !kind.prefix().contains(text.as_str()))?;
                Some(place)
            })
            .or(self.beyond.as_ref())?;
        self.places.get(*place)
    }
}

/// Whether so much of the beginning of an id is replaced as the same text alone would be: its prefix, and a unit's root
/// (ID-3).
fn is_kept_start(kind: Kind, word: &str, end: usize) -> bool {
    if end <= kind.prefix().len() {
        return true;
    }
    let dash =
        kind.prefix().len() + word.get(kind.prefix().len()..).and_then(|own| own.find('-')).unwrap_or(word.len());
    kind == Kind::Ou && (end == dash || end == dash + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::literals;

    fn words() -> Words {
        let mut words = Words::default();
        words.insert(Kind::Account, "222222222222", "987654321098");
        words.insert(Kind::Ou, "ou-ab12-prod0001", "ou-zz99-xxxxxxxx");
        words.insert(Kind::Ou, "ou-ab12", "ou-zz99");
        words.insert(Kind::AccountName, "shop", "qwer");
        words.insert(Kind::AccountName, "Shop-prod", "Tyui-asdf");
        words
    }

    #[test]
    fn whole_words_are_replaced_the_longest_first() {
        let replaced = |text: &str| words().replace(text, Role::Value);
        assert_eq!(replaced("arn:aws:iam::222222222222:role/shop-x"), "arn:aws:iam::987654321098:role/qwer-x");
        assert_eq!(replaced("222222222222"), "987654321098");
        for whole in ["2222222222222", "x222222222222", "222222222222x", "workshop", "ou-ab123-prod0001"] {
            assert_eq!(replaced(whole), whole);
        }
        assert_eq!(replaced("ou-ab12-prod0001/ou-ab12-*"), "ou-zz99-xxxxxxxx/ou-zz99-*");
        assert_eq!(replaced("OU-AB12-PROD0001"), "OU-ZZ99-XXXXXXXX");
        assert_eq!(replaced("SHOP-Prod SHOP"), "TYUI-Asdf QWER");
        assert_eq!(words().replace("222222222222/shop", Role::Name), "987654321098/shop");
        assert_eq!(
            replaced("${aws:PrincipalTag/shop, 'shop'}/${custom:222222222222}"),
            "${aws:PrincipalTag/shop, 'qwer'}/${custom:987654321098}"
        );
    }

    #[test]
    fn parts_of_words_beside_wildcards_are_found() {
        let touched = |kind: Kind, word: &str, pattern: &str| {
            let mut edges = Edges::default();
            edges.add("p-12345678", pattern, &literals(pattern));
            edges.touching(kind, word).is_some()
        };
        let account = |pattern: &str| touched(Kind::Account, "222233334444", pattern);
        for partial in
            ["2222*", "arn:aws:iam::2222*:root", "*4444", "*3333*", "2222????4444", "x-*4", "${aws:x}4", "a:2*-z"]
        {
            assert!(account(partial), "{partial}");
        }
        for whole in ["*", "*:222233334444:*", "222233334444*", "*222233334444", "x2222*", "2222", "*-444a", "3333*"] {
            assert!(!account(whole), "{whole}");
        }
        let ou = |pattern: &str| touched(Kind::Ou, "ou-ab12-prod0001", pattern);
        for kept in ["o-a/r-b/ou-*", "ou-ab12-*", "*/ou-ab12-prod0001/*", "*-*", "*/*"] {
            assert!(!ou(kept), "{kept}");
        }
        for partial in ["ou-ab1*", "ou-ab12-prod*", "*prod*", "*-prod0001", "*1"] {
            assert!(ou(partial), "{partial}");
        }
        let name = |pattern: &str| touched(Kind::AccountName, "shop", pattern);
        assert!(name("shop*") && name("*shop") && name("arn:x/sh*") && name("*ho*"));
        assert!(!name("shop-*") && !name("*/shop/*") && !name("workshop*"));
    }
}
