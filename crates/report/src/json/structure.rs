//! What differs between two organizations as structures: a part of `scproof-impact/2`.

use scproof_organization::{AccountState, PolicyId, Target};
use scproof_simulator::{Changed, StructuralDifference};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StructureView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<ChangedView<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feature_set: Option<ChangedView<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scp_status: Option<ChangedView<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    management_account: Option<ChangedView<Option<String>>>,
    targets_added: Vec<&'a str>,
    targets_removed: Vec<&'a str>,
    moved: Vec<MovedView<'a>>,
    targets_changed: Vec<TargetView<'a>>,
    policies_added: Vec<&'a str>,
    policies_removed: Vec<&'a str>,
    policies_changed: Vec<PolicyView<'a>>,
    attachments_added: Vec<AttachmentView<'a>>,
    attachments_removed: Vec<AttachmentView<'a>>,
}

#[derive(Serialize)]
struct ChangedView<T> {
    before: T,
    after: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MovedView<'a> {
    target_id: &'a str,
    parent_id: ChangedView<&'a str>,
    path: ChangedView<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TargetView<'a> {
    target_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<ChangedView<Option<&'a str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<ChangedView<Option<&'a str>>>,
    tags_changed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments_readable: Option<ChangedView<bool>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyView<'a> {
    policy_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<ChangedView<Option<&'a str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<ChangedView<Option<&'a str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<ChangedView<Option<&'a str>>>,
    says_something_else: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttachmentView<'a> {
    target_id: &'a str,
    policy_id: &'a str,
}

fn changed<'a, T, U>(pair: Option<&'a Changed<T>>, view: impl Fn(&'a T) -> U) -> Option<ChangedView<U>> {
    pair.map(|Changed { before, after }| ChangedView { before: view(before), after: view(after) })
}

fn attachments(list: &[(Target, PolicyId)]) -> Vec<AttachmentView<'_>> {
    list.iter()
        .map(|(target, policy)| AttachmentView { target_id: target.as_str(), policy_id: policy.as_str() })
        .collect()
}

impl<'a> From<&'a StructuralDifference> for StructureView<'a> {
    fn from(difference: &'a StructuralDifference) -> Self {
        let text = |text: &'a Option<String>| text.as_deref();
        Self {
            organization_id: changed(difference.organization.as_ref(), |id| id.as_str().to_owned()),
            feature_set: changed(difference.feature_set.as_ref(), |features| features.as_str()),
            scp_status: changed(difference.scp_status.as_ref(), |status| status.as_str()),
            management_account: changed(difference.management_account.as_ref(), |id| id.map(|id| id.to_string())),
            targets_added: difference.targets_added.iter().map(Target::as_str).collect(),
            targets_removed: difference.targets_removed.iter().map(Target::as_str).collect(),
            moved: difference
                .moved
                .iter()
                .map(|moved| MovedView {
                    target_id: moved.target.as_str(),
                    parent_id: ChangedView { before: moved.parent.before.as_str(), after: moved.parent.after.as_str() },
                    path: ChangedView { before: &moved.path.before, after: &moved.path.after },
                })
                .collect(),
            targets_changed: difference
                .targets_changed
                .iter()
                .map(|target| TargetView {
                    target_id: target.target.as_str(),
                    name: changed(target.name.as_ref(), text),
                    state: changed(target.state.as_ref(), |state| state.as_ref().map(AccountState::as_str)),
                    tags_changed: target.tags.is_some(),
                    attachments_readable: changed(target.readable.as_ref(), |readable| *readable),
                })
                .collect(),
            policies_added: difference.policies_added.iter().map(PolicyId::as_str).collect(),
            policies_removed: difference.policies_removed.iter().map(PolicyId::as_str).collect(),
            policies_changed: difference
                .policies_changed
                .iter()
                .map(|policy| PolicyView {
                    policy_id: policy.policy.as_str(),
                    name: changed(policy.name.as_ref(), text),
                    description: changed(policy.description.as_ref(), text),
                    content: changed(policy.content.as_ref(), text),
                    says_something_else: policy.says_something_else,
                })
                .collect(),
            attachments_added: attachments(&difference.attachments_added),
            attachments_removed: attachments(&difference.attachments_removed),
        }
    }
}
