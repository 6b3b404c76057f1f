//! Where the data goes: standard output, or a file that appears whole or not at all.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use scproof::report::{Format, Report, Style};
use scproof::snapshot::Replacement;

use crate::args::{Color, GlobalArgs};
use crate::closed::is_stdout_closed;
use crate::error::CommandError;
use crate::visible::Visible;
use crate::{temporary, ui};

/// A destination for data.
pub(crate) struct Output {
    sink: Sink,
    style: Style,
}

enum Sink {
    Stdout(BufWriter<io::Stdout>),
    /// Written beside its place, then renamed.
    Temporary {
        file: Replacement,
        path: PathBuf,
    },
    /// A device or pipe, which cannot be replaced.
    Direct {
        file: BufWriter<File>,
        path: PathBuf,
    },
}

impl Output {
    /// Opens what `--output` names. A new file is readable by those who may read all of the inputs.
    pub(crate) fn open(global: &GlobalArgs) -> Result<Self, CommandError> {
        if let Some(path) = global.output.as_deref().filter(|path| path.as_os_str() != "-")
            && let Some(input) = input_that_is(global, path)
        {
            let message = format!("`{}` would be replaced, and it is an input: `{}`", path.display(), input.display());
            return Err(CommandError::usage(message).help("write to another file"));
        }
        Self::with_mode(global, mode_of_inputs(global))
    }

    /// Begins a second file that an option names, readable by those who may read all of the inputs. It must be none of
    /// them, nor one of `more`, which a directory on the command line may hold.
    pub(crate) fn beside<'p>(
        global: &GlobalArgs,
        path: &Path,
        more: impl IntoIterator<Item = &'p Path>,
    ) -> Result<Replacement, CommandError> {
        let replaced = identity(path);
        let is_it = |other: &Path| replaced.is_some() && identity(other) == replaced;
        // The option itself counts as one.
        let times = inputs(global).iter().filter(|input| is_it(input)).count();
        if times > 1 || more.into_iter().any(is_it) {
            let message = format!("`{}` would be replaced, and it is an input", path.display());
            return Err(CommandError::usage(message).help("write to another file"));
        }
        Replacement::create(path, mode_of_inputs(global)).map_err(|error| CommandError::file("write", path, &error))
    }

    /// Opens what `--output` names for a snapshot: a new file is readable by its owner only. There is no input that it
    /// could replace; what `SCPROOF_ORG` names may be just the snapshot to renew.
    #[cfg(feature = "fetch")]
    pub(crate) fn open_private(global: &GlobalArgs) -> Result<Self, CommandError> {
        Self::with_mode(global, Replacement::PRIVATE)
    }

    fn with_mode(global: &GlobalArgs, mode: u32) -> Result<Self, CommandError> {
        let path = match &global.output {
            Some(path) if path.as_os_str() != "-" => path,
            _ if is_stdout_closed() => {
                return Err(CommandError::input("standard output is closed")
                    .help("give it a place, such as `>/dev/null`, or name a file with `--output`"));
            }
            _ => {
                let sink = Sink::Stdout(BufWriter::new(io::stdout()));
                return Ok(Self { sink, style: ui::stdout_style(global.color) });
            }
        };
        let style = if global.color == Color::Always { Style::coloured() } else { Style::plain() };
        let sink = sink_of(path, mode).map_err(|error| CommandError::file("write", path, &error))?;
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
        // Their writers know what is safe, and text may have colour.
        if matches!(format, Format::Text | Format::Markdown) {
            self.write(|out| report.write(format, style, out))
        } else {
            self.write_json(|out| report.write(format, style, out))
        }
    }

    /// Writes JSON, or another form for programs, and puts the file in its place.
    pub(crate) fn write_json(
        mut self,
        render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), CommandError> {
        let written = render(&mut *self.json_writer());
        self.finish(written)
    }

    /// A writer for JSON: on a terminal without anything that draws there.
    pub(crate) fn json_writer(&mut self) -> Box<dyn Write + '_> {
        let is_terminal = matches!(self.sink, Sink::Stdout(_)) && io::stdout().is_terminal();
        let writer = self.writer();
        if is_terminal { Box::new(Visible::new(writer)) } else { Box::new(writer) }
    }

    /// Writes, and puts the file in its place. A reader that has gone away is no error.
    pub(crate) fn write(mut self, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CommandError> {
        let written = render(self.writer());
        self.finish(written)
    }

    fn writer(&mut self) -> &mut dyn Write {
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
            Sink::Temporary { file, path } => (written.and_then(|()| file.finish()), path),
        };
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(CommandError::file("write", &name, &error)),
            Ok(()) => Ok(()),
        }
    }
}

/// The input that is the same file as the output, by whatever name.
fn input_that_is(global: &GlobalArgs, output: &Path) -> Option<PathBuf> {
    let replaced = identity(output)?;
    inputs(global).into_iter().find(|input| identity(input).as_ref() == Some(&replaced))
}

/// What the command line and the configuration name besides the output. Every argument that names a file counts as an
/// input: which commands read which files is known in many places, and a file that is named twice is never meant to be
/// lost.
fn inputs(global: &GlobalArgs) -> Vec<PathBuf> {
    let mut arguments = env::args_os().skip(1);
    let mut inputs: Vec<PathBuf> = env::var_os("SCPROOF_ORG").map(PathBuf::from).into_iter().collect();
    inputs.extend(global.configured.iter().map(PathBuf::from));
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("-o" | "--output") => drop(arguments.next()),
            Some(text) if text.starts_with("--output=") => {}
            Some(text) => inputs.extend([text, text.split_once('=').map_or("", |(_, value)| value)].map(PathBuf::from)),
            None => inputs.push(argument.into()),
        }
    }
    inputs
}

/// The permissions that all inputs have: a report says what its snapshot says, and is for nobody else.
#[cfg(unix)]
fn mode_of_inputs(global: &GlobalArgs) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let files = inputs(global).into_iter().filter_map(|input| fs::metadata(input).ok()).filter(fs::Metadata::is_file);
    files.fold(Replacement::ORDINARY, |mode, metadata| mode & (metadata.permissions().mode() | 0o600))
}

#[cfg(not(unix))]
fn mode_of_inputs(_: &GlobalArgs) -> u32 {
    Replacement::ORDINARY
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

fn sink_of(path: &Path, mode: u32) -> io::Result<Sink> {
    let is_direct = |metadata: &fs::Metadata| !metadata.is_file() && !metadata.is_dir();
    if fs::metadata(path).is_ok_and(|metadata| is_direct(&metadata)) {
        let file = File::options().write(true).open(path)?;
        return Ok(Sink::Direct { file: BufWriter::new(file), path: path.to_owned() });
    }
    temporary::go_with_signals();
    let file = Replacement::create(path, mode)?;
    temporary::note(file.temporary_path());
    Ok(Sink::Temporary { file, path: path.to_owned() })
}
