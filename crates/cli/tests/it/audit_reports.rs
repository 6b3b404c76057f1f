//! The reports of an audit as people and programs get them, on the tidy and on the untidy organization.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::run::{Run, scproof};

/// One guardrail of each kind: proved, with exemptions, with holes, about regions. All of them would be megabytes.
const GUARDRAILS: &str = "{leave-organization,cloudtrail,s3-public-acls,region-lock}";

fn audit(organization: &str, format: &str, args: &[&str]) -> Run {
    let run = scproof(&[&["--org", organization, "--format", format, "audit"], args].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{organization} {format}");
    run
}

/// The hash of the snapshot changes with every change of it, the program with every version.
fn masked(page: &str) -> String {
    let is_hash = |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hash = page.split(|letter: char| !letter.is_ascii_alphanumeric()).find(is_hash).map(str::to_owned);
    let page = page.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    hash.map_or(page.clone(), |hash| page.replace(&hash, &"#".repeat(64)))
}

fn text(organization: &str, args: &[&str]) -> String {
    masked(&audit(organization, "text", args).fits_80_columns().stdout)
}

/// The form of a document and its first items: of a list the first two, of a text its beginning.
fn cut(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let more = items.len().saturating_sub(2);
            let tail = (more > 0).then(|| json!(format!("… {more} more")));
            items.iter().take(2).map(cut).chain(tail).collect()
        }
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), cut(value))).collect(),
        Value::String(text) if text.chars().count() > 120 => {
            json!(format!("{}… {} characters", text.chars().take(80).collect::<String>(), text.chars().count()))
        }
        Value::String(text) => json!(text.replace(env!("CARGO_PKG_VERSION"), "VERSION")),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn form(run: &Run) -> String {
    serde_json::to_string_pretty(&cut(&run.json())).unwrap()
}

/// What somebody sees who asks for nothing more: it fits a screen.
#[test]
fn summary_of_both() {
    for (organization, lines) in [("example", 60), ("untidy", 66)] {
        let page = text(organization, &[]);
        assert!(page.lines().count() <= lines, "{page}");
        assert_snapshot!(format!("summary_of_the_{organization}"), page);
    }
}

#[test]
fn text_of_the_example() {
    assert_snapshot!(text("example", &["--details", "--only-guardrails", GUARDRAILS]));
}

/// All findings, written out.
#[test]
fn text_of_the_untidy() {
    assert_snapshot!(text("untidy", &["--full", "--service", "s3", "--only-guardrails", GUARDRAILS]));
}

/// The list of all guardrails, and how they stand.
#[test]
fn csv_of_both() {
    assert_snapshot!("csv_of_the_example", audit("example", "csv", &["--profile", "all"]).stdout);
    assert_snapshot!("csv_of_the_untidy", audit("untidy", "csv", &["--profile", "all"]).stdout);
}

#[test]
fn markdown_of_both() {
    let one = ["--details", "--only-guardrails", "cloudtrail", "--service", "s3"];
    assert_snapshot!("markdown_of_the_example", masked(&audit("example", "markdown", &one).stdout));
    let some = ["--details", "--only-guardrails", "cloudtrail", "--service", "s3", "--ou", "Platform", "--ou", "Mail"];
    assert_snapshot!("markdown_of_the_untidy", masked(&audit("untidy", "markdown", &some).stdout));
}

#[test]
fn json_of_both() {
    let args = ["--full", "--service", "s3", "--only-guardrails", GUARDRAILS];
    assert_snapshot!("json_of_the_example", form(&audit("example", "json", &args)));
    assert_snapshot!("json_of_the_untidy", form(&audit("untidy", "json", &args)));
}

/// Every result of SARIF in a line, and the form of the log.
#[test]
fn sarif_of_both() {
    for organization in ["example", "untidy"] {
        let run = audit(organization, "sarif", &["--only-guardrails", GUARDRAILS]);
        let results = run.json()["runs"][0]["results"].as_array().unwrap().clone();
        let fingerprints: BTreeSet<String> =
            results.iter().map(|result| result["partialFingerprints"]["scproof/v1"].to_string()).collect();
        assert_eq!(fingerprints.len(), results.len(), "an alert would hide another");
        let line = |result: &Value| {
            let related = result["relatedLocations"].as_array().and_then(|list| list.first());
            let region = related.map_or(&Value::Null, |place| &place["physicalLocation"]["region"]["startLine"]);
            format!("{} {} {} line {region}", result["level"], result["kind"], result["ruleId"]).replace('"', "")
        };
        let lines: Vec<String> = results.iter().map(line).collect();
        assert_snapshot!(format!("sarif_of_the_{organization}"), format!("{}\n\n{}\n", form(&run), lines.join("\n")));
    }
}

#[test]
fn junit_of_both() {
    let args = ["--only-guardrails", "{leave-organization,cloudtrail,region-lock}"];
    let some = ["--account", "{shop,log-archive,management}"];
    assert_snapshot!(
        "junit_of_the_example",
        masked(&audit("example", "junit", &[&args[..], &some[..]].concat()).stdout)
    );
    let some = ["--account", "{shop,logs,security,management,newsletter,blog}"];
    assert_snapshot!("junit_of_the_untidy", masked(&audit("untidy", "junit", &[&args[..], &some[..]].concat()).stdout));
}

/// It is found by its name wherever a snapshot is named.
#[test]
fn the_untidy_organization_comes_along() {
    assert!(scproof(&["--org", "untidy", "tree"]).stdout.contains("sketchbook"));
    let run = scproof(&["--org", "untidy", "validate"]);
    assert!(run.code == 1 && run.stdout.contains("draft-json"), "{}", run.stdout);
    assert_eq!(scproof(&["diff", "untidy", "untidy"]).code, 0);
}
