//! Small helpers for the files that people write by hand.

/// A text for a message, cut if absurdly long.
pub(crate) fn shorten(text: &str) -> String {
    const SHOWN: usize = 140;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Whether a text has nothing but white space.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// The name that a text was probably meant to be: the same letters in another case, or the same beginning.
pub(crate) fn near<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let text = text.trim().to_lowercase();
    let alike = |candidate: &&str| {
        let shorter = text.len().min(candidate.len());
        shorter >= 2 && text.get(..shorter).is_some_and(|start| candidate.starts_with(start))
    };
    candidates.into_iter().find(alike)
}
