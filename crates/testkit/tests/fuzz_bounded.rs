//! Fuzzing in a bounded form: the entry points of `scproof_testkit::fuzz` on mutations of the fixtures, the same on
//! every run.
//!
//! `SCPROOF_FUZZ_CASES=1000000` runs more, `SCPROOF_FUZZ_SEED=2` others. A failure prints the input that caused it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail as tests do"
)]

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::thread;

use scproof_testkit::fuzz;

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// JSON values to put in the place of others.
const VALUES: [&str; 44] = [
    "null",
    "true",
    "[]",
    "{}",
    "[[]]",
    "0",
    "-0.0",
    "1e999",
    "123456789012345678901234567890",
    "\"\"",
    "\"*\"",
    "\"**\"",
    "\"?\"",
    "\"*:*\"",
    "\"s3:*\"",
    "\"S3:getobject\"",
    "\"s3:Get*:x\"",
    "\" s3:GetObject\"",
    "\"Allow\"",
    "\"Deny\"",
    "\"deny\"",
    "\"2008-10-17\"",
    "\"2012-10-17\"",
    "\"${aws:username}\"",
    "\"${aws:PrincipalTag/team, 'red'}\"",
    "\"${\"",
    "\"a${*}b\"",
    "\"arn:aws:s3:::bucket/*\"",
    "\"arn:aws:s3\"",
    "\"arn:*:*:*:*:*\"",
    "\"arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*\"",
    "\"ForAnyValue:StringLike\"",
    "\"StringNotEqualsIfExists\"",
    "\"Null\"",
    "\"NotIpAddress\"",
    "\"203.0.113.0/24\"",
    "\"2026-01-01T00:00:00Z\"",
    "\"aws:RequestedRegion\"",
    "\"aws:tagkeys\"",
    "\"aws:PrincipalTag/É\"",
    "\"NotAction\"",
    "\"NotResource\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud800\"",
];

/// Text to put anywhere; bytes that are no UTF-8 come from flipped bits.
const SCRAPS: [&str; 15] = ["\"", "{", "}", "[", "]", ":", ",", "\\", "é", "\u{feff}", "\0", "//", "\n", "$", "*"];

/// Characters that mean something within strings.
const MARKS: [&str; 9] = ["*", "?", ":", "/", "$", "{", "}", "A", "é"];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// The JSON files of some folders, in the order of their names.
fn texts(folders: &[&str]) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(fixtures().join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Where the JSON strings of a text are, quotes included; good enough for damaged texts.
fn strings(text: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = None;
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate() {
        match (start, byte) {
            _ if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (None, b'"') => start = Some(at),
            (Some(from), b'"') => {
                found.push((from, at + 1));
                start = None;
            }
            _ => {}
        }
    }
    found
}

fn replace(text: &mut Vec<u8>, from: usize, to: usize, with: &[u8]) {
    text.splice(from..to, with.iter().copied()).for_each(drop);
}

/// Changes a text in one place; half of the ways keep JSON what it is.
fn mutate(text: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Random) {
    if text.is_empty() {
        text.extend(random.pick(corpus).iter());
    }
    let at = random.below(text.len() + 1);
    let end = (at + 1 + random.below(40)).min(text.len());
    let spots = strings(text);
    match random.below(12) {
        0..=2 if !spots.is_empty() => {
            let (from, to) = *random.pick(&spots);
            replace(text, from, to, random.pick(&VALUES).as_bytes());
        }
        3..=4 if !spots.is_empty() => {
            let donor = random.pick(corpus);
            let donated = strings(donor);
            if !donated.is_empty() {
                let (start, stop) = *random.pick(&donated);
                let (from, to) = *random.pick(&spots);
                replace(text, from, to, &donor[start..stop]);
            }
        }
        5 if !spots.is_empty() => {
            // A value becomes a list of two.
            let (from, to) = *random.pick(&spots);
            let mut list = vec![b'['];
            list.extend_from_slice(&text[from..to]);
            list.push(b',');
            list.extend(random.pick(&VALUES).as_bytes());
            list.push(b']');
            replace(text, from, to, &list);
        }
        6 if !spots.is_empty() => {
            // A character within a string.
            let (from, to) = *random.pick(&spots);
            let place = from + 1 + random.below(to - from - 1);
            replace(text, place, place, random.pick(&MARKS).as_bytes());
        }
        7 => replace(text, at, at, random.pick(&SCRAPS).as_bytes()),
        8 => replace(text, at, end, b""),
        9 => {
            let copy = text[at..end].to_vec();
            replace(text, at, at, &copy);
        }
        10 => {
            let donor = random.pick(corpus);
            let start = random.below(donor.len());
            let stop = (start + random.below(60)).min(donor.len());
            replace(text, at, at, &donor[start..stop]);
        }
        _ => {
            if let Some(byte) = text.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: `{text}` is no number")))
}

/// Runs a part of all cases on one entry point.
fn run(entry: fn(&[u8]), corpus: &[Vec<u8>], thousandths: u64) {
    let cases = setting("SCPROOF_FUZZ_CASES").unwrap_or(20_000) * thousandths / 1_000;
    let seed = setting("SCPROOF_FUZZ_SEED").unwrap_or(1);
    assert!(!corpus.is_empty());
    let mut random = Random(seed);
    let mutated = (0..cases).map(|_| {
        let mut text = random.pick(corpus).clone();
        for _ in 0..=random.below(5) {
            mutate(&mut text, corpus, &mut random);
        }
        text
    });
    // Untouched first; every second one on another core.
    let texts: Vec<Vec<u8>> = corpus.iter().cloned().chain(mutated).collect();
    thread::scope(|scope| {
        for start in 0..2 {
            let texts = &texts;
            scope.spawn(move || {
                for text in texts.iter().skip(start).step_by(2) {
                    if let Err(cause) = panic::catch_unwind(AssertUnwindSafe(|| entry(text))) {
                        eprintln!("seed {seed}: {}", String::from_utf8_lossy(text));
                        panic::resume_unwind(cause);
                    }
                }
            });
        }
    });
}

const POLICIES: [&str; 4] = ["policies/valid", "policies/invalid", "policies/rcp", "organizations/example-policies"];

#[test]
fn the_parser_takes_anything() {
    run(fuzz::parser, &texts(&POLICIES), 650);
}

#[test]
fn both_evaluators_agree_on_any_policy() {
    run(fuzz::policy, &texts(&POLICIES), 200);
}

#[test]
fn the_loader_takes_anything() {
    // The large example takes its time, so it is one of three and not of two.
    let mut corpus = texts(&["traps", "organizations"]);
    corpus.retain(|text| text.windows(20).any(|window| window == b"scproof-inventory/1\""));
    assert!(corpus.len() >= 2);
    run(fuzz::snapshot, &corpus, 50);
}

#[test]
fn the_batch_form_takes_anything() {
    let lines = [
        r#"{"account": "222222222222", "principal": "arn:aws:iam::222222222222:role/Dev", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "context": {"aws:RequestedRegion": "eu-west-1", "aws:TagKeys": ["a", "b"], "aws:MultiFactorAuthPresent": null}, "closedContext": false}"#,
        r#"{"id": "q2", "account": "shop", "action": "ec2:RunInstances", "resource": [{"resource": "arn:aws:ec2:eu-west-1:222222222222:instance/i-1", "context": {"ec2:InstanceType": "t3.micro"}}, "*"]}"#,
        r#"{"account": "999999999999", "principal": "arn:aws:sts::999999999999:assumed-role/A/s", "action": "sts:AssumeRole"}"#,
    ];
    let corpus: Vec<Vec<u8>> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    run(fuzz::request, &corpus, 100);
}

#[test]
fn changes_may_be_anything() {
    let files = [
        r#"{"Format": "scproof-changes/1", "Changes": [
            {"Operation": "CreatePolicy", "Name": "new", "Content": {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}},
            {"Operation": "AttachPolicy", "Policy": "new", "Target": "Prod"},
            {"Operation": "DetachPolicy", "PolicyId": "p-FullAWSAccess", "TargetId": "222222222222"},
            {"Operation": "UpdatePolicy", "Policy": "new", "Content": "{}", "Name": "newer", "Description": "x"},
            {"Operation": "DeletePolicy", "Policy": "newer"}
        ]}"#,
        r#"{"Format": "scproof-changes/1", "Description": "x", "Changes": [
            {"Operation": "CreateOrganizationalUnit", "Name": "Fresh", "Parent": "Root", "Id": "ou-ab12-fresh001"},
            {"Operation": "MoveOrganizationalUnit", "OrganizationalUnit": "Prod", "DestinationParent": "Fresh"},
            {"Operation": "CreateAccount", "AccountName": "young", "Email": "a@example.com", "Id": "012345678901"},
            {"Operation": "MoveAccount", "Account": "222222222222", "SourceParent": "Fresh/Prod", "DestinationParent": "Sandbox"},
            {"Operation": "DisablePolicyType"},
            {"Operation": "EnablePolicyType", "PolicyType": "SERVICE_CONTROL_POLICY", "Root": "Root"},
            {"Operation": "EnableAllFeatures"}
        ]}"#,
        r#"{"Format": "scproof-expect/1", "Allowed": [
            {"Transition": ["newlyBlocked", "unknown"], "Account": ["Prod/**", "222222222222"], "Action": ["s3:*", "ec2:Run*"], "Reason": "x"}
        ]}"#,
    ];
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| file.as_bytes().to_vec()).collect();
    run(fuzz::changes, &corpus, 100);
}

#[test]
fn files_of_audits_may_be_anything() {
    let files = [
        r#"{"Format": "scproof-guardrails/1", "Description": "x", "Guardrails": [
            {"Id": "deploy-role", "Title": "Nobody deletes the role", "Why": "deployments need it", "Risk": "high",
             "Category": "Roles", "Sources": ["https://example.com/x"], "Accounts": ["shop", "Prod/**"],
             "MustBeBlocked": {"Action": "iam:DeleteRole", "Resource": "arn:*:iam::*:role/deploy"}},
            {"Id": "region-lock", "Title": "Frankfurt", "Why": "contracts", "Risk": "low",
             "MustBeBlocked": [{"NotAction": ["iam:*", "sts:*"], "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1"]}}}]}
        ]}"#,
        r#"{"Format": "scproof-suppressions/1", "Suppressions": [
            {"Finding": "*:p-legacy01#*", "Reason": "kept as it was"},
            {"Finding": "hole:deploy-role", "Reason": "ticket 4712", "OUs": "Prod", "Accounts": ["tag:env=prod"], "Until": "2027-03-31"}
        ]}"#,
    ];
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| file.as_bytes().to_vec()).collect();
    run(fuzz::audit_files, &corpus, 50);
}

#[test]
fn denials_may_be_anything() {
    let texts = [
        "An error occurred (AccessDenied) when calling the CreateUser operation: User: arn:aws:sts::222222222222:assumed-role/dev/ann is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::222222222222:user/bob with an explicit deny in a service control policy",
        "User: arn:aws:iam::222222222222:user/ann is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/x\" because no service control policy allows the s3:GetObject action",
        r#"{"eventVersion": "1.09", "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::222222222222:assumed-role/dev/ann", "accountId": "222222222222"},
            "eventTime": "2026-11-24T12:00:00Z", "eventSource": "ec2.amazonaws.com", "eventName": "RunInstances", "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.9",
            "errorCode": "Client.UnauthorizedOperation", "errorMessage": "You are not authorized to perform this operation.", "requestParameters": {"instanceType": "t3.micro"}}"#,
        r#"{"Records": [{"userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::222222222222:user/ann", "accountId": "222222222222"}, "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "errorCode": "AccessDenied"}]}"#,
        r#"{"DecodedMessage": "{\"allowed\":false,\"explicitDeny\":true,\"context\":{\"principal\":{\"arn\":\"arn:aws:iam::222222222222:user/ann\"},\"action\":\"ec2:RunInstances\",\"resource\":\"arn:aws:ec2:eu-west-1:222222222222:instance/*\",\"conditions\":{\"items\":[]}}}"}"#,
    ];
    let corpus: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    run(fuzz::denial, &corpus, 100);
}
