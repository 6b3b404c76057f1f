//! An audit that is ended before it began tells what needs no proof, and claims nothing else.

use scproof_auditor::{Audit, AuditOptions, GuardrailState, Guardrails, audit};
use scproof_organization::Organization;
use scproof_prover::{Limits, Stop};

fn example(stop: &Stop) -> Audit {
    let organization =
        Organization::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/organizations/example.json")).unwrap();
    let options = AuditOptions {
        guardrails: Guardrails::built_in().to_vec(),
        limits: Limits { stop: stop.clone(), ..Limits::default() },
        ..AuditOptions::default()
    };
    audit(organization, &options).unwrap()
}

#[test]
fn what_is_not_settled_is_unknown() {
    let stop = Stop::default();
    let whole = example(&stop);
    stop.stop();
    let stopped = example(&stop);
    let mut unknown = 0;
    for (whole, stopped) in whole.guardrails.iter().zip(&stopped.guardrails) {
        let state_in = |report: &scproof_auditor::GuardrailReport, account| {
            report.groups.iter().find(|group| group.accounts.contains(&account)).unwrap().state
        };
        for account in whole.groups.iter().flat_map(|group| &group.accounts) {
            let (before, after) = (state_in(whole, *account), state_in(stopped, *account));
            unknown += usize::from(after == GuardrailState::Unknown);
            // What is told otherwise is told as unknown: nothing holds, and nothing has a hole, that was not looked at.
            assert!(
                before == after || after == GuardrailState::Unknown,
                "{}: {before:?}, {after:?}",
                whole.guardrail.id
            );
        }
    }
    assert!(unknown > 0);
    // Classes take no action for blocked or free that is not.
    let of = |audit: &Audit, account| {
        audit.classes.iter().find(|class| class.accounts.contains(&account)).map(|class| class.counts).unwrap()
    };
    for account in &whole.scope.accounts {
        let (before, after) = (of(&whole, *account), of(&stopped, *account));
        assert!(after.never_blocked <= before.never_blocked && after.always_blocked <= before.always_blocked);
    }
    // Findings are some of those that there are.
    assert!(stopped.findings.iter().all(|finding| whole.findings.contains(finding)));
}
