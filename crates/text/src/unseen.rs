//! Characters that nobody sees, or that do something instead of being seen.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Whether a character shows nothing of itself: controls, formats (such as those that turn the reading direction), line
/// and paragraph separators, private and unassigned characters, fillers and variation selectors, and blanks that look
/// like another one.
///
/// Two texts that differ in such characters alone look the same; and some of them draw on a terminal. Whoever shows a
/// text from outside shows them as escapes.
///
/// ```
/// use scproof_text::is_unseen;
/// assert!("\u{1b}\u{200b}\u{202e}\u{2028}\u{e000}\u{ad}\u{a0}\u{fe0f}".chars().all(is_unseen));
/// assert!(!"a é生😀\u{3000}".chars().any(is_unseen));
/// ```
pub fn is_unseen(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    let category = character.general_category();
    if category == GeneralCategory::SpaceSeparator {
        // The wide blank of Chinese and Japanese texts is no other one.
        return character != '\u{3000}';
    }
    let shows_nothing = matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
    );
    shows_nothing || is_filler(character)
}

/// What Unicode says to leave out where it cannot be shown (`Default_Ignorable_Code_Point`), as far as it is a letter
/// or a mark.
fn is_filler(character: char) -> bool {
    matches!(
        character,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}
