//! What documents come out of which texts.

use scproof_policy_parser::{Effect, Parsed, PolicyDocument, PolicyKind, Severity, Statement, Version};

fn scp(text: &str) -> Parsed {
    PolicyDocument::parse(text, PolicyKind::ServiceControl)
}

fn codes(parsed: &Parsed) -> Vec<&'static str> {
    parsed.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

/// A document of one statement with the given elements.
fn statement(elements: &str) -> (Statement, Vec<&'static str>) {
    let parsed = scp(&format!(r#"{{"Version": "2012-10-17", "Statement": [{{{elements}}}]}}"#));
    assert_eq!(parsed.document.statements.len(), 1);
    let codes = codes(&parsed);
    (parsed.document.statements.into_iter().next().unwrap(), codes)
}

const REST: &str = r#""Effect": "Deny", "Action": "s3:*", "Resource": "*""#;

#[test]
fn a_plain_document() {
    let parsed = scp(
        r#"{"Version": "2012-10-17", "Statement": [{"Sid": "A1", "Effect": "Deny", "NotAction": ["iam:*", "sts:*"],
            "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]},
            "Bool": {"aws:ViaAWSService": false}}}]}"#,
    );
    assert_eq!(codes(&parsed), [""; 0]);
    let document = parsed.document;
    assert_eq!(document.version, Version::V2012);
    let statement = &document.statements[0];
    assert!(statement.is_readable() && !document.single_statement);
    assert_eq!((statement.sid.as_deref(), statement.effect), (Some("A1"), Some(Effect::Deny)));
    let action = statement.action.as_ref().unwrap();
    assert!(action.negated && action.patterns.len() == 2 && action.patterns[1].text == "sts:*");
    let conditions = statement.condition.as_ref().unwrap();
    assert_eq!(conditions[0].values.as_ref().unwrap()[1].text, "eu-central-1");
    assert_eq!(
        (conditions[1].key.as_str(), conditions[1].values.as_ref().unwrap()[0].text.as_str()),
        ("aws:ViaAWSService", "false")
    );
}

#[test]
fn k3_14_a_text_that_is_no_policy_is_one_statement_without_meaning() {
    let texts = [
        "",
        "  ",
        "null",
        "[]",
        "{}",
        "{} {}",
        "{",
        "\"x\"",
        r#"{"Statement": 5}"#,
        r#"{"Statement": null}"#,
        r#"{"Statement": "*"}"#,
        r#"{"Version": "2012-10-17"}"#,
        r#"{"Statement": [], "Statement": []}"#,
        r#"{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"},]}"#,
    ];
    for text in texts {
        let parsed = scp(text);
        assert_eq!(parsed.document.statements, [Statement::without_meaning()], "{text}");
        assert!(parsed.has_errors(), "{text}");
    }
}

#[test]
fn k3_14_an_element_that_is_no_object_has_no_meaning_in_its_place() {
    let parsed = scp(&format!(r#"{{"Version": "2012-10-17", "Statement": [{{{REST}}}, 5, {{{REST}}}]}}"#));
    let readable: Vec<_> = parsed.document.statements.iter().map(Statement::is_readable).collect();
    assert_eq!(readable, [true, false, true]);
    assert_eq!(parsed.document.statements[1], Statement::without_meaning());
    assert_eq!(codes(&parsed), ["bad-statement"]);
}

#[test]
fn json_3_json_5_doc_3_a_fault_of_the_policy_level_spoils_all_statements() {
    for fault in [r#""Foo": 1"#, r#""Id": "a", "Id": "a""#, r#""version": "2012-10-17""#] {
        let parsed = scp(&format!(r#"{{"Version": "2012-10-17", {fault}, "Statement": {{{REST}}}}}"#));
        let statement = &parsed.document.statements[0];
        assert!(statement.without_meaning && statement.action.is_some() && parsed.has_errors(), "{fault}");
    }
    for version in [r#""2012-10-18""#, "2012", "null"] {
        let parsed = scp(&format!(r#"{{"Version": {version}, "Statement": {{{REST}}}}}"#));
        assert!(parsed.document.statements[0].without_meaning && parsed.has_errors(), "{version}");
    }
    assert_eq!(scp(r#"{"Statement": []}"#).document.statements, []);
}

#[test]
fn doc_3_with_the_version_in_doubt_a_variable_says_nothing() {
    let text = r#"{"Version": "2012-10-16", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": "1", "aws:username": "${*}"}}}}"#;
    let statement = scp(text).document.statements.remove(0);
    assert_eq!(statement.resource, None);
    let readable: Vec<_> = statement.condition.unwrap().iter().map(|condition| condition.values.is_some()).collect();
    assert_eq!(readable, [true, false]);
}

#[test]
fn k3_14_a_faulty_part_is_unknown_and_the_others_stay() {
    let (found, codes) = statement(r#""Effect": "Allow", "Effect": "Deny", "Action": "s3:*", "Resource": "*""#);
    assert_eq!((found.effect, found.without_meaning, codes.as_slice()), (None, false, &["duplicate-name"][..]));
    assert!(found.action.is_some());
    for elements in [
        r#""Effect": "Deny", "Action": "s3:*", "NotAction": "s3:*", "Resource": "*""#,
        r#""Effect": "Deny", "Resource": "*""#,
        r#""Effect": "Deny", "Action": ["s3:*", 5], "Resource": "*""#,
        r#""Effect": "Deny", "Action": {}, "Resource": "*""#,
        r#""Effect": "Deny", "Action": "s3:*", "Action": "s3:*", "Resource": "*""#,
    ] {
        let (found, _) = statement(elements);
        assert!(found.action.is_none() && found.resource.is_some() && !found.without_meaning, "{elements}");
    }
    for elements in [
        format!(r#"{REST}, "Foo": 1"#),
        format!(r#"{REST}, "Principal": "*""#),
        format!(r#"{REST}, "Sid": "a", "Sid": "b""#),
    ] {
        let (found, _) = statement(&elements);
        assert!(found.without_meaning && found.action.is_some() && found.effect.is_some(), "{elements}");
    }
    let (found, _) = statement(&format!(r#"{REST}, "Sid": 5"#));
    assert!(found.is_readable());
}

#[test]
fn json_3_json_4_doc_10_doc_29_doc_30_faults_in_conditions() {
    let conditions = |block: &str| {
        let (found, codes) = statement(&format!(r#"{REST}, "Condition": {block}"#));
        assert!(!found.without_meaning);
        let readable = found.condition.map(|conditions| {
            conditions.iter().map(|c| (c.operator_text.clone(), c.key.clone(), c.is_readable())).collect::<Vec<_>>()
        });
        (readable, codes)
    };
    let row = |operator: &str, key: &str, readable| (operator.to_owned(), key.to_owned(), readable);
    assert_eq!(conditions("[]"), (None, vec!["condition-not-object"]));
    assert_eq!(conditions("{}"), (Some(vec![]), vec!["empty-condition"]));
    assert_eq!(conditions(r#"{"StringEquals": {}}"#), (Some(vec![]), vec!["empty-condition"]));
    assert_eq!(
        conditions(r#"{"StringEquals": [], "Bool": {"a:b": true}}"#),
        (Some(vec![row("StringEquals", "", false), row("Bool", "a:b", true)]), vec!["condition-not-object"])
    );
    assert_eq!(
        conditions(r#"{"StringEquals": {"a:b": "1"}, "StringEquals": {"a:c": "1"}, "Bool": {"a:b": true}}"#),
        (Some(vec![row("StringEquals", "", false), row("Bool", "a:b", true)]), vec!["duplicate-name"])
    );
    assert_eq!(
        conditions(r#"{"StringEquals": {"a:b": "1", "a:c": "1", "A:B": "2", "a:c": "3", "a:d": "x"}}"#),
        (
            Some(vec![
                row("StringEquals", "a:b", false),
                row("StringEquals", "a:c", false),
                row("StringEquals", "a:d", true)
            ]),
            vec!["duplicate-key-case", "duplicate-name"]
        )
    );
    assert_eq!(
        conditions(r#"{"StringEquals": {"a:b": "1"}, "stringequals": {"a:b": "2"}}"#),
        (
            Some(vec![row("StringEquals", "a:b", true), row("stringequals", "a:b", true)]),
            vec!["duplicate-operator", "operator-case"]
        )
    );
    assert_eq!(
        conditions(r#"{"StringEqual": {}, "NullIfExists": {"a:b": "true"}}"#),
        (
            Some(vec![row("StringEqual", "", false), row("NullIfExists", "a:b", false)]),
            vec!["unknown-operator", "empty-condition", "null-if-exists"]
        )
    );
    for value in ["null", "{}", "[[]]", r#"["x", null]"#] {
        let (found, codes) = conditions(&format!(r#"{{"StringEquals": {{"a:b": {value}}}}}"#));
        assert_eq!(
            (found.unwrap(), codes),
            (vec![row("StringEquals", "a:b", false)], vec!["bad-condition-value"]),
            "{value}"
        );
    }
}

#[test]
fn json_7_values_keep_the_text_of_their_token() {
    let (found, codes) =
        statement(&format!(r#"{REST}, "Condition": {{"StringEquals": {{"a:b": [1.50, true, "x"]}}}}"#));
    let texts: Vec<_> =
        found.condition.unwrap()[0].values.clone().unwrap().into_iter().map(|value| value.text).collect();
    assert_eq!(texts, ["1.50", "true", "x"]);
    assert_eq!(codes, ["mixed-value-types"]);
}

#[test]
fn json_8_a_byte_order_mark_changes_nothing_but_a_warning() {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": {{{REST}}}}}"#);
    let (plain, marked) = (scp(&text), scp(&format!("\u{feff}{text}")));
    assert_eq!(plain.document, marked.document);
    assert_eq!((codes(&marked), marked.diagnostics[0].severity), (vec!["byte-order-mark"], Severity::Warning));
}

#[test]
fn json_1_bytes_that_are_not_utf_8() {
    let parsed = PolicyDocument::parse_bytes(b"{\n \"Version\": \"\xff\"}", PolicyKind::ServiceControl);
    let fault = &parsed.diagnostics[0];
    assert_eq!((fault.code, fault.span(), fault.line_and_column()), ("invalid-utf8", Some(15..16), Some((2, 14))));
    assert_eq!(parsed.document.statements, [Statement::without_meaning()]);
    assert!(!PolicyDocument::parse_bytes(b"{}", PolicyKind::ServiceControl).diagnostics.is_empty());
}

#[test]
fn rcp_1_to_rcp_3() {
    let rcp = |elements: &str| {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{{{elements}}}]}}"#);
        let parsed = PolicyDocument::parse(&text, PolicyKind::ResourceControl);
        let codes = codes(&parsed);
        (parsed.document.statements[0].clone(), codes)
    };
    let (found, codes) = rcp(&format!(r#""Principal": "*", {REST}"#));
    assert!(found.is_readable() && codes.is_empty(), "{codes:?}");
    let (found, codes) = rcp(r#""Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*""#);
    assert_eq!((found.is_readable(), codes.as_slice()), (true, &["rcp-full-access"][..]));
    for (elements, code) in [
        (REST.to_owned(), "rcp-missing-principal"),
        (format!(r#""Principal": {{"AWS": "*"}}, {REST}"#), "rcp-principal"),
        (format!(r#""Principal": ["*"], {REST}"#), "rcp-principal"),
        (format!(r#""Principal": "*", "NotPrincipal": "*", {REST}"#), "rcp-unsupported-element"),
        (
            r#""Principal": "*", "Effect": "Deny", "NotAction": "s3:*", "Resource": "*""#.to_owned(),
            "rcp-unsupported-element",
        ),
    ] {
        let (found, codes) = rcp(&elements);
        assert!(found.without_meaning && codes == [code], "{elements} {codes:?}");
    }
    let (found, codes) = rcp(r#""Principal": "*", "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {}"#);
    assert!(found.is_readable());
    assert_eq!(codes, ["rcp-effect", "rcp-any-action", "empty-condition"]);
}
