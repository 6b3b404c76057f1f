//! The terminal: the only place that writes to standard error, and that knows about colour.

#[cfg(feature = "fetch")]
pub(crate) mod fetch;
pub(crate) mod message;

use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use scproof::replay::Progress;
use scproof::report::{self, Role, Style};
use terminal_size::{Height, Width, terminal_size_of};

use crate::args::Color;
use crate::error::CommandError;

/// The colour that the command line asks for, found before it is parsed: its own errors shall follow it too.
pub(crate) fn color_of(args: &[OsString]) -> clap::ColorChoice {
    match value_of(args, "--color") {
        Some("always") => clap::ColorChoice::Always,
        Some("never") => clap::ColorChoice::Never,
        _ => clap::ColorChoice::Auto,
    }
}

/// Whether the command line asks for JSON, found before it is parsed.
pub(crate) fn asks_for_json(args: &[OsString]) -> bool {
    value_of(args, "--format") == Some("json")
}

/// The last value of an option.
fn value_of<'a>(args: &'a [OsString], option: &str) -> Option<&'a str> {
    let mut values = args.iter().enumerate().filter_map(|(index, arg)| match arg.to_str()?.strip_prefix(option)? {
        "" => args.get(index + 1).and_then(|next| next.to_str()),
        rest => rest.strip_prefix('='),
    });
    values.next_back()
}

/// The style for a stream: as wide as a terminal is, with colour only where it is asked for, or seen by a person who
/// did not set `NO_COLOR`.
fn style(color: Color, stream: &impl anstream::stream::RawStream, size: Option<(Width, Height)>) -> Style {
    let coloured = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => AutoStream::choice(stream) != ColorChoice::Never,
    };
    let style = if coloured { Style::coloured() } else { Style::plain() };
    size.map_or(style, |(Width(columns), _)| style.with_width(columns.into()))
}

/// The style for standard output.
pub(crate) fn stdout_style(color: Color) -> Style {
    style(color, &io::stdout(), terminal_size_of(io::stdout()))
}

/// The style for standard error.
pub(crate) fn stderr_style(color: Color) -> Style {
    style(color, &io::stderr(), terminal_size_of(io::stderr()))
}

/// Says what went wrong.
pub(crate) fn error(color: Color, error: &CommandError) {
    if message::are_for_programs() {
        return print(&message::of_error(error));
    }
    let style = stderr_style(color);
    let mut text = error.details.clone();
    text += &report::message(style, Role::Bad, "error", &error.message);
    for cause in &error.causes {
        text += &report::message(style, Role::Faint, "cause", cause);
    }
    for help in &error.help {
        text += &report::message(style, Role::Heading, "help", help);
    }
    print(&text);
}

/// Says that something is odd, with what to do about it.
pub(crate) fn warning(color: Color, message: &str, help: Option<&str>) {
    if message::are_for_programs() {
        return print(&message::of_text(message::Severity::Warning, message, help));
    }
    let style = stderr_style(color);
    let mut text = report::message(style, Role::Open, "warning", message);
    if let Some(help) = help {
        text += &report::message(style, Role::Heading, "help", help);
    }
    print(&text);
}

/// Prints a report for people where standard output has something else.
pub(crate) fn report(color: Color, report: &report::Report<'_>) {
    let mut text = Vec::new();
    if report.write(report::Format::Text, stderr_style(color), &mut text).is_ok() {
        print(&String::from_utf8_lossy(&text));
    }
}

/// Says something that is neither wrong nor odd.
pub(crate) fn note(color: Color, message: &str) {
    if message::are_for_programs() {
        return print(&message::of_text(message::Severity::Note, message, None));
    }
    print(&report::message(stderr_style(color), Role::Faint, "note", message));
}

/// How long a work may take before anything is said about it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does a work; if it takes long, a terminal shows what it is and for how long it has been going on.
pub(crate) fn busy<T>(message: &str, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        let (done, is_done) = mpsc::channel::<()>();
        scope.spawn(move || {
            if is_done.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            // Draws on standard error, and only if that is a terminal.
            let spinner = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
                spinner.set_style(style);
            }
            spinner.set_message(message.to_owned());
            spinner.enable_steady_tick(Duration::from_millis(100));
            // Ends as the sender is dropped.
            let _end = is_done.recv();
            spinner.finish_and_clear();
        });
        let result = work();
        drop(done);
        result
    })
}

/// Reads a log of so many bytes; if it takes long, a terminal shows how far it has come, how fast, and for how long
/// it will go on.
pub(crate) fn reading<T>(size: u64, progress: &Progress, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        let (done, is_done) = mpsc::channel::<()>();
        scope.spawn(move || {
            if is_done.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            // Draws on standard error, and only if that is a terminal.
            let bar = ProgressBar::new(size.max(1));
            let template = if size > 0 { "{bar:30} {percent} %, {msg}, {eta} left" } else { "{spinner} {msg}" };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            let begun = Instant::now();
            let before = progress.events();
            while is_done.recv_timeout(Duration::from_millis(200)) == Err(RecvTimeoutError::Timeout) {
                let events = progress.events();
                let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
                let speed = (events - before).saturating_mul(1000) / millis;
                bar.set_message(format!("{} events, {}/s", HumanCount(events), HumanCount(speed)));
                bar.set_position(progress.bytes());
                bar.tick();
            }
            bar.finish_and_clear();
        });
        let result = work();
        drop(done);
        result
    })
}

/// Prints help, version or a usage error; clap knows which stream.
pub(crate) fn clap(error: &clap::Error) {
    if message::are_for_programs() && error.use_stderr() {
        return print(&message::of_clap(error));
    }
    let text = error.render().to_string();
    let hides = |line: &str| line.chars().any(report::is_unseen);
    if text.lines().any(hides) {
        // Arguments may come from others, too: without colour, nothing of it draws.
        let seen: Vec<String> = text.lines().map(|line| report::seen(line).into_owned()).collect();
        return print(&format!("{}\n", seen.join("\n")));
    }
    // Nobody is left to tell if the stream is closed.
    drop(error.print());
}

fn print(text: &str) {
    drop(io::stderr().lock().write_all(text.as_bytes()));
}
