//! Single values: absent keys, letter case, numbers, dates, addresses.

use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_evaluator::{Context, EvaluationOptions, Predicate};
use scproof_organization::Organization;
use scproof_prover::{Answer, ComparisonOptions, Permissions, Verdict, difference, equivalent, implies};
use serde_json::{Value, json};

use crate::{Compared, deny_when, everything, level, regions, with};

/// Holds a condition against values of one key; `None` is the absent key.
fn blocked(condition: Value, key: &str, cases: &[(Option<&str>, bool)]) {
    let compared = Compared::effect_of(deny_when(condition));
    for (value, expected) in cases {
        let context = match value {
            Some(value) => Context::new().with(key, *value),
            None => Context::new().without(key),
        };
        assert_eq!(compared.blocks(context), *expected, "{value:?}");
    }
}

fn when(condition: Value) -> Permissions {
    with(deny_when(condition))
}

#[test]
fn an_absent_key_meets_negated_operators_only() {
    // SET-1, SET-2, OP-2.
    blocked(
        json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}}),
        "aws:SourceVpc",
        &[(None, false), (Some("vpc-1"), true), (Some("vpc-2"), false), (Some("VPC-1"), false)],
    );
    blocked(
        json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}),
        "aws:SourceVpc",
        &[(None, true), (Some("vpc-1"), false), (Some("vpc-2"), true)],
    );
    blocked(
        json!({"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}),
        "aws:SourceVpc",
        &[(None, true), (Some("vpc-1"), true), (Some("vpc-2"), false)],
    );
    blocked(json!({"Null": {"aws:SourceVpc": "true"}}), "aws:SourceVpc", &[(None, true), (Some("vpc-1"), false)]);
    blocked(
        json!({"Null": {"aws:SourceVpc": "false"}, "StringNotEquals": {"aws:SourceVpc": "vpc-1"}}),
        "aws:SourceVpc",
        &[(None, false), (Some("vpc-1"), false), (Some("vpc-2"), true)],
    );
}

#[test]
fn a_negated_operator_and_its_form_for_absent_keys_mean_the_same() {
    let plain = when(json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}));
    let if_exists = when(json!({"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}));
    assert_eq!(equivalent(&plain, &if_exists).unwrap(), Answer::Yes);
    let positive = when(json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}}));
    let if_exists = when(json!({"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}));
    let Answer::No(region) = equivalent(&positive, &if_exists).unwrap() else {
        panic!("the absent key tells them apart")
    };
    assert_eq!(*region.when, Predicate::absent("aws:SourceVpc"));
    assert_eq!(implies(&if_exists, &positive).unwrap(), Answer::Yes);
}

#[test]
fn letter_case_counts_unless_the_operator_ignores_it() {
    blocked(
        json!({"StringEqualsIgnoreCase": {"aws:SourceVpc": "Vpc-One"}}),
        "aws:SourceVpc",
        &[(Some("vpc-one"), true), (Some("VPC-ONE"), true), (Some("vpc-on"), false), (None, false)],
    );
    let ignoring = when(json!({"StringEqualsIgnoreCase": {"aws:SourceVpc": "vpc-ONE"}}));
    assert_eq!(
        equivalent(&ignoring, &when(json!({"StringEqualsIgnoreCase": {"AWS:sourcevpc": "VPC-one"}}))).unwrap(),
        Answer::Yes
    );
    // A list of spellings is never all of them.
    let listed = when(json!({"StringEquals": {"aws:SourceVpc": ["vpc-one", "vpc-ONE", "VPC-ONE", "Vpc-One"]}}));
    assert_eq!(implies(&ignoring, &listed).unwrap(), Answer::Yes);
    assert!(matches!(implies(&listed, &ignoring).unwrap(), Answer::No(_)));
}

#[test]
fn numbers_are_ranges() {
    let key = "s3:max-keys";
    let at_least_and_below = json!({"NumericGreaterThanEquals": {key: "10"}, "NumericLessThan": {key: "20"}});
    blocked(
        at_least_and_below,
        key,
        &[
            (Some("9"), false),
            (Some("9.999"), false),
            (Some("10"), true),
            (Some("10.0"), true),
            (Some("15"), true),
            (Some("19.999"), true),
            (Some("20"), false),
            (Some("-10"), false),
            (None, false),
        ],
    );
    // Adjacent ranges leave nothing between them.
    let below = when(json!({"NumericLessThan": {key: "10"}}));
    let from = when(json!({"NumericGreaterThanEquals": {key: "10"}}));
    let not_above = when(json!({"NumericLessThanEquals": {key: "10"}}));
    assert_eq!(implies(&not_above, &below).unwrap(), Answer::Yes);
    let Answer::No(edge) = implies(&below, &not_above).unwrap() else { panic!("10 itself") };
    let witness = edge.witness.as_ref().unwrap();
    assert!(witness.request.context.iter().any(|(_, value)| format!("{value:?}").contains("10")), "{witness:?}");
    let both = level(&[
        everything(),
        json!([
            deny_when(json!({"NumericLessThan": {key: "10"}})),
            deny_when(json!({"NumericGreaterThanEquals": {key: "10.00"}})),
        ]),
    ]);
    assert_eq!(equivalent(&both, &when(json!({"Null": {key: "false"}}))).unwrap(), Answer::Yes);
    assert!(!equivalent(&both, &from).unwrap().is_yes());
    assert_eq!(
        equivalent(&when(json!({"NumericEquals": {key: "10"}})), &when(json!({"NumericEquals": {key: "10.0"}})))
            .unwrap(),
        Answer::Yes
    );
}

#[test]
fn dates_are_ranges() {
    let key = "aws:CurrentTime";
    let window = json!({
        "DateGreaterThan": {key: "2026-01-01T00:00:00Z"}, "DateLessThanEquals": {key: "2026-12-31T23:59:59Z"},
    });
    blocked(
        window,
        key,
        &[
            (Some("2026-01-01T00:00:00Z"), false),
            (Some("2026-01-01T00:00:01Z"), true),
            (Some("2026-12-31T23:59:59Z"), true),
            (Some("2027-01-01T00:00:00Z"), false),
        ],
    );
    // One instant in two spellings.
    let zulu = when(json!({"DateLessThan": {key: "2026-06-01T12:00:00Z"}}));
    let offset = when(json!({"DateLessThan": {key: "2026-06-01T14:00:00+02:00"}}));
    assert_eq!(equivalent(&zulu, &offset).unwrap(), Answer::Yes);
    // CLR-12: two keys, one clock: before noon and after noon is never.
    let never = when(json!({
        "DateLessThan": {"aws:CurrentTime": "2026-06-01T12:00:00Z"},
        "DateGreaterThan": {"aws:EpochTime": "2026-06-01T13:00:00Z"},
    }));
    assert_eq!(regions(&level(&[everything()]), &never), []);
}

#[test]
fn addresses_are_ranges() {
    let key = "aws:SourceIp";
    blocked(
        json!({"IpAddress": {key: ["203.0.113.0/25", "2001:db8::/32"]}}),
        key,
        &[
            (Some("203.0.113.0"), true),
            (Some("203.0.113.127"), true),
            (Some("203.0.113.128"), false),
            (Some("203.0.112.255"), false),
            (Some("2001:db8:ffff::1"), true),
            (Some("2001:db9::"), false),
            (None, false),
        ],
    );
    let within = |blocks: Value| when(json!({"IpAddress": {key: blocks}}));
    // Two halves are the whole; a nested block adds nothing.
    assert_eq!(
        equivalent(
            &within(json!(["203.0.113.0/25", "203.0.113.128/25", "203.0.113.7/32"])),
            &within(json!("203.0.113.0/24"))
        )
        .unwrap(),
        Answer::Yes
    );
    assert_eq!(implies(&within(json!("10.0.0.0/8")), &within(json!("10.1.0.0/16"))).unwrap(), Answer::Yes);
    let Answer::No(region) = implies(&within(json!("10.1.0.0/16")), &within(json!("10.0.0.0/8"))).unwrap() else {
        panic!("10.0.0.0 is in one of them only")
    };
    assert!(region.witness.is_some());
    assert_eq!(
        equivalent(&within(json!(["0.0.0.0/0", "::/0"])), &when(json!({"Null": {key: "false"}}))).unwrap(),
        Answer::Yes
    );
}

#[test]
fn texts_that_overlap_in_the_middle_are_cut_exactly() {
    let key = "aws:SourceVpc";
    let compared = Compared::levels(
        &[everything(), json!([deny_when(json!({"StringLike": {key: "a*b"}}))])],
        &[everything(), json!([deny_when(json!({"StringLike": {key: "*ab*"}}))])],
    );
    for (value, before, after) in [
        ("ab", true, true),
        ("aab", true, true),
        ("acb", true, false),
        ("aba", false, true),
        ("cab", false, true),
        ("abcb", true, true),
        ("ba", false, false),
        ("a", false, false),
    ] {
        let request = crate::get_object("arn:aws:s3:::example/example").with_context(Context::new().with(key, value));
        let expected = match (before, after) {
            (true, false) => Some(scproof_prover::Transition::NewlyPassing),
            (false, true) => Some(scproof_prover::Transition::NewlyBlocked),
            _ => None,
        };
        assert_eq!(compared.transition(&request), expected, "{value}");
    }
}

#[test]
fn keys_of_the_caller_move_with_the_caller() {
    // CTX-59 to CTX-62: a root user has no name, and its id is that of the account.
    let name_of_root = with(json!({
        "Effect": "Deny", "Action": "s3:*", "Resource": "*",
        "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:*:iam::*:root"}, "Null": {"aws:username": "false"}},
    }));
    assert_eq!(regions(&level(&[everything()]), &name_of_root), []);
    let type_of_role = |kind: &str| {
        with(json!({
            "Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:*:iam::*:role/*"}, "StringEquals": {"aws:PrincipalType": kind}},
        }))
    };
    assert_eq!(regions(&level(&[everything()]), &type_of_role("User")), []);
    assert!(!regions(&level(&[everything()]), &type_of_role("AssumedRole")).is_empty());
}

#[test]
fn no_request_has_the_empty_text() {
    // SP-48: the statement that cannot be read never applies, so that nothing is allowed.
    let never = json!([{"Condition": {"StringEquals": {"foo": ["A"], "s3:max-keys": ""}}}]);
    let deny = json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]);
    let found = regions(&level(&[everything(), deny]), &level(&[never]));
    // Of `sts:GetSessionToken` it is open (CALL-15).
    let said: Vec<(Verdict, Verdict)> = found.iter().map(|region| (region.before, region.after)).collect();
    let open = (Verdict::Open, Verdict::Open);
    assert_eq!(said, [open, (Verdict::ExplicitDeny, Verdict::ImplicitDeny)], "{found:#?}");
}

#[test]
fn a_partition_that_is_not_known_has_a_name() {
    // API-10: a snapshot without ARNs does not tell the partition, but no caller's ARN lacks one.
    let organization = |policies: &[Value]| {
        let policies: Vec<Value> = policies
            .iter()
            .enumerate()
            .map(|(number, statement)| {
                json!({"Id": format!("p-policy{number:06}"), "Name": "P", "Type": "SERVICE_CONTROL_POLICY",
                       "Content": {"Version": "2012-10-17", "Statement": statement}})
            })
            .collect();
        let attachments: Vec<Value> = policies
            .iter()
            .flat_map(|policy| ["r-ab12", "222222222222"].map(|to| json!({"TargetId": to, "PolicyId": policy["Id"]})))
            .collect();
        Organization::from_json(
            &json!({"Format": "scproof-inventory/1",
                "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
                "Roots": [{"Id": "r-ab12"}], "OrganizationalUnits": [], "Policies": policies, "Attachments": attachments,
                "Accounts": [{"Id": "222222222222", "ParentId": "r-ab12"}]})
            .to_string(),
        )
        .unwrap()
    };
    let root = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*",
                      "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}});
    let views = CompiledViews::two(
        organization(&[everything()]),
        organization(&[everything(), root]),
        EvaluationOptions::default(),
    );
    let account = views.view(View::BEFORE).organization().accounts().next().unwrap();
    let found = difference(&views, &[[account, account]], &ComparisonOptions::default());
    let regions: Vec<_> = found.groups.iter().flat_map(|group| &group.regions).collect();
    assert!(!regions.is_empty());
    assert!(regions.iter().all(|region| region.before == Verdict::Passes && region.witness.is_some()), "{regions:#?}");
}

#[test]
fn a_date_that_no_calendar_has() {
    // Beyond what can be spelt nothing can be cut, but the requests are there all the same.
    for condition in [
        json!({"DateNotEquals": {"aws:CurrentTime": "99999999999999"}}),
        json!({"DateNotEquals": {"aws:CurrentTime": "99999999999999"}, "DateGreaterThan": {"aws:EpochTime": "99999999999999"}}),
        json!({"DateLessThan": {"aws:CurrentTime": "99999999999999"}}),
    ] {
        let deny = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": condition});
        let found = regions(&level(&[everything()]), &with(deny));
        assert!(!found.is_empty(), "{condition}");
        assert!(found.iter().all(|region| !region.when.is_never()), "{condition} {found:#?}");
    }
}

#[test]
fn a_condition_of_another_type_on_the_caller() {
    // A number is no caller. Without a class of callers everything would be proved of nobody.
    let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"NumericEqualsIfExists": {"aws:PrincipalArn": 1}}});
    let nothing = level(&[json!({"Effect": "Deny", "Action": "*", "NotResource": "*"})]);
    let answer = equivalent(&nothing, &with(deny)).unwrap();
    assert!(matches!(answer, Answer::No(_)), "{answer:#?}");
}

#[test]
fn a_caller_of_an_example_has_no_path_that_shows_nothing() {
    // The wildcard crosses colons: a role of that name with any path is meant, too.
    let condition = json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/OrgAdmin"}});
    let found = regions(&level(&[everything()]), &with(deny_when(condition)));
    let witness = found.first().and_then(|region| region.witness.as_ref()).unwrap();
    let principal = witness.request.principal.as_deref().unwrap();
    assert_eq!(principal.splitn(6, ':').nth(5), Some("role/OrgAdmin"), "{principal}");
}
