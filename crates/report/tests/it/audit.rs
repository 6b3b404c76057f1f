//! Audits in every format: JSON and SARIF fit their schemas, `JUnit` is XML, CSV is a table, text fits its width,
//! Markdown its comment.

mod sample;

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use scproof_auditor::{Audit, GuardrailState};
use scproof_report::{AuditBaseline, AuditDetail, AuditGate, AuditReport, Format, Report, Style};
use serde_json::Value;

use crate::impact::{check_markdown, close, fits_columns, hostile};

fn report(audit: &Audit) -> AuditReport<'_> {
    let program = ["scproof", "--org", "snapshots/my org.json"].map(str::to_owned).to_vec();
    AuditReport { detail: AuditDetail::Details, ..AuditReport::new(audit, "snapshots/my org.json", program) }
}

fn rendered(report: &AuditReport<'_>, format: Format) -> String {
    let mut bytes = Vec::new();
    Report::Audit(report).write(format, Style::plain(), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn text_of(report: &AuditReport<'_>) -> String {
    rendered(report, Format::Text)
}

fn markdown_of(report: &AuditReport<'_>) -> String {
    rendered(report, Format::Markdown)
}

fn json_of(report: &AuditReport<'_>) -> Value {
    serde_json::from_str(&rendered(report, Format::Json)).unwrap()
}

fn sarif_of(report: &AuditReport<'_>) -> Value {
    serde_json::from_str(&rendered(report, Format::Sarif)).unwrap()
}

fn junit_of(report: &AuditReport<'_>) -> String {
    rendered(report, Format::Junit)
}

fn csv_of(report: &AuditReport<'_>) -> Vec<Vec<String>> {
    table(&rendered(report, Format::Csv))
}

/// Reads RFC 4180 strictly: every record ends in CRLF, quotes stand around whole cells only.
fn table(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut rest) = (Vec::new(), Vec::new(), text);
    while !rest.is_empty() {
        let cell = if let Some(quoted) = rest.strip_prefix('"') {
            let mut cell = String::new();
            rest = quoted;
            loop {
                let (before, behind) = rest.split_once('"').unwrap();
                cell.push_str(before);
                let Some(behind) = behind.strip_prefix('"') else {
                    rest = behind;
                    break cell;
                };
                cell.push('"');
                rest = behind;
            }
        } else {
            let (cell, _) = rest.split_at(rest.find([',', '\r', '\n', '"']).unwrap());
            rest = rest.strip_prefix(cell).unwrap();
            cell.to_owned()
        };
        row.push(cell);
        if let Some(next) = rest.strip_prefix(',') {
            rest = next;
        } else {
            rest = rest.strip_prefix("\r\n").unwrap();
            rows.push(std::mem::take(&mut row));
        }
    }
    rows
}

fn schema(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn fits(validator: &jsonschema::Validator, value: &Value) {
    let error = validator.validate(value).err().map(|error| format!("{error} at {}", error.instance_path()));
    assert_eq!(error, None);
}

/// The schema of SARIF.
pub(crate) fn oasis() -> jsonschema::Validator {
    let mut oasis = schema("tests/sarif/sarif-schema-2.1.0.json");
    // Their pattern of languages is no regular expression; ours has no language.
    for part in ["run", "toolComponent"] {
        oasis["definitions"][part]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    jsonschema::draft7::options().should_validate_formats(true).build(&oasis).unwrap()
}

/// Checks what must hold for every audit in every format.
fn check(audit: &Audit) {
    let mut report = report(audit);
    report.fail_on = report.gates();
    report.options = ["--org", "snapshots/my org.json", "audit"].map(str::to_owned).to_vec();
    report.profile = Some("baseline".to_owned());
    let mut own = schema("../../docs/schemas/scproof-audit-3.json");
    assert!(jsonschema::draft202012::meta::is_valid(&own));
    close(&mut own);
    let own = jsonschema::draft202012::new(&own).unwrap();
    let oasis = oasis();
    for detail in [AuditDetail::Full, AuditDetail::Details] {
        report.detail = detail;
        fits(&own, &json_of(&report));
        let log = sarif_of(&report);
        fits(&oasis, &log);
        check_sarif(&log);
        check_junit(&report, &junit_of(&report));
    }

    let table = csv_of(&report);
    assert_eq!(table.len(), audit.scope.accounts.len() + 1);
    assert!(table.iter().all(|row| row.len() == 7 + audit.guardrails.len()));
    assert!(!table.iter().flatten().any(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));

    for detail in [AuditDetail::Summary, AuditDetail::Details, AuditDetail::Full] {
        report.detail = detail;
        for width in [60, 80, 120] {
            let mut bytes = Vec::new();
            let style = Style::plain().with_width(width);
            Report::Audit(&report).write(Format::Text, style, &mut bytes).unwrap();
            fits_columns(std::str::from_utf8(&bytes).unwrap(), width).unwrap();
        }
        let page = markdown_of(&report);
        assert!(page.len() < 65_536, "{}", page.len());
        assert!(page.starts_with("**") && !page.contains("\n\n\n"), "{page}");
        check_markdown(&page).unwrap();
        for page in [text_of(&report), page] {
            assert!(!page.to_lowercase().replace("denied", "").contains("allowed"), "{page}");
        }
    }
}

/// What the schema cannot say: indices point to what they are said to, a kind that is no failure has no level.
pub(crate) fn check_sarif(log: &Value) {
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let artifacts = run["artifacts"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[rule]["id"], result["ruleId"]);
        assert_eq!(result["kind"] == "fail", result["level"] != "none");
        let locations = result["locations"].as_array().unwrap().iter();
        for location in locations.chain(result["relatedLocations"].as_array().into_iter().flatten()) {
            let place = &location["physicalLocation"];
            let index = usize::try_from(place["artifactLocation"]["index"].as_u64().unwrap()).unwrap();
            assert_eq!(artifacts[index]["location"]["uri"], place["artifactLocation"]["uri"]);
            let Some(text) = artifacts[index]["contents"]["text"].as_str() else { continue };
            let Some(end) = place["region"]["endLine"].as_u64() else { continue };
            assert!(usize::try_from(end).unwrap() <= text.split('\n').count());
        }
    }
}

/// It is XML, and the numbers are those of the cases.
fn check_junit(report: &AuditReport<'_>, page: &str) {
    let guardrails = &report.audit.guardrails;
    let is_full = report.detail == AuditDetail::Full;
    let document = roxmltree::Document::parse(page).unwrap();
    let root = document.root_element();
    let cases = |node: roxmltree::Node<'_, '_>, inside: Option<&str>| {
        let cases = node.descendants().filter(|node| node.has_tag_name("testcase"));
        let is_inside = |case: &roxmltree::Node<'_, '_>| {
            inside.is_none_or(|name| case.children().any(|child| child.has_tag_name(name)))
        };
        cases.filter(is_inside).count().to_string()
    };
    let suites = root.children().filter(|node| node.has_tag_name("testsuite"));
    let more = usize::from(!is_full && !guardrails.is_empty());
    assert_eq!(suites.clone().count(), guardrails.len() + more);
    let groups = guardrails.iter().flat_map(|found| &found.groups).filter(|group| !group.accounts.is_empty());
    let expected: usize = groups.map(|group| if is_full { group.accounts.len() } else { 1 }).sum();
    assert_eq!(cases(root, None), expected.to_string());
    for suite in suites.chain([root]) {
        for (attribute, inside) in
            [("tests", None), ("failures", Some("failure")), ("errors", Some("error")), ("skipped", Some("skipped"))]
        {
            assert_eq!(suite.attribute(attribute).unwrap(), cases(suite, inside), "{attribute}");
        }
    }
}

#[test]
fn an_audit_in_every_format() {
    check(&sample::audit());
}

#[test]
fn an_audit_of_nothing_in_every_format() {
    let audit = sample::empty();
    check(&audit);
    assert!(report(&audit).gates().is_empty());
    assert!(text_of(&report(&audit)).starts_with("NOTHING TO AUDIT"));
}

/// Whatever people write into names and policies, it stays text: it draws nothing, mentions nobody, and computes
/// nothing.
#[test]
fn texts_from_outside_stay_text() {
    let audit = sample::hostile(hostile());
    check(&audit);
    let page = format!(
        "{}--- Markdown\n{}--- JUnit\n{}",
        text_of(&report(&audit)),
        markdown_of(&report(&audit)),
        junit_of(&report(&audit))
    );
    assert_snapshot!(page);
}

#[test]
fn large_audits_are_cut_and_counted() {
    let audit = sample::large();
    check(&audit);
    let page = text_of(&report(&audit));
    assert!(page.contains("and 884 more classes") && page.contains("and 1,984 more findings; `--full`"), "{page}");
    let full = AuditReport { detail: AuditDetail::Full, ..report(&audit) };
    assert!(markdown_of(&full).contains(" more not shown here"));
}

#[test]
fn as_text() {
    let audit = sample::audit();
    let mut report = report(&audit);
    report.fail_on = ["hole", "finding:high"].map(|gate| AuditGate::from_text(gate).unwrap()).to_vec();
    assert_snapshot!(text_of(&report));
}

/// What fits a screen, of a small audit and of a large one.
#[test]
fn as_a_summary() {
    let audit = sample::audit();
    let summary = AuditReport {
        detail: AuditDetail::Summary,
        profile: Some("baseline".to_owned()),
        options: ["--org", "snapshots/my org.json", "audit", "--ou", "Prod"].map(str::to_owned).to_vec(),
        fail_on: vec![AuditGate::from_text("hole:high").unwrap()],
        ..report(&audit)
    };
    assert_snapshot!(text_of(&summary));
    let large = sample::large();
    let page = text_of(&AuditReport { audit: &large, ..summary });
    assert!(page.lines().count() <= 70, "{page}");
    assert!(page.contains("and 1,990 more findings") && page.contains("more guardrails"), "{page}");
}

/// Only what is new makes an audit fail, and what is gone is told.
#[test]
fn compared_with_an_audit_from_before() {
    let audit = sample::audit();
    let baseline = AuditBaseline::from_json(&rendered(&report(&audit), Format::Json)).unwrap();
    let everything = ["hole", "unknown", "not-adopted", "finding"].map(|gate| AuditGate::from_text(gate).unwrap());
    let compared = |now: &Audit, detail: AuditDetail| {
        let report = AuditReport { baseline: Some(&baseline), fail_on: everything.to_vec(), detail, ..report(now) };
        let failed: Vec<String> = report.failed().iter().map(ToString::to_string).collect();
        let mut schema = schema("../../docs/schemas/scproof-audit-3.json");
        close(&mut schema);
        fits(&jsonschema::draft202012::new(&schema).unwrap(), &json_of(&report));
        (failed, text_of(&report), json_of(&report)["news"].clone())
    };
    let (failed, page, news) = compared(&audit, AuditDetail::Summary);
    assert!(failed.is_empty() && page.contains("nothing is new"), "{page}");
    assert!(news.as_object().unwrap().values().all(|list| list.as_array().unwrap().is_empty()), "{news}");
    // A finding and the holes of a guardrail are gone; another finding is there, another guardrail has a hole in one
    // account, and the hole of a third lets other calls pass than before.
    let mut now = audit.clone();
    let gone = now.findings.remove(0);
    let mut new = now.findings[0].clone();
    new.fingerprint = "action-unknown:p-new#0".to_owned();
    now.findings.push(new);
    let hole = now.guardrails[1].groups.remove(0);
    let account = now.guardrails[2].groups[0].accounts.remove(0);
    let mut one = hole.clone();
    one.accounts = vec![account];
    now.guardrails[2].groups.insert(0, one);
    let changed = now.guardrails.iter_mut().find(|found| found.guardrail.id == "mainframes").unwrap();
    changed.groups[0].passing[0].actions = sample::actions(&["m2:Create*"], &[], 2);
    changed.groups[0].state = GuardrailState::Hole;
    let (failed, page, news) = compared(&now, AuditDetail::Details);
    assert_eq!(failed, ["hole:high", "hole:low", "finding:medium"], "{page}");
    assert_eq!(news["newFindings"], serde_json::json!(["action-unknown:p-new#0"]));
    assert_eq!(news["goneFindings"], serde_json::json!([gone.fingerprint]));
    let ids = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|hole| hole["guardrail"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        (ids(&news["newHoles"]), ids(&news["goneHoles"])),
        (vec!["audit-trail".to_owned(), "mainframes".to_owned()], vec!["long-lived-credentials".to_owned()],)
    );
    assert!(page.contains("new, hole: audit-trail") && page.contains("gone, hole: long-lived-credentials"), "{page}");
    for (text, says) in [("{}", "no audit"), (r#"{"format": "scproof-tree/1"}"#, "`scproof-tree/1`"), ("", "no audit")]
    {
        let error = AuditBaseline::from_json(text).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn as_markdown() {
    assert_snapshot!(markdown_of(&report(&sample::audit())));
}

#[test]
fn as_csv() {
    let audit = sample::audit();
    assert_snapshot!(rendered(&report(&audit), Format::Csv));
}

/// Groups first, then the same with a case for each account.
#[test]
fn as_junit() {
    let mut audit = sample::audit();
    assert_snapshot!("as_junit_by_group", junit_of(&report(&audit)));
    // One case of each state is enough to look at.
    for group in audit.guardrails.iter_mut().flat_map(|found| &mut found.groups) {
        group.accounts.truncate(1);
    }
    assert_snapshot!(junit_of(&AuditReport { detail: AuditDetail::Full, ..report(&audit) }));
}

/// Everything written out, a hole is a result for each of its accounts, which has a fingerprint of its own.
#[test]
fn sarif_of_each_account() {
    let audit = sample::audit();
    let results = |detail: AuditDetail| -> Vec<Value> {
        let log = sarif_of(&AuditReport { detail, ..report(&audit) });
        let results = log["runs"][0]["results"].as_array().unwrap().iter();
        results.filter(|it| it["ruleId"].as_str().unwrap().starts_with("guardrail/")).cloned().collect()
    };
    let [groups, accounts] = [AuditDetail::Summary, AuditDetail::Full].map(results);
    let sum: u64 = groups.iter().map(|result| result["properties"]["accountCount"].as_u64().unwrap()).sum();
    assert!(groups.len() < accounts.len() && sum == accounts.len() as u64, "{sum} {}", accounts.len());
    let fingerprints: std::collections::BTreeSet<&str> =
        accounts.iter().map(|it| it["partialFingerprints"]["scproof/v1"].as_str().unwrap()).collect();
    assert_eq!(fingerprints.len(), accounts.len());
    assert!(accounts.iter().all(|result| result["properties"]["accountCount"] == 1));
}

#[test]
fn as_sarif() {
    let audit = sample::audit();
    let mut log = sarif_of(&report(&audit));
    for artifact in log["runs"][0]["artifacts"].as_array_mut().unwrap() {
        if let Some(contents) = artifact.get_mut("contents") {
            *contents = "the text".into();
        }
    }
    assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
}

/// Line and column point into the text of the artifact.
#[test]
fn sarif_regions_are_those_of_the_policy_text() {
    let audit = sample::audit();
    let log = sarif_of(&report(&audit));
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["ruleId"] == "action-unknown").unwrap();
    let place = &result["relatedLocations"][0]["physicalLocation"];
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let text = run["artifacts"][number(&place["artifactLocation"]["index"])]["contents"]["text"].as_str().unwrap();
    let region = &place["region"];
    let line = text.split('\n').nth(number(&region["startLine"]) - 1).unwrap();
    let marked: String = line
        .chars()
        .skip(number(&region["startColumn"]) - 1)
        .take(number(&region["endColumn"]) - number(&region["startColumn"]))
        .collect();
    assert_eq!(marked, "\"cloudtrail:PutEventSelectors\"");
}

#[test]
fn json_describes_accounts_once_and_counts() {
    let audit = sample::audit();
    let json = json_of(&report(&audit));
    assert_eq!(json["format"], "scproof-audit/3");
    assert_eq!(json["accounts"].as_array().unwrap().len(), 27);
    assert_eq!(json["summary"]["guardrails"]["hole"], 1);
    assert_eq!(json["summary"]["findings"]["high"], 1);
    assert_eq!(json["guardrails"][1]["accounts"]["hole"], 3);
    assert_eq!(json["guardrails"][1]["groups"][0]["accountCount"], 3);
    assert_eq!(json["classes"][1]["differs"]["from"], "A");
    assert_eq!(json["findings"][0]["place"]["policyName"], "region-lock");
}

#[test]
fn what_could_make_it_fail() {
    use scproof_auditor::Risk::{High, Info, Low, Medium};
    let audit = sample::audit();
    let gates = report(&audit).gates();
    let findings = [High, Medium, Low, Info].map(AuditGate::Finding);
    let guardrails = [AuditGate::Hole(Medium), AuditGate::Unknown(High), AuditGate::NotAdopted(Low)];
    assert_eq!(gates, [&guardrails[..], &findings].concat());
    let failed = |asked: &str| {
        let fail_on = vec![AuditGate::from_text(asked).unwrap()];
        AuditReport { fail_on, ..report(&audit) }.failed().len()
    };
    assert_eq!(["hole", "hole:medium", "hole:high", "not-adopted", "finding:medium"].map(failed), [1, 1, 0, 1, 2]);
}

#[test]
fn what_is_not_told_of_a_group_is_said() {
    let mut audit = sample::audit();
    let mut changed = 0;
    for group in audit.guardrails.iter_mut().flat_map(|guardrail| &mut guardrail.groups) {
        if matches!(group.state, GuardrailState::Hole | GuardrailState::HoldsExcept) {
            group.passing_is_complete = false;
            changed += 1;
        }
    }
    assert!(changed > 1);
    let report = report(&audit);
    let words = ["all have this hole, some have more", "all have this exemption, some have more"];
    let folded = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in [text_of(&report), markdown_of(&report), junit_of(&report)] {
        let text = folded(text);
        assert!(words.iter().all(|words| text.contains(words)), "{text}");
    }
    // No alert is made of exemptions.
    assert!(sarif_of(&report).to_string().to_lowercase().contains(words[0]));
    let json = json_of(&report);
    let groups = json["guardrails"].as_array().unwrap().iter().flat_map(|it| it["groups"].as_array().unwrap());
    let untold = groups.filter(|group| group["passingIsComplete"] == false).count();
    assert_eq!(untold, changed);
    check(&audit);
}
