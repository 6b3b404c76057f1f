//! The organization that a command is about.

use std::path::Path;

use scproof::ask::{CompiledOrganization, EvaluationOptions};
use scproof::import::text_of;
use scproof::report;
use scproof::rules::Quotas;
use scproof::snapshot::{LoadError, Organization, read_file};
use sha2::{Digest, Sha256};

use crate::args::GlobalArgs;
use crate::error::{CommandError, FileFault, FileFaults};
use crate::input::{self, Kind};
use crate::ui;

/// The snapshot that comes with the program under a name, such as `example`.
pub(crate) fn built_in(name: &Path) -> Option<&'static str> {
    match name.to_str()? {
        "example" => Some(scproof::example::SNAPSHOT),
        "untidy" => Some(scproof::example::UNTIDY_SNAPSHOT),
        _ => None,
    }
}

/// How many faults of a snapshot are shown before `scproof validate` is recommended.
const SHOWN_FAULTS: usize = 5;

/// Loads what `--org` names.
pub(crate) fn load(global: &GlobalArgs) -> Result<Organization, CommandError> {
    load_named(global).map(|(_, organization)| organization)
}

/// Loads what `--org` names, and gives the name too.
pub(crate) fn load_named(global: &GlobalArgs) -> Result<(&Path, Organization), CommandError> {
    let path = named(global)?;
    Ok((path, load_path(global, path)?))
}

/// The same, for a report that says what it rests on, whatever its format.
pub(crate) fn load_with_evidence(global: &GlobalArgs) -> Result<(&Path, Organization), CommandError> {
    let path = named(global)?;
    Ok((path, read(global, path, true)?))
}

/// What `--org` or the environment names; an empty text is nothing.
pub(crate) fn org(global: &GlobalArgs) -> Option<&Path> {
    global.org.as_deref().filter(|path| !path.as_os_str().is_empty())
}

fn named(global: &GlobalArgs) -> Result<&Path, CommandError> {
    let Some(path) = org(global) else {
        return Err(CommandError::usage("no organization was given")
            .help("name a snapshot with `--org FILE` or the environment variable SCPROOF_ORG")
            .help(
                "`--org example` comes with scproof, to try things on:\nscproof --org example can shop s3:DeleteBucket",
            ));
    };
    Ok(path)
}

/// Loads a snapshot by its name.
pub(crate) fn load_path(global: &GlobalArgs, path: &Path) -> Result<Organization, CommandError> {
    read(global, path, global.is_json())
}

/// `is_told`: somebody will be told what the organization was read from.
fn read(global: &GlobalArgs, path: &Path, is_told: bool) -> Result<Organization, CommandError> {
    if let Some(text) = built_in(path) {
        let organization = Organization::from_json(text).map_err(|error| {
            CommandError::input("the organization that comes with scproof is damaged").because(&error)
        })?;
        return Ok(if is_told { recorded(organization, text.as_bytes()) } else { organization });
    }
    let bytes = input::read(global, path, Kind::Large)
        .map_err(|error| error.help("`--org example` and `--org untidy` come with scproof"))?;
    let organization = Organization::from_slice(&bytes).map_err(|error| broken(global, path, &error, &bytes))?;
    Ok(if is_told { recorded(organization, &bytes) } else { organization })
}

/// Records what the organization was read from.
fn recorded(mut organization: Organization, bytes: &[u8]) -> Organization {
    let digest = Sha256::digest(bytes);
    organization.record_source(digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")));
    organization
}

/// Loads and compiles what `--org` names.
pub(crate) fn compile(global: &GlobalArgs) -> Result<CompiledOrganization, CommandError> {
    Ok(CompiledOrganization::compile(load(global)?, evaluation(global)))
}

/// How rules are read.
pub(crate) fn evaluation(global: &GlobalArgs) -> EvaluationOptions {
    EvaluationOptions {
        assume_preferred: global.assume_preferred,
        closed_key_list: global.closed_key_list,
        ..EvaluationOptions::default()
    }
}

fn broken(global: &GlobalArgs, path: &Path, error: &LoadError, bytes: &[u8]) -> CommandError {
    let result = shown_faults(global, path, error, bytes, SHOWN_FAULTS);
    if error.faults().len() + error.omitted() > SHOWN_FAULTS {
        return result.help(format!("`scproof validate {}` lists all of them", path.display()));
    }
    result
}

/// Reads a file other than a snapshot, within the bounds of `--max-input`.
pub(crate) fn read_with<T>(
    global: &GlobalArgs,
    path: &Path,
    read: impl FnOnce(&str) -> Result<T, LoadError>,
) -> Result<T, CommandError> {
    let most = Kind::Ordinary.largest(global);
    read_file(path, most, read).map_err(|error| match error.faults() {
        [fault] if fault.code == "text-too-long" => input::too_long(path, most),
        _ => faults(global, path, &error),
    })
}

/// The text of a file other than a snapshot, whatever Windows made of it.
pub(crate) fn read_any(global: &GlobalArgs, path: &Path) -> Result<String, CommandError> {
    let bytes = input::read(global, path, Kind::Ordinary)?;
    let text = text_of(&bytes).map_err(|error| {
        let is_binary = bytes.starts_with(b"PK");
        let error = faults(global, path, &error);
        if is_binary {
            error.help("`terraform show -json plan.out > plan.json` prints what is read here")
        } else {
            error
        }
    })?;
    Ok(text.into_owned())
}

/// The faults of a file other than a snapshot, all with their places.
pub(crate) fn faults(global: &GlobalArgs, path: &Path, error: &LoadError) -> CommandError {
    if let [fault] = error.faults()
        && fault.place.is_none()
    {
        return CommandError::input(format!("`{}` {}", path.display(), fault.message));
    }
    // Read again for the lines to show; without it the places are named all the same.
    let bytes = input::read(global, path, Kind::Ordinary).unwrap_or_default();
    shown_faults(global, path, error, &bytes, error.faults().len())
}

/// The faults of a text that is no file.
pub(crate) fn faults_of_text(global: &GlobalArgs, name: &str, error: &LoadError, text: &str) -> CommandError {
    shown_faults(global, Path::new(name), error, text.as_bytes(), error.faults().len())
}

fn shown_faults(global: &GlobalArgs, path: &Path, error: &LoadError, bytes: &[u8], most: usize) -> CommandError {
    let file = path.display().to_string();
    let count = error.faults().len() + error.omitted();
    let faults = if count == 1 { "1 fault".to_owned() } else { format!("{count} faults") };
    let mut result = CommandError::input(format!("`{file}` cannot be used: {faults}"));
    let list = error.faults().iter().map(|fault| FileFault::of(&file, fault)).collect();
    result.faults = Some(Box::new(FileFaults { list, omitted: error.omitted() }));
    let content = String::from_utf8_lossy(bytes);
    result.details = report::faults(error, &file, &content, most, ui::stderr_style(global.color));
    result
}

/// The limits that `--limits` names, else the current ones.
pub(crate) fn quotas(global: &GlobalArgs) -> Result<Quotas, CommandError> {
    let Some(path) = &global.limits else { return Ok(Quotas::current()) };
    let text = input::read_text(global, path, Kind::Ordinary)?;
    Quotas::from_json(&text).map_err(|error| {
        CommandError::input(format!("`{}` holds no limits", path.display()))
            .because(&error)
            .help("a limits file is a list such as [{\"name\": \"max_scps_per_target\", \"value\": 20}]")
    })
}
