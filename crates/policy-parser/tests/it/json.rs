//! The JSON layer against `serde_json`, and texts that mean harm.

use proptest::prelude::*;
use scproof_policy_parser::{Parsed, PolicyDocument, PolicyKind, Severity, Statement, locate};

fn scp(text: &str) -> Parsed {
    PolicyDocument::parse(text, PolicyKind::ServiceControl)
}

/// Whether our reader takes the text for one JSON value (of any type).
fn is_json(text: &str) -> bool {
    !scp(text).diagnostics.iter().any(|diagnostic| {
        matches!(diagnostic.rule, "JSON-1" | "JSON-2" | "JSON-10") && diagnostic.code != "not-an-object"
    })
}

fn judge(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok()
}

/// JSON values and near misses of them; nesting stays below every limit.
fn json_text() -> impl Strategy<Value = String> {
    let string = prop_oneof![
        r#""[a-zA-Z:*$ {}]{0,6}""#,
        r#""\\\\["\\\\/bfnrtux0]""#,
        r#""\\\\u[dD][89abcdefABCDEF][0-9a-f]{2}(\\\\u[dD][89a-f][0-9a-f]{2})?""#,
        "\"[\\x00-\\x7f\u{80}\u{2028}é😀]{0,3}\"",
    ];
    let number = prop_oneof![
        "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,2})?([eE][+-]?[0-9]{1,3})?",
        "[-+.]?[0-9]{0,3}\\.?[0-9]{0,2}[eE]?[+-]?[0-9]{0,2}",
    ];
    let leaf = prop_oneof![
        3 => string,
        2 => number,
        2 => prop::sample::select(vec!["true", "false", "null", "True", "nul", "NaN", "'x'", "", "-", "“x”"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let space =
            prop_oneof![8 => Just(""), 1 => Just(" \n\t\r"), 1 => Just("\u{a0}"), 1 => Just("/**/"), 1 => Just("#\n")];
        let name = prop_oneof![8 => "\"[ab]\"", 1 => "[ab]", 1 => "5"];
        let comma = prop_oneof![20 => Just(","), 1 => Just(""), 1 => Just(",,")];
        let list = (prop::collection::vec((inner.clone(), comma.clone(), space), 0..4), any::<bool>()).prop_map(
            |(items, trailing)| {
                let mut text = String::from("[");
                let count = items.len();
                for (index, (item, comma, space)) in items.into_iter().enumerate() {
                    text += &item;
                    text += space;
                    if index + 1 < count || (trailing && count == 3) {
                        text += comma;
                    }
                }
                text + "]"
            },
        );
        let object = prop::collection::vec(
            (name, prop_oneof![20 => Just(":"), 1 => Just(""), 1 => Just("=")], inner, comma),
            0..4,
        )
        .prop_map(|members| {
            let mut text = String::from("{");
            let count = members.len();
            for (index, (name, colon, value, comma)) in members.into_iter().enumerate() {
                text = text + &name + colon + &value + if index + 1 < count { comma } else { "" };
            }
            text + "}"
        });
        prop_oneof![list, object]
    })
}

/// One edit of a text, at a character boundary.
fn mutated(text: &str, place: prop::sample::Index, edit: u8, other: char) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    if characters.is_empty() {
        return other.to_string();
    }
    let at = place.index(characters.len());
    match edit % 4 {
        0 => drop(characters.remove(at)),
        1 => characters.insert(at, other),
        2 => characters[at] = other,
        _ => characters.truncate(at),
    }
    characters.into_iter().collect()
}

const VALID: &str = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "A\u0041😀", "Effect": "Deny", "Action": ["s3:*", "ec2:Run*"],
 "Resource": "*", "Condition": {"NumericLessThan": {"s3:max-keys": [10, -1.5e3]}, "Bool": {"aws:SecureTransport": false}}}]}"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn json_1_json_2_we_accept_what_serde_json_accepts(text in json_text()) {
        prop_assert_eq!(is_json(&text), judge(&text), "{}", text);
    }

    #[test]
    fn json_1_json_2_also_after_edits(
        text in prop_oneof![2 => json_text(), 1 => Just(VALID.to_owned())],
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<u8>(), prop_oneof![
                prop::sample::select(vec!['"', '\\', '{', '}', '[', ']', ',', ':', '\'', '/', '*', '0', '-', 'e', '\n', 'u', '\u{feff}']),
                any::<char>(),
            ]),
            1..4,
        ),
    ) {
        let text = edits.into_iter().fold(text, |text, (place, edit, other)| mutated(&text, place, edit, other));
        // A byte order mark is the one thing that we take and serde_json does not (JSON-8).
        let judged = judge(text.strip_prefix('\u{feff}').unwrap_or(&text));
        prop_assert_eq!(is_json(&text), judged, "{}", text);
        let parsed = scp(&text);
        prop_assert!(judged || parsed.document.statements == [Statement::without_meaning()]);
        prop_assert!(parsed.diagnostics.is_sorted_by_key(|diagnostic| diagnostic.span().unwrap().start));
        for diagnostic in &parsed.diagnostics {
            let span = diagnostic.span().unwrap();
            let before = text.get(..span.start);
            prop_assert!(text.get(span).is_some(), "{:?}", diagnostic);
            prop_assert_eq!(diagnostic.line_and_column().unwrap().0, 1 + before.unwrap().matches('\n').count());
            prop_assert_eq!(diagnostic.path.to_string().parse(), Ok(diagnostic.path.clone()));
            let _ = locate(&text, &diagnostic.path);
        }
    }

    #[test]
    fn json_10_no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let parsed = PolicyDocument::parse_bytes(&bytes, PolicyKind::ResourceControl);
        prop_assert!(!parsed.document.statements.is_empty() || std::str::from_utf8(&bytes).is_ok());
    }
}

#[test]
fn json_2_lone_surrogates_and_other_strings() {
    for inside in [
        r"\ud800",
        r"\udc00",
        r"\ud800x",
        r"\ud800\n",
        r"\ud800\ud800",
        r"\udc00\ud800",
        r"\ud83d\ude00",
        r"\u12",
        r"\u12g4",
        r"\x41",
        r"\",
        "\u{0}",
        "\t",
        "\u{7f}",
        r"\/",
        r"\u0000",
        r"\ud83d\u0041",
    ] {
        let text = format!("\"{inside}\"");
        assert_eq!(is_json(&text), judge(&text), "{text}");
    }
}

#[test]
fn json_10_numbers_at_the_limits() {
    for number in [
        "1e308",
        "1e309",
        "-1e400",
        "1e-400",
        "0e999999999999",
        "1e999999999999",
        "1e-999999999999",
        "00",
        "-0",
        "0.10",
        "1.",
        ".1",
        "+1",
        "0x10",
    ] {
        assert_eq!(is_json(number), judge(number), "{number}");
    }
    let long = "9".repeat(400);
    assert_eq!(is_json(&long), judge(&long));
}

#[test]
fn json_10_nesting_up_to_64_levels() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(is_json(&nested(64)));
    assert!(!is_json(&nested(65)));
    let text = format!("{{\"Statement\": {}, \"Foo\": 1}}", nested(100));
    let codes: Vec<_> = scp(&text).diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert!(codes.contains(&"too-deep") && codes.contains(&"unknown-element"), "{codes:?}");
}

#[test]
fn json_1_json_2_several_faults_in_one_pass() {
    let text = r#"{
  // a comment
  'Version': "2012-10-17",
  "Statement": [
    {"Effect": "deny", "Action": ["s3:*",], "Resource": "*"}
    {"Effect": "Deny" "Action": “s3:*”, Resource: "*", "Condition": {"Bool": {"aws:SecureTransport": False}}},
    {"Effect": "Deny, "Action": "s3:*"}
  ]
}
"#;
    let parsed = scp(text);
    let places = parsed.diagnostics.iter().map(|fault| (fault.line_and_column().unwrap(), fault.code));
    let found: Vec<_> = places.map(|((line, column), code)| (line, column, code)).collect();
    assert_eq!(
        found[..9],
        [
            (2, 3, "comment"),
            (3, 3, "wrong-quotes"),
            (5, 16, "bad-effect"),
            (5, 41, "trailing-comma"),
            (6, 5, "missing-comma"),
            (6, 23, "missing-comma"),
            (6, 33, "wrong-quotes"),
            (6, 41, "unquoted-text"),
            (6, 102, "unquoted-text"),
        ]
    );
    assert!(found[9..].iter().all(|&(line, ..)| line >= 7), "{found:?}");
}

#[test]
fn json_10_hostile_texts_are_bounded_errors() {
    const MIB: usize = 1 << 20;
    let fill = |unit: &str| unit.repeat(MIB / unit.len());
    let statement = |elements: String| format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{elements}]}}");
    let mut texts = vec![
        fill("["),
        fill("{"),
        fill("{\"a\":"),
        fill("[]"),
        fill(","),
        fill("\""),
        fill("\\"),
        fill("'"),
        fill("/*"),
        fill("//\n"),
        fill("9"),
        format!("[{}", fill("9,")),
        format!("[{}", fill(",")),
        format!("{{{}", fill("\"a\":1,")),
        format!("{{{}", fill("a")),
        fill("\u{2028}"),
        fill("a "),
        fill("${"),
        format!("1e{}", "9".repeat(1_000_000)),
        "x".repeat(MIB + 1),
    ];
    for unit in ["*", "?", "a:", "${", "${a:b}", "/", "arn:"] {
        let text = unit.repeat(900_000 / unit.len());
        texts.push(statement(format!(
            r#"{{"Effect": "Deny", "Action": "{text}", "Resource": "*"}}, {{"Effect": "Deny", "Action": "*", "Resource": 5}}"#
        )));
        texts.push(statement(format!(
            r#"{{"Effect": "Deny", "Action": 5, "Resource": "arn:{text}", "Condition": {{"ArnLike": {{"a:b": "x"}}}}}}"#
        )));
        for operator in ["ArnLike", "NumericEquals", "DateEquals", "IpAddress", "BinaryEquals", "Null"] {
            texts.push(statement(format!(
                r#"{{"Effect": "deny", "Action": "*", "Resource": "*", "Condition": {{"{operator}": {{"a:b": "{text}"}}}}}}"#
            )));
        }
    }
    let many = |unit: &dyn Fn(usize) -> String, count: usize| (0..count).map(unit).collect::<Vec<_>>().join(",");
    texts.push(statement(format!(
        r#"{{"Effect": "Deny", "Action": [{}], "Resource": "*"}}"#,
        many(&|index| format!("\"s{index}\""), 10_000)
    )));
    texts.push(statement(format!(
        r#"{{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {{"NumericEquals": {{"a:b": [{}]}}}}}}"#,
        many(&|index| format!("\"x{index}\""), 10_000)
    )));
    texts.push(statement(format!(
        r#"{{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {{"StringEquals": {{{}}}}}}}"#,
        many(&|index| format!("\"aws:key{index}\": \"\", \"aws:KEY{index}\": \"\""), 20_000)
    )));
    texts.push(statement(format!(
        r#"{{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {{{}}}}}"#,
        many(&|index| format!("\"Str{index}\": {{}}, \"Str\": []"), 30_000)
    )));
    texts.push(statement(many(&|index| format!("{{\"Sid\": \"-{}\", \"Sid\": {index}}}", index % 7), 20_000)));
    texts.push(format!(
        "{{{}}}",
        many(&|index| format!("\"Statement\": [], \"Version\": {index}, \"x{index}\": 1"), 20_000)
    ));
    for text in texts {
        let parsed = scp(&text);
        let head: String = text.chars().take(90).collect();
        assert!(parsed.has_errors(), "{head}");
        assert!(parsed.diagnostics.len() < 5_000, "{head}: {}", parsed.diagnostics.len());
        for diagnostic in &parsed.diagnostics {
            assert!(diagnostic.message.len() < 600 && !diagnostic.message.contains('\n'), "{}", diagnostic.message);
        }
    }
}

#[test]
fn json_10_what_is_cut_is_said() {
    let text = format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{}]}}", vec!["5"; 300].join(","));
    let parsed = scp(&text);
    let last = parsed.diagnostics.last().unwrap();
    assert_eq!((last.code, last.severity), ("diagnostics-cut", Severity::Note));
    assert_eq!(last.message, "100 more diagnostics are not shown: at most 200 of each kind are listed");
    assert_eq!(parsed.diagnostics.len(), 201);
}
