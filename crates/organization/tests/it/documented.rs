//! `docs/snapshot-format.md` says what the code does.

use std::fs;
use std::path::{Path, PathBuf};

use scproof_organization::Organization;

fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> String {
    fs::read_to_string(crate_folder().join("../../docs/snapshot-format.md")).unwrap()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// Codes are the only literals of the code itself that are words joined by hyphens.
fn is_code(literal: &str) -> bool {
    literal.contains('-')
        && literal
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'8'))
}

#[test]
fn every_code_is_documented() {
    let document = document();
    let mut codes: Vec<String> = Vec::new();
    for file in sources(&crate_folder().join("src")) {
        let source = fs::read_to_string(file).unwrap();
        let (source, _) = source.split_once("#[cfg(test)]").unwrap_or((&source, ""));
        let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        codes.extend(
            lines
                .flat_map(|line| line.split('"').skip(1).step_by(2))
                .filter(|literal| is_code(literal))
                .map(str::to_owned),
        );
    }
    codes.sort();
    codes.dedup();
    assert!(codes.len() > 40, "{codes:?}");
    for code in codes {
        assert!(document.contains(&format!("`{code}`")), "{code} is not in docs/snapshot-format.md");
    }
}

#[test]
fn the_documented_example_loads_without_findings() {
    let document = document();
    let (_, rest) = document.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let organization = Organization::from_json(example).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(organization.findings(), []);
}
