//! Services and actions by name.

use scproof_catalog::{ActionId, Catalog};

#[test]
fn each_action_is_found_in_any_case() {
    let catalog = Catalog::embedded();
    for id in catalog.actions() {
        let action = catalog.action(id);
        let full = action.full_name();
        for name in [&full, &full.to_ascii_lowercase(), &full.to_ascii_uppercase()] {
            assert_eq!(catalog.find_action(name), Some(id), "{name}");
        }
        assert_eq!(catalog.find_in_service(action.service_id(), action.lower_name()), Some(id));
    }
}

#[test]
fn each_service_is_found_in_any_case() {
    let catalog = Catalog::embedded();
    for id in catalog.services() {
        let prefix = catalog.service_prefix(id);
        assert_eq!(catalog.service(prefix), Some(id));
        assert_eq!(catalog.service(&prefix.to_ascii_uppercase()), Some(id));
    }
}

#[test]
fn doc_21_unknown_names_are_no_error() {
    let catalog = Catalog::embedded();
    let endless = format!("s3:{}", "x".repeat(10_000));
    for name in
        ["", ":", "s3", "s3:", ":GetObject", "s3:GetObjec", "s3:GetObjectt", "s3:*", "*:*", "*", "s3 :GetObject"]
    {
        assert_eq!(catalog.find_action(name), None, "{name}");
    }
    for name in
        ["nosuch:GetObject", "s3:s3:GetObject", "s3:GetObject ", "s3:Get\u{212a}ey", "sThree:\u{1f980}", &endless]
    {
        assert_eq!(catalog.find_action(name), None, "{name}");
    }
    for prefix in ["", "s", "s33", "codestar", "s3:", "\u{17f}3"] {
        assert_eq!(catalog.service(prefix), None, "{prefix}");
    }
    assert_eq!(catalog.find_in_service(catalog.service("s3").unwrap(), "GetObject"), None, "not in lower case");
}

#[test]
fn prefix_range_is_the_naive_filter() {
    let catalog = Catalog::embedded();
    for service in
        catalog.services().filter(|id| ["s3", "ec2", "iam", "sts", "zocalo"].contains(&catalog.service_prefix(*id)))
    {
        let mut prefixes = vec![String::new(), "zzzz".to_owned(), "0".to_owned(), "get".to_owned()];
        for id in catalog.actions_of(service) {
            let name = catalog.action(id).lower_name();
            prefixes.extend((1..=name.len()).filter_map(|length| name.get(..length)).map(str::to_owned));
            prefixes.push(format!("{name}x"));
        }
        prefixes.sort_unstable();
        prefixes.dedup();
        for prefix in prefixes {
            let naive: Vec<ActionId> = catalog
                .actions_of(service)
                .iter()
                .filter(|id| catalog.action(*id).lower_name().starts_with(&prefix))
                .collect();
            let range = catalog.actions_with_name_prefix(service, &prefix);
            assert!(range.iter().eq(naive.iter().copied()), "{prefix}");
            assert_eq!((range.len(), range.is_empty()), (naive.len(), naive.is_empty()));
            assert!(naive.iter().all(|id| range.contains(*id)));
        }
    }
}

#[test]
fn ranges_run_both_ways_and_give_indexes() {
    let catalog = Catalog::embedded();
    let range = catalog.actions_of(catalog.service("sts").unwrap());
    assert!(range.iter().rev().map(ActionId::index).eq(range.indexes().rev()));
    assert_eq!(range.iter().len(), range.len());
    assert!(range.into_iter().next().is_some_and(|first| range.contains(first)));
}

#[test]
fn several_threads_may_open_the_catalog() {
    let found: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| Catalog::embedded().find_action("iam:PassRole"))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(found[0].is_some() && found.iter().all(|id| *id == found[0]));
}
