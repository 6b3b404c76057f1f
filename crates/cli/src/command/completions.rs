//! `scproof completions`: scripts for shells.

use clap::Args;
use clap_complete::Shell;

use crate::args::{GlobalArgs, command_line};
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  scproof completions bash > ~/.local/share/bash-completion/completions/scproof
  scproof completions zsh > ~/.zfunc/_scproof
  scproof completions fish > ~/.config/fish/completions/scproof.fish";

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(global: &GlobalArgs, args: &CompletionsArgs) -> Result<ExitCode, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command_line(false), "scproof", &mut script);
    Output::open(global)?.write(|out| out.write_all(&script))?;
    Ok(ExitCode::Fine)
}
