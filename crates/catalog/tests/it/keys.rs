//! Condition keys.

use scproof_catalog::{Catalog, ConditionKey, ValueType};

#[expect(clippy::unwrap_used, reason = "the tests below ask for keys that are there")]
fn key(name: &str) -> ConditionKey<'static> {
    Catalog::embedded().condition_key(name).ok_or(name).unwrap()
}

#[test]
fn keys_are_sorted_unique_and_found_in_any_case() {
    let catalog = Catalog::embedded();
    let names: Vec<String> = catalog.condition_keys().map(|key| key.name().to_ascii_lowercase()).collect();
    assert!(names.is_sorted_by(|one, other| one < other));
    for key in catalog.condition_keys() {
        for name in [key.name().to_owned(), key.name().to_ascii_lowercase(), key.name().to_ascii_uppercase()] {
            assert_eq!(catalog.condition_key(&name), Some(key), "{name}");
        }
        assert!(key.services().is_sorted_by(|one, other| one < other));
        assert!(key.services().len() > 0 || key.is_global() || key.name().starts_with("kms:"), "{key:?}");
    }
}

#[test]
fn the_key_of_a_service_is_the_key_of_the_index() {
    let catalog = Catalog::embedded();
    let mut pairs = 0;
    for service in catalog.services() {
        for (key, value_type) in catalog.condition_keys_of(service) {
            pairs += 1;
            assert!(key.services().any(|id| id == service), "{key:?}");
            assert!(!value_type.is_array() || key.is_multivalued(), "{key:?}");
            assert_eq!(value_type.element(), key.value_type().element(), "{key:?}");
        }
    }
    assert_eq!(pairs, 2_595);
    assert_eq!(catalog.condition_keys().map(|key| key.services().len()).sum::<usize>(), pairs);
}

#[test]
fn doc_31_placeholders_stand_for_any_text_but_none() {
    for (name, expected) in [
        ("aws:ResourceTag/team", "aws:ResourceTag/${TagKey}"),
        ("AWS:RESOURCETAG/TEAM", "aws:ResourceTag/${TagKey}"),
        ("aws:RequestTag/a/b:c", "aws:RequestTag/${TagKey}"),
        ("aws:PrincipalTag/caf\u{e9}", "aws:PrincipalTag/${TagKey}"),
        ("s3:ExistingObjectTag/x", "s3:ExistingObjectTag/<key>"),
        ("kms:EncryptionContext:AppName", "kms:EncryptionContext:${EncryptionContextKey}"),
        ("kms:EncryptionContextKeys", "kms:EncryptionContextKeys"),
        ("rds:db-tag/env", "rds:db-tag/${TagKey}"),
        ("codebuild:secondarySources/s1.location", "codebuild:secondarySources/${sourceIdentifier}.location"),
        ("events:metadata/a", "events:metadata/${metadataKey}"),
        ("events:metadata/a/matcher", "events:metadata/${metadataKey}/matcher"),
    ] {
        assert!(key(name).name().eq_ignore_ascii_case(expected), "{name} gives {:?}", key(name));
    }
    for name in
        ["aws:ResourceTag", "aws:ResourceTag/", "kms:EncryptionContext:", "codebuild:secondarySources/.location"]
    {
        assert_eq!(Catalog::embedded().condition_key(name), None, "{name}");
    }
    assert!(key("aws:ResourceTag/team").has_placeholder());
    assert!(!key("aws:TagKeys").has_placeholder());
}

#[test]
fn doc_32_unknown_keys_are_no_error() {
    let catalog = Catalog::embedded();
    for name in ["", ":", "aws:", "aws:Foo", "aws:SourceIp ", "SourceIp", "s3:\u{1f980}", "${TagKey}"] {
        assert_eq!(catalog.condition_key(name), None, "{name}");
    }
}

#[test]
fn ctx_1_to_56_global_keys_have_their_types() {
    let catalog = Catalog::embedded();
    assert_eq!(catalog.global_condition_keys().count(), 61);
    for (name, expected) in [
        ("aws:PrincipalArn", ValueType::Arn),                        // CTX-1
        ("aws:PrincipalOrgPaths", ValueType::ArrayOfString),         // CTX-4
        ("aws:PrincipalIsAWSService", ValueType::Bool),              // CTX-6
        ("aws:PrincipalServiceNamesList", ValueType::ArrayOfString), // CTX-8
        ("aws:userid", ValueType::String),                           // CTX-10
        ("aws:TokenIssueTime", ValueType::Date),                     // CTX-14
        ("aws:MultiFactorAuthAge", ValueType::Numeric),              // CTX-17
        ("ec2:RoleDelivery", ValueType::Numeric),                    // CTX-22
        ("lambda:SourceFunctionArn", ValueType::Arn),                // CTX-26
        ("aws:SourceIp", ValueType::IpAddress),                      // CTX-29
        ("aws:VpceOrgPaths", ValueType::ArrayOfString),              // CTX-35
        ("aws:ResourceOrgPaths", ValueType::ArrayOfString),          // CTX-39
        ("aws:CalledVia", ValueType::ArrayOfString),                 // CTX-41
        ("aws:CalledViaFirst", ValueType::String),                   // CTX-42
        ("aws:RequestedRegion", ValueType::String),                  // CTX-50
        ("aws:TagKeys", ValueType::ArrayOfString),                   // CTX-52
        ("aws:SourceOrgPaths", ValueType::ArrayOfString),            // CTX-55
    ] {
        assert!(key(name).is_global(), "{name}");
        assert_eq!(key(name).value_type(), expected, "{name}");
        assert_eq!(key(name).is_multivalued(), expected.is_array(), "{name}");
    }
    assert!(!key("s3:prefix").is_global());
    let multivalued = catalog.global_condition_keys().filter(|key| key.is_multivalued());
    assert_eq!(
        multivalued.map(ConditionKey::name).collect::<Vec<_>>(),
        [
            "aws:CalledVia",
            "aws:PrincipalOrgPaths",
            "aws:PrincipalServiceNamesList",
            "aws:ResourceOrgPaths",
            "aws:SourceOrgPaths",
            "aws:TagKeys",
            "aws:VpceOrgPaths",
            // CTX-28 has it single-valued as a session's key; two services list it as an array of their own.
            "identitystore:UserId",
        ]
    );
}

#[test]
fn key_that_sources_type_differently_is_multivalued() {
    let catalog = Catalog::embedded();
    let key = key("identitystore:UserId");
    assert_eq!(key.value_type(), ValueType::ArrayOfString);
    let given: Vec<ValueType> = key
        .services()
        .filter_map(|service| catalog.condition_keys_of(service).find(|(other, _)| *other == key))
        .map(|(_, value_type)| value_type)
        .collect();
    assert!(given.contains(&ValueType::String) && given.contains(&ValueType::ArrayOfString), "{given:?}");
}

#[test]
fn key_of_a_resource_type_is_not_the_actions_own() {
    let catalog = Catalog::embedded();
    let action = catalog.action(catalog.find_action("rds:CreateDBInstance").unwrap());
    assert!(action.condition_keys().iter().all(|key| key.name() != "rds:DatabaseEngine"));
    let (db, _) = action.resource_types().find(|(kind, _)| kind.name() == "db").unwrap();
    assert!(db.keys().listed().any(|key| key.name() == "rds:DatabaseEngine"));
}

#[test]
fn key_that_nobody_defines_is_a_string() {
    let catalog = Catalog::embedded();
    let key = key("kms:RecipientAttestation:PCR8:ServiceName");
    assert_eq!((key.value_type(), key.services().len()), (ValueType::String, 0));
    let decrypt = catalog.action(catalog.find_action("kms:Decrypt").unwrap());
    assert!(decrypt.condition_keys().contains(&key));
}

/// Defined and listed nowhere: nothing follows.
#[test]
fn call_9_some_keys_are_listed_nowhere() {
    let catalog = Catalog::embedded();
    let is_listed = |name: &str| catalog.is_listed(catalog.condition_key(name).unwrap());
    assert!(!is_listed("states:HTTPEndpoint") && !is_listed("lambda:SourceFunctionArn"));
    assert!(is_listed("ec2:InstanceType") && is_listed("rds:DatabaseEngine") && is_listed("aws:RequestTag/team"));
}
