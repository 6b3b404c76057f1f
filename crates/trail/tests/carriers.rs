//! Whatever carries records: all are read, and what cannot be read is counted.

#![expect(
    clippy::unwrap_used,
    clippy::unreachable,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use scproof_trail::{Event, Fault, Foreign, Outcome, Reader, Reading, Sources, Standing, Tally, read_records};
use serde_json::{Value, json};

fn record(id: &str) -> Value {
    json!({
        "eventID": id, "eventTime": "2026-11-01T10:00:00Z", "eventType": "AwsApiCall", "awsRegion": "eu-west-1",
        "eventSource": "sqs.amazonaws.com", "eventName": "ListQueues", "sourceIPAddress": "203.0.113.7",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::222222222222:user/ann", "accountId": "222222222222"}
    })
}

fn read(text: &str) -> (Vec<String>, Tally) {
    let mut ids = Vec::new();
    let tally = read_records(text.as_bytes(), &mut |record| ids.extend(record.id().map(str::to_owned)));
    (ids, tally)
}

fn event(record: &Value) -> Event {
    let mut events = Vec::new();
    let text = record.to_string();
    let mut reader = Reader::new();
    read_records(text.as_bytes(), &mut |record| events.push(reader.read(&record)));
    assert_eq!(events.len(), 1);
    events.remove(0)
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

#[test]
fn ct_32_every_carrier() {
    let (one, two) = (record("1"), record("2"));
    let lookup = json!({"Events": [{"EventId": "1", "CloudTrailEvent": one.to_string()},
        {"EventId": "2", "CloudTrailEvent": two.to_string()}]});
    let bridge = |record: &Value| json!({"source": "aws.sqs", "detail-type": "AWS API Call", "detail": record});
    let lines = |values: [&Value; 2]| values.map(ToString::to_string).join("\n");
    for text in [
        json!({"Records": [one, two]}).to_string(),
        pretty(&json!({"Records": [one, two]})),
        json!([one, two]).to_string(),
        pretty(&json!([one, two])),
        lines([&one, &two]),
        lines([&json!({"Records": [one]}), &json!({"Records": [two]})]),
        lookup.to_string(),
        pretty(&lookup),
        json!([bridge(&one), bridge(&two)]).to_string(),
        lines([&bridge(&one), &bridge(&two)]),
        format!("\u{feff}{}\n", json!({"Records": [one, two]})),
    ] {
        let (ids, tally) = read(&text);
        assert_eq!((ids, tally.fault_count, tally.foreign), (vec!["1".to_owned(), "2".to_owned()], 0, None), "{text}");
    }
    assert_eq!(read(&pretty(&one)).0, ["1"]);
}

#[test]
fn ct_32_other_files_are_told_by_their_content() {
    let digest = json!({"awsAccountId": "222222222222", "digestStartTime": "2026-11-01T10:00:00Z", "logFiles": []});
    assert_eq!(read(&digest.to_string()).1.foreign, Some(Foreign::Digest));
    assert_eq!(read("").1.foreign, Some(Foreign::Empty));
    for text in ["hello", "{}", "{\"Statement\": []}", "3", "\"x\"", "null"] {
        let (_, tally) = read(text);
        assert_eq!((tally.foreign, tally.records), (Some(Foreign::Other), 0), "{text}");
    }
    // A file without records is none of another kind.
    assert_eq!(read("{\"Records\": []}").1.foreign, None);
    let insight = json!({"eventID": "1", "eventType": "AwsCloudTrailInsight", "eventCategory": "Insight",
        "insightDetails": {"state": "Start", "eventSource": "ssm.amazonaws.com", "eventName": "UpdateInstance"}});
    assert_eq!(event(&insight).reading, Reading::Skipped("an Insight"));
}

/// What is before the break counts, and what is after a bad line.
#[test]
fn broken_files_count_as_far_as_they_go() {
    let whole = json!({"Records": [record("1"), record("2")]}).to_string();
    let (ids, tally) = read(whole.get(..whole.len() - 40).unwrap());
    assert_eq!((ids, tally.faults), (vec!["1".to_owned()], vec![Fault::BrokenAfter { records: 1 }]));
    let lines = format!("{}\n{{oops\n\n{}", record("1"), record("2"));
    let (ids, tally) = read(&lines);
    assert_eq!((ids.len(), tally.faults), (2, vec![Fault::Line { line: 2 }]));
    let odd = json!({"Records": [record("1"), 7, "x", {"a": 1}, null, record("2")]}).to_string();
    let (ids, tally) = read(&odd);
    assert_eq!((ids.len(), tally.fault_count), (2, 4));
}

#[test]
fn directories_compressed_files_and_folders_of_digests() {
    let folder = tempfile::tempdir().unwrap();
    let of_day = folder.path().join("prefix/AWSLogs/o-exampleorg1/222222222222/CloudTrail/eu-west-1/2026/11/01");
    let digests = folder.path().join("prefix/AWSLogs/o-exampleorg1/222222222222/CloudTrail-Digest/eu-west-1");
    std::fs::create_dir_all(&of_day).unwrap();
    std::fs::create_dir_all(&digests).unwrap();
    std::fs::write(digests.join("d.json"), "{\"digestStartTime\": 1}").unwrap();
    let text = json!({"Records": [record("1"), record("2")]}).to_string();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    // Two members in a file are one text.
    let half = |text: &str| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    };
    let (first, second) = text.split_at(100);
    std::fs::write(of_day.join("a.json.gz"), &gzip).unwrap();
    std::fs::write(of_day.join("b.json"), &text).unwrap();
    std::fs::write(of_day.join("c.json.gz"), [half(first), half(second)].concat()).unwrap();
    std::fs::write(of_day.join("d.json.gz"), gzip.get(..gzip.len() / 2).unwrap()).unwrap();
    let sources = Sources::find(&[folder.path()]).unwrap();
    assert_eq!((sources.files.len(), sources.passed_over.len()), (4, 1));
    let mut counts = Vec::new();
    let mut faults = Vec::new();
    for source in &sources.files {
        let tally = source.read_records(&mut |_| {}).unwrap();
        counts.push(tally.records);
        faults.extend(tally.faults);
    }
    assert_eq!(counts.get(..3), Some(&[2, 2, 2][..]));
    assert!(matches!(faults.as_slice(), [Fault::Unreadable { .. }]), "{faults:?}");
    assert!(Sources::find(&[folder.path().join("nothing")]).is_err());
}

fn call(record: &Value) -> scproof_trail::Call {
    let Reading::Call(call) = event(record).reading else { unreachable!("a call") };
    call
}

#[test]
fn ct_2_ct_3_ct_31_whose_policies_decide() {
    let mut theirs = record("1");
    theirs["recipientAccountId"] = json!("333333333333");
    assert_eq!(call(&theirs).account, "222222222222");
    let of_kind = |identity: Value| {
        let mut record = record("1");
        record["userIdentity"] = identity;
        event(&record).reading
    };
    let service = json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"});
    assert!(matches!(of_kind(service), Reading::NotGoverned(_)));
    for kind in ["IdentityCenterUser", "Directory", "Unknown", "SAMLUser", "WebIdentityUser", "NewKind"] {
        let found = of_kind(json!({"type": kind, "accountId": "222222222222"}));
        assert!(matches!(found, Reading::NotReplayable(_)), "{kind}");
    }
    assert!(matches!(of_kind(json!({"accountId": "222222222222"})), Reading::Skipped(_)));
    assert!(matches!(of_kind(json!({"type": "IAMUser"})), Reading::NotReplayable(_)));
    assert!(matches!(of_kind(json!("ann")), Reading::NotReplayable(_)));
}

#[test]
fn ct_4_a_session_s_role_has_its_path() {
    let mut session = record("1");
    session["userIdentity"] = json!({
        "type": "AssumedRole", "accountId": "222222222222",
        "arn": "arn:aws:sts::222222222222:assumed-role/dev/ann",
        "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::222222222222:role/team/dev"}}
    });
    let call = call(&session);
    assert_eq!(call.principal.as_deref(), Some("arn:aws:sts::222222222222:assumed-role/dev/ann"));
    let role = call.context.iter().find(|(key, _)| *key == "aws:PrincipalArn").map(|(_, value)| value.clone());
    let path = "arn:aws:iam::222222222222:role/team/dev".to_owned();
    assert_eq!(role, Some(scproof_evaluator::ContextValue::Single(path)));
}

#[test]
fn ct_30_ct_34_ct_37_what_was_asked_and_how_it_ended() {
    let mut launch = record("1");
    launch["eventSource"] = json!("ec2.amazonaws.com");
    launch["eventName"] = json!("RunInstances");
    launch["requestParameters"] = json!({"instanceType": "t3.micro"});
    launch["errorCode"] = json!("Client.UnauthorizedOperation");
    launch["errorMessage"] = json!(
        "You are not authorized to perform this operation. User: x is not authorized to \
        perform: ec2:RunInstances on resource: arn:aws:ec2:eu-west-1:222222222222:instance/* with an explicit deny in \
        a service control policy"
    );
    let launch = call(&launch);
    let certain: Vec<&str> =
        launch.asks.iter().filter(|ask| ask.standing == Standing::Certain).map(|ask| ask.action.as_str()).collect();
    assert_eq!(certain, ["ec2:RunInstances"]);
    assert!(launch.asks.iter().any(|ask| ask.action == "iam:PassRole" && ask.standing == Standing::Possible));
    let kept = launch.asks.first().map(|ask| ask.context.iter().count());
    assert_eq!(kept, Some(1));
    let Outcome::Denied { cause: Some(cause), action } = &launch.outcome else { panic!("{:?}", launch.outcome) };
    assert!(cause.is_explicit && action.as_deref() == Some("ec2:RunInstances"));
    let ended = |code: &str| {
        let mut record = record("1");
        record["errorCode"] = json!(code);
        call(&record).outcome
    };
    assert_eq!(ended("Client.DryRunOperation"), Outcome::Passed);
    assert_eq!(ended("ThrottlingException"), Outcome::Open);
    let mut object = record("1");
    object["eventSource"] = json!("s3.amazonaws.com");
    object["eventName"] = json!("GetObject");
    object["requestParameters"] = json!({"bucketName": "b", "key": "k"});
    object["resources"] = json!([{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::b/k"},
        {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b", "accountId": "222222222222"}]);
    let mut asked = call(&object).asks;
    asked.retain(|ask| ask.standing == Standing::Certain);
    let found: Vec<&scproof_evaluator::RequestResource> =
        asked.iter().flat_map(|ask| ask.resources.iter().map(|input| &input.resource)).collect();
    assert_eq!(found, [&scproof_evaluator::RequestResource::Arn("arn:aws:s3:::b/k".to_owned())]);
}

#[test]
fn ct_33_copies_and_amended_records_are_told() {
    let mut copy = record("1");
    copy["sharedEventID"] = json!("s");
    copy["addendum"] = json!({"reason": "UPDATED_DATA"});
    let copy = event(&copy);
    assert_eq!((copy.shared_id.as_deref(), copy.amended, copy.time), (Some("s"), true, 1_793_527_200));
    // CT-11.
    let mut basic = record("1");
    basic["eventTime"] = json!("20261101T100000Z");
    assert_eq!(event(&basic).time, 1_793_527_200);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-zA-Z0-9:/.*{}\\[\\]]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-zA-Z]{1,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

const MEMBERS: [&str; 16] = [
    "eventID",
    "eventTime",
    "eventType",
    "eventSource",
    "eventName",
    "awsRegion",
    "userIdentity",
    "resources",
    "requestParameters",
    "errorCode",
    "errorMessage",
    "sourceIPAddress",
    "eventContext",
    "addendum",
    "tlsDetails",
    "recipientAccountId",
];

proptest! {
    /// Hostile content ends in a count.
    #[test]
    fn any_text_ends_in_a_tally(text in ".{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut reader = Reader::new();
        for content in [text.as_bytes(), &bytes] {
            let mut visited = 0;
            let tally = read_records(content, &mut |record| { reader.read(&record); visited += 1; });
            prop_assert_eq!(tally.records, visited);
        }
    }

    /// Members of any type are read or counted as missing.
    #[test]
    fn any_member_may_be_anything(place in 0..MEMBERS.len(), other in 0..MEMBERS.len(), value in any_json(), more in any_json()) {
        let mut odd = record("1");
        odd[MEMBERS[place]] = value;
        odd[MEMBERS[other]] = more;
        let text = json!({"Records": [odd, record("2")]}).to_string();
        let mut reader = Reader::new();
        let mut seen = 0;
        let tally = read_records(text.as_bytes(), &mut |record| { reader.read(&record); seen += 1; });
        prop_assert!(seen >= 1 && tally.records + tally.fault_count == 2, "{:?}", tally);
    }
}

fn asks_of(source: &str, name: &str, parameters: &Value, resources: &Value) -> Vec<scproof_trail::Ask> {
    let mut record = record("1");
    record["eventSource"] = json!(format!("{source}.amazonaws.com"));
    record["eventName"] = json!(name);
    record["requestParameters"] = parameters.clone();
    record["resources"] = resources.clone();
    call(&record).asks
}

/// What a record does not say of an operation is left open.
#[test]
fn ct_30_ct_37_what_a_record_leaves_open() {
    // Which of the keys is the old one is not told by the list.
    let keys = json!([{"ARN": "arn:aws:kms:eu-west-1:222222222222:key/1"}, {"ARN": "arn:aws:kms:eu-west-1:222222222222:key/2"}]);
    for asks in [
        asks_of("kms", "ReEncrypt", &json!({}), &keys),
        asks_of(
            "s3",
            "CopyObject",
            &json!({"bucketName": "dst", "key": "k", "x-amz-copy-source": "src/k"}),
            &json!([]),
        ),
    ] {
        assert!(asks.iter().filter(|ask| ask.standing == Standing::Certain).count() == 2, "{asks:?}");
        assert!(asks.iter().all(|ask| ask.resources.is_empty()), "{asks:?}");
    }
    // A query may use an index of the table.
    let table = json!([{"ARN": "arn:aws:dynamodb:eu-west-1:222222222222:table/t"}]);
    let query = asks_of("dynamodb", "Query", &json!({"tableName": "t", "indexName": "i"}), &table);
    let lengths: Vec<(Standing, usize)> = query.iter().map(|ask| (ask.standing, ask.resources.len())).collect();
    assert_eq!(lengths, [(Standing::Certain, 1), (Standing::Possible, 2)]);
    // Types of which none is required are alternatives (CALL-4).
    let objects = json!([{"ARN": "arn:aws:s3:::b/k"}, {"ARN": "arn:aws:s3:::b"}]);
    let get = asks_of("s3", "GetObject", &json!({"bucketName": "b", "key": "k"}), &objects);
    assert!(get.iter().all(|ask| ask.standing == Standing::Certain && ask.resources.len() == 1), "{get:?}");
    // Without parameters it is not told whether a version is meant, or which service.
    for (source, name) in [("s3", "GetObject"), ("autoscaling", "PutScalingPolicy")] {
        let asks = asks_of(source, name, &Value::Null, &Value::Null);
        assert!(asks.len() > 1 && asks.iter().all(|ask| matches!(ask.standing, Standing::OneOf(_))), "{asks:?}");
    }
}

#[test]
fn ct_11_times_are_spelt_as_policies_do() {
    let mut basic = record("1");
    basic["eventTime"] = json!("20261101T100000Z");
    let context = call(&basic).context;
    let time = context.iter().find(|(key, _)| *key == "aws:CurrentTime").map(|(_, value)| value.clone());
    assert_eq!(time, Some(scproof_evaluator::ContextValue::Single("2026-11-01T10:00:00Z".to_owned())));
}

/// A first line that is broken, and a text that breaks off in its first record.
#[test]
fn what_is_lost_is_told() {
    let lines = format!("{{oops\n{}\n{}", record("1"), record("2"));
    let (ids, tally) = read(&lines);
    assert_eq!((ids.len(), tally.faults), (2, vec![Fault::Line { line: 1 }]));
    let whole = json!({"Records": [record("1")]}).to_string();
    for text in
        [whole.get(..60).unwrap().to_owned(), pretty(&json!({"Records": [record("1")]})).get(..60).unwrap().to_owned()]
    {
        assert_eq!(read(&text).1.faults, [Fault::BrokenAfter { records: 0 }], "{text}");
    }
}

#[test]
fn every_frame_of_zstd_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let frame =
        |text: &str| ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let both = [frame(&format!("{}\n", record("1"))), frame(&record("2").to_string())].concat();
    std::fs::write(folder.path().join("a.zst"), both).unwrap();
    let sources = Sources::find(&[folder.path()]).unwrap();
    let tally = sources.files.first().unwrap().read_records(&mut |_| {}).unwrap();
    assert_eq!((tally.records, tally.fault_count), (2, 0));
}

/// A file that is longer than what is held at a time: records lie across its pieces, and one is too long.
#[test]
fn long_files_are_read_piece_by_piece() {
    let filler = "x".repeat(100_000);
    let mut records: Vec<Value> = (0..40).map(|number| record(&number.to_string())).collect();
    for record in &mut records {
        record["requestParameters"] = json!({"filler": filler});
    }
    let all: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    let lines = records.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for text in [json!({"a": [1], "Records": records, "b": {}}).to_string(), lines, json!(records).to_string()] {
        let (ids, tally) = read(&text);
        assert!(ids == all && tally.fault_count == 0, "{:?}", tally.faults);
    }
    records.insert(1, record("long"));
    records[1]["requestParameters"] = json!("y".repeat(9 << 20));
    let (ids, tally) = read(&json!({"Records": records}).to_string());
    assert!(
        ids == all && matches!(tally.faults.as_slice(), [Fault::ItemTooLarge { number: 2, .. }]),
        "{:?}",
        tally.faults
    );
}

/// One record that no reader of JSON takes costs none of the others.
#[test]
fn a_record_that_cannot_be_read_is_passed_over() {
    let (one, two) = (record("1"), record("2"));
    let deep = format!("{{\"a\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for odd in [r#"{"eventID": "\ud800"}"#, r#"{"eventID": 1, "eventID": 2}"#, "{\"a\": tru}", "{}", &deep] {
        let (ids, tally) = read(&format!("{{\"Records\": [{one}, {odd}, {two}]}}"));
        assert_eq!((ids.len(), tally.faults), (2, vec![Fault::Item { number: 2 }]));
    }
    let mut known = record("3");
    known["requestParameters"] = serde_json::from_str("{}").unwrap();
    let text = known.to_string().replace("{}", &deep);
    assert_eq!(read(&text).0, ["3"]);
    // Texts one behind the other.
    let records = json!({"Records": [one, two]}).to_string();
    assert_eq!(read(&format!("{records}{records}")).0.len(), 4);
}

const CALLER: &str = "{type=AssumedRole, principalid=AROAEXAMPLE:ann, arn=arn:aws:sts::222222222222:assumed-role/dev/ann, \
    accountid=222222222222, sessioncontext={attributes={mfaauthenticated=true, creationdate=2026-11-01T09:00:00Z}, \
    sessionissuer={type=Role, arn=arn:aws:iam::222222222222:role/team/dev, accountid=222222222222}}}";

/// Athena's columns are named as AWS's statement for the table has them, Lake's as members of records.
#[test]
fn ct_32_rows_of_tables() {
    let parameters = r#"{"bucketName": "b", "key": "a,b"}"#;
    let resources = "[{arn=arn:aws:s3:::b/a, accountid=222222222222, type=AWS::S3::Object}]";
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |cells: &[&str]| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
    let names = [
        "eventtime",
        "eventid",
        "eventsource",
        "eventname",
        "eventtype",
        "useridentity",
        "requestparameters",
        "resources",
    ];
    let cells =
        ["2026-11-01T10:00:00Z", "1", "s3.amazonaws.com", "GetObject", "AwsApiCall", CALLER, parameters, resources];
    let table = format!("{}\n{}\n\n{}\n", line(&names), line(&cells), line(&["oops"]));
    let lake = [
        "eventTime",
        "eventID",
        "eventSource",
        "eventName",
        "eventType",
        "userIdentity",
        "requestParameters",
        "resources",
    ];
    let row: Vec<Value> = lake.iter().zip(cells).map(|(name, cell)| json!({*name: cell})).collect();
    let results = json!({"QueryStatus": "FINISHED", "QueryResultRows": [row, [{"oops": null}]]}).to_string();
    let unload = json!({"eventid": "1", "eventtime": "2026-11-01T10:00:00Z", "eventsource": "s3.amazonaws.com",
        "eventname": "GetObject", "eventtype": "AwsApiCall", "requestparameters": parameters,
        "resources": [{"arn": "arn:aws:s3:::b/a", "accountid": "222222222222"}],
        "useridentity": {"type": "AssumedRole", "principalid": "AROAEXAMPLE:ann", "accountid": "222222222222", "arn": "arn:aws:sts::222222222222:assumed-role/dev/ann",
            "sessioncontext": {"attributes": {"mfaauthenticated": "true", "creationdate": "2026-11-01T09:00:00Z"},
                "sessionissuer": {"arn": "arn:aws:iam::222222222222:role/team/dev"}}}});
    let mut events = Vec::new();
    for (text, faults) in [(table, 1), (results, 1), (unload.to_string(), 0)] {
        let mut reader = Reader::new();
        let tally = read_records(text.as_bytes(), &mut |record| events.push(reader.read(&record)));
        assert_eq!((tally.records, tally.fault_count, tally.foreign), (1, faults, None), "{text} {tally:?}");
    }
    assert!(events.iter().all(|event| Some(event) == events.first()), "{events:#?}");
    let Some(Event { reading: Reading::Call(call), .. }) = events.first() else { unreachable!("a call") };
    let value = |key: &str| call.context.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone());
    let single = |text: &str| Some(scproof_evaluator::ContextValue::Single(text.to_owned()));
    assert_eq!(value("aws:PrincipalArn"), single("arn:aws:iam::222222222222:role/team/dev"));
    assert_eq!(value("aws:MultiFactorAuthPresent"), single("true"));
    // A column with the record as it was counts alone.
    let whole = format!("{}\n{}", line(&["eventjson", "eventid"]), line(&[&record("7").to_string(), "1"]));
    assert_eq!(read(&whole).0, ["7"]);
    // A table of something else.
    assert_eq!(read("name,value\na,b\n").1.foreign, Some(Foreign::Other));
    // A row that does not end.
    let open = format!("{}\n{}\n\"open", line(&names), line(&cells));
    assert_eq!((read(&open).0.len(), read(&open).1.faults), (1, vec![Fault::Line { line: 3 }]));
}
