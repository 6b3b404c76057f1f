//! `scproof who-can`: the three answers, each format, and each kind of slip.

use insta::assert_snapshot;
use serde_json::json;

use crate::run::{example, scproof};

/// A question to the accounts of the example organization, with its page and exit code.
fn ask(args: &[&str]) -> String {
    example(&[&["who-can"], args].concat()).fits_80_columns().page()
}

#[test]
fn the_three_answers() {
    assert_snapshot!(ask(&["ec2:RunInstances", "--region", "us-east-1", "--principal", "role/dev"]));
}

#[test]
fn some_accounts_only() {
    assert_snapshot!(ask(&["s3:DeleteBucket", "--ou", "Workloads/*", "--account", "shop*"]));
}

#[test]
fn one_answer_for_all() {
    assert_snapshot!(ask(&["sts:GetCallerIdentity", "--ou", "Workloads"]));
}

#[test]
fn markdown() {
    let args = ["--format", "markdown", "who-can", "organizations:LeaveOrganization", "-p", "root", "-r", "*"];
    assert_snapshot!(example(&args).page());
}

#[test]
fn csv() {
    let args = ["--format", "csv", "who-can", "redshift:CreateCluster", "-p", "arn:aws:iam::*:role/dev"];
    assert_snapshot!(example(&args).page());
}

#[test]
fn json() {
    let args = ["--format", "json", "who-can", "s3:DeleteBucket", "--principal", "role/break-glass"];
    let run = example(&args);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let json = run.json();
    assert_eq!(json["format"], "scproof-who-can/2");
    assert_eq!(json["question"], json!({"action": "s3:DeleteBucket", "principal": "role/break-glass"}));
    assert_eq!(json["scope"], json!([]));
    assert_eq!(json["summary"]["asked"], 27);
    let groups = json["groups"].as_array().unwrap();
    let of = |name: &str| {
        let has = |group: &&serde_json::Value| {
            group["accounts"].as_array().is_some_and(|accounts| accounts.iter().any(|account| account["name"] == name))
        };
        groups.iter().find(has).unwrap()
    };
    assert_eq!(
        (&of("management")["answer"], &of("management")["reason"]),
        (&json!("notBlocked"), &json!("managementAccount"))
    );
    assert_eq!(of("shop")["decision"], "allowed");
    assert_eq!((&of("old-blog")["answer"], &of("old-blog")["decision"]), (&json!("blocked"), &json!("explicitDeny")));
    assert_eq!(of("sandbox-alice")["mayAllow"][0]["targetId"], "ou-ex01-sandbox1");
    assert!(of("sandbox-alice")["dependsOn"].as_str().unwrap().contains("aws:RequestedRegion"));
    // Each has the answer that `can` gives.
    for (name, principal) in [("shop", "214000000001"), ("old-blog", "519000000001"), ("sandbox-alice", "417000000001")]
    {
        let principal = format!("arn:aws:iam::{principal}:role/break-glass");
        let alone = example(&["--format", "json", "can", name, "s3:DeleteBucket", "--principal", &principal]).json();
        assert_eq!(alone["decision"], of(name)["decision"], "{name}");
        assert_eq!(alone["dependsOn"], of(name)["dependsOn"], "{name}");
    }
}

/// What is printed does not depend on the number of threads.
#[test]
fn threads_do_not_matter() {
    let page = |threads| {
        let run = example(&["--format", "json", "--threads", threads, "who-can", "s3:GetObject"]);
        assert_eq!(run.code, 0);
        run.stdout
    };
    assert_eq!(page("1"), page("7"));
}

#[test]
fn an_action_that_nobody_knows_is_asked_about_with_a_warning() {
    let run = example(&["who-can", "s3:DeleteBuckets", "--account", "shop"]).fits_80_columns();
    assert_eq!(run.code, 0);
    assert_snapshot!(run.stderr);
}

#[test]
fn slips() {
    let slips = [
        &["who-can", "s3:Delete*"][..],
        &["who-can", "s3:DeleteBucket", "--ou", "Wrokloads"],
        &["who-can", "s3:DeleteBucket", "--account", "shopp"],
        &["who-can", "s3:DeleteBucket", "--account", "shop", "--ou", "Sandbox"],
        &["who-can", "s3:DeleteBucket", "--principal", "arn:aws:iam::214000000001:role/dev"],
        &["who-can", "s3:DeleteBucket", "--principal", "role/dev*"],
        &["--format", "csv", "can", "shop", "s3:GetObject"],
    ];
    let pages: Vec<String> = slips
        .iter()
        .map(|args| {
            let run = example(args).fits_80_columns();
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}");
            format!("$ {}\n{}", args.join(" "), run.stderr)
        })
        .collect();
    assert_snapshot!(pages.join("\n"));
    assert_eq!(scproof(&["who-can", "s3:GetObject"]).code, 2);
}

/// An ARN of one account is a fine question where only that account is asked.
#[test]
fn a_principal_of_the_only_account() {
    let run = example(&["who-can", "s3:DeleteBucket", "--account", "shop", "-p", "arn:aws:iam::214000000001:role/dev"]);
    assert_eq!((run.code, run.stdout.lines().next()), (0, Some("BLOCKED in 1 account")));
}
