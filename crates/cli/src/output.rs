//! Where the data goes: standard output, or a file that appears whole or not at all.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use scproof::report::{Format, Report, Style};
use tempfile::NamedTempFile;

use crate::args::{Color, GlobalArgs};
use crate::error::CommandError;
use crate::ui;

/// A destination for data.
pub(crate) struct Output {
    sink: Sink,
    style: Style,
}

enum Sink {
    Stdout(BufWriter<io::Stdout>),
    /// Written beside its place, then renamed.
    Temporary {
        file: BufWriter<NamedTempFile>,
        path: PathBuf,
    },
    /// A device or pipe, which cannot be replaced.
    Direct {
        file: BufWriter<File>,
        path: PathBuf,
    },
}

impl Output {
    /// Opens what `--output` names.
    pub(crate) fn open(global: &GlobalArgs) -> Result<Self, CommandError> {
        let path = match &global.output {
            Some(path) if path.as_os_str() != "-" => path,
            _ => {
                let sink = Sink::Stdout(BufWriter::new(io::stdout()));
                return Ok(Self { sink, style: ui::stdout_style(global.color) });
            }
        };
        if let Some(input) = input_that_is(path) {
            let message = format!("`{}` would be replaced, and it is an input: `{}`", path.display(), input.display());
            return Err(CommandError::usage(message).help("write to another file"));
        }
        let style = if global.color == Color::Always { Style::coloured() } else { Style::plain() };
        let sink = sink_of(path).map_err(|error| CommandError::file("write", path, &error))?;
        Ok(Self { sink, style })
    }

    /// How text is to be decorated.
    #[cfg(feature = "fetch")]
    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// Writes a report, and puts the file in its place.
    pub(crate) fn report(self, format: Format, report: &Report<'_>) -> Result<(), CommandError> {
        let style = self.style;
        self.write(|out| report.write(format, style, out))
    }

    /// Writes, and puts the file in its place. A reader that has gone away is no error.
    pub(crate) fn write(mut self, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CommandError> {
        let written = render(self.writer());
        self.finish(written)
    }

    pub(crate) fn writer(&mut self) -> &mut dyn Write {
        match &mut self.sink {
            Sink::Stdout(stdout) => stdout,
            Sink::Temporary { file, .. } => file,
            Sink::Direct { file, .. } => file,
        }
    }

    /// Puts the file in its place, if all went well so far.
    pub(crate) fn finish(self, written: io::Result<()>) -> Result<(), CommandError> {
        let (result, name) = match self.sink {
            Sink::Stdout(mut stdout) => (written.and_then(|()| stdout.flush()), PathBuf::from("standard output")),
            Sink::Direct { mut file, path } => (written.and_then(|()| file.flush()), path),
            Sink::Temporary { file, path } => {
                let placed = written
                    .and_then(|()| file.into_inner().map_err(io::IntoInnerError::into_error))
                    .and_then(|file| file.persist(&path).map_err(|failure| failure.error))
                    .map(drop);
                (placed, path)
            }
        };
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(CommandError::file("write", &name, &error)),
            Ok(()) => Ok(()),
        }
    }
}

/// The input that is the same file as the output, by whatever name. Every argument that names a file counts as an
/// input: which commands read which files is known in many places, and a file that is named twice is never meant to be
/// lost.
fn input_that_is(output: &Path) -> Option<PathBuf> {
    let replaced = identity(output)?;
    let mut arguments = env::args_os().skip(1);
    let mut inputs: Vec<PathBuf> = env::var_os("SCPROOF_ORG").map(PathBuf::from).into_iter().collect();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("-o" | "--output") => drop(arguments.next()),
            Some(text) if text.starts_with("--output=") => {}
            Some(text) => inputs.extend([text, text.split_once('=').map_or("", |(_, value)| value)].map(PathBuf::from)),
            None => inputs.push(argument.into()),
        }
    }
    inputs.into_iter().find(|input| identity(input).as_ref() == Some(&replaced))
}

/// What tells an existing file from all others, through links of either kind.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok().filter(|path| path.is_file())
}

fn sink_of(path: &Path) -> io::Result<Sink> {
    // A symbolic link stays one: what it points to is replaced.
    let existing = fs::canonicalize(path).ok();
    let path = existing.as_deref().unwrap_or(path);
    let metadata = existing.as_deref().map(fs::metadata).transpose()?;
    if metadata.as_ref().is_some_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        let file = File::options().write(true).open(path)?;
        return Ok(Sink::Direct { file: BufWriter::new(file), path: path.to_owned() });
    }
    if metadata.as_ref().is_some_and(fs::Metadata::is_dir) {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".scproof-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As if the file were created plainly: what the user's mask leaves.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    if let Some(metadata) = metadata {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    Ok(Sink::Temporary { file: BufWriter::new(file), path: path.to_owned() })
}
