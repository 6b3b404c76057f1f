//! The whole fetch: what is read side by side, what after another, and what becomes of it.

use std::sync::{Arc, OnceLock};

use aws_sdk_organizations::Client;
use aws_sdk_organizations::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_organizations::config::retry::RetryConfig;
use aws_sdk_organizations::config::{ConfigBag, Intercept, RuntimeComponents};
use futures_util::future::try_join;
use jiff::Timestamp;
use scproof_organization::{Inventory, Organization, OrganizationRecord, RootRecord, Timestamp as RecordedTime};
use tokio::sync::watch;

use crate::api::{RCP, SCP};
use crate::compose::compose;
use crate::error::FetchError;
use crate::journal::{Journal, Opened, Owner, now};
use crate::operation::Operation;
use crate::options::FetchOptions;
use crate::policies::{Policies, read_policies};
use crate::progress::{NoteKind, Progress};
use crate::session::Session;
use crate::settle::settle;
use crate::walk::{Known, read_tree};

/// Reads the organization that the client's credentials belong to.
///
/// The answer is complete, or says in `Unreadable` what could not be read, or is an error; nothing is left out
/// silently. With a work file ([`FetchOptions::work_file`]) a fetch that is broken off goes on where it stopped:
/// finished calls are not made again, except `DescribeOrganization` and the final checks. The work file stays: once the
/// snapshot is safe, call [`remove_work_file`](crate::remove_work_file).
///
/// Takes time as the rates allow: for 10,000 accounts about five minutes. Holds the whole organization in memory.
///
/// # Errors
///
/// See [`FetchError`]; each says what to do.
pub async fn fetch(client: &Client, options: &FetchOptions, progress: &dyn Progress) -> Result<Inventory, FetchError> {
    let host = Arc::new(OnceLock::new());
    let config = client
        .config()
        .to_builder()
        // Repeating is up to the session, which knows the pace.
        .retry_config(RetryConfig::disabled())
        .interceptor(NoteHost(Arc::clone(&host)));
    let session = Session::new(Client::from_conf(config.build()), host, options, progress);
    let Some(deadline) = options.deadline else { return run(&session).await };
    match tokio::time::timeout(deadline, run(&session)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(FetchError::Deadline { deadline, calls: session.calls() }),
    }
}

async fn run(session: &Session<'_>) -> Result<Inventory, FetchError> {
    let mut begun = now();
    for operation in [Operation::DescribeOrganization, Operation::ListRoots] {
        session.expect(operation, 1);
    }
    let organization =
        session.describe_organization().await.map_err(|error| error.fatal(Operation::DescribeOrganization, None))?;
    if let Some(earlier) = open_work_file(session, &organization)? {
        begun = earlier;
    }
    let roots = session.list_roots().await.map_err(|error| error.fatal(Operation::ListRoots, None))?;
    let root = match roots.len() {
        1 => roots.into_iter().next(),
        _ => None,
    };
    let Some(root) = root else {
        return Err(FetchError::UnexpectedAnswer {
            operation: Operation::ListRoots,
            subject: None,
            what: "it has not exactly one root".to_owned(),
        });
    };

    session.sizes(|sizes| sizes.attachments_by = session.options.attachments_by);
    let types = policy_types(&organization, &root);
    let (known, watching) = watch::channel(Known::default());
    let tree = read_tree(session, &root.id, &known);
    let policies = async {
        if types.is_empty() { Ok(Policies::default()) } else { read_policies(session, &types, watching).await }
    };
    let (mut tree, mut policies) = try_join(tree, policies).await?;
    let settled = settle(session, &root, &types, &mut tree, &mut policies, &known).await?;

    let mut inventory = compose(session, organization, root, tree, policies, settled);
    inventory.taken_at = Some(RecordedTime::Text(begun.to_string()));
    inventory.finished_at = Some(RecordedTime::Text(now().to_string()));
    inventory.source = Some(session.host().to_owned());
    inventory.sort();
    // What cannot be loaded must not be saved.
    Organization::from_inventory(&inventory).map_err(|error| FetchError::Inconsistent {
        what: error.faults().iter().take(10).map(ToString::to_string).collect(),
    })?;
    session.report();
    Ok(inventory)
}

/// The policy types to read: none without all features (API-43); RCPs only where they are enabled, as some partitions
/// do not know them.
fn policy_types(organization: &OrganizationRecord, root: &RootRecord) -> Vec<&'static str> {
    if organization.feature_set == "CONSOLIDATED_BILLING" {
        return Vec::new();
    }
    let is_rcp =
        |types: &Vec<_>| types.iter().any(|entry: &scproof_organization::PolicyTypeRecord| entry.policy_type == RCP);
    if root.policy_types.as_ref().is_some_and(is_rcp) { vec![SCP, RCP] } else { vec![SCP] }
}

/// Opens the work file; gives when the fetch that goes on now was begun.
fn open_work_file(session: &Session<'_>, organization: &OrganizationRecord) -> Result<Option<Timestamp>, FetchError> {
    let options = session.options;
    let Some(path) = &options.work_file else { return Ok(None) };
    let owner = Owner { organization: organization.id.clone(), source: session.host().to_owned() };
    let (journal, opened) = Journal::open(path, &owner, options.refresh, options.work_file_lifetime)?;
    let begun = journal.begun();
    *session.journal() = Some(journal);
    match opened {
        Opened::New | Opened::Refreshed => {}
        Opened::Resumed(begun, count) => {
            session.note(NoteKind::Plan, format!("going on with the fetch of {begun}: {count} answers are there"));
        }
        Opened::TooOld(begun) => session.note(
            NoteKind::Plan,
            format!(
                "the work file `{}` was begun at {begun}, more than {} hours ago: beginning anew",
                path.display(),
                options.work_file_lifetime.as_secs() / 3600
            ),
        ),
    }
    Ok(Some(begun))
}

/// Notes where requests go: the SDK alone knows what endpoint it has chosen.
#[derive(Debug)]
struct NoteHost(Arc<OnceLock<String>>);

impl Intercept for NoteHost {
    fn name(&self) -> &'static str {
        "NoteHost"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), aws_sdk_organizations::error::BoxError> {
        self.0.get_or_init(|| {
            let uri = context.request().uri();
            let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
            rest.split('/').next().unwrap_or(rest).to_owned()
        });
        Ok(())
    }
}
