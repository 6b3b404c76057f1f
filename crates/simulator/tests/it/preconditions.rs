//! PRE-3: the exceptions that AWS would answer with, each with its names and numbers.

use proptest::prelude::*;
use scproof_organization::{Change, ChangeSet, Draft, Organization, OuId, PolicyId, Target};
use scproof_policy_parser::Quotas;
use scproof_simulator::{PredictedFailure, Rehearsal, predict, structural_difference};
use serde_json::{Value, json};

use crate::{DENY, base, base_with, limits, load, push, rehearse, rehearse_with};

/// `exception reason rule` of every failure, with `?` if unsure and `-` if without effect.
fn short(failures: &[PredictedFailure]) -> Vec<String> {
    let mark = |failure: &PredictedFailure| {
        format!("{}{}", if failure.unsure { " ?" } else { "" }, if failure.simulated { "" } else { " -" })
    };
    failures
        .iter()
        .map(|failure| {
            let (exception, rule) = (failure.exception, failure.message.rule);
            format!("{} {} {rule}{}", exception.name, exception.reason.unwrap_or("-"), mark(failure))
        })
        .collect()
}

/// The failures of the last of some changes.
fn last(organization: &Organization, list: &Value) -> Vec<PredictedFailure> {
    rehearse(organization, list).pop().unwrap().failures
}

/// The only failure of the last of some changes.
fn only(organization: &Organization, list: &Value) -> PredictedFailure {
    let failures = last(organization, list);
    assert_eq!(failures.len(), 1, "{failures:#?}");
    failures[0].clone()
}

fn attach(policy: &str, target: &str) -> Value {
    json!({"Operation": "AttachPolicy", "Policy": policy, "Target": target})
}

fn detach(policy: &str, target: &str) -> Value {
    json!({"Operation": "DetachPolicy", "Policy": policy, "Target": target})
}

fn create(name: &str, content: &str) -> Value {
    json!({"Operation": "CreatePolicy", "Name": name, "Content": content})
}

/// Policies `extra0`, `extra1`, …, the first ones attached to Prod.
fn with_policies(count: usize, attached: usize) -> Organization {
    base_with(|value| {
        for number in 0..count {
            let id = format!("p-extra00{number:03}");
            push(
                value,
                "Policies",
                json!({"Id": id, "Name": format!("extra{number}"), "Type": "SERVICE_CONTROL_POLICY", "Content": DENY}),
            );
            if number < attached {
                push(value, "Attachments", json!({"TargetId": "ou-ab12-prod0001", "PolicyId": id}));
            }
        }
    })
}

#[test]
fn pre_3_a_change_that_aws_makes_has_no_failure() {
    let organization = load(&base());
    for step in rehearse(
        &organization,
        &json!([
            create("new", DENY),
            attach("new", "Prod"),
            detach("FullAWSAccess", "Prod"),
            attach("FullAWSAccess", "Prod"),
            {"Operation": "UpdatePolicy", "Policy": "new", "Content": DENY, "Name": "newer", "Description": "x"},
            detach("newer", "Prod"),
            {"Operation": "DeletePolicy", "Policy": "newer"},
            {"Operation": "CreateOrganizationalUnit", "Name": "Fresh", "Parent": "Test"},
            {"Operation": "CreateAccount", "AccountName": "young", "Email": "young@example.com"},
            {"Operation": "MoveAccount", "Account": "young", "SourceParent": "Root", "DestinationParent": "Work/Test/Fresh"},
            {"Operation": "MoveOrganizationalUnit", "OrganizationalUnit": "Work", "DestinationParent": "Prod"},
            {"Operation": "DisablePolicyType"},
            {"Operation": "EnablePolicyType"},
        ]),
    ) {
        assert_eq!(short(&step.failures), [""; 0], "{}", step.description);
        assert!(step.is_simulated());
    }
}

#[test]
fn lim_4_pre_3_the_eleventh_scp_of_a_target() {
    let organization = with_policies(10, 8);
    let steps =
        rehearse(&organization, &json!([attach("extra8", "Prod"), attach("extra9", "Prod"), attach("DenyS3", "Prod")]));
    assert_eq!(steps[0].failures, []);
    let failure = &steps[1].failures[0];
    assert_eq!(
        failure.to_string(),
        "ConstraintViolationException (MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED): the organizational unit `Prod` would have 11 SCPs, of at most 10"
    );
    assert_eq!((failure.message.rule, failure.unsure, failure.simulated), ("LIM-4", false, true));
    // It is attached all the same, so that its effect shows; the next one meets that state.
    assert!(steps[2].failures[0].message.message.contains("12 SCPs, of at most 10"));
    // What is inherited does not count, and quotas are data.
    assert_eq!(last(&organization, &json!([attach("extra9", "shop")])), []);
    let list = json!([attach("DenyS3", "shop")]);
    assert!(
        rehearse_with(&organization, &list, &limits("max_scps_per_target", 1))[0].failures[0]
            .message
            .message
            .contains("2 SCPs, of at most 1")
    );
}

#[test]
fn lim_4_pre_3_the_last_scp_of_a_target() {
    let organization = load(&base());
    let failure = only(&organization, &json!([detach("FullAWSAccess", "Prod")]));
    assert_eq!(
        failure.to_string(),
        "ConstraintViolationException (MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED): the organizational unit `Prod` would have 0 SCPs, of at least 1"
    );
    assert!(failure.simulated);
    // Order matters: attach first, then detach.
    assert_eq!(last(&organization, &json!([attach("DenyS3", "Prod"), detach("FullAWSAccess", "Prod")])), []);
}

#[test]
fn pre_3_attached_already_and_not_attached() {
    let organization = load(&base());
    let failure = only(&organization, &json!([attach("FullAWSAccess", "Prod")]));
    assert_eq!(
        failure.to_string(),
        "DuplicatePolicyAttachmentException: `FullAWSAccess` is attached to the organizational unit `Prod` already"
    );
    assert!(!failure.simulated);
    let twice = last(&organization, &json!([attach("DenyS3", "Prod"), attach("DenyS3", "Prod")]));
    assert_eq!(short(&twice), ["DuplicatePolicyAttachmentException - PRE-3 -"]);
    let failure = only(&organization, &json!([detach("DenyS3", "shop")]));
    assert_eq!(
        failure.to_string(),
        "PolicyNotAttachedException: `DenyS3` is not attached directly to the account `shop`"
    );
}

#[test]
fn k3_13_what_could_not_be_read_is_not_predicted() {
    let organization = base_with(|value| {
        value["Unreadable"] = json!([{"TargetId": "ou-ab12-prod0001", "Operation": "ListPoliciesForTarget"}]);
    });
    assert_eq!(last(&organization, &json!([detach("DenyS3", "Prod")])), []);
    assert_eq!(last(&organization, &json!([detach("FullAWSAccess", "Prod")])), []);
    let steps = rehearse(&organization, &json!([attach("DenyS3", "Prod")]));
    assert_eq!(steps[0].notices[0].code, "attachments-unknown");
}

#[test]
fn exm_1_exm_2_pre_3_the_type_is_not_in_force() {
    let off = base_with(|value| {
        value["Roots"][0]["PolicyTypes"] = json!([]);
        value["Attachments"] = json!([]);
    });
    let list = json!([attach("DenyS3", "Prod")]);
    assert_eq!(short(&last(&off, &list)), ["PolicyTypeNotEnabledException - EXM-2 -"]);
    assert_eq!(
        short(&last(&off, &json!([{"Operation": "DisablePolicyType"}]))),
        ["PolicyTypeNotEnabledException - EXM-3 -"]
    );
    assert_eq!(last(&off, &json!([{"Operation": "EnablePolicyType"}, attach("DenyS3", "Prod")])), []);
    let billing = base_with(|value| value["Organization"]["FeatureSet"] = json!("CONSOLIDATED_BILLING"));
    assert_eq!(short(&last(&billing, &list)), ["PolicyTypeNotEnabledException - EXM-1 -"]);
    assert_eq!(
        short(&last(&billing, &json!([{"Operation": "EnablePolicyType"}]))),
        ["PolicyTypeNotAvailableForOrganizationException - EXM-1 -"]
    );
    assert_eq!(
        short(&last(&billing, &json!([create("x", DENY)]))),
        ["PolicyTypeNotAvailableForOrganizationException - EXM-1"]
    );
    assert_eq!(
        last(
            &billing,
            &json!([{"Operation": "EnableAllFeatures"}, {"Operation": "EnablePolicyType"}, attach("DenyS3", "Prod")])
        ),
        []
    );
    let on = load(&base());
    assert_eq!(
        short(&last(&on, &json!([{"Operation": "EnablePolicyType"}]))),
        ["PolicyTypeAlreadyEnabledException - EXM-3 -"]
    );
    assert_eq!(
        short(&last(&on, &json!([{"Operation": "EnableAllFeatures"}]))),
        ["HandshakeConstraintViolationException ORGANIZATION_ALREADY_HAS_ALL_FEATURES EXM-1 -"]
    );
    let pending = base_with(|value| value["Roots"][0]["PolicyTypes"][0]["Status"] = json!("PENDING_ENABLE"));
    for list in [list, json!([{"Operation": "EnablePolicyType"}]), json!([{"Operation": "DisablePolicyType"}])] {
        assert_eq!(short(&last(&pending, &list)), ["PolicyChangesInProgressException - EXM-2 ?"]);
    }
}

#[test]
fn pre_3_malformed_and_too_long_texts() {
    let organization = load(&base());
    let failure = only(
        &organization,
        &json!([create(
            "x",
            "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"deny\", \"Action\": \"s3:*\"}}"
        )]),
    );
    assert_eq!((failure.exception.name, failure.exception.reason), ("MalformedPolicyDocumentException", None));
    assert!(
        failure.message.message.starts_with("1:40: ") && failure.message.message.contains("; 1:51: "),
        "{}",
        failure.message.message
    );
    assert!(failure.simulated && !failure.unsure);
    let no_json = only(&organization, &json!([{"Operation": "UpdatePolicy", "Policy": "DenyS3", "Content": "{"}]));
    assert_eq!(no_json.exception.name, "MalformedPolicyDocumentException");
    // DOC-2: whether AWS takes it is not documented.
    let empty = only(&organization, &json!([create("x", "{\"Version\": \"2012-10-17\", \"Statement\": []}")]));
    assert!(empty.unsure, "{empty}");

    let padded = |length: usize| format!("{DENY}{}", " ".repeat(length - DENY.len()));
    assert_eq!(last(&organization, &json!([create("x", &padded(10_240))])), []);
    let failure = only(&organization, &json!([create("x", &padded(10_241))]));
    assert_eq!(
        failure.to_string(),
        "ConstraintViolationException (POLICY_CONTENT_LIMIT_EXCEEDED): the text has 10241 of at most 10240 characters"
    );
    // LIM-1: the text counts as it stands.
    assert_eq!(
        (failure.message.rule, failure.message.help.as_deref()),
        ("LIM-2", Some("without white space outside strings it has 87, which fits"))
    );
    let list = json!([{"Operation": "UpdatePolicy", "Policy": "DenyS3", "Content": padded(5_121)}]);
    assert_eq!(rehearse(&organization, &list)[0].failures, []);
    let before_2026 = Quotas::on("2026-05-14").unwrap();
    assert_eq!(
        rehearse_with(&organization, &list, &before_2026)[0].failures[0].exception.reason,
        Some("POLICY_CONTENT_LIMIT_EXCEEDED")
    );
}

#[test]
fn lim_7_quotas_of_rcps_are_unsure() {
    let rcp =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}"#;
    let organization = base_with(|value| {
        for number in 0..6 {
            let id = format!("p-rcp0000{number}");
            push(
                value,
                "Policies",
                json!({"Id": id, "Name": format!("rcp{number}"), "Type": "RESOURCE_CONTROL_POLICY", "Content": rcp}),
            );
            if number < 5 {
                push(value, "Attachments", json!({"TargetId": "ou-ab12-prod0001", "PolicyId": id}));
            }
        }
    });
    let failure = only(&organization, &json!([attach("rcp5", "Prod")]));
    assert_eq!(
        short(std::slice::from_ref(&failure)),
        ["ConstraintViolationException MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED LIM-7 ?"]
    );
    assert!(failure.message.message.contains("6 RCPs, of at most 5"));
    let long = format!("{rcp}{}", " ".repeat(5_121 - rcp.len()));
    let failure = only(&organization, &json!([{"Operation": "UpdatePolicy", "Policy": "rcp0", "Content": long}]));
    assert_eq!(short(&[failure]), ["ConstraintViolationException POLICY_CONTENT_LIMIT_EXCEEDED LIM-7 ?"]);
    // Only SCPs must be at least one.
    assert_eq!(last(&organization, &json!([attach("rcp0", "shop"), detach("rcp0", "shop")])), []);
}

#[test]
fn pre_3_rcp_3_policies_of_aws() {
    let organization = base_with(|value| {
        push(
            value,
            "Policies",
            json!({"Id": "p-RCPFullAWSAccess", "Name": "RCPFullAWSAccess", "Type": "RESOURCE_CONTROL_POLICY", "AwsManaged": true,
            "Content": "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}}"}),
        );
        push(value, "Attachments", json!({"TargetId": "r-ab12", "PolicyId": "p-RCPFullAWSAccess"}));
    });
    assert_eq!(
        only(&organization, &json!([detach("RCPFullAWSAccess", "Root")])).to_string(),
        "InvalidInputException (NON_DETACHABLE_POLICY): `RCPFullAWSAccess` can never be detached"
    );
    assert_eq!(
        only(&organization, &json!([{"Operation": "UpdatePolicy", "Policy": "FullAWSAccess", "Content": DENY}]))
            .to_string(),
        "InvalidInputException (IMMUTABLE_POLICY): `FullAWSAccess` is AWS's own policy"
    );
    assert_eq!(
        short(&last(&organization, &json!([{"Operation": "DeletePolicy", "Policy": "FullAWSAccess"}]))),
        ["InvalidInputException IMMUTABLE_POLICY PRE-3", "PolicyInUseException - PRE-3"]
    );
}

#[test]
fn pre_3_deleting_what_is_attached() {
    let organization = load(&base());
    let delete = json!({"Operation": "DeletePolicy", "Policy": "DenyS3"});
    assert_eq!(last(&organization, &json!([delete])), []);
    let failure = only(&organization, &json!([attach("DenyS3", "Prod"), attach("DenyS3", "shop"), delete]));
    assert_eq!(failure.to_string(), "PolicyInUseException: `DenyS3` is attached to `Prod`, `shop`");
    let many: Vec<Value> =
        ["Root", "Prod", "Work", "Test", "rig"].iter().map(|target| attach("DenyS3", target)).chain([delete]).collect();
    assert!(only(&organization, &json!(many)).message.message.ends_with(" and 2 more"));
}

#[test]
fn lim_8_names() {
    let organization = load(&base());
    let failure = only(&organization, &json!([create("DenyS3", DENY)]));
    assert_eq!(
        failure.to_string(),
        "DuplicatePolicyException: the policy `p-denys3aaaa` has the name `DenyS3`; names are unique in an organization"
    );
    assert!(failure.simulated);
    let rename = |name: &str| json!([{"Operation": "UpdatePolicy", "Policy": "DenyS3", "Name": name}]);
    assert_eq!(last(&organization, &rename("DenyS3")), []);
    assert_eq!(short(&last(&organization, &rename("FullAWSAccess"))), ["DuplicatePolicyException - LIM-8"]);
    assert_eq!(short(&last(&organization, &rename(""))), ["InvalidInputException MIN_LENGTH_EXCEEDED LIM-8"]);
    assert_eq!(last(&organization, &rename(&"ü".repeat(128))), []);
    assert_eq!(
        only(&organization, &rename(&"ü".repeat(129))).message.message,
        "the policy's name has 129 of at most 128 characters"
    );
    let describe = json!([{"Operation": "UpdatePolicy", "Policy": "DenyS3", "Description": "x".repeat(513)}]);
    assert_eq!(
        only(&organization, &describe).message.message,
        "the policy's description has 513 of at most 512 characters"
    );
    let unit = |name: &str| json!([{"Operation": "CreateOrganizationalUnit", "Parent": "Root", "Name": name}]);
    assert_eq!(only(&organization, &unit(&"x".repeat(129))).exception.reason, Some("MAX_LENGTH_EXCEEDED"));
    let account = |name: &str| json!([{"Operation": "CreateAccount", "AccountName": name}]);
    assert_eq!(last(&organization, &account(&"x".repeat(50))), []);
    assert_eq!(
        only(&organization, &account(&"x".repeat(51))).message.message,
        "the account's name has 51 of at most 50 characters"
    );
    assert_eq!(only(&organization, &account("Zürich")).exception.reason, Some("INVALID_PATTERN"));
}

#[test]
fn lim_6_sizes_of_the_organization() {
    let organization = load(&base());
    let unit = json!([{"Operation": "CreateOrganizationalUnit", "Parent": "Root", "Name": "x"}]);
    let failure = &rehearse_with(&organization, &unit, &limits("max_organizational_units", 3))[0].failures[0];
    assert_eq!(
        failure.to_string(),
        "ConstraintViolationException (OU_NUMBER_LIMIT_EXCEEDED): the organization would have 4 organizational units, of at most 3"
    );
    let policy = json!([create("x", DENY)]);
    let failure = &rehearse_with(&organization, &policy, &limits("max_scps", 1))[0].failures[0];
    assert_eq!(failure.message.message, "the organization would have 2 SCPs, of at most 1");
    assert_eq!(failure.exception.reason, Some("POLICY_NUMBER_LIMIT_EXCEEDED"));
    let account = json!([{"Operation": "CreateAccount", "AccountName": "x"}]);
    let failure = &rehearse_with(&organization, &account, &limits("max_accounts", 4))[0].failures[0];
    assert_eq!((failure.exception.reason, failure.unsure), (Some("ACCOUNT_NUMBER_LIMIT_EXCEEDED"), false));
    // AWS raises the default on request: an organization at the default may have had that already.
    let failure = &rehearse_with(&organization, &account, &limits("default_max_accounts", 4))[0].failures[0];
    assert!(failure.unsure && failure.message.message.contains("5 accounts, of at most 4"));
    assert_eq!(rehearse_with(&organization, &account, &limits("default_max_accounts", 3))[0].failures, []);
}

#[test]
fn lim_6_pre_3_units_nested_too_deep() {
    let organization = load(&base());
    let nest =
        |name: &str, parent: &str| json!({"Operation": "CreateOrganizationalUnit", "Name": name, "Parent": parent});
    // Work is level 1, Test level 2.
    let deep = json!([nest("Three", "Test"), nest("Four", "Three"), nest("Five", "Four"), nest("Six", "Five")]);
    let steps = rehearse(&organization, &deep);
    assert!(steps[..3].iter().all(|step| step.failures.is_empty()));
    assert_eq!(
        steps[3].failures[0].to_string(),
        "ConstraintViolationException (OU_DEPTH_LIMIT_EXCEEDED): units would be nested 6 levels deep, of at most 5"
    );
    let shift = json!([nest("Three", "Prod"), nest("Four", "Three"), nest("Five", "Four"),
        {"Operation": "MoveOrganizationalUnit", "OrganizationalUnit": "Work", "DestinationParent": "Five"}]);
    assert!(only(&organization, &shift).message.message.contains("6 levels deep"));
}

#[test]
fn pre_3_moves() {
    let organization = load(&base());
    let shift =
        |account: &str, to: &str| json!([{"Operation": "MoveAccount", "Account": account, "DestinationParent": to}]);
    assert_eq!(
        only(&organization, &shift("shop", "Prod")).to_string(),
        "DuplicateAccountException: the account `shop` is in `Prod` already"
    );
    let wrong =
        json!([{"Operation": "MoveAccount", "Account": "shop", "SourceParent": "Work", "DestinationParent": "Test"}]);
    let failure = only(&organization, &wrong);
    assert_eq!(failure.to_string(), "AccountNotFoundException: the account `shop` is in `Prod`, not in `Work`");
    assert!(failure.unsure && failure.simulated);
    // PRE-1: AWS has no such operation.
    let unit = |unit: &str, to: &str| json!([{"Operation": "MoveOrganizationalUnit", "OrganizationalUnit": unit, "DestinationParent": to}]);
    assert_eq!(only(&organization, &unit("Work", "Test")).message.message, "`Work` would be below itself");
    assert_eq!(only(&organization, &unit("Work", "Root")).message.message, "`Work` is below `Root` already");
    let twin = json!([{"Operation": "CreateOrganizationalUnit", "Name": "Test", "Parent": "Prod"},
        {"Operation": "MoveOrganizationalUnit", "OrganizationalUnit": "Work/Test", "DestinationParent": "Prod"}]);
    assert_eq!(short(&last(&organization, &twin)), ["DuplicateOrganizationalUnitException - PRE-3"]);
    let again = json!([{"Operation": "CreateOrganizationalUnit", "Name": "Prod", "Parent": "Root"}]);
    assert!(only(&organization, &again).message.message.starts_with("`Root` has a unit `Prod` already"));
}

#[test]
fn pre_3_an_address_that_is_taken() {
    let create = json!([{"Operation": "CreateAccount", "AccountName": "x", "Email": "Root@example.com"}]);
    let failure = only(&load(&base()), &create);
    assert_eq!(
        failure.to_string(),
        "CreateAccountStatus (EMAIL_ALREADY_EXISTS): the account `management` has the address `Root@example.com`"
    );
}

#[test]
fn pre_3_what_is_not_there_yet_or_no_more() {
    let organization = load(&base());
    let steps = rehearse(
        &organization,
        &json!([
            {"Operation": "DeletePolicy", "Policy": "DenyS3"},
            attach("DenyS3", "Prod"),
            attach("Later", "Prod"),
            create("Later", DENY),
            attach("Later", "Late"),
            {"Operation": "MoveAccount", "Account": "late", "DestinationParent": "Late"},
            {"Operation": "CreateOrganizationalUnit", "Parent": "Late", "Name": "Below"},
            {"Operation": "CreateOrganizationalUnit", "Parent": "Root", "Name": "Late"},
            {"Operation": "CreateAccount", "AccountName": "late"},
        ]),
    );
    let found: Vec<Vec<String>> = steps.iter().map(|step| short(&step.failures)).collect();
    assert_eq!(found[1], ["PolicyNotFoundException - PRE-3 -"]);
    assert_eq!(found[2], ["PolicyNotFoundException - PRE-3 -"]);
    assert_eq!(found[4], ["TargetNotFoundException - PRE-3 -"]);
    assert_eq!(found[5], ["AccountNotFoundException - PRE-3 -", "DestinationParentNotFoundException - PRE-3 -"]);
    assert_eq!(found[6], ["ParentNotFoundException - PRE-3 -"]);
    assert!(found[7].is_empty() && found[8].is_empty());
    assert!(!steps[1].is_simulated() && steps[1].notices.is_empty());
    assert_eq!(steps[1].failures[0].message.message, "there is no policy `p-denys3aaaa` at this point");
}

#[test]
fn pre_3_ids_that_nothing_or_something_else_has() {
    let draft = Draft::new(&load(&base()));
    let quotas = Quotas::current();
    let target = |id: &str| Target::parse(id).unwrap();
    let unit = |id: &str| OuId::parse(id).unwrap();
    let names = |change: Change| short(&predict(&draft, &change, &quotas));
    let policy = PolicyId::parse("p-unknown00").unwrap();
    assert_eq!(
        names(Change::DetachPolicy { policy: policy.clone(), target: target("999999999999") }),
        ["PolicyNotFoundException - PRE-3 -", "TargetNotFoundException - PRE-3 -"]
    );
    assert_eq!(names(Change::DeletePolicy { policy }), ["PolicyNotFoundException - PRE-3 -"]);
    assert_eq!(
        names(Change::MoveOrganizationalUnit { unit: unit("ou-ab12-gone0001"), destination: target("222222222222") }),
        ["OrganizationalUnitNotFoundException - PRE-3 -", "ParentNotFoundException - PRE-3 -"]
    );
    let source = Some(target("ou-ab12-gone0001"));
    let account = target("222222222222").account().unwrap();
    assert_eq!(
        names(Change::MoveAccount { account, source, destination: target("777777777777") }),
        ["SourceParentNotFoundException - PRE-3", "DestinationParentNotFoundException - PRE-3 -"]
    );
    assert_eq!(
        names(Change::CreateOrganizationalUnit {
            id: unit("ou-ab12-prod0001"),
            name: "x".to_owned(),
            parent: target("r-ab12")
        }),
        ["DuplicateOrganizationalUnitException - PRE-3 -"]
    );
    assert_eq!(
        names(Change::CreateAccount { id: account, name: "x".to_owned(), email: None }),
        ["InvalidInputException - PRE-3 -"]
    );
    let full = PolicyId::parse("p-FullAWSAccess").unwrap();
    assert_eq!(
        names(Change::CreatePolicy {
            id: full,
            name: "x".to_owned(),
            description: None,
            kind: scproof_policy_parser::PolicyKind::ServiceControl,
            content: DENY.into()
        }),
        ["DuplicatePolicyException - PRE-3 -"]
    );
}

#[test]
fn a_step_without_effect_changes_nothing_and_the_others_do() {
    // What a rehearsal says about effects is what applying does.
    let organization = load(&base());
    let list = json!([
        attach("FullAWSAccess", "Prod"), attach("DenyS3", "Prod"), detach("DenyS3", "shop"), detach("FullAWSAccess", "shop"),
        {"Operation": "MoveAccount", "Account": "shop", "DestinationParent": "Prod"},
        {"Operation": "MoveAccount", "Account": "shop", "DestinationParent": "Work"},
        {"Operation": "MoveOrganizationalUnit", "OrganizationalUnit": "Work", "DestinationParent": "Test"},
        {"Operation": "EnablePolicyType"}, {"Operation": "DisablePolicyType"}, {"Operation": "DisablePolicyType"}, attach("DenyS3", "Root"),
        {"Operation": "EnableAllFeatures"}, {"Operation": "EnablePolicyType"}, {"Operation": "DeletePolicy", "Policy": "DenyS3"},
        {"Operation": "UpdatePolicy", "Policy": "DenyS3", "Name": "x"}, create("FullAWSAccess", "{}"),
    ]);
    let changes = crate::changes(&organization, &list);
    let mut draft = Draft::new(&organization);
    for change in changes.changes() {
        let simulated = predict(&draft, change, &Quotas::current()).iter().all(|failure| failure.simulated);
        let before = draft.organization();
        draft.apply(change);
        let same = structural_difference(&before, &draft.organization()).is_empty();
        assert_eq!(simulated, !same, "{change}");
    }
    let rehearsal = Rehearsal::new(&organization, &changes, Quotas::current());
    let end = rehearsal.finish();
    assert!(structural_difference(&end, &changes.apply(&organization)).is_empty());
    assert!(ChangeSet::default().is_empty());
}

fn any_organization() -> impl Strategy<Value = Organization> {
    let status = prop::sample::select(vec!["ENABLED", "DISABLED", "PENDING_ENABLE", "PENDING_DISABLE"]);
    let features = prop::sample::select(vec!["ALL", "ALL", "ALL", "CONSOLIDATED_BILLING"]);
    (status, features).prop_map(|(status, features)| {
        base_with(|value| {
            value["Roots"][0]["PolicyTypes"][0]["Status"] = json!(status);
            value["Organization"]["FeatureSet"] = json!(features);
        })
    })
}

fn any_change() -> impl Strategy<Value = Change> {
    let ids = vec!["p-FullAWSAccess", "p-denys3aaaa", "p-new0000001"];
    let policies = move || prop::sample::select(ids.clone()).prop_map(|id| PolicyId::parse(id).unwrap());
    let units =
        || prop::sample::select(vec!["ou-ab12-prod0001", "ou-ab12-work0001", "ou-ab12-test0001", "ou-ab12-new00001"]);
    let accounts = || prop::sample::select(vec!["111111111111", "222222222222", "666666666666", "000000000001"]);
    let targets = move || prop_oneof![Just("r-ab12"), units(), accounts()].prop_map(|id| Target::parse(id).unwrap());
    let unit = move || units().prop_map(|id| OuId::parse(id).unwrap());
    let account = move || accounts().prop_map(|id| Target::parse(id).unwrap().account().unwrap());
    let kind = scproof_policy_parser::PolicyKind::ServiceControl;
    prop_oneof![
        (policies(), targets()).prop_map(|(policy, target)| Change::AttachPolicy { policy, target }),
        (policies(), targets()).prop_map(|(policy, target)| Change::DetachPolicy { policy, target }),
        (policies(), any::<bool>()).prop_map(|(policy, well)| Change::UpdatePolicy {
            policy,
            content: Some(if well { DENY } else { "{" }.into()),
            name: None,
            description: None,
        }),
        (policies(), any::<bool>()).prop_map(move |(id, twin)| Change::CreatePolicy {
            id,
            name: if twin { "DenyS3" } else { "new" }.to_owned(),
            description: None,
            kind,
            content: DENY.into(),
        }),
        policies().prop_map(|policy| Change::DeletePolicy { policy }),
        (account(), prop::option::of(targets()), targets())
            .prop_map(|(account, source, destination)| Change::MoveAccount { account, source, destination }),
        (unit(), targets()).prop_map(|(unit, destination)| Change::MoveOrganizationalUnit { unit, destination }),
        (unit(), targets()).prop_map(|(id, parent)| Change::CreateOrganizationalUnit {
            id,
            name: "Test".to_owned(),
            parent
        }),
        account().prop_map(|id| Change::CreateAccount { id, name: "young".to_owned(), email: None }),
        Just(Change::EnablePolicyType),
        Just(Change::DisablePolicyType),
        Just(Change::EnableAllFeatures),
    ]
}

proptest! {
    // What is said about effects is what happens: a change without a meaning changes nothing, one that AWS would make
    // changes something.
    #[test]
    fn pre_3_predictions_and_effects_agree(organization in any_organization(), list in prop::collection::vec(any_change(), 1..10)) {
        let quotas = Quotas::current();
        let mut draft = Draft::new(&organization);
        for change in list {
            let failures = predict(&draft, &change, &quotas);
            let before = draft.organization();
            draft.apply(&change);
            let same = structural_difference(&before, &draft.organization()).is_empty();
            if failures.iter().any(|failure| !failure.simulated) {
                prop_assert!(same, "{}: {:?}", change, failures);
            } else if failures.is_empty() && !matches!(change, Change::UpdatePolicy { .. }) {
                prop_assert!(!same, "{}", change);
            }
        }
    }
}
