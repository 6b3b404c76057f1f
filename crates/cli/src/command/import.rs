//! `scproof import`: a snapshot from what a repository holds.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use scproof::import::{CONFIG_SKELETON, Config, read_state};
use scproof::snapshot::Inventory;

use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::{snapshot, ui};

const CONFIG_EXAMPLES: &str = "\
The file lists units by path, accounts and policies by name, and what is
attached where, in YAML or JSON; docs/import.md describes it. FullAWSAccess is
attached everywhere, as AWS does it. Ids that the file does not give are made
up: what a policy says of such an id is unknown.

Examples:
  scproof import config > organization.yaml
  scproof import config organization.yaml --output org.json
  scproof --org org.json can shop s3:DeleteBucket";

const TERRAFORM_EXAMPLES: &str = "\
A state has what Terraform manages or has read, with AWS's ids; the snapshot
says what it lacks. For a plan, fetch a snapshot and use
`scproof simulate --terraform-plan`; docs/terraform.md describes both.

Examples:
  terraform show -json > state.json
  scproof import terraform state.json --output org.json";

/// Make a snapshot from what a repository holds
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(subcommand)]
    command: ImportCommand,
}

/// What to read.
#[derive(Debug, Subcommand)]
enum ImportCommand {
    /// Read an organization by names, or print one to fill in
    Config(ConfigArgs),
    /// Read a state of Terraform
    Terraform(TerraformArgs),
}

#[derive(Debug, Args)]
#[command(after_help = CONFIG_EXAMPLES)]
struct ConfigArgs {
    /// A file in the format scproof-config/1; without it one with comments is
    /// printed, to be filled in
    file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = TERRAFORM_EXAMPLES)]
struct TerraformArgs {
    /// What `terraform show -json` or `tofu show -json` prints of a state
    state: PathBuf,
}

pub(crate) fn run(global: &GlobalArgs, args: &ImportArgs) -> Result<ExitCode, CommandError> {
    match &args.command {
        ImportCommand::Config(args) => config(global, args),
        ImportCommand::Terraform(args) => {
            let text = snapshot::read_any(global, &args.state)?;
            let name = args.state.display().to_string();
            let inventory =
                read_state(&text).map_err(|error| snapshot::faults_of_text(global, &name, &error, &text))?;
            write(global, &inventory)
        }
    }
}

fn config(global: &GlobalArgs, args: &ConfigArgs) -> Result<ExitCode, CommandError> {
    let Some(path) = &args.file else {
        Output::open(global)?.write(|out| out.write_all(CONFIG_SKELETON.as_bytes()))?;
        return Ok(ExitCode::Fine);
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.display().to_string();
    let text = snapshot::read_any(global, path)?;
    let config =
        Config::read(&text, &name, folder).map_err(|error| snapshot::faults_of_text(global, &name, &error, &text))?;
    write(global, &config.inventory)
}

/// Writes a snapshot, and says what is to be known of it.
fn write(global: &GlobalArgs, inventory: &Inventory) -> Result<ExitCode, CommandError> {
    Output::open(global)?.write(|out| out.write_all(inventory.to_json().as_bytes()))?;
    let count = inventory.made_up.len();
    if count > 0 {
        let ids = if count == 1 { "1 id is made up".to_owned() } else { format!("{count} ids are made up") };
        ui::note(global.color, &format!("{ids}: what policies say of them is unknown"));
    }
    for note in &inventory.notes {
        ui::note(global.color, note);
    }
    Ok(ExitCode::Fine)
}
