//! The generator makes what it promises.

use std::collections::BTreeMap;

use scproof_benches::{Random, Shape, Theme, generate, policy_text};
use scproof_organization::{Inventory, Organization};
use scproof_policy_parser::{PolicyDocument, PolicyKind, Severity};

#[test]
fn policies_are_ones_that_aws_accepts() {
    let mut random = Random::new(5);
    for theme in Theme::GUARDS.into_iter().chain(Theme::ALLOW_LISTS) {
        for _ in 0..50 {
            let text = policy_text(theme, &mut random);
            // LIM-2.
            assert!(text.len() <= 10_240, "{theme:?}");
            let parsed = PolicyDocument::parse(&text, PolicyKind::ServiceControl);
            assert!(parsed.document.statements.iter().all(scproof_policy_parser::Statement::is_readable), "{text}");
            for diagnostic in parsed.diagnostics {
                // One in forty allow lists holds the mistake of DOC-19 on purpose.
                let accepted = diagnostic.severity < Severity::Error || diagnostic.rule == "DOC-19";
                assert!(accepted, "{theme:?}: {} at {} in {text}", diagnostic.message, diagnostic.path);
            }
        }
    }
}

#[test]
fn organizations_keep_the_limits_of_aws() {
    for (shape, depth) in [
        (Shape::with_accounts(1_000, 1), 5),
        (Shape::with_accounts(3_000, 2), 5),
        (Shape { depth: 1, units: 9, ..Shape::with_accounts(100, 3) }, 1),
    ] {
        let inventory = generate(&shape);
        let organization = Organization::from_inventory(&inventory).unwrap();
        assert_eq!(organization.accounts().len(), shape.accounts + 1);
        assert_eq!(organization.node_count(), shape.accounts + 1 + shape.units + 1);
        assert_eq!(organization.policies().len(), shape.policies + 1);
        // LIM-4, LIM-6.
        assert!(organization.nodes().all(|(_, node)| (1..=10).contains(&node.scps.len())));
        let deepest = organization.accounts().map(|id| organization.inheritance_path(id).len()).max();
        assert_eq!(deepest, Some(depth + 2));
        let errors: Vec<_> =
            organization.findings().into_iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert_eq!(errors, []);
    }
}

#[test]
fn reuse_is_skewed() {
    let inventory = generate(&Shape::with_accounts(10_000, 1));
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for attachment in &inventory.attachments {
        *uses.entry(&attachment.policy_id).or_default() += 1;
    }
    let full_access = uses.remove("p-FullAWSAccess").unwrap();
    let mut counts: Vec<usize> = uses.into_values().collect();
    counts.sort_unstable_by_key(|count| std::cmp::Reverse(*count));
    let (top, all) = (counts.iter().take(20).sum::<usize>(), counts.iter().sum::<usize>());
    assert!(full_access > 10_000 && top * 2 > all, "{full_access} {top} of {all}");
    // Some units have an allow list in its place.
    let replaced = inventory.organizational_units.len() + inventory.accounts.len() + 1 - full_access;
    assert!((10..60).contains(&replaced), "{replaced}");
}

#[test]
fn a_seed_fixes_the_bytes() {
    let shape = Shape::with_accounts(200, 7);
    let text = generate(&shape).to_json();
    assert_eq!(text, generate(&shape).to_json());
    assert_ne!(text, generate(&Shape { seed: 8, ..shape }).to_json());
    assert_eq!(Inventory::from_json(&text).unwrap().to_json(), text);
}
