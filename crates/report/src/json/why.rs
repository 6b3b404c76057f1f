//! `scproof-why/1`: a denial that AWS told of, with what the policies say.

use scproof_denial::{Denial, NamedPolicy, Passing};
use scproof_organization::Organization;
use scproof_trail::PolicyType;
use serde::Serialize;

use super::answer::Full;
use super::predicate::PredicateView;
use super::{Document, node_ids};
use crate::why::Why;
use crate::words::Words;

/// The version of the format.
pub const FORMAT: &str = "scproof-why/1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    denial: DenialView<'a>,
    agreement: &'static str,
    agreement_text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    named_policy: Option<NamedView<'a>>,
    answer: Full<'a>,
    passes: Passes<'a>,
}

/// What AWS says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DenialView<'a> {
    account: &'a str,
    principal: &'a str,
    action: &'a str,
    resource: Option<&'a str>,
    region: Option<&'a str>,
    time: Option<&'a str>,
    cause: Option<CauseView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CauseView<'a> {
    /// As AWS calls it; null if AWS does not say.
    policy_type: Option<String>,
    explicit: bool,
    policy_arn: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NamedView<'a> {
    id: &'a str,
    name: Option<&'a str>,
    in_snapshot: bool,
    attached_to: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Passes<'a> {
    this_caller: PassingView<'a>,
    other_callers: PassingView<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PassingView<'a> {
    passes: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<PredicateView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    when_text: Option<String>,
}

impl<'a> From<&'a Denial> for DenialView<'a> {
    fn from(denial: &'a Denial) -> Self {
        let cause = denial.cause.as_ref().map(|cause| CauseView {
            policy_type: (cause.policy_type != PolicyType::NotSaid).then(|| cause.policy_type.to_string()),
            explicit: cause.is_explicit,
            policy_arn: cause.policy_arn.as_deref(),
        });
        Self {
            account: &denial.account,
            principal: &denial.principal,
            action: &denial.action,
            resource: denial.resource.as_deref(),
            region: denial.region.as_deref(),
            time: denial.time.as_deref(),
            cause,
        }
    }
}

fn named_view<'a>(organization: &'a Organization, named: &'a NamedPolicy) -> NamedView<'a> {
    NamedView {
        id: &named.id,
        name: named.policy.and_then(|policy| organization.policy(policy).name.as_deref()),
        in_snapshot: named.policy.is_some(),
        attached_to: node_ids(organization, &named.attached),
    }
}

fn passing_view<'a>(organization: &'a Organization, passing: &'a Passing) -> PassingView<'a> {
    let predicate = if let Passing::If(predicate) = passing { Some(predicate) } else { None };
    PassingView {
        passes: match passing {
            Passing::Always => "always",
            Passing::Never => "never",
            Passing::If(_) => "when",
            Passing::Open => "open",
        },
        when: predicate.map(|predicate| PredicateView::of(organization, predicate)),
        when_text: predicate.map(|predicate| Words::full(organization).sentence(predicate)),
    }
}

/// A diagnosis in full.
pub(crate) fn document<'a>(why: &Why<'a>) -> impl Serialize + use<'a> {
    let (organization, diagnosis) = (why.organization, why.diagnosis);
    let view = View {
        denial: (&diagnosis.denial).into(),
        agreement: diagnosis.agreement.as_str(),
        agreement_text: why.agreement_words(),
        differences: why.differences(),
        named_policy: diagnosis.named.as_ref().map(|named| named_view(organization, named)),
        answer: Full::of(&why.answer()),
        passes: Passes {
            this_caller: passing_view(organization, &diagnosis.this_caller),
            other_callers: passing_view(organization, &diagnosis.other_callers),
        },
    };
    Document::of(FORMAT, &[organization], view)
}
