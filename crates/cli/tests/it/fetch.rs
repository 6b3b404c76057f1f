//! `scproof fetch` up to the first answer: usage, the plan, and what keeps it from reaching AWS.

use std::fs;

use insta::assert_snapshot;

use crate::run::{Run, command, finish, scproof};

#[test]
fn a_plan_needs_no_credentials() {
    assert_snapshot!(scproof(&["fetch", "--dry-run", "--tags"]).fits_80_columns().page());
}

#[test]
fn a_plan_for_programs() {
    let run = scproof(&["fetch", "--dry-run", "--format", "json", "--accounts", "10000", "--units", "500"]);
    assert_eq!(run.code, 0);
    let plan = run.json();
    assert_eq!(plan["format"], "scproof-fetch-plan/1");
    assert_eq!(plan["attachmentsBy"], "policy");
    // In each of two passes.
    assert_eq!(plan["calls"]["ListAccounts"], 1_000);
    let sum: u64 = plan["calls"].as_object().unwrap().values().map(|calls| calls.as_u64().unwrap()).sum();
    assert_eq!(plan["totalCalls"], sum);
    assert_eq!(plan["iamPolicy"]["Statement"][0]["Effect"], "Allow");
    assert!(plan["seconds"].as_u64().unwrap() > 200);
}

#[test]
fn api_38_a_plan_takes_the_way_with_fewer_calls() {
    let way = |args: &[&str]| {
        let run = scproof(&[&["fetch", "--dry-run", "--format", "json"], args].concat());
        run.json()["attachmentsBy"].as_str().unwrap().to_owned()
    };
    assert_eq!(way(&["--accounts", "5", "--units", "3", "--policies", "100"]), "target");
    assert_eq!(way(&["--accounts", "500"]), "policy");
    assert_eq!(way(&["--accounts", "500", "--attachments-by", "target"]), "target");
}

#[test]
fn usage() {
    for args in [
        &["--pace", "0"][..],
        &["--pace", "fast"],
        &["--deadline", "soon"],
        &["--concurrency", "0"],
        &["--attachments-by", "account"],
        &["--accounts", "5"],
        &["--redact-key", "short"],
        &["--region", "Frankfurt"],
        &["--endpoint-url", "localhost:5000"],
        &["--endpoint-url", "http://127.0.0.1:99999"],
        &["--endpoint-url", "http://me:secret@127.0.0.1:1"],
        &["--passes", "0"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("org.json");
        let run = scproof(&[&["fetch", "--output", output.to_str().unwrap()], args].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}: {}", run.stderr);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{args:?}");
        assert!(!run.stderr.contains("secret@"), "{}", run.stderr);
    }
    assert_snapshot!(scproof(&["fetch"]).fits_80_columns().page());
}

/// A fetch into a temporary folder, with only the given environment.
fn fetch(environment: &[(&str, &str)], args: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("org.json");
    let mut command = command(&[&["fetch", "--output", output.to_str().unwrap()], args].concat());
    command.envs(environment.iter().copied()).env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", folder.path());
    let run = finish(&mut command, b"").fits_80_columns();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    run
}

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];

#[test]
fn no_credentials() {
    assert_snapshot!(fetch(&[], &[]).page());
}

/// The SDK's own chain would take the keys of the environment.
#[test]
fn a_profile_that_is_not_there_is_not_passed_over() {
    let run = fetch(&KEYS, &["--profile", "audit", "--endpoint-url", "http://127.0.0.1:1"]);
    assert_eq!(run.code, 4);
    assert!(run.stderr.contains("the profile `audit` is not defined"), "{}", run.stderr);
}

#[test]
fn no_route() {
    assert_snapshot!(fetch(&KEYS, &["--endpoint-url", "http://127.0.0.1:1"]).page());
}

/// The SDK passes over an endpoint that makes no sense, and asks AWS.
#[test]
fn an_endpoint_of_the_environment_is_looked_at() {
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ORGANIZATIONS"] {
        for url in ["localhost", "http://me:secret@127.0.0.1:1"] {
            let run = fetch(&[KEYS[0], KEYS[1], (name, url)], &[]);
            assert_eq!(run.code, 2, "{}", run.stderr);
            assert!(!run.stderr.contains("secret@"), "{}", run.stderr);
        }
    }
}

/// A program that provides credentials may never end, and may print anything.
#[cfg(unix)]
#[test]
fn a_deadline_ends_the_search_for_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    let config_file = config.to_str().unwrap();
    let run = |process: &str| {
        fs::write(&config, format!("[default]\nregion = us-east-1\ncredential_process = {process}\n")).unwrap();
        fetch(&[("AWS_CONFIG_FILE", config_file), ("PATH", "/usr/bin:/bin")], &["--deadline", "1s"])
    };
    let waits = run("sleep 60");
    assert_eq!(waits.code, 4);
    assert!(waits.stderr.starts_with("error: not finished within the deadline of 1 s"), "{}", waits.stderr);
    fs::write(folder.path().join("long"), "x y ".repeat(2_000)).unwrap();
    let long = run(&format!("cat {}/long >&2; false", folder.path().display()));
    assert_eq!(long.code, 4);
    assert!(long.stderr.len() < 2_000, "{}", long.stderr);
}
