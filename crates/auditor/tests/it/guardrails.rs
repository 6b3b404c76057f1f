//! Files of guardrails: what they say, and every fault with its place.

use insta::assert_snapshot;
use scproof_auditor::{Guardrails, Risk};
use serde_json::{Value, json};

use crate::{codes, examples, shown, validator};

fn file(guardrails: &Value) -> String {
    json!({"Format": "scproof-guardrails/1", "Guardrails": guardrails}).to_string()
}

fn with(statements: &Value) -> String {
    file(&json!([{"Id": "own", "Title": "Own", "Why": "ours", "Risk": "low", "MustBeBlocked": statements}]))
}

fn document(statements: &Value) -> String {
    let guardrails = Guardrails::from_json(&with(statements)).unwrap_or_else(|error| panic!("{}", shown(&error)));
    guardrails.list().first().unwrap().json()
}

fn faults(statements: &Value) -> Vec<String> {
    Guardrails::from_json(&with(statements)).map_or_else(|error| codes(&error), |_| Vec::new())
}

#[test]
fn a_guardrail_is_what_the_file_says() {
    let text = file(&json!([{
        "Id": "no-s3", "Title": "No S3", "Why": "no buckets", "Category": "Storage", "Risk": "high",
        "Sources": "https://example.com/a?b=c",
        "MustBeBlocked": {"Action": "s3:*"}
    }, {
        "Id": "a1", "Title": "A", "Why": "B", "Risk": "info",
        "MustBeBlocked": [{"NotAction": ["iam:*", "sts:*"], "Condition": {"Bool": {"aws:SecureTransport": false}}}]
    }]));
    let guardrails = Guardrails::from_json(&text).unwrap();
    let [first, second] = guardrails.list() else { panic!("not two") };
    assert_eq!(first.id, "no-s3");
    assert_eq!((first.title.as_str(), first.why.as_str(), first.category.as_str()), ("No S3", "no buckets", "Storage"));
    assert_eq!(
        (first.risk, first.sources.as_slice()),
        (Risk::High, ["https://example.com/a?b=c".to_owned()].as_slice())
    );
    assert_eq!(
        first.json(),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#
    );
    assert_eq!((second.category.as_str(), second.sources.len()), ("Other", 0));
    assert_eq!(
        second.json(),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":["iam:*","sts:*"],"Resource":"*","Condition":{"Bool":{"aws:SecureTransport":false}}}]}"#
    );
}

#[test]
fn statements_keep_what_they_say() {
    assert_eq!(
        document(&json!([
            {"Sid": "One", "Effect": "Deny", "Action": "iam:*", "Resource": ["arn:aws:iam::*:role/a", "arn:aws:iam::*:role/b"]},
            {"Action": "s3:*", "NotResource": "arn:aws:s3:::${aws:PrincipalAccount}-*"},
        ])),
        concat!(
            r#"{"Version":"2012-10-17","Statement":["#,
            r#"{"Sid":"One","Effect":"Deny","Action":"iam:*","Resource":["arn:aws:iam::*:role/a","arn:aws:iam::*:role/b"]},"#,
            r#"{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::${aws:PrincipalAccount}-*"}]}"#
        )
    );
    // Names that the catalog does not know are fine (DOC-21), so is a length that no policy may have.
    let many: Vec<String> = (0..2_000).map(|number| format!("newservice:Do{number}")).collect();
    assert!(document(&json!({"Action": many})).len() > 20_000);
    assert!(faults(&json!({"Action": "x:Y", "Condition": {"StringEquals": {"aws:NotYetInvented": "a"}}})).is_empty());
    assert!(faults(&json!({"Action": "x:Y", "Resource": "arn:aws:iam::*:r*"})).is_empty());
}

#[test]
fn all_faults_are_told_at_once_with_their_places() {
    let text = r#"{
  "Format": "scproof-guardrails/1",
  "Guardrail": [],
  "Guardrails": [
    {
      "Id": "No Shouting",
      "Title": " ",
      "Why": "because",
      "Risk": "High",
      "Sources": ["https://example.com", "javascript:alert(1)"],
      "MustBeBlocked": {"Action": "s3:*", "Condition": {"StringEqual": {"aws:PrincipalOrgID": "o-1"}}}
    },
    {
      "Id": "two",
      "Tilte": "Two",
      "Why": 5,
      "Risk": "grave",
      "MustBeBlocked": [
        {"Action": "s3:Get Object"},
        {"Effect": "Allow", "Action": "s3", "Resource": ["*", "bucket"]},
        {"Principal": "*", "Resorce": "*"},
        7
      ]
    },
    {"Id": "two", "Title": "Two", "Why": "again", "Risk": "low", "MustBeBlocked": []},
    {"Id": "three", "Title": "Three", "Why": "x", "Risk": "low", "MustBeBlocked": "s3:*"},
    {"Id": "four", "Id": "five", "Title": "Four", "Why": "x", "Risk": "low"}
  ]
}"#;
    assert_snapshot!(shown(&Guardrails::from_json(text).unwrap_err()), @"
    3:3: Guardrail: `Guardrail` is no member of this format [unknown-member]
        help: did you mean `Guardrails`?
    6:13: Guardrails[0].Id: `No Shouting` is not the id of a guardrail, expected at most 100 small letters, digits and single hyphens, such as `leave-organization` [bad-id]
    7:16: Guardrails[0].Title: `Title` says nothing [blank-text]
    9:15: Guardrails[0].Risk: `High` is not a risk, expected `high`, `medium`, `low` or `info` [unknown-risk]
        help: did you mean `high`?
    10:42: Guardrails[0].Sources[1]: `javascript:alert(1)` is not the address of a web page, expected a text that begins with `https://`, without white space [bad-source]
    11:72: Guardrails[0].MustBeBlocked.Condition.StringEqual: unknown condition operator `StringEqual`, expected an operator such as `StringEquals` [unknown-operator]
        help: did you mean `StringEquals`?
    15:7: Guardrails[1].Tilte: the member `Title` is missing [missing-member]
        help: did you mean `Title` where it says `Tilte`?
    16:14: Guardrails[1].Why: found a number, expected a string [wrong-type]
    17:15: Guardrails[1].Risk: `grave` is not a risk, expected `high`, `medium`, `low` or `info` [unknown-risk]
    19:20: Guardrails[1].MustBeBlocked[0].Action: the action `s3:Get Object` holds white space and matches nothing [action-white-space]
        help: delete the white space
    20:20: Guardrails[1].MustBeBlocked[1].Effect: a guardrail says what must be blocked, not `Allow`, expected `Deny` [bad-effect]
        help: leave `Effect` out
    20:39: Guardrails[1].MustBeBlocked[1].Action: the action `s3` has no colon, expected `*` or a service prefix, a colon and a name, such as `s3:GetObject` [bad-action]
    20:63: Guardrails[1].MustBeBlocked[1].Resource[1]: the resource `bucket` is neither `*` nor an ARN, expected `*` or `arn:partition:service:region:account:resource` [bad-resource]
    21:9: Guardrails[1].MustBeBlocked[2]: the statement has neither `Action` nor `NotAction`, expected exactly one of `Action` and `NotAction` [missing-action]
    21:10: Guardrails[1].MustBeBlocked[2].Principal: `Principal` is no member of this format, expected one of `Action`, `Condition`, `Effect`, `NotAction`, `NotResource`, `Resource`, `Sid` [unknown-member]
    21:28: Guardrails[1].MustBeBlocked[2].Resorce: `Resorce` is no member of this format [unknown-member]
        help: did you mean `Resource`?
    22:9: Guardrails[1].MustBeBlocked[3]: found a number, expected an object [wrong-type]
    25:12: Guardrails[2].Id: `two` is the id of two guardrails, first at Guardrails[1] [duplicate-id]
        help: write all statements of one guardrail into one `MustBeBlocked`
    25:83: Guardrails[2].MustBeBlocked: the guardrail names no calls, so it would hold everywhere, expected at least one statement [empty-list]
    26:83: Guardrails[3].MustBeBlocked: found a string, expected a statement as an object, or an array of statements [wrong-type]
    27:5: Guardrails[4].MustBeBlocked: the member `MustBeBlocked` is missing [missing-member]
        help: write the calls there, as statements of a policy
    27:20: Guardrails[4].Id: the member `Id` stands twice [duplicate-member]
    ");
}

#[test]
fn faults_of_the_form() {
    let show = |text: &str| shown(&Guardrails::from_json(text).unwrap_err());
    assert_snapshot!(show("{\"Format\": \"scproof-guardrails/1\",\n  \"Guardrails\": [}"), @"2:17: Guardrails: the `[` is never closed, expected `]` [unclosed-bracket]");
    assert_snapshot!(show(r#"{"Format": "scproof-guardrails/2", "Rails": []}"#), @"
    1:12: Format: the file of guardrails has the newer format `scproof-guardrails/2`, expected `scproof-guardrails/1` [newer-format]
        help: update scproof, or use a file for this version
    ");
    assert_snapshot!(show(r#"{"Format": "scproof-changes/1"}"#), @"1:12: Format: `scproof-changes/1` is not the format of a file of guardrails, expected `scproof-guardrails/1` [unknown-format]");
    assert_snapshot!(show(r#"{"Guardrails": []}"#), @"1:1: Format: the member `Format` is missing [missing-member]");
    assert_snapshot!(show("[]"), @"1:1: found an array, expected an object [wrong-type]");
    assert_snapshot!(show(r#"{"Format": "scproof-guardrails/1"}"#), @"1:1: Guardrails: the member `Guardrails` is missing [missing-member]");
    let error = Guardrails::load("no/such/file.json").unwrap_err();
    assert_snapshot!(error, @"no/such/file.json: cannot be read: no such file or directory");
}

// A statement that matches nothing, or whose meaning is uncertain, would let a guardrail hold by mistake.
#[test]
fn what_is_only_a_warning_in_a_policy_is_a_fault_here() {
    assert_eq!(faults(&json!({"Action": "s3:"})), ["empty-action-name at Guardrails[0].MustBeBlocked.Action"]);
    assert_eq!(
        faults(&json!([{"Action": "s3:*"}, {"Action": ["a:b", " s3:*"]}])),
        ["action-white-space at Guardrails[0].MustBeBlocked[1].Action[1]"]
    );
    assert_eq!(
        faults(&json!([{"Action": "s3:*", "Condition": {"StringEquals": {}}}])),
        ["empty-condition at Guardrails[0].MustBeBlocked[0].Condition.StringEquals"]
    );
    assert_eq!(
        faults(&json!({"Action": "s3:*", "Resource": "arn:aws:s3"})),
        ["incomplete-arn at Guardrails[0].MustBeBlocked.Resource"]
    );
    assert_eq!(faults(&json!([{}])), ["missing-action at Guardrails[0].MustBeBlocked[0]"]);
    assert_eq!(
        faults(&json!({"Action": "s3:*", "NotAction": "s3:*", "Resource": "*", "NotResource": "*"})),
        [
            "action-and-not-action at Guardrails[0].MustBeBlocked.NotAction",
            "resource-and-not-resource at Guardrails[0].MustBeBlocked.NotResource"
        ]
    );
}

#[test]
fn there_are_limits() {
    let guardrail = |number: usize| {
        let id = format!("g{number}");
        json!({"Id": id, "Title": "T", "Why": "W", "Risk": "low", "MustBeBlocked": {"Action": "s3:*"}})
    };
    let many = |count: usize| file(&(0..count).map(guardrail).collect());
    assert_eq!(Guardrails::from_json(&many(1_000)).unwrap().list().len(), 1_000);
    assert_eq!(codes(&Guardrails::from_json(&many(1_001)).unwrap_err()), ["too-many-guardrails at Guardrails"]);
    let statements = |count: usize| json!(vec![json!({"Action": "s3:*"}); count]);
    assert!(faults(&statements(100)).is_empty());
    assert_eq!(faults(&statements(101)), ["too-many-statements at Guardrails[0].MustBeBlocked"]);
}

#[test]
fn an_own_guardrail_takes_the_place_of_the_built_in_one() {
    let text = file(&json!([
        {"Id": "new", "Title": "New", "Why": "ours", "Risk": "low", "MustBeBlocked": {"Action": "s3:*"}},
        {"Id": "region-lock", "Title": "Only Frankfurt", "Why": "ours", "Risk": "high", "MustBeBlocked": {
            "NotAction": "iam:*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}
        }},
    ]));
    let built_in = Guardrails::built_in();
    let mut all = Guardrails::new(built_in);
    all.merge(Guardrails::from_json(&text).unwrap());
    let list = all.into_list();
    assert_eq!(list.len(), built_in.len() + 1);
    let place = built_in.iter().position(|guardrail| guardrail.id == "region-lock").unwrap();
    assert_eq!(list.get(place).unwrap().title, "Only Frankfurt");
    assert_eq!(list.last().unwrap().id, "new");
}

#[test]
fn the_schema_agrees_with_the_reader() {
    let validator = validator("scproof-guardrails-1.json");
    let (mut valid, mut invalid) = (0, 0);
    let mut compare = |value: &Value| {
        let result = Guardrails::from_json(&value.to_string());
        let why = result.as_ref().err().map(shown);
        assert_eq!(validator.is_valid(value), result.is_ok(), "{value}\n{why:?}");
        if result.is_ok() { valid += 1 } else { invalid += 1 }
    };
    let base = || json!({"Id": "a", "Title": "A", "Why": "B", "Risk": "low", "MustBeBlocked": {"Action": "s3:*"}});
    let of = |guardrail: Value| json!({"Format": "scproof-guardrails/1", "Guardrails": [guardrail]});
    let long = "a".repeat(101);
    let members: [(&str, Vec<Value>); 6] = [
        (
            "Id",
            vec![json!("a-1"), json!("A"), json!("a--b"), json!("-a"), json!(""), json!(long), json!(5), json!("ä")],
        ),
        ("Title", vec![json!("x"), json!(" "), json!(""), json!(null), json!(["x"])]),
        ("Category", vec![json!("x"), json!(""), json!(5)]),
        ("Risk", vec![json!("high"), json!("medium"), json!("info"), json!("High"), json!(1)]),
        (
            "Sources",
            vec![
                json!("https://a"),
                json!([]),
                json!(["http://a/b"]),
                json!("ftp://a"),
                json!("https://"),
                json!("https://a b"),
                json!([5]),
                json!({}),
            ],
        ),
        (
            "MustBeBlocked",
            vec![json!([]), json!("s3:*"), json!([5]), json!(null), json!([{"Action": "*"}, {"Action": "a:b"}])],
        ),
    ];
    for (name, values) in members {
        for value in values {
            let mut guardrail = base();
            guardrail[name] = value;
            compare(&of(guardrail));
        }
    }
    for missing in ["Id", "Title", "Why", "Risk", "MustBeBlocked"] {
        let mut guardrail = base();
        guardrail.as_object_mut().unwrap().remove(missing);
        compare(&of(guardrail));
    }
    let actions =
        [json!("*"), json!("s3:Get*"), json!(["s3:*", "iam:?"]), json!("s3"), json!("a:b:c"), json!([]), json!(5)];
    let more = [json!("s3:"), json!("s3: x"), json!("*:x"), json!([null])];
    let resources = [
        None,
        Some(json!("*")),
        Some(json!(["arn:aws:s3:::a", "arn:*:iam::*:role/x"])),
        Some(json!("bucket")),
        Some(json!("arn:aws:s3")),
        Some(json!([])),
    ];
    let conditions = [
        None,
        Some(json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
        Some(json!({"Bool": {"aws:SecureTransport": false}, "NumericLessThan": {"a:b": [1, 2]}})),
        Some(json!({})),
        Some(json!({"StringEquals": {}})),
        Some(json!({"StringEquals": {"aws:PrincipalOrgID": []}})),
        Some(json!({"StringEquals": {"aws:PrincipalOrgID": null}})),
        Some(json!([])),
    ];
    for action in actions.iter().chain(&more) {
        for resource in &resources {
            for condition in &conditions {
                for (action_name, resource_name) in [("Action", "Resource"), ("NotAction", "NotResource")] {
                    let mut statement = json!({});
                    statement[action_name] = action.clone();
                    if let Some(resource) = resource {
                        statement[resource_name] = resource.clone();
                    }
                    if let Some(condition) = condition {
                        statement["Condition"] = condition.clone();
                    }
                    let mut guardrail = base();
                    guardrail["MustBeBlocked"] = statement;
                    compare(&of(guardrail));
                }
            }
        }
    }
    for (name, value) in [
        ("Sid", json!("A1")),
        ("Sid", json!("A 1")),
        ("Sid", json!(5)),
        ("Effect", json!("Deny")),
        ("Effect", json!("Allow")),
        ("NotAction", json!("s3:*")),
        ("Principal", json!("*")),
    ] {
        let mut guardrail = base();
        guardrail["MustBeBlocked"][name] = value;
        compare(&of(guardrail));
    }
    for text in [
        json!({"Format": "scproof-guardrails/1", "Guardrails": [], "$schema": "x", "Description": "x"}),
        json!({"Format": "scproof-guardrails/1", "Guardrails": [], "Guardrail": 1}),
        json!({"Format": "scproof-guardrails/2", "Guardrails": []}),
        json!({"Format": "scproof-guardrails/1"}),
        json!({"Guardrails": []}),
        json!([]),
    ] {
        compare(&text);
    }
    assert!(valid > 60 && invalid > 900, "{valid} {invalid}");
}

#[test]
fn the_examples_of_the_documentation_are_valid() {
    let validator = validator("scproof-guardrails-1.json");
    let examples = examples("guardrails.md");
    assert!(!examples.is_empty());
    for example in examples {
        Guardrails::from_json(&example).unwrap_or_else(|error| panic!("{}", shown(&error)));
        assert!(validator.is_valid(&serde_json::from_str(&example).unwrap()));
    }
}

/// DOC-21: a guardrail about a misspelt name says nothing of the call that was meant. Other names may be new.
#[test]
fn names_that_are_misspelt_are_faults() {
    assert_eq!(faults(&json!({"Action": "s3:DeletBucket"})), ["unknown-action at Guardrails[0].MustBeBlocked.Action"]);
    assert_eq!(faults(&json!({"Action": "s3:*", "Condition": {"Null": {"aws:RequestdRegion": "true"}}})).len(), 1);
    assert_eq!(faults(&json!({"Action": ["s3:DeleteBucket", "xyzzy:Plugh"]})), Vec::<String>::new());
}
