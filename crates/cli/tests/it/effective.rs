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
    assert_eq!(json["format"], "scproof-effective/2");
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
    error: `dynamdb` fits no service that is known
    help: did you mean `dynamodb`?
    ");
    assert_snapshot!(example(&["effective", "shop", "--action", "s3:["]).fits_80_columns().page());
}

#[test]
fn a_unit_has_groups_of_accounts() {
    assert_snapshot!(example(&["effective", "Workloads", "--service", "redshift"]).fits_80_columns().page());
}

#[test]
fn every_account_of_a_unit_has_the_permissions_it_has_alone() {
    let json = example(&["--format", "json", "effective", "Root", "--principal", "role/dev"]).json();
    assert_eq!((&json["format"], &json["accountCount"]), (&"scproof-effective-set/2".into(), &27.into()));
    let sets = json["sets"].as_array().unwrap();
    assert_eq!(sets.iter().map(|set| set["accounts"].as_array().unwrap().len()).sum::<usize>(), 27);
    for set in sets {
        for account in set["accounts"].as_array().unwrap() {
            let id = account["id"].as_str().unwrap();
            let principal = format!("arn:aws:iam::{id}:role/dev");
            let alone = example(&["--format", "json", "effective", id, "--principal", &principal]).json();
            assert_eq!(alone["summary"], set["summary"], "{id}");
            assert_eq!(alone["notApplicable"], set["notApplicable"], "{id}");
        }
    }
}

/// An account may be named by its path, and goes before a unit of the same name.
#[test]
fn targets() {
    let account = example(&["effective", "Sandbox/sandbox-alice", "--service", "ec2"]);
    assert_eq!(account.stdout, example(&["effective", "sandbox-alice", "--service", "ec2"]).stdout);
    let run = example(&["effective", "Wrokloads"]).fits_80_columns();
    assert_eq!(run.code, 2);
    assert_snapshot!(run.stderr, @r"
    error: `Wrokloads` is no target of the organization
    help: did you mean `Workloads`?
    ");
}
