//! Files that are no policy of the kind asked for, but what people have at hand beside them.

use scproof_text::{Member, Node, Value};

/// What a text is, and what to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Other {
    pub(super) what: &'static str,
    pub(super) help: &'static str,
}

#[expect(clippy::unnecessary_wraps, reason = "callers give what it gives")]
const fn other(what: &'static str, help: &'static str) -> Option<Other> {
    Some(Other { what, help })
}

const NO_SCP: &str =
    "service and resource control policies have a `Statement`; this type of policy has rules of its own";
const DESCRIBE: &str = "take the text of the policy out of it: `aws organizations describe-policy --policy-id ID --query \
                        Policy.Content --output text`";
const TERRAFORM: &str = "check the text that Terraform makes: `terraform output -raw NAME | scproof validate -`, or \
                         `aws_iam_policy_document.json` in `terraform console`";
const CLOUDFORMATION: &str =
    "take the `Content` of its resource `AWS::Organizations::Policy`, with values in place of functions";

/// What an object is whose members have these names, and no `Statement`.
pub(super) fn of_members(members: &[Member<'_>]) -> Option<Other> {
    let has = |name: &str| members.iter().any(|member| member.name == name);
    let inside = |name: &str, inner: &str| {
        members.iter().any(|member| {
            member.name == name
                && matches!(&member.value.value, Value::Object(members) if members.iter().any(|it| it.name == inner))
        })
    };
    if has("Format") && (has("Accounts") || has("Organization")) {
        return other(
            "a snapshot of an organization",
            "name it with `--org FILE`, or check it alone with `scproof validate FILE`",
        );
    }
    if has("Accounts") && (has("Roots") || has("Organization") || has("OrganizationalUnits") || has("Policies")) {
        return other(
            "a snapshot of an organization without `Format`",
            "add `\"Format\": \"scproof-inventory/1\"` as its first member",
        );
    }
    if inside("Policy", "Content") || inside("Policy", "PolicySummary") || (has("PolicySummary") && has("Content")) {
        return other("output of `aws organizations describe-policy`", DESCRIBE);
    }
    if has("Policies") || has("PolicySummary") {
        return other("output of `aws organizations list-policies`, which has no texts of policies", DESCRIBE);
    }
    if has("PolicyDocument") || has("PolicyVersion") {
        return other(
            "output of the AWS CLI about an identity policy",
            "SCPs are read with `aws organizations describe-policy`",
        );
    }
    if has("AWSTemplateFormatVersion") || (has("Resources") && !has("resource")) {
        return other("a template of CloudFormation", CLOUDFORMATION);
    }
    if has("terraform_version") || has("planned_values") || has("format_version") {
        return other("a plan or a state of Terraform", TERRAFORM);
    }
    if has("resource") || has("locals") || has("terraform") {
        return other("a configuration of Terraform", TERRAFORM);
    }
    if has("serviceControlPolicies") {
        return other("a configuration of the Landing Zone Accelerator", "check the files that it names in `policy`");
    }
    let types = [
        ("tags", "a tag policy"),
        ("plans", "a backup policy"),
        ("services", "an AI services opt-out policy"),
        ("ec2_attributes", "a declarative policy for EC2"),
        ("chatbots", "a chat applications policy"),
    ];
    let (_, what) = types.into_iter().find(|(name, _)| has(name))?;
    other(what, NO_SCP)
}

/// What a text is that is no JSON.
pub(super) fn of_text(text: &str) -> Option<Other> {
    // The head of a file says what it is; more of it costs time only.
    let lines = || text.lines().take(400);
    let begins = |starts: &[&str]| lines().any(|line| starts.iter().any(|start| line.starts_with(start)));
    if begins(&["resource \"", "data \"", "module \"", "variable \"", "locals {", "terraform {", "provider \""]) {
        return other("a configuration of Terraform", TERRAFORM);
    }
    let is_key = |line: &str, key: &str| line.trim_start().trim_start_matches("- ").starts_with(key);
    let has = |key: &str| lines().any(|line| is_key(line, key));
    if begins(&["AWSTemplateFormatVersion:"]) || (begins(&["Resources:"]) && has("Type: AWS::")) {
        return other("a template of CloudFormation", CLOUDFORMATION);
    }
    if has("serviceControlPolicies:") {
        return other("a configuration of the Landing Zone Accelerator", "check the files that it names in `policy`");
    }
    if has("deploy_method:") || begins(&["manifest_version:"]) {
        return other(
            "a manifest of Customizations for Control Tower",
            "check the files that its `resource_file` members name",
        );
    }
    if begins(&["Statement:"]) {
        return other("a policy in YAML", "AWS takes JSON: `yq -o json FILE | scproof validate -`");
    }
    None
}

/// What a policy is of whose statements each names its principals; none where that may be a slip in an SCP.
pub(super) fn of_statements(statements: &Node<'_>) -> Option<Other> {
    let one = std::slice::from_ref(statements);
    let list = statements.value.as_array().unwrap_or(one);
    let members = |node: &Node<'_>, name: &str| -> bool {
        matches!(&node.value, Value::Object(members) if members.iter().any(|member| member.name == name))
    };
    let says = |node: &Node<'_>, name: &str, text: &str| {
        let Value::Object(members) = &node.value else { return false };
        let mut such = members.iter().filter(|member| member.name == name);
        such.any(|member| member.value.value.as_string().is_some_and(|value| value == text))
    };
    let is_other = !list.is_empty() && list.iter().all(|node| members(node, "Principal"));
    if !is_other || !list.iter().any(|node| says(node, "Effect", "Allow") || !says(node, "Principal", "*")) {
        return None;
    }
    if list.iter().all(|node| !members(node, "Resource") && !members(node, "NotResource")) {
        return other(
            "the trust policy of a role",
            "SCPs have no principals: they apply to the accounts that they are attached to",
        );
    }
    other(
        "the policy of a resource, such as a bucket",
        "SCPs have no principals: they apply to the accounts that they are attached to, and restrict callers by conditions",
    )
}
