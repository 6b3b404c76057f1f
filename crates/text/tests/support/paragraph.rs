//! Paragraphs of pages that are written from tables.

/// How wide a page is.
const WIDTH: usize = 120;

/// A paragraph, broken at the width.
pub(crate) fn paragraph(page: &mut String, text: &str) {
    let mut column = 0;
    page.push('\n');
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > WIDTH {
            page.push('\n');
            column = 0;
        }
        if column > 0 {
            page.push(' ');
            column += 1;
        }
        page.push_str(word);
        column += width;
    }
    page.push('\n');
}
