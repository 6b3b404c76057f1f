//! Plans of Terraform: each trap with a plan of its own.

use scproof_import::{PlannedChanges, plan_changes};
use scproof_organization::{Change, Organization, Target, Unknown};
use serde_json::{Value, json};

const POLICY: &str = "aws_organizations_policy";
const ATTACHMENT: &str = "aws_organizations_policy_attachment";
const UNIT: &str = "aws_organizations_organizational_unit";
const ACCOUNT: &str = "aws_organizations_account";
const DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;

fn before() -> Organization {
    let attached = |target: &str, policy: &str| json!({"TargetId": target, "PolicyId": policy});
    let text = json!({
        "Format": "scproof-inventory/1",
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
        "Roots": [{"Id": "r-ab12", "Name": "Root"}],
        "OrganizationalUnits": [
            {"Id": "ou-ab12-north001", "Name": "North", "ParentId": "r-ab12"},
            {"Id": "ou-ab12-south001", "Name": "South", "ParentId": "r-ab12"}],
        "Accounts": [{"Id": "222222222222", "Name": "shop", "ParentId": "ou-ab12-north001"}],
        "Policies": [
            {"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY",
             "Content": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}},
            {"Id": "p-denys3aaaa", "Name": "deny-s3", "Type": "SERVICE_CONTROL_POLICY", "Content": DENY}],
        "Attachments": [
            attached("r-ab12", "p-FullAWSAccess"), attached("ou-ab12-north001", "p-FullAWSAccess"),
            attached("ou-ab12-south001", "p-FullAWSAccess"), attached("222222222222", "p-FullAWSAccess"),
            attached("ou-ab12-north001", "p-denys3aaaa")],
    });
    Organization::from_json(&text.to_string()).unwrap()
}

/// A plan of some resources, with a configuration.
fn plan(changes: &[Value], configuration: &Value) -> PlannedChanges {
    let text = json!({
        "format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {}, "resource_changes": changes,
        "configuration": {"root_module": configuration},
    });
    plan_changes(&text.to_string(), &before()).unwrap_or_else(|error| panic!("{error}"))
}

/// A resource that changes; its address tells type, name and key.
fn resource(address: &str, actions: &[&str], before: &Value, after: &Value, unknown: &[&str]) -> Value {
    let (module, own) = match address.rfind("aws_") {
        Some(at) => address.split_at(at),
        None => panic!("{address}"),
    };
    let (resource_type, name) = own.split_once('.').unwrap();
    let (name, key) = name.split_once('[').map_or((name, None), |(name, key)| (name, Some(key.trim_end_matches(']'))));
    let unknown: serde_json::Map<String, Value> =
        unknown.iter().map(|name| ((*name).to_owned(), json!(true))).collect();
    let mut resource = json!({
        "address": address, "mode": "managed", "type": resource_type, "name": name,
        "change": {"actions": actions, "before": before, "after": after, "after_unknown": unknown},
    });
    if !module.is_empty() {
        resource["module_address"] = json!(module.trim_end_matches('.'));
    }
    if let Some(key) = key {
        resource["index"] = serde_json::from_str(key).unwrap();
    }
    resource
}

fn policy(name: &str) -> Value {
    json!({"name": name, "content": DENY, "type": "SERVICE_CONTROL_POLICY", "description": ""})
}

fn new_policy(address: &str, name: &str) -> Value {
    resource(address, &["create"], &Value::Null, &policy(name), &["id"])
}

fn attached(policy: &str, target: &str) -> Value {
    json!({"policy_id": policy, "target_id": target, "skip_destroy": null})
}

/// A resource of the configuration, whose expressions have references.
fn configured(resource_type: &str, name: &str, expressions: &[(&str, &[&str])]) -> Value {
    let references = |(name, references): &(&str, &[&str])| ((*name).to_owned(), json!({"references": references}));
    let expressions: serde_json::Map<String, Value> = expressions.iter().map(references).collect();
    json!({"mode": "managed", "type": resource_type, "name": name, "expressions": expressions})
}

/// Each change in ids, with its address.
fn told(planned: &PlannedChanges) -> Vec<String> {
    assert_eq!(planned.changes.changes().len(), planned.addresses.len());
    let changes = planned.changes.changes().iter().zip(&planned.addresses);
    changes.map(|(change, address)| format!("{change} by {address}")).collect()
}

fn codes(planned: &PlannedChanges) -> Vec<&str> {
    planned.notes.iter().map(|note| note.code).collect()
}

#[test]
fn every_list_of_actions_means_what_it_does_at_aws() {
    let (old, new) = (attached("p-denys3aaaa", "ou-ab12-north001"), attached("p-denys3aaaa", "ou-ab12-south001"));
    let attach = "AttachPolicy p-denys3aaaa to ou-ab12-south001";
    let detach = "DetachPolicy p-denys3aaaa from ou-ab12-north001";
    for (actions, expected) in [
        (&["no-op"][..], &[][..]),
        (&["read"], &[]),
        (&["create"], &[attach]),
        (&["delete"], &[detach]),
        (&["delete", "create"], &[detach, attach]),
        (&["create", "delete"], &[attach, detach]),
        (&["forget"], &[]),
        (&["create", "forget"], &[attach]),
        (&["forget", "create"], &[attach]),
    ] {
        let planned = plan(&[resource("aws_organizations_policy_attachment.a", actions, &old, &new, &[])], &json!({}));
        let found: Vec<String> = planned.changes.changes().iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{actions:?}");
        assert_eq!(codes(&planned).contains(&"left-at-aws"), actions.contains(&"forget"), "{actions:?}");
    }
    let strange = json!({"format_version": "1.2", "planned_values": {}, "resource_changes": [
        resource("aws_organizations_policy_attachment.a", &["vanish"], &old, &new, &[])]});
    let error = plan_changes(&strange.to_string(), &before()).unwrap_err();
    assert_eq!(error.faults()[0].code, "unknown-actions");
    assert_eq!(error.faults()[0].path.to_string(), "resource_changes[0].change.actions");
}

#[test]
fn a_new_policy_is_known_by_the_reference_to_it() {
    let configuration = json!({"resources": [configured(ATTACHMENT, "a", &[
        ("policy_id", &["aws_organizations_policy.scp.id", "aws_organizations_policy.scp"])])]});
    let target = json!({"target_id": "ou-ab12-south001"});
    let planned = plan(
        &[
            resource("aws_organizations_policy_attachment.a", &["create"], &Value::Null, &target, &["policy_id"]),
            new_policy("aws_organizations_policy.scp", "new"),
        ],
        &configuration,
    );
    let expected = [
        "CreatePolicy new (p-new0000001) by aws_organizations_policy.scp",
        "AttachPolicy p-new0000001 to ou-ab12-south001 by aws_organizations_policy_attachment.a",
    ];
    assert_eq!(told(&planned), expected);
    assert!(planned.notes.is_empty());
}

/// The references of `scp[each.key].id` and of any other choice are the same.
#[test]
fn the_same_key_is_an_assumption_that_is_named() {
    let configuration =
        |references: &[&str]| json!({"resources": [configured(ATTACHMENT, "a", &[("policy_id", references)])]});
    let target = json!({"target_id": "ou-ab12-south001"});
    let changes = [
        new_policy(r#"aws_organizations_policy.scp["x"]"#, "one"),
        new_policy(r#"aws_organizations_policy.scp["y"]"#, "two"),
        resource(r#"aws_organizations_policy_attachment.a["y"]"#, &["create"], &Value::Null, &target, &["policy_id"]),
    ];
    let keyed = plan(&changes, &configuration(&["aws_organizations_policy.scp", "each.key"]));
    assert!(told(&keyed)[2].starts_with("AttachPolicy p-new0000002 to ou-ab12-south001"));
    assert_eq!(codes(&keyed), ["same-key-assumed"]);
    // An instance that is named is no assumption, whatever the key.
    let named = [
        r#"aws_organizations_policy.scp["x"].id"#,
        r#"aws_organizations_policy.scp["x"]"#,
        "aws_organizations_policy.scp",
    ];
    let named = plan(&changes, &configuration(&named));
    assert!(told(&named)[2].starts_with("AttachPolicy p-new0000001 to ou-ab12-south001"));
    assert!(named.notes.is_empty());
    // Without a key each of them may be meant.
    let open = plan(&changes, &configuration(&["aws_organizations_policy.scp"]));
    let of = |policy: &str| {
        let (policy, targets) = (policy.parse().unwrap(), vec![Target::parse("ou-ab12-south001").unwrap()]);
        Change::Unknown(Unknown::Target { policy, targets })
    };
    assert_eq!(open.changes.changes()[2..], [of("p-new0000001"), of("p-new0000002")]);
    assert_eq!(codes(&open), ["unknown-before-apply"]);
    // Something else beside it may be meant, too.
    let beside = plan(&changes, &configuration(&["aws_organizations_policy.scp", "each.key", "local.overrides"]));
    let targets = vec![Target::parse("ou-ab12-south001").unwrap()];
    assert_eq!(beside.changes.changes()[2], Change::Unknown(Unknown::Attached { targets }));
}

#[test]
fn references_lead_through_variables_and_outputs_of_modules() {
    let configuration = json!({
        "module_calls": {
            "scp": {"module": {
                "outputs": {"policy_id": {"expression": {"references": ["aws_organizations_policy.this.id", "aws_organizations_policy.this"]}}},
                "resources": [configured(POLICY, "this", &[])],
            }},
            "attach": {
                "expressions": {"policy": {"references": ["module.scp.policy_id", "module.scp"]},
                                "target": {"references": ["module.scp", "each.key", "aws_organizations_organizational_unit.new.id",
                                                          "aws_organizations_organizational_unit.new"]}},
                "for_each_expression": {"references": ["local.targets"]},
                "module": {"resources": [configured(ATTACHMENT, "this", &[("policy_id", &["var.policy"]), ("target_id", &["var.target"])])]},
            },
        },
        "resources": [configured(UNIT, "new", &[])],
    });
    let planned = plan(
        &[
            new_policy("module.scp.aws_organizations_policy.this", "new"),
            resource(
                "aws_organizations_organizational_unit.new",
                &["create"],
                &Value::Null,
                &json!({"name": "New", "parent_id": "r-ab12"}),
                &["id"],
            ),
            resource(
                r#"module.attach["a.b[0]"].aws_organizations_policy_attachment.this"#,
                &["create"],
                &Value::Null,
                &json!({"target_id": "ou-ab12-south001"}),
                &["policy_id"],
            ),
        ],
        &configuration,
    );
    let expected = [
        "CreateOrganizationalUnit New (ou-ab12-new00001) in r-ab12 by aws_organizations_organizational_unit.new",
        "CreatePolicy new (p-new0000001) by module.scp.aws_organizations_policy.this",
        r#"AttachPolicy p-new0000001 to ou-ab12-south001 by module.attach["a.b[0]"].aws_organizations_policy_attachment.this"#,
    ];
    assert_eq!(told(&planned), expected);
    assert!(planned.notes.is_empty(), "{:?}", planned.notes);
}

#[test]
fn modules_under_for_each_and_each_value() {
    let mut each_value = configured(ATTACHMENT, "b", &[("policy_id", &["each.value.id", "each.value"])]);
    each_value["for_each_expression"] = json!({"references": ["aws_organizations_policy.own"]});
    let this = json!({"references": ["aws_organizations_policy.this.id", "aws_organizations_policy.this"]});
    let configuration = json!({
        "module_calls": {"scp": {"for_each_expression": {"references": ["local.x"]}, "module": {
            "outputs": {"id": {"expression": this}, "arn": {"expression": this}},
            "resources": [configured(POLICY, "this", &[])],
        }}},
        "resources": [configured(ATTACHMENT, "a", &[("policy_id", &["module.scp", "each.key"])]), each_value],
    });
    let target = json!({"target_id": "ou-ab12-south001"});
    let planned = plan(
        &[
            new_policy(r#"module.scp["n"].aws_organizations_policy.this"#, "n"),
            new_policy(r#"module.scp["s"].aws_organizations_policy.this"#, "s"),
            new_policy(r#"aws_organizations_policy.own["k"]"#, "k"),
            new_policy(r#"aws_organizations_policy.own["l"]"#, "l"),
            resource(
                r#"aws_organizations_policy_attachment.a["s"]"#,
                &["create"],
                &Value::Null,
                &target,
                &["policy_id"],
            ),
            resource(
                r#"aws_organizations_policy_attachment.b["l"]"#,
                &["create"],
                &Value::Null,
                &target,
                &["policy_id"],
            ),
        ],
        &configuration,
    );
    let attachments: Vec<&Change> = planned.changes.changes().iter().skip(4).collect();
    assert_eq!(attachments[0].to_string(), "AttachPolicy p-new0000002 to ou-ab12-south001");
    assert_eq!(codes(&planned), ["same-key-assumed", "same-key-assumed"]);
    assert_eq!(attachments[1].to_string(), "AttachPolicy p-new0000004 to ou-ab12-south001");
}

#[test]
fn an_unknown_target_is_every_candidate_or_every_target() {
    let with = |references: &[&str]| {
        let configuration = json!({"resources": [configured(ATTACHMENT, "a", &[("target_id", references)])]});
        let unit = |key: &str, id: &str| {
            let value = json!({"id": id, "name": key, "parent_id": "r-ab12"});
            resource(&format!("aws_organizations_organizational_unit.u[\"{key}\"]"), &["no-op"], &value, &value, &[])
        };
        let after = json!({"policy_id": "p-denys3aaaa"});
        let planned = plan(
            &[
                unit("n", "ou-ab12-north001"),
                unit("s", "ou-ab12-south001"),
                resource("aws_organizations_policy_attachment.a", &["create"], &Value::Null, &after, &["target_id"]),
            ],
            &configuration,
        );
        assert_eq!(codes(&planned), ["unknown-before-apply"]);
        match planned.changes.changes() {
            [Change::Unknown(Unknown::Target { targets, .. })] => {
                targets.iter().map(ToString::to_string).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(with(&["aws_organizations_organizational_unit.u"]), ["ou-ab12-north001", "ou-ab12-south001"]);
    let all = ["r-ab12", "ou-ab12-north001", "222222222222", "ou-ab12-south001"];
    assert_eq!(with(&["var.target"]), all);
    assert_eq!(with(&["local.target"]), all);
    assert_eq!(with(&["data.aws_organizations_organizational_units.all.children"]), all);
    assert_eq!(with(&[]), all);
}

#[test]
fn an_unknown_text_is_unknown_and_a_sensitive_one_is_not_read() {
    let old = json!({"id": "p-denys3aaaa", "name": "deny-s3", "content": DENY, "type": "SERVICE_CONTROL_POLICY"});
    let after = json!({"id": "p-denys3aaaa", "name": "deny-s3", "type": "SERVICE_CONTROL_POLICY"});
    let unknown = resource("aws_organizations_policy.p", &["update"], &old, &after, &["content"]);
    let planned = plan(&[unknown], &json!({}));
    let content = Change::Unknown(Unknown::Content { policy: "p-denys3aaaa".parse().unwrap() });
    assert_eq!(planned.changes.changes(), std::slice::from_ref(&content));
    assert_eq!(codes(&planned), ["unknown-before-apply"]);

    let mut secret = resource("aws_organizations_policy.p", &["update"], &old, &policy("deny-s3"), &[]);
    secret["change"]["after"]["content"] = json!("{\"Sid\": \"TopSecret\"}");
    secret["change"]["after_sensitive"] = json!({"content": true});
    let planned = plan(&[secret], &json!({}));
    assert_eq!(planned.changes.changes()[0], content);
    assert_eq!(codes(&planned), ["sensitive-text"]);
    assert!(!format!("{planned:?}").contains("TopSecret"));

    let created =
        resource("aws_organizations_policy.q", &["create"], &Value::Null, &json!({"name": "q"}), &["id", "content"]);
    let planned = plan(&[created], &json!({}));
    assert!(matches!(&planned.changes.changes()[0], Change::Unknown(Unknown::Policy { name, .. }) if name == "q"));
}

#[test]
fn what_is_kept_at_aws_is_no_change() {
    let mut old = attached("p-denys3aaaa", "ou-ab12-north001");
    old["skip_destroy"] = json!(true);
    let mut kept = policy("deny-s3");
    kept["id"] = json!("p-denys3aaaa");
    kept["skip_destroy"] = json!(true);
    let planned = plan(
        &[
            resource("aws_organizations_policy_attachment.a", &["delete"], &old, &Value::Null, &[]),
            resource("aws_organizations_policy.p", &["delete"], &kept, &Value::Null, &[]),
        ],
        &json!({}),
    );
    assert!(planned.changes.is_empty());
    assert_eq!(codes(&planned), ["left-at-aws", "left-at-aws"]);
}

#[test]
fn other_types_of_policies_are_passed_over_with_their_attachments() {
    let tags = json!({"id": "p-tagpolicy1", "name": "tags", "content": "{}", "type": "TAG_POLICY"});
    let new = json!({"name": "tags2", "content": "{}", "type": "TAG_POLICY"});
    let configuration = json!({"resources": [configured(ATTACHMENT, "b", &[
        ("policy_id", &["aws_organizations_policy.new.id", "aws_organizations_policy.new"])])]});
    let planned = plan(
        &[
            resource("aws_organizations_policy.tags", &["update"], &tags, &tags, &[]),
            resource("aws_organizations_policy.new", &["create"], &Value::Null, &new, &["id"]),
            resource(
                "aws_organizations_policy_attachment.a",
                &["create"],
                &Value::Null,
                &attached("p-tagpolicy1", "r-ab12"),
                &[],
            ),
            resource(
                "aws_organizations_policy_attachment.b",
                &["create"],
                &Value::Null,
                &json!({"target_id": "r-ab12"}),
                &["policy_id"],
            ),
        ],
        &configuration,
    );
    assert!(planned.changes.is_empty(), "{planned:?}");
    assert_eq!(codes(&planned), ["other-policy-type", "other-policy-type"]);
}

#[test]
fn texts_that_say_the_same_are_told_and_names_are_changed() {
    let old = json!({"id": "p-denys3aaaa", "name": "deny-s3", "content": DENY, "type": "SERVICE_CONTROL_POLICY"});
    let mut new = old.clone();
    new["content"] = json!(
        "{\"Version\": \"2012-10-17\", \"Statement\": [ {\"Effect\": \"Deny\", \"Action\": \"s3:*\", \"Resource\": \"*\"} ]}"
    );
    new["name"] = json!("no-s3");
    let planned = plan(&[resource("aws_organizations_policy.p", &["update"], &old, &new, &[])], &json!({}));
    assert_eq!(codes(&planned), ["textual-change"]);
    let Change::UpdatePolicy { content, name, description, .. } = &planned.changes.changes()[0] else { panic!() };
    // The text counts as Terraform will store it, white space too.
    assert_eq!(content.as_deref(), new["content"].as_str());
    assert_eq!((name.as_deref(), description.as_deref()), (Some("no-s3"), None));
    new["content"] = json!(DENY.replace("s3:*", "s3:Put*"));
    let planned = plan(&[resource("aws_organizations_policy.p", &["update"], &old, &new, &[])], &json!({}));
    assert!(planned.notes.is_empty());
}

#[test]
fn a_replaced_policy_is_detached_deleted_created_and_attached_in_this_order() {
    let mut old = policy("deny-s3");
    old["id"] = json!("p-denys3aaaa");
    let configuration = json!({"resources": [configured(ATTACHMENT, "a", &[
        ("policy_id", &["aws_organizations_policy.p.id", "aws_organizations_policy.p"])])]});
    let planned = plan(
        &[
            resource("aws_organizations_policy.p", &["delete", "create"], &old, &policy("deny-s3"), &["id"]),
            resource(
                "aws_organizations_policy_attachment.a",
                &["delete", "create"],
                &attached("p-denys3aaaa", "ou-ab12-north001"),
                &json!({"target_id": "ou-ab12-north001"}),
                &["policy_id"],
            ),
        ],
        &configuration,
    );
    let order: Vec<&str> = planned.changes.changes().iter().map(Change::operation).collect();
    assert_eq!(order, ["DetachPolicy", "DeletePolicy", "CreatePolicy", "AttachPolicy"]);
    assert_eq!(planned.changes.changes()[3].to_string(), "AttachPolicy p-new0000001 to ou-ab12-north001");
}

#[test]
fn units_come_before_what_is_in_them_and_accounts_move() {
    let configuration = json!({"resources": [
        configured(UNIT, "inner", &[("parent_id", &["aws_organizations_organizational_unit.outer.id", "aws_organizations_organizational_unit.outer"])]),
        configured(ACCOUNT, "new", &[("parent_id", &["aws_organizations_organizational_unit.inner.id", "aws_organizations_organizational_unit.inner"])]),
        configured(ACCOUNT, "lost", &[("parent_id", &["var.unit"])]),
    ]});
    let account =
        |parent: &str| json!({"id": "222222222222", "name": "shop", "email": "s@example.com", "parent_id": parent});
    let planned = plan(
        &[
            resource(
                "aws_organizations_account.new",
                &["create"],
                &Value::Null,
                &json!({"name": "new", "email": "n@example.com"}),
                &["id", "parent_id"],
            ),
            resource(
                "aws_organizations_account.lost",
                &["create"],
                &Value::Null,
                &json!({"name": "lost"}),
                &["id", "parent_id"],
            ),
            resource(
                "aws_organizations_account.shop",
                &["update"],
                &account("ou-ab12-north001"),
                &account("ou-ab12-south001"),
                &[],
            ),
            resource(
                "aws_organizations_organizational_unit.inner",
                &["create"],
                &Value::Null,
                &json!({"name": "Inner"}),
                &["id", "parent_id"],
            ),
            resource(
                "aws_organizations_organizational_unit.outer",
                &["create"],
                &Value::Null,
                &json!({"name": "Outer", "parent_id": "r-ab12"}),
                &["id"],
            ),
        ],
        &configuration,
    );
    let after = planned.changes.apply(&before());
    let path = |name: &str| after.ou_path(after.resolve_account(name).unwrap());
    assert_eq!(path("new"), "Root/Outer/Inner");
    assert_eq!(path("shop"), "Root/South");
    assert!(!after.is_place_known(after.resolve_account("lost").unwrap()));
    assert_eq!(codes(&planned), ["unknown-before-apply"]);
    assert!(!format!("{:?}", planned.notes).contains("example.com"));
}

#[test]
fn full_access_is_touched_only_by_the_plan() {
    let planned = plan(
        &[resource(
            "aws_organizations_policy_attachment.full",
            &["delete"],
            &attached("p-FullAWSAccess", "ou-ab12-south001"),
            &Value::Null,
            &[],
        )],
        &json!({}),
    );
    assert_eq!(
        told(&planned),
        ["DetachPolicy p-FullAWSAccess from ou-ab12-south001 by aws_organizations_policy_attachment.full"]
    );
    let planned = plan(&[new_policy("aws_organizations_policy.scp", "new")], &json!({}));
    let after = planned.changes.apply(&before());
    assert!(
        after.nodes().all(|(_, node)| node.scps.iter().any(|it| after.policy(*it).id.as_str() == "p-FullAWSAccess"))
    );
}

#[test]
fn types_are_put_into_force_and_what_is_not_looked_at_is_named() {
    let organization = |types: &[&str]| json!({"id": "o-exampleorg1", "enabled_policy_types": types});
    let on = organization(&["SERVICE_CONTROL_POLICY"]);
    let planned = plan(
        &[
            resource("aws_organizations_organization.o", &["update"], &on, &organization(&["TAG_POLICY"]), &[]),
            resource("aws_controltower_control.c", &["create"], &Value::Null, &json!({}), &[]),
        ],
        &json!({}),
    );
    assert_eq!(planned.changes.changes(), [Change::DisablePolicyType]);
    assert_eq!(codes(&planned), ["not-looked-at"]);
}

#[test]
fn a_plan_that_is_not_whole_says_so() {
    for (member, value) in [("errored", true), ("complete", false)] {
        let mut text = json!({"format_version": "1.2", "planned_values": {}});
        text[member] = json!(value);
        let planned = plan_changes(&text.to_string(), &before()).unwrap();
        assert_eq!(codes(&planned), ["plan-incomplete"], "{member}");
    }
    let whole = json!({"format_version": "1.2", "planned_values": {}, "errored": false, "complete": true});
    assert!(plan_changes(&whole.to_string(), &before()).unwrap().notes.is_empty());
}

#[test]
fn other_files_are_told_by_what_they_are() {
    for (text, message) in [
        ("PK\u{3}\u{4}binary", "this is a plan as Terraform stores it"),
        ("{\"version\": 4, \"lineage\": \"x\", \"resources\": []}", "this is a state as Terraform stores it"),
        ("{\"format_version\": \"1.0\", \"values\": {}}", "this is a state, not a plan"),
        ("{\"format_version\": \"2.0\", \"planned_values\": {}}", "the document has the newer format `2.0`"),
        (
            "{\"@level\": \"info\"}\n{\"@level\": \"info\"}",
            "these are the messages of `terraform plan -json`, not the plan",
        ),
        ("{}", "this is no output of `terraform show -json`"),
        ("[]", "this is no output of `terraform show -json`"),
    ] {
        let error = plan_changes(text, &before()).unwrap_err();
        assert!(error.faults().iter().any(|fault| fault.message == message), "{text}: {error:?}");
    }
    for text in ["", "{", "nonsense"] {
        assert!(!plan_changes(text, &before()).unwrap_err().faults().is_empty());
    }
}

/// References that lead in a circle end, and so do hostile plans.
#[test]
fn circles_of_references_end_unknown() {
    let mut module = json!({"outputs": {"id": {"expression": {"references": ["module.m.id", "module.m"]}}}});
    for _ in 0..20 {
        module = json!({"outputs": {"id": {"expression": {"references": ["module.m.id"]}}}, "module_calls": {"m": {"module": module}}});
    }
    let configuration = json!({
        "module_calls": {"m": {"module": module, "expressions": {"v": {"references": ["var.v", "each.value"]}}, "for_each_expression": {"references": ["each.value"]}}},
        "resources": [configured(ATTACHMENT, "a", &[("policy_id", &["module.m.id", "each.value", "var.v"])])],
    });
    let target = json!({"target_id": "ou-ab12-south001"});
    let planned = plan(
        &[resource("aws_organizations_policy_attachment.a", &["create"], &Value::Null, &target, &["policy_id"])],
        &configuration,
    );
    assert!(matches!(planned.changes.changes(), [Change::Unknown(Unknown::Attached { .. })]));
    // Each output leads to ten others, thirty levels deep.
    let outputs: serde_json::Map<String, Value> =
        (0..10).map(|number| (format!("o{number}"), json!({"expression": {"references": ["module.m"]}}))).collect();
    let mut module = json!({"outputs": outputs});
    for _ in 0..30 {
        module = json!({"outputs": outputs, "module_calls": {"m": {"module": module}}});
    }
    let configuration = json!({"module_calls": {"m": {"module": module}},
        "resources": [configured(ATTACHMENT, "a", &[("policy_id", &["module.m"])])]});
    let mut changes =
        vec![resource("aws_organizations_policy_attachment.a", &["create"], &Value::Null, &target, &["policy_id"])];
    let nested = (1..30).map(|depth| format!("{}aws_organizations_policy.p", "module.m.".repeat(depth)));
    changes.extend(nested.map(|address| new_policy(&address, "p")));
    assert_eq!(codes(&plan(&changes, &configuration)), ["unknown-before-apply"]);
}
