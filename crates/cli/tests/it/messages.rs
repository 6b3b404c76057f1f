//! What goes wrong, for programs: with `--format json` each line on standard error is an object, too.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::run::{command, example, finish, repository, scproof};

/// The only message of a run that failed, which wrote no data.
fn failure(args: &[&str], code: i32) -> Value {
    let run = scproof(&[&["--format", "json"], args].concat());
    assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{args:?}: {}", run.stderr);
    let mut messages = run.messages();
    assert_eq!(messages.len(), 1, "{args:?}: {}", run.stderr);
    let message = messages.remove(0);
    let (severity, exit_code) = (message.get("severity"), message.get("exitCode"));
    assert_eq!((severity, exit_code), (Some(&json!("error")), Some(&json!(code))), "{args:?}");
    message
}

#[test]
fn errors_are_objects() {
    let unknown = failure(&["--org", "example", "can", "shp", "s3:GetObject"], 2);
    assert_eq!(unknown["message"], "`shp` is no account of the organization");
    assert_eq!(unknown["help"], json!(["did you mean `shop`? `scproof tree` lists all accounts"]));

    let missing = failure(&["--org", "exmaple", "tree"], 3);
    assert_eq!(missing["causes"], json!(["No such file or directory"]));

    for args in [&["can", "--nonsense"][..], &["--org", "example", "tree", "--org"], &["nonsense"], &["audit"]] {
        let usage = failure(args, 2);
        let text = usage["message"].as_str().unwrap();
        assert!(!text.starts_with("error") && !text.contains('\n') && !text.contains('\u{1b}'), "{text}");
    }
    // The way it is written makes no difference.
    let run = scproof(&["nonsense", "--format=json"]);
    assert_eq!(run.messages().len(), 1);
}

#[test]
fn faults_of_a_file_have_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(repository().join("fixtures/organizations/example.json")).unwrap();
    let broken = text.replace("\"PolicyId\": \"p-regionlock1\"", "\"PolicyId\": \"p-regionlock2\"");
    let file = folder.path().join("org.json");
    std::fs::write(&file, &broken).unwrap();
    let found = failure(&["--org", file.to_str().unwrap(), "tree"], 3);
    let faults = found["faults"].as_array().unwrap();
    assert_eq!(faults.len(), broken.matches("\"PolicyId\": \"p-regionlock2\"").count());
    for fault in faults {
        let line = usize::try_from(fault["line"].as_u64().unwrap()).unwrap();
        assert!(broken.lines().nth(line - 1).unwrap().contains("p-regionlock2"), "{fault}");
        assert_eq!(fault["file"], file.to_str().unwrap());
    }
}

/// Data and messages keep apart, and both are for programs.
#[test]
fn warnings_are_objects_beside_the_data() {
    let run = example(&["--format", "json", "can", "shop", "s3:DeleteBuckt"]);
    assert_eq!(run.json()["decision"], "unknown");
    let messages = run.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!((&messages[0]["severity"], &messages[0]["exitCode"]), (&json!("warning"), &Value::Null));
    assert_eq!(messages[0]["help"], json!(["did you mean `s3:DeleteBucket`?"]));
}

/// Every output says what wrote it, and on what it rests.
#[test]
fn outputs_say_where_they_come_from() {
    let path = repository().join("fixtures/organizations/example.json");
    let digest = Sha256::digest(std::fs::read(&path).unwrap());
    let digest = digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let org = path.to_str().unwrap();
    for args in [
        &["can", "shop", "s3:GetObject"][..],
        &["who-can", "s3:GetObject"],
        &["effective", "shop", "--service", "s3"],
        &["effective", "Sandbox", "--service", "s3"],
        &["audit", "--only-guardrails", "leave-*"],
        &["tree"],
        &["simulate", "--attach", "quarantine", "--to", "sandbox-bob"],
        &["diff", org, org],
    ] {
        let run = finish(&mut command(&[&["--org", org, "--format", "json"], args].concat()), b"");
        let found = run.json();
        assert_eq!(found["programVersion"], env!("CARGO_PKG_VERSION"), "{args:?}");
        assert_eq!(found["catalogDate"].as_str().map(str::len), Some(10), "{args:?}");
        let snapshots = found["snapshots"].as_array().unwrap();
        assert_eq!(snapshots.len(), if args[0] == "diff" { 2 } else { 1 }, "{args:?}");
        for snapshot in snapshots {
            assert_eq!(snapshot, &json!({"takenAt": snapshot["takenAt"], "sha256": digest}), "{args:?}");
        }
    }
}
