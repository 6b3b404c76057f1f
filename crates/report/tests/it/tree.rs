//! The organization in every format.

use insta::assert_snapshot;
use scproof_organization::Organization;
use scproof_report::{Format, Report, Style, Tree};

use crate::impact::{check_text, fits_columns, hostile};

fn written(tree: &Tree<'_>, format: Format, width: usize) -> String {
    let mut bytes = Vec::new();
    Report::Tree(tree).write(format, Style::plain().with_width(width), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn small() -> Organization {
    let snapshot = serde_json::json!({
        "Format": "scproof-inventory/1", "TakenAt": "2026-11-23T19:00:00Z",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
        "Roots": [{"Id": "r-ab12", "Name": "Root"}],
        "OrganizationalUnits": [{"Id": "ou-ab12-unit0001", "Name": "Workloads that face customers", "ParentId": "r-ab12"}],
        "Accounts": [
            {"Id": "111111111111", "Name": "main", "ParentId": "r-ab12"},
            {"Id": "222222222222", "Name": "shop", "State": "SUSPENDED", "ParentId": "ou-ab12-unit0001"},
        ],
        "Policies": [
            {"Id": "p-policy0001", "Name": "deny-leaving-the-organization", "Type": "SERVICE_CONTROL_POLICY", "Content":
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#},
            {"Id": "p-policy0002", "Name": "a|b `c`", "Type": "SERVICE_CONTROL_POLICY"},
        ],
        "Attachments": [
            {"TargetId": "r-ab12", "PolicyId": "p-policy0001"},
            {"TargetId": "ou-ab12-unit0001", "PolicyId": "p-policy0001"},
            {"TargetId": "222222222222", "PolicyId": "p-policy0002"},
        ],
        "Unreadable": [{"TargetId": "222222222222", "Operation": "ListPoliciesForTarget", "Error": "AccessDeniedException"}],
    });
    Organization::from_json(&snapshot.to_string()).unwrap()
}

#[test]
fn as_text_at_every_width() {
    let organization = small();
    let findings = organization.findings();
    for policies in [false, true] {
        let tree = Tree { organization: &organization, targets: Vec::new(), policies, findings: findings.clone() };
        for width in [60, 80, 120] {
            let page = written(&tree, Format::Text, width);
            fits_columns(&page, width).unwrap();
            if width == 60 {
                assert_snapshot!(page);
            }
        }
    }
}

#[test]
fn as_markdown_and_csv() {
    let organization = small();
    let tree =
        Tree { organization: &organization, targets: Vec::new(), policies: true, findings: organization.findings() };
    assert_snapshot!(written(&tree, Format::Markdown, 80));
    assert_snapshot!(written(&tree, Format::Csv, 80));
}

#[test]
fn texts_from_outside_stay_text() {
    let organization = hostile();
    let tree =
        Tree { organization: &organization, targets: Vec::new(), policies: true, findings: organization.findings() };
    for width in [60, 80, 120] {
        fits_columns(&written(&tree, Format::Text, width), width).unwrap();
    }
    let page = written(&tree, Format::Markdown, 80);
    assert_eq!(check_text(&page).unwrap(), ["Policies"]);
    for line in written(&tree, Format::Csv, 80).lines() {
        assert!(!line.starts_with(['=', '+', '-', '@']), "{line}");
    }
}
