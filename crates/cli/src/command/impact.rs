//! What `simulate` and `diff` have in common: what is looked at, what fails, how it is printed.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use scproof::compare::{ComparisonOptions, Expectations, HeldImpact, Impact, ImpactOptions, Limits, Stop, hold};
use scproof::report::{Format, Gate, ImpactReport, Report, Scope};
use scproof::snapshot::Organization;

use super::select::{AccountArgs, ActionArgs};
use crate::args::GlobalArgs;
use crate::deadline::DeadlineArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::snapshot;

/// The heading of these arguments in the help.
pub(crate) const COMPARISON: &str = "What fails, and how much is shown";

/// What is looked at, and what fails.
#[derive(Debug, Args)]
#[command(next_help_heading = COMPARISON)]
pub(crate) struct ImpactArgs {
    #[command(flatten)]
    accounts: AccountArgs,
    #[command(flatten)]
    actions: ActionArgs,
    /// Fail on newly-blocked, newly-passing, other-reason, transient, gap,
    /// unknown or any (can be repeated)
    #[arg(long, value_name = "WHAT", hide_possible_values = true, value_delimiter = ',')]
    fail_on: Vec<FailOn>,
    /// Fail on every difference that this file does not allow, see docs/expect.md
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    #[command(flatten)]
    deadline: DeadlineArgs,
    /// Write everything out, also long lists
    #[arg(long)]
    pub(crate) full: bool,
}

/// What makes the command fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    NewlyBlocked,
    NewlyPassing,
    OtherReason,
    Transient,
    Gap,
    Unknown,
    Any,
}

impl ImpactArgs {
    /// How to compare.
    pub(crate) fn options(
        &self,
        global: &GlobalArgs,
        before: &Organization,
        after: &Organization,
        stop: &Stop,
    ) -> Result<ImpactOptions, CommandError> {
        let limits = Limits { stop: stop.clone(), ..Limits::default() };
        let actions = self.actions.filter(&[before, after])?;
        Ok(ImpactOptions {
            evaluation: snapshot::evaluation(global),
            comparison: ComparisonOptions { limits, actions },
            accounts: self.accounts.of_both(before, after)?,
        })
    }

    /// The file of expectations.
    pub(crate) fn expectations(&self, global: &GlobalArgs) -> Result<Option<Expectations>, CommandError> {
        let Some(path) = &self.expect else { return Ok(None) };
        snapshot::read_with(global, path, Expectations::from_json).map(Some)
    }

    /// Holds an impact against the file of expectations.
    pub(crate) fn held(
        &self,
        global: &GlobalArgs,
        expectations: Option<&Expectations>,
        (before, after): (&Organization, &Organization),
        impact: &Impact,
    ) -> Result<Option<HeldImpact>, CommandError> {
        let (Some(path), Some(expectations)) = (&self.expect, expectations) else { return Ok(None) };
        let bound = expectations.bind(before, after).map_err(|error| snapshot::faults(global, path, &error))?;
        Ok(Some(hold(impact, &bound)))
    }

    /// What was looked at, for the report.
    pub(crate) fn scope(&self) -> Scope {
        Scope {
            accounts: self.accounts.account.clone(),
            ous: self.accounts.ou.clone(),
            services: self.actions.service.clone(),
            actions: self.actions.action.clone(),
        }
    }

    /// A switch that is turned when the time is over.
    pub(crate) fn stop(&self) -> Stop {
        self.deadline.stop()
    }

    /// What makes the command fail, of everything that could.
    fn failed(&self, gates: Vec<Gate>) -> Vec<Gate> {
        let asked = |what: FailOn| self.fail_on.contains(&what) || self.fail_on.contains(&FailOn::Any);
        gates
            .into_iter()
            .filter(|gate| match gate {
                Gate::NewlyBlocked => asked(FailOn::NewlyBlocked),
                Gate::NewlyPassing => asked(FailOn::NewlyPassing),
                Gate::OtherReason => asked(FailOn::OtherReason),
                Gate::Transient => asked(FailOn::Transient),
                Gate::Gap => asked(FailOn::Gap),
                Gate::Unknown => asked(FailOn::Unknown),
                Gate::BeyondExpected | Gate::Refused | Gate::ProtectedPrincipal => true,
            })
            .collect()
    }

    /// Prints the report, and says with which code to end.
    pub(crate) fn finish(
        &self,
        global: &GlobalArgs,
        format: Format,
        mut report: ImpactReport<'_>,
        was_stopped: bool,
    ) -> Result<ExitCode, CommandError> {
        report.failed = self.failed(report.gates());
        Output::open(global)?.report(format, &Report::Impact(&report))?;
        let code = match report.failed.as_slice() {
            [] => ExitCode::Fine,
            [Gate::Unknown] => ExitCode::Unknown,
            _ => ExitCode::No,
        };
        Ok(self.deadline.judge(global, was_stopped, code))
    }
}

/// How to ask a snapshot for more on the command line: the words up to the command.
pub(crate) fn program(global: &GlobalArgs, snapshot: &Path) -> Vec<String> {
    let mut words = vec!["scproof".to_owned(), "--org".to_owned(), snapshot.display().to_string()];
    let flags = [("--assume-preferred", global.assume_preferred), ("--closed-key-list", global.closed_key_list)];
    words.extend(flags.iter().filter(|(_, is_on)| *is_on).map(|(flag, _)| (*flag).to_owned()));
    words
}
