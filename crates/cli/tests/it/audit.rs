//! `scproof audit`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::run::{Run, example, repository, scproof};

fn audit(args: &[&str]) -> Run {
    example(&[&["audit"], args].concat())
}

fn audit_json(args: &[&str]) -> Value {
    let run = example(&[&["--format", "json", "audit"], args].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    run.json()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A file with one guardrail of an action.
fn own_guardrail(folder: &Path, id: &str, action: &str) -> String {
    let guardrails = json!({"Format": "scproof-guardrails/1", "Guardrails": [{
        "Id": id, "Title": "Ours", "Risk": "low", "Why": "we say so", "MustBeBlocked": {"Action": action},
    }]});
    write(folder, "guardrails.json", &guardrails.to_string())
}

#[test]
fn each_account_is_in_one_class_and_stands_somehow() {
    let audit = audit_json(&[]);
    assert_eq!(audit["format"], "scproof-audit/3");
    let accounts = |list: &Value| {
        let lists = list.as_array().unwrap().iter().flat_map(|part| ids_of(&audit, part));
        let mut ids: Vec<String> = lists.collect();
        ids.sort();
        ids
    };
    let mut all: Vec<String> = audit["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| account["id"].as_str().unwrap().to_owned())
        .collect();
    all.sort();
    assert_eq!(all.len(), 27);
    assert_eq!(accounts(&audit["classes"]), all);
    for guardrail in audit["guardrails"].as_array().unwrap() {
        assert_eq!(accounts(&guardrail["groups"]), all, "{}", guardrail["id"]);
    }
}

/// The accounts of a part of an audit: those of its groups, which are as many as it says.
fn ids_of(audit: &Value, part: &Value) -> Vec<String> {
    let groups = part["accountGroups"].as_array().unwrap();
    let accounts = audit["accounts"].as_array().unwrap().iter().filter(|account| groups.contains(&account["group"]));
    let ids: Vec<String> = accounts.map(|account| account["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(part["accountCount"], ids.len());
    ids
}

/// What is written out names the accounts of each list; they are those of its groups.
#[test]
fn lists_of_accounts_are_made_of_groups() {
    fn lists<'a>(part: &'a Value, found: &mut Vec<&'a Value>) {
        match part {
            Value::Object(members) => {
                found.extend(members.contains_key("accountGroups").then_some(part));
                members.values().for_each(|member| lists(member, found));
            }
            Value::Array(members) => members.iter().for_each(|member| lists(member, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let audit = audit_json(&["--full"]);
    let mut found = Vec::new();
    lists(&audit, &mut found);
    assert!(found.len() > 50, "{}", found.len());
    for part in found {
        let mut ids = ids_of(&audit, part);
        let mut told: Vec<String> = serde_json::from_value(part["accounts"].clone()).unwrap();
        ids.sort();
        told.sort();
        assert_eq!(ids, told);
    }
    // Each class has the counts of all services; without `--full` those that differ from another class.
    let full = audit["classes"].as_array().unwrap();
    let services = |class: &Value| class["services"].as_array().unwrap().len();
    assert!(full.iter().all(|class| services(class) == services(&full[0])));
    let short = audit_json(&[]);
    for (class, whole) in short["classes"].as_array().unwrap().iter().zip(full) {
        assert_eq!((&class["name"], &class["counts"]), (&whole["name"], &whole["counts"]));
        let other = full.iter().find(|other| other["name"] == class["differs"]["from"]);
        let others = other.map_or(&[][..], |other| other["services"].as_array().unwrap());
        let told = |service: &&Value| !others.contains(service);
        let told: Vec<&Value> = whole["services"].as_array().unwrap().iter().filter(told).collect();
        assert_eq!(class["services"].as_array().unwrap().iter().collect::<Vec<_>>(), told);
    }
}

/// What time there is does not matter to what is said, if it is enough.
#[test]
fn a_deadline_is_a_time() {
    let run = audit(&["--deadline", "1h"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let others: [&[&str]; 3] =
        [&["simulate", "--disable-scps"], &["effective", "shop"], &["who-can", "s3:DeleteBucket"]];
    for args in others {
        let (with, without) = (example(&[args, &["--deadline", "3600"]].concat()), example(args));
        assert_eq!((with.code, with.stdout), (without.code, without.stdout), "{args:?}");
        assert_eq!(example(&[args, &["--deadline", "0"]].concat()).code, 2);
    }
}

/// Each call that is shown is asked again, apart from the audit.
#[test]
fn the_calls_that_show_it_answer_as_it_says() {
    fn witnesses(value: &Value, found: &mut Vec<Value>) {
        match value {
            Value::Object(members) if members.contains_key("question") => found.push(value.clone()),
            Value::Object(members) => members.values().for_each(|value| witnesses(value, found)),
            Value::Array(items) => items.iter().for_each(|value| witnesses(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for (organization, least) in [("example", 100), ("untidy", 100)] {
        let audit = scproof(&["--org", organization, "--format", "json", "audit", "--profile", "all"]).json();
        let mut found = Vec::new();
        witnesses(&audit, &mut found);
        assert!(found.len() >= least, "{organization}: {}", found.len());
        let questions: Vec<String> = found.iter().map(|witness| witness["question"].to_string()).collect();
        let file = write(folder.path(), "questions.jsonl", &questions.join("\n"));
        let answers = scproof(&["--org", organization, "can", "--requests", &file]).lines();
        assert_eq!(answers.len(), found.len());
        for (witness, answer) in found.iter().zip(answers) {
            assert_eq!(witness["decision"], answer["decision"], "{organization}: {witness}");
        }
    }
}

#[test]
fn text_fits_and_says_what_is_proved() {
    for args in [&["--only-guardrails", "close-*"][..], &["--details"], &["--full", "--only-guardrails", "leave-*"]] {
        let run = audit(args).fits_80_columns();
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        assert!(run.stdout.contains("PERMISSION CLASSES") && run.stdout.contains("note: SCPs grant nothing"));
        assert!(run.stdout.contains("sha-256") && run.stdout.trim_end().lines().last().unwrap().contains("fail"));
    }
}

#[test]
fn accounts_and_units_are_chosen() {
    let count = |args: &[&str]| audit_json(args)["accounts"].as_array().unwrap().len();
    assert_eq!(count(&["--ou", "Sandbox"]), 3);
    assert_eq!(count(&["--ou", "Workloads/*", "--ou", "sandbox"]), 15);
    assert_eq!(count(&["--account", "shop*"]), 3);
    assert_eq!(count(&["--account", "shop*", "--ou", "Prod"]), 1);
    let run = audit(&["--account", "shop", "--ou", "Sandbox"]);
    assert_eq!(run.code, 2, "{}", run.page());
    for unit in ["Sandbx", "shop", "Zz*"] {
        let run = audit(&["--ou", unit]).fits_80_columns();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.page());
    }
    assert!(audit(&["--ou", "Sandbx"]).stderr.contains("did you mean `Sandbox`?"));
}

#[test]
fn actions_are_chosen() {
    let scope = |args: &[&str]| audit_json(args)["scope"].clone();
    let all = scope(&[]);
    assert_eq!((&all["allActions"], &all["allAccounts"]), (&json!(true), &json!(true)));
    let s3 = scope(&["--service", "s3"]);
    assert_eq!((&s3["allActions"], &s3["services"]), (&json!(false), &json!(["s3"])));
    assert_eq!(scope(&["--service", "s3", "--action", "{Get,Put}Object"])["actions"], 2);
    let run = audit(&["--service", "dynamdb"]).fits_80_columns();
    assert!(run.code == 2 && run.stderr.contains("did you mean `dynamodb`?"), "{}", run.page());
}

#[test]
fn actions_of_a_file_that_no_catalog_has_are_kept_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let list = write(folder.path(), "actions.txt", "s3:GetObject # read\ns3:GetNothingAtAll\n");
    let run = example(&["--format", "json", "audit", "--action-list", &list]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("`s3:GetNothingAtAll`"), "{}", run.stderr);
    let scope = run.json()["scope"].clone();
    assert_eq!((&scope["actions"], &scope["unlistedActions"]), (&json!(1), &json!(["s3:getnothingatall"])));
    let list = write(folder.path(), "broken.txt", "s3:Get*\n");
    let run = audit(&["--action-list", &list]);
    assert!(run.code == 3 && run.stderr.contains("pattern"), "{}", run.page());
}

#[test]
fn guardrails_come_from_files_too() {
    let folder = tempfile::tempdir().unwrap();
    let titles = |args: &[&str]| {
        let audit = audit_json(args);
        let title = |each: &Value| each["title"].as_str().unwrap().to_owned();
        audit["guardrails"].as_array().unwrap().iter().map(title).collect::<Vec<_>>()
    };
    let own = own_guardrail(folder.path(), "leave-organization", "s3:GetObject");
    assert_eq!(titles(&["--guardrails", &own, "--no-built-in-guardrails"]), ["Ours"]);
    assert_eq!(titles(&["--guardrails", &own, "--only-guardrails", "leave-*"]), ["Ours"]);
    assert_eq!(titles(&["--only-guardrails", "leave-*"]).len(), 1);
    assert!(titles(&["--no-built-in-guardrails"]).is_empty());
    let run = audit(&["--only-guardrails", "nothing-*"]);
    assert_eq!(run.code, 2, "{}", run.page());
    let broken = write(folder.path(), "broken.json", "{\"Format\": \"scproof-guardrails/1\"}");
    assert_eq!(audit(&["--guardrails", &broken]).code, 3);
}

#[test]
fn the_exit_code_says_what_fail_on_names() {
    let folder = tempfile::tempdir().unwrap();
    let own = own_guardrail(folder.path(), "no-reading", "s3:GetObject");
    let args = ["--guardrails", &own, "--no-built-in-guardrails"];
    let code = |fail_on: &[&str]| audit(&[&args, fail_on].concat()).code;
    assert_eq!(code(&[]), 0);
    assert_eq!(code(&["--fail-on", "hole"]), 1);
    assert_eq!(code(&["--fail-on", "unknown"]), 0);
    assert_eq!(code(&["--fail-on", "unknown,hole"]), 1);
    assert_eq!(code(&["--fail-on", "finding:grave"]), 2);
    let run = example(&[&["--format", "json", "audit"], &args[..], &["--fail-on", "hole"]].concat());
    assert_eq!((run.code, &run.json()["failed"]), (1, &json!(["hole:low"])));
    assert_eq!(code(&["--fail-on", "hole:low"]), 1);
    assert_eq!(code(&["--fail-on", "hole:medium"]), 0);
    assert_eq!(code(&["--fail-on", "hole:grave"]), 2);
}

/// Nothing in the example is about mainframes: nobody meant to block them, unless somebody asks.
#[test]
fn guardrails_that_nothing_is_aimed_at_are_counted_apart() {
    let run = example(&["--format", "json", "audit", "--profile", "all"]);
    let audit = run.json();
    let of = |id: &str| audit["guardrails"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap().clone();
    let adopted = of("kms-key-deletion");
    assert_eq!(
        (&adopted["state"], &adopted["intended"], &adopted["demanded"]),
        (&json!("hole"), &json!(true), &json!(false))
    );
    let aims: Vec<&Value> = adopted["aims"].as_array().unwrap().iter().map(|aim| &aim["policyName"]).collect();
    assert_eq!(aims, ["require-mfa", "protect-data-stores"]);
    let apart = of("billing");
    assert_eq!(
        (&apart["state"], &apart["intended"], &apart["aims"]),
        (&json!("notAdopted"), &json!(false), &json!([]))
    );
    let counts = &audit["summary"]["guardrails"];
    let number = |state: &str| counts[state].as_u64().unwrap();
    assert_eq!(number("notAdopted") + number("hole") + number("holdsExcept") + number("holds") + number("unknown"), 77);
    assert!(number("notAdopted") > 20 && number("hole") > 20, "{counts}");
    // Whoever names a guardrail asks for it.
    let code = |args: &[&str]| example(&[&["audit"], args].concat()).code;
    assert_eq!(code(&["--profile", "all", "--fail-on", "not-adopted:high"]), 1);
    assert_eq!(code(&["--only-guardrails", "billing", "--fail-on", "hole"]), 1);
    assert_eq!(code(&["--profile", "region", "--only-guardrails", "billing"]), 2);
    assert_eq!(code(&["--profile", "regions"]), 2);
}

/// Most policies about the root user mean either the user or central root sessions.
#[test]
fn exm_13_the_root_user_and_central_root_sessions_are_told_apart() {
    let audit = audit_json(&[]);
    let groups = |caller: &str| -> Vec<(String, usize, Value)> {
        let callers = audit["rootCallers"].as_array().unwrap();
        let found = callers.iter().find(|it| it["caller"] == caller).unwrap();
        let groups = found["groups"].as_array().unwrap().iter();
        groups
            .map(|group| {
                let accounts = ids_of(&audit, group).len();
                (group["access"].as_str().unwrap().to_owned(), accounts, group["policyIds"].clone())
            })
            .collect()
    };
    let number = |caller: &str, access: &str| -> usize {
        groups(caller).iter().filter(|(found, ..)| found == access).map(|(_, number, _)| *number).sum()
    };
    // `deny-root-user` at the root spares central sessions; the quarantine and the closing unit spare nobody.
    assert_eq!((number("rootUser", "everythingBlocked"), number("rootUser", "notApplicable")), (26, 1));
    assert_eq!((number("rootSession", "everythingBlocked"), number("rootSession", "notApplicable")), (2, 1));
    let of_root: Vec<Value> = groups("rootUser").into_iter().map(|(.., policies)| policies).collect();
    assert!(of_root.iter().any(|policies| *policies == json!(["p-rootuser001"])), "{of_root:?}");
    let page = audit_page();
    assert!(
        page.contains("root user") && page.contains("everything is blocked in 26 accounts, by deny-root-user"),
        "{page}"
    );
}

fn audit_page() -> String {
    audit(&[]).fits_80_columns().stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A gate can be switched on with everything that is open: only what is new fails.
#[test]
fn only_what_is_new_fails() {
    let folder = tempfile::tempdir().unwrap();
    let before = write(folder.path(), "before.json", &example(&["--format", "json", "audit"]).stdout);
    let args = ["--baseline", &before, "--fail-on", "hole,finding:info,unknown"];
    let run = audit(&args).fits_80_columns();
    assert!(run.code == 0 && run.stdout.contains("nothing is new"), "{}", run.page());
    let text = fs::read_to_string(repository().join("fixtures/organizations/example.json")).unwrap();
    let mut snapshot: Value = serde_json::from_str(&text).unwrap();
    snapshot["Attachments"].as_array_mut().unwrap().retain(|attachment| attachment["PolicyId"] != "p-leaveorg001");
    let after = write(folder.path(), "org.json", &snapshot.to_string());
    let run = scproof(&[&["--org", &after, "audit"], &args[..]].concat()).fits_80_columns();
    assert_eq!(run.code, 1, "{}", run.page());
    assert!(run.stdout.contains("new: unattached-policy:p-leaveorg001"), "{}", run.stdout);
    let run = audit(&["--baseline", &after]);
    assert!(run.code == 3 && run.stderr.contains("no audit in JSON"), "{}", run.page());
}

/// What could not be settled is neither fine nor a hole.
#[test]
fn what_is_not_settled_has_its_own_code() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(repository().join("fixtures/organizations/example.json")).unwrap();
    let mut snapshot: Value = serde_json::from_str(&text).unwrap();
    // Only the policy that blocks it is on the root, and what is attached there could not be read.
    let attachments = snapshot["Attachments"].as_array_mut().unwrap();
    attachments.retain(|attachment| attachment["PolicyId"] != "p-leaveorg001");
    snapshot["Unreadable"] = json!([{"TargetId": "r-ex01", "Operation": "ListPoliciesForTarget"}]);
    let snapshot = write(folder.path(), "org.json", &snapshot.to_string());
    let args = ["--org", &snapshot, "audit", "--only-guardrails", "leave-organization", "--fail-on", "unknown"];
    let run = scproof(&args).fits_80_columns();
    assert_eq!(run.code, 5, "{}", run.page());
    assert!(run.stdout.contains("DEPENDS"), "{}", run.stdout);
}

#[test]
fn suppressions_end() {
    let folder = tempfile::tempdir().unwrap();
    let suppressions = json!({"Format": "scproof-suppressions/1", "Suppressions": [
        {"Finding": "nothing:*", "Reason": "ticket 1"},
        {"Finding": "over:*", "Reason": "ticket 2", "Until": "2020-01-31"},
    ]});
    let file = write(folder.path(), "suppressions.json", &suppressions.to_string());
    let run = example(&["--format", "json", "audit", "--suppressions", &file]);
    assert!(run.code == 0 && run.stderr.contains("`over:*` ended on 2020-01-31"), "{}", run.page());
    assert_eq!(run.json()["unusedSuppressions"].as_array().unwrap().len(), 2);
    let wrong = json!({"Format": "scproof-suppressions/1", "Suppressions": [
        {"Finding": "hole:*", "Reason": "ticket 1", "OUs": ["Sandbx"]},
    ]});
    let file = write(folder.path(), "wrong.json", &wrong.to_string());
    let run = audit(&["--suppressions", &file]).fits_80_columns();
    assert!(run.code == 2 && run.stderr.contains("did you mean `Sandbox`?"), "{}", run.page());
}

#[test]
fn every_format() {
    let starts = [
        ("csv", "accountId,name,path,class,"),
        ("html", "<!doctype html>"),
        ("junit", "<?xml "),
        ("json", "{"),
        ("markdown", "**"),
        ("sarif", "{\n  \"$schema\""),
    ];
    for (format, start) in starts {
        let run = example(&["--format", format, "audit", "--only-guardrails", "leave-*"]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{format}");
        assert!(run.stdout.starts_with(start), "{format}: {}", run.stdout);
    }
}

#[test]
fn one_caller_of_each_account() {
    let class_of = |report: &Value, account: &str| {
        let classes = report["classes"].as_array().unwrap();
        let holds = |class: &&Value| ids_of(report, class).iter().any(|id| id == account);
        classes.iter().find(holds).unwrap().clone()
    };
    let anyone = audit_json(&["--no-built-in-guardrails", "--principal", "any"]);
    let ordinary = audit_json(&["--no-built-in-guardrails"]);
    let admin = audit_json(&["--no-built-in-guardrails", "--principal", "role/Admin"]);
    assert_eq!(anyone["scope"]["principal"], Value::Null);
    assert_eq!(admin["scope"]["principal"], "role/Admin");
    assert_eq!(ordinary["scope"]["principal"], "role/an-ordinary-role");
    assert_eq!(ordinary["classes"], admin["classes"]);
    // The root user is denied everything in every member account: of any caller hardly a call is certain.
    let shop = "214000000001";
    let never = |report: &Value| class_of(report, shop)["counts"]["neverBlocked"].as_u64().unwrap();
    // But one: no policy denies sts:GetCallerIdentity (EXM-15); of sts:GetSessionToken that is open (CALL-15).
    assert_eq!(never(&anyone), 1);
    assert!(never(&admin) > 1000, "{}", never(&admin));
    let root = audit_json(&["--no-built-in-guardrails", "--principal", "root"]);
    // Whether it calls in a session of AssumeRoot, its ARN does not say (CALL-12).
    assert!(class_of(&root, shop)["counts"]["unknown"].as_u64().unwrap() > 20_000);
    assert_eq!(never(&root), 1);
    // SCPs never restrict service-linked roles (EXM-6).
    let linked = "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
    let linked = audit_json(&["--no-built-in-guardrails", "--principal", linked]);
    assert_eq!(class_of(&linked, shop)["counts"]["alwaysBlocked"], 0);
    assert_eq!(never(&linked), 22_321);

    let wrong = audit(&["--principal", "role/*"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("patterns of names are not supported"), "{}", wrong.stderr);
}
