//! The traps about texts, sizes, counts and snapshots (TRAP-76 to TRAP-78, TRAP-80, TRAP-82): no evaluator is asked.

#![expect(clippy::unwrap_used, reason = "a test helper fails the test by panicking")]

use scproof_organization::{AccountId, Inventory, Organization};
use scproof_policy_parser::{
    Message, PolicyDocument, PolicyKind, Quotas, Severity, ValidationOptions, minified_len, validate,
};
use scproof_testkit::traps::{Cases, ExpectedDiagnostic, SnapshotCase, Trap, ValidateCase, load_traps};
use serde_json::{Value, json};

/// The limits before and after 2026-05-15 (LIM-2, LIM-4).
fn quotas(limit: Option<usize>) -> Quotas {
    if limit.is_some() { Quotas::on("2026-05-14").unwrap() } else { Quotas::current() }
}

fn document_holds(case: &ValidateCase, expected: &ExpectedDiagnostic) -> bool {
    let mut text = case.document.as_ref().unwrap().text();
    if expected.form.as_deref() == Some("minified") {
        let minified = PolicyDocument::parse(&text, PolicyKind::ServiceControl).document.to_minified_json().unwrap();
        assert_eq!(minified_len(&text), minified.chars().count(), "LIM-1");
        text = minified;
    }
    let options = ValidationOptions { quotas: quotas(expected.limit), ..ValidationOptions::default() };
    let found = validate(&text, PolicyKind::ServiceControl, &options).diagnostics;
    let fits = |diagnostic: &Message| {
        diagnostic.severity.as_str() == expected.severity
            && expected.rule.as_deref().is_none_or(|rule| rule == diagnostic.rule)
            && expected.path.as_deref().is_none_or(|path| path == diagnostic.path.to_string())
    };
    let serious = found.iter().any(|diagnostic| diagnostic.severity > Severity::Note);
    if expected.severity == "ok" { !serious } else { found.iter().any(fits) }
}

/// TRAP-78: so many SCPs attached directly to each target.
fn counts_hold(trap: &Trap, case: &ValidateCase, expected: &ExpectedDiagnostic) -> bool {
    let mut snapshot = trap.snapshot().unwrap();
    for (target, count) in case.attached.as_ref().unwrap() {
        // `FullAWSAccess` is attached already, and counts.
        for number in 1..*count {
            let id = format!("p-counted{number:02}{}", target.replace('-', ""));
            let policy = json!({"Id": id, "Type": "SERVICE_CONTROL_POLICY", "Content":
                "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"a4b:*\",\"Resource\":\"*\"}}"});
            push(&mut snapshot, "Policies", policy);
            push(&mut snapshot, "Attachments", json!({"TargetId": target, "PolicyId": id}));
        }
    }
    let organization = Organization::from_json(&snapshot.to_string()).unwrap();
    let limits = expected.limit.map_or_else(Quotas::current, |limit| {
        Quotas::from_json(&json!([{"name": "max_scps_per_target", "value": limit}]).to_string()).unwrap()
    });
    let too_many: Vec<_> =
        organization.findings_with(&limits).into_iter().filter(|finding| finding.rule == "LIM-4").collect();
    match expected.severity.as_str() {
        "ok" => too_many.is_empty(),
        _ => too_many
            .iter()
            .any(|finding| finding.item.as_deref().unwrap().contains(expected.target.as_deref().unwrap())),
    }
}

fn push(snapshot: &mut Value, list: &str, item: Value) {
    snapshot.get_mut(list).and_then(Value::as_array_mut).unwrap().push(item);
}

fn snapshot_holds(trap: &Trap, case: &SnapshotCase) -> bool {
    let text = trap.snapshot_with(case).unwrap();
    match (Inventory::from_json(&text).and_then(|inventory| Organization::from_inventory(&inventory)), &case.expect) {
        (Ok(organization), expected) if expected.load == "ok" => {
            let id = AccountId::parse(expected.id.as_deref().unwrap()).unwrap();
            let node = organization.node(organization.account(&id).unwrap());
            let state = node.account.as_ref().and_then(|account| account.state.as_ref());
            state.map(|state| state.as_str().to_owned()) == expected.state
        }
        (Err(error), expected) if expected.load == "error" => {
            let rule = expected.rule.as_deref();
            rule.is_none_or(|rule| error.faults().iter().any(|fault| fault.rule == rule))
        }
        _ => false,
    }
}

#[test]
fn texts_sizes_counts_and_snapshots() {
    let mut held = 0;
    for trap in load_traps().unwrap() {
        match &trap.cases {
            Cases::Validate(cases) => {
                for case in cases {
                    for expected in &case.expect {
                        let holds = if case.document.is_some() {
                            document_holds(case, expected)
                        } else {
                            counts_hold(&trap, case, expected)
                        };
                        assert!(holds, "{}: {case:?}: {expected:?}", trap.id);
                        held += 1;
                    }
                }
            }
            Cases::Snapshot(cases) => {
                for case in cases {
                    assert!(snapshot_holds(&trap, case), "{}: {case:?}", trap.id);
                    held += 1;
                }
            }
            Cases::Decide(_) | Cases::Deferred => {}
        }
    }
    assert_eq!(held, 17, "every case of these traps");
}
