//! How far a fetch is: a bar on a terminal, a line now and then elsewhere.

use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use scproof::fetch::{Note, NoteKind, Progress, Statistics, Status};

use crate::args::Color;

/// How often a line is printed where there is no terminal.
const EVERY: Duration = Duration::from_secs(10);

/// Shows a fetch.
pub(crate) struct FetchDisplay {
    color: Color,
    quiet: bool,
    /// None if no terminal is watching.
    bar: Option<ProgressBar>,
    state: Mutex<State>,
}

struct State {
    last_line: Instant,
    statistics: Statistics,
}

impl FetchDisplay {
    pub(crate) fn new(color: Color, quiet: bool) -> Self {
        let bar = (!quiet && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let plain = ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(plain);
            bar.set_message("asking AWS");
            bar
        });
        let state = State { last_line: Instant::now(), statistics: Statistics::default() };
        Self { color, quiet, bar, state: Mutex::new(state) }
    }

    /// Takes the bar away, and gives what was done.
    pub(crate) fn finish(&self) -> Statistics {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.state.lock().unwrap_or_else(PoisonError::into_inner).statistics.clone()
    }

    fn beside_the_bar(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Progress for FetchDisplay {
    fn update(&self, status: &Status) {
        let total = status.statistics.total();
        let throttled = match total.throttled {
            0 => String::new(),
            count => format!(", {count} throttled"),
        };
        let text = format!(
            "{} of about {} calls{throttled}, {} left",
            total.calls,
            status.expected_calls,
            words(status.time_left)
        );
        let due = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.statistics.clone_from(&status.statistics);
            let due = self.bar.is_none() && !self.quiet && state.last_line.elapsed() >= EVERY;
            if due {
                state.last_line = Instant::now();
            }
            due
        };
        if let Some(bar) = &self.bar {
            bar.set_length(status.expected_calls);
            bar.set_position(total.calls);
            bar.set_message(gauge(total.calls, status.expected_calls, &text));
        } else if due {
            super::note(self.color, &text);
        }
    }

    fn note(&self, note: &Note) {
        match note.kind {
            NoteKind::Warning => self.beside_the_bar(|| super::warning(self.color, &note.text, None)),
            NoteKind::Plan | NoteKind::Repaired | _ if self.quiet => {}
            NoteKind::Plan | NoteKind::Repaired | _ => self.beside_the_bar(|| super::note(self.color, &note.text)),
        }
    }
}

/// `[########------------] 120 of about 300 calls, 12 s left`
fn gauge(done: u64, of: u64, text: &str) -> String {
    const WIDTH: u64 = 20;
    let filled = (done * WIDTH / of.max(1)).min(WIDTH);
    let bar: String = (0..WIDTH).map(|place| if place < filled { '#' } else { '-' }).collect();
    format!("[{bar}] {text}")
}

/// A duration for people: `12 s`, `4 min 5 s`, `2 h 3 min`.
pub(crate) fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_for_people() {
        let texts = [0, 59, 60, 61, 3_599, 3_600, 7_384].map(|seconds| words(Duration::from_secs(seconds)));
        assert_eq!(texts, ["0 s", "59 s", "1 min", "1 min 1 s", "59 min 59 s", "1 h 0 min", "2 h 3 min"]);
    }

    #[test]
    fn the_gauge_never_overflows() {
        assert_eq!(gauge(0, 0, "x"), "[--------------------] x");
        assert_eq!(gauge(7, 5, "x"), "[####################] x");
    }
}
