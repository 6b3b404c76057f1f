//! `scproof explain`: what a code means.

use clap::Args;
use scproof::report::{Explanation, Report, Subject};

use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  scproof explain unsatisfiable-guard
  scproof explain template-placeholder --format markdown";

/// Explain the code of a finding or of a message
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// The code, as it stands in brackets: unsatisfiable-guard
    code: String,
}

pub(crate) fn run(global: &GlobalArgs, args: &ExplainArgs) -> Result<ExitCode, CommandError> {
    let format = global.format(Subject::Explanation)?;
    let Some(explanation) = Explanation::of(&args.code) else {
        let near = Explanation::near(&args.code);
        let help = match near.as_slice() {
            [] => "codes stand in brackets: `warning[unknown-action]`".to_owned(),
            near => format!("did you mean `{}`?", near.join("` or `")),
        };
        return Err(CommandError::usage(format!("there is no code `{}`", args.code)).help(help));
    };
    Output::open(global)?.report(format, &Report::Explanation(&explanation))?;
    Ok(ExitCode::Fine)
}
