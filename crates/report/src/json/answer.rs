//! `scproof-answer/2`: one answer in full, and the lines of the batch form.

use std::collections::BTreeMap;
use std::io::{self, Write};

use scproof_evaluator::{Context, ContextValue, Decision, Explanation, LevelTrace, Request, RequestResource};
use scproof_organization::Organization;
use serde::Serialize;
use serde_json::Value;

use super::predicate::PredicateView;
use super::{AccountView, Document, StatementView, UndecidedView, node_ids, statement_views, undecided_views};
use crate::answer::Answer;
use crate::words::Words;

/// The version of the format.
pub const FORMAT: &str = "scproof-answer/2";

/// What a program needs of an answer: the members of a batch line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    decision: &'a str,
    reason: &'a str,
    determining: Vec<StatementView<'a>>,
    levels_without_allow: Vec<&'a str>,
    undecided: Vec<UndecidedView<'a>>,
    depends_on: Option<String>,
    /// The same as a structure: for an open verdict when the call passes.
    when: Option<PredicateView<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    assumed: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    completed: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<Basis<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
}

/// What an answer rests on beside the policies.
#[derive(Serialize)]
struct Basis<'a> {
    catalog: &'a str,
}

impl<'a> Body<'a> {
    fn of(organization: &'a Organization, explanation: &'a Explanation) -> Self {
        let words = Words::full(organization);
        let depends_on = explanation.depends_on.as_ref();
        Self {
            decision: explanation.decision.as_str(),
            reason: explanation.reason.as_str(),
            determining: statement_views(organization, &explanation.determining),
            levels_without_allow: node_ids(organization, &explanation.levels_without_allow),
            undecided: undecided_views(organization, &explanation.undecided),
            depends_on: depends_on.map(|condition| words.depends_on(explanation.decision, condition)),
            when: depends_on.map(|condition| PredicateView::of(organization, condition)),
            assumed: &explanation.assumed,
            preferred: explanation.preferred.map(Decision::as_str),
            completed: &explanation.completed,
            basis: explanation.basis.as_deref().map(|catalog| Basis { catalog }),
            notes: &explanation.notes,
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a Value,
    #[serde(flatten)]
    body: Body<'a>,
}

/// Writes one line of the batch form, with its line feed. `organization` is the one that was asked about.
///
/// # Errors
///
/// If writing fails.
pub fn render_line(
    organization: &Organization,
    id: &Value,
    explanation: &Explanation,
    out: &mut dyn Write,
) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { id, body: Body::of(organization, explanation) })?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Full<'a> {
    #[serde(flatten)]
    body: Body<'a>,
    /// Of a role session: the verdict if its role has no path.
    #[serde(skip_serializing_if = "Option::is_none")]
    if_role_has_no_path: Option<&'static str>,
    account: Option<AccountView<'a>>,
    question: Question<'a>,
    levels: Vec<LevelView<'a>>,
}

impl<'a> Full<'a> {
    pub(super) fn of(answer: &Answer<'a>) -> Self {
        let organization = answer.organization;
        Self {
            body: Body::of(organization, answer.explanation),
            if_role_has_no_path: answer.if_role_has_no_path.map(Decision::as_str),
            account: answer.account().map(|account| AccountView::of(organization, account)),
            question: answer.request.into(),
            levels: answer.explanation.levels.iter().map(|level| LevelView::of(organization, level)).collect(),
        }
    }
}

/// The question in the batch form: it can be asked again as it stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Question<'a> {
    /// Empty where many accounts are asked.
    #[serde(skip_serializing_if = "str::is_empty")]
    account: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    action: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource: Vec<ResourceView<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    context: BTreeMap<&'a str, ContextView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    resources_complete: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    closed_context: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    beyond_catalog: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ResourceView<'a> {
    Bare(&'a str),
    Full {
        #[serde(skip_serializing_if = "Option::is_none")]
        resource: Option<&'a str>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        context: BTreeMap<&'a str, ContextView<'a>>,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum ContextView<'a> {
    Absent(()),
    Single(&'a str),
    List(&'a [String]),
}

fn context_view(context: &Context) -> BTreeMap<&str, ContextView<'_>> {
    let view = |value| match value {
        &ContextValue::Absent => ContextView::Absent(()),
        ContextValue::Single(text) => ContextView::Single(text.as_str()),
        ContextValue::List(texts) => ContextView::List(texts.as_slice()),
    };
    context.iter().map(|(key, value)| (key, view(value))).collect()
}

impl<'a> From<&'a Request> for Question<'a> {
    fn from(request: &'a Request) -> Self {
        let resource = request.resources.iter().map(|input| {
            let resource = match &input.resource {
                RequestResource::Unknown => None,
                RequestResource::NotScoped => Some("*"),
                RequestResource::Arn(arn) => Some(arn.as_str()),
            };
            match resource {
                Some(resource) if input.context.is_empty() => ResourceView::Bare(resource),
                _ => ResourceView::Full { resource, context: context_view(&input.context) },
            }
        });
        Self {
            account: &request.account,
            principal: request.principal.as_deref(),
            action: &request.action,
            resource: resource.collect(),
            context: context_view(&request.context),
            region: request.region.as_deref(),
            resources_complete: request.resources_complete,
            closed_context: request.closed_context,
            beyond_catalog: request.beyond_catalog,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LevelView<'a> {
    target_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_name: Option<&'a str>,
    allowed_by: Vec<StatementView<'a>>,
    maybe_allowed_by: Vec<StatementView<'a>>,
    denied_by: Vec<StatementView<'a>>,
    maybe_denied_by: Vec<MaybeDeny<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MaybeDeny<'a> {
    #[serde(flatten)]
    statement: StatementView<'a>,
    /// What spares the request.
    unless: PredicateView<'a>,
    unless_text: String,
}

impl<'a> LevelView<'a> {
    fn of(organization: &'a Organization, level: &'a LevelTrace) -> Self {
        let (words, node) = (Words::full(organization), organization.node(level.node));
        Self {
            target_id: node.target.as_str(),
            target_name: node.name.as_deref(),
            allowed_by: statement_views(organization, &level.allowed_by),
            maybe_allowed_by: statement_views(organization, &level.maybe_allowed_by),
            denied_by: statement_views(organization, &level.denied_by),
            maybe_denied_by: level
                .maybe_denied_by
                .iter()
                .map(|(statement, unless)| MaybeDeny {
                    statement: StatementView::of(organization, statement),
                    unless: PredicateView::of(organization, unless),
                    unless_text: words.sentence(unless),
                })
                .collect(),
        }
    }
}

/// A question as a line of the batch form, without a line feed.
pub(crate) fn question(request: &Request) -> String {
    // Texts, lists and maps of texts always have a JSON form.
    serde_json::to_string(&Question::from(request)).unwrap_or_default()
}

/// An answer in full: the members of a batch line, the account, the question, and each level.
pub(crate) fn document<'a>(answer: &'a Answer<'a>) -> impl Serialize + use<'a> {
    Document::of(FORMAT, &[answer.organization], Full::of(answer))
}
