//! Comparisons of organizations are exact: the reference evaluator never contradicts them, and never falls outside
//! them.

#![expect(clippy::unwrap_used, reason = "a test helper fails the test by panicking")]

use proptest::collection::vec;
use proptest::prelude::*;
use scproof_evaluator::{EvaluationOptions, Request};
use scproof_organization::{Inventory, Organization};
use scproof_testkit::comparison::{Agreement, Comparison};
use scproof_testkit::strategies;

/// The most combinations of cells to look at in one comparison.
const CELLS: usize = 3_000;

fn check(
    before: &Inventory,
    after: &Inventory,
    options: EvaluationOptions,
    requests: &[Request],
) -> Result<(), TestCaseError> {
    let (Ok(before), Ok(after)) = (Organization::from_inventory(before), Organization::from_inventory(after)) else {
        return Err(TestCaseError::reject("not loadable"));
    };
    // With a closed list of keys a request that gives another key contradicts itself.
    let options = EvaluationOptions { closed_key_list: false, ..options };
    let comparison = Comparison::new(before, after, options).unwrap();
    let faults = comparison.false_witnesses();
    prop_assert!(faults.is_empty(), "{}", faults.join("\n"));
    let faults = comparison.inexact_actions();
    prop_assert!(faults.is_empty(), "{}", faults.join("\n"));
    let (faults, _) = comparison.contradicted_cells(CELLS);
    prop_assert!(faults.is_empty(), "{}", faults.join("\n"));
    for request in requests.iter().filter_map(|request| comparison.complete(request)) {
        if let Agreement::Contradiction(words) = comparison.agreement(&request) {
            return Err(TestCaseError::fail(words));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn on_everything_that_can_be_generated(
        scenario in strategies::scenario(24),
        edits in vec(strategies::edit(strategies::document()), 1..4),
    ) {
        let after = strategies::edited(&scenario.inventory, &edits);
        check(&scenario.inventory, &after, scenario.options, &scenario.requests)?;
    }

    #[test]
    fn where_one_part_decides(
        before in strategies::focused_scenario(12),
        after in strategies::focused_scenario(12),
    ) {
        let requests = [before.requests, after.requests].concat();
        check(&before.inventory, &after.inventory, before.options, &requests)?;
    }
}
