//! What is rare in the example organization: unreadable parts, hostile names, many statements.

use insta::assert_snapshot;
use scproof_evaluator::{CompiledOrganization, EvaluationOptions, Request};
use scproof_organization::Organization;
use scproof_report::{Answer, Format, Report, Style};
use serde_json::{Value, json};

use crate::impact::{check_text, fits_columns};

/// An organization of one account under one unit; `policies` hang at the unit beside FullAWSAccess.
fn organization(unit: &str, policies: &[Value], unreadable: bool) -> Organization {
    let full = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let mut list = vec![json!({
        "Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "Content": full,
    })];
    let mut attachments: Vec<Value> = ["r-ab12", "ou-ab12-unit0001", "222222222222"]
        .map(|target| json!({"TargetId": target, "PolicyId": "p-FullAWSAccess"}))
        .to_vec();
    for (number, content) in policies.iter().enumerate() {
        let id = format!("p-policy{number:04}");
        list.push(
            json!({"Id": id, "Name": format!("policy {number}"), "Type": "SERVICE_CONTROL_POLICY", "Content": content}),
        );
        attachments.push(json!({"TargetId": "ou-ab12-unit0001", "PolicyId": id}));
    }
    let gaps = if unreadable {
        json!([{"TargetId": "ou-ab12-unit0001", "Operation": "ListPoliciesForTarget", "Error": "AccessDeniedException"}])
    } else {
        json!([])
    };
    let snapshot = json!({
        "Format": "scproof-inventory/1",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
        "Roots": [{"Id": "r-ab12", "Name": "Root"}],
        "OrganizationalUnits": [{"Id": "ou-ab12-unit0001", "Name": unit, "ParentId": "r-ab12"}],
        "Accounts": [{"Id": "222222222222", "Name": "shop", "State": "ACTIVE", "ParentId": "ou-ab12-unit0001"}],
        "Policies": list, "Attachments": attachments, "Unreadable": gaps,
    });
    Organization::from_json(&snapshot.to_string()).unwrap()
}

fn page(organization: Organization, request: &Request) -> String {
    let compiled = CompiledOrganization::compile(organization, EvaluationOptions::default());
    let explanation = compiled.explain(&compiled.prepare(request).unwrap());
    let answer =
        Answer { organization: compiled.organization(), request, explanation: &explanation, if_role_has_no_path: None };
    let written = |format: Format, style: Style| {
        let mut bytes = Vec::new();
        Report::Answer(&answer).write(format, style, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let page = written(Format::Text, Style::plain());
    assert!(written(Format::Text, Style::coloured()).len() > page.len());
    for width in [60, 80, 120] {
        fits_columns(&written(Format::Text, Style::plain().with_width(width)), width).unwrap();
    }
    check_text(&written(Format::Markdown, Style::plain())).unwrap();
    let full = written(Format::Json, Style::plain());
    assert_eq!(serde_json::from_str::<Value>(&full).unwrap()["decision"], explanation.decision.as_str());
    page
}

#[test]
fn k3_13_attachments_that_could_not_be_read() {
    let request = Request::new("shop", "s3:GetObject");
    assert_snapshot!(page(organization("Prod", &[], true), &request));
}

#[test]
fn k3_14_a_statement_that_could_not_be_read() {
    let broken = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Broken", "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEqual": {"aws:username": "x"}}},
        {"Effect": "Dney", "Action": "s3:*", "Resource": "*"},
    ]});
    assert_snapshot!(page(organization("Prod", &[broken], false), &Request::new("shop", "s3:GetObject")));
}

/// Whatever people write into names and policies, it cannot draw on a terminal, and the table keeps its columns.
#[test]
fn names_from_outside_are_shown_as_they_are() {
    let policy = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::\u{1b}[2J\u{202e}",
    }});
    let text = page(organization("生産\u{1b}]0;x\u{7}", &[policy], false), &Request::new("shop", "s3:GetObject"));
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    assert_snapshot!(text);
}

#[test]
fn of_many_statements_only_the_places_are_listed() {
    let policy = |number: usize| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Sid": format!("S{number}"), "Effect": "Deny", "Action": "s3:*", "Resource": "*"},
        ]})
    };
    let policies: Vec<Value> = (0..8).map(policy).collect();
    assert_snapshot!(page(organization("Prod", &policies, false), &Request::new("shop", "s3:GetObject")));
}
