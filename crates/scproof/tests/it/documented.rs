//! `docs/batch.md` and the README say what the program does.

use std::fs;
use std::path::Path;

use scproof::ask::{CompiledOrganization, EvaluationOptions, Reason, answer_lines};
use scproof::example;
use serde_json::Value;

fn page() -> (std::path::PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/batch.md");
    let text = fs::read_to_string(&path).unwrap();
    (path, text)
}

fn ask(questions: &str) -> String {
    let compiled = CompiledOrganization::compile(example::organization().unwrap(), EvaluationOptions::default());
    let mut answers = Vec::new();
    answer_lines(&compiled, questions.as_bytes(), &mut answers).unwrap();
    String::from_utf8(answers).unwrap()
}

/// `UPDATE_DOCS=1` writes the answers anew.
#[test]
fn the_answers_of_the_page_are_the_answers() {
    let (path, text) = page();
    let blocks: Vec<&str> = text.split("```").filter_map(|block| block.strip_prefix("jsonl\n")).collect();
    let &[questions, answers] = blocks.as_slice() else { panic!("questions and answers: {} blocks", blocks.len()) };
    let found = ask(questions);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, text.replacen(answers, &found, 1)).unwrap();
    } else {
        assert_eq!(found, answers, "run `UPDATE_DOCS=1 cargo test -p scproof`");
    }
}

#[test]
fn the_errors_of_the_page_are_the_errors() {
    let (_, text) = page();
    let errors = text.split("## Errors").nth(1).unwrap();
    let mut examples = 0;
    for row in errors.lines().filter_map(|line| line.strip_prefix("| `")).skip(1) {
        let (kind, row) = row.split_once('`').unwrap();
        let Some((_, example)) = row.split_once("| `{") else { continue };
        let question = format!("{{{}", example.trim_end_matches("` |"));
        let answer: Value = serde_json::from_str(&ask(&question)).unwrap();
        assert_eq!(answer["error"]["kind"], kind, "{question}");
        examples += 1;
    }
    assert!(examples >= 10, "{examples}");
}

#[test]
fn every_reason_is_on_the_page() {
    let (_, text) = page();
    let reasons = [
        Reason::AllowedAtEveryLevel,
        Reason::CannotBeDenied,
        Reason::DenyStatement,
        Reason::NoAllow,
        Reason::DeniedEitherWay,
        Reason::Undecided,
        Reason::ConsolidatedBilling,
        Reason::PolicyTypeDisabled,
        Reason::ManagementAccount,
        Reason::ServiceLinkedRole,
        Reason::ServicePrincipal,
        Reason::OutsideAccount,
        Reason::Anonymous,
    ];
    for reason in reasons {
        assert!(text.contains(&format!("| `{}` |", reason.as_str())), "{reason:?}");
    }
}
