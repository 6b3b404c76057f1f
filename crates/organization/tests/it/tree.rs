use std::sync::Arc;

use scproof_organization::{
    AccountId, AccountState, FeatureSet, Inventory, NodeId, Organization, PolicyId, PolicyTypeStatus, Target,
};
use scproof_policy_parser::{PolicyKind, Severity, Statement};
use serde_json::{Value, json};

use crate::{base, base_with, load};

fn node(organization: &Organization, id: &str) -> NodeId {
    organization.find_node(&Target::parse(id).unwrap()).unwrap()
}

fn ids(organization: &Organization, nodes: impl IntoIterator<Item = NodeId>) -> Vec<String> {
    nodes.into_iter().map(|id| organization.node(id).target.to_string()).collect()
}

#[test]
fn the_base_is_a_tree() {
    let organization = load(&base().to_string());
    assert_eq!(organization.id().as_str(), "o-exampleorg1");
    assert_eq!(organization.feature_set(), FeatureSet::All);
    assert_eq!(organization.scp_status(), PolicyTypeStatus::Enabled);
    assert_eq!(organization.management_account(), Some(AccountId::parse("111111111111").unwrap()));
    assert_eq!(organization.partition(), Some("aws"));
    assert!(!organization.is_incomplete());
    assert_eq!(
        ids(&organization, organization.nodes().map(|(id, _)| id)),
        [
            "r-ab12",
            "ou-ab12-prod0001",
            "222222222222",
            "ou-ab12-sand0001",
            "333333333333",
            "ou-ab12-work0001",
            "ou-ab12-test0001",
            "666666666666",
            "777777777777",
            "111111111111",
            "444444444444",
        ]
    );
    assert_eq!(
        ids(&organization, organization.accounts()),
        ["111111111111", "222222222222", "333333333333", "444444444444", "666666666666", "777777777777"]
    );
    assert_eq!(organization.findings(), []);
}

#[test]
fn eval_2_the_inheritance_path_goes_from_the_root_to_the_account() {
    let organization = load(&base().to_string());
    let rig = organization.account(&AccountId::parse("666666666666").unwrap()).unwrap();
    assert_eq!(
        ids(&organization, organization.inheritance_path(rig)),
        ["r-ab12", "ou-ab12-work0001", "ou-ab12-test0001", "666666666666"]
    );
    assert_eq!(organization.inheritance_path(organization.root()), [organization.root()]);
    assert_eq!(organization.account(&AccountId::parse("999999999999").unwrap()), None);
}

#[test]
fn id_13_entity_paths_stop_at_the_last_unit_and_end_in_a_slash() {
    let organization = load(&base().to_string());
    let path = |id| organization.entity_path(node(&organization, id));
    assert_eq!(path("666666666666"), "o-exampleorg1/r-ab12/ou-ab12-work0001/ou-ab12-test0001/");
    assert_eq!(path("ou-ab12-test0001"), "o-exampleorg1/r-ab12/ou-ab12-work0001/ou-ab12-test0001/");
    assert_eq!(path("444444444444"), "o-exampleorg1/r-ab12/");
    assert_eq!(path("r-ab12"), "o-exampleorg1/r-ab12/");
    let path = |id| organization.ou_path(node(&organization, id));
    assert_eq!(path("666666666666"), "Root/Work/Test");
    assert_eq!(path("ou-ab12-prod0001"), "Root/Prod");
    assert_eq!(path("r-ab12"), "Root");
}

#[test]
fn a_subtree_is_everything_at_and_below_a_node() {
    let organization = load(&base().to_string());
    let work = node(&organization, "ou-ab12-work0001");
    assert_eq!(
        ids(&organization, organization.subtree(work)),
        ["ou-ab12-work0001", "ou-ab12-test0001", "666666666666", "777777777777"]
    );
    assert_eq!(organization.subtree(organization.root()).len(), organization.node_count());
    let leaf = node(&organization, "444444444444");
    assert_eq!(organization.subtree(leaf).collect::<Vec<_>>(), [leaf]);
}

#[test]
fn the_order_of_a_snapshots_lists_makes_no_difference() {
    let mut reversed = base();
    for member in ["OrganizationalUnits", "Accounts", "Policies", "Attachments"] {
        reversed[member].as_array_mut().unwrap().reverse();
    }
    let (one, other) = (load(&base().to_string()), load(&reversed.to_string()));
    assert!(one.nodes().eq(other.nodes()));
    assert!(one.policies().eq(other.policies()));
}

#[test]
fn policies_are_sorted_shared_and_found() {
    let text = base_with(|value| {
        let copy = json!({"Id": "p-0copy0copy0", "Name": "FullAWSAccess2", "Type": "SERVICE_CONTROL_POLICY",
            "Content": value["Policies"][0]["Content"]});
        value["Policies"].as_array_mut().unwrap().push(copy);
    });
    let organization = load(&text);
    let policies: Vec<&str> = organization.policies().map(|(_, policy)| policy.id.as_str()).collect();
    assert_eq!(policies, ["p-0copy0copy0", "p-FullAWSAccess", "p-denys3aaaa"]);
    let policy = |id| organization.policy(organization.find_policy(&PolicyId::parse(id).unwrap()).unwrap());
    assert!(Arc::ptr_eq(&policy("p-0copy0copy0").document, &policy("p-FullAWSAccess").document));
    assert_eq!(policy("p-denys3aaaa").display_name(), "DenyS3");
    assert!(policy("p-FullAWSAccess").aws_managed && !policy("p-0copy0copy0").aws_managed);
    assert_eq!(organization.find_policy(&PolicyId::parse("p-unknown00").unwrap()), None);
}

#[test]
fn api_24_the_text_of_a_policy_is_kept_to_the_letter_and_an_object_becomes_compact() {
    let spaced = "{ \"Version\" : \"2012-10-17\",\n\t\"Statement\": [] }";
    let text = base_with(|value| value["Policies"][0]["Content"] = json!(spaced));
    let organization = load(&text);
    let contents: Vec<&str> = organization.policies().filter_map(|(_, policy)| policy.content.as_deref()).collect();
    // serde_json's `json!` sorts members; what matters is that white space is gone and nothing else.
    let object = r#"{"Statement":{"Action":"s3:*","Effect":"Deny","Resource":"*"},"Version":"2012-10-17"}"#;
    assert_eq!(contents, [spaced, object]);
}

#[test]
fn json_3_an_object_with_equal_keys_reaches_the_parser_as_written() {
    let text = base().to_string().replace(r#""Effect":"Deny""#, r#""Effect":"Deny","Effect": "Allow""#);
    let organization = load(&text);
    let (_, policy) = organization.policies().nth(1).unwrap();
    assert!(policy.content.as_ref().unwrap().contains(r#""Effect":"Deny","Effect":"Allow""#));
}

#[test]
fn exm_2_the_status_of_the_policy_type() {
    let status = |types: Value| load(&base_with(|value| value["Roots"][0]["PolicyTypes"] = types)).scp_status();
    let scp = |status: &str| json!([{"Type": "TAG_POLICY", "Status": "ENABLED"}, {"Type": "SERVICE_CONTROL_POLICY", "Status": status}]);
    let missing = base_with(|value| drop(value["Roots"][0].as_object_mut().unwrap().remove("PolicyTypes")));
    assert_eq!(load(&missing).scp_status(), PolicyTypeStatus::Enabled);
    assert_eq!(status(Value::Null), PolicyTypeStatus::Enabled);
    // TRAP-13
    assert_eq!(status(json!([])), PolicyTypeStatus::Disabled);
    assert_eq!(status(json!([{"Type": "TAG_POLICY", "Status": "ENABLED"}])), PolicyTypeStatus::Disabled);
    assert_eq!(status(scp("ENABLED")), PolicyTypeStatus::Enabled);
    // TRAP-15
    assert_eq!(status(scp("PENDING_ENABLE")), PolicyTypeStatus::PendingEnable);
    assert_eq!(status(scp("PENDING_DISABLE")), PolicyTypeStatus::PendingDisable);
}

#[test]
fn exm_1_trap_14_the_feature_set() {
    let text = base_with(|value| value["Organization"]["FeatureSet"] = json!("CONSOLIDATED_BILLING"));
    assert_eq!(load(&text).feature_set(), FeatureSet::ConsolidatedBilling);
}

#[test]
fn api_29_the_management_account_may_come_from_its_arn() {
    let arn = "arn:aws:organizations::111111111111:account/o-exampleorg1/111111111111";
    let text = base_with(|value| {
        let organization = value["Organization"].as_object_mut().unwrap();
        organization.remove("MasterAccountId");
        organization.insert("MasterAccountArn".into(), json!(arn));
    });
    assert_eq!(load(&text).management_account().unwrap().as_str(), "111111111111");
    let text = base_with(|value| drop(value["Organization"].as_object_mut().unwrap().remove("MasterAccountId")));
    assert_eq!(load(&text).management_account(), None);
}

#[test]
fn api_26_trap_80_state_goes_before_status() {
    let state = |members: Value| {
        let text = base_with(|value| {
            let account = value["Accounts"][0].as_object_mut().unwrap();
            account.remove("State");
            account.extend(members.as_object().unwrap().clone());
        });
        let organization = load(&text);
        let account = organization.node(node(&organization, "777777777777")).account.clone();
        account.unwrap().state
    };
    assert_eq!(state(json!({"State": "CLOSED", "Status": "SUSPENDED"})), Some(AccountState::Closed));
    assert_eq!(state(json!({"Status": "PENDING_CLOSURE"})), Some(AccountState::PendingClosure));
    assert_eq!(state(json!({"State": "HIBERNATED"})), Some(AccountState::Other("HIBERNATED".into())));
    assert_eq!(state(json!({})), None);
}

#[test]
fn the_partition_is_never_guessed() {
    let partition = |change: fn(&mut Value)| load(&base_with(change)).partition().map(str::to_owned);
    let china =
        |value: &mut Value| value["Organization"]["Arn"] = json!("arn:aws-cn:organizations::1:organization/o-x");
    assert_eq!(partition(china).as_deref(), Some("aws-cn"));
    // The ARN of FullAWSAccess is left.
    assert_eq!(partition(|value| value["Organization"]["Arn"] = Value::Null).as_deref(), Some("aws"));
    assert_eq!(
        partition(|value| {
            value["Organization"]["Arn"] = Value::Null;
            value["Policies"][0]["Arn"] = json!("arn:AWS:organizations::aws:policy/x");
        }),
        None
    );
    assert_eq!(
        partition(|value| {
            value["Organization"]["Arn"] = Value::Null;
            value["Accounts"][0]["Arn"] = json!("arn:aws-us-gov:organizations::1:account/o-x/1");
        }),
        None
    );
}

#[test]
fn k3_13_trap_81_attachments_that_could_not_be_read_are_unknown_and_not_empty() {
    let text = base_with(|value| {
        value["Unreadable"] = json!([
            {"TargetId": "ou-ab12-prod0001", "Operation": "ListPoliciesForTarget", "Error": "AccessDeniedException"},
            {"TargetId": "ou-ab12-work0001", "Operation": "ListAccountsForParent"},
        ]);
    });
    let organization = load(&text);
    let unreadable = |id| organization.node(node(&organization, id)).unreadable.clone();
    assert_eq!(unreadable("ou-ab12-prod0001").unwrap().error.as_deref(), Some("AccessDeniedException"));
    assert_eq!(unreadable("ou-ab12-work0001"), None);
    assert_eq!(unreadable("r-ab12"), None);
    assert!(organization.is_incomplete());
    assert_eq!(organization.incomplete().len(), 2);
}

#[test]
fn k3_13_a_policy_whose_targets_could_not_be_read_may_be_attached_anywhere() {
    for entry in
        [json!({"TargetId": "p-denys3aaaa", "Operation": "ListTargetsForPolicy"}), json!({"Operation": "ListPolicies"})]
    {
        let organization = load(&base_with(|value| value["Unreadable"] = json!([entry])));
        assert!(organization.nodes().all(|(_, node)| node.unreadable.is_some()));
    }
}

#[test]
fn k3_13_what_is_unknown_about_other_policy_types_makes_no_scp_unknown() {
    let rcp = json!({"Id": "p-rcp00000", "Type": "RESOURCE_CONTROL_POLICY"});
    for entry in [
        json!({"TargetId": "p-rcp00000", "Operation": "ListTargetsForPolicy"}),
        json!({"Operation": "ListPolicies", "PolicyType": "RESOURCE_CONTROL_POLICY"}),
        json!({"TargetId": "r-ab12", "Operation": "ListPoliciesForTarget", "PolicyType": "RESOURCE_CONTROL_POLICY"}),
    ] {
        let organization = load(&base_with(|value| {
            value["Policies"].as_array_mut().unwrap().push(rcp.clone());
            value["Unreadable"] = json!([entry]);
        }));
        assert!(organization.nodes().all(|(_, node)| node.unreadable.is_none()));
        assert!(organization.is_incomplete());
    }
    let explicit = json!({"Operation": "ListPolicies", "PolicyType": "SERVICE_CONTROL_POLICY"});
    let organization = load(&base_with(|value| value["Unreadable"] = json!([explicit])));
    assert!(organization.nodes().all(|(_, node)| node.unreadable.is_some()));
}

#[test]
fn k3_13_a_place_that_could_not_be_read_is_no_place() {
    let organization = load(&base_with(|value| {
        value["Accounts"][2]["ParentId"] = json!("r-ab12");
        value["Accounts"][2]["Paths"] = json!(["o-exampleorg1/r-ab12/ou-ab12-prod0001/222222222222/"]);
        value["Unreadable"] = json!([
            {"TargetId": "222222222222", "Operation": "ListParents", "Error": "AccessDeniedException"},
            {"Operation": "ListParents"},
        ]);
    }));
    let shop = organization.resolve_account("shop").unwrap();
    assert!(organization.node(shop).place_unknown && organization.node(shop).unreadable.is_some());
    assert!(!organization.is_place_known(shop));
    assert_eq!(organization.ou_path(shop), "Root/?");
    // AWS's own path contradicts nothing.
    assert!(organization.findings().iter().all(|finding| finding.code != "path-differs"));
    let relay = organization.resolve_account("relay").unwrap();
    assert!(organization.is_place_known(relay) && organization.node(relay).unreadable.is_none());
    // A unit of unknown place takes everything below it along.
    let organization = load(&base_with(|value| {
        value["Unreadable"] = json!([{"TargetId": "ou-ab12-prod0001", "Operation": "ListParents"}]);
    }));
    let shop = organization.resolve_account("shop").unwrap();
    assert!(!organization.is_place_known(shop) && !organization.node(shop).place_unknown);
}

#[test]
fn k3_14_a_policy_without_text_is_one_statement_without_meaning() {
    let changes: [fn(&mut Value); 3] = [
        |value| drop(value["Policies"][1].as_object_mut().unwrap().remove("Content")),
        |value| value["Policies"][1]["Content"] = Value::Null,
        |value| value["Unreadable"] = json!([{"TargetId": "p-denys3aaaa", "Operation": "DescribePolicy"}]),
    ];
    for change in changes {
        let organization = load(&base_with(change));
        let policy = organization.policy(organization.find_policy(&PolicyId::parse("p-denys3aaaa").unwrap()).unwrap());
        assert_eq!(policy.content, None);
        assert_eq!(policy.document.statements, [Statement::without_meaning()]);
    }
}

#[test]
fn rcps_are_kept_apart_and_other_types_left_out() {
    let text = base_with(|value| {
        let policies = value["Policies"].as_array_mut().unwrap();
        policies.push(json!({"Id": "p-RCPFullAWSAccess", "Type": "RESOURCE_CONTROL_POLICY", "Content": "{}"}));
        policies.push(json!({"Id": "p-tags000000", "Type": "TAG_POLICY", "Content": "{}"}));
        let attachments = value["Attachments"].as_array_mut().unwrap();
        attachments.push(json!({"TargetId": "r-ab12", "PolicyId": "p-RCPFullAWSAccess"}));
        attachments.push(json!({"TargetId": "r-ab12", "PolicyId": "p-tags000000"}));
    });
    let organization = load(&text);
    let root = organization.node(organization.root());
    assert_eq!((root.scps.len(), root.rcps.len()), (1, 1));
    assert_eq!(organization.policy(root.rcps[0]).kind, PolicyKind::ResourceControl);
    assert_eq!(organization.policies().len(), 3);
    assert!(organization.findings().iter().any(|finding| finding.code == "policy-type-ignored"));
}

#[test]
fn eval_15_an_attachment_listed_twice_counts_once() {
    let text = base_with(|value| {
        let attachments = value["Attachments"].as_array_mut().unwrap();
        let first = attachments[0].clone();
        attachments.push(first);
    });
    let organization = load(&text);
    assert_eq!(organization.node(organization.root()).scps.len(), 1);
    assert_eq!(organization.findings()[0].code, "attachment-listed-twice");
}

#[test]
fn unknown_members_are_ignored_and_null_is_missing() {
    let text = base_with(|value| {
        value["Comment"] = json!({"deep": [1, 2, {"x": null}]});
        value["Accounts"][0]["JoinedTimestamp"] = json!(1_700_000_000.25);
        value["Accounts"][0]["Tags"] = Value::Null;
        value["Accounts"][0]["Email"] = Value::Null;
        value["Unreadable"] = Value::Null;
        value["TakenAt"] = json!(1_700_000_000.25);
        value["FinishedAt"] = json!("2026-11-23T19:02:10Z");
    });
    let inventory = Inventory::from_json(&text).unwrap();
    assert_eq!(inventory.taken_at.unwrap().to_string(), "1700000000.25");
    assert_eq!(inventory.finished_at.unwrap().to_string(), "2026-11-23T19:02:10Z");
}

#[test]
fn the_snapshots_of_the_repository_load_without_findings_of_substance() {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    for (file, accounts) in [("traps/base.json", 6), ("organizations/example.json", 2)] {
        let organization = Organization::load(fixtures.join(file)).unwrap_or_else(|error| panic!("{error}"));
        assert!(organization.accounts().len() >= accounts, "{file}");
        let odd: Vec<_> =
            organization.findings().into_iter().filter(|finding| finding.severity > Severity::Note).collect();
        assert_eq!(odd, [], "{file}");
    }
}
