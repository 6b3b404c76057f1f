//! Bytes as text: PowerShell writes UTF-16 with `>`, and a byte order mark before UTF-8.

use std::borrow::Cow;

use scproof_text::{LoadError, codes, decode};

/// Bytes as text: UTF-8, or UTF-16 if they begin with its byte order mark.
///
/// ```
/// use scproof_import::text_of;
/// assert_eq!(text_of(b"\xff\xfe{\0}\0")?, "{}");
/// assert!(text_of(b"\xff\xfe{").is_err());
/// # Ok::<(), scproof_text::LoadError>(())
/// ```
///
/// # Errors
///
/// If they are neither.
pub fn text_of(bytes: &[u8]) -> Result<Cow<'_, str>, LoadError> {
    let (rest, read): (_, fn([u8; 2]) -> u16) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => (rest, u16::from_be_bytes),
        _ => return decode(bytes).map(Cow::Borrowed).map_err(|fault| LoadError::single(*fault)),
    };
    let (pairs, odd) = rest.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().copied().map(read)).collect();
    match text {
        Ok(text) if odd.is_empty() => Ok(Cow::Owned(text)),
        _ => {
            let fault = codes::INVALID_UTF8.message("the text begins as UTF-16 and is none");
            Err(LoadError::single(fault.expected("UTF-8 or UTF-16").on(0..2)))
        }
    }
}
