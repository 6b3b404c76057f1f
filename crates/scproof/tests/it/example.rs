//! The example organization that comes with the library.

use scproof::example;
use scproof::rules::Severity;

#[test]
fn it_loads_and_nothing_is_wrong_with_it() {
    let organization = example::organization().unwrap();
    assert_eq!(organization.accounts().len(), 27);
    assert!(organization.findings().iter().all(|finding| finding.severity == Severity::Note));
    assert!(organization.policies().all(|(_, policy)| policy.content.is_some()));
}

#[test]
fn saving_it_gives_what_was_loaded() {
    let inventory = example::inventory().unwrap();
    let folder = std::env::temp_dir().join(format!("scproof-example-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("org.json");
    inventory.save(&file).unwrap();
    let loaded = scproof::snapshot::load(&file).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(loaded.node_count(), example::organization().unwrap().node_count());
}
