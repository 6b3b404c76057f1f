//! Answers of many accounts of generated organizations: JSON fits its schema, text its width, CSV is one line an
//! account.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use proptest::prelude::*;
use scproof_evaluator::{Caller, CompiledOrganization, EvaluationOptions, Request};
use scproof_organization::{NodeId, Organization};
use scproof_report::{EffectiveSet, Format, Report, Style, WhoCanReport};
use scproof_testkit::strategies;
use serde_json::Value;

use crate::impact::{check_markdown, close, fits_columns};

fn validator(name: &str) -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas").join(name);
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    close(&mut schema);
    jsonschema::draft202012::new(&schema).unwrap()
}

fn valid(validator: &jsonschema::Validator, bytes: &[u8]) -> Result<Value, TestCaseError> {
    let value: Value = serde_json::from_slice(bytes).unwrap();
    if let Err(error) = validator.validate(&value) {
        return Err(TestCaseError::fail(format!("{error} at {}", error.instance_path())));
    }
    Ok(value)
}

fn written(report: Report<'_>, format: Format, width: usize) -> String {
    let mut bytes = Vec::new();
    report.write(format, Style::plain().with_width(width), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The cells of a line, without their quotes.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.last_mut().unwrap().push(character),
        }
    }
    cells
}

/// Renders in every format, and checks what must hold for every report.
fn check(report: &WhoCanReport<'_>, validator: &jsonschema::Validator) -> Result<(), TestCaseError> {
    let value = valid(validator, written(Report::WhoCan(report), Format::Json, 80).as_bytes())?;
    let asked = value["summary"]["asked"].as_u64().unwrap();
    let listed: usize =
        value["groups"].as_array().unwrap().iter().map(|it| it["accounts"].as_array().unwrap().len()).sum();
    prop_assert_eq!(asked, listed as u64);
    for full in [false, true] {
        let report = WhoCanReport { full, ..report.clone() };
        for width in [60, 80, 120] {
            fits_columns(&written(Report::WhoCan(&report), Format::Text, width), width)?;
        }
        let page = written(Report::WhoCan(&report), Format::Markdown, 80);
        prop_assert!(page.len() < 65_536);
        check_markdown(&page)?;
    }
    let sheet = written(Report::WhoCan(report), Format::Csv, 80);
    prop_assert_eq!(sheet.lines().count() as u64, asked + 1);
    for cell in sheet.lines().skip(1).flat_map(cells) {
        prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_report_is_well_formed(scenario in strategies::scenario(4)) {
        let validator = validator("scproof-who-can-2.json");
        let options = EvaluationOptions { refine: true, ..scenario.options };
        let organization = Organization::from_inventory(&scenario.inventory).unwrap();
        let compiled = CompiledOrganization::compile(organization.clone(), options);
        let accounts: Vec<NodeId> = organization.accounts().collect();
        for request in &scenario.requests {
            let principal = request.principal.as_deref().filter(|text| !text.starts_with("arn:"));
            let request = Request { account: String::new(), principal: principal.map(str::to_owned), ..request.clone() };
            let Ok(who_can) = compiled.who_can(&request, &accounts) else { continue };
            let report = WhoCanReport {
                organization: &organization,
                program: ["scproof", "--org", "org.json"].map(str::to_owned).to_vec(),
                request: &request,
                who_can: &who_can,
                scope: vec!["=cmd()".to_owned()],
                full: false,
            };
            check(&report, &validator)?;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn every_set_is_well_formed(scenario in strategies::scenario(1)) {
        let validator = validator("scproof-effective-set-2.json");
        let organization = Organization::from_inventory(&scenario.inventory).unwrap();
        let compiled = CompiledOrganization::compile(organization.clone(), scenario.options);
        let accounts: Vec<NodeId> = organization.accounts().collect();
        let caller = Caller::default();
        let groups = compiled.effective_set(&caller, &accounts).unwrap();
        let set = EffectiveSet {
            organization: &organization, target: organization.root(), caller: &caller, groups: &groups, full: false,
        };
        valid(&validator, written(Report::EffectiveSet(&set), Format::Json, 80).as_bytes())?;
        fits_columns(&written(Report::EffectiveSet(&set), Format::Text, 80), 80)?;
    }
}

/// Names that would draw on a terminal, run in a spreadsheet, or write on a page.
#[test]
fn hostile_names_do_no_harm() {
    let account = |id: &str, name: &str| serde_json::json!({"Id": id, "ParentId": "r-ab12", "Name": name});
    let inventory = serde_json::json!({
        "Format": "scproof-inventory/1", "TakenAt": "2026-11-24T00:00:00Z",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111",
            "Arn": "arn:aws:organizations::111111111111:organization/o-exampleorg1"},
        "Roots": [{"Id": "r-ab12", "Name": "Root", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}],
        "OrganizationalUnits": [],
        "Accounts": [account("111111111111", "=1+1"), account("222222222222", "\u{1b}[2J"),
            account("333333333333", "@all \"<b>\"")],
        "Policies": [{"Id": "p-aaaaaaaa", "Name": "-cmd", "Type": "SERVICE_CONTROL_POLICY",
            "Content": r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#}],
        "Attachments": [{"PolicyId": "p-aaaaaaaa", "TargetId": "222222222222"}, {"PolicyId": "p-aaaaaaaa", "TargetId": "r-ab12"}]
    });
    let organization = Organization::from_json(&inventory.to_string()).unwrap();
    let compiled = CompiledOrganization::compile(organization.clone(), EvaluationOptions::default());
    let accounts: Vec<NodeId> = organization.accounts().collect();
    let request = Request::new("", "s3:GetObject");
    let who_can = compiled.who_can(&request, &accounts).unwrap();
    let report = WhoCanReport {
        organization: &organization,
        program: vec!["scproof".to_owned()],
        request: &request,
        who_can: &who_can,
        scope: Vec::new(),
        full: false,
    };
    check(&report, &validator("scproof-who-can-2.json")).unwrap();
    assert_snapshot!(written(Report::WhoCan(&report), Format::Csv, 80));
    assert_snapshot!(written(Report::WhoCan(&report), Format::Markdown, 80));
}
