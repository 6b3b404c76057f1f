//! `scproof simulate`: each kind of change, each kind of output, each kind of slip.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::run::{Run, command, finish};

/// A folder with the files of a test; the commands run in it.
pub(crate) fn folder(files: &[(&str, Value)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content.to_string()).unwrap();
    }
    folder
}

/// Runs a command line in a folder.
pub(crate) fn run_in(folder: &Path, args: &[&str]) -> Run {
    finish(command(args).current_dir(folder), b"")
}

fn simulate(folder: &TempDir, args: &[&str]) -> Run {
    run_in(folder.path(), &[&["--org", "example", "simulate"], args].concat()).fits_80_columns()
}

pub(crate) fn policy(statement: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

pub(crate) fn deny_databases() -> Value {
    policy(&json!({"Sid": "DenyDatabases", "Effect": "Deny", "Action": ["rds:*", "redshift:*"], "Resource": "*"}))
}

#[test]
fn attach_a_file_at_a_unit() {
    let folder = folder(&[("deny-databases.json", deny_databases())]);
    assert_snapshot!(simulate(&folder, &["--attach", "deny-databases.json", "--to", "Sandbox"]).page());
}

/// The trap of other tools: an allow list at a unit whose root has FullAWSAccess still blocks all of EC2.
#[test]
fn eval_5_an_allow_list_below_full_access() {
    let allow = policy(&json!({"Sid": "OnlyStorage", "Effect": "Allow", "Action": ["s3:*", "sts:*"], "Resource": "*"}));
    let folder = folder(&[("allow-storage.json", allow)]);
    let args = [
        "--attach",
        "allow-storage.json",
        "--to",
        "PolicyStaging",
        "--detach",
        "FullAWSAccess",
        "--from",
        "PolicyStaging",
    ];
    let run = simulate(&folder, &args);
    assert_snapshot!(run.page());
    let narrow = simulate(&folder, &[&args[..], &["--action", "ec2:*"]].concat());
    assert!(narrow.stdout.contains("    actions    ec2:*"), "{}", narrow.stdout);
    let json =
        run_in(folder.path(), &[&["--org", "example", "--format", "json", "simulate"], &args[..]].concat()).json();
    let blocked: Vec<&Value> = json["groups"][0]["differences"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|region| region["transition"] == "newlyBlocked")
        .collect();
    assert_eq!(blocked[0]["after"], "implicitDeny");
}

#[test]
fn lim_5_detach_the_last_policy() {
    let folder = folder(&[]);
    let run = simulate(&folder, &["--detach", "FullAWSAccess", "--from", "shop"]);
    assert_eq!(run.code, 1, "AWS would refuse it");
    assert_snapshot!(run.page());
}

#[test]
fn replace_a_document() {
    let lock = policy(&json!({
        "Sid": "DenyOutsideEurope", "Effect": "Deny", "NotAction": ["iam:*", "sts:*", "support:*"], "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}}
    }));
    let folder = folder(&[("region-lock.json", lock)]);
    assert_snapshot!(simulate(&folder, &["--replace", "region-lock=region-lock.json", "--account", "shop"]).page());
}

#[test]
fn move_an_account() {
    let folder = folder(&[]);
    assert_snapshot!(simulate(&folder, &["--move", "shop-dev=PolicyStaging", "--action", "ec2:*"]).page());
}

/// What other calls are written out only on demand.
#[test]
fn long_lists_are_cut_unless_asked_for() {
    let folder = folder(&[]);
    let args = ["--move", "load-test=Sandbox"];
    let brief = simulate(&folder, &args);
    assert!(brief.stdout.contains("long lists are cut; `--full`"), "{}", brief.stdout);
    let full = simulate(&folder, &[&args[..], &["--full"]].concat());
    assert!(full.stdout.len() > 2 * brief.stdout.len());
    assert!(!full.stdout.contains("--full") && !full.stdout.contains("… "), "{}", full.stdout);
    assert_snapshot!(brief.page());
}

#[test]
fn an_ordered_file_with_a_block_on_the_way() {
    let changes = json!({"Format": "scproof-changes/1", "Changes": [
        {"Operation": "DetachPolicy", "Policy": "FullAWSAccess", "Target": "PolicyStaging"},
        {"Operation": "CreatePolicy", "Name": "allow-all", "Content": policy(&json!({"Effect": "Allow", "Action": "*", "Resource": "*"}))},
        {"Operation": "AttachPolicy", "Policy": "allow-all", "Target": "PolicyStaging"},
        {"Operation": "AttachPolicy", "Policy": "allow-all", "Target": "PolicyStaging"},
    ]});
    let folder = folder(&[("changes.json", changes)]);
    let run = simulate(&folder, &["--changes", "changes.json"]);
    assert_eq!(run.code, 1, "the last change is refused");
    assert_snapshot!(run.page());
    let any = simulate(&folder, &["--changes", "changes.json", "--fail-on", "transient"]);
    assert!(
        any.stdout.ends_with("FAILED: calls are blocked between two steps; AWS would refuse a step.\n"),
        "{}",
        any.stdout
    );
}

#[test]
fn exm_3_disable_scps() {
    let folder = folder(&[]);
    assert_snapshot!(simulate(&folder, &["--disable-scps", "--account", "Sandbox"]).page());
}

#[test]
fn gen_3_what_aws_leaves_open_is_unknown() {
    let deny = policy(&json!({
        "Sid": "Odd", "Effect": "Deny", "Action": "glue:CreateJob", "Resource": "*",
        "Condition": {"StringEquals": {"aws:TagKeys": "secret"}}
    }));
    let folder = folder(&[("odd.json", deny)]);
    let args = ["--attach", "odd.json", "--to", "PolicyStaging"];
    let run = simulate(&folder, &args);
    assert_eq!(run.code, 0);
    assert_snapshot!(run.page());
    for what in ["unknown", "any"] {
        let failing = simulate(&folder, &[&args[..], &["--fail-on", what]].concat());
        assert!(failing.code == 5, "{what}: {}", failing.page());
    }
}

#[test]
fn no_difference_is_a_proof() {
    let folder = folder(&[]);
    assert_snapshot!(simulate(&folder, &["--attach", "leave-organization", "--to", "Prod", "--fail-on", "any"]).page());
}

#[test]
fn pre_4_the_management_account() {
    let folder = folder(&[("deny-databases.json", deny_databases())]);
    assert_snapshot!(simulate(&folder, &["--attach", "deny-databases.json", "--to", "management"]).page());
}

#[test]
fn eval_4_a_protected_principal() {
    let deny = policy(&json!({"Effect": "Deny", "Action": "organizations:*", "Resource": "*"}));
    let folder = folder(&[("deny-organizations.json", deny)]);
    let run = simulate(
        &folder,
        &[
            "--attach",
            "deny-organizations.json",
            "--to",
            "ci-cd",
            "--protect-principal",
            "arn:aws:iam::013000000004:role/deploy",
        ],
    );
    assert_eq!(run.code, 1);
    assert_snapshot!(run.page());
}

/// The order of the arguments is the order of the changes.
#[test]
fn arguments_keep_their_order() {
    let folder = folder(&[("a.json", deny_databases())]);
    let steps = |args: &[&str]| -> Vec<String> {
        let run = run_in(folder.path(), &[&["--org", "example", "--format", "json", "simulate"], args].concat());
        let steps = run.json()["steps"].as_array().unwrap().clone();
        steps.iter().map(|step| step["description"].as_str().unwrap().replace('`', "")).collect()
    };
    assert_eq!(
        steps(&[
            "--move",
            "shop-dev=Sandbox",
            "--attach",
            "a.json",
            "--to",
            "Sandbox",
            "--to",
            "Prod",
            "--detach",
            "team-namespaces",
            "--from",
            "NonProd",
            "--delete",
            "holiday-freeze",
            "--disable-scps",
            "--enable-scps",
        ]),
        [
            "move the account shop-dev to the organizational unit Sandbox",
            "create the policy a",
            "attach a to the organizational unit Sandbox",
            "attach a to the organizational unit Prod",
            "detach team-namespaces from the organizational unit NonProd",
            "delete holiday-freeze",
            "disable service control policies",
            "enable service control policies",
        ]
    );
    let reversed = steps(&["--enable-scps", "--disable-scps", "--detach", "team-namespaces", "--from", "NonProd"]);
    assert!(reversed[0].starts_with("enable") && reversed[2].starts_with("detach"), "{reversed:?}");
}

#[test]
fn fail_on_what_is_named() {
    let folder = folder(&[("deny-databases.json", deny_databases())]);
    let code =
        |what: &str| simulate(&folder, &["--attach", "deny-databases.json", "--to", "Sandbox", "--fail-on", what]).code;
    let codes = ["newly-blocked", "newly-passing", "other-reason", "transient", "unknown", "any"].map(code);
    assert_eq!(codes, [1, 0, 1, 0, 0, 1]);
    assert_eq!(code("newly-passing,newly-blocked"), 1);
}

#[test]
fn expected_differences() {
    let expect = |action: &[&str]| {
        json!({"Format": "scproof-expect/1", "Allowed": [
            {"Transition": ["newlyBlocked", "otherReason"], "Account": "Sandbox", "Action": action, "Reason": "ticket 4711"}
        ]})
    };
    let folder = folder(&[
        ("deny-databases.json", deny_databases()),
        ("all.json", expect(&["rds:*", "redshift:*"])),
        ("some.json", expect(&["rds:*"])),
    ]);
    let args = ["--attach", "deny-databases.json", "--to", "Sandbox", "--expect"];
    let all = simulate(&folder, &[&args[..], &["all.json"]].concat());
    assert_eq!(all.code, 0, "{}", all.page());
    assert!(all.stdout.contains("    expected   ticket 4711"), "{}", all.stdout);
    let some = simulate(&folder, &[&args[..], &["some.json"]].concat());
    assert_eq!(some.code, 1);
    assert_snapshot!(some.page());
}

#[test]
fn markdown_for_a_pull_request() {
    let folder = folder(&[]);
    let args =
        ["--org", "example", "--format", "markdown", "simulate", "--attach", "cost-tags-pilot", "--to", "NonProd"];
    let run = finish(command(&args).current_dir(&folder), b"");
    assert_eq!(run.code, 0);
    assert_snapshot!(run.stdout);
}

#[test]
fn json_has_everything() {
    let folder = folder(&[]);
    let args = ["--org", "example", "--format", "json", "simulate", "--attach", "cost-tags-pilot", "--to", "NonProd"];
    assert_snapshot!(finish(command(&args).current_dir(&folder), b"").stdout);
}

/// The example that a region carries is a command that runs and says what the report says.
#[test]
fn examples_can_be_pasted_into_a_shell() {
    let folder = folder(&[("deny-databases.json", deny_databases())]);
    let mut count = 0;
    for args in [
        &["--attach", "deny-databases.json", "--to", "Sandbox"][..],
        &["--move", "load-test=Sandbox"],
        &["--detach", "data-perimeter", "--from", "Workloads"],
    ] {
        let run = run_in(folder.path(), &[&["--org", "example", "--format", "json", "simulate"], args].concat()).json();
        let regions =
            run["groups"].as_array().unwrap().iter().flat_map(|group| group["differences"].as_array().unwrap());
        for region in regions.filter(|region| region["transition"] != "unknown").take(12) {
            let witness = &region["witness"];
            let program = env!("CARGO_BIN_EXE_scproof");
            let line = witness["command"]
                .as_str()
                .unwrap()
                .replace("scproof --org", &format!("{program} --format json --org"));
            let output = std::process::Command::new("sh").args(["-c", &line]).env_clear().output().unwrap();
            let answer: Value =
                serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(answer["decision"], witness["before"]["decision"], "{line}");
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

/// Braces are alternatives here as everywhere, and what is compared is what was chosen: no name that is not known today
/// comes in.
#[test]
fn chosen_actions_are_the_same_everywhere() {
    let deny = policy(&json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}));
    let folder = folder(&[("deny-s3.json", deny)]);
    let chosen = ["--action", "s3:{Get,Put}*", "--ou", "Sandbox", "--account", "sandbox-b*"];
    let args = ["--org", "example", "--format", "json", "simulate", "--attach", "deny-s3.json", "--to", "Sandbox"];
    let json = run_in(folder.path(), &[&args[..], &chosen].concat()).json();
    assert_eq!(json["scope"]["actions"], json!(["s3:{Get,Put}*"]));
    let [group] = json["groups"].as_array().unwrap().as_slice() else { panic!("{}", json["groups"]) };
    let names: Vec<&Value> = group["accounts"].as_array().unwrap().iter().map(|account| &account["name"]).collect();
    assert_eq!(names, ["sandbox-bob"]);
    let regions = group["differences"].as_array().unwrap();
    for region in regions {
        let action = region["witness"]["question"]["action"].as_str().unwrap();
        assert!(action.starts_with("s3:Get") || action.starts_with("s3:Put"), "{action}");
    }
    let effective = run_in(
        folder.path(),
        &["--org", "example", "--format", "json", "effective", "sandbox-bob", "--action", "s3:{Get,Put}*"],
    );
    let groups = effective.json()["groups"].as_array().unwrap().clone();
    let count: usize = groups.iter().map(|group| group["actions"].as_array().unwrap().len()).sum();
    let most = regions.iter().map(|region| region["actions"]["listed"].as_u64().unwrap()).max();
    assert_eq!(most, u64::try_from(count).ok());
    assert!(groups.iter().all(|group| group["futureActionsOf"].as_array().is_none_or(Vec::is_empty)));
}

/// What nobody has written down yet is compared where all of a service is chosen.
#[test]
fn new_actions_come_with_the_whole_service() {
    let deny = policy(&json!({"Effect": "Deny", "Action": "s3:NewThing*", "Resource": "*"}));
    let folder = folder(&[("deny-new.json", deny)]);
    let attach = ["--attach", "deny-new.json", "--to", "Sandbox"];
    for (chosen, differs) in [
        (["--action", "s3:*"], true),
        (["--service", "s3"], true),
        (["--action", "*"], true),
        (["--action", "s3:Get*"], false),
        (["--service", "ec2"], false),
    ] {
        let run = simulate(&folder, &[&attach[..], &chosen].concat());
        assert_eq!(run.stdout.starts_with("NEWLY BLOCKED"), differs, "{chosen:?}: {}", run.page());
        // The rules on texts know the name, whatever was asked about.
        assert!(run.stdout.contains("`s3:NewThing*` matches no known action"), "{chosen:?}: {}", run.page());
    }
}

#[test]
fn a_pattern_that_fits_nothing_is_an_error_everywhere() {
    let simulate = &["simulate", "--attach", "quarantine", "--to", "sandbox-bob"][..];
    for command in [simulate, &["diff", "example", "example"], &["effective", "shop"], &["audit"]] {
        for (chosen, said) in [
            (["--action", "s3:Gte*"], "error: `s3:Gte*` fits no action that is known\nhelp: did you mean `s3:Get*`?\n"),
            (["--action", "s3:{Foo,Bar}*"], "error: `s3:{Foo,Bar}*` fits no action that is known\n"),
            (["--action", "s3:Nonsense{x"], "error: `s3:Nonsense{x` is not a pattern"),
            (
                ["--service", "dynamdb"],
                "error: `dynamdb` fits no service that is known\nhelp: did you mean `dynamodb`?\n",
            ),
            (["--account", "shpo*"], "error: `shpo*` chooses no account\n"),
            (["--ou", "Sandbx"], "help: did you mean `Sandbox`?\n"),
        ] {
            let run = run_in(Path::new("/"), &[&["--org", "example"], command, &chosen[..]].concat()).fits_80_columns();
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{command:?} {chosen:?}");
            assert!(run.stderr.contains(said), "{command:?} {chosen:?}: {}", run.stderr);
        }
        let apart = run_in(
            Path::new("/"),
            &[&["--org", "example"], command, &["--service", "ec2", "--action", "s3:Get*"]].concat(),
        );
        assert_eq!(apart.code, 2);
        assert!(apart.stderr.contains("no action is chosen by both"), "{}", apart.stderr);
    }
}

#[test]
fn slips() {
    let folder = folder(&[("deny-databases.json", deny_databases()), ("region-lock.json", deny_databases())]);
    let mut pages = String::new();
    for args in [
        &[][..],
        &["--attach", "deny-databases.json"],
        &["--to", "Prod"],
        &["--attach", "deny-databses.json", "--to", "Prdo", "--detach", "region-lok", "--from", "Workloads"],
        &["--attach", "region-lock.json", "--to", "Prod"],
        &["--replace", "region-lock"],
        &["--replace", "region-lock=missing.json"],
        &["--move", "shop=ledger"],
        &["--changes", "deny-databases.json"],
        &["--attach", "sandbox", "--to", "Prod", "--account", "shpo"],
        &["--attach", "sandbox", "--to", "Prod", "--action", "a:b:c"],
        &["--attach", "sandbox", "--to", "Prod", "--expect", "missing.json"],
        &["--attach", "sandbox", "--to", "Prod", "--protect-principal", "deploy"],
    ] {
        let run = simulate(&folder, args);
        assert!(matches!(run.code, 2 | 3) && run.stdout.is_empty(), "{args:?}: {}", run.page());
        writeln!(pages, "$ scproof simulate {}\n{}", args.join(" "), run.page()).unwrap();
    }
    assert_snapshot!(pages);
}

/// A text that is no policy stops with its faults.
#[test]
fn a_malformed_policy_is_an_input_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.json");
    fs::write(
        &file,
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Actions": "s3:*", "Resource": "*"}}"#,
    )
    .unwrap();
    let args = ["--org", "example", "simulate", "--attach", file.to_str().unwrap(), "--to", "Sandbox"];
    let run = finish(&mut command(&args), b"").fits_80_columns();
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(
        run.stderr.contains("error[unknown-element]") && run.stderr.contains("did you mean `Action`?"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("missing-action") && run.stdout.is_empty(), "{}", run.stderr);
}

/// DOC-21: a misspelt name blocks nothing that there is.
#[test]
fn names_that_do_not_exist_are_counted_apart() {
    let folder = tempfile::tempdir().unwrap();
    let simulated = |actions: &str| {
        let file = folder.path().join("deny.json");
        let statement = format!(r#"{{"Effect": "Deny", "Action": [{actions}], "Resource": "*"}}"#);
        fs::write(&file, format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#)).unwrap();
        let args = ["--org", "example", "simulate", "--attach", file.to_str().unwrap(), "--to", "sandbox-alice"];
        finish(&mut command(&args), b"").stdout
    };
    let apart = "NEWLY BLOCKED in 1 account (0 known actions, 1 name that AWS does not list)";
    let page = simulated(r#""sqs:SendMesage""#);
    assert!(page.contains(apart), "{page}");
    let page = simulated(r#""sqs:SendMesage", "sqs:SendMessage""#);
    assert!(page.contains("NEWLY BLOCKED in 1 account (and 1 name that AWS does not list)"), "{page}");
    assert!(!simulated(r#""sqs:SendMessage""#).contains("does not list"));
}
