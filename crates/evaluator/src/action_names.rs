//! The names that no catalog lists and no policy spells out, cut by every pattern: what a comparison of organizations
//! needs to speak of *all* actions, also of those that AWS adds tomorrow (DOC-21).

use std::collections::BTreeSet;

use scproof_policy_parser::{LanguagePattern, WildcardPattern, name_cells};

use crate::action::{ActionMatcher, ActionTable, CellId, PatternId};
use crate::truth::Truth;

/// The most states of the walk that cuts the names of one service.
pub const MAX_STATES: usize = 20_000;

/// Names of one service, or of one kind of service that nothing mentions, that match the same patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OtherNames {
    /// The service, or an example of one.
    pub(crate) service: Box<str>,
    /// Whether the service stands for all that neither catalog nor policies mention and that match the same prefixes.
    pub(crate) stands_for_others: bool,
    /// A name of the class, lower case.
    pub(crate) example: Box<str>,
    pub(crate) cell: CellId,
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
}

/// Whether an action can have such a prefix or name (ACT-1); what policies spell otherwise is no action.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_name_letter)
}

impl ActionTable {
    /// Cuts the other names of every service that some pattern with a wildcard distinguishes.
    pub(super) fn cut_names(&mut self) {
        let mut services: Vec<(Box<str>, bool)> = self
            .service_other_cells
            .iter()
            .map(|(service, _)| service)
            .filter(|service| is_name(service))
            .map(|it| (it.clone(), false))
            .collect();
        services.extend(self.examples_of_other_services().into_iter().map(|service| (service, true)));
        for (service, stands_for_others) in services {
            let names: Vec<WildcardPattern> = self
                .candidates(&service)
                .iter()
                .filter_map(|&id| self.name_pattern(id))
                .filter(|name| !name.is_any())
                .cloned()
                .collect();
            let Some(examples) = examples_beside(&names) else {
                self.uncut_services.push(service);
                continue;
            };
            for example in examples {
                let truths = self.element_truths(&format!("{service}:{example}"));
                let cell = self.intern(truths);
                self.other_names.push(OtherNames {
                    service: service.clone(),
                    stands_for_others,
                    example: example.into(),
                    cell,
                });
            }
        }
    }

    /// A service that nothing mentions for each way to match the prefixes with wildcards (DOC-19).
    fn examples_of_other_services(&self) -> Vec<Box<str>> {
        let prefixes: Vec<WildcardPattern> = self
            .everywhere
            .iter()
            .filter_map(|&id| match self.matchers.get(id as usize)? {
                ActionMatcher::WildcardPrefix { prefix, .. } => Some(prefix.clone()),
                ActionMatcher::Any
                | ActionMatcher::Open
                | ActionMatcher::Nothing
                | ActionMatcher::Named { .. }
                | ActionMatcher::Spaced { .. } => None,
            })
            .collect();
        let mentioned: BTreeSet<&str> = self.service_other_cells.iter().map(|(service, _)| &**service).collect();
        let found = examples(&prefixes).unwrap_or_else(|| vec!["another-service".to_owned()]);
        found
            .into_iter()
            .map(|mut service| {
                // A longer name of the same class, if the example happens to be a service of its own.
                while mentioned.contains(service.as_str()) {
                    service.push('0');
                }
                service.into_boxed_str()
            })
            .collect()
    }

    fn name_pattern(&self, id: PatternId) -> Option<&WildcardPattern> {
        match self.matchers.get(id as usize)? {
            ActionMatcher::Named { name, .. }
            | ActionMatcher::WildcardPrefix { name, .. }
            | ActionMatcher::Spaced { name, .. } => Some(name),
            ActionMatcher::Any | ActionMatcher::Open | ActionMatcher::Nothing => None,
        }
    }

    /// Whether the unmentioned names of a service are all accounted for.
    pub(crate) fn uncut_services(&self) -> &[Box<str>] {
        &self.uncut_services
    }

    /// The classes of names that nothing mentions.
    pub(crate) fn other_names(&self) -> &[OtherNames] {
        &self.other_names
    }

    /// The truth of each of the patterns of an action's service and of those without a service, for one action.
    pub(crate) fn pattern_row(&self, action: &str) -> Vec<(PatternId, Truth)> {
        let (prefix, name) = action.split_once(':').unwrap_or((action, ""));
        self.row(&self.candidates(prefix), prefix, name)
    }
}

/// A name for each combination of patterns with wildcards that some name matches which is none of the literals.
fn examples_beside(names: &[WildcardPattern]) -> Option<Vec<String>> {
    let (literals, globs): (Vec<&WildcardPattern>, Vec<&WildcardPattern>) =
        names.iter().partition(|name| name.as_literal().is_some());
    let literals: BTreeSet<&str> = literals.into_iter().filter_map(WildcardPattern::as_literal).collect();
    let globs: Vec<WildcardPattern> = globs.into_iter().cloned().collect();
    let found = examples(&globs)?;
    if !found.iter().any(|example| literals.contains(example.as_str())) {
        return Some(found);
    }
    let patterns: Vec<LanguagePattern<'_>> = names.iter().map(LanguagePattern::from).collect();
    let cells = name_cells(&patterns, is_name_letter, MAX_STATES)?;
    Some(cells.into_iter().map(|cell| cell.example).filter(|example| !literals.contains(example.as_str())).collect())
}

/// A name for each combination of patterns that some name matches; `None` past the limit.
fn examples(patterns: &[WildcardPattern]) -> Option<Vec<String>> {
    if patterns.is_empty() {
        return Some(vec!["another-action".to_owned()]);
    }
    if let Some(examples) = examples_of_prefixes(patterns) {
        return Some(examples);
    }
    let patterns: Vec<LanguagePattern<'_>> = patterns.iter().map(LanguagePattern::from).collect();
    let cells = name_cells(&patterns, is_name_letter, MAX_STATES)?;
    Some(cells.into_iter().map(|cell| cell.example).collect())
}

/// The quick way where all patterns are prefixes with a star: each prefix begins one class, the rest is another.
fn examples_of_prefixes(patterns: &[WildcardPattern]) -> Option<Vec<String>> {
    let mut prefixes: BTreeSet<&str> = BTreeSet::from([""]);
    for pattern in patterns {
        let mut pieces = pattern.pieces();
        match (pieces.next(), pieces.next(), pieces.next()) {
            (
                Some(scproof_policy_parser::Piece::Literal(text)),
                Some(scproof_policy_parser::Piece::Run { .. }),
                None,
            ) => {
                prefixes.insert(text);
            }
            _ => return None,
        }
    }
    let all: Vec<&str> = prefixes.iter().copied().collect();
    prefixes
        .iter()
        .filter(|prefix| prefix.chars().all(is_name_letter))
        .map(|prefix| {
            // A letter after which no longer prefix can go on.
            let free = ('a'..='z').chain('0'..='9').chain(['-']).rev().find(|&letter| {
                let longer = format!("{prefix}{letter}");
                !all.iter().any(|other| other.starts_with(&longer))
            });
            free.map(|letter| format!("{prefix}{letter}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(patterns: &[&str]) -> Vec<Vec<bool>> {
        let compiled: Vec<WildcardPattern> = patterns.iter().map(|text| WildcardPattern::flat(text)).collect();
        let mut rows: Vec<Vec<bool>> = examples(&compiled)
            .unwrap()
            .iter()
            .map(|example| compiled.iter().map(|pattern| pattern.is_match(example)).collect())
            .collect();
        rows.sort();
        rows
    }

    #[test]
    fn prefixes_nest() {
        assert_eq!(
            cut(&["get*", "getobject*", "put*"]),
            [[false, false, false], [false, false, true], [true, false, false], [true, true, false]]
        );
    }

    #[test]
    fn other_wildcards_cross() {
        assert_eq!(cut(&["get*", "*object"]).len(), 4);
        assert_eq!(cut(&["?*"]), [[true]]);
    }
}
