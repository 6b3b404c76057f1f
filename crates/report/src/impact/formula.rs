//! Conditions that are alternatives of conjunctions, with what they share said once.

use std::collections::{BTreeMap, BTreeSet};

/// A condition made of conditions in words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Formula {
    /// One condition.
    One(String),
    /// All hold; an empty list is what always holds.
    All(Vec<Formula>),
    /// At least one holds.
    Any(Vec<Formula>),
}

/// A conjunction of conditions, by number.
type Cube = BTreeSet<usize>;

/// What an alternative lacks beside one of its conditions, for all alternatives that have it.
type Rest = BTreeSet<Cube>;

/// Puts alternatives together: what all share stands once, and so do conditions that stand for each other everywhere. Says exactly
/// what the alternatives say.
pub(crate) fn factored(alternatives: &[Vec<String>]) -> Formula {
    let mut parts: Vec<Formula> = Vec::new();
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut cubes: Vec<Cube> = Vec::new();
    for conditions in alternatives {
        let mut cube = Cube::new();
        for condition in conditions {
            let number = *numbers.entry(condition).or_insert_with(|| {
                parts.push(Formula::One(condition.clone()));
                parts.len() - 1
            });
            cube.insert(number);
        }
        push(&mut cubes, cube);
    }
    if cubes.is_empty() || cubes.iter().any(BTreeSet::is_empty) {
        return Formula::All(Vec::new());
    }
    // Two conditions that are left with the same rest are one condition: either of them.
    while let Some(alike) = interchangeable(&cubes) {
        let members = alike.iter().filter_map(|number| parts.get(*number).cloned()).collect();
        parts.push(Formula::Any(members));
        let either = parts.len() - 1;
        let mut merged = Vec::new();
        for mut cube in cubes {
            let before = cube.len();
            cube.retain(|number| !alike.contains(number));
            if cube.len() < before {
                cube.insert(either);
            }
            push(&mut merged, cube);
        }
        cubes = merged;
    }
    combined(&cubes, &parts)
}

/// Says what all alternatives share first, then, as long as some share a condition, these together.
fn combined(cubes: &[Cube], parts: &[Formula]) -> Formula {
    let part = |number: &usize| parts.get(*number).cloned();
    let Some(first) = cubes.first() else { return Formula::All(Vec::new()) };
    let common: Cube = cubes.iter().skip(1).fold(first.clone(), |common, cube| &common & cube);
    let mut all: Vec<Formula> = common.iter().filter_map(part).collect();
    let mut rest: Vec<Cube> = cubes.iter().map(|cube| cube - &common).collect();
    // An alternative of which nothing is left holds wherever the shared conditions do.
    if !rest.iter().any(BTreeSet::is_empty) {
        let mut any = Vec::new();
        while let Some(number) = most_shared(&rest) {
            let (with, without): (Vec<Cube>, Vec<Cube>) = rest.into_iter().partition(|cube| cube.contains(&number));
            any.push(combined(&with, parts));
            rest = without;
        }
        any.extend(rest.iter().map(|cube| conjunction(cube.iter().filter_map(part).collect())));
        match (any.len(), any.pop()) {
            (1, Some(only)) => all.push(only),
            (_, last) => {
                any.extend(last);
                all.push(Formula::Any(any));
            }
        }
    }
    // What is shorter to say comes first.
    all.sort_by_key(|formula| formula.size() > 1);
    conjunction(all)
}

/// The condition that most of some alternatives share, if more than one does.
fn most_shared(cubes: &[Cube]) -> Option<usize> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for number in cubes.iter().flatten() {
        *counts.entry(*number).or_default() += 1;
    }
    let best = counts.into_iter().max_by_key(|&(number, count)| (count, std::cmp::Reverse(number)));
    best.filter(|(_, count)| *count > 1).map(|(number, _)| number)
}

fn push(cubes: &mut Vec<Cube>, cube: Cube) {
    if !cubes.contains(&cube) {
        cubes.push(cube);
    }
}

fn conjunction(mut parts: Vec<Formula>) -> Formula {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            Formula::All(parts)
        }
    }
}

/// Conditions with the same rest, if there are any.
fn interchangeable(cubes: &[Cube]) -> Option<Cube> {
    let mut rests: BTreeMap<usize, Rest> = BTreeMap::new();
    for cube in cubes {
        for number in cube {
            let mut rest = cube.clone();
            rest.remove(number);
            rests.entry(*number).or_default().insert(rest);
        }
    }
    let mut groups: BTreeMap<Rest, Cube> = BTreeMap::new();
    for (number, rest) in rests {
        groups.entry(rest).or_default().insert(number);
    }
    // Nothing is gained where single conditions are the alternatives.
    groups
        .into_iter()
        .find(|(rest, group)| group.len() > 1 && rest.iter().any(|cube| !cube.is_empty()))
        .map(|(_, group)| group)
}

impl Formula {
    /// How many conditions it has.
    fn size(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::size).sum(),
        }
    }

    /// As an indented list.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        match self {
            Self::One(text) => lines.push(Line::condition(0, text)),
            Self::All(parts) if parts.is_empty() => lines.push(Line::words(0, "always")),
            Self::All(parts) => {
                lines.push(Line::words(0, "all of these hold"));
                write_all(parts, 1, &mut lines);
            }
            Self::Any(parts) => {
                lines.push(Line::words(0, "one of these holds"));
                write_all(parts, 1, &mut lines);
            }
        }
        lines
    }

    fn write(&self, depth: usize, lines: &mut Vec<Line>) {
        let (words, parts) = match self {
            Self::One(text) => return lines.push(Line::condition(depth, text)),
            Self::All(parts) => ("all of", parts),
            Self::Any(parts) => ("one of", parts),
        };
        lines.push(Line::words(depth, words));
        write_all(parts, depth + 1, lines);
    }
}

fn write_all(parts: &[Formula], depth: usize, lines: &mut Vec<Line>) {
    for part in parts {
        part.write(depth, lines);
    }
}

/// A line of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// How far it is indented.
    pub(crate) depth: usize,
    /// What it says.
    pub(crate) text: String,
    /// Whether it is a condition; else it says how those below belong together.
    pub(crate) is_condition: bool,
}

impl Line {
    fn condition(depth: usize, text: &str) -> Self {
        Self { depth, text: text.to_owned(), is_condition: true }
    }

    pub(crate) fn words(depth: usize, text: impl Into<String>) -> Self {
        Self { depth, text: text.into(), is_condition: false }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(alternatives: &[&[&str]]) -> String {
        let alternatives: Vec<Vec<String>> =
            alternatives.iter().map(|cube| cube.iter().map(|text| (*text).to_owned()).collect()).collect();
        let lines = factored(&alternatives).lines();
        lines.iter().flat_map(|line| ["  ".repeat(line.depth), line.text.clone(), "\n".to_owned()]).collect()
    }

    #[test]
    fn what_is_shared_stands_once() {
        assert_eq!(lines(&[&["a"]]), "a\n");
        assert_eq!(lines(&[&[]]), "always\n");
        assert_eq!(lines(&[&["a"], &["b"]]), "one of these holds\n  a\n  b\n");
        assert_eq!(lines(&[&["a", "c"], &["b", "c"]]), "all of these hold\n  c\n  one of\n    a\n    b\n");
        assert_eq!(
            lines(&[&["a", "c"], &["b", "c"], &["a", "d"], &["b", "d"]]),
            "all of these hold\n  one of\n    c\n    d\n  one of\n    a\n    b\n"
        );
        assert_eq!(
            lines(&[&["a", "x", "y"], &["b", "x", "y"], &["a", "z"], &["b", "z"]]),
            "all of these hold\n  one of\n    a\n    b\n  one of\n    all of\n      x\n      y\n    z\n"
        );
        assert_eq!(lines(&[&["a", "b"], &["a"]]), "a\n");
        assert_eq!(
            lines(&[&["a", "x"], &["b", "x"], &["c", "d"]]),
            "one of these holds\n  all of\n    x\n    one of\n      a\n      b\n  all of\n    c\n    d\n"
        );
    }

    fn holds(formula: &Formula, facts: u32) -> bool {
        match formula {
            Formula::One(text) => text.parse::<u32>().is_ok_and(|bit| facts & (1 << bit) != 0),
            Formula::All(parts) => parts.iter().all(|part| holds(part, facts)),
            Formula::Any(parts) => parts.iter().any(|part| holds(part, facts)),
        }
    }

    proptest! {
        #[test]
        fn it_says_what_the_alternatives_say(alternatives in prop::collection::vec(prop::collection::btree_set(0_u32..5, 0..5), 1..9)) {
            let words: Vec<Vec<String>> =
                alternatives.iter().map(|cube| cube.iter().map(ToString::to_string).collect()).collect();
            let formula = factored(&words);
            for facts in 0..32 {
                let expected = alternatives.iter().any(|cube| cube.iter().all(|bit| facts & (1 << bit) != 0));
                prop_assert_eq!(holds(&formula, facts), expected, "{:?}", formula);
            }
        }
    }
}
