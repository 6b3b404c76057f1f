//! What each operation answers (API-12 to API-22).

use serde_json::{Map, Value, json};

use crate::world::World;

/// Makes an item of a list out of its id.
pub(crate) type Render = Box<dyn Fn(&World, &str) -> Value>;

/// An answer before it is cut into pages.
pub(crate) enum Outcome {
    Object(Value),
    List {
        /// The member that holds the items.
        name: &'static str,
        /// What tells the items apart, in the order of the list.
        ids: Vec<String>,
        render: Render,
    },
}

/// An error in AWS's form (API-3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) reason: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.to_owned(), message: message.into(), reason: None }
    }

    pub(crate) fn invalid(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason: Some(reason), ..Self::new("InvalidInputException", message) }
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut body = json!({"__type": self.code, "Message": self.message});
        if let (Value::Object(members), Some(reason)) = (&mut body, self.reason) {
            members.insert("Reason".to_owned(), Value::from(reason));
        }
        body
    }
}

/// What a call is about: an item, or for `ListPolicies` a policy type.
pub(crate) fn subject(input: &Map<String, Value>) -> Option<&str> {
    ["ParentId", "TargetId", "PolicyId", "ResourceId", "ChildId", "Filter"]
        .into_iter()
        .find_map(|name| input.get(name)?.as_str())
}

fn required<'i>(input: &'i Map<String, Value>, name: &str) -> Result<&'i str, Refusal> {
    let missing = || Refusal::invalid("INVALID_PATTERN", format!("{name} is required"));
    input.get(name).and_then(Value::as_str).ok_or_else(missing)
}

fn list(
    name: &'static str,
    ids: impl IntoIterator<Item = String>,
    render: impl Fn(&World, &str) -> Value + 'static,
) -> Outcome {
    Outcome::List { name, ids: ids.into_iter().collect(), render: Box::new(render) }
}

/// Answers an operation.
pub(crate) fn answer(world: &World, operation: &str, input: &Map<String, Value>) -> Result<Outcome, Refusal> {
    Ok(match operation {
        "DescribeOrganization" => Outcome::Object(json!({"Organization": {
            "Id": world.id,
            "Arn": world.organization_arn(),
            "FeatureSet": world.feature_set,
            "MasterAccountId": world.management,
            "MasterAccountArn": world.target_arn(&world.management),
            "MasterAccountEmail": world.accounts.get(&world.management).map(|account| account.email.as_str()),
            "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
        }})),
        "ListRoots" => list("Roots", [world.root.clone()], |world, id| {
            let types: Vec<Value> = (world.policy_types.iter())
                .map(|(policy_type, status)| json!({"Type": policy_type, "Status": status}))
                .collect();
            json!({"Id": id, "Arn": world.target_arn(id), "Name": "Root", "PolicyTypes": types})
        }),
        "ListOrganizationalUnitsForParent" => {
            let parent = parent(world, input)?;
            let below = world.units.iter().filter(|(_, unit)| unit.parent == parent).map(|(id, _)| id.clone());
            list(
                "OrganizationalUnits",
                below,
                |world, id| json!({"Id": id, "Arn": world.target_arn(id), "Name": world.name_of(id), "Path": world.path_of(id)}),
            )
        }
        "ListAccountsForParent" => {
            let parent = parent(world, input)?;
            let below = world.accounts.iter().filter(|(_, account)| account.parent == parent);
            list("Accounts", below.map(|(id, _)| id.clone()), account)
        }
        "ListAccounts" => list("Accounts", world.accounts.keys().cloned(), account),
        "ListParents" => {
            let child = required(input, "ChildId")?;
            let of_unit = world.units.get(child).map(|unit| &unit.parent);
            let parent = of_unit.or_else(|| world.accounts.get(child).map(|account| &account.parent));
            let Some(parent) = parent else {
                return Err(Refusal::new("ChildNotFoundException", "You specified a child that doesn't exist."));
            };
            list("Parents", [parent.clone()], |world, id| json!({"Id": id, "Type": world.kind_of(id)}))
        }
        "ListPolicies" => {
            let filter = required(input, "Filter")?;
            let of_type = world.policies.iter().filter(|(_, policy)| policy.policy_type == filter);
            list("Policies", of_type.map(|(id, _)| id.clone()), summary)
        }
        "ListPoliciesForTarget" => {
            let (target, filter) = (required(input, "TargetId")?, required(input, "Filter")?);
            if world.kind_of(target).is_none() {
                return Err(Refusal::new("TargetNotFoundException", "You specified a target that doesn't exist."));
            }
            list("Policies", world.policies_of(target, filter).into_iter().cloned(), summary)
        }
        "DescribePolicy" => {
            let id = existing_policy(world, input)?;
            let content = world.policies.get(id).map(|policy| policy.content.as_str());
            Outcome::Object(json!({"Policy": {"PolicySummary": summary(world, id), "Content": content}}))
        }
        "ListTargetsForPolicy" => {
            let id = existing_policy(world, input)?;
            list("Targets", world.targets.get(id).into_iter().flatten().cloned(), |world, target| {
                json!({"TargetId": target, "Arn": world.target_arn(target), "Name": world.name_of(target),
                    "Type": world.kind_of(target)})
            })
        }
        "ListTagsForResource" => {
            let resource = required(input, "ResourceId")?.to_owned();
            if world.kind_of(&resource).is_none() && !world.policies.contains_key(&resource) {
                return Err(Refusal::new("TargetNotFoundException", "You specified a target that doesn't exist."));
            }
            let tags = world.accounts.get(&resource).map(|account| &account.tags);
            list("Tags", tags.into_iter().flatten().map(|(key, _)| key.clone()), move |world, key| {
                let value = world.accounts.get(&resource).and_then(|account| account.tags.get(key));
                json!({"Key": key, "Value": value})
            })
        }
        "ListDelegatedAdministrators" => list("DelegatedAdministrators", [], |_, _| Value::Null),
        _ => return Err(Refusal::new("UnknownOperationException", format!("there is no {operation} here"))),
    })
}

fn parent<'i>(world: &World, input: &'i Map<String, Value>) -> Result<&'i str, Refusal> {
    let parent = required(input, "ParentId")?;
    if world.is_parent(parent) {
        Ok(parent)
    } else {
        Err(Refusal::new("ParentNotFoundException", "You specified parent that doesn't exist."))
    }
}

fn existing_policy<'i>(world: &World, input: &'i Map<String, Value>) -> Result<&'i str, Refusal> {
    let id = required(input, "PolicyId")?;
    if world.policies.contains_key(id) {
        Ok(id)
    } else {
        Err(Refusal::new("PolicyNotFoundException", "You specified a policy that doesn't exist."))
    }
}

fn account(world: &World, id: &str) -> Value {
    let Some(account) = world.accounts.get(id) else { return Value::Null };
    // What the older member says of a closed account (API-26).
    let status = if account.state == "CLOSED" { "SUSPENDED" } else { account.state.as_str() };
    json!({
        "Id": id,
        "Arn": world.target_arn(id),
        "Email": account.email,
        "Name": account.name,
        "State": account.state,
        "Status": status,
        "Paths": [format!("{}{id}/", world.path_of(&account.parent))],
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": 1_700_000_000.123,
    })
}

fn summary(world: &World, id: &str) -> Value {
    let Some(policy) = world.policies.get(id) else { return Value::Null };
    json!({
        "Id": id,
        "Arn": world.policy_arn(id, policy),
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.policy_type,
        "AwsManaged": policy.aws_managed,
    })
}
