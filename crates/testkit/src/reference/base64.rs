//! Bytes given as base64 (OP-14).

/// The bytes of a padded text in the standard alphabet; none if it is malformed.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let characters: Vec<char> = text.chars().collect();
    if !characters.len().is_multiple_of(4) {
        return None;
    }
    let padding = characters.iter().rev().take_while(|character| **character == '=').count();
    if padding > 2 {
        return None;
    }
    let mut bits: Vec<bool> = Vec::new();
    for character in characters.iter().take(characters.len() - padding) {
        let value = sextet(*character)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1 == 1));
    }
    let whole_bytes = bits.chunks_exact(8);
    Some(whole_bytes.map(|byte| byte.iter().fold(0, |value, bit| value << 1 | u8::from(*bit))).collect())
}

/// CALL-19: the bytes of a text that lacks its padding.
pub(crate) fn decode_unpadded(text: &str) -> Option<Vec<u8>> {
    let missing = 4 - text.chars().count() % 4;
    if missing > 2 { None } else { decode(&format!("{text}{}", "=".repeat(missing))) }
}

fn sextet(character: char) -> Option<u32> {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        .chars()
        .zip(0..)
        .find(|(letter, _)| *letter == character)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn op_14_compares_decoded_bytes() {
        assert_eq!(decode("aGVsbG8="), Some(b"hello".to_vec()));
        assert_eq!(decode(""), Some(Vec::new()));
        assert_eq!(decode("AAEC"), Some(vec![0, 1, 2]));
        assert_eq!(decode("/+8="), Some(vec![255, 239]));
        for bad in ["a", "ab", "abc", "a===", "ab=c", "ab c", "_-8=", "é==="] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
