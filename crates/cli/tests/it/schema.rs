//! Every JSON that a test looks at is held against its schema: the member `format` says which.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::Value;

use crate::run::{example, repository};

static VALIDATORS: LazyLock<Mutex<BTreeMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// The schema of a format such as `scproof-audit/1`.
fn validator(format: &str) -> Arc<Validator> {
    let mut known = VALIDATORS.lock().expect("no test panics while it holds the lock");
    if let Some(validator) = known.get(format) {
        return Arc::clone(validator);
    }
    let path = repository().join(format!("docs/schemas/{}.json", format.replace('/', "-")));
    let text = fs::read_to_string(&path).expect(format);
    let schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
    assert!(jsonschema::draft202012::meta::is_valid(&schema), "{format}");
    let id = schema.get("$id").and_then(Value::as_str);
    assert!(id.is_some_and(|id| id.ends_with(&format!("/{}.json", format.replace('/', "-")))), "{id:?}");
    let validator = Arc::new(jsonschema::draft202012::new(&schema).expect("a schema can be used"));
    known.insert(format.to_owned(), Arc::clone(&validator));
    validator
}

/// Holds a value against the schema of a format.
pub(crate) fn check_as(format: &str, value: &Value) {
    let errors: Vec<String> =
        validator(format).iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{format}: {}", errors.join("\n"));
}

/// Holds an output against the schema that it names.
pub(crate) fn check(value: &Value) {
    check_as(value.get("format").and_then(Value::as_str).expect("every output names its format"), value);
}

/// What is read has a schema, too, and what comes along fits it.
#[test]
fn inputs_have_schemas() {
    for name in ["example", "untidy"] {
        let text = fs::read_to_string(repository().join(format!("fixtures/organizations/{name}.json"))).expect(name);
        check_as("scproof-inventory/1", &serde_json::from_str(&text).expect(name));
    }
    let page = fs::read_to_string(repository().join("docs/batch.md")).expect("the page on the batch form");
    let questions = page.split("```").find_map(|block| block.strip_prefix("jsonl\n")).expect("questions");
    for line in questions.lines() {
        check_as("scproof-question/1", &serde_json::from_str(line).expect(line));
    }
    let args = [
        "can",
        "shop",
        "s3:GetObject",
        "-p",
        "role/dev",
        "-r",
        "arn:aws:s3:::b/k",
        "-c",
        "a:b=1",
        "-c",
        "a:b=2",
        "--absent",
        "a:c",
    ];
    let answer = example(&[&["--format", "json"], &args[..]].concat()).json();
    check_as("scproof-question/1", answer.get("question").expect("an answer has its question"));
    let page = fs::read_to_string(repository().join("docs/quotas.md")).expect("the page on limits");
    let limits = page.split("```").find_map(|block| block.strip_prefix("json\n")).expect("limits");
    check_as("scproof-limits/1", &serde_json::from_str(limits).expect(limits));
}

/// One naming scheme, and no schema that nothing names.
#[test]
fn schemas_are_named_after_their_formats() {
    for entry in fs::read_dir(repository().join("docs/schemas")).expect("the folder of schemas") {
        let name = entry.expect("it can be read").file_name().into_string().expect("it is UTF-8");
        let stem = name.strip_suffix(".json").expect("a schema ends in .json");
        let (kind, version) = stem.rsplit_once('-').expect("a version");
        assert!(kind.starts_with("scproof-") && version.parse::<u8>().is_ok(), "{name}");
        // Builds it, and looks at its `$id`.
        drop(validator(&format!("{kind}/{version}")));
    }
}
