//! The page of an audit: complete in itself, small, and safe whatever names and policies say. How it behaves in a
//! browser is tested by `tests/browser/run.sh`, on the pages that these tests leave in the target folder.

use std::fs;
use std::path::Path;

use scproof_auditor::Audit;
use scproof_report::{AuditReport, Format, Report, Style};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::samples::{self, HOSTILE};

fn rendered(audit: &Audit, snapshot: &str) -> String {
    let report = AuditReport {
        made: Some("2026-11-25 20:00 UTC".to_owned()),
        ..AuditReport::new(audit, snapshot, ["scproof", "--org", "org.json"].map(str::to_owned).to_vec())
    };
    let mut page = Vec::new();
    Report::Audit(&report).write(Format::Html, Style::plain(), &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

/// Renders, checks what holds for every page, and leaves the page for the browser.
fn page(audit: &Audit, name: &str) -> String {
    let page = rendered(audit, "org.json");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.html")), &page).unwrap();
    check(&page);
    page
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).expect(start);
    rest.split_once(end).expect(end).0
}

fn data(page: &str) -> Value {
    serde_json::from_str(between(page, "<script type=\"application/json\" id=\"data\">", "</script>")).unwrap()
}

/// The page without data, script and style: what it says itself.
fn markup(page: &str) -> String {
    let data = between(page, "id=\"data\">", "</script>");
    let script = between(page, "\n<script>", "</script>");
    let style = between(page, "<style>", "</style>");
    page.replace(data, "").replace(script, "").replace(style, "")
}

fn check(page: &str) {
    data(page);
    let policy = between(page, "Content-Security-Policy\" content=\"", "\">");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    // The hashes are those of the one style and the one script, by another reading of base64.
    for (directive, source) in
        [("style-src", between(page, "<style>", "</style>")), ("script-src", between(page, "\n<script>", "</script>"))]
    {
        let text = between(policy, &format!("{directive} 'sha256-"), "'");
        let hash = scproof_policy_parser::decode_base64(text).unwrap();
        assert_eq!(hash, Sha256::digest(source.as_bytes()).to_vec(), "{directive}");
    }
    let markup = markup(page);
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("<style").count(), 1);
    // Names stand escaped, so what is in angle brackets is the page's own.
    let tags: String = markup.split('<').skip(1).filter_map(|rest| rest.split('>').next()).collect();
    for foreign in [" src=", "img ", "link ", "iframe", "@import", " style=", "javascript:", " on", "http:", "https:"] {
        assert!(!tags.contains(foreign), "{foreign}");
    }
    assert!(!between(page, "<style>", "</style>").contains("url("));
    let script = between(page, "\n<script>", "</script>");
    for unsafe_call in
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser"]
    {
        assert!(!script.contains(unsafe_call), "{unsafe_call}");
    }
    for part in [
        "<h1>",
        "<main id=\"main\"",
        "class=\"skip\"",
        "aria-label=\"Sections\"",
        "An SCP grants nothing",
        "<noscript>",
    ] {
        assert!(markup.contains(part), "{part}");
    }
    for id in ["overview", "organization", "classes", "services", "guardrails", "findings"] {
        assert!(markup.contains(&format!("<section id=\"{id}\" aria-labelledby=\"{id}-heading\">")), "{id}");
        assert!(markup.contains(&format!("href=\"#{id}\"")), "{id}");
    }
    for element in ["section", "noscript", "table", "thead", "tbody", "tr", "ul", "li", "dl", "div", "p", "main", "nav"]
    {
        let opened = markup.matches(&format!("<{element}>")).count() + markup.matches(&format!("<{element} ")).count();
        assert_eq!(opened, markup.matches(&format!("</{element}>")).count(), "{element}");
    }
}

#[test]
fn the_example() {
    let audit = samples::example();
    let page = page(&audit, "example");
    assert!(page.len() < 400_000, "{}", page.len());
    assert_eq!(page, rendered(&audit, "org.json"), "the same audit gives the same page");
    let data = data(&page);
    let nodes = audit.organization.node_count();
    for column in ["id", "name", "kind", "parent", "attached", "class", "profile"] {
        assert_eq!(data["nodes"][column].as_array().unwrap().len(), nodes, "{column}");
    }
    assert_eq!(data["classes"].as_array().unwrap().len(), audit.classes.len());
    assert_eq!(data["findings"].as_array().unwrap().len(), audit.findings.len() + audit.suppressed.len());
    // A policy's text is there as it is stored.
    let texts = data["texts"].as_array().unwrap();
    for (_, policy) in audit.organization.policies() {
        assert!(texts.iter().any(|text| text.as_str() == policy.content.as_deref()), "{}", policy.id);
    }
}

/// Profiles and runs say of every account what the audit says.
#[test]
fn data_by_group_says_the_same_of_each_account() {
    let audit = samples::example();
    let data = data(&rendered(&audit, "org.json"));
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    for (at, class) in audit.classes.iter().enumerate() {
        for account in &class.accounts {
            assert_eq!(number(&data["nodes"]["class"][account.index()]), at);
        }
    }
    for (at, report) in audit.guardrails.iter().enumerate() {
        for group in &report.groups {
            for account in &group.accounts {
                let profile = number(&data["nodes"]["profile"][account.index()]);
                let place = number(&data["profiles"][profile][at]);
                assert_eq!(data["guardrails"][at]["groups"][place][0], group.state.as_str());
            }
        }
    }
    let accounts: Vec<usize> =
        audit.organization.nodes().filter(|(_, node)| node.account.is_some()).map(|(id, _)| id.index()).collect();
    for (finding, view) in audit.findings.iter().zip(data["findings"].as_array().unwrap()) {
        let mut position = 0;
        let mut members: Vec<usize> = Vec::new();
        for (place, run) in data["sets"][number(&view["accounts"])].as_array().unwrap().iter().enumerate() {
            let run = number(run);
            if place % 2 == 1 {
                members.extend(&accounts[position..position + run]);
            }
            position += run;
        }
        let mut expected: Vec<usize> = finding.accounts.iter().map(|account| account.index()).collect();
        expected.sort_unstable();
        assert_eq!(members, expected, "{}", finding.fingerprint);
    }
}

#[test]
fn marks_count_as_scripts_do() {
    let mut audit = samples::example();
    let finding = audit.findings.iter_mut().find(|finding| finding.place.span.is_some()).unwrap();
    let text = audit.organization.policy(finding.place.policy.unwrap()).content.clone().unwrap();
    let span = finding.place.span.clone().unwrap();
    let fingerprint = finding.fingerprint.clone();
    let data = data(&rendered(&audit, "org.json"));
    let view = data["findings"].as_array().unwrap().iter().find(|view| view["fingerprint"] == fingerprint).unwrap();
    let marks = view["marks"].as_array().unwrap();
    assert_eq!(marks.len(), 2, "the statement, and the place in it");
    let units: Vec<u16> = text.encode_utf16().collect();
    let of = |mark: &Value| {
        let [start, end] = [0, 1].map(|at| usize::try_from(mark[at].as_u64().unwrap()).unwrap());
        String::from_utf16(&units[start..end]).unwrap()
    };
    assert!(of(&marks[0]).starts_with('{') && of(&marks[0]).ends_with('}'));
    assert_eq!(of(&marks[1]), text.get(span).unwrap());
}

#[test]
fn ten_thousand_accounts() {
    let audit = samples::large();
    assert_eq!((audit.scope.accounts.len(), audit.classes.len(), audit.guardrails.len()), (10_001, 300, 40));
    let page = page(&audit, "large");
    assert!(page.len() < 3_000_000, "{}", page.len());
    // What is said of many accounts stands once, not with each of them.
    let id = audit.organization.node(audit.scope.accounts[5_000]).target.as_str();
    assert_eq!(page.matches(id).count(), 1);
}

#[test]
fn whatever_names_and_policies_say() {
    let audit = samples::hostile();
    let page = page(&audit, "hostile");
    let other = rendered(&audit, HOSTILE[0]);
    for page in [&page, &other] {
        for name in HOSTILE.iter().filter(|name| name.contains(['<', '>'])) {
            assert!(!page.contains(name), "{name}");
        }
        assert!(!page.contains("<!--"));
        // What turns the reading direction is seen, in the page's own words; in the data the script takes care of it.
        assert!(!markup(page).contains(['\u{202e}', '\u{2066}', '\u{0}', '\u{feff}', '\u{2028}']));
    }
    assert!(other.contains("<dd>&lt;/script&gt;&lt;img"));
    let names = &data(&page)["nodes"]["name"];
    for name in HOSTILE {
        assert!(names.as_array().unwrap().iter().any(|other| other == name), "{name:?}");
    }
}

#[test]
fn nothing_to_tell() {
    let page = page(&samples::small(), "small");
    assert!(page.contains("1 of the 27 in the snapshot, as chosen"));
}
