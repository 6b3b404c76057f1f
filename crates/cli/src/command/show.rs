//! `scproof show`: one policy, or what is attached where.

use std::io::IsTerminal;

use clap::Args;
use scproof::report::{Format, Report, Show, Shown, Subject};
use scproof::rules::{PolicyKind, QuotaName};
use scproof::snapshot::{Organization, SelectError};

use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::snapshot;

const EXAMPLES: &str = "\
Shows a policy: its size, where it is attached, and its text as stored. Of the
root, a unit or an account it shows which policies are attached to it, and to
each level above it.

Examples:
  scproof --org example show region-lock
  scproof --org example show shop
  scproof --org org.json show region-lock --text > region-lock.json
  scproof --org org.json simulate --replace region-lock=region-lock.json";

/// Show a policy as it is stored, or what is attached where
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ShowArgs {
    /// A policy, by id or name; or the root, a unit or an account, by id, name or
    /// path
    #[arg(value_name = "POLICY|TARGET")]
    what: String,
    /// Only the text of the policy, byte for byte
    #[arg(long)]
    text: bool,
}

pub(crate) fn run(global: &GlobalArgs, args: &ShowArgs) -> Result<ExitCode, CommandError> {
    let format = global.format(Subject::Show)?;
    let organization = snapshot::load(global)?;
    let what = resolve(&organization, &args.what)?;
    let output = Output::open(global)?;
    if args.text {
        let text = text(global, &organization, what)?;
        if global.output.is_none() && std::io::stdout().is_terminal() && text.contains(unseen) {
            return Err(CommandError::usage("the text has control characters, which a terminal would obey")
                .help("write it to a file: `--output FILE`"));
        }
        output.write(|out| out.write_all(text.as_bytes()))?;
        return Ok(ExitCode::Fine);
    }
    let kind = match what {
        Shown::Policy(policy) => organization.policy(policy).kind,
        Shown::Target(_) => PolicyKind::ServiceControl,
    };
    let quota = match kind {
        PolicyKind::ServiceControl => QuotaName::ScpCharacters,
        PolicyKind::ResourceControl => QuotaName::RcpCharacters,
    };
    let most_characters = snapshot::quotas(global)?.value(quota);
    let show = Show { organization: &organization, what, most_characters };
    output.report(format, &Report::Show(&show))?;
    Ok(ExitCode::Fine)
}

fn unseen(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\r' | '\t')
}

/// The text of a policy, which must be all that was asked for.
fn text<'a>(global: &GlobalArgs, organization: &'a Organization, what: Shown) -> Result<&'a str, CommandError> {
    if global.format(Subject::Show)? != Format::Text {
        return Err(CommandError::usage("`--text` prints the text alone, in no other format")
            .help("`--format json` has the text as the member `content`"));
    }
    let Shown::Policy(policy) = what else {
        return Err(CommandError::usage("`--text` prints the text of a policy, and this is none"));
    };
    let policy = organization.policy(policy);
    policy.content.as_deref().ok_or_else(|| {
        CommandError::input(format!("the snapshot does not have the text of `{}`", policy.display_name()))
            .help("take a new snapshot, with the permission organizations:DescribePolicy")
    })
}

/// A policy or a target: whichever it is the id or name of.
fn resolve(organization: &Organization, text: &str) -> Result<Shown, CommandError> {
    match (organization.resolve_policy(text), organization.resolve_target(text)) {
        (Ok(policy), Err(SelectError::Unknown { .. })) => Ok(Shown::Policy(policy)),
        (Err(SelectError::Unknown { .. }), Ok(target)) => Ok(Shown::Target(target)),
        (Ok(policy), Ok(target)) => {
            let (policy, target) = (&organization.policy(policy).id, &organization.node(target).target);
            Err(CommandError::usage(format!("a policy and a target are called `{text}`"))
                .help(format!("use the id: `{policy}` or `{target}`")))
        }
        (Err(SelectError::Unknown { near: policies, .. }), Err(SelectError::Unknown { near: targets, .. })) => {
            let near: Vec<String> = policies.into_iter().chain(targets).map(|name| format!("`{name}`")).collect();
            let error =
                CommandError::usage(format!("`{text}` is no policy, root, unit or account of the organization"));
            Err(match near.as_slice() {
                [] => error.help("`scproof tree --policies` lists them all"),
                near => error.help(format!("did you mean {}?", near.join(" or "))),
            })
        }
        (Err(error), _) | (_, Err(error)) => Err(error.into()),
    }
}
