//! Conditions with long lists of values: what is shown of a list never decides which conditions are the same.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::run::Run;
use crate::simulate::{folder, policy, run_in};

const FIVE: [&str; 5] = ["eu-central-1", "eu-north-1", "eu-south-1", "eu-west-1", "eu-west-2"];

/// Five values that are always the same, and one more.
fn six(values: [&str; 5], last: &str) -> Vec<String> {
    values.into_iter().chain([last]).map(str::to_owned).collect()
}

fn deny_elsewhere(action: &str, last: &str) -> Value {
    json!({
        "Effect": "Deny", "Action": action, "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": six(FIVE, last)}}
    })
}

/// A folder with `org.json`: accounts `one` and `two` below the root, each with policies of its own.
fn organization(one: &[Value], two: &[Value], more: &[(&str, Value)]) -> TempDir {
    let accounts = ["222222222222", "333333333333"];
    let mut policies = vec![json!({
        "Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true,
        "Content": policy(&json!({"Effect": "Allow", "Action": "*", "Resource": "*"})).to_string()
    })];
    let mut attachments = vec![json!({"TargetId": "r-ab12", "PolicyId": "p-FullAWSAccess"})];
    for (account, statements) in accounts.into_iter().zip([one, two]) {
        attachments.push(json!({"TargetId": account, "PolicyId": "p-FullAWSAccess"}));
        for (number, statement) in statements.iter().enumerate() {
            let id = format!("p-{account}{number}");
            let content = policy(statement).to_string();
            policies.push(json!({"Id": id, "Name": id, "Type": "SERVICE_CONTROL_POLICY", "Content": content}));
            attachments.push(json!({"TargetId": account, "PolicyId": id}));
        }
    }
    let account = |(id, name): (&str, &str)| json!({"Id": id, "Name": name, "State": "ACTIVE", "ParentId": "r-ab12"});
    let snapshot = json!({
        "Format": "scproof-inventory/1",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
        "Roots": [{"Id": "r-ab12", "Name": "Root"}],
        "OrganizationalUnits": [],
        "Accounts": accounts.into_iter().zip(["one", "two"]).map(account).collect::<Vec<_>>(),
        "Policies": policies,
        "Attachments": attachments
    });
    folder(&[&[("org.json", snapshot)], more].concat())
}

fn run(folder: &TempDir, args: &[&str]) -> Run {
    run_in(folder.path(), &[&["--org", "org.json"], args].concat())
}

#[test]
fn k3_18_accounts_whose_conditions_differ_in_the_sixth_value_are_two_groups() {
    let folder = organization(&[deny_elsewhere("s3:*", "us-east-1")], &[deny_elsewhere("s3:*", "ap-south-1")], &[]);
    let effective = run(&folder, &["--format", "json", "effective", "Root", "--service", "s3"]).json();
    let sets = effective["sets"].as_array().unwrap();
    assert_eq!(sets.len(), 2, "{effective:#}");
    for set in sets {
        let last = if set["accounts"][0]["name"] == "one" { "us-east-1" } else { "ap-south-1" };
        assert!(set["groups"][0]["dependsOn"].as_str().unwrap().contains(last), "{set:#}");
    }
    let text = run(&folder, &["effective", "Root", "--service", "s3"]).fits_80_columns().stdout;
    assert!(text.contains("in 2 groups of accounts"), "{text}");
    assert!(text.contains("us-east-1") && text.contains("ap-south-1"), "{text}");
}

#[test]
fn k3_18_services_whose_conditions_differ_in_the_sixth_value_are_two_groups() {
    let statements = [deny_elsewhere("s3:*", "us-east-1"), deny_elsewhere("sqs:*", "ap-south-1")];
    let folder = organization(&statements, &[], &[]);
    let args = ["effective", "one", "--service", "s3", "--service", "sqs"];
    let json = run(&folder, &[&["--format", "json"], &args[..]].concat()).json();
    let groups: Vec<&Value> =
        json["groups"].as_array().unwrap().iter().filter(|group| group["access"] == "unknown").collect();
    assert_eq!(groups.len(), 2, "{json:#}");
    assert_ne!(groups[0]["dependsOn"], groups[1]["dependsOn"]);
    let text = run(&folder, &args).fits_80_columns().stdout;
    assert!(text.contains("us-east-1") && text.contains("ap-south-1"), "{text}");
    for (action, region, code) in [("s3:GetObject", "us-east-1", 0), ("sqs:SendMessage", "us-east-1", 1)] {
        assert_eq!(run(&folder, &["can", "one", action, "--region", region]).code, code, "{action}");
    }
}

/// What a policy compares with stands in the words as it is, whatever it looks like.
#[test]
fn k3_17_a_value_that_reads_like_words() {
    let statement = json!({
        "Effect": "Deny", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringLike": {"aws:UserAgent": "*mark is present and valid*"}}
    });
    let folder = organization(&[], &[], &[("agent.json", policy(&statement))]);
    let text = run(&folder, &["simulate", "--attach", "agent.json", "--to", "one"]).fits_80_columns().stdout;
    assert!(text.contains("aws:UserAgent is like \"*mark is present and valid*\""), "{text}");
}

#[test]
fn pre_2_conditions_that_differ_in_the_sixth_value_are_two_alternatives() {
    let vpcs = ["vpc-1", "vpc-2", "vpc-3", "vpc-4", "vpc-5"];
    let statement = |action: &str, last: &str, other: &str| {
        json!({
            "Effect": "Deny", "Action": action, "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceVpc": six(vpcs, last), "aws:UserAgent": other}}
        })
    };
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [statement("s3:*", "vpc-6", "a"), statement("s3:*", "vpc-7", "b")]
    });
    let folder = organization(&[], &[], &[("two.json", document)]);
    let args = ["simulate", "--attach", "two.json", "--to", "one"];
    let json = run(&folder, &[&["--format", "json"], &args[..]].concat()).json();
    let when = json["groups"][0]["differences"][0]["when"].to_string();
    assert!(when.contains("vpc-6") && when.contains("vpc-7"), "{when}");
    let text = run(&folder, &args).fits_80_columns().stdout;
    assert!(text.contains("vpc-6") && text.contains("vpc-7"), "{text}");
}
