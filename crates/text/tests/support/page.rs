//! Pages of `docs/` that are written from tables; the tests of several crates include this file.

/// Fails if a page is not the one in `docs/`; `UPDATE_DOCS=1` writes it there.
pub(crate) fn hold(name: &str, page: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, page).expect("the page can be written");
    } else {
        let known = std::fs::read_to_string(path).expect("the page can be read");
        let package = env!("CARGO_PKG_NAME");
        assert!(page == known, "docs/{name} is out of date; run `UPDATE_DOCS=1 cargo test -p {package}`");
    }
}
