//! `scproof effective`: what an account can do at most.

use clap::Args;
use scproof::Caller;
use scproof::report::{Effective, json, retain, text};

use super::action_filter::ActionFilter;
use super::facts::FactArgs;
use crate::args::{Format, GlobalArgs};
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::snapshot;

const EXAMPLES: &str = "\
Sorts every action, also those that do not exist yet, into always blocked,
conditional and never blocked. The resource is left open, and so is every fact
that is not given.

Examples:
  scproof --org example effective sandbox-alice
  scproof --org example effective shop --region eu-west-1 --service s3
  scproof --org example effective payments --action '*:Delete*' --full
  scproof --org example --format json effective shop";

/// Show what an account can do at most
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EffectiveArgs {
    /// The account: its id, or its name if only one has it
    account: String,
    #[command(flatten)]
    facts: FactArgs,
    /// Only services whose prefix fits, such as s3 or 'rds*' (can be repeated)
    #[arg(long, value_name = "GLOB")]
    service: Vec<String>,
    /// Only actions that fit, such as 's3:Get*' or 'Delete*' (can be repeated)
    #[arg(long, value_name = "GLOB")]
    action: Vec<String>,
    /// List every action
    #[arg(long)]
    full: bool,
}

pub(crate) fn run(global: &GlobalArgs, args: &EffectiveArgs) -> Result<ExitCode, CommandError> {
    let format = global.format::<Format>()?;
    let filter = ActionFilter::new(&args.service, &args.action)?;
    let compiled = snapshot::compile(global)?;
    let caller = Caller {
        account: args.account.clone(),
        principal: args.facts.principal.clone(),
        context: args.facts.context(global.color)?,
        closed_context: args.facts.closed_context,
    };
    let mut permissions = compiled.effective(&caller)?;
    if !filter.is_everything() && permissions.not_applicable.is_none() {
        retain(
            &mut permissions,
            |action| filter.action_fits(action),
            |service| filter.service_fits(service),
            args.action.is_empty(),
            false,
        );
        if permissions.groups.is_empty() {
            return Err(filter.nothing());
        }
    }
    let effective = Effective {
        organization: compiled.organization(),
        caller: &caller,
        permissions: &permissions,
        full: args.full,
    };
    let output = Output::open(global)?;
    let style = output.style();
    output.write(|out| match format {
        Format::Text => text::effective::render(&effective, style, out),
        Format::Json => json::effective::render(&effective, out),
    })?;
    Ok(ExitCode::Fine)
}
