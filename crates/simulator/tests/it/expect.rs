//! Expected differences: the file, its schema, and what it allows.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use scproof_organization::{AccountId, LoadError, Organization};
use scproof_policy_parser::WildcardPattern;
use scproof_simulator::{BoundExpectations, Expectations, Transition};
use serde_json::{Value, json};

use crate::{base, base_with, changes, load};

fn file(allowed: &Value) -> String {
    json!({"Format": "scproof-expect/1", "Allowed": allowed}).to_string()
}

fn read(allowed: &Value) -> Expectations {
    Expectations::from_json(&file(allowed)).unwrap_or_else(|error| panic!("{error}"))
}

fn codes(error: &LoadError) -> Vec<String> {
    error.faults().iter().map(|fault| format!("{} at {}", fault.code, fault.path)).collect()
}

fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

const SHOP: &str = "222222222222";
const BENCH: &str = "777777777777";
const RIG: &str = "666666666666";

/// The actions that are beyond, one for each group of accounts.
fn beyond(
    bound: &BoundExpectations<'_>,
    accounts: &[&str],
    transition: Transition,
    patterns: &[&str],
    except: &[&str],
) -> Vec<String> {
    let accounts: Vec<AccountId> = accounts.iter().map(|id| account(id)).collect();
    bound
        .beyond(&accounts, transition, patterns, except)
        .into_iter()
        .map(|beyond| {
            let ids: Vec<&str> = beyond.accounts.iter().map(AccountId::as_str).collect();
            format!("{} {}", ids.join(","), beyond.action.as_deref().unwrap_or("?"))
        })
        .collect()
}

#[test]
fn an_entry_allows_its_actions_for_its_accounts_and_transitions() {
    let organization = load(&base());
    let expectations = read(&json!([
        {"Transition": "newlyBlocked", "Account": "Work/**", "Action": ["rds:*", "s3:Get*"], "Reason": "ticket 1"},
        {"Transition": ["newlyBlocked", "newlyPassing"], "Account": ["bench"], "Action": "s3:*"},
    ]));
    let bound = expectations.bind(&organization, &organization).unwrap();
    let blocked = Transition::NewlyBlocked;
    let none: [&str; 0] = [];
    assert_eq!(beyond(&bound, &[RIG, BENCH], blocked, &["rds:CreateDBInstance", "RDS:*", "s3:GetObject"], &[]), none);
    assert_eq!(beyond(&bound, &[RIG], blocked, &["s3:PutObject"], &[]), [format!("{RIG} s3:PutObject")]);
    assert_eq!(beyond(&bound, &[BENCH], blocked, &["s3:PutObject", "s3:*"], &[]), none);
    // Several entries share the work, and each account has its own.
    assert_eq!(beyond(&bound, &[RIG, BENCH, SHOP], blocked, &["s3:*", "rds:*"], &[]).len(), 2);
    assert_eq!(beyond(&bound, &[RIG], blocked, &["s3:*"], &["s3:P*"]).len(), 1);
    assert_eq!(beyond(&bound, &[RIG], blocked, &["s3:G*"], &["s3:G?", "s3:G", "s3:Ga*", "s3:Gi*"]).len(), 1);
    assert_eq!(beyond(&bound, &[RIG], blocked, &["s3:*"], &["s3:*"]), none);
    assert_eq!(beyond(&bound, &[SHOP], blocked, &["rds:X"], &[]), [format!("{SHOP} rds:X")]);
    assert_eq!(beyond(&bound, &[BENCH], Transition::NewlyPassing, &["s3:*"], &[]), none);
    assert_eq!(beyond(&bound, &[BENCH], Transition::OtherReason, &["s3:*"], &[]).len(), 1);
    assert_eq!(beyond(&bound, &[RIG], blocked, &["*"], &[]).len(), 1);
    assert_eq!(beyond(&bound, &[RIG], blocked, &[], &[]), none);
    assert_eq!(bound.applying(account(BENCH), blocked), [0, 1]);
    let touches = |entry, id, patterns: &[&str]| bound.touches(entry, account(id), blocked, patterns);
    assert!(touches(0, RIG, &["ec2:*", "s3:GetObject"]) && touches(0, BENCH, &["*"]) && touches(1, BENCH, &["S3:x"]));
    assert!(!touches(0, RIG, &["ec2:*", "s3:PutObject"]) && !touches(1, RIG, &["*"]) && !touches(2, RIG, &["*"]));
    assert!(!bound.touches(0, account(RIG), Transition::NewlyPassing, &["*"]));
    assert_eq!((bound.reason(0), bound.reason(1), bound.reason(2)), (Some("ticket 1"), None, None));
}

#[test]
fn everything_may_be_allowed_and_nothing() {
    let organization = load(&base());
    let all = read(&json!([{"Transition": ["newlyBlocked"], "Account": ["*"], "Action": "*"}]));
    let bound = all.bind(&organization, &organization).unwrap();
    assert!(beyond(&bound, &[SHOP], Transition::NewlyBlocked, &["*"], &[]).is_empty());
    let nothing = read(&json!([]));
    assert!(nothing.is_empty() && all.len() == 1);
    let bound = nothing.bind(&organization, &organization).unwrap();
    assert_eq!(
        beyond(&bound, &[SHOP, RIG], Transition::Unknown, &["s3:getobject"], &[]),
        [format!("{SHOP},{RIG} s3:getobject")]
    );
}

#[test]
fn accounts_are_those_before_and_after() {
    let before = load(&base());
    let list = json!([{"Operation": "MoveAccount", "Account": "shop", "DestinationParent": "Test"}, {"Operation": "CreateAccount", "AccountName": "young"}]);
    let after = changes(&before, &list).apply(&before);
    let allow = |text: &str| read(&json!([{"Transition": "newlyBlocked", "Account": text, "Action": "*"}]));
    for (text, accounts) in
        [("Prod", vec![SHOP]), ("Test", vec![SHOP, RIG]), ("young", vec!["000000000001"]), ("tag:env=prod", vec![SHOP])]
    {
        let expectations = allow(text);
        let bound = expectations.bind(&before, &after).unwrap();
        for id in [SHOP, RIG, BENCH, "000000000001"] {
            let applies = !bound.applying(account(id), Transition::NewlyBlocked).is_empty();
            assert_eq!(applies, accounts.contains(&id), "{text} {id}");
        }
    }
    let error = allow("Prdo").bind(&before, &after).unwrap_err();
    assert_eq!(codes(&error), ["unknown-account at Allowed[0].Account"]);
    assert_eq!(error.faults()[0].help.as_deref(), Some("did you mean `Prod`?"));
    assert!(error.faults()[0].place.is_some());
    let twin = base_with(|value| value["Accounts"][2]["Name"] = json!("shop"));
    assert_eq!(codes(&allow("shop").bind(&before, &twin).unwrap_err()), ["ambiguous-name at Allowed[0].Account"]);
}

#[test]
fn all_faults_come_at_once() {
    let text = file(&json!([
        {"Transition": "blocked", "Account": 5, "Action": ["s3", "a:b:c", "s3:", "s3: x", "ok:*"]},
        {"Transition": [], "Account": [["x"]], "Actoin": "*"},
        "x",
    ]));
    let error = Expectations::from_json(&text).unwrap_err();
    assert_eq!(
        {
            let mut found = codes(&error);
            found.sort();
            found
        },
        [
            "bad-action at Allowed[0].Action[0]",
            "bad-action at Allowed[0].Action[1]",
            "bad-action at Allowed[0].Action[2]",
            "bad-action at Allowed[0].Action[3]",
            "empty-list at Allowed[1].Transition",
            "missing-member at Allowed[1].Actoin",
            "unknown-transition at Allowed[0].Transition",
            "wrong-type at Allowed[0].Account",
            "wrong-type at Allowed[1].Account[0]",
            "wrong-type at Allowed[2]",
        ]
    );
    let refuse = |text: &str| codes(&Expectations::from_json(text).unwrap_err());
    assert_eq!(refuse(r#"{"Format": "scproof-expect/2", "Allowed": []}"#), ["newer-format at Format"]);
    assert_eq!(refuse(r#"{"Format": "scproof-expect/1"}"#), ["missing-member at Allowed"]);
    assert_eq!(refuse("{"), ["unclosed-bracket at "]);
    let error = Expectations::load("no/such/file.json").unwrap_err();
    assert_eq!(error.to_string(), "no/such/file.json: cannot be read: no such file or directory");
}

#[test]
fn many_patterns_end_within_their_limits() {
    let organization = load(&base());
    let text = |number: usize| format!("s3:*{number}*{}*", number * 7);
    let expectations = read(
        &json!([{"Transition": "newlyBlocked", "Account": "shop", "Action": (0..400).map(text).collect::<Vec<_>>()}]),
    );
    let bound = expectations.bind(&organization, &organization).unwrap();
    assert_eq!(beyond(&bound, &[SHOP], Transition::NewlyBlocked, &["s3:*"], &[]), [format!("{SHOP} ?")]);
    // What one entry covers takes no comparison of all of them.
    assert!(beyond(&bound, &[SHOP], Transition::NewlyBlocked, &["s3:*3*21*x", "s3:7x49"], &[]).is_empty());
    let allow = |accounts: usize, actions: usize| {
        let accounts: Vec<String> = (0..accounts).map(|number| format!("a{number}")).collect();
        let actions: Vec<String> = (0..actions).map(text).collect();
        Expectations::from_json(&file(&json!([{"Transition": "newlyBlocked", "Account": accounts, "Action": actions}])))
    };
    assert!(allow(1_000, 10_000).is_ok());
    assert_eq!(codes(&allow(1_001, 10_001).unwrap_err()), ["too-many-patterns at Allowed"; 2]);
}

#[test]
fn the_schema_agrees_with_the_reader() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas/scproof-expect-1.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let transitions = [
        json!("newlyBlocked"),
        json!(["newlyPassing", "otherReason", "unknown"]),
        json!("x"),
        json!([]),
        json!(null),
        json!([5]),
    ];
    let accounts = [json!("Prod"), json!(["Prod/**", "tag:a=b"]), json!([]), json!(5), json!([null])];
    let actions = [
        json!("*"),
        json!("s3:*"),
        json!(["s3:Get*", "*:Get*"]),
        json!("s3"),
        json!("a:b:c"),
        json!("s3:"),
        json!(":x"),
        json!("s3: x"),
        json!([]),
        json!({}),
    ];
    let (mut valid, mut invalid) = (0, 0);
    let mut compare = |text: &Value| {
        let by_reader = Expectations::from_json(&text.to_string()).is_ok();
        assert_eq!(validator.is_valid(text), by_reader, "{text}");
        if by_reader { valid += 1 } else { invalid += 1 }
    };
    for transition in &transitions {
        for account in &accounts {
            for action in &actions {
                for more in [json!({}), json!({"Reason": "x"}), json!({"Reason": 5}), json!({"X": 1})] {
                    let mut entry = more;
                    entry["Transition"] = transition.clone();
                    entry["Account"] = account.clone();
                    entry["Action"] = action.clone();
                    compare(&json!({"Format": "scproof-expect/1", "Allowed": [entry]}));
                }
            }
        }
    }
    for missing in ["Transition", "Account", "Action"] {
        let mut entry = json!({"Transition": "newlyBlocked", "Account": "x", "Action": "*"});
        entry.as_object_mut().unwrap().remove(missing);
        compare(&json!({"Format": "scproof-expect/1", "Allowed": [entry]}));
    }
    for text in [
        json!({"Format": "scproof-expect/1", "Allowed": [], "$schema": "x", "Description": "x"}),
        json!({"Allowed": []}),
        json!({"Format": "scproof-expect/1", "Allowed": {}}),
        json!([]),
    ] {
        compare(&text);
    }
    assert!(valid > 20 && invalid > 200, "{valid} {invalid}");
}

fn pattern() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["*", "a:*", "a:x", "a:x*", "a:*y", "b:?", "*:x", "a:xy", "A:X?", "b:xyz"])
        .prop_map(str::to_owned)
}

proptest! {
    // The answer is exact: an action is beyond if and only if some action of the region is in no entry.
    #[test]
    fn beyond_is_exact(
        region in prop::collection::vec(pattern(), 1..4),
        except in prop::collection::vec(pattern(), 0..3),
        allowed in prop::collection::vec(pattern(), 1..4),
    ) {
        let organization: Organization = load(&base());
        let expectations = read(&json!([{"Transition": "newlyBlocked", "Account": "shop", "Action": allowed}]));
        let bound = expectations.bind(&organization, &organization).unwrap();
        let texts = |list: &[String]| list.iter().map(|text| text.to_lowercase()).collect::<Vec<_>>();
        let (region, except, allowed) = (texts(&region), texts(&except), texts(&allowed));
        let matches = |list: &[String], action: &str| list.iter().any(|text| WildcardPattern::flat(text).is_match(action));
        let is_beyond = |action: &str| matches(&region, action) && !matches(&except, action) && !matches(&allowed, action);
        let refs: Vec<&str> = region.iter().map(String::as_str).collect();
        let without: Vec<&str> = except.iter().map(String::as_str).collect();
        let found = bound.beyond(&[account(SHOP)], Transition::NewlyBlocked, &refs, &without);
        match found.first() {
            Some(beyond) => prop_assert!(is_beyond(beyond.action.as_deref().unwrap()), "{:?}", beyond),
            None => {
                for prefix in ["a", "b", "c"] {
                    for name in ["x", "y", "z", "xy", "xx", "yx", "xyz", "zzy", "q"] {
                        let action = format!("{prefix}:{name}");
                        prop_assert!(!is_beyond(&action), "{}", action);
                    }
                }
            }
        }
    }
}
