//! The whole fetch: what is read side by side, what after another, and what becomes of it.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::config::retry::RetryConfig;
use jiff::Timestamp;
use scproof_organization::{Inventory, OrganizationRecord, Timestamp as RecordedTime};

use crate::error::FetchError;
use crate::journal::{Journal, Opened, Owner, now};
use crate::operation::Operation;
use crate::options::FetchOptions;
use crate::passes::read_until_two_agree;
use crate::progress::{NoteKind, Progress};
use crate::session::Session;
use crate::watch::Watch;

/// Reads the organization that the client's credentials belong to.
///
/// Everything is read again until two passes agree ([`FetchOptions::passes`]): the snapshot then is the organization as
/// it was at one moment, which it names. It is complete, or says in `Unreadable` what could not be read or never came
/// to rest; or there is an error. Nothing is left out silently. With a work file ([`FetchOptions::work_file`]) a fetch
/// that is broken off goes on where it stopped: finished calls are not made again, except `DescribeOrganization` and
/// the final checks. The work file stays: once the snapshot is safe, call
/// [`remove_work_file`](crate::remove_work_file).
///
/// Takes time as the rates allow: for 10,000 accounts about nine minutes. Holds the whole organization twice in memory.
///
/// # Errors
///
/// See [`FetchError`]; each says what to do.
pub async fn fetch(client: &Client, options: &FetchOptions, progress: &dyn Progress) -> Result<Inventory, FetchError> {
    let watch = Watch::default();
    let config = client
        .config()
        .to_builder()
        // Repeating is up to the session, which knows the pace.
        .retry_config(RetryConfig::disabled())
        .interceptor(watch.clone());
    let session = Session::new(Client::from_conf(config.build()), watch, options, progress);
    let Some(deadline) = options.deadline else { return run(&session).await };
    match tokio::time::timeout(deadline, run(&session)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(FetchError::Deadline { deadline, calls: session.calls() }),
    }
}

async fn run(session: &Session<'_>) -> Result<Inventory, FetchError> {
    let mut begun = now();
    session.expect(Operation::DescribeOrganization, 1);
    let organization =
        session.describe_organization().await.map_err(|error| error.fatal(Operation::DescribeOrganization, None))?;
    if let Some(earlier) = open_work_file(session, &organization)? {
        begun = earlier;
    }
    let mut inventory = read_until_two_agree(session, organization).await?;
    inventory.taken_at = Some(RecordedTime::Text(begun.to_string()));
    inventory.finished_at = Some(RecordedTime::Text(now().to_string()));
    inventory.source = Some(session.host());
    session.report();
    Ok(inventory)
}

/// Opens the work file; gives when the fetch that goes on now was begun.
fn open_work_file(session: &Session<'_>, organization: &OrganizationRecord) -> Result<Option<Timestamp>, FetchError> {
    let options = session.options;
    let Some(path) = &options.work_file else { return Ok(None) };
    let owner = Owner { organization: organization.id.clone(), source: session.host() };
    let (journal, opened) = Journal::open(path, &owner, options.refresh, options.work_file_lifetime)?;
    let begun = journal.begun();
    *session.journal() = Some(journal);
    match opened {
        Opened::New | Opened::Refreshed => {}
        Opened::Resumed(begun, count) => {
            session.note(NoteKind::Plan, format!("going on with the fetch of {begun}: {count} answers are there"));
        }
        Opened::Damaged => session.note(
            NoteKind::Repaired,
            format!("the work file `{}` is damaged at its beginning: beginning anew", path.display()),
        ),
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
