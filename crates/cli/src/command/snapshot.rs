//! `scproof snapshot new`: a snapshot from outputs of the AWS CLI, or one to fill in.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use scproof::snapshot::{Inventory, SKELETON};

use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::input::{self, Kind};
use crate::output::Output;
use crate::snapshot;

const EXAMPLES: &str = "\
`scproof fetch` reads an organization from AWS; this is for where it cannot be
used. Save what `aws organizations …` prints into a directory, a file each, with
the id of what it is about in its name:

  describe-organization     organization.json
  list-roots                roots.json
  list-organizational-units-for-parent, list-accounts-for-parent
                            units-r-ab12.json, accounts-ou-ab12-prod0001.json
  list-policies             policies.json
  describe-policy           policy-p-ab12cd34.json
  list-targets-for-policy   targets-p-ab12cd34.json
  list-tags-for-resource    tags-222222222222.json

Examples:
  scproof snapshot new --output org.json
  scproof snapshot new outputs --output org.json
  scproof validate org.json";

/// Make a snapshot without asking AWS
#[derive(Debug, Args)]
pub(crate) struct SnapshotArgs {
    #[command(subcommand)]
    command: SnapshotCommand,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum SnapshotCommand {
    /// Print a snapshot to fill in, or one made of outputs of the AWS CLI
    New(NewArgs),
}

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
struct NewArgs {
    /// A directory with outputs of `aws organizations …` as JSON, a file each;
    /// without it a snapshot with comments is printed, to be filled in
    directory: Option<PathBuf>,
}

pub(crate) fn run(global: &GlobalArgs, args: &SnapshotArgs) -> Result<ExitCode, CommandError> {
    let SnapshotCommand::New(args) = &args.command;
    let text = match &args.directory {
        None => SKELETON.to_owned(),
        Some(directory) => assembled(global, directory)?,
    };
    Output::open(global)?.write(|out| out.write_all(text.as_bytes()))?;
    Ok(ExitCode::Fine)
}

fn assembled(global: &GlobalArgs, directory: &Path) -> Result<String, CommandError> {
    let entries = fs::read_dir(directory).map_err(|error| CommandError::file("read", directory, &error))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| CommandError::file("read", directory, &error))?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            let text = input::read_text(global, &path, Kind::Ordinary)?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, text));
        }
    }
    if files.is_empty() {
        return Err(CommandError::usage(format!("`{}` has no files that end in `.json`", directory.display()))
            .help("save outputs of `aws organizations …` there; `scproof snapshot new --help` has a list"));
    }
    // In one order on every machine: what later files say counts.
    files.sort();
    let inventory = Inventory::from_outputs(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let inventory =
        inventory.map_err(|error| snapshot::faults_of_text(global, &directory.display().to_string(), &error, ""))?;
    Ok(inventory.to_json())
}
