//! `scproof replay`: what changes would have done to the calls of a log.

use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use scproof::compare::{ChangeSet, ChangeSetBuilder, Rehearsed};
use scproof::replay::{
    At, Candidate, DateReading, EventClass, Expected, ExpectedCalls, Progress, Replay, ReplayOptions, Source, Sources,
    parse_date, verify_files,
};
use scproof::report::{ReplayGate, Replayed, Report, Subject, event_reason_words};
use scproof::snapshot::{AccountId, Organization, Replacement};
use serde::Serialize;

use super::changes::ChangeArgs;
use super::impact::program;
use super::select::{AccountArgs, ActionArgs, SCOPE};
use super::simulate::stop_if_malformed;
use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::{clock, input, snapshot, temporary, ui};

const EXAMPLES: &str = "\
Asks about every call of a log of CloudTrail, as the organization is and as it
would be: which calls would be blocked, by what and whose, with a command that
shows it. Directories are read whole. What an event does not tell stays open.

Examples:
  scproof --org org.json replay logs/ --attach deny-databases.json --to Prod
  scproof --org org.json replay logs/ --changes change.json --fail-on newly-blocked
  scproof --org org.json replay logs/ --candidate strict=a.json --candidate lax=b.json
  scproof --org today.json replay logs/ --after tomorrow.json --since 2026-11-01
  scproof --org org.json replay logs/ --check

--fail-on takes newly-blocked, may-be-blocked, newly-passing and contradiction,
and can be repeated. The exit code is 1 if what it names occurs; 5 if that is
may-be-blocked and nothing else; 3 if some of the log could not be read, is not
as digests say, or an interrupt ended the reading: the report is of the rest.";

/// The heading of these arguments in the help.
const REPLAY: &str = "The log, and what it is held against";

/// Show what changes would have done to the calls of a log of CloudTrail
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReplayArgs {
    /// Files and directories; `-` for standard input
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    #[command(flatten)]
    changes: ChangeArgs,
    /// A snapshot of what would be, in place of changes
    #[arg(long, value_name = "FILE", help_heading = REPLAY)]
    after: Option<PathBuf>,
    /// Other changes, with a name (can be repeated)
    #[arg(long, value_name = "NAME=FILE", help_heading = REPLAY)]
    candidate: Vec<String>,
    /// Only look whether the snapshot answers as AWS did
    #[arg(long, help_heading = REPLAY)]
    check: bool,
    /// Time in conditions: event (default), now, a time
    #[arg(long, value_name = "WHEN", help_heading = REPLAY)]
    at: Option<String>,
    /// Hold the files against the digests beside them
    #[arg(long, help_heading = REPLAY)]
    verify_digests: bool,
    /// Write a line of JSON for each call and candidate
    #[arg(long, value_name = "FILE", help_heading = REPLAY)]
    events: Option<PathBuf>,
    /// Only calls from this time on, such as 2026-11-01
    #[arg(long, value_name = "TIME", help_heading = SCOPE)]
    since: Option<String>,
    /// Only calls before this time
    #[arg(long, value_name = "TIME", help_heading = SCOPE)]
    until: Option<String>,
    #[command(flatten)]
    accounts: AccountArgs,
    #[command(flatten)]
    actions: ActionArgs,
    /// Fail on newly-blocked and others, see `--help`
    #[arg(long, value_name = "WHAT", hide_possible_values = true, value_delimiter = ',', help_heading = REPLAY)]
    fail_on: Vec<FailOn>,
    /// Calls that may change: docs/expected-calls.md
    #[arg(long, value_name = "FILE", help_heading = REPLAY)]
    allow: Option<PathBuf>,
    /// Write everything out, also long lists
    #[arg(long, help_heading = REPLAY)]
    full: bool,
}

/// What makes the command fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    NewlyBlocked,
    MayBeBlocked,
    NewlyPassing,
    Contradiction,
}

impl FailOn {
    fn names(self, gate: ReplayGate) -> bool {
        match gate {
            ReplayGate::NewlyBlocked => self == Self::NewlyBlocked,
            ReplayGate::MayBeBlocked => self == Self::MayBeBlocked,
            ReplayGate::NewlyPassing => self == Self::NewlyPassing,
            ReplayGate::Contradiction => self == Self::Contradiction,
        }
    }
}

pub(crate) fn run(global: &GlobalArgs, args: &ReplayArgs) -> Result<ExitCode, CommandError> {
    let format = global.format(Subject::Replay)?;
    let (path, before) = snapshot::load_named(global)?;
    let before = Arc::new(before);
    let candidates = args.candidates(global, &before)?;
    let mut organizations: Vec<&Organization> = vec![&before];
    organizations.extend(candidates.iter().map(|candidate| &*candidate.organization));
    let options = args.options(global, &organizations)?;
    let sources = sources(&args.logs)?;
    let log_files = || sources.files.iter().map(Source::path);
    let create = |path: &Path| Ok::<_, CommandError>(EventsFile::new(path, Output::beside(global, path, log_files())?));
    let mut events = args.events.as_deref().map(create).transpose()?;
    let replay = Replay::new(Arc::clone(&before), candidates, options);
    let progress = Arc::new(Progress::default());
    let of_signal = Arc::clone(&progress);
    // What was read until then is worth telling.
    temporary::on_interrupt(move || of_signal.stop());
    let size = sources.files.iter().map(Source::len).sum();
    let (report, mut files) = ui::reading(size, &progress, || {
        replay.read(&sources, &progress, |event| {
            if let Some(events) = events.as_mut() {
                events.write(&replay, &event);
            }
        })
    });
    if args.verify_digests {
        files.digests = Some(ui::busy("hashing the files", || verify_files(&sources)));
    }
    if let Some(events) = events {
        events.finish()?;
    }
    let mut replayed = Replayed {
        replay: &replay,
        report: &report,
        program: program(global, path),
        files,
        full: args.full,
        failed: Vec::new(),
    };
    let gates = replayed.gates().into_iter();
    replayed.failed = gates.filter(|gate| args.fail_on.iter().any(|what| what.names(*gate))).collect();
    Output::open(global)?.report(format, &Report::Replay(&replayed))?;
    Ok(match replayed.failed.as_slice() {
        _ if replayed.files.fault_count > 0 || replayed.files.left > 0 => ExitCode::Input,
        _ if replayed.files.digests.as_ref().is_some_and(|digests| digests.fault_count > 0) => ExitCode::Input,
        [] => ExitCode::Fine,
        [ReplayGate::MayBeBlocked] => ExitCode::Unknown,
        _ => ExitCode::No,
    })
}

impl ReplayArgs {
    /// The organizations as they could be.
    fn candidates(&self, global: &GlobalArgs, before: &Arc<Organization>) -> Result<Vec<Candidate>, CommandError> {
        let quotas = snapshot::quotas(global)?;
        let made = |changes: &ChangeSet| {
            let after = Arc::clone(Rehearsed::new(Arc::clone(before), changes, &quotas).after());
            stop_if_malformed(global, before, &after).map(|()| after)
        };
        let mut candidates = Vec::new();
        if !self.changes.is_empty() {
            let changes = self.changes.resolve(global, before)?;
            candidates.push(Candidate { name: "the change".to_owned(), organization: made(&changes)? });
        }
        if let Some(path) = &self.after {
            let organization = Arc::new(snapshot::load_path(global, path)?);
            candidates.push(Candidate { name: path.display().to_string(), organization });
        }
        for text in &self.candidate {
            let (name, file) =
                text.split_once('=').filter(|(name, file)| !name.is_empty() && !file.is_empty()).ok_or_else(|| {
                    CommandError::usage(format!("`--candidate {text}` lacks a part"))
                        .help("write `--candidate NAME=FILE`, with a file of changes")
                })?;
            if candidates.iter().any(|candidate| candidate.name == name) {
                return Err(CommandError::usage(format!("two candidates are called `{name}`"))
                    .help("give each a name of its own"));
            }
            let path = Path::new(file);
            let mut builder = ChangeSetBuilder::new(before);
            builder.file(path).map_err(|error| snapshot::faults(global, path, &error))?;
            candidates.push(Candidate { name: name.to_owned(), organization: made(&builder.finish())? });
        }
        if candidates.is_empty() && !self.check {
            return Err(CommandError::usage("no change was given")
                .help("name one, such as `--attach deny-databases.json --to Sandbox`, or a file with `--changes FILE`")
                .help("`--check` only looks whether the snapshot answers as AWS did"));
        }
        Ok(candidates)
    }

    fn options(&self, global: &GlobalArgs, organizations: &[&Organization]) -> Result<ReplayOptions, CommandError> {
        let time = |flag: &str, text: &Option<String>| text.as_deref().map(|text| seconds(flag, text)).transpose();
        let at = match self.at.as_deref().unwrap_or("event") {
            "event" => At::Event,
            "now" => At::Time(clock::now().ok_or_else(|| CommandError::input("the clock tells no time"))?),
            text => {
                seconds("--at", text)?;
                At::Time(text.to_owned())
            }
        };
        let mut accounts: Option<BTreeSet<AccountId>> = None;
        if let [before, candidates @ ..] = organizations {
            // Without a candidate the organization is all there is.
            let others = if candidates.is_empty() { std::slice::from_ref(before) } else { candidates };
            for other in others {
                let chosen = self.accounts.of_both(before, other)?;
                accounts = chosen.map(|chosen| accounts.into_iter().flatten().chain(chosen).collect());
            }
        }
        Ok(ReplayOptions {
            evaluation: snapshot::evaluation(global),
            at,
            since: time("--since", &self.since)?,
            until: time("--until", &self.until)?,
            accounts,
            actions: self.actions.filter(organizations)?,
            expected: self.expected(global, organizations)?,
        })
    }

    /// What is meant; of entries that are over the user is told, as they cover nothing.
    fn expected(&self, global: &GlobalArgs, organizations: &[&Organization]) -> Result<ExpectedCalls, CommandError> {
        let (Some(path), [before, ..]) = (&self.allow, organizations) else { return Ok(ExpectedCalls::default()) };
        let mut list = snapshot::read_with(global, path, Expected::from_json)?;
        let today = clock::today().unwrap_or_default();
        list.retain(|entry| {
            let is_over = entry.is_over(&today);
            if is_over {
                let until = entry.until.as_deref().unwrap_or_default();
                ui::warning(global.color, &format!("`{}` ended on {until}", entry.reason), None);
            }
            !is_over
        });
        ExpectedCalls::new(before, list).map_err(|error| CommandError::usage(format!("`{}`: {error}", path.display())))
    }
}

fn seconds(flag: &str, text: &str) -> Result<i64, CommandError> {
    parse_date(text, DateReading::default()).map(|(seconds, _)| seconds).ok_or_else(|| {
        CommandError::usage(format!("`{flag} {text}` is no time"))
            .help("write a day or a time, such as `2026-11-01` or `2026-11-01T10:00:00Z`")
    })
}

fn sources(logs: &[PathBuf]) -> Result<Sources, CommandError> {
    let mut paths = Vec::with_capacity(logs.len());
    for log in logs {
        if log.as_os_str() == "-" {
            input::take_stdin()?;
            paths.push(PathBuf::from("/dev/stdin"));
        } else {
            paths.push(log.clone());
        }
    }
    Sources::find(&paths).map_err(|error| CommandError::file("read", &error.path, &error.error))
}

/// A line a call and candidate.
struct EventsFile {
    path: PathBuf,
    out: BufWriter<Replacement>,
    failed: Option<std::io::Error>,
}

#[derive(Serialize)]
struct EventLine<'a> {
    event: &'a str,
    candidate: &'a str,
    class: &'a str,
    reason: String,
}

impl EventsFile {
    fn new(path: &Path, file: Replacement) -> Self {
        Self { path: path.to_owned(), out: BufWriter::new(file), failed: None }
    }

    fn write(&mut self, replay: &Replay, event: &EventClass<'_>) {
        let candidate = replay.candidates().get(event.candidate).map_or("", |candidate| candidate.name.as_str());
        let line = EventLine {
            event: &event.event,
            candidate,
            class: event.class.as_str(),
            reason: event_reason_words(replay, event),
        };
        let written = serde_json::to_writer(&mut self.out, &line).map_err(std::io::Error::from);
        let written = written.and_then(|()| self.out.write_all(b"\n"));
        // The first failure is told at the end.
        self.failed = self.failed.take().or(written.err());
    }

    fn finish(self) -> Result<(), CommandError> {
        let Self { path, out, failed } = self;
        let written = match failed {
            Some(error) => Err(error),
            None => out.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(Replacement::finish),
        };
        written.map_err(|error| CommandError::file("write", &path, &error))
    }
}
