//! `--dry-run`: what a fetch would do.

use std::io::{self, Write};

use clap::Args;
use scproof::fetch::{AttachmentsBy, Estimate, Operation, Rates, Sizes, iam_policy};
use scproof::report::{Format, Role, Style};
use serde::Serialize;

use super::{FetchArgs, Pace};
use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::ui::fetch::words;

/// What would be, without asking.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// Print the calls, the time they take and the IAM policy they need; ask
    /// nobody and need no credentials
    #[arg(long)]
    pub(super) dry_run: bool,
    /// For --dry-run: this many accounts
    #[arg(long, value_name = "N", default_value = "100", requires = "dry_run", value_parser = size)]
    accounts: u64,
    /// For --dry-run: this many organizational units
    #[arg(long, value_name = "N", default_value = "20", requires = "dry_run", value_parser = size)]
    units: u64,
    /// For --dry-run: this many policies
    #[arg(long, value_name = "N", default_value = "30", requires = "dry_run", value_parser = size)]
    policies: u64,
}

/// More than AWS has, and nothing that overflows.
fn size(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(number @ 0..=1_000_000) => Ok(number),
        _ => Err("expected a number up to 1000000".to_owned()),
    }
}

pub(super) fn print(global: &GlobalArgs, args: &FetchArgs) -> Result<ExitCode, CommandError> {
    let format = global.format_among(&[Format::Text, Format::Json])?;
    let sizes = Sizes {
        accounts: args.plan.accounts,
        units: args.plan.units,
        policies: args.plan.policies,
        policy_types: 2,
        tags: args.tags,
        attachments_by: args.attachments_by(),
        passes: args.passes.get().min(2) as u64,
    };
    let rates = args.rates();
    let plan = Plan { sizes, estimate: Estimate::new(&sizes, &rates), rates, pace: args.pace };
    let output = Output::open(global)?;
    let style = output.style();
    output.write(|out| if format == Format::Json { plan.json(out) } else { plan.text(style, out) })?;
    Ok(ExitCode::Fine)
}

struct Plan {
    sizes: Sizes,
    estimate: Estimate,
    rates: Rates,
    pace: Pace,
}

impl Plan {
    fn text(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let Sizes { accounts, units, policies, .. } = self.sizes;
        writeln!(out, "A fetch of {accounts} accounts, {units} units and {policies} policies, by estimate\n")?;
        let heading = format!("  {:<34}{:>8}{:>11}", "OPERATION", "CALLS", "A SECOND");
        writeln!(out, "{}", style.paint(Role::Heading, &heading))?;
        for (operation, calls) in &self.estimate.calls {
            let rate = self.rates.of(*operation).map_or("-".to_owned(), |bucket| bucket.per_second.to_string());
            writeln!(out, "  {:<34}{calls:>8}{rate:>11}", operation.as_str())?;
        }
        writeln!(out, "  {:<34}{:>8}", "in all", self.estimate.total_calls())?;
        let way = match self.way() {
            AttachmentsBy::Target => Operation::ListPoliciesForTarget,
            AttachmentsBy::Policy | AttachmentsBy::Fewest => Operation::ListTargetsForPolicy,
        };
        if self.sizes.passes > 1 {
            writeln!(out, "\nEverything is read twice, and again while it changes; --passes chooses otherwise")?;
        }
        writeln!(out, "\nAttachments: {way}; --attachments-by chooses otherwise")?;
        match self.pace {
            Pace::Percent(percent) => writeln!(
                out,
                "Time: about {} at {percent} % of AWS's published rates. Operations with\n\
                 different rates run side by side; parents share one, and so do policies.",
                words(self.estimate.duration)
            )?,
            Pace::Off => writeln!(out, "Time: as fast as the endpoint answers")?,
        }
        writeln!(out, "Sizes of your own: --accounts, --units, --policies\n")?;
        writeln!(out, "{}", style.paint(Role::Heading, "IAM policy: all that is called, and nothing that writes"))?;
        out.write_all(iam_policy(self.sizes.tags).as_bytes())
    }

    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Document<'a> {
            format: &'static str,
            program_version: &'static str,
            accounts: u64,
            units: u64,
            policies: u64,
            calls: &'a std::collections::BTreeMap<Operation, u64>,
            total_calls: u64,
            attachments_by: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            seconds: Option<u64>,
            iam_policy: serde_json::Value,
        }
        let document = Document {
            format: "scproof-fetch-plan/1",
            program_version: env!("CARGO_PKG_VERSION"),
            accounts: self.sizes.accounts,
            units: self.sizes.units,
            policies: self.sizes.policies,
            calls: &self.estimate.calls,
            total_calls: self.estimate.total_calls(),
            attachments_by: match self.way() {
                AttachmentsBy::Target => "target",
                AttachmentsBy::Policy | AttachmentsBy::Fewest => "policy",
            },
            seconds: matches!(self.pace, Pace::Percent(_)).then_some(self.estimate.duration.as_secs()),
            iam_policy: serde_json::from_str(&iam_policy(self.sizes.tags)).map_err(io::Error::other)?,
        };
        serde_json::to_writer_pretty(&mut *out, &document).map_err(io::Error::other)?;
        writeln!(out)
    }

    fn way(&self) -> AttachmentsBy {
        self.estimate.attachments_by
    }
}
