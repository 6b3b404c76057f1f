//! `*` and `?` patterns over text: the one judge of what a policy pattern matches (MATCH-1 to MATCH-5).
//!
//! All patterns of the policy language are sequences of [`Piece`]s that must cover the whole text. They differ in which
//! wildcards may cross a colon ("wide") and which may not ("narrow"): all are wide in `StringLike` (RES-12), none is
//! wide before the sixth component in an ARN operator (RES-13), and in `Resource` a `*` that ends its component is wide
//! too (RES-6).

/// One step of a pattern. `wide` wildcards also match `:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Piece<'a> {
    /// This text, character by character.
    Literal(&'a str),
    /// `*`: any run of characters, also empty.
    Run {
        /// Whether the run may contain colons.
        wide: bool,
    },
    /// `?`: exactly one character.
    One {
        /// Whether the character may be a colon.
        wide: bool,
    },
}

/// What `?` counts as one character (MATCH-2, unsure; only matters for non-ASCII text).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CharacterUnit {
    /// A Unicode scalar value: the preferred reading.
    #[default]
    Scalar,
    /// A byte of the UTF-8 form.
    Byte,
    /// A unit of the UTF-16 form.
    Utf16,
}

/// Something that can be read as a [`Piece`]; lets owned and borrowed patterns share one matcher.
pub trait AsPiece {
    /// The piece.
    fn as_piece(&self) -> Piece<'_>;
}

impl AsPiece for Piece<'_> {
    fn as_piece(&self) -> Piece<'_> {
        *self
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum OwnedPiece {
    Literal(Box<str>),
    Run { wide: bool },
    One { wide: bool },
}

impl AsPiece for OwnedPiece {
    fn as_piece(&self) -> Piece<'_> {
        match self {
            Self::Literal(text) => Piece::Literal(text),
            Self::Run { wide } => Piece::Run { wide: *wide },
            Self::One { wide } => Piece::One { wide: *wide },
        }
    }
}

/// Nearly all real patterns are one of the first three shapes and need no search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shape {
    Any,
    Literal,
    Prefix,
    General,
}

/// A pattern ready to match. Matching never backtracks further than the last narrow and the last wide `*`: its cost is
/// `O(text × pattern)` at worst and `O(text)` for literal and prefix patterns (MATCH-3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WildcardPattern {
    pieces: Box<[OwnedPiece]>,
    shape: Shape,
}

impl WildcardPattern {
    /// A pattern from its pieces; neighbouring literals are joined and runs of `*` collapsed.
    pub fn from_pieces<'a>(pieces: impl IntoIterator<Item = Piece<'a>>) -> Self {
        let mut owned: Vec<OwnedPiece> = Vec::new();
        for piece in pieces {
            match (piece, owned.last_mut()) {
                (Piece::Literal(""), _) => {}
                (Piece::Literal(text), Some(OwnedPiece::Literal(last))) => *last = format!("{last}{text}").into(),
                (Piece::Run { wide }, Some(OwnedPiece::Run { wide: last })) => *last |= wide,
                (Piece::Literal(text), _) => owned.push(OwnedPiece::Literal(text.into())),
                (Piece::Run { wide }, _) => owned.push(OwnedPiece::Run { wide }),
                (Piece::One { wide }, _) => owned.push(OwnedPiece::One { wide }),
            }
        }
        let shape = match owned.as_slice() {
            [OwnedPiece::Run { wide: true }] => Shape::Any,
            [] | [OwnedPiece::Literal(_)] => Shape::Literal,
            [OwnedPiece::Literal(_), OwnedPiece::Run { wide: true }] => Shape::Prefix,
            _ => Shape::General,
        };
        Self { pieces: owned.into(), shape }
    }

    /// A flat pattern: every `*` and `?` of the text is a wildcard that matches any character (RES-12).
    ///
    /// ```
    /// use scproof_policy_parser::WildcardPattern;
    /// let pattern = WildcardPattern::flat("Get*Acl");
    /// assert!(pattern.is_match("GetObjectAcl") && !pattern.is_match("GetObject"));
    /// ```
    pub fn flat(text: &str) -> Self {
        Self::from_pieces(flat_pieces(text))
    }

    /// A pattern that matches exactly this text.
    pub fn literal(text: &str) -> Self {
        Self::from_pieces([Piece::Literal(text)])
    }

    /// Whether the pattern covers the whole text.
    pub fn is_match(&self, text: &str) -> bool {
        match (self.shape, &*self.pieces) {
            (Shape::Any, _) => true,
            (Shape::Literal, [OwnedPiece::Literal(literal)]) => **literal == *text,
            (Shape::Literal, _) => text.is_empty(),
            (Shape::Prefix, [OwnedPiece::Literal(literal), ..]) => text.as_bytes().starts_with(literal.as_bytes()),
            (Shape::Prefix | Shape::General, pieces) => matches_pieces(pieces, text, CharacterUnit::Scalar),
        }
    }

    /// Whether the pattern covers the whole text, with another reading of what one character is.
    pub fn is_match_by(&self, text: &str, unit: CharacterUnit) -> bool {
        matches_pieces(&self.pieces, text, unit)
    }

    /// Whether the pattern matches every text.
    pub fn is_any(&self) -> bool {
        self.shape == Shape::Any
    }

    /// The text, if the pattern holds no wildcard.
    pub fn as_literal(&self) -> Option<&str> {
        match &*self.pieces {
            [] => Some(""),
            [OwnedPiece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether the pattern holds a `?`.
    pub fn has_single_wildcard(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, OwnedPiece::One { .. }))
    }

    /// The pieces in order.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        self.pieces.iter().map(AsPiece::as_piece)
    }
}

/// The pieces of a text in which every `*` and `?` is a wildcard that matches any character.
pub fn flat_pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    split_wildcards(text).map(|part| match part {
        "*" => Piece::Run { wide: true },
        "?" => Piece::One { wide: true },
        literal => Piece::Literal(literal),
    })
}

/// Splits a text into single wildcards and the texts between them.
pub(crate) fn split_wildcards(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['*', '?'])
        .flat_map(|part| match part.strip_suffix(['*', '?']) {
            None => [part, ""],
            Some(literal) => {
                let (_, wildcard) = part.split_at(literal.len());
                [literal, wildcard]
            }
        })
        .filter(|part| !part.is_empty())
}

/// Where matching can resume: after the pieces before `piece`, at byte `text`.
#[derive(Clone, Copy)]
struct Mark {
    piece: usize,
    text: usize,
}

/// Whether the pieces cover the whole text.
///
/// Greedy with two resumption points. A wide `*` reached at its earliest position dominates every other choice before
/// it. Between two wide stars, a narrow `*` followed by another narrow one never needs a second choice: either no colon
/// stands between them, then both end in the same component, or one does, then its place is forced. This holds as long
/// as no wide `?` stands between narrow stars.
pub fn matches_pieces<P: AsPiece>(pieces: &[P], text: &str, unit: CharacterUnit) -> bool {
    let bytes = text.as_bytes();
    let mut at = Mark { piece: 0, text: 0 };
    let mut wide_mark: Option<Mark> = None;
    let mut narrow_mark: Option<Mark> = None;
    loop {
        let advanced = match pieces.get(at.piece).map(AsPiece::as_piece) {
            None if at.text == bytes.len() => return true,
            None => false,
            // PERF: a narrow run before a colon ends at the next colon and nowhere else: no search, no mark. Principal
            // ARNs are mostly matched this way (`arn:aws:iam::*:role/Name`).
            Some(Piece::Run { wide: false }) if matches!(pieces.get(at.piece + 1).map(AsPiece::as_piece), Some(Piece::Literal(next)) if next.starts_with(':')) =>
            {
                narrow_mark = None;
                let rest = bytes.get(at.text..).unwrap_or_default();
                match rest.iter().position(|&byte| byte == b':') {
                    Some(colon) => {
                        at = Mark { piece: at.piece + 1, text: at.text + colon };
                        true
                    }
                    None => false,
                }
            }
            Some(Piece::Run { wide }) => {
                at.piece += 1;
                if wide {
                    if at.piece == pieces.len() {
                        return true;
                    }
                    (wide_mark, narrow_mark) = (Some(at), None);
                } else {
                    narrow_mark = Some(at);
                }
                true
            }
            Some(Piece::Literal(literal)) => {
                let matched = bytes.get(at.text..).is_some_and(|rest| rest.starts_with(literal.as_bytes()));
                if matched {
                    at = Mark { piece: at.piece + 1, text: at.text + literal.len() };
                }
                matched
            }
            Some(Piece::One { wide }) => match one_character(text, at.text, unit) {
                Some(length) if wide || bytes.get(at.text) != Some(&b':') => {
                    at = Mark { piece: at.piece + 1, text: at.text + length };
                    true
                }
                _ => false,
            },
        };
        if advanced {
            continue;
        }
        let extend_narrow = narrow_mark.filter(|mark| bytes.get(mark.text).is_some_and(|&byte| byte != b':'));
        at = if let Some(mark) = extend_narrow {
            let resumed = Mark { text: mark.text + 1, ..mark };
            narrow_mark = Some(resumed);
            resumed
        } else if let Some(mark) = wide_mark.filter(|mark| mark.text < bytes.len()) {
            let resumed = Mark { text: mark.text + 1, ..mark };
            (wide_mark, narrow_mark) = (Some(resumed), None);
            resumed
        } else {
            return false;
        };
    }
}

/// The length in bytes of the character at a byte position, or `None` at the end.
///
/// UTF-16 units cannot be stepped through in UTF-8: a character outside the basic plane has two units, so one `?`
/// cannot cover it and two must. The matcher counts its four bytes as two halves of two bytes each.
fn one_character(text: &str, at: usize, unit: CharacterUnit) -> Option<usize> {
    let bytes = text.as_bytes();
    let first = *bytes.get(at)?;
    if first < 0x80 || unit == CharacterUnit::Byte {
        return Some(1);
    }
    let scalar = match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        // Inside a character: only reachable from a `*` that stopped there, or half-way through a UTF-16 pair.
        _ => match unit {
            CharacterUnit::Utf16 if at >= 2 && bytes.get(at - 2).is_some_and(|&byte| byte >= 0xF0) => 2,
            CharacterUnit::Scalar | CharacterUnit::Byte | CharacterUnit::Utf16 => return None,
        },
    };
    Some(if unit == CharacterUnit::Utf16 && scalar == 4 { 2 } else { scalar })
}

/// What the greedy matcher is held against: follows every position at once.
#[cfg(test)]
fn matches_pieces_exhaustively<P: AsPiece>(pieces: &[P], text: &str, unit: CharacterUnit) -> bool {
    let bytes = text.as_bytes();
    let mut reachable = vec![false; bytes.len() + 1];
    if let Some(start) = reachable.first_mut() {
        *start = true;
    }
    for piece in pieces {
        let mut next = vec![false; bytes.len() + 1];
        let mut carried = false;
        for at in 0..=bytes.len() {
            let here = reachable.get(at).copied().unwrap_or(false);
            match piece.as_piece() {
                Piece::Literal(literal) => {
                    if here && bytes.get(at..).is_some_and(|rest| rest.starts_with(literal.as_bytes())) {
                        set(&mut next, at + literal.len());
                    }
                }
                Piece::One { wide } => {
                    if here
                        && (wide || bytes.get(at) != Some(&b':'))
                        && let Some(length) = one_character(text, at, unit)
                    {
                        set(&mut next, at + length);
                    }
                }
                Piece::Run { wide } => {
                    carried |= here;
                    if carried {
                        set(&mut next, at);
                    }
                    if !wide && bytes.get(at) == Some(&b':') {
                        carried = false;
                    }
                }
            }
        }
        reachable = next;
    }
    reachable.last().copied().unwrap_or(false)
}

#[cfg(test)]
fn set(flags: &mut [bool], at: usize) {
    if let Some(flag) = flags.get_mut(at) {
        *flag = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn match_1_is_anchored_and_knows_no_other_metacharacters() {
        let cases = [
            ("Get", "GetObject", false),
            ("Get*", "Get", true),
            ("GetObjec?", "GetObject", true),
            ("GetObjec?", "GetObjec", false),
            ("a.c", "abc", false),
            ("[ab]", "a", false),
            ("*a*b", "xaxbxab", true),
            ("**a", "a", true),
            ("", "", true),
            ("", "a", false),
            ("é?x", "éüx", true),
            ("*", "", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(WildcardPattern::flat(pattern).is_match(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn match_2_readings_of_one_character() {
        let by = |pattern: &str, text: &str, unit| WildcardPattern::flat(pattern).is_match_by(text, unit);
        assert!(by("a?c", "aéc", CharacterUnit::Scalar) && !by("a?c", "aéc", CharacterUnit::Byte));
        assert!(by("a??c", "aéc", CharacterUnit::Byte) && by("a?c", "aéc", CharacterUnit::Utf16));
        assert!(by("a??c", "a😀c", CharacterUnit::Utf16) && !by("a?c", "a😀c", CharacterUnit::Utf16));
        assert!(by("*?c", "a😀c", CharacterUnit::Utf16));
    }

    fn piece() -> impl Strategy<Value = Piece<'static>> {
        prop_oneof![
            proptest::sample::select(vec!["a", "b", ":", "a:", ":b", "é"]).prop_map(Piece::Literal),
            any::<bool>().prop_map(|wide| Piece::Run { wide }),
            Just(Piece::One { wide: false }),
        ]
    }

    proptest! {
        #[test]
        fn greedy_equals_exhaustive(pieces in proptest::collection::vec(piece(), 0..9), text in "[ab:é]{0,12}") {
            let expected = matches_pieces_exhaustively(&pieces, &text, CharacterUnit::Scalar);
            prop_assert_eq!(matches_pieces(&pieces, &text, CharacterUnit::Scalar), expected);
            prop_assert_eq!(WildcardPattern::from_pieces(pieces.iter().copied()).is_match(&text), expected);
        }

        #[test]
        fn flat_greedy_equals_exhaustive_in_every_unit(pattern in "[ab*?é😀]{0,8}", text in "[abé😀]{0,8}") {
            for unit in [CharacterUnit::Scalar, CharacterUnit::Byte, CharacterUnit::Utf16] {
                let pieces: Vec<_> = flat_pieces(&pattern).collect();
                prop_assert_eq!(
                    matches_pieces(&pieces, &text, unit),
                    matches_pieces_exhaustively(&pieces, &text, unit)
                );
            }
        }
    }
}
