//! `scproof who-can`: one call, asked of many accounts.

use std::sync::Arc;

use clap::Args;
use scproof::ask::{CompiledOrganization, Request, RequestError, unknown_action};
use scproof::report::{Report, Subject, WhoCanReport};

use super::can::resource_input;
use super::facts::{FactArgs, warn_of_unknown_name};
use super::impact::program;
use super::select::AccountArgs;
use crate::args::GlobalArgs;
use crate::deadline::DeadlineArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::snapshot;

const EXAMPLES: &str = "\
Asks every account the same question, and groups the accounts by the answer and
its causes: not blocked by SCPs, blocked, or it depends and on what.

A principal is one of that name in each account: `role/deploy`, `user/alice`,
`root`, `assumed-role/deploy/session`, or an ARN with `*` in place of the
account id. What is not said is unknown, as in `scproof can`.

Examples:
  scproof --org example who-can s3:DeleteBucket
  scproof --org example who-can ec2:RunInstances --region us-east-1
  scproof --org example who-can s3:DeleteBucket --principal role/break-glass
  scproof --org example who-can iam:CreateUser --ou Workloads --full
  scproof --org example --format csv who-can s3:GetObject --account 'shop*'

The exit code is 0 whatever the answers are: this is a report.";

/// Show which accounts can make a call, as far as SCPs decide
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct WhoCanArgs {
    /// The action, such as s3:GetObject
    action: String,
    /// The resource; '*' if the action takes none. Several: one call that needs all
    #[arg(long, short, value_name = "ARN")]
    resource: Vec<String>,
    /// The call needs nothing but these resources; else those that AWS requires for
    /// the action are added
    #[arg(long, requires = "resource")]
    only_these_resources: bool,
    #[command(flatten)]
    facts: FactArgs,
    #[command(flatten)]
    selected: AccountArgs,
    #[command(flatten)]
    deadline: DeadlineArgs,
    /// Write everything out, also long lists
    #[arg(long)]
    full: bool,
}

pub(crate) fn run(global: &GlobalArgs, args: &WhoCanArgs) -> Result<ExitCode, CommandError> {
    let format = global.format(Subject::WhoCan)?;
    let (path, organization) = snapshot::load_named(global)?;
    let accounts = args.selected.of(&organization)?.unwrap_or_else(|| organization.accounts().collect());
    let compiled = Arc::new(CompiledOrganization::compile(organization, snapshot::evaluation(global)));
    let request = Request {
        account: String::new(),
        principal: args.facts.principal.clone(),
        action: args.action.clone(),
        resources: args.resource.iter().map(|resource| resource_input(resource)).collect(),
        context: args.facts.context(global.color)?,
        region: args.facts.region.clone(),
        resources_complete: args.only_these_resources,
        beyond_catalog: args.facts.beyond_catalog,
        closed_context: args.facts.closed_context,
    };
    let message = format!("asking {} accounts", accounts.len());
    let asked = (Arc::clone(&compiled), request.clone());
    let found = args.deadline.within(&message, move || {
        let (compiled, request) = asked;
        compiled.who_can(&request, &accounts)
    })?;
    let who_can = found.map_err(many_error)?;
    warn_of_unknown_name(unknown_action(&args.action), global.color);
    let report = WhoCanReport {
        organization: compiled.organization(),
        program: program(global, path),
        request: &request,
        who_can: &who_can,
        scope: args.selected.account.iter().chain(&args.selected.ou).cloned().collect(),
        full: args.full,
    };
    Output::open(global)?.report(format, &Report::WhoCan(&report))?;
    Ok(ExitCode::Fine)
}

/// Says how one principal is asked about in many accounts.
pub(crate) fn many_error(error: RequestError) -> CommandError {
    let help = if matches!(error, RequestError::PrincipalAccount { .. }) {
        "for the principal of that name in each account write a name such as `role/deploy`, or an ARN with `*` in place \
         of the account id"
    } else if matches!(error, RequestError::Principal { .. }) {
        "a name stands for one principal of each account, such as `role/deploy`; patterns of names are not supported"
    } else {
        return error.into();
    };
    CommandError::from(error).help(help)
}
