//! Alternatives of conjunctions, with what they share said once.

use std::collections::{BTreeMap, BTreeSet};

use super::{Predicate, single};

/// A conjunction of conditions, by number.
type Cube = BTreeSet<usize>;

/// What an alternative lacks beside one of its conditions, for all alternatives that have it.
type Rest = BTreeSet<Cube>;

impl Predicate {
    /// The same with what its alternatives share said once, and so conditions that stand for each other everywhere.
    /// Exact, by distributivity; grows with the square of the number of alternatives.
    #[must_use]
    pub fn factored(&self) -> Self {
        let Self::Any(alternatives) = self else { return self.clone() };
        let mut parts: Vec<Self> = Vec::new();
        let mut numbers: BTreeMap<&Self, usize> = BTreeMap::new();
        let mut cubes: Vec<Cube> = Vec::new();
        for alternative in alternatives {
            let mut cube = Cube::new();
            for condition in alternative.conjuncts() {
                cube.insert(*numbers.entry(condition).or_insert_with(|| {
                    parts.push(condition.clone());
                    parts.len() - 1
                }));
            }
            push(&mut cubes, cube);
        }
        if cubes.is_empty() {
            return Self::NEVER;
        }
        if cubes.iter().any(BTreeSet::is_empty) {
            return Self::ALWAYS;
        }
        // Two conditions that are left with the same rest are one condition: either of them.
        while let Some(alike) = interchangeable(&cubes) {
            let members: Vec<Self> = alike.iter().filter_map(|number| parts.get(*number).cloned()).collect();
            parts.push(Self::Any(members));
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
}

/// Says what all alternatives share first, then, as long as some share a condition, these together.
fn combined(cubes: &[Cube], parts: &[Predicate]) -> Predicate {
    let part = |number: &usize| parts.get(*number).cloned();
    let Some(first) = cubes.first() else { return Predicate::ALWAYS };
    let common: Cube = cubes.iter().skip(1).fold(first.clone(), |common, cube| &common & cube);
    let mut all: Vec<Predicate> = common.iter().filter_map(part).collect();
    let mut rest: Vec<Cube> = cubes.iter().map(|cube| cube - &common).collect();
    // An alternative of which nothing is left holds wherever the shared conditions do.
    if !rest.iter().any(BTreeSet::is_empty) {
        let mut any = Vec::new();
        while let Some(number) = most_shared(&rest) {
            let (with, without): (Vec<Cube>, Vec<Cube>) = rest.into_iter().partition(|cube| cube.contains(&number));
            any.push(combined(&with, parts));
            rest = without;
        }
        any.extend(rest.iter().map(|cube| single(cube.iter().filter_map(part).collect(), Predicate::All)));
        all.push(single(any, Predicate::Any));
    }
    // What is shorter to say comes first.
    all.sort_by_key(|part| part.size() > 1);
    single(all, Predicate::All)
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

#[cfg(test)]
mod tests {
    use super::super::PredicateAtom;
    use super::*;
    use crate::truth::Truth;

    /// A condition by its letter.
    fn condition(letter: char) -> Predicate {
        Predicate::absent(&letter.to_string())
    }

    fn letter(predicate: &Predicate) -> String {
        match predicate {
            Predicate::All(parts) => format!("({})", parts.iter().map(letter).collect::<Vec<_>>().join(" & ")),
            Predicate::Any(parts) => format!("({})", parts.iter().map(letter).collect::<Vec<_>>().join(" | ")),
            Predicate::Not(_) | Predicate::Atom(_) | Predicate::Open(_) => predicate
                .atoms()
                .iter()
                .map(|atom| match atom {
                    PredicateAtom::Key(atom) => atom.key.clone(),
                    PredicateAtom::Resource(_) | PredicateAtom::Caller(_) => String::new(),
                })
                .collect(),
        }
    }

    /// Alternatives, each by the letters of its conditions.
    fn of(alternatives: &[&str]) -> Predicate {
        Predicate::Any(
            alternatives.iter().map(|letters| Predicate::All(letters.chars().map(condition).collect())).collect(),
        )
    }

    #[test]
    fn what_is_shared_stands_once() {
        let check = |alternatives: &[&str], expected: &str| {
            assert_eq!(letter(&of(alternatives).factored()), expected);
        };
        check(&["a"], "a");
        check(&[""], "()");
        check(&["a", "b"], "(a | b)");
        check(&["ac", "bc"], "(c & (a | b))");
        check(&["ac", "bc", "ad", "bd"], "((c | d) & (a | b))");
        check(&["axy", "bxy", "az", "bz"], "((a | b) & ((x & y) | z))");
        check(&["ab", "a"], "a");
        check(&["ax", "bx", "cd"], "((x & (a | b)) | (c & d))");
    }

    #[test]
    fn it_says_what_the_alternatives_say() {
        // Every set of at most three alternatives over four conditions.
        let cubes: Vec<String> = (0..16_u8)
            .map(|bits| ('a'..='d').enumerate().filter(|(bit, _)| bits & (1 << bit) != 0).map(|(_, c)| c).collect())
            .collect();
        for one in &cubes {
            for two in &cubes {
                for three in &cubes {
                    let plain = of(&[one, two, three]);
                    let factored = plain.factored();
                    for facts in 0..16_u8 {
                        let truth = |atom: &Predicate| {
                            let letter = letter(atom);
                            let bit = ('a'..='d').position(|known| letter.starts_with(known)).unwrap_or(0);
                            Truth::from(facts & (1 << bit) != 0)
                        };
                        assert_eq!(plain.truth(&truth), factored.truth(&truth), "{}", letter(&factored));
                    }
                }
            }
        }
    }
}
