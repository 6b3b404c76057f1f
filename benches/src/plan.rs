//! A made-up plan of Terraform, as `terraform show -json` prints it.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// A plan with so many resources: policies that are new, each with an attachment under `for_each` that knows its policy
/// by a reference through a module. The text of a policy has some 2,000 characters.
pub fn plan(resources: usize) -> String {
    let pairs = resources / 2;
    let mut changes = Vec::with_capacity(pairs * 2);
    for number in 0..pairs {
        let mut actions = String::new();
        for action in 0..60 {
            // Writing to a string cannot fail.
            let _written =
                write!(actions, "{}\"service{number}:DeleteSomething{action:02}\"", if action > 0 { "," } else { "" });
        }
        let content = format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Sid\":\"Guard{number}\",\"Effect\":\"Deny\",\"Action\":[{actions}],\"Resource\":\"*\"}}]}}"
        );
        let key = format!("guard-{number}");
        changes.push(change(
            "aws_organizations_policy",
            &key,
            &json!({"name": key, "content": content, "type": "SERVICE_CONTROL_POLICY", "description": ""}),
            &json!({"id": true, "arn": true}),
        ));
        let attached = json!({"target_id": "r-ab12"});
        changes.push(change("aws_organizations_policy_attachment", &key, &attached, &json!({"policy_id": true})));
    }
    let resource = |kind: &str, references: &[&str]| json!({"mode": "managed", "type": kind, "name": "this", "expressions": {"policy_id": {"references": references}}});
    let module = json!({"resources": [
        resource("aws_organizations_policy", &[]),
        resource("aws_organizations_policy_attachment", &["aws_organizations_policy.this", "each.key"]),
    ]});
    json!({
        "format_version": "1.2",
        "planned_values": {},
        "resource_changes": changes,
        "configuration": {"root_module": {"module_calls": {"guards": {"module": module}}}},
    })
    .to_string()
}

fn change(kind: &str, key: &str, after: &Value, unknown: &Value) -> Value {
    json!({
        "address": format!("module.guards.{kind}.this[\"{key}\"]"),
        "module_address": "module.guards",
        "mode": "managed",
        "type": kind,
        "name": "this",
        "index": key,
        "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown},
    })
}
