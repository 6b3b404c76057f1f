//! `docs/changes.md` and `docs/expect.md` say what the code does.

use std::fs;
use std::path::Path;

use scproof_organization::Organization;
use scproof_simulator::Expectations;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// The literals of the crate's own code.
fn literals() -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap() {
        let source = fs::read_to_string(entry.unwrap().path()).unwrap();
        let (source, _) = source.split_once("#[cfg(test)]").unwrap_or((&source, ""));
        let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        found.extend(lines.flat_map(|line| line.split('"').skip(1).step_by(2)).map(str::to_owned));
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn every_exception_reason_and_code_is_documented() {
    let text = document("changes.md") + &document("expect.md");
    let is_exception = |text: &str| text.ends_with("Exception") || text == "CreateAccountStatus";
    let is_reason =
        |text: &str| text.contains('_') && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let is_code = |text: &str| {
        text.contains('-')
            && text
                .split('-')
                .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'8'))
    };
    let names: Vec<String> =
        literals().into_iter().filter(|text| is_exception(text) || is_reason(text) || is_code(text)).collect();
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        assert!(text.contains(&format!("`{name}`")), "{name} is neither in docs/changes.md nor in docs/expect.md");
    }
}

#[test]
fn the_documented_expectations_fit_the_example_organization() {
    let text = document("expect.md");
    let (_, rest) = text.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let organization = Organization::load(root().join("fixtures/organizations/example.json")).unwrap();
    let expectations = Expectations::from_json(example).unwrap();
    let bound = expectations.bind(&organization, &organization).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(bound.reason(0), Some("ticket 4711"));
}
