//! `scproof validate`: policy documents and snapshots.

mod fixes;
mod values;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use scproof::report::{PolicyLabel, Source, SourceFindings, Subject, Validation};
use scproof::rules::{
    Checker, Message, Parsed, PolicyDocument, PolicyKind, Repaired, ValidationOptions, repair, validate,
};
use scproof::snapshot::Organization;

use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::input;
use crate::{snapshot, ui};
use fixes::{Changed, Fixing};
use values::Values;

const EXAMPLES: &str = "\
A snapshot is told by its members; its policies are checked too.

Examples:
  scproof validate deny-regions.json
  scproof validate policies/ --fail-on warning
  scproof --org example validate
  scproof validate lza/ --var PARTITION=aws --format github
  scproof validate policies/ --diff
  terraform output -raw scp | scproof validate -

The exit code is 1 if there is an error, or what --fail-on names; with --fix if
any is left; with --diff also if there is something to change.";

/// Check policy documents and snapshots
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct ValidateArgs {
    /// Files, directories of *.json files, or `-` for standard input; without any
    /// the snapshot that --org names
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the documents are: scp or rcp
    #[arg(long = "type", value_name = "TYPE", default_value = "scp", hide_possible_values = true)]
    kind: Kind,
    /// The least that fails: error, warning or note
    #[arg(long, value_name = "SEVERITY", default_value = "error", hide_possible_values = true)]
    fail_on: FailOn,
    /// Put a value in place of `${NAME}` or `{{ NAME }}` of a template (can be
    /// repeated)
    #[arg(long = "var", value_name = "NAME=VALUE")]
    vars: Vec<String>,
    /// Values of a file: an object in JSON, or lines NAME=VALUE (can be repeated)
    #[arg(long = "vars", value_name = "FILE")]
    var_files: Vec<PathBuf>,
    /// Repair in the files what has exactly one meaning; of standard input the
    /// repaired text is printed
    #[arg(long, conflicts_with_all = ["diff", "vars", "var_files"])]
    fix: bool,
    /// Print what --fix would change as a unified diff, and change nothing
    #[arg(long, conflicts_with_all = ["vars", "var_files"])]
    diff: bool,
    /// Show how often each code was found, not every place
    #[arg(long)]
    statistics: bool,
    /// Also report what SCPs could not say before September 2025
    #[arg(long)]
    legacy_language: bool,
}

/// The least serious message that makes the command fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Note,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Scp,
    Rcp,
}

pub(crate) fn run(global: &GlobalArgs, args: &ValidateArgs) -> Result<ExitCode, CommandError> {
    let format = global.format(Subject::Validation)?;
    Fixing::refuse_what_cannot_be(args, format)?;
    let quotas = snapshot::quotas(global)?;
    let mut check = Check {
        kind: match args.kind {
            Kind::Scp => PolicyKind::ServiceControl,
            Kind::Rcp => PolicyKind::ResourceControl,
        },
        options: ValidationOptions { legacy_scp_language: args.legacy_language, quotas },
        checker: Checker::default(),
        values: Values::read(&args.vars, &args.var_files)?,
        fixing: Fixing::of(args),
        validation: Validation { is_statistics: args.statistics, ..Validation::default() },
    };
    let mut unreadable = false;
    let mut read = |check: &mut Check, path: &Path| match bytes_of(global, path) {
        Ok((name, bytes)) => check.text(name, Some(path), &bytes),
        Err(error) => {
            unreadable = true;
            ui::error(global.color, &error);
        }
    };
    if args.files.is_empty() {
        match snapshot::org(global) {
            Some(org) => match snapshot::built_in(org) {
                Some(text) => check.text(org.display().to_string(), None, text.as_bytes()),
                None => read(&mut check, org),
            },
            None => {
                return Err(CommandError::usage("nothing to check")
                    .help("name files or directories, `-` for standard input, or a snapshot with `--org FILE`"));
            }
        }
    }
    for path in &args.files {
        if !path.is_dir() {
            read(&mut check, path);
            continue;
        }
        let mut files = Vec::new();
        json_files(path, &mut files).map_err(|error| CommandError::file("read", path, &error))?;
        if files.is_empty() {
            // A pipeline that looks into the wrong directory must not pass.
            return Err(CommandError::usage(format!("there is no *.json file in `{}`", path.display()))
                .help("name the directory of the policies, or their files"));
        }
        for file in files {
            read(&mut check, &file);
        }
    }
    for name in check.values.unused() {
        ui::warning(global.color, &format!("no text asks for the value of `{name}`"), None);
    }
    let Check { validation, fixing, .. } = check;
    if validation.sources.is_empty() && unreadable {
        return Ok(ExitCode::Input);
    }
    let totals = validation.totals();
    let is_changed = fixing.is_preview() && fixing.has_changes();
    fixing.finish(global, format, &validation)?;
    Ok(if unreadable {
        ExitCode::Input
    } else if is_changed
        || totals.errors > 0
        || (args.fail_on != FailOn::Error && totals.warnings > 0)
        || (args.fail_on == FailOn::Note && totals.notes > 0)
    {
        ExitCode::No
    } else {
        ExitCode::Fine
    })
}

/// The bytes of a file or of standard input, and what to call it.
fn bytes_of(global: &GlobalArgs, path: &Path) -> Result<(String, Vec<u8>), CommandError> {
    // A snapshot may be among them.
    let bytes = input::read(global, path, input::Kind::Large)?;
    let name = if path.as_os_str() == "-" { "<stdin>".to_owned() } else { path.display().to_string() };
    Ok((name, bytes))
}

/// All `*.json` files of a directory and below it, sorted; links to directories are not followed.
fn json_files(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let path = entry.path();
            if hidden {
                continue;
            }
            if entry.file_type()?.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) && path.is_file()
            {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(())
}

/// What texts are checked against, and what came out.
struct Check {
    kind: PolicyKind,
    options: ValidationOptions,
    checker: Checker,
    values: Values,
    fixing: Fixing,
    validation: Validation,
}

impl Check {
    /// `path`: where the text can be changed.
    fn text(&mut self, file: String, path: Option<&Path>, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        if is_snapshot(&text) {
            self.snapshot(file, text, bytes);
            return;
        }
        let text = self.values.fill(text);
        if std::str::from_utf8(bytes).is_err() {
            let parsed = PolicyDocument::parse_bytes(bytes, self.kind);
            let findings = SourceFindings::Policy(self.with_rules(parsed, &text, None));
            self.validation.sources.push(Source { file, policy: None, text, findings, fixed: Vec::new() });
            return;
        }
        let of_text = |text: &str| self.with_rules(validate(text, self.kind, &self.options), text, None);
        let Some(path) = path.filter(|_| self.fixing != Fixing::Off) else {
            let findings = SourceFindings::Policy(of_text(&text));
            self.validation.sources.push(Source { file, policy: None, text, findings, fixed: Vec::new() });
            return;
        };
        let Repaired { text: repaired, fixed, left } = repair(&text, &of_text);
        let changed = Changed { name: file.clone(), path: path.to_owned(), before: text, after: repaired.clone() };
        self.fixing.add(changed);
        let findings = SourceFindings::Policy(left);
        self.validation.sources.push(Source { file, policy: None, text: repaired, findings, fixed });
    }

    /// What the parser says of a text, and what the rules on documents say.
    fn with_rules(&self, parsed: Parsed, text: &str, policy: Option<&str>) -> Vec<Message> {
        let mut diagnostics = parsed.diagnostics;
        if parsed.document.kind == PolicyKind::ServiceControl {
            let found = self.checker.check(&parsed.document, policy);
            let found: Vec<Message> = found.iter().map(|found| found.diagnostic(text)).collect();
            // The rule knows more keys than the parser, and says the same of one.
            let is_told = |remark: &Message| {
                remark.code == "unknown-global-key"
                    && found.iter().any(|other| other.code == "unknown-condition-key" && other.path == remark.path)
            };
            diagnostics.retain(|remark| !is_told(remark));
            diagnostics.extend(found);
            diagnostics.sort_by_key(|remark| remark.span().map(|span| span.start));
        }
        diagnostics
    }

    fn snapshot(&mut self, file: String, text: String, bytes: &[u8]) {
        let organization = match Organization::from_slice(bytes) {
            Ok(organization) => organization,
            Err(error) => {
                let findings = SourceFindings::BrokenSnapshot(error.faults().to_vec(), error.omitted());
                self.validation.sources.push(Source { file, policy: None, text, findings, fixed: Vec::new() });
                return;
            }
        };
        let findings = SourceFindings::Snapshot(organization.findings_with(&self.options.quotas));
        let source = Source { file: file.clone(), policy: None, text, findings, fixed: Vec::new() };
        self.validation.sources.push(source);
        for (_, policy) in organization.policies() {
            let Some(content) = &policy.content else { continue };
            let label = PolicyLabel { id: policy.id.as_str().to_owned(), name: policy.name.clone() };
            let parsed = validate(content, policy.kind, &self.options);
            let name = if policy.aws_managed { None } else { Some(policy.display_name()) };
            let diagnostics = self.with_rules(parsed, content, name);
            self.validation.sources.push(Source {
                file: file.clone(),
                policy: Some(label),
                text: content.to_string(),
                findings: SourceFindings::Policy(diagnostics),
                fixed: Vec::new(),
            });
        }
    }
}

/// Whether a text is a snapshot rather than a policy document, as far as can be told of one with faults.
fn is_snapshot(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Probe {
        format: Option<serde::de::IgnoredAny>,
        organization: Option<serde::de::IgnoredAny>,
        accounts: Option<serde::de::IgnoredAny>,
        policies: Option<serde::de::IgnoredAny>,
        statement: Option<serde::de::IgnoredAny>,
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match serde_json::from_str::<Probe>(text) {
        Ok(probe) => {
            let is_told = probe.organization.is_some() && probe.accounts.is_some() && probe.policies.is_some();
            (probe.format.is_some() || is_told) && probe.statement.is_none()
        }
        Err(_) => text.contains("\"scproof-inventory/") && !text.contains("\"Statement\":"),
    }
}
