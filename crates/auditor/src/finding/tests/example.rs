//! The example organization that scproof comes with.

use std::fmt::Write as _;

use scproof_evaluator::{CompiledOrganization, EvaluationOptions};
use scproof_organization::Organization;

use crate::model::Evidence;

const SNAPSHOT: &str = include_str!("../../../../../fixtures/organizations/example.json");

#[test]
fn the_example_organization() {
    let organization = Organization::from_json(SNAPSHOT).unwrap();
    let compiled = CompiledOrganization::compile(organization, EvaluationOptions::default());
    let mut page = String::new();
    for finding in super::all(&compiled) {
        writeln!(page, "{} {} ({} accounts)", finding.risk, finding.fingerprint, finding.accounts.len()).unwrap();
        writeln!(page, "  {}", finding.message).unwrap();
        if let Evidence::Witness(words, witnesses) | Evidence::Condition(words, _, witnesses) = &finding.evidence {
            writeln!(page, "  {words}").unwrap();
            for witness in witnesses {
                let request = &witness.request;
                let principal = request.principal.as_deref().unwrap_or("anybody");
                writeln!(page, "  {principal} {} → {}", request.action, witness.decision).unwrap();
            }
        }
    }
    insta::assert_snapshot!(page);
}
