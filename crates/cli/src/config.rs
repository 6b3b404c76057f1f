//! `scproof.toml`: what people would else say on every command line, so that they and their pipelines say the same.
//!
//! The file names options, and its values become their defaults: the command line and the environment go before it,
//! and `--help` shows them. It is looked for in the working directory and upwards. It may only name what is looked at
//! and what fails; where something is written and who is asked is said on the command line alone, since the file may
//! come with somebody else's repository.

use std::any::TypeId;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use scproof::rules::nearest;
use toml::{Table, Value};

use crate::error::CommandError;

/// What the file is called.
pub(crate) const NAME: &str = "scproof.toml";

/// The most that a file may have, in bytes.
const LARGEST: u64 = 1 << 20;

/// Options of all commands that the file may have.
const EVERYWHERE: [&str; 5] = ["org", "limits", "threads", "assume-preferred", "closed-key-list"];

/// Commands that the file may have options of, each in a table of its name.
const COMMANDS: [&str; 7] = ["audit", "simulate", "diff", "validate", "who-can", "effective", "tree"];

/// Options that are no part of a configuration: how something is written, and which changes are made.
const NEVER: [&str; 14] = [
    "output",
    "color",
    "help",
    "no-config",
    "attach",
    "to",
    "detach",
    "from",
    "replace",
    "delete",
    "move",
    "changes",
    "disable-scps",
    "enable-scps",
];

/// The file, as defaults of options.
#[derive(Debug, Default)]
pub(crate) struct Config {
    defaults: Vec<Preset>,
}

/// The value of an option.
#[derive(Debug)]
struct Preset {
    /// None for all commands.
    command: Option<String>,
    option: String,
    values: Vec<String>,
}

impl Config {
    /// Reads the nearest file in the working directory or above; there need not be one.
    pub(crate) fn find(command: &Command) -> Result<Self, CommandError> {
        let Ok(start) = std::env::current_dir() else { return Ok(Self::default()) };
        for folder in start.ancestors() {
            let path = folder.join(NAME);
            match read_text(&path) {
                Ok(text) => return Self::read(&path, &text, command),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(CommandError::file("read", &path, &error)),
            }
        }
        Ok(Self::default())
    }

    fn read(path: &Path, text: &str, command: &Command) -> Result<Self, CommandError> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            CommandError::input(format!("`{}` is no TOML", path.display())).because(&error)
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut reader = Reader { path, folder, defaults: Vec::new(), faults: Vec::new() };
        for (name, value) in &table {
            match value.as_table() {
                Some(options) => reader.table(command, name, options),
                None => reader.option(command, None, name, value),
            }
        }
        reader.finish()
    }

    /// The command line with these defaults.
    pub(crate) fn apply(&self, command: Command) -> Command {
        self.defaults.iter().fold(command, |command, default| {
            let with = |command: Command| {
                let id = command.get_arguments().find(|arg| arg.get_long() == Some(&default.option));
                let Some(id) = id.map(|arg| arg.get_id().clone()) else { return command };
                command.mut_arg(id, |arg| arg.default_values(default.values.clone()))
            };
            match &default.command {
                Some(name) => command.mut_subcommand(name, with),
                None => with(command),
            }
        })
    }

    /// What the file adds to a command line, in its words: a report that says what it rests on has to tell.
    pub(crate) fn words(&self, command: &Command, matches: &ArgMatches) -> Vec<String> {
        let Some((name, below)) = matches.subcommand() else { return Vec::new() };
        let mut words = Vec::new();
        for default in &self.defaults {
            let (owner, matches) = match &default.command {
                Some(other) if other == name => (command.find_subcommand(name), below),
                Some(_) => continue,
                None => (Some(command), matches),
            };
            let arg = owner.and_then(|owner| owner.get_arguments().find(|arg| arg.get_long() == Some(&default.option)));
            let Some(arg) = arg else { continue };
            if matches.value_source(arg.get_id().as_str()) != Some(ValueSource::DefaultValue) {
                continue;
            }
            if is_flag(arg) {
                words.push(format!("--{}", default.option));
            } else {
                words.extend(default.values.iter().flat_map(|value| [format!("--{}", default.option), value.clone()]));
            }
        }
        words
    }
}

/// The text of a file, which is no longer than a configuration may be.
fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a configuration has at most 1 MiB"));
    }
    Ok(text)
}

/// Whether an option has no value.
fn is_flag(arg: &Arg) -> bool {
    !arg.get_action().takes_values()
}

/// Whether an option can be given several times.
fn is_list(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

/// What to say of a name that is none of several.
fn meant(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    }
}

struct Reader<'a> {
    path: &'a Path,
    folder: &'a Path,
    defaults: Vec<Preset>,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn table(&mut self, command: &Command, name: &str, options: &Table) {
        let Some(found) = COMMANDS.iter().find(|known| **known == name).and_then(|name| command.find_subcommand(name))
        else {
            let meant = meant(name, &COMMANDS);
            return self.faults.push(format!("`[{name}]` is no command that has a configuration: {meant}"));
        };
        for (option, value) in options {
            self.option(found, Some(name), option, value);
        }
    }

    fn option(&mut self, command: &Command, name: Option<&str>, option: &str, value: &Value) {
        let route = name.map_or_else(|| option.to_owned(), |name| format!("{name}.{option}"));
        let is_known = |long: &&str| {
            let is_allowed = if name.is_none() { EVERYWHERE.contains(long) } else { !NEVER.contains(long) };
            is_allowed && (name.is_none() || !EVERYWHERE.contains(long))
        };
        let longs: Vec<&str> = command.get_arguments().filter_map(Arg::get_long).filter(is_known).collect();
        let arg = command.get_arguments().find(|arg| arg.get_long() == Some(option) && longs.contains(&option));
        let Some(arg) = arg else {
            let meant = meant(option, &longs);
            return self.faults.push(format!("`{route}` is no option of a configuration: {meant}"));
        };
        let values = match (value, is_flag(arg)) {
            (Value::Boolean(true), true) => vec!["true".to_owned()],
            (Value::Boolean(false), true) => return,
            (Value::Array(list), false) if is_list(arg) => {
                list.iter().map(|value| self.text(arg, &route, value)).collect::<Option<Vec<_>>>().unwrap_or_default()
            }
            (value, false) => self.text(arg, &route, value).into_iter().collect(),
            (_, true) => {
                self.faults.push(format!("`{route}` is true or false"));
                Vec::new()
            }
        };
        if !values.is_empty() {
            let (command, option) = (name.map(str::to_owned), option.to_owned());
            self.defaults.push(Preset { command, option, values });
        }
    }

    /// One value; files are named from where the configuration is.
    fn text(&mut self, arg: &Arg, route: &str, value: &Value) -> Option<String> {
        let number = value.as_integer().map(|number| number.to_string());
        let Some(text) = value.as_str().map(str::to_owned).or(number) else {
            self.faults.push(format!("`{route}` is {}, and should be a text", value.type_str()));
            return None;
        };
        let is_path = arg.get_value_parser().type_id() == TypeId::of::<PathBuf>();
        let is_built_in = crate::snapshot::built_in(Path::new(&text)).is_some();
        Some(if is_path && !is_built_in { self.folder.join(text).to_string_lossy().into_owned() } else { text })
    }

    fn finish(self) -> Result<Config, CommandError> {
        let Some((first, others)) = self.faults.split_first() else { return Ok(Config { defaults: self.defaults }) };
        let error = CommandError::input(format!("`{}`: {first}", self.path.display()));
        let error = others.iter().fold(error, |error, fault| error.help(fault.clone()));
        Err(error.help("docs/configuration.md describes the file; `--no-config` goes on without it"))
    }
}
