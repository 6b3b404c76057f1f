//! Names that are nearly right, and texts as messages repeat them.

use crate::is_unseen;

/// The longest piece of input that a message repeats, in characters.
const MAX_QUOTED: usize = 80;

/// Beyond this, a name is not compared with others: a comparison takes the product of the lengths.
const LONGEST: usize = 128;

/// How many near names are told.
const MOST: usize = 3;

/// Input for a message: in backticks, on one line, shortened.
pub fn quoted(text: &str) -> String {
    let mut result = String::from("`");
    for (count, character) in text.chars().enumerate() {
        if count == MAX_QUOTED {
            result.push('…');
            break;
        }
        if is_unseen(character) {
            result.extend(character.escape_default());
        } else {
            result.push(character);
        }
    }
    result.push('`');
    result
}

/// A text for a message, cut if absurdly long.
pub fn shorten(text: &str) -> String {
    const SHOWN: usize = 140;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// How many slips (a letter more, less, another, or two swapped) turn one name into the other; `None` if more than
/// `most`.
pub fn slips(name: &str, candidate: &str, most: usize) -> Option<usize> {
    // A slip changes the length by one character at most, which has up to four bytes.
    if name.len() > LONGEST || name.len().abs_diff(candidate.len()) > 4 * most {
        return None;
    }
    Some(strsim::osa_distance(name, candidate)).filter(|&distance| distance <= most)
}

/// The candidates within some slips, nearest first, at most three. Letter case counts.
///
/// ```
/// use scproof_text::near_names;
/// assert_eq!(near_names("p-FullAwsAccess", ["p-FullAWSAccess", "p-other"], 2), ["p-FullAWSAccess"]);
/// ```
pub fn near_names<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>, most: usize) -> Vec<String> {
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| slips(name, candidate, most).map(|distance| (distance, candidate)))
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(MOST).map(|(_, name)| name.to_owned()).collect()
}

/// The candidate nearest to a misspelt name, if one is near: one slip, and one more for each six letters, or only its
/// beginning. Letter case counts for nothing.
///
/// ```
/// use scproof_text::nearest;
/// assert_eq!(nearest("PartentId", ["Id", "ParentId", "Name"]), Some("ParentId"));
/// assert_eq!(nearest("Weather", ["Id", "ParentId", "Name"]), None);
/// ```
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.is_empty() {
        return None;
    }
    let name = name.to_ascii_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let folded = candidate.to_ascii_lowercase();
            let cut = (name.len() >= 3 && folded.starts_with(&name)).then_some(1);
            let distance = slips(&name, &folded, 1 + candidate.len() / 6).or(cut)?;
            Some((distance, candidate))
        })
        // A name of two letters has nearly everything in common with another of two letters.
        .filter(|&(distance, candidate)| distance < candidate.len().max(name.len()))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean …", if a near name exists.
pub fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    nearest(name, candidates).map(|near| format!("did you mean `{near}`?"))
}

/// Whether a text has nothing but white space.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}
