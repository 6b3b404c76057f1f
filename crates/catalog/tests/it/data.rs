//! The embedded data is sorted, unique and well-formed.

use std::collections::BTreeSet;

use scproof_catalog::{AccessLevel, Catalog};

#[test]
fn the_data_says_where_it_is_from() {
    let catalog = Catalog::embedded();
    assert_eq!(catalog.version(), "0.1.202610271");
    assert_eq!(catalog.date(), "2026-10-27");
    assert!(catalog.source().contains("Service Authorization Reference"));
    assert_eq!(catalog.services().len(), 457);
    assert_eq!(catalog.action_count(), 22_321);
    assert_eq!(catalog.actions().len(), catalog.action_count());
}

#[test]
fn services_are_sorted_unique_and_well_formed() {
    let catalog = Catalog::embedded();
    let prefixes: Vec<&str> = catalog.services().map(|id| catalog.service_prefix(id)).collect();
    assert!(prefixes.is_sorted_by(|one, other| one < other));
    for prefix in prefixes {
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(!prefix.is_empty() && prefix.bytes().all(good), "{prefix}");
    }
    assert!(catalog.services().all(|id| !catalog.service_name(id).is_empty()));
}

#[test]
fn actions_are_sorted_unique_and_well_formed() {
    let catalog = Catalog::embedded();
    let rows: Vec<_> = catalog.actions().iter().map(|id| catalog.action(id)).collect();
    assert!(rows.is_sorted_by(|one, other| {
        (one.service(), one.lower_name()) < (other.service(), other.lower_name()) && one.id() < other.id()
    }));
    for (index, action) in rows.iter().enumerate() {
        assert_eq!(action.id().index(), index);
        assert_eq!(catalog.action_at(index), Some(action.id()));
        let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        assert!(!action.name().is_empty() && action.name().bytes().all(good), "{action}");
        assert_eq!(action.lower_name(), action.name().to_ascii_lowercase());
    }
    assert_eq!(catalog.action_at(rows.len()), None);
}

#[test]
fn actions_of_the_services_are_all_actions_in_order() {
    let catalog = Catalog::embedded();
    let joined: Vec<_> = catalog.services().flat_map(|service| catalog.actions_of(service)).collect();
    assert!(joined.iter().copied().eq(catalog.actions()));
    for service in catalog.services() {
        assert!(!catalog.actions_of(service).is_empty());
        assert!(catalog.actions_of(service).iter().all(|id| catalog.action(id).service_id() == service));
    }
}

#[test]
fn resource_types_are_sorted_unique_and_well_formed() {
    let catalog = Catalog::embedded();
    let mut count = 0;
    for service in catalog.services() {
        let names: Vec<_> = catalog.resource_types_of(service).map(|kind| kind.name().to_ascii_lowercase()).collect();
        assert!(names.is_sorted_by(|one, other| one < other), "{}", catalog.service_prefix(service));
        count += names.len();
        for kind in catalog.resource_types_of(service) {
            assert_eq!(kind.service_id(), service);
            assert!(kind.arn_pattern().starts_with("arn:${Partition}:"), "{kind:?}");
            assert!(kind.arn_patterns().all(|form| form.splitn(6, ':').count() == 6), "{kind:?}");
            assert!(kind.arn_patterns().all(|form| !form.contains(' ')), "{kind:?}");
        }
    }
    assert_eq!(count, 2_348);
}

#[test]
fn each_access_level_occurs() {
    let catalog = Catalog::embedded();
    let levels: BTreeSet<_> = catalog.actions().iter().map(|id| catalog.action(id).access_level()).collect();
    assert_eq!(levels.into_iter().collect::<Vec<_>>(), AccessLevel::ALL);
    let level = |name| catalog.action(catalog.find_action(name).unwrap()).access_level().to_string();
    assert_eq!(level("s3:ListBucket"), "List");
    assert_eq!(level("s3:GetObject"), "Read");
    assert_eq!(level("s3:PutObject"), "Write");
    assert_eq!(level("s3:PutObjectTagging"), "Tagging");
    assert_eq!(level("s3:PutBucketPolicy"), "Permissions management");
}

#[test]
fn action_touches_the_types_of_both_of_its_pages() {
    // Elastic Load Balancing has a page for each of its two generations.
    let catalog = Catalog::embedded();
    let action = catalog.action(catalog.find_action("elasticloadbalancing:CreateLoadBalancer").unwrap());
    let types: Vec<&str> = action.resource_types().map(|(kind, _)| kind.name()).collect();
    assert!(types.contains(&"loadbalancer") && types.contains(&"loadbalancer/net/"), "{types:?}");
}

#[test]
fn rcp_services_are_services() {
    let catalog = Catalog::embedded();
    assert!(catalog.rcp_services().is_sorted_by(|one, other| one < other));
    assert!(catalog.rcp_services().iter().all(|prefix| catalog.service(prefix).is_some()));
    assert!(["kms", "s3", "secretsmanager", "sqs", "sts"].iter().all(|prefix| catalog.rcp_services().contains(prefix)));
}

#[test]
fn doc_24_services_with_bare_resource_names() {
    let bare = Catalog::embedded().services_without_resource_type_prefix();
    assert!(bare.is_sorted_by(|one, other| one < other));
    for prefix in ["codecommit", "execute-api", "s3", "sns", "sqs", "wafv2"] {
        assert!(bare.iter().any(|service| service == prefix), "{prefix}");
    }
    // These document a bare resource of another service (an S3 bucket, an SNS topic, a web ACL), none of their own.
    for prefix in ["apprunner", "devops-guru", "ssm"] {
        assert!(!bare.iter().any(|service| service == prefix), "{prefix}");
    }
    for prefix in ["ec2", "iam", "lambda"] {
        assert!(!bare.iter().any(|service| service == prefix), "{prefix}");
    }
}
