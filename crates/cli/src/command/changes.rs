//! Changes on the command line: their order is the order of the arguments.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{ArgAction, ArgMatches, Args, Command, FromArgMatches};
use scproof::compare::{ChangeSet, ChangeSetBuilder};
use scproof::import::plan_changes;
use scproof::snapshot::{Message, Organization};

use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::{snapshot, ui};

/// The arguments as clap sees them, for the help; [`ChangeArgs`] keeps their order.
#[derive(Debug, Args)]
#[command(next_help_heading = "Changes, made in the order given")]
struct RawChangeArgs {
    /// Attach a policy: an id, a name or a file, with `--to`
    #[arg(long, value_name = "POLICY")]
    attach: Vec<String>,
    /// The root, unit or account to attach it to
    #[arg(long, value_name = "TARGET")]
    to: Vec<String>,
    /// Detach a policy: an id or a name, with `--from`
    #[arg(long, value_name = "POLICY")]
    detach: Vec<String>,
    /// The root, unit or account to detach it from
    #[arg(long, value_name = "TARGET")]
    from: Vec<String>,
    /// Give a policy the text of a file
    #[arg(long, value_name = "POLICY=FILE")]
    replace: Vec<String>,
    /// Delete a policy
    #[arg(long, value_name = "POLICY")]
    delete: Vec<String>,
    /// Move an account or a unit to a unit or the root
    #[arg(long = "move", value_name = "WHAT=PARENT")]
    moves: Vec<String>,
    /// Take SCPs out of force
    #[arg(long, action = ArgAction::SetTrue)]
    disable_scps: bool,
    /// Put SCPs into force
    #[arg(long, action = ArgAction::SetTrue)]
    enable_scps: bool,
    /// Make the changes of a file, see docs/changes.md
    #[arg(long, value_name = "FILE")]
    changes: Vec<PathBuf>,
    /// Make the changes of a plan of Terraform
    #[arg(long, value_name = "FILE")]
    terraform_plan: Vec<PathBuf>,
}

/// Changes in the order of the command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChangeArgs {
    arguments: Vec<Argument>,
}

#[derive(Debug, Clone)]
enum Argument {
    Attach(String),
    To(String),
    Detach(String),
    From(String),
    Replace(String),
    Delete(String),
    Move(String),
    Disable,
    Enable,
    File(PathBuf),
    Plan(PathBuf),
}

/// Changes, with what is known of their source.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) changes: ChangeSet,
    /// For some changes by number where they stand in their source.
    pub(crate) sources: BTreeMap<usize, String>,
    /// What is unknown or assumed.
    pub(crate) notes: Vec<Message>,
}

/// Makes an argument of its text.
type OfText = fn(String) -> Argument;
/// Makes an argument of a file.
type OfFile = fn(PathBuf) -> Argument;

impl Args for ChangeArgs {
    fn augment_args(command: Command) -> Command {
        RawChangeArgs::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        RawChangeArgs::augment_args_for_update(command)
    }
}

impl FromArgMatches for ChangeArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut arguments: Vec<(usize, Argument)> = Vec::new();
        let texts: [(&str, OfText); 7] = [
            ("attach", Argument::Attach),
            ("to", Argument::To),
            ("detach", Argument::Detach),
            ("from", Argument::From),
            ("replace", Argument::Replace),
            ("delete", Argument::Delete),
            ("moves", Argument::Move),
        ];
        for (id, argument) in texts {
            let values = matches.get_many::<String>(id).into_iter().flatten().cloned();
            arguments.extend(matches.indices_of(id).into_iter().flatten().zip(values.map(argument)));
        }
        let files: [(&str, OfFile); 2] = [("changes", Argument::File), ("terraform_plan", Argument::Plan)];
        for (id, argument) in files {
            let values = matches.get_many::<PathBuf>(id).into_iter().flatten().cloned();
            arguments.extend(matches.indices_of(id).into_iter().flatten().zip(values.map(argument)));
        }
        for (id, argument) in [("disable_scps", Argument::Disable), ("enable_scps", Argument::Enable)] {
            if matches.get_flag(id) {
                arguments.extend(matches.index_of(id).map(|index| (index, argument)));
            }
        }
        arguments.sort_by_key(|(index, _)| *index);
        Ok(Self { arguments: arguments.into_iter().map(|(_, argument)| argument).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// A policy that waits for its targets.
enum Pending<'a> {
    Attach(&'a str),
    Detach(&'a str),
}

impl Pending<'_> {
    /// What is wrong if no target follows.
    fn without_target(&self) -> CommandError {
        let (flag, policy, target) = match self {
            Self::Attach(policy) => ("--attach", policy, "--to"),
            Self::Detach(policy) => ("--detach", policy, "--from"),
        };
        CommandError::usage(format!("`{flag} {policy}` has no `{target}`"))
            .help(format!("say where: `{flag} {policy} {target} TARGET`"))
    }
}

impl ChangeArgs {
    /// Whether no change was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.arguments.is_empty()
    }

    /// The changes, with every name resolved at its step; says what is unknown of them.
    pub(crate) fn resolve(&self, global: &GlobalArgs, organization: &Organization) -> Result<ChangeSet, CommandError> {
        let resolved = self.resolve_with_sources(global, organization)?;
        for note in &resolved.notes {
            ui::warning(global.color, &note.message, note.help.as_deref());
        }
        Ok(resolved.changes)
    }

    /// The changes, with every name resolved at its step. Says everything that is wrong; the last of it is the error.
    pub(crate) fn resolve_with_sources(
        &self,
        global: &GlobalArgs,
        organization: &Organization,
    ) -> Result<Resolved, CommandError> {
        let mut resolved = Resolved::default();
        let mut builder = ChangeSetBuilder::new(organization);
        let mut errors: Vec<CommandError> = Vec::new();
        let mut pending: Option<(Pending<'_>, bool)> = None;
        for argument in &self.arguments {
            let continues = matches!(
                (argument, &pending),
                (Argument::To(_), Some((Pending::Attach(_), _))) | (Argument::From(_), Some((Pending::Detach(_), _)))
            );
            if !continues && let Some((waiting, false)) = pending.take() {
                errors.push(waiting.without_target());
            }
            let result = match argument {
                Argument::Attach(policy) => {
                    pending = Some((Pending::Attach(policy), false));
                    Ok(())
                }
                Argument::Detach(policy) => {
                    pending = Some((Pending::Detach(policy), false));
                    Ok(())
                }
                Argument::To(target) | Argument::From(target) => match &mut pending {
                    Some((waiting, has_target)) => {
                        *has_target = true;
                        match waiting {
                            Pending::Attach(policy) => builder.attach(policy, target).map_err(fault),
                            Pending::Detach(policy) => builder.detach(policy, target).map_err(fault),
                        }
                    }
                    None => Err(without_policy(argument, target)),
                },
                Argument::Replace(text) => pair("--replace", "POLICY=FILE", text)
                    .and_then(|(policy, file)| builder.replace(policy, file.as_ref()).map_err(fault)),
                Argument::Delete(policy) => builder.delete(policy).map_err(fault),
                Argument::Move(text) => pair("--move", "WHAT=PARENT", text)
                    .and_then(|(what, parent)| builder.move_to(what, parent).map_err(fault)),
                Argument::Disable => {
                    builder.push(scproof::compare::Change::DisablePolicyType);
                    Ok(())
                }
                Argument::Enable => {
                    builder.push(scproof::compare::Change::EnablePolicyType);
                    Ok(())
                }
                Argument::File(path) => {
                    // Files that it names stand beside it.
                    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                    snapshot::read_with(global, path, |text| builder.json(text, folder.unwrap_or(Path::new("."))))
                }
                Argument::Plan(path) => plan(global, path, &mut builder, &mut resolved),
            };
            errors.extend(result.err());
        }
        if let Some((waiting, false)) = pending {
            errors.push(waiting.without_target());
        }
        let last = errors.pop();
        for error in &errors {
            ui::error(global.color, error);
        }
        match last {
            None if self.arguments.is_empty() => Err(CommandError::usage("no change was given")
                .help("name one, such as `--attach deny-databases.json --to Sandbox`, or a file with `--changes FILE`")
                .help("to compare two snapshots, use `scproof diff BEFORE AFTER`")),
            None => Ok(Resolved { changes: builder.finish(), ..resolved }),
            Some(mut error) => {
                error.exit_code = errors.iter().map(|error| error.exit_code).fold(error.exit_code, Ord::max);
                Err(error)
            }
        }
    }
}

/// Adds the changes of a plan.
fn plan(
    global: &GlobalArgs,
    path: &Path,
    builder: &mut ChangeSetBuilder,
    resolved: &mut Resolved,
) -> Result<(), CommandError> {
    let text = snapshot::read_any(global, path)?;
    let planned = plan_changes(&text, &builder.draft().organization())
        .map_err(|error| snapshot::faults_of_text(global, &path.display().to_string(), &error, &text))?;
    let first = builder.changes().changes().len();
    resolved.sources.extend((first..).zip(planned.addresses));
    resolved.notes.extend(planned.notes);
    for change in planned.changes.changes() {
        builder.push(change.clone());
    }
    Ok(())
}

fn without_policy(argument: &Argument, target: &str) -> CommandError {
    let (flag, other) = if matches!(argument, Argument::To(_)) { ("--to", "--attach") } else { ("--from", "--detach") };
    CommandError::usage(format!("`{flag} {target}` has no `{other}` before it"))
        .help(format!("say what: `{other} POLICY {flag} {target}`"))
}

fn pair<'a>(flag: &str, form: &str, text: &'a str) -> Result<(&'a str, &'a str), CommandError> {
    text.split_once('=').filter(|(one, other)| !one.is_empty() && !other.is_empty()).ok_or_else(|| {
        CommandError::usage(format!("`{flag} {text}` lacks a part")).help(format!("write `{flag} {form}`"))
    })
}

/// A fault of a change on the command line.
fn fault(fault: Box<Message>) -> CommandError {
    let message = match &fault.expected {
        Some(expected) => format!("{}, expected {expected}", fault.message),
        None => fault.message.clone(),
    };
    let is_file = ["unreadable-file", "invalid-utf8", "file-too-large"].contains(&fault.code);
    let mut error = if is_file { CommandError::input(message) } else { CommandError::usage(message) };
    error.help.extend(fault.help);
    error
}
