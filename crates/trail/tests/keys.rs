//! What a record tells of the keys of its call.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use scproof_evaluator::{Context, ContextValue};
use scproof_trail::{Reader, Reading, Record};
use serde_json::{Value, json};

const USER: &str = "arn:aws:iam::111111111111:user/ann";

fn event(identity: Value, more: &[(&str, Value)]) -> Context {
    let mut event = json!({"eventSource": "sqs.amazonaws.com", "eventName": "ListQueues"});
    event["userIdentity"] = identity;
    for (name, value) in more {
        event[name] = value.clone();
    }
    let text = event.to_string();
    let Reading::Call(call) = Reader::new().asked(&Record::parse(&text).unwrap()) else { panic!("no call: {text}") };
    call.context
}

fn user(more: &[(&str, Value)]) -> Context {
    event(json!({"type": "IAMUser", "arn": USER, "accountId": "111111111111"}), more)
}

fn key(context: &Context, key: &str) -> Option<ContextValue> {
    context.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
}

fn single(text: &str) -> ContextValue {
    ContextValue::Single(text.to_owned())
}

#[test]
fn ct_31_central_root_sessions_are_marked() {
    let identity = |session: Value| {
        json!({"type": "Root", "arn": "arn:aws:iam::111111111111:root",
        "accountId": "111111111111", "sessionContext": session})
    };
    assert_eq!(key(&event(identity(json!({})), &[]), "aws:AssumedRoot"), Some(ContextValue::Absent));
    let central = event(identity(json!({"assumedRoot": "true"})), &[]);
    assert_eq!(key(&central, "aws:AssumedRoot"), Some(single("true")));
    assert_eq!(key(&user(&[]), "aws:AssumedRoot"), None);
}

#[test]
fn ct_8_mfa_is_absent_without_a_session_and_open_in_a_role_s() {
    assert_eq!(key(&user(&[]), "aws:MultiFactorAuthPresent"), Some(ContextValue::Absent));
    let of = |kind: &str, value: &str| {
        let session = json!({"attributes": {"mfaAuthenticated": value}});
        let identity = json!({"type": kind, "arn": USER, "accountId": "111111111111", "sessionContext": session});
        key(&event(identity, &[]), "aws:MultiFactorAuthPresent")
    };
    assert_eq!(of("IAMUser", "false"), Some(single("false")));
    assert_eq!(of("AssumedRole", "true"), Some(single("true")));
    assert_eq!(of("AssumedRole", "false"), None);
}

#[test]
fn ct_9_an_endpoint_takes_the_place_of_the_address() {
    let address = ("sourceIPAddress", json!("203.0.113.7"));
    assert_eq!(key(&user(std::slice::from_ref(&address)), "aws:SourceIp"), Some(single("203.0.113.7")));
    let call = user(&[address, ("vpcEndpointId", json!("vpce-1"))]);
    assert_eq!(key(&call, "aws:SourceIp"), Some(ContextValue::Absent));
    assert_eq!(
        (key(&call, "aws:SourceVpce"), key(&call, "aws:VpcSourceIp")),
        (Some(single("vpce-1")), Some(single("203.0.113.7")))
    );
    let service = user(&[("sourceIPAddress", json!("cloudformation.amazonaws.com"))]);
    assert_eq!(key(&service, "aws:SourceIp"), None);
}

#[test]
fn ct_10_calls_by_services() {
    let by = |kind: &str| {
        event(json!({"type": kind, "arn": USER, "accountId": "111111111111", "invokedBy": "athena.amazonaws.com"}), &[])
    };
    assert_eq!(key(&user(&[]), "aws:ViaAWSService"), Some(single("false")));
    assert_eq!(key(&user(&[]), "aws:CalledVia"), Some(ContextValue::Absent));
    assert_eq!(key(&by("IAMUser"), "aws:ViaAWSService"), Some(single("true")));
    assert_eq!(key(&by("IAMUser"), "aws:CalledViaLast"), Some(single("athena.amazonaws.com")));
    assert_eq!(key(&by("AssumedRole"), "aws:ViaAWSService"), None);
}

#[test]
fn ct_35_what_aws_tells_of_keys_counts_first() {
    let enriched = json!({"requestContext": {"aws:ViaAWSService": "true", "aws:CalledVia": ["a", "b"]}});
    let call = user(&[("eventContext", enriched)]);
    let values = call.iter().filter(|(key, _)| *key == "aws:ViaAWSService").count();
    assert_eq!((values, key(&call, "aws:ViaAWSService")), (1, Some(single("true"))));
    assert_eq!(key(&call, "aws:CalledVia"), Some(ContextValue::List(vec!["a".to_owned(), "b".to_owned()])));
}

#[test]
fn ctx_10_the_id_of_the_caller() {
    let of = |kind: &str| {
        let identity = json!({"type": kind, "arn": USER, "accountId": "111111111111", "principalId": "AIDAEXAMPLE"});
        key(&event(identity, &[]), "aws:userid")
    };
    assert_eq!(of("IAMUser"), Some(single("AIDAEXAMPLE")));
    assert_eq!(of("AWSAccount"), None);
    assert_eq!(key(&user(&[]), "aws:userid"), None);
}

/// The ARN of an object does not tell whose it is, the list of a record does, of the bucket.
#[test]
fn ct_37_a_list_tells_the_owner() {
    let owners = |accounts: [Option<&str>; 2]| -> Vec<Option<ContextValue>> {
        let [object, bucket] = accounts;
        let event = json!({
            "eventSource": "s3.amazonaws.com", "eventName": "PutObject", "requestParameters": {"bucketName": "b", "key": "k"},
            "userIdentity": {"type": "IAMUser", "arn": USER, "accountId": "111111111111"},
            "resources": [{"ARN": "arn:aws:s3:::b/k", "accountId": object}, {"ARN": "arn:aws:s3:::b", "accountId": bucket}]
        });
        let text = event.to_string();
        let record = Record::parse(&text).unwrap();
        let Reading::Call(call) = Reader::new().asked(&record) else { panic!("no call: {text}") };
        call.asks[0].resources.iter().map(|input| key(&input.context, "aws:ResourceAccount")).collect()
    };
    assert_eq!(owners([None, Some("333333333333")]), [Some(single("333333333333"))]);
    assert_eq!(owners([Some("222222222222"), Some("333333333333")]), [None]);
    assert_eq!((owners([None, None]), owners([None, Some("x")])), (vec![None], vec![None]));
    // Another thing's owner says nothing of a bucket.
    let event = json!({
        "eventSource": "s3.amazonaws.com", "eventName": "PutObject", "requestParameters": {"bucketName": "b", "key": "k"},
        "userIdentity": {"type": "IAMUser", "arn": USER, "accountId": "111111111111"},
        "resources": [{"ARN": "arn:aws:kms:eu-west-1:333333333333:key/1", "accountId": "333333333333"}]
    });
    let text = event.to_string();
    let record = Record::parse(&text).unwrap();
    let Reading::Call(call) = Reader::new().asked(&record) else { panic!("no call: {text}") };
    assert!(call.asks[0].resources.iter().all(|input| key(&input.context, "aws:ResourceAccount").is_none()));
}
