//! `scproof fetch`: a snapshot of a live organization.

mod plan;

use std::env;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use scproof::fetch::{
    AttachmentsBy, ConnectOptions, FetchError, FetchOptions, Rates, Statistics, fetch_blocking, remove_work_file,
};
use scproof::snapshot::{Inventory, RedactionKey, Redactor};

use crate::args::GlobalArgs;
use crate::deadline;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::ui;
use crate::ui::fetch::{FetchDisplay, words};
use plan::PlanArgs;

const EXAMPLES: &str = "\
Reads, and never writes, with the credentials that the AWS CLI would use: those
of the management account or of a delegated administrator. Calls are paced by
AWS's published rates: 100 accounts take some seconds, 10,000 about five
minutes.

If it is broken off - Ctrl-C, a crash, expired credentials - the same command
goes on where it stopped: what was read is in FILE.fetch-work until FILE is
complete. Work files older than a day are not used.

What may not be read is unknown in the snapshot and in answers, never empty.

Examples:
  scproof fetch --dry-run
  scproof fetch --output org.json
  scproof fetch --output org.json --profile audit --tags
  scproof fetch --output for-a-bug-report.json --redact
  scproof fetch --output gov.json --region us-gov-west-1";

/// Read your organization from AWS into a snapshot
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, override_usage = "scproof fetch [OPTIONS] --output <FILE>\n       scproof fetch --dry-run [OPTIONS]")]
pub(crate) struct FetchArgs {
    /// A profile of ~/.aws/config
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Any region of the organization's partition: AWS has one endpoint for
    /// Organizations in each [default: the profile's, else us-east-1]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Another endpoint, such as an emulator's
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Read the accounts' tags too: a call for each account, 10 a second
    #[arg(long)]
    tags: bool,
    /// Ask each policy for its targets, or each target for its policies: policy
    /// or target [default: what needs fewer calls; the snapshot is the same]
    #[arg(long, value_name = "WAY", hide_possible_values = true)]
    attachments_by: Option<Way>,
    /// Read everything up to this often, until two passes agree; 1 takes half the
    /// time and does not see what changes meanwhile
    #[arg(long, value_name = "N", default_value = "4")]
    passes: NonZeroUsize,
    /// Begin anew, although an earlier fetch could go on
    #[arg(long)]
    refresh: bool,
    /// Use this part of AWS's published request rates, in percent, or `off`
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = pace)]
    pace: Pace,
    /// Have at most this many calls under way at once
    #[arg(long, value_name = "N", default_value = "16")]
    concurrency: NonZeroUsize,
    /// Stop after this time, such as 30m or 2h; the same command goes on later
    #[arg(long, value_name = "TIME", value_parser = deadline::time)]
    deadline: Option<Duration>,
    #[command(flatten)]
    redaction: RedactionArgs,
    /// Print only warnings and errors
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    plan: PlanArgs,
}

/// What is taken out.
#[derive(Debug, Args)]
struct RedactionArgs {
    /// Replace names, mail addresses and ids by made-up ones, in policies too
    #[arg(long)]
    redact: bool,
    /// --redact with this secret of at least 16 characters: the same secret gives
    /// the same made-up names again
    #[arg(long, value_name = "SECRET", env = "SCPROOF_REDACT_KEY", hide_env_values = true)]
    redact_key: Option<String>,
}

/// How attachments are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    Policy,
    Target,
}

/// What `--pace` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Percent(u32),
    Off,
}

fn pace(text: &str) -> Result<Pace, String> {
    match text.strip_suffix('%').unwrap_or(text).parse() {
        _ if text == "off" => Ok(Pace::Off),
        Ok(percent @ 1..=100) => Ok(Pace::Percent(percent)),
        _ => Err("expected a number from 1 to 100, or `off`".to_owned()),
    }
}

impl FetchArgs {
    fn rates(&self) -> Rates {
        match self.pace {
            Pace::Percent(percent) => Rates::published().with_percent(percent),
            Pace::Off => Rates::unlimited(),
        }
    }

    fn attachments_by(&self) -> AttachmentsBy {
        match self.attachments_by {
            None => AttachmentsBy::Fewest,
            Some(Way::Policy) => AttachmentsBy::Policy,
            Some(Way::Target) => AttachmentsBy::Target,
        }
    }
}

impl RedactionArgs {
    fn key(&self) -> Result<Option<RedactionKey>, CommandError> {
        match &self.redact_key {
            Some(text) => RedactionKey::from_text(text)
                .map(Some)
                .map_err(|error| CommandError::usage(error.to_string()).help(format!("expected {}", error.expected()))),
            None if self.redact => RedactionKey::random()
                .map(Some)
                .map_err(|error| CommandError::input("cannot make a random key").because(&error)),
            None => Ok(None),
        }
    }
}

pub(crate) fn run(global: &GlobalArgs, args: &FetchArgs) -> Result<ExitCode, CommandError> {
    if args.plan.dry_run {
        return plan::print(global, args);
    }
    let Some(destination) = &global.output else {
        return Err(CommandError::usage("where to write the snapshot is not said")
            .help("name a file with `--output org.json`; `--output -` is standard output"));
    };
    let key = args.redaction.key()?;
    // A pipe or device cannot be replaced, and has no place beside it.
    let file = is_file(destination).then_some(destination.as_path());
    // Before the first call: can it be written?
    let mut output = Some(Output::open_private(global)?);
    if file.is_some() {
        // A crawl may be killed, and would leave the temporary file.
        output = None;
    }
    let options = FetchOptions {
        tags: args.tags,
        attachments_by: args.attachments_by(),
        rates: args.rates(),
        passes: args.passes,
        concurrency: args.concurrency,
        deadline: args.deadline,
        work_file: file.map(work_file),
        refresh: args.refresh,
        ..FetchOptions::default()
    };
    let connect = ConnectOptions {
        profile: args.profile.clone(),
        region: args.region.clone(),
        endpoint_url: args.endpoint_url.clone().or_else(configured_endpoint),
    };
    let start = Instant::now();
    let display = FetchDisplay::new(global.color, args.quiet);
    let fetched = fetch_blocking(&connect, &options, &display);
    let statistics = display.finish();
    let fetched = fetched.map_err(|error| failed(&error, options.work_file.as_deref()))?;

    let inventory = match &key {
        Some(key) => redact(global, &fetched, key),
        None => fetched,
    };
    let output = match output {
        Some(output) => Ok(output),
        None => Output::open_private(global),
    };
    output.and_then(|output| output.write_json(|out| out.write_all(inventory.to_json().as_bytes()))).map_err(
        |error| {
            if options.work_file.is_none() {
                return error;
            }
            error.help("what was read is kept: the same command goes on and saves it")
        },
    )?;
    if let Some(path) = &options.work_file
        && let Err(error) = remove_work_file(path)
    {
        let message = format!("cannot remove `{}`: {error}", path.display());
        ui::warning(global.color, &message, Some("the snapshot is complete; remove the file yourself"));
    }
    if !args.quiet {
        ui::note(global.color, &summary(destination, &inventory, &statistics, start.elapsed()));
    }
    Ok(ExitCode::Fine)
}

/// The endpoint that the environment names, as the AWS CLI takes it; that of a profile is left to the SDK. Here it is
/// looked at like one of the command line: the SDK passes over one that makes no sense, and asks AWS.
fn configured_endpoint() -> Option<String> {
    let ignored = env::var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_ok_and(|value| value.eq_ignore_ascii_case("true"));
    let names = ["AWS_ENDPOINT_URL_ORGANIZATIONS", "AWS_ENDPOINT_URL"];
    names.into_iter().filter_map(|name| env::var(name).ok()).find(|url| !url.is_empty() && !ignored)
}

/// Whether a path is, or will be, an ordinary file.
fn is_file(path: &Path) -> bool {
    path.as_os_str() != "-" && fs::metadata(path).map_or(true, |metadata| metadata.is_file())
}

/// Where a fetch to a file keeps what it has read.
fn work_file(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".fetch-work");
    name.into()
}

fn redact(global: &GlobalArgs, inventory: &Inventory, key: &RedactionKey) -> Inventory {
    let redactor = Redactor::new(inventory, key);
    let redacted = redactor.redact(inventory);
    let left = redactor.left();
    if !left.is_empty() {
        let places: Vec<String> = left.iter().map(ToString::to_string).collect();
        let help = "look at these before you give the snapshot away";
        let message = format!("left as it was, in {} places:\n{}", left.len(), places.join("\n"));
        ui::warning(global.color, &message, Some(help));
    }
    if !redactor.stays().is_empty() {
        let kinds = redactor.stays().kinds().map(|(kind, texts)| {
            const SHOWN: usize = 3;
            let shown: Vec<String> = texts.iter().take(SHOWN).map(|text| format!("`{text}`")).collect();
            let more = texts.len().saturating_sub(SHOWN);
            let more = if more == 0 { String::new() } else { format!(", {more} more") };
            format!("{} ({}): {}{more}", kind, texts.len(), shown.join(", "))
        });
        let message =
            format!("policies still say these, which decide answers:\n{}", kinds.collect::<Vec<_>>().join("\n"));
        ui::warning(global.color, &message, Some("read the policies before you give the snapshot away"));
    }
    redacted
}

/// What stopped the fetch, and whether the same command goes on.
fn failed(error: &FetchError, work_file: Option<&Path>) -> CommandError {
    let mut result = match error {
        FetchError::Configuration { .. } => CommandError::usage(error.to_string()),
        FetchError::WorkFile { .. } => CommandError::input(error.to_string()),
        // Also what later versions may add.
        FetchError::AccessDenied { .. } | _ => CommandError::aws(error.to_string()),
    };
    result.help = error.help();
    if error.can_go_on()
        && let Some(path) = work_file.filter(|path| path.exists())
    {
        result = result.help(format!("the same command goes on: what was read is in `{}`", path.display()));
    }
    result
}

fn summary(destination: &Path, inventory: &Inventory, statistics: &Statistics, time: Duration) -> String {
    let total = statistics.total();
    let mut parts = vec![format!(
        "wrote `{}`: {} accounts, {} units, {} policies, {} attachments\n{} calls in {}",
        destination.display(),
        inventory.accounts.len(),
        inventory.organizational_units.len(),
        inventory.policies.len(),
        inventory.attachments.len(),
        total.calls,
        words(time)
    )];
    for (count, what) in
        [(total.retried, "repeated"), (total.throttled, "throttled"), (total.resumed, "answers from the work file")]
    {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paces() {
        assert_eq!(pace("80"), Ok(Pace::Percent(80)));
        assert_eq!(pace("80%"), Ok(Pace::Percent(80)));
        assert_eq!(pace("off"), Ok(Pace::Off));
        assert!(["0", "101", "fast", "-1", ""].into_iter().all(|text| pace(text).is_err()));
    }
}
