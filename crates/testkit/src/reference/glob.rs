//! Wildcard matching, and languages of patterns (C.1).

use std::collections::BTreeSet;

use super::readings::Readings;

/// One element of a pattern, ready to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unit {
    /// This character.
    Exactly(char),
    /// This character, or the same letter in the other case; ASCII only (GEN-7).
    AnyCase(char),
    /// Any run of characters, also an empty one.
    Run {
        /// Whether the run may hold `:` (RES-8: wide).
        colons: bool,
    },
    /// Exactly one character.
    One {
        /// Whether it may be `:` (RES-8: wide).
        colons: bool,
    },
    /// One character of a class.
    Of(Class),
    /// Any run of characters of a class, also an empty one.
    RunOf(Class),
}

/// What a placeholder of an ARN may hold (CALL-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// A digit.
    Digit,
    /// A letter, a digit or `-`.
    Region,
    /// A letter, a digit, `.`, `-` or `_`.
    Bucket,
    /// Any character.
    Any,
    /// Any character of a text that a caller writes.
    Written,
}

impl Class {
    fn has(self, character: char) -> bool {
        match self {
            Self::Digit => character.is_ascii_digit(),
            Self::Region => character.is_ascii_alphanumeric() || character == '-',
            Self::Bucket => character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_'),
            Self::Any | Self::Written => true,
        }
    }
}

/// What one character is for `?` (MATCH-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Scalars,
    Bytes,
    Utf16,
}

impl Measure {
    fn encode(self, character: char) -> Vec<u32> {
        match self {
            Self::Scalars => vec![u32::from(character)],
            Self::Bytes => character.to_string().bytes().map(u32::from).collect(),
            Self::Utf16 => character.to_string().encode_utf16().map(u32::from).collect(),
        }
    }
}

/// MATCH-1: whether the pattern covers the whole text. MATCH-2, SP-16: where the pattern has a `?` and the text is not
/// ASCII, what a character is is open.
pub(crate) fn matches(pattern: &[Unit], text: &str, readings: &Readings) -> bool {
    let has_question_mark = pattern.iter().any(|unit| matches!(unit, Unit::One { .. }));
    let measure = if has_question_mark && !text.is_ascii() {
        match readings.choose("MATCH-2", 3) {
            0 => Measure::Scalars,
            1 => Measure::Bytes,
            _ => Measure::Utf16,
        }
    } else {
        Measure::Scalars
    };
    matches_measured(pattern, text, measure)
}

/// Walks over the pattern and keeps the set of positions of the text that the pattern so far can end at.
fn matches_measured(pattern: &[Unit], text: &str, measure: Measure) -> bool {
    let text: Vec<u32> = text.chars().flat_map(|character| measure.encode(character)).collect();
    let may_cross = |unit: u32, colons: bool| colons || unit != u32::from(':');
    let has = |class: Class, unit: u32| {
        matches!(class, Class::Any | Class::Written) || char::from_u32(unit).is_some_and(|one| class.has(one))
    };
    let mut ends = BTreeSet::from([0]);
    for unit in pattern {
        let mut next = BTreeSet::new();
        for &end in &ends {
            match *unit {
                Unit::Exactly(character) => {
                    let wanted = measure.encode(character);
                    if text.get(end..end + wanted.len()) == Some(wanted.as_slice()) {
                        next.insert(end + wanted.len());
                    }
                }
                Unit::AnyCase(character) => {
                    for character in [character.to_ascii_lowercase(), character.to_ascii_uppercase()] {
                        let wanted = measure.encode(character);
                        if text.get(end..end + wanted.len()) == Some(wanted.as_slice()) {
                            next.insert(end + wanted.len());
                        }
                    }
                }
                Unit::One { colons } => {
                    if text.get(end).is_some_and(|&unit| may_cross(unit, colons)) {
                        next.insert(end + 1);
                    }
                }
                Unit::Of(class) => {
                    if text.get(end).is_some_and(|&unit| has(class, unit)) {
                        next.insert(end + 1);
                    }
                }
                Unit::RunOf(class) => {
                    let mut position = end;
                    next.insert(position);
                    while text.get(position).is_some_and(|&unit| has(class, unit)) {
                        position += 1;
                        next.insert(position);
                    }
                }
                Unit::Run { colons } => {
                    let mut position = end;
                    next.insert(position);
                    while text.get(position).is_some_and(|&unit| may_cross(unit, colons)) {
                        position += 1;
                        next.insert(position);
                    }
                }
            }
        }
        ends = next;
    }
    ends.contains(&text.len())
}

/// A pattern of nothing but `*`, at least one.
pub(crate) fn is_only_stars(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character == '*')
}

/// Whether every text of `inner` is one of `outer`.
pub(crate) fn covers(outer: &[Unit], inner: &[Unit]) -> bool {
    !some_text(inner, outer, |in_inner, in_outer| in_inner && !in_outer)
}

/// Whether no text is one of both.
pub(crate) fn are_disjoint(one: &[Unit], other: &[Unit]) -> bool {
    !some_text(one, other, |in_one, in_other| in_one && in_other)
}

/// Whether some text fulfils the condition on (is a text of `one`, is a text of `other`): reads both patterns side by
/// side, one character at a time, over all characters that they name, `:`, and one that they do not name.
fn some_text(one: &[Unit], other: &[Unit], wanted: impl Fn(bool, bool) -> bool) -> bool {
    let mut alphabet = BTreeSet::from([':', '\u{10FFFF}']);
    for unit in one.iter().chain(other) {
        if let Unit::Exactly(character) | Unit::AnyCase(character) = unit {
            alphabet.extend([*character, character.to_ascii_lowercase(), character.to_ascii_uppercase()]);
        }
    }
    // One character of each kind that classes tell apart, of those that no pattern names.
    for kind in ["0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "-", "._"] {
        let is_unnamed = |character: &char| !alphabet.contains(character);
        if let Some(other) = kind.chars().find(is_unnamed) {
            alphabet.insert(other);
        }
    }
    let start = (skip_runs(one, BTreeSet::from([0])), skip_runs(other, BTreeSet::from([0])));
    let mut seen = BTreeSet::from([start.clone()]);
    let mut to_visit = vec![start];
    while let Some((in_one, in_other)) = to_visit.pop() {
        if wanted(in_one.contains(&one.len()), in_other.contains(&other.len())) {
            return true;
        }
        for &character in &alphabet {
            let next = (step(one, &in_one, character), step(other, &in_other, character));
            if seen.insert(next.clone()) {
                to_visit.push(next);
            }
        }
    }
    false
}

/// A run may be empty: whoever stands before it may also stand behind it.
fn skip_runs(pattern: &[Unit], mut positions: BTreeSet<usize>) -> BTreeSet<usize> {
    for (position, unit) in pattern.iter().enumerate() {
        if positions.contains(&position) && matches!(unit, Unit::Run { .. } | Unit::RunOf(_)) {
            positions.insert(position + 1);
        }
    }
    positions
}

fn step(pattern: &[Unit], positions: &BTreeSet<usize>, character: char) -> BTreeSet<usize> {
    let mut next = BTreeSet::new();
    for &position in positions {
        match pattern.get(position) {
            Some(Unit::Exactly(expected)) if *expected == character => next.insert(position + 1),
            Some(Unit::AnyCase(expected)) if expected.eq_ignore_ascii_case(&character) => next.insert(position + 1),
            Some(Unit::One { colons }) if *colons || character != ':' => next.insert(position + 1),
            Some(Unit::Run { colons }) if *colons || character != ':' => next.insert(position),
            Some(Unit::Of(class)) if class.has(character) => next.insert(position + 1),
            Some(Unit::RunOf(class)) if class.has(character) => next.insert(position),
            Some(_) | None => false,
        };
    }
    skip_runs(pattern, next)
}

/// The units of a flat pattern: every wildcard crosses everything (RES-12).
pub(crate) fn flat(text: &str) -> Vec<Unit> {
    let unit = |character| match character {
        '*' => Unit::Run { colons: true },
        '?' => Unit::One { colons: true },
        other => Unit::Exactly(other),
    };
    text.chars().map(unit).collect()
}

/// The units of a text in which wildcards are ordinary.
pub(crate) fn flat_literal(text: &str) -> Vec<Unit> {
    text.chars().map(Unit::Exactly).collect()
}

/// As [`flat`], in any case.
pub(crate) fn flat_any_case(text: &str) -> Vec<Unit> {
    let unit = |unit| match unit {
        Unit::Exactly(character) => Unit::AnyCase(character),
        other @ (Unit::AnyCase(_) | Unit::Run { .. } | Unit::One { .. } | Unit::Of(_) | Unit::RunOf(_)) => other,
    };
    flat(text).into_iter().map(unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(pattern: &str, text: &str) -> bool {
        matches(&flat(pattern), text, &Readings::default())
    }

    #[test]
    fn match_1_is_anchored_and_knows_no_other_metacharacters() {
        assert!(like("", "") && like("*", "") && like("a*b", "ab") && like("a*b", "a:x/b"));
        assert!(!like("s3:Get", "s3:GetObject") && !like("a?b", "ab") && !like("", "a"));
        assert!(!like("ec2:Desc.ibe*", "ec2:DescribeVpcs") && !like("[a]", "a") && like("[a]", "[a]"));
        assert!(like("*a*a*a*", "aaa") && !like("*a*a*a*", "aa") && like("??", "ab") && like("*?*", "a"));
    }

    #[test]
    fn match_5_wildcards_of_the_text_are_ordinary() {
        assert!(!like("a", "*") && like("?", "*") && !like("ab", "a?"));
    }

    #[test]
    fn match_2_measures_differ_for_non_ascii_text() {
        for (measure, two, one) in
            [(Measure::Scalars, false, true), (Measure::Bytes, true, false), (Measure::Utf16, false, true)]
        {
            assert_eq!(matches_measured(&flat("a?c"), "aéc", measure), one);
            assert_eq!(matches_measured(&flat("a??c"), "aéc", measure), two);
        }
        assert!(matches_measured(&flat("??"), "😀", Measure::Utf16));
        assert!(matches_measured(&flat("é*"), "éa", Measure::Bytes));
    }

    #[test]
    fn narrow_wildcards_stop_at_colons() {
        let narrow = [Unit::Exactly('a'), Unit::Run { colons: false }, Unit::Exactly('b')];
        assert!(matches(&narrow, "axb", &Readings::default()));
        assert!(!matches(&narrow, "a:b", &Readings::default()));
    }

    #[test]
    fn languages_are_compared_exactly() {
        assert!(covers(&flat("arn:*:role/*"), &flat("arn:aws:role/*/x")));
        assert!(!covers(&flat("arn:*:role/*/x"), &flat("arn:aws:role/*")));
        assert!(covers(&flat("*"), &flat("a?b*")) && covers(&flat("?*"), &flat("*?")));
        assert!(!are_disjoint(&flat("a*"), &flat("*b/c")));
        assert!(are_disjoint(&flat("a*x"), &flat("b*")) && are_disjoint(&flat("??"), &flat("a")));
        assert!(covers(&flat_any_case("AB*"), &flat("abc")));
        let digits = [Unit::Of(Class::Digit), Unit::RunOf(Class::Digit)];
        assert!(covers(&flat("?*"), &digits) && !covers(&flat("1*"), &digits) && !are_disjoint(&flat("1*"), &digits));
        assert!(are_disjoint(&flat("*a*"), &digits) && are_disjoint(&flat(""), &digits));
    }
}
