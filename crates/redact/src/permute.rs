//! A keyed permutation of texts of one shape: what stands behind every replaced id, name and address.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The secret that decides what replaces what.
///
/// The same key gives the same replacements, in this snapshot and in a later one of the same organization. Who has the
/// key can undo them; who has not cannot even test a guess, although there are only so many account ids.
#[derive(Clone)]
pub struct RedactionKey([u8; 32]);

/// Why a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the redaction key has {found} characters")]
pub struct RedactionKeyError {
    found: usize,
}

impl RedactionKeyError {
    /// What the key should have been.
    pub fn expected(&self) -> String {
        format!("at least {} characters, best random ones", RedactionKey::MIN_CHARACTERS)
    }
}

impl RedactionKey {
    /// A shorter key could be found by trying.
    pub const MIN_CHARACTERS: usize = 16;

    /// A new key from the system's source of randomness.
    ///
    /// # Errors
    ///
    /// If the system gives no random bytes.
    pub fn random() -> Result<Self, std::io::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(std::io::Error::from)?;
        Ok(Self(bytes))
    }

    /// A key from a text, to repeat a redaction.
    ///
    /// # Errors
    ///
    /// If the text has fewer than [`MIN_CHARACTERS`](Self::MIN_CHARACTERS) characters.
    pub fn from_text(text: &str) -> Result<Self, RedactionKeyError> {
        let found = text.chars().count();
        if found < Self::MIN_CHARACTERS {
            return Err(RedactionKeyError { found });
        }
        Ok(Self(Sha256::digest(text.as_bytes()).into()))
    }
}

impl std::fmt::Debug for RedactionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedactionKey(secret)")
    }
}

/// Which characters of a text are exchanged for which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// Digits and lower-case letters are one alphabet, as in AWS's ids; everything else stays.
    LowerAlphanumeric,
    /// The digits of ids such as `vpc-0a1b2c3d4e5f67890`.
    Hexadecimal,
    /// Also upper-case letters and the underscore, as in the ids of policies.
    Word,
    /// Digits become digits and letters become letters of the same case; everything else stays. Texts that differ in
    /// case become texts that differ in case.
    Shape,
}

const LOWER: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const HEXADECIMAL: &[u8] = b"0123456789abcdef";
const WORD: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

/// A character that moves: its number within so many, and how to write a number.
#[derive(Debug, Clone, Copy)]
struct Symbol {
    number: u32,
    count: u32,
    /// Adding this to the number gives the character, unless an alphabet does.
    base: u32,
    alphabet: Option<&'static [u8]>,
}

impl Symbol {
    fn of(character: char, alphabet: Alphabet) -> Option<Self> {
        let within = |symbols: &'static [u8]| {
            let number = symbols.iter().position(|symbol| char::from(*symbol) == character)?;
            let (number, count) = (u32::try_from(number).ok()?, u32::try_from(symbols.len()).ok()?);
            Some(Self { number, count, base: 0, alphabet: Some(symbols) })
        };
        let range =
            |base: u32, count: u32| Some(Self { number: u32::from(character) - base, count, base, alphabet: None });
        match alphabet {
            Alphabet::LowerAlphanumeric => within(LOWER),
            Alphabet::Hexadecimal => within(HEXADECIMAL),
            Alphabet::Word => within(WORD),
            Alphabet::Shape => match character {
                '0'..='9' => range(u32::from('0'), 10),
                'a'..='z' => range(u32::from('a'), 26),
                'A'..='Z' => range(u32::from('A'), 26),
                '\u{c0}'..='\u{ff}' => range(0xc0, 64),
                // Other scripts: any character of the same block of 256.
                '\u{100}'.. => range(u32::from(character) & !0xff, 256),
                _ => None,
            },
        }
    }

    fn character(self) -> Option<char> {
        match self.alphabet {
            Some(symbols) => symbols.get(self.number as usize).map(|symbol| char::from(*symbol)),
            None => char::from_u32(self.base + self.number),
        }
    }
}

/// After eight rounds the halves of a Feistel network cannot be told from random ones.
const ROUNDS: u8 = 8;

/// Exchanges the characters of a text: one to one among the texts of the same shape and label.
pub(crate) fn permute(key: &RedactionKey, label: &str, text: &str, alphabet: Alphabet) -> String {
    let mut symbols: Vec<Symbol> = text.chars().filter_map(|character| Symbol::of(character, alphabet)).collect();
    // What stays the same is part of the key, so that texts of different shape have nothing in common.
    let mut tweak = Sha256::new();
    tweak.update(label.as_bytes());
    for character in text.chars() {
        match Symbol::of(character, alphabet) {
            // The case of a letter stays too, but must not decide what replaces it.
            Some(symbol) if symbol.count == 26 => tweak.update([1]),
            Some(symbol) => tweak.update([&[2][..], &symbol.base.to_le_bytes(), &symbol.count.to_le_bytes()].concat()),
            None => tweak.update([&[3][..], &u32::from(character).to_le_bytes()].concat()),
        }
    }
    let tweak: [u8; 32] = tweak.finalize().into();
    let half = symbols.len() / 2;
    for round in 0..ROUNDS {
        let (first, second) = symbols.split_at_mut(half);
        if round % 2 == 0 { add(key, &tweak, round, first, second) } else { add(key, &tweak, round, second, first) }
    }
    let mut moved = symbols.into_iter();
    text.chars()
        .map(|character| match Symbol::of(character, alphabet) {
            Some(_) => moved.next().and_then(Symbol::character).unwrap_or(character),
            None => character,
        })
        .collect()
}

/// Adds to one half a number for each of its characters that only key and other half decide.
fn add(key: &RedactionKey, tweak: &[u8; 32], round: u8, from: &[Symbol], to: &mut [Symbol]) {
    let numbers: Vec<u8> = from.iter().flat_map(|symbol| symbol.number.to_le_bytes()).collect();
    let half = keyed(key, &[tweak, &[round], &numbers]);
    for (block, chunk) in (0_u32..).zip(to.chunks_mut(8)) {
        let bytes = keyed(key, &[&half, &block.to_le_bytes()]);
        for (symbol, bytes) in chunk.iter_mut().zip(bytes.chunks_exact(4)) {
            let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            let moved = (u64::from(symbol.number) + number) % u64::from(symbol.count);
            symbol.number = u32::try_from(moved).unwrap_or(symbol.number);
        }
    }
}

fn keyed(key: &RedactionKey, parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("any length will do");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn key() -> RedactionKey {
        RedactionKey::from_text("sixteen letters and more").unwrap()
    }

    #[test]
    fn different_texts_stay_different() {
        let short: BTreeSet<String> =
            (0..1000).map(|number| permute(&key(), "", &format!("{number:03}"), Alphabet::Shape)).collect();
        assert_eq!(short.len(), 1000);
        let single: BTreeSet<String> =
            ('a'..='z').map(|letter| permute(&key(), "", &letter.to_string(), Alphabet::Shape)).collect();
        assert_eq!(single.len(), 26);
        let ids: BTreeSet<String> = LOWER
            .iter()
            .flat_map(|one| LOWER.iter().map(|two| format!("{}{}", char::from(*one), char::from(*two))))
            .map(|id| permute(&key(), "", &id, Alphabet::LowerAlphanumeric))
            .collect();
        assert_eq!(ids.len(), 36 * 36);
    }

    #[test]
    fn the_shape_stays_and_case_goes_with_it() {
        let lower = permute(&key(), "", "log-archive 7", Alphabet::Shape);
        let upper = permute(&key(), "", "LOG-Archive 7", Alphabet::Shape);
        assert_eq!(lower, upper.to_lowercase());
        assert_ne!(lower, "log-archive 7");
        assert_eq!(lower.find('-'), Some(3));
        assert!(upper.starts_with(|letter: char| letter.is_ascii_uppercase()));
        assert_eq!(permute(&key(), "", "Zürich 東京", Alphabet::Shape).chars().count(), 9);
    }

    #[test]
    fn key_and_label_decide() {
        let other = RedactionKey::from_text("sixteen letters or more.").unwrap();
        let id = "222222222222";
        let replaced = permute(&key(), "account", id, Alphabet::Shape);
        assert_eq!(replaced, permute(&key(), "account", id, Alphabet::Shape));
        assert_ne!(replaced, permute(&other, "account", id, Alphabet::Shape));
        assert_ne!(replaced, permute(&key(), "name", id, Alphabet::Shape));
        assert_ne!(
            permute(&RedactionKey::random().unwrap(), "account", id, Alphabet::Shape),
            permute(&RedactionKey::random().unwrap(), "account", id, Alphabet::Shape)
        );
    }

    #[test]
    fn a_short_key_is_refused() {
        let error = RedactionKey::from_text("short").unwrap_err();
        assert_eq!(error.to_string(), "the redaction key has 5 characters");
        assert!(error.expected().starts_with("at least 16"));
        assert_eq!(format!("{:?}", key()), "RedactionKey(secret)");
    }
}
