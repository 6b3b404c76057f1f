//! Markdown for comments in pull requests. One file a subject.
//!
//! Names and policies come from many people: what they wrote stands in code spans or is escaped, so that it can neither draw
//! headings and pictures nor mention anybody.

pub mod audit;
pub mod impact;
pub mod who_can;

use std::fmt::Write as _;

use scproof_simulator::AccountRef;

use crate::impact::{Detail, accounts_words};
use crate::layout::{clean, count};

/// Up to this many accounts stand in the text; more are folded.
const OPEN_ACCOUNTS: usize = 3;

/// A text from outside, as it is, in a code span.
fn code(text: &str) -> String {
    let text = clean(text);
    let longest = runs(&text, '`').max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A space keeps the text's own backticks apart from the fence; Markdown takes it off again.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A block of text that can be copied.
pub(crate) fn block(language: &str, text: &str) -> String {
    let longest = runs(text, '`').max().unwrap_or(0).max(2);
    let fence = "`".repeat(longest + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// A sentence with code in backticks; everything else is shown as it is.
pub(crate) fn prose(text: &str) -> String {
    let text = clean(text);
    let parts: Vec<&str> = text.split('`').collect();
    // A name with backticks of its own: where it begins and ends cannot be told.
    if parts.len().is_multiple_of(2) || parts.iter().skip(1).rev().skip(1).any(|part| part.is_empty()) {
        return code(&text);
    }
    let pieces = parts.iter().enumerate();
    pieces.map(|(index, part)| if index % 2 == 1 { code(part) } else { escaped(part) }).collect()
}

/// Plain text that Markdown leaves alone.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    // Addresses become links by themselves.
    let text = text.replace("://", "\u{0}").replace("www.", "www\u{1}");
    for character in text.chars() {
        match character {
            '\u{0}' => result.push_str("&#58;//"),
            '\u{1}' => result.push_str("&#46;"),
            // A mention needs the at sign and the name in one text.
            '@' => result.push_str("@<!-- -->"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '&' => result.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '+' | '!' | '|' | '~' | '$' => {
                result.push('\\');
                result.push(character);
            }
            _ => result.push(character),
        }
    }
    result
}

/// How long the runs of a character are.
fn runs(text: &str, wanted: char) -> impl Iterator<Item = usize> + '_ {
    text.split(move |character| character != wanted).map(str::len)
}

/// Several texts from outside.
fn codes(texts: &[String]) -> String {
    texts.iter().map(|text| code(text)).collect::<Vec<_>>().join("; ")
}

/// An item with accounts by place.
fn accounts(page: &mut String, accounts: &[&AccountRef], detail: Detail) {
    let places = accounts_words(accounts, detail);
    if accounts.len() <= OPEN_ACCOUNTS {
        let places: Vec<String> = places.iter().map(|place| code(place)).collect();
        let noun = if accounts.len() == 1 { "account" } else { "accounts" };
        let _ = writeln!(page, "- **{noun}** {}", places.join("; "));
        return;
    }
    let _ = writeln!(page, "- <details><summary><b>{}</b></summary>\n", count(accounts.len(), "account"));
    for place in places {
        let _ = writeln!(page, "  - {}", code(&place));
    }
    page.push_str("  </details>\n");
}

/// A command line in an item.
fn command(page: &mut String, words: &[String]) {
    page.push('\n');
    for line in block("sh", &words.join(" ")).lines() {
        let _ = writeln!(page, "  {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_keeps_every_character() {
        assert_eq!(code("a|b<i>@x"), "`a|b<i>@x`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a``"), "``` `a`` ```");
        assert_eq!(code("a\nb\u{202e}"), r"`a\u{a}b\u{202e}`");
        assert_eq!(code(""), "`  `");
    }

    #[test]
    fn prose_with_code() {
        assert_eq!(prose("`a*b` is not <b>*"), r"`a*b` is not &lt;b&gt;\*");
        assert_eq!(prose("odd ` @all"), "``odd ` @all``");
        assert_eq!(prose("`a``b` c"), "``` `a``b` c ```");
        assert_eq!(prose("see http://a www.b"), "see http&#58;//a www&#46;b");
        assert_eq!(prose("# `x`"), r"\# `x`");
    }

    #[test]
    fn a_block_is_longer_than_what_is_in_it() {
        assert_eq!(block("sh", "a ```` b"), "`````sh\na ```` b\n`````\n");
    }
}
