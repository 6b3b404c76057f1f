//! What changes would have done to the calls of small logs.

#![expect(clippy::panic, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;

use scproof_organization::Organization;
use scproof_replay::{Answer, At, Candidate, Class, Contradiction, Ended, Replay, ReplayOptions, ReplayReport};
use scproof_trail::{Event, Reader, read_records};

/// Two units with an account each, and a third account below the root; `deny` stands at the units named.
fn organization(deny: &str, at: &[&str]) -> Arc<Organization> {
    let places: Vec<String> =
        at.iter().map(|target| format!(r#"{{"TargetId": "{target}", "PolicyId": "p-ab12cd34"}}"#)).collect();
    let attached: String = places.iter().flat_map(|place| [", ", place.as_str()]).collect();
    let full: String = ["r-ab12", "ou-ab12-prod0001", "ou-ab12-sand0001", "222222222222", "333333333333"]
        .map(|target| format!(r#"{{"TargetId": "{target}", "PolicyId": "p-FullAWSAccess"}}"#))
        .join(", ");
    let text = format!(
        r#"{{"Format": "scproof-inventory/1",
            "Organization": {{"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"}},
            "Roots": [{{"Id": "r-ab12", "Name": "Root",
                "PolicyTypes": [{{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}}]}}],
            "OrganizationalUnits": [{{"Id": "ou-ab12-prod0001", "Name": "Prod", "ParentId": "r-ab12"}},
                {{"Id": "ou-ab12-sand0001", "Name": "Sandbox", "ParentId": "r-ab12"}}],
            "Accounts": [{{"Id": "111111111111", "Name": "management", "ParentId": "r-ab12"}},
                {{"Id": "222222222222", "Name": "shop", "ParentId": "ou-ab12-prod0001"}},
                {{"Id": "333333333333", "Name": "play", "ParentId": "ou-ab12-sand0001"}}],
            "Policies": [{{"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY",
                "AwsManaged": true, "Content": {{"Version": "2012-10-17",
                "Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*"}}}}}},
                {{"Id": "p-ab12cd34", "Name": "guard", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false,
                "Content": {{"Version": "2012-10-17", "Statement": [{deny}]}}}}],
            "Attachments": [{full}, {{"TargetId": "111111111111", "PolicyId": "p-FullAWSAccess"}}{attached}]}}"#
    );
    Arc::new(Organization::from_json(&text).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

const PROD: &str = "ou-ab12-prod0001";

/// A record of a session of a role in the account 222222222222, with more members, and others in place of its own.
fn record(id: &str, source: &str, name: &str, more: &str) -> String {
    format!(
        r#"{{"eventID": "{id}", "eventTime": "2026-11-01T10:00:00Z", "eventType": "AwsApiCall",
            "eventSource": "{source}.amazonaws.com", "eventName": "{name}", "awsRegion": "eu-west-1",
            "recipientAccountId": "222222222222", "eventCategory": "Management",
            "userIdentity": {{"type": "AssumedRole", "accountId": "222222222222",
                "arn": "arn:aws:sts::222222222222:assumed-role/Admin/s", "principalId": "AROAEXAMPLE:s",
                "sessionContext": {{"sessionIssuer": {{"type": "Role", "accountId": "222222222222",
                    "arn": "arn:aws:iam::222222222222:role/ops/Admin"}},
                    "attributes": {{"creationDate": "2026-11-01T09:00:00Z", "mfaAuthenticated": "false"}}}}}}{more}}}"#
    )
}

fn events(records: &[String]) -> Vec<Event> {
    let log = format!(r#"{{"Records": [{}]}}"#, records.join(", "));
    let (mut reader, mut events) = (Reader::new(), Vec::new());
    let tally = read_records(log.as_bytes(), &mut |record| events.push(reader.read(&record)));
    assert_eq!((tally.records, tally.fault_count), (records.len() as u64, 0));
    events
}

fn with_options(deny: &str, options: ReplayOptions) -> Replay {
    let candidate = Candidate { name: "guard".to_owned(), organization: organization(deny, &[PROD]) };
    Replay::new(organization(deny, &[]), vec![candidate], options)
}

fn report_of(replay: &Replay, events: &[Event]) -> ReplayReport {
    let mut part = replay.part();
    for event in events {
        replay.take(&mut part, event);
    }
    replay.report(part)
}

/// What the candidate, which attaches the statement to Prod, does to each of some records.
fn classes(deny: &str, records: &[String]) -> Vec<Class> {
    let replay = with_options(deny, ReplayOptions::default());
    let mut part = replay.part();
    for event in &events(records) {
        replay.take(&mut part, event);
    }
    let mut found: Vec<(String, Class)> = Vec::new();
    replay.close(&mut part, i64::MAX, |it| found.push((it.event, it.class)));
    found.sort();
    found.into_iter().map(|(_, class)| class).collect()
}

/// The exemption names the role with its path, which the session's ARN lacks; another tool takes it as blocked.
#[test]
fn trap_84_a_session_is_its_role_with_its_path() {
    let exempt = |arn: &str| {
        format!(
            r#"{{"Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*",
                "Condition": {{"ArnNotLike": {{"aws:PrincipalArn": "{arn}"}}}}}}"#
        )
    };
    let records = [record("1", "ec2", "StopInstances", "")];
    assert_eq!(classes(&exempt("arn:aws:iam::222222222222:role/ops/Admin"), &records), [Class::Unchanged]);
    assert_eq!(classes(&exempt("arn:aws:iam::*:role/Admin"), &records), [Class::NewlyBlocked]);
    assert_eq!(classes(&exempt("arn:aws:sts::222222222222:assumed-role/Admin/*"), &records), [Class::NewlyBlocked]);
}

/// The caller's account decides, not the one whose log it is.
#[test]
fn trap_85_the_chain_is_that_of_the_caller() {
    let deny = r#"{"Effect": "Deny", "Action": "s3:CreateBucket", "Resource": "*"}"#;
    let own = record("1", "s3", "CreateBucket", "");
    let copy = own.replace(r#""recipientAccountId": "222222222222""#, r#""recipientAccountId": "333333333333""#);
    assert_eq!(classes(deny, &[copy]), [Class::NewlyBlocked]);
    let other = own.replace("222222222222", "333333333333");
    assert_eq!(classes(deny, &[other]), [Class::Unchanged]);
}

/// Actions that are not called as the operation is, which other tools miss.
#[test]
fn ct_30_renamed_actions_are_found() {
    let deny = r#"{"Effect": "Deny", "Resource": "*",
        "Action": ["cloudwatch:DeleteAlarms", "s3:PutEncryptionConfiguration", "s3:PutBucketTagging"]}"#;
    let records = [
        record("1", "monitoring", "DeleteAlarms", ""),
        record("2", "s3", "PutBucketEncryption", ""),
        record("3", "s3", "DeleteBucketTagging", ""),
        record("4", "monitoring", "PutMetricAlarm", ""),
    ];
    let blocked = Class::NewlyBlocked;
    assert_eq!(classes(deny, &records), [blocked, blocked, blocked, Class::Unchanged]);
}

/// What the event does not tell stays open, and the condition says what it is.
#[test]
fn ct_6_unknown_keys_are_no_denial() {
    let deny = r#"{"Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:ResourceTag/team": "red"}}}"#;
    let replay = with_options(deny, ReplayOptions::default());
    let report = report_of(&replay, &events(&[record("1", "ec2", "StopInstances", "")]));
    let [group] = &*report.candidates[0].groups else { panic!("{report:#?}") };
    assert_eq!((group.class, group.example.answers), (Class::MayBeNewlyBlocked, (Answer::Passes, Answer::Depends)));
    assert!(group.example.condition.is_some(), "{group:#?}");
}

/// Copies of a call count once: that in the caller's log (CT-33).
#[test]
fn ct_33_copies_count_once() {
    let deny = r#"{"Effect": "Deny", "Action": "s3:CreateBucket", "Resource": "*"}"#;
    let own = record("1", "s3", "CreateBucket", r#", "sharedEventID": "shared""#);
    let copy = own.replace(r#""eventID": "1""#, r#""eventID": "2""#);
    let copy = copy.replace(r#""recipientAccountId": "222222222222""#, r#""recipientAccountId": "333333333333""#);
    let copy = copy.replace("CreateBucket", "HeadBucket");
    for records in [[own.clone(), copy.clone(), own.clone()], [copy, own.clone(), own]] {
        let replay = with_options(deny, ReplayOptions::default());
        let report = report_of(&replay, &events(&records));
        assert_eq!((report.calls, report.duplicates), (1, 2));
        assert_eq!(report.candidates[0].count(Class::NewlyBlocked), 1);
        assert_eq!(report.candidates[0].groups[0].example.event, "shared");
    }
}

/// What AWS said is held against the snapshot.
#[test]
fn ct_34_agreement_with_aws() {
    let deny = r#"{"Effect": "Deny", "Action": "s3:CreateBucket", "Resource": "*"}"#;
    let denied = |action: &str| {
        format!(
            r#", "errorCode": "AccessDenied", "errorMessage": "User: arn:aws:sts::222222222222:assumed-role/Admin/s is not authorized to perform: {action} on resource: \"arn:aws:s3:::b\" with an explicit deny in a service control policy""#
        )
    };
    let records = [
        record("1", "s3", "CreateBucket", &denied("s3:CreateBucket")),
        record("2", "s3", "CreateBucket", ""),
        record("3", "s3", "CreateBucket", r#", "errorCode": "BucketAlreadyExists""#),
        record("4", "s3", "CreateBucket", &denied("s3:DeleteBucket")),
    ];
    let before = with_options(deny, ReplayOptions::default());
    let report = report_of(&before, &events(&records));
    let found: Vec<_> = report.agreement.disagreements.iter().map(|it| (it.contradiction, it.calls)).collect();
    assert_eq!(found, [(Contradiction::DeniedThen, 1), (Contradiction::OtherAction, 1)]);
    assert_eq!((report.agreement.agrees, report.agreement.contradicts), (1, 2));
    assert_eq!(report.candidates[0].groups[0].ended(Ended::DeniedByScp), 2);

    let attached = Replay::new(organization(deny, &[PROD]), Vec::new(), ReplayOptions::default());
    let report = report_of(&attached, &events(&records));
    let found: Vec<_> = report.agreement.disagreements.iter().map(|it| (it.contradiction, it.calls)).collect();
    assert_eq!(found, [(Contradiction::PassedThen, 1), (Contradiction::OtherAction, 1)]);
}

#[test]
fn conditions_on_the_time_of_a_call() {
    let deny = r#"{"Effect": "Deny", "Action": "s3:CreateBucket", "Resource": "*",
        "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}}"#;
    let events = events(&[record("1", "s3", "CreateBucket", "")]);
    let then = report_of(&with_options(deny, ReplayOptions::default()), &events);
    assert_eq!(then.candidates[0].count(Class::Unchanged), 1);
    assert_eq!(then.candidates[0].later_dates, ["2027-01-01T00:00:00Z"]);
    let at = At::Time("2027-06-01T00:00:00Z".to_owned());
    let later = report_of(&with_options(deny, ReplayOptions { at, ..ReplayOptions::default() }), &events);
    assert_eq!(later.candidates[0].count(Class::NewlyBlocked), 1);
    assert!(later.candidates[0].later_dates.is_empty());
}

/// SCPs do not govern the management account, nor services, nor what is no call.
#[test]
fn what_scps_do_not_govern() {
    let deny = r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#;
    let management = record("1", "s3", "CreateBucket", "").replace("222222222222", "111111111111");
    let service = r#"{"eventID": "2", "eventTime": "2026-11-01T10:00:00Z", "eventType": "AwsApiCall",
        "eventSource": "kms.amazonaws.com", "eventName": "Decrypt", "awsRegion": "eu-west-1",
        "userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}}"#;
    let sign_in = record("3", "signin", "ConsoleLogin", "").replace("AwsApiCall", "AwsConsoleSignIn");
    let replay = with_options(deny, ReplayOptions::default());
    let report = report_of(&replay, &events(&[management, service.to_owned(), sign_in]));
    assert_eq!(report.candidates[0].count(Class::NotGoverned), 2);
    assert_eq!((report.calls, report.skipped_count()), (2, 1));
}

/// Order, threads, splitting and copies never change the report, but for the number of copies.
#[test]
fn order_splitting_and_copies_change_nothing() {
    let deny = r#"{"Effect": "Deny", "Action": ["s3:*", "ec2:Stop*"], "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}}"#;
    let operations = [("s3", "CreateBucket"), ("ec2", "StopInstances"), ("s3", "GetBucketAcl"), ("sqs", "CreateQueue")];
    let regions = ["eu-west-1", "us-east-1", "eu-central-1"];
    let mut records = Vec::new();
    for number in 0..240_usize {
        let (source, name) = operations[number % operations.len()];
        let shared = if number % 5 == 0 { format!(r#", "sharedEventID": "s{}""#, number / 10) } else { String::new() };
        let failed = if number % 7 == 0 { r#", "errorCode": "AccessDenied""# } else { "" };
        let text = record(&format!("{number:03}"), source, name, &format!("{shared}{failed}"));
        let text = text.replace("eu-west-1", regions[number % regions.len()]);
        records.push(text.replace("2026-11-01T10", &format!("2026-11-{:02}T{:02}", 1 + number % 9, number % 24)));
    }
    let all = events(&records);
    let replay = with_options(deny, ReplayOptions::default());
    let without_copies = |mut report: ReplayReport| {
        report.duplicates = 0;
        report
    };
    let expected = without_copies(report_of(&replay, &all));
    assert!(expected.candidates[0].count(Class::NewlyBlocked) > 50, "{expected:#?}");
    let mut random = fastrand::Rng::with_seed(7);
    for round in 1..=8 {
        let mut shuffled = all.clone();
        shuffled.extend(all.iter().take(round * 20).cloned());
        random.shuffle(&mut shuffled);
        let replay = with_options(deny, ReplayOptions::default());
        let parts: Vec<_> = std::thread::scope(|scope| {
            let of_thread = |events: &[Event]| {
                let events = events.to_vec();
                let replay = &replay;
                scope.spawn(move || {
                    let mut part = replay.part();
                    for event in &events {
                        replay.take(&mut part, event);
                    }
                    part
                })
            };
            let threads: Vec<_> = shuffled.chunks(shuffled.len().div_ceil(round)).map(of_thread).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut whole = replay.part();
        for part in parts {
            whole.merge(part);
        }
        assert_eq!(without_copies(replay.report(whole)), expected);
    }
}

/// AWS does not always name a caller of another account: whether it is exempt is then not known, so that no denial is
/// certain.
#[test]
fn ct_31_a_caller_who_is_not_named_may_be_exempt() {
    let deny = r#"{"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}"#;
    let identity = r#", "userIdentity": {"type": "AWSAccount", "accountId": "222222222222"}"#;
    let text = format!(
        r#"{{"eventID": "1", "eventTime": "2026-11-01T10:00:00Z", "eventType": "AwsApiCall", "eventSource":
            "sqs.amazonaws.com", "eventName": "ListQueues", "awsRegion": "eu-west-1"{identity}}}"#
    );
    let (before, after) = (organization(deny, &[]), organization(deny, &[PROD]));
    let candidates = vec![Candidate { name: "after".to_owned(), organization: after }];
    let replay = Replay::new(before, candidates, ReplayOptions::default());
    let mut part = replay.part();
    for event in events(&[text]) {
        replay.take(&mut part, &event);
    }
    let report = replay.report(part);
    let counts: Vec<u64> = report
        .candidates
        .iter()
        .flat_map(|it| [it.count(Class::NewlyBlocked), it.count(Class::MayBeNewlyBlocked)])
        .collect();
    assert_eq!(counts, [0, 1]);
}
