//! `scproof simulate`: what changes would do.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use clap::Args;
use scproof::compare::{Rehearsed, SimulationOptions, malformed};
use scproof::report::{ImpactReport, Subject};
use scproof::snapshot::{LoadError, Organization};

use super::changes::ChangeArgs;
use super::impact::{COMPARISON, ImpactArgs, program};
use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::{snapshot, ui};

const EXAMPLES: &str = "\
Makes the changes on a copy, in the order given, and says exactly which calls
come out differently, for which accounts, when, and because of which statement;
each with one call that shows it. Nothing is changed at AWS.

Examples:
  scproof --org example simulate --attach quarantine --to sandbox-bob
  scproof --org example simulate --detach region-lock --from Workloads
  scproof --org example simulate --move load-test=Sandbox --fail-on any
  scproof --org org.json simulate --attach deny-databases.json --to Prod
  scproof --org org.json --format markdown simulate --changes changes.json

  terraform show -json plan.out > plan.json
  scproof --org org.json simulate --terraform-plan plan.json --fail-on unknown

The exit code is 1 if what --fail-on names occurs, if --expect does not allow
what differs, AWS would refuse a change, or a protected principal could not undo
the changes; 5 if only what is unknown does, or if --deadline ended the work.";

/// Show what changes would do, before anybody makes them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SimulateArgs {
    #[command(flatten)]
    changes: ChangeArgs,
    #[command(flatten)]
    impact: ImpactArgs,
    /// A principal that must keep the power to undo the changes (can be repeated)
    #[arg(long, value_name = "ARN", help_heading = COMPARISON)]
    protect_principal: Vec<String>,
}

/// A text that is malformed becomes no policy: there is nothing to simulate, and its faults are what helps.
pub(super) fn stop_if_malformed(
    global: &GlobalArgs,
    before: &Organization,
    after: &Organization,
) -> Result<(), CommandError> {
    let known: BTreeSet<&str> = before.policies().filter_map(|(_, policy)| policy.content.as_deref()).collect();
    for (_, policy) in after.policies() {
        let Some(text) = policy.content.as_deref().filter(|text| !known.contains(text)) else { continue };
        if let Some(error) = LoadError::of(malformed(text, policy.kind), 0) {
            return Err(snapshot::faults_of_text(global, policy.display_name(), &error, text));
        }
    }
    Ok(())
}

pub(crate) fn run(global: &GlobalArgs, args: &SimulateArgs) -> Result<ExitCode, CommandError> {
    let format = global.format(Subject::Impact)?;
    let (path, before) = snapshot::load_named(global)?;
    let quotas = snapshot::quotas(global)?;
    let expectations = args.impact.expectations(global)?;
    let resolved = args.changes.resolve_with_sources(global, &before)?;
    let before = Arc::new(before);
    let rehearsed = Rehearsed::new(Arc::clone(&before), &resolved.changes, &quotas);
    let after = Arc::clone(rehearsed.after());
    stop_if_malformed(global, &before, &after)?;
    let stop = args.impact.stop();
    let options = SimulationOptions {
        impact: args.impact.options(global, &before, &after, &stop)?,
        quotas,
        protected: args.protect_principal.clone(),
    };
    let message = format!("comparing every call in {} accounts", before.accounts().len());
    let mut simulation = ui::busy(&message, || rehearsed.simulate(&options))?;
    for step in &mut simulation.steps {
        if let Some(source) = resolved.sources.get(&step.index) {
            step.description = format!("{} (`{source}`)", step.description);
        }
    }
    let mut warnings = resolved.notes;
    warnings.append(&mut simulation.warnings);
    warnings.sort_by_key(|warning| Reverse(warning.severity));
    let was_stopped = stop.is_stopped();
    let held = args.impact.held(global, expectations.as_ref(), (&*before, &*after), &simulation.impact)?;
    let report = ImpactReport {
        before: &before,
        after: &after,
        program: program(global, path),
        scope: args.impact.scope(),
        steps: &simulation.steps,
        structure: None,
        impact: &simulation.impact,
        transients: &simulation.transients,
        gaps: &simulation.gaps,
        warnings: &warnings,
        held: held.as_ref(),
        full: args.impact.full,
        failed: Vec::new(),
    };
    args.impact.finish(global, format, report, was_stopped)
}
