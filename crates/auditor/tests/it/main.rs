//! Files of guardrails and of suppressions, and the guardrails that scproof brings along.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests, which may panic")]

mod built_in;
mod guardrails;
mod stopped;
mod suppressions;
mod untidy;

use std::fs;
use std::path::Path;

use scproof_organization::LoadError;
use serde_json::Value;

/// A file of `docs`.
fn documentation(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
}

fn validator(name: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&documentation(&format!("schemas/{name}"))).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    jsonschema::draft202012::new(&schema).unwrap()
}

/// The JSON examples of a page of documentation.
fn examples(page: &str) -> Vec<String> {
    let text = documentation(page);
    let blocks = text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(str::to_owned).collect()
}

fn codes(error: &LoadError) -> Vec<String> {
    error.faults().iter().map(|fault| format!("{} at {}", fault.code, fault.path)).collect()
}

/// Faults as a person sees them, with their help.
fn shown(error: &LoadError) -> String {
    let lines = error.faults().iter().map(|fault| {
        let help = fault.help.as_ref().map_or(String::new(), |help| format!("\n    help: {help}"));
        format!("{} [{}]{help}\n", fault, fault.code)
    });
    lines.collect()
}
