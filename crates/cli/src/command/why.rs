//! `scproof why`: from AWS's sentence to the cause.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use scproof::ask::{Denial, DenialError, diagnose, unknown_action};
use scproof::report::{Report, Subject, Why};

use super::facts::{FactArgs, warn_of_unknown_name};
use crate::args::GlobalArgs;
use crate::deadline::DeadlineArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::input::{self, Kind};
use crate::output::Output;
use crate::snapshot;

const EXAMPLES: &str = "\
Takes the message as AWS gives it, an event of CloudTrail as JSON, or what `aws
sts decode-authorization-message` prints. Caller, account, action, resource and
policy are read off it; what it does not tell is unknown, not absent. Shows all
causes, not only the one that AWS names, whether AWS and the snapshot agree, and
who would pass. Options tell more of the call, or tell it better.

Examples:
  scproof --org example why 'User: arn:aws:iam::214000000001:user/ann is not
      authorized to perform: ec2:RunInstances on resource:
      arn:aws:ec2:us-east-1:214000000001:instance/* with an explicit deny in a
      service control policy'
  aws cloudtrail lookup-events --max-results 1 \\
      --lookup-attributes AttributeKey=EventName,AttributeValue=RunInstances \\
      | scproof --org org.json why

The exit code is 0 if SCPs do not block the call, 1 if they do, and 5 if what is
known does not decide.";

/// Explain an error message in which AWS denies a call
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct WhyArgs {
    /// The message, or an event of CloudTrail as JSON; without it, or with `-`,
    /// standard input is read
    message: Vec<String>,
    #[command(flatten)]
    facts: FactArgs,
    #[command(flatten)]
    deadline: DeadlineArgs,
}

pub(crate) fn run(global: &GlobalArgs, args: &WhyArgs) -> Result<ExitCode, CommandError> {
    let format = global.format(Subject::Why)?;
    let text = text(global, &args.message)?;
    let denial = Denial::read(&text).map_err(|error| unreadable(global, &error, &text))?;
    let compiled = Arc::new(snapshot::compile(global)?);
    warn_of_unknown_name(unknown_action(&denial.action), global.color);
    let mut request = denial.request();
    // What is said here counts before what was read.
    let mut context = args.facts.context(global.color)?;
    let said: Vec<String> = context.iter().map(|(key, _)| key.to_ascii_lowercase()).collect();
    for (key, value) in request.context.iter().filter(|(key, _)| !said.contains(&key.to_ascii_lowercase())) {
        context.insert(key, value.clone());
    }
    request.context = context;
    request.principal = args.facts.principal.clone().or(request.principal);
    request.region = args.facts.region.clone().or(request.region);
    request.beyond_catalog = args.facts.beyond_catalog;
    request.closed_context = args.facts.closed_context;
    let request = request.completed(compiled.organization())?.into_owned();
    let asked = Arc::clone(&compiled);
    let diagnosis = args.deadline.within("looking for the causes", move || diagnose(&asked, denial, request))??;
    let why = Why { organization: compiled.organization(), diagnosis: &diagnosis };
    Output::open(global)?.report(format, &Report::Why(&why))?;
    Ok(diagnosis.explanation.decision.into())
}

/// What was given, in one word or, without quotes, in many; else standard input.
fn text(global: &GlobalArgs, words: &[String]) -> Result<String, CommandError> {
    match words {
        [] => {}
        [only] if only == "-" => {}
        words => return Ok(words.join(" ")),
    }
    input::read_text(global, Path::new("-"), Kind::Ordinary)
}

fn unreadable(global: &GlobalArgs, error: &DenialError, text: &str) -> CommandError {
    let help = error.help();
    let mut result = if let DenialError::Json(faults) = &error {
        snapshot::faults_of_text(global, "the event", faults, text.trim())
    } else {
        CommandError::usage(error.to_string())
    };
    result.help.extend(help);
    result
}
