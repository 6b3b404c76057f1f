//! Reading again until two passes agree.
//!
//! One pass takes minutes, and what it has read may be past before it ends. So everything is read again: what is the
//! same in two passes was so at the moment between them, after all of the first and before all of the second. Only what
//! changes and changes back within a pass is not seen.

mod differences;

use futures_util::future::try_join;
use jiff::Timestamp;
use scproof_organization::{Inventory, Organization, OrganizationRecord, RootRecord, Timestamp as RecordedTime};
use tokio::sync::watch;

use crate::api::{RCP, SCP};
use crate::compose::compose;
use crate::error::FetchError;
use crate::journal::{Journal, Pass};
use crate::operation::Operation;
use crate::paging::some_of;
use crate::policies::{Policies, read_policies};
use crate::progress::NoteKind;
use crate::session::Session;
use crate::settle::settle;
use crate::walk::{Known, read_tree};
use differences::Differences;

/// Reads everything until two passes agree, at most as often as the options allow.
///
/// `organization` is what was just read.
pub(crate) async fn read_until_two_agree(
    session: &Session<'_>,
    organization: OrganizationRecord,
) -> Result<Inventory, FetchError> {
    let most = session.options.passes.get();
    let earlier = session.journal().as_mut().and_then(Journal::pass);
    let mut pass = earlier.unwrap_or(Pass { number: 1, begun: None, before: None });
    let mut organization = Some(organization);
    loop {
        session.sizes(|sizes| sizes.passes = pass.number.max(most.min(2)) as u64);
        let now = match read_once(session, organization.take()).await {
            Ok(now) => now,
            Err(FetchError::Inconsistent { what }) if pass.number < most => {
                session.note(NoteKind::Repaired, format!("{}; reading everything again", some_words(&what)));
                pass = begin(session, pass.number + 1, None).await?;
                continue;
            }
            Err(error) => return Err(error),
        };
        if most == 1 {
            return Ok(now);
        }
        if let Some((before, begun)) = pass.before.as_ref().zip(pass.begun) {
            let differences = Differences::between(before, &now);
            if differences.is_empty() {
                return Ok(true_at(now, begun));
            }
            if pass.number >= most {
                let open = differences.leave_open(before, now)?;
                let what = format!(
                    "the organization changed in each of {most} passes; what changed in the last one is unknown in the \
                     snapshot: {}",
                    some_of(&differences.names())
                );
                session.note(NoteKind::Warning, what);
                return checked(true_at(open, begun));
            }
            let changed = some_of(&differences.names());
            session.note(NoteKind::Repaired, format!("changed while reading, so everything is read again: {changed}"));
        } else if pass.number >= most {
            return Err(FetchError::Inconsistent {
                what: vec![format!("of {most} passes only the last one held together")],
            });
        }
        pass = begin(session, pass.number + 1, Some(now)).await?;
    }
}

/// Begins a pass at a moment that lies after everything that was read before and before all that comes.
async fn begin(session: &Session<'_>, number: usize, before: Option<Inventory>) -> Result<Pass, FetchError> {
    let now = Timestamp::now();
    let moment = Timestamp::from_millisecond(now.as_millisecond().saturating_add(1)).unwrap_or(now);
    while Timestamp::now() <= moment {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let pass = Pass { number, begun: Some(moment), before };
    if let Some(journal) = session.journal().as_mut() {
        journal.begin_pass(&pass, moment)?;
    }
    Ok(pass)
}

fn true_at(mut inventory: Inventory, moment: Timestamp) -> Inventory {
    inventory.consistent_at = Some(RecordedTime::Text(moment.to_string()));
    inventory
}

/// A few of many remarks.
fn some_words(what: &[String]) -> String {
    const SHOWN: usize = 3;
    let more = what.len().saturating_sub(SHOWN);
    let shown = what.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    if more == 0 { shown } else { format!("{shown}; {more} more") }
}

/// One pass: everything once, and what does not fit together once more.
async fn read_once(session: &Session<'_>, organization: Option<OrganizationRecord>) -> Result<Inventory, FetchError> {
    session.expect(Operation::ListRoots, 1);
    let organization = if let Some(organization) = organization {
        organization
    } else {
        session.expect(Operation::DescribeOrganization, 1);
        session.describe_organization().await.map_err(|error| error.fatal(Operation::DescribeOrganization, None))?
    };
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
    checked(compose(session, organization, root, tree, policies, settled))
}

/// What cannot be loaded must not be saved.
fn checked(mut inventory: Inventory) -> Result<Inventory, FetchError> {
    inventory.sort();
    match Organization::from_inventory(&inventory) {
        Ok(_) => Ok(inventory),
        Err(error) => {
            Err(FetchError::Inconsistent { what: error.faults().iter().take(10).map(ToString::to_string).collect() })
        }
    }
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
