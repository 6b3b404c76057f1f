//! `scproof can`, one question: each kind of verdict, and each kind of slip.

use insta::assert_snapshot;
use serde_json::json;

use crate::run::{command, example, finish, repository, scproof};

const DEV: &str = "arn:aws:iam::214000000001:role/dev";

/// A question on the example organization, with its page and exit code.
fn ask(args: &[&str]) -> String {
    example(&[&["can"], args].concat()).fits_80_columns().page()
}

#[test]
fn gen_4_unknown() {
    assert_snapshot!(ask(&["shop", "s3:DeleteBucket"]));
}

#[test]
fn gen_4_unknown_with_many_questions() {
    assert_snapshot!(ask(&["payments", "s3:GetObject"]));
}

#[test]
fn gen_4_explicit_deny() {
    assert_snapshot!(ask(&["shop", "ec2:RunInstances", "--region", "us-east-1"]));
}

#[test]
fn gen_4_implicit_deny() {
    let principal = "arn:aws:iam::417000000001:role/dev";
    assert_snapshot!(ask(&["sandbox-alice", "s3:GetObject", "--region", "eu-central-1", "--principal", principal]));
}

#[test]
fn gen_4_denied_either_way() {
    assert_snapshot!(ask(&["payments", "ec2:RunInstances"]));
}

#[test]
fn gen_4_allowed() {
    assert_snapshot!(ask(&["shop", "sqs:ListQueues", "-p", DEV, "--region", "eu-west-1", "-r", "*"]));
}

#[test]
fn exm_4_not_applicable() {
    assert_snapshot!(ask(&["management", "s3:DeleteBucket"]));
}

#[test]
fn exm_6_service_linked_role() {
    let role = "arn:aws:iam::214000000001:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
    let run = example(&["can", "shop", "s3:DeleteBucket", "--principal", role]);
    assert_eq!(
        (run.code, run.stdout.lines().next()),
        (0, Some("SCPs DO NOT APPLY: the caller is a service-linked role"))
    );
}

#[test]
fn exm_15_cannot_be_denied() {
    assert_snapshot!(ask(&["old-blog", "sts:GetCallerIdentity"]));
}

#[test]
fn exm_16_a_suspended_account_is_noted() {
    let run = example(&["can", "old-blog", "s3:ListBucket"]).fits_80_columns();
    assert!(run.stdout.contains("note: the account is SUSPENDED; nobody can use it"), "{}", run.stdout);
}

#[test]
fn eval_10_several_resources_are_one_call() {
    let bucket = |name: &str| format!("arn:aws:s3:::{name}");
    let (one, two) = (bucket("example-corp-logs-cloudtrail"), bucket("other"));
    let args = ["log-archive", "s3:DeleteBucket", "-r", &one, "-r", &two, "--closed-context"];
    assert_snapshot!(ask(&args));
}

/// Every way of saying something about the context reaches the question.
#[test]
fn k3_3_context_arguments() {
    let run = example(&[
        "--format",
        "json",
        "can",
        "shop",
        "s3:GetObject",
        "--region",
        "eu-west-1",
        "--context",
        "aws:TagKeys=a",
        "--context",
        "aws:TagKeys=b",
        "-c",
        "aws:PrincipalTag/team=x=y",
        "-c",
        "s3:prefix=",
        "--absent",
        "aws:SourceVpce",
        "--closed-context",
        "--beyond-catalog",
        "--resource",
        "*",
        "--resource",
        "arn:aws:s3:::b/k",
    ]);
    assert_eq!(
        run.json()["question"],
        json!({
            "account": "shop", "action": "s3:GetObject", "resource": ["*", "arn:aws:s3:::b/k"],
            "region": "eu-west-1",
            "context": {"aws:TagKeys": ["a", "b"], "aws:PrincipalTag/team": "x=y", "s3:prefix": "", "aws:SourceVpce": null},
            "closedContext": true, "beyondCatalog": true
        })
    );
}

#[test]
fn the_json_answer_holds_everything() {
    let run = example(&["--format", "json", "can", "shop", "ec2:RunInstances", "--region", "us-east-1"]);
    assert_eq!(run.code, 1);
    assert_snapshot!(run.stdout);
}

/// The question of a JSON answer can be asked again as it stands.
#[test]
fn the_json_question_is_a_batch_line() {
    let args =
        ["shop", "s3:GetObject", "-p", DEV, "-c", "aws:TagKeys=a", "-c", "aws:TagKeys=b", "-r", "arn:aws:s3:::b/k"];
    let answer = example(&[&["--format", "json", "can"][..], &args[..]].concat()).json();
    let question = answer["question"].to_string();
    let run = finish(&mut command(&["--org", "example", "can", "--requests", "-"]), question.as_bytes());
    for member in ["decision", "reason", "determining", "undecided", "dependsOn"] {
        assert_eq!(run.lines()[0][member], answer[member], "{member}");
    }
}

#[test]
fn an_unknown_account_gives_near_names() {
    assert_snapshot!(ask(&["shp", "s3:GetObject"]), @r"
    exit code 2
    --- stderr
    error: `shp` is no account of the organization
    help: did you mean `shop`? `scproof tree` lists all accounts
    ");
}

#[test]
fn act_1_a_pattern_is_no_action() {
    assert_snapshot!(ask(&["shop", "s3:Get*"]), @r"
    exit code 2
    --- stderr
    error: `s3:Get*` is not an action
    help: a question is about one action, such as `s3:GetObject`; for patterns ask
          `scproof effective`
    ");
}

#[test]
fn res_9_an_arn_has_six_parts() {
    assert_snapshot!(ask(&["shop", "s3:GetObject", "--resource", "arn:aws:s3"]), @r"
    exit code 2
    --- stderr
    error: `arn:aws:s3` is not a resource: an ARN has six parts, this has 3
    help: write a whole ARN, `arn:aws:s3:::bucket/key`, or `*` for an action that
          takes no resource
    ");
}

#[test]
fn eval_21_the_principal_belongs_to_the_account() {
    assert_snapshot!(ask(&["payments", "s3:GetObject", "--principal", DEV]), @r"
    exit code 2
    --- stderr
    error: the principal belongs to account 214000000001, the question is about
           account 215000000001
    help: SCPs of the caller's account decide; ask about that account
    ");
}

/// A name in the account is the ARN with the account's id in it, for one question, the batch form and `effective`
/// alike.
#[test]
fn a_principal_by_its_name_in_the_account() {
    let answer = |principal: &str| {
        example(&["--format", "json", "can", "shop", "s3:DeleteBucket", "--principal", principal]).json()
    };
    let named = answer("role/break-glass");
    assert_eq!(named, answer("arn:aws:iam::214000000001:role/break-glass"));
    assert_eq!(named, answer("arn:aws:iam::*:role/break-glass"));
    assert_eq!(named["question"]["principal"], "arn:aws:iam::214000000001:role/break-glass");
    for name in ["user/alice", "root", "assumed-role/dev/run-7", "federated-user/bob"] {
        let question = answer(name)["question"]["principal"].clone();
        assert!(question.as_str().unwrap().ends_with(&format!("::214000000001:{name}")), "{question}");
    }
    let line = json!({"account": "shop", "action": "s3:DeleteBucket", "principal": "role/break-glass"}).to_string();
    let run = finish(&mut command(&["--org", "example", "can", "--requests", "-"]), line.as_bytes());
    assert_eq!(run.lines()[0]["decision"], named["decision"]);
    let effective = |principal: &str| {
        let args = ["--format", "json", "effective", "shop", "--service", "s3", "--principal", principal];
        example(&args).json()["groups"].clone()
    };
    assert_eq!(effective("role/break-glass"), effective("arn:aws:iam::214000000001:role/break-glass"));
    assert_snapshot!(ask(&["shop", "s3:DeleteBucket", "--principal", "break-glass"]), @r"
    exit code 2
    --- stderr
    error: `break-glass` is not a principal that can make a request
    help: write a name such as `role/deploy`, `user/alice`,
          `assumed-role/deploy/session` or `root`, a whole ARN, the name of an AWS
          service, or `anonymous`
    ");
}

#[test]
fn the_account_may_be_left_out_where_the_principal_names_it() {
    let full = ask(&["shop", "s3:DeleteBucket", "--principal", DEV]);
    assert_eq!(ask(&["s3:DeleteBucket", "--principal", DEV]), full);
    let line = json!({"action": "s3:DeleteBucket", "principal": DEV}).to_string();
    let run = finish(&mut command(&["--org", "example", "can", "--requests", "-"]), line.as_bytes());
    assert_eq!(run.lines()[0]["decision"], "explicitDeny");
    // An account that the snapshot lacks is outside of the organization.
    let stranger = "arn:aws:iam::999999999999:role/dev";
    assert!(ask(&["s3:DeleteBucket", "--principal", stranger]).contains("SCPs DO NOT APPLY"));

    assert_snapshot!(ask(&["s3:DeleteBucket"]), @r"
    exit code 2
    --- stderr
    error: which account calls `s3:DeleteBucket`?
    help: name the account first: `scproof can ACCOUNT s3:DeleteBucket`
    help: or give the caller's ARN with `--principal`, which names the account
    ");
    assert_snapshot!(ask(&["s3:DeleteBucket", "--principal", "role/dev"]), @r"
    exit code 2
    --- stderr
    error: which account calls `s3:DeleteBucket`?
    help: `role/dev` may be in any account; name the account first: `scproof can
          ACCOUNT s3:DeleteBucket --principal role/dev`
    ");
    assert_snapshot!(ask(&["shop", "--principal", DEV]), @r"
    exit code 2
    --- stderr
    error: which action of `shop` is meant?
    help: name it: `scproof can shop s3:GetObject`
    ");
    assert_snapshot!(ask(&[DEV, "s3:DeleteBucket"]), @r"
    exit code 2
    --- stderr
    error: `arn:aws:iam::214000000001:role/dev` is a principal, not an account
    help: say who calls with `scproof can s3:DeleteBucket --principal
          arn:aws:iam::214000000001:role/dev`
    ");
    for line in [r#"{"action": "s3:DeleteBucket"}"#, r#"{"action": "s3:DeleteBucket", "principal": "role/dev"}"#] {
        let run = finish(&mut command(&["--org", "example", "can", "--requests", "-"]), line.as_bytes());
        assert_eq!((run.code, &run.lines()[0]["error"]["path"]), (3, &json!("account")));
    }
}

/// The ARN of a session lacks the path of its role: that is what is asked for, not an ARN that was given.
#[test]
fn ctx_61_a_session_lacks_the_path_of_its_role() {
    let page = ask(&["shop", "s3:DeleteBucket", "--principal", "assumed-role/break-glass/me"]);
    assert_snapshot!(page);
    let answer =
        example(&["--format", "json", "can", "shop", "s3:DeleteBucket", "-p", "assumed-role/break-glass/me"]).json();
    assert_eq!((&answer["decision"], &answer["ifRoleHasNoPath"]), (&json!("unknown"), &json!("allowed")));
    let with = |arn: &str| {
        let key = format!("aws:PrincipalArn={arn}");
        let principal = ["--principal", "assumed-role/break-glass/me", "--context", &key];
        example(&[&["can", "shop", "s3:DeleteBucket"][..], &principal].concat()).code
    };
    assert_eq!(with("arn:aws:iam::214000000001:role/break-glass"), 0);
    assert_eq!(with("arn:aws:iam::214000000001:role/team/break-glass"), 1);
    // Whatever its path, no policy names this one.
    assert_eq!(example(&["can", "shop", "s3:DeleteBucket", "--principal", "assumed-role/dev/me"]).code, 1);
}

/// What is offered can be: no `--absent` for a key that every call carries, and the region that the resource is in.
#[test]
fn ctx_59_hints_offer_what_can_be() {
    let page = ask(&["shop", "sqs:ListQueues", "--principal", DEV, "--resource", "*"]);
    assert!(page.contains("--region eu-central-1") && !page.contains("--absent"), "{page}");
    let instance = "arn:aws:ec2:eu-west-3:214000000001:instance/i-0123456789abcdef0";
    let page = ask(&["shop", "ec2:StartInstances", "--principal", DEV, "--resource", instance]);
    assert!(page.contains("--region eu-west-3"), "{page}");
}

#[test]
fn the_arguments_in_the_wrong_order() {
    assert_snapshot!(ask(&["s3:GetObject", "shop"]), @r"
    exit code 2
    --- stderr
    error: `shop` is not an action
    help: write the service prefix, a colon and the action name: `s3:GetObject`
    help: the account comes first: `scproof can shop s3:GetObject`
    ");
}

#[test]
fn a_context_key_without_value() {
    assert_snapshot!(ask(&["shop", "s3:GetObject", "--context", "aws:SourceVpce"]), @r"
    exit code 2
    --- stderr
    error: `aws:SourceVpce` gives a context key no value
    help: write `--context aws:SourceVpce=VALUE`, or `--absent aws:SourceVpce` if
          the request lacks it
    ");
}

#[test]
fn cond_4_a_key_given_twice() {
    let run = example(&[
        "can",
        "shop",
        "s3:GetObject",
        "--context",
        "aws:RequestedRegion=a",
        "--context",
        "aws:requestedregion=b",
    ]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("is given twice"), "{}", run.stderr);
}

#[test]
fn misspelt_names_are_noticed_on_standard_error() {
    let run = example(&["can", "shop", "s3:DeleteBuckt", "--context", "aws:RequestRegion=eu-west-1"]).fits_80_columns();
    assert_snapshot!(run.stderr, @r"
    warning: `aws:RequestRegion` is no context key that AWS documents
    help: did you mean `aws:RequestedRegion`?
    warning: `s3:DeleteBuckt` is no action known to scproof
    help: did you mean `s3:DeleteBucket`?
    ");
    assert!(run.stdout.starts_with("DEPENDS on "));
}

#[test]
fn without_an_organization() {
    assert_snapshot!(scproof(&["can", "shop", "s3:GetObject"]).fits_80_columns().page(), @r"
    exit code 2
    --- stderr
    error: no organization was given
    help: name a snapshot with `--org FILE` or the environment variable SCPROOF_ORG
    help: `--org example` comes with scproof, to try things on:
          scproof --org example can shop s3:DeleteBucket
    ");
}

#[test]
fn the_organization_from_the_environment() {
    let run = finish(command(&["can", "management", "s3:GetObject"]).env("SCPROOF_ORG", "example"), b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn a_snapshot_from_a_file() {
    let path = repository().join("fixtures/organizations/example.json");
    let from_file = scproof(&["--org", path.to_str().unwrap(), "can", "shop", "s3:DeleteBucket"]);
    assert_eq!(from_file.page(), ask(&["shop", "s3:DeleteBucket"]));
}

#[test]
fn a_snapshot_that_does_not_exist() {
    assert_snapshot!(scproof(&["--org", "exmaple", "can", "shop", "s3:GetObject"]).fits_80_columns().page(), @r"
    exit code 3
    --- stderr
    error: cannot read `exmaple`
    cause: No such file or directory
    help: `--org example` and `--org untidy` come with scproof
    ");
}

#[test]
fn a_snapshot_with_a_dangling_id() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(repository().join("fixtures/organizations/example.json")).unwrap();
    let broken = text.replacen("\"PolicyId\": \"p-regionlock1\"", "\"PolicyId\": \"p-regionlock2\"", 1);
    assert_ne!(text, broken);
    std::fs::write(folder.path().join("org.json"), broken).unwrap();
    let mut command = command(&["--org", "org.json", "can", "shop", "s3:GetObject"]);
    assert_snapshot!(finish(command.current_dir(&folder), b"").fits_80_columns().page());
}

#[test]
fn gen_3_assume_preferred_is_reported() {
    let text = r#"{"Format": "scproof-inventory/1",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
        "Roots": [{"Id": "r-ab12", "Name": "Root"}], "OrganizationalUnits": [],
        "Accounts": [{"Id": "222222222222", "Name": "shop", "ParentId": "r-ab12"}],
        "Policies": [{"Id": "p-12345678", "Name": "all", "Type": "SERVICE_CONTROL_POLICY",
          "Content": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:TagKeys": "a"}}}]}}],
        "Attachments": [{"TargetId": "r-ab12", "PolicyId": "p-12345678"}, {"TargetId": "222222222222", "PolicyId": "p-12345678"}]}"#;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("org.json"), text).unwrap();
    let ask = |args: &[&str]| {
        let question =
            ["--org", "org.json", "can", "shop", "s3:GetObject", "-c", "aws:TagKeys=a", "-c", "aws:TagKeys=b"];
        let mut command = command(&[&question[..], args].concat());
        finish(command.current_dir(&folder), b"").fits_80_columns()
    };
    let open = ask(&[]);
    assert_eq!(open.code, 5, "{}", open.stdout);
    assert!(open.stdout.starts_with("DEPENDS on what AWS does at SET-9\n"), "{}", open.stdout);
    let assumed = ask(&["--assume-preferred"]);
    assert!(assumed.stdout.contains("note: assumes the likelier reading of SET-9"), "{}", assumed.stdout);
}
