//! Reports serialize as what is printed as JSON.

use scproof::ask::{Caller, CompiledOrganization, EvaluationOptions, Request};
use scproof::example;
use scproof::report::{Answer, Effective, Format, Report, Style, Tree, WhoCanReport};
use serde_json::Value;

fn printed(report: &Report<'_>) -> Value {
    let mut bytes = Vec::new();
    report.write(Format::Json, Style::plain(), &mut bytes).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn as_they_are_printed() {
    let compiled = CompiledOrganization::compile(example::organization().unwrap(), EvaluationOptions::default());
    let organization = compiled.organization();

    let request = Request::new("shop", "s3:DeleteBucket");
    let explanation = compiled.answer(&request).unwrap();
    let answer = Answer { organization, request: &request, explanation: &explanation, if_role_has_no_path: None };
    let value = serde_json::to_value(answer).unwrap();
    assert_eq!((&value["format"], &value["decision"]), (&"scproof-answer/2".into(), &"unknown".into()));
    assert_eq!(value, printed(&Report::Answer(&answer)));

    let caller = Caller { account: "payments".to_owned(), ..Caller::default() };
    let permissions = compiled.effective(&caller).unwrap();
    let effective = Effective { organization, caller: &caller, permissions: &permissions, full: false };
    assert_eq!(serde_json::to_value(effective).unwrap(), printed(&Report::Effective(&effective)));

    let accounts: Vec<_> = organization.accounts().collect();
    let question = Request::new("", "s3:DeleteBucket");
    let who_can = compiled.who_can(&question, &accounts).unwrap();
    let report = WhoCanReport {
        organization,
        program: vec!["scproof".to_owned()],
        request: &question,
        who_can: &who_can,
        scope: Vec::new(),
        full: false,
    };
    assert_eq!(serde_json::to_value(&report).unwrap(), printed(&Report::WhoCan(&report)));

    let tree = Tree { organization, targets: Vec::new(), policies: false, findings: organization.findings() };
    assert_eq!(serde_json::to_value(Report::Tree(&tree)).unwrap(), printed(&Report::Tree(&tree)));
}
