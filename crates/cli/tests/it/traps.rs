//! The traps of `fixtures/traps`, asked of the binary in the batch form: what a user of the command line gets.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use scproof_testkit::traps::{Cases, load_traps};
use serde_json::{Value, json};

use crate::run::{command, finish};

/// The wire names of `undecided` as the fixtures spell them.
fn question_text(question: &Value) -> String {
    let (kind, value) = question.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "key" | "rule" => value.as_str().unwrap().to_owned(),
        "policy" | "attachments" => format!("{kind}:{}", value.as_str().unwrap()),
        _ => kind.clone(),
    }
}

#[test]
fn trap_1_to_trap_85_in_the_batch_form() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("org.json");
    let mut asked = 0;
    for trap in load_traps().unwrap() {
        let Cases::Decide(cases) = &trap.cases else { continue };
        std::fs::write(&file, trap.snapshot().unwrap().to_string()).unwrap();
        let mut questions = String::new();
        for (number, case) in cases.iter().enumerate() {
            let mut question = case.request_json.clone();
            question["id"] = json!(number);
            writeln!(questions, "{question}").unwrap();
        }
        let mut batch = command(&["--org", file.to_str().unwrap(), "can", "--requests", "-"]);
        let run = finish(&mut batch, questions.as_bytes());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", trap.id);
        let answers = run.lines();
        assert_eq!(answers.len(), cases.len(), "{}", trap.id);
        for (number, (case, answer)) in cases.iter().zip(&answers).enumerate() {
            let place = format!("{} case {number}: {answer}", trap.id);
            asked += 1;
            assert_eq!(answer["id"], number, "{place}");
            assert_eq!(answer["decision"], case.decision().unwrap().as_str(), "{place}");
            if let (Some(expected), "explicitDeny") = (case.determining_set(), answer["decision"].as_str().unwrap()) {
                let found: BTreeSet<_> = answer["determining"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|statement| {
                        let text = |name: &str| statement[name].as_str().unwrap().to_owned();
                        let index = usize::try_from(statement["statement"].as_u64().unwrap()).unwrap();
                        (text("targetId"), text("policyId"), index)
                    })
                    .collect();
                assert_eq!(found, expected, "{place}");
            }
            if let Some(expected) = &case.levels_without_allow {
                assert_eq!(answer["levelsWithoutAllow"], json!(expected), "{place}");
            }
            if answer["decision"] == "unknown" {
                let found: Vec<String> = answer["undecided"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|question| question_text(question).to_ascii_lowercase())
                    .collect();
                for expected in case.undecided.iter().flatten() {
                    assert!(found.contains(&expected.to_ascii_lowercase()), "{expected} in {place}");
                }
                assert!(answer["dependsOn"].is_string(), "{place}");
            }
        }
    }
    assert!(asked > 150, "only {asked} cases");
}
