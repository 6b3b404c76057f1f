//! Printing documents as JSON, and the size a text has without white space.

/// The number of characters of a JSON text without the white space outside its strings: what AWS stores when the text is
/// saved in the console (LIM-1). `O(length)`.
///
/// ```
/// assert_eq!(scproof_policy_parser::minified_len("{ \"a b\" : 1 }\n"), 9);
/// ```
pub fn minified_len(text: &str) -> usize {
    let (mut in_string, mut escaped) = (false, false);
    let mut count = 0;
    for character in text.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            ' ' | '\t' | '\n' | '\r' if !in_string => continue,
            _ => {}
        }
        count += 1;
    }
    count
}
