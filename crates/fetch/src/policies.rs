//! The policies: lists, texts, and where they are attached – asked policy by policy or target by target (API-38).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::{try_join, try_join_all};
use scproof_organization::PolicyRecord;
use tokio::sync::watch;

use crate::error::FetchError;
use crate::estimate::Sizes;
use crate::operation::Operation;
use crate::options::AttachmentsBy;
use crate::paging::Id;
use crate::progress::NoteKind;
use crate::session::{CallError, Session};
use crate::walk::Known;

/// Policies and attachments, before anything is checked.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    /// By id. `content` is missing where the text may not be read.
    pub(crate) records: BTreeMap<String, PolicyRecord>,
    /// Target and policy.
    pub(crate) attachments: BTreeSet<(String, String)>,
    /// How they were read.
    pub(crate) by: AttachmentsBy,
    /// What may not be read: operation, policy or target, policy type where the call has one.
    pub(crate) denied: BTreeMap<(Operation, String, &'static str), String>,
    /// Targets that were asked for their policies.
    pub(crate) asked: BTreeSet<String>,
    /// Policies and targets that were gone when they were asked about.
    pub(crate) gone: BTreeSet<String>,
}

/// What one call about a policy or target gave.
enum Found {
    Text(String, Result<Box<PolicyRecord>, CallError>),
    Targets(String, Result<Vec<Id>, CallError>),
    PoliciesOf(String, &'static str, Result<Vec<Id>, CallError>),
}

/// Reads all policies of the given types and their attachments.
pub(crate) async fn read_policies(
    session: &Session<'_>,
    types: &[&'static str],
    known: watch::Receiver<Known>,
) -> Result<Policies, FetchError> {
    let mut policies = Policies::default();
    let lists = types.iter().map(|&policy_type| async move {
        match session.list_policies(policy_type, false).await {
            Ok(list) => Ok((policy_type, Ok(list))),
            // Without the list of SCPs nothing could be said about anything; RCPs are only kept.
            Err(CallError::Denied { code, .. }) if policy_type != crate::api::SCP => Ok((policy_type, Err(code))),
            Err(error) => Err(error.fatal(Operation::ListPolicies, None)),
        }
    });
    let mut readable = Vec::new();
    for (policy_type, list) in try_join_all(lists).await? {
        match list {
            Ok(list) => {
                readable.push(policy_type);
                policies.records.extend(list.into_iter().map(|policy| (policy.id.clone(), policy)));
            }
            Err(code) => {
                policies.denied.insert((Operation::ListPolicies, String::new(), policy_type), code);
            }
        }
    }
    session.sizes(|sizes| {
        sizes.policies = policies.records.len() as u64;
        sizes.policy_types = readable.len() as u64;
    });
    let ids: Vec<String> = policies.records.keys().cloned().collect();
    // AWS's own are attached nearly everywhere: their lists are by far the longest, and a list is read page after page.
    let mut longest_first = ids.clone();
    longest_first.sort_by_key(|id| policies.records.get(id).and_then(|policy| policy.aws_managed) != Some(true));

    let texts = collect(session, Operation::DescribePolicy, ids, |id| async move {
        let described = session.describe_policy(&id, false).await.map(Box::new);
        Found::Text(id, described)
    });
    let attachments = async {
        let (by, nodes) = choose(session, &readable, policies.records.len(), known).await?;
        let found = match nodes {
            None => targets_of(session, longest_first, false).await?,
            Some(nodes) => policies_of(session, nodes.iter().cloned(), &readable, false).await?,
        };
        Ok((by, found))
    };
    let (texts, (by, attachments)) = try_join(texts, attachments).await?;
    policies.by = by;
    policies.add(texts)?;
    policies.add(attachments)?;
    Ok(policies)
}

/// Decides how attachments are read; with the nodes if they are read target by target.
async fn choose(
    session: &Session<'_>,
    types: &[&'static str],
    policies: usize,
    mut known: watch::Receiver<Known>,
) -> Result<(AttachmentsBy, Option<Arc<Vec<String>>>), FetchError> {
    let mut by = session.options.attachments_by;
    let sizes = |known: &Known| Sizes {
        accounts: known.accounts,
        units: known.units,
        policies: policies as u64,
        policy_types: types.len() as u64,
        ..Sizes::default()
    };
    loop {
        let now = known.borrow_and_update().clone();
        let sizes = sizes(&now);
        // More targets make asking each of them only dearer: a lead of asking the policies is final.
        let policies_lead = sizes.fewest() == AttachmentsBy::Policy;
        if by == AttachmentsBy::Fewest && (policies_lead || now.nodes.is_some()) {
            by = sizes.fewest();
            let names = (Operation::ListTargetsForPolicy, Operation::ListPoliciesForTarget);
            let (chosen, other) = if by == AttachmentsBy::Policy { names } else { (names.1, names.0) };
            let calls = |by| {
                let sizes = Sizes { attachments_by: by, ..sizes };
                crate::estimate::calls_of(&sizes, Operation::ListTargetsForPolicy)
                    + crate::estimate::calls_of(&sizes, Operation::ListPoliciesForTarget)
            };
            let (fewer, more) = match by {
                AttachmentsBy::Target => (calls(AttachmentsBy::Target), calls(AttachmentsBy::Policy)),
                AttachmentsBy::Policy | AttachmentsBy::Fewest => {
                    (calls(AttachmentsBy::Policy), calls(AttachmentsBy::Target))
                }
            };
            let count = if now.nodes.is_some() { "about" } else { "at least" };
            session.note(
                NoteKind::Plan,
                format!("reading attachments with {chosen}: {count} {fewer} calls; {other} needs {count} {more}"),
            );
            session.sizes(|sizes| sizes.attachments_by = by);
        }
        match (by, now.nodes) {
            (AttachmentsBy::Policy, _) => return Ok((by, None)),
            (AttachmentsBy::Target, Some(nodes)) => return Ok((by, Some(nodes))),
            (AttachmentsBy::Target | AttachmentsBy::Fewest, _) => {}
        }
        if known.changed().await.is_err() {
            // The walk has failed; its error ends the fetch.
            std::future::pending::<()>().await;
        }
    }
}

/// Asks each policy for its targets.
async fn targets_of(session: &Session<'_>, ids: Vec<String>, fresh: bool) -> Result<Vec<Found>, FetchError> {
    collect(session, Operation::ListTargetsForPolicy, ids, |id| async move {
        let targets = session.list_targets(&id, fresh).await;
        Found::Targets(id, targets)
    })
    .await
}

/// Asks each target for its policies.
async fn policies_of(
    session: &Session<'_>,
    targets: impl Iterator<Item = String>,
    types: &[&'static str],
    fresh: bool,
) -> Result<Vec<Found>, FetchError> {
    let pairs: Vec<(String, &'static str)> =
        targets.flat_map(|target| types.iter().map(move |&policy_type| (target.clone(), policy_type))).collect();
    collect(session, Operation::ListPoliciesForTarget, pairs, |(target, policy_type)| async move {
        let found = session.list_policies_of(&target, policy_type, fresh).await;
        Found::PoliciesOf(target, policy_type, found)
    })
    .await
}

/// Makes one call for each job, a bounded number at once.
async fn collect<J, F: Future<Output = Found>>(
    session: &Session<'_>,
    operation: Operation,
    jobs: Vec<J>,
    run: impl Fn(J) -> F,
) -> Result<Vec<Found>, FetchError> {
    session.expect(operation, jobs.len());
    let mut all = Vec::with_capacity(jobs.len());
    session
        .work(
            jobs,
            |job| {
                let found = run(job);
                async move { found.await.or_stop() }
            },
            |found| {
                all.push(found);
                Vec::new()
            },
        )
        .await?;
    Ok(all)
}

impl Found {
    /// A failure that ends the fetch, at once.
    fn or_stop(self) -> Result<Self, FetchError> {
        match self {
            Self::Text(_, Err(CallError::Stop(error)))
            | Self::Targets(_, Err(CallError::Stop(error)))
            | Self::PoliciesOf(_, _, Err(CallError::Stop(error))) => Err(error),
            found @ (Self::Text(..) | Self::Targets(..) | Self::PoliciesOf(..)) => Ok(found),
        }
    }
}

impl Policies {
    fn add(&mut self, found: Vec<Found>) -> Result<(), FetchError> {
        for found in found {
            match found {
                Found::Text(id, Ok(record)) => {
                    self.records.insert(id, *record);
                }
                Found::Targets(id, Ok(targets)) => {
                    self.attachments.extend(targets.into_iter().map(|Id(target)| (target, id.clone())));
                }
                Found::PoliciesOf(target, _, Ok(policies)) => {
                    self.asked.insert(target.clone());
                    self.attachments.extend(policies.into_iter().map(|Id(policy)| (target.clone(), policy)));
                }
                Found::Text(id, Err(error)) => self.failed(Operation::DescribePolicy, id, "", error)?,
                Found::Targets(id, Err(error)) => self.failed(Operation::ListTargetsForPolicy, id, "", error)?,
                Found::PoliciesOf(target, policy_type, Err(error)) => {
                    self.failed(Operation::ListPoliciesForTarget, target, policy_type, error)?;
                }
            }
        }
        Ok(())
    }

    fn failed(
        &mut self,
        operation: Operation,
        item: String,
        policy_type: &'static str,
        error: CallError,
    ) -> Result<(), FetchError> {
        match error {
            CallError::Denied { code, .. } => {
                self.denied.insert((operation, item, policy_type), code);
            }
            CallError::NotFound { .. } => {
                self.gone.insert(item);
            }
            error @ (CallError::Invalid { .. } | CallError::Stop(_)) => {
                return Err(error.fatal(operation, Some(&item)));
            }
        }
        Ok(())
    }

    /// Reads the texts and targets of further policies, bypassing the work file.
    pub(crate) async fn read_again(&mut self, session: &Session<'_>, ids: Vec<String>) -> Result<(), FetchError> {
        for id in &ids {
            self.forget(id);
        }
        let texts = collect(session, Operation::DescribePolicy, ids.clone(), |id| async move {
            let described = session.describe_policy(&id, true).await.map(Box::new);
            Found::Text(id, described)
        });
        let (texts, targets) = try_join(texts, targets_of(session, ids, true)).await?;
        self.add(texts)?;
        self.add(targets)
    }

    /// Asks targets for their policies, bypassing the work file.
    pub(crate) async fn read_targets(
        &mut self,
        session: &Session<'_>,
        targets: Vec<String>,
        types: &[&'static str],
    ) -> Result<(), FetchError> {
        let readable: Vec<&'static str> = types
            .iter()
            .copied()
            .filter(|&name| !self.denied.contains_key(&(Operation::ListPolicies, String::new(), name)))
            .collect();
        let of_type: BTreeSet<String> = self
            .records
            .values()
            .filter(|policy| readable.contains(&policy.policy_type.as_str()))
            .map(|policy| policy.id.clone())
            .collect();
        let again: BTreeSet<&String> = targets.iter().collect();
        let before: Vec<(String, String)> = self
            .attachments
            .extract_if(.., |(target, policy)| again.contains(target) && of_type.contains(policy))
            .collect();
        let found = policies_of(session, targets.into_iter(), &readable, true).await?;
        self.add(found)?;
        // What was known of a target that may not be asked stays known.
        let denied: BTreeSet<&String> = self
            .denied
            .keys()
            .filter(|(operation, ..)| *operation == Operation::ListPoliciesForTarget)
            .map(|(_, target, _)| target)
            .collect();
        self.attachments.extend(before.into_iter().filter(|(target, _)| denied.contains(target)));
        Ok(())
    }

    /// Removes everything about a policy but its record.
    fn forget(&mut self, id: &str) {
        self.attachments.retain(|(_, policy)| policy != id);
        self.denied.retain(|(_, item, _), _| item != id);
        self.gone.remove(id);
    }

    /// Removes a policy.
    pub(crate) fn remove(&mut self, id: &str) {
        self.forget(id);
        self.records.remove(id);
    }
}
