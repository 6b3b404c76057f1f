//! `scproof tree`: the organization.

use clap::Args;
use scproof::report::{Report, Subject, Tree};
use scproof::snapshot::NodeId;

use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::snapshot;

const EXAMPLES: &str = "\
Shows every root, unit and account with the SCPs attached directly to it. [!]
marks what a remark below the tree is about.

Examples:
  scproof --org example tree
  scproof --org example tree --target shop --policies
  scproof --org example --format json tree";

/// Show the organization with its policies
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TreeArgs {
    /// List every attached policy with its id, and where it is attached
    #[arg(long)]
    policies: bool,
    /// Only this unit or account, by id, name or path, with what is above and below
    /// it (can be repeated)
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
}

pub(crate) fn run(global: &GlobalArgs, args: &TreeArgs) -> Result<ExitCode, CommandError> {
    let format = global.format(Subject::Tree)?;
    let organization = snapshot::load(global)?;
    let quotas = snapshot::quotas(global)?;
    let targets =
        args.target.iter().map(|text| organization.resolve_target(text)).collect::<Result<Vec<NodeId>, _>>()?;
    let tree = Tree {
        organization: &organization,
        targets,
        policies: args.policies,
        findings: organization.findings_with(&quotas),
    };
    Output::open(global)?.report(format, &Report::Tree(&tree))?;
    Ok(ExitCode::Fine)
}
