//! The calls: parameters in, records out. A list that is missing from an answer is an error, never an empty list.

use aws_sdk_organizations::types::{Account, OrganizationalUnit, PolicySummary, PolicyType, Root};
use scproof_organization::{
    AccountRecord, OrganizationRecord, OuRecord, PolicyRecord, PolicyTypeRecord, RootRecord, Tag,
};

use crate::failure::Failure;
use crate::journal::{CallKey, Page};
use crate::operation::Operation;
use crate::paging::Id;
use crate::session::{CallError, Session};

/// Items on a page (API-30).
const MAX_RESULTS: i32 = 20;

/// The policy types that are read.
pub(crate) const SCP: &str = "SERVICE_CONTROL_POLICY";
pub(crate) const RCP: &str = "RESOURCE_CONTROL_POLICY";

fn key(operation: Operation, subject: Option<&str>) -> CallKey {
    CallKey { operation, subject: subject.map(str::to_owned), policy_type: None }
}

/// A member that AWS always gives.
fn required<T>(value: Option<T>, what: &str) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::nonsense(format!("it has no `{what}`")))
}

fn page<S, T>(
    items: Option<Vec<S>>,
    next: Option<String>,
    what: &str,
    convert: impl Fn(S) -> Result<T, Failure>,
) -> Result<Page<T>, Failure> {
    let items = required(items, what)?.into_iter().map(convert).collect::<Result<Vec<T>, Failure>>()?;
    Ok(Page { items, next })
}

impl Session<'_> {
    /// The organization. Never taken from the work file: it tells whether that belongs here.
    pub(crate) async fn describe_organization(&self) -> Result<OrganizationRecord, CallError> {
        let call = key(Operation::DescribeOrganization, None);
        self.call(&call, false, || async {
            let answer = self.client.describe_organization().send().await.map_err(|error| Failure::from_sdk(&error))?;
            let organization = required(answer.organization, "Organization")?;
            Ok(OrganizationRecord {
                id: required(organization.id, "Organization.Id")?,
                arn: organization.arn,
                feature_set: required(organization.feature_set, "Organization.FeatureSet")?.as_str().to_owned(),
                master_account_id: organization.master_account_id,
                master_account_arn: organization.master_account_arn,
            })
        })
        .await
    }

    pub(crate) async fn list_roots(&self) -> Result<Vec<RootRecord>, CallError> {
        let call = key(Operation::ListRoots, None);
        self.list(&call, false, |token| async {
            let request = self.client.list_roots().max_results(MAX_RESULTS).set_next_token(token);
            let answer = request.send().await.map_err(|error| Failure::from_sdk(&error))?;
            page(answer.roots, answer.next_token, "Roots", root)
        })
        .await
    }

    pub(crate) async fn list_units(&self, parent: &str, fresh: bool) -> Result<Vec<OuRecord>, CallError> {
        let call = key(Operation::ListOrganizationalUnitsForParent, Some(parent));
        self.list(&call, fresh, |token| async {
            let request = self.client.list_organizational_units_for_parent().parent_id(parent);
            let request = request.max_results(MAX_RESULTS).set_next_token(token);
            let answer = request.send().await.map_err(|error| Failure::from_sdk(&error))?;
            page(answer.organizational_units, answer.next_token, "OrganizationalUnits", |item| unit(item, parent))
        })
        .await
    }

    pub(crate) async fn list_accounts_below(&self, parent: &str, fresh: bool) -> Result<Vec<AccountRecord>, CallError> {
        let call = key(Operation::ListAccountsForParent, Some(parent));
        self.list(&call, fresh, |token| async {
            let request = self.client.list_accounts_for_parent().parent_id(parent);
            let request = request.max_results(MAX_RESULTS).set_next_token(token);
            let answer = request.send().await.map_err(|error| Failure::from_sdk(&error))?;
            page(answer.accounts, answer.next_token, "Accounts", |item| account(item, Some(parent)))
        })
        .await
    }

    /// All accounts, without their parents. Each page is shown as it comes.
    pub(crate) async fn list_accounts(&self, seen: impl Fn(usize)) -> Result<Vec<AccountRecord>, CallError> {
        let call = key(Operation::ListAccounts, None);
        self.list(&call, false, |token| async {
            let request = self.client.list_accounts().max_results(MAX_RESULTS).set_next_token(token);
            let answer = request.send().await.map_err(|error| Failure::from_sdk(&error))?;
            let page = page(answer.accounts, answer.next_token, "Accounts", |item| account(item, None))?;
            seen(page.items.len());
            Ok(page)
        })
        .await
    }

    /// The one parent of an account or unit.
    pub(crate) async fn parent_of(&self, child: &str) -> Result<String, CallError> {
        let call = key(Operation::ListParents, Some(child));
        self.expect(Operation::ListParents, 1);
        let parents: Vec<Id> = self
            .list(&call, false, |token| async {
                let request = self.client.list_parents().child_id(child);
                let request = request.max_results(MAX_RESULTS).set_next_token(token);
                let answer = request.send().await.map_err(|error| Failure::from_sdk(&error))?;
                let page = page(answer.parents, answer.next_token, "Parents", |parent| {
                    Ok(Id(required(parent.id, "Parents[].Id")?))
                })?;
                match page.items.len() {
                    1 => Ok(page),
                    count => Err(Failure::nonsense(format!("it has {count} parents, and not one"))),
                }
            })
            .await?;
        match parents.into_iter().next() {
            Some(Id(parent)) => Ok(parent),
            None => Err(CallError::NotFound { code: "ParentNotFoundException".to_owned() }),
        }
    }

    /// All policies of a type, without their texts.
    pub(crate) async fn list_policies(&self, policy_type: &str, fresh: bool) -> Result<Vec<PolicyRecord>, CallError> {
        let mut call = key(Operation::ListPolicies, None);
        call.policy_type = Some(policy_type.to_owned());
        self.expect(Operation::ListPolicies, 1);
        self.list(&call, fresh, |token| async {
            let request = self.client.list_policies().filter(PolicyType::from(policy_type));
            let request = request.max_results(MAX_RESULTS).set_next_token(token);
            let answer = request.send().await.map_err(|error| Failure::from_sdk(&error))?;
            page(answer.policies, answer.next_token, "Policies", policy)
        })
        .await
    }

    /// A policy with its exact text (API-24).
    pub(crate) async fn describe_policy(&self, id: &str, fresh: bool) -> Result<PolicyRecord, CallError> {
        let call = key(Operation::DescribePolicy, Some(id));
        self.single(&call, fresh, || async {
            let request = self.client.describe_policy().policy_id(id);
            let answer = request.send().await.map_err(|error| Failure::from_sdk(&error))?;
            let described = required(answer.policy, "Policy")?;
            let mut record = policy(required(described.policy_summary, "Policy.PolicySummary")?)?;
            if record.id != id {
                return Err(Failure::nonsense(format!("it is about the policy `{}`", record.id)));
            }
            record.content = Some(required(described.content, "Policy.Content")?);
            Ok(record)
        })
        .await
    }

    /// The roots, units and accounts that a policy is attached to directly.
    pub(crate) async fn list_targets(&self, policy: &str, fresh: bool) -> Result<Vec<Id>, CallError> {
        let call = key(Operation::ListTargetsForPolicy, Some(policy));
        self.list(&call, fresh, |token| async {
            let request = self.client.list_targets_for_policy().policy_id(policy);
            let request = request.max_results(MAX_RESULTS).set_next_token(token);
            let answer = request.send().await.map_err(|error| Failure::from_sdk(&error))?;
            page(answer.targets, answer.next_token, "Targets", |target| {
                Ok(Id(required(target.target_id, "Targets[].TargetId")?))
            })
        })
        .await
    }

    /// The policies of a type that are attached to a target directly.
    pub(crate) async fn list_policies_of(
        &self,
        target: &str,
        policy_type: &str,
        fresh: bool,
    ) -> Result<Vec<Id>, CallError> {
        let mut call = key(Operation::ListPoliciesForTarget, Some(target));
        call.policy_type = Some(policy_type.to_owned());
        self.list(&call, fresh, |token| async {
            let request = self.client.list_policies_for_target().target_id(target);
            let request = request.filter(PolicyType::from(policy_type));
            let request = request.max_results(MAX_RESULTS).set_next_token(token);
            let answer = request.send().await.map_err(|error| Failure::from_sdk(&error))?;
            page(answer.policies, answer.next_token, "Policies", |summary| {
                Ok(Id(required(summary.id, "Policies[].Id")?))
            })
        })
        .await
    }

    /// The tags of an account. This operation has no page size (API-21).
    pub(crate) async fn list_tags(&self, account: &str) -> Result<Vec<Tag>, CallError> {
        let call = key(Operation::ListTagsForResource, Some(account));
        self.list(&call, false, |token| async {
            let request = self.client.list_tags_for_resource().resource_id(account).set_next_token(token);
            let answer = request.send().await.map_err(|error| Failure::from_sdk(&error))?;
            page(answer.tags, answer.next_token, "Tags", |tag| Ok(Tag { key: tag.key, value: tag.value }))
        })
        .await
    }
}

fn root(root: Root) -> Result<RootRecord, Failure> {
    let types = required(root.policy_types, "Roots[].PolicyTypes")?;
    let types = types.into_iter().map(|entry| {
        Ok(PolicyTypeRecord {
            policy_type: required(entry.r#type, "Roots[].PolicyTypes[].Type")?.as_str().to_owned(),
            status: required(entry.status, "Roots[].PolicyTypes[].Status")?.as_str().to_owned(),
        })
    });
    Ok(RootRecord {
        policy_types: Some(types.collect::<Result<_, Failure>>()?),
        id: required(root.id, "Roots[].Id")?,
        arn: root.arn,
        name: root.name,
    })
}

fn unit(unit: OrganizationalUnit, parent: &str) -> Result<OuRecord, Failure> {
    Ok(OuRecord {
        id: required(unit.id, "OrganizationalUnits[].Id")?,
        arn: unit.arn,
        name: unit.name,
        parent_id: parent.to_owned(),
        path: unit.path,
    })
}

fn account(account: Account, parent: Option<&str>) -> Result<AccountRecord, Failure> {
    // API-26: the older member only where the newer one is missing.
    let state = account.state.map(|state| state.as_str().to_owned());
    let status = if state.is_none() { account.status.map(|status| status.as_str().to_owned()) } else { None };
    Ok(AccountRecord {
        id: required(account.id, "Accounts[].Id")?,
        arn: account.arn,
        name: account.name,
        email: account.email,
        state,
        status,
        parent_id: parent.unwrap_or_default().to_owned(),
        tags: Vec::new(),
        paths: account.paths.unwrap_or_default(),
    })
}

fn policy(summary: PolicySummary) -> Result<PolicyRecord, Failure> {
    Ok(PolicyRecord {
        id: required(summary.id, "Policies[].Id")?,
        arn: summary.arn,
        name: summary.name,
        description: summary.description,
        policy_type: required(summary.r#type, "Policies[].Type")?.as_str().to_owned(),
        aws_managed: Some(summary.aws_managed),
        content: None,
    })
}
