//! Pieces of text: safe characters, widths, numbers and lists.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

/// How wide a page is where nobody says otherwise, in columns.
pub const WIDTH: usize = 80;

/// A text from outside with characters that nobody sees made visible, also those that could move the cursor or turn the
/// reading direction.
///
/// Names and policies are written by many people; none of them should be able to draw on an operator's terminal, or to
/// pass for another one.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe(character) {
            result.extend(character.escape_unicode());
        } else {
            result.push(character);
        }
    }
    Cow::Owned(result)
}

/// A line of a text as it is written: tabs are blanks, and nothing in it is unsafe.
pub(crate) fn verbatim(line: &str) -> String {
    clean(&line.replace('\t', "    ")).into_owned()
}

/// Whether a character could move the cursor or turn the reading direction, or shows nothing.
pub(crate) fn is_unsafe(character: char) -> bool {
    scproof_text::is_unseen(character)
}

/// How many columns a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// A text cut to a width, with a mark where something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut result = String::new();
    for character in text.chars() {
        if columns(&result) + columns(character.encode_utf8(&mut [0; 4])) >= width {
            break;
        }
        result.push(character);
    }
    result.push('…');
    result
}

/// `1 action`, `2 actions`, `18,401 actions`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A number with a comma between groups of three digits.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut result = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            result.push(',');
        }
        result.push(digit);
    }
    result
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn enumerate(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// As [`enumerate`], at most `most` of them by name.
pub(crate) fn enumerate_some(items: &[String], most: usize) -> String {
    if items.len() <= most {
        return enumerate(items);
    }
    let shown = items.get(..most.saturating_sub(1)).unwrap_or_default();
    format!("{} and {} more", shown.join(", "), items.len() - shown.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists() {
        assert_eq!(count(1, "action"), "1 action");
        assert_eq!(count(1_234_567, "action"), "1,234,567 actions");
        let items: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(enumerate(&items), "a, b and c");
        assert_eq!(enumerate_some(&items, 2), "a and 2 more");
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
    }

    #[test]
    fn nothing_from_outside_reaches_the_terminal_unseen() {
        assert_eq!(clean("a\u{1b}[2Jb\u{202e}"), r"a\u{1b}[2Jb\u{202e}");
        // Two names that look alike are told apart.
        assert_eq!(clean("shop\u{200b} prod"), r"shop\u{200b} prod");
        assert_eq!(clean("shop\u{a0}prod"), r"shop\u{a0}prod");
        assert_eq!(clean("shop-prod é 生産 😀"), "shop-prod é 生産 😀");
    }
}
