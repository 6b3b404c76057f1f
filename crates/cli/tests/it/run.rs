//! Runs the binary in an empty environment.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::schema;

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A command line; nothing of the surrounding environment reaches it.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scproof"));
    command.args(args).env_clear().current_dir(repository());
    command
}

/// Runs with an empty standard input.
pub(crate) fn scproof(args: &[&str]) -> Run {
    finish(&mut command(args), b"")
}

/// Runs on the example organization.
pub(crate) fn example(args: &[&str]) -> Run {
    scproof(&[&["--org", "example"], args].concat())
}

/// Runs a prepared command with a text on standard input.
pub(crate) fn finish(command: &mut Command, stdin: &[u8]) -> Run {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // A command that reads nothing may be gone already.
    let _written = child.stdin.take().expect("it is piped").write_all(stdin);
    let output = child.wait_with_output().expect("it ends");
    Run {
        code: output.status.code().expect("no signal ended it"),
        stdout: String::from_utf8(output.stdout).expect("output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

/// The top directory of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("it exists")
}

impl Run {
    /// Everything in one text, for snapshots.
    pub(crate) fn page(&self) -> String {
        let mut page = format!("exit code {}\n", self.code);
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(page, "--- {name}\n{text}").expect("a text takes everything");
            }
        }
        page
    }

    /// Fails if a line is wider than 80 columns, except for words that are nearly as wide.
    pub(crate) fn fits_80_columns(self) -> Self {
        for line in self.stdout.lines().chain(self.stderr.lines()) {
            let wide = line.chars().count() > 80;
            let long_word = line.split(' ').any(|word| word.chars().count() > 50);
            assert!(!wide || long_word, "wider than 80 columns: {line}");
            assert!(!line.ends_with(' '), "trailing space: {line:?}");
        }
        assert!(!self.stdout.contains('\u{1b}') && !self.stderr.contains('\u{1b}'), "an escape sequence");
        self
    }

    /// Standard output as JSON, which its schema describes.
    pub(crate) fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.stdout).expect("it is JSON");
        // SARIF has a schema of others, which the tests of the reports use.
        if value.get("runs").is_none() {
            schema::check(&value);
        }
        value
    }

    /// Standard output as lines of the batch form.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let lines = self.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON"));
        lines.inspect(|line| schema::check_as("scproof-answer-line/2", line)).collect()
    }

    /// Standard error as messages for programs.
    pub(crate) fn messages(&self) -> Vec<Value> {
        let lines = self.stderr.lines().map(|line| serde_json::from_str(line).expect("each line is JSON"));
        lines.inspect(schema::check).collect()
    }
}
