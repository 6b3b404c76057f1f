//! `--fix` and `--diff`: files with what has exactly one meaning repaired, or what would change.

use std::io::Write;
use std::path::{Path, PathBuf};

use scproof::report::{Format, Report, Validation};
use scproof::snapshot::Replacement;
use similar::TextDiff;

use super::ValidateArgs;
use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::output::Output;
use crate::{temporary, ui};

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// What is done about what can be repaired.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fixing {
    /// Nothing.
    Off,
    /// The texts are repaired.
    Repair(Vec<Changed>),
    /// It is shown what would change.
    Preview(Vec<Changed>),
}

/// A text before and after its repair.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) before: String,
    pub(super) after: String,
}

impl Changed {
    fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    fn is_changed(&self) -> bool {
        self.before != self.after
    }
}

impl Fixing {
    pub(super) fn of(args: &ValidateArgs) -> Self {
        match (args.fix, args.diff) {
            (true, _) => Self::Repair(Vec::new()),
            (false, true) => Self::Preview(Vec::new()),
            (false, false) => Self::Off,
        }
    }

    /// What would leave two things to print in one place.
    pub(super) fn refuse_what_cannot_be(args: &ValidateArgs, format: Format) -> Result<(), CommandError> {
        let has_stdin = args.fix && args.files.iter().any(|file| file.as_os_str() == "-");
        if has_stdin && args.files.len() > 1 {
            return Err(CommandError::usage("`--fix` prints the text of standard input, so it is the only one")
                .help("name either `-` or files"));
        }
        if (has_stdin || args.diff) && format != Format::Text {
            let what = if args.diff { "`--diff` prints a diff" } else { "`--fix -` prints the repaired text" };
            return Err(CommandError::usage(format!("{what}, no report in another format"))
                .help("leave `--format` out, or run `validate` again without the option"));
        }
        Ok(())
    }

    pub(super) fn add(&mut self, changed: Changed) {
        match self {
            Self::Off => {}
            Self::Repair(all) | Self::Preview(all) => all.push(changed),
        }
    }

    pub(super) fn is_preview(&self) -> bool {
        matches!(self, Self::Preview(_))
    }

    pub(super) fn has_changes(&self) -> bool {
        match self {
            Self::Off => false,
            Self::Repair(all) | Self::Preview(all) => all.iter().any(Changed::is_changed),
        }
    }

    /// Puts the files in their places and prints what there is to print.
    pub(super) fn finish(
        &self,
        global: &GlobalArgs,
        format: Format,
        validation: &Validation,
    ) -> Result<(), CommandError> {
        let report = Report::Validation(validation);
        match self {
            Self::Off => Output::open(global)?.report(format, &report),
            Self::Repair(all) if all.iter().any(Changed::is_stdin) => {
                let text: String = all.iter().map(|changed| changed.after.as_str()).collect();
                Output::open(global)?.write_json(|out| out.write_all(text.as_bytes()))?;
                ui::report(global.color, &report);
                Ok(())
            }
            Self::Repair(all) => {
                for changed in all.iter().filter(|changed| changed.is_changed()) {
                    replace(&changed.path, &changed.after)
                        .map_err(|error| CommandError::file("write", &changed.path, &error))?;
                }
                Output::open(global)?.report(format, &report)
            }
            Self::Preview(all) => {
                Output::open(global)?.write_json(|out| {
                    all.iter().filter(|changed| changed.is_changed()).try_for_each(|changed| diff(changed, out))
                })?;
                let totals = validation.totals();
                let left = totals.errors + totals.warnings + totals.notes;
                let files = all.iter().filter(|changed| changed.is_changed()).count();
                let text = format!("faults that `--fix` repairs: {}, files: {files}; left: {left}", totals.fixed);
                ui::note(global.color, &text);
                Ok(())
            }
        }
    }
}

/// Another text in place of a file, at once.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    temporary::go_with_signals();
    let mut file = Replacement::create(path, Replacement::ORDINARY)?;
    temporary::note(file.temporary_path());
    file.write_all(text.as_bytes())?;
    file.finish()
}

/// A unified diff, as `patch` reads it.
fn diff(changed: &Changed, out: &mut dyn Write) -> std::io::Result<()> {
    let diff = TextDiff::from_lines(changed.before.as_str(), changed.after.as_str());
    let name = changed.name.trim_start_matches('/');
    let (old, new) = (format!("a/{name}"), format!("b/{name}"));
    diff.unified_diff().context_radius(CONTEXT).header(&old, &new).to_writer(out)
}
