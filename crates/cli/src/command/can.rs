//! `scproof can`: one question, or a file of them.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use scproof::ask::{
    BatchError, CompiledOrganization, Context, Request, RequestError, RequestResource, ResourceInput, answer_lines,
    guard_notes, unknown_action,
};
use scproof::report::{Answer, Report, Subject};

use super::facts::{FactArgs, warn_of_unknown_name};
use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::input::take_stdin;
use crate::output::Output;
use crate::{snapshot, ui};

const EXAMPLES: &str = "\
What is not said is unknown, not absent. If it matters, the answer is \"depends
on\", with the condition and the arguments that decide it.

Examples:
  scproof --org example can shop s3:DeleteBucket
  scproof --org example can shop ec2:RunInstances --region us-east-1
  scproof --org example can shop s3:DeleteBucket --principal role/break-glass
  scproof --org example can s3:DeleteBucket \\
      --principal arn:aws:iam::214000000001:role/break-glass
  scproof --org example can --requests questions.jsonl

The exit code is 0 if SCPs do not block the call, 1 if they do, and 5 if the
facts given do not decide. With --requests it is 0, or 3 if any line was bad.";

/// Ask whether SCPs let an account make a call, and why
#[derive(Debug, Args)]
#[command(
    after_help = EXAMPLES,
    override_usage = "scproof can [OPTIONS] <ACCOUNT> <ACTION>\n       scproof can [OPTIONS] <ACTION> --principal <ARN>\n       \
                      scproof can [OPTIONS] --requests <FILE>"
)]
pub(crate) struct CanArgs {
    /// The account: its id, or its name if only one has it; may be left out if the
    /// principal's ARN names it
    #[arg(required_unless_present = "requests", conflicts_with = "requests")]
    account: Option<String>,
    /// The action, such as s3:GetObject
    #[arg(conflicts_with = "requests")]
    action: Option<String>,
    /// The resource; '*' if the action takes none. Several: one call that needs all
    #[arg(long, short, value_name = "ARN", conflicts_with = "requests")]
    resource: Vec<String>,
    /// The call needs nothing but these resources; else those that AWS requires for
    /// the action are added
    #[arg(long, requires = "resource")]
    only_these_resources: bool,
    #[command(flatten)]
    facts: FactArgs,
    /// Answer a file of questions, one JSON object a line; `-` is standard input
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["principal", "region", "context", "absent", "closed_context", "beyond_catalog"]
    )]
    requests: Option<PathBuf>,
}

pub(crate) fn run(global: &GlobalArgs, args: &CanArgs) -> Result<ExitCode, CommandError> {
    match (&args.requests, &args.account, &args.action) {
        (Some(file), _, _) => batch(global, file),
        (None, Some(account), Some(action)) => one(global, args, account, action),
        (None, Some(only), None) => match account_in(args.facts.principal.as_deref()) {
            Some(account) if only.contains(':') => one(global, args, account, only),
            _ => Err(incomplete(only, args.facts.principal.as_deref())),
        },
        (None, None, _) => Err(CommandError::usage("an account and an action are needed")),
    }
}

/// The account in the ARN of a principal.
fn account_in(principal: Option<&str>) -> Option<&str> {
    principal?.split(':').nth(4).filter(|account| !account.is_empty() && *account != "*")
}

/// What is missing where one of account and action was given.
fn incomplete(only: &str, principal: Option<&str>) -> CommandError {
    if !only.contains(':') {
        return CommandError::usage(format!("which action of `{only}` is meant?"))
            .help(format!("name it: `scproof can {only} s3:GetObject`"));
    }
    let error = CommandError::usage(format!("which account calls `{only}`?"));
    match principal {
        Some(principal) => error.help(format!(
            "`{principal}` may be in any account; name the account first: `scproof can ACCOUNT {only} --principal {principal}`"
        )),
        None => error
            .help(format!("name the account first: `scproof can ACCOUNT {only}`"))
            .help("or give the caller's ARN with `--principal`, which names the account"),
    }
}

fn one(global: &GlobalArgs, args: &CanArgs, account: &str, action: &str) -> Result<ExitCode, CommandError> {
    let format = global.format(Subject::Answer)?;
    let compiled = snapshot::compile(global)?;
    let request = Request {
        account: account.to_owned(),
        principal: args.facts.principal.clone(),
        action: action.to_owned(),
        resources: args.resource.iter().map(|resource| resource_input(resource)).collect(),
        context: args.facts.context(global.color)?,
        region: args.facts.region.clone(),
        resources_complete: args.only_these_resources,
        beyond_catalog: args.facts.beyond_catalog,
        closed_context: args.facts.closed_context,
    };
    let wrong = |error| question_error(error, &compiled, account, action);
    let request = request.completed(compiled.organization()).map_err(wrong)?;
    let mut explanation = compiled.answer(&request).map_err(wrong)?;
    warn_of_unknown_name(unknown_action(action), global.color);
    let notes = guard_notes(compiled.organization(), &request.action, &explanation);
    explanation.notes.extend(notes);
    let answer = Answer {
        organization: compiled.organization(),
        request: &request,
        explanation: &explanation,
        if_role_has_no_path: compiled.if_role_has_no_path(&request, explanation.decision),
    };
    Output::open(global)?.report(format, &Report::Answer(&answer))?;
    Ok(explanation.decision.into())
}

pub(crate) fn resource_input(text: &str) -> ResourceInput {
    let resource = match text {
        "*" => RequestResource::NotScoped,
        arn => RequestResource::Arn(arn.to_owned()),
    };
    ResourceInput { resource, context: Context::new() }
}

/// Adds the most likely slips: the two arguments in the wrong order, and the caller in place of its account.
fn question_error(error: RequestError, compiled: &CompiledOrganization, account: &str, action: &str) -> CommandError {
    if account.starts_with("arn:") {
        return CommandError::usage(format!("`{account}` is a principal, not an account"))
            .help(format!("say who calls with `scproof can {action} --principal {account}`"));
    }
    let swapped = account.contains(':') && compiled.organization().resolve_account(action).is_ok();
    let error = CommandError::from(error);
    if swapped { error.help(format!("the account comes first: `scproof can {action} {account}`")) } else { error }
}

fn batch(global: &GlobalArgs, file: &Path) -> Result<ExitCode, CommandError> {
    let compiled = snapshot::compile(global)?;
    let input: Box<dyn Read> = if file.as_os_str() == "-" {
        take_stdin()?;
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).map_err(|error| CommandError::file("read", file, &error))?)
    };
    let mut output = Output::open(global)?;
    let answered = answer_lines(&compiled, input, &mut *output.json_writer());
    let summary = match answered {
        Ok(summary) => {
            output.finish(Ok(()))?;
            summary
        }
        Err(BatchError::Write(error)) => {
            output.finish(Err(error))?;
            // The reader has seen enough.
            return Ok(ExitCode::Fine);
        }
        Err(BatchError::Read(error)) => return Err(CommandError::file("read", file, &error)),
        Err(error) => return Err(CommandError::input("the batch stopped").because(&error)),
    };
    if summary.failed == 0 {
        return Ok(ExitCode::Fine);
    }
    let lines = if summary.failed == 1 { "1 line".to_owned() } else { format!("{} lines", summary.failed) };
    let total = summary.answered + summary.failed;
    ui::warning(
        global.color,
        &format!("{lines} of {total} could not be answered"),
        Some("each has an `error` in place of its answer"),
    );
    Ok(ExitCode::Input)
}
