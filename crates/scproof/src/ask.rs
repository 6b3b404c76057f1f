//! Questions to the policies as they are: one call, many calls, many accounts, all actions.
//!
//! # Many calls
//!
//! ```
//! use scproof::ask::{CompiledOrganization, Decision, EvaluationOptions, Request, decisions};
//!
//! let compiled = CompiledOrganization::compile(scproof::example::organization()?, EvaluationOptions::default());
//! let actions = ["redshift:CreateCluster", "sts:GetCallerIdentity", "s3:Get*"];
//! let questions = actions.map(|action| Request::new("sandbox-alice", action).with_principal("role/dev"));
//! let found: Vec<_> = decisions(&compiled, questions).collect();
//! assert_eq!(found[0], Ok(Decision::ImplicitDeny));
//! assert_eq!(found[1], Ok(Decision::Allowed));
//! assert!(found[2].as_ref().is_err_and(|error| error.help().is_some_and(|help| help.contains("patterns"))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use rayon::prelude::*;
use scproof_policy_parser::ActionShape;

pub use crate::batch::{BatchError, BatchSummary, LineError, MAX_LINE, answer_lines};
pub use crate::guard_notes::guard_notes;
use crate::snapshot::Organization;
pub use scproof_catalog::{ActionFilter, ActionFilterError, ActionGlob, ActionId, Catalog};
pub use scproof_denial::{Agreement, Denial, DenialError, Diagnosis, NamedPolicy, Passing, diagnose};
pub use scproof_evaluator::{
    Access, Answered, Caller, CompiledOrganization, Context, ContextValue, Decision, EffectiveGroup,
    EffectivePermissions, EffectiveSetGroup, EvaluationOptions, Explanation, KeyAtom, LevelRef, LevelTrace, Open,
    PlacedStatement, Predicate, PredicateAtom, Query, Reason, Request, RequestError, RequestResource, ResourceAtom,
    ResourceInput, StatementRef, Truth, Undecided, WhoCan, WhoCanGroup, is_always_present,
};
pub use scproof_trail::{Cause, PolicyType};

/// How many questions are taken from an iterator before they are answered.
const CHUNK: usize = 1024;

/// The verdict on each of some questions, in their order, worked out on all threads of the current rayon pool.
///
/// Some thousand questions are taken at a time, so the iterator may be endless.
pub fn decisions<I>(
    compiled: &CompiledOrganization,
    questions: I,
) -> impl Iterator<Item = Result<Decision, RequestError>> + use<'_, I>
where
    I: IntoIterator<Item = Request>,
{
    in_parallel(questions, |question| compiled.ask(question))
}

/// The verdict on each of some questions with all its causes, as [`decisions`].
pub fn explanations<I>(
    compiled: &CompiledOrganization,
    questions: I,
) -> impl Iterator<Item = Result<Explanation, RequestError>> + use<'_, I>
where
    I: IntoIterator<Item = Request>,
{
    in_parallel(questions, |question| compiled.answer(question))
}

fn in_parallel<I, T, F>(questions: I, answer: F) -> impl Iterator<Item = T>
where
    I: IntoIterator<Item = Request>,
    T: Send,
    F: Fn(&Request) -> T + Sync,
{
    let mut questions = questions.into_iter().fuse();
    std::iter::from_fn(move || {
        let chunk: Vec<Request> = questions.by_ref().take(CHUNK).collect();
        let answers: Vec<T> = chunk.par_iter().map(&answer).collect();
        (!answers.is_empty()).then_some(answers)
    })
    .flatten()
}

/// A name in a question that nobody knows: it decides nothing, or not what was meant, so it is probably misspelt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// The name.
    pub name: String,
    /// What it is the name of.
    pub kind: NameKind,
    /// What is spelt nearly so, nearest first.
    pub near: Vec<String>,
}

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameKind {
    /// An action.
    Action,
    /// A context key.
    ContextKey,
}

impl std::fmt::Display for UnknownName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            NameKind::Action => write!(f, "`{}` is no action known to scproof", self.name),
            NameKind::ContextKey => write!(f, "`{}` is no context key that AWS documents", self.name),
        }
    }
}

impl UnknownName {
    /// What it may have been meant for, as a question.
    pub fn help(&self) -> Option<String> {
        (!self.near.is_empty()).then(|| format!("did you mean `{}`?", self.near.join("` or `")))
    }
}

/// The names of a question that neither AWS nor anybody else documents. They are no errors: an action may be newer than
/// the catalog.
///
/// ```
/// use scproof::ask::{Context, Request, unknown_names};
///
/// let question = Request::new("shop", "s3:DeleteBuckt")
///     .with_context(Context::new().with("aws:RequestRegion", "eu-west-1"));
/// let doubtful: Vec<_> = unknown_names(&question).into_iter().filter_map(|name| name.help()).collect();
/// assert_eq!(doubtful, ["did you mean `aws:RequestedRegion`?", "did you mean `s3:DeleteBucket`?"]);
///
/// // The name of an operation, whose action has another one.
/// let doubtful = unknown_names(&Request::new("shop", "s3:PutBucketEncryption"));
/// assert_eq!(doubtful[0].help().as_deref(), Some("did you mean `s3:PutEncryptionConfiguration`?"));
/// ```
pub fn unknown_names(question: &Request) -> Vec<UnknownName> {
    let contexts = std::iter::once(&question.context).chain(question.resources.iter().map(|input| &input.context));
    let keys = contexts.flat_map(|context| context.iter().map(|(key, _)| key));
    keys.filter_map(unknown_key).chain(unknown_action(&question.action)).collect()
}

/// A context key that nobody documents.
pub fn unknown_key(key: &str) -> Option<UnknownName> {
    let catalog = Catalog::embedded();
    if catalog.condition_key(key).is_some() {
        return None;
    }
    let near = catalog.nearest_condition_keys(key, 2).iter().map(|key| key.name().to_owned()).collect();
    Some(UnknownName { name: key.to_owned(), kind: NameKind::ContextKey, near })
}

/// An action that the catalog lacks.
pub fn unknown_action(action: &str) -> Option<UnknownName> {
    let catalog = Catalog::embedded();
    if catalog.find_action(action).is_some() {
        return None;
    }
    let near = catalog.nearest_actions(action, 2).iter().map(|&id| catalog.action(id).full_name()).collect();
    Some(UnknownName { name: action.to_owned(), kind: NameKind::Action, near })
}

/// The full names of actions that the policies of an organization spell out, as they do, each once: those that the
/// catalog lacks are actions too, for [`ActionFilter::check`].
pub fn spelt_actions(organization: &Organization) -> Vec<String> {
    let documents = organization.policies().map(|(_, policy)| &policy.document);
    let elements =
        documents.flat_map(|document| &document.statements).filter_map(|statement| statement.action.as_ref());
    let mut names: Vec<String> = elements
        .flat_map(|element| &element.patterns)
        .filter(|pattern| matches!(pattern.shape(), ActionShape::Named { name, .. } if !name.contains(['*', '?'])))
        .map(|pattern| pattern.text.clone())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
