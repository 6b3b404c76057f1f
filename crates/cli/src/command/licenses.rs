//! `scproof licenses`: what the program is made of, and under which terms.

use clap::Args;

use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::output::Output;

/// Written by `.ci/notices.py`.
const NOTICES: &str = include_str!("../../data/notices.txt");

/// Print the licences of everything that scproof is made of
#[derive(Debug, Args)]
pub(crate) struct LicensesArgs {}

pub(crate) fn run(global: &GlobalArgs, _: &LicensesArgs) -> Result<ExitCode, CommandError> {
    Output::open(global)?.write(|out| out.write_all(NOTICES.as_bytes()))?;
    Ok(ExitCode::Fine)
}
