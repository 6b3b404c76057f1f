//! `scproof effective`: what an account can do at most.

use std::sync::Arc;

use clap::Args;
use scproof::ask::{ActionFilter, Caller, CompiledOrganization, EffectiveSetGroup};
use scproof::report::{Effective, EffectiveSet, Report, Subject, retain};
use scproof::snapshot::{AccountId, NodeId, Organization, SelectError};

use super::facts::FactArgs;
use super::select::{AccountArgs, ActionArgs};
use super::who_can::many_error;
use crate::args::GlobalArgs;
use crate::deadline::DeadlineArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::snapshot;

const EXAMPLES: &str = "\
Sorts every action, also those that do not exist yet, into always blocked,
never blocked and what depends. The resource is left open, and so is every fact
that is not given.

Of the root or an OU every account below is asked; accounts with the same result
stand together. A principal is then one of that name in each account, such as
role/deploy. For an account that does not exist yet ask one beside its place.

Examples:
  scproof --org example effective sandbox-alice
  scproof --org example effective shop --region eu-west-1 --service s3
  scproof --org example effective payments --action '*:Delete*' --full
  scproof --org example effective Prod --principal role/deploy
  scproof --org example --format json effective shop";

/// Show what an account, or every account of a unit, can do at most
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EffectiveArgs {
    /// The account, or the root or OU for every account below: an id, a path, or a
    /// name if only one has it
    target: String,
    #[command(flatten)]
    facts: FactArgs,
    #[command(flatten)]
    selected: AccountArgs,
    #[command(flatten)]
    actions: ActionArgs,
    #[command(flatten)]
    deadline: DeadlineArgs,
    /// List every action
    #[arg(long)]
    full: bool,
}

pub(crate) fn run(global: &GlobalArgs, args: &EffectiveArgs) -> Result<ExitCode, CommandError> {
    let format = global.format(Subject::Effective)?;
    let compiled = Arc::new(snapshot::compile(global)?);
    let filter = args.actions.filter(&[compiled.organization()])?;
    let selected = args.selected.of(compiled.organization())?;
    let mut caller = Caller {
        account: args.target.clone(),
        principal: args.facts.principal.clone(),
        context: args.facts.context(global.color)?,
        region: args.facts.region.clone(),
        beyond_catalog: args.facts.beyond_catalog,
        closed_context: args.facts.closed_context,
    };
    let unit = match unit_of(compiled.organization(), &args.target)? {
        Found::Account(Some(id)) => {
            caller.account = id;
            None
        }
        Found::Account(None) => None,
        Found::Unit(unit) => Some(unit),
    };
    if let Some(unit) = unit {
        caller.account.clear();
        return of_unit(global, args, &compiled, &caller, (unit, selected.as_deref(), &filter));
    }
    if let Some(selected) = &selected {
        let asked = compiled.organization().resolve_account(caller.account.trim())?;
        if !selected.contains(&asked) {
            return Err(CommandError::usage(format!(
                "`{}` is not one of the accounts that `--account` and `--ou` choose",
                args.target.trim()
            )));
        }
    }
    let asked = (Arc::clone(&compiled), caller.clone());
    let mut permissions = args.deadline.within("sorting all actions", move || {
        let (compiled, caller) = asked;
        compiled.effective(&caller)
    })??;
    retain(&mut permissions, &filter);
    let effective = Effective {
        organization: compiled.organization(),
        caller: &caller,
        permissions: &permissions,
        full: args.full,
    };
    Output::open(global)?.report(format, &Report::Effective(&effective))?;
    Ok(ExitCode::Fine)
}

/// What the target is.
enum Found {
    /// An account: its id, if it was found by its path.
    Account(Option<String>),
    /// The root or a unit.
    Unit(NodeId),
}

/// Accounts go before units of the same name. What is no account may be one outside the organization, which the
/// question tells.
fn unit_of(organization: &Organization, text: &str) -> Result<Found, CommandError> {
    let text = text.trim();
    if !matches!(organization.resolve_account(text), Err(SelectError::Unknown { .. })) || AccountId::parse(text).is_ok()
    {
        return Ok(Found::Account(None));
    }
    let id = organization.resolve_target(text)?;
    let node = organization.node(id);
    Ok(if node.account.is_some() { Found::Account(Some(node.target.as_str().to_owned())) } else { Found::Unit(id) })
}

fn of_unit(
    global: &GlobalArgs,
    args: &EffectiveArgs,
    compiled: &Arc<CompiledOrganization>,
    caller: &Caller,
    (unit, selected, filter): (NodeId, Option<&[NodeId]>, &ActionFilter),
) -> Result<ExitCode, CommandError> {
    let format = global.format(Subject::Effective)?;
    let organization = compiled.organization();
    let mut accounts: Vec<NodeId> =
        organization.subtree(unit).filter(|&id| organization.node(id).account.is_some()).collect();
    if accounts.is_empty() {
        return Err(CommandError::usage(format!("there is no account below `{}`", args.target.trim())));
    }
    if let Some(selected) = selected {
        accounts.retain(|account| selected.contains(account));
        if accounts.is_empty() {
            return Err(CommandError::usage(format!(
                "no account below `{}` is chosen by `--account` and `--ou`",
                args.target.trim()
            )));
        }
    }
    let message = format!("sorting all actions in {} accounts", accounts.len());
    let asked = (Arc::clone(compiled), caller.clone());
    let found = args.deadline.within(&message, move || {
        let (compiled, caller) = asked;
        compiled.effective_set(&caller, &accounts)
    })?;
    let mut groups = found.map_err(many_error)?;
    for group in &mut groups {
        retain(&mut group.permissions, filter);
    }
    // What tells groups apart may have been taken away.
    let groups = EffectiveSetGroup::together(groups);
    let set = EffectiveSet { organization, target: unit, caller, groups: &groups, full: args.full };
    Output::open(global)?.report(format, &Report::EffectiveSet(&set))?;
    Ok(ExitCode::Fine)
}
