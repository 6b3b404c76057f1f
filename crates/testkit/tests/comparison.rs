//! Comparisons of organizations are exact: the reference evaluator never contradicts them, and never falls outside them.

#![expect(clippy::unwrap_used, reason = "a test helper fails the test by panicking")]

use proptest::collection::vec;
use proptest::prelude::*;
use scproof_evaluator::{EvaluationOptions, Request};
use scproof_organization::{AttachmentRecord, Inventory, Organization};
use scproof_testkit::comparison::Comparison;
use scproof_testkit::strategies;

/// A change of an inventory that keeps it loadable.
#[derive(Debug, Clone)]
enum Edit {
    Detach(usize),
    Attach(usize, usize),
    Replace(usize, String),
}

fn edit(document: BoxedStrategy<String>) -> impl Strategy<Value = Edit> {
    prop_oneof![
        1 => any::<usize>().prop_map(Edit::Detach),
        3 => (any::<usize>(), any::<usize>()).prop_map(|(policy, target)| Edit::Attach(policy, target)),
        3 => (any::<usize>(), document).prop_map(|(policy, text)| Edit::Replace(policy, text)),
    ]
}

fn apply(mut inventory: Inventory, edits: &[Edit]) -> Inventory {
    for edit in edits {
        match edit {
            Edit::Detach(index) if !inventory.attachments.is_empty() => {
                inventory.attachments.remove(index % inventory.attachments.len());
            }
            Edit::Attach(policy, target) => {
                let policy = inventory.policies[policy % inventory.policies.len()].id.clone();
                let targets: Vec<String> = inventory
                    .roots
                    .iter()
                    .map(|root| root.id.clone())
                    .chain(inventory.organizational_units.iter().map(|unit| unit.id.clone()))
                    .chain(inventory.accounts.iter().map(|account| account.id.clone()))
                    .collect();
                let target_id = targets[target % targets.len()].clone();
                let new = AttachmentRecord { target_id, policy_id: policy };
                if !inventory.attachments.contains(&new) {
                    inventory.attachments.push(new);
                }
            }
            Edit::Replace(policy, text) => {
                let count = inventory.policies.len();
                inventory.policies[policy % count].content = Some(text.clone());
            }
            Edit::Detach(_) => {}
        }
    }
    inventory
}

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
    for request in requests.iter().filter_map(Comparison::complete) {
        let (fault, _) = comparison.disagreement(&request);
        prop_assert!(fault.is_none(), "{}", fault.unwrap());
    }
    Ok(())
}

proptest! {
    #[test]
    fn on_everything_that_can_be_generated(
        scenario in strategies::scenario(24),
        edits in vec(edit(strategies::document()), 1..4),
    ) {
        let after = apply(scenario.inventory.clone(), &edits);
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
