//! Questions about the *sets* of texts that patterns match: which combinations of matches are possible at all, whether
//! one pattern covers another, whether two overlap.
//!
//! The patterns run side by side over all texts at once: a state is the set of positions each of them can be in, and
//! texts that lead to the same state are not told apart. Policies use few patterns on one key, so the walk is short;
//! hostile ones are cut off by a limit and the question stays open.

use std::collections::BTreeSet;
use std::sync::Arc;

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
    let start = machine.start();
    let mut seen: FxHashMap<Arc<[u64]>, usize> = FxHashMap::default();
    seen.insert(Arc::clone(&start), 0);
    let mut states: Vec<Arc<[u64]>> = vec![start];
    // For each state the state and letter it was first reached by, to spell the example.
    let mut origin: Vec<Option<(usize, char)>> = vec![None];
    let mut cells: Vec<TextCell> = Vec::new();
    let mut by_vector: FxHashMap<Vec<bool>, usize> = FxHashMap::default();
    let mut steps = Steps::default();
    let mut id = 0;
    while let Some(state) = states.get(id).map(Arc::clone) {
        let matches = machine.accepts(&state);
        let index = *by_vector.entry(matches).or_insert_with_key(|matches| {
            cells.push(TextCell { matches: matches.clone(), example: String::new() });
            cells.len() - 1
        });
        // The empty text stands for its class only where nothing else can.
        if let Some(cell) = cells.get_mut(index).filter(|cell| cell.example.is_empty()) {
            cell.example = spell(&origin, id);
        }
        machine.read(&state, &mut steps);
        while let Some(letter) = machine.next(&mut steps) {
            if let Some(known) = seen.get(&*steps.state) {
                if *known == 0
                    && let Some(first) = cells.first_mut().filter(|cell| cell.example.is_empty())
                {
                    first.example = spell(&origin, id);
                    first.example.push(letter);
                }
                continue;
            }
            if states.len() >= limit {
                return None;
            }
            let next: Arc<[u64]> = steps.state.as_slice().into();
            seen.insert(Arc::clone(&next), states.len());
            states.push(next);
            origin.push(Some((id, letter)));
        }
        id += 1;
    }
    Some(cells)
}

/// Whether `wide` certainly matches every text that `narrow` matches. Exact where `narrow` holds no wildcard that only
/// several wildcards of `wide` together could cover (`*` against `?*`); there it answers no. `O(wide × narrow)`.
pub fn covers(wide: &WildcardPattern, narrow: &WildcardPattern) -> bool {
    let (wide, narrow) = (symbols(wide), symbols(narrow));
    // INVARIANT: the row says which first symbols of `wide`, by their count, cover the symbols of `narrow` seen so far.
    let mut row = Row::new(wide.len() + 1);
    let mut next = Row::new(wide.len() + 1);
    row.set(0);
    let close = |row: &mut Row| {
        let mut at = row.first;
        while at <= row.last {
            if row.has(at) && matches!(wide.get(at), Some(Position::Run { .. })) {
                row.set(at + 1);
            }
            at += 1;
        }
    };
    close(&mut row);
    for symbol in &narrow {
        let colons = match symbol {
            Position::Character(letter) => *letter == ':',
            Position::One { wide } | Position::Run { wide } => *wide,
            Position::End => false,
        };
        for at in (row.first..=row.last).filter(|at| row.has(*at)) {
            match (wide.get(at), symbol) {
                (Some(Position::Run { wide }), _) if *wide || !colons => next.set(at),
                (Some(Position::One { wide }), Position::Character(_) | Position::One { .. }) if *wide || !colons => {
                    next.set(at + 1);
                }
                (Some(Position::Character(expected)), Position::Character(letter)) if expected == letter => {
                    next.set(at + 1);
                }
                _ => {}
            }
        }
        if next.is_empty() {
            return false;
        }
        close(&mut next);
        std::mem::swap(&mut row, &mut next);
        next.clear();
    }
    row.has(wide.len())
}

/// Whether some text matches both patterns. Exact. `O(a × b)`, and `O(a + b)` where few texts begin like both.
pub fn overlaps(a: &WildcardPattern, b: &WildcardPattern) -> bool {
    let (a, b) = (symbols(a), symbols(b));
    // INVARIANT: the row says for which first symbols of `b`, by their count, some text matches them and the first
    // symbols of `a` seen so far.
    let mut row = Row::new(b.len() + 1);
    let mut next = Row::new(b.len() + 1);
    row.set(0);
    for i in 0..=a.len() {
        let left = a.get(i);
        let mut j = row.first;
        while j <= row.last {
            if row.has(j) {
                let right = b.get(j);
                if matches!(right, Some(Position::Run { .. })) {
                    row.set(j + 1);
                }
                if matches!(left, Some(Position::Run { .. })) {
                    next.set(j);
                }
                if let (Some(left), Some(right)) = (left, right)
                    && share_a_letter(*left, *right)
                {
                    match (left, right) {
                        (Position::Run { .. }, Position::Run { .. }) => {}
                        (Position::Run { .. }, _) => row.set(j + 1),
                        (_, Position::Run { .. }) => next.set(j),
                        _ => next.set(j + 1),
                    }
                }
            }
            j += 1;
        }
        if i == a.len() {
            return row.has(b.len());
        }
        if next.is_empty() {
            return false;
        }
        std::mem::swap(&mut row, &mut next);
        next.clear();
    }
    false
}

/// A row of flags; only those between the first and the last that are set need to be looked at.
struct Row {
    flags: Vec<bool>,
    first: usize,
    last: usize,
}

impl Row {
    fn new(length: usize) -> Self {
        Self { flags: vec![false; length], first: usize::MAX, last: 0 }
    }

    fn set(&mut self, at: usize) {
        if let Some(flag) = self.flags.get_mut(at) {
            *flag = true;
            self.first = self.first.min(at);
            self.last = self.last.max(at);
        }
    }

    fn has(&self, at: usize) -> bool {
        self.flags.get(at) == Some(&true)
    }

    fn is_empty(&self) -> bool {
        self.first > self.last
    }

    fn clear(&mut self) {
        if let Some(flags) = self.flags.get_mut(self.first..=self.last) {
            flags.fill(false);
        }
        (self.first, self.last) = (usize::MAX, 0);
    }
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
    positions: Vec<Position>,
    /// For each position the letters that it asks for, by their places in the alphabet.
    letters: Vec<[Option<usize>; 2]>,
    starts: Vec<usize>,
    ends: Vec<usize>,
    alphabet: Vec<char>,
    colon: Option<usize>,
    words: usize,
}

/// What follows on a state, one letter after the other.
#[derive(Debug, Default)]
struct Steps {
    /// Where any letter leads, and where a colon does.
    any: Vec<u64>,
    at_colon: Vec<u64>,
    /// Letters that some position asks for, by their places in the alphabet, and the positions behind them; in order.
    asked: Vec<(usize, usize)>,
    /// The letters to tell, by their places: those asked for, the colon, and one for all others, since these lead to
    /// the same state.
    letters: Vec<usize>,
    /// How many of `asked` and of `letters` are told.
    told: [usize; 2],
    /// Where the letter that was told last leads.
    state: Vec<u64>,
}

impl Machine {
    fn new(patterns: &[LanguagePattern<'_>], is_letter: impl Fn(char) -> bool) -> Self {
        let mut positions = Vec::new();
        let mut asked: Vec<[Option<char>; 2]> = Vec::new();
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        for LanguagePattern { pattern, ignore_case } in patterns {
            starts.push(positions.len());
            for piece in pattern.pieces() {
                match piece {
                    Piece::Literal(text) => {
                        for letter in text.chars() {
                            positions.push(Position::Character(letter));
                            asked.push(if *ignore_case {
                                [Some(letter.to_ascii_lowercase()), Some(letter.to_ascii_uppercase())]
                            } else {
                                [Some(letter), None]
                            });
                        }
                    }
                    Piece::One { wide } => positions.push(Position::One { wide }),
                    Piece::Run { wide } => positions.push(Position::Run { wide }),
                }
                asked.resize(positions.len(), [None; 2]);
            }
            ends.push(positions.len());
            positions.push(Position::End);
            asked.push([None; 2]);
        }
        let mut letters: BTreeSet<char> = asked.iter().flatten().copied().flatten().chain([':']).collect();
        // One letter that no pattern names stands for all the others.
        let spare = ('a'..='z').chain('0'..='9').chain(['-']).chain('\u{e000}'..=char::MAX);
        let other = spare.into_iter().find(|letter| is_letter(*letter) && !letters.contains(letter));
        letters.retain(|letter| is_letter(*letter));
        letters.extend(other);
        let words = positions.len().div_ceil(64).max(1);
        // A readable example begins with ordinary letters rather than with a colon.
        let mut alphabet: Vec<char> = letters.into_iter().collect();
        alphabet.sort_by_key(|&letter| (Some(letter) != other, !letter.is_ascii_alphanumeric(), letter));
        let place_of: FxHashMap<char, usize> =
            alphabet.iter().enumerate().map(|(place, letter)| (*letter, place)).collect();
        let place = |letter: Option<char>| letter.and_then(|letter| place_of.get(&letter).copied());
        let letters = asked.into_iter().map(|letters| letters.map(place)).collect();
        let colon = place(Some(':'));
        Self { positions, letters, starts, ends, alphabet, colon, words }
    }

    fn start(&self) -> Arc<[u64]> {
        let mut state = vec![0; self.words];
        for &start in &self.starts {
            self.enter(&mut state, start);
        }
        state.into()
    }

    /// Adds a position and those reachable from it without a letter: a run may be empty.
    fn enter(&self, state: &mut [u64], mut at: usize) {
        loop {
            if let Some(word) = state.get_mut(at / 64) {
                *word |= 1 << (at % 64);
            }
            match self.positions.get(at) {
                Some(Position::Run { .. }) => at += 1,
                _ => return,
            }
        }
    }

    /// Gets ready for [`next`](Self::next) on a state.
    fn read(&self, state: &[u64], steps: &mut Steps) {
        for set in [&mut steps.any, &mut steps.at_colon] {
            set.clear();
            set.resize(self.words, 0);
        }
        steps.asked.clear();
        for at in ones(state) {
            match self.positions.get(at) {
                Some(Position::Character(_)) => {
                    let letters = self.letters.get(at).into_iter().flatten().flatten();
                    steps.asked.extend(letters.map(|letter| (*letter, at + 1)));
                }
                Some(position @ (Position::One { wide } | Position::Run { wide })) => {
                    let next = at + usize::from(matches!(position, Position::One { .. }));
                    self.enter(&mut steps.any, next);
                    if *wide {
                        self.enter(&mut steps.at_colon, next);
                    }
                }
                Some(Position::End) | None => {}
            }
        }
        steps.asked.sort_unstable();
        steps.letters.clear();
        steps.letters.extend(steps.asked.iter().map(|(letter, _)| *letter).chain(self.colon));
        steps.letters.sort_unstable();
        steps.letters.dedup();
        let other = (0..self.alphabet.len()).find(|letter| steps.letters.binary_search(letter).is_err());
        steps.letters.extend(other);
        steps.letters.sort_unstable();
        steps.told = [0, 0];
    }

    /// The next letter, in the order of the alphabet, with where it leads in `steps`.
    fn next(&self, steps: &mut Steps) -> Option<char> {
        let [asked, letters] = &mut steps.told;
        let place = *steps.letters.get(*letters)?;
        *letters += 1;
        steps.state.clear();
        steps.state.extend_from_slice(if Some(place) == self.colon { &steps.at_colon } else { &steps.any });
        while let Some((_, at)) = steps.asked.get(*asked).filter(|(letter, _)| *letter == place) {
            *asked += 1;
            self.enter(&mut steps.state, *at);
        }
        self.alphabet.get(place).copied()
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
