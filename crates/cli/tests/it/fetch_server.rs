//! `scproof fetch` as a whole, from a server with the protocol of AWS: snapshots, errors, and being killed in the
//! middle.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use scproof::snapshot::Inventory;
use scproof_organizations_server::{Call, Effect, Rule, Server, Settings, Sizes, World};

use crate::run::{command, finish, scproof};

fn fetch(url: &str, output: &Path) -> Command {
    let output = output.to_str().expect("it is UTF-8");
    // One call at a time: of those under way when the process dies, nobody can know the answer.
    let mut command = command(&[
        "fetch",
        "--endpoint-url",
        url,
        "--region",
        "us-east-1",
        "--pace",
        "off",
        "--concurrency",
        "1",
        "--attachments-by",
        "policy",
        "--output",
        output,
    ]);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

fn start(script: Vec<Rule>) -> Server {
    Server::start(World::generate(91, &Sizes::default()), Settings { script, ..Settings::default() })
        .expect("a port is free")
}

#[test]
fn a_snapshot_and_an_answer() {
    let server = start(Vec::new());
    let folder = tempfile::tempdir().expect("there is room");
    let output = folder.path().join("org.json");
    let run = finish(&mut fetch(&server.url(), &output), b"");
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    let mut inventory = Inventory::load(&output).expect("it is whole");
    assert_eq!(inventory.source.as_deref(), server.url().strip_prefix("http://"));
    assert!(inventory.consistent_at.is_some());
    (inventory.taken_at, inventory.finished_at, inventory.consistent_at, inventory.source) = (None, None, None, None);
    assert_eq!(inventory, server.truth(false));
    let account = &inventory.accounts[0].id;
    let run = scproof(&["--org", output.to_str().expect("it is UTF-8"), "can", account, "sts:GetCallerIdentity"]);
    assert_eq!(run.code, 0, "{}", run.page());

    let piped = finish(&mut fetch(&server.url(), Path::new("-")), b"");
    let mut inventory = Inventory::from_json(&piped.stdout).expect("it is whole");
    assert!(inventory.consistent_at.is_some());
    (inventory.taken_at, inventory.finished_at, inventory.consistent_at, inventory.source) = (None, None, None, None);
    assert_eq!(inventory, server.truth(false));
}

#[test]
fn api_46_redacted() {
    let server = start(Vec::new());
    let fetch = || {
        let mut command = fetch(&server.url(), Path::new("-"));
        finish(command.args(["--redact-key", "a secret of the tests"]), b"")
    };
    let run = fetch();
    assert_eq!(run.code, 0, "{}", run.stderr);
    let world = server.world();
    let ids = world.accounts.keys().chain(world.units.keys()).chain([&world.id, &world.root]);
    for id in ids.chain(world.policies.keys().filter(|id| !id.contains("FullAWSAccess"))) {
        assert!(!run.stdout.contains(id.as_str()), "{id}");
    }
    assert!(!run.stdout.contains("@example.com"));
    let without_times = |text: &str| {
        let mut inventory = Inventory::from_json(text).expect("it is whole");
        (inventory.taken_at, inventory.finished_at, inventory.consistent_at) = (None, None, None);
        inventory
    };
    assert_eq!(without_times(&run.stdout), without_times(&fetch().stdout), "the same secret, the same names");
}

#[test]
fn errors_say_what_to_do_and_leave_no_snapshot() {
    let expired = Effect::Error {
        status: 400,
        code: "ExpiredTokenException",
        message: "The security token included in the request is expired",
    };
    let outside = Effect::Error {
        status: 400,
        code: "AWSOrganizationsNotInUseException",
        message: "Your account is not a member of an organization.",
    };
    for (rule, lines) in [
        (Rule::on_any(expired).skip(20), &["error: the AWS credentials have expired", "the same command goes on"][..]),
        (Rule::on_any(outside), &["error: the account of these credentials is not in an organization"]),
        (
            Rule::on_any(Effect::DENIED).skip(1),
            &["error: `ListRoots` is not allowed", "organizations:ListRoots", "management account"],
        ),
        (Rule::on_any(Effect::Html(404)), &["makes no sense"]),
    ] {
        let server = start(vec![rule]);
        let folder = tempfile::tempdir().expect("there is room");
        let output = folder.path().join("org.json");
        let mut command = fetch(&server.url(), &output);
        let run = finish(&mut command, b"").fits_80_columns();
        assert_eq!((run.code, run.stdout.as_str()), (4, ""), "{}", run.stderr);
        assert!(!output.exists());
        let message = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        for line in lines {
            assert!(message.contains(line), "`{line}` in:\n{}", run.stderr);
        }
    }
}

fn answered(calls: &[Call]) -> Vec<(String, String)> {
    calls.iter().filter(|call| call.answered).map(|call| (call.operation.clone(), call.input.clone())).collect()
}

#[test]
fn killed_again_and_again_it_makes_no_finished_call_twice() {
    let sizes = Sizes { accounts: 80, units: 20, policies: 30, resource_policies: 0, tags: 0 };
    let settings = Settings { page_size: 7, ..Settings::default() };
    let server = Server::start(World::generate(90, &sizes), settings).expect("a port is free");
    let folder = tempfile::tempdir().expect("there is room");
    let output = folder.path().join("org.json");

    let mut earlier: Vec<(String, String)> = Vec::new();
    let mut kills = 0;
    for calls in [15, 40, 60, 80] {
        server.forget_statistics();
        // After so many calls there is no answer, so that it is killed in the middle however fast it is.
        server.set_script(vec![Rule::on_any(Effect::Silence).skip(calls)]);
        let mut command = fetch(&server.url(), &output);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = Killed(command.spawn().expect("it starts"));
        while server.statistics().calls() <= calls {
            let ended = child.0.try_wait().expect("it can be asked");
            assert!(ended.is_none(), "{ended:?} after {} calls", server.statistics().calls());
            std::thread::sleep(Duration::from_millis(1));
        }
        drop(child);
        kills += 1;
        assert!(!output.exists(), "a part of a snapshot");
        earlier.extend(answered(&server.statistics().log));
        assert_few_repeated(&earlier, kills);
    }

    server.forget_statistics();
    server.set_script(Vec::new());
    let run = finish(&mut fetch(&server.url(), &output), b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    earlier.extend(answered(&server.statistics().log));
    assert_few_repeated(&earlier, kills);

    let mut inventory = Inventory::load(&output).expect("it is whole");
    assert!(inventory.consistent_at.is_some());
    (inventory.taken_at, inventory.finished_at, inventory.consistent_at, inventory.source) = (None, None, None, None);
    assert_eq!(inventory, server.truth(false));
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .expect("it is there")
        .map(|entry| entry.expect("it can be read").file_name())
        .collect();
    assert_eq!(names, ["org.json"], "nothing else is left");
    assert_eq!(scproof(&["--org", output.to_str().expect("it is UTF-8"), "tree"]).code, 0);
}

/// A process that is killed when it goes out of scope; on Unix by the signal that no process can catch.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.kill().expect("it can be killed");
        self.0.wait().expect("it ends");
    }
}

/// Besides the calls that were under way when it was killed, a fetch makes each call once in each of two passes: except
/// that it must know whose organization it is, and at the end of a pass whether the policies have changed.
fn assert_few_repeated(calls: &[(String, String)], kills: usize) {
    let mut counts: BTreeMap<&(String, String), usize> = BTreeMap::new();
    for call in calls.iter().filter(|call| !matches!(call.0.as_str(), "DescribeOrganization" | "ListPolicies")) {
        *counts.entry(call).or_default() += 1;
    }
    let repeated: usize = counts.values().map(|count| count.saturating_sub(2)).sum();
    assert!(repeated <= kills, "made again: {counts:?}");
}

#[test]
fn what_cannot_be_written_is_known_before_the_first_call() {
    let server = start(Vec::new());
    let folder = tempfile::tempdir().expect("there is room");
    for output in [folder.path().join("no/org.json"), folder.path().to_owned()] {
        let run = finish(&mut fetch(&server.url(), &output), b"");
        assert_eq!(run.code, 3, "{}", run.stderr);
        assert!(run.stderr.starts_with("error: cannot write `"), "{}", run.stderr);
    }
    assert_eq!(server.statistics().calls(), 0);
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
}

/// As it holds addresses of people.
#[cfg(unix)]
#[test]
fn a_new_snapshot_is_for_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let server = start(Vec::new());
    let folder = tempfile::tempdir().expect("there is room");
    let output = folder.path().join("org.json");
    assert_eq!(finish(&mut fetch(&server.url(), &output), b"").code, 0);
    assert_eq!(std::fs::metadata(&output).expect("it is there").permissions().mode() & 0o777, 0o600);
}
