//! `scproof audit`: what SCPs do in a whole organization.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use clap::builder::PossibleValuesParser;
use globset::{GlobBuilder, GlobMatcher};
use scproof::ask::{ActionFilter, Catalog};
use scproof::audit::{
    ActionScope, AuditError, AuditOptions, Guardrail, Guardrails, Limits, Profile, Suppression, Suppressions, audit,
};
use scproof::report::{AuditBaseline, AuditDetail, AuditGate, AuditReport, Format, Report, Subject};
use scproof::snapshot::Organization;

use super::action_list;
use super::impact::program;
use super::select::{AccountArgs, ActionArgs, SCOPE};
use super::who_can::many_error;
use crate::args::GlobalArgs;
use crate::deadline::DeadlineArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::input::{self, Kind};
use crate::output::Output;
use crate::{clock, snapshot, ui};

const EXAMPLES: &str = "\
Sorts the accounts into classes that SCPs treat alike, holds each account
against guardrails - calls that must be blocked in every account -, and lists
findings about the policies. What it says is proved for every call, or shown by
one; what can be neither is unknown, with the reason.
A guardrail that no Deny and no allow list is aimed at is not adopted: it is
counted, and what passes is no hole. Those of --guardrails and
--only-guardrails are asked for, so they always count.

Examples:
  scproof --org example audit
  scproof --org example audit --details
  scproof --org example audit --ou Workloads --service s3 --full
  scproof --org example audit --profile all
  scproof --org example audit --fail-on hole:high,unknown,finding:high
  scproof --org org.json audit --baseline before.json --fail-on hole,finding:low
  scproof --org example --format csv audit
  scproof --org org.json --format html --output audit.html audit
  scproof --org org.json --format sarif audit --suppressions accepted.json

The exit code is 1 if what --fail-on names occurs; 5 if that is nothing but
guardrails that could not be settled, or if --deadline ended the audit.";

const GUARDRAILS: &str = "Guardrails and findings";

/// Show what SCPs do in all accounts, and where guardrails have holes
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    accounts: AccountArgs,
    #[command(flatten)]
    actions: ActionArgs,
    /// Only the actions of a file: one a line, or a JSON list
    #[arg(long, value_name = "FILE", help_heading = SCOPE)]
    action_list: Option<PathBuf>,
    /// Sort accounts and count actions for the calls of this principal of each
    /// account, such as role/Admin, user/alice or root; `any` for those of any caller
    /// [default: an ordinary role, that no policy names]
    #[arg(long, value_name = "NAME", help_heading = SCOPE)]
    principal: Option<String>,
    /// Which guardrails of those that come along: baseline, control-tower, lza, region,
    /// data-perimeter or all [default: baseline; all with --only-guardrails]
    #[arg(
        long,
        value_name = "NAME",
        value_parser = PossibleValuesParser::new(Profile::all().iter().map(|profile| profile.id.as_str())),
        hide_possible_values = true,
        help_heading = GUARDRAILS
    )]
    profile: Option<String>,
    /// Guardrails of your own, see docs/guardrails.md (can be repeated); one with the
    /// id of an earlier one takes its place
    #[arg(long, value_name = "FILE", help_heading = GUARDRAILS)]
    guardrails: Vec<PathBuf>,
    /// Only guardrails whose id fits (can be repeated)
    #[arg(long, value_name = "GLOB", help_heading = GUARDRAILS)]
    only_guardrails: Vec<String>,
    /// Leave out the guardrails that come with scproof
    #[arg(long, help_heading = GUARDRAILS)]
    no_built_in_guardrails: bool,
    /// Findings and holes to live with, see docs/suppressions.md
    #[arg(long, value_name = "FILE", help_heading = GUARDRAILS)]
    suppressions: Option<PathBuf>,
    /// Fail on hole, unknown, not-adopted or finding, each alone or with a risk, as
    /// hole:high: high, medium, low or info, and means that or graver (can be repeated)
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = fail_on, help_heading = GUARDRAILS)]
    fail_on: Vec<AuditGate>,
    /// An audit from before, as JSON: only what is new makes --fail-on fail
    #[arg(long, value_name = "FILE", help_heading = GUARDRAILS)]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    deadline: DeadlineArgs,
    /// Tell each class, guardrail and finding with its reasons
    #[arg(long)]
    details: bool,
    /// The same, and write everything out, also long lists and single accounts
    #[arg(long)]
    full: bool,
}

fn fail_on(text: &str) -> Result<AuditGate, String> {
    AuditGate::from_text(text).ok_or_else(|| {
        "expected hole, unknown, not-adopted or finding, alone or with a risk as in hole:high".to_owned()
    })
}

pub(crate) fn run(global: &GlobalArgs, args: &AuditArgs) -> Result<ExitCode, CommandError> {
    let format = global.format(Subject::Audit)?;
    let (guardrails, demanded) = guardrails(global, args)?;
    let suppressions = suppressions(global, args)?;
    let quotas = snapshot::quotas(global)?;
    let baseline = args.baseline.as_deref().map(|path| baseline(global, path)).transpose()?;
    let (path, organization) = snapshot::load_with_evidence(global)?;
    let actions = action_scope(global, args, &organization)?;
    let stop = args.deadline.stop();
    let options = AuditOptions {
        evaluation: snapshot::evaluation(global),
        limits: Limits { stop: stop.clone(), ..Limits::default() },
        accounts: args.accounts.of(&organization)?,
        principal: args.principal(&organization),
        actions,
        guardrails,
        demanded,
        findings: true,
        suppressions,
        today: clock::today(),
        quotas,
        // Every action of every class: a page folds them, a file of JSON becomes very large.
        groups: format == Format::Html || (format == Format::Json && args.full),
        root_callers: !matches!(format, Format::Csv | Format::Sarif | Format::Junit),
    };
    let count = options.accounts.as_ref().map_or_else(|| organization.accounts().len(), Vec::len);
    let message = format!("auditing {count} {}", if count == 1 { "account" } else { "accounts" });
    let audit = ui::busy(&message, || audit(organization, &options)).map_err(|error| match error {
        AuditError::Request(error) => many_error(error),
        AuditError::Scope { of, error } => {
            let message = format!("{of} is about what the organization lacks: {error}");
            error.help().into_iter().fold(CommandError::usage(message), CommandError::help)
        }
        error => CommandError::input("the organization cannot be audited").because(&error),
    })?;
    let was_stopped = stop.is_stopped();
    let report = AuditReport {
        options: env::args_os()
            .skip(1)
            .map(|word| word.to_string_lossy().into_owned())
            .chain(global.configured.iter().cloned())
            .collect(),
        profile: args.profile().map(str::to_owned),
        detail: match (args.full, args.details) {
            (true, _) => AuditDetail::Full,
            (false, true) => AuditDetail::Details,
            (false, false) => AuditDetail::Summary,
        },
        made: clock::today(),
        baseline: baseline.as_ref(),
        fail_on: args.fail_on.clone(),
        ..AuditReport::new(&audit, path.display().to_string(), program(global, path))
    };
    Output::open(global)?.report(format, &Report::Audit(&report))?;
    let failed = report.failed();
    let code = if failed.is_empty() {
        ExitCode::Fine
    } else if AuditGate::all_unknown(&failed) {
        ExitCode::Unknown
    } else {
        ExitCode::No
    };
    Ok(args.deadline.judge(global, was_stopped, code))
}

impl AuditArgs {
    /// Whose calls are sorted and counted; none for those of any caller.
    fn principal(&self, organization: &Organization) -> Option<String> {
        match self.principal.as_deref() {
            Some("any") => None,
            Some(principal) => Some(principal.to_owned()),
            None if organization.partition().is_some() => Some(AuditOptions::ORDINARY_ROLE.to_owned()),
            // No policy names it in any partition.
            None => Some(format!("arn:aws:iam::*:{}", AuditOptions::ORDINARY_ROLE)),
        }
    }

    /// The profile of the guardrails that come along; none if others are chosen, or none of them.
    fn profile(&self) -> Option<&str> {
        if self.no_built_in_guardrails {
            return None;
        }
        let by_default = self.only_guardrails.is_empty().then_some(Profile::DEFAULT);
        self.profile.as_deref().or(by_default)
    }
}

/// An audit from before.
fn baseline(global: &GlobalArgs, path: &Path) -> Result<AuditBaseline, CommandError> {
    let text = input::read_text(global, path, Kind::Large)?;
    AuditBaseline::from_json(&text).map_err(|error| {
        CommandError::input(format!("`{}` cannot be compared with", path.display()))
            .because(&error)
            .help("`scproof --format json --output FILE audit` writes such a file")
    })
}

/// The actions that are counted.
fn action_scope(
    global: &GlobalArgs,
    args: &AuditArgs,
    organization: &Organization,
) -> Result<Option<ActionScope>, CommandError> {
    let filter = args.actions.filter(&[organization])?;
    let Some(path) = &args.action_list else {
        return Ok((!filter.is_everything()).then_some(ActionScope { filter, list: None }));
    };
    let mut names = action_list::load(global, path)?;
    names.retain(|name| filter.fits(name));
    if names.is_empty() {
        return Err(CommandError::usage(format!("no action of `{}` is chosen", path.display()))
            .help("with --service or --action, those of the file that fit are counted"));
    }
    warn_of_unlisted(global, path, &names);
    Ok(Some(ActionScope { filter: ActionFilter::default(), list: Some(names) }))
}

/// Actions that the catalog lacks may be new, or misspelt: only the user can tell.
fn warn_of_unlisted(global: &GlobalArgs, path: &Path, names: &[String]) {
    let catalog = Catalog::embedded();
    let unlisted: Vec<&String> = names.iter().filter(|name| catalog.find_action(name).is_none()).collect();
    let Some(first) = unlisted.first() else { return };
    let shown: Vec<String> = unlisted.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = if unlisted.len() > 5 { format!(" and {} more", unlisted.len() - 5) } else { String::new() };
    let near: Vec<String> =
        catalog.nearest_actions(first, 2).iter().map(|&id| format!("`{}`", catalog.action(id).full_name())).collect();
    let help = (!near.is_empty()).then(|| format!("is {} meant by `{first}`?", near.join(" or ")));
    let path = path.display();
    ui::warning(
        global.color,
        &format!("not known to scproof, so judged but not counted, of `{path}`: {}{more}", shown.join(", ")),
        help.as_deref(),
    );
}

/// The guardrails: those that come along and of the profile, then those of files; of these only the chosen ones. And
/// the ids of those that somebody asked for.
fn guardrails(global: &GlobalArgs, args: &AuditArgs) -> Result<(Vec<Arc<Guardrail>>, Vec<String>), CommandError> {
    let mut all =
        if args.no_built_in_guardrails { Guardrails::default() } else { Guardrails::new(Guardrails::built_in()) };
    let mut demanded: Vec<String> = Vec::new();
    for path in &args.guardrails {
        let own = snapshot::read_with(global, path, Guardrails::from_json)?;
        demanded.extend(own.list().iter().map(|guardrail| guardrail.id.clone()));
        all.merge(own);
    }
    let mut list = all.into_list();
    if let Some(profile) = args.profile().and_then(Profile::find) {
        list.retain(|guardrail| demanded.contains(&guardrail.id) || profile.chooses(&guardrail.id));
    }
    if args.only_guardrails.is_empty() {
        return Ok((list, demanded));
    }
    let known = list.len();
    let mut chosen = vec![false; known];
    for text in &args.only_guardrails {
        let glob = id_glob(text)?;
        let mut any = false;
        for (guardrail, chosen) in list.iter().zip(&mut chosen) {
            if glob.is_match(guardrail.id.to_ascii_lowercase()) {
                (*chosen, any) = (true, true);
            }
        }
        if !any {
            let error = CommandError::usage(format!("`{text}` fits none of {known} guardrails"));
            return Err(error.help("guardrails are named by their ids, which an audit and docs/guardrails.md list"));
        }
    }
    let mut chosen = chosen.into_iter();
    list.retain(|_| chosen.next() == Some(true));
    let demanded = list.iter().map(|guardrail| guardrail.id.clone()).collect();
    Ok((list, demanded))
}

/// A glob over ids, which ignores case.
fn id_glob(text: &str) -> Result<GlobMatcher, CommandError> {
    let glob = GlobBuilder::new(&text.to_ascii_lowercase()).backslash_escape(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| {
        CommandError::usage(format!("`{text}` is not a pattern: {}", error.kind()))
            .help("`*` stands for any characters, `?` for one, `{a,b}` for either")
    })
}

/// The suppressions; of those that are over the user is told, as they cover nothing.
fn suppressions(global: &GlobalArgs, args: &AuditArgs) -> Result<Vec<Suppression>, CommandError> {
    let Some(path) = &args.suppressions else { return Ok(Vec::new()) };
    let list = snapshot::read_with(global, path, Suppressions::from_json)?;
    let Some(today) = clock::today() else { return Ok(list) };
    for over in list.iter().filter(|suppression| suppression.is_over(&today)) {
        let until = over.until.as_deref().unwrap_or_default();
        ui::warning(
            global.color,
            &format!("the suppression of `{}` ended on {until}", over.finding),
            Some("decide again: a finding that is accepted for longer needs a new date"),
        );
    }
    Ok(list)
}
