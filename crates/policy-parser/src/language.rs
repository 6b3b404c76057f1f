//! Questions about the *sets* of texts that patterns match: which combinations of matches are possible at all, whether one
//! pattern covers another, whether two overlap.
//!
//! The patterns run side by side over all texts at once: a state is the set of positions each of them can be in, and texts
//! that lead to the same state are not told apart. Policies use few patterns on one key, so the walk is short; hostile ones
//! are cut off by a limit and the question stays open.

use std::collections::{BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

use crate::wildcard::{Piece, WildcardPattern};

/// A class of texts that none of the patterns can tell apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextCell {
    /// For each pattern, in the order given, whether it matches the texts of this class.
    pub matches: Vec<bool>,
    /// A text of the class: a shortest one, but not the empty text where there is another.
    pub example: String,
}

/// A pattern and whether it ignores ASCII case.
#[derive(Debug, Clone, Copy)]
pub struct LanguagePattern<'a> {
    /// The pattern.
    pub pattern: &'a WildcardPattern,
    /// Whether letters match in either case.
    pub ignore_case: bool,
}

impl<'a> From<&'a WildcardPattern> for LanguagePattern<'a> {
    fn from(pattern: &'a WildcardPattern) -> Self {
        Self { pattern, ignore_case: false }
    }
}

/// One position of a pattern: what it accepts and whether it may stay.
#[derive(Debug, Clone, Copy)]
enum Position {
    Character(char),
    One { wide: bool },
    Run { wide: bool },
    End,
}

/// All classes into which the patterns cut the set of all texts, or `None` if there are more states than `limit`.
///
/// The classes cover every text, and no two have the same `matches`. `O(limit × alphabet × positions)`.
///
/// ```
/// use scproof_policy_parser::{WildcardPattern, text_cells};
/// let patterns = [WildcardPattern::flat("eu-*"), WildcardPattern::literal("eu-west-1")];
/// let cells = text_cells(&[(&patterns[0]).into(), (&patterns[1]).into()], 1000).ok_or("too many")?;
/// assert_eq!(cells.len(), 3); // another text, another `eu-…`, and `eu-west-1`
/// # Ok::<(), &str>(())
/// ```
pub fn text_cells(patterns: &[LanguagePattern<'_>], limit: usize) -> Option<Vec<TextCell>> {
    cells_of(&Machine::new(patterns, |_| true), limit)
}

/// The same over texts that are not empty and hold no other characters than those that `is_letter` accepts: names.
///
/// ```
/// use scproof_policy_parser::{WildcardPattern, name_cells};
/// let patterns = [WildcardPattern::flat("?*")];
/// let cells = name_cells(&[(&patterns[0]).into()], |letter| letter.is_ascii_lowercase(), 1000).ok_or("too many")?;
/// assert_eq!(cells.len(), 1); // no name is empty
/// # Ok::<(), &str>(())
/// ```
pub fn name_cells(
    patterns: &[LanguagePattern<'_>],
    is_letter: impl Fn(char) -> bool,
    limit: usize,
) -> Option<Vec<TextCell>> {
    let mut cells = cells_of(&Machine::new(patterns, is_letter), limit)?;
    cells.retain(|cell| !cell.example.is_empty());
    Some(cells)
}

fn cells_of(machine: &Machine, limit: usize) -> Option<Vec<TextCell>> {
    let mut seen: FxHashMap<Box<[u64]>, usize> = FxHashMap::default();
    // For each state the state and letter it was first reached by, to spell the example.
    let mut origin: Vec<Option<(usize, char)>> = vec![None];
    let mut queue = VecDeque::new();
    let mut cells: Vec<TextCell> = Vec::new();
    let mut by_vector: FxHashMap<Vec<bool>, usize> = FxHashMap::default();
    let start = machine.start();
    seen.insert(start.clone(), 0);
    queue.push_back((0, start));
    while let Some((id, state)) = queue.pop_front() {
        let matches = machine.accepts(&state);
        let index = *by_vector.entry(matches).or_insert_with_key(|matches| {
            cells.push(TextCell { matches: matches.clone(), example: String::new() });
            cells.len() - 1
        });
        // The empty text stands for its class only where nothing else can.
        if let Some(cell) = cells.get_mut(index).filter(|cell| cell.example.is_empty()) {
            cell.example = spell(&origin, id);
        }
        for (letter, next) in machine.steps(&state) {
            if let Some(known) = seen.get(&next) {
                if *known == 0
                    && let Some(first) = cells.first_mut().filter(|cell| cell.example.is_empty())
                {
                    first.example = spell(&origin, id);
                    first.example.push(letter);
                }
                continue;
            }
            let next_id = origin.len();
            if next_id >= limit {
                return None;
            }
            origin.push(Some((id, letter)));
            seen.insert(next.clone(), next_id);
            queue.push_back((next_id, next));
        }
    }
    Some(cells)
}

/// Whether `wide` certainly matches every text that `narrow` matches. Exact where `narrow` holds no wildcard that only
/// several wildcards of `wide` together could cover (`*` against `?*`); there it answers no. `O(wide × narrow)`.
pub fn covers(wide: &WildcardPattern, narrow: &WildcardPattern) -> bool {
    // INVARIANT: `reached[i]` says that the first symbols of `narrow` seen so far are covered by the first `i` of `wide`.
    let (wide, narrow) = (symbols(wide), symbols(narrow));
    let close = |reached: &mut [bool]| {
        for (index, symbol) in wide.iter().enumerate() {
            if matches!(symbol, Position::Run { .. }) && reached.get(index) == Some(&true) {
                set(reached, index + 1);
            }
        }
    };
    let mut reached = vec![false; wide.len() + 1];
    set(&mut reached, 0);
    close(&mut reached);
    for symbol in &narrow {
        let mut next = vec![false; wide.len() + 1];
        for (index, cover) in wide.iter().enumerate().filter(|(index, _)| reached.get(*index) == Some(&true)) {
            let colons = match symbol {
                Position::Character(letter) => *letter == ':',
                Position::One { wide } | Position::Run { wide } => *wide,
                Position::End => false,
            };
            match (cover, symbol) {
                (Position::Run { wide }, _) if *wide || !colons => set(&mut next, index),
                (Position::One { wide }, Position::Character(_) | Position::One { .. }) if *wide || !colons => {
                    set(&mut next, index + 1);
                }
                (Position::Character(expected), Position::Character(letter)) if expected == letter => {
                    set(&mut next, index + 1);
                }
                _ => {}
            }
        }
        close(&mut next);
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

/// Whether some text matches both patterns. Exact. `O(a × b)`.
pub fn overlaps(a: &WildcardPattern, b: &WildcardPattern) -> bool {
    let (a, b) = (symbols(a), symbols(b));
    let columns = b.len() + 1;
    let mut reached = vec![false; (a.len() + 1) * columns];
    set(&mut reached, 0);
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if reached.get(i * columns + j) != Some(&true) {
                continue;
            }
            let (left, right) = (a.get(i), b.get(j));
            if matches!(left, Some(Position::Run { .. })) {
                set(&mut reached, (i + 1) * columns + j);
            }
            if matches!(right, Some(Position::Run { .. })) {
                set(&mut reached, i * columns + j + 1);
            }
            let (Some(left), Some(right)) = (left, right) else { continue };
            if !share_a_letter(*left, *right) {
                continue;
            }
            let after = |symbol: Position, at: usize| if matches!(symbol, Position::Run { .. }) { at } else { at + 1 };
            set(&mut reached, after(*left, i) * columns + after(*right, j));
        }
    }
    reached.last().copied().unwrap_or(false)
}

fn share_a_letter(a: Position, b: Position) -> bool {
    match (a, b) {
        (Position::Character(a), Position::Character(b)) => a == b,
        (Position::Character(letter), Position::One { wide } | Position::Run { wide })
        | (Position::One { wide } | Position::Run { wide }, Position::Character(letter)) => wide || letter != ':',
        (Position::End, _) | (_, Position::End) => false,
        _ => true,
    }
}

fn symbols(pattern: &WildcardPattern) -> Vec<Position> {
    let mut symbols = Vec::new();
    for piece in pattern.pieces() {
        match piece {
            Piece::Literal(text) => symbols.extend(text.chars().map(Position::Character)),
            Piece::One { wide } => symbols.push(Position::One { wide }),
            Piece::Run { wide } => symbols.push(Position::Run { wide }),
        }
    }
    symbols
}

fn set(flags: &mut [bool], at: usize) {
    if let Some(flag) = flags.get_mut(at) {
        *flag = true;
    }
}

fn spell(origin: &[Option<(usize, char)>], mut id: usize) -> String {
    let mut letters = Vec::new();
    while let Some(&Some((previous, letter))) = origin.get(id) {
        letters.push(letter);
        id = previous;
    }
    letters.into_iter().rev().collect()
}

/// All patterns laid out in one bit set of positions.
struct Machine {
    positions: Vec<(Position, bool)>,
    starts: Vec<usize>,
    ends: Vec<usize>,
    alphabet: Vec<char>,
    words: usize,
}

impl Machine {
    fn new(patterns: &[LanguagePattern<'_>], is_letter: impl Fn(char) -> bool) -> Self {
        let mut positions = Vec::new();
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        let mut letters: BTreeSet<char> = BTreeSet::from([':']);
        for LanguagePattern { pattern, ignore_case } in patterns {
            starts.push(positions.len());
            for piece in pattern.pieces() {
                match piece {
                    Piece::Literal(text) => {
                        for letter in text.chars() {
                            letters.insert(letter);
                            if *ignore_case {
                                letters.insert(letter.to_ascii_lowercase());
                                letters.insert(letter.to_ascii_uppercase());
                            }
                            positions.push((Position::Character(letter), *ignore_case));
                        }
                    }
                    Piece::One { wide } => positions.push((Position::One { wide }, false)),
                    Piece::Run { wide } => positions.push((Position::Run { wide }, false)),
                }
            }
            ends.push(positions.len());
            positions.push((Position::End, false));
        }
        // One letter that no pattern names stands for all the others.
        let spare = ('a'..='z').chain('0'..='9').chain(['-']).chain('\u{e000}'..=char::MAX);
        let other = spare.into_iter().find(|letter| is_letter(*letter) && !letters.contains(letter));
        letters.retain(|letter| is_letter(*letter));
        letters.extend(other);
        let words = positions.len().div_ceil(64).max(1);
        // A readable example begins with ordinary letters rather than with a colon.
        let mut alphabet: Vec<char> = letters.into_iter().collect();
        alphabet.sort_by_key(|&letter| (Some(letter) != other, !letter.is_ascii_alphanumeric(), letter));
        Self { positions, starts, ends, alphabet, words }
    }

    fn start(&self) -> Box<[u64]> {
        let mut state = vec![0; self.words].into_boxed_slice();
        for &start in &self.starts {
            self.enter(&mut state, start);
        }
        state
    }

    /// Adds a position and those reachable from it without a letter: a run may be empty.
    fn enter(&self, state: &mut [u64], mut at: usize) {
        loop {
            if let Some(word) = state.get_mut(at / 64) {
                *word |= 1 << (at % 64);
            }
            match self.positions.get(at) {
                Some((Position::Run { .. }, _)) => at += 1,
                _ => return,
            }
        }
    }

    /// The states that follow, each with a letter that leads there: one a letter that some position asks for, and one for
    /// all letters that none asks for, since these lead to the same state.
    fn steps(&self, state: &[u64]) -> Vec<(char, Box<[u64]>)> {
        let empty = vec![0; self.words].into_boxed_slice();
        // Where any letter leads, and where a colon does.
        let (mut any, mut colon) = (empty.clone(), empty);
        let mut asked: Vec<(char, usize)> = Vec::new();
        for at in ones(state) {
            match self.positions.get(at) {
                Some((Position::Character(expected), false)) => asked.push((*expected, at + 1)),
                Some((Position::Character(expected), true)) => {
                    asked.push((expected.to_ascii_lowercase(), at + 1));
                    asked.push((expected.to_ascii_uppercase(), at + 1));
                }
                Some((Position::One { wide } | Position::Run { wide }, _)) => {
                    let one = matches!(self.positions.get(at), Some((Position::One { .. }, _)));
                    let next = at + usize::from(one);
                    self.enter(&mut any, next);
                    if *wide {
                        self.enter(&mut colon, next);
                    }
                }
                Some((Position::End, _)) | None => {}
            }
        }
        let mut others_done = false;
        let mut steps = Vec::new();
        for &letter in &self.alphabet {
            let is_asked = asked.iter().any(|(expected, _)| *expected == letter);
            if !is_asked && letter != ':' && std::mem::replace(&mut others_done, true) {
                continue;
            }
            let mut next = if letter == ':' { colon.clone() } else { any.clone() };
            for (_, at) in asked.iter().filter(|(expected, _)| *expected == letter) {
                self.enter(&mut next, *at);
            }
            steps.push((letter, next));
        }
        steps
    }

    fn accepts(&self, state: &[u64]) -> Vec<bool> {
        self.ends.iter().map(|&end| state.get(end / 64).is_some_and(|word| word & (1 << (end % 64)) != 0)).collect()
    }
}

fn ones(state: &[u64]) -> impl Iterator<Item = usize> {
    state.iter().enumerate().flat_map(|(index, &word)| {
        std::iter::successors((word != 0).then_some(word), |&rest| {
            let rest = rest & (rest - 1);
            (rest != 0).then_some(rest)
        })
        .map(move |rest| index * 64 + rest.trailing_zeros() as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn covers_and_overlaps() {
        let glob = WildcardPattern::flat;
        assert!(covers(&glob("s3:*"), &glob("s3:Get*")) && !covers(&glob("s3:Get*"), &glob("s3:*")));
        assert!(covers(&glob("*a*"), &glob("?a")) && covers(&glob("*"), &glob("a?*")));
        assert!(overlaps(&glob("a*c"), &glob("ab*")) && !overlaps(&glob("a*"), &glob("b*")));
        let narrow = WildcardPattern::from_pieces([Piece::Run { wide: false }, Piece::Literal("b")]);
        assert!(!overlaps(&narrow, &glob("*:b")) && !covers(&narrow, &glob("*b")) && covers(&glob("*b"), &narrow));
    }

    #[test]
    fn a_hostile_family_is_cut_off() {
        let patterns: Vec<_> = (0..24).map(|n| WildcardPattern::flat(&format!("*a{}*", "?".repeat(n)))).collect();
        let patterns: Vec<_> = patterns.iter().map(LanguagePattern::from).collect();
        assert_eq!(text_cells(&patterns, 500), None);
    }

    fn pieces() -> impl Strategy<Value = WildcardPattern> {
        let piece = prop_oneof![
            proptest::sample::select(vec!["a", "b", ":"]).prop_map(Piece::Literal),
            any::<bool>().prop_map(|wide| Piece::Run { wide }),
            any::<bool>().prop_map(|wide| Piece::One { wide }),
        ];
        proptest::collection::vec(piece, 0..6).prop_map(WildcardPattern::from_pieces)
    }

    proptest! {
        #[test]
        fn covers_is_sound_and_overlaps_exact(a in pieces(), b in pieces()) {
            let cells = text_cells(&[(&a).into(), (&b).into()], 100_000).unwrap();
            let covered = !cells.iter().any(|cell| cell.matches == [false, true]);
            prop_assert!(covered || !covers(&a, &b));
            prop_assert_eq!(overlaps(&a, &b), cells.iter().any(|cell| cell.matches == [true, true]));
        }

        #[test]
        fn cells_cover_every_text(
            patterns in proptest::collection::vec("[aB*?:]{0,5}", 1..4),
            ignore_case in any::<bool>(),
            texts in proptest::collection::vec("[abAB:x]{0,6}", 1..8),
        ) {
            let compiled: Vec<_> = patterns.iter().map(|text| WildcardPattern::flat(text)).collect();
            let folded: Vec<_> =
                patterns.iter().map(|text| WildcardPattern::flat(&text.to_ascii_lowercase())).collect();
            let matches = |text: &str| -> Vec<bool> {
                if ignore_case {
                    folded.iter().map(|pattern| pattern.is_match(&text.to_ascii_lowercase())).collect()
                } else {
                    compiled.iter().map(|pattern| pattern.is_match(text)).collect()
                }
            };
            let language: Vec<_> =
                compiled.iter().map(|pattern| LanguagePattern { pattern, ignore_case }).collect();
            let cells = text_cells(&language, 100_000).unwrap();
            for cell in &cells {
                prop_assert_eq!(&matches(&cell.example), &cell.matches, "example {}", cell.example);
            }
            for text in texts {
                let vector = matches(&text);
                prop_assert!(cells.iter().any(|cell| cell.matches == vector), "no cell for {}", text);
            }
        }
    }
}
