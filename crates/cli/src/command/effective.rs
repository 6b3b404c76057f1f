//! `scproof effective`: what an account can do at most.

use clap::Args;
use globset::{Glob, GlobBuilder, GlobMatcher};
use scproof::report::{Effective, json, retain, text};
use scproof::{Caller, Catalog, EffectivePermissions};

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
    let filter = Filter::new(args)?;
    let compiled = snapshot::compile(global)?;
    let caller = Caller {
        account: args.account.clone(),
        principal: args.facts.principal.clone(),
        context: args.facts.context(global.color)?,
        closed_context: args.facts.closed_context,
    };
    let mut permissions = compiled.effective(&caller)?;
    filter.apply(&mut permissions)?;
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

/// What `--service` and `--action` keep.
struct Filter<'a> {
    args: &'a EffectiveArgs,
    services: Vec<GlobMatcher>,
    actions: Vec<GlobMatcher>,
}

impl<'a> Filter<'a> {
    fn new(args: &'a EffectiveArgs) -> Result<Self, CommandError> {
        let services = args.service.iter().map(|text| glob(text, text)).collect::<Result<_, _>>()?;
        let actions = args
            .action
            .iter()
            .map(|text| if text.contains(':') { glob(text, text) } else { glob(text, &format!("*:{text}")) });
        Ok(Self { args, services, actions: actions.collect::<Result<_, _>>()? })
    }

    fn service_fits(&self, service: &str) -> bool {
        let service = service.to_ascii_lowercase();
        self.services.is_empty() || self.services.iter().any(|glob| glob.is_match(&service))
    }

    fn action_fits(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let service = action.split_once(':').map_or(action.as_str(), |(service, _)| service);
        self.service_fits(service)
            && (self.actions.is_empty() || self.actions.iter().any(|glob| glob.is_match(&action)))
    }

    fn apply(&self, permissions: &mut EffectivePermissions) -> Result<(), CommandError> {
        if (self.services.is_empty() && self.actions.is_empty()) || permissions.not_applicable.is_some() {
            return Ok(());
        }
        retain(
            permissions,
            |action| self.action_fits(action),
            |service| self.service_fits(service),
            self.actions.is_empty(),
            false,
        );
        if permissions.groups.is_empty() { Err(self.nothing()) } else { Ok(()) }
    }

    fn nothing(&self) -> CommandError {
        let error = CommandError::usage("no action fits the filter");
        let catalog = Catalog::embedded();
        let mut near: Vec<String> = Vec::new();
        for text in &self.args.service {
            if catalog.service(text).is_none() {
                near.extend(
                    catalog.nearest_services(text, 2).iter().map(|&id| format!("`{}`", catalog.service_prefix(id))),
                );
            }
        }
        for text in &self.args.action {
            near.extend(
                catalog.nearest_actions(text, 2).iter().map(|&id| format!("`{}`", catalog.action(id).full_name())),
            );
        }
        if near.is_empty() {
            error.help("services are named by their prefix in actions, such as `s3` or `ec2`")
        } else {
            error.help(format!("did you mean {}?", near.join(" or ")))
        }
    }
}

fn glob(typed: &str, pattern: &str) -> Result<GlobMatcher, CommandError> {
    let build = |pattern: &str| -> Result<Glob, globset::Error> {
        GlobBuilder::new(pattern).literal_separator(false).backslash_escape(true).build()
    };
    build(&pattern.to_ascii_lowercase()).map(|glob| glob.compile_matcher()).map_err(|error| {
        CommandError::usage(format!("`{typed}` is not a pattern: {}", error.kind()))
            .help("`*` stands for any characters, `?` for one, `{a,b}` for either")
    })
}
