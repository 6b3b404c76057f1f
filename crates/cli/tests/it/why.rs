//! `scproof why`: messages and events, whether AWS and the snapshot agree, and who would pass.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::run::{Run, command, example, finish};

const POLICY: &str = "arn:aws:organizations::011000000001:policy/o-examplecorp/service_control_policy";

fn message(account: &str, action: &str, resource: &str, cause: &str) -> String {
    format!(
        "An error occurred (AccessDenied) when calling the operation: User: arn:aws:sts::{account}:assumed-role/dev/ann is \
         not authorized to perform: {action} on resource: {resource} {cause}"
    )
}

/// A message in which AWS names a policy.
fn denied_by(policy: &str) -> String {
    let cause = format!("with an explicit deny in a service control policy: {POLICY}/{policy}");
    message("417000000001", "organizations:LeaveOrganization", "*", &cause)
}

fn why(message: &str, more: &[&str]) -> Run {
    example(&[&["why", message], more].concat())
}

fn json_of(message: &str, more: &[&str]) -> Value {
    why(message, &[&["--format", "json"], more].concat()).json()
}

#[test]
fn ct_20_aws_and_the_snapshot_agree() {
    assert_snapshot!(why(&denied_by("p-leaveorg001"), &[]).fits_80_columns().page());
    let found = json_of(&denied_by("p-leaveorg001"), &[]);
    assert_eq!(found["agreement"], "agrees");
    assert_eq!(found["namedPolicy"]["attachedTo"], json!(["r-ex01"]));
    assert_eq!(found["answer"]["decision"], "explicitDeny");
}

#[test]
fn ct_20_another_policy_than_aws_names() {
    let run = why(&denied_by("p-regionlock1"), &[]);
    assert_snapshot!(run.fits_80_columns().page());
    let unknown = json_of(&denied_by("p-notthere01"), &[]);
    assert_eq!((&unknown["agreement"], &unknown["namedPolicy"]["inSnapshot"]), (&json!("otherCause"), &json!(false)));
}

/// The region is not in the message: the named policy may be the cause, and with the region it is.
#[test]
fn ct_20_a_message_that_leaves_the_region_open() {
    let cause = format!("with an explicit deny in a service control policy: {POLICY}/p-regionlock1");
    let message = message("214000000001", "sqs:CreateQueue", "arn:aws:sqs:us-east-1:214000000001:jobs", &cause);
    assert_eq!(json_of(&message, &[])["agreement"], "possible");
    let settled = json_of(&message, &["--region", "us-east-1"]);
    assert_eq!((&settled["agreement"], &settled["answer"]["decision"]), (&json!("agrees"), &json!("explicitDeny")));
    let elsewhere = json_of(&message, &["--region", "eu-west-1"]);
    assert_ne!(elsewhere["agreement"], "agrees");
}

#[test]
fn ct_20_what_aws_says_of_implicit_denials_and_other_policies() {
    let implicit = "because no service control policy allows the redshift:CreateCluster action";
    let cluster = "arn:aws:redshift:eu-central-1:417000000001:cluster:c";
    let found =
        json_of(&message("417000000001", "redshift:CreateCluster", cluster, implicit), &["--region", "eu-central-1"]);
    assert_eq!(found["answer"]["levelsWithoutAllow"], json!(["ou-ex01-sandbox1"]));
    let other = "because no identity-based policy allows the sqs:ListQueues action";
    let found = json_of(&message("214000000001", "sqs:ListQueues", "*", other), &[]);
    assert_eq!(found["agreement"], "otherType");
    assert_eq!(found["denial"]["cause"]["policyType"], "identity-based policy");
    // By the snapshot nothing blocks the call.
    let denied = "with an explicit deny in a service control policy";
    let found = json_of(&message("214000000001", "sts:GetCallerIdentity", "*", denied), &[]);
    assert_eq!(found["agreement"], "contradicts");
    assert!(found["differences"].as_array().is_some_and(|lines| !lines.is_empty()));
}

fn event(more: &Value) -> String {
    let mut event = json!({
        "eventVersion": "1.11", "eventTime": "2026-11-21T10:00:00Z", "eventSource": "s3.amazonaws.com",
        "eventName": "DeleteBucket", "eventType": "AwsApiCall", "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.7",
        "userAgent": "aws-cli/2", "errorCode": "AccessDenied", "errorMessage": "Access Denied",
        "userIdentity": {
            "type": "AssumedRole", "accountId": "214000000001",
            "arn": "arn:aws:sts::214000000001:assumed-role/break-glass/ann",
            "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::214000000001:role/break-glass"}},
        },
    });
    let given = more.as_object().expect("members").clone();
    event.as_object_mut().expect("an event is an object").extend(given);
    event.to_string()
}

#[test]
fn ct_4_an_event_tells_the_path_of_the_role() {
    let found = json_of(&event(&json!({})), &[]);
    assert_eq!(found["denial"]["action"], "s3:DeleteBucket");
    assert_eq!(
        found["answer"]["question"]["context"]["aws:PrincipalArn"],
        "arn:aws:iam::214000000001:role/break-glass"
    );
    assert_eq!(found["answer"]["question"]["context"]["aws:SourceIp"], "203.0.113.7");
    assert_eq!(found["answer"]["question"]["region"], "eu-west-1");
    assert_eq!(found["agreement"], "notSaid");
    // From standard input, in the envelope of a log file.
    let file = format!("{{\"Records\": [{}]}}", event(&json!({})));
    let piped = finish(&mut command(&["--org", "example", "--format", "json", "why"]), file.as_bytes());
    assert_eq!(piped.json()["answer"]["decision"], found["answer"]["decision"]);
    // Operations have actions of other names.
    let renamed = event(&json!({"eventName": "PutBucketEncryption"}));
    assert_eq!(json_of(&renamed, &[])["denial"]["action"], "s3:PutEncryptionConfiguration");
}

#[test]
fn what_tells_of_no_denial() {
    let messages = [
        "no such bucket",
        "You are not authorized to perform this operation. Encoded authorization failure message: Zm9v",
        "User: anonymous is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/x",
        r#"{"Statement": []}"#,
        r#"{"userIdentity": "#,
    ];
    let denied = event(&json!({}));
    let events = [
        format!("[{denied}, {denied}]"),
        event(&json!({"errorCode": "NoSuchBucket"})),
        event(&json!({"eventName": "Xyzzy"})),
        event(&json!({"eventSource": "kms.amazonaws.com", "eventName": "ReEncrypt"})),
    ];
    let pages = messages.iter().map(|text| (*text).to_owned()).chain(events).map(|text| why(&text, &[]).page());
    assert_snapshot!(pages.collect::<Vec<_>>().join("\n"));
}

/// Who would pass is told of calls in general, even if nothing is open about the one call.
#[test]
fn gen_3_a_closed_context_closes_the_one_call_only() {
    let denied =
        message("013000000001", "ec2:TerminateInstances", "arn:aws:ec2:eu-west-1:013000000001:instance/i-1", "");
    let found = json_of(&denied, &["--closed-context"]);
    assert_eq!(found["answer"]["decision"], "allowed");
    assert_eq!(found["passes"]["thisCaller"]["passes"], "when");
    assert_eq!(found["passes"]["otherCallers"]["passes"], "when");
}
