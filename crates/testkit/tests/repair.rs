//! Repairs of texts: they undo slips byte for byte, come to an end, and change nothing else that a document says.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use scproof_policy_parser::{PolicyDocument, PolicyKind};
use scproof_prover::{Answer, Permissions, equivalent};
use scproof_rules::Checker;
use scproof_testkit::cores::on_all_cores;
use scproof_testkit::strategies;
use scproof_text::{Message, Repaired, Severity, repair};

/// What the parser says, and what the rules say.
fn check(text: &str) -> Vec<Message> {
    let parsed = PolicyDocument::parse(text, PolicyKind::ServiceControl);
    let found = Checker::default().check(&parsed.document, None);
    parsed.diagnostics.into_iter().chain(found.iter().map(|found| found.diagnostic(text))).collect()
}

/// Slips, each with what it makes of a text.
const SLIPS: &[(&str, &str)] = &[
    ("\"Statement\"", "\"statement\""),
    ("\"Effect\"", "\"Efect\""),
    ("\"Action\"", "\"Actions\""),
    ("\"Resource\"", "\"Resourse\""),
    ("\"NotAction\"", "\"NotActions\""),
    ("\"Condition\"", "\"Conditions\""),
    ("\"Deny\"", "\"deny\""),
    ("\"Allow\"", "\" ALLOW\""),
    ("\"StringEquals\"", "\"StringEqual\""),
    ("\"StringNotEquals\"", "\"stringNotEquals\""),
    ("\"ForAnyValue:", "\"ForAnyValues:"),
    ("\"ArnLike\"", "\"arnlike\""),
    ("\"s3:", "\"s3: "),
    ("\"arn:aws:s3:::", "\"ARN:aws:s3:::"),
    ("\"aws:RequestedRegion\"", "\"aws: RequestedRegion\""),
    ("}\n  ]", "},\n  ]"),
    ("{", "\u{feff}{"),
];

#[test]
fn slips_are_undone_byte_for_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/policies/valid");
    let mut undone = 0;
    let mut used = vec![false; SLIPS.len()];
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let Repaired { text: as_it_was, .. } = repair(&text, &check);
        if as_it_was != text {
            continue;
        }
        for ((right, wrong), used) in SLIPS.iter().zip(&mut used) {
            let broken = text.replacen(right, wrong, 1);
            if broken == text {
                continue;
            }
            let repaired = repair(&broken, &check);
            assert_eq!(repaired.text, text, "{}: {wrong}", path.display());
            undone += 1;
            *used = true;
        }
    }
    let unused: Vec<&str> = SLIPS.iter().zip(&used).filter(|(_, used)| !**used).map(|((slip, _), _)| *slip).collect();
    assert!(undone > 60 && unused.is_empty(), "{undone}, no fixture has {unused:?}");
}

/// Repairs of what works, but is written twice or in another way.
const SAME: [&str; 5] = ["redundant-element", "missing-version", "old-version", "operator-case", "byte-order-mark"];

#[test]
fn repairs_end_and_keep_what_a_document_says() {
    let texts = || prop_oneof![strategies::document(), doubled()];
    on_all_cores(80, texts, |text| {
        let Repaired { text: repaired, fixed, left } = repair(&text, &check);
        let again = repair(&repaired, &check);
        prop_assert_eq!(&again.text, &repaired);
        prop_assert!(again.fixed.is_empty());
        let errors = |found: &[Message]| found.iter().any(|message| message.severity == Severity::Error);
        prop_assert!(errors(&check(&text)) || !errors(&left), "an error is new");
        // What variables say of several values is open, and a proof about them compares more than this repair.
        if repaired != text && !text.contains("${") && fixed.iter().all(|message| SAME.contains(&message.code)) {
            let level = |text: &str| Permissions::of_level(&[text]).unwrap();
            let answer = equivalent(&level(&text), &level(&repaired)).unwrap();
            prop_assert!(!matches!(answer, Answer::No(_)), "{repaired} says something else");
        }
        Ok(())
    });
}

/// Sound documents in which something stands twice.
fn doubled() -> impl Strategy<Value = String> {
    strategies::sound_document().prop_map(|text| {
        let twice = |mut document: serde_json::Value| {
            for statement in document.get_mut("Statement").and_then(|it| it.as_array_mut()).into_iter().flatten() {
                for name in ["Action", "NotAction"] {
                    if let Some(list) = statement.get_mut(name).and_then(|it| it.as_array_mut()) {
                        list.extend(list.clone());
                    }
                }
            }
            document.to_string()
        };
        serde_json::from_str(&text).map_or_else(|_| text.clone(), twice)
    })
}
