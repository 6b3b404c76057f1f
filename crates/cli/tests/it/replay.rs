//! `scproof replay`: what is read, what comes out, what fails.

use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::run::{Run, repository};
use crate::schema;
use crate::simulate::{folder, policy, run_in};

fn log() -> PathBuf {
    repository().join("crates/cli/tests/it/replay/log.json")
}

/// A folder with the log in a copy of a trail's bucket, a digest beside it, and a policy.
fn bucket(statement: &Value) -> TempDir {
    let folder = folder(&[("guard.json", policy(statement))]);
    let root = folder.path().join("bucket/prefix/AWSLogs/o-examplecorp/214000000001");
    let day = root.join("CloudTrail/eu-west-1/2026/11/06");
    fs::create_dir_all(&day).unwrap();
    fs::copy(log(), day.join("214000000001_CloudTrail_eu-west-1_20261106T1005Z_Abc.json")).unwrap();
    let digests = root.join("CloudTrail-Digest/eu-west-1/2026/11/06");
    fs::create_dir_all(&digests).unwrap();
    fs::write(digests.join("digest.json"), r#"{"digestStartTime": "2026-11-06T00:00:00Z"}"#).unwrap();
    fs::write(root.join("digest.json"), r#"{"digestStartTime": "2026-11-06T00:00:00Z", "logFiles": []}"#).unwrap();
    folder
}

/// Spares one role, which calls as a session.
fn guard() -> Value {
    json!({"Sid": "KeepQueues", "Effect": "Deny", "Action": ["sqs:Delete*", "cloudwatch:DeleteAlarms"], "Resource": "*",
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/BreakGlass"}}})
}

fn replay(folder: &Path, args: &[&str]) -> Run {
    run_in(folder, &[&["--org", "example", "replay", "bucket"], args].concat())
}

const ATTACH: [&str; 4] = ["--attach", "guard.json", "--to", "Workloads"];

/// A tree of S3 with prefix and organization, digests among the files, renamed actions, an exempt role by its session:
/// what other tools stumble over.
#[test]
fn a_bucket_and_a_change() {
    let folder = bucket(&guard());
    assert_snapshot!(replay(folder.path(), &ATTACH).fits_80_columns().page());
}

#[test]
fn programs_get_everything() {
    let folder = bucket(&guard());
    let args = [&["--org", "example", "--format", "json", "replay", "bucket"], &ATTACH[..]].concat();
    let found = run_in(folder.path(), &args).json();
    schema::check(&found);
    assert_eq!(found["candidates"][0]["classes"]["newlyBlocked"], 3, "{found:#}");
    assert_eq!(found["log"]["duplicates"], 1);
    let cause = &found["candidates"][0]["groups"][0]["cause"];
    assert_eq!((&cause["kind"], &cause["sid"]), (&json!("deny"), &json!("KeepQueues")));
    assert_eq!(found["agreement"]["contradictions"][0]["kind"], "deniedThen");
}

/// A line a call and candidate, in the order of time.
#[test]
fn a_file_of_events() {
    let folder = bucket(&guard());
    let run = replay(folder.path(), &[&ATTACH[..], &["--events", "events.jsonl"]].concat());
    assert_eq!(run.code, 0, "{}", run.page());
    let text = fs::read_to_string(folder.path().join("events.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let classes: Vec<&str> = lines.iter().map(|line| line["class"].as_str().unwrap()).collect();
    let (blocked, same) = ("newlyBlocked", "unchanged");
    assert_eq!(classes, [same, blocked, same, blocked, blocked, same, "notReplayable"], "{text}");
    assert!(lines.iter().all(|line| line["candidate"] == "the change" && line["reason"].is_string()));
    assert!(lines[1]["reason"].as_str().unwrap().contains("KeepQueues"), "{text}");
}

#[test]
fn several_candidates_at_once() {
    let folder = bucket(&guard());
    let changes = |target: &str| {
        json!({"Format": "scproof-changes/1", "Changes": [
            {"Operation": "CreatePolicy", "Name": "guard", "ContentFile": "guard.json"},
            {"Operation": "AttachPolicy", "Policy": "guard", "Target": target}]})
    };
    let names = [("wide.json", "Workloads"), ("narrow.json", "Sandbox")];
    for (name, target) in names {
        fs::write(folder.path().join(name), changes(target).to_string()).unwrap();
    }
    let args = ["--candidate", "wide=wide.json", "--candidate", "narrow=narrow.json", "--fail-on", "newly-blocked"];
    let run = replay(folder.path(), &args);
    assert_eq!(run.code, 1, "{}", run.page());
    assert!(run.stdout.contains("wide: 3 of 7 calls in 6 days would be blocked."), "{}", run.page());
    assert!(run.stdout.contains("narrow: none of 7 calls in 6 days would be blocked"), "{}", run.page());
    let twice = replay(folder.path(), &["--candidate", "a=wide.json", "--candidate", "a=narrow.json"]);
    assert!(twice.code == 2 && twice.stderr.contains("two candidates are called `a`"), "{}", twice.page());
}

/// What is meant is told apart and fails nothing; what nearly is still does.
#[test]
fn expected_calls() {
    let folder = bucket(&guard());
    let allowing = |calls: &Value, more: &[&str]| {
        let file = json!({"Format": "scproof-expected-calls/1", "Calls": calls});
        schema::check_as("scproof-expected-calls/1", &file);
        fs::write(folder.path().join("allow.json"), file.to_string()).unwrap();
        replay(folder.path(), &[&ATTACH[..], &["--allow", "allow.json", "--fail-on", "newly-blocked"], more].concat())
    };
    let all = json!([
        {"Actions": "sqs:*", "Reason": "queues go, ticket 7"},
        {"Actions": ["cloudwatch:DeleteAlarms"], "OUs": "Workloads", "Candidates": "the change", "Reason": "alarms too"},
    ]);
    let run = allowing(&all, &[]);
    assert_eq!(run.code, 0, "{}", run.page());
    assert!(run.stdout.contains("3 of these are expected."), "{}", run.page());
    assert!(run.stdout.contains("CHANGES THAT ARE EXPECTED") && run.stdout.contains("queues go, ticket 7"));
    assert!(!run.stdout.contains("NEWLY BLOCKED"), "{}", run.page());
    for near in [
        json!([{"Actions": "sqs:*", "Reason": "queues go"}]),
        json!([{"Principals": "arn:aws:iam::*:role/nobody", "Reason": "nobody's"}]),
        json!([{"OUs": "Sandbox", "Reason": "elsewhere"}]),
        json!([{"Candidates": "strict", "Reason": "another"}]),
        json!([{"Until": "2020-01-31", "Reason": "long ago"}]),
    ] {
        let run = allowing(&near, &[]);
        assert_eq!(run.code, 1, "{near}: {}", run.page());
    }
    assert!(
        allowing(&json!([{"Until": "2020-01-31", "Reason": "long ago"}]), &[]).stderr.contains("ended on 2020-01-31")
    );
    let unknown = allowing(&json!([{"OUs": "Nowhere", "Reason": "x"}]), &[]);
    assert!(unknown.code == 2 && unknown.stderr.contains("Nowhere"), "{}", unknown.page());
    fs::write(
        folder.path().join("allow.json"),
        r#"{"Format": "scproof-expected-calls/1", "Calls": [{"Action": "["}]}"#,
    )
    .unwrap();
    let broken = replay(folder.path(), &[&ATTACH[..], &["--allow", "allow.json"]].concat());
    assert!(broken.code == 3 && broken.stderr.contains("did you mean `Actions`?"), "{}", broken.page());
    let found = run_in(
        folder.path(),
        &[&["--org", "example", "--format", "csv", "replay", "bucket", "--allow", "allow.json"], &ATTACH[..]].concat(),
    );
    assert_eq!(found.code, 3);
}

#[test]
fn what_is_looked_at() {
    let folder = bucket(&guard());
    let count = |args: &[&str]| {
        let args = [&["--org", "example", "--format", "json", "replay", "bucket"], &ATTACH[..], args].concat();
        let found = run_in(folder.path(), &args).json();
        found["candidates"][0]["classes"]["newlyBlocked"].as_u64().unwrap()
    };
    assert_eq!(count(&["--since", "2026-11-03"]), 2);
    assert_eq!(count(&["--until", "2026-11-03T00:00:00Z"]), 1);
    assert_eq!(count(&["--action", "sqs:*"]), 2);
    assert_eq!(count(&["--account", "shop-dev"]), 0);
    assert_eq!(count(&["--ou", "Workloads"]), 3);
}

#[test]
fn files_of_another_kind_are_named() {
    let folder = bucket(&guard());
    fs::write(folder.path().join("bucket/notes.txt"), "hello").unwrap();
    fs::write(folder.path().join("bucket/empty.json"), "").unwrap();
    let args = [&["--org", "example", "--format", "json", "replay", "bucket"], &ATTACH[..]].concat();
    let found = run_in(folder.path(), &args).json();
    let named = ["bucket/empty.json: is empty", "bucket/notes.txt: holds no records of CloudTrail"];
    assert_eq!((&found["log"]["passedOver"], &found["log"]["strangers"]), (&json!(4), &json!(named)));
    let run = replay(folder.path(), &ATTACH);
    assert!(run.code == 0 && named.iter().all(|name| run.stdout.contains(name)), "{}", run.page());
}

/// The rest of a broken log counts; the code says that something is missing.
#[test]
fn what_cannot_be_read_is_told() {
    let folder = bucket(&guard());
    let text = fs::read_to_string(log()).unwrap();
    fs::write(folder.path().join("bucket/broken.json"), text.split_at(text.len() / 2).0).unwrap();
    fs::write(folder.path().join("bucket/empty.json"), "").unwrap();
    let run = replay(folder.path(), &[&ATTACH[..], &["--fail-on", "newly-blocked"]].concat());
    assert_eq!(run.code, 3, "{}", run.page());
    assert!(run.stdout.contains("bucket/broken.json: breaks off after"), "{}", run.page());
    assert!(run.stdout.contains("the change: 3 of 7 calls"), "{}", run.page());
}

/// A digest in the bucket names a file that is not there.
#[test]
fn digests_are_held_against_files() {
    let folder = bucket(&guard());
    let digests = folder.path().join("bucket/prefix/AWSLogs/o-examplecorp/214000000001/CloudTrail-Digest");
    fs::remove_dir_all(&digests).unwrap();
    let verify = |code: i32| {
        let run = replay(folder.path(), &[&ATTACH[..], &["--verify-digests"]].concat());
        assert_eq!(run.code, code, "{}", run.page());
        run.stdout
    };
    // The one that lies among the files says nothing.
    assert!(verify(3).contains("digest.json: cannot be read to its end"));
    fs::remove_file(digests.with_file_name("digest.json")).unwrap();
    assert!(verify(0).contains("by 0 digests 0 files are as written; none names 1 file"));
    fs::create_dir_all(&digests).unwrap();
    let digest = json!({"digestStartTime": "2026-11-06T09:00:00Z", "digestEndTime": "2026-11-06T10:00:00Z",
        "digestS3Object": "a/d_1.json", "logFiles": [{"s3Object": "a/gone.json", "hashValue": "00"}]});
    fs::write(digests.join("d_1.json"), digest.to_string()).unwrap();
    assert!(verify(3).contains("gone.json: is missing"));
    let args =
        [&["--org", "example", "--format", "json", "replay", "bucket", "--verify-digests"], &ATTACH[..]].concat();
    let found = run_in(folder.path(), &args).json();
    schema::check(&found);
    assert_eq!(found["log"]["digests"]["faults"], json!(["gone.json: is missing"]));
}

#[test]
fn slips() {
    let folder = bucket(&guard());
    for (args, words) in [
        (&[][..], "no change was given"),
        (&["--check", "--since", "yesterday"], "`--since yesterday` is no time"),
        (&["--candidate", "x"], "`--candidate x` lacks a part"),
    ] {
        let run = replay(folder.path(), args);
        assert!(run.code == 2 && run.stderr.contains(words), "{}", run.page());
    }
    let run = run_in(folder.path(), &["--org", "example", "replay", "nowhere", "--check"]);
    assert!(run.code == 3 && run.stderr.contains("nowhere"), "{}", run.page());
    assert_eq!(replay(folder.path(), &["--check", "--fail-on", "contradiction"]).code, 1);
}

/// The lines of events never take the place of what was read.
#[test]
fn events_do_not_replace_an_input() {
    let folder = bucket(&guard());
    let of_bucket = "bucket/prefix/AWSLogs/o-examplecorp/214000000001/CloudTrail/eu-west-1/2026/11/06/\
                     214000000001_CloudTrail_eu-west-1_20261106T1005Z_Abc.json";
    let before = fs::read(folder.path().join(of_bucket)).unwrap();
    for file in [of_bucket, "guard.json"] {
        let run = replay(folder.path(), &["--attach", "guard.json", "--to", "Prod", "--events", file]);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains("would be replaced, and it is an input"), "{}", run.stderr);
    }
    assert_eq!(fs::read(folder.path().join(of_bucket)).unwrap(), before);
}

/// The first interrupt ends the reading, and what was read until then is told, as that.
#[cfg(unix)]
#[test]
fn an_interrupt_tells_what_was_read() {
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    use crate::run::command;

    let folder = bucket(&guard());
    let log: Value = serde_json::from_str(&fs::read_to_string(log()).unwrap()).unwrap();
    let line = format!("{}\n", log["Records"][0]);
    let mut child = command(&["--org", "example", "replay", "-"])
        .args(ATTACH)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than a pipe holds: when this is written, the reading has begun.
    let many = line.repeat((1 << 20) / line.len());
    stdin.write_all(many.as_bytes()).unwrap();
    assert!(Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap().success());
    // Until it has been noticed nothing stops; an end that comes too early would show nothing.
    for _ in 0..100 {
        if stdin.write_all(many.as_bytes()).is_err() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    drop(stdin);
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    let status = child.wait().unwrap();
    assert!(status.code() == Some(3) && text.contains("This is not the whole log"), "{status}: {text}");
}
