//! The organization in which everything is wrong has every finding, and every state of a guardrail.

use std::collections::BTreeSet;

use scproof_auditor::{Audit, AuditOptions, GuardrailState, Guardrails, audit};
use scproof_organization::Organization;
use scproof_rules::text_risks;
use serde_json::{Value, json};

const UNTIDY: &str = include_str!("../../../../fixtures/organizations/untidy.json");

/// What one snapshot cannot have beside the rest, and why; [`variation`] has it.
const EXCLUDED: [(&str, &str); 5] = [
    ("attachments-without-effect", "no SCP is in force then, so that nothing has an effect"),
    ("management-account-missing", "without the management account no guardrail is `notApplicable`"),
    ("management-account-unknown", "as above, and it cannot be missing and unknown"),
    ("only-full-access", "the root has policies that reach every account"),
    ("policy-type-pending", "SCPs are neither in force nor not"),
];

/// Faults of bytes that no text in a JSON file of this size can have.
const NOT_IN_A_SNAPSHOT: [&str; 2] = ["invalid-utf8", "text-too-long"];

fn audited(snapshot: &Value) -> Audit {
    let organization = Organization::from_json(&snapshot.to_string()).unwrap();
    let options = AuditOptions { guardrails: Guardrails::built_in().to_vec(), ..AuditOptions::default() };
    audit(organization, &options).unwrap()
}

fn untidy() -> Value {
    serde_json::from_str(UNTIDY).unwrap()
}

fn codes(audit: &Audit) -> BTreeSet<&'static str> {
    audit.findings.iter().map(|finding| finding.code).collect()
}

/// The codes of all rules, sorted.
fn rules() -> BTreeSet<&'static str> {
    scproof_rules::rules().map(|rule| rule.code).collect()
}

fn variation(code: &str) -> Value {
    let mut snapshot = untidy();
    if code == "only-full-access" {
        snapshot["Attachments"].as_array_mut().unwrap().retain(|item| item["PolicyId"] == "p-FullAWSAccess");
        snapshot["Unreadable"] = json!([]);
        return snapshot;
    }
    let mut status = |value: &str| snapshot["Roots"][0]["PolicyTypes"][1]["Status"] = json!(value);
    match code {
        "attachments-without-effect" => snapshot["Organization"]["FeatureSet"] = json!("CONSOLIDATED_BILLING"),
        "management-account-missing" => snapshot["Organization"]["MasterAccountId"] = json!("021000000099"),
        "management-account-unknown" => snapshot["Organization"]["MasterAccountId"] = Value::Null,
        "policy-type-pending" => status("PENDING_DISABLE"),
        _ => panic!("{code}"),
    }
    snapshot
}

#[test]
fn every_finding_occurs() {
    let found = codes(&audited(&untidy()));
    let missing: Vec<&str> = rules().into_iter().filter(|code| !found.contains(code)).collect();
    assert_eq!(missing, EXCLUDED.map(|(code, _)| code));
    let missing: Vec<&str> = text_risks().map(|(code, _)| code).filter(|code| !found.contains(code)).collect();
    assert_eq!(missing, NOT_IN_A_SNAPSHOT);
    let mut known = rules();
    known.extend(text_risks().map(|(code, _)| code));
    assert!(found.is_subset(&known), "a code without rule: {found:?}");
}

#[test]
fn what_excludes_each_other_occurs_in_variations() {
    for (code, _) in EXCLUDED {
        assert!(codes(&audited(&variation(code))).contains(code), "{code}");
    }
}

#[test]
fn findings_of_texts_have_a_place() {
    let of_texts: BTreeSet<&str> = text_risks().map(|(code, _)| code).collect();
    for finding in audited(&untidy()).findings.iter().filter(|finding| of_texts.contains(finding.code)) {
        assert!(finding.place.policy.is_some() && finding.place.span.is_some(), "{finding:?}");
    }
}

#[test]
fn every_state_of_a_guardrail_occurs() {
    let states: BTreeSet<GuardrailState> =
        audited(&untidy()).guardrails.iter().flat_map(|report| &report.groups).map(|group| group.state).collect();
    let all = [
        GuardrailState::Hole,
        GuardrailState::Unknown,
        GuardrailState::NotAdopted,
        GuardrailState::HoldsExcept,
        GuardrailState::Holds,
        GuardrailState::NotApplicable,
    ];
    assert_eq!(states, all.into_iter().collect());
}

/// A remedy speaks of conditions that exclude each other only where there are several.
#[test]
fn a_deny_that_never_matches_says_what_is_to_be_corrected() {
    let audit = audited(&untidy());
    let told = |fingerprint: &str| {
        let finding = audit.findings.iter().find(|finding| finding.fingerprint == fingerprint).unwrap();
        (
            finding.message.rsplit_once("meet ").unwrap().1.to_owned(),
            finding.remedy.split(':').next().unwrap().to_owned(),
        )
    };
    let several = "conditions of one statement hold together; write a statement for each alternative, or put the values of one key into one list";
    let expected = [
        ("deny-never-matches:p-draftnames01#5", "its resources", "correct the resources"),
        ("deny-never-matches:p-draftcondit1#12", "its condition", "correct the condition"),
        ("deny-never-matches:p-regionlock01#1", "its conditions together", several),
    ];
    for (fingerprint, what, remedy) in expected {
        assert_eq!(told(fingerprint), (what.to_owned(), remedy.to_owned()));
    }
    // Without an action; no other statement "denies all of it already".
    for fingerprint in ["deny-never-matches:p-draftelement#11", "deny-never-matches:p-draftnames01#0"] {
        let finding = audit.findings.iter().find(|finding| finding.fingerprint == fingerprint).unwrap();
        assert_eq!(finding.remedy, "correct the actions");
    }
}
