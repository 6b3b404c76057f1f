//! Tables of pages that are written from tables of codes.

/// The page with other rows in the table that has this head.
pub(crate) fn with_rows(page: &str, head: &str, rows: impl Iterator<Item = String>) -> String {
    let (before, rest) = page.split_once(head).expect("the page has the table");
    let (line, rest) = rest.trim_start_matches('\n').split_once('\n').expect("the table has a second line");
    let after = rest.find("\n\n").and_then(|end| rest.get(end..)).unwrap_or("\n");
    format!("{before}{head}\n{line}\n{}{after}", rows.collect::<Vec<String>>().join("\n"))
}
