//! `scproof effective`.

use insta::assert_snapshot;

use crate::run::{Run, example};

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
    for access in ["alwaysBlocked", "unknown", "neverBlocked"] {
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

/// Account, action, access, decision and reason of each line; what follows is a sentence.
fn table(run: &Run) -> Vec<Vec<String>> {
    let mut lines = run.stdout.lines();
    assert_eq!(lines.next(), Some("accountId,name,path,action,access,decision,reason,dependsOn"));
    let cells = |line: &str| {
        let told = line.splitn(8, ',').take(7).enumerate().filter(|(at, _)| !(1..3).contains(at));
        told.map(|(_, cell)| cell.trim_matches('"').to_owned()).collect()
    };
    lines.map(cells).collect()
}

#[test]
fn csv_has_a_line_an_action_and_says_what_json_says() {
    let args = ["effective", "payments", "--service", "s3", "--service", "sns"];
    let json = example(&[&["--format", "json"], &args[..]].concat()).json();
    let mut expected = Vec::new();
    for group in json["groups"].as_array().unwrap() {
        let names =
            |member: &str| group[member].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
        let new = names("futureActionsOf").map(|service| format!("{service}:*"));
        for action in names("actions").chain(names("unlistedActions")).chain(new) {
            let said = ["access", "decision", "reason"].map(|member| group[member].as_str().unwrap().to_owned());
            expected.push([vec![json["account"]["id"].as_str().unwrap().to_owned(), action], said.to_vec()].concat());
        }
    }
    let run = example(&[&["--format", "csv"], &args[..]].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let mut found = table(&run);
    assert!(found.len() > 100 && found.iter().any(|line| line[1] == "s3:*"));
    for lines in [&mut expected, &mut found] {
        lines.sort();
    }
    assert_eq!(found, expected);
    // A condition is a sentence, and what is exempt is one line.
    assert!(run.stdout.lines().any(|line| line.contains(",unknown,") && line.ends_with('"')));
    let exempt = example(&["--format", "csv", "effective", "management"]);
    assert_eq!(table(&exempt), [["011000000001", "*", "neverBlocked", "notApplicable", "managementAccount"]]);
}

#[test]
fn csv_of_a_unit_has_the_lines_of_each_account() {
    let of = |target: &str| table(&example(&["--format", "csv", "effective", target, "--service", "sqs"]));
    let unit = of("Sandbox");
    let accounts: std::collections::BTreeSet<&String> = unit.iter().map(|line| &line[0]).collect();
    assert!(accounts.len() > 1);
    let each: Vec<Vec<String>> = accounts.iter().flat_map(|account| of(account)).collect();
    let mut unit = unit.clone();
    let mut sorted = each;
    unit.sort();
    sorted.sort();
    assert_eq!(unit, sorted);
}
