//! `docs/changes.md` and `docs/expect.md` say what the code does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use scproof_organization::Organization;
use scproof_simulator::{EXCEPTIONS, EXPECT_CODES, Exception, Expectations, NOTICE_CODES};
use scproof_text::Code;

use crate::page::hold;
use crate::table::with_rows;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

#[test]
fn the_tables_of_changes_are_written_from_the_codes() {
    let page = document("changes.md");
    let exception = |exception: &&Exception| {
        let reason = exception.reason.map_or_else(|| "–".to_owned(), |reason| format!("`{reason}`"));
        format!("| `{}` | {reason} | `{}` | {} |", exception.name, exception.code.code, exception.code.summary)
    };
    let notice = |code: &Code| format!("| `{}` | {} | {} |", code.code, code.severity.as_str(), code.summary);
    let of_rules = "| a code of [findings.md](findings.md), such as `unsatisfiable-guard` | warning, note | what the rules \
        on texts find in a policy that the changes bring to some target |";
    let notices = NOTICE_CODES.iter().map(notice).chain([of_rules.to_owned()]);
    let new = with_rows(&page, "| AWS's exception | reason | code | when |", EXCEPTIONS.iter().map(exception));
    let new = with_rows(&new, "| code | severity | what it says |", notices);
    hold("changes.md", &new);
}

#[test]
fn every_code_of_a_change_is_told_once() {
    let notices = NOTICE_CODES.iter().map(|code| code.code);
    let codes: Vec<&str> = EXCEPTIONS.iter().map(|exception| exception.code.code).chain(notices).collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    let names: BTreeSet<_> = EXCEPTIONS.iter().map(|exception| (exception.name, exception.reason)).collect();
    assert_eq!(names.len(), EXCEPTIONS.len());
}

#[test]
fn every_code_of_expectations_is_documented() {
    let text = document("expect.md");
    for code in EXPECT_CODES {
        assert!(text.contains(&format!("`{}`", code.code)), "{} is not in docs/expect.md", code.code);
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
