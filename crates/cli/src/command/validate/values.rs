//! Values for the placeholders of templates: `--var NAME=VALUE` and `--vars FILE`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use scproof::rules::fill_placeholders;

use crate::error::CommandError;

/// Values by name, and which of them some text asked for.
#[derive(Debug, Default)]
pub(super) struct Values {
    values: BTreeMap<String, String>,
    used: RefCell<BTreeSet<String>>,
}

impl Values {
    /// Those of files, then those of the command line, which go before.
    pub(super) fn read(pairs: &[String], files: &[PathBuf]) -> Result<Self, CommandError> {
        let mut values = BTreeMap::new();
        for file in files {
            values.extend(of_file(file)?);
        }
        for pair in pairs {
            let Some((name, value)) = pair.split_once('=').filter(|(name, _)| !name.trim().is_empty()) else {
                return Err(CommandError::usage(format!("`--var {pair}` has no value"))
                    .help("write `--var NAME=VALUE`, such as `--var PARTITION=aws`"));
            };
            values.insert(name.trim().to_owned(), value.to_owned());
        }
        Ok(Self { values, used: RefCell::default() })
    }

    /// The text with its placeholders filled in, as far as there are values.
    pub(super) fn fill(&self, text: String) -> String {
        if self.values.is_empty() {
            return text;
        }
        fill_placeholders(&text, |name| {
            let value = self.values.get(name)?;
            self.used.borrow_mut().insert(name.to_owned());
            Some(value.as_str())
        })
    }

    /// Names that no text asked for.
    pub(super) fn unused(&self) -> Vec<&str> {
        let used = self.used.borrow();
        self.values.keys().filter(|name| !used.contains(*name)).map(String::as_str).collect()
    }
}

/// The values of a file: an object in JSON, or lines `NAME=VALUE` as Terraform and shells write them.
fn of_file(path: &Path) -> Result<BTreeMap<String, String>, CommandError> {
    let text = fs::read_to_string(path).map_err(|error| CommandError::file("read", path, &error))?;
    let is_json = text.trim_start().starts_with('{');
    let values = if is_json { of_json(&text) } else { of_lines(&text) };
    values.map_err(|wrong| {
        CommandError::input(format!("`{}` holds no values: {wrong}", path.display()))
            .help("write an object such as {\"PARTITION\": \"aws\"}, or a line NAME=VALUE for each")
    })
}

fn of_json(text: &str) -> Result<BTreeMap<String, String>, String> {
    let values: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let text_of = |(name, value): (String, serde_json::Value)| match value {
        serde_json::Value::String(text) => Ok((name, text)),
        serde_json::Value::Number(number) => Ok((name, number.to_string())),
        serde_json::Value::Bool(value) => Ok((name, value.to_string())),
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
            Err(format!("`{name}` is no text"))
        }
    };
    values.into_iter().map(text_of).collect()
}

fn of_lines(text: &str) -> Result<BTreeMap<String, String>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.split_once('=').ok_or_else(|| format!("the line `{line}` has no `=`"))?;
            let value = value.trim();
            let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
            Ok((name.trim().to_owned(), bare.to_owned()))
        })
        .collect()
}
