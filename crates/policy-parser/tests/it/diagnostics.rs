//! `docs/diagnostics.md` is written from the tables of codes and from what the parser says of their examples.

use std::collections::{BTreeMap, BTreeSet};

use scproof_policy_parser::{
    DIAGNOSTIC_GROUPS, Message, Parsed, PolicyDocument, PolicyKind, Quotas, Severity, ValidationOptions,
    diagnostic_codes, validate,
};
use scproof_text::{Code, Example};

use crate::page::hold;
use crate::paragraph::paragraph;

const PAGE: &str = include_str!("../../../../docs/diagnostics.md");

fn block(page: &mut String, language: &str, text: &str) {
    page.extend(["\n```", language.trim_end(), "\n", text, "\n```\n"]);
}

/// What the page says of a code.
fn section(page: &mut String, code: &Code) {
    page.extend(["\n### `", code.code, "`\n"]);
    paragraph(page, &format!("*{}* · {} · {}", code.severity.as_str(), code.rule, code.summary));
    if !code.text.is_empty() {
        paragraph(page, code.text);
    }
    if let Some(shown) = code.example {
        block(page, &format!("json {}", shown.part_of), shown.source);
        let parsed = example(shown.part_of, shown.source);
        let first = parsed.diagnostics.iter().find(|diagnostic| diagnostic.code == code.code);
        block(page, "text", &first.map_or_else(String::new, rendered));
    }
}

fn example(kind: &str, text: &str) -> Parsed {
    let document = |statement: &str| format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{statement}]}}");
    let scp = |text: &str, options| validate(text, PolicyKind::ServiceControl, &options);
    match kind {
        "" => scp(text, ValidationOptions::default()),
        "statement" => scp(&document(&format!("{{{text}}}")), ValidationOptions::default()),
        "legacy" => scp(
            &document(&format!("{{{text}}}")),
            ValidationOptions { legacy_scp_language: true, ..ValidationOptions::default() },
        ),
        "condition" => {
            let rest = r#""Effect": "Deny", "Action": "*", "Resource": "*""#;
            scp(&document(&format!("{{{rest}, \"Condition\": {{{text}}}}}")), ValidationOptions::default())
        }
        "rcp" => PolicyDocument::parse(&document(&format!("{{{text}}}")), PolicyKind::ResourceControl),
        "rcp-document" => PolicyDocument::parse(text, PolicyKind::ResourceControl),
        other => panic!("unknown kind of example `{other}`"),
    }
}

fn rendered(diagnostic: &Message) -> String {
    let mut lines = vec![format!("{}: {}", diagnostic.severity.as_str(), diagnostic.message)];
    if !diagnostic.path.steps().is_empty() {
        lines.push(format!("  at {}", diagnostic.path));
    }
    lines.extend(diagnostic.expected.iter().map(|text| format!("  expected {text}")));
    lines.extend(diagnostic.help.iter().map(|text| format!("  help: {text}")));
    lines.join("\n")
}

/// What a page cannot show: texts by their size, bytes, invisible characters.
fn unprintable() -> Vec<(&'static str, Parsed)> {
    let scp = |text: &str| PolicyDocument::parse(text, PolicyKind::ServiceControl);
    let limited = |kind, text: &str, limit: usize| {
        let name = if kind == PolicyKind::ServiceControl { "max_scp_chars" } else { "max_rcp_chars" };
        let quotas = Quotas::from_json(&format!(r#"[{{"name": "{name}", "value": {limit}}}]"#)).unwrap();
        validate(text, kind, &ValidationOptions { quotas, ..ValidationOptions::default() })
    };
    let text = "{\"Version\": \"2012-10-17\", \"Id\": \"é\"}";
    let characters = text.chars().count();
    let (scps, rcps) = (PolicyKind::ServiceControl, PolicyKind::ResourceControl);
    vec![
        ("invalid-utf8", PolicyDocument::parse_bytes(b"{\"\xc3\"}", PolicyKind::ServiceControl)),
        ("empty-text", scp(" \n")),
        ("text-too-long", scp(&" ".repeat(1 << 21))),
        ("too-deep", scp(&format!("{}{}", "[".repeat(65), "]".repeat(65)))),
        ("byte-order-mark", scp("\u{feff}{}")),
        ("control-character", scp("{\"a\tb\": 1}")),
        ("diagnostics-cut", scp(&format!("{{\"Statement\": [{}1]}}", "1,".repeat(300)))),
        ("scp-too-long", limited(scps, text, 10)),
        ("minified-fits", limited(scps, text, characters - 1)),
        ("too-many-bytes", limited(scps, text, characters)),
        ("rcp-too-long", limited(rcps, text, 10)),
    ]
}

#[test]
fn the_page_is_written_from_the_table() {
    // What stands before the first section is true of all diagnostics and is written by hand.
    let (head, _) = PAGE.split_once("\n## ").unwrap();
    let mut page = head.to_owned();
    for group in DIAGNOSTIC_GROUPS {
        page.extend(["\n## ", group.title, "\n"]);
        if !group.text.is_empty() {
            paragraph(&mut page, group.text);
        }
        for code in group.codes {
            section(&mut page, code);
        }
    }
    hold("diagnostics.md", &page);
}

#[test]
fn every_code_is_produced() {
    let known: BTreeSet<&str> = diagnostic_codes().map(|code| code.code).collect();
    assert_eq!(known.len(), diagnostic_codes().count(), "a code occurs twice in the tables");
    let mut shown = BTreeSet::new();
    for (code, Example { part_of, source }) in diagnostic_codes().filter_map(|code| Some((code, code.example?))) {
        let parsed = example(part_of, source);
        let found = parsed.diagnostics.iter().any(|diagnostic| diagnostic.code == code.code);
        assert!(found && shown.insert(code.code), "{}: {:#?}", code.code, parsed.diagnostics);
        // One fault a section, so that the page shows what it speaks of.
        let is_other = |other: &&Message| other.severity == Severity::Error && other.code != code.code;
        let worse = parsed.diagnostics.iter().find(is_other);
        let is_about_json = matches!(code.rule, "JSON-1" | "JSON-2");
        assert!(worse.is_none() || is_about_json, "{}: also {worse:#?}", code.code);
    }
    for (code, parsed) in &unprintable() {
        assert!(parsed.diagnostics.iter().any(|diagnostic| diagnostic.code == *code), "{code}: {parsed:#?}");
        assert!(shown.insert(code), "{code} is shown on the page");
    }
    assert_eq!(shown, known, "codes that nothing produces");
}

#[test]
fn a_diagnostic_says_what_the_table_says() {
    let all: BTreeMap<_, _> = diagnostic_codes().map(|code| (code.code, (code.rule, code.severity))).collect();
    let examples = diagnostic_codes().filter_map(|code| code.example);
    let examples = examples.map(|Example { part_of, source }| example(part_of, source));
    let parsed: Vec<_> = examples.chain(unprintable().into_iter().map(|(_, parsed)| parsed)).collect();
    for diagnostic in parsed.iter().flat_map(|parsed| &parsed.diagnostics) {
        assert_eq!(all[diagnostic.code], (diagnostic.rule, diagnostic.severity));
        let texts = [Some(&diagnostic.message), diagnostic.expected.as_ref(), diagnostic.help.as_ref()];
        for text in texts.into_iter().flatten() {
            assert!(!text.ends_with('.') && !text.contains('\n') && !text.is_empty(), "{text}");
            let first = text.chars().next().unwrap();
            let is_name = ["JSON", "AWS", "IPv", "UTF"].iter().any(|name| text.starts_with(name));
            assert!(!first.is_uppercase() || is_name, "{text}");
        }
    }
}

#[test]
fn lim_1_to_lim_3_sizes() {
    let pad = |characters: usize, spaces: usize| {
        let head =
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/"#;
        let tail = format!("\"}}]{}}}", " ".repeat(spaces));
        format!("{head}{}{tail}", "a".repeat(characters - head.len() - tail.len()))
    };
    let codes = |text: &str, day: &str| {
        let options = ValidationOptions { quotas: Quotas::on(day).unwrap(), ..ValidationOptions::default() };
        let parsed = validate(text, PolicyKind::ServiceControl, &options);
        parsed.diagnostics.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(&pad(10_240, 0), "2026-05-15"), [""; 0]);
    assert_eq!(codes(&pad(10_241, 0), "2026-05-15"), ["scp-too-long"]);
    assert_eq!(codes(&pad(10_240, 0).replacen("aaa", "aaé", 1), "2026-05-15"), ["too-many-bytes"]);
    assert_eq!(codes(&pad(6_000, 2_000), "2026-05-15"), [""; 0]);
    assert_eq!(codes(&pad(6_000, 2_000), "2026-05-14"), ["scp-too-long", "minified-fits"]);
}

#[test]
fn doc_13_to_doc_17_only_on_request() {
    let text = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "NotAction": "iam:*Role", "Resource": "arn:aws:s3:::b"},
        {"Effect": "Allow", "Action": "ec2:Get*", "NotResource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Effect": "Deny", "NotAction": "*", "Resource": "arn:aws:s3:::b", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Effect": "Deny", "Action": "ec2:D*Instances", "NotResource": "*"}]}"#;
    let codes = |legacy_scp_language| {
        let options = ValidationOptions { legacy_scp_language, ..ValidationOptions::default() };
        let parsed = validate(text, PolicyKind::ServiceControl, &options);
        let codes: Vec<_> = parsed.diagnostics.iter().map(|found| (found.path.to_string(), found.code)).collect();
        (parsed.document, codes)
    };
    let row = |path: &str, code| (path.to_owned(), code);
    let (now, legacy) = (codes(false), codes(true));
    assert_eq!(now.0, legacy.0);
    assert_eq!(
        now.1,
        [row("Statement[0].Resource", "resource-in-allow"), row("Statement[1].NotResource", "resource-in-allow")]
    );
    assert_eq!(
        legacy.1,
        [
            row("Statement[0].NotAction", "legacy-not-action"),
            row("Statement[0].NotAction", "legacy-action-wildcard"),
            row("Statement[0].Resource", "legacy-resource"),
            row("Statement[1].NotResource", "legacy-not-resource"),
            row("Statement[1].Condition", "legacy-condition"),
            row("Statement[3].Action", "legacy-action-wildcard"),
            row("Statement[3].NotResource", "legacy-not-resource"),
        ]
    );
}

#[test]
fn the_page_on_limits_lists_all_of_them() {
    const LIMITS: &str = include_str!("../../../../docs/quotas.md");
    for (name, quota) in Quotas::current().iter() {
        let grouped = match quota.value {
            value @ 1000.. => format!("{},{:03}", value / 1000, value % 1000),
            value => value.to_string(),
        };
        let since = quota.since.as_deref().unwrap_or_default();
        let row = format!("| `{}` | {grouped} | {since} | {} |\n", name.as_str(), quota.rule);
        assert!(LIMITS.contains(&row), "{row}");
    }
    let example = LIMITS.split("```json\n").nth(1).and_then(|rest| rest.split("\n```").next()).unwrap();
    assert!(Quotas::from_json(example).is_ok());
}
