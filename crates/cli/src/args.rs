//! The command line as typed; its help is what `docs/cli.md` shows.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use scproof::report::{Format, Subject};

use crate::command::audit::AuditArgs;
use crate::command::can::CanArgs;
use crate::command::completions::CompletionsArgs;
use crate::command::diff::DiffArgs;
use crate::command::effective::EffectiveArgs;
use crate::command::explain::ExplainArgs;
#[cfg(feature = "fetch")]
use crate::command::fetch::FetchArgs;
use crate::command::import::ImportArgs;
use crate::command::licenses::LicensesArgs;
use crate::command::replay::ReplayArgs;
use crate::command::show::ShowArgs;
use crate::command::simulate::SimulateArgs;
use crate::command::snapshot::SnapshotArgs;
use crate::command::tree::TreeArgs;
use crate::command::validate::ValidateArgs;
use crate::command::who_can::WhoCanArgs;
use crate::command::why::WhyArgs;
use crate::error::CommandError;

const EXAMPLES: &str = "\
Examples, on an organization that comes with scproof:
  scproof --org example tree
  scproof --org example can shop s3:DeleteBucket
  scproof --org example can shop ec2:RunInstances --region us-east-1
  scproof --org example who-can s3:DeleteBucket --principal role/break-glass
  scproof --org example effective sandbox-alice --service ec2
  scproof --org example audit
  scproof --org example simulate --attach quarantine --to sandbox-bob
  scproof validate my-policy.json

Exit codes:
  0  fine, not blocked           2  the question or usage is wrong
  1  the answer is no: blocked,  3  an input cannot be read or parsed
     errors found, or a change   4  AWS, or the way to it, has failed
     that is not wanted          5  the facts given do not decide";

/// What ends the short help of a command, in the place of its examples.
const MORE: &str = "`--help` has all options, with examples.";

const ABOUT: &str = "\
What do AWS service control policies let pass, and why?

Answers from a snapshot of an organization, without network and credentials;
only `scproof fetch`, which takes the snapshot, asks AWS.
What a question does not say is unknown, not absent: if it matters, the answer
is \"depends on\", with the condition.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "scproof",
    version,
    about = ABOUT,
    long_about = None,
    max_term_width = 80,
    after_help = EXAMPLES,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Ask whether SCPs let an account make a call, and why
    Can(CanArgs),
    /// Show which accounts can make a call, as far as SCPs decide
    WhoCan(WhoCanArgs),
    /// Explain an error message in which AWS denies a call
    Why(WhyArgs),
    /// Show what an account, or every account of a unit, can do at most
    Effective(EffectiveArgs),
    /// Show what SCPs do in all accounts, and where guardrails have holes
    Audit(AuditArgs),
    /// Read your organization from AWS into a snapshot
    #[cfg(feature = "fetch")]
    Fetch(FetchArgs),
    /// Show what changes would do, before anybody makes them
    Simulate(SimulateArgs),
    /// Show what changes would have done to the calls of a log of CloudTrail
    Replay(ReplayArgs),
    /// Show what differs between two snapshots
    Diff(DiffArgs),
    /// Show the organization with its policies
    Tree(TreeArgs),
    /// Show a policy as it is stored, or what is attached where
    Show(ShowArgs),
    /// Make a snapshot without asking AWS
    Snapshot(SnapshotArgs),
    /// Make a snapshot from what a repository holds
    Import(ImportArgs),
    /// Check policy documents and snapshots
    Validate(ValidateArgs),
    /// Explain the code of a finding or of a message
    Explain(ExplainArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the licences of everything that scproof is made of
    Licenses(LicensesArgs),
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// The snapshot to answer from, `-` for standard input; `example` and `untidy`
    /// come with scproof
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "SCPROOF_ORG",
        hide_env_values = true,
        // An empty environment variable is none.
        value_parser = OsStringValueParser::new().map(PathBuf::from)
    )]
    pub(crate) org: Option<PathBuf>,
    /// How to print: text or json, and what else a report has
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "text",
        value_parser = PossibleValuesParser::new(Format::ALL.map(Format::as_str)),
        hide_possible_values = true
    )]
    format: String,
    /// Write to a file, which appears whole or not at all
    #[arg(long, short, global = true, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Colour: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub(crate) color: Color,
    /// Use this many threads [default: one for each core]
    #[arg(
        long,
        global = true,
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=1024)
    )]
    pub(crate) threads: Option<u16>,
    /// Where AWS's documentation leaves a point open, take the likelier reading
    #[arg(long, global = true)]
    pub(crate) assume_preferred: bool,
    /// Take `aws:` keys that AWS does not document as absent, not unknown
    #[arg(long, global = true)]
    pub(crate) closed_key_list: bool,
    /// Read inputs of up to this many MiB [default: 1024 for snapshots, else 64]
    #[arg(long, global = true, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    pub(crate) max_input: Option<u64>,
    /// Limits of your own for sizes and counts
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) limits: Option<PathBuf>,
    /// Go on without the configuration in scproof.toml
    #[arg(long, global = true)]
    no_config: bool,
    /// What the configuration adds to the command line.
    #[arg(skip)]
    pub(crate) configured: Vec<String>,
}

impl GlobalArgs {
    /// Whether the output is for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.format == "json"
    }

    /// The format, if reports on the subject have it.
    pub(crate) fn format(&self, subject: Subject) -> Result<Format, CommandError> {
        let formats: Vec<Format> = Format::ALL.into_iter().filter(|format| subject.has(*format)).collect();
        self.format_among(&formats)
    }

    /// The format, if it is one of some.
    pub(crate) fn format_among(&self, formats: &[Format]) -> Result<Format, CommandError> {
        let found = formats.iter().find(|format| format.as_str() == self.format);
        found.copied().ok_or_else(|| {
            let names: Vec<String> = formats.iter().map(|format| format!("`{format}`")).collect();
            CommandError::usage(format!("this command does not print `{}`", self.format))
                .help(format!("it has the formats {}", enumerate(&names)))
        })
    }
}

/// The commands that print reports, and what about.
const REPORTS: [(&str, Subject); 12] = [
    ("can", Subject::Answer),
    ("why", Subject::Why),
    ("who-can", Subject::WhoCan),
    ("effective", Subject::Effective),
    ("audit", Subject::Audit),
    ("simulate", Subject::Impact),
    ("diff", Subject::Impact),
    ("replay", Subject::Replay),
    ("tree", Subject::Tree),
    ("show", Subject::Show),
    ("validate", Subject::Validation),
    ("explain", Subject::Explanation),
];

/// Options that few questions need; the short help leaves them out.
const SELDOM: [&str; 7] =
    ["max_input", "color", "threads", "assume_preferred", "closed_key_list", "limits", "no_config"];

/// The command line, whose help names for each command the formats that it has. A short help fits a screen.
///
/// Clap's own way to a short help makes the long one twice as long, with an empty line behind each option.
pub(crate) fn command_line(asks_for_short_help: bool) -> clap::Command {
    let mut command = Cli::command();
    if asks_for_short_help {
        command = SELDOM.iter().fold(command, |command, option| command.mut_arg(option, |arg| arg.hide(true)));
        let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        command = names.iter().fold(command, |command, name| command.mut_subcommand(name, |sub| sub.after_help(MORE)));
    }
    let Some(format) = command.get_arguments().find(|arg| arg.get_id() == "format").cloned() else { return command };
    REPORTS.iter().fold(command, |command, (name, subject)| {
        let formats: Vec<String> =
            Format::ALL.iter().filter(|format| subject.has(**format)).map(ToString::to_string).collect();
        let help = format!("How to print: {}", enumerate(&formats));
        command.mut_subcommand(name, |command| command.arg(format.clone().help(help)))
    })
}

/// `a`, `a and b`, `a, b and c`.
fn enumerate(items: &[String]) -> String {
    match items {
        [init @ .., last] if !init.is_empty() => format!("{} and {last}", init.join(", ")),
        items => items.concat(),
    }
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
