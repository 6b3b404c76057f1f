//! The batch form: every error in its place, the same bytes for every number of threads, bounded memory.

use std::fmt::Write as _;
use std::io::{self, Read};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, Sender, channel};

use proptest::prelude::*;
use scproof::ask::{
    BatchError, BatchSummary, CompiledOrganization, EvaluationOptions, MAX_LINE, Request, answer_lines, decisions,
    explanations,
};
use scproof::example;
use serde_json::{Value, json};

static COMPILED: LazyLock<CompiledOrganization> =
    LazyLock::new(|| CompiledOrganization::compile(example::organization().unwrap(), EvaluationOptions::default()));

fn answers(input: &[u8]) -> (Vec<Value>, BatchSummary) {
    let mut output = Vec::new();
    let summary = answer_lines(&COMPILED, input, &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), summary)
}

fn answer(line: &str) -> Value {
    let (mut answers, _) = answers(line.as_bytes());
    assert_eq!(answers.len(), 1, "{line}");
    answers.remove(0)
}

#[test]
fn an_answer_has_the_members_of_the_format_in_order() {
    let mut output = Vec::new();
    let question = r#"{"id": "q", "account": "shop", "action": "ec2:RunInstances", "context": {"aws:RequestedRegion": "us-east-1"}}"#;
    answer_lines(&COMPILED, question.as_bytes(), &mut output).unwrap();
    assert_eq!(
        String::from_utf8(output).unwrap(),
        "{\"id\":\"q\",\"decision\":\"explicitDeny\",\"reason\":\"denyStatement\",\"determining\":[{\"targetId\":\
         \"ou-ex01-workload\",\"targetName\":\"Workloads\",\"policyId\":\"p-regionlock1\",\"policyName\":\"region-lock\",\
         \"statement\":0,\"sid\":\"DenyOutsideEurope\"}],\"levelsWithoutAllow\":[],\"undecided\":[],\"dependsOn\":null,\
         \"when\":null,\"basis\":{\"catalog\":\"2026-10-27\"}}\n"
    );
}

#[test]
fn k3_17_open_questions_have_one_member_each() {
    let found = answer(r#"{"account": "shop", "action": "s3:GetObject"}"#);
    assert_eq!(found["decision"], "unknown");
    let undecided = found["undecided"].as_array().unwrap();
    assert!(undecided.contains(&json!({"key": "aws:RequestedRegion"})), "{undecided:?}");
    assert!(undecided.contains(&json!({"resource": "unknown"})), "{undecided:?}");
    assert!(undecided.iter().all(|question| question.as_object().unwrap().len() == 1));
}

/// One line for each kind of error that `docs/batch.md` lists.
#[test]
fn every_error_names_kind_place_and_remedy() {
    let check = |line: &str, kind: &str, path: Value, message: &str| {
        let found = answer(line);
        let error = &found["error"];
        assert_eq!(
            (&error["kind"], &error["path"], &error["line"]),
            (&json!(kind), &path, &json!(1)),
            "{line}: {error}"
        );
        assert!(error["message"].as_str().unwrap().contains(message), "{line}: {error}");
        assert!(found.get("decision").is_none());
    };
    let none = Value::Null;
    check("{\"account\": ", "json", none.clone(), "is never closed");
    check("[] []", "json", none.clone(), "text follows");
    check("[]", "format", none.clone(), "expected an object");
    check("{}", "format", json!("account"), "`account` is missing");
    check(r#"{"account": "shop", "action": "s3:GetObject",}"#, "json", none.clone(), "a comma follows the last item");
    check(r#"{"account": 214000000001, "action": "s3:GetObject"}"#, "format", json!("account"), "in quotes");
    check(r#"{"acount": "shop", "action": "s3:GetObject"}"#, "format", json!("acount"), "`account` is missing");
    check(r#"{"account": "shop", "action": "s3:GetObject", "who": 1}"#, "format", json!("who"), "no member");
    check(
        r#"{"account": "shop", "action": "s3:GetObject", "context": {"a:b": [[]]}}"#,
        "format",
        json!(r#"context["a:b"][0]"#),
        "found an array",
    );
    check(r#"{"id": 1.5, "account": "shop", "action": "s3:GetObject"}"#, "format", json!("id"), "whole number");
    check(
        r#"{"account": "a", "account": "b", "action": "s3:GetObject"}"#,
        "duplicateMember",
        json!("account"),
        "twice",
    );
    check(
        r#"{"account": "shop", "action": "s3:GetObject", "context": {"a:b": "1", "a:b": "2"}}"#,
        "duplicateMember",
        json!(r#"context["a:b"]"#),
        "twice",
    );
    check(r#"{"account": "shp", "action": "s3:GetObject"}"#, "account", json!("account"), "no account");
    check(r#"{"account": "shop", "action": "s3:*"}"#, "action", json!("action"), "not an action");
    check(
        r#"{"account": "shop", "action": "s3:GetObject", "resource": "arn:aws:s3"}"#,
        "resource",
        json!("resource"),
        "six parts",
    );
    check(
        r#"{"account": "shop", "action": "s3:GetObject", "principal": "bob"}"#,
        "principal",
        json!("principal"),
        "not a principal",
    );
    check(
        r#"{"account": "shop", "action": "s3:GetObject", "principal": "arn:aws:iam::215000000001:root"}"#,
        "principalAccount",
        json!("principal"),
        "belongs to account",
    );
    check(
        r#"{"account": "shop", "action": "s3:GetObject", "context": {"region": "x"}}"#,
        "contextKey",
        json!("context"),
        "not a context key",
    );
    check(
        r#"{"account": "shop", "action": "s3:GetObject", "context": {"aws:SourceIp": "1.1.1.1", "aws:sourceip": "1.1.1.1"}}"#,
        "duplicateKey",
        json!("context"),
        "given twice",
    );
    let long = format!("{{\"account\": \"{}\"}}", "x".repeat(MAX_LINE));
    check(&long, "lineTooLong", none.clone(), "longer than");
    let (found, _) = answers(b"{\"account\": \"\xff\"}");
    assert_eq!(found[0]["error"]["kind"], "notUtf8");
    assert_eq!(found[0]["error"]["message"], "byte 14 of the line is not UTF-8");
}

#[test]
fn all_faults_of_a_line_come_at_once() {
    let found = answer(r#"{"account": 5, "action": 7, "resourse": "*", "context": {"a:b": 1, "a:b": 2}}"#);
    let error = &found["error"];
    let codes = |error: &Value| format!("{} {} {}", error["kind"], error["path"], error["column"]);
    assert_eq!(codes(error), r#""format" "account" 13"#);
    let more: Vec<String> = error["more"].as_array().unwrap().iter().map(codes).collect();
    assert_eq!(
        more,
        [r#""format" "action" 26"#, r#""format" "resourse" 29"#, r#""duplicateMember" "context[\"a:b\"]" 68"#]
    );
    assert_eq!(error["more"][1]["help"], "did you mean `resource`?");
}

#[test]
fn the_id_comes_back_as_it_was_also_with_an_error() {
    for id in [json!("x"), json!(7), json!(-3), json!(u64::MAX), Value::Null] {
        let found = answer(&json!({"id": id, "account": "management", "action": "s3:GetObject"}).to_string());
        assert_eq!((&found["id"], &found["decision"]), (&id, &json!("notApplicable")));
        let found = answer(&json!({"id": id, "account": "nowhere-at-all", "action": "s3:GetObject"}).to_string());
        assert_eq!((&found["id"], &found["error"]["kind"]), (&id, &json!("account")));
    }
    let found = answer(r#"{"id": 1, "id": 2, "account": "management", "action": "s3:GetObject"}"#);
    assert_eq!((&found["id"], &found["error"]["kind"]), (&Value::Null, &json!("duplicateMember")));
}

#[test]
fn lines_are_told_by_line_feeds_and_empty_ones_are_passed_over() {
    let question = r#"{"account": "management", "action": "s3:GetObject"}"#;
    let text = format!("\u{feff}{question}\r\n\n  \t\r\n{question}\nbad\n{question}");
    let (found, summary) = answers(text.as_bytes());
    assert_eq!(summary, BatchSummary { answered: 3, failed: 1 });
    assert_eq!(found[2]["error"]["line"], 5, "empty lines count");
    assert_eq!(answers(b"").1, BatchSummary::default());
    assert_eq!(answers(b"\n\n").1, BatchSummary::default());
    assert_eq!(answers(question.as_bytes()).0, answers(format!("{question}\n").as_bytes()).0);
}

/// What is behind a line that is too long is read as usual.
#[test]
fn a_line_too_long_does_not_eat_the_next() {
    let question = r#"{"id": 1, "account": "management", "action": "s3:GetObject"}"#;
    let text = format!("{}\n{question}\n{}\n{question}", "x".repeat(3 * MAX_LINE), " ".repeat(MAX_LINE));
    let (found, summary) = answers(text.as_bytes());
    assert_eq!(summary, BatchSummary { answered: 2, failed: 1 });
    assert_eq!((&found[0]["error"]["kind"], &found[1]["id"]), (&json!("lineTooLong"), &json!(1)));
}

/// Gives what arrives on a channel, piece by piece, like a pipe.
struct Pipe(Receiver<Vec<u8>>);

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.0.recv().unwrap_or_default();
        buffer[..piece.len()].copy_from_slice(&piece);
        Ok(piece.len())
    }
}

struct Sink(Sender<Vec<u8>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).map(|()| bytes.len()).map_err(io::Error::other)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A program that asks, waits for the answer, and asks again must not wait for ever.
#[test]
fn an_answer_comes_before_the_next_question_is_waited_for() {
    let ((ask, questions), (reply, replies)) = (channel(), channel());
    let batch = std::thread::spawn(move || answer_lines(&COMPILED, Pipe(questions), &mut Sink(reply)).unwrap());
    for id in 0..3 {
        let question = format!("{{\"id\": {id}, \"account\": \"management\", \"action\": \"s3:GetObject\"}}\n{{\"id\"");
        ask.send(question.trim_start_matches(if id == 0 { "" } else { "{\"id\"" }).as_bytes().to_vec()).unwrap();
        let answer: Value = serde_json::from_slice(&replies.recv().unwrap()).unwrap();
        assert_eq!(answer["id"], id);
    }
    drop(ask);
    assert_eq!(batch.join().unwrap(), BatchSummary { answered: 3, failed: 1 });
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("unplugged"))
    }
}

impl io::Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("full"))
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn broken_streams_stop_the_batch() {
    assert!(matches!(answer_lines(&COMPILED, Broken, &mut Vec::new()), Err(BatchError::Read(_))));
    assert!(matches!(answer_lines(&COMPILED, &b"{}\n"[..], &mut Broken), Err(BatchError::Write(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Any lines, cut anywhere, on any number of threads: one answer for each line, in order, the same bytes.
    #[test]
    fn threads_and_chunks_never_matter(
        lines in prop::collection::vec((0_u32..100_000, 0_usize..6, any::<bool>()), 0..300),
        threads in 1_usize..6,
        piece in 1_usize..5_000,
    ) {
        let accounts = ["shop", "payments", "management", "sandbox-bob", "no-such-account", "214000000001"];
        let mut text = String::new();
        for &(id, account, good) in &lines {
            let (account, tail) = (accounts[account], if good { "}" } else { "" });
            writeln!(text, "{{\"id\": {id}, \"account\": \"{account}\", \"action\": \"s3:GetObject\"{tail}").unwrap();
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut cut = Vec::new();
        let pieces = Pieces { text: text.as_bytes(), size: piece };
        pool.install(|| answer_lines(&COMPILED, pieces, &mut cut)).unwrap();
        let mut whole = Vec::new();
        let summary = answer_lines(&COMPILED, text.as_bytes(), &mut whole).unwrap();
        prop_assert_eq!(&cut, &whole);
        prop_assert_eq!(summary.answered + summary.failed, lines.len() as u64);
        for (&(id, _, good), line) in lines.iter().zip(String::from_utf8(whole).unwrap().lines()) {
            let answer: Value = serde_json::from_str(line).unwrap();
            prop_assert_eq!(&answer["id"], &if good { json!(id) } else { Value::Null });
        }
    }

    /// No bytes stop the batch.
    #[test]
    fn any_bytes_give_a_line_each(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (found, summary) = answers(&bytes);
        prop_assert_eq!(found.len() as u64, summary.answered + summary.failed);
    }
}

/// Gives a text in pieces of a size.
struct Pieces<'t> {
    text: &'t [u8],
    size: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.size.min(self.text.len()).min(buffer.len());
        let (now, later) = self.text.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.text = later;
        Ok(length)
    }
}

/// Any iterator of questions, in its order, with the verdicts that each has alone; also one that has no end.
#[test]
fn questions_from_an_iterator() {
    let actions = ["s3:DeleteBucket", "ec2:RunInstances", "redshift:CreateCluster", "s3:Get*"];
    let accounts = ["shop", "payments", "management", "nobody", "sandbox-alice"];
    let question = |number: usize| Request::new(accounts[number % accounts.len()], actions[number % actions.len()]);
    let found: Vec<_> = decisions(&COMPILED, (0..).map(question)).take(3_000).collect();
    assert_eq!(found.len(), 3_000);
    for (number, found) in found.iter().enumerate() {
        assert_eq!(*found, COMPILED.ask(&question(number)), "{number}");
    }
    let explained: Vec<_> = explanations(&COMPILED, (0..20).map(question)).collect();
    for (explained, decided) in explained.iter().zip(&found) {
        assert_eq!(explained.as_ref().map(|explanation| explanation.decision).ok(), decided.as_ref().ok().copied());
    }
}
