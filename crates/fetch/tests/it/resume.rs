//! A fetch that stops goes on where it stopped, and makes no finished call again.

use std::collections::BTreeSet;

use scproof_fetch::{FetchError, FetchOptions, Inventory, remove_work_file};
use scproof_organizations_server::{Call, Effect, Rule, Server, Settings};

use crate::support::{WAYS, assert_same, fetched, options, start, timeless, try_fetch};

const EXPIRED: Effect = Effect::Error {
    status: 400,
    code: "ExpiredTokenException",
    message: "The security token included in the request is expired",
};

fn answered(calls: &[Call]) -> BTreeSet<(String, String)> {
    calls.iter().filter(|call| call.answered).map(|call| (call.operation.clone(), call.input.clone())).collect()
}

/// Goes on after the credentials have expired, as often as that happens.
fn in_pieces(server: &Server, options: &FetchOptions, calls_each_time: usize) -> (Inventory, usize) {
    for pieces in 1..200 {
        server.set_script(vec![Rule::on_any(EXPIRED).skip(calls_each_time)]);
        match try_fetch(&server.url(), options).0 {
            Ok(inventory) => return (inventory, pieces),
            Err(FetchError::ExpiredCredentials { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    panic!("it never ends")
}

#[test]
fn expired_credentials_half_way_then_resume() {
    for attachments_by in WAYS {
        let folder = tempfile::tempdir().unwrap();
        let work_file = folder.path().join("work");
        let server = start(80, Settings::default());
        // One at a time, so that no answer is under way when another call fails: that one could not be kept.
        let concurrency = std::num::NonZeroUsize::MIN;
        let passes = std::num::NonZeroUsize::MIN;
        let options =
            FetchOptions { work_file: Some(work_file.clone()), attachments_by, concurrency, passes, ..options() };
        server.set_script(vec![Rule::on_any(EXPIRED).skip(60)]);
        let error = try_fetch(&server.url(), &options).0.unwrap_err();
        assert_eq!(error.to_string(), "the AWS credentials have expired");
        let first = answered(&server.statistics().log);
        assert!(first.len() >= 40, "{}", first.len());

        server.set_script(Vec::new());
        server.forget_statistics();
        let (inventory, recorder) = fetched(&server.url(), &options);
        assert_same(&timeless(inventory), &server.truth(false), "after new credentials");
        let statistics = server.statistics();
        let again: Vec<(String, String)> = answered(&statistics.log).intersection(&first).cloned().collect();
        // Who it is about must be asked again, and at the end the list of policies, for what changed.
        let must: BTreeSet<&str> = BTreeSet::from(["DescribeOrganization", "ListPolicies"]);
        assert!(again.iter().all(|(operation, _)| must.contains(operation.as_str())), "made again: {again:?}");
        assert!(recorder.status().statistics.total().resumed + must.len() as u64 >= first.len() as u64);
        assert!(recorder.notes().iter().any(|note| note.text.starts_with("going on with the fetch of ")));
        remove_work_file(&work_file).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
}

#[test]
fn in_many_small_pieces() {
    for attachments_by in WAYS {
        let folder = tempfile::tempdir().unwrap();
        let server = start(81, Settings { page_size: 9, ..Settings::default() });
        let options = FetchOptions { work_file: Some(folder.path().join("work")), attachments_by, ..options() };
        let (inventory, pieces) = in_pieces(&server, &options, 25);
        assert!(pieces > 10, "{pieces}");
        assert_same(&timeless(inventory), &server.truth(false), &format!("{pieces} pieces"));
    }
}

#[test]
fn a_token_that_died_meanwhile_starts_its_list_anew() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(82, Settings { page_size: 5, ..Settings::default() });
    let options = FetchOptions { work_file: Some(folder.path().join("work")), ..options() };
    server.set_script(vec![Rule::on_any(EXPIRED).skip(30)]);
    assert!(try_fetch(&server.url(), &options).0.is_err());
    server.set_script(Vec::new());
    server.expire_tokens();
    let (inventory, _) = fetched(&server.url(), &options);
    assert_same(&timeless(inventory), &server.truth(false), "after the tokens died");
}

#[test]
fn a_work_file_that_was_cut_off_or_belongs_to_another_organization() {
    let folder = tempfile::tempdir().unwrap();
    let work_file = folder.path().join("work");
    let server = start(83, Settings::default());
    let options = FetchOptions { work_file: Some(work_file.clone()), ..options() };
    server.set_script(vec![Rule::on_any(EXPIRED).skip(50)]);
    assert!(try_fetch(&server.url(), &options).0.is_err());
    let whole = std::fs::read(&work_file).unwrap();
    server.set_script(Vec::new());
    for length in [whole.len() - 1, whole.len() - 20, whole.len() / 2, 200] {
        std::fs::write(&work_file, &whole[..length]).unwrap();
        let (inventory, _) = fetched(&server.url(), &options);
        assert_same(&timeless(inventory), &server.truth(false), &format!("cut off at {length}"));
    }

    std::fs::write(&work_file, &whole).unwrap();
    let other = start(84, Settings::default());
    let (outcome, _) = try_fetch(&other.url(), &options);
    let error = outcome.unwrap_err();
    assert!(matches!(error, FetchError::WorkFile { .. }), "{error}");
    assert_eq!(std::fs::read(&work_file).unwrap(), whole, "and it is not touched");
    let refreshed = FetchOptions { refresh: true, ..options };
    let (inventory, recorder) = fetched(&other.url(), &refreshed);
    assert_same(&timeless(inventory), &other.truth(false), "refreshed");
    assert_eq!(recorder.status().statistics.total().resumed, 0);
}

#[test]
fn a_finished_work_file_gives_the_same_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let options = FetchOptions { work_file: Some(folder.path().join("work")), ..options() };
    let server = start(85, Settings::default());
    let (first, _) = fetched(&server.url(), &options);
    server.forget_statistics();
    let (second, _) = fetched(&server.url(), &options);
    assert_same(&timeless(second), &timeless(first), "from the work file");
    fits_the_schema(&std::fs::read_to_string(folder.path().join("work")).unwrap());
    assert!(server.statistics().calls() < 20, "{:?}", server.statistics().by_operation());
}

/// Each line of a work file.
fn fits_the_schema(lines: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schemas/scproof-fetch-work-2.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    for line in lines.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(schema.is_valid(&value), "{line}");
    }
    assert!(lines.lines().count() > 20 && lines.contains("\"policyType\":") && lines.contains("\"pass\":2"), "{lines}");
    // A line that is none, and a member that is not described, do not.
    for wrong in [
        r#"{"operation": "ListRoots", "page": 0, "sum": "0123456789abcdef"}"#,
        r#"{"operation": "ListAll", "page": 0, "items": [], "sum": "0123456789abcdef"}"#,
        r#"{"operation": "ListRoots", "page": 0, "items": []}"#,
    ] {
        assert!(!schema.is_valid(&serde_json::from_str(wrong).unwrap()), "{wrong}");
    }
}

/// Damage is found by the checksums: what it hit is asked again, and the snapshot is the truth.
#[test]
fn a_work_file_with_damaged_lines() {
    let folder = tempfile::tempdir().unwrap();
    let work_file = folder.path().join("work");
    let server = start(86, Settings { page_size: 5, ..Settings::default() });
    let options = FetchOptions { work_file: Some(work_file.clone()), ..options() };
    for (round, calls) in [(0, 40), (1, 90), (2, 260)] {
        server.set_script(vec![Rule::on_any(EXPIRED).skip(calls)]);
        assert!(try_fetch(&server.url(), &options).0.is_err());
        server.set_script(Vec::new());
        let mut bytes = std::fs::read(&work_file).unwrap();
        let first = bytes.iter().position(|&byte| byte == b'\n').unwrap();
        // Another letter in a name, another digit in an id: JSON all the same.
        for index in (first + 1 + round..bytes.len()).step_by(701) {
            match bytes[index] {
                b'a'..=b'y' | b'0'..=b'8' => bytes[index] += 1,
                _ => {}
            }
        }
        std::fs::write(&work_file, &bytes).unwrap();
        let (inventory, _) = fetched(&server.url(), &options);
        assert_same(&timeless(inventory), &server.truth(false), &format!("damaged after {calls} calls"));
        remove_work_file(&work_file).unwrap();
    }
}
