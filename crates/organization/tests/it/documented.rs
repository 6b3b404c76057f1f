//! `docs/snapshot-format.md` and `docs/changes.md` say what the code does.

use std::fs;
use std::path::{Path, PathBuf};

use scproof_organization::{ChangeSet, Organization};

fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    fs::read_to_string(crate_folder().join("../../docs").join(name)).unwrap()
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
    let document = document("snapshot-format.md") + &document("changes.md");
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
        assert!(
            document.contains(&format!("`{code}`")),
            "{code} is neither in docs/snapshot-format.md nor in docs/changes.md"
        );
    }
}

#[test]
fn the_documented_example_loads_without_findings() {
    let document = document("snapshot-format.md");
    let (_, rest) = document.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let organization = Organization::from_json(example).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(organization.findings(), []);
}

#[test]
fn the_documented_changes_apply_to_the_example_organization() {
    let before = Organization::load(crate_folder().join("../../fixtures/organizations/example.json")).unwrap();
    let document = document("changes.md");
    let examples: Vec<&str> =
        document.split("```json\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    assert_eq!(examples.len(), 2);
    let apply = |text: &str| {
        let changes = ChangeSet::from_json(text, Path::new("."), &before).unwrap_or_else(|error| panic!("{error}"));
        assert!(changes.changes().len() >= 3);
        changes.apply(&before)
    };
    let after = apply(examples[0]);
    assert_eq!(after.ou_path(after.resolve_account("sandbox-chen").unwrap()), "Root/Workloads/NonProd");
    let sandbox = after.node(after.resolve_target("Sandbox").unwrap());
    let names: Vec<&str> = sandbox.scps.iter().map(|&policy| after.policy(policy).display_name()).collect();
    assert_eq!(names, ["deny-databases", "sandbox"]);
    let after = apply(examples[1]);
    assert_eq!(after.ou_path(after.resolve_account("load-test").unwrap()), "Root/Workloads/LoadTests");
}
