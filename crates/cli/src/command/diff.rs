//! `scproof diff`: what differs between two snapshots.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use scproof::compare::{impact_with, structural_difference};
use scproof::report::{ImpactReport, Subject};

use super::impact::{ImpactArgs, program};
use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::{snapshot, ui};

const EXAMPLES: &str = "\
First what differs as such: what was moved, attached or written anew. Then
exactly which calls come out differently, for which accounts, when, and because
of which statement; each with one call that shows it.

Examples:
  scproof --org example diff example example
  scproof diff yesterday.json today.json
  scproof diff yesterday.json today.json --fail-on any
  scproof --format markdown diff main.json branch.json --expect expected.json

The exit code is 1 if what --fail-on names occurs or if something differs that
--expect does not allow; 5 if --fail-on names unknown or any and only that
occurs, or if --deadline ended the comparison.";

/// Show what differs between two snapshots
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiffArgs {
    /// The snapshot before; `example` and `untidy` come with scproof
    before: PathBuf,
    /// The snapshot after
    after: PathBuf,
    #[command(flatten)]
    impact: ImpactArgs,
}

pub(crate) fn run(global: &GlobalArgs, args: &DiffArgs) -> Result<ExitCode, CommandError> {
    let format = global.format(Subject::Impact)?;
    let before = Arc::new(snapshot::load_path(global, &args.before)?);
    let after = Arc::new(snapshot::load_path(global, &args.after)?);
    let expectations = args.impact.expectations(global)?;
    let stop = args.impact.stop();
    let options = args.impact.options(global, &before, &after, &stop)?;
    let structure = structural_difference(&before, &after);
    let message = format!("comparing every call in {} accounts", before.accounts().len());
    let impact = ui::busy(&message, || impact_with(Arc::clone(&before), Arc::clone(&after), &options))?;
    let was_stopped = stop.is_stopped();
    let held = args.impact.held(global, expectations.as_ref(), (&before, &after), &impact)?;
    let report = ImpactReport {
        before: &before,
        after: &after,
        program: program(global, &args.before),
        scope: args.impact.scope(),
        steps: &[],
        structure: Some(&structure),
        impact: &impact,
        transients: &[],
        gaps: &[],
        warnings: &[],
        held: held.as_ref(),
        full: args.impact.full,
        failed: Vec::new(),
    };
    args.impact.finish(global, format, report, was_stopped)
}
