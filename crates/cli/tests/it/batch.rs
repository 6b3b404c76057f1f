//! `scproof can --requests`: wiring only; the library's tests hold the form.

use std::fmt::Write as _;

use crate::run::{Run, command, finish};

fn batch(args: &[&str], questions: &str) -> Run {
    finish(&mut command(&[&["--org", "example"], args, &["can", "--requests", "-"]].concat()), questions.as_bytes())
}

#[test]
fn answers_stand_in_the_order_of_the_questions() {
    let mut questions = String::new();
    for id in 0..500 {
        writeln!(questions, "{{\"id\": {id}, \"account\": \"shop\", \"action\": \"s3:Action{}\"}}", id % 7).unwrap();
    }
    let one = batch(&["--threads", "1"], &questions);
    let many = batch(&["--threads", "7"], &questions);
    assert_eq!((one.code, &one.stderr), (0, &String::new()));
    assert_eq!(one.stdout, many.stdout);
    for (id, line) in one.lines().iter().enumerate() {
        assert_eq!(line["id"], id);
    }
}

#[test]
fn a_bad_line_does_not_stop_the_others() {
    let questions = "{\"id\": \"a\", \"account\": \"shp\", \"action\": \"s3:GetObject\"}\nnonsense\n\
                     {\"id\": \"b\", \"account\": \"management\", \"action\": \"s3:GetObject\"}\n";
    let run = batch(&[], questions);
    assert_eq!(run.code, 3);
    insta::assert_snapshot!(run.page());
}

#[test]
fn questions_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("questions.jsonl");
    std::fs::write(&file, "{\"account\": \"management\", \"action\": \"s3:GetObject\"}\n").unwrap();
    let run = finish(&mut command(&["--org", "example", "can", "--requests", file.to_str().unwrap()]), b"");
    assert_eq!((run.code, run.lines().len()), (0, 1));
    let run = finish(&mut command(&["--org", "example", "can", "--requests", "nowhere.jsonl"]), b"");
    assert_eq!(run.code, 3);
    assert!(run.stderr.starts_with("error: cannot read `nowhere.jsonl`\n"), "{}", run.stderr);
}

#[test]
fn a_file_and_a_question_exclude_each_other() {
    let run = finish(&mut command(&["--org", "example", "can", "shop", "s3:GetObject", "--requests", "-"]), b"");
    assert_eq!(run.code, 2);
    let run = finish(&mut command(&["--org", "example", "can", "--requests", "-", "--region", "eu-west-1"]), b"");
    assert_eq!(run.code, 2);
}
