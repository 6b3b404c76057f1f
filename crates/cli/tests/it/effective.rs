//! `scproof effective`.

use insta::assert_snapshot;

use crate::run::example;

#[test]
fn k3_18_everything_in_groups() {
    let role = "arn:aws:iam::417000000001:role/dev";
    let args = ["effective", "sandbox-alice", "--principal", role, "--region", "eu-west-1", "--service", "ec2"];
    assert_snapshot!(example(&args).fits_80_columns().page());
}

#[test]
fn an_allow_list_caps_the_account() {
    assert_snapshot!(
        example(&["effective", "payments", "--service", "s3", "--service", "sns"]).fits_80_columns().page()
    );
}

#[test]
fn exm_4_not_applicable() {
    assert_snapshot!(example(&["effective", "management"]).fits_80_columns().page());
}

#[test]
fn full_lists_every_action() {
    let run = example(&["effective", "shop", "--action", "dynamodb:*Table*", "--full"]).fits_80_columns();
    for action in ["dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:UpdateTable"] {
        assert!(run.stdout.contains(action), "{action} in {}", run.stdout);
    }
}

#[test]
fn json_has_every_action() {
    let run = example(&["--format", "json", "effective", "shop"]);
    assert_eq!(run.code, 0);
    let json = run.json();
    assert_eq!(json["format"], "scproof-effective/1");
    let groups = json["groups"].as_array().unwrap();
    let named = |group: &serde_json::Value| {
        group["actions"].as_array().unwrap().len() + group["unlistedActions"].as_array().unwrap().len()
    };
    for access in ["alwaysBlocked", "conditional", "neverBlocked"] {
        let counted: usize = groups.iter().filter(|group| group["access"] == access).map(named).sum();
        assert_eq!(json["summary"][access], counted, "{access}");
        assert!(groups.iter().all(|group| group["actionCount"] == named(group)));
    }
}

#[test]
fn filters_ignore_case_and_know_bare_names() {
    let count = |args: &[&str]| {
        let json = example(&[&["--format", "json", "effective", "shop"], args].concat()).json();
        let groups = json["groups"].as_array().unwrap().clone();
        groups.iter().map(|group| group["actionCount"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(count(&["--action", "S3:getobject"]), 1);
    assert_eq!(count(&["--action", "DeleteBucket", "--service", "s3"]), 1);
    assert!(count(&["--action", "Delete*"]) > 1_000);
}

#[test]
fn a_filter_that_nothing_fits() {
    assert_snapshot!(example(&["effective", "shop", "--service", "dynamdb"]).fits_80_columns().page(), @r"
    exit code 2
    --- stderr
    error: no action fits the filter
    help: did you mean `dynamodb`?
    ");
    assert_snapshot!(example(&["effective", "shop", "--action", "s3:["]).fits_80_columns().page());
}
