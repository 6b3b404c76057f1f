//! Entry points for fuzzers: any bytes in, a panic if something does not hold.
//!
//! The bounded run of `tests/fuzz_bounded.rs` and the coverage-guided one of the package `crates/fuzz` call the same
//! functions; `docs/fuzzing.md` says how.

use std::path::Path;

use scproof_auditor::{AuditOptions, Guardrails, Suppressions, audit};
use scproof_catalog::Catalog;
use scproof_denial::{Denial, diagnose};
use scproof_evaluator::{CompiledOrganization, Context, Decision, EvaluationOptions, Request, RequestResource};
use scproof_organization::{ChangeSet, Draft, Inventory, LoadError, Organization};
use scproof_policy_parser::{Parsed, PolicyDocument, PolicyKind, Quotas, locate, minified_len};
use scproof_simulator::{Expectations, Rehearsal, structural_difference};

use crate::reference;

const BASE: &str = include_str!("../../../fixtures/traps/base.json");

/// Texts longer than this are not shown to the reference evaluator, which takes its time.
const REFERENCE_LIMIT: usize = 32 * 1024;

/// Reads the bytes as a policy of either kind. Every diagnostic has a place in the text; a document that can be printed
/// is read back as it was.
///
/// # Panics
///
/// If that does not hold.
pub fn parser(data: &[u8]) {
    for kind in [PolicyKind::ServiceControl, PolicyKind::ResourceControl] {
        let parsed = PolicyDocument::parse_bytes(data, kind);
        places_hold(data, &parsed);
        let (Some(pretty), Some(minified)) = (parsed.document.to_json(), parsed.document.to_minified_json()) else {
            continue;
        };
        for text in [&pretty, &minified] {
            let again = PolicyDocument::parse(text, kind).document;
            assert_eq!(again, parsed.document, "printed as {text}");
        }
        assert_eq!(minified_len(&pretty), minified.chars().count(), "{pretty}");
    }
}

fn places_hold(data: &[u8], parsed: &Parsed) {
    let text = std::str::from_utf8(data).ok();
    for diagnostic in &parsed.diagnostics {
        let span = diagnostic.span().unwrap_or_default();
        let (line, column) = diagnostic.line_and_column().unwrap_or_default();
        assert!(span.start <= span.end && span.end <= data.len(), "{diagnostic:?}");
        assert!(line >= 1 && column >= 1, "{diagnostic:?}");
        assert!(!diagnostic.message.is_empty(), "{diagnostic:?}");
        if let Some(text) = text {
            assert!(text.get(span).is_some(), "{diagnostic:?}");
            let lines = text.split('\n').count();
            assert!(line <= lines, "{diagnostic:?}");
            // A part that is missing has no place of its own; asking for one must not go wrong either.
            let _: Option<std::ops::Range<usize>> = locate(text, &diagnostic.path);
        }
    }
}

/// Attaches the bytes as a policy, asks, and compares with the reference evaluator. Text that is no UTF-8 is left out.
///
/// # Panics
///
/// If the two evaluators differ, or an explanation has another verdict than the decision.
pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(mut inventory) = Inventory::from_json(BASE) else { return };
    let Some(policy) = inventory.policies.first().cloned() else { return };
    inventory.policies.push(scproof_organization::PolicyRecord {
        id: "p-fuzzed0001".to_owned(),
        name: Some("fuzzed".to_owned()),
        arn: None,
        aws_managed: Some(false),
        content: Some(text.to_owned()),
        ..policy
    });
    inventory.attachments.push(scproof_organization::AttachmentRecord {
        target_id: "ou-ab12-prod0001".to_owned(),
        policy_id: "p-fuzzed0001".to_owned(),
    });
    let Some(organization) = accepted(Organization::from_inventory(&inventory)) else { return };
    answers_hold(&organization, &requests("222222222222"), text.len() <= REFERENCE_LIMIT);
}

/// Reads the bytes as a snapshot. What is refused is refused with a reason; what is accepted is saved and read back as
/// it was, compiled and asked.
///
/// # Panics
///
/// If that does not hold.
pub fn snapshot(data: &[u8]) {
    let inventory = match Inventory::from_slice(data) {
        Ok(inventory) => inventory,
        Err(error) => {
            let faults = error.faults();
            assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.message.is_empty()), "{error}");
            return;
        }
    };
    let Some(organization) = accepted(Organization::from_inventory(&inventory)) else { return };
    let mut sorted = inventory.clone();
    sorted.sort();
    assert_eq!(accepted(Inventory::from_json(&inventory.to_json())), Some(sorted));
    let asked: Vec<Request> = organization
        .accounts()
        .take(3)
        .flat_map(|account| requests(organization.node(account).target.as_str()))
        .collect();
    // The findings look at the whole organization; they must come to an end too.
    assert!(organization.findings().iter().all(|finding| !finding.rule.is_empty()));
    answers_hold(&organization, &asked, data.len() <= REFERENCE_LIMIT);
}

/// Reads the bytes as a line of the batch form and asks it.
///
/// # Panics
///
/// If an explanation has another verdict than the decision.
pub fn request(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(mut request) = Request::from_json(text) else { return };
    let Some(organization) = accepted(Organization::from_json(BASE)) else { return };
    // People may write names in any case; the reference knows ids.
    if let Ok(account) = organization.resolve_account(request.account.trim()) {
        organization.node(account).target.as_str().clone_into(&mut request.account);
    }
    answers_hold(&organization, &[request], data.len() <= REFERENCE_LIMIT);
}

/// Reads the bytes as a change file, and as a file of expectations. What is refused is refused with places; changes
/// that are read can be rehearsed, give the same organization step by step and at once, and both evaluators agree about
/// it.
///
/// # Panics
///
/// If that does not hold.
pub fn changes(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(before) = accepted(Organization::from_json(BASE)) else { return };
    if let Err(error) = Expectations::from_json(text).and_then(|expected| expected.bind(&before, &before).map(drop)) {
        faults_hold(&error, text);
    }
    // No file has such a folder.
    let changes = match ChangeSet::from_json(text, Path::new("/nowhere"), &before) {
        Ok(changes) => changes,
        Err(error) => return faults_hold(&error, text),
    };
    let after = changes.apply(&before);
    let mut rehearsal = Rehearsal::new(&before, &changes, Quotas::current());
    let mut draft = Draft::new(&before);
    for (step, change) in rehearsal.by_ref().zip(changes.changes()) {
        let was = draft.organization();
        draft.apply(change);
        let same = structural_difference(&was, &draft.organization()).is_empty();
        assert!(step.is_simulated() || same, "without effect, and yet: {step:?}");
    }
    let stepwise = rehearsal.finish();
    assert!(structural_difference(&stepwise, &after).is_empty(), "step by step and at once differ");
    assert!(after.nodes().all(|(id, node)| after.find_node(&node.target) == Some(id)), "a node is lost");
    let asked: Vec<Request> =
        after.accounts().take(3).flat_map(|account| requests(after.node(account).target.as_str())).collect();
    answers_hold(&after, &asked, data.len() <= REFERENCE_LIMIT);
}

/// Reads the bytes as a file of guardrails, and as one of suppressions. What is refused is refused with places; what is
/// read is asked, alone, of a small organization, and each answer names the guardrail.
///
/// # Panics
///
/// If that does not hold.
pub fn audit_files(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(organization) = accepted(Organization::from_json(BASE)) else { return };
    let suppressions = match Suppressions::from_json(text) {
        Ok(suppressions) => {
            assert!(suppressions.iter().all(|suppression| !suppression.reason.trim().is_empty()));
            suppressions
        }
        Err(error) => {
            faults_hold(&error, text);
            Vec::new()
        }
    };
    let guardrails = match Guardrails::from_json(text) {
        Ok(guardrails) => guardrails.into_list(),
        Err(error) => {
            faults_hold(&error, text);
            Vec::new()
        }
    };
    if guardrails.is_empty() && suppressions.is_empty() {
        return;
    }
    for guardrail in &guardrails {
        assert!(!guardrail.json().is_empty(), "{guardrail:?}");
    }
    let count = guardrails.len();
    let options = AuditOptions { guardrails, suppressions, findings: false, ..AuditOptions::default() };
    // What names accounts that are not there is refused.
    if let Ok(audit) = audit(organization, &options) {
        assert!(audit.guardrails.len() <= count);
    }
}

/// Reads the bytes as what AWS says when it denies a call, and asks the policies about the call.
///
/// # Panics
///
/// If a refusal has no words, or a call that can be asked about has no answer.
pub fn denial(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let denial = match Denial::read(text) {
        Ok(denial) => denial,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let Some(organization) = accepted(Organization::from_json(BASE)) else { return };
    let compiled = CompiledOrganization::compile(organization, EvaluationOptions::default());
    let request = denial.request();
    let answered = compiled.ask(&request).ok();
    match diagnose(&compiled, denial, request) {
        Ok(diagnosis) => assert_eq!(Some(diagnosis.explanation.decision), answered),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn faults_hold(error: &LoadError, text: &str) {
    assert!(!error.faults().is_empty());
    let lines = text.split('\n').count();
    for fault in error.faults() {
        assert!(!fault.message.is_empty(), "{fault:?}");
        assert!(
            fault.line_and_column().is_some_and(|(line, column)| (1..=lines).contains(&line) && column >= 1),
            "{fault:?}"
        );
    }
}

/// What was accepted before must be accepted again.
fn accepted<T>(loaded: Result<T, LoadError>) -> Option<T> {
    assert!(loaded.is_ok(), "accepted, and then refused: {:?}", loaded.err());
    loaded.ok()
}

/// Calls with everything and with nothing known, of kinds that the fixtures' policies speak of.
fn requests(account: &str) -> Vec<Request> {
    let context = Context::new()
        .with("aws:RequestedRegion", "eu-west-1")
        .with("aws:PrincipalTag/team", "red")
        .with("aws:MultiFactorAuthPresent", "false")
        .with("aws:SourceIp", "203.0.113.9")
        .with("aws:CurrentTime", "2026-11-24T12:00:00Z")
        .with_list("aws:TagKeys", ["team", "owner"])
        .with("ec2:InstanceType", "t3.micro")
        .with("s3:max-keys", "10")
        .without("aws:SourceVpce");
    let bucket = RequestResource::Arn("arn:aws:s3:::bucket/red/key".to_owned());
    let instance = RequestResource::Arn(format!("arn:aws:ec2:eu-west-1:{account}:instance/i-1"));
    vec![
        Request::new(account, "s3:GetObject"),
        Request::new(account, "s3:GetObject").with_resource(bucket).with_context(context.clone()),
        Request::new(account, "ec2:RunInstances").with_resource(instance).with_context(context.clone()),
        Request::new(account, "iam:CreateUser")
            .with_principal(format!("arn:aws:iam::{account}:role/team/Admin"))
            .with_resource(RequestResource::NotScoped)
            .with_context(context),
        Request { closed_context: true, ..Request::new(account, "unheard:Of") },
    ]
}

/// Each request has one answer, however it is come by.
fn answers_hold(organization: &Organization, requests: &[Request], with_reference: bool) {
    let options = EvaluationOptions { refine: false, ..EvaluationOptions::default() };
    let plain = CompiledOrganization::compile(organization.clone(), options);
    let refined = CompiledOrganization::compile(organization.clone(), EvaluationOptions::default());
    for request in requests {
        // The reference takes account and principal as given, so short names are written out before it is asked.
        let whole = request.completed(organization).ok().filter(|_| with_reference);
        let expected = whole.map(|whole| reference::decide(organization, Catalog::embedded(), options, &whole));
        let (Ok(query), Ok(refined_query)) = (plain.prepare(request), refined.prepare(request)) else {
            assert!(plain.ask(request).is_err() && refined.ask(request).is_err(), "{request:?}");
            assert!(expected.is_none_or(|expected| expected.is_err()), "only the evaluator refuses {request:?}");
            continue;
        };
        let decision = plain.decide(&query);
        assert_eq!(plain.explain(&query).decision, decision, "{request:?}");
        if let Some(expected) = expected {
            assert_eq!(Ok(decision), expected.map(|expected| expected.decision), "{request:?}");
        }
        // Splitting cases may settle what was open, and changes nothing else (K3-16).
        let better = refined.decide(&refined_query);
        assert_eq!(refined.explain(&refined_query).decision, better, "{request:?}");
        let was_open = decision == Decision::Unknown || decision == Decision::Deny && better.is_denied();
        assert!(better == decision || was_open, "{decision} became {better}: {request:?}");
    }
}
