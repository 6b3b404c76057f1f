//! `scproof validate`.

use insta::assert_snapshot;

use crate::run::{command, example, finish, repository, scproof};

#[test]
fn every_fault_with_its_place() {
    let files = ["fixtures/policies/invalid/many-faults.json", "fixtures/policies/invalid/comment.json"];
    assert_snapshot!(scproof(&[&["validate"], &files[..]].concat()).fits_80_columns().page());
}

#[test]
fn a_snapshot_with_its_policies() {
    assert_snapshot!(example(&["validate"]).fits_80_columns().page());
}

#[test]
fn standard_input() {
    let run = finish(&mut command(&["validate", "-"]), b"{\"Version\": \"2012-10-17\", \"Statment\": []}");
    assert_snapshot!(run.fits_80_columns().page());
}

#[test]
fn a_directory() {
    let run = scproof(&["validate", "fixtures/policies/valid"]).fits_80_columns();
    assert_eq!(run.code, 0, "{}", run.stdout);
    let all = scproof(&["validate", "fixtures/policies/invalid", "--format", "json"]);
    assert_eq!(all.code, 1);
    let files: Vec<&str> = all.json()["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["file"].as_str().unwrap().to_owned().leak() as &str)
        .collect();
    assert!(files.is_sorted() && files.len() > 30, "{files:?}");
}

#[test]
fn warnings_count_on_demand() {
    let text = b"{\"Statement\": {\"Effect\": \"Deny\", \"Action\": \"s3:*\", \"Resource\": \"*\"}}";
    assert_eq!(finish(&mut command(&["validate", "-"]), text).code, 0);
    assert_eq!(finish(&mut command(&["validate", "-", "--fail-on=warning"]), text).code, 1);
}

#[test]
fn doc_13_the_old_language() {
    let text = b"{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"NotAction\": \"s3:*\", \"Resource\": \"*\"}}";
    assert_eq!(finish(&mut command(&["validate", "-"]), text).code, 0);
    let run = finish(&mut command(&["validate", "-", "--legacy-language"]), text);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("legacy-not-action"), "{}", run.stdout);
}

#[test]
fn rcp_1_resource_control_policies() {
    let files = "fixtures/policies/rcp";
    assert_eq!(scproof(&["validate", "--type", "rcp", files]).code, 0);
    assert_eq!(scproof(&["validate", files]).code, 1);
}

#[test]
fn lim_2_limits_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("limits.json");
    std::fs::write(&file, r#"[{"name": "max_scp_chars", "value": 50}]"#).unwrap();
    let run = example(&["--limits", file.to_str().unwrap(), "validate"]).fits_80_columns();
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("error[scp-too-long]"), "{}", run.stdout);
}

#[test]
fn json_names_file_policy_and_place() {
    let json = example(&["--format", "json", "validate"]).json();
    assert_eq!(json["format"], "scproof-validate/1");
    assert_eq!(json["summary"]["policies"], 21);
    assert_snapshot!(serde_json::to_string_pretty(&json["diagnostics"][1]).unwrap());
}

#[test]
fn one_unreadable_file_does_not_stop_the_others() {
    let run = scproof(&["validate", "nowhere.json", "fixtures/policies/valid/lists.json"]).fits_80_columns();
    assert_snapshot!(run.page());
}

#[test]
fn nothing_to_check() {
    assert_snapshot!(scproof(&["validate"]).fits_80_columns().page());
}

/// DOC-25
#[test]
fn placeholders_of_templates() {
    let text = br#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*",
        "Resource": ["arn:${PARTITION}:s3:::a", "arn:${PARTITION}:s3:::b", "arn:aws:s3:::$${aws:username}"]}}"#;
    let run = finish(&mut command(&["validate", "-"]), text).fits_80_columns();
    assert_eq!((run.code, run.stdout.matches("template-placeholder").count()), (1, 1), "{}", run.stdout);
    let said = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("`${PARTITION}` is a placeholder of a template (2 places)"), "{}", run.stdout);
    let run = finish(&mut command(&["validate", "-", "--var", "PARTITION=aws"]), text);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in
        [("values.json", r#"{"PARTITION": "aws", "OTHER": 1}"#), ("values.tfvars", "PARTITION = \"aws\"")]
    {
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        let run = finish(&mut command(&["validate", "-", "--vars", file.to_str().unwrap()]), text);
        assert_eq!(run.code, 0, "{}", run.stdout);
        assert_eq!(run.stderr.contains("`OTHER`"), name == "values.json", "{}", run.stderr);
    }
    assert_eq!(finish(&mut command(&["validate", "-", "--var", "PARTITION"]), text).code, 2);
}

#[test]
fn files_that_are_no_policies_are_told_for_what_they_are() {
    for (text, what) in [
        (r#"{"Accounts": [], "Policies": []}"#, "a snapshot of an organization without"),
        (r#"{"Policy": {"PolicySummary": {}, "Content": "{}"}}"#, "output of `aws organizations describe-policy`"),
        (r#"{"Resources": {"Scp": {"Type": "AWS::Organizations::Policy"}}}"#, "a template of CloudFormation"),
        ("Resources:\n  Scp:\n    Type: AWS::Organizations::Policy\n", "a template of CloudFormation"),
        ("resource \"aws_organizations_policy\" \"scp\" {\n}\n", "a configuration of Terraform"),
        (r#"{"tags": {"owner": {}}}"#, "a tag policy"),
        ("Version: \"2012-10-17\"\nStatement:\n  - Effect: Deny\n", "a policy in YAML"),
        (
            r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::logs/*"}]}"#,
            "the policy of a resource, such as a bucket",
        ),
    ] {
        let run = finish(&mut command(&["validate", "-", "--format", "concise"]), text.as_bytes());
        assert_eq!(run.code, 1, "{text}");
        assert!(run.stdout.contains(&format!("[another-kind-of-file] this is {what}")), "{}", run.stdout);
        assert_eq!(run.stdout.matches("error[").count(), 1, "{}", run.stdout);
    }
}

#[test]
fn a_directory_without_policies_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let run = scproof(&["validate", folder.path().to_str().unwrap()]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("there is no *.json file"), "{}", run.stderr);
}

#[test]
fn formats_of_pipelines() {
    let file = "fixtures/policies/invalid/many-faults.json";
    let printed = |format: &str| scproof(&["validate", file, "--format", format]);
    assert_snapshot!("concise", printed("concise").stdout);
    assert_snapshot!("github", printed("github").stdout);
    let issues: serde_json::Value = serde_json::from_str(&printed("gitlab").stdout).unwrap();
    let issues = issues.as_array().unwrap();
    assert_eq!(issues.len(), printed("concise").stdout.lines().count());
    assert_eq!(issues[0]["location"]["path"], file);
    let prints: std::collections::BTreeSet<&str> =
        issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(prints.len(), issues.len());
    assert_eq!(scproof(&["--org", "example", "tree", "--format", "github"]).code, 2);
}

#[test]
fn statistics_count_codes() {
    let file = "fixtures/policies/invalid/many-faults.json";
    assert_snapshot!("statistics", scproof(&["validate", file, "--statistics"]).fits_80_columns().page());
}

/// A policy of one line, bytes that are no text, nothing at all, brackets without end: an answer, and soon.
#[test]
fn hostile_texts() {
    let one_line: String = {
        let text = std::fs::read_to_string(repository().join("fixtures/policies/invalid/bad-operands.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap().to_string()
    };
    let padded = one_line.replacen('{', &format!("{{{}", " ".repeat(5_000)), 1);
    for text in [one_line.as_bytes(), padded.as_bytes(), b"\xff\xfe{}", b"", "[".repeat(1 << 20).as_bytes()] {
        let run = finish(&mut command(&["validate", "-"]), text).fits_80_columns();
        assert_eq!(run.code, 1, "{}", run.stdout);
        assert!(run.stdout.contains("<stdin>:1:"), "{}", run.stdout);
    }
    let broken = b"{\"Format\": \"scproof-inventory/1\", \"Organization\": {\"Id\": \xff}}";
    let run = finish(&mut command(&["validate", "-"]), broken).fits_80_columns();
    assert_eq!(run.code, 1, "{}", run.stdout);
}

#[test]
fn codes_are_explained() {
    assert_snapshot!("explain", scproof(&["explain", "joined-negations"]).fits_80_columns().page());
    let json = scproof(&["explain", "template-placeholder", "--format", "json"]).json();
    assert_eq!((json["atMost"].as_str(), json["rules"][0].as_str()), (Some("error"), Some("DOC-25")));
    let run = scproof(&["explain", "joined-negation"]).fits_80_columns();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("did you mean `joined-negations`?"), "{}", run.stderr);
}

const SLIPS: &str = r#"{
  "Statement": [
    {
      "Efect": "deny",
      "Actions": ["s3: PutObject", "s3:*", "S3:DeleteBucket",],
      "Resource": "*",
      "Condition": {"stringnotequals": {"aws: RequestedRegion": ["eu-west-1", "eu-west-1"]}}
    }
  ]
}
"#;

const REPAIRED: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": ["s3:*"],
      "Resource": "*",
      "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}}
    }
  ]
}
"#;

#[test]
fn what_has_one_meaning_is_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("slips.json");
    std::fs::write(&file, SLIPS).unwrap();
    let name = file.to_str().unwrap();
    let preview = scproof(&["validate", name, "--diff"]);
    assert_eq!((preview.code, std::fs::read_to_string(&file).unwrap().as_str()), (1, SLIPS));
    let plus = |line: &&str| line.starts_with('+') && !line.starts_with("+++");
    let added: Vec<&str> = preview.stdout.lines().filter(plus).collect();
    assert_eq!(added.first(), Some(&"+  \"Version\": \"2012-10-17\","), "{}", preview.stdout);
    assert!(preview.stdout.starts_with("--- a/") && preview.stderr.contains("files: 1; left: 0"), "{}", preview.stderr);

    let run = scproof(&["validate", name, "--fix", "--format", "json"]);
    assert_eq!((run.code, std::fs::read_to_string(&file).unwrap().as_str()), (0, REPAIRED));
    let json = run.json();
    assert_eq!(json["summary"]["fixed"].as_u64(), Some(json["fixed"].as_array().unwrap().len() as u64));
    assert!(json["diagnostics"].as_array().unwrap().is_empty());
    let again = scproof(&["validate", name, "--diff"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""));
}

#[test]
fn standard_input_is_printed_repaired() {
    let run = finish(&mut command(&["validate", "--fix", "-"]), SLIPS.as_bytes());
    assert_eq!((run.code, run.stdout.as_str()), (0, REPAIRED));
    assert_snapshot!(run.stderr);
    let broken = finish(&mut command(&["validate", "--fix", "-"]), b"{\"Statement\": 5,}");
    assert_eq!((broken.code, broken.stdout.as_str()), (1, "{\"Version\": \"2012-10-17\", \"Statement\": 5}"));
}

#[test]
fn repairs_are_refused_where_two_things_would_be_printed() {
    for args in [&["--diff", "--format", "json"][..], &["--fix", "-", "x.json"], &["--fix", "-", "--format", "sarif"]] {
        assert_eq!(scproof(&[&["validate", "x.json"], args].concat()).code, 2, "{args:?}");
    }
    assert_eq!(scproof(&["validate", "x.json", "--fix", "--diff"]).code, 2);
    assert_eq!(scproof(&["validate", "x.json", "--fix", "--var", "a=b"]).code, 2);
}
