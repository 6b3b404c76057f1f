//! Diagnostics in every format.

use insta::assert_snapshot;
use scproof_policy_parser::{PolicyDocument, PolicyKind};
use scproof_report::{Format, PolicyLabel, Report, Source, SourceFindings, Style, Validation};
use serde_json::Value;

use crate::audit::{check_sarif, fits, oasis};
use crate::impact::{check_markdown, fits_columns};

fn written(validation: &Validation, format: Format, width: usize) -> String {
    let mut bytes = Vec::new();
    Report::Validation(validation).write(format, Style::plain().with_width(width), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn source(file: &str, policy: Option<PolicyLabel>, text: &str) -> Source {
    let parsed = PolicyDocument::parse(text, PolicyKind::ServiceControl);
    Source {
        file: file.to_owned(),
        policy,
        text: text.to_owned(),
        findings: SourceFindings::Policy(parsed.diagnostics),
        fixed: Vec::new(),
    }
}

fn faults() -> Validation {
    let text = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Lock", "Effect": "Dney", "Action": "s3:*", "Resource": "*"},
    {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEqual": {"aws:RequestedRegion": "eu-west-1"}}}
  ]
}
"#;
    let label = PolicyLabel { id: "p-policy0001".to_owned(), name: Some("lock".to_owned()) };
    let sources = vec![source("a.json", None, text), source("org.json", Some(label), r#"{"Statement": []}"#)];
    Validation { sources, ..Validation::default() }
}

#[test]
fn as_text() {
    assert_snapshot!(written(&faults(), Format::Text, 60));
    for width in [60, 80, 120] {
        let page = written(&faults(), Format::Text, width);
        let words = page.lines().filter(|line| !line.contains('|')).collect::<Vec<_>>().join("\n");
        fits_columns(&words, width).unwrap();
    }
}

#[test]
fn as_markdown() {
    let page = written(&faults(), Format::Markdown, 80);
    check_markdown(&page).unwrap();
    assert_snapshot!(page);
}

#[test]
fn as_csv() {
    assert_snapshot!(written(&faults(), Format::Csv, 80));
}

fn sarif(validation: &Validation) -> Value {
    let log: Value = serde_json::from_str(&written(validation, Format::Sarif, 80)).unwrap();
    fits(&oasis(), &log);
    check_sarif(&log);
    log
}

#[test]
fn as_sarif() {
    let log = sarif(&faults());
    assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
    // What the region marks is what the diagnostic is about.
    let results = log["runs"][0]["results"].as_array().unwrap();
    let effect = results.iter().find(|result| result["ruleId"] == "bad-effect").unwrap();
    let region = &effect["locations"][0]["physicalLocation"]["region"];
    assert_eq!((region["startLine"].as_u64(), region["endLine"].as_u64()), (Some(4), Some(4)));
}

#[test]
fn as_junit() {
    let page = written(&faults(), Format::Junit, 80);
    let document = roxmltree::Document::parse(&page).unwrap();
    let root = document.root_element();
    let cases = root.descendants().filter(|node| node.has_tag_name("testcase")).count();
    let failures = root.descendants().filter(|node| node.has_tag_name("failure")).count();
    assert_eq!(root.attribute("tests"), Some(cases.to_string().as_str()));
    assert_eq!(root.attribute("failures"), Some(failures.to_string().as_str()));
    assert_snapshot!(page);
}

#[test]
fn as_html() {
    let page = written(&faults(), Format::Html, 80);
    assert!(page.contains("script-src 'none'") && !page.contains("<script"), "{page}");
    let (_, body) = page.split_once("<main").unwrap();
    assert_snapshot!(body);
}

#[test]
fn nothing_to_tell() {
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#;
    let validation = Validation { sources: vec![source("a.json", None, text)], ..Validation::default() };
    assert_eq!(written(&validation, Format::Text, 80), "checked 1 policy: nothing to complain about\n");
    assert_eq!(written(&validation, Format::Markdown, 80), "**checked 1 policy: nothing to complain about**\n");
}

/// A policy with names that would write on a page.
#[test]
fn texts_from_outside_stay_text() {
    let label = PolicyLabel { id: "p-policy0001".to_owned(), name: Some("`@all` <b>\u{1b}[2J".to_owned()) };
    let text = "{\"State\u{202e}ment\": \"```\\n# x @all <b>\", \"=1\": 2}";
    let validation = Validation { sources: vec![source("=a.json", Some(label), text)], ..Validation::default() };
    let page = written(&validation, Format::Text, 80);
    assert!(!page.contains(['\u{1b}', '\u{202e}']), "{page}");
    check_markdown(&written(&validation, Format::Markdown, 80)).unwrap();
    sarif(&validation);
    let document = written(&validation, Format::Junit, 80);
    assert!(roxmltree::Document::parse(&document).is_ok(), "{document}");
    let page = written(&validation, Format::Html, 80);
    assert!(!page.contains("<b>") && !page.contains(['\u{1b}', '\u{202e}']), "{page}");
    assert!(written(&validation, Format::Csv, 80).lines().skip(1).all(|line| line.starts_with("\"'=a.json\"")));
}
