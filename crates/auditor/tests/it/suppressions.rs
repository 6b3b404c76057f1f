//! Files of suppressions: what they say, every fault with its place, and what they cover.

use insta::assert_snapshot;
use scproof_auditor::{Suppression, Suppressions};
use scproof_organization::AccountScope;
use serde_json::{Value, json};

use crate::{codes, examples, shown, validator};

fn file(suppressions: &Value) -> String {
    json!({"Format": "scproof-suppressions/1", "Suppressions": suppressions}).to_string()
}

fn suppression(finding: &str, reason: &str, until: Option<&str>) -> Suppression {
    Suppression {
        finding: finding.to_owned(),
        reason: reason.to_owned(),
        until: until.map(str::to_owned),
        scope: AccountScope::default(),
    }
}

#[test]
fn a_suppression_is_what_the_file_says() {
    let text = file(&json!([
        {"Finding": "a:p-1#2", "Reason": "ticket 1"},
        {"Finding": "b:*", "Reason": "ticket 2", "Until": "2028-02-29"},
        {"Finding": "hole:imdsv2-launch", "Reason": "ticket 3", "Accounts": "lab", "OUs": ["Dev", "Sandbox*"]},
    ]));
    let units = vec!["Dev".to_owned(), "Sandbox*".to_owned()];
    let scope = AccountScope { accounts: vec!["lab".to_owned()], units };
    assert_eq!(
        Suppressions::from_json(&text).unwrap(),
        [
            suppression("a:p-1#2", "ticket 1", None),
            suppression("b:*", "ticket 2", Some("2028-02-29")),
            Suppression { scope, ..suppression("hole:imdsv2-launch", "ticket 3", None) },
        ]
    );
}

#[test]
fn a_star_stands_for_any_text_and_nothing_else_does() {
    for (pattern, text, covers) in [
        ("a:p-1#2", "a:p-1#2", true),
        ("a:p-1#2", "a:p-1#22", false),
        ("a:p-1", "a:p-1#2", false),
        ("a:*", "a:", true),
        ("a:*", "b:a:", false),
        ("*#2", "a:p-1#2", true),
        ("*#2", "a:p-1#23", false),
        ("a*1*2", "a1a12", true),
        ("a*1*2", "a12", true),
        ("a*1*2", "a2", false),
        ("a*a", "a", false),
        ("*", "", true),
        ("**", "x", true),
        ("*a*b*", "xaxxbx", true),
        ("*ab*ba*", "aba", false),
        ("a?", "ab", false),
        ("a?", "a?", true),
        ("A", "a", false),
    ] {
        assert_eq!(suppression(pattern, "x", None).covers(text), covers, "{pattern} {text}");
    }
}

#[test]
fn all_faults_are_told_at_once_with_their_places() {
    let text = r#"{
  "Format": "scproof-suppressions/1",
  "Suppressions": [
    {"Finding": "", "Reason": " \t"},
    {"Findings": "a:1", "Reason": 5, "Until": "2027-02-29"},
    {"Finding": "a:1", "Reason": "x", "Until": "tomorrow", "Untill": "2027-01-01"},
    "a:1"
  ]
}"#;
    assert_snapshot!(shown(&Suppressions::from_json(text).unwrap_err()), @"
    4:17: Suppressions[0].Finding: `Finding` says nothing [blank-text]
        help: an audit shows the fingerprint of each finding
    4:31: Suppressions[0].Reason: `Reason` says nothing [blank-text]
        help: say why the finding is acceptable: somebody will ask
    5:6: Suppressions[1].Findings: the member `Finding` is missing [missing-member]
        help: did you mean `Finding` where it says `Findings`?
    5:35: Suppressions[1].Reason: found a number, expected a string [wrong-type]
    5:47: Suppressions[1].Until: `2027-02-29` is not a date, expected a day of the calendar such as `2027-01-31` [bad-date]
    6:48: Suppressions[2].Until: `tomorrow` is not a date, expected a day of the calendar such as `2027-01-31` [bad-date]
    6:60: Suppressions[2].Untill: `Untill` is no member of this format [unknown-member]
        help: did you mean `Until`?
    7:5: Suppressions[3]: found a string, expected an object [wrong-type]
    ");
    let error = Suppressions::from_json(r#"{"Format": "scproof-guardrails/1", "Suppressions": []}"#).unwrap_err();
    assert_snapshot!(shown(&error), @"1:12: Format: `scproof-guardrails/1` is not the format of a file of suppressions, expected `scproof-suppressions/1` [unknown-format]");
    assert_snapshot!(Suppressions::load("no/such/file.json").unwrap_err(), @"no/such/file.json: cannot be read: no such file or directory");
    let many = file(&json!(vec![json!({"Finding": "a", "Reason": "b"}); 10_001]));
    assert_eq!(codes(&Suppressions::from_json(&many).unwrap_err()), ["too-many-suppressions at Suppressions"]);
}

#[test]
fn the_schema_agrees_with_the_reader() {
    let validator = validator("scproof-suppressions-1.json");
    let compare = |value: &Value| {
        let by_reader = Suppressions::from_json(&value.to_string()).is_ok();
        assert_eq!(validator.is_valid(value), by_reader, "{value}");
        by_reader
    };
    let of = |one: Value| json!({"Format": "scproof-suppressions/1", "Suppressions": [one]});
    for finding in [json!("a:*"), json!(""), json!(" "), json!(5), json!(null)] {
        for reason in [json!("x"), json!("\n"), json!([])] {
            for more in [
                json!({}),
                json!({"Until": "2027-01-31"}),
                json!({"Until": null}),
                json!({"X": 1}),
                json!({"Accounts": "shop"}),
                json!({"OUs": ["Prod", "Dev"]}),
                json!({"Accounts": []}),
                json!({"OUs": " "}),
                json!({"Accounts": ["shop", ""]}),
                json!({"Accounts": 7}),
            ] {
                let mut one = more;
                one["Finding"] = finding.clone();
                one["Reason"] = reason.clone();
                compare(&of(one));
            }
        }
    }
    // Every day of a few years, and some that are none.
    let mut days = 0;
    for year in ["1900", "2000", "2023", "2024", "2100"] {
        for month in 0..14 {
            for day in 0..33 {
                let until = format!("{year}-{month:02}-{day:02}");
                days += usize::from(compare(&of(json!({"Finding": "a", "Reason": "b", "Until": until}))));
            }
        }
    }
    assert_eq!(days, 365 + 366 + 365 + 366 + 365);
    for until in ["", "2027-1-31", "2027-01-31T00:00:00Z", "27-01-31", "2027/01/31", "-027-01-31", "٢٠٢٧-01-31"] {
        assert!(!compare(&of(json!({"Finding": "a", "Reason": "b", "Until": until}))), "{until}");
    }
    for text in [
        json!({"Format": "scproof-suppressions/1", "Suppressions": [], "$schema": "x", "Description": "x"}),
        json!({"Format": "scproof-suppressions/1", "Suppressions": {}}),
        json!({"Format": "scproof-suppressions/1"}),
        json!({"Suppressions": []}),
        of(json!({"Reason": "x"})),
        of(json!({"Finding": "x"})),
    ] {
        compare(&text);
    }
}

#[test]
fn the_examples_of_the_documentation_are_valid() {
    let validator = validator("scproof-suppressions-1.json");
    let examples = examples("suppressions.md");
    assert!(!examples.is_empty());
    for example in examples {
        Suppressions::from_json(&example).unwrap_or_else(|error| panic!("{}", shown(&error)));
        assert!(validator.is_valid(&serde_json::from_str(&example).unwrap()));
    }
}
