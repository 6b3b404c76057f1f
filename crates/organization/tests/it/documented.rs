//! `docs/snapshot-format.md` and `docs/changes.md` say what the code does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use scproof_organization::{CHANGE_CODES, ChangeSet, FINDING_CODES, Organization, SNAPSHOT_CODES};
use scproof_text::Code;
use scproof_text::codes::{FILE_CODES, JSON_CODES};

use crate::page::hold;
use crate::table::with_rows;

fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    fs::read_to_string(crate_folder().join("../../docs").join(name)).unwrap()
}

/// The codes in the first column of the tables of a page.
fn documented_codes(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split('|').nth(1).map(str::to_owned));
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>());
    let is_code = |name: &String| name.bytes().all(|byte| byte.is_ascii_lowercase() || b"-8".contains(&byte));
    names.filter(|name| is_code(name) && (name.contains('-') || name == "internal")).collect()
}

#[test]
fn every_code_is_documented() {
    let of_text = || JSON_CODES.iter().chain(FILE_CODES).map(|code| code.code);
    let of_snapshots = || SNAPSHOT_CODES.iter().chain(FINDING_CODES).map(|code| code.code);
    let snapshots = documented_codes(&document("snapshot-format.md"));
    let changes = document("changes.md");
    for code in
        of_snapshots().chain(FILE_CODES.iter().map(|code| code.code).filter(|&code| code != "unknown-operation"))
    {
        assert!(snapshots.contains(code), "{code} is not in docs/snapshot-format.md");
    }
    for code in CHANGE_CODES.iter().chain(FILE_CODES).map(|code| code.code) {
        assert!(changes.contains(&format!("`{code}`")), "{code} is not in docs/changes.md");
    }
    let known: BTreeSet<&str> = of_text().chain(of_snapshots()).collect();
    for code in &snapshots {
        assert!(known.contains(code.as_str()), "{code} of docs/snapshot-format.md does not exist");
    }
}

#[test]
fn the_tables_of_the_snapshot_format_are_written_from_the_codes() {
    let what = |code: &Code| [code.summary, code.text].join(". ").trim_end_matches(['.', ' ']).to_owned();
    let fault = |code: &Code| format!("| `{}` | {} |", code.code, what(code));
    let oddity = |code: &Code| format!("| `{}` | {} | {} |", code.code, code.severity.as_str(), what(code));
    let page = document("snapshot-format.md");
    let page = with_rows(&page, "| code of a snapshot | what is wrong |", SNAPSHOT_CODES.iter().map(fault));
    let page = with_rows(&page, "| code | severity | what is odd |", FINDING_CODES.iter().map(oddity));
    hold("snapshot-format.md", &page);
}

#[test]
fn the_documented_example_loads_without_findings() {
    let document = document("snapshot-format.md");
    let (_, rest) = document.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let organization = Organization::from_json(example).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(organization.findings(), []);
    let (_, by_hand) = rest.split_once("## Written by hand").unwrap();
    let by_hand = by_hand.split_once("```json\n").unwrap().1.split_once("```").unwrap().0;
    let organization = Organization::from_json(by_hand).unwrap_or_else(|error| panic!("{error}"));
    assert!(organization.nodes().all(|(_, node)| node.scps.len() == 1));
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
